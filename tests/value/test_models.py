"""The models are what they say they are: by simulation, by quadrature, by another package."""

import numpy as np
import pandas as pd
import pytest
from scipy.integrate import quad
from scipy.optimize import approx_fprime
from scipy.special import betaln
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

from whobuys.value import (
    BetaGeoBetaBinomModel,
    BetaGeoModel,
    ConvergenceError,
    GammaGammaModel,
    ModifiedBetaGeoModel,
    ParetoNBDModel,
    ShiftedBetaGeoModel,
)
from whobuys.value._fit import unique_rows

TIMED = [BetaGeoModel, ModifiedBetaGeoModel, ParetoNBDModel]
EVERY = [*TIMED, GammaGammaModel, BetaGeoBetaBinomModel, ShiftedBetaGeoModel]


def table_for(model, summary, donations):
    if model is BetaGeoBetaBinomModel:
        return donations.loc[donations.index.repeat(donations["donors"] // 20)].reset_index(
            drop=True
        )
    if model is ShiftedBetaGeoModel:
        return pd.DataFrame(
            {"recency": [0, 0, 0, 1, 2, 3, 3, 3, 1, 2], "T": [3, 3, 1, 3, 3, 3, 3, 3, 2, 2]}
        )
    return summary


@pytest.mark.parametrize("model", EVERY)
def test_gradients_are_those_of_the_likelihood(model, summary, donations):
    given = model()
    values = given._read(table_for(model, summary, donations))
    rows, weight, _ = unique_rows(values, np.ones(len(values[given._columns[0]])))
    rows, weight = given._usable(rows, weight)
    likelihood = given._likelihood(rows, weight)
    draw = np.random.default_rng(0)
    for _ in range(5):
        at = given._scale(rows, weight) * np.exp(draw.normal(0, 0.7, len(given._names)))
        gradient = likelihood(at)[1]
        numeric = approx_fprime(np.log(at), lambda log: likelihood(np.exp(log))[0], 1e-7) / at
        assert gradient == pytest.approx(numeric, rel=2e-4, abs=2e-4 * np.abs(gradient).max())


@pytest.mark.parametrize("model", EVERY)
def test_weights_stand_for_equal_rows(model, summary, donations):
    table = table_for(model, summary, donations)
    weight = np.arange(len(table)) % 3 + 1
    weighted = model().fit(table, sample_weight=weight)
    long = model().fit(table.loc[table.index.repeat(weight)])
    assert weighted.loglik_ == pytest.approx(long.loglik_)
    assert weighted._values() == pytest.approx(long._values(), rel=1e-4)
    assert list(weighted.standard_errors_) == list(model._names)
    assert weighted.log_likelihood(table, sample_weight=weight) == pytest.approx(weighted.loglik_)


@pytest.mark.parametrize("model", TIMED)
def test_the_unit_of_time_does_not_matter(model, summary):
    weeks = model().fit(summary)
    days = model().fit(summary.assign(recency=summary["recency"] * 7, T=summary["T"] * 7))
    assert days.alpha_ == pytest.approx(7 * weeks.alpha_, rel=1e-4)
    assert days.r_ == pytest.approx(weeks.r_, rel=1e-4)
    pd.testing.assert_series_equal(
        days.expected_purchases(70), weeks.expected_purchases(10), rtol=1e-4
    )


def simulated(model, parameters, size, seed, until=60.0):
    """Draw customers by the story the model tells, purchase by purchase."""
    draw = np.random.default_rng(seed)
    rate = draw.gamma(parameters["r"], 1 / parameters["alpha"], size)
    T = draw.uniform(20, 40, size)
    if model is ParetoNBDModel:
        leaves = draw.exponential(1 / draw.gamma(parameters["s"], 1 / parameters["beta"], size))
        chance = np.zeros(size)
    else:
        leaves = np.full(size, np.inf)
        chance = draw.beta(parameters["a"], parameters["b"], size)
    gone = draw.random(size) < chance if model is ModifiedBetaGeoModel else np.zeros(size, bool)
    time, x, last, later = (np.zeros(size) for _ in range(4))
    alive_at_end = ~gone & (leaves > T)
    while True:
        time = time + draw.exponential(1, size) / rate
        buys = ~gone & (time < leaves) & (time < until)
        if not buys.any():
            break
        seen = buys & (time <= T)
        x += seen
        last = np.where(seen, time, last)
        later += buys & (time > T) & (time <= T + 20)
        leave = buys & (draw.random(size) < chance)
        alive_at_end &= ~(leave & seen)
        gone |= leave
    return pd.DataFrame({"frequency": x, "recency": last, "T": T}), later, alive_at_end


TRUE = {
    BetaGeoModel: {"r": 0.6, "alpha": 5.0, "a": 0.8, "b": 2.5},
    ModifiedBetaGeoModel: {"r": 0.6, "alpha": 5.0, "a": 0.8, "b": 2.5},
    ParetoNBDModel: {"r": 0.6, "alpha": 9.0, "s": 0.6, "beta": 12.0},
}


@pytest.mark.parametrize("model", TIMED)
def test_forecasts_hold_for_customers_drawn_by_the_models_story(model):
    table, later, alive = simulated(model, TRUE[model], 60_000, seed=3)
    known = model.from_parameters(**TRUE[model])
    frequent = np.minimum(table["frequency"], 4)
    chance, ahead = known.probability_alive(table), known.expected_purchases(20, table)
    for group, rows in table.groupby(frequent).groups.items():
        where = table.index.isin(rows)
        assert chance[where].mean() == pytest.approx(alive[where].mean(), abs=0.02), group
        error = later[where].std() / np.sqrt(where.sum())
        assert abs(ahead[where].mean() - later[where].mean()) < 4 * error, group
    everybody = np.mean(known.expected_purchases_new_customer(table["T"]))
    assert everybody == pytest.approx(table["frequency"].mean(), rel=0.02)


@pytest.mark.slow
@pytest.mark.parametrize("model", TIMED)
def test_intervals_cover_the_truth(model):
    true = np.array(list(TRUE[model].values()))
    inside = []
    for seed in range(20):
        table, _, _ = simulated(model, TRUE[model], 4000, seed=100 + seed)
        found = model().fit(table).parameters_
        inside.append((found["low"] <= true) & (true <= found["high"]))
    assert 0.87 <= np.mean(inside) <= 1.0
    assert np.mean(inside, axis=0).min() >= 0.8


@pytest.mark.parametrize("model", TIMED)
def test_many_rows_are_fitted_from_a_pilot_and_reach_the_same_place(model, monkeypatch):
    table, _, _ = simulated(model, TRUE[model], 9000, seed=5)
    plain = model().fit(table)
    monkeypatch.setattr("whobuys.value._model.MANY", 1500)
    piloted = model().fit(table)
    assert piloted.n_rows_ > 1500
    assert piloted.loglik_ == pytest.approx(plain.loglik_, abs=1e-6)
    assert piloted._values() == pytest.approx(plain._values(), rel=1e-4)
    errors = list(piloted.standard_errors_.values())
    assert errors == pytest.approx(list(plain.standard_errors_.values()), rel=1e-3)


def test_expected_purchases_by_quadrature():
    """E[X(t)] given (x, t_x, T) from its definition, over the chance to leave."""
    for n, model in enumerate([BetaGeoModel, ModifiedBetaGeoModel]):
        for a, b, x in [(0.8, 2.4, 3), (1.0, 2.0, 3), (1.00001, 2.0, 0), (0.3, 0.7, 0), (3, 9, 50)]:
            known = model.from_parameters(r=0.5, alpha=6.0, a=a, b=b)
            table = pd.DataFrame({"frequency": [x], "recency": [9.0 * (x > 0)], "T": [14.0]})
            stays = x + n

            def mean(p, x=x, stays=stays, a=a, b=b):
                beta = np.exp((a - 1) * np.log(p) + (b + stays - 1) * np.log1p(-p))
                grows = -np.expm1(-(0.5 + x) * np.log1p(p * 30 / 20.0)) / p
                return beta / np.exp(betaln(a, b + stays)) * grows

            ahead = quad(mean, 0, 1, limit=400)[0] * known.probability_alive(table)[0]
            assert known.expected_purchases(30, table)[0] == pytest.approx(ahead, rel=1e-5)


def test_pareto_nbd_where_s_is_one():
    table = pd.DataFrame({"frequency": [2], "recency": [9.0], "T": [14.0]})
    values = [
        ParetoNBDModel.from_parameters(r=0.5, alpha=6.0, s=s, beta=9.0).expected_purchases(
            30, table
        )
        for s in (1 - 1e-7, 1.0, 1 + 1e-7)
    ]
    assert np.ptp(values) < 1e-5


def test_the_same_as_lifetimes(summary):
    """The package lifetimes 0.11.3 on the same table."""
    lifetimes = pytest.importorskip("lifetimes")
    x, t_x, T = (summary[name] for name in ("frequency", "recency", "T"))
    for ours, theirs in [
        (BetaGeoModel, lifetimes.BetaGeoFitter),
        (ModifiedBetaGeoModel, lifetimes.ModifiedBetaGeoFitter),
        (ParetoNBDModel, lifetimes.ParetoNBDFitter),
    ]:
        other = theirs()
        other.fit(x, t_x, T)
        model = ours().fit(summary)
        same = ours.from_parameters(**{k: float(other.params_[k]) for k in ours._names})
        assert model.loglik_ == pytest.approx(same.log_likelihood(summary), abs=2e-3)
        assert model.loglik_ >= same.log_likelihood(summary) - 1e-6
        ahead = other.conditional_expected_number_of_purchases_up_to_time(20, x, t_x, T)
        assert same.expected_purchases(20, summary).to_numpy() == pytest.approx(
            np.asarray(ahead), rel=1e-5, abs=1e-7
        )
        alive = other.conditional_probability_alive(x, t_x, T)
        assert same.probability_alive(summary).to_numpy() == pytest.approx(
            np.ravel(alive), rel=1e-5, abs=1e-7
        )
    again = summary[summary["frequency"] > 0]
    other = lifetimes.GammaGammaFitter()
    other.fit(again["frequency"], again["monetary_value"])
    same = GammaGammaModel.from_parameters(
        p=other.params_["p"], q=other.params_["q"], gamma=other.params_["v"]
    )
    spend = other.conditional_expected_average_profit(x, summary["monetary_value"])
    assert same.expected_spend(summary).to_numpy() == pytest.approx(spend.to_numpy())
    assert GammaGammaModel().fit(summary).loglik_ == pytest.approx(
        same.log_likelihood(summary), abs=2e-3
    )


def test_lifetime_value_adds_up(summary):
    buys, spends = BetaGeoModel().fit(summary), GammaGammaModel().fit(summary)
    plain = buys.lifetime_value(39, 0.0)
    pd.testing.assert_series_equal(plain, buys.expected_purchases(39), check_names=False, rtol=1e-9)
    some = summary.head(5)
    money = buys.lifetime_value(12, 0.002, some, spend=spends, margin=0.3)
    periods = np.arange(1, 13)
    steps = np.diff([buys.expected_purchases(t, some) for t in range(13)], axis=0)
    expected = (steps / 1.002 ** periods[:, None]).sum(axis=0) * spends.expected_spend(some) * 0.3
    assert money.to_numpy() == pytest.approx(expected.to_numpy())
    middle = buys.lifetime_value(12, 0.002, some, spend=20.0, timing="mid")
    assert middle.to_numpy() == pytest.approx(
        buys.lifetime_value(12, 0.002, some, spend=20.0).to_numpy() * 1.002**0.5
    )
    each = pd.Series(20.0, index=some.index)
    pd.testing.assert_series_equal(
        buys.lifetime_value(12, 0.002, some, spend=each),
        buys.lifetime_value(12, 0.002, some, spend=20.0),
    )
    pd.testing.assert_series_equal(
        buys.lifetime_value(12, 0.002, spend=spends).head(5),
        buys.lifetime_value(12, 0.002, some, spend=spends),
    )
    for wrong, said in [
        ({"horizon": 0}, "horizon must be a whole number"),
        ({"horizon": 2.5}, "horizon must be a whole number"),
        ({"discount_rate": -1}, "discount_rate must be above -1"),
        ({"timing": "start"}, "timing must be"),
        ({"spend": np.nan}, "spend must be a number"),
        ({"spend": pd.Series([1.0])}, "same index"),
    ]:
        with pytest.raises(ValueError, match=said):
            buys.lifetime_value(**({"horizon": 3, "discount_rate": 0.1} | wrong))
    with pytest.raises(ValueError, match='no column "monetary_value"'):
        buys.lifetime_value(3, 0.1, some[["frequency", "recency", "T"]], spend=spends)


def test_sbg_by_hand():
    model = ShiftedBetaGeoModel.from_parameters(alpha=0.668, beta=3.806)
    assert model.survival(0) == pytest.approx(1)
    steps = model.retention_rate(np.arange(1, 13))
    assert model.survival(np.arange(1, 13)) == pytest.approx(np.cumprod(steps))
    assert (np.diff(steps) > 0).all()
    assert model.expected_purchases_new_customer(3) == pytest.approx(np.cumprod(steps)[:3].sum())
    table = pd.DataFrame({"recency": [2, 2, 0], "T": [2, 3, 0]}, index=list("abc"))
    value = model.lifetime_value(2, 0.1, table, margin=10)
    by_hand = 10 * (steps[2] / 1.1 + steps[2] * steps[3] / 1.21)
    assert value["a"] == pytest.approx(by_hand)
    assert value["b"] == 0
    ever = model.lifetime_value(None, 0.1, table, timing="start")
    from scipy.special import hyp2f1

    b = 3.806
    closed = b / (0.668 + b) * hyp2f1(1, b + 1, 0.668 + b + 1, 1 / 1.1)
    assert ever["c"] == pytest.approx(closed, rel=1e-9)
    assert model.probability_alive(table).tolist() == [1, 0, 1]
    assert model.expected_purchases(2, table)["a"] == pytest.approx(steps[2] * (1 + steps[3]))


def test_bg_bb_adds_to_one():
    """The chances of everything that can happen in four periods add to 1."""
    model = BetaGeoBetaBinomModel.from_parameters(alpha=0.7, beta=1.3, gamma=0.6, delta=2.0)
    from scipy.special import comb

    rows = [(0, 0)] + [(x, last) for last in range(1, 5) for x in range(1, last + 1)]
    table = pd.DataFrame(rows, columns=["frequency", "recency"]).assign(T=4)
    ways = [1 if x == 0 else comb(last - 1, x - 1) for x, last in rows]
    chance = [np.exp(model._likelihood({k: np.array([v], float) for k, v in row.items()},
                                       np.ones(1))(model._values())[0])
              for row in table.to_dict("records")]  # fmt: skip
    assert np.dot(ways, chance) == pytest.approx(1)
    mean = np.dot(np.multiply(ways, chance), table["frequency"])
    assert model.expected_purchases_new_customer(4) == pytest.approx(mean)
    assert model.expected_purchases([0, 2, *[1] * 9], table)[0] == 0
    with pytest.raises(ValueError, match="whole number of periods"):
        model.expected_purchases(1.5, table)


def test_scikit_learn_habits(summary):
    model = BetaGeoModel(penalty=0.5)
    assert clone(model).get_params() == {"penalty": 0.5}
    assert model.fit(summary) is model
    assert model.loglik_ < BetaGeoModel().fit(summary).loglik_
    with pytest.raises(NotFittedError):
        BetaGeoModel().probability_alive(summary)
    with pytest.raises(NotFittedError, match="say which customers"):
        BetaGeoModel.from_parameters(r=1, alpha=1, a=1, b=1).probability_alive()
    with pytest.raises(ValueError, match="has the parameters r, alpha, a, b"):
        BetaGeoModel.from_parameters(r=1)
    with pytest.raises(ValueError, match="alpha must be a number above 0"):
        BetaGeoModel.from_parameters(r=1, alpha=-1, a=1, b=1)
    with pytest.raises(ValueError, match="penalty must be 0 or more"):
        BetaGeoModel(penalty=-1).fit(summary)
    index = summary.head(3).set_axis(["p", "q", "r"])
    assert model.expected_purchases([1, 2, 3], index).index.tolist() == ["p", "q", "r"]


ODD = {
    "one customer": [(3, 5.0, 9.0)],
    "all one-time buyers": [(0, 0, 9.0), (0, 0, 20.0), (0, 0, 30.0)],
    "nobody watched": [(0, 0, 0.0)] * 5,
    "all alike": [(2, 10.0, 20.0)] * 500,
}


@pytest.mark.parametrize("name", ODD)
@pytest.mark.parametrize("model", TIMED)
def test_too_little_to_learn_from_is_said(model, name):
    table = pd.DataFrame(ODD[name], columns=["frequency", "recency", "T"])
    with pytest.raises((ValueError, ConvergenceError)) as error:
        model().fit(table)
    assert any(
        said in str(error.value)
        for said in ("bought again", "is 0 for every customer", "has no maximum")
    )


@pytest.mark.parametrize("model", TIMED)
def test_extreme_customers_among_others(model, summary):
    table = pd.DataFrame(
        [(0, 0, 0.0), (5, 38.0, 38.0), (4000, 30.0, 38.0), (4000, 38.0, 38.0), (1, 1e-9, 38.0)],
        columns=["frequency", "recency", "T"],
    )
    fitted = model().fit(pd.concat([summary[table.columns], table], ignore_index=True))
    alive, ahead = fitted.probability_alive(table), fitted.expected_purchases(10, table)
    assert alive.between(0, 1).all()
    assert alive[2] < 1e-6
    assert alive[3] > 0.9
    assert (ahead >= 0).all()
    assert 0.8 < ahead[3] / (4000 / 38 * 10) < 1.01
    assert np.isfinite(fitted.parameters_.to_numpy()).all()
    assert fitted.expected_purchases(0, table).tolist() == [0] * 5
    assert np.isfinite(fitted.expected_purchases(1e6, table)).all()


@pytest.mark.parametrize("model", TIMED)
def test_wholly_heavy_buyers(model):
    draw = np.random.default_rng(0)
    rate = draw.gamma(3, 20, 2000)
    T = draw.uniform(50, 100, 2000)
    x = draw.poisson(rate * T) + 1
    leaves = draw.exponential(1 / draw.gamma(0.6, 1 / 60.0, 2000))
    gone = leaves < T
    last = np.where(gone, leaves, T) * (1 - np.minimum(draw.exponential(1, 2000) / x, 0.9))
    table = pd.DataFrame({"frequency": np.ceil(x * last / T).clip(1), "recency": last, "T": T})
    assert table["frequency"].max() > 5000
    fitted = model().fit(table)
    assert fitted.r_ == pytest.approx(3, rel=0.3)
    assert fitted.probability_alive().mean() == pytest.approx(1 - gone.mean(), abs=0.03)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"frequency": -1}, 'Column "frequency" is not a whole number'),
        ({"frequency": 1.5}, 'Column "frequency" is not a whole number'),
        ({"recency": 99}, 'Column "recency" is greater than "T"'),
        ({"recency": -1}, 'Column "recency" is below 0'),
        ({"frequency": 0}, 'above 0 though "frequency" is 0'),
        ({"T": np.nan}, "a missing or infinite value"),
    ],
)
@pytest.mark.parametrize("model", TIMED)
def test_impossible_rows_are_named(model, change, said):
    table = pd.DataFrame({"frequency": [1.0, 2], "recency": [3.0, 4], "T": [9.0, 9]})
    for column, value in change.items():
        table.loc[1, column] = value
    with pytest.raises(ValueError, match=said) as error:
        model().fit(table)
    assert "1 row" in str(error.value)
    with pytest.raises(ValueError, match='no column "T"'):
        model().fit(table.drop(columns="T"))
    with pytest.raises(ValueError, match="sample_weight must"):
        model().fit(table.head(1), sample_weight=[1, 2])


def test_gamma_gamma_extremes(summary):
    zero = summary.assign(monetary_value=summary["monetary_value"].where(summary.index > 0, 0.0))
    with pytest.raises(ValueError, match="not above 0"):
        GammaGammaModel().fit(zero)
    with pytest.raises(ValueError, match="bought again"):
        GammaGammaModel().fit(summary[summary["frequency"] == 0])
    with pytest.raises(ConvergenceError, match="has no maximum"):
        GammaGammaModel().fit(summary.head(1))
    fitted = GammaGammaModel().fit(summary)
    odd = pd.DataFrame({"frequency": [0, 5000, 1], "monetary_value": [0.0, 80.0, 1e-9]})
    spend = fitted.expected_spend(odd)
    assert spend[0] == pytest.approx(fitted.mean_spend())
    assert spend[1] == pytest.approx(80, rel=0.01)
    assert 0 < spend[2] < spend[0]
    heavy = GammaGammaModel.from_parameters(p=0.1, q=0.5, gamma=10.0)
    with pytest.raises(ValueError, match="infinite"):
        heavy.mean_spend()
    with pytest.raises(ValueError, match="infinite"):
        heavy.expected_spend(odd)


def test_sbg_errors():
    for survivors, said in [
        ([100], "at least two"),
        ([100, 120], "rise"),
        ([0, 0], "begin with 0"),
        ([100, 100], "Nobody left"),
        ([100, 0], "Nobody renewed"),
    ]:
        with pytest.raises(ValueError, match=said):
            ShiftedBetaGeoModel().fit_survivors(survivors)
    with pytest.raises(ConvergenceError):
        ShiftedBetaGeoModel().fit_survivors([1000, 500, 250, 125])
    with pytest.raises(ValueError, match="above 0"):
        ShiftedBetaGeoModel.from_parameters(alpha=1, beta=1).lifetime_value(None, 0.0)
