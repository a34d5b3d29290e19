"""Who worked together? Code that is alike, and answers that fit another student's case.

Pairs are shown, never judged: `whobuys similar` writes a page for the teacher's eyes only. No mark
depends on it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from whobuys.course import load_key, unit_folder
from whobuys.course._units import CHECKOUT
from whobuys.desk._similar_answers import Form, answer_pairs, form_of, right_forms
from whobuys.desk._similar_code import Marks, code_pairs, known_code, marks_of, winnow
from whobuys.desk._similar_page import Shown, similar_page
from whobuys.desk._similar_run import Tell, answers_again, draw_right, to_look_at
from whobuys.grade._handins import HandIn, read_folder
from whobuys.grade._secret import Secret
from whobuys.grade.gradebook import Gradebook, no_formula
from whobuys.grade.grading import gradebook_in
from whobuys.grade.release import Release
from whobuys.pages.files import write_text
from whobuys.sandbox.execute import Limits

__all__ = [
    "Similar",
    "answer_pairs",
    "code_pairs",
    "form_of",
    "known_code",
    "marks_of",
    "right_forms",
    "similar",
    "winnow",
]
FOLDER = "similar"
PAGE, CODE, ANSWERS = "similar.html", "code.csv", "answers.csv"


@dataclass(frozen=True)
class Similar:
    """What was found.

    Attributes
    ----------
    code, answers : pandas.DataFrame
        See `code_pairs` and `answer_pairs`.
    to : pathlib.Path
        The folder with `similar.html`, `code.csv` and `answers.csv`.
    """

    code: pd.DataFrame
    answers: pd.DataFrame
    to: Path


@dataclass(frozen=True)
class _Answers:
    pairs: pd.DataFrame
    given: Mapping[str, Mapping[str, Form]] = field(default_factory=dict)
    right: Mapping[str, Mapping[str, Form]] = field(default_factory=dict)
    looked_at: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    silent: tuple[str, ...] = ()


def similar(
    unit: str,
    folder: Path,
    to: Path,
    record: Release,
    secret: Secret | None = None,
    *,
    gradebook: Path | str | None = None,
    limits: Limits | None = None,
    jobs: int | None = None,
    kernel: str = "warm",
    trust: bool = False,
    tell: Tell = lambda step, done, of: None,
) -> Similar:
    """Compare the hand-ins of a class with each other, and write what to look at.

    Answers are not kept by the grading. Those with two wrong answers or more that have no known
    reason are run again, in the same confinement; nothing secret is written to a file but what
    stands on the page.

    Parameters
    ----------
    unit : str
        Such as "05_rfm".
    folder : Path
        The hand-ins.
    to : Path
        The folder of `whobuys grade --to`; gets `similar/` with a page and two CSV files, readable
        by you only.
    record : Release
        From `release.json`.
    secret : Secret, optional
        The one the exercise was released with. Without it only the code is compared.
    gradebook : Path or str, optional
        Another file, or the URL of a database.
    limits : Limits, optional
        Time limits of a hand-in.
    jobs : int, optional
        How many processes; all cores by default.
    kernel : str
        "warm", "fast" or "cold", as in `grade_folder`.
    trust : bool
        Whether to run hand-ins even where nothing can confine them.
    tell : callable
        Called with (step, done, of), for a progress bar.

    Returns
    -------
    Similar

    Raises
    ------
    InstructorError
        If secret, record or folder do not fit together, or nothing was graded yet.
    """
    record.must_be_of(unit)
    if secret is not None:
        record.must_fit(secret)
    notebooks = [_notebook(room, unit) for room in ("exercises", "solutions", "notebooks")]
    found = read_folder(folder, record, notebooks[0])
    known = known_code(
        source for notebook in notebooks for source in _code(notebook) if source.strip()
    )
    marks = {s: marks_of(handin.cells, known) for s, handin in found.handins.items()}
    code = code_pairs({s: own for s, own in marks.items() if own.places})
    answers = _Answers(answer_pairs({}, {}))
    if secret is not None:
        where = gradebook or gradebook_in(to)
        run = (limits or Limits(), jobs, kernel, trust)
        answers = _compare_answers(unit, found.handins, where, record, secret, run, tell)
    names = {student.id: student.name for student in record.students}
    shown = _shown(unit, names, found.handins, marks, code, answers, secret is not None)
    _write(to / FOLDER, shown, names)
    return Similar(code, answers.pairs, to / FOLDER)


def _compare_answers(
    unit: str,
    handins: Mapping[str, HandIn],
    where: Path | str,
    record: Release,
    secret: Secret,
    run: tuple[Limits, int | None, str, bool],
    tell: Tell,
) -> _Answers:
    with closing(Gradebook(where, must_exist=True)) as book:
        wrong, changed = to_look_at(book, unit, handins)
    if not wrong:
        return _Answers(answer_pairs({}, {}), changed=tuple(changed))
    exercise = load_key(unit_folder(unit) / "key.py")
    students = {student.id: student for student in record.students}
    again = [handins[student] for student in wrong]
    given, silent = answers_again(exercise, secret, students, again, wrong, *run, tell)
    right, more = draw_right(unit, secret, record.students, run[1], tell)
    pairs = answer_pairs(given, right, more)
    return _Answers(pairs, given, right, tuple(wrong), tuple(changed), tuple(silent))


def _shown(
    unit: str,
    names: Mapping[str, str],
    handins: Mapping[str, HandIn],
    marks: Mapping[str, Marks],
    code: pd.DataFrame,
    answers: _Answers,
    with_answers: bool,
) -> Shown:
    exercise = load_key(unit_folder(unit) / "key.py")
    return Shown(
        unit=unit,
        title=exercise.title,
        names=names,
        titles={q.id: q.title for q in exercise.questions.values()},
        handins=len(handins),
        code=code,
        marks=marks,
        answers=answers.pairs if with_answers else None,
        given=answers.given,
        right=answers.right,
        looked_at=answers.looked_at,
        changed=answers.changed,
        silent=answers.silent,
        tickets=tuple(
            (student, note)
            for student, handin in handins.items()
            for note in handin.notes
            if note.startswith("The notebook carries the ticket")
        ),
    )


def _write(folder: Path, shown: Shown, names: Mapping[str, str]) -> None:
    """Write page and tables so that only their owner can read them."""
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    tables = {CODE: (shown.code, ("a", "b"))}
    if shown.answers is not None:
        tables[ANSWERS] = (shown.answers, ("student", "other"))
    else:
        (folder / ANSWERS).unlink(missing_ok=True)
    for file, (table, people) in tables.items():
        named = table.copy()
        for at, column in enumerate(people):
            called = [no_formula(names.get(id, "")) for id in table[column]]
            named.insert(2 * at + 1, f"{column}_name", called)
        write_text(folder / file, named.to_csv(index=False, lineterminator="\n"))
    write_text(folder / PAGE, similar_page(shown))
    for file in (*tables, PAGE):
        (folder / file).chmod(0o600)


def _notebook(room: str, unit: str) -> dict[str, Any]:
    path = CHECKOUT / room / f"{unit}.ipynb"
    if not path.exists() and room != "exercises":
        return {"cells": []}
    notebook: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return notebook


def _code(notebook: Mapping[str, Any]) -> list[str]:
    return ["".join(c["source"]) for c in notebook["cells"] if c["cell_type"] == "code"]
