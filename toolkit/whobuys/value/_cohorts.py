"""Who came back: cohorts, survival, churn by group, buying by recency."""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np
import pandas as pd

from whobuys.segment._lines import Lines, read_as_of, read_lines, require_columns
from whobuys.value._summary import DAYS, Period, period_name, period_number
from whobuys.value._values import amounts, same_index

PERIOD_DAYS = {"week": 7.0, "month": DAYS["month"], "quarter": 3 * DAYS["month"], "year": 365.0}
PERIODS = get_args(Period)


def cohort_retention(
    transactions: pd.DataFrame,
    *,
    end: object = None,
    period: Period = "quarter",
    by: Literal["customer", "calendar"] = "customer",
    customer: str = "customer_id",
    date: str = "date",
    amount: str = "amount",
) -> pd.DataFrame:
    """Say which share of each cohort of newcomers bought again, period by period.

    Parameters
    ----------
    transactions : DataFrame
        One row a line or an order. Lines with a negative amount are refunds, not purchases.
    end : date-like, optional
        The last day watched; by default the last day in the table.
    period : {"week", "month", "quarter", "year"}
        Length of a period, and how newcomers are put together: by the calendar period of the first
        purchase.
    by : {"customer", "calendar"}
        Count periods from each customer's own first purchase (a year is 365 days), or in calendar
        periods.
    customer, date, amount : str
        Column names.

    Returns
    -------
    DataFrame
        Indexed by ``cohort``: ``customers``, then one column a period from 0: the share of the
        cohort that bought in it. Period 0 holds the first purchase, so it is 1. By customer, only
        those watched for the whole period are counted. What cannot be seen yet is missing.

    Raises
    ------
    ValueError
        A column is missing, the table is empty, or a setting is unknown.

    Notes
    -----
    Without a contract nobody says goodbye: a customer who skips a period may still come back, so
    these shares may rise again. For a contract, use `survival_curve`.

    Examples
    --------
    >>> import pandas as pd
    >>> lines = pd.DataFrame({
    ...     "customer_id": ["A", "A", "B", "C", "C"],
    ...     "date": pd.to_datetime(
    ...         ["2024-01-05", "2025-02-01", "2024-03-01", "2025-06-01", "2026-06-05"]),
    ...     "amount": 10.0,
    ... })
    >>> cohort_retention(lines, end="2026-12-31", period="year", by="calendar")
            customers    0    1    2
    cohort
    2024            2  1.0  0.5  0.0
    2025            1  1.0  1.0  NaN
    """
    if period not in PERIODS:
        raise ValueError(f"period must be one of {', '.join(PERIODS)}, not {period!r}.")
    if by not in ("customer", "calendar"):
        raise ValueError(f'by must be "customer" or "calendar", not {by!r}.')
    lines = read_lines(transactions, customer=customer, date=date, amount=amount)
    lines.warn(stacklevel=2)
    stop = _stop(lines, end)
    code, day = lines.code[lines.is_purchase], lines.day[lines.is_purchase].astype(np.int64)
    code, day = code[day <= stop], day[day <= stop]
    if not len(day):
        raise ValueError("Nobody bought by that end. Choose a later end.")
    first = np.full(len(lines.ids), stop + 1)
    np.minimum.at(first, code, day)
    here = np.flatnonzero(first <= stop)
    began = period_number(first[here].astype("datetime64[D]"), period)
    cohorts, cohort = np.unique(began, return_inverse=True)
    if by == "calendar":
        number = period_number(day.astype("datetime64[D]"), period)
        last = int(period_number(np.array([stop + 1]).astype("datetime64[D]"), period)[0]) - 1
        age = number - period_number(first[code].astype("datetime64[D]"), period)
        whole = np.maximum(last - began + 1, 1)
    else:
        length = PERIOD_DAYS[period]
        age = np.floor((day - first[code]) / length + 1e-9).astype(np.int64)
        whole = np.maximum(np.floor((stop + 1 - first[here]) / length + 1e-9).astype(np.int64), 1)
    ages = int(whole.max())
    place = np.full(len(lines.ids), -1)
    place[here] = np.arange(len(here))
    came = np.zeros((len(here), ages), dtype=bool)
    inside = age < ages
    came[place[code[inside]], age[inside]] = True
    seen = np.arange(ages) < whole[:, None]
    watched = np.zeros((len(cohorts), ages))
    bought = np.zeros((len(cohorts), ages))
    np.add.at(watched, cohort, seen)
    np.add.at(bought, cohort, seen & came)
    with np.errstate(invalid="ignore"):
        table = pd.DataFrame(bought / watched, columns=range(ages))
    table.insert(0, "customers", np.bincount(cohort))
    table.index = pd.Index([period_name(n, period) for n in cohorts], name="cohort")
    return table


def survival_curve(duration: pd.Series, ended: pd.Series) -> pd.DataFrame:
    """Return the share still there after each duration, counting those who have not left yet.

    Parameters
    ----------
    duration : Series
        How long each customer has been one, in any unit.
    ended : Series
        True where the customer left then, False where the customer is still there; same index.

    Returns
    -------
    DataFrame
        One row a duration at which somebody left, and a first row at 0: ``time``, ``at_risk``,
        ``left``, ``survival``, ``low`` and ``high`` (95 % interval).

    Raises
    ------
    ValueError
        A duration is missing or below 0, or `ended` is not true or false.

    Notes
    -----
    Kaplan and Meier (1958); the interval on the log-log scale with Greenwood's variance. Taking
    only those who left makes everybody look short-lived; counting those still there as staying for
    ever makes them look too long-lived.

    Examples
    --------
    >>> import pandas as pd
    >>> table = survival_curve(pd.Series([1, 2, 2, 3]), pd.Series([True, True, False, False]))
    >>> table[["time", "at_risk", "left", "survival"]]
       time  at_risk  left  survival
    0   0.0        4     0      1.00
    1   1.0        4     1      0.75
    2   2.0        3     1      0.50
    """
    time = amounts(duration, "duration", least=0.0)
    if not pd.api.types.is_bool_dtype(ended) or ended.isna().any():
        raise ValueError("ended must hold only True and False.")
    same_index({"duration": time, "ended": ended})
    gone = ended.to_numpy(dtype=bool)
    times, left = np.unique(time.to_numpy()[gone], return_counts=True)
    ordered = np.sort(time.to_numpy())
    risk = len(ordered) - np.searchsorted(ordered, times, side="left")
    survival = np.cumprod(1 - left / risk)
    table = pd.DataFrame(
        {
            "time": np.r_[0.0, times],
            "at_risk": np.r_[len(ordered), risk].astype(int),
            "left": np.r_[0, left].astype(int),
            "survival": np.r_[1.0, survival],
        }
    )
    table["low"], table["high"] = 1.0, 1.0
    if len(times):
        inside = survival > 0
        spread = np.cumsum(left / (risk * np.maximum(risk - left, 1)))
        log = np.log(np.where(inside & (survival < 1), survival, 0.5))
        reach = 1.959963984540054 * np.sqrt(spread) / np.abs(log)
        low = np.where(inside, np.exp(log * np.exp(reach)), 0.0)
        high = np.where(inside, np.exp(log * np.exp(-reach)), 0.0)
        table.loc[1:, "low"], table.loc[1:, "high"] = low, high
    return table


def churn_by_group(
    lost: pd.Series, groups: pd.Series, values: pd.Series | None = None
) -> pd.DataFrame:
    """Say how many customers of each group left, and what they had brought.

    Parameters
    ----------
    lost : Series
        True for a customer who left.
    groups : Series
        The group of each customer: a grade, a segment; same index.
    values : Series, optional
        Money a customer brought after service costs; same index.

    Returns
    -------
    DataFrame
        One row a group: ``group``, ``customers``, ``lost``, ``churn_rate``; with `values` also
        ``value_lost`` and ``losing_lost``, how many of those who left had brought a loss.

    Raises
    ------
    ValueError
        `lost` is not true or false, a value is missing, or the inputs are not of the same
        customers.

    Notes
    -----
    A lower churn rate is no end in itself: where those who leave cost more than they bring, profit
    rises as they go. So look at ``value_lost``, not only at the rate.

    Examples
    --------
    >>> import pandas as pd
    >>> lost, tier = pd.Series([True, False, True]), pd.Series(["low", "high", "low"])
    >>> churn_by_group(lost, tier, pd.Series([-5.0, 80.0, 2.0]))
      group  customers  lost  churn_rate  value_lost  losing_lost
    0  high          1     0         0.0         0.0            0
    1   low          2     2         1.0        -3.0            1
    """
    if not pd.api.types.is_bool_dtype(lost) or lost.isna().any():
        raise ValueError("lost must hold only True and False.")
    same_index({"lost": lost, "groups": groups})
    table = pd.DataFrame({"group": groups, "lost": lost.astype(bool)})
    if values is not None:
        money = amounts(values)
        same_index({"lost": lost, "values": money})
        table["value_lost"] = money.where(table["lost"], 0.0)
        table["losing_lost"] = (money < 0) & table["lost"]
    by = table.groupby("group", observed=True)
    found = by.sum()
    found.insert(0, "customers", by.size())
    found.insert(2, "churn_rate", found["lost"] / found["customers"])
    return found.reset_index()


def recency_rates(
    transactions: pd.DataFrame,
    *,
    end: object = None,
    period: Period = "quarter",
    upto: int = 4,
    customer: str = "customer_id",
    date: str = "date",
    amount: str = "amount",
) -> pd.DataFrame:
    """Count how often customers buy in a period, by how many periods ago they last bought.

    Parameters
    ----------
    transactions : DataFrame
        One row a line or an order. Lines with a negative amount are refunds, not purchases.
    end : date-like, optional
        A day; only calendar periods that are over on it are counted. By default the last day in the
        table.
    period : {"week", "month", "quarter", "year"}
        Calendar periods.
    upto : int
        The longest recency with a row of its own.
    customer, date, amount : str
        Column names.

    Returns
    -------
    DataFrame
        One row a recency from 1 (bought in the period before) to `upto`: ``recency``,
        ``chances`` (customers times periods), ``purchases`` and ``rate``, for `recency_chain`.

    Raises
    ------
    ValueError
        A column is missing, a setting is unknown, or no customer was ever seen with a recency.

    Notes
    -----
    The response rates of Dwyer's migration model (1989), pooled over all periods.

    Examples
    --------
    >>> import pandas as pd
    >>> lines = pd.DataFrame({
    ...     "customer_id": ["A", "A", "B"],
    ...     "date": pd.to_datetime(["2026-01-05", "2026-02-05", "2026-01-20"]), "amount": 10.0,
    ... })
    >>> recency_rates(lines, end="2026-03-31", period="month", upto=1)
       recency  chances  purchases  rate
    0        1        3          1  0.333333
    """
    if period not in PERIODS:
        raise ValueError(f"period must be one of {', '.join(PERIODS)}, not {period!r}.")
    if upto < 1:
        raise ValueError(f"upto must be at least 1, not {upto}.")
    lines = read_lines(transactions, customer=customer, date=date, amount=amount)
    lines.warn(stacklevel=2)
    stop = _stop(lines, end)
    last = int(period_number(np.array([stop + 1]).astype("datetime64[D]"), period)[0]) - 1
    number = period_number(lines.day[lines.is_purchase], period)
    visits = pd.DataFrame({"code": lines.code[lines.is_purchase], "number": number})
    visits = visits[visits["number"] <= last].drop_duplicates().sort_values(["code", "number"])
    following = visits.groupby("code")["number"].shift(-1)
    gap = (following - visits["number"]).to_numpy()
    watched = np.where(np.isnan(gap), last - visits["number"].to_numpy(), gap)
    rows = []
    for recency in range(1, upto + 1):
        chances, bought = int((watched >= recency).sum()), int((gap == recency).sum())
        if not chances:
            raise ValueError(
                f"Nobody was watched {recency} periods after a purchase. Lower upto, or choose a "
                "later end."
            )
        rows.append((recency, chances, bought, bought / chances))
    return pd.DataFrame(rows, columns=["recency", "chances", "purchases", "rate"])


def group_value(
    lines: pd.DataFrame,
    groups: pd.Series,
    *,
    end: object,
    discount_rate: float,
    years: int = 2,
    timing: Literal["start", "mid", "end"] = "mid",
    value: str = "margin",
    customer: str = "customer_id",
    date: str = "date",
) -> pd.DataFrame:
    """Value groups of customers by what their members brought, customer-year by customer-year.

    Parameters
    ----------
    lines : DataFrame
        One row a line (or a cost, with its sign) with customer, date and money, from the first
        purchase on.
    groups : Series
        The group of each customer, indexed by customer: age, region, trade, source.
    end : date-like
        The last day watched.
    discount_rate : float
        Per year.
    years : int
        Customer-years to look at, each 365 days from the own first line.
    timing : {"start", "mid", "end"}
        When a year's money is taken to come.
    value, customer, date : str
        Column names.

    Returns
    -------
    DataFrame
        One row a group and year: ``group``, ``year`` (from 1), ``customers`` (watched for that
        whole year), ``active_share`` (had a line in it), ``money_each`` (mean of all watched, the
        inactive too), ``factor``, ``present_value`` and ``cumulative``, per customer at the start.
        A year nobody was watched for is left out.

    Raises
    ------
    ValueError
        A column is missing, a customer has no group, or a setting is impossible.

    Notes
    -----
    Dwyer (1989), "Customer lifetime valuation to support marketing decision making", Journal of
    Direct Marketing 3(4), reprinted 1997 in 11(4): group first by attributes, then value the group.
    The result is a mean of the group, not the value of any one customer in it.

    Examples
    --------
    >>> import pandas as pd
    >>> lines = pd.DataFrame({
    ...     "customer_id": ["A", "A", "B"],
    ...     "date": pd.to_datetime(["2024-01-01", "2025-02-01", "2024-03-01"]),
    ...     "margin": [50.0, 60.0, 30.0],
    ... })
    >>> trade = pd.Series({"A": "cafe", "B": "cafe"}, name="trade")
    >>> table = group_value(lines, trade, end="2026-12-31", discount_rate=0.2, timing="start")
    >>> table[["year", "active_share", "money_each", "cumulative"]]
       year  active_share  money_each  cumulative
    0     1           1.0        40.0        40.0
    1     2           0.5        30.0        65.0
    """
    from whobuys.value._discount import discount_factors

    require_columns(lines, {"customer": customer, "date": date, "value": value}, "lines")
    if not isinstance(groups, pd.Series):
        raise TypeError("groups must be a Series with the customers as index.")
    if years < 1:
        raise ValueError(f"years must be at least 1, not {years}.")
    stop = read_as_of(end)
    money = amounts(lines[value], "lines")
    known = lines[date] <= stop
    first = lines.loc[known].groupby(customer)[date].min()
    group = groups.reindex(first.index)
    if group.isna().any():
        raise ValueError(
            f"{int(group.isna().sum()):,} of the {len(first):,} customers have no group "
            f"({', '.join(map(str, group.index[group.isna()][:3]))})."
        )
    watched = ((stop - first).dt.days + 1) // 365
    age = (lines[date] - lines[customer].map(first)).dt.days // 365
    kept = pd.DataFrame({"customer": lines[customer], "age": age, "money": money})[known]
    factor = discount_factors(years, discount_rate, timing=timing)
    rows = []
    for name, members in group.groupby(group, observed=True):
        total = 0.0
        for year in range(1, years + 1):
            seen = members.index[watched[members.index] >= year]
            if not len(seen):
                break
            now = kept[(kept["age"] == year - 1) & kept["customer"].isin(seen)]
            each = float(now["money"].sum()) / len(seen)
            total += each * factor[year - 1]
            active = now["customer"].nunique() / len(seen)
            worth = each * factor[year - 1]
            rows.append((name, year, len(seen), active, each, factor[year - 1], worth, total))
    names = ["group", "year", "customers", "active_share", "money_each", "factor"]
    return pd.DataFrame(rows, columns=[*names, "present_value", "cumulative"])


def _stop(lines: Lines, end: object) -> int:
    day = lines.day.max() if end is None else np.datetime64(read_as_of(end), "D")
    return int(np.asarray(day).astype("datetime64[D]").astype(np.int64))
