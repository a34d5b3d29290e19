"""The numbers the text of unit 01 quotes, computed from the shipped data."""

import runpy
from pathlib import Path

import pandas as pd

from whobuys.market import market

KEY = Path(__file__).with_name("key.py")
VISITS = 1100
FADING = 0.4
STAGE = runpy.run_path(str(KEY))
value_first, room_of, between = STAGE["in_order"], STAGE["caps"], STAGE["between"]


def facts():
    case = market("tradeways", 0)
    firms = STAGE["last_year"](case)
    segments = STAGE["segment_table"](firms).set_index("segment")
    segments["paid"] = firms.groupby("segment")["visits"].mean()
    segments["orders"] = firms.groupby("segment")["visit_orders"].mean()
    return {
        **average_facts(case, firms),
        **group_facts(firms),
        **need_facts(case, firms),
        **plan_facts(segments),
        "same_day": same_day(case),
        **fading_facts(segments),
        **word_facts(case, firms),
        **floor_facts(segments),
        **example_facts(),
    }


def share(value):
    return f"{value:.0%}".replace("%", "\u00a0%")


def whole(value):
    return f"{value:,.0f}"


def average_facts(case, firms):
    spent = firms["spent"]
    each = VISITS / len(firms)
    return {
        "visits": whole(VISITS),
        "visits_next": whole(VISITS + 1),
        "firms": len(firms),
        "registered": len(case["customers"]),
        "each": f"{each:.2f}",
        "mean": whole(spent.mean()),
        "median": whole(spent.median()),
        "near": share(spent.between(0.75 * spent.mean(), 1.25 * spent.mean()).mean()),
    }


def group_facts(firms):
    def explained(groups):
        return between(firms, firms["spent"].groupby(groups).transform("mean"))

    by_lot = firms["segment"].sample(frac=1, random_state=1).to_numpy()
    segments = explained(firms["segment"])
    quarters = firms.groupby("segment")["spent"].quantile([0.25, 0.5, 0.75]).unstack()
    hotels = quarters.loc["hotels, large"]
    tenders = firms.loc[firms["source"] == "tender", "spent"]
    return {
        "eta_lot": share(explained(by_lot)),
        "eta_region": share(explained(firms["region"])),
        "eta_source": share(explained(firms["source"])),
        "tenders": len(tenders),
        "tender_mean": whole(tenders.mean()),
        "eta_industry": share(explained(firms["industry"])),
        "eta_size": share(explained(firms["headcount"] >= 50)),
        "eta_segment": share(segments),
        "eta_within": share(1 - segments),
        "hotel_low": whole(hotels[0.25]),
        "hotel_median": whole(hotels[0.5]),
        "hotel_high": whole(hotels[0.75]),
        "shop_median": whole(quarters.loc["shops", 0.5]),
    }


def need_facts(case, firms):
    asked = case["survey"].merge(firms[["customer_id", "industry"]], on="customer_id")
    answers = asked["importance_person"]
    kinds = asked.groupby("industry")["importance_person"]
    means, sizes = kinds.mean(), kinds.size()
    return {
        "person_mean": f"{answers.mean():.1f}",
        "person_low": share((answers <= 2).mean()),
        "person_five": share((answers == 5).mean()),
        "person_fewest": int(sizes.min()),
        "person_most": int(sizes.max()),
        "person_food": f"{means['food service']:.1f}",
        "person_tech": f"{means['technology']:.1f}",
    }


def plan_facts(segments):
    worth, room = segments["profit_per_visit"], room_of(segments)
    plan = value_first(worth, room, VISITS)
    profit, flat = (plan * worth).sum(), even(segments)
    last = worth[(plan < room)].idxmax()
    missed = (segments["customers"] - plan).clip(lower=0)
    best, worst = worth.idxmax(), worth.idxmin()
    return {
        "best_worth": whole(worth[best]),
        "worst_worth": whole(worth[worst]),
        "worth_times": whole(worth[best] / worth[worst]),
        "best_orders": f"{segments.loc[best, 'orders']:.0f}",
        "best_paid": f"{segments.loc[best, 'paid']:.1f}",
        "worst_paid": f"{segments.loc[worst, 'paid']:.1f}",
        "even_profit": whole(flat),
        "first_profit": whole(profit),
        "gain_share": share(profit / flat - 1),
        "marginal": last,
        "marginal_worth": whole(worth[last]),
        "average_worth": whole(profit / VISITS),
        "unserved": int(missed.sum()),
        "marginal_unserved": int(missed[last]),
        "marginal_firms": int(segments.loc[last, "customers"]),
        "first_served": int((plan > 0).sum()),
    }


def same_day(case):
    """Return the share of last year's visit orders that bear the date of a visit to that firm."""
    since = case.as_of - pd.DateOffset(years=1)
    lines, contacts = case["transactions"], case["interactions"]
    orders = lines[(lines["channel"] == "visit") & (lines["date"] > since)]
    orders = orders.drop_duplicates("order_id")[["customer_id", "date"]]
    paid = contacts.loc[contacts["kind"] == "visit", ["customer_id", "opened"]]
    days = set(paid.itertuples(index=False, name=None))
    return share(
        pd.Series([day in days for day in orders.itertuples(index=False, name=None)]).mean()
    )


def even(segments):
    """Return what the visits earn when every firm gets the same."""
    each = segments["useful_visits"].clip(upper=VISITS / segments["customers"].sum())
    return (each * segments["customers"] * segments["profit_per_visit"]).sum()


def fading_facts(segments):
    """Return the plans and their profit if each further visit earns 60 % less."""
    steps = segments.loc[segments.index.repeat(segments["useful_visits"])].reset_index()
    steps["nth"] = steps.groupby("segment").cumcount()
    steps["worth"] = steps["profit_per_visit"] * FADING ** steps["nth"]
    steps["visits"] = value_first(steps["worth"], steps["customers"], VISITS)
    customers = segments["customers"]
    plans = {
        "fade_first": value_first(segments["profit_per_visit"], room_of(segments), VISITS),
        "fade_fading": steps.groupby("segment")["visits"].sum(),
        "fade_even": customers * VISITS / customers.sum(),
    }
    earned = {}
    for name, plan in plans.items():
        each = steps["segment"].map(plan / customers)
        used = (each - steps["nth"]).clip(0, 1) * steps["customers"]
        earned[name] = (used * steps["worth"]).sum()
    hotels = customers["hotels, large"]
    return {
        **{name: whole(profit) for name, profit in earned.items()},
        "fade_gain": share(earned["fade_fading"] / earned["fade_even"] - 1),
        "hotel_first": f"{plans['fade_first']['hotels, large'] / hotels:.0f}",
        "hotel_fading": f"{plans['fade_fading']['hotels, large'] / hotels:.0f}",
        "fading_served": int((plans["fade_fading"] > 0).sum()),
    }


def word_facts(case, firms):
    rivals, contacts = case["rivals"], case["interactions"]
    asked, ours = rivals["buyers"].sum(), rivals.loc[rivals["ours"], "buyers"].sum()
    largest = firms.nlargest(20, "spent")
    last = contacts[contacts["kind"] == "visit"].groupby("customer_id")["opened"].max()
    silent = (case.as_of - largest["customer_id"].map(last)).dt.days > 90
    renewed = firms.groupby("segment")["renewed"].mean()
    return {
        "asked": whole(asked),
        "ours": whole(ours),
        "others": whole(asked - ours),
        "buyer_decider": share((firms["decider_role"] != firms["buyer_role"]).mean()),
        "top20": share(largest["spent"].sum() / firms["spent"].sum()),
        "top20_silent": int(silent.sum()),
        "renewal_low": share(renewed.min()),
        "renewal_high": share(renewed.max()),
        "renewal_worst": renewed.idxmin(),
    }


def floor_facts(segments):
    """Return what one visit for everybody costs, before value first decides."""
    one, worth = segments["customers"], segments["profit_per_visit"]
    rest = value_first(worth, one * (segments["useful_visits"] - 1), VISITS - one.sum())
    first = (value_first(worth, room_of(segments), VISITS) * worth).sum()
    profit = ((one + rest) * worth).sum()
    second = worth[rest > 0].nlargest(2).index[-1]
    return {
        "floor_cost": whole(first - profit),
        "floor_gain": share(profit / even(segments) - 1),
        "rest": whole(VISITS - one.sum()),
        "rest_second": f"then to “{second}”",
    }


def example_facts():
    """Return the numbers of the example page in the solution: the hours of the tea house."""
    case = market("teahouse", 0)
    lines = case["transactions"]
    lines = lines[lines["date"] > case.as_of - pd.DateOffset(years=1)]
    paid = lines.groupby("customer_id")["amount"].sum()
    basket = lines.merge(case["products"][["product_id", "category"]], on="product_id")
    spent = basket.groupby(["customer_id", "category"])["amount"].sum().unstack(fill_value=0)
    customers = case["customers"].set_index("customer_id")
    contacts = case["interactions"]
    recent = contacts["opened"] > case.as_of - pd.DateOffset(years=1)

    def explained(groups):
        frame = pd.DataFrame({"spent": paid})
        return share(between(frame, paid.groupby(groups).transform("mean")))

    fifth = paid.sort_values(ascending=False).head(len(paid) // 5)
    own = contacts[recent]
    tastings = own[own["kind"] == "tasting"]
    return {
        "tea_buyers": whole(len(paid)),
        "tea_mean": whole(paid.mean()),
        "tea_median": whole(paid.median()),
        "tea_near": share(paid.between(0.75 * paid.mean(), 1.25 * paid.mean()).mean()),
        "tea_city": explained(customers["city"].reindex(paid.index)),
        "tea_basket": explained(spent.idxmax(axis=1).reindex(paid.index)),
        "tea_fifth": share(fifth.sum() / paid.sum()),
        "tea_tastings": whole(len(tastings)),
        "tea_bought": share((tastings["outcome"] == "bought").mean()),
        "tea_minutes": whole(own["minutes"].sum() / 60),
        "tea_minutes_fifth": share(
            own.loc[own["customer_id"].isin(fifth.index), "minutes"].sum() / own["minutes"].sum()
        ),
    }


if __name__ == "__main__":
    print(pd.Series(facts()).to_string())
