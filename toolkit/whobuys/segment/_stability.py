"""Stability: would other data of the same kind give the same segments."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from whobuys.segment._features import matrix
from whobuys.segment._find import check_k, numbering
from whobuys.segment._lloyd import Sample, assign, rand_index, starts
from whobuys.segment._progress import Progress, Report

Floats = NDArray[np.float64]
Whole = NDArray[np.int64]

KS = range(2, 11)
RESTARTS = 3


def stability(
    X: pd.DataFrame,
    ks: Iterable[int] = KS,
    pairs: int = 20,
    *,
    seed: int = 0,
    n_init: int = RESTARTS,
    progress: bool | Report | None = None,
) -> pd.DataFrame:
    """Measure for each k how well two k-means of the same customers agree: global stability.

    Draw two bootstrap samples, find k segments in each, put **all** customers into the segments of
    both, and compare. Where the two agree for most pairs of samples, the segments are in the data;
    where they do not, they were made by this sample.

    Parameters
    ----------
    X : DataFrame
        One row a customer, number columns on one scale.
    ks : iterable of int
        Numbers of segments to try, each 2 or more.
    pairs : int
        Number of pairs of samples. The same samples serve every k.
    seed : int
        For the samples and the starts.
    n_init : int
        Starts of each k-means; the best is kept.
    progress : bool or callable, optional
        True says on standard error how long it will take and how far it is, False is silent, None
        speaks when it will take more than five seconds. A callable gets the pairs done, all pairs,
        and the seconds left.

    Returns
    -------
    DataFrame
        One row a pair, one column a k: the adjusted Rand index, 1 for full agreement, 0 for chance.

    Raises
    ------
    ValueError
        X is not as it must be, or a k does not fit its rows.

    Notes
    -----
    Dolnicar and Leisch (2010). Adjusted Rand index: Hubert and Arabie (1985). The k-means are
    those of scikit-learn, the same steps from the same starts; a sample is kept as weights, and
    takes a third to a half of the time of a loop over ``KMeans``.

    Examples
    --------
    >>> draw = np.random.default_rng(0)
    >>> X = pd.DataFrame(draw.normal(size=(300, 2)), columns=["orders", "clicks"])
    >>> X["orders"] += 8 * (X.index % 2)
    >>> stability(X, ks=[2, 3], pairs=5).mean().round(1).to_dict()
    {2: 1.0, 3: 0.7}
    """
    points, ks, pairs = _checked(X, ks, pairs)
    found = {k: np.empty(pairs) for k in ks}
    whole = Sample(points, np.ones(len(points)), max(ks))
    bar = Progress(f"Stability of {len(ks)} solutions, {pairs} pairs of samples", pairs, progress)
    for pair, draw in enumerate(_streams(seed, pairs)):
        first, second = (_refit(points, whole, ks, n_init, draw) for _ in range(2))
        for k in ks:
            found[k][pair] = rand_index(first[k], second[k])
        bar.step()
    index = pd.RangeIndex(1, pairs + 1, name="pair")
    return pd.DataFrame(found, index=index).rename_axis(columns="k")


def segment_stability_within(
    X: pd.DataFrame,
    labels: Any,
    samples: int = 40,
    *,
    seed: int = 0,
    n_init: int = RESTARTS,
    progress: bool | Report | None = None,
) -> pd.DataFrame:
    """Measure for each segment how well it is found again: segment level stability within (SLSw).

    Draw a bootstrap sample, find as many segments in it as there are, put all customers into them,
    and see which of them is most like the segment at hand. A solution may be shaky and still hold
    one segment that always comes back.

    Parameters
    ----------
    X : DataFrame
        One row a customer, number columns on one scale.
    labels : Series, Segments or sequence
        The segment of each row of X.
    samples : int
        Number of bootstrap samples.
    seed, n_init, progress
        As in `stability`.

    Returns
    -------
    DataFrame
        One row a sample, one column a segment: the highest Jaccard index (customers in both, as a
        share of those in either), 1 when the segment came back whole.

    Raises
    ------
    ValueError
        X or labels are not as they must be.

    Notes
    -----
    Dolnicar and Leisch (2017); Dolnicar, Grün and Leisch (2018), section 7.5. The same idea, of
    the members of the samples, in Hennig (2007).

    Examples
    --------
    >>> draw = np.random.default_rng(0)
    >>> X = pd.DataFrame(draw.normal(size=(300, 2)), columns=["orders", "clicks"])
    >>> X["orders"] += 9 * (X.index % 3 == 0)
    >>> labels = np.where(X["orders"] > 4.5, "busy", np.where(X["clicks"] > 0, "left", "right"))
    >>> found = segment_stability_within(X, labels, samples=8)
    >>> float(found["busy"].min())
    1.0
    """
    own, names = _partition(labels, X)
    points, (k,), samples = _checked(X, [max(len(names), 2)], samples)
    if len(names) < 2:
        raise ValueError("labels has one segment only; it would always be found again.")
    found = np.empty((samples, k))
    whole = Sample(points, np.ones(len(points)), k)
    bar = Progress(f"Stability of {k} segments, {samples} samples", samples, progress)
    for row, draw in enumerate(_streams(seed, samples)):
        other = _refit(points, whole, [k], n_init, draw)[k]
        found[row] = best_jaccard(own, other)
        bar.step()
    return pd.DataFrame(
        found,
        index=pd.RangeIndex(1, samples + 1, name="sample"),
        columns=pd.Index(names, name="segment"),
    )


def segment_stability_across(
    X: pd.DataFrame | dict[int, Any],
    ks: Iterable[int] = range(2, 9),
    *,
    seed: int = 0,
    n_init: int = 10,
) -> pd.DataFrame:
    """Measure where each segment comes from when k grows: segment level stability across (SLSa).

    A segment whose members all stood together in the solution with one segment fewer has 1; one
    that is put together from all of them in equal parts has 0.

    Parameters
    ----------
    X : DataFrame or dict
        One row a customer, number columns on one scale; or solutions at hand, labels by k.
    ks : iterable of int
        Numbers of segments, following one another.
    seed, n_init
        For the k-means of each k.

    Returns
    -------
    DataFrame
        One row a segment of each k but the first: ``k``, ``segment`` (by size, the largest is 1),
        ``customers``, ``stability``, ``parent`` (the segment of the solution before that most of
        them come from), ``parent_share`` (their share), and ``flows``, the shares from each.

    Raises
    ------
    ValueError
        X is not as it must be, or the ks do not follow one another.

    Notes
    -----
    1 − H / log(k − 1), where H is the entropy of the shares from the segments before (Dolnicar
    and Leisch, 2017). With one segment before, all come from it: 1.

    Examples
    --------
    >>> labels = {2: [1, 1, 1, 2, 2, 2], 3: [1, 1, 3, 3, 2, 2]}
    >>> segment_stability_across(labels)[["k", "segment", "stability"]].values.tolist()
    [[3.0, 1.0, 1.0], [3.0, 2.0, 1.0], [3.0, 3.0, 0.0]]
    """
    if isinstance(X, dict):
        solutions = {k: _codes(labels) for k, labels in sorted(X.items())}
    else:
        solutions = _solutions(X, ks, seed, n_init)
    order = list(solutions)
    if len(order) < 2 or order != list(range(order[0], order[-1] + 1)):
        raise ValueError(f"ks must follow one another, such as 2, 3, 4; they are {order}.")
    rows = []
    for k in order[1:]:
        before, now = solutions[k - 1], solutions[k]
        shares = crossed(now, before)
        shares = shares / shares.sum(axis=1, keepdims=True)
        value = across(shares)
        for segment, share in enumerate(shares):
            parent = int(share.argmax())
            rows.append(
                {
                    "k": k,
                    "segment": segment + 1,
                    "customers": int((now == segment).sum()),
                    "stability": value[segment],
                    "parent": parent + 1,
                    "parent_share": share[parent],
                    "flows": tuple(share.tolist()),
                }
            )
    return pd.DataFrame(rows)


@dataclass(frozen=True, eq=False, repr=False)
class Agreement:
    """How two groupings of the same customers agree.

    Attributes
    ----------
    ari : float
        Adjusted Rand index: 1 is the same grouping, 0 is what chance would give.
    table : DataFrame
        Customers in each pair of segments: rows of the first, columns of the second, the columns
        put in the order in which they match the rows.
    matches : dict
        The segment of the second that each of the first is matched with, where there is one.
    share : float
        Share of the customers whose two segments are matched.
    """

    ari: float
    table: pd.DataFrame
    matches: dict[Any, Any]
    share: float

    def __repr__(self) -> str:
        return f"<adjusted Rand index {self.ari:.2f}, {self.share:.0%} in matched segments>"


def compare_segments(a: Any, b: Any) -> Agreement:
    """Compare two groupings of the same customers, whatever their segments are called.

    Parameters
    ----------
    a, b : Series, Segments or sequence
        The segment of each customer. Two Series are matched on their index; other sequences must
        have the same order.

    Returns
    -------
    Agreement
        ``ari``, ``table`` with matched segments on the diagonal, ``matches``, ``share``.

    Raises
    ------
    ValueError
        The two do not speak of the same customers, or a label is missing.

    Notes
    -----
    Hubert and Arabie (1985). Matching: the pairs that hold most customers together (Kuhn, 1955).

    Examples
    --------
    >>> both = compare_segments([1, 1, 2, 2, 3], ["x", "x", "y", "y", "y"])
    >>> round(both.ari, 2), both.matches
    (0.55, {1: 'x', 2: 'y'})
    >>> both.table
    second  x  y
    first
    1       2  0
    2       0  2
    3       0  1
    """
    from scipy.optimize import linear_sum_assignment

    a, b = (getattr(each, "labels", each) for each in (a, b))
    if isinstance(a, pd.Series) and isinstance(b, pd.Series):
        if (
            a.index.has_duplicates
            or b.index.has_duplicates
            or len(a.index.symmetric_difference(b.index))
        ):
            both = len(a.index.intersection(b.index))
            raise ValueError(
                f"a has {len(a):,} customers and b {len(b):,}; {both:,} are in both. Compare the "
                "groupings of the same customers, each once: keep those in both."
            )
        b = b.loc[a.index]
    elif len(a) != len(b):
        raise ValueError(f"a has {len(a):,} labels and b {len(b):,}; they must be as many.")
    (first, rows), (second, columns) = _label_codes(a, "a"), _label_codes(b, "b")
    counts = crossed(first, second)
    mine, theirs = linear_sum_assignment(-counts)
    used = list(theirs)
    order = used + [j for j in range(len(columns)) if j not in used]
    table = pd.DataFrame(
        counts[:, order],
        index=pd.Index(rows, name="first"),
        columns=pd.Index([columns[j] for j in order], name="second"),
    )
    return Agreement(
        ari=rand_index(first, second),
        table=table,
        matches={rows[i]: columns[j] for i, j in zip(mine, theirs, strict=True)},
        share=float(counts[mine, theirs].sum() / len(first)),
    )


def crossed(a: Whole, b: Whole) -> Whole:
    """Count the rows in each pair of labels, both counted from 0."""
    wide = int(b.max()) + 1
    cells = np.bincount(a * wide + b, minlength=(int(a.max()) + 1) * wide)
    return np.asarray(cells.reshape(-1, wide), dtype=np.int64)


def best_jaccard(own: Whole, other: Whole) -> Floats:
    """Return for each own segment its highest Jaccard index with any other segment."""
    both = crossed(own, other)
    either = both.sum(axis=1, keepdims=True) + both.sum(axis=0) - both
    return np.asarray((both / np.maximum(either, 1)).max(axis=1))


def across(shares: Floats) -> Floats:
    """Return 1 less the entropy of each row of shares, as a share of the highest there can be."""
    many = shares.shape[1]
    if many == 1:
        return np.ones(len(shares))
    logs = np.log(np.where(shares > 0, shares, 1.0))
    return np.asarray(1 + (shares * logs).sum(axis=1) / np.log(many))


def _checked(X: pd.DataFrame, ks: Iterable[int], count: int) -> tuple[Floats, list[int], int]:
    values = matrix(X)
    ks = sorted(set(ks))
    if not ks:
        raise ValueError("ks is empty. Name the numbers of segments to try, such as range(2, 9).")
    for k in ks:
        check_k(k, len(values))
    if ks[0] < 2:
        raise ValueError("Two samples always agree on one segment; let ks start at 2.")
    if not isinstance(count, int | np.integer) or count < 1:
        raise ValueError(f"The number of samples must be a whole number from 1, not {count!r}.")
    different = len(np.unique(values, axis=0)) if len(values) < 50 * ks[-1] else ks[-1]
    if different < ks[-1]:
        raise ValueError(
            f"X has only {different} different rows; it cannot be split into {ks[-1]} segments."
        )
    return values - values.mean(axis=0), ks, int(count)


def _streams(seed: int, count: int) -> list[np.random.Generator]:
    """Return one random stream a repetition: repetition 7 is the same however many there are."""
    return [np.random.default_rng(each) for each in np.random.SeedSequence(seed).spawn(count)]


def bootstrap_weights(size: int, draw: np.random.Generator) -> Floats:
    """Draw a bootstrap sample of as many rows as there are: how often each is in it."""
    return np.bincount(draw.integers(0, size, size), minlength=size).astype(np.float64)


def _refit(
    points: Floats, whole: Sample, ks: Sequence[int], n_init: int, draw: np.random.Generator
) -> dict[int, Whole]:
    """Find k segments in one bootstrap sample, for each k, and put all rows into them."""
    sample = Sample(points, bootstrap_weights(len(points), draw), max(ks))
    first = starts(sample, ks, n_init, draw)
    return {k: assign(whole, sample.fit(k, first[k])) for k in ks}


def _solutions(X: pd.DataFrame, ks: Iterable[int], seed: int, n_init: int) -> dict[int, Whole]:
    values = matrix(X)
    ks = sorted(set(ks))
    for k in ks:
        check_k(k, len(values))
    whole = Sample(values - values.mean(axis=0), np.ones(len(values)), max(ks, default=1))
    draw = np.random.default_rng(seed)
    first = starts(whole, ks, n_init, draw)
    found = {k: assign(whole, whole.fit(k, first[k])) for k in ks}
    return {k: numbering(labels)[labels] for k, labels in found.items()}


def _codes(labels: Any) -> Whole:
    return _label_codes(getattr(labels, "labels", labels), "labels")[0]


def _label_codes(labels: Any, name: str) -> tuple[Whole, list[Any]]:
    """Return labels as numbers from 0 in sorted order, and the labels."""
    series = pd.Series(labels)
    if series.isna().any():
        raise ValueError(
            f"{name} has no label for {int(series.isna().sum()):,} of {len(series):,} customers."
        )
    if series.empty:
        raise ValueError(f"{name} is empty.")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # pandas warns of labels that cannot be sorted
        codes, found = pd.factorize(series, sort=True)
    return codes.astype(np.int64), list(found)


def _partition(labels: Any, X: pd.DataFrame) -> tuple[Whole, list[Any]]:
    labels = getattr(labels, "labels", labels)
    if isinstance(labels, pd.Series) and not labels.index.equals(X.index):
        if len(labels.index.symmetric_difference(X.index)):
            raise ValueError("labels and X do not speak of the same customers: other index.")
        labels = labels.loc[X.index]
    if len(labels) != len(X):
        raise ValueError(f"labels has {len(labels):,} rows, X has {len(X):,}.")
    return _label_codes(labels, "labels")
