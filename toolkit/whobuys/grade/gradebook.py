"""The gradebook: every student, hand-in and mark, in one SQLite file or a PostgreSQL database."""

from __future__ import annotations

import datetime as dt
import sqlite3
import sys
from collections.abc import Hashable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd
from sqlalchemy import URL, Engine, create_engine, delete, event, func, make_url, select, update
from sqlalchemy.engine import Connection
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError
from sqlalchemy.orm import Session

from whobuys._errors import InstructorError
from whobuys.course import Exercise, Verdict
from whobuys.grade._migrate import bring_up_to_date, damaged, is_damage
from whobuys.grade._people import GIVEN, People, PersonMark, log
from whobuys.grade._people import digest as digest_of
from whobuys.grade._people import people as people_in
from whobuys.grade._tables import (
    AnswerRow,
    CriterionRow,
    HandInRow,
    MarkRow,
    QuestionRow,
    StudentRow,
    WorkRow,
)

SECONDS_FOR_A_LOCK = 30
LONGEST_ANSWER = 200_000
MACHINE = "machine"
FILE_TIME = "file"
NOT_YET = "not graded yet"  # stored without a fingerprint: the computer lost the run
TOLD_AFTER = 2.0


class Busy(InstructorError):
    """The database cannot be used just now; the same step may work later."""


class Gradebook:
    """A gradebook in a file, or in a database server.

    Parameters
    ----------
    where : Path or str
        A SQLite file, made if it is not there; or a database URL such as
        `postgresql://teacher@server/marks` (needs the extra `cluster`).
    must_exist : bool
        Refuse to make a new one.
    patience : float, optional
        Seconds to wait for another program that has locked the file; 30 by default.

    Attributes
    ----------
    where : str
        The file, or the URL.

    Raises
    ------
    InstructorError
        If it is no gradebook, is damaged, is made by a newer Who Buys?, is locked by another
        program, or cannot be reached or written.
    """

    def __init__(
        self, where: Path | str, must_exist: bool = False, patience: float | None = None
    ) -> None:
        url = _url(where)
        self.where = url.render_as_string()
        if url.drivername == "sqlite":
            path = Path(url.database or "")
            self.where = str(path)
            if path.is_dir():
                raise InstructorError(f"{path} is not a gradebook: it is a folder.")
            if must_exist and not path.exists():
                raise InstructorError(f"There is no gradebook at {path}.")
            _make_folder(path.parent)
        self._engine = _engine(url, SECONDS_FOR_A_LOCK if patience is None else patience)
        try:
            with self._clear_errors():
                bring_up_to_date(self._engine, self.where, must_exist)
        except BaseException:
            self.close()
            raise

    @contextmanager
    def session(self, write: bool = False) -> Iterator[Session]:
        """Open a session that commits at its end, or not at all.

        With `write`, a SQLite file is locked from the start: of two who read and then write, the
        second waits, where otherwise it would be refused at once.
        """
        engine = self._engine.execution_options(whobuys_write=write)
        with self._clear_errors(), Session(engine) as session, session.begin():
            yield session

    @contextmanager
    def _clear_errors(self) -> Iterator[None]:
        """Say what an instructor can mend in one line."""
        try:
            yield
        except DBAPIError as error:
            if is_damage(error.orig):
                raise InstructorError(damaged(self.where, error.orig)) from error
            if mend := _mend(str(error.orig)):
                raise Busy(
                    f"The gradebook {self.where} {mend} What is stored is safe; run the same "
                    "command again."
                ) from error
            raise

    def close(self) -> None:
        """Let go of the file."""
        self._engine.dispose()

    def enrol(self, students: Sequence[tuple[str, str]]) -> None:
        """Add or rename students, given as (id, name)."""
        with self.session(write=True) as session:
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
        with self.session(write=True) as session:
            for table in (QuestionRow, CriterionRow):
                session.execute(delete(table).filter_by(unit=exercise.unit))
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
                rubric = getattr(question.compare, "rubric", ())
                for number, line in enumerate(rubric, start=1):
                    words = {"full": line.full, "half": line.half, "none": line.none}
                    session.add(
                        CriterionRow(
                            unit=exercise.unit,
                            question=question.id,
                            number=number,
                            name=line.name,
                            points=line.points,
                            **words,
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
        handed_in: dt.datetime | None = None,
        work: Mapping[str, str] | None = None,
    ) -> None:
        """Store a graded hand-in in place of the student's earlier one, whole or not at all.

        `handed_in` is when the file was last changed, with its time zone. A time that was told for
        the same file (`set_times`) stays. What people have marked is left alone. `work` is the
        cleaned HTML of the work cells, by open question.
        """
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
        with self.session(write=True) as session:
            old = session.get(HandInRow, (unit, student))
            came = _utc(handed_in), FILE_TIME if handed_in is not None else ""
            if old is not None and old.digest == digest and old.handed_in is not None:
                came = old.handed_in, old.time_from
            _log_machine(session, (unit, student), old, marks)
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
                    handed_in=came[0],
                    time_from=came[1],
                    marks=marks,
                )
            )
            key = {"unit": unit, "student_id": student}
            session.execute(delete(WorkRow).filter_by(**key))
            for question, html in (work or {}).items():
                session.add(WorkRow(**key, question=question, html=_storable(html)))

    def forget(self, unit: str, students: Sequence[str]) -> None:
        """Remove the hand-ins of students whose file is gone."""
        with self.session(write=True) as session:
            for student in students:
                row = session.get(HandInRow, (unit, student))
                if row is not None:
                    _log_machine(session, (unit, student), row, [])
                    session.delete(row)
                for table in (AnswerRow, WorkRow):
                    session.execute(delete(table).filter_by(unit=unit, student_id=student))

    def keep_answers(self, unit: str, answers: Mapping[str, Mapping[str, str]]) -> None:
        """Keep what students have written for open questions, for people to mark.

        Parameters
        ----------
        unit : str
            Such as "05_rfm".
        answers : mapping
            Student id to question to text. What is blank, or not there, is removed.
        """
        with self.session(write=True) as session:
            rows = session.scalars(select(AnswerRow).filter_by(unit=unit))
            kept = {(row.student_id, row.question): row for row in rows}
            for student, texts in answers.items():
                for question, written in texts.items():
                    text = _storable(written)
                    row = kept.pop((student, question), None) if text.strip() else None
                    now = digest_of(text)
                    if len(text) > LONGEST_ANSWER:
                        text = f"{text[:LONGEST_ANSWER]}\n\n… The rest is left out."
                    if row is not None:
                        row.text, row.digest = text, now
                    elif text.strip():
                        key = {"unit": unit, "student_id": student, "question": question}
                        session.add(AnswerRow(**key, text=text, digest=now))
            for (student, _), row in kept.items():
                if student in answers:
                    session.delete(row)

    def fill_times(self, unit: str, times: Mapping[str, dt.datetime]) -> None:
        """Set the file's time for hand-ins that have no time yet."""
        with self.session(write=True) as session:
            for row in session.scalars(select(HandInRow).filter_by(unit=unit, handed_in=None)):
                if row.student_id in times:
                    row.handed_in, row.time_from = _utc(times[row.student_id]), FILE_TIME

    def set_times(self, unit: str, times: Mapping[str, dt.datetime], source: str) -> None:
        """Set when hand-ins came, from a better source than the file's own time.

        Parameters
        ----------
        unit : str
            Such as "05_rfm".
        times : mapping
            Student id to a time with its time zone. Students without a hand-in are passed over.
        source : str
            Where the times come from, such as "times.csv"; it stands in the sheet.

        Raises
        ------
        InstructorError
            If a time has no time zone.
        """
        with self.session(write=True) as session:
            for student, time in times.items():
                values = {"handed_in": _utc(time), "time_from": source}
                session.execute(
                    update(HandInRow).filter_by(unit=unit, student_id=student).values(**values)
                )

    def people(self, unit: str) -> People:
        """Return the marks that people have given in a unit, and what waits for them."""
        with self.session() as session:
            return people_in(session, unit)

    def problems(self, unit: str) -> dict[str, str]:
        """Return student id to why the hand-in could not be read or run; those without left out."""
        with self.session() as session:
            rows = session.scalars(select(HandInRow).filter_by(unit=unit))
            return {row.student_id: row.problem for row in rows if row.problem}

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
            student, name, one column of points per question (empty while a person still has to mark
            it), `total` (machine and people), `out_of` (the points that are settled: an open
            question counts from when the first answer to it is marked, but for those still waiting
            not before it is marked), `to_mark` (points a person still has to give), `state`
            ("graded", "could not be graded", "not graded yet": the computer lost the run, or
            "nothing handed in"),
            `handed_in` (when, in UTC), `time_from` (what says so: "file", or where it was told),
            `file`, `notes`. Students stand in the order of the roster. A text that a spreadsheet
            would run as a formula starts with an apostrophe.
        """
        questions = self.questions(unit)
        asked = questions.to_dict("records")
        with self.session() as session:
            said = people_in(session, unit)
            students = list(session.scalars(select(StudentRow).order_by(StudentRow.position)))
            handins = {
                r.student_id: r for r in session.scalars(select(HandInRow).filter_by(unit=unit))
            }
            rows = [
                _sheet_row(student, handins.get(student.id), asked, said) for student in students
            ]
        columns = ["student", "name", *questions["question"], "total", "out_of", "to_mark"]
        columns += ["state", "handed_in", "time_from", "file", "notes"]
        sheet = pd.DataFrame(rows, columns=columns)
        sheet["handed_in"] = pd.to_datetime(sheet["handed_in"], utc=True)
        return sheet


def _sheet_row(
    student: StudentRow,
    handin: HandInRow | None,
    questions: Sequence[Mapping[Hashable, Any]],
    said: People,
) -> dict[str, object]:
    marks = {mark.question: mark for mark in handin.marks} if handin is not None else {}
    row: dict[str, object] = {"student": student.id, "name": no_formula(student.name)}
    total = out_of = to_mark = 0.0
    for question in questions:
        id = question["question"]
        mark, person = marks.get(id), said.marks.get((student.id, id))
        if waits(person, mark is not None and mark.status == "for_review"):
            row[id] = float("nan")
            to_mark += question["points"]
            continue
        earned = 0.0 if mark is None else mark.earned
        if person is not None and person.points is not None:
            earned = person.points
        row[id] = earned
        total += earned
        if not question["open"] or id in said.begun:
            out_of += question["points"]
    if handin is None:
        state = "nothing handed in"
    else:
        state = "could not be graded" if handin.problem else "graded"
        state = state if handin.fingerprint else NOT_YET
    if state == NOT_YET:
        row |= {question["question"]: float("nan") for question in questions}
        total = float("nan")
    return row | {
        "total": round(total, 2),
        "out_of": out_of,
        "to_mark": to_mark,
        "state": state,
        "handed_in": handin.handed_in if handin is not None else None,
        "time_from": handin.time_from if handin is not None else "",
        "file": no_formula(handin.file) if handin is not None else "",
        "notes": no_formula(" ".join(handin.notes)) if handin is not None else "",
    }


def waits(person: PersonMark | None, for_review: bool) -> bool:
    """Tell whether a person still has to give this mark."""
    return person.state not in GIVEN if person is not None else for_review


def _log_machine(
    session: Session, whose: tuple[str, str], old: HandInRow | None, marks: Sequence[MarkRow]
) -> None:
    """Write down which of the machine's marks change."""
    before = {m.question: m.earned for m in old.marks if m.status != "for_review"} if old else {}
    after = {m.question: m.earned for m in marks if m.status != "for_review"}
    why = "graded" if old is None else "graded again" if marks else "the hand-in is gone"
    for question in sorted({*before, *after}):
        change = before.get(question), after.get(question)
        if change[0] != change[1]:
            log(session, MACHINE, (*whose, question), "machine", change, why)


def _utc(time: dt.datetime | None) -> dt.datetime | None:
    if time is not None and time.tzinfo is None:
        raise InstructorError(f"The time {time} has no time zone; write 2026-11-20T18:00+01:00.")
    return None if time is None else time.astimezone(dt.UTC).replace(tzinfo=None)


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


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InstructorError(
            f"The folder {folder} cannot be made: {error.strerror}. Make it, or give another one."
        ) from error


def _engine(url: URL, patience: float) -> Engine:
    if url.get_backend_name() == "sqlite":
        engine = create_engine(url, connect_args={"timeout": patience})
        event.listen(engine, "connect", _leave_transactions_to_us)
        event.listen(engine, "begin", partial(_begin, patience))
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


def _begin(patience: float, connection: Connection) -> None:
    write = connection.get_execution_options().get("whobuys_write", False)
    if write and patience > TOLD_AFTER and _begun(connection, patience):
        return
    connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")


def _begun(connection: Connection, patience: float) -> bool:
    """Try for a moment to begin; if another program is in the way, say that we wait for it."""
    raw: Any = connection.connection.dbapi_connection
    raw.execute(f"PRAGMA busy_timeout = {TOLD_AFTER * 1000:.0f}")
    try:
        raw.execute("BEGIN IMMEDIATE")
    except sqlite3.Error as error:  # whatever it is, the second try says it
        if "locked" in str(error):
            file = connection.engine.url.database
            words = f"The gradebook {file} is in use by another program; waiting for up to"
            print(words, f"{patience:.0f} seconds.", file=sys.stderr)
        return False
    finally:
        raw.execute(f"PRAGMA busy_timeout = {patience * 1000:.0f}")
    return True


def _mend(said: str) -> str:
    """Put into words what a database refuses and an instructor can change; empty if it is else."""
    said = said.strip()
    for sign, words in _REFUSALS.items():
        if sign in said.lower():
            return f"{words} ({said.splitlines()[0]})."
    return ""


_REFUSALS = {
    "database is locked": "is locked by another program",
    "readonly database": "cannot be written: make the file and its folder writable, or give "
    "another output folder",
    "unable to open database file": "cannot be opened: see that its folder can be written and its "
    "disk is not full, or give another output folder",
    "disk is full": "cannot be written: make room on its disk, which is full",
    "disk i/o error": "cannot be written: its disk is full or failing",
    "connection": "cannot be reached",
}


def _storable(text: str) -> str:
    """Replace what a database cannot hold: half of a character, and the letter of number zero."""
    return text.replace("\x00", "\ufffd").encode("utf-8", errors="replace").decode("utf-8")


#: Signs that begin a formula, full-width ones of East Asian spreadsheets too.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")


def no_formula(text: str) -> str:
    """Return a text that a spreadsheet does not run as a formula."""
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text
