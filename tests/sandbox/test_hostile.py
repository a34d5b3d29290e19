"""Every hostile hand-in gets its stated mark, sees no secret, touches nothing, and ends."""

from __future__ import annotations

import contextlib
import difflib
import json
import os
import re
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from tests.submissions.hostile import make as hostile
from tests.submissions.make import SAMPLES, contents
from whobuys.course import Judge, load_key, unit_folder
from whobuys.course._units import CHECKOUT
from whobuys.grade import Secret, Student, grade_folder, grading, release
from whobuys.grade._handins import read_folder
from whobuys.grade._run import RunResult, run_handin
from whobuys.grade.report import graded_report
from whobuys.market import market
from whobuys.sandbox import execute as run_module
from whobuys.sandbox._confine import Level, candidates, probe, works
from whobuys.sandbox.execute import Limits
from whobuys.sandbox.pool import Pool

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="confinement is for Linux"),
]
UNIT = "05_rfm"
LIMITS = Limits(cell_seconds=4, total_seconds=60)
PATIENT = Limits(cell_seconds=10, total_seconds=90)  # for honest ones on a busy machine
MB = 2**20
CANARY = "somebody else's"
#: What no page may hold, whatever a hand-in writes; text that shows it escaped is no harm.
LIVE = re.compile(
    r"<(script|iframe|object|embed|form|input|base|link|meta)|<[^>]*\son\w+\s*=|"
    r"<[^>]*\shref\s*=\s*.?\s*(javascript|data|file|vbscript):|"
    r"<[^>]*\ssrc\s*=\s*['\"]?\s*(?!data:image/)\w|\x1b",
    re.IGNORECASE,
)
ALL = {one.name: one for one in hostile.corpus()}
#: Those tried at the lower level too, where there are no namespaces.
REACH = [name for name in ALL if "REACHED" in ALL[name].make({}).decode(errors="replace")]


@dataclass
class World:
    """What must stay untouched outside, and who listens there."""

    folder: Path
    tcp: socket.socket
    udp: socket.socket
    doors: list[socket.socket]
    sibling: subprocess.Popen[bytes]

    @property
    def surroundings(self) -> dict[str, object]:
        return {
            "FOLDER": self.folder,
            "TCP": self.tcp.getsockname()[1],
            "UDP": self.udp.getsockname()[1],
            "PID": self.sibling.pid,
            "COURSE": CHECKOUT,
        }

    def look(self) -> dict[str, object]:
        """Describe everything that a hand-in must not change."""
        import pandas

        import whobuys

        files = [self.folder, *self.folder.iterdir(), Path(pandas.__file__)]
        files += [Path(whobuys.__file__), unit_folder(UNIT) / "key.py"]
        about = {path: path.stat() for path in sorted(files)}
        told = {path: (s.st_mode, s.st_uid, s.st_size, s.st_mtime_ns) for path, s in about.items()}
        return {
            "files": told,
            "canary": (self.folder / "canary").read_text(),
            "visits": self.visits,
        }

    @property
    def visits(self) -> list[str]:
        came = []
        for one in (self.tcp, self.udp, *self.doors):
            with contextlib.suppress(BlockingIOError):
                came.append(str(one.recv(100) if one is self.udp else one.accept()))
        state = Path(f"/proc/{self.sibling.pid}/stat").read_text().rpartition(")")[2].split()[0]
        return [*came, *([] if state == "S" else [f"the sibling is {state}"])]


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    os.environ["WHOBUYS_CANARY"] = CANARY
    with tempfile.TemporaryDirectory(prefix="canary-") as name, contextlib.ExitStack() as stack:
        folder = Path(name)
        folder.chmod(0o777)
        (folder / "canary").write_text(CANARY)
        (folder / "canary").chmod(0o666)
        tcp, udp = socket.socket(), socket.socket(type=socket.SOCK_DGRAM)
        doors = [socket.socket(socket.AF_UNIX) for _ in range(2)]
        tcp.bind(("127.0.0.1", 0))
        udp.bind(("127.0.0.1", 0))
        doors[0].bind(str(folder / "door"))
        doors[1].bind(f"\0whobuys-{tcp.getsockname()[1]}")
        (folder / "door").chmod(0o777)
        for one in (tcp, udp, *doors):
            stack.enter_context(one)
            one.setblocking(False)
            if one is not udp:
                one.listen()
        script = "import time; time.sleep(3600)"
        sibling = subprocess.Popen([sys.executable, "-Sc", script, CANARY], env={"X": CANARY})
        time.sleep(0.5)
        yield World(folder, tcp, udp, doors, sibling)
        sibling.kill()
        sibling.wait()
    del os.environ["WHOBUYS_CANARY"]


@pytest.fixture(scope="module")
def pool() -> Iterator[Pool]:
    with Pool("warm") as running:
        yield running


@pytest.fixture(scope="module")
def own_case():
    """Return the exercise, a case, a release of it and the released notebook."""
    return load_key(unit_folder(UNIT) / "key.py"), market("teahouse", 7)


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Allow little, so that an attack soon meets its limit; run none where nothing confines it."""
    if not probe().confined:
        pytest.skip("nothing can confine a hand-in here")
    plain = run_module.policy_of

    def policy_of(room: Path):
        return replace(plain(room), memory=1500 * MB, disk=128 * MB, processes=64)

    monkeypatch.setattr(run_module, "policy_of", policy_of)


@pytest.fixture
def graded(own_case, released, world, tmp_path, pool):
    """Return a function that grades one hand-in: points, statuses, report."""
    exercise, case = own_case
    template = json.loads((CHECKOUT / "exercises" / f"{UNIT}.ipynb").read_text(encoding="utf-8"))

    def grade(one: hostile.Hostile, level: Level, kernels: Pool | None):
        target = tmp_path / "ana" / one.file
        target.parent.mkdir()
        target.write_bytes(one.make(world.surroundings))
        record = released_record(released)
        handin = read_folder(tmp_path, record, template).handins["ana"]
        run = RunResult()
        if not handin.problem:
            run = run_handin(handin.cells, exercise, case, LIMITS, pool=kernels, level=level)
        verdicts = grading.judge_run(exercise, case, handin, run, template)
        report = graded_report(exercise, "Ana", handin, run, verdicts, "today")
        points = tuple(v.earned for v in verdicts if v.question != "q6")
        return points, report, run

    return grade


def released_record(folder: Path):
    from whobuys.grade import Release

    return Release.read(folder / "release.json")


def check(one: hostile.Hostile, graded, world: World, level: Level, pool: Pool | None) -> None:
    before, started = world.look(), time.monotonic()
    points, report, run = graded(one, level, pool)
    shown = [out for cell in run.cells for out in cell.get("outputs", [])]
    output = str([out for out in shown if out["output_type"] != "error"])
    assert run.problem == ""
    answers = {question: answer.about for question, answer in run.answers.items()}
    assert points == one.gets, (run.failures, answers)
    assert one.says in report
    assert "REACHED" not in output
    live = LIVE.search(report.partition("</head>")[2])
    assert live is None, live
    assert CANARY not in output
    assert world.look() == before
    assert time.monotonic() - started < LIMITS.total_seconds + 60
    assert len(report) < 12_000_000
    assert leftovers() == []


def leftovers() -> list[str]:
    """Look for what a hand-in has started and nobody has ended."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            words = (entry / "cmdline").read_bytes()
            if b"time.sleep(986)" in words and b"Z" not in (entry / "stat").read_bytes()[:60]:
                found.append(words.decode(errors="replace"))
    return found


@pytest.mark.parametrize("name", ALL)
def test_each_gets_what_it_must(name: str, graded, world, pool) -> None:
    check(ALL[name], graded, world, probe(), pool)


@pytest.mark.parametrize("name", REACH)
def test_what_is_stopped_without_namespaces(name: str, graded, world, pool) -> None:
    level = [level for level in candidates() if not level.apart]
    if not level:
        pytest.skip("no Landlock here")
    check(ALL[name], graded, world, level[0], pool)


def test_without_landlock_no_link_is_put_where_the_runner_looks(graded, world, pool) -> None:
    levels = [level for level in candidates() if level.apart and not level.landlock]
    level = next((level for level in levels if works(level)), None)
    if level is None:
        pytest.skip("no namespaces here")
    check(ALL["sockets_swapped"], graded, world, level, pool)


def test_the_corpus_is_large_enough() -> None:
    assert sum(not one.honest for one in ALL.values()) >= 60
    assert sum(one.honest for one in ALL.values()) >= 15


def test_odd_files_in_the_folder_stop_nothing(released, tmp_path) -> None:
    template = json.loads((CHECKOUT / "exercises" / f"{UNIT}.ipynb").read_text(encoding="utf-8"))
    hostile.write_odd_files(tmp_path / "bo")
    (tmp_path / "ana").mkdir()
    (tmp_path / "ana" / "x.ipynb").write_bytes(ALL["no_ids"].make({}))
    found = read_folder(tmp_path, released_record(released), template)
    assert found.handins["ana"].problem == ""
    assert "bo" not in found.handins or found.handins["bo"].path.name == "unreadable.ipynb"


def changed(one: str, other: str) -> list[str]:
    """Return the lines by which two pages differ."""
    if one == other:
        return []
    lines = difflib.unified_diff(one.splitlines(), other.splitlines(), n=0, lineterm="")
    return [line[:300] for line in lines]


def test_honest_students_get_the_same_among_hostile_ones(world, tmp_path, monkeypatch) -> None:
    """Marks and reports, to the byte; 12 honest ones, 200 if `WHOBUYS_HONEST` says so."""
    count = int(os.environ.get("WHOBUYS_HONEST", "12"))
    good = [
        text for path, text in contents().items() if path.stem in SAMPLES and path.stem != "jun"
    ]
    honest = [f"h{number:03}" for number in range(count)]
    bad = [f"x{number:03}" for number in range(len(ALL))]
    secret = Secret("7e" * 32)
    monkeypatch.setattr(Judge, "recognises", lambda judge: [])  # any case will do, and soon
    students = [Student(id, id) for id in (*honest, *bad)]
    record = release(UNIT, students, tmp_path / "out", secret)

    def grade(where: str, with_bad: bool) -> tuple[dict[str, str], str]:
        folder = tmp_path / where / "in"
        for number, id in enumerate(honest):
            path = folder / id / f"{UNIT}.ipynb"
            path.parent.mkdir(parents=True)
            path.write_text(good[number % len(good)], encoding="utf-8")
        if with_bad:
            hostile.write_all(folder, world.surroundings)
            hostile.write_odd_files(folder / "odd")
        graded = grade_folder(UNIT, folder, tmp_path / where / "to", secret, record, PATIENT)
        whole = graded.sheet.set_index("student")
        sheet = whole.loc[honest].drop(columns="handed_in").to_csv()
        if with_bad:
            got = {id: tuple(whole.loc[id, ["q1", "q2", "q3", "q4", "q5"]]) for id in bad}
            assert got == dict(zip(bad, [one.gets for one in ALL.values()], strict=True))
        reports = {
            id: (graded.to / "reports" / f"{id}.html").read_text(encoding="utf-8") for id in honest
        }
        return reports, sheet

    alone = grade("alone", with_bad=False)
    before = world.look()
    among = grade("among", with_bad=True)
    assert among[1] == alone[1]
    assert [line for id in honest for line in changed(alone[0][id], among[0][id])] == []
    assert world.look() == before
