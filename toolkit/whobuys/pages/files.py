"""Writing files so that a cut in the middle leaves the old one."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from whobuys._errors import InstructorError


def write_text(path: Path, text: str) -> None:
    """Write a UTF-8 file in one step; what UTF-8 cannot hold (half of a character) becomes "?"."""
    write_bytes(path, text.encode("utf-8", errors="replace"))


def write_bytes(path: Path, raw: bytes) -> None:
    """Write a file in one step: whole or as before, even when the power goes.

    Raises
    ------
    InstructorError
        If there is a folder of that name.
    """
    if path.is_dir():
        raise InstructorError(f"{path} is a folder. Give the name of a file to write.")
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".writing-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(raw)
            file.flush()
            os.fsync(file.fileno())
        Path(name).chmod(0o644)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
