"""Shut a hand-in in: it sees its own folder and the libraries, and reaches nothing else.

Linux only; standard library only, and no import of `whobuys`: it is loaded by file in the process
that is to be confined. What each level keeps out, and what not, is in docs/security.md.

    level = probe()
    policy = Policy(writable="/tmp/handin-x", readable=readable_paths())
    enter(policy, level)         # in a process just forked, with a single thread
"""

# One import less in each process that is confined:
# ruff: noqa: PTH100, PTH101, PTH102, PTH103, PTH106, PTH108, PTH109, PTH110, PTH111, PTH114
# ruff: noqa: PTH115, PTH116, PTH118, PTH120, PTH123, PTH208, PTH211

from __future__ import annotations

import importlib.util
import json
import os
import select
import shutil
import signal
import site
import stat
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from functools import cache
from types import FrameType
from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING or sys.platform == "linux":  # elsewhere only the level "nothing" is to be had
    import resource
if TYPE_CHECKING or (__package__ and sys.platform == "linux"):
    from . import _confine_calls as calls
elif sys.platform == "linux":
    _beside = os.path.join(os.path.dirname(__file__), "_confine_calls.py")
    _spec = importlib.util.spec_from_file_location("_confine_calls", _beside)
    calls = importlib.util.module_from_spec(_spec)
    _spec.loader.exec_module(calls)

NOT_CONFINED = "NOT CONFINED"
NOBODY = 65534
ROOT_AT = "/tmp"  # noqa: S108 - only a place to build on; nothing is written there
WATCH_SECONDS = 0.2
PROBE_SECONDS = 20
MOST_SOCKETS = 200
SPARE = 16  # the limit of the kernel comes first, and costs only a failed fork
DEVICES = ("null", "zero", "full", "random", "urandom")
PROC = (
    *("cpuinfo", "meminfo", "stat", "loadavg", "uptime", "version", "filesystems"),
    *("sys/kernel", "sys/vm/overcommit_memory"),
)
#: What is read of an installed Python or of the system: the course may lie beside these.
PARTS = (
    *("bin", "sbin", "lib", "lib32", "lib64", "libexec", "share", "include", "etc", "ssl"),
    *("fonts", "pyvenv.cfg", "conda-meta"),
)
SYSTEM = (
    *(f"{top}/{part}" for top in ("/usr", "/usr/local") for part in PARTS),
    *("/bin", "/sbin", "/lib", "/lib32", "/lib64", "/nix/store", "/gnu/store"),
    *("/etc/ld.so.cache", "/etc/ld.so.conf", "/etc/ld.so.conf.d", "/etc/localtime"),
    *("/etc/timezone", "/etc/fonts", "/etc/alternatives", "/etc/mime.types", "/etc/ssl/certs"),
    *("/etc/protocols", "/etc/services", "/var/cache/fontconfig"),
    *("/sys/devices/system", "/sys/fs/cgroup"),
)
PEOPLE = {
    "/etc/passwd": "{name}:x:{user}:{user}::/:/bin/sh\n",
    "/etc/group": "{name}:x:{user}:\n",
    "/etc/hosts": "127.0.0.1 localhost\n::1 localhost\n",
    "/etc/nsswitch.conf": "passwd: files\ngroup: files\nhosts: files\n",
}
WHOBUYS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
FOLDERS = {"/tmp": 0o1777, "/dev/shm": 0o1777, "/dev/pts": 0o755, "/proc": 0o755}  # noqa: S108
MB = 2**20


class NotConfined(RuntimeError):
    """The process could not be confined; no student code may run in it."""


@dataclass(frozen=True)
class Level:
    """What confines a hand-in on this system.

    Attributes
    ----------
    apart : bool
        Own mount, process, network, IPC and host-name namespaces, and a root folder that holds
        nothing but what is allowed.
    nobody : bool
        The process also becomes the user "nobody" (when the grader is root).
    proc : bool
        `/proc` shows only the hand-in's own processes.
    landlock : int
        Version of Landlock; 0 if there is none.
    seccomp : bool
        System calls are filtered.
    cgroup : str
        Folder of control groups in which total memory can be capped; empty if none.
    """

    apart: bool = False
    nobody: bool = False
    proc: bool = False
    landlock: int = 0
    seccomp: bool = False
    cgroup: str = ""

    @property
    def confined(self) -> bool:
        """Whether this is enough to run what a stranger wrote."""
        return self.seccomp and (self.apart or self.landlock > 0)

    @property
    def name(self) -> str:
        """The level in words: "own namespaces, Landlock, seccomp, limits"."""
        if not self.confined:
            return NOT_CONFINED
        parts = {
            "own namespaces": self.apart,
            "Landlock": self.landlock,
            "seccomp": self.seccomp,
            "control group": self.cgroup,
            "limits": True,
        }
        return ", ".join(part for part, there in parts.items() if there)


@dataclass(frozen=True)
class Policy:
    """What one hand-in may see, write and use up.

    Attributes
    ----------
    writable : str
        Its folder. With own namespaces the process works on a copy of it in memory, of at most
        `disk` bytes with everything it writes, and the folder itself is never changed.
    readable : tuple of str
        Files and folders it may read and run; see `readable_paths`.
    sockets : str
        The one folder, if any, seen from both sides: the kernel's Unix sockets and its connection
        file. Only sockets can be made in it. It must not lie in `writable`.
    memory : int
        Bytes, for one process by the kernel, for all together by a control group or, where there is
        none, by counting every fifth of a second.
    disk, file_size : int
        Bytes, in all and for a file.
    processes, open_files : int
        How many at once (processes: with their threads).
    cpu_seconds : int
        For one process.
    environment : mapping, optional
        The whole environment from then on. Without one it stays as it is.
    keep : tuple of int
        File descriptors beyond 0, 1 and 2 that stay open.
    """

    writable: str
    readable: tuple[str, ...] = ()
    sockets: str = ""
    memory: int = 4096 * MB
    disk: int = 512 * MB
    file_size: int = 256 * MB
    processes: int = 128
    open_files: int = 1024
    cpu_seconds: int = 1200
    environment: Mapping[str, str] | None = None
    keep: tuple[int, ...] = field(default=())


def to_json(policy: Policy, level: Level) -> str:
    """Write policy and level down for another process."""
    return json.dumps({"policy": asdict(policy), "level": asdict(level)})


def from_json(text: str) -> tuple[Policy, Level]:
    """Read what `to_json` wrote."""
    made = json.loads(text)
    policy = Policy(**made["policy"])
    policy = replace(policy, readable=tuple(policy.readable), keep=tuple(policy.keep))
    return policy, Level(**made["level"])


@cache
def readable_paths(*more: str) -> tuple[str, ...]:
    """Return what any hand-in needs to read: Python, its packages, the system's libraries.

    Not in it: the course with its keys and solutions, and everybody's files. It is built from known
    places, not from `sys.path`, which may hold the folder one happens to stand in. Of an installed
    Python only its parts are named: the course may lie in the folder of its own environment.

    Parameters
    ----------
    *more : str
        Further files or folders.
    """
    tops = {sys.prefix, sys.exec_prefix, sys.base_prefix, sys.base_exec_prefix} - {"/"}
    paths = {os.path.join(top, part) for top in tops for part in PARTS} | {*SYSTEM, *more}
    paths |= {sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")}
    paths |= {*site.getsitepackages(), site.getusersitepackages()}
    paths.add(WHOBUYS)
    paths -= {"/", os.path.expanduser("~"), os.getcwd()} - {*more}
    return tuple(sorted(path for path in paths if os.path.exists(path)))


def seen_inside(paths: Iterable[str], readable: Iterable[str]) -> list[str]:
    """Return those of the paths that a hand-in could read, at any level.

    Parameters
    ----------
    paths : iterable of str
        Files or folders that it is not meant to see; they need not exist yet.
    readable : iterable of str
        What it may read: `Policy.readable`.
    """
    shown = {os.path.realpath(path) for path in readable}

    def below(path: str) -> bool:
        real = os.path.realpath(path)
        return any(real == one or real.startswith(f"{one.rstrip('/')}/") for one in shown)

    return [path for path in paths if below(path)]


# which level there is ----------------------------------------------------------------------------


@cache
def probe() -> Level:
    """Find the best level that works here, by trying; cached.

    Raises
    ------
    InstructorError
        If it could not be tried: that says nothing of what the system can do.
    """
    if sys.platform != "linux":
        return Level()
    command = [sys.executable, "-P", __file__, "probe"]
    run = subprocess.run(  # noqa: S603 - our own interpreter, a list, no shell
        command, capture_output=True, text=True, check=False, cwd="/", stdin=subprocess.DEVNULL
    )
    if run.returncode == 0:
        return Level(**json.loads(run.stdout))
    if run.returncode == -signal.SIGSYS:  # what is around us ends whoever asks for confinement
        return Level()
    from whobuys._errors import InstructorError  # not at the top: this is run as a file, too

    said = run.stderr.strip().rpartition("\n")[2] or f"it ended with code {run.returncode}"
    raise InstructorError(
        f"Nobody knows yet what can confine a hand-in here: the trial failed ({said}). Nothing was "
        "run. Most often the temporary folder is full or cannot be written "
        f"({os.environ.get('TMPDIR', '/tmp')}): make room there, or name another one "  # noqa: S108
        "(TMPDIR=FOLDER before the command), and run the same command again."
    )


def candidates() -> Iterator[Level]:
    """List the levels worth trying, best first."""
    landlock, cgroup = calls.landlock_version(), _cgroup_parent()
    root = os.geteuid() == 0
    for version in dict.fromkeys((landlock, 0)):
        for nobody in (True, False) if root else (False,):
            for proc in (True, False):
                yield Level(True, nobody, proc, version, True, cgroup)
    if landlock:
        yield Level(False, False, False, landlock, True, cgroup)


def works(level: Level) -> bool:
    """Try a level in a process of its own: does it start, and see its own folder only."""
    with tempfile.TemporaryDirectory(prefix="probe-") as folder:
        outside = os.path.join(folder, "outside")
        own = os.path.join(folder, "own")
        os.mkdir(own)
        with open(outside, "w") as file:
            file.write("x")
        os.chmod(outside, 0o666)  # noqa: S103 - the canary: only confinement protects it
        child = os.fork()
        if child == 0:
            with suppress(BaseException):
                resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
                os.dup2(os.open(os.devnull, os.O_RDWR), 2)
                signal.alarm(PROBE_SECONDS)
                enter(Policy(own, readable_paths()), level)
                _check_inside(own, outside)
                os._exit(0)
            os._exit(1)
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def _check_inside(own: str, outside: str) -> None:
    with open(os.path.join(own, "x"), "w") as file:
        file.write("x")
    with open(os.__file__) as file, open(__file__) as other:
        file.read(1)
        other.read(1)
    if os.access(sys.executable, os.X_OK):
        subprocess.run([sys.executable, "-SIc", "0"], check=True)
    for path in (outside, "/etc/shadow"):
        with suppress(OSError), open(path) as file:
            raise NotConfined(path)


# going in ----------------------------------------------------------------------------------------


def enter(policy: Policy, level: Level) -> None:
    """Confine this process for good; return only in the confined one.

    To be called with a single thread, before anything a stranger wrote. The process forks: what
    returns is a child (a grandchild with own namespaces). The caller's own process stays outside,
    passes interrupts on, watches what the hand-in uses up, ends with it and as it ended, and is
    killed when its parent ends. The working folder is the same as before, if it lies in
    `writable`, and else that.

    Parameters
    ----------
    policy : Policy
        What is allowed.
    level : Level
        From `probe`.

    Raises
    ------
    NotConfined
        In the caller's process, if any part of it failed. Nothing has run.
    """
    if not level.confined:
        raise NotConfined("This system offers no way to confine a hand-in.")
    if f"{policy.sockets}/".startswith(f"{policy.writable}/"):
        raise NotConfined("The folder for sockets must not lie in the hand-in's folder.")
    parent, cwd = os.getppid(), os.getcwd()
    user, group = os.geteuid(), os.getegid()
    for entry in os.scandir(policy.sockets) if policy.sockets else ():
        if stat.S_ISSOCK(entry.stat(follow_symlinks=False).st_mode):
            os.unlink(entry.path)
    hears, tells = os.pipe()
    held, life = os.pipe()
    try:
        if level.apart:
            _go_apart(policy, level, user, group)
        else:
            calls.adopt_orphans()
        calls.die_with_parent()
    except OSError as error:
        raise NotConfined(str(error)) from error
    if os.getppid() != parent:
        os._exit(1)
    child = os.fork()
    if child == 0:
        os.close(hears)
        os.close(life)
        _inside(policy, level, NOBODY if level.nobody else user, tells, held)
        os.chdir(cwd if f"{cwd}/".startswith(f"{policy.writable}/") else policy.writable)
        os.environ.pop("JPY_PARENT_PID", None)  # the parent cannot be seen from here
        return
    os.close(tells)
    os.close(held)
    _keep(policy, level, child, hears, life)


def _go_apart(policy: Policy, level: Level, user: int, group: int) -> None:
    kinds = calls.NEWPID | calls.NEWNET | calls.NEWIPC | calls.NEWUTS
    if level.nobody:
        if policy.sockets:
            there = [entry.path for entry in os.scandir(policy.sockets)]
            for path in (policy.sockets, *there):
                os.chown(path, NOBODY, NOBODY, follow_symlinks=False)
        calls.call("unshare", kinds)
        return
    calls.call("unshare", kinds | calls.NEWUSER)
    calls.own_users(user, group)


def _inside(policy: Policy, level: Level, user: int, tells: int, held: int) -> None:
    """Be the first process inside; return there or, with own namespaces, in a child."""
    try:
        calls.die_with_parent()
        if os.read(held, 1) != b"g":
            os._exit(1)
        os.close(held)
        os.setsid()
        _close_all_but({0, 1, 2, tells, *policy.keep})
        os.umask(0o077)
        if level.apart:
            calls.call("unshare", calls.NEWNS)
            _build_root(policy, level, user)
            calls.loopback_up()
            calls.call("sethostname", b"handin", 6)
            child = os.fork()
            if child:
                _first(level, user, child, tells)
            calls.die_with_parent()
        _lock(policy, level, user)
        os.write(tells, b"r")
        os.close(tells)
    except BaseException as error:
        os.write(tells, f"e{type(error).__name__}: {error}".encode()[:1000])
        os._exit(1)


def _lock(policy: Policy, level: Level, user: int) -> None:
    """Everything that needs no further process: user, limits, Landlock, seccomp, environment."""
    taken = 0
    if level.nobody:
        calls.become(user)
        calls.die_with_parent()
        try:
            calls.call("unshare", calls.NEWUSER)  # so that its processes are counted apart
        except OSError:
            taken = _tasks_of(user)
        else:
            with suppress(OSError):
                calls.own_users(user, user)
    elif not level.apart:
        taken = _tasks_of(user)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    calls.give_up_privileges()
    for kind, most in (
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_DATA, policy.memory),
        (resource.RLIMIT_AS, policy.memory + 8192 * MB),
        (resource.RLIMIT_FSIZE, policy.file_size),
        (resource.RLIMIT_NOFILE, policy.open_files),
        (resource.RLIMIT_CPU, policy.cpu_seconds),
        (resource.RLIMIT_NPROC, policy.processes + taken),
    ):
        hard = resource.getrlimit(kind)[1]
        most = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(kind, (most, most))
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    null = os.open(os.devnull, os.O_RDWR)
    for number in {0, 1, 2} - {*policy.keep}:
        os.dup2(null, number)
    os.close(null)
    os.chdir(policy.writable)
    if level.landlock:
        calls.landlock(_rights(policy, level), level.landlock, level.apart)
    calls.seccomp(level.apart, level.landlock >= 6, links=level.landlock > 0)
    if policy.environment is not None:
        os.environ.clear()
        os.environ.update(policy.environment)


def _rights(policy: Policy, level: Level) -> Iterator[tuple[str, int]]:
    """List what Landlock is to allow."""
    yield from ((path, calls.SEE_AND_RUN) for path in policy.readable)
    yield from ((f"/dev/{name}", calls.READ | calls.WRITE) for name in DEVICES)
    yield policy.writable, calls.EVERYTHING
    if policy.sockets:
        yield policy.sockets, calls.SOCKETS
    if level.proc:
        yield "/proc", calls.SEE
    else:
        yield "/proc/self", calls.SEE
        yield from ((f"/proc/{name}", calls.SEE) for name in PROC)
    if level.apart:
        yield "/", calls.LIST
        yield "/etc", calls.SEE
        yield "/dev/shm", calls.EVERYTHING  # noqa: S108
        if not f"{policy.sockets}/".startswith("/tmp/"):  # noqa: S108
            yield "/tmp", calls.EVERYTHING  # noqa: S108
        yield from ((path, calls.DEVICE | calls.LIST) for path in ("/dev/pts", "/dev/ptmx"))
    else:
        yield os.path.dirname(WHOBUYS), calls.LIST
        yield from ((path, calls.SEE) for path in ("/etc/passwd", "/etc/group", "/etc/hosts"))


def _close_all_but(kept: set[int]) -> None:
    last = -1
    for number in sorted(kept):
        if number > last + 1:
            os.closerange(last + 1, number)
        last = number
    os.closerange(last + 1, 2**20)


# a root of its own -------------------------------------------------------------------------------


def _build_root(policy: Policy, level: Level, user: int) -> None:
    """Put together a root folder in memory that holds only what is allowed."""
    calls.private_mounts()
    quiet = calls.READ_ONLY | calls.NO_SUID
    links, trees = {}, {}
    for path in _outermost(policy.readable):
        if os.path.islink(path):
            links[path] = os.readlink(path)
        else:
            trees[path] = calls.tree(path, quiet | calls.NO_DEV)
    for name in DEVICES:
        trees[f"/dev/{name}"] = calls.tree(f"/dev/{name}", quiet | calls.NO_EXEC)
    if not level.proc:
        shown = [f"/proc/{name}" for name in PROC] if not level.landlock else ["/proc"]
        trees |= {path: calls.tree(path, quiet | calls.NO_DEV | calls.NO_EXEC) for path in shown}
    sockets = calls.tree(policy.sockets, calls.NO_SUID | calls.NO_DEV) if policy.sockets else -1
    before = calls.tree(policy.writable, quiet)
    size = f"size={policy.disk},nr_inodes=100000,mode=755"
    calls.mount("tmpfs", ROOT_AT, calls.MS_NOSUID | calls.MS_NODEV, size)
    at = f"/proc/self/fd/{os.open(ROOT_AT, os.O_PATH | os.O_CLOEXEC)}"
    os.umask(0o022)
    for path, target in links.items():
        os.makedirs(os.path.dirname(at + path), exist_ok=True)
        os.symlink(target, at + path)
    for path, file in trees.items():
        _place_for(file, at + path)
        calls.put_up(file, at + path)
    for path, mode in FOLDERS.items():
        os.makedirs(at + path, exist_ok=True)
        if path != "/proc" or level.proc:
            os.chmod(at + path, mode)
    _copy_in(before, at + policy.writable, user)
    if sockets >= 0:
        os.makedirs(at + policy.sockets, exist_ok=True)
        calls.put_up(sockets, at + policy.sockets)
    for path, text in PEOPLE.items():
        os.makedirs(at + "/etc", exist_ok=True)
        with open(at + path, "w") as file_:
            file_.write(text.format(name="student", user=user))
    for name, target in (("fd", "fd"), ("stdin", "fd/0"), ("stdout", "fd/1"), ("stderr", "fd/2")):
        os.symlink(f"/proc/self/{target}", f"{at}/dev/{name}")
    calls.make_root(ROOT_AT)
    if level.proc:
        calls.mount("proc", "/proc", calls.MS_NOSUID | calls.MS_NODEV | calls.MS_NOEXEC)
    with suppress(OSError):
        how = "newinstance,ptmxmode=0666,mode=620"
        calls.mount("devpts", "/dev/pts", calls.MS_NOSUID | calls.MS_NOEXEC, how)
        os.symlink("pts/ptmx", "/dev/ptmx")


def _outermost(paths: Sequence[str]) -> list[str]:
    """Return the paths, and those they are links to, that lie in no other of them."""
    there = {path for path in paths if os.path.exists(path)}
    there |= {os.path.realpath(path) for path in there}
    outer: list[str] = []
    for path in sorted(there):
        if not any(path.startswith(f"{other}/") for other in outer):
            outer.append(path)
    return outer


def _place_for(file: int, target: str) -> None:
    if stat.S_ISDIR(os.fstat(file).st_mode):
        os.makedirs(target, exist_ok=True)
        return
    os.makedirs(os.path.dirname(target), exist_ok=True)
    os.close(os.open(target, os.O_CREAT | os.O_WRONLY))


def _copy_in(before: int, target: str, user: int) -> None:
    """Copy the hand-in's folder as it was prepared, and give it to the one who is to work in it."""
    shutil.copytree(f"/proc/self/fd/{before}", target, dirs_exist_ok=True)
    os.close(before)
    for folder, _, files in os.walk(target):
        for path in (folder, *(f"{folder}/{name}" for name in files)):
            if os.geteuid() != user:
                os.chown(path, user, user)
            os.chmod(path, 0o700 if path == folder else 0o600)


# around it ---------------------------------------------------------------------------------------


def _first(level: Level, user: int, child: int, tells: int) -> NoReturn:
    """Be the first process of the namespace: pass signals on, bury the dead, end with the child."""
    if level.nobody:
        calls.become(user)
        calls.die_with_parent()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda got, _: _send(child, got))
    while True:
        with suppress(InterruptedError):
            ended, status = os.waitpid(-1, 0)
            if ended == child:
                os.write(tells, f"s{status}".encode())
                os._exit(0)


def _keep(policy: Policy, level: Level, child: int, hears: int, life: int) -> None:
    """Stay outside: let it start, pass signals on, watch, and end as it ended."""
    group = _Group(policy, level)
    group.add(child)
    os.write(life, b"g")
    told = os.read(hears, 2000)
    if not told.startswith(b"r"):
        _send(child, signal.SIGKILL)
        status = os.waitpid(child, 0)[1]
        group.remove()
        raise NotConfined(told[1:].decode(errors="replace") or f"It ended with status {status}.")

    def passed_on(number: int, _: FrameType | None) -> None:
        _send(child, number)

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, passed_on)
    handle = os.pidfd_open(child)
    watch = _Watch(policy, level, child)
    while not select.select([handle], [], [], WATCH_SECONDS)[0]:
        if watch.exceeded():
            watch.end()
    status = os.waitpid(child, 0)[1] if watch.status is None else watch.status
    watch.end()
    group.remove()
    told += os.read(hears, 2000) if level.apart else b""
    if b"s" in told:
        status = int(told.partition(b"s")[2])
    _end_like(status)


def _end_like(status: int) -> NoReturn:
    """End as another process ended: with its code, or by its signal."""
    if os.WIFSIGNALED(status):
        number = os.WTERMSIG(status)
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        with suppress(OSError, ValueError):
            signal.signal(number, signal.SIG_DFL)
        _send(os.getpid(), number)
        time.sleep(1)
        os._exit(128 + number)
    os._exit(os.waitstatus_to_exitcode(status))


def _send(process: int, number: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(process, number)


class _Watch:
    """Counts what no limit of the kernel counts, and ends a hand-in that takes too much."""

    def __init__(self, policy: Policy, level: Level, child: int) -> None:
        self.policy, self.level, self.child = policy, level, child
        self.status: int | None = None
        self._folder_next = 0.0

    def exceeded(self) -> bool:
        """Return whether memory, processes or disk are more than allowed."""
        found = _below(self.child)
        if len(found) > self.policy.processes + SPARE:
            return True
        most = self.policy.memory
        if self.policy.sockets and len(os.listdir(self.policy.sockets)) > MOST_SOCKETS:
            return True
        if not self.level.cgroup and sum(map(_memory_of, found)) > most:
            return sum(map(_own_memory_of, found)) > most
        return self._folders()

    def _folders(self) -> bool:
        """Count a folder on disk, but never spend more than a tenth of the time on it."""
        now = time.monotonic()
        if self.level.apart or now < self._folder_next:
            return False
        over = _size_of(self.policy.writable) > self.policy.disk
        self._folder_next = time.monotonic() + 9 * (time.monotonic() - now)
        return over

    def end(self) -> None:
        """Kill everything there is of it."""
        if self.level.apart:
            _send(self.child, signal.SIGKILL)
            return
        for _ in range(100):
            found = _below(os.getpid()) - {os.getpid()}
            for process in found:
                _send(process, signal.SIGKILL)
            with suppress(ChildProcessError):
                while (ended := os.waitpid(-1, os.WNOHANG))[0]:
                    self.status = ended[1] if ended[0] == self.child else self.status
            if not found:
                return


def _below(process: int) -> set[int]:
    """Return a process and all its descendants."""
    found: set[int] = set()
    waiting = [process]
    while waiting and len(found) < 10_000:
        one = waiting.pop()
        if one in found:  # a list read while it changes may name one twice
            continue
        found.add(one)
        with suppress(OSError):
            for task in os.listdir(f"/proc/{one}/task"):
                with open(f"/proc/{one}/task/{task}/children") as file:
                    waiting += map(int, file.read().split())
    return found


def _memory_of(process: int) -> int:
    """Return the memory of a process that is no file's, in bytes."""
    kilobytes = 0
    with suppress(OSError, ValueError), open(f"/proc/{process}/status") as file:
        for line in file:
            if line.startswith(("RssAnon:", "RssShmem:")):
                kilobytes += int(line.split()[1])
    return kilobytes * 1024


def _own_memory_of(process: int) -> int:
    """Return the same, with what several processes share divided among them; slower."""
    with suppress(OSError), open(f"/proc/{process}/smaps_rollup") as file:
        words = [line.split() for line in file if line.startswith(("Pss_Anon:", "Pss_Shmem:"))]
        return sum(int(parts[1]) for parts in words) * 1024
    return _memory_of(process)


def _size_of(folder: str) -> int:
    """Return what a folder takes up, each entry counted with at least 4 kB."""
    total = 0
    with suppress(OSError):
        for entry in os.scandir(folder):
            with suppress(OSError):
                total += max(4096, entry.stat(follow_symlinks=False).st_blocks * 512)
                if entry.is_dir(follow_symlinks=False):
                    total += _size_of(entry.path)
    return total


def _tasks_of(user: int) -> int:
    """Count the tasks of a user on the whole machine: the kernel's limit counts them together."""
    total = 0
    for name in os.listdir("/proc"):
        with suppress(OSError):
            if name.isdigit() and os.stat(f"/proc/{name}").st_uid == user:
                total += len(os.listdir(f"/proc/{name}/task"))
    return total


def _cgroup_parent() -> str:
    """Return the folder where a control group for memory can be made; empty if nowhere."""
    with suppress(OSError, StopIteration, IndexError):
        with open("/proc/self/cgroup") as file:
            own = next(line[3:].strip() for line in file if line.startswith("0::"))
        parent = os.path.dirname(f"/sys/fs/cgroup{own}")
        with open(f"{parent}/cgroup.subtree_control") as file:
            controls = file.read().split()
        made = f"{parent}/whobuys-probe-{os.getpid()}"
        if own != "/" and "memory" in controls:
            os.mkdir(made)
            os.rmdir(made)
            return parent
    return ""


class _Group:
    """A control group for one hand-in, where the level has one; else nothing."""

    def __init__(self, policy: Policy, level: Level) -> None:
        self.folder = ""
        if not level.cgroup:
            return
        folder = f"{level.cgroup}/whobuys-{os.getpid()}"
        os.mkdir(folder)
        self.folder = folder
        self._write("memory.max", policy.memory + policy.disk)
        for name, value in (("memory.swap.max", 0), ("memory.oom.group", 1)):
            with suppress(OSError):
                self._write(name, value)
        with suppress(OSError):
            self._write("pids.max", policy.processes)

    def _write(self, name: str, value: int) -> None:
        with open(f"{self.folder}/{name}", "w") as file:
            file.write(str(value))

    def add(self, process: int) -> None:
        if self.folder:
            self._write("cgroup.procs", process)

    def remove(self) -> None:
        for _ in range(50 if self.folder else 0):
            with suppress(OSError):
                os.rmdir(self.folder)
                return
            time.sleep(0.01)


def _main(arguments: Sequence[str]) -> Any:
    if list(arguments) != ["probe"]:
        raise SystemExit("usage: _confine.py probe")
    found = next((level for level in candidates() if works(level)), Level())
    print(json.dumps(asdict(found)))


if __name__ == "__main__":
    _main(sys.argv[1:])
