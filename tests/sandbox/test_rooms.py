"""Temporary folders go with their run, and after a killed one with the next."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from whobuys.sandbox import _rooms
from whobuys.sandbox._rooms import new_room

LIVES = """
import sys, time
from whobuys.sandbox._rooms import new_room
with new_room("handin-") as room:
    (room / "answers").write_text("x")
    print(room, flush=True)
    time.sleep(60)
"""


@pytest.fixture(autouse=True)
def own_folder(tmp_path, monkeypatch):
    """All temporary folders of a test, and of what it starts, lie here."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(_rooms, "_houses", {})


def living() -> tuple[subprocess.Popen[str], Path]:
    command = [sys.executable, "-c", LIVES]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    return process, Path(process.stdout.readline().strip())


def test_nothing_is_left_and_two_rooms_do_not_meet(tmp_path) -> None:
    with new_room("a-") as one, new_room("a-") as other:
        assert one != other
        assert one.parent == other.parent
        (one / "file").write_text("x")
    assert list(tmp_path.iterdir()) == []


def test_many_threads_come_and_go(tmp_path) -> None:
    wrong, done = [], []

    def work() -> None:
        for _ in range(50):
            with new_room("t-") as room:
                (room / "file").write_text("x")
                if not (room / "file").exists():
                    wrong.append(room)
        done.append(True)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    assert len(done) == 8
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(os.name == "nt", reason="no such locks there")
def test_the_next_run_clears_after_a_killed_one_and_leaves_a_living_one_alone(tmp_path) -> None:
    killed, left = living()
    killed.kill()
    killed.wait()
    assert (left / "answers").exists()
    running, used = living()
    try:
        assert not left.exists()
        with new_room("next-"):
            assert (used / "answers").exists()
    finally:
        running.send_signal(signal.SIGINT)
        running.wait()
    assert not used.exists()


def test_what_is_not_a_house_of_ours_is_left_alone(tmp_path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / _rooms.LOCK).touch()
    (tmp_path / f"{_rooms.HOUSE}link").symlink_to(elsewhere)
    (tmp_path / f"{_rooms.HOUSE}without-lock").mkdir()
    with new_room("x-"):
        pass
    assert (elsewhere / _rooms.LOCK).exists()
    assert (tmp_path / f"{_rooms.HOUSE}without-lock").is_dir()
