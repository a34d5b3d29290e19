import numpy as np
import pandas as pd
import pytest

from whobuys.market import market
from whobuys.value import (
    berger_nasr,
    best_stop,
    churn_by_group,
    cohort_retention,
    discount_factors,
    dwyer_retention,
    event_ledger,
    group_value,
    ledger_value,
    line_margins,
    margin_multiple,
    markov_value,
    migration_table,
    present_value,
    rate_per,
    recency_chain,
    recency_rates,
    retention_spend,
    sensitivity_table,
    simple_clv,
    survival_curve,
    tornado_table,
)


@pytest.fixture(scope="module")
def case():
    return market("citybank", 0)


def test_published_markov_chain():
    """Pfeifer and Carraway (2000)."""
    chain = recency_chain([0.3, 0.2, 0.15, 0.05])
    values = markov_value(chain, [36, -4, -4, -4, 0], 0.2)
    assert values.iloc[0].round(2) == 52.32
    assert values.iloc[1:].round(3).tolist() == [5.554, 1.251, -1.820, 0.0]
    far = markov_value(chain, [36, -4, -4, -4, 0], 0.2, horizon=200)
    assert far.to_numpy() == pytest.approx(values.to_numpy())
    assert markov_value(chain, [36, -4, -4, -4, 0], 0.2, horizon=0).tolist() == [36, -4, -4, -4, 0]
    assert best_stop([0.3, 0.2, 0.15, 0.05], 40, 4, 0.2).argmax() == 2
    assert best_stop([0.3, 0.2, 0.15, 0.05], 40, 4, 0.2)[-1] == pytest.approx(values.iloc[0])


def test_published_berger_and_nasr():
    """Berger and Nasr (1998), case 1."""
    assert round(berger_nasr(260, 50, 0.75, 0.2, 10), 2) == 568.78
    assert berger_nasr([260] * 11, 50, 0.75, 0.2, 10) == pytest.approx(568.78, abs=0.005)
    for wrong in ({"years": 0}, {"retention": 2}, {"margin": [1, 2]}, {"discount_rate": -1}):
        with pytest.raises(ValueError, match="must be"):
            berger_nasr(**({"margin": 260, "promotion": 50, "retention": 0.75,
                            "discount_rate": 0.2, "years": 10} | wrong))  # fmt: skip


def test_published_multiples():
    """Gupta and Lehmann (2003)."""
    assert round(margin_multiple(0.8, 0.1), 2) == 2.67
    assert round(margin_multiple(0.9, 0.1), 2) == 4.50
    grown = margin_multiple(0.8, 0.1, growth=0.05)
    assert grown == pytest.approx(0.8 / (1.1 - 0.8 * 1.05))
    assert margin_multiple([0.8, 0.9], 0.1).round(2).tolist() == [2.67, 4.5]


@pytest.mark.parametrize("first", ["if retained", "end", "mid", "now"])
def test_conventions_by_hand(first):
    start, survived = {"if retained": (1, 1), "end": (1, 0), "mid": (0.5, 0), "now": (0, 0)}[first]
    money = [100 * 1.02**t * 0.8 ** (t + survived) for t in range(7)]
    by_hand = sum(m / 1.1 ** (t + start) for t, m in enumerate(money)) - 30
    found = simple_clv(100, 0.8, 0.1, periods=7, first=first, growth=0.02, acquisition_cost=30)
    assert found == pytest.approx(by_hand)
    ever = simple_clv(100, 0.8, 0.1, first=first)
    assert ever == pytest.approx(simple_clv(100, 0.8, 0.1, first=first, periods=500))


def test_simple_clv_refuses_the_impossible():
    for wrong, said in [
        ({"retention": 1.2}, "retention must be from 0 to 1"),
        ({"retention": 1.0, "discount_rate": 0.0}, "without end"),
        ({"first": "later"}, "first must be one of"),
        ({"periods": 0}, "periods must be"),
        ({"margin": np.nan}, "margin must be numbers"),
        ({"growth": -2}, "growth must be"),
    ]:
        with pytest.raises(ValueError, match=said):
            simple_clv(**({"margin": 1, "retention": 0.8, "discount_rate": 0.1} | wrong))
    assert simple_clv(5, 0.0, 0.1) == 0
    assert simple_clv(5, 1.0, 0.0, periods=3) == 15


def test_discounting():
    assert rate_per("year", 0.12) == pytest.approx(0.12)
    assert (1 + rate_per("month", 0.12)) ** 12 == pytest.approx(1.12)
    assert discount_factors(2, 0.21, timing="mid").tolist() == pytest.approx([1 / 1.1, 1 / 1.331])
    assert discount_factors(2, 0.25, timing="start").tolist() == [1, 0.8]
    assert present_value([10, 10], 0.0) == 20
    with pytest.raises(ValueError, match="timing must be"):
        discount_factors(2, 0.1, timing="now")
    with pytest.raises(ValueError, match="row of numbers"):
        present_value([1, np.nan], 0.1)


def test_dwyer_retention_by_hand():
    table = dwyer_retention(
        [50, 60, 70], [0.4, 0.5], 0.2, customers=200, acquisition_cost=20, timing="start"
    )
    assert table["customers"].tolist() == [200, 80, 40]
    assert table["profit"].tolist() == [10_000, 4800, 2800]
    assert table["each"].iloc[-1] == pytest.approx(50 + 24 / 1.2 + 14 / 1.44 - 20)
    assert table["cumulative"].iloc[-1] == pytest.approx(200 * table["each"].iloc[-1])
    steady = dwyer_retention(100, 0.8, 0.1, years=300, timing="start")["each"].iloc[-1]
    assert steady == pytest.approx(simple_clv(100, 0.8, 0.1, first="now"))
    for wrong, said in [
        ({"retention": 0.5, "margin": 10}, "Give years"),
        ({"years": 5}, "5 years need 5 margins and 4"),
        ({"years": 2.5}, "years must be a whole number from 1, not 2.5"),
        ({"years": "5"}, "years must be a whole number from 1, not 5"),
        ({"years": float("inf")}, "years must be a whole number"),
        ({"retention": [0.4, 1.5]}, "from 0 to 1"),
        ({"customers": 0}, "customers must be above 0"),
    ]:
        with pytest.raises(ValueError, match=said):
            dwyer_retention(**({"margin": [1, 1, 1], "retention": [0.4, 0.5],
                                "discount_rate": 0.1} | wrong))  # fmt: skip


def test_migration_is_the_markov_chain():
    rates = [0.3, 0.2, 0.15, 0.05]
    table = migration_table(rates, 40, 4, 0.2, periods=150)
    counts = table[["recency 1", "recency 2", "recency 3", "recency 4", "former"]].sum(axis=1)
    assert counts.to_numpy() == pytest.approx(np.full(151, 1000.0))
    assert (table["contacted"].diff().dropna() <= 0)[1:].all()
    # The chain pays the next contact on reaching a state; the table pays it when it comes.
    chain = recency_chain(rates)
    reward = np.array([40, 0, 0, 0, 0]) - np.array([4, 4, 4, 4, 0]) / 1.2
    value = markov_value(chain, reward, 0.2)
    assert table["each"].iloc[-1] == pytest.approx(value.iloc[0])
    with pytest.raises(ValueError, match="chances from 0 to 1"):
        recency_chain([0.3, 1.2])
    with pytest.raises(ValueError, match="add to 1"):
        markov_value(chain * 0.9, [1, 1, 1, 1, 1], 0.2)
    with pytest.raises(ValueError, match="rewards must be 5"):
        markov_value(chain, [1, 1], 0.2)


def test_events_of_the_company(case):
    ledger = event_ledger(case["events"], as_of="2026-06-30", discount_rate=0.1)
    one = ledger["customer_id"].iloc[0]
    mine = case["events"][case["events"]["customer_id"] == one]
    days = (mine["date"] - pd.Timestamp("2026-06-30")).dt.days
    by_hand = ((mine["revenue"] - mine["cost"]) / 1.1 ** (days / 365)).sum()
    value = ledger_value(ledger).set_index("customer_id")
    assert value.loc[one, "present_value"] == pytest.approx(by_hand)
    assert value["events"].sum() == len(case["events"])
    last = ledger.groupby("customer_id")["cumulative"].last()
    assert last.to_numpy() == pytest.approx(value["present_value"].to_numpy())
    half = event_ledger(
        case["events"].assign(chance=0.5), as_of="2026-06-30", discount_rate=0.1, chance="chance"
    )
    assert half["present_value"].sum() == pytest.approx(ledger["present_value"].sum() / 2)
    with pytest.raises(ValueError, match="lie before as_of"):
        event_ledger(case["events"], as_of="2027-06-30", discount_rate=0.1)
    with pytest.raises(ValueError, match="no rows"):
        event_ledger(case["events"].iloc[:0], as_of="2026-06-30", discount_rate=0.1)


def test_retention_spend_breaks_even():
    for first in ("if retained", "mid", "now"):
        found = retention_spend(100, 0.8, 0.05, 0.1, first=first)
        after = simple_clv(100 - found.each_period, 0.85, 0.1, first=first)
        assert after == pytest.approx(found.before)
        assert found.once == pytest.approx(found.after - found.before)
    with pytest.raises(ValueError, match="retention must be"):
        retention_spend(100, 0.8, 0.3, 0.1)


def test_sensitivity():
    base = {"margin": 100.0, "retention": 0.8, "discount_rate": 0.1}
    grid = sensitivity_table(
        simple_clv, base, ("retention", [0.7, 0.8, 0.9]), ("discount_rate", [0.05, 0.1])
    )
    assert grid.loc[0.8, 0.1] == simple_clv(**base)
    assert grid.shape == (3, 2)
    table = tornado_table(
        simple_clv, base, {"margin": (90, 110), "retention": (0.7, 0.9), "discount_rate": (0.2, 0)}
    )
    assert table["assumption"].tolist() == ["retention", "discount_rate", "margin"]
    assert table["swing"].is_monotonic_decreasing
    assert table.attrs["base"] == simple_clv(**base)
    with pytest.raises(ValueError, match="growht is not among"):
        tornado_table(simple_clv, base, {"growht": (0, 1)})
    with pytest.raises(ValueError, match="both vary"):
        sensitivity_table(simple_clv, base, ("margin", [1]), ("margin", [2]))


def test_cohorts_by_plain_pandas(case):
    lines = case["transactions"]
    table = cohort_retention(lines, end="2026-06-30", period="quarter", by="calendar")
    quarter = lines["date"].dt.to_period("Q")
    first = lines.groupby("customer_id")["date"].transform("min").dt.to_period("Q")
    age = (quarter - first).map(lambda gap: gap.n)
    counts = lines.assign(age=age, first=first).groupby(["first", "age"])["customer_id"].nunique()
    assert table["customers"].tolist() == counts.xs(0, level="age").tolist()
    for name, row in table.iterrows():
        known = row.drop("customers").dropna()
        here = counts[pd.Period(name.replace(" ", ""))].reindex(known.index, fill_value=0)
        assert known.to_numpy() == pytest.approx(here.to_numpy() / row["customers"])
    assert table.shape == (8, 9)
    assert table[7].notna().sum() == 1


def test_cohorts_by_customer_years(case):
    lines = case["transactions"]
    table = cohort_retention(lines, end="2026-06-30", period="year")
    first = lines.groupby("customer_id")["date"].transform("min")
    age = (lines["date"] - first).dt.days // 365
    watched = ((pd.Timestamp("2026-06-30") - first).dt.days + 1) // 365
    old = lines[watched >= 2]
    second = old[age[old.index] == 1]["customer_id"].nunique() / old["customer_id"].nunique()
    mean = (table[1] * table["customers"]).loc[["2024"]].sum() / table["customers"]["2024"]
    assert mean == pytest.approx(second)
    assert table[0].tolist() == [1.0] * len(table)
    for wrong, said in [({"by": "week"}, "by must be"), ({"period": "day"}, "period must be")]:
        with pytest.raises(ValueError, match=said):
            cohort_retention(lines, **wrong)


def test_survival_curve():
    """Six-mercaptopurine times of Freireich and others (1963), the textbook example."""
    time = [6, 6, 6, 6, 7, 9, 10, 10, 11, 13, 16, 17, 19, 20, 22, 23, 25, 32, 32, 34, 35]
    ended = [1, 1, 1, 0, 1, 0, 1, 0, 0, 1, 1, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0]
    table = survival_curve(pd.Series(time), pd.Series(ended, dtype=bool)).set_index("time")
    assert table["survival"].round(3).tolist() == [1, 0.857, 0.807, 0.753, 0.690, 0.627, 0.538,
                                                   0.448]  # fmt: skip
    assert table["at_risk"].tolist() == [21, 21, 17, 15, 12, 11, 7, 6]
    assert (table["low"] <= table["survival"]).all()
    assert (table["survival"] <= table["high"]).all()
    gone = survival_curve(pd.Series([1.0, 2.0]), pd.Series([True, True]))
    assert gone["survival"].tolist() == [1, 0.5, 0]
    assert np.isfinite(gone.to_numpy()).all()
    assert len(survival_curve(pd.Series([1.0]), pd.Series([False]))) == 1


def test_churn_says_what_was_lost():
    lost = pd.Series([True, False, True, False])
    table = churn_by_group(lost, pd.Series(list("xxyy")), pd.Series([5.0, 1, -9, 4]))
    assert table["churn_rate"].tolist() == [0.5, 0.5]
    assert table["value_lost"].tolist() == [5, -9]
    assert table["losing_lost"].tolist() == [0, 1]
    with pytest.raises(ValueError, match="only True and False"):
        churn_by_group(lost.astype(int), lost)


def test_recency_rates_by_counting():
    lines = pd.DataFrame(
        {
            "customer_id": list("AAABBC"),
            "date": pd.to_datetime(
                ["2025-01-03", "2025-02-03", "2025-05-01", "2025-01-09", "2025-03-01", "2025-06-01"]
            ),
            "amount": 1.0,
        }
    )
    table = recency_rates(lines, end="2025-06-30", period="month", upto=3)
    assert table["chances"].tolist() == [5, 3, 2]
    assert table["purchases"].tolist() == [1, 1, 1]
    with pytest.raises(ValueError, match="Nobody was watched"):
        recency_rates(lines, end="2025-06-30", period="month", upto=30)


def test_group_value(case):
    lines = line_margins(case["transactions"], case["products"])
    groups = case["customers"].set_index("customer_id")["region"]
    table = group_value(lines, groups, end="2026-06-30", discount_rate=0.1, years=2)
    assert set(table["group"]) == set(groups)
    one = table[table["group"] == table["group"].iloc[0]]
    assert one["present_value"].cumsum().to_numpy() == pytest.approx(one["cumulative"].to_numpy())
    assert (one["active_share"].iloc[0], one["factor"].iloc[0]) == (1.0, pytest.approx(1.1**-0.5))
    with pytest.raises(ValueError, match="have no group"):
        group_value(lines, groups.iloc[:3], end="2026-06-30", discount_rate=0.1)
