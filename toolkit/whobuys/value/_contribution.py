"""What a customer leaves in the till: sales less discounts, goods, service and contact costs."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from whobuys.segment._lines import counted, first_few, numbers, read_as_of, require_columns
from whobuys.value._values import amounts, money_by_customer, share


def line_margins(
    transactions: pd.DataFrame,
    products: pd.DataFrame | None = None,
    *,
    unit_cost: str = "unit_cost",
) -> pd.DataFrame:
    """Add to every line what the goods cost and what is left of the price paid.

    Parameters
    ----------
    transactions : DataFrame
        One row a line with ``quantity`` and ``amount`` (money paid, after any discount), and
        ``product_id`` or the cost column itself.
    products : DataFrame, optional
        One row a product with ``product_id`` and the cost of one piece. Without it the cost must
        stand in `transactions`.
    unit_cost : str
        Column with the cost of one piece.

    Returns
    -------
    DataFrame
        A copy with ``cost`` (quantity × unit cost) and ``margin`` (amount − cost), in money.

    Raises
    ------
    ValueError
        A column is missing or holds no number, a product repeats or is not in `products`.

    Examples
    --------
    >>> import pandas as pd
    >>> lines = pd.DataFrame({"product_id": ["P1"], "quantity": [3], "amount": [24.0]})
    >>> goods = pd.DataFrame({"product_id": ["P1"], "unit_cost": [5.0]})
    >>> line_margins(lines, goods)[["amount", "cost", "margin"]]
       amount  cost  margin
    0    24.0  15.0     9.0
    """
    require_columns(transactions, {"quantity": "quantity", "amount": "amount"})
    pieces = numbers(transactions["quantity"], name="quantity", table="transactions")
    paid = numbers(transactions["amount"], name="amount", table="transactions")
    if products is None:
        require_columns(transactions, {"unit_cost": unit_cost})
        each = numbers(transactions[unit_cost], name=unit_cost, table="transactions")
    else:
        require_columns(products, {"product_id": "product_id", "unit_cost": unit_cost}, "products")
        require_columns(transactions, {"product_id": "product_id"})
        known = pd.Index(products["product_id"])
        if known.has_duplicates:
            again = known[known.duplicated()].unique()
            raise ValueError(f"products has more than one row for {first_few(again)}. Keep one.")
        place = known.get_indexer(pd.Index(transactions["product_id"]))
        if (place < 0).any():
            stray = transactions["product_id"][place < 0]
            raise ValueError(
                f"{counted(len(stray), 'row')} of transactions have a product that is not in "
                f"products ({first_few(stray.unique())}), so their cost is not known."
            )
        each = numbers(products[unit_cost], name=unit_cost, table="products")[place]
    return transactions.assign(cost=pieces * each, margin=paid - pieces * each)


def customer_contribution(
    transactions: pd.DataFrame,
    products: pd.DataFrame | None = None,
    *,
    customers: pd.DataFrame | None = None,
    interactions: pd.DataFrame | None = None,
    minute_cost: float = 0.0,
    order_cost: float = 0.0,
    other_costs: pd.DataFrame | None = None,
    customer: str = "customer_id",
) -> pd.DataFrame:
    """Work out each customer's profit and loss, down to what is left after serving them.

    Parameters
    ----------
    transactions : DataFrame
        One row a line: the customer, ``quantity``, ``amount``, and what `line_margins` needs.
        Discounts are counted where ``unit_price`` is there too, orders where ``order_id`` is.
    products : DataFrame, optional
        Cost of the goods, as in `line_margins`.
    customers : DataFrame, optional
        One row a customer; those who never bought get a row too. By default those who bought.
    interactions : DataFrame, optional
        One row a contact, visit, complaint or service with ``minutes``.
    minute_cost : float
        Money a minute of work costs.
    order_cost : float
        Money it costs to handle one order (packing, postage, payment).
    other_costs : DataFrame, optional
        The customer and ``cost``: campaigns, credit, samples; any number of rows a customer.
    customer : str
        Column with the customer in every table.

    Returns
    -------
    DataFrame
        One row a customer, sorted: the customer; ``orders``; ``gross_sales`` at full price;
        ``discounts``; ``sales`` (what was paid); ``goods_cost``; ``margin`` (sales − goods);
        ``service_cost``; ``order_costs``; ``other_cost``; ``contribution``, what is left, less than
        0 where serving costs more than it brings.

    Raises
    ------
    ValueError
        A column is missing or holds no number, a cost is below 0, or a table names a customer who
        is not among the customers.

    Notes
    -----
    Costs every customer shares (rent, wages that do not follow orders) are left out on purpose: the
    contribution says what would go if the customer went. Kaplan and Narayanan (2001), "Measuring
    and managing customer profitability", Journal of Cost Management 15(5).

    Examples
    --------
    >>> import pandas as pd
    >>> lines = pd.DataFrame({
    ...     "customer_id": ["A", "B"], "order_id": ["O1", "O2"], "quantity": [4, 1],
    ...     "unit_price": [10.0, 10.0], "amount": [36.0, 10.0], "unit_cost": [5.0, 5.0],
    ... })
    >>> calls = pd.DataFrame({"customer_id": ["B", "B"], "minutes": [6, 10]})
    >>> table = customer_contribution(lines, interactions=calls, minute_cost=0.5)
    >>> table[["customer_id", "discounts", "margin", "service_cost", "contribution"]]
      customer_id  discounts  margin  service_cost  contribution
    0           A        4.0    16.0           0.0          16.0
    1           B        0.0     5.0           8.0          -3.0
    """
    for name, cost in {"minute_cost": minute_cost, "order_cost": order_cost}.items():
        if not 0 <= cost < np.inf:
            raise ValueError(f"{name} must be a cost of 0 or more, not {cost}.")
    lines = line_margins(transactions, products)
    require_columns(lines, {"customer": customer}, rows=customers is None)
    who = lines if customers is None else customers
    require_columns(who, {"customer": customer}, "customers")
    if lines[customer].isna().any():
        raise ValueError(
            f'Column "{customer}" of transactions is empty in '
            f"{counted(int(lines[customer].isna().sum()), 'row')}. Leave these rows out first."
        )
    ids = pd.Index(who[customer].unique()).sort_values()

    def summed(table: pd.DataFrame, column: str, name: str) -> Any:
        return money_by_customer(table, customer, column, ids, name)

    sales = summed(lines, "amount", "transactions")
    goods = summed(lines, "cost", "transactions")
    gross = sales
    if "unit_price" in lines.columns:
        price = numbers(lines["unit_price"], name="unit_price", table="transactions")
        gross = summed(lines.assign(gross=lines["quantity"] * price), "gross", "transactions")
    order = "order_id" if "order_id" in lines.columns else "date"
    orders: Any = np.zeros(len(ids), dtype=np.int64)
    if order in lines.columns:
        counts = lines.loc[lines["amount"] >= 0].groupby(customer)[order].nunique()
        orders = counts.reindex(ids, fill_value=0).to_numpy(dtype=np.int64)
    elif order_cost:
        raise ValueError('To count orders, transactions needs a column "order_id" or "date".')
    service = np.zeros(len(ids))
    if interactions is not None:
        service = summed(interactions, "minutes", "interactions") * minute_cost
    other = np.zeros(len(ids))
    if other_costs is not None:
        other = summed(other_costs, "cost", "other_costs")
    handled = orders * order_cost
    return pd.DataFrame(
        {
            customer: ids,
            "orders": orders,
            "gross_sales": gross,
            "discounts": gross - sales,
            "sales": sales,
            "goods_cost": goods,
            "margin": sales - goods,
            "service_cost": service,
            "order_costs": handled,
            "other_cost": other,
            "contribution": sales - goods - service - handled - other,
        }
    )


def value_components(
    lines: pd.DataFrame,
    *,
    as_of: object,
    current_days: int = 365,
    potential: pd.Series | None = None,
    referrals: pd.Series | None = None,
    referral_value: float = 0.0,
    referral_credit: float = 0.5,
    value: str = "margin",
    customer: str = "customer_id",
    date: str = "date",
) -> pd.DataFrame:
    """Split customer value into historical, current and potential value, referrals counted.

    Parameters
    ----------
    lines : DataFrame
        One row a line (or a cost, with its sign) with the customer, the date and the money.
    as_of : date-like
        The day the list is drawn; later lines are left out.
    current_days : int
        The last so many days up to `as_of` are current, all before is historical.
    potential : Series, optional
        Money still to come, indexed by customer: a lifetime value. A customer who is not in it
        has 0. By default 0 for all.
    referrals : Series, optional
        Customers brought in so far, indexed by customer.
    referral_value : float
        What a customer brought in is worth.
    referral_credit : float
        Part of that which is credited to the one who brought them, 0 to 1. The rest stays with the
        new customer, so that nothing is counted twice.
    value, customer, date : str
        Column names.

    Returns
    -------
    DataFrame
        One row a customer in `lines` or `potential`, sorted: the customer, ``historical``,
        ``current``, ``potential``, ``referral`` and ``total``, their sum.

    Raises
    ------
    ValueError
        A column is missing or of the wrong kind, or a setting is impossible.

    Notes
    -----
    Crediting referrals: Kumar, Petersen and Leone (2007), "How valuable is word of mouth?", Harvard
    Business Review 85(10). How much of a referral belongs to the one who made it is a choice; name
    it wherever the number is shown.

    Examples
    --------
    >>> import pandas as pd
    >>> lines = pd.DataFrame({
    ...     "customer_id": ["A", "A", "B"],
    ...     "date": pd.to_datetime(["2025-01-10", "2026-05-01", "2026-06-01"]),
    ...     "margin": [40.0, 25.0, 10.0],
    ... })
    >>> value_components(lines, as_of="2026-06-30", potential=pd.Series({"A": 30.0, "B": 60.0}),
    ...                  referrals=pd.Series({"B": 2}), referral_value=20.0)
      customer_id  historical  current  potential  referral  total
    0           A        40.0     25.0       30.0       0.0   95.0
    1           B         0.0     10.0       60.0      20.0   90.0
    """
    day = read_as_of(as_of)
    if current_days < 1:
        raise ValueError(f"current_days must be at least 1, not {current_days}.")
    credit = share(referral_credit, "referral_credit", zero=True)
    require_columns(lines, {"customer": customer, "date": date, "value": value}, "lines")
    if not pd.api.types.is_datetime64_any_dtype(lines[date]):
        raise ValueError(f'Column "{date}" of lines does not hold dates: use pd.to_datetime.')
    money = numbers(lines[value], name=value, table="lines")
    extra = {
        name: amounts(given, name)
        for name, given in {"potential": potential, "referrals": referrals}.items()
        if given is not None
    }
    ids = pd.Index(lines[customer].unique())
    if "potential" in extra:
        ids = ids.union(extra["potential"].index)
    ids = ids.sort_values()
    place = ids.get_indexer(pd.Index(lines[customer]))
    known = (lines[date] <= day).to_numpy()
    now = known & (lines[date] > day - pd.Timedelta(days=current_days)).to_numpy()

    def summed(where: np.ndarray) -> np.ndarray:
        return np.bincount(place[where], weights=money[where], minlength=len(ids))

    table = pd.DataFrame(
        {
            customer: ids,
            "historical": summed(known & ~now),
            "current": summed(now),
            "potential": 0.0,
            "referral": 0.0,
        }
    )
    if "potential" in extra:
        table["potential"] = extra["potential"].reindex(ids, fill_value=0.0).to_numpy()
    if "referrals" in extra:
        brought = extra["referrals"].reindex(ids, fill_value=0.0).to_numpy()
        table["referral"] = brought * referral_value * credit
    parts = ["historical", "current", "potential", "referral"]
    table["total"] = table[parts].sum(axis=1)
    return table
