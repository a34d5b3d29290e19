"""Confinement, level by level, from inside: what works, what does not, and how it ends."""

from __future__ import annotations

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
from pathlib import Path

import cloudpickle
import pytest

from whobuys._errors import InstructorError
from whobuys.course._units import CHECKOUT
from whobuys.grade import Release, grading
from whobuys.grade._handins import HandIn
from whobuys.grade._run import RunResult
from whobuys.grade.report import graded_report
from whobuys.sandbox import _confine, _confine_calls, runner
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


def test_no_privilege_is_left(inside) -> None:
    def act() -> object:
        lines = Path("/proc/self/status").read_text().splitlines()
        wanted = ("CapEff", "CapPrm", "CapBnd", "NoNewPrivs", "Seccomp:")
        return [int(line.split()[1], 16) for line in lines if line.startswith(wanted)]

    assert inside(act) == ([0, 0, 0, 1, 2], 0)


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
            code = 0 if hidden else 1
        finally:
            os._exit(code)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert (room / "outside").read_text() == "secret"
    assert not (room / "new").exists()


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
