"""The same run on a Dask cluster: a hand-in travels as bytes, and what it left comes back as bytes.

A node needs this package and nothing else: no shared file system, no key, no secret. Each node
confines what it runs by the best it has.
"""

from __future__ import annotations

import io
import json
import threading
import zipfile
from collections.abc import Iterator
from concurrent.futures import CancelledError
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from whobuys._errors import InstructorError
from whobuys.sandbox._confine import probe
from whobuys.sandbox._rooms import new_room
from whobuys.sandbox.execute import LARGEST_RESULT, Limits, Order, Ran, checked_notebook, execute
from whobuys.sandbox.pool import Pool

if TYPE_CHECKING:
    from distributed import Client

RETRIES = 2
SECONDS_TO_CONNECT = 20
NO_CONFINEMENT = " (nothing confines a hand-in on the node that took it)"
FILES = "files/"


class Cluster:
    """A Dask cluster that runs hand-ins.

    Parameters
    ----------
    address : str
        The scheduler's, such as "tcp://10.0.0.5:8786", or "tls://…" where the network is not yours.
    kernel : str
        How kernels come up on each node: "warm", "fast" or "cold".
    trust : bool
        Whether a node on which nothing confines a hand-in may run it.

    Raises
    ------
    InstructorError
        If `distributed` is not installed or nobody answers at the address.
    """

    def __init__(self, address: str, kernel: str = "warm", trust: bool = False) -> None:
        try:
            from distributed import Client
        except ModuleNotFoundError:
            raise InstructorError(
                "Grading on a cluster needs Dask: pip install 'whobuys[cluster]'."
            ) from None
        try:
            self.client: Client = Client(address, timeout=SECONDS_TO_CONNECT)
        except (OSError, ValueError, TimeoutError) as error:
            raise InstructorError(
                f"No Dask scheduler answers at {address}: {error}. Start one with "
                "`dask scheduler`, and workers with `dask worker --nthreads 1`."
            ) from None
        self.kernel, self.trust = kernel, trust
        self.run_id = uuid4().hex  # Dask gives one answer to two orders of one name

    @property
    def slots(self) -> int:
        """Return how many hand-ins the cluster runs at once, and a few to wait at hand."""
        threads = sum(self.client.nthreads().values())
        return max(2, threads + max(1, threads // 4))

    def run(self, name: str, order: Order, stop: threading.Event) -> Ran:
        """Run one hand-in somewhere.

        Parameters
        ----------
        name : str
            Unlike that of any other hand-in of this run.
        order : Order
            What is to be run.
        stop : threading.Event
            Set it to give up.

        Returns
        -------
        Ran
            A node that is lost costs nothing: the hand-in is run on another one. One that takes
            every node with it is given up, and only that one: it is `lost`.
        """
        from distributed import KilledWorker

        parcel = pack(order, self.kernel, self.trust)
        future = self.client.submit(
            run_parcel, parcel, key=f"whobuys-{self.run_id}-{name}", pure=False, retries=RETRIES
        )
        try:
            while not stop.is_set():
                try:
                    return unpack(future.result(timeout=1))
                except TimeoutError:
                    if future.done():  # it was the node's own, not our waiting
                        raise
                except KilledWorker:
                    return Ran(said=" (each node that took it was lost)", lost=True)
                except (OSError, CancelledError) as error:  # of the node, or of the line to it
                    said = f" (the cluster lost it: {str(error)[:200] or type(error).__name__})"
                    return Ran(said=said, lost=True)
            return Ran(said=" (the grading was interrupted)")
        finally:
            future.cancel()

    def close(self) -> None:
        """Leave the cluster; it stays as it is."""
        self.client.close()


def pack(order: Order, kernel: str, trust: bool) -> bytes:
    """Put an order into bytes: the notebook, the student's files, the limits."""
    about = {
        "cell_seconds": order.limits.cell_seconds,
        "total_seconds": order.limits.total_seconds,
        "kernel": kernel,
        "trust": trust,
    }
    box = io.BytesIO()
    with zipfile.ZipFile(box, "w", zipfile.ZIP_DEFLATED) as parcel:
        parcel.writestr("about.json", json.dumps(about))
        parcel.writestr("notebook.ipynb", order.notebook)
        with new_room("parcel-") as here:
            order.furnish(here)
            for file in sorted(here.rglob("*")):
                if file.is_file():
                    parcel.write(file, FILES + file.relative_to(here).as_posix())
    return box.getvalue()


def run_parcel(parcel: bytes) -> bytes:
    """Run a packed order on this node. This is all a cluster is asked to do."""
    with zipfile.ZipFile(io.BytesIO(parcel)) as opened:
        about = json.loads(opened.read("about.json"))
        files = {
            name.removeprefix(FILES): opened.read(name)
            for name in opened.namelist()
            if name.startswith(FILES)
        }
        notebook = opened.read("notebook.ipynb").decode("utf-8")
    if not (about["trust"] or probe().confined):
        return _sent(Ran(said=NO_CONFINEMENT, lost=True))

    def furnish(folder: Path) -> None:
        for name, content in files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(content)

    limits = Limits(about["cell_seconds"], about["total_seconds"])
    with _taken(about["kernel"]) as pool:
        return _sent(execute(Order(notebook, limits, furnish), threading.Event(), pool))


def _sent(ran: Ran) -> bytes:
    about = {
        "said": ran.said,
        "kernel": ran.kernel,
        "confined": ran.confined,
        "seconds": ran.seconds,
        "lost": ran.lost,
    }
    box = io.BytesIO()
    with zipfile.ZipFile(box, "w", zipfile.ZIP_DEFLATED) as parcel:
        parcel.writestr("about.json", json.dumps(about))
        if ran.executed is not None:
            parcel.writestr("executed.ipynb", json.dumps(ran.executed))
    return box.getvalue()


def unpack(content: bytes) -> Ran:
    """Read what a node sent. The notebook in it is a student's: it is checked again."""
    with zipfile.ZipFile(io.BytesIO(content)) as opened:
        about: dict[str, Any] = json.loads(opened.read("about.json"))
        executed = None
        if "executed.ipynb" in opened.namelist():
            if opened.getinfo("executed.ipynb").file_size > LARGEST_RESULT:
                return Ran(**about | {"said": " (it left too much)"})
            executed = checked_notebook(opened.read("executed.ipynb").decode("utf-8"))
    return Ran(executed, **about)


_ONE_AT_A_TIME = threading.Lock()


@contextmanager
def _taken(kernel: str) -> Iterator[Pool]:
    """Take this node's processes: they are started once, and serve one hand-in after another."""
    with _ONE_AT_A_TIME:
        yield _processes(kernel)


@cache
def _processes(kernel: str) -> Pool:
    return Pool(kernel)
