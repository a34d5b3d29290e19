"""The numbers the text of unit 08 quotes, computed from the shipped data."""

import runpy
from pathlib import Path

import numpy as np
import pandas as pd

from whobuys import target
from whobuys.course import Judge, load_key
from whobuys.market import market

KEY = Path(__file__).with_name("key.py")
KINDS = runpy.run_path(str(KEY))["KINDS"]
WEIGHTS = {"worth": 4, "reach": 2, "stays": 2, "effort": 2}
STRENGTH = {"satisfaction": 1, "rival_equal": 1}
SHEET = {"kept": 2, "referrals": 1, "credit": 1, "complaints": 1}
BANDS = ["under 1,500", "1,500 to under 3,000", "3,000 to under 4,500",
         "4,500 to under 7,000", "7,000 and more"]  # fmt: skip


def facts():
    case = market("tradeways", 0)
    since = case.as_of - pd.DateOffset(years=1)
    trade = case["transactions"][case["transactions"]["date"] > since]
    firms = firms_of(case, trade, since)
    square = market("marketplace", 0)
    return {
        "firms": len(firms),
        **faced_facts(case),
        **money_facts(case, trade, firms),
        **role_facts(case, trade, firms),
        **toy_facts(square),
        **school_facts(),
        **form_facts(case, trade, firms),
        **tailor_facts(),
        **relation_facts(firms),
        **will_facts(case, firms),
        **youth_facts(square),
        **choice_facts(case, firms, since),
        **example_facts(),
    }


def share(value):
    return f"{value:.0%}".replace("%", "\u00a0%")


def whole(value):
    return f"{value:,.0f}"


def place(rank):
    return ["first", "second", "third", "fourth", "fifth", "sixth", "seventh"][int(rank) - 1]


def firms_of(case, trade, since):
    lines = trade.merge(case["products"], on="product_id")
    lines["earned"] = lines["amount"] - lines["quantity"] * lines["unit_cost"]
    firms = case["customers"].assign(kind=case["customers"]["industry"].map(KINDS))
    firms = firms[firms["customer_id"].isin(lines["customer_id"])].reset_index(drop=True)
    log = case["interactions"][case["interactions"]["opened"] > since]
    complaints = log[log["kind"] == "complaint"].groupby("customer_id").size()
    for name, values in {
        "amount": lines.groupby("customer_id")["amount"].sum(),
        "earned": lines.groupby("customer_id")["earned"].sum(),
        "hours": log.groupby("customer_id")["minutes"].sum() / 60,
        "complaints": complaints,
    }.items():
        firms[name] = firms["customer_id"].map(values).fillna(0)
    firms["kept"] = firms["renewed"].astype(float)
    return firms


def faced_facts(case):
    hikers = market("outfitter", 0)
    bags = hikers["transactions"].merge(hikers["products"], on="product_id")
    buyers = bags.groupby("product")["customer_id"].nunique()
    asked, ours = hikers["rivals"], case["rivals"]
    return {
        "hikers": whole(bags["customer_id"].nunique()),
        "down": int(buyers["Sleeping bag, down, -15 degrees"]),
        "child_bag": int(buyers["Sleeping bag, child, grows along"]),
        "cold_price": whole(asked.loc[asked["ours"], "price_typical"].iloc[0]),
        "dear": share(asked.loc[asked["price_typical"] >= 250, "share"].sum()),
        "asked": whole(ours["buyers"].sum()),
        "ours": share(ours.loc[ours["ours"], "share"].sum()),
    }


def money_facts(case, trade, firms):
    products = case["products"]
    kinds = target.contribution(trade, "kind", products=products, customers=firms)
    regions = target.contribution(trade, "region", products=products, customers=firms)
    regions["a_firm"] = regions["revenue"] / regions["customers"]
    rich = regions.loc[regions["a_firm"].idxmax()]
    cells = target.contribution(trade, ["region", "kind"], products=products, customers=firms)
    goods = target.contribution(trade, "product", products=products)
    rest = goods.iloc[1:].reset_index(drop=True)
    sold = rest.iloc[1]  # second in the chart without the largest
    earned = rest.sort_values("profit", ascending=False).iloc[1]
    by_profit = rest["profit"].rank(ascending=False)
    by_sales = rest["revenue"].rank(ascending=False)
    margin = goods.set_index("product")["margin"]
    first, last = kinds.iloc[0], kinds.iloc[-1]
    return {
        "first_kind": first["kind"].capitalize(),
        "first_share": share(first["revenue_share"]),
        "first_count": int(first["customers"]),
        "last_kind": last["kind"].capitalize(),
        "last_count": int(last["customers"]),
        "last_share": share(last["revenue_share"]),
        "top_region": regions.loc[0, "region"],
        "top_region_share": share(regions.loc[0, "revenue_share"]),
        "top_a_firm": whole(regions.loc[0, "a_firm"]),
        "rich_region": rich["region"],
        "rich_a_firm": whole(rich["a_firm"]),
        "top_cell": f"the {cells.loc[0, 'kind']} of the {cells.loc[0, 'region']}",
        "top_cell_share": share(cells.loc[0, "revenue_share"]),
        "coffee": goods.loc[0, "product"].split(",")[0],
        "coffee_share": share(goods.loc[0, "revenue_share"]),
        "second_sales": sold["product"].split(",")[0].lower(),
        "second_sales_place": place(by_profit[sold.name]),
        "second_profit": earned["product"].split(",")[0].lower(),
        "second_profit_place": place(by_sales[earned.name]),
        "second_profit_margin": f"{100 * earned['margin']:.0f} pence",
        "ginger_margin": f"{100 * margin['Ginger beer, 24 small bottles']:.0f}",
    }


def role_facts(case, trade, firms):
    apart = firms["buyer_role"] != firms["decider_role"]
    pairs = target.contribution(
        trade, ["buyer_role", "decider_role"], products=case["products"], customers=firms
    )
    dark = pairs.iloc[0]
    both = pairs.set_index(["buyer_role", "decider_role"])["revenue_share"]
    by_decider = pairs.groupby("decider_role")["revenue_share"].sum()
    offices = firms["kind"] == "offices"
    deciders = firms.loc[offices, "decider_role"].value_counts(normalize=True)
    owner = (firms["buyer_role"] == "owner") & (firms["decider_role"] == "owner")
    return {
        "apart": share(apart.mean()),
        "apart_count": int(apart.sum()),
        "owner_firms": share(owner.mean()),
        "owner_money": share(both["owner", "owner"]),
        "dark_buyer": dark["buyer_role"],
        "dark_decider": dark["decider_role"],
        "dark_share": share(dark["revenue_share"]),
        "finance_owner": share(by_decider[["finance", "owner"]].sum()),
        "office_finance": share(deciders["finance"]),
        "office_manager": share(deciders["office manager"]),
        "office_apart": share(apart[offices].mean()),
    }


def toy_facts(square):
    toys = square["transactions"].merge(square["products"], on="product_id")
    toys = toys[toys["product"].isin(["Crayons, 12", "Wooden blocks", "Board game"])]
    spent = toys.groupby("customer_id")["amount"].sum().rename("spent").reset_index()
    people = spent.merge(square["customers"], on="customer_id")
    people = people.merge(square["profiles"], on="customer_id")
    home = people["children"] > 0
    money = people["spent"].groupby(home).sum() / people["spent"].sum()
    return {
        "toy_youngest": int(people["age"].min()),
        "toy_parents": share(home.mean()),
        "toy_money": share(money[True]),
        "toy_others": share(money[False]),
    }


def school_facts():
    academy = market("learnhub", 0)
    lines = academy["transactions"].merge(academy["products"], on="product_id")
    lines = lines.merge(academy["customers"], on="customer_id")
    money = lines.groupby("category")["amount"].sum() / lines["amount"].sum()
    tests = lines[lines["category"] == "test pack"]
    return {
        "school_parents": share(money[["kit", "tutoring"]].sum()),
        "school_learners": share(money[["course", "subscription"]].sum()),
        "young_tests": share(tests.loc[tests["age"] < 22, "amount"].sum() / tests["amount"].sum()),
    }


def form_facts(case, trade, firms):
    large = (firms["headcount"] >= 50).groupby(firms["kind"]).mean()
    rich = (firms["amount"] >= 20000).groupby(firms["kind"]).mean()
    orders = trade.drop_duplicates("order_id").merge(firms[["customer_id", "kind"]])
    ways = pd.crosstab(orders["kind"], orders["channel"], normalize="index")
    marks = case["survey"].set_index("customer_id").filter(like="importance_")
    marks = marks[marks.index.isin(firms["customer_id"])]
    tied = marks.eq(marks.max(axis=1), axis=0).sum(axis=1) > 1
    return {
        "hotels_big": share(large["hotels"]),
        "hotels_spend": share(rich["hotels"]),
        "shops_big": share(large["shops"]),
        "shops_spend": share(rich["shops"]),
        "need_unknown": share(1 - len(marks) / len(firms)),
        "need_tied": share(tied.mean()),
        "monday": share((orders["date"].dt.day_of_week == 0).mean()),
        "office_visit": share(ways.loc["offices", "visit"]),
        "office_self": share(ways.loc["offices", ["web order", "standing order"]].sum()),
    }


def tailor_facts():
    tailor = market("wardrobe", 0)
    lines = tailor["transactions"]
    buyers = tailor["customers"]
    buyers = buyers[buyers["customer_id"].isin(lines["customer_id"])]
    video = buyers.loc[buyers["source"] == "short video", "customer_id"]
    money = lines.loc[lines["customer_id"].isin(video), "amount"].sum() / lines["amount"].sum()
    part = len(video) / len(buyers)
    return {
        "video": share(part),
        "video_money": share(money),
        "video_words": "less than their share" if money < part else "more than their share",
        "under30": share((buyers["age"] < 30).mean()),
    }


def relation_facts(firms):
    cell = target.relationship_score(firms, SHEET, value="earned", reverse=["complaints"])["cell"]
    money, hours = firms.groupby(cell)["earned"].sum(), firms.groupby(cell)["hours"].sum()
    small = ["develop or keep cheap", "light touch"]
    return {
        "repair": int((cell == "repair").sum()),
        "repair_lost": int((firms.loc[cell == "repair", "kept"] == 0).sum()),
        "repair_money": whole(money["repair"]),
        "repair_value": money["repair"],
        "protect": int((cell == "protect").sum()),
        "protect_money": share(money["protect"] / money.sum()),
        "small_firms": int(cell.isin(small).sum()),
        "small_hours": share(hours[small].sum() / hours.sum()),
        "small_money": share(money[small].sum() / money.sum()),
    }


def will_facts(case, firms):
    answered = case["survey"].merge(firms, on="customer_id")
    will = answered["agree_again"] >= 4
    return {
        "answered": len(answered),
        "both": int((will & (answered["credit"] >= 60)).sum()),
        "say_yes": share(answered.loc[will, "kept"].mean()),
        "say_no": share(answered.loc[~will, "kept"].mean()),
    }


def youth_facts(square):
    people = square["customers"].merge(square["profiles"], on="customer_id")
    searches = square["searches"]
    wanted = searches.loc[searches["keyword"] == "running shoes", "customer_id"]
    bought = square["transactions"].merge(square["products"], on="product_id")
    bought = bought.loc[bought["product"] == "Running shoes", "customer_id"]
    people["will"] = people["customer_id"].isin(wanted)
    people["means"] = people["income_band"].map({band: i for i, band in enumerate(BANDS)})
    people["bought"] = people["customer_id"].isin(bought)
    group = target.target_customers(people, "will", "means", means_at_least=2)
    young = people["age"].between(18, 35)
    has = {
        (age, name): people.loc[(young == age) & (group == name), "bought"]
        for age in (True, False)
        for name in ("target", "neither", "willing, without means")
    }
    jobs = people.loc[young, "occupation"]
    three = jobs.isin(["student", "employee", "self-employed"])
    hit = has[True, "target"]
    return {
        "young": int(young.sum()),
        "young_target": len(hit),
        "young_bought": f"{int(hit.sum())} ({share(hit.mean())})",
        "young_neither": share(has[True, "neither"].mean()),
        "young_poor": share(has[True, "willing, without means"].mean()),
        "young_buyers": int(people.loc[young, "bought"].sum()),
        "old_target": len(has[False, "target"]),
        "old_bought": int(has[False, "target"].sum()),
        "young_none": int((~three).sum()),
    }


def criteria_of(case, firms, since):
    answered = case["survey"].merge(firms, on="customer_id").groupby("kind")
    kinds = firms.groupby("kind")
    return pd.DataFrame(
        {
            "worth": kinds["earned"].median(),
            "reach": (firms["joined"] > since).groupby(firms["kind"]).sum(),
            "stays": kinds["kept"].mean(),
            "effort": 1000 * kinds["hours"].sum() / kinds["earned"].sum(),
            "satisfaction": answered["satisfaction"].mean(),
            "rival_equal": answered["agree_rival_equal"].mean(),
            "answers": answered.size(),
        }
    ).reset_index()


def choice_facts(case, firms, since):
    criteria = criteria_of(case, firms, since)
    turned = ["effort", "rival_equal"]
    scores = target.attractiveness(
        criteria, WEIGHTS, reverse=turned, strength=STRENGTH, segment="kind"
    )
    moved = target.attractiveness_sensitivity(criteria, WEIGHTS, reverse=["effort"], segment="kind")
    first = moved.set_index("kind")["first_share"].sort_values(ascending=False)
    best = scores.loc[0, "kind"]
    other = first.drop(best).index[0]
    by_priority = scores.sort_values("priority_rank")
    values = criteria.set_index("kind")
    new = firms[(firms["joined"] > since) & (firms["kind"] == "offices")]
    cell = relation_facts(firms)
    scaled = (values - values.min()) / (values.max() - values.min())
    return {
        "hotel_won": int(values.loc["hotels", "reach"]),
        "least_won": int(values["reach"].min()),
        "most_won": int(values["reach"].max()),
        "hotel_reach": f"{scaled.loc['hotels', 'reach']:.2f}",
        "hotel_scaled": f"{scaled.loc['hotels', 'stays']:.2f}",
        "hotel_score": f"{scores.set_index('kind').loc['hotels', 'attractiveness']:.2f}",
        **side_facts(case, firms),
        "best_kind": best.capitalize(),
        "best_low": best,
        "best_score": f"{scores.loc[0, 'attractiveness']:.2f}",
        "second_kind": scores.loc[1, "kind"],
        "second_score": f"{scores.loc[1, 'attractiveness']:.2f}",
        "best_first": share(first[best]),
        "other_first_kind": other,
        "other_first": share(first[other]),
        "strong_kind": scores.loc[scores["strength"].idxmax(), "kind"],
        "priority_kind": by_priority["kind"].iloc[0],
        "priority": f"{by_priority['priority'].iloc[0]:.2f}",
        "priority_second": by_priority["kind"].iloc[1],
        "priority_second_score": f"{by_priority['priority'].iloc[1]:.2f}",
        "few_answers": int(criteria["answers"].min()),
        "most_answers": int(criteria["answers"].max()),
        "won_offices": len(new),
        "won_earned": whole(new["earned"].sum()),
        "repair_times": f"{cell['repair_value'] / new['earned'].sum():.1f}",
        "office_worth": whole(values.loc["offices", "worth"]),
        "hotel_worth": whole(values.loc["hotels", "worth"]),
        "office_stays": share(values.loc["offices", "stays"]),
        "hotel_stays": share(values.loc["hotels", "stays"]),
        **life_facts(values, "offices", "office"),
        **life_facts(values, "hotels", "hotel"),
    }


def side_facts(case, firms, draws=1000):
    """Return how often a kind's strength is above the middle when the answers are drawn anew."""
    rng = np.random.default_rng(0)
    answers = case["survey"].merge(firms[["customer_id", "kind"]], on="customer_id")
    means = {}
    for kind, given in answers.groupby("kind"):
        rows = rng.integers(len(given), size=(draws, len(given)))
        means[kind] = given[["satisfaction", "agree_rival_equal"]].to_numpy()[rows].mean(axis=1)
    drawn = np.stack(list(means.values()), axis=1)  # draw, kind, indicator
    low, high = drawn.min(axis=1, keepdims=True), drawn.max(axis=1, keepdims=True)
    scaled = (drawn - low) / (high - low)
    strength = (scaled[:, :, 0] + 1 - scaled[:, :, 1]) / 2
    right = dict(zip(means, (strength > 0.5).mean(axis=0), strict=True))
    names = {"offices": "offices", "cafés": "cafes", "hotels": "hotels"}
    return {f"side_{name}": share(right[kind]) for kind, name in names.items()}


def life_facts(values, kind, name):
    """Return how long a firm stays if its renewal rate holds, and what it brings until then."""
    years = 1 / (1 - values.loc[kind, "stays"])
    return {
        f"{name}_years": f"{years:.0f}",
        f"{name}_life": whole(round(years * values.loc[kind, "worth"], -2)),
    }


def example_facts():
    """Return what the example in the solution quotes: the right answers of the shipped case."""
    key = load_key(KEY)
    judge = Judge(key, key.draw(0))
    case = judge.case
    types = judge.right("q1").set_index("type")["revenue_share"]
    scores = judge.right("q5").set_index("type")["attractiveness"].sort_values(ascending=False)
    best, second = scores.index[:2]
    accounts = case["accounts"]
    own = accounts[accounts["type"] == best]
    lines = case["lines"].merge(accounts[["customer_id", "territory", "type"]], on="customer_id")
    where = lines[lines["type"] == best].groupby("territory")["amount"].sum()
    known = own["decider_role"].str.strip().str.lower().replace("", pd.NA).dropna()
    lead = known.value_counts()
    split = own["headcount"] >= 20
    renewed = case["customers"].set_index("customer_id")["renewed"]
    will = own["customer_id"].map(renewed).astype(bool)
    paid = will & (own["credit"] >= 60)
    told = own[["buyer_role", "decider_role"]].apply(lambda typed: typed.str.lower())
    differ = (told["buyer_role"] != told["decider_role"]) & (told != "").all(axis=1)
    criteria = case["criteria"].set_index("type")
    weights = case["weights"].set_index("criterion")["weight"]
    moved = target.attractiveness_sensitivity(
        case["criteria"], weights.to_dict(), reverse=["effort"], segment="type"
    )
    first = moved.set_index("type")["first_share"]
    rival = first.drop(best).idxmax()
    return {
        "x_heavy": weights.idxmax(),
        "x_most": int(weights.max()),
        "x_first": share(first[best]),
        "x_rival": rival,
        "x_rival_first": share(first[rival]),
        "x_best": best,
        "x_second": second,
        "x_best_score": f"{scores.iloc[0]:.2f}",
        "x_second_score": f"{scores.iloc[1]:.2f}",
        "x_share": share(types[best]),
        "x_firms": len(own),
        "x_paid": int(paid.sum()),
        "x_will": int(will.sum()),
        "x_apart": int(differ.sum()),
        "x_territory": where.idxmax(),
        "x_territory_share": share(where.max() / where.sum()),
        "x_product": judge.right("q3"),
        "x_decider": lead.index[0],
        "x_decider_share": share(lead.iloc[0] / lead.sum()),
        "x_unknown": len(own) - len(known),
        "x_small": int((~split).sum()),
        "x_large": int(split.sum()),
        "x_renewal": share(criteria.loc[best, "renewal"]),
        "x_renewal_second": share(criteria.loc[second, "renewal"]),
        "x_all": len(accounts),
    }


if __name__ == "__main__":
    print(pd.Series(facts()).to_string())
