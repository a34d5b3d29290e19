"""RFM and (x, t_x, T) from transactions: this toolkit and others, on the same rows, in one run.

python benchmarks/summaries.py [lines ...]   default: 1000000; a tenth as 100000 for a quick look

CPU seconds, median of three (one from 10^7 lines). Ours is given a pandas frame, a Polars frame, a
DuckDB relation, an Arrow table and a Parquet file; the others what they take. Every table is
checked against plain pandas. What is not installed is left out, and the run says so.
"""

from __future__ import annotations

import importlib.util
import os
import statistics
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")  # threads of BLAS only cost CPU here

import numpy as np
import pandas as pd

from whobuys.segment import rfm_table
from whobuys.value import clv_summary

OTHERS = ("lifetimes", "pymc_marketing", "polars", "duckdb", "pyarrow")
END = pd.Timestamp("2026-06-30")
DAY = END.strftime("%Y-%m-%d")


def seconds(run: Callable[[], object], rounds: int) -> float:
    times = []
    for _ in range(rounds):
        start = time.process_time()
        run()
        times.append(time.process_time() - start)
    return statistics.median(times)


def lines_of(size: int) -> pd.DataFrame:
    draw = np.random.default_rng(1)
    customer = draw.integers(0, max(size // 20, 1), size)
    days = np.sort(draw.integers(0, 730, size))[::-1]
    return pd.DataFrame(
        {
            "customer_id": customer,
            "date": (END - pd.to_timedelta(days, unit="D")).astype("datetime64[us]"),
            "amount": draw.gamma(2, 20, size).round(2),
        }
    )


def pandas_visits(lines: pd.DataFrame) -> pd.DataFrame:
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


def pandas_rfm(lines: pd.DataFrame) -> pd.DataFrame:
    by = lines.groupby("customer_id")
    days = lines.drop_duplicates(["customer_id", "date"]).groupby("customer_id").size()
    return pd.DataFrame(
        {
            "recency_days": (END - by["date"].max()).dt.days,
            "frequency": days,
            "monetary": by["amount"].sum(),
        }
    ).reset_index()


def polars_rfm(frame: Any) -> Any:
    import polars as pl

    by = frame.lazy().group_by("customer_id")
    return by.agg(
        (pl.lit(END.date()) - pl.col("date").max().dt.date()).dt.total_days().alias("recency_days"),
        pl.col("date").n_unique().alias("frequency"),
        pl.col("amount").sum().alias("monetary"),
    ).collect()


def polars_visits(frame: Any) -> Any:
    import polars as pl

    visits = frame.lazy().group_by("customer_id", "date").agg(pl.col("amount").sum())
    first, last = pl.col("date").min(), pl.col("date").max()
    later = pl.col("amount").sum() - pl.col("amount").get(pl.col("date").arg_min())
    table = visits.group_by("customer_id").agg(
        (pl.len() - 1).alias("frequency"),
        ((last - first).dt.total_days() / 7).alias("recency"),
        ((pl.lit(END) - first).dt.total_days() / 7).alias("T"),
        later.alias("monetary_value"),
    )
    x = pl.col("frequency")
    mean = pl.when(x > 0).then(pl.col("monetary_value") / x).otherwise(0.0)
    return table.with_columns(mean.alias("monetary_value")).collect()


def duckdb_rfm(relation: Any) -> Any:
    return relation.query(
        "t",
        "select customer_id, date_diff('day', max(date), date '2026-06-30') as recency_days, "
        "count(distinct date) as frequency, sum(amount) as monetary from t group by 1",
    ).df()


def duckdb_visits(relation: Any) -> Any:
    return relation.query(
        "t",
        "with v as (select customer_id, date, sum(amount) as a from t group by 1, 2) "
        "select customer_id, count(*) - 1 as frequency, "
        "date_diff('day', min(date), max(date)) / 7 as recency, "
        "date_diff('day', min(date), date '2026-06-30') / 7 as T, "
        "coalesce((sum(a) - arg_min(a, date)) / nullif(count(*) - 1, 0), 0) as monetary_value "
        "from v group by 1",
    ).df()


def lifetimes_visits(lines: pd.DataFrame) -> Any:
    from lifetimes.utils import summary_data_from_transaction_data as summary

    names = ("customer_id", "date", "amount")
    return summary(lines, *names, observation_period_end=DAY, datetime_format="%Y-%m-%d")


def pymc_visits(lines: pd.DataFrame) -> Any:
    from pymc_marketing.clv import rfm_summary

    names = ("customer_id", "date", "amount")
    return rfm_summary(lines, *names, observation_period_end=DAY, datetime_format="%Y-%m-%d")


def kinds(lines: pd.DataFrame, folder: str, there: set[str]) -> Iterator[tuple[str, Any]]:
    """Return the lines as every kind of frame there is."""
    yield "pandas", lines
    if "polars" in there:
        import polars as pl

        frame = pl.DataFrame({name: lines[name].to_numpy() for name in lines})
        yield "Polars", frame
        path = Path(folder) / "lines.parquet"
        frame.write_parquet(path)
        yield "Parquet", path
    if "duckdb" in there:
        import duckdb

        connection = duckdb.connect()
        connection.register("given", lines)
        connection.sql("create table lines as select * from given")
        yield "DuckDB", connection.table("lines")
    if "pyarrow" in there:
        import pyarrow as pa

        yield "Arrow", pa.Table.from_pandas(lines, preserve_index=False)


def same(found: Any, plain: pd.DataFrame) -> None:
    if not isinstance(found, pd.DataFrame):
        found = pd.DataFrame({name: found[name].to_numpy() for name in found.columns})
    found = found.sort_values("customer_id")[list(plain)].reset_index(drop=True)
    pd.testing.assert_frame_equal(found, plain, check_dtype=False, atol=1e-5)


def compare(size: int, there: set[str]) -> None:
    lines = lines_of(size)
    rounds = 1 if size >= 10**7 else 3
    with tempfile.TemporaryDirectory() as folder:
        given = dict(kinds(lines, folder, there))
        ways: dict[str, list[tuple[str, Callable[[], Any]]]] = {
            "RFM": [
                (f"ours, {name}", lambda frame=frame: rfm_table(frame, as_of=END))
                for name, frame in given.items()
            ],
            "(x, t_x, T)": [
                (f"ours, {name}", lambda frame=frame: clv_summary(frame, end=END))
                for name, frame in given.items()
            ],
        }
        plain = {"RFM": pandas_rfm(lines), "(x, t_x, T)": pandas_visits(lines)}
        ways["RFM"].append(("plain pandas", lambda: pandas_rfm(lines)))
        ways["(x, t_x, T)"].append(("plain pandas", lambda: pandas_visits(lines)))
        if "polars" in there:
            ways["RFM"].append(("plain Polars", lambda: polars_rfm(given["Polars"])))
            ways["(x, t_x, T)"].append(("plain Polars", lambda: polars_visits(given["Polars"])))
        if "duckdb" in there:
            ways["RFM"].append(("plain DuckDB", lambda: duckdb_rfm(given["DuckDB"])))
            ways["(x, t_x, T)"].append(("plain DuckDB", lambda: duckdb_visits(given["DuckDB"])))
        packages = {"lifetimes": lifetimes_visits, "pymc_marketing": pymc_visits}
        for name, run in packages.items():
            if name in there:
                ways["(x, t_x, T)"].append((name, lambda run=run: run(lines)))
        for what, several in ways.items():
            base = None
            for name, run in several:
                try:
                    if name not in packages:  # these give days and other names of columns
                        same(run(), plain[what])
                    took = seconds(run, rounds)
                except Exception as error:
                    print(f"{what:<12}{size:>12,}  {name:<16} failed: {str(error)[:80]}")
                    continue
                base = base or took
                print(
                    f"{what:<12}{size:>12,}  {name:<16}{took:>8.2f}s{took / base:>8.2f}",
                    flush=True,
                )


def main(sizes: list[int]) -> None:
    warnings.filterwarnings("ignore")
    there = {name for name in OTHERS if importlib.util.find_spec(name) is not None}
    if missing := [name for name in OTHERS if name not in there]:
        print(f"Not installed, left out: {', '.join(missing)}.")
    print(f"{'summary':<12}{'lines':>12}  {'by':<16}{'CPU':>9}{'ratio':>8}   (ours, pandas = 1)")
    for size in sizes:
        compare(size, there)


if __name__ == "__main__":
    main([int(float(size)) for size in sys.argv[1:]] or [10**6])
