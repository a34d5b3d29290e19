"""`whobuys review`, `regrade`, `agreement`, `history`: marks by people."""

from __future__ import annotations

import datetime as dt
import shlex
import sys
import tempfile
import threading
import webbrowser
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table
from rich.text import Text

from whobuys._errors import InstructorError
from whobuys.cli._options import UnitArgument
from whobuys.cli._terminal import console, plain, plain_errors, say

if TYPE_CHECKING:
    from whobuys.grade.gradebook import Gradebook

# The modules behind these commands are imported by the commands: the others need neither.
ToOption = Annotated[
    str, typer.Option(help="The folder of `whobuys grade --to`, or a gradebook's database URL.")
]
AsOption = Annotated[str, typer.Option("--as", help="Your name; it stands in the audit log.")]


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    for command in (review, regrade, agreement, history):
        app.command()(plain_errors()(command))


def review(
    unit: UnitArgument,
    to: ToOption,
    marker: AsOption,
    second: Annotated[
        bool, typer.Option(help="Mark what others have marked, without seeing their marks.")
    ] = False,
    settle: Annotated[
        bool, typer.Option(help="Settle where two markers differ; both are shown.")
    ] = False,
    names: Annotated[bool, typer.Option(help="Show who wrote what.")] = False,
    due: Annotated[
        str | None, typer.Option(help="When it was due, such as 2026-11-20T18:00+01:00.")
    ] = None,
    course: Annotated[
        Path | None,
        typer.Option(help="A course file: its due times, each student's extension counted."),
    ] = None,
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes a free one.")] = 0,
    no_browser: Annotated[bool, typer.Option("--no-browser", help="Print the address only.")] = (
        False
    ),
) -> None:
    """Open a page, on this computer only, to mark the open answers."""
    typer.echo("Opening the gradebook; the address of the page comes in some seconds.")
    from whobuys.desk.course_lookup import due_of
    from whobuys.review._desk import Sitting
    from whobuys.review._server import ReviewServer

    if second and settle:
        raise InstructorError("--second and --settle do not go together.")
    if due is not None and course is not None:
        raise InstructorError("--due and --course do not go together: the course file has dates.")
    until = _time(due) if course is None else due_of(course, unit, _where(to))
    mode = "settle" if settle else "second" if second else "first"
    sitting = Sitting(_where(to), unit, marker, mode, not names, until)  # type: ignore[arg-type]
    with ReviewServer(sitting, port) as server:
        typer.echo(f"Open this address; it works once: {server.address()}")
        typer.echo("Every mark is stored at once. Enter gives a new address, Ctrl+C ends.")
        with _opened(None if no_browser else server.address()), suppress(KeyboardInterrupt):
            for _ in sys.stdin:
                typer.echo(server.address())
            threading.Event().wait()
    again = "whobuys grade" if course is None else "whobuys course grade"
    typer.echo(f"Ended. `{again}`, run again, writes the marks into reports and mark sheet.")


def regrade(
    unit: UnitArgument,
    to: ToOption,
    requests: Annotated[
        Path | None,
        typer.Option(help="CSV of requests: student,question,words and, if you like, when."),
    ] = None,
    student: Annotated[str | None, typer.Option(help="Whose mark to decide.")] = None,
    question: Annotated[str | None, typer.Option(help="Of which question.")] = None,
    points: Annotated[float | None, typer.Option(help="The new mark.")] = None,
    keep: Annotated[bool, typer.Option("--keep", help="The mark stays.")] = False,
    why: Annotated[str, typer.Option(help="The reason; the student reads it.")] = "",
    marker: Annotated[str, typer.Option("--as", help="Your name.")] = "",
    everything: Annotated[
        bool, typer.Option("--all", help="List the answered ones, and all decisions.")
    ] = False,
) -> None:
    """Read in, list and answer requests to look at a mark again."""
    from whobuys import review as desk

    with _book(to) as book:
        if requests is not None:
            new = desk.import_requests(book, unit, requests)
            typer.echo(f"{new} new requests.")
        if student is not None or question is not None or points is not None or keep:
            if student is None or question is None or keep == (points is not None):
                raise InstructorError(
                    "To answer a request: --student ID --question q2, then --points 3 or --keep, "
                    "and --why and --as."
                )
            before, of = desk.mark_now(book, unit, student, question)
            if points is None:
                desk.keep_mark(book, unit, student, question, marker, why)
                say(f"{student} {question}: stays at {_points(before)} of {_points(of)} points.")
            else:
                desk.decide(book, unit, student, question, points, marker, why)
                now = f"{_points(before)} → {points:g}"
                say(f"{student} {question}: {now} of {_points(of)} points.")
                say(f"Grade again to bring it into report and mark sheet: {_again(unit, to)}")
        found = desk.requests(book, unit, None if everything else "open")
        decided = desk.decisions(book, unit) if everything else None
    if found.empty and (decided is None or decided.empty):
        say("No requests." if everything else "No open requests; --all lists the answered ones.")
        return
    table = Table(title="Requests" if everything else "Open requests")
    for column in ("student", "question", "mark", "of", "state", "words", "answer"):
        table.add_column(column, justify="right" if column in ("mark", "of") else "left")
    for row in found.to_dict("records"):
        answer = f"{row['answered_by']}: {row['reply']}" if row["answered_by"] else ""
        values = (row["student"], row["question"], _points(row["mark"]), _points(row["out_of"]))
        table.add_row(*map(_plain, (*values, row["state"], row["words"], answer)))
    for row in decided.to_dict("records") if decided is not None else ():
        values = (row["student"], row["question"], _points(row["after"]), _points(row["out_of"]))
        answer = f"{row['who']}: {row['why']} (before: {_points(row['before'])})"
        table.add_row(*map(_plain, (*values, "decided", "", answer)))
    console.print(table)


def agreement(
    unit: UnitArgument,
    to: ToOption,
    markers: Annotated[
        str | None,
        typer.Option(help="Two names with a comma between; may be left out if just two."),
    ] = None,
) -> None:
    """Show how far two markers agree: Cohen's kappa, line by line and in all."""
    from whobuys import review as desk

    named = [name.strip() for name in markers.split(",")] if markers else []
    if len(named) not in (0, 2):
        raise InstructorError("--markers takes two names with a comma between: --markers Eva,Li")
    with _book(to) as book:
        found = desk.agreement(book, unit, *named)
        waiting = desk.differences(book, unit)
    table = Table(title="Agreement: Cohen's kappa (1960), quadratic weights (1968)")
    for column in ("question", "line", "answers", "same", "kappa", "quadratic"):
        table.add_column(column, justify="left" if column in ("question", "line") else "right")
    for row in found.to_dict("records"):
        shares = [_share(row[name]) for name in ("same", "kappa", "quadratic")]
        table.add_row(_plain(row["question"]), _plain(row["name"]), str(row["answers"]), *shares)
    console.print(table)
    left = int((waiting["state"] == "to settle").sum())
    typer.echo(
        f"{len(waiting)} answers were marked by two; {left} of them differ by more than "
        f"{desk.TOLERANCE:g} point and wait to be settled (whobuys review --settle)."
    )


def history(
    unit: UnitArgument,
    to: ToOption,
    student: Annotated[str | None, typer.Option(help="Only this student.")] = None,
) -> None:
    """Print every change of a mark as CSV: who, when, what, from, to, why."""
    from whobuys import review as desk
    from whobuys.grade.gradebook import no_formula

    with _book(to) as book:
        found = desk.history(book, unit, student)
    for column in ("who", "student", "question", "what", "why"):
        found[column] = found[column].map(no_formula)
    typer.echo(found.to_csv(index=False, lineterminator="\n"), nl=False)


def _book(to: str) -> closing[Gradebook]:
    from whobuys.grade.gradebook import Gradebook

    return closing(Gradebook(_where(to), must_exist=True))


def _where(to: str) -> str | Path:
    from whobuys.grade.grading import gradebook_in

    return to if "://" in to else gradebook_in(Path(to))


def _again(unit: str, to: str) -> str:
    """Return the command that brings a decision into reports and mark sheet."""
    from whobuys.grade.grading import GRADEBOOK, REPORTS

    if "://" in to:
        return f"whobuys grade {unit} HAND_INS --to GRADED --gradebook {shlex.quote(to)}"
    folder = Path(to)
    if (folder / unit / REPORTS).is_dir():
        return f"whobuys course grade {unit}"
    if (folder.parent / GRADEBOOK).exists() and (folder / REPORTS).is_dir():
        return f"whobuys course grade {shlex.quote(folder.resolve().name)}"
    return f"whobuys grade {unit} HAND_INS --to {shlex.quote(to)}"


def _time(text: str | None) -> dt.datetime | None:
    if text is None:
        return None
    try:
        time = dt.datetime.fromisoformat(text)
    except ValueError:
        raise InstructorError(f"--due must read like 2026-11-20T18:00+01:00, not {text}.") from None
    if time.tzinfo is None:
        raise InstructorError(f"--due {text} has no time zone; write {text}+01:00 or {text}Z.")
    return time


@contextmanager
def _opened(address: str | None) -> Iterator[None]:
    """Open the browser by a file only this user can read: other users see command lines."""
    if address is None:
        yield
        return
    with tempfile.TemporaryDirectory(prefix="whobuys-review-") as folder:
        page = Path(folder) / "open.html"
        link = escape(address)
        page.write_text(
            f'<meta http-equiv="refresh" content="0; url={link}"><a href="{link}">Review</a>',
            encoding="utf-8",
        )
        webbrowser.open(page.as_uri())
        yield


def _plain(text: object) -> Text:
    """Return a text that neither colours nor moves the terminal."""
    return Text(plain(str(text).replace("\n", " ")))


def _points(value: float | None) -> str:
    return "–" if value is None or value != value else f"{value:g}"


def _share(value: float) -> str:
    return "–" if value != value else f"{value:.2f}"
