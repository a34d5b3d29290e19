"""SWOT statements that stand on numbers, each with the table and column it comes from."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from whobuys.report._analysis import Analysis
from whobuys.report._common import needs_table, price_table, rated, share_agreeing
from whobuys.report._say import percent, signed, two
from whobuys.report._words import Words
from whobuys.target import gap_scores

MOST = 3
LONG_AWAY = 2
LARGE = 0.05
"""What brings a smaller share of the revenue is not called a demand that grows."""


def swot_entries(analysis: Analysis, words: Words) -> pd.DataFrame:
    """Write what the data say in the four fields.

    Parameters
    ----------
    analysis : Analysis
        The numbers.
    words : Words
        The sentences.

    Returns
    -------
    DataFrame
        ``quadrant``, ``statement``, ``evidence``; at most three a field.
    """
    rows: list[tuple[str, str, str]] = []

    def add(quadrant: str, key: str, evidence: str, **facts: object) -> None:
        if sum(row[0] == quadrant for row in rows) < MOST:
            rows.append((quadrant, words.common("swot", key).format(**facts), evidence))

    _from_rivals(analysis, add)
    _from_survey(analysis, add)
    _from_orders(analysis, words, add)
    return pd.DataFrame(rows, columns=["quadrant", "statement", "evidence"])


def _from_rivals(analysis: Analysis, add: Callable[..., None]) -> None:
    rivals = analysis.rivals
    if rivals is None:
        return
    ours = analysis.our_brand
    matrix = rated(analysis)
    if matrix is not None:
        best = matrix.sort_values("lead", ascending=False, kind="stable")
        for row in best[best["lead"] > 0].head(2).to_dict("records"):
            add(
                "strength",
                "ahead",
                f"rivals.rating_{row['feature']}",
                feature=row["words"],
                lead=two(row["lead"]),
                rival=row["best_rival"],
            )
        for row in best[best["lead"] < 0].tail(1).to_dict("records"):
            add(
                "weakness",
                "behind",
                f"rivals.rating_{row['feature']}",
                feature=row["words"],
                lag=two(-row["lead"]),
                rival=row["best_rival"],
            )
    if "awareness" in rivals.columns:
        known = float(rivals.loc[rivals["brand"] == ours, "awareness"].iloc[0])
        add("opportunity", "unknown", "rivals.awareness", share=percent(1 - known), brand=ours)
    others = rivals[rivals["brand"] != ours]
    if "share" in rivals.columns:
        top = others.sort_values("share", ascending=False, kind="stable").iloc[0]
        own = float(rivals.loc[rivals["brand"] == ours, "share"].iloc[0])
        if float(top["share"]) > own:
            add(
                "threat",
                "larger",
                "rivals.share",
                rival=top["brand"],
                share=percent(float(top["share"])),
                own=percent(own),
                brand=ours,
            )
    prices = price_table(analysis)
    if prices is not None:
        below = prices[
            (prices["typical"] < float(prices.loc[prices["brand"] == ours, "typical"].iloc[0]))
        ]
        if len(below):
            add(
                "threat",
                "cheaper_one" if len(below) == 1 else "cheaper",
                "rivals.price_typical",
                count=len(below),
                rival=below.iloc[0]["brand"],
                index=f"{100 - below.iloc[0]['index']:.0f} %",
                brand=ours,
            )
        else:
            add("strength", "cheapest", "rivals.price_typical", brand=ours)


def _from_survey(analysis: Analysis, add: Callable[..., None]) -> None:
    answers = analysis.survey
    if answers is None:
        return
    needs = needs_table(analysis)
    if needs is not None:
        met = needs[needs["quadrant"] == "keep it up"]
        for row in met.sort_values("gap", kind="stable").head(1).to_dict("records"):
            add(
                "strength",
                "met",
                f"survey.performance_{row['need']}",
                need=row["words"],
                performance=two(row["performance"]),
            )
        unmet = needs[needs["quadrant"] == "concentrate here"]
        for row in unmet.head(1).to_dict("records"):
            add(
                "weakness",
                "unmet",
                f"survey.performance_{row['need']}",
                need=row["words"],
                importance=two(row["importance"]),
                performance=two(row["performance"]),
            )
    if {"expectation", "satisfaction"} <= set(answers.columns):
        gap = gap_scores(answers, {"all": ("expectation", "satisfaction")}).iloc[0]
        if gap["high"] < 0:
            add("weakness", "short", "survey.satisfaction", gap=two(gap["gap"]))
    if "agree_rival_equal" in answers.columns:
        share = share_agreeing(answers["agree_rival_equal"])
        if np.isfinite(share):
            add("threat", "replaceable", "survey.agree_rival_equal", share=percent(share))


def _growing(analysis: Analysis, words: Words, add: Callable[..., None]) -> None:
    """Name the category, else the place or industry, for which demand grew most.

    Not a segment: segments are drawn with who bought lately, so the warm ones grow by construction.
    """
    lines, buyers = analysis.lines, analysis.buyers
    known: list[tuple[str, pd.Series]] = []
    if analysis.categories is not None:
        known.append(("category", analysis.categories))
    known += [
        (name, lines["customer_id"].map(buyers[name]))
        for name in ("region", "city", "industry")
        if name in buyers.columns
    ]
    for what, values in known:
        named = values.notna() & (values.astype(str) != "")
        late = lines["date"] > analysis.middle
        halves = lines.loc[named, "amount"].groupby([values[named], late[named]]).sum().unstack()
        halves = halves.reindex(columns=[False, True]).fillna(0.0)
        large = halves.sum(axis=1) >= LARGE * lines["amount"].sum()
        halves = halves[large & (halves[False] > 0)]
        if halves.empty:
            continue
        growth = (halves[True] / halves[False] - 1).sort_values(ascending=False, kind="stable")
        if growth.iloc[0] > 0:
            add(
                "opportunity",
                "demand",
                "transactions.amount",
                growth=percent(growth.iloc[0]),
                name=str(growth.index[0]),
                what=words.common("columns", what),
            )
        return


def _from_orders(analysis: Analysis, words: Words, add: Callable[..., None]) -> None:
    repeat = analysis.repeat_share
    add(
        "strength" if repeat >= 0.5 else "weakness",
        "repeat",
        "transactions.customer_id",
        share=percent(repeat),
    )
    if np.isfinite(analysis.cycle):
        away = float((analysis.buyers["recency_days"] > LONG_AWAY * analysis.cycle).mean())
        add(
            "weakness",
            "away",
            "transactions.date",
            share=percent(away),
            days=f"{LONG_AWAY * analysis.cycle:.0f}",
        )
    silent = len(analysis.customers) - len(analysis.buyers)
    if silent > 0:
        add("opportunity", "prospects", "customers.customer_id", count=f"{silent:,}")
    _growing(analysis, words, add)
    if np.isfinite(analysis.growth) and analysis.growth < 0:
        add("threat", "shrinking", "transactions.amount", growth=signed(analysis.growth))
    biggest = analysis.sheet.iloc[0]
    add(
        "threat",
        "dependent",
        "transactions.amount",
        share=percent(biggest["revenue_share"]),
        customers=percent(biggest["customer_share"]),
    )
