"""What people choose among brands with places and prices, and what a move would do."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from whobuys.segment._lines import first_few, numbers, require_columns
from whobuys.target._map import nearest_rival

Floats = NDArray[np.float64]
BRAND_COLUMNS = ("x", "y", "price")
TASTE_COLUMNS = ("x", "y", "distance", "price")


def brand_shares(brands: pd.DataFrame, tastes: pd.DataFrame) -> pd.DataFrame:
    """Return the share each brand gets in each segment, by place and price.

    Parameters
    ----------
    brands : DataFrame
        One row a brand: ``brand``, ``x``, ``y`` (its place), ``price`` and, optionally, ``appeal``
        (what place and price do not explain; 0 if missing).
    tastes : DataFrame
        One row a segment: ``segment``, ``x``, ``y`` (its ideal point), ``distance`` (how much a
        squared distance of 1 from it puts people off), ``price`` (how much one unit of price does)
        and, optionally, ``share`` (the segment's part of all buyers; equal parts if missing).

    Returns
    -------
    DataFrame
        One row a segment and a last one, "all": ``segment``, then a column a brand with its share
        of the segment's choices.

    Raises
    ------
    ValueError
        A column is missing or holds no numbers, or a name stands twice.

    Notes
    -----
    Multinomial logit (McFadden, 1974) with ideal points: utility = appeal − distance · squared
    distance − price · price. Within a segment a brand takes from the others in proportion to
    their shares.

    Examples
    --------
    >>> import pandas as pd
    >>> brands = pd.DataFrame({"brand": ["Us", "B"], "x": [0, 1], "y": [0, 0], "price": [5, 4]})
    >>> tastes = pd.DataFrame({"segment": ["young"], "x": [1.0], "y": [0.0], "distance": [1.0],
    ...                        "price": [0.2]})
    >>> brand_shares(brands, tastes).round(2)
      segment    Us     B
    0   young  0.23  0.77
    1     all  0.23  0.77
    """
    names, within, part, _, _ = _choice(brands, tastes)
    table = pd.DataFrame(np.vstack([within, part @ within]), columns=names)
    table.insert(0, "segment", [*tastes["segment"].tolist(), "all"])
    return table


def price_elasticities(brands: pd.DataFrame, tastes: pd.DataFrame) -> pd.DataFrame:
    """Return by how many percent each brand's share moves for one percent on each price.

    Parameters
    ----------
    brands, tastes
        As for `brand_shares`.

    Returns
    -------
    DataFrame
        One row a brand whose share moves: ``brand``, then a column a brand whose price does. On
        the diagonal the own elasticity, below zero.

    Raises
    ------
    ValueError
        As `brand_shares`.

    Notes
    -----
    Derivative of the shares over all segments. Where segments differ in taste a brand is hurt most
    by those its own customers would turn to, unlike in one plain logit.

    Examples
    --------
    >>> import pandas as pd
    >>> brands = pd.DataFrame({"brand": ["Us", "B"], "x": [0, 1], "y": [0, 0], "price": [5, 4]})
    >>> tastes = pd.DataFrame({"segment": ["young"], "x": [1.0], "y": [0.0], "distance": [1.0],
    ...                        "price": [0.2]})
    >>> price_elasticities(brands, tastes).round(2)
      brand    Us     B
    0    Us -0.77  0.61
    1     B  0.23 -0.19
    """
    names, within, part, put_off, price = _choice(brands, tastes)
    shares = part @ within
    change = np.einsum("k,ki,kj->ij", part * put_off, within, within)
    change[np.diag_indices(len(names))] -= (part * put_off) @ within
    table = pd.DataFrame(change * price[None, :] / shares[:, None], columns=names)
    table.insert(0, "brand", names)
    return table


def reposition(
    brands: pd.DataFrame,
    tastes: pd.DataFrame,
    ours: str,
    move: Mapping[str, float],
) -> pd.DataFrame:
    """Move our brand on the map, or its price, and compare before and after.

    Parameters
    ----------
    brands, tastes
        As for `brand_shares`.
    ours : str
        Our brand.
    move : mapping of str to float
        The new values of ``x``, ``y``, ``price`` or ``appeal``; what is not named stays.

    Returns
    -------
    DataFrame
        Two rows, "before" and "after": ``when``, ``x``, ``y``, ``price``, ``share`` over all
        segments, ``share in <segment>`` each, ``nearest_rival``, ``distance`` to it,
        ``best_segment`` (where our share is highest). ``attrs["taken_from"]`` is a dict: what each
        rival's share loses (below zero) or gains.

    Raises
    ------
    ValueError
        Our brand is not there, the move names something else, or see `brand_shares`.

    Notes
    -----
    Positioning happens in people's minds (Ries and Trout, 1981): a move of this kind takes years
    and money, rivals answer it, and old customers may not follow. The model moves the point and
    leaves all that out, so read the result as the most there is to win.

    Examples
    --------
    >>> import pandas as pd
    >>> brands = pd.DataFrame({"brand": ["Us", "B"], "x": [0.0, 1.0], "y": 0.0, "price": [4, 4]})
    >>> tastes = pd.DataFrame({"segment": ["young"], "x": [1.0], "y": [0.0], "distance": [1.0],
    ...                        "price": [0.2]})
    >>> reposition(brands, tastes, "Us", {"x": 1.0})[["when", "x", "share", "distance"]].round(2)
         when  x  share  distance
    0  before  0.0   0.27       1.0
    1   after  1.0   0.50       0.0
    """
    allowed = (*BRAND_COLUMNS, "appeal")
    if not move or (lost := [name for name in move if name not in allowed]):
        named = f"{lost[0]!r}" if move else "nothing"
        raise ValueError(f"move names {named}; it may name {', '.join(allowed)}.")
    require_columns(brands, {"brand": "brand"}, table="brands", rows=True)
    own = (brands["brand"] == ours).to_numpy()
    if own.sum() != 1:
        raise ValueError(
            f"brands must hold {ours!r} once. It holds: {', '.join(map(str, brands['brand']))}."
        )
    after = brands.copy()
    if "appeal" in move and "appeal" not in after.columns:
        after["appeal"] = 0.0
    for name, value in move.items():
        after[name] = np.where(own, value, after[name])
    rows, totals = [], []
    for when, table in (("before", brands), ("after", after)):
        shares = brand_shares(table, tastes).set_index("segment")
        near = nearest_rival(table, ours).iloc[0]
        place = table[own].iloc[0]
        within = shares[ours].drop("all")
        rows.append(
            {"when": when, "x": place["x"], "y": place["y"], "price": place["price"],
             "share": float(shares[ours]["all"])}
            | {f"share in {name}": float(value) for name, value in within.items()}
            | {"nearest_rival": near["brand"], "distance": float(near["distance"]),
               "best_segment": within.idxmax()}
        )  # fmt: skip
        totals.append(shares.iloc[-1].drop(ours).astype(float))
    result = pd.DataFrame(rows)
    change = (totals[1] - totals[0]).sort_values()
    result.attrs["taken_from"] = {str(name): float(moved) for name, moved in change.items()}
    return result


def _choice(
    brands: pd.DataFrame, tastes: pd.DataFrame
) -> tuple[list[str], Floats, Floats, Floats, Floats]:
    """Return brands, shares within segments, the segments' parts, their price weights, prices."""
    require_columns(brands, {c: c for c in ("brand", *BRAND_COLUMNS)}, table="brands", rows=True)
    require_columns(tastes, {c: c for c in ("segment", *TASTE_COLUMNS)}, table="tastes", rows=True)
    for table, key, word in ((brands, "brand", "brands"), (tastes, "segment", "tastes")):
        twice = table[key].duplicated()
        if twice.any():
            raise ValueError(f"{word} holds {first_few(table.loc[twice, key])} more than once.")
    place, ideal = _columns(brands, ("x", "y"), "brands"), _columns(tastes, ("x", "y"), "tastes")
    price = numbers(brands["price"], name="price", table="brands")
    far, put_off = _columns(tastes, ("distance", "price"), "tastes").T
    appeal = _columns(brands, ("appeal",), "brands")[:, 0] if "appeal" in brands else 0.0
    squared = ((place[None, :, :] - ideal[:, None, :]) ** 2).sum(axis=2)
    utility = appeal - far[:, None] * squared - put_off[:, None] * price[None, :]
    raised = np.exp(utility - utility.max(axis=1, keepdims=True))
    within = raised / raised.sum(axis=1, keepdims=True)
    part = (
        _columns(tastes, ("share",), "tastes")[:, 0] if "share" in tastes else np.ones(len(tastes))
    )
    if (part < 0).any() or part.sum() <= 0:
        raise ValueError(
            'Column "share" of tastes must hold shares from 0 up, and something in all.'
        )
    return brands["brand"].tolist(), within, part / part.sum(), put_off, price


def _columns(table: pd.DataFrame, names: tuple[str, ...], word: str) -> Floats:
    return np.column_stack([numbers(table[name], name=name, table=word) for name in names])
