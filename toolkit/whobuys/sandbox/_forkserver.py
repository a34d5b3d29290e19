"""A process that has imported the course's libraries once, and forks one kernel per hand-in.

    python -P -m whobuys.sandbox._forkserver FD

It is started once a run, with an allow-listed environment in an empty folder. It is given no key,
no secret and no hand-in. `FD` is a socket to the grader; over it come the sockets of the clients
(see `_client`). A client asks for a kernel with one message and hands over the end of a connection
of its own: over that it hears the kernel's process id and how the kernel ended, and may ask to
interrupt it. When that connection is closed, by the client or by its death, the kernel is killed.
When the grader goes, all are.

No thread may run here when a kernel is forked; that is checked each time.
"""

from __future__ import annotations

import builtins
import ctypes
import fcntl
import gc
import importlib
import io
import json
import os
import pkgutil
import random
import selectors
import signal
import socket
import sys
import tempfile
import traceback
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

from whobuys.sandbox import _confine, _confined_kernel, _limits

LARGEST_REQUEST = 200_000
MOST_DESCRIPTORS = 8
MOST_OPEN = 65_536
READY = b"ready"
CLIENT = b"client"
INTERRUPT = b"interrupt"
KILL = b"kill"
PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER = 1, 36
LIBRARIES = (
    "numpy.random",
    "pandas",
    "pandas.io.formats.csvs",
    "pandas.io.formats.html",
    "pandas.io.formats.string",
    "pandas.io.parsers.readers",
    "matplotlib.pyplot",
    "matplotlib.backends.backend_agg",
    "PIL.PngImagePlugin",
    "seaborn",
    "scipy.stats",
    "scipy.cluster.hierarchy",
    "sklearn.cluster",
    "sklearn.compose",
    "sklearn.decomposition",
    "sklearn.ensemble",
    "sklearn.linear_model",
    "sklearn.metrics",
    "sklearn.mixture",
    "sklearn.model_selection",
    "sklearn.neighbors",
    "sklearn.pipeline",
    "sklearn.preprocessing",
    "sklearn.tree",
    "ipywidgets",
    "ipykernel.kernelapp",
    "ipykernel.debugger",
    "ipykernel.zmqshell",
    "ipykernel.eventloops",
    "IPython.core.completerlib",
    "IPython.core.magics",
    "IPython.core.pylabtools",
    "zmq.eventloop.zmqstream",
    "whobuys.sandbox._kernel",
)
#: Rooms of the package that only teachers use.
OF_TEACHERS = {"sandbox", "pages", "grade", "review", "desk", "cli"}
#: Modules that look, when they are imported, for the kernel they run in.
IN_KERNEL_ONLY = ("matplotlib_inline.backend_inline", "matplotlib_inline.config")


#: What libraries put into the environment when they are imported; their kernels have it too.
_set_by_libraries: dict[str, str] = {}


@dataclass
class _Kernel:
    """A forked kernel: its process, the connection it lives by, and the home it was given."""

    pid: int
    pidfd: int
    life: socket.socket
    home: str


class Server:
    """Forks kernels on request and sees to their end."""

    def __init__(self, control: socket.socket) -> None:
        self._control = control
        self._selector = selectors.DefaultSelector()
        self._kernels: dict[int, _Kernel] = {}

    def serve(self) -> None:
        """Answer until the grader is gone."""
        prctl(PR_SET_CHILD_SUBREAPER, 1)
        self._watch(self._control, self._on_control)
        self._control.send(READY)
        try:
            while self._control.fileno() >= 0:
                for key, _ in self._selector.select(timeout=1.0):
                    if key.fileobj in self._selector.get_map():
                        key.data()
                self._reap()
        finally:
            for kernel in list(self._kernels.values()):
                self._kill(kernel)
            self._end_strays(everything=True)

    def _watch(self, what: Any, handle: Callable[[Any], None]) -> None:
        self._selector.register(what, selectors.EVENT_READ, partial(handle, what))

    def _forget(self, what: Any) -> None:
        self._selector.unregister(what)
        what.close()

    def _on_control(self, control: socket.socket) -> None:
        message, descriptors = _receive(control)
        if message == CLIENT and len(descriptors) == 1:
            self._watch(socket.socket(fileno=descriptors[0]), self._on_client)
        elif not message:
            self._forget(control)

    def _on_client(self, client: socket.socket) -> None:
        message, descriptors = _receive(client)
        if not message:
            self._forget(client)
            return
        life = socket.socket(fileno=descriptors[0])
        try:
            self._fork(json.loads(message), life, descriptors[1:])
        except Exception as error:
            _tell(life, error=f"{type(error).__name__}: {error}")
            life.close()
        finally:
            for descriptor in descriptors[1:]:
                os.close(descriptor)

    def _fork(self, request: dict[str, Any], life: socket.socket, given: list[int]) -> None:
        if threads() != 1:
            raise RuntimeError(f"{threads()} threads run in the fork server")
        server = os.getpid()
        pid = os.fork()
        if pid == 0:
            _be_kernel(request, given, server)
        life.setblocking(False)
        kernel = _Kernel(pid, os.pidfd_open(pid), life, request["environment"].get("HOME", ""))
        self._kernels[pid] = kernel
        self._selector.register(kernel.pidfd, selectors.EVENT_READ, lambda: None)
        self._selector.register(life, selectors.EVENT_READ, partial(self._on_life, kernel))
        _tell(life, pid=pid)

    def _on_life(self, kernel: _Kernel) -> None:
        try:
            message = kernel.life.recv(64)
        except BlockingIOError:
            return
        except OSError:
            message = b""
        if message == INTERRUPT:
            with suppress(OSError):
                os.killpg(kernel.pid, signal.SIGINT)
        elif message in (KILL, b""):
            self._kill(kernel)
            if not message:
                self._selector.unregister(kernel.life)

    def _kill(self, kernel: _Kernel) -> None:
        with suppress(OSError):
            signal.pidfd_send_signal(kernel.pidfd, signal.SIGKILL)
        with suppress(OSError):
            os.killpg(kernel.pid, signal.SIGKILL)

    def _reap(self) -> None:
        """Take leave of every process that has ended: kernels, and what they had left behind."""
        ended = False
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                break
            if pid == 0:
                break
            kernel = self._kernels.pop(pid, None)
            if kernel is None:
                continue
            ended = True
            self._selector.unregister(kernel.pidfd)
            os.close(kernel.pidfd)
            with suppress(OSError):
                os.killpg(pid, signal.SIGKILL)
            _tell(kernel.life, exit=os.waitstatus_to_exitcode(status))
            with suppress(KeyError):
                self._selector.unregister(kernel.life)
            kernel.life.close()
        if ended:
            self._end_strays()

    def _end_strays(self, everything: bool = False) -> None:
        """Kill what an ended kernel had started: it is a child of this process now.

        Left alone is only what still has the home of a kernel that runs.
        """
        homes = {f"HOME={kernel.home}\0".encode() for kernel in self._kernels.values()}
        for _ in range(20):
            strays = [
                pid
                for pid in _children()
                if pid not in self._kernels
                and (everything or not any(home in _environment(pid) for home in homes))
            ]
            if not strays:
                return
            for pid in strays:
                with suppress(OSError):
                    os.kill(pid, signal.SIGKILL)
            for pid in strays:
                with suppress(OSError):
                    os.waitpid(pid, 0)


def _receive(source: socket.socket) -> tuple[bytes, list[int]]:
    try:
        message, descriptors, _, _ = socket.recv_fds(source, LARGEST_REQUEST, MOST_DESCRIPTORS)
    except OSError:
        return b"", []
    return message, list(descriptors)


def _tell(life: socket.socket, **what: Any) -> None:
    with suppress(OSError):
        life.send(json.dumps(what).encode())


def _children() -> list[int]:
    """List the children of this process, kernels and adopted ones."""
    me = os.getpid()
    try:
        return [int(pid) for pid in Path(f"/proc/{me}/task/{me}/children").read_text().split()]
    except OSError:
        found = []
        for entry in Path("/proc").iterdir():
            with suppress(OSError, ValueError, IndexError):
                stat = (entry / "stat").read_text() if entry.name.isdigit() else ""
                if int(stat.rpartition(")")[2].split()[1]) == me:
                    found.append(int(entry.name))
        return found


def _environment(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/environ").read_bytes()
    except OSError:
        return b""


def threads() -> int:
    """Count the threads of this process, of whatever language."""
    return sum(1 for _ in Path("/proc/self/task").iterdir())


def prctl(option: int, value: int) -> None:
    """Call prctl(2)."""
    ctypes.CDLL(None, use_errno=True).prctl(option, value, 0, 0, 0)


# In the child -------------------------------------------------------------------------------------


def _be_kernel(request: dict[str, Any], given: list[int], server: int) -> None:
    """Become the kernel of one hand-in; never return."""
    try:
        _leave_the_server(request, given, server)
        # ---- confinement: no line of a student's has run yet; all of them run after this ----
        if request.get("policy") is not None:
            keep = range(3, 3 + len(given))
            policy = _confine.Policy(**{**request["policy"], "keep": tuple(keep)})
            level = _confine.Level(**request["level"])
            _confine.enter(policy, level)
            if not level.apart:
                _confined_kernel.without_tcp()
        # --------------------------------------------------------------------------------------
        _kernel = sys.modules["whobuys.sandbox._kernel"]
        run = _kernel.run_fast if request["fast"] else _kernel.run_jupyter
        run(request["arguments"])
        os._exit(0)
    except SystemExit as end:
        os._exit(end.code if isinstance(end.code, int) else 1)
    except BaseException:
        with suppress(BaseException):
            traceback.print_exc(file=sys.__stderr__)
            sys.__stderr__.flush()  # type: ignore[union-attr]
        os._exit(1)


def _leave_the_server(request: dict[str, Any], given: list[int], server: int) -> None:
    """Give up all that is the server's: descriptors, signals, environment, random state."""
    os.setsid()
    prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != server:
        os._exit(1)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGCHLD, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    _keep_descriptors(given)
    os.environ.clear()
    os.environ.update(_set_by_libraries | request["environment"])
    os.chdir(request["cwd"])
    tempfile.tempdir = None
    random.seed()
    if "numpy" in sys.modules:
        sys.modules["numpy"].random.seed()
    _limits.limit_resources()


def _keep_descriptors(given: list[int]) -> None:
    """Leave open 0, 1 and 2, to nowhere, and what was given, from 3 on."""
    apart = [fcntl.fcntl(descriptor, fcntl.F_DUPFD, 100) for descriptor in given]
    nowhere = os.open(os.devnull, os.O_RDWR)
    for number in (0, 1, 2):
        os.dup2(nowhere, number)
    for number, descriptor in enumerate(apart, start=3):
        os.dup2(descriptor, number)
    os.closerange(3 + len(apart), MOST_OPEN)


# Before the first fork ----------------------------------------------------------------------------


def preload() -> None:
    """Import what hand-ins import, as if in a kernel."""
    for name, value in {
        "MPLBACKEND": "module://matplotlib_inline.backend_inline",
        "JE_ARROW_MALLOC_CONF": "background_thread:false",
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
    }.items():
        os.environ[name] = value
    before = set(os.environ)
    # pandas asks at its import whether it is in a kernel, and how its terminal writes.
    builtins.get_ipython = lambda: SimpleNamespace(kernel=None)  # type: ignore[attr-defined]
    streams = sys.stdout, sys.stderr
    sys.stdout = sys.stderr = io.TextIOWrapper(io.BytesIO(), encoding="UTF-8")
    try:
        for name in (*LIBRARIES, *rooms()):
            with suppress(ImportError):
                importlib.import_module(name)
    finally:
        sys.stdout, sys.stderr = streams
        del builtins.get_ipython  # type: ignore[attr-defined]
    _set_by_libraries.update({k: os.environ[k] for k in set(os.environ) - before})
    for name in IN_KERNEL_ONLY:
        sys.modules.pop(name, None)
    for module in list(sys.modules.values()):
        if type(module) is ModuleType:
            vars(module).pop("__warningregistry__", None)
    gc.collect()
    gc.freeze()


def rooms() -> list[str]:
    """Name the rooms of the package that a notebook may import."""
    import whobuys

    names = [room.name for room in pkgutil.iter_modules(whobuys.__path__)]
    return [f"whobuys.{n}" for n in names if n not in OF_TEACHERS and not n.startswith("_")]


def main() -> None:
    """Preload and serve."""
    control = socket.socket(fileno=int(sys.argv[1]))
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    preload()
    if threads() != 1:
        control.send(f"{threads()} threads run after the imports".encode())
        return
    Server(control).serve()


if __name__ == "__main__":
    main()
