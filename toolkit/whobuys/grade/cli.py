"""The command line: `whobuys release`, `whobuys grade`, `whobuys case`, `whobuys report`."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from math import isnan
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from whobuys.course._units import NoSuchUnit, unit_folder
from whobuys.grade import class_report_cli, course_cli, export_cli, review_cli, similar_cli
from whobuys.grade._errors import InstructorError
from whobuys.grade.report_cli import report

# each command imports what it runs: `--help` and a mistyped option should not wait for all of it
if TYPE_CHECKING:
    from whobuys.grade._roster import Student
    from whobuys.grade._run import Limits
    from whobuys.grade._secret import Secret
    from whobuys.grade.grading import GradingResult
    from whobuys.grade.release import Release

app = typer.Typer(
    help="Who Buys? for instructors: release an exercise, grade what comes back.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
console = Console()
DEFAULT_SECRET = Path("whobuys.secret")

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
    secret: SecretOption = DEFAULT_SECRET,
) -> None:
    """Write a folder for each student: the notebook, own data, an id."""
    from whobuys.grade._roster import read_roster
    from whobuys.grade._secret import Secret
    from whobuys.grade.release import HANDED_IN, STUDENTS

    with _plain_errors():
        unit_folder(unit)
        students = read_roster(roster)
        made = not secret.exists()
        own = Secret.read_or_make(secret)
        release_with_bar(unit, students, to, own, feedback)
        if made:
            _say(
                f"Your secret is in [bold]{_plain(secret)}[/]. Grading needs it; back it up, never "
                "share it."
            )
        _say(f"Give each student the own folder under [bold]{_plain(to / STUDENTS)}[/].")
        command = ["whobuys", "grade", unit, str(to / HANDED_IN), "--to", "graded"]
        command += ["--secret", str(secret)] if secret != DEFAULT_SECRET else []
        _say(
            f"Put what comes back into [bold]{_plain(to / HANDED_IN)}[/], then: "
            f"{_plain(shlex.join(command))}"
        )


@app.command()
def grade(
    unit: Annotated[str, typer.Argument(help="The exercise, such as 05_rfm.")],
    folder: Annotated[Path, typer.Argument(help="The folder of hand-ins.")],
    to: Annotated[Path, typer.Option(help="Folder for gradebook, mark sheet and reports.")],
    record: Annotated[
        Path | None,
        typer.Option("--release", help="release.json; by default beside the hand-ins' folder."),
    ] = None,
    secret: SecretOption = DEFAULT_SECRET,
    jobs: Annotated[
        int | None, typer.Option(min=1, help="Hand-ins run at once; all cores by default.")
    ] = None,
    cell_seconds: Annotated[float, typer.Option(min=1, help="Time limit of one cell.")] = 60,
    total_seconds: Annotated[float, typer.Option(min=1, help="Time limit of one hand-in.")] = 600,
    fast: Annotated[
        bool, typer.Option(help="Kernels without ZeroMQ: less time, the same marks. Linux only.")
    ] = False,
    cold: Annotated[
        bool, typer.Option(help="Start each kernel anew: slower, works everywhere.")
    ] = False,
    trust: Annotated[
        bool,
        typer.Option(
            "--i-trust-these-notebooks",
            help="Run them even where nothing can confine them; each report then says so.",
        ),
    ] = False,
    scheduler: Annotated[
        str | None,
        typer.Option(help="Run them on a Dask cluster: its address, such as tcp://host:8786."),
    ] = None,
    gradebook: Annotated[
        str | None,
        typer.Option(help="Another gradebook file, or postgresql://user@host/database."),
    ] = None,
) -> None:
    """Run and judge every hand-in that is new or has changed."""
    from whobuys.grade._run import Limits
    from whobuys.grade._secret import Secret
    from whobuys.grade.release import RECORD, Release

    with _plain_errors():
        if fast and cold:
            raise InstructorError("--fast and --cold do not go together.")
        result = grade_with_bar(
            unit,
            folder,
            to,
            Secret.read(secret),
            Release.read(record or folder.parent / RECORD),
            Limits(cell_seconds, total_seconds),
            jobs,
            "fast" if fast else "cold" if cold else "warm",
            trust,
            scheduler,
            gradebook,
        )
        show(result)


@app.command()
def case(
    company: Annotated[
        str, typer.Argument(help="teahouse, ..., or the path of your own .yml file.")
    ],
    to: Annotated[Path, typer.Option(help="Folder for the files.")],
    seed: Annotated[int, typer.Option(min=0, help="Another seed, another company.")] = 0,
    customers: Annotated[
        int | None, typer.Option(min=1, help="How many, instead of the company's own number.")
    ] = None,
    messy: Annotated[
        bool, typer.Option(help="Files as they come from practice, with faults.")
    ] = False,
    ledger: Annotated[
        Path | None, typer.Option(help="With --messy: where to write the list of every fault.")
    ] = None,
    parquet: Annotated[
        bool, typer.Option(help="For very many customers: the main tables only, in Parquet parts.")
    ] = False,
) -> None:
    """Write an invented company: its tables, each described, and a card."""
    from whobuys import market

    with _plain_errors():
        if ledger is not None and not messy:
            raise InstructorError("--ledger lists the faults of --messy files; give both.")
        if messy and parquet:
            raise InstructorError("--messy and --parquet do not go together.")
        try:
            if parquet:
                files = _write_large(company, seed, to, customers or 1_000_000)
            elif messy:
                faulty = market.mess(market.market(company, seed, customers=customers))
                files = market.write_messy(faulty, to)
                if ledger is not None:
                    market.write_errata(faulty, ledger)
            else:
                files = market.write_package(market.market(company, seed, customers=customers), to)
        except (ValueError, ModuleNotFoundError) as error:
            raise InstructorError(str(error)) from error
        for file in files:
            console.print(f"{file.stat().st_size:>12,} bytes  {escape(str(file))}", soft_wrap=True)


def _write_large(company: str, seed: int, to: Path, customers: int) -> list[Path]:
    from whobuys import market

    with _bar() as bar:
        task = bar.add_task("Drawing", total=customers)
        return market.write_large(
            company,
            seed,
            to,
            customers,
            progress=lambda done, total: bar.update(task, completed=done, total=total),
        )


def release_with_bar(
    unit: str, students: Sequence[Student], to: Path, secret: Secret, feedback: str
) -> Release:
    """Release with a progress bar; see `whobuys.grade.release.release`."""
    from whobuys.grade.release import release as release_unit

    with _bar() as bar:
        task = bar.add_task("Releasing", total=len(students))
        return release_unit(unit, students, to, secret, feedback, lambda student: bar.advance(task))


def grade_with_bar(
    unit: str,
    folder: Path,
    to: Path,
    secret: Secret,
    record: Release,
    limits: Limits,
    jobs: int | None = None,
    kernel: str = "warm",
    trust: bool = False,
    scheduler: str | None = None,
    gradebook: str | None = None,
) -> GradingResult:
    """Grade with a progress bar; see `whobuys.grade.grading.grade_folder`."""
    from whobuys.grade.grading import grade_folder

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
            kernel,
            trust,
            scheduler,
            gradebook,
        )


def show(result: GradingResult) -> None:
    """Print the mark sheet and where everything is."""
    table = Table(title="Marks")
    questions = [name for name in result.sheet.columns if name.startswith("q")]
    waits = ("to mark",) if result.sheet["to_mark"].any() else ()
    for column in ("student", *questions, "total", *waits, "state"):
        table.add_column(column, justify="left" if column in ("student", "state") else "right")
    for row in result.sheet.to_dict("records"):
        marks = ["–" if isnan(row[question]) else f"{row[question]:g}" for question in questions]
        total = f"{row['total']:g} of {row['out_of']:g}"
        state = f"{row['state']}. {row['notes']}" if row["notes"] else row["state"]
        left = [f"{row['to_mark']:g}" for _ in waits]
        table.add_row(row["student"], *marks, total, *left, _plain(state))
    console.print(table)
    console.print(
        f"{len(result.graded)} graded now, {len(result.unchanged)} unchanged since the last run."
    )
    if result.gone:
        _say(
            f"[bold]No hand-in any more, so no mark:[/] {', '.join(result.gone)}. If that is not "
            "meant, put the file back and grade again."
        )
    for file in result.unclaimed:
        _say(
            f"[bold]Not graded:[/] {_plain(file)} — whose is it? Put it into a folder named like "
            "the student's id."
        )
    for label, name in (
        ("Mark sheet", "marks.csv"),
        ("Reports", "reports"),
        ("Class report", "class_report.html"),
        ("Gradebook", "gradebook.sqlite"),
    ):
        _say(f"{label + ':':<14}{_plain(result.to / name)}")


def _say(markup: str) -> None:
    console.print(markup, soft_wrap=True, highlight=False)


def _plain(text: object) -> str:
    """Return a text that neither colours nor moves the terminal, whatever a file is called."""
    return escape("".join(letter if letter.isprintable() else "\ufffd" for letter in str(text)))


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
    except (InstructorError, NoSuchUnit, OSError) as error:
        errors = Console(stderr=True)
        errors.print(f"[bold red]Stopped:[/] {_plain(error)}", soft_wrap=True, highlight=False)
        raise typer.Exit(1) from None
    except KeyboardInterrupt:
        console.print(
            "[bold]Interrupted.[/] What was graded is stored; run the same command to go on."
        )
        raise typer.Exit(130) from None


app.command()(_plain_errors()(report))
review_cli.add_to(app, _plain_errors)
similar_cli.add_to(app, _plain_errors)
class_report_cli.add_to(app, _plain_errors)
export_cli.add_to(app, _plain_errors)
course_cli.add_to(app, _plain_errors)


if __name__ == "__main__":
    app()
