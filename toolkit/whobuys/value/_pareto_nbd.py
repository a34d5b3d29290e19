"""Pareto/NBD: customers buy at their own rate and may leave at any moment."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from scipy.special import digamma, expit, gammaln

from whobuys.value._fit import Floats, Likelihood
from whobuys.value._transactions import Rows, TransactionModel, mean_time

DROP = 40.0
CHUNK = 50_000
NODES = {size: np.polynomial.legendre.leggauss(size) for size in (12, 32, 64)}


class ParetoNBDModel(TransactionModel):
    """Pareto/NBD: buys at an own steady rate, may leave at any moment.

    Buying rates differ between customers by a gamma distribution (shape ``r``, rate ``alpha``),
    rates of leaving by another (``s``, ``beta``).

    Parameters
    ----------
    penalty : float
        As in `BetaGeoModel`.

    Attributes
    ----------
    r_, alpha_, s_, beta_ : float
        The estimates; ``alpha_`` and ``beta_`` in the unit of T. The other attributes are those of
        `BetaGeoModel`.

    Notes
    -----
    Schmittlein, Morrison and Colombo (1987), "Counting your customers: who are they and what will
    they do next?", Management Science 33(1). The likelihood's integral over the moment of leaving
    is done by Gauss-Legendre quadrature of its logarithm, which needs no hypergeometric function
    and stays exact for thousands of purchases.

    Examples
    --------
    >>> from whobuys.data import load
    >>> from whobuys.value import ParetoNBDModel, clv_summary
    >>> model = ParetoNBDModel().fit(clv_summary(load("cdnow"), end="1997-09-30"))
    >>> round(model.r_, 3), round(model.alpha_, 2), round(model.s_, 3), round(model.beta_, 2)
    (0.553, 10.58, 0.606, 11.67)
    """

    _names: ClassVar = ("r", "alpha", "s", "beta")
    _starts: ClassVar = ((0.5, 0.5, 0.5, 0.5), (2.0, 2.0, 0.3, 2.0), (0.2, 0.1, 1.0, 3.0))

    def _scale(self, rows: Rows, weight: Floats) -> Floats:
        mean = mean_time(rows, weight)
        return np.array([1.0, mean, 1.0, mean])

    def _likelihood(self, rows: Rows, weight: Floats) -> Likelihood:
        x, recency, total = rows["frequency"], rows["recency"], rows["T"]
        kinds, which = np.unique(x, return_inverse=True)
        each = np.bincount(which, weights=weight)
        customers = weight.sum()

        def likelihood(parameters: Floats) -> tuple[float, Floats]:
            r, alpha, s, beta = parameters
            power = r + x
            stayed = -power * np.log(alpha + total) - s * np.log(beta + total)
            left = left_between(parameters, power, recency, total)
            gone = expit(left.log + np.log(s) - stayed)
            value = (
                each @ (gammaln(r + kinds) - gammaln(r))
                + customers * (r * np.log(alpha) + s * np.log(beta))
                + weight @ np.logaddexp(stayed, np.log(s) + left.log)
            )
            still = weight * (1 - gone)
            gone = weight * gone
            gradient = np.array(
                [
                    each @ (digamma(r + kinds) - digamma(r))
                    + customers * np.log(alpha)
                    - still @ np.log(alpha + total)
                    - gone @ left.log_alpha,
                    customers * r / alpha
                    - still @ (power / (alpha + total))
                    - gone @ (power * left.per_alpha),
                    customers * np.log(beta)
                    - still @ np.log(beta + total)
                    + gone @ (1 / s - left.log_beta),
                    customers * s / beta
                    - s * (still @ (1 / (beta + total)))
                    - (s + 1) * (gone @ left.per_beta),
                ]
            )
            return float(value), gradient

        return likelihood

    def _alive(self, rows: Rows) -> Floats:
        parameters = self._values()
        r, alpha, s, beta = parameters
        power = r + rows["frequency"]
        stayed = -power * np.log(alpha + rows["T"]) - s * np.log(beta + rows["T"])
        left = left_between(parameters, power, rows["recency"], rows["T"])
        return np.asarray(expit(stayed - left.log - np.log(s)))

    def _expected(self, t: Floats, rows: Rows) -> Floats:
        r, alpha, s, beta = self._values()
        rate = (r + rows["frequency"]) / (alpha + rows["T"])
        grown = np.log1p(t / (beta + rows["T"]))
        shape = s - 1
        # (1 - exp(-shape * grown)) / shape, which is `grown` itself where shape is 0
        time = -np.expm1(-shape * grown) / shape if abs(shape) > 1e-12 else grown
        return np.asarray(rate * (beta + rows["T"]) * time * self._alive(rows))


@dataclass(frozen=True)
class Left:
    """The integral over the moment of leaving: its logarithm, and means under its integrand."""

    log: Floats
    log_alpha: Floats
    log_beta: Floats
    per_alpha: Floats
    per_beta: Floats


def left_between(parameters: Floats, power: Floats, start: Floats, end: Floats) -> Left:
    """Integrate (alpha + u)^-power (beta + u)^-(s + 1) over u from start to end, row by row.

    With v = log(delta + u), delta the smaller of alpha and beta, the integrand is smooth and its
    logarithm concave; what lies 40 below the first point's logarithm is left out.
    """
    _, alpha, s, beta = parameters
    small = min(alpha, beta)
    more_alpha, more_beta = alpha - small, beta - small
    exponent = np.asarray(power, dtype=float)
    width = np.log1p((end - start) / (small + start))

    def height(part: Floats, v: Floats) -> tuple[Floats, Floats]:
        u = (small + start[some]) * np.exp(v)
        from_alpha, from_beta = more_alpha + u, more_beta + u
        log = v - part * np.log(from_alpha / (alpha + start[some]))
        log -= (s + 1) * np.log(from_beta / (beta + start[some]))
        return log, 1 - part * u / from_alpha - (s + 1) * u / from_beta

    some = np.arange(len(exponent))
    fall = np.zeros(len(exponent))
    with np.errstate(invalid="ignore"):
        level, _ = height(exponent, width)
    fall = -level
    some = np.flatnonzero(fall > DROP)
    for _ in range(5):
        if not len(some):
            break
        level, slope = height(exponent[some], width[some])
        width[some] -= np.where(level < -DROP, (level + DROP) / slope, 0.0)
    fall = np.clip(fall, 0, DROP)
    size = np.select([(width < 3) & (fall < 5), width < 8], [12, 32], 64)

    out = [np.empty(len(exponent)) for _ in range(5)]
    for nodes, (place, weight) in NODES.items():
        rows = np.flatnonzero(size == nodes)
        for first in range(0, len(rows), CHUNK):
            part = rows[first : first + CHUNK]
            v = np.multiply.outer((place + 1) / 2, width[part])
            u = (small + start[part]) * np.exp(v)
            from_alpha, from_beta = more_alpha + u, more_beta + u
            log_alpha, log_beta = np.log(from_alpha), np.log(from_beta)
            log = np.log(u) - exponent[part] * log_alpha - (s + 1) * log_beta
            highest = log.max(axis=0)
            held = weight[:, None] * np.exp(log - highest)
            sums = held.sum(axis=0)
            with np.errstate(divide="ignore"):
                out[0][part] = highest + np.log(sums) + np.log(width[part] / 2)
            out[1][part] = (held * log_alpha).sum(axis=0) / sums
            out[2][part] = (held * log_beta).sum(axis=0) / sums
            out[3][part] = (held / from_alpha).sum(axis=0) / sums
            out[4][part] = (held / from_beta).sum(axis=0) / sums
    return Left(*out)
