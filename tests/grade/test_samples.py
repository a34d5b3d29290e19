"""The main job, whole: release, hand in, grade; every sample gets the mark it must get."""

from __future__ import annotations

import re
import shutil
import threading
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd
import pytest
import yaml

from tests.submissions import make
from whobuys._errors import InstructorError
from whobuys.cli.demo import LIMITS, SAMPLES, UNIT, differences, hand_in
from whobuys.grade import Gradebook, GradingResult, Release, Secret, grade_folder, read_roster
from whobuys.grade import grading as grading_module
from whobuys.grade import release as release_unit
from whobuys.sandbox.execute import Limits

pytestmark = pytest.mark.slow
EXPECTED = yaml.safe_load((SAMPLES / "expected.yml").read_text(encoding="utf-8"))


@dataclass
class Class:
    """A graded sample class."""

    folder: Path
    secret: Secret
    record: Release
    result: GradingResult

    def grade(self, folder: Path | None = None, limits: Limits = LIMITS) -> GradingResult:
        where = folder or self.folder / "out" / "handed_in"
        return grade_folder(UNIT, where, self.folder / "graded", self.secret, self.record, limits)

    def marks(self) -> pd.DataFrame:
        book = Gradebook(self.folder / "graded" / "gradebook.sqlite", must_exist=True)
        try:
            return book.marks(UNIT)
        finally:
            book.close()

    def report(self, student: str) -> str:
        return (self.folder / "graded" / "reports" / f"{student}.html").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> Class:
    folder = tmp_path_factory.mktemp("class")
    secret = Secret("the same cases on every run of the tests")
    record = release_unit(UNIT, read_roster(SAMPLES / "roster.csv"), folder / "out", secret)
    hand_in(record, folder / "out" / "handed_in")
    result = grade_folder(
        UNIT, folder / "out" / "handed_in", folder / "graded", secret, record, LIMITS
    )
    return Class(folder, secret, record, result)


def test_the_samples_are_made_from_the_exercise_as_it_is() -> None:
    stale = [
        path.name
        for path, text in make.contents().items()
        if (make.HERE / path).read_text(encoding="utf-8") != text
    ]
    assert not stale, "run: python -m tests.submissions.make"


@pytest.mark.parametrize("student", EXPECTED)
def test_each_sample_gets_its_mark(graded: Class, student: str) -> None:
    lines = differences(graded.folder / "graded" / "gradebook.sqlite")
    assert [line for line in lines if line.startswith(f"{student},")] == []


def test_the_words_fit_the_mistake(graded: Class) -> None:
    for student, words in {
        "bo": "You counted lines, not orders.",
        "cai": "145 days too many",
        "dana": "sgement",
        "fatou": "Your notebook leaves nothing in the variable <code>segments</code>",
        "ines": "cannot be read as JSON",
        "jun": "this cell took too long",
    }.items():
        assert words in graded.report(student), student


def test_a_second_run_changes_nothing(graded: Class) -> None:
    before, reports = graded.marks(), {s: graded.report(s) for s in EXPECTED}
    again = graded.grade()
    assert again.graded == ()
    assert set(again.unchanged) == set(EXPECTED)
    pd.testing.assert_frame_equal(before, graded.marks())
    assert reports == {s: graded.report(s) for s in EXPECTED}


def test_the_sheet_has_everybody_once(graded: Class) -> None:
    sheet = pd.read_csv(graded.folder / "graded" / "marks.csv")
    assert list(sheet["student"]) == [student.id for student in graded.record.students]
    assert sheet.set_index("student").loc["mia", "state"] == "nothing handed in"
    assert sheet.set_index("student").loc["ana", "total"] == 20


def test_the_class_report_names_no_student_and_counts_right(graded: Class) -> None:
    html = (graded.folder / "graded" / "class_report.html").read_text(encoding="utf-8")
    for student in graded.record.students:
        assert not re.search(rf"\b{student.id}\b", html)
        assert student.name not in html
    assert "Of 13 students: 11 graded" in html
    assert "You counted lines, not orders." not in html  # one student's; the form hides it
    assert html.count("<img") == 2
    assert 'alt=""' not in html


def test_only_what_changed_is_graded_again(graded: Class, tmp_path: Path) -> None:
    """A late improvement is graded; a taken-back file is forgotten; the rest stays."""
    shutil.copytree(graded.folder / "graded", tmp_path / "graded")
    own = replace(graded, folder=tmp_path)
    folder = tmp_path / "handed_in"
    hand_in(graded.record, folder)
    better = (folder / "ana" / f"{UNIT}.ipynb").read_text(encoding="utf-8")
    ticket = {s.id: s.ticket for s in graded.record.students}
    late = better.replace(ticket["ana"], ticket["emil"]).replace('"ana"', '"emil"')
    (folder / "emil" / f"{UNIT}.ipynb").write_text(late, encoding="utf-8")
    (folder / "lena" / f"{UNIT}.ipynb").unlink()
    result = own.grade(folder)
    assert result.graded == ("emil",)
    assert "lena" in result.missing
    assert result.gone == ("lena",)
    totals = result.sheet.set_index("student")["total"]
    assert totals["emil"] == 20
    assert totals["lena"] == 0
    assert totals["cai"] == 12
    (tmp_path / "empty").mkdir()
    with pytest.raises(InstructorError, match="Nothing was changed"):
        own.grade(tmp_path / "empty")
    assert set(own.grade(folder).unchanged) >= {"emil", "cai"}


def test_an_interrupted_run_loses_nothing(
    graded: Class, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, to = tmp_path / "handed_in", tmp_path / "graded"
    hand_in(graded.record, folder)
    for student in set(EXPECTED) - {"ana", "ines", "hugo"}:
        (folder / student / f"{UNIT}.ipynb").unlink()
    finished = threading.Event()

    def stop_after_one(student: str, done: int, of: int) -> None:
        finished.set()
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        grade_folder(UNIT, folder, to, graded.secret, graded.record, LIMITS, 1, stop_after_one)
    assert finished.is_set()
    result = grade_folder(UNIT, folder, to, graded.secret, graded.record, LIMITS)
    assert len(result.unchanged) == 1
    assert len(result.graded) == 2
    totals = result.sheet.set_index("student")["total"]
    assert (totals["ana"], totals["hugo"], totals["ines"]) == (20, 20, 0)


def test_a_failing_grader_costs_only_that_student(
    graded: Class, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "handed_in"
    hand_in(graded.record, folder)
    for student in set(EXPECTED) - {"ana", "ines", "hugo"}:
        (folder / student / f"{UNIT}.ipynb").unlink()
    judge = grading_module.judge_run

    def fail_for_ana(exercise, case, handin, run, template):
        if handin.student == "ana":
            raise RuntimeError("a mistake in the key")
        return judge(exercise, case, handin, run, template)

    monkeypatch.setattr(grading_module, "judge_run", fail_for_ana)
    result = grade_folder(UNIT, folder, tmp_path / "graded", graded.secret, graded.record, LIMITS)
    sheet = result.sheet.set_index("student")
    assert sheet.loc["hugo", "total"] == 20
    assert sheet.loc["ana", "state"] == "could not be graded"
    assert "a mistake in the key" in sheet.loc["ana", "notes"]


def test_a_report_that_cannot_be_made_costs_only_that_student(
    graded: Class, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "handed_in"
    hand_in(graded.record, folder)
    for student in set(EXPECTED) - {"ana", "ines"}:
        shutil.rmtree(folder / student, ignore_errors=True)
    (folder / "final version (2).ipynb").unlink()
    make_report = grading_module.graded_report

    def fail_with_cells(exercise, name, handin, run, verdicts, today):
        if handin.cells:
            raise RecursionError("too deep to show")
        return make_report(exercise, name, handin, run, verdicts, today)

    monkeypatch.setattr(grading_module, "graded_report", fail_with_cells)
    result = grade_folder(UNIT, folder, tmp_path / "graded", graded.secret, graded.record, LIMITS)
    assert "too deep to show" in result.sheet.set_index("student").loc["ana", "notes"]
    assert (tmp_path / "graded" / "reports" / "ana.html").exists()


def test_other_data_than_released_are_refused(graded: Class, tmp_path: Path) -> None:
    """Nobody is judged by data they did not get."""
    folder = tmp_path / "handed_in"
    hand_in(graded.record, folder)
    students = tuple(replace(student, data="0" * 64) for student in graded.record.students)
    record = replace(graded.record, students=students)
    with pytest.raises(InstructorError, match="come out differently now than at the release"):
        grade_folder(UNIT, folder, tmp_path / "graded", graded.secret, record, LIMITS, 1)


def test_five_cases_of_the_solution_get_full_marks(tmp_path: Path) -> None:
    """Through papermill, whatever company a student gets; test_solutions.py has more."""
    roster = tmp_path / "roster.csv"
    roster.write_text("student\n" + "\n".join(f"s{n:02}" for n in range(5)), encoding="utf-8")
    secret = Secret("five different tea houses, and one solution")
    record = release_unit(UNIT, read_roster(roster), tmp_path / "out", secret)
    solution = (make.ROOT / "solutions" / f"{UNIT}.ipynb").read_bytes()
    for student in record.students:
        folder = tmp_path / "handed_in" / student.id
        folder.mkdir(parents=True)
        (folder / "solution.ipynb").write_bytes(solution)
    cases = {
        (tmp_path / "out" / "students" / s.id / "data" / "transactions.csv").read_bytes()
        for s in record.students
    }
    assert len(cases) == 5
    result = grade_folder(UNIT, tmp_path / "handed_in", tmp_path / "graded", secret, record)
    assert list(result.sheet["total"]) == [20.0] * 5
    assert list(result.sheet["to_mark"]) == [20.0] * 5
