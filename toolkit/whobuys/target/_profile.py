"""The standard form: every classification indicator of a customer group in one table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

import numpy as np
import pandas as pd

from whobuys.segment._lines import require_columns

INDICATORS = (
    "gender mix",
    "age structure",
    "region",
    "spending",
    "need",
    "income",
    "preference",
)
UNKNOWN = "not known"


def profile_table(
    table: pd.DataFrame,
    indicators: Mapping[str, str],
    *,
    by: str | None = None,
    edges: Mapping[str, Sequence[float]] | None = None,
) -> pd.DataFrame:
    """Fill the form of classification indicators: how many customers at each level.

    Parameters
    ----------
    table : DataFrame
        One row a customer.
    indicators : mapping of str to str
        For each indicator the column to use, such as {"age structure": "age", "region": "region"}.
        `INDICATORS` names the seven of the usual form; other names are taken too.
    by : str, optional
        Column with a customer type or segment: its values become columns of shares.
    edges : mapping of str to sequence of float, optional
        For an indicator in numbers the inner edges of its bands: [25, 40] makes "under 25", "25 to
        under 40", "40 and more". Without, the quartiles are taken.

    Returns
    -------
    DataFrame
        One row a level: ``indicator``, ``level``, ``customers``, ``share`` of all customers, and
        with `by` a column a group, its share of the group. The shares of one indicator add up to 1;
        "not known" is a level, so that a gap in the archive is seen.

    Raises
    ------
    ValueError
        A column is missing, there are no rows, or edges do not rise.

    Notes
    -----
    The form is the one used in sales training: gender mix, age structure, region, amount spent,
    need, income, preference, on the same sheet for every group. For means, quartiles and indices
    of segments use `whobuys.segment.profile_segments`.

    Examples
    --------
    >>> import pandas as pd
    >>> people = pd.DataFrame({"age": [22, 31, 45, 52], "region": ["N", "S", "S", None],
    ...                        "type": ["home", "home", "office", "office"]})
    >>> profile_table(people, {"age structure": "age", "region": "region"}, by="type",
    ...               edges={"age structure": [40]})
           indicator        level  customers  share  home  office
    0  age structure     under 40          2   0.50   1.0     0.0
    1  age structure  40 and more          2   0.50   0.0     1.0
    2         region            N          1   0.25   0.5     0.0
    3         region            S          2   0.50   0.5     0.5
    4         region    not known          1   0.25   0.0     0.5
    """
    if not isinstance(indicators, Mapping) or not indicators:
        raise ValueError('indicators must name columns, such as {"region": "region"}.')
    wanted = {column: column for column in indicators.values()}
    require_columns(table, wanted | ({"by": by} if by is not None else {}), table="table")
    if table.empty:
        raise ValueError("table has no rows, so there is no form to fill.")
    if lost := [name for name in edges or {} if name not in indicators]:
        raise ValueError(f"edges names {lost[0]!r}, which is not among the indicators.")
    groups = None if by is None else table[by].astype(object).where(table[by].notna(), UNKNOWN)
    parts = []
    for indicator, column in indicators.items():
        levels = _levels(table[column], (edges or {}).get(indicator), indicator)
        count = levels.value_counts(sort=False)
        part = pd.DataFrame(
            {"indicator": indicator, "level": [str(level) for level in count.index],
             "customers": count.to_numpy(), "share": count.to_numpy() / len(table)}
        )  # fmt: skip
        if groups is not None:
            shares = pd.crosstab(levels, groups, normalize="columns", dropna=False)
            shares = shares.reindex(count.index, fill_value=0.0)
            for name in shares.columns:
                part[str(name)] = shares[name].to_numpy()
        parts.append(part[part["customers"] > 0])
    return pd.concat(parts, ignore_index=True)


def _levels(values: pd.Series, edges: Sequence[float] | None, indicator: str) -> pd.Series:
    """Return the level of every customer, as categories in their order."""
    is_number = pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values)
    if not is_number:
        if edges is not None:
            raise ValueError(f"The indicator {indicator!r} is not in numbers; it takes no edges.")
        if pd.api.types.is_bool_dtype(values):
            values = values.map({True: "yes", False: "no"})
        found = sorted(map(str, values.dropna().unique()))
        if isinstance(values.dtype, pd.CategoricalDtype):
            found = [str(level) for level in values.cat.categories]
        texts = values.astype(object).map(str, na_action="ignore")
        return _with_unknown(texts, found)
    known = values.dropna().astype(float)
    if edges is None:
        cuts = sorted(set(np.quantile(known, [0.25, 0.5, 0.75]).tolist())) if len(known) else []
    else:
        cuts = [float(edge) for edge in edges]
        if not cuts or any(a >= b for a, b in pairwise(cuts)):
            raise ValueError(f"The edges of {indicator!r} must rise: {list(edges)!r} do not.")
    names = _band_names(cuts)
    place = np.searchsorted(cuts, known.to_numpy(), side="right")
    texts = pd.Series(np.array(names, dtype=object)[place], index=known.index)
    return _with_unknown(texts.reindex(values.index), names)


def _band_names(cuts: Sequence[float]) -> list[str]:
    if not cuts:
        return ["all"]
    said = [f"{cut:,.0f}" if abs(cut) >= 10 or cut == int(cut) else f"{cut:,.2f}" for cut in cuts]
    middle = [f"{low} to under {high}" for low, high in pairwise(said)]
    return [f"under {said[0]}", *middle, f"{said[-1]} and more"]


def _with_unknown(texts: pd.Series, order: list[str]) -> pd.Series:
    levels = [*dict.fromkeys(order), UNKNOWN]
    return pd.Series(
        pd.Categorical(texts.astype(object).where(texts.notna(), UNKNOWN), categories=levels),
        index=texts.index,
    )
