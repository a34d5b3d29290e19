"""Item to item: recommend by what is bought together, without any segment."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pandas as pd
from scipy.sparse import csr_array

from whobuys.segment._lines import factorize_ids, first_few, read_as_of, require_columns
from whobuys.target._needs import wilson


def item_similarity(
    transactions: pd.DataFrame,
    *,
    measure: Literal["cosine", "lift"] = "cosine",
    min_together: int = 2,
    customer: str = "customer_id",
    item: str = "product_id",
    amount: str = "amount",
) -> pd.DataFrame:
    """Say how much two items are bought by the same customers.

    Parameters
    ----------
    transactions : DataFrame
        One row a line. Lines with a negative amount are refunds and do not count.
    measure : {"cosine", "lift"}
        Cosine: customers of both / root of (customers of one × customers of the other), 0 to 1.
        Lift: how many times as many customers buy both as by chance; 1 is chance.
    min_together : int
        Pairs that fewer customers bought are left out: by chance, few look like much.
    customer, item, amount : str
        Column names; `item` may as well be a category.

    Returns
    -------
    DataFrame
        One row an ordered pair, for each item the most similar first: ``item``, ``other``,
        ``together``, ``item_customers``, ``other_customers``, ``similarity``.

    Raises
    ------
    ValueError
        A column is missing, there are no purchases, or a setting is unknown.

    Notes
    -----
    Linden, Smith and York (2003), "Amazon.com recommendations: item-to-item collaborative
    filtering", IEEE Internet Computing 7(1), who set it against segments (their "cluster models"):
    it needs none, is computed in advance, and recommends to each customer from the own purchases.
    Lift is from Brin, Motwani, Ullman and Tsur (1997). Cosine favours what many buy, lift what few
    buy.

    Examples
    --------
    >>> import pandas as pd
    >>> lines = pd.DataFrame({"customer_id": list("AABBCCD"), "product_id": list("xyxyxzy"),
    ...                       "amount": 1.0})
    >>> item_similarity(lines)[["item", "other", "together", "similarity"]].round(2)
      item other  together  similarity
    0    x     y         2        0.67
    1    y     x         2        0.67
    """
    if measure not in ("cosine", "lift"):
        raise ValueError(f'measure must be "cosine" or "lift", not {measure!r}.')
    if min_together < 1:
        raise ValueError(f"min_together must be at least 1, not {min_together!r}.")
    bought, customers, items = _bought(transactions, customer, item, amount)
    both = (bought.T @ bought).tocoo()
    size = np.asarray(bought.sum(axis=0)).ravel()
    keep = (both.row != both.col) & (both.data >= min_together)
    one, other, together = both.row[keep], both.col[keep], both.data[keep]
    if measure == "cosine":
        like = together / np.sqrt(size[one] * size[other])
    else:
        like = together * len(customers) / (size[one] * size[other])
    table = pd.DataFrame(
        {
            "item": items.to_numpy()[one],
            "other": items.to_numpy()[other],
            "together": together.astype(int),
            "item_customers": size[one].astype(int),
            "other_customers": size[other].astype(int),
            "similarity": like,
        }
    )
    order = np.lexsort((other, -table["together"], -table["similarity"].round(12), one))
    return table.iloc[order].reset_index(drop=True)


def recommend_items(
    transactions: pd.DataFrame,
    similar: pd.DataFrame,
    *,
    most: int = 3,
    again: bool = False,
    customer: str = "customer_id",
    item: str = "product_id",
    amount: str = "amount",
) -> pd.DataFrame:
    """Recommend to each customer what goes with what the customer bought.

    Parameters
    ----------
    transactions : DataFrame
        What the customers to be served have bought.
    similar : DataFrame
        From `item_similarity`.
    most : int
        Recommendations a customer.
    again : bool
        Also recommend what the customer has bought already.
    customer, item, amount : str
        Column names.

    Returns
    -------
    DataFrame
        One row a customer and rank: the customer, ``rank`` from 1, ``item``, ``score`` (sum of the
        similarities to what was bought) and ``because``, the bought item most similar to it. Who
        bought nothing similar to anything else gets nothing.

    Raises
    ------
    ValueError
        A column is missing or `most` is below 1.

    Notes
    -----
    As in Linden, Smith and York (2003). It can only repeat what was: a new item has no neighbours.

    Examples
    --------
    >>> import pandas as pd
    >>> lines = pd.DataFrame({"customer_id": list("AABBCCD"), "product_id": list("xyxyxzy"),
    ...                       "amount": 1.0})
    >>> recommend_items(lines, item_similarity(lines))[["customer_id", "item", "because"]]
      customer_id item because
    0           C    y       x
    1           D    x       y
    """
    if most < 1:
        raise ValueError(f"most must be at least 1, not {most!r}.")
    names = ("item", "other", "similarity")
    require_columns(similar, {name: name for name in names}, table="similar")
    bought, customers, items = _bought(transactions, customer, item, amount)
    known = pd.Index(similar["item"].unique()).union(similar["other"].unique())
    items = items.append(known.difference(items))
    bought = csr_array((bought.data, bought.indices, bought.indptr), (len(customers), len(items)))
    place = items.get_indexer(pd.Index(similar["item"]))
    like = csr_array(
        (
            similar["similarity"].to_numpy(float),
            (place, items.get_indexer(pd.Index(similar["other"]))),
        ),
        (len(items), len(items)),
    )
    rows = []
    for start in range(0, len(customers), 2000):
        own = bought[start : start + 2000]
        score = (own @ like).toarray()
        if not again:
            score[own.toarray() > 0] = 0
        best = np.argsort(-score.round(12), axis=1, kind="stable")[:, :most]
        for who in range(score.shape[0]):
            mine = own[[who]].indices
            for rank, what in enumerate(best[who], start=1):
                if score[who, what] <= 0:
                    break
                why = mine[int(np.argmax(like[:, [what]].toarray().ravel()[mine]))]
                rows.append(
                    (customers[start + who], rank, items[what], score[who, what], items[why])
                )
    return pd.DataFrame(rows, columns=[customer, "rank", "item", "score", "because"])


def recommendation_test(
    transactions: pd.DataFrame,
    cut: object,
    *,
    groups: pd.Series | None = None,
    most: int = 3,
    measure: Literal["cosine", "lift"] = "cosine",
    min_together: int = 2,
    customer: str = "customer_id",
    item: str = "product_id",
    amount: str = "amount",
    date: str = "date",
    level: float = 0.95,
) -> pd.DataFrame:
    """Hold recommendations against what was bought later, beside simpler ways.

    Parameters
    ----------
    transactions : DataFrame
        One row a line.
    cut : date-like
        Learn from the days before it, test on the days from it on.
    groups : Series, optional
        The segment of each customer, indexed by customer and made from days before `cut` only: the
        best sellers of the segment are tried as well.
    most : int
        Recommendations a customer.
    measure, min_together, customer, item, amount, date
        As for `item_similarity`.
    level : float
        Level of the intervals.

    Returns
    -------
    DataFrame
        One row a way ("item to item", "best sellers", and with `groups` "best sellers of the
        segment"): ``way``, ``customers`` (who bought before `cut` and something new after it),
        ``hits`` (bought at least one of the recommended), ``hit_rate`` with ``low`` and ``high``.

    Raises
    ------
    ValueError
        A column is missing, or nobody bought before `cut` and something new after it.

    Notes
    -----
    Only items new to the customer are recommended and count, so that the ways are on a par.
    Interval of Wilson (1927). A hit would often have been bought anyway: whether recommending
    *sells* needs a group without recommendations.

    Examples
    --------
    >>> import pandas as pd
    >>> lines = pd.DataFrame({
    ...     "customer_id": list("AABBCCDDC"), "product_id": list("xyxyzwxwv"), "amount": 1.0,
    ...     "date": pd.to_datetime(["2026-01-01"] * 7 + ["2026-07-01"] * 2)})
    >>> recommendation_test(lines, "2026-06-01", most=1)[["way", "customers", "hits"]]
                way  customers  hits
    0  item to item          2     0
    1  best sellers          2     0
    """
    require_columns(transactions, {"date": date}, table="transactions", rows=True)
    day = pd.to_datetime(transactions[date])
    when = read_as_of(cut)
    past, later = transactions[day < when], transactions[day >= when]
    if past.empty or later.empty:
        raise ValueError(f"There must be purchases before and from {when:%Y-%m-%d} on.")
    before = _pairs(past, customer, item, amount)
    after = _pairs(later, customer, item, amount)
    fresh = after[~after.isin(before)]
    wanted = fresh[fresh.get_level_values(0).isin(before.get_level_values(0).unique())]
    tested = wanted.get_level_values(0).unique()
    if not len(tested):
        raise ValueError("Nobody who bought before that day bought something new from it on.")
    mine = past[past[customer].isin(tested)]
    similar = item_similarity(
        past, measure=measure, min_together=min_together, customer=customer, item=item,
        amount=amount,
    )  # fmt: skip
    ways = {
        "item to item": recommend_items(
            mine, similar, most=most, customer=customer, item=item, amount=amount
        ),
        "best sellers": _best_sellers(before, tested, None, most, customer),
    }
    if groups is not None:
        ways["best sellers of the segment"] = _best_sellers(before, tested, groups, most, customer)
    rows = []
    for way, made in ways.items():
        pairs = pd.MultiIndex.from_frame(made[[customer, "item"]])
        hits = pairs[pairs.isin(wanted)].get_level_values(0).nunique()
        low, high = wilson(hits, len(tested), level)
        rows.append((way, len(tested), hits, hits / len(tested), low, high))
    return pd.DataFrame(rows, columns=["way", "customers", "hits", "hit_rate", "low", "high"])


def _bought(
    transactions: pd.DataFrame, customer: str, item: str, amount: str
) -> tuple[csr_array, pd.Index, pd.Index]:
    """Return who bought what as a matrix of zeros and ones."""
    wanted = {"customer": customer, "item": item, "amount": amount}
    require_columns(transactions, wanted, table="transactions", rows=True)
    lines = transactions[transactions[amount].to_numpy() >= 0]
    who, customers = factorize_ids(lines[customer])
    what, items = factorize_ids(lines[item])
    known = (who >= 0) & (what >= 0)
    if not known.any():
        raise ValueError("transactions has no purchase with a customer and an item.")
    matrix = csr_array(
        (np.ones(int(known.sum())), (who[known], what[known])), (len(customers), len(items))
    )
    matrix.sum_duplicates()
    matrix.data[:] = 1.0
    return matrix, customers, items


def _pairs(transactions: pd.DataFrame, customer: str, item: str, amount: str) -> pd.MultiIndex:
    lines = transactions[transactions[amount].to_numpy() >= 0]
    return pd.MultiIndex.from_frame(lines[[customer, item]].dropna().drop_duplicates())


def _best_sellers(
    before: pd.MultiIndex,
    tested: pd.Index,
    groups: pd.Series | None,
    most: int,
    customer: str,
) -> pd.DataFrame:
    """Recommend what most customers (of the segment) bought, but for what one has already."""
    pairs = before.to_frame(index=False)
    pairs.columns = pd.Index(["who", "what"])
    if groups is None:
        pairs["group"] = ""
        of = pd.Series("", index=tested)
    else:
        of = groups.reindex(tested)
        if of.isna().all():
            raise ValueError(
                f"groups has none of the customers tested, such as {first_few(tested)}. Index it "
                "by customer."
            )
        pairs["group"] = pairs["who"].map(groups)
    counts = pairs.groupby(["group", "what"], observed=True).size().rename("size").reset_index()
    counts = counts.sort_values(["size", "what"], ascending=[False, True], kind="stable")
    ranked = {name: part["what"].tolist() for name, part in counts.groupby("group", observed=True)}
    has = dict(pairs[pairs["who"].isin(tested)].groupby("who")["what"].agg(set))
    rows = []
    for who, group in of.items():
        new = (what for what in ranked.get(group, []) if what not in has.get(who, ()))
        rows += [(who, what) for what, _ in zip(new, range(most), strict=False)]
    return pd.DataFrame(rows, columns=[customer, "item"])
