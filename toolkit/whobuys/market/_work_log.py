"""Table ``work_log``: what one invented person was asked to do, by whom."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ._draw import Draft
from ._sections import Requester
from ._shape import (
    choose_names,
    dates,
    given,
    ids,
    lognormal,
    lognormal_mean,
    rated,
    rated_mean,
    texts,
)

SPREAD = 0.7
WORKDAYS = 5


def draw_work_log(draft: Draft) -> dict[str, pd.DataFrame]:
    """Draw each requester's requests from streams of their own, then put all in order of date."""
    requesters = given(draft.company.work_log).requesters
    parts = [_draw_requester(draft, requester) for requester in requesters]
    table = pd.concat(parts, ignore_index=True).sort_values("date", kind="stable")
    table = table.reset_index(drop=True)
    table.insert(0, "entry_id", ids("W", 4, len(table)))
    return {"work_log": table}


def _draw_requester(draft: Draft, requester: Requester) -> pd.DataFrame:
    company, section = draft.company, given(draft.company.work_log)

    def stream(name: str) -> np.random.Generator:
        return draft.streams(f"work_log.{requester.role}.{name}")

    size = int(stream("count").poisson(requester.times * section.weeks))
    nobody = np.zeros(size, dtype=np.int64)
    first_monday = company.window.days - company.window.end.weekday() - 7 * section.weeks
    week = (stream("week").random(size) * section.weeks).astype(np.int64)
    weekday = (stream("weekday").random(size) * WORKDAYS).astype(np.int64)
    hours = lognormal(stream("hours"), [requester.hours], nobody)
    return pd.DataFrame(
        {
            "date": dates(company, first_monday + 7 * week + weekday),
            "requester": texts([requester.role] * size),
            "relation": texts([requester.relation] * size),
            "activity": choose_names(
                stream("activity"), [requester.activities], list(requester.activities), nobody
            ),
            "hours": np.maximum(np.rint(hours * 4), 1) / 4,
            "importance": rated(
                requester.importance + SPREAD * stream("importance").standard_normal(size), 1, 5
            ),
            "performance": rated(
                requester.performance + SPREAD * stream("performance").standard_normal(size), 1, 5
            ),
        }
    )


def true_work_log(draft: Draft) -> dict[str, pd.DataFrame]:
    """Return what to expect of each requester; hours before rounding to quarters."""
    rows = [
        {
            "requester": each.role,
            "relation": each.relation,
            "requests_a_week": each.times,
            "hours_a_week": each.times * lognormal_mean(each.hours),
            "importance": rated_mean(each.importance, SPREAD, 1, 5),
            "performance": rated_mean(each.performance, SPREAD, 1, 5),
        }
        for each in given(draft.company.work_log).requesters
    ]
    return {"work_log": pd.DataFrame(rows)}
