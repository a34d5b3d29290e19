"""The customer management policy (R5): tiers and owners, reception, upkeep, with their cost."""

from __future__ import annotations

import pandas as pd

from whobuys import plot
from whobuys.report._analysis import Analysis
from whobuys.report._common import Write
from whobuys.report._say import day, levels, listed, money_in, one, percent, whole
from whobuys.report._section import Writer
from whobuys.report._words import Words
from whobuys.strategy import TIER_POLICY, check_policy, closing_curve, tier_policy

LAST_TIER = "D"


def general(a: Analysis, w: Writer, words: Words) -> None:
    """R5, general rule."""
    w.head(
        "rule",
        title=a.material.title,
        value=words.common("shared", a.scheme),
        cost=money_in(a.material.currency)(a.settings.hour_cost),
        buyers=len(a.buyers),
    )


def policy_of(a: Analysis) -> pd.DataFrame:
    """Return the policy of the grades there are, each tier with the name of our scheme.

    Parameters
    ----------
    a : Analysis
        The numbers.

    Returns
    -------
    DataFrame
        As `whobuys.strategy.tier_policy` reads it.
    """
    letters = TIER_POLICY["tier"].str[0]
    rows = []
    for grade in a.grades["grade"].cat.categories:
        letter = str(grade)[0]
        own = TIER_POLICY[letters == (letter if (letters == letter).any() else LAST_TIER)]
        rows.append(own.assign(tier=str(grade)))
    return pd.concat(rows, ignore_index=True)


def classification(a: Analysis, w: Writer, words: Words) -> None:
    """R5.1: tiers, owners, archive, management plan, regular review."""
    money = money_in(a.material.currency)
    policy = policy_of(a)
    costed = tier_policy(
        policy, a.tier, a.buyers["value"], hour_cost=a.settings.hour_cost, years=a.years
    )
    tiers = costed[costed["tier"] != "all"]
    w.head(
        "tiers",
        cuts=listed([percent(cut) for cut in a.settings.grade_cuts], words),
        value=words.common("shared", a.scheme),
    )
    w.table(
        tiers[["tier", "customers", "value", "value_each"]],
        {"customers": whole, "value": money, "value_each": money},
    )
    w.head("owners")
    w.table(tiers[["tier", "owner", "service", "measure"]])
    last = costed.iloc[-1]
    w.say(
        "owners",
        "cost",
        hours=whole(last["hours"]),
        cost=money(last["cost"]),
        share=percent(last["cost"] / last["value"]) if last["value"] > 0 else "–",
    )
    w.table(
        tiers[["tier", "hours", "cost", "left", "losing"]],
        {"hours": whole, "cost": money, "left": money, "losing": whole},
    )
    there = tiers.loc[tiers["customers"] > 0, "tier"]
    problems = check_policy(
        policy[policy["tier"].isin(there)], costed[costed["tier"].isin([*there, "all"])]
    )
    w.say(
        "owners",
        "problems" if len(problems) else "fine",
        list=listed([f"{r['tier']}: {r['problem']}" for r in problems.to_dict("records")], words),
    )
    known = [c for c in a.customers.columns if a.customers[c].notna().any()]
    w.head("archive", fields=len(known), names=listed([str(c) for c in known[:8]], words) or "–")
    contacts = policy.groupby("tier", sort=False)["times_a_year"].sum()
    counts = a.tier.value_counts().reindex(contacts.index).fillna(0)
    w.head(
        "plan",
        contacts=whole(float((contacts * counts).sum())),
        hours=whole(last["hours"]),
        people=one(last["hours"] / 1600),
    )
    review = a.material.end + pd.Timedelta("91D")
    w.head("review", date=day(review))
    for row in costed.to_dict("records"):
        w.number(
            "policy_cost",
            row["cost"],
            a.material.currency,
            0.02 * max(1, row["cost"]) ** 0.5,
            row["tier"],
        )
        w.number("policy_hours", row["hours"], "hours", 0.1, row["tier"])
        w.number("tier_size", row["customers"], "customers", 0, row["tier"])


def reception(a: Analysis, w: Writer, words: Words) -> None:
    """R5.2: reception, learning needs, channels and quick reply, regular meetings."""
    w.head("desk")
    if a.material.has("interactions", "way"):
        ways = levels(a.material.tables["interactions"]["way"], 4)
        w.say("desk", "ways", ways=listed([f"{n} {percent(s)}" for n, s in ways.items()], words))
    if a.needs:
        w.head("needs", needs=listed([f"“{said}”" for said in list(a.needs.values())[:3]], words))
    else:
        w.head("needs_unasked")
    made = a.complaints
    if made is None or made.empty:
        w.missing("reply", "complaints")
    else:
        quick = float((made["days"] <= a.settings.answer_days).mean())
        w.head("reply", days=a.settings.answer_days, quick=percent(quick))
        curve = closing_curve(
            a.material.tables["interactions"], as_of=a.material.end, kind="complaint"
        )
        w.figure(plot.closing_plot(curve, within=24 * max(1, a.settings.answer_days)))
        w.number("complaints_settled_in_time", quick, "share", 0.001)
    w.head("meetings")


def upkeep(a: Analysis, w: Writer, words: Words) -> None:
    """R5.3: follow-up, visits, events, rewards, complaints."""
    w.head("follow", days=whole(a.cycle))
    made = a.material.tables.get("interactions")
    visits = 0
    if made is not None and a.material.has("interactions", "kind", "customer_id"):
        seen = made[made["kind"] == "visit"]
        visits = len(seen)
    if visits:
        by = seen["customer_id"].map(a.tier).value_counts()
        top = str(a.grades["grade"].cat.categories[0])
        w.head(
            "visits",
            visits=visits,
            grade=top,
            share=percent(by.get(top, 0) / visits),
            size=percent(float((a.tier == top).mean())),
        )
    else:
        w.head("visits_none")
    w.head("events")
    if a.material.has("events", "event"):
        kinds = levels(a.material.tables["events"]["event"], 3)
        w.say(
            "events", "kinds", kinds=listed([f"{n} {percent(s)}" for n, s in kinds.items()], words)
        )
    w.head("rewards")
    if "discount_share" in a.buyers.columns:
        top = str(a.grades["grade"].cat.categories[0])
        own = a.buyers.loc[a.tier == top, "discount_share"].mean()
        w.say(
            "rewards",
            "discount",
            grade=top,
            share=percent(float(own)),
            all=percent(float(a.buyers["discount_share"].mean())),
        )
    if a.complaints is None:
        w.missing("complaints", "complaints")
    else:
        w.head(
            "complaints",
            count=len(a.complaints),
            open=int(a.complaints["days"].isna().sum()),
            days=a.settings.answer_days,
        )


SECTIONS: dict[str, Write] = {
    "general": general,
    "classification": classification,
    "reception": reception,
    "upkeep": upkeep,
}
