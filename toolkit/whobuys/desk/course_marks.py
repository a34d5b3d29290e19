"""Marks of a whole course: from the mark sheets of its units, the dates and the rules.

Nothing here reads a clock or a file: the same sheets and the same time give the same marks.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import pandas as pd

from whobuys._errors import InstructorError
from whobuys.desk._course_times import days_begun
from whobuys.desk.course_file import Course, Group

UNIT_COLUMNS = [
    *("student", "name", "group", "unit", "state", "raw", "out_of", "to_mark", "full_marks"),
    *("due", "extended_by", "handed_in", "time_from", "late_minutes", "days_late", "lost"),
    *("counted", "percent", "dropped", "weight", "weighted", "still_open"),
]
STUDENT_COLUMNS = [
    *("student", "name", "so_far", "units_counted", "units", "final", "status", "passed"),
    *("letter", "scheme", "waits_for"),
]
NOTHING, OPEN, NOT_GRADED = "nothing handed in", "not due yet", "not graded yet"
WAITS, HARD_END = "waits to be marked", "after the hard end"
DROPPED, OTHER_ATTEMPT = "lowest of its group", "another attempt counts"
CAN_COME = "nothing handed in, and late work still counts"
BROKEN = "could not be graded"
BROKEN_CAN_COME = "could not be graded, and can still be handed in anew"
UNREAD, AGAIN = "open answers are still being marked", "can still be handed in anew"
OTHERS = "others can still answer the open question, and then it counts for all"
DUST = 9  # decimals after which a float is only noise


@dataclass(frozen=True)
class _Sheet:
    """What matters of a mark sheet: points of the whole unit, points settled, points to mark.

    `coming` tells whether somebody can still be the first to answer an open question.
    """

    rows: Mapping[str, Mapping[Any, Any]]
    worth: float
    out_of: float
    to_mark: float
    coming: bool = False

    @classmethod
    def of(
        cls, course: Course, unit: str, sheet: pd.DataFrame, now: dt.datetime | None = None
    ) -> _Sheet:
        ids = [student.id for student in course.students]
        here = sheet[sheet["student"].isin(ids)]  # who has left the class holds nobody up
        here = sheet if here.empty else here
        rows = {row["student"]: row for row in here.to_dict("records")}
        worth, out_of = float(here["worth"].iloc[0]), float(here["out_of"].max())
        to_mark = float(here["to_mark"].sum())
        coming = (
            now is not None
            and out_of < worth
            and to_mark == 0
            and any(_can_come(course, unit, id, rows.get(id), now) for id in ids)
        )
        return cls(rows, worth, out_of, to_mark, coming)


def _can_come(
    course: Course,
    unit: str,
    student: str,
    mark: Mapping[Any, Any] | None,
    now: dt.datetime,
) -> bool:
    """Tell whether a student can still hand in."""
    if now <= course.in_grace_until(unit, student):
        return True
    if mark is not None and mark["state"] != NOTHING:
        return False
    hard_end = course.hard_end(unit, student)
    return hard_end is not None and now <= hard_end


@dataclass
class _Entry:
    """What may count of a group: a unit, or several attempts of which the best counts."""

    weight: float
    rows: list[dict[str, Any]]
    best: dict[str, Any] | None = field(default=None)


def unit_marks(
    course: Course, sheets: Mapping[str, pd.DataFrame], now: dt.datetime
) -> pd.DataFrame:
    """Work out what each unit gives each student, so that every number can be traced.

    Parameters
    ----------
    course : Course
        From `read_course`.
    sheets : mapping of str to pandas.DataFrame
        Unit to its mark sheet (`Gradebook.sheet`) with one column more: `worth`, the points of the
        whole unit. Units that are not there are not graded yet.
    now : datetime
        As of which time, with a time zone.

    Returns
    -------
    pandas.DataFrame
        One row per student and unit, in the order of roster and groups:

        - `student`, `name`, `group`, `unit`
        - `state`: "graded", "waits to be marked", "could not be graded", "nothing handed in",
          "after the hard end", "not due yet", "not graded yet"
        - `raw`: points earned; `out_of`: points settled so far; `to_mark`: points people still have
          to give; `full_marks`: points that are full marks, of those settled
        - `due` (the student's own, in the course's time zone), `extended_by` (whose extension),
          `handed_in`, `time_from` (what says so: "file", or a list of times)
        - `late_minutes` (after the own due time, begun ones full; empty where the time is not
          known), `days_late` (days begun; 0 within the grace)
        - `lost`: points lost by lateness; `counted`: min(raw, full_marks) − lost
        - `percent`: 100 × counted / full_marks; empty while there is nothing to count
        - `dropped`: empty, "lowest of its group", or "another attempt counts"
        - `weight`: share of the course in percent, among what counts so far; `weighted`: weight ×
          percent / 100. A student's `weighted` add up to the mark so far.
        - `still_open`: what can still change it, by marking or by a hand-in; empty if it is settled

    Raises
    ------
    InstructorError
        If a unit's `points` are more than its exercise has.

    Notes
    -----
    Lateness takes `lost_per_day` of the earned points for each day begun, but leaves `floor` of
    them; a day ends at the due time of the clock. Of a best_of the attempt with the highest percent
    counts, of equal ones the first in the file. The lowest entries of a group are dropped by
    percent, of equal ones the heavier, then the later in the file; one always stays. Weights count
    by proportion: first of the groups in which something counts, then of the entries in a group.
    """
    graded = {
        unit: _Sheet.of(course, unit, sheet, now)
        for unit, sheet in sheets.items()
        if not sheet.empty
    }
    rows = []
    for student in course.students:
        made = {
            unit: _row(course, unit, student.id, student.name, graded.get(unit), now)
            for unit in course.units
        }
        entries = {
            name: [_entry(course, attempts, made) for attempts in group.units]
            for name, group in course.groups.items()
        }
        for name, group in course.groups.items():
            _drop(group, entries[name])
        _weigh(course, entries)
        rows += [row for name in course.groups for entry in entries[name] for row in entry.rows]
    table = pd.DataFrame(rows, columns=UNIT_COLUMNS)
    numbers = ["raw", "out_of", "to_mark", "full_marks", "late_minutes", "days_late", "lost"]
    numbers += ["counted", "percent", "weight", "weighted"]
    return table.astype(dict.fromkeys(numbers, float))


def student_marks(course: Course, units: pd.DataFrame) -> pd.DataFrame:
    """Add the units of each student up.

    Parameters
    ----------
    course : Course
        From `read_course`.
    units : pandas.DataFrame
        From `unit_marks`.

    Returns
    -------
    pandas.DataFrame
        One row a student:

        - `student`, `name`
        - `so_far`: mark of what counts so far in percent, not rounded; empty if nothing does
        - `units_counted`, `units`: entries that count so far, and all that will
        - `final`: the mark in percent, rounded half up; empty while `status` is "not yet"
        - `status`: "final", or "not yet" while a unit is not settled
        - `passed`: "yes" or "no"; empty before that, or without a pass mark
        - `letter`, `scheme`: the letter of a final mark, and the name of its scale
        - `waits_for`: what is not settled, in words
    """
    of_all = sum(len(group.units) - group.drop_lowest for group in course.groups.values())
    rows = []
    for student in course.students:
        own = units[units["student"] == student.id]
        counting = own[own["percent"].notna() & (own["dropped"] == "")]
        so_far = float(counting["weighted"].sum()) if len(counting) else float("nan")
        final = bool((own["still_open"] == "").all()) and len(counting) > 0
        mark = rounded(so_far, course.decimals) if final else float("nan")
        passed = ""
        if final and course.pass_mark is not None:
            passed = "yes" if mark >= round(100 * course.pass_mark, DUST) else "no"
        open_now = own[own["still_open"] != ""].to_dict("records")
        rows.append(
            {
                "student": student.id,
                "name": student.name,
                "so_far": so_far,
                "units_counted": len(counting),
                "units": of_all,
                "final": mark,
                "status": "final" if final else "not yet",
                "passed": passed,
                "letter": letter_of(course, mark) if final else "",
                "scheme": course.letters.scheme if course.letters and final else "",
                "waits_for": "; ".join(f"{row['unit']}: {row['still_open']}" for row in open_now),
            }
        )
    return pd.DataFrame(rows, columns=STUDENT_COLUMNS).astype({"so_far": float, "final": float})


def rounded(value: float, decimals: int = 0) -> float:
    """Round half up, after the noise of floats is taken off.

    Examples
    --------
    >>> rounded(49.5), rounded(48.49999), rounded(0.1 + 0.2 + 49.2), rounded(62.345, 2)
    (50.0, 48.0, 50.0, 62.35)
    """
    clean = Decimal(str(round(value, DUST)))
    return float(clean.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP))


def letter_of(course: Course, mark: float) -> str:
    """Return the letter of a mark in percent; empty if the course has no letters."""
    if course.letters is None:
        return ""
    return next(
        letter for letter, share in course.letters.marks.items() if mark >= round(100 * share, DUST)
    )


def full_marks(course: Course, unit: str, sheet: pd.DataFrame) -> float:
    """Return what a unit is out of for the whole class.

    Parameters
    ----------
    course : Course
        From `read_course`.
    unit : str
        A unit of it.
    sheet : pandas.DataFrame
        Its mark sheet, as `unit_marks` takes it; not empty.

    Returns
    -------
    float
        All points, or the unit's `points`. An open question that nobody has answered is no part
        of it, as it is none of anybody's mark.
    """
    own = _Sheet.of(course, unit, sheet)
    settled = own.out_of if own.to_mark == 0 and own.out_of > 0 else own.worth
    return _full(course.units[unit].points, settled, own.worth)


def _row(
    course: Course,
    unit: str,
    student: str,
    name: str,
    sheet: _Sheet | None,
    now: dt.datetime,
) -> dict[str, Any]:
    """Work out one unit of one student, as if it stood alone."""
    due = course.due(unit, student)
    row: dict[str, Any] = dict.fromkeys(UNIT_COLUMNS, float("nan")) | {
        "student": student,
        "name": name,
        "group": course.group_of(unit),
        "unit": unit,
        "state": NOT_GRADED,
        "to_mark": 0.0,
        "due": pd.Timestamp(due).tz_convert(course.time_zone),
        "extended_by": course.extended_by(unit, student),
        "handed_in": pd.NaT,
        "time_from": "",
        "dropped": "",
        "still_open": "",
    }
    hard_end = course.hard_end(unit, student)
    is_over = now > course.in_grace_until(unit, student)
    if sheet is None:
        state = NOT_GRADED if is_over else OPEN
        return row | {"state": state, "still_open": state}
    mark, worth = sheet.rows.get(student), sheet.worth
    if mark is not None and mark["state"] == NOT_GRADED:  # the computer lost its run
        return row | {"state": NOT_GRADED, "still_open": NOT_GRADED}
    points = course.units[unit].points
    if points is not None and points > worth:
        raise InstructorError(
            f"units.{unit}.points: {points:g} points cannot be full marks: the exercise has "
            f"{worth:g}. Write fewer."
        )
    if mark is None or mark["state"] == NOTHING:
        if not is_over:
            return row | {"state": OPEN, "still_open": OPEN}
        out_of = sheet.out_of
        nothing = {"raw": 0.0, "out_of": out_of, "lost": 0.0, "counted": 0.0, "percent": 0.0}
        nothing |= {"full_marks": _full(points, out_of, worth), "days_late": 0}
        still = "" if hard_end is None or now > hard_end else CAN_COME
        return row | nothing | {"state": NOTHING, "still_open": still}
    row |= {
        key: float(mark[source])
        for key, source in (("raw", "total"), ("out_of", "out_of"), ("to_mark", "to_mark"))
    }
    row["full_marks"] = _full(points, row["out_of"], worth)
    row["state"] = WAITS if row["to_mark"] > 0 else str(mark["state"])
    unread = row["out_of"] < worth and sheet.to_mark > 0
    row["still_open"] = "" if is_over else AGAIN
    if row["to_mark"] > 0 or unread:
        row["still_open"] = WAITS if row["to_mark"] > 0 else UNREAD
    elif is_over and sheet.coming and row["raw"] > 0:
        row["still_open"] = OTHERS
    if row["state"] == BROKEN and row["raw"] == 0 < row["full_marks"]:  # 0 %, whatever is marked
        late = hard_end is not None and now <= hard_end
        row["still_open"] = BROKEN_CAN_COME if late or not is_over else ""
    came = mark["handed_in"]
    if not pd.isna(came):
        row["handed_in"] = came.tz_convert(course.time_zone)
        row["time_from"] = str(mark["time_from"])
    keeps = _lateness(course, row, unit, student, came)
    if row["full_marks"] > 0 or row["state"] == HARD_END:
        earned = min(row["raw"], row["full_marks"])
        row["lost"] = round(earned * (1 - keeps), DUST)
        row["counted"] = round(earned - row["lost"], DUST)
        counted = row["counted"]
        row["percent"] = round(100 * counted / row["full_marks"], DUST) if counted else 0.0
    return row


def _full(points: float | None, out_of: float, worth: float) -> float:
    """Return how many points are full marks, of those that are settled."""
    return out_of if points is None else round(points * out_of / worth, DUST)


def _lateness(course: Course, row: dict[str, Any], unit: str, student: str, came: Any) -> float:
    """Write down how late a hand-in was; return the share of its points that it keeps."""
    if pd.isna(came):
        return 1.0
    due, rule = course.due(unit, student), course.late_rule(unit)
    time = came.to_pydatetime()
    row["late_minutes"] = max(0, math.ceil((time - due).total_seconds() / 60))
    row["days_late"] = 0
    if time <= course.in_grace_until(unit, student):
        return 1.0
    row["days_late"] = days_begun(due, time, course.zone)
    hard_end = course.hard_end(unit, student)
    if hard_end is not None and time > hard_end:
        row["state"], row["to_mark"] = HARD_END, 0.0
        row["still_open"] = ""
        return 0.0
    return max(rule.floor, 1 - rule.lost_per_day * row["days_late"])


def _entry(course: Course, attempts: Sequence[str], made: Mapping[str, dict[str, Any]]) -> _Entry:
    """Let the best of several attempts count, of equal ones the first.

    To have handed in nothing is not the best while another attempt waits to be graded.
    """
    rows = [made[unit] for unit in attempts]
    there = [row for row in rows if not math.isnan(row["percent"])]
    waits = any(row["state"] == NOT_GRADED for row in rows)
    tried = [row for row in there if not waits or row["state"] != NOTHING]
    best = max(tried, key=lambda row: row["percent"], default=None)
    for row in there:
        if row is not best:
            row["dropped"] = OTHER_ATTEMPT
    return _Entry(course.units[attempts[0]].weight, rows, best)


def _drop(group: Group, entries: Sequence[_Entry]) -> None:
    """Take the lowest entries of a group out, but never the last one."""
    there = [(number, entry) for number, entry in enumerate(entries) if entry.best is not None]
    order = sorted(there, key=lambda one: (_percent(one[1]), -one[1].weight, -one[0]))
    for _, entry in order[: max(0, min(group.drop_lowest, len(there) - 1))]:
        if entry.best is not None:
            entry.best["dropped"], entry.best = DROPPED, None


def _percent(entry: _Entry) -> float:
    return 0.0 if entry.best is None else float(entry.best["percent"])


def _weigh(course: Course, entries: Mapping[str, Sequence[_Entry]]) -> None:
    """Give each entry that counts its share of the course."""
    counting = {
        name: [entry for entry in own if entry.best is not None] for name, own in entries.items()
    }
    all_groups = sum(course.groups[name].weight for name, own in counting.items() if own)
    for name, own in counting.items():
        in_group = sum(entry.weight for entry in own)
        for entry in own:
            row = entry.best
            if row is not None:
                share = course.groups[name].weight / all_groups * entry.weight / in_group
                row["weight"] = 100 * share
                row["weighted"] = share * row["percent"]
