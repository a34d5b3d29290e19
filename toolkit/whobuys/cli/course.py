"""`whobuys course`: a whole term from one file: release, grade, marks, progress, export."""

from __future__ import annotations

import csv
import datetime as dt
import enum
import io
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table
from rich.text import Text

from whobuys._errors import InstructorError, MachineError
from whobuys.cli._options import (
    FillOption,
    JobsOption,
    OutOfOption,
    OutOption,
    TrustOption,
    ZerosOption,
)
from whobuys.cli._terminal import (
    console,
    grade_with_bar,
    looks,
    need_all,
    notices,
    plain,
    plain_errors,
    release_with_bar,
    say,
    say_markup,
)
from whobuys.cli.export import write_canvas, write_moodle

if TYPE_CHECKING:
    import pandas as pd

    from whobuys.desk.course_file import Course

# The modules behind these commands are imported by the commands: the others need none of them.
UnitsArgument = Annotated[
    list[str] | None, typer.Argument(help="Only these units of the file; all by default.")
]
CourseOption = Annotated[Path, typer.Option("--course", help="The course file.")]
AtOption = Annotated[
    str | None,
    typer.Option("--at", help="As of which time, such as 2026-11-20T18:00; now by default."),
]
DEFAULT = Path("course.yml")
UNIT_MARKS, COURSE_MARKS = "unit_marks.csv", "course_marks.csv"
PROGRESS, CLASS = "progress", "class_progress.html"
COURSE_TITLE = "Course mark"


class System(enum.StrEnum):
    """Where marks go."""

    CANVAS = "canvas"
    MOODLE = "moodle"


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    group = typer.Typer(
        help="A whole term from one file: units, dates, weights, late rules.", no_args_is_help=True
    )
    for command in (new, release, grade, marks, progress, export):
        group.command()(plain_errors()(command))
    app.add_typer(group, name="course")


def new(
    path: Annotated[Path, typer.Argument(help="The file to write.")] = DEFAULT,
) -> None:
    """Write a course file with every key explained."""
    from whobuys.pages.files import write_text

    if path.exists():
        raise InstructorError(f"{path} is there already; it was left as it is.")
    write_text(path, _template())
    say(f"Wrote {path}. Change it, put the roster beside it, then: whobuys course release")


def release(units: UnitsArgument = None, path: CourseOption = DEFAULT) -> None:
    """Release the units whose time has come; those named are released in any case."""
    from whobuys.desk.course_lookup import need_secret
    from whobuys.grade.release import HANDED_IN, RECORD, STUDENTS, Release

    course = _course(path)
    secret_file = course.folder / course.secret
    if any((course.released_folder(unit) / RECORD).exists() for unit in course.units):
        need_secret(course, path)
    made = not secret_file.exists()

    def one(unit: str) -> str:
        to, secret = course.released_folder(unit), course.secret_of(unit, make=True)
        before = Release.read(to / RECORD) if (to / RECORD).exists() else None
        feedback = before.feedback if before else course.feedback
        exercise = course.exercise_of(unit)
        if before and (before.unit, before.secret) != (exercise, secret.fingerprint):
            raise InstructorError(
                f"{to} was released as {before.unit} with the secret {before.secret}; now it would "
                f"be {exercise} with {secret.fingerprint}. Put back what {path} said, or the "
                f"secret in {secret_file}."
            )
        release_with_bar(exercise, course.students, to, secret, feedback)
        known = {student.id for student in before.students} if before else set()
        new = sum(student.id not in known for student in course.students)
        said = f"{new} new, {len(course.students) - new} were there. Give each student the own "
        said += f"folder under {to / STUDENTS}; what comes back belongs into {to / HANDED_IN}"
        if feedback != course.feedback:
            said += f". It was released with feedback {feedback}, and keeps that"
        return said

    now = dt.datetime.now(dt.UTC)
    wanted = _wanted(course, units)
    waiting = [] if units else [unit for unit in wanted if not course.is_released(unit, now)]
    for unit in waiting:
        start = course.units[unit].release
        say(f"{unit}: not before {start:%Y-%m-%d %H:%M}; name it to release it now.")
    try:
        _each([unit for unit in wanted if unit not in waiting], one)
    finally:
        if made and secret_file.exists():
            say(f"Your secret is in {secret_file}. Grading needs it; back it up, never share it.")


def grade(
    units: UnitsArgument = None,
    path: CourseOption = DEFAULT,
    jobs: JobsOption = None,
    trust: TrustOption = False,
    times: Annotated[
        Path | None,
        typer.Option(
            help="CSV of when hand-ins came: student,unit,handed_in; otherwise the file's time."
        ),
    ] = None,
) -> None:
    """Grade all units whose folder has hand-ins; one that fails does not stop the others."""
    from whobuys.desk._course_books import set_times
    from whobuys.desk.course_lookup import need_secret, read_times
    from whobuys.grade.release import HANDED_IN, RECORD, Release
    from whobuys.sandbox.execute import Limits

    course = _course(path)
    known_times = read_times(times, course) if times is not None else {}

    def one(unit: str) -> str:
        folder = course.released_folder(unit)
        say(f"{unit}: reading the hand-ins …")
        result = grade_with_bar(
            course.exercise_of(unit),
            folder / HANDED_IN,
            course.graded_folder(unit),
            course.secret_of(unit),
            Release.read(folder / RECORD),
            Limits(),
            jobs,
            trust=trust,
            gradebook=str(course.gradebook_of(unit)),
        )
        for line in (*looks(result), *notices(result)):
            say_markup(f"{unit}: {line}")
        done = f"{len(result.graded) - len(result.lost)} graded, {len(result.unchanged)} unchanged"
        if result.lost:
            say(f"{unit}: {done}.")
        need_all(result)
        return done

    wanted = _wanted(course, units)
    full = [u for u in wanted if _has_files(course.released_folder(u) / HANDED_IN)]
    if not full:
        raise InstructorError(
            "No unit has hand-ins. They belong into "
            f"{course.folder / course.released / 'UNIT' / HANDED_IN}."
        )
    need_secret(course, path)
    try:
        _each(full, one)
    finally:
        if times is not None:
            set_times(course, known_times, times.name)


def marks(
    path: CourseOption = DEFAULT,
    at: AtOption = None,
    to: Annotated[
        Path | None, typer.Option(help="Folder for the two CSV files; by default the graded one.")
    ] = None,
) -> None:
    """Add all units up: a table on the screen, and CSV in which every number can be traced."""
    from whobuys.desk.course_marks import rounded

    course = _course(path)
    units, students, *_ = _tables(course, at)
    folder = to or course.folder / course.graded
    _write_csv(units, folder / UNIT_MARKS, course)
    _write_csv(students, folder / COURSE_MARKS, course)
    table = Table(title=Text(plain(course.name)))
    heads = ["student", "name", "so far", "final", "passed"]
    heads += [course.letters.scheme] if course.letters else []
    numbers = ("so far", "final", "open units")
    for head in (*heads, "open units"):
        table.add_column(
            Text(plain(head)),
            justify="right" if head in numbers else "left",
        )
    for row in students.to_dict("records"):
        final = "not yet" if row["status"] != "final" else f"{row['final']:.{course.decimals}f}"
        so_far = "–" if row["so_far"] != row["so_far"] else f"{rounded(row['so_far'], 2):.2f}"
        values = [row["student"], row["name"], so_far, final, row["passed"]]
        values += [row["letter"]] if course.letters else []
        waits = [unit for unit in row["waits_for"].split("; ") if unit]
        table.add_row(*(Text(plain(value)) for value in (*values, len(waits))))
    console.print(table)
    say(f"What each open unit waits for stands in {COURSE_MARKS}, column waits_for.")
    for name in (UNIT_MARKS, COURSE_MARKS):
        say(f"Written: {folder / name}")


def progress(path: CourseOption = DEFAULT, at: AtOption = None) -> None:
    """Write one page a student, and one of the class for you."""
    from whobuys.desk._course_books import read_again, titles_of
    from whobuys.desk._course_pages import class_page, student_page
    from whobuys.pages.files import write_text

    course = _course(path)
    units, students, now, _ = _tables(course, at)
    again, titles = read_again(course), titles_of(course)
    folder = course.folder / course.graded
    for row in students.to_dict("records"):
        id = row["student"]
        own = units[units["student"] == id]
        html = student_page(course, row, own, titles, again.get(id, []), now)
        write_text(folder / PROGRESS / f"{id}.html", html)
    write_text(folder / CLASS, class_page(course, students, units, titles, now, PROGRESS))
    say(f"{len(students)} pages for students: {folder / PROGRESS}")
    say(f"The class, for you only: {folder / CLASS}")


def export(
    system: Annotated[System, typer.Argument(help="Where the marks go.")],
    out: OutOption,
    unit: Annotated[
        str | None, typer.Argument(help="A unit of the file; left out: the mark of the course.")
    ] = None,
    fill: FillOption = None,
    column: Annotated[
        str | None,
        typer.Option(help=f"The assignment there; else the unit's title, or {COURSE_TITLE}."),
    ] = None,
    match: Annotated[
        str | None,
        typer.Option(
            help="What our ids are there. Canvas: login (by default), sis, id; with --fill any "
            "column. Moodle: username (by default), idnumber, email."
        ),
    ] = None,
    partial: Annotated[
        bool,
        typer.Option(
            "--partial",
            help="Give what is settled where a person still has to mark; of the course the mark "
            "so far where it is not final.",
        ),
    ] = False,
    zeros: ZerosOption = False,
    out_of: OutOfOption = None,
    path: CourseOption = DEFAULT,
    at: AtOption = None,
) -> None:
    """Write marks for Canvas or Moodle: of a unit, after lateness; without one of the course."""
    if fill is not None and system is not System.CANVAS:
        raise InstructorError("--fill is for Canvas only; Moodle takes a file of its own.")
    if unit is None and zeros:
        raise InstructorError(
            "--zeros is for a unit: in the course's mark, nothing handed in counts as 0 already. "
            "Leave it out."
        )
    made, title = _marks_out(_course(path), unit, at, partial, zeros, out_of)
    options = {} if match is None else {"match": match}
    if system is System.MOODLE:
        write_moodle(made, out, column or title, **options)
    else:
        write_canvas(made, out, column or title, fill=fill, **options)


def _marks_out(
    course: Course,
    unit: str | None,
    at: str | None,
    partial: bool,
    zeros: bool,
    out_of: float | None,
) -> tuple[pd.DataFrame, str]:
    """Return the marks that go out, of a unit or of the course, and what they are called."""
    from whobuys.desk._course_books import feedback_of, titles_of
    from whobuys.desk.course_export import course_marks_out, unit_marks_out

    if unit is not None:
        _wanted(course, [unit])
    units, students, now, sheets = _tables(course, at)
    if unit is None:
        if not sheets:
            raise InstructorError("Nothing is graded yet. Begin with: whobuys course grade")
        return course_marks_out(course, students, partial=partial, out_of=out_of), COURSE_TITLE
    if unit not in sheets or sheets[unit].empty:
        raise InstructorError(
            f"There are no marks of {unit} in {course.gradebook_of(unit)}. Grade it first: "
            f"whobuys course grade {unit}"
        )
    made = unit_marks_out(
        *(course, unit, units, sheets[unit], feedback_of(course, unit), now),
        partial=partial,
        zeros=zeros,
        out_of=out_of,
    )
    return made, titles_of(course)[unit]


def _template() -> str:
    place = Path(__file__).with_name("course.yml")
    return place.read_text(encoding="utf-8")


def _course(path: Path) -> Course:
    from whobuys.desk.course_file import read_course

    course = read_course(path)
    for note in course.notes():
        say(f"Note: {note}")
    return course


def _wanted(course: Course, units: Sequence[str] | None) -> list[str]:
    for unit in units or ():
        if unit not in course.units:
            raise InstructorError(
                f"The course has no unit {unit!r}; its units are: {', '.join(course.units)}."
            )
    return [unit for unit in course.units if not units or unit in units]


def _each(units: Sequence[str], one: Callable[[str], str]) -> None:
    """Do something for each unit; what fails is named at the end, and the others are done.

    Where the computer itself stops one, the others are not tried.
    """
    failed: list[str] = []
    done = 0
    for unit in units:
        try:
            say(f"{unit}: {one(unit)}.")
            done += 1
        except Exception as error:
            what = "" if isinstance(error, InstructorError | OSError) else type(error).__name__
            failed.append(f"{unit}: {what}{': ' if what else ''}{error}")
            say(f"{unit}: stopped.")
            if isinstance(error, MachineError):
                break
    if failed:
        raise InstructorError(f"{done} of {len(units)} units are done. {' '.join(failed)}")


def _has_files(folder: Path) -> bool:
    return folder.is_dir() and any(
        not one.name.startswith(".") and one.is_file() for one in folder.rglob("*")
    )


def _tables(
    course: Course, at: str | None
) -> tuple[pd.DataFrame, pd.DataFrame, dt.datetime, dict[str, pd.DataFrame]]:
    """Return the marks of units and of students, as of when they are, and the mark sheets."""
    from whobuys.desk._course_books import sheets_of
    from whobuys.desk._course_times import moment, read_time
    from whobuys.desk.course_marks import student_marks, unit_marks
    from whobuys.grade.release import RECORD

    try:
        now = dt.datetime.now(dt.UTC) if at is None else moment(read_time(at), course.zone)
    except ValueError as error:
        raise InstructorError(f"--at: {error}.") from None
    sheets = sheets_of(course)
    for unit in sheets:
        if not (course.released_folder(unit) / RECORD).exists():
            say(
                f"Note: {unit} has marks, but was not released from here: there is no "
                f"{course.released_folder(unit) / RECORD}. Are they those of another class?"
            )
    ids = {student.id for student in course.students}
    gone = sorted({id for sheet in sheets.values() for id in sheet["student"]} - ids)
    if gone:
        say(f"Left out, for they are not on the roster (any more): {', '.join(gone)}.")
    units = unit_marks(course, sheets, now)
    return units, student_marks(course, units), now, sheets


def _write_csv(table: pd.DataFrame, path: Path, course: Course) -> None:
    """Write a table for spreadsheets; nothing a student wrote runs as a formula."""
    from whobuys.grade.gradebook import no_formula
    from whobuys.pages.files import write_text

    lines = io.StringIO()
    writer = csv.writer(lines, lineterminator="\n")
    writer.writerow(table.columns)
    for row in table.itertuples(index=False):
        writer.writerow([_csv_value(value, no_formula) for value in row])
    write_text(path, lines.getvalue())


def _csv_value(value: object, safe: Callable[[str], str]) -> str:
    if isinstance(value, str):
        return safe(value)
    if value is None or value != value:
        return ""
    if isinstance(value, dt.datetime):
        return value.isoformat(timespec="seconds")
    return f"{value:.10g}" if isinstance(value, float) else str(value)
