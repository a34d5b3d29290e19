"""Where a report's tables come from: an invented company, a case, or own files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from whobuys.market import Case, market, read_case
from whobuys.report._material import Material, from_case, in_period
from whobuys.report._own import read_own
from whobuys.report._settings import Settings

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
