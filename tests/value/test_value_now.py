import numpy as np
import pandas as pd
import pytest

from whobuys.market import market
from whobuys.value import (
    VALUE_MATRIX,
    abc_grades,
    allocate_budget,
    bank_tiers,
    customer_contribution,
    customers_for,
    estimate_wallet,
    gini,
    grade_summary,
    key_accounts,
    line_margins,
    lorenz,
    matrix_counts,
    pareto_test,
    plan_visits,
    share_of_wallet,
    top_share,
    value_components,
    value_matrix,
)


@pytest.fixture(scope="module")
def case():
    return market("tradeways", 0)


@pytest.fixture(scope="module")
def ledger(case):
    return customer_contribution(
        case["transactions"],
        case["products"],
        customers=case["customers"],
        interactions=case["interactions"],
        minute_cost=0.8,
        order_cost=3.0,
    )


def test_contribution_adds_up(case, ledger):
    lines = case["transactions"].merge(case["products"], on="product_id")
    by = lines.groupby("customer_id")
    ids = case["customers"]["customer_id"]
    expected = pd.DataFrame(
        {
            "orders": by["order_id"].nunique(),
            "sales": by["amount"].sum(),
            "gross_sales": (lines["quantity"] * lines["unit_price"]).groupby(
                lines["customer_id"]
            ).sum(),
            "goods_cost": (lines["quantity"] * lines["unit_cost"]).groupby(
                lines["customer_id"]
            ).sum(),
            "service_cost": case["interactions"].groupby("customer_id")["minutes"].sum() * 0.8,
        }
    ).reindex(ids).fillna(0)  # fmt: skip
    assert ledger["customer_id"].tolist() == sorted(ids)
    found = ledger.set_index("customer_id").loc[ids]
    for name in expected:
        assert found[name].to_numpy() == pytest.approx(expected[name].to_numpy()), name
    left = found["gross_sales"] - found["discounts"] - found["goods_cost"] - found["service_cost"]
    assert found["contribution"].to_numpy() == pytest.approx(left - 3.0 * found["orders"])
    assert (ledger["contribution"] < 0).any()


def test_contribution_errors_and_extras(case):
    lines, goods = case["transactions"].head(50), case["products"]
    before = lines.copy()
    one = lines["customer_id"].iloc[0]
    extra = pd.DataFrame({"customer_id": [one, one], "cost": [5.0, 2.5]})
    table = customer_contribution(lines, goods, other_costs=extra).set_index("customer_id")
    assert table.loc[one, "other_cost"] == 7.5
    pd.testing.assert_frame_equal(lines, before)
    with pytest.raises(ValueError, match="not in products"):
        line_margins(lines, goods.iloc[1:2])
    with pytest.raises(ValueError, match="more than one row"):
        line_margins(lines, pd.concat([goods, goods]))
    with pytest.raises(ValueError, match='no column "unit_cost"'):
        line_margins(lines)
    with pytest.raises(ValueError, match="not among the customers"):
        customer_contribution(lines, goods, other_costs=extra.assign(customer_id="nobody"))
    with pytest.raises(ValueError, match="minute_cost must be a cost"):
        customer_contribution(lines, goods, minute_cost=-1)
    gap = lines.astype({"customer_id": object}).reset_index(drop=True)
    gap.loc[0, "customer_id"] = None
    with pytest.raises(ValueError, match="is empty in 1 row"):
        customer_contribution(gap, goods)


def test_components_split_at_the_day(case):
    lines = line_margins(case["transactions"], case["products"])
    table = value_components(
        lines,
        as_of="2026-06-30",
        potential=pd.Series({"C00001": 99.0, "new": 5.0}),
        referrals=case["customers"].set_index("customer_id")["referrals"],
        referral_value=100.0,
        referral_credit=0.25,
    ).set_index("customer_id")
    old = lines["date"] <= pd.Timestamp("2025-06-30")
    assert table["historical"].sum() == pytest.approx(lines.loc[old, "margin"].sum())
    assert table["current"].sum() == pytest.approx(lines.loc[~old, "margin"].sum())
    assert table.loc["new", "total"] == 5.0
    assert table.loc["C00001", "referral"] == 2 * 25.0
    parts = table[["historical", "current", "potential", "referral"]].sum(axis=1)
    assert table["total"].to_numpy() == pytest.approx(parts.to_numpy())
    assert value_components(lines, as_of="2024-12-31")["historical"].sum() == 0
    for wrong, said in [
        ({"current_days": 0}, "current_days"),
        ({"referral_credit": 2}, "referral_credit must be a share"),
        ({"value": "profit"}, 'no column "profit"'),
    ]:
        with pytest.raises(ValueError, match=said):
            value_components(lines, **({"as_of": "2026-06-30"} | wrong))


def test_concentration_by_hand():
    values = pd.Series([10.0, -20, 60, 50])
    curve = lorenz(values)
    assert curve["value"].tolist() == [0, 60, 110, 120, 100]
    assert top_share(values, 0.25) == 0.6
    assert top_share(values, 0.26) == 1.1
    assert customers_for(values, 1.0) == 2
    assert customers_for([1, 1, 1, 1], 0.5) == 2
    assert customers_for([0.1] * 10, 0.8) == 8
    drawn = np.random.default_rng(1).lognormal(0, 1, 400)
    pairs = np.abs(drawn[:, None] - drawn).mean() / 2 / drawn.mean()
    assert gini(drawn) == pytest.approx(pairs)
    trapezoid = np.trapezoid(lorenz(drawn)["value_share"], lorenz(drawn)["customer_share"])
    assert gini(drawn) == pytest.approx(2 * trapezoid - 1)
    for wrong in ([-1, -2], [0, 0], [], [1, np.nan]):
        with pytest.raises(ValueError, match=r"add up to|empty|missing"):
            gini(wrong)
    with pytest.raises(ValueError, match="top must be a share"):
        top_share(values, 1.5)


def test_pareto_test_with_loss_makers(ledger):
    found = pareto_test(ledger["contribution"])
    assert found.share == pytest.approx(top_share(ledger["contribution"], 0.2))
    assert found.low < found.share < found.high
    assert found.losing == (ledger["contribution"] < 0).sum()
    assert found.peak > 1
    assert found == pareto_test(ledger["contribution"].sample(frac=1, random_state=0))
    assert "bring" in str(found)
    assert pareto_test(ledger["contribution"], claimed=min(found.share, 1)).holds
    with pytest.raises(ValueError, match="draws"):
        pareto_test([1, 2], draws=3)


def test_top_share_of_lognormal_sizes():
    """Top-q share of lognormal sizes is Φ(Φ⁻¹(q) + σ)."""
    from scipy.stats import norm

    drawn = np.random.default_rng(0).lognormal(0, 1.2, 200_000)
    assert top_share(drawn) == pytest.approx(norm.cdf(norm.ppf(0.2) + 1.2), abs=0.01)


def test_grades_carry_their_scheme(ledger):
    values = ledger.set_index("customer_id")["contribution"]
    grades = abc_grades(values, scheme="profit contribution", losses="D")
    assert grades["grade"].cat.categories.tolist() == [
        f"{letter} (profit contribution)" for letter in "ABCD"
    ]
    assert (grades["scheme"] == "profit contribution").all()
    counted = (grades["grade"] == "A (profit contribution)").sum()
    assert counted == customers_for(values, 0.8)
    assert (grades.loc[values <= 0, "grade"] == "D (profit contribution)").all()
    shuffled = abc_grades(
        values.sample(frac=1, random_state=3), scheme="profit contribution", losses="D"
    )
    pd.testing.assert_frame_equal(grades, shuffled.loc[grades.index])
    summed = grade_summary(grades)
    assert summed["customers"].sum() == len(values)
    assert summed["value"].sum() == pytest.approx(values.sum())
    assert summed["value_share"].iloc[0] >= 0.8


def test_equal_values_have_equal_grades():
    grades = abc_grades([5, 5, 5, 5], scheme="profit", cuts=(0.5,), labels=("A", "B"))
    assert grades["grade"].nunique() == 1
    four = abc_grades([40, 30, 20, 10], scheme="x", cuts=(0.4, 0.7, 0.9), labels=list("ABCD"))
    assert [grade[0] for grade in four["grade"]] == list("ABCD")
    heavy = pd.Series([10, 5, -100])
    with pytest.raises(ValueError, match='base="gains"'):
        abc_grades(heavy, scheme="profit")
    gains = abc_grades(heavy, scheme="profit", base="gains", losses="loss")
    assert gains["grade"].tolist() == ["A (profit)", "A (profit)", "loss (profit)"]
    for wrong, said in [
        ({"scheme": " "}, "scheme must name"),
        ({"cuts": (0.9, 0.8)}, "cuts must rise"),
        ({"cuts": (0.8, 1.0)}, "must be a share"),
        ({"labels": ("A", "A", "B")}, "different labels"),
        ({"base": "net"}, "base must be"),
    ]:
        with pytest.raises(ValueError, match=said):
            abc_grades([3, 2, 1], **({"scheme": "profit"} | wrong))
    with pytest.raises(TypeError):
        abc_grades([3, 2, 1])


def test_matrix_has_all_four_cells():
    now, later = pd.Series([9.0, 8, 1, 2, 3]), pd.Series([9.0, 1, 8, 2, 3])
    matrix = value_matrix(now, later, current_cut=5, potential_cut=5)
    assert matrix["cell"].tolist() == [
        *("keep", "maintain", "develop"),
        *["serve simply"] * 2,
    ]
    counts = matrix_counts(matrix)
    assert counts["cell"].tolist() == VALUE_MATRIX["cell"].tolist()
    assert counts["customers"].tolist() == [1, 1, 1, 2]
    assert counts["current"].sum() == now.sum()
    assert value_matrix(now, later).attrs["cuts"] == {"current": 3.0, "potential": 3.0}
    with pytest.raises(ValueError, match="same index"):
        value_matrix(now, later.iloc[::-1])


def test_bank_tiers_keep_potential_apart():
    accounts = market("citybank", 0)["accounts"]
    tiers = bank_tiers(accounts, potential=accounts["activity"].astype(float))
    sizes = grade_summary(tiers)["customers"].tolist()
    assert sum(sizes) == len(accounts)
    assert sizes[0] == pytest.approx(0.2 * len(accounts), abs=1)
    assert tiers.groupby("grade", observed=True)["value"].mean().is_monotonic_decreasing
    low = tiers["grade"] == "low value (bank balances)"
    assert tiers.loc[low, "high_potential"].any()
    with pytest.raises(ValueError, match="accounts must be 0 or more"):
        bank_tiers(accounts.assign(loans=-1.0))
    with pytest.raises(ValueError, match="two rising shares"):
        bank_tiers(accounts, cuts=(0.8, 0.5))


def test_wallets():
    spend = pd.Series([10.0, 20, 30, 5, 50])
    wallet = estimate_wallet(spend, pd.Series(list("aaabb")), quantile=1.0)
    assert wallet.tolist() == [30, 30, 30, 50, 50]
    table = share_of_wallet(spend, wallet)
    assert table["share"].round(3).tolist() == [0.333, 0.667, 1.0, 0.1, 1.0]
    assert table["gap"].sum() == 75
    assert share_of_wallet(pd.Series([0.0]), pd.Series([0.0]))["share"].tolist() == [0]
    with pytest.raises(ValueError, match="spend more with us"):
        share_of_wallet(spend, wallet / 2)


def test_key_accounts_give_reasons(ledger):
    values = ledger.set_index("customer_id")["contribution"]
    flags = pd.DataFrame({"reference": values.index == values.idxmin()}, index=values.index)
    keys = key_accounts(values, flags, min_share=0.02)
    assert keys["by_value"].sum() == (values / values.sum() >= 0.02).sum()
    assert keys.loc[values.idxmin(), "reasons"] == "reference"
    assert keys["value"].is_monotonic_decreasing
    both = key_accounts(pd.Series([90.0, 10]), pd.DataFrame({"brand": [True, False]}))
    assert both.loc[0, "reasons"] == "90.0 % of the total; brand"
    with pytest.raises(ValueError, match="only True and False"):
        key_accounts(values, flags.astype(int))


def test_budget_is_spread_to_equal_marginal_value():
    draw = np.random.default_rng(0)
    groups = pd.DataFrame(
        {"ceiling": draw.gamma(2, 500, 30), "response": draw.uniform(0.001, 0.05, 30)}
    )
    plan = allocate_budget(groups, 1500.0)
    assert plan["spend"].sum() == pytest.approx(1500)
    spent = plan["spend"] > 1e-9
    assert plan.loc[spent, "next_unit"].max() == pytest.approx(
        plan.loc[spent, "next_unit"].min(), rel=1e-9
    )
    assert plan.loc[~spent, "next_unit"].max() <= plan["next_unit"].max() + 1e-9
    limits = groups.assign(least=10.0, most=60.0)
    held = allocate_budget(limits, 1500.0, minimum="least", maximum="most")
    assert held["spend"].sum() == pytest.approx(1500)
    assert held["spend"].between(10, 60).all()
    assert held["value"].sum() < plan["value"].sum()
    assert allocate_budget(limits, 1e6, maximum="most")["spend"].sum() == 1800
    assert allocate_budget(groups, 0.0)["spend"].sum() == 0
    with pytest.raises(ValueError, match=r"minima add up to 300\.00"):
        allocate_budget(limits, 100.0, minimum="least")
    with pytest.raises(ValueError, match="no higher than the most"):
        allocate_budget(limits, 1500.0, minimum="most", maximum="least")


def test_visits_are_planned_best():
    """Against every plan there is."""
    from itertools import product

    draw = np.random.default_rng(2)
    for _ in range(5):
        some = pd.DataFrame(
            {
                "grade": ["A (x)", "A (x)", "B (x)", "B (x)"],
                "value": draw.gamma(2, 100, 4).round(1),
                "visit_hours": draw.uniform(0.5, 3, 4).round(1),
            }
        )
        plan = plan_visits(some, 9.0, minimum={"A (x)": 1}, most=3, keeps=0.5)
        best = 0.0
        for visits in product(range(4), repeat=4):
            hours = np.dot(visits, some["visit_hours"])
            if hours <= 9.0 and visits[0] >= 1 and visits[1] >= 1:
                gain = sum(v * (2 - 0.5 ** (n - 1)) if n else 0
                           for v, n in zip(some["value"], visits, strict=True))  # fmt: skip
                best = max(best, gain)
        assert plan.attrs["expected"] == pytest.approx(best)
        assert plan.attrs["hours"] <= 9.0
    with pytest.raises(ValueError, match="minimum visits take"):
        plan_visits(some, 1.0, minimum={"A (x)": 3})
    with pytest.raises(ValueError, match="No customer has the grade 'C'"):
        plan_visits(some, 9.0, minimum={"C": 1})


def test_visits_to_many():
    draw = np.random.default_rng(0)
    many = pd.DataFrame(
        {"value": draw.gamma(1, 100, 1500), "visit_hours": draw.uniform(0.3, 4, 1500)}
    )
    plan = plan_visits(many, 400.0)
    assert 399 < plan.attrs["hours"] <= 400
    first = many["value"] / many["visit_hours"]
    assert plan.loc[first.idxmax(), "visits"] > 0
    assert plan_visits(many.assign(value=-1.0), 400.0)["visits"].sum() == 0


def test_many_visits_are_planned_exactly():
    """Against the integer programme without any shortcut."""
    from scipy.optimize import Bounds, LinearConstraint, milp

    for seed in range(4):
        draw = np.random.default_rng(seed)
        some = pd.DataFrame(
            {"value": draw.gamma(1, 100, 60).round(1), "visit_hours": draw.uniform(0.3, 4, 60)}
        )
        plan = plan_visits(some, 25.0)
        gain = (some["value"].to_numpy()[:, None] * 0.6 ** np.arange(4)).ravel()
        hours = np.repeat(some["visit_hours"].to_numpy(), 4)
        whole = milp(
            -gain,
            integrality=np.ones(240),
            bounds=Bounds(0, 1),
            constraints=LinearConstraint(hours[None, :], -np.inf, 25.0),
            options={"mip_rel_gap": 1e-9},
        )
        assert plan.attrs["expected"] == pytest.approx(-whole.fun)
