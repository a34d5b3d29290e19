"""Temporary folders of a grading run, cleared away even after a run that was killed.

All of a process's folders lie in one, its house, beside a file that the process keeps locked as
long as it lives. Whoever builds a house removes those whose lock is free.
"""

from __future__ import annotations

import os
import shutil
import stat
import tempfile
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

HOUSE = "whobuys-grading-"
LOCK = "in-use"
FOLDERS_BY_NUMBER = {os.open, os.stat, os.unlink, os.rmdir, os.rename} <= os.supports_dir_fd
FOLDER = os.O_RDONLY | getattr(os, "O_DIRECTORY", 0) | getattr(os, "O_NOFOLLOW", 0)
_guard = threading.Lock()
_houses: dict[int, tuple[Path, int]] = {}  # by process: what a fork inherits is not its own


@contextmanager
def new_room(name: str) -> Iterator[Path]:
    """Make a temporary folder, and remove it.

    Parameters
    ----------
    name : str
        How its name begins.
    """
    with _guard:
        made = Path(tempfile.mkdtemp(prefix=name, dir=_house()))
    try:
        yield made
    finally:
        remove(made)
        with _guard:
            _leave()


def remove(folder: Path) -> None:
    """Remove a folder, however deep it is and whatever modes were set in it, following no link.

    It is emptied level by level: what lies deeper is moved up first, so neither a path nor the call
    stack grows. What resists is left.
    """
    if not FOLDERS_BY_NUMBER:
        shutil.rmtree(folder, ignore_errors=True)
        return
    with suppress(OSError):
        top = _open_below(None, str(folder))
        if top is None:
            return
        try:
            while _names(top) and _take_a_level(top):
                pass
        finally:
            os.close(top)
        folder.rmdir()


def _take_a_level(top: int) -> bool:
    """Remove what an open folder holds, and move what lies deeper up; tell if anything went."""
    done = False
    for name in _names(top):
        with suppress(OSError):
            below = _open_below(top, name)
            if below is None:
                os.unlink(name, dir_fd=top)
            else:
                try:
                    moved = [_move_up(deeper, below, top) for deeper in _names(below)]
                    done = done or any(moved)
                finally:
                    os.close(below)
                os.rmdir(name, dir_fd=top)
            done = True
    return done


def _move_up(name: str, place: int, top: int) -> bool:
    with suppress(OSError):
        held = _open_below(place, name)
        if held is None:
            os.unlink(name, dir_fd=place)
        else:
            os.close(held)
            os.rename(name, uuid.uuid4().hex, src_dir_fd=place, dst_dir_fd=top)
        return True
    return False


def _open_below(place: int | None, name: str) -> int | None:
    """Open a folder in an open folder, and make it one's own to change; None if it is none."""
    if not stat.S_ISDIR(os.stat(name, dir_fd=place, follow_symlinks=False).st_mode):
        return None
    try:
        held = os.open(name, FOLDER, dir_fd=place)
    except PermissionError:
        os.chmod(name, 0o700, dir_fd=place)
        held = os.open(name, FOLDER, dir_fd=place)
    os.fchmod(held, 0o700)
    return held


def _names(place: int) -> list[str]:
    return os.listdir(place)


def _house() -> Path:
    own = _houses.get(os.getpid())
    if own is not None and not own[0].is_dir():
        os.close(_houses.pop(os.getpid())[1])
        own = None
    if own is None:
        _clear()
        own = _houses[os.getpid()] = _build()
    return own[0]


def _build() -> tuple[Path, int]:
    house = Path(tempfile.mkdtemp(prefix=HOUSE))
    lock = os.open(house / "new", os.O_CREAT | os.O_RDWR, 0o600)
    _take(lock)
    (house / "new").rename(house / LOCK)  # whoever sees it there finds it locked
    return house, lock


def _leave() -> None:
    """Remove the house if no room is left in it."""
    own = _houses.get(os.getpid())
    if own is None:
        return
    house, lock = own
    with suppress(OSError):
        if [one.name for one in house.iterdir()] == [LOCK]:
            del _houses[os.getpid()]
            os.close(lock)
            remove(house)


def _clear() -> None:
    """Remove the houses of this user in which nobody lives."""
    for house in Path(tempfile.gettempdir()).glob(f"{HOUSE}*"):
        with suppress(OSError):
            if house.is_symlink() or not _own(house):
                continue
            lock = os.open(house / LOCK, os.O_RDWR | getattr(os, "O_NOFOLLOW", 0))
            try:
                if _take(lock):
                    for own in house.iterdir():
                        if own.name != LOCK:
                            remove(own)
                    if [own.name for own in house.iterdir()] == [LOCK]:
                        remove(house)
            finally:
                os.close(lock)


def _own(path: Path) -> bool:
    return not hasattr(os, "getuid") or path.stat().st_uid == os.getuid()


def _take(lock: int) -> bool:
    """Lock a file without waiting; a system without such locks clears nothing."""
    try:
        import fcntl

        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (ImportError, OSError):
        return False
    return True
