"""Marks of a course for Canvas and Moodle: what counts after lateness, or of the whole term.

The tables are those that `canvas_csv`, `fill_canvas` and `moodle_csv` in `desk.export` take.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping
from typing import Any

import pandas as pd

from whobuys.desk._course_pages import lost, standing
from whobuys.desk.course_file import Course
from whobuys.desk.course_marks import AGAIN, BROKEN, NOTHING, full_marks, rounded
from whobuys.desk.export import GIVEN, scale_to

COLUMNS = ["student", "name", "mark", "of", "state", "feedback"]
NOTHING_COUNTS = "nothing counts yet"
PERCENT = 100.0


def unit_marks_out(
    course: Course,
    unit: str,
    units: pd.DataFrame,
    sheet: pd.DataFrame,
    said: Mapping[str, str],
    now: dt.datetime,
    *,
    partial: bool = False,
    zeros: bool = False,
    out_of: float | None = None,
) -> pd.DataFrame:
    """Return the marks of a unit that may leave the house, after lateness.

    Parameters
    ----------
    course : Course
        From `read_course`.
    unit : str
        A unit of it.
    units : pandas.DataFrame
        From `unit_marks`.
    sheet : pandas.DataFrame
        The unit's mark sheet, as `unit_marks` takes it; not empty.
    said : mapping of str to str
        Student to what was said about the answers; see `export.feedback`.
    now : datetime
        As of which time; before the student's own due time no mark goes out.
    partial : bool
        Give what is settled of those of whom a person still has to read something.
    zeros : bool
        Give 0 to those who handed in nothing, once it is due; else they have no mark.
    out_of : float, optional
        Bring the marks to this many points.

    Returns
    -------
    pandas.DataFrame
        As `marks_out` returns it. `mark` is `counted` of `unit_marks`, rounded half up to two
        decimals, NaN if there is none; `of` is the full marks of the unit; `state` is "given" or
        why there is no mark. What lateness cost stands at the top of the feedback.

    Raises
    ------
    InstructorError
        If `out_of` is not more than 0.
    """
    of = full_marks(course, unit, sheet)
    scale = scale_to(out_of, of)
    rows = []
    for row in units[units["unit"] == unit].to_dict("records"):
        student = row["student"]
        is_over = now > course.in_grace_until(unit, student)
        state = _state(row, is_over, partial, zeros)
        mark = rounded(row["counted"] * scale, 2) if state == GIVEN else math.nan
        words = "\n".join([*lost(course, row), *filter(None, [said.get(student)])])
        rows.append((student, row["name"], mark, of * scale, state, words))
    return pd.DataFrame(rows, columns=COLUMNS)


def course_marks_out(
    course: Course,
    students: pd.DataFrame,
    *,
    partial: bool = False,
    out_of: float | None = None,
) -> pd.DataFrame:
    """Return the marks of the whole course that may leave the house.

    Parameters
    ----------
    course : Course
        From `read_course`.
    students : pandas.DataFrame
        From `student_marks`.
    partial : bool
        Give the mark so far of those whose mark is not final.
    out_of : float, optional
        Bring the marks to this many points; 100 by default, so that they are percent.

    Returns
    -------
    pandas.DataFrame
        As `marks_out` returns it. `mark` is `final` of `student_marks`; where that is empty NaN, or
        with `partial` `so_far`. `state` is "given" or what the mark waits for.

    Raises
    ------
    InstructorError
        If `out_of` is not more than 0.
    """
    scale = scale_to(out_of, PERCENT)
    rows = []
    for row in students.to_dict("records"):
        is_final = row["status"] == "final"
        percent = row["final"] if is_final or not partial else row["so_far"]
        state = (row["waits_for"] or NOTHING_COUNTS) if math.isnan(percent) else GIVEN
        mark = rounded(percent * scale, 2) if state == GIVEN else math.nan
        words = _standing(course, row) if state == GIVEN else ""
        rows.append((row["student"], row["name"], mark, PERCENT * scale, state, words))
    return pd.DataFrame(rows, columns=COLUMNS)


def _state(row: Mapping[Any, Any], is_over: bool, partial: bool, zeros: bool) -> str:
    """Return "given" if a unit's mark goes out, else why not."""
    if math.isnan(row["counted"]):
        return row["still_open"] or NOTHING_COUNTS
    if row["state"] == NOTHING:
        return GIVEN if zeros else row["still_open"] or NOTHING
    if row["state"] == BROKEN and row["still_open"]:
        return str(row["still_open"])
    if not is_over:
        return AGAIN  # --partial too: the feedback would help with handing in anew
    return GIVEN if partial or not row["still_open"] else row["still_open"]


def _standing(course: Course, row: Mapping[Any, Any]) -> str:
    if row["status"] == "final":
        mark = f"Final mark: {row['final']:.{course.decimals}f} %"
        return f"{', '.join([mark, *standing(row)])}."
    so_far = f"So far: {rounded(row['so_far'], 2):.2f} %"
    return f"{so_far}, {row['units_counted']} of {row['units']} that will count."
