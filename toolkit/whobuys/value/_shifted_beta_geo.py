"""Shifted beta-geometric: how long contracts last, when leaving is seen."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.special import digamma, gammaln

from whobuys.value._fit import Floats, Likelihood
from whobuys.value._model import ProbabilityModel, check_times, refuse, series

Rows = dict[str, Floats]


class ShiftedBetaGeoModel(ProbabilityModel):
    """sBG: at the end of each period a customer renews or leaves for good, each at an own chance.

    Chances to leave differ between customers by a beta distribution (``alpha``, ``beta``). That
    alone makes the retention rate rise with age: those likely to leave go first.

    Parameters
    ----------
    penalty : float
        As in `BetaGeoModel`.

    Attributes
    ----------
    alpha_, beta_ : float
        The estimates. The other attributes are those of `BetaGeoModel`.

    Notes
    -----
    Fader and Hardie (2007), "How to project customer retention", Journal of Interactive Marketing
    21(1); for values Fader and Hardie (2010), "Customer-base valuation in a contractual setting",
    Marketing Science 29(1).

    Examples
    --------
    >>> from whobuys.value import ShiftedBetaGeoModel
    >>> model = ShiftedBetaGeoModel().fit_survivors([1000, 869, 743, 653, 593, 551, 517, 491])
    >>> round(model.alpha_, 3), round(model.beta_, 3)
    (0.668, 3.806)
    >>> model.retention_rate([1, 5, 12]).round(3).tolist()
    [0.851, 0.921, 0.957]
    """

    _names: ClassVar = ("alpha", "beta")
    _columns: ClassVar = ("recency", "T")
    _starts: ClassVar = ((1.0, 1.0), (0.5, 4.0), (3.0, 10.0))

    def fit(
        self, customers: pd.DataFrame, y: object = None, *, sample_weight: ArrayLike | None = None
    ) -> Any:
        """Estimate the parameters by maximum likelihood.

        Parameters
        ----------
        customers : DataFrame
            One row a customer: ``T``, how many renewals were due so far, and ``recency``, how many
            the customer made. Who made them all is still a customer.
        y : ignored
            There for scikit-learn's sake.
        sample_weight : array-like, optional
            How many customers each row stands for; by default one.

        Returns
        -------
        self
            With ``alpha_``, ``beta_``, ``loglik_``, ``standard_errors_``, ``parameters_``.

        Raises
        ------
        ValueError
            A column is missing or impossible, or nobody left, or nobody stayed.
        ConvergenceError
            The likelihood has no maximum for these customers.
        """
        return super().fit(customers, y, sample_weight=sample_weight)

    def fit_survivors(self, survivors: ArrayLike) -> Any:
        """Estimate the parameters from one cohort's number of customers left, period by period.

        Parameters
        ----------
        survivors : array-like
            How many there were at the start, after one renewal, after two, ...; never rising.

        Returns
        -------
        self
            As `fit`.

        Raises
        ------
        ValueError
            Fewer than two numbers, or they rise or are below 0.
        ConvergenceError
            The likelihood has no maximum.
        """
        left = np.asarray(survivors, dtype=float)
        if left.ndim != 1 or len(left) < 2 or not np.isfinite(left).all() or left.min() < 0:
            raise ValueError("survivors must be at least two numbers of 0 or more.")
        if left[0] == 0:
            raise ValueError("survivors begin with 0: there was nobody to lose.")
        if (np.diff(left) > 0).any():
            raise ValueError("survivors rise: a customer who left does not come back here.")
        last = len(left) - 1
        table = pd.DataFrame({"recency": np.arange(last + 1), "T": last})
        return self.fit(table, sample_weight=np.r_[-np.diff(left), left[-1]])

    def survival(self, t: float | ArrayLike) -> Any:
        """Return the share of new customers still there after `t` renewals.

        Parameters
        ----------
        t : int or array-like
            Number of renewals, from 0.

        Returns
        -------
        float or array
            Between 0 and 1.
        """
        alpha, beta = self._values()
        time = _whole(t, 0)
        log = gammaln(beta + time) - gammaln(beta) + gammaln(alpha + beta)
        found = np.exp(log - gammaln(alpha + beta + time))
        return float(found) if time.ndim == 0 else found

    def retention_rate(self, t: float | ArrayLike) -> Any:
        """Return the share that makes renewal `t` of those who made the one before.

        Parameters
        ----------
        t : int or array-like
            Which renewal, from 1.

        Returns
        -------
        float or array
            Between 0 and 1, rising with `t`.
        """
        alpha, beta = self._values()
        time = _whole(t, 1)
        found = (beta + time - 1) / (alpha + beta + time - 1)
        return float(found) if time.ndim == 0 else found

    def probability_alive(self, customers: pd.DataFrame | None = None) -> pd.Series:
        """Return who is still a customer: 1 or 0, for leaving is seen here.

        Parameters
        ----------
        customers : DataFrame, optional
            One row a customer with ``recency`` and ``T``; by default those fitted.

        Returns
        -------
        Series
            1.0 where all renewals due were made, else 0.0.
        """
        values, index = self._given(customers)
        alive = (values["recency"] == values["T"]).astype(float)
        return series(alive, index, "probability_alive")

    def expected_purchases(
        self, t: float | ArrayLike, customers: pd.DataFrame | None = None
    ) -> pd.Series:
        """Return how many of the next `t` renewals to expect of each customer.

        Parameters
        ----------
        t : int
            How many renewals to look ahead.
        customers : DataFrame, optional
            One row a customer with ``recency`` and ``T``; by default those fitted.

        Returns
        -------
        Series
            0 for those who left.
        """
        values, index = self._given(customers)
        ahead = int(_whole(t, 0))
        return series(self._renewals(values, ahead, 0.0), index, "expected_purchases")

    def expected_purchases_new_customer(self, t: float | ArrayLike) -> Any:
        """Return how many of the first `t` renewals to expect of a new customer.

        Parameters
        ----------
        t : int or array-like
            How many renewals to look ahead.

        Returns
        -------
        float or array
            The sum of `survival` over 1 ... t.
        """
        time = _whole(t, 0)
        upto = np.r_[0.0, np.cumsum(self.survival(np.arange(1, int(time.max(initial=0)) + 1)))]
        found = upto[time.astype(int)]
        return float(found) if time.ndim == 0 else found

    def lifetime_value(
        self,
        horizon: int | None,
        discount_rate: float,
        customers: pd.DataFrame | None = None,
        *,
        margin: float = 1.0,
        timing: Literal["end", "start"] = "end",
    ) -> pd.Series:
        """Return what each customer's renewals to come are worth today.

        Parameters
        ----------
        horizon : int or None
            How many renewals to look ahead; None for all.
        discount_rate : float
            Per period.
        customers : DataFrame, optional
            One row a customer with ``recency`` and ``T``; by default those fitted.
        margin : float
            Money a renewal brings.
        timing : {"end", "start"}
            Is the next renewal one period away, or due right now?

        Returns
        -------
        Series
            Money; 0 for those who left. The payment already made is not in it.

        Raises
        ------
        ValueError
            `horizon` is not a whole number from 1; for all renewals `discount_rate` is not above 0.
        """
        if timing not in ("end", "start"):
            raise ValueError(f'timing must be "end" or "start", not {timing!r}.')
        if not -1 < discount_rate < np.inf:
            raise ValueError(f"discount_rate must be above -1, not {discount_rate}.")
        if horizon is None:
            if discount_rate <= 0:
                raise ValueError("Without a horizon the discount_rate must be above 0.")
            horizon = int(np.ceil(35 / np.log1p(discount_rate)))
        values, index = self._given(customers)
        worth = self._renewals(values, int(_whole(horizon, 1)), discount_rate) * margin
        if timing == "start":
            worth = worth * (1 + discount_rate)
        return series(worth, index, "lifetime_value")

    def _renewals(self, values: Rows, ahead: int, rate: float) -> Floats:
        """Return the discounted renewals expected of those still there."""
        alpha, beta = self._values()
        ages, which = np.unique(values["T"], return_inverse=True)
        stay = np.ones(len(ages))
        total = np.zeros(len(ages))
        for j in range(1, ahead + 1):
            stay = stay * (beta + ages + j - 1) / (alpha + beta + ages + j - 1)
            total += stay / (1 + rate) ** j
        return np.where(values["recency"] == values["T"], total[which], 0.0)

    def _check(self, values: Rows, index: pd.Index) -> None:
        check_times(values, index)
        for name in ("recency", "T"):
            refuse(
                values[name] % 1 != 0, index, f'Column "{name}" is not a whole number of renewals'
            )

    def _usable(self, rows: Rows, weight: Floats) -> tuple[Rows, Floats]:
        rows, weight = super()._usable(rows, weight)
        if not (rows["recency"] < rows["T"]).any():
            raise ValueError("Nobody left (recency equals T everywhere): there is nothing to fit.")
        if not (rows["recency"] > 0).any():
            raise ValueError("Nobody renewed even once (recency is 0): there is nothing to fit.")
        return rows, weight

    def _likelihood(self, rows: Rows, weight: Floats) -> Likelihood:
        renewed = rows["recency"]
        lost = (renewed < rows["T"]).astype(float)

        def likelihood(parameters: Floats) -> tuple[float, Floats]:
            alpha, beta = parameters
            value = weight @ (
                gammaln(alpha + lost)
                + gammaln(beta + renewed)
                - gammaln(alpha + beta + lost + renewed)
            ) + weight.sum() * (gammaln(alpha + beta) - gammaln(alpha) - gammaln(beta))
            both = digamma(alpha + beta) - digamma(alpha + beta + lost + renewed)
            gradient = np.array(
                [
                    weight @ (both + digamma(alpha + lost) - digamma(alpha)),
                    weight @ (both + digamma(beta + renewed) - digamma(beta)),
                ]
            )
            return float(value), gradient

        return likelihood


def _whole(t: object, least: int) -> Floats:
    time = np.asarray(t, dtype=float)
    if time.ndim > 1 or not np.isfinite(time).all() or (time % 1 != 0).any():
        raise ValueError(f"t must be whole numbers of renewals, not {t}.")
    if (time < least).any():
        raise ValueError(f"t must be at least {least}, not {t}.")
    return time
