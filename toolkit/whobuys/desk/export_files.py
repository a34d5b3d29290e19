"""Files that leave the house: archives that are the same every time, and names safe everywhere."""

from __future__ import annotations

import io
import re
import unicodedata
import zipfile
from collections.abc import Mapping

FIRST_DAY = (1980, 1, 1, 0, 0, 0)
LONGEST_NAME = 60


def archive(files: Mapping[str, bytes]) -> bytes:
    """Return a ZIP that depends on names and contents alone: no times, no owners.

    Examples
    --------
    >>> archive({"a.txt": b"1", "b.txt": b"2"}) == archive({"b.txt": b"2", "a.txt": b"1"})
    True
    """
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as zip:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, FIRST_DAY)
            entry.external_attr = 0o644 << 16
            entry.create_system = 3
            zip.writestr(entry, files[name], zipfile.ZIP_DEFLATED, 6)
    return made.getvalue()


def safe_name(text: str) -> str:
    r"""Return a name that is a file's name everywhere: letters, digits, blanks, hyphens.

    Examples
    --------
    >>> safe_name("../../Ana_Silva\r")
    'Ana Silva'
    >>> safe_name("王小明")
    '王小明'
    """
    plain = unicodedata.normalize("NFC", text).replace("_", " ")
    kept = "".join(letter if letter.isalnum() else " " for letter in plain.replace("'", ""))
    return re.sub(r" +", " ", kept).strip()[:LONGEST_NAME].strip()
