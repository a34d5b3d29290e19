"""How much of the value comes from how few customers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from whobuys.segment._lines import counted
from whobuys.value._fit import Floats
from whobuys.value._values import amounts, share


def lorenz(values: Any) -> pd.DataFrame:
    """Add up customers from the best to the worst: what share of them brings what share of value.

    Parameters
    ----------
    values : Series or array-like
        Money a customer, losses below 0. The total must be above 0.

    Returns
    -------
    DataFrame
        One row a customer and a first row of zeros: ``customers`` and ``customer_share`` so far,
        ``value`` and ``value_share`` so far. With loss-makers ``value_share`` climbs above 1 and
        comes back (the whale curve).

    Raises
    ------
    ValueError
        There is no customer, a value is missing, or the total is not above 0.

    Notes
    -----
    Lorenz (1905) added up from the poorest; from the best is the usual order for customers. The
    whale curve: Kaplan and Narayanan (2001), Journal of Cost Management 15(5).

    Examples
    --------
    >>> lorenz([60, 50, 10, -20])[["customer_share", "value_share"]].values.tolist()
    [[0.0, 0.0], [0.25, 0.6], [0.5, 1.1], [0.75, 1.2], [1.0, 1.0]]
    """
    ordered = _best_first(values)
    size = len(ordered)
    value = np.r_[0.0, np.cumsum(ordered)]
    return pd.DataFrame(
        {
            "customers": np.arange(size + 1),
            "customer_share": np.arange(size + 1) / size,
            "value": value,
            "value_share": value / ordered.sum(),
        }
    )


def gini(values: Any) -> float:
    """Return the Gini coefficient: 0 when all bring the same, near 1 when one brings all.

    Parameters
    ----------
    values : Series or array-like
        Money a customer. The total must be above 0.

    Returns
    -------
    float
        Half the mean difference between two customers, over the mean. Above 1 where losses are
        large.

    Raises
    ------
    ValueError
        There is no customer, a value is missing, or the total is not above 0.

    Notes
    -----
    Gini (1912), over all customers given (no small-sample correction).

    Examples
    --------
    >>> gini([5, 5, 5, 5]), gini([20, 0, 0, 0]), gini([60, 50, 10, -20])
    (0.0, 0.75, 0.7)
    """
    ordered = _best_first(values)
    size = len(ordered)
    rank = np.arange(size, 0, -1)
    return round(float((2 * rank - size - 1) @ ordered / (size * ordered.sum())), 12)


def top_share(values: Any, top: float = 0.2) -> float:
    """Return the share of all value that the best customers bring.

    Parameters
    ----------
    values : Series or array-like
        Money a customer. The total must be above 0.
    top : float
        Which part of the customers, above 0 to 1. Part of a customer counts as a whole one: the
        best 20 % of 7 customers are 2.

    Returns
    -------
    float
        Above 1 where the others together make a loss.

    Raises
    ------
    ValueError
        `top` is no share, or the values are not in order (see `lorenz`).

    Examples
    --------
    >>> top_share([60, 50, 10, -20], 0.5)
    1.1
    """
    ordered = _best_first(values)
    first = _first(share(top, "top"), len(ordered))
    return float(ordered[:first].sum() / ordered.sum())


def customers_for(values: Any, part: float = 0.8) -> int:
    """Return the least number of customers who together bring a part of all value.

    Parameters
    ----------
    values : Series or array-like
        Money a customer. The total must be above 0.
    part : float
        Share of the total, above 0 to 1.

    Returns
    -------
    int
        Number of customers, the best first.

    Raises
    ------
    ValueError
        `part` is no share, or the values are not in order (see `lorenz`).

    Examples
    --------
    >>> customers_for([60, 50, 10, -20], 0.8)
    2
    """
    ordered = _best_first(values)
    sofar = np.cumsum(ordered)
    wanted = share(part, "part") * sofar[-1]
    return int(np.argmax(sofar >= wanted - 1e-9 * abs(sofar[-1]))) + 1


@dataclass(frozen=True)
class ParetoTest:
    """What came out when a rule such as "20 % bring 80 %" was held against the customers.

    Attributes
    ----------
    top, claimed : float
        The rule: this share of the customers is said to bring this share of the value.
    share : float
        The share they do bring.
    low, high : float
        95 % bootstrap interval of it.
    customers_needed : int
        How many customers bring the claimed share.
    needed_share : float
        The same as a share of all customers.
    losing : int
        Customers with a value below 0.
    peak : float
        Highest point of the whale curve: what the customers who earn bring, in terms of the total.
    holds : bool
        Does the interval contain the claimed share?
    """

    top: float
    claimed: float
    share: float
    low: float
    high: float
    customers_needed: int
    needed_share: float
    losing: int
    peak: float
    holds: bool

    def __str__(self) -> str:
        verdict = "fits the customers" if self.holds else "does not fit the customers"
        return (
            f"The best {self.top:.0%} bring {self.share:.1%} (95 % interval {self.low:.1%} to "
            f"{self.high:.1%}); the rule says {self.claimed:.0%} and {verdict}. "
            f"{self.claimed:.0%} takes {counted(self.customers_needed, 'customer')} "
            f"({self.needed_share:.1%})."
        )


def pareto_test(
    values: Any, *, top: float = 0.2, claimed: float = 0.8, draws: int = 1000, seed: int = 0
) -> ParetoTest:
    """Test a rule such as "20 % of the customers bring 80 % of the profit".

    Parameters
    ----------
    values : Series or array-like
        Money a customer. The total must be above 0.
    top, claimed : float
        The rule: this share of customers, this share of value.
    draws : int
        Bootstrap samples of the customers.
    seed : int
        Of the bootstrap; the same seed gives the same interval.

    Returns
    -------
    ParetoTest
        The share measured, its interval, customers needed, loss-makers; `print` says it in words.

    Raises
    ------
    ValueError
        A share is none, `draws` is below 100, or the values are not in order (see `lorenz`).

    Notes
    -----
    The rule is named after Pareto (1896) and was made popular by Juran (1951). It is a rule of
    thumb. Percentile bootstrap: Efron (1979). The interval says how far other customers from the
    same source might differ.

    Examples
    --------
    >>> import numpy as np
    >>> found = pareto_test(np.random.default_rng(0).lognormal(0, 1, 500))
    >>> round(found.share, 2), found.holds
    (0.56, False)
    """
    ordered = _best_first(values)
    size = len(ordered)
    first = _first(share(top, "top"), size)
    share(claimed, "claimed")
    if draws < 100:
        raise ValueError(f"draws must be at least 100, not {draws}.")
    random = np.random.default_rng(seed)
    found = []
    for _ in range(draws):
        # How often each customer is drawn; the order stays, so nothing is sorted again.
        times = np.bincount(random.integers(0, size, size), minlength=size)
        before = np.cumsum(times) - times
        taken = np.clip(first - before, 0, times)
        total = times @ ordered
        if total > 0:
            found.append(taken @ ordered / total)
    if len(found) < draws / 2:
        raise ValueError(
            "The total is so near 0 that in most samples it falls below: no share can be tested."
        )
    low, high = np.quantile(found, [0.025, 0.975])
    needed = customers_for(ordered, claimed)
    return ParetoTest(
        top=top,
        claimed=claimed,
        share=float(ordered[:first].sum() / ordered.sum()),
        low=float(low),
        high=float(high),
        customers_needed=needed,
        needed_share=needed / size,
        losing=int((ordered < 0).sum()),
        peak=float(ordered[ordered > 0].sum() / ordered.sum()),
        holds=bool(low <= claimed <= high),
    )


def _best_first(values: Any) -> Floats:
    found = np.sort(amounts(values).to_numpy())[::-1]
    if found.sum() <= 0:
        raise ValueError(
            f"The values of the {counted(len(found), 'customer')} add up to {found.sum():,.2f}. A "
            "share of the total has no meaning unless the total is above 0."
        )
    return found


def _first(top: float, size: int) -> int:
    return int(np.ceil(round(top * size, 9)))
