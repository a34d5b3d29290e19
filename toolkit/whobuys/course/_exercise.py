"""Questions, their known mistakes, and the judge: one definition for practice and grading.

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
earlier answer passes.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from string import Formatter
from typing import Any

import pandas as pd

from whobuys.course._answers import BLANK, Answer, decode, encode
from whobuys.course._verdict import Verdict
from whobuys.course.compare import Comparer, Difference, Essay, from_spec
from whobuys.market import Case

__all__ = ["Exercise", "Judge", "Mistake", "Question", "Wrong"]

Match = Callable[[Any, Answer], Mapping[str, Any] | None]
MOST_UNEXPLAINED = 0.5
"""The largest share of points for an answer that is right in part, for no reason we know. A mistake
that is known never earns less than it would unknown."""


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
        The tables students get; by default all the company has.
    """

    def __init__(
        self, unit: str, title: str, company: str, tables: Sequence[str] | None = None
    ) -> None:
        self.unit, self.title, self.company, self.tables = unit, title, company, tables
        self.questions: dict[str, Question] = {}

    def __repr__(self) -> str:
        return f"Exercise({self.unit!r}, {len(self.questions)} questions, {self.points:g} points)"

    @property
    def points(self) -> float:
        """Points of all questions, open ones included."""
        return sum(question.points for question in self.questions.values())

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

    def public(self, case: Case | None = None) -> list[dict[str, Any]]:
        """Return what a student may see of the questions: names, points, shapes, hints.

        Parameters
        ----------
        case : Case, optional
            With a case the shapes know the right number of rows.
        """
        judge = Judge(self, case) if case is not None else None
        shown = []
        for question in self.questions.values():
            compare = question.compare
            if judge is not None and not question.open:
                compare = compare.fitted(judge.right(question.id))
            shown.append(
                {
                    "id": question.id,
                    "name": question.name,
                    "title": question.title,
                    "points": question.points,
                    "compare": compare.spec(),
                    "hints": list(question.hints),
                }
            )
        return shown


def public_questions(shown: Sequence[Mapping[str, Any]]) -> dict[str, Question]:
    """Read back `Exercise.public`: questions that know shapes and hints, but no answers."""
    return {
        q["id"]: Question(
            q["id"],
            q["name"],
            q["title"],
            q["points"],
            from_spec(q["compare"]),
            None,
            tuple(q["hints"]),
        )
        for q in shown
    }


class Judge:
    """Judges answers to one exercise for one case.

    Parameters
    ----------
    exercise : Exercise
        From the unit's `key.py`.
    case : Case
        The student's own case. Right answers are computed from it when first needed, and kept.
    """

    def __init__(self, exercise: Exercise, case: Case) -> None:
        self.exercise, self.case = exercise, case
        self._right: dict[str, Any] = {}
        self._right_answers: dict[str, Answer] = {}
        self._wrong: dict[tuple[str, str], Wrong] = {}

    @cached_property
    def _by_name(self) -> dict[str, Question]:
        return {question.name: question for question in self.exercise.questions.values()}

    def right(self, question_id: str) -> Any:
        """Return the right answer to a question."""
        if question_id not in self._right:
            question = self.exercise.questions[question_id]
            if question.answer is None:
                raise ValueError(f"{question_id} is an open question: it has no one right answer.")
            self._right[question_id] = question.answer(
                self.case, **self._inputs(question.answer, {})
            )
        return self._right[question_id]

    def _right_answer(self, question_id: str) -> Answer:
        if question_id not in self._right_answers:
            self._right_answers[question_id] = decode(encode(self.right(question_id)))
        return self._right_answers[question_id]

    def judge(
        self, question_id: str, answer: Answer, others: Mapping[str, Answer] | None = None
    ) -> Verdict:
        """Judge one answer.

        Parameters
        ----------
        question_id : str
            Such as "q1".
        answer : Answer
            The decoded answer.
        others : mapping of str to Answer, optional
            The student's answers by question id, for questions that build on earlier ones.

        Returns
        -------
        Verdict
        """
        question = self.exercise.questions[question_id]
        if not answer.started:
            return verdict(question, "not_started")
        problems = question.compare.shape(answer)
        if problems:
            return verdict(question, "try_again", details=problems)
        if question.open:
            return verdict(question, "for_review")
        difference = question.compare.compare(self._right_answer(question_id), answer)
        if difference.equal:
            return verdict(question, "passed", 1.0)
        known = self._known_mistake(question, answer, self.right(question_id), {})
        if known is not None:
            return known
        plain = _partial(question, difference)
        own = self._own_inputs(question, others or {})
        carried = self._carried_forward(question, answer, own) if own else None
        if carried is None or carried.credit < plain.credit:
            return plain
        return carried

    def _known_mistake(
        self, question: Question, answer: Answer, right: Any, given: Mapping[str, Any]
    ) -> Verdict | None:
        if not question.mistakes:
            return None
        tidy = replace(answer, value=question.compare.tidy(right, answer), index=())
        for mistake in question.mistakes:
            try:
                wrong = self._make(question, mistake, given)
                facts = _recognise(question, mistake, wrong, right, answer, tidy)
            except Exception:  # noqa: S112 - it cannot be made from this; then it is not this one
                continue
            if facts is not None:
                status = "partly" if mistake.credit > 0 else "try_again"
                words = [_fill(mistake.words, facts)]
                return verdict(question, status, mistake.credit, words, mistake.id)
        return None

    def _make(self, question: Question, mistake: Mistake, given: Mapping[str, Any]) -> Wrong:
        """Make a mistake; the wrong value is in the form answers have."""
        place = (question.id, mistake.id)
        if not given and place in self._wrong:
            return self._wrong[place]
        made = mistake.make(self.case, **self._inputs(mistake.make, given))
        facts = made.facts if isinstance(made, Wrong) else {}
        value = made.answer if isinstance(made, Wrong) else made
        wrong = Wrong(decode(encode(value)), **facts)
        if not given:
            self._wrong[place] = wrong
        return wrong

    def _carried_forward(
        self, question: Question, answer: Answer, own: Mapping[str, Any]
    ) -> Verdict | None:
        """Judge an answer by what the student's own earlier answers lead to."""
        if question.answer is None:
            return None
        try:
            expected = question.answer(self.case, **self._inputs(question.answer, own))
            difference = question.compare.compare(expected, answer)
        except Exception:
            return None
        names = " and ".join(f"`{name}`" for name in own)
        if difference.equal:
            words = [f"Right for your own {names}. The slip there is not counted twice."]
            return verdict(question, "passed", 1.0, words)
        known = self._known_mistake(question, answer, expected, own)
        if known is not None:
            return known
        carried = _partial(question, difference)
        if carried.credit == 0:
            return None
        return replace(carried, details=(f"Measured by your own {names}:", *carried.details))

    def _inputs(self, function: Callable[..., Any], given: Mapping[str, Any]) -> dict[str, Any]:
        return {
            name: given[name] if name in given else self.right(self._by_name[name].id)
            for name in _parameters(function)
        }

    def _own_inputs(self, question: Question, others: Mapping[str, Answer]) -> dict[str, Any]:
        """Return the student's own earlier answers where they are wrong but can be built on."""
        own = {}
        for name in _parameters(question.answer) if question.answer else ():
            earlier = self._by_name[name]
            answer, right = others.get(earlier.id, BLANK), self.right(earlier.id)
            if not answer.started or earlier.compare.shape(answer):
                continue
            if earlier.compare.compare(self._right_answer(earlier.id), answer).equal:
                continue
            if earlier.compare.stands_in(right, answer):
                tidy = earlier.compare.tidy(right, answer)
                own[name] = _completed(tidy, right, getattr(earlier.compare, "on", ""))
        return own

    def recognises(self) -> list[str]:
        """Check that the case is fair: every right answer passes, every mistake is told apart.

        Returns
        -------
        list of str
            What is confused with what, a sentence each; empty for a fair case.

        Raises
        ------
        ValueError
            If the words of a mistake quote a fact it does not give: that is a fault of the key,
            whatever the case.
        """
        confused: list[str] = []
        for question in self.exercise.questions.values():
            if question.open:
                continue
            for expected, value in self._tries(question, confused):
                seen = self.judge(question.id, value)
                if seen.mistake != expected or (expected is None and seen.status != "passed"):
                    told = seen.mistake or seen.status
                    confused.append(
                        f"{question.id}: {expected or 'the right answer'} looks like {told}"
                    )
        return confused

    def _tries(
        self, question: Question, confused: list[str]
    ) -> Iterator[tuple[str | None, Answer]]:
        """Yield the right answer and each wrong one; note the ones that cannot be made."""
        yield None, self._right_answer(question.id)
        for mistake in question.mistakes:
            try:
                wrong = self._make(question, mistake, {})
                right = self.right(question.id)
                tidy = question.compare.tidy(right, wrong.answer)
                tidied = replace(wrong.answer, value=tidy, index=())
                facts = _recognise(question, mistake, wrong, right, wrong.answer, tidied)
            except Exception as error:
                confused.append(
                    f"{question.id}: {mistake.id} cannot be made ({type(error).__name__}: {error})"
                )
                continue
            try:
                mistake.words.format(**(wrong.facts if facts is None else facts))
            except (KeyError, ValueError, TypeError, AttributeError) as error:
                raise ValueError(
                    f"{self.exercise.unit}, {question.id}: the words of {mistake.id!r} cannot be "
                    f"filled ({type(error).__name__}: {error}). It gives the facts "
                    f"{', '.join(wrong.facts if facts is None else facts) or 'none'}."
                ) from error
            yield mistake.id, wrong.answer


def _recognise(
    question: Question, mistake: Mistake, wrong: Wrong, right: Any, answer: Answer, tidy: Answer
) -> dict[str, Any] | None:
    """Return what the words of a mistake quote if the answer makes it, else None."""
    if mistake.match is None:
        equal = question.compare.compare(wrong.answer, answer).equal
        return dict(wrong.facts) if equal else None
    matched = mistake.match(right, tidy)
    return None if matched is None else {**wrong.facts, **matched}


def verdict(
    question: Question,
    status: Any,
    credit: float = 0.0,
    details: Sequence[str] = (),
    mistake: str | None = None,
) -> Verdict:
    """Build the verdict of a question."""
    return Verdict(
        question.id, question.title, status, question.points, credit, tuple(details), mistake
    )


def _partial(question: Question, difference: Difference) -> Verdict:
    """Give credit for the columns that are right in full."""
    credit = 0.0
    columns = getattr(question.compare, "columns", {})
    if len(columns) > 1:
        right = int(difference.share / 0.999 * len(columns) + 1e-6)
        credit = min(right / len(columns), MOST_UNEXPLAINED)
    status = "partly" if credit > 0 else "try_again"
    return verdict(question, status, credit, difference.words)


def _completed(own: Any, right: Any, key: str) -> Any:
    """Add to a student's table the columns only the right one has; a later step may use them."""
    if not isinstance(right, pd.DataFrame) or key not in right.columns:
        return own
    lacking = [name for name in right.columns if name not in own.columns]
    return own.merge(right[[key, *lacking]], on=key, how="left")


def _parameters(function: Callable[..., Any]) -> list[str]:
    """Return the parameters after the case: the names of earlier answers."""
    return list(inspect.signature(function).parameters)[1:]


def _check_inputs(where: str, function: Callable[..., Any], earlier: Sequence[str]) -> None:
    for name in _parameters(function):
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


def _fill(words: str, facts: Mapping[str, Any]) -> str:
    """Fill the words; where a fact cannot be written, three dots stand for it."""
    try:
        return words.format(**facts)
    except (KeyError, ValueError, TypeError, AttributeError):
        return "".join(
            text + ("" if name is None else "…") for text, name, _, _ in Formatter().parse(words)
        )
