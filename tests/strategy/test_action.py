"""Prices, policies, strategy tables, recommendations."""

import numpy as np
import pandas as pd
import pytest

from whobuys.market import market
from whobuys.strategy import (
    PRICE_FENCES,
    TIER_POLICY,
    check_policy,
    check_strategy,
    item_similarity,
    logit_demand,
    price_table,
    recommend_items,
    recommendation_test,
    segment_figures,
    strategy_table,
    tier_policy,
)

PAYS = pd.Series([10.0, 9.0, 8.0, 5.0, 4.0, 3.0])
WHO = pd.Series(["r", "r", "r", "s", "s", "s"])


def test_prices_by_hand():
    """One price: 8 x 3 = 24 beats 4 x 5 and 3 x 6. Own prices: 8 x 3 and 3 x 3."""
    table = price_table(PAYS, groups=WHO).set_index("segment")
    assert table["one_price"].tolist() == [8, 8, 8]
    assert table.loc[["r", "s"], "own_price"].tolist() == [8, 3]
    assert table.loc["all", ["revenue_one", "revenue_own"]].tolist() == [24, 33]
    assert table.loc["r", "surplus_one"] == 2 + 1
    assert not table["loses"].any()
    dear = price_table(PAYS, groups=WHO, unit_cost=3.5).set_index("segment")
    assert dear.loc["s", "own_price"] == 5  # 1.5 x 1 beats 0.5 x 2
    assert price_table(PAYS, groups=WHO, unit_cost=3.5, aim="revenue")["own_price"].tolist()[
        :2
    ] == [8, 3]


@pytest.mark.parametrize("seed", range(20))
def test_best_prices_against_every_price(seed):
    draw = np.random.default_rng(seed)
    pays = pd.Series(draw.gamma(4, 5, 40).round(1))
    who = pd.Series(draw.choice(["a", "b", "c"], 40))
    cost = float(draw.uniform(0, 8))
    table = price_table(pays, groups=who, unit_cost=cost).set_index("segment")

    def best(mine):
        return max((price - cost) * (mine >= price).sum() for price in mine.unique())

    assert table.loc["all", "profit_one"] == pytest.approx(best(pays))
    for name in ("a", "b", "c"):
        assert table.loc[name, "profit_own"] == pytest.approx(best(pays[who == name]))
    assert table.loc["all", "change"] >= -1e-9


def test_logit_prices_are_best():
    demand = pd.DataFrame({"segment": ["a", "b"], "customers": [100, 50], "middle": [10.0, 30.0],
                           "spread": [2.0, 4.0]})  # fmt: skip
    table = price_table(demand, unit_cost=4.0).set_index("segment")
    grid = np.linspace(4, 60, 200_001)
    pieces = {
        name: size / (1 + np.exp((grid - middle) / spread))
        for name, size, middle, spread in demand.itertuples(index=False)
    }
    assert table.loc["all", "profit_one"] == pytest.approx(
        ((grid - 4) * (pieces["a"] + pieces["b"])).max(), rel=1e-6
    )
    for name in ("a", "b"):
        assert table.loc[name, "profit_own"] == pytest.approx(
            ((grid - 4) * pieces[name]).max(), rel=1e-6
        )


def test_a_leaking_fence_costs_the_gain():
    demand = pd.DataFrame({"segment": ["a", "b"], "customers": [100, 50], "middle": [10.0, 30.0],
                           "spread": [2.0, 4.0]})  # fmt: skip
    tight = price_table(demand, fence_cost=10.0)
    even = tight.attrs["break_even_leak"]
    assert 0 < even < 1
    leaking = price_table(demand, leak=even, fence_cost=10.0)
    assert leaking["change"].iloc[-1] == pytest.approx(0, abs=1e-6)
    assert leaking.attrs["break_even_leak"] == pytest.approx(even)
    assert price_table(demand, leak=1.0)["change"].iloc[-1] < 0


def test_prices_can_be_given():
    table = price_table(PAYS, groups=WHO, one_price=4.0, own_prices={"r": 9.0, "s": 4.0})
    assert table["loses"].tolist() == [True, False, True]
    assert table["price_change"].tolist()[:2] == [5.0, 0.0]
    with pytest.raises(ValueError, match="no price for s"):
        price_table(PAYS, groups=WHO, own_prices={"r": 9.0})


@pytest.mark.parametrize(
    ("demand", "options", "words"),
    [
        (PAYS, {}, "groups must hold the segment"),
        (PAYS - 20, {"groups": WHO}, "0 or more"),
        (PAYS, {"groups": WHO, "leak": 2}, "leak must be"),
        (PAYS, {"groups": WHO, "unit_cost": 99.0}, "no price earns anything"),
        (PAYS, {"groups": WHO, "aim": "fame"}, "aim must be"),
        (PAYS, {"groups": WHO, "one_price": np.nan}, "A price must be"),
        (pd.DataFrame({"segment": ["a"]}), {}, "no column"),
        (pd.DataFrame({"segment": ["a"], "customers": [1], "middle": [1], "spread": [0]}), {},
         "spread above 0"),
    ],
)  # fmt: skip
def test_strange_demand_is_refused(demand, options, words):
    with pytest.raises(ValueError, match=words):
        price_table(demand, **options)


def test_logit_demand_finds_what_was_drawn():
    draw = np.random.default_rng(0)
    rows = []
    for name, middle, spread in (("a", 10.0, 2.0), ("b", 20.0, 3.0)):
        price = draw.choice([5, 8, 11, 14, 17, 20, 23, 26], 4000)
        bought = draw.random(4000) < 1 / (1 + np.exp((price - middle) / spread))
        rows.append(pd.DataFrame({"segment": name, "price": price, "bought": bought}))
    found = logit_demand(pd.concat(rows), customers={"a": 70, "b": 30})
    assert found["middle"].tolist() == pytest.approx([10, 20], abs=0.3)
    assert found["spread"].tolist() == pytest.approx([2, 3], abs=0.25)
    assert (abs(found["middle"] - [10, 20]) < 4 * found["error"]).all()
    assert found["customers"].tolist() == [70, 30]


@pytest.mark.parametrize(
    ("prices", "bought", "words"),
    [
        ([1, 2, 3], [True] * 3, "Everybody of segment"),
        ([1, 2, 3], [False] * 3, "Nobody of segment"),
        ([2, 2, 2], [True, False, True], "one price only"),
        ([1, 2, 3, 1], [False, True, True, False], "does not fall"),
        ([1, 2, 3, 4], [True, True, False, False], "divides buyers"),
        ([1, 2], [1, 0], "only True and False"),
    ],
)
def test_strange_offers_are_refused(prices, bought, words):
    offers = pd.DataFrame({"segment": "a", "price": prices, "bought": bought})
    with pytest.raises(ValueError, match=words):
        logit_demand(offers)


def test_fences_are_whole():
    assert not PRICE_FENCES.isna().any().any()
    assert PRICE_FENCES.columns.tolist() == ["fence", "example", "who_passes", "leak", "ask"]


def test_the_example_policy_is_costed():
    case = market("tradeways", 0, tables=["transactions", "customers"])
    spent = case["transactions"].groupby("customer_id")["amount"].sum()
    value = case["customers"].set_index("customer_id")["firm"].index.to_series().map(spent)
    value = value.fillna(0.0) * 0.2
    names = [f"{letter} (profit)" for letter in "DCBA"]
    tiers = pd.qcut(value.rank(method="first"), [0, 0.5, 0.8, 0.95, 1], labels=names).astype(str)
    found = tier_policy(TIER_POLICY, tiers, value, hour_cost=40.0, years=2.0)
    assert found["pays"].iloc[0]
    assert found["tier"].tolist() == [*names[::-1], "all"]
    assert found["customers"].iloc[-1] == 900
    assert found["value"].iloc[-1] == pytest.approx(value.sum() / 2)
    assert found["cost"].iloc[0] == pytest.approx(found["customers"].iloc[0] * 15 * 40)
    assert found.loc[0, "service"].startswith("personal visit")
    assert check_policy(TIER_POLICY).empty


def test_a_policy_with_holes():
    rules = pd.DataFrame(
        {
            "tier": ["A", "C (profit)", "D (profit)"],
            "owner": ["kam", "shop", None],
            "service": ["visit", "Web", "web"],
            "measure": ["", "cost", "cost"],
            "times_a_year": [1, 1, 1],
            "hours_each": [9.0, 0.0, 0.0],
            "other_cost": [0.0, 1.0, 1.0],
        }
    )
    tiers = pd.Series(["A", "C (profit)"], [0, 1])
    costed = tier_policy(rules, tiers, pd.Series([10.0, 5.0]), hour_cost=40.0)
    assert check_policy(rules, costed)["problem"].tolist() == [
        "no measure",
        "a letter without its scheme",
        "no owner",
        "the same service and measure",
        "costs 360 and brings 10",
        "costs 0 and brings 0",
    ]
    with pytest.raises(ValueError, match=r"no row for the tier B"):
        tier_policy(rules, pd.Series(["B", "A"]), pd.Series([1.0, 2.0]), hour_cost=1.0)
    with pytest.raises(ValueError, match="same index"):
        tier_policy(rules, tiers, pd.Series([1.0], [7]), hour_cost=1.0)
    with pytest.raises(ValueError, match="0 or more in every row"):
        tier_policy(rules.assign(other_cost=-1.0), tiers, pd.Series([1.0, 2.0]), hour_cost=1.0)


def test_figures_of_a_company_add_up():
    case = market("teahouse", 0, tables=["transactions", "customers", "products"])
    groups = case["customers"].set_index("customer_id")["region"]
    table = segment_figures(case["transactions"], groups, products=case["products"])
    assert table.index[-1] == "all"
    parts = table.iloc[:-1]
    assert parts["customers"].sum() == table.loc["all", "customers"]
    assert parts["sales_share"].sum() == pytest.approx(1)
    ways = [c for c in table.columns if c.startswith("channel: ")]
    kinds = [c for c in table.columns if c.startswith("category: ")]
    assert np.allclose(table[ways].sum(axis=1), 1)
    assert np.allclose(table[kinds].sum(axis=1), 1)
    orders = case["transactions"].groupby("order_id")["amount"].sum()
    assert table.loc["all", "order_value"] == pytest.approx(orders.mean())
    choices = pd.DataFrame({
        "segment": ["East", "East"], "element": ["offer", "channel"],
        "choice": ["a tasting", "the app"], "figure": ["order_value", ways[0]],
    })  # fmt: skip
    made = strategy_table(choices, table)
    assert made.loc[0, "index"] == pytest.approx(
        100 * table.loc["East", "order_value"] / table.loc["all", "order_value"]
    )
    problems = check_strategy(made, ["East", "West"], elements=["offer"])
    assert problems["problem"].iloc[0] == "nothing is settled"
    with pytest.raises(ValueError, match="name the figure joy"):
        strategy_table(choices.assign(figure="joy"), table)
    with pytest.raises(ValueError, match="name the segment Mars"):
        strategy_table(choices.assign(segment="Mars"), table)
    with pytest.raises(ValueError, match='row "all"'):
        strategy_table(choices, parts)
    with pytest.raises(ValueError, match="No line of transactions"):
        segment_figures(case["transactions"], pd.Series({"x": "y"}))


def test_similarity_by_hand():
    """A and B bought x and y, C x and z, D y: cos(x, y) = 2 / root(3 x 3)."""
    lines = pd.DataFrame(
        {"customer_id": list("AABBCCDDA"), "product_id": list("xyxyxzyyx"), "amount": 1.0}
    )
    found = item_similarity(lines, min_together=1).set_index(["item", "other"])
    assert found.loc[("x", "y"), "similarity"] == pytest.approx(2 / 3)
    assert found.loc[("x", "z"), "similarity"] == pytest.approx(1 / np.sqrt(3))
    assert ("y", "z") not in found.index
    lift = item_similarity(lines, measure="lift", min_together=1).set_index(["item", "other"])
    assert lift.loc[("x", "y"), "similarity"] == pytest.approx(2 * 4 / 9)
    refunds = pd.concat([lines, lines.assign(amount=-1.0, product_id="w")])
    assert len(item_similarity(refunds, min_together=1)) == len(found)


def test_recommendations_for_a_company():
    case = market("teahouse", 0, tables=["transactions", "customers"])
    lines = case["transactions"]
    similar = item_similarity(lines)
    some = lines[lines["customer_id"].isin(lines["customer_id"].unique()[:200])]
    made = recommend_items(some, similar, most=2)
    has = pd.MultiIndex.from_frame(some[["customer_id", "product_id"]])
    assert not pd.MultiIndex.from_frame(made[["customer_id", "item"]]).isin(has).any()
    because = made[["customer_id", "because"]]
    assert pd.MultiIndex.from_frame(because).isin(has).all()
    assert made.groupby("customer_id").size().max() <= 2
    one = made["customer_id"].iloc[0]
    own = some.loc[some["customer_id"] == one, "product_id"].unique()
    score = similar[similar["item"].isin(own) & ~similar["other"].isin(own)]
    best = score.groupby("other")["similarity"].sum().idxmax()
    assert made["item"].iloc[0] == best
    groups = case["customers"].set_index("customer_id")["region"]
    tested = recommendation_test(lines, "2026-01-01", groups=groups)
    assert tested["way"].tolist() == ["item to item", "best sellers", "best sellers of the segment"]
    assert tested["customers"].nunique() == 1
    assert tested["hit_rate"].between(0.1, 1).all()


def test_strange_recommendations_are_refused():
    lines = pd.DataFrame({"customer_id": ["A"], "product_id": ["x"], "amount": [1.0],
                          "date": pd.to_datetime(["2026-01-01"])})  # fmt: skip
    assert item_similarity(lines).empty
    assert recommend_items(lines, item_similarity(lines)).empty
    with pytest.raises(ValueError, match="measure must be"):
        item_similarity(lines, measure="love")
    with pytest.raises(ValueError, match="before and from"):
        recommendation_test(lines, "2020-01-01")
    with pytest.raises(ValueError, match="no purchase"):
        item_similarity(lines.assign(amount=-1.0))
    with pytest.raises(ValueError, match="most must be"):
        recommend_items(lines, item_similarity(lines), most=0)
