"""Time the bootstrap stability of k-means against the plain loop over scikit-learn.

python benchmarks/stability.py [rows ...]   default: 10000 100000

k = 2 to 10, 20 pairs of samples, 4 columns, one start each. The plain loop is what one would write:
draw rows, fit `KMeans`, `predict` all rows, `adjusted_rand_score`. First both are shown to give the
same answer: from the same samples and the same first centres every adjusted Rand index is equal.
CPU and wall seconds of both, in one process and one thread; a ratio above 1 means that the toolkit
is faster.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

import numpy as np
import pandas as pd
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_rand_score
from threadpoolctl import threadpool_limits

from whobuys.segment import stability
from whobuys.segment._lloyd import Sample, starts
from whobuys.segment._stability import _streams, bootstrap_weights

KS = range(2, 11)
PAIRS = 20
COLUMNS = ["orders", "order_value", "views", "clicks"]


def made_up(rows: int) -> pd.DataFrame:
    """Five groups that overlap: some k are stable, some are not."""
    draw = np.random.default_rng(0)
    centres = draw.normal(0, 2, (5, len(COLUMNS)))
    points = centres[draw.integers(0, 5, rows)] + draw.normal(size=(rows, len(COLUMNS)))
    return pd.DataFrame(points, columns=COLUMNS)


def plain_loop(X: np.ndarray) -> np.ndarray:
    draw = np.random.default_rng(1)
    found = np.empty((PAIRS, len(KS)))
    for column, k in enumerate(KS):
        for pair in range(PAIRS):
            labels = []
            for _ in range(2):
                rows = draw.integers(0, len(X), len(X))
                seed = int(draw.integers(2**31))
                labels.append(KMeans(k, n_init=1, random_state=seed).fit(X[rows]).predict(X))
            found[pair, column] = adjusted_rand_score(*labels)
    return found


def same_samples_same_starts(X: np.ndarray, pairs: int) -> np.ndarray:
    """Fit the samples and first centres of `stability` with scikit-learn."""
    points = X - X.mean(axis=0)
    found = np.empty((pairs, len(KS)))
    for pair, draw in enumerate(_streams(0, pairs)):
        labels = []
        for _ in range(2):
            weights = bootstrap_weights(len(points), draw)
            first = starts(Sample(points, weights, max(KS)), KS, 1, draw)
            copies = np.repeat(points, weights.astype(int), axis=0)
            fits = [KMeans(k, init=first[k][0][:k], n_init=1).fit(copies) for k in KS]
            labels.append([fit.predict(points) for fit in fits])
        found[pair] = [adjusted_rand_score(a, b) for a, b in zip(*labels, strict=True)]
    return found


def measured(run: Callable[[], object]) -> tuple[object, float, float]:
    cpu, wall = time.process_time(), time.perf_counter()
    result = run()
    return result, time.process_time() - cpu, time.perf_counter() - wall


def main(sizes: list[int]) -> None:
    print(f"{'rows':>8} {'':<14} {'CPU s':>8} {'wall s':>8}")
    for size in sizes:
        table = made_up(size)
        X = table.to_numpy()
        checked = min(PAIRS, max(2, 40_000 // size))
        gap = np.abs(
            stability(table, KS, checked, n_init=1, progress=False).to_numpy()
            - same_samples_same_starts(X, checked)
        ).max()
        assert gap < 1e-9, f"the answers differ by {gap}"
        loop, cpu, wall = measured(lambda X=X: plain_loop(X))
        ours, own_cpu, own_wall = measured(
            lambda table=table: stability(table, KS, PAIRS, n_init=1, progress=False)
        )
        print(f"{size:>8,} {'plain loop':<14} {cpu:>8.2f} {wall:>8.2f}")
        print(f"{'':>8} {'stability':<14} {own_cpu:>8.2f} {own_wall:>8.2f}")
        print(f"{'':>8} {'ratio':<14} {cpu / own_cpu:>8.2f} {wall / own_wall:>8.2f}")
        middle, mine = np.median(loop, axis=0), ours.median().to_numpy()
        print(f"{'':>8} medians by k, loop: {' '.join(f'{value:.2f}' for value in middle)}")
        print(f"{'':>8} stability:          {' '.join(f'{value:.2f}' for value in mine)}")
        print(f"{'':>8} same samples and starts: largest difference {gap:.1e} of {checked} pairs")


if __name__ == "__main__":
    with threadpool_limits(1):
        main([int(size) for size in sys.argv[1:]] or [10_000, 100_000])
