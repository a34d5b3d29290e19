"""The gradebook's tables.

Changed one? Write the step from the old to the new under `migrations/versions` (a test compares).
"""

from __future__ import annotations

import datetime as dt

from sqlalchemy import JSON, ForeignKey, ForeignKeyConstraint
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship


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
