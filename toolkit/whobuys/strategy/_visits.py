"""A visit plan beside an even one, by grade, and with more or fewer hours."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from whobuys.segment._lines import require_columns
from whobuys.value import plan_visits
from whobuys.value._visit_limits import (
    COLUMNS,
    SLACK,
    Hours,
    check_possible,
    read_task,
    with_visits,
)


def even_visits(customers: pd.DataFrame, hours: Hours, **limits: Any) -> pd.DataFrame:
    """Spread the visits evenly, as a plan to compare with: round after round until time is up.

    Parameters
    ----------
    customers : DataFrame
        As for `plan_visits`. Who stands first is visited first in each round.
    hours : float or mapping
        Hours there are in all, or those of each owner.
    **limits
        As for `plan_visits`, without `in_all`.

    Returns
    -------
    DataFrame
        As from `plan_visits`: everybody gets the minimum, then one visit more in turn. Who does not
        fit into the hours that are left is passed over.

    Raises
    ------
    ValueError
        As from `plan_visits`.

    Examples
    --------
    >>> import pandas as pd
    >>> customers = pd.DataFrame({"value": [900.0, 300.0, 100.0], "visit_hours": [2.0, 1.0, 1.0]})
    >>> even_visits(customers, 7.0)["visits"].tolist()
    [2, 2, 1]
    >>> even_visits(customers, 7.0).attrs["expected"], plan_visits(customers, 7.0).attrs["expected"]
    (2020.0, 2064.0)
    """
    if limits.get("in_all"):
        raise ValueError("even_visits knows no in_all: a grade's total is no even spread.")
    limits.pop("in_all", None)
    task = read_task(
        customers, hours, limits.pop("minimum", None), None, limits.pop("most", 4),
        limits.pop("keeps", 0.6),
        COLUMNS | limits,
    )  # fmt: skip
    check_possible(task)
    visits = task.least.copy()
    left = task.hours - np.bincount(task.owner, task.takes * visits, len(task.hours))
    for turn in range(1, int(task.most.max()) + 1):
        for i in np.flatnonzero((visits < turn) & (task.most >= turn)):
            if task.takes[i] <= left[task.owner[i]] + SLACK / 10:
                visits[i] += 1
                left[task.owner[i]] -= task.takes[i]
    return with_visits(customers, task, visits)


def visit_summary(plan: pd.DataFrame, by: str = "grade") -> pd.DataFrame:
    """Sum a plan up by grade: customers, visits, hours and expected value.

    Parameters
    ----------
    plan : DataFrame
        From `plan_visits`, `even_visits` or `check_plan`.
    by : str
        Column to sum up by, such as the grade, the owner or the region.

    Returns
    -------
    DataFrame
        One row a grade in order and a last row "all": `by`, ``customers``, ``visited`` (at least
        once), ``visits``, ``visits_each``, ``hours``, ``share_of_hours``, ``expected``,
        ``expected_an_hour``.

    Raises
    ------
    ValueError
        A column is missing.

    Examples
    --------
    >>> import pandas as pd
    >>> customers = pd.DataFrame({"grade": ["A", "B", "B"], "value": [900.0, 300.0, 100.0],
    ...                           "visit_hours": [2.0, 1.0, 1.0]})
    >>> visit_summary(plan_visits(customers, 7.0))[["grade", "visited", "visits", "hours"]]
      grade  visited  visits  hours
    0     A        1       3    6.0
    1     B        1       1    1.0
    2   all        2       4    7.0
    """
    names = [by, "visits", "hours", "expected"]
    require_columns(plan, {name: name for name in names}, table="plan", rows=True)
    whole = plan.assign(**{by: "all"}).groupby(by)
    rows = [
        pd.DataFrame(
            {
                "customers": part.size(),
                "visited": part["visits"].agg(lambda visits: int((visits > 0).sum())),
                "visits": part["visits"].sum(),
                "hours": part["hours"].sum(),
                "expected": part["expected"].sum(),
            }
        )
        for part in (plan.groupby(by, observed=True), whole)
    ]
    table = pd.concat(rows)
    table.index = pd.Index([str(name) for name in table.index], name=by)
    hours = table["hours"].to_numpy(float)
    table.insert(3, "visits_each", table["visits"] / table["customers"])
    whole_hours = hours[-1] if hours[-1] > 0 else np.nan
    table.insert(5, "share_of_hours", hours / whole_hours)
    table["expected_an_hour"] = table["expected"] / np.where(hours > 0, hours, np.nan)
    return table.reset_index()


def hours_curve(customers: pd.DataFrame, hours: Sequence[float], **limits: Any) -> pd.DataFrame:
    """Say what the best plan brings with more and with fewer hours.

    Parameters
    ----------
    customers : DataFrame
        As for `plan_visits`.
    hours : sequence of float
        The hours to try, in all.
    **limits
        As for `plan_visits`.

    Returns
    -------
    DataFrame
        One row a number of hours, rising: ``hours``, ``visits``, ``expected`` and
        ``brings_an_hour``, what each hour more than in the row before brings. While it is above
        what an hour costs, more hours pay.

    Raises
    ------
    ValueError
        As from `plan_visits`.

    Examples
    --------
    >>> import pandas as pd
    >>> customers = pd.DataFrame({"value": [900.0, 300.0, 100.0], "visit_hours": [2.0, 1.0, 1.0]})
    >>> hours_curve(customers, [2, 4, 6])
       hours  visits  expected  brings_an_hour
    0    2.0       1     900.0             NaN
    1    4.0       2    1440.0           270.0
    2    6.0       4    1920.0           240.0
    """
    rows = []
    for there in sorted(float(h) for h in hours):
        plan = plan_visits(customers, there, **limits)
        rows.append((there, int(plan["visits"].sum()), plan.attrs["expected"]))
    table = pd.DataFrame(rows, columns=["hours", "visits", "expected"])
    return table.assign(brings_an_hour=table["expected"].diff() / table["hours"].diff())
