"""What every column means: the one place, used by the card, the package file and the reader."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Column:
    """One column: its type in Data Package words, its meaning, its unit and its limits."""

    type: str
    meaning: str
    unit: str = ""
    limits: dict[str, Any] = field(default_factory=dict)


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
