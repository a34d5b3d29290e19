"""Marks leave the house in the forms that Canvas and Moodle import; nobody is dropped silently."""

import csv
import io
import os
import zipfile

import pandas as pd
import pytest
from typer.testing import CliRunner

from whobuys._errors import InstructorError
from whobuys.cli.main import app
from whobuys.course import load_key, unit_folder
from whobuys.course._judge import verdict
from whobuys.desk.export import canvas_csv, fill_canvas, marks_out, moodle_csv
from whobuys.desk.export_files import archive, safe_name
from whobuys.desk.export_zip import moodle_feedback, zip_reports
from whobuys.grade.gradebook import Gradebook

UNIT = "05_rfm"
NAMES = {
    "ana": "Silva, Ana",
    "bo": '=HYPERLINK("http://x","y")',
    "cai": "    Points Possible",
    "dia": "@SUM(A1)\nnext line",
    "emil": "Emil 😀 王",
}
EVIL = 'A <script>alert(1)</script> & "\\" end\\'


def rows(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text, newline="")))


@pytest.fixture
def marks():
    data = [
        ("ana", "Ana Silva", 17.5, 40.0, "given", "q1: 4 of 4"),
        ("bo", "Bo", 40.0, 40.0, "given", ""),
        ("cai", "Cai", float("nan"), 40.0, "waits for a person", "q6: waits"),
        ("dia", "Dia", 0.0, 40.0, "given", EVIL),
    ]
    return pd.DataFrame(data, columns=["student", "name", "mark", "of", "state", "feedback"])


@pytest.fixture
def book(tmp_path):
    """A gradebook: Ana and Bo are done, Cai waits for a person, Dia handed in nothing."""
    exercise = load_key(unit_folder(UNIT) / "key.py")
    made = Gradebook(tmp_path / "graded" / "gradebook.sqlite")
    made.enrol(list(NAMES.items()))
    made.set_questions(exercise)
    states = {
        "ana": ("passed", "not_started"),
        "bo": ("partly", "not_started"),
        "cai": ("passed", "for_review"),
    }
    for student, (state, last) in states.items():
        credit = {"passed": 1.0, "partly": 0.5}[state]
        verdicts = [
            verdict(q, last, 0.0)
            if q.open
            else verdict(q, state, credit, [EVIL if student == "bo" else "See `rfm`."])
            for q in exercise.questions.values()
        ]
        made.store(
            UNIT, student, verdicts, file="a", digest="d", fingerprint="f", report=f"{student}.html"
        )
    made.keep_answers(UNIT, {"cai": {"q6": "My plan."}})
    yield made
    made.close()


# which marks go out -------------------------------------------------------------------------------


def test_only_settled_marks_go_out(book):
    out = marks_out(book, UNIT).set_index("student")
    assert list(out["state"]) == [
        "given",
        "given",
        "waits for a person",
        "nothing handed in",
        "nothing handed in",
    ]
    assert out["mark"].fillna(-1).tolist() == [20, 10, -1, -1, -1]
    assert set(out["of"]) == {40.0}


def test_partial_zeros_and_another_scale_are_asked_for(book):
    assert marks_out(book, UNIT, partial=True)["mark"].fillna(-1).tolist() == [20, 10, 20, -1, -1]
    assert marks_out(book, UNIT, zeros=True)["mark"].fillna(-1).tolist() == [20, 10, -1, 0, 0]
    scaled = marks_out(book, UNIT, out_of=100)
    assert scaled["mark"].fillna(-1).tolist() == [50, 25, -1, -1, -1]
    assert set(scaled["of"]) == {100.0}
    with pytest.raises(InstructorError, match="more than 0"):
        marks_out(book, UNIT, out_of=0)
    with pytest.raises(InstructorError, match="no marks of 06_find"):
        marks_out(book, "06_find_segments")


def test_feedback_begins_with_why_a_file_could_not_be_read(book):
    exercise = load_key(unit_folder(UNIT) / "key.py")
    given = [verdict(question, "could_not_run") for question in exercise.questions.values()]
    about = {"file": "x.zip", "digest": "d", "fingerprint": "f", "report": "r"}
    book.store(UNIT, "bo", given, **about, problem="x.zip is not a notebook.")
    said = marks_out(book, UNIT).set_index("student")["feedback"]
    assert said["bo"].splitlines()[0] == "x.zip is not a notebook."
    assert said["ana"].startswith("q1 ")


def test_feedback_is_a_line_a_question(book):
    said = marks_out(book, UNIT).set_index("student")["feedback"]
    lines = said["cai"].splitlines()
    assert len(lines) == 6
    assert lines[0] == "q1 Three facts about every buyer: 4 of 4 – Right. See rfm."
    assert lines[5].endswith("up to 20 points, a person reads it.")
    assert said["dia"] == ""


# Canvas, a fresh file -----------------------------------------------------------------------------


def test_a_canvas_file_has_its_columns_and_points(marks):
    made = rows(canvas_csv(marks, "RFM, again"))
    assert made[0] == ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", "RFM, again"]
    assert made[1] == ["    Points Possible", "", "", "", "", "40"]
    assert made[2] == ["Ana Silva", "", "", "ana", "", "17.5"]
    assert [row[5] for row in made[2:]] == ["17.5", "40", "", "0"]
    assert rows(canvas_csv(marks, "RFM", "sis"))[2] == ["Ana Silva", "", "ana", "", "", "17.5"]


def test_the_file_is_one_that_canvas_reads(marks):
    """The checks of Canvas's importer, see the module, on the raw file."""
    made = rows(canvas_csv(marks, "RFM"))
    head, points = made[0], made[1]
    assert len(head) > 3
    assert "Student" in head[0]
    assert "ID" in head[1]
    assert "SIS User ID" in head[2]
    assert "SIS Login ID" in head[3]
    student_columns = 3 + 2
    assert "Section" in head[student_columns - 1]
    assert head[student_columns:] == ["RFM"]
    assert "Points Possible" in points[0]
    assert not any("Points Possible" in row[0] for row in made[2:])
    first = canvas_csv(marks, "RFM").splitlines()[:3]
    assert {line.count(",") for line in first} == {5}  # it tells the separator by these


def test_names_are_no_formulas_and_no_row_of_points(book):
    text = canvas_csv(marks_out(book, UNIT), "RFM")
    made = rows(text)[2:]
    assert [row[0] for row in made] == [
        "Silva, Ana",
        '\'=HYPERLINK("http://x","y")',
        "cai",
        "'@SUM(A1) next line",
        "Emil 😀 王",
    ]
    assert len(text.splitlines()) == 7


@pytest.mark.parametrize(
    "title", ["Final Score", "Essay Current Points", "RFM (12)", "ID", "Points Possible", " "]
)
def test_a_title_that_canvas_reads_otherwise_is_refused(marks, title):
    with pytest.raises(InstructorError, match="--column"):
        canvas_csv(marks, title)


def test_another_way_to_match_is_refused(marks):
    with pytest.raises(InstructorError, match="login"):
        canvas_csv(marks, "RFM", "name")
    with pytest.raises(InstructorError, match="username, idnumber, email"):
        moodle_csv(marks, "RFM", "name")


def test_ids_that_are_no_addresses_are_not_sent_to_moodle_as_such(marks):
    """Moodle refuses a whole file for one user it does not know."""
    with pytest.raises(InstructorError, match=r"no e-mail address is ana.*username or idnumber"):
        moodle_csv(marks, "RFM", "email")
    known = marks.assign(student=[f"{id}@school.org" for id in marks["student"]])
    assert "ana@school.org," in moodle_csv(known, "RFM", "email")


# Canvas, its own file filled ----------------------------------------------------------------------

EXPORTED = (
    "\ufeffStudent,ID,SIS User ID,SIS Login ID,Section,Notes,RFM (812),Old (7),Final Score\r\n"
    ",,,,,,Manual Posting,,\r\n"
    '    Points Possible,,,,,,40,"10,00",(read only)\r\n'
    '"Silva, Ana",11,S1,ANA,"A ""1""","two\r\nlines",,5,1.50\r\n'
    '"=""=cmd""",12,S2,bo,B,, 3.00 ,,\r\n'
    "Cai,13,S3,cai,B,,7,9,\r\n"
    "Dia,14,S4,dia,B,,EX,9,\r\n"
    '"Student, Test",99,,hash,B,,,,\r\n'
)


def test_a_filled_file_keeps_every_other_byte(marks):
    filled = fill_canvas(EXPORTED.encode(), marks, "RFM")
    expected = EXPORTED.replace('lines",,5', 'lines",17.5,5').replace(" 3.00 ", "40")
    assert filled.data.decode() == expected
    assert filled.filled == ("ana", "bo")
    assert filled.left == {"cai": "waits for a person", "dia": "excused"}
    assert filled.not_there == ()
    assert filled.not_ours == ("Student, Test",)


def test_students_are_found_by_the_column_asked_for(marks):
    own = marks.assign(student=["S1", "S9", "S3", "s2"])
    filled = fill_canvas(EXPORTED.encode(), own, "RFM (812)", "sis")
    assert filled.filled == ("S1", "s2")
    assert filled.not_there == ("S9",)
    assert filled.not_ours == ("Dia", "Student, Test")
    notes = EXPORTED.replace('"two\r\nlines"', "ana")
    assert fill_canvas(notes.encode(), marks, "RFM", "Notes").filled == ("ana",)


def test_semicolons_and_single_newlines_stay(marks):
    raw = "Student;ID;SIS Login ID;Section;RFM (1)\n    Points Possible;;;;40,00\nA;1;ana;x;1,5\n"
    filled = fill_canvas(raw.encode(), marks, "RFM")
    assert filled.data.decode() == raw.replace("1,5", "17.5")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (("Student,ID", "Name,ID"), "no gradebook of Canvas"),
        (("RFM (812)", "Other (812)"), "no assignment 'RFM'. It has: Other"),
        (("Old (7)", "RFM (7)"), "more than one column 'RFM'"),
        (("SIS Login ID", "Login"), "no column 'SIS Login ID'"),
        ((",40,", ",100,"), "out of 100 points.*out of 40.*--out-of 100"),
        ((",40,", ",(read only),"), "read only"),
        ((",bo,", ",ana,"), "stands twice"),
        (("\r\nCai", '\r\n"Cai'), "no CSV"),
        (('"=""=cmd"""', '"a"b'), "Line 6 of the file is no CSV"),
    ],
)
def test_a_file_that_does_not_fit_is_named(marks, change, words):
    with pytest.raises(InstructorError, match=words):
        fill_canvas(EXPORTED.replace(*change).encode(), marks, "RFM")


def test_other_encodings_empty_files_and_strangers_are_named(marks):
    with pytest.raises(InstructorError, match="not UTF-8"):
        fill_canvas("Student,ID,é".encode("latin-1"), marks, "RFM")
    with pytest.raises(InstructorError, match="empty"):
        fill_canvas(b"", marks, "RFM")
    with pytest.raises(InstructorError, match="None of our students"):
        fill_canvas(EXPORTED.encode(), marks.assign(student=list("wxyz")), "RFM")


def test_a_file_without_changes_is_the_same(marks):
    nobody = marks.assign(mark=float("nan"))
    assert fill_canvas(EXPORTED.encode(), nobody, "RFM").data == EXPORTED.encode()


# Moodle -------------------------------------------------------------------------------------------


def test_a_moodle_file_has_id_grade_and_feedback(marks):
    made = rows(moodle_csv(marks, "RFM", "idnumber"))
    assert made[0] == ["ID number", "RFM (Real)", "RFM (Feedback)"]
    assert made[1:3] == [["ana", "17.5", "q1: 4 of 4"], ["bo", "40", ""]]
    assert [row[0] for row in made[1:]] == ["ana", "bo", "dia"]


def test_feedback_shows_no_tags_and_survives_phps_reader(marks):
    text = moodle_csv(marks, "RFM")
    assert rows(text)[3][2] == "A &lt;script>alert(1)&lt;/script> & '/' end/"
    assert "\\" not in text


def test_no_cell_of_any_file_is_a_formula(book):
    out = marks_out(book, UNIT, partial=True, zeros=True)
    hostile = out.assign(feedback=["=1+1", "+1", "-1", "@x", "\t=1"])
    for text in (canvas_csv(out, "RFM"), moodle_csv(hostile, "=RFM")):
        cells = [cell for row in rows(text) for cell in row]
        assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t", "\r"))]


def test_moodle_takes_no_more_than_100(marks):
    with pytest.raises(InstructorError, match="--out-of 100"):
        moodle_csv(marks.assign(mark=101.0), "RFM")


# archives -----------------------------------------------------------------------------------------


@pytest.fixture
def graded(tmp_path):
    folder = tmp_path / "graded" / "reports"
    folder.mkdir(parents=True)
    for student in ("ana", "bo"):
        (folder / f"{student}.html").write_text(f"<p>{student}</p>")
    (folder / "ana.pdf").write_bytes(b"%PDF-a")
    return tmp_path / "graded"


def inside(raw: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(raw)) as made:
        return {name: made.read(name) for name in made.namelist()}


def test_each_student_gets_an_archive_of_the_own_report(graded, tmp_path):
    made = zip_reports(UNIT, graded, tmp_path / "out")
    assert [path.name for path in made] == ["ana.zip", "bo.zip"]
    assert inside(made[0].read_bytes()) == {
        "05_rfm_report.html": b"<p>ana</p>",
        "05_rfm_report.pdf": b"%PDF-a",
    }
    assert inside(made[1].read_bytes()) == {"05_rfm_report.html": b"<p>bo</p>"}
    before = [path.read_bytes() for path in made]
    os.utime(graded / "reports" / "bo.html", (1, 1))
    assert [path.read_bytes() for path in zip_reports(UNIT, graded, tmp_path / "out")] == before


def test_a_pdf_older_than_its_report_is_left_out(graded, tmp_path):
    os.utime(graded / "reports" / "ana.pdf", (1, 1))
    made = zip_reports(UNIT, graded, tmp_path / "out", ["ana"])
    assert list(inside(made[0].read_bytes())) == ["05_rfm_report.html"]
    done = call("zips", UNIT, "--to", graded, "--out", tmp_path / "out")
    assert "older than the report: the PDF of ana." in done.output


def test_archives_without_a_report_are_refused(graded, tmp_path):
    with pytest.raises(InstructorError, match="no graded reports"):
        zip_reports(UNIT, tmp_path, tmp_path / "out")
    with pytest.raises(InstructorError, match="no report of zoe"):
        zip_reports(UNIT, graded, tmp_path / "out", ["zoe"])


def test_moodles_archive_is_named_as_moodle_reads_it(graded, tmp_path):
    sheet = tmp_path / "sheet.csv"
    sheet.write_text(
        "\ufeffIdentifier,Full name,Email address,Grade\n"
        "Participant 4711,../../An_a Silva,ANA,-\n"
        "Participant 4712,王小明,x@y.org,-\n",
        encoding="utf-8",
    )
    raw, missing = moodle_feedback(UNIT, graded, sheet, "Email address")
    assert missing == ["bo"]
    names = list(inside(raw))
    assert names == [
        "An a Silva_4711_assignfeedback_file/05_rfm_report.html",
        "An a Silva_4711_assignfeedback_file/05_rfm_report.pdf",
    ]
    for name in names:  # as in Moodle's importziplib.php
        full, number, kind, plugin = name.split("/")[0].split("_", 4)
        assert (number, kind, plugin) == ("4711", "assignfeedback", "file")
        assert full == "An a Silva"
    assert moodle_feedback(UNIT, graded, sheet, "Email address")[0] == raw


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Identifier,Full name\n", "no column 'Email address'"),
        ("Identifier,Full name,Email address\nsomebody,Ana,ana\n", "Participant 1234"),
        ("Identifier,Full name,Email address\nParticipant 1,Ana,zoe\n", "No student with"),
        ("", "its columns are: none"),
    ],
)
def test_a_worksheet_that_does_not_fit_is_named(graded, tmp_path, text, words):
    sheet = tmp_path / "sheet.csv"
    sheet.write_text(text)
    with pytest.raises(InstructorError, match=words):
        moodle_feedback(UNIT, graded, sheet, "Email address")


def test_archives_depend_on_names_and_contents_only():
    one, other = archive({"b": b"2", "a": b"1"}), archive({"a": b"1", "b": b"2"})
    assert one == other
    assert inside(one) == {"a": b"1", "b": b"2"}
    for hostile in ("../x", "a/b\\c", "CON:", "\u202e x", ". ~", "_" * 9, "x" * 999):
        name = safe_name(hostile)
        assert not set(name) & set("/\\:_.~\u202e")
        assert len(name) <= 60


# the commands -------------------------------------------------------------------------------------


def call(*arguments: object):
    return CliRunner().invoke(app, ["export", *map(str, arguments)], env={"COLUMNS": "200"})


def test_the_commands_say_whose_mark_did_not_go_out(book, graded, tmp_path):
    out = tmp_path / "marks.csv"
    done = call("canvas", UNIT, "--to", graded, "--out", out)
    assert done.exit_code == 0, done.output
    assert "2 marks are in" in done.output
    assert "No mark, an empty cell (waits for a person): cai." in done.output
    assert "(nothing handed in): dia, emil." in done.output
    assert rows(out.read_text())[0][5] == "RFM: whom should we call?"

    done = call("moodle", UNIT, "--to", graded, "--out", out, "--match", "idnumber", "--partial")
    assert done.exit_code == 0, done.output
    assert [row[0] for row in rows(out.read_text())] == ["ID number", "ana", "bo", "cai"]
    assert "no grade in Moodle is taken away (nothing handed in): dia, emil." in done.output

    exported = tmp_path / "canvas.csv"
    exported.write_text(EXPORTED.replace(",bo,", ",zoe,"), encoding="utf-8")
    done = call("canvas", UNIT, "--to", graded, "--out", out, "--fill", exported, "--column", "RFM")
    assert done.exit_code == 0, done.output
    assert "1 marks are in" in done.output
    assert "no mark went out: bo." in done.output
    assert "none of our students:" in done.output
    assert "Student, Test" in done.output


def test_the_commands_name_what_is_missing(book, graded, tmp_path):
    out = tmp_path / "o"
    for arguments, words in [
        (("canvas", "05_rfn", "--to", graded, "--out", out), "05_rfm"),
        (("canvas", UNIT, "--to", tmp_path / "no", "--out", out), "no gradebook"),
        (("canvas", UNIT, "--to", graded, "--out", out, "--fill", tmp_path / "n"), "cannot be"),
        (("zips", UNIT, "--to", tmp_path / "no", "--out", out), "no graded reports"),
        (("zips", "a/../b", "--to", graded, "--out", out), "no exercise 'a/../b'"),
        (("canvas", UNIT, "--to", graded, "--out", graded), "is a folder. Give the name of a file"),
        (("pdf", "--to", tmp_path), "give one of these with --to: "),
        (("canvas", UNIT, "--to", graded / "typo", "--out", out), "no gradebook at"),
        (("zips", UNIT, "--to", graded, "--out", out, "--moodle", "x", "--student", "ana"), "one"),
    ]:
        done = call(*arguments)
        assert done.exit_code == 1, done.output
        assert words in done.output + done.stderr
        assert "Traceback" not in done.output
    assert not out.exists()


def test_the_zip_commands_write_what_they_say(graded, tmp_path):
    done = call("zips", UNIT, "--to", graded, "--out", tmp_path / "z")
    assert "2 archives are in" in done.output
    sheet = tmp_path / "sheet.csv"
    sheet.write_text("Identifier,Full name,Email address\nParticipant 1,Ana,ana\n")
    done = call("zips", UNIT, "--to", graded, "--out", tmp_path / "m.zip", "--moodle", sheet)
    assert "no report went out: bo." in done.output
    assert len(inside((tmp_path / "m.zip").read_bytes())) == 2


def test_a_unit_of_a_course_finds_the_gradebook_of_the_course(book, graded, tmp_path):
    unit = graded / UNIT
    (graded / "reports").rename(tmp_path / "reports")
    unit.mkdir()
    (tmp_path / "reports").rename(unit / "reports")
    done = call("canvas", UNIT, "--to", unit, "--out", tmp_path / "m.csv")
    assert done.exit_code == 0, done.output
    assert "2 marks are in" in done.output
    assert not (unit / "gradebook.sqlite").exists()
    shown = CliRunner().invoke(app, ["class-report", UNIT, "--to", str(unit)])
    assert shown.exit_code == 0, shown.output
    log = CliRunner().invoke(app, ["history", UNIT, "--to", str(unit)])
    assert log.exit_code == 0, log.output
    own = Gradebook(unit / "gradebook.sqlite")  # a second attempt has its own
    own.close()
    done = call("canvas", UNIT, "--to", unit, "--out", tmp_path / "m.csv")
    assert "There are no marks of 05_rfm" in done.stderr
