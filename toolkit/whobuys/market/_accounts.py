"""Table ``accounts``: what the customers of a bank hold, and how much they move."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ._draw import Draft
from ._firms import top_share
from ._sections import Held
from ._shape import choose_names, given, ids, lognormal, lognormal_mean

HOLDINGS = ("deposits", "loans", "investments")
MONTHS = 3
GONE = 0.05


def draw_accounts(draft: Draft) -> dict[str, pd.DataFrame]:
    """Draw the balances on the last day and the movements of the last three months."""
    section, streams, segment = given(draft.company.accounts), draft.streams, draft.latent.segment
    described = [section.segments[name] for name in draft.names]
    columns: dict[str, object] = {"customer_id": ids("C", 5, draft.size)}
    for key in HOLDINGS:
        held = [getattr(each, key) for each in described]
        share = np.array([each.holds for each in held])[segment]
        has = streams(f"accounts.{key}.holds").random(draft.size) < share
        amount = np.round(lognormal(streams(f"accounts.{key}"), held, segment), 2)
        columns[key] = np.where(has, np.maximum(amount, 0.01), 0.0)
    rate = np.array([each.activity for each in described])[segment] * MONTHS
    state = np.where(draft.latent.alive, 1.0, GONE)
    columns["activity"] = streams("accounts.activity").poisson(rate * state)
    columns["channel"] = choose_names(
        streams("accounts.channel"),
        [part.channels for part in draft.company.segments],
        draft.company.channels,
        segment,
    )
    return {"accounts": pd.DataFrame(columns)}


def true_accounts(draft: Draft) -> dict[str, pd.DataFrame]:
    """Return the exact mean of each holding, and what the largest fifth of the holders hold."""
    section = given(draft.company.accounts)
    rows = []
    for name in draft.names:
        for key in HOLDINGS:
            held: Held = getattr(section.segments[name], key)
            rows.append(
                {
                    "segment": name,
                    "holding": key,
                    "holders": held.holds,
                    "expected": held.holds * lognormal_mean(held),
                    "top_fifth_share": top_share(held.spread, 0.2),
                }
            )
    return {"accounts": pd.DataFrame(rows)}
