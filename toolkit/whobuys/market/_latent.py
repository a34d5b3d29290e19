"""What stands behind the tables: segments, rates, and who has left. Never written to a file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ._company import Company
from ._season import Clock
from ._streams import Streams

Floats = NDArray[np.float64]
Whole = NDArray[np.int64]
Flags = NDArray[np.bool_]

SMALLEST_SEGMENT = 0.05
ATTEMPTS = 1000
DAYS_A_WEEK = 7.0


@dataclass(frozen=True)
class Latent:
    """One entry a customer, in the order of joining.

    ``segment`` counts from 0; ``joined`` counts days from the window's first day; ``observed`` is
    the number of days from joining to the window's last day, ``passed`` the same in season time;
    ``rate`` is orders a week; ``dropout``
    is the chance to leave after each order but the first; ``nu`` is the gamma-gamma rate, so that
    an order is worth p / nu on average; ``due`` orders would come after the first if nobody left,
    ``repeats`` do come.
    """

    segment: Whole
    joined: Whole
    observed: Whole
    passed: Floats
    buyer: Flags
    rate: Floats
    dropout: Floats
    nu: Floats
    due: Whole
    repeats: Whole
    alive: Flags


def fair_streams(company: Company, seed: int, first: int = 0) -> Streams:
    """Return the streams of the first attempt whose smallest segment is large enough."""
    parts = len(company.segments)
    if company.customers < parts:
        raise ValueError(
            f"customers: must be at least {parts} (one for each segment of {company.name}), "
            f"is {company.customers}."
        )
    for attempt in range(first, first + ATTEMPTS):
        streams = Streams(company.name, seed, attempt)
        counts = np.bincount(_draw_segments(company, streams), minlength=parts)
        if counts.min() >= SMALLEST_SEGMENT * company.customers:
            return streams
    smallest = min(company.segments, key=lambda segment: segment.share)
    raise ValueError(
        f"{company.name}: no fair case in {ATTEMPTS} attempts: the smallest segment must hold at "
        f"least {SMALLEST_SEGMENT:.0%} of the {company.customers} customers. Raise the share of "
        f"{smallest.name!r} (now {smallest.share:g}) or draw more customers."
    )


def draw_latent(company: Company, streams: Streams) -> Latent:
    """Draw the latent variables of every customer."""
    segment = _draw_segments(company, streams)
    joined = _draw_joined(company, segment, streams)
    order = np.argsort(joined, kind="stable")
    segment, joined = segment[order], joined[order]
    size = len(segment)

    purchases = [part.purchases for part in company.segments]
    r = np.array([each.r for each in purchases])[segment]
    alpha = np.array([each.alpha_weeks for each in purchases])[segment]
    a = np.array([each.a for each in purchases])[segment]
    b = np.array([each.b for each in purchases])[segment]
    q = np.array([part.spend.q for part in company.segments])[segment]
    gamma = np.array([part.spend.gamma for part in company.segments])[segment]

    buyer = streams("latent.prospects").random(size) >= company.prospects
    rate = streams("latent.rate").standard_gamma(r) / alpha
    dropout = np.clip(streams("latent.dropout").beta(a, b), 1e-9, 1.0)
    nu = streams("latent.spend").standard_gamma(q) / gamma

    observed = company.window.days - joined
    # In BG/NBD the orders fall due as a Poisson process; the customer leaves after one of them.
    passed = Clock(company).left(joined)
    due = streams("latent.due").poisson(rate * passed / DAYS_A_WEEK)
    last = streams("latent.last").geometric(dropout)
    return Latent(
        segment=segment,
        joined=joined,
        observed=observed,
        passed=passed,
        buyer=buyer,
        rate=rate,
        dropout=dropout,
        nu=nu,
        due=due,
        repeats=np.where(buyer, np.minimum(due, last), 0),
        alive=due < last,
    )


def choose(rng: np.random.Generator, weights: Sequence[float], size: int) -> Whole:
    """Choose positions in ``weights``, each as often as its weight says."""
    bounds = np.cumsum(np.asarray(weights, dtype=float))
    found = np.searchsorted(bounds, rng.random(size) * bounds[-1], side="right")
    return np.minimum(found, len(bounds) - 1)


def choose_by_segment(rng: np.random.Generator, mixes: Floats, segment: Whole) -> Whole:
    """Choose a column of ``mixes`` (one row a segment) for each entry of ``segment``."""
    bounds = np.cumsum(mixes, axis=1)
    draw = rng.random(len(segment)) * bounds[segment, -1]
    chosen = np.zeros(len(segment), dtype=np.int64)
    for column in range(mixes.shape[1] - 1):
        chosen += draw >= bounds[segment, column]
    return chosen


def _draw_segments(company: Company, streams: Streams) -> Whole:
    shares = [segment.share for segment in company.segments]
    return choose(streams("latent.segment"), shares, company.customers)


def _draw_joined(company: Company, segment: Whole, streams: Streams) -> Whole:
    """Draw the day of joining: a part of the window by weight, then a place in it."""
    rng = streams("latent.joined")
    part, place = rng.random(len(segment)), rng.random(len(segment))
    day = np.zeros(len(segment))
    for index, described in enumerate(company.segments):
        mine = segment == index
        bounds = np.cumsum(np.asarray(described.joining, dtype=float))
        chosen = np.searchsorted(bounds, part[mine] * bounds[-1], side="right")
        chosen = np.minimum(chosen, len(bounds) - 1)
        day[mine] = (chosen + place[mine]) / len(bounds) * (company.window.days + 1)
    return np.minimum(day.astype(np.int64), company.window.days)
