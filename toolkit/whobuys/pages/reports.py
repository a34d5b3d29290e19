"""Run a report notebook and turn it into a page: HTML always, PDF where asked for."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

import nbformat
import papermill

from whobuys._errors import InstructorError
from whobuys.course._units import CHECKOUT
from whobuys.pages.files import write_text
from whobuys.pages.page import page
from whobuys.pages.printing import print_page
from whobuys.report import (
    REPORTS,
    is_translated,
    on_one_line,
    read_settings,
    report_title,
    report_word,
)

WIDE = (
    "<style>.output_area, .shown { max-height: none; } blockquote { color: var(--quiet); } </style>"
)
HEADING = re.compile(r"^## +(.+)$", re.MULTILINE)
WORDS = re.compile(r"-words$")


@dataclass(frozen=True)
class Pages:
    """The files of a report that was run.

    Attributes
    ----------
    notebook, html, results : pathlib.Path
        The executed notebook, the page, the results file.
    pdf : pathlib.Path or None
        The page for the printer.
    """

    notebook: Path
    html: Path
    results: Path
    pdf: Path | None


def write_report(
    name: str,
    parameters: Mapping[str, Any],
    to: Path,
    *,
    notebook: Path | None = None,
    pdf: bool = False,
    progress: bool = False,
    tell: Callable[[str], object] | None = None,
) -> Pages:
    """Run a report and write its pages.

    Parameters
    ----------
    name : str
        Such as "customer_analysis".
    parameters : mapping
        Parameters of the report; see `whobuys.report.Settings`.
    to : pathlib.Path
        Folder for the files.
    notebook : pathlib.Path, optional
        A notebook with your own words, instead of the one of the course.
    pdf : bool
        Write the PDF too.
    progress : bool
        Show a bar while the notebook runs.
    tell : callable, optional
        Called with a line as each stage begins.

    Returns
    -------
    Pages
        What was written.

    Raises
    ------
    InstructorError
        No such report, parameters that are not right, data that cannot be read: in plain words.
    """
    if name not in REPORTS:
        raise InstructorError(f"There is no report {name!r}. There are: {', '.join(REPORTS)}.")
    try:
        settings = read_settings(parameters)
    except ValueError as error:
        raise InstructorError(on_one_line(error)) from error
    source = notebook or CHECKOUT / "notebooks" / "reports" / f"{name}.ipynb"
    if not source.is_file():
        raise InstructorError(f"There is no notebook {source}. Build it: python3 start.py course.")
    to.mkdir(parents=True, exist_ok=True)
    results = to / f"{name}_results.json"
    given = {**parameters, "results": str(results.resolve())}
    tell = tell or _say_nothing
    tell("Starting the notebook; its first cells take longest.")
    made = _run(source, given, to, progress)
    tell("Writing the page.")
    executed = to / f"{name}.ipynb"
    nbformat.write(made, executed)
    # a page in English says so, whatever was asked for
    lang = settings.lang if is_translated(name, settings.lang) else "en"
    title = report_title(name, lang)
    html = page(
        [cell for cell in made.cells if _is_shown(cell)],
        title=title,
        top=WIDE,
        hide_code=True,
        lang=lang,
    )
    html = _with_contents(html, report_word("contents", lang))
    written = to / f"{name}.html"
    write_text(written, html)
    printed = None
    if pdf:
        tell("Printing the PDF.")
        printed = to / f"{name}.pdf"
        printed.write_bytes(
            print_page(
                html,
                title=title,
                lang=lang,
                contents=report_word("contents", lang),
            )
        )
    return Pages(executed, written, results, printed)


def _say_nothing(_: str) -> None:
    """Tell nobody."""


def _run(source: Path, given: Mapping[str, Any], to: Path, progress: bool) -> Any:
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "out.ipynb"
        try:
            return papermill.execute_notebook(
                str(source),
                str(out),
                dict(given),
                cwd=str(to),
                progress_bar={"desc": "Notebook"} if progress else False,
                extra_arguments=["--log-level=ERROR"],
            )
        except papermill.PapermillExecutionError as error:
            raise InstructorError(on_one_line(ValueError(error.evalue))) from error


def _is_shown(cell: Any) -> bool:
    """Leave out what is the writer's: parameters, trials, warnings, prompts nobody answered."""
    if cell.cell_type == "code":
        cell.outputs = [output for output in cell.outputs if output.get("name") != "stderr"]
    tags = cell.metadata.get("tags", [])
    if {"parameters", "injected-parameters", "aside"} & set(tags):
        return False
    if cell.cell_type == "markdown" and WORDS.search(str(cell.get("id", ""))):
        own = [line for line in cell.source.splitlines() if not line.lstrip().startswith(">")]
        cell.source = "\n".join(own).strip()
        return bool(cell.source)
    if cell.cell_type == "markdown" and cell.get("id") == "title":
        cell.source = cell.source.splitlines()[0]
    return True


def _with_contents(html: str, heading: str) -> str:
    """Give every section an anchor, and list them under the title."""
    found: list[tuple[str, str]] = []

    def mark(match: re.Match[str]) -> str:
        found.append((f"s{len(found) + 1}", re.sub(r"<[^>]+>", "", match[2])))
        return f'<h2 id="{found[-1][0]}"{match[1]}>{match[2]}</h2>'

    html = re.sub(r"<h2([^>]*)>(.*?)</h2>", mark, html, flags=re.DOTALL)
    items = "".join(f'<li><a href="#{key}">{said}</a></li>' for key, said in found)
    nav = f'<nav aria-label="{escape(heading)}"><h2>{escape(heading)}</h2><ul>{items}</ul></nav>'
    return re.sub(r"(</h1>)", lambda end: end[1] + nav, html, count=1)
