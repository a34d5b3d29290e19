"""The numbers the text of unit 13 quotes, computed from the shipped data."""

from pathlib import Path

import numpy as np
import pandas as pd

from whobuys import segment, value
from whobuys.course import load_key
from whobuys.market import market, truth

START, AS_OF = "2025-07-01", "2026-06-30"
MINUTE, STOP, STOP_LOW = 1.0, 18, 8
OTHERS = ("teahouse", "marketplace", "littlehands", "citybank")
WEIGHTS = {"contribution": 4, "potential": 3, "referrals": 2, "credit": 1}


def facts():
    case = market("tradeways", 0)
    firms = case["customers"].set_index("customer_id")
    money, visits, served = last_year(case)
    potential, wallet = to_come(firms, money)
    grades = value.abc_grades(money["contribution"], scheme="profit contribution", losses="D")
    return {
        **money_facts(case, firms, money, visits),
        **share_facts(firms, money),
        **part_facts(case, firms, money, potential, wallet),
        **score_facts(firms, money, potential),
        **grade_facts(firms, money, visits, grades),
        **shop_facts(),
        **bank_facts(),
        **matrix_facts(case, money, potential, grades),
        **account_facts(case, firms, money, served),
        **plan_facts(money, potential, visits, served),
        **decision_facts(money, grades, visits, served),
        **policy_facts(),
    }


def percent(number, digits=0):
    return f"{number:.{digits}%}".replace("%", "\u00a0%")


def pounds(number):
    return f"{number:,.0f}".replace("-", "\u2212")


def two(number):
    return f"{number:.2f}".replace("-", "\u2212")


def last_year(case, stop=STOP):
    orders, contacts = case["transactions"], case["interactions"]
    served = contacts[contacts["opened"] >= START]
    money = value.customer_contribution(
        orders[orders["date"] >= START],
        case["products"],
        customers=case["customers"],
        interactions=served,
        minute_cost=MINUTE,
        order_cost=stop,
    ).set_index("customer_id")
    money = money[(money["orders"] > 0) | (money["service_cost"] > 0)]
    visits = served[served["kind"] == "visit"].groupby("customer_id").size()
    return money, visits.reindex(money.index, fill_value=0), served


def to_come(firms, money):
    size = segment.band(firms["headcount"], edges=[10, 50], labels=["small", "medium", "large"])
    like = (firms["industry"] + ", " + size.astype(str)).reindex(money.index)
    wallet = value.estimate_wallet(money["sales"], like, quantile=0.75)
    purse = value.share_of_wallet(money["sales"], wallet)
    return purse["gap"] * money["margin"].sum() / money["sales"].sum(), purse


def money_facts(case, firms, money, visits):
    alike = money[money["sales"].between(2900, 3100)].sort_values("contribution")
    bad, good = alike.iloc[0], alike.iloc[-1]
    lose = money["contribution"] < 0
    low = last_year(case, STOP_LOW)[0]
    bought = money[money["orders"] > 0]
    order_value = bought["sales"] / bought["orders"]
    third = pd.qcut(order_value, 3, labels=False)
    profit = pd.qcut(bought["contribution"], 3, labels=False)
    return {
        "firms": len(firms),
        "visits": f"{visits.sum():,}",
        "per_firm": f"{visits.mean():.0f}",
        "beyond": int((money["margin"] > 3000).sum()),
        "minute": f"{MINUTE:g}",
        "stop": STOP,
        "active": len(money),
        "twin_bad": firms.loc[bad.name, "firm"],
        "twin_bad_orders": int(bad["orders"]),
        "twin_bad_left": pounds(bad["contribution"]),
        "twin_good": firms.loc[good.name, "firm"],
        "twin_good_orders": int(good["orders"]),
        "twin_good_left": pounds(good["contribution"]),
        "losing": int(lose.sum()),
        "losses": pounds(-money.loc[lose, "contribution"].sum()),
        "silent": int((money["orders"] == 0).sum()),
        "stop_low": STOP_LOW,
        "losing_low": int((low["contribution"] < 0).sum()),
        "rank_margin": two(order_value.corr(bought["margin"] / bought["sales"], "spearman")),
        "rank_left": two(order_value.corr(bought["contribution"] / bought["sales"], "spearman")),
        "off_diagonal": percent((third != profit).mean()),
    }


def share_facts(firms, money):
    left = money["contribution"]
    test = value.pareto_test(left)
    shops = left[firms.loc[left.index, "industry"] == "retail"]
    elsewhere = []
    for name in OTHERS:
        other = market(name, 0)
        each = value.customer_contribution(
            other["transactions"],
            other["products"],
            customers=other["customers"],
            interactions=other["interactions"],
            minute_cost=0.5,
        ).query("orders > 0")["contribution"]
        elsewhere.append(value.pareto_test(each, draws=200))
    shares = [found.share for found in elsewhere]
    fits = sum(found.holds for found in elsewhere)
    return {
        "top_fifth": percent(test.share),
        "needed": test.customers_needed,
        "needed_share": percent(test.needed_share),
        "shops": len(shops),
        "shops_top": percent(value.top_share(shops)),
        "shops_peak": percent(value.lorenz(shops)["value_share"].max()),
        "shops_gini": two(value.gini(shops)),
        "shops_losing": int((shops < 0).sum()),
        "gini": two(value.gini(left)),
        "least_top": percent(min(shares)),
        "most_top": percent(max(shares)),
        "fits": {0: "none", 1: "one"}.get(fits, str(fits)),
        "best_share": percent(left.max() / left.sum()),
        "top_sales": percent(value.top_share(money["sales"])),
    }


def part_facts(case, firms, money, potential, purse):
    orders, contacts = case["transactions"], case["interactions"]
    margins = value.line_margins(orders, case["products"])
    calls = contacts.assign(date=contacts["opened"], margin=-MINUTE * contacts["minutes"])
    stops = orders.drop_duplicates("order_id").assign(margin=-STOP)
    flows = pd.concat([t[["customer_id", "date", "margin"]] for t in (margins, calls, stops)])
    by_word = worth_of_a_referral(firms, money)
    parts = value.value_components(
        flows,
        as_of=AS_OF,
        potential=potential,
        referrals=firms["referrals"].astype(float),
        referral_value=by_word,
    ).set_index("customer_id")
    then = parts[parts["historical"] > 0]
    fifth = round(len(then) / 5)
    best = then["historical"].nlargest(fifth).index
    still = then["current"].nlargest(fifth).index.isin(best).sum()
    ahead = parts["potential"].nlargest(50).index
    known = firms[["referrals", "renewed", "credit"]].join(money["contribution"], how="inner")
    asked = case["survey"].set_index("customer_id")[["satisfaction", "recommend"]]
    asked = asked.join(known, how="inner").astype(float)
    ranks = asked.corr("spearman")
    return {
        "wallet_middle": percent(purse["share"].median()),
        "potential": pounds(potential.sum()),
        "both_fifty": int(ahead.isin(parts["current"].nlargest(50).index).sum()),
        "fifth": fifth,
        "moved": int(fifth - still),
        "asked": len(asked),
        "sat_value": two(ranks.loc["satisfaction", "contribution"]),
        "sat_renew": two(ranks.loc["satisfaction", "renewed"]),
        "rec_ref": two(ranks.loc["recommend", "referrals"]),
        "by_word": pounds(by_word),
    }


def worth_of_a_referral(firms, money):
    came = firms.loc[money.index, "source"] == "referral"
    return money.loc[came, "contribution"].median()


def score_facts(firms, money, potential):
    sheet = pd.DataFrame(
        {
            "contribution": money["contribution"],
            "potential": potential,
            "referrals": firms["referrals"].reindex(money.index),
            "credit": firms["credit"].reindex(money.index),
        }
    )
    best = money["contribution"].nlargest(50).index

    def both(weights):
        score = segment.weighted_score(sheet, weights, scale="rank")["score"]
        return int(score.nlargest(50).index.isin(best).sum())

    return {"score_both": both(WEIGHTS), "score_heavy": both(WEIGHTS | {"contribution": 12})}


def grade_facts(firms, money, visits, grades):
    letter = grades["grade"].astype(str).str[0]
    summary = value.grade_summary(grades)
    each = visits.groupby(letter).mean()
    part = visits.groupby(letter).sum() / visits.sum()
    volume = value.abc_grades(money["sales"], scheme="sales")["grade"].cat.codes
    left = ~firms["renewed"].reindex(money.index)
    loyal = (volume + left).clip(upper=2).map({0: "A", 1: "B", 2: "C"})
    return {
        "count_a": int((letter == "A").sum()),
        "share_a": percent(summary["customer_share"].iloc[0]),
        "visits_a": percent(part["A"]),
        "count_c": int((letter == "C").sum()),
        "count_d": int((letter == "D").sum()),
        "visits_d": percent(part["D"]),
        "each_c": f"{each['C']:.1f}",
        "each_d": f"{each['D']:.1f}",
        "apart": int((letter != loyal).sum()),
        "a_not": int(((letter == "A") & (loyal != "A")).sum()),
    }


def shop_facts():
    shop = market("littlehands", 0)
    lines, contacts = shop["transactions"], shop["interactions"]
    kept = (
        value.customer_contribution(
            lines[lines["date"] >= START],
            shop["products"],
            customers=shop["customers"],
            interactions=contacts[contacts["opened"] >= START],
            minute_cost=0.5,
        )
        .query("orders > 0")
        .set_index("customer_id")
    )
    abcd = value.abc_grades(
        kept["contribution"], scheme="profit contribution", cuts=(0.5, 0.8, 0.95), labels="ABCD"
    )
    letter = abcd["grade"].astype(str).str[0]
    people = shop["customers"].set_index("customer_id").loc[kept.index]
    orders = kept["orders"].groupby(letter).mean()
    last = letter == "D"
    return {
        "shop_a": int((letter == "A").sum()),
        "shop_a_orders": f"{orders['A']:.0f}",
        "shop_a_friend": percent((people["source"] == "friend")[letter == "A"].mean()),
        "shop_d": int(last.sum()),
        "shop_d_orders": f"{orders['D']:.1f}",
        "shop_d_new": int((people["joined"] >= "2026-01-01")[last].sum()),
    }


def bank_facts():
    bank = market("citybank", 0)
    bands = bank["profiles"]["income_band"]
    income = bands.str.replace(",", "").str.extract(r"(\d+)")[0].astype(float)
    income[bands.str.startswith("under")] = 0
    tiers = value.bank_tiers(bank["accounts"], potential=income)
    high = tiers["grade"].astype(str).str.startswith("high")
    low = tiers["grade"].astype(str).str.startswith("low")
    deposits = bank["accounts"]["deposits"]
    return {
        "bank_grow": int((low & tiers["high_potential"]).sum()),
        "bank_high": int(high.sum()),
        "bank_hidden": int((high & (deposits < deposits.median())).sum()),
    }


def matrix_facts(case, money, potential, grades):
    matrix = value.value_matrix(
        money["contribution"], potential, current_cut=500, potential_cut=500
    )
    counts = value.matrix_counts(matrix).set_index("cell")
    cell = matrix["cell"].astype(str)
    kinds = truth(case).customers.set_index("customer_id")["segment"].reindex(money.index)
    develop = cell == "develop"
    mix = kinds[develop].value_counts(normalize=True)
    worst = grades["grade"].astype(str).str[0] == "D"
    return {
        "keep": int(counts.loc["keep", "customers"]),
        "keep_money": pounds(counts.loc["keep", "current"]),
        "maintain": int(counts.loc["maintain", "customers"]),
        "maintain_share": percent(counts.loc["maintain", "current"] / counts["current"].sum()),
        "develop": int(develop.sum()),
        "develop_potential": pounds(counts.loc["develop", "potential"]),
        "simple": int(counts.loc["serve simply", "customers"]),
        "develop_d": int((develop & worst).sum()),
        "develop_price": percent(mix["price chasers"]),
        "develop_keep": percent(mix["easy keepers"]),
        "develop_menu": percent(mix["menu makers"]),
    }


def account_facts(case, firms, money, served):
    mine = firms.loc[money.index]
    reasons = pd.DataFrame(
        {
            "brought": mine["referrals"] >= 3,
            "listed": mine["listed"] & (mine["headcount"] >= 200),
        }
    )
    accounts = value.key_accounts(money["contribution"], reasons, min_share=0.01)
    big = accounts["by_value"]
    last = accounts.index[-1]
    what = served["kind"] + ": " + served["outcome"]
    times = pd.crosstab(served["customer_id"], what).reindex(money.index, fill_value=0)
    left = money["contribution"]
    complains = times.filter(like="complaint").sum(axis=1) > 1
    return {
        "key_big": int(big.sum()),
        "key_share": percent(accounts.loc[big, "share"].sum()),
        "key_why": int((~big).sum()),
        "key_loss": int((accounts["value"] < 0).sum()),
        "key_all": len(accounts),
        "key_last": firms.loc[last, "firm"],
        "key_last_loss": pounds(-accounts["value"].iloc[-1]),
        "key_last_deals": int(firms.loc[last, "referrals"]),
        "complain_left": pounds(left[complains].mean()),
        "complain_times": f"{left[complains].mean() / left.mean():.0f}",
        "mean_left": pounds(left.mean()),
        "brings_left": pounds(left[mine["referrals"] > 0].mean()),
    }


def plan_facts(money, potential, visits, served):
    trip = (served.loc[served["kind"] == "visit", "minutes"].mean() + 30) / 60
    matrix = value.value_matrix(
        money["contribution"], potential, current_cut=500, potential_cut=500
    )
    cell = matrix["cell"]
    last = (visits * trip).groupby(cell, observed=False).sum()

    def planned(weight):
        cells = value.matrix_counts(matrix).set_index("cell")
        stake = money["contribution"].clip(lower=0) + weight * potential
        cells["round"] = trip * cells["customers"]
        cells["ceiling"] = 0.3 * stake.groupby(cell, observed=False).sum()
        cells["response"] = 0.51 / cells["round"]
        cells["least"], cells["most"] = [2, 0, 2, 0] * cells["round"], 12 * cells["round"]
        return value.allocate_budget(cells, last.sum(), minimum="least", maximum="most")

    plan, half, bare = planned(1), planned(0.5), planned(0)
    before = (plan["ceiling"] * (1 - np.exp(-plan["response"] * last))).sum()
    loses = (half["spend"] - plan["spend"]).idxmin()
    each = plan["spend"] / plan["round"]
    return {
        "hours": f"{last.sum():,.0f}",
        "trip": f"{60 * trip:.0f}",
        "next_hour": f"{plan['next_unit'].loc[['keep', 'develop']].mean():.0f}",
        "next_simple": f"{plan.loc['serve simply', 'next_unit']:.0f}",
        **{
            f"{name}_{when}": f"{rounds[name]:.1f}"
            for when, rounds in {"before": last / plan["round"], "after": each}.items()
            for name in ("keep", "develop")
        },
        "gain_plan": percent(plan["value"].sum() / before - 1),
        "half_cell": loses,
        "bare_hours": pounds(bare.loc["develop", "spend"]),
        "half_before": pounds(plan.loc[loses, "spend"]),
        "half_after": pounds(half.loc[loses, "spend"]),
    }


def decision_facts(money, grades, visits, served):
    total = money["contribution"].groupby(grades["grade"].astype(str).str[0]).sum()
    drives = served[served["kind"] == "visit"].groupby("customer_id")["minutes"].sum()
    phoned = money["contribution"] + MINUTE * (
        drives.reindex(money.index, fill_value=0) - 8 * visits
    )
    lose = money["contribution"] < 0
    return {
        "churn_a": pounds(0.1 * total["A"]),
        "churn_c": pounds(0.1 * total["C"]),
        "churn_d": pounds(-0.1 * total["D"]),
        "turned": int((phoned[lose] >= 0).sum()),
    }


def policy_facts():
    """Return what the example answer of the exercise quotes, from the case to practise on."""
    key = load_key(Path(__file__).with_name("key.py"))
    case = key.draw(0)
    brief, firms = case["brief"].iloc[0], case["firms"].set_index("customer_id")
    ask = {id: question.answer for id, question in key.questions.items() if not question.open}
    profit = ask["q1"](case)
    money = profit.set_index("customer_id")["profit"]
    letter = ask["q4"](case, profit).set_index("customer_id")["grade"].str[0]
    paid = case["orders"].groupby("customer_id")["amount"].sum().reindex(firms.index, fill_value=0)
    odd = paid.where((money < 0) & (paid > paid.median())).idxmax()
    test = value.pareto_test(money)
    worst = letter == "D"
    return {
        "pol_firms": len(firms),
        "pol_losing": int((money < 0).sum()),
        "pol_losses": pounds(-money[money < 0].sum()),
        "pol_firm": firms.loc[odd, "firm"],
        "pol_paid": pounds(paid[odd]),
        "pol_left": pounds(money[odd]),
        "pol_top": percent(test.share),
        "pol_low": percent(test.low),
        "pol_high": percent(test.high),
        "pol_needed": test.customers_needed,
        "pol_verdict": "near enough" if test.holds else "no law",
        "pol_cut_a": percent(brief["cut_a"]),
        "pol_cut_b": percent(brief["cut_b"]),
        **{f"pol_{name.lower()}": int((letter == name).sum()) for name in "ABCD"},
        "pol_try": int((worst & (firms["potential"] >= brief["potential_cut"])).sum()),
        "pol_hour": f"{brief['hour_cost']:g}",
        "pol_table": key_table(money, firms),
        "pol_last": key_table(money, firms).splitlines()[-1].split(" | ")[1],
    }


def key_table(money, firms):
    """Return four key accounts as a Markdown table: two by size, two for a named reason."""
    reasons = pd.DataFrame(
        {
            "its name is known in the trade": firms["reference"],
            "three deals or more came through it": firms["referrals"] >= 3,
        }
    )
    found = value.key_accounts(money, reasons, min_share=0.02)
    named = found[~found["by_value"]]
    rows = pd.concat([found[found["by_value"]].head(2), named.iloc[[0, -1]]])
    lines = ["| firm | left, pounds | why |", "|---|---|---|"]
    for customer, row in rows.iterrows():
        lines.append(
            f"| {firms.loc[customer, 'firm']} | {pounds(row['value'])} | {row['reasons']} |"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    print(pd.Series(facts()).to_string())
