"""The numbers the text of unit 15 quotes, computed from the shipped data."""

from pathlib import Path

import numpy as np
import pandas as pd

from whobuys import segment, strategy, value
from whobuys.course import load_key
from whobuys.market import market

START, AS_OF, HOUR = "2025-07-01", "2026-06-30", 60
AGES = ["under 30", "30 to 44", "45 to 59", "60 and over"]
SCHEME = "profit contribution"
WAY = {"City": 20, "Airport": 35, "Coast": 50, "Country": 70}


def facts():
    tea, trade = market("teahouse", 0), market("tradeways", 0)
    age = segment.band(
        tea["customers"].set_index("customer_id")["age"], edges=[30, 45, 60], labels=AGES
    )
    money, grade, before, served = last_year(trade)
    return {
        "hour": HOUR,
        **age_facts(tea, age),
        **campaign_facts(tea, age),
        **offer_facts(tea, age),
        **price_facts(age),
        **policy_facts(trade, money, grade, before),
        **member_facts(),
        **visit_facts(trade, money, grade, before, served),
        **example_facts(),
    }


def percent(number, digits=0):
    return f"{number:.{digits}%}".replace("%", "\u00a0%").replace("-", "\u2212")


def points(number):
    return f"{100 * number:.0f}".replace("-", "\u2212")


def whole(number):
    return f"{number:,.0f}".replace("-", "\u2212")


def one(number):
    return f"{number:.1f}".replace("-", "\u2212")


# Lantern Lane -------------------------------------------------------------------------------------


def age_facts(tea, age):
    figures = strategy.segment_figures(tea["transactions"], age, products=tea["products"])
    source = tea["customers"].set_index("customer_id")["source"]
    friend = (source == "friend").groupby(age, observed=True).mean()
    video = (source == "short video").groupby(age, observed=True).mean()
    young, old = figures.loc["under 30"], figures.loc["60 and over"]
    return {
        "tea_buyers": whole(figures.loc["all", "customers"]),
        "mini_young": percent(young["channel: mini-program"]),
        "shop_old": percent(old["channel: shop"]),
        "video_young": percent(video["under 30"]),
        "bottle_young": percent(young["category: bottled drink"]),
        "blend_old": percent(old["category: traditional blend"]),
        "young_customers": percent(young["customer_share"]),
        "young_sales": percent(young["sales_share"]),
        "middle_sales": percent(figures.loc["30 to 44", "sales_share"]),
        "friend_old": percent(friend["60 and over"]),
        "friend_all": percent((source == "friend").mean()),
        "friend_index": whole(100 * friend["60 and over"] / (source == "friend").mean()),
    }


def lifts(sent, by):
    came = sent.groupby([by.reindex(sent.index), "arm"], observed=True)["responded"]
    came = came.agg(["mean", "size"]).unstack()
    lift = came["mean"]["contacted"] - came["mean"]["held back"]
    spread = came["mean"] * (1 - came["mean"]) / came["size"]
    return lift, 1.96 * np.sqrt(spread.sum(axis=1))


def campaign_facts(tea, age):
    sent = tea["campaign"].set_index("customer_id")
    lift, error = lifts(sent, age)
    known = tea["transactions"][tea["transactions"]["date"] < "2026-05-04"]
    state = segment.lifecycle_state(known, as_of="2026-05-03").set_index("customer_id")["state"]
    woken, unsure = lifts(sent, state)
    now = segment.lifecycle_state(tea["transactions"], as_of=AS_OF)
    now = now.set_index("customer_id")["state"]
    asleep = now[now == "dormant"].index
    cost = sent.loc[sent["arm"] == "contacted", "cost"].mean() / woken["dormant"]
    lines = tea["transactions"].merge(tea["products"], on="product_id")
    margin = 1 - (lines["quantity"] * lines["unit_cost"]).sum() / lines["amount"].sum()
    return {
        "lift_young": points(lift["under 30"]),
        "lift_young_low": points(lift["under 30"] - error["under 30"]),
        "lift_young_high": points(lift["under 30"] + error["under 30"]),
        "lift_45": points(lift["45 to 59"]),
        "lift_45_high": f"{100 * (lift['45 to 59'] + error['45 to 59']):+.1f}",
        "saved": int((age[sent.index].isin(AGES[2:])).sum()),
        "lift_dormant": points(woken["dormant"]),
        "lift_dormant_error": points(unsure["dormant"]),
        "lift_lost": points(woken["lost"]),
        "wake": int(age[asleep].isin(AGES[:2]).sum()),
        "cost_moved": whole(cost),
        "order_needed": whole(cost / margin),
    }


def offer_facts(tea, age):
    goods = tea["products"].assign(margin=lambda t: t["list_price"] - t["unit_cost"])
    no_pot = goods["product"].str.contains("bags|sachets|cubes") & (goods["list_price"] <= 60)
    calm = goods["product"].str.contains("barley|Buckwheat|herb|ginger")
    lines = tea["transactions"].merge(tea["products"], on="product_id")
    lines["margin"] = lines["amount"] - lines["quantity"] * lines["unit_cost"]
    kinds = {"cross-sell": "category", "multichannel": "channel", "add-on": "category"}
    offers = value.offer_table(value.next_offers(lines, kinds, segment=age, margin="margin"))
    fine = offers[offers["offer"].eq("fine tea") & offers["segment"].isin(AGES[1:3])]
    fine = fine[fine["kind"] == "cross-sell"]["share"]
    test = strategy.recommendation_test(tea["transactions"], "2026-01-01", groups=age, most=3)
    rate = test.set_index("way")["hit_rate"]
    return {
        "match_gap": one(goods[no_pot]["margin"].max() - goods[no_pot & calm]["margin"].max()),
        "fine_share": f"{percent(fine.min())} to {percent(fine.max())}",
        "hit_item": percent(rate["item to item"]),
        "hit_group": percent(rate["best sellers of the segment"]),
    }


def price_facts(age):
    draw = np.random.default_rng([0, 15])
    half = pd.Series([42, 66, 84, 78], AGES)
    tried = draw.choice(range(30, 120, 15), len(age))
    shown = pd.DataFrame({"segment": age.astype(str), "price": tried})
    chance = 1 / (1 + np.exp((shown["price"] - shown["segment"].map(half)) / 13))
    shown["bought"] = draw.random(len(shown)) < chance
    demand = strategy.logit_demand(shown)
    found = strategy.price_table(demand, unit_cost=24)
    table = found.set_index("segment")
    dear = strategy.price_table(demand, unit_cost=24, aim="revenue").set_index("segment")
    rest = demand[demand["segment"] != "60 and over"]
    without = strategy.price_table(rest, unit_cost=24)["one_price"].iloc[0]
    others = demand[demand["segment"] != "under 30"]
    rest_price = strategy.price_table(others, unit_cost=24)["one_price"].iloc[0]
    two = dict.fromkeys(AGES, rest_price) | {"under 30": table.loc["under 30", "own_price"]}
    both = strategy.price_table(demand, unit_cost=24, own_prices=two)["change"].iloc[-1]
    young, every = table.loc["under 30"], table.loc["all"]
    return {
        "one_price": one(every["one_price"]),
        "own_young": whole(young["own_price"]),
        "own_45": whole(table.loc["45 to 59", "own_price"]),
        "more_young": whole(young["demand_own"] - young["demand_one"]),
        "profit_one": whole(every["profit_one"]),
        "profit_own": whole(every["profit_own"]),
        "revenue_price": whole(dear.loc["all", "one_price"]),
        "revenue_loss": whole(every["profit_one"] - dear.loc["all", "profit_one"]),
        "even_leak": percent(found.attrs["break_even_leak"]),
        "rest_price": whole(rest_price),
        "two_share": percent(both / every["change"]),
        "one_without": one(without),
        "old_people": int(demand.set_index("segment").loc["60 and over", "customers"]),
        "all_people": whole(demand["customers"].sum()),
    }


# Tradeways and Little Hands -----------------------------------------------------------------------


def last_year(trade):
    served = trade["interactions"].query("opened >= @START")
    money = value.customer_contribution(
        trade["transactions"].query("date >= @START"),
        trade["products"],
        customers=trade["customers"],
        interactions=served,
        minute_cost=HOUR / 60,
        order_cost=18,
    ).set_index("customer_id")
    money = money.query("orders > 0 or service_cost > 0")
    grade = value.abc_grades(money["contribution"], scheme=SCHEME, losses="D")["grade"]
    return money, grade.astype(str), money["contribution"] + money["service_cost"], served


def own_rules():
    rules = strategy.TIER_POLICY.copy()
    rules["tier"] = rules["tier"].str.replace("(profit)", f"({SCHEME})")
    return rules


def policy_facts(trade, money, grade, before):
    rules = own_rules()
    costed = strategy.tier_policy(rules, grade, before, hour_cost=HOUR).set_index("tier")
    letters = costed.rename(index=lambda name: name[0])
    every = costed.loc["all"]
    rules.loc[rules["tier"].str.startswith("D"), "times_a_year"] *= 2
    twice = strategy.tier_policy(rules, grade, before, hour_cost=HOUR)
    twice = twice.set_index("tier").rename(index=lambda name: name[0])
    firms = trade["customers"].set_index("customer_id")
    bought = trade["customers"]["customer_id"].isin(trade["transactions"]["customer_id"])
    why = pd.DataFrame({"brought": firms.loc[money.index, "referrals"] >= 3})
    key = value.key_accounts(money["contribution"], why, min_share=0.01)
    kept = money.index[money["orders"] > 0].union(key.index)
    return {
        "key_all": len(key),
        "nobody": len(firms) - len(kept) - int((~bought).sum()),
        "firms": len(trade["customers"]),
        "prospects": int((~bought).sum()),
        "policy_hours": whole(every["hours"]),
        "policy_cost": whole(every["cost"]),
        "policy_share": percent(every["cost_share"]),
        "policy_losing": int(every["losing"]),
        "a_cost": percent(letters.loc["A", "cost"] / every["cost"]),
        "a_value": percent(letters.loc["A", "value"] / every["value"]),
        "b_cost_share": percent(letters.loc["B", "cost_share"]),
        "d_double": whole(twice.loc["D", "cost"]),
        "d_value": whole(letters.loc["D", "value"]),
    }


def member_facts():
    room = market("littlehands", 0)
    lines = room["transactions"]
    year = np.where(lines["date"] < START, 1, 2)
    often = lines.groupby(["customer_id", year])["order_id"].nunique().unstack(fill_value=0)
    often = often.reindex(room["customers"]["customer_id"], fill_value=0)
    then, now = often[1], often[2]
    elite = then >= 12
    return {
        "elite": int(elite.sum()),
        "elite_still": int((elite & (now >= 12)).sum()),
        "elite_gone": int((elite & (now == 0)).sum()),
        "elite_now": int((now >= 12).sum()),
        "elite_new": int(((now >= 12) & (then == 0)).sum()),
    }


def visit_facts(trade, money, grade, before, served):
    firms = trade["customers"].set_index("customer_id")
    size = segment.band(firms["headcount"], edges=[10, 50], labels=["small", "medium", "large"])
    like = (firms["industry"] + ", " + size.astype(str)).reindex(money.index)
    purse = value.estimate_wallet(money["sales"], like, quantile=0.75)
    gap = value.share_of_wallet(money["sales"], purse)["gap"]
    stake = before.clip(lower=0) + gap * money["margin"].sum() / money["sales"].sum()
    task = firms.loc[money.index, ["firm", "region"]].assign(grade=grade, value=0.12 * stake)
    task["visit_hours"], task["way"] = 50 / 60, task["region"].map(WAY) / 60
    task = task.reset_index(names="customer_id")
    driven = served[served["kind"] == "visit"].groupby("customer_id").size()
    last = task.assign(visits=task["customer_id"].map(driven).fillna(0).astype(int))
    takes = task["visit_hours"] + task["way"]
    hours = float((last["visits"] * takes).sum())
    limits = {
        "minimum": {f"{g} ({SCHEME})": n for g, n in {"A": 6, "B": 3}.items()},
        "most": {f"{g} ({SCHEME})": n for g, n in {"A": 12, "B": 6, "C": 3, "D": 1}.items()},
        "keeps": 0.6,
        "travel_hours": "way",
    }
    found = strategy.check_plan(last, task, hours, **limits)
    plan = strategy.plan_visits(task, hours, **limits)
    even = strategy.even_visits(task, hours, **limits)
    best = plan.attrs["expected"]
    letter = task["grade"].str[0]
    each = {
        name: way["visits"].groupby(letter).mean() for name, way in {"l": last, "p": plan}.items()
    }
    curve = strategy.hours_curve(
        task, [round(hours * part) for part in (0.6, 0.7, 0.8, 0.9, 1.0, 1.1)], **limits
    )
    middle = (curve["hours"] + curve["hours"].shift()) / 2
    cross = np.interp(-HOUR, -curve["brings_an_hour"].iloc[1:], middle.iloc[1:])
    cross = 50 * round(cross / 50)
    smaller = strategy.plan_visits(task, cross, **limits)
    vary = {
        keeps: strategy.hours_curve(
            task, [round(0.8 * hours), round(hours)], **(limits | {"keeps": keeps})
        )["brings_an_hour"].iloc[1]
        for keeps in (0.5, 0.7)
    }
    free = strategy.plan_visits(
        task, hours, minimum=0, most=20, keeps=limits["keeps"], travel_hours="way"
    )
    no_way = strategy.plan_visits(task, hours, **(limits | {"travel_hours": None}))
    country = task["region"] == "Country"
    return {
        "hours": whole(hours),
        "plan_gain": percent(best / found.value - 1),
        "even_gain": percent(best / even.attrs["expected"] - 1),
        "a_before": one(each["l"]["A"]),
        "a_after": one(each["p"]["A"]),
        "d_before": one(each["l"]["D"]),
        "d_after": one(each["p"]["D"]),
        "d_visited": int(((letter == "D") & (plan["visits"] > 0)).sum()),
        "d_firms": int((letter == "D").sum()),
        "c_hours": percent((plan["visits"] * takes)[letter == "C"].sum() / hours),
        "free_gain": percent(free.attrs["expected"] / best - 1),
        "d_free": one(free["visits"][letter == "D"].mean()),
        "prospect_visits": int(
            driven[~driven.index.isin(trade["transactions"]["customer_id"])].sum()
        ),
        "mean_hour": whole(best / hours),
        "last_hour": whole(curve["brings_an_hour"].iloc[4]),
        "last_twice": whole(2 * curve["brings_an_hour"].iloc[4]),
        "cross": whole(cross),
        "cross_share": percent(cross / hours),
        "cross_value": percent(smaller.attrs["expected"] / best),
        "cross_d": int(((letter == "D") & (smaller["visits"] > 0)).sum()),
        "vary_low": whole(vary[0.5]),
        "vary_high": whole(vary[0.7]),
        "country_with": whole(plan.loc[country, "visits"].sum()),
        "country_without": whole(no_way.loc[country, "visits"].sum()),
        "hours_without": whole((no_way["visits"] * takes).sum()),
    }


def example_facts():
    """Return what the example answer of the exercise quotes, from the case to practise on."""
    key = load_key(Path(__file__).with_name("key.py"))
    case = key.draw(0)
    brief, firms = case["brief"].iloc[0], case["firms"].set_index("customer_id")
    ask = {id: question.answer for id, question in key.questions.items() if not question.open}
    plan = ask["q1"](case)
    costed = strategy.tier_policy(
        own_rules(), firms["grade"], firms["left"], hour_cost=brief["hour_cost"]
    ).set_index("tier")
    every, part = costed.loc["all"], costed.drop("all")
    dear = part["cost_share"].idxmax()
    gain, cost = ask["q3"](case), brief["more_hours"] * brief["hour_cost"]
    last = plan["grade"].str.startswith("D")
    return {
        "pol_firms": len(firms),
        "pol_table": grade_table(part),
        "pol_d": int(last.sum()),
        "pol_d_visits": int((last & (plan["visits"] > 0)).sum()),
        "pol_visits": int(plan["visits"].sum()),
        "pol_hours": whole(plan["hours"].sum()),
        "pol_cost": whole(every["cost"]),
        "pol_hour": whole(brief["hour_cost"]),
        "pol_share": percent(every["cost_share"]),
        "pol_left": whole(every["value"]),
        "pol_dear": dear,
        "pol_dear_share": percent(part["cost_share"][dear]),
        "pol_losing": int(every["losing"]),
        "pol_more": whole(brief["more_hours"]),
        "pol_gain": whole(gain),
        "pol_gain_cost": whole(cost),
        "pol_verdict": "we do not take them" if gain < cost else "we take them",
    }


def grade_table(part):
    """Return owner, service, measure and cost of each grade as a Markdown table."""
    lines = [
        "| grade | firms | owner | promised | measured by | cost of value |",
        "|---|---|---|---|---|---|",
    ]
    for name, row in part.iterrows():
        words = " | ".join(str(row[column]) for column in ("owner", "service", "measure"))
        share = percent(row["cost_share"]) if row["value"] > 0 else "no value"
        lines.append(f"| {name} | {row['customers']} | {words} | {share} |")
    return "\n".join(lines)


if __name__ == "__main__":
    print(pd.Series(facts()).to_string())
