"""Fits against the packages lifetimes and pymc-marketing, on the same rows, in one run.

python benchmarks/value.py [--large]   10^6 customers with --large.

CPU seconds, median of three (one for the largest); likelihoods must agree to 1e-3. pymc-marketing
finds the highest point with flat priors, after one fit that compiles it. What is not installed is
left out, and the run says so. Summaries of transactions: benchmarks/summaries.py.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import statistics
import time
import warnings
from collections.abc import Callable
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")  # threads of BLAS only cost CPU here

import numpy as np
import pandas as pd

from whobuys.data import load
from whobuys.value import BetaGeoModel, ParetoNBDModel, PosteriorModel, clv_summary

OTHERS = ("lifetimes", "pymc_marketing")


def seconds(run: Callable[[], object], rounds: int) -> float:
    times = []
    for _ in range(rounds):
        start = time.process_time()
        run()
        times.append(time.process_time() - start)
    return statistics.median(times)


def customers(size: int) -> pd.DataFrame:
    """Draw BG/NBD customers by the parameters of CDNOW, observed for 27 to 78 weeks by the day."""
    draw = np.random.default_rng(0)
    rate = draw.gamma(0.243, 1 / 4.414, size)
    leave = np.clip(draw.beta(0.793, 2.426, size), 1e-9, 1)
    T = draw.integers(189, 546, size) / 7
    due, last = draw.poisson(rate * T), draw.geometric(leave)
    x = np.minimum(due, last)
    # Purchase x of `due` uniform ones: its place is beta(x, due - x + 1).
    place = np.where(x > 0, draw.beta(np.maximum(x, 1), np.maximum(due - x + 1, 1)), 0)
    recency = np.minimum(np.ceil(place * T * 7) / 7, T)
    return pd.DataFrame({"frequency": x, "recency": recency, "T": T}).astype(float)


def fits(sizes: list[int], there: set[str]) -> None:
    print(f"{'fit':<12}{'customers':>10}  {'by':<16}{'CPU':>9}{'ratio':>8}  loglik, ours higher by")
    for size in sizes:
        table = customers(size) if size != 2357 else clv_summary(load("cdnow"), end="1997-09-30")
        for ours, other in ((BetaGeoModel, "BetaGeoFitter"), (ParetoNBDModel, "ParetoNBDFitter")):
            if ours is ParetoNBDModel and size > 10**5:
                continue
            compare(ours, other, table, there)


def compare(ours: Any, other: str, table: pd.DataFrame, there: set[str]) -> None:
    size = len(table)
    label = ours.__name__.removesuffix("Model")
    rounds = 1 if size >= 10**6 else 3
    fitted: dict[str, Any] = {}

    def mine() -> float:
        fitted["ours"] = ours().fit(table)
        return float(fitted["ours"].loglik_)

    def lifetimes_fit() -> float:
        import lifetimes

        model = getattr(lifetimes, other)()
        model.fit(table["frequency"], table["recency"], table["T"])
        found = {key: float(model.params_[key]) for key in ours._names}
        return float(ours.from_parameters(**found).log_likelihood(table))

    def pymc_fit() -> float:
        model = PosteriorModel(ours(), method="map", flat=True)
        return float(model.fit(table).loglik_)

    ways: dict[str, Callable[[], float]] = {"ours": mine}
    if "lifetimes" in there:
        ways["lifetimes"] = lifetimes_fit
    if "pymc_marketing" in there:
        ways["pymc-marketing"] = pymc_fit
        pymc_fit()  # compiles
    base, best = 0.0, 0.0
    for name, run in ways.items():
        found: list[float] = []
        try:
            took = seconds(lambda run=run, found=found: found.append(run()), rounds)
        except Exception as error:
            print(f"{label:<12}{size:>10,}  {name:<16} failed: {str(error)[:60]}")
            continue
        if name == "ours":
            base, best = took, found[-1]
        gap = best - found[-1]
        assert gap > -1e-3, (name, gap)
        print(
            f"{label:<12}{size:>10,}  {name:<16}{took:>8.3f}s{took / base:>7.1f}x  "
            + (f"{fitted['ours'].n_rows_:,} rows" if name == "ours" else f"{gap:.1e}"),
            flush=True,
        )


def main() -> None:
    warnings.filterwarnings("ignore")
    parser = argparse.ArgumentParser(description="Time the room of values.")
    parser.add_argument("--large", action="store_true", help="10^6 customers too")
    large = parser.parse_args().large
    there = {name for name in OTHERS if importlib.util.find_spec(name) is not None}
    if missing := [name for name in OTHERS if name not in there]:
        print(f"Not installed, left out: {', '.join(missing)}.")
    fits([2357, 10**5] + ([10**6] if large else []), there)


if __name__ == "__main__":
    main()
