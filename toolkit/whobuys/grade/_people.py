"""What people say about open answers, and which mark follows from it."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import select
from sqlalchemy.orm import Session

from whobuys.grade._tables import (
    AnswerRow,
    AuditRow,
    CriterionRow,
    DecisionRow,
    HandInRow,
    MarkRow,
    QuestionRow,
    ReviewRow,
)

#: Two markers' totals that lie no further apart are settled by their mean.
TOLERANCE = 1.0
MARKER, SETTLED = "marker", "settled"
GIVEN = ("marked", "settled", "decided")


@dataclass(frozen=True)
class CriterionMark:
    """One line of a rubric with what people gave for it."""

    number: int
    name: str
    of: float
    points: float | None
    comments: tuple[str, ...] = ()


@dataclass(frozen=True)
class PersonMark:
    """The mark people give for one question of one student.

    Attributes
    ----------
    question : str
        Its id.
    state : str
        `waiting`, `begun`, `older` (marked, but the answer or the rubric has changed since),
        `to settle` (two markers differ by more than `TOLERANCE` points), `marked`, `settled`,
        `decided` (set after a request).
    of : float
        What the question is worth.
    points : float or None
        None while it is not given.
    by : tuple of str
        Who gave it.
    criteria : tuple of CriterionMark
        Per line of the rubric; of two markers the mean.
    before : float or None
        What stood before a decision.
    why : str
        The reason of a decision.
    """

    question: str
    state: str
    of: float
    points: float | None = None
    by: tuple[str, ...] = ()
    criteria: tuple[CriterionMark, ...] = ()
    before: float | None = None
    why: str = ""


@dataclass(frozen=True)
class People:
    """All marks of people in a unit.

    Attributes
    ----------
    marks : dict
        (student, question) to `PersonMark`: every open answer that waits or is marked, and every
        decision on a machine question.
    begun : frozenset of str
        Open questions of which at least one answer is marked.
    """

    marks: Mapping[tuple[str, str], PersonMark] = field(default_factory=dict)
    begun: frozenset[str] = frozenset()

    def of(self, student: str) -> dict[str, PersonMark]:
        """Return one student's, by question."""
        return {q: mark for (owner, q), mark in self.marks.items() if owner == student}


def digest(*texts: str) -> str:
    """Return a fingerprint of texts."""
    return hashlib.sha256("\x1f".join(texts).encode("utf-8", errors="replace")).hexdigest()


def line_digest(line: CriterionRow) -> str:
    """Return the fingerprint of what a criterion asks and is worth."""
    return digest(line.name, f"{line.points:g}")


def log(
    session: Session,
    who: str,
    where: tuple[str, str, str],
    what: str,
    change: tuple[float | None, float | None],
    why: str,
) -> None:
    """Write down a change of a mark; `where` is (unit, student, question)."""
    unit, student, question = where
    before, after = change
    session.add(
        AuditRow(
            at=now(),
            who=who,
            unit=unit,
            student_id=student,
            question=question,
            what=what,
            before=before,
            after=after,
            why=why,
        )
    )


def now() -> dt.datetime:
    """Return the time, in UTC, as the gradebook keeps it."""
    return dt.datetime.now(dt.UTC).replace(tzinfo=None)


def rubrics(session: Session, unit: str) -> dict[str, list[CriterionRow]]:
    """Return the rubric of each open question."""
    found: dict[str, list[CriterionRow]] = defaultdict(list)
    rows = select(CriterionRow).filter_by(unit=unit).order_by(CriterionRow.number)
    for row in session.scalars(rows):
        found[row.question].append(row)
    return dict(found)


def people(session: Session, unit: str, student: str | None = None) -> People:
    """Return what follows from everything people have said about a unit, or one student of it."""
    key = {"unit": unit} if student is None else {"unit": unit, "student_id": student}
    lines = rubrics(session, unit)
    read_now = select(AnswerRow.student_id, AnswerRow.question, AnswerRow.digest)
    answers = {(who, id): text for who, id, text in session.execute(read_now.filter_by(**key))}
    reviews: dict[tuple[str, str], list[ReviewRow]] = defaultdict(list)
    for review in session.scalars(select(ReviewRow).filter_by(**key)):
        reviews[review.student_id, review.question].append(review)
    decisions: dict[tuple[str, str], list[DecisionRow]] = defaultdict(list)
    for row in session.scalars(select(DecisionRow).filter_by(**key).order_by(DecisionRow.id)):
        decisions[row.student_id, row.question].append(row)
    is_open = {
        row.id: row.open for row in session.scalars(select(QuestionRow).filter_by(unit=unit))
    }
    marks = {}
    for mark in session.scalars(select(MarkRow).filter_by(**key)):
        whose = mark.student_id, mark.question
        read = answers.get(whose, "")
        fit = [
            one for one in decisions[whose] if not is_open.get(mark.question) or one.basis == read
        ]
        decision = fit[-1] if fit else None
        if mark.status == "for_review":
            rubric = lines.get(mark.question, ())
            made = of_one(mark.question, mark.points, read, rubric, reviews[whose])
            marks[whose] = made if decision is None else _decided(made, decision)
        elif decision is not None:
            marks[whose] = _decided(PersonMark(mark.question, "", mark.points), decision)
    begun = {q for (_, q), mark in marks.items() if is_open.get(q) and mark.state in GIVEN}
    return People(marks, frozenset(begun))


def of_one(
    question: str,
    worth: float,
    answer: str,
    lines: Sequence[CriterionRow],
    reviews: Iterable[ReviewRow],
) -> PersonMark:
    """Return the mark of one open answer.

    What settles comes first; else one marker's points, or the mean of several whose totals lie
    within `TOLERANCE`. Points given for another version of the answer, or of a line of the rubric,
    do not count.
    """
    by_person: dict[tuple[str, str], list[ReviewRow]] = defaultdict(list)
    for review in reviews:
        by_person[review.role, review.marker].append(review)
    whole: dict[tuple[str, str], dict[int, ReviewRow]] = {}
    state = "waiting"
    for person, given in sorted(by_person.items()):
        current = {r.criterion: r for r in given if holds(r, answer, lines)}
        if lines and len(current) == len(lines):
            whole[person] = current
        elif current:
            state = "begun"
        elif state == "waiting" and any(r.points is not None for r in given):
            state = "older"
    settled = {person: given for person, given in whole.items() if person[0] == SETTLED}
    if settled:
        last = max(settled, key=lambda p: max(r.changed_at for r in settled[p].values()))
        return _marked(question, "settled", worth, lines, {last: settled[last]})
    if not whole:
        return PersonMark(question, state, worth)
    totals = [sum(r.points or 0.0 for r in given.values()) for given in whole.values()]
    if max(totals) - min(totals) > TOLERANCE:
        return PersonMark(question, "to settle", worth, by=tuple(name for _, name in whole))
    return _marked(question, "marked", worth, lines, whole)


def holds(review: ReviewRow, answer: str, lines: Sequence[CriterionRow]) -> bool:
    """Tell whether points are given for this answer and this line of the rubric."""
    line = next((line for line in lines if line.number == review.criterion), None)
    return (
        line is not None
        and review.points is not None
        and review.answer == answer
        and review.rubric == line_digest(line)
    )


def _marked(
    question: str,
    state: str,
    worth: float,
    lines: Sequence[CriterionRow],
    whole: Mapping[tuple[str, str], Mapping[int, ReviewRow]],
) -> PersonMark:
    criteria = []
    for line in lines:
        given = [person[line.number] for person in whole.values()]
        mean = sum(review.points or 0.0 for review in given) / len(given)
        words = tuple(dict.fromkeys(r.comment.strip() for r in given if r.comment.strip()))
        criteria.append(CriterionMark(line.number, line.name, line.points, mean, words))
    total = round(sum(line.points or 0.0 for line in criteria), 2)
    by = tuple(name for _, name in whole)
    return PersonMark(question, state, worth, total, by, tuple(criteria))


def _decided(mark: PersonMark, decision: DecisionRow) -> PersonMark:
    return PersonMark(
        mark.question,
        "decided",
        mark.of,
        decision.after,
        (decision.who,),
        mark.criteria,
        decision.before,
        decision.why,
    )


def basis_of(session: Session, unit: str, student: str, question: str, is_open: bool) -> str:
    """Return the fingerprint of what a decision is made on."""
    if is_open:
        answer = session.get(AnswerRow, (unit, student, question))
        return answer.digest if answer is not None else ""
    handin = session.get(HandInRow, (unit, student))
    return handin.digest if handin is not None else ""
