"""Which segment is worth going for: criteria, weights, and how much hangs on the weights."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
import pandas as pd

from whobuys.segment import weighted_score
from whobuys.segment._lines import first_few, require_columns
from whobuys.segment._scores import Scale, moved_share, normalised, scaled_factors


def attractiveness(
    criteria: pd.DataFrame,
    weights: Mapping[str, float],
    *,
    strength: Mapping[str, float] | None = None,
    reverse: Iterable[str] = (),
    scale: Scale = "range",
    segment: str = "segment",
) -> pd.DataFrame:
    """Score the segments on weighted criteria: how attractive each is, and how strong we are there.

    Parameters
    ----------
    criteria : DataFrame
        One row a segment, one column a criterion (size, growth, profit, reach, ...).
    weights : mapping of str to float
        Criteria of the segment's attractiveness and how much each counts.
    strength : mapping of str to float, optional
        Criteria of our own strength there and their weights.
    reverse : iterable of str
        Criteria in which less is better, such as the number of rivals.
    scale : {"range", "rank", "z", None}
        How the criteria are made comparable; see `whobuys.segment.weighted_score`. With None give
        scores on one common scale.
    segment : str
        Column of the segments' names, unique.

    Returns
    -------
    DataFrame
        One row a segment, the best first: the segment, ``attractiveness``, ``rank``, a column
        ``<criterion>_part`` each; with `strength` also ``strength``, ``priority`` (attractiveness
        × strength) and ``priority_rank``.

    Raises
    ------
    ValueError
        A segment stands twice, or see `whobuys.segment.weighted_score`.

    Notes
    -----
    The two axes are those of the directional policy and General Electric matrices (Robinson,
    Hichens and Wade, 1978). With "range" the scores depend on which segments are in the table:
    adding one can change the order of two others. See `attractiveness_sensitivity`.

    Examples
    --------
    >>> import pandas as pd
    >>> segments = pd.DataFrame({"segment": ["loyals", "givers"], "profit": [90.0, 40.0],
    ...                          "rivals": [4, 1], "share": [0.2, 0.1]})
    >>> attractiveness(segments, {"profit": 3, "rivals": 1}, strength={"share": 1},
    ...                reverse=["rivals"])[["segment", "attractiveness", "rank", "priority"]]
      segment  attractiveness  rank  priority
    0  loyals            0.75     1      0.75
    1  givers            0.25     2      0.00
    """
    _names(criteria, segment)
    turned = [reverse] if isinstance(reverse, str) else list(reverse)
    scores = weighted_score(
        criteria, weights, scale=scale, reverse=[r for r in turned if r in weights],
        customer=segment,
    )  # fmt: skip
    used = set(weights) | set(strength or {})
    if lost := [name for name in turned if name not in used]:
        raise ValueError(f"reverse names {first_few(lost)}, which has no weight.")
    parts = [column for column in scores.columns if column.endswith("_part")]
    result = pd.DataFrame({segment: criteria[segment]})
    result["attractiveness"], result["rank"] = scores["score"], scores["rank"]
    result[parts] = scores[parts]
    if strength is not None:
        own = weighted_score(
            criteria, strength, scale=scale, reverse=[r for r in turned if r in strength],
            customer=segment,
        )  # fmt: skip
        result["strength"] = own["score"]
        result["priority"] = result["attractiveness"] * result["strength"]
        result["priority_rank"] = result["priority"].rank(ascending=False, method="min").astype(int)
    result = result.sort_values("rank", kind="stable").reset_index(drop=True)
    result.attrs["weights"] = scores.attrs["weights"]
    return result


def attractiveness_sensitivity(
    criteria: pd.DataFrame,
    weights: Mapping[str, float],
    *,
    change: float = 0.1,
    draws: int = 2000,
    seed: int = 0,
    reverse: Iterable[str] = (),
    scale: Scale = "range",
    segment: str = "segment",
) -> pd.DataFrame:
    """Move the weights and see how each segment's score and rank move.

    Parameters
    ----------
    criteria, weights, reverse, scale, segment
        As for `attractiveness`.
    change : float
        How far each weight is moved up and down, one at a time, as a share of all weights; the
        others give or take in proportion.
    draws : int
        How many sets of weights are drawn, all sets being equally likely.
    seed : int
        Seed of the draws.

    Returns
    -------
    DataFrame
        One row a segment, the best first: the segment, ``attractiveness``, ``rank``; ``low`` and
        ``high``, the scores reached when one weight is moved; ``best_rank`` and ``worst_rank``;
        ``first_share``, the share of drawn weights with which it comes first.

    Raises
    ------
    ValueError
        There is one criterion only, `change` is not between 0 and 1, `draws` is below 1, or see
        `attractiveness`.

    Notes
    -----
    One at a time, and all weights at once: the latter is the first-rank acceptability index of
    stochastic multicriteria analysis (Lahdelma, Hokkanen and Salminen, 1998) with weights uniform
    on the simplex. A ``first_share`` near 1 says: whatever we think of the weights, it is this one.

    Examples
    --------
    >>> import pandas as pd
    >>> segments = pd.DataFrame({"segment": ["A", "B"], "profit": [9.0, 4.0], "growth": [1.0, 2.0]})
    >>> moved = attractiveness_sensitivity(segments, {"profit": 2, "growth": 1}, change=0.2)
    >>> moved.round(2)[["segment", "attractiveness", "low", "high", "best_rank", "worst_rank"]]
      segment  attractiveness   low  high  best_rank  worst_rank
    0       A            0.67  0.47  0.87          1           2
    1       B            0.33  0.13  0.53          1           2
    """
    names = _names(criteria, segment)
    used = normalised(criteria, weights)
    if len(used) < 2:
        raise ValueError("weights has one criterion only; with one the order cannot change.")
    if not 0 < change < 1:
        raise ValueError(f"change must be a share between 0 and 1, not {change!r}.")
    if isinstance(draws, bool) or draws < 1:
        raise ValueError(f"draws must be 1 or more, not {draws!r}.")
    scaled = scaled_factors(criteria, used, scale, reverse)
    values = np.column_stack([scaled[name] for name in used])
    here = np.array(list(used.values()))
    tried = []
    for place, weight in enumerate(here):
        for step in (-change, change):
            to = min(max(weight + step, 0.0), 1.0)
            rest = [moved_share(float(w), 1 - float(weight), len(here)) * (1 - to) for w in here]
            rest[place] = to
            tried.append(rest)
    moved = np.round(values @ np.array([here.tolist(), *tried]).T, 12)
    drawn = np.random.default_rng(seed).dirichlet(np.ones(len(here)), draws)
    any_weights = np.round(values @ drawn.T, 12)
    first = any_weights == any_weights.max(axis=0)
    ranks = np.array([pd.Series(-column).rank(method="min") for column in moved.T]).astype(int)
    result = pd.DataFrame(
        {
            segment: names,
            "attractiveness": moved[:, 0],
            "rank": ranks[0],
            "low": moved.min(axis=1),
            "high": moved.max(axis=1),
            "best_rank": ranks.min(axis=0),
            "worst_rank": ranks.max(axis=0),
            "first_share": (first / first.sum(axis=0)).mean(axis=1),
        }
    )
    return result.sort_values("rank", kind="stable").reset_index(drop=True)


def _names(criteria: pd.DataFrame, segment: str) -> list[object]:
    require_columns(criteria, {"segment": segment}, table="criteria")
    twice = criteria[segment].duplicated()
    if twice.any():
        raise ValueError(
            f'Column "{segment}" of criteria holds {first_few(criteria.loc[twice, segment])} more '
            "than once. One row a segment."
        )
    return criteria[segment].tolist()
