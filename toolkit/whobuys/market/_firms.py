"""Customers that are firms: size, industry, ownership, roles, credit."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ._draw import Draft, draw_places
from ._latent import Floats
from ._sections import Firm, Firms
from ._shape import (
    Texts,
    choose_names,
    dates,
    given,
    ids,
    lognormal,
    lognormal_mean,
    rated,
    texts,
)

CREDIT_SPREAD = 12.0
MARGIN_SPREAD = 0.04


def draw_firms(draft: Draft) -> pd.DataFrame:
    """Draw the register of firms."""
    company, latent, streams = draft.company, draft.latent, draft.streams
    section, segment = given(company.firms), latent.segment
    described = [section.segments[name] for name in draft.names]

    def of_each(values: list[float]) -> Floats:
        return np.array(values, dtype=float)[segment]

    headcount = draw_headcount(draft)
    a_head = lognormal(
        streams("firms.turnover"), [each.turnover_a_head for each in described], segment
    )
    turnover = np.maximum(np.rint(headcount * a_head / 1000), 1).astype(np.int64) * 1000
    noise = MARGIN_SPREAD * streams("firms.profit").standard_normal(draft.size)
    margin = of_each([each.margin for each in described]) + noise
    industry = choose_names(
        streams("firms.industry"),
        [each.industries for each in described],
        list(section.industries),
        segment,
    )
    years = np.array([each.founded for each in described], dtype=float)
    founded = np.rint(streams("firms.founded").triangular(*years[segment].T)).astype(np.int64)
    renewed = streams("firms.renewal").random(draft.size) < of_each(
        [each.renewal for each in described]
    )
    credit = of_each([each.credit for each in described])
    credit += CREDIT_SPREAD * streams("firms.credit").standard_normal(draft.size)
    city, region = draw_places(draft)
    roles = {
        f"{one}_role": choose_names(
            streams(f"firms.{one}"),
            [getattr(each, f"{one}s") for each in described],
            section.roles,
            segment,
        )
        for one in ("buyer", "decider", "user")
    }
    return pd.DataFrame(
        {
            "customer_id": ids("C", 5, draft.size),
            "firm": _firm_names(section, industry, draft),
            "joined": dates(company, latent.joined),
            "city": city,
            "region": region,
            "source": choose_names(
                streams("customers.source"),
                [part.sources for part in company.segments],
                company.sources,
                segment,
            ),
            "industry": industry,
            "headcount": headcount,
            "turnover": turnover,
            "profit": np.rint(turnover * margin / 1000).astype(np.int64) * 1000,
            "ownership": choose_names(
                streams("firms.ownership"),
                [each.ownership for each in described],
                section.ownership,
                segment,
            ),
            "founded": founded,
            "listed": streams("firms.listed").random(draft.size)
            < of_each([each.listed for each in described]),
            "renewed": renewed & latent.buyer,
            "referrals": np.where(
                latent.buyer,
                streams("firms.referrals").poisson(of_each([each.referrals for each in described])),
                0,
            ),
            **roles,
            "credit": rated(credit, 0, 100),
        }
    )


def draw_headcount(draft: Draft) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Draw lognormal sizes that go with what a firm spends on an order.

    The normal score of a firm's gamma-gamma rate and that of its size correlate as described
    (a Gaussian copula), so that the size stays exactly lognormal.
    """
    from scipy.special import gammainc, ndtri

    section, segment = given(draft.company.firms), draft.latent.segment
    described = [section.segments[name].headcount for name in draft.names]
    q = np.array([part.spend.q for part in draft.company.segments])[segment]
    gamma = np.array([part.spend.gamma for part in draft.company.segments])[segment]
    spends = -ndtri(np.clip(gammainc(q, draft.latent.nu * gamma), 1e-12, 1 - 1e-12))
    rho = section.size_and_spend
    own = draft.streams("firms.headcount").standard_normal(draft.size)
    score = rho * spends + np.sqrt(1 - rho**2) * own
    typical = np.array([each.typical for each in described])[segment]
    spread = np.array([each.spread for each in described])[segment]
    return np.maximum(np.rint(typical * np.exp(spread * score)), 1).astype(np.int64)


def _firm_names(section: Firms, industry: Texts, draft: Draft) -> Texts:
    """Put names together from parts, each name once."""
    pairs = [first + second for first in section.first_parts for second in section.second_parts]
    order = draft.streams("firms.name").permutation(len(pairs))
    ending = draft.streams("firms.ending").random(draft.size)
    names = []
    for index, (kind, place) in enumerate(zip(industry, ending, strict=True)):
        again, position = divmod(index, len(pairs))
        endings = section.industries[kind]
        name = f"{pairs[order[position]]} {endings[int(place * len(endings))]}"
        names.append(f"{name} {again + 1}" if again else name)
    return texts(names)


def true_firms(draft: Draft) -> dict[str, pd.DataFrame]:
    """Return the exact sizes of firms in each segment, before rounding to whole people."""
    section = given(draft.company.firms)
    rows = [_size_row(name, section.segments[name]) for name in draft.names]
    return {"firms": pd.DataFrame(rows)}


def _size_row(name: str, firm: Firm) -> dict[str, object]:
    return {
        "segment": name,
        "median_headcount": firm.headcount.typical,
        "expected_headcount": lognormal_mean(firm.headcount),
        "top_fifth_share": top_share(firm.headcount.spread, 0.2),
        "expected_turnover": lognormal_mean(firm.headcount) * lognormal_mean(firm.turnover_a_head),
        "renewal": firm.renewal,
        "expected_referrals": firm.referrals,
    }


def top_share(spread: float, part: float) -> float:
    """Return what the largest ``part`` of lognormal amounts hold of their sum: Φ(Φ⁻¹(part) + σ)."""
    from scipy.special import ndtr, ndtri

    return float(ndtr(ndtri(part) + spread))
