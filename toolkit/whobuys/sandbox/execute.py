"""Run a strange notebook away from everything it could harm or copy, and read what it left."""

from __future__ import annotations

import json
import os
import shutil
import signal
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat

from whobuys._errors import InstructorError
from whobuys.market._places import datasets_folder
from whobuys.sandbox import _confine
from whobuys.sandbox._confine import Level, Policy, probe, readable_paths, to_json
from whobuys.sandbox._rooms import new_room
from whobuys.sandbox._surroundings import LONGEST_SOCKET_FOLDER, environment
from whobuys.sandbox.pool import Interrupted, Lost, Pool

LINUX = sys.platform == "linux"
GRACE_SECONDS = 60
INTERRUPTED = " (the grading was interrupted)"
LARGEST_RESULT = 100_000_000
INSIDE, SOCKETS, GIVEN = "in", "run", "given"


@dataclass(frozen=True)
class Limits:
    """Time limits of one hand-in, in seconds."""

    cell_seconds: float = 60.0
    total_seconds: float = 600.0


@dataclass(frozen=True)
class Order:
    """What is to be run.

    Attributes
    ----------
    notebook : str
        The prepared notebook, as JSON.
    limits : Limits
        Time limits.
    furnish : callable
        Called with a folder, writes the student's data and ticket into it; may raise.
    """

    notebook: str
    limits: Limits
    furnish: Callable[[Path], None]


@dataclass(frozen=True)
class Ran:
    """What came of an order.

    Attributes
    ----------
    executed : dict or None
        The executed notebook, checked to be one; None if there is none.
    said : str
        Why it did not get to an end, in words that continue a sentence; empty if it did.
    kernel : str
        Where it ran: "warm", "fast" or "cold".
    confined : str
        What confined it, in words.
    seconds : float
        Wall time.
    lost : bool
        Whether what ran it ended without a result: it says nothing of the notebook, and the same
        order may come to an end another time.
    """

    executed: dict[str, Any] | None = None
    said: str = ""
    kernel: str = "cold"
    confined: str = ""
    seconds: float = 0.0
    lost: bool = False


def execute(
    order: Order, stop: threading.Event, pool: Pool | None = None, level: Level | None = None
) -> Ran:
    """Run an order in a fresh folder, away from everything else.

    Parameters
    ----------
    order : Order
        What is to be run.
    stop : threading.Event
        Set it to end the run at once.
    pool : Pool, optional
        The processes to run it in. Without one, and once more if they are lost, it runs in a
        process of its own.
    level : Level, optional
        How it is confined; by default the best there is.

    Raises
    ------
    InstructorError
        If the temporary folder's path is too long, or the best level cannot be told.
    """
    started = time.monotonic()
    level = probe() if level is None else level
    limits = order.limits
    seconds = limits.total_seconds + GRACE_SECONDS

    def ran(start: Callable[[Path], str]) -> tuple[dict[str, Any] | None, str]:
        """Return the executed notebook, or why there is none."""
        with new_room("handin-") as here:
            work = here / INSIDE / "work"
            for folder in (work / "data", here / INSIDE / "home", here / SOCKETS):
                folder.mkdir(parents=True)
            if level.confined and len(os.fsencode(here / SOCKETS)) > LONGEST_SOCKET_FOLDER:
                raise InstructorError(
                    f"The temporary folder {here.parent.parent} has too long a path for a Unix "
                    "socket. Name a shorter one (TMPDIR=FOLDER before the command)."
                )
            order.furnish(work)
            (here / "notebook.ipynb").write_text(order.notebook, encoding="utf-8")
            job = {
                "notebook": str(here / "notebook.ipynb"),
                "executed": str(here / "executed.ipynb"),
                "cell_seconds": limits.cell_seconds,
                "total_seconds": limits.total_seconds,
            }
            if level.confined:
                job |= json.loads(to_json(policy_of(here), level))
                job["confinement"] = str(here / "job.json")
            if not level.apart:  # with a root of its own, each kernel works on a fresh copy
                shutil.copytree(here / INSIDE, here / GIVEN)
                job |= {"inside": str(here / INSIDE), "given": str(here / GIVEN)}
            (here / "job.json").write_text(json.dumps(job), encoding="utf-8")
            said = start(here)
            left = None if stop.is_set() else _read_executed(here / "executed.ipynb", str(here))
            return left, said

    kernel, lost = "cold", False

    def pooled(room: Path) -> str:
        nonlocal kernel
        job = json.loads((room / "job.json").read_text(encoding="utf-8"))
        job |= {"cwd": str(room / INSIDE / "work"), "environment": surroundings(room)}
        try:
            kernel = pool.run(job, seconds, stop)  # type: ignore[union-attr]
            return ""
        except TimeoutError:
            return f" within {seconds:.0f} seconds"
        except Interrupted:
            return INTERRUPTED
        finally:
            _end_strays(room / INSIDE / "home")

    def alone(room: Path) -> str:
        nonlocal lost
        said, lost = _start(room, seconds, stop)
        return said

    executed, said = None, ""
    with suppress(Lost):
        if pool is not None:
            executed, said = ran(pooled)
    if executed is None and not said:
        with pool.alone if pool is not None else nullcontext():
            kernel = "cold"
            executed, said = ran(alone)
    return Ran(executed, said, kernel, level.name, time.monotonic() - started, lost)


def policy_of(room: Path) -> Policy:
    """Return what a hand-in may do: use its own folder, read the libraries, talk to its runner."""
    return Policy(str(room / INSIDE), _readable(), str(room / SOCKETS))


def seen_inside(paths: Iterable[Path]) -> list[Path]:
    """Return those of the paths that a hand-in could read: they lie among what it needs to run.

    Parameters
    ----------
    paths : iterable of Path
        Files or folders that it is not meant to see; they need not exist yet.
    """
    return [Path(path) for path in _confine.seen_inside(map(str, paths), _readable())]


def _readable() -> tuple[str, ...]:
    return readable_paths(str(datasets_folder()))


def surroundings(room: Path) -> dict[str, str]:
    """Return the environment of everything that runs for one hand-in."""
    own = environment(room / INSIDE / "home")
    return own | {"JUPYTER_RUNTIME_DIR": str(room / SOCKETS), "USER": "student"}


def _start(room: Path, seconds: float, stop: threading.Event) -> tuple[str, bool]:
    """Run the worker; return why it failed, as words that continue a sentence, and if by itself."""
    command = [sys.executable, "-P", "-m", "whobuys.sandbox._worker", str(room / "job.json")]
    log = room / "worker.log"
    with log.open("wb") as errors:
        process = subprocess.Popen(  # noqa: S603 - our own interpreter, a list, no shell
            command,
            cwd=room / INSIDE / "work",
            env=surroundings(room),
            stdin=subprocess.PIPE,  # says nothing: the worker sees by it that the grader is gone
            stdout=subprocess.DEVNULL,
            stderr=errors,
            start_new_session=True,
        )
    with _stopping(process, room / INSIDE / "home"):
        deadline = time.monotonic() + seconds
        while process.poll() is None:
            if stop.wait(0.05):
                return INTERRUPTED, False
            if time.monotonic() > deadline:
                return f" within {seconds:.0f} seconds", False
    if process.returncode == 0:
        return "", False
    last = log.read_bytes()[-2_000:].decode("utf-8", errors="replace").strip().rpartition("\n")[2]
    code = process.returncode
    return f" (the runner ended with code {code}: {last[:200] or 'no message'})", True


@contextmanager
def _stopping(process: subprocess.Popen[bytes], home: Path) -> Iterator[None]:
    """Leave no process behind, whatever happens."""
    try:
        yield
    finally:
        if process.poll() is None:
            if os.name == "posix":
                os.killpg(process.pid, signal.SIGKILL)
            else:
                process.kill()
            process.wait()
        if process.stdin is not None:
            process.stdin.close()
        _end_strays(home)


def _end_strays(home: Path) -> None:
    """End what a hand-in has started and left running; Linux only.

    A process is known by the home folder it was given. One that has changed its own environment is
    not found.
    """
    mark = f"HOME={home}\0".encode()
    for _ in range(20):
        found = [pid for pid in map(int, _processes()) if mark in _environment(pid)]
        if not found:
            return
        for pid in found:
            with suppress(OSError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.02)


def _processes() -> list[str]:
    folder = Path("/proc")
    return [entry.name for entry in folder.iterdir() if entry.name.isdigit()] if LINUX else []


def _environment(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/environ").read_bytes()
    except OSError:
        return b""


def _read_executed(path: Path, room: str = "\0") -> dict[str, Any] | None:
    """Read an executed notebook, without the name of the room it ran in: that is new each time."""
    try:
        about = path.lstat()
        if not stat.S_ISREG(about.st_mode) or about.st_size > LARGEST_RESULT:
            return None
        return checked_notebook(path.read_text(encoding="utf-8").replace(room, ""))
    except (OSError, ValueError):
        return None


def checked_notebook(text: str) -> dict[str, Any] | None:
    """Read an executed notebook as plain data; None if it is none."""
    try:
        executed = nbformat.reads(text, as_version=4)
        nbformat.validate(executed)
    except (
        nbformat.ValidationError,
        ValueError,
        LookupError,
        TypeError,
        RecursionError,
        AttributeError,
    ):
        return None
    whole = json.dumps(executed, ensure_ascii=False).encode("utf-8", errors="replace")
    return dict(json.loads(whole))
