"""Find segments that nobody has named yet: k-means, hierarchical, or mixed kinds of columns."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from whobuys.segment._features import matrix

Floats = NDArray[np.float64]
Whole = NDArray[np.int64]
Method = Literal["kmeans", "hierarchical", "mixed"]

MOST_FOR_PAIRS = {"hierarchical": 20_000, "mixed": 8_000}
"""These methods compare every pair of rows, so memory grows with the square of their number."""


@dataclass(frozen=True, eq=False, repr=False)
class Segments:
    """Segments that were found in a table of features.

    Attributes
    ----------
    labels : Series
        The segment of each row, 1 to k; 1 is the largest. Index as in the features.
    centres : DataFrame
        One row a segment: the mean of its members (in the units given), or with "mixed" the member
        in the middle (medoid).
    k : int
        Number of segments.
    method : str
        How they were found.
    inertia : float
        Sum of squared distances to the own centre; with "mixed" the sum of Gower distances to the
        own medoid.
    tree : array of shape (n - 1, 4) or None
        With "hierarchical": the merges, as ``scipy.cluster.hierarchy.linkage`` gives them.
    model : object
        The fitted scikit-learn estimator, with "kmeans"; None otherwise.
    """

    labels: pd.Series
    centres: pd.DataFrame
    k: int
    method: str
    inertia: float
    tree: Floats | None = None
    model: Any = None
    _ranges: Floats = field(default_factory=lambda: np.empty(0))

    @property
    def sizes(self) -> pd.Series:
        """Number of members of each segment."""
        return self.labels.value_counts().sort_index().rename("customers")

    def predict(self, X: pd.DataFrame) -> pd.Series:
        """Put other customers into these segments: the one with the nearest centre.

        Parameters
        ----------
        X : DataFrame
            The same columns, scaled in the same way.

        Returns
        -------
        Series
            The segment of each row.

        Raises
        ------
        ValueError
            A column is missing, or values are.

        Notes
        -----
        With "hierarchical" this is a rule of its own: a customer who helped to make the tree may
        have another segment nearest.
        """
        lacking = [str(name) for name in self.centres.columns if name not in X.columns]
        if lacking:
            raise ValueError(
                f"X has no column {', '.join(lacking)}. These segments were found with: "
                f"{', '.join(map(str, self.centres.columns))}."
            )
        X = X[list(self.centres.columns)]
        if self.method == "mixed":
            both = pd.concat([self.centres, X])
            far = _gower(both, self._ranges, range(self.k))[:, self.k :].T
        else:
            far = _squares(matrix(X), self.centres.to_numpy(float))
        return pd.Series(far.argmin(axis=1) + 1, index=X.index, name="segment")

    def __repr__(self) -> str:
        sizes = ", ".join(f"{size:,}" for size in self.sizes)
        return f"<{self.k} segments by {self.method}: {sizes} customers>"


def find_segments(
    X: pd.DataFrame, k: int, method: Method = "kmeans", *, seed: int = 0, n_init: int = 10
) -> Segments:
    """Find k segments of customers who are alike in their features.

    Parameters
    ----------
    X : DataFrame
        One row a customer; ids belong in the index. Number columns, already on one scale
        (`scale_features`); with "mixed" text, category and true/false columns too, unscaled.
    k : int
        How many segments, at least 2 (1 is allowed, for comparisons).
    method : {"kmeans", "hierarchical", "mixed"}
        "kmeans": round segments about their means. "hierarchical": merge the two groups whose
        union costs least, again and again (Ward), and cut the tree at k. "mixed": Gower distances,
        which know numbers and names, and medoids.
    seed : int
        For the starts of k-means. The other two methods do not use chance.
    n_init : int
        Number of starts of k-means; the best is kept.

    Returns
    -------
    Segments
        ``labels``, ``centres``, ``sizes``, ``inertia``, ``tree``, and ``predict`` for others.
        Segments are numbered by size, the largest first (equal sizes: by the first row in them),
        so the numbers do not depend on chance.

    Raises
    ------
    ValueError
        A column holds no numbers, values are missing, `k` does not fit the rows, or there are too
        many rows for a method that compares every pair.

    Notes
    -----
    K-means: Lloyd (1982), with the starts of Arthur and Vassilvitskii (2007); scikit-learn's
    ``KMeans``. Ward (1963); SciPy's ``linkage``. Gower (1971), every column with the same weight;
    partitioning around medoids: Kaufman and Rousseeuw (1990), the swaps as in Schubert and
    Rousseeuw (2019). A k-means always returns k segments, whether or not there are any.

    Examples
    --------
    >>> X = pd.DataFrame({"orders": [1.0, 1.2, 0.9, 7.0, 7.3]}, index=["A", "B", "C", "D", "E"])
    >>> find_segments(X, 2).labels.to_dict()
    {'A': 1, 'B': 1, 'C': 1, 'D': 2, 'E': 2}
    """
    if method not in ("kmeans", "hierarchical", "mixed"):
        raise ValueError(f'method must be "kmeans", "hierarchical" or "mixed", not {method!r}.')
    if method == "mixed":
        return _by_medoids(X, k)
    values = matrix(X)
    check_k(k, len(values))
    tree = model = None
    if method == "kmeans":
        from sklearn.cluster import KMeans

        model = KMeans(k, n_init=n_init, random_state=seed).fit(values)
        raw = model.labels_.astype(np.int64)
    else:
        from scipy.cluster.hierarchy import fcluster, linkage

        _few_enough(len(values), method)
        tree = linkage(values, "ward")
        raw = fcluster(tree, k, "maxclust").astype(np.int64) - 1
    place = numbering(raw)
    labels = place[raw]
    means = centres_of(values, labels)
    if model is not None:
        _renumber(model, np.argsort(place))
        means = model.cluster_centers_
    gap = values - means[labels]
    return Segments(
        labels=_series(labels, X),
        centres=_named(means, X),
        k=len(means),
        method=method,
        inertia=float((gap**2).sum()),
        tree=tree,
        model=model,
    )


def check_k(k: object, rows: int) -> None:
    """Raise an error unless k is a whole number that fits the rows."""
    if not isinstance(k, int | np.integer) or isinstance(k, bool) or not 1 <= k <= rows:
        raise ValueError(f"k must be a whole number from 1 to {rows:,} (the rows of X), not {k!r}.")


def numbering(labels: Whole) -> Whole:
    """Return the place of each label: by size, the largest first; ties by the first row."""
    _, first, count = np.unique(labels, return_index=True, return_counts=True)
    order = np.lexsort((first, -count))
    place = np.empty_like(order)
    place[order] = np.arange(len(order))
    return place.astype(np.int64)


def centres_of(values: Floats, labels: Whole) -> Floats:
    """Return the mean of the members of each label, counted from 0."""
    count = np.bincount(labels)
    sums = [np.bincount(labels, weights=column) for column in values.T]
    return np.column_stack(sums) / count[:, None]


def _squares(values: Floats, centres: Floats) -> Floats:
    far = -2 * values @ centres.T
    return np.asarray(far + (centres**2).sum(axis=1))


def _renumber(model: Any, order: Whole) -> None:
    """Let a fitted KMeans count its clusters as we do."""
    model.cluster_centers_ = np.ascontiguousarray(model.cluster_centers_[order])
    place = np.argsort(order)
    model.labels_ = place[model.labels_].astype(np.int32)


def _series(labels: Whole, X: pd.DataFrame) -> pd.Series:
    return pd.Series(labels + 1, index=X.index, name="segment")


def _named(centres: Any, X: pd.DataFrame) -> pd.DataFrame:
    index = pd.RangeIndex(1, len(centres) + 1, name="segment")
    return pd.DataFrame(centres, index=index, columns=X.columns)


def _few_enough(rows: int, method: str) -> None:
    most = MOST_FOR_PAIRS[method]
    if rows > most:
        raise ValueError(
            f'"{method}" compares every pair of rows; with {rows:,} rows that is too much (at most '
            f"{most:,}). Find the segments in a sample, X.sample({most // 4:,}, random_state=0), "
            "and use predict for the others."
        )


def gower_distances(X: pd.DataFrame) -> Floats:
    """Return Gower's distance of every pair of rows, for numbers and names together.

    Parameters
    ----------
    X : DataFrame
        One row a customer. Number columns count by how far two values are apart, as a share of the
        column's range; text, category and true/false columns count 0 if equal, else 1. Where one
        of two values is missing the column is left out for that pair.

    Returns
    -------
    array of shape (n, n)
        The mean over the columns, from 0 (alike in all) to 1.

    Raises
    ------
    ValueError
        X is empty or too long, or two rows have no column in common.

    Notes
    -----
    Gower (1971).

    Examples
    --------
    >>> X = pd.DataFrame({"age": [20, 30, 60], "channel": ["app", "web", "web"]})
    >>> gower_distances(X).round(3).tolist()
    [[0.0, 0.625, 1.0], [0.625, 0.0, 0.375], [1.0, 0.375, 0.0]]
    """
    if not isinstance(X, pd.DataFrame) or X.empty:
        raise ValueError("X must be a DataFrame with rows and columns.")
    _few_enough(len(X), "mixed")
    return _gower(X, _spans(X))


def _spans(X: pd.DataFrame) -> Floats:
    """Return the range of each number column, NaN for a column of names."""
    spans = []
    for name in X.columns:
        if _is_number(X[name]):
            values = X[name].to_numpy(dtype=float, na_value=np.nan)
            if np.isinf(values).any():
                raise ValueError(f'Column "{name}" of X has infinite values. Mend them first.')
            spans.append(float(np.nanmax(values) - np.nanmin(values)) or 1.0)
        else:
            spans.append(np.nan)
    return np.array(spans)


def _is_number(column: pd.Series) -> bool:
    kind = column.dtype
    return pd.api.types.is_numeric_dtype(kind) and not pd.api.types.is_bool_dtype(kind)


def _gower(X: pd.DataFrame, spans: Floats, rows: range | None = None) -> Floats:
    """Return the distances of `rows` (all by default) to all rows."""
    mine = np.arange(len(X)) if rows is None else np.array(rows)
    total = np.zeros((len(mine), len(X)))
    seen = np.zeros_like(total)
    for name, span in zip(X.columns, spans, strict=True):
        if np.isnan(span):
            values = pd.factorize(X[name])[0].astype(float)
            values[values < 0] = np.nan
            gap = (values[mine, None] != values[None, :]).astype(float)
        else:
            values = X[name].to_numpy(dtype=float, na_value=np.nan)
            gap = np.abs(values[mine, None] - values[None, :]) / span
        known = ~np.isnan(values)
        both = known[mine, None] & known[None, :]
        total += np.where(both, gap, 0.0)
        seen += both
    if not seen.all():
        at = int(np.argwhere(seen == 0)[0, 1])
        raise ValueError(
            f"Row {X.index[at]!r} of X has no known value in common with another row. Leave it out."
        )
    return np.asarray(total / seen)


def _by_medoids(X: pd.DataFrame, k: int) -> Segments:
    far = gower_distances(X)
    check_k(k, len(far))
    medoids = medoids_of(far, k)
    raw = far[:, medoids].argmin(axis=1).astype(np.int64)
    raw[medoids] = np.arange(k)  # of two medoids that are alike each keeps itself
    place = numbering(raw)
    order = np.argsort(place)
    centres = X.iloc[medoids[order]].set_axis(pd.RangeIndex(1, k + 1, name="segment"))
    inertia = float(far[np.arange(len(far)), medoids[raw]].sum())
    return Segments(_series(place[raw], X), centres, k, "mixed", inertia, _ranges=_spans(X))


def medoids_of(far: Floats, k: int) -> Whole:
    """Return the rows in the middle of k groups: build greedily, then swap while it helps.

    Partitioning around medoids; all swaps of a medoid and another row are weighed at once.
    """
    chosen = [int(far.sum(axis=1).argmin())]
    nearest = far[chosen[0]].copy()
    while len(chosen) < k:
        gain = np.maximum(nearest[:, None] - far, 0).sum(axis=0)
        gain[chosen] = -1
        chosen.append(int(gain.argmax()))
        nearest = np.minimum(nearest, far[chosen[-1]])
    medoids = np.array(chosen)
    rows = np.arange(len(far))
    while k > 0:
        own = far[:, medoids]
        ranked = np.argsort(own, axis=1, kind="stable")[:, :2]
        first = own[rows, ranked[:, 0]]
        second = own[rows, ranked[:, 1]] if k > 1 else np.full(len(far), np.inf)
        shared = np.minimum(far - first[:, None], 0).sum(axis=0)
        cost = np.empty((k, len(far)))
        for i in range(k):
            mine = ranked[:, 0] == i
            gap = far[mine]
            cost[i] = (
                shared
                + (np.minimum(gap, second[mine, None]) - first[mine, None]).sum(axis=0)
                - np.minimum(gap - first[mine, None], 0).sum(axis=0)
            )
        out, into = np.unravel_index(int(cost.argmin()), cost.shape)
        if cost[out, into] > -1e-9:
            break
        medoids[out] = into
    return medoids.astype(np.int64)
