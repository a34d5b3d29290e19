"""Purchases of each customer summed by the engine the orders live in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from whobuys.segment._frames import (
    NEVER,
    customers_of,
    days_of,
    one_currency,
    open_orders,
    whole,
)
from whobuys.segment._lines import warn_left_out


@dataclass(frozen=True)
class Visits:
    """Purchases up to a day, row ``i`` of every array the same customer; days since 1970.

    ``later`` is what was paid for all purchases but the first; ``earliest`` the day of the first
    line of all.
    """

    ids: pd.Index
    count: NDArray[np.int64]
    first: NDArray[np.int64]
    last: NDArray[np.int64]
    later: NDArray[np.float64]
    lines_after: int
    earliest: int


def visit_sums(
    frame: Any,
    names: dict[str, str],
    *,
    order: str,
    currency: str,
    stop: int,
    stacklevel: int,
) -> tuple[Visits, dict[str, Any]]:
    """Return the purchases of each customer up to day `stop`, and what was left out.

    Parameters
    ----------
    frame : frame or path
        Orders, not a pandas frame.
    names : dict
        Columns of "customer", "date" and "amount".
    order : str
        Column whose values on a day are purchases of their own, or that of the date.
    currency : str
        Column that must hold one value, where there is one.
    stop : int
        Days since 1970.
    stacklevel : int
        Of the warning, as seen from the caller.
    """
    import narwhals as nw

    end = np.datetime64(stop, "D").item()

    def by_customer(lines: Any) -> Any:
        by_order = "order" in lines.collect_schema().names()
        bought, late = nw.col("paid") >= 0, nw.col("day") > nw.lit(end)
        counted = bought & ~late
        columns: dict[str, Any] = {
            "visit": nw.when(counted).then(nw.col("day")).otherwise(nw.lit(NEVER)),
            "spent": nw.when(counted).then(nw.col("paid")).otherwise(nw.lit(0.0)),
            "bought": bought.cast(nw.Int64),
            "late": late.cast(nw.Int64),
        }
        lines = lines.with_columns(**columns)
        sums = [nw.col("spent", "bought", "late").sum(), nw.col("fault").max()]
        sums += [nw.col("day").min()]
        if by_order:
            lines = lines.group_by("id", "visit", "order").agg(nw.len().alias("rows"), *sums)
            visits = lines.group_by("id", "visit").agg(
                nw.col("rows").sum(), *sums, nw.len().alias("many")
            )
        else:
            visits = lines.group_by("id", "visit").agg(nw.len().alias("rows"), *sums)
            visits = visits.with_columns(many=nw.lit(1))
        real = nw.col("visit") < nw.lit(NEVER)
        visits = visits.with_columns(many=nw.col("many").cast(nw.Int64)).with_columns(
            opening=nw.col("spent") / nw.col("many"),
            many=nw.when(real).then(nw.col("many")).otherwise(nw.lit(0)),
            last=nw.when(real).then(nw.col("visit")),
        )
        result = [
            nw.col("rows", "spent", "bought", "late", "many").sum(),
            nw.col("visit", "day").min(),
            nw.col("fault", "last").max(),
        ]
        if lines.implementation.name in ("POLARS", "DUCKDB"):
            first = nw.col("opening").first(order_by="visit")
            return visits.group_by("id").agg(*result, first.alias("opening"))
        begin = visits.group_by("id").agg(nw.col("visit").min().alias("begin"))
        opening = nw.when(nw.col("visit") == nw.col("begin")).then(nw.col("opening"))
        visits = visits.join(begin, on="id", how="left")
        visits = visits.with_columns(opening=opening.otherwise(nw.lit(0.0)))
        return visits.group_by("id").agg(*result, nw.col("opening").sum())

    with open_orders(frame, order=order, currency=currency, as_of=None, **names) as orders:
        one_currency(orders)
        kept, ids, account, rows = customers_of(orders, orders.sum(by_customer))
    warn_left_out(account, rows, stacklevel=stacklevel + 1)
    buyer = kept["many"].to_numpy() > 0
    found = kept.loc[buyer]
    later = (found["spent"] - found["opening"]).to_numpy(dtype=np.float64)
    visits = Visits(
        ids=ids[buyer],
        count=whole(found["many"]),
        first=days_of(found["visit"]),
        last=days_of(found["last"]),
        later=later,
        lines_after=int(kept["late"].sum()),
        earliest=int(days_of(kept["day"]).min()),
    )
    return visits, account
