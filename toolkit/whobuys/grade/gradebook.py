"""The gradebook: every student, hand-in and mark, in one SQLite file or a PostgreSQL database."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pandas as pd
from sqlalchemy import URL, Engine, create_engine, event, func, make_url, select
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError
from sqlalchemy.orm import Session

from whobuys.course import Exercise, Verdict
from whobuys.grade._errors import InstructorError
from whobuys.grade._migrate import bring_up_to_date
from whobuys.grade._tables import HandInRow, MarkRow, QuestionRow, StudentRow

SECONDS_FOR_A_LOCK = 30


class Gradebook:
    """A gradebook in a file, or in a database server.

    Parameters
    ----------
    where : Path or str
        A SQLite file, made if it is not there; or a database URL such as
        `postgresql://teacher@server/marks` (needs the extra `cluster`).
    must_exist : bool
        Refuse to make a new one.

    Attributes
    ----------
    where : str
        The file, or the URL.

    Raises
    ------
    InstructorError
        If it is no gradebook, is made by a newer Who Buys?, is locked by another program, or cannot
        be reached.
    """

    def __init__(self, where: Path | str, must_exist: bool = False) -> None:
        url = _url(where)
        self.where = url.render_as_string()
        if url.drivername == "sqlite":
            path = Path(url.database or "")
            self.where = str(path)
            if path.is_dir():
                raise InstructorError(f"{path} is not a gradebook: it is a folder.")
            if must_exist and not path.exists():
                raise InstructorError(f"There is no gradebook at {path}.")
            path.parent.mkdir(parents=True, exist_ok=True)
        self._engine = _engine(url)
        try:
            with self._clear_errors():
                bring_up_to_date(self._engine, self.where, must_exist)
        except BaseException:
            self.close()
            raise

    @contextmanager
    def session(self) -> Iterator[Session]:
        """Open a session that commits at its end, or not at all."""
        with self._clear_errors(), Session(self._engine) as session, session.begin():
            yield session

    @contextmanager
    def _clear_errors(self) -> Iterator[None]:
        """Say what an instructor can mend in one line."""
        try:
            yield
        except DBAPIError as error:
            if mend := _mend(str(error.orig)):
                raise InstructorError(
                    f"The gradebook {self.where} {mend} What is stored is safe; run the same "
                    "command again."
                ) from error
            raise

    def close(self) -> None:
        """Let go of the file."""
        self._engine.dispose()

    def enrol(self, students: Sequence[tuple[str, str]]) -> None:
        """Add or rename students, given as (id, name)."""
        with self.session() as session:
            known = {row.id: row for row in session.scalars(select(StudentRow))}
            last = session.scalar(select(func.max(StudentRow.position)))
            position = -1 if last is None else last
            for id, name in students:
                if id in known:
                    known[id].name = _storable(name)
                else:
                    position += 1
                    known[id] = StudentRow(id=id, name=_storable(name), position=position)
                    session.add(known[id])

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
        confined: str = "",
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
                    confined=confined,
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
            students = list(session.scalars(select(StudentRow).order_by(StudentRow.position)))
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


def _url(where: Path | str) -> URL:
    """Tell a file from a database URL."""
    if isinstance(where, Path) or "://" not in where:
        return URL.create("sqlite", database=str(where))
    try:
        url = make_url(where)
    except ArgumentError as error:
        raise InstructorError(
            "That is no database URL; one looks like postgresql://user@server/name."
        ) from error
    if url.password is not None:
        raise InstructorError(
            "A password in the database URL can be read by others. Leave it out and set "
            "PGPASSWORD, or write it into ~/.pgpass."
        )
    return url.set(drivername="postgresql+psycopg") if url.drivername == "postgresql" else url


def _engine(url: URL) -> Engine:
    if url.get_backend_name() == "sqlite":
        engine = create_engine(url, connect_args={"timeout": SECONDS_FOR_A_LOCK})
        event.listen(engine, "connect", _leave_transactions_to_us)
        event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN"))
        return engine
    try:
        return create_engine(url)
    except (NoSuchModuleError, ModuleNotFoundError) as error:
        raise InstructorError(
            f"A gradebook on {url.get_backend_name()} needs a driver that is not installed "
            f"({error}). For PostgreSQL: pip install 'whobuys[cluster]'."
        ) from error


def _leave_transactions_to_us(connection: Any, record: object) -> None:
    """Keep Python's sqlite3 from committing before it changes a table: a step is whole or not."""
    connection.isolation_level = None


def _mend(said: str) -> str:
    """Put into words what a database refuses and an instructor can change; empty if it is else."""
    said = said.strip()
    for sign, words in _REFUSALS.items():
        if sign in said.lower():
            return f"{words} ({said.splitlines()[0]})."
    return ""


_REFUSALS = {
    "database is locked": "is locked by another program",
    "readonly database": "cannot be written: the file or its folder is read-only",
    "unable to open database file": "cannot be opened",
    "disk is full": "cannot be written: the disk is full",
    "disk i/o error": "cannot be written: the disk is full or failing",
    "connection": "cannot be reached",
}


def _storable(text: str) -> str:
    """Replace what a database cannot hold: half of a character, and the letter of number zero."""
    return text.replace("\x00", "\ufffd").encode("utf-8", errors="replace").decode("utf-8")


def _no_formula(text: str) -> str:
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text
