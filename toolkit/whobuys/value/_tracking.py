"""Does a model follow the customers? Repeat purchases expected and counted, period by period."""

from __future__ import annotations

import numpy as np
import pandas as pd

from whobuys.segment._lines import read_as_of, require_columns
from whobuys.value._summary import DAYS, Unit, repeat_purchases
from whobuys.value._transactions import TransactionModel


def tracking_table(
    model: TransactionModel,
    transactions: pd.DataFrame,
    *,
    end: object,
    until: object = None,
    unit: Unit = "week",
    customer: str = "customer_id",
    date: str = "date",
    amount: str = "amount",
) -> pd.DataFrame:
    """Set the repeat purchases a model expects against those that came.

    Parameters
    ----------
    model : TransactionModel
        Fitted, with T in `unit`.
    transactions : DataFrame
        One row a line or an order, the holdout among them.
    end : date-like
        The last day the model has seen. Customers who came later are left out.
    until : date-like, optional
        The last day to compare; by default the last in the table.
    unit : {"day", "week", "month", "year"}
        The model's time unit, and the length of a row.
    customer, date, amount : str
        Column names.

    Returns
    -------
    DataFrame
        One row a period: ``period`` (from 1, counted from the first purchase of all), ``date`` (its
        last day), ``holdout`` (does it reach beyond `end`?), ``actual`` and ``expected`` repeat
        purchases in it, ``actual_total`` and ``expected_total`` so far.

    Raises
    ------
    ValueError
        `end` lies before the first purchase, or less than one period can be compared.
    NotFittedError
        The model is not fitted.

    Notes
    -----
    The comparison of Fader, Hardie and Lee (2005). Expected: the mean number of repeat purchases of
    a new customer, summed over the customers, each from the own first purchase on. Purchases of one
    day are one purchase.

    Examples
    --------
    >>> from whobuys.data import load
    >>> from whobuys.value import BetaGeoModel, clv_summary, tracking_table
    >>> lines = load("cdnow")
    >>> model = BetaGeoModel().fit(clv_summary(lines, end="1997-09-30"))
    >>> table = tracking_table(model, lines, end="1997-09-30")
    >>> round(table.set_index("period").loc[39, "expected_total"], 1)
    np.float64(2501.5)
    """
    if unit not in DAYS:
        raise ValueError(f"unit must be one of {', '.join(DAYS)}, not {unit!r}.")
    if not isinstance(transactions, pd.DataFrame):
        require_columns(transactions, {})
    seen = read_as_of(end)
    stop = int(np.datetime64(seen, "D").astype(np.int64))
    columns = {"customer": customer, "date": date, "amount": amount}
    require_columns(transactions, columns, rows=True)
    known = transactions.groupby(customer)[date].transform("min") <= seen
    if not known.any():
        raise ValueError(f"Nobody bought by end={seen:%Y-%m-%d}. Choose a later end.")
    first, later = repeat_purchases(
        transactions[known], customer=customer, date=date, amount=amount
    )
    begin = int(first.min())
    if until is None:
        last = int(max(first.max(), later.max(initial=0)))
    else:
        last = int(np.datetime64(read_as_of(until), "D").astype(np.int64))
    length = DAYS[unit]
    periods = int((last - begin) / length + 1e-9)
    if periods < 1:
        raise ValueError(f"There is no whole {unit} to compare. Choose a later until.")
    period = np.arange(1, periods + 1)
    close = begin + period * length
    counted = np.searchsorted(np.sort(later), close + 1e-9, side="right")
    days, customers = np.unique(first, return_counts=True)
    open_for = (close[:, None] - days) / length
    expected = model.expected_purchases_new_customer(np.maximum(open_for, 0).ravel())
    total = expected.reshape(open_for.shape) @ customers
    return pd.DataFrame(
        {
            "period": period,
            "date": np.floor(close)
            .astype(np.int64)
            .astype("datetime64[D]")
            .astype("datetime64[us]"),
            "holdout": close > stop + 1,
            "actual": np.diff(counted, prepend=0),
            "expected": np.diff(total, prepend=0.0),
            "actual_total": counted,
            "expected_total": total,
        }
    )
