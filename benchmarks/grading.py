"""CPU and wall time of one hand-in: cold papermill, warm kernels, `--fast`; side by side.

    python3 start.py bench grading                     all ways, 6 hand-ins each
    .venv/bin/python benchmarks/grading.py --handins 20 --trust
    .venv/bin/python benchmarks/grading.py --nbgrader VENV     also nbgrader, from that environment

Every way runs the same hand-ins, in turn, one after the other; what a way starts once (the fork
server, clients) is told apart. CPU is that of a control group where one can be made, else of all
processes that were waited for. `--trust` runs without confinement, to see what that costs.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import textwrap
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from whobuys.course import load_key, unit_folder
from whobuys.course._units import CHECKOUT
from whobuys.grade._handins import Cell, HandIn, cells_of
from whobuys.grade._run import RunResult, run_handin
from whobuys.grade.grading import judge_run
from whobuys.grade.release import ticket_json
from whobuys.grade.report import graded_report
from whobuys.market import Case, write_tables
from whobuys.sandbox._confine import Level, probe
from whobuys.sandbox.execute import Limits
from whobuys.sandbox.pool import Pool

UNIT = "05_rfm"
BIG_CLASS = 300


class Cpu:
    """Seconds of CPU used by this process and all it has started."""

    def __init__(self) -> None:
        self.group = self._own_group()
        self.how = f"control group {self.group}" if self.group else "rusage of ended processes"

    @staticmethod
    def _own_group() -> Path | None:
        for root in (Path("/sys/fs/cgroup/cpuacct"), Path("/sys/fs/cgroup")):
            group = root / f"whobuys-bench-{os.getpid()}"
            try:
                group.mkdir()
                (group / "cgroup.procs").write_text(str(os.getpid()))
            except OSError:
                with contextlib.suppress(OSError):
                    group.rmdir()
                continue
            return group
        return None

    def __call__(self) -> float:
        """Return the seconds used so far."""
        if self.group is None:
            kinds = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
            both = [resource.getrusage(kind) for kind in kinds]
            return sum(each.ru_utime + each.ru_stime for each in both)
        if (file := self.group / "cpuacct.usage").exists():
            return int(file.read_text()) / 1e9
        first = (self.group / "cpu.stat").read_text().split("\n", 1)[0]
        return int(first.split()[1]) / 1e6

    def leave(self) -> None:
        """Take the group down."""
        if self.group is not None:
            with contextlib.suppress(OSError):
                (self.group.parent / "cgroup.procs").write_text(str(os.getpid()))
                self.group.rmdir()


@dataclass
class Way:
    """One way to run hand-ins, and what each cost: CPU and wall seconds."""

    name: str
    run: Callable[[list[Case]], list[RunResult]]
    at_once: int = 1
    once: float = 0.0
    costs: list[tuple[float, float]] = field(default_factory=list)


def plain_papermill(case: Case, notebook: Path, ticket: str) -> None:
    """Run one notebook by the command line of papermill: a process and a cold kernel."""
    with tempfile.TemporaryDirectory() as folder:
        write_tables(case, Path(folder) / "data")
        (Path(folder) / "exercise.json").write_text(ticket, encoding="utf-8")
        papermill = str(Path(sys.executable).with_name("papermill"))
        command = [papermill, str(notebook), "out.ipynb", "--no-progress-bar"]
        subprocess.run(command, cwd=folder, check=True, capture_output=True)


@contextlib.contextmanager
def nbgrader(venv: Path, count: int) -> Iterator[Callable[[int], None]]:
    """Set up the assignment in nbgrader; yield what grades one student, with feedback."""
    solution = json.loads((CHECKOUT / "solutions" / f"{UNIT}.ipynb").read_text(encoding="utf-8"))
    for number, cell in enumerate(solution["cells"]):
        graded = cell["id"].endswith("-check") and cell["cell_type"] == "code"
        if graded:
            text = "".join(cell["source"]).partition("(")[2].rpartition(")")[0]
            cell["source"] = [f"assert {text} is not None"]
        about = {"schema_version": 3, "grade": graded, "locked": graded, "solution": False}
        about |= {"grade_id": f"cell-{number}", "task": False}
        cell["metadata"] = {"nbgrader": about | ({"points": 4} if graded else {})}
        cell.pop("outputs", None)
        if cell["cell_type"] == "code":
            cell |= {"outputs": [], "execution_count": None}
    with tempfile.TemporaryDirectory() as name:
        course = Path(name)
        case = load_key(unit_folder(UNIT) / "key.py").draw(1)
        config = "c = get_config()\nc.CourseDirectory.course_id = 'bench'\n"
        (course / "nbgrader_config.py").write_text(config, encoding="utf-8")
        (course / "source" / UNIT).mkdir(parents=True)
        path = course / "source" / UNIT / f"{UNIT}.ipynb"
        path.write_text(json.dumps(solution), encoding="utf-8")
        surroundings = os.environ | {"PATH": f"{venv / 'bin'}{os.pathsep}{os.environ['PATH']}"}
        surroundings["PYTHONPATH"] = str(CHECKOUT / "toolkit")

        def call(*words: str) -> None:
            command = [str(venv / "bin" / "nbgrader"), *words]
            subprocess.run(command, cwd=course, env=surroundings, check=True, capture_output=True)

        call("generate_assignment", UNIT)
        for student in range(count):
            handed = course / "submitted" / f"s{student}" / UNIT
            shutil.copytree(course / "release" / UNIT, handed)
            write_tables(case, handed / "data")

        def grade(student: int) -> None:
            call("autograde", UNIT, "--student", f"s{student}")
            call("generate_feedback", UNIT, "--student", f"s{student}")

        yield grade


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--handins", type=int, default=6, help="hand-ins for each way")
    parser.add_argument("--trust", action="store_true", help="run without confinement")
    parser.add_argument("--nbgrader", type=Path, help="a virtual environment with nbgrader in it")
    parser.add_argument("--without-plain", action="store_true", help="leave papermill's own out")
    wanted = parser.parse_args()
    level = Level() if wanted.trust else probe()
    exercise = load_key(unit_folder(UNIT) / "key.py")
    template = json.loads((CHECKOUT / "exercises" / f"{UNIT}.ipynb").read_text(encoding="utf-8"))
    path = CHECKOUT / "solutions" / f"{UNIT}.ipynb"
    cells: tuple[Cell, ...] = cells_of(json.loads(path.read_text(encoding="utf-8")), template)
    cases = [exercise.draw(seed) for seed in range(1, wanted.handins + 1)]
    handin = HandIn("bench", path, "0" * 64, cells)
    cpu = Cpu()

    def ours(kind: str | None, at_once: int) -> Callable[[list[Case]], list[RunResult]]:
        """Run hand-ins in a pool of this kind, or, without one, each in a process of its own."""
        pool = stack.enter_context(Pool(kind)) if kind else None

        def one(case: Case) -> RunResult:
            run = run_handin(cells, exercise, case, Limits(), pool=pool, level=level)
            assert not run.problem, run.problem
            assert not run.failures, run.failures
            assert run.kernel == (kind or "cold"), (run.kernel, kind)
            return run

        def several(some: list[Case]) -> list[RunResult]:
            with ThreadPoolExecutor(at_once) as threads:
                return list(threads.map(one, some))

        return several

    def measured(job: Callable[[], object]) -> tuple[float, float]:
        used, started = cpu(), time.perf_counter()
        job()
        return cpu() - used, time.perf_counter() - started

    try:
        with contextlib.ExitStack() as stack:
            ways = [
                Way("cold papermill, a process each", ours(None, 1)),
                Way("cold kernels, one client", ours("cold", 1)),
                Way("warm, 1 worker", ours("warm", 1)),
                Way("warm, 2 workers", ours("warm", 2), 2),
                Way("--fast, 1 worker", ours("fast", 1)),
                Way("--fast, 2 workers", ours("fast", 2), 2),
            ]
            plain = Way("papermill's own command", lambda some: [])
            if not wanted.without_plain:
                ticket = ticket_json(exercise, "none", cases[0])
                plain.run = lambda some: [plain_papermill(c, path, ticket) for c in some] and []
                ways.insert(0, plain)
            if wanted.nbgrader:
                grade = stack.enter_context(nbgrader(wanted.nbgrader, wanted.handins + 1))
                students = iter(range(wanted.handins + 1))
                way = Way("nbgrader autograde + feedback", lambda some: [])
                way.run = lambda some: [grade(next(students)) for _ in some] and []
                ways.append(way)
            for way in ways:
                way.once = measured(lambda way=way: way.run([cases[0]] * way.at_once))[0]
            runs: dict[str, list[RunResult]] = {way.name: [] for way in ways}
            for start in range(0, wanted.handins, 2):
                some = cases[start : start + 2]
                for way in ways:

                    def job(way: Way = way, some: list[Case] = some) -> None:
                        runs[way.name] += way.run(some)

                    used, wall = measured(job)
                    way.costs += [(used / len(some), wall / len(some))] * len(some)
        after = []
        for case, run in zip(cases, runs["--fast, 2 workers"], strict=True):

            def judge(case: Case = case, run: RunResult = run) -> None:
                verdicts = judge_run(exercise, case, handin, run, template)
                assert all(v.status == "passed" for v in verdicts[:5])
                graded_report(exercise, "Bench", handin, run, verdicts, "today")

            after.append(measured(judge))
        drawing = [measured(lambda seed=seed: exercise.draw(seed)) for seed in range(1, 4)]
    finally:
        cpu.leave()
    say(ways, after, drawing, cpu.how, level.name)


def say(
    ways: list[Way],
    after: list[tuple[float, float]],
    drawing: list[tuple[float, float]],
    how: str,
    level: str,
) -> None:
    """Print the table."""
    middle = {way.name: tuple(map(statistics.median, zip(*way.costs, strict=True))) for way in ways}
    base = middle["cold papermill, a process each"]
    grader = sum(statistics.median(cpu for cpu, _ in each) for each in (after, drawing))
    print(f"CPU by {how}; confined by: {level}; {len(ways[0].costs)} hand-ins a way, medians.")
    print(f"{'':<32}{'CPU s':>7}{'x less':>8}{'wall s':>8}{'once':>7}{BIG_CLASS:>7} hand-ins")
    for way in ways:
        cpu, wall = middle[way.name]
        whole = way.once + BIG_CLASS * wall
        print(
            f"{way.name:<32}{cpu:>7.2f}{base[0] / cpu:>8.1f}{wall:>8.2f}{way.once:>7.1f}"
            f"{whole / 60:>7.1f} min"
        )
    print(
        textwrap.dedent(f"""
        once: CPU of the first hand-in, with all that is started once. The 300 are projected from
        the wall time. All rows hold writing the student's tables and reading the notebook back.
        Besides, for each hand-in whatever the way: drawing the case, judging, the report: \
{grader:.2f} CPU s.""")
    )


if __name__ == "__main__":
    main()
