"""How much more frequent a trait is in a group, and how sure that is."""

from __future__ import annotations

import warnings
from statistics import NormalDist
from typing import Any

import numpy as np
import pandas as pd

from whobuys.segment._lines import counted, require_columns

FEWEST = 5


def trait_lift(
    table: pd.DataFrame,
    trait: str | pd.Series,
    *,
    within: str | pd.Series | None = None,
    segment: str | None = None,
    level: float = 0.95,
) -> pd.DataFrame:
    """Compare the share with a trait in a group with the share among all, with an interval.

    Parameters
    ----------
    table : DataFrame
        One row a customer.
    trait : str or Series of bool
        Who has the trait: a yes-no column (True/False or 1/0), or a Series with the table's index.
        Where it is missing the customer counts nowhere.
    within : str or Series of bool, optional
        The group: a yes-no column, or a Series with the table's index.
    segment : str, optional
        Instead of `within`, a column of codes: one row for each segment.
    level : float
        Confidence of the interval, between 0 and 1.

    Returns
    -------
    DataFrame
        One row a group: ``group``; ``customers`` in it whose trait is known; ``with_trait``;
        ``share``; ``share_all``; ``lift`` = share / share_all; ``low`` and ``high``, the ends of
        the interval; ``small``, True where fewer than 5 have the trait, or lack it, in the group.

    Raises
    ------
    ValueError
        Neither or both of `within` and `segment` are given, a column is missing or not yes-no, the
        group is empty or is everybody, or nobody has the trait.

    Warns
    -----
    UserWarning
        A group is small, or customers whose trait is missing were left out.

    Notes
    -----
    A lift of 1 is the average of all. The interval is the log-ratio interval of Katz, D., Baptista,
    J., Azen, S. P., and Pike, M. C. (1978), *Biometrics* 34, for the ratio R of the group to the
    *rest*, since group and rest share no customers. With w, the group's share of the customers, the
    lift is R / (w R + 1 − w): the ends are carried over by the same formula. So the interval holds
    1 exactly when that of R does. Half a customer is added to each count of the interval where one
    is zero. Many groups or traits looked at means some intervals without 1 by chance alone.

    Examples
    --------
    >>> import pandas as pd
    >>> people = pd.DataFrame({"young": [1] * 40 + [0] * 160,
    ...                        "wants": [1] * 20 + [0] * 20 + [1] * 30 + [0] * 130})
    >>> trait_lift(people, "wants", within="young").round(2).T[0]
    group         young
    customers        40
    with_trait       20
    share           0.5
    share_all      0.25
    lift            2.0
    low            1.49
    high           2.55
    small         False
    Name: 0, dtype: object
    """
    if (within is None) == (segment is None):
        raise ValueError(
            "Give either within=... (one group) or segment=... (a column of codes), not "
            f"{'neither' if within is None else 'both'}."
        )
    if not 0 < level < 1:
        raise ValueError(f"level must lie between 0 and 1, not {level!r}.")
    require_columns(table, {}, table="table", rows=True)
    has, _ = _yes_no(table, trait, "trait")
    known = has.notna()
    if missing := int((~known).sum()):
        warnings.warn(
            f"{counted(missing, 'row')} of {len(table):,} with an unknown trait "
            f"{'was' if missing == 1 else 'were'} left out.",
            UserWarning,
            stacklevel=2,
        )
    own = has[known].astype(bool).to_numpy()
    if not own.any():
        raise ValueError(
            f"Nobody of {counted(len(own), 'customer')} has the trait, so there is no lift."
        )
    if segment is not None:
        require_columns(table, {"segment": segment}, table="table")
        codes = table.loc[known, segment]
        groups = [(code, (codes == code).to_numpy()) for code in sorted(codes.dropna().unique())]
    else:
        chosen, name = _yes_no(table, within, "within")  # type: ignore[arg-type]
        groups = [(name, chosen[known].fillna(False).astype(bool).to_numpy())]
    rows = [_row(name, own, inside, level) for name, inside in groups]
    result = pd.DataFrame(rows)
    if result["small"].any():
        few = ", ".join(str(name) for name in result.loc[result["small"], "group"])
        warnings.warn(
            f"Fewer than {FEWEST} customers have the trait, or lack it, in {few}: the interval is "
            "rough and the lift may be chance.",
            UserWarning,
            stacklevel=2,
        )
    return result


def _row(name: Any, has: np.ndarray, inside: np.ndarray, level: float) -> dict[str, Any]:
    n, rest = int(inside.sum()), int((~inside).sum())
    if not n:
        raise ValueError(f"The group {name} is empty: no customer with a known trait is in it.")
    if not rest:
        raise ValueError(f"The group {name} is everybody, so there is nothing to compare it with.")
    x, y = int(has[inside].sum()), int(has[~inside].sum())
    share, everybody = x / n, (x + y) / (n + rest)
    low, high = _interval(x, n, y, rest, level)
    return {
        "group": name,
        "customers": n,
        "with_trait": x,
        "share": share,
        "share_all": everybody,
        "lift": share / everybody,
        "low": low,
        "high": high,
        "small": min(x, n - x) < FEWEST,
    }


def _interval(x: int, n: int, y: int, rest: int, level: float) -> tuple[float, float]:
    """Return the ends of the interval of the lift."""
    more = 0.5 if x == 0 or y == 0 else 0.0
    a, b, m, r = x + more, y + more, n + more, rest + more
    ratio = (a / m) / (b / r)
    error = np.sqrt(1 / a - 1 / m + 1 / b - 1 / r)
    reach = NormalDist().inv_cdf((1 + level) / 2) * error
    weight = n / (n + rest)
    ends = [ratio * np.exp(sign * reach) for sign in (-1, 1)]
    low, high = (float(end / (weight * end + 1 - weight)) for end in ends)
    return (0.0 if x == 0 else low), high


def _yes_no(
    table: pd.DataFrame, given: str | pd.Series, argument: str
) -> tuple[pd.Series, str]:  # fmt: skip
    """Return a yes-no column as True, False or missing, and its name."""
    if isinstance(given, pd.Series):
        if not given.index.equals(table.index):
            raise ValueError(
                f"{argument} has another index than table ({len(given):,} and {len(table):,} "
                "rows). Make it from the same table."
            )
        values, name = given, str(given.name) if given.name is not None else argument
    else:
        require_columns(table, {argument: given}, table="table")
        values, name = table[given], given
    found = set(values.dropna().unique().tolist())
    if not found <= {0, 1}:
        example = next(iter(sorted(map(str, found - {0, 1}))))
        raise ValueError(
            f'{argument} "{name}" must say yes or no (True/False or 1/0); it holds {example!r}. '
            f'Say what counts as yes, for instance {argument}=table["{name}"] == {example!r}.'
        )
    return values.astype("boolean"), name
