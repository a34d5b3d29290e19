"""Rows per second and peak memory of drawing the teahouse.

python3 start.py bench market, or python benchmarks/market.py --large for a million customers too.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys

ONE = """
import json, resource, sys, time
from whobuys.market import market
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
start = time.perf_counter(), time.process_time()
case = market("teahouse", 0, customers=int(sys.argv[1]))
wall, cpu = time.perf_counter() - start[0], time.process_time() - start[1]
after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
unit = 1 if sys.platform == "darwin" else 1024
rows = sum(len(table) for table in case.tables.values())
print(json.dumps([rows, wall, cpu, before * unit, after * unit]))
"""


def main() -> int:
    parser = argparse.ArgumentParser(description="Time the drawing of the teahouse.")
    parser.add_argument("--large", action="store_true", help="a million customers too")
    large = parser.parse_args().large
    sizes = [1_500, 100_000] + ([1_000_000] if large else [])
    print(
        f"{'customers':>10} {'rows':>12} {'seconds':>8} {'CPU s':>7} {'rows/s':>10} {'peak MB':>8}"
        "   (peak: whole process; imports alone take the first line's, nearly)"
    )
    for size in sizes:
        done = subprocess.run(
            [sys.executable, "-c", ONE, str(size)], check=True, capture_output=True, text=True
        )
        rows, wall, cpu, _, peak = json.loads(done.stdout)
        print(
            f"{size:>10,} {rows:>12,} {wall:>8.2f} {cpu:>7.2f} {rows / wall:>10,.0f} "
            f"{peak / 1e6:>8,.0f}",
            flush=True,
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
