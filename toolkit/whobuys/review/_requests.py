"""Requests to look at a mark again, and what a person decides."""

from __future__ import annotations

import csv
import datetime as dt
import io
from pathlib import Path

import pandas as pd
from sqlalchemy import select
from sqlalchemy.orm import Session

from whobuys._errors import InstructorError
from whobuys.grade._people import People, basis_of, log, now
from whobuys.grade._people import people as people_in
from whobuys.grade._tables import (
    AuditRow,
    DecisionRow,
    HandInRow,
    MarkRow,
    QuestionRow,
    RequestRow,
    StudentRow,
)
from whobuys.grade.gradebook import Gradebook
from whobuys.review._bank import said
from whobuys.review._marking import named

OPEN, CHANGED, KEPT = "open", "changed", "kept"


def ask_again(
    book: Gradebook,
    unit: str,
    student: str,
    question: str,
    words: str,
    asked_at: dt.datetime | None = None,
) -> bool:
    """Store a request; return whether it is new.

    Parameters
    ----------
    book : Gradebook
        The gradebook.
    unit, student, question : str
        What it is about.
    words : str
        The student's reasons.
    asked_at : datetime, optional
        With a time zone; now by default.

    Raises
    ------
    InstructorError
        If there is no such student or question, or nothing was handed in.
    """
    words = said(words)
    with book.session(write=True) as session:
        _check(session, unit, student, question)
        key = {"unit": unit, "student_id": student, "question": question, "words": words}
        if session.scalars(select(RequestRow).filter_by(**key)).first() is not None:
            return False
        at = now() if asked_at is None else asked_at.astimezone(dt.UTC).replace(tzinfo=None)
        session.add(
            RequestRow(**key, asked_at=at, state=OPEN, answered_by="", answered_at=None, reply="")
        )
        return True


def import_requests(book: Gradebook, unit: str, path: Path) -> int:
    """Store the requests of a CSV file; return how many are new.

    Parameters
    ----------
    book : Gradebook
        The gradebook.
    unit : str
        Such as "05_rfm".
    path : Path
        UTF-8, with the columns `student`, `question`, `words` and, if you like, `when` (such as
        2026-11-20T18:00+01:00); separated by commas, semicolons or tabs. A request that is stored
        already is passed over, so the file can grow and be read again.

    Raises
    ------
    InstructorError
        If the file or a line cannot be used; the message names the line, nothing is stored.
    """
    found = []
    with book.session() as session:
        for where, line in _lines(path):
            student, question = line.get("student", ""), line.get("question", "")
            try:
                _check(session, unit, student, question)
                words = said(line.get("words", ""))
                found.append((student, question, words, _when(line.get("when", ""))))
            except InstructorError as error:
                raise InstructorError(f"{where}: {error}") from None
    return sum(ask_again(book, unit, *one) for one in found)


def requests(book: Gradebook, unit: str, state: str | None = None) -> pd.DataFrame:
    """Return the requests, oldest first.

    Returns
    -------
    pandas.DataFrame
        `id`, `student`, `question`, `words`, `asked_at` (UTC), `state` ("open", "changed",
        "kept"), `mark` (points now; empty while a person has to give them), `out_of`,
        `answered_by`, `answered_at`, `reply`.
    """
    wanted = select(RequestRow).filter_by(unit=unit)
    if state is not None:
        wanted = wanted.filter_by(state=state)
    with book.session() as session:
        said_of = people_in(session, unit)
        marks = {
            r.id: _mark(session, unit, r.student_id, r.question, said_of)
            for r in session.scalars(wanted)
        }
        rows = [
            {
                "id": r.id,
                "student": r.student_id,
                "question": r.question,
                "words": r.words,
                "asked_at": r.asked_at,
                "state": r.state,
                "mark": marks[r.id][0],
                "out_of": marks[r.id][1],
                "answered_by": r.answered_by,
                "answered_at": r.answered_at,
                "reply": r.reply,
            }
            for r in session.scalars(wanted.order_by(RequestRow.asked_at, RequestRow.id))
        ]
    columns = ["id", "student", "question", "words", "asked_at", "state", "mark", "out_of"]
    return pd.DataFrame(rows, columns=[*columns, "answered_by", "answered_at", "reply"])


def decide(
    book: Gradebook,
    unit: str,
    student: str,
    question: str,
    points: float,
    who: str,
    why: str,
) -> None:
    """Set the mark of one question, the machine's too; open requests about it are answered by it.

    What machine and markers gave stays stored beside it. On an open question the decision counts
    for the answer as it is now; on a machine question until there is another decision.

    Parameters
    ----------
    book : Gradebook
        The gradebook.
    unit, student, question : str
        Which mark.
    points : float
        0 to what the question is worth.
    who, why : str
        Both stand in the audit log; the student reads why.

    Raises
    ------
    InstructorError
        If there is no such mark, the points do not fit, or no reason is given.
    """
    who, why = named(who), said(why)
    if not why:
        raise InstructorError("A decision needs a reason; the student reads it.")
    with book.session(write=True) as session:
        asked = _check(session, unit, student, question)
        if not 0 <= points <= asked.points:
            raise InstructorError(
                f"{question} is worth 0 to {asked.points:g} points; not {points:g}."
            )
        before, _ = _mark(session, unit, student, question, people_in(session, unit, student))
        session.add(
            DecisionRow(
                unit=unit,
                student_id=student,
                question=question,
                before=before,
                after=points,
                who=who,
                at=now(),
                why=why,
                basis=basis_of(session, unit, student, question, asked.open),
            )
        )
        log(session, who, (unit, student, question), "decision", (before, points), why)
        _answered(session, unit, student, question, who, CHANGED, why)


def keep_mark(book: Gradebook, unit: str, student: str, question: str, who: str, why: str) -> None:
    """Answer the open requests about a question: the mark stays.

    Raises
    ------
    InstructorError
        If nothing is open, or no reason is given.
    """
    who, why = named(who), said(why)
    if not why:
        raise InstructorError("An answer needs a reason; the student reads it.")
    with book.session(write=True) as session:
        if not _answered(session, unit, student, question, who, KEPT, why):
            raise InstructorError(f"There is no open request of {student} about {question}.")


def decisions(book: Gradebook, unit: str) -> pd.DataFrame:
    """Return the decisions that no request asked for, oldest first.

    Returns
    -------
    pandas.DataFrame
        `student`, `question`, `before`, `after` (points), `out_of`, `who`, `at` (UTC), `why`.
    """
    with book.session() as session:
        worth = {
            row.id: row.points for row in session.scalars(select(QuestionRow).filter_by(unit=unit))
        }
        asked = {
            (r.student_id, r.question, r.answered_by, r.reply)
            for r in session.scalars(select(RequestRow).filter_by(unit=unit, state=CHANGED))
        }
        rows = [
            (r.student_id, r.question, r.before, r.after, worth.get(r.question), r.who, r.at, r.why)
            for r in session.scalars(
                select(DecisionRow).filter_by(unit=unit).order_by(DecisionRow.id)
            )
            if (r.student_id, r.question, r.who, r.why) not in asked
        ]
    columns = ["student", "question", "before", "after", "out_of", "who", "at", "why"]
    return pd.DataFrame(rows, columns=columns)


def mark_now(
    book: Gradebook, unit: str, student: str, question: str
) -> tuple[float | None, float | None]:
    """Return the points that count now (None while a person has to give them), and out of what.

    Raises
    ------
    InstructorError
        If there is no such student or question, or nothing was handed in.
    """
    with book.session() as session:
        _check(session, unit, student, question)
        return _mark(session, unit, student, question, people_in(session, unit, student))


def history(book: Gradebook, unit: str | None = None, student: str | None = None) -> pd.DataFrame:
    """Return the audit log: every change of a mark, oldest first.

    Returns
    -------
    pandas.DataFrame
        `id`, `at` (UTC), `who` ("machine" for the grader), `unit`, `student`, `question`, `what`,
        `before`, `after` (points; empty for none), `why`.

    Notes
    -----
    The database refuses to change or delete a row. Who may alter the database itself can still take
    that guard away: keep copies where others cannot write.
    """
    wanted = select(AuditRow).order_by(AuditRow.id)
    if unit is not None:
        wanted = wanted.filter_by(unit=unit)
    if student is not None:
        wanted = wanted.filter_by(student_id=student)
    with book.session() as session:
        rows = [
            (r.id, r.at, r.who, r.unit, r.student_id, r.question, r.what, r.before, r.after, r.why)
            for r in session.scalars(wanted)
        ]
    columns = ["id", "at", "who", "unit", "student", "question", "what", "before", "after", "why"]
    made = pd.DataFrame(rows, columns=columns)
    return made.astype({"before": float, "after": float})


def _check(session: Session, unit: str, student: str, question: str) -> QuestionRow:
    asked = session.get(QuestionRow, (unit, question))
    if asked is None:
        known = session.scalars(
            select(QuestionRow.id).filter_by(unit=unit).order_by(QuestionRow.position)
        )
        raise InstructorError(
            f"{unit} has no question {question!r} here; there is: {', '.join(known) or 'none'}."
        )
    if session.get(StudentRow, student) is None:
        raise InstructorError(f"There is no student {student!r} in this gradebook.")
    if session.get(HandInRow, (unit, student)) is None:
        raise InstructorError(f"{student} has handed in nothing for {unit}.")
    return asked


def _mark(
    session: Session, unit: str, student: str, question: str, said_of: People
) -> tuple[float | None, float | None]:
    """Return the points that count now, and what the question is worth."""
    row = session.get(MarkRow, (unit, student, question))
    if row is None:
        return None, None
    person = said_of.marks.get((student, question))
    if person is not None:
        return person.points, row.points
    return (None if row.status == "for_review" else row.earned), row.points


def _answered(
    session: Session, unit: str, student: str, question: str, who: str, state: str, reply: str
) -> int:
    key = {"unit": unit, "student_id": student, "question": question, "state": OPEN}
    rows = session.scalars(select(RequestRow).filter_by(**key)).all()
    for row in rows:
        row.state, row.answered_by, row.answered_at, row.reply = state, who, now(), reply
    return len(rows)


def _when(text: str) -> dt.datetime | None:
    if not text:
        return None
    try:
        time = dt.datetime.fromisoformat(text)
    except ValueError:
        raise InstructorError(f"{text!r} is no time; write 2026-11-20T18:00+01:00.") from None
    if time.tzinfo is None:
        raise InstructorError(f"The time {text} has no time zone; write {text}+01:00 or {text}Z.")
    return time


def _lines(path: Path) -> list[tuple[str, dict[str, str]]]:
    """Return (place, fields by column) of every line."""
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        raise InstructorError(f"There is no file {path}.") from None
    except UnicodeDecodeError:
        raise InstructorError(
            f"{path} is not UTF-8. Save it as “CSV UTF-8” and try again."
        ) from None
    first = text.partition("\n")[0]
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=max(",;\t", key=first.count))
    try:
        rows = [(reader.line_num, row) for row in reader if any(map(str.strip, row))]
    except csv.Error as error:
        raise InstructorError(f"{path}, line {reader.line_num}: {error}.") from None
    head = [name.strip().lower() for name in rows[0][1]] if rows else []
    missing = {"student", "question", "words"} - set(head)
    if missing:
        raise InstructorError(
            f"{path} has no column {', '.join(sorted(missing))}. The first line should read: "
            "student,question,words,when"
        )
    return [
        (f"{path}, line {number}", dict(zip(head, map(str.strip, fields), strict=False)))
        for number, fields in rows[1:]
    ]
