"""What a course sends to Canvas and Moodle: its own numbers, and never a mark that can change."""

import math

import pandas as pd
import pytest

from tests.desk.test_course_marks import LATER, ONE, SHEETS, TERM, at, sheet
from whobuys._errors import InstructorError
from whobuys.desk.course_export import course_marks_out, unit_marks_out
from whobuys.desk.course_file import read_course
from whobuys.desk.course_marks import full_marks, student_marks, unit_marks

LATE = "late: {grace: 15 minutes, lost_per_day: 10 %, floor: 50 %, hard_end: 7 days}\n"
IN_TIME = "2026-11-09 12:00"


@pytest.fixture
def course(tmp_path):
    """Return a function that reads a course file from its text."""

    def make(text=TERM, students="ana,bo,cai"):
        roster = "student\n" + students.replace(",", "\n") + "\n"
        (tmp_path / "roster.csv").write_text(roster, encoding="utf-8")
        (tmp_path / "course.yml").write_text(text, encoding="utf-8")
        return read_course(tmp_path / "course.yml")

    return make


def out(term, unit, sheets, clock=LATER, said=(), **options):
    """Return what goes out of a unit, by student."""
    now = at(clock)
    units = unit_marks(term, sheets, now)
    made = unit_marks_out(term, unit, units, sheets[unit], dict(said), now, **options)
    return made.set_index("student")


def one_unit(course, students, table, clock=LATER, **options):
    return out(course(ONE + LATE, students), "05_rfm", {"05_rfm": table}, clock, **options)


def test_the_marks_of_a_unit_are_those_that_count_after_lateness(course):
    term = course()
    units = unit_marks(term, SHEETS, at(LATER)).set_index(["unit", "student"])
    for unit, table in SHEETS.items():
        made = out(term, unit, SHEETS, zeros=True)
        assert made.index.tolist() == ["ana", "bo", "cai"]
        for student, row in made.iterrows():
            if (unit, student) == ("17_capstone", "cai"):
                assert (math.isnan(row["mark"]), row["state"]) == (True, "waits to be marked")
            else:
                assert row["mark"] == pytest.approx(units.loc[(unit, student), "counted"])
        assert set(made["of"]) == {full_marks(term, unit, table)}
    assert full_marks(term, "17_capstone", SHEETS["17_capstone"]) == 36  # its `points`
    assert full_marks(term, "05_rfm", SHEETS["05_rfm"]) == 40


def test_the_feedback_says_what_lateness_cost_if_it_did(course):
    said = {"ana": "q1: 4 of 4", "bo": "q1: 2 of 4"}
    made = out(course(), "02_data_and_archive", SHEETS, said=said)
    assert made["mark"].fillna(-1).tolist() == [36, 18, -1]  # an own extension; a day late; nothing
    assert made["state"].tolist() == ["given", "given", "nothing handed in"]
    assert made["feedback"].tolist() == [
        "q1: 4 of 4",
        "Lateness takes 10 % for each day begun: 2 points. 18 of 40 count.\nq1: 2 of 4",
        "",
    ]
    ended = out(course(), "05_rfm", SHEETS).loc["bo"]
    assert (ended["mark"], ended["state"]) == (0, "given")
    assert ended["feedback"] == "Nothing counts after 9 November 2026, 18:00."


def test_what_is_dropped_or_has_a_better_attempt_goes_out_as_a_unit(course):
    term = course()
    assert out(term, "04_rules_and_tests", SHEETS).loc["ana", "mark"] == 30  # dropped
    assert out(term, "05_rfm", SHEETS).loc["ana", "mark"] == 20  # the worse attempt
    assert out(term, "rfm_again", SHEETS).loc["ana", "mark"] == pytest.approx(30.4)


def test_nothing_goes_out_before_a_students_own_due_time(course):
    table = SHEETS["02_data_and_archive"]
    early = {"said": {"bo": "q1"}, "partial": True, "zeros": True}
    made = out(
        course(), "02_data_and_archive", {"02_data_and_archive": table}, "2026-10-20 18:16", **early
    )
    assert made["state"].tolist() == ["given", "can still be handed in anew", "not due yet"]
    assert made["mark"].fillna(-1).tolist() == [36, -1, -1]
    waiting = sheet(ana=(20, 20, 20, IN_TIME))
    assert one_unit(course, "ana", waiting, "2026-11-09 18:15", partial=True).loc[
        "ana", "state"
    ] == ("can still be handed in anew")


def test_who_handed_in_nothing_gets_no_mark_unless_asked_for(course):
    table = sheet(ana=(30, 40, 0, IN_TIME), bo=None)
    made = one_unit(course, "ana,bo,new", table, "2026-11-12 12:00")
    assert made["mark"].fillna(-1).tolist() == [30, -1, -1]
    assert made["state"].tolist()[1:] == ["nothing handed in, and late work still counts"] * 2
    assert one_unit(course, "ana,bo,new", table)["state"].tolist()[1:] == ["nothing handed in"] * 2
    assert one_unit(course, "ana,bo,new", table, zeros=True)["mark"].tolist() == [30, 0, 0]


def test_who_waits_for_a_person_gets_a_mark_only_if_asked_for(course):
    """Ana waits and is a day late, Bo left the question blank, Cai is past the hard end."""
    table = sheet(
        ana=(20, 20, 20, "2026-11-10 12:00"),
        bo=(10, 20, 0, IN_TIME),
        cai=(20, 20, 20, "2026-11-30 12:00"),
    )
    made = one_unit(course, "ana,bo,cai", table)
    assert made["mark"].fillna(-1).tolist() == [-1, -1, 0]
    assert made["state"].tolist()[:2] == [
        "waits to be marked",
        "open answers are still being marked",
    ]
    assert set(made["of"]) == {40}  # what they will be out of, not what is settled
    made = one_unit(course, "ana,bo,cai", table, partial=True)
    assert made["mark"].tolist() == [18, 10, 0]
    only_open = sheet(ana=(0, 0, 40, IN_TIME))
    assert one_unit(course, "ana", only_open, partial=True).loc["ana", "state"] == (
        "waits to be marked"
    )


def test_an_open_question_that_nobody_answered_is_no_part_of_the_unit(course):
    made = one_unit(course, "ana,bo", sheet(ana=(20, 20, 0, IN_TIME), bo=(10, 20, 0, IN_TIME)))
    assert made["mark"].tolist() == [20, 10]  # 100 % and 50 %, as in unit_marks.csv
    assert set(made["of"]) == {20}
    nothing = one_unit(course, "ana", sheet(ana=(0, 0, 0, IN_TIME)), out_of=10)
    assert nothing.loc["ana", ["of", "state"]].tolist() == [10, "nothing counts yet"]


def test_a_lost_run_has_no_mark(course):
    table = sheet(ana=(30, 40, 0, IN_TIME), bo=(0, 40, 0, IN_TIME))
    table.loc[1, ["total", "state"]] = [math.nan, "not graded yet"]
    made = one_unit(course, "ana,bo", table, partial=True, zeros=True)
    assert made["mark"].fillna(-1).tolist() == [30, -1]
    assert made.loc["bo", "state"] == "not graded yet"


def test_marks_are_brought_to_other_points_and_rounded_once_half_up(course):
    table = sheet(ana=(10.05, 40, 0, "2026-11-10 12:00"), bo=(40, 40, 0, IN_TIME))
    assert one_unit(course, "ana,bo", table)["mark"].tolist() == [9.05, 40]  # 9.045
    made = one_unit(course, "ana,bo", table, out_of=100)
    assert made["mark"].tolist() == [22.61, 100]  # 22.6125
    assert set(made["of"]) == {100}
    for wrong in (0, math.nan, math.inf):
        with pytest.raises(InstructorError, match="--out-of must be a number more than 0"):
            one_unit(course, "ana,bo", table, out_of=wrong)


def test_the_mark_of_the_course_goes_out_only_where_it_is_final(course):
    term = course()
    students = student_marks(term, unit_marks(term, SHEETS, at(LATER)))
    made = course_marks_out(term, students).set_index("student")
    assert made["mark"].fillna(-1).tolist() == [82, 58, -1]
    pd.testing.assert_series_equal(
        made["mark"].reset_index(drop=True), students["final"], check_names=False
    )
    assert set(made["of"]) == {100}
    assert made["state"].tolist() == ["given", "given", "17_capstone: waits to be marked"]
    assert made["feedback"].tolist() == [
        "Final mark: 82 %, passed, B on “Our scale”.",
        "Final mark: 58 %, passed, C on “Our scale”.",
        "",
    ]
    so_far = course_marks_out(term, students, partial=True, out_of=20).set_index("student")
    assert so_far["mark"].tolist() == [16.4, 11.6, 12.67]  # 63.3333 % of 20
    assert set(so_far["of"]) == {20}
    assert so_far.loc["cai", "feedback"] == "So far: 63.33 %, 4 of 4 that will count."


def test_without_a_pass_mark_and_letters_only_the_mark_is_told(course):
    term = course(ONE + "decimals: 1\n", "ana,bo")
    sheets = {"05_rfm": sheet(ana=(31.3, 40, 0, IN_TIME), bo=None)}
    made = course_marks_out(term, student_marks(term, unit_marks(term, sheets, at(LATER))))
    assert made["mark"].tolist() == [78.3, 0]  # nothing handed in counts as 0 in a course
    assert made["feedback"].tolist() == ["Final mark: 78.3 %.", "Final mark: 0.0 %."]
    early = student_marks(term, unit_marks(term, {}, at("2026-10-01 12:00")))
    made = course_marks_out(term, early, partial=True)
    assert made["mark"].isna().all()
    assert set(made["state"]) == {"05_rfm: not due yet"}
