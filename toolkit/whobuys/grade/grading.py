"""From a folder of hand-ins to marks and reports."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import os
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd

import whobuys
from whobuys.course import Exercise, Judge, Verdict, load_key, unit_folder
from whobuys.course._answers import BLANK, Answer
from whobuys.course._judge import verdict
from whobuys.course._units import CHECKOUT
from whobuys.grade._errors import InstructorError
from whobuys.grade._files import write_text
from whobuys.grade._handins import HandIn, open_answer, read_folder
from whobuys.grade._run import Limits, RunResult, run_handin
from whobuys.grade._secret import Secret
from whobuys.grade.class_report import write_class_report
from whobuys.grade.gradebook import Gradebook
from whobuys.grade.release import Release, case_of, check_data
from whobuys.grade.report import graded_report
from whobuys.market import Case

GRADEBOOK = "gradebook.sqlite"
MARKS = "marks.csv"
REPORTS = "reports"
CLASS_REPORT = "class_report.html"


@dataclass(frozen=True)
class GradingResult:
    """What a grading run did.

    Attributes
    ----------
    graded, unchanged : tuple of str
        Students graded now, and students whose hand-in has not changed since.
    missing : tuple of str
        Students without a hand-in.
    unclaimed : tuple of str
        Files that belong to nobody on the roster.
    sheet : pandas.DataFrame
        The mark sheet, see `Gradebook.sheet`.
    to : Path
        The folder with the mark sheet, reports and gradebook.
    """

    graded: tuple[str, ...]
    unchanged: tuple[str, ...]
    missing: tuple[str, ...]
    unclaimed: tuple[str, ...]
    sheet: pd.DataFrame
    to: Path


def grade_folder(
    unit: str,
    folder: Path,
    to: Path,
    secret: Secret,
    record: Release,
    limits: Limits | None = None,
    jobs: int | None = None,
    tell: Callable[[str, int, int], None] = lambda student, done, of: None,
) -> GradingResult:
    """Grade every hand-in in a folder.

    What has not changed since the last run is left alone. Each hand-in is stored as soon as it is
    graded, so an interrupted run loses nothing: run it again.

    Parameters
    ----------
    unit : str
        Such as "05_rfm".
    folder : Path
        The hand-ins.
    to : Path
        Gets `gradebook.sqlite`, `marks.csv`, `reports/ID.html` and `class_report.html`.
    secret : Secret
        The one the exercise was released with.
    record : Release
        From `release.json`.
    limits : Limits, optional
        Time limits of a hand-in.
    jobs : int, optional
        How many run at once; all cores by default.
    tell : callable
        Called with (student, done, of) after each hand-in.

    Returns
    -------
    GradingResult

    Raises
    ------
    InstructorError
        If secret, record or folder do not fit together.
    """
    if record.unit != unit:
        raise InstructorError(f"That release is of {record.unit}, not of {unit}.")
    if record.secret != secret.fingerprint:
        raise InstructorError(
            f"This secret ({secret.fingerprint}) is not the one {unit} was released with "
            f"({record.secret}). With another one every student would be judged by wrong data."
        )
    desk = _Desk(unit, to, secret, record, limits or Limits())
    try:
        found = read_folder(folder, record, desk.template)
        desk.gradebook.forget(unit, [s.id for s in record.students if s.id not in found.handins])
        prints = desk.gradebook.fingerprints(unit)
        todo = [
            handin
            for student, handin in found.handins.items()
            if prints.get(student) != desk.fingerprint(handin)
            or not desk.report_path(student).exists()
        ]
        _grade_all(desk, todo, jobs or os.cpu_count() or 1, tell)
        sheet = desk.gradebook.sheet(unit)
        write_text(to / MARKS, sheet.to_csv(index=False, lineterminator="\n"))
        write_class_report(desk.gradebook.where, unit, to / CLASS_REPORT)
    finally:
        desk.gradebook.close()
    graded = {handin.student for handin in todo}
    return GradingResult(
        tuple(sorted(graded)),
        tuple(sorted(set(found.handins) - graded)),
        tuple(s.id for s in record.students if s.id not in found.handins),
        found.unclaimed,
        sheet,
        to,
    )


class _Desk:
    """Everything one grading run needs; nothing of it goes to a hand-in's process."""

    def __init__(
        self, unit: str, to: Path, secret: Secret, record: Release, limits: Limits
    ) -> None:
        key = unit_folder(unit) / "key.py"
        template = CHECKOUT / "exercises" / f"{unit}.ipynb"
        self.unit, self.to, self.secret, self.limits = unit, to, secret, limits
        self.exercise: Exercise = load_key(key)
        self.template: dict[str, Any] = json.loads(template.read_text(encoding="utf-8"))
        self.students = {student.id: student for student in record.students}
        self.gradebook = Gradebook(to / GRADEBOOK)
        self.gradebook.enrol([(student.id, student.name) for student in record.students])
        self.gradebook.set_questions(self.exercise)
        self._basis = (
            whobuys.__version__,
            hashlib.sha256(key.read_bytes() + template.read_bytes()).hexdigest(),
            secret.fingerprint,
            repr(limits),
        )

    def fingerprint(self, handin: HandIn) -> str:
        attempt = self.students[handin.student].attempt
        parts = (*self._basis, str(attempt), handin.digest, handin.path.name, *handin.notes)
        return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()

    def report_path(self, student: str) -> Path:
        return self.to / REPORTS / f"{student}.html"

    def case(self, student: str) -> Case:
        return case_of(self.exercise, self.secret, student, self.students[student].attempt)


def _grade_all(
    desk: _Desk, todo: Sequence[HandIn], jobs: int, tell: Callable[[str, int, int], None]
) -> None:
    """Run hand-ins side by side; judge and store each as it comes back."""
    waiting = list(reversed(todo))
    running: dict[Future[tuple[Case, RunResult]], HandIn] = {}
    done, stop = 0, threading.Event()
    with ThreadPoolExecutor(jobs) as pool:
        try:
            while waiting or running:
                while waiting and len(running) < jobs:
                    handin = waiting.pop()
                    running[pool.submit(_run, desk, handin, stop)] = handin
                finished, _ = wait(running, return_when=FIRST_COMPLETED)
                for future in finished:
                    handin = running.pop(future)
                    _judge_and_store(desk, handin, future)
                    done += 1
                    tell(handin.student, done, len(todo))
        finally:
            stop.set()


def _run(desk: _Desk, handin: HandIn, stop: threading.Event) -> tuple[Case, RunResult]:
    case = desk.case(handin.student)
    if handin.problem:
        return case, RunResult()
    check_data(case, desk.students[handin.student])
    return case, run_handin(handin.cells, desk.exercise, case, desk.limits, stop)


def _judge_and_store(desk: _Desk, handin: HandIn, future: Future[tuple[Case, RunResult]]) -> None:
    """Judge one run. Whatever goes wrong with it is this student's, and does not end the batch."""
    name = desk.students[handin.student].name
    today = f"{dt.date.today():%d %B %Y}"
    try:
        case, run = future.result()
        verdicts = judge_run(desk.exercise, case, handin, run, desk.template)
        report = graded_report(desk.exercise, name, handin, run, verdicts, today)
    except InstructorError:
        raise
    except Exception as error:
        run = RunResult(
            problem="The grader could not judge this notebook. Your instructor was told."
        )
        verdicts = [verdict(q, "could_not_run") for q in desk.exercise.questions.values()]
        note = f"The grader itself failed here: {type(error).__name__}: {error}"
        handin = replace(handin, cells=(), notes=(*handin.notes, note))
        report = graded_report(desk.exercise, name, handin, run, verdicts, today)
    path = desk.report_path(handin.student)
    write_text(path, report)
    desk.gradebook.store(
        desk.unit,
        handin.student,
        verdicts,
        file=handin.path.name,
        digest=handin.digest,
        fingerprint=desk.fingerprint(handin),
        report=str(path.relative_to(desk.to)),
        problem=handin.problem or run.problem,
        notes=handin.notes,
        seconds=round(run.seconds, 2),
    )


def judge_run(
    exercise: Exercise, case: Case, handin: HandIn, run: RunResult, template: dict[str, Any]
) -> list[Verdict]:
    """Judge what a run left, question by question.

    Parameters
    ----------
    exercise : Exercise
        With the key.
    case : Case
        The student's case.
    handin : HandIn
        For the open answers, which are text and never run.
    run : RunResult
        Answers and failures.
    template : dict
        The released notebook.

    Returns
    -------
    list of Verdict
        In the order of the exercise.
    """
    judge = Judge(exercise, case)
    verdicts = []
    for question in exercise.questions.values():
        if question.open:
            written = open_answer(handin.cells, question.id, template)
            answer = Answer("text", written, "a text") if written else BLANK
            verdicts.append(judge.judge(question.id, answer))
            continue
        answer = run.answers.get(question.id, BLANK)
        if answer.started:
            verdicts.append(judge.judge(question.id, answer, run.answers))
            continue
        failed = [
            run.failures[c.id]
            for c in handin.cells
            if c.role == question.id and c.id in run.failures
        ]
        if failed:
            words = [f"The cell of this question did not get to its end. {failed[-1]}"]
            verdicts.append(verdict(question, "could_not_run", details=words))
        elif handin.problem or run.problem:
            verdicts.append(verdict(question, "could_not_run"))
        else:
            left = f"Your notebook leaves nothing in the variable `{question.name}`."
            verdicts.append(verdict(question, "not_started", details=[left]))
    return verdicts
