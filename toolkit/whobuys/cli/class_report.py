"""`whobuys class-report`: the page of a class, to show it or for the teacher."""

from __future__ import annotations

from typing import Annotated

import typer

from whobuys._errors import InstructorError
from whobuys.cli._options import BookOption, GradedOption, RosterNowOption, UnitArgument
from whobuys.cli._terminal import plain_errors, say

# The report's modules are imported by the command: the others do not need them.
SHOWN, NAMED = "class_report.html", "class_report_with_names.html"


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command("class-report")(plain_errors()(class_report))


def class_report(
    unit: UnitArgument,
    to: GradedOption,
    names: Annotated[
        bool, typer.Option("--names", help="The teacher's form: it names who needs help.")
    ] = False,
    gradebook: BookOption = None,
    roster: RosterNowOption = None,
    lang: Annotated[str, typer.Option(help="Only en so far.")] = "en",
) -> None:
    """Write the class report anew: marks, questions, mistakes, what to teach again."""
    from whobuys.course import unit_folder
    from whobuys.desk.course_lookup import left_the_roster
    from whobuys.grade.class_report import (
        refresh_class_report,
        students_in,
        write_class_report,
    )
    from whobuys.grade.grading import gradebook_in

    unit_folder(unit)
    if not to.is_dir():
        raise InstructorError(
            f"There is no folder {to}. Give the one that `whobuys grade --to` wrote."
        )
    file = to / (NAMED if names else SHOWN)
    book = gradebook or gradebook_in(to)
    left = left_the_roster(to, students_in(book), roster)
    if names or lang != "en":
        write_class_report(book, unit, file, names, lang, left)
    else:
        refresh_class_report(book, unit, file, left)
    typer.echo(str(file))
    if left:
        say(f"Left out, on the roster no more: {', '.join(left)}.")
    if not names:
        typer.echo(
            "Show one version only: from two, before and after one hand-in, that student's marks "
            "can be worked out."
        )
