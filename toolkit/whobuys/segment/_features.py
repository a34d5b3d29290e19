"""From behaviour to numbers: one row a customer, and how to make the columns comparable."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from whobuys.segment._behaviour import purchase_gaps
from whobuys.segment._lines import (
    counted,
    first_few,
    numbers,
    read_as_of,
    read_lines,
    require_columns,
)

Floats = NDArray[np.float64]

SKEWED = 1.0
"""A column with more skewness than this is worth a logarithm."""


def customer_features(
    transactions: pd.DataFrame | None = None,
    carts: pd.DataFrame | None = None,
    searches: pd.DataFrame | None = None,
    visits: pd.DataFrame | None = None,
    products: pd.DataFrame | None = None,
    *,
    as_of: object = None,
    keywords: bool = False,
) -> pd.DataFrame:
    """Turn records of behaviour into one row of features a customer.

    Give the tables you want to look at, one or several: other behaviour, other features, and in
    the end other segments.

    Parameters
    ----------
    transactions : DataFrame, optional
        One row a line of an order: ``customer_id``, ``date``, ``amount``; where there are,
        ``order_id``, ``discount`` (share, 0 to 1) and ``category`` (or ``product_id``, with
        `products`). Lines with a negative amount (refunds) are not counted.
    carts : DataFrame, optional
        One row a cart: ``customer_id``, ``items``, ``kinds``, ``total`` (money), ``checkout``.
    searches : DataFrame, optional
        One row a customer and keyword: ``customer_id``, ``keyword``, ``searches``.
    visits : DataFrame, optional
        One row a visit: ``customer_id``, ``views``, ``clicks``.
    products : DataFrame, optional
        One row a product with ``product_id`` and ``category``.
    as_of : date-like, optional
        The day the list is drawn; adds ``recency_days``. No line may be later.
    keywords : bool
        Add one column a keyword: its share of the customer's searches.

    Returns
    -------
    DataFrame
        One row for each customer in any of the tables, indexed by ``customer_id``, sorted.

        ==================  ====================================================================
        orders              number of orders
        amount              money paid in all
        order_value         money an order
        gap_days            median days between two purchase days; missing with one such day
        recency_days        days since the last purchase (with `as_of`)
        discount_share      share of the lines bought at a discount
        share_...           share of the lines in a category
        carts               number of carts filled
        cart_items          pieces a cart
        cart_kinds          different products a cart
        cart_total          value of a cart, money
        abandon_rate        share of the carts that did not come to the page to pay
        searches            number of searches
        words               number of different keywords
        search_...          share of the searches with a keyword (with `keywords`)
        visits              number of visits
        views               pages seen a visit
        click_rate          clicks a page seen
        carts_per_visit     with carts and visits
        searches_per_visit  with searches and visits
        ==================  ====================================================================

        A count is 0 for a customer without such records; a mean or a share is missing, because
        nothing was seen. A customer without visits has no rates per visit.

    Raises
    ------
    ValueError
        No table is given, a column is missing, or a column holds something else than it must.

    Notes
    -----
    Which features to compute is a decision: they are the only thing a clustering sees.

    Examples
    --------
    >>> carts = pd.DataFrame({
    ...     "customer_id": ["A", "A", "B"], "items": [2, 4, 1], "kinds": [2, 3, 1],
    ...     "total": [20.0, 40.0, 99.0], "checkout": [True, True, False],
    ... })
    >>> customer_features(carts=carts)
                 carts  cart_items  cart_kinds  cart_total  abandon_rate
    customer_id
    A                2         3.0         2.5        30.0           0.0
    B                1         1.0         1.0        99.0           1.0
    """
    parts: list[pd.DataFrame] = []
    if transactions is not None:
        parts.append(_order_features(transactions, products, as_of))
    if carts is not None:
        parts.append(_cart_features(carts))
    if searches is not None:
        parts.append(_search_features(searches, keywords))
    if visits is not None:
        parts.append(_visit_features(visits))
    if not parts:
        raise ValueError(
            "There is nothing to make features of. Give transactions, carts, searches or visits."
        )
    table = pd.concat(parts, axis=1).sort_index()
    table.index.name = "customer_id"
    for name in ("orders", "amount", "carts", "searches", "words", "visits"):
        if name in table.columns:
            table[name] = table[name].fillna(0)
    for name in ("orders", "carts", "searches", "words", "visits"):
        if name in table.columns:
            table[name] = table[name].astype(np.int64)
    if "visits" in table.columns:
        for name in ("carts", "searches"):
            if name in table.columns:
                table[f"{name}_per_visit"] = table[name] / table["visits"].where(
                    table["visits"] > 0
                )
    return table


def _order_features(
    transactions: pd.DataFrame, products: pd.DataFrame | None, as_of: object
) -> pd.DataFrame:
    day = None if as_of is None else read_as_of(as_of)
    lines = read_lines(
        transactions, customer="customer_id", date="date", amount="amount", as_of=day
    )
    bought = transactions.iloc[lines.row[lines.is_purchase]]
    who = lines.code[lines.is_purchase]
    many = len(lines.ids)
    paid = np.bincount(who, weights=lines.amount[lines.is_purchase], minlength=many)
    order = lines.order[lines.is_purchase]
    order = order - order.min(initial=0)
    wide = int(order.max(initial=0)) + 1
    orders = np.bincount(np.unique(who * wide + order) // wide, minlength=many)
    with np.errstate(invalid="ignore", divide="ignore"):
        table = pd.DataFrame(
            {"orders": orders, "amount": paid, "order_value": paid / orders}, index=lines.ids
        )
    gaps = purchase_gaps(bought)
    table["gap_days"] = gaps.groupby("customer_id")["gap_days"].median().reindex(table.index)
    if day is not None:
        last = bought["date"].groupby(bought["customer_id"]).max().reindex(table.index)
        table["recency_days"] = (day - last.dt.normalize()).dt.days
    if "discount" in bought.columns:
        cheaper = numbers(bought["discount"], name="discount", table="transactions") > 0
        table["discount_share"] = _means(who, cheaper.astype(float), many)
    category = _category(bought, products)
    if category is not None:
        for name in sorted(category.unique()):
            table[f"share_{name}"] = _means(who, (category == name).to_numpy(dtype=float), many)
    return table[table["orders"] > 0]


def _category(bought: pd.DataFrame, products: pd.DataFrame | None) -> pd.Series | None:
    if "category" in bought.columns:
        category = bought["category"]
    elif products is None or "product_id" not in bought.columns:
        return None
    else:
        require_columns(products, {"product": "product_id", "category": "category"}, "products")
        known = products.drop_duplicates("product_id").set_index("product_id")["category"]
        category = bought["product_id"].map(known)
    if category.isna().any():
        missing = category.isna()
        where = first_few(bought.index[missing][:4])
        raise ValueError(
            f"{counted(int(missing.sum()), 'line')} of {len(bought):,} (index {where}) "
            "have no category. Add the missing products to products, or drop these lines."
        )
    return category


def _means(who: NDArray[np.int64], values: Floats, many: int) -> Floats:
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(
            np.bincount(who, weights=values, minlength=many) / np.bincount(who, minlength=many)
        )


def _cart_features(carts: pd.DataFrame) -> pd.DataFrame:
    _check_records(carts, "carts", ["items", "kinds", "total", "checkout"])
    checked = carts[["customer_id", "items", "kinds", "total"]].assign(
        left=1.0 - carts["checkout"].astype(float)
    )
    own = checked.groupby("customer_id")
    means = own[["items", "kinds", "total", "left"]].mean()
    means.columns = pd.Index(["cart_items", "cart_kinds", "cart_total", "abandon_rate"])
    means.insert(0, "carts", own.size())
    return means


def _search_features(searches: pd.DataFrame, keywords: bool) -> pd.DataFrame:
    _check_records(searches, "searches", ["keyword", "searches"])
    counts = searches.pivot_table(
        index="customer_id", columns="keyword", values="searches", aggfunc="sum", fill_value=0
    )
    total = counts.sum(axis=1)
    table = pd.DataFrame({"searches": total, "words": (counts > 0).sum(axis=1)})
    if keywords:
        shares = counts.div(total.where(total > 0), axis=0)
        shares.columns = pd.Index([f"search_{name}" for name in shares.columns])
        table = pd.concat([table, shares], axis=1)
    return table


def _visit_features(visits: pd.DataFrame) -> pd.DataFrame:
    _check_records(visits, "visits", ["views", "clicks"])
    own = visits.groupby("customer_id")[["views", "clicks"]].sum()
    count = visits.groupby("customer_id").size()
    return pd.DataFrame(
        {
            "visits": count,
            "views": own["views"] / count,
            "click_rate": own["clicks"] / own["views"].where(own["views"] > 0),
        }
    )


def _check_records(records: pd.DataFrame, table: str, columns: list[str]) -> None:
    names = ["customer_id", *columns]
    require_columns(records, {name: name for name in names}, table, rows=True)
    for name in names:
        missing = records[name].isna()
        if missing.any():
            where = first_few(records.index[missing][:4])
            raise ValueError(
                f'Column "{name}" of {table} is missing in {counted(int(missing.sum()), "row")} '
                f"of {len(records):,} (index {where}). Mend or drop these rows first."
            )
    for name in columns:
        if name not in ("keyword", "checkout"):
            numbers(records[name], name=name, table=table)


def scale_features(
    X: pd.DataFrame,
    method: Literal["standard", "robust"] = "standard",
    *,
    log: Literal["skewed"] | bool | Iterable[str] = "skewed",
    missing: Literal["error", "median"] = "error",
) -> pd.DataFrame:
    """Put features on one scale, so that no unit decides who is near whom.

    Parameters
    ----------
    X : DataFrame
        One row a customer, number columns only; ids belong in the index.
    method : {"standard", "robust"}
        "standard": less the mean, divided by the standard deviation. "robust": less the median,
        divided by the distance between the quartiles; a few giants then stretch nothing.
    log : {"skewed"}, bool or list of str
        Take log(1 + x) first: of every column without negative values whose skewness is above 1;
        of all columns (True), of none (False), or of those named.
    missing : {"error", "median"}
        What to do about missing values: refuse them, or put the column's median there.

    Returns
    -------
    DataFrame
        The same rows and columns, scaled. ``attrs["logged"]`` lists the columns a logarithm was
        taken of. No row is dropped; `flag_outliers` says who is far out.

    Raises
    ------
    ValueError
        A column holds no numbers, values are missing, a column to take the logarithm of has
        negative values, or a column has one value only and so cannot be scaled.

    Notes
    -----
    The standard deviation is that of the rows at hand (divisor n), as in scikit-learn's
    ``StandardScaler``. A "robust" column whose quartiles are equal is divided by its standard
    deviation.

    Examples
    --------
    >>> X = pd.DataFrame({"orders": [1, 2, 3], "amount": [10.0, 20.0, 60.0]}, index=["A", "B", "C"])
    >>> scale_features(X, log=False).round(2)
       orders  amount
    A   -1.22   -0.93
    B    0.00   -0.46
    C    1.22    1.39
    """
    if method not in ("standard", "robust"):
        raise ValueError(f'method must be "standard" or "robust", not {method!r}.')
    if missing not in ("error", "median"):
        raise ValueError(f'missing must be "error" or "median", not {missing!r}.')
    filled = X
    if missing == "median":
        number_columns(X)
        filled = X.fillna(X.median())
    values = matrix(filled)
    names = [str(name) for name in X.columns]
    logged = _to_log(values, names, log)
    values = np.where(np.isin(names, logged), np.log1p(np.where(values > -1, values, 0)), values)
    flat = np.flatnonzero(np.ptp(values, axis=0) == 0)
    if flat.size:
        raise ValueError(
            f"Column {first_few([f'“{names[i]}”' for i in flat])} has the same value in all "
            f"{len(values):,} rows; it tells nobody apart. Leave it out: X.drop(columns=...)."
        )
    spread = values.std(axis=0)
    if method == "standard":
        middle = values.mean(axis=0)
    else:
        low, middle, high = np.quantile(values, [0.25, 0.5, 0.75], axis=0)
        spread = np.where(high > low, high - low, spread)
    scaled = pd.DataFrame((values - middle) / spread, index=X.index, columns=X.columns)
    scaled.attrs["logged"] = logged
    return scaled


def _to_log(values: Floats, names: list[str], log: Any) -> list[str]:
    """Return the columns to take a logarithm of."""
    low = values.min(axis=0)
    if log == "skewed":
        centred = values - values.mean(axis=0)
        with np.errstate(invalid="ignore", divide="ignore"):
            skew = (centred**3).mean(axis=0) / (centred**2).mean(axis=0) ** 1.5
        chosen = (low >= 0) & (np.nan_to_num(skew) > SKEWED)
        return [name for name, yes in zip(names, chosen, strict=True) if yes]
    wanted = names if log is True else [] if log is False else list(log)
    unknown = [name for name in wanted if name not in names]
    if unknown:
        raise ValueError(f"log names {first_few(unknown)}, but X has only: {', '.join(names)}.")
    negative = [name for name in wanted if low[names.index(name)] < 0]
    if negative:
        least = low[names.index(negative[0])]
        raise ValueError(
            f'Column "{negative[0]}" has negative values (down to {least:g}), and they have no '
            "logarithm. Leave it out of log, or use log=False."
        )
    return wanted


def flag_outliers(X: pd.DataFrame, limit: float = 3.5) -> pd.DataFrame:
    """Say which values lie far from the others, without dropping anything.

    The far one may be a slip, and it may be the best customer; look before you decide.

    Parameters
    ----------
    X : DataFrame
        One row a customer, number columns; missing values are never far.
    limit : float
        Robust z-score from which a value is far, above 0.

    Returns
    -------
    DataFrame
        True where a value is far, same rows and columns.

    Raises
    ------
    ValueError
        A column holds no numbers, or `limit` is not above 0.

    Notes
    -----
    0.6745 · |x − median| / MAD > limit, with 3.5 as Iglewicz and Hoaglin (1993) advise. Where the
    MAD is 0 (more than half of the values are equal) the mean absolute deviation, times 0.7979,
    stands in for MAD / 0.6745.

    Examples
    --------
    >>> flag_outliers(pd.DataFrame({"orders": [1, 2, 2, 3, 90]}))["orders"].tolist()
    [False, False, False, False, True]
    """
    if not limit > 0:
        raise ValueError(f"limit must be above 0, not {limit!r}.")
    number_columns(X)
    values = X.to_numpy(dtype=float, na_value=np.nan)
    gap = np.abs(values - np.nanmedian(values, axis=0))
    spread = np.nanmedian(gap, axis=0) / 0.6745
    spread = np.where(spread > 0, spread, np.nanmean(gap, axis=0) / 0.7979)
    with np.errstate(invalid="ignore", divide="ignore"):
        return pd.DataFrame(gap / spread > limit, index=X.index, columns=X.columns)


def number_columns(X: pd.DataFrame) -> None:
    """Raise an error unless X is a table with rows and only number columns."""
    if not isinstance(X, pd.DataFrame):
        raise TypeError(f"X must be a pandas DataFrame, not {type(X).__name__}.")
    if X.empty:
        raise ValueError("X has no rows or no columns, so there is nothing to work with.")
    for name in X.columns:
        kind = X[name].dtype
        if not pd.api.types.is_numeric_dtype(kind) or pd.api.types.is_complex_dtype(kind):
            example = next(iter(X[name].dropna()), None)
            raise ValueError(
                f'Column "{name}" of X does not hold numbers (for instance {example!r}). An id '
                f'belongs in the index: X.set_index("{name}"); other text must be left out, or '
                'clustered with method="mixed".'
            )


def matrix(X: pd.DataFrame) -> Floats:
    """Return a table of features as floats; missing or infinite values are an error."""
    number_columns(X)
    values = X.to_numpy(dtype=np.float64, na_value=np.nan)
    bad = ~np.isfinite(values)
    if bad.any():
        counts = bad.sum(axis=0)
        worst = [
            f'"{name}" in {counted(int(many), "row")}'
            for name, many in zip(X.columns, counts, strict=True)
            if many
        ]
        raise ValueError(
            f"X has missing or infinite values: {first_few(worst)}, of {len(X):,}. Leave these "
            'customers out, fill the gaps, or use scale_features(X, missing="median").'
        )
    return values
