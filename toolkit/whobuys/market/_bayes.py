"""How well the best classifier could do: posterior chances of the segments, and its ARI."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ._draw import Draft, Shelf, draw_channels, draw_customers
from ._firms import CREDIT_SPREAD, draw_firms
from ._latent import Floats, Whole
from ._purchases import parameters, seasoned
from ._season import Clock
from ._shape import given, mixes

TINY = 1e-12


def ceiling(draft: Draft) -> float:
    """Return the ARI of the most likely segments of a draft."""
    return _agreement(draft.latent.segment, segment_chances(draft).argmax(axis=1))


def segment_chances(draft: Draft) -> Floats:
    """Return the posterior chances: one row a customer, one column a segment."""
    score = np.log([part.share for part in draft.company.segments]) + np.zeros((draft.size, 1))
    score = score + _joining(draft) + _table_columns(draft) + _timing(draft) + _orders(draft)
    if draft.company.firms is None:
        score = score + _values(draft)
    score -= score.max(axis=1, keepdims=True)
    chances = np.exp(score)
    return np.asarray(chances / chances.sum(axis=1, keepdims=True))


def _log(share: Floats) -> Floats:
    return np.log(np.maximum(share, TINY))


def _joining(draft: Draft) -> Floats:
    days = draft.company.window.days + 1
    columns = []
    for segment in draft.company.segments:
        weight = np.array(segment.joining) / sum(segment.joining) * len(segment.joining)
        columns.append(_log(weight[draft.latent.joined * len(weight) // days]))
    return np.column_stack(columns)


def _table_columns(draft: Draft) -> Floats:
    """Score the columns of the customers' register."""
    company = draft.company
    if company.firms is None:
        table = draw_customers(draft)
        ages = [given(part.age) for part in company.segments]
        corners = np.array([[age.youngest, age.typical, age.oldest] for age in ages], float)
        member = np.array([given(part.member) for part in company.segments])
        return np.asarray(
            _names(table["gender"], [given(part.gender) for part in company.segments])
            + _names(table["source"], [part.sources for part in company.segments])
            + _log(np.where(table["member"].to_numpy()[:, None], member, 1 - member))
            + _triangle(table["age"], corners)
        )
    table = draw_firms(draft)
    firms = [company.firms.segments[name] for name in draft.names]
    size = np.log(table["headcount"].to_numpy(float))[:, None]
    middle = np.log([firm.headcount.typical for firm in firms])
    spread = np.array([firm.headcount.spread for firm in firms])
    credit = table["credit"].to_numpy(float)[:, None] - [firm.credit for firm in firms]
    score = (
        _names(table["source"], [part.sources for part in company.segments])
        - ((size - middle) / spread) ** 2 / 2
        - np.log(spread)
        - (credit / CREDIT_SPREAD) ** 2 / 2
        + _triangle(table["founded"], np.array([firm.founded for firm in firms], float))
        + _names(table["industry"], [firm.industries for firm in firms])
        + _names(table["ownership"], [firm.ownership for firm in firms])
    )
    for role in ("buyer", "decider", "user"):
        score = score + _names(table[f"{role}_role"], [getattr(each, f"{role}s") for each in firms])
    return np.asarray(score)


def _names(column: pd.Series, shares: list[dict[str, float]]) -> Floats:
    codes, names = pd.factorize(column)
    return _log(mixes(shares, list(names)).T[codes])


def _triangle(column: pd.Series, corners: Floats) -> Floats:
    """Score whole numbers that were rounded from a triangle distribution."""

    def below(value: Floats) -> Floats:
        low, top, high = corners.T
        at = np.clip(value, low, high)
        rise = (at - low) ** 2 / ((high - low) * np.maximum(top - low, TINY))
        fall = 1 - (high - at) ** 2 / ((high - low) * np.maximum(high - top, TINY))
        return np.asarray(np.where(at < top, rise, fall))

    value = column.to_numpy(float)[:, None]
    return _log(below(value + 0.5) - below(value - 0.5))


def _timing(draft: Draft) -> Floats:
    """Score number and last day of the repeats by the BG/NBD likelihood (Fader et al., 2005)."""
    from scipy.special import betaln, gammaln

    r, alpha, a, b = parameters(draft).T
    repeats = draft.latent.repeats[:, None]
    recency, whole = (each[:, None] for each in seasoned(draft, Clock(draft.company)))
    common = gammaln(r + repeats) - gammaln(r) + r * np.log(alpha)
    stays = betaln(a, b + repeats) - betaln(a, b) - (r + repeats) * np.log(alpha + whole)
    left = betaln(a + 1, b + np.maximum(repeats, 1) - 1) - betaln(a, b)
    left = left - (r + repeats) * np.log(alpha + recency)
    score = common + np.where(repeats > 0, np.logaddexp(stays, left), stays)
    return np.where(draft.latent.buyer[:, None], score, 0.0)


def _values(draft: Draft) -> Floats:
    """Score the values of the orders by the gamma-gamma likelihood."""
    from scipy.special import gammaln

    who = draft.orders.customer
    paid = np.bincount(draft.lines.order, weights=draft.lines.cents, minlength=len(who)) / 100
    count = np.bincount(who, minlength=draft.size)[:, None]
    total = np.bincount(who, weights=paid, minlength=draft.size)[:, None]
    logs = np.bincount(who, weights=np.log(paid), minlength=draft.size)[:, None]
    p, q, gamma = np.array(
        [list(part.spend.model_dump().values()) for part in draft.company.segments]
    ).T
    score = (
        p * logs
        - count * gammaln(p)
        + gammaln(p * count + q)
        - gammaln(q)
        + q * np.log(gamma)
        - (p * count + q) * np.log(gamma + total)
    )
    return np.asarray(score)


def _orders(draft: Draft) -> Floats:
    """Score channels, promotions and products."""
    company, orders, lines = draft.company, draft.orders, draft.lines
    score = np.zeros((draft.size, len(company.segments)))
    channel = _log(mixes([part.channels for part in company.segments], company.channels)).T
    np.add.at(score, orders.customer, channel[draw_channels(draft)])

    cheaper = np.zeros(len(orders.customer), dtype=bool)
    cheaper[lines.order] = lines.discount > 0
    promotion = np.array([part.promotion for part in company.segments])
    each = np.where(cheaper[:, None], _log(promotion), _log(1 - promotion))
    np.add.at(score, orders.customer, each)

    shelf = Shelf(company)
    place = np.argsort(shelf.positions, kind="stable")[lines.product]
    low, high = shelf.reach(lines.quantity * shelf.prices[place])
    low, high = np.minimum(low, place), np.maximum(high, place + 1)
    liked = shelf.below[:, place + 1] - shelf.below[:, place]
    reached = shelf.below[:, high] - shelf.below[:, low]
    np.add.at(score, orders.customer[lines.order], (_log(liked) - _log(reached)).T)
    return score


def _agreement(first: Whole, second: Whole) -> float:
    counts = np.zeros((first.max() + 1, second.max() + 1))
    np.add.at(counts, (first, second), 1)

    def pairs(values: Floats) -> float:
        return float((values * (values - 1) / 2).sum())

    rows, columns = pairs(counts.sum(axis=1)), pairs(counts.sum(axis=0))
    chance = rows * columns / max(pairs(np.array([counts.sum()])), 1.0)
    most = (rows + columns) / 2
    return 1.0 if most == chance else (pairs(counts) - chance) / (most - chance)
