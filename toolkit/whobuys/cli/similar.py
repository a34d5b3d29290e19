"""`whobuys similar`: who may have worked together."""

from __future__ import annotations

from typing import Annotated

import typer

from whobuys.cli._options import (
    DEFAULT_SECRET,
    BookOption,
    CellSecondsOption,
    GradedOption,
    HandInsArgument,
    JobsOption,
    RecordOption,
    SecretOfCourseOption,
    SecretOption,
    TotalSecondsOption,
    TrustOption,
    UnitArgument,
    own_secret,
)
from whobuys.cli._terminal import plain_errors, progress_bar, say


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command()(plain_errors()(similar))


def similar(
    unit: UnitArgument,
    folder: HandInsArgument,
    to: GradedOption,
    record: RecordOption = None,
    secret: SecretOption = DEFAULT_SECRET,
    course: SecretOfCourseOption = None,
    code_only: Annotated[
        bool, typer.Option("--code-only", help="Compare the code; run nothing, need no secret.")
    ] = False,
    gradebook: BookOption = None,
    jobs: JobsOption = None,
    cell_seconds: CellSecondsOption = 60,
    total_seconds: TotalSecondsOption = 600,
    trust: TrustOption = False,
) -> None:
    """Show pairs with like code, and answers that fit another student's case."""
    from whobuys.desk.similarity import ANSWERS, CODE, PAGE
    from whobuys.desk.similarity import similar as compare
    from whobuys.grade.release import RECORD, Release
    from whobuys.sandbox.execute import Limits

    record = record or folder.parent / RECORD
    own = None if code_only else own_secret(secret, course, record.parent)
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
