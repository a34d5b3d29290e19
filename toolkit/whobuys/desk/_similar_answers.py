"""Wrong answers that are right in another student's case."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from whobuys.course import Question
from whobuys.course._answers import Answer, decode, encode
from whobuys.course._comparer import plain
from whobuys.course._words import count, say
from whobuys.course.compare import Items, Labels, Number, Table, Text
from whobuys.desk._similar_chance import chance, tied

FEWEST = 2
"""Questions that must fit together: one alone is no evidence."""
MOST_LISTED = 0.01
"""Pairs in a whole class that may be listed by chance, on average."""
FULL = 1e-9
COLUMNS = ["student", "other", "questions", "fit", "wrong", "expected"]


@dataclass(frozen=True)
class Form:
    """An answer reduced to what is compared.

    Attributes
    ----------
    keys : str
        Digest of the rows there are; answers with other rows are never equal.
    cells : numpy.ndarray
        Rows by columns; texts and days are numbers here.
    slack : float
        How far two numbers may be apart and still be the same.
    share : float
        Share of the rows of a column that must agree.
    said : str
        The answer in a few words.
    """

    keys: str
    cells: np.ndarray
    slack: float
    share: float
    said: str


def form_of(question: Question, answer: Answer) -> Form | None:
    """Reduce an answer; None for what has no form of its own (a canvas, a plan, a text to mark).

    A number is held to the decimals it was given with: of 0.71 and 0.7131 only the second says
    much.

    Examples
    --------
    >>> from whobuys.course.compare import number
    >>> question = Question("q5", "rate", "Rate", 4, number(0.001))
    >>> form_of(question, decode(encode(0.71))).slack
    0.001
    >>> form_of(question, decode(encode(0.7130977130977131))).slack
    1e-09
    """
    how = question.compare
    if not answer.started or how.shape(answer):
        return None
    value = how.tidy(answer, answer)
    if isinstance(how, Number):
        slack = min(how.tolerance, max(0.5 * 10.0 ** -_decimals(value), FULL * max(1, abs(value))))
        return Form("", np.array([[float(value)]]), slack, 1.0, say(value))
    if isinstance(how, Text):
        return Form(_digest([plain(value)]), np.zeros((1, 1)), 0.0, 1.0, f"“{value[:40]}”")
    if isinstance(how, Items):
        listed = sorted({plain(item) for item in value})
        return Form(_digest(listed), np.zeros((1, 1)), 0.0, 1.0, count(len(listed), "item"))
    if isinstance(how, Table | Labels):
        return _form_of_table(how, value, answer.about)
    return None


def right_forms(questions: Mapping[str, Question], right: Mapping[str, Any]) -> dict[str, Form]:
    """Reduce the right answers of one case, given by question id."""
    made = {id: form_of(questions[id], decode(encode(value))) for id, value in right.items()}
    return {id: form for id, form in made.items() if form is not None}


def answer_pairs(
    given: Mapping[str, Mapping[str, Form]],
    right: Mapping[str, Mapping[str, Form]],
    more: Sequence[Mapping[str, Form]] = (),
) -> pd.DataFrame:
    """Find students whose wrong answers are together right in one other student's case.

    Parameters
    ----------
    given : mapping of str to mapping
        Student to question to answer: only wrong ones, and only those with no known reason.
    right : mapping of str to mapping
        Every student to question to the right answer in that student's case.
    more : sequence of mapping
        Right answers of further cases that nobody has: chance is counted over them too.

    Returns
    -------
    pandas.DataFrame
        One row a pair, the least likely first: `student` (who gave the answers), `other` (whose
        case they fit), `questions` (those that fit, as "q1, q3"), `fit`, `wrong` (how many fit, of
        how many), `expected` (pairs as unlikely as this in a class of this size if nobody copied;
        at most 0.01 for a pair that is listed).

    Notes
    -----
    The chance that an answer fits a case it was not made for is counted over all cases: the larger
    of the share of the other cases it fits and the share of pairs of cases that have the same right
    answer, to the decimals given. For several questions together it is the product, but not less
    than the share of pairs of cases in which all of them are the same. The limit is Bonferroni's
    over all pairs of a student with two such answers or more, and another student.
    """
    names = list(right)
    cases = [*right.values(), *more]
    stacks = {q: _Stack([case.get(q) for case in cases]) for q in sorted({*_all(given)})}
    rows = []
    able = {s: own for s, own in given.items() if len(own) >= FEWEST}
    tests = len(able) * (len(names) - 1)
    for student, own in able.items():
        asked = sorted(own)
        me = names.index(student)
        fits = np.array([stacks[q].fits(own[q]) for q in asked])
        fits[:, me] = False
        for other in np.flatnonzero(fits[:, : len(names)].sum(axis=0) >= FEWEST):
            agree = fits[:, other]
            single = [
                max(
                    stacks[q].tied(own[q]),
                    (int(fits[i].sum()) - int(agree[i])) / max(len(cases) - 2, 1),
                )
                for i, q in enumerate(asked)
            ]
            matched = [q for q, yes in zip(asked, agree, strict=True) if yes]
            together = _tied_together([stacks[q] for q in matched], [own[q] for q in matched])
            expected = tests * max(chance(single, agree.tolist()), together)
            if expected <= MOST_LISTED:
                told = ", ".join(matched)
                rows.append(
                    (student, names[other], told, len(matched), len(asked), float(expected))
                )
    table = pd.DataFrame(rows, columns=COLUMNS)
    return table.sort_values(["expected", "student", "other"], ignore_index=True)


class _Stack:
    """The right answers of one question in all cases, ready to be compared at once."""

    def __init__(self, forms: Sequence[Form | None]) -> None:
        self.forms = forms
        self._ties: dict[float, np.ndarray] = {}
        groups: dict[tuple[str, tuple[int, ...]], list[int]] = {}
        for i, form in enumerate(forms):
            if form is not None:
                groups.setdefault((form.keys, form.cells.shape), []).append(i)
        self._groups = {
            key: (
                np.array(own),
                np.stack([form.cells for form in forms if form and _is(form, key)]),
            )
            for key, own in groups.items()
        }

    def fits(self, given: Form) -> np.ndarray:
        """Tell for each case whether an answer is right in it."""
        found = np.zeros(len(self.forms), bool)
        own, cells = self._groups.get((given.keys, given.cells.shape), (None, None))
        if own is not None and cells is not None:
            with np.errstate(invalid="ignore"):
                near = np.abs(cells - given.cells) <= given.slack + 1e-12
            same = near | (cells == given.cells)
            same |= np.isnan(cells) & np.isnan(given.cells)
            found[own] = (same.mean(axis=1) >= given.share - 1e-12).all(axis=1)
        return found

    def ties(self, slack: float) -> np.ndarray:
        """Return which pairs of cases have the same right answer, cases by cases."""
        if slack not in self._ties:
            size = len(self.forms)
            table = np.zeros((size, size), bool)
            for i, form in enumerate(self.forms):
                if form is not None:
                    table[i] = self.fits(Form(form.keys, form.cells, slack, form.share, ""))
            np.fill_diagonal(table, False)
            self._ties[slack] = table
        return self._ties[slack]

    def tied(self, given: Form) -> float:
        """Return the chance that two cases have the same right answer."""
        size = len(self.forms)
        return tied(int(self.ties(given.slack).sum()) // 2, size * (size - 1) // 2)


def _is(form: Form, key: tuple[str, tuple[int, ...]]) -> bool:
    return (form.keys, form.cells.shape) == key


def _tied_together(stacks: Sequence[_Stack], given: Sequence[Form]) -> float:
    """Return the share of pairs of cases that have the same right answer in all questions."""
    tables = [stack.ties(form.slack) for stack, form in zip(stacks, given, strict=True)]
    both = np.logical_and.reduce(tables)
    return float(both.sum() / max(both.size - len(both), 1))


def _all(given: Mapping[str, Mapping[str, Form]]) -> set[str]:
    return {question for own in given.values() for question in own}


def _form_of_table(how: Table | Labels, value: pd.DataFrame, about: str) -> Form:
    columns = how.columns if isinstance(how, Table) else {how.column: "label"}
    keys = value[how.on].map(plain)
    rows = value.assign(**{how.on: keys}).sort_values(how.on, kind="stable")
    cells = np.column_stack([_as_numbers(rows[name], kind) for name, kind in columns.items()])
    slack = how.tolerance if isinstance(how, Table) else 0.0
    share = how.at_least if isinstance(how, Table) else 1.0
    return Form(_digest(sorted(keys)), cells, slack, share, about)


def _as_numbers(cells: pd.Series, kind: str) -> np.ndarray:
    """Return cells as numbers: texts by their code, days counted, groups in order of appearance."""
    if kind == "number":
        return pd.to_numeric(cells, errors="coerce").to_numpy(float)
    if kind == "date":
        days = pd.to_datetime(cells, errors="coerce").astype("datetime64[s]")
        return np.where(days.isna(), np.nan, days.astype("int64").to_numpy(float))
    texts = cells.map(plain)
    if kind == "label":
        return pd.factorize(texts)[0].astype(float)
    return np.array([zlib.crc32(text.encode()) * 4096.0 for text in texts])


def _decimals(value: float) -> int:
    """Return how many decimals a number was given with.

    >>> _decimals(31.0), _decimals(0.71), _decimals(1e-05)
    (0, 2, 5)
    """
    text = f"{float(value):.16g}"
    whole, _, power = text.partition("e")
    return max(len(whole.partition(".")[2]) - int(power or 0), 0)


def _digest(parts: Sequence[str]) -> str:
    return hashlib.sha256("\x1f".join(parts).encode("utf-8", "replace")).hexdigest()
