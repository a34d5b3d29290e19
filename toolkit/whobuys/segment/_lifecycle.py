"""Where each customer stands: prospect, new, active, reactivated, at risk, dormant, lost."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd

from whobuys.segment._behaviour import cycle_of, gaps_of, orders_of
from whobuys.segment._lines import factorize_ids, first_few, read_as_of, read_lines, require_columns


def lifecycle_state(
    transactions: pd.DataFrame,
    *,
    as_of: object,
    cycle: float | None = None,
    customers: Any = None,
    new: float = 2.0,
    at_risk: float = 2.0,
    dormant: float = 4.0,
    lost: float = 8.0,
    customer: str = "customer_id",
    date: str = "date",
    amount: str = "amount",
    order: str | None = None,
) -> pd.DataFrame:
    """Give each customer one lifecycle state, with thresholds in purchase cycles.

    Two months of silence mean something else for tea than for furniture, so silence (days since
    the last purchase) is measured in purchase cycles. The first line that fits decides:

    - *prospect*: in `customers`, but never bought;
    - *lost*: silent for at least `lost` cycles;
    - *dormant*: silent for at least `dormant` cycles;
    - *at risk*: silent for at least `at_risk` cycles;
    - *new*: the first purchase is less than `new` cycles ago;
    - *reactivated*: less than `new` cycles ago came back from a gap of at least `dormant` cycles;
    - *active*: all others.

    Parameters
    ----------
    transactions : DataFrame
        One row a line. Lines with a negative amount are refunds, not purchases.
    as_of : date-like
        The day the list is drawn; silence counts back from it (see `rfm_table`).
    cycle : float, optional
        The purchase cycle in days; by default `purchase_cycle` of the same transactions.
    customers : list-like or DataFrame, optional
        Everybody on file: ids, or a table with the column `customer`. Those who never bought are
        prospects. Without it there are none.
    new, at_risk, dormant, lost : float
        Thresholds in purchase cycles; at_risk < dormant < lost.
    customer, date, amount : str
        Column names.
    order : str, optional
        What counts as one order, by the rule of `rfm_table`.

    Returns
    -------
    DataFrame
        One row a customer, sorted: the customer (column named as in `customer`),
        ``first_purchase``, ``last_purchase``, ``frequency`` (orders), ``recency_days``,
        ``came_back`` (the last return from a gap of at least `dormant` cycles) and ``state``
        (text). What a prospect or a customer does not have is missing. ``attrs`` hold
        ``cycle_days`` and ``left_out``.

    Raises
    ------
    ValueError
        A column is missing, thresholds do not ascend, none of the buyers is in `customers`, or
        the table is not in order (see `rfm_table`).

    Warns
    -----
    UserWarning
        Rows without a customer id, or customers with refunds only, were left out.

    Notes
    -----
    The states are trade practice; the default multiples are a starting point, not a finding. One
    cycle for all is a simplification: a customer who always bought twice a year is no colder after
    four months than before. A model of each customer's own rhythm does better.

    Examples
    --------
    >>> import pandas as pd
    >>> lines = pd.DataFrame({
    ...     "customer_id": ["A", "A", "B", "B", "C"],
    ...     "date": pd.to_datetime(
    ...         ["2026-05-01", "2026-06-10", "2026-01-01", "2026-02-01", "2026-06-25"]
    ...     ),
    ...     "amount": [20.0, 35.0, 50.0, 8.0, 15.0],
    ... })
    >>> states = lifecycle_state(lines, as_of="2026-06-30", cycle=30, customers=list("ABCD"))
    >>> states[["customer_id", "recency_days", "state"]]
      customer_id  recency_days     state
    0           A            20    active
    1           B           149   dormant
    2           C             5       new
    3           D          <NA>  prospect
    """
    _check_thresholds(new=new, at_risk=at_risk, dormant=dormant, lost=lost)
    day = read_as_of(as_of)
    lines = read_lines(
        transactions, customer=customer, date=date, amount=amount, order=order, as_of=day
    )
    account = lines.warn(stacklevel=2)
    if cycle is None:
        cycle = cycle_of(lines)
    elif not _positive(cycle):
        raise ValueError(f"cycle must be a number of days above zero, not {cycle!r}.")

    bought = lines.is_purchase
    buyer = lines.is_buyer
    by_code = pd.Series(lines.day[bought].astype("datetime64[us]")).groupby(lines.code[bought])
    table = pd.DataFrame(
        {
            "first_purchase": by_code.min(),
            "last_purchase": by_code.max(),
            "frequency": orders_of(lines)[buyer],
        }
    )
    code, before, after = gaps_of(lines)
    long = (after - before).astype(np.int64) >= dormant * cycle
    back = pd.Series(after[long].astype("datetime64[us]")).groupby(code[long]).max()
    table["came_back"] = back.reindex(table.index)
    table.index = lines.ids[buyer]

    if customers is not None:
        everybody = _ids(customers, customer)
        if len(table) and table.index.isin(everybody).sum() == 0:
            raise ValueError(
                f"None of the {len(table):,} buyers is in customers. Their ids look like "
                f"{table.index.tolist()[0]!r}, those of customers like {everybody.tolist()[0]!r}."
            )
        refunds_only = lines.ids[~buyer]
        everybody = everybody[~everybody.isin(refunds_only)]
        table = table.reindex(table.index.union(everybody))

    silence = (day - table["last_purchase"]).dt.days
    table["frequency"] = table["frequency"].fillna(0).astype("int64")
    table["recency_days"] = silence.astype("Int64")
    table["state"] = np.select(
        [
            silence.isna(),
            silence >= lost * cycle,
            silence >= dormant * cycle,
            silence >= at_risk * cycle,
            (day - table["first_purchase"]).dt.days < new * cycle,
            (day - table["came_back"]).dt.days < new * cycle,
        ],
        ["prospect", "lost", "dormant", "at risk", "new", "reactivated"],
        default="active",
    )
    table["state"] = table["state"].astype("str")
    columns = [
        "first_purchase",
        "last_purchase",
        "frequency",
        "recency_days",
        "came_back",
        "state",
    ]
    result = table[columns].rename_axis(customer).reset_index()
    result.attrs = {"left_out": account, "cycle_days": float(cycle)}
    return result


def _ids(customers: Any, customer: str) -> pd.Index:
    if isinstance(customers, pd.DataFrame):
        require_columns(customers, {"customer": customer}, table="customers")
        given = customers[customer]
    elif isinstance(customers, str):
        raise ValueError("customers must be a list of ids or a table, not text.")
    else:
        given = pd.Series(list(customers), name=customer)
    code, ids = factorize_ids(given)
    if (code < 0).any():
        rows = first_few(given.index[code < 0][:4])
        raise ValueError(
            f"customers has {int((code < 0).sum()):,} of {len(given):,} entries without an id "
            f"(index {rows}). Drop them first."
        )
    if len(ids) == 0:
        raise ValueError("customers is empty.")
    return ids


def _check_thresholds(**given: float) -> None:
    for name, value in given.items():
        if not _positive(value):
            raise ValueError(
                f"{name} must be a number of purchase cycles above zero, not {value!r}."
            )
    if not given["at_risk"] < given["dormant"] < given["lost"]:
        raise ValueError(
            "Thresholds must ascend: at_risk < dormant < lost. "
            f"They are {given['at_risk']:g}, {given['dormant']:g}, {given['lost']:g}."
        )


def _positive(value: object) -> bool:
    is_number = isinstance(value, (int, float, np.number)) and not isinstance(value, bool)
    return is_number and math.isfinite(value) and value > 0  # type: ignore[arg-type, operator]
