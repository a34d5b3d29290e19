"""`whobuys course export`: from a course file to what Canvas and Moodle import."""

import csv
import io

import pytest

from tests.cli.test_course_cli import NOW, UNIT, call, stopped, store
from whobuys.desk.course_file import read_course
from whobuys.grade import Gradebook

TERM = """\
name: Segments
roster: roster.csv
time_zone: Europe/Berlin
units:
  05_rfm: {due: 2026-11-09 18:00, extensions: {li: +2 days}}
  rfm_again: {exercise: 05_rfm, due: 2026-11-30 18:00}
  06_find_segments: {due: 2027-03-01 18:00}
groups:
  first: {units: [best_of: [05_rfm, rfm_again]]}
  second: {units: [06_find_segments]}
late: {lost_per_day: 10 %, hard_end: 7 days}
"""
SHORT = TERM.replace("  06_find_segments: {due: 2027-03-01 18:00}\n", "").replace(
    "  second: {units: [06_find_segments]}\n", ""
)
ROSTER = "student,name\nana,Ana Silva\nbo,=1+1\nli,李小明\nmal,Mal\nzoe,Zoe\n"
EXPORTED = (
    "Student,ID,SIS User ID,SIS Login ID,Section,RFM (7)\r\n"
    "    Points Possible,,,,,20\r\n"
    "Ana,1,S1,ANA,A,3\r\n"
    "Bo,2,S2,bo,A,\r\n"
    "Mal,4,S4,mal,A,11\r\n"
    "Zoe,5,S5,zoe,A,12\r\n"
    "Eve,6,S6,eve,A,13\r\n"
)


@pytest.fixture
def term(tmp_path, monkeypatch, exercise):
    """Return the folder of a course: two attempts at 05_rfm are graded, Mal's run was lost."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    (tmp_path / "roster.csv").write_text(ROSTER, encoding="utf-8")
    (tmp_path / "course.yml").write_text(TERM, encoding="utf-8")
    course = read_course(tmp_path / "course.yml")
    for unit in (UNIT, "rfm_again"):
        book = Gradebook(course.gradebook_of(unit))
        book.enrol([(student.id, student.name) for student in course.students])
        book.set_questions(exercise)
        if unit == UNIT:
            store(book, exercise, "ana", 1, "2026-11-10 17:00")  # a day late
            store(book, exercise, "bo", 0.5, "2026-11-09 17:00", "A <b>slip</b>.")
            store(book, exercise, "li", 0.5, "2026-11-11 17:00")  # two days more
            about = {"file": "x", "digest": "d", "report": "r", "problem": "lost"}
            book.store(UNIT, "mal", [], **about, fingerprint="")
        else:
            store(book, exercise, "bo", 0.75, "2026-11-30 17:00")
        book.close()
    return tmp_path


def done(*arguments: object) -> str:
    """Return what an export says, as one line."""
    result = call("export", *arguments, "--at", NOW)
    assert result.exit_code == 0, result.output
    return " ".join(result.output.split())


def table(path) -> list[list[str]]:
    return list(csv.reader(io.StringIO(path.read_text(encoding="utf-8"), newline="")))


def written(folder, name, value) -> dict[str, dict[str, str]]:
    """Return what `course marks` wrote, by student."""
    assert call("marks", "--at", NOW).exit_code == 0
    text = (folder / "graded" / name).read_text(encoding="utf-8")
    rows = csv.DictReader(io.StringIO(text))
    return {row["student"]: row for row in rows if row.get("unit", value) == value}


def test_a_unit_for_canvas_has_the_points_after_lateness(term):
    said = done("canvas", UNIT, "--out", "m.csv")
    head, points, *students = table(term / "m.csv")
    assert head[5] == "RFM: whom should we call? (05_rfm)"  # there is a second attempt at it
    assert points[5] == "20"
    assert [(row[0], row[3], row[5]) for row in students] == [
        ("Ana Silva", "ana", "18"),
        ("'=1+1", "bo", "10"),
        ("李小明", "li", "10"),
        ("Mal", "mal", ""),
        ("Zoe", "zoe", ""),
    ]
    assert "3 marks are in m.csv." in said
    assert "No mark, an empty cell (not graded yet): mal." in said
    assert "No mark, an empty cell (nothing handed in): zoe." in said
    counted = written(term, "unit_marks.csv", UNIT)
    assert {row[3]: row[5] for row in students if row[5]} == {
        student: counted[student]["counted"] for student in ("ana", "bo", "li")
    }


def test_a_file_of_canvas_is_filled_and_keeps_what_has_no_mark(term):
    (term / "exported.csv").write_bytes(EXPORTED.encode())
    said = done("canvas", UNIT, "--out", "m.csv", "--fill", "exported.csv", "--column", "RFM")
    expected = EXPORTED.replace("A,3", "A,18").replace("bo,A,", "bo,A,10")
    assert (term / "m.csv").read_bytes() == expected.encode()
    assert "Left as it was (not graded yet): mal." in said
    assert "Left as it was (nothing handed in): zoe." in said
    assert "Not in the file from Canvas, so no mark went out: li." in said
    assert "none of our students: Eve." in said


def test_a_unit_for_moodle_has_the_feedback_and_what_lateness_cost(term):
    match = ("--match", "idnumber")
    said = done("moodle", UNIT, "--out", "m.csv", *match, "--zeros", "--out-of", "100")
    head, *students = table(term / "m.csv")
    assert head[0] == "ID number"
    assert [row[:2] for row in students] == [
        ["ana", "90"],
        ["bo", "50"],
        ["li", "50"],
        ["zoe", "0"],
    ]
    ana, bo, *_ = (row[2].splitlines() for row in students)
    assert ana[0] == "Lateness takes 10 % for each day begun: 2 points. 18 of 20 count."
    assert ana[1].startswith("q1 Three facts about every buyer: 4 of 4")
    assert bo[0].endswith("A &lt;b>slip&lt;/b>.")
    assert "no grade in Moodle is taken away (not graded yet): mal." in said


def test_a_second_attempt_has_its_own_marks_and_feedback(term):
    done("moodle", "rfm_again", "--out", "m.csv")
    (head, bo) = table(term / "m.csv")
    assert head[1] == "RFM: whom should we call? (rfm_again) (Real)"
    assert bo[:2] == ["bo", "15"]
    assert "q1 Three facts about every buyer: 3 of 4" in bo[2]


def test_the_mark_of_the_course_goes_out_where_it_is_final(term):
    said = done("canvas", "--out", "m.csv")
    assert table(term / "m.csv")[0][5] == "Course mark"
    assert "0 marks are in m.csv." in said
    assert "No mark, an empty cell (06_find_segments: not due yet): ana, bo, li, zoe." in said
    assert "(05_rfm: not graded yet; 06_find_segments: not due yet): mal." in said
    done("canvas", "--out", "m.csv", "--partial")
    assert [row[5] for row in table(term / "m.csv")[1:]] == ["100", "90", "75", "50", "", "0"]

    (term / "course.yml").write_text(SHORT, encoding="utf-8")
    said = done("moodle", "--out", "m.csv", "--column", "Final")
    assert "4 marks are in m.csv." in said
    assert "(05_rfm: not graded yet): mal." in said
    head, *students = table(term / "m.csv")
    assert head == ["Username", "Final (Real)", "Final (Feedback)"]
    assert students[1] == ["bo", "75", "Final mark: 75 %."]  # the better of two attempts
    final = written(term, "course_marks.csv", None)
    assert {row[0]: row[1] for row in students} == {
        student: row["final"] for student, row in final.items() if row["final"]
    }


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("canvas", "05_rfn"), "no unit '05_rfn'; its units are: 05_rfm, rfm_again"),
        (("moodle", "06_find_segments"), "There are no marks of 06_find_segments in graded"),
        (("moodle", UNIT, "--fill", "x.csv"), "--fill is for Canvas only"),
        (("canvas", "--zeros"), "--zeros is for a unit"),
        (("canvas", UNIT, "--out-of", "0"), "--out-of must be"),
        (("canvas", UNIT, "--match", "email"), "--match is one of sis, login, id"),
        (("moodle", UNIT, "--match", "login"), "--match is one of username"),
        (("canvas", "--course", "none.yml"), "no course file at none.yml"),
    ],
)
def test_what_cannot_go_out_is_told(term, arguments, words):
    assert words in stopped(call("export", *arguments, "--out", "m.csv"))
    assert not (term / "m.csv").exists()


def test_without_a_gradebook_nothing_goes_out_and_none_is_made(term):
    for place in (term / "graded").rglob("gradebook.sqlite"):
        place.unlink()
    message = stopped(call("export", "canvas", "--out", "m.csv"))
    assert message.endswith("Nothing is graded yet. Begin with: whobuys course grade")
    message = stopped(call("export", "moodle", "rfm_again", "--out", "m.csv"))
    assert "Grade it first: whobuys course grade rfm_again" in message
    assert not (term / "m.csv").exists()
    assert not list((term / "graded").rglob("gradebook.sqlite"))
