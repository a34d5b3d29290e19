"""Numbers, counts and names as people write them."""

from __future__ import annotations

import math
import numbers
import re
from collections.abc import Iterable, Sequence
from html import escape
from typing import Any

import pandas as pd


def say(value: Any) -> str:
    """Write a value: four figures or two decimals at least, no trailing zeros, never 1e+06.

    Examples
    --------
    >>> say(1234567.5), say(0.7130977), say(31.0), say(float("nan"))
    ('1,234,567.5', '0.7131', '31', 'missing')
    """
    if value is None or value is pd.NA or value is pd.NaT:
        return "missing"
    if isinstance(value, pd.Timestamp):
        return f"{value.day} {value:%B %Y}"
    if isinstance(value, bool) or not isinstance(value, numbers.Real):
        return str(value)[:60]
    if isinstance(value, numbers.Integral):
        return f"{int(value):,}" if abs(int(value)) < 10**15 else f"{float(value):.3g}"
    return _say_float(float(value))


def _say_float(value: float) -> str:
    if math.isnan(value):
        return "missing"
    if math.isinf(value):
        return "infinite"
    if value == 0:
        return "0"
    if not 1e-6 <= abs(value) < 1e15:
        return f"{value:.3g}"
    decimals = max(2, 3 - math.floor(math.log10(abs(value))))
    return f"{value:,.{decimals}f}".rstrip("0").rstrip(".")


def say_both(one: Any, other: Any) -> tuple[str, str]:
    """Write two different values so that the difference shows.

    Examples
    --------
    >>> say_both(0.12, 0.1200000004)
    ('0.12', '0.1200000004')
    """
    words = say(one), say(other)
    return words if words[0] != words[1] else (str(one)[:60], str(other)[:60])


def html(words: str) -> str:
    """Escape a sentence for HTML; between backticks stands code, between two stars what is strong.

    Examples
    --------
    >>> html("Look at `rfm` & go on with **more** of it.")
    'Look at <code>rfm</code> &amp; go on with <strong>more</strong> of it.'
    """
    return re.sub(
        r"`([^`]+)`|\*\*([^*`]+)\*\*",
        lambda found: f"<code>{found[1]}</code>" if found[1] else f"<strong>{found[2]}</strong>",
        escape(words),
    )


def quoted(words: str) -> str:
    """Put quotation marks around several words, so that they read as one name."""
    return f"“{words}”" if " " in words else words


def count(number: int, noun: str) -> str:
    """Write a count with its noun.

    Examples
    --------
    >>> count(1, "row"), count(1434, "row")
    ('1 row', '1,434 rows')
    """
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def a(noun: str) -> str:
    """Put the article before a noun.

    Examples
    --------
    >>> a("function"), a("object")
    ('a function', 'an object')
    """
    return f"an {noun}" if noun[:1].lower() in set("aeio") else f"a {noun}"


def some(values: Iterable[Any]) -> str:
    """List up to three values, in order; of more, the first three.

    Examples
    --------
    >>> some(["C2", "C1"])
    'C1, C2'
    >>> some(range(9))
    'for instance 0, 1, 2'
    """
    ordered: Sequence[Any] = sorted(values, key=str)
    shown = ", ".join(quoted(say(value)) for value in ordered[:3])
    return shown if len(ordered) <= 3 else f"for instance {shown}"
