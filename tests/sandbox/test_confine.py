"""Confinement, level by level, from inside: what works, what does not, and how it ends."""

from __future__ import annotations

import errno
import functools
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path

import cloudpickle
import pytest

from whobuys._errors import InstructorError
from whobuys.course._units import CHECKOUT
from whobuys.grade import Release, Secret, grading
from whobuys.grade._handins import HandIn
from whobuys.grade._run import RunResult
from whobuys.grade.report import graded_report
from whobuys.market._places import datasets_folder
from whobuys.sandbox import _confine, _confine_calls, execute, runner
from whobuys.sandbox._confine import Level, NotConfined, Policy, enter, readable_paths

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="confinement is for Linux")
LEVELS = (
    [level for level in _confine.candidates() if level.landlock] if sys.platform == "linux" else []
)
MB = 2**20


def about(level: Level) -> str:
    parts = ("apart", "nobody", "proc")
    return "-".join(part for part in parts if getattr(level, part)) or "landlock"


@pytest.fixture(params=LEVELS, ids=about, scope="module")
def level(request) -> Level:
    if not _confine.works(request.param):
        pytest.skip("refused on this system")
    return request.param


@pytest.fixture
def room() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="room-") as name:
        room = Path(name)
        (room / "in").mkdir()
        (room / "run").mkdir()
        (room / "in" / "given").write_text("data")
        (room / "outside").write_text("secret")
        (room / "outside").chmod(0o666)
        yield room


def confined(
    act: Callable[[], object], room: Path, level: Level, policy: dict[str, object]
) -> tuple[object, int]:
    """Run a function confined: its result as JSON, and how it ended."""
    hears, tells = os.pipe()
    child = os.fork()
    if child == 0:
        code = 99
        try:
            os.setsid()
            given = {"keep": (tells,), "sockets": str(room / "run")} | policy
            enter(Policy(str(room / "in"), readable_paths(), **given), level)
            os.write(tells, json.dumps(act()).encode())
            code = 0
        except BaseException as error:
            os.write(tells, json.dumps(f"{type(error).__name__}: {error}").encode())
        finally:
            os._exit(code)
    os.close(tells)
    with os.fdopen(hears) as file:
        said = file.read()
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    return json.loads(said) if said else None, status


@pytest.fixture
def inside(room: Path, level: Level):
    """Return a function that runs another one confined, as a child of this process."""
    return lambda act, **policy: confined(act, room, level, policy)


@pytest.fixture
def inside_small(room: Path, level: Level):
    """Return a function like `inside`, but the parent is new: a test worker grows large."""
    begin = "import sys, json, cloudpickle; print(json.dumps(cloudpickle.load(sys.stdin.buffer)()))"

    cloudpickle.register_pickle_by_value(sys.modules[__name__])

    def run(act: Callable[[], object], **policy: object) -> tuple[object, int]:
        given = cloudpickle.dumps(functools.partial(confined, act, room, level, policy))
        command = [sys.executable, "-c", begin]
        done = subprocess.run(
            command, input=given, stdout=subprocess.PIPE, check=True, cwd=CHECKOUT
        )
        said, status = json.loads(done.stdout)
        return said, status

    return run


def refused(*acts: Callable[[], object]) -> list[bool]:
    """Return, for each act, whether it was refused."""
    found = []
    for act in acts:
        try:
            act()
            found.append(False)
        except OSError:
            found.append(True)
    return found


def test_there_is_a_level_here_and_it_has_a_name() -> None:
    level = _confine.probe()
    if not level.confined:
        pytest.skip("nothing confines here")
    assert "seccomp" in level.name
    assert level.name.endswith("limits")
    assert Level().name == _confine.NOT_CONFINED
    assert Level(apart=True, landlock=4, seccomp=True).name == (
        "own namespaces, Landlock, seccomp, limits"
    )


def test_policy_and_level_travel_as_text() -> None:
    policy = Policy("/a", ("/b", "/c"), memory=5, keep=(3,), environment={"A": "b"})
    level = Level(True, False, True, 7, True, "/x")
    assert _confine.from_json(_confine.to_json(policy, level)) == (policy, level)


def test_the_readable_paths_hold_no_course_and_no_home(tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    readable_paths.cache_clear()
    paths = readable_paths("/etc/hosts")
    course = Path(_confine.WHOBUYS).parents[1] / "course" / "05_rfm" / "key.py"
    for path in paths:
        assert not str(course).startswith(f"{path}/"), path
        assert path not in ("/", str(Path.home()), str(tmp_path), "/etc")
    assert "/etc/hosts" in paths


def test_of_an_installation_only_its_parts_are_read(tmp_path, monkeypatch) -> None:
    """Also where the environment's folder holds the checkout, and Python says it lies in /."""
    for part in ("bin", "lib", "conda-meta", "course", "solutions"):
        (tmp_path / "env" / part).mkdir(parents=True)
    (tmp_path / "env" / "whobuys.secret").touch()
    (tmp_path / "alias").symlink_to("env")
    monkeypatch.setattr(sys, "prefix", str(tmp_path / "alias"))
    monkeypatch.setattr(sys, "base_prefix", "/")
    readable_paths.cache_clear()
    paths = readable_paths()
    readable_paths.cache_clear()
    own = [path.removeprefix(f"{tmp_path}/") for path in paths if path.startswith(str(tmp_path))]
    assert own == ["alias/bin", "alias/conda-meta", "alias/lib"]
    for hidden in ("/", "/usr", "/usr/local", "/usr/src", "/etc", "/share"):
        assert hidden not in paths
    asked = [f"{tmp_path}/env/{name}" for name in ("whobuys.secret", "course/key.py", "lib/key.py")]
    assert _confine.seen_inside(asked, paths) == asked[2:]


def test_what_could_be_seen_inside_is_named(tmp_path) -> None:
    shown = tmp_path / "shown"
    (shown / "deep").mkdir(parents=True)
    (tmp_path / "link").symlink_to(shown)
    (tmp_path / "shown-not").mkdir()
    (shown / "out").symlink_to(tmp_path / "shown-not")
    (tmp_path / "file").touch()
    seen = [shown, shown / "deep" / "new", tmp_path / "link" / "deep", tmp_path / "file"]
    hidden = [tmp_path, tmp_path / "shown-not" / "x", shown / "out" / "x", shown / ".." / "y"]
    readable = [str(tmp_path / "link"), str(tmp_path / "file")]
    asked = [str(path) for path in (*seen, *hidden)]
    assert _confine.seen_inside(asked, readable) == [str(path) for path in seen]


def test_the_key_beside_the_datasets_would_be_seen() -> None:
    beside = datasets_folder() / "whobuys.secret"
    key = CHECKOUT / "course" / "05_rfm" / "key.py"
    assert execute.seen_inside([beside, key, Path(os.__file__)]) == [beside, Path(os.__file__)]


#: Run by the Python of an installation: what it can do inside, and whether it sees the key.
VISIT = """
import importlib.util, json, os, sys, tempfile
spec = importlib.util.spec_from_file_location("_confine", sys.argv[1])
confine = importlib.util.module_from_spec(spec)
sys.modules["_confine"] = confine
spec.loader.exec_module(confine)
hears, tells = os.pipe()
with tempfile.TemporaryDirectory() as room:
    child = os.fork()
    if child == 0:
        found = {}
        try:
            policy = confine.Policy(room, confine.readable_paths(*sys.argv[4:]), keep=(tells,))
            confine.enter(policy, confine.Level(**json.loads(sys.argv[3])))
            import decimal, sqlite3, subprocess
            run = subprocess.run([sys.executable, "-Sc", "print(7)"], capture_output=True)
            found["child"] = run.stdout.decode()
            found["key"] = open(sys.argv[2]).read()
        except Exception as error:
            found["error"] = type(error).__name__
        finally:
            os.write(tells, json.dumps(found).encode())
            os._exit(0)
    os.close(tells)
    os.waitpid(child, 0)
    print(os.read(hears, 10_000).decode())
"""


LIBRARIES = sorted({"lib", sys.platlibdir})


def installed(kind: str, at: Path) -> Path:
    """Make an installation of Python; return its interpreter."""
    if kind == "system":
        return Path("/usr/bin/python3")
    if kind == "environment":
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", at], check=True)
        return at / "bin" / "python"
    base, version = Path(sys.base_prefix), f"python{sys.version_info[0]}.{sys.version_info[1]}"
    real = at.with_name("real") if kind == "alias" else at  # uv: a link with a shorter name
    for part in {"bin", "conda-meta", *LIBRARIES}:
        (real / part).mkdir(parents=True)
    shutil.copy(base / "bin" / version, real / "bin" / "python")
    for part in LIBRARIES:
        for library in (base / part).iterdir():
            (real / part / library.name).symlink_to(library)
    if kind == "alias":
        at.symlink_to(real.name)
    return at / "bin" / "python"


@pytest.mark.parametrize("kind", ["system", "environment", "conda", "alias"])
def test_a_course_within_its_python_is_not_seen(kind, level, tmp_path) -> None:
    """The interpreter, its libraries and child processes work there all the same."""
    python = installed(kind, tmp_path / "python")
    key = tmp_path / "python" / "course" / "key.py"
    key.parent.mkdir(parents=True)
    key.write_text("secret")
    if not python.exists():
        pytest.skip("no such Python here")
    best = json.dumps(asdict(level))
    command = [python, "-I", "-c", VISIT, _confine.__file__, key, best]
    if kind in ("conda", "alias"):  # it borrows libraries, and only links lead to them
        command += [Path(sys.base_prefix) / part for part in LIBRARIES]
    run = subprocess.run(command, capture_output=True, text=True, cwd="/", check=False)
    found = json.loads(run.stdout or "{}")
    assert found.get("child") == "7\n", run.stderr
    assert found["error"] == ("FileNotFoundError" if level.apart else "PermissionError")


def test_libraries_fonts_and_certificates_work(inside_small) -> None:
    def act() -> object:
        import ssl
        import zoneinfo
        from io import BytesIO

        import matplotlib as mpl

        mpl.use("agg")
        import matplotlib.pyplot as plt
        import numpy as np
        from sklearn.cluster import KMeans

        labels = KMeans(2, n_init=1, random_state=1).fit_predict(np.array([[0.0], [0.1], [9.0]]))
        picture = BytesIO()
        plt.figure(figsize=(1, 1)).text(0.1, 0.5, "Wer kauft?")
        plt.savefig(picture)
        there = Path(ssl.get_default_verify_paths().openssl_capath).is_dir()
        zone = str(zoneinfo.ZoneInfo("Europe/Berlin"))
        return len({*labels.tolist()}), picture.getvalue()[1:4].decode(), there, zone

    import ssl

    there = Path(ssl.get_default_verify_paths().openssl_capath).is_dir()
    assert inside_small(act) == ([2, "PNG", there, "Europe/Berlin"], 0)


def test_nothing_runs_without_confinement(room) -> None:
    with pytest.raises(NotConfined):
        enter(Policy(str(room)), Level())
    with pytest.raises(NotConfined, match="sockets"):
        enter(Policy(str(room), sockets=str(room / "run")), Level(True, seccomp=True))


def test_its_own_folder_is_all_it_can_write(inside, room) -> None:
    own, outside = room / "in", room / "outside"

    def act() -> object:
        (own / "made").write_text("x")
        return (own / "given").read_text(), refused(
            outside.read_text,
            lambda: outside.write_text("x"),
            lambda: (room / "new").write_text("x"),
            lambda: (room / "run" / "new").write_text("x"),
            lambda: (Path(_confine.WHOBUYS) / "new").write_text("x"),
            lambda: (own / "link").symlink_to(outside) or (own / "link").read_text(),
            lambda: list(Path("/home").iterdir()),
            lambda: Path("/etc/shadow").read_text(),
        )

    assert inside(act) == (["data", [True] * 8], 0)
    assert outside.read_text() == "secret"
    assert sorted(path.name for path in room.iterdir()) == ["in", "outside", "run"]


def test_mode_and_times_outside_stay(inside, room) -> None:
    before = (room / "outside").stat()

    def act() -> object:
        refused(
            lambda: (room / "outside").chmod(0),
            lambda: os.utime(room / "outside", (1, 1)),
            lambda: os.truncate(room / "outside", 0),
            lambda: os.setxattr(room / "outside", "user.x", b"x"),
        )
        return 1

    assert inside(act)[1] == 0
    after = (room / "outside").stat()
    assert (before.st_mode, before.st_mtime_ns) == (after.st_mode, after.st_mtime_ns)
    assert before.st_size == after.st_size


#: Commands and requests by which an open file reaches somebody else, or one it may only read.
COMMANDS = (8, 10, 15, 1024, 1026, 1040)
REQUESTS = (
    *(0x8901, 0x8902, 0x5412, 0x541C, 0x5423),
    *(0x40086602, 0x40046602, 0x401C5820, 0x40087602, 0x40047602),
    *(0x40806685, 0x5000940E, 0x4008941A),  # verity; a subvolume, and its flags
)


def test_no_open_file_reaches_anybody_else(inside, room) -> None:
    """No owner, signal, lease or watch; no flags of a file that is open for reading."""
    own = room / "in" / "given"

    def act() -> object:
        import errno
        import fcntl

        file = os.open(own, os.O_RDWR)

        def code(call: Callable[[int, int, int], object], number: int) -> str:
            try:
                call(file, number, 0)
            except OSError as error:
                return errno.errorcode[error.errno or 0]
            return "done"

        asked = [code(fcntl.fcntl, one) for one in COMMANDS]
        asked += [code(fcntl.ioctl, one) for one in REQUESTS]
        fcntl.fcntl(file, fcntl.F_SETFL, os.O_APPEND)
        fcntl.lockf(file, fcntl.LOCK_EX)
        os.close(fcntl.fcntl(file, fcntl.F_DUPFD_CLOEXEC, 100))
        usual = [code(fcntl.ioctl, one) for one in (0x5401, 0x40049409)]  # a terminal?; a clone
        return sorted({*asked}), "EPERM" in usual

    assert inside(act) == ([["EINVAL", "EPERM"], False], 0)


def test_memory_and_queues_of_other_programs_stay_theirs(inside) -> None:
    import ctypes

    libc = ctypes.CDLL(None, use_errno=True)
    libc.shmat.restype = ctypes.c_void_p
    libc.shmat.argtypes = [ctypes.c_int, ctypes.c_void_p, ctypes.c_int]
    made = [libc.shmget(0, 4096, 0o1666), libc.semget(0, 1, 0o1666), libc.msgget(0, 0o1666)]
    try:
        if min(made) < 0:
            pytest.skip("no System V memory here")

        def act() -> object:
            nowhere = ctypes.c_void_p(-1).value
            removed = [libc.shmctl(made[0], 0, 0), libc.semctl(made[1], 0, 0)]
            removed += [libc.msgctl(made[2], 0, 0), libc.msgsnd(made[2], b"x" * 16, 1, 0)]
            return [libc.shmat(made[0], None, 0) != nowhere, *(one >= 0 for one in removed)]

        assert inside(act) == ([False] * 5, 0)
        about = ctypes.create_string_buffer(256)
        stat = [libc.shmctl(made[0], 2, about), libc.semctl(made[1], 0, 2, about)]
        assert [*stat, libc.msgctl(made[2], 2, about)] == [0, 0, 0]
    finally:
        libc.shmctl(made[0], 0, 0)
        libc.semctl(made[1], 0, 0)
        libc.msgctl(made[2], 0, 0)


def test_no_places_are_taken_of_which_the_system_has_few(inside, room) -> None:
    def act() -> object:
        import ctypes

        libc = ctypes.CDLL(None, use_errno=True)
        column = list(_confine_calls._AUDIT).index(os.uname().machine)

        def asked(name: str, *given: object) -> int:
            return libc.syscall(_confine_calls._NUMBERS[name][column], *given)

        context = ctypes.c_long(0)
        return [
            asked("io_setup", 8, ctypes.byref(context)),
            asked("inotify_init1", 0),
            asked("inotify_add_watch", 0, os.fsencode(room), 0xFFF),
            asked("mq_unlink", b"queue"),
            ctypes.get_errno(),
        ]

    assert inside(act) == ([-1, -1, -1, -1, errno.ENOSYS], 0)


def test_only_its_own_rank_among_processes_is_its_to_change(inside) -> None:
    held, ends = os.pipe()
    neighbour = os.fork()
    if neighbour == 0:  # of the same user, and with no more rights
        os.close(ends)
        _confine_calls.give_up_privileges()
        os.read(held, 1)
        os._exit(0)
    time.sleep(0.5)

    def act() -> object:
        import ctypes

        column = list(_confine_calls._AUDIT).index(os.uname().machine)
        number = _confine_calls._NUMBERS["ioprio_set"][column]
        disk = ctypes.CDLL(None).syscall(number, 1, neighbour, 3 << 13) != 0
        os.nice(1)
        os.setpriority(os.PRIO_PROCESS, 0, 3)
        tried = refused(lambda: os.setpriority(os.PRIO_PROCESS, neighbour, 19))
        tried += refused(lambda: os.setpriority(os.PRIO_USER, os.getuid(), 19))
        return [disk, *tried, os.getpriority(os.PRIO_PROCESS, 0)]

    try:
        before = os.getpriority(os.PRIO_PROCESS, neighbour)
        assert inside(act) == ([True] * 3 + [3], 0)
        assert os.getpriority(os.PRIO_PROCESS, neighbour) == before
    finally:
        os.close(held)
        os.close(ends)
        os.waitpid(neighbour, 0)


def test_no_privilege_is_left(inside, level) -> None:
    """An ordinary user may not narrow what could be got; without new privileges it is nothing."""
    narrowed = level.apart or os.geteuid() == 0
    wanted = ["CapPrm", "CapEff", *(["CapBnd"] if narrowed else []), "NoNewPrivs", "Seccomp:"]

    def act() -> object:
        lines = Path("/proc/self/status").read_text().splitlines()
        return [int(line.split()[1], 16) for line in lines if line.startswith(tuple(wanted))]

    assert inside(act) == ([0] * (len(wanted) - 2) + [1, 2], 0)


@pytest.mark.parametrize(
    ("end", "status"),
    [
        (lambda: os._exit(7), 7),
        (lambda: os.kill(os.getpid(), signal.SIGKILL), -9),
        (lambda: os.kill(os.getpid(), signal.SIGSEGV), -11),
        (lambda: os.kill(os.getpid(), signal.SIGABRT), -6),
    ],
)
def test_it_ends_outside_as_it_ended_inside(inside, end, status) -> None:
    assert inside(end)[1] == status


def test_an_interrupt_arrives_once(room, level) -> None:
    child = os.fork()
    if child == 0:
        code = 1
        try:
            os.setsid()
            enter(Policy(str(room / "in"), readable_paths(), str(room / "run")), level)
            (room / "run").joinpath("x").exists()
            try:
                time.sleep(20)
            except KeyboardInterrupt:
                time.sleep(0.3)
                code = 42
        finally:
            os._exit(code)
    time.sleep(1.0)
    os.kill(child, signal.SIGINT)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 42


def test_a_stray_process_ends_with_it_and_all_end_with_the_parent(room, level) -> None:
    mark = f"time.sleep({time.time_ns() % 10**9 + 10**4})"

    def strays() -> list[str]:
        found = []
        for entry in Path("/proc").glob("[0-9]*"):
            try:
                if mark.encode() in (entry / "cmdline").read_bytes():
                    found.append(entry.name)
            except OSError:
                continue
        return found

    def gone() -> bool:
        end = time.monotonic() + 10
        while strays() and time.monotonic() < end:
            time.sleep(0.1)
        return not strays()

    for killed in (False, True):
        outer = os.fork()
        if outer == 0:
            os.setsid()
            child = os.fork()
            if child == 0:
                try:
                    enter(Policy(str(room / "in"), readable_paths(), str(room / "run")), level)
                    command = [sys.executable, "-Sc", f"import time; {mark}"]
                    subprocess.Popen(command, start_new_session=True)
                    time.sleep(60 if killed else 1)
                finally:
                    os._exit(0)
            os.waitpid(child, 0)
            os._exit(0)
        if killed:
            time.sleep(2.5)
            os.kill(outer, signal.SIGKILL)
        os.waitpid(outer, 0)
        if killed and not level.apart:
            for pid in strays():  # a session of its own; the runner looks for these
                os.kill(int(pid), signal.SIGKILL)
        assert gone()


def test_limits_cost_only_what_breaks_them(inside_small, room) -> None:
    def act() -> object:
        def large() -> None:
            with (room / "in" / "large").open("wb") as file:
                file.write(b"x" * 30 * MB)

        def much() -> None:
            try:
                bytearray(900 * MB)
            except MemoryError as error:
                raise OSError from error

        return refused(large, much)

    policy = {"memory": 600 * MB, "file_size": 20 * MB, "disk": 25 * MB}
    assert inside_small(act, **policy) == ([True, True], 0)


def test_a_full_folder(inside, room, level) -> None:
    def act() -> object:
        def fill() -> None:
            for number in range(40):
                (room / "in" / f"part{number}").write_bytes(b"x" * MB)
                time.sleep(0.05)

        return refused(fill)

    said, status = inside(act, disk=10 * MB)
    assert (said, status) == ([True], 0) if level.apart else status == -9


def test_a_family_is_counted_together(inside_small) -> None:
    def act() -> object:
        for _ in range(6):
            if os.fork() == 0:
                kept = b"x" * 160 * MB
                time.sleep(20)
                os._exit(len(kept) % 2)
        time.sleep(20)
        return "unharmed"

    started = time.monotonic()
    assert inside_small(act, memory=700 * MB) == (None, -9)
    assert time.monotonic() - started < 10


def test_the_number_of_processes_is_limited(inside, level) -> None:
    if not level.nobody and os.geteuid() == 0:
        pytest.skip("the kernel does not count root's processes; the watch does")

    def act() -> object:
        started = 0
        try:
            while started < 200:
                if os.fork() == 0:
                    time.sleep(3)
                    os._exit(0)
                started += 1
        except OSError:
            return started < 40
        return False

    assert inside(act, processes=30) == (True, 0)


def test_environment_descriptors_and_working_folder(inside, room) -> None:
    stray = os.open(room / "outside", os.O_RDONLY)
    os.set_inheritable(stray, True)

    def act() -> object:
        home = dict(os.environ)
        return home, refused(lambda: os.read(stray, 1)), str(Path.cwd()), os.read(0, 1).decode()

    found = inside(act, environment={"HOME": "/x"})
    os.close(stray)
    assert found == ([{"HOME": "/x"}, [True], str(room / "in"), ""], 0)


def test_without_landlock_its_own_root_keeps_it_in(room) -> None:
    """What it writes beside its folder it writes into memory of its own."""
    plain = [level for level in _confine.candidates() if level.apart and not level.landlock]
    level = next((level for level in plain if _confine.works(level)), None)
    if level is None:
        pytest.skip("refused on this system")
    child = os.fork()
    if child == 0:
        code = 1
        try:
            os.setsid()
            enter(Policy(str(room / "in"), readable_paths(), str(room / "run")), level)
            acts = [(room / "outside").read_text, Path("/etc/shadow").read_text]
            acts += [lambda: (Path(_confine.WHOBUYS) / "new").write_text("x")]
            hidden = refused(*acts) == [True] * 3
            refused(lambda: (room / "outside").write_text("x"), lambda: (room / "new").touch())
            hidden &= refused(lambda: (room / "run" / "link").symlink_to(room / "outside")) == [
                True
            ]
            code = 0 if hidden else 1
        finally:
            os._exit(code)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert (room / "outside").read_text() == "secret"
    assert not (room / "new").exists()
    assert not (room / "run" / "link").is_symlink()


def test_sockets_are_seen_from_both_sides(room, level) -> None:
    import socket

    child = os.fork()
    if child == 0:
        try:
            os.setsid()
            enter(Policy(str(room / "in"), readable_paths(), str(room / "run")), level)
            with socket.socket(socket.AF_UNIX) as door:
                door.bind(str(room / "run" / "door"))
                door.listen()
                door.accept()[0].send(b"hello")
        finally:
            os._exit(0)
    with socket.socket(socket.AF_UNIX) as outside:
        for _ in range(100):
            try:
                outside.connect(str(room / "run" / "door"))
                break
            except OSError:
                time.sleep(0.1)
        assert outside.recv(10) == b"hello"
    os.waitpid(child, 0)


def test_a_control_group_is_set_up_and_taken_down(tmp_path) -> None:
    """On folders of our own: no control group of the system is touched here."""
    group = _confine._Group(Policy("/x", memory=7, disk=3), Level(cgroup=str(tmp_path)))
    group.add(42)
    folder = Path(group.folder)
    assert (folder / "memory.max").read_text() == "10"
    assert (folder / "memory.swap.max").read_text() == "0"
    assert (folder / "cgroup.procs").read_text() == "42"
    for file in folder.iterdir():
        file.unlink()
    group.remove()
    assert list(tmp_path.iterdir()) == []


def test_every_refused_call_has_one_number_a_processor() -> None:
    for column in (0, 1):
        numbers = [pair[column] for pair in _confine_calls._NUMBERS.values() if pair[column] >= 0]
        assert len(numbers) == len(set(numbers))


def test_grading_refuses_where_nothing_confines(
    released, handed_in, secret, tmp_path, monkeypatch
) -> None:
    monkeypatch.setattr(runner, "probe", Level)
    folder = handed_in("ana/x.ipynb", b"")
    record = Release.read(released / "release.json")
    given = ("05_rfm", folder, tmp_path / "to", secret, record)
    with pytest.raises(InstructorError, match="--i-trust-these-notebooks"):
        grading.grade_folder(*given)
    assert not (tmp_path / "to" / "reports").exists()
    assert grading.grade_folder(*given, trust=True).graded == ("ana",)


def test_grading_refuses_where_hand_ins_could_read_what_they_must_not(
    released, handed_in, secret, tmp_path, monkeypatch
) -> None:
    if not _confine.probe().confined:
        pytest.skip("nothing can confine a hand-in here")
    folder = handed_in("ana/x.ipynb", b"")
    record = Release.read(released / "release.json")
    place = tmp_path / "opt" / "whobuys.secret"
    monkeypatch.setattr(execute, "_readable", lambda: (str(place.parent),))
    given = ("05_rfm", folder, tmp_path / "to", Secret(secret.text, place), record)
    with pytest.raises(InstructorError, match=f"could read {place}: .* Put it elsewhere"):
        grading.grade_folder(*given)
    assert not (tmp_path / "to" / "reports").exists()


def test_the_report_says_what_confined_it(exercise) -> None:
    handin = HandIn("ana", Path("x.ipynb"), "d" * 64)

    def page(confined: str) -> str:
        return graded_report(exercise, "A", handin, RunResult(confined=confined), [], "today")

    assert "Confined by: own namespaces, limits." in page("own namespaces, limits")
    assert "NOT CONFINED: this notebook ran with all the rights" in page(_confine.NOT_CONFINED)
    assert "onfined" not in page("").partition("</head>")[2]


@pytest.mark.skipif(not shutil.which("setpriv") or os.geteuid() != 0, reason="needs root to drop")
def test_an_ordinary_user_is_confined_too(tmp_path) -> None:
    """The two files alone, with the system's Python, as a user without any right."""
    python = "/usr/bin/python3"
    if not Path(python).exists():
        pytest.skip("no Python of the system")
    with tempfile.TemporaryDirectory(prefix="user-") as name:
        place = Path(name) / "whobuys" / "grade"
        place.mkdir(parents=True)
        for file in (_confine.__file__, _confine_calls.__file__):
            shutil.copy(file, place)
        subprocess.run(["chmod", "-R", "a+rX", name], check=True)
        drop = [
            "setpriv",
            "--reuid=65534",
            "--regid=65534",
            "--clear-groups",
            "--bounding-set=-all",
        ]
        probe = [python, "-P", str(place / "_confine.py"), "probe"]
        run = subprocess.run(
            [*drop, *probe], capture_output=True, text=True, check=True, env={"HOME": "/x"}, cwd="/"
        )
    found = Level(**json.loads(run.stdout))
    assert found.confined
    assert not found.nobody
