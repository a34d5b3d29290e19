"""Rows per second and peak memory of a large teahouse, drawn in chunks to Parquet.

python3 start.py bench scale, or python benchmarks/scale.py --large for a million customers too.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import subprocess
import sys
import tempfile

CHUNKS = [10_000, 50_000]
ONE = """
import json, pathlib, resource, sys, time
import pyarrow.parquet as parquet
from whobuys.market import write_large
customers, chunk, folder = int(sys.argv[1]), int(sys.argv[2]), pathlib.Path(sys.argv[3])
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
start = time.perf_counter(), time.process_time()
files = write_large("teahouse", 0, folder / "large", customers=customers, chunk=chunk)
wall, cpu = time.perf_counter() - start[0], time.process_time() - start[1]
after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
unit = 1 if sys.platform == "darwin" else 1024
rows = sum(parquet.read_metadata(file).num_rows for file in files)
size = sum(file.stat().st_size for file in files)
print(json.dumps([rows, size, wall, cpu, before * unit, after * unit]))
"""


def main() -> int:
    parser = argparse.ArgumentParser(description="Time the chunked drawing of the teahouse.")
    parser.add_argument("--large", action="store_true", help="a million customers too")
    large = parser.parse_args().large
    if importlib.util.find_spec("pyarrow") is None:
        print('benchmarks/scale.py needs pyarrow. Install it: pip install "whobuys[large]"')
        return 1
    runs = [(100_000, chunk) for chunk in CHUNKS]
    runs += [(1_000_000, chunk) for chunk in CHUNKS] if large else []
    print(
        f"{'customers':>10} {'chunk':>7} {'rows':>12} {'MB file':>8} {'seconds':>8} {'CPU s':>7} "
        f"{'rows/s':>10} {'rows/CPU s':>10} {'peak MB':>8}   (peak: whole process, imports with it)"
    )
    for customers, chunk in runs:
        with tempfile.TemporaryDirectory() as folder:
            done = subprocess.run(
                [sys.executable, "-c", ONE, str(customers), str(chunk), folder],
                check=True,
                capture_output=True,
                text=True,
            )
        rows, size, wall, cpu, _, peak = json.loads(done.stdout)
        print(
            f"{customers:>10,} {chunk:>7,} {rows:>12,} {size / 1e6:>8,.0f} {wall:>8.1f} "
            f"{cpu:>7.1f} {rows / wall:>10,.0f} {rows / cpu:>10,.0f} {peak / 1e6:>8,.0f}",
            flush=True,
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
