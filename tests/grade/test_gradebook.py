import sqlite3
import threading
import time
from pathlib import Path

import pytest

from whobuys._errors import InstructorError
from whobuys.course._judge import verdict
from whobuys.grade import Gradebook
from whobuys.grade.gradebook import no_formula

UNIT = "05_rfm"


@pytest.fixture
def book(tmp_path, exercise):
    made = Gradebook(tmp_path / "a b?c%20#" / "grade book.sqlite")
    made.enrol([("zoe", "Zoe"), ("ana", "Ana"), ("bo", "=HYPERLINK(1)")])
    made.set_questions(exercise)
    yield made
    made.close()


@pytest.fixture
def store(book, exercise):
    def put(student: str, *credits: float, unit: str = UNIT, **more) -> None:
        questions = list(exercise.questions.values())
        verdicts = [
            verdict(q, "passed" if credit == 1 else "partly", credit, ["words"], "slip")
            for q, credit in zip(questions, credits, strict=False)
        ]
        verdicts.append(verdict(questions[-1], "for_review"))
        about = {"file": "x.ipynb", "digest": "d", "fingerprint": "f", "report": "r.html"}
        book.store(unit, student, verdicts, **(about | more))

    return put


def test_the_file_lies_where_it_was_asked_for(book):
    path = Path(book.where)
    assert path.is_file()
    assert [p.name for p in path.parent.iterdir()] == ["grade book.sqlite"]


def test_the_sheet_has_a_row_for_everybody_in_roster_order(book, store):
    store("ana", 1, 0.5, 0, 1, 0.25, notes=["One.", "Two."])
    sheet = book.sheet(UNIT)
    assert list(sheet.columns) == [
        *("student", "name", "q1", "q2", "q3", "q4", "q5", "q6"),
        *("total", "out_of", "to_mark", "state", "handed_in", "time_from", "file", "notes"),
    ]
    assert sheet["student"].tolist() == ["zoe", "ana", "bo"]
    ana = sheet.iloc[1]
    assert ana[["q1", "q2", "q3", "q4", "q5"]].tolist() == [4, 2, 0, 4, 1]
    assert (ana["total"], ana["out_of"], ana["to_mark"]) == (11, 20, 20)
    assert (ana["state"], ana["file"], ana["notes"]) == ("graded", "x.ipynb", "One. Two.")
    zoe = sheet.iloc[0]
    assert (zoe["total"], zoe["to_mark"], zoe["state"]) == (0, 0, "nothing handed in")


def test_enrolling_again_renames_and_keeps_the_order(book):
    book.enrol([("bo", "Bo"), ("ana", "Ana Silva"), ("new", "New")])
    assert book.sheet(UNIT)["student"].tolist() == ["zoe", "ana", "bo", "new"]
    assert book.sheet(UNIT)["name"].tolist() == ["Zoe", "Ana Silva", "Bo", "New"]


def test_a_spreadsheet_runs_nothing_of_it(book, store):
    store("ana", 1, file="=cmd|' C'!A0.ipynb", notes=["+1", "x"])
    store("zoe", 1, file="fine.ipynb")
    sheet = book.sheet(UNIT).set_index("student")
    assert sheet.loc["bo", "name"] == "'=HYPERLINK(1)"
    assert sheet.loc["ana", "file"] == "'=cmd|' C'!A0.ipynb"
    assert sheet.loc["ana", "notes"] == "'+1 x"
    assert sheet.loc["zoe", "file"] == "fine.ipynb"


def test_storing_again_replaces_and_forgetting_removes(book, store):
    store("ana", 1, 1, 1, 1, 1, fingerprint="one")
    store("ana", 0, fingerprint="two")
    assert book.fingerprints(UNIT) == {"ana": "two"}
    assert book.marks(UNIT)["question"].tolist() == ["q1", "q6"]
    store("bo", 1)
    book.forget(UNIT, ["ana", "nobody"])
    assert book.fingerprints(UNIT) == {"bo": "f"}
    assert set(book.marks(UNIT)["student"]) == {"bo"}
    assert book.sheet(UNIT).loc[1, "state"] == "nothing handed in"


def test_units_are_kept_apart(book, store):
    store("ana", 1)
    store("ana", 0.5, unit="06_value")
    assert len(book.marks(UNIT)) == len(book.marks("06_value")) == 2
    book.forget("06_value", ["ana"])
    assert len(book.marks(UNIT)) == 2


def test_marks_come_back_as_they_were(book, store):
    store("ana", 1, 0.5)
    first = book.marks(UNIT).iloc[1].to_dict()
    assert first == {
        **{"student": "ana", "question": "q2", "status": "partly", "points": 4.0},
        **{"credit": 0.5, "earned": 2.0, "mistake": "slip", "words": ["words"]},
    }


def test_a_store_that_fails_in_the_middle_leaves_the_old_marks(book, store, exercise):
    store("ana", 1, 1)
    q1 = next(iter(exercise.questions.values()))
    twice = [verdict(q1, "passed", 1.0), verdict(q1, "passed", 1.0)]
    with pytest.raises(Exception, match=r"UNIQUE|flush|conflicts"):
        book.store(UNIT, "ana", twice, file="", digest="", fingerprint="new", report="")
    assert book.fingerprints(UNIT) == {"ana": "f"}
    assert len(book.marks(UNIT)) == 3


def test_halves_of_characters_can_be_stored(book, exercise):
    q1 = next(iter(exercise.questions.values()))
    bad = "x\ud83c"
    book.store(
        *(UNIT, "ana", [verdict(q1, "could_not_run", details=[bad])]),
        **{"file": bad, "digest": "d", "fingerprint": "f", "report": "r"},
        **{"problem": bad, "notes": [bad]},
    )
    assert book.sheet(UNIT).loc[1, "file"] == "x?"
    assert book.marks(UNIT).loc[0, "words"] == ["x?"]


def test_questions_follow_the_key(book, exercise):
    table = book.questions(UNIT)
    assert table["question"].tolist() == ["q1", "q2", "q3", "q4", "q5", "q6"]
    assert table["open"].tolist() == [False] * 5 + [True]
    fewer = type(exercise)(UNIT, "Fewer", "teahouse")
    fewer.questions = dict(list(exercise.questions.items())[:2])
    book.set_questions(fewer)
    assert book.questions(UNIT)["question"].tolist() == ["q1", "q2"]


def test_what_is_no_gradebook_is_named_and_left_alone(tmp_path):
    text = tmp_path / "text.sqlite"
    text.write_text("this is no database, " * 100)
    with pytest.raises(InstructorError, match=r"text\.sqlite is not a gradebook"):
        Gradebook(text)
    assert text.read_text().startswith("this is")
    with pytest.raises(InstructorError, match="is not a gradebook"):
        Gradebook(tmp_path)
    other = tmp_path / "other.sqlite"
    with sqlite3.connect(other) as connection:
        connection.execute("CREATE TABLE student (number INTEGER)")
    connection.close()
    with pytest.raises(InstructorError, match="is not a gradebook"):
        Gradebook(other)


def test_a_missing_gradebook(tmp_path):
    with pytest.raises(InstructorError, match="no gradebook at"):
        Gradebook(tmp_path / "none.sqlite", must_exist=True)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("sign", list("=+-@\t\r＝＋－＠"))
def test_no_sign_begins_a_formula(sign):
    assert no_formula(f"{sign}SUM(1)") == f"'{sign}SUM(1)"
    assert no_formula(f"a{sign}b") == f"a{sign}b"


def cut(raw: bytearray) -> bytes:
    return bytes(raw[: len(raw) // 2])


def scribbled(raw: bytearray) -> bytes:
    raw[4096 : len(raw)] = b"\xa5" * (len(raw) - 4096)
    return bytes(raw)


def headless(raw: bytearray) -> bytes:
    raw[:16] = bytes(16)
    return bytes(raw)


@pytest.mark.parametrize("harm", [cut, scribbled, headless])
def test_a_damaged_gradebook_is_named_with_the_mend(book, store, exercise, harm):
    for student in ("ana", "bo", "zoe"):
        store(student, 1, 1)
    book.close()
    path = Path(book.where)
    path.write_bytes(harm(bytearray(path.read_bytes())))
    before = path.read_bytes()
    with pytest.raises(InstructorError) as refused:
        Gradebook(path).set_questions(exercise)
    said = str(refused.value)
    for words in (str(path), "damaged", "Put a copy of it back", "marks that people gave"):
        assert words in said
    assert not {"SELECT", "http", "sqlalche"} & set(said.split())
    assert "run the same command" not in said
    assert path.read_bytes() == before


def test_damage_in_the_middle_of_a_run_is_named(book, store):
    store("ana", 1)
    path = Path(book.where)
    book.close()  # and what it remembers of the file is gone
    path.write_bytes(scribbled(bytearray(path.read_bytes())))
    with pytest.raises(InstructorError, match=r"grade book\.sqlite is damaged"):
        store("bo", 1)


def test_who_waits_for_another_program_is_told(book, store, monkeypatch, capsys):
    monkeypatch.setattr("whobuys.grade.gradebook.TOLD_AFTER", 0.1)
    other = sqlite3.connect(book.where, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    done = threading.Timer(1, other.rollback)
    done.start()
    started = time.monotonic()
    store("ana", 1)
    assert time.monotonic() - started > 0.5
    said = capsys.readouterr().err
    assert f"{book.where} is in use by another program; waiting for up to 30 seconds" in said
    done.join()
    other.close()
    store("bo", 1)
    assert capsys.readouterr().err == ""


def test_a_gradebook_in_a_place_that_cannot_be_written(tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(InstructorError, match=r"cannot be made.*give another one"):
        Gradebook(tmp_path / "file" / "graded" / "g.sqlite")


def test_what_is_stored_without_a_fingerprint_is_not_graded_yet(book, store):
    store("ana", 0, fingerprint="", problem="The computer lost the run.")
    store("bo", 1)
    states = book.sheet(UNIT).set_index("student")["state"]
    assert states.to_dict() == {
        **{"zoe": "nothing handed in", "ana": "not graded yet", "bo": "graded"}
    }
