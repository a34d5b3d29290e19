"""From numbers to what stands in a table: ids, texts, dates, mixes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from ._company import Company
from ._latent import Floats, Whole, choose_by_segment
from ._sections import Lognormal

Texts = NDArray[np.object_]
T = TypeVar("T")

DATES = "datetime64[us]"


def given(value: T | None) -> T:
    """Return a value that the description is known to hold."""
    if value is None:
        raise TypeError("The description lacks a part this table is drawn from.")
    return value


def mixes(shares: Sequence[Mapping[str, float]], names: Sequence[str]) -> Floats:
    """Return the shares as an array: one row a segment, one column a name."""
    return np.array([[mix.get(name, 0.0) for name in names] for mix in shares])


def ids(letter: str, digits: int, size: int) -> Texts:
    """Return ids counted from 1, all of one width."""
    wide = max(digits, len(str(size)))
    return texts([f"{letter}{number:0{wide}d}" for number in range(1, size + 1)])


def texts(words: Sequence[str]) -> Texts:
    """Return texts as an array that may be indexed by an array."""
    held = np.empty(len(words), dtype=object)
    held[:] = words
    return held


def dates(company: Company, day: Whole) -> NDArray[np.datetime64]:
    """Return the dates of days counted from the window's first day."""
    first = np.datetime64(company.window.start, "D")
    return (first + day.astype("timedelta64[D]")).astype(DATES)


def choose_names(
    rng: np.random.Generator,
    shares: Sequence[Mapping[str, float]],
    names: Sequence[str],
    group: Whole,
) -> Texts:
    """Choose a name for each entry of ``group`` (a position in ``shares``)."""
    return texts(names)[choose_by_segment(rng, mixes(shares, names), group)]


def lognormal(rng: np.random.Generator, described: Sequence[Lognormal], group: Whole) -> Floats:
    """Draw a lognormal amount for each entry of ``group``."""
    typical = np.array([each.typical for each in described])[group]
    spread = np.array([each.spread for each in described])[group]
    return np.asarray(typical * np.exp(spread * rng.standard_normal(len(group))))


def lognormal_mean(described: Lognormal) -> float:
    """Return the exact mean of a lognormal amount."""
    return float(described.typical * np.exp(described.spread**2 / 2))


def rated(draw: Floats, low: int, high: int) -> Whole:
    """Round a draw to a scale from ``low`` to ``high``."""
    return np.clip(np.rint(draw), low, high).astype(np.int64)


def rated_shares(mean: float, deviation: float, low: int, high: int) -> Floats:
    """Return the exact shares of the points of a scale that a rounded normal draw takes."""
    from scipy.special import ndtr

    cuts = np.arange(low, high) + 0.5
    below = np.concatenate([[0.0], ndtr((cuts - mean) / deviation), [1.0]])
    return np.asarray(np.diff(below))


def rated_mean(mean: float, deviation: float, low: int, high: int) -> float:
    """Return the exact mean of a rounded normal draw on a scale."""
    return float(rated_shares(mean, deviation, low, high) @ np.arange(low, high + 1))
