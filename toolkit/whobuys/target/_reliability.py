"""Whether the items of a scale go together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from whobuys.segment._lines import require_columns


@dataclass(frozen=True, eq=False)
class Reliability:
    """Cronbach's alpha with its interval. Made by `cronbach_alpha`.

    Attributes
    ----------
    alpha, low, high : float
        The coefficient and its interval.
    level : float
        Level of the interval.
    answers : int
        Respondents with all items answered.
    items : DataFrame
        One row an item: ``item``, ``mean``, ``sd``, ``rest_correlation`` (with the sum of the
        others), ``alpha_without``.
    """

    alpha: float
    low: float
    high: float
    level: float
    answers: int
    items: pd.DataFrame


def cronbach_alpha(
    answers: pd.DataFrame, items: Sequence[str], *, level: float = 0.95
) -> Reliability:
    """Return Cronbach's alpha of a set of items, with an exact interval and item by item.

    Parameters
    ----------
    answers : DataFrame
        One row a respondent.
    items : sequence of str
        Columns of the items, all keyed the same way: turn a reversed one first (6 − rating).
    level : float
        Level of the interval.

    Returns
    -------
    Reliability
        Only respondents who answered every item count.

    Raises
    ------
    ValueError
        There are fewer than two items or three respondents, or an item does not vary at all.

    Notes
    -----
    Cronbach (1951); interval of Feldt (1965), exact for normal scores. A high alpha is no proof
    that the items measure *one* thing, and it grows with their number. Below 0.7 group means may
    still be compared; a single person's score should not be.

    Examples
    --------
    >>> import pandas as pd
    >>> rated = pd.DataFrame({"fair": [1, 2, 3, 4, 5], "cheap": [1, 2, 3, 5, 4],
    ...                       "worth": [2, 1, 3, 4, 5]})
    >>> found = cronbach_alpha(rated, ["fair", "cheap", "worth"])
    >>> round(found.alpha, 3), round(found.low, 2), round(found.high, 2)
    (0.951, 0.75, 0.99)
    """
    names = list(items)
    require_columns(answers, {name: name for name in names}, table="answers", rows=True)
    if len(names) < 2 or len(set(names)) < len(names):
        raise ValueError("items must name two or more different columns.")
    if not 0 < level < 1:
        raise ValueError(f"level must be between 0 and 1, not {level!r}.")
    table = answers[names].astype(float).dropna()
    if len(table) < 3:
        raise ValueError(
            f"Only {len(table)} of {len(answers):,} respondents answered every item; three are "
            "the least."
        )
    values = table.to_numpy()
    if flat := [n for n, sd in zip(names, values.std(axis=0), strict=True) if sd == 0]:
        raise ValueError(f'Everybody gave the same answer to "{flat[0]}". Leave that item out.')
    people, count = values.shape
    alpha = _alpha(values)
    if not np.isfinite(alpha):
        raise ValueError("The sum of the items does not vary: is one of them reversed?")
    freedom, tail = (people - 1, (people - 1) * (count - 1)), (1 - level) / 2
    from scipy.stats import f as f_distribution  # a second; few lines need it

    low, high = (1 - (1 - alpha) * f_distribution.ppf([1 - tail, tail], *freedom)).tolist()
    rows = []
    for place, name in enumerate(names):
        others = np.delete(values, place, axis=1)
        rest = np.corrcoef(values[:, place], others.sum(axis=1))[0, 1]
        without = _alpha(others) if count > 2 else np.nan
        rows.append((name, values[:, place].mean(), values[:, place].std(ddof=1), rest, without))
    columns = ["item", "mean", "sd", "rest_correlation", "alpha_without"]
    return Reliability(float(alpha), low, high, level, people, pd.DataFrame(rows, columns=columns))


def _alpha(values: np.ndarray) -> float:
    count = values.shape[1]
    total = float(values.sum(axis=1).var(ddof=1))
    if total == 0:
        return float("nan")
    return count / (count - 1) * (1 - float(values.var(axis=0, ddof=1).sum()) / total)
