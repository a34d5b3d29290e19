"""K-means for many samples of one table: the same answers as scikit-learn's, sooner.

A bootstrap sample is kept as its different rows with a weight each, not as copies. Lloyd's steps
run over blocks that fit the processor's cache: the distances of a block to the centres are one
matrix product, and the sums of the new centres another.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import cast

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Whole = NDArray[np.int64]

TOLERANCE = 1e-4
"""As in scikit-learn: stop when the centres moved by less than this share of the mean variance."""
MOST_STEPS = 300
CELLS = 32_768
"""Distances in one block: with 8 bytes each, a quarter of a megabyte."""


class Sample:
    """The different rows of a sample, how often each is in it, cut in blocks.

    Parameters
    ----------
    points : array of shape (n, d)
        The whole table, each column centred on 0.
    weights : array of shape (n,)
        How often each row is in the sample; 0 leaves it out.
    most : int
        The largest number of clusters that will be asked for.
    """

    def __init__(self, points: Floats, weights: Floats, most: int) -> None:
        keep = np.flatnonzero(weights)
        self.points, self.weights = points[keep], weights[keep]
        size, width = self.points.shape
        high = np.empty((width + 1, size))
        high[:width], high[width] = self.points.T, 1.0
        weighted = high * self.weights
        step = max(512, CELLS // most)
        self.blocks = [
            (
                np.ascontiguousarray(high[:, at : at + step]),
                np.ascontiguousarray(weighted[:, at : at + step]),
            )
            for at in range(0, size, step)
        ]
        total = self.weights.sum()
        mean = weighted[:width].sum(axis=1) / total
        squares = weighted[:width] @ self.points
        self.scatter = float(np.trace(squares))
        self.tolerance = TOLERANCE * float((np.diag(squares) / total - mean**2).mean())

    def seeds(self, k: int, draw: np.random.Generator, *, like: int | None = None) -> Floats:
        """Draw k rows as first centres: greedy k-means++ (Arthur and Vassilvitskii, 2007).

        The first rows of a longer draw are a draw for fewer clusters, as long as as many
        candidates are tried for each: `candidates(like)`.
        """
        tries = candidates(like or k)
        chosen = np.empty((k, self.points.shape[1]))
        total = self.weights.cumsum()
        first = min(int(np.searchsorted(total, draw.random() * total[-1])), len(total) - 1)
        chosen[0] = self.points[first]
        square = np.einsum("ij,ij->i", self.points, self.points)
        nearest = self._squares(chosen[:1], square)[0]
        for at in range(1, k):
            ladder = (nearest * self.weights).cumsum()
            found = np.searchsorted(ladder, draw.random(tries) * ladder[-1])
            rows = self.points[np.minimum(found, len(ladder) - 1)]
            reached = np.minimum(self._squares(rows, square), nearest)
            best = int((reached @ self.weights).argmin())
            nearest, chosen[at] = reached[best], rows[best]
        return chosen

    def _squares(self, centres: Floats, square: Floats) -> Floats:
        """Return the squared distance of each row to each centre, one row a centre."""
        far = (-2 * centres) @ self.points.T
        far += square
        far += np.einsum("ij,ij->i", centres, centres)[:, None]
        return cast(Floats, np.maximum(far, 0.0, out=far))

    def lloyd(self, centres: Floats) -> tuple[Floats, float]:
        """Move the centres by Lloyd's steps until they rest; return them and the inertia."""
        start, width = centres, centres.shape[1]
        for _ in range(MOST_STEPS):
            sums, _ = self._sums(centres)
            if not sums[:, width].all():
                return self._by_scikit(start)
            moved = sums[:, :width] / sums[:, width:]
            shift = float(((moved - centres) ** 2).sum())
            centres = moved
            if shift <= self.tolerance:
                break
        return centres, self.scatter + self._sums(centres)[1]

    def _sums(self, centres: Floats) -> tuple[Floats, float]:
        """Return each centre's weighted sum of points, with its weight last, and the least sum."""
        plane = planes(centres)
        sums, least = np.zeros_like(plane), 0.0
        for points, weighted in self.blocks:
            mine, best = nearest_mask(plane, points)
            sums += mine @ weighted.T
            least += float(best @ weighted[-1])
        return sums, least

    def _by_scikit(self, centres: Floats) -> tuple[Floats, float]:
        """Leave it to scikit-learn: a cluster ran empty, which is rare, and must move far."""
        from sklearn.cluster import KMeans

        model = KMeans(len(centres), init=centres, n_init=1).fit(
            self.points, sample_weight=self.weights
        )
        return model.cluster_centers_, float(model.inertia_)

    def fit(self, k: int, starts: Iterable[Floats]) -> Floats:
        """Return the centres with the least inertia over several starts, k rows of each."""
        runs = [self.lloyd(start[:k]) for start in starts]
        return min(runs, key=lambda run: run[1])[0]


def candidates(k: int) -> int:
    """Return how many candidates greedy k-means++ tries for each centre, as scikit-learn does."""
    return 2 + int(np.log(k))


def planes(centres: Floats) -> Floats:
    """Return rows whose product with (point, 1) is the squared distance less that to the origin."""
    return np.column_stack([-2 * centres, (centres**2).sum(axis=1)])


def nearest_mask(plane: Floats, points: Floats) -> tuple[Floats, Floats]:
    """Return 1 where a centre (row) is the nearest of a point (column), and how near it is."""
    far = plane @ points
    best = far.min(axis=0)
    mask = far == best
    if np.count_nonzero(mask) != mask.shape[1]:  # a tie: the first centre has it
        mask = np.arange(len(plane))[:, None] == far.argmin(axis=0)
    return mask.astype(np.float64), best


def assign(sample: Sample, centres: Floats) -> Whole:
    """Return the nearest centre of every row, counted from 0."""
    plane = planes(centres)
    numbers = np.arange(len(centres), dtype=np.float64)
    parts = [numbers @ nearest_mask(plane, points)[0] for points, _ in sample.blocks]
    return np.concatenate(parts).astype(np.int64)


def starts(sample: Sample, ks: Iterable[int], n_init: int, draw: np.random.Generator) -> dict:
    """Draw first centres for every k; k with as many candidates share the longest draw."""
    groups: dict[int, int] = {}
    for k in ks:
        groups[candidates(k)] = max(k, groups.get(candidates(k), 0))
    drawn = {tries: [sample.seeds(k, draw) for _ in range(n_init)] for tries, k in groups.items()}
    return {k: drawn[candidates(k)] for k in ks}


def rand_index(a: Whole, b: Whole) -> float:
    """Return the adjusted Rand index of two partitions numbered from 0 (Hubert & Arabie, 1985)."""
    wide = int(b.max()) + 1
    cells = np.bincount(a * wide + b, minlength=(int(a.max()) + 1) * wide).reshape(-1, wide)

    def pairs(counts: NDArray) -> float:
        counts = counts.astype(np.float64)
        return float((counts * (counts - 1)).sum()) / 2

    rows, columns = pairs(cells.sum(axis=1)), pairs(cells.sum(axis=0))
    every = len(a) * (len(a) - 1) / 2
    chance = rows * columns / every if every else 0.0
    most = (rows + columns) / 2
    return 1.0 if most == chance else (pairs(cells) - chance) / (most - chance)
