"""What a whole grading run costs as the class grows, and what it says about 10,000 hand-ins.

    python3 start.py bench class_size
    .venv/bin/python benchmarks/class_size.py --sizes 20 40 80

Each class is released, every student hands in the worked solution, and `whobuys grade --fast` does
all it does: read, run, judge, store, report, class report. The line through the sizes is fitted by
least squares; the share of the spread that it explains tells how linear it is.
"""

from __future__ import annotations

import argparse
import json
import resource
import tempfile
import time
from pathlib import Path

import numpy as np

from whobuys.course._units import CHECKOUT
from whobuys.grade import Secret, Student, grade_folder, release
from whobuys.grade.release import HANDED_IN
from whobuys.sandbox._confine import probe

UNIT = "05_rfm"
LARGE = 10_000


def cpu() -> float:
    """Return the CPU seconds of this process and of all that it waited for."""
    kinds = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    return sum(one.ru_utime + one.ru_stime for one in map(resource.getrusage, kinds))


def measure(size: int) -> tuple[float, float]:
    """Grade a class of a size; return CPU and wall seconds."""
    solution = json.loads((CHECKOUT / "solutions" / f"{UNIT}.ipynb").read_text(encoding="utf-8"))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        secret = Secret.read_or_make(folder / "whobuys.secret")
        students = [Student(f"s{number:05}", f"Student {number}") for number in range(size)]
        record = release(UNIT, students, folder / "out", secret)
        for student in record.students:
            solution["metadata"]["whobuys"] |= {"student": student.id, "ticket": student.ticket}
            path = folder / "out" / HANDED_IN / student.id / f"{UNIT}.ipynb"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(solution), encoding="utf-8")
        used, started = cpu(), time.perf_counter()
        to = folder / "graded"
        result = grade_folder(
            *(UNIT, folder / "out" / HANDED_IN, to, secret, record),
            kernel="fast",
            trust=not probe().confined,
        )
        spent = cpu() - used, time.perf_counter() - started
        assert len(result.graded) == size
        assert (result.sheet["total"] == result.sheet["out_of"]).all()
        return spent


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", type=int, nargs="+", default=[10, 20, 40, 80])
    sizes = parser.parse_args().sizes
    costs = np.array([measure(size) for size in sizes])
    print(f"Confined by: {probe().name}.")
    print(f"{'hand-ins':>9}{'CPU s':>9}{'each':>8}{'wall s':>9}{'each':>8}")
    for size, (used, wall) in zip(sizes, costs, strict=True):
        print(f"{size:>9}{used:>9.1f}{used / size:>8.2f}{wall:>9.1f}{wall / size:>8.2f}")
    for name, values in zip(("CPU", "wall"), costs.T, strict=True):
        slope, start = np.polyfit(sizes, values, 1)
        explained = np.corrcoef(sizes, values)[0, 1] ** 2
        print(
            f"{name}: {start:.1f} s, and {slope:.3f} s a hand-in; the line explains "
            f"{100 * explained:.2f} % of the spread. {LARGE:,} hand-ins: "
            f"{(start + slope * LARGE) / 60:.0f} min."
        )


if __name__ == "__main__":
    main()
