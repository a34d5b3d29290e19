"""From latent variables to tables."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ._columns import TABLES
from ._company import Company, Segment
from ._latent import Floats, Latent, Whole, choose, choose_by_segment
from ._streams import Streams

DATES = "datetime64[us]"
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


def draw_tables(company: Company, latent: Latent, streams: Streams) -> dict[str, pd.DataFrame]:
    """Draw every table of the company."""
    orders = draw_orders(company, latent, streams)
    lines = draw_lines(company, latent, orders, streams)
    tables = {
        "transactions": _transactions(company, latent, orders, lines, streams),
        "customers": _customers(company, latent, orders, lines, streams),
        "products": _products(company),
    }
    return {name: table[list(TABLES[name].columns)] for name, table in tables.items()}


def draw_orders(company: Company, latent: Latent, streams: Streams) -> Orders:
    """Draw the orders: who, on which day, for how much.

    The first order falls on the day of joining. Given their number, the times at which a Poisson
    process falls due are sorted uniform draws; only the first ``repeats`` of them are needed, and
    sums of exponential draws give just those.
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
    passed = np.ceil(spent / whole[who] * latent.observed[who]).astype(np.int64)
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

    shelf = _Shelf(company)
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


class _Shelf:
    """The products by price, and how much each segment likes them."""

    def __init__(self, company: Company) -> None:
        listed = np.array([product.list_price for product in company.products])
        self.positions = np.argsort(listed, kind="stable")
        self.prices = listed[self.positions]
        weights = np.array([_weights(company, segment) for segment in company.segments])
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


def _weights(company: Company, segment: Segment) -> list[float]:
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


def _transactions(
    company: Company, latent: Latent, orders: Orders, lines: Lines, streams: Streams
) -> pd.DataFrame:
    mixes = _mixes([part.channels for part in company.segments], company.channels)
    segment = latent.segment[orders.customer]
    channel = choose_by_segment(streams("transactions.channel"), mixes, segment)
    customer = orders.customer[lines.order]
    return pd.DataFrame(
        {
            "order_id": ids("O", 7, len(orders.customer))[lines.order],
            "customer_id": ids("C", 5, len(latent.segment))[customer],
            "date": _dates(company, orders.day[lines.order]),
            "product_id": ids("P", 3, len(company.products))[lines.product],
            "quantity": lines.quantity,
            "unit_price": lines.price / 10,
            "discount": lines.discount / 10,
            "amount": lines.cents / 100,
            "channel": _texts(company.channels)[channel[lines.order]],
        }
    )


def _customers(
    company: Company, latent: Latent, orders: Orders, lines: Lines, streams: Streams
) -> pd.DataFrame:
    segment, described = latent.segment, company.segments
    size = len(segment)
    ages = np.array([[s.age.youngest, s.age.typical, s.age.oldest] for s in described], float)
    age = streams("customers.age").triangular(*ages[segment].T)

    genders = list(dict.fromkeys(gender for part in described for gender in part.gender))
    gender_mixes = _mixes([part.gender for part in described], genders)
    gender = choose_by_segment(streams("customers.gender"), gender_mixes, segment)
    source_mixes = _mixes([part.sources for part in described], company.sources)
    source = choose_by_segment(streams("customers.source"), source_mixes, segment)

    cities = [(city, region) for region, held in company.regions.items() for city in held]
    weights = [weight for held in company.regions.values() for weight in held.values()]
    city = choose(streams("customers.city"), weights, size)

    share = np.array([part.member for part in described])[segment]
    member = streams("customers.member").random(size) < share
    paid = np.bincount(orders.customer[lines.order], weights=lines.cents, minlength=size) / 100
    kept = 1 - streams("customers.points").beta(1.0, 2.5, size)
    return pd.DataFrame(
        {
            "customer_id": ids("C", 5, size),
            "joined": _dates(company, latent.joined),
            "age": np.rint(age).astype(np.int64),
            "gender": _texts(genders)[gender],
            "city": _texts([name for name, _ in cities])[city],
            "region": _texts([region for _, region in cities])[city],
            "source": _texts(company.sources)[source],
            "member": member,
            "points": np.where(member, np.floor(paid * kept), 0).astype(np.int64),
        }
    )


def _products(company: Company) -> pd.DataFrame:
    products = company.products
    return pd.DataFrame(
        {
            "product_id": ids("P", 3, len(products)),
            "product": _texts([product.name for product in products]),
            "category": _texts([product.category for product in products]),
            "brand": _texts([product.brand for product in products]),
            "list_price": [product.list_price for product in products],
            "unit_cost": [product.unit_cost for product in products],
        }
    )


def _mixes(mixes: list[dict[str, float]], names: list[str]) -> Floats:
    return np.array([[mix.get(name, 0.0) for name in names] for mix in mixes])


def ids(letter: str, digits: int, size: int) -> NDArray[np.object_]:
    wide = max(digits, len(str(size)))
    return _texts([f"{letter}{number:0{wide}d}" for number in range(1, size + 1)])


def _texts(words: list[str]) -> NDArray[np.object_]:
    texts = np.empty(len(words), dtype=object)
    texts[:] = words
    return texts


def _dates(company: Company, day: Whole) -> NDArray[np.datetime64]:
    first = np.datetime64(company.window.start, "D")
    return (first + day.astype("timedelta64[D]")).astype(DATES)
