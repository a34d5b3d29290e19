"""Where nothing is as on this machine: no Linux, no room for a trial."""

from __future__ import annotations

import json
import subprocess
import sys
from types import SimpleNamespace

import pytest

from whobuys._errors import InstructorError
from whobuys.sandbox import _confine, runner

UNIT = "05_rfm"
WINDOWS = """
import json, sys
import asyncio, matplotlib.pyplot, nbclient, nbformat, pandas, papermill, rich.progress
from nbconvert import HTMLExporter
import seaborn, sqlalchemy, sqlalchemy.orm, sqlalchemy.dialects.sqlite, subprocess, tempfile, typer
import concurrent.futures, multiprocessing, shutil, urllib.request  # their own look at the system

ABSENT = {"resource", "fcntl", "termios", "pwd", "grp", "pty"}
assert not [name for name in sys.modules if name.startswith("whobuys.sandbox")]
for name in ABSENT:
    sys.modules[name] = None  # to import it fails
sys.platform = "win32"

import whobuys.cli.main
import whobuys.grade.grading
from pathlib import Path
from whobuys._errors import InstructorError
from whobuys.grade import Secret, Student, grade_folder, release
from whobuys.sandbox._confine import NOT_CONFINED, probe
from whobuys.sandbox.execute import Limits

to, handed_in = Path(sys.argv[1]), Path(sys.argv[1]) / "out" / "handed_in"
secret = Secret("5f" * 32)
record = release("05_rfm", [Student("ana", "Ana")], to / "out", secret)
(handed_in / "ana").mkdir(parents=True)
(handed_in / "ana" / "x.ipynb").write_bytes((Path(sys.argv[2])).read_bytes())
given = ("05_rfm", handed_in, to / "graded", secret, record, Limits(60, 300))
try:
    grade_folder(*given)
except InstructorError as error:
    refused = str(error)
result = grade_folder(*given, trust=True)
row = result.sheet.iloc[0]
report = (to / "graded" / "reports" / "ana.html").read_text(encoding="utf-8")
confined = probe().confined
print(json.dumps([refused, row["state"], row["total"], NOT_CONFINED in report, confined]))
"""


@pytest.mark.slow
def test_on_windows_hand_ins_are_graded_if_they_are_trusted(tmp_path):
    """As far as it can be played: the modules are not there, and the platform says Windows."""
    from whobuys.course._units import CHECKOUT

    solution = CHECKOUT / "solutions" / f"{UNIT}.ipynb"
    command = [sys.executable, "-c", WINDOWS, str(tmp_path), str(solution)]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    refused, *made = json.loads(run.stdout.splitlines()[-1])
    assert "--i-trust-these-notebooks" in refused
    assert made == ["graded", 20.0, True, False]


linux = pytest.mark.skipif(sys.platform != "linux", reason="elsewhere nothing is tried")


@pytest.fixture
def afresh():
    _confine.probe.cache_clear()
    yield
    _confine.probe.cache_clear()


@linux
@pytest.mark.parametrize(
    ("code", "said", "words"),
    [
        (1, "Traceback\nOSError: [Errno 28] No space left on device", "No space left on device"),
        (-9, "", "code -9"),
    ],
)
def test_a_trial_that_could_not_be_made_is_no_answer(
    afresh, monkeypatch, tmp_path, code, said, words
):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    ended = SimpleNamespace(returncode=code, stderr=said, stdout="")
    monkeypatch.setattr(_confine.subprocess, "run", lambda *given, **more: ended)
    with pytest.raises(InstructorError) as refused, runner.open_runner():
        pass
    for word in (words, "Nothing was run", str(tmp_path), "TMPDIR=FOLDER"):
        assert word in str(refused.value)
    assert "trust" not in str(refused.value)


@linux
def test_where_no_level_works_the_answer_is_nothing(afresh, monkeypatch):
    nothing = json.dumps({"apart": False, "landlock": 0, "seccomp": False})
    for code, said in ((0, nothing), (-31, "")):  # or what is around us ends who asks: SIGSYS
        ended = SimpleNamespace(returncode=code, stderr="", stdout=said)
        monkeypatch.setattr(_confine.subprocess, "run", lambda *given, now=ended, **more: now)
        _confine.probe.cache_clear()
        with pytest.raises(InstructorError, match="i-trust-these-notebooks"), runner.open_runner():
            pass
