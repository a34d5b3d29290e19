"""Where a report's tables come from: an invented company, a case, or own files."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from whobuys._wording import counted
from whobuys.market import Case, market, read_case
from whobuys.report._material import Material, from_case, in_period
from whobuys.report._own import read_own
from whobuys.report._settings import Settings, read_settings

TICKET = "exercise.json"
PACKAGE = "datapackage.json"


def find_material(settings: Settings) -> Material:
    """Draw or read what a report is about, cut to its period.

    Parameters
    ----------
    settings : Settings
        Which company, case or files.

    Returns
    -------
    Material
        The tables.

    Raises
    ------
    ValueError
        Nothing is there, or the period holds no orders.
    """
    if settings.data:
        found = read_own(settings)
    elif settings.case:
        found = from_case(_read_folder(Path(settings.case), settings))
    else:
        found = from_case(market(settings.company, settings.seed))
    return in_period(found, settings.days)


def look_through(given: Mapping[str, Any]) -> list[str]:
    """Read what a report was given, before the report is run.

    Parameters
    ----------
    given : mapping
        Parameters of the report; see `Settings`.

    Returns
    -------
    list of str
        What was read, and what of it does not count and why; nothing for an invented company,
        which is yet to be drawn.

    Raises
    ------
    ValueError
        A parameter, a file, a column or the period is not right: the message that the report
        itself would end with.
    """
    settings = read_settings(given)
    if not settings.data and not settings.case:
        return []
    found = find_material(settings)
    rows = ", ".join(f"{name} {counted(len(own), 'row')}" for name, own in found.tables.items())
    return [f"Read {found.source}. What counts: {rows}.", *found.left_out]


def _read_folder(folder: Path, settings: Settings) -> Case:
    if not folder.is_dir():
        raise ValueError(f"case: there is no folder {folder}. Give the folder of your own case.")
    company, tables, extra = settings.company, None, {}
    if (folder / TICKET).is_file():
        ticket = _read_json(folder / TICKET)
        company, tables, extra = ticket["company"], ticket["tables"], ticket["extra"]
    elif (folder / PACKAGE).is_file():
        company = _read_json(folder / PACKAGE)["name"]
    place = folder / "data" if (folder / "data").is_dir() else folder
    try:
        return read_case(company, place, tables=tables, extra=extra)
    except FileNotFoundError as error:
        raise ValueError(f"case: the folder {folder} is not whole. {error}") from None


def _read_json(file: Path) -> dict[str, Any]:
    try:
        return dict(json.loads(file.read_text(encoding="utf-8")))
    except (ValueError, TypeError):
        raise ValueError(f"case: {file} is damaged. Copy it again.") from None
