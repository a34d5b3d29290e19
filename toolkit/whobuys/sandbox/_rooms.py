"""Temporary folders of a grading run, cleared away even after a run that was killed.

All of a process's folders lie in one, its house, beside a file that the process keeps locked as
long as it lives. Whoever builds a house removes those whose lock is free.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

HOUSE = "whobuys-grading-"
LOCK = "in-use"
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
        shutil.rmtree(made, ignore_errors=True)
        with _guard:
            _leave()


def _house() -> Path:
    own = _houses.get(os.getpid())
    if own is None or not own[0].is_dir():
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
            shutil.rmtree(house)


def _clear() -> None:
    """Remove the houses of this user in which nobody lives."""
    for house in Path(tempfile.gettempdir()).glob(f"{HOUSE}*"):
        with suppress(OSError):
            if house.is_symlink() or not _own(house):
                continue
            lock = os.open(house / LOCK, os.O_RDWR | getattr(os, "O_NOFOLLOW", 0))
            try:
                if _take(lock):
                    shutil.rmtree(house, ignore_errors=True)
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
