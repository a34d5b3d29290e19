"""The work beside an open answer: code a student has run there, and what it showed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from whobuys.course import Exercise
from whobuys.grade._handins import Cell
from whobuys.pages.page import CUT, part

LARGEST_WORK = 2_000_000  # characters of one answer's cells, pictures in them
NOT_WORK = ("-check", "-help", "progress")


def work_of(
    exercise: Exercise,
    cells: Sequence[Cell],
    executed: Iterable[Mapping[str, Any]],
    template: Mapping[str, Any],
) -> dict[str, str]:
    """Return the work cells of each open question, cleaned as in the report.

    Where an open question is about the whole notebook (its released cells are `q5-words-...`), that
    is every code cell that shows something.

    Parameters
    ----------
    exercise : Exercise
        The exercise.
    cells : sequence of Cell
        Of the hand-in.
    executed : iterable of mappings
        The cells as they ran; of what did not run the code is shown.
    template : mapping
        The released notebook; cells left as they were released are no work.

    Returns
    -------
    dict of str to str
        Question to HTML; questions without work are left out.
    """
    ran = {cell["id"]: cell for cell in executed}
    released = {cell["id"]: "".join(cell["source"]).strip() for cell in template["cells"]}
    found = {}
    for question in exercise.questions.values():
        if not question.open:
            continue
        whole = any(id.startswith(f"{question.id}-words") for id in released)
        own = cells if whole else cells_about(cells, question.id)
        work = [
            shown
            for cell in own
            if cell.kind == "code" and not cell.role.endswith(NOT_WORK)
            for shown in (dict(ran.get(cell.id, _not_run(cell))),)
            if _says_something(shown, cell, released, whole)
        ]
        if work:
            found[question.id] = _rendered(work)
    return found


def cells_about(cells: Iterable[Cell], question: str) -> Iterator[Cell]:
    """Yield the cells of a question, and the student's own between them and the next released."""
    inside = False
    for cell in cells:
        if cell.role:
            inside = cell.role.split("-")[0] == question
        if inside:
            yield cell


def _says_something(
    shown: Mapping[str, Any], cell: Cell, released: Mapping[str, str], whole: bool
) -> bool:
    if whole:
        return bool(shown["outputs"])
    return bool(cell.source.strip()) and cell.source.strip() != released.get(cell.role)


def _not_run(cell: Cell) -> dict[str, Any]:
    made = {"id": cell.id, "cell_type": "code", "source": cell.source, "metadata": {}}
    return made | {"outputs": [], "execution_count": None}


def _rendered(work: Sequence[Mapping[str, Any]]) -> str:
    html = part(work, deeper=2)
    kept = list(work)
    while len(html) > LARGEST_WORK and kept:
        del kept[len(kept) // 2 :]
        html = f"{part(kept, deeper=2) if kept else ''}<p>{CUT}</p>"
    return html
