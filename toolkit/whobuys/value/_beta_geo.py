"""BG/NBD and its modified form: customers buy at their own rate and may leave after a purchase."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from scipy.special import digamma, expit, gammaln, hyp2f1

from whobuys.value._fit import Floats, Likelihood
from whobuys.value._transactions import Rows, TransactionModel, mean_time


class BetaGeoModel(TransactionModel):
    """BG/NBD: buys at an own steady rate, may leave after each repeat purchase.

    Rates differ between customers by a gamma distribution (shape ``r``, rate ``alpha``), chances
    to leave by a beta distribution (``a``, ``b``).

    Parameters
    ----------
    penalty : float
        Hold the estimates back: the squared logarithms of the parameters (times in units of the
        mean T), times this, are taken off the log-likelihood. 0, the default, is plain maximum
        likelihood.

    Attributes
    ----------
    r_, alpha_, a_, b_ : float
        The estimates; ``alpha_`` in the unit of T.
    loglik_ : float
        Log-likelihood at the estimates, without the penalty.
    standard_errors_ : dict
        One a parameter.
    covariance_ : DataFrame
        Of the parameters' logarithms.
    n_customers_ : float
        Sum of the weights.
    n_rows_ : int
        Different rows, after equal ones were joined.

    Notes
    -----
    Fader, Hardie and Lee (2005), "Counting your customers the easy way: an alternative to the
    Pareto/NBD model", Marketing Science 24(2). Somebody who never came back cannot have left in
    this model: the chance to be alive is 1. `ModifiedBetaGeoModel` lets them leave at once.

    Examples
    --------
    >>> from whobuys.data import load
    >>> from whobuys.value import BetaGeoModel, clv_summary
    >>> model = BetaGeoModel().fit(clv_summary(load("cdnow"), end="1997-09-30"))
    >>> round(model.r_, 3), round(model.alpha_, 3), round(model.a_, 3), round(model.b_, 3)
    (0.243, 4.414, 0.793, 2.426)
    >>> round(model.expected_purchases_new_customer(52), 2)
    1.44
    """

    _names: ClassVar = ("r", "alpha", "a", "b")
    _starts: ClassVar = ((0.5, 0.5, 0.8, 2.0), (2.0, 2.0, 1.0, 10.0), (0.2, 0.1, 0.3, 0.3))
    _chances_before: ClassVar[int] = 0

    def _scale(self, rows: Rows, weight: Floats) -> Floats:
        return np.array([1.0, mean_time(rows, weight), 1.0, 1.0])

    def _likelihood(self, rows: Rows, weight: Floats) -> Likelihood:
        # What depends on x, on t_x or on T alone is worked out once for each of their values.
        kinds, which = np.unique(rows["frequency"], return_inverse=True)
        lasts, last_at = np.unique(rows["recency"], return_inverse=True)
        ends, end_at = np.unique(rows["T"], return_inverse=True)
        each = np.bincount(which, weights=weight)
        at_end = np.bincount(end_at, weights=weight)
        bought_by_end = np.bincount(end_at, weights=weight * rows["frequency"])
        stays = kinds + self._chances_before
        able = stays > 0
        customers = weight.sum()

        def likelihood(parameters: Floats) -> tuple[float, Floats]:
            r, alpha, a, b = parameters
            fixed = gammaln(r + kinds) + gammaln(b + stays) - gammaln(a + b + stays)
            fixed += gammaln(a + b) - gammaln(b) - gammaln(r) + r * np.log(alpha)
            odds = np.full(len(kinds), -np.inf)
            odds[able] = np.log(a) - np.log(b + stays[able] - 1)
            log_end, log_last = np.log(alpha + ends), np.log(alpha + lasts)
            power_by_end = r * at_end + bought_by_end

            since = log_end[end_at] - log_last[last_at]
            power = (r + kinds)[which]
            left = odds[which] + power * since
            small = np.exp(-np.abs(left))
            # log(1 + exp(left)), safe at both ends
            extra = np.maximum(left, 0) + np.log(1 + small)
            value = each @ fixed + weight @ extra - power_by_end @ log_end

            gone = weight * np.where(left > 0, 1.0, small) / (1 + small)
            gone_by_kind = np.bincount(which, weights=gone, minlength=len(kinds))
            powered = gone * power
            gone_by_end = np.bincount(end_at, weights=powered, minlength=len(ends))
            gone_by_last = np.bincount(last_at, weights=powered, minlength=len(lasts))
            both = digamma(a + b) - digamma(a + b + stays)
            b_odds = np.zeros(len(kinds))
            b_odds[able] = 1 / (b + stays[able] - 1)
            gradient = np.array(
                [
                    each @ (digamma(r + kinds) - digamma(r) + np.log(alpha))
                    - at_end @ log_end
                    + gone @ since,
                    customers * r / alpha
                    - (power_by_end - gone_by_end) @ (1 / (alpha + ends))
                    - gone_by_last @ (1 / (alpha + lasts)),
                    each @ both + gone_by_kind.sum() / a,
                    each @ (both + digamma(b + stays) - digamma(b)) - gone_by_kind @ b_odds,
                ]
            )
            return float(value), gradient

        return likelihood

    def _alive(self, rows: Rows) -> Floats:
        r, alpha, a, b = self._values()
        x = rows["frequency"]
        stays = x + self._chances_before
        with np.errstate(divide="ignore"):
            odds = np.where(stays > 0, np.log(a) - np.log(np.maximum(b + stays - 1, 0)), -np.inf)
        grown = (r + x) * np.log((alpha + rows["T"]) / (alpha + rows["recency"]))
        return np.asarray(expit(-(odds + grown)))

    def _expected(self, t: Floats, rows: Rows) -> Floats:
        r, alpha, a, b = self._values()
        x = rows["frequency"]
        stays = x + self._chances_before

        def given(a: float) -> Floats:
            # Euler's transformation of the paper's 2F1 keeps it small where x is in the thousands.
            start = (alpha + rows["T"]) / (alpha + rows["T"] + t)
            top = a + b + stays - 1
            tail = hyp2f1(a - 1, top - x - r, top, t / (alpha + rows["T"] + t))
            return np.asarray(top / (a - 1) * (1 - start ** (a - 1) * tail))

        # The formula has harmless holes at a = 1 and at a + b = 1: step around them.
        hole = min(abs(a - 1), abs(a + b - 1 + self._chances_before))
        ahead = given(a) if hole > 1e-4 else (given(a - 2e-4) + given(a + 2e-4)) / 2
        return np.maximum(ahead, 0.0) * self._alive(rows)


class ModifiedBetaGeoModel(BetaGeoModel):
    """MBG/NBD: as BG/NBD, but a customer may leave right after the first purchase too.

    Parameters
    ----------
    penalty : float
        As in `BetaGeoModel`.

    Attributes
    ----------
    r_, alpha_, a_, b_ : float
        The estimates; ``alpha_`` in the unit of T. The other attributes are those of
        `BetaGeoModel`.

    Notes
    -----
    Batislam, Denizel and Filiztekin (2007), "Empirical validation and comparison of models for
    customer base analysis", International Journal of Research in Marketing 24(3); Hoppe and
    Wagner (2007), "Customer base analysis: the case for a central variant of the betageometric/NBD
    model", Marketing ZFP 29.

    Examples
    --------
    >>> from whobuys.data import load
    >>> from whobuys.value import ModifiedBetaGeoModel, clv_summary
    >>> model = ModifiedBetaGeoModel().fit(clv_summary(load("cdnow"), end="1997-09-30"))
    >>> round(model.r_, 3), round(model.alpha_, 2), round(model.a_, 3), round(model.b_, 3)
    (0.525, 6.18, 0.891, 1.614)
    """

    _chances_before: ClassVar[int] = 1
