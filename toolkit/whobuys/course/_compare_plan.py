"""Answers that are plans: any plan that holds all limits and is good enough is right."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Protocol

import pandas as pd

from whobuys.course._answers import Answer
from whobuys.course._compare_tables import Table
from whobuys.course._comparer import SAME, Comparer, Difference, as_answer
from whobuys.course._words import say


class Found(Protocol):
    """What is known of a plan, such as `whobuys.strategy.PlanCheck`."""

    @property
    def broken(self) -> Sequence[str]:
        """Every broken limit and by how much, a sentence each."""

    @property
    def value(self) -> float:
        """What the plan is worth."""


Check = Callable[[pd.DataFrame, pd.DataFrame], Found]


@dataclass(frozen=True)
class Plan(Comparer):
    """A table that plans something: right if it breaks no limit and is worth enough.

    `check(right, plan)` holds a plan against what stands in the other columns of the right one:
    what each row is worth and takes, and the limits. A known mistake has no such columns, only
    `on` and `column`; it is recognised where the same is planned.
    """

    kind: ClassVar[str] = "plan"
    on: str = "customer_id"
    column: str = "visits"
    at_least: float = 0.98
    what: str = "expected value"
    check: Check | None = field(default=None, compare=False)

    @property
    def _table(self) -> Table:
        return Table(self.on, {self.column: "number"})

    def shape(self, answer: Answer) -> list[str]:
        """Want the key and the column of the plan; who is left out gets nothing."""
        return self._table.shape(answer)

    def compare(self, right: Any, answer: Answer) -> Difference:
        """Hold the plan against the limits, then its worth against that of the right plan."""
        problems = self.shape(answer)
        if problems:
            return Difference(0.0, tuple(problems))
        wanted, given = self.tidy(right, as_answer(right)), self.tidy(right, answer)
        if not set(wanted.columns) - {self.on, self.column}:
            return self._same(wanted, given)
        if self.check is None:
            return Difference(0.0, ("Your plan cannot be held against the limits here.",))
        found = self.check(wanted, given[[self.on, self.column]])
        if found.broken:
            return Difference(0.0, tuple(found.broken))
        best = self.check(wanted, wanted[[self.on, self.column]]).value
        return self._reached(found.value, best)

    def _reached(self, value: float, best: float) -> Difference:
        """Say what a plan that holds all limits is worth, and what the best one reaches."""
        if value >= best - 1e-9 * abs(best):
            return SAME
        share = max(value / best, 0.0) if best > 0 else 0.0
        part = f"{say(round(value, 2))}, {share:.1%} of the {say(round(best, 2))} the best one has"
        if value >= self.at_least * best - 1e-9 * abs(best):
            words = f"Your plan breaks no limit. Its {self.what} is {part}."
            return Difference(1.0, (words.replace("%", " %"),))
        words = (
            f"Your plan breaks no limit, but its {self.what} is {part}; {self.at_least:.0%} is "
            "needed."
        )
        return Difference(0.0, (words.replace("%", " %"),))

    def tidy(self, right: Any, answer: Answer) -> pd.DataFrame:
        """Name and type the columns and spell the keys as the right plan does."""
        return self._table.tidy(right, answer)

    def stands_in(self, right: Any, answer: Answer) -> bool:
        """Want a plan as varied as the right one, with numbers of its size."""
        return self._table.stands_in(right, self._whole(right, answer))

    def easier(self, right: Any, answer: Answer) -> bool:
        """Whether the plan is far less varied than the right one."""
        return self._table.easier(right, self._whole(right, answer))

    def too_long(self, right: Any, answer: Answer) -> list[str]:
        """Say that there are far too many rows."""
        return self._table.too_long(right, answer)

    def _whole(self, right: Any, answer: Answer) -> Answer:
        """Return the plan with everybody in it; who is left out gets nothing."""
        plan = self.tidy(right, answer)[[self.on, self.column]]
        everybody = self.tidy(right, as_answer(right))[[self.on]]
        whole = everybody.merge(plan, on=self.on, how="left").fillna({self.column: 0.0})
        return Answer("table", whole, answer.about)

    def spec(self) -> dict[str, Any]:
        """Return the form only: the check stays with the judge."""
        return {key: value for key, value in super().spec().items() if key != "check"}

    def _same(self, wanted: pd.DataFrame, given: pd.DataFrame) -> Difference:
        one, other = (side.set_index(self.on)[self.column].fillna(0.0) for side in (wanted, given))
        one, other = one[one != 0], other[other != 0]
        planned = one.index.union(other.index)
        gap = one.reindex(planned, fill_value=0.0) - other.reindex(planned, fill_value=0.0)
        if (gap.abs() < 1e-9).all():
            return SAME
        return Difference(0.0, ("Another plan.",))


def plan(
    check: Check | None = None,
    *,
    on: str = "customer_id",
    column: str = "visits",
    at_least: float = 0.98,
    what: str = "expected value",
) -> Plan:
    """Compare a plan: it must break no limit and reach `at_least` of the value of the right one.

    Parameters
    ----------
    check : callable
        Takes the right plan, with all its columns, and a plan with only `on` and `column`; returns
        an object with ``broken`` (sentences; none if all limits hold) and ``value``, such as
        `whobuys.strategy.check_plan` does.
    on, column : str
        Key and column of the plan.
    at_least : float
        Share of the value of the right plan that is needed.
    what : str
        What the value is, for the words.
    """
    if not 0 < at_least <= 1:
        raise ValueError(f"at_least must be a share above 0 to 1, not {at_least}.")
    return Plan(on, column, at_least, what, check)
