"""The base of all comparers, and what they share."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, ClassVar

import numpy as np
import pandas as pd

from whobuys.course._answers import Answer, decode, encode


@dataclass(frozen=True)
class Difference:
    """How far an answer is from another one.

    Attributes
    ----------
    share : float
        How much of it agrees, 0 to 1. Only 1 is equal.
    words : tuple of str
        What differs, a sentence each; of an equal answer, what is worth knowing besides.
    """

    share: float
    words: tuple[str, ...] = ()

    @property
    def equal(self) -> bool:
        """Whether nothing that counts differs."""
        return self.share >= 1.0


SAME = Difference(1.0)
FAR = 10
"""How many times the right number, or a part of it, an answer may be to build a later one on."""
SPARE_ROWS = 1_000
LONGEST_PLAIN = 100
"""Longer texts keep their accents as they are: to put those in order can take very long."""


@dataclass(frozen=True)
class Comparer:
    """Base of the comparers; see `number`, `text`, `items`, `table`, `labels`, `canvas`, `essay`.

    `by_share` says that the share that agrees is itself the share of the points earned. Where
    `of_page` names a report, what is graded is read from the notebook's page, not from a variable.
    """

    kind: ClassVar[str] = ""
    by_share: ClassVar[bool] = False
    of_page: ClassVar[str] = ""

    def shape(self, answer: Answer) -> list[str]:
        """Say what is wrong with the form of an answer; an empty list means nothing is."""
        raise NotImplementedError

    def compare(self, right: Any, answer: Answer) -> Difference:
        """Compare the content of an answer with the right value (or the right `Answer`)."""
        raise NotImplementedError

    def choices(self, answer: Answer) -> dict[str, Any]:
        """Return what the question leaves free, as this answer chose it; the right one follows.

        They go to the answer function as its keyword-only parameters.
        """
        return {}

    def fitted(self, right: Any) -> Comparer:
        """Return a copy that also knows the right size, so a student can check it."""
        return self

    def tidy(self, right: Any, answer: Answer) -> Any:
        """Return the value of an answer, with the names and types of the right one."""
        return answer.value

    def too_long(self, right: Any, answer: Answer) -> list[str]:
        """Say that an answer is far longer than the right one; what is too long is not read."""
        right, long = as_answer(right), ("list", "table")
        if not (right.kind in long and answer.kind in long):
            return []
        wanted, given = len(right.value), len(answer.value)
        if given <= 2 * wanted + SPARE_ROWS:
            return []
        return [f"Your answer is {answer.about}, far too long to be right. It was not read."]

    def exactly(self, right: Any, answer: Answer) -> bool:
        """Whether an answer is the right one, so that what is built on it is built on the right."""
        found = self.compare(right, answer)
        return found.equal and not found.words

    def stands_in(self, right: Any, answer: Answer) -> bool:
        """Whether a wrong answer of the right form is near enough to build a later answer on."""
        return False

    def easier(self, right: Any, answer: Answer) -> bool:
        """Whether an answer says much less than the right one, so that it is found without work."""
        return False

    def spec(self) -> dict[str, Any]:
        """Return the comparer as plain data; `from_spec` reads it."""
        values = {k: v for k, v in vars(self).items() if v not in (None, (), {})}
        return {"kind": self.kind, **values}


def as_answer(right: Any) -> Answer:
    """Return a value in the form answers have, so that both sides are read alike."""
    return right if isinstance(right, Answer) else decode(encode(right))


def wrong_kind(answer: Answer, wanted: str) -> list[str]:
    """Say that an answer is of another kind than wanted."""
    if answer.kind == "too_large":
        return [f"Your answer is {answer.about}, too large to be looked at; expected {wanted}."]
    call = answer.about in ("a function", "a method", "a builtin_function_or_method")
    hint = " Did you forget the brackets ( ) that call it?" if call else ""
    return [f"Your answer is {answer.about}; expected {wanted}.{hint}"]


def is_missing(value: Any) -> bool:
    """Whether a plain value is None, NaN, NA or NaT."""
    return value is None or value is pd.NA or value is pd.NaT or value != value


def plain(value: Any) -> str:
    """Reduce a value to what counts: 7.0 is 7, case and blanks do not matter, missing is empty.

    >>> plain("Hotels :  Large") == plain("hotels:large")
    True
    """
    if not isinstance(value, str):
        if is_missing(value):
            return ""
        if isinstance(value, float | np.floating) and float(value).is_integer():
            value = int(value)
    text = str(value)
    if len(text) <= LONGEST_PLAIN and not text.isascii():
        text = _normal(text)
    words = " ".join(text.split()).casefold()
    return words.replace(" :", ":").replace(": ", ":")


@lru_cache(maxsize=10_000)
def _normal(text: str) -> str:
    return unicodedata.normalize("NFKC", text)
