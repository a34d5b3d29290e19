"""The target customer has both: the will to buy and the means."""

from __future__ import annotations

import numpy as np
import pandas as pd

from whobuys.segment._lines import require_columns

GROUPS = ("target", "willing, without means", "able, without will", "neither", "not known")


def target_customers(
    table: pd.DataFrame,
    will: str,
    means: str,
    *,
    will_at_least: float = 1,
    means_at_least: float = 1,
) -> pd.Series:
    """Say of each person whether they are a target customer: will and means to buy.

    Parameters
    ----------
    table : DataFrame
        One row a person or firm.
    will : str
        Column that measures the will to buy (intent from 1 to 5, searches, or True and False).
    means : str
        Column that measures the means (income, budget, credit, or True and False).
    will_at_least, means_at_least : float
        From this value on there is will, or means. True counts as 1.

    Returns
    -------
    Series
        With the index of `table`: one of `GROUPS`; "not known" where either is missing.

    Raises
    ------
    ValueError
        A column is missing or holds no numbers.

    Notes
    -----
    The will-and-means test of a target customer (demand is want backed by purchasing power:
    Kotler, 1967). Stated intent overstates what people do (Morwitz, Steckel and Gupta, 2007), so
    check the threshold against what buyers had answered.

    Examples
    --------
    >>> import pandas as pd
    >>> people = pd.DataFrame({"intent": [5, 5, 2, None], "budget": [90.0, 20.0, 80.0, 70.0]})
    >>> target_customers(people, "intent", "budget", will_at_least=4,
    ...                  means_at_least=50).tolist()
    ['target', 'willing, without means', 'able, without will', 'not known']
    """
    require_columns(table, {"will": will, "means": means}, table="table")
    known, enough = [], []
    for column, least in ((will, will_at_least), (means, means_at_least)):
        values = pd.to_numeric(table[column], errors="coerce").astype(float)
        if (values.isna() & table[column].notna()).any():
            wrong = table.loc[values.isna() & table[column].notna(), column].iloc[0]
            raise ValueError(
                f'Column "{column}" of table does not hold numbers (for instance {wrong!r}). '
                "Measure will and means in numbers, or in True and False."
            )
        known.append(values.notna())
        enough.append(values >= least)
    both = known[0] & known[1]
    group = np.select(
        [both & enough[0] & enough[1], both & enough[0], both & enough[1], both],
        list(GROUPS[:4]),
        GROUPS[4],
    )
    return pd.Series(group, index=table.index, name="group", dtype=object)
