"""Customer analysis, section 3: the segments, what sets them apart, what they like."""

from __future__ import annotations

import pandas as pd

from whobuys.report._analysis import Analysis
from whobuys.report._common import (
    segment_figure,
    segment_names,
    segment_numbers,
    segment_table,
)
from whobuys.report._say import (
    FEWEST,
    day,
    listed,
    percent,
    typical,
    whole,
    with_all,
)
from whobuys.report._section import Writer
from whobuys.report._words import Words
from whobuys.target import roles_table

ROLES = {"buyer": "buyer_role", "decider": "decider_role", "user": "user_role"}
DEMOGRAPHICS = ("age", "gender", "region", "member", "children")
DUTIES = ("occupation", "education", "income_band", "household_size", "housing")


def segmentation(a: Analysis, w: Writer, words: Words) -> None:
    """R1.3: the segments, who is in them, and what they like."""
    measured = [words.common("features", name) for name in a.features.columns]
    w.note("lead", k=a.k, buyers=len(a.buyers), measured=listed(measured, words))
    segment_table(a, w, words)
    w.note("growth_note", middle=day(a.middle))
    segment_figure(a, w, words)
    segment_numbers(a, w)
    names = segment_names(a, words)
    if a.material.customer_type == "B2B":
        _firm_traits(a, w, words, names)
    else:
        _people_traits(a, w, words, names)
    _likes(a, w, words, names)


def _people_traits(a: Analysis, w: Writer, words: Words, names: dict[int, str]) -> None:
    for sub, columns, lacks in (
        ("demographics", DEMOGRAPHICS, "demographics"),
        ("occupation", DUTIES, "occupation"),
    ):
        table = _traits(a, columns, names, words)
        if table is None:
            w.missing(sub, lacks)
            continue
        w.head(sub)
        w.table(table)


def _firm_traits(a: Analysis, w: Writer, words: Words, names: dict[int, str]) -> None:
    table = _traits(a, ("industry", "headcount", "turnover", "ownership", "region"), names, words)
    if table is None:
        w.missing("firms", "firm_traits")
    else:
        w.head("firms")
        w.table(table)
    if set(ROLES.values()) <= set(a.buyers.columns):
        patterns = roles_table(a.buyers.reset_index(), ROLES)
        apart = patterns.loc[patterns["buyer"] != patterns["decider"], "share"].sum()
        top = patterns.iloc[0]
        w.head(
            "roles",
            apart=percent(apart),
            buyer=top["buyer"],
            decider=top["decider"],
            user=top["user"],
            share=percent(top["share"]),
        )
        table = _traits(a, tuple(ROLES.values()), names, words)
        if table is not None:
            w.table(table)
    else:
        w.missing("roles", "roles")


def _traits(
    a: Analysis, columns: tuple[str, ...], names: dict[int, str], words: Words
) -> pd.DataFrame | None:
    """Describe the segments by the columns there are: medians of numbers, most typical levels."""
    there = [name for name in columns if name in a.buyers.columns]
    there = [name for name in there if a.buyers[name].notna().any()]
    if not there:
        return None
    table = pd.DataFrame({"segment": pd.Series(names)})
    for name in there:
        values = a.buyers[name]
        if pd.api.types.is_bool_dtype(values):
            table[name] = values.groupby(a.segment).mean().map(percent)
        elif pd.api.types.is_numeric_dtype(values):
            table[name] = (
                values.groupby(a.segment)
                .median()
                .map(whole if values.max() > 20 else "{:g}".format)
            )
        else:
            table[name] = typical(values, a.segment, words)
    return table


def _likes(a: Analysis, w: Writer, words: Words, names: dict[int, str]) -> None:
    lines = a.lines.assign(segment=a.lines["customer_id"].map(a.segment))
    table = pd.DataFrame({"segment": pd.Series(names)})
    if a.categories is not None:
        table["favourite"] = typical(a.categories, lines["segment"], words)
    if "channel" in lines.columns:
        table["channel"] = typical(lines["channel"], lines["segment"], words)
    if a.survey is not None:
        motives = [c for c in a.survey.columns if str(c).startswith("motive_")]
        if motives:
            table["motive"] = _motive(a, motives, words)
    if table.shape[1] == 1:
        w.missing("interests", "interests")
        return
    w.head("interests")
    w.table(table)


def _motive(a: Analysis, motives: list[str], words: Words) -> pd.Series:
    answers = a.survey
    assert answers is not None  # noqa: S101 - asked for with a survey only
    everybody = answers[motives].astype(float).mean()
    found = {}
    for number, own in answers.groupby("segment"):
        ticked = own[motives].astype(float).mean()
        if len(own) < FEWEST:
            found[int(str(number).partition(".")[0])] = "–"
            continue
        best = str((ticked - everybody).idxmax())
        key = best.removeprefix("motive_")
        said = a.material.motives.get(key, key.replace("_", " "))
        found[int(str(number).partition(".")[0])] = with_all(
            said, ticked[best], everybody[best], words
        )
    return pd.Series(found, dtype=object).reindex(a.sheet["segment"]).fillna("–")
