"""Run one prepared notebook with papermill. Started as a process of its own for each hand-in.

    python -m whobuys.grade._worker job.json

This process and the kernel it starts hold no key, no secret and no other hand-in. What it writes,
the executed notebook, is to be distrusted by whoever reads it.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from pathlib import Path
from typing import Any

from jupyter_client.utils import ensure_async
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from papermill.clientwrap import PapermillNotebookClient
from papermill.engines import NBClientEngine, papermill_engines
from papermill.exceptions import PapermillExecutionError
from papermill.execute import execute_notebook

SHOWN_PER_CELL = 500_000
FLOOD = 200_000_000
EXPORT = "whobuys-export-"
MOST_RUNS = 4


class Clock:
    """Time limits of one hand-in: for a cell, and for everything."""

    def __init__(self, cell_seconds: float, total_seconds: float) -> None:
        self.cell_seconds = cell_seconds
        self.deadline = time.monotonic() + total_seconds

    @property
    def left(self) -> float:
        return self.deadline - time.monotonic()

    def for_cell(self, exporting: bool) -> float:
        return 20.0 if exporting else max(0.1, min(self.cell_seconds, self.left))


class HandInClient(PapermillNotebookClient):
    """papermill's client, for notebooks that may misbehave.

    A cell that fails, is too slow or prints without end costs only itself. A cell that cannot be
    stopped, or kills the kernel, is named in `stuck`, and the run ends there.
    """

    def __init__(self, nb_man: Any, clock: Clock, left_out: dict[str, str], **kwargs: Any) -> None:
        super().__init__(nb_man, **kwargs)
        self.clock, self.left_out = clock, left_out
        self.stuck: tuple[str, str] | None = None
        self._seen = 0
        self._interrupts = 0
        self.timeout_func = lambda cell: self.clock.for_cell(cell.id.startswith(EXPORT))

    def create_kernel_manager(self) -> Any:
        """Talk to the kernel over sockets in the hand-in's own folder, where the system has them."""
        manager = super().create_kernel_manager()
        if sys.platform == "linux":
            manager.transport = "ipc"
        return manager

    def papermill_execute_cells(self) -> None:
        """Execute every cell in turn, whatever happens in it."""
        for index, cell in enumerate(self.nb.cells):
            if cell.cell_type != "code":
                continue
            exporting = cell.id.startswith(EXPORT)
            if cell.id in self.left_out:
                _note(cell, self.left_out[cell.id])
                continue
            if self.clock.left <= 0 and not exporting:
                _note(cell, "Not run: the time for the whole notebook was used up.")
                continue
            self._seen = self._interrupts = 0
            try:
                self.nb_man.cell_start(cell, index)
                self.execute_cell(cell, index)
            except CellTimeoutError:
                self.stuck = (cell.id, "Left out: this cell did not end and could not be stopped.")
                return
            except DeadKernelError:
                self.stuck = (cell.id, "Left out: this cell ended the Python kernel.")
                return
            finally:
                self.nb_man.cell_complete(cell, cell_index=index)

    async def _async_handle_timeout(self, timeout: int, cell: Any = None) -> None:
        """Interrupt a slow cell once; if that does not help, give it up."""
        self._interrupts += 1
        if self._interrupts > 1:
            raise CellTimeoutError.error_from_timeout_and_cell("stuck", timeout, cell)
        cell.metadata["stopped"] = f"Stopped after {timeout:.0f} seconds: this cell took too long."
        await ensure_async(self.km.interrupt_kernel())

    def output(self, outs: list[Any], msg: dict[str, Any], display_id: Any, cell_index: int) -> Any:
        """Keep outputs up to a limit; count the rest; stop a flood."""
        cell = self.nb.cells[cell_index]
        if cell.id.startswith(EXPORT):
            return super().output(outs, msg, display_id, cell_index)
        before, self._seen = self._seen, self._seen + _size(msg["content"])
        if self._seen > FLOOD >= before:
            asyncio.ensure_future(ensure_async(self.km.interrupt_kernel()))  # noqa: RUF006
        if self._seen > SHOWN_PER_CELL and msg["msg_type"] != "error":
            cell.metadata["cut"] = (
                "More was printed here than fits in a report; the rest is left out."
            )
            return None
        return super().output(outs, msg, display_id, cell_index)


class HandInEngine(NBClientEngine):
    """A papermill engine around `HandInClient`."""

    @classmethod
    def execute_managed_notebook(
        cls, nb_man: Any, kernel_name: str, clock: Clock, stopped: dict[str, str], **kwargs: Any
    ) -> None:
        client = HandInClient(
            nb_man,
            clock=clock,
            left_out=dict(stopped),
            kernel_name=kernel_name,
            allow_errors=True,
            startup_timeout=120,
            interrupt_on_timeout=True,
            shutdown_kernel="immediate",
            raise_on_iopub_timeout=False,
            iopub_timeout=20,
        )
        client.execute()
        if client.stuck is not None:
            stopped[client.stuck[0]] = client.stuck[1]


def run(job: dict[str, Any]) -> None:
    """Execute the notebook; where a cell cannot be stopped, again without it.

    Parameters
    ----------
    job : dict
        `notebook`, `executed` (paths), `cell_seconds`, `total_seconds`.
    """
    papermill_engines.register("handin", HandInEngine)
    clock = Clock(job["cell_seconds"], job["total_seconds"])
    stopped: dict[str, str] = {}
    for _ in range(MOST_RUNS):
        before = len(stopped)
        try:
            execute_notebook(
                job["notebook"],
                job["executed"],
                engine_name="handin",
                kernel_name="python3",
                progress_bar=False,
                clock=clock,
                stopped=stopped,
            )
        except PapermillExecutionError:
            pass
        if len(stopped) == before:
            return


def _size(content: dict[str, Any]) -> int:
    if "text" in content:
        return len(content["text"])
    return sum(
        len(part) if isinstance(part, str) else 1000 for part in content.get("data", {}).values()
    )


def _note(cell: Any, words: str) -> None:
    cell.outputs = []
    cell.metadata["stopped"] = words


if __name__ == "__main__":
    run(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")))
