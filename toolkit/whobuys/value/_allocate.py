"""Spread money over customers under limits."""

from __future__ import annotations

import numpy as np
import pandas as pd

from whobuys.segment._lines import numbers, require_columns


def allocate_budget(
    groups: pd.DataFrame,
    budget: float,
    *,
    ceiling: str = "ceiling",
    response: str = "response",
    minimum: str | None = None,
    maximum: str | None = None,
) -> pd.DataFrame:
    """Spread a budget so that the last unit of money brings the same everywhere.

    Parameters
    ----------
    groups : DataFrame
        One row a customer or group: `ceiling`, the value it would bring at most; `response`, how
        fast it responds (of what is left to win, this share a unit of money, continuously); and
        the limits.
    budget : float
        Money to spend; all of it is spent if the maxima allow.
    ceiling, response : str
        Column names.
    minimum, maximum : str, optional
        Columns with the least and the most to spend on each row.

    Returns
    -------
    DataFrame
        `groups` with ``spend``, ``value`` (ceiling × (1 − exp(−response × spend))) and
        ``next_unit``, what one more unit of money would bring there.

    Raises
    ------
    ValueError
        A column is missing, a number is impossible, or the minima cost more than the budget.

    Notes
    -----
    With falling returns the best plan has equal marginal value wherever the limits do not bind
    (Gossen, 1854). The response curve is Lodish's (1971), CALLPLAN, Management Science 18(4), in
    its simplest form. The ceilings and responses are judgements: vary them with
    `sensitivity_table`.

    Examples
    --------
    >>> import pandas as pd
    >>> groups = pd.DataFrame({"ceiling": [1000.0, 1000.0], "response": [0.01, 0.02]})
    >>> allocate_budget(groups, 200.0)["spend"].round(1).tolist()
    [110.2, 89.8]
    """
    wanted = {"ceiling": ceiling, "response": response}
    wanted |= {k: v for k, v in {"minimum": minimum, "maximum": maximum}.items() if v is not None}
    require_columns(groups, wanted, "groups")
    if groups.empty:
        raise ValueError("groups has no rows, so there is nobody to spend on.")
    if not 0 <= budget < np.inf:
        raise ValueError(f"budget must be 0 or more, not {budget}.")
    most, fast = (numbers(groups[name], name=name, table="groups") for name in (ceiling, response))
    if (most < 0).any() or (fast <= 0).any():
        raise ValueError(f'"{ceiling}" must be 0 or more and "{response}" above 0 in every row.')
    low, high = np.zeros(len(groups)), np.full(len(groups), np.inf)
    if minimum is not None:
        low = numbers(groups[minimum], name=minimum, table="groups")
    if maximum is not None:
        high = numbers(groups[maximum], name=maximum, table="groups")
    if (low < 0).any() or (low > high).any():
        raise ValueError("The least to spend must be 0 or more and no higher than the most.")
    if low.sum() > budget + 1e-9:
        raise ValueError(f"The minima add up to {low.sum():,.2f}, more than {budget:,.2f}.")

    def spend_at(price: float) -> np.ndarray:
        with np.errstate(divide="ignore"):
            wish = np.log(np.where(most > 0, most * fast, 1e-300) / price) / fast
        return np.clip(wish, low, high)

    if high.sum() <= budget:
        spend = high
    else:
        dear, cheap = float((most * fast).max(initial=0.0)) + 1e-12, 1e-290
        for _ in range(2000):
            middle = float(np.sqrt(dear) * np.sqrt(cheap))
            if spend_at(middle).sum() > budget:
                cheap = middle
            else:
                dear = middle
            if dear / cheap < 1 + 1e-14:
                break
        spend = spend_at(dear)
        room = (spend < high) & (most > 0)
        rest = budget - spend.sum()
        if rest > 0 and room.any():
            spend = spend + np.where(room, rest * (1 / fast) / (1 / fast[room]).sum(), 0.0)
    left = np.exp(-fast * spend)
    return groups.assign(spend=spend, value=most * (1 - left), next_unit=most * fast * left)
