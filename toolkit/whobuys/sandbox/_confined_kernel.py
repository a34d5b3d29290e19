"""A Jupyter kernel, confined before it starts: the cold way to run a hand-in.

    python -P _confined_kernel.py job.json -f connection.json

`job.json` holds `policy` and `level` (see `_confine`). It is run as a file and imports nothing of
`whobuys`. If the process cannot be confined, it ends at once: no student code has run.
"""

# One import less in each process that is confined:
# ruff: noqa: PTH100, PTH118, PTH120, PTH123

from __future__ import annotations

import importlib.util
import os
import sys
from typing import Any

#: Large messages are copied, not lent: lending takes a thread, and a hand-in may have used them up.
COPY_MESSAGES = "--Session.copy_threshold=2000000000"


def _beside(name: str) -> Any:
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), f"{name}.py")
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise ImportError(name)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def main(job: str, arguments: list[str]) -> None:
    """Go in, then be an ordinary kernel."""
    confine = _beside("_confine")
    with open(job, encoding="utf-8") as file:
        policy, level = confine.from_json(file.read())
    confine.enter(policy, level)
    from ipykernel.kernelapp import launch_new_instance

    if not level.apart:
        without_tcp()
    launch_new_instance(argv=[*arguments, COPY_MESSAGES])


def without_tcp() -> None:
    """Leave out the TCP socket by which child processes print: there is no network at this level.

    What a child process of the student's prints is lost then, and nothing else.
    """
    from ipykernel import iostream

    start = iostream.IOPubThread.__init__

    def without(self: Any, socket: Any, pipe: bool = False, session: Any = False) -> None:
        start(self, socket, False, session)

    iostream.IOPubThread.__init__ = without  # type: ignore[method-assign]


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
