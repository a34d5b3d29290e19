"""The limits of a visit plan: read, checked, and whether they can hold together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from whobuys.segment._lines import counted, first_few, numbers, require_columns
from whobuys.value._fit import Floats
from whobuys.value._values import share

Ints = NDArray[np.int64]
Hours = float | Mapping[Any, float]
SLACK = 1e-6
COLUMNS = {
    "value": "value",
    "visit_hours": "visit_hours",
    "travel_hours": None,
    "grade": "grade",
    "owner": "owner",
}


@dataclass(frozen=True)
class Task:
    """The customers and the limits as arrays, a place a customer."""

    worth: Floats
    takes: Floats
    least: Ints
    most: Ints
    grades: NDArray[Any]
    graded: bool
    owner: Ints
    owners: list[Any] | None
    hours: Floats
    in_all: dict[Any, int]
    keeps: float

    def gains(self, signed: bool = False) -> Floats:
        """Return what the first, second, ... visit to each customer brings."""
        worth = self.worth if signed else np.maximum(self.worth, 0)
        return worth[:, None] * self.keeps ** np.arange(int(self.most.max()))


def read_task(
    customers: pd.DataFrame,
    hours: Hours,
    minimum: Mapping[str, int] | None,
    in_all: Mapping[str, int] | None,
    most: int | Mapping[str, int],
    keeps: float,
    names: dict[str, Any],
) -> Task:
    """Check the customers and the limits."""
    unknown = set(names) - set(COLUMNS)
    if unknown:
        raise TypeError(f"There is no limit or column {first_few(sorted(unknown))!r}.")
    by_grade = bool(minimum) or bool(in_all) or isinstance(most, Mapping)
    by_owner = isinstance(hours, Mapping)
    needs = {name: names[name] for name in ("value", "visit_hours")}
    needs |= {"travel_hours": names["travel_hours"]} if names["travel_hours"] else {}
    needs |= {"grade": names["grade"]} if by_grade else {}
    needs |= {"owner": names["owner"]} if by_owner else {}
    require_columns(customers, needs, "customers")
    if customers.empty:
        raise ValueError("customers has no rows, so there is nobody to visit.")
    share(keeps, "keeps")
    size = len(customers)
    worth = numbers(customers[names["value"]], name=names["value"], table="customers")
    takes = numbers(customers[names["visit_hours"]], name=names["visit_hours"], table="customers")
    if names["travel_hours"]:
        way = numbers(customers[names["travel_hours"]], name="travel_hours", table="customers")
        if (way < 0).any():
            raise ValueError(f'Column "{names["travel_hours"]}" must be 0 or more in every row.')
        takes = takes + way
    if (takes <= 0).any():
        raise ValueError(f'Column "{names["visit_hours"]}" must be above 0 in every row.')
    grades = np.full(size, "", dtype=object)
    graded = names["grade"] in customers.columns
    if graded:
        grades = customers[names["grade"]].astype(object).to_numpy()
        if by_grade and pd.isna(grades).any():
            raise ValueError(f'Column "{names["grade"]}" of customers has missing grades.')
    top = np.full(size, 0, dtype=np.int64)
    if isinstance(most, Mapping):
        _known_grades(most, grades)
        lacking = sorted({str(g) for g in grades} - {str(g) for g in most})
        if lacking:
            raise ValueError(f"most lacks the grade {first_few(lacking)}. Name every grade.")
        for name, number in most.items():
            top[grades == name] = _whole(number, f"most of {name!r}", 0)
    else:
        top[:] = _whole(most, "most", 1)
    least = np.zeros(size, dtype=np.int64)
    for name, number in (minimum or {}).items():
        _known_grades({name: number}, grades)
        mine = grades == name
        limit = int(top[mine].max())
        if _whole(number, f"minimum of {name!r}", 0) > limit:
            raise ValueError(
                f"minimum of {name!r} must be from 0 to most = {limit}, not {number}: "
                "these two limits cannot hold together."
            )
        least[mine] = number
    together = {
        name: _whole(number, f"in_all of {name!r}", 0) for name, number in (in_all or {}).items()
    }
    _known_grades(together, grades)
    owner, owners = np.zeros(size, dtype=np.int64), None
    if isinstance(hours, Mapping):
        owners = list(hours)
        owner = pd.Index(owners).get_indexer(pd.Index(customers[names["owner"]])).astype(np.int64)
        if (owner < 0).any():
            lost = customers.loc[owner < 0, names["owner"]].unique()
            raise ValueError(f"hours names no hours of the owner {first_few(lost)}.")
        there = np.array([float(h) for h in hours.values()])
    else:
        there = np.array([float(hours)])
    if not ((there >= 0) & (there < np.inf)).all():
        raise ValueError(f"hours must be 0 or more, not {hours!r}.")
    return Task(
        worth, takes, least, top, grades, graded, owner, owners, there, together, float(keeps)
    )


def _whole(number: Any, name: str, least: int) -> int:
    is_whole = isinstance(number, int | np.integer) and not isinstance(number, bool)
    if not is_whole or number < least:
        raise ValueError(f"{name} must be a whole number of at least {least}, not {number!r}.")
    return int(number)


def _known_grades(limits: Mapping[Any, int], grades: NDArray[Any]) -> None:
    for name in limits:
        if not (grades == name).any():
            there = ", ".join(map(str, pd.unique(grades)))
            raise ValueError(f"No customer has the grade {name!r}; there are: {there}.")


def check_possible(task: Task) -> None:
    """Say which limits cannot hold together, before anything is solved."""
    for who, there in enumerate(task.hours):
        mine = task.owner == who
        need = float(task.takes[mine] @ task.least[mine])
        if need > there + SLACK:
            whose = f" for {task.owners[who]}" if task.owners is not None else ""
            raise ValueError(
                f"The minimum visits take {need:,.1f} hours{whose}; there are {there:,.1f}: "
                f"{_by_grade(task, mine)}. Lower a minimum, or find more hours."
            )
    visits = task.least.copy()
    for name, number in task.in_all.items():
        mine = np.flatnonzero(task.grades == name)
        if task.most[mine].sum() < number:
            raise ValueError(
                f"in_all asks for {number:,} visits to grade {name!r}, but its {len(mine):,} "
                f"customers get at most {int(task.most[mine].sum()):,}: in_all and most cannot "
                "hold together."
            )
        for i in mine[np.argsort(task.takes[mine], kind="stable")]:
            short = number - int(visits[mine].sum())
            visits[i] += min(max(short, 0), int(task.most[i] - visits[i]))
    need, there = float(task.takes @ visits), float(task.hours.sum())
    if need > there + SLACK:
        raise ValueError(
            f"The minimum visits and in_all take at least {need:,.1f} hours together; there are "
            f"{there:,.1f}. Lower one of them, or find more hours."
        )


def _by_grade(task: Task, mine: NDArray[np.bool_]) -> str:
    said = []
    for name in pd.unique(task.grades[mine & (task.least > 0)]):
        here = mine & (task.grades == name)
        least = int(task.least[here].max())
        took = float(task.takes[here] @ task.least[here])
        said.append(f"{counted(int(here.sum()), 'customer')} of {name} × {least} = {took:,.1f} h")
    return ", ".join(said)


def with_visits(customers: pd.DataFrame, task: Task, visits: Ints) -> pd.DataFrame:
    if task.keeps < 1:
        brought = task.worth * (1 - task.keeps**visits) / (1 - task.keeps)
    else:
        brought = task.worth * visits
    table = customers.assign(visits=visits, hours=visits * task.takes, expected=brought)
    table.attrs |= {
        "hours": float(table["hours"].sum()),
        "expected": float(table["expected"].sum()),
    }
    return table
