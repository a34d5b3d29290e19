"""Gamma-gamma: how much a customer spends on a purchase, drawn towards what all spend."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
import pandas as pd
from scipy.special import digamma, gammaln

from whobuys.value._fit import Floats, Likelihood
from whobuys.value._model import ProbabilityModel, check_times, refuse, series

Rows = dict[str, Floats]


class GammaGammaModel(ProbabilityModel):
    """Gamma-gamma: purchases vary around an own mean, and the means vary between customers.

    Parameters
    ----------
    penalty : float
        As in `BetaGeoModel`.

    Attributes
    ----------
    p_, q_, gamma_ : float
        The estimates; ``gamma_`` in the money of ``monetary_value``. The other attributes are
        those of `BetaGeoModel`.

    Notes
    -----
    Fader and Hardie (2013), "The gamma-gamma model of monetary value" (technical note), after
    Colombo and Jiang (1999), Journal of Interactive Marketing 13(3), and Fader, Hardie and Lee
    (2005), Journal of Marketing Research 42. Customers without a repeat purchase say nothing and
    are left out. The model takes what people spend to have nothing to do with how often they buy:
    check the correlation of the two first.

    Examples
    --------
    >>> from whobuys.data import load
    >>> from whobuys.value import GammaGammaModel, clv_summary
    >>> model = GammaGammaModel().fit(clv_summary(load("cdnow"), end="1997-09-30"))
    >>> round(model.p_, 2), round(model.q_, 2), round(model.gamma_, 2)
    (6.25, 3.74, 15.44)
    """

    _names: ClassVar = ("p", "q", "gamma")
    _columns: ClassVar = ("frequency", "monetary_value")
    _starts: ClassVar = ((3.0, 3.0, 1.0), (10.0, 10.0, 1.0), (1.0, 1.5, 1.0), (0.5, 5.0, 8.0))

    def expected_spend(self, customers: pd.DataFrame | None = None) -> pd.Series:
        """Return what to expect each customer to spend on a purchase.

        Parameters
        ----------
        customers : DataFrame, optional
            One row a customer with ``frequency`` and ``monetary_value``; by default those fitted.

        Returns
        -------
        Series
            Money, indexed as `customers`: between the customer's own mean and that of all, nearer
            the own the more purchases there were. Without a repeat purchase, the mean of all.

        Raises
        ------
        ValueError
            A column is missing or impossible, or the mean is asked for where it has none.
        NotFittedError
            `fit` was not called.
        """
        values, index = self._given(customers)
        p, q, gamma = self._values()
        x = values["frequency"]
        refuse(
            p * x + q <= 1,
            index,
            f"The mean spend is infinite (q = {q:.3g} is not above 1, and too few purchases)",
        )
        money = np.where(x > 0, values["monetary_value"], 0.0)
        return series(p * (gamma + x * money) / (p * x + q - 1), index, "expected_spend")

    def mean_spend(self) -> float:
        """Return the mean spend a purchase of all customers, p gamma / (q - 1).

        Returns
        -------
        float
            Money.

        Raises
        ------
        ValueError
            q is not above 1: the mean is infinite.
        NotFittedError
            `fit` was not called.
        """
        p, q, gamma = self._values()
        if q <= 1:
            raise ValueError(f"q = {q:.3g} is not above 1, so the mean over customers is infinite.")
        return float(p * gamma / (q - 1))

    def _check(self, values: Rows, index: pd.Index) -> None:
        check_times({"frequency": values["frequency"]}, index)
        bad = (values["frequency"] > 0) & (values["monetary_value"] <= 0)
        refuse(
            bad,
            index,
            'Column "monetary_value" is not above 0 (the model knows positive amounts only; leave '
            "purchases of 0 out of the amounts, or these customers out)",
        )

    def _usable(self, rows: Rows, weight: Floats) -> tuple[Rows, Floats]:
        keep = (weight > 0) & (rows["frequency"] > 0)
        if not keep.any():
            raise ValueError(
                f"None of the {weight.sum():,.0f} customers bought again (frequency is 0), so "
                "nothing tells how much a purchase varies. Choose a later end, or more customers."
            )
        return {name: values[keep] for name, values in rows.items()}, weight[keep]

    def _scale(self, rows: Rows, weight: Floats) -> Floats:
        typical = float(np.exp(np.average(np.log(rows["monetary_value"]), weights=weight)))
        return np.array([1.0, 1.0, typical])

    def _likelihood(self, rows: Rows, weight: Floats) -> Likelihood:
        x, z = rows["frequency"], rows["monetary_value"]
        log_x, log_z = np.log(x), np.log(z)
        customers = weight.sum()
        base = -(weight @ log_z)

        def likelihood(parameters: Floats) -> tuple[float, Floats]:
            p, q, gamma = parameters
            px = p * x
            both, own = gammaln(px + q), gammaln(px)
            log_sum = np.log(gamma + x * z)
            value = (
                weight @ (both - own + px * (log_z + log_x) - (px + q) * log_sum)
                + base
                + customers * (q * np.log(gamma) - gammaln(q))
            )
            slope = digamma(px + q)
            gradient = np.array(
                [
                    weight @ (x * (slope - digamma(px) + log_z + log_x - log_sum)),
                    weight @ (slope - log_sum) + customers * (np.log(gamma) - digamma(q)),
                    customers * q / gamma - weight @ ((px + q) / (gamma + x * z)),
                ]
            )
            return float(value), gradient

        return likelihood
