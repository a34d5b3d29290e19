"""Older, newer and foreign gradebooks; and the same gradebook on PostgreSQL."""

import os
import shutil
import sqlite3
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine

from whobuys._errors import InstructorError
from whobuys.course._judge import verdict
from whobuys.grade import Gradebook
from whobuys.grade._migrate import NEWEST, SCRIPTS
from whobuys.grade._tables import Base

FIRST = """
CREATE TABLE student (id VARCHAR NOT NULL, name VARCHAR NOT NULL, PRIMARY KEY (id));
CREATE TABLE question (unit VARCHAR NOT NULL, id VARCHAR NOT NULL, position INTEGER NOT NULL,
  title VARCHAR NOT NULL, points FLOAT NOT NULL, open BOOLEAN NOT NULL, PRIMARY KEY (unit, id));
CREATE TABLE handin (unit VARCHAR NOT NULL, student_id VARCHAR NOT NULL, file VARCHAR NOT NULL,
  digest VARCHAR NOT NULL, fingerprint VARCHAR NOT NULL, problem VARCHAR NOT NULL,
  notes JSON NOT NULL, seconds FLOAT NOT NULL, report VARCHAR NOT NULL,
  graded_at DATETIME NOT NULL, PRIMARY KEY (unit, student_id),
  FOREIGN KEY(student_id) REFERENCES student (id));
CREATE TABLE mark (unit VARCHAR NOT NULL, student_id VARCHAR NOT NULL, question VARCHAR NOT NULL,
  status VARCHAR NOT NULL, points FLOAT NOT NULL, credit FLOAT NOT NULL, earned FLOAT NOT NULL,
  mistake VARCHAR, words JSON NOT NULL, PRIMARY KEY (unit, student_id, question),
  FOREIGN KEY(unit, student_id) REFERENCES handin (unit, student_id));
INSERT INTO student VALUES ('zoe', 'Zoe'), ('ana', 'Ana');
INSERT INTO question VALUES ('05_rfm', 'q1', 0, 'One', 4.0, 0);
INSERT INTO handin VALUES ('05_rfm', 'ana', 'a.ipynb', 'd', 'f', '', '["A note."]', 1.5, 'r.html',
  '2026-11-20 10:00:00.000000');
INSERT INTO mark VALUES ('05_rfm', 'ana', 'q1', 'partly', 4.0, 0.5, 2.0, 'slip', '["words"]');
"""


def written_by_the_first_version(path: Path) -> Path:
    with sqlite3.connect(path) as connection:
        connection.executescript(FIRST)
    connection.close()
    return path


def dump(path: Path) -> list[str]:
    with sqlite3.connect(path) as connection:
        lines = list(connection.iterdump())
    connection.close()
    return lines


def test_a_gradebook_of_the_first_version_is_brought_up_to_date_with_every_mark(tmp_path):
    book = Gradebook(written_by_the_first_version(tmp_path / "g.sqlite"))
    sheet = book.sheet("05_rfm")
    assert sheet["student"].tolist() == ["zoe", "ana"]
    assert sheet["total"].tolist() == [0, 2]
    assert sheet.loc[1, "notes"] == "A note."
    assert book.marks("05_rfm").loc[0, "words"] == ["words"]
    book.enrol([("new", "New")])
    assert book.sheet("05_rfm")["student"].tolist() == ["zoe", "ana", "new"]
    book.close()


def test_old_and_new_gradebooks_have_the_tables_the_code_uses(tmp_path):
    Gradebook(written_by_the_first_version(tmp_path / "old.sqlite")).close()
    Gradebook(tmp_path / "new.sqlite").close()
    for name in ("old", "new"):
        engine = create_engine(f"sqlite:///{tmp_path}/{name}.sqlite")
        with engine.connect() as connection:
            context = MigrationContext.configure(connection, opts={"compare_type": False})
            assert context.get_current_revision() == NEWEST
            assert compare_metadata(context, Base.metadata) == [], name
        engine.dispose()


def test_the_newest_version_is_the_last_step():
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS))
    assert ScriptDirectory.from_config(config).get_current_head() == NEWEST


def test_a_step_that_fails_in_the_middle_changes_nothing(tmp_path, monkeypatch):
    path = written_by_the_first_version(tmp_path / "g.sqlite")
    before = dump(path)
    steps = tmp_path / "migrations"
    shutil.copytree(SCRIPTS, steps)
    step = next((steps / "versions").glob("0002*.py"))
    step.write_text(step.read_text() + "    raise RuntimeError('power cut')\n")
    monkeypatch.setattr("whobuys.grade._migrate.SCRIPTS", steps)
    with pytest.raises(RuntimeError, match="power cut"):
        Gradebook(path)
    assert dump(path) == before
    monkeypatch.undo()
    book = Gradebook(path)
    assert book.sheet("05_rfm")["total"].tolist() == [0, 2]
    book.close()


def test_a_newer_gradebook_is_named_and_left_alone(tmp_path):
    path = tmp_path / "g.sqlite"
    Gradebook(path).close()
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    before = dump(path)
    with pytest.raises(InstructorError, match=r"newer Who Buys\?.*9999.*nothing was changed"):
        Gradebook(path)
    assert dump(path) == before


def test_a_locked_gradebook_says_so_and_keeps_what_it_has(tmp_path, monkeypatch):
    monkeypatch.setattr("whobuys.grade.gradebook.SECONDS_FOR_A_LOCK", 0.1)
    book = Gradebook(tmp_path / "g.sqlite")
    book.enrol([("ana", "Ana")])
    other = sqlite3.connect(tmp_path / "g.sqlite")
    other.execute("BEGIN EXCLUSIVE")
    with pytest.raises(
        InstructorError, match=r"is locked by another program.*run the same command"
    ):
        book.enrol([("bo", "Bo")])
    other.rollback()
    other.close()
    book.enrol([("bo", "Bo")])
    assert book.sheet("05_rfm")["student"].tolist() == ["ana", "bo"]
    book.close()


@pytest.mark.skipif(os.name == "nt", reason="Windows opens no read-only folder this way")
def test_a_gradebook_that_cannot_be_written_says_so(tmp_path):
    with sqlite3.connect(tmp_path / "g.sqlite") as connection:
        connection.executescript(FIRST)
    connection.close()
    book = Gradebook(tmp_path / "g.sqlite")
    book._engine.dispose()
    from sqlalchemy import event

    event.listen(
        *(book._engine, "begin"), lambda made: made.exec_driver_sql("PRAGMA query_only = 1")
    )
    with pytest.raises(InstructorError, match="cannot be written"):
        book.enrol([("bo", "Bo")])
    book.close()


@pytest.mark.parametrize(
    ("where", "words"),
    [
        ("postgresql://a:secret@127.0.0.1/x", "PGPASSWORD"),
        ("oracle7://x/y", "driver"),
        ("://", "no database URL"),
    ],
)
def test_database_urls_that_cannot_be_used(where, words):
    with pytest.raises(InstructorError, match=words) as refused:
        Gradebook(where)
    assert "secret" not in str(refused.value)


def test_a_server_that_is_not_there():
    pytest.importorskip("psycopg")
    with pytest.raises(InstructorError, match="cannot be reached"):
        Gradebook("postgresql://nobody@127.0.0.1:9/none?connect_timeout=1")


@pytest.mark.slow
def test_postgresql_holds_the_same_gradebook(database, tmp_path, exercise):
    sheets = []
    for where in (tmp_path / "g.sqlite", database):
        book = Gradebook(where)
        book.enrol([("zoe", "Zoe"), ("ana", "Ana\x00"), ("bo", "=1")])
        book.set_questions(exercise)
        q1, q2, *_ = exercise.questions.values()
        for student in ("bo", "ana", "bo"):
            given = [verdict(q1, "passed", 1.0, ["a\x00b\ud83c"]), verdict(q2, "partly", 0.5)]
            book.store(
                *("05_rfm", student, given),
                **{"file": "x.ipynb", "digest": "d", "fingerprint": "f", "report": "r"},
                **{"notes": ["Ü 你好"], "confined": "own namespaces"},
            )
        sheets.append((book.sheet("05_rfm"), book.marks("05_rfm").sort_values(["student"])))
        book.close()
    again = Gradebook(database, must_exist=True)
    assert again.fingerprints("05_rfm") == {"ana": "f", "bo": "f"}
    again.close()
    for mine, theirs in zip(*sheets, strict=True):
        assert mine.to_dict("records") == theirs.to_dict("records")
