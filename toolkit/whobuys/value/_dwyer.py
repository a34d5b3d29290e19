"""Dwyer's two models, the Markov chain behind the second, and the ledger of foreseen events."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from whobuys.segment._lines import numbers, read_as_of, require_columns
from whobuys.value._discount import Timing, discount_factors
from whobuys.value._fit import Floats
from whobuys.value._values import amounts

FORMER = "former"


def dwyer_retention(
    margin: float | Sequence[float],
    retention: float | Sequence[float],
    discount_rate: float,
    *,
    years: int | None = None,
    customers: float = 1.0,
    acquisition_cost: float = 0.0,
    timing: Timing = "start",
) -> pd.DataFrame:
    """Project lost-for-good customers: who does not stay is gone, and has to be won anew.

    Parameters
    ----------
    margin : float or sequence
        Money a customer brings a year, after costs; one number or one a year.
    retention : float or sequence
        Share kept from one year to the next; one number, or one a step (one fewer than years).
    discount_rate : float
        Per year.
    years : int, optional
        How many; by default as many as the sequences say.
    customers : float
        How many there are in year 1.
    acquisition_cost : float
        Money spent on each of them at the start.
    timing : {"start", "mid", "end"}
        When a year's money comes; "start" leaves the first year undiscounted.

    Returns
    -------
    DataFrame
        One row a year: ``year``, ``retention`` (into the year; 1 in the first), ``customers`` still
        there, ``profit`` of all, ``factor``, ``present_value``, ``cumulative`` (acquisition taken
        off) and ``each``, the same per customer of year 1: the last row's is the lifetime value.

    Raises
    ------
    ValueError
        A setting is impossible or the sequences do not go together.

    Notes
    -----
    Dwyer (1989), Journal of Direct Marketing 3(4), reprinted 1997 in 11(4), for what Jackson
    (1985), *Winning and Keeping Industrial Customers*, calls lost-for-good customers: changing the
    supplier is dear, so they give all their business or none.

    Examples
    --------
    >>> dwyer_retention(100.0, 0.5, 0.25, years=3)[["year", "customers", "present_value", "each"]]
       year  customers  present_value   each
    0     1       1.00          100.0  100.0
    1     2       0.50           40.0  140.0
    2     3       0.25           16.0  156.0
    """
    money = np.atleast_1d(np.asarray(margin, dtype=float))
    keep = np.atleast_1d(np.asarray(retention, dtype=float))
    if years is None:
        years = max(
            len(money) if np.ndim(margin) else 0, len(keep) + 1 if np.ndim(retention) else 0
        )
        if not years:
            raise ValueError("Give years: margin and retention are single numbers.")
    if isinstance(years, (bool, str)) or not years >= 1 or years % 1 != 0:
        raise ValueError(f"years must be a whole number from 1, not {years}.")
    years = int(years)
    if np.ndim(margin) == 0:
        money = np.repeat(money, years)
    if np.ndim(retention) == 0:
        keep = np.repeat(keep, years - 1)
    if len(money) != years or len(keep) != years - 1:
        raise ValueError(
            f"{years} years need {years} margins and {years - 1} retention rates; given were "
            f"{len(money)} and {len(keep)}."
        )
    if not ((keep >= 0) & (keep <= 1)).all():
        raise ValueError("retention must be from 0 to 1 in every year.")
    if not customers > 0:
        raise ValueError(f"customers must be above 0, not {customers}.")
    if not np.isfinite(money).all():
        raise ValueError("margin must be a number in every year.")
    into = np.r_[1.0, keep]
    there = customers * np.cumprod(into)
    factor = discount_factors(years, discount_rate, timing=timing)
    worth = there * money * factor
    total = np.cumsum(worth) - customers * acquisition_cost
    return pd.DataFrame(
        {
            "year": np.arange(1, years + 1),
            "retention": into,
            "customers": there,
            "profit": there * money,
            "factor": factor,
            "present_value": worth,
            "cumulative": total,
            "each": total / customers,
        }
    )


def recency_chain(rates: Sequence[float]) -> pd.DataFrame:
    """Build the chain of always-a-share customers from buying rates by recency.

    Parameters
    ----------
    rates : sequence of float
        Chance to buy in the next period of those who last bought 1, 2, ... periods ago.

    Returns
    -------
    DataFrame
        Transition chances from each state (rows) to each (columns): "recency 1", ..., and
        "former" for those who let the last recency pass too; nobody comes back from there.

    Raises
    ------
    ValueError
        There is no rate, or one is not from 0 to 1.

    Notes
    -----
    Pfeifer and Carraway (2000), "Modeling customer relationships as Markov chains", Journal of
    Interactive Marketing 14(2).

    Examples
    --------
    >>> recency_chain([0.3, 0.2])
               recency 1  recency 2  former
    recency 1        0.3        0.7     0.0
    recency 2        0.2        0.0     0.8
    former           0.0        0.0     1.0
    """
    chance = np.asarray(rates, dtype=float)
    if chance.ndim != 1 or not len(chance) or not ((chance >= 0) & (chance <= 1)).all():
        raise ValueError(f"rates must be chances from 0 to 1, one a recency, not {rates}.")
    size = len(chance)
    matrix = np.zeros((size + 1, size + 1))
    matrix[np.arange(size), np.arange(size) + 1] = 1 - chance
    matrix[:size, 0] += chance
    matrix[size, size] = 1.0
    names = [f"recency {i}" for i in range(1, size + 1)] + [FORMER]
    return pd.DataFrame(matrix, names, names)


def markov_value(
    chain: pd.DataFrame,
    rewards: Sequence[float],
    discount_rate: float,
    *,
    horizon: int | None = None,
) -> pd.Series:
    """Return what a customer in each state of a chain is worth.

    Parameters
    ----------
    chain : DataFrame
        Transition chances a period, each row adding to 1, such as `recency_chain` gives.
    rewards : sequence of float
        Money a customer brings on reaching each state, the first time today.
    discount_rate : float
        Per period.
    horizon : int, optional
        How many periods ahead; by default all.

    Returns
    -------
    Series
        Money by state, today's reward included.

    Raises
    ------
    ValueError
        The chain is not square, a row does not add to 1, the rewards do not fit, or without a
        horizon the rate is not above 0.

    Notes
    -----
    V = Σ (P / (1 + d))^t R, for all periods (I − P / (1 + d))^-1 R: Pfeifer and Carraway (2000).
    A state worth less than 0 says: stop spending on these customers earlier.

    Examples
    --------
    >>> chain = recency_chain([0.3, 0.2, 0.15, 0.05])
    >>> markov_value(chain, [36, -4, -4, -4, 0], 0.2).round(3).tolist()
    [52.32, 5.554, 1.251, -1.82, 0.0]
    """
    matrix = np.asarray(chain, dtype=float)
    if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1]:
        raise ValueError("chain must have one row and one column for each state.")
    if (matrix < 0).any() or np.abs(matrix.sum(axis=1) - 1).max() > 1e-9:
        raise ValueError("Every row of chain must hold chances that add to 1.")
    reward = np.asarray(rewards, dtype=float)
    if reward.shape != (len(matrix),) or not np.isfinite(reward).all():
        raise ValueError(f"rewards must be {len(matrix)} numbers, one a state.")
    if horizon is None:
        if not 0 < discount_rate < np.inf:
            raise ValueError("Without a horizon the discount_rate must be above 0.")
        value = np.linalg.solve(np.eye(len(matrix)) - matrix / (1 + discount_rate), reward)
    else:
        if not -1 < discount_rate < np.inf or horizon < 0:
            raise ValueError("horizon must be 0 or more and discount_rate above -1.")
        value = reward.copy()
        for _ in range(int(horizon)):
            value = reward + matrix @ value / (1 + discount_rate)
    states = chain.index if isinstance(chain, pd.DataFrame) else pd.RangeIndex(len(matrix))
    return pd.Series(value + 0.0, index=states, name="value")


def migration_table(
    rates: Sequence[float],
    margin: float,
    cost: float,
    discount_rate: float,
    *,
    periods: int,
    customers: float = 1000.0,
    timing: Timing = "start",
) -> pd.DataFrame:
    """Project always-a-share customers: who skips a period may still come back.

    Parameters
    ----------
    rates : sequence of float
        Chance to buy of those who last bought 1, 2, ... periods ago; after the last, nobody is
        contacted any more.
    margin : float
        Money a purchase brings before contact costs.
    cost : float
        Money spent on each customer contacted in a period.
    discount_rate : float
        Per period.
    periods : int
        How many to project after period 0, in which all buy.
    customers : float
        How many buy in period 0.
    timing : {"start", "mid", "end"}
        When a period's money comes; "start" leaves period 0 undiscounted.

    Returns
    -------
    DataFrame
        One row a period from 0: ``period``, customers by recency at its end (``recency 1`` bought
        in it, ..., ``former``), ``buyers``, ``contacted``, ``profit``, ``factor``,
        ``present_value``, ``cumulative`` and ``each``, per customer of period 0.

    Raises
    ------
    ValueError
        A setting is impossible.

    Notes
    -----
    Dwyer's migration model (1989) for what Jackson (1985) calls always-a-share customers, who
    spread their business over suppliers. Nobody is contacted in period 0.

    Examples
    --------
    >>> table = migration_table([0.3, 0.2], 40.0, 4.0, 0.2, periods=2, customers=100)
    >>> table[["period", "recency 1", "recency 2", "former", "profit", "each"]].round(2)
       period  recency 1  recency 2  former  profit   each
    0       0      100.0        0.0     0.0  4000.0  40.00
    1       1       30.0       70.0     0.0   800.0  46.67
    2       2       23.0       21.0    56.0   520.0  50.28
    """
    chain = recency_chain(rates)
    if periods < 1 or periods != int(periods):
        raise ValueError(f"periods must be a whole number from 1, not {periods}.")
    if not customers > 0:
        raise ValueError(f"customers must be above 0, not {customers}.")
    state = np.zeros(len(chain))
    state[0] = customers
    states, contacted = [state], [0.0]
    for _ in range(int(periods)):
        contacted.append(float(state[:-1].sum()))
        state = state @ chain.to_numpy()
        states.append(state)
    table = pd.DataFrame(np.array(states), columns=chain.columns)
    table.insert(0, "period", np.arange(len(table)))
    table["buyers"] = table["recency 1"]
    table["contacted"] = contacted
    table["profit"] = table["buyers"] * margin - table["contacted"] * cost
    table["factor"] = discount_factors(len(table), discount_rate, timing=timing)
    table["present_value"] = table["profit"] * table["factor"]
    table["cumulative"] = table["present_value"].cumsum()
    table["each"] = table["cumulative"] / customers
    return table


def event_ledger(
    events: pd.DataFrame,
    *,
    as_of: object,
    discount_rate: float,
    chance: str | None = None,
    customer: str = "customer_id",
    date: str = "date",
) -> pd.DataFrame:
    """Turn foreseen events of customers into a dated table of profit, discounted to today.

    Parameters
    ----------
    events : DataFrame
        One row an event: the customer, the date, ``revenue`` and ``cost``.
    as_of : date-like
        Today; no event may lie before it.
    discount_rate : float
        Per year of 365 days.
    chance : str, optional
        Column with the chance that the event happens, 0 to 1; by default all do.
    customer, date : str
        Column names.

    Returns
    -------
    DataFrame
        `events` by customer and date, with ``profit`` (revenue − cost, times the chance),
        ``years`` from today, ``factor``, ``present_value`` and ``cumulative`` within the customer.

    Raises
    ------
    ValueError
        A column is missing or of the wrong kind, a chance is none, or an event lies in the past.

    Notes
    -----
    Customer-event forecasting: the value of one customer from the events foreseen for this
    customer. It is as good as the foresight; `ledger_value` adds up, `tornado_table` asks which
    event decides.

    Examples
    --------
    >>> import pandas as pd
    >>> events = pd.DataFrame({
    ...     "customer_id": ["A", "A"], "date": pd.to_datetime(["2027-06-30", "2026-06-30"]),
    ...     "event": ["renewal", "order"], "revenue": [330.0, 80.0], "cost": [110.0, 30.0],
    ... })
    >>> table = event_ledger(events, as_of="2026-06-30", discount_rate=0.1)
    >>> table[["event", "profit", "years", "present_value", "cumulative"]].round(2)
         event  profit  years  present_value  cumulative
    0    order    50.0    0.0           50.0        50.0
    1  renewal   220.0    1.0          200.0       250.0
    """
    wanted = {"customer": customer, "date": date, "revenue": "revenue", "cost": "cost"}
    require_columns(events, wanted | ({"chance": chance} if chance else {}), "events")
    if events.empty:
        raise ValueError("events has no rows: nothing is foreseen.")
    if not -1 < discount_rate < np.inf:
        raise ValueError(f"discount_rate must be above -1, not {discount_rate}.")
    if not pd.api.types.is_datetime64_any_dtype(events[date]) or events[date].isna().any():
        raise ValueError(f'Column "{date}" of events must hold a date in every row.')
    today = read_as_of(as_of)
    past = events[date] < today
    if past.any():
        raise ValueError(
            f"{int(past.sum()):,} of {len(events):,} events lie before as_of={today:%Y-%m-%d}. "
            "What has happened is no forecast: leave these rows out."
        )
    brings = numbers(events["revenue"], name="revenue", table="events")
    takes = numbers(events["cost"], name="cost", table="events")
    likely: Any = 1.0
    if chance is not None:
        likely = numbers(events[chance], name=chance, table="events")
        if (likely < 0).any() or (likely > 1).any():
            raise ValueError(f'Column "{chance}" of events must be from 0 to 1.')
    years = (events[date].dt.normalize() - today).dt.days / 365
    table = events.assign(profit=(brings - takes) * likely, years=years)
    table["factor"] = (1 + discount_rate) ** -table["years"]
    table["present_value"] = table["profit"] * table["factor"]
    table = table.sort_values([customer, date], kind="stable", ignore_index=True)
    table["cumulative"] = table.groupby(customer)["present_value"].cumsum()
    return table


def ledger_value(ledger: pd.DataFrame, *, customer: str = "customer_id") -> pd.DataFrame:
    """Add up a ledger of events: what each customer is worth by what is foreseen.

    Parameters
    ----------
    ledger : DataFrame
        As `event_ledger` gives.
    customer : str
        Column with the customer.

    Returns
    -------
    DataFrame
        One row a customer, sorted: the customer, ``events``, ``revenue``, ``cost``, ``profit`` and
        ``present_value``.

    Raises
    ------
    ValueError
        A column is missing.

    Examples
    --------
    >>> import pandas as pd
    >>> events = pd.DataFrame({
    ...     "customer_id": ["A", "A"], "date": pd.to_datetime(["2026-06-30", "2027-06-30"]),
    ...     "revenue": [80.0, 330.0], "cost": [30.0, 110.0],
    ... })
    >>> ledger_value(event_ledger(events, as_of="2026-06-30", discount_rate=0.1)).round(2)
      customer_id  events  revenue   cost  profit  present_value
    0           A       2    410.0  140.0   270.0          250.0
    """
    names = ["revenue", "cost", "profit", "present_value"]
    require_columns(ledger, {customer: customer} | {name: name for name in names}, "ledger")
    for name in names:
        amounts(ledger[name], "ledger")
    by = ledger.groupby(customer)
    table = by[names].sum()
    table.insert(0, "events", by.size())
    return table.reset_index()


def best_stop(rates: Sequence[float], margin: float, cost: float, discount_rate: float) -> Floats:
    """Return what a buyer is worth when contact stops after recency 1, 2, ..., for all periods.

    Parameters
    ----------
    rates : sequence of float
        Chance to buy by recency.
    margin, cost : float
        Money a purchase brings, and a contact costs.
    discount_rate : float
        Per period, above 0.

    Returns
    -------
    array
        One value a stopping rule: the greatest says after which recency to stop.

    Raises
    ------
    ValueError
        A setting is impossible.

    Notes
    -----
    Pfeifer and Carraway (2000) find the best recency to stop at by comparing such chains. The
    contact is paid on reaching a state, as in `markov_value`.

    Examples
    --------
    >>> best_stop([0.3, 0.2, 0.15, 0.05], 40.0, 4.0, 0.2).round(2).tolist()
    [48.0, 51.57, 53.15, 52.32]
    """
    chance = np.asarray(rates, dtype=float)
    values = []
    for last in range(1, len(chance) + 1):
        chain = recency_chain(chance[:last].tolist())
        reward = np.r_[margin - cost, np.full(last - 1, -cost), 0.0]
        values.append(float(markov_value(chain, list(reward), discount_rate).iloc[0]))
    return np.array(values)
