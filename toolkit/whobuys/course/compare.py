"""How an answer is compared with the right one.

Each comparer knows two things. `shape(answer)` looks only at the form (type, columns, size) and may
travel to students. `compare(right, answer)` looks at the content and says in words what differs.
Neither ever raises on a strange answer: strange answers are ordinary.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np

from whobuys.course._answers import Answer
from whobuys.course._compare_canvas import CanvasForm, canvas
from whobuys.course._compare_plan import Plan, plan
from whobuys.course._compare_report import Figures, Sections, figures, sections
from whobuys.course._compare_tables import Labels, Table
from whobuys.course._comparer import (
    FAR,
    SAME,
    Comparer,
    Difference,
    as_answer,
    is_missing,
    plain,
    wrong_kind,
)
from whobuys.course._words import say, say_both, some

__all__ = [
    "CanvasForm",
    "Comparer",
    "Criterion",
    "Difference",
    "Essay",
    "Figures",
    "Items",
    "Labels",
    "Number",
    "Plan",
    "Sections",
    "Table",
    "Text",
    "canvas",
    "essay",
    "figures",
    "items",
    "labels",
    "number",
    "plan",
    "sections",
    "table",
    "text",
]


@dataclass(frozen=True)
class Number(Comparer):
    """A number within a tolerance; `unit` and `share` are only for the words.

    With `whole` a number may be rounded, and a whole one be less than 1 off.
    """

    kind: ClassVar[str] = "number"
    tolerance: float = 1e-9
    unit: str = ""
    share: bool = field(default=True, repr=False)
    whole: bool = field(default=False, repr=False)

    def shape(self, answer: Answer) -> list[str]:
        """Want one finite number (a table or list of just one counts)."""
        value = _one_number(answer)
        wanted = f"one number{f' ({self.unit})' if self.unit else ''}"
        if value is None:
            quoted = answer.kind == "text" and answer.value.strip().replace(".", "", 1).isdecimal()
            hint = " Take away the quotes." if quoted else ""
            return [f"{words}{hint}" for words in wrong_kind(answer, wanted)]
        if not math.isfinite(value):
            what = "missing (NaN)" if math.isnan(value) else "infinite"
            return [f"Your answer is {what}; expected {wanted}."]
        return []

    def compare(self, right: Any, answer: Answer) -> Difference:
        """Equal within the tolerance, or rounded to a whole number where that may be."""
        problems = self.shape(answer)
        value = _one_number(answer)
        if problems or value is None:
            return Difference(0.0, tuple(problems))
        right = _one_number(as_answer(right))
        gap = float(value) - float(right)
        if self.exactly(right, answer):
            return SAME
        if self.whole and abs(gap) < 1 and (float(value).is_integer() or _is_rounded(value, right)):
            return SAME
        way = "high" if gap > 0 else "low"
        unit = f" {self.unit}" if self.unit else ""
        given = f"{say_both(value, right)[0]}{unit}"
        if _is_rounded(value, right):
            words = f"{given} is rounded too far. Give more decimals, or do not round."
        elif self._is_share(right) and (what := _no_share(value)):
            words = f"A share lies between 0 and 1; {say(value)} looks like {what}."
        else:
            words = f"{given} is too {way}{_by_how_much(value, right)}."
        return Difference(0.0, (words,))

    def exactly(self, right: Any, answer: Answer) -> bool:
        """Within the tolerance, and not only rounded."""
        wanted, given = _one_number(as_answer(right)), _one_number(answer)
        if wanted is None or given is None:
            return False
        return abs(float(given) - float(wanted)) <= self.tolerance + 1e-12

    def _is_share(self, right: float) -> bool:
        """Whether the right number is a share: one without a unit, or with a unit that says so."""
        return self.share and (not self.unit or "share" in self.unit) and 0 < right < 1

    def tidy(self, right: Any, answer: Answer) -> Any:
        """Return the number itself."""
        return _one_number(answer)

    def stands_in(self, right: Any, answer: Answer) -> bool:
        """Want the same sign and about the same size."""
        wanted, given = _one_number(as_answer(right)), _one_number(answer)
        if not wanted or given is None:
            return False
        return 1 / FAR <= given / wanted <= FAR

    def easier(self, right: Any, answer: Answer) -> bool:
        """Whether the number is 0, or 1 (all of it) where the right one is a share."""
        wanted, given = _one_number(as_answer(right)), _one_number(answer)
        if wanted is None or given is None:
            return True
        ends = (0, 1) if abs(wanted) < 1 else (0,)
        return any(abs(abs(given) - end) <= self.tolerance + 1e-12 for end in ends)


@dataclass(frozen=True)
class Text(Comparer):
    """A text; case and blanks do not matter; `also` lists other accepted spellings."""

    kind: ClassVar[str] = "text"
    also: tuple[str, ...] = ()

    def shape(self, answer: Answer) -> list[str]:
        """Want a text (a table or list of just one counts)."""
        return [] if isinstance(_one(answer), str) else wrong_kind(answer, "a text in quotes")

    def compare(self, right: Any, answer: Answer) -> Difference:
        """Equal but for case and blanks."""
        problems = self.shape(answer)
        if problems:
            return Difference(0.0, tuple(problems))
        given = _one(answer)
        if plain(given) in {plain(word) for word in (_one(as_answer(right)), *self.also)}:
            return SAME
        return Difference(0.0, (f"“{given[:60]}” is not the answer.",))

    def tidy(self, right: Any, answer: Answer) -> Any:
        """Return the text itself."""
        return _one(answer)

    def stands_in(self, right: Any, answer: Answer) -> bool:
        """Any name will do: what is nothing leads to nothing (see `easier`)."""
        return True


@dataclass(frozen=True)
class Items(Comparer):
    """A set of texts or numbers: order and repeats do not matter."""

    kind: ClassVar[str] = "set"
    of: str = "items"

    def shape(self, answer: Answer) -> list[str]:
        """Want a list, a set, or one column."""
        if _as_items(answer) is None:
            return wrong_kind(answer, f"a list of {self.of}")
        return []

    def compare(self, right: Any, answer: Answer) -> Difference:
        """Equal when neither side has an element the other lacks."""
        problems = self.shape(answer)
        if problems:
            return Difference(0.0, tuple(problems))
        given, wanted = _as_items(answer) or {}, _as_items(as_answer(right)) or {}
        missing = [item for key, item in wanted.items() if key not in given]
        extra = [item for key, item in given.items() if key not in wanted]
        if not missing and not extra:
            return SAME
        words = []
        if missing:
            are = "is" if len(missing) == 1 else "are"
            words.append(f"Of the {len(wanted):,} {self.of}, {len(missing):,} {are} missing.")
        if extra:
            do = "does" if len(extra) == 1 else "do"
            words.append(f"{len(extra):,} in your list {do} not belong: {some(extra)}.")
        share = (len(wanted) - len(missing)) / max(len(wanted) + len(extra), 1)
        return Difference(share * 0.999, tuple(words))

    def tidy(self, right: Any, answer: Answer) -> Any:
        """Return the elements as a list."""
        return list((_as_items(answer) or {}).values())

    def stands_in(self, right: Any, answer: Answer) -> bool:
        """Want half of the right elements, and no more than three times as many in all."""
        wanted, given = _as_items(as_answer(right)) or {}, _as_items(answer) or {}
        return 2 * len(wanted.keys() & given) >= len(wanted) and len(given) <= 3 * len(wanted)

    def easier(self, right: Any, answer: Answer) -> bool:
        """Whether there are less than a third as many elements."""
        wanted, given = _as_items(as_answer(right)) or {}, _as_items(answer) or {}
        return 3 * len(given) < len(wanted)


@dataclass(frozen=True)
class Criterion:
    """One line of a rubric: what is looked for, its points, and what full, half and none mean."""

    name: str
    points: float
    full: str = "specific, right and shown from the data"
    half: str = "right in general, without evidence"
    none: str = "missing or wrong"


@dataclass(frozen=True)
class Essay(Comparer):
    """An open answer, marked by a person along a rubric. It never passes by itself."""

    kind: ClassVar[str] = "essay"
    rubric: tuple[Criterion, ...] = ()

    @property
    def points(self) -> float:
        """Points of all criteria together."""
        return sum(criterion.points for criterion in self.rubric)

    def shape(self, answer: Answer) -> list[str]:
        """Want some text."""
        return [] if answer.kind == "text" else wrong_kind(answer, "a text")

    def compare(self, right: Any, answer: Answer) -> Difference:
        """Never equal: a person decides."""
        return Difference(0.0)

    def spec(self) -> dict[str, Any]:
        """Return the rubric as data; students may see it."""
        return {"kind": self.kind, "rubric": [dict(vars(line)) for line in self.rubric]}


def number(
    tolerance: float = 1e-9, unit: str = "", *, share: bool = True, whole: bool = False
) -> Number:
    """Compare one number, within `tolerance` (absolute, in the answer's own unit).

    One without a unit between 0 and 1 is taken for a share, unless `share` is False. With `whole`
    the answer may be rounded, down to a whole number.
    """
    return Number(tolerance, unit, share, whole)


def text(*also: str) -> Text:
    """Compare a text; `also` are other accepted spellings."""
    return Text(also)


def items(of: str = "items") -> Items:
    """Compare a set; `of` names its elements in the plural, for the words."""
    return Items(of)


def table(
    on: str,
    columns: Mapping[str, str] | Sequence[str],
    tolerance: float = 1e-6,
    at_least: float = 1.0,
    optional: Sequence[str] = (),
) -> Table:
    """Compare a table, matched on column `on`; `columns` as names (numbers) or name-to-type.

    Rows whose key is among `optional` may be there or not; nobody looks at them.
    """
    typed = columns if isinstance(columns, Mapping) else dict.fromkeys(columns, "number")
    unknown = set(typed.values()) - {"number", "text", "date"}
    if unknown:
        raise ValueError(f"A column is compared as number, text or date, not as {some(unknown)}.")
    return Table(on, dict(typed), tolerance, at_least, optional=tuple(optional))


def labels(on: str, column: str = "label", ari: float = 1.0) -> Labels:
    """Compare a grouping of the keys in `on`, whatever the groups are called."""
    return Labels(on, column, ari)


def essay(*rubric: Criterion) -> Essay:
    """Leave the answer to a person, who marks it along the rubric."""
    return Essay(rubric)


def from_spec(spec: Mapping[str, Any]) -> Comparer:
    """Read a comparer back from `Comparer.spec()`.

    Examples
    --------
    >>> from_spec(number(0.01, "days").spec())
    Number(tolerance=0.01, unit='days')
    """
    values = {key: value for key, value in spec.items() if key != "kind"}
    if spec["kind"] == "essay":
        return Essay(tuple(Criterion(**criterion) for criterion in values.get("rubric", ())))
    values |= {key: tuple(values[key]) for key in ("also", "wanted", "optional") if key in values}
    made: Callable[..., Comparer] = {
        c.kind: c for c in (Number, Text, Items, Table, Labels, CanvasForm, Plan, Figures, Sections)
    }[spec["kind"]]
    return made(**values)


def _one(answer: Answer) -> Any:
    """Return the value of an answer that is, or holds, just one; else None."""
    if answer.kind in ("number", "text"):
        return answer.value
    if answer.kind == "list" and len(answer.value) == 1:
        return answer.value[0]
    if answer.kind == "table" and len(answer.value) == 1:
        cells = answer.value.drop(columns=list(answer.index))
        return cells.iloc[0, 0] if cells.shape[1] == 1 else None
    return None


def _one_number(answer: Answer) -> float | int | None:
    value = _one(answer)
    is_number = isinstance(value, int | float | np.floating) and not isinstance(value, bool)
    return value if is_number else None


def _is_rounded(value: float, right: float) -> bool:
    """Whether a number is the right one with too few decimals; 0 is no rounding, nor 1 of 0.7."""
    decimals = str(value).partition(".")[2].rstrip("0")
    if value == 0 or (not decimals and abs(right) < 1):
        return False
    return round(right, len(decimals)) == value


def _no_share(value: float) -> str:
    """Say what a number far above 1 looks like where a share is asked; a factor is left alone."""
    if value < 2:
        return ""
    if value <= 100:
        return "percent"
    return "a count" if float(value).is_integer() else ""


def _by_how_much(value: float, right: float) -> str:
    """Say how far off a number is; below 0, where more is lower, as a distance from 0."""
    ratio = value / right if right else math.nan
    if 0.01 <= abs(ratio - 1) < 0.995:
        return f", by about {abs(ratio - 1):.0%}"
    more = "as much" if right > 0 else "as far below 0"
    if ratio > 10:
        return f", more than ten times {more}"
    return f", about {round(ratio)} times {more}" if ratio > 1.99 else ""


def _as_items(answer: Answer) -> dict[str, Any] | None:
    """Return the elements by their plain form, without missing ones."""
    if answer.kind == "list":
        values = answer.value
    elif answer.kind == "table":
        columns = [c for c in answer.value.columns if c not in answer.index]
        columns = columns or list(answer.index)
        if len(columns) != 1:
            return None
        values = answer.value[columns[0]]
    else:
        return None
    return {plain(item): item for item in values if not is_missing(item)}
