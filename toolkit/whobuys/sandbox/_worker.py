"""Run one prepared notebook with papermill.

    python -P -m whobuys.sandbox._worker job.json     a process of its own for one hand-in

`_client` calls `run` for one hand-in after the other. This process and the kernels it starts are
given no key and no secret. What it writes, the executed notebook, is to be distrusted by whoever
reads it.
"""

# ruff: noqa: E402

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import select
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

# jsonschema builds a grammar for one rare text format when this is there: seconds for each start.
sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]

from jupyter_client.utils import ensure_async
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from papermill.clientwrap import PapermillNotebookClient
from papermill.engines import NBClientEngine, papermill_engines
from papermill.exceptions import PapermillExecutionError
from papermill.execute import execute_notebook

from whobuys.sandbox import EXPORT
from whobuys.sandbox._limits import limit_resources
from whobuys.sandbox._rooms import remove
from whobuys.sandbox._surroundings import LONGEST_SOCKET_FOLDER

SHOWN_PER_CELL = 2_000_000
SHOWN_IN_ALL = 20_000_000
LARGEST_ANSWER = 10_000_000
SENT_IN_ALL = 50_000_000
LONGEST_ERROR = 4_000
FLOOD = 100_000_000
EXPORT_SECONDS = 20.0
AFTER_INTERRUPT = 5.0
MOST_RUNS = 7
NOT_STOPPED = "Left out: this cell did not end and could not be stopped."

#: The job that runs now: what `run` was given.
current_job: dict[str, Any] = {}


class Clock:
    """Time limits of one hand-in: for a cell, and for everything."""

    def __init__(self, cell_seconds: float, total_seconds: float) -> None:
        self.cell_seconds = cell_seconds
        self.deadline = time.monotonic() + total_seconds

    @property
    def left(self) -> float:
        return self.deadline - time.monotonic()

    def for_cell(self, exporting: bool) -> float:
        return EXPORT_SECONDS if exporting else max(0.1, min(self.cell_seconds, self.left))


class Stuck(Exception):
    """A cell cannot be stopped, or has ended the kernel."""


class HandInClient(PapermillNotebookClient):
    """papermill's client, for notebooks that may misbehave.

    A cell that fails, is too slow or prints without end costs only itself. A cell that cannot be
    stopped, or kills the kernel, is named in `left_out`, and the run ends there. The first time the
    kernel ends, the cell is only put into `suspects`: it may have been killed from outside.
    """

    def __init__(
        self,
        nb_man: Any,
        clock: Clock,
        left_out: dict[str, str],
        suspects: set[str],
        **kwargs: Any,
    ) -> None:
        super().__init__(nb_man, **kwargs)
        self.clock, self.left_out, self.suspects = clock, left_out, suspects
        self._seen = self._shown = self._sent = 0
        self._asked_to_end = self._interrupted = False
        self.timeout_func = lambda cell: self.clock.for_cell(cell.id.startswith(EXPORT))

    def create_kernel_manager(self) -> Any:
        """Talk to the kernel over sockets in the hand-in's own folder, where the system has them.

        A socket's path must be short; in a deep temporary folder TCP on this machine has to do,
        which only an unconfined kernel can be reached by.
        """
        manager = super().create_kernel_manager()
        folder = os.environ.get("JUPYTER_RUNTIME_DIR", "")
        if sys.platform == "linux" and len(os.fsencode(folder)) <= LONGEST_SOCKET_FOLDER:
            Path(folder).mkdir(parents=True, exist_ok=True)
            manager.transport = "ipc"
            manager.connection_file = os.path.join(folder, "kernel.json")  # noqa: PTH118
            manager.ip = os.path.join(folder, "kernel")  # noqa: PTH118
        if provisioner := current_job.get("provisioner"):
            about = {"provisioner_name": provisioner, "config": {}}
            manager.kernel_spec.metadata["kernel_provisioner"] = about
        elif confinement := current_job.get("confinement"):
            start = Path(__file__).with_name("_confined_kernel.py")
            command = [sys.executable, "-P", str(start), confinement, "-f", "{connection_file}"]
            manager.kernel_spec.argv = command
        return manager

    def papermill_execute_cells(self) -> None:
        """Execute every cell in turn, whatever happens in it."""
        for index, cell in enumerate(self.nb.cells):
            if cell.cell_type != "code":
                continue
            if cell.id in self.left_out:
                _note(cell, self.left_out[cell.id])
            elif self.clock.left <= 0 and not cell.id.startswith(EXPORT):
                _note(cell, "Not run: the time for the whole notebook was used up.")
            else:
                self._execute(cell, index)

    def _execute(self, cell: Any, index: int) -> None:
        self._seen, self._asked_to_end, self._interrupted = 0, False, False
        self.nb_man.cell_start(cell, index)
        try:
            self.execute_cell(cell, index)
        except CellTimeoutError:
            why = NOT_STOPPED
        except DeadKernelError:
            why = "Left out: this cell ended the Python kernel."
        except Exception as error:  # a kernel can say anything: believe it nothing more
            why = f"Left out: this cell broke the line to the notebook ({type(error).__name__})."
        else:
            if not self._asked_to_end:
                return
            why = "Left out: this cell ended the Python kernel."
        finally:
            self.nb_man.cell_complete(cell, cell_index=index)
        if self.suspects or why == NOT_STOPPED:
            self.left_out[cell.id] = why
        else:
            self.suspects.add(cell.id)
        _note(cell, why)
        raise Stuck(why)

    async def _check_raise_for_error(self, cell: Any, cell_index: int, exec_reply: Any) -> None:
        self.note_reply(exec_reply)

    def note_reply(self, reply: Any) -> None:
        """See whether a cell called `exit` or `quit`: the kernel ends a moment after its reply."""
        payload = reply["content"].get("payload") if reply else None
        for part in payload if isinstance(payload, list) else ():
            if isinstance(part, dict) and part.get("source") == "ask_exit":
                self._asked_to_end = not part.get("keepkernel")

    def interrupt(self) -> None:
        """Interrupt what runs, once for each cell: a second time might hit the cell after it."""
        if not self._interrupted:
            self._interrupted = True
            self._send_interrupt()

    def _send_interrupt(self) -> None:
        asyncio.ensure_future(ensure_async(self.km.interrupt_kernel()))  # noqa: RUF006

    async def _async_handle_timeout(self, timeout: int, cell: Any = None) -> Any:
        """Interrupt a slow cell; return its reply, or give it up if none comes soon."""
        if cell is None:
            raise Stuck("The kernel does not answer.")
        note_slow(cell, timeout)
        self.interrupt()
        with contextlib.suppress(Exception):
            return await ensure_async(self.kc.shell_channel.get_msg(timeout=AFTER_INTERRUPT))
        raise CellTimeoutError.error_from_timeout_and_cell("stuck", timeout, cell)

    def output(self, outs: list[Any], msg: dict[str, Any], display_id: Any, cell_index: int) -> Any:
        """Keep outputs up to a limit; count the rest; stop a flood."""
        cell, content = self.nb.cells[cell_index], msg["content"]
        if cell.id.startswith(EXPORT):
            self._pack_answers(content)
            return super().output(outs, msg, display_id, cell_index)
        if msg["msg_type"] == "error":
            _shorten(content)
        size = _size(content)
        before, self._seen = self._seen, self._seen + size
        if self._seen > FLOOD >= before:
            self.interrupt()
        shown = self._seen <= SHOWN_PER_CELL and self._shown + size <= SHOWN_IN_ALL
        if not shown and msg["msg_type"] != "error":
            cell.metadata["cut"] = (
                "More was printed here than fits in a report; the rest is left out."
            )
            return None
        self._shown += size
        last = outs[-1] if outs and not self.clear_before_next_output else {}
        if msg["msg_type"] == "stream" and last.get("name") == content["name"]:
            last["text"] += content["text"]
            return None
        return super().output(outs, msg, display_id, cell_index)

    def _pack_answers(self, content: dict[str, Any]) -> None:
        """Make one text of what is sent, without the answers that are too large to be carried out.

        As a text it costs the notebook nothing; value by value it costs more than all the rest.
        """
        data = content.get("data")
        if not isinstance(data, dict):
            return
        for kind, bundle in data.items():
            if not isinstance(bundle, dict):
                continue
            packed = {question: json.dumps(answer) for question, answer in bundle.items()}
            for question, text in packed.items():
                self._sent += len(text)
                if len(text) > LARGEST_ANSWER or self._sent > SENT_IN_ALL:
                    about = "more data than an answer may hold"
                    packed[question] = json.dumps({"kind": "too_large", "about": about})
            parts = (f"{json.dumps(question)}:{text}" for question, text in packed.items())
            data[kind] = f"{{{','.join(parts)}}}"


class HandInEngine(NBClientEngine):
    """A papermill engine around `HandInClient`."""

    @classmethod
    def execute_managed_notebook(
        cls,
        nb_man: Any,
        kernel_name: str,
        clock: Clock,
        left_out: dict[str, str],
        suspects: set[str],
        client: type[HandInClient],
        **kwargs: Any,
    ) -> None:
        running = client(
            nb_man,
            clock=clock,
            left_out=left_out,
            suspects=suspects,
            kernel_name=kernel_name,
            allow_errors=True,
            startup_timeout=120,
            interrupt_on_timeout=True,
            shutdown_kernel="immediate",
            raise_on_iopub_timeout=False,
            iopub_timeout=20,
        )
        with contextlib.suppress(Stuck):
            running.execute(stderr=subprocess.DEVNULL)


def run(job: dict[str, Any], client: type[HandInClient] = HandInClient, save: bool = True) -> None:
    """Execute the notebook; where a cell cannot be stopped, or ends the kernel twice, without it.

    Parameters
    ----------
    job : dict
        `notebook`, `executed` (paths), `cell_seconds`, `total_seconds`; if there is one, the name
        of the `provisioner` that kernels come from.
    client : type
        The client that runs the cells.
    save : bool
        Whether to write the notebook after each cell, so that there is something to read if this
        process is killed; otherwise it is written once, at the end.
    """
    global current_job
    current_job = job
    papermill_engines.register("handin", HandInEngine)
    clock = Clock(job["cell_seconds"], job["total_seconds"])
    left_out: dict[str, str] = {}
    suspects: set[str] = set()
    for _ in range(MOST_RUNS):
        before = len(left_out), len(suspects)
        with contextlib.suppress(PapermillExecutionError):
            execute_notebook(
                job["notebook"],
                job["executed"],
                engine_name="handin",
                kernel_name="python3",
                progress_bar=False,
                request_save_on_cell_execute=save,
                client=client,
                clock=clock,
                left_out=left_out,
                suspects=suspects,
            )
        if (len(left_out), len(suspects)) == before:
            return
        if "given" in job:
            _start_afresh(Path(job["inside"]), Path(job["given"]))


def end_with_grader() -> None:
    """End this process when the grader is gone, in the middle of a hand-in too.

    The grader holds the other end of standard input. Kernels end with the process they come from.
    """
    if not hasattr(select, "poll"):
        return
    line = select.poll()
    line.register(0, 0)  # no event is asked for: that the line is cut is told in any case

    def wait() -> None:
        line.poll()
        os._exit(1)

    threading.Thread(target=wait, daemon=True).start()


def _start_afresh(inside: Path, given: Path) -> None:
    """Put the hand-in's folder back as it was given: what a kernel wrote goes with it."""
    work = inside / "work"
    if work.is_symlink() or not work.is_dir():
        work.unlink(missing_ok=True)
        work.mkdir()
    for entry in [*inside.iterdir(), *work.iterdir()]:
        if entry.is_symlink() or not entry.is_dir():
            entry.unlink(missing_ok=True)
        elif entry != work:
            remove(entry)
    shutil.copytree(given, inside, dirs_exist_ok=True)
    os.chdir(work)


def _size(content: dict[str, Any]) -> int:
    parts = [content.get("text", ""), *content.get("data", {}).values()]
    return 200 + sum(len(part) if isinstance(part, str) else 1000 for part in parts)


def _shorten(content: dict[str, Any]) -> None:
    """Cut an error that brings a book along."""
    content["evalue"] = content["evalue"][:LONGEST_ERROR]
    content["traceback"] = [frame[:LONGEST_ERROR] for frame in content["traceback"][-20:]]


def note_slow(cell: Any, seconds: float) -> None:
    """Note with a cell that it was stopped."""
    cell.metadata["stopped"] = f"Stopped after {seconds:.0f} seconds: this cell took too long."


def _note(cell: Any, words: str) -> None:
    cell.outputs = []
    cell.metadata["stopped"] = words


if __name__ == "__main__":
    limit_resources()
    end_with_grader()
    run(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")))
