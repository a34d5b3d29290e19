"""The card and the package file that go with a case's tables."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from ._case import Case
from ._columns import MONEY, Table, tables_of
from ._files import write_tables

LICENCE = {
    "name": "CC-BY-4.0",
    "path": "https://creativecommons.org/licenses/by/4.0/",
    "title": "Creative Commons Attribution 4.0 International",
}
PROFILE = "https://datapackage.org/profiles/2.0/datapackage.json"


def write_package(
    case: Case, folder: str | Path, tables: Iterable[str] | None = None
) -> list[Path]:
    """Write the tables of a case with a card and a package file.

    Parameters
    ----------
    case : Case
        The case.
    folder : str or pathlib.Path
        Where to; made if it is not there.
    tables : iterable of str, optional
        Which tables, instead of all.

    Returns
    -------
    list of pathlib.Path
        The CSV files of `write_tables`, then ``README.md``, the card for people, and
        ``datapackage.json``, the same for programs: type, unit and meaning of every column, size
        and SHA-256 of every file (Data Package 2.0). Neither says anything about the seed.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> from whobuys.market import market
    >>> with TemporaryDirectory() as folder:
    ...     [file.name for file in write_package(market(customers=50), folder)][-2:]
    ['README.md', 'datapackage.json']
    """
    place = Path(folder)
    files = write_tables(case, place, tables)
    package = _package(case, files)
    card = place / "README.md"
    card.write_bytes(_card(case, package).encode())
    described = place / "datapackage.json"
    text = json.dumps(package, ensure_ascii=False, indent=2)
    described.write_bytes(f"{text}\n".encode())
    return [*files, card, described]


def _package(case: Case, files: list[Path]) -> dict[str, Any]:
    company = case.company
    return {
        "$schema": PROFILE,
        "name": company.name,
        "title": f"{company.title} (invented)",
        "description": company.story.strip(),
        "version": "1.0.0",
        "licenses": [LICENCE],
        "contributors": [{"title": "The Who Buys? authors", "roles": ["creator"]}],
        "resources": [_resource(case, file, {each.stem for each in files}) for file in files],
    }


def _resource(case: Case, file: Path, tables: set[str]) -> dict[str, Any]:
    table, content = tables_of(case.company)[file.stem], file.read_bytes()
    return {
        "name": file.stem,
        "path": file.name,
        "description": f"One row is {table.row}.",
        "format": "csv",
        "mediatype": "text/csv",
        "encoding": "utf-8",
        "bytes": len(content),
        "hash": f"sha256:{hashlib.sha256(content).hexdigest()}",
        "rows": len(case[file.stem]),
        "schema": {
            "fields": [_field(case, name, table) for name in table.columns],
            "primaryKey": list(table.key),
            "foreignKeys": [
                {"fields": [column], "reference": {"resource": other, "fields": [column]}}
                for column, other in table.links.items()
                if other in tables
            ],
        },
    }


def _field(case: Case, name: str, table: Table) -> dict[str, Any]:
    column = table.columns[name]
    field: dict[str, Any] = {
        "name": name,
        "type": column.type,
        "description": column.meaning,
    }
    if column.type == "boolean":
        field |= {"trueValues": ["True"], "falseValues": ["False"]}
    if column.unit:
        field["unit"] = column.unit.replace(MONEY, case.company.currency)
    field["constraints"] = {"required": column.required} | column.limits
    return field


def _card(case: Case, package: dict[str, Any]) -> str:
    company, window = case.company, case.company.window
    parts = [
        f"# {company.title}",
        "**An invented company.** No customer in it is a real person; no sale ever happened.",
        company.story.strip(),
        "| | |\n|---|---|\n"
        f"| First and last day | {_day(window.start)} to {_day(window.end)} |\n"
        f"| Count days back from | {_day(window.end)} |\n"
        f"| Money | {company.currency} |\n"
        f"| Customers | {len(case['customers']):,}, some of whom never bought |\n"
        f"| Licence | [{LICENCE['name']}]({LICENCE['path']}), the Who Buys? authors |",
    ]
    for resource in package["resources"]:
        parts.append(_table_card(resource))
    parts += [
        "## How it was made",
        "A program drew it at random from a description of the company. Each customer belongs to a "
        "hidden group that shapes how often they buy, for how much, what, and through which "
        "channel; the group is in none of the tables. A customer's first order falls on the day of "
        "joining. Later orders come at a steady rate of that customer's own, until the customer "
        "leaves without a word (the BG/NBD process); the money paid for an order follows a "
        "gamma-gamma process.",
        "## Limits, and what not to use it for",
        f"- {_season(case)}\n"
        f"- {_reaction(package)}\n"
        "- It is tidy: no refunds, duplicates, gaps or typing errors.\n"
        "- It says nothing about real buyers of any age, gender or city. Do not quote it as "
        "market evidence, and do not train a model on it that decides about people.",
        "## Files",
        "| file | rows | bytes | SHA-256 |\n|---|--:|--:|---|\n"
        + "\n".join(
            f"| `{each['path']}` | {each['rows']:,} | {each['bytes']:,} "
            f"| `{each['hash'].removeprefix('sha256:')}` |"
            for each in package["resources"]
        ),
        "The same, for programs: `datapackage.json`.",
    ]
    return "\n\n".join(parts) + "\n"


def _season(case: Case) -> str:
    if case.company.season is None:
        return (
            "There are no seasons, no holidays and no weekdays in it: sales rise and fall by "
            "chance and with the number of customers."
        )
    return (
        "Months and weekdays are busy or quiet for every product and customer alike, every year. "
        "There are no holidays in it."
    )


def _reaction(package: dict[str, Any]) -> str:
    if any(resource["name"] == "campaign" for resource in package["resources"]):
        return (
            "Outside the table of the campaign, nothing here reacts to prices or promotions; the "
            "transactions know nothing of it."
        )
    return "Nothing here reacts to prices or promotions. It cannot say what a campaign would do."


def _table_card(resource: dict[str, Any]) -> str:
    lines = [
        f"## `{resource['path']}`",
        "",
        f"{resource['description']} {resource['rows']:,} rows.",
        "",
        "| column | type | unit | meaning |",
        "|---|---|---|---|",
    ]
    for field in resource["schema"]["fields"]:
        lines.append(
            f"| `{field['name']}` | {WORDS[field['type']]} | {field.get('unit', '')} "
            f"| {field['description']} |"
        )
    return "\n".join(lines)


WORDS = {
    "string": "text",
    "integer": "whole number",
    "number": "number",
    "date": "date",
    "boolean": "True or False",
}


def _day(day: Any) -> str:
    return f"{day.day} {day:%B %Y}"
