"""Pages of a course: one student's progress, and the class for the teacher."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any
from urllib.parse import quote

import pandas as pd

from whobuys.course._words import count, html
from whobuys.desk._course_books import Again
from whobuys.desk._course_times import Span
from whobuys.desk.course_file import Course, Late
from whobuys.desk.course_marks import DROPPED, DUST, HARD_END, NOTHING, OPEN, rounded
from whobuys.pages.page import page

Row = Mapping[Any, Any]
FILE = "file"
STYLE = """<style>
.wide { overflow-x: auto; } .wide table { font-size: .86rem; }
.wide th, .wide td { white-space: nowrap; padding: .25em .45em; }
.wide tbody th { white-space: normal; min-width: 12em; position: sticky; left: 0;
  background: var(--paper); }
@media (max-width: 34rem) { .wide tbody th { min-width: 7em; } }
.number { text-align: right; }
tfoot th, tfoot td { font-weight: 650; border-top: 2px solid var(--line); }
.verdict.open { border-left-style: dashed; }
.verdict li { margin: .15em 0; } .verdict ul { margin: .4em 0 0; padding-left: 1.2em; }
tbody th { font-weight: 400; }
@media print { @page { margin: 15mm; } .wide { overflow: visible; }
  .wide table { font-size: .7rem; } .wide th, .wide td { padding: .15em .35em; }
  h2, h3 { break-after: avoid; } }
</style>"""
LANDSCAPE = "<style>main { max-width: 84rem; } @media print { @page { size: landscape; } }</style>"


def student_page(
    course: Course,
    student: Row,
    units: pd.DataFrame,
    titles: Mapping[str, str],
    again: Sequence[Again],
    now: dt.datetime,
) -> str:
    """Render a student's progress.

    Parameters
    ----------
    course : Course
        From `read_course`.
    student : mapping
        The student's row of `student_marks`.
    units : pandas.DataFrame
        The student's rows of `unit_marks`; nobody else's.
    titles : mapping of str to str
        Unit to title.
    again : sequence of Again
        What was not right. Units not yet due are left out.
    now : datetime
        As of which time.

    Returns
    -------
    str
        A whole HTML page that needs nothing else.
    """
    rows = units.to_dict("records")
    parts = [
        STYLE,
        f"<header><p class='quiet'>{escape(course.name)} · progress as of {_time(course, now)} "
        f"({escape(course.time_zone)})</p>"
        f"<h1 dir='auto'>{escape(student['name'])}</h1></header>",
        _mark(course, student, rows, titles),
        "<h2>How the mark adds up</h2>",
        _sum(student, rows, titles),
        "<h2>Unit by unit</h2>",
        *(_group(course, name, rows, titles) for name in course.groups),
        "<h2>Read again</h2>",
        _again(rows, titles, again, now),
        "<h2>The rules</h2>",
        _rules(course, titles),
    ]
    footer = (
        f"<footer><p>{escape(student['name'])} ({escape(student['student'])}), "
        f"{escape(course.name)}. If something here is not right, ask for it to be looked at again."
        "</p></footer>"
    )
    title = f"{course.name} — {student['name']}"
    return page([], title=title, top="\n".join(parts), bottom=footer)


def class_page(
    course: Course,
    students: pd.DataFrame,
    units: pd.DataFrame,
    titles: Mapping[str, str],
    now: dt.datetime,
    folder: str = "progress",
) -> str:
    """Render the class for its teacher; names every student.

    Parameters
    ----------
    course : Course
        From `read_course`.
    students, units : pandas.DataFrame
        From `student_marks` and `unit_marks`.
    titles : mapping of str to str
        Unit to title.
    now : datetime
        As of which time.
    folder : str
        Where the students' pages lie, seen from this page.

    Returns
    -------
    str
        A whole HTML page that needs nothing else.
    """
    finals = int((students["status"] == "final").sum())
    known = students["so_far"].dropna()
    words = [f"{count(len(students), 'student')}; {finals} of them with a final mark."]
    if len(known):
        words.append(
            f"Half of them stand at {known.median():.1f} % or more, the lowest at "
            f"{known.min():.1f} %, the highest at {known.max():.1f} %."
        )
    parts = [
        STYLE,
        LANDSCAPE,
        f"<header><p class='quiet'>{escape(course.name)} · as of {_time(course, now)} "
        f"({escape(course.time_zone)})</p><h1>The class</h1></header>",
        "<p class='notice'>For teachers only: this page names students.</p>",
        f"<p>{' '.join(words)}</p>",
        *(f"<p class='quiet'>{escape(note)}</p>" for note in course.notes()),
        "<h2>Who may need a word</h2>",
        _concerns(course, students, units),
        "<h2>Student by student</h2>",
        _class_table(course, students, units, titles, folder),
        "<h2>Unit by unit</h2>",
        _unit_table(course, units, titles),
    ]
    return page([], title=f"{course.name} — the class", top="\n".join(parts))


def _mark(course: Course, student: Row, rows: Sequence[Row], titles: Mapping[str, str]) -> str:
    if student["status"] == "final":
        said = [f"<strong>{student['final']:.{course.decimals}f} %</strong> Final mark"]
        said += map(escape, standing(student))
        return f"<p class='score'>{' · '.join(said)}</p>"
    if pd.isna(student["so_far"]):
        line = "<p class='score'>Nothing counts yet.</p>"
    else:
        line = (
            f"<p class='score'><strong>{_two(student['so_far'])} %</strong> so far</p>"
            f"<p>{student['units_counted']} of {student['units']} that will count. What is still "
            "open is left out, and its weight is shared among the others.</p>"
        )
    waits = "".join(
        f"<li>{escape(titles[row['unit']])}: {escape(row['still_open'])}</li>"
        for row in rows
        if row["still_open"]
    )
    return f"{line}<p>The final mark is not there yet. It waits for:</p><ul>{waits}</ul>"


def standing(student: Row) -> list[str]:
    """Say what a final mark means: passed or not, the letter with the name of its scale."""
    said = []
    if student["passed"]:
        said.append("passed" if student["passed"] == "yes" else "not passed")
    if student["letter"]:
        said.append(f"{student['letter']} on “{student['scheme']}”")
    return said


def _sum(student: Row, rows: Sequence[Row], titles: Mapping[str, str]) -> str:
    lines = [
        f"<tr><th scope='row'>{escape(titles[row['unit']])}</th>"
        f"<td class='number'>{_two(row['percent'])}</td>"
        f"<td class='number'>{_two(row['weight'])}</td>"
        f"<td class='number'>{_two(row['weighted'])}</td></tr>"
        for row in rows
        if not pd.isna(row["weighted"])
    ]
    if not lines:
        return "<p>Nothing counts yet, so there is nothing to add up.</p>"
    return (
        "<table><thead><tr><th scope='col'>Unit</th><th scope='col' class='number'>Mark, %</th>"
        "<th scope='col' class='number'>Weight, %</th><th scope='col' class='number'>Adds</th></tr>"
        f"</thead><tbody>{''.join(lines)}</tbody><tfoot><tr><th scope='row'>Together</th><td></td>"
        f"<td class='number'>100.00</td><td class='number'>{_two(student['so_far'])}</td></tr>"
        "</tfoot></table><p class='quiet'>Mark × weight ÷ 100 = what it adds. Shown with two "
        "decimals, worked out with all.</p>"
    )


def _group(course: Course, name: str, rows: Sequence[Row], titles: Mapping[str, str]) -> str:
    own = [_card(course, row, titles) for row in rows if row["group"] == name]
    heading = f"<h3>{escape(name)}</h3>" if len(course.groups) > 1 else ""
    return f"{heading}{''.join(own)}"


def _card(course: Course, row: Row, titles: Mapping[str, str]) -> str:
    percent: str = "" if pd.isna(row["percent"]) else f" · {_two(row['percent'])} %"
    look = "try_again" if row["state"] in (NOTHING, HARD_END) else "graded"
    if pd.isna(row["percent"]):
        look = "open"
    lines = "".join(f"<li>{line}</li>" for line in _story(course, row))
    return (
        f"<section class='verdict {look}'><p class='head'>"
        f"<strong>{escape(titles[row['unit']])}</strong>"
        f"<span><span class='state'>{escape(str(row['state']).capitalize())}</span>{percent}</span>"
        f"</p><ul>{lines}</ul></section>"
    )


def _story(course: Course, row: Row) -> list[str]:
    """Say in sentences how the number of a unit came about."""
    due = f"Due {_time(course, row['due'])}"
    who = row["extended_by"]
    if who:
        for_whom = "you" if who == row["student"] else f"the group “{escape(who)}”"
        plain = _time(course, course.due(row["unit"]))
        due += f": extended for {for_whom}; otherwise {plain}"
    said = [f"{due}."]
    if not pd.isna(row["handed_in"]):
        source = "time of the file" if row["time_from"] == FILE else f"by {row['time_from']}"
        came = f"Handed in {_time(course, row['handed_in'])} ({escape(source)})"
        said.append(f"{came}, {_lateness(row)}.")
    elif row["state"] not in (NOTHING, OPEN) and not pd.isna(row["raw"]):
        said.append("Handed in; the time is not known, so it counts as in time.")
    if pd.isna(row["percent"]):
        if row["to_mark"] > 0:
            said.append(f"A person still has to read it: up to {row['to_mark']:g} points.")
        return said
    if row["state"] == NOTHING:
        hard_end = course.hard_end(row["unit"], row["student"])
        if row["still_open"] and hard_end is not None:
            said.append(f"Late work still counts until {_time(course, hard_end)}.")
    else:
        full = row["full_marks"]
        enough = f"; {full:g} are full marks" if full != row["out_of"] else ""
        said.append(f"{row['raw']:g} of {row['out_of']:g} points{enough}.")
    said += lost(course, row)
    if row["state"] == NOTHING:
        pass
    elif row["to_mark"] > 0:
        said.append(f"A person still has to read more of it: up to {row['to_mark']:g} points.")
    elif row["still_open"]:
        said.append(f"{row['still_open'].capitalize()}.")
    if row["dropped"]:
        why = "it is the lowest of its group" if row["dropped"] == DROPPED else str(row["dropped"])
        said.append(f"Does not count: {why}.")
    else:
        said.append(f"Weight {_two(row['weight'])} %: it adds {_two(row['weighted'])}.")
    return said


def lost(course: Course, row: Row) -> list[str]:
    """Say in one line what lateness cost in a unit; none if it cost nothing."""
    hard_end = course.hard_end(row["unit"], row["student"])
    if row["state"] == HARD_END and hard_end is not None:
        return [f"Nothing counts after {_time(course, hard_end)}."]
    if not row["lost"] > 0:
        return []
    rule = course.late_rule(row["unit"])
    share = rule.lost_per_day * row["days_late"]
    by = f"{_share(rule.lost_per_day)} for each day begun"
    if share > 1 - rule.floor:
        by += f", though {_share(rule.floor)} stay"
    counted, full = f"{row['counted']:g}", f"{row['full_marks']:g}"
    return [f"Lateness takes {by}: {row['lost']:g} points. {counted} of {full} count."]


def _lateness(row: Row) -> str:
    minutes = int(row["late_minutes"])
    if minutes == 0:
        return "in time"
    days, left = divmod(minutes, 24 * 60)
    hours, rest = divmod(left, 60)
    named = ((days, "day"), (hours, "hour"), (rest, "minute"))
    late = " ".join(count(number, noun) for number, noun in named if number)
    if row["days_late"] == 0:
        return f"{late} late, within the grace"
    return f"{late} late: {count(int(row['days_late']), 'day')} begun"


def _again(
    rows: Sequence[Row], titles: Mapping[str, str], again: Sequence[Again], now: dt.datetime
) -> str:
    over = [row for row in rows if row["due"] < now and not pd.isna(row["percent"])]
    if not over:
        return "<p>What was not right stands here, once it is graded and due.</p>"
    parts = []
    for row in over:
        said = "".join(_again_item(one) for one in again if one.unit == row["unit"])
        said = f"<ul>{said}</ul>" if said else ""
        if row["state"] == NOTHING:
            said = "<p>Nothing was handed in: begin with the lesson.</p>"
        if said:
            parts.append(f"<h3>{escape(titles[row['unit']])}</h3>{said}")
    return "".join(parts) or "<p>Nothing: all that is checked and due was right.</p>"


def _again_item(one: Again) -> str:
    words = f" {html(one.words)}" if one.words else ""
    where = f" Read again: {html(one.where)}." if one.where else ""
    stop = "" if one.title.endswith(("?", "!", ".")) else "."
    title = f"{escape(one.question)} · {escape(one.title)}{stop}"
    return f"<li><strong>{title}</strong>{words}{where}</li>"


def _rules(course: Course, titles: Mapping[str, str]) -> str:
    total = sum(group.weight for group in course.groups.values())
    said = []
    for name, group in course.groups.items():
        line = f"{escape(name)}: {100 * group.weight / total:.4g} % of the course"
        if group.drop_lowest:
            of = f"of {len(group.units)}"
            line += (
                f"; the lowest {of} does not count"
                if group.drop_lowest == 1
                else f"; the lowest {group.drop_lowest} {of} do not count"
            )
        for attempts in group.units:
            if len(attempts) > 1:
                named = " and ".join(escape(titles[unit]) for unit in attempts)
                line += f"; of {named} the best counts"
        said.append(f"{line}.")
    own = [unit for unit, about in course.units.items() if about.late is not None]
    said.append(f"Late work: {_late_rule(course.late)}")
    said += [
        f"Late work in “{escape(titles[unit])}”: {_late_rule(course.late_rule(unit))}"
        for unit in own
    ]
    places = "whole percent" if not course.decimals else count(course.decimals, "decimal")
    said.append(f"Only the final mark is rounded, half up, to {places}.")
    if course.pass_mark is not None:
        said.append(f"It takes {_share(course.pass_mark)} to pass.")
    if course.letters is not None:
        scale = ", ".join(
            f"{escape(letter)} from {_share(share)}"
            for letter, share in course.letters.marks.items()
        )
        said.append(f"Letters on “{escape(course.letters.scheme)}”: {scale}.")
    return f"<ul>{''.join(f'<li>{line}</li>' for line in said)}</ul>"


def _late_rule(late: Late) -> str:
    if late.hard_end == Span():
        return "it does not count."
    said = []
    if late.lost_per_day:
        if late.grace != Span():
            said.append(f"{_length(late.grace)} cost nothing")
        each = f"each day begun costs {_share(late.lost_per_day)} of the points earned"
        said.append(f"{each}, but {_share(late.floor)} stay" if late.floor else each)
    else:
        said.append("it costs nothing")
    if late.hard_end is not None:
        said.append(f"nothing counts {_length(late.hard_end)} after the due time")
    return f"{'; '.join(said)}."


def _concerns(course: Course, students: pd.DataFrame, units: pd.DataFrame) -> str:
    needed = round(100 * (course.pass_mark or 0.0), DUST)
    missing = units[units["state"] == NOTHING].groupby("student").size()
    lines = []
    for row in students.to_dict("records"):
        reasons = []
        if round(row["so_far"], DUST) < needed:
            reasons.append(f"stands at {row['so_far']:.1f} %, below the pass mark")
        if missing.get(row["student"], 0) > 1:
            reasons.append(f"handed in nothing for {missing[row['student']]} units")
        if reasons:
            name = f"<span dir='auto'>{escape(row['name'])}</span> ({escape(row['student'])})"
            lines.append(f"<li>{name} {', and '.join(reasons)}.</li>")
    if not lines:
        return "<p>Nobody: all stand at the pass mark or above, and hand in.</p>"
    return f"<ul>{''.join(lines)}</ul>"


def _class_table(
    course: Course,
    students: pd.DataFrame,
    units: pd.DataFrame,
    titles: Mapping[str, str],
    folder: str,
) -> str:
    heads = "".join(
        f"<th scope='col' class='number'><abbr title='{escape(titles[unit])}'>"
        f"{escape(_short(unit))}</abbr></th>"
        for unit in course.units
    )
    cells = {(row["student"], row["unit"]): row for row in units.to_dict("records")}
    lines, twice = [], students["name"].value_counts()
    for row in students.to_dict("records"):
        id = row["student"]
        which = f" ({escape(id)})" if twice[row["name"]] > 1 else ""
        final = "not yet" if pd.isna(row["final"]) else f"{row['final']:.{course.decimals}f}"
        letter = f"<td>{escape(row['letter'])}</td>" if course.letters else ""
        so_far = "–" if pd.isna(row["so_far"]) else _two(row["so_far"])
        marks = "".join(f"<td class='number'>{_cell(cells[id, u])}</td>" for u in course.units)
        link = f"{quote(folder)}/{quote(id)}.html"
        lines.append(
            f"<tr><th scope='row'><a href='{link}' dir='auto'>{escape(row['name'])}</a>"
            f"{which}</th>"
            f"<td class='number'>{so_far}</td><td class='number'>{final}</td>{letter}{marks}</tr>"
        )
    scale = f"<th scope='col'>{escape(course.letters.scheme)}</th>" if course.letters else ""
    return (
        "<div class='wide' tabindex='0' role='region' aria-label='Marks of all students'><table>"
        "<thead><tr><th scope='col'>Student</th><th scope='col' class='number'>So far, %</th>"
        f"<th scope='col' class='number'>Final, %</th>{scale}{heads}</tr></thead>"
        f"<tbody>{''.join(lines)}</tbody></table></div>"
        "<p class='quiet'>Units in percent, after lateness. ( ) does not count: dropped, or "
        "another attempt counts. * late. … a person still has to mark some of it. "
        "○ nothing handed in. – not due or not graded yet.</p>"
    )


def _two(value: float) -> str:
    return f"{rounded(value, 2):.2f}"


def _short(unit: str) -> str:
    """Return the number of a unit, if it begins with one."""
    return unit[:2] if unit[:2].isdigit() and unit[2:3] == "_" else unit


def _cell(row: Row) -> str:
    if pd.isna(row["percent"]):
        return "…" if row["to_mark"] > 0 else "–"
    said = "○" if row["state"] == NOTHING else f"{rounded(row['percent'], 1):.1f}"
    said += "*" if row["days_late"] > 0 else ""
    said += "…" if row["to_mark"] > 0 else ""
    return f"({said})" if row["dropped"] else said


def _unit_table(course: Course, units: pd.DataFrame, titles: Mapping[str, str]) -> str:
    lines = []
    for unit in course.units:
        own = units[units["unit"] == unit]
        there = own[own["handed_in"].notna() | own["raw"].notna() & (own["state"] != NOTHING)]
        mean = there["percent"].mean()
        numbers = (
            len(there),
            int((own["days_late"] > 0).sum()),
            int((own["state"] == NOTHING).sum()),
            int((own["to_mark"] > 0).sum()),
            "–" if pd.isna(mean) else f"{mean:.1f}",
        )
        values = "".join(f"<td class='number'>{number}</td>" for number in numbers)
        due = _time(course, course.due(unit))
        title = escape(titles[unit])
        lines.append(f"<tr><th scope='row'>{title}</th><td>{due}</td>{values}</tr>")
    heads = ("Handed in", "Late", "Nothing handed in", "To mark", "Mean, %")
    shown = "".join(f"<th scope='col' class='number'>{head}</th>" for head in heads)
    return (
        "<div class='wide' tabindex='0' role='region' aria-label='All units'><table><thead><tr>"
        f"<th scope='col'>Unit</th><th scope='col'>Due</th>{shown}</tr></thead>"
        f"<tbody>{''.join(lines)}</tbody></table></div>"
        "<p class='quiet'>The mean is that of what was handed in.</p>"
    )


def _time(course: Course, time: dt.datetime) -> str:
    local = time.astimezone(course.zone)
    return f"{local.day} {local:%B %Y, %H:%M}"


def _share(share: float) -> str:
    return f"{100 * share:.4g} %"


def _length(span: Span) -> str:
    if span.days:
        return count(span.days, "day")
    hours, rest = divmod(span.minutes, 60)
    return count(hours, "hour") if hours and not rest else count(span.minutes, "minute")
