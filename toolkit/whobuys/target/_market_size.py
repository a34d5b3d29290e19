"""How large the market is, how it grows, and who has which part of it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from whobuys.segment._lines import first_few, numbers, require_columns
from whobuys.target._needs import wilson


def market_size(
    buyers: float,
    spend: float,
    *,
    served: float,
    obtainable: float,
    basis: str = "",
) -> pd.DataFrame:
    """Size a market from the top: total, served, obtainable.

    Parameters
    ----------
    buyers : float
        Everybody who buys, or could buy, this kind of thing.
    spend : float
        What one of them spends on it in a year.
    served : float
        Share of them our offer, place and channels can serve.
    obtainable : float
        Share of the served market we can win within the plan.
    basis : str
        Where the numbers come from, with the date. It is carried along.

    Returns
    -------
    DataFrame
        Three rows, TAM, SAM and SOM: ``level``, ``meaning``, ``buyers``, ``value`` a year,
        ``share`` of the level above, ``basis``.

    Raises
    ------
    ValueError
        A number is not above zero, or a share is above 1.

    Notes
    -----
    Total addressable, serviceable available, serviceable obtainable market (Blank and Dorf, 2012).
    The product of four guesses is a guess: count upwards from customers too, and say which of the
    four moves the result most.

    Examples
    --------
    >>> market_size(20_000, 150, served=0.4, obtainable=0.1)[["level", "buyers", "value", "share"]]
      level   buyers      value  share
    0   TAM  20000.0  3000000.0    1.0
    1   SAM   8000.0  1200000.0    0.4
    2   SOM    800.0   120000.0    0.1
    """
    if not (buyers > 0 and spend > 0):
        raise ValueError(f"buyers and spend must be above zero, not {buyers!r} and {spend!r}.")
    for name, share in (("served", served), ("obtainable", obtainable)):
        if not 0 < share <= 1:
            raise ValueError(f"{name} must be a share above 0 and up to 1, not {share!r}.")
    shares = np.array([1.0, served, obtainable])
    people = buyers * shares.cumprod()
    return pd.DataFrame(
        {
            "level": ["TAM", "SAM", "SOM"],
            "meaning": ["everybody who buys this", "whom we can serve", "whom we can win"],
            "buyers": people,
            "value": people * spend,
            "share": shares,
            "basis": basis,
        }
    )


def growth_rate(first: float, last: float, years: float) -> float:
    """Return the yearly growth that leads from one value to another (CAGR).

    Parameters
    ----------
    first, last : float
        The value at the beginning and at the end, above zero.
    years : float
        Years between them: from 2002 to 2006 is 4, not 5.

    Returns
    -------
    float
        Growth a year as a share: 0.1 is 10 %.

    Raises
    ------
    ValueError
        A value or the years are not above zero.

    Notes
    -----
    (last / first) ** (1 / years) − 1. It looks at two years only; what happened between, and
    whether the first was a bad one, it does not see.

    Examples
    --------
    >>> round(growth_rate(1, 20, 4), 4)
    1.1147
    """
    if not (first > 0 and last > 0 and years > 0):
        raise ValueError(
            f"first, last and years must be above zero, not {first!r}, {last!r}, {years!r}."
        )
    return float((last / first) ** (1 / years) - 1)


def market_shares(
    table: pd.DataFrame, value: str, *, by: str = "brand", fair: str | None = None
) -> pd.DataFrame:
    """Return the market share of each brand.

    Parameters
    ----------
    table : DataFrame
        One row a brand, or several, which are added up.
    value : str
        Column of buyers, pieces or money; say which one a share is of.
    by : str
        Column of the brand.
    fair : str, optional
        Another such column; the share of `value` is set against the share of it.

    Returns
    -------
    DataFrame
        The largest first: the brand, `value`, ``share``, ``rank``, ``cumulative`` and ``relative``
        (its share / that of the largest other brand); with `fair` ``index`` (100 × its share of
        `value` / its share of `fair`).

    Raises
    ------
    ValueError
        A column is missing, a value is negative, or all add up to nothing.

    Notes
    -----
    Relative market share as in the growth-share matrix (Henderson, 1970).

    Examples
    --------
    >>> import pandas as pd
    >>> market_shares(pd.DataFrame({"brand": ["A", "B", "C"], "buyers": [50, 30, 20]}), "buyers")
      brand  buyers  share  rank  cumulative  relative
    0     A    50.0    0.5     1         0.5  1.666667
    1     B    30.0    0.3     2         0.8  0.600000
    2     C    20.0    0.2     3         1.0  0.400000
    """
    names = [value] if fair is None else [value, fair]
    require_columns(table, {n: n for n in [by, *names]}, table="table", rows=True)
    sums = pd.DataFrame({by: table[by].to_numpy()})
    for name in names:
        sums[name] = numbers(table[name], name=name, table="table")
        if (sums[name] < 0).any():
            raise ValueError(f'Column "{name}" of table has negative values: no shares.')
    grouped = sums.groupby(by, sort=True)[names].sum()
    totals = grouped.sum()
    if (totals <= 0).any():
        raise ValueError(f'Column "{totals.idxmin()}" of table adds up to nothing: no shares.')
    found = grouped[[value]].copy()
    found["share"] = found[value] / totals[value]
    found = found.sort_values("share", ascending=False, kind="stable")
    found["rank"] = found["share"].rank(ascending=False, method="min").astype(int)
    found["cumulative"] = found["share"].cumsum()
    top = found["share"].to_numpy()
    rival = np.where(np.arange(len(top)) == 0, top[1] if len(top) > 1 else np.nan, top[0])
    found["relative"] = np.divide(top, rival, out=np.full(len(top), np.nan), where=rival > 0)
    if fair is not None:
        found["index"] = 100 * found["share"] / (grouped[fair] / totals[fair])
    return found.reset_index()


def concentration(shares: Sequence[float] | pd.Series, *, top: int = 4) -> pd.Series:
    """Say how concentrated a market is.

    Parameters
    ----------
    shares : sequence of float
        Market shares that add up to 1 (or values to be turned into shares).
    top : int
        How many of the largest to add up.

    Returns
    -------
    Series
        ``hhi`` (Herfindahl–Hirschman index, 0 to 10,000), ``equal_firms`` (how many equal ones
        would give it), ``CR<top>`` (share of the largest).

    Raises
    ------
    ValueError
        A share is negative or missing, or all are zero.

    Notes
    -----
    Sum of the squared shares in percent (Herfindahl, 1950; Hirschman, 1945). Above 1,800 a market
    counts as highly concentrated in the United States merger guidelines of 2023. Everybody outside
    the table makes it look more concentrated than it is.

    Examples
    --------
    >>> concentration([0.5, 0.3, 0.2], top=2).round(2).to_dict()
    {'hhi': 3800.0, 'equal_firms': 2.63, 'CR2': 0.8}
    """
    values = np.asarray(shares, dtype=float)
    if values.size == 0 or not np.isfinite(values).all() or (values < 0).any():
        raise ValueError("shares must be numbers from 0 up, at least one, none missing.")
    if values.sum() <= 0:
        raise ValueError("shares add up to nothing.")
    part = np.sort(values / values.sum())[::-1]
    squares = float(part @ part)
    found = {"hhi": 10_000 * squares, "equal_firms": 1 / squares, f"CR{top}": part[:top].sum()}
    return pd.Series(found, name="concentration", dtype=float)


def penetration(
    table: pd.DataFrame, buyers: str, potential: str, *, by: str = "segment", level: float = 0.95
) -> pd.DataFrame:
    """Return how far the market is reached, group by group.

    Parameters
    ----------
    table : DataFrame
        One row a group.
    buyers : str
        Column with the number who buy (of us, or of anybody: say which).
    potential : str
        Column with the number who could.
    by : str
        Column of the group.
    level : float
        Level of the interval.

    Returns
    -------
    DataFrame
        One row a group and a last one, "all": the group, ``buyers``, ``potential``,
        ``penetration``, ``low``, ``high``, ``open`` (who could and do not).

    Raises
    ------
    ValueError
        A column is missing, or a group has more buyers than potential.

    Notes
    -----
    Penetration is people; share of market is money or pieces: a brand can have much of the one and
    little of the other. Interval of Wilson (1927), for a potential that is a sample.

    Examples
    --------
    >>> import pandas as pd
    >>> towns = pd.DataFrame({"segment": ["town", "country"], "buy": [30, 10], "could": [60, 90]})
    >>> penetration(towns, "buy", "could")[["segment", "penetration", "open"]].round(2)
       segment  penetration  open
    0     town         0.50    30
    1  country         0.11    80
    2      all         0.27   110
    """
    require_columns(table, {c: c for c in (by, buyers, potential)}, table="table", rows=True)
    have = numbers(table[buyers], name=buyers, table="table").astype(int)
    could = numbers(table[potential], name=potential, table="table").astype(int)
    wrong = (have > could) | (have < 0) | (could <= 0)
    if wrong.any():
        raise ValueError(
            f"In {first_few(table.loc[wrong, by])} there are more buyers than potential, or no "
            "potential at all."
        )
    rows = [
        (name, h, c, h / c, *wilson(h, c, level), c - h)
        for name, h, c in [
            *zip(table[by].tolist(), have.tolist(), could.tolist(), strict=True),
            ("all", int(have.sum()), int(could.sum())),
        ]
    ]
    columns = [by, "buyers", "potential", "penetration", "low", "high", "open"]
    return pd.DataFrame(rows, columns=columns)
