"""What a report is made from: the tables, cut to the period, and what is known of the company."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import pandas as pd

from whobuys.market import Case

TICKET = "exercise.json"
PACKAGE = "datapackage.json"


@dataclass(frozen=True, eq=False)
class Material:
    """Tables and facts about a company.

    Attributes
    ----------
    title, story, currency : str
        What the company is called, what it does, its money.
    customer_type : str
        "B2C" or "B2B".
    start, end : Timestamp
        First and last day counted.
    tables : dict of str to DataFrame
        ``transactions`` and what else there is.
    source : str
        Where the data come from, in words.
    invented : bool
        Is the company made up?
    needs, features, statements, motives : mapping of str to str
        What the keys in the columns of the survey and the rivals stand for.
    axes : tuple of str
        What the two axes of the rivals' map mean.
    as_map : dict
        For own files: which of their columns was read as which, by table.
    left_out : list of str
        Own files or rows that could not be used, in words.
    """

    title: str
    story: str
    currency: str
    customer_type: str
    start: pd.Timestamp
    end: pd.Timestamp
    tables: dict[str, pd.DataFrame]
    source: str
    invented: bool
    needs: Mapping[str, str] = field(default_factory=dict)
    features: Mapping[str, str] = field(default_factory=dict)
    statements: Mapping[str, str] = field(default_factory=dict)
    motives: Mapping[str, str] = field(default_factory=dict)
    axes: tuple[str, ...] = ()
    as_map: dict[str, dict[str, str]] = field(default_factory=dict)
    left_out: list[str] = field(default_factory=list)

    def has(self, table: str, *columns: str) -> bool:
        """Say if a table is there, has rows and these columns."""
        found = self.tables.get(table)
        return found is not None and len(found) > 0 and set(columns) <= set(found.columns)


def from_case(case: Case) -> Material:
    """Take the tables and facts of an invented company.

    Parameters
    ----------
    case : Case
        The company, drawn or read.

    Returns
    -------
    Material
        The company's tables, all days; not those an exercise adds.
    """
    company = case.company
    survey, rivals = company.survey, company.rivals
    return Material(
        title=company.title,
        story=" ".join(company.story.split()),
        currency=company.currency,
        customer_type="B2C" if company.firms is None else "B2B",
        start=pd.Timestamp(company.window.start),
        end=pd.Timestamp(company.window.end),
        tables={name: own for name, own in case.tables.items() if name not in case.added},
        source=company.name,
        invented=True,
        needs={} if survey is None else dict(survey.needs),
        statements={} if survey is None else dict(survey.statements),
        motives={} if survey is None else dict(survey.motives),
        features={} if rivals is None else dict(rivals.features),
        axes=() if rivals is None else tuple(rivals.axes),
    )


def in_period(found: Material, days: tuple[pd.Timestamp, pd.Timestamp] | None) -> Material:
    """Keep what happened in a period.

    Parameters
    ----------
    found : Material
        All days.
    days : pair of Timestamp, optional
        First and last day.

    Returns
    -------
    Material
        The same company; customers who joined after the last day are left out.

    Raises
    ------
    ValueError
        No order falls into the period.
    """
    if days is None:
        return found
    start, end = days
    tables = dict(found.tables)
    for name, column in (
        ("transactions", "date"),
        ("interactions", "opened"),
        ("visits", "date"),
        ("carts", "date"),
    ):
        if found.has(name, column):
            when = tables[name][column]
            tables[name] = tables[name][when.between(start, end + pd.Timedelta("1D"), "left")]
    if found.has("interactions", "closed"):
        late = tables["interactions"]["closed"] > end
        tables["interactions"] = tables["interactions"].assign(
            closed=tables["interactions"]["closed"].mask(late)
        )
    if found.has("customers", "joined"):
        tables["customers"] = tables["customers"][tables["customers"]["joined"] <= end]
    if tables["transactions"].empty:
        raise ValueError(
            f"No order falls between {start:%Y-%m-%d} and {end:%Y-%m-%d}. The orders run from "
            f"{found.start:%Y-%m-%d} to {found.end:%Y-%m-%d}: change the parameter period."
        )
    return replace(found, start=max(start, found.start), end=min(end, found.end), tables=tables)
