"""Tables ``visits``, ``searches`` and ``carts``: what customers do in the online shop."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ._draw import Draft, like_weights
from ._latent import DAYS_A_WEEK, Floats, Whole, choose_by_segment
from ._shape import dates, given, ids, texts

PROSPECTS, GONE = 0.5, 0.1
EVENNESS = 1.5
MORE_PIECES = 0.3


def draw_web(draft: Draft) -> dict[str, pd.DataFrame]:
    """Draw the visits, what was searched in them, and what was laid in the cart."""
    section, streams = given(draft.company.web), draft.streams
    described = [section.segments[name] for name in draft.names]
    uneven = streams("web.customer").standard_gamma(EVENNESS, draft.size) / EVENNESS
    counts = streams("visits.count").poisson(expected_visits(draft) * uneven)
    who = np.repeat(np.arange(draft.size), counts)
    first = first_days(draft)[who]
    stretch = draft.company.window.days + 1 - first
    day = first + (streams("visits.day").random(len(who)) * stretch).astype(np.int64)
    order = np.argsort(day, kind="stable")
    who, day = who[order], day[order]
    segment = draft.latent.segment[who]

    def of_each(values: list[float]) -> Floats:
        return np.array(values, dtype=float)[segment]

    views = 1 + streams("visits.views").poisson(of_each([each.views - 1 for each in described]))
    clicks = streams("visits.clicks").binomial(views, of_each([each.clicks for each in described]))
    customer_ids = ids("C", 5, draft.size)
    visits = pd.DataFrame(
        {
            "visit_id": ids("V", 6, len(who)),
            "customer_id": customer_ids[who],
            "date": dates(draft.company, day),
            "views": views,
            "clicks": clicks,
        }
    )
    searches = streams("searches.count").poisson(of_each([each.searches for each in described]))
    full = streams("carts.full").random(len(who)) < of_each([each.carts for each in described])
    return {
        "visits": visits,
        "searches": _searches(draft, np.repeat(who, searches)),
        "carts": _carts(draft, visits[full].reset_index(drop=True), who[full]),
    }


def first_days(draft: Draft) -> Whole:
    """Return the first day of the log on which each customer is registered."""
    window = draft.company.window.days
    return np.maximum(draft.latent.joined, max(window - given(draft.company.web).days + 1, 0))


def expected_visits(draft: Draft) -> Floats:
    """Return how many visits to expect of each customer, given segment and state."""
    latent = draft.latent
    section = given(draft.company.web)
    rate = np.array([section.segments[name].visits for name in draft.names])[latent.segment]
    weeks = (draft.company.window.days + 1 - first_days(draft)) / DAYS_A_WEEK
    state = np.where(latent.buyer, np.where(latent.alive, 1.0, GONE), PROSPECTS)
    return np.asarray(rate * weeks * state)


def _searches(draft: Draft, who: Whole) -> pd.DataFrame:
    company, section = draft.company, given(draft.company.web)
    words = [word for held in section.keywords.values() for word in held]
    weights = np.array(
        [
            [
                part.likes.categories.get(category, 1.0)
                for category, held in section.keywords.items()
                for _ in held
            ]
            for part in company.segments
        ]
    )
    word = choose_by_segment(draft.streams("searches.word"), weights, draft.latent.segment[who])
    keys, count = np.unique(who * len(words) + word, return_counts=True)
    customer, word = np.divmod(keys, len(words))
    return pd.DataFrame(
        {
            "customer_id": ids("C", 5, draft.size)[customer],
            "keyword": texts(words)[word],
            "searches": count.astype(np.int64),
        }
    )


def _carts(draft: Draft, visits: pd.DataFrame, who: Whole) -> pd.DataFrame:
    company, streams, segment = draft.company, draft.streams, draft.latent.segment[who]
    section = given(company.web)
    described = [section.segments[name] for name in draft.names]
    more = np.array([each.kinds - 1 for each in described])[segment]
    picks = 1 + streams("carts.kinds").poisson(more)
    cart = np.repeat(np.arange(len(who)), picks)
    weights = np.array([like_weights(company, part) for part in company.segments])
    product = choose_by_segment(streams("carts.products"), weights, segment[cart])
    wide = len(company.products)
    keys = np.unique(cart * wide + product)
    cart, product = np.divmod(keys, wide)
    pieces = 1 + streams("carts.pieces").poisson(MORE_PIECES, len(keys))
    tenths = np.rint(np.array([each.list_price for each in company.products]) * 10)
    checkout = np.array([each.checkout for each in described])[segment]
    size = len(who)
    return pd.DataFrame(
        {
            "cart_id": ids("K", 6, size),
            "visit_id": visits["visit_id"].to_numpy(dtype=object),
            "customer_id": visits["customer_id"].to_numpy(dtype=object),
            "date": visits["date"].to_numpy(),
            "items": np.bincount(cart, weights=pieces, minlength=size).astype(np.int64),
            "kinds": np.bincount(cart, minlength=size).astype(np.int64),
            "total": np.bincount(cart, weights=pieces * tenths[product], minlength=size) / 10,
            "checkout": streams("carts.checkout").random(size) < checkout,
        }
    )


def true_web(draft: Draft) -> dict[str, pd.DataFrame]:
    """Return the exact rates of each segment, for a customer who is still one."""
    section = given(draft.company.web)
    rows = []
    for name in draft.names:
        each = section.segments[name]
        rows.append(
            {
                "segment": name,
                "visits_a_week": each.visits,
                "views_a_visit": each.views,
                "click_rate": each.clicks,
                "searches_a_visit": each.searches,
                "carts_a_visit": each.carts,
                "checkout_rate": each.checkout,
            }
        )
    return {"web": pd.DataFrame(rows)}
