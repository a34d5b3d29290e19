"""Questions and their known mistakes: one definition for practice and grading.

A unit's `key.py` makes one `Exercise`. A question is a function that computes the right answer from
a case; a known mistake is a function that computes the wrong one, with the words a student should
read and the credit it still earns::

    exercise = Exercise("05_rfm", "RFM", company="teahouse")

    @exercise.question("rfm", points=4, title="Three facts", compare=table("customer_id", [...]))
    def q1(case):
        return rfm_table(case["transactions"], as_of=case.as_of)

    @q1.mistake("You counted lines, not orders.", credit=0.5)
    def counted_lines(case):
        ...

A question that builds on an earlier one takes that answer by name (`def q2(case, rfm)`). Then a
slip in the earlier answer is paid for once: a later answer that is right for the student's own
earlier answer passes. The own answer must be a known slip, or near enough to the right one
(`Comparer.stands_in`), and may not lead to an answer that says much less (`Comparer.easier`).
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from string import Formatter
from typing import Any

import pandas as pd

from whobuys.course._answers import Answer
from whobuys.course.compare import Comparer, Essay
from whobuys.market import Case, column_types, market

__all__ = ["Exercise", "Mistake", "Question", "Wrong"]

Match = Callable[[Any, Answer], Mapping[str, Any] | None]
Extra = Callable[[Case], Mapping[str, pd.DataFrame]]


@dataclass(frozen=True)
class Wrong:
    """A wrong answer together with the facts its message quotes.

    Examples
    --------
    >>> Wrong(0.31, lines=20_113).facts
    {'lines': 20113}
    """

    answer: Any
    facts: Mapping[str, Any]

    def __init__(self, answer: Any, **facts: Any) -> None:
        object.__setattr__(self, "answer", answer)
        object.__setattr__(self, "facts", facts)


@dataclass(frozen=True)
class Mistake:
    """A mistake that is known in advance.

    Attributes
    ----------
    id : str
        Name of the function that makes it.
    words : str
        What the student should read; `{name}` is filled from the facts.
    credit : float
        Share of the points it still earns.
    make : callable
        Computes the wrong answer from the case (and earlier answers, by name).
    match : callable or None
        Recognises the mistake in an answer where one wrong value is not enough (counted from *any*
        other day); takes the right value and the `Answer`, returns the facts or None. The value of
        that `Answer` has the names, the types and the spelling of keys of the right one.
    """

    id: str
    words: str
    credit: float
    make: Callable[..., Any]
    match: Match | None = None


@dataclass
class Question:
    """One question. Made by `Exercise.question` or `Exercise.open_question`."""

    id: str
    name: str
    title: str
    points: float
    compare: Comparer
    answer: Callable[..., Any] | None = None
    hints: tuple[str, ...] = ()
    again: str = ""
    mistakes: list[Mistake] = field(default_factory=list)
    earlier: tuple[str, ...] = ()

    @property
    def open(self) -> bool:
        """Whether a person marks it."""
        return isinstance(self.compare, Essay)

    def mistake(
        self, words: str, credit: float = 0.0, match: Match | None = None
    ) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        """Register a known mistake; the decorated function computes the wrong answer.

        Parameters
        ----------
        words : str
            The message; may hold `{name}` fields filled from `Wrong(answer, name=...)`.
        credit : float
            Share of the points, 0 up to (not including) 1.
        match : callable, optional
            See `Mistake`.

        Raises
        ------
        ValueError
            If the question is open, the credit is out of range, the braces in the words do not
            match, or the function's name is taken or its parameters are no earlier answers.
        """

        def register(make: Callable[..., Any]) -> Callable[..., Any]:
            where = f"{self.id}, mistake {make.__name__!r}"
            if self.open:
                raise ValueError(f"{where}: a person marks an open question; it has no mistakes.")
            if not 0 <= credit < 1:
                raise ValueError(f"{where}: credit must be at least 0 and below 1, not {credit}.")
            if make.__name__ in {known.id for known in self.mistakes}:
                raise ValueError(f"{where}: there is another mistake of this name.")
            _check_fields(where, words)
            _check_inputs(where, make, self.earlier)
            self.mistakes.append(Mistake(make.__name__, words, credit, make, match))
            return make

        return register


class Exercise:
    """The graded questions of one unit.

    Parameters
    ----------
    unit : str
        Name of the unit, such as "05_rfm".
    title : str
        Title in plain words.
    company : str
        The invented company its cases are drawn from.
    tables : sequence of str, optional
        The company's tables students get; by default all it has.
    extra : callable, optional
        Makes further tables from a drawn case: takes it, returns tables by name. Their columns are
        text, whole numbers, numbers, booleans or days; only numbers may be missing.
    """

    def __init__(
        self,
        unit: str,
        title: str,
        company: str,
        tables: Sequence[str] | None = None,
        extra: Extra | None = None,
    ) -> None:
        self.unit, self.title, self.company, self.tables = unit, title, company, tables
        self.extra = extra
        self.questions: dict[str, Question] = {}

    def __repr__(self) -> str:
        return f"Exercise({self.unit!r}, {len(self.questions)} questions, {self.points:g} points)"

    @property
    def points(self) -> float:
        """Points of all questions, open ones included."""
        return sum(question.points for question in self.questions.values())

    def draw(self, seed: int) -> Case:
        """Draw the case of a seed: what a student gets, and behind it the truth.

        Raises
        ------
        ValueError
            If an extra table takes the name of another, or holds what a file cannot give back.
        """
        case = market(self.company, seed, tables=self.tables)
        made = self.extra
        extra = dict(made(case)) if made is not None else {}
        for name, table in extra.items():
            if name in case.tables:
                raise ValueError(f"{self.unit}: {self.company} has a table {name!r} of its own.")
            column_types(name, table)
        return replace(case, tables={**case.tables, **extra})

    def question(
        self,
        name: str,
        *,
        points: float,
        title: str,
        compare: Comparer,
        hints: Sequence[str] = (),
        again: str = "",
    ) -> Callable[[Callable[..., Any]], Question]:
        """Register a question; the decorated function computes its right answer from a case.

        Parameters
        ----------
        name : str
            The variable the student fills.
        points : float
            What it is worth.
        title : str
            A few words.
        compare : Comparer
            How answers are compared.
        hints : sequence of str
            From gentle to plain.
        again : str
            What to read again, such as "Lesson 05, step 2".

        Raises
        ------
        ValueError
            If id or variable are taken, or a parameter is no earlier answer.
        """

        def register(answer: Callable[..., Any]) -> Question:
            made = Question(
                answer.__name__, name, title, points, compare, answer, tuple(hints), again
            )
            return self._add(made)

        return register

    def open_question(
        self, id: str, *, title: str, compare: Essay, hints: Sequence[str] = (), again: str = ""
    ) -> Question:
        """Register an open question, answered in the Markdown cell of that name."""
        return self._add(
            Question(id, id, title, compare.points, compare, None, tuple(hints), again)
        )

    def _add(self, question: Question) -> Question:
        where = f"{self.unit}, {question.id}"
        if question.id in self.questions:
            raise ValueError(f"{self.unit}: there are two questions {question.id!r}.")
        if question.name in {other.name for other in self.questions.values()}:
            raise ValueError(f"{where}: another question fills the variable {question.name!r} too.")
        if not question.points > 0:
            raise ValueError(f"{where}: points must be above 0, not {question.points}.")
        question.earlier = tuple(q.name for q in self.questions.values() if not q.open)
        if question.answer is not None:
            _check_inputs(where, question.answer, question.earlier)
        self.questions[question.id] = question
        return question


def parameters(function: Callable[..., Any]) -> list[str]:
    """Return the parameters after the case: the names of earlier answers.

    What may only be given by keyword is a free choice (see `Comparer.choices`), not an answer.
    """
    known = inspect.signature(function).parameters.values()
    return [one.name for one in known if one.kind is not one.KEYWORD_ONLY][1:]


def _check_inputs(where: str, function: Callable[..., Any], earlier: Sequence[str]) -> None:
    for name in parameters(function):
        if name not in earlier:
            raise ValueError(
                f"{where}: the parameter {name!r} is not the variable of an earlier question. "
                f"There are: {', '.join(earlier) or 'none'}."
            )


def _check_fields(where: str, words: str) -> None:
    try:
        fields = [name for _, name, _, _ in Formatter().parse(words) if name is not None]
    except ValueError as error:
        raise ValueError(f"{where}: the braces in its words do not match ({error}).") from error
    for name in fields:
        if not name.isidentifier():
            raise ValueError(f"{where}: {{{name}}} in its words is not the name of a fact.")
