"""Table ``campaign``: one campaign with a contacted and a held-back group, chosen by lot."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ._draw import Draft
from ._latent import Whole
from ._shape import dates, given, ids, texts

CONTACTED, HELD_BACK = "contacted", "held back"


def draw_campaign(draft: Draft) -> dict[str, pd.DataFrame]:
    """Draw lots among those registered before the start, then draw who responds."""
    section, streams = given(draft.company.campaign), draft.streams
    who = _eligible(draft)
    place = streams("campaign.arm").permutation(draft.size)[who]
    contacted = np.zeros(len(who), dtype=bool)
    contacted[np.argsort(place, kind="stable")[: round(section.treated * len(who))]] = True
    answer = [section.segments[name] for name in draft.names]
    segment = draft.latent.segment[who]
    chance = np.array([each.base for each in answer])[segment]
    chance = chance + contacted * np.array([each.lift for each in answer])[segment]
    table = pd.DataFrame(
        {
            "customer_id": ids("C", 5, draft.size)[who],
            "campaign": texts([section.title] * len(who)),
            "date": dates(draft.company, np.full(len(who), _start(draft), dtype=np.int64)),
            "arm": np.where(contacted, CONTACTED, HELD_BACK).astype(object),
            "responded": streams("campaign.response").random(draft.size)[who] < chance,
            "cost": np.where(contacted, section.cost, 0.0),
        }
    )
    return {"campaign": table}


def _start(draft: Draft) -> int:
    return (given(draft.company.campaign).start - draft.company.window.start).days


def _eligible(draft: Draft) -> Whole:
    return np.flatnonzero(draft.latent.joined < _start(draft))


def true_campaign(draft: Draft) -> dict[str, pd.DataFrame]:
    """Return the exact response of both arms: by segment, and of all who took part."""
    section = given(draft.company.campaign)
    counts = np.bincount(draft.latent.segment[_eligible(draft)], minlength=len(draft.names))
    rows = []
    for name, count in zip(draft.names, counts.tolist(), strict=True):
        each = section.segments[name]
        rows.append(
            {
                "segment": name,
                "customers": count,
                "held_back": each.base,
                "contacted": each.base + each.lift,
                "lift": each.lift,
            }
        )
    table = pd.DataFrame(rows)
    share = counts / max(counts.sum(), 1)
    mean = {key: float(table[key] @ share) for key in ("held_back", "contacted", "lift")}
    everyone = pd.DataFrame([{"segment": "all", "customers": int(counts.sum())} | mean])
    return {"campaign": pd.concat([table, everyone], ignore_index=True)}
