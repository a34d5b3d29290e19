"""Temporary folders go with their run, and after a killed one with the next."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from whobuys.sandbox import _rooms
from whobuys.sandbox._rooms import new_room

OPEN = Path("/proc/self/fd")
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


DEEP = """
import os, sys
os.chdir(sys.argv[1])
for _ in range(3000):
    os.mkdir("d")
    os.chdir("d")
    open("file", "w").close()
"""


def test_a_room_deeper_than_any_path_goes(tmp_path) -> None:
    with new_room("deep-") as room:
        subprocess.run([sys.executable, "-c", DEEP, str(room)], check=True)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(os.name == "nt", reason="no such modes there")
def test_modes_and_links_keep_nothing_and_reach_nothing(tmp_path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "file").write_text("x")
    with new_room("modes-") as room:
        for name, mode in (("shut", 0o000), ("half", 0o300), ("seen", 0o500)):
            (room / name / "below").mkdir(parents=True)
            (room / name / "below" / "file").write_text("x")
            (room / name / "below").chmod(mode)
            (room / name).chmod(mode)
        (room / "link").symlink_to(outside)
        (room / "down").mkdir()
        (room / "down" / "link").symlink_to(outside)
        os.mkfifo(room / "down" / "pipe")
    assert [one.name for one in tmp_path.iterdir()] == ["outside"]
    assert (outside / "file").read_text() == "x"


@pytest.mark.skipif(os.name == "nt" or os.geteuid() != 0, reason="takes another user's rights")
def test_modes_keep_nothing_from_an_ordinary_user(tmp_path) -> None:
    house = tmp_path / "own"
    house.mkdir()
    os.chown(house, 65534, 65534)
    for folder in (tmp_path, *tmp_path.parents):
        if folder.stat().st_uid == 0 and folder != Path("/"):
            folder.chmod(folder.stat().st_mode | 0o111)
    pid = os.fork()
    if pid == 0:
        try:
            os.setgroups([])
            os.setgid(65534)
            os.setuid(65534)
            for name, mode in (("shut", 0o000), ("half", 0o300)):
                (house / "room" / name / "below").mkdir(parents=True)
                (house / "room" / name / "below").chmod(mode)
                (house / "room" / name).chmod(mode)
            (house / "room").chmod(0o300)
            _rooms.remove(house / "room")
            os._exit(0 if list(house.iterdir()) == [] else 1)
        finally:
            os._exit(2)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0


def test_a_house_removed_by_others_leaves_no_lock_open(tmp_path) -> None:
    before = len(list(OPEN.iterdir())) if sys.platform == "linux" else 0
    for _ in range(5):
        with new_room("gone-") as room:
            shutil.rmtree(room.parent)
    if sys.platform == "linux":
        assert len(list(OPEN.iterdir())) <= before + 1
