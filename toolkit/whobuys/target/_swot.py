"""SWOT as data: each statement with its evidence, and the checks a reader would make."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from html import escape

import pandas as pd

from whobuys.segment._lines import require_columns

QUADRANTS: dict[str, str] = {
    "strength": "inside, helpful: what we do better than a rival",
    "weakness": "inside, harmful: what a rival does better",
    "opportunity": "outside, helpful: what happens without us and helps",
    "threat": "outside, harmful: what happens without us and harms",
}
COLUMNS = ("quadrant", "statement", "evidence")
INSIDE = (" we ", " our ", " us ", " ours ", " my ")
MOST = 5


def check_swot(
    entries: pd.DataFrame,
    evidence: Mapping[str, pd.DataFrame] | None = None,
    *,
    today: str | pd.Timestamp | None = None,
    oldest_years: float = 3,
) -> pd.DataFrame:
    """Find what is wrong with a SWOT table: statements without evidence, in the wrong place, twice.

    Parameters
    ----------
    entries : DataFrame
        One row a statement: ``quadrant`` ("strength", "weakness", "opportunity", "threat"),
        ``statement``, ``evidence`` (a link such as "rivals.rating_taste", or a source in words; ""
        for none) and, if known, ``date`` of the evidence.
    evidence : mapping of str to DataFrame, optional
        The tables links may lead to, by name. Each "table.column" is then followed.
    today : date, optional
        The day from which the age of evidence counts; without, ages are not checked.
    oldest_years : float
        Older evidence is a finding.

    Returns
    -------
    DataFrame
        One row a finding: ``row`` (index label of the entry, or ""), ``quadrant``, ``problem``,
        ``mend``. Empty when there is none.

    Raises
    ------
    ValueError
        A column is missing or a quadrant is unknown.

    Notes
    -----
    The matrix goes back to the Stanford and Harvard teaching of the 1960s (Learned, Christensen,
    Andrews and Guth, 1965); Hill and Westbrook (1997) found most made in firms to be long lists
    without evidence that nobody used. Hence these checks.

    Examples
    --------
    >>> import pandas as pd
    >>> entries = pd.DataFrame([
    ...     ("strength", "Rated best for taste", "rivals.rating_taste"),
    ...     ("opportunity", "We will open a web shop", ""),
    ... ], columns=["quadrant", "statement", "evidence"])
    >>> tables = {"rivals": pd.DataFrame({"rating_taste": [4.1]})}
    >>> check_swot(entries, tables)[["quadrant", "problem"]]
          quadrant                  problem
    0  opportunity              no evidence
    1  opportunity  about us, not the world
    2     weakness                    empty
    3       threat                    empty
    """
    _known(entries)
    rows: list[tuple[object, str, str, str]] = []
    seen: dict[str, object] = {}
    for label, entry in zip(entries.index, entries.to_dict("records"), strict=True):
        quadrant, statement = str(entry["quadrant"]), str(entry["statement"] or "").strip()
        link = entry["evidence"]
        link = "" if link is None or link != link else str(link).strip()

        def said(problem: str, mend: str, label: object = label, quadrant: str = quadrant) -> None:
            rows.append((label, quadrant, problem, mend))

        if not statement:
            said("no statement", "Write it, or drop the row.")
            continue
        if not link:
            said("no evidence", "Name the table and column, or the source with its date.")
        elif evidence is not None and (problem := _broken(link, evidence)):
            said(problem, f"The tables are: {', '.join(evidence)}.")
        words = f" {statement.lower().strip('.')} "
        if quadrant in ("opportunity", "threat") and any(word in words for word in INSIDE):
            said(
                "about us, not the world",
                "What we are or will do is a strength, a weakness or a plan.",
            )
        if words in seen:
            said("said twice", f"The same stands in row {seen[words]}.")
        seen.setdefault(words, label)
        if today is not None and "date" in entries.columns and pd.notna(entry["date"]):
            age = (pd.Timestamp(today) - pd.Timestamp(entry["date"])).days / 365.25
            if age > oldest_years:
                said("old evidence", f"It is {age:.0f} years old: find newer, or say so.")
    counts = entries["quadrant"].value_counts()
    for name in QUADRANTS:
        count = int(counts.get(name, 0))
        if count == 0:
            rows.append(("", name, "empty", "Nothing at all? Ask somebody who left us."))
        elif count > MOST:
            rows.append(("", name, "too many", f"Keep the {MOST} that would change a decision."))
    return pd.DataFrame(rows, columns=["row", "quadrant", "problem", "mend"])


def swot_grid(entries: pd.DataFrame, title: str = "SWOT") -> SwotGrid:
    """Lay the statements out in the four fields.

    Parameters
    ----------
    entries : DataFrame
        As for `check_swot`.
    title : str
        What it is about, and as of when.

    Returns
    -------
    SwotGrid
        Shows itself in a notebook; ``str(grid)`` is the same in plain text. A statement without
        evidence is marked "not shown".

    Raises
    ------
    ValueError
        A column is missing or a quadrant is unknown.

    Examples
    --------
    >>> import pandas as pd
    >>> print(swot_grid(pd.DataFrame([("strength", "Rated best for taste", "rivals.rating_taste")],
    ...     columns=["quadrant", "statement", "evidence"]), "Tea, 2026"))
    Tea, 2026
    STRENGTHS
    - Rated best for taste [rivals.rating_taste]
    WEAKNESSES
    OPPORTUNITIES
    THREATS
    """
    _known(entries)
    return SwotGrid(title, entries.reset_index(drop=True))


@dataclass(frozen=True, eq=False, repr=False)
class SwotGrid:
    """The four fields. Made by `swot_grid`.

    Attributes
    ----------
    title : str
        What it is about.
    entries : DataFrame
        The statements.
    """

    title: str
    entries: pd.DataFrame

    def __repr__(self) -> str:
        return str(self)

    def __str__(self) -> str:
        lines = [self.title]
        for name in QUADRANTS:
            lines.append(_plural(name).upper())
            lines += [f"- {said} [{source}]" for said, source in self._field(name)]
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        """Return the grid as HTML that needs no file besides it; every text is escaped."""
        cells = []
        for name, meaning in QUADRANTS.items():
            items = "".join(
                f'<li>{escape(said)} <span style="font-size:0.85em;opacity:0.75">'
                f"[{escape(source)}]</span></li>"
                for said, source in self._field(name)
            )
            cells.append(
                '<td style="width:50%;vertical-align:top;text-align:left;white-space:normal;'
                'border:1px solid #8a949b;padding:0.5em 0.8em">'
                f"<b>{_plural(name).capitalize()}</b><br>"
                f'<span style="font-size:0.85em;opacity:0.75">{escape(meaning)}</span>'
                f'<ul style="margin:0.3em 0 0;padding-left:1.1em">{items}</ul></td>'
            )
        return (
            f'<table class="whobuys-swot" style="max-width:48em;border-collapse:collapse">'
            f'<caption style="text-align:left;font-weight:bold">{escape(self.title)}</caption>'
            f"<tr>{cells[0]}{cells[1]}</tr><tr>{cells[2]}{cells[3]}</tr></table>"
        )

    def _field(self, quadrant: str) -> list[tuple[str, str]]:
        own = self.entries[self.entries["quadrant"] == quadrant]
        return [
            (
                str(said),
                str(link).strip() if isinstance(link, str) and link.strip() else "not shown",
            )
            for said, link in zip(own["statement"], own["evidence"], strict=True)
        ]


def _known(entries: pd.DataFrame) -> None:
    require_columns(entries, {name: name for name in COLUMNS}, table="entries")
    strange = entries.loc[~entries["quadrant"].isin(list(QUADRANTS)), "quadrant"]
    if len(strange):
        raise ValueError(
            f"There is no quadrant {strange.iloc[0]!r}. The four are: {', '.join(QUADRANTS)}."
        )


def _broken(link: str, evidence: Mapping[str, pd.DataFrame]) -> str:
    """Say what is wrong with a link; a source in words (with a blank) is not followed."""
    if " " in link:
        return ""
    name, _, column = link.partition(".")
    if name not in evidence:
        return f"no table {name}"
    if column and column not in evidence[name].columns:
        return f"no column {column} in {name}"
    return ""


def _plural(name: str) -> str:
    return name[:-1] + "ies" if name.endswith("y") else name + ("es" if name[-1] == "s" else "s")
