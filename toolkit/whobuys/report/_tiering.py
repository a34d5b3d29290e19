"""The tiering summary (R4): background, process, results, lessons, with figures for claims."""

from __future__ import annotations

import numpy as np
import pandas as pd

from whobuys import plot
from whobuys.report._analysis import Analysis
from whobuys.report._common import Write, segment_names
from whobuys.report._say import FEWEST, day, listed, money_in, one, percent, signed, two, whole
from whobuys.report._section import Writer
from whobuys.report._words import Words
from whobuys.strategy import (
    migration_shares,
    migration_summary,
    net_promoter_score,
    refresh_plan,
    satisfaction_table,
)
from whobuys.value import customers_for, gini, top_share


def preface(a: Analysis, w: Writer, words: Words) -> None:
    """R4, preface: what was graded, and by what."""
    m = a.material
    w.head(
        "preface",
        title=m.title,
        start=day(m.start),
        end=day(m.end),
        buyers=len(a.buyers),
        value=words.common("shared", a.scheme),
    )
    w.number("buyers", len(a.buyers), "customers")


def background(a: Analysis, w: Writer, words: Words) -> None:
    """R4.1: competition and varied demand, no assessment of value, satisfaction."""
    sheet = a.sheet
    ratio = sheet["order_value"].max() / sheet["order_value"].min()
    w.head("competition", k=a.k, ratio=one(ratio))
    if a.rivals is not None and "share" in a.rivals.columns:
        own = float(a.rivals.loc[a.rivals["brand"] == a.our_brand, "share"].iloc[0])
        w.say(
            "competition", "share", brand=a.our_brand, share=percent(own), rivals=len(a.rivals) - 1
        )
    else:
        w.say("competition", "unknown")
    values = a.buyers["value"].clip(lower=0)
    w.head(
        "assessment",
        top=percent(top_share(values, 0.2)),
        half=percent(1 - 0.5),
        few=whole(customers_for(values, 0.5)),
        value=words.common("shared", a.scheme),
        gini=two(gini(values)),
    )
    w.figure(plot.lorenz_curve(values, what=words.common("shared", a.scheme)))
    w.number("top_fifth_value_share", top_share(values, 0.2), "share", 0.002)
    w.number("gini", gini(values), "index", 0.002)
    _satisfied(a, w)


def _satisfied(a: Analysis, w: Writer) -> None:
    answers = a.survey
    if answers is None or not {"expectation", "satisfaction"} <= set(answers.columns):
        w.missing("satisfaction", "expectation")
        return
    row = satisfaction_table(answers).iloc[-1]
    w.head(
        "satisfaction",
        satisfied=percent(row["satisfied"]),
        gap=two(row["gap"]),
        low=two(row["gap_low"]),
        high=two(row["gap_high"]),
        answers=int(row["answers"]),
    )
    w.number("satisfaction_gap", row["gap"], "points", 0.001)


def process(a: Analysis, w: Writer, words: Words) -> None:
    """R4.2: value first, then tiers and segments, then service, then relationships."""
    money = money_in(a.material.currency)
    cuts = listed([percent(cut) for cut in a.settings.grade_cuts], words)
    w.head("assessment", cuts=cuts, value=words.common("shared", a.scheme))
    table = a.grade_sheet[a.grade_sheet["customers"] > 0]
    shown = table.assign(grade=table["grade"].astype(str)).rename(
        columns={"value_share": "share_of_value"}
    )[["grade", "customers", "customer_share", "share_of_value", "value_each"]]
    w.table(
        shown,
        {
            "customers": whole,
            "customer_share": percent,
            "share_of_value": percent,
            "value_each": money,
        },
    )
    for row in table.to_dict("records"):
        w.number("grade_size", row["customers"], "customers", 0, row["grade"])
        w.number("grade_value_share", row["value_share"], "share", 0.001, row["grade"])
    names = segment_names(a, words)
    cross = pd.crosstab(a.segment.map(names), a.tier)
    w.head("segmentation", k=a.k)
    w.table(cross.rename_axis("segment").reset_index(), dict.fromkeys(cross.columns, whole))
    _service(a, w, words)


def _service(a: Analysis, w: Writer, words: Words) -> None:
    if not a.material.has("interactions", "customer_id", "kind", "minutes"):
        w.missing("service", "contacts")
        w.missing("relationship", "contacts")
        return
    made = a.material.tables["interactions"]
    made = made.assign(grade=made["customer_id"].map(a.tier)).dropna(subset=["grade"])
    spent = made.groupby("grade")["minutes"].sum() / 60
    counts = a.tier.value_counts()
    table = pd.DataFrame({"grade": spent.index, "hours": spent.to_numpy()})
    table["hours_share"] = table["hours"] / table["hours"].sum()
    table["minutes_each"] = 60 * table["hours"] / table["grade"].map(counts).to_numpy()
    sheet = a.grade_sheet.assign(grade=a.grade_sheet["grade"].astype(str)).set_index("grade")
    table["share_of_value"] = sheet["value_share"].reindex(table["grade"]).to_numpy()
    best = table.iloc[0]
    w.head(
        "service",
        grade=best["grade"],
        hours=percent(best["hours_share"]),
        worth=percent(best["share_of_value"]),
    )
    w.table(
        table,
        {"hours": whole, "hours_share": percent, "minutes_each": whole, "share_of_value": percent},
    )
    kinds = made["kind"].value_counts()
    ways = made["way"].value_counts(normalize=True) if "way" in made.columns else pd.Series()
    w.head("relationship", kinds=listed([f"{n} {c:,}" for n, c in kinds.items()], words))
    if len(ways):
        w.say(
            "relationship",
            "ways",
            ways=listed([f"{n} {percent(s)}" for n, s in ways.head(3).items()], words),
        )
    for row in table.to_dict("records"):
        w.number("hours_share", row["hours_share"], "share", 0.001, row["grade"])


def results(a: Analysis, w: Writer, words: Words) -> None:
    """R4.3: satisfaction, loyalty, sales, image: what was measured, what cannot be claimed."""
    w.note("lead")
    answers = a.survey
    graded = None
    if answers is not None and "customer_id" in answers.columns:
        graded = answers.assign(grade=answers["customer_id"].map(a.tier)).dropna(subset=["grade"])
        large = graded["grade"].value_counts()
        graded = graded[graded["grade"].isin(large[large >= FEWEST].index)]
    if graded is None or graded.empty or not {"expectation", "satisfaction"} <= set(graded):
        w.missing("satisfaction", "expectation")
    else:
        table = satisfaction_table(graded, by="grade")
        w.head("satisfaction")
        w.table(
            table[["grade", "answers", "expectation", "satisfaction", "gap"]],
            {"answers": whole, "expectation": two, "satisfaction": two, "gap": two},
        )
        w.figure(plot.satisfaction_gap(table, by="grade"))
    _loyalty(a, w)
    _sales(a, w)
    if graded is None or graded.empty or "recommend" not in graded.columns:
        w.missing("image", "survey")
    else:
        table = net_promoter_score(graded, by="grade")
        last = table.iloc[-1]
        w.head("image", nps=whole(last["nps"]), low=whole(last["low"]), high=whole(last["high"]))
        w.figure(plot.nps_bars(table, by="grade"))
        w.number("nps", last["nps"], "points", 0.1)


def _loyalty(a: Analysis, w: Writer) -> None:
    moves = a.moves
    if moves is None:
        w.missing("loyalty", "halves")
        return
    summary = migration_summary(moves)
    first, everybody = summary.iloc[0], summary.loc["all"]
    w.head(
        "loyalty",
        middle=day(a.middle),
        grade=str(summary.index[0]),
        stayed=percent(first["stay_share"]),
        all=percent(everybody["stay_share"]),
        lost=percent(everybody["lost_share"]),
    )
    w.figure(plot.migration_heatmap(moves))
    shares = migration_shares(moves)
    top = str(shares.index[0])
    w.say("loyalty", "top", grade=top, lost=percent(shares["lost"].to_dict()[top]))
    for source, row in moves.iterrows():
        for target, count in row.items():
            w.number("moved", float(count), "customers", 0, f"{source} → {target}")


def _sales(a: Analysis, w: Writer) -> None:
    money = money_in(a.material.currency)
    table = a.buyers.groupby(a.tier)[["first_half", "second_half"]].sum().reset_index()
    table = table.rename(columns={table.columns[0]: "grade"})
    growth = table["second_half"] / table["first_half"] - 1
    table["growth"] = growth.replace(np.inf, np.nan)
    w.head("sales", growth=signed(a.growth))
    w.table(table, {"first_half": money, "second_half": money, "growth": signed})
    if a.material.has("campaign", "arm", "responded"):
        sent = a.material.tables["campaign"]
        taken = sent.groupby("arm")["responded"].mean()
        if {"contacted", "held back"} <= set(taken.index):
            lift = float(taken["contacted"] - taken["held back"])
            w.say(
                "sales",
                "campaign",
                campaign=str(sent["campaign"].iloc[0]),
                contacted=percent(taken["contacted"]),
                held=percent(taken["held back"]),
                lift=one(100 * lift),
            )
            w.number("campaign_lift", lift, "share", 0.001)
    w.number("growth", a.growth, "share", 0.001)


def lessons(a: Analysis, w: Writer, words: Words) -> None:
    """R4.4: value system, different service, stronger relationships, keep improving."""
    sheet = a.grade_sheet[a.grade_sheet["customers"] > 0].iloc[0]
    w.head(
        "value",
        grade=str(sheet["grade"]),
        share=percent(sheet["customer_share"]),
        worth=percent(sheet["value_share"]),
        value=words.common("shared", a.scheme),
    )
    w.head("service")
    w.head("relationship")
    moves = a.moves
    stay = None if moves is None else migration_summary(moves)["stay_share"].to_dict()["all"]
    months = a.years * 6
    plan = refresh_plan({}, a.material.end, stay_share=stay, period_months=months)
    w.head("improve", date=day(pd.Timestamp(plan.iloc[0]["refresh_by"])))
    if stay is not None:
        w.say("improve", "stay", stay=percent(stay), months=whole(months))
        w.number("stay_share", stay, "share", 0.001)


def closing(a: Analysis, w: Writer, words: Words) -> None:
    """R4, closing."""
    sheet = a.grade_sheet[a.grade_sheet["customers"] > 0]
    w.head("closing", grades=len(sheet), buyers=len(a.buyers))


SECTIONS: dict[str, Write] = {
    "preface": preface,
    "background": background,
    "process": process,
    "results": results,
    "lessons": lessons,
    "closing": closing,
}
