"""Which answers wait for whom, and in which order."""

from __future__ import annotations

import datetime as dt
import math
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from whobuys.grade._people import MARKER, SETTLED, PersonMark, digest, holds, people, rubrics
from whobuys.grade._tables import (
    AnswerRow,
    CriterionRow,
    HandInRow,
    RequestRow,
    ReviewRow,
    StudentRow,
)
from whobuys.review._requests import OPEN

Mode = Literal["first", "second", "settle"]
Due = dt.datetime | Mapping[str, dt.datetime] | None


@dataclass(frozen=True)
class Given:
    """What one person gave for one criterion; `now` tells whether it is for the present version."""

    points: float | None
    comment: str
    now: bool


@dataclass(frozen=True)
class Waiting:
    """One answer as a marker finds it.

    `state` is the marker's own: `waiting`, `begun`, `older`, `done`. `mark` is what follows from
    everybody's. `others` is filled only where differences are settled.
    """

    key: str
    student: str
    name: str
    question: str
    text: str
    state: str
    mine: Mapping[int, Given]
    mark: PersonMark
    handed_in: dt.datetime | None
    late_minutes: int | None
    asked: tuple[str, ...] = ()
    others: Mapping[str, Mapping[int, Given]] = field(default_factory=dict)


def waiting(
    session: Session,
    unit: str,
    question: str,
    marker: str,
    mode: Mode = "first",
    due: Due = None,
    student: str | None = None,
) -> list[Waiting]:
    """Return the answers of a question in the marker's own order, or the one of a student.

    The order is mixed by the marker's name: it tells nothing of the roster, is another one for
    each marker, and the same every time.
    """
    lines = rubrics(session, unit).get(question, [])
    who = {} if student is None else {"student_id": student}
    about = {"question": question, **who}
    names = {row.id: row.name for row in session.scalars(select(StudentRow))}
    times = select(HandInRow.student_id, HandInRow.handed_in).filter_by(unit=unit, **who)
    came = {row.student_id: row.handed_in for row in session.execute(times)}
    asked: dict[str, list[str]] = defaultdict(list)
    for request in session.scalars(_of(RequestRow, unit).filter_by(**about, state=OPEN)):
        asked[request.student_id].append(request.words)
    given: dict[str, list[ReviewRow]] = defaultdict(list)
    for review in session.scalars(_of(ReviewRow, unit).filter_by(**about)):
        given[review.student_id].append(review)
    said = people(session, unit, student)
    found = []
    for answer in session.scalars(_of(AnswerRow, unit).filter_by(**about)):
        owner = answer.student_id
        mark = said.marks.get((owner, question))
        if mark is None:
            continue
        by: dict[tuple[str, str], dict[int, Given]] = defaultdict(dict)
        for r in given[owner]:
            held = holds(r, answer.digest, lines)
            by[r.role, r.marker][r.criterion] = Given(r.points, r.comment, held)
        role = SETTLED if mode == "settle" else MARKER
        mine = by.pop((role, marker), {})
        others = {name: marks for (kind, name), marks in by.items() if kind == MARKER}
        item = Waiting(
            key=digest(marker, unit, question, owner)[:16],
            student=owner,
            name=names[owner],
            question=question,
            text=answer.text,
            state=_state(mine, lines),
            mine=mine,
            mark=mark,
            handed_in=came.get(owner),
            late_minutes=_late(came.get(owner), due, owner),
            asked=tuple(asked[owner]),
            others=others if mode == "settle" else {},
        )
        if student is not None or _wanted(item, mode, others, lines):
            found.append(item)
    return sorted(found, key=lambda item: item.key)


def _of(table: type, unit: str):  # type: ignore[no-untyped-def] # SQLAlchemy's select is generic
    return select(table).filter_by(unit=unit)


def _state(mine: Mapping[int, Given], lines: list[CriterionRow]) -> str:
    current = sum(given.now for given in mine.values())
    if lines and current == len(lines):
        return "done"
    if current:
        return "begun"
    return "older" if any(given.points is not None for given in mine.values()) else "waiting"


def _wanted(
    item: Waiting,
    mode: Mode,
    others: Mapping[str, Mapping[int, Given]],
    lines: list[CriterionRow],
) -> bool:
    if mode == "settle":
        return item.mark.state == "to settle" or item.state != "waiting"
    done = any(sum(g.now for g in marks.values()) == len(lines) for marks in others.values())
    return mode == "second" or not done or item.state != "waiting" or bool(item.asked)


def _late(came: dt.datetime | None, due: Due, student: str) -> int | None:
    """Return the minutes after the due time, begun ones full; None where either is not known."""
    until = due.get(student) if isinstance(due, Mapping) else due
    if came is None or until is None:
        return None
    seconds = (came.replace(tzinfo=dt.UTC) - until).total_seconds()
    return max(0, math.ceil(seconds / 60))
