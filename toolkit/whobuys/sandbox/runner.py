"""What runs a class's hand-ins: all cores of this machine, or a cluster."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from whobuys._errors import InstructorError
from whobuys.sandbox._confine import probe
from whobuys.sandbox.execute import Order, Ran, execute, seen_inside
from whobuys.sandbox.pool import Pool

NO_CONFINEMENT = (
    "Nothing on this system can keep a hand-in from your files, the network and the other "
    "hand-ins (it takes Linux 5.13 or newer; see docs/security.md). Nothing was run. If you trust "
    "every one of these notebooks, run the same command with --i-trust-these-notebooks."
)
SEEN = (
    "Every hand-in could read {seen}: it lies among the files of Python or of the system, which "
    "they need to run. Nothing was run. Put it elsewhere, such as into your home folder."
)


class Runner(Protocol):
    """What runs hand-ins: this machine, or many."""

    @property
    def slots(self) -> int:
        """Return how many it takes at once."""
        ...

    def run(self, name: str, order: Order, stop: threading.Event) -> Ran:
        """Run one; the name tells it from the others."""
        ...

    def close(self) -> None:
        """End what it has started."""


@contextmanager
def open_runner(
    kernel: str = "warm",
    trust: bool = False,
    scheduler: str | None = None,
    hidden: Iterable[Path] = (),
) -> Iterator[Runner]:
    """Open what runs hand-ins, and end it.

    Parameters
    ----------
    kernel : str
        How kernels come up: "warm", "fast" or "cold".
    trust : bool
        Whether to run hand-ins even where nothing can confine them.
    scheduler : str, optional
        Address of a Dask scheduler; without one, this machine runs them.
    hidden : iterable of Path
        Files and folders that no hand-in may read.

    Raises
    ------
    InstructorError
        If hand-ins cannot be confined here and are not trusted, or could read what is hidden; if no
        scheduler answers.
    """
    runner: Runner
    if scheduler is not None:
        from whobuys.sandbox.cluster import Cluster  # needs the extra `cluster`

        runner = Cluster(scheduler, kernel, trust)
    elif trust or probe().confined:
        if not trust and (seen := seen_inside(hidden)):
            raise InstructorError(SEEN.format(seen=", ".join(map(str, seen))))
        runner = ThisMachine(kernel)
    else:
        raise InstructorError(NO_CONFINEMENT)
    try:
        yield runner
    finally:
        runner.close()


class ThisMachine:
    """Runs hand-ins on all cores of this machine."""

    def __init__(self, kernel: str) -> None:
        self.pool = Pool(kernel)
        self.slots = os.cpu_count() or 1

    def run(self, name: str, order: Order, stop: threading.Event) -> Ran:
        """Run one."""
        return execute(order, stop, self.pool)

    def close(self) -> None:
        """End the processes."""
        self.pool.close()
