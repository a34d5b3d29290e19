"""The fork server's kernels, as Jupyter and papermill see them.

`WarmProvisioner` is a Jupyter kernel provisioner: a kernel manager starts, interrupts and ends its
kernel through it, and the kernel is a child of the fork server. `FastClient` is papermill's client
for the kernel without ZeroMQ.

A process that asks for kernels calls `use_link` once with the socket the grader gave it.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import socket
import struct
import time
from collections.abc import Iterator
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import nbformat
from jupyter_client.provisioning import KernelProvisionerFactory, LocalProvisioner
from jupyter_client.session import Session
from nbclient.exceptions import CellTimeoutError, DeadKernelError

from whobuys.sandbox import _worker
from whobuys.sandbox._forkserver import INTERRUPT, KILL

PROVISIONER = "whobuys-warm"
START_SECONDS = 60.0
END_SECONDS = 10.0
LARGEST_MESSAGE = 2**28
MOST_PARTS = 1_000
CHUNK = 2**18


class NoServer(Exception):
    """The fork server does not answer, or cannot fork."""


class KernelProcess:
    """A kernel forked elsewhere, with the face of a `subprocess.Popen`."""

    stdin = stdout = stderr = None

    def __init__(self, life: socket.socket) -> None:
        self._life = life
        self.returncode: int | None = None
        life.settimeout(START_SECONDS)
        try:
            said = json.loads(life.recv(1000) or b"{}")
        except (OSError, ValueError) as error:
            life.close()
            raise NoServer(f"The fork server does not answer: {error}") from None
        if "pid" not in said:
            life.close()
            raise NoServer(f"The fork server cannot fork: {said.get('error', 'it has ended')}")
        self.pid = int(said["pid"])

    def fileno(self) -> int:
        """Return a descriptor that becomes readable when the kernel ends."""
        return self._life.fileno()

    def poll(self) -> int | None:
        """Return how it ended, or None."""
        return self._ended(0)

    def wait(self, timeout: float | None = None) -> int:
        """Wait until it has ended."""
        code = self._ended(END_SECONDS if timeout is None else timeout)
        return -9 if code is None else code

    def send_signal(self, number: int) -> None:
        """Interrupt it; any other signal kills it."""
        self._say(INTERRUPT if number == 2 else KILL)

    def kill(self) -> None:
        """Kill it."""
        self._say(KILL)

    terminate = kill

    def close(self) -> None:
        """Let go of it: what still runs is killed."""
        if self._life.fileno() >= 0:
            self.kill()
            self.wait()
            self._life.close()

    def _say(self, what: bytes) -> None:
        if self.returncode is None:
            with contextlib.suppress(OSError):
                self._life.send(what)

    def _ended(self, seconds: float) -> int | None:
        if self.returncode is None and self._life.fileno() < 0:
            self.returncode = -9
        if self.returncode is None:
            self._life.settimeout(seconds)
            try:
                said = self._life.recv(1000)
            except (BlockingIOError, TimeoutError):
                return None
            except OSError:
                said = b""
            try:
                self.returncode = int(json.loads(said)["exit"])
            except (ValueError, KeyError, TypeError):
                self.returncode = -9
        return self.returncode


_link: socket.socket | None = None


def use_link(link: socket.socket) -> None:
    """Take kernels from the fork server at the other end; make the provisioner known to Jupyter."""
    global _link
    _link = link
    factory = KernelProvisionerFactory.instance()
    value = f"{__name__}:{WarmProvisioner.__name__}"
    factory.provisioners[PROVISIONER] = EntryPoint(PROVISIONER, value, factory.GROUP_NAME)


def fork_kernel(
    cwd: str, environment: dict[str, str], arguments: list[str], descriptors: list[int], fast: bool
) -> KernelProcess:
    """Have a kernel forked."""
    if _link is None:
        raise NoServer("There is no fork server here.")
    job = _worker.current_job
    request = {
        "cwd": cwd,
        "environment": environment,
        "arguments": arguments,
        "fast": fast,
        "policy": job.get("policy"),
        "level": job.get("level"),
    }
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    try:
        with theirs:
            message = json.dumps(request).encode()
            socket.send_fds(_link, [message], [theirs.fileno(), *descriptors])
    except OSError as error:
        ours.close()
        raise NoServer(f"The fork server is gone: {error}") from None
    return KernelProcess(ours)


class WarmProvisioner(LocalProvisioner):
    """A Jupyter kernel provisioner: kernels forked from a process that has imported everything."""

    process: KernelProcess | None = None

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> dict[str, Any]:
        """Fork the kernel instead of starting the command; its arguments are kept."""
        self.cwd = str(kwargs.get("cwd") or Path.cwd())
        environment = dict(kwargs.get("env") or os.environ)
        arguments = cmd[cmd.index("-f") :] if "-f" in cmd else []
        self.process = fork_kernel(self.cwd, environment, arguments, [], fast=False)
        self.pid, self.pgid = self.process.pid, None
        return dict(self.connection_info)

    async def wait(self) -> int | None:
        """Wait for the kernel's end without a fixed pause."""
        if self.process is None:
            return 0
        code = int(self.process.wait())
        self.process.close()
        self.process = None
        return code


class FastClient(_worker.HandInClient):
    """papermill's client for a kernel forked without ZeroMQ: messages come through one socket."""

    def execute(self, **kwargs: Any) -> Any:
        """Run the notebook in a kernel of its own."""
        self.reset_execution_trackers()
        with self._kernel():
            hello = self._message(time.monotonic() + START_SECONDS)
            self.papermill_execute_cells()
            self.nb.metadata["language_info"] = nbformat.from_dict(
                hello["content"].get("language_info", {})
            )
            self.set_widgets_metadata()
        return self.nb

    @contextlib.contextmanager
    def _kernel(self) -> Iterator[None]:
        ours, theirs = socket.socketpair()
        pipes = [os.pipe(), os.pipe()]
        self._session = Session(key=b"")
        self._wire, self._reader = ours, Reader()
        self._written = {pipes[0][0]: "stdout", pipes[1][0]: "stderr"}
        self._process: KernelProcess | None = None
        self._parent: dict[str, Any] = {}
        try:
            given = [theirs.fileno(), pipes[0][1], pipes[1][1]]
            arguments = [f"--HistoryManager.hist_file={self.ipython_hist_file}"]
            try:
                self._process = fork_kernel(
                    str(Path.cwd()), dict(os.environ), arguments, given, fast=True
                )
            finally:
                theirs.close()
                for _, end in pipes:
                    os.close(end)
            ours.setblocking(False)
            for descriptor in self._written:
                os.set_blocking(descriptor, False)
            yield
        finally:
            if self._process is not None:
                self._process.close()
            ours.close()
            for descriptor, _ in pipes:
                os.close(descriptor)

    def execute_cell(self, cell: Any, cell_index: int, **_: Any) -> Any:
        """Run one cell, as nbclient does; process its messages as nbclient does."""
        if not cell.source.strip():
            return cell
        cell.outputs = []
        self.clear_before_next_output = False
        timeout = self.timeout_func(cell)
        content = {"code": cell.source, "silent": False, "store_history": True}
        request = self._session.msg(
            "execute_request",
            content | {"allow_stdin": False, "stop_on_error": False, "user_expressions": {}},
        )
        self._parent = {"msg_id": request["header"]["msg_id"]}
        self.code_cells_executed += 1
        deadline = time.monotonic() + timeout
        self._send(self._session.serialize(request), deadline)
        interrupted = False
        while True:
            try:
                message = self._message(deadline, cell, cell_index)
            except TimeoutError:
                if interrupted:
                    raise CellTimeoutError.error_from_timeout_and_cell(
                        "stuck", timeout, cell
                    ) from None
                _worker.note_slow(cell, timeout)
                self.interrupt()
                interrupted, deadline = True, time.monotonic() + _worker.AFTER_INTERRUPT
                continue
            if message["parent_header"].get("msg_id") != self._parent["msg_id"]:
                continue
            if message["msg_type"] == "execute_reply":
                break
            self._take(message, cell, cell_index)
        self._read_written(cell, cell_index)
        self.note_reply(message)
        return cell

    def _send_interrupt(self) -> None:
        if self._process is not None:
            self._process.send_signal(2)

    def _take(self, message: dict[str, Any], cell: Any, index: int) -> None:
        with contextlib.suppress(KeyError, TypeError, ValueError, AttributeError):
            if message["msg_type"] != "status":
                self.process_message(message, cell, index)

    def _read_written(self, cell: Any, index: int) -> None:
        """Take what was written to the descriptors 1 and 2."""
        for descriptor, name in self._written.items():
            try:
                written = os.read(descriptor, CHUNK)
            except BlockingIOError:
                continue
            if written:
                text = written.decode(errors="replace")
                message = self._session.msg("stream", {"name": name, "text": text})
                self._take(message | {"parent_header": self._parent}, cell, index)

    # The wire -------------------------------------------------------------------------------------

    def _send(self, parts: list[bytes], deadline: float) -> None:
        sizes = [len(part) for part in parts]
        waiting = memoryview(
            b"".join([struct.pack(f"<I{len(sizes)}Q", len(sizes), *sizes), *parts])
        )
        while waiting:
            self._wait([], [self._wire], deadline)
            try:
                waiting = waiting[self._wire.send(waiting) :]
            except BlockingIOError:
                continue
            except OSError:
                raise DeadKernelError("Kernel died") from None

    def _message(self, deadline: float, cell: Any = None, index: int = 0) -> dict[str, Any]:
        """Wait for the next message; take what is written meanwhile. All of it is to be doubted."""
        while time.monotonic() < deadline:
            try:
                if parts := self._reader.message():
                    _, frames = self._session.feed_identities(parts)
                    return dict(self._session.deserialize(frames))
            except (ValueError, TypeError, KeyError, IndexError, RecursionError):
                raise DeadKernelError("Kernel died") from None
            self._wait([self._wire, self._process, *self._written], [], deadline, cell, index)
        raise TimeoutError

    def _wait(
        self,
        to_read: list[Any],
        to_write: list[Any],
        deadline: float,
        cell: Any = None,
        index: int = 0,
    ) -> None:
        left = max(0.0, deadline - time.monotonic())
        readable, writable, _ = select.select(to_read, to_write, [], left)
        if not readable and not writable and time.monotonic() >= deadline:
            raise TimeoutError
        if self._wire in readable:
            try:
                more = self._wire.recv(CHUNK)
            except OSError:
                more = b""
            if not more:
                raise DeadKernelError("Kernel died")
            self._reader.feed(more)
        elif self._process in readable:
            raise DeadKernelError("Kernel died")
        elif readable and cell is not None:
            self._read_written(cell, index)


class Reader:
    """Puts multipart messages together again from the bytes of `_kernel.Wire`.

    Examples
    --------
    >>> reader = Reader()
    >>> reader.feed(struct.pack("<I2Q", 2, 1, 2) + b"ab")
    >>> reader.message()
    >>> reader.feed(b"c")
    >>> reader.message()
    [b'a', b'bc']
    """

    def __init__(self) -> None:
        self._waiting = bytearray()

    def feed(self, more: bytes) -> None:
        """Take what has come."""
        self._waiting += more

    def message(self) -> list[bytes] | None:
        """Return the next message if it is whole.

        Raises
        ------
        ValueError
            If it is larger than a message may be.
        """
        if len(self._waiting) < 4:
            return None
        (count,) = struct.unpack_from("<I", self._waiting)
        if count > MOST_PARTS:
            raise ValueError("a message of too many parts")
        if len(self._waiting) < 4 + 8 * count:
            return None
        sizes = struct.unpack_from(f"<{count}Q", self._waiting, 4)
        start = 4 + 8 * count
        end = start + sum(sizes)
        if end > LARGEST_MESSAGE:
            raise ValueError("a message that is too large")
        if len(self._waiting) < end:
            return None
        parts = []
        for size in sizes:
            parts.append(bytes(self._waiting[start : start + size]))
            start += size
        del self._waiting[:end]
        return parts
