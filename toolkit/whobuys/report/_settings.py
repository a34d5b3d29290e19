"""The parameters of a report: their defaults, and one clear error for all that is wrong."""

from __future__ import annotations

import ast
import difflib
import inspect
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any

import pandas as pd

from whobuys.market import companies

LANGUAGES = ("en", "zh")
FILES = ("data", "customers", "products", "survey", "rivals", "interactions")
TYPES = ("", "B2C", "B2B")
INJECTED = "# Parameters"
MOST_SEGMENTS = 10


@dataclass(frozen=True)
class Settings:
    """What a report is about and how it counts.

    Attributes
    ----------
    company, seed : str, int
        An invented company and its seed; not used with `case` or `data`.
    case : str
        Folder of your own case: the one your instructor gave you.
    period : str
        First and last day, "2025-07-01/2026-06-30"; "" for all there is.
    k : int
        How many segments to find.
    grade_cuts : tuple of float
        Cumulated shares of the value at which the grade changes.
    answer_days : int
        Days in which a complaint should be settled.
    hour_cost : float
        What an hour of service costs, in the company's money.
    lang : str
        Language of the report.
    data, customers, products, survey, rivals, interactions : str
        Your own files as CSV: orders, and what else you have.
    columns : mapping of str to str
        Our name of a column to yours, where it is not guessed rightly.
    title, currency, customer_type : str
        What to call your own company, its money, and "B2C" or "B2B"; "" for a guess.
    results : str
        Where the results file goes; "" for the report's name.
    """

    company: str = "teahouse"
    seed: int = 0
    case: str = ""
    period: str = ""
    k: int = 4
    grade_cuts: tuple[float, ...] = (0.8, 0.95)
    answer_days: int = 2
    hour_cost: float = 30.0
    lang: str = "en"
    data: str = ""
    customers: str = ""
    products: str = ""
    survey: str = ""
    rivals: str = ""
    interactions: str = ""
    columns: Mapping[str, str] = field(default_factory=dict)
    title: str = ""
    currency: str = ""
    customer_type: str = ""
    results: str = ""

    @property
    def days(self) -> tuple[pd.Timestamp, pd.Timestamp] | None:
        """First and last day of the period, or None for all."""
        return _days(self.period)

    @property
    def own_files(self) -> dict[str, str]:
        """Paths of the reader's own files, by table."""
        found = {name: str(getattr(self, name)) for name in FILES if getattr(self, name)}
        if "data" in found:
            found = {"transactions": found.pop("data"), **found}
        return found


NAMES = tuple(item.name for item in fields(Settings))


def read_settings(given: Mapping[str, Any]) -> Settings:
    """Check parameters and put the defaults in.

    Parameters
    ----------
    given : mapping
        Name to value.

    Returns
    -------
    Settings
        All of them.

    Raises
    ------
    ValueError
        With one line a fault: an unknown name (and the known ones), a value that cannot be.

    Examples
    --------
    >>> read_settings({"company": "tradeways", "k": 3}).k
    3
    >>> read_settings({"segments": 3})
    Traceback (most recent call last):
    ...
    ValueError: The parameters of the report are not right:
    - There is no parameter "segments". Known: company, seed, case, period, k, grade_cuts, ...
    """
    faults = _unknown(given)
    values = {name: value for name, value in given.items() if name in NAMES}
    for name, value in values.items():
        fault, clean = _checked(name, value)
        values[name] = clean
        faults += [f"{name}: {fault}"] if fault else []
    if not faults:
        faults = _together(values)
    if faults:
        lines = "\n".join(f"- {fault}" for fault in faults)
        raise ValueError(f"The parameters of the report are not right:\n{lines}")
    return Settings(**values)


def on_one_line(error: ValueError) -> str:
    r"""Return a list of faults as one line, as the command line shows one.

    Parameters
    ----------
    error : ValueError
        From `read_settings` or `find_material`.

    Returns
    -------
    str
        Its message, with a dot before each fault.

    Examples
    --------
    >>> on_one_line(ValueError("Your files cannot be read:\n- One is empty."))
    'Your files cannot be read: • One is empty.'
    """
    return " ".join(str(error).replace("\n- ", " • ").split())


def parameters_of(space: Mapping[str, Any]) -> dict[str, Any]:
    """Take the parameters out of a notebook's names.

    Names that papermill put in (`-p name value`) are taken too where the notebook does not know
    them, so that a misspelt one is refused and not passed over.

    Parameters
    ----------
    space : mapping
        ``vars()`` of the notebook.

    Returns
    -------
    dict
        Name to value.
    """
    given = {name: space[name] for name in NAMES if name in space and _is_value(space[name])}
    for cell in space.get("In", ()):
        if isinstance(cell, str) and cell.lstrip().startswith(INJECTED):
            given |= {name: space.get(name) for name in _assigned(cell)}
    return given


def _is_value(value: Any) -> bool:
    return not (inspect.ismodule(value) or callable(value))


def _assigned(cell: str) -> Iterable[str]:
    try:
        body = ast.parse(cell).body
    except SyntaxError:
        return
    for line in body:
        if isinstance(line, ast.Assign):
            for target in line.targets:
                if isinstance(target, ast.Name):
                    yield target.id


def _unknown(given: Mapping[str, Any]) -> list[str]:
    faults = []
    for name in given:
        if name not in NAMES:
            near = difflib.get_close_matches(str(name), NAMES, n=1)
            hint = f" Did you mean {near[0]}?" if near else ""
            faults.append(f'There is no parameter "{name}".{hint} Known: {", ".join(NAMES)}.')
    return faults


def _checked(name: str, value: Any) -> tuple[str, Any]:
    """Return what is wrong with a value ("" for nothing), and the value as we keep it."""
    if name in ("seed", "k", "answer_days"):
        whole = isinstance(value, int) and not isinstance(value, bool)
        low, high = {"seed": (0, None), "k": (2, MOST_SEGMENTS), "answer_days": (0, 365)}[name]
        if not whole or value < low or (high is not None and value > high):
            upto = f"from {low} to {high}" if high is not None else f"of at least {low}"
            return f"must be a whole number {upto}, is {value!r}.", value
        return "", value
    if name == "hour_cost":
        fine = isinstance(value, int | float) and not isinstance(value, bool)
        if not fine or not 0 <= value < float("inf"):
            return f"must be a number of at least 0, is {value!r}.", value
        return "", float(value)
    if name == "grade_cuts":
        return _checked_cuts(value)
    if name == "columns":
        return _checked_columns(value)
    if not isinstance(value, str):
        return f"must be text, is {value!r}.", value
    value = value.strip()
    if name == "lang" and value not in LANGUAGES:
        return f"must be one of {', '.join(LANGUAGES)}, is {value!r}.", value
    if name == "customer_type" and value not in TYPES:
        return f'must be "B2C", "B2B" or "" for a guess, is {value!r}.', value
    if name == "company" and value not in companies() and not value.endswith((".yml", ".yaml")):
        near = difflib.get_close_matches(value, companies(), n=1)
        hint = f" Did you mean {near[0]}?" if near else ""
        return f"{value!r} is no company.{hint} There are: {', '.join(companies())}.", value
    if name == "period":
        try:
            _days(value)
        except ValueError as error:
            return str(error), value
    return "", value


def _checked_cuts(value: Any) -> tuple[str, Any]:
    cuts = value.split(",") if isinstance(value, str) else value
    try:
        found = tuple(float(cut) for cut in cuts)
    except (TypeError, ValueError):
        found = ()
    if (
        not 1 <= len(found) <= 3
        or any(not 0 < cut < 1 for cut in found)
        or list(found) != sorted(set(found))
    ):
        return (
            "must be one to three rising shares between 0 and 1, such as [0.8, 0.95], "
            f"is {value!r}.",
            value,
        )
    return "", found


def _checked_columns(value: Any) -> tuple[str, Any]:
    if isinstance(value, str):
        pairs = [pair.partition("=") for pair in value.split(",") if pair.strip()]
        if any(not (ours.strip() and sign and theirs.strip()) for ours, sign, theirs in pairs):
            return f'must read like "customer_id=Kunde, date=Datum", is {value!r}.', value
        value = {ours.strip(): theirs.strip() for ours, _, theirs in pairs}
    if not isinstance(value, Mapping) or not all(
        isinstance(text, str) for pair in value.items() for text in pair
    ):
        return f"must map our names of columns to yours, is {value!r}.", value
    return "", dict(value)


def _together(values: Mapping[str, Any]) -> list[str]:
    faults = []
    if values.get("case") and values.get("data"):
        faults.append("case, data: give one of them; which data is the report about?")
    if not values.get("data"):
        for name in (*FILES[1:], "columns", "customer_type", "title", "currency"):
            if values.get(name):
                faults.append(f"{name}: goes with your own orders only; give data= as well.")
    return faults


def _days(period: str) -> tuple[pd.Timestamp, pd.Timestamp] | None:
    if not period:
        return None
    first, sign, last = period.partition("/")
    try:
        start, end = (pd.to_datetime(day.strip(), format="%Y-%m-%d") for day in (first, last))
    except ValueError:
        sign = ""
        start = end = pd.Timestamp(0)
    if not sign:
        raise ValueError(
            f'must be two days such as "2025-07-01/2026-06-30", or "" for all, is {period!r}.'
        )
    if (end - start).days < 27:
        raise ValueError(f"must be at least 28 days long, is {period!r}.")
    return start, end
