"""A process that runs hand-ins with papermill, one after the other, for the whole of a grading run.

    python -P -m whobuys.sandbox._client [FD]

`FD` is a socket to the fork server, if there is one. Each line that comes in is a job as JSON: what
`_worker.run` takes, `kernel` ("cold", "warm" or "fast"), and the `environment` of the kernel. One
line goes out for each: `{"error": ""}`, or what went wrong. Nothing a hand-in says is believed or
run here; should one bring this process down, the grader starts another.
"""

from __future__ import annotations

import contextlib
import gc
import json
import os
import socket
import sys
import tempfile
from pathlib import Path
from typing import Any

from whobuys.sandbox import _worker
from whobuys.sandbox._limits import limit_resources

MEMORY = 4 * 2**30


def main() -> None:
    """Answer jobs until there are no more."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    limit_resources(MEMORY)
    if len(sys.argv) > 1:
        from whobuys.sandbox._warm import use_link

        use_link(socket.socket(fileno=int(sys.argv[1])))
    _worker.end_with_grader()
    for line in sys.stdin:
        answers.write(json.dumps({"error": do(json.loads(line))}) + "\n")
        answers.flush()
        gc.collect()


def do(job: dict[str, Any]) -> str:
    """Run one job; return what went wrong, or nothing."""
    client = _worker.HandInClient
    os.environ.clear()
    os.environ.update(job["environment"])
    tempfile.tempdir = None
    if job["kernel"] == "warm":
        from whobuys.sandbox._warm import PROVISIONER

        job["provisioner"] = PROVISIONER
    elif job["kernel"] == "fast":
        from whobuys.sandbox._warm import FastClient

        client = FastClient
    here = Path.cwd()
    try:
        os.chdir(job["cwd"])
        _worker.run(job, client, save=False)
    except Exception as error:
        return f"{type(error).__name__}: {error}"[:500]
    finally:
        with contextlib.suppress(OSError):
            os.chdir(here)
    return ""


if __name__ == "__main__":
    main()
