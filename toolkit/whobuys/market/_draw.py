"""From latent variables to tables."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from ._company import Age, Company, Segment
from ._latent import Floats, Latent, Whole, choose, choose_by_segment
from ._season import Clock
from ._shape import Texts, dates, given, ids, mixes, texts
from ._streams import Streams

BASKETS = 8
CHEAPEST, DEAREST = 0.2, 1.15


@dataclass(frozen=True)
class Orders:
    """One entry an order, in the order of the order ids; ``value`` is the money paid."""

    customer: Whole
    day: Whole
    value: Floats


@dataclass(frozen=True)
class Lines:
    """One entry a line; money in tenths of the currency, the discount in tenths."""

    order: Whole
    product: Whole
    quantity: Whole
    price: Whole
    discount: Whole

    @property
    def cents(self) -> Whole:
        """Money paid, in hundredths of the currency, exactly."""
        return self.quantity * self.price * (10 - self.discount)


@dataclass(frozen=True)
class Draft:
    """All that a table may be drawn from; orders and lines are drawn when first asked for."""

    company: Company
    latent: Latent
    streams: Streams

    @property
    def size(self) -> int:
        """Number of customers."""
        return len(self.latent.segment)

    @property
    def names(self) -> list[str]:
        """The segments' names."""
        return [segment.name for segment in self.company.segments]

    @cached_property
    def orders(self) -> Orders:
        """The orders."""
        return draw_orders(self.company, self.latent, self.streams)

    @cached_property
    def lines(self) -> Lines:
        """What is in the orders."""
        return draw_lines(self.company, self.latent, self.orders, self.streams)

    @cached_property
    def last_seen(self) -> Whole:
        """The last day each customer has to do with the company.

        The window's last day for who is still a customer; two months after the last order, or after
        joining for who never ordered, for the others.
        """
        last = self.latent.joined.copy()
        np.maximum.at(last, self.orders.customer, self.orders.day)
        end = self.company.window.days
        return np.where(self.latent.buyer & self.latent.alive, end, np.minimum(last + 60, end))


def draw_orders(company: Company, latent: Latent, streams: Streams) -> Orders:
    """Draw the orders: who, on which day, for how much.

    The first order falls on the day of joining. Given their number, the times at which a Poisson
    process falls due are sorted uniform draws (of the season's own time, where there is a season);
    only the first ``repeats`` of them are needed, and sums of exponential draws give just those.
    """
    repeats, due = latent.repeats, latent.due
    steps = streams("transactions.times").standard_exponential(int(repeats.sum()))
    rest = streams("transactions.rest").standard_gamma(due - repeats + 1.0)
    who = np.repeat(np.arange(len(repeats)), repeats)
    total = np.cumsum(steps)
    first = np.cumsum(repeats) - repeats
    before = np.concatenate([[0.0], total])[first]
    spent = total - before[who]
    whole = np.bincount(who, weights=steps, minlength=len(repeats)) + rest
    part = spent / whole[who]
    if company.season is None:
        passed = np.ceil(part * latent.observed[who]).astype(np.int64)
    else:
        passed = Clock(company).days_after(latent.joined[who], part)
    passed = np.clip(passed, 1, latent.observed[who])

    buyers = np.flatnonzero(latent.buyer)
    customer = np.concatenate([buyers, who])
    day = latent.joined[customer]
    day[len(buyers) :] += passed

    spend = np.array([segment.spend.p for segment in company.segments])
    value = streams("transactions.values").standard_gamma(spend[latent.segment[customer]])
    value /= latent.nu[customer]

    place = streams("transactions.order_id").random(len(customer))
    order = np.argsort(day + place, kind="stable")
    return Orders(customer[order], day[order], value[order])


def draw_lines(company: Company, latent: Latent, orders: Orders, streams: Streams) -> Lines:
    """Fill each order with products until it is worth what was drawn for it.

    An order's value is split into budgets, one a line; each line gets a product that the segment
    likes and the budget can pay, and as many pieces as fit. Of several such baskets the one that
    comes nearest to the value is kept, and its prices are moved, all by the same few percent, to
    meet it.
    """
    segment = latent.segment[orders.customer]
    described = company.segments
    discount = _draw_discounts(company, segment, streams)
    gross = orders.value / (1 - discount / 10)

    extra = np.array([part.lines - 1 for part in described])[segment]
    counts = 1 + streams("transactions.lines").poisson(extra)
    order = np.repeat(np.arange(len(counts)), counts)
    parts = streams("transactions.budgets").standard_gamma(3.0, len(order))
    whole = np.bincount(order, weights=parts, minlength=len(counts))
    budget = parts / whole[order] * gross[order]

    shelf = Shelf(company)
    liking, (low, high) = segment[order], shelf.reach(budget)
    rng = streams("transactions.products")
    product = np.zeros(len(order), dtype=np.int64)
    quantity = np.ones(len(order), dtype=np.int64)
    factor = np.ones(len(counts))
    nearest = np.full(len(counts), np.inf)
    for _ in range(BASKETS):
        tried = shelf.pick(rng, liking, low, high)
        pieces = np.maximum(np.rint(budget / shelf.prices[tried]), 1).astype(np.int64)
        worth = np.bincount(order, weights=pieces * shelf.prices[tried], minlength=len(counts))
        distance = np.abs(np.log(gross / worth))
        better = distance < nearest
        factor = np.where(better, gross / worth, factor)
        nearest = np.where(better, distance, nearest)
        product = np.where(better[order], shelf.positions[tried], product)
        quantity = np.where(better[order], pieces, quantity)

    # The same product twice in one order is one line.
    wide = len(company.products)
    keys, line = np.unique(order * wide + product, return_inverse=True)
    order, product = np.divmod(keys, wide)
    quantity = np.bincount(line, weights=quantity).astype(np.int64)
    listed = np.array([each.list_price for each in company.products])[product]
    price = np.maximum(np.rint(listed * factor[order] * 10), 1).astype(np.int64)
    return Lines(order, product, quantity, price, discount[order])


class Shelf:
    """The products by price, and how much each segment likes them."""

    def __init__(self, company: Company) -> None:
        listed = np.array([product.list_price for product in company.products])
        self.positions = np.argsort(listed, kind="stable")
        self.prices = listed[self.positions]
        weights = np.array([like_weights(company, segment) for segment in company.segments])
        weights = weights[:, self.positions]
        below = np.cumsum(weights / weights.sum(axis=1, keepdims=True), axis=1)
        self.below = np.concatenate([np.zeros((len(below), 1)), below], axis=1)
        self.flat = (self.below[:, 1:] + np.arange(len(below))[:, None]).ravel()

    def reach(self, budget: Floats) -> tuple[Whole, Whole]:
        """Return the stretch of the shelf (first, one past the last) each budget looks at."""
        high = np.maximum(np.searchsorted(self.prices, budget * DEAREST, side="right"), 1)
        low = np.minimum(np.searchsorted(self.prices, budget * CHEAPEST), high - 1)
        return low, high

    def pick(self, rng: np.random.Generator, segment: Whole, low: Whole, high: Whole) -> Whole:
        """Pick a place on each stretch, as often as the segment likes what stands there."""
        start, end = self.below[segment, low], self.below[segment, high]
        wanted = start + rng.random(len(segment)) * (end - start)
        found = np.searchsorted(self.flat, wanted + segment, side="right")
        return np.clip(found - segment * len(self.prices), low, high - 1)


def like_weights(company: Company, segment: Segment) -> list[float]:
    """Return how much a segment likes each product."""
    likes = segment.likes
    return [
        likes.categories.get(product.category, 1.0) * likes.brands.get(product.brand, 1.0)
        for product in company.products
    ]


def _draw_discounts(company: Company, segment: Whole, streams: Streams) -> Whole:
    promotion = np.array([part.promotion for part in company.segments])[segment]
    taken = streams("transactions.promotion").random(len(segment)) < promotion
    depths = np.rint(np.array(list(company.discounts)) * 10).astype(np.int64)
    weights = list(company.discounts.values())
    depth = choose(streams("transactions.discount"), weights, len(segment))
    return np.where(taken, depths[depth], 0)


def draw_transactions(draft: Draft) -> pd.DataFrame:
    """Draw the channel of each order and write its lines."""
    company, latent, orders, lines = draft.company, draft.latent, draft.orders, draft.lines
    channel = draw_channels(draft)
    customer = orders.customer[lines.order]
    return pd.DataFrame(
        {
            "order_id": ids("O", 7, len(orders.customer))[lines.order],
            "customer_id": ids("C", 5, len(latent.segment))[customer],
            "date": dates(company, orders.day[lines.order]),
            "product_id": ids("P", 3, len(company.products))[lines.product],
            "quantity": lines.quantity,
            "unit_price": lines.price / 10,
            "discount": lines.discount / 10,
            "amount": lines.cents / 100,
            "channel": texts(company.channels)[channel[lines.order]],
        }
    )


def draw_channels(draft: Draft) -> Whole:
    """Draw each order's channel, as a position in the company's list."""
    company = draft.company
    shares = mixes([part.channels for part in company.segments], company.channels)
    segment = draft.latent.segment[draft.orders.customer]
    return choose_by_segment(draft.streams("transactions.channel"), shares, segment)


def draw_customers(draft: Draft) -> pd.DataFrame:
    """Draw the register of people."""
    company, latent, streams = draft.company, draft.latent, draft.streams
    orders, lines = draft.orders, draft.lines
    segment, described = latent.segment, company.segments
    size = len(segment)
    ages = np.array([corners(given(part.age)) for part in described], float)
    age = streams("customers.age").triangular(*ages[segment].T)

    stated = [given(part.gender) for part in described]
    genders = list(dict.fromkeys(gender for mix in stated for gender in mix))
    gender_mixes = mixes(stated, genders)
    gender = choose_by_segment(streams("customers.gender"), gender_mixes, segment)
    source_mixes = mixes([part.sources for part in described], company.sources)
    source = choose_by_segment(streams("customers.source"), source_mixes, segment)

    city, region = draw_places(draft)
    share = np.array([given(part.member) for part in described])[segment]
    member = streams("customers.member").random(size) < share
    paid = np.bincount(orders.customer[lines.order], weights=lines.cents, minlength=size) / 100
    kept = 1 - streams("customers.points").beta(1.0, 2.5, size)
    return pd.DataFrame(
        {
            "customer_id": ids("C", 5, size),
            "joined": dates(company, latent.joined),
            "age": np.rint(age).astype(np.int64),
            "gender": texts(genders)[gender],
            "city": city,
            "region": region,
            "source": texts(company.sources)[source],
            "member": member,
            "points": np.where(member, np.floor(paid * kept), 0).astype(np.int64),
        }
    )


def corners(age: Age) -> list[int]:
    """Return the three corners of the triangle."""
    return [age.youngest, age.typical, age.oldest]


def draw_places(draft: Draft) -> tuple[Texts, Texts]:
    """Draw each customer's city, and its region."""
    regions = draft.company.regions
    cities = [(city, region) for region, held in regions.items() for city in held]
    weights = [weight for held in regions.values() for weight in held.values()]
    city = choose(draft.streams("customers.city"), weights, draft.size)
    return texts([name for name, _ in cities])[city], texts([name for _, name in cities])[city]


def list_products(draft: Draft) -> pd.DataFrame:
    """Write the products as they are described."""
    products = draft.company.products
    return pd.DataFrame(
        {
            "product_id": ids("P", 3, len(products)),
            "product": texts([product.name for product in products]),
            "category": texts([product.category for product in products]),
            "brand": texts([product.brand for product in products]),
            "list_price": [product.list_price for product in products],
            "unit_cost": [product.unit_cost for product in products],
        }
    )


BASE = {
    "transactions": draw_transactions,
    "customers": draw_customers,
    "products": list_products,
}
