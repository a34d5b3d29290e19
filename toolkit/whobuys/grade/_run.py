"""Run a hand-in without key or secret, and read its answers out of what it left."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import nbformat

from whobuys.course._answers import BLANK, MIME, Answer, BadAnswer, decode
from whobuys.course._exercise import Exercise, Question
from whobuys.course._practice import TICKET_FILE
from whobuys.grade._handins import CHECK_CALL, Cell, HandIn
from whobuys.grade.release import Released, check_data, ticket_json
from whobuys.market import Case, write_tables
from whobuys.sandbox import EXPORT
from whobuys.sandbox._confine import Level
from whobuys.sandbox.execute import Limits, Order, Ran, execute
from whobuys.sandbox.pool import Pool
from whobuys.sandbox.runner import Runner


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
    lost : bool
        Whether the machine lost the run: what is left is a part, and it should be run again.
    """

    cells: list[dict[str, Any]] = field(default_factory=list)
    answers: dict[str, Answer] = field(default_factory=dict)
    failures: dict[str, str] = field(default_factory=dict)
    problem: str = ""
    seconds: float = 0.0
    kernel: str = "cold"
    confined: str = ""
    lost: bool = False


LOST = (
    "Not graded yet: the computer lost the run of this notebook{said}. Your instructor was told, "
    "and can have it graded again as it is."
)


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


def run_with(
    runner: Runner,
    handin: HandIn,
    exercise: Exercise,
    case: Case,
    student: Released,
    limits: Limits,
    stop: threading.Event,
) -> RunResult:
    """Run a hand-in among others; its data must come out as they were released."""

    def check(folder: Path) -> None:
        check_data(folder, student)

    order = order_of(handin.cells, exercise, case, limits, check)
    return result_of(runner.run(handin.student, order, stop), exercise)


def result_of(ran: Ran, exercise: Exercise) -> RunResult:
    """Read a run's answers and failures."""
    words = LOST if ran.lost else "The notebook could not be run to an end{said}."
    problem = words.format(said=ran.said) if ran.said else ""
    result = RunResult(seconds=ran.seconds)
    if ran.executed is not None:
        result = read_result(ran.executed, _asked(exercise), ran.seconds)
    elif not problem:
        problem = "The notebook could not be run to an end."
    return replace(result, problem=problem, kernel=ran.kernel, confined=ran.confined, lost=ran.lost)


def _asked(exercise: Exercise) -> list[Question]:
    return [question for question in exercise.questions.values() if not question.open]


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
