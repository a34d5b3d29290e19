"""The segment market report (R2): ten sections, one for each of the three first segments."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd

from whobuys import plot
from whobuys.report._analysis import SEED, WEIGHTS, Analysis
from whobuys.report._common import (
    Write,
    few_customers,
    named_sheet,
    price_table,
    rated,
    segment_aims,
    segment_figure,
    segment_names,
    segment_numbers,
    segment_table,
    share_agreeing,
)
from whobuys.report._say import (
    FEWEST,
    TELLING,
    day,
    levels,
    listed,
    money_in,
    one,
    percent,
    signed,
    two,
    whole,
    with_all,
)
from whobuys.report._section import Writer
from whobuys.report._words import Words
from whobuys.segment import base_strength, profile_segments, segment_stability_within
from whobuys.target import (
    attractiveness,
    attractiveness_sensitivity,
    importance_performance,
    nearest_rival,
)
from whobuys.value import top_share

TRAITS = (
    *("age", "gender", "region", "member", "occupation", "income_band", "education"),
    *("industry", "headcount", "ownership", "source", "decider_role"),
)
PROFILED = ("orders", "order_value", "recency_days", "discount_share", "categories", "value")
FIRM = 0.8
SAMPLES = 10
ABOVE = 1.1


def introduction(a: Analysis, w: Writer, words: Words) -> None:
    """R2.1: purpose, scope and data."""
    m = a.material
    w.head("purpose", title=m.title, k=a.k)
    others = [
        f"{name} ({len(table):,} rows)"
        for name, table in m.tables.items()
        if name != "transactions" and len(table)
    ]
    w.head(
        "scope",
        orders=len(a.orders),
        buyers=len(a.buyers),
        start=day(m.start),
        end=day(m.end),
        tables=listed(others, words) or "–",
    )
    w.number("buyers", len(a.buyers), "customers")
    w.number("revenue", a.orders["amount"].sum(), m.currency, 0.01 * len(a.orders) ** 0.5)


def company(a: Analysis, w: Writer, words: Words) -> None:
    """R2.2: name, founding date, business scope."""
    m, money = a.material, money_in(a.material.currency)
    w.head("name", title=m.title, type=words.common("shared", m.customer_type))
    if m.invented:
        w.say("name", "invented")
    if "joined" in a.customers.columns and a.customers["joined"].notna().any():
        w.head("founded", first=day(a.customers["joined"].min()))
    else:
        w.head("founded_plain", first=day(a.orders["date"].min()))
    w.head("scope", story=m.story or words.common("shared", "no_story"))
    if a.material.has("products", "list_price") and a.categories is not None:
        prices = a.products["list_price"]
        w.say(
            "scope",
            "sells",
            count=len(a.products),
            kinds=a.categories.nunique(),
            low=money(prices.min()),
            high=money(prices.max()),
        )


def method(a: Analysis, w: Writer, words: Words) -> None:
    """R2.3: the base used, why, and how clear the segments are."""
    measured = [words.common("features", name) for name in a.features.columns]
    w.head("base", measured=listed(measured, words), k=a.k)
    answers = 0 if a.survey is None else len(a.survey)
    w.head("why", asked=percent(answers / len(a.customers)))
    _bases(a, w, words)
    found = segment_stability_within(
        a.scaled, a.segment, SAMPLES, seed=SEED, n_init=2, progress=False
    ).mean()
    weakest = found.idxmin()
    w.head(
        "quality",
        stable=percent(float(found.mean())),
        weakest=weakest,
        low=percent(float(found.min())),
    )
    w.say("quality", "firm")
    w.figure(
        plot.separation_plot(a.scaled.assign(segment=a.segment.astype(str)), list(a.scaled.columns))
    )
    w.number("segments", a.k, "segments")
    w.number("stability", float(found.mean()), "share", 0.05)


def _bases(a: Analysis, w: Writer, words: Words) -> None:
    criteria = [name for name in TRAITS if name in a.buyers.columns]
    criteria = [name for name in criteria if 1 < a.buyers[name].nunique() < len(a.buyers) / 4]
    if not criteria:
        w.say("why", "none")
        return
    behaviour = words.common("columns", "behaviour")
    table = a.buyers[criteria].assign(value=a.buyers["value"])
    table[behaviour] = a.segment.astype(str)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        strength = base_strength(
            table, [behaviour, *criteria], "value", ranks=True, shuffles=20, seed=SEED
        )
    by = strength.set_index("criterion")["strength"]
    best = str(by.drop(behaviour).idxmax())
    w.say(
        "why",
        "best",
        behaviour=percent(by[behaviour]),
        share=percent(by[best]),
        trait=words.common("bases", str(best)),
    )
    names = {name: words.common("bases", name) for name in strength["criterion"]}
    w.figure(plot.strength_bars(strength, names=names))


def one_segment(number: int) -> Write:
    """Return the section of one segment; the last also has those without a section."""

    def write(a: Analysis, w: Writer, words: Words) -> None:
        if number > a.k:
            for sub in ("traits", "needs", "growth", "rivals", "penetration"):
                w.missing(sub, "fewer")
            return
        row = a.sheet.loc[number - 1].to_dict()
        _size(a, w, words, number, row)
        _wants(a, w, words, number)
        lately = 2 * a.cycle if np.isfinite(a.cycle) else 90
        w.head(
            "growth",
            growth=signed(row["growth"]),
            all=signed(a.growth),
            active=percent(row["active_share"]),
            days=whole(lately),
        )
        if np.isfinite(row["growth"]) and np.isfinite(a.growth):
            w.say("growth", "up" if row["growth"] > a.growth else "down")
        _against(a, w, number)
        _reach(a, w, row, is_first=number == 1)
        w.number("segment_growth", row["growth"], "share", 0.02, number)

    return write


def _size(a: Analysis, w: Writer, words: Words, number: int, row: dict) -> None:
    money = money_in(a.material.currency)
    name = segment_names(a, words)[number].partition(" · ")[2]
    w.head(
        "traits",
        name=name,
        size=int(row["customers"]),
        share=percent(row["customer_share"]),
        value_share=percent(row["value_share"]),
        orders=one(row["orders_each"]),
        order_value=money(row["order_value"]),
        days=whole(row["recency_median"]),
        value=words.common("shared", "margin" if a.has_margin else "revenue"),
    )
    who = _over(a, number, words)
    if who:
        w.say("traits", "who", who=listed(who, words))
    else:
        w.say("traits", "plain")
    table = a.buyers.rename(columns={"frequency": "orders"}).assign(
        segment=a.segment.map(lambda s: words.common("shared", "this" if s == number else "other"))
    )
    variables = [name for name in PROFILED if name in table.columns]
    table = table.rename(columns={name: words.common("columns", name) for name in variables})
    variables = [words.common("columns", name) for name in variables]
    profile = profile_segments(table.reset_index(), variables=variables)
    w.figure(plot.index_heatmap(profile))
    w.number("segment_size", row["customers"], "customers", few_customers(a), number)
    w.number("segment_share", row["customer_share"], "share", 0.005, number)
    w.number("segment_value_share", row["value_share"], "share", 0.01, number)


def _over(a: Analysis, number: int, words: Words) -> list[str]:
    """Return the levels a segment has a fifth more often than all, the most telling first."""
    inside, found = a.segment == number, []
    for column in TRAITS:
        if column not in a.buyers.columns or column in ("age", "headcount"):
            continue
        values = a.buyers[column].astype(object)
        if values.map(lambda value: isinstance(value, bool)).all():
            continue
        values = values.where(values.notna(), "").astype(str)
        known = values != ""
        if (known & inside).sum() < FEWEST:
            continue
        own = values[known & inside].value_counts(normalize=True)
        everybody = values[known].value_counts(normalize=True).to_dict()
        for level, share in own[own >= 0.15].to_dict().items():
            lift = share / everybody[level]
            if lift >= TELLING:
                found.append((lift, with_all(str(level), share, everybody[level], words)))
    return [said for _, said in sorted(found, key=lambda pair: (-pair[0], pair[1]))[:3]]


def _wants(a: Analysis, w: Writer, words: Words, number: int) -> None:
    w.head("needs")
    if a.categories is not None:
        inside = a.lines["customer_id"].map(a.segment) == number
        own = a.lines.loc[inside, "amount"].groupby(a.categories[inside]).sum()
        everybody = a.lines["amount"].groupby(a.categories).sum()
        own, everybody = own / own.sum(), everybody / everybody.sum()
        own = own[own >= 0.05]
        lifts = own / everybody.reindex(own.index)
        if len(lifts) and lifts.max() >= ABOVE:
            best = str(lifts.idxmax())
            w.say(
                "needs",
                "buys",
                category=str(best),
                share=percent(own[best]),
                all=percent(everybody[best]),
            )
        else:
            w.say("needs", "like_all")
    if not a.needs:
        w.say("needs", "unasked")
        return
    answers = a.answers[a.answers["segment"] == number]
    if len(answers) < FEWEST:
        w.say("needs", "few", answers=len(answers))
        return
    table = importance_performance(answers, a.needs)
    top = table.sort_values("importance", ascending=False, kind="stable").iloc[0]
    worst = table.iloc[0]
    key = "asked" if worst["gap"] > 0 else "asked_met"
    w.say(
        "needs",
        key,
        answers=len(answers),
        top=top["words"],
        importance=two(top["importance"]),
        worst=worst["words"],
        gap=two(worst["gap"]),
    )


def _against(a: Analysis, w: Writer, number: int) -> None:
    answers = a.survey
    asked = answers is not None and "agree_rival_equal" in answers.columns
    if a.rivals is None and not asked:
        w.missing("rivals", "rivals")
        return
    w.head("rivals")
    if asked:
        inside = a.answers["segment"] == number
        own = share_agreeing(a.answers.loc[inside, "agree_rival_equal"])
        if np.isfinite(own):
            everybody = share_agreeing(a.answers["agree_rival_equal"])
            w.say("rivals", "equal", share=percent(own), all=percent(everybody))
        else:
            w.say("rivals", "few")
    rivals = a.rivals
    if rivals is None or not {"position_x", "position_y", "share"} <= set(rivals.columns):
        w.say("rivals", "unknown")
        return
    near = nearest_rival(rivals, a.our_brand, x="position_x", y="position_y").iloc[0]["brand"]
    others = rivals[rivals["brand"] != a.our_brand]
    leader = others.sort_values("share", ascending=False, kind="stable").iloc[0]["brand"]
    w.say("rivals", "near_same" if near == leader else "near", rival=near, leader=leader)


def _reach(a: Analysis, w: Writer, row: dict, is_first: bool) -> None:
    w.head(
        "penetration",
        share=percent(row["customer_share"]),
        revenue_share=percent(row["revenue_share"]),
    )
    rivals = a.rivals
    if not is_first:
        w.say("penetration", "see")
    elif rivals is not None and {"share", "awareness"} <= set(rivals.columns):
        own = rivals[rivals["brand"] == a.our_brand].iloc[0]
        w.say(
            "penetration",
            "market",
            brand=a.our_brand,
            market=percent(own["share"]),
            aware=percent(own["awareness"]),
        )
    else:
        w.say("penetration", "unknown")


def research(a: Analysis, w: Writer, words: Words) -> None:
    """R2.7: common points and differences, emerging markets, advantage, risks."""
    sheet = a.sheet
    spread = {}
    for column in ("orders_each", "order_value", "recency_median", "value_each"):
        low, high = sheet[column].min(), sheet[column].max()
        if low > 0:
            spread[column] = high / low
    widest = max(spread, key=lambda name: (spread[name], name))
    narrowest = min(spread, key=lambda name: (spread[name], name))
    w.head(
        "common",
        widest=words.common("columns", widest),
        times=one(spread[widest]),
        high=int(sheet["segment"].iloc[int(sheet[widest].argmax())]),
        low=int(sheet["segment"].iloc[int(sheet[widest].argmin())]),
        narrowest=words.common("columns", narrowest),
    )
    w.say("common", "table")
    segment_table(a, w, words)
    w.say("common", "growth_note", middle=day(a.middle))
    segment_figure(a, w, words)
    segment_numbers(a, w)
    growing = sheet.sort_values("growth", ascending=False, kind="stable").iloc[0]
    if growing["growth"] > 0:
        w.head("emerging", best=int(growing["segment"]), growth=signed(growing["growth"]))
    else:
        w.head("emerging_none")
    _places(a, w, words)
    _advantage(a, w, words)
    falling = sheet.sort_values("growth", kind="stable").iloc[0]
    w.head(
        "risks",
        share=percent(sheet.loc[0, "value_share"]),
        value=words.common("shared", "margin" if a.has_margin else "revenue"),
        top=percent(top_share(a.buyers["monetary"], 0.2)),
    )
    if falling["growth"] < 0:
        w.say("risks", "losing", segment=int(falling["segment"]), growth=signed(falling["growth"]))
    if np.isfinite(a.cycle):
        away = float((a.buyers["recency_days"] > 2 * a.cycle).mean())
        w.say("risks", "away", share=percent(away), cycle=whole(a.cycle))
        w.number("away_share", away, "share", 0.002)


def _places(a: Analysis, w: Writer, words: Words) -> None:
    place = next((c for c in ("region", "city", "industry") if c in a.buyers.columns), None)
    if place is None:
        return
    halves = a.buyers.groupby(place)[["first_half", "second_half", "monetary"]].sum()
    halves = halves[halves["monetary"] >= 0.05 * a.buyers["monetary"].sum()]
    growth = (halves["second_half"] / halves["first_half"] - 1).replace(np.inf, np.nan).dropna()
    if len(growth) > 1:
        best = str(growth.idxmax())
        w.say(
            "emerging",
            "place",
            place=words.common("columns", place),
            name=str(best),
            growth=signed(growth[best]),
            share=percent(halves["monetary"][best] / a.buyers["monetary"].sum()),
        )


def _advantage(a: Analysis, w: Writer, words: Words) -> None:
    matrix, prices = rated(a), price_table(a)
    if matrix is None:
        w.missing("advantage", "ratings")
        return
    ahead = matrix[matrix["lead"] > 0]
    w.head("advantage", brand=a.our_brand, count=len(ahead), all=len(matrix))
    if len(ahead):
        w.say("advantage", "ahead", features=listed(ahead["words"].tolist(), words))
    if prices is not None:
        own = prices[prices["brand"] == a.our_brand].iloc[0]
        w.say("advantage", "price", rank=int(own["rank"]), brands=len(prices))


def recommendations(a: Analysis, w: Writer, words: Words) -> None:
    """R2.8: priority, position and channel, price, promotion, relationships."""
    ranked, moved = ranking(a)
    first = int(ranked.iloc[0]["segment"])
    sure = moved.set_index("segment")["first_share"][first]
    shares = {f"w{i}": percent(weight) for i, weight in enumerate(WEIGHTS.values(), start=1)}
    w.head(
        "priority",
        first=first,
        sure=percent(sure),
        value=words.common("shared", "margin" if a.has_margin else "revenue"),
        **shares,
    )
    names = segment_names(a, words)
    table = ranked.assign(
        segment=ranked["segment"].map(names),
        best_rank=moved.set_index("segment")["best_rank"].reindex(ranked["segment"]).to_numpy(),
        worst_rank=moved.set_index("segment")["worst_rank"].reindex(ranked["segment"]).to_numpy(),
    )
    w.table(
        table[["segment", "attractiveness", "rank", "best_rank", "worst_rank"]],
        {"attractiveness": two, "rank": whole, "best_rank": whole, "worst_rank": whole},
    )
    sizes = a.sheet.set_index("segment")["customers"]
    if "strength" in ranked.columns:
        w.figure(plot.attractiveness_map(ranked, size=sizes, sensitivity=moved))
    for row in ranked.to_dict("records"):
        w.number("rank", row["rank"], "rank", 0, row["segment"])
        w.number("attractiveness", row["attractiveness"], "score", 0.02, row["segment"])
    _channel(a, w, words, first)
    _price(a, w, words)
    _promotion(a, w, words, first)
    w.head("crm")
    aims = segment_aims(a)
    sheet = named_sheet(a, words)
    sheet["offer"] = [words.common("offers", aims[number]) for number in a.sheet["segment"]]
    sheet["watch"] = [words.common("watch", aims[number]) for number in a.sheet["segment"]]
    w.table(sheet[["segment", "offer", "watch"]])


def ranking(a: Analysis) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Rank the segments by weighted criteria, and move the weights.

    Parameters
    ----------
    a : Analysis
        The numbers.

    Returns
    -------
    pair of DataFrame
        From `whobuys.target.attractiveness` and `attractiveness_sensitivity`.
    """
    criteria = a.sheet.copy()
    criteria["growth"] = criteria["growth"].fillna(0.0)
    weights = {name: w for name, w in WEIGHTS.items() if criteria[name].nunique() > 1}
    # in young data everybody has been here lately: then no segment is stronger than another
    strength = {"active_share": 1.0} if criteria["active_share"].nunique() > 1 else None
    ranked = attractiveness(criteria, weights, strength=strength)
    moved = attractiveness_sensitivity(criteria, weights, draws=500, seed=SEED)
    return ranked, moved


def _channel(a: Analysis, w: Writer, words: Words, first: int) -> None:
    shares = pd.Series(dtype=float)
    if "channel" in a.lines.columns:
        by = a.lines
        if "order_id" in by:
            by = by.drop_duplicates(["customer_id", "order_id"])
        shares = levels(by.loc[by["customer_id"].map(a.segment) == first, "channel"], 1)
    if len(shares):
        everybody = levels(by["channel"], 50)
        best = str(shares.index[0])
        w.head(
            "positioning",
            first=first,
            channel=best,
            share=percent(shares.iloc[0]),
            all=percent(everybody[best]),
        )
    else:
        w.head("positioning_plain")
    if a.needs:
        answers = a.answers[a.answers["segment"] == first]
        asked = answers if len(answers) >= FEWEST else a.answers
        table = importance_performance(asked, a.needs)
        top = table.sort_values("importance", ascending=False, kind="stable").iloc[0]
        w.say("positioning", "promise", need=top["words"])


def _price(a: Analysis, w: Writer, words: Words) -> None:
    sheet, names = a.sheet, segment_names(a, words)
    if "discount_share" in sheet.columns:
        most = sheet.sort_values("discount_share", ascending=False, kind="stable").iloc[0]
        least = sheet.sort_values("discount_share", kind="stable").iloc[0]
        w.head(
            "pricing",
            most=names[int(most["segment"])],
            most_share=percent(most["discount_share"]),
            least=names[int(least["segment"])],
            least_share=percent(least["discount_share"]),
        )
    else:
        w.head("pricing_plain")
    prices = price_table(a)
    if prices is not None:
        own = prices[prices["brand"] == a.our_brand].iloc[0]
        w.say("pricing", "index", rank=int(own["rank"]), brands=len(prices))


def _promotion(a: Analysis, w: Writer, words: Words, first: int) -> None:
    if "source" in a.buyers.columns:
        inside = a.segment == first
        shares = levels(a.buyers.loc[inside, "source"], 1)
        everybody = levels(a.buyers["source"], 50)
        best = str(shares.index[0])
        w.head(
            "promotion",
            source=best,
            first=first,
            share=percent(shares.iloc[0]),
            all=percent(everybody[best]),
        )
    else:
        w.head("promotion_plain")
    if a.material.has("campaign", "arm", "responded"):
        sent = a.material.tables["campaign"]
        taken = sent.groupby("arm")["responded"].mean()
        if {"contacted", "held back"} <= set(taken.index):
            w.say(
                "promotion",
                "campaign",
                campaign=str(sent["campaign"].iloc[0]),
                contacted=percent(taken["contacted"]),
                held=percent(taken["held back"]),
                lift=words.common("shared", "points").format(
                    points=one(100 * (taken["contacted"] - taken["held back"]))
                ),
            )
            w.number("campaign_lift", taken["contacted"] - taken["held back"], "share", 0.001)


def conclusion(a: Analysis, w: Writer, words: Words) -> None:
    """R2.9: the findings summed up, and why they matter."""
    money, names = money_in(a.material.currency), segment_names(a, words)
    ranked, _ = ranking(a)
    value = words.common("shared", "margin" if a.has_margin else "revenue")
    first, last = int(ranked.iloc[0]["segment"]), int(ranked.iloc[-1]["segment"])
    share = a.sheet.set_index("segment")["value_share"]
    w.head(
        "sum",
        k=a.k,
        first=names[first],
        share=percent(share[first]),
        value=value,
        last=names[last],
        last_share=percent(share[last]),
    )
    mean, best = a.buyers["value"].mean(), a.sheet["value_each"].max()
    w.head("importance", gap=money(best - mean), value=value, mean=money(mean))
    w.number("value_each", mean, a.material.currency, 0.01 * max(1.0, abs(mean)))


def references(a: Analysis, w: Writer, words: Words) -> None:
    """R2.10: literature and data sources."""
    w.head("literature")
    w.head("sources")
    rows = []
    for name, table in a.material.tables.items():
        days = table.select_dtypes("datetime")
        span = "–"
        if days.shape[1] and days.iloc[:, 0].notna().any():
            first = days.iloc[:, 0]
            span = f"{first.min():%Y-%m-%d} – {first.max():%Y-%m-%d}"
        rows.append((name, len(table), span))
        w.number("rows", len(table), "rows", 0, name)
    w.table(pd.DataFrame(rows, columns=["table", "rows", "days"]), {"rows": whole})
    key = "invented" if a.material.invented else "own"
    w.say("sources", key, source=a.material.source)


SECTIONS: dict[str, Write] = {
    "introduction": introduction,
    "company": company,
    "method": method,
    "segment_one": one_segment(1),
    "segment_two": one_segment(2),
    "segment_three": one_segment(3),
    "research": research,
    "recommendations": recommendations,
    "conclusion": conclusion,
    "references": references,
}
