"""pymc-marketing behind the same questions; skipped where it is not installed."""

import numpy as np
import pytest

from whobuys.value import (
    BetaGeoBetaBinomModel,
    BetaGeoModel,
    GammaGammaModel,
    ModifiedBetaGeoModel,
    ParetoNBDModel,
    PosteriorModel,
    ShiftedBetaGeoModel,
)


def test_it_says_what_to_install(monkeypatch, summary):
    monkeypatch.setitem(__import__("sys").modules, "pymc_marketing", None)
    with pytest.raises(ImportError, match=r"whobuys\[bayes\]"):
        PosteriorModel(BetaGeoModel()).fit(summary)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"model": ShiftedBetaGeoModel()}, "model must be one of BetaGeoModel"),
        ({"method": "vi"}, "method must be"),
        ({"draws": 0}, "draws must be"),
    ],
)
def test_settings(summary, settings, said):
    with pytest.raises(ValueError, match=said):
        PosteriorModel(**({"model": BetaGeoModel()} | settings)).fit(summary)


@pytest.mark.slow
@pytest.mark.parametrize(
    "kind",
    [BetaGeoModel, ModifiedBetaGeoModel, ParetoNBDModel, GammaGammaModel, BetaGeoBetaBinomModel],
)
def test_the_highest_point_is_that_of_the_likelihood(kind, summary, donations):
    pytest.importorskip("pymc_marketing")
    table = summary
    if kind is BetaGeoBetaBinomModel:
        table = donations.loc[donations.index.repeat(donations["donors"] // 10)].reset_index()
    if kind is GammaGammaModel:
        table = table[(table["frequency"] == 0) | (table["monetary_value"] > 0)]
    ours = kind().fit(table)
    theirs = PosteriorModel(kind(), method="map", flat=True).fit(table)
    assert theirs.loglik_ == pytest.approx(ours.loglik_, abs=1e-3)
    assert len(theirs.draws_) == 1
    question = "expected_spend" if kind is GammaGammaModel else "probability_alive"
    mine, there = getattr(ours, question)(), getattr(theirs, question)()
    np.testing.assert_allclose(there["mean"], mine, rtol=0.02)
    assert there.index.equals(mine.index)


@pytest.mark.slow
def test_intervals_from_the_posterior(summary):
    pytest.importorskip("pymc_marketing")
    sampler = {"chains": 1, "tune": 300, "draws": 300, "cores": 1}
    model = PosteriorModel(BetaGeoModel(), flat=True, draws=100, sampler=sampler).fit(summary)
    ours = BetaGeoModel().fit(summary)
    low, high = model.parameters_["low"], model.parameters_["high"]
    fitted = ours.parameters_["estimate"]
    assert ((low < fitted) & (fitted < high)).all()
    # a posterior by 2,357 customers is about as wide as the likelihood is curved
    ratio = model.parameters_["standard_error"] / ours.parameters_["standard_error"]
    assert ratio[["r", "alpha"]].between(0.6, 1.6).all()
    ahead = model.expected_purchases(39)
    mine = ours.expected_purchases(39)
    assert ((ahead["low"] <= mine) & (mine <= ahead["high"])).mean() > 0.95
    assert (ahead["high"] > ahead["low"]).mean() > 0.9
    new = model.expected_purchases_new_customer([26, 52])
    assert new.index.tolist() == [26, 52]
    assert new["low"].iloc[1] < ours.expected_purchases_new_customer(52) < new["high"].iloc[1]
    worth = model.lifetime_value(10, 0.002, summary.head(5), spend=30.0)
    assert (worth["low"] < worth["mean"]).all()
    with pytest.raises(ValueError, match="confidence"):
        model.probability_alive(confidence=1)
    with pytest.raises(AttributeError, match="no expected_spend"):
        model.expected_spend()
