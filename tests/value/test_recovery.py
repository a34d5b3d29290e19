"""The invented companies' parameters are known: the models find them again."""

import numpy as np
import pandas as pd
import pytest

from whobuys.market import market, truth
from whobuys.value import BetaGeoModel, GammaGammaModel, clv_summary

BUYING, SPENDING = ["r", "alpha_weeks", "a", "b"], ["p", "q", "gamma"]


def known(company, seed, customers=6000):
    case = market(company, seed, customers=customers, tables=["transactions"])
    real = truth(case)
    end = str(case.company.window.end)
    table = clv_summary(case["transactions"], end=end, order="order_id")
    segment = table["customer_id"].map(real.customers.set_index("customer_id")["segment"])
    return table, segment, real


@pytest.mark.slow
@pytest.mark.parametrize("company", ["teahouse", "citybank", "littlehands"])
def test_intervals_cover_the_companies_parameters(company):
    """Companies without a season, 20 seeds, every segment: 95 % intervals cover about 95 %."""
    buying, spending = [], []
    for seed in range(20):
        table, segment, real = known(company, seed)
        for row in real.segments.to_dict("records"):
            mine = table[segment == row["segment"]]
            for model, names, found in (
                (BetaGeoModel(), BUYING, buying),
                (GammaGammaModel(), SPENDING, spending),
            ):
                interval = model.fit(mine).parameters_
                true = np.array([row[name] for name in names])
                found.append((interval["low"] <= true) & (true <= interval["high"]))
    assert 0.92 <= np.mean(buying) <= 0.985
    assert 0.92 <= np.mean(spending) <= 0.985
    assert np.mean(buying, axis=0).min() > 0.85
    assert np.mean(spending, axis=0).min() > 0.85


def test_forecasts_agree_with_the_known_chances():
    table, segment, real = known("teahouse", 3, customers=4000)
    alive = pd.Series(np.nan, index=table.index)
    for name in real.segments["segment"]:
        mine = table[segment == name]
        model = BetaGeoModel().fit(mine)
        alive[mine.index] = model.probability_alive()
        year = model.expected_purchases_new_customer(365 / 7)
        assert year == pytest.approx(real.expected_repeats(365)[name], rel=0.2)
    exact = real.customers.set_index("customer_id").loc[table["customer_id"], "p_alive"]
    assert np.abs(alive.to_numpy() - exact.to_numpy()).mean() < 0.02
    assert alive.mean() == pytest.approx(exact.mean(), abs=0.01)
