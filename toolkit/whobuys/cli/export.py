"""`whobuys export` and `whobuys check-release`: what leaves the house."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from whobuys._errors import InstructorError
from whobuys.cli._options import (
    DEFAULT_SECRET,
    BookOption,
    FillOption,
    GradedOption,
    OutOfOption,
    OutOption,
    RosterNowOption,
    SecretOfCourseOption,
    SecretOption,
    UnitArgument,
    ZerosOption,
    own_secret,
)
from whobuys.cli._terminal import plain_errors, progress_bar, say
from whobuys.course import unit_folder

if TYPE_CHECKING:
    import pandas as pd

# The modules behind these commands are imported by the commands: the others need neither.
ColumnOption = Annotated[
    str | None, typer.Option("--column", help="The assignment there; else the exercise's title.")
]
PartialOption = Annotated[
    bool, typer.Option("--partial", help="Give what is settled where a person still has to mark.")
]
StudentsOption = Annotated[
    list[str] | None, typer.Option("--student", help="Only this one; repeat it.")
]


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    export = typer.Typer(
        help="Marks and reports out: Canvas, Moodle, ZIP, PDF.", no_args_is_help=True
    )
    for command in (canvas, moodle, zips, pdf):
        export.command()(plain_errors()(command))
    app.add_typer(export, name="export")
    app.command()(plain_errors()(check_release))


def canvas(
    unit: UnitArgument,
    to: GradedOption,
    out: OutOption,
    fill: FillOption = None,
    column: ColumnOption = None,
    match: Annotated[
        str,
        typer.Option(help="What our ids are in Canvas: login, sis, id; with --fill any column."),
    ] = "login",
    partial: PartialOption = False,
    zeros: ZerosOption = False,
    out_of: OutOfOption = None,
    gradebook: BookOption = None,
    roster: RosterNowOption = None,
) -> None:
    """Write a gradebook file for Canvas: points before lateness; after it, `course export`."""
    marks = _marks(unit, to, gradebook, partial, zeros, out_of, roster)
    write_canvas(marks, out, column or _title(unit), match, fill)


def write_canvas(
    marks: pd.DataFrame, out: Path, title: str, match: str = "login", fill: Path | None = None
) -> None:
    """Write marks as `marks_out` returns them for Canvas, and say whose did not go out."""
    from whobuys.desk import export
    from whobuys.pages.files import write_bytes

    if fill is None:
        write_bytes(out, export.canvas_csv(marks, title, match).encode())
        _report(marks, out, "No mark, an empty cell")
        return
    try:
        raw = fill.read_bytes()
    except OSError as error:
        raise InstructorError(f"{fill} cannot be read: {error.strerror}.") from None
    filled = export.fill_canvas(raw, marks, title, match)
    write_bytes(out, filled.data)
    say(f"{len(filled.filled)} marks are in {out}.")
    reasons: dict[str, list[str]] = {}
    for student, why in filled.left.items():
        reasons.setdefault(why, []).append(student)
    for why, students in reasons.items():
        say(f"Left as it was ({why}): {', '.join(students)}.")
    if filled.not_there:
        say(f"Not in the file from Canvas, so no mark went out: {', '.join(filled.not_there)}.")
    if filled.not_ours:
        say(f"In the file, but none of our students: {', '.join(filled.not_ours)}.")


def moodle(
    unit: UnitArgument,
    to: GradedOption,
    out: OutOption,
    column: ColumnOption = None,
    match: Annotated[
        str, typer.Option(help="What our ids are in Moodle: username, idnumber or email.")
    ] = "username",
    partial: PartialOption = False,
    zeros: ZerosOption = False,
    out_of: OutOfOption = None,
    gradebook: BookOption = None,
    roster: RosterNowOption = None,
) -> None:
    """Write grades and feedback for Moodle: points before lateness; after it, `course export`."""
    marks = _marks(unit, to, gradebook, partial, zeros, out_of, roster)
    write_moodle(marks, out, column or _title(unit), match)


def write_moodle(marks: pd.DataFrame, out: Path, title: str, match: str = "username") -> None:
    """Write marks as `marks_out` returns them for Moodle, and say whose did not go out."""
    from whobuys.desk import export
    from whobuys.pages.files import write_bytes

    write_bytes(out, export.moodle_csv(marks, title, match).encode())
    _report(marks, out, "Not in the file, so that no grade in Moodle is taken away")


def zips(
    unit: UnitArgument,
    to: GradedOption,
    out: Annotated[
        Path, typer.Option("--out", help="Folder for ID.zip; with --moodle the one archive.")
    ],
    moodle: Annotated[
        Path | None,
        typer.Option("--moodle", help="The assignment's grading worksheet, from Moodle."),
    ] = None,
    match: Annotated[
        str, typer.Option(help="Column of the worksheet that holds our ids.")
    ] = "Email address",
    student: StudentsOption = None,
    roster: RosterNowOption = None,
) -> None:
    """Write an archive for each student: the report, and its PDF if there is one."""
    from whobuys.desk.export_pdf import reports
    from whobuys.desk.export_zip import moodle_feedback, old_papers, zip_reports
    from whobuys.pages.files import write_bytes

    unit_folder(unit)
    if student and moodle is not None:
        raise InstructorError("--moodle makes one archive for all; leave --student out.")
    there = list(reports(to, student))
    left = [] if student else _left(to, there, roster)
    staying = [one for one in there if one not in left]
    if not staying:
        raise InstructorError(f"No report in {to} is of a student on the roster.")
    if old := old_papers(to, staying):
        say(f"Left out, older than the report: the PDF of {', '.join(old)}. Print them again.")
    if moodle is None:
        made = zip_reports(unit, to, out, staying)
        say(f"{len(made)} archives are in {out}.")
        return
    raw, missing = moodle_feedback(unit, to, moodle, match, staying)
    write_bytes(out, raw)
    say(f"{out} is for “Upload multiple feedback files in a zip”.")
    if missing:
        say(f"Not in the worksheet, so no report went out: {', '.join(missing)}.")


def pdf(to: GradedOption, student: StudentsOption = None) -> None:
    """Write a PDF beside each graded report; what is unchanged is left alone."""
    from whobuys.desk.export_pdf import print_reports

    with progress_bar() as bar:
        task = bar.add_task("Printing", total=None)
        made = print_reports(
            to, student, tell=lambda who, done, of: bar.update(task, completed=done, total=of)
        )
    say(f"{len(made.made)} printed, {len(made.unchanged)} unchanged since the last time.")
    if made.failed:
        said = "; ".join(f"{who}: {why}" for who, why in made.failed.items())
        raise InstructorError(f"No PDF for {said} The HTML reports are whole.")


def check_release(
    folder: Annotated[Path, typer.Argument(help="The folder of `whobuys release --to`.")],
    secret: SecretOption = DEFAULT_SECRET,
    course: SecretOfCourseOption = None,
) -> None:
    """Look through everything a release hands out for answers, keys, seeds and other students."""
    from whobuys.grade.release import RECORD
    from whobuys.grade.release_check import check

    if not (folder / RECORD).exists():
        raise InstructorError(
            f"{folder} is no release: it has no {RECORD}. Give the folder of `whobuys release "
            "--to`; in a course, released/UNIT."
        )
    own = own_secret(secret, course, folder)
    with progress_bar() as bar:
        task = bar.add_task("Checking", total=None)
        found = check(
            folder,
            own,
            tell=lambda who, done, of: bar.update(task, completed=done, total=of),
        )
    if found.full:
        say("Feedback is full: each student gets the key (key.py), as you chose.")
    if found.findings:
        for finding in found.findings[:40]:
            say(f"{finding.place}: {finding.what}")
        raise InstructorError(
            f"{len(found.findings)} things in {folder} should not leave the house. Do not hand "
            "anything out; delete what is named and release again."
        )
    say(
        f"Clean: {found.files} files of {found.students} students were looked through, "
        f"{found.needles} texts were looked for."
    )


def _marks(
    unit: str,
    to: Path,
    gradebook: str | None,
    partial: bool,
    zeros: bool,
    out_of: float | None,
    roster: Path | None,
) -> pd.DataFrame:
    from whobuys.desk.export import marks_out
    from whobuys.grade.gradebook import Gradebook
    from whobuys.grade.grading import gradebook_in

    unit_folder(unit)
    book = Gradebook(gradebook or gradebook_in(to), must_exist=True)
    with closing(book):
        marks = marks_out(book, unit, partial=partial, zeros=zeros, out_of=out_of)
    left = _left(to, marks["student"], roster)
    return marks[~marks["student"].isin(left)]


def _left(to: Path, students: Iterable[str], roster: Path | None) -> list[str]:
    """Return, and name, who is on the roster no more."""
    from whobuys.desk.course_lookup import left_the_roster

    left = left_the_roster(to, students, roster)
    if left:
        say(f"Left out, on the roster no more: {', '.join(left)}.")
    return left


def _title(unit: str) -> str:
    from whobuys.course import load_key

    return load_key(unit_folder(unit) / "key.py").title


def _report(marks: pd.DataFrame, out: Path, fate: str) -> None:
    """Say how many marks went out, and whose did not."""
    say(f"{marks['mark'].notna().sum()} marks are in {out}.")
    for state, rows in marks[marks["mark"].isna()].groupby("state"):
        say(f"{fate} ({state}): {', '.join(rows['student'])}.")
