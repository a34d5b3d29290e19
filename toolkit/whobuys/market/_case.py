"""One company, drawn."""

from __future__ import annotations

import operator
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from ._columns import tables_of
from ._company import Company, load_company
from ._fair import fair_draft
from ._places import did_you_mean
from ._streams import check_seed
from ._tables import check_wanted, draw_wanted


@dataclass(frozen=True, eq=False, repr=False)
class Case:
    """One company with its tables.

    Attributes
    ----------
    company : Company
        The description it was drawn from.
    seed : int or None
        What it was drawn with; None if the tables were read from files.
    tables : dict of str to pandas.DataFrame
        The tables by name; ``case["customers"]`` is short for ``case.tables["customers"]``.
    """

    company: Company
    seed: int | None
    tables: dict[str, pd.DataFrame]

    @property
    def as_of(self) -> pd.Timestamp:
        """The last day of the window: count days back from here."""
        return pd.Timestamp(self.company.window.end)

    @property
    def added(self) -> list[str]:
        """Names of the tables the company does not have itself, made for one purpose."""
        own = tables_of(self.company)
        return [name for name in self.tables if name not in own]

    def __getitem__(self, table: str) -> pd.DataFrame:
        if table not in self.tables:
            hint = did_you_mean(table, self.tables)
            raise ValueError(
                f"{self.company.name} has no table {table!r}; there are: "
                f"{', '.join(self.tables)}{hint}"
            )
        return self.tables[table]

    def __repr__(self) -> str:
        rows = ", ".join(f"{len(table):,} {name}" for name, table in self.tables.items())
        return f"<Case {self.company.name}: {rows}>"


def market(
    company: str | Path | Company = "teahouse",
    seed: int = 0,
    *,
    customers: int | None = None,
    tables: Iterable[str] | None = None,
) -> Case:
    """Draw an invented company whole: a description and a seed become tables.

    Parameters
    ----------
    company : str, pathlib.Path or Company
        A shipped company's name, the path of a ``.yml`` file, or a description already read.
    seed : int
        From 0 to 2**256 - 1. The same company, size and seed give the same tables.
    customers : int, optional
        How many customers, instead of the number in the description.
    tables : iterable of str, optional
        Which tables to draw, instead of all. A table is the same whichever others are drawn.

    Returns
    -------
    Case
        The company and its tables: ``transactions``, ``customers`` and ``products``, and those its
        description has a section for.

    Raises
    ------
    ValueError
        If the seed, the number of customers, a table's name or the description is not as it must
        be, or if no draw is fair: the smallest latent segment must hold at least 5 % of the
        customers, and what the description asks of the Bayes classifier must be met.

    Notes
    -----
    The first order falls on the day of joining. After it, a customer buys at a constant rate and
    leaves for good after one of the orders (BG/NBD: Fader, Hardie and Lee, 2005). The money paid
    for an order is gamma-gamma (Colombo and Jiang, 1999; Fader, Hardie and Lee, 2005), up to the
    rounding of prices to 0.1. In a season the clock of the purchase process runs at the season's
    pace. Unfair draws are drawn again, always in the same way.

    Examples
    --------
    >>> case = market("teahouse", seed=7, customers=100)
    >>> len(case["customers"]), case.as_of.date().isoformat()
    (100, '2026-06-30')
    >>> list(case.tables)[:3]
    ['transactions', 'customers', 'products']
    """
    described = company if isinstance(company, Company) else load_company(company)
    number = check_seed(seed)
    if customers is not None:
        described = described.model_copy(update={"customers": _check_customers(customers)})
    if tables is not None:
        tables = check_wanted(described, tables)
    draft = fair_draft(described, number)
    return Case(described, number, draw_wanted(draft, tables))


def _check_customers(customers: object) -> int:
    try:
        if isinstance(customers, bool):
            raise TypeError
        number = operator.index(customers)  # type: ignore[arg-type]
    except TypeError:
        number = 0
    if number < 1:
        raise ValueError(f"customers: must be a whole number of at least 1, is {customers!r}.")
    return number
