"""Table ``interactions``: contacts, complaints, visits, service."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ._draw import Draft
from ._latent import Floats, Whole
from ._sections import Kind
from ._shape import choose_names, dates, given, ids, lognormal, texts

DAYS_A_YEAR = 365.25
OPEN = "open"


def draw_interactions(draft: Draft) -> dict[str, pd.DataFrame]:
    """Draw each kind of interaction from streams of its own, then put all in order of opening."""
    section = given(draft.company.interactions)
    parts = [_draw_kind(draft, name, kind) for name, kind in section.kinds.items()]
    table = pd.concat(parts, ignore_index=True).sort_values("opened", kind="stable")
    table = table.reset_index(drop=True)
    table.insert(0, "interaction_id", ids("I", 6, len(table)))
    return {"interactions": table}


def _draw_kind(draft: Draft, name: str, kind: Kind) -> pd.DataFrame:
    company, streams = draft.company, draft.streams
    counts = streams(f"interactions.{name}.count").poisson(expected(draft, name))
    who: Whole = np.repeat(np.arange(draft.size), counts)
    size = len(who)
    first = draft.latent.joined[who]
    stretch = draft.last_seen[who] + 1 - first
    opened = first + (streams(f"interactions.{name}.day").random(size) * stretch).astype(np.int64)
    taken = streams(f"interactions.{name}.days").geometric(1 / (1 + kind.days), size) - 1
    closed = opened + taken
    done = closed <= company.window.days
    minutes = lognormal(streams(f"interactions.{name}.minutes"), [kind.minutes], np.zeros_like(who))
    nobody = np.zeros(size, dtype=np.int64)
    way = choose_names(streams(f"interactions.{name}.way"), [kind.ways], list(kind.ways), nobody)
    outcome = choose_names(
        streams(f"interactions.{name}.outcome"), [kind.outcomes], list(kind.outcomes), nobody
    )
    return pd.DataFrame(
        {
            "customer_id": ids("C", 5, draft.size)[who],
            "kind": texts([name] * size),
            "way": way,
            "opened": dates(company, opened),
            "closed": pd.Series(dates(company, closed)).where(done),
            "minutes": np.maximum(np.rint(minutes), 1).astype(np.int64),
            "outcome": np.where(done, outcome, OPEN),
        }
    )


def expected(draft: Draft, kind: str) -> Floats:
    """Return how many interactions of a kind to expect of each customer."""
    section = given(draft.company.interactions)
    rate = np.array([section.segments[name].get(kind, 0.0) for name in draft.names])
    years = (draft.last_seen - draft.latent.joined + 1) / DAYS_A_YEAR
    return np.asarray(rate[draft.latent.segment] * years)


def true_interactions(draft: Draft) -> dict[str, pd.DataFrame]:
    """Return the exact rates a year, and what to expect of the customers drawn."""
    section = given(draft.company.interactions)
    rows = []
    for kind in section.kinds:
        wanted = np.bincount(
            draft.latent.segment, weights=expected(draft, kind), minlength=len(draft.names)
        )
        rows += [
            {
                "segment": name,
                "kind": kind,
                "a_year": section.segments[name].get(kind, 0.0),
                "expected": total,
            }
            for name, total in zip(draft.names, wanted.tolist(), strict=True)
        ]
    return {"interactions": pd.DataFrame(rows)}
