"""Customer analysis, sections 6 to 8: competitors, strengths and weaknesses, conclusion."""

from __future__ import annotations

import numpy as np
import pandas as pd

from whobuys import plot
from whobuys.report._analysis import Analysis
from whobuys.report._common import (
    funnel,
    named_sheet,
    needs_table,
    price_table,
    rated,
    segment_aims,
    segment_names,
)
from whobuys.report._say import (
    day,
    listed,
    money_in,
    one,
    percent,
    two,
)
from whobuys.report._section import Writer
from whobuys.report._swot import swot_entries
from whobuys.report._words import Words
from whobuys.target import check_swot, concentration, market_shares, nearest_rival
from whobuys.value import top_share


def competitors(a: Analysis, w: Writer, words: Words) -> None:
    """R1.6: rivals' products and prices, shares, channels, and what people think of them."""
    rivals = a.rivals
    if rivals is None:
        for sub in ("prices", "shares", "channels", "attitude"):
            w.missing(sub, "rivals")
        return
    prices = price_table(a)
    if prices is None:
        w.missing("prices", "prices")
    else:
        own = prices[prices["brand"] == a.our_brand].iloc[0]
        cheapest, dearest = prices.iloc[0], prices.iloc[-1]
        w.head(
            "prices",
            brand=a.our_brand,
            typical=two(own["typical"]),
            rank=int(own["rank"]),
            brands=len(prices),
            cheapest=cheapest["brand"],
            low=two(cheapest["typical"]),
            dearest=dearest["brand"],
            high=two(dearest["typical"]),
        )
        w.figure(plot.price_ladder(prices, a.our_brand, currency=a.material.currency))
        for row in prices.to_dict("records"):
            w.number("price_index", row["index"], "index", 0.1, row["brand"])
    if "share" not in rivals.columns:
        w.missing("shares", "rivals")
    else:
        shares = market_shares(rivals, "share")
        hhi = concentration(shares["share"])
        top = shares.iloc[0]
        w.head(
            "shares",
            brand=top["brand"],
            share=percent(top["share"]),
            equal=one(hhi["equal_firms"]),
            brands=len(shares),
        )
        w.figure(plot.share_bars(shares, a.our_brand))
        if {"position_x", "position_y"} <= set(rivals.columns):
            near = nearest_rival(rivals, a.our_brand, x="position_x", y="position_y").iloc[0]
            w.say("shares", "near", rival=near["brand"], distance=two(near["distance"]))
        for row in shares.to_dict("records"):
            w.number("brand_share", row["share"], "share", 0.001, row["brand"])
    known = funnel(a)
    if known is None:
        w.missing("channels", "awareness")
    else:
        own = known[known["brand"] == a.our_brand].iloc[0]
        others = known[known["brand"] != a.our_brand]
        top = others.sort_values("awareness", ascending=False, kind="stable").iloc[0]
        w.head(
            "channels",
            brand=a.our_brand,
            aware=percent(own["awareness"]),
            rate=percent(own["share_rate"]),
            rival=top["brand"],
            rival_aware=percent(top["awareness"]),
            rival_rate=percent(top["share_rate"]),
        )
        w.figure(plot.awareness_bars(known, a.our_brand))
    matrix = rated(a)
    if matrix is None:
        w.missing("attitude", "ratings")
    else:
        best = matrix.sort_values("lead", ascending=False, kind="stable")
        w.head("attitude", brand=a.our_brand)
        for row in best.to_dict("records"):
            w.say(
                "attitude",
                "ahead" if row["lead"] > 0 else "behind",
                feature=row["words"],
                lead=two(abs(row["lead"])),
                rival=row["best_rival"],
            )
        w.figure(plot.feature_heatmap(matrix))


def swot(a: Analysis, w: Writer, words: Words) -> None:
    """R1.7: competence, resources, chances and challenges, position and aim."""
    entries = swot_entries(a, words)
    counts = entries["quadrant"].value_counts()
    w.note("lead", statements=len(entries))
    shown = entries.assign(quadrant=[words.common("quadrants", q) for q in entries["quadrant"]])
    for quadrant in ("strength", "weakness", "opportunity", "threat"):
        w.number("swot_statements", int(counts.get(quadrant, 0)), "statements", 0, quadrant)
    inside = entries["quadrant"].isin(["strength", "weakness"])
    w.head("competence", strong=int(counts.get("strength", 0)), weak=int(counts.get("weakness", 0)))
    w.table(shown[inside])
    w.head(
        "resources",
        buyers=len(a.buyers),
        repeat=percent(a.repeat_share),
        top=percent(top_share(a.buyers["monetary"], 0.2)),
    )
    if a.has_margin:
        margin = float(a.lines["value"].sum() / a.lines["amount"].sum())
        w.say("resources", "margin", margin=percent(margin))
        w.number("margin_rate", margin, "share", 0.001)
    w.head(
        "chances",
        chances=int(counts.get("opportunity", 0)),
        challenges=int(counts.get("threat", 0)),
    )
    if inside.all():
        w.say("chances", "nothing")
    else:
        w.table(shown[~inside])
    names = segment_names(a, words)
    best = a.sheet.iloc[0]
    w.head(
        "position",
        segment=names[1].partition(" · ")[2],
        value=words.common("shared", "margin" if a.has_margin else "revenue"),
        share=percent(best["value_share"]),
        came=percent(best["came_again"]),
    )
    found = check_swot(entries, a.material.tables)
    said = [
        f"{words.common('quadrants', row['quadrant'])} ({row['problem']})"
        for row in found.to_dict("records")
    ]
    w.note("checked", findings=listed(said, words) or words.common("shared", "none"))


def conclusion(a: Analysis, w: Writer, words: Words) -> None:
    """R1.8: what was found, and what to do."""
    money = money_in(a.material.currency)
    value = words.common("shared", "margin" if a.has_margin else "revenue")
    w.head(
        "summary",
        buyers=len(a.buyers),
        revenue=money(a.orders["amount"].sum()),
        repeat=percent(a.repeat_share),
        once=percent(1 - a.repeat_share),
        share=percent(a.sheet.loc[0, "value_share"]),
        size=percent(a.sheet.loc[0, "customer_share"]),
        value=value,
    )
    table = needs_table(a)
    if table is not None:
        worst = table.iloc[0]
        w.say("summary", "need", need=worst["words"], gap=two(worst["gap"]))
    if a.complaints is not None and len(a.complaints):
        late = 1 - float((a.complaints["days"] <= a.settings.answer_days).sum()) / len(a.complaints)
        w.say("summary", "complaints", late=percent(late), days=a.settings.answer_days)
    w.head("strategy")
    sheet = named_sheet(a, words)
    aims = segment_aims(a)
    sheet["offer"] = [words.common("offers", aims[number]) for number in a.sheet["segment"]]
    sheet["watch"] = [words.common("watch", aims[number]) for number in a.sheet["segment"]]
    w.table(sheet[["segment", "offer", "watch"]])
    review = a.material.end + pd.Timedelta(days=round(2 * a.cycle) if np.isfinite(a.cycle) else 90)
    w.say("strategy", "review", review=day(review))
    w.number("segments", len(sheet), "segments")
