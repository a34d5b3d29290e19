"""What the commands write on the terminal: lines, bars, the mark sheet, errors in one message."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from math import isnan
from pathlib import Path
from typing import TYPE_CHECKING

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from whobuys._errors import InstructorError
from whobuys.course._units import NoSuchUnit

# what a command runs is imported when it runs: `--help` should not wait for it
if TYPE_CHECKING:
    from whobuys.grade._roster import Student
    from whobuys.grade._secret import Secret
    from whobuys.grade.grading import GradingResult
    from whobuys.grade.release import Release
    from whobuys.sandbox.execute import Limits

console = Console()
SECONDS_OF_SILENCE = 30
MOST_FILES = 20


def say(text: object) -> None:
    """Print a line as it is, but for what would colour or move the terminal."""
    console.print(Text(plain(text)), soft_wrap=True)


def say_markup(markup: str) -> None:
    """Print a line of our own with rich's markup; what others wrote goes through `in_markup`."""
    console.print(markup, soft_wrap=True, highlight=False)


def plain(text: object) -> str:
    """Return a text that neither colours nor moves the terminal, whatever a file is called."""
    return "".join(letter if letter.isprintable() else "\ufffd" for letter in str(text))


def in_markup(text: object) -> str:
    """Return such a text for a line with markup."""
    return escape(plain(text))


def progress_bar() -> Progress:
    """Return a progress bar: how many of how many, and the time left."""
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=console,
    )


@contextmanager
def plain_errors() -> Iterator[None]:
    """Show what the instructor can mend as one message, without a traceback.

    Ended from outside, a command clears up as it does after Ctrl+C.
    """
    try:
        with _ended_politely():
            yield
    except (InstructorError, NoSuchUnit, OSError) as error:
        errors = Console(stderr=True)
        errors.print(f"[bold red]Stopped:[/] {in_markup(error)}", soft_wrap=True, highlight=False)
        raise typer.Exit(1) from None
    except KeyboardInterrupt as interrupt:
        console.print(
            "[bold]Interrupted.[/] What was graded is stored; run the same command to go on."
        )
        number = interrupt.args[0] if interrupt.args else signal.SIGINT
        raise typer.Exit(128 + number) from None


@contextmanager
def _ended_politely() -> Iterator[None]:
    """Take the signals that end a program as an interrupt."""

    def interrupt(number: int, frame: object) -> None:
        raise KeyboardInterrupt(number)

    names = [name for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]
    before = {getattr(signal, name): signal.getsignal(getattr(signal, name)) for name in names}
    heard = {number: handler for number, handler in before.items() if handler != signal.SIG_IGN}
    for number in heard:
        signal.signal(number, interrupt)
    try:
        yield
    finally:
        for number, handler in heard.items():
            signal.signal(number, handler)


def release_with_bar(
    unit: str, students: Sequence[Student], to: Path, secret: Secret, feedback: str
) -> Release:
    """Release with a progress bar; see `whobuys.grade.release.release`."""
    from whobuys.grade.release import release as release_unit

    with progress_bar() as bar:
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
    """Grade with a progress bar, or a line now and then; see `grade.grading.grade_folder`."""
    from whobuys.grade.grading import grade_folder

    with _progress() as tell:
        return grade_folder(
            *(unit, folder, to, secret, record, limits, jobs, tell),
            *(kernel, trust, scheduler, gradebook),
        )


@contextmanager
def _progress() -> Iterator[Callable[[str, int, int], None]]:
    """Give what is to be told of each hand-in: a bar moves or, in a file, a line is written."""
    if not console.is_terminal:
        yield _Lines()
        return
    with progress_bar() as bar:
        task = bar.add_task("Grading", total=None)
        yield lambda student, done, of: bar.update(task, completed=done, total=of)


class _Lines:
    """Says how far the grading is: at every tenth, and twice a minute."""

    def __init__(self) -> None:
        self.began = self.said = time.monotonic()
        self.tenth = 0

    def __call__(self, student: str, done: int, of: int) -> None:
        now, tenth = time.monotonic(), 10 * done // of
        if tenth == self.tenth and now - self.said < SECONDS_OF_SILENCE:
            return
        self.said, self.tenth = now, tenth
        minutes = (now - self.began) / done * (of - done) / 60
        left = f"about {minutes:.0f} minutes" if minutes >= 1.5 else "about a minute or less"
        say(f"Graded {done} of {of}" + (f", {left} left" if done < of else ""))


def need_all(result: GradingResult) -> None:
    """Stop with the names of those whose run the computer lost.

    Raises
    ------
    InstructorError
        If there is one.
    """
    if result.lost:
        raise InstructorError(
            f"Not graded, for the computer lost the run: {', '.join(result.lost)}. All others are "
            "graded and stored. Run the same command again: it tries these again. Their reports "
            "say how it ended; often memory or the temporary folder is full. If it is the same one "
            "each time, look into that notebook: it may end what runs it."
        )


def notices(result: GradingResult) -> list[str]:
    """Say, in markup, what a teacher has to do about files: those gone, and those of nobody."""
    said = []
    if result.gone:
        said.append(
            "[bold]No hand-in any more, so no mark and no report:[/] "
            f"{', '.join(result.gone)}. If that is not meant, put the file back and grade again."
        )
    for file in result.unclaimed[:MOST_FILES]:
        mend = "whose is it? Put it into a folder named like the student's id."
        if not file.lower().endswith(".ipynb"):
            mend = "it is no notebook. Take the notebook out of it, or ask for the .ipynb file."
        said.append(f"[bold]Not graded:[/] {in_markup(file)} — {mend}")
    if (more := len(result.unclaimed) - MOST_FILES) > 0:
        said.append(f"[bold]Not graded:[/] {more} other files.")
    return said


def looks(result: GradingResult) -> list[str]:
    """Say, in markup, who needs a look: could not be graded, or graded with a note."""
    said = []
    for row in result.sheet.to_dict("records"):
        if row["notes"] or row["state"] in ("could not be graded", "not graded yet"):
            state = f"{row['state']}. {row['notes']}" if row["notes"] else f"{row['state']}."
            said.append(f"[bold]{in_markup(row['student'])}:[/] {in_markup(state)}")
    return said


def show(result: GradingResult) -> None:
    """Print the mark sheet and where everything is."""
    table = Table(title="Marks")
    questions = [name for name in result.sheet.columns if name.startswith("q")]
    waits = ("to mark",) if result.sheet["to_mark"].any() else ()
    for column in ("student", *questions, "total", *waits, "state"):
        table.add_column(column, justify="left" if column in ("student", "state") else "right")
    for row in result.sheet.to_dict("records"):
        marks = ["–" if isnan(row[question]) else f"{row[question]:g}" for question in questions]
        total = "–" if isnan(row["total"]) else f"{row['total']:g} of {row['out_of']:g}"
        state = f"{row['state']}. {row['notes']}" if row["notes"] else row["state"]
        left = [f"{row['to_mark']:g}" for _ in waits]
        table.add_row(row["student"], *marks, total, *left, in_markup(state))
    console.print(table)
    graded = len(result.graded) - len(result.lost)
    console.print(f"{graded} graded now, {len(result.unchanged)} unchanged since the last run.")
    for line in notices(result):
        say_markup(line)
    for label, place in (
        ("Mark sheet", result.to / "marks.csv"),
        ("Reports", result.to / "reports"),
        ("Class report", result.to / "class_report.html"),
        ("Gradebook", result.gradebook),
    ):
        say_markup(f"{label + ':':<14}{in_markup(place)}")
