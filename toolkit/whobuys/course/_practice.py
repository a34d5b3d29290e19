"""`check = exercise("05_rfm")`: what a student talks to in a notebook."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from html import escape
from pathlib import Path
from typing import Any

import pandas as pd

from whobuys.course._answers import Answer, decode, encode
from whobuys.course._exercise import Judge, Question, public_questions, verdict
from whobuys.course._units import load_key, solution_code, unit_folder
from whobuys.course._verdict import WORDS, Verdict
from whobuys.market import Case, datasets_folder, load_company, read_case

TICKET_FILE = "exercise.json"
NOTHING = object()


def exercise(unit: str) -> Check:
    """Open the exercise of a unit.

    In the course folder you practise on the shipped company, with full feedback. In a folder your
    instructor released you work on your own company, with the feedback your instructor chose.

    Parameters
    ----------
    unit : str
        Name of the unit, such as "05_rfm".

    Returns
    -------
    Check
        With `check.q1(answer)`, `check.q1.hint()`, `check.q1.solution()`, `check.data(table)` and
        `check.progress()`.

    Raises
    ------
    NoSuchUnit
        If there is no such exercise here.
    """
    folder = Path.cwd()
    ticket = _ticket(folder)
    if ticket is None or ticket["unit"] != unit:
        return _practice(unit)
    company = load_company(ticket["company"])
    if ticket["feedback"] == "full":
        key = load_key(folder / "key.py")
        return Check(unit, key.questions, lambda: read_case(company, folder / "data"), "full", key)
    questions = public_questions(ticket["questions"])
    return Check(unit, questions, lambda: read_case(company, folder / "data"), ticket["feedback"])


def _practice(unit: str) -> Check:
    key = load_key(unit_folder(unit) / "key.py")
    return Check(unit, key.questions, lambda: shipped_case(key.company), "full", key)


def shipped_case(company: str) -> Case:
    """Return the shipped tables of a company, as students load them."""
    return read_case(load_company(company), datasets_folder() / company)


def _ticket(folder: Path) -> dict[str, Any] | None:
    try:
        ticket = json.loads((folder / TICKET_FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return ticket if isinstance(ticket, dict) and "unit" in ticket else None


class Check:
    """The questions of one exercise, and the data to answer them with.

    Made by `exercise`.
    """

    def __init__(
        self,
        unit: str,
        questions: dict[str, Question],
        read: Callable[[], Case],
        feedback: str,
        key: Any = None,
    ) -> None:
        self._unit, self._questions, self._read = unit, questions, read
        self._feedback, self._key = feedback, key
        self._answers: dict[str, Answer] = {}
        self._sent: dict[str, dict[str, Any]] = {}
        self._verdicts: dict[str, Verdict] = {}

    @cached_property
    def _case(self) -> Case:
        return self._read()

    @cached_property
    def _judge(self) -> Judge:
        return Judge(self._key, self._case)

    @property
    def as_of(self) -> pd.Timestamp:
        """The day the list is drawn: the last day of the company's records."""
        return self._case.as_of

    def data(self, table: str) -> pd.DataFrame:
        """Return a fresh copy of one table of your company.

        Parameters
        ----------
        table : str
            Such as "transactions", "customers" or "products".

        Returns
        -------
        pandas.DataFrame
        """
        if table not in self._case.tables:
            raise KeyError(
                f"There is no table {table!r}. There are: {', '.join(self._case.tables)}."
            )
        return self._case[table].copy()

    def __getattr__(self, name: str) -> QuestionCheck:
        questions = self.__dict__.get("_questions", {})
        if name in questions:
            return QuestionCheck(self, questions[name])
        raise AttributeError(f"There is no question {name!r}. There are: {', '.join(questions)}.")

    def __dir__(self) -> list[str]:
        return [*self._questions, "as_of", "data", "progress"]

    def __repr__(self) -> str:
        return f"Exercise {self._unit}: {', '.join(self._questions)}. See check.progress()."

    def progress(self) -> Progress:
        """Show how far you are: every question with its last verdict."""
        return Progress(list(self._questions.values()), dict(self._verdicts))


class QuestionCheck:
    """One question: call it with your answer; ask for a hint or the solution."""

    def __init__(self, check: Check, question: Question) -> None:
        self._check, self._question = check, question

    def __call__(self, answer: Any = NOTHING) -> Verdict:
        """Check an answer.

        Parameters
        ----------
        answer : object
            Your answer, such as the table `rfm`.

        Returns
        -------
        Verdict
            In words; shown under the cell.
        """
        question, check = self._question, self._check
        if question.open:
            return verdict(question, "for_review")
        if answer is NOTHING:
            raise TypeError(f"Put your answer in: check.{question.id}({question.name})")
        check._sent[question.id] = encode(answer)
        check._answers[question.id] = given = decode(check._sent[question.id])
        check._verdicts[question.id] = made = self._judged(given)
        return made

    def _judged(self, given: Answer) -> Verdict:
        question, check = self._question, self._check
        if check._key is not None:
            return check._judge.judge(question.id, given, check._answers)
        if not given.started:
            return verdict(question, "not_started")
        problems = question.compare.shape(given) if check._feedback == "shape" else []
        if problems:
            return verdict(question, "try_again", details=problems)
        what = f"This is {given.about}. " if check._feedback == "shape" else ""
        form = "The form is right. " if check._feedback == "shape" else ""
        return verdict(
            question, "received", details=[f"{what}{form}Your instructor will grade this."]
        )

    def hint(self, level: int = 1) -> Shown:
        """Show a hint; `hint(2)` is plainer than `hint(1)`.

        Parameters
        ----------
        level : int
            1 for the first hint.
        """
        hints = self._question.hints
        if not hints or self._check._feedback == "none":
            return Shown("There is no hint for this question.")
        if not isinstance(level, int) or not 1 <= level <= len(hints):
            return Shown(f"There are hints 1 to {len(hints)}: check.{self._question.id}.hint(1)")
        more = f" (hint {level} of {len(hints)})" if len(hints) > 1 else ""
        return Shown(f"Hint{more}: {hints[level - 1]}")

    def solution(self) -> Shown:
        """Show one worked solution. Yours may look different and be as good."""
        if self._check._key is None:
            return Shown("Your instructor shows the solutions after marking.")
        code = solution_code(self._check._unit, self._question.id)
        return Shown(
            code or "The solution is in the notebook of the same name in `solutions/`.", code=True
        )

    def __repr__(self) -> str:
        question = self._question
        return f"{question.id} · {question.title} ({question.points:g} points)"


@dataclass(frozen=True)
class Shown:
    """A text shown under a cell."""

    text: str
    code: bool = False

    def __repr__(self) -> str:
        return self.text

    def _repr_html_(self) -> str:
        return f"<pre>{escape(self.text)}</pre>" if self.code else f"<p>{escape(self.text)}</p>"


@dataclass(frozen=True)
class Progress:
    """Every question with its last verdict."""

    questions: list[Question]
    verdicts: dict[str, Verdict]

    @property
    def table(self) -> pd.DataFrame:
        """One row a question: id, title, points, state."""
        rows = []
        for question in self.questions:
            if question.open:
                state = "a person will mark it"
            elif question.id in self.verdicts:
                state = WORDS[self.verdicts[question.id].status][0].lower()
            else:
                state = "not checked yet"
            rows.append((question.id, question.title, question.points, state))
        return pd.DataFrame(rows, columns=["question", "title", "points", "state"])

    @property
    def words(self) -> str:
        """One sentence."""
        judged = [v for v in self.verdicts.values() if v.status != "not_started"]
        closed = sum(not question.open for question in self.questions)
        if any(v.status == "received" for v in judged):
            done = sum(v.status == "received" for v in judged)
            return f"{done} of {closed} questions have an answer of the right form."
        return f"{sum(v.status == 'passed' for v in judged)} of {closed} questions are right."

    def __repr__(self) -> str:
        return f"{self.words}\n{self.table.to_string(index=False)}"

    def _repr_html_(self) -> str:
        return f"<p>{escape(self.words)}</p>{self.table.to_html(index=False, border=0)}"
