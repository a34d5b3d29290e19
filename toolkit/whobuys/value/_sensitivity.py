"""How much the answer moves when an assumption does."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd


def sensitivity_table(
    value: Callable[..., float],
    base: Mapping[str, Any],
    rows: tuple[str, Sequence[Any]],
    columns: tuple[str, Sequence[Any]],
) -> pd.DataFrame:
    """Work out a value over two assumptions at a time, all others as they are.

    Parameters
    ----------
    value : callable
        A function of named assumptions that returns one number, such as `simple_clv`.
    base : mapping
        The assumptions by name.
    rows, columns : (str, sequence)
        An assumption's name and the values to try.

    Returns
    -------
    DataFrame
        One row and one column a value tried.

    Raises
    ------
    ValueError
        Both name the same assumption, or there is nothing to try.

    Examples
    --------
    >>> from whobuys.value import simple_clv
    >>> base = {"margin": 100.0, "retention": 0.8, "discount_rate": 0.1}
    >>> sensitivity_table(simple_clv, base, ("retention", [0.7, 0.8]),
    ...                   ("discount_rate", [0.05, 0.10])).round(1)
    discount_rate   0.05   0.10
    retention
    0.7            200.0  175.0
    0.8            320.0  266.7
    """
    (down, tried), (across, other) = rows, columns
    if down == across:
        raise ValueError(f'rows and columns both vary "{down}". Name two assumptions.')
    if not len(tried) or not len(other):
        raise ValueError("Give at least one value to try for rows and for columns.")
    grid = [[_number(value, {**base, down: a, across: b}) for b in other] for a in tried]
    return pd.DataFrame(
        grid, index=pd.Index(tried, name=down), columns=pd.Index(other, name=across)
    )


def tornado_table(
    value: Callable[..., float], base: Mapping[str, Any], ranges: Mapping[str, tuple[Any, Any]]
) -> pd.DataFrame:
    """Move one assumption at a time from its low to its high end, and rank them by the swing.

    Parameters
    ----------
    value : callable
        A function of named assumptions that returns one number.
    base : mapping
        The assumptions by name.
    ranges : mapping
        Assumption to (low, high): ends that are about as likely as each other, or the ranking says
        only how wide the ranges were.

    Returns
    -------
    DataFrame
        One row an assumption, the greatest swing first: ``assumption``, ``low``, ``high``,
        ``value_low``, ``value_high``, ``swing``. ``attrs["base"]`` holds the value with all as they
        are.

    Raises
    ------
    ValueError
        `ranges` is empty or names an assumption that is not in `base`.

    Examples
    --------
    >>> from whobuys.value import simple_clv
    >>> base = {"margin": 100.0, "retention": 0.8, "discount_rate": 0.1}
    >>> tornado_table(simple_clv, base, {"retention": (0.7, 0.9), "margin": (90.0, 110.0)}).round(1)
      assumption   low   high  value_low  value_high  swing
    0  retention   0.7    0.9      175.0       450.0  275.0
    1     margin  90.0  110.0      240.0       293.3   53.3
    """
    if not ranges:
        raise ValueError("ranges is empty: give at least one assumption with its low and high end.")
    strange = [name for name in ranges if name not in base]
    if strange:
        raise ValueError(
            f"{', '.join(strange)} is not among the assumptions in base: {', '.join(base)}."
        )
    rows = []
    for name, (low, high) in ranges.items():
        ends = [_number(value, {**base, name: end}) for end in (low, high)]
        rows.append((name, low, high, *ends, abs(ends[1] - ends[0])))
    names = ["assumption", "low", "high", "value_low", "value_high", "swing"]
    table = pd.DataFrame(rows, columns=names)
    table = table.sort_values("swing", ascending=False, kind="stable", ignore_index=True)
    table.attrs["base"] = _number(value, dict(base))
    return table


def _number(value: Callable[..., float], settings: dict[str, Any]) -> float:
    found = float(value(**settings))
    if not np.isfinite(found):
        raise ValueError(f"The value is not a number for {settings}.")
    return found
