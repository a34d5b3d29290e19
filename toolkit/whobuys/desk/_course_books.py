"""What a course's gradebooks hold: the mark sheets, and what each student should read again."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from whobuys.course import Exercise, load_key, unit_folder
from whobuys.desk.course_file import Course
from whobuys.desk.export import feedback
from whobuys.grade.gradebook import Gradebook

WRONG = ("partly", "try_again", "could_not_run", "not_started")


@dataclass(frozen=True)
class Again:
    """A question that was not right: what the student was told, and where to read again."""

    unit: str
    question: str
    title: str
    words: str
    where: str


def sheets_of(course: Course) -> dict[str, pd.DataFrame]:
    """Return the mark sheets of all graded units, each with the column `worth`.

    Parameters
    ----------
    course : Course
        From `read_course`.

    Returns
    -------
    dict of str to pandas.DataFrame
        As `unit_marks` takes them.
    """
    sheets = {}
    for unit, book in _books(course):
        exercise = course.exercise_of(unit)
        questions = book.questions(exercise)
        if not questions.empty:
            worth = float(questions["points"].sum())
            sheets[unit] = book.sheet(exercise).assign(worth=worth)
    return sheets


def read_again(course: Course) -> dict[str, list[Again]]:
    """Return by student what was not right, in the order of the units.

    Open answers count as not right if a person gave less than half of the points.
    """
    found: dict[str, list[Again]] = {}
    for unit, book in _books(course):
        name = course.exercise_of(unit)
        marks = book.marks(name)
        if marks.empty:
            continue
        exercise = load_key(unit_folder(name) / "key.py")
        said = book.people(name).marks
        for row in marks.to_dict("records"):
            question = exercise.questions.get(row["question"])
            person = said.get((row["student"], row["question"]))
            if person is not None and person.points is not None:
                wrong, words = person.points < row["points"] / 2, ""
            else:
                wrong = row["status"] in WRONG
                words = next(iter(row["words"]), "")
            if question is not None and wrong:
                one = Again(unit, question.id, question.title, words, question.again)
                found.setdefault(row["student"], []).append(one)
    return found


def feedback_of(course: Course, unit: str) -> dict[str, str]:
    """Return student to what was said about the answers in a unit; see `export.feedback`."""
    with closing(Gradebook(course.gradebook_of(unit), must_exist=True)) as book:
        return feedback(book, course.exercise_of(unit))


def titles_of(course: Course) -> dict[str, str]:
    """Return the title of each unit."""
    keys: dict[str, Exercise] = {}
    for unit in course.units:
        name = course.exercise_of(unit)
        if name not in keys:
            keys[name] = load_key(unit_folder(name) / "key.py")
    titles = {unit: keys[course.exercise_of(unit)].title for unit in course.units}
    return {
        unit: f"{title} ({unit})" if list(titles.values()).count(title) > 1 else title
        for unit, title in titles.items()
    }


def set_times(course: Course, times: Mapping[str, Mapping[str, object]], source: str) -> None:
    """Store when hand-ins came; `times` is unit to student to time."""
    for unit, book in _books(course):
        if unit in times:
            book.set_times(course.exercise_of(unit), times[unit], source)  # type: ignore[arg-type]


def _books(course: Course) -> Generator[tuple[str, Gradebook]]:
    """Yield each unit with its gradebook; those that are not there yet are left out."""
    opened: dict[str | Path, Gradebook] = {}
    with _closing(opened):
        for unit in course.units:
            where = course.gradebook_of(unit)
            if isinstance(where, Path) and not where.exists():
                continue
            if where not in opened:
                opened[where] = Gradebook(where, must_exist=True)
            yield unit, opened[where]


@contextmanager
def _closing(opened: Mapping[str | Path, Gradebook]) -> Iterator[None]:
    try:
        yield
    finally:
        for book in opened.values():
            book.close()
