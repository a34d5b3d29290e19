"""Fits and summaries against the package lifetimes and plain pandas, on the same rows, in one run.

python benchmarks/value.py [--large]   10^6 customers and 10^7 lines with --large.

CPU seconds, best of three (one for the largest); likelihoods must agree to 1e-3. lifetimes is
imported here only; the toolkit reads nothing but two of its files. pymc-marketing, Polars and
DuckDB are not compared yet; the run says whether they are installed.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import time
import warnings
from collections.abc import Callable
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")  # threads of BLAS only cost CPU here

import numpy as np
import pandas as pd

from whobuys.data import load
from whobuys.segment import rfm_table
from whobuys.value import BetaGeoModel, ParetoNBDModel, clv_summary

OTHERS = ("lifetimes", "pymc_marketing", "polars", "duckdb")
END = pd.Timestamp("2026-06-30")


def seconds(run: Callable[[], object], rounds: int) -> float:
    times = []
    for _ in range(rounds):
        start = time.process_time()
        run()
        times.append(time.process_time() - start)
    return min(times)


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
    print(
        f"{'fit':<12}{'customers':>10}{'rows':>9}{'ours':>9}{'lifetimes':>11}{'ratio':>8}  loglik"
    )
    for size in sizes:
        table = customers(size) if size != 2357 else clv_summary(load("cdnow"), end="1997-09-30")
        rounds = 1 if size >= 10**6 else 3
        for ours, name in ((BetaGeoModel, "BetaGeoFitter"), (ParetoNBDModel, "ParetoNBDFitter")):
            if name == "ParetoNBDFitter" and size > 10**5:
                continue
            state: dict[str, Any] = {}

            def run(ours: Any = ours, table: pd.DataFrame = table, state: dict = state) -> None:
                state["ours"] = ours().fit(table)

            mine = seconds(run, rounds)
            theirs, agree = float("nan"), "lifetimes is not installed"
            if "lifetimes" in there:
                import lifetimes

                def other(
                    name: str = name, table: pd.DataFrame = table, state: Any = state
                ) -> None:
                    with warnings.catch_warnings():
                        warnings.simplefilter("ignore")
                        state["other"] = getattr(lifetimes, name)()
                        state["other"].fit(table["frequency"], table["recency"], table["T"])

                try:
                    theirs = seconds(other, rounds)
                    found = {key: float(state["other"].params_[key]) for key in ours._names}
                    gap = state["ours"].loglik_ - ours.from_parameters(**found).log_likelihood(
                        table
                    )
                    assert gap > -1e-3, gap
                    agree = f"ours higher by {gap:.1e}"
                except Exception as error:
                    agree = f"lifetimes failed: {type(error).__name__}"
            rows = state["ours"].n_rows_
            print(
                f"{ours.__name__[:11]:<12}{size:>10,}{rows:>9,}{mine:>8.3f}s{theirs:>10.2f}s"
                f"{theirs / mine:>7.1f}x  {agree}",
                flush=True,
            )


def lines_of(size: int) -> pd.DataFrame:
    draw = np.random.default_rng(1)
    customer = draw.integers(0, max(size // 20, 1), size)
    days = np.sort(draw.integers(0, 730, size))[::-1]
    frame = pd.DataFrame(
        {
            "customer_id": customer,
            "date": END - pd.to_timedelta(days, unit="D"),
            "amount": draw.gamma(2, 20, size).round(2),
        }
    )
    return frame


def plain_summary(lines: pd.DataFrame) -> pd.DataFrame:
    """Return (x, t_x, T) by plain pandas."""
    visits = lines.groupby(["customer_id", "date"], as_index=False)["amount"].sum()
    by = visits.groupby("customer_id")
    first, last = by["date"].min(), by["date"].max()
    x = by.size() - 1
    at_first = visits.loc[visits["date"] == visits["customer_id"].map(first)]
    spent = by["amount"].sum() - at_first.set_index("customer_id")["amount"]
    return pd.DataFrame(
        {
            "frequency": x,
            "recency": (last - first).dt.days / 7,
            "T": (END - first).dt.days / 7,
            "monetary_value": (spent / x.where(x > 0)).fillna(0.0),
        }
    ).reset_index()


def plain_rfm(lines: pd.DataFrame) -> pd.DataFrame:
    by = lines.groupby("customer_id")
    table = pd.DataFrame(
        {
            "recency_days": (END - by["date"].max()).dt.days,
            "frequency": lines.drop_duplicates(["customer_id", "date"])
            .groupby("customer_id")
            .size(),
            "monetary": by["amount"].sum(),
        }
    )
    return table.reset_index()


def summaries(sizes: list[int], there: set[str]) -> None:
    print(f"\n{'summary':<14}{'lines':>12}{'ours':>9}{'pandas':>9}{'lifetimes':>11}   ours = 1")
    for size in sizes:
        lines = lines_of(size)
        rounds = 1 if size >= 10**7 else 3
        ours, plain = clv_summary(lines, end=END), plain_summary(lines)
        pd.testing.assert_frame_equal(ours, plain, check_dtype=False, atol=1e-5)
        mine = seconds(lambda lines=lines: clv_summary(lines, end=END), rounds)
        theirs = seconds(lambda lines=lines: plain_summary(lines), rounds)
        old = float("nan")
        if "lifetimes" in there:
            from lifetimes.utils import summary_data_from_transaction_data as summary

            def run(lines: pd.DataFrame = lines, summary: Any = summary) -> None:
                summary(
                    lines,
                    "customer_id",
                    "date",
                    "amount",
                    observation_period_end=END.strftime("%Y-%m-%d"),
                    datetime_format="%Y-%m-%d",
                )

            try:
                old = seconds(run, 1)
            except Exception as error:
                print(f"lifetimes failed: {type(error).__name__}: {str(error)[:80]}")
        print(
            f"{'(x, t_x, T)':<14}{size:>12,}{mine:>8.2f}s{theirs:>8.2f}s{old:>10.2f}s   "
            f"pandas {theirs / mine:.1f}, lifetimes {old / mine:.1f}",
            flush=True,
        )
        mine = seconds(lambda lines=lines: rfm_table(lines, as_of=END), rounds)
        theirs = seconds(lambda lines=lines: plain_rfm(lines), rounds)
        print(
            f"{'RFM':<14}{size:>12,}{mine:>8.2f}s{theirs:>8.2f}s{'':>11}   "
            f"pandas {theirs / mine:.1f}",
            flush=True,
        )


def main() -> None:
    parser = argparse.ArgumentParser(description="Time the room of values.")
    parser.add_argument("--large", action="store_true", help="10^6 customers, 10^7 lines")
    large = parser.parse_args().large
    there = {name for name in OTHERS if importlib.util.find_spec(name) is not None}
    if missing := [name for name in OTHERS if name not in there]:
        print(f"Not installed: {', '.join(missing)}.")
    fits([2357, 10**5] + ([10**6] if large else []), there)
    summaries([10**6] + ([10**7] if large else []), there)


if __name__ == "__main__":
    main()
