"""How likely it is that several things agree by chance, and how many pairs that would give."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

MOST_EXACT = 16


def chance(single: Sequence[float], agreeing: Sequence[bool]) -> float:
    """Return how likely it is that what agrees is at least as unlikely as this.

    Parameters
    ----------
    single : sequence of float
        For each question that could agree, how likely that is by chance (0 to 1).
    agreeing : sequence of bool
        Which do.

    Returns
    -------
    float
        The sum of the chances of all outcomes whose agreeing questions are together no more likely
        than those that agree here. Of more than 16 questions, a bound on it.

    Notes
    -----
    The questions are taken to agree independently of each other.

    Examples
    --------
    >>> round(chance([0.1, 0.1], [True, True]), 6)
    0.01
    >>> round(chance([0.1, 0.1, 0.1], [True, True, False]), 6)
    0.028
    """
    each = np.clip(np.asarray(single, float), 0.0, 1.0)
    seen = float(np.prod(each[np.asarray(agreeing, bool)]))
    if len(each) > MOST_EXACT:
        return float(min(1.0, seen * 2.0 ** len(each)))
    together, outcome = np.ones(1), np.ones(1)
    for p in each:
        together = np.concatenate([together, together * p])
        outcome = np.concatenate([outcome * (1 - p), outcome * p])
    return float(min(1.0, outcome[together <= seen * (1 + 1e-9)].sum()))


def tied(pairs: int, of: int) -> float:
    """Return the chance that two chosen at random agree, never 0: one more pair is counted.

    Examples
    --------
    >>> tied(0, 19_900) < 1e-4, tied(10, 10)
    (True, 1.0)
    """
    return (pairs + 1) / (of + 1)
