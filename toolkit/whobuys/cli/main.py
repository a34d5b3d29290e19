"""The command line: `whobuys release`, `whobuys grade`, `whobuys case`, `whobuys report`."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated

import typer

from whobuys._errors import InstructorError
from whobuys.cli import class_report as class_report_cli
from whobuys.cli import course as course_cli
from whobuys.cli import export as export_cli
from whobuys.cli import review as review_cli
from whobuys.cli import similar as similar_cli
from whobuys.cli._options import (
    DEFAULT_SECRET,
    BookOption,
    CellSecondsOption,
    HandInsArgument,
    JobsOption,
    RecordOption,
    SecretOption,
    TotalSecondsOption,
    TrustOption,
    UnitArgument,
)
from whobuys.cli._terminal import (
    console,
    grade_with_bar,
    in_markup,
    need_all,
    plain_errors,
    progress_bar,
    release_with_bar,
    say,
    say_markup,
    show,
)
from whobuys.cli.report import report
from whobuys.course._units import unit_folder

app = typer.Typer(
    help="Who Buys? for instructors: release an exercise, grade what comes back.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)


@app.command()
def release(
    unit: UnitArgument,
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

    with plain_errors():
        unit_folder(unit)
        students = read_roster(roster)
        made = not secret.exists()
        own = Secret.read_or_make(secret)
        record = release_with_bar(unit, students, to, own, feedback)
        if left := sorted({one.id for one in record.students} - {one.id for one in students}):
            say(
                f"Not on {roster} (any more): {', '.join(left)}. Folders and marks stay as they "
                "are; `whobuys export --roster` leaves out who is not on it."
            )
        if made:
            say_markup(
                f"Your secret is in [bold]{in_markup(secret)}[/]. Grading needs it; back it up, "
                "never share it."
            )
        say_markup(f"Give each student the own folder under [bold]{in_markup(to / STUDENTS)}[/].")
        command = ["whobuys", "grade", unit, str(to / HANDED_IN), "--to", "graded"]
        command += ["--secret", str(secret)] if secret != DEFAULT_SECRET else []
        say_markup(
            f"Put what comes back into [bold]{in_markup(to / HANDED_IN)}[/], then: "
            f"{in_markup(shlex.join(command))}"
        )


@app.command()
def grade(
    unit: UnitArgument,
    folder: HandInsArgument,
    to: Annotated[Path, typer.Option(help="Folder for gradebook, mark sheet and reports.")],
    record: RecordOption = None,
    secret: SecretOption = DEFAULT_SECRET,
    jobs: JobsOption = None,
    cell_seconds: CellSecondsOption = 60,
    total_seconds: TotalSecondsOption = 600,
    fast: Annotated[
        bool, typer.Option(help="Kernels without ZeroMQ: less time, the same marks. Linux only.")
    ] = False,
    cold: Annotated[
        bool, typer.Option(help="Start each kernel anew: slower, works everywhere.")
    ] = False,
    trust: TrustOption = False,
    scheduler: Annotated[
        str | None,
        typer.Option(help="Run them on a Dask cluster: its address, such as tcp://host:8786."),
    ] = None,
    gradebook: BookOption = None,
) -> None:
    """Run and judge every hand-in that is new or has changed."""
    from whobuys.grade._secret import Secret
    from whobuys.grade.release import RECORD, Release
    from whobuys.sandbox.execute import Limits

    with plain_errors():
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
        need_all(result)


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

    with plain_errors():
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
            console.print(f"{file.stat().st_size:>12,} bytes  {in_markup(file)}", soft_wrap=True)


def _write_large(company: str, seed: int, to: Path, customers: int) -> list[Path]:
    from whobuys import market

    with progress_bar() as bar:
        task = bar.add_task("Drawing", total=customers)
        return market.write_large(
            company,
            seed,
            to,
            customers,
            progress=lambda done, total: bar.update(task, completed=done, total=total),
        )


app.command()(plain_errors()(report))
for commands in (review_cli, similar_cli, class_report_cli, export_cli, course_cli):
    commands.add_to(app)


if __name__ == "__main__":
    app()
