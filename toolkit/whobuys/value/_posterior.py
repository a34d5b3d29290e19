"""Full posteriors of the models of buying, by pymc-marketing where it is installed."""

from __future__ import annotations

import importlib
import logging
import warnings
from typing import Any, Literal

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from whobuys.value._beta_geo import BetaGeoModel, ModifiedBetaGeoModel
from whobuys.value._beta_geo_beta_binom import BetaGeoBetaBinomModel
from whobuys.value._gamma_gamma import GammaGammaModel
from whobuys.value._model import ProbabilityModel
from whobuys.value._pareto_nbd import ParetoNBDModel

KNOWN = (
    BetaGeoModel,
    ModifiedBetaGeoModel,
    ParetoNBDModel,
    BetaGeoBetaBinomModel,
    GammaGammaModel,
)
THEIRS = {"gamma": "v"}
"""Names that differ in the gamma-gamma model."""


class PosteriorModel(BaseEstimator):
    """A model of buying with its whole posterior: the same questions, answered with intervals.

    The parameters are drawn by pymc-marketing; each draw then answers by the closed forms of this
    room, so that a posterior and a fit by maximum likelihood can be laid side by side.

    Parameters
    ----------
    model : estimator
        Which model, such as ``BetaGeoModel()``; it needs no fit.
    method : {"mcmc", "map"}
        Draw from the posterior, or find its highest point only (then there is one draw and the
        intervals have no width).
    flat : bool
        Flat priors on every parameter, with which the highest point is the maximum of the
        likelihood; else pymc-marketing's own priors, which suppose times in weeks.
    draws : int
        How many draws, spread over the chain, answer a question.
    seed : int
        Of the chain.
    sampler : dict, optional
        Handed to pymc-marketing's sampler, such as ``{"chains": 2, "tune": 500}``.

    Attributes
    ----------
    draws_ : DataFrame
        One row a draw, one column a parameter.
    loglik_ : float
        Log-likelihood at the mean of the draws.
    parameters_ : DataFrame
        Indexed by ``parameter``: ``estimate`` (mean), ``standard_error`` (standard deviation),
        ``low``, ``high`` (95 %).
    idata_ : object
        What the sampler gave, for its diagnostics.
    r_, alpha_, ... : float
        The means of the draws.

    Notes
    -----
    Needs the extra ``bayes``: ``pip install "whobuys[bayes]"``. Look at the sampler's diagnostics
    (``arviz.summary(model.idata_)``) before you believe an interval.

    Examples
    --------
    >>> from whobuys.value import BetaGeoModel, PosteriorModel
    >>> model = PosteriorModel(BetaGeoModel(), method="map", flat=True)
    >>> model.fit(customers).expected_purchases(52)  # doctest: +SKIP
    """

    def __init__(
        self,
        model: ProbabilityModel,
        *,
        method: Literal["mcmc", "map"] = "mcmc",
        flat: bool = False,
        draws: int = 200,
        seed: int = 0,
        sampler: dict[str, Any] | None = None,
    ) -> None:
        self.model = model
        self.method = method
        self.flat = flat
        self.draws = draws
        self.seed = seed
        self.sampler = sampler

    def fit(self, customers: pd.DataFrame, y: object = None) -> PosteriorModel:
        """Draw the parameters.

        Parameters
        ----------
        customers : DataFrame
            One row a customer with the columns the model reads.
        y : ignored
            There for scikit-learn's sake.

        Returns
        -------
        self
            With ``draws_``, ``parameters_``, ``loglik_`` and one attribute a parameter.

        Raises
        ------
        ImportError
            pymc-marketing is not installed.
        ValueError
            A setting is unknown, or a column is missing or holds impossible values.
        """
        kind = type(self.model)
        if kind not in KNOWN:
            raise ValueError(
                f"model must be one of {', '.join(k.__name__ for k in KNOWN)}, not {self.model!r}."
            )
        if self.method not in ("mcmc", "map"):
            raise ValueError(f'method must be "mcmc" or "map", not {self.method!r}.')
        if self.draws < 1:
            raise ValueError(f"draws must be 1 or more, not {self.draws}.")
        try:
            prior = importlib.import_module("pymc_extras.prior").Prior
            clv = importlib.import_module("pymc_marketing.clv")
        except ImportError:
            raise ImportError(
                'A posterior needs pymc-marketing. Install it: pip install "whobuys[bayes]"'
            ) from None
        values = pd.DataFrame(self.model._read(customers))
        if kind is GammaGammaModel:
            values = values[values["frequency"] > 0].reset_index(drop=True)
        values["customer_id"] = np.arange(len(values))
        theirs = {name: self._theirs(name) for name in kind._names}
        priors = {name: prior("HalfFlat") for name in theirs.values()} if self.flat else None
        other = getattr(clv, kind.__name__)(model_config=priors)
        settings: dict[str, Any] = {"progressbar": False} | (self.sampler or {})
        if self.method == "mcmc":
            settings = {"random_seed": self.seed} | settings
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            logging.getLogger("pymc").setLevel(logging.ERROR)
            other.fit(data=values, method=self.method, **settings)
        self.idata_ = other.idata
        chain = self.idata_.posterior
        whole = pd.DataFrame({name: chain[them].values.ravel() for name, them in theirs.items()})
        place = np.linspace(0, len(whole) - 1, min(self.draws, len(whole))).round().astype(int)
        self.draws_ = whole.iloc[place].reset_index(drop=True)
        self.parameters_ = _spread(whole.to_numpy(), whole.columns.rename("parameter")).rename(
            columns={"mean": "estimate"}
        )
        self.parameters_.insert(1, "standard_error", whole.std(ddof=0))
        for name in kind._names:
            setattr(self, f"{name}_", float(whole[name].mean()))
        middle = kind.from_parameters(**{n: float(whole[n].mean()) for n in kind._names})
        self.loglik_ = middle.log_likelihood(customers)
        self._seen = customers
        return self

    def expected_purchases(
        self, t: Any, customers: pd.DataFrame | None = None, *, confidence: float = 0.95
    ) -> pd.DataFrame:
        """Return how many purchases to expect of each customer, with intervals.

        Parameters
        ----------
        t, customers
            As in `BetaGeoModel.expected_purchases`.
        confidence : float
            Between 0 and 1.

        Returns
        -------
        DataFrame
            Indexed as `customers`: ``mean``, ``low``, ``high`` over the draws. The interval is that
            of the expectation, not of what a customer will do, which varies far more.
        """
        return self._ask("expected_purchases", customers, confidence, t)

    def probability_alive(
        self, customers: pd.DataFrame | None = None, *, confidence: float = 0.95
    ) -> pd.DataFrame:
        """Return how likely each customer is still to be one, with intervals.

        Parameters
        ----------
        customers, confidence
            As in `expected_purchases`.

        Returns
        -------
        DataFrame
            Indexed as `customers`: ``mean``, ``low``, ``high``.
        """
        return self._ask("probability_alive", customers, confidence)

    def expected_spend(
        self, customers: pd.DataFrame | None = None, *, confidence: float = 0.95
    ) -> pd.DataFrame:
        """Return the mean spend a purchase of each customer (gamma-gamma), with intervals.

        Parameters
        ----------
        customers, confidence
            As in `expected_purchases`.

        Returns
        -------
        DataFrame
            Indexed as `customers`: ``mean``, ``low``, ``high``.
        """
        return self._ask("expected_spend", customers, confidence)

    def lifetime_value(
        self,
        horizon: int,
        discount_rate: float,
        customers: pd.DataFrame | None = None,
        *,
        confidence: float = 0.95,
        **settings: Any,
    ) -> pd.DataFrame:
        """Return what each customer's purchases to come are worth today, with intervals.

        Parameters
        ----------
        horizon, discount_rate, customers, **settings
            As in `BetaGeoModel.lifetime_value`; `spend` is a number, a Series or a model fitted by
            maximum likelihood.
        confidence : float
            Between 0 and 1.

        Returns
        -------
        DataFrame
            Indexed as `customers`: ``mean``, ``low``, ``high``.
        """
        return self._ask(
            "lifetime_value", customers, confidence, horizon, discount_rate, **settings
        )

    def expected_purchases_new_customer(self, t: Any, *, confidence: float = 0.95) -> pd.DataFrame:
        """Return how many repeat purchases to expect of a new customer, with intervals.

        Parameters
        ----------
        t : float or array-like
            Time since the first purchase.
        confidence : float
            Between 0 and 1.

        Returns
        -------
        DataFrame
            Indexed by ``t``: ``mean``, ``low``, ``high``.
        """
        times = pd.Index(np.atleast_1d(np.asarray(t, dtype=float)), name="t")
        found = [m.expected_purchases_new_customer(times.to_numpy()) for m in self._models()]
        return _spread(np.array(found), times, confidence)

    def _ask(
        self,
        question: str,
        customers: pd.DataFrame | None,
        confidence: float,
        *given: Any,
        **settings: Any,
    ) -> pd.DataFrame:
        models = self._models()
        if not hasattr(models[0], question):
            raise AttributeError(f"{type(self.model).__name__} has no {question}.")
        who = self._seen if customers is None else customers
        found = [getattr(m, question)(*given, customers=who, **settings) for m in models]
        return _spread(np.array(found), who.index, confidence)

    def _models(self) -> list[Any]:
        check_is_fitted(self, "draws_")
        kind = type(self.model)
        rows = self.draws_[list(kind._names)].to_numpy().tolist()
        return [kind.from_parameters(**dict(zip(kind._names, row, strict=True))) for row in rows]

    def _theirs(self, name: str) -> str:
        return THEIRS.get(name, name) if isinstance(self.model, GammaGammaModel) else name


def _spread(found: np.ndarray, index: pd.Index, confidence: float = 0.95) -> pd.DataFrame:
    """Return mean and interval over the draws, which are the rows."""
    if not 0 < confidence < 1:
        raise ValueError(f"confidence must be between 0 and 1, not {confidence}.")
    ends = [(1 - confidence) / 2, (1 + confidence) / 2]
    low, high = np.quantile(found, ends, axis=0)
    return pd.DataFrame({"mean": found.mean(axis=0), "low": low, "high": high}, index=index)
