"""`whobuys report`: a report on an invented company, a case, or your own files."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from whobuys._errors import InstructorError
from whobuys.cli._terminal import plain

HELP = (
    "Which report: customer_analysis, segment_market, tiering_summary, service_policy or "
    "positioning."
)


def report(
    name: Annotated[str, typer.Argument(help=HELP)],
    to: Annotated[Path, typer.Option(help="Folder for the report.")] = Path("report"),
    company: Annotated[str | None, typer.Option(help="An invented company.")] = None,
    seed: Annotated[int | None, typer.Option(help="Its seed.")] = None,
    case: Annotated[Path | None, typer.Option(help="The folder of a case.")] = None,
    data: Annotated[Path | None, typer.Option(help="Your own orders, a CSV file.")] = None,
    customers: Annotated[Path | None, typer.Option(help="Your customers, a CSV file.")] = None,
    products: Annotated[Path | None, typer.Option(help="Your products, a CSV file.")] = None,
    survey: Annotated[Path | None, typer.Option(help="Your survey, a CSV file.")] = None,
    rivals: Annotated[Path | None, typer.Option(help="The brands, a CSV file.")] = None,
    interactions: Annotated[Path | None, typer.Option(help="Contacts, a CSV file.")] = None,
    columns: Annotated[
        list[str] | None,
        typer.Option("--map", help="Our column name to yours: customer_id=KundeNr; repeat it."),
    ] = None,
    title: Annotated[str | None, typer.Option(help="What your company is called.")] = None,
    currency: Annotated[str | None, typer.Option(help="Its money, such as EUR.")] = None,
    customer_type: Annotated[str | None, typer.Option(help="B2C or B2B.")] = None,
    period: Annotated[str | None, typer.Option(help="2025-07-01/2026-06-30; else all.")] = None,
    k: Annotated[int | None, typer.Option(help="How many segments to find.")] = None,
    grade_cuts: Annotated[str | None, typer.Option(help="Such as 0.8,0.95.")] = None,
    answer_days: Annotated[
        int | None, typer.Option(help="Days in which a complaint should be settled.")
    ] = None,
    lang: Annotated[str | None, typer.Option(help="en or zh.")] = None,
    notebook: Annotated[
        Path | None, typer.Option(help="A report notebook with your own words in it.")
    ] = None,
    pdf: Annotated[bool, typer.Option("--pdf", help="Write a PDF as well.")] = False,
) -> None:
    """Write a report: HTML, the executed notebook, and the results file."""
    given: dict[str, Any] = {
        "company": company,
        "seed": seed,
        "period": period,
        "k": k,
        "answer_days": answer_days,
        "lang": lang,
        "title": title,
        "currency": currency,
        "customer_type": customer_type,
        "grade_cuts": _cuts(grade_cuts),
        "columns": _pairs(columns or []),
    }
    files = {
        "case": case,
        "data": data,
        "customers": customers,
        "products": products,
        "survey": survey,
        "rivals": rivals,
        "interactions": interactions,
    }
    given |= {name: str(path.resolve()) for name, path in files.items() if path is not None}
    parameters = {name: value for name, value in given.items() if value not in (None, {})}
    _look_through(parameters)
    _tell("Loading the charts and the methods.")
    # imported here: only this command needs the charts, and not before the files are in order
    from whobuys.pages.reports import write_report

    pages = write_report(
        name, parameters, to, notebook=notebook, pdf=pdf, progress=True, tell=_tell
    )
    for file in (pages.html, pages.pdf, pages.notebook, pages.results):
        if file is not None:
            typer.echo(str(file))


def _look_through(parameters: dict[str, Any]) -> None:
    """Refuse a wrong file at once: the notebook would be half a minute on the way to it."""
    from whobuys.report import look_through, on_one_line

    try:
        for said in look_through(parameters):
            _tell(said)
    except ValueError as error:
        raise InstructorError(on_one_line(error)) from error


def _tell(said: str) -> None:
    """Say how far it is, apart from the paths that are the answer of the command."""
    typer.echo(plain(" ".join(said.split())), err=True)


def _pairs(texts: list[str]) -> dict[str, str]:
    pairs = [text.partition("=") for text in texts]
    for ours, sign, theirs in pairs:
        if not (ours.strip() and sign and theirs.strip()):
            raise InstructorError(
                f"--map must read like customer_id=KundeNr, not {ours + sign + theirs!r}."
            )
    return {ours.strip(): theirs.strip() for ours, _, theirs in pairs}


def _cuts(text: str | None) -> list[float] | None:
    try:
        return None if text is None else [float(cut) for cut in text.split(",")]
    except ValueError:
        raise InstructorError(f"--grade-cuts must read like 0.8,0.95, not {text!r}.") from None
