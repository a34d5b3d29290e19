"""Reviewing by people: the queue, marks with comments, agreement, requests and the audit log.

Machine marks and people's marks are kept apart. Grading again never overwrites what people gave;
where an open answer has changed since, its marks are shown as those of an older version, and it
comes back into the queue. `whobuys review` opens a page over these functions.
"""

from __future__ import annotations

import pandas as pd
from sqlalchemy import select

from whobuys._errors import InstructorError
from whobuys.course import load_key, unit_folder
from whobuys.grade._people import (
    MARKER,
    TOLERANCE,
    CriterionMark,
    People,
    PersonMark,
    holds,
    people,
    rubrics,
)
from whobuys.grade._tables import AnswerRow, CriterionRow, QuestionRow, ReviewRow
from whobuys.grade.gradebook import Gradebook
from whobuys.review._agreement import agreement, cohen_kappa
from whobuys.review._bank import comment_bank, count_use, drop_comment, keep_comment
from whobuys.review._marking import Changed, confirm, give_comment, give_points
from whobuys.review._queue import Due, Mode, waiting
from whobuys.review._requests import (
    ask_again,
    decide,
    decisions,
    history,
    import_requests,
    keep_mark,
    mark_now,
    requests,
)

__all__ = [
    "TOLERANCE",
    "Changed",
    "CriterionMark",
    "People",
    "PersonMark",
    "agreement",
    "answers",
    "ask_again",
    "cohen_kappa",
    "comment_bank",
    "confirm",
    "count_use",
    "decide",
    "decisions",
    "differences",
    "drop_comment",
    "give_comment",
    "give_points",
    "history",
    "import_requests",
    "keep_comment",
    "keep_mark",
    "mark_now",
    "open_questions",
    "queue",
    "requests",
    "rubric",
]


def open_questions(book: Gradebook, unit: str) -> list[str]:
    """Return the ids of the questions people mark; a gradebook of an older version learns rubrics.

    Raises
    ------
    InstructorError
        If nothing of the unit is graded, or it has no open question.
    """
    with book.session() as session:
        rows = select(QuestionRow).filter_by(unit=unit).order_by(QuestionRow.position)
        asked = {row.id: row.open for row in session.scalars(rows)}
        marked = set(session.scalars(select(CriterionRow.question).filter_by(unit=unit)))
    if not asked:
        raise InstructorError(f"{book.where} holds no marks of {unit!r}; grade the hand-ins first.")
    found = [id for id, is_open in asked.items() if is_open]
    if not found:
        raise InstructorError(f"{unit} has no open question: there is nothing to review.")
    if not marked >= set(found):
        book.set_questions(load_key(unit_folder(unit) / "key.py"))
    return found


def rubric(book: Gradebook, unit: str, question: str) -> pd.DataFrame:
    """Return the rubric of an open question.

    Returns
    -------
    pandas.DataFrame
        `criterion` (from 1), `name`, `points`, and what earns all, half and none: `full`, `half`,
        `none`.
    """
    with book.session() as session:
        lines = rubrics(session, unit).get(question, [])
        rows = [(r.number, r.name, r.points, r.full, r.half, r.none) for r in lines]
    return pd.DataFrame(rows, columns=["criterion", "name", "points", "full", "half", "none"])


def answers(book: Gradebook, unit: str, question: str) -> pd.DataFrame:
    """Return all answers to one open question, side by side, in the order of their students' ids.

    Returns
    -------
    pandas.DataFrame
        `student`, `text`, `state` (see `PersonMark`), `points` (empty while not given).
    """
    with book.session() as session:
        marks = people(session, unit).marks
        wanted = select(AnswerRow).filter_by(unit=unit, question=question)
        rows = []
        for row in session.scalars(wanted.order_by(AnswerRow.student_id)):
            mark = marks.get((row.student_id, question))
            if mark is not None:
                rows.append((row.student_id, row.text, mark.state, mark.points))
    made = pd.DataFrame(rows, columns=["student", "text", "state", "points"])
    return made.astype({"points": float})


def queue(
    book: Gradebook,
    unit: str,
    marker: str,
    question: str | None = None,
    mode: Mode = "first",
    due: Due = None,
) -> pd.DataFrame:
    """Return what a marker has before them, in the order they see it.

    Parameters
    ----------
    book : Gradebook
        The gradebook.
    unit : str
        Such as "05_rfm".
    marker : str
        Whose queue.
    question : str, optional
        One open question; all by default.
    mode : str
        "first": what nobody else has marked whole. "second": everything, for a second marker.
        "settle": where two markers lie more than `TOLERANCE` points apart.
    due : datetime or mapping, optional
        When hand-ins were due (with time zone), for all or per student id.

    Returns
    -------
    pandas.DataFrame
        `question`, `student`, `state` (`waiting`, `begun`, `older`, `done`), `given` (points so
        far), `late_minutes` (empty where not known), `asked_again`.
    """
    rows = []
    for id in [question] if question is not None else open_questions(book, unit):
        with book.session() as session:
            found = waiting(session, unit, id, marker, mode, due)
        for item in found:
            given = sum(g.points or 0.0 for g in item.mine.values() if g.now)
            late = float("nan") if item.late_minutes is None else float(item.late_minutes)
            rows.append((id, item.student, item.state, given, late, bool(item.asked)))
    columns = ["question", "student", "state", "given", "late_minutes", "asked_again"]
    return pd.DataFrame(rows, columns=columns)


def differences(book: Gradebook, unit: str) -> pd.DataFrame:
    """Return the answers that two or more people have marked whole, and what follows.

    Two totals no more than `TOLERANCE` points apart are settled by the mean of each criterion;
    others wait until someone settles them (`give_points(..., settled=True)`).

    Returns
    -------
    pandas.DataFrame
        `student`, `question`, `markers`, `lowest`, `highest` (total points), `state` (`marked` by
        the mean, `to settle`, `settled`, `decided`), `points`.
    """
    rows = []
    with book.session() as session:
        lines = rubrics(session, unit)
        marks = people(session, unit).marks
        for answer in session.scalars(select(AnswerRow).filter_by(unit=unit)):
            asked = lines.get(answer.question, [])
            key = {"unit": unit, "student_id": answer.student_id, "question": answer.question}
            given: dict[str, list[float]] = {}
            for r in session.scalars(select(ReviewRow).filter_by(**key, role=MARKER)):
                if holds(r, answer.digest, asked):
                    given.setdefault(r.marker, []).append(r.points or 0.0)
            totals = {
                who: sum(points) for who, points in given.items() if len(points) == len(asked)
            }
            mark = marks.get((answer.student_id, answer.question))
            if len(totals) > 1 and mark is not None:
                who = ", ".join(sorted(totals))
                low, high = min(totals.values()), max(totals.values())
                rows.append((*list(key.values())[1:], who, low, high, mark.state, mark.points))
    columns = ["student", "question", "markers", "lowest", "highest", "state", "points"]
    return pd.DataFrame(rows, columns=columns)
