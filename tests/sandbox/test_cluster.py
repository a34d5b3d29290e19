"""The same run on a Dask cluster of two processes, one of which is killed in the middle."""

from __future__ import annotations

import io
import os
import re
import shutil
import signal
import sys
import threading
import time
import zipfile
from types import SimpleNamespace

import pytest

from whobuys._errors import InstructorError
from whobuys.course import load_key, unit_folder
from whobuys.grade import Secret, Student, grade_folder, release
from whobuys.grade._handins import Cell
from whobuys.grade._run import order_of, result_of
from whobuys.market import market
from whobuys.sandbox.cluster import Cluster, pack, run_parcel, unpack
from whobuys.sandbox.execute import Limits, Ran, execute

distributed = pytest.importorskip("distributed")
UNIT = "05_rfm"
LIMITS = Limits(30, 90)
CLASS = [Student(f"s{number}", f"Student {number}") for number in range(5)]
SECRET = Secret("0123456789abcdef" * 2)
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals")


@pytest.fixture(scope="module")
def exercise():
    return load_key(unit_folder(UNIT) / "key.py")


@pytest.fixture(scope="module")
def case():
    return market("teahouse", 7)


@pytest.fixture(scope="module")
def address():
    """A scheduler and two workers, each a process of its own."""
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None
    ) as cluster:
        yield cluster.scheduler_address


def order(exercise, case, *code):
    cells = [Cell(f"c{number}", "code", line) for number, line in enumerate(code)]
    return order_of(cells, exercise, case, LIMITS)


def shown(ran: Ran) -> str:
    assert ran.executed is not None, ran.said
    return "".join(o.get("text", "") for c in ran.executed["cells"] for o in c.get("outputs", []))


def test_a_parcel_holds_what_a_run_is_given_and_no_more(exercise, case, tmp_path):
    parcel = pack(order(exercise, case, "1"), "cold", trust=False)
    with zipfile.ZipFile(io.BytesIO(parcel)) as opened:
        names = set(opened.namelist())
        text = b"".join(opened.read(name) for name in names).decode("utf-8", "replace")
    assert {"about.json", "notebook.ipynb", "files/data/transactions.csv"} <= names
    for question in exercise.questions.values():
        for mistake in question.mistakes:
            assert mistake.words[:30] not in text
    assert SECRET.text not in text


@pytest.mark.slow
def test_a_run_from_bytes_is_the_run(exercise, case):
    work = order(exercise, case, "print(6 * 7)", "1 / 0")
    here = execute(work, threading.Event())
    there = unpack(run_parcel(pack(work, "cold", trust=True)))
    assert shown(there) == shown(here) == "42\n"
    assert there.confined == here.confined
    assert result_of(there, exercise).failures == result_of(here, exercise).failures


def test_what_comes_back_is_checked(monkeypatch):
    from whobuys.sandbox import cluster as _cluster

    sent = _cluster._sent(Ran({"cells": "none", "nbformat": 4, "nbformat_minor": 5}, "", "cold"))
    assert unpack(sent).executed is None
    monkeypatch.setattr(_cluster, "LARGEST_RESULT", 10)
    assert unpack(sent).said == " (it left too much)"


def test_a_node_that_confines_nothing_runs_nothing(exercise, case, monkeypatch):
    from whobuys.sandbox import cluster as _cluster

    monkeypatch.setattr(_cluster, "probe", lambda: SimpleNamespace(confined=False))
    ran = unpack(run_parcel(pack(order(exercise, case, "1"), "cold", trust=False)))
    assert ran.executed is None
    assert "nothing confines" in ran.said


def test_a_node_that_is_late_by_itself_is_not_waited_for(exercise, case):
    class Failed:
        def result(self, timeout):
            raise TimeoutError("of the node")

        def done(self):
            return True

        def cancel(self):
            pass

    cluster = object.__new__(Cluster)
    cluster.kernel, cluster.trust, cluster.run_id = "cold", False, "x"
    cluster.client = SimpleNamespace(submit=lambda *given, **more: Failed())
    with pytest.raises(TimeoutError, match="of the node"):
        cluster.run("a", order(exercise, case, "1"), threading.Event())


@pytest.mark.parametrize(
    "error", [distributed.CancelledError("gone"), distributed.comm.CommClosedError("gone")]
)
def test_a_line_that_is_cut_has_lost_the_hand_in(exercise, case, error):
    def result(timeout):
        raise error

    future = SimpleNamespace(result=result, cancel=lambda: None)
    cluster = object.__new__(Cluster)
    cluster.kernel, cluster.trust, cluster.run_id = "cold", False, "x"
    cluster.client = SimpleNamespace(submit=lambda *given, **more: future)
    ran = cluster.run("a", order(exercise, case, "1"), threading.Event())
    assert (ran.said, ran.lost) == (" (the cluster lost it: gone)", True)


def test_what_a_node_has_lost_comes_back_as_lost():
    from whobuys.sandbox import cluster as _cluster

    assert unpack(_cluster._sent(Ran(said=" (the runner ended)", lost=True))).lost
    assert not unpack(_cluster._sent(Ran({"cells": []}))).lost


def test_nobody_at_the_address(monkeypatch):
    monkeypatch.setattr("whobuys.sandbox.cluster.SECONDS_TO_CONNECT", 1)
    with pytest.raises(InstructorError, match=r"No Dask scheduler answers at tcp://127\.0\.0\.1:9"):
        Cluster("tcp://127.0.0.1:9")


@pytest.mark.slow
def test_a_worker_killed_in_the_middle_costs_nobody_a_mark(address, tmp_path):
    out = tmp_path / "out"
    record = release(UNIT, CLASS, out, SECRET)
    solution = unit_folder(UNIT).parents[1] / "solutions" / f"{UNIT}.ipynb"
    for student in record.students:  # the same file from all, each with data of their own
        (out / "handed_in" / student.id).mkdir(parents=True)
        shutil.copy(solution, out / "handed_in" / student.id / f"{UNIT}.ipynb")
    (out / "handed_in" / "s4" / f"{UNIT}.ipynb").unlink()
    killed = threading.Event()

    def kill_one():
        with distributed.Client(address, set_as_default=False) as client:
            deadline = time.monotonic() + 60
            while time.monotonic() < deadline:
                if any(client.processing().values()):
                    time.sleep(1)
                    os.kill(next(iter(client.run(os.getpid).values())), signal.SIGKILL)
                    killed.set()
                    return
                time.sleep(0.1)

    killer = threading.Thread(target=kill_one)
    killer.start()
    graded = {}
    for name, scheduler in (("cluster", address), ("here", None)):
        result = grade_folder(
            *(UNIT, out / "handed_in", tmp_path / name, SECRET, record, LIMITS),
            scheduler=scheduler,
        )
        reports = {
            path.name: re.sub(r"\d+\.\d+ s", "", path.read_text(encoding="utf-8"))
            for path in (tmp_path / name / "reports").glob("*.html")
        }
        graded[name] = (result.sheet.to_csv(), reports, result.missing)
    killer.join()
    assert killed.is_set()
    assert graded["cluster"] == graded["here"]
    assert graded["here"][2] == ("s4",)


@pytest.mark.slow
def test_a_hand_in_that_takes_its_nodes_with_it_is_given_up_alone(
    address, exercise, case, monkeypatch
):
    from whobuys.sandbox import cluster as _cluster

    def poison(parcel: bytes) -> bytes:
        os.kill(os.getpid(), signal.SIGKILL)
        return b""

    cluster = Cluster(address)
    try:
        monkeypatch.setattr(_cluster, "run_parcel", poison)
        monkeypatch.setattr(_cluster, "RETRIES", 0)
        ran = cluster.run("poison", order(exercise, case, "1"), threading.Event())
        assert (ran.said, ran.lost) == (" (each node that took it was lost)", True)
        monkeypatch.undo()
        cluster.run_id = "another run"
        ran = cluster.run("poison", order(exercise, case, "print(1)"), threading.Event())
        assert shown(ran) == "1\n"
    finally:
        cluster.close()
