"""The kernel in a forked process: Jupyter's own, or without ZeroMQ. Imported by the fork server.

`run_jupyter` is `ipykernel` as it is. `run_fast` is the same kernel and shell with other wires: the
messages go, packed as ever, through one Unix socket to the client in `_fast`; what is written to
the descriptors 1 and 2 goes there through two pipes. It has one thread, and no control channel.
"""

from __future__ import annotations

import asyncio
import io
import os
import socket
import struct
import sys
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from types import SimpleNamespace
from typing import Any

from ipykernel.displayhook import ZMQDisplayHook
from ipykernel.ipkernel import IPythonKernel
from ipykernel.kernelapp import IPKernelApp

from whobuys._tracebacks import shorten_in_notebooks
from whobuys.sandbox._confined_kernel import COPY_MESSAGES

WIRE, OUT, ERR = 3, 4, 5
FLUSH_SECONDS = 0.2
FLUSH_CHARACTERS = 100_000


def run_jupyter(arguments: list[str]) -> None:
    """Be the kernel that a connection file describes."""
    app = IPKernelApp.instance()
    app.initialize([*arguments, COPY_MESSAGES])
    tell_libraries()
    app.start()


def run_fast(arguments: list[str]) -> None:
    """Be a kernel on three descriptors."""
    nowhere = os.dup(1)
    os.dup2(OUT, 1)
    os.dup2(ERR, 2)
    os.close(OUT)
    os.close(ERR)
    os.set_inheritable(WIRE, False)
    os.set_inheritable(nowhere, False)
    wire = Wire(socket.socket(fileno=WIRE))
    app = _App.instance(wire=wire, nowhere=nowhere)
    app.initialize(arguments)
    tell_libraries()
    asyncio.run(_serve(app, wire))


def tell_libraries() -> None:
    """Tell libraries imported before there was a kernel that there is one now."""
    if "matplotlib.pyplot" in sys.modules:
        sys.modules["matplotlib.pyplot"].install_repl_displayhook()
    if "ipywidgets" in sys.modules:
        sys.modules["ipywidgets"].register_comm_target()
    shorten_in_notebooks()


async def _serve(app: _App, wire: Wire) -> None:
    """Run one cell after the other until the client closes the wire."""
    kernel = app.kernel
    loop: Any = _Loop(asyncio.get_running_loop())
    kernel.io_loop = app.io_loop = loop
    session = app.session
    session.send(wire, "kernel_info_reply", {"language_info": kernel.language_info})
    while parts := wire.receive():
        _, frames = session.feed_identities(parts)
        request = session.deserialize(frames)
        kernel.set_parent([], request)
        kernel.pre_handler_hook()
        try:
            await kernel.execute_request(wire, [], request)
        except KeyboardInterrupt:
            session.send(wire, "execute_reply", {"status": "error"}, request)
        finally:
            kernel.post_handler_hook()


class Wire:
    """A stream socket that carries multipart messages, used where a ZeroMQ socket would be."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._lock = threading.Lock()

    def send_multipart(self, parts: Sequence[Any], *_: Any, **__: Any) -> None:
        """Send one message whole."""
        views = [memoryview(part).cast("B") for part in parts]
        sizes = [len(view) for view in views]
        head = struct.pack(f"<I{len(sizes)}Q", len(sizes), *sizes)
        with self._lock:
            self._connection.sendall(b"".join([head, *views]))

    def receive(self) -> list[bytes]:
        """Wait for one message; an empty list means there will be no more."""
        try:
            (count,) = struct.unpack("<I", self._exactly(4))
            sizes = struct.unpack(f"<{count}Q", self._exactly(8 * count))
            return [self._exactly(size) for size in sizes]
        except EOFError:
            return []

    def _exactly(self, size: int) -> bytes:
        got = bytearray()
        while len(got) < size:
            more = self._connection.recv(min(size - len(got), 2**20))
            if not more:
                raise EOFError
            got += more
        return bytes(got)


class _Loop:
    """What ipykernel asks of an event loop, on the one that runs."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.asyncio_loop = loop

    def add_callback(self, call: Any, *arguments: Any) -> None:
        self.asyncio_loop.call_soon_threadsafe(call, *arguments)

    def call_later(self, seconds: float, call: Any, *arguments: Any) -> None:
        """Do nothing: it is how `exit` ends a kernel; the client takes care of that."""

    def stop(self) -> None:
        """Do nothing."""


class Stream(io.TextIOBase):
    """`sys.stdout` and `sys.stderr`: collected, and sent as messages."""

    encoding = "UTF-8"
    errors = "strict"

    def __init__(self, app: _App, name: str) -> None:
        self.name, self._app = name, app
        self._pid, self._lock = os.getpid(), threading.RLock()
        self._waiting: list[str] = []
        self._length, self._sent_at = 0, time.monotonic()
        self.parent_header: dict[str, Any] = {}

    def set_parent(self, parent: dict[str, Any]) -> None:
        """Remember the request that what is written belongs to."""
        self.parent_header = parent["header"]

    def fileno(self) -> int:
        return self._app.nowhere

    def isatty(self) -> bool:
        return False

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        if not isinstance(text, str):
            msg = f"write() argument must be str, not {type(text)}"
            raise TypeError(msg)
        if os.getpid() != self._pid:
            os.write(1 if self.name == "stdout" else 2, text.encode("utf-8", errors="replace"))
            return len(text)
        with self._lock:
            self._waiting.append(text)
            self._length += len(text)
            late = time.monotonic() - self._sent_at > FLUSH_SECONDS
            if late or self._length > FLUSH_CHARACTERS:
                self._flush()
        return len(text)

    def writelines(self, lines: Any) -> None:
        for line in lines:
            self.write(line)

    def flush(self) -> None:
        if os.getpid() == self._pid:
            with self._lock:
                self._flush()

    def _flush(self) -> None:
        self._sent_at = time.monotonic()
        if not self._waiting:
            return
        text, self._waiting, self._length = "".join(self._waiting), [], 0
        self._app.session.send(
            self._app.wire,
            "stream",
            {"name": self.name, "text": text},
            parent=self.parent_header,
            ident=f"stream.{self.name}".encode(),
        )


class _App(IPKernelApp):
    """ipykernel's application: its configuration, profile and shell; other wires."""

    name = "ipython-kernel"

    def __init__(self, wire: Wire, nowhere: int, **traits: Any) -> None:
        super().__init__(**traits)
        self.wire, self.nowhere = wire, nowhere

    def init_poller(self) -> None: ...

    def init_connection_file(self) -> None: ...

    def init_sockets(self) -> None:
        self.session.key = b""
        self.iopub_socket = self.wire

    def init_heartbeat(self) -> None: ...

    def write_connection_file(self, **_: Any) -> None: ...

    def log_connection_info(self) -> None: ...

    def init_io(self) -> None:
        sys.stdout = Stream(self, "stdout")
        sys.stderr = Stream(self, "stderr")
        sys.displayhook = self.displayhook = ZMQDisplayHook(self.session, self.wire)
        self.configure_tornado_logger()
        self.patch_io()

    def init_kernel(self) -> None:
        self.kernel = IPythonKernel.instance(
            parent=self,
            session=self.session,
            iopub_socket=self.wire,
            log=self.log,
            profile_dir=self.profile_dir,
            user_ns=self.user_ns,
            shell_channel_thread=SimpleNamespace(parent_thread=threading.main_thread()),
        )
        self.displayhook.get_execution_count = lambda: self.kernel.execution_count

    def close(self) -> None:
        with suppress(Exception):
            self.reset_io()
