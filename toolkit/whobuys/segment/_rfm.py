"""Recency, frequency, monetary value: the table, the scores, the segments."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from importlib.resources import files
from typing import Any, Literal, TypeVar, get_args

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from whobuys.segment._band import check_edges
from whobuys.segment._behaviour import orders_of
from whobuys.segment._lines import (
    counted,
    first_few,
    numbers,
    read_as_of,
    read_lines,
    require_columns,
)
from whobuys.segment._rfm_sums import rfm_sums

MEASURES = {"recency": "recency_days", "frequency": "frequency", "monetary": "monetary"}
SCORES = {"recency": "r_score", "frequency": "f_score", "monetary": "m_score"}
T = TypeVar("T")
Ties = Literal["min", "average", "max", "first"]
TIES = get_args(Ties)

with (files("whobuys.segment") / "segment_map.csv").open(encoding="utf-8") as _file:
    SEGMENT_MAP: pd.DataFrame = pd.read_csv(_file)


def rfm_table(
    transactions: Any,
    *,
    as_of: object,
    customer: str = "customer_id",
    date: str = "date",
    amount: str = "amount",
    order: str | None = None,
    currency: str = "currency",
    monetary: Literal["total", "mean"] = "total",
) -> pd.DataFrame:
    """Sum up each customer's buying as recency, frequency and monetary value.

    Parameters
    ----------
    transactions : frame or path
        One row a line (or an order). A negative amount is a refund: it lowers the monetary value
        and is not a purchase. A zero amount is a purchase. A pandas, Polars (eager or lazy),
        Dask or PySpark frame, an Arrow table, a DuckDB relation, or the path of Parquet files (a
        file, a folder, a pattern).
    as_of : date-like
        The day the list is drawn; recency counts back from it. There is no default on purpose:
        counted from today, an old table makes everybody look cold, and the same code gives
        another answer tomorrow.
    customer, date, amount : str
        Column names.
    order : str, optional
        Column whose distinct values are the orders. By default "order_id" when there is such a
        column, else each purchase day is one order. Pass the date column to count days.
    currency : str
        Column that must hold one value only, where there is one.
    monetary : {"total", "mean"}
        All the customer paid, net of refunds; or that total per order.

    Returns
    -------
    DataFrame
        One row a customer who bought, sorted by customer: the customer (column named as in
        `customer`), ``recency_days`` (whole days from the last purchase to `as_of`), ``frequency``
        (number of orders) and ``monetary`` (in the currency of `amount`, rounded to 6 decimals so
        that equal sums are equal). ``attrs["left_out"]`` holds ``rows_without_customer``,
        ``share_without_customer`` and ``refund_only_customers``. It is a pandas frame, the same
        whatever was given; orders in another frame are summed by its own engine, and only the
        customers come back.

    Raises
    ------
    ValueError
        A column is missing, the table is empty, dates or amounts are missing or of the wrong
        kind, a date lies after `as_of`, currencies are mixed, or nobody bought.
    TypeError
        `transactions` is neither a table nor a path.

    Warns
    -----
    UserWarning
        Rows without a customer id, or customers with refunds only, were left out.

    Notes
    -----
    A day is the day on the clock of the column's time zone. Engines that store instants without a
    zone (DuckDB's TIMESTAMP WITH TIME ZONE, Spark's TIMESTAMP) show them in the zone of their
    session, and it is that day.

    Recency, frequency and monetary value come from direct mail; Cullinan (1977) is commonly
    credited. Bult and Wansbeek (1995), "Optimal selection for direct mail", Marketing Science 14,
    and Hughes (1994), *Strategic Database Marketing*, describe their use. Fader, Hardie and Lee
    (2005), "RFM and CLV: Using iso-value curves for customer base analysis", Journal of Marketing
    Research 42, show what the three say about lifetime value.

    Examples
    --------
    >>> import pandas as pd
    >>> lines = pd.DataFrame({
    ...     "customer_id": ["A", "A", "A", "B"],
    ...     "order_id": ["O1", "O1", "O2", "O3"],
    ...     "date": pd.to_datetime(["2026-05-01", "2026-05-01", "2026-06-20", "2026-01-31"]),
    ...     "amount": [20.0, 35.0, 12.0, 50.0],
    ... })
    >>> rfm_table(lines, as_of="2026-06-30")
      customer_id  recency_days  frequency  monetary
    0           A            10          2      67.0
    1           B           150          1      50.0
    """
    if monetary not in ("total", "mean"):
        raise ValueError(f'monetary must be "total" or "mean", not {monetary!r}.')
    if customer in MEASURES.values():
        raise ValueError(f'The customer column may not be named "{customer}". Rename it.')
    day = read_as_of(as_of)
    if not isinstance(transactions, pd.DataFrame):
        names = {"customer": customer, "date": date, "amount": amount}
        found = rfm_sums(
            transactions, names, order=order, currency=currency, as_of=day, stacklevel=2
        )
        return _table(customer, day, monetary, *found)
    lines = read_lines(
        transactions,
        customer=customer,
        date=date,
        amount=amount,
        order=order,
        currency=currency,
        as_of=day,
    )
    buyer = lines.is_buyer
    if not buyer.any():
        raise ValueError("Nobody bought: every amount is negative (a refund).")
    account = lines.warn(stacklevel=2)

    bought = lines.is_purchase
    last = pd.Series(lines.day[bought].astype(np.int64)).groupby(lines.code[bought]).max()
    frequency = orders_of(lines)[buyer]
    total = np.bincount(lines.code, weights=lines.amount, minlength=len(lines.ids))[buyer]
    return _table(
        customer, day, monetary, lines.ids[buyer], last.to_numpy(), frequency, total, account
    )


def rfm_score(
    rfm: pd.DataFrame,
    *,
    bins: int = 5,
    edges: Mapping[str, Sequence[float]] | None = None,
    weights: Mapping[str, float] | None = None,
    ties: Ties = "min",
) -> pd.DataFrame:
    """Score recency, frequency and monetary value from 1 (worst) to `bins` (best).

    Parameters
    ----------
    rfm : DataFrame
        One row a customer with ``recency_days``, ``frequency`` and ``monetary``, as `rfm_table`
        gives. Fewer days are better; more orders and more money are better.
    bins : int
        Number of scores, at least 2.
    edges : dict, optional
        Fixed cut points instead of equal groups, for the columns named: ``bins - 1`` ascending
        numbers for "recency_days" (or "recency"), "frequency", "monetary". Bands are half-open
        [a, b): a value equal to an edge belongs to the upper band. With
        ``"recency_days": [30, 90, 180, 365]`` 0 to 29 days score 5, 30 to 89 days score 4, and
        365 days or more score 1. Columns not named get equal groups.
    weights : dict, optional
        Weights of "recency", "frequency" and "monetary" in ``rfm_score``; none negative, not all
        zero; they need not add up to 1. By default equal.
    ties : {"min", "average", "max", "first"}
        Which rank equal values share: the lowest (default), the middle, the highest.
        "first" ranks equal values by row order, so equal customers get different scores and
        sorting the table changes them: it is here to show what goes wrong.

    Returns
    -------
    DataFrame
        `rfm` with ``r_score``, ``f_score``, ``m_score`` (integers), ``rfm_code`` (text such as
        "543"; with ten bins or more "10-4-3") and ``rfm_score`` (the weighted mean, 1 to `bins`).

    Raises
    ------
    ValueError
        A column of `rfm` is missing, `bins`, `edges`, `weights` or `ties` are not as described,
        a value is missing, or the table is empty.

    Notes
    -----
    Equal groups by rank: score = floor((rank - 1) · bins / n) + 1, rank 1 being the worst of n.
    With many equal values the groups cannot be equal: if half of the customers bought once, half
    of them score 1 in frequency. Scores by equal groups of ranks follow Hughes (1994), *Strategic
    Database Marketing*; he nests the groups (frequency within recency), here each is scored on its
    own.

    Examples
    --------
    >>> import pandas as pd
    >>> rfm = pd.DataFrame({
    ...     "customer_id": ["A", "B", "C", "D", "E"],
    ...     "recency_days": [3, 200, 40, 40, 90],
    ...     "frequency": [9, 1, 1, 4, 2],
    ...     "monetary": [410.0, 18.0, 25.0, 160.0, 75.0],
    ... })
    >>> rfm_score(rfm)[["customer_id", "r_score", "f_score", "m_score", "rfm_code", "rfm_score"]]
      customer_id  r_score  f_score  m_score rfm_code  rfm_score
    0           A        5        5        5      555   5.000000
    1           B        1        1        1      111   1.000000
    2           C        3        1        2      312   2.000000
    3           D        3        4        4      344   3.666667
    4           E        2        3        3      233   2.666667
    """
    require_columns(rfm, _same(MEASURES.values()), "rfm")
    if rfm.empty:
        raise ValueError("rfm has no rows, so there is nobody to score.")
    if isinstance(bins, bool) or not isinstance(bins, (int, np.integer)) or bins < 2:
        raise ValueError(f"bins must be a whole number of at least 2, not {bins!r}.")
    if ties not in TIES:
        raise ValueError(f"ties must be one of {', '.join(TIES)}, not {ties!r}.")
    cuts = _read_edges(edges, int(bins))
    weight = _read_weights(weights)

    result = rfm.copy()
    scores: dict[str, NDArray[np.int64]] = {}
    for name, column in MEASURES.items():
        values = numbers(rfm[column], name=column, table="rfm")
        goodness = -values if name == "recency" else values
        if name not in cuts:
            scores[name] = _equal_groups(goodness, int(bins), ties)
        else:
            band = np.searchsorted(cuts[name], values, side="right")
            scores[name] = bins - band if name == "recency" else band + 1
        result[SCORES[name]] = scores[name]
    between = "" if bins < 10 else "-"
    texts = [pd.Series(score).astype(str) for score in scores.values()]
    result["rfm_code"] = (texts[0] + between + texts[1] + between + texts[2]).to_numpy()
    weighted = sum(weight[name] * score for name, score in scores.items())
    result["rfm_score"] = weighted / math.fsum(weight.values())
    result.attrs["bins"] = int(bins)
    return result


def rfm_segment(scores: pd.DataFrame, segment_map: pd.DataFrame = SEGMENT_MAP) -> pd.DataFrame:
    """Name each customer's segment from the recency and frequency scores.

    Parameters
    ----------
    scores : DataFrame
        One row a customer with ``r_score`` and ``f_score``, as `rfm_score` gives.
    segment_map : DataFrame
        Rectangles on the grid of scores: ``segment``, ``r_min``, ``r_max``, ``f_min``, ``f_max``,
        both ends included. A segment may have several rows. Together they must hold every cell
        of the grid exactly once. The default, `SEGMENT_MAP`, is for five bins.

    Returns
    -------
    DataFrame
        `scores` with the column ``segment`` (text).

    Raises
    ------
    ValueError
        A column is missing, a cell of the grid is in no segment or in two, a score is not a whole
        number from 1, or the scores were made with another number of bins than the map's.

    Notes
    -----
    The names (champions, loyal, ... , lost) are trade practice with many variants and no single
    scientific source. The default map uses each cell once; monetary value plays no part in it.

    Examples
    --------
    >>> import pandas as pd
    >>> scores = pd.DataFrame({
    ...     "customer_id": ["A", "B", "C"], "r_score": [5, 1, 5], "f_score": [5, 5, 1]
    ... })
    >>> rfm_segment(scores)
      customer_id  r_score  f_score      segment
    0           A        5        5    champions
    1           B        1        5  cannot lose
    2           C        5        1          new
    """
    require_columns(scores, _same(["r_score", "f_score"]), "scores")
    recency, frequency = (_whole(scores[c], c, "scores") for c in ("r_score", "f_score"))
    top = max([*recency.tolist(), *frequency.tolist(), int(scores.attrs.get("bins", 0))], default=0)
    grid = _grid(segment_map, top)
    bins = scores.attrs.get("bins")
    if bins is not None and len(grid) - 1 != bins:
        raise ValueError(
            f"The scores have {bins} bins, but segment_map covers {len(grid) - 1}. "
            f"Score with bins={len(grid) - 1}, or give a map for {bins}."
        )
    result = scores.copy()
    result["segment"] = pd.Series(grid[recency, frequency], index=scores.index, dtype="str")
    return result


def _table(
    customer: str,
    day: pd.Timestamp,
    monetary: str,
    ids: pd.Index,
    last: NDArray[Any],
    frequency: NDArray[np.int64],
    total: NDArray[Any],
    account: dict[str, Any],
) -> pd.DataFrame:
    spent = total / frequency if monetary == "mean" else total
    result = pd.DataFrame(
        {
            customer: ids,
            "recency_days": np.datetime64(day, "D").astype(np.int64) - last,
            "frequency": frequency,
            "monetary": np.round(spent, 6) + 0.0,
        }
    )
    result.attrs["left_out"] = account
    return result


def _grid(segment_map: pd.DataFrame, top: int) -> NDArray[np.object_]:
    """Return the segment of every cell (index 0 unused), refusing gaps and overlaps."""
    bounds = ["r_min", "r_max", "f_min", "f_max"]
    require_columns(segment_map, _same(["segment", *bounds]), "segment_map")
    if segment_map.empty:
        raise ValueError("segment_map has no rows, so no customer has a segment.")
    low_r, high_r, low_f, high_f = (_whole(segment_map[c], c, "segment_map") for c in bounds)
    names = segment_map["segment"].tolist()
    top = max(top, int(high_r.max()), int(high_f.max()))
    held: dict[tuple[int, int], list[str]] = {
        (r, f): [] for r in range(1, top + 1) for f in range(1, top + 1)
    }
    for name, r0, r1, f0, f1 in zip(names, low_r, high_r, low_f, high_f, strict=True):
        if pd.isna(name) or not str(name).strip():
            raise ValueError("segment_map has a row without a segment name.")
        if r0 > r1 or f0 > f1:
            raise ValueError(f'segment_map: "{name}" has a minimum above its maximum.')
        for r in range(r0, r1 + 1):
            for f in range(f0, f1 + 1):
                held[r, f].append(str(name))
    wrong = []
    if gaps := [cell for cell, inside in held.items() if not inside]:
        wrong.append(f"in no segment: {first_few(gaps, 10)}")
    if twice := [
        f"{cell} ({' and '.join(inside)})" for cell, inside in held.items() if len(inside) > 1
    ]:
        wrong.append(f"in more than one segment: {first_few(twice, 10)}")
    if wrong:
        raise ValueError(
            f"segment_map must hold each cell (r, f) from (1, 1) to ({top}, {top}) exactly once; "
            f"{'; '.join(wrong)}."
        )
    grid = np.full((top + 1, top + 1), None, dtype=object)
    for (r, f), inside in held.items():
        grid[r, f] = inside[0]
    return grid


def _whole(values: pd.Series, name: str, table: str) -> NDArray[np.int64]:
    array = numbers(values, name=name, table=table)
    bad = (array < 1) | (array != np.floor(array))
    if bad.any():
        raise ValueError(
            f'Column "{name}" of {table} must hold whole numbers from 1; '
            f"{counted(int(bad.sum()), 'row')} of {len(array):,} "
            f"do not (for instance {array[bad][0]:g})."
        )
    return array.astype(np.int64)


def _equal_groups(goodness: NDArray[np.float64], bins: int, ties: Ties) -> NDArray[np.int64]:
    rank = pd.Series(goodness).rank(method=ties).to_numpy()
    return np.floor((rank - 1) * bins / len(goodness)).astype(np.int64) + 1


def _read_edges(
    edges: Mapping[str, Sequence[float]] | None, bins: int
) -> dict[str, NDArray[np.float64]]:
    cuts: dict[str, NDArray[np.float64]] = {}
    for key, values in _by_measure(edges, "edges").items():
        cut = check_edges(values, name=f'edges["{key}"]')
        if len(cut) != bins - 1:
            raise ValueError(
                f'edges["{key}"] has {counted(len(cut), "edge")}; {bins} bins need {bins - 1}.'
            )
        cuts[key] = cut.astype(np.float64)
    return cuts


def _read_weights(weights: Mapping[str, float] | None) -> dict[str, float]:
    if weights is None:
        return dict.fromkeys(MEASURES, 1.0)
    given = _by_measure(weights, "weights")
    if missing := [name for name in MEASURES if name not in given]:
        raise ValueError(f"weights lacks {', '.join(missing)}. Say 0 to leave one out.")
    for name, value in given.items():
        is_number = isinstance(value, (int, float, np.number)) and not isinstance(value, bool)
        if not is_number or not math.isfinite(value) or value < 0:
            raise ValueError(f'weights["{name}"] must be zero or more, not {value!r}.')
    if not any(given.values()):
        raise ValueError("weights are all zero. At least one must be above zero.")
    return {name: float(given[name]) for name in MEASURES}


def _by_measure(given: Mapping[str, T] | None, what: str) -> dict[str, T]:
    """Key by recency, frequency, monetary; a column name is taken too."""
    if given is None:
        return {}
    if not isinstance(given, Mapping):
        raise ValueError(f"{what} must be a dict with the keys {', '.join(MEASURES)}.")
    short = {column: name for name, column in MEASURES.items()} | {name: name for name in MEASURES}
    if unknown := [key for key in given if key not in short]:
        raise ValueError(
            f"{what} has the unknown key {', '.join(repr(key) for key in unknown)}; "
            f"the keys are {', '.join(MEASURES)}."
        )
    if len({short[key] for key in given}) < len(given):
        raise ValueError(f'{what} names recency twice, as "recency" and "recency_days".')
    return {short[key]: value for key, value in given.items()}


def _same(columns: Iterable[str]) -> dict[str, str]:
    return {column: column for column in columns}
