"""The gradebook's tables.

Changed one? Write the step from the old to the new under `migrations/versions` (a test compares).
"""

from __future__ import annotations

import datetime as dt

from sqlalchemy import JSON, ForeignKey, ForeignKeyConstraint, event
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from whobuys.grade._guards import install_guards


class Base(DeclarativeBase):
    type_annotation_map = {list[str]: JSON}  # noqa: RUF012 - SQLAlchemy's own way


class StudentRow(Base):
    """A student on the roster."""

    __tablename__ = "student"
    id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    position: Mapped[int]


class QuestionRow(Base):
    """A question of a unit, as it was when last graded."""

    __tablename__ = "question"
    unit: Mapped[str] = mapped_column(primary_key=True)
    id: Mapped[str] = mapped_column(primary_key=True)
    position: Mapped[int]
    title: Mapped[str]
    points: Mapped[float]
    open: Mapped[bool]


class HandInRow(Base):
    """The hand-in of one student for one unit that counts now."""

    __tablename__ = "handin"
    unit: Mapped[str] = mapped_column(primary_key=True)
    student_id: Mapped[str] = mapped_column(ForeignKey("student.id"), primary_key=True)
    file: Mapped[str]
    digest: Mapped[str]
    fingerprint: Mapped[str]
    problem: Mapped[str]
    notes: Mapped[list[str]]
    seconds: Mapped[float]
    report: Mapped[str]
    graded_at: Mapped[dt.datetime]
    confined: Mapped[str]
    handed_in: Mapped[dt.datetime | None] = mapped_column(default=None)
    time_from: Mapped[str] = mapped_column(default="")
    marks: Mapped[list[MarkRow]] = relationship(cascade="all, delete-orphan", lazy="selectin")


class MarkRow(Base):
    """The machine's verdict on one question of one hand-in."""

    __tablename__ = "mark"
    unit: Mapped[str] = mapped_column(primary_key=True)
    student_id: Mapped[str] = mapped_column(primary_key=True)
    question: Mapped[str] = mapped_column(primary_key=True)
    status: Mapped[str]
    points: Mapped[float]
    credit: Mapped[float]
    earned: Mapped[float]
    mistake: Mapped[str | None]
    words: Mapped[list[str]]
    __table_args__ = (
        ForeignKeyConstraint(["unit", "student_id"], ["handin.unit", "handin.student_id"]),
    )


class CriterionRow(Base):
    """One line of the rubric of an open question, as it was when last graded."""

    __tablename__ = "criterion"
    unit: Mapped[str] = mapped_column(primary_key=True)
    question: Mapped[str] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    name: Mapped[str]
    points: Mapped[float]
    full: Mapped[str]
    half: Mapped[str]
    none: Mapped[str]


class AnswerRow(Base):
    """What a student has written for an open question, as it is now."""

    __tablename__ = "answer"
    unit: Mapped[str] = mapped_column(primary_key=True)
    student_id: Mapped[str] = mapped_column(ForeignKey("student.id"), primary_key=True)
    question: Mapped[str] = mapped_column(primary_key=True)
    text: Mapped[str]
    digest: Mapped[str]


class WorkRow(Base):
    """The code beside an open answer and what it showed when it was graded, as cleaned HTML."""

    __tablename__ = "work"
    unit: Mapped[str] = mapped_column(primary_key=True)
    student_id: Mapped[str] = mapped_column(ForeignKey("student.id"), primary_key=True)
    question: Mapped[str] = mapped_column(primary_key=True)
    html: Mapped[str]


class ReviewRow(Base):
    """The points and the comment one person gave for one criterion of one open answer.

    `role` is "marker", or "settled" for what settles a difference of two markers. `answer` and
    `rubric` are digests of what was read and of the line it was marked by. No points: not given.
    """

    __tablename__ = "review"
    unit: Mapped[str] = mapped_column(primary_key=True)
    student_id: Mapped[str] = mapped_column(ForeignKey("student.id"), primary_key=True)
    question: Mapped[str] = mapped_column(primary_key=True)
    marker: Mapped[str] = mapped_column(primary_key=True)
    role: Mapped[str] = mapped_column(primary_key=True)
    criterion: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    points: Mapped[float | None]
    comment: Mapped[str]
    answer: Mapped[str]
    rubric: Mapped[str]
    changed_at: Mapped[dt.datetime]


class CommentRow(Base):
    """A comment kept for use again. `criterion` 0: for any line of the rubric."""

    __tablename__ = "comment"
    id: Mapped[int] = mapped_column(primary_key=True)
    unit: Mapped[str]
    question: Mapped[str]
    criterion: Mapped[int]
    words: Mapped[str]
    uses: Mapped[int]


class RequestRow(Base):
    """A student's request to look at a mark again. `state` is "open", "changed" or "kept"."""

    __tablename__ = "regrade"
    id: Mapped[int] = mapped_column(primary_key=True)
    unit: Mapped[str]
    student_id: Mapped[str] = mapped_column(ForeignKey("student.id"))
    question: Mapped[str]
    words: Mapped[str]
    asked_at: Mapped[dt.datetime]
    state: Mapped[str]
    answered_by: Mapped[str]
    answered_at: Mapped[dt.datetime | None]
    reply: Mapped[str]


class DecisionRow(Base):
    """A mark a person has set, the machine's too; the last one of a question counts.

    `basis` is the digest of what was decided on: the open answer, or the hand-in.
    """

    __tablename__ = "decision"
    id: Mapped[int] = mapped_column(primary_key=True)
    unit: Mapped[str]
    student_id: Mapped[str] = mapped_column(ForeignKey("student.id"))
    question: Mapped[str]
    before: Mapped[float | None]
    after: Mapped[float]
    who: Mapped[str]
    at: Mapped[dt.datetime]
    why: Mapped[str]
    basis: Mapped[str]


class AuditRow(Base):
    """One change of a mark. Rows are added; the database refuses to change or delete one."""

    __tablename__ = "audit"
    __table_args__ = {"sqlite_autoincrement": True}  # noqa: RUF012 - SQLAlchemy's own way
    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[dt.datetime]
    who: Mapped[str]
    unit: Mapped[str]
    student_id: Mapped[str]
    question: Mapped[str]
    what: Mapped[str]
    before: Mapped[float | None]
    after: Mapped[float | None]
    why: Mapped[str]


event.listen(AuditRow.__table__, "after_create", install_guards)
