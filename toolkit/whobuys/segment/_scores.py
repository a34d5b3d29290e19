"""One score from several factors, with the weights in the open."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Literal, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from whobuys.segment._lines import counted, first_few, numbers, require_columns

Scale: TypeAlias = Literal["range", "rank", "z"] | None
SCALES = ("range", "rank", "z")


def weighted_score(
    table: pd.DataFrame,
    weights: Mapping[str, float],
    *,
    scale: Scale = "range",
    reverse: Iterable[str] = (),
    customer: str = "customer_id",
) -> pd.DataFrame:
    """Add several factors up to one score, each with its weight.

    Parameters
    ----------
    table : DataFrame
        One row a customer.
    weights : mapping of str to float
        The columns to use and how much each counts, zero or more. They are divided by their sum, so
        2 and 1 are the same as two thirds and one third.
    scale : {"range", "rank", "z", None}
        How to make the factors comparable. "range": from 0 (lowest) to 1 (highest). "rank": from 0
        to 1 by rank, equals share the middle one. "z": standard deviations from the mean. None:
        they are comparable already, such as scores from 1 to 5.
    reverse : iterable of str
        Columns in which less is better, such as days of silence.
    customer : str
        Column of the customers' ids, kept if it is there.

    Returns
    -------
    DataFrame
        With the index of `table`: the customer, ``<column>_part`` for each factor (what it adds to
        the score), ``score``, and ``rank`` (1 is the highest score; equals share the best rank).
        ``attrs["weights"]`` holds the weights as used, which add up to 1.

    Raises
    ------
    ValueError
        A column is unknown, holds no numbers, or has missing values; a weight is negative or all
        are zero; a factor does not vary; `reverse` names a column without a weight or is used
        without a scale.

    Notes
    -----
    The simple additive weighting of multi-attribute decision making (Hwang and Yoon, 1981). The
    weights are a judgement: state them, and see with `weight_sensitivity` how much hangs on them.
    By "range" one giant customer presses all others together near 0; by "rank" the distances are
    lost.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({"customer_id": ["A", "B", "C"], "margin": [100.0, 40.0, 0.0],
    ...                       "days_silent": [300, 10, 20]})
    >>> scores = weighted_score(table, {"margin": 2, "days_silent": 1}, reverse=["days_silent"])
    >>> scores.round(2)
      customer_id  margin_part  days_silent_part  score  rank
    0           A         0.67              0.00   0.67     1
    1           B         0.27              0.33   0.60     2
    2           C         0.00              0.32   0.32     3
    """
    used = normalised(table, weights)
    scaled = scaled_factors(table, used, scale, reverse)
    parts = {f"{name}_part": used[name] * scaled[name] for name in used}
    result = pd.DataFrame(parts, index=table.index)
    result["score"] = np.round(np.sum(list(parts.values()), axis=0), 12)
    result["rank"] = result["score"].rank(ascending=False, method="min").astype(int)
    if customer in table.columns and customer not in used:
        result.insert(0, customer, table[customer])
    result.attrs["weights"] = used
    return result


def weight_sensitivity(
    table: pd.DataFrame,
    weights: Mapping[str, float],
    *,
    top: int,
    change: float = 0.1,
    scale: Scale = "range",
    reverse: Iterable[str] = (),
) -> pd.DataFrame:
    """Move each weight up and down and see who stays on the top list.

    Parameters
    ----------
    table, weights, scale, reverse
        As for `weighted_score`.
    top : int
        Length of the list that hangs on the score. Of equal scores at its end the first row of
        the table is taken.
    change : float
        How far a weight is moved, as a share of all weights; the others give or take in proportion.

    Returns
    -------
    DataFrame
        Two rows a factor: ``factor``, ``weight`` (as given, of 1), ``moved_to``, ``kept`` (share of
        the top list that is still on it), ``changed`` (names exchanged).

    Raises
    ------
    ValueError
        `top` is not from 1 to the number of customers, `change` is not between 0 and 1, there is
        one factor only, or see `weighted_score`.

    Notes
    -----
    One weight at a time (Saltelli and others, 2008, warn that this misses joint changes). Where
    ``moved_to`` would leave the range from 0 to 1 it stops at its end.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({"margin": [9.0, 8.0, 3.0, 0.0], "visits": [0, 3, 9, 8]})
    >>> weight_sensitivity(table, {"margin": 1, "visits": 1}, top=1, change=0.25)
       factor  weight  moved_to  kept  changed
    0  margin     0.5      0.25   1.0        0
    1  margin     0.5      0.75   0.0        1
    2  visits     0.5      0.25   0.0        1
    3  visits     0.5      0.75   1.0        0
    """
    used = normalised(table, weights)
    if len(used) < 2:
        raise ValueError("weights has one factor only; with one the order cannot change.")
    if isinstance(top, bool) or not 1 <= top <= len(table):
        raise ValueError(f"top must be from 1 to {len(table):,}, the customers, not {top!r}.")
    if not 0 < change < 1:
        raise ValueError(f"change must be a share between 0 and 1, not {change!r}.")
    reverse = list(reverse)
    scaled = scaled_factors(table, used, scale, reverse)

    def best(now: Mapping[str, float]) -> set[int]:
        score = np.round(sum(now[name] * scaled[name] for name in now), 12)
        return set(np.argsort(-np.asarray(score), kind="stable")[:top].tolist())

    before = best(used)
    rows = []
    for name in used:
        for step in (-change, change):
            to = min(max(used[name] + step, 0.0), 1.0)
            rest = 1 - used[name]
            now = {
                other: to if other == name else moved_share(weight, rest, len(used)) * (1 - to)
                for other, weight in used.items()
            }
            kept = len(before & best(now))
            rows.append((name, used[name], to, kept / top, top - kept))
    return pd.DataFrame(rows, columns=["factor", "weight", "moved_to", "kept", "changed"])


def moved_share(weight: float, rest: float, factors: int) -> float:
    """Return a weight's share of the others'; equal shares where the others have none."""
    return weight / rest if rest > 0 else 1 / (factors - 1)


def normalised(table: pd.DataFrame, weights: Mapping[str, float]) -> dict[str, float]:
    if not isinstance(weights, Mapping) or not weights:
        raise ValueError('weights must name columns, such as {"margin": 2, "orders": 1}.')
    require_columns(table, {name: name for name in weights}, table="table")
    if table.empty:
        raise ValueError("table has no rows, so there is nothing to score.")
    for name, weight in weights.items():
        is_number = isinstance(weight, int | float | np.number) and not isinstance(weight, bool)
        if not is_number or not math.isfinite(weight) or weight < 0:
            raise ValueError(
                f'The weight of "{name}" must be a number from 0 up, not {weight!r}. Where less is '
                f'better, use reverse=["{name}"].'
            )
    total = float(sum(weights.values()))
    if total == 0:
        raise ValueError("All weights are zero, so nothing counts. Give at least one above zero.")
    return {name: float(weight) / total for name, weight in weights.items()}


def scaled_factors(
    table: pd.DataFrame, names: Iterable[str], scale: Scale, reverse: Iterable[str]
) -> dict[str, NDArray[np.float64]]:
    names, turned = list(names), [reverse] if isinstance(reverse, str) else list(reverse)
    if scale is not None and scale not in SCALES:
        raise ValueError(f"scale must be one of {', '.join(SCALES)} or None, not {scale!r}.")
    if lost := [name for name in turned if name not in names]:
        raise ValueError(f"reverse names {first_few(lost)}, which has no weight.")
    if turned and scale is None:
        raise ValueError("reverse needs a scale: without one there is no other end to turn to.")
    gone = {name: int(table[name].isna().sum()) for name in names}
    if any(gone.values()):
        said = ", ".join(f"{name} ({counted(n, 'row')})" for name, n in gone.items() if n)
        raise ValueError(
            f"There are missing values in {said} of {len(table):,}. A missing value is not a zero: "
            "leave these customers out, or find the values."
        )
    scaled = {}
    for name in names:
        values = numbers(table[name], name=name, table="table")
        low, high = values.min(), values.max()
        if scale is not None and low == high:
            raise ValueError(f'"{name}" is {low:g} for everybody and cannot set anybody apart.')
        if scale == "range":
            values = (values - low) / (high - low)
        elif scale == "rank":
            values = (pd.Series(values).rank().to_numpy() - 1) / (len(values) - 1)
        elif scale == "z":
            values = (values - values.mean()) / values.std()
        if name in turned:
            values = -values if scale == "z" else 1 - values
        scaled[name] = values
    return scaled
