"""The command line for instructors: `whobuys release`, `whobuys grade`."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from whobuys.course import NoSuchUnit
from whobuys.grade._errors import InstructorError
from whobuys.grade._roster import Student, read_roster
from whobuys.grade._run import Limits
from whobuys.grade._secret import Secret
from whobuys.grade.grading import GradingResult, grade_folder
from whobuys.grade.release import HANDED_IN, RECORD, STUDENTS, Release
from whobuys.grade.release import release as release_unit

app = typer.Typer(
    help="Who Buys? for instructors: release an exercise, grade what comes back.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
console = Console()

SecretOption = Annotated[
    Path,
    typer.Option(
        "--secret",
        help="Your secret file. Made at the first release; keep it, and keep it to yourself.",
    ),
]


@app.command()
def release(
    unit: Annotated[str, typer.Argument(help="The exercise, such as 05_rfm.")],
    roster: Annotated[
        Path, typer.Option(help="CSV with a column `student` and, if you like, `name`.")
    ],
    to: Annotated[Path, typer.Option(help="Folder for the release.")],
    feedback: Annotated[
        str, typer.Option(help="What students are told before handing in: shape, full or none.")
    ] = "shape",
    secret: SecretOption = Path("whobuys.secret"),
) -> None:
    """Write a folder for each student: the notebook, own data, an id."""
    with _plain_errors():
        students = read_roster(roster)
        made = not secret.exists()
        own = Secret.read_or_make(secret)
        release_with_bar(unit, students, to, own, feedback)
        if made:
            console.print(
                f"Your secret is in [bold]{secret}[/]. Grading needs it; back it up, never share it."
            )
        console.print(f"Give each student the own folder under [bold]{to / STUDENTS}[/].", soft_wrap=True)
        console.print(
            f"Put what comes back into [bold]{to / HANDED_IN}[/], then: "
            f"whobuys grade {unit} {to / HANDED_IN} --to graded",
            soft_wrap=True,
        )


@app.command()
def grade(
    unit: Annotated[str, typer.Argument(help="The exercise, such as 05_rfm.")],
    folder: Annotated[Path, typer.Argument(help="The folder of hand-ins.")],
    to: Annotated[Path, typer.Option(help="Folder for gradebook, mark sheet and reports.")],
    record: Annotated[
        Path | None,
        typer.Option("--release", help=f"{RECORD}; by default beside the hand-ins' folder."),
    ] = None,
    secret: SecretOption = Path("whobuys.secret"),
    jobs: Annotated[
        int | None, typer.Option(min=1, help="Hand-ins run at once; all cores by default.")
    ] = None,
    cell_seconds: Annotated[float, typer.Option(min=1, help="Time limit of one cell.")] = 60,
    total_seconds: Annotated[float, typer.Option(min=1, help="Time limit of one hand-in.")] = 600,
) -> None:
    """Run and judge every hand-in that is new or has changed."""
    with _plain_errors():
        result = grade_with_bar(
            unit,
            folder,
            to,
            Secret.read(secret),
            Release.read(record or folder.parent / RECORD),
            Limits(cell_seconds, total_seconds),
            jobs,
        )
        show(result)


def release_with_bar(
    unit: str, students: Sequence[Student], to: Path, secret: Secret, feedback: str
) -> Release:
    """Release with a progress bar; see `whobuys.grade.release.release`."""
    with _bar() as bar:
        task = bar.add_task("Releasing", total=len(students))
        return release_unit(
            unit, students, to, secret, feedback, lambda student: bar.advance(task)
        )


def grade_with_bar(
    unit: str,
    folder: Path,
    to: Path,
    secret: Secret,
    record: Release,
    limits: Limits,
    jobs: int | None = None,
) -> GradingResult:
    """Grade with a progress bar; see `whobuys.grade.grading.grade_folder`."""
    with _bar() as bar:
        task = bar.add_task("Grading", total=None)
        return grade_folder(
            unit,
            folder,
            to,
            secret,
            record,
            limits,
            jobs,
            lambda student, done, of: bar.update(task, completed=done, total=of),
        )


def show(result: GradingResult) -> None:
    """Print the mark sheet and where everything is."""
    table = Table(title="Marks")
    questions = [name for name in result.sheet.columns if name.startswith("q")]
    for column in ("student", *questions, "total", "to mark", "state"):
        table.add_column(column, justify="left" if column in ("student", "state") else "right")
    for row in result.sheet.to_dict("records"):
        marks = [f"{row[question]:g}" for question in questions]
        total = f"{row['total']:g} of {row['out_of']:g}"
        state = f"{row['state']}. {row['notes']}" if row["notes"] else row["state"]
        table.add_row(row["student"], *marks, total, f"{row['to_mark']:g}", state)
    console.print(table)
    console.print(
        f"{len(result.graded)} graded now, {len(result.unchanged)} unchanged since the last run."
    )
    for file in result.unclaimed:
        console.print(
            f"[bold]Not graded:[/] {file} — whose is it? Put it into a folder named like the student's id."
        )
    for label, name in (
        ("Mark sheet", "marks.csv"),
        ("Reports", "reports"),
        ("Class report", "class_report.html"),
        ("Gradebook", "gradebook.sqlite"),
    ):
        console.print(f"{label + ':':<14}{result.to / name}", soft_wrap=True)


def _bar() -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=console,
    )


@contextmanager
def _plain_errors() -> Iterator[None]:
    """Show what the instructor can mend as one message, without a traceback."""
    try:
        yield
    except (InstructorError, NoSuchUnit, csv.Error, PermissionError) as error:
        console.print(f"[bold red]Stopped:[/] {error}", soft_wrap=True)
        raise typer.Exit(1) from None
    except KeyboardInterrupt:
        console.print(
            "[bold]Interrupted.[/] What was graded is stored; run the same command to go on."
        )
        raise typer.Exit(130) from None


if __name__ == "__main__":
    app()
