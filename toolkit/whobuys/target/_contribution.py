"""What each kind of customer, region or product brings: revenue, cost and profit."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from whobuys.segment._lines import counted, first_few, numbers, require_columns

UNKNOWN = "not known"


def contribution(
    transactions: pd.DataFrame,
    by: str | Sequence[str],
    *,
    products: pd.DataFrame | None = None,
    customers: pd.DataFrame | None = None,
    customer: str = "customer_id",
    product: str = "product_id",
    amount: str = "amount",
    quantity: str = "quantity",
    cost: str = "unit_cost",
) -> pd.DataFrame:
    """Add up revenue and profit by customer type, region, product, or two of them at once.

    Parameters
    ----------
    transactions : DataFrame
        One row a line of an order.
    by : str or sequence of str
        The column or columns to add up by. Each is looked for in `transactions`, then in
        `customers`, then in `products`.
    products : DataFrame, optional
        One row a product with its `cost`. Without it only revenue is added up.
    customers : DataFrame, optional
        One row a customer.
    customer, product, amount, quantity, cost : str
        Column names. `amount` is the money paid for the line, `cost` that of one piece.

    Returns
    -------
    DataFrame
        One row a combination, the largest revenue first: the columns of `by`, ``customers``,
        ``revenue``, ``revenue_share``, ``cumulative`` (share of this row and all above it) and,
        with `products`, ``cost``, ``profit``, ``profit_share``, ``margin`` (profit / revenue) and
        ``profit_rank``. A value that is missing becomes "not known".

    Raises
    ------
    ValueError
        A column is found nowhere, a product of a line is not in `products`, an id stands twice in
        `products` or `customers`, or there is nothing to add up.

    Notes
    -----
    Contribution before all cost that does not belong to one line (Mulhern, 1999, discusses what to
    count). Sales and profit need not name the same winner; with a profit near zero the profit
    shares say little, and they can be negative or above 1.

    Examples
    --------
    >>> import pandas as pd
    >>> lines = pd.DataFrame({"customer_id": ["A", "A", "B"], "product_id": ["P", "Q", "P"],
    ...                       "quantity": [1, 2, 3], "amount": [10.0, 50.0, 30.0]})
    >>> goods = pd.DataFrame({"product_id": ["P", "Q"], "product": ["tea", "pot"],
    ...                       "unit_cost": [4.0, 24.0]})
    >>> found = contribution(lines, "product", products=goods)
    >>> found[["product", "revenue", "revenue_share", "profit", "profit_rank"]].round(2)
      product  revenue  revenue_share  profit  profit_rank
    0     pot     50.0           0.56     2.0            2
    1     tea     40.0           0.44    24.0            1
    """
    names = [by] if isinstance(by, str) else list(by)
    if not names:
        raise ValueError('by is empty. Name what to add up by, such as by="region".')
    require_columns(transactions, {"amount": amount})
    if transactions.empty:
        raise ValueError("transactions has no rows, so there is nothing to add up.")
    lines = pd.DataFrame({"revenue": numbers(transactions[amount], name=amount, table="lines")})
    has_customer = customer in transactions.columns
    if has_customer:
        lines["customer"] = transactions[customer].to_numpy()
    for name in names:
        lines[f"by {name}"] = _looked_up(
            name, transactions, customers, products, customer=customer, product=product
        )
    if products is not None:
        require_columns(transactions, {"quantity": quantity})
        each = _match(transactions, products, product, cost, "products", must=True)
        pieces = numbers(transactions[quantity], name=quantity, table="transactions")
        lines["cost"] = numbers(each, name=cost, table="products") * pieces
    keys = [f"by {name}" for name in names]
    grouped = lines.groupby(keys, sort=True, observed=True)
    found = grouped.agg(revenue=("revenue", "sum"))
    if has_customer:
        found.insert(0, "customers", grouped["customer"].nunique())
    total = float(found["revenue"].sum())
    if total <= 0:
        raise ValueError(f'Column "{amount}" of transactions adds up to {total:g}: no shares.')
    found["revenue_share"] = found["revenue"] / total
    if products is not None:
        found["cost"] = grouped["cost"].sum()
        found["profit"] = found["revenue"] - found["cost"]
        earned = float(found["profit"].sum())
        found["profit_share"] = found["profit"] / earned if earned else np.nan
        found["margin"] = found["profit"] / found["revenue"].where(found["revenue"] != 0)
        found["profit_rank"] = found["profit"].rank(ascending=False, method="min").astype(int)
    found = found.sort_values("revenue", ascending=False, kind="stable")
    place = int(np.flatnonzero(found.columns == "revenue_share")[0]) + 1
    found.insert(place, "cumulative", found["revenue_share"].cumsum())
    found = found.rename_axis(index=dict(zip(keys, names, strict=True)))
    return found.reset_index()


def _looked_up(
    name: str,
    transactions: pd.DataFrame,
    customers: pd.DataFrame | None,
    products: pd.DataFrame | None,
    *,
    customer: str,
    product: str,
) -> np.ndarray:
    """Return the values of a column for every line, from the first table that has it."""
    if name in transactions.columns:
        values = transactions[name]
    elif customers is not None and name in customers.columns:
        values = _match(transactions, customers, customer, name, "customers")
    elif products is not None and name in products.columns:
        values = _match(transactions, products, product, name, "products")
    else:
        given = ["transactions"] + [
            word for word, t in (("customers", customers), ("products", products)) if t is not None
        ]
        raise ValueError(
            f'There is no column "{name}" in {" or ".join(given)}. Name another (by=...), or give '
            "the table that has it (customers=..., products=...)."
        )
    return values.astype(object).where(values.notna(), UNKNOWN).to_numpy()


def _match(
    transactions: pd.DataFrame,
    other: pd.DataFrame,
    key: str,
    name: str,
    table: str,
    *,
    must: bool = False,
) -> pd.Series:
    require_columns(transactions, {key: key})
    require_columns(other, {key: key, name: name}, table=table)
    twice = other[key].duplicated()
    if twice.any():
        raise ValueError(
            f'Column "{key}" of {table} holds {first_few(other.loc[twice, key])} more than once. '
            f'Keep one row each: {table}.drop_duplicates("{key}").'
        )
    lost = ~transactions[key].isin(other[key])
    if must and lost.any():
        raise ValueError(
            f"{counted(int(lost.sum()), 'row')} of {len(transactions):,} of transactions have a "
            f'"{key}" that is not in {table} ({first_few(transactions.loc[lost, key].unique())}). '
            "Without its cost there is no profit: add the product, or leave these lines out."
        )
    return transactions[key].map(other.set_index(key)[name])
