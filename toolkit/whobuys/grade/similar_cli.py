"""`whobuys similar`: who may have worked together."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Annotated

import typer

from whobuys.grade._terminal import progress_bar, say


def add_to(app: typer.Typer, plain_errors: Callable[[], AbstractContextManager[None]]) -> None:
    """Register the command; what an instructor can mend is shown by `plain_errors`."""
    app.command()(plain_errors()(similar))  # type: ignore[operator]


def similar(
    unit: Annotated[str, typer.Argument(help="The exercise, such as 05_rfm.")],
    folder: Annotated[Path, typer.Argument(help="The folder of hand-ins.")],
    to: Annotated[Path, typer.Option(help="The folder of `whobuys grade --to`.")],
    record: Annotated[
        Path | None,
        typer.Option("--release", help="release.json; by default beside the hand-ins' folder."),
    ] = None,
    secret: Annotated[
        Path, typer.Option("--secret", help="The secret file the exercise was released with.")
    ] = Path("whobuys.secret"),
    course: Annotated[
        Path | None,
        typer.Option(help="A course file: its secret, which differs for a second attempt."),
    ] = None,
    code_only: Annotated[
        bool, typer.Option("--code-only", help="Compare the code; run nothing, need no secret.")
    ] = False,
    gradebook: Annotated[
        str | None,
        typer.Option(help="Another gradebook file, or postgresql://user@host/database."),
    ] = None,
    jobs: Annotated[
        int | None, typer.Option(min=1, help="Processes at once; all cores by default.")
    ] = None,
    cell_seconds: Annotated[float, typer.Option(min=1, help="Time limit of one cell.")] = 60,
    total_seconds: Annotated[float, typer.Option(min=1, help="Time limit of one hand-in.")] = 600,
    trust: Annotated[
        bool,
        typer.Option(
            "--i-trust-these-notebooks", help="Run them even where nothing can confine them."
        ),
    ] = False,
) -> None:
    """Show pairs with like code, and answers that fit another student's case."""
    from whobuys.grade._run import Limits
    from whobuys.grade._secret import Secret
    from whobuys.grade.course_cli import secret_of
    from whobuys.grade.release import RECORD, Release
    from whobuys.grade.similarity import ANSWERS, CODE, PAGE
    from whobuys.grade.similarity import similar as compare

    record = record or folder.parent / RECORD
    own = None
    if not code_only:
        own = Secret.read(secret) if course is None else secret_of(course, record.parent)
    with progress_bar() as bar:
        task = bar.add_task("Reading", total=None)
        found = compare(
            unit,
            folder,
            to,
            Release.read(record),
            own,
            gradebook=gradebook,
            limits=Limits(cell_seconds, total_seconds),
            jobs=jobs,
            trust=trust,
            tell=lambda step, done, of: bar.update(
                task, description=step, completed=done, total=of
            ),
        )
        bar.update(task, description="Done", completed=1, total=1)
    say(f"Pairs with like code: {len(found.code)}.")
    files = [PAGE, CODE]
    if not code_only:
        say(f"Pairs whose answers fit another case: {len(found.answers)}.")
        files.append(ANSWERS)
    say("For your eyes only; pairs are to be looked at, not judged:")
    for file in files:
        say(f"  {found.to / file}")
