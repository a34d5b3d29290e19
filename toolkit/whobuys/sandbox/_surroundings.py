"""The environment given to every process that has to do with a hand-in: an allow-list."""

from __future__ import annotations

import os
import site
from pathlib import Path

#: In bytes: a socket's whole path has 107, of which "/kernel-1" and a few more are the file's.
LONGEST_SOCKET_FOLDER = 95
PASSED_ON = (
    "PATH",
    "LANG",
    "LC_ALL",
    "TZ",
    "SYSTEMROOT",
    "PATHEXT",
    "COMSPEC",
    "NUMBER_OF_PROCESSORS",
)


def environment(home: Path) -> dict[str, str]:
    """Return the environment of a process that lives in a folder of its own.

    Parameters
    ----------
    home : Path
        Its home; temporary and configuration files go there too.
    """
    passed_on = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
    return passed_on | {
        "HOME": str(home),
        "USERPROFILE": str(home),
        "TMPDIR": str(home),
        "TEMP": str(home),
        "IPYTHONDIR": str(home / "ipython"),
        "MPLCONFIGDIR": str(home / "matplotlib"),
        "JUPYTER_CONFIG_DIR": str(home / "jupyter"),
        "JUPYTER_DATA_DIR": str(home / "jupyter-data"),
        "JUPYTER_RUNTIME_DIR": str(home / "runtime"),
        "JUPYTER_PLATFORM_DIRS": "1",
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "PYTHONHASHSEED": "0",
        "PYTHONUSERBASE": site.getuserbase(),
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",
    }
