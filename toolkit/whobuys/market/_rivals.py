"""Table ``rivals``: brands on a map of two axes, and what people choose among them."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ._company import Company
from ._draw import Draft
from ._latent import Floats
from ._shape import given

RATER_SPREAD = 0.9
PLACE_SPREAD = 0.5


def choice_shares(company: Company) -> Floats:
    """Return the exact share of each brand (columns) in each segment (rows).

    Multinomial logit (McFadden, 1974): a brand's utility falls with the squared distance from the
    segment's ideal point and with the price.
    """
    section = given(company.rivals)
    place = np.array([brand.position for brand in section.brands])
    price = np.array([brand.price[1] for brand in section.brands])
    appeal = np.array([brand.appeal for brand in section.brands])
    tastes = [section.segments[part.name] for part in company.segments]
    ideal = np.array([taste.ideal for taste in tastes])
    distance = ((place[None, :, :] - ideal[:, None, :]) ** 2).sum(axis=2)
    utility = (
        appeal[None, :]
        - np.array([taste.distance for taste in tastes])[:, None] * distance
        - np.array([taste.price for taste in tastes])[:, None] * price[None, :]
    )
    raised = np.exp(utility - utility.max(axis=1, keepdims=True))
    return np.asarray(raised / raised.sum(axis=1, keepdims=True))


def draw_rivals(draft: Draft) -> dict[str, pd.DataFrame]:
    """Draw what a sample of buyers chose, knew and thought."""
    section, streams = given(draft.company.rivals), draft.streams
    weight = np.array([part.share for part in draft.company.segments])
    shares = weight @ choice_shares(draft.company)
    size = len(section.brands)
    bought = streams("rivals.share").multinomial(section.buyers, shares / shares.sum())
    known = np.array([brand.awareness for brand in section.brands])
    aware = streams("rivals.awareness").binomial(section.buyers, known) / section.buyers
    price = np.array([brand.price for brand in section.brands])
    place = np.array([brand.position for brand in section.brands])
    seen = streams("rivals.position").standard_normal((size, 2))
    place = place + PLACE_SPREAD / np.sqrt(section.raters) * seen
    table = pd.DataFrame(
        {
            "brand": [brand.name for brand in section.brands],
            "ours": [brand.ours for brand in section.brands],
            "buyers": bought.astype(np.int64),
            "share": np.round(bought / section.buyers, 2),
            "price_low": price[:, 0],
            "price_typical": price[:, 1],
            "price_high": price[:, 2],
            "awareness": np.round(aware, 2),
            "position_x": np.round(place[:, 0], 2),
            "position_y": np.round(place[:, 1], 2),
        }
    )
    for key in section.features:
        noise = streams(f"rivals.{key}").standard_normal(size)
        rating = np.array([brand.features[key] for brand in section.brands])
        rating = rating + RATER_SPREAD / np.sqrt(section.raters) * noise
        table[f"rating_{key}"] = np.round(np.clip(rating, 1, 5), 2)
    return {"rivals": table}


def true_rivals(draft: Draft) -> dict[str, pd.DataFrame]:
    """Return exact shares, shares by segment, and price elasticities.

    ``elasticities`` has a row for the brand whose share moves and a column for the brand whose
    price does: how many percent for one percent.
    """
    section = given(draft.company.rivals)
    names = [brand.name for brand in section.brands]
    weight = np.array([part.share for part in draft.company.segments])
    by_segment = choice_shares(draft.company)
    shares = weight @ by_segment
    put_off = np.array([section.segments[name].price for name in draft.names])
    price = np.array([brand.price[1] for brand in section.brands])
    pull = by_segment[:, :, None] * by_segment[:, None, :]
    change = np.einsum("k,k,kij->ij", weight, put_off, pull)
    change[np.diag_indices(len(names))] -= (weight * put_off) @ by_segment
    elasticity = change * price[None, :] / shares[:, None]
    return {
        "rivals": pd.DataFrame({"brand": names, "share": shares}),
        "rivals_by_segment": pd.DataFrame(by_segment, columns=names).assign(segment=draft.names)[
            ["segment", *names]
        ],
        "elasticities": pd.DataFrame(elasticity, columns=names).assign(brand=names)[
            ["brand", *names]
        ],
    }
