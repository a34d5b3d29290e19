"""Customer analysis, sections 1 and 2: what the report is about, who the customers are."""

from __future__ import annotations

import numpy as np
import pandas as pd

from whobuys import plot
from whobuys.report._analysis import Analysis
from whobuys.report._common import (
    monthly,
    rated,
    segment_names,
)
from whobuys.report._say import (
    day,
    levels,
    listed,
    money_in,
    one,
    percent,
    signed,
    two,
    whole,
)
from whobuys.report._section import Writer
from whobuys.report._words import Words
from whobuys.target import market_shares
from whobuys.value import top_share


def introduction(a: Analysis, w: Writer, words: Words) -> None:
    """R1.1: purpose, background, business field, target group."""
    m, money = a.material, money_in(a.material.currency)
    w.head("purpose", title=m.title, start=day(m.start), end=day(m.end))
    w.head("background", story=m.story or words.common("shared", "no_story"))
    months = monthly(a)
    w.say(
        "background",
        "numbers",
        revenue=money(a.orders["amount"].sum()),
        orders=len(a.orders),
        busiest=f"{months.idxmax():%B %Y}",
        quietest=f"{months.idxmin():%B %Y}",
    )
    if np.isfinite(a.year_growth):
        w.say("background", "year", growth=signed(a.year_growth))
    if a.categories is None:
        w.missing("field", "categories")
    else:
        sold = a.lines["amount"].groupby(a.categories).sum().sort_values(ascending=False)
        shares = sold / sold.sum()
        said = [f"{name} ({percent(share)})" for name, share in shares.head(3).items()]
        w.head("field", count=len(sold), top=listed(said, words))
    w.head(
        "group",
        known=len(a.customers),
        buyers=len(a.buyers),
        silent=len(a.customers) - len(a.buyers),
        segment=segment_names(a, words)[1].partition(" · ")[2],
        size=percent(a.sheet.loc[0, "customer_share"]),
        share=percent(a.sheet.loc[0, "value_share"]),
        value=words.common("shared", "margin" if a.has_margin else "revenue"),
    )
    w.number("customers", len(a.customers), "customers")
    w.number("buyers", len(a.buyers), "customers")
    w.number("orders", len(a.orders), "orders")
    w.number("revenue", a.orders["amount"].sum(), m.currency, 0.01 * max(1, len(a.orders)) ** 0.5)


def basics(a: Analysis, w: Writer, words: Words) -> None:
    """R1.2: the customers' basic information: of people, or of firms."""
    if a.material.customer_type == "B2B":
        _firms(a, w, words)
    else:
        _people(a, w, words)
    _market_place(a, w, words)


def _people(a: Analysis, w: Writer, words: Words) -> None:
    known = a.customers
    if "joined" in known.columns:
        joined = known["joined"].dropna()
        lately = float((joined > a.material.end - pd.Timedelta("365D")).mean())
        w.head(
            "people",
            known=len(known),
            buyers=len(a.buyers),
            silent=len(known) - len(a.buyers),
            new=percent(lately),
        )
    else:
        w.head("people_plain", buyers=len(a.buyers))
    _where(a, w, words, "where")
    w.head(
        "base",
        buyers=len(a.buyers),
        once=percent(1 - a.repeat_share),
        orders=one(a.buyers["frequency"].mean()),
        top=percent(top_share(a.buyers["monetary"], 0.2)),
    )
    w.figure(plot.lorenz_curve(a.buyers["monetary"], what="revenue"))
    w.number("top_fifth_revenue_share", top_share(a.buyers["monetary"], 0.2), "share", 0.002)
    w.number("repeat_share", a.repeat_share, "share", 0.001)
    _products(a, w, words)


def _firms(a: Analysis, w: Writer, words: Words) -> None:
    known, money = a.customers, money_in(a.material.currency)
    if "firm" in known.columns:
        large = a.buyers.sort_values(["monetary", "firm"], ascending=[False, True]).head(5)
        _where(a, w, words, "names")
        table = (
            large.reset_index()
            .reindex(columns=["firm", "city", "industry", "monetary"])
            .dropna(axis=1, how="all")
        )
        w.say(
            "names", "largest", share=percent(large["monetary"].sum() / a.buyers["monetary"].sum())
        )
        w.table(table, {"monetary": money})
    else:
        _where(a, w, words, "names")
    if "ownership" in known.columns:
        kinds = levels(known["ownership"], 5)
        w.head("ownership", kinds=listed([f"{n} {percent(s)}" for n, s in kinds.items()], words))
    else:
        w.missing("ownership", "ownership")
    if "headcount" in known.columns:
        heads = known["headcount"].dropna()
        w.head(
            "size",
            median=whole(heads.median()),
            low=whole(heads.quantile(0.1)),
            high=whole(heads.quantile(0.9)),
        )
        if "turnover" in known.columns:
            w.say("size", "turnover", turnover=money(known["turnover"].dropna().median()))
        w.say("size", "spend", top=percent(top_share(a.buyers["monetary"], 0.2)))
    else:
        w.missing("size", "firm_size")
    w.figure(plot.lorenz_curve(a.buyers["monetary"], what="revenue"))
    w.number("top_fifth_revenue_share", top_share(a.buyers["monetary"], 0.2), "share", 0.002)
    w.number("repeat_share", a.repeat_share, "share", 0.001)
    _products(a, w, words)
    if "industry" in known.columns:
        kinds = levels(known["industry"], 4)
        w.say(
            "field",
            "industries",
            kinds=listed([f"{n} {percent(s)}" for n, s in kinds.items()], words),
        )


def _where(a: Analysis, w: Writer, words: Words, sub: str) -> None:
    place = next((c for c in ("region", "city") if c in a.customers.columns), None)
    if place is None:
        w.missing(sub, "places")
        return
    shares = levels(a.customers[place], 4)
    w.head(
        sub,
        count=a.customers[place].nunique(),
        what=words.common("plural", place),
        top=listed([f"{n} {percent(s)}" for n, s in shares.items()], words),
    )
    if sub == "where":
        table = a.customers[[place]].dropna()
        w.figure(plot.region_bars(table, place))


def _products(a: Analysis, w: Writer, words: Words) -> None:
    if a.categories is None:
        w.missing("field", "categories")
        return
    money = money_in(a.material.currency)
    kinds = a.lines.assign(category=a.categories.fillna("–")).groupby("category", sort=False)
    table = pd.DataFrame(
        {"revenue": kinds["amount"].sum(), "customers": kinds["customer_id"].nunique()}
    )
    table = table.sort_values("revenue", ascending=False, kind="stable")
    table["revenue_share"] = table["revenue"] / table["revenue"].sum()
    w.head(
        "field",
        count=a.categories.nunique(),
        top=table.index[0],
        share=percent(table["revenue_share"].iloc[0]),
    )
    w.table(
        table.reset_index().head(8),
        {"revenue": money, "customers": whole, "revenue_share": percent},
    )


def _market_place(a: Analysis, w: Writer, words: Words) -> None:
    rivals = a.rivals
    if rivals is None or "share" not in rivals.columns:
        w.missing("place", "rivals")
        return
    shares = market_shares(rivals, "share")
    own = shares[shares["brand"] == a.our_brand].iloc[0]
    asked = rivals["buyers"].sum() if "buyers" in rivals.columns else None
    w.head(
        "place",
        brand=a.our_brand,
        share=percent(own["share"]),
        rank=int(own["rank"]),
        brands=len(shares),
    )
    if asked is not None:
        w.say("place", "asked", asked=int(asked))
    matrix = rated(a)
    if matrix is not None:
        best = matrix.sort_values("lead", ascending=False, kind="stable").iloc[0]
        key = "ahead" if best["lead"] > 0 else "not_ahead"
        w.say(
            "place",
            key,
            feature=best["words"],
            lead=two(abs(best["lead"])),
            rival=best["best_rival"],
        )
    w.number("market_share", own["share"], "share", 0.001)
