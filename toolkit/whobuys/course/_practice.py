"""`check = exercise("05_rfm")`: what a student talks to in a notebook."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from html import escape
from pathlib import Path
from threading import Timer
from typing import Any

import pandas as pd

from whobuys.course._answers import Answer, decode, encode
from whobuys.course._exercise import Question
from whobuys.course._judge import Judge, verdict
from whobuys.course._public import public_questions
from whobuys.course._units import NoSuchUnit, load_key, solution_code, unit_folder
from whobuys.course._verdict import WORDS, Verdict
from whobuys.course._words import html
from whobuys.market import Case, read_case

TICKET_FILE = "exercise.json"
PRACTICE_SEED = 0
NOTHING = object()
SILENT = 2.0
WAIT = "Preparing your data. This may take half a minute, once ..."


def exercise(unit: str) -> Check:
    """Open the exercise of a unit.

    In the course folder you practise on the company of seed 0, with full feedback. In a folder your
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
        If there is no such exercise here, or this folder holds another one.
    ValueError
        If the file `exercise.json` in this folder is damaged.
    """
    folder = Path.cwd()
    if not (folder / TICKET_FILE).exists():
        key = load_key(unit_folder(unit) / "key.py")

        def draw() -> Case:
            with _patience(SILENT):
                return key.draw(PRACTICE_SEED)

        return Check(unit, key.questions, draw, "full", key)
    ticket = _read_ticket(folder / TICKET_FILE)
    if ticket["unit"] != unit:
        raise NoSuchUnit(
            f"This folder holds your exercise {ticket['unit']}, not {unit}. Open the notebook "
            f"{unit}.ipynb in its own folder."
        )

    def read() -> Case:
        try:
            return read_case(
                ticket["company"],
                folder / "data",
                tables=ticket["tables"],
                extra=ticket["extra"],
            )
        except FileNotFoundError:
            raise FileNotFoundError(
                "Your tables are not all in the folder `data` beside this notebook. Copy it again "
                "from the folder your instructor gave you."
            ) from None

    if ticket["feedback"] == "full":
        key = load_key(folder / "key.py")
        return Check(unit, key.questions, read, "full", key)
    return Check(unit, public_questions(ticket["questions"]), read, ticket["feedback"])


@contextmanager
def _patience(seconds: float) -> Iterator[None]:
    """Ask for patience, but only where it is needed: on a fast machine nothing is said."""
    timer = Timer(seconds, print, [WAIT], {"flush": True})
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _read_ticket(path: Path) -> dict[str, Any]:
    try:
        ticket = json.loads(path.read_text(encoding="utf-8"))
        if {"unit", "company", "tables", "extra", "feedback", "questions"} <= set(ticket):
            return dict(ticket)
    except (ValueError, TypeError):
        pass
    raise ValueError(
        f"The file {TICKET_FILE} in this folder is damaged. Copy it again from the folder your "
        "instructor gave you; your notebook can stay."
    )


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

    @property
    def folder(self) -> str:
        """The folder of your own case, for `start_report`; empty while you practise."""
        return "." if self._key is None or (Path.cwd() / TICKET_FILE).exists() else ""

    def data(self, table: str) -> pd.DataFrame:
        """Return a fresh copy of one table of your company.

        Parameters
        ----------
        table : str
            Such as "transactions", "customers" or "products".

        Returns
        -------
        pandas.DataFrame

        Raises
        ------
        ValueError
            If there is no table of that name; the message lists those there are.
        """
        return self._case[table].copy()

    def __getattr__(self, name: str) -> QuestionCheck:
        questions = self.__dict__.get("_questions", {})
        if name in questions:
            return QuestionCheck(self, questions[name])
        raise AttributeError(f"There is no question {name!r}. There are: {', '.join(questions)}.")

    def __dir__(self) -> list[str]:
        return [*self._questions, "as_of", "data", "folder", "progress"]

    def __repr__(self) -> str:
        return f"Exercise {self._unit}: {', '.join(self._questions)}. See check.progress()."

    def progress(self) -> Progress:
        """Show how far you are: every question with its last verdict."""
        return Progress(list(self._questions.values()), dict(self._verdicts), self._feedback)


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
            words = "Write it in the text cell under the question. It cannot be checked here."
            return verdict(question, "for_review", details=[words])
        if answer is NOTHING:
            words = f"Put your answer between the brackets: check.{question.id}({question.name})"
            return verdict(question, "not_started", details=[words])
        given = decode(encode(answer))
        check._answers[question.id] = given
        check._verdicts[question.id] = made = self._judged(given)
        return made

    def _judged(self, given: Answer) -> Verdict:
        question, check = self._question, self._check
        if not given.started:
            words = f"Fill `{question.name}` in the cell above, run it, then run this one again."
            return verdict(question, "not_started", details=[words])
        if check._key is not None:
            return self._with_next_step(check._judge.judge(question.id, given, check._answers))
        if check._feedback == "none":
            return verdict(question, "received", details=["Your instructor will grade this."])
        problems = question.compare.shape(given)
        if problems:
            return self._with_next_step(verdict(question, "try_again", details=problems))
        words = f"This is {given.about}. The form is right. Your instructor will grade this."
        return verdict(question, "received", details=[words])

    def _with_next_step(self, made: Verdict) -> Verdict:
        """Say where help is, unless the answer is right."""
        question = self._question
        steps = [f"check.{question.id}.hint()"] if question.hints else []
        steps += [question.again] if question.again else []
        if made.status == "passed" or not steps:
            return made
        return replace(made, details=(*made.details, f"Stuck? {' or '.join(steps)}."))

    def hint(self, level: int = 1) -> Shown:
        """Show a hint; `hint(2)` is plainer than `hint(1)`.

        Parameters
        ----------
        level : int
            1 for the first hint.
        """
        hints, id = self._question.hints, self._question.id
        if self._check._feedback == "none":
            return Shown("Your instructor has turned hints off for this exercise.")
        if not hints:
            return Shown("There is no hint for this question.")
        if not isinstance(level, int) or not 1 <= level <= len(hints):
            last = f" to check.{id}.hint({len(hints)})" if len(hints) > 1 else ""
            return Shown(f"Ask for check.{id}.hint(1){last}.")
        more = ""
        if len(hints) > 1:
            more = f" {level} of {len(hints)}"
        return Shown(f"Hint{more}: {hints[level - 1]}")

    def solution(self) -> Shown:
        """Show one worked solution. Yours may look different and be as good."""
        question = self._question
        if question.open:
            return Shown("There is no one right answer. The rubric says what the reader looks for.")
        if self._check._key is None:
            return Shown("Your instructor shows the solutions after marking.")
        code = solution_code(self._check._unit, question.id)
        if code is None:
            return Shown("The worked solution is not in this folder. Ask your instructor for it.")
        return Shown(code, code=True)

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
        return f"<pre>{escape(self.text)}</pre>" if self.code else f"<p>{html(self.text)}</p>"


@dataclass(frozen=True)
class Progress:
    """Every question with its last verdict."""

    questions: list[Question]
    verdicts: dict[str, Verdict]
    feedback: str = "full"

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
        closed = sum(not question.open for question in self.questions)
        wanted = "passed" if self.feedback == "full" else "received"
        done = sum(verdict.status == wanted for verdict in self.verdicts.values())
        is_right = {"full": "right", "shape": "in the right form"}.get(self.feedback, "answered")
        words = f"{done} of {closed} questions {'is' if done == 1 else 'are'} {is_right}"
        if self.feedback != "full":
            return f"{words}."
        earned = sum(verdict.earned for verdict in self.verdicts.values())
        points = sum(question.points for question in self.questions if not question.open)
        return f"{words}; {earned:g} of {points:g} points."

    def __repr__(self) -> str:
        return f"{self.words}\n{self.table.to_string(index=False)}"

    def _repr_html_(self) -> str:
        table = self.table.to_html(index=False, border=0, justify="left")
        return f"<p>{escape(self.words)}</p>{table}"
