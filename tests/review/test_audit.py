"""Every change of a mark is written down, and what is written cannot be changed."""

import sqlite3
import threading

import pytest
from sqlalchemy import create_engine, text

from tests.grade.test_gradebook_versions import written_by_the_first_version
from whobuys import review
from whobuys._errors import InstructorError
from whobuys.course._judge import verdict
from whobuys.grade import Gradebook

UNIT, OPEN = "05_rfm", "q6"
ABOUT = {"file": "x.ipynb", "digest": "d", "fingerprint": "f", "report": "r.html"}
ATTACKS = [
    "UPDATE audit SET after = 20",
    "UPDATE audit SET who = 'nobody' WHERE id = 1",
    "DELETE FROM audit",
    "DELETE FROM audit WHERE id = 1",
]


def fill(where, exercise, students=("ana",)):
    book = Gradebook(where)
    book.enrol([(id, id.title()) for id in students])
    book.set_questions(exercise)
    *closed, asked = exercise.questions.values()
    for id in students:
        book.keep_answers(UNIT, {id: {OPEN: "A plan."}})
        given = [verdict(q, "passed", 1.0) for q in closed] + [verdict(asked, "for_review")]
        book.store(UNIT, id, given, **ABOUT)
    return book


@pytest.fixture
def book(tmp_path, exercise):
    made = fill(tmp_path / "g.sqlite", exercise)
    yield made
    made.close()


def changes(book):
    table = review.history(book)
    rows = table[["who", "question", "before", "after", "why"]].astype(object)
    return rows.where(table[rows.columns].notna(), None).to_numpy().tolist()


def test_every_change_of_a_mark_is_in_the_log(book, exercise):
    first = [["machine", f"q{n}", None, 4, "graded"] for n in range(1, 6)]
    assert changes(book) == first
    review.give_points(book, UNIT, "ana", OPEN, 1, 5, "Eva")
    review.give_points(book, UNIT, "ana", OPEN, 1, 5, "Eva")  # no change
    review.give_points(book, UNIT, "ana", OPEN, 1, 4.5, "Eva", why="undone")
    review.give_points(book, UNIT, "ana", OPEN, 1, None, "Eva")
    review.give_points(book, UNIT, "ana", OPEN, 1, 3, "Chair", settled=True)
    review.give_comment(book, UNIT, "ana", OPEN, 1, "Words change no mark.", "Eva")
    review.decide(book, UNIT, "ana", "q2", 1, "Li", "Copied from the lesson.")
    review.ask_again(book, UNIT, "ana", "q2", "No!")
    review.keep_mark(book, UNIT, "ana", "q2", "Li", "It is.")
    review.decide(book, UNIT, "ana", OPEN, 9, "Li", "Second look.")
    *closed, asked = exercise.questions.values()
    given = [verdict(q, "partly", 0.5 if q.id == "q1" else 1.0) for q in closed]
    book.store(UNIT, "ana", [*given, verdict(asked, "for_review")], **ABOUT)
    book.store(UNIT, "ana", [*given, verdict(asked, "for_review")], **ABOUT)
    book.forget(UNIT, ["ana"])
    assert changes(book)[5:] == [
        ["Eva", OPEN, None, 5, "marking"],
        ["Eva", OPEN, 5, 4.5, "undone"],
        ["Eva", OPEN, 4.5, None, "marking"],
        ["Chair", OPEN, None, 3, "settling"],
        ["Li", "q2", 4, 1, "Copied from the lesson."],
        ["Li", OPEN, None, 9, "Second look."],
        ["machine", "q1", 4, 2, "graded again"],
        ["machine", "q1", 2, None, "the hand-in is gone"],
        *(["machine", f"q{n}", 4, None, "the hand-in is gone"] for n in range(2, 6)),
    ]
    log = review.history(book, UNIT, "ana")
    assert log["what"].str.startswith("criterion 1").sum() == 4
    assert log["at"].is_monotonic_increasing
    assert review.history(book, "other").empty


def test_points_that_hold_for_a_new_version_are_in_the_log(book):
    review.give_points(book, UNIT, "ana", OPEN, 1, 5, "Eva")
    book.keep_answers(UNIT, {"ana": {OPEN: "Another plan."}})
    review.confirm(book, UNIT, "ana", OPEN, "Eva")
    review.confirm(book, UNIT, "ana", OPEN, "Eva")
    assert changes(book)[-1] == ["Eva", OPEN, None, 5, "holds for the new version"]
    assert len(changes(book)) == 7


def test_a_mark_that_is_not_stored_is_not_in_the_log(book, monkeypatch):
    before = changes(book)

    def fails(*arguments):
        raise RuntimeError("power cut")

    monkeypatch.setattr("whobuys.review._marking.now", fails)
    with pytest.raises(RuntimeError):
        review.give_points(book, UNIT, "ana", OPEN, 1, 5, "Eva")
    monkeypatch.undo()
    assert changes(book) == before
    assert review.queue(book, UNIT, "Eva")["state"].tolist() == ["waiting"]


@pytest.mark.parametrize(
    "attack", [*ATTACKS, "INSERT OR REPLACE INTO audit SELECT * FROM audit WHERE id = 1"]
)
def test_the_log_cannot_be_changed_in_sqlite(book, attack):
    before = changes(book)
    with (
        sqlite3.connect(book.where) as connection,
        pytest.raises(sqlite3.IntegrityError, match="append-only"),
    ):
        connection.execute(attack)
    connection.close()
    assert changes(book) == before
    review.give_points(book, UNIT, "ana", OPEN, 1, 5, "Eva")
    assert len(changes(book)) == len(before) + 1


def test_a_gradebook_of_an_older_version_gets_the_same_guard(tmp_path):
    path = written_by_the_first_version(tmp_path / "g.sqlite")
    book = Gradebook(path)
    assert changes(book) == []
    assert book.sheet(UNIT).loc[0, "time_from"] == ""
    with pytest.raises(InstructorError, match="no open question"):
        review.open_questions(book, UNIT)
    review.decide(book, UNIT, "ana", "q1", 3, "Eva", "Because.")
    book.close()
    with sqlite3.connect(path) as connection:
        with pytest.raises(sqlite3.IntegrityError, match="append-only"):
            connection.execute(ATTACKS[0])
        names = {row[0] for row in connection.execute("SELECT name FROM sqlite_master")}
    connection.close()
    Gradebook(tmp_path / "new.sqlite").close()
    with sqlite3.connect(tmp_path / "new.sqlite") as connection:
        fresh = {row[0] for row in connection.execute("SELECT name FROM sqlite_master")}
    connection.close()
    assert {n for n in names if n.startswith("audit")} == {
        n for n in fresh if n.startswith("audit")
    }


def test_many_at_once_lose_nothing(tmp_path, exercise):
    students = [f"s{n}" for n in range(8)]
    fill(tmp_path / "g.sqlite", exercise, students).close()
    failed = []

    def marks(who):
        book = Gradebook(tmp_path / "g.sqlite")
        try:
            for id in students:
                for line in range(1, 6):
                    review.give_points(book, UNIT, id, OPEN, line, 1, who)
        except Exception as error:
            failed.append(error)
        book.close()

    threads = [threading.Thread(target=marks, args=(who,)) for who in ("Eva", "Li", "Max")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    book = Gradebook(tmp_path / "g.sqlite")
    assert len(review.history(book).query("who != 'machine'")) == 3 * 8 * 5
    assert book.sheet(UNIT)["to_mark"].sum() == 0
    book.close()


@pytest.mark.slow
def test_the_log_cannot_be_changed_in_postgresql(database, exercise):
    book = fill(database, exercise)
    before = changes(book)
    engine = create_engine(database.replace("postgresql://", "postgresql+psycopg://"))
    for attack in (*ATTACKS, "TRUNCATE audit", "INSERT INTO audit SELECT * FROM audit"):
        with engine.connect() as connection, pytest.raises(Exception, match=r"append-only|unique"):
            connection.execute(text(attack))
    engine.dispose()
    assert changes(book) == before
    book.close()


@pytest.mark.slow
def test_a_gradebook_on_postgresql_of_the_version_before_is_brought_up_to_date(database, exercise):
    engine = create_engine(database.replace("postgresql://", "postgresql+psycopg://"))
    fill(database, exercise).close()
    newer = ["audit", "answer", "comment", "criterion", "decision", "regrade", "review", "work"]
    with engine.begin() as connection:  # as the version before left it
        for name in newer:
            connection.execute(text(f"DROP TABLE {name}"))
        connection.execute(text("DROP FUNCTION audit_refuses"))
        connection.execute(text("ALTER TABLE handin DROP COLUMN handed_in, DROP COLUMN time_from"))
        connection.execute(text("UPDATE alembic_version SET version_num = '0002'"))
    book = Gradebook(database)
    assert book.sheet(UNIT).loc[0, "total"] == 20
    book.keep_answers(UNIT, {"ana": {OPEN: "A plan."}})
    assert review.open_questions(book, UNIT) == [OPEN]
    review.give_points(book, UNIT, "ana", OPEN, 1, 5, "Eva")
    assert len(changes(book)) == 1
    with engine.connect() as connection, pytest.raises(Exception, match="append-only"):
        connection.execute(text(ATTACKS[2]))
    engine.dispose()
    book.close()
