"""Arguments and options that several commands have."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from whobuys.grade._secret import Secret

DEFAULT_SECRET = Path("whobuys.secret")

UnitArgument = Annotated[str, typer.Argument(help="The exercise, such as 05_rfm.")]
HandInsArgument = Annotated[Path, typer.Argument(help="The folder of hand-ins.")]
GradedOption = Annotated[Path, typer.Option("--to", help="The folder of `whobuys grade --to`.")]
RecordOption = Annotated[
    Path | None,
    typer.Option("--release", help="release.json; by default beside the hand-ins' folder."),
]
SecretOption = Annotated[
    Path,
    typer.Option(
        "--secret",
        help="Your secret file. Made at the first release; keep it, and keep it to yourself.",
    ),
]
SecretOfCourseOption = Annotated[
    Path | None,
    typer.Option("--course", help="A course file: its secret, which differs for a second attempt."),
]
BookOption = Annotated[
    str | None,
    typer.Option("--gradebook", help="Another gradebook file, or postgresql://user@host/database."),
]
JobsOption = Annotated[
    int | None, typer.Option("--jobs", min=1, help="Hand-ins run at once; all cores by default.")
]
CellSecondsOption = Annotated[float, typer.Option(min=1, help="Time limit of one cell.")]
TotalSecondsOption = Annotated[float, typer.Option(min=1, help="Time limit of one hand-in.")]
RosterNowOption = Annotated[
    Path | None,
    typer.Option(
        "--roster",
        help="Who is not on it is left out; by default the one of the course.yml above the folder.",
    ),
]
OutOption = Annotated[Path, typer.Option("--out", help="The file to write.")]
FillOption = Annotated[
    Path | None,
    typer.Option("--fill", help="The gradebook exported from Canvas, to be filled."),
]
ZerosOption = Annotated[
    bool, typer.Option("--zeros", help="Give 0 to those who handed in nothing.")
]
OutOfOption = Annotated[
    float | None, typer.Option("--out-of", help="Bring the marks to this many points.")
]
TrustOption = Annotated[
    bool,
    typer.Option(
        "--i-trust-these-notebooks",
        help="Run them even where nothing can confine them; each report then says so.",
    ),
]


def own_secret(secret: Path, course: Path | None, folder: Path) -> Secret:
    """Return the secret a folder was released with: of a course file, if there is one."""
    from whobuys.desk.course_lookup import secret_of
    from whobuys.grade._secret import Secret

    return Secret.read(secret) if course is None else secret_of(course, folder)
