"""One section of a report: text, tables, figures, and the numbers for the results file."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from whobuys.report._words import Words

SPACES = re.compile(r"[ \t\r\n]+")
ACTIVE = re.compile(r"([\\`*_\[\]<>|#$~])")


@dataclass(frozen=True)
class Number:
    """One figure of a report, as it goes into the results file.

    Attributes
    ----------
    section, name, of : str
        Where it stands, what it is, and of which group ("" for all).
    value : float
        The number.
    unit : str
        What it counts.
    tolerance : float
        How far a recomputation may be from it.
    """

    section: str
    name: str
    of: str
    value: float
    unit: str
    tolerance: float


@dataclass(eq=False)
class Section:
    """A finished section; a notebook shows it when it is the last line of a cell.

    Attributes
    ----------
    name, heading : str
        Its name in the code, and its heading.
    parts : list
        In their order: text as Markdown, or a matplotlib figure with alt text.
    numbers : list of Number
        Its figures for the results file.
    left_out : dict of str to str
        Sub-heads that could not be filled, each with the reason.
    heads : list of str
        Its sub-heads, by their names in the words file.
    """

    name: str
    heading: str
    parts: list[str | Figure] = field(default_factory=list)
    numbers: list[Number] = field(default_factory=list)
    left_out: dict[str, str] = field(default_factory=dict)
    heads: list[str] = field(default_factory=list)

    def _ipython_display_(self) -> None:
        from IPython.display import Markdown, display

        for part in self.parts:
            display(Markdown(part) if isinstance(part, str) else part)


class Writer:
    """Writes one section: sub-heads in their order, with what the data say under each.

    Parameters
    ----------
    words : Words
        The report's words.
    name : str
        The section.
    """

    def __init__(self, words: Words, name: str) -> None:
        self._all, self._words = words, words.section(name)
        self.made = Section(name, str(self._words["heading"]))
        self._flows = False

    def head(self, sub: str, heading: str | None = None, /, **facts: object) -> None:
        """Write a sub-head and its sentences, which are the text `text` of that sub-head."""
        words = self._words["subs"][sub]
        self.made.heads.append(sub)
        self._add(f"### {heading or words['heading']}")
        if "text" in words:
            self.say(sub, "text", **facts)

    def say(self, sub: str, key: str, /, **facts: object) -> None:
        """Add another text of a sub-head; it goes on where the last text ended."""
        text = str(self._words["subs"][sub][key]).strip().format_map(_Escaped(facts))
        parts = self.made.parts
        if self._flows and not text.startswith("- "):
            parts[-1] = f"{parts[-1]} {text}"
        else:
            self._add(text)
        self._flows = not text.startswith("- ") and not text.endswith(":")

    def note(self, key: str, /, **facts: object) -> None:
        """Add a text of the section itself, such as its limit."""
        self._add(str(self._words[key]).strip().format_map(_Escaped(facts)))

    def missing(self, sub: str, lacks: str) -> None:
        """Write a sub-head that cannot be filled, and say what is missing."""
        reason = self._all.common("lacks", lacks)
        self.made.heads.append(sub)
        self._add(f"### {self._words['subs'][sub]['heading']}")
        self._add(self._all.common("shared", "cannot_say").format(reason=reason))
        self.made.left_out[sub] = reason

    def part(self, text: str) -> None:
        """Add Markdown that is ready."""
        self._add(text)

    def table(
        self, frame: pd.DataFrame, formats: Mapping[str, Callable[[Any], str]] | None = None
    ) -> None:
        """Add a table: columns named by the words file, numbers as the formats write them."""
        formats = formats or {}
        right = [
            column in formats or pd.api.types.is_numeric_dtype(frame[column]) for column in frame
        ]
        heads = [plain(self._all.common("columns", str(column))) for column in frame]
        lines = [_row(heads), _row(["--:" if is_right else ":--" for is_right in right])]
        for values in frame.itertuples(index=False):
            lines.append(
                _row(
                    [
                        plain(_said(value, formats.get(str(column))))
                        for column, value in zip(frame, values, strict=True)
                    ]
                )
            )
        self._add("\n".join(lines))

    def figure(self, drawn: Axes | Figure) -> None:
        """Add a figure; it is closed here, so that nothing shows it twice."""
        figure = drawn if isinstance(drawn, Figure) else drawn.get_figure(root=True)
        assert isinstance(figure, Figure)  # noqa: S101 - every chart has one
        plt.close(figure)
        self._flows = False
        self.made.parts.append(figure)

    def number(
        self, name: str, value: float, unit: str, tolerance: float = 0.0, of: object = ""
    ) -> None:
        """Note a figure for the results file; what is not finite is no figure."""
        if math.isfinite(value):
            value = int(value) if float(value).is_integer() else round(float(value), 6)
            self.made.numbers.append(Number(self.made.name, name, str(of), value, unit, tolerance))

    def _add(self, text: str) -> None:
        parts, self._flows = self.made.parts, False
        if parts and isinstance(parts[-1], str):
            is_list = text.startswith("- ") and parts[-1].rpartition("\n")[2].startswith("- ")
            parts[-1] = f"{parts[-1]}{chr(10) if is_list else chr(10) * 2}{text}"
        else:
            parts.append(text)


class _Escaped(dict):
    """Facts for a text: what is text loses its meaning in Markdown."""

    def __init__(self, facts: Mapping[str, object]) -> None:
        super().__init__({k: plain(v) if isinstance(v, str) else v for k, v in facts.items()})


def plain(text: str) -> str:
    r"""Write a text so that Markdown shows it as it is.

    Examples
    --------
    >>> plain("a|b *c*")
    'a\\|b \\*c\\*'
    """
    return ACTIVE.sub(r"\\\1", SPACES.sub(" ", str(text)).strip())


def _said(value: Any, write: Callable[[Any], str] | None) -> str:
    if value is None or (isinstance(value, float) and math.isnan(value)) or value is pd.NA:
        return "–"
    if write is not None:
        return write(value)
    if isinstance(value, float):
        return f"{value:,.2f}"
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}"
    return str(value)


def _row(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"
