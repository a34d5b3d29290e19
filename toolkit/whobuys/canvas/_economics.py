"""The figures behind the blocks: what one sale leaves, and how many are needed."""

from __future__ import annotations

import math
from collections.abc import Iterable

import pandas as pd

from whobuys.canvas._canvas import Canvas, is_total
from whobuys.canvas._checks import money
from whobuys.canvas._entry import short


def break_even_units(fixed_cost: float, price: float, unit_cost: float) -> float:
    """Say how many units must be sold until fixed costs are covered.

    Parameters
    ----------
    fixed_cost : float
        Money a period that does not depend on how much is sold.
    price : float
        Money a unit brings.
    unit_cost : float
        Money one more unit costs.

    Returns
    -------
    float
        Units a period, not rounded; infinite where a unit leaves nothing. Whole units: round up.

    Raises
    ------
    ValueError
        A number is negative or not finite.

    Notes
    -----
    Fixed cost divided by the contribution of one unit, price less unit cost.

    Examples
    --------
    >>> break_even_units(6000, price=50, unit_cost=20)
    200.0
    """
    for name, value in (("fixed_cost", fixed_cost), ("price", price), ("unit_cost", unit_cost)):
        if not math.isfinite(value) or value < 0:
            raise ValueError(f"{name} is {value}. Give a number of zero or more.")
    if fixed_cost == 0:
        return 0.0
    return fixed_cost / (price - unit_cost) if price > unit_cost else math.inf


def unit_economics(
    canvas: Canvas,
    units: float,
    *,
    acquisition: Iterable[str] = (),
    new_customers: float | None = None,
    clv: float | None = None,
) -> pd.Series:
    """Compute price, unit cost, contribution and break-even from the cost and revenue blocks.

    Parameters
    ----------
    canvas : Canvas
        Every cost with an amount is of the kind ``fixed`` or ``variable``.
    units : float
        Units sold in the month the amounts are for.
    acquisition : iterable of str, optional
        Texts or ids of the costs that win new customers.
    new_customers : float, optional
        How many they won in that month.
    clv : float, optional
        Lifetime value of a customer, money, for its ratio to the cost of winning one.

    Returns
    -------
    Series
        ``revenue``, ``fixed_cost``, ``variable_cost``, ``profit`` (money a month); ``price``,
        ``unit_cost``, ``contribution`` (money a unit); ``margin`` (contribution by price),
        ``break_even_units`` (a month, not rounded), ``break_even_revenue``, ``safety`` (the share
        of units that may be lost before a loss; negative in a loss); with `new_customers`
        ``acquisition_cost`` (money a new customer), with `clv` also ``clv_per_acquisition_cost``.

    Raises
    ------
    ValueError
        Nothing brings revenue, a cost is neither fixed nor variable, or a number is out of range.

    Notes
    -----
    One price stands for all that is sold: with several products it is their average, and break-even
    holds only while the mix stays as it is.

    Examples
    --------
    >>> shop = Canvas.from_dict({
    ...     "revenue": [{"text": "suits", "amount": 50_000}],
    ...     "costs": [{"text": "cloth", "amount": 20_000, "kind": "variable"},
    ...               {"text": "rent", "amount": 6_000, "kind": "fixed"}]})
    >>> float(unit_economics(shop, units=1000)["break_even_units"])
    200.0
    """
    if not math.isfinite(units) or units <= 0:
        raise ValueError(f"units is {units}. Give how many were sold, a number above zero.")
    costs = [e for e in canvas.block("cost_structure") if e.amount and not is_total(e)]
    unclear = [entry for entry in costs if entry.kind not in ("fixed", "variable")]
    if unclear:
        said = ", ".join(f'"{short(entry.text)}"' for entry in unclear[:3])
        raise ValueError(
            f"{len(unclear)} of {len(costs)} costs are neither fixed nor variable ({said}). Give "
            "each the kind fixed or variable."
        )
    amounts = [*costs, *canvas.block("revenue_streams")]
    for entry in amounts:
        if entry.amount is not None and entry.amount < 0:
            raise ValueError(
                f'"{short(entry.text)}" has the amount {money(entry.amount)}. Write costs and '
                "revenue as positive numbers."
            )
    revenue = canvas.total("revenue_streams")
    if revenue <= 0:
        raise ValueError("No revenue stream has an amount. Give at least one, money a month.")
    fixed = canvas.total("cost_structure", "fixed")
    variable = canvas.total("cost_structure", "variable")
    price, unit_cost = revenue / units, variable / units
    enough = break_even_units(fixed, price, unit_cost)
    found = {
        "revenue": revenue,
        "fixed_cost": fixed,
        "variable_cost": variable,
        "profit": revenue - fixed - variable,
        "price": price,
        "unit_cost": unit_cost,
        "contribution": price - unit_cost,
        "margin": (price - unit_cost) / price,
        "break_even_units": enough,
        "break_even_revenue": enough * price,
        "safety": 1 - enough / units,
    }
    if new_customers is not None:
        if not math.isfinite(new_customers) or new_customers <= 0:
            raise ValueError(f"new_customers is {new_customers}. Give a number above zero.")
        spent = sum(canvas.entry(name).amount or 0.0 for name in acquisition)
        found["acquisition_cost"] = spent / new_customers
        if clv is not None:
            cost = found["acquisition_cost"]
            found["clv_per_acquisition_cost"] = clv / cost if cost else math.inf
    return pd.Series(found, name=canvas.title or None, dtype="float64")
