"""CPU and wall time of one hand-in: our run against plain papermill on the same notebook.

    python3 start.py bench grading

Both run one at a time, interleaved. CPU counts every child process (worker and kernel).
"""

from __future__ import annotations

import json
import resource
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import papermill

from whobuys.course import Judge, load_key, unit_folder
from whobuys.course._units import CHECKOUT
from whobuys.grade._handins import HandIn, cells_of
from whobuys.grade._run import Limits, run_handin
from whobuys.grade.grading import judge_run
from whobuys.grade.report import graded_report
from whobuys.market import write_tables

UNIT = "05_rfm"
ROUNDS = 5


def spent() -> float:
    own, children = (
        resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    )
    return own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime


def measured(job: Callable[[], object]) -> tuple[float, float]:
    cpu, wall = spent(), time.perf_counter()
    job()
    return spent() - cpu, time.perf_counter() - wall


def main() -> None:
    exercise = load_key(unit_folder(UNIT) / "key.py")
    case = exercise.draw(1)
    template = json.loads((CHECKOUT / "exercises" / f"{UNIT}.ipynb").read_text(encoding="utf-8"))
    solution = CHECKOUT / "solutions" / f"{UNIT}.ipynb"
    cells = cells_of(json.loads(solution.read_text(encoding="utf-8")), template)
    handin = HandIn("bench", solution, "0" * 64, cells)
    state: dict[str, object] = {}

    def run() -> None:
        state["run"] = run_handin(cells, exercise, case, Limits())

    def judge() -> None:
        state["verdicts"] = judge_run(exercise, case, handin, state["run"], template)

    def report() -> None:
        graded_report(exercise, "Bench", handin, state["run"], state["verdicts"], "today")

    def plain() -> None:
        with tempfile.TemporaryDirectory() as folder:
            (Path(folder) / "data").mkdir()
            write_tables(case, Path(folder) / "data")
            papermill.execute_notebook(
                solution, Path(folder) / "out.ipynb", cwd=folder, progress_bar=False
            )

    jobs = {"plain papermill": plain, "our run": run, "judge": judge, "report": report}
    times: dict[str, list[tuple[float, float]]] = {name: [] for name in jobs}
    for _ in range(ROUNDS):
        for name, job in jobs.items():
            times[name].append(measured(job))
    middle = {n: tuple(map(statistics.median, zip(*t, strict=True))) for n, t in times.items()}
    base = middle["plain papermill"]
    print(f"{'':<18}{'CPU s':>8}{'wall s':>8}{'CPU ratio':>11}")
    for name, (cpu, wall) in middle.items():
        print(f"{name:<18}{cpu:>8.2f}{wall:>8.2f}{cpu / base[0]:>11.2f}")
    assert all(v.status == "passed" for v in state["verdicts"][:5])
    assert not Judge(exercise, case).recognises()


if __name__ == "__main__":
    main()
