"""Migration, rates between periods, drift and the next refresh."""

import numpy as np
import pandas as pd
import pytest

from whobuys.market import market
from whobuys.strategy import (
    drift,
    label_life,
    migration_flows,
    migration_matrix,
    migration_shares,
    migration_summary,
    period_rates,
    refresh_plan,
)

THEN = pd.Series({"C1": "gold", "C2": "gold", "C3": "gold", "C4": "basic", "C5": "basic",
                  "C6": "basic", "C7": "basic", "C8": "silver"})  # fmt: skip
NOW = pd.Series({"C9": "basic", "C1": "gold", "C2": "gold", "C3": "basic", "C4": "silver",
                 "C5": "basic", "C6": "basic", "C10": "gold", "C11": "basic"})  # fmt: skip
ORDER = ["gold", "silver", "basic"]


def test_the_matrix_matches_a_hand_worked_one():
    """Eight customers, three left, none was told to stay: counted on paper."""
    matrix = migration_matrix(THEN, NOW, order=ORDER)
    wanted = pd.DataFrame(
        [[2, 0, 1, 0], [0, 0, 0, 1], [0, 1, 2, 1], [1, 0, 2, 0]],
        index=pd.Index([*ORDER, "new"], name="from", dtype=object),
        columns=pd.Index([*ORDER, "lost"], name="to", dtype=object),
    )
    pd.testing.assert_frame_equal(matrix, wanted)
    assert matrix.to_numpy().sum() == len(THEN.index.union(NOW.index)) == 11
    shares = migration_shares(matrix)
    assert shares.loc["gold"].tolist() == pytest.approx([2 / 3, 0, 1 / 3, 0])
    assert shares.loc["basic"].tolist() == [0, 0.25, 0.5, 0.25]
    assert shares.loc["new"].tolist() == pytest.approx([1 / 3, 0, 2 / 3, 0])
    pd.testing.assert_frame_equal(shares, migration_matrix(THEN, NOW, order=ORDER, shares=True))


def test_flows_and_summary_add_up():
    matrix = migration_matrix(THEN, NOW, order=ORDER)
    flows = migration_flows(matrix)
    assert flows["customers"].sum() == 11
    kinds = flows.groupby("kind")["customers"].sum().to_dict()
    assert kinds == {"down": 1, "lost": 2, "new": 3, "stayed": 4, "up": 1}
    gold = flows[(flows["from"] == "gold") & (flows["to"] == "basic")].iloc[0]
    assert (gold["share_of_from"], gold["share_of_to"]) == pytest.approx((1 / 3, 1 / 5))
    summary = migration_summary(matrix)
    assert summary.loc["basic"].iloc[:8].tolist() == [4, 2, 1, 0, 1, 1, 2, 5]
    assert summary.loc["all", "stay_share"] == 0.5
    assert (summary["stayed"] + summary["up"] + summary["down"] + summary["lost"]).tolist() == (
        summary["before"].tolist()
    )
    assert (summary["stayed"] + summary["came"] + summary["new"]).tolist() == (
        summary["after"].tolist()
    )
    assert summary.loc["all", "after"] == len(NOW)


@pytest.mark.parametrize("seed", range(20))
def test_a_matrix_agrees_with_crosstab(seed):
    draw = np.random.default_rng(seed)
    ids = np.arange(200)
    then = pd.Series(draw.choice(list("abcd"), 200), ids)[draw.random(200) < 0.8]
    now = pd.Series(draw.choice(list("abc"), 200), ids)[draw.random(200) < 0.8]
    matrix = migration_matrix(then, now.sample(frac=1, random_state=seed))
    both = pd.concat({"a": then, "b": now}, axis=1)
    counts = pd.crosstab(both["a"].fillna("new"), both["b"].fillna("lost"))
    for i in matrix.index:
        for j in matrix.columns:
            there = i in counts.index and j in counts.columns
            assert matrix.loc[i, j] == (counts.loc[i, j] if there else 0)
    assert matrix.loc["new", "lost"] == 0


def test_missing_segments_and_categories():
    then = pd.Series(pd.Categorical(["lo", "hi", None], ["hi", "mid", "lo"]), list("abc"))
    now = pd.Series(["hi", None, "hi"], list("abc"))
    matrix = migration_matrix(then, now)
    assert list(matrix.index) == ["hi", "mid", "lo", "new"]
    assert matrix.loc["hi", "lost"] == 1
    assert matrix.loc["new", "hi"] == 1
    assert migration_shares(matrix).loc["mid"].isna().all()
    numbered = migration_matrix(pd.Series({1: 1, 2: 2}), pd.Series({1: 2, 2: 2}))
    assert list(numbered.columns) == [1, 2, "lost"]


def test_where_there_was_nobody_all_are_new_and_where_nobody_is_left_all_are_lost():
    came = migration_matrix(THEN.iloc[:0], NOW)
    assert came.to_numpy().sum() == len(NOW)
    assert migration_matrix(THEN, NOW.iloc[:0]).to_numpy().sum() == len(THEN)


@pytest.mark.parametrize(
    ("then", "now", "options", "words"),
    [
        (pd.Series(["a", "b"], ["x", "x"]), NOW, {}, "before names 1 customer more than once"),
        (THEN.tolist(), NOW, {}, "must be a Series of segments"),
        (THEN.replace("gold", "new"), NOW, {}, 'A segment is called "new"'),
        (THEN, NOW, {"order": ["gold"]}, "order lacks the segments basic, silver"),
        (THEN, NOW, {"order": [*ORDER, "gold"]}, "twice"),
        (THEN, NOW, {"new": "x", "lost": "x"}, "different names"),
        (THEN.where(THEN == "x"), NOW.where(NOW == "x"), {}, "Nobody has a segment"),
        (pd.Series(["a"], [None]), NOW, {}, "customer id of before is missing"),
    ],
)
def test_strange_segments_are_refused(then, now, options, words):
    with pytest.raises(ValueError, match=words):
        migration_matrix(then, now, **options)


def test_shares_are_no_counts():
    shares = migration_matrix(THEN, NOW, shares=True)
    with pytest.raises(ValueError, match="counts"):
        migration_summary(shares.fillna(0))
    with pytest.raises(ValueError, match="same segments in the same order"):
        migration_flows(migration_matrix(THEN, NOW, order=ORDER).iloc[::-1])


LINES = pd.DataFrame(
    {
        "customer_id": list("AAABBCDDAE"),
        "order_id": [1, 1, 2, 3, 4, 5, 6, 7, 8, 9],
        "date": pd.to_datetime(
            ["2025-01-01", "2025-01-01", "2025-06-30", "2025-02-01", "2025-07-01", "2025-03-01",
             "2025-08-01", "2025-08-02", "2026-01-01", "2024-12-31"]
        ),
        "amount": 10.0,
    }
)  # fmt: skip
EDGES = ["2025-01-01", "2025-07-01", "2026-01-01", "2026-07-01"]


def test_rates_by_hand():
    """First half: A twice, B, C once. Second: B once, D twice. Third: A comes back."""
    rates = period_rates(LINES, EDGES)
    assert rates["customers"].tolist() == [3, 2, 1]
    assert rates["orders"].tolist() == [4, 3, 1]
    assert rates["repeaters"].tolist() == [1, 1, 0]
    assert rates["repeat_rate"].tolist() == pytest.approx([1 / 3, 0.5, 0])
    assert rates["churn_rate"].tolist()[1:] == pytest.approx([2 / 3, 1.0])
    assert rates["new"].tolist() == [3, 1, 0]
    assert rates["returned"].tolist()[1:] == [0, 1]
    late = rates.iloc[1:]
    assert (late["customers"] == late["stayed"] + late["new"] + late["returned"]).all()


def test_rates_by_group_and_for_a_company():
    case = market("teahouse", 0, tables=["transactions", "customers"])
    groups = case["customers"].set_index("customer_id")["region"]
    edges = ["2024-07-01", "2025-01-01", "2025-07-01", "2026-01-01", "2026-07-01"]
    rates = period_rates(case["transactions"], edges, groups=groups)
    whole = rates[rates["group"] == "all"].reset_index(drop=True)
    parts = rates[rates["group"] != "all"].groupby("period")[["customers", "orders", "new"]].sum()
    assert (whole.set_index("period")[["customers", "orders", "new"]] == parts).all().all()
    plain = period_rates(case["transactions"], edges)
    pd.testing.assert_frame_equal(plain, whole.drop(columns="group"))
    assert whole["new"].iloc[0] == whole["customers"].iloc[0]


@pytest.mark.parametrize("edges", [["2025-01-01"], ["2025-07-01", "2025-01-01"], ["a", "b"], []])
def test_strange_edges_are_refused(edges):
    with pytest.raises(ValueError, match="edges must be"):
        period_rates(LINES, edges)


def test_strange_groups_are_refused():
    with pytest.raises(ValueError, match="No customer of transactions has a group"):
        period_rates(LINES, EDGES, groups=pd.Series({"Z": "x"}))
    with pytest.raises(ValueError, match="more than once"):
        period_rates(LINES, EDGES, groups=pd.Series(["x", "y"], ["A", "A"]))


def test_an_empty_period_has_no_rates():
    rates = period_rates(LINES, ["2023-01-01", "2024-01-01", "2025-01-01"])
    assert rates["customers"].tolist() == [0, 1]
    assert rates["repeat_rate"].isna().tolist() == [True, False]
    assert rates["churn_rate"].isna().all()


def test_drift_by_hand():
    then, now = pd.Series(["a"] * 50 + ["b"] * 50), pd.Series(["a"] * 70 + ["b"] * 30)
    found = drift(then, now)
    assert found.index == pytest.approx(0.2 * np.log(70 / 50) - 0.2 * np.log(30 / 50))
    assert found.table["part"].sum() == pytest.approx(found.index)
    assert drift(then, then).index == 0
    assert drift(then, then).verdict == "steady"
    assert drift(then, pd.Series(["b"] * 100)).verdict == "refresh"


def test_drift_stays_below_its_noise_without_change():
    draw = np.random.default_rng(0)
    above = 0
    for _ in range(300):
        found = drift(pd.Series(draw.normal(size=400)), pd.Series(draw.normal(size=300)))
        above += found.index > found.noise
    assert 3 <= above <= 33  # 5 % of 300, give or take


def test_drift_of_numbers():
    draw = np.random.default_rng(1)
    then = pd.Series(draw.gamma(1, 100, 500))
    moved = drift(then, then * 2)
    assert moved.verdict == "refresh"
    assert len(moved.table) == 10
    assert moved.table["before"].tolist() == [50] * 10
    ties = drift(pd.Series([1] * 90 + [2] * 10), pd.Series([1] * 80 + [2] * 20), bins=5)
    assert ties.table["before"].sum() == 100
    gone = drift(pd.Series([1.0, 2.0, np.nan] * 20), pd.Series([1.0, 2.0] * 30))
    assert "missing" in gone.table["class"].tolist()
    assert np.isfinite(gone.index)


@pytest.mark.parametrize(
    ("then", "now", "words"),
    [
        (pd.Series([1.0]), pd.Series(["a"]), "both hold numbers or both hold categories"),
        (pd.Series([], dtype=float), pd.Series([1.0]), "at least one customer"),
        ([1, 2], pd.Series([1.0]), "before must be a Series"),
        (pd.Series([np.inf, 1.0]), pd.Series([1.0]), "infinite"),
    ],
)
def test_strange_distributions_are_refused(then, now, words):
    with pytest.raises(ValueError, match=words):
        drift(then, now)
    with pytest.raises(ValueError, match="bins"):
        drift(pd.Series([1.0]), pd.Series([1.0]), bins=1)


def test_the_next_refresh_is_dated():
    same, far = pd.Series(list("ab") * 50), pd.Series(list("aaaaab") * 40)
    plan = refresh_plan({"sizes": drift(same, far), "spend": drift(same, same)}, "2026-06-30")
    assert plan["reason"].tolist() == ["sizes", "spend", "usual turn"]
    assert plan["refresh_by"].tolist() == list(
        pd.to_datetime(["2026-07-30", "2027-06-30", "2027-06-30"])
    )
    moved = refresh_plan({}, "2026-06-30", stay_share=0.5, period_months=12)
    assert moved["refresh_by"].iloc[0] == pd.Timestamp("2026-09-30")
    assert label_life(1.0, 6) == np.inf
    assert label_life(0.0, 6) == 0.0
    assert refresh_plan({}, "2026-06-30", stay_share=1.0)["verdict"].tolist() == ["steady"] * 2
    with pytest.raises(ValueError, match="least_months"):
        refresh_plan({}, "2026-06-30", least_months=0)
    with pytest.raises(ValueError, match="shares from 0 to 1"):
        label_life(1.2, 6)
