"""Closed forms of the purchase process (BG/NBD)."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from ._draw import Draft
from ._latent import DAYS_A_WEEK, Floats
from ._season import Clock


def p_alive(
    r: ArrayLike, alpha_weeks: ArrayLike, a: ArrayLike, b: ArrayLike, days: ArrayLike
) -> Floats:
    """Return the BG/NBD chance to be alive so many days after the first order."""
    from scipy.special import hyp2f1

    r, alpha, a, b = (np.asarray(value, dtype=float) for value in (r, alpha_weeks, a, b))
    weeks = np.asarray(days, dtype=float) / DAYS_A_WEEK
    return np.asarray(hyp2f1(r, a, a + b, -weeks / alpha))


def p_alive_given(draft: Draft) -> Floats:
    """Return the chance to be alive given repeats, recency and the segment's parameters."""
    latent, clock = draft.latent, Clock(draft.company)
    r, alpha, a, b = parameters(draft)[latent.segment].T
    repeats = latent.repeats
    recency, whole = seasoned(draft, clock)
    odds = (a / (b + np.maximum(repeats, 1) - 1)) * np.exp(
        (r + repeats) * np.log((alpha + whole) / (alpha + recency))
    )
    return np.where(repeats > 0, 1 / (1 + odds), 1.0)


def parameters(draft: Draft) -> Floats:
    """Return r, alpha, a, b: one row a segment."""
    return np.array(
        [list(segment.purchases.model_dump().values()) for segment in draft.company.segments]
    )


def seasoned(draft: Draft, clock: Clock) -> tuple[Floats, Floats]:
    """Return weeks of season time from joining to the last order, and to the window's end."""
    latent = draft.latent
    last = latent.joined.copy()
    np.maximum.at(last, draft.orders.customer, draft.orders.day)
    recency = clock.at[last] - clock.at[latent.joined]
    return recency / DAYS_A_WEEK, latent.passed / DAYS_A_WEEK


def expected_repeats(
    r: ArrayLike, alpha_weeks: ArrayLike, a: ArrayLike, b: ArrayLike, days: ArrayLike
) -> Floats:
    """Return the BG/NBD mean number of orders after the first (Fader, Hardie and Lee, 2005)."""
    from scipy.special import hyp2f1

    r, alpha, a, b = (np.asarray(value, dtype=float) for value in (r, alpha_weeks, a, b))
    weeks = np.asarray(days, dtype=float) / DAYS_A_WEEK
    if (weeks < 0).any():
        raise ValueError("days: must be 0 or more.")
    passed = weeks / (alpha + weeks)
    still = (alpha / (alpha + weeks)) ** r * hyp2f1(r, b, a + b - 1, passed)
    return np.asarray((a + b - 1) / (a - 1) * (1 - still))
