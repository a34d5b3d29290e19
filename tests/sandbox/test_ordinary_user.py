"""A grading run as an ordinary user of the machine, who may do nothing special."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest

from tests.submissions.hostile.make import corpus
from whobuys.course._units import CHECKOUT
from whobuys.grade import Secret, Student, release
from whobuys.grade.release import HANDED_IN
from whobuys.sandbox import _confine
from whobuys.sandbox import _confine_calls as calls
from whobuys.sandbox._confine import Level

NOBODY, DUMPABLE = 65534, 4
#: The report shows the code too; there the word is to stand in two parts.
SAID, SAID_APART = rb"print(\"REACHED\")", rb"print(\"REA\" \"CHED\")"
ATTACKS = ("read_key", "read_outside", "overwrite_outside")
UNIT = "05_rfm"
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        sys.platform != "linux" or os.geteuid() != 0, reason="only root can become another user"
    ),
]


def refuse_namespaces() -> None:
    """Go where nobody gets a user namespace, as some systems have it for ordinary users."""
    calls.call("prctl", DUMPABLE, 1, 0, 0, 0)  # else its files below /proc are not its own
    calls.call("unshare", calls.NEWUSER)
    calls.own_users(NOBODY, NOBODY)
    Path("/proc/sys/user/max_user_namespaces").write_text("0")


def as_nobody(
    *command: str, folder: Path, refused: bool = False
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-P", *command],
        preexec_fn=refuse_namespaces if refused else None,
        user=NOBODY,
        group=NOBODY,
        extra_groups=[],
        cwd=folder,
        env={"HOME": str(folder), "PATH": os.environ["PATH"], "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def folder() -> Iterator[Path]:
    """Return a folder of that user's, who can also read the course."""
    with tempfile.TemporaryDirectory(prefix="ordinary-") as name:
        folder = Path(name)
        os.chown(folder, NOBODY, NOBODY)
        if as_nobody("-c", "import whobuys", folder=folder).returncode:
            pytest.skip("this checkout can be read by its owner only")
        yield folder


def level_of(folder: Path, refused: bool) -> Level:
    """Return how that user's hand-ins are confined."""
    probe = as_nobody(_confine.__file__, "probe", folder=folder, refused=refused)
    return Level(**json.loads(probe.stdout))


@pytest.mark.parametrize("refused", [False, True])
def test_it_grades_and_is_confined(folder: Path, refused: bool) -> None:
    """Hand-ins run with the rights of who grades, and reach nothing of theirs."""
    try:
        level = level_of(folder, refused)
    except subprocess.SubprocessError:
        pytest.skip("no user namespace to refuse others in")
    if not level.confined:
        pytest.skip("nothing can confine a hand-in here")
    if refused:
        assert not level.apart
    attacks = {one.name: one for one in corpus() if one.name in ATTACKS}
    assert len(attacks) == len(ATTACKS)
    canary = folder / "canary"
    canary.write_text("somebody else's")
    secret = Secret.read_or_make(folder / "whobuys.secret")
    release(UNIT, [Student(name, name) for name in ATTACKS], folder / "out", secret)
    for name, one in attacks.items():
        path = folder / "out" / HANDED_IN / name / f"{UNIT}.ipynb"
        path.parent.mkdir(parents=True, exist_ok=True)
        made = one.make({"FOLDER": folder, "COURSE": CHECKOUT})
        assert SAID in made
        path.write_bytes(made.replace(SAID, SAID_APART))
    for path in (folder, *folder.rglob("*")):
        os.chown(path, NOBODY, NOBODY)
    command = ("-m", "whobuys.cli.main", "grade", UNIT, f"out/{HANDED_IN}", "--to", "graded")
    done = as_nobody(*command, folder=folder, refused=refused)
    assert done.returncode == 0, done.stderr
    marks = pd.read_csv(folder / "graded" / "marks.csv").set_index("student")
    assert (marks.loc[list(ATTACKS), ["q1", "q2", "q3", "q4", "q5"]] == 4).all(axis=None)
    for name in ATTACKS:
        report = (folder / "graded" / "reports" / f"{name}.html").read_text(encoding="utf-8")
        assert f"Confined by: {level.name}" in report
        assert "NOT CONFINED" not in report
        assert "REACHED" not in report
    assert canary.read_text() == "somebody else's"
