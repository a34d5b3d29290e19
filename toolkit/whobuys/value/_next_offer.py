"""What to offer next: cross-sell, up-sell, add-on, another channel."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from whobuys.segment._lines import first_few, numbers, read_lines, require_columns

RESULT = ["kind", "has", "offer", "share", "all", "lift", "margin", "worth"]


def next_offers(
    transactions: pd.DataFrame,
    kinds: Mapping[str, str],
    *,
    segment: pd.Series | None = None,
    ladders: Mapping[str, Sequence[str]] | None = None,
    same_order: Collection[str] = ("add-on",),
    margin: str | None = None,
    top: int = 1,
    weight: float = 20.0,
    customer: str = "customer_id",
    amount: str = "amount",
    order: str = "order_id",
) -> pd.DataFrame:
    """Name what each customer does not have yet and customers like them have most.

    Parameters
    ----------
    transactions : DataFrame
        One row a line. Lines with a negative amount are refunds, not purchases; lines without a
        value in the column of a kind are not counted for it.
    kinds : dict
        Kinds of offers and the column each looks at, such as ``{"cross-sell": "category",
        "up-sell": "quality", "add-on": "category", "multichannel": "channel"}``.
    segment : Series, optional
        Group of each customer, indexed by customer; customers are then compared within it.
    ladders : dict, optional
        For kinds with an order: the values from the lowest to the highest. Only what lies above
        the highest a customer has is offered (an up-sell).
    same_order : collection of str
        Kinds for which "have" means bought in one order with it (an add-on), not some time.
    margin : str, optional
        Column with the money a line earns; by default `amount`, which is revenue.
    top : int
        How many offers a customer gets at most.
    weight : float
        How many customers' worth of weight the share among all has against that of the own group,
        so that three people are no rule.
    customer, amount, order : str
        Column names.

    Returns
    -------
    DataFrame
        Customers sorted, best offer first: the customer, ``segment``, ``rank``, ``kind``, ``has``
        (what the customer has most of), ``offer``, ``share`` (of the group's customers who have
        that, how many have the offered thing too), ``all`` (of the group's customers, how many
        have it), ``lift`` (share over all), ``margin`` (mean money of a line of it), ``worth``
        (share times margin). A customer who has everything is not in it.

    Raises
    ------
    ValueError
        A column is missing, a ladder lacks a value, or nothing can be offered.

    Notes
    -----
    Next-product-to-buy models, Knott, Hayes and Neslin (2002), Journal of Interactive Marketing
    16(3), in their simplest form: a share of pairs, as in association rules (Agrawal, Imieliński
    and Swami 1993). ``share`` says what people like this customer have. It is not the chance that
    the offer is taken, nor that it was the offer that did it: only a test with a control group
    tells.

    Examples
    --------
    >>> import pandas as pd
    >>> lines = pd.DataFrame({
    ...     "customer_id": ["A", "A", "B", "B", "C", "D"],
    ...     "category": ["green", "cups", "green", "cups", "green", "black"],
    ...     "amount": [30.0, 50.0, 40.0, 60.0, 35.0, 20.0],
    ... })
    >>> found = next_offers(lines, {"cross-sell": "category"}, weight=0)
    >>> found.loc[found["customer_id"] == "C", ["has", "offer", "share", "lift"]].round(2)
        has offer  share  lift
    2 green  cups   0.67  1.33
    """
    if not kinds:
        raise ValueError('kinds is empty. Say for instance {"cross-sell": "category"}.')
    money = margin or amount
    together = [kind for kind in kinds if kind in same_order]
    needed = [*kinds.values(), *([order] if together else []), money]
    require_columns(transactions, {name: name for name in needed})
    if top < 1 or weight < 0:
        raise ValueError("top must be 1 or more and weight 0 or more.")
    lines = read_lines(transactions, customer=customer, amount=amount)
    kept = transactions.iloc[lines.row[lines.is_purchase]]
    frame = pd.DataFrame({"who": lines.code[lines.is_purchase]})
    frame["earned"] = numbers(kept[money], name=money, table="transactions")
    group = _groups(segment, lines.ids)
    found = []
    for kind, column in kinds.items():
        frame["thing"] = kept[column].astype(object).to_numpy()
        frame["unit"] = kept[order].astype(object).to_numpy() if kind in together else frame["who"]
        there = frame.dropna(subset=["thing", "unit"])
        ladder = (ladders or {}).get(kind)
        found.append(_of_kind(there, group, ladder, weight, kind, column).assign(kind=kind))
    table = pd.concat(found, ignore_index=True)
    if table.empty:
        raise ValueError("Nothing can be offered: every customer has everything already.")
    table = table.sort_values(["who", "worth"], ascending=[True, False], kind="stable")
    table["rank"] = table.groupby("who").cumcount() + 1
    table = table[table["rank"] <= top]
    table.insert(0, customer, lines.ids[table["who"].to_numpy()])
    table.insert(1, "segment", group.cat.categories[group.cat.codes.to_numpy()[table["who"]]])
    return table[[customer, "segment", "rank", *RESULT]].reset_index(drop=True)


def offer_table(offers: pd.DataFrame, *, customer: str = "customer_id") -> pd.DataFrame:
    """Count each group's next offers: how many customers get which, and what it may bring.

    Parameters
    ----------
    offers : DataFrame
        As `next_offers` gives.
    customer : str
        Column with the customer.

    Returns
    -------
    DataFrame
        One row a group, kind and offer, the most worth first within a group: ``segment``, ``kind``,
        ``offer``, ``customers``, ``share`` (mean), ``lift`` (mean), ``worth`` (sum).

    Raises
    ------
    ValueError
        A column is missing.

    Examples
    --------
    >>> import pandas as pd
    >>> offers = pd.DataFrame({
    ...     "customer_id": ["A", "B"], "segment": "all", "kind": "cross-sell", "offer": "cups",
    ...     "share": [0.5, 0.3], "lift": [1.2, 0.8], "worth": [25.0, 15.0],
    ... })
    >>> offer_table(offers)
      segment        kind offer  customers  share  lift  worth
    0     all  cross-sell  cups          2    0.4   1.0   40.0
    """
    names = ["segment", "kind", "offer"]
    means = ["share", "lift", "worth"]
    require_columns(offers, {name: name for name in [customer, *names, *means]}, "offers")
    by = offers.groupby(names, as_index=False, sort=True, observed=True)
    table = by.agg(
        customers=(customer, "nunique"),
        share=("share", "mean"),
        lift=("lift", "mean"),
        worth=("worth", "sum"),
    )
    return table.sort_values(
        ["segment", "worth"], ascending=[True, False], kind="stable", ignore_index=True
    )


def _groups(segment: pd.Series | None, ids: pd.Index) -> Any:
    """Return each customer's group as a categorical Series."""
    if segment is None:
        return pd.Series("all", index=ids, dtype="category")
    if segment.index.has_duplicates:
        raise ValueError("segment must have one row a customer, indexed by customer.")
    found = segment.reindex(ids)
    if found.isna().any():
        raise ValueError(
            f"segment says nothing about {int(found.isna().sum()):,} of {len(ids):,} customers "
            f"({first_few(ids[found.isna()][:4])}). Index it by customer."
        )
    return found.astype("str").astype("category")


def _of_kind(
    lines: pd.DataFrame,
    group: Any,
    ladder: Sequence[str] | None,
    weight: float,
    kind: str,
    column: str,
) -> pd.DataFrame:
    """Return every thing a customer could be offered, by share within the group."""
    things = pd.Index(lines["thing"].unique()).sort_values() if ladder is None else pd.Index(ladder)
    place = things.get_indexer(pd.Index(lines["thing"]))
    if (place < 0).any():
        strange = lines["thing"][place < 0].unique()
        raise ValueError(
            f'The ladder of "{kind}" lacks values of column "{column}": {first_few(strange)}.'
        )
    many, who = len(things), lines["who"].to_numpy()
    count = np.zeros((len(group), many))
    np.add.at(count, (who, place), 1)
    of_group = group.cat.codes.to_numpy()
    unit, first = np.unique(pd.factorize(lines["unit"])[0], return_index=True)
    held = np.zeros((len(unit), many))
    held[pd.factorize(lines["unit"])[0], place] = 1
    unit_group = of_group[who[first]]

    pairs = np.stack(
        [held[unit_group == g].T @ held[unit_group == g] for g in range(len(group.cat.categories))]
    )
    sizes = np.bincount(unit_group, minlength=len(pairs)).astype(float)
    every = pairs.sum(axis=0)
    have = np.diagonal(pairs, axis1=1, axis2=2)
    with np.errstate(invalid="ignore", divide="ignore"):
        wide = np.nan_to_num(every / np.diag(every)[:, None])
        share = (pairs + weight * wide) / (have[:, :, None] + weight)
        common = np.diag(every) / sizes.sum()
        base = (have + weight * common) / (sizes[:, None] + weight)
    margin = np.bincount(place, weights=lines["earned"], minlength=many) / np.maximum(
        np.bincount(place, minlength=many), 1
    )

    buyer = count.sum(axis=1) > 0
    main = count.argmax(axis=1)
    free = (count == 0) & buyer[:, None]
    if ladder is not None:
        highest = many - 1 - (count[:, ::-1] > 0).argmax(axis=1)
        free &= np.arange(many) > highest[:, None]
        main = highest
    row, to = np.nonzero(free)
    found, usual = share[of_group[row], main[row], to], base[of_group[row], to]
    return pd.DataFrame(
        {
            "who": row,
            "has": things[main[row]],
            "offer": things[to],
            "share": found,
            "all": usual,
            "lift": found / np.maximum(usual, 1e-12),
            "margin": margin[to],
            "worth": found * margin[to],
        }
    )
