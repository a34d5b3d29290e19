"""Table ``events``: dated events foreseen for the largest customers."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ._draw import Draft
from ._interactions import DAYS_A_YEAR
from ._latent import Whole
from ._shape import dates, given, ids, lognormal, lognormal_mean, texts

COST_SWING = 0.2


def draw_events(draft: Draft) -> dict[str, pd.DataFrame]:
    """Draw each kind of event from streams of its own, then put all in order of date."""
    section = given(draft.company.events)
    table = pd.concat(
        [_draw_kind(draft, name) for name in section.kinds], ignore_index=True
    ).sort_values("date", kind="stable")
    table = table.reset_index(drop=True)
    table.insert(0, "event_id", ids("E", 4, len(table)))
    return {"events": table}


def largest(draft: Draft) -> Whole:
    """Return the customers who ordered for the most money, in the order of their ids."""
    paid = np.bincount(draft.orders.customer, weights=draft.orders.value, minlength=draft.size)
    wanted = min(given(draft.company.events).customers, draft.size)
    return np.sort(np.argsort(-paid, kind="stable")[:wanted])


def _draw_kind(draft: Draft, kind: str) -> pd.DataFrame:
    section, company = given(draft.company.events), draft.company
    about = section.kinds[kind]

    def stream(name: str) -> np.random.Generator:
        return draft.streams(f"events.{kind}.{name}")

    customer = largest(draft)
    rate = np.array([section.segments[name].get(kind, 0.0) for name in draft.names])
    counts = stream("count").poisson(rate[draft.latent.segment[customer]] * section.years)
    who = np.repeat(customer, counts)
    size = len(who)
    later = (stream("day").random(size) * DAYS_A_YEAR * section.years).astype(np.int64)
    revenue = lognormal(stream("revenue"), [about.revenue], np.zeros_like(who))
    revenue = np.maximum(np.round(revenue, 2), 0.01)
    swing = 1 + COST_SWING * (2 * stream("cost").random(size) - 1)
    return pd.DataFrame(
        {
            "customer_id": ids("C", 5, draft.size)[who],
            "date": dates(company, company.window.days + 1 + later),
            "event": texts([kind] * size),
            "revenue": revenue,
            "cost": np.round(revenue * about.cost * swing, 2),
        }
    )


def true_events(draft: Draft) -> dict[str, pd.DataFrame]:
    """Return how often a year each kind is to be expected, and what it brings."""
    section = given(draft.company.events)
    rows = []
    for name in draft.names:
        for kind, about in section.kinds.items():
            rate = section.segments[name].get(kind, 0.0)
            revenue = lognormal_mean(about.revenue)
            rows.append(
                {
                    "segment": name,
                    "event": kind,
                    "a_year": rate,
                    "expected_revenue": revenue,
                    "expected_cost": revenue * about.cost,
                    "profit_a_year": rate * revenue * (1 - about.cost),
                }
            )
    return {"events": pd.DataFrame(rows)}
