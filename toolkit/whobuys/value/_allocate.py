"""Spread money or hours over customers under limits."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_array

from whobuys.segment._lines import numbers, require_columns
from whobuys.value._fit import Floats
from whobuys.value._values import share


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


def plan_visits(
    customers: pd.DataFrame,
    hours: float,
    *,
    minimum: Mapping[str, int] | None = None,
    most: int = 4,
    keeps: float = 0.6,
    value: str = "value",
    visit_hours: str = "visit_hours",
    grade: str = "grade",
) -> pd.DataFrame:
    """Plan how often to visit whom within the hours there are, for the greatest expected value.

    Parameters
    ----------
    customers : DataFrame
        One row a customer: `value`, what the first visit is expected to bring; `visit_hours`, what
        one visit takes, the way there included; `grade` where minima are asked for.
    hours : float
        Hours there are in all.
    minimum : mapping, optional
        Grade to the least number of visits each customer of it gets.
    most : int
        Most visits to one customer.
    keeps : float
        Each further visit brings this part of the one before, above 0 to 1.
    value, visit_hours, grade : str
        Column names.

    Returns
    -------
    DataFrame
        `customers` with ``visits``, ``hours`` and ``expected`` value of each row.
        ``attrs["hours"]`` and ``attrs["expected"]`` hold the sums.

    Raises
    ------
    ValueError
        A column is missing, a number is impossible, a minimum names a grade that does not exist, or
        the minima take more hours than there are.

    Notes
    -----
    A knapsack problem, solved exactly: most visits are settled by the bound of Dembo and Hammer
    (1980), the rest as an integer programme by the HiGHS solver (Huangfu and Hall, 2018). As in
    Lodish (1971), CALLPLAN, the expected values are judgements of those who know the customers.

    Examples
    --------
    >>> import pandas as pd
    >>> customers = pd.DataFrame({
    ...     "grade": ["A (profit)", "B (profit)", "B (profit)"], "value": [900.0, 300.0, 100.0],
    ...     "visit_hours": [2.0, 1.0, 1.0],
    ... })
    >>> plan_visits(customers, 7.0, minimum={"B (profit)": 1})["visits"].tolist()
    [2, 2, 1]
    """
    needs = {"value": value, "visit_hours": visit_hours} | ({"grade": grade} if minimum else {})
    require_columns(customers, needs, "customers")
    if customers.empty:
        raise ValueError("customers has no rows, so there is nobody to visit.")
    worth = numbers(customers[value], name=value, table="customers")
    takes = numbers(customers[visit_hours], name=visit_hours, table="customers")
    if (takes <= 0).any():
        raise ValueError(f'Column "{visit_hours}" must be above 0 in every row.')
    if most < 1:
        raise ValueError(f"most must be at least 1, not {most}.")
    share(keeps, "keeps")
    least = np.zeros(len(customers), dtype=int)
    for name, number in (minimum or {}).items():
        mine = (customers[grade] == name).to_numpy()
        if not mine.any():
            there = ", ".join(map(str, customers[grade].unique()))
            raise ValueError(f"No customer has the grade {name!r}; there are: {there}.")
        if not 0 <= number <= most:
            raise ValueError(f"minimum of {name!r} must be from 0 to most = {most}, not {number}.")
        least[mine] = number
    if takes @ least > hours + 1e-9:
        raise ValueError(
            f"The minimum visits take {takes @ least:,.1f} hours; there are {hours:,.1f}. Lower a "
            "minimum, or find more hours."
        )
    step = keeps ** np.arange(most)
    gain = np.maximum(worth[:, None], 0) * step
    must = np.arange(most) < least[:, None]
    free = ~must
    visits = least.copy()
    room = float(hours - takes @ least)
    if free.any() and room > 0:
        who, which = np.nonzero(free)
        # The tiny extra decides ties for the earlier visit, so that no second comes before a first.
        brings = gain[who, which] * (1 + 1e-9 * (most - which))
        np.add.at(visits, who[_knapsack(brings, takes[who], room)], 1)
    signed = worth[:, None] * step
    table = customers.assign(
        visits=visits,
        hours=visits * takes,
        expected=(signed * (np.arange(most) < visits[:, None])).sum(axis=1),
    )
    table.attrs |= {
        "hours": float(table["hours"].sum()),
        "expected": float(table["expected"].sum()),
    }
    return table


def _knapsack(brings: Floats, takes: Floats, room: float) -> NDArray[np.int64]:
    """Return which things to pack for the greatest sum, exactly.

    Things far better or worse than the critical rate are settled by the gap between the relaxed
    and a packed solution (Dembo and Hammer, 1980); the solver gets the few that are left.
    """
    order = np.argsort(-brings / takes, kind="stable")
    order = order[brings[order] > 0]
    filled = np.cumsum(takes[order])
    fits = int(np.searchsorted(filled, room + 1e-9, side="right"))
    if fits == len(order):
        return order
    rate = brings[order[fits]] / takes[order[fits]]
    free = room - (filled[fits - 1] if fits else 0.0)
    packed = list(order[:fits])
    spare = free
    for item in order[fits:]:
        if takes[item] <= spare + 1e-12:
            packed.append(item)
            spare -= takes[item]
    gap = brings[order[:fits]].sum() + rate * free - brings[packed].sum()
    over = brings[order] - rate * takes[order]
    slack = gap + 1e-9 * max(1.0, float(brings.max()))
    surely, core = order[over > slack], order[np.abs(over) <= slack]
    found = milp(
        -brings[core],
        integrality=np.ones(len(core)),
        bounds=Bounds(0, 1),
        constraints=LinearConstraint(
            csr_array(takes[core][None, :]), -np.inf, room - takes[surely].sum() + 1e-9
        ),
        options={"mip_rel_gap": 1e-9, "time_limit": 10.0},
    )
    best = np.array(packed)
    if found.x is not None:
        solved = np.r_[surely, core[found.x > 0.5]]
        if brings[solved].sum() >= brings[best].sum():
            best = solved
    return best.astype(np.int64)
