"""BG/BB: buying in yearly, monthly or other fixed periods, with leaving between them."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
import pandas as pd
from scipy.special import digamma, gammaln

from whobuys.value._fit import Floats, Likelihood
from whobuys.value._model import check_times, refuse
from whobuys.value._transactions import Rows, TransactionModel


class BetaGeoBetaBinomModel(TransactionModel):
    """BG/BB: in each period a customer buys or not, and may leave before the next one.

    Chances to buy differ between customers by a beta distribution (``alpha``, ``beta``), chances
    to leave by another (``gamma``, ``delta``).

    Parameters
    ----------
    penalty : float
        As in `BetaGeoModel`.

    Attributes
    ----------
    alpha_, beta_, gamma_, delta_ : float
        The estimates. The other attributes are those of `BetaGeoModel`.

    Notes
    -----
    ``frequency`` counts periods with a purchase, ``recency`` is the last of them, ``T`` the number
    of periods, all after the period of the first purchase; `period_summary` makes the table.
    `probability_alive` is the chance to be a customer in the period after them. Fader,
    Hardie and Shang (2010), "Customer-base analysis in a discrete-time noncontractual setting",
    Marketing Science 29(6).

    Examples
    --------
    >>> import pandas as pd
    >>> from whobuys.value import BetaGeoBetaBinomModel
    >>> givers = pd.DataFrame({
    ...     "frequency": [0, 1, 1, 2, 1, 2, 2, 3],
    ...     "recency": [0, 1, 2, 2, 3, 3, 3, 3],
    ...     "T": 3,
    ... })
    >>> model = BetaGeoBetaBinomModel().fit(
    ...     givers, sample_weight=[400, 90, 40, 60, 30, 30, 50, 120])
    >>> model.probability_alive().round(2).tolist()
    [0.11, 0.31, 0.72, 0.62, 0.92, 0.92, 0.92, 0.92]
    """

    _names: ClassVar = ("alpha", "beta", "gamma", "delta")
    _starts: ClassVar = ((1.0, 1.0, 0.5, 2.0), (0.5, 2.0, 1.0, 10.0), (2.0, 0.5, 0.3, 0.3))
    _whole_time: ClassVar[bool] = True

    def _check(self, values: Rows, index: pd.Index) -> None:
        check_times(values, index)
        for name in ("recency", "T"):
            refuse(
                values[name] % 1 != 0, index, f'Column "{name}" is not a whole number of periods'
            )
        refuse(
            values["frequency"] > values["recency"],
            index,
            'Column "frequency" is greater than "recency": more purchases than periods',
        )
        refuse(
            (values["recency"] > 0) & (values["frequency"] == 0), index, 'Column "recency" is wrong'
        )

    def _likelihood(self, rows: Rows, weight: Floats) -> Likelihood:
        def likelihood(parameters: Floats) -> tuple[float, Floats]:
            log, share, slopes = _terms(parameters, rows)
            gradient = np.array([weight @ (share * slope).sum(axis=0) for slope in slopes])
            return float(weight @ log), gradient

        return likelihood

    def _alive(self, rows: Rows) -> Floats:
        return self._still(np.ones_like(rows["T"]), rows, bought=False)

    def _expected(self, t: Floats, rows: Rows) -> Floats:
        total = np.zeros_like(t)
        for ahead in range(1, int(t.max(initial=0)) + 1):
            reached = t >= ahead
            some = {name: values[reached] for name, values in rows.items()}
            total[reached] += self._still(np.full(reached.sum(), float(ahead)), some, bought=True)
        return total

    def _still(self, ahead: Floats, rows: Rows, *, bought: bool) -> Floats:
        """Return the chance to be there (or to be there and buy) so many periods ahead."""
        alpha, beta, gamma, delta = self._values()
        x, n = rows["frequency"], rows["T"]
        log, _, _ = _terms(self._values(), rows)
        stay = _log_beta(gamma, delta + n + ahead) - _log_beta(gamma, delta)
        buys = _log_beta(alpha + x + bought, beta + n - x) - _log_beta(alpha, beta)
        return np.asarray(np.exp(buys + stay - log))


def _log_beta(a: Floats | float, b: Floats | float) -> Floats:
    return np.asarray(gammaln(a) + gammaln(b) - gammaln(a + b))


def _terms(parameters: Floats, rows: Rows) -> tuple[Floats, Floats, list[Floats]]:
    """Return log-likelihoods, each term's share in them, and each term's logarithmic slopes.

    Term 0: still there after all periods. Term i + 1: left after period recency + i.
    """
    alpha, beta, gamma, delta = parameters
    x, last, n = rows["frequency"], rows["recency"], rows["T"]
    gap = n - last
    i = np.arange(int(gap.max(initial=0)))[:, None]
    there = i < gap
    idle = np.vstack([n - x, np.where(there, last - x + i, 0.0)])
    stayed = np.vstack([n, np.where(there, last + i, 0.0)])
    left = np.vstack([np.zeros_like(n), np.ones(there.shape)])
    log = _log_beta(alpha + x, beta + idle) - _log_beta(alpha, beta)
    log = log + _log_beta(gamma + left, delta + stayed) - _log_beta(gamma, delta)
    log[1:][~there] = -np.inf
    highest = log.max(axis=0)
    share = np.exp(log - highest)
    total = share.sum(axis=0)
    both_buy = digamma(alpha + beta) - digamma(alpha + x + beta + idle)
    both_stay = digamma(gamma + delta) - digamma(gamma + left + delta + stayed)
    slopes = [
        digamma(alpha + x) - digamma(alpha) + both_buy,
        digamma(beta + idle) - digamma(beta) + both_buy,
        digamma(gamma + left) - digamma(gamma) + both_stay,
        digamma(delta + stayed) - digamma(delta) + both_stay,
    ]
    return highest + np.log(total), share / total, slopes
