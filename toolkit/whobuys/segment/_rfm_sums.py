"""Recency, frequency and monetary value summed by the engine the orders live in."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from whobuys.segment._frames import customers_of, days_of, one_currency, open_orders, whole
from whobuys.segment._lines import warn_left_out


def rfm_sums(
    frame: Any,
    names: dict[str, str],
    *,
    order: str | None,
    currency: str,
    as_of: pd.Timestamp,
    stacklevel: int,
) -> tuple[pd.Index, NDArray[np.int64], NDArray[np.int64], NDArray[np.float64], dict[str, Any]]:
    """Return buyers in order, day of the last purchase, orders, what was paid, what was left out.

    Parameters
    ----------
    frame : frame or path
        Orders, not a pandas frame.
    names : dict
        Columns of "customer", "date" and "amount".
    order, currency, as_of
        As in `rfm_table`.
    stacklevel : int
        Of the warning, as seen from the caller.
    """
    import narwhals as nw

    def by_customer(lines: Any) -> Any:
        basket = "order" if "order" in lines.collect_schema().names() else "day"
        bought = nw.col("paid") >= 0
        lines = lines.select(
            "id",
            "paid",
            "fault",
            basket=nw.col(basket),
            bought=bought.cast(nw.Int64),
            last=nw.when(bought).then(nw.col("day")),
        )
        baskets = lines.group_by("id", "basket").agg(
            nw.len().alias("rows"),
            nw.col("bought", "last", "fault").max(),
            nw.col("paid").sum(),
        )
        return baskets.group_by("id").agg(
            nw.col("rows", "bought", "paid").sum(), nw.col("last", "fault").max()
        )

    with open_orders(frame, order=order, currency=currency, as_of=as_of, **names) as orders:
        one_currency(orders)
        kept, ids, account, rows = customers_of(orders, orders.sum(by_customer))
    buyer = kept["bought"].to_numpy() > 0
    if not buyer.any():
        raise ValueError("Nobody bought: every amount is negative (a refund).")
    warn_left_out(account, rows, stacklevel=stacklevel + 1)
    found = kept.loc[buyer]
    return (
        ids[buyer],
        days_of(found["last"]),
        whole(found["bought"]),
        found["paid"].to_numpy(dtype=np.float64),
        account,
    )
