import json
import shutil
import subprocess
import sys

import pandas as pd
import pytest
from typer.testing import CliRunner

from whobuys.cli.main import app
from whobuys.grade import Secret, Student, release
from whobuys.market import market, read_case, read_errata

UNIT = "05_rfm"


@pytest.fixture(autouse=True)
def own_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")


@pytest.fixture
def roster(tmp_path):
    path = tmp_path / "roster.csv"
    path.write_text("student,name\nana,Ana\n")
    return str(path)


def call(*arguments: object):
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def stopped(result) -> str:
    """Return the message of a command that stopped; assert that it is one line, no traceback."""
    assert result.exit_code == 1
    assert isinstance(result.exception, SystemExit)
    assert "Traceback" not in result.output
    message = result.stderr.strip()
    assert message.startswith("Stopped: ")
    assert "\n" not in message
    return message


@pytest.mark.parametrize("command", ["release", "grade"])
def test_help_names_every_option(command):
    result = call(command, "--help")
    assert result.exit_code == 0
    for option in ("--to", "--secret"):
        assert option in result.output


def test_without_a_command_the_help_is_shown():
    assert "release" in call().output
    assert call("release").exit_code == 2


def test_release_says_what_to_do_next(tmp_path, roster):
    result = call("release", UNIT, "--roster", roster, "--to", "out [x]", "--secret", "my.secret")
    assert result.exit_code == 0, result.output
    assert (tmp_path / "out [x]" / "students" / "ana" / f"{UNIT}.ipynb").exists()
    said = " ".join(result.output.split())
    assert "Your secret is in my.secret" in said
    assert "whobuys grade 05_rfm 'out [x]/handed_in' --to graded --secret my.secret" in said
    secret = Secret.read(tmp_path / "my.secret")
    assert secret.text not in result.output

    again = call("release", UNIT, "--roster", roster, "--to", "out [x]", "--secret", "my.secret")
    assert again.exit_code == 0
    assert "Your secret is in" not in again.output
    other = call("release", UNIT, "--roster", roster, "--to", "out [x]")
    assert "holds another release" in stopped(other)
    loud = ("--feedback", "full", "--secret", "my.secret")
    assert "another release" in stopped(
        call("release", UNIT, "--roster", roster, "--to", "out [x]", *loud)
    )


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"unit": "05_rfn"}, "Did you mean '05_rfm'?"),
        ({"unit": "../x"}, "no exercise '../x'"),
        ({"--roster": "none.csv"}, "no roster at none.csv"),
        ({"--roster": "."}, "cannot be read"),
        ({"--feedback": "loud"}, "not 'loud'"),
        ({"--secret": "short"}, "at least 32"),
        ({"--secret": "."}, "cannot be read"),
        ({"--to": "short"}, "short"),
    ],
)
def test_a_release_that_cannot_be_made(tmp_path, roster, change, words):
    (tmp_path / "short").write_text("x")
    options = {"--roster": roster, "--to": "out"} | change
    unit = options.pop("unit", UNIT)
    flat = [part for pair in options.items() for part in pair]
    assert words in stopped(call("release", unit, *flat))
    assert not (tmp_path / "out" / "students").exists()


def test_a_bad_unit_leaves_no_secret_behind(tmp_path, roster):
    stopped(call("release", "nothing", "--roster", roster, "--to", "out"))
    assert not (tmp_path / "whobuys.secret").exists()


def test_a_bad_line_of_the_roster_is_named(tmp_path):
    (tmp_path / "[red].csv").write_text("student,name\nana,Ana\n[/x],B\n")
    message = stopped(call("release", UNIT, "--roster", "[red].csv", "--to", "out"))
    assert "[red].csv, line 3: '[/x]' cannot be a student id" in message


@pytest.fixture(scope="module")
def once(tmp_path_factory):
    to = tmp_path_factory.mktemp("once")
    own = Secret.read_or_make(to / "whobuys.secret")
    release(UNIT, [Student("ana", "Ana"), Student("bo", "[bold]Bo")], to / "out", own)
    return to


@pytest.fixture
def out(tmp_path, once):
    """Return a release whose secret lies where `whobuys grade` looks for it."""
    shutil.copytree(once, tmp_path, dirs_exist_ok=True)
    return tmp_path / "out"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"unit": "05_rfn"}, "05_rf"),
        ({"folder": "nowhere"}, "no release.json"),
        ({"folder": "out/nowhere"}, "no folder of hand-ins"),
        ({"--secret": "none"}, "--secret FILE"),
        ({"--secret": "other"}, "is not the one"),
        ({"--release": "none.json"}, "no release.json at none.json"),
        ({"--release": "other"}, "damaged"),
        ({"--to": "other"}, "other"),
    ],
)
def test_what_cannot_be_graded(tmp_path, out, change, words):
    (tmp_path / "other").write_text("f0" * 32)
    options = {"--to": "graded"} | change
    unit, folder = options.pop("unit", UNIT), options.pop("folder", "out/handed_in")
    flat = [part for pair in options.items() for part in pair]
    message = stopped(call("grade", unit, folder, *flat))
    assert words in message
    assert "f0" * 32 not in message


def test_a_gradebook_that_is_none(tmp_path, out):
    (tmp_path / "graded").mkdir()
    (tmp_path / "graded" / "gradebook.sqlite").write_text("text " * 500)
    assert "is not a gradebook" in stopped(call("grade", UNIT, "out/handed_in", "--to", "graded"))


def test_hand_ins_that_need_no_run(tmp_path, out):
    """An unreadable file, an unclaimed one with a hostile name, and one student without any."""
    (out / "handed_in" / "ana").mkdir()
    (out / "handed_in" / "ana" / "[bold]x.ipynb").write_text("not a notebook")
    (out / "handed_in" / "who\x1b[2J[").mkdir()
    (out / "handed_in" / "who\x1b[2J[" / "red].ipynb").write_text(json.dumps({"cells": []}))
    result = call("grade", UNIT, "out/handed_in", "--to", "graded")
    assert result.exit_code == 0, result.output
    said = " ".join(result.output.split())
    assert "\x1b[2J" not in result.output
    assert "Not graded:" in said
    assert "[/red].ipynb" in said
    states = pd.read_csv(tmp_path / "graded" / "marks.csv").set_index("student")["state"]
    assert states.to_dict() == {"ana": "could not be graded", "bo": "nothing handed in"}
    assert "could not" in said
    assert "nothing handed" in said
    assert "1 graded now, 0 unchanged" in said
    made = sorted(path.name for path in (tmp_path / "graded").iterdir())
    assert [name for name in made if name[0] != "."] == [
        "class_report.html",
        "gradebook.sqlite",
        "marks.csv",
        "reports",
    ]
    report = (tmp_path / "graded" / "reports" / "ana.html").read_text(encoding="utf-8")
    assert "cannot be read as JSON" in report
    assert "so nothing was run" in report
    assert "ran on your own data" not in report
    assert "Hand in your notebook again" in report
    assert "restart the kernel" not in report

    record = out / "release.json"
    record.write_text(record.read_text().replace('"name": "Ana"', '"name": "Ana <Lin>"'))
    again = call("grade", UNIT, "out/handed_in", "--to", "graded")
    assert "0 graded now, 1 unchanged" in " ".join(again.output.split())
    report = (tmp_path / "graded" / "reports" / "ana.html").read_text(encoding="utf-8")
    assert "Ana &lt;Lin&gt;" in report
    assert "restart the kernel" not in report


def test_who_left_the_roster_is_named_at_the_next_release(tmp_path, out, roster):
    result = call("release", UNIT, "--roster", roster, "--to", "out")
    assert result.exit_code == 0, result.output
    assert "(any more): bo." in " ".join(result.output.split())


# case --------------------------------------------------------------------------------------------


def test_case_writes_a_company_with_its_card(tmp_path):
    result = call("case", "littlehands", "--seed", 7, "--to", tmp_path / "c")
    assert result.exit_code == 0, result.output
    names = {path.name for path in (tmp_path / "c").iterdir()}
    assert {"customers.csv", "transactions.csv", "README.md", "datapackage.json"} <= names
    again = market("littlehands", 7)
    assert len(read_case("littlehands", tmp_path / "c")["customers"]) == len(again["customers"])


def test_case_writes_faults_and_their_ledger(tmp_path):
    ledger = tmp_path / "ledger.csv"
    result = call("case", "littlehands", "--to", tmp_path / "c", "--messy", "--ledger", ledger)
    assert result.exit_code == 0, result.output
    assert len(read_errata(ledger)) > 100
    assert "ledger.csv" not in {path.name for path in (tmp_path / "c").iterdir()}


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("case", "citybnk", "--to", "x"), "did you mean 'citybank'"),
        (("case", "citybank", "--to", "x", "--ledger", "y"), "give both"),
        (("case", "citybank", "--to", "x", "--messy", "--parquet"), "do not go together"),
    ],
)
def test_case_says_what_is_wrong(tmp_path, arguments, words):
    assert words in stopped(call(*arguments))
    assert list(tmp_path.iterdir()) == []


def test_help_waits_for_no_chart_and_no_database():
    code = "import sys, whobuys.cli.main; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"sqlalchemy", "matplotlib", "nbformat", "seaborn"} & set(done.stdout.split())
