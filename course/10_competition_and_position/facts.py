"""The numbers the text of unit 10 quotes, computed from the shipped data."""

from pathlib import Path

import pandas as pd

from whobuys import target
from whobuys.course import load_key
from whobuys.market import load_company, market, truth

OURS = "Lantern Lane"
FEATURES = ["taste", "good", "handy", "look"]
PLACE = {"x": 0.2, "y": 0.1}


def facts():
    case = market("teahouse", 0)
    study = load_company("teahouse").rivals
    return {
        "asked": f"{study.buyers:,}",
        "raters": f"{study.raters}",
        "products": len(case["products"]),
        **market_facts(case["rivals"]),
        **segment_facts(case),
        **rival_facts(case),
        **map_facts(case),
        **move_facts(case, study),
        **example_facts(),
    }


def share(value, digits=0):
    return f"{value:.{digits}%}".replace("%", "\u00a0%")


def market_facts(rivals):
    size = target.market_size(2_000_000, 150, served=0.35, obtainable=0.05).set_index("level")
    people = target.market_shares(rivals, "buyers").set_index("brand")
    worth = rivals.assign(money=rivals["buyers"] * rivals["price_typical"])
    money = target.market_shares(worth, "money").set_index("brand")
    spread = target.concentration(people["share"])
    first, rich = people.index[0], money.index[0]
    prices = rivals.set_index("brand")["price_typical"]
    return {
        **{name.lower(): f"{size.loc[name, 'value'] / 1e6:,.0f}" for name in size.index},
        "leader_people": first,
        "leader_people_share": share(people["share"].iloc[0]),
        "leader_money": rich,
        "leader_money_share": share(money["share"].iloc[0]),
        "leader_money_people": share(people.loc[rich, "share"]),
        "leader_money_price": f"{prices[rich]:g}",
        "our_rank_people": int(people.loc[OURS, "rank"]),
        "our_rank_money": int(money.loc[OURS, "rank"]),
        "hhi": f"{spread['hhi']:,.0f}",
        "equal_firms": f"{spread['equal_firms']:.1f}",
        "cagr": share(target.growth_rate(1, 20, 4), 1),
        "cagr_low": share(target.growth_rate(0.18, 3.5, 4)),
        "cagr_high": share(target.growth_rate(0.18, 4.0, 4)),
        "tea_2000": share(185 / (554 + 420 + 185)),
    }


def criteria_of(case):
    """Return the segments with what makes them attractive, and our strength there."""
    kinds = truth(case).customers[["customer_id", "segment"]]
    lines = case["transactions"].merge(kinds)
    recent = lines["date"] >= "2025-07-01"
    after = lines[recent].groupby("segment")["amount"].sum()
    before = lines[~recent].groupby("segment")["amount"].sum()
    said = case["survey"].merge(kinds).groupby("segment")
    table = said[["satisfaction", "agree_rival_equal"]].mean()
    table["customers"] = kinds["segment"].value_counts()
    table["spend"], table["growth"] = after / table["customers"], after / before - 1
    return table


def segment_facts(case):
    kinds = truth(case).customers[["customer_id", "segment"]]
    sold = case["transactions"].merge(case["products"], on="product_id").merge(kinds)
    bottled = sold[sold["category"] == "bottled drink"]
    reached = bottled.groupby("segment")["customer_id"].nunique() / kinds["segment"].value_counts()
    criteria = criteria_of(case)
    table, weights = criteria.reset_index(), {"customers": 1, "spend": 1, "growth": 1}
    scores = target.attractiveness(
        table,
        weights,
        strength={"satisfaction": 1, "agree_rival_equal": 1},
        reverse=["agree_rival_equal"],
    )
    top, order = scores.iloc[0], scores.sort_values("priority_rank")["segment"].tolist()
    drawn = target.attractiveness_sensitivity(table, weights, change=0.2)
    often = drawn.loc[drawn["first_share"].idxmax()]
    return {
        "pen_all": share(bottled["customer_id"].nunique() / len(kinds)),
        "pen_gift": share(reached["gift givers"]),
        "most_attractive": top["segment"],
        "most_attractive_score": f"{top['attractiveness']:.2f}",
        "most_attractive_strength": f"{top['strength']:.2f}",
        "sippers_equal": f"{criteria.loc[top['segment'], 'agree_rival_equal']:.1f}",
        "first_priority": order[0],
        "second_priority": order[1],
        "first_name": f"the {often['segment']}",
        "first_share": share(often["first_share"]),
        "lover_count": f"{criteria.loc['tea lovers', 'customers']:,.0f}",
        "office_count": f"{criteria.loc['office refreshers', 'customers']:,.0f}",
        "lover_spend": f"{criteria.loc['tea lovers', 'spend']:,.0f}",
        "office_spend": f"{criteria.loc['office refreshers', 'spend']:,.0f}",
    }


def rival_facts(case):
    rivals = case["rivals"].set_index("brand")
    kinds = truth(case).customers[["customer_id", "segment"]]
    office = case["survey"].merge(kinds).query("segment == 'office refreshers'")
    bought = truth(case).exact["rivals_by_segment"].set_index("segment").loc["office refreshers"]
    shelf = case["rivals"][case["rivals"]["brand"].isin([OURS, *bought.index[bought > 0.1]])]
    lead = target.feature_matrix(shelf, FEATURES).set_index("feature")["lead"]
    best = (target.feature_matrix(case["rivals"], FEATURES)["lead"] > 0).sum()
    funnel = target.awareness_funnel(case["rivals"]).set_index("brand")
    return {
        "frames": f"{best} of them" if best else "none",
        "our_taste": f"{rivals.loc[OURS, 'rating_taste']:.2f}",
        "orchard_taste": f"{rivals.loc['Pop Orchard', 'rating_taste']:.2f}",
        "gourd_taste": f"{rivals.loc['Red Gourd', 'rating_taste']:.2f}",
        "our_good": f"{rivals.loc[OURS, 'rating_good']:.1f}",
        "our_handy": f"{rivals.loc[OURS, 'rating_handy']:.1f}",
        "roots_good": f"{rivals.loc['Hundred Roots', 'rating_good']:.1f}",
        "gourd_handy": f"{rivals.loc['Red Gourd', 'rating_handy']:.1f}",
        "good_lead": f"{lead['good']:.1f}",
        "handy_behind": f"{-lead['handy']:.1f}",
        "good_importance": f"{office['importance_good'].mean():.1f}",
        "handy_importance": f"{office['importance_quick'].mean():.1f}",
        "gourd_price": f"{rivals.loc['Red Gourd', 'price_typical']:g}",
        "leaf_price": f"{rivals.loc['Plain Leaf', 'price_typical']:g}",
        "share_seen": share(rivals.loc[OURS, "share"]),
        "our_low": f"{rivals.loc[OURS, 'price_low']:g}",
        "our_high": f"{rivals.loc[OURS, 'price_high']:g}",
        "our_awareness": share(rivals.loc[OURS, "awareness"]),
        "unknown": share(1 - rivals.loc[OURS, "awareness"]),
        "gourd_awareness": share(rivals.loc["Red Gourd", "awareness"]),
        "our_rate": share(funnel.loc[OURS, "share_rate"]),
    }


def map_facts(case):
    rivals = case["rivals"]
    drawn = target.perceptual_map(rivals, [f"rating_{feature}" for feature in FEATURES])
    seen = rivals.rename(columns={"position_x": "x", "position_y": "y"})
    moves = truth(case).exact["elasticities"].set_index("brand").loc[OURS].drop(OURS).astype(float)
    return {
        "explained": share(sum(drawn.explained)),
        "nearest_rated": target.nearest_rival(drawn.brands, OURS)["brand"].iloc[0],
        "nearest_seen": target.nearest_rival(seen, OURS)["brand"].iloc[0],
        "cross_first": moves.idxmax(),
        "cross_first_value": f"{moves.max():.2f}",
        "cross_last": moves.idxmin(),
    }


def move_facts(case, study):
    tastes = pd.DataFrame(
        [(name, *wish.ideal, wish.distance, wish.price) for name, wish in study.segments.items()],
        columns=["segment", "x", "y", "distance", "price"],
    )
    tastes["share"] = truth(case).segments["share"]
    brands = pd.DataFrame(
        [(b.name, *b.position, b.price[1], b.appeal) for b in study.brands],
        columns=["brand", "x", "y", "price", "appeal"],
    )
    moved = target.reposition(brands, tastes, OURS, PLACE).set_index("when")
    own = brands["brand"] == OURS
    after = brands.assign(**{name: brands[name].mask(own, to) for name, to in PLACE.items()})
    second = pd.DataFrame([{"brand": "Lantern Daily", **PLACE, "price": 5.0, "appeal": -1.0}])
    both = pd.concat([brands, second], ignore_index=True)
    spend = criteria_of(case)["spend"]
    worth = (tastes["share"] * tastes["segment"].map(spend)).to_numpy()

    def house(table):
        shares = target.brand_shares(table, tastes)
        held = shares[[name for name in shares if name.startswith("Lantern")]].sum(axis=1)
        return held.iloc[-1], (held.iloc[:-1] * worth).sum() / worth.sum()

    money = {name: house(t)[1] for name, t in (("before", brands), ("after", after))}
    in_all = moved["share"]
    return {
        "share_before": share(in_all["before"], 1),
        "share_after": share(in_all["after"], 1),
        "share_won": f"{100 * (in_all['after'] - in_all['before']):.1f}",
        "office_before": share(moved.loc["before", "share in office refreshers"]),
        "office_after": share(moved.loc["after", "share in office refreshers"]),
        "lovers_before": share(moved.loc["before", "share in tea lovers"]),
        "lovers_after": share(moved.loc["after", "share in tea lovers"]),
        "loyals_before": share(moved.loc["before", "share in heritage loyals"]),
        "loyals_after": share(moved.loc["after", "share in heritage loyals"]),
        "money_before": share(money["before"]),
        "money_after": share(money["after"]),
        "money_lost": f"{100 * (money['before'] - money['after']):.0f}",
        "second_people": share(house(both)[0]),
        "second_money": share(house(both)[1]),
        "cannibal": share(target.brand_shares(both, tastes)[OURS].iloc[-1], 1),
    }


def example_facts():
    """Return the numbers of the worked example in the exercise, for the shipped case."""
    key = load_key(Path(__file__).with_name("key.py"))
    case = key.draw(0)
    brief = case["brief"].iloc[0]
    rated = case["ratings"].groupby("brand").mean(numeric_only=True)
    raters = case["raters"]
    asked = raters[raters["segment"] == brief["target"]].mean(numeric_only=True)
    matrix = target.feature_matrix(
        rated.reset_index(),
        list(rated.columns),
        prefix="",
        ours="Lantern Chill",
        importance={name: asked[f"importance_{name}"] for name in rated.columns},
        at_least=brief["threshold"],
    ).set_index("feature")
    won = matrix[matrix["verdict"] == "point of difference"].index
    weak = matrix[matrix["verdict"] == "behind"]["lead"].idxmin()
    made = target.perceptual_map(rated.reset_index(), list(rated.columns)).brands
    near = target.nearest_rival(made, "Lantern Chill").iloc[0]
    last = case["sales"].query("year == 2025").set_index("brand")["revenue"]
    total = case["sales"].groupby("year")["revenue"].sum()
    sums = case["towns"].sum(numeric_only=True)
    labels = case["brands"].set_index("brand")
    years = int(total.index[-1] - total.index[0])
    words = {
        "taste": "taste",
        "good": "being good for one",
        "handy": "being handy",
        "look": "looks",
        "value": "value for money",
        "origin": "a known origin",
    }
    return {
        "ex_target": brief["target"],
        "ex_threshold": f"{brief['threshold']:g}",
        "ex_won": " and ".join(words[name] for name in won),
        "ex_leads": " and ".join(f"{matrix.loc[name, 'lead']:.1f}" for name in won),
        "ex_importance": " and ".join(f"{matrix.loc[name, 'importance']:.1f}" for name in won),
        "ex_ratings": " and ".join(f"{matrix.loc[name, 'Lantern Chill']:.1f}" for name in won),
        "ex_weak": words[weak],
        "ex_weak_lead": f"{-matrix.loc[weak, 'lead']:.1f}",
        "ex_weak_rival": matrix.loc[weak, "best_rival"],
        "ex_near": near["brand"],
        "ex_distance": f"{near['distance']:.2f}",
        "ex_share": share(last["Lantern Chill"] / last.sum()),
        "ex_near_share": share(last[near["brand"]] / last.sum()),
        "ex_growth": share(target.growth_rate(total.iloc[0], total.iloc[-1], years)),
        "ex_years": years,
        "ex_reach": share(sums["our_buyers"] / sums["households"]),
        "ex_price": f"{labels.loc['Lantern Chill', 'price_typical']:g}",
        "ex_near_price": f"{labels.loc[near['brand'], 'price_typical']:g}",
        "ex_known": share(labels.loc["Lantern Chill", "awareness"]),
    }
