"""Whether a table holds what its columns promise."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd
from pandas.api import types

from ._columns import TABLES, Column, Table, tables_of
from ._company import Company
from ._places import did_you_mean

IS_TYPE: dict[str, tuple[str, Callable[[Any], bool]]] = {
    "string": ("text", lambda c: types.is_string_dtype(c) or types.is_object_dtype(c)),
    "integer": ("whole numbers", types.is_integer_dtype),
    "number": ("numbers", types.is_numeric_dtype),
    "boolean": ("True or False", types.is_bool_dtype),
    "date": ("dates", types.is_datetime64_any_dtype),
}


def check_table(
    table: str, frame: pd.DataFrame, company: Company | None = None, *, keys: bool = True
) -> None:
    """Check that a table holds what its columns promise.

    Parameters
    ----------
    table : str
        The table's name, such as ``"transactions"``.
    frame : pandas.DataFrame
        The table.
    company : Company, optional
        Whose table it is; without it, only the tables that every company has are known.
    keys : bool
        Also check that no key is there twice.

    Raises
    ------
    ValueError
        If a column is missing, unknown or of another type, or a value is missing, outside its
        limits or, in the key, there twice. The message names table, column, how many rows, and the
        first bad value with its row.

    Examples
    --------
    >>> from whobuys.market import market
    >>> lines = market(customers=50)["transactions"]
    >>> check_table("transactions", lines)
    >>> check_table("transactions", lines.assign(quantity=0))
    Traceback (most recent call last):
    ...
    ValueError: transactions.quantity: 760 of 760 rows are less than 1; the first: 0 in row 0.
    """
    known = TABLES if company is None else tables_of(company)
    if table not in known:
        hint = did_you_mean(table, known)
        raise ValueError(f"There is no table {table!r}; there are: {', '.join(known)}{hint}")
    described = known[table]
    for name in described.columns:
        if name not in frame.columns:
            raise ValueError(f"{table}.{name}: the column is missing; add it.")
    for name in frame.columns:
        if name not in described.columns:
            hint = did_you_mean(name, described.columns)
            raise ValueError(f"{table}.{name}: unknown column{hint}; take it out.")
    for name, column in described.columns.items():
        _check_column(f"{table}.{name}", frame[name], column)
    if keys:
        _check_key(table, frame, described)


def check_tables(company: Company, tables: dict[str, pd.DataFrame]) -> None:
    """Check every table of a company, and that keys of other tables are found there."""
    known = tables_of(company)
    for name, frame in tables.items():
        check_table(name, frame, company)
        for column, other in known[name].links.items():
            if other in tables:
                found = frame[column].isin(tables[other][column])
                _refuse(f"{name}.{column}", frame[column], ~found, f"are not in {other!r}")


def _check_column(where: str, values: pd.Series, column: Column) -> None:
    words, fits = IS_TYPE[column.type]
    if len(values) and not fits(values):
        raise ValueError(f"{where}: must hold {words}, holds {values.dtype}.")
    if column.required:
        _refuse(where, values, values.isna(), "are missing")
    held = values.dropna()
    limits = column.limits
    if "minimum" in limits:
        low = limits["minimum"]
        _refuse(where, values, held < low, f"are less than {low:g}")
    if "maximum" in limits:
        high = limits["maximum"]
        _refuse(where, values, held > high, f"are more than {high:g}")
    if "enum" in limits:
        allowed = limits["enum"]
        _refuse(where, values, ~held.isin(allowed), f"are none of {', '.join(allowed)}")


def _check_key(table: str, frame: pd.DataFrame, described: Table) -> None:
    again = frame.duplicated(list(described.key))
    where = f"{table}.{'+'.join(described.key)}"
    shown = frame[described.key[0]]
    _refuse(where, shown, again, "have a key that is there before")


def _refuse(where: str, values: pd.Series, bad: pd.Series, what: str) -> None:
    count = int(bad.sum())
    if count:
        row = bad.index[int(bad.to_numpy().argmax())]
        verb = what if count > 1 else what.replace("are ", "is ", 1).replace("have ", "has ", 1)
        raise ValueError(
            f"{where}: {count:,} of {len(values):,} rows {verb}; "
            f"the first: {values.loc[row]!s} in row {row}."
        )
