"""Giving marks: every change is checked, stored and written down in one step."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from whobuys._errors import InstructorError
from whobuys.grade._people import MARKER, SETTLED, line_digest, log, now, rubrics
from whobuys.grade._tables import AnswerRow, CriterionRow, ReviewRow
from whobuys.grade.gradebook import MACHINE, Gradebook
from whobuys.review._bank import said

STEP = 0.5


class Changed(InstructorError):
    """Someone else has changed this mark in the meantime."""


class _Anything:
    """Stands for: whatever is stored."""


ANYTHING = _Anything()


def give_points(
    book: Gradebook,
    unit: str,
    student: str,
    question: str,
    criterion: int,
    points: float | None,
    marker: str,
    *,
    settled: bool = False,
    why: str = "",
    expected: float | _Anything | None = ANYTHING,
) -> None:
    """Give points for one criterion of one open answer.

    Parameters
    ----------
    book : Gradebook
        The gradebook.
    unit, student, question : str
        Which answer.
    criterion : int
        The line of the rubric, from 1.
    points : float or None
        Whole or half points, 0 to what the criterion is worth; None takes them back.
    marker : str
        Who gives them.
    settled : bool
        Whether they settle a difference between markers.
    why : str
        Stands in the audit log.
    expected : float or None, optional
        What the caller believes to be stored.

    Raises
    ------
    InstructorError
        If there is no such answer or criterion, or the points do not fit.
    Changed
        If something else than `expected` is stored; nothing is changed then.
    """
    with _row(book, (unit, student, question), criterion, marker, settled) as (session, row, line):
        if points is not None and not (0 <= points <= line.points and points % STEP == 0):
            raise InstructorError(
                f"{line.name!r} is worth 0 to {line.points:g} points, in halves; not {points:g}."
            )
        text = _answer(session, unit, student, question).digest
        if row.points == points and row.answer == text and row.rubric == line_digest(line):
            return
        if not isinstance(expected, _Anything) and expected != row.points:
            raise Changed("This mark was changed in another window; look again.")
        reason = why or ("settling" if settled else "marking")
        what = f"criterion {criterion}{', settled' if settled else ''}: {line.name}"
        log(session, marker, (unit, student, question), what, (row.points, points), reason)
        row.points, row.answer, row.rubric = points, text, line_digest(line)
        row.changed_at = now()


def give_comment(
    book: Gradebook,
    unit: str,
    student: str,
    question: str,
    criterion: int,
    words: str,
    marker: str,
    *,
    settled: bool = False,
) -> None:
    """Write the comment to one criterion of one open answer, in place of the earlier one.

    Raises
    ------
    InstructorError
        If there is no such answer or criterion, or the comment is too long.
    """
    kept = said(words)
    with _row(book, (unit, student, question), criterion, marker, settled) as (_, row, _line):
        row.comment = kept
        row.changed_at = now()


def confirm(
    book: Gradebook, unit: str, student: str, question: str, marker: str, settled: bool = False
) -> None:
    """Say that the points given for an earlier version hold for the present answer as well.

    Raises
    ------
    InstructorError
        If there is no such answer, or an earlier mark is more than a criterion is worth now.
    """
    with book.session(write=True) as session:
        text = _answer(session, unit, student, question).digest
        role = SETTLED if settled else MARKER
        key = {"unit": unit, "student_id": student, "question": question}
        rows = session.scalars(select(ReviewRow).filter_by(**key, marker=marker, role=role))
        given = {row.criterion: row for row in rows}
        for line in rubrics(session, unit).get(question, []):
            row = given.get(line.number)
            if row is None or row.points is None:
                continue
            if row.points > line.points:
                raise InstructorError(f"{line.name!r} is worth only {line.points:g} points now.")
            if (row.answer, row.rubric) != (text, line_digest(line)):
                what = f"criterion {line.number}: {line.name}"
                reason = "holds for the new version"
                log(session, marker, (unit, student, question), what, (None, row.points), reason)
                row.answer, row.rubric, row.changed_at = text, line_digest(line), now()


def named(marker: str) -> str:
    """Return a marker's name as it is stored.

    Raises
    ------
    InstructorError
        If nobody can be told by it.
    """
    name = marker.strip()
    if not name or len(name) > 80 or not name.isprintable() or name.lower() == MACHINE:
        raise InstructorError("A marker needs a name of one line, up to 80 letters.")
    return name


@contextmanager
def _row(
    book: Gradebook, where: tuple[str, str, str], criterion: int, marker: str, settled: bool
) -> Iterator[tuple[Session, ReviewRow, CriterionRow]]:
    """Open the row of one criterion to be changed; made if it is not there."""
    unit, student, question = where
    name, role = named(marker), SETTLED if settled else MARKER
    try:
        with book.session(write=True) as session:
            _answer(session, unit, student, question)
            line = session.get(CriterionRow, (unit, question, criterion))
            if line is None:
                raise InstructorError(f"The rubric of {question} has no line {criterion}.")
            key = (unit, student, question, name, role, criterion)
            row = session.get(ReviewRow, key, with_for_update=True)
            if row is None:
                row = ReviewRow(
                    unit=unit,
                    student_id=student,
                    question=question,
                    marker=name,
                    role=role,
                    criterion=criterion,
                    points=None,
                    comment="",
                    answer="",
                    rubric="",
                    changed_at=now(),
                )
                session.add(row)
                session.flush()
            yield session, row, line
    except IntegrityError as error:
        raise Changed("This mark was changed in another window; look again.") from error


def _answer(session: Session, unit: str, student: str, question: str) -> AnswerRow:
    row = session.get(AnswerRow, (unit, student, question))
    if row is None:
        raise InstructorError(
            f"There is no open answer of {student} to {question} of {unit} in this gradebook; "
            "grade the hand-ins again."
        )
    return row
