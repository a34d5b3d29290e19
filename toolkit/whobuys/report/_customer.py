"""The customer analysis report (R1): eight sections, for consumers or for firms."""

from __future__ import annotations

import numpy as np
import pandas as pd

from whobuys import plot
from whobuys.report._analysis import Analysis
from whobuys.report._common import (
    Write,
    funnel,
    monthly,
    named_sheet,
    needs_table,
    other_statements,
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
    with_all,
)
from whobuys.report._section import Writer
from whobuys.report._swot import swot_entries
from whobuys.report._words import Words
from whobuys.segment import purchase_gaps
from whobuys.strategy import net_promoter_score, satisfaction_table
from whobuys.target import check_swot, concentration, market_shares, nearest_rival, roles_table
from whobuys.value import cohort_retention, top_share

ROLES = {"buyer": "buyer_role", "decider": "decider_role", "user": "user_role"}
DEMOGRAPHICS = ("age", "gender", "region", "member", "children")
DUTIES = ("occupation", "education", "income_band", "household_size", "housing")
SEEN_QUARTERS = 4


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


def needs(a: Analysis, w: Writer, words: Words) -> None:
    """R1.4: needs and pains, habits, expectations, attention, complaints."""
    table = needs_table(a)
    if table is None:
        w.missing("pains", "needs")
    else:
        worst, top = table.iloc[0], table.sort_values("importance", ascending=False).iloc[0]
        key = "" if worst["gap"] > 0 else "_met"
        w.head(
            f"pains{key}",
            answers=len(a.answers),
            asked=percent(len(a.answers) / len(a.customers)),
            top=top["words"],
            importance=two(top["importance"]),
            worst=worst["words"],
            gap=two(worst["gap"]),
            performance=two(worst["performance"]),
        )
        shown = table.rename(columns={"words": "need_words"})
        shown = shown[["need_words", "importance", "performance", "gap", "quadrant"]]
        w.table(shown, {"importance": two, "performance": two, "gap": two})
        w.figure(plot.needs_map(table))
        for row in table.to_dict("records"):
            w.number("need_gap", row["gap"], "points", 0.001, row["need"])
    _habits(a, w, words)
    _expectations(a, w)
    _attention(a, w, words, table)
    _complaints(a, w, words)


def _habits(a: Analysis, w: Writer, words: Words) -> None:
    money = money_in(a.material.currency)
    weekdays = a.orders["date"].dt.day_of_week.value_counts(normalize=True)
    busiest = weekdays.sort_index().idxmax()
    name = (pd.Timestamp("2024-01-01") + pd.Timedelta(days=int(busiest))).strftime("%A")
    w.head(
        "habits",
        orders=one(a.buyers["frequency"].mean()),
        order_value=money(a.orders["amount"].median()),
        weekday=name,
        weekday_share=percent(float(weekdays.max())),
    )
    if np.isfinite(a.cycle):
        w.say("habits", "cycle", days=whole(a.cycle))
        w.figure(plot.gap_histogram(purchase_gaps(a.orders), a.cycle))
        w.number("purchase_cycle", a.cycle, "days", 0.5)
    if "channel" in a.lines.columns:
        by = a.lines.drop_duplicates("order_id") if "order_id" in a.lines else a.lines
        shares = levels(by["channel"], 3)
        w.say(
            "habits",
            "channels",
            channels=listed([f"{n} {percent(s)}" for n, s in shares.items()], words),
        )
    if a.material.customer_type == "B2B" and "decider_role" in a.buyers.columns:
        shares = levels(a.buyers["decider_role"], 3)
        w.say(
            "habits",
            "deciders",
            deciders=listed([f"{n} {percent(s)}" for n, s in shares.items()], words),
        )
    elif a.material.has("carts", "checkout"):
        paid = float(a.material.tables["carts"]["checkout"].mean())
        w.say("habits", "carts", carts=len(a.material.tables["carts"]), paid=percent(paid))


def _expectations(a: Analysis, w: Writer) -> None:
    if a.survey is None or not {"expectation", "satisfaction"} <= set(a.survey.columns):
        w.missing("expectations", "expectation")
        return
    row = satisfaction_table(a.survey).iloc[-1]
    key = "met" if row["gap_low"] > 0 else "short" if row["gap_high"] < 0 else "even"
    w.head(
        "expectations",
        expectation=two(row["expectation"]),
        satisfaction=two(row["satisfaction"]),
        disappointed=percent(row["disappointed"]),
    )
    w.say(
        "expectations", key, gap=two(row["gap"]), low=two(row["gap_low"]), high=two(row["gap_high"])
    )
    w.number("satisfaction_gap", row["gap"], "points", 0.001)


def _attention(a: Analysis, w: Writer, words: Words, table: pd.DataFrame | None) -> None:
    w.head("attention")
    said = False
    if a.survey is not None and "agree_price_first" in a.survey.columns:
        share = share_agreeing(a.survey["agree_price_first"])
        w.say("attention", "price", share=percent(share), statement=_statement(a, "price_first"))
        said = True
    if "discount" in a.lines.columns:
        cut = float(a.lines.loc[a.lines["discount"] > 0, "amount"].sum() / a.lines["amount"].sum())
        w.say("attention", "discount", share=percent(cut))
        w.number("discounted_share", cut, "share", 0.001)
        said = True
    if table is not None:
        top = table.sort_values("importance", ascending=False).head(2)["words"].tolist()
        w.say("attention", "quality", needs=listed(top, words))
        said = True
    if a.material.has("interactions", "kind"):
        kinds = a.material.tables["interactions"]["kind"].value_counts()
        w.say(
            "attention",
            "service",
            kinds=listed([f"{name} {count:,}" for name, count in kinds.items()], words),
        )
        said = True
    if not said:
        w.say("attention", "nothing")


def _statement(a: Analysis, key: str) -> str:
    return a.material.statements.get(key, key.replace("_", " "))


def _complaints(a: Analysis, w: Writer, words: Words) -> None:
    made, answered = a.complaints, a.settings.answer_days
    if made is None:
        w.missing("complaints", "complaints")
    elif made.empty:
        w.head("complaints_none")
    else:
        closed = made["days"].dropna()
        quick = float((made["days"] <= answered).sum() / len(made))
        each = 100 * len(made) / len(a.buyers)
        w.head(
            "complaints",
            count=len(made),
            each=one(each),
            days=answered,
            quick=percent(quick),
            open=int(made["days"].isna().sum()),
            median=whole(closed.median()),
        )
        w.number("complaints", len(made), "complaints")
        w.number("complaints_settled_in_time", quick, "share", 0.001)
    if a.survey is not None and "code" in a.survey.columns:
        codes = a.survey.loc[~a.survey["code"].isin(["none", ""]), "code"]
        if len(codes.dropna()) >= FEWEST and made is not None:
            shares = levels(codes, 3)
            w.say(
                "complaints",
                "comments",
                count=len(codes),
                codes=listed([f"{n} ({percent(s)})" for n, s in shares.items()], words),
            )


def loyalty(a: Analysis, w: Writer, words: Words) -> None:
    """R1.5: coming again and recommending, rivals, identification, extras."""
    quarters = cohort_retention(a.orders, end=a.material.end, period="quarter")
    seen = [column for column in quarters.columns if column != "customers"]
    w.head("repurchase", repeat=percent(a.repeat_share), buyers=len(a.buyers))
    if len(seen) > 1:
        known = quarters[[seen[1], "customers"]].dropna()
        if len(known):
            back = float(np.average(known[seen[1]], weights=known["customers"]))
            w.say("repurchase", "quarter", share=percent(back))
            w.figure(plot.retention_curve(quarters, period="quarter"))
    answers = a.survey
    if answers is not None and "agree_again" in answers.columns:
        w.say(
            "repurchase",
            "again",
            share=percent(share_agreeing(answers["agree_again"])),
            statement=_statement(a, "again"),
        )
    if answers is not None and "recommend" in answers.columns:
        score = net_promoter_score(answers).iloc[-1]
        w.say(
            "repurchase",
            "nps",
            nps=whole(score["nps"]),
            low=whole(score["low"]),
            high=whole(score["high"]),
            promoters=percent(score["promoters"]),
            detractors=percent(score["detractors"]),
            answers=int(score["answers"]),
        )
        w.number("nps", score["nps"], "points", 0.1)
    else:
        w.say("repurchase", "unasked")
    _toward(a, w, words)


def _toward(a: Analysis, w: Writer, words: Words) -> None:
    answers, names = a.survey, segment_names(a, words)
    if answers is None or "agree_rival_equal" not in answers.columns:
        w.missing("rivals", "rival_question")
    else:
        w.head(
            "rivals",
            share=percent(share_agreeing(answers["agree_rival_equal"])),
            statement=_statement(a, "rival_equal"),
        )
        by = answers["agree_rival_equal"].groupby(answers["segment"])
        table = pd.DataFrame({"segment": pd.Series(names)})
        table["answers"] = by.size().reindex(table.index).fillna(0).astype(int)
        table["another_would_do"] = by.apply(share_agreeing).reindex(table.index)
        w.table(table, {"answers": whole, "another_would_do": percent})
    own = other_statements(a)
    if not own and "member" not in a.buyers.columns:
        w.missing("identity", "identity")
    else:
        w.head("identity")
        for key in own:
            share = share_agreeing(a.answers[f"agree_{key}"])
            w.say("identity", "statement", share=percent(share), statement=_statement(a, key))
        if "member" in a.buyers.columns and a.buyers["member"].notna().any():
            member = a.buyers["member"].fillna(False).astype(bool)
            if member.any() and not member.all():
                spent = a.buyers["monetary"].groupby(member).mean()
                money = money_in(a.material.currency)
                w.say(
                    "identity",
                    "member",
                    share=percent(float(member.mean())),
                    member=money(spent[True]),
                    other=money(spent[False]),
                )
        if "renewed" in a.buyers.columns:
            w.say(
                "identity",
                "renewed",
                share=percent(float(a.buyers["renewed"].dropna().astype(bool).mean())),
            )
    _extras(a, w, words)


def _extras(a: Analysis, w: Writer, words: Words) -> None:
    extras = None
    if a.material.has("interactions", "kind", "outcome"):
        made = a.material.tables["interactions"]
        extras = made[~made["kind"].isin(["contact", "complaint"])]
    if a.survey is None and (extras is None or extras.empty):
        w.missing("extras", "extras")
        return
    w.head("extras")
    if a.survey is not None and "satisfaction" in a.survey.columns:
        share = share_agreeing(a.survey["satisfaction"])
        w.say("extras", "satisfied", share=percent(share))
        w.number("satisfied_share", share, "share", 0.001)
    if extras is not None and len(extras):
        for kind, own in extras.groupby("kind"):
            outcome = levels(own["outcome"], 2)
            w.say(
                "extras",
                "kind",
                kind=str(kind),
                count=len(own),
                outcome=listed([f"{n} {percent(s)}" for n, s in outcome.items()], words),
            )
    else:
        w.say("extras", "none")


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
    w.note("checked", findings=len(found))


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


SECTIONS: dict[str, Write] = {
    "introduction": introduction,
    "basics": basics,
    "segmentation": segmentation,
    "needs": needs,
    "loyalty": loyalty,
    "competitors": competitors,
    "swot": swot,
    "conclusion": conclusion,
}
