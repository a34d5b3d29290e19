"""The course file: what it may say, what is wrong with it, and the times it means."""

import datetime as dt
import re
from zoneinfo import ZoneInfo

import pytest

from whobuys._errors import InstructorError
from whobuys.cli.course import _template
from whobuys.desk._course_times import Span, after, days_begun, moment, read_span, read_time
from whobuys.desk.course_file import read_course

BERLIN = ZoneInfo("Europe/Berlin")
TERM = """\
name: Segments
roster: roster.csv
time_zone: Europe/Berlin
units:
  01_why_segment: {release: 2026-10-05 09:00, due: 2026-10-12 18:00}
  05_rfm:
    due: 2026-11-09 18:00
    extensions: {ana: 2026-11-12 18:00, evening: +2 days}
  rfm_again: {exercise: 05_rfm, due: 2026-11-30 18:00}
  17_capstone: {due: 2027-01-25 18:00, points: 36, late: {hard_end: 0 days}}
groups:
  exercises: {weight: 60, units: [01_why_segment, best_of: [05_rfm, rfm_again]]}
  capstone: {weight: 40, units: [17_capstone]}
student_groups: {evening: [bo, "007"]}
late: {grace: 15 minutes, lost_per_day: 10 %, floor: 50 %, hard_end: 7 days}
pass_mark: 50 %
letters: {scheme: Our scale, marks: {A: 90 %, B: 75.5 %, F: 0 %}}
"""


@pytest.fixture
def course(tmp_path):
    """Return a function that writes a course file, with changes, and reads it."""

    def make(text=TERM, *changes, roster="student,name\nana,Ana\nbo,Bo\n007,James\nno,No\n"):
        (tmp_path / "roster.csv").write_text(roster, encoding="utf-8")
        for old, new in changes:
            assert old in text
            text = text.replace(old, new)
        (tmp_path / "course.yml").write_text(text, encoding="utf-8")
        return read_course(tmp_path / "course.yml")

    return make


def utc(text):
    return dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC)


def test_what_a_file_says(course, tmp_path):
    made = course()
    assert list(made.units) == ["01_why_segment", "05_rfm", "rfm_again", "17_capstone"]
    assert made.groups["exercises"].units == [("01_why_segment",), ("05_rfm", "rfm_again")]
    assert made.late.lost_per_day == 0.1
    assert made.late.grace == Span(minutes=15)
    assert made.letters.marks == {"A": 0.9, "B": 0.755, "F": 0}
    assert made.units["17_capstone"].points == 36
    assert made.late_rule("17_capstone").lost_per_day == 0
    assert made.late_rule("05_rfm") is made.late
    assert [student.id for student in made.students] == ["ana", "bo", "007", "no"]
    assert made.exercise_of("rfm_again") == "05_rfm"
    assert made.released_folder("05_rfm") == tmp_path / "released" / "05_rfm"
    assert made.notes() == []


def test_due_times_with_extensions(course):
    made = course()
    assert made.due("01_why_segment") == utc("2026-10-12T16:00")  # summer: UTC+2
    assert made.due("05_rfm") == utc("2026-11-09T17:00")  # winter: UTC+1
    assert made.due("05_rfm", "no") == utc("2026-11-09T17:00")
    assert made.due("05_rfm", "ana") == utc("2026-11-12T17:00")
    assert made.due("05_rfm", "007") == utc("2026-11-11T17:00")
    assert made.extended_by("05_rfm", "007") == "evening"
    assert made.extended_by("05_rfm", "no") == ""
    none = course(TERM, ("+2 days", "+0 days"))
    assert none.extended_by("05_rfm", "bo") == ""
    both = course(TERM, ("evening: [bo,", "evening: [bo, ana,"))
    assert both.due("05_rfm", "ana") == utc("2026-11-12T17:00")  # of two the longer
    assert both.extended_by("05_rfm", "ana") == "ana"
    assert both.hard_end("05_rfm", "ana") == utc("2026-11-19T17:00")
    assert both.in_grace_until("05_rfm", "bo") == utc("2026-11-11T17:15")


def test_two_attempts_have_other_data_and_an_own_gradebook(course, tmp_path):
    made = course()
    first, again = (made.secret_of(unit, make=True) for unit in ("05_rfm", "rfm_again"))
    assert first.case_seed("05_rfm", "ana") != again.case_seed("05_rfm", "ana")
    assert first.ticket("05_rfm", "ana") != again.ticket("05_rfm", "ana")
    assert made.secret_of("rfm_again") == again
    assert first.place == again.place == made.folder / made.secret
    assert made.gradebook_of("05_rfm") == tmp_path / "graded" / "gradebook.sqlite"
    assert made.gradebook_of("rfm_again") == tmp_path / "graded" / "rfm_again" / "gradebook.sqlite"
    far = course(TERM + "gradebook: postgresql://t@server/marks\n")
    assert far.gradebook_of("05_rfm") == "postgresql://t@server/marks"


def test_without_groups_all_units_make_one(course):
    text = re.sub(r"groups:\n(  .*\n)+?(?=student)", "", TERM)
    made = course(text)
    assert [one for group in made.groups.values() for one in group.units] == [
        (unit,) for unit in made.units
    ]


def test_the_file_that_new_writes_can_be_read(course):
    made = course(_template())
    assert made.groups["exercises"].drop_lowest == 1
    assert made.late.floor == 0.5
    uncommented = re.sub(r"^(\s*)# (?=(extensions|rfm_again|student_groups|letters|  \w+:))", r"\1",
                         _template(), flags=re.MULTILINE)  # fmt: skip
    uncommented = uncommented.replace(
        "units: [01_why_segment, 05_rfm, 06_find_segments]\n    # units", "units"
    )
    everything = course(uncommented, roster="student\nana\nbo\ncai\n")
    assert everything.letters.scheme == "Our scale"
    assert everything.student_groups == {"evening": ["bo", "cai"]}
    assert everything.groups["exercises"].units[1] == ("05_rfm", "rfm_again")
    assert len(everything.units["05_rfm"].extensions) == 2


@pytest.mark.parametrize(
    ("old", "new", "line", "words"),
    [
        ("name: Segments", "nam: Segments", 1, "nam: unknown key; did you mean 'name'?"),
        ("Europe/Berlin", "Berlin", 3, "time_zone: 'Berlin' is no time zone; write a name like"),
        ("Europe/Berlin", "../../etc/passwd", 3, "is no time zone"),
        ("due: 2026-11-09 18:00", "due: 2026-11-09", 7, "units.05_rfm.due: '2026-11-09' is no"),
        ("due: 2026-11-09 18:00", "due: 2026-02-30 18:00", 7, "write day and hour like"),
        ("due: 2026-11-09 18:00", "due: 9999-12-31 18:00", 7, "write day and hour like"),
        ("  05_rfm:\n", "  05_rfn:\n", 6, "there is no exercise '05_rfn'; did you mean '05_rfm'?"),
        ("  rfm_again:", "  ../rfm:", 9, "units.../rfm: becomes a folder name; use letters"),
        ("exercise: 05_rfm", "exercise: key", 9, "units.rfm_again.exercise: there is no"),
        ("{exercise: 05_rfm, due: 2026-11-30 18:00}", "soon", 9, "needs keys and values below"),
        ("exercise: 05_rfm, due: 2026-11-30 18:00", "exercise: 05_rfm", 9, "due: is missing; add"),
        ("points: 36", "points: many", 10, "points: must be a plain number, is 'many'"),
        ("points: 36", "points: nan", 10, "points: must be a plain number"),
        ("points: 36", "points: -1", 10, "points: must be more than 0, is -1"),
        ("release: 2026-10-05", "release: 2026-10-15", 5, "release: is not before it is due"),
        ("ana: 2026-11-12", "ana: 2026-11-02", 8, "extensions.ana: ends before the unit is due"),
        ("ana: 2026-11-12", "anna: 2026-11-12", 8, "neither a student's id nor a student group;"),
        ("+2 days", "two days", 8, "'two days' is no extension; write a time like"),
        ("weight: 60", "weight: 60 %", 12, "weight: must be a plain number, is '60 %'"),
        ("weight: 60", "weight: 0", 12, "groups.exercises.weight: must be more than 0"),
        ("weight: 60", "drop_lowest: 2", 12, "2 of 2 leaves nothing that counts; drop fewer"),
        ("weight: 60", "drop_lowest: -1", 12, "drop_lowest: must be 0 or more"),
        ("weight: 60", "drop_lowest: 1.5", 12, "drop_lowest: must be a whole number"),
        ("[17_capstone]", "[17_capstone, 05_rfn]", 13, "no unit '05_rfn'; did you mean '05_rfm'"),
        ("best_of: [05_rfm, rfm_again]", "05_rfm", 9, "rfm_again: stands in no group; add it"),
        ("best_of: [05_rfm, rfm_again]", "best_of: [05_rfm]", 12, "a unit's name, or best_of"),
        ("[17_capstone]", "[17_capstone, 05_rfm]", 13, "'05_rfm' stands in the groups twice"),
        ("[17_capstone]", "17_capstone", 13, "groups.capstone.units: must be a list"),
        ("again: {", "again: {weight: 2, ", 12, "of a best_of must have the same weight"),
        ("evening: [bo", "evening: [bob", 14, "no student has the id 'bob'; did you mean 'bo'?"),
        ("evening: [bo", "no: [bo], evening: [bo", 14, "student_groups.no: is a student's id too"),
        ("lost_per_day: 10 %", "lost_per_day: 0.1", 15, "'0.1' is no share; write a percentage"),
        ("lost_per_day: 10 %", "lost_per_day: 110 %", 15, "at most 100 %"),
        ("grace: 15 minutes", "grace: 15", 15, "late.grace: '15' is no length of time; write"),
        ("grace: 15 minutes", "grace: 8 days", 15, "late.hard_end: comes before the grace is"),
        ("pass_mark: 50 %", "pass_mark: [50 %]", 16, "must be one value, not a list"),
        ("pass_mark: 50 %", "decimals: 3", 16, "decimals: must be 0, 1 or 2, is 3"),
        ("pass_mark: 50 %", "feedback: all", 16, "'all' is none of shape, full, none; choose one"),
        ("F: 0 %", "F: 10 %", 17, "letters.marks: the last letter must begin at 0 %"),
        ("B: 75.5 %", "B: 95 %", 17, "letters.marks.B: must begin lower than the letter before"),
        ("scheme: Our scale, ", "", 17, "letters.scheme: is missing; add it"),
        ("name: Segments", "name: ' '", 1, "name: is empty; write something"),
        ("pass_mark: 50 %", "name: Twice", 16, "the key 'name' stands there twice; keep one"),
        ("pass_mark: 50 %", "pass_mark: [50 %", 17, "this cannot be read as YAML"),
        ("grace: 15 minutes", "grace: &a 15 minutes", 16, "*a refers to another place"),
    ],
)
def test_a_fault_is_named_with_line_key_and_mend(course, tmp_path, old, new, line, words):
    after_it = [("pass_mark: 50 %", "pass_mark: *a")] if "&a" in new else []
    with pytest.raises(InstructorError) as caught:
        course(TERM, (old, new), *after_it)
    said = str(caught.value)
    assert said.startswith(f"{tmp_path / 'course.yml'}, line {line}: ")
    assert words in said
    assert "\n" not in said


def test_of_several_faults_the_first_is_told(course):
    with pytest.raises(InstructorError, match=r"line 3: time_zone.*\(2 more after this one\.\)"):
        course(TERM, ("Europe/Berlin", "Berlin"), ("50 %", "half"))


def test_files_that_are_no_course(course, tmp_path):
    for text, words in (("", "must hold keys"), ("- a", "must hold"), ("[" * 3000, "deep|YAML")):
        with pytest.raises(InstructorError, match=words):
            course(text)
    with pytest.raises(InstructorError, match=r"no course file at .* `whobuys course new`"):
        read_course(tmp_path / "none.yml")
    (tmp_path / "latin.yml").write_bytes("name: Käse".encode("latin-1"))
    with pytest.raises(InstructorError, match="not UTF-8"):
        read_course(tmp_path / "latin.yml")
    with pytest.raises(InstructorError, match="cannot be read"):
        read_course(tmp_path)
    with pytest.raises(InstructorError, match="no roster"):
        course(TERM, ("roster.csv", "none.csv"))


def test_what_is_odd_but_not_wrong_is_noted(course):
    made = course(TERM, ("due: 2027-01-25 18:00", "due: 2027-03-28 02:30"), ("60", "50"))
    assert made.due("17_capstone") == utc("2027-03-28T01:30")
    assert made.notes() == [
        "units.17_capstone.due: the clocks of Europe/Berlin show 2027-03-28 02:30 twice or not at "
        "all; it counts as 03:30 (UTC+0200).",
        "groups: the weights add up to 90; they count as shares: exercises 55.56 %, "
        "capstone 44.44 %.",
    ]


# In Berlin the clocks go from 02:00 to 03:00 on 29 March 2026 (UTC+1 to UTC+2), and from 03:00 to
# 02:00 on 25 October 2026 (UTC+2 to UTC+1).
@pytest.mark.parametrize(
    ("clock", "later", "earlier"),
    [
        ("2026-03-29 02:30", "2026-03-29T01:30", "2026-03-29T00:30"),  # never: 03:30, or 01:30
        ("2026-10-25 02:30", "2026-10-25T01:30", "2026-10-25T00:30"),  # twice: the second, first
        ("2026-10-25 03:00", "2026-10-25T02:00", "2026-10-25T02:00"),
        ("2026-10-25 02:30+02:00", "2026-10-25T00:30", "2026-10-25T00:30"),  # exact
        ("2026-10-25T02:30Z", "2026-10-25T02:30", "2026-10-25T02:30"),
    ],
)
def test_the_lost_and_the_doubled_hour(clock, later, earlier):
    assert moment(read_time(clock), BERLIN) == utc(later)
    assert moment(read_time(clock), BERLIN, later=False) == utc(earlier)


def test_days_are_days_of_the_clock():
    due = utc("2026-10-24T16:00")  # Saturday 18:00, UTC+2; Sunday has 25 hours
    assert after(due, Span(days=1), BERLIN) == utc("2026-10-25T17:00")
    assert after(due, Span(minutes=1440), BERLIN) == utc("2026-10-25T16:00")
    counts = {"2026-10-24T16:00": 0, "2026-10-24T16:01": 1, "2026-10-25T17:00": 1}
    counts |= {"2026-10-25T17:01": 2, "2026-10-26T17:00": 2, "2026-11-24T17:01": 32}
    for came, days in counts.items():
        assert days_begun(due, utc(came), BERLIN) == days, came
    spring = utc("2026-03-28T17:00")  # Saturday 18:00, UTC+1; Sunday has 23 hours
    assert days_begun(spring, utc("2026-03-29T16:00"), BERLIN) == 1
    assert days_begun(spring, utc("2026-03-29T16:01"), BERLIN) == 2


def test_lengths_of_time():
    assert read_span("1 hour") == Span(minutes=60)
    for text in ("", "days", "-1 days", "1.5 days", "2 weeks", "999999 days"):
        with pytest.raises(ValueError, match="no length of time"):
            read_span(text)
