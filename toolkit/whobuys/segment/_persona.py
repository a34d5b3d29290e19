"""A persona made from data: every statement has its number, its spread and its source."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

import numpy as np
import pandas as pd

from whobuys.segment._lines import require_columns
from whobuys.segment._profiles import kind_of, number_texts, share_text

FACETS: dict[str, tuple[str, ...]] = {
    "basic information": (),
    "purchase behaviour": (),
    "interests": (),
    "values": ("brand", "quality", "price"),
    "motives": ("utilitarian", "hedonic", "social"),
}
COLUMNS = [
    "facet", "part", "statement", "number", "spread", "all", "index", "known", "missing",
    "source", "basis",
]  # fmt: skip
UNKNOWN = "nothing is known"
MOST_STEPS = 11

Given = Sequence[str] | Mapping[str, str | Sequence[str]]


def persona_inputs(
    table: pd.DataFrame,
    segment: object,
    facets: Mapping[str, Given],
    *,
    by: str = "segment",
    assumptions: Mapping[str, Given] | None = None,
    names: Mapping[str, str] | None = None,
    fewest: int = 30,
) -> pd.DataFrame:
    """Collect what the data say of a segment, in the five facets of a persona.

    Parameters
    ----------
    table : DataFrame
        One row a customer.
    segment : object
        Code of the segment, a value of the column `by`.
    facets : mapping
        For each facet ("basic information", "purchase behaviour", "interests", "values",
        "motives") the columns that speak of it: a list, or for values and motives a mapping from
        its parts ("brand", "quality", "price"; "utilitarian", "hedonic", "social") to columns.
    by : str
        Column of the codes.
    assumptions : mapping, optional
        In the same shape, sentences nobody has measured. They are marked.
    names : mapping of str to str, optional
        What to call a column in a statement; by default its name without underscores.
    fewest : int
        A statement known of fewer customers than this is marked "few data".

    Returns
    -------
    DataFrame
        One row a statement: ``facet``, ``part``, ``statement``, ``number`` (median; mean of a short
        scale; share), ``spread`` (text), ``all`` (the same number for all customers), ``index``
        (100 × number / all), ``known`` and ``missing`` customers of the segment, ``source`` (the
        column), ``basis`` ("data", "few data", "assumption", or "unknown" for a facet or part
        nobody has looked at).

    Raises
    ------
    ValueError
        A facet or part is unknown, a column is missing, or no customer has this code.

    Notes
    -----
    The five facets are those common in teaching target-customer analysis. Personas from data and
    *assumption personas* are told apart as in Pruitt, J., and Adlin, T. (2006), *The Persona
    Lifecycle*. Whole numbers from 0 to 10 are taken as a scale and told by their mean; other
    numbers by their median.

    Examples
    --------
    >>> import pandas as pd
    >>> people = pd.DataFrame({"segment": ["A"] * 40 + ["B"] * 60,
    ...                        "age": list(range(20, 60)) + [50] * 60, "app": [True] * 100})
    >>> made = persona_inputs(people, "A", {
    ...     "basic information": ["age"], "purchase behaviour": ["app"]})
    >>> made[["statement", "spread", "basis"]].head(3)
                                statement                         spread basis
    0  40 customers, 40 % of all with a code                               data
    1                    age 40 in the middle  half of them from 30 to 49   data
    2                       app: 100 % of them                0 % are not   data
    """
    require_columns(table, {"by": by}, table="table", rows=True)
    inside = (table[by] == segment).to_numpy()
    if not inside.any():
        there = ", ".join(map(str, sorted(table[by].dropna().unique(), key=str)))
        raise ValueError(f'No customer has {segment!r} in "{by}". There are: {there}.')
    sources, assumed = _by_part(facets, "facets"), _by_part(assumptions or {}, "assumptions")
    wanted = {name for listed in sources.values() for name in listed}
    require_columns(table, {name: name for name in sorted(wanted)}, table="table")
    size, coded = int(inside.sum()), int(table[by].notna().sum())
    rows = [
        ("basic information", "", f"{size:,} customers, {share_text(size / coded)} of all with a "
         "code", size / coded, "", 1.0, np.nan, size, 0, by, "data")
    ]  # fmt: skip
    for facet, parts in FACETS.items():
        for part in (*parts, "") if parts else ("",):
            place = (facet, part)
            said = [
                _statement(table, inside, place, name, (names or {}).get(name), fewest)
                for name in sources.get(place, ())
            ]
            said += [_bare(place, words, "assumption") for words in assumed.get(place, ())]
            needed = part if parts else not any(row[0] == facet and row[9] != by for row in rows)
            rows += said or ([_bare(place, UNKNOWN, "unknown")] if needed else [])
    return pd.DataFrame(rows, columns=COLUMNS)


def persona_card(
    inputs: pd.DataFrame, name: str, *, reader: str = "", action: str = ""
) -> PersonaCard:
    """Lay the statements of a persona out on a card.

    Parameters
    ----------
    inputs : DataFrame
        From `persona_inputs`; drop the rows you do not want to show.
    name : str
        What the segment is called. A name for a group, not for an invented human being.
    reader : str
        For whom the card is made.
    action : str
        The one thing it should lead to.

    Returns
    -------
    PersonaCard
        Shows itself in a notebook; ``str(card)`` is the same in plain text.

    Raises
    ------
    ValueError
        A column is missing, there is no statement, or the name is empty.

    Examples
    --------
    >>> import pandas as pd
    >>> people = pd.DataFrame({"segment": ["A", "A", "B"], "age": [20, 30, 50]})
    >>> made = persona_inputs(people, "A", {"basic information": ["age"]}, fewest=1)
    >>> print(persona_card(made.head(2), "First-timers", reader="the shop", action="Say hello."))
    First-timers
    For: the shop
    <BLANKLINE>
    BASIC INFORMATION
    - 2 customers, 67 % of all with a code [segment]
    - age 25 in the middle; half of them from 22 to 28; all customers: 30 [age, 2 known]
    <BLANKLINE>
    ACTION
    Say hello.
    """
    require_columns(inputs, {c: c for c in COLUMNS}, table="inputs")
    if inputs.empty:
        raise ValueError("inputs has no rows, so there is nothing to put on the card.")
    if not isinstance(name, str) or not name.strip():
        raise ValueError(f"name must be what the segment is called, not {name!r}.")
    return PersonaCard(name.strip(), inputs.reset_index(drop=True), reader.strip(), action.strip())


@dataclass(frozen=True, eq=False, repr=False)
class PersonaCard:
    """A persona on a card. Made by `persona_card`.

    Attributes
    ----------
    name, reader, action : str
        What the segment is called, for whom the card is, what it leads to.
    inputs : DataFrame
        The statements, as `persona_inputs` gives them.
    """

    name: str
    inputs: pd.DataFrame
    reader: str = ""
    action: str = ""

    def __repr__(self) -> str:
        return str(self)

    def __str__(self) -> str:
        lines = [self.name] + ([f"For: {self.reader}"] if self.reader else [])
        for facet, rows in self._facets():
            lines += ["", facet.upper()]
            for row in rows:
                part = f"{row['part']}: " if row["part"] else ""
                lines.append(f"- {part}{_line(row)} [{_source(row)}]")
        if self.action:
            lines += ["", "ACTION", self.action]
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        """Return the card as HTML that needs no file besides it; every text is escaped."""
        parts = [
            '<div class="whobuys-persona" style="max-width:42em;border:1px solid #8a949b;'
            'border-radius:6px;padding:0.4em 1.2em 0.9em;line-height:1.4">',
            f'<div style="font-size:1.25em;margin-top:0.5em"><b>{escape(self.name)}</b></div>',
        ]
        if self.reader:
            parts.append(f"<div>For: {escape(self.reader)}</div>")
        for facet, rows in self._facets():
            title = escape(facet[0].upper() + facet[1:])
            parts.append(f'<div style="margin-top:0.8em"><b>{title}</b></div>')
            parts.append('<ul style="margin:0.2em 0 0;padding-left:1.2em">')
            parts += [_item(row) for row in rows]
            parts.append("</ul>")
        if self.action:
            parts.append(
                '<div style="border-top:1px solid #8a949b;margin-top:0.9em;padding-top:0.5em">'
                f"<b>Action.</b> {escape(self.action)}</div>"
            )
        return "".join([*parts, "</div>"])

    def _facets(self) -> list[tuple[str, list[dict[str, Any]]]]:
        found = dict.fromkeys(self.inputs["facet"].astype(str))
        order = [f for f in FACETS if f in found] + [f for f in found if f not in FACETS]
        names = [str(name) for name in self.inputs]
        rows = [dict(zip(names, row, strict=True)) for row in self.inputs.to_numpy().tolist()]
        return [(facet, [row for row in rows if row["facet"] == facet]) for facet in order]


def _by_part(given: Mapping[str, Given], argument: str) -> dict[tuple[str, str], list[str]]:
    """Sort columns or sentences by facet and part."""
    found: dict[tuple[str, str], list[str]] = {}
    for facet, listed in given.items():
        if facet not in FACETS:
            raise ValueError(
                f"{argument} has no facet {facet!r}. The facets are: {', '.join(FACETS)}."
            )
        parts = listed if isinstance(listed, Mapping) else {"": listed}
        for part, entries in parts.items():
            if part and part not in FACETS[facet]:
                known = ", ".join(FACETS[facet]) or "none"
                raise ValueError(f"The facet {facet!r} has no part {part!r}; it has: {known}.")
            found[facet, part] = [entries] if isinstance(entries, str) else list(entries)
    return found


def _statement(
    table: pd.DataFrame,
    inside: np.ndarray,
    place: tuple[str, str],
    name: str,
    label: str | None,
    fewest: int,
) -> tuple[Any, ...]:
    values = table[name]
    own, everybody = values[inside].dropna(), values.dropna()
    label, kind = label or name.replace("_", " "), kind_of(values)
    missing = int(inside.sum()) - len(own)
    if own.empty:
        return (*_bare(place, f"{label}: {UNKNOWN}", "unknown")[:7], 0, missing, name, "unknown")
    if kind == "category":
        shares = own.astype(object).value_counts(normalize=True)
        shares = shares.loc[sorted(shares.index, key=lambda level: (-shares[level], str(level)))]
        number, total = shares.iloc[0], (everybody.astype(object) == shares.index[0]).mean()
        words = f"{label}: {shares.index[0]}, {share_text(number)} of them"
        spread = "; ".join(f"{level} {share_text(s)}" for level, s in shares.iloc[1:4].items())
    elif kind == "yes-no":
        number, total = (float(v.astype(bool).mean()) for v in (own, everybody))
        words, spread = (
            f"{label}: {share_text(number)} of them",
            f"{share_text(1 - number)} are not",
        )
    else:
        numbers, others = own.to_numpy(dtype=float), everybody.to_numpy(dtype=float)
        low, high = np.quantile(numbers, [0.25, 0.75])
        scale = bool(np.isin(others, range(MOST_STEPS)).all())
        number, total = (float(np.mean(v) if scale else np.median(v)) for v in (numbers, others))
        if scale:
            middle, start, end = f"{number:.1f} on average", f"{low:g}", f"{high:g}"
        else:
            middle, start, end = number_texts(numbers, [number, low, high])
            middle = f"{middle} in the middle"
        words = f"{label} {middle}"
        spread = f"half of them from {start} to {end}"
    index = round(100 * number / total, 1) if total > 0 else np.nan
    basis = "data" if len(own) >= fewest else "few data"
    return (*place, words, float(number), spread, float(total), index, len(own), missing, name,
            basis)  # fmt: skip


def _bare(place: tuple[str, str], words: str, basis: str) -> tuple[Any, ...]:
    return (*place, words, np.nan, "", np.nan, np.nan, 0, 0, "", basis)


def _line(row: Mapping[str, Any]) -> str:
    """Return a statement with its spread and what it is for all customers."""
    said = [str(row["statement"])] + ([str(row["spread"])] if row["spread"] else [])
    if row["spread"] and pd.notna(row["all"]):
        said.append(f"all customers: {_for_all(row)}")
    return "; ".join(said)


def _for_all(row: Mapping[str, Any]) -> str:
    number = float(row["all"])
    if "%" in str(row["statement"]):
        return share_text(number)
    if "on average" in str(row["statement"]):
        return f"{number:.1f}"
    return number_texts(np.array([number]), [number])[0]


def _source(row: Mapping[str, Any]) -> str:
    if row["basis"] in ("assumption", "unknown"):
        marked = str(row["basis"]).upper()
        return f"{marked}, {row['source']}" if row["source"] else marked
    known = f", {int(row['known']):,} known" if row["spread"] else ""
    few = "FEW DATA, " if row["basis"] == "few data" else ""
    return f"{few}{row['source']}{known}"


def _item(row: Mapping[str, Any]) -> str:
    part = f"<b>{escape(str(row['part']))}</b>: " if row["part"] else ""
    return (
        f"<li>{part}{escape(_line(row))} "
        f'<small style="opacity:0.75">[{escape(_source(row))}]</small></li>'
    )
