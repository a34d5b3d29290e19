"""The judge: an answer and a case become a verdict."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from string import Formatter
from typing import Any

import pandas as pd

from whobuys.course._answers import BLANK, Answer, decode, encode
from whobuys.course._compare_tables import alike
from whobuys.course._exercise import Exercise, Mistake, Question, Wrong, parameters
from whobuys.course._verdict import Verdict
from whobuys.course.compare import Comparer, Difference, Items
from whobuys.market import Case, NoTruthError

MOST_UNEXPLAINED = 0.5
"""The largest share of points for an answer that is right in part, for no reason we know. A mistake
that is known never earns less than it would unknown."""
NEEDS_TRUTH = (
    "This one is held against what stands behind your data, which is not in this folder. Your "
    "instructor will grade it."
)


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

    def _right_for(self, question_id: str, chosen: Mapping[str, Any]) -> Answer:
        """Return the right answer for what a student was free to choose."""
        question = self.exercise.questions[question_id]
        if not chosen or question.answer is None:
            return self._right_answer(question_id)
        inputs = self._inputs(question.answer, {})
        return decode(encode(question.answer(self.case, **inputs, **chosen)))

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
        problems = self._problems(question, answer)
        if problems:
            return verdict(question, "try_again", details=problems)
        if question.open:
            return verdict(question, "for_review")
        chosen = question.compare.choices(answer)
        try:
            right = self._right_for(question_id, chosen)
        except NoTruthError:
            return verdict(question, "received", details=[NEEDS_TRUTH])
        difference = question.compare.compare(right, answer)
        if difference.equal:
            return verdict(question, "passed", 1.0, difference.words)
        own, explained = self._own_inputs(question, others or {})
        carried = self._carried_forward(question, answer, own, explained) if own else None
        if carried is not None and carried.status == "passed":
            return carried
        known = self._known_mistake(question, answer, self.right(question_id), {})
        if known is not None:
            return known
        plain = _partial(question, difference)
        if carried is None or carried.credit < plain.credit:
            return plain
        return carried

    def _problems(self, question: Question, answer: Answer) -> list[str]:
        """Say what is wrong with the form; of what is far too long no value is looked at."""
        try:
            right = BLANK if question.open else self._right_answer(question.id)
        except NoTruthError:
            right = answer  # then its length is not known
        return question.compare.too_long(right, answer) or question.compare.shape(answer)

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
        self, question: Question, answer: Answer, own: Mapping[str, Any], explained: bool
    ) -> Verdict | None:
        """Judge an answer by what the student's own earlier answers lead to.

        Where nothing explains them, they may not lead to less than the right ones do.
        """
        if question.answer is None:
            return None
        try:
            expected = question.answer(self.case, **self._inputs(question.answer, own))
            follows = decode(encode(expected))
            right = self._right_answer(question.id)
            if not explained and question.compare.easier(right, follows):
                return None
            difference = question.compare.compare(follows, answer)
        except Exception:
            return None
        names = " and ".join(f"`{name}`" for name in own)
        if difference.equal:
            words = [f"Right for your own {names}. What differs there is not counted twice."]
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
            for name in parameters(function)
        }

    def _own_inputs(
        self, question: Question, others: Mapping[str, Answer]
    ) -> tuple[dict[str, Any], bool]:
        """Return the student's own earlier answers where they are wrong but can be built on.

        And whether all are explained: by a known mistake that earns something, or by being right
        for what came still earlier. Without that an answer must be near the right one.
        """
        own, explained = {}, True
        for name in parameters(question.answer) if question.answer else ():
            earlier = self._by_name[name]
            answer, right = others.get(earlier.id, BLANK), self._right_answer(earlier.id)
            if not answer.started or self._problems(earlier, answer):
                continue
            if earlier.compare.exactly(right, answer):
                continue
            seen = self.judge(earlier.id, answer, others)
            told = seen.mistake is not None or seen.status == "passed"
            if told or earlier.compare.stands_in(right, answer):
                explained = explained and told and seen.credit > 0
                value = self.right(earlier.id)
                tidy = earlier.compare.tidy(value, answer)
                own[name] = _completed(tidy, value, earlier.compare)
        return own, explained

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
    """Give credit for the columns that are right in full, or for a list more than half right.

    A canvas, judged by its form, earns the share of the demands it meets.
    """
    credit = 0.0
    columns = getattr(question.compare, "columns", {})
    if question.compare.by_share:
        credit = difference.share
    elif len(columns) > 1:
        right = int(difference.share / 0.999 * len(columns) + 1e-6)
        credit = min(right / len(columns), MOST_UNEXPLAINED)
    elif isinstance(question.compare, Items) and difference.share > MOST_UNEXPLAINED:
        credit = MOST_UNEXPLAINED
    status = "partly" if credit > 0 else "try_again"
    return verdict(question, status, credit, difference.words)


def _completed(own: Any, right: Any, compare: Comparer) -> Any:
    """Give a student's table the further columns of the right one; a later step may use them.

    Nobody has compared those, so the student's own are kept only where they are much alike.
    """
    key = getattr(compare, "on", "")
    if not isinstance(right, pd.DataFrame) or key not in right.columns:
        return own
    asked = {key, *getattr(compare, "columns", ()), getattr(compare, "column", key)}
    others = [name for name in right.columns if name not in asked]
    lacking = [name for name in others if name not in own or not alike(right[name], own[name])]
    kept = own.drop(columns=lacking, errors="ignore")
    return kept.merge(right[[key, *lacking]], on=key, how="left")


def _fill(words: str, facts: Mapping[str, Any]) -> str:
    """Fill the words; where a fact cannot be written, three dots stand for it."""
    try:
        return words.format(**facts)
    except (KeyError, ValueError, TypeError, AttributeError):
        return "".join(
            text + ("" if name is None else "…") for text, name, _, _ in Formatter().parse(words)
        )
