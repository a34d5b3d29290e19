"""The gradebook: one SQLite file with every student, hand-in and mark."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pandas as pd
from sqlalchemy import (
    JSON,
    URL,
    ForeignKey,
    ForeignKeyConstraint,
    create_engine,
    literal_column,
    select,
)
from sqlalchemy.exc import DatabaseError
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship

from whobuys.course import Exercise, Verdict
from whobuys.grade._errors import InstructorError


class _Base(DeclarativeBase):
    type_annotation_map = {list[str]: JSON}  # noqa: RUF012 - SQLAlchemy's own way


class StudentRow(_Base):
    """A student on the roster."""

    __tablename__ = "student"
    id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]


class QuestionRow(_Base):
    """A question of a unit, as it was when last graded."""

    __tablename__ = "question"
    unit: Mapped[str] = mapped_column(primary_key=True)
    id: Mapped[str] = mapped_column(primary_key=True)
    position: Mapped[int]
    title: Mapped[str]
    points: Mapped[float]
    open: Mapped[bool]


class HandInRow(_Base):
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
    marks: Mapped[list[MarkRow]] = relationship(cascade="all, delete-orphan", lazy="selectin")


class MarkRow(_Base):
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


class Gradebook:
    """A gradebook in a file.

    Parameters
    ----------
    path : Path or str
        The SQLite file; made if it is not there.
    must_exist : bool
        Refuse to make a new one.

    Raises
    ------
    InstructorError
        If the file is no gradebook.
    """

    def __init__(self, path: Path | str, must_exist: bool = False) -> None:
        self.path = Path(path)
        if must_exist and not self.path.exists():
            raise InstructorError(f"There is no gradebook at {self.path}.")
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self._engine = create_engine(URL.create("sqlite", database=str(self.path)))
        try:
            _Base.metadata.create_all(self._engine)
            with self.session() as session:
                for row in (StudentRow, QuestionRow, HandInRow, MarkRow):
                    session.execute(select(row).limit(0))
        except DatabaseError as error:
            self.close()
            raise InstructorError(f"{self.path} is not a gradebook: {error.orig}.") from error

    @contextmanager
    def session(self) -> Iterator[Session]:
        """Open a session that commits at its end, or not at all."""
        with Session(self._engine) as session, session.begin():
            yield session

    def close(self) -> None:
        """Let go of the file."""
        self._engine.dispose()

    def enrol(self, students: Sequence[tuple[str, str]]) -> None:
        """Add or rename students, given as (id, name)."""
        with self.session() as session:
            for id, name in students:
                session.merge(StudentRow(id=id, name=name))

    def set_questions(self, exercise: Exercise) -> None:
        """Store the questions of a unit; those no longer there are removed."""
        with self.session() as session:
            for row in session.scalars(select(QuestionRow).filter_by(unit=exercise.unit)):
                session.delete(row)
            session.flush()
            for position, question in enumerate(exercise.questions.values()):
                session.add(
                    QuestionRow(
                        unit=exercise.unit,
                        id=question.id,
                        position=position,
                        title=question.title,
                        points=question.points,
                        open=question.open,
                    )
                )

    def fingerprints(self, unit: str) -> dict[str, str]:
        """Return student id to fingerprint of what was graded last."""
        with self.session() as session:
            rows = session.scalars(select(HandInRow).filter_by(unit=unit))
            return {row.student_id: row.fingerprint for row in rows}

    def store(
        self,
        unit: str,
        student: str,
        verdicts: Sequence[Verdict],
        *,
        file: str,
        digest: str,
        fingerprint: str,
        report: str,
        problem: str = "",
        notes: Sequence[str] = (),
        seconds: float = 0.0,
    ) -> None:
        """Store a graded hand-in in place of the student's earlier one, whole or not at all."""
        marks = [
            MarkRow(
                unit=unit,
                student_id=student,
                question=v.question,
                status=v.status,
                points=v.points,
                credit=v.credit,
                earned=v.earned,
                mistake=v.mistake,
                words=[_storable(line) for line in v.details],
            )
            for v in verdicts
        ]
        with self.session() as session:
            old = session.get(HandInRow, (unit, student))
            if old is not None:
                session.delete(old)
                session.flush()
            session.add(
                HandInRow(
                    unit=unit,
                    student_id=student,
                    file=_storable(file),
                    digest=digest,
                    fingerprint=fingerprint,
                    problem=_storable(problem),
                    notes=[_storable(note) for note in notes],
                    seconds=seconds,
                    report=report,
                    graded_at=dt.datetime.now(dt.UTC).replace(tzinfo=None),
                    marks=marks,
                )
            )

    def forget(self, unit: str, students: Sequence[str]) -> None:
        """Remove the hand-ins of students whose file is gone."""
        with self.session() as session:
            for student in students:
                row = session.get(HandInRow, (unit, student))
                if row is not None:
                    session.delete(row)

    def questions(self, unit: str) -> pd.DataFrame:
        """Return the questions of a unit: question, title, points, open; in order."""
        with self.session() as session:
            rows = session.scalars(
                select(QuestionRow).filter_by(unit=unit).order_by(QuestionRow.position)
            )
            data = [(row.id, row.title, row.points, row.open) for row in rows]
        return pd.DataFrame(data, columns=["question", "title", "points", "open"])

    def marks(self, unit: str) -> pd.DataFrame:
        """Return one row per student and question.

        Returns
        -------
        pandas.DataFrame
            student, question, status, points, credit, earned, mistake, words.
        """
        with self.session() as session:
            rows = session.scalars(select(MarkRow).filter_by(unit=unit))
            data = [
                (
                    r.student_id,
                    r.question,
                    r.status,
                    r.points,
                    r.credit,
                    r.earned,
                    r.mistake,
                    r.words,
                )
                for r in rows
            ]
        columns = [
            "student",
            "question",
            "status",
            "points",
            "credit",
            "earned",
            "mistake",
            "words",
        ]
        return pd.DataFrame(data, columns=columns)

    def sheet(self, unit: str) -> pd.DataFrame:
        """Return the mark sheet: one row a student on the roster, a column a question.

        Returns
        -------
        pandas.DataFrame
            student, name, one column of earned points per machine-marked question, `total`,
            `out_of`, `to_mark` (points a person still has to give), `state`, `file`, `notes`.
            Students stand in the order of the roster. A text that a spreadsheet would run as a
            formula starts with an apostrophe.
        """
        questions = self.questions(unit)
        closed = questions[~questions["open"].astype(bool)]
        with self.session() as session:
            students = list(session.scalars(select(StudentRow).order_by(literal_column("rowid"))))
            handins = {
                r.student_id: r for r in session.scalars(select(HandInRow).filter_by(unit=unit))
            }
            rows = [
                _sheet_row(student, handins.get(student.id), closed, questions)
                for student in students
            ]
        columns = ["student", "name", *closed["question"]]
        columns += ["total", "out_of", "to_mark", "state", "file", "notes"]
        return pd.DataFrame(rows, columns=columns)


def _sheet_row(
    student: StudentRow, handin: HandInRow | None, closed: pd.DataFrame, questions: pd.DataFrame
) -> dict[str, object]:
    marks = {mark.question: mark for mark in handin.marks} if handin is not None else {}
    row: dict[str, object] = {"student": student.id, "name": _no_formula(student.name)}
    for question in closed["question"]:
        row[question] = marks[question].earned if question in marks else 0.0
    waiting = [mark.points for mark in marks.values() if mark.status == "for_review"]
    if handin is None:
        state = "nothing handed in"
    else:
        state = "could not be graded" if handin.problem else "graded"
    return row | {
        "total": round(sum(mark.earned for mark in marks.values()), 2),
        "out_of": float(closed["points"].sum()),
        "to_mark": sum(waiting),
        "state": state,
        "file": _no_formula(handin.file) if handin is not None else "",
        "notes": _no_formula(" ".join(handin.notes)) if handin is not None else "",
    }


def _storable(text: str) -> str:
    """Replace what UTF-8 cannot hold: half of a character, as a printed text or file name may."""
    return text.encode("utf-8", errors="replace").decode("utf-8")


def _no_formula(text: str) -> str:
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text
