"""Money later is worth less: rates, factors, present values, and the simple lifetime values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike

from whobuys.value._fit import Floats
from whobuys.value._summary import DAYS

Timing = Literal["start", "mid", "end"]
First = Literal["now", "mid", "end", "if retained"]
WHEN = {"start": 0.0, "mid": 0.5, "end": 1.0}
FIRST = {"now": (0.0, 0), "mid": (0.5, 0), "end": (1.0, 0), "if retained": (1.0, 1)}


def rate_per(unit: str, annual: float) -> float:
    """Turn a yearly discount rate into that of a shorter time unit.

    Parameters
    ----------
    unit : {"day", "week", "month", "year"}
        The time unit, as in `clv_summary`.
    annual : float
        Rate per year, such as 0.12.

    Returns
    -------
    float
        The rate that compounds to `annual` over 365.25 days.

    Raises
    ------
    ValueError
        `unit` is unknown or `annual` is not above -1.

    Examples
    --------
    >>> round(rate_per("month", 0.12), 5)
    0.00949
    """
    if unit not in DAYS:
        raise ValueError(f"unit must be one of {', '.join(DAYS)}, not {unit!r}.")
    return float((1 + _rate(annual, "annual")) ** (DAYS[unit] / DAYS["year"]) - 1)


def discount_factors(periods: int, discount_rate: float, *, timing: Timing = "end") -> Floats:
    """Return what one unit of money of each period is worth today.

    Parameters
    ----------
    periods : int
        How many periods.
    discount_rate : float
        Per period.
    timing : {"start", "mid", "end"}
        Does a period's money come at its start (the first today), middle or end?

    Returns
    -------
    array
        One factor a period.

    Raises
    ------
    ValueError
        A setting is impossible.

    Examples
    --------
    >>> discount_factors(3, 0.1).round(4).tolist()
    [0.9091, 0.8264, 0.7513]
    """
    if timing not in WHEN:
        raise ValueError(f"timing must be one of {', '.join(WHEN)}, not {timing!r}.")
    if periods < 1 or periods != int(periods):
        raise ValueError(f"periods must be a whole number from 1, not {periods}.")
    when = np.arange(int(periods)) + WHEN[timing]
    return np.asarray((1 + _rate(discount_rate)) ** -when)


def present_value(money: ArrayLike, discount_rate: float, *, timing: Timing = "end") -> float:
    """Return what a row of payments, one a period, is worth today.

    Parameters
    ----------
    money : array-like
        One amount a period, costs below 0.
    discount_rate : float
        Per period.
    timing : {"start", "mid", "end"}
        When a period's money comes.

    Returns
    -------
    float
        Money.

    Raises
    ------
    ValueError
        An amount is missing, or a setting is impossible.

    Examples
    --------
    >>> round(present_value([-100.0, 60.0, 60.0], 0.1, timing="start"), 2)
    4.13
    """
    paid = np.asarray(money, dtype=float)
    if paid.ndim != 1 or not len(paid) or not np.isfinite(paid).all():
        raise ValueError("money must be a row of numbers, one a period.")
    return float(paid @ discount_factors(len(paid), discount_rate, timing=timing))


def simple_clv(
    margin: Any,
    retention: Any,
    discount_rate: Any,
    *,
    periods: int | None = None,
    first: First = "if retained",
    growth: float = 0.0,
    acquisition_cost: float = 0.0,
) -> Any:
    """Return the lifetime value of a customer who is kept at a steady rate.

    Parameters
    ----------
    margin : float or array-like
        Money a customer brings a period after the cost to serve and to keep, what referrals bring
        included.
    retention : float or array-like
        Share kept from one period to the next, 0 to 1.
    discount_rate : float or array-like
        Per period.
    periods : int, optional
        How many payments to count; by default all there will ever be.
    first : {"if retained", "end", "mid", "now"}
        When the first margin comes. "if retained": after one period, from those who stay (a
        customer who has just paid). "end": after one period, from all. "mid": after half a period,
        from all. "now": today, from all.
    growth : float
        The margin's growth a period.
    acquisition_cost : float
        Taken off.

    Returns
    -------
    float or array
        Money, in the shape of the inputs together.

    Raises
    ------
    ValueError
        A rate is impossible, or the value is without end (retention × growth outruns the discount
        rate and `periods` is not given).

    Notes
    -----
    With ``first="if retained"`` and all periods it is margin × r / (1 + i − r), Gupta and Lehmann
    (2003), "Customers as assets", Journal of Interactive Marketing 17(1). The four conventions
    differ by a factor: always say which.

    Examples
    --------
    >>> round(simple_clv(100, 0.8, 0.1), 2), round(simple_clv(100, 0.8, 0.1, first="now"), 2)
    (266.67, 366.67)
    """
    if first not in FIRST:
        raise ValueError(f"first must be one of {', '.join(FIRST)}, not {first!r}.")
    money, keep = np.asarray(margin, dtype=float), np.asarray(retention, dtype=float)
    rate = np.asarray(discount_rate, dtype=float)
    if not (np.isfinite(money).all() and (rate > -1).all() and np.isfinite(rate).all()):
        raise ValueError("margin must be numbers and discount_rate above -1.")
    if not ((keep >= 0) & (keep <= 1)).all():
        raise ValueError(f"retention must be from 0 to 1, not {retention}.")
    if not -1 < growth < np.inf:
        raise ValueError(f"growth must be above -1, not {growth}.")
    step = keep * (1 + growth) / (1 + rate)
    if periods is None:
        if (step >= 1).any():
            raise ValueError(
                "The value is without end: retention × (1 + growth) is not below 1 + "
                "discount_rate. Give periods."
            )
        times = 1 / (1 - step)
    else:
        if periods < 1 or periods != int(periods):
            raise ValueError(f"periods must be a whole number from 1, not {periods}.")
        times = (step[..., None] ** np.arange(int(periods))).sum(axis=-1)
    wait, survived = FIRST[first]
    found = money * times * keep**survived * (1 + rate) ** -wait - acquisition_cost
    return float(found) if np.ndim(found) == 0 else found


def margin_multiple(retention: Any, discount_rate: Any, *, growth: float = 0.0) -> Any:
    """Return how many yearly margins a customer is worth, r / (1 + i − r (1 + g)).

    Parameters
    ----------
    retention, discount_rate : float or array-like
        Per period.
    growth : float
        The margin's growth a period.

    Returns
    -------
    float or array
        The multiple of the margin.

    Raises
    ------
    ValueError
        A rate is impossible or the multiple has no bound.

    Notes
    -----
    Gupta and Lehmann (2003), Journal of Interactive Marketing 17(1).

    Examples
    --------
    >>> round(margin_multiple(0.8, 0.1), 2), round(margin_multiple(0.9, 0.1), 2)
    (2.67, 4.5)
    """
    return simple_clv(1.0, retention, discount_rate, growth=growth)


def berger_nasr(
    margin: float | Sequence[float],
    promotion: float,
    retention: float,
    discount_rate: float,
    years: int,
) -> float:
    """Return Berger and Nasr's lifetime value: sales once a year, spending to keep at mid-year.

    Parameters
    ----------
    margin : float or sequence
        Money a customer brings each year before promotion; or one amount for today and one for each
        year (their case 3, with a margin that changes).
    promotion : float
        Spent a year on each customer still there, at mid-year.
    retention : float
        Share kept from one year to the next.
    discount_rate : float
        Per year.
    years : int
        How many years ahead; with today there are one more sales than years.

    Returns
    -------
    float
        Money.

    Raises
    ------
    ValueError
        A setting is impossible.

    Notes
    -----
    Berger and Nasr (1998), "Customer lifetime value: marketing models and applications", Journal of
    Interactive Marketing 12(1), case 1.

    Examples
    --------
    >>> round(berger_nasr(260, 50, 0.75, 0.2, 10), 2)
    568.78
    """
    if years < 1 or years != int(years):
        raise ValueError(f"years must be a whole number from 1, not {years}.")
    if not 0 <= retention <= 1:
        raise ValueError(f"retention must be from 0 to 1, not {retention}.")
    rate = _rate(discount_rate)
    money = np.asarray(margin, dtype=float)
    if money.ndim and money.shape != (years + 1,):
        raise ValueError(
            f"margin must be one number, or {years + 1} of them: today and {years} years."
        )
    year = np.arange(years + 1)
    sales = (money * retention**year / (1 + rate) ** year).sum()
    spent = (retention ** year[:-1] / (1 + rate) ** (year[1:] - 0.5)).sum()
    return float(sales - promotion * spent)


@dataclass(frozen=True)
class RetentionSpend:
    """What may be spent at most to raise retention.

    Attributes
    ----------
    before, after : float
        Lifetime value of a customer at the old and the new retention.
    once : float
        Most to spend on a customer once, today.
    each_period : float
        Most to spend on a customer each period, as long as the customer stays, when the margins
        come.
    """

    before: float
    after: float
    once: float
    each_period: float


def retention_spend(
    margin: float,
    retention: float,
    gain: float,
    discount_rate: float,
    *,
    periods: int | None = None,
    first: First = "if retained",
) -> RetentionSpend:
    """Return the most that may be spent on a customer to raise retention by so many points.

    Parameters
    ----------
    margin : float
        Money a customer brings a period.
    retention : float
        Share kept today.
    gain : float
        By how much it would rise for good, in every period to come: 0.05 from 80 to 85 %.
    discount_rate, periods, first
        As in `simple_clv`.

    Returns
    -------
    RetentionSpend
        Break-even amounts: spend less, and the rise pays.

    Raises
    ------
    ValueError
        A rate is impossible.

    Notes
    -----
    The rise is permanent here: the customer stays likelier to be kept in every later period, even
    where the spending is ``once``. A campaign that lifts one period's retention only is worth far
    less: gain times what a kept customer is worth from then on, once.

    Examples
    --------
    >>> found = retention_spend(100.0, 0.80, 0.05, 0.10)
    >>> round(found.once, 2), round(found.each_period, 2)
    (73.33, 21.57)
    """
    before = simple_clv(margin, retention, discount_rate, periods=periods, first=first)
    after = simple_clv(margin, retention + gain, discount_rate, periods=periods, first=first)
    unit = simple_clv(1.0, retention + gain, discount_rate, periods=periods, first=first)
    if unit <= 0:
        raise ValueError("At a retention of 0 there is no later period to spend in.")
    return RetentionSpend(before, after, after - before, (after - before) / unit)


def _rate(rate: float, name: str = "discount_rate") -> float:
    if not -1 < rate < np.inf:
        raise ValueError(f"{name} must be above -1, not {rate}.")
    return float(rate)
