"""The positioning analysis (R6): background, market, customers, advantages, strategy."""

from __future__ import annotations

import numpy as np
import pandas as pd

from whobuys import plot
from whobuys.report._analysis import Analysis
from whobuys.report._common import (
    Write,
    few_customers,
    price_table,
    rated,
    segment_figure,
    segment_names,
)
from whobuys.report._market import ranking
from whobuys.report._say import (
    FEWEST,
    day,
    levels,
    listed,
    money_in,
    one,
    percent,
    signed,
    two,
    typical,
    whole,
)
from whobuys.report._section import Writer
from whobuys.report._words import Words
from whobuys.target import importance_performance, market_shares, nearest_rival


def background(a: Analysis, w: Writer, words: Words) -> None:
    """R6.1: the enterprise and where it stands."""
    m, money = a.material, money_in(a.material.currency)
    w.head("background", title=m.title, story=m.story or words.common("shared", "no_story"))
    w.say(
        "background",
        "numbers",
        orders=len(a.orders),
        revenue=money(a.orders["amount"].sum()),
        start=day(m.start),
        end=day(m.end),
    )
    w.number("revenue", a.orders["amount"].sum(), m.currency, 0.01 * max(1, len(a.orders)) ** 0.5)


def market(a: Analysis, w: Writer, words: Words) -> None:
    """R6.2: size, growth, segmentation of the target market."""
    money = money_in(a.material.currency)
    yearly = a.orders["amount"].sum() / a.years
    w.head("size", revenue=money(yearly), buyers=len(a.buyers))
    rivals = a.rivals
    if rivals is not None and "share" in rivals.columns:
        shares = market_shares(rivals, "share")
        own = float(shares.loc[shares["brand"] == a.our_brand, "share"].iloc[0])
        w.say("size", "share", share=percent(own), times=one(1 / own))
        w.figure(plot.share_bars(shares, a.our_brand))
        w.number("market_share", own, "share", 0.001)
    else:
        w.say("size", "unknown")
    by_year = bool(np.isfinite(a.year_growth))
    growth = a.year_growth if by_year else a.growth
    w.head("growth")
    w.say("growth", "year" if by_year else "halves", growth=signed(growth))
    w.number("growth", growth, "share", 0.001)
    w.head("segments", k=a.k)
    segment_figure(a, w, words)
    for row in a.sheet.to_dict("records"):
        w.number("segment_size", row["customers"], "customers", few_customers(a), row["segment"])


def customers(a: Analysis, w: Writer, words: Words) -> None:
    """R6.3: the target customers: age, region, income; or industry, size, region."""
    ranked, _ = ranking(a)
    first = int(ranked.iloc[0]["segment"])
    w.note("lead", name=segment_names(a, words)[first])
    inside = a.segment == first
    if a.material.customer_type == "B2B":
        asked = (("industry", "industry"), ("size", "headcount"), ("region", "region"))
    else:
        asked = (("age", "age"), ("region", "region"), ("income", "income_band"))
    for sub, column in asked:
        if column not in a.buyers.columns or a.buyers[column].notna().sum() < FEWEST:
            w.missing(sub, f"no_{sub}")
            continue
        values = a.buyers[column]
        if pd.api.types.is_numeric_dtype(values):
            own = values[inside].dropna()
            w.head(
                sub,
                median=whole(own.median()),
                low=whole(own.quantile(0.25)),
                high=whole(own.quantile(0.75)),
                all=whole(values.median()),
            )
        else:
            shares = levels(values[inside], 3)
            w.head(sub, top=listed([f"{n} {percent(s)}" for n, s in shares.items()], words))
            more = typical(values, a.segment, words)[first]
            if more not in ("–", words.common("shared", "like_all")):
                w.say(sub, "more", more=more)
            if sub == "region":
                label = words.common("shared", "segment_n").format(n=first)
                table = a.buyers.assign(segment=a.segment.astype(str).where(~inside, label))
                table = table[table["region"].notna()]
                w.figure(plot.region_bars(table, "region", "segment", label))
    w.number("target_segment", first, "segment")


def advantages(a: Analysis, w: Writer, words: Words) -> None:
    """R6.4: what we do better, and for whom that counts."""
    matrix = rated(a)
    if matrix is None:
        w.missing("product", "ratings")
    else:
        w.head("product", brand=a.our_brand)
        for row in matrix.sort_values("lead", ascending=False, kind="stable").to_dict("records"):
            w.say(
                "product",
                "ahead" if row["lead"] > 0 else "behind",
                feature=row["words"],
                lead=two(abs(row["lead"])),
                rival=row["best_rival"],
            )
        w.figure(plot.feature_heatmap(matrix))
    prices = price_table(a)
    if prices is None:
        w.missing("price", "prices")
    else:
        own = prices[prices["brand"] == a.our_brand].iloc[0]
        w.head("price", rank=int(own["rank"]), brands=len(prices), typical=two(own["typical"]))
        w.number("price_rank", own["rank"], "rank")
    w.head("customers", repeat=percent(a.repeat_share))
    w.number("repeat_share", a.repeat_share, "share", 0.001)


def strategy(a: Analysis, w: Writer, words: Words) -> None:
    """R6.5: the position: for whom, against whom, with which promise."""
    rivals, ranked = a.rivals, ranking(a)[0]
    first = int(ranked.iloc[0]["segment"])
    name = segment_names(a, words)[first].partition(" · ")[2]
    if rivals is None or not {"position_x", "position_y"} <= set(rivals.columns):
        w.missing("map", "rivals")
        rival = ""
    else:
        near = nearest_rival(rivals, a.our_brand, x="position_x", y="position_y").iloc[0]
        rival = str(near["brand"])
        w.head("map", rival=rival, distance=two(near["distance"]))
        axes = (*a.material.axes, "", "")[:2]
        w.figure(plot.position_map(rivals, x="position_x", y="position_y", axes=(axes[0], axes[1])))
        w.number("nearest_distance", near["distance"], "units", 0.001)
    need = ""
    if a.needs:
        answers = a.answers[a.answers["segment"] == first]
        asked = answers if len(answers) >= FEWEST else a.answers
        table = importance_performance(asked, a.needs)
        best = table.sort_values("importance", ascending=False, kind="stable").iloc[0]
        need = str(best["words"])
    w.head("statement")
    key = "full" if need and rival else "need" if need else "plain"
    w.say(
        "statement",
        key,
        type=words.common("shared", a.material.customer_type),
        name=name,
        title=a.material.title,
        need=need,
        rival=rival,
    )
    w.head("proof")


SECTIONS: dict[str, Write] = {
    "background": background,
    "market": market,
    "customers": customers,
    "advantages": advantages,
    "strategy": strategy,
}
