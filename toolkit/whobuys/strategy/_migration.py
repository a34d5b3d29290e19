"""Who moved from which segment to which, between two periods."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from whobuys.segment._lines import counted, first_few


def migration_matrix(
    before: pd.Series,
    after: pd.Series,
    *,
    order: Sequence[object] | None = None,
    new: str = "new",
    lost: str = "lost",
    shares: bool = False,
) -> pd.DataFrame:
    """Count the customers by their segment in a first and in a second period.

    Parameters
    ----------
    before, after : Series
        The segment of each customer in the first and in the second period, indexed by customer.
        Who is only in `after` is a new customer, who is only in `before` a lost one. A missing
        segment is the same as not being there.
    order : sequence, optional
        The segments in the order wanted, the best first. By default those of the categories of
        `before` and `after`, or else in sorted order.
    new, lost : str
        Names of the row of new and of the column of lost customers.
    shares : bool
        Return the shares of each row instead of counts: of those who were there, which share is now
        where. A row without customers has no shares (missing).

    Returns
    -------
    DataFrame
        One row a segment in the first period and a last one of `new` customers; one column a
        segment in the second period and a last one of `lost` customers. Nobody is both, so the last
        cell is 0. Without this cell the sum is the number of customers seen at all.

    Raises
    ------
    ValueError
        A customer stands in one of the two twice, a segment is called like `new` or `lost` or is
        not in `order`, or nobody has a segment.

    Notes
    -----
    The matrix of a first-order Markov chain (Styan and Smith, 1964, "Markov chains applied to
    marketing", Journal of Marketing Research 1(1)), with entry and exit kept as states of their
    own. Two warnings. Cut-offs that are drawn anew in each period (quintiles, clusters) move
    customers who changed nothing: use the rule of the first period in both. And who is in the best
    segment is there partly by luck, so some fall back whatever is done.

    Examples
    --------
    >>> import pandas as pd
    >>> then = pd.Series({"C1": "A", "C2": "A", "C3": "B", "C4": "B"})
    >>> now = pd.Series({"C1": "A", "C2": "B", "C3": "B", "C5": "B"})
    >>> migration_matrix(then, now)
    to    A  B  lost
    from
    A     1  1     0
    B     0  1     1
    new   0  1     0
    >>> migration_matrix(then, now, shares=True).loc["A"].tolist()
    [0.5, 0.5, 0.0]
    """
    pair = {"before": _segments(before, "before"), "after": _segments(after, "after")}
    found = set(pair["before"]) | set(pair["after"])
    if not found:
        raise ValueError("Nobody has a segment in before or in after, so nobody can move.")
    taken = [name for name in (new, lost) if name in found]
    if taken:
        raise ValueError(
            f'A segment is called "{taken[0]}", the name kept for customers who are '
            f"{'new' if taken[0] == new else 'lost'}. Rename the segment, or choose another name "
            f"with {'new' if taken[0] == new else 'lost'}=."
        )
    if new == lost:
        raise ValueError(f'new and lost must have different names, not both "{new}".')
    names = _order(before, after, found, order)
    both = pd.concat(pair, axis=1)
    place = {name: i for i, name in enumerate(names)}
    last = len(names)
    rows = np.array([place.get(name, last) for name in both["before"]])
    columns = np.array([place.get(name, last) for name in both["after"]])
    counts = np.zeros((last + 1, last + 1), dtype=np.int64)
    np.add.at(counts, (rows, columns), 1)
    matrix = pd.DataFrame(
        counts,
        index=pd.Index([*names, new], name="from", dtype=object),
        columns=pd.Index([*names, lost], name="to", dtype=object),
    )
    return migration_shares(matrix) if shares else matrix


def migration_shares(matrix: pd.DataFrame) -> pd.DataFrame:
    """Turn the counts of a migration matrix into the shares of each row.

    Parameters
    ----------
    matrix : DataFrame
        Counts, from `migration_matrix`.

    Returns
    -------
    DataFrame
        Each row adds up to 1; a row without customers is missing.

    Raises
    ------
    ValueError
        A count is below 0 or missing.

    Examples
    --------
    >>> import pandas as pd
    >>> migration_shares(pd.DataFrame({"A": [3, 0], "lost": [1, 0]}, index=["A", "new"]))
            A  lost
    A    0.75  0.25
    new   NaN   NaN
    """
    counts = _counts(matrix)
    total = counts.sum(axis=1, keepdims=True)
    with np.errstate(invalid="ignore"):
        return pd.DataFrame(
            np.where(total > 0, counts / total, np.nan), matrix.index, matrix.columns
        )


def migration_flows(matrix: pd.DataFrame) -> pd.DataFrame:
    """List the flows of a migration matrix, a row each, the data of a flow chart.

    Parameters
    ----------
    matrix : DataFrame
        Counts, from `migration_matrix`: the segments in the same order in rows and columns, the
        best first, then the new row and the lost column.

    Returns
    -------
    DataFrame
        One row a flow that is not empty, the largest first: ``from``, ``to``, ``customers``,
        ``share_of_from`` and ``share_of_to``, and ``kind``: "stayed", "up", "down", "new" or
        "lost". Up and down mean along the order of the matrix.

    Raises
    ------
    ValueError
        Rows and columns do not hold the same segments in the same order.

    Examples
    --------
    >>> import pandas as pd
    >>> then, now = pd.Series({"C1": "A", "C2": "B", "C3": "B"}), pd.Series({"C1": "A", "C2": "A"})
    >>> migration_flows(migration_matrix(then, now))[["from", "to", "customers", "kind"]]
      from    to  customers    kind
    0    A     A          1  stayed
    1    B     A          1      up
    2    B  lost          1    lost
    """
    counts = _square(matrix)
    last = len(matrix) - 1
    into, out = counts.sum(axis=0), counts.sum(axis=1)
    rows = []
    for i, j in zip(*np.nonzero(counts), strict=True):
        kind = "stayed" if i == j else "up" if j < i else "down"
        kind = "new" if i == last else "lost" if j == last else kind
        count = int(counts[i, j])
        rows.append(
            (matrix.index[i], matrix.columns[j], count, count / out[i], count / into[j], kind)
        )
    table = pd.DataFrame(
        rows, columns=["from", "to", "customers", "share_of_from", "share_of_to", "kind"]
    )
    return table.sort_values("customers", ascending=False, kind="stable", ignore_index=True)


def migration_summary(matrix: pd.DataFrame) -> pd.DataFrame:
    """Say for each segment how many stayed, rose, fell and were lost, and how its size changed.

    Parameters
    ----------
    matrix : DataFrame
        Counts, from `migration_matrix`, the segments in order, the best first.

    Returns
    -------
    DataFrame
        Indexed by ``segment``, with a last row "all": ``before``, ``stayed``, ``up``, ``down``,
        ``lost`` (these four add up to ``before``), ``came`` (from other segments), ``new``,
        ``after`` (stayed + came + new), ``stay_share`` and ``lost_share`` of ``before``.

    Raises
    ------
    ValueError
        Rows and columns do not hold the same segments in the same order.

    Notes
    -----
    A segment may keep its size while hardly anybody stays in it: read ``stay_share`` beside
    ``before`` and ``after``.

    Examples
    --------
    >>> import pandas as pd
    >>> then = pd.Series({"C1": "A", "C2": "B", "C3": "B"})
    >>> now = pd.Series({"C1": "B", "C2": "A", "C4": "B"})
    >>> migration_summary(migration_matrix(then, now)).iloc[:, :8]
             before  stayed  up  down  lost  came  new  after
    segment
    A             1       0   0     1     0     1    0      1
    B             2       0   1     0     1     1    1      2
    all           3       0   1     1     1     2    1      3
    """
    counts = _square(matrix)
    inner = counts[:-1, :-1]
    before, stayed = counts[:-1].sum(axis=1), np.diag(inner)
    up, down = np.tril(inner, -1).sum(axis=1), np.triu(inner, 1).sum(axis=1)
    came = inner.sum(axis=0) - stayed
    table = pd.DataFrame(
        {
            "before": before,
            "stayed": stayed,
            "up": up,
            "down": down,
            "lost": counts[:-1, -1],
            "came": came,
            "new": counts[-1, :-1],
            "after": counts[:, :-1].sum(axis=0),
        },
        index=pd.Index(matrix.index[:-1], name="segment"),
    )
    table.loc["all"] = table.sum()
    for name in ("stay", "lost"):
        part = table["stayed" if name == "stay" else "lost"].to_numpy(float)
        whole = table["before"].to_numpy(float)
        table[f"{name}_share"] = np.divide(
            part, whole, out=np.full(len(part), np.nan), where=whole > 0
        )
    return table


def _segments(given: pd.Series, name: str) -> pd.Series:
    if not isinstance(given, pd.Series):
        raise ValueError(
            f"{name} must be a Series of segments indexed by customer, not {type(given).__name__}: "
            f'{name}=table.set_index("customer_id")["segment"].'
        )
    known = given.astype(object)[given.notna().to_numpy()]
    again = known.index[known.index.duplicated()].unique()
    if len(again):
        raise ValueError(
            f"{name} names {counted(len(again), 'customer')} more than once ({first_few(again)}). "
            "Keep one segment a customer."
        )
    if known.index.hasnans:
        raise ValueError(f"A customer id of {name} is missing. Drop such rows first.")
    return known


def _order(
    before: pd.Series, after: pd.Series, found: set[Any], order: Sequence[object] | None
) -> list[Any]:
    if order is not None:
        names = list(order)
        if len(set(names)) < len(names):
            raise ValueError("order names a segment twice.")
        unknown = sorted(found - set(names), key=str)
        if unknown:
            raise ValueError(f"order lacks the segments {first_few(unknown)}. Add them.")
        return names
    names = []
    for side in (before, after):
        if isinstance(side.dtype, pd.CategoricalDtype):
            names += [name for name in side.cat.categories if name not in names]
    rest = found - set(names)
    try:
        return names + sorted(rest)
    except TypeError:
        return names + sorted(rest, key=lambda name: (str(type(name)), str(name)))


def _counts(matrix: pd.DataFrame) -> np.ndarray:
    counts = matrix.to_numpy(dtype=float)
    if not (counts >= 0).all():
        raise ValueError("A migration matrix holds counts of 0 or more, and none is missing.")
    return counts


def _square(matrix: pd.DataFrame) -> np.ndarray:
    counts = _counts(matrix)
    if counts.shape[0] != counts.shape[1] or list(matrix.index[:-1]) != list(matrix.columns[:-1]):
        raise ValueError(
            "Rows and columns of the matrix must hold the same segments in the same order, then "
            "the new customers' row and the lost customers' column, as migration_matrix gives them."
        )
    if (counts != np.round(counts)).any():
        raise ValueError("This needs the counts, not the shares: migration_matrix(before, after).")
    return counts.astype(np.int64)
