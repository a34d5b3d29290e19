"""Cases drawn again, and hand-ins run again, to hold answers against other students' cases."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import suppress
from functools import cache

from joblib import Parallel, cpu_count, delayed  # type: ignore[import-untyped]
from sqlalchemy import select

from whobuys.course import Exercise, Judge, load_key, unit_folder
from whobuys.course._answers import BLANK
from whobuys.desk._similar_answers import FEWEST, Form, form_of, right_forms
from whobuys.grade._handins import HandIn
from whobuys.grade._run import run_with
from whobuys.grade._secret import Secret
from whobuys.grade._tables import HandInRow
from whobuys.grade.gradebook import Gradebook
from whobuys.grade.release import Released, case_of
from whobuys.market import NoTruthError
from whobuys.sandbox.execute import Limits
from whobuys.sandbox.runner import Runner, open_runner

FEWEST_CASES = 100
"""In a small class further cases are drawn, so that chance can be told."""
UNEXPLAINED = ("partly", "try_again")
Tell = Callable[[str, int, int], None]


def to_look_at(
    book: Gradebook, unit: str, handins: Mapping[str, HandIn]
) -> tuple[dict[str, list[str]], list[str]]:
    """Find who has two or more wrong answers without a known reason.

    Returns
    -------
    wrong : dict of str to list of str
        Student to questions.
    changed : list of str
        Students whose hand-in is not the one that was graded.
    """
    with book.session() as session:
        rows = session.scalars(select(HandInRow).filter_by(unit=unit))
        graded = {row.student_id: row.digest for row in rows}
    changed = [s for s, handin in handins.items() if graded.get(s) != handin.digest]
    wrong: dict[str, list[str]] = {}
    for row in book.marks(unit).to_dict("records"):
        known = isinstance(row["mistake"], str)
        if row["status"] in UNEXPLAINED and not known and row["student"] in handins:
            wrong.setdefault(row["student"], []).append(row["question"])
    looked = {s: own for s, own in wrong.items() if len(own) >= FEWEST and s not in changed}
    return looked, changed


def draw_right(
    unit: str,
    secret: Secret,
    students: Sequence[Released],
    jobs: int | None = None,
    tell: Tell = lambda step, done, of: None,
) -> tuple[dict[str, dict[str, Form]], list[dict[str, Form]]]:
    """Compute the right answers of every student's case, on all cores; nothing is written.

    Returns
    -------
    right : dict of str to dict
        Student to question to right answer.
    more : list of dict
        The same for cases that nobody has, where the class has fewer than 100.
    """
    extra = [f"\x1f{number}" for number in range(FEWEST_CASES - len(students))]
    who = [(one.id, one.attempt) for one in students] + [(name, 0) for name in extra]
    work = Parallel(n_jobs=jobs or cpu_count(), return_as="generator")
    drawn = []
    for done, forms in enumerate(
        work(delayed(_draw)(unit, secret.text, id, attempt) for id, attempt in who), start=1
    ):
        drawn.append(forms)
        tell("Drawing cases", done, len(who))
    right = {one.id: forms for one, forms in zip(students, drawn, strict=False)}
    return right, drawn[len(students) :]


def _draw(unit: str, secret: str, student: str, attempt: int) -> dict[str, Form]:
    exercise = _exercise(unit)
    judge = Judge(exercise, case_of(exercise, Secret(secret), student, attempt))
    right = {}
    for question in exercise.questions.values():
        if question.open or question.answer is None:
            continue
        try:
            right[question.id] = judge.right(question.id)
        except NoTruthError:
            continue
    return right_forms(exercise.questions, right)


@cache
def _exercise(unit: str) -> Exercise:
    return load_key(unit_folder(unit) / "key.py")


def answers_again(
    exercise: Exercise,
    secret: Secret,
    students: Mapping[str, Released],
    handins: Sequence[HandIn],
    wrong: Mapping[str, Sequence[str]],
    limits: Limits,
    jobs: int | None = None,
    kernel: str = "warm",
    trust: bool = False,
    tell: Tell = lambda step, done, of: None,
) -> tuple[dict[str, dict[str, Form]], list[str]]:
    """Run hand-ins again, confined as in grading, and return their wrong answers.

    Returns
    -------
    given : dict of str to dict
        Student to question to answer.
    silent : list of str
        Students with a wrong answer in grading that did not come this time.

    Raises
    ------
    InstructorError
        If nothing can confine them and they are not trusted; if the data come out differently.
    """
    stop = threading.Event()
    silent: list[str] = []

    def run(runner: Runner, handin: HandIn) -> dict[str, Form]:
        student = students[handin.student]
        case = case_of(exercise, secret, student.id, student.attempt)
        result = run_with(runner, handin, exercise, case, student, limits, stop)
        forms = {}
        if not all(result.answers.get(id, BLANK).started for id in wrong[handin.student]):
            silent.append(handin.student)
        for id in wrong[handin.student]:
            with suppress(Exception):  # a strange answer fits nobody's case
                forms[id] = form_of(exercise.questions[id], result.answers.get(id, BLANK))
        return {id: form for id, form in forms.items() if form is not None}

    given: dict[str, dict[str, Form]] = {}
    hidden = [unit_folder(exercise.unit), *([secret.place] if secret.place else [])]
    with (
        open_runner(kernel, trust, hidden=hidden) as runner,
        ThreadPoolExecutor(jobs or runner.slots) as pool,
    ):
        try:
            running = {pool.submit(run, runner, handin): handin.student for handin in handins}
            for done, future in enumerate(as_completed(running), start=1):
                given[running[future]] = future.result()
                tell("Running hand-ins again", done, len(running))
        finally:
            stop.set()
            pool.shutdown(cancel_futures=True)
    return given, sorted(silent)
