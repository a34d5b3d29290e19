"""The one way all probability models are fitted: rows once each, a gradient, a checked maximum."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.optimize import minimize

Floats = NDArray[np.float64]
Likelihood = Callable[[Floats], tuple[float, Floats]]

EDGE = 14.0
GOOD_ENOUGH = 1e-7
TOO_WIDE = 10.0


class ConvergenceError(RuntimeError):
    """A model found no maximum of its likelihood; the message says why and what to do."""


@dataclass(frozen=True)
class Maximum:
    """Where the likelihood is highest: logarithms of the parameters and their covariance."""

    log_parameters: Floats
    loglik: float
    covariance: Floats
    evaluations: int


def unique_rows(
    columns: Mapping[str, Floats], weight: Floats
) -> tuple[dict[str, Floats], Floats, NDArray[np.int64]]:
    """Return every different row once, the sum of its weights, and where each row went."""
    code = np.zeros(len(weight), dtype=np.int64)
    size = 1
    for values in columns.values():
        part, found = pd.factorize(values)
        if size * len(found) > 2**62:
            code, left = pd.factorize(code)
            size = len(left)
        code, size = code * len(found) + part, size * len(found)
    place, kept = pd.factorize(code)
    first = np.empty(len(kept), dtype=np.int64)
    first[place[::-1]] = np.arange(len(code) - 1, -1, -1)
    rows = {name: np.asarray(values)[first] for name, values in columns.items()}
    total = np.bincount(place, weights=weight, minlength=len(kept)).astype(np.float64)
    return rows, total, place


def maximise(
    likelihood: Likelihood,
    names: Sequence[str],
    scale: Floats,
    starts: Sequence[Sequence[float]],
    weight: float,
    *,
    model: str,
    penalty: float = 0.0,
    pilot: Likelihood | None = None,
) -> Maximum:
    """Find the maximum of a likelihood over the logarithms of its positive parameters.

    Parameters
    ----------
    likelihood : callable
        Parameters to (log-likelihood, gradient).
    names : sequence of str
        The parameters' names, for the messages.
    scale : array
        What each parameter is measured in (1, or a typical time or amount).
    starts : sequence of sequences
        Where to start, in units of `scale`; the next is tried only where one fails.
    weight : float
        Number of customers.
    model : str
        The model's name, for the messages.
    penalty : float
        Weight of the squared logarithms (in units of `scale`) taken off the log-likelihood.
    pilot : callable, optional
        The likelihood of fewer rows that stand for all: where it is highest the search begins.
    """
    count = 0

    def objective(theta: Floats) -> tuple[float, Floats]:
        nonlocal count
        count += 1
        value = np.exp(theta) * scale
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            loglik, gradient = likelihood(value)
        slope = -(gradient * value) + 2 * penalty * theta
        total = -loglik + penalty * float(theta @ theta)
        if not (np.isfinite(total) and np.isfinite(slope).all()):
            return 1e12, np.zeros_like(theta)
        return total / weight, slope / weight

    reason = ""
    first = None
    if pilot is not None:
        try:
            near = maximise(
                pilot, names, scale, starts, weight, model=model, penalty=penalty, pilot=None
            )
        except ConvergenceError:
            pass
        else:
            bend = np.asarray(np.linalg.inv(near.covariance), dtype=np.float64)
            first = _settle(objective, near.log_parameters - np.log(scale), bend, weight)
    for start in [*([] if first is None else [first]), *starts]:
        if start is first:
            place = start
        else:
            place = minimize(
                objective,
                np.log(np.asarray(start, dtype=float)),
                jac=True,
                method="L-BFGS-B",
                bounds=[(-EDGE, EDGE)] * len(start),
                options={"maxiter": 500, "ftol": 1e-15, "gtol": 1e-8, "maxcor": 10},
            ).x
        theta, hessian, short = _polish(objective, place, weight)
        at_edge = [
            f"{name} runs {'up' if at > 0 else 'down to 0'}"
            for name, at in zip(names, theta, strict=True)
            if abs(at) > EDGE - 2.5
        ]
        if at_edge:
            reason = " and ".join(at_edge)
        elif short is None or _unknown(hessian):
            reason = "the likelihood is flat"
        elif short > GOOD_ENOUGH * max(1.0, weight * 1e-6):
            reason = f"the search stopped {short:.2g} below the maximum"
        else:
            loglik, _ = likelihood(np.exp(theta) * scale)
            covariance = np.asarray(np.linalg.inv(hessian), dtype=np.float64)
            return Maximum(theta + np.log(scale), loglik, covariance, count)
    who = "this 1 customer" if weight == 1 else f"these {weight:,.0f} customers"
    raise ConvergenceError(
        f"{model} has no maximum for {who}: {reason}. They tell too "
        "little about these parameters, or are too alike. Use more customers or a longer window, "
        f"or hold the estimates back a little: {model}(penalty=0.1)."
    )


def _settle(
    objective: Callable[[Floats], tuple[float, Floats]],
    theta: Floats,
    hessian: Floats,
    weight: float,
) -> Floats:
    """Go on from a place near the maximum by steps with a Hessian that is about right."""
    for _ in range(10):
        gradient = objective(theta)[1]
        step = np.linalg.solve(hessian, gradient * weight)
        if float(gradient @ step) * weight / 2 < GOOD_ENOUGH / 10 or np.abs(step).max() > 1:
            break
        theta = theta - step
    return theta


def _polish(
    objective: Callable[[Floats], tuple[float, Floats]], theta: Floats, weight: float
) -> tuple[Floats, Floats, float | None]:
    """Take Newton steps; return the place, the Hessian, and how far below the top it still is."""
    short: float | None = None
    hessian = np.zeros((len(theta), len(theta)))
    for _ in range(8):
        value, gradient = objective(theta)
        hessian = _hessian(objective, theta) * weight
        try:
            np.linalg.cholesky(hessian)
        except np.linalg.LinAlgError:
            return theta, hessian, None
        if np.linalg.cond(hessian) > 1e13:
            return theta, hessian, None
        step = np.linalg.solve(hessian, gradient * weight)
        short = float(gradient @ step) * weight / 2
        if short < GOOD_ENOUGH:
            break
        size = min(1.0, 2.0 / np.abs(step).max())
        while size > 1e-4 and objective(theta - size * step)[0] > value:
            size /= 2
        if size <= 1e-4:
            break
        theta = np.clip(theta - size * step, -EDGE, EDGE)
    return theta, hessian, short


def _unknown(hessian: Floats) -> bool:
    """Tell whether a parameter is known to no better than a factor of exp(2 * TOO_WIDE)."""
    return bool(np.sqrt(np.diag(np.linalg.inv(hessian)).max()) > TOO_WIDE)


def _hessian(objective: Callable[[Floats], tuple[float, Floats]], theta: Floats) -> Floats:
    step = 1e-4
    rows = []
    for i in range(len(theta)):
        move = np.zeros_like(theta)
        move[i] = step
        rows.append((objective(theta + move)[1] - objective(theta - move)[1]) / (2 * step))
    matrix = np.array(rows)
    return (matrix + matrix.T) / 2
