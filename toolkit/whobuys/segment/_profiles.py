"""What the customers of each segment are like, beside all customers."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
import pandas as pd

from whobuys.segment._lines import counted, require_columns

COLUMNS = [
    "segment", "customers", "share", "variable", "kind", "level", "known", "missing", "value",
    "median", "q1", "q3", "sd", "all", "index", "modal",
]  # fmt: skip


def profile_segments(
    table: pd.DataFrame,
    segment: str = "segment",
    variables: Sequence[str] | None = None,
    *,
    view: Literal["long", "wide", "index"] = "long",
    customer: str = "customer_id",
) -> pd.DataFrame:
    """Describe every segment, variable by variable, against the average of all customers.

    Parameters
    ----------
    table : DataFrame
        One row a customer, with the column `segment` and the variables.
    segment : str
        Column with the segment's code. Customers without one are left out, with a warning.
    variables : sequence of str, optional
        Columns to describe; by default all but `segment` and `customer`. Numbers, texts (or
        categories) and yes-no columns.
    view : {"long", "wide", "index"}
        "long": tidy, a row for each segment, variable and level. "wide": to be read, a row a
        variable, a column a segment. "index": the indices alone, numbers to work with.
    customer : str
        Column of ids, never described.

    Returns
    -------
    DataFrame
        Long: ``segment``; ``customers`` and ``share`` of the segment; ``variable``; ``kind``
        ("number", "category", "yes-no"); ``level`` (a category's value, "yes", or "");
        ``known`` and ``missing`` customers; ``value`` (mean of a number, share of a level among the
        known); for numbers ``median``, ``q1``, ``q3``; ``sd``; ``all``, the same value for all
        customers; ``index``, 100 × value / all (missing where `all` is not above 0); ``modal``,
        True for the most frequent level (the first by name, between equals).
        Wide: texts, a number as "median (quartile–quartile)", a category as its modal level with
        the share, yes-no as a share. Index: rows ``variable`` and ``level``, a column a segment.

    Raises
    ------
    ValueError
        A column is missing, the table is empty, no customer has a segment, or a variable is a date
        or mixes kinds.

    Warns
    -----
    UserWarning
        Customers without a segment were left out.

    Notes
    -----
    An index of 120 says 20 % above the average of *all*, the segment itself among them, so a
    large segment stays near 100. An index says nothing about spread: read the quartiles too.
    Profiling as a step of its own: Dolnicar, S., Grün, B., and Leisch, F. (2018), *Market
    Segmentation Analysis*, chapter 8. Missing values count in no mean and no share; `missing` says
    how many there are.

    Examples
    --------
    >>> import pandas as pd
    >>> people = pd.DataFrame({
    ...     "segment": ["A", "A", "A", "B", "B"],
    ...     "age": [18, 20, 22, 40, 50],
    ...     "channel": ["app", "app", "web", "web", "web"],
    ... })
    >>> profile_segments(people, view="wide")
    segment               all           A           B
    customers       5 (100 %)    3 (60 %)    2 (40 %)
    age            22 (20–40)  20 (19–21)  45 (42–48)
    channel          web 60 %    app 67 %   web 100 %
    >>> profile_segments(people, variables=["age"])[["segment", "value", "all", "index"]]
      segment  value   all  index
    0       A   20.0  30.0   66.7
    1       B   45.0  30.0  150.0
    """
    if view not in ("long", "wide", "index"):
        raise ValueError(f'view must be "long", "wide" or "index", not {view!r}.')
    require_columns(table, {"segment": segment}, table="table")
    if variables is None:
        variables = [name for name in table.columns if name not in (segment, customer)]
    names = list(variables)
    require_columns(table, {name: name for name in names}, table="table")
    if table.empty:
        raise ValueError("table has no rows, so there is nothing to describe.")
    coded = table[segment].notna()
    if not coded.any():
        raise ValueError(
            f'Column "{segment}" is empty in all {counted(len(table), "row")} of table. '
            "Name the column of the codes (segment=...)."
        )
    if without := int((~coded).sum()):
        warnings.warn(
            f"{counted(without, 'row')} of {len(table):,} without a segment "
            f"{'was' if without == 1 else 'were'} left out.",
            UserWarning,
            stacklevel=2,
        )
    kept = table[coded]
    codes = kept[segment]
    rows = [row for name in names for row in _variable(kept[name], codes, name)]
    long = pd.DataFrame(rows, columns=COLUMNS)
    order = {code: place for place, code in enumerate(_codes(codes))}
    long = long.sort_values("segment", key=lambda s: s.map(order), kind="stable")
    long = long.reset_index(drop=True)
    if view == "long":
        return long
    return _wide(kept, codes, names, long) if view == "wide" else index_table(long)


def kind_of(values: pd.Series) -> str:
    """Say whether a column holds numbers, yes-no, or categories; other kinds are an error."""
    if pd.api.types.is_bool_dtype(values):
        return "yes-no"
    if pd.api.types.is_numeric_dtype(values):
        return "number"
    if pd.api.types.is_datetime64_any_dtype(values):
        raise ValueError(
            f'Column "{values.name}" holds dates, which have no mean to compare. Turn them into '
            "days or years first, or leave the column out (variables=[...])."
        )
    held = {type(value) for value in values.dropna().tolist()}
    if held <= {bool, np.bool_} and held:
        return "yes-no"
    if len(held) > 1:
        found = ", ".join(sorted(kind.__name__ for kind in held))
        raise ValueError(
            f'Column "{values.name}" mixes kinds of values ({found}). Make it one: '
            f'.astype({{"{values.name}": str}}).'
        )
    return "category"


def index_table(long: pd.DataFrame) -> pd.DataFrame:
    """Return the indices of a long profile: a row a variable and level, a column a segment."""
    order = long[["variable", "level"]].drop_duplicates()
    wide = long.pivot(index=["variable", "level"], columns="segment", values="index")
    return wide.loc[pd.MultiIndex.from_frame(order), long["segment"].unique()]


def _codes(codes: pd.Series) -> list[Any]:
    if isinstance(codes.dtype, pd.CategoricalDtype):
        found = set(codes)
        return [code for code in codes.cat.categories if code in found]
    return sorted(codes.unique().tolist(), key=lambda code: (str(type(code)), code))


def _variable(values: pd.Series, codes: pd.Series, name: str) -> list[tuple[Any, ...]]:
    """Return the long rows of one variable."""
    kind = kind_of(values)
    if kind == "category":
        shares = values.astype(object).value_counts(normalize=True)
        levels = sorted(shares.index, key=lambda level: (-shares[level], str(level)))
    else:
        levels = ["yes"] if kind == "yes-no" else [""]
    rows = []
    for code in _codes(codes):
        own = values[codes == code]
        known = own.dropna()
        head = (code, len(own), len(own) / len(values))
        counts = (len(known), len(own) - len(known))
        top = _modal(known) if kind == "category" else None
        for level in levels:
            measured, everybody = (_as_numbers(v, kind, level) for v in (known, values.dropna()))
            mean, total = _mean(measured), _mean(everybody)
            quartiles = (
                [float(q) for q in np.quantile(measured, [0.5, 0.25, 0.75])]
                if kind == "number" and len(measured)
                else [np.nan] * 3
            )
            sd = float(measured.std(ddof=1)) if kind == "number" and len(measured) > 1 else (
                np.nan if kind == "number" else float(np.sqrt(mean * (1 - mean)))
            )  # fmt: skip
            index = round(100 * mean / total, 1) if total > 0 else np.nan
            tail = (mean, *quartiles, sd, total, index, bool(kind == "category" and level == top))
            rows.append((*head, name, kind, str(level), *counts, *tail))
    return rows


def _modal(known: pd.Series) -> Any:
    if known.empty:
        return None
    counts = known.astype(object).value_counts()
    return min(counts[counts == counts.max()].index, key=str)


def _as_numbers(values: pd.Series, kind: str, level: Any) -> np.ndarray:
    if kind == "category":
        return (values.astype(object) == level).to_numpy(dtype=float)
    return values.to_numpy(dtype=float)


def _mean(values: np.ndarray) -> float:
    return float(values.mean()) if len(values) else np.nan


def _wide(
    kept: pd.DataFrame, codes: pd.Series, names: list[str], long: pd.DataFrame
) -> pd.DataFrame:
    columns = {"all": pd.Series(True, index=kept.index)}
    columns |= {str(code): codes == code for code in _codes(codes)}
    said = {
        title: {
            "customers": f"{int(rows.sum()):,} ({share_text(rows.mean())})",
            **{name: in_words(kept.loc[rows, name]) for name in names},
        }
        for title, rows in columns.items()
    }
    return pd.DataFrame(said).rename_axis(columns=str(codes.name))


def in_words(values: pd.Series) -> str:
    """Say a column in a few signs: "22 (20–40)", "web 60 %", "55 %"; "?" where nothing is known."""
    known, kind = values.dropna(), kind_of(values)
    if known.empty:
        return "?"
    if kind == "yes-no":
        return share_text(float(known.astype(bool).mean()))
    if kind == "category":
        top = _modal(known)
        return f"{top} {share_text(float((known.astype(object) == top).mean()))}"
    numbers = known.to_numpy(dtype=float)
    middle, low, high = number_texts(numbers, np.quantile(numbers, [0.5, 0.25, 0.75]))
    return f"{middle} ({low}–{high})"


def number_texts(column: np.ndarray, said: Sequence[float] | np.ndarray) -> list[str]:
    """Write numbers of a column with as many decimals as it takes to read them."""
    size = float(np.max(np.abs(np.quantile(column, [0.25, 0.75]))))
    digits = 0 if size >= 10 else 1 if size >= 1 else 2
    if (column % 1 == 0).all() and all(float(number) % 1 == 0 for number in said):
        digits = 0
    return [f"{number:,.{digits}f}" for number in said]


def share_text(share: float) -> str:
    """Write a share as a person would: 60 %, under 1 %."""
    if 0 < share < 0.005:
        return "under 1 %"
    return f"{share:.0%}".replace("%", " %")
