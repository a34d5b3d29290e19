from __future__ import annotations

import numpy as np
import pytest
from scipy import integrate, stats

from whobuys.market import load_company, market, read_case, truth, write_tables
from whobuys.market._draw import draw_orders
from whobuys.market._latent import draw_latent
from whobuys.market._streams import Streams
from whobuys.market._truth import expected_repeats

TEAHOUSE = load_company("teahouse")


DRAWS = 4


@pytest.mark.parametrize("index", range(len(TEAHOUSE.segments)))
def test_closed_forms_hold_in_large_draws(index: int) -> None:
    """Within 1 %; one draw of 200,000 has a standard error of up to 0.45 %, four halve it."""
    segment = TEAHOUSE.segments[index].model_copy(update={"share": 1.0})
    company = TEAHOUSE.model_copy(update={"segments": [segment], "customers": 200_000})
    purchases, spend = segment.purchases, segment.spend
    drawn, closed = [], []
    for seed in range(DRAWS):
        streams = Streams(company.name, seed)
        latent = draw_latent(company, streams)
        buyer = latent.buyer
        drawn.append(latent.repeats[buyer].mean())
        expected = expected_repeats(
            purchases.r,
            purchases.alpha_weeks,
            purchases.a,
            purchases.b,
            latent.observed[buyer],
        )
        closed.append(expected.mean())
    assert np.mean(drawn) == pytest.approx(np.mean(closed), rel=0.01)

    orders = draw_orders(company, latent, streams)
    passed = orders.day - latent.joined[orders.customer]
    watched = latent.buyer & (latent.observed >= 365)
    within = (passed > 0) & (passed <= 365) & watched[orders.customer]
    rate, dropout = latent.rate[watched], latent.dropout[watched]
    own = -np.expm1(-rate * dropout * 365 / 7) / dropout
    assert within.sum() == pytest.approx(own.sum(), rel=0.01)

    mean = spend.p * spend.gamma / (spend.q - 1)
    assert orders.value[passed == 0].mean() == pytest.approx(mean, rel=0.01)


@pytest.mark.parametrize("days", [0, 30, 365, 729])
def test_the_closed_form_is_the_integral(days: int) -> None:
    """E[X(t)] again, by numbers: integrate (1 - exp(-rate p t)) / p over both laws."""
    r, alpha, a, b = 0.9, 5.0, 0.6, 4.0
    weeks = days / 7

    def over_rates(p: float) -> float:
        return (1 - (alpha / (alpha + p * weeks)) ** r) / p * float(stats.beta.pdf(p, a, b))

    by_numbers = integrate.quad(over_rates, 0, 1, limit=200)[0]
    assert float(expected_repeats(r, alpha, a, b, days)) == pytest.approx(by_numbers, rel=1e-6)


def test_truth_agrees_with_the_tables() -> None:
    case = market(seed=3)
    known = truth(case)
    customers = known.customers.set_index("customer_id")
    assert known.customers["customer_id"].tolist() == case["customers"]["customer_id"].tolist()
    bought = set(case["transactions"]["customer_id"])
    assert set(customers.index[customers["buyer"]]) == bought
    prospects = customers[~customers["buyer"]]
    hidden = ["purchase_rate", "dropout", "alive", "expected_repeats", "expected_order_value"]
    assert prospects[hidden].isna().all(axis=None)
    assert customers.loc[customers["buyer"], hidden].notna().all(axis=None)

    orders = case["transactions"].drop_duplicates("order_id").groupby("customer_id").size()
    expected = customers["expected_repeats"].reindex(orders.index)
    assert orders.sum() - len(orders) == pytest.approx(expected.sum(), rel=0.05)
    spent = case["transactions"].groupby("customer_id")["amount"].sum() / orders
    often = orders.index[orders >= 20]
    ratio = spent[often] / customers.loc[often, "expected_order_value"]
    assert ratio.between(0.7, 1.4).all()

    last = case["transactions"].groupby("customer_id")["date"].max()
    recent = (case.as_of - last).dt.days < 30
    alive = customers["alive"].reindex(last.index).astype(bool)
    assert alive[recent].mean() > alive[~recent].mean() + 0.2


def test_segments_tell_share_parameters_and_expectations() -> None:
    known = truth(market(seed=3))
    segments = known.segments.set_index("segment")
    assert segments["share"].sum() == pytest.approx(1)
    assert segments["customers"].sum() == 1500
    assert (segments["days"] == 729).all()
    np.testing.assert_allclose(known.expected_repeats(729), segments["expected_repeats"])
    assert (known.expected_repeats(0) == 0).all()
    lovers = segments.loc["tea lovers"]
    assert lovers["expected_order_value"] == lovers["p"] * lovers["gamma"] / (lovers["q"] - 1)


def test_negative_days_are_refused() -> None:
    with pytest.raises(ValueError, match="days: must be 0 or more"):
        truth(market(customers=50)).expected_repeats(-1)


def test_truth_does_not_look_at_the_tables() -> None:
    case = market(seed=3, customers=100)
    before = truth(case).customers
    case.tables.clear()
    assert truth(case).customers.equals(before)


def test_truth_needs_the_seed(tmp_path: object) -> None:
    folder = str(tmp_path)
    write_tables(market(customers=50), folder)
    with pytest.raises(ValueError, match="has no seed"):
        truth(read_case("teahouse", folder))
