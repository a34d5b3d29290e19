"""Reports as answers: whether the sections are there and speak, whether the figures are right."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import pandas as pd

from whobuys.course._answers import Answer
from whobuys.course._comparer import SAME, Comparer, Difference, as_answer, wrong_kind
from whobuys.course._words import count, say_both, some

LEAST_LETTERS = 15
LEAST_WORDS = 20
MOST_NAMED = 10
MOST_SEGMENTS = 10
WRONG_SETTINGS = 0.5
SETTINGS = {
    "report": "the report",
    "company": "the company",
    "start": "the first day",
    "end": "the last day",
    "answer_days": "the days to settle a complaint",
}


@dataclass(frozen=True)
class Sections(Comparer):
    """The outline of a report: every section, every sub-head, something under each.

    What is graded is read from the executed notebook; there a section needs the student's own
    words too. In a variable (`Report.outline`) own words are missing, and not asked for.
    """

    kind: ClassVar[str] = "sections"
    by_share: ClassVar[bool] = True
    report: str = ""
    wanted: tuple[str, ...] = ()

    @property
    def of_page(self) -> str:  # type: ignore[override]
        """The report that is read from the page."""
        return self.report

    def shape(self, answer: Answer) -> list[str]:
        """Want an outline; one that knows the sections also says which are missing."""
        wanted = "the outline of the report, such as customer.outline()"
        if answer.kind != "table":
            return wrong_kind(answer, wanted)
        lacking = {"section", "part", "letters"} - set(answer.value.columns)
        if lacking:
            return [f"The table lacks the column {some(sorted(lacking))}; expected {wanted}."]
        missing = [name for name in self.wanted if name not in set(answer.value["section"])]
        return [f"Not written yet: {some(missing)}."] if missing else []

    def compare(self, right: Any, answer: Answer) -> Difference:
        """Count the sections that are whole."""
        problems = replace(self, wanted=()).shape(answer)
        if problems:
            return Difference(0.0, tuple(problems))
        outline, theirs = as_answer(right).value, answer.value
        faults: list[str] = []
        whole = 0
        names = list(dict.fromkeys(outline["section"]))
        for name in names:
            own = theirs[theirs["section"] == name]
            found = _section_faults(outline[outline["section"] == name], own)
            whole += not found
            faults += found
        if not faults:
            return SAME
        words = [f"{whole} of {len(names)} sections are whole."]
        return Difference(whole / len(names), (*words, *_first(faults)))

    def fitted(self, right: Any) -> Comparer:
        """Return a copy that knows the sections."""
        return replace(self, wanted=tuple(dict.fromkeys(as_answer(right).value["section"])))


def _section_faults(wanted: pd.DataFrame, theirs: pd.DataFrame) -> list[str]:
    title = wanted["title"].iloc[0]
    if theirs.empty:
        return [f"The section “{title}” is missing."]
    there = pd.to_numeric(theirs["letters"], errors="coerce").groupby(theirs["part"]).max()
    faults = []
    for part, says in zip(wanted["part"], wanted["says"], strict=True):
        if part not in there.index:
            faults.append(f"In the section “{title}” the sub-head “{says}” is missing.")
        elif not there[part] >= LEAST_LETTERS:
            faults.append(f"In the section “{title}” nothing stands under “{says}”.")
    own = own_words(theirs)
    if own is not None and own < LEAST_WORDS:
        said = count(own, "word") if own else "no words"
        faults.append(
            f"The section “{title}” has {said} of your own; write at least {LEAST_WORDS} below "
            "the grey line."
        )
    return faults


def own_words(outline: pd.DataFrame) -> int | None:
    """Return the fewest own words of a section in an outline; None where they are not known."""
    if "own_words" not in outline.columns:
        return None
    known = pd.to_numeric(outline["own_words"], errors="coerce").dropna()
    return None if known.empty else int(known.min())


@dataclass(frozen=True)
class Figures(Comparer):
    """The figures of a report, each within the tolerance of its recomputation.

    The number of segments is the student's choice: the right figures are those for that choice,
    which goes to the answer function as `k`. Where the other settings are not those asked for,
    half of the points is the most there can be.
    """

    kind: ClassVar[str] = "figures"
    by_share: ClassVar[bool] = True

    def shape(self, answer: Answer) -> list[str]:
        """Want the table of the results."""
        wanted = "the figures of the report, such as customer.finish().counted"
        if answer.kind != "table":
            return wrong_kind(answer, wanted)
        lacking = {"section", "name", "of", "value", "k", *SETTINGS} - set(answer.value.columns)
        if lacking:
            return [f"The table lacks the column {some(sorted(lacking))}; expected {wanted}."]
        return [] if len(answer.value) else ["The table of the figures is empty."]

    def choices(self, answer: Answer) -> dict[str, Any]:
        """Return the number of segments."""
        if self.shape(answer):
            return {}
        chosen = pd.to_numeric(answer.value["k"], errors="coerce").iloc[0]
        fair = 2 <= chosen <= MOST_SEGMENTS and float(chosen).is_integer()
        return {"k": int(chosen)} if fair else {}

    def compare(self, right: Any, answer: Answer) -> Difference:
        """Count the figures that agree."""
        problems = self.shape(answer)
        if problems:
            return Difference(0.0, tuple(problems))
        wanted, theirs = as_answer(right).value, answer.value
        faults = settings_faults(wanted, theirs)
        if not self.choices(answer):
            faults.append(f"The number of segments must be a whole number, 2 to {MOST_SEGMENTS}.")
        if (theirs["report"].map(_said) != str(wanted["report"].iloc[0])).any():
            return Difference(0.0, tuple(faults))
        settings_right = not faults
        values = {
            _key(row): row["value"] for row in reversed(theirs.to_dict("records"))
        }  # the first of two rows counts
        good = 0
        for row in wanted.to_dict("records"):
            what = f"{row['name'].replace('_', ' ')}" + (f" ({row['of']})" if row["of"] else "")
            where = f"“{row['section'].replace('_', ' ')}”, {what}"
            if _key(row) not in values:
                faults.append(f"{where}: this figure is missing.")
            elif not _agrees(values[_key(row)], row["value"], row["tolerance"]):
                said, is_right = say_both(values[_key(row)], row["value"])
                faults.append(
                    f"{where}: {said} in your results; from your tables it is {is_right}."
                )
            else:
                good += 1
        if not faults:
            return SAME
        share = good / len(wanted) * (1 if settings_right else WRONG_SETTINGS)
        said = f"{good} of {count(len(wanted), 'figure')} agree with your tables."
        return Difference(min(share, 0.999), (said, *_first(faults)))


def settings_faults(wanted: pd.DataFrame, theirs: pd.DataFrame) -> list[str]:
    """Say which settings are not those asked for."""
    faults = []
    for name, says in SETTINGS.items():
        asked, used = str(wanted[name].iloc[0]), theirs[name].map(_said)
        other = used[used != _said(wanted[name].iloc[0])]
        if not other.empty:
            faults.append(f"Asked for was {says} {_said(asked)}; you used {other.iloc[0]}.")
    return faults


def _said(value: Any) -> str:
    return f"{value:g}" if isinstance(value, int | float) else str(value).strip()


def _key(row: Mapping[Any, Any]) -> tuple[str, str, str]:
    of = row["of"]
    blank = of is None or (isinstance(of, float) and math.isnan(of))
    return str(row["section"]), str(row["name"]), "" if blank else _said(of)


def _agrees(theirs: Any, right: float, tolerance: float) -> bool:
    number = isinstance(theirs, int | float) and math.isfinite(theirs)
    return number and abs(theirs - right) <= tolerance + 1e-6 * max(1.0, abs(right))


def _first(faults: list[str]) -> list[str]:
    more = len(faults) - MOST_NAMED
    return [*faults[:MOST_NAMED], *([f"And {more} more."] if more > 0 else [])]


def sections(report: str) -> Sections:
    """Compare the sections of a report, by its name."""
    return Sections(report)


def figures() -> Figures:
    """Compare the figures of a report, each within its own tolerance."""
    return Figures()
