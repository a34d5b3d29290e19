"""Put computed numbers into a lesson's text, so that no number is typed from memory."""

from __future__ import annotations

import math
import re
import runpy
from collections.abc import Mapping
from datetime import date
from numbers import Real
from pathlib import Path
from typing import Any

from whobuys.course._source import BuildError, nearest
from whobuys.course._units import load_key
from whobuys.course.compare import Essay

PLACEHOLDER = re.compile(r"\{\{(.*?)\}\}")
_INSIDE = re.compile(r"\s*([A-Za-z_]\w*)\s*(?::(.*))?")


def read_facts(path: Path) -> dict[str, Any]:
    """Run `facts()` of a `facts.py`; no file means no facts.

    Raises
    ------
    BuildError
        When the file does not run, has no function `facts`, or that returns no dict.
    """
    if not path.exists():
        return {}
    try:
        facts = runpy.run_path(str(path), run_name="facts")["facts"]()
    except KeyError as error:
        if error.args != ("facts",):
            raise BuildError(f"does not run: KeyError: {error}") from error
        raise BuildError("has no function facts(); define it and return a dict") from error
    except (Exception, SystemExit) as error:
        raise BuildError(f"does not run: {type(error).__name__}: {error}") from error
    if not isinstance(facts, dict) or not all(isinstance(name, str) for name in facts):
        raise BuildError(f"facts() must return a dict with text keys, not {_kind(facts)}")
    return facts


def read_rubrics(path: Path) -> dict[str, str]:
    """Return the rubric of each open question of a `key.py` as a table: `rubric_q6` for q6.

    Raises
    ------
    BuildError
        When the key does not run.
    """
    if not path.exists():
        return {}
    try:
        questions = load_key(path).questions.values()
    except Exception as error:
        raise BuildError(f"does not run: {type(error).__name__}: {error}") from error
    tables = {}
    for question in questions:
        if isinstance(question.compare, Essay):
            rows = [f"| {line.name} | {line.points:g} |" for line in question.compare.rubric]
            head = ["| what is read for | points |", "|---|---|"]
            tables[f"rubric_{question.id}"] = "\n".join([*head, *rows])
    return tables


def fill(text: str, facts: Mapping[str, Any]) -> str:
    """Replace each `{{ name }}` or `{{ name:format }}` by the fact of that name.

    Parameters
    ----------
    text
        Markdown with placeholders; what follows the colon is a Python format.
    facts
        Names and values: text, whole numbers, floats (only with a format), dates.

    Returns
    -------
    str
        The text with the values in place.

    Raises
    ------
    BuildError
        With one problem a placeholder: unknown name, unfit format, no sensible value.

    Examples
    --------
    >>> fill("{{ once:.0%}} of {{ buyers:,}} bought once.", {"once": 0.312, "buyers": 1441})
    '31% of 1,441 bought once.'
    """
    problems: list[str] = []

    def value(found: re.Match[str]) -> str:
        try:
            return _value(found[1], facts)
        except BuildError as error:
            problems.extend(f"{found[0]}: {problem}" for problem in error.problems)
            return found[0]

    filled = PLACEHOLDER.sub(value, text)
    if problems:
        raise BuildError(problems)
    return filled


def placeholder_names(text: str) -> set[str]:
    """Name every placeholder of a text.

    Examples
    --------
    >>> placeholder_names("{{ once:.0%}} of {{ buyers }}") == {"once", "buyers"}
    True
    """
    return {found[1].partition(":")[0].strip() for found in PLACEHOLDER.finditer(text)}


def _value(inside: str, facts: Mapping[str, Any]) -> str:
    parts = _INSIDE.fullmatch(inside)
    if parts is None:
        raise BuildError("write {{ name }} or {{ name:.0%}}; for literal braces put { { apart")
    name, spec = parts[1], (parts[2] or "").strip()
    if name == "quiz":
        raise BuildError("put {{ quiz }} alone on its line, with an empty line before and after")
    if name not in facts:
        known = ", ".join(sorted(facts)) or "none; facts.py is missing or empty"
        raise BuildError(f'no fact is called "{name}"{nearest(name, facts)}; known facts: {known}')
    value = facts[name]
    value = value.item() if hasattr(value, "item") and getattr(value, "ndim", 0) == 0 else value
    if not isinstance(value, str | Real | date):
        raise BuildError(f"a fact must be a text, a number or a date, not {_kind(value)}")
    if isinstance(value, float):
        if not math.isfinite(value):
            raise BuildError(f"the value is {value}; look at facts.py")
        if not spec:
            raise BuildError("say how to round it, for example {{ " + name + ":.0%}}")
    try:
        return format(value, spec)
    except (ValueError, TypeError) as error:
        raise BuildError(f'the format "{spec}" does not fit {value!r}: {error}') from error


def _kind(value: object) -> str:
    return type(value).__name__
