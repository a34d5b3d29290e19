"""What is offered to each segment, at which price, where and how, with the figure behind it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from whobuys.segment._lines import first_few, numbers, require_columns
from whobuys.strategy._satisfaction import ALL

ELEMENTS = ("offer", "price", "channel", "communication")


def segment_figures(
    transactions: pd.DataFrame,
    groups: pd.Series,
    *,
    products: pd.DataFrame | None = None,
    customer: str = "customer_id",
    order: str = "order_id",
    amount: str = "amount",
    discount: str | None = "discount",
    channel: str | None = "channel",
    category: str = "category",
    product: str = "product_id",
    unit_cost: str = "unit_cost",
    quantity: str = "quantity",
) -> pd.DataFrame:
    """Compute the figures a strategy rests on, segment by segment.

    Parameters
    ----------
    transactions : DataFrame
        One row a line.
    groups : Series
        The segment of each customer, indexed by customer. Lines of others are left out.
    products : DataFrame, optional
        One row a product with `product`, `category` and `unit_cost`, for categories and margins.
    customer, order, amount, discount, channel, category, product, unit_cost, quantity : str
        Column names; None for `discount` or `channel` leaves these figures out.

    Returns
    -------
    DataFrame
        Indexed by ``segment`` with a last row "all": ``customers`` (buyers), ``customer_share``,
        ``sales_share``, ``sales_each``, ``orders_each``, ``order_value``; ``discount_share`` (of
        lines with a discount); with `products` ``margin_share`` (of sales) and a column
        ``category: name`` each (share of sales); a column ``channel: name`` each (share of orders).

    Raises
    ------
    ValueError
        A column is missing, or no line belongs to a customer with a segment.

    Examples
    --------
    >>> import pandas as pd
    >>> lines = pd.DataFrame({"customer_id": list("AAB"), "order_id": [1, 2, 3],
    ...                       "amount": [10.0, 20.0, 70.0], "channel": ["web", "shop", "shop"]})
    >>> table = segment_figures(lines, pd.Series({"A": "small", "B": "large"}), discount=None)
    >>> table[["customers", "sales_share", "order_value", "channel: shop"]]
             customers  sales_share  order_value  channel: shop
    segment
    large            1          0.7    70.000000       1.000000
    small            1          0.3    15.000000       0.500000
    all              2          1.0    33.333333       0.666667
    """
    wanted = {"customer": customer, "order": order, "amount": amount}
    wanted |= {"discount": discount} if discount else {}
    wanted |= {"channel": channel} if channel else {}
    require_columns(transactions, wanted, rows=True)
    if groups.index.has_duplicates:
        raise ValueError("groups names a customer more than once. Keep one segment a customer.")
    lines = transactions.assign(segment=transactions[customer].map(groups).astype(object))
    lines = lines[lines["segment"].notna()]
    if lines.empty:
        raise ValueError(
            "No line of transactions belongs to a customer with a segment. Index groups by "
            'customer: groups=table.set_index("customer_id")["segment"].'
        )
    lines["_paid"] = numbers(lines[amount], name=amount, table="transactions")
    if products is not None:
        names = {n: n for n in (product, category, unit_cost)}
        require_columns(products, names, table="products")
        require_columns(transactions, {"product": product, "quantity": quantity})
        own = products[list(names)].drop_duplicates(product)
        lines = lines.merge(own, on=product, how="left")
        lines["_margin"] = lines["_paid"] - lines[quantity] * lines[unit_cost]
    order_of = groups.cat.categories if isinstance(groups.dtype, pd.CategoricalDtype) else None
    found = lines["segment"].unique().tolist()
    segments = (
        [s for s in order_of if s in found] if order_of is not None else sorted(found, key=str)
    )
    rows: dict[Any, dict[str, float]] = {}
    total, buyers = float(lines["_paid"].sum()), lines[customer].nunique()
    for name in [*segments, ALL]:
        mine = lines if name == ALL else lines[lines["segment"] == name]
        people, orders = mine[customer].nunique(), mine[order].nunique()
        sales = float(mine["_paid"].sum())
        row = {
            "customers": people,
            "customer_share": people / buyers,
            "sales_share": sales / total if total else np.nan,
            "sales_each": sales / people,
            "orders_each": orders / people,
            "order_value": sales / orders,
        }
        if discount:
            row["discount_share"] = float((mine[discount] > 0).mean())
        if products is not None:
            row["margin_share"] = float(mine["_margin"].sum()) / sales if sales else np.nan
            by = mine.groupby(category)["_paid"].sum()
            for what in sorted(lines[category].dropna().unique()):
                row[f"category: {what}"] = float(by.get(what, 0.0)) / sales if sales else np.nan
        if channel:
            ways = mine.drop_duplicates(order)[channel].value_counts(normalize=True)
            for what in sorted(lines[channel].dropna().unique()):
                row[f"channel: {what}"] = float(ways.get(what, 0.0))
        rows[name] = row
    table = pd.DataFrame.from_dict(rows, orient="index").astype({"customers": int})
    return table.rename_axis("segment")


def strategy_table(choices: pd.DataFrame, figures: pd.DataFrame) -> pd.DataFrame:
    """Set the figure behind each choice beside it: the segment's, and that of all customers.

    Parameters
    ----------
    choices : DataFrame
        One row a choice: ``segment``, ``element`` (offer, price, channel, communication or
        another), ``choice`` in words, ``figure``, the column of `figures` it rests on.
    figures : DataFrame
        Indexed by segment with a row "all", such as from `segment_figures`; more columns may be
        joined to it.

    Returns
    -------
    DataFrame
        `choices` with ``value``, ``all`` and ``index`` (100 × value / all). An index near 100
        carries no choice: the segment is like everybody in this.

    Raises
    ------
    ValueError
        A column is missing, or a choice names a segment or a figure there is not.

    Examples
    --------
    >>> import pandas as pd
    >>> figures = pd.DataFrame({"order_value": [80.0, 20.0, 40.0]}, index=["large", "small", "all"])
    >>> choices = pd.DataFrame({"segment": ["large"], "element": ["offer"],
    ...                         "choice": ["a case a month"], "figure": ["order_value"]})
    >>> strategy_table(choices, figures)[["segment", "choice", "value", "all", "index"]]
      segment          choice  value   all  index
    0   large  a case a month   80.0  40.0  200.0
    """
    columns = ("segment", "element", "choice", "figure")
    require_columns(choices, {name: name for name in columns}, table="choices")
    if ALL not in figures.index:
        raise ValueError('figures needs a row "all", the figures of all customers.')
    for column, known in (("segment", figures.index), ("figure", figures.columns)):
        strange = [name for name in choices[column].unique() if name not in known]
        if strange:
            raise ValueError(
                f"choices name the {column} {first_few(strange)}, which figures has not. It has: "
                f"{first_few(known, 12)}."
            )
    pairs = zip(choices["segment"], choices["figure"], strict=True)
    value = np.array([float(figures.loc[segment, figure]) for segment, figure in pairs])
    whole = figures.loc[ALL, choices["figure"].tolist()].to_numpy(dtype=float)
    index = np.divide(100 * value, whole, out=np.full(len(value), np.nan), where=whole > 0)
    return choices.assign(value=value, all=whole, index=index)


def check_strategy(
    strategy: pd.DataFrame,
    segments: Sequence[object],
    *,
    elements: Sequence[str] = ELEMENTS,
    near: float = 10.0,
) -> pd.DataFrame:
    """List what is missing in a strategy table and what does not tell segments apart.

    Parameters
    ----------
    strategy : DataFrame
        From `strategy_table`.
    segments : sequence
        The segments that need a strategy.
    elements : sequence of str
        What has to be settled for each.
    near : float
        An index this close to 100 carries no choice.

    Returns
    -------
    DataFrame
        One row a problem: ``segment``, ``element``, ``problem``, ``mend``; empty if there is none.

    Raises
    ------
    ValueError
        A column is missing.

    Notes
    -----
    A strategy is one only if it differs between segments; what is right for all is a standard.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({
    ...     "segment": ["large", "small"], "element": "price", "choice": "10 % off",
    ...     "figure": "order_value", "index": [200.0, 98.0]})
    >>> check_strategy(table, ["large", "small"], elements=["price"])["problem"].tolist()
    ['the same for all segments', 'its figure is that of everybody (index 98)']
    """
    names = ("segment", "element", "choice", "figure", "index")
    require_columns(strategy, {name: name for name in names}, table="strategy")
    rows = []
    text = strategy["choice"].fillna("").astype(str).str.strip()
    for element in elements:
        mine = strategy[(strategy["element"] == element) & (text != "")]
        for segment in segments:
            if segment not in set(mine["segment"]):
                rows.append((segment, element, "nothing is settled", f"Say the {element}."))
        same = mine["choice"].str.strip().str.casefold()
        if len(segments) > 1 and set(segments) <= set(mine["segment"]) and same.nunique() == 1:
            rows.append((ALL, element, "the same for all segments",
                         "Say what differs, or call it a standard."))  # fmt: skip
    for row in strategy[text != ""].to_dict("records"):
        if abs(row["index"] - 100) < near:
            rows.append(
                (row["segment"], row["element"],
                 f"its figure is that of everybody (index {row['index']:.0f})",
                 "Choose a figure in which this segment differs, or drop the choice.")
            )  # fmt: skip
    return pd.DataFrame(rows, columns=["segment", "element", "problem", "mend"])
