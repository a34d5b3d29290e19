import numpy as np
import pandas as pd
import pytest

from whobuys.market import market
from whobuys.segment import weighted_score
from whobuys.target import (
    attractiveness,
    attractiveness_sensitivity,
    contribution,
    profile_table,
    relationship_score,
    roles_apart,
    roles_table,
    target_customers,
)


@pytest.fixture(scope="module")
def firms():
    return market("tradeways", 3)


@pytest.mark.parametrize("by", ["industry", "product", ["region", "category"]])
def test_contribution_agrees_with_a_plain_count(firms, by):
    found = contribution(
        firms["transactions"], by, products=firms["products"], customers=firms["customers"]
    )
    whole = firms["transactions"].merge(firms["products"], on="product_id")
    whole = whole.merge(firms["customers"], on="customer_id")
    whole["profit"] = whole["amount"] - whole["unit_cost"] * whole["quantity"]
    names = [by] if isinstance(by, str) else by
    plain = whole.groupby(names)[["amount", "profit"]].sum()
    found = found.set_index(names)
    pd.testing.assert_series_equal(
        found["revenue"].sort_index(), plain["amount"], check_names=False
    )
    pd.testing.assert_series_equal(found["profit"].sort_index(), plain["profit"], check_names=False)
    assert found["revenue_share"].sum() == pytest.approx(1)
    assert found["profit_share"].sum() == pytest.approx(1)
    assert found["cumulative"].iloc[-1] == pytest.approx(1)
    assert found["revenue"].is_monotonic_decreasing
    assert found["profit"].idxmax() == found["profit_rank"].idxmin()


def test_contribution_keeps_lines_without_a_known_group(firms):
    some = firms["customers"].iloc[10:]
    found = contribution(firms["transactions"], "region", customers=some).set_index("region")
    gone = ~firms["transactions"]["customer_id"].isin(some["customer_id"])
    assert found.loc["not known", "revenue"] == pytest.approx(
        firms["transactions"].loc[gone, "amount"].sum()
    )


def test_contribution_says_what_is_wrong(firms):
    lines, goods = firms["transactions"], firms["products"]
    with pytest.raises(ValueError, match='no column "colour" in transactions or products'):
        contribution(lines, "colour", products=goods)
    with pytest.raises(ValueError, match="not in products"):
        contribution(lines, "channel", products=goods.iloc[1:])
    with pytest.raises(ValueError, match="more than once"):
        contribution(lines, "product", products=pd.concat([goods, goods]))
    with pytest.raises(ValueError, match="no rows"):
        contribution(lines.head(0), "channel")


def test_roles_of_the_firms(firms):
    firm = firms["customers"]
    roles = {"user": "user_role", "buyer": "buyer_role", "decider": "decider_role"}
    apart = roles_apart(firm, roles).set_index(["first", "second"])
    assert apart.loc[("buyer", "decider"), "apart"] == (
        (firm["buyer_role"] != firm["decider_role"]).sum()
    )
    table = roles_table(firm, roles, value="turnover")
    assert table["accounts"].sum() == len(firm)
    assert table["turnover"].sum() == firm["turnover"].sum()
    assert table["accounts"].is_monotonic_decreasing
    one = table[(table["user"] == table["buyer"]) & (table["buyer"] == table["decider"])]
    assert (one["parties"] == 1).all()


def test_an_online_school_has_three_sides():
    school = pd.DataFrame(
        {"user": ["pupil"] * 3, "payer": ["parent", "parent", None], "supplier": ["teacher"] * 3}
    )
    table = roles_table(school, {"user": "user", "payer": "payer", "supplier": "supplier"})
    assert table["parties"].tolist() == [3, 2]
    with pytest.raises(ValueError, match="no role 'owner'"):
        roles_table(school, {"owner": "user"})
    with pytest.raises(ValueError, match="fewer than two roles"):
        roles_apart(school, {"user": "user"})


def test_relationship_cells():
    accounts = pd.DataFrame(
        {"customer_id": list("ABCD"), "calls": [4, 3, 2, 1], "profit": [10.0, 70.0, -5.0, 20.0]}
    )
    table = relationship_score(accounts, {"calls": 1}, value="profit", valuable=0.8)
    assert table["relationship"].round(1).tolist() == [100, 66.7, 33.3, 0]
    assert table["valuable"].tolist() == [False, True, False, False]
    assert table["cell"].tolist() == [
        "develop or keep cheap", "protect", "light touch", "light touch",
    ]  # fmt: skip
    assert relationship_score(accounts, {"calls": 1}, value="profit", valuable=0.9)[
        "valuable"
    ].tolist() == [False, True, False, True]
    with pytest.raises(ValueError, match="above strong"):
        relationship_score(accounts, {"calls": 1}, weak=70)
    with pytest.raises(ValueError, match="no value above zero"):
        relationship_score(accounts.assign(profit=-1.0), {"calls": 1}, value="profit")


def test_customers_worth_the_same_are_valuable_together():
    accounts = pd.DataFrame({"calls": [1, 2, 3], "profit": [50.0, 25.0, 25.0]})
    table = relationship_score(accounts, {"calls": 1}, value="profit", valuable=0.8)
    assert table["valuable"].tolist() == [True, False, False]


def test_profile_table_counts_everybody():
    case = market("citybank", 1)
    people = case["customers"].merge(case["profiles"], on="customer_id")
    indicators = {"age structure": "age", "region": "region", "income": "income_band"}
    table = profile_table(
        people.assign(region=people["region"].where(people["age"] > 20)),
        indicators, by="member", edges={"age structure": [30, 45, 60]},
    )  # fmt: skip
    sums = table.groupby("indicator")[["customers", "share", "True", "False"]].sum()
    assert (sums["customers"] == len(people)).all()
    np.testing.assert_allclose(sums[["share", "True", "False"]], 1)
    age = table[table["indicator"] == "age structure"].set_index("level")["customers"]
    assert age["30 to under 45"] == people["age"].between(30, 44).sum()
    assert age["60 and more"] == (people["age"] >= 60).sum()
    unknown = table[(table["indicator"] == "region") & (table["level"] == "not known")]
    assert unknown["customers"].tolist() == [(people["age"] <= 20).sum()]
    with pytest.raises(ValueError, match="must rise"):
        profile_table(people, {"age": "age"}, edges={"age": [30, 30]})
    with pytest.raises(ValueError, match="takes no edges"):
        profile_table(people, {"region": "region"}, edges={"region": [1]})


def test_profile_table_takes_quartiles_by_default():
    table = profile_table(pd.DataFrame({"spent": range(100)}), {"spending": "spent"})
    assert table["customers"].tolist() == [25, 25, 25, 25]


SEGMENTS = pd.DataFrame(
    {
        "segment": ["loyals", "office", "curious", "givers"],
        "size": [500, 250, 400, 150],
        "profit": [40.0, 90.0, 20.0, 60.0],
        "growth": [0.00, 0.10, 0.20, 0.05],
        "rivals": [5, 4, 2, 1],
        "share": [0.4, 0.1, 0.2, 0.3],
    }
)
WEIGHTS = {"size": 2, "profit": 3, "growth": 1, "rivals": 1}


def test_attractiveness_is_the_weighted_score():
    found = attractiveness(SEGMENTS, WEIGHTS, strength={"share": 1}, reverse=["rivals"])
    plain = weighted_score(SEGMENTS, WEIGHTS, reverse=["rivals"], customer="segment")
    both = found.merge(plain, on="segment")
    np.testing.assert_allclose(both["attractiveness"], both["score"])
    assert found["rank"].tolist() == [1, 2, 3, 4]
    np.testing.assert_allclose(found["priority"], found["attractiveness"] * found["strength"])
    with pytest.raises(ValueError, match="more than once"):
        attractiveness(pd.concat([SEGMENTS, SEGMENTS]), WEIGHTS)
    with pytest.raises(ValueError, match="reverse names share"):
        attractiveness(SEGMENTS, WEIGHTS, reverse=["share"])


def test_sensitivity_holds_the_scores_of_moved_weights():
    found = attractiveness_sensitivity(SEGMENTS, WEIGHTS, change=0.1, reverse=["rivals"])
    assert found["first_share"].sum() == pytest.approx(1)
    total = sum(WEIGHTS.values())
    low = dict.fromkeys(SEGMENTS["segment"], np.inf)
    for name in WEIGHTS:
        for step in (-0.1, 0.1):
            to = WEIGHTS[name] / total + step
            rest = 1 - WEIGHTS[name] / total
            moved = {
                n: to if n == name else w / total / rest * (1 - to) for n, w in WEIGHTS.items()
            }
            scores = attractiveness(SEGMENTS, moved, reverse=["rivals"])
            for segment, score in zip(scores["segment"], scores["attractiveness"], strict=True):
                low[segment] = min(low[segment], score)
    here = found.set_index("segment")
    for segment, score in low.items():
        assert here.loc[segment, "low"] == pytest.approx(min(score, here.attractiveness[segment]))
    assert (found["low"] <= found["attractiveness"]).all()
    assert (found["best_rank"] <= found["rank"]).all()
    assert (found["worst_rank"] >= found["rank"]).all()
    pd.testing.assert_frame_equal(
        found, attractiveness_sensitivity(SEGMENTS, WEIGHTS, change=0.1, reverse=["rivals"])
    )


def test_a_segment_best_in_everything_is_first_whatever_the_weights():
    best = pd.DataFrame({"segment": ["A", "B", "C"], "x": [3, 2, 1], "y": [9, 5, 7]})
    found = attractiveness_sensitivity(best, {"x": 1, "y": 1}, change=0.4)
    assert found["first_share"].tolist() == [1, 0, 0]
    assert (found["best_rank"] == [1, 2, 2]).all()


def test_two_criteria_first_share_is_the_length_of_the_interval():
    """A leads where w·1 > (1 − w)·1 in profit, so on half of all weights."""
    two = pd.DataFrame({"segment": ["A", "B"], "x": [1, 0], "y": [0, 1]})
    found = attractiveness_sensitivity(two, {"x": 1, "y": 1}, draws=20_000)
    assert found["first_share"].tolist() == pytest.approx([0.5, 0.5], abs=0.015)


def test_will_and_means():
    people = pd.DataFrame({"asked": [True, True, False, False], "credit": [80, 10, 80, 10]})
    assert target_customers(people, "asked", "credit", means_at_least=50).tolist() == [
        "target", "willing, without means", "able, without will", "neither",
    ]  # fmt: skip
    with pytest.raises(ValueError, match="does not hold numbers"):
        target_customers(pd.DataFrame({"a": ["x"], "b": [1]}), "a", "b")
