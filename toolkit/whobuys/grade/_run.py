"""Run a hand-in away from everything it could harm or copy, and read back what it left."""

from __future__ import annotations

import json
import os
import signal
import site
import stat
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import nbformat

from whobuys.course._answers import BLANK, MIME, Answer, BadAnswer, decode
from whobuys.course._exercise import Exercise, Question
from whobuys.course._practice import TICKET_FILE
from whobuys.grade import _worker
from whobuys.grade._handins import CHECK_CALL, Cell
from whobuys.grade.release import ticket_json
from whobuys.market import Case, write_tables

EXPORT = _worker.EXPORT
LINUX = sys.platform == "linux"
GRACE_SECONDS = 60
LARGEST_RESULT = 100_000_000
PASSED_ON = (
    "PATH",
    "LANG",
    "LC_ALL",
    "TZ",
    "SYSTEMROOT",
    "PATHEXT",
    "COMSPEC",
    "NUMBER_OF_PROCESSORS",
)


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
    """

    cells: list[dict[str, Any]] = field(default_factory=list)
    answers: dict[str, Answer] = field(default_factory=dict)
    failures: dict[str, str] = field(default_factory=dict)
    problem: str = ""
    seconds: float = 0.0


def run_handin(
    cells: Sequence[Cell],
    exercise: Exercise,
    case: Case,
    limits: Limits,
    stop: threading.Event | None = None,
) -> RunResult:
    """Run the cells of one hand-in with papermill, in a process and a folder of its own.

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

    Returns
    -------
    RunResult

    Notes
    -----
    The process is apart, not locked in: it runs as the user who grades and can reach what that user
    can reach. Grade on an account, or a machine, that holds nothing else.
    """
    started = time.monotonic()
    asked = [question for question in exercise.questions.values() if not question.open]
    with tempfile.TemporaryDirectory(prefix="handin-", ignore_cleanup_errors=True) as name:
        room = Path(name)
        work, home = room / "work", room / "home"
        for folder in (work / "data", home):
            folder.mkdir(parents=True)
        write_tables(case, work / "data")
        (work / TICKET_FILE).write_text(ticket_json(exercise, "none", case), encoding="utf-8")
        nbformat.write(prepare(cells, asked), room / "notebook.ipynb")
        job = {
            "notebook": str(room / "notebook.ipynb"),
            "executed": str(room / "executed.ipynb"),
            "cell_seconds": limits.cell_seconds,
            "total_seconds": limits.total_seconds,
        }
        (room / "job.json").write_text(json.dumps(job), encoding="utf-8")
        seconds = limits.total_seconds + GRACE_SECONDS
        stop = stop or threading.Event()
        said = _start(room, work, home, seconds, stop)
        seconds = time.monotonic() - started
        executed = None if stop.is_set() else _read_executed(room / "executed.ipynb")
    if executed is None:
        return RunResult(problem=f"The notebook could not be run to an end{said}.", seconds=seconds)
    return read_result(executed, asked, seconds)


def prepare(cells: Sequence[Cell], asked: Sequence[Question]) -> nbformat.NotebookNode:
    """Build the notebook to run: clean cells, and our own that send the answers out.

    An export stands after each cell that calls `check` and, for all questions, at the end.
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
            notebook.cells.append(nbformat.v4.new_markdown_cell(cell.source, id=cell.id))
            continue
        notebook.cells.append(nbformat.v4.new_code_cell(cell.source, id=cell.id))
        for wanted in _checked(cell, names):
            notebook.cells.append(_export(len(exports), wanted))
            exports.append(wanted)
    notebook.cells.append(_export(len(exports), names))
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
        if not isinstance(data, dict):
            continue
        for question, encoded in data.items():
            try:
                yield question, decode(encoded)
            except (BadAnswer, RecursionError, ValueError, TypeError, KeyError, OverflowError):
                yield question, Answer("other", about="data that is not an answer")


def _export(number: int, names: Mapping[str, str]) -> nbformat.NotebookNode:
    code = f"__import__('whobuys.course._send', fromlist=['send']).send({names!r}, globals())"
    return nbformat.v4.new_code_cell(code, id=f"{EXPORT}{number}")


def _start(room: Path, work: Path, home: Path, seconds: float, stop: threading.Event) -> str:
    """Run the worker; return why it failed, in words that continue a sentence."""
    environment = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
    environment |= {
        "HOME": str(home),
        "USERPROFILE": str(home),
        "TMPDIR": str(home),
        "TEMP": str(home),
        "IPYTHONDIR": str(home / "ipython"),
        "MPLCONFIGDIR": str(home / "matplotlib"),
        "JUPYTER_CONFIG_DIR": str(home / "jupyter"),
        "JUPYTER_DATA_DIR": str(home / "jupyter-data"),
        "JUPYTER_RUNTIME_DIR": str(home / "runtime"),
        "JUPYTER_PLATFORM_DIRS": "1",
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "PYTHONUSERBASE": site.getuserbase(),
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",
    }
    command = [sys.executable, "-P", str(Path(_worker.__file__)), str(room / "job.json")]
    log = room / "worker.log"
    with log.open("wb") as errors:
        process = subprocess.Popen(  # noqa: S603 - our own interpreter, a list, no shell
            command,
            cwd=work,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=errors,
            start_new_session=True,
        )
    with _stopping(process, home):
        deadline = time.monotonic() + seconds
        while process.poll() is None:
            if stop.wait(0.05):
                return " (the grading was interrupted)"
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


def _read_executed(path: Path) -> dict[str, Any] | None:
    try:
        about = path.lstat()
        if not stat.S_ISREG(about.st_mode) or about.st_size > LARGEST_RESULT:
            return None
        executed = nbformat.reads(path.read_text(encoding="utf-8"), as_version=4)
        nbformat.validate(executed)
    except (
        nbformat.ValidationError,
        OSError,
        ValueError,
        LookupError,
        TypeError,
        RecursionError,
        AttributeError,
    ):
        return None
    whole = json.dumps(executed, ensure_ascii=False).encode("utf-8", errors="replace")
    return dict(json.loads(whole))
