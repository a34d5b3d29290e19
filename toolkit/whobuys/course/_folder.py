"""Read one folder of `course/`: its pages, facts, quiz and catalogues, with all their problems."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from whobuys.course import _blanks
from whobuys.course._facts import read_facts, read_rubrics
from whobuys.course._quiz import QUIZ_LINE, Question, read_quiz
from whobuys.course._source import BuildError, Cell, read_cells, read_text, where
from whobuys.course._translate import Catalogue, Message, cell_messages, read_catalogue

REPORTS = "reports"
LANGUAGES = {"zh": "zh-CN"}

T = TypeVar("T")
S = TypeVar("S")


@dataclass(frozen=True)
class Page:
    """One source file, read."""

    unit: str
    kind: str  # lesson, exercise or report
    source: Path  # relative to the root
    cells: list[Cell]


@dataclass(frozen=True)
class Unit:
    """One folder of `course/`, read."""

    name: str
    folder: Path  # relative to the root
    pages: list[Page]
    facts: dict[str, Any]
    quiz: list[Question]
    catalogues: dict[str, Catalogue]

    def messages(self) -> list[Message]:
        """List every text of the unit that can be translated, in reading order."""
        found = [
            Message(text, f"{page.source.name}:{cell.name}")
            for page in self.pages
            for cell in page.cells
            for text in cell_messages(cell)
        ]
        return found + [
            Message(text, f"quiz.yml:{question.id}")
            for question in self.quiz
            for text in question.texts
        ]


def each(items: Iterable[T], do: Callable[[T], S]) -> list[S]:
    """Do one thing for each item, and raise the problems of all of them at once."""
    done: list[S] = []
    problems: list[str] = []
    for item in items:
        try:
            done.append(do(item))
        except BuildError as error:
            problems += error.problems
    if problems:
        raise BuildError(problems)
    return done


def read_unit(root: Path, name: str) -> Unit:
    """Read and check everything of one folder, with the problems of all its files."""
    folder = Path("course", name)
    problems: list[str] = []

    def read(reader: Callable[[Path], T], file: str) -> T | None:
        try:
            with where((folder / file).as_posix()):
                return reader(root / folder / file)
        except BuildError as error:
            problems.extend(error.problems)
            return None

    pages = []
    for path, kind in _sources(root / folder):
        cells = read(partial(_read_page, kind=kind), path.name)
        pages.append(Page(name, kind, folder / path.name, cells or []))
    rubrics = read(read_rubrics, "key.py") or {}
    facts = read(read_facts, "facts.py") or {}
    quiz = read(partial(_read_shown_quiz, pages=pages), "quiz.yml")
    catalogues = {
        language: read(read_catalogue, f"{language}.po") or Catalogue()
        for language in LANGUAGES
        if (root / folder / f"{language}.po").exists() and name != REPORTS
    }
    if problems:
        raise BuildError(problems)
    return Unit(name, folder, pages, rubrics | facts, quiz or [], catalogues)


def _sources(folder: Path) -> list[tuple[Path, str]]:
    if folder.name == REPORTS:
        return [(path, "report") for path in sorted(folder.glob("*.md"))]
    return [
        (folder / f"{kind}.md", kind)
        for kind in ("lesson", "exercise")
        if (folder / f"{kind}.md").exists()
    ]


def _read_page(path: Path, kind: str) -> list[Cell]:
    cells = read_cells(read_text(path))
    solved = each(cells, lambda cell: _is_solved(cell, kind))
    if kind == "exercise" and not any(solved):
        raise BuildError(
            "no line is marked # solution and no cell is tagged solution: "
            "students would get the whole solution"
        )
    return cells


def _is_solved(cell: Cell, kind: str) -> bool:
    """Check one cell, and say whether it holds a part of a solution."""
    with where(cell.place):
        marked = cell.kind == "code" and _blanks.has_mark(cell.source)
        if (marked or cell.is_solution) and kind != "exercise":
            raise BuildError(f"a {kind} has no solutions; move it to exercise.md")
        return marked or cell.is_solution


def _read_shown_quiz(path: Path, pages: list[Page]) -> list[Question]:
    quiz = read_quiz(path) if path.exists() else []
    lessons = [page for page in pages if page.kind == "lesson" and page.cells]
    shown = [cell for page in pages for cell in page.cells if QUIZ_LINE.search(cell.source)]
    if quiz and lessons and not shown:
        raise BuildError(
            "is never shown; put a Markdown cell with the line {{ quiz }} in lesson.md"
        )
    return quiz
