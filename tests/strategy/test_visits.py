"""The visit plan: best against every plan there is, within its limits on random cases."""

from itertools import product

import numpy as np
import pandas as pd
import pytest

from whobuys.market import market
from whobuys.strategy import check_plan, even_visits, hours_curve, plan_visits, visit_summary


def random_case(seed: int, size: int = 5) -> tuple[pd.DataFrame, dict]:
    """Draw customers and limits that can hold together."""
    draw = np.random.default_rng(seed)
    customers = pd.DataFrame(
        {
            "customer_id": [f"C{i}" for i in range(size)],
            "grade": draw.choice(["A (profit)", "B (profit)", "C (profit)"], size),
            "value": draw.gamma(1, 200, size).round(2) - (60 if seed % 5 == 0 else 0),
            "visit_hours": draw.uniform(0.3, 2, size).round(2),
            "way": draw.uniform(0, 2, size).round(2),
            "owner": draw.choice(["Ada", "Ben"], size),
        }
    )
    there = customers["grade"].unique()
    takes = customers["visit_hours"] + customers["way"]
    limits = {
        "minimum": {there[0]: 1},
        "most": 3 if seed % 3 else {name: 2 + i % 2 for i, name in enumerate(there)},
        "keeps": float(draw.choice([0.3, 0.6, 1.0])),
        "travel_hours": "way",
    }
    least = np.where(customers["grade"] == there[0], 1, 0)
    if seed % 2:
        limits["in_all"] = {there[-1]: int((customers["grade"] == there[-1]).sum())}
        least = np.maximum(least, customers["grade"] == there[-1])
    if seed % 4 == 0:
        limits["hours"] = {
            who: float((takes * least)[customers["owner"] == who].sum() + draw.uniform(0, 5))
            for who in ("Ada", "Ben")
        }
    else:
        limits["hours"] = float((takes * least).sum() + draw.uniform(0, 6))
    return customers, limits


@pytest.mark.parametrize("seed", range(100))
def test_a_random_plan_holds_all_limits_and_is_the_best(seed):
    customers, limits = random_case(seed)
    before = customers.copy()
    plan = plan_visits(customers, **limits)
    pd.testing.assert_frame_equal(customers, before)
    found = check_plan(plan, customers, **limits)
    assert found.broken == ()
    assert found.value == pytest.approx(plan.attrs["expected"])
    assert found.hours == pytest.approx(plan.attrs["hours"])

    most = limits["most"]
    top = customers["grade"].map(most) if isinstance(most, dict) else [most] * len(customers)
    plans = np.array(list(product(*(range(n + 1) for n in top))))
    takes = (customers["visit_hours"] + customers["way"]).to_numpy()
    fine = np.ones(len(plans), dtype=bool)
    for name, least in limits["minimum"].items():
        fine &= (plans[:, customers["grade"] == name] >= least).all(axis=1)
    for name, least in limits.get("in_all", {}).items():
        fine &= plans[:, customers["grade"] == name].sum(axis=1) >= least
    hours = limits["hours"]
    for who in hours if isinstance(hours, dict) else [None]:
        mine = customers["owner"] == who if who else customers["owner"] != ""
        fine &= plans[:, mine] @ takes[mine] <= (hours[who] if who else hours) + 1e-9
    step = limits["keeps"] ** np.arange(4)
    brings = np.concatenate([[0.0], np.cumsum(step)])[plans] @ customers["value"].to_numpy()
    best = brings[fine].max()
    assert plan.attrs["expected"] >= best - max(abs(best) * 0.002, 1e-6)
    assert plan.attrs["expected"] <= best + 1e-6


@pytest.mark.parametrize("seed", range(5))
def test_a_company_of_firms_is_planned(seed):
    case = market("tradeways", seed, tables=["transactions", "customers"])
    spent = case["transactions"].groupby("customer_id")["amount"].sum()
    customers = case["customers"][["customer_id", "region"]].assign(
        value=lambda t: t["customer_id"].map(spent).fillna(0.0) * 0.02,
        visit_hours=0.8,
        way=lambda t: t["region"].map({"City": 0.3, "Coast": 0.8, "Country": 1.1, "Airport": 0.5}),
    )
    customers["grade"] = pd.qcut(
        customers["value"].rank(method="first"), [0, 0.5, 0.8, 0.95, 1], labels=list("DCBA")
    ).astype(str)
    limits = {
        "minimum": {"A": 2, "B": 1}, "most": {"A": 6, "B": 4, "C": 2, "D": 1},
        "in_all": {"D": 20}, "travel_hours": "way",
    }  # fmt: skip
    plan = plan_visits(customers, 900.0, **limits)
    assert check_plan(plan, customers, 900.0, **limits).broken == ()
    free = plan_visits(customers, 900.0, **{k: v for k, v in limits.items() if k != "in_all"})
    assert plan.attrs["expected"] <= free.attrs["expected"] * (1 + 1e-9)
    even = even_visits(customers, 900.0, **{k: v for k, v in limits.items() if k != "in_all"})
    assert even.attrs["hours"] <= 900
    assert even.attrs["expected"] < free.attrs["expected"]
    summary = visit_summary(plan)
    assert summary["grade"].tolist() == ["A", "B", "C", "D", "all"]
    assert summary["hours"].iloc[-1] == pytest.approx(summary["hours"].iloc[:-1].sum())
    assert summary["share_of_hours"].iloc[-1] == 1


CUSTOMERS = pd.DataFrame(
    {
        "customer_id": ["C1", "C2", "C3"],
        "grade": ["A (profit)", "B (profit)", "B (profit)"],
        "owner": ["Ada", "Ada", "Ben"],
        "value": [900.0, 300.0, 100.0],
        "visit_hours": [2.0, 1.0, 1.0],
    }
)


@pytest.mark.parametrize(
    ("hours", "limits", "words"),
    [
        (1.0, {"minimum": {"A (profit)": 1}}, r"take 2\.0 hours; there are 1\.0: 1 customer of A"),
        ({"Ada": 1.0, "Ben": 9.0}, {"minimum": {"A (profit)": 1}}, r"hours for Ada"),
        ({"Ada": 1.0}, {}, "no hours of the owner Ben"),
        (9.0, {"minimum": {"A (profit)": 5}}, "these two limits cannot hold together"),
        (9.0, {"minimum": {"A (profit)": 1.5}}, "whole number"),
        (9.0, {"in_all": {"B (profit)": 9}}, "at most 8: in_all and most cannot hold"),
        (2.0, {"minimum": {"A (profit)": 1}, "in_all": {"B (profit)": 1}}, r"at least 3\.0 hours"),
        (9.0, {"in_all": {"Z": 1}}, "No customer has the grade 'Z'"),
        (9.0, {"most": {"A (profit)": 2}}, r"most lacks the grade B \(profit\)"),
        (9.0, {"most": 0}, "at least 1, not 0"),
        (9.0, {"keeps": 0}, "keeps"),
        (-1.0, {}, "hours must be 0 or more"),
        (float("nan"), {}, "hours must be 0 or more"),
        (9.0, {"travel_hours": "way"}, 'no column "way"'),
        (
            {"Ada": 3.0, "Ben": 0.0},
            {"minimum": {"A (profit)": 1}, "in_all": {"B (profit)": 5}},
            "cannot hold|at least|No plan meets",
        ),
        (
            {"Ada": 2.0, "Ben": 9.0},
            {"minimum": {"A (profit)": 1}, "in_all": {"B (profit)": 5}},
            "No plan meets",
        ),
    ],
)
def test_limits_that_cannot_hold_are_named(hours, limits, words):
    with pytest.raises(ValueError, match=words):
        plan_visits(CUSTOMERS, hours, **limits)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"value": [1.0, np.nan, 2.0]}, '"value" of customers has a missing'),
        ({"value": ["1", "2", "3"]}, "does not hold numbers"),
        ({"visit_hours": [0.0, 1.0, 1.0]}, "must be above 0"),
    ],
)
def test_strange_customers_are_refused(change, words):
    with pytest.raises(ValueError, match=words):
        plan_visits(CUSTOMERS.assign(**change), 9.0)
    with pytest.raises(ValueError, match="no rows"):
        plan_visits(CUSTOMERS.iloc[:0], 9.0)


def test_every_broken_limit_is_named():
    plan = pd.DataFrame(
        {"customer_id": ["C1", "C2", "C2", "C9", "C3"], "visits": [7, 1, 1, 2, 1.5]}
    )
    found = check_plan(
        plan, CUSTOMERS, 5.0, minimum={"B (profit)": 1}, most=4, in_all={"B (profit)": 6}
    )
    assert not found.feasible
    assert found.broken == (
        "The plan names 1 customer twice: C2.",
        "The plan visits 1 stranger: C9.",
        "1 row of the plan hold no whole number of visits from 0, for instance C3: 1.5.",
        "The plan takes 16.00 hours, 11.00 more than the 5.00 there are.",
        "1 of 2 customers of grade B (profit) get fewer than 1 visit, for instance C3: 0.",
        "1 of 1 customers of grade A (profit) get more than 4 visits, for instance C1: 7.",
        "The customers of grade B (profit) get 2 visits together, 4 fewer than the 6 asked for.",
    )


@pytest.mark.parametrize(
    "plan",
    [
        pd.Series({"C1": 1, "C3": 1}),
        pd.Series({"C3": 1.0, "C1": 1.0}, name="visits"),
        pd.DataFrame({"visits": [1, 1]}, index=pd.Index(["C1", "C3"], name="customer_id")),
        pd.DataFrame({"visits": ["1", "1", "0"], "customer_id": ["C1", "C3", "C2"], "note": "x"}),
    ],
)
def test_a_plan_is_read_in_many_forms(plan):
    found = check_plan(plan, CUSTOMERS, 3.0)
    assert (found.feasible, found.value, found.hours, found.visits) == (True, 1000.0, 3.0, 2)


@pytest.mark.parametrize(
    "plan",
    [
        pd.DataFrame({"customer": ["C1"], "visits": [1]}),
        pd.DataFrame({"customer_id": ["C1"], "visits": ["often"]}),
        pd.DataFrame({"customer_id": ["C1"], "visits": [np.inf]}),
        pd.DataFrame({"customer_id": ["C1"], "visits": [-1]}),
        pd.DataFrame({"customer_id": [None], "visits": [1]}),
    ],
)
def test_a_strange_plan_is_broken_but_no_error(plan):
    assert len(check_plan(plan, CUSTOMERS, 9.0).broken) == 1


def test_more_hours_bring_less_and_less():
    draw = np.random.default_rng(3)
    many = pd.DataFrame({"value": draw.gamma(1, 100, 80), "visit_hours": draw.uniform(0.5, 2, 80)})
    curve = hours_curve(many, [40, 10, 20, 80])
    assert curve["hours"].tolist() == [10, 20, 40, 80]
    assert curve["expected"].is_monotonic_increasing
    assert curve["brings_an_hour"].dropna().is_monotonic_decreasing
