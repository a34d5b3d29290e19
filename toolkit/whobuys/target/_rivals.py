"""Us and the others: features, prices, awareness."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from itertools import pairwise

import numpy as np
import pandas as pd

from whobuys.segment._lines import first_few, numbers, require_columns, require_rows


def feature_matrix(
    rivals: pd.DataFrame,
    features: Sequence[str] | Mapping[str, str],
    *,
    ours: str | None = None,
    importance: Mapping[str, float] | pd.Series | None = None,
    at_least: float = 0.0,
    tie: float = 0.0,
    prefix: str = "rating_",
    brand: str = "brand",
) -> pd.DataFrame:
    """Compare our product with the rivals' feature by feature.

    Parameters
    ----------
    rivals : DataFrame
        One row a brand, ours among them, with a rating of each feature.
    features : sequence of str, or mapping of str to str
        The features, which with `prefix` make the column names; a mapping adds their words.
    ours : str, optional
        Name of our brand; by default the one with True in the column "ours".
    importance : mapping or Series, optional
        How much each feature matters to the target customers. Missing features count as unknown.
    at_least : float
        From this importance on a feature is wanted.
    tie : float
        A difference of up to this is none.
    prefix : str
        Beginning of the column names.
    brand : str
        Column of the brands' names.

    Returns
    -------
    DataFrame
        One row a feature: ``feature``, ``words``, a column a brand (ours first), ``best_rival``,
        ``best_rating``, ``lead`` (ours − best rival's), ``importance``, ``wanted``, ``verdict``:
        "point of difference" (we beat every rival, and it is wanted), "lead nobody wants",
        "point of parity" (within `tie` of the best rival), "behind", "behind, not wanted".

    Raises
    ------
    ValueError
        A column is missing, a brand stands twice, there is no rival, or ours is not there.

    Notes
    -----
    An advantage is relative, and it must be wanted: points of difference and of parity after
    Keller, Sternthal and Tybout (2002). Ratings come from people; half the lead may be the noise of
    who was asked, so give `tie` the size of a rating's margin.

    Examples
    --------
    >>> import pandas as pd
    >>> brands = pd.DataFrame({"brand": ["Us", "Them"], "ours": [True, False],
    ...                        "rating_taste": [4.2, 3.9], "rating_look": [3.0, 3.6]})
    >>> feature_matrix(brands, ["taste", "look"], importance={"taste": 4.5, "look": 2.0},
    ...                at_least=4)[["feature", "best_rival", "lead", "verdict"]].round(1)
      feature best_rival  lead              verdict
    0   taste       Them   0.3  point of difference
    1    look       Them  -0.6   behind, not wanted
    """
    words = dict(features) if isinstance(features, Mapping) else {name: name for name in features}
    wanted_columns = {name: f"{prefix}{name}" for name in words}
    require_columns(rivals, {"brand": brand} | wanted_columns, table="rivals")
    us = our_brand(rivals, ours, brand)
    names = [us, *[name for name in rivals[brand] if name != us]]
    matters = dict(importance) if importance is not None else {}
    rows = []
    for name, column in wanted_columns.items():
        rating = pd.Series(
            numbers(rivals[column], name=column, table="rivals"), rivals[brand].to_numpy()
        )
        others = rating.drop(us)
        best = str(others.idxmax())
        lead = float(rating[us] - others[best])
        weight = float(matters.get(name, np.nan))
        is_wanted = True if importance is None else weight >= at_least
        rows.append(
            {"feature": name, "words": words[name]}
            | {each: float(rating[each]) for each in names}
            | {
                "best_rival": best, "best_rating": float(others[best]), "lead": lead,
                "importance": weight, "wanted": is_wanted,
                "verdict": _verdict(lead, tie, is_wanted),
            }
        )  # fmt: skip
    return pd.DataFrame(rows)


def compare_prices(
    rivals: pd.DataFrame,
    *,
    ours: str | None = None,
    low: str = "price_low",
    typical: str = "price_typical",
    high: str = "price_high",
    brand: str = "brand",
) -> pd.DataFrame:
    """Compare our prices with the rivals'.

    Parameters
    ----------
    rivals : DataFrame
        One row a brand.
    ours : str, optional
        Name of our brand; by default the one with True in the column "ours".
    low, typical, high : str
        Columns of the lowest, the usual and the highest price.
    brand : str
        Column of the brands' names.

    Returns
    -------
    DataFrame
        The cheapest first: the brand, ``low``, ``typical``, ``high``, ``index`` (100 × its usual
        price / ours), ``overlap`` (the part of our price range that lies in its range, 0 to 1) and
        ``rank`` (1 is the cheapest).

    Raises
    ------
    ValueError
        A column is missing, prices of a brand do not rise from low to high, or see
        `feature_matrix`.

    Examples
    --------
    >>> import pandas as pd
    >>> brands = pd.DataFrame({"brand": ["Us", "Them"], "ours": [True, False], "price_low": [4, 2],
    ...                        "price_typical": [5, 4], "price_high": [8, 6]})
    >>> compare_prices(brands)
      brand  low  typical  high  index  overlap  rank
    0  Them  2.0      4.0   6.0   80.0      0.5     1
    1    Us  4.0      5.0   8.0  100.0      1.0     2
    """
    columns = {"low": low, "typical": typical, "high": high}
    require_columns(rivals, {"brand": brand} | columns, table="rivals")
    us = our_brand(rivals, ours, brand)
    table = pd.DataFrame({brand: rivals[brand].to_numpy()})
    for name, column in columns.items():
        table[name] = numbers(rivals[column], name=column, table="rivals")
    wrong = ~((table["low"] <= table["typical"]) & (table["typical"] <= table["high"]))
    wrong |= table["low"] < 0
    if wrong.any():
        raise ValueError(
            f"The prices of {first_few(table.loc[wrong, brand])} do not rise from low to high."
        )
    own = table[table[brand] == us].iloc[0]
    if own["typical"] <= 0:
        raise ValueError("Our usual price is not above zero.")
    table["index"] = 100 * table["typical"] / own["typical"]
    common = np.minimum(table["high"], own["high"]) - np.maximum(table["low"], own["low"])
    width = own["high"] - own["low"]
    inside = (table["low"] <= own["typical"]) & (own["typical"] <= table["high"])
    table["overlap"] = common.clip(lower=0) / width if width > 0 else inside.astype(float)
    table = table.sort_values("typical", kind="stable").reset_index(drop=True)
    table["rank"] = table["typical"].rank(method="min").astype(int)
    return table


def awareness_funnel(
    rivals: pd.DataFrame,
    stages: Sequence[str] = ("awareness", "share"),
    *,
    ours: str | None = None,
    brand: str = "brand",
) -> pd.DataFrame:
    """Follow each brand from being known to being bought.

    Parameters
    ----------
    rivals : DataFrame
        One row a brand.
    stages : sequence of str
        Columns of shares of the same people, from wide to narrow: know, consider, buy.
    ours : str, optional
        Name of our brand; by default the one with True in the column "ours".
    brand : str
        Column of the brands' names.

    Returns
    -------
    DataFrame
        One row a brand, ours first, then by the last stage: the brand, the stages,
        ``<stage>_rate`` for each but the first (share of the stage before that comes so far), and
        ``weakest`` (the step in which the brand keeps least, compared with the mean of all).

    Raises
    ------
    ValueError
        A column is missing, most brands have a stage wider than the one before it, a stage is 0, or
        there are fewer than two stages.

    Warns
    -----
    UserWarning
        A brand has a stage wider than the one before it, as can happen when shares were asked of
        two samples.

    Notes
    -----
    A hierarchy of effects (Lavidge and Steiner, 1961). People do not climb it step by step; it
    says where a brand loses more than others do.

    Examples
    --------
    >>> import pandas as pd
    >>> brands = pd.DataFrame({"brand": ["Us", "Them"], "ours": [True, False],
    ...                        "awareness": [0.4, 0.8], "share": [0.3, 0.2]})
    >>> awareness_funnel(brands)
      brand  awareness  share  share_rate    weakest
    0    Us        0.4    0.3        0.75  awareness
    1  Them        0.8    0.2        0.25      share
    """
    steps = list(stages)
    if len(steps) < 2:
        raise ValueError("stages names fewer than two columns; a funnel needs two.")
    require_columns(rivals, {"brand": brand} | {s: s for s in steps}, table="rivals")
    us = our_brand(rivals, ours, brand)
    table = pd.DataFrame({brand: rivals[brand].to_numpy()})
    for name in steps:
        table[name] = numbers(rivals[name], name=name, table="rivals")
    for wide, narrow in pairwise(steps):
        wrong = (table[narrow] > table[wide] + 1e-9) | (table[wide] <= 0)
        said = (
            f'"{narrow}" is above "{wide}" (or "{wide}" is 0) for '
            f"{first_few(table.loc[wrong, brand])}. Are both shares of the same people?"
        )
        if (table[wide] <= 0).any() or wrong.mean() > 0.5:
            raise ValueError(said)
        if wrong.any():
            warnings.warn(f"{said} Its rate stays above 1.", UserWarning, stacklevel=2)
        table[f"{narrow}_rate"] = table[narrow] / table[wide]
    kept = table[[steps[0], *[f"{name}_rate" for name in steps[1:]]]]
    against = (kept / kept.mean()).to_numpy()
    table["weakest"] = [steps[place] for place in against.argmin(axis=1)]
    first = (table[brand] != us).to_numpy()
    return table.iloc[np.lexsort((-table[steps[-1]].to_numpy(), first))].reset_index(drop=True)


def our_brand(rivals: pd.DataFrame, ours: str | None, brand: str) -> str:
    """Return the name of our brand, or say why it cannot be told."""
    require_rows(rivals, "rivals")
    twice = rivals[brand].duplicated()
    if twice.any():
        raise ValueError(
            f'Column "{brand}" of rivals holds {first_few(rivals.loc[twice, brand])} more than '
            "once. One row a brand."
        )
    if ours is None:
        require_columns(rivals, {"ours": "ours"}, table="rivals")
        marked = rivals.loc[rivals["ours"].astype(bool), brand].tolist()
        if len(marked) != 1:
            raise ValueError(
                f'Column "ours" of rivals is True for {len(marked)} brands; it must be one. Name '
                'it: ours="...".'
            )
        ours = str(marked[0])
    if ours not in rivals[brand].tolist():
        raise ValueError(
            f"There is no brand {ours!r} in rivals. There are: "
            f"{', '.join(map(str, rivals[brand]))}."
        )
    if len(rivals) < 2:
        raise ValueError("rivals holds our brand only; there is nobody to compare with.")
    return ours


def _verdict(lead: float, tie: float, wanted: bool) -> str:
    if lead > tie + 1e-12:
        return "point of difference" if wanted else "lead nobody wants"
    if abs(lead) <= tie + 1e-12:
        return "point of parity"
    return "behind" if wanted else "behind, not wanted"
