"""Is a forecast of who buys any good: said against done, group by group."""

from __future__ import annotations

from statistics import NormalDist
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import rankdata

from whobuys.value._values import amounts, same_index, share


def lift_table(
    chance: pd.Series, bought: Any, *, groups: int = 10, level: float = 0.95
) -> pd.DataFrame:
    """Compare foretold chances with what came, from the likeliest customers to the least likely.

    Parameters
    ----------
    chance : Series
        Foretold chance to buy, 0 to 1, one a customer, from a model that has not seen the outcome.
    bought : Series or array-like of bool
        Who bought; a Series must have the index of `chance`.
    groups : int
        Into how many groups of about equal size the customers are ranked; fewer when many share
        one chance, for equal chances stay together.
    level : float
        Of the interval of the rate, between 0 and 1.

    Returns
    -------
    DataFrame
        One row a group, likeliest first: ``group`` (from 1), ``customers``, ``expected`` (mean
        chance), ``bought`` (how many), ``rate`` (share) with ``low`` and ``high``, ``lift`` (rate
        over the rate of all), ``share_of_customers`` and ``share_of_buyers`` (so far). ``attrs``
        holds ``auc`` (chance that a buyer ranks above somebody who did not buy; 0.5 is no better
        than by lot), ``brier`` (mean squared error, smaller is better), ``expected`` and ``rate``
        of all.

    Raises
    ------
    ValueError
        A chance is not from 0 to 1, nobody or everybody bought, or the two do not fit.

    Notes
    -----
    A model is calibrated when ``expected`` lies between ``low`` and ``high`` in most groups, and
    useful when the first groups have a lift well above 1: the one does not follow from the other.
    Interval: Wilson (1927). Brier (1950), "Verification of forecasts expressed in terms of
    probability", Monthly Weather Review 78.

    Examples
    --------
    >>> import pandas as pd
    >>> chance = pd.Series([0.9, 0.8, 0.4, 0.3, 0.2, 0.1])
    >>> found = lift_table(chance, [True, True, False, True, False, False], groups=3)
    >>> found[["customers", "expected", "bought", "lift", "share_of_buyers"]].round(2)
       customers  expected  bought  lift  share_of_buyers
    0          2      0.85       2   2.0             0.67
    1          2      0.35       1   1.0             1.00
    2          2      0.15       0   0.0             1.00
    >>> round(found.attrs["auc"], 3)
    0.889
    """
    foretold = amounts(chance, "chance")
    if (foretold < 0).any() or (foretold > 1).any():
        raise ValueError("chance must be from 0 to 1. Points are no chances: use probability().")
    share(level, "level", one=False)
    if groups != int(groups) or groups < 2:
        raise ValueError(f"groups must be a whole number of at least 2, not {groups}.")
    if isinstance(bought, pd.Series):
        same_index({"bought": bought, "chance": foretold})
    came = np.asarray(bought)
    if came.shape != (len(foretold),) or not np.isin(came, [0, 1]).all():
        raise ValueError("bought must be True or False for every customer of chance.")
    came = came.astype(float)
    total, size = came.sum(), len(came)
    if total in (0, size):
        raise ValueError("Nobody or everybody bought, so no ranking can be judged.")
    values = foretold.to_numpy()
    place = rankdata(-values, method="average")
    cell = np.minimum(((place - 0.5) * groups / size).astype(int), groups - 1)
    frame = pd.DataFrame({"cell": cell, "chance": values, "came": came})
    by = frame.groupby("cell", sort=True)
    count, hits = by.size().to_numpy(), by["came"].sum().to_numpy()
    rate = hits / count
    z = NormalDist().inv_cdf((1 + level) / 2)
    middle = (rate + z**2 / (2 * count)) / (1 + z**2 / count)
    reach = z * np.sqrt(rate * (1 - rate) / count + z**2 / (4 * count**2)) / (1 + z**2 / count)
    table = pd.DataFrame(
        {
            "group": np.arange(1, len(count) + 1),
            "customers": count,
            "expected": by["chance"].mean().to_numpy(),
            "bought": hits.astype(np.int64),
            "rate": rate,
            "low": np.maximum(middle - reach, 0.0),
            "high": np.minimum(middle + reach, 1.0),
            "lift": rate / (total / size),
            "share_of_customers": np.cumsum(count) / size,
            "share_of_buyers": np.cumsum(hits) / total,
        }
    )
    ranks = rankdata(values)
    wins = ranks[came == 1].sum() - total * (total + 1) / 2
    table.attrs = {
        "auc": float(wins / (total * (size - total))),
        "brier": float(np.mean((values - came) ** 2)),
        "expected": float(values.mean()),
        "rate": float(total / size),
    }
    return table
