"""How good a relationship is, and what it is worth the effort."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
import pandas as pd

from whobuys.segment import weighted_score
from whobuys.segment._lines import numbers, require_columns
from whobuys.segment._scores import Scale

CELLS: dict[tuple[bool, bool], str] = {
    (True, True): "protect",
    (True, False): "repair",
    (False, True): "develop or keep cheap",
    (False, False): "light touch",
}


def relationship_score(
    accounts: pd.DataFrame,
    weights: Mapping[str, float],
    *,
    value: str | None = None,
    reverse: Iterable[str] = (),
    scale: Scale = "rank",
    strong: float = 60,
    weak: float = 40,
    valuable: float = 0.8,
    customer: str = "customer_id",
) -> pd.DataFrame:
    """Score the relationship with each customer and set it beside the customer's value.

    Parameters
    ----------
    accounts : DataFrame
        One row a customer.
    weights : mapping of str to float
        The indicators of the relationship (such as contacts, complaints settled, recommendations)
        and how much each counts.
    value : str, optional
        Column with what the customer is worth.
    reverse : iterable of str
        Indicators in which less is better.
    scale : {"rank", "range", "z", None}
        How the indicators are made comparable; see `whobuys.segment.weighted_score`. With None give
        indicators from 0 to 1.
    strong, weak : float
        From `strong` points on a relationship is "strong", below `weak` it is "weak", else "fair".
    valuable : float
        A customer is valuable if the customers worth at least as much bring, together, no more
        than this share of all value (the first customer always is).
    customer : str
        Column of ids.

    Returns
    -------
    DataFrame
        The customer, ``relationship`` (0 to 100 points; not bounded with scale "z"), ``band`` and,
        with `value`, that column, ``valuable`` and ``cell``: "protect" (valuable; fair or strong),
        "repair" (valuable, weak), "develop or keep cheap" (not valuable; fair or strong), "light
        touch" (neither).

    Raises
    ------
    ValueError
        `weak` is above `strong`, `valuable` is no share, no value is above zero, or see
        `whobuys.segment.weighted_score`.

    Notes
    -----
    A points sheet with open weights (simple additive weighting: Hwang and Yoon, 1981) beside value,
    in the manner of the customer portfolios of Fiocca (1982). The points compare the customers of
    one table with each other; they are no measure of trust.

    Examples
    --------
    >>> import pandas as pd
    >>> accounts = pd.DataFrame({"customer_id": ["A", "B", "C"], "contacts": [9, 1, 5],
    ...                          "complaints": [0, 4, 1], "profit": [500.0, 450.0, 50.0]})
    >>> relationship_score(accounts, {"contacts": 1, "complaints": 1}, value="profit",
    ...                    reverse=["complaints"], valuable=0.95)
      customer_id  relationship    band  profit  valuable                   cell
    0           A         100.0  strong   500.0      True                protect
    1           B           0.0    weak   450.0      True                 repair
    2           C          50.0    fair    50.0     False  develop or keep cheap
    """
    if weak > strong:
        raise ValueError(f"weak={weak:g} is above strong={strong:g}. Give weak <= strong.")
    if not 0 < valuable <= 1:
        raise ValueError(f"valuable must be a share above 0 and up to 1, not {valuable!r}.")
    scored = weighted_score(
        accounts, weights, scale=scale, reverse=list(reverse), customer=customer
    )
    points = 100 * scored["score"]
    table = pd.DataFrame(index=accounts.index)
    if customer in accounts.columns:
        table[customer] = accounts[customer]
    table["relationship"] = points
    table["band"] = np.select([points >= strong, points >= weak], ["strong", "fair"], "weak")
    if value is None:
        return table
    require_columns(accounts, {"value": value}, table="accounts")
    worth = pd.Series(numbers(accounts[value], name=value, table="accounts"), accounts.index)
    total = float(worth.clip(lower=0).sum())
    if total <= 0:
        raise ValueError(f'Column "{value}" of accounts has no value above zero.')
    down = worth.sort_values(ascending=False, kind="stable")
    reached = (down.clip(lower=0).cumsum() / total).groupby(down).transform("max")
    is_valuable = ((reached <= valuable + 1e-12) | (down == down.iloc[0])) & (down > 0)
    table[value] = worth
    table["valuable"] = is_valuable.reindex(accounts.index)
    table["cell"] = [
        CELLS[bool(rich), band != "weak"]
        for rich, band in zip(table["valuable"], table["band"], strict=True)
    ]
    return table
