"""What every column means: the one place, used by the generator's check, the reader and the cards.

`tables_of` says which tables a company has. Those of the survey and of the rivals have columns that
the description names; all the others are the same in every company.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ._company import Company
from ._sections import Rivals, Survey


@dataclass(frozen=True)
class Column:
    """One column: its type in Data Package words, its meaning, its unit and its limits.

    ``limits`` may hold ``minimum``, ``maximum`` and ``enum``; ``required`` is False where a value
    may be missing.
    """

    type: str
    meaning: str
    unit: str = ""
    limits: dict[str, Any] = field(default_factory=dict)
    required: bool = True


@dataclass(frozen=True)
class Table:
    """One table: what a row is, its key, the keys of other tables in it, its columns."""

    row: str
    key: tuple[str, ...]
    columns: dict[str, Column]
    links: dict[str, str] = field(default_factory=dict)


MONEY = "{currency}"

TABLES: dict[str, Table] = {
    "transactions": Table(
        row="one line of an order: one product, however many pieces of it",
        key=("order_id", "product_id"),
        links={"customer_id": "customers", "product_id": "products"},
        columns={
            "order_id": Column("string", "The order. An order of three products has three rows."),
            "customer_id": Column("string", "Who bought."),
            "date": Column("date", "Day of the order."),
            "product_id": Column("string", "What was bought."),
            "quantity": Column("integer", "How many pieces.", "pieces", {"minimum": 1}),
            "unit_price": Column(
                "number",
                "Price of one piece on that day and in that channel, before any discount. It moves "
                "a little around the product's list price.",
                f"{MONEY} a piece",
                {"minimum": 0.1},
            ),
            "discount": Column(
                "number",
                "Part of the line's price given away: 0.2 means 20 % off.",
                "share",
                {"minimum": 0, "maximum": 0.9},
            ),
            "amount": Column(
                "number",
                "Money paid for the line: quantity × unit_price × (1 − discount).",
                MONEY,
                {"minimum": 0.01},
            ),
            "channel": Column("string", "Where the order was placed."),
        },
    ),
    "customers": Table(
        row="one registered customer; a few registered and never bought",
        key=("customer_id",),
        columns={
            "customer_id": Column("string", "The customer. Numbers follow the day of joining."),
            "joined": Column(
                "date",
                "Day of registration. Who buys, bought for the first time on this very day.",
            ),
            "age": Column("integer", "Age when joining.", "years", {"minimum": 16, "maximum": 99}),
            "gender": Column("string", "Gender the customer stated."),
            "city": Column("string", "City of the customer's address."),
            "region": Column("string", "Sales region the city belongs to."),
            "source": Column("string", "How the customer says they found us."),
            "member": Column("boolean", "Is the customer in the members' club?"),
            "points": Column(
                "integer",
                "Points on the member's account on the last day: one for each full unit of money "
                "paid, less those spent. 0 for those outside the club.",
                "points",
                {"minimum": 0},
            ),
        },
    ),
    "products": Table(
        row="one product on sale",
        key=("product_id",),
        columns={
            "product_id": Column("string", "The product."),
            "product": Column("string", "Its name and size."),
            "category": Column("string", "What kind of product it is."),
            "brand": Column("string", "The brand on the pack: an own line or a guest brand."),
            "list_price": Column(
                "number", "Price on the list.", f"{MONEY} a piece", {"minimum": 0.1}
            ),
            "unit_cost": Column(
                "number", "What one piece costs the company.", f"{MONEY} a piece", {"minimum": 0}
            ),
        },
    ),
}

FROM_ZERO = {"minimum": 0}
FROM_ONE = {"minimum": 1}
SHARE = {"minimum": 0, "maximum": 1}
ONE_TO_FIVE = {"minimum": 1, "maximum": 5}
CUSTOMER = Column("string", "The customer.")
HELD = f"{MONEY} on the last day"

FIRMS = Table(
    row="one registered customer, a firm; a few registered and never bought",
    key=("customer_id",),
    columns={
        "customer_id": TABLES["customers"].columns["customer_id"],
        "firm": Column("string", "The firm's invented name."),
        "joined": TABLES["customers"].columns["joined"],
        "city": Column("string", "City of the firm's seat."),
        "region": TABLES["customers"].columns["region"],
        "source": Column("string", "How the firm says it found us."),
        "industry": Column("string", "What the firm does."),
        "headcount": Column("integer", "People who work there.", "people", FROM_ONE),
        "turnover": Column(
            "integer",
            "What the firm sells for, rounded to thousands.",
            f"{MONEY} a year",
            {"minimum": 1000},
        ),
        "profit": Column(
            "integer",
            "What is left of the turnover; less than 0 is a loss.",
            f"{MONEY} a year",
        ),
        "ownership": Column("string", "Who owns the firm."),
        "founded": Column(
            "integer", "Year of foundation.", "year", {"minimum": 1800, "maximum": 2030}
        ),
        "listed": Column("boolean", "Is it listed on a stock exchange?"),
        "renewed": Column("boolean", "Did it renew the last yearly agreement with us?"),
        "referrals": Column("integer", "Deals that came to us through it.", "deals", FROM_ZERO),
        "buyer_role": Column("string", "Who places the orders there."),
        "decider_role": Column("string", "Who decides there from whom to buy."),
        "user_role": Column("string", "Who uses there what is bought."),
        "credit": Column(
            "integer",
            "Our own credit score: 0 is never pays, 100 pays before time.",
            "points",
            {"minimum": 0, "maximum": 100},
        ),
    },
)

EXTRA: dict[str, tuple[str, Table]] = {
    "profiles": (
        "profiles",
        Table(
            row="what one customer told about the household",
            key=("customer_id",),
            links={"customer_id": "customers"},
            columns={
                "customer_id": CUSTOMER,
                "education": Column("string", "Highest degree."),
                "occupation": Column("string", "Occupation."),
                "income_band": Column("string", "Income of the person.", f"{MONEY} a month"),
                "household_size": Column(
                    "integer",
                    "People in the household, the customer among them.",
                    "people",
                    {"minimum": 1, "maximum": 10},
                ),
                "children": Column(
                    "integer", "Children in it.", "children", {"minimum": 0, "maximum": 4}
                ),
                "housing": Column("string", "How the customer lives."),
            },
        ),
    ),
    "visits": (
        "web",
        Table(
            row="one visit to the online shop by a customer who was logged in",
            key=("visit_id",),
            links={"customer_id": "customers"},
            columns={
                "visit_id": Column("string", "The visit."),
                "customer_id": CUSTOMER,
                "date": Column("date", "Day of the visit."),
                "views": Column("integer", "Product pages seen.", "pages", FROM_ONE),
                "clicks": Column(
                    "integer", "Pages on which something was clicked.", "pages", FROM_ZERO
                ),
            },
        ),
    ),
    "searches": (
        "web",
        Table(
            row="one keyword of one customer, however often it was searched for",
            key=("customer_id", "keyword"),
            links={"customer_id": "customers"},
            columns={
                "customer_id": CUSTOMER,
                "keyword": Column("string", "What was searched for."),
                "searches": Column("integer", "How often, in the days logged.", "times", FROM_ONE),
            },
        ),
    ),
    "carts": (
        "web",
        Table(
            row="one cart that was filled in a visit",
            key=("cart_id",),
            links={"customer_id": "customers", "visit_id": "visits"},
            columns={
                "cart_id": Column("string", "The cart."),
                "visit_id": Column("string", "The visit it was filled in."),
                "customer_id": CUSTOMER,
                "date": Column("date", "Day of the visit."),
                "items": Column("integer", "Pieces in it.", "pieces", FROM_ONE),
                "kinds": Column("integer", "Different products in it.", "products", FROM_ONE),
                "total": Column("number", "What it was worth at list prices.", MONEY, FROM_ZERO),
                "checkout": Column(
                    "boolean",
                    "Did the customer reach the page to pay? The log has no order numbers; it "
                    "cannot be joined to the transactions.",
                ),
            },
        ),
    ),
    "interactions": (
        "interactions",
        Table(
            row="one contact, complaint, visit or request for service",
            key=("interaction_id",),
            links={"customer_id": "customers"},
            columns={
                "interaction_id": Column("string", "The interaction."),
                "customer_id": CUSTOMER,
                "kind": Column("string", "What it was."),
                "way": Column("string", "How it came about."),
                "opened": Column("date", "Day it began."),
                "closed": Column(
                    "date", "Day it was settled; missing while it is open.", required=False
                ),
                "minutes": Column("integer", "Working time spent on it.", "minutes", FROM_ONE),
                "outcome": Column("string", "How it ended; 'open' while it has not."),
            },
        ),
    ),
    "campaign": (
        "campaign",
        Table(
            row="one customer in the campaign, contacted or held back by lot",
            key=("customer_id",),
            links={"customer_id": "customers"},
            columns={
                "customer_id": CUSTOMER,
                "campaign": Column("string", "The campaign."),
                "date": Column("date", "Day it began."),
                "arm": Column(
                    "string",
                    "What the lot said. Nothing else decided it.",
                    limits={"enum": ["contacted", "held back"]},
                ),
                "responded": Column(
                    "boolean",
                    "Did the customer take up the offer (held back: of their own accord) within "
                    "four weeks?",
                ),
                "cost": Column("number", "What the contact cost.", MONEY, FROM_ZERO),
            },
        ),
    ),
    "accounts": (
        "accounts",
        Table(
            row="one customer's accounts taken together",
            key=("customer_id",),
            links={"customer_id": "customers"},
            columns={
                "customer_id": CUSTOMER,
                "deposits": Column("number", "Money saved with us.", HELD, FROM_ZERO),
                "loans": Column("number", "Money owed to us.", HELD, FROM_ZERO),
                "investments": Column("number", "Funds and bonds with us.", HELD, FROM_ZERO),
                "activity": Column(
                    "integer", "Movements in the last three months.", "movements", FROM_ZERO
                ),
                "channel": Column("string", "Where most of them were made."),
            },
        ),
    ),
    "events": (
        "events",
        Table(
            row="one event an account manager foresees with one of the largest customers",
            key=("event_id",),
            links={"customer_id": "customers"},
            columns={
                "event_id": Column("string", "The event."),
                "customer_id": CUSTOMER,
                "date": Column("date", "Day it is foreseen for, after the window's last day."),
                "event": Column("string", "What is foreseen."),
                "revenue": Column("number", "What it would bring.", MONEY, FROM_ZERO),
                "cost": Column("number", "What it would cost us.", MONEY, FROM_ZERO),
            },
        ),
    ),
    "work_log": (
        "work_log",
        Table(
            row="one request that one invented person answered at work",
            key=("entry_id",),
            columns={
                "entry_id": Column("string", "The request."),
                "date": Column("date", "Day of the work."),
                "requester": Column("string", "The role of whoever asked."),
                "relation": Column(
                    "string",
                    "Inside the firm or outside it.",
                    limits={"enum": ["internal", "external"]},
                ),
                "activity": Column("string", "What was done."),
                "hours": Column("number", "Time it took.", "hours", {"minimum": 0.25}),
                "importance": Column(
                    "integer", "How much it mattered to the requester.", "1 to 5", ONE_TO_FIVE
                ),
                "performance": Column(
                    "integer", "How well it was done, says the requester.", "1 to 5", ONE_TO_FIVE
                ),
            },
        ),
    ),
    "canvases": (
        "canvases",
        Table(
            row="one entry in one block of a canvas",
            key=("canvas", "block", "entry"),
            columns={
                "canvas": Column("string", "Which canvas."),
                "block": Column("string", "Which of its nine blocks."),
                "entry": Column("string", "What stands there."),
                "side": Column("string", "Whom it concerns; empty: everybody."),
                "amount": Column(
                    "number",
                    "Money it brings or costs, where the entry is about money.",
                    f"{MONEY} a month",
                    required=False,
                ),
            },
        ),
    ),
}


def tables_of(company: Company) -> dict[str, Table]:
    """Return the tables the company has, and what is in them."""
    tables = dict(TABLES)
    if company.firms is not None:
        tables["customers"] = FIRMS
    for name, (section, table) in EXTRA.items():
        if getattr(company, section) is not None:
            tables[name] = table
    if company.survey is not None:
        tables["survey"] = _survey(company.survey)
    if company.rivals is not None:
        tables["rivals"] = _rivals(company.rivals)
    return tables


def _survey(section: Survey) -> Table:
    def rating(meaning: str) -> Column:
        return Column("integer", meaning, "1 to 5", ONE_TO_FIVE)

    columns: Mapping[str, Column] = {
        "customer_id": CUSTOMER,
        "date": Column("date", "Day of the answer."),
        **{
            f"importance_{key}": rating(f"How much it matters: {text}.")
            for key, text in section.needs.items()
        },
        **{
            f"performance_{key}": rating(f"How well we do it: {text}.")
            for key, text in section.needs.items()
        },
        **{
            f"agree_{key}": rating(f"How far the customer agrees: “{text}”")
            for key, text in section.statements.items()
        },
        "expectation": rating("What the customer expected of us."),
        "satisfaction": rating("How content the customer is with us."),
        **{
            f"motive_{key}": Column("boolean", f"Why do you buy? Ticked: {text}.")
            for key, text in section.motives.items()
        },
        "recommend": Column(
            "integer",
            "How likely the customer is to recommend us to a friend.",
            "0 to 10",
            {"minimum": 0, "maximum": 10},
        ),
        "code": Column(
            "string",
            "What the comment is about, as a reader coded it.",
            limits={"enum": [*section.comments, "none"]},
        ),
        "comment": Column("string", "The comment; empty if there is none."),
    }
    return Table(
        row="one customer's answers; who did not answer is not in it",
        key=("customer_id",),
        links={"customer_id": "customers"},
        columns=dict(columns),
    )


def _rivals(section: Rivals) -> Table:
    across, up = section.axes
    price = f"{MONEY}"
    columns: Mapping[str, Column] = {
        "brand": Column("string", "The brand, invented."),
        "ours": Column("boolean", "Is it ours?"),
        "buyers": Column(
            "integer",
            f"How many of {section.buyers:,} buyers asked bought it last.",
            "buyers",
            FROM_ZERO,
        ),
        "share": Column("number", "The same as a share.", "share", SHARE),
        "price_low": Column("number", "Its lowest price.", price, FROM_ZERO),
        "price_typical": Column("number", "Its usual price.", price, FROM_ZERO),
        "price_high": Column("number", "Its highest price.", price, FROM_ZERO),
        "awareness": Column("number", "Share of those asked who know it.", "share", SHARE),
        "position_x": Column("number", f"Where people see it: {across}.", "-1 to 1"),
        "position_y": Column("number", f"Where people see it: {up}.", "-1 to 1"),
        **{
            f"rating_{key}": Column("number", f"Mean rating: {text}.", "1 to 5", ONE_TO_FIVE)
            for key, text in section.features.items()
        },
    }
    return Table(row="one brand on the market", key=("brand",), columns=dict(columns))
