"""Run a hand-in away from everything it could harm or copy, and read back what it left."""

from __future__ import annotations

import json
import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import nbformat

from whobuys.course._answers import BLANK, MIME, Answer, BadAnswer, decode
from whobuys.course._exercise import Exercise, Question
from whobuys.course._practice import TICKET_FILE
from whobuys.grade._confine import Level, Policy, probe, readable_paths, to_json
from whobuys.grade._handins import CHECK_CALL, Cell
from whobuys.grade._pool import Interrupted, Lost, Pool
from whobuys.grade._surroundings import environment
from whobuys.grade.release import ticket_json
from whobuys.market import Case, write_tables
from whobuys.market._places import datasets_folder

EXPORT = "whobuys-export-"
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
class RunResult:
    """What is left of a run.

    Attributes
    ----------
    cells : list of dict
        The executed cells (nbformat), without the runner's own.
    answers : dict
        Question id to Answer. What a question's name held when its `check` was last called with
        something in it; if the name was left empty, what was handed to `check` by another name;
        without either, what the name held at the end.
    failures : dict
        Cell id to what went wrong: "ErrorName: message", or that the cell was stopped.
    problem : str
        Why there is no result at all; empty if there is one.
    seconds : float
        Wall time.
    kernel : str
        Where it ran: "warm", "fast" or "cold".
    confined : str
        What confined it, in words; empty if nothing ran.
    """

    cells: list[dict[str, Any]] = field(default_factory=list)
    answers: dict[str, Answer] = field(default_factory=dict)
    failures: dict[str, str] = field(default_factory=dict)
    problem: str = ""
    seconds: float = 0.0
    kernel: str = "cold"
    confined: str = ""


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
    kernel, confined : str
        As in `RunResult`.
    seconds : float
        Wall time.
    """

    executed: dict[str, Any] | None = None
    said: str = ""
    kernel: str = "cold"
    confined: str = ""
    seconds: float = 0.0


def run_handin(
    cells: Sequence[Cell],
    exercise: Exercise,
    case: Case,
    limits: Limits,
    stop: threading.Event | None = None,
    pool: Pool | None = None,
    drawn: Callable[[Path], None] = lambda folder: None,
    level: Level | None = None,
) -> RunResult:
    """Run the cells of one hand-in with papermill, away from the key, in a folder of its own.

    The folder holds the notebook, the student's data (drawn again, so edited files do not matter)
    and the public part of the exercise. The environment is an allow-list. Neither key nor secret is
    there.

    Parameters
    ----------
    cells : sequence of Cell
        From `cells_of`.
    exercise : Exercise
        Only its questions' ids and variable names are used.
    case : Case
        The student's case.
    limits : Limits
        Time limits.
    stop : threading.Event, optional
        Set it to end the run at once.
    pool : Pool, optional
        The processes to run it in. Without one, and once more if they are lost, it runs in a
        process of its own.
    drawn : callable, optional
        Called with the folder of the data before anything runs; may raise.
    level : Level, optional
        How the hand-in is confined; by default the best there is. Where there is none, it runs as
        the user who grades: the caller must have been told that it may.

    Returns
    -------
    RunResult
    """
    order = order_of(cells, exercise, case, limits, drawn)
    return result_of(execute(order, stop or threading.Event(), pool, level), exercise)


def order_of(
    cells: Sequence[Cell],
    exercise: Exercise,
    case: Case,
    limits: Limits,
    drawn: Callable[[Path], None] = lambda folder: None,
) -> Order:
    """Return what is to be run for a hand-in; parameters as in `run_handin`."""
    ticket = ticket_json(exercise, "none", case)

    def furnish(folder: Path) -> None:
        write_tables(case, folder / "data")
        drawn(folder / "data")
        (folder / TICKET_FILE).write_text(ticket, encoding="utf-8")

    return Order(nbformat.writes(prepare(cells, _asked(exercise))), limits, furnish)


def result_of(ran: Ran, exercise: Exercise) -> RunResult:
    """Read a run's answers and failures."""
    problem = f"The notebook could not be run to an end{ran.said}." if ran.said else ""
    result = RunResult(seconds=ran.seconds)
    if ran.executed is not None:
        result = read_result(ran.executed, _asked(exercise), ran.seconds)
    elif not problem:
        problem = "The notebook could not be run to an end."
    return replace(result, problem=problem, kernel=ran.kernel, confined=ran.confined)


def _asked(exercise: Exercise) -> list[Question]:
    return [question for question in exercise.questions.values() if not question.open]


def execute(
    order: Order, stop: threading.Event, pool: Pool | None = None, level: Level | None = None
) -> Ran:
    """Run an order in a fresh folder; parameters as in `run_handin`."""
    started = time.monotonic()
    level = probe() if level is None else level
    limits = order.limits
    seconds = limits.total_seconds + GRACE_SECONDS

    def ran(start: Callable[[Path], str]) -> tuple[dict[str, Any] | None, str]:
        """Return the executed notebook, or why there is none."""
        with tempfile.TemporaryDirectory(prefix="handin-", ignore_cleanup_errors=True) as name:
            room = Path(name)
            work = room / INSIDE / "work"
            for folder in (work / "data", room / INSIDE / "home", room / SOCKETS):
                folder.mkdir(parents=True)
            order.furnish(work)
            (room / "notebook.ipynb").write_text(order.notebook, encoding="utf-8")
            job = {
                "notebook": str(room / "notebook.ipynb"),
                "executed": str(room / "executed.ipynb"),
                "cell_seconds": limits.cell_seconds,
                "total_seconds": limits.total_seconds,
            }
            if level.confined:
                job |= json.loads(to_json(policy_of(room), level))
                job["confinement"] = str(room / "job.json")
            if not level.apart:  # with a root of its own, each kernel works on a fresh copy
                shutil.copytree(room / INSIDE, room / GIVEN)
                job |= {"inside": str(room / INSIDE), "given": str(room / GIVEN)}
            (room / "job.json").write_text(json.dumps(job), encoding="utf-8")
            said = start(room)
            return None if stop.is_set() else _read_executed(room / "executed.ipynb", name), said

    kernel = "cold"

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
        return _start(room, seconds, stop)

    executed, said = None, ""
    with suppress(Lost):
        if pool is not None:
            executed, said = ran(pooled)
    if executed is None and not said:
        with pool.alone if pool is not None else nullcontext():
            kernel = "cold"
            executed, said = ran(alone)
    return Ran(executed, said, kernel, level.name, time.monotonic() - started)


def policy_of(room: Path) -> Policy:
    """Return what a hand-in may do: use its own folder, read the libraries, talk to its runner."""
    readable = readable_paths(str(datasets_folder()))
    return Policy(str(room / INSIDE), readable, str(room / SOCKETS))


def surroundings(room: Path) -> dict[str, str]:
    """Return the environment of everything that runs for one hand-in."""
    own = environment(room / INSIDE / "home")
    return own | {"JUPYTER_RUNTIME_DIR": str(room / SOCKETS), "USER": "student"}


def prepare(cells: Sequence[Cell], asked: Sequence[Question]) -> nbformat.NotebookNode:
    """Build the notebook to run: clean cells, and our own that send the answers out.

    An export stands after each cell that calls `check` and, for what is missing then, at the end.
    """
    notebook = nbformat.v4.new_notebook()
    notebook.metadata.kernelspec = {
        "name": "python3",
        "language": "python",
        "display_name": "Python 3",
    }
    names = {question.id: question.name for question in asked}
    exports: list[dict[str, str]] = []
    for cell in cells:
        if cell.kind != "code":
            notebook.cells.append(_node("markdown", cell.source, cell.id))
            continue
        notebook.cells.append(_node("code", cell.source, cell.id))
        for wanted in _checked(cell, names):
            notebook.cells.append(_export(len(exports), wanted))
            exports.append(wanted)
    notebook.cells.append(_export(len(exports), names, ", missing=True"))
    return notebook


def _checked(cell: Cell, names: Mapping[str, str]) -> list[dict[str, str]]:
    """Return what to send after a cell: what it hands to `check` by other names, then the answers.

    The later one counts, unless it is empty.
    """
    calls = {q: name for q, name in CHECK_CALL.findall(cell.source) if q in names}
    question = cell.role.removesuffix("-check")
    if cell.role.endswith("-check") and question in names:
        calls.setdefault(question, "")
    renamed = {q: name for q, name in calls.items() if name and name != names[q]}
    return [wanted for wanted in (renamed, {q: names[q] for q in calls}) if wanted]


def read_result(
    executed: Mapping[str, Any], asked: Sequence[Question], seconds: float
) -> RunResult:
    """Read answers and failures out of an executed notebook."""
    sent: dict[str, list[Answer]] = {question.id: [] for question in asked}
    cells, failures = [], {}
    for cell in executed["cells"]:
        id = cell.get("id", "")
        if id.startswith(EXPORT):
            for question, answer in _bundle(cell):
                if question in sent:
                    sent[question].append(answer)
        elif "papermill-error-cell-tag" not in cell["metadata"].get("tags", []):
            cells.append(dict(cell))
            error = next((o for o in cell.get("outputs", []) if o["output_type"] == "error"), None)
            stopped = cell["metadata"].get("stopped")
            if isinstance(stopped, str):
                failures[id] = stopped[:300]
            elif error is not None:
                failures[id] = f"{error['ename']}: {error['evalue']}"[:300]
    answers = {question: _settle(given) for question, given in sent.items()}
    return RunResult(cells, answers, failures, "", seconds)


def _settle(given: Sequence[Answer]) -> Answer:
    """Choose among what was sent: the last `check` that had something, else the end."""
    *at_checks, at_end = given or [BLANK]
    started = [answer for answer in at_checks if answer.started]
    return started[-1] if started else at_end


def _bundle(cell: Mapping[str, Any]) -> Iterator[tuple[str, Answer]]:
    for output in cell.get("outputs", []):
        data = output.get("data", {}).get(MIME)
        if isinstance(data, str):
            with suppress(ValueError, RecursionError):
                data = json.loads(data)
        if not isinstance(data, dict):
            continue
        for question, encoded in data.items():
            try:
                yield question, decode(encoded)
            except (BadAnswer, RecursionError, ValueError, TypeError, KeyError, OverflowError):
                yield question, Answer("other", about="data that is not an answer")


def _export(number: int, names: Mapping[str, str], more: str = "") -> nbformat.NotebookNode:
    send = "__import__('whobuys.course._send', fromlist=['send']).send"
    code = f"{send}({names!r}, globals(){more})"
    return _node("code", code, f"{EXPORT}{number}")


def _node(kind: str, source: str, id: str) -> nbformat.NotebookNode:
    """Return a cell; unlike nbformat's own makers, not held against the schema one by one."""
    about = {"cell_type": kind, "id": id, "metadata": {}, "source": source}
    return nbformat.from_dict(
        about | ({"execution_count": None, "outputs": []} if kind == "code" else {})
    )


def _start(room: Path, seconds: float, stop: threading.Event) -> str:
    """Run the worker; return why it failed, in words that continue a sentence."""
    command = [sys.executable, "-P", "-m", "whobuys.grade._worker", str(room / "job.json")]
    log = room / "worker.log"
    with log.open("wb") as errors:
        process = subprocess.Popen(  # noqa: S603 - our own interpreter, a list, no shell
            command,
            cwd=room / INSIDE / "work",
            env=surroundings(room),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=errors,
            start_new_session=True,
        )
    with _stopping(process, room / INSIDE / "home"):
        deadline = time.monotonic() + seconds
        while process.poll() is None:
            if stop.wait(0.05):
                return INTERRUPTED
            if time.monotonic() > deadline:
                return f" within {seconds:.0f} seconds"
    if process.returncode == 0:
        return ""
    last = log.read_bytes()[-2_000:].decode("utf-8", errors="replace").strip().rpartition("\n")[2]
    return f" (the runner ended with code {process.returncode}: {last[:200] or 'no message'})"


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
