"""What the commands say when the machine, not a student, is at fault; and of a long run."""

from __future__ import annotations

import errno
import io
import json
from contextlib import closing
from pathlib import Path

import pandas as pd
import pytest
from rich.console import Console
from typer.testing import CliRunner

from whobuys.cli import _terminal
from whobuys.cli.main import app
from whobuys.desk.export import marks_out
from whobuys.grade import Gradebook, grading
from whobuys.sandbox import runner
from whobuys.sandbox.execute import Ran

UNIT = "05_rfm"
TERM = f"""\
name: Term
roster: roster.csv
time_zone: UTC
units:
  {UNIT}: {{due: 2020-01-01 18:00, release: 2019-01-01 09:00}}
  again: {{exercise: {UNIT}, due: 2020-01-01 18:00, release: 2019-01-01 09:00}}
groups:
  all: {{weight: 100, units: [{UNIT}, again]}}
"""


class Losing:
    """Loses every run of bo; gives every other notebook back empty."""

    slots = 1

    def __init__(self, kernel):
        pass

    def run(self, name, order, stop):
        said = " (the runner ended with code -9: no message)"
        return Ran(said=said, lost=True) if name == "bo" else Ran({"cells": []})

    def close(self):
        pass


@pytest.fixture
def call(tmp_path, monkeypatch):
    """Return a function that runs a command in a folder of its own, where runs of bo are lost."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setattr(runner, "ThisMachine", Losing)
    Path("roster.csv").write_text("student,name\nana,Ana\nbo,Bo\n")
    return lambda *given: CliRunner().invoke(app, [str(one) for one in given])


def hand_in(released: Path) -> None:
    for student in ("ana", "bo"):
        exercise = released / "students" / student / f"{UNIT}.ipynb"
        (released / "handed_in" / student).mkdir(parents=True)
        (released / "handed_in" / student / "x.ipynb").write_bytes(exercise.read_bytes())


def test_who_was_lost_is_named_at_the_end(call):
    assert call("release", UNIT, "--roster", "roster.csv", "--to", "out").exit_code == 0
    hand_in(Path("out"))
    given = ("grade", UNIT, "out/handed_in", "--to", "graded", "--i-trust-these-notebooks")
    for others in ("1 graded now, 0 unchanged", "0 graded now, 1 unchanged"):
        result = call(*given)
        assert result.exit_code == 1
        assert others in " ".join(result.output.split())
        said = result.stderr.strip()
        assert said.startswith("Stopped: Not graded, for the computer lost the run: bo.")
        assert "\n" not in said
        assert "Run the same command again" in said
    states = pd.read_csv("graded/marks.csv").set_index("student")["state"]
    assert states.to_dict() == {"ana": "graded", "bo": "not graded yet"}
    with closing(Gradebook(Path("graded/gradebook.sqlite"))) as book:
        out = marks_out(book, UNIT).set_index("student")
    assert out.loc["bo", "state"] == "not graded yet"
    assert pd.isna(out.loc["bo", "mark"])


def test_in_a_course_the_other_units_are_graded_and_nothing_counts_as_nought(call):
    Path("course.yml").write_text(TERM)
    assert call("course", "release").exit_code == 0
    hand_in(Path("released") / UNIT)
    hand_in(Path("released") / "again")
    result = call("course", "grade", "--i-trust-these-notebooks")
    assert result.exit_code == 1
    said = result.stderr.strip()
    assert "0 of 2 units are done." in said
    assert said.count("the computer lost the run: bo.") == 2
    for unit in (UNIT, "again"):
        assert f"{unit}: 1 graded, 0 unchanged." in result.output
    assert call("course", "marks").exit_code == 0
    rows = pd.read_csv("graded/unit_marks.csv").set_index(["student", "unit"])
    assert rows.loc[("bo", UNIT), "state"] == "not graded yet"
    assert pd.isna(rows.loc[("bo", UNIT), "percent"])
    assert rows.loc[("ana", UNIT), "state"] == "graded"


def test_in_a_course_a_full_disk_is_told_once(call, monkeypatch):
    def full(path, text):
        raise OSError(errno.ENOSPC, "No space left on device")

    Path("course.yml").write_text(TERM)
    assert call("course", "release").exit_code == 0
    hand_in(Path("released") / UNIT)
    hand_in(Path("released") / "again")
    monkeypatch.setattr(grading, "write_text", full)
    result = call("course", "grade", "--i-trust-these-notebooks")
    assert result.exit_code == 1
    said = result.stderr.strip()
    assert "0 of 2 units are done." in said
    assert said.count("No space left on device (the output folder") == 1
    assert "again: stopped." not in result.output


# how far it is -----------------------------------------------------------------------------------


@pytest.fixture
def lines(monkeypatch):
    """Return what is written into a file, for a class and the seconds each hand-in takes."""

    def write(of: int, seconds: float) -> list[str]:
        now, file = [1000.0], io.StringIO()
        monkeypatch.setattr(_terminal, "console", Console(file=file, width=80))
        monkeypatch.setattr(_terminal.time, "monotonic", lambda: now[0])
        with _terminal._progress() as tell:
            for done in range(1, of + 1):
                now[0] += seconds
                tell(f"s{done}", done, of)
        return file.getvalue().splitlines()

    return write


def test_into_a_file_a_line_is_written_at_every_tenth(lines):
    said = lines(300, 1)
    assert len(said) == 10
    assert said[0] == "Graded 30 of 300, about 4 minutes left"
    assert said[8] == "Graded 270 of 300, about a minute or less left"
    assert said[9] == "Graded 300 of 300"


def test_a_slow_class_is_heard_of_twice_a_minute(lines):
    said = lines(300, 10)
    assert said[0] == "Graded 3 of 300, about 50 minutes left"
    assert 100 <= len(said) <= 110


def test_a_terminal_has_a_bar(monkeypatch):
    file = io.StringIO()
    monkeypatch.setattr(_terminal, "console", Console(file=file, force_terminal=True, width=80))
    with _terminal._progress() as tell:
        tell("ana", 1, 1)
    assert "Grading" in file.getvalue()
    assert "Graded" not in file.getvalue()


def test_a_damaged_gradebook_is_one_message(call):
    assert call("release", UNIT, "--roster", "roster.csv", "--to", "out").exit_code == 0
    hand_in(Path("out"))
    given = ("grade", UNIT, "out/handed_in", "--to", "graded", "--i-trust-these-notebooks")
    call(*given)
    path = Path("graded/gradebook.sqlite")
    raw = path.read_bytes()
    path.write_bytes(raw[:4096] + b"\xa5" * (len(raw) - 4096))
    result = call(*given)
    assert result.exit_code == 1
    assert isinstance(result.exception, SystemExit)
    said = result.stderr.strip()
    assert said.startswith("Stopped: graded/gradebook.sqlite is damaged")
    assert "\n" not in said
    assert json.dumps(said).count("sqlalche") == 0
