"""From transactions to the table the probability models read: frequency, recency, T."""

from __future__ import annotations

from typing import Any, Literal, get_args

import numpy as np
import pandas as pd

from whobuys.segment._lines import Lines, counted, read_as_of, read_lines
from whobuys.value._visit_sums import Visits, visit_sums

Unit = Literal["day", "week", "month", "year"]
Period = Literal["week", "month", "quarter", "year"]
DAYS: dict[str, float] = {"day": 1.0, "week": 7.0, "month": 365.25 / 12, "year": 365.25}
PERIODS = get_args(Period)


def clv_summary(
    transactions: Any,
    *,
    end: object,
    unit: Unit = "week",
    customer: str = "customer_id",
    date: str = "date",
    amount: str = "amount",
    order: str | None = None,
    currency: str = "currency",
) -> pd.DataFrame:
    """Sum up each customer's buying as (x, t_x, T), the table of the lifetime-value papers.

    Parameters
    ----------
    transactions : frame or path
        One row a line or an order. A negative amount is a refund: not a purchase, and not taken
        off the monetary value. A zero amount is a purchase. A pandas, Polars (eager or lazy),
        Dask or PySpark frame, an Arrow table, a DuckDB relation, or the path of Parquet files (a
        file, a folder, a pattern).
    end : date-like
        The last day to look at. Later lines are left out, so that the same table serves as
        calibration and as holdout.
    unit : {"day", "week", "month", "year"}
        What recency and T count in: 1, 7, 365.25 / 12 or 365.25 days.
    customer, date, amount : str
        Column names.
    order : str, optional
        Column whose distinct values on a day are purchases of their own. By default all purchases
        of a day are one, as in the papers. Where a customer's first day has several, nobody knows
        which came first: their mean is taken for the first purchase.
    currency : str
        Column that must hold one value only, where there is one.

    Returns
    -------
    DataFrame
        One row a customer who bought by `end`, sorted by customer: the customer (column named as
        in `customer`); ``frequency``, purchases after the first; ``recency``, time from
        the first purchase to the last; ``T``, time from the first purchase to `end`, both in
        `unit`; ``monetary_value``, mean paid on a repeat purchase, 0 where there is none.
        ``attrs`` holds ``unit``, ``end``, ``lines_after_end`` and ``left_out``. It is a pandas
        frame, the same whatever was given; orders in another frame are summed by its own engine,
        and only the customers come back.

    Raises
    ------
    ValueError
        A column is missing, the table is empty, dates or amounts are missing or of the wrong
        kind, currencies are mixed, `unit` is unknown, or nobody bought by `end`.
    TypeError
        `transactions` is neither a table nor a path.

    Warns
    -----
    UserWarning
        Rows without a customer id, or customers with refunds only, were left out.

    Notes
    -----
    The first purchase starts the clock and is not counted, nor is what was paid for it. Days and
    time zones are as in `whobuys.segment.rfm_table`. Fader, Hardie and Lee (2005), "Counting your
    customers the easy way", Marketing Science 24(2); for the spending part their "RFM and CLV",
    Journal of Marketing Research 42.

    Examples
    --------
    >>> import pandas as pd
    >>> lines = pd.DataFrame({
    ...     "customer_id": ["A", "A", "A", "B"],
    ...     "date": pd.to_datetime(["2026-01-01", "2026-01-15", "2026-01-29", "2026-02-05"]),
    ...     "amount": [20.0, 30.0, 40.0, 50.0],
    ... })
    >>> clv_summary(lines, end="2026-02-12", unit="week")
      customer_id  frequency  recency    T  monetary_value
    0           A          2      4.0  6.0            35.0
    1           B          0      0.0  1.0             0.0
    """
    if unit not in DAYS:
        raise ValueError(f"unit must be one of {', '.join(DAYS)}, not {unit!r}.")
    if customer in ("frequency", "recency", "T", "monetary_value"):
        raise ValueError(f'The customer column may not be named "{customer}". Rename it.')
    last_day = read_as_of(end)
    stop = int(np.datetime64(last_day, "D").astype(np.int64))
    if isinstance(transactions, pd.DataFrame):
        lines = read_lines(
            transactions,
            customer=customer,
            date=date,
            amount=amount,
            order=order or date,
            currency=currency,
        )
        account = lines.warn(stacklevel=2)
        visits = _visits(lines, stop, by_order=order is not None)
    else:
        names = {"customer": customer, "date": date, "amount": amount}
        visits, account = visit_sums(
            transactions, names, order=order or date, currency=currency, stop=stop, stacklevel=2
        )
    if not len(visits.ids):
        first = np.datetime64(visits.earliest, "D")
        raise ValueError(
            f"Nobody bought by end={last_day:%Y-%m-%d}; the first line is of {first}. "
            "Choose a later end."
        )
    repeats = visits.count - 1
    result = pd.DataFrame(
        {
            customer: visits.ids,
            "frequency": repeats,
            "recency": (visits.last - visits.first) / DAYS[unit],
            "T": (stop - visits.first) / DAYS[unit],
            "monetary_value": np.round(
                np.where(repeats, visits.later / np.maximum(repeats, 1), 0.0), 6
            ),
        }
    )
    result.attrs = {
        "unit": unit,
        "end": f"{last_day:%Y-%m-%d}",
        "lines_after_end": visits.lines_after,
        "left_out": account,
    }
    return result


def _visits(lines: Lines, stop: int, *, by_order: bool) -> Visits:
    """Count the purchases of each customer up to a day."""
    day = lines.day.astype(np.int64)
    in_time = day <= stop
    bought = in_time & lines.is_purchase
    late = int((~in_time).sum())
    if not bought.any():
        none = np.empty(0, dtype=np.int64)
        return Visits(lines.ids[:0], none, none, none, none.astype(float), late, int(day.min()))
    if bought.all():
        code, paid, basket = lines.code, lines.amount, lines.order
    else:
        code, day = lines.code[bought], day[bought]
        paid, basket = lines.amount[bought], lines.order[bought]
    begin = int(day.min())
    span = stop - begin + 1
    key = code * span + (day - begin)
    if by_order:
        by = np.lexsort((basket, key))
        key, basket = key[by], basket[by]
        change = (key[1:] != key[:-1]) | (basket[1:] != basket[:-1])
    else:
        key.sort()
        change = key[1:] != key[:-1]
    visit_code, visit_day = np.divmod(key[np.r_[True, change]], span)
    first = np.flatnonzero(np.r_[True, visit_code[1:] != visit_code[:-1]])
    last = np.r_[first[1:], len(visit_code)] - 1
    buyer, began = visit_code[first], visit_day[first] + begin

    # What was paid for all but the first purchase: nothing has to be sorted for it.
    start = np.empty(len(lines.ids), dtype=np.int64)
    start[buyer] = began
    later = day > start[code]
    size = len(lines.ids)
    spent: Any = np.bincount(code, weights=np.where(later, paid, 0.0), minlength=size)[buyer]
    if by_order:
        opening = np.bincount(code, weights=np.where(later, 0.0, paid), minlength=size)[buyer]
        own = visit_day == np.repeat(visit_day[first], np.diff(np.r_[first, len(visit_code)]))
        orders = np.add.reduceat(own.astype(np.int64), first)
        spent = spent + opening - opening / orders
    return Visits(
        lines.ids[buyer],
        last - first + 1,
        began,
        visit_day[last] + begin,
        spent,
        late,
        begin,
    )


def period_summary(
    transactions: pd.DataFrame,
    *,
    end: object,
    period: Period = "year",
    customer: str = "customer_id",
    date: str = "date",
    amount: str = "amount",
) -> pd.DataFrame:
    """Sum up each customer's buying by calendar periods: in how many, the last, out of how many.

    Parameters
    ----------
    transactions : DataFrame
        One row a line or an order. Lines with a negative amount are refunds, not purchases.
    end : date-like
        A day in the last period to look at; that period must be complete in the table.
    period : {"week", "month", "quarter", "year"}
        Calendar periods; weeks begin on Monday.
    customer, date, amount : str
        Column names.

    Returns
    -------
    DataFrame
        One row a customer, sorted: the customer; ``frequency``, periods with a purchase after the
        customer's first period; ``recency``, the last of them, counted from the first period as 0;
        ``T``, how many periods there were after the first.

    Raises
    ------
    ValueError
        As `clv_summary`.

    Notes
    -----
    The table of `BetaGeoBetaBinomModel`: Fader, Hardie and Shang (2010), "Customer-base analysis
    in a discrete-time noncontractual setting", Marketing Science 29(6).

    Examples
    --------
    >>> import pandas as pd
    >>> gifts = pd.DataFrame({
    ...     "customer_id": ["A", "A", "A", "B"],
    ...     "date": pd.to_datetime(["2020-05-01", "2021-01-15", "2023-12-29", "2022-02-05"]),
    ...     "amount": [20.0, 30.0, 40.0, 50.0],
    ... })
    >>> period_summary(gifts, end="2024-12-31", period="year")
      customer_id  frequency  recency  T
    0           A          2        3  4
    1           B          0        0  2
    """
    if period not in PERIODS:
        raise ValueError(f"period must be one of {', '.join(PERIODS)}, not {period!r}.")
    last_day = read_as_of(end)
    lines = read_lines(transactions, customer=customer, date=date, amount=amount)
    lines.warn(stacklevel=2)
    number = period_number(lines.day, period)
    stop = int(period_number(np.array([np.datetime64(last_day, "D")]), period)[0])
    bought = lines.is_purchase & (number <= stop)
    if not bought.any():
        raise ValueError(f"Nobody bought by end={last_day:%Y-%m-%d}. Choose a later end.")
    seen = pd.DataFrame({"code": lines.code[bought], "number": number[bought]}).drop_duplicates()
    by = seen.groupby("code")["number"].agg(["min", "max", "size"])
    return pd.DataFrame(
        {
            customer: lines.ids[by.index.to_numpy()],
            "frequency": by["size"].to_numpy() - 1,
            "recency": (by["max"] - by["min"]).to_numpy(),
            "T": stop - by["min"].to_numpy(),
        }
    )


def period_number(day: np.ndarray, period: str) -> np.ndarray:
    """Return the calendar periods of days as numbers, one after the other without a gap."""
    if period == "week":
        return (day.astype("datetime64[D]").astype(np.int64) + 3) // 7
    month = day.astype("datetime64[M]").astype(np.int64)
    return month // {"month": 1, "quarter": 3, "year": 12}[period]


def period_name(number: int, period: str) -> str:
    """Write a period as people do: 2026, 2026 Q1, 2026-01, or the Monday of a week."""
    if period == "week":
        return str(np.datetime64(int(number) * 7 - 3, "D"))
    if period == "year":
        return str(1970 + int(number))
    if period == "quarter":
        return f"{1970 + int(number) // 4} Q{int(number) % 4 + 1}"
    return str(np.datetime64(int(number), "M"))


def repeat_purchases(
    transactions: pd.DataFrame,
    *,
    customer: str = "customer_id",
    date: str = "date",
    amount: str = "amount",
) -> tuple[np.ndarray, np.ndarray]:
    """Return the day number of each customer's first purchase day, and of every later one."""
    lines = read_lines(transactions, customer=customer, date=date, amount=amount)
    bought = lines.is_purchase
    if not bought.any():
        raise ValueError(f"Nobody bought in the {counted(len(lines.code), 'row')} given.")
    visits = pd.DataFrame(
        {"code": lines.code[bought], "day": lines.day[bought].astype(np.int64)}
    ).drop_duplicates()
    first = visits.groupby("code")["day"].transform("min")
    later = visits["day"] > first
    return visits["day"][~later].to_numpy(), visits["day"][later].to_numpy()
