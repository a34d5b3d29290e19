"""The numbers the text of unit 14 quotes, computed from the shipped data."""

from math import ceil
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from whobuys import segment, value
from whobuys.course import load_key
from whobuys.data import load
from whobuys.market import market, truth

AS_OF = "2026-06-30"
INTEREST = 0.10
CONTACT = 6
BUDGET = 20_000
LEAD = 60
LIKELY = {"mortgage": 0.5, "large investment": 0.6, "inheritance": 0.3, "card renewal": 0.9}
QUARTERLY = (1 + INTEREST) ** 0.25 - 1


def facts():
    case = market("teahouse", 0)
    lines = value.line_margins(case["transactions"], case["products"])
    return {
        "budget": f"{BUDGET:,}",
        **cohort_facts(lines),
        **simple_facts(case, lines),
        **renewal_facts(),
        **group_facts(case, lines),
        **migration_facts(lines),
        **ledger_facts(),
        **cdnow_facts(),
        **holdout_facts(lines),
        **customer_facts(case, lines),
        **plan_facts(),
    }


def share(number):
    return f"{number:.0%}".replace("%", "\u00a0%")


def money(number):
    return f"{number:,.0f}"


def cohort_facts(lines):
    cohorts = value.cohort_retention(lines, end=AS_OF, period="quarter")
    first = cohorts[1].dropna()
    size = cohorts["customers"]
    rates = value.recency_rates(lines, end=AS_OF, period="quarter", upto=4)
    return {
        "buyers": f"{lines['customer_id'].nunique():,}",
        "q1_share": share((first * size[first.index]).sum() / size[first.index].sum()),
        "q1_first": share(first.iloc[0]),
        "q1_last": share(first.iloc[-1]),
        "back": share(rates["rate"].iloc[1]),
        "rate_1": share(rates["rate"].iloc[0]),
    }


def yearly(lines):
    """Return what each buyer of the first year brought in either year."""
    year = np.where(lines["date"] < "2025-07-01", 1, 2)
    brought = lines.groupby(["customer_id", year])["margin"].sum().unstack()
    return brought[brought[1].notna()], year


def simple_facts(case, lines):
    brought, year = yearly(lines)
    lost = brought[2].isna()
    tier = pd.qcut(brought[1], 3, labels=["low", "middle", "high"])
    churn = value.churn_by_group(lost, tier, brought[1]).set_index("group")
    margin, kept = brought[2].mean(), 1 - lost.mean()
    people = case["customers"]
    sent = people[(people["joined"] >= "2025-07-01") & (people["source"] == "friend")]
    active = lines.loc[year == 2, "customer_id"].nunique()
    referral = lines.loc[lines["customer_id"].isin(sent["customer_id"]), "margin"].sum() / active
    most = value.retention_spend(margin + referral, kept, 0.05, INTEREST)

    def points(spent):
        multiple = (most.before + spent) / (margin + referral)
        return f"{100 * (multiple * (1 + INTEREST) / (1 + multiple) - kept):.1f}"

    base = {"margin": margin + referral, "discount_rate": INTEREST}
    low, high = (
        value.simple_clv(retention=round(kept + step, 2), **base) for step in (-0.08, 0.08)
    )
    return {
        "margin_kept": money(margin),
        "retention": share(kept),
        "churn": share(lost.mean()),
        "churn_low": share(churn.loc["low", "churn_rate"]),
        "churn_high": share(churn.loc["high", "churn_rate"]),
        "lost_low": money(churn.loc["low", "value_lost"]),
        "lost_high": money(churn.loc["high", "value_lost"]),
        "multiple": f"{value.margin_multiple(kept, INTEREST):.1f}",
        "friends": len(sent),
        "active": f"{active:,}",
        "spend_once": money(most.once),
        "break_points": points(CONTACT),
        "box_points": points(90),
        "spend_one_year": money(0.05 * (margin + referral + most.before) / (1 + INTEREST)),
        "spend_gain": share(most.after / most.before - 1),
        "tornado_low": money(low),
        "tornado_high": money(high),
    }


def renewal_facts():
    case = market("tradeways", 0)
    firms = case["customers"]
    lines = value.line_margins(case["transactions"], case["products"])
    lines = lines[lines["date"] >= "2025-07-01"]
    each = lines.groupby("customer_id")["margin"].sum().median()
    renewed = firms["renewed"].mean()
    kept = value.dwyer_retention(each, renewed, INTEREST, years=5, acquisition_cost=400)
    by_deals = firms.groupby(firms["referrals"].clip(upper=2))["renewed"].mean()
    return {
        "renewed": share(renewed),
        "renewed_0": share(by_deals[0]),
        "renewed_1": share(by_deals[1]),
        "per_firm": money(each),
        "still_5": f"{100 * kept['customers'].iloc[-1]:.0f}",
        "firm_clv": money(kept["each"].iloc[-1]),
    }


def group_facts(case, lines):
    age = case["customers"].set_index("customer_id")["age"]
    band = segment.band(age, edges=[30, 45], labels=["young", "middle", "old"])
    start = lines.groupby("customer_id")["date"].transform("min")
    own = lines[start < "2024-10-01"].assign(
        group=lines["customer_id"].map(band), quarter=(lines["date"] - start).dt.days // 91
    )
    own = own[own["quarter"] < 7]
    size = own.groupby("group", observed=True)["customer_id"].nunique()
    each = own.pivot_table("margin", "group", "quarter", "sum", observed=True).div(size, axis=0)
    npv = (each * value.discount_factors(7, QUARTERLY, timing="mid")).sum(axis=1)
    old = own[own["group"] == "old"].groupby("customer_id")["margin"].sum()
    best = old.nlargest(round(len(old) / 10))
    return {
        "npv_young": money(npv["young"]),
        "npv_old": money(npv["old"]),
        "below_mean": share((old < old.mean()).mean()),
        "top_tenth": share(best.sum() / old.sum()),
    }


def migration_facts(lines):
    rates = value.recency_rates(lines, end=AS_OF, period="quarter", upto=4)["rate"].tolist()
    visits = lines[lines["date"] >= "2025-07-01"]
    each = visits.groupby(["customer_id", visits["date"].dt.quarter])["margin"].sum().mean()
    moves = value.migration_table(rates, each, CONTACT, QUARTERLY, periods=20, customers=100)
    wrong = value.dwyer_retention(each, rates[0], QUARTERLY, years=21)["each"].iloc[-1]
    right = moves["each"].iloc[-1]
    ours = value.markov_value(
        value.recency_chain(rates), [each - CONTACT] + [-CONTACT] * 3 + [0], QUARTERLY
    )
    return {
        "buyers_1": f"{moves['buyers'].iloc[1]:.0f}",
        "buyers_2": f"{moves['buyers'].iloc[2]:.0f}",
        "migration_clv": money(right),
        "wrong_clv": money(wrong),
        "vanished": share(1 - wrong / right),
        "recency_4": money(ours["recency 4"]),
    }


def ledger_facts():
    events = market("citybank", 0)["events"]
    events["chance"] = events["event"].map(LIKELY)
    settings = {"as_of": AS_OF, "discount_rate": 0.08}
    ledger = value.event_ledger(events, chance="chance", **settings)
    best = value.ledger_value(ledger).nlargest(1, "present_value")["customer_id"].item()
    own = ledger[ledger["customer_id"] == best]
    sure = value.ledger_value(value.event_ledger(events[events["customer_id"] == best], **settings))
    worth = own["present_value"]
    return {
        "ledger_name": best,
        "ledger_events": len(own),
        "ledger_top": share(worth.max() / worth.sum()),
        "ledger_value": money(worth.sum()),
        "ledger_sure": money(sure["present_value"].item()),
    }


def cdnow_facts():
    cdnow = load("cdnow")
    model = value.BetaGeoModel().fit(value.clv_summary(cdnow, end="1997-09-30"))
    tracking = value.tracking_table(model, cdnow, end="1997-09-30", until="1998-06-30")
    later = tracking[tracking["holdout"]]
    came, expected = later["actual"].sum(), later["expected"].sum()
    off = expected / came - 1
    return {
        "cd_buyers": f"{model.n_customers_:,.0f}",
        "cd_words": f"{expected:,.0f} repeat purchases against {came:,.0f} counted, "
        f"{share(abs(off))} too {'many' if off > 0 else 'few'}",
    }


def holdout_facts(lines):
    known = value.clv_summary(lines, end="2025-12-31").set_index("customer_id")
    foretold = value.BetaGeoModel().fit(known).expected_purchases(26, known)
    days = lines.drop_duplicates(["customer_id", "date"])

    def visits(since, until):
        span = days[(days["date"] > since) & (days["date"] <= until)]
        return span.groupby("customer_id").size().reindex(known.index, fill_value=0)

    came, before = visits("2025-12-31", AS_OF), visits("2025-06-30", "2025-12-31")
    earlier = value.clv_summary(lines, end="2025-06-30").set_index("customer_id")

    def clues(seen):
        late = seen["T"] - seen["recency"]
        return np.column_stack([np.log1p(seen["frequency"]), late, seen["T"]])

    logit = LogisticRegression(max_iter=1000)
    logit.fit(clues(earlier), before.reindex(earlier.index) > 0)
    chance = logit.predict_proba(clues(known))[:, 1]
    return {
        "came": f"{came.sum():,}",
        "foretold": money(foretold.sum()),
        "foretold_off": share(foretold.sum() / came.sum() - 1),
        "before": f"{before.sum():,}",
        "before_off": share(before.sum() / came.sum() - 1),
        "auc_logit": f"{roc_auc_score(came > 0, chance):.2f}",
        "auc_bg": f"{roc_auc_score(came > 0, foretold):.2f}",
    }


def customer_facts(case, lines):
    table = value.clv_summary(lines, end=AS_OF).set_index("customer_id")
    model, spend = value.BetaGeoModel().fit(table), value.GammaGammaModel().fit(table)
    behind = truth(case).customers.set_index("customer_id")
    part = lines["margin"].sum() / lines["amount"].sum()
    table["p_alive"] = model.probability_alive(table)
    table["alive"] = behind.loc[table.index, "alive"].astype(float)
    table["order"] = spend.expected_spend(table)
    table["year"] = model.expected_purchases(52, table) * table["order"] * part
    table["true_year"] = table["alive"] * behind["purchase_rate"] * 52 * table["order"] * part
    table["clv"] = model.lifetime_value(
        104, value.rate_per("week", INTEREST), table, spend=spend, margin=part, timing="mid"
    )
    middle = table[(table["p_alive"] > 0.4) & (table["p_alive"] <= 0.6)]
    first = (1 + model.expected_purchases_new_customer(52)) * spend.mean_spend() * part
    start = lines.groupby("customer_id")["date"].transform("min")
    own = lines[start.between("2025-01-01", "2025-06-30")]
    own = own[(own["date"] - start[own.index]).dt.days < 364]
    newcomer = (1 + model.expected_purchases_new_customer(104)) * spend.mean_spend() * part
    return {
        "bin_said": share(middle["p_alive"].mean()),
        "bin_true": share(middle["alive"].mean()),
        "alive_said": share(table["p_alive"].mean()),
        "alive_true": share(table["alive"].mean()),
        "part": f"{part:.2f}",
        "clv_mean": money(table["clv"].mean()),
        "clv_median": money(table["clv"].median()),
        "newcomer": money(newcomer),
        "first_said": money(first),
        "first_true": money(own["margin"].sum() / own["customer_id"].nunique()),
        **style_facts(case, lines, table),
        **list_facts(lines, table),
    }


def style_facts(case, lines, table):
    talk = case["interactions"]
    cheap = segment.preference_class(lines, case["products"]).set_index("customer_id")["preference"]
    complaints = talk[talk["kind"] == "complaint"].groupby("customer_id").size()
    thinking = talk.loc[talk["outcome"] == "thought about it", "customer_id"]
    rules = [
        complaints.reindex(table.index, fill_value=0) >= 2,
        cheap.reindex(table.index) == "price-sensitive",
        table.index.isin(thinking),
        table["frequency"] >= 11,
    ]
    names = ["demanding", "thrifty", "hesitant", "seasoned"]
    style = np.select(rules, names, default="none")
    worth = table["clv"].groupby(style).agg(["size", "mean"])
    return {f"n_{name}": int(worth.loc[name, "size"]) for name in names} | {
        f"clv_{name}": money(worth.loc[name, "mean"]) for name in names
    }


def list_facts(lines, table):
    paid = segment.rfm_table(lines, as_of=AS_OF).set_index("customer_id")
    states = segment.lifecycle_state(lines, as_of=AS_OF).set_index("customer_id")["state"]
    late = states.isin(["at risk", "dormant"]).reindex(table.index)
    b = table[late].assign(paid=paid["monetary"]).nlargest(200, "paid")
    c = table.assign(doubt=table["year"] * (1 - table["p_alive"])).nlargest(200, "doubt")
    if_there = (c["year"] / c["p_alive"]).mean()
    cost = 200 * CONTACT
    return {
        "alive_b": share(b["alive"].mean()),
        "alive_c": share(c["alive"].mean()),
        "true_b": money(b["true_year"].mean()),
        "true_c": money(c["true_year"].mean()),
        "days_b": money(paid.loc[b.index, "recency_days"].median()),
        "days_c": money(paid.loc[c.index, "recency_days"].median()),
        "shared": int(c.index.isin(b.index).sum()),
        "saved": ceil(cost / if_there),
        "call_cost": f"{cost:,}",
        "newcomers": f"{(BUDGET - cost) // LEAD:,}",
    }


def plan_facts():
    """Return what the example answer of the exercise quotes, from the case to practise on."""
    key = load_key(Path(__file__).with_name("key.py"))
    case = key.draw(0)
    brief = case["brief"].iloc[0]
    npv = key.questions["q2"].answer(case).set_index("came_by")["npv"]
    most = key.questions["q5"].answer(case)
    members = case["members"]
    referred = members.loc[members["came_by"] == "branch", "referred"].mean()
    margin, rate = brief["plan_margin"], brief["discount_rate"]
    keep, gain = brief["plan_retention"], brief["gain"]

    rates = (rate - 0.03, rate, rate + 0.03)

    def rise(keep, rate):
        return money(value.retention_spend(margin, keep, gain, rate).once)

    return {
        "plan_keep": share(keep),
        "plan_gain": f"{100 * gain:.0f}",
        "plan_most": money(most),
        "plan_grid": "\n".join(
            [
                "| most to spend, yuan | " + " | ".join(f"rate {share(i)}" for i in rates) + " |",
                "|---|---|---|---|",
                *(
                    f"| retention {share(k)} | " + " | ".join(rise(k, i) for i in rates) + " |"
                    for k in (keep - 0.05, keep, keep + 0.05)
                ),
            ]
        ),
        "plan_branch": money(npv["branch"]),
        "plan_app": money(npv["app"]),
        "plan_referred": f"{referred:.2f}",
        "plan_referral": money(referred * npv["branch"]),
        "plan_rate": share(rate),
    }


if __name__ == "__main__":
    print(pd.Series(facts()).drop("plan_grid").to_string())
