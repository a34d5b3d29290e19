"""Repeat purchase, retention and churn between periods."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from whobuys.segment._lines import counted, first_few, read_lines
from whobuys.strategy._satisfaction import ALL
from whobuys.target._needs import wilson


def period_rates(
    transactions: pd.DataFrame,
    edges: Sequence[Any],
    *,
    groups: pd.Series | None = None,
    customer: str = "customer_id",
    date: str = "date",
    amount: str = "amount",
    order: str | None = None,
    level: float = 0.95,
) -> pd.DataFrame:
    """Count, period by period, who bought, bought repeatedly, stayed, left, came and came back.

    Parameters
    ----------
    transactions : DataFrame
        One row a line or an order. Lines with a negative amount are refunds, not purchases.
    edges : sequence of date-like
        First days of the periods, and the day after the last period: periods are half-open, from
        one edge to the day before the next. Take periods of the same length, or the rates cannot be
        compared.
    groups : Series, optional
        The group of each customer, indexed by customer: rates group by group and, last, for "all".
        Customers without a group are in "all" only.
    customer, date, amount : str
        Column names.
    order : str, optional
        Column of the order; None takes "order_id" when it is there, else the days count.
    level : float
        Level of the intervals.

    Returns
    -------
    DataFrame
        One row a period (and group): with `groups` the ``group``; ``period`` (its first day),
        ``customers`` who bought, ``orders``, ``repeaters`` (two orders or more in the period),
        ``repeat_rate`` (repeaters / customers) with ``repeat_low``, ``repeat_high``; from the
        second period ``before`` (customers of the period before), ``stayed`` (of them, bought
        again), ``retention_rate``, ``churn_rate`` (1 − retention) with ``churn_low``,
        ``churn_high``; ``new`` (first purchase ever in the table) and ``returned`` (bought once,
        not in the period before). Customers = stayed + new + returned.

    Raises
    ------
    ValueError
        A column is missing, there are fewer than two edges, or they do not rise.

    Notes
    -----
    Without a contract nobody says goodbye (Reinartz and Kumar, 2000, Journal of Marketing 64(4)):
    "churn" here means no purchase in the next period, and ``returned`` shows how many of the
    earlier "lost" ones were not. A period of another length gives another churn. Whether somebody
    is new can only be judged from purchases in the table. Intervals of Wilson (1927).

    Examples
    --------
    >>> import pandas as pd
    >>> lines = pd.DataFrame({
    ...     "customer_id": ["A", "A", "B", "A", "C"], "order_id": [1, 2, 3, 4, 5], "amount": 10.0,
    ...     "date": pd.to_datetime(
    ...         ["2025-01-05", "2025-03-01", "2025-04-01", "2026-02-01", "2026-06-05"]),
    ... })
    >>> rates = period_rates(lines, ["2025-01-01", "2026-01-01", "2027-01-01"])
    >>> rates[["period", "customers", "repeat_rate", "churn_rate", "new"]]
          period  customers  repeat_rate  churn_rate  new
    0 2025-01-01          2          0.5         NaN  2.0
    1 2026-01-01          2          0.0         0.5  1.0
    """
    days = _edges(edges)
    lines = read_lines(transactions, customer=customer, date=date, amount=amount, order=order)
    lines.warn(stacklevel=2)
    buy = lines.is_purchase
    code, day, what = lines.code[buy], lines.day[buy], lines.order[buy]
    period = np.searchsorted(days, day, side="right") - 1
    first = np.full(len(lines.ids), len(days))
    np.minimum.at(first, code, period)
    inside = (period >= 0) & (period < len(days) - 1)
    seen = pd.DataFrame({"code": code[inside], "period": period[inside], "order": what[inside]})
    orders = seen.drop_duplicates().groupby(["code", "period"]).size()
    counts = np.zeros((len(lines.ids), len(days) - 1), dtype=np.int64)
    if len(orders):
        at = orders.index.to_frame().to_numpy()
        counts[at[:, 0], at[:, 1]] = orders.to_numpy()
    blocks = []
    for name, mine in _members(lines.ids, groups):
        block = _rates(counts[mine], first[mine], level)
        block.insert(0, "period", pd.to_datetime(days[:-1]))
        if groups is not None:
            block = pd.concat([pd.Series(name, block.index, name="group"), block], axis=1)
        blocks.append(block)
    return pd.concat(blocks, ignore_index=True)


def _rates(counts: np.ndarray, first: np.ndarray, level: float) -> pd.DataFrame:
    there = counts > 0
    rows = []
    for p in range(counts.shape[1]):
        now, many = int(there[:, p].sum()), int((counts[:, p] > 1).sum())
        row = {
            "customers": now,
            "orders": int(counts[:, p].sum()),
            "repeaters": many,
            "repeat_rate": many / now if now else np.nan,
        }
        row["repeat_low"], row["repeat_high"] = wilson(many, now, level) if now else (np.nan,) * 2
        row["before"] = row["stayed"] = row["retention_rate"] = row["churn_rate"] = np.nan
        row["churn_low"] = row["churn_high"] = row["new"] = row["returned"] = np.nan
        row["new"] = int((there[:, p] & (first == p)).sum())
        if p:
            before = int(there[:, p - 1].sum())
            stayed = int((there[:, p] & there[:, p - 1]).sum())
            row["before"], row["stayed"] = before, stayed
            row["returned"] = now - stayed - row["new"]
            if before:
                row["retention_rate"] = stayed / before
                row["churn_rate"] = 1 - stayed / before
                row["churn_low"], row["churn_high"] = wilson(before - stayed, before, level)
        rows.append(row)
    return pd.DataFrame(rows).astype({"new": float})


def _members(ids: pd.Index, groups: pd.Series | None) -> list[tuple[Any, np.ndarray]]:
    everybody = (ALL, np.ones(len(ids), dtype=bool))
    if groups is None:
        return [everybody]
    again = groups.index[groups.index.duplicated()].unique()
    if len(again):
        raise ValueError(
            f"groups names {counted(len(again), 'customer')} more than once ({first_few(again)}). "
            "Keep one group a customer."
        )
    mine = groups.reindex(ids)
    if mine.isna().all():
        raise ValueError(
            "No customer of transactions has a group. Index groups by customer: "
            'groups=table.set_index("customer_id")["segment"].'
        )
    names = (
        mine.cat.categories
        if isinstance(mine.dtype, pd.CategoricalDtype)
        else sorted(mine.dropna().unique(), key=str)
    )
    return [*((name, (mine == name).to_numpy(bool)) for name in names), everybody]


def _edges(edges: Sequence[Any]) -> np.ndarray:
    try:
        days = pd.DatetimeIndex([pd.Timestamp(edge) for edge in edges]).normalize()
    except (ValueError, TypeError) as error:
        raise ValueError(
            f'edges must be days, such as ["2025-01-01", "2026-01-01"], not {edges!r}.'
        ) from error
    if len(days) < 2 or days.hasnans or not (days[1:] > days[:-1]).all():
        raise ValueError(
            "edges must be two days or more in rising order: the first day of each period and the "
            "day after the last."
        )
    if days.tz is not None:
        days = days.tz_localize(None)
    return days.to_numpy().astype("datetime64[D]")
