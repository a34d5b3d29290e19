"""What draws a customer: the price, a brand, or neither alone."""

from __future__ import annotations

import numpy as np
import pandas as pd

from whobuys.segment._lines import counted, first_few, numbers, read_lines, require_columns


def preference_class(
    transactions: pd.DataFrame,
    products: pd.DataFrame | None = None,
    *,
    price_share: float = 0.5,
    brand_share: float = 0.6,
    smallest_discount: float = 0.05,
    fewest_lines: int = 3,
    customer: str = "customer_id",
    amount: str = "amount",
    discount: str = "discount",
    brand: str = "brand",
    product: str = "product_id",
    currency: str = "currency",
) -> pd.DataFrame:
    """Class each customer by what the spending shows: price, brand, or neither alone.

    The first line that fits decides:

    - *too little to tell*: fewer than `fewest_lines` lines bought, or nothing spent;
    - *price-sensitive*: at least `price_share` of the spend was at a discount;
    - *brand-loyal*: at least `brand_share` of the spend was on one brand;
    - *function-seeking or mixed*: all others.

    Price comes before brand because a customer who buys one brand only when it is cheap would
    leave with the discount.

    Parameters
    ----------
    transactions : DataFrame
        One row a line. Lines with a negative amount (refunds) are not counted.
    products : DataFrame, optional
        One row a product with the columns `product` and `brand`; needed when `transactions` has no
        column `brand`.
    price_share, brand_share : float
        Shares of a customer's spend, 0 to 1, from which the class holds.
    smallest_discount : float
        A line counts as bought at a discount from this discount on (share, 0 to 1).
    fewest_lines : int
        With one or two lines every buyer looks loyal to a brand. 1 turns this off.
    customer, amount, discount, brand, product : str
        Column names; `discount` is a share of the line given away, 0 to 1.
    currency : str
        Column that must hold one value only, where there is one.

    Returns
    -------
    DataFrame
        One row a customer who bought, sorted: the customer (column named as in `customer`),
        ``discount_share``, ``top_brand``, ``brand_share`` (shares of the spend, 0 to 1) and
        ``preference`` (text). Of two brands with the same spend the first by name is the top
        brand. ``attrs["left_out"]`` says what was left out.

    Raises
    ------
    ValueError
        A column is missing, thresholds or discounts are not shares, a product is missing from
        `products` or listed twice, or the table is not in order (see `rfm_table`).

    Warns
    -----
    UserWarning
        Rows without a customer id, or customers with refunds only, were left out.

    Notes
    -----
    A rule of trade practice; the thresholds are choices, not findings. Purchases show what was
    bought, not why: whoever only ever met discounted goods looks price-sensitive, and in a shop
    with one brand everybody looks loyal. Function-seeking needs a survey to tell it from mixed.
    Lines without a brand count as spend, but for no brand.

    Examples
    --------
    >>> import pandas as pd
    >>> lines = pd.DataFrame({
    ...     "customer_id": ["A", "A", "A", "B", "B", "B"],
    ...     "brand": ["Leaf", "Leaf", "Root", "Leaf", "Root", "Leaf"],
    ...     "discount": [0.0, 0.0, 0.0, 0.2, 0.3, 0.0],
    ...     "amount": [40.0, 40.0, 20.0, 30.0, 30.0, 40.0],
    ... })
    >>> preference_class(lines)
      customer_id  discount_share top_brand  brand_share       preference
    0           A             0.0      Leaf          0.8      brand-loyal
    1           B             0.6      Leaf          0.7  price-sensitive
    """
    shares = {
        "price_share": price_share,
        "brand_share": brand_share,
        "smallest_discount": smallest_discount,
    }
    for name, value in shares.items():
        if not 0 < value <= 1:
            raise ValueError(f"{name} must be a share above 0 and up to 1, not {value!r}.")
    if isinstance(fewest_lines, bool) or fewest_lines < 1:
        raise ValueError(f"fewest_lines must be at least 1, not {fewest_lines!r}.")
    from_products = products is not None and brand not in getattr(transactions, "columns", ())
    needed = {"discount": discount} | ({"product": product} if from_products else {"brand": brand})
    require_columns(transactions, {"customer": customer, "amount": amount} | needed)

    lines = read_lines(transactions, customer=customer, amount=amount, currency=currency)
    account = lines.warn(stacklevel=2)
    bought = lines.is_purchase
    kept = transactions.iloc[lines.row[bought]]
    code, paid = lines.code[bought], lines.amount[bought]
    given = numbers(kept[discount], name=discount, table="transactions")
    _check_discounts(given, discount)
    if products is not None and from_products:
        brands = _brands(kept[product], products, product=product, brand=brand)
    else:
        brands = kept[brand]

    size = len(lines.ids)
    spend = np.bincount(code, weights=paid, minlength=size)
    cheap = np.bincount(code, weights=paid * (given >= smallest_discount), minlength=size)
    brand_code, names = pd.factorize(brands, sort=True)
    branded = brand_code >= 0
    by_brand = (
        pd.DataFrame({"code": code[branded], "brand": brand_code[branded], "paid": paid[branded]})
        .groupby(["code", "brand"])["paid"]
        .sum()
        .reset_index()
        .sort_values(["code", "paid", "brand"], ascending=[True, False, True])
        .drop_duplicates("code")
        .set_index("code")
        .reindex(range(size))
    )
    with np.errstate(invalid="ignore"):
        discount_part = cheap / spend
        brand_part = by_brand["paid"].fillna(0).to_numpy() / spend
    top = by_brand["brand"].fillna(-1).astype(int).to_numpy()
    result = pd.DataFrame(
        {
            customer: lines.ids,
            "discount_share": np.round(discount_part, 9),
            "top_brand": pd.Series(pd.Index(names).astype("str")).reindex(top).to_numpy(),
            "brand_share": np.round(brand_part, 9),
        }
    )
    few = (np.bincount(code, minlength=size) < fewest_lines) | (spend == 0)
    result["preference"] = np.select(
        [few, result["discount_share"] >= price_share, result["brand_share"] >= brand_share],
        ["too little to tell", "price-sensitive", "brand-loyal"],
        default="function-seeking or mixed",
    )
    result["preference"] = result["preference"].astype("str")
    result = result[lines.is_buyer].reset_index(drop=True)
    result.attrs["left_out"] = account
    return result


def _check_discounts(given: np.ndarray, name: str) -> None:
    bad = (given < 0) | (given > 1)
    if bad.any():
        raise ValueError(
            f'Column "{name}" of transactions must be a share from 0 to 1; '
            f"{counted(int(bad.sum()), 'row')} of {len(given):,} are outside (for instance "
            f"{given[bad][0]:g}). If these are percentages, divide by 100."
        )


def _brands(sold: pd.Series, products: pd.DataFrame, *, product: str, brand: str) -> pd.Series:
    require_columns(products, {"product": product, "brand": brand}, table="products")
    listed = products[product]
    if twice := listed[listed.duplicated()].unique().tolist():
        raise ValueError(
            f'products lists {counted(len(twice), "product")} twice in "{product}" '
            f"({first_few(twice)}). Keep one row a product."
        )
    if unknown := sold[~sold.isin(listed)].unique().tolist():
        raise ValueError(
            f"products lacks {counted(len(unknown), 'product')} sold in transactions "
            f"({first_few(unknown)}). Add them, with their brand."
        )
    return sold.map(products.set_index(product)[brand])
