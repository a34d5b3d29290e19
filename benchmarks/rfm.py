"""Time `rfm_table` against plain pandas on made-up lines, side by side in one run.

python benchmarks/rfm.py [lines ...]   default: 100000 1000000

Both give the same table (checked). CPU seconds, best of three; a ratio below 1 means that the
toolkit, with all its checks, is the faster one.
"""

from __future__ import annotations

import sys
import time
import warnings
from collections.abc import Callable

import numpy as np
import pandas as pd

from whobuys.segment import rfm_score, rfm_segment, rfm_table

AS_OF = pd.Timestamp("2026-06-30")


def made_up(lines: int) -> pd.DataFrame:
    draw = np.random.default_rng(0)
    order = np.sort(draw.integers(0, lines // 2, lines))
    customer = draw.integers(0, max(lines // 20, 1), lines // 2)[order]
    days = draw.integers(0, 730, lines // 2)[order]
    return pd.DataFrame(
        {
            "order_id": np.char.mod("O%07d", order).astype(object),
            "customer_id": np.char.mod("C%06d", customer).astype(object),
            "date": AS_OF - pd.to_timedelta(days, unit="D"),
            "amount": draw.gamma(2, 20, lines).round(2)
            * draw.choice([1, -1], lines, p=[0.98, 0.02]),
        }
    ).astype({"order_id": "str", "customer_id": "str"})


def plain_pandas(lines: pd.DataFrame) -> pd.DataFrame:
    bought = lines[lines["amount"] >= 0].groupby("customer_id")
    table = pd.DataFrame(
        {
            "recency_days": (AS_OF - bought["date"].max()).dt.days,
            "frequency": bought["order_id"].nunique(),
        }
    )
    table["monetary"] = lines.groupby("customer_id")["amount"].sum()
    return table.reset_index()


def seconds(run: Callable[[], object]) -> float:
    times = []
    for _ in range(3):
        start = time.process_time()
        run()
        times.append(time.process_time() - start)
    return min(times)


def main(sizes: list[int]) -> None:
    print(
        f"{'lines':>10} {'plain pandas':>13} {'rfm_table':>10} {'ratio':>6} {'score, segment':>15}"
    )
    warnings.filterwarnings("ignore", message=".*refunds only")
    for size in sizes:
        lines = made_up(size)
        ours, theirs = rfm_table(lines, as_of=AS_OF), plain_pandas(lines)
        pd.testing.assert_frame_equal(ours, theirs, check_dtype=False, rtol=1e-9, atol=1e-6)
        plain = seconds(lambda lines=lines: plain_pandas(lines))
        table = seconds(lambda lines=lines: rfm_table(lines, as_of=AS_OF))
        rest = seconds(lambda ours=ours: rfm_segment(rfm_score(ours)))
        print(f"{size:>10,} {plain:>11.2f} s {table:>8.2f} s {table / plain:>6.2f} {rest:>13.2f} s")


if __name__ == "__main__":
    main([int(size) for size in sys.argv[1:]] or [100_000, 1_000_000])
