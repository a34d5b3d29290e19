"""From a folder of hand-ins to marks and reports."""

from __future__ import annotations

import datetime as dt
import errno
import hashlib
import json
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd

import whobuys
from whobuys._errors import InstructorError, MachineError
from whobuys.course import Exercise, Judge, Verdict, load_key, unit_folder
from whobuys.course._answers import BLANK, Answer, decode, encode
from whobuys.course._judge import verdict
from whobuys.course._units import CHECKOUT
from whobuys.grade._handins import HandIn, open_answer, read_folder
from whobuys.grade._run import LOST, RunResult, run_with
from whobuys.grade._secret import Secret
from whobuys.grade._work import work_of
from whobuys.grade.gradebook import Gradebook
from whobuys.grade.release import Release, case_of
from whobuys.grade.report import graded_report, has_places, with_people
from whobuys.market import Case
from whobuys.pages.files import write_text
from whobuys.sandbox.execute import Limits
from whobuys.sandbox.runner import Runner, open_runner

GRADEBOOK = "gradebook.sqlite"
MARKS = "marks.csv"
REPORTS = "reports"
CLASS_REPORT = "class_report.html"
AHEAD = 2  # hand-ins that wait for a free place, so that none is idle while one is judged
MOST_STOPPED = 3
TAKEN = (errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.EAGAIN)
FULL = (errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC), errno.EROFS, errno.EIO)
IN_THE_WAY = (errno.EEXIST, errno.ENOTDIR, errno.EISDIR)
MACHINE = (*TAKEN, *FULL)


def gradebook_in(folder: Path) -> Path:
    """Return the gradebook of a folder of graded work.

    The units of a course share the one beside their folders.
    """
    own, of_course = folder / GRADEBOOK, folder.parent / GRADEBOOK
    shared = not own.exists() and of_course.exists() and (folder / REPORTS).is_dir()
    return of_course if shared else own


@dataclass(frozen=True)
class GradingResult:
    """What a grading run did.

    Attributes
    ----------
    graded, unchanged : tuple of str
        Students graded now, and students whose hand-in has not changed since.
    missing : tuple of str
        Students without a hand-in.
    gone : tuple of str
        Those of them who had one before; its marks and its report are gone with it.
    lost : tuple of str
        Those of `graded` who are not: the computer lost the run. The next run tries them again.
    unclaimed : tuple of str
        Notebooks that belong to nobody on the roster, and archives and the like where a notebook of
        the student is missing.
    sheet : pandas.DataFrame
        The mark sheet, see `Gradebook.sheet`.
    to : Path
        The folder with the mark sheet and the reports.
    gradebook : str
        Where the gradebook is: a file or an address.
    """

    graded: tuple[str, ...]
    unchanged: tuple[str, ...]
    missing: tuple[str, ...]
    gone: tuple[str, ...]
    unclaimed: tuple[str, ...]
    sheet: pd.DataFrame
    to: Path
    lost: tuple[str, ...] = ()
    gradebook: str = ""


def grade_folder(
    unit: str,
    folder: Path,
    to: Path,
    secret: Secret,
    record: Release,
    limits: Limits | None = None,
    jobs: int | None = None,
    tell: Callable[[str, int, int], None] = lambda student, done, of: None,
    kernel: str = "warm",
    trust: bool = False,
    scheduler: str | None = None,
    gradebook: Path | str | None = None,
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
    kernel : str
        How kernels come up: "warm", forked from a process that has imported the libraries (Linux);
        "fast", the same without ZeroMQ; "cold", each started anew. The marks are the same.
    trust : bool
        Whether to run hand-ins even where nothing can confine them. Each report then says so.
    scheduler : str, optional
        Address of a Dask scheduler: its workers run the hand-ins, and this machine judges.
    gradebook : Path or str, optional
        Another file, or the URL of a PostgreSQL database.

    Returns
    -------
    GradingResult

    Raises
    ------
    InstructorError
        If secret, record or folder do not fit together; if hand-ins cannot be confined on this
        system and are not trusted; if the computer runs out of disk, memory or open files.
    """
    from whobuys.grade.class_report import refresh_class_report  # charts: not for who only asks

    record.must_be_of(unit)
    record.must_fit(secret)
    desk = _Desk(unit, to, secret, record, limits or Limits(), gradebook or to / GRADEBOOK)
    lost: list[str] = []
    try:
        found = read_folder(folder, record, desk.template)
        prints = desk.gradebook.fingerprints(unit)
        missing = tuple(s.id for s in record.students if s.id not in found.handins)
        gone = tuple(student for student in missing if student in prints)
        if gone and not found.handins:
            raise InstructorError(
                f"There is no hand-in of {unit} in {folder}, but the gradebook holds {len(gone)} "
                "graded before. Nothing was changed. Is it the right folder?"
            )
        with _machine(to):  # before the marks go: a run cut off here comes by again
            for student in gone:
                desk.remove_report(student)
        desk.gradebook.forget(unit, missing)
        desk.keep_answers(found.handins)
        todo = [
            handin
            for student, handin in found.handins.items()
            if prints.get(student) != desk.fingerprint(handin) or not desk.has_report(student)
        ]
        if todo:
            hidden = [unit_folder(unit), CHECKOUT / "solutions", folder, to]
            hidden += [secret.place] if secret.place else []
            hidden += [] if "://" in desk.gradebook.where else [Path(desk.gradebook.where)]
            with _machine(), open_runner(kernel, trust, scheduler, hidden) as runner:
                lost = _grade_all(desk, todo, runner, jobs or runner.slots, tell)
        desk.gradebook.fill_times(unit, _times(found.handins))
        with _machine(to):
            _put_people_in(desk, found.handins)
            sheet = desk.gradebook.sheet(unit)
            write_text(to / MARKS, sheet.to_csv(index=False, lineterminator="\n"))
            refresh_class_report(desk.gradebook.where, unit, to / CLASS_REPORT)
    finally:
        desk.gradebook.close()
    graded = {handin.student for handin in todo}
    return GradingResult(
        tuple(sorted(graded)),
        tuple(sorted(set(found.handins) - graded)),
        missing,
        gone,
        found.unclaimed,
        sheet,
        to,
        tuple(sorted(lost)),
        desk.gradebook.where,
    )


@contextmanager
def _machine(to: Path | None = None) -> Iterator[None]:
    """Say what the computer has run out of, where, and the mend.

    Where `to` is written every error is the computer's; elsewhere only some are.
    """
    try:
        yield
    except OSError as error:
        if to is None and not _is_the_machines(error):
            raise
        place, other = f" (the output folder, {to})", "give another output folder"
        if to is None:
            place = f" (most likely the temporary folder, {tempfile.gettempdir()})"
            other = "name another one (TMPDIR=FOLDER before the command)"
        mend = f"Make room there, see that it can be written, or {other}."
        if error.errno in TAKEN:
            place = ""
            mend = "Close other programs, or grade fewer hand-ins at once (--jobs 1)."
        elif error.errno in IN_THE_WAY:
            mend = f"Something else stands at {error.filename}: move it away, or {other}."
        raise MachineError(
            f"The computer stopped the grading, not a hand-in: {error.strerror or error}{place}. "
            f"{mend} What is graded is stored; run the same command again to go on."
        ) from error


def _is_the_machines(error: Exception) -> bool:
    """Tell whether the computer has run out of something, which no hand-in causes in the grader."""
    return isinstance(error, OSError) and error.errno in MACHINE


class _Desk:
    """Everything one grading run needs; nothing of it goes to a hand-in's process."""

    def __init__(
        self,
        unit: str,
        to: Path,
        secret: Secret,
        record: Release,
        limits: Limits,
        gradebook: Path | str,
    ) -> None:
        key = unit_folder(unit) / "key.py"
        template = CHECKOUT / "exercises" / f"{unit}.ipynb"
        self.unit, self.to, self.secret, self.limits = unit, to, secret, limits
        self.exercise: Exercise = load_key(key)
        self.template: dict[str, Any] = json.loads(template.read_text(encoding="utf-8"))
        self.students = {student.id: student for student in record.students}
        self.gradebook = Gradebook(gradebook)
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

    def keep_answers(self, handins: Mapping[str, HandIn]) -> None:
        """Keep what is written for the open questions, for people to mark."""
        asked = [q.id for q in self.exercise.questions.values() if q.open]
        self.gradebook.keep_answers(
            self.unit,
            {
                student: {id: open_answer(handin.cells, id, self.template) for id in asked}
                for student, handin in handins.items()
            },
        )
        marks = self.gradebook.people(self.unit).marks.items()
        self.marked = {student for (student, _), mark in marks if mark.points is not None}

    def is_graded(self, handin: HandIn) -> bool:
        """Tell whether the gradebook holds marks for this hand-in as it is."""
        return self.gradebook.fingerprints(self.unit).get(handin.student) == self.fingerprint(
            handin
        )

    def has_report(self, student: str) -> bool:
        """Tell whether there is a report, and one that can show what people say."""
        path = self.report_path(student)
        if not path.exists():
            return False
        return student not in self.marked or has_places(path.read_text(encoding="utf-8"))

    def report_path(self, student: str) -> Path:
        return self.to / REPORTS / f"{student}.html"

    def remove_report(self, student: str) -> None:
        page = self.report_path(student)
        for path in (page, page.with_suffix(".pdf")):
            path.unlink(missing_ok=True)

    def case(self, student: str) -> Case:
        return case_of(self.exercise, self.secret, student, self.students[student].attempt)


def _times(handins: Mapping[str, HandIn]) -> dict[str, dt.datetime]:
    """Return when each file was last changed; a time that cannot be is none."""
    soon = dt.datetime.now(dt.UTC) + dt.timedelta(days=1)
    found = {}
    for student, handin in handins.items():
        with suppress(ValueError, OverflowError, OSError):
            time = dt.datetime.fromtimestamp(handin.changed_ns / 1e9, dt.UTC)
            if handin.changed_ns > 0 and time < soon:
                found[student] = time
    return found


def _put_people_in(desk: _Desk, handins: Mapping[str, HandIn]) -> None:
    """Write those reports anew in which people say something else than at the last time.

    And those of students who are called something else.
    """
    people = desk.gradebook.people(desk.unit)
    verdicts: dict[str, dict[str, Verdict]] = {}
    for row in desk.gradebook.marks(desk.unit).to_dict("records"):
        question = desk.exercise.questions.get(row["question"])
        if question is not None:
            made = verdict(question, row["status"], row["credit"], row["words"], row["mistake"])
            verdicts.setdefault(row["student"], {})[question.id] = made
    for student, handin in handins.items():
        own = [verdicts.get(student, {}).get(id) for id in desk.exercise.questions]
        given = [one for one in own if one is not None]
        path = desk.report_path(student)
        if not path.exists():  # its run was lost
            continue
        before = path.read_text(encoding="utf-8")
        name = desk.students[student].name
        after = with_people(before, desk.exercise, given, people, handin, name)
        if after != before:
            write_text(path, after)


def _grade_all(
    desk: _Desk,
    todo: Sequence[HandIn],
    runner: Runner,
    jobs: int,
    tell: Callable[[str, int, int], None],
) -> list[str]:
    """Run hand-ins side by side; judge and store each as it comes back; return who was lost."""
    waiting = list(reversed(todo))
    running: dict[Future[tuple[Case, RunResult]], HandIn] = {}
    lost = []
    done, stop = 0, threading.Event()
    with ThreadPoolExecutor(jobs) as pool:
        try:
            while waiting or running:
                while waiting and len(running) < jobs + AHEAD:
                    handin = waiting.pop()
                    running[pool.submit(_run, desk, handin, runner, stop)] = handin
                finished, _ = wait(running, return_when=FIRST_COMPLETED)
                for future in finished:
                    handin = running.pop(future)
                    if _judge_and_store(desk, handin, future).lost:
                        lost.append(handin.student)
                    done += 1
                    with suppress(OSError):  # a line that cannot be written stops nothing
                        tell(handin.student, done, len(todo))
        finally:
            stop.set()
            pool.shutdown(wait=False, cancel_futures=True)
    return lost


def _run(
    desk: _Desk, handin: HandIn, runner: Runner, stop: threading.Event
) -> tuple[Case, RunResult]:
    case = desk.case(handin.student)
    if handin.problem:
        return case, RunResult()
    student = desk.students[handin.student]
    try:
        return case, run_with(runner, handin, desk.exercise, case, student, desk.limits, stop)
    except (OSError, MemoryError, RuntimeError) as error:  # here no hand-in can cause one
        if _is_the_machines(error):
            raise
        said = f" ({error or type(error).__name__})"
        return case, RunResult(problem=LOST.format(said=said), lost=True)


def _judge_and_store(
    desk: _Desk, handin: HandIn, future: Future[tuple[Case, RunResult]]
) -> RunResult:
    """Judge one run. What goes wrong with it is this student's, and does not end the batch.

    But for what the computer runs out of: that is nobody's, ends the batch, and is not stored. A
    run it has lost gives no mark, and takes none that is there for the same file.
    """
    name = desk.students[handin.student].name
    today = f"{dt.date.today():%d %B %Y}"
    try:
        case, run = future.result()
        if run.lost:
            if desk.is_graded(handin):
                return run
            note = "Not graded: the computer lost the run. Run the same command again."
            handin = replace(handin, notes=(*handin.notes, note))
            run, verdicts = replace(run, cells=[]), []
        else:
            verdicts = judge_run(desk.exercise, case, handin, run, desk.template)
        report = graded_report(desk.exercise, name, handin, run, verdicts, today)
        work = work_of(desk.exercise, handin.cells, run.cells, desk.template)
    except InstructorError:
        raise
    except Exception as error:
        if _is_the_machines(error):
            raise
        run = RunResult(
            problem="The grader could not judge this notebook. Your instructor was told."
        )
        verdicts = [verdict(q, "could_not_run") for q in desk.exercise.questions.values()]
        note = f"The grader itself failed here: {type(error).__name__}: {error}"
        handin, work = replace(handin, cells=(), notes=(*handin.notes, note)), {}
        report = graded_report(desk.exercise, name, handin, run, verdicts, today)
    path = desk.report_path(handin.student)
    with _machine(desk.to):
        write_text(path, report)
    desk.gradebook.store(
        desk.unit,
        handin.student,
        verdicts,
        file=handin.path.name,
        digest=handin.digest,
        fingerprint="" if run.lost else desk.fingerprint(handin),  # without one: graded again
        report=str(path.relative_to(desk.to)),
        problem=handin.problem or run.problem,
        notes=handin.notes,
        seconds=round(run.seconds, 2),
        confined=run.confined,
        handed_in=_times({handin.student: handin}).get(handin.student),
        work=work,
    )
    return run


def _of_page(report: str, answer: Answer, run: RunResult, template: dict[str, Any]) -> Answer:
    """Read a report from the page that was run; what the variable says counts for nothing.

    A report without a word of one's own, and with nothing in the variable, is not started.
    """
    from whobuys.report import outline_of  # draws charts: not for those who grade other units

    outline = outline_of(run.cells, report, template["cells"])
    if not answer.started and not outline["own_words"].any():
        return BLANK
    return decode(encode(outline))


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
        if question.compare.of_page:
            answer = _of_page(question.compare.of_page, answer, run, template)
        if answer.started:
            made = judge.judge(question.id, answer, run.answers)
            if question.compare.of_page and made.status != "passed":
                stopped = tuple(f"A cell stopped: {said}" for said in run.failures.values())
                made = replace(made, details=(*made.details, *stopped[:MOST_STOPPED]))
            verdicts.append(made)
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
