"""The instructor's secret, and what is made from it: each student's case and ticket."""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import secrets
from dataclasses import dataclass, field
from pathlib import Path

from whobuys._errors import InstructorError

VERSION = "1"
SHORTEST = 32


@dataclass(frozen=True, repr=False)
class Secret:
    """The instructor's secret.

    It never leaves the instructor's machine. With it and a student's id every case can be drawn
    again; without it no one can tell which case a student has.

    Parameters
    ----------
    text : str
        At least 32 characters.

    Examples
    --------
    >>> secret = Secret("0123456789abcdef0123456789abcdef")
    >>> secret.case_seed("05_rfm", "ana") == secret.case_seed("05_rfm", "ana")
    True
    >>> secret.ticket("05_rfm", "ana") == secret.ticket("05_rfm", "bo")
    False
    >>> secret
    Secret(…)
    """

    text: str
    place: Path | None = field(default=None, compare=False)

    def __repr__(self) -> str:
        return "Secret(…)"

    @classmethod
    def read(cls, path: Path) -> Secret:
        """Read the secret from a file.

        Raises
        ------
        InstructorError
            If there is none, or it is too short.
        """
        try:
            text = path.read_text(encoding="utf-8").strip()
        except FileNotFoundError:
            raise InstructorError(
                f"There is no secret at {path}. Give the file that was made when you released the "
                "exercise (--secret FILE)."
            ) from None
        except (OSError, UnicodeDecodeError):
            raise InstructorError(
                f"The secret at {path} cannot be read. Give the text file that was made at the "
                "release."
            ) from None
        if len(text) < SHORTEST:
            raise InstructorError(
                f"The secret in {path} has {len(text)} characters; it needs at least {SHORTEST}. "
                "Delete the file to have a new one made at the next release."
            )
        return cls(text, path)

    @classmethod
    def read_or_make(cls, path: Path) -> Secret:
        """Read the secret; make a fresh one, readable only by you, if there is no file yet."""
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(secrets.token_hex(32) + "\n")
        return cls.read(path)

    def case_seed(self, unit: str, student: str, attempt: int = 0) -> int:
        """Return the 128-bit seed of a student's case."""
        return int.from_bytes(self._code("case", unit, student, str(attempt))[:16])

    def ticket(self, unit: str, student: str) -> str:
        """Return the short code that marks a student's notebook, such as "7F3K-9QXM"."""
        code = base64.b32encode(self._code("ticket", unit, student)).decode()[:8]
        return f"{code[:4]}-{code[4:]}"

    @property
    def fingerprint(self) -> str:
        """Return a short code that tells two secrets apart and gives neither away."""
        return self._code("fingerprint").hex()[:12]

    def _code(self, *parts: str) -> bytes:
        message = "\x1f".join((VERSION, *parts)).encode()
        return hmac.new(self.text.encode(), message, hashlib.sha256).digest()
