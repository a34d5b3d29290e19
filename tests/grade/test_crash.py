"""Killed, cut off, out of space: a second run completes, and the gradebook is as if undisturbed."""

from __future__ import annotations

import contextlib
import datetime as dt
import errno
import functools
import math
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from whobuys._errors import InstructorError
from whobuys.cli.demo import SAMPLES, UNIT
from whobuys.course import load_key, unit_folder
from whobuys.grade import (
    Gradebook,
    GradingResult,
    Secret,
    class_report,
    grade_folder,
    read_roster,
    release,
)
from whobuys.grade import grading as grading_module
from whobuys.grade._handins import HandIn
from whobuys.grade.release import Release, case_of
from whobuys.pages import files
from whobuys.sandbox import runner
from whobuys.sandbox.execute import Limits, Ran

SECRET = "the same cases on every run of the tests"  # noqa: S105 - no secret
STUDENTS = ("ana", "bo", "cai", "ines")
CRASHES = int(os.environ.get("WHOBUYS_CRASHES", "6"))
GRADE = """
import sys
from pathlib import Path
from whobuys.grade import Secret, grade_folder
from whobuys.sandbox.execute import Limits
from whobuys.grade.release import Release, case_of

folder, to = map(Path, sys.argv[1:3])
record = Release.read(folder / "release.json")
grade_folder("05_rfm", folder / "handed_in", to, Secret(sys.argv[3]), record, Limits(20, 60))
"""


@pytest.fixture(scope="module")
def released(tmp_path_factory) -> Path:
    """Release to four students, two of whom hand in wrong work and one a broken file."""
    folder = tmp_path_factory.mktemp("crash")
    roster = (SAMPLES / "roster.csv").read_text(encoding="utf-8").splitlines(keepends=True)
    kept = [line for line in roster[1:] if line.split(",")[0] in STUDENTS]
    (folder / "roster.csv").write_text("".join([roster[0], *kept]), encoding="utf-8")
    record = release(UNIT, read_roster(folder / "roster.csv"), folder / "out", Secret(SECRET))
    into = folder / "out" / "handed_in"
    for student in record.students:
        (into / student.id).mkdir(parents=True)
        shutil.copy(SAMPLES / f"{student.id}.ipynb", into / student.id / f"{UNIT}.ipynb")
    return folder / "out"


def start(released: Path, to: Path) -> subprocess.Popen[bytes]:
    run = [sys.executable, "-c", GRADE, str(released), str(to), SECRET]
    log = (to.parent / f"{to.name}.log").open("wb")
    with log:
        return subprocess.Popen(
            run, stdout=subprocess.DEVNULL, stderr=log, start_new_session=True, env=environment()
        )


def environment() -> dict[str, str]:
    return os.environ | {"OMP_NUM_THREADS": "1"}


def said(to: Path) -> str:
    return (to.parent / f"{to.name}.log").read_text(encoding="utf-8")


def outcome(to: Path) -> dict[str, object]:
    """All that a run leaves, but for the times."""
    book = Gradebook(to / "gradebook.sqlite", must_exist=True)
    try:
        marks = book.marks(UNIT).sort_values(["student", "question"]).to_dict("records")
        sheet, prints = book.sheet(UNIT).to_csv(), book.fingerprints(UNIT)
    finally:
        book.close()
    names = sorted(str(p.relative_to(to)) for p in to.rglob("*") if p.is_file())
    reports = {p.name: p.read_bytes() for p in sorted((to / "reports").glob("*.html"))}
    return {
        **{"marks": marks, "sheet": sheet, "prints": prints, "files": names},
        **{"reports": reports, "csv": (to / "marks.csv").read_bytes()},
        "class": re.sub(rb'id="[^"]*"', b"", (to / "class_report.html").read_bytes()),
    }


@pytest.fixture(scope="module")
def undisturbed(released, tmp_path_factory) -> tuple[dict[str, object], float]:
    to = tmp_path_factory.mktemp("quiet") / "graded"
    started = time.monotonic()
    assert start(released, to).wait(600) == 0, said(to)
    return outcome(to), time.monotonic() - started


def family(pid: int) -> list[int]:
    """Return a process and all it has started, by the kernel's own list."""
    found, new = [pid], [pid]
    while new:
        parents, new = new, []
        for parent in parents:
            try:
                listed = Path(f"/proc/{parent}/task/{parent}/children").read_text()
            except OSError:
                continue
            new += [int(child) for child in listed.split()]
        found += new
    return found


def left_behind(mark: str) -> list[str]:
    """Return the command lines of processes that still name this run's folder."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                line = (entry / "cmdline").read_bytes() + (entry / "environ").read_bytes()
            except OSError:
                continue
            if mark.encode() in line:
                found.append(line[:200].decode(errors="replace"))
    return found


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc to choose whom to kill")
@pytest.mark.parametrize("moment", range(CRASHES))
def test_kill_any_process_at_any_moment(released, undisturbed, moment, tmp_path) -> None:
    right, seconds = undisturbed
    dice = random.Random(moment)  # noqa: S311 - a moment and a process, not a secret
    to = tmp_path / "graded"
    running = start(released, to)
    time.sleep(dice.uniform(0.02, seconds * 0.9))
    victims = family(running.pid)
    victim = running.pid if moment % 2 else dice.choice(victims)
    with contextlib.suppress(ProcessLookupError):
        os.kill(victim, signal.SIGKILL)
    running.wait(600)
    for _ in range(3):
        if start(released, to).wait(600) == 0:
            break
    else:
        pytest.fail(said(to))
    assert outcome(to) == right
    deadline = time.monotonic() + 20
    while (left := left_behind(str(to))) and time.monotonic() < deadline:
        time.sleep(0.2)
    assert left == []


def in_process(released: Path, to: Path, folder: Path | None = None) -> GradingResult:
    record = Release.read(released / "release.json")
    folder = folder or released / "handed_in"
    given = (UNIT, folder, to, Secret(SECRET), record, Limits(20, 60))
    return grade_folder(*given, jobs=1, trust=True)


class NoMachine:
    """Gives every notebook back empty."""

    slots = 1

    def __init__(self, kernel):
        pass

    def run(self, name, order, stop):
        return Ran({"cells": []})

    def close(self):
        pass


@functools.cache
def drawn(exercise: object, secret: Secret, student: str, attempt: int):
    return case_of(load_key(unit_folder(UNIT) / "key.py"), secret, student, attempt)


@pytest.fixture
def no_kernels(monkeypatch):
    """Nothing is run, and a case drawn once: what is tested is what is written."""
    monkeypatch.setattr(
        *(grading_module, "case_of", lambda key, *student: drawn(UNIT, *student)),
    )
    monkeypatch.setattr(runner, "ThisMachine", NoMachine)
    monkeypatch.setattr(
        class_report,
        "write_class_report",
        lambda book, unit, to, left=(): grading_module.write_text(to, "the class"),
    )


@pytest.mark.parametrize("at", range(6))
def test_a_full_disk_at_any_file(released, no_kernels, monkeypatch, tmp_path, at) -> None:
    in_process(released, tmp_path / "quiet")
    right = outcome(tmp_path / "quiet")
    written, replace = 0, Path.replace

    def full(self: Path, target: Path) -> Path:
        nonlocal written
        written += 1
        if written == at + 1:
            raise OSError(errno.ENOSPC, "No space left on device")
        return replace(self, target)

    to = tmp_path / "graded"
    with monkeypatch.context() as while_full:
        while_full.setattr(files.Path, "replace", full)
        with contextlib.suppress(InstructorError, OSError):
            in_process(released, to)
    assert written > at
    assert not list(to.rglob(".writing-*"))
    in_process(released, to)
    assert outcome(to) == right


@pytest.mark.parametrize("at", range(6))
def test_the_power_goes_between_report_and_gradebook(
    released, no_kernels, monkeypatch, tmp_path, at
) -> None:
    in_process(released, tmp_path / "quiet")
    right = outcome(tmp_path / "quiet")
    stored, store = 0, Gradebook.store

    class PowerCut(BaseException):
        pass

    def cut(self, *given, **more):
        nonlocal stored
        stored += 1
        if stored == at // 2 + 1:
            if at % 2:
                store(self, *given, **more)
            raise PowerCut
        return store(self, *given, **more)

    monkeypatch.setattr(Gradebook, "store", cut)
    with pytest.raises(PowerCut):
        in_process(released, tmp_path / "graded")
    in_process(released, tmp_path / "graded")
    assert outcome(tmp_path / "graded") == right


def test_an_output_folder_that_cannot_be_used(released, no_kernels, tmp_path) -> None:
    (tmp_path / "graded").write_text("a file")
    with pytest.raises((InstructorError, OSError)) as refused:
        in_process(released, tmp_path / "graded")
    assert "graded" in str(refused.value)
    assert (tmp_path / "graded").read_text() == "a file"


# what the machine does is nobody's mark ----------------------------------------------------------


def test_a_run_that_the_machine_lost_is_not_final(
    released, no_kernels, monkeypatch, tmp_path
) -> None:
    in_process(released, tmp_path / "quiet")
    to, said = tmp_path / "graded", " (the runner ended with code -9: no message)"

    def lose(self, name, order, stop):
        return Ran(said=said, lost=True) if name == "bo" else Ran({"cells": []})

    with monkeypatch.context() as once:
        once.setattr(NoMachine, "run", lose)
        first = in_process(released, to)
        again = in_process(released, to)
    for result in (first, again):  # the others are graded, and only that one is tried again
        assert result.lost == ("bo",)
        row = result.sheet.set_index("student").loc["bo"]
        assert row["state"] == "not graded yet"
        assert row["notes"].endswith("the computer lost the run. Run the same command again.")
        assert math.isnan(row["total"])
    assert set(first.graded) == set(STUDENTS)
    assert again.graded == ("bo",)
    report = (to / "reports" / "bo.html").read_text(encoding="utf-8")
    assert "Not graded yet: the computer lost the run of this notebook (the runner" in report
    assert "<p class='score'>Not graded yet</p>" in report
    assert "</strong> of" not in report
    last = in_process(released, to)
    assert (last.graded, last.lost) == (("bo",), ())
    assert outcome(to) == outcome(tmp_path / "quiet")


def test_a_lost_run_takes_no_mark_that_is_there_for_the_same_file(
    released, no_kernels, monkeypatch, tmp_path
) -> None:
    in_process(released, tmp_path / "graded")
    right = outcome(tmp_path / "graded")
    (tmp_path / "graded" / "reports" / "bo.html").unlink()
    with monkeypatch.context() as once:
        once.setattr(NoMachine, "run", lambda *given: Ran(said=" (gone)", lost=True))
        assert in_process(released, tmp_path / "graded").lost == ("bo",)
    assert outcome(tmp_path / "graded")["marks"] == right["marks"]
    in_process(released, tmp_path / "graded")
    assert outcome(tmp_path / "graded") == right


SPACE, FEWER = "Make room there, see that it can be written", "--jobs 1"


@pytest.mark.parametrize(
    ("at", "what", "mend"),
    [
        *((place, "ENOSPC", SPACE) for place in ("case_of", "judge_run", "graded_report")),
        *(("run", what, SPACE) for what in ("ENOSPC", "EDQUOT", "EROFS", "EIO")),
        *(("run", what, FEWER) for what in ("EMFILE", "ENFILE", "ENOMEM", "EAGAIN")),
        *(("write_text", what, SPACE) for what in ("ENOSPC", "EROFS", "EACCES")),
    ],
)
def test_what_the_machine_runs_out_of_stops_the_run_and_costs_nobody(
    released, no_kernels, monkeypatch, tmp_path, at, what, mend
) -> None:
    to, number = tmp_path / "graded", getattr(errno, what)
    in_process(released, to)
    before = outcome(to)
    (to / "reports" / "bo.html").unlink()

    def fail(*given, **more):
        raise OSError(number, os.strerror(number))

    with monkeypatch.context() as broken:
        broken.setattr(*((NoMachine, at, fail) if at == "run" else (grading_module, at, fail)))
        with pytest.raises(InstructorError) as stopped:
            in_process(released, to)
    place = to if at == "write_text" else tempfile.gettempdir()
    for words in (os.strerror(number), mend, "run the same command again"):
        assert words in str(stopped.value)
    assert (f"folder, {place})" in str(stopped.value)) is (number not in grading_module.TAKEN)
    assert not (to / "reports" / "bo.html").exists()
    in_process(released, to)
    assert outcome(to) == before


def test_other_errors_of_the_system_stay_with_one_student(
    released, no_kernels, monkeypatch, tmp_path
) -> None:
    def gone(*given, **more):
        raise FileNotFoundError(errno.ENOENT, "No such file", "client-x")

    with monkeypatch.context() as broken:
        broken.setattr(grading_module, "judge_run", gone)
        states = in_process(released, tmp_path / "one").sheet["state"]
        assert set(states) == {"could not be graded"}
    monkeypatch.setattr(NoMachine, "run", gone)  # no hand-in can do that: it is not final
    result = in_process(released, tmp_path / "two")
    assert set(result.lost) == set(STUDENTS) - {"ines"}  # hers cannot be read, and is not run


def test_with_the_hand_in_the_report_goes(released, no_kernels, tmp_path) -> None:
    to, folder = tmp_path / "graded", tmp_path / "handed_in"
    shutil.copytree(released / "handed_in", folder)
    in_process(released, to, folder)
    for name in ("bo.pdf", "cai.pdf", "bo.html.txt"):
        (to / "reports" / name).write_text("x")
    shutil.rmtree(folder / "bo")
    assert in_process(released, to, folder).gone == ("bo",)
    left = {path.name for path in (to / "reports").iterdir()}
    assert left == {"ana.html", "cai.html", "ines.html", "cai.pdf", "bo.html.txt"}


@pytest.mark.parametrize(
    ("changed", "known"),
    [
        (lambda: dt.datetime(2026, 1, 2, tzinfo=dt.UTC).timestamp(), True),
        (lambda: time.time() + 3_600, True),
        (lambda: time.time() + 90_000, False),
        (lambda: 400_000_000_000, False),  # the year 14645: some file systems hold it
        (lambda: 0, False),
    ],
)
def test_a_time_that_cannot_be_is_none(changed, known) -> None:
    handin = HandIn("ana", Path("x.ipynb"), "d" * 64, changed_ns=int(changed() * 1e9))
    assert ("ana" in grading_module._times({"ana": handin})) == known
