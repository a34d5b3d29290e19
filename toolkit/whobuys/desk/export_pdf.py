"""Graded reports as PDF: made from the HTML pages that are there, nothing runs again."""

from __future__ import annotations

import html
import re
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from importlib.util import find_spec
from multiprocessing import get_context
from pathlib import Path

from whobuys._errors import InstructorError
from whobuys.grade.grading import REPORTS
from whobuys.pages.files import write_bytes
from whobuys.pages.printing import print_page

SECONDS = 60.0
MOST_MEMORY = 4_000_000_000
TITLE = re.compile(r"<title>(.*?)</title>", re.DOTALL)


@dataclass(frozen=True)
class Printed:
    """What became of the reports.

    Attributes
    ----------
    made : tuple of pathlib.Path
        The PDFs written now.
    unchanged : tuple of pathlib.Path
        Those that are newer than their report.
    failed : dict of str to str
        Student id to why there is no PDF.
    """

    made: tuple[Path, ...]
    unchanged: tuple[Path, ...]
    failed: dict[str, str]


def print_reports(
    to: Path,
    students: Sequence[str] | None = None,
    seconds: float = SECONDS,
    tell: Callable[[str, int, int], None] = lambda student, done, of: None,
) -> Printed:
    """Write a PDF beside each graded report.

    A report that cannot be printed costs only its own PDF: each is set in another process, with a
    limit of time and, on Linux, of memory.

    Parameters
    ----------
    to : pathlib.Path
        The folder of `whobuys grade --to`; its `reports/ID.html` become `reports/ID.pdf`.
    students : sequence of str, optional
        Only these.
    seconds : float
        Time limit of one report.
    tell : callable
        Called with (student, done, of) after each.

    Returns
    -------
    Printed

    Raises
    ------
    InstructorError
        If there are no reports, a student has none, or the package typst is not installed.
    """
    if find_spec("typst") is None:
        raise InstructorError(
            "A PDF is made by the package typst: python -m pip install 'whobuys[print]'. The HTML "
            "reports need nothing; a browser prints them."
        )
    pages = reports(to, students)
    made, unchanged, failed = [], [], {}
    printer = _Printer(seconds)
    try:
        for done, (student, page) in enumerate(pages.items(), start=1):
            paper = page.with_suffix(".pdf")
            if is_new(paper):
                unchanged.append(paper)
            else:
                try:
                    write_bytes(paper, printer.print(page))
                    made.append(paper)
                except InstructorError as error:
                    paper.unlink(missing_ok=True)
                    failed[student] = str(error)
            tell(student, done, len(pages))
    finally:
        printer.close()
    return Printed(tuple(made), tuple(unchanged), failed)


def reports(to: Path, students: Sequence[str] | None = None) -> dict[str, Path]:
    """Return student id to graded report, in the order of the ids.

    Raises
    ------
    InstructorError
        If there are none, or a named student has none.
    """
    found = {path.stem: path for path in sorted((to / REPORTS).glob("*.html"))}
    if not found:
        if below := sorted(str(path.parent) for path in to.glob(f"*/{REPORTS}")):
            raise InstructorError(
                f"There are no graded reports in {to / REPORTS}. Those of a course lie unit by "
                f"unit; give one of these with --to: {', '.join(below)}."
            )
        raise InstructorError(
            f"There are no graded reports in {to / REPORTS}. `whobuys grade --to {to}` writes them."
        )
    if students is None:
        return found
    missing = [student for student in students if student not in found]
    if missing:
        raise InstructorError(f"There is no report of {', '.join(missing)} in {to / REPORTS}.")
    return {student: found[student] for student in students}


def is_new(paper: Path) -> bool:
    """Tell whether a PDF is there and made after its report."""
    page = paper.with_suffix(".html")
    return paper.exists() and paper.stat().st_mtime_ns >= page.stat().st_mtime_ns


class _Printer:
    """Prints in another process; one that hangs or dies is replaced."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._pool: ProcessPoolExecutor | None = None

    def print(self, page: Path) -> bytes:
        """Return the PDF of a page."""
        if self._pool is None:
            self._pool = ProcessPoolExecutor(1, get_context("spawn"), _limit)
        try:
            made = self._pool.submit(_print, page).result(self._seconds)
        except TimeoutError:
            self.close(kill=True)
            raise InstructorError(f"It took longer than {self._seconds:g} seconds.") from None
        except BrokenProcessPool:
            self.close(kill=True)
            raise InstructorError(
                "The process that printed it ended; it may need much memory."
            ) from None
        if isinstance(made, str):
            raise InstructorError(made)
        return made

    def close(self, kill: bool = False) -> None:
        """End the process."""
        if self._pool is None:
            return
        if kill:
            for process in list(self._pool._processes.values()):
                process.kill()
        self._pool.shutdown(wait=True, cancel_futures=True)
        self._pool = None


def _limit() -> None:
    """Hold the process to so much memory, where the system can."""
    if sys.platform == "linux":
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))


def _print(page: Path) -> bytes | str:
    """Return the PDF, or why there is none."""
    try:
        text = page.read_text(encoding="utf-8")
        title = TITLE.search(text)
        return print_page(
            text, title=html.unescape(title[1]) if title else page.stem, contents=None
        )
    except InstructorError as error:
        return str(error)
    except BaseException as error:  # the typesetter's own faults are no Exceptions
        return f"{type(error).__name__}: {str(error)[:200]}"
