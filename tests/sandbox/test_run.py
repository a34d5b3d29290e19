import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from whobuys._errors import InstructorError
from whobuys.course._answers import encode
from whobuys.grade._handins import Cell
from whobuys.grade._run import EXPORT, RunResult, prepare, read_result, result_of, run_handin
from whobuys.grade.report import graded_report
from whobuys.sandbox import execute as execute_module
from whobuys.sandbox._confine import Level, probe
from whobuys.sandbox._surroundings import LONGEST_SOCKET_FOLDER
from whobuys.sandbox.execute import Limits, Order, _read_executed, execute
from whobuys.sandbox.pool import Pool

linux = pytest.mark.skipif(sys.platform != "linux", reason="needs /proc")


@pytest.fixture(scope="session")
def asked(exercise):
    return [question for question in exercise.questions.values() if not question.open]


def executed(*cells: dict) -> dict:
    return {"cells": list(cells), "metadata": {}, "nbformat": 4, "nbformat_minor": 5}


def sent(number: int, **answers: object) -> dict:
    data = {"application/vnd.whobuys.answers+json": answers}
    output = {"output_type": "display_data", "data": data, "metadata": {}}
    return ran(f"{EXPORT}{number}", output)


def ran(id: str, *outputs: dict, **metadata) -> dict:
    about = {"cell_type": "code", "id": id, "source": "x", "execution_count": 1}
    return about | {"metadata": metadata, "outputs": list(outputs)}


# the notebook that runs --------------------------------------------------------------------------


def exports(notebook) -> list[str]:
    """Return, in order, cell ids, and for our own cells what they send."""
    return [
        cell.source.partition("send(")[2].partition(", globals")[0]
        if cell.id.startswith(EXPORT)
        else cell.id
        for cell in notebook.cells
    ]


def test_answers_are_sent_after_each_check_and_at_the_end(asked):
    cells = [
        Cell("q4", "code", "cycle = 1", "q4"),
        Cell("q4-check", "code", "check.q4(cycle)", "q4-check"),
        Cell("extra-2", "code", "check.q4( mine )\n# check.q5(repurchase)"),
        Cell("q4-help", "code", "check.q4.hint()", "q4-help"),
        Cell("q5-check", "code", "", "q5-check"),
        Cell("q6", "markdown", "check.q1(rfm)", "q6"),
        Cell("extra-6", "code", "check.q9(x); exercise.q1(rfm)"),
    ]
    assert exports(prepare(cells, asked)) == [
        *("q4", "q4-check", "{'q4': 'cycle'}"),
        *("extra-2", "{'q4': 'mine'}", "{'q4': 'cycle'}"),
        *("q4-help", "q5-check", "{'q5': 'repurchase'}", "q6", "extra-6"),
        str({question.id: question.name for question in asked}),
    ]


def test_the_notebook_to_run_holds_no_metadata_and_no_answer(cells, solution, asked):
    for cell in solution["cells"]:
        cell["metadata"]["tags"] = ["raises-exception", "secret"]
        cell["metadata"]["papermill"] = {"x": 1}
    notebook = prepare(cells(solution), asked)
    assert all(cell.metadata == {} for cell in notebook.cells)
    assert all(cell.get("outputs", []) == [] for cell in notebook.cells)
    ids = [cell.id for cell in notebook.cells]
    assert len(ids) == len(set(ids))


# reading back ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "counts"),
    [
        ([1, 2, 3], 2),
        ([1, None, 3], 1),
        ([None, None, 3], 3),
        ([None, 2, None], 2),
        ([None, None, None], None),
        ([5], 5),
    ],
)
def test_the_last_check_with_something_counts_else_the_end(asked, values, counts):
    cells = [sent(n, q4=encode(value)) for n, value in enumerate(values)]
    answer = read_result(executed(*cells), asked, 1.0).answers["q4"]
    assert answer.value == counts
    assert answer.started == (counts is not None)


@pytest.mark.parametrize(
    "forged",
    [
        3,
        [],
        {"q4": 3},
        {"q4": {"kind": "number", "value": "x"}},
        {"q4": {"kind": "number", "value": [1]}},
        {"q4": {"kind": "passed", "earned": 4}},
        {"q4": {"kind": "table", "index": [], "columns": [], "rows": 10**9}},
        {"q4": {"kind": "table", "index": [], "columns": [{"name": "a"}], "rows": 1}},
        {"q4": {"kind": "list", "items": [{"kind": "list", "items": []}]}},
        {"q4": {"kind": "date", "value": "9999999"}},
        {"q6": {"kind": "text", "value": "x"}},
        {"q99": {"kind": "number", "value": "1"}},
        {"__class__": {"kind": "number", "value": "1"}},
    ],
)
def test_forged_answers_are_no_answers(asked, forged):
    output = {
        "output_type": "display_data",
        "data": {"application/vnd.whobuys.answers+json": forged},
        "metadata": {},
    }
    result = read_result(executed(ran(f"{EXPORT}0", output)), asked, 1.0)
    assert set(result.answers) == {question.id for question in asked}
    assert all(answer.kind in ("blank", "other") for answer in result.answers.values())


def test_answers_in_the_students_own_cells_are_ignored(asked):
    own = sent(0, q4=encode(31)) | {"id": "q4"}
    result = read_result(executed(own, sent(1, q4=encode(None))), asked, 1.0)
    assert not result.answers["q4"].started
    assert [cell["id"] for cell in result.cells] == ["q4"]


def test_failures_are_named_and_our_own_cells_left_out(asked):
    error = {"output_type": "error", "ename": "E", "evalue": "v" * 999, "traceback": []}
    cells = [
        ran("papermill-x", tags=["papermill-error-cell-tag"]),
        ran("q1", error),
        ran("q2", error, stopped="Stopped after 3 seconds."),
        ran("q3", stopped={"not": "words"}),
        sent(0),
    ]
    result = read_result(executed(*cells), asked, 1.0)
    assert [cell["id"] for cell in result.cells] == ["q1", "q2", "q3"]
    assert result.failures["q1"].startswith("E: vvv")
    assert len(result.failures["q1"]) == 300
    assert result.failures["q2"] == "Stopped after 3 seconds."
    assert "q3" not in result.failures


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        "null",
        '{"cells": 3, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}',
        '{"cells": [3], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}',
        '{"cells": [], "metadata": {}, "nbformat": 99, "nbformat_minor": 5}',
        "[" * 100_000,
        '{"cells": [{"cell_type": "code"}], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}',
    ],
)
def test_a_forged_executed_notebook_is_refused(tmp_path, text):
    path = tmp_path / "executed.ipynb"
    path.write_text(text)
    assert _read_executed(path) is None


@pytest.mark.skipif(os.name != "posix", reason="needs links and pipes")
def test_links_and_pipes_are_not_read(tmp_path):
    good = tmp_path / "good.ipynb"
    good.write_text(json.dumps(executed()))
    assert _read_executed(good) is not None
    (tmp_path / "link.ipynb").symlink_to(good)
    os.mkfifo(tmp_path / "pipe.ipynb")
    assert _read_executed(tmp_path / "link.ipynb") is None
    assert _read_executed(tmp_path / "pipe.ipynb") is None
    assert _read_executed(tmp_path / "none.ipynb") is None


def test_halves_of_characters_are_replaced(tmp_path, asked):
    path = tmp_path / "executed.ipynb"
    error = {"output_type": "error", "ename": "E", "evalue": "\ud83c", "traceback": ["\ud83c"]}
    path.write_text(json.dumps(executed(ran("q1", error), sent(0, q4=encode("\udc00")))))
    result = read_result(_read_executed(path), asked, 1.0)
    assert result.failures["q1"] == "E: ?"
    assert result.answers["q4"].value == "?"


# lost to the machine -----------------------------------------------------------------------------


@pytest.mark.skipif(os.name != "posix", reason="a script in place of the interpreter")
@pytest.mark.parametrize(
    ("script", "lost", "said"),
    [
        ("kill -9 $$", True, "ended with code -9"),
        ("echo No space left on device >&2; exit 120", True, "120: No space left on device"),
        ("exit 0", False, ""),
        ("sleep 60", False, "within"),
    ],
)
def test_a_runner_that_ends_without_a_result_has_lost_the_run(
    tmp_path, monkeypatch, exercise, script, lost, said
):
    python = tmp_path / "python"
    python.write_text(f"#!/bin/sh\n{script}\n")
    python.chmod(0o755)
    stand_in = SimpleNamespace(executable=str(python), platform=sys.platform)
    monkeypatch.setattr(execute_module, "sys", stand_in)
    monkeypatch.setattr(execute_module, "GRACE_SECONDS", 0)
    order = Order(json.dumps(executed()), Limits(1, 1), lambda folder: None)
    ran = execute(order, threading.Event(), level=Level())
    assert (ran.lost, ran.executed) == (lost, None)
    assert said in ran.said
    result = result_of(ran, exercise)
    assert result.lost == lost
    assert result.problem.startswith("Not graded yet" if lost else "The notebook could not be run")


@linux
@pytest.mark.slow
@pytest.mark.skipif(not probe().confined, reason="nothing confines here")
@pytest.mark.parametrize("kind", ["cold", "warm"])
def test_a_deep_temporary_folder(monkeypatch, exercise, case, kind):
    """A confined kernel is reached by sockets only, and their paths have an end."""
    room = len("/whobuys-grading-12345678/handin-12345678/run")
    with tempfile.TemporaryDirectory(prefix="d-") as top:
        deepest = Path(top) / ("d" * (LONGEST_SOCKET_FOLDER - room - len(top) - 1))
        deepest.mkdir()
        monkeypatch.setattr(tempfile, "tempdir", str(deepest))
        cells = [Cell("q4", "code", "cycle = 6 * 7")]
        with Pool(kind) as pool:
            run = run_handin(cells, exercise, case, Limits(20, 40), pool=pool)
        assert (run.problem, run.kernel, run.answers["q4"].about) == ("", kind, "the number 42")
        deeper = deepest / "d"
        deeper.mkdir()
        monkeypatch.setattr(tempfile, "tempdir", str(deeper))
        with pytest.raises(InstructorError, match=r"too long a path.*TMPDIR=FOLDER"):
            run_handin(cells, exercise, case, Limits(20, 40))


CUT_OFF = """
import sys
from whobuys.course import load_key, unit_folder
from whobuys.grade._handins import Cell
from whobuys.grade._run import run_handin
from whobuys.market import market
from whobuys.sandbox.execute import Limits
from whobuys.sandbox.pool import Pool

exercise = load_key(unit_folder("05_rfm") / "key.py")
pool = Pool("cold") if sys.argv[1] == "pool" else None
code = "import subprocess\\nsubprocess.run(['sleep', '986'])"
run_handin([Cell("c", "code", code)], exercise, market("teahouse", 7), Limits(), pool=pool)
"""


def family(process: int) -> dict[int, bytes]:
    """Return a process and all its descendants, with their command lines."""
    found: dict[int, bytes] = {}
    new = [process]
    while new:
        one = new.pop()
        try:
            found[one] = Path(f"/proc/{one}/cmdline").read_bytes()
            for task in Path(f"/proc/{one}/task").iterdir():
                new += map(int, (task / "children").read_text().split())
        except OSError:
            continue
    return found


def lives(process: int, line: bytes) -> bool:
    try:
        about = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
        return about[0] != "Z" and Path(f"/proc/{process}/cmdline").read_bytes() == line
    except OSError:
        return False


@linux
@pytest.mark.slow
@pytest.mark.parametrize("how", ["pool", "alone"])
def test_nothing_of_a_cold_run_outlives_a_killed_grader(tmp_path, how):
    with (tmp_path / "log").open("wb") as log:
        grader = subprocess.Popen([sys.executable, "-c", CUT_OFF, how], stdout=log, stderr=log)
    started: dict[int, bytes] = {}
    try:
        deadline = time.monotonic() + 120
        while not any(line.startswith(b"sleep\x00986") for line in started.values()):
            assert time.monotonic() < deadline, (tmp_path / "log").read_text()
            assert grader.poll() is None, (tmp_path / "log").read_text()
            time.sleep(0.2)
            started |= family(grader.pid)
    finally:
        grader.kill()
        grader.wait()
    assert len(started) > 3
    deadline = time.monotonic() + 10
    while (left := [p for p, line in started.items() if lives(p, line)]) and (
        time.monotonic() < deadline
    ):
        time.sleep(0.1)
    for process in left:
        os.kill(process, signal.SIGKILL)
    assert left == []


# real runs ---------------------------------------------------------------------------------------


def text_of(run: RunResult, id: str) -> str:
    cell = next(cell for cell in run.cells if cell["id"] == id)
    return "".join(str(output.get("text", output.get("data"))) for output in cell["outputs"])


@pytest.fixture
def go(cells, exercise, case, with_code, solution):
    def start(cell_seconds: float, total_seconds: float, **sources: str) -> RunResult:
        notebook = with_code(solution, **sources)
        return run_handin(cells(notebook), exercise, case, Limits(cell_seconds, total_seconds))

    return start


ACCIDENTS = {
    "q1": """
import warnings
warnings.warn("careful")
rfm = rfm_table(transactions, as_of="2026-06-30")
for number in range(5_000):
    print(number, flush=True)
""",
    "q2": 'scores = rfm_score(rfm)\nraise KeyError("x" * 10_000_000)',
    "q3": 'segments = input("Which? ")',
    "q4": "my_cycle = purchase_cycle(transactions)",
    "q4_check": "check.q4(my_cycle)",
    "q5": """
import numpy as np
repurchase = repurchase_rate(transactions)
display({"image/png": "A" * 100}, raw=True)
print("half \\ud83c")
""",
    "q6_work": """
rfm, scores = "overwritten later", 0
repurchase = np.zeros((200_000, 60))
print("y" * 5_000_000)
""",
    "q5_help": "check.q5(repurchase)",
}


@pytest.mark.slow
def test_accidents_cost_only_what_is_broken(go, exercise, cells, solution):
    run = go(60, 120, **ACCIDENTS)
    assert run.problem == ""
    answers = run.answers
    assert answers["q1"].about.startswith("a table of")
    assert answers["q2"].about.startswith("a table of")
    assert not answers["q3"].started
    assert answers["q4"].about == "the number 31"
    assert 0 < answers["q5"].value < 1
    assert set(run.failures) == {"q2", "q3", "q3-check"} | ({"q5"} & set(run.failures))
    assert run.failures["q2"].startswith("KeyError: 'xxx")
    assert run.failures["q3"].startswith("StdinNotImplementedError")
    assert text_of(run, "q1").count("\n") > 1_000
    assert len(json.dumps(run.cells)) < 5_000_000
    cut = next(cell for cell in run.cells if cell["id"] == "q6-work")["metadata"]["cut"]
    assert "More was printed" in cut


HOSTILE = {
    "q1": "while True:\n    pass",
    "q2": "import os\nos._exit(0)",
    "q3": """
import time
while True:
    try:
        while True:
            time.sleep(0.01)
    except KeyboardInterrupt:
        pass
""",
    "q4": """
import os, subprocess, sys
from pathlib import Path
startup = Path(os.environ["IPYTHONDIR"]) / "profile_default" / "startup"
startup.mkdir(parents=True, exist_ok=True)
(startup / "00.py").write_text("leaked = 1")
subprocess.Popen(["sleep", "987"], start_new_session=True)
cycle = purchase_cycle(transactions)
""",
    "q5": """
try:
    hoard = bytearray(12 * 2**30)
except MemoryError:
    repurchase = repurchase_rate(transactions)
""",
    "q6_work": 'while True:\n    print("x" * 10_000)',
}


def sleepers() -> list[str]:
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                line = (entry / "cmdline").read_bytes()
            except OSError:
                continue
            if line.startswith(b"sleep\x00987"):
                found.append(entry.name)
    return found


@linux
@pytest.mark.slow
def test_attacks_cost_only_the_questions_they_stand_in(go):
    run = go(4, 150, **HOSTILE)
    assert run.problem == ""
    assert not any(run.answers[id].started for id in ("q1", "q2", "q3"))
    assert run.answers["q4"].about == "the number 31"
    assert 0 < run.answers["q5"].value < 1
    assert run.failures["q1"] == "Stopped after 4 seconds: this cell took too long."
    assert run.failures["q2"] == "Left out: this cell ended the Python kernel."
    assert run.failures["q3"] == "Left out: this cell did not end and could not be stopped."
    assert len(json.dumps(run.cells)) < 5_000_000
    assert run.seconds < 120
    assert sleepers() == []


@pytest.mark.slow
def test_the_total_time_ends_a_run_and_nothing_is_carried_over(go):
    run = go(
        60,
        9,
        q1="""
print("leaked" in globals(), "startup file")
print({session for session, *_ in get_ipython().history_manager.search("*")}, "history")
print(open("data/products.csv").readline())
""",
        q2="import time\ntime.sleep(40)",
        q3="segments = 1",
    )
    assert run.problem == ""
    assert run.seconds < 35
    assert "False startup file" in text_of(run, "q1")
    assert "{1} history" in text_of(run, "q1")
    assert "product_id" in text_of(run, "q1")
    assert "took too long" in run.failures["q2"]
    assert run.failures["q3"] == "Not run: the time for the whole notebook was used up."


@linux
@pytest.mark.slow
def test_a_stopped_run_and_a_killed_runner_end_at_once(go, cells, exercise, case, template):
    stop = threading.Event()
    threading.Timer(1.5, stop.set).start()
    started = time.monotonic()
    run = run_handin(cells(template), exercise, case, Limits(), stop)
    assert time.monotonic() - started < 20
    assert run.problem == "The notebook could not be run to an end (the grading was interrupted)."
    assert run.cells == []

    killer = "import os, signal\nos.kill(os.getppid(), signal.SIGKILL)\nimport time\ntime.sleep(30)"
    run = go(60, 60, q1=killer)
    assert run.seconds < 40
    assert not run.answers or not run.answers["q1"].started


def test_a_report_can_be_made_of_whatever_comes_back(exercise, handin_of_nothing):
    run = RunResult(problem="The notebook could not be run to an end.")
    assert "could not be run" in graded_report(exercise, "A", handin_of_nothing, run, [], "today")


@pytest.fixture
def handin_of_nothing():
    from whobuys.grade._handins import HandIn

    return HandIn("ana", Path("x.ipynb"), "d" * 64)
