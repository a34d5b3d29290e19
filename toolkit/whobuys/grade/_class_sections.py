"""The sections of the class report: what the tables of a class say, in words, tables and figures.

The shareable form leaves out whatever would be about one or two students.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.figure import Figure

from whobuys.grade._class_figures import item_map, point_bands, totals_figure
from whobuys.grade._class_words import (
    Html,
    Words,
    bullets,
    half_up,
    heading,
    paragraph,
    table,
    told,
)
from whobuys.plot import describe, question_bars

FEWEST = 3
"""The shareable form shows no number about fewer students."""

SMALLEST = 10
"""Graded students that the shareable form takes: from figures of fewer, marks can be rebuilt."""

LOOK = 0.20
"""Below this discrimination a question is to be looked at (Ebel & Frisbie, 1991)."""

AGAIN = 1 / 3
HALF = 0.5
MANY = 30
MOST = 300
SENTENCE = re.compile(r"(?<=[.!?])\s|(?<=[。！？])")
SHARES = ["passed", "partly", "try_again", "not_started", "could_not_run"]

Tables = Mapping[str, pd.DataFrame]


@dataclass(eq=False)
class Shown:
    """A section that a notebook shows when it is the last line of a cell."""

    parts: list[Html | Figure] = field(default_factory=list)

    def _ipython_display_(self) -> None:
        from IPython.display import HTML, display

        for is_text, group in groupby(self.parts, key=lambda part: isinstance(part, Html)):
            for part in [HTML("".join(map(str, group)))] if is_text else group:
                display(part)


@dataclass(frozen=True)
class Teller:
    """What every section needs: the tables, the words, and whether names may stand."""

    data: Tables
    words: Words
    names: bool
    unit: str

    @property
    def graded(self) -> int:
        """How many were graded."""
        return len(self.data["totals"])

    @property
    def hidden(self) -> bool:
        """Whether too few were graded for a page that can be shown."""
        return not self.names and self.graded < SMALLEST

    def may_say(self, n: int) -> bool:
        """Whether a number of students can stand on the page."""
        return self.names or n == 0 or n >= FEWEST

    def how_many(self, n: int) -> str:
        """Write a number of students, or that there are few."""
        if n == 0:
            return self.words.plain("totals.nobody")
        return f"{n:,}" if self.may_say(n) else self.words.plain("shared.few")

    def in_words(self, *sentences: Html) -> Html:
        """Return the paragraph beside a figure or table."""
        return paragraph(self.words.html("shared.in_words"), *sentences)


def opening(tell: Teller) -> list[Html | Figure]:
    """Say how many were graded, and what this page is."""
    words, states = tell.words, dict(tell.data["states"].to_numpy().tolist())
    everybody = words.count("student", sum(states.values()))
    parts: list[Html | Figure] = [heading(words.plain("opening.heading"), 1)]
    parts.append(paragraph(words.html(f"opening.{'with_names' if tell.names else 'shareable'}")))
    if not tell.graded:
        return [*parts, paragraph(words.html("opening.none", students=everybody)), *_missing(tell)]
    known = words.of("states")
    said = [known[state].format(n=f"{states[state]:,}") for state in known if states.get(state)]
    if not all(tell.may_say(n) for state, n in states.items() if state != "graded"):
        said = [said[0], known["others"]]
    counted = words.html(
        "opening.states", students=everybody, states=words.plain("shared.comma").join(said)
    )
    if tell.hidden:
        few = words.html("opening.too_few", unit=tell.unit)
        return [*parts, paragraph(counted), paragraph(few)]
    return [*parts, paragraph(counted, words.html("opening.about"))]


def totals(tell: Teller) -> list[Html | Figure]:
    """Show how the points spread, and how far they can be relied on."""
    words, sums = tell.words, tell.data["totals"]["total"]
    out_of = float(tell.data["totals"]["out_of"].max())
    parts: list[Html | Figure] = [heading(words.plain("totals.heading"))]
    if out_of <= 0:
        return [*parts, paragraph(words.html("totals.no_totals"))]
    bands = point_bands(sums, out_of, 0 if tell.names else FEWEST)
    if len(bands) > 1:
        parts.append(_closed(totals_figure(bands, out_of, words)))
    else:
        parts.append(paragraph(words.html("totals.no_figure")))
    sentences = [
        words.html(
            "totals.middle" if tell.graded > 1 else "totals.one",
            students=words.count("student", tell.graded),
            median=f"{sums.median():g}",
            out_of=f"{out_of:g}",
        )
    ]
    if tell.graded >= (4 if tell.names else 4 * FEWEST):
        first, third = (f"{sums.quantile(part):.3g}" for part in (0.25, 0.75))
        sentences.append(words.html("totals.quarters", first=first, third=third))
    full, low = int((sums >= out_of).sum()), int((sums < HALF * out_of).sum())
    ends = {"full": _capital(tell.how_many(full)), "low": tell.how_many(low)}
    sentences.append(words.html("totals.ends", **ends))
    parts.append(tell.in_words(*sentences))
    items = tell.data["items"]
    asked = tell.data["questions"]
    settled = items[items["waiting"] == 0]
    if len(settled) < len(asked):
        left = asked[~asked["question"].isin(settled["question"])]
        facts = {"questions": list(settled["question"]), "waiting": list(left["question"])}
        listed = {key: words.listed(names) for key, names in facts.items()}
        parts.append(paragraph(words.html("totals.partly", **listed)))
    parts.append(_reliability(tell))
    return parts


def _reliability(tell: Teller) -> Html:
    words, row = tell.words, tell.data["reliability"].iloc[0]
    if not math.isfinite(row["alpha"]):
        said = words.html("totals.no_alpha")
    else:
        said = words.html(
            "totals.alpha",
            alpha=_two(row["alpha"]),
            low=_two(row["low"]),
            high=_two(row["high"]),
            questions=words.count("question", int(row["questions"])),
            students=words.count("student", int(row["students"])),
            sem=words.points(round(float(row["sem"]), 1)),
        )
    if tell.graded >= MANY:
        return paragraph(said)
    small = words.html("totals.small", students=words.count("student", tell.graded))
    return paragraph(said, small)


def items(tell: Teller) -> list[Html | Figure]:
    """Show each question by its figures, and how the answers came out."""
    words, rows = tell.words, tell.data["items"]
    parts: list[Html | Figure] = [heading(words.plain("items.heading"))]
    if rows.empty:
        return [*parts, paragraph(words.html("items.none"))]
    parts.append(paragraph(words.html("items.intro")))
    parts.append(_figures_table(tell))
    apart = rows[rows["discrimination"].notna()]
    if len(apart):
        parts.append(_closed(item_map(apart, LOOK, words)))
    else:
        parts.append(_closed(_shares(rows, words)))
    parts.append(tell.in_words(*_about_items(tell, apart)))
    parts += [paragraph(words.html("items.states")), _states_table(tell)]
    return parts


def _shares(rows: pd.DataFrame, words: Words) -> Any:
    said = "; ".join(
        words.plain(
            "items.shares_alt_item", item=words.item(row), share=words.percent(row["difficulty"])
        )
        for row in rows.to_dict("records")
    )
    questions = words.count("question", len(rows))
    alt = words.plain("items.shares_alt", questions=questions, items=said)
    ax = question_bars(rows, alt=alt)
    ax.set_title(words.plain("items.shares"))
    describe(ax, alt)
    return ax


def _figures_table(tell: Teller) -> Html:
    words = tell.words
    heads = ["question", "difficulty", "discrimination", "upper_lower", "alpha_without"]
    lines = []
    for row in tell.data["items"].to_dict("records"):
        value = _two(row["discrimination"])
        if math.isfinite(row["discrimination_low"]):
            ends = {end: _two(row[f"discrimination_{end}"]) for end in ("low", "high")}
            value = words.plain("shared.interval", value=value, **ends)
        # the upper and the lower group of a small class are one or two students
        shown = tell.names or round(0.27 * row["students"]) >= FEWEST
        groups = _two(row["upper_lower"]) if shown else words.plain("shared.hidden")
        line = [words.item(row), _two(row["difficulty"]), value, groups]
        lines.append([*line, _two(row["alpha_without"])])
    return table([words.of("items")["columns"][head] for head in heads], lines)


def _states_table(tell: Teller) -> Html:
    words, rows = tell.words, tell.data["items"]
    heads = [*SHARES, *(["waiting"] if rows["waiting"].any() else [])]
    lines = []
    for row in rows.to_dict("records"):
        counts = [int(row[head]) for head in heads]
        shown = counts if tell.names else without_few(counts)
        cells = [words.plain("shared.hidden") if n is None else f"{n:,}" for n in shown]
        lines.append([words.item(row), f"{row['points']:g}", *cells])
    named = [words.of("items")["columns"][head] for head in ["question", "points", *heads]]
    return table(named, lines)


def _about_items(tell: Teller, apart: pd.DataFrame) -> list[Html]:
    words, rows = tell.words, tell.data["items"]
    ordered = rows.sort_values("difficulty", kind="stable").to_dict("records")
    low, high = ordered[0], ordered[-1]
    shares = {"low": words.percent(low["difficulty"]), "high": words.percent(high["difficulty"])}
    if len(rows) == 1:
        said = [words.html("items.only", item=words.item(low), share=shares["low"])]
    else:
        names = {"hardest": words.item(low), "easiest": words.item(high)}
        said = [words.html("items.extremes", **names, **shares)]
    if (look := apart[apart["discrimination"] < LOOK]).shape[0]:
        pairs = zip(look["question"], look["discrimination"], strict=True)
        named = [f"{question} ({_two(r)})" for question, r in pairs]
        said.append(words.html("items.look", items=words.listed(named), limit=f"{LOOK:.2f}"))
        if chance := list(look.loc[look["discrimination_high"] >= LOOK, "question"]):
            facts = {"items": words.listed(chance), "limit": f"{LOOK:.2f}"}
            said.append(words.html("items.chance", **facts))
    elif len(apart):
        said.append(words.html("items.fine", limit=f"{LOOK:.2f}"))
    if flat := list(rows.loc[rows["discrimination"].isna(), "question"]):
        said.append(words.html("items.flat", items=words.listed(flat)))
    return said


def mistakes(tell: Teller) -> list[Html | Figure]:
    """List the known mistakes with what students read."""
    words, rows = tell.words, tell.data["mistakes"]
    parts: list[Html | Figure] = [heading(words.plain("mistakes.heading"))]
    if rows.empty:
        return [*parts, paragraph(words.html("mistakes.none"))]
    who = int(rows["anybody"].iloc[0])
    summary = words.html(
        "mistakes.summary",
        students=_capital(tell.how_many(who)),
        all=words.count("student", tell.graded),
    )
    parts.append(tell.in_words(summary))
    shown = rows if tell.names else rows[rows["students"] >= FEWEST]
    if len(shown):
        parts.append(paragraph(words.html("mistakes.intro")))
        parts.append(bullets([_mistake(tell, row) for row in shown.to_dict("records")]))
    else:
        parts.append(paragraph(words.html("mistakes.none_shown")))
    if 0 < len(shown) < len(rows):
        parts.append(paragraph(words.html("mistakes.rest")))
    return parts


def _mistake(tell: Teller, row: Mapping[Any, Any]) -> Html:
    words = tell.words
    facts = {
        "item": words.item(row),
        "students": words.count("student", row["students"]),
        "share": words.percent(row["share"]),
        "words": told(row["words"]),
    }
    others = tell.graded - row["students"]
    if not math.isfinite(row["mean_others"]) or not tell.may_say(others):
        return words.html("mistakes.row", **facts)
    means = {"mean": half_up(row["mean_total"], 1), "others": half_up(row["mean_others"], 1)}
    return words.html("mistakes.row_means", **facts, **means)


def again(tell: Teller) -> list[Html | Figure]:
    """List the steps of lessons that much of the class should see once more."""
    words, rows = tell.words, tell.data["again"]
    parts: list[Html | Figure] = [heading(words.plain("again.heading"))]
    rows = rows[(rows["share"] >= AGAIN) & rows["students"].map(tell.may_say)]
    if rows.empty:
        return [*parts, paragraph(words.html("again.none"))]
    parts.append(paragraph(words.html("again.intro")))
    lines = []
    for row in rows.to_dict("records"):
        key = "again.row" if len(row["items"]) == 1 else "again.rows"
        lines.append(
            words.html(
                key,
                step=_capital(row["again"]),
                students=words.count("student", row["students"]),
                all=f"{tell.graded:,}",
                items=words.listed(row["items"]),
                lost=words.percent(row["lost"]),
            )
        )
    parts.append(bullets(lines))
    first = {"step": rows["again"].iloc[0], "lost": words.percent(rows["lost"].iloc[0])}
    return [*parts, tell.in_words(words.html("again.summary", **first))]


def help_needed(tell: Teller) -> list[Html | Figure]:
    """Say who reached less than half of the points, and what they missed."""
    words, rows = tell.words, tell.data["help"]
    out_of = float(tell.data["totals"]["out_of"].max())
    parts: list[Html | Figure] = [heading(words.plain("help.heading"))]
    if out_of <= 0:
        return [*parts, paragraph(words.html("help.no_totals")), *_missing(tell)]
    parts.append(paragraph(words.html("help.intro", out_of=f"{out_of:g}")))
    n = rows["student"].nunique()
    if n == 0:
        return [*parts, tell.in_words(words.html("help.nobody")), *_missing(tell)]
    if not tell.may_say(n):
        return [*parts, paragraph(words.html("help.not_said"))]
    asked = rows.groupby("question", sort=False).agg(
        title=("title", "first"), n=("student", "nunique")
    )
    asked = asked[asked["n"] >= (1 if tell.names else FEWEST)]
    asked = asked.sort_values("n", ascending=False, kind="stable").reset_index()
    most = [
        words.plain("help.most_item", item=words.item(row), n=f"{row['n']:,}")
        for row in asked.head(3).to_dict("records")
    ]
    said = [
        words.html(
            "help.summary",
            students=_capital(words.count("student", n)),
            all=f"{tell.graded:,}",
        )
    ]
    if most:
        said.append(words.html("help.most", items=words.plain("shared.comma").join(most)))
    parts.append(tell.in_words(*said))
    if tell.names:
        parts += [*_help_list(tell), *_missing(tell)]
    return parts


def _help_list(tell: Teller) -> list[Html]:
    words, rows = tell.words, tell.data["help"]
    lines = []
    groups = list(rows.groupby("student", sort=False))
    for _, own in groups[:MOST]:
        first = own.iloc[0]
        missed = [_missed(words, row) for row in own.to_dict("records")]
        facts = {"who": _who(words, first), "points": words.points(first["total"])}
        lines.append(words.html("help.student", **facts, missed=bullets(missed)))
    parts = [bullets(lines)]
    if len(groups) > MOST:
        parts.append(paragraph(words.html("help.cut", n=MOST)))
    return parts


def _missed(words: Words, row: Mapping[Any, Any]) -> Html:
    facts = {
        "item": words.item(row),
        "state": words.of("help")["states"][row["status"]],
        "again": row["again"],
        "words": told(SENTENCE.split(row["words"])[0]),
    }
    if not row["again"]:
        return words.html("help.missed", **facts)
    return words.html("help.missed_words" if row["words"] else "help.missed_again", **facts)


def _missing(tell: Teller) -> list[Html | Figure]:
    """Name those without a grade, for the teacher."""
    rows, words = tell.data["missing"], tell.words
    if not tell.names:
        return []
    gone = [_who(words, row) for row in tell.data["left"].head(MOST).to_dict("records")]
    students = Html(words.plain("shared.comma").join(gone))
    left = [paragraph(words.html("help.left", students=students))] if gone else []
    if rows.empty:
        return [*left]
    named = [
        words.html("help.missing_one", who=_who(words, row), state=row["state"])
        for row in rows.head(MOST).to_dict("records")
    ]
    listed = Html(words.plain("shared.comma").join(named))
    return [paragraph(words.html("help.missing", students=listed)), *left]


def _who(words: Words, row: Any) -> Html:
    return words.html("help.who", name=str(row["name"])[:80], id=row["student"])


def reviewing(tell: Teller) -> list[Html | Figure]:
    """Say how many open answers wait for people."""
    words, rows = tell.words, tell.data["reviewing"]
    parts: list[Html | Figure] = [heading(words.plain("reviewing.heading"))]
    if rows.empty:
        return [*parts, paragraph(words.html("reviewing.no_open"))]
    answers, waits = int(rows["answers"].sum()), int((rows["waiting"] + rows["settle"]).sum())
    if answers == 0:
        return [*parts, paragraph(words.html("reviewing.nothing"))]
    facts = {
        "answers": words.count("answer", waits) if tell.may_say(waits) else tell.how_many(waits),
        "all": f"{answers:,}" if tell.may_say(answers) else tell.how_many(answers),
    }
    if waits:
        said = words.html("reviewing.waits", **{**facts, "answers": _capital(facts["answers"])})
    else:
        said = words.html("reviewing.done", answers=words.count("answer", answers))
    lines = []
    for row in rows.to_dict("records"):
        counts = [int(row[head]) for head in ("marked", "waiting", "settle")]
        shown = counts if tell.names else without_few(counts)
        total = row["answers"] if tell.may_say(row["answers"]) else None
        cells = [words.plain("shared.hidden") if n is None else f"{n:,}" for n in (total, *shown)]
        lines.append([words.item(row), *cells])
    heads = list(words.of("reviewing")["columns"].values())
    return [*parts, paragraph(words.html("reviewing.intro")), table(heads, lines),
            tell.in_words(said)]  # fmt: skip


def notes(tell: Teller) -> list[Html | Figure]:
    """Say how it was counted, and what is not known."""
    words = tell.words
    said = [words.html("notes.text"), *([] if tell.names else [words.html("notes.once")])]
    return [heading(words.plain("notes.heading")), *map(paragraph, said)]


SECTIONS: dict[str, Callable[[Teller], list[Html | Figure]]] = {
    "opening": opening,
    "totals": totals,
    "items": items,
    "mistakes": mistakes,
    "again": again,
    "help": help_needed,
    "reviewing": reviewing,
    "notes": notes,
}


def without_few(counts: Sequence[int], fewest: int = FEWEST) -> list[int | None]:
    """Hide counts of one or two, and so many others that they cannot be worked out from the sum.

    Parameters
    ----------
    counts : sequence of int
        How a group of students, whose number is known, falls into kinds.
    fewest : int
        What can be shown, beside 0.

    Returns
    -------
    list of int or None
        None where a count is hidden. Hidden ones together are at least `fewest` students.

    Examples
    --------
    >>> without_few([8, 4, 0, 1])
    [8, None, 0, None]
    >>> without_few([8, 4, 0, 0])
    [8, 4, 0, 0]
    """
    hidden = {place for place, n in enumerate(counts) if 0 < n < fewest}
    while hidden and (len(hidden) < 2 or sum(counts[place] for place in hidden) < fewest):
        others = [place for place, n in enumerate(counts) if n and place not in hidden]
        if not others:
            break
        hidden.add(min(others, key=lambda place: (counts[place], place)))
    return [None if place in hidden else n for place, n in enumerate(counts)]


def _closed(ax: Any) -> Figure:
    figure = ax.get_figure(root=True)
    plt.close(figure)
    return figure


def _two(number: float) -> str:
    return half_up(number, 2).replace("-", "−") if math.isfinite(number) else "–"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
