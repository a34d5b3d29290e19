"""What a student is told about one question."""

from __future__ import annotations

from dataclasses import dataclass, field
from html import escape
from typing import Literal

from whobuys.course._words import html

Status = Literal[
    "passed", "partly", "try_again", "not_started", "could_not_run", "received", "for_review"
]

#: The words and the sign for each status. The sign is never alone, so no one needs colour.
WORDS: dict[str, tuple[str, str]] = {
    "passed": ("Right", "✓"),
    "partly": ("Partly right", "◐"),
    "try_again": ("Not right yet", "✎"),
    "not_started": ("Not started", "○"),
    "could_not_run": ("Could not run", "⚠"),
    "received": ("Received", "↑"),
    "for_review": ("A person will mark it", "☰"),
}
BORDERS = {
    "passed": "#2f7d4f",
    "partly": "#b7791f",
    "try_again": "#b7791f",
    "could_not_run": "#a63d2f",
}


@dataclass(frozen=True)
class Verdict:
    """The judgement of one answer.

    Attributes
    ----------
    question : str
        The question's id, such as "q1".
    title : str
        Its title.
    status : str
        `passed`, `partly`, `try_again`, `not_started`, `could_not_run`; while nobody has judged
        yet, `received` (a released exercise checks the shape only) or `for_review` (an open
        answer).
    points : float
        What the question is worth.
    credit : float
        The share of the points that is earned, 0 to 1.
    details : tuple of str
        Sentences: what was compared and what differs.
    mistake : str or None
        The id of the known mistake that was recognised.
    """

    question: str
    title: str
    status: Status
    points: float
    credit: float = 0.0
    details: tuple[str, ...] = field(default=())
    mistake: str | None = None

    @property
    def earned(self) -> float:
        """Points earned, to two decimals."""
        return round(self.points * self.credit, 2)

    @property
    def headline(self) -> str:
        """The status in words, with the points where points are settled."""
        words, sign = WORDS[self.status]
        if self.status in ("received", "for_review"):
            return f"{sign} {words}"
        points = "point" if self.points == 1 else "points"
        return f"{sign} {words} — {self.earned:g} of {self.points:g} {points}"

    def __str__(self) -> str:
        lines = [f"{self.question} · {self.title}: {self.headline}"]
        return "\n".join([*lines, *(f"  {line}" for line in self.details)])

    __repr__ = __str__

    def _repr_html_(self) -> str:
        border = BORDERS.get(self.status, "#5b6770")
        details = "".join(f"<p style='margin:.3em 0 0'>{html(line)}</p>" for line in self.details)
        return (
            f"<div role='status' style='border-left:.35em solid {border};padding:.4em .9em;"
            f"margin:.3em 0'><strong>{escape(self.question)} · {escape(self.title)}: "
            f"{escape(self.headline)}</strong>{details}</div>"
        )
