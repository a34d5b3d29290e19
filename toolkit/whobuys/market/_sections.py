"""The optional sections of a description: each adds tables, or changes how one is drawn."""

from __future__ import annotations

from datetime import date
from itertools import pairwise
from typing import Annotated, Any

from pydantic import AfterValidator, Field, model_validator

from ._fields import (
    Mix,
    Names,
    Part,
    Positive,
    Share,
    Text,
    above,
    at_least,
    between,
    fault,
)
from ._places import did_you_mean

BLOCKS = (
    "customer segments",
    "value propositions",
    "channels",
    "customer relationships",
    "revenue streams",
    "key resources",
    "key activities",
    "key partners",
    "cost structure",
)
RELATIONS = ("internal", "external")


def _of_length(size: int) -> AfterValidator:
    def check(values: list[Any]) -> list[Any]:
        if len(values) != size:
            raise fault("", f"needs {size} values, has {len(values)}")
        return values

    return AfterValidator(check)


def _check_rising(values: list[float]) -> list[float]:
    if not values or any(low >= high for low, high in pairwise(values)):
        raise fault("", "needs values that rise from one to the next")
    return values


def _check_keys(values: dict[str, Any]) -> dict[str, Any]:
    if not values:
        raise fault("", "is empty; name at least one")
    for key in values:
        if not (key.isascii() and key.isidentifier() and key.islower()):
            raise fault(
                key, "becomes a column's name: write it in small letters, digits and underscores"
            )
    return values


Scale5 = Annotated[float, between(0, 6)]
Scale10 = Annotated[float, between(-2, 13)]
Rate = Annotated[float, at_least(0)]
Rising = Annotated[list[Positive], AfterValidator(_check_rising)]
Point = Annotated[list[Annotated[float, between(-2, 2)]], _of_length(2)]
Columns = Annotated[dict[str, Text], AfterValidator(_check_keys)]


class Lognormal(Part):
    """A lognormal amount: its median and the standard deviation of its logarithm."""

    typical: Positive
    spread: Annotated[float, between(0.01, 3)]


class Held(Lognormal):
    """A lognormal amount that a share of the customers holds; the others hold 0."""

    holds: Share


class Season(Part):
    """How busy each month (January first) and weekday (Monday first) is; only ratios count."""

    months: Annotated[list[Positive], _of_length(12)]
    weekdays: Annotated[list[Positive], _of_length(7)] = Field(default_factory=lambda: [1.0] * 7)


class Profile(Part):
    """What a segment's people are like at home."""

    education: Mix
    occupation: Mix
    income: Lognormal
    partner: Share
    children: Annotated[float, between(0, 4)]
    housing: Mix


class Profiles(Part):
    """Table ``profiles``: education, occupation, income a month, household."""

    education: Names
    occupations: Names
    housing: Names
    incomes: Rising
    segments: dict[str, Profile]


class Firm(Part):
    """What a segment's firms are like."""

    industries: Mix
    headcount: Lognormal
    turnover_a_head: Lognormal
    margin: Annotated[float, between(-0.5, 0.8)]
    ownership: Mix
    founded: Annotated[list[Annotated[int, between(1800, 2030)]], _of_length(3)]
    listed: Share
    renewal: Share
    referrals: Rate
    credit: Annotated[float, between(1, 99)]
    buyers: Mix
    deciders: Mix
    users: Mix

    @model_validator(mode="after")
    def _in_order(self) -> Firm:
        first, typical, last = self.founded
        if not (first <= typical <= last and first < last):
            raise fault("founded", "needs three years: earliest, typical, latest")
        return self


class Firms(Part):
    """The customers are firms: another set of columns in the table ``customers``."""

    first_parts: Names
    second_parts: Names
    industries: dict[str, Names]
    ownership: Names
    roles: Names
    size_and_spend: Annotated[float, between(-0.95, 0.95)]
    segments: dict[str, Firm]


class Browsing(Part):
    """How a segment uses the online shop."""

    visits: Positive
    views: Annotated[float, between(1, 60)]
    clicks: Share
    searches: Rate
    carts: Share
    kinds: Annotated[float, between(1, 12)]
    checkout: Share


class Web(Part):
    """Tables ``visits``, ``searches`` and ``carts`` of the last days of the window."""

    days: Annotated[int, between(7, 366)]
    keywords: dict[str, Names]
    segments: dict[str, Browsing]


class Kind(Part):
    """One kind of interaction."""

    minutes: Lognormal
    days: Rate
    ways: Mix
    outcomes: Mix


class Interactions(Part):
    """Table ``interactions``: how often a year each segment has each kind."""

    kinds: dict[str, Kind]
    segments: dict[str, dict[str, Rate]]


class Response(Part):
    """Share who respond untreated, and what the treatment adds."""

    base: Share
    lift: Annotated[float, between(-1, 1)]

    @model_validator(mode="after")
    def _possible(self) -> Response:
        if not 0 <= self.base + self.lift <= 1:
            raise fault(
                "lift", f"base + lift must be between 0 and 1, is {self.base + self.lift:g}"
            )
        return self


class Campaign(Part):
    """Table ``campaign``: one campaign, half of it (or ``treated``) contacted by lot."""

    title: Text
    start: date
    treated: Annotated[float, between(0.05, 0.95)]
    cost: Rate
    segments: dict[str, Response]


class Answers(Part):
    """How a segment answers: means on the scale before rounding, shares, and who answers at all."""

    answers: Annotated[float, between(0.02, 1)]
    importance: dict[str, Scale5]
    performance: dict[str, Scale5]
    motives: dict[str, Share]
    statements: dict[str, Scale5]
    expectation: Scale5
    satisfaction: Scale5
    recommend: Scale10
    comments: Mix


class Survey(Part):
    """Table ``survey``: needs, motives, statements, satisfaction, recommendation, comments."""

    sent: date
    invited: Annotated[float, between(0.01, 1)]
    needs: Columns
    motives: Columns
    statements: Columns
    comments: dict[str, Names]
    segments: dict[str, Answers]

    @model_validator(mode="after")
    def _complete(self) -> Survey:
        for name, segment in self.segments.items():
            for part, wanted in (
                ("importance", self.needs),
                ("performance", self.needs),
                ("motives", self.motives),
                ("statements", self.statements),
            ):
                same_keys(getattr(segment, part), wanted, f"segments.{name}.{part}")
            for code in segment.comments:
                if code not in self.comments and code != "none":
                    raise fault(
                        f"segments.{name}.comments.{code}",
                        f"is not a code; known: none, {', '.join(self.comments)}",
                    )
        return self


class Brand(Part):
    """One brand on the market."""

    name: Text
    ours: bool = False
    price: Annotated[Rising, _of_length(3)]
    awareness: Share
    position: Point
    appeal: float = 0.0
    features: dict[str, Scale5]


class Taste(Part):
    """What a segment looks for: its ideal point, and how much distance and price put it off."""

    ideal: Point
    distance: Annotated[float, above(0)]
    price: Annotated[float, above(0)]


class Rivals(Part):
    """Table ``rivals``: brands, shares, prices, awareness, features, positions."""

    buyers: Annotated[int, at_least(50)]
    raters: Annotated[int, at_least(5)]
    axes: Annotated[Names, _of_length(2)]
    features: Columns
    brands: list[Brand]
    segments: dict[str, Taste]

    @model_validator(mode="after")
    def _complete(self) -> Rivals:
        if sum(brand.ours for brand in self.brands) != 1:
            raise fault("brands", "needs exactly one brand with 'ours: true'")
        if len({brand.name for brand in self.brands}) < len(self.brands):
            raise fault("brands", "has a name twice; rename one")
        for index, brand in enumerate(self.brands):
            same_keys(brand.features, self.features, f"brands[{index}].features")
        return self


class Holdings(Part):
    """What a segment has at the bank; ``activity`` in movements a month."""

    deposits: Held
    loans: Held
    investments: Held
    activity: Positive


class Accounts(Part):
    """Table ``accounts``: deposits, loans, investments, activity, channel."""

    segments: dict[str, Holdings]


class EventKind(Part):
    """One kind of event: its revenue, and the share of it that it costs."""

    revenue: Lognormal
    cost: Share


class Events(Part):
    """Table ``events``: what the account managers expect of the largest customers."""

    customers: Annotated[int, at_least(1)]
    years: Annotated[int, between(1, 10)]
    kinds: dict[str, EventKind]
    segments: dict[str, dict[str, Rate]]


class Requester(Part):
    """Somebody the person works for; ``times`` a week."""

    role: Text
    relation: Text
    times: Positive
    activities: Mix
    hours: Lognormal
    importance: Scale5
    performance: Scale5

    @model_validator(mode="after")
    def _known_relation(self) -> Requester:
        if self.relation not in RELATIONS:
            raise fault("relation", f"must be {' or '.join(RELATIONS)}, is {self.relation!r}")
        return self


class WorkLog(Part):
    """Table ``work_log``: the requests one invented person answered."""

    person: Text
    weeks: Annotated[int, between(1, 104)]
    requesters: list[Requester]


class Entry(Part):
    """One entry of a canvas; ``side`` names whom it concerns, ``amount`` is money a month."""

    entry: Text
    side: str = ""
    amount: float | None = None

    @model_validator(mode="before")
    @classmethod
    def _plain_text(cls, content: Any) -> Any:
        return {"entry": content} if isinstance(content, str) else content


def _check_blocks(blocks: dict[str, list[Entry]]) -> dict[str, list[Entry]]:
    for block in blocks:
        if block not in BLOCKS:
            raise fault(block, f"is not a block; known: {', '.join(BLOCKS)}")
    return blocks


Canvases = dict[str, Annotated[dict[str, list[Entry]], AfterValidator(_check_blocks)]]


class Fair(Part):
    """What a draw must be like, or it is drawn again."""

    bayes_ari: Annotated[list[Share], _of_length(2), AfterValidator(_check_rising)]


def same_keys(given: dict[str, Any], wanted: Any, where: str) -> None:
    """Refuse a missing and an unknown key."""
    missing = [key for key in wanted if key not in given]
    if missing:
        raise fault(where, f"{missing[0]!r} is missing; add it")
    known_keys(given, wanted, where)


def known_keys(given: Any, wanted: Any, where: str) -> None:
    """Refuse an unknown key."""
    choices = sorted(wanted)
    for key in given:
        if key not in choices:
            hint = did_you_mean(key, choices) or f"; known: {', '.join(choices)}"
            raise fault(f"{where}.{key}", f"is not one of this company's{hint}")
