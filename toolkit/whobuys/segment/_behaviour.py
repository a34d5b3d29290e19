"""How people buy: days between purchases, the purchase cycle, coming back."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from whobuys.segment._lines import Lines, read_lines


def purchase_gaps(
    transactions: pd.DataFrame,
    *,
    customer: str = "customer_id",
    date: str = "date",
    amount: str = "amount",
) -> pd.DataFrame:
    """List the gaps between consecutive purchase days of each customer.

    Parameters
    ----------
    transactions : DataFrame
        One row a line. Lines with a negative amount are refunds, not purchases.
    customer, date, amount : str
        Column names.

    Returns
    -------
    DataFrame
        One row a gap: the customer (column named as in `customer`), ``previous`` and ``date``
        (the two purchase days) and ``gap_days`` (whole days, at least 1), sorted by customer and
        date. Several purchases on one day are one purchase day, so someone who bought on *n* days
        has *n* - 1 rows. ``attrs["left_out"]`` says what was left out.

    Raises
    ------
    ValueError
        A column is missing, the table is empty, or dates or amounts are missing or of the wrong
        kind.

    Warns
    -----
    UserWarning
        Rows without a customer id, or customers with refunds only, were left out.

    Examples
    --------
    >>> import pandas as pd
    >>> lines = pd.DataFrame({
    ...     "customer_id": ["A", "A", "A", "B"],
    ...     "date": pd.to_datetime(["2026-01-01", "2026-01-11", "2026-02-10", "2026-03-01"]),
    ...     "amount": [20.0, 35.0, 12.0, 50.0],
    ... })
    >>> purchase_gaps(lines)
      customer_id   previous       date  gap_days
    0           A 2026-01-01 2026-01-11        10
    1           A 2026-01-11 2026-02-10        30
    """
    lines = read_lines(transactions, customer=customer, date=date, amount=amount)
    account = lines.warn(stacklevel=2)
    code, before, after = gaps_of(lines)
    result = pd.DataFrame(
        {
            customer: lines.ids.take(code),
            "previous": before.astype("datetime64[us]"),
            "date": after.astype("datetime64[us]"),
            "gap_days": (after - before).astype(np.int64),
        }
    )
    result.attrs["left_out"] = account
    return result


def purchase_cycle(
    transactions: pd.DataFrame,
    *,
    customer: str = "customer_id",
    date: str = "date",
    amount: str = "amount",
) -> float:
    """Return the purchase cycle: the typical customer's typical days between purchases.

    The median over customers of each customer's own median gap, so that every customer counts
    once. Taking the median of all gaps instead would let the busiest customers decide.

    Parameters
    ----------
    transactions : DataFrame
        One row a line. Lines with a negative amount are refunds, not purchases.
    customer, date, amount : str
        Column names.

    Returns
    -------
    float
        Days. Customers with one purchase day have no gap and are not counted.

    Raises
    ------
    ValueError
        A column is missing, nobody bought on two days, or the table is not in order (see
        `purchase_gaps`).

    Notes
    -----
    Gaps that are still open at the end of the data are not seen, so in a short window the cycle
    looks shorter than it is.

    Examples
    --------
    >>> import pandas as pd
    >>> lines = pd.DataFrame({
    ...     "customer_id": ["A", "A", "A", "B", "B"],
    ...     "date": pd.to_datetime(
    ...         ["2026-01-01", "2026-01-11", "2026-02-10", "2026-03-01", "2026-03-31"]
    ...     ),
    ...     "amount": [20.0, 35.0, 12.0, 50.0, 8.0],
    ... })
    >>> purchase_cycle(lines)  # A's median gap is 20 days, B's is 30
    25.0
    """
    lines = read_lines(transactions, customer=customer, date=date, amount=amount)
    lines.warn(stacklevel=2)
    return cycle_of(lines)


def repurchase_rate(
    transactions: pd.DataFrame,
    *,
    customer: str = "customer_id",
    date: str = "date",
    amount: str = "amount",
    order: str | None = None,
) -> float:
    """Return the share of buyers with at least two orders.

    Parameters
    ----------
    transactions : DataFrame
        One row a line. Lines with a negative amount are refunds, not purchases.
    customer, date, amount : str
        Column names.
    order : str, optional
        What counts as one order, by the rule of `rfm_table`: this column; by default the column
        "order_id" when there is one, else the purchase day.

    Returns
    -------
    float
        A share from 0 to 1. Customers who never bought are not in it.

    Raises
    ------
    ValueError
        A column is missing, nobody bought, or the table is not in order (see `purchase_gaps`).

    Examples
    --------
    >>> import pandas as pd
    >>> lines = pd.DataFrame({
    ...     "customer_id": ["A", "A", "B", "C"],
    ...     "date": pd.to_datetime(["2026-01-01", "2026-01-11", "2026-03-01", "2026-03-02"]),
    ...     "amount": [20.0, 35.0, 50.0, 8.0],
    ... })
    >>> round(repurchase_rate(lines), 3)
    0.333
    """
    lines = read_lines(transactions, customer=customer, date=date, amount=amount, order=order)
    lines.warn(stacklevel=2)
    orders = orders_of(lines)
    buyers = int((orders > 0).sum())
    if buyers == 0:
        raise ValueError("Nobody bought: every amount is negative, so there is no rate.")
    return float((orders > 1).sum() / buyers)


def orders_of(lines: Lines) -> NDArray[np.int64]:
    """Count the distinct orders of each customer, over the purchase lines."""
    code, order = lines.code[lines.is_purchase], lines.order[lines.is_purchase]
    if code.size == 0:
        return np.zeros(len(lines.ids), dtype=np.int64)
    low = order.min()
    width = int(order.max() - low) + 1
    pairs = pd.unique(code * width + (order - low))
    return np.bincount(pairs // width, minlength=len(lines.ids)).astype(np.int64)


def purchase_days_of(lines: Lines) -> tuple[NDArray[np.int64], NDArray[np.datetime64]]:
    """Return the distinct purchase days as (customer code, day), sorted by both."""
    code, day = lines.code[lines.is_purchase], lines.day[lines.is_purchase].astype(np.int64)
    if code.size == 0:
        return code, day.astype("datetime64[D]")
    low = day.min()
    width = int(day.max() - low) + 1
    pairs = np.sort(pd.unique(code * width + (day - low)))
    return pairs // width, (pairs % width + low).astype("datetime64[D]")


def gaps_of(
    lines: Lines,
) -> tuple[NDArray[np.int64], NDArray[np.datetime64], NDArray[np.datetime64]]:
    """Return (customer code, earlier day, later day) of each gap, sorted."""
    code, day = purchase_days_of(lines)
    same = code[1:] == code[:-1]
    return code[1:][same], day[:-1][same], day[1:][same]


def cycle_of(lines: Lines) -> float:
    """Return the median of the customers' median gaps, in days."""
    code, before, after = gaps_of(lines)
    if code.size == 0:
        raise ValueError(
            "No customer bought on two different days, so there is no purchase cycle. "
            "Take a longer window."
        )
    gaps = pd.Series((after - before).astype(np.int64))
    return float(gaps.groupby(code).median().median())
