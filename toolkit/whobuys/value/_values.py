"""Checks shared by the functions that take one number a customer."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from whobuys.segment._lines import counted, first_few, numbers, require_columns
from whobuys.value._fit import Floats


def amounts(values: object, name: str = "values", *, least: float | None = None) -> pd.Series:
    """Return one number a customer as a Series of floats, or say what is wrong."""
    given = values if isinstance(values, pd.Series) else pd.Series(values)
    if given.empty:
        raise ValueError(
            f"{name} is empty: give one number a customer. Check the filter that made it."
        )
    label = given.name if given.name is not None else name
    found = pd.Series(numbers(given, name=label, table=name), index=given.index, name=given.name)
    if least is not None and (found < least).any():
        low = found.index[found < least]
        raise ValueError(
            f"{name} must be {least:g} or more; it is below in {counted(len(low), 'row')} "
            f"(index {first_few(low)})."
        )
    return found


def same_index(frames: Mapping[str, pd.Series]) -> None:
    """Refuse Series that do not speak of the same customers in the same order."""
    (first, base), *rest = frames.items()
    for name, other in rest:
        if not other.index.equals(base.index):
            raise ValueError(
                f"{name} and {first} must have the same index, one row a customer in the same "
                f"order: {name} has {len(other):,} rows, {first} {len(base):,}. Set the customer "
                "as index of both and reindex."
            )


def share(value: float, name: str, *, zero: bool = False, one: bool = True) -> float:
    """Return a share between 0 and 1, or say that it is none."""
    number = float(value)
    low = number >= 0 if zero else number > 0
    high = number <= 1 if one else number < 1
    if not (low and high):
        span = f"{'from' if zero else 'above'} 0 {'to' if one else 'to below'} 1"
        raise ValueError(f"{name} must be a share {span}, not {value}.")
    return number


def money_by_customer(
    table: pd.DataFrame, customer: str, column: str, ids: pd.Index, name: str
) -> Floats:
    """Sum a column by customer in the order of `ids`; a customer who is not in the table has 0."""
    require_columns(table, {"customer": customer, column: column}, table=name)
    paid = numbers(table[column], name=column, table=name)
    place = ids.get_indexer(pd.Index(table[customer]))
    if (place < 0).any():
        stray = table[customer][place < 0]
        raise ValueError(
            f'{counted(len(stray), "row")} of {name} have a "{customer}" that is not among the '
            f"customers ({first_few(stray.unique())})."
        )
    return np.bincount(place, weights=paid, minlength=len(ids)).astype(np.float64)
