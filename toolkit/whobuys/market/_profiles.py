"""Table ``profiles``: education, occupation, income, household."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pandas as pd

from ._draw import Draft
from ._sections import Profiles
from ._shape import choose_names, given, ids, lognormal, texts

FAMILY_HOME = "with family"
MOST_CHILDREN = 4


def draw_profiles(draft: Draft) -> dict[str, pd.DataFrame]:
    """Draw what each person is like at home."""
    section, streams, segment = given(draft.company.profiles), draft.streams, draft.latent.segment
    described = [section.segments[name] for name in draft.names]
    income = lognormal(streams("profiles.income"), [each.income for each in described], segment)
    band = np.searchsorted(section.incomes, income, side="right")
    chance = np.array([each.children for each in described])[segment] / MOST_CHILDREN
    children = streams("profiles.children").binomial(MOST_CHILDREN, chance)
    partner = np.array([each.partner for each in described])[segment]
    housing = choose_names(
        streams("profiles.housing"),
        [each.housing for each in described],
        section.housing,
        segment,
    )
    paired = streams("profiles.partner").random(draft.size) < partner
    table = pd.DataFrame(
        {
            "customer_id": ids("C", 5, draft.size),
            "education": choose_names(
                streams("profiles.education"),
                [each.education for each in described],
                section.education,
                segment,
            ),
            "occupation": choose_names(
                streams("profiles.occupation"),
                [each.occupation for each in described],
                section.occupations,
                segment,
            ),
            "income_band": texts(income_bands(section))[band],
            "household_size": 1 + paired + children + 2 * (housing == FAMILY_HOME),
            "children": children,
            "housing": housing,
        }
    )
    return {"profiles": table}


def income_bands(section: Profiles) -> list[str]:
    """Return the names of the income bands, lowest first."""
    edges = [f"{edge:,.0f}" for edge in section.incomes]
    between = [f"{low} to under {high}" for low, high in pairwise(edges)]
    return [f"under {edges[0]}", *between, f"{edges[-1]} and more"]


def true_profiles(draft: Draft) -> dict[str, pd.DataFrame]:
    """Return the exact share of each income band in each segment."""
    from scipy.special import ndtr

    section = given(draft.company.profiles)
    rows = []
    for name in draft.names:
        income = section.segments[name].income
        below = ndtr(np.log(np.array(section.incomes) / income.typical) / income.spread)
        shares = np.diff(np.concatenate([[0.0], below, [1.0]]))
        rows += [
            {"segment": name, "income_band": band, "share": share}
            for band, share in zip(income_bands(section), shares.tolist(), strict=True)
        ]
    return {"incomes": pd.DataFrame(rows)}
