"""Kernels forked from a process that has imported everything, and the processes around them."""

import contextlib
import json
import os
import re
import signal
import sys
import tempfile
import threading
import time
from contextlib import ExitStack
from pathlib import Path

import pandas as pd
import pytest

from tests.submissions import make
from whobuys.grade._handins import Cell
from whobuys.grade._run import RunResult, run_handin
from whobuys.sandbox import _forkserver
from whobuys.sandbox._surroundings import environment
from whobuys.sandbox.execute import Limits
from whobuys.sandbox.pool import Interrupted, Lost, Pool

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="forks")
LIMITS = Limits(cell_seconds=60, total_seconds=300)
SAMPLES = sorted((make.HERE / make.UNIT).glob("*.ipynb"))


@pytest.fixture(scope="module")
def pools():
    """Return a function from a kind of kernel to its pool, started when first asked for."""
    with ExitStack() as stack:
        made: dict[str, Pool] = {}

        def get(kind: str) -> Pool:
            if kind not in made:
                made[kind] = stack.enter_context(Pool(kind))
            return made[kind]

        yield get


@pytest.fixture
def go(pools, exercise, case):
    """Return a function that runs cells in a kind of kernel."""

    def start(kind: str, *sources: str, limits: Limits = LIMITS) -> RunResult:
        cells = [Cell(f"c{n}", "code", source) for n, source in enumerate(sources)]
        run = run_handin(cells, exercise, case, limits, pool=pools(kind))
        assert run.problem == ""
        assert run.kernel == kind
        return run

    return start


def shown(run: RunResult) -> list[str]:
    """Return what each cell shows, as one text."""
    texts = []
    for cell in run.cells:
        if cell["cell_type"] == "code":
            parts = [
                o.get("text") or o.get("evalue") or o.get("data", {}).get("text/plain", "")
                for o in cell["outputs"]
            ]
            texts.append("".join(parts).strip())
    return texts


# the same, however it runs -----------------------------------------------------------------------

TRICKY = (
    "import matplotlib.pyplot as plt, numpy as np, pandas as pd, seaborn as sns\n"
    "import sys, subprocess, asyncio, warnings, os, random",
    "pd.DataFrame(np.arange(2400.).reshape(40, 60))",
    "fig, ax = plt.subplots()\nax.plot([1, 3, 2], label='α 客户')\nax.legend()\nax",
    "sns.histplot(np.arange(50.) % 7)\nplt.show()\nprint('after')",
    "print('one')\nprint('two')\nfor n in range(300):\n    print(n, end=' ', flush=True)",
    "print('to stderr', file=sys.stderr)",
    # ipykernel reads the descriptors in a thread of its own: it needs a moment
    "import time\nsubprocess.run(['echo', 'from a child process'])\ntime.sleep(0.5)",
    "os.write(1, b'written to the descriptor\\n')\ntime.sleep(0.5)",
    "!echo from the shell",
    "warnings.warn('careful')\n1 / 0",
    "def broken(:",
    "print('a\0b')",
    "input('a question')",
    "await asyncio.sleep(0.01)\nprint('slept')\n'awaited'",
    "from IPython.display import HTML, Markdown, clear_output, display, update_display\n"
    "handle = display('first', display_id=True)\nhandle.update('second')\n"
    "display(HTML('<b>b</b>'), Markdown('*m*'), {'text/plain': 'raw'}, raw=False)",
    "print('gone')\nclear_output()\nprint('stays')",
    "import ipywidgets\nslider = ipywidgets.IntSlider(3)\nslider.value = 5\nslider",
    "%matplotlib inline\n%config InlineBackend.figure_format = 'retina'\nplt.plot([1, 2]);",
    "%%capture caught\nprint('hidden')",
    "caught.stdout, In[1][:6], _i[:5], get_ipython().__class__.__name__",
    "pd.get_option('display.max_columns'), pd.get_option('display.encoding'), plt.isinteractive()",
    "plt.get_backend(), sys.stdout.encoding, sys.stdin.isatty() if sys.stdin else None",
    "from sklearn.cluster import KMeans\n"
    "KMeans(3, n_init=2, random_state=0).fit(np.arange(60.).reshape(20, 3)).labels_",
    "from scipy import stats\nstats.norm.ppf(0.975), {f'word {n}' for n in range(9)}",
    "class Odd:\n    def __repr__(self):\n        raise ValueError('no repr')\nOdd()",
    "import logging\nlogging.warning('logged')\nlogging.getLogger('x').info('not')",
    "print('\\r 10%\\r 20%', end='')\nprint('x' * 3_000_000)",
    "%timeit -n1 -r1 pass",
    "from whobuys.segment import rfm_table\nrfm_table(pd.DataFrame({'a': [1]}), as_of='x')",
    "raise SystemExit(3)",
    "sorted(os.environ)",
    "sys.path[0], sys.argv[0].rpartition('/')[2][:0], __name__, os.path.basename(os.getcwd())",
    "exit()",
    "print('still here')",
)
VARIES = re.compile(
    r"0x[0-9a-f]+|/tmp/[\w/-]*handin-\w+|ipykernel_\d+|\d+(\.\d+)? [mnµμ]?s\b|\b[0-9a-f]{32}\b"
)


def alike(run: RunResult) -> list[dict]:
    """Return cells as they compare: streams put together; no times, addresses and folders."""
    made = []
    for cell in json.loads(json.dumps(run.cells)):
        outputs: list[dict] = []
        streams: dict[str, dict] = {}
        for output in cell.get("outputs", []):
            if output["output_type"] == "stream" and output["name"] in streams:
                streams[output["name"]]["text"] += output["text"]
                continue
            if output["output_type"] == "stream":
                streams[output["name"]] = output
            outputs.append(output)
        outputs.sort(key=lambda output: output.get("name", ""))
        cell["outputs"] = [
            json.loads(VARIES.sub("~", json.dumps(output, ensure_ascii=False)))
            for output in outputs
        ]
        cell["metadata"] = {k: v for k, v in cell["metadata"].items() if k in ("cut", "stopped")}
        made.append(cell)
    return made


def same(first: RunResult, second: RunResult) -> None:
    for one, other in zip(alike(first), alike(second), strict=True):
        assert one == other
    assert first.failures == second.failures
    for id, answer in first.answers.items():
        other = second.answers[id]
        assert (answer.kind, answer.about) == (other.kind, other.about)
        if isinstance(answer.value, pd.DataFrame):
            pd.testing.assert_frame_equal(answer.value, other.value, check_exact=True)
        else:
            assert answer.value == other.value


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["warm", "fast"])
def test_outputs_are_the_same_byte_for_byte(go, kind, request):
    if not hasattr(request.config, "cold_tricky"):
        request.config.cold_tricky = go("cold", *TRICKY)
    cold = request.config.cold_tricky
    assert any("image/png" in o.get("data", {}) for c in cold.cells for o in c["outputs"])
    assert cold.failures["c32"] == "Left out: this cell ended the Python kernel."
    assert shown(cold)[-1] == "still here"
    same(cold, go(kind, *TRICKY))


@pytest.mark.slow
def test_sample_hand_ins_come_out_the_same(pools, exercise, case, cells):
    """All samples that can be read: answers, outputs, failures."""
    readable = 0
    for path in SAMPLES:
        try:
            own = cells(json.loads(path.read_text(encoding="utf-8")))
        except ValueError:
            continue
        readable += 1
        limits = Limits(cell_seconds=8, total_seconds=120)
        runs = [
            run_handin(own, exercise, case, limits, pool=pools(kind))
            for kind in ("cold", "warm", "fast")
        ]
        assert [run.problem for run in runs] == ["", "", ""]
        same(runs[0], runs[1])
        same(runs[0], runs[2])
    assert readable >= 9


# one hand-in knows nothing of another ------------------------------------------------------------


@pytest.mark.parametrize("kind", ["warm", "fast"])
def test_hand_ins_do_not_see_each_other(go, kind):
    look = (
        "import numpy as np, pandas as pd, os, builtins, tempfile, random\n"
        "print(globals().get('left'), getattr(pd, 'left', None), pd.get_option('display.max_rows'),"
        " hasattr(builtins, 'left'), os.environ.get('LEFT'), os.path.exists('left'),"
        " os.path.exists(os.path.expanduser('~/left')), In[1][:6])",
        "print(np.random.rand(), random.random(), sorted(os.listdir(tempfile.gettempdir())))",
        "left = pd.left = builtins.left = os.environ['LEFT'] = 'here'\n"
        "pd.set_option('display.max_rows', 7)\nnp.random.seed(1)\nrandom.seed(1)\n"
        "open('left', 'w').close(); open(os.path.expanduser('~/left'), 'w').close()\n"
        "open(os.path.join(tempfile.gettempdir(), 'left'), 'w').close()",
    )
    first, second = (shown(go(kind, *look)) for _ in range(2))
    assert first[0] == second[0] == "None None 60 False None False False import"
    assert first[1].split()[:2] != second[1].split()[:2]
    assert first[1].split()[2:] == second[1].split()[2:]


@pytest.mark.parametrize("kind", ["warm", "fast"])
def test_the_server_holds_no_secret_and_no_key(go, kind, monkeypatch):
    monkeypatch.setenv("WHOBUYS_CANARY", "canary-in-the-environment")
    run = go(
        kind,
        "import os, sys, gc\n"
        "print([name for name in sys.modules if 'key' in name and 'whobuys' in name])\n"
        "print('WHOBUYS_CANARY' in os.environ)\n"
        "found = [o for o in gc.get_objects() if type(o).__name__ in ('Exercise', 'Secret')]\n"
        "print(found)\n"
        "print(sorted(int(n) for n in os.listdir('/proc/self/fd'))[-1] < 90)",
    )
    assert shown(run)[0].split("\n") == ["[]", "False", "[]", "True"]


# what dies, and what is left ---------------------------------------------------------------------


def children(pid: int) -> list[int]:
    found = []
    for entry in Path("/proc").iterdir():
        try:
            stat = (entry / "stat").read_text() if entry.name.isdigit() else ""
        except OSError:
            continue
        if stat and int(stat.rpartition(")")[2].split()[1]) == pid:
            found.append(int(entry.name))
    return found


def below(pid: int) -> set[int]:
    found, todo = set(), [pid]
    while todo:
        todo += (fresh := [c for c in children(todo.pop()) if c not in found])
        found |= set(fresh)
    return found


def until(true, seconds: float = 20.0) -> bool:
    deadline = time.monotonic() + seconds
    while not true() and time.monotonic() < deadline:
        time.sleep(0.05)
    return bool(true())


STRAY = """
import os, subprocess, sys
subprocess.Popen(["sleep", "975"], start_new_session=True)
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        os.environ.clear()
        os.execv("/bin/sleep", ["sleep", "976"])
    os._exit(0)
print("started")
"""


def sleepers() -> list[bytes]:
    found = []
    for entry in Path("/proc").iterdir():
        try:
            line = (entry / "cmdline").read_bytes() if entry.name.isdigit() else b""
        except OSError:
            continue
        if line.startswith((b"sleep\x00975", b"sleep\x00976")):
            found.append(line)
    return found


@pytest.mark.parametrize("kind", ["warm", "fast"])
def test_no_process_and_no_file_is_left(exercise, case, kind, monkeypatch):
    mine = set(children(os.getpid()))
    folder = tempfile.mkdtemp(prefix="w")
    monkeypatch.setattr(tempfile, "tempdir", folder)
    cells = [Cell("c0", "code", STRAY)]
    with Pool(kind) as pool:
        run = run_handin(cells, exercise, case, LIMITS, pool=pool)
        assert shown(run) == ["started"]
        pids = pool.pids()
        assert until(lambda: not sleepers()), sleepers()
        assert until(lambda: not any(children(pid) for pid in pids))
    assert until(lambda: not set(pids) & set(children(os.getpid())))
    assert set(children(os.getpid())) <= mine
    assert list(Path(folder).iterdir()) == []
    Path(folder).rmdir()


@pytest.mark.parametrize("kind", ["warm", "fast"])
def test_a_cell_that_ends_the_kernel_costs_only_itself(go, kind):
    run = go(kind, "a = 1", "import os\nos._exit(0)", "print(a + 1)")
    assert run.failures == {"c1": "Left out: this cell ended the Python kernel."}
    assert shown(run)[2] == "2"


@pytest.mark.parametrize("kind", ["warm", "fast"])
def test_a_loop_is_stopped_and_a_stubborn_one_left_out(go, kind):
    stubborn = (
        "import time\nwhile True:\n    try:\n        while True:\n            time.sleep(0.01)\n"
        "    except KeyboardInterrupt:\n        pass"
    )
    limits = Limits(cell_seconds=2, total_seconds=90)
    run = go(kind, "a = 1", "while True: pass", stubborn, "print(a + 1)", limits=limits)
    assert run.failures == {
        "c1": "Stopped after 2 seconds: this cell took too long.",
        "c2": "Left out: this cell did not end and could not be stopped.",
    }
    assert shown(run)[3] == "2"


@pytest.mark.parametrize("kind", ["warm", "fast"])
def test_a_flood_is_cut(go, kind):
    flood = "import os\nwhile True:\n    print('x' * 10_000)"
    down = "for _ in range(4_000):\n    os.write(1, b'y' * 50_000)"
    limits = Limits(cell_seconds=30, total_seconds=120)
    run = go(kind, flood, down, "print('after')", limits=limits)
    assert len(json.dumps(run.cells)) < 6_000_000
    assert all("More was printed" in cell["metadata"]["cut"] for cell in run.cells[:2])
    assert shown(run)[2] == "after"


def run_and(pool, exercise, case, then) -> tuple[RunResult, float]:
    """Run a hand-in that waits, and do something to the pool meanwhile."""
    cells = [Cell("c0", "code", "import time; time.sleep(1.5)"), Cell("c1", "code", "print(7)")]
    threading.Timer(1.0, then).start()
    started = time.monotonic()
    run = run_handin(cells, exercise, case, LIMITS, pool=pool)
    return run, time.monotonic() - started


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["warm", "fast", "cold"])
def test_a_kernel_killed_from_outside_costs_no_marks(kind, exercise, case):
    """As a machine short of memory does it."""
    with Pool(kind) as pool:
        run_handin([Cell("c0", "code", "1")], exercise, case, LIMITS, pool=pool)

        def kill() -> None:
            ours = pool.pids()
            for pid in {one for parent in ours for one in below(parent)} - {*ours}:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)

        run, _ = run_and(pool, exercise, case, kill)
        assert run.failures == {}
        assert shown(run)[1] == "7"


@pytest.mark.slow
def test_a_dead_server_costs_no_marks(exercise, case):
    with Pool("fast") as pool:
        run_handin([Cell("c0", "code", "1")], exercise, case, LIMITS, pool=pool)
        server = pool._server.process
        run, _ = run_and(pool, exercise, case, lambda: os.kill(server.pid, signal.SIGKILL))
        assert run.problem == ""
        assert shown(run)[1] == "7"
        run = run_handin([Cell("c0", "code", "print(8)")], exercise, case, LIMITS, pool=pool)
        assert (shown(run), run.problem) == (["8"], "")
        run = run_handin([Cell("c0", "code", "print(9)")], exercise, case, LIMITS, pool=pool)
        assert (shown(run), run.kernel) == (["9"], "fast")
        assert pool._server.process.pid != server.pid


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["warm", "fast"])
def test_a_dead_client_costs_no_marks(pools, exercise, case, kind):
    pool = pools(kind)
    run_handin([Cell("c0", "code", "1")], exercise, case, LIMITS, pool=pool)
    server = pool._server.process.pid

    def kill() -> None:
        for client in list(pool._busy):
            client.process.kill()

    run, _ = run_and(pool, exercise, case, kill)
    assert (run.problem, run.kernel, shown(run)[1]) == ("", "cold", "7")
    assert until(lambda: not children(server))
    run = run_handin([Cell("c0", "code", "print(8)")], exercise, case, LIMITS, pool=pool)
    assert (shown(run), run.kernel) == (["8"], kind)


@pytest.mark.slow
def test_a_run_can_be_interrupted(pools, exercise, case):
    stop = threading.Event()
    threading.Timer(1.0, stop.set).start()
    cells = [Cell("c0", "code", "import time; time.sleep(50)")]
    started = time.monotonic()
    run = run_handin(cells, exercise, case, LIMITS, stop, pools("fast"))
    assert run.problem == "The notebook could not be run to an end (the grading was interrupted)."
    assert time.monotonic() - started < 20


def test_without_a_server_kernels_are_cold(exercise, case, monkeypatch):
    monkeypatch.setattr("whobuys.sandbox.pool.CAN_FORK", False)
    with Pool("fast") as pool:
        assert pool.kernel == "cold"
        run = run_handin([Cell("c0", "code", "print(1)")], exercise, case, LIMITS, pool=pool)
    assert (shown(run), run.kernel) == (["1"], "cold")


def test_lost_and_late_jobs_are_told_apart(pools, tmp_path):
    pool = pools("fast")
    stop = threading.Event()
    job = {"cwd": str(tmp_path / "none"), "environment": environment(tmp_path)}
    with pytest.raises(Lost, match="FileNotFoundError"):
        pool.run(job, 30, stop)
    with pytest.raises(TimeoutError):
        pool.run(job, -1, stop)
    stop.set()
    with pytest.raises(Interrupted):
        pool.run(job, 30, stop)


def test_no_such_kernel():
    with pytest.raises(ValueError, match="one of cold, warm, fast"):
        Pool("hot")


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["warm", "fast"])
def test_fifty_in_a_row_leak_nothing(pools, exercise, case, kind):
    pool = pools(kind)

    def state() -> list[tuple[int, int]]:
        found = []
        for pid in pool.pids():
            pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
            found.append((len(list(Path(f"/proc/{pid}/fd").iterdir())), pages * 4096 // 2**20))
        return found

    cells = [Cell("c0", "code", "print('x' * 100_000)"), Cell("c1", "code", "1 / 0")]
    for _ in range(5):
        run_handin(cells, exercise, case, LIMITS, pool=pool)
    before, pids = state(), pool.pids()
    for _ in range(50):
        assert run_handin(cells, exercise, case, LIMITS, pool=pool).kernel == kind
    assert pool.pids() == pids
    for (files, memory), (then_files, then_memory) in zip(before, state(), strict=True):
        assert then_files <= files
        assert then_memory - memory < 25


def test_rooms_that_are_preloaded_hold_no_grading():
    rooms = _forkserver.rooms()
    assert "whobuys.course" in rooms
    assert "whobuys.segment" in rooms
    assert "whobuys.grade" not in rooms
