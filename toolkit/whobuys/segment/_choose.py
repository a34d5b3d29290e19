"""How many segments? Four measures side by side."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from whobuys.segment._features import matrix
from whobuys.segment._find import check_k
from whobuys.segment._lloyd import Sample, assign, starts
from whobuys.segment._progress import Report
from whobuys.segment._stability import stability

Floats = NDArray[np.float64]

MOST_FOR_SILHOUETTE = 2_000


def choose_k(
    X: pd.DataFrame,
    ks: Iterable[int] = range(1, 9),
    *,
    seed: int = 0,
    n_init: int = 5,
    references: int = 20,
    pairs: int = 20,
    progress: bool | Report | None = None,
) -> pd.DataFrame:
    """Judge each number of segments in four ways, with k-means.

    They often disagree; that is worth knowing. `pick_k` says which k each of them takes.

    Parameters
    ----------
    X : DataFrame
        One row a customer, number columns on one scale.
    ks : iterable of int
        Numbers of segments, from 1. With 1 among them the gap can say that there are no segments.
    seed : int
        For starts, references and samples.
    n_init : int
        Starts of each k-means; the best is kept.
    references : int
        Number of reference tables without segments, for the gap; 0 leaves the gap out.
    pairs : int
        Pairs of bootstrap samples, for the stability; 0 leaves it out.
    progress : bool or callable, optional
        As in `stability`, which takes most of the time.

    Returns
    -------
    DataFrame
        One row a k (the index), with

        - ``inertia``: sum of squared distances to the own centre; always falls with k;
        - ``silhouette``: mean of (b − a) / max(a, b), a the mean distance to the own segment, b to
          the next; of 2,000 customers drawn by chance when there are more; missing for k = 1;
        - ``gap`` and ``gap_se``: mean log inertia of tables without segments less that of X, and
          the standard error of one such mean;
        - ``stability``: mean adjusted Rand index of pairs of bootstrap samples; missing for k = 1.

    Raises
    ------
    ValueError
        X is not as it must be, or a k does not fit its rows.

    Notes
    -----
    Silhouette: Rousseeuw (1987). Gap: Tibshirani, Walther and Hastie (2001), references even in
    the box of the principal components. Stability: Dolnicar and Leisch (2010).

    Examples
    --------
    >>> draw = np.random.default_rng(0)
    >>> X = pd.DataFrame(draw.normal(size=(200, 2)), columns=["orders", "clicks"])
    >>> X["orders"] += 8 * (X.index % 2)
    >>> table = choose_k(X, range(1, 5), references=5, pairs=5)
    >>> int(table["silhouette"].idxmax())
    2
    """
    from sklearn.metrics import silhouette_score

    values = matrix(X)
    ks = sorted(set(ks))
    if not ks:
        raise ValueError("ks is empty. Name the numbers of segments to try, such as range(1, 9).")
    for k in ks:
        check_k(k, len(values))
    points = values - values.mean(axis=0)
    draw = np.random.default_rng(seed)
    some = np.sort(draw.permutation(len(points))[:MOST_FOR_SILHOUETTE])
    whole = Sample(points, np.ones(len(points)), ks[-1])
    first = starts(whole, ks, n_init, draw)
    table = pd.DataFrame(index=pd.Index(ks, name="k"))
    spread, drawn = _inertias(whole, first, ks)
    table["inertia"] = spread
    table["silhouette"] = np.nan
    for k in ks:
        labels = assign(whole, drawn[k])[some]
        if 1 < len(np.unique(labels)) < len(labels):
            table.loc[k, "silhouette"] = silhouette_score(points[some], labels)
    if references:
        logs = _reference_logs(points, ks, n_init, references, draw)
        with np.errstate(divide="ignore"):
            table["gap"] = logs.mean(axis=0) - np.log(spread)
        table["gap_se"] = logs.std(axis=0) * np.sqrt(1 + 1 / references)
    tried = [k for k in ks if k > 1]
    if pairs and tried:
        found = stability(X, tried, pairs, seed=seed, progress=progress)
        table["stability"] = found.mean().reindex(table.index)
    return table


def pick_k(table: pd.DataFrame) -> pd.Series:
    """Return the k that each measure of `choose_k` takes.

    Parameters
    ----------
    table : DataFrame
        As `choose_k` gives it, for three ks or more that follow one another.

    Returns
    -------
    Series
        Of those in the table: ``elbow``, where the line of the inertia bends most, measured by its
        distance from the straight line between its ends; ``silhouette`` and ``stability``, where
        they are highest (stability: the largest of equal ones); ``gap``, the first k whose gap is
        no lower than the next less its standard error, or the last k if there is none.

    Raises
    ------
    ValueError
        The table has fewer than three ks.

    Notes
    -----
    The rule for the gap is that of Tibshirani, Walther and Hastie (2001). It takes the first k that
    is enough, so it stops at 1 where two segments fit no better than in a table without any,
    even if five would; then look at the whole line.

    Examples
    --------
    >>> table = pd.DataFrame(
    ...     {"inertia": [100.0, 55.0, 10.0, 9.0], "silhouette": [None, 0.5, 0.7, 0.4]},
    ...     index=[1, 2, 3, 4])
    >>> pick_k(table).to_dict()
    {'elbow': 3, 'silhouette': 3}
    """
    if len(table) < 3:
        raise ValueError(f"table has {len(table)} rows; a bend needs three ks or more.")
    ks = table.index.to_numpy()
    picks = {}
    inertia = table["inertia"].to_numpy(float)
    along = (ks - ks[0]) / (ks[-1] - ks[0])
    straight = inertia[0] + (inertia[-1] - inertia[0]) * along
    picks["elbow"] = ks[int((straight - inertia).argmax())]
    if "silhouette" in table:
        picks["silhouette"] = table["silhouette"].idxmax()
    if "gap" in table:
        gap, error = table["gap"].to_numpy(float), table["gap_se"].to_numpy(float)
        enough = np.flatnonzero(gap[:-1] >= gap[1:] - error[1:])
        picks["gap"] = ks[enough[0]] if enough.size else ks[-1]
    if "stability" in table:
        steady = table["stability"].round(6)
        picks["stability"] = steady[::-1].idxmax()
    return pd.Series({name: int(k) for name, k in picks.items()}, name="k")


def _inertias(
    sample: Sample, first: dict[int, list[Floats]], ks: list[int]
) -> tuple[Floats, dict[int, Floats]]:
    """Return the least inertia of each k, and its centres."""
    best = {k: min((sample.lloyd(s[:k]) for s in first[k]), key=lambda run: run[1]) for k in ks}
    return np.array([best[k][1] for k in ks]), {k: best[k][0] for k in ks}


def _reference_logs(
    points: Floats, ks: list[int], n_init: int, references: int, draw: np.random.Generator
) -> Floats:
    """Return log inertias of tables drawn evenly from the box of the principal components."""
    _, _, turn = np.linalg.svd(points, full_matrices=False)
    turned = points @ turn.T
    low, high = turned.min(axis=0), turned.max(axis=0)
    logs = np.empty((references, len(ks)))
    for row in range(references):
        even = draw.uniform(low, high, turned.shape)
        sample = Sample(even - even.mean(axis=0), np.ones(len(even)), ks[-1])
        logs[row] = np.log(_inertias(sample, starts(sample, ks, n_init, draw), ks)[0])
    return logs
