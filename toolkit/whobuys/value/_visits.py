"""Whom to visit how often within the hours there are."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.optimize import Bounds, LinearConstraint, linprog, milp
from scipy.sparse import csr_array, vstack

from whobuys.value._fit import Floats
from whobuys.value._visit_limits import (
    Hours,
    Ints,
    Task,
    check_possible,
    read_task,
    with_visits,
)

CORE, NEAR, EXACT = 200, 1e-3, 1e-7


def plan_visits(
    customers: pd.DataFrame,
    hours: Hours,
    *,
    minimum: Mapping[str, int] | None = None,
    in_all: Mapping[str, int] | None = None,
    most: int | Mapping[str, int] = 4,
    keeps: float = 0.6,
    value: str = "value",
    visit_hours: str = "visit_hours",
    travel_hours: str | None = None,
    grade: str = "grade",
    owner: str = "owner",
) -> pd.DataFrame:
    """Plan how often to visit whom within the hours there are, for the greatest expected value.

    Parameters
    ----------
    customers : DataFrame
        One row a customer: `value`, what the first visit is expected to bring; `visit_hours`, what
        one visit takes; `grade` where a limit names grades; `owner` where hours are by owner.
    hours : float or mapping
        Hours there are in all, or those of each owner.
    minimum : mapping, optional
        Grade to the least number of visits each customer of it gets.
    in_all : mapping, optional
        Grade to the least number of visits its customers get together.
    most : int or mapping
        Most visits to one customer; by grade, if a mapping (which names every grade).
    keeps : float
        Each further visit brings this part of the one before, above 0 to 1.
    value, visit_hours, grade, owner : str
        Column names.
    travel_hours : str, optional
        Column of the way there and back, which each visit takes on top. Without it `visit_hours`
        must include the way.

    Returns
    -------
    DataFrame
        `customers` with ``visits``, ``hours`` (way included) and ``expected`` value of each row.
        ``attrs["hours"]`` and ``attrs["expected"]`` hold the sums.

    Raises
    ------
    ValueError
        A column is missing, a number is impossible, a limit names a grade or an owner that does not
        exist, or the limits cannot hold together; the message says which and by how much.

    Notes
    -----
    Without `in_all` a knapsack problem for each owner, solved to within a millionth of the best:
    most visits are settled by the bound of Dembo and Hammer (1980), the rest as an integer
    programme by the HiGHS solver (Huangfu and Hall, 2018). With `in_all` one integer programme, to
    within 0.1 %. As in Lodish (1971), CALLPLAN, Management Science 18(4), the expected values and
    what a further visit keeps are judgements of those who know the customers: vary them before you
    believe a plan. Tours are not planned; each visit pays its own way.

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
    task = read_task(
        customers, hours, minimum, in_all, most, keeps,
        {"value": value, "visit_hours": visit_hours, "travel_hours": travel_hours,
         "grade": grade, "owner": owner},
    )  # fmt: skip
    check_possible(task)
    return with_visits(customers, task, _solve(task))


def _solve(task: Task) -> Ints:
    if task.in_all:
        return _solve_together(task)
    gain = task.gains()
    order = np.arange(gain.shape[1])
    free = (order >= task.least[:, None]) & (order < task.most[:, None])
    visits = task.least.copy()
    for who, there in enumerate(task.hours):
        mine = task.owner == who
        room = float(there - task.takes[mine] @ task.least[mine])
        person, which = np.nonzero(free & mine[:, None])
        if not len(person) or room <= 0:
            continue
        # The tiny extra decides ties for the earlier visit, so that no second comes before a first.
        brings = gain[person, which] * (1 + 1e-9 * (gain.shape[1] - which))
        np.add.at(visits, person[_knapsack(brings, task.takes[person], room)], 1)
    return visits


def _solve_together(task: Task) -> Ints:
    """Solve all owners and grades in one integer programme."""
    gain = task.gains(signed=True)
    order = np.arange(gain.shape[1])
    free = (order >= task.least[:, None]) & (order < task.most[:, None])
    person, which = np.nonzero(free)
    size = len(person)
    if not size:
        return task.least.copy()
    spot = np.arange(size)
    left = task.hours - np.bincount(task.owner, task.takes * task.least, len(task.hours))
    rows = [csr_array((task.takes[person], (task.owner[person], spot)), (len(left), size))]
    low, high = [np.full(len(left), -np.inf)], [np.maximum(left, 0)]
    for name, number in task.in_all.items():
        mine = task.grades == name
        rows.append(csr_array(mine[person].astype(float)[None, :]))
        low.append(np.array([number - task.least[mine].sum()], dtype=float))
        high.append(np.array([np.inf]))
    # Where a visit brings a loss the later one loses less: the first must still come first.
    later = np.flatnonzero((which[1:] > which[:-1]) & (task.worth[person[1:]] < 0)) + 1
    if len(later):
        pairs = np.repeat(np.arange(len(later)), 2)
        sides = np.column_stack([later, later - 1]).ravel()
        rows.append(
            csr_array((np.tile([1.0, -1.0], len(later)), (pairs, sides)), (len(later), size))
        )
        low.append(np.full(len(later), -np.inf))
        high.append(np.zeros(len(later)))
    chosen = _choose(
        gain[person, which], vstack(rows).tocsr(), np.concatenate(low), np.concatenate(high)
    )
    if chosen is None:
        raise ValueError(
            "No plan meets the minimum visits, in_all and the hours of every owner together. Give "
            "the owners of the grades in in_all more hours, or lower in_all."
        )
    visits = task.least.copy()
    np.add.at(visits, person[chosen], 1)
    return visits


def _choose(brings: Floats, rows: csr_array, low: Floats, high: Floats) -> NDArray[np.bool_] | None:
    """Return which things to take within the rows' limits, to within 0.1 % of the best; or None.

    What the relaxed problem settles clearly, by its reduced cost, is fixed first; the solver gets
    the rest. Where the bound of the relaxed problem does not confirm the result, more is left free.
    """
    over, under = np.isfinite(high), np.isfinite(low)
    sides = vstack([rows[over], -rows[under]]).tocsr()
    relaxed = linprog(
        -brings, A_ub=sides, b_ub=np.concatenate([high[over], -low[under]]), bounds=(0, 1)
    )
    if relaxed.x is None:
        return None
    cost = np.abs(-brings - sides.T @ relaxed.ineqlin.marginals)
    clear = np.argsort(-cost, kind="stable")
    for free in (CORE, 4 * CORE, len(brings)):
        core = np.sort(clear[max(len(brings) - free, 0) :])
        fixed = np.round(relaxed.x)
        fixed[core] = 0
        held = rows @ fixed
        left = max(abs(-relaxed.fun - brings @ fixed), 1e-12)
        found = milp(
            -brings[core],
            integrality=np.ones(len(core)),
            bounds=Bounds(0, 1),
            constraints=LinearConstraint(rows[:, core], low - held, high - held + 1e-9),
            options={
                "mip_rel_gap": min(NEAR / 2 * abs(relaxed.fun) / left, 0.5),
                "time_limit": 20.0,
            },
        )
        if found.x is None:
            continue
        fixed[core] = np.round(found.x)
        short = -relaxed.fun - brings @ fixed
        if free >= len(brings) or short <= NEAR * abs(relaxed.fun):
            return fixed > 0.5
    return None


def _knapsack(brings: Floats, takes: Floats, room: float) -> Ints:
    """Return which things to pack for the greatest sum, to within a millionth of it.

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
    part, whole = (max(float(brings[of].sum()), 1e-12) for of in (core, packed))
    found = milp(
        -brings[core],
        integrality=np.ones(len(core)),
        bounds=Bounds(0, 1),
        constraints=LinearConstraint(
            csr_array(takes[core][None, :]), -np.inf, room - takes[surely].sum() + 1e-9
        ),
        options={"mip_rel_gap": min(EXACT * whole / part, 0.5), "time_limit": 10.0},
    )
    best = np.array(packed, dtype=np.int64)
    if found.x is not None:
        solved = np.r_[surely, core[found.x > 0.5]]
        if brings[solved].sum() >= brings[best].sum():
            best = solved
    return best.astype(np.int64)
