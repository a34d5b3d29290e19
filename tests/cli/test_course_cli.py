"""`whobuys course`: the commands, the CSV files and the pages."""

import copy
import csv
import datetime as dt
import io
import json
import re
import shutil
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from typer.testing import CliRunner

from whobuys._errors import InstructorError
from whobuys.cli.main import app
from whobuys.course._judge import verdict
from whobuys.course._units import CHECKOUT
from whobuys.desk._course_books import read_again
from whobuys.desk.course_file import read_course
from whobuys.desk.course_lookup import due_of, read_times, secret_of
from whobuys.grade import Gradebook
from whobuys.grade.class_report import refresh_class_report
from whobuys.grade.grading import gradebook_in
from whobuys.review import give_points

UNIT = "05_rfm"
BERLIN = ZoneInfo("Europe/Berlin")
HOSTILE = "<script>alert(1)</script>"
ROSTER = f"student,name\nana,Ana Silva\nli,李小明\nmal,{HOSTILE}\nzoe,=HYPERLINK(1)\n"
TERM = """\
name: Segments & more
roster: roster.csv
time_zone: Europe/Berlin
units:
  05_rfm: {due: 2026-11-09 18:00, extensions: {evening: +2 days}}
  rfm_again: {exercise: 05_rfm, due: 2026-11-30 18:00}
  06_find_segments: {due: 2026-11-16 18:00}
  07_profiles_and_personas: {due: 2026-11-16 18:00}
groups:
  first: {weight: 50, units: [best_of: [05_rfm, rfm_again]]}
  second: {weight: 50, drop_lowest: 1, units: [06_find_segments, 07_profiles_and_personas]}
student_groups: {evening: [li]}
late: {grace: 15 minutes, lost_per_day: 10 %, floor: 50 %, hard_end: 7 days}
pass_mark: 50 %
letters: {scheme: Our scale, marks: {A: 90 %, B: 50 %, F: 0 %}}
"""
NOW = "2027-02-01 12:00"


def call(*arguments: object):
    return CliRunner().invoke(app, ["course", *map(str, arguments)])


def stopped(result) -> str:
    """Return the message of a command that stopped; assert that it is one line, no traceback."""
    assert result.exit_code == 1, result.output
    assert isinstance(result.exception, SystemExit)
    message = result.stderr.strip()
    assert message.startswith("Stopped: ")
    assert "\n" not in message
    return message


@pytest.fixture
def term(tmp_path, monkeypatch):
    """Return a folder with a course file and a roster, and work in it."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    (tmp_path / "roster.csv").write_text(ROSTER, encoding="utf-8")
    (tmp_path / "course.yml").write_text(TERM, encoding="utf-8")
    return tmp_path


def store(
    book, exercise, student, credit, clock, words="You counted lines.", open_status="not_started"
):
    """Store a hand-in whose machine questions all got the same credit."""
    questions = list(exercise.questions.values())
    status = "passed" if credit == 1 else "partly"
    given = [verdict(q, status, credit, [words], "slip") for q in questions if not q.open]
    given += [verdict(q, open_status) for q in questions if q.open]
    came = dt.datetime.fromisoformat(clock).replace(tzinfo=BERLIN)
    about = {"file": "x.ipynb", "digest": "d", "fingerprint": "f", "report": "r"}
    book.store(UNIT, student, given, **about, handed_in=came)


@pytest.fixture
def graded(term, exercise):
    """Return the folder of a course in which 05_rfm and its second attempt are graded."""
    course = read_course(term / "course.yml")
    for unit in (UNIT, "rfm_again"):
        book = Gradebook(course.gradebook_of(unit))
        book.enrol([(student.id, student.name) for student in course.students])
        book.set_questions(exercise)
        if unit == UNIT:
            store(book, exercise, "ana", 0.5, "2026-11-09 17:00")
            store(book, exercise, "li", 0.75, "2026-11-12 17:00", f"{HOSTILE} `x`")
            store(book, exercise, "mal", 1, "2026-11-20 17:00")
        else:
            store(book, exercise, "ana", 1, "2026-11-30 17:00")
        book.close()
    return term


def test_new_writes_a_file_once(term):
    result = call("new", "other.yml")
    assert result.exit_code == 0
    assert "lost_per_day: 10 %" in (term / "other.yml").read_text(encoding="utf-8")
    assert "is there already" in stopped(call("new", "other.yml"))


def test_marks_as_csv_and_on_the_screen(graded):
    result = call("marks", "--at", NOW)
    assert result.exit_code == 0, result.output
    said = " ".join(result.output.split())
    assert "Note: groups" not in said
    assert "open units" in said
    students = {
        row["student"]: row
        for row in csv.DictReader(
            io.StringIO((graded / "graded" / "course_marks.csv").read_text(encoding="utf-8"))
        )
    }
    assert "06_find_segments: not graded yet" in students["ana"]["waits_for"]
    # ana's better attempt: 20 of 20. li: 15 of 20, extended to 11 November, one day late: 13.5 of
    # 20. mal: after the hard end. Only the first group counts so far.
    assert {id: float(row["so_far"]) for id, row in students.items()} == {
        "ana": 100,
        "li": 67.5,
        "mal": 0,
        "zoe": 0,
    }
    assert {row["status"] for row in students.values()} == {"not yet"}
    assert students["zoe"]["name"] == "'=HYPERLINK(1)"
    lines = (graded / "graded" / "unit_marks.csv").read_text(encoding="utf-8").splitlines()
    assert len(lines) == 1 + 4 * 4
    assert lines[5] == (
        "li,李小明,first,05_rfm,graded,15,20,0,20,2026-11-11T18:00:00+01:00,evening,"
        "2026-11-12T17:00:00+01:00,file,1380,1,1.5,13.5,67.5,,100,67.5,"
    )


def test_a_final_mark_comes_with_the_name_of_its_scale(graded):
    text = TERM.replace("  06_find_segments: {due: 2026-11-16 18:00}\n", "").replace(
        "  07_profiles_and_personas: {due: 2026-11-16 18:00}\n", ""
    )
    text = re.sub(r"  second: .*\n", "", text)
    (graded / "course.yml").write_text(text, encoding="utf-8")
    result = call("marks", "--at", NOW, "--to", "out")
    header, ana, *_ = (graded / "out" / "course_marks.csv").read_text("utf-8").splitlines()
    assert header.endswith("final,status,passed,letter,scheme,waits_for")
    assert ana == "ana,Ana Silva,100,1,1,100,final,yes,A,Our scale,"
    assert "Our scale" in result.output
    call("progress", "--at", NOW)
    page = (graded / "graded" / "progress" / "ana.html").read_text(encoding="utf-8")
    assert "<strong>100 %</strong> Final mark · passed · A on “Our scale”" in page


def test_progress_pages_tell_everything_of_one_and_nothing_of_others(graded):
    result = call("progress", "--at", NOW)
    assert result.exit_code == 0, result.output
    pages = {
        path.stem: path.read_text(encoding="utf-8")
        for path in (graded / "graded" / "progress").iterdir()
    }
    assert set(pages) == {"ana", "li", "mal", "zoe"}
    for id, page in pages.items():
        assert HOSTILE not in page
        assert "Content-Security-Policy" in page
        for other, name in (("ana", "Ana Silva"), ("li", "李小明"), ("zoe", "HYPERLINK")):
            assert (name in page) == (id == other)
    li = pages["li"]
    for words in (
        "67.50 %",
        "Due 11 November 2026, 18:00: extended for the group “evening”; otherwise 9 November",
        "Handed in 12 November 2026, 17:00 (time of the file), 23 hours late: 1 day begun.",
        "15 of 20 points.",
        "Lateness takes 10 % for each day begun: 1.5 points. 13.5 of 20 count.",
        "Weight 100.00 %: it adds 67.50.",
        "&lt;script&gt;alert(1)&lt;/script&gt; <code>x</code> Read again: lesson 05, step 1.",
        "It takes 50 % to pass.",
    ):
        assert words in li, words
    assert "Does not count: another attempt counts." in pages["ana"]
    assert "Nothing counts after 16 November 2026, 18:00." in pages["mal"]
    assert "Nothing was handed in: begin with the lesson." in pages["zoe"]
    teacher = (graded / "graded" / "class_progress.html").read_text(encoding="utf-8")
    assert "For teachers only" in teacher
    assert HOSTILE not in teacher
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in teacher
    assert "=HYPERLINK(1)</span> (zoe) stands at 0.0 %, below the pass mark, and handed" in teacher
    for link in re.findall(r"href='([^']*)'", teacher):
        assert (graded / "graded" / link).is_file()


def test_mistakes_are_not_told_before_the_unit_is_due(graded):
    assert call("progress", "--at", "2026-11-09 17:30").exit_code == 0
    page = (graded / "graded" / "progress" / "li.html").read_text(encoding="utf-8")
    assert "<code>x</code>" not in page


def test_before_anything_is_graded(term):
    assert call("marks", "--at", "2026-10-01 12:00").exit_code == 0
    assert call("progress", "--at", "2026-10-01 12:00").exit_code == 0
    page = (term / "graded" / "progress" / "ana.html").read_text(encoding="utf-8")
    assert "Nothing counts yet." in page
    assert "there is nothing to add up" in page
    assert "No unit has hand-ins" in stopped(call("grade"))
    assert "--at: 'soon' is no time" in stopped(call("marks", "--at", "soon"))
    assert "no unit '05_rfn'" in stopped(call("grade", "05_rfn"))
    assert "no course file at none.yml" in stopped(call("marks", "--course", "none.yml"))


def test_who_left_the_roster_is_named(graded):
    (graded / "roster.csv").write_text(ROSTER.replace("ana,Ana Silva\n", ""), encoding="utf-8")
    result = call("marks", "--at", NOW)
    assert "not on the roster (any more): ana." in result.output
    assert "Ana" not in (graded / "graded" / "course_marks.csv").read_text(encoding="utf-8")


def test_who_left_the_roster_gets_no_archive_and_no_place_in_the_class_report(graded):
    """Both are found by the course file above the folder, or by a roster that is named."""
    folder = graded / "graded" / UNIT
    (folder / "reports").mkdir(parents=True)
    for student in ("ana", "li", "mal"):
        (folder / "reports" / f"{student}.html").write_text("<p>report</p>", encoding="utf-8")
    (graded / "roster.csv").write_text(ROSTER.replace("ana,Ana Silva\n", ""), encoding="utf-8")

    def run(*arguments):
        result = CliRunner().invoke(app, [str(argument) for argument in arguments])
        assert result.exit_code == 0, result.output
        return result.output

    zips = ("export", "zips", UNIT, "--to", folder, "--out", graded / "zips")
    assert "Left out, on the roster no more: ana." in run(*zips)
    assert sorted(path.name for path in (graded / "zips").iterdir()) == ["li.zip", "mal.zip"]
    assert "Left out" not in run(*zips, "--student", "ana")  # who is asked for by name
    (graded / "other.csv").write_text("student\nana\nmal\n", encoding="utf-8")
    assert "no more: li." in run(*zips, "--roster", graded / "other.csv")
    for system in ("canvas", "moodle"):
        out = graded / f"{system}.csv"
        marks = ("export", system, UNIT, "--to", folder, "--out", out)
        assert "Left out, on the roster no more: ana." in run(*marks)
        assert "ana" not in out.read_text(encoding="utf-8")
        assert "no more: li, zoe." in run(*marks, "--roster", graded / "other.csv")
    said = run("class-report", UNIT, "--to", folder)
    assert "Left out, on the roster no more: ana." in said
    assert "Of 3 students" in (folder / "class_report.html").read_text(encoding="utf-8")
    book, page = gradebook_in(folder), folder / "class_report.html"
    assert not refresh_class_report(book, UNIT, page)  # who was left out stays so
    (graded / "other.csv").write_text("student\nnobody\n", encoding="utf-8")
    refused = CliRunner().invoke(
        app, [str(part) for part in (*zips, "--roster", graded / "other.csv")]
    )
    assert "Is it the one of another class?" in refused.stderr
    (graded / "course.yml").write_text("jobs: [build]\n")  # another program's
    assert "Left out" not in run("class-report", UNIT, "--to", folder)
    (graded / "course.yml").unlink()
    assert "Left out" not in run("class-report", UNIT, "--to", folder)


def test_times_from_a_list(term):
    course = read_course(term / "course.yml")
    path = term / "times.csv"
    path.write_text("Student;Unit;handed_in\nana;05_rfm;2026-10-25 02:30\nli;05_rfm;2026-11-09"
                    "T18:00Z\n", encoding="utf-8")  # fmt: skip
    times = read_times(path, course)[UNIT]
    assert times["ana"] == dt.datetime(2026, 10, 25, 0, 30, tzinfo=dt.UTC)  # the earlier 02:30
    assert times["li"] == dt.datetime(2026, 11, 9, 18, tzinfo=dt.UTC)
    head = "student,unit,handed_in\n"
    for text, words in (
        ("student,unit\n", "no column handed_in"),
        (head + "bob,05_rfm,2026-11-09 18:00\n", "line 2: no student on the roster has the id"),
        (head + "ana,05_rfn,2026-11-09 18:00\n", "line 2: the course has no unit '05_rfn'"),
        (head + "ana,05_rfm,yesterday\n", "line 2: 'yesterday' is no time; write day and hour"),
        (head + "ana,05_rfm,2026-11-09 18:00\n" * 2, "line 3: ana and 05_rfm stand twice"),
        ("", "first line should read: student,unit,handed_in"),
    ):
        path.write_text(text, encoding="utf-8")
        with pytest.raises(InstructorError, match=re.escape(words)):
            read_times(path, course)
    with pytest.raises(InstructorError, match="no list of times at"):
        read_times(term / "none.csv", course)


def test_review_takes_the_due_times_of_a_course(graded, monkeypatch):
    book = graded / "graded" / "gradebook.sqlite"
    due = due_of(graded / "course.yml", UNIT, book)
    assert due["ana"] == dt.datetime(2026, 11, 9, 17, tzinfo=dt.UTC)
    assert due["li"] == dt.datetime(2026, 11, 11, 17, tzinfo=dt.UTC)
    again = due_of(graded / "course.yml", UNIT, graded / "graded/rfm_again/gradebook.sqlite")
    assert again["li"] == dt.datetime(2026, 11, 30, 17, tzinfo=dt.UTC)
    with pytest.raises(InstructorError, match="has no unit for 05_rfm with the gradebook"):
        due_of(graded / "course.yml", UNIT, graded / "elsewhere.sqlite")

    seen = []

    class Stop(Exception):
        pass

    def sitting(*arguments):
        seen.append(arguments[-1])
        raise Stop

    monkeypatch.setattr("whobuys.review._desk.Sitting", sitting)
    options = ["review", UNIT, "--to", "graded", "--as", "Eva", "--course", "course.yml"]
    assert isinstance(CliRunner().invoke(app, options).exception, Stop)
    assert seen == [due]
    both = CliRunner().invoke(app, [*options, "--due", "2026-11-20T18:00Z"])
    assert "--due and --course do not go together" in both.stderr


@pytest.mark.parametrize(("points", "told"), [(5, False), (2.5, True)])
def test_an_open_answer_is_read_again_below_half_of_its_points(graded, exercise, points, told):
    course = read_course(graded / "course.yml")
    book = Gradebook(course.gradebook_of(UNIT))
    store(book, exercise, "ana", 1, "2026-11-09 17:00", open_status="for_review")
    book.keep_answers(UNIT, {"ana": {"q6": "My plan."}})
    assert not [one for one in read_again(course).get("ana", []) if one.unit == UNIT]
    for line, given in {1: points, 2: 2.5, 3: 2.5, 4: 0, 5: 0}.items():
        give_points(book, UNIT, "ana", "q6", line, given, "Eva")  # 10 of 20, or 7.5
    book.close()
    own = [one for one in read_again(course).get("ana", []) if one.unit == UNIT]
    assert [one.question for one in own] == (["q6"] if told else [])


@pytest.mark.slow
def test_release_and_grade_a_course(term, solution):
    (term / "roster.csv").write_text("student,name\nana,Ana\nli,Li\n", encoding="utf-8")
    text = TERM.replace("  07_profiles_and_personas: {due: 2026-11-16 18:00}\n", "")
    text = text.replace("2026-11-16 18:00}", "2026-11-16 18:00, release: 2100-01-01 09:00}")
    text = text.replace("due: 2026-11-16", "due: 2100-11-16").replace(
        "drop_lowest: 1, units: [06_find_segments, 07_profiles_and_personas]",
        "units: [06_find_segments]",
    )
    text = text.replace("due: 2026-11-30 18:00", "due: 2100-11-30 18:00, release: 2100-01-01 09:00")
    (term / "course.yml").write_text(text, encoding="utf-8")
    result = call("release")
    assert result.exit_code == 0, result.output
    said = " ".join(result.output.split())
    assert "rfm_again: not before 2100-01-01 09:00; name it to release it now." in said
    assert "06_find_segments: not before" in said
    assert [path.name for path in (term / "released").iterdir()] == [UNIT]
    assert call("release", "rfm_again").exit_code == 0

    own = {}
    for unit in (UNIT, "rfm_again"):
        folder = term / "released" / unit
        released = json.loads((folder / "students/ana" / f"{UNIT}.ipynb").read_text("utf-8"))
        own[unit] = released["metadata"]["whobuys"]
        made = copy.deepcopy(solution)
        made["metadata"]["whobuys"] = own[unit]
        place = folder / "handed_in" / "ana" / f"{UNIT}.ipynb"
        place.parent.mkdir(parents=True)
        place.write_text(json.dumps(made), encoding="utf-8")
    assert own[UNIT]["ticket"] != own["rfm_again"]["ticket"]
    tables = [sorted((term / "released" / u / "students/ana/data").iterdir()) for u in own]
    assert any(a.read_bytes() != b.read_bytes() for a, b in zip(*tables, strict=True))  # other data

    (term / "released" / UNIT / "release.json").write_text("{", encoding="utf-8")
    (term / "times.csv").write_text(
        "student,unit,handed_in\nana,rfm_again,2026-12-01 10:00\n", encoding="utf-8"
    )
    result = call("grade", "--i-trust-these-notebooks", "--times", "times.csv")
    message = stopped(result)
    assert "1 of 2 units are done. 05_rfm: " in message
    assert "release.json is damaged" in message
    assert "rfm_again: 1 graded, 0 unchanged." in " ".join(result.output.split())
    assert Path("graded/rfm_again/reports/ana.html").is_file()
    assert not (term / "graded" / "gradebook.sqlite").exists()

    assert call("marks", "--at", "2026-12-02 12:00").exit_code == 0
    rows = list(csv.DictReader((term / "graded/unit_marks.csv").read_text("utf-8").splitlines()))
    again = next(row for row in rows if (row["student"], row["unit"]) == ("ana", "rfm_again"))
    assert (again["raw"], again["out_of"], again["percent"]) == ("20", "20", "100")
    assert (again["time_from"], again["handed_in"]) == ("times.csv", "2026-12-01T10:00:00+01:00")

    folder = term / "released" / "rfm_again" / "handed_in"
    (folder / "ana" / f"{UNIT}.ipynb").unlink()
    (folder / "hello.txt").write_text("not a hand-in", encoding="utf-8")
    assert "Nothing was changed. Is it the right folder?" in stopped(call("grade", "rfm_again"))


@pytest.fixture
def released(term):
    """A course with a unit and a second attempt at it, both released; return its folder."""
    (term / "roster.csv").write_text("student,name\nana,Ana\nli,Li\n", encoding="utf-8")
    text = TERM[: TERM.index("  06_find")].replace("2026-11-09", "2100-11-09")
    (term / "course.yml").write_text(text.replace("evening", "li"), encoding="utf-8")
    result = call("release")
    assert result.exit_code == 0, result.output
    said = " ".join(result.output.split())
    assert "Your secret is in whobuys.secret. Grading needs it; back it up" in said
    assert "05_rfm: 2 new, 0 were there." in said
    return term


def test_a_second_release_says_what_is_new(released):
    with (released / "roster.csv").open("a") as roster:
        roster.write("zoe,Zoe\n")
    before = (released / "whobuys.secret").read_bytes()
    said = " ".join(call("release").output.split())
    assert "05_rfm: 1 new, 2 were there." in said
    assert "Your secret" not in said
    assert (released / "whobuys.secret").read_bytes() == before


@pytest.mark.slow
def test_grading_says_of_each_unit_who_needs_a_look(released):
    """What `whobuys grade` tells stood in a CSV file only."""
    record = json.loads((released / "released" / UNIT / "release.json").read_text("utf-8"))
    ticket = next(one["ticket"] for one in record["students"] if one["id"] == "li")
    whose = {"whobuys": {"ticket": ticket, "unit": UNIT}}
    folder = released / "released" / UNIT / "handed_in"
    folder.mkdir(exist_ok=True)
    (folder / "ana.ipynb").write_text("no notebook")
    (folder / "Untitled.ipynb").write_text("{}")
    result = call("grade", "--i-trust-these-notebooks")
    assert result.exit_code == 0, result.output
    said = " ".join(result.output.split())
    assert "05_rfm: ana: could not be graded." in said
    assert (
        "05_rfm: Not graded: Untitled.ipynb — whose is it? Put it into a folder named like the "
        "student's id."
    ) in said
    assert "05_rfm: 1 graded, 0 unchanged." in said
    (folder / "ana.ipynb").write_text(json.dumps({"cells": [], "metadata": whose}))
    said = " ".join(call("grade", "--i-trust-these-notebooks").output.split())
    assert "05_rfm: ana: graded. The notebook carries the ticket of li." in said


def test_two_of_one_name_are_told_apart_by_their_ids(graded):
    roster = ROSTER.replace("Ana Silva", "王小明").replace("李小明", "王小明")
    (graded / "roster.csv").write_text(roster, encoding="utf-8")
    assert call("progress", "--at", NOW).exit_code == 0
    page = (graded / "graded" / "class_progress.html").read_text(encoding="utf-8")
    assert "王小明</a> (ana)</th>" in page
    assert "王小明</a> (li)</th>" in page
    assert "HYPERLINK(1)</a></th>" in page


def test_a_lost_secret_is_not_replaced(released):
    (released / "whobuys.secret").rename(released / "kept")
    (released / "released" / UNIT / "handed_in" / "ana.ipynb").write_text("{}")
    for command in ("release", "grade"):
        message = stopped(call(command))
        assert "There is no secret at whobuys.secret" in message
        assert "secret: FILE" in message
        assert "--secret" not in message
        assert not (released / "whobuys.secret").exists()
    (released / "whobuys.secret").write_text("x" * 40)
    message = stopped(call("release", UNIT))
    assert "released as 05_rfm with the secret" in message
    assert "--to" not in message


def test_another_feedback_is_for_units_not_released_yet(released):
    with (released / "course.yml").open("a") as course:
        course.write("feedback: none\n")
    result = call("release", UNIT)
    assert result.exit_code == 0, result.output
    assert "It was released with feedback shape, and keeps that." in " ".join(result.output.split())


def test_marks_of_another_class_are_noticed(graded):
    said = " ".join(call("marks", "--at", NOW).output.split())
    assert "Note: 05_rfm has marks, but was not released from here" in said
    for unit in (UNIT, "rfm_again", "06_find_segments", "07_profiles_and_personas"):
        (graded / "released" / unit).mkdir(parents=True)
        (graded / "released" / unit / "release.json").write_text("{}")
    assert "another class" not in call("marks", "--at", NOW).output


def test_a_unit_mistyped_is_asked_about(term):
    (term / "course.yml").write_text(TERM.replace("  05_rfm: {", "  05_rfmm: {"), encoding="utf-8")
    message = stopped(call("marks"))
    assert "did you mean '05_rfm'? (" in message


def test_a_second_attempt_is_checked_with_its_own_secret(released):
    asked = ["check-release", "released/rfm_again"]
    message = stopped(CliRunner().invoke(app, asked))
    assert "is not the one" in message
    done = CliRunner().invoke(app, [*asked, "--course", "course.yml"])
    assert done.exit_code == 0, done.output
    assert "files of 2 students were looked through" in done.output
    with pytest.raises(InstructorError, match="no unit that is released to released"):
        secret_of(Path("course.yml"), Path("released"))
    message = stopped(CliRunner().invoke(app, ["check-release", "05_rfm"]))
    assert "in a course, released/UNIT" in message


def test_similar_work_of_a_second_attempt_is_sought_with_its_own_secret(released):
    (released / "graded" / "rfm_again").mkdir(parents=True)
    handed_in = released / "released" / "rfm_again" / "handed_in" / "ana"
    handed_in.mkdir(parents=True, exist_ok=True)
    shutil.copy(CHECKOUT / "exercises" / f"{UNIT}.ipynb", handed_in)
    asked = ["similar", UNIT, str(handed_in.parent), "--to", "graded/rfm_again"]
    assert "is not the one" in stopped(CliRunner().invoke(app, asked))
    message = stopped(CliRunner().invoke(app, [*asked, "--course", "course.yml"]))
    assert "There is no gradebook at graded/rfm_again" in message
