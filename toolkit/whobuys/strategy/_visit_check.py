"""A visit plan held against its limits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from whobuys.segment._lines import counted, first_few, require_columns
from whobuys.value._visit_limits import SLACK, Hours, Ints, read_task, with_visits


@dataclass(frozen=True)
class PlanCheck:
    """A plan held against its limits.

    Attributes
    ----------
    broken : tuple of str
        Every limit that does not hold and by how much, a sentence each; empty if all hold.
    value, hours : float
        What the plan is expected to bring and what it takes, the way included.
    visits : int
        How many visits there are in it.
    table : DataFrame
        The customers with ``visits``, ``hours`` and ``expected``, as `plan_visits` returns them.
    """

    broken: tuple[str, ...]
    value: float
    hours: float
    visits: int
    table: pd.DataFrame = field(repr=False)

    @property
    def feasible(self) -> bool:
        """Whether all limits hold."""
        return not self.broken


def check_plan(
    plan: pd.DataFrame | pd.Series,
    customers: pd.DataFrame,
    hours: Hours,
    *,
    minimum: Mapping[str, int] | None = None,
    in_all: Mapping[str, int] | None = None,
    most: int | Mapping[str, int] = 4,
    keeps: float = 0.6,
    customer: str = "customer_id",
    visits: str = "visits",
    value: str = "value",
    visit_hours: str = "visit_hours",
    travel_hours: str | None = None,
    grade: str = "grade",
    owner: str = "owner",
) -> PlanCheck:
    """Hold a plan against its limits: which are broken and by how much, and what it is worth.

    Parameters
    ----------
    plan : DataFrame or Series
        One row a customer with `customer` and `visits`, or the visits indexed by customer. Who is
        not in it is not visited.
    customers, hours, minimum, in_all, most, keeps
        As for `plan_visits`; `customers` also has the column `customer`.
    customer, visits, value, visit_hours, travel_hours, grade, owner : str
        Column names.

    Returns
    -------
    PlanCheck
        ``broken``, ``feasible``, ``value``, ``hours``, ``visits``, ``table``. Visits that are no
        visits (below 0, a part of one, to nobody we know) are named and not counted.

    Raises
    ------
    ValueError
        The customers or the limits are not as they must be. A strange plan is no error: it is
        broken.

    Examples
    --------
    >>> import pandas as pd
    >>> customers = pd.DataFrame({
    ...     "customer_id": ["C1", "C2"], "grade": ["A (profit)", "B (profit)"],
    ...     "value": [900.0, 300.0], "visit_hours": [2.0, 1.0],
    ... })
    >>> plan = pd.DataFrame({"customer_id": ["C1"], "visits": [3]})
    >>> found = check_plan(plan, customers, 5.0, minimum={"B (profit)": 1})
    >>> for words in found.broken:
    ...     print(words)
    The plan takes 6.00 hours, 1.00 more than the 5.00 there are.
    1 of 1 customers of grade B (profit) get fewer than 1 visit, for instance C2: 0.
    >>> found.value
    1764.0
    """
    task = read_task(
        customers, hours, minimum, in_all, most, keeps,
        {"value": value, "visit_hours": visit_hours, "travel_hours": travel_hours,
         "grade": grade, "owner": owner},
    )  # fmt: skip
    require_columns(customers, {"customer": customer}, "customers")
    ids = pd.Index(customers[customer])
    if ids.has_duplicates:
        raise ValueError(f'Column "{customer}" of customers names a customer twice.')
    broken: list[str] = []
    count = _planned(plan, ids, customer, visits, broken)
    used = np.bincount(task.owner, task.takes * count, len(task.hours))
    for who, (took, there) in enumerate(zip(used, task.hours, strict=True)):
        if took > there + SLACK:
            whose = f" of {task.owners[who]}" if task.owners is not None else ""
            broken.append(
                f"The plan takes {took:,.2f} hours{whose}, {took - there:,.2f} more than the "
                f"{there:,.2f} there are."
            )
    for way, bound in (("fewer", task.least), ("more", task.most)):
        off = count < bound if way == "fewer" else count > bound
        for limit, of in sorted({(int(bound[i]), task.grades[i]) for i in np.flatnonzero(off)}):
            mine = task.grades == of
            here = np.flatnonzero(off & mine & (bound == limit))
            named = f" of grade {of}" if task.graded else ""
            broken.append(
                f"{len(here):,} of {int(mine.sum()):,} customers{named} get {way} than "
                f"{counted(limit, 'visit')}, for instance {ids[here[0]]}: {count[here[0]]:,}."
            )
    for name, number in task.in_all.items():
        got = int(count[task.grades == name].sum())
        if got < number:
            broken.append(
                f"The customers of grade {name} get {got:,} visits together, {number - got:,} "
                f"fewer than the {number:,} asked for."
            )
    table = with_visits(customers, task, count)
    return PlanCheck(
        tuple(broken), table.attrs["expected"], table.attrs["hours"], int(count.sum()), table
    )


def _planned(
    plan: pd.DataFrame | pd.Series, ids: pd.Index, customer: str, visits: str, broken: list[str]
) -> Ints:
    """Read the visits of a plan in the order of the customers; note what are no visits."""
    count = np.zeros(len(ids), dtype=np.int64)
    if isinstance(plan, pd.Series):
        plan = pd.DataFrame({customer: plan.index.to_numpy(), visits: plan.to_numpy()})
    elif customer not in plan.columns and plan.index.name == customer:
        plan = plan.reset_index()
    lacking = [name for name in (customer, visits) if name not in plan.columns]
    if lacking:
        there = ", ".join(map(str, plan.columns)) or "none"
        broken.append(f'The plan has no column "{lacking[0]}". It has: {there}.')
        return count
    who, number = plan[customer], pd.to_numeric(plan[visits], errors="coerce").astype(float)
    place = ids.get_indexer(pd.Index(who))
    again = who[who.duplicated()].unique()
    if len(again):
        broken.append(
            f"The plan names {counted(len(again), 'customer')} twice: {first_few(again)}."
        )
    unknown = place < 0
    if unknown.any():
        lost = first_few(who[unknown].unique())
        broken.append(f"The plan visits {counted(int(unknown.sum()), 'stranger')}: {lost}.")
    values = number.to_numpy()
    with np.errstate(invalid="ignore"):
        fine = (values >= 0) & (np.abs(values - np.round(values)) < SLACK) & (values < 1e6)
    if not fine.all():
        first = int(np.argmin(fine))
        broken.append(
            f"{counted(int((~fine).sum()), 'row')} of the plan hold no whole number of visits from "
            f"0, for instance {who.iloc[first]}: {plan[visits].iloc[first]}."
        )
    good = fine & ~unknown
    np.add.at(count, place[good], np.round(values[good]).astype(np.int64))
    return count
