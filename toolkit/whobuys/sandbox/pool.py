"""The processes of a grading run: one fork server, and as many clients as hand-ins run at once.

The grader holds the key; they do not. A client or a server that dies is replaced, and costs no more
than the hand-in that ran in it, which is then run once more in a process of its own.
"""

from __future__ import annotations

import json
import os
import queue
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import weakref
from collections.abc import Mapping
from contextlib import ExitStack, suppress
from pathlib import Path
from types import TracebackType
from typing import Any

from whobuys.sandbox._rooms import new_room
from whobuys.sandbox._surroundings import environment

KERNELS = ("cold", "warm", "fast")
CAN_FORK = sys.platform == "linux"
SERVER_SECONDS = 120.0
MOST_JOBS = 200
MOST_SERVERS = 5


class Lost(Exception):
    """The process that ran a hand-in is gone; the hand-in may be run again."""


class Interrupted(Exception):
    """The run was stopped from outside."""


class Pool:
    """Runs jobs in long-lived processes.

    Parameters
    ----------
    kernel : str
        "warm": kernels are forked from a process that has imported the libraries, and are Jupyter's
        own; "fast": forked, without ZeroMQ; "cold": started. Where no process can be forked, or the
        fork server does not come up, it is "cold".

    Notes
    -----
    Used from several threads: each call of `run` has a client for itself.
    """

    def __init__(self, kernel: str = "warm") -> None:
        if kernel not in KERNELS:
            raise ValueError(f"kernel={kernel!r}: it is one of {', '.join(KERNELS)}.")
        self.kernel = kernel if CAN_FORK else "cold"
        self.why_cold = ""
        self.alone = threading.Lock()
        self._guard = threading.Lock()
        self._idle: list[_Client] = []
        self._busy: set[_Client] = set()
        rooms = ExitStack()
        self._folder = rooms.enter_context(new_room("pool-"))
        self._clear = weakref.finalize(self, rooms.close)
        self._server: _Server | None = None
        self._servers = 0
        if self.kernel != "cold":
            self._start_server()

    def __enter__(self) -> Pool:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def run(self, job: Mapping[str, Any], seconds: float, stop: threading.Event) -> str:
        """Run one job.

        Parameters
        ----------
        job : mapping
            See `_client`; `kernel` is added here.
        seconds : float
            How long it may take.
        stop : threading.Event
            Ends it at once.

        Returns
        -------
        str
            Which kernel it ran in.

        Raises
        ------
        Lost
            If the client died or its kernels could not be had.
        TimeoutError
            If it took too long.
        Interrupted
            If `stop` was set.
        """
        client = self._take()
        good = False
        try:
            said = client.run({**job, "kernel": client.kernel}, seconds, stop)
            good = client.jobs < MOST_JOBS
        finally:
            self._give_back(client, good)
        if said.startswith("NoServer"):
            self._replace_server(client.server)
        if said:
            raise Lost(said)
        return client.kernel

    def pids(self) -> list[int]:
        """List the processes started here that run now."""
        with self._guard:
            clients = [client.process.pid for client in (*self._idle, *self._busy)]
            return clients + ([self._server.process.pid] if self._server else [])

    def close(self) -> None:
        """End every process started here."""
        with self._guard:
            clients, self._idle = [*self._idle, *self._busy], []
            server, self._server = self._server, None
        for client in clients:
            client.close()
        if server is not None:
            server.close()
        self._clear()

    def _take(self) -> _Client:
        with self._guard:
            server = self._server
            client = None
            while self._idle and client is None:
                client = self._idle.pop()
                if client.server is not server or client.process.poll() is not None:
                    client.close()
                    client = None
            if client is None:
                client = _Client(self.kernel, server, self._folder)
            self._busy.add(client)
            return client

    def _give_back(self, client: _Client, good: bool) -> None:
        with self._guard:
            self._busy.discard(client)
            if good:
                self._idle.append(client)
        if not good:
            client.close()

    def _start_server(self) -> None:
        self._servers += 1
        try:
            self._server = _Server(self._folder)
        except OSError as error:
            self._server, self.kernel, self.why_cold = None, "cold", str(error)

    def _replace_server(self, broken: _Server | None) -> None:
        """Start another server, unless somebody has; after several, do without."""
        with self._guard:
            if broken is None or broken is not self._server:
                return
            broken.close()
            if self._servers < MOST_SERVERS:
                self._start_server()
            else:
                self._server, self.kernel = None, "cold"
                self.why_cold = "the fork server died again and again"


class _Server:
    """The fork server's process. It comes up while the first clients do."""

    def __init__(self, folder: Path) -> None:
        home = Path(tempfile.mkdtemp(prefix="server-", dir=folder))
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._control, self._up, self._guard = ours, False, threading.Lock()
        with theirs:
            self.process = _start("_forkserver", home, [theirs.fileno()])

    def link(self) -> socket.socket:
        """Return a socket over which kernels can be asked for."""
        from whobuys.sandbox._forkserver import CLIENT, READY  # Linux only

        with self._guard:
            if not self._up:
                self._control.settimeout(SERVER_SECONDS)
                said = self._control.recv(1000)
                if said != READY:
                    raise OSError(f"The fork server did not start: {said.decode() or 'it ended'}")
                self._up = True
            ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            with theirs:
                socket.send_fds(self._control, [CLIENT], [theirs.fileno()])
            return ours

    def close(self) -> None:
        self._control.close()
        _end(self.process, 5.0)


class _Client:
    """A client's process, and the thread that reads what it says."""

    def __init__(self, kernel: str, server: _Server | None, folder: Path) -> None:
        self.server, self.kernel, self.jobs = server, kernel, 0
        self._closing = threading.Lock()
        home = Path(tempfile.mkdtemp(prefix="client-", dir=folder))
        link = None
        if server is not None:
            try:
                link = server.link()
            except OSError:
                self.kernel = "cold"
        self.process = _start("_client", home, [link.fileno()] if link else [], talk=True)
        if link is not None:
            link.close()
        self._said: queue.SimpleQueue[str] = queue.SimpleQueue()
        threading.Thread(target=self._listen, daemon=True).start()

    def run(self, job: Mapping[str, Any], seconds: float, stop: threading.Event) -> str:
        self.jobs += 1
        pipe = self.process.stdin
        try:
            pipe.write(json.dumps(job) + "\n")
            pipe.flush()
        except OSError as error:
            raise Lost(f"a client could not be reached: {error}") from None
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if stop.is_set():
                raise Interrupted
            with suppress(queue.Empty):
                said = self._said.get(timeout=0.05)
                break
        else:
            raise TimeoutError(f"It was not done within {seconds:.0f} seconds.")
        try:
            return str(json.loads(said)["error"])
        except (ValueError, KeyError, TypeError):
            raise Lost(f"a client ended with code {self.process.poll()}") from None

    def _listen(self) -> None:
        with suppress(OSError, ValueError):
            for line in self.process.stdout:
                self._said.put(line)
        self._said.put("")

    def close(self) -> None:
        with self._closing:
            with suppress(OSError):
                self.process.stdin.close()
            _end(self.process, 0.0 if self._said.empty() else 1.0)


def _start(module: str, home: Path, pass_on: list[int], talk: bool = False) -> Any:
    """Start one of our modules, with no more of our surroundings than it needs."""
    pipe = subprocess.PIPE if talk else subprocess.DEVNULL
    with (home / "log").open("wb") as log:
        return subprocess.Popen(  # noqa: S603 - our own interpreter, a list, no shell
            [sys.executable, "-P", "-m", f"whobuys.sandbox.{module}", *map(str, pass_on)],
            cwd=home,
            env=environment(home),
            stdin=pipe,
            stdout=pipe,
            stderr=log,
            text=True,
            encoding="utf-8",
            pass_fds=pass_on if os.name == "posix" else (),
            start_new_session=True,
        )


def _end(process: Any, patience: float) -> None:
    """End a process: let it, or make it."""
    with suppress(subprocess.TimeoutExpired):
        process.wait(patience)
    if process.poll() is None:
        with suppress(OSError):
            if os.name == "posix":
                os.killpg(process.pid, signal.SIGKILL)
            else:
                process.kill()
        process.wait()
