"""Marks of a course against a spreadsheet worked by hand, and the rules one by one."""

import datetime as dt
import math
import random
from zoneinfo import ZoneInfo

import pandas as pd
import pytest

from whobuys._errors import InstructorError
from whobuys.course._units import CHECKOUT
from whobuys.desk.course_file import read_course
from whobuys.desk.course_marks import (
    UNIT_COLUMNS,
    letter_of,
    rounded,
    student_marks,
    unit_marks,
)

BERLIN = ZoneInfo("Europe/Berlin")
WORTH = 40.0
TERM = """\
name: Segments
roster: roster.csv
time_zone: Europe/Berlin
units:
  01_why_segment: {due: 2026-10-12 18:00}
  02_data_and_archive:
    due: 2026-10-19 18:00
    extensions: {evening: +2 days, ana: 2026-10-20 18:00}
  04_rules_and_tests: {due: 2026-10-26 18:00, weight: 2}
  05_rfm: {due: 2026-11-02 18:00}
  rfm_again: {exercise: 05_rfm, due: 2026-11-30 18:00}
  17_capstone: {due: 2027-01-25 18:00, points: 36}
groups:
  exercises:
    weight: 60
    drop_lowest: 1
    units: [01_why_segment, 02_data_and_archive, 04_rules_and_tests, best_of: [05_rfm, rfm_again]]
  capstone: {weight: 30, units: [17_capstone]}
student_groups: {evening: [bo, cai]}
late: {grace: 15 minutes, lost_per_day: 10 %, floor: 50 %, hard_end: 7 days}
pass_mark: 58 %
letters: {scheme: Our scale, marks: {A: 90 %, B: 80 %, C: 55 %, F: 0 %}}
"""
ONE = """\
name: One
roster: roster.csv
time_zone: Europe/Berlin
units:
  05_rfm: {due: 2026-11-09 18:00}
"""
LATER = "2027-02-10 12:00"


@pytest.fixture
def course(tmp_path):
    """Return a function that reads a course file from its text."""

    def make(text=TERM, students="ana,bo,cai"):
        roster = "student\n" + students.replace(",", "\n") + "\n"
        (tmp_path / "roster.csv").write_text(roster, encoding="utf-8")
        (tmp_path / "course.yml").write_text(text, encoding="utf-8")
        return read_course(tmp_path / "course.yml")

    return make


def at(clock):
    return dt.datetime.fromisoformat(clock).replace(tzinfo=BERLIN)


def sheet(worth=WORTH, **hand_ins):
    """Return a mark sheet: student = (total, out_of, to_mark, time of the clock), or None."""
    rows = []
    for student, hand_in in hand_ins.items():
        total, out_of, to_mark, clock = hand_in or (0, worth, 0, None)
        rows.append(
            {
                "student": student,
                "total": total,
                "out_of": out_of,
                "to_mark": to_mark,
                "state": "graded" if hand_in else "nothing handed in",
                "handed_in": at(clock) if clock else None,
                "time_from": "file" if clock else "",
                "worth": worth,
            }
        )
    made = pd.DataFrame(rows)
    made["handed_in"] = pd.to_datetime(made["handed_in"], utc=True)
    return made


def one(table, student, unit):
    rows = table[(table["student"] == student) & (table["unit"] == unit)]
    assert len(rows) == 1
    return rows.iloc[0]


SHEETS = {
    "01_why_segment": sheet(
        ana=(32, 40, 0, "2026-10-12 17:00"), bo=None, cai=(10, 40, 0, "2026-10-12 18:00")
    ),
    "02_data_and_archive": sheet(
        ana=(36, 40, 0, "2026-10-20 17:59"), bo=(20, 40, 0, "2026-10-21 18:16"), cai=None
    ),
    "04_rules_and_tests": sheet(
        ana=(30, 40, 0, "2026-10-26 18:10"),
        bo=(40, 40, 0, "2026-11-02 18:00"),
        cai=(20, 40, 0, "2026-10-20 09:00"),
    ),
    "05_rfm": sheet(
        ana=(20, 40, 0, "2026-11-02 17:00"),
        bo=(40, 40, 0, "2026-11-09 18:01"),
        cai=(22, 40, 0, "2026-11-02 17:00"),
    ),
    "rfm_again": sheet(
        ana=(38, 40, 0, "2026-12-01 18:30"), bo=None, cai=(10, 40, 0, "2026-11-30 17:00")
    ),
    "17_capstone": sheet(
        ana=(30, 40, 0, "2027-01-25 12:00"),
        bo=(40, 40, 0, "2027-01-25 12:00"),
        cai=(20, 20, 20, "2027-01-25 12:00"),
    ),
}

# The spreadsheet. Columns: late minutes, days begun, lost, counted, percent, dropped.
SPREADSHEET = {
    # =32/40
    ("ana", "01_why_segment"): (0, 0, 0, 32, 80, ""),
    # Own extension to 20 October 18:00: in time. =36/40
    ("ana", "02_data_and_archive"): (0, 0, 0, 36, 90, ""),
    # 10 minutes, within the grace of 15. =30/40, the lowest of 80, 90, 75, 76
    ("ana", "04_rules_and_tests"): (10, 0, 0, 30, 75, "lowest of its group"),
    # The earlier attempt is the worse one. =20/40
    ("ana", "05_rfm"): (0, 0, 0, 20, 50, "another attempt counts"),
    # 24 h 30 min: two days begun. Lost =38*2*10%, counted =38-7.6, =30.4/40
    ("ana", "rfm_again"): (1470, 2, 7.6, 30.4, 76, ""),
    # 36 points are full marks. =30/36
    ("ana", "17_capstone"): (0, 0, 0, 30, 250 / 3, ""),
    ("bo", "01_why_segment"): (None, 0, 0, 0, 0, ""),
    # Extension of the group to 21 October 18:00; 16 minutes are more than the grace.
    # Lost =20*1*10%, counted =20-2, =18/40
    ("bo", "02_data_and_archive"): (16, 1, 2, 18, 45, ""),
    # 7 days to the minute. Lost =40*MIN(7*10%, 1-50%), counted =40-20, =20/40
    ("bo", "04_rules_and_tests"): (10080, 7, 20, 20, 50, ""),
    # One minute after the hard end. Of the entries 0, 45, 50, 0 two are lowest: the later goes
    ("bo", "05_rfm"): (10081, 8, 40, 0, 0, "lowest of its group"),
    ("bo", "rfm_again"): (None, 0, 0, 0, 0, "another attempt counts"),
    # =MIN(40,36)/36
    ("bo", "17_capstone"): (0, 0, 0, 36, 100, ""),
    ("cai", "01_why_segment"): (0, 0, 0, 10, 25, ""),
    ("cai", "02_data_and_archive"): (None, 0, 0, 0, 0, "lowest of its group"),
    ("cai", "04_rules_and_tests"): (0, 0, 0, 20, 50, ""),
    ("cai", "05_rfm"): (0, 0, 0, 22, 55, ""),
    # The later attempt is the worse one. =10/40
    ("cai", "rfm_again"): (0, 0, 0, 10, 25, "another attempt counts"),
    # Half of the points wait: full marks =36*20/40. =MIN(20,18)/18
    ("cai", "17_capstone"): (0, 0, 0, 18, 100, ""),
}
# Weights: groups =60/90 and =30/90; exercises of ana 1, 1, 1, of bo 1, 1, 2, of cai 1, 2, 1
WEIGHTS = {
    ("ana", "01_why_segment"): 200 / 9,  # =100*60/90*1/3
    ("ana", "rfm_again"): 200 / 9,
    ("ana", "17_capstone"): 100 / 3,  # =100*30/90
    ("bo", "01_why_segment"): 100 / 6,  # =100*60/90*1/4
    ("bo", "04_rules_and_tests"): 100 / 3,  # =100*60/90*2/4
    ("cai", "05_rfm"): 100 / 6,
}
# ana: =60/90*AVERAGE(80,90,76)+30/90*250/3 =60/90*82+27.7778 =82.4444
# bo:  =60/90*(0*1+45*1+50*2)/4+30/90*100   =60/90*36.25+33.3333 =57.5, half up 58
# cai: =60/90*(25*1+50*2+55*1)/4+30/90*100  =60/90*45+33.3333 =63.3333, not final
SO_FAR = {"ana": 742 / 9, "bo": 57.5, "cai": 190 / 3}


def test_against_a_spreadsheet_worked_by_hand(course):
    before = {unit: table.copy() for unit, table in SHEETS.items()}
    term = course()
    units = unit_marks(term, SHEETS, at(LATER))
    assert list(units.columns) == UNIT_COLUMNS
    assert len(units) == 18
    for (student, unit), expected in SPREADSHEET.items():
        row = one(units, student, unit)
        late, days, lost, counted, percent, dropped = expected
        where = f"{student}, {unit}"
        assert math.isnan(row["late_minutes"]) if late is None else row["late_minutes"] == late
        assert row["days_late"] == days, where
        assert row["lost"] == pytest.approx(lost), where
        assert row["counted"] == pytest.approx(counted), where
        assert row["percent"] == pytest.approx(percent), where
        assert row["dropped"] == dropped, where
        assert math.isnan(row["weight"]) == bool(dropped), where
    for (student, unit), weight in WEIGHTS.items():
        assert one(units, student, unit)["weight"] == pytest.approx(weight)
    students = student_marks(term, units).set_index("student")
    for student, so_far in SO_FAR.items():
        assert students.loc[student, "so_far"] == pytest.approx(so_far)
    shown = ["final", "status", "passed", "letter", "scheme", "waits_for"]
    assert students.loc["ana", shown].tolist() == [82, "final", "yes", "B", "Our scale", ""]
    assert students.loc["bo", shown].tolist() == [58, "final", "yes", "C", "Our scale", ""]
    waits = "17_capstone: waits to be marked"
    assert math.isnan(students.loc["cai", "final"])
    assert students.loc["cai", shown[1:]].tolist() == ["not yet", "", "", "", waits]
    assert students["units_counted"].tolist() == [4, 4, 4]
    assert students["units"].tolist() == [4, 4, 4]
    for unit, table in SHEETS.items():
        pd.testing.assert_frame_equal(table, before[unit])


def test_whose_extension_and_which_times_are_told(course):
    units = unit_marks(course(), SHEETS, at(LATER))
    ana, bo = (one(units, student, "02_data_and_archive") for student in ("ana", "bo"))
    assert (ana["extended_by"], bo["extended_by"]) == ("ana", "evening")
    assert ana["due"].isoformat() == "2026-10-20T18:00:00+02:00"
    assert bo["handed_in"].isoformat() == "2026-10-21T18:16:00+02:00"
    assert (bo["time_from"], bo["state"]) == ("file", "graded")
    assert one(units, "bo", "05_rfm")["state"] == "after the hard end"
    assert one(units, "bo", "01_why_segment")["state"] == "nothing handed in"


def test_so_far_and_final_through_the_term(course):
    term = course()
    graded = {unit: SHEETS[unit] for unit in ("01_why_segment", "04_rules_and_tests")}
    early = student_marks(term, unit_marks(term, {}, at("2026-10-01 12:00")))
    assert early["so_far"].isna().all()
    assert early["units_counted"].tolist() == [0, 0, 0]
    assert early.loc[0, "waits_for"].startswith("01_why_segment: not due yet; ")

    units = unit_marks(term, graded, at("2026-10-30 12:00"))
    made = student_marks(term, units).set_index("student")
    # ana: of 80 (weight 1) and 75 (weight 2) the lower is dropped. The capstone's weight is not
    # there yet: the exercises are all of it.
    assert made.loc["ana", "so_far"] == pytest.approx(80)
    assert made.loc["bo", "so_far"] == pytest.approx(50)
    assert set(made["status"]) == {"not yet"}
    assert one(units, "ana", "02_data_and_archive")["state"] == "not graded yet"
    assert one(units, "ana", "05_rfm")["state"] == "not due yet"
    missing = one(units, "bo", "01_why_segment")
    assert (missing["percent"], missing["still_open"]) == (0, "")
    assert math.isnan(one(units, "bo", "02_data_and_archive")["percent"])

    during = unit_marks(term, graded, at("2026-10-14 12:00"))
    assert one(during, "bo", "01_why_segment")["still_open"] == (
        "nothing handed in, and late work still counts"
    )
    before = unit_marks(term, graded, at("2026-10-12 18:15"))
    assert one(before, "bo", "01_why_segment")["state"] == "not due yet"  # the grace is not over
    assert math.isnan(one(before, "bo", "01_why_segment")["percent"])
    assert one(before, "ana", "01_why_segment")["still_open"] == "can still be handed in anew"


def test_what_one_can_still_hand_in_is_not_counted_as_dropped(course):
    term = course()
    sheets = {"01_why_segment": SHEETS["01_why_segment"]}
    units = unit_marks(term, sheets, at("2026-10-20 12:00"))
    assert one(units, "cai", "01_why_segment")["dropped"] == ""  # one always stays
    assert student_marks(term, units).set_index("student").loc["cai", "so_far"] == 25


def test_of_equal_shares_the_heavier_then_the_later_is_dropped(course):
    text = ONE.replace("  05_rfm: {due: 2026-11-09 18:00}\n", "") + "".join(
        f"  {unit}: {{due: 2026-11-09 18:00, weight: {weight}}}\n"
        for unit, weight in (("01_why_segment", 3), ("02_data_and_archive", 1), ("05_rfm", 1))
    )
    names = "[01_why_segment, 02_data_and_archive, 05_rfm]"
    text += f"groups: {{all: {{drop_lowest: 1, units: {names}}}}}\n"
    term = course(text, "ana")
    came = "2026-11-09 12:00"
    sheets = {
        "01_why_segment": sheet(ana=(20, 40, 0, came)),
        "02_data_and_archive": sheet(ana=(20, 40, 0, came)),
        "05_rfm": sheet(ana=(40, 40, 0, came)),
    }
    units = unit_marks(term, sheets, at(LATER))
    assert units["dropped"].tolist() == ["lowest of its group", "", ""]
    assert units["weighted"].sum() == pytest.approx(75)  # =(50+100)/2
    sheets["01_why_segment"] = sheets["05_rfm"]
    sheets["05_rfm"] = sheets["02_data_and_archive"]
    units = unit_marks(term, sheets, at(LATER))
    assert units["dropped"].tolist() == ["", "", "lowest of its group"]


@pytest.mark.parametrize(("clock", "days"), [("18:14", 0), ("18:15", 0), ("18:16", 1)])
def test_the_grace_ends_with_its_last_minute(course, clock, days):
    term = course(ONE + "late: {grace: 15 minutes, lost_per_day: 10 %}\n", "ana")
    table = sheet(ana=(40, 40, 0, f"2026-11-09 {clock}"))
    row = unit_marks(term, {"05_rfm": table}, at(LATER)).iloc[0]
    assert row["days_late"] == days
    assert row["lost"] == 4 * days
    assert row["late_minutes"] == int(clock[-2:])


def test_a_blank_answer_is_not_final_while_those_of_others_are_read(course):
    term = course(ONE, "ana,bo")
    came = "2026-11-09 12:00"
    waiting = sheet(ana=(20, 20, 0, came), bo=(20, 20, 20, came))
    units = unit_marks(term, {"05_rfm": waiting}, at(LATER))
    assert units["still_open"].tolist() == [
        "open answers are still being marked",
        "waits to be marked",
    ]
    read = sheet(ana=(20, 40, 0, came), bo=(35, 40, 0, came))
    made = student_marks(term, unit_marks(term, {"05_rfm": read}, at(LATER)))
    assert made["final"].tolist() == [50, 88]  # =35/40 is 87.5, half up
    blank = sheet(ana=(20, 20, 0, came), bo=(10, 20, 0, came))  # nobody wrote anything
    made = student_marks(term, unit_marks(term, {"05_rfm": blank}, at(LATER)))
    assert made["final"].tolist() == [100, 50]


def test_who_could_not_be_graded_waits_for_nobody_who_marks(course):
    """It said that open answers are still being marked, to one whose file could not be read."""
    came = "2026-11-09 12:00"
    table = sheet(ana=(0, 20, 0, came), bo=(20, 20, 20, came))
    table.loc[0, "state"] = "could not be graded"
    can_come = "could not be graded, and can still be handed in anew"
    late = "late: {hard_end: 7 days}\n"
    for text, clock, said in (
        (ONE, "2026-11-09 17:00", can_come),
        (ONE, LATER, ""),
        (ONE + late, "2026-11-12 12:00", can_come),
        (ONE + late, LATER, ""),
    ):
        units = unit_marks(course(text, "ana,bo"), {"05_rfm": table}, at(clock))
        assert units["still_open"].tolist() == [said, "waits to be marked"]
        assert units.loc[0, "percent"] == 0


def test_everything_still_to_mark_counts_for_nothing_yet(course):
    term = course(ONE, "ana")
    only_open = sheet(ana=(0, 0, 40, "2026-11-09 12:00"))
    units = unit_marks(term, {"05_rfm": only_open}, at(LATER))
    assert math.isnan(units.loc[0, "percent"])
    assert units.loc[0, "state"] == "waits to be marked"
    assert student_marks(term, units)["so_far"].isna().all()


def test_after_the_hard_end_there_is_nothing_left_to_mark(course):
    term = course(ONE + "late: {hard_end: 1 day}\n", "ana,bo")
    much_later = sheet(ana=(0, 0, 40, "2026-11-12 12:00"), bo=None)
    units = unit_marks(term, {"05_rfm": much_later}, at(LATER))
    assert units["percent"].tolist() == [0, 0]
    assert units["to_mark"].tolist() == [0, 0]
    assert student_marks(term, units)["status"].tolist() == ["final", "final"]
    assert unit_marks(term, {"05_rfm": much_later}, at("2026-11-10 17:00")).loc[1, "still_open"]


@pytest.mark.parametrize(
    ("due", "came", "minutes"),
    [
        ("2026-10-25 02:30", "2026-10-25T01:30:00+00:00", 0),  # twice: up to the second 02:30
        ("2026-10-25 02:30", "2026-10-25T01:30:01+00:00", 1),
        ("2027-03-28 02:30", "2027-03-28T01:30:00+00:00", 0),  # never: up to 03:30
        ("2027-03-28 02:30", "2027-03-28T01:31:00+00:00", 1),
        ("2026-10-25 02:30+02:00", "2026-10-25T01:30:00+00:00", 60),  # an offset is exact
        ("2026-11-09 18:00", "2026-11-10T01:00:00+08:00", 0),  # the same moment in Shanghai
        ("2026-11-09 18:00", "2026-11-10T01:00:59+08:00", 1),
    ],
)
def test_deadlines_in_odd_hours_and_other_zones(course, due, came, minutes):
    term = course(ONE.replace("2026-11-09 18:00", due), "ana")
    table = sheet(ana=(40, 40, 0, "2026-11-09 12:00"))
    table["handed_in"] = pd.to_datetime([came], utc=True)
    row = unit_marks(term, {"05_rfm": table}, at("2027-06-01 12:00")).iloc[0]
    assert row["late_minutes"] == minutes
    assert row["days_late"] == (1 if minutes else 0)


def test_an_unknown_time_is_in_time_and_says_so(course):
    term = course(ONE + "late: {hard_end: 0 days}\n", "ana")
    row = unit_marks(term, {"05_rfm": sheet(ana=(30, 40, 0, None))}, at(LATER)).iloc[0]
    assert (row["percent"], row["time_from"]) == (75, "")
    assert math.isnan(row["late_minutes"])
    assert row["handed_in"] is pd.NaT


def test_who_joined_after_the_grading_has_handed_in_nothing(course):
    term = course(ONE, "ana,new")
    units = unit_marks(term, {"05_rfm": sheet(ana=(30, 40, 0, "2026-11-09 12:00"))}, at(LATER))
    assert units["state"].tolist() == ["graded", "nothing handed in"]
    assert units["out_of"].tolist() == [40, 40]


def test_more_full_marks_than_points_are_refused(course):
    term = course(ONE.replace("18:00}", "18:00, points: 41}"), "ana")
    with pytest.raises(InstructorError, match=r"units.05_rfm.points: 41 points .* has 40"):
        unit_marks(term, {"05_rfm": sheet(ana=None)}, at(LATER))


def test_rounding_and_letters(course):
    term = course()
    assert [rounded(x) for x in (0.5, 1.5, 2.5, 57.49999)] == [1, 2, 3, 57]
    assert rounded(0.1 * 3 * 100 - 0.5) == 30  # 29.500000000000004
    assert [letter_of(term, mark) for mark in (100, 90, 89, 55, 54, 0)] == list("AABCFF")
    assert letter_of(course(ONE), 90) == ""


def test_what_counts_adds_up_whatever_the_marks(course):
    term = course()
    draw = random.Random(7)  # noqa: S311 - a test needs the same numbers each time
    for _ in range(40):
        sheets = {}
        for unit in draw.sample(list(term.units), draw.randint(1, 6)):
            due = term.due(unit).astimezone(BERLIN)
            hand_ins = {}
            for student in ("ana", "bo", "cai"):
                came = due + dt.timedelta(minutes=draw.randint(-5000, 20000))
                mark = round(draw.uniform(0, 40), 2), 40, 0, f"{came:%Y-%m-%d %H:%M}"
                hand_ins[student] = draw.choice([mark, mark, None])
            sheets[unit] = sheet(**hand_ins)
        units = unit_marks(term, sheets, at(LATER))
        students = student_marks(term, units).set_index("student")
        for student, own in units.groupby("student"):
            counting = own[own["weight"].notna()]
            if counting.empty:
                assert math.isnan(students.loc[student, "so_far"])
                continue
            assert counting["weight"].sum() == pytest.approx(100)
            assert (counting["weight"] * counting["percent"] / 100).sum() == pytest.approx(
                students.loc[student, "so_far"]
            )
            assert own["percent"].dropna().between(0, 100).all()
            assert (own["lost"].dropna() >= 0).all()
            dropped = own[own["dropped"] == "lowest of its group"]
            kept = own[own["weight"].notna() & (own["group"] == "exercises")]
            assert dropped["percent"].max() <= kept["percent"].min() or dropped.empty


def test_the_term_of_the_teaching_page(course):
    page = (CHECKOUT / "docs" / "teaching.md").read_text(encoding="utf-8")
    text = page.partition("```yaml\nname: Customer")[2].partition("```")[0]
    assert 12 <= len(text.splitlines()) <= 20
    term = course(f"name: Customer{text}", "bo,cai")
    bo = {
        "01_why_segment": (28, 40, 0, "2026-09-21T18:10+08:00"),
        "05_rfm": (30, 40, 0, "2026-10-15T10:00+08:00"),
        "rfm_again": (34, 40, 0, "2026-11-09T17:00+08:00"),
        "06_find_segments": (22, 40, 0, "2026-10-26T12:00+08:00"),
        "17_capstone": (28, 40, 0, "2026-12-21T17:00+08:00"),
    }
    sheets = {}
    for unit, (*points, came) in bo.items():
        sheets[unit] = sheet(bo=(*points, "2026-01-01 12:00"))
        sheets[unit]["handed_in"] = pd.to_datetime([came], utc=True)
    units = unit_marks(term, sheets, at(LATER))
    own = units[units["student"] == "bo"].set_index("unit")
    assert own["percent"].to_dict() == {
        "01_why_segment": 70,
        "05_rfm": 67.5,
        "rfm_again": 85,
        "06_find_segments": 55,
        "17_capstone": 70,
    }
    assert own["late_minutes"].tolist() == [10, 16 * 60, 0, 0, 0]
    assert own.loc["05_rfm", ["lost", "days_late", "extended_by"]].tolist() == [3, 1, "evening"]
    made = student_marks(term, units).iloc[0]
    assert made["so_far"] == pytest.approx(74.5)
    assert made[["final", "passed", "letter"]].tolist() == [75, "yes", "B"]
    assert made["scheme"] == "Faculty scale"
    del sheets["17_capstone"]
    november = student_marks(term, unit_marks(term, sheets, at("2026-11-20 12:00"))).iloc[0]
    assert november["so_far"] == pytest.approx(77.5)


def test_nothing_handed_in_does_not_count_while_another_attempt_waits_to_be_graded(course):
    both = ["05_rfm", "rfm_again"]
    lost = sheet(ana=(0, 40, 0, "2026-11-29 12:00"))
    lost["state"] = "not graded yet"
    made = course()
    for unit, other in (both, both[::-1]):
        sheets = SHEETS | {unit: sheet(ana=None), other: lost}
        units = unit_marks(made, sheets, at(LATER))
        assert one(units, "ana", unit)["dropped"] == "another attempt counts"
        own = units[(units["student"] == "ana") & units["weighted"].notna()]
        assert not set(own["unit"]) & set(both)
        mark = student_marks(made, units).set_index("student").loc["ana"]
        assert mark["so_far"] == pytest.approx(own["weighted"].sum())
        assert mark["units_counted"] == len(own)
        assert mark["status"] == "not yet"


def test_no_mark_is_final_while_somebody_can_be_first_with_an_open_answer(course):
    made = course(ONE.replace("18:00}", "18:00, extensions: {cai: +7 days}}"))
    blank = (20, 20, 0, "2026-11-09 12:00")  # the open question, 20 points, counts for nobody yet
    sheets = {"05_rfm": sheet(ana=blank, bo=(0, 20, 0, "2026-11-09 12:00"), cai=None)}
    sheets["05_rfm"]["out_of"] = 20

    def open_now(when):
        return unit_marks(made, sheets, at(when)).set_index("student")["still_open"]

    during = open_now("2026-11-12 12:00")
    assert during["ana"].startswith("others can still answer the open question")
    assert during["bo"] == ""  # nothing stays nothing
    after = open_now("2026-11-20 12:00")
    assert after["ana"] == ""


def test_who_left_the_class_holds_nobody_up(course):
    made = course(ONE, students="ana,bo")
    sheets = {
        "05_rfm": sheet(
            ana=(20, 20, 0, "2026-11-09 12:00"),
            bo=(18, 20, 0, "2026-11-09 12:00"),
            gone=(20, 20, 20, "2026-11-09 12:00"),
        )
    }
    units = unit_marks(made, sheets, at(LATER))
    assert list(units["still_open"]) == ["", ""]
    assert student_marks(made, units)["final"].tolist() == [100, 90]
