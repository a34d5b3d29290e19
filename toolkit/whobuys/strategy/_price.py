"""One price for all against a price by segment: revenue, profit, and who pays for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib.resources import files
from typing import Any, Literal

import numpy as np
import pandas as pd

from whobuys.segment._lines import first_few, numbers, require_columns
from whobuys.strategy._satisfaction import ALL, yes_no
from whobuys.value._fit import Floats

with (files("whobuys.strategy") / "price_fences.csv").open(encoding="utf-8") as _file:
    PRICE_FENCES: pd.DataFrame = pd.read_csv(_file)
"""What can keep two prices apart: ``fence``, ``example``, ``who_passes``, ``leak``, ``ask``."""


def logit_demand(
    offers: pd.DataFrame,
    *,
    segment: str = "segment",
    price: str = "price",
    bought: str = "bought",
    customers: Mapping[Any, float] | None = None,
) -> pd.DataFrame:
    """Fit how the chance to buy falls with the price, segment by segment.

    Parameters
    ----------
    offers : DataFrame
        One row an offer: the segment, the price offered, and whether it was taken (True or False).
    segment, price, bought : str
        Column names.
    customers : mapping, optional
        Customers of each segment; by default the number of its rows.

    Returns
    -------
    DataFrame
        One row a segment: ``segment``, ``customers``, ``middle`` (price at which half would buy),
        ``spread`` (how slowly the chance falls: it is 73 % one spread below the middle), ``offers``
        and ``error``, the standard error of the middle.

    Raises
    ------
    ValueError
        A column is missing, all or none of a segment bought, or its chance to buy does not fall
        with the price.

    Notes
    -----
    Binary logit (McFadden, 1974) by maximum likelihood, Newton's steps. Prices that followed demand
    (high in the season) make the fit wrong: set them by lot. The error of the middle is by the
    delta method.

    Examples
    --------
    >>> import pandas as pd
    >>> offers = pd.DataFrame({"segment": "all", "price": [1, 1, 1, 2, 2, 3, 3, 3] * 20,
    ...                        "bought": [True, True, True, True, False, False, False, True] * 20})
    >>> logit_demand(offers)[["segment", "middle"]].round(2)
      segment  middle
    0     all    2.45
    """
    wanted = {segment: segment, price: price, bought: bought}
    require_columns(offers, wanted, table="offers", rows=True)
    paid = numbers(offers[price], name=price, table="offers")
    took = yes_no(offers, bought, "offers").astype(float)
    if offers[segment].isna().any():
        raise ValueError(f'Column "{segment}" of offers has missing segments.')
    rows = []
    for name, mine in offers.groupby(segment, observed=True).indices.items():
        rows.append(
            (name, (customers or {}).get(name, len(mine)), *_logit(paid[mine], took[mine], name))
        )
    columns = ["segment", "customers", "middle", "spread", "error"]
    table = pd.DataFrame(rows, columns=columns)
    table.insert(4, "offers", [int((offers[segment] == name).sum()) for name in table["segment"]])
    return table


def price_table(
    demand: pd.DataFrame | pd.Series,
    *,
    groups: pd.Series | None = None,
    unit_cost: float = 0.0,
    aim: Literal["profit", "revenue"] = "profit",
    one_price: float | None = None,
    own_prices: Mapping[Any, float] | None = None,
    leak: float = 0.0,
    fence_cost: float = 0.0,
) -> pd.DataFrame:
    """Set the best one price beside the best price for each segment.

    Parameters
    ----------
    demand : Series or DataFrame
        The willingness to pay of each customer (then `groups` holds the segments), each buying one
        piece if the price is not above it; or one row a segment with ``segment``, ``customers``,
        ``middle`` and ``spread``, as `logit_demand` gives.
    groups : Series, optional
        The segment of each customer, with the index of `demand`.
    unit_cost : float
        What one piece costs.
    aim : {"profit", "revenue"}
        What the best prices are best for.
    one_price, own_prices : float and mapping, optional
        Prices to take instead of the best ones: one for all, and one for every segment.
    leak : float
        Share of the customers of the dearer segments who get through the fence and are offered the
        lowest of the own prices.
    fence_cost : float
        What it costs to keep the prices apart, taken off the profit of "all".

    Returns
    -------
    DataFrame
        One row a segment and a last row "all": ``segment``, ``customers``, ``one_price``,
        ``own_price`` (missing for "all"), and with one price and with own prices (``_one``,
        ``_own``) ``demand`` (pieces), ``revenue``, ``profit`` and ``surplus`` (what buyers would
        have paid beyond the price); ``change`` of the profit; ``price_change``; ``loses``, True
        where the surplus falls. ``attrs["break_even_leak"]`` is the leak from which these own
        prices bring no more profit than one price (missing if they never do or always do).

    Raises
    ------
    ValueError
        A number is impossible, a segment has no price, or nobody would pay more than the cost.

    Notes
    -----
    Third-degree price discrimination (Pigou, 1920; Robinson, 1933). The profit of own prices cannot
    be below that of one price while the fence holds and costs nothing; whether more or fewer people
    buy depends on demand (Schmalensee, 1981, American Economic Review 71(1)), and some segment
    usually pays more. Best prices of given willingness to pay are exact (one of the amounts named);
    those of a logit are found on a fine grid and then refined. What people say they would pay is
    more than what they pay.

    Examples
    --------
    >>> import pandas as pd
    >>> pays = pd.Series([10.0, 9.0, 8.0, 5.0, 4.0, 3.0])
    >>> who = pd.Series(["regular"] * 3 + ["student"] * 3)
    >>> table = price_table(pays, groups=who)
    >>> table[["segment", "one_price", "own_price", "demand_one", "demand_own", "profit_own"]]
       segment  one_price  own_price  demand_one  demand_own  profit_own
    0  regular        8.0        8.0         3.0         3.0        24.0
    1  student        8.0        3.0         0.0         3.0         9.0
    2      all        8.0        NaN         3.0         6.0        33.0
    """
    if aim not in ("profit", "revenue"):
        raise ValueError(f'aim must be "profit" or "revenue", not {aim!r}.')
    if not 0 <= leak <= 1:
        raise ValueError(f"leak must be a share from 0 to 1, not {leak!r}.")
    if not (0 <= unit_cost < np.inf and 0 <= fence_cost < np.inf):
        raise ValueError("unit_cost and fence_cost must be 0 or more.")
    curves = _curves(demand, groups)
    cost = unit_cost if aim == "profit" else 0.0
    one = float(one_price) if one_price is not None else _best(list(curves.values()), cost)
    if own_prices is None:
        own = {name: _best([curve], cost) for name, curve in curves.items()}
    else:
        lacking = [name for name in curves if name not in own_prices]
        if lacking:
            raise ValueError(f"own_prices has no price for {first_few(lacking)}.")
        own = {name: float(own_prices[name]) for name in curves}
    for price in (one, *own.values()):
        if not 0 <= price < np.inf:
            raise ValueError(f"A price must be 0 or more, not {price!r}.")
    lowest = min(own.values())
    rows, whole = [], 0.0
    for name, curve in curves.items():
        through = leak if own[name] > lowest else 0.0
        row: dict[str, Any] = {
            "segment": name, "customers": curve.size, "one_price": one, "own_price": own[name],
        }  # fmt: skip
        tight, loose = _figures(curve, own[name], unit_cost), _figures(curve, lowest, unit_cost)
        whole += loose["profit"] - tight["profit"]
        mixed = {k: (1 - through) * tight[k] + through * loose[k] for k in tight}
        row |= {f"{key}_one": value for key, value in _figures(curve, one, unit_cost).items()}
        row |= {f"{key}_own": value for key, value in mixed.items()}
        rows.append(row)
    total = {key: sum(row[key] for row in rows) for key in rows[0] if key != "segment"}
    gain = total["profit_own"] - total["profit_one"] - leak * whole
    total |= {"one_price": one, "own_price": np.nan}
    total["profit_own"] -= fence_cost
    table = pd.DataFrame([*rows, {"segment": ALL} | total])
    table["change"] = table["profit_own"] - table["profit_one"]
    table["price_change"] = table["own_price"] - table["one_price"]
    table["loses"] = table["surplus_own"] < table["surplus_one"] - 1e-9
    even = (gain - fence_cost) / -whole if whole < 0 else np.nan
    table.attrs["break_even_leak"] = float(even) if 0 <= even <= 1 else float("nan")
    return table


class _Curve:
    """Demand of one segment: pieces and what is left to the buyers, by price."""

    def __init__(
        self,
        size: float,
        pieces: Callable[[Floats], Floats],
        surplus: Callable[[Floats], Floats],
        steps: Floats,
        exact: bool,
    ) -> None:
        self.size, self.pieces, self.surplus = size, pieces, surplus
        self.steps, self.exact = steps, exact


def _curves(demand: pd.DataFrame | pd.Series, groups: pd.Series | None) -> dict[Any, _Curve]:
    if isinstance(demand, pd.Series):
        pays = numbers(demand, name=demand.name or "demand", table="demand")
        if not len(pays) or (pays < 0).any():
            raise ValueError("demand must hold willingness to pay of 0 or more, of somebody.")
        if groups is None or not groups.index.equals(demand.index) or groups.isna().any():
            raise ValueError(
                "groups must hold the segment of each customer, with the index of demand."
            )
        names = sorted(groups.unique(), key=str)
        return {name: _given(pays[(groups == name).to_numpy()]) for name in names}
    columns = ("segment", "customers", "middle", "spread")
    require_columns(demand, {name: name for name in columns}, table="demand")
    values = {c: numbers(demand[c], name=c, table="demand") for c in columns[1:]}
    if demand.empty or (values["customers"] < 0).any() or (values["spread"] <= 0).any():
        raise ValueError("demand needs a segment, customers of 0 or more and a spread above 0.")
    if demand["segment"].duplicated().any():
        raise ValueError("demand names a segment twice.")
    rows = zip(demand["segment"], *values.values(), strict=True)
    return {name: _logistic(size, middle, spread) for name, size, middle, spread in rows}


def _given(pays: Floats) -> _Curve:
    ordered = np.sort(pays)
    above = np.concatenate([np.cumsum(ordered[::-1])[::-1], [0.0]])

    def place(price: Floats) -> Any:
        return np.searchsorted(ordered, np.asarray(price) - 1e-9, side="left")

    return _Curve(
        float(len(pays)),
        lambda price: (len(ordered) - place(price)).astype(float),
        lambda price: above[place(price)] - (len(ordered) - place(price)) * np.asarray(price),
        np.unique(ordered),
        True,
    )


def _logistic(size: float, middle: float, spread: float) -> _Curve:
    def pieces(price: Floats) -> Floats:
        return size / (1 + np.exp(np.clip((np.asarray(price) - middle) / spread, -700, 700)))

    def surplus(price: Floats) -> Floats:
        return size * spread * np.logaddexp(0, (middle - np.asarray(price)) / spread)

    reach = max(middle, 0) + 20 * spread
    return _Curve(size, pieces, surplus, np.linspace(0, reach, 2001), False)


def _best(curves: list[_Curve], cost: float) -> float:
    """Return the price of the greatest profit; the lowest of several."""
    steps = np.unique(np.concatenate([curve.steps for curve in curves]))

    def profit(price: Floats) -> Floats:
        return (price - cost) * sum(curve.pieces(price) for curve in curves)

    earned = profit(steps)
    if earned.max() <= 0:
        raise ValueError(f"At a cost of {cost:,.2f} no price earns anything. Check the numbers.")
    best = int(np.argmax(earned >= earned.max() - 1e-9))
    if all(curve.exact for curve in curves):
        return float(steps[best])
    low, high = steps[max(best - 1, 0)], steps[min(best + 1, len(steps) - 1)]
    for _ in range(6):
        steps = np.linspace(low, high, 41)
        best = int(np.argmax(profit(steps)))
        low, high = steps[max(best - 1, 0)], steps[min(best + 1, 40)]
    return float(steps[best])


def _figures(curve: _Curve, price: float, unit_cost: float) -> dict[str, float]:
    at = np.array([price])
    pieces = float(curve.pieces(at)[0])
    return {
        "demand": pieces,
        "revenue": price * pieces,
        "profit": (price - unit_cost) * pieces,
        "surplus": float(curve.surplus(at)[0]),
    }


def _logit(price: Floats, took: Floats, name: Any) -> tuple[float, float, float]:
    """Return middle, spread and the error of the middle."""
    if took.min() == took.max():
        who = "Everybody" if took.all() else "Nobody"
        raise ValueError(f"{who} of segment {name!r} bought: a demand curve needs both.")
    middle, scale = float(price.mean()), float(price.std())
    if scale == 0:
        raise ValueError(f"Segment {name!r} saw one price only: a demand curve needs several.")
    x = np.column_stack([np.ones(len(price)), (price - middle) / scale])
    theta = np.zeros(2)
    for _ in range(60):
        chance = 1 / (1 + np.exp(-np.clip(x @ theta, -500, 500)))
        weight = chance * (1 - chance)
        hessian = x.T @ (x * weight[:, None]) + 1e-12 * np.eye(2)
        step = np.linalg.solve(hessian, x.T @ (took - chance))
        theta = theta + np.clip(step, -5, 5)
        if np.abs(step).max() < 1e-10:
            break
    if not theta[1] < -1e-6:
        raise ValueError(
            f"In segment {name!r} the chance to buy does not fall with the price: no best price "
            "follows from it. Were the prices set by lot?"
        )
    if np.abs(theta).max() > 50:
        raise ValueError(
            f"In segment {name!r} one price divides buyers and others without a slip: the curve "
            "cannot be fitted. Offer more prices, or use the willingness to pay itself."
        )
    spread = -scale / theta[1]
    centre = middle + theta[0] * spread
    slope = np.array([-1 / theta[1], theta[0] / theta[1] ** 2]) * scale
    error = float(np.sqrt(slope @ np.linalg.solve(hessian, slope)))
    return float(centre), float(spread), error
