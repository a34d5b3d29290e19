"""The catalogue of criteria, what each explains, and the form they are recorded on."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from difflib import get_close_matches
from importlib.resources import files
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from whobuys.segment._band import band
from whobuys.segment._lines import counted, require_columns

BASES = (
    "demographic",
    "geographic",
    "psychographic",
    "behavioural",
    "need",
    "value",
    "loyalty",
    "firmographic",
)
LAYERS = ("external", "internal", "behaviour")
KINDS = ("B2C", "B2B", "both")
STRENGTH = ["criterion", "levels", "customers", "measure", "raw", "strength", "by_chance", "beyond"]

with (files("whobuys.segment") / "criteria.csv").open(encoding="utf-8") as _file:
    CRITERIA: pd.DataFrame = pd.read_csv(_file, keep_default_na=False)


def criteria(
    base: str | None = None, layer: str | None = None, customers: str | None = None
) -> pd.DataFrame:
    """List the criteria of one base, one layer, or one kind of customer.

    Parameters
    ----------
    base : str, optional
        One of "demographic", "geographic", "psychographic", "behavioural", "need", "value",
        "loyalty", "firmographic".
    layer : str, optional
        One of "external" (seen from outside), "internal" (belongs to the customer, who must be
        asked), "behaviour" (what they did with us, and what is worked out from it).
    customers : str, optional
        "B2C" (people) or "B2B" (firms), each with the criteria that fit both; or "both": only those
        that fit both.

    Returns
    -------
    DataFrame
        Rows of `CRITERIA`, numbered anew: ``field`` (short name), ``criterion`` (in words),
        ``base``, ``layer``, ``customers``, ``level`` (of measurement: nominal, ordinal, interval,
        ratio), ``found`` (table and column where the invented companies have it, else ""),
        ``disputed`` and ``reason`` (why books disagree where to put it).

    Raises
    ------
    ValueError
        There is no such base, layer or kind of customer.

    Notes
    -----
    The bases follow Wedel and Kamakura (2000), *Market Segmentation*, chapter 2, and for firms
    Bonoma and Shapiro (1983), *Segmenting the Industrial Market*; needs are the benefits of Haley
    (1968). The levels of measurement are those of Stevens (1946), "On the theory of scales of
    measurement", Science 103. Where books disagree, one place is given and ``disputed`` is True.

    Examples
    --------
    >>> criteria(base="loyalty", layer="internal")["field"].tolist()
    ['recommend', 'again', 'rival_equal', 'satisfaction']
    >>> criteria(base="geographic", customers="B2B").head(2)[["field", "criterion"]]
                field              criterion
    0         country                country
    1  home_or_abroad  home market or abroad
    """
    _one_of(base, BASES, "base")
    _one_of(layer, LAYERS, "layer")
    _one_of(customers, KINDS, "customers")
    keep = pd.Series(True, index=CRITERIA.index)
    if base is not None:
        keep &= CRITERIA["base"].eq(base)
    if layer is not None:
        keep &= CRITERIA["layer"].eq(layer)
    if customers is not None:
        keep &= CRITERIA["customers"].isin([customers, "both"])
    return CRITERIA[keep].reset_index(drop=True)


def base_strength(
    table: pd.DataFrame,
    criteria: Sequence[str],
    outcome: str,
    *,
    bins: int = 5,
    ranks: bool = False,
    shuffles: int = 200,
    seed: int = 0,
) -> pd.DataFrame:
    """Measure how much of the differences in an outcome each criterion explains.

    Parameters
    ----------
    table : DataFrame
        One row a customer.
    criteria : sequence of str
        Columns to compare. Names, flags and whole bands are taken as they are; a number with more
        than `bins` different values is cut into at most `bins` groups of about equal size, equals
        together.
    outcome : str
        Column the decision is about: a number (money of next year), or names (category bought).
    bins : int
        Most groups a number is cut into, at least 2.
    ranks : bool
        Take ranks instead of the numbers of the outcome, so that a few large customers do not
        decide. Only for a number.
    shuffles : int
        How often the outcome is shuffled to see what chance alone would give; at least 20.
    seed : int
        Of the shuffling.

    Returns
    -------
    DataFrame
        One row a criterion, the strongest first: ``criterion``, ``levels`` (groups it makes),
        ``customers`` (that have both criterion and outcome), ``measure`` ("eta squared" or
        "Cramér's V"), ``raw`` (0 to 1), ``strength`` (raw, corrected for the number of groups;
        about 0 for a criterion that says nothing, even slightly below), ``by_chance`` (what 95 of
        100 shuffled outcomes stay below, on the scale of ``strength``) and ``beyond`` (True if
        ``strength`` is above that). With a number, a strength of 0.12 says: 12 % of the
        differences (of the variance) lie between the groups, the rest within.

    Raises
    ------
    ValueError
        A column is missing; the outcome is among the criteria, does not vary or is a date; a
        criterion has one value, or a different one for nearly every customer; fewer than 20
        customers have both; or a setting is out of range.

    Warns
    -----
    UserWarning
        Customers without an outcome were left out.

    Notes
    -----
    Eta squared is the share of the variance between groups; any grouping, even by lot, gets
    (k - 1) / (n - 1) of it on average. Kelley (1935), "An unbiased correlation ratio measure", PNAS
    21, takes that out (epsilon squared). Cramér's V (1946) is corrected as in Bergsma (2013), "A
    bias-correction for Cramér's V and Tschuprow's T", Journal of the Korean Statistical Society
    42; it is a correlation, not a share, so compare it only with other V. The comparison with
    shuffled outcomes is a permutation test at 5 %: of twenty criteria that say nothing, one is
    beyond chance on average.
    A measured strength is an association in this table, not a cause.

    Examples
    --------
    >>> import pandas as pd
    >>> people = pd.DataFrame({
    ...     "region": ["north", "south"] * 50,
    ...     "regular": [True] * 50 + [False] * 50,
    ...     "spend": [90.0, 110.0] * 25 + [10.0, 30.0] * 25,
    ... })
    >>> found = base_strength(people, ["region", "regular"], outcome="spend")
    >>> found[["criterion", "levels", "strength", "beyond"]].round(2)
      criterion  levels  strength  beyond
    0   regular       2      0.94    True
    1    region       2      0.05    True
    """
    names = [criteria] if isinstance(criteria, str) else list(criteria)
    _check_settings(names, bins, shuffles)
    require_columns(table, {name: name for name in [*names, outcome]}, table="table", rows=True)
    if outcome in names:
        raise ValueError(f'"{outcome}" is the outcome; it cannot be a criterion as well.')
    known = table[outcome].notna()
    if missing := int((~known).sum()):
        warnings.warn(
            f'{counted(missing, "customer")} of {len(table):,} without "{outcome}" left out.',
            UserWarning,
            stacklevel=2,
        )
    target = table.loc[known, outcome]
    is_number = pd.api.types.is_numeric_dtype(target) and not pd.api.types.is_bool_dtype(target)
    if pd.api.types.is_datetime64_any_dtype(target):
        raise ValueError(f'The outcome "{outcome}" is a date. Turn it into days or into names.')
    if ranks and not is_number:
        raise ValueError(f'ranks=True needs a number; the outcome "{outcome}" holds names.')
    measure = _eta if is_number else _cramer
    rows = []
    for name in names:
        groups = _groups(table.loc[known, name], bins)
        codes, y = _both(groups, target, is_number, ranks, name, outcome)
        raw, strength = measure(codes, y[None, :])
        draw = np.random.default_rng(seed)
        mixed = np.array([draw.permutation(y) for _ in range(shuffles)])
        by_chance = float(np.quantile(measure(codes, mixed)[1], 0.95))
        rows.append(
            (
                name,
                int(codes.max()) + 1,
                len(codes),
                "eta squared" if is_number else "Cramér's V",
                float(raw[0]),
                float(strength[0]),
                by_chance,
                bool(strength[0] > by_chance),
            )
        )
    found = pd.DataFrame(rows, columns=STRENGTH)
    return found.sort_values("strength", ascending=False, kind="stable", ignore_index=True)


def indicator_sheet(table: pd.DataFrame, fields: Sequence[str], *, bins: int = 5) -> pd.DataFrame:
    """Record the chosen indicators on one form: how many customers stand where.

    Parameters
    ----------
    table : DataFrame
        One row a customer.
    fields : sequence of str
        Columns to record, in this order. A number with more than `bins` different values is cut
        into at most `bins` groups of about equal size.
    bins : int
        Most groups a number is cut into, at least 2.

    Returns
    -------
    DataFrame
        One row an indicator and group: ``indicator``, ``group`` (text; "not known" where the value
        is missing, last), ``customers`` and ``share`` (of all rows of the table, so that the
        shares of an indicator add up to 1).

    Raises
    ------
    ValueError
        A column is missing, or the table is empty.

    Notes
    -----
    The usual list of indicators for a first look at one's customers is gender, age, region, money
    spent, kind of need, income and preference.

    Examples
    --------
    >>> import pandas as pd
    >>> people = pd.DataFrame({"gender": ["f", "m", "f", None], "region": ["N", "N", "S", "N"]})
    >>> indicator_sheet(people, ["gender", "region"])
      indicator      group  customers  share
    0    gender          f          2   0.50
    1    gender          m          1   0.25
    2    gender  not known          1   0.25
    3    region          N          3   0.75
    4    region          S          1   0.25
    """
    names = [fields] if isinstance(fields, str) else list(fields)
    _check_settings(names, bins, 20)
    require_columns(table, {name: name for name in names}, table="table")
    if table.empty:
        raise ValueError("table has no rows, so there is nothing to record.")
    sheets = []
    for name in names:
        groups = _groups(table[name], bins)
        counts = groups.value_counts(sort=False).sort_index()
        said, values = counts.index.astype(str).tolist(), counts.tolist()
        if missing := int(groups.isna().sum()):
            said, values = [*said, "not known"], [*values, missing]
        sheet = pd.DataFrame({"group": said, "customers": values})
        sheets.append(sheet[sheet["customers"] > 0].assign(indicator=name))
    form = pd.concat(sheets, ignore_index=True)
    form["share"] = form["customers"] / len(table)
    return form[["indicator", "group", "customers", "share"]]


def _one_of(given: str | None, known: Sequence[str], name: str) -> None:
    if given is None or given in known:
        return
    near = get_close_matches(str(given).casefold(), [word.casefold() for word in known], n=1)
    hint = next(
        (f' Did you mean "{word}"?' for word in known if near and word.casefold() in near), ""
    )
    raise ValueError(f"{name} must be one of {', '.join(known)}, not {given!r}.{hint}")


def _check_settings(names: list[str], bins: int, shuffles: int) -> None:
    if not names:
        raise ValueError("There is no column to look at. Name at least one.")
    if len(set(names)) < len(names):
        again = next(name for name in names if names.count(name) > 1)
        raise ValueError(f'"{again}" is named twice. Name each column once.')
    if bins < 2:
        raise ValueError(f"bins must be at least 2, not {bins}.")
    if shuffles < 20:
        raise ValueError(
            f"shuffles must be at least 20, not {shuffles}: fewer show no chance level."
        )


def _groups(values: pd.Series, bins: int) -> pd.Series:
    """Return the groups a criterion makes: its own, or at most `bins` cut from a number."""
    is_number = pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values)
    if pd.api.types.is_datetime64_any_dtype(values):
        raise ValueError(f'"{values.name}" is a date. Turn it into days or years first.')
    if not is_number or values.nunique() <= bins:
        return values
    share = np.arange(1, bins) / bins
    cuts: NDArray[Any] = np.unique(
        values.dropna().quantile(share, interpolation="higher").to_numpy(float)
    )
    lowest, rest = float(values.min()), values[values > values.min()]
    cuts = cuts[cuts > lowest] if (cuts > lowest).any() else np.array([float(rest.min())])
    return band(values, cuts.tolist(), _spans(cuts))


def _spans(cuts: NDArray[Any]) -> list[str]:
    """Name the half-open bands between cuts: under 3, 3 to under 8, 8 and over."""
    said = [f"{cut:,.4g}" if abs(cut) < 1000 else f"{cut:,.0f}" for cut in cuts]
    if len(set(said)) < len(said):
        said = [str(cut) for cut in cuts]
    between = [f"{low} to under {high}" for low, high in pairwise(said)]
    return [f"under {said[0]}", *between, f"{said[-1]} and over"]


def _both(
    groups: pd.Series, target: pd.Series, is_number: bool, ranks: bool, name: str, outcome: str
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return codes of the groups and values of the outcome, where both are known."""
    known = groups.notna().to_numpy()
    codes, levels = pd.factorize(groups[known])
    kept = target[known]
    if len(codes) < 20:
        raise ValueError(
            f'Only {counted(len(codes), "customer")} have both "{name}" and "{outcome}"; '
            "at least 20 are needed to measure anything."
        )
    if len(levels) < 2:
        raise ValueError(f'"{name}" has one value for all {len(codes):,} customers. Leave it out.')
    if len(levels) > len(codes) / 2:
        raise ValueError(
            f'"{name}" has {len(levels):,} different values for {len(codes):,} customers: it names '
            "them one by one. Cut it into bands, or leave it out."
        )
    if ranks:
        kept = kept.rank()
    values = kept.to_numpy(float) if is_number else pd.factorize(kept)[0].astype(float)
    if np.ptp(values) == 0:
        raise ValueError(f'The outcome "{outcome}" is the same for all who have "{name}".')
    if not np.isfinite(values).all():
        raise ValueError(f'The outcome "{outcome}" has infinite values. Mend them first.')
    return codes.astype(np.int64), values


Pair = tuple[NDArray[np.float64], NDArray[np.float64]]


def _eta(codes: NDArray[np.int64], y: NDArray[np.float64]) -> Pair:
    """Return eta squared and epsilon squared of each row of y."""
    n, k = len(codes), int(codes.max()) + 1
    size = np.bincount(codes, minlength=k)
    centred = y - y.mean(axis=1, keepdims=True)
    sums = np.array([np.bincount(codes, row, minlength=k) for row in centred])
    eta = (sums**2 / size).sum(axis=1) / (centred**2).sum(axis=1)
    return eta, 1 - (1 - eta) * (n - 1) / (n - k)


def _cramer(codes: NDArray[np.int64], y: NDArray[np.float64]) -> Pair:
    """Return Cramér's V and the bias-corrected V of each row of y."""
    n, k, m = len(codes), int(codes.max()) + 1, int(y.max()) + 1
    cells = np.array([np.bincount(codes * m + row.astype(int), minlength=k * m) for row in y])
    cells = cells.reshape(-1, k, m)
    expected = cells.sum(axis=2)[:, :, None] * cells.sum(axis=1)[:, None, :] / n
    phi = ((cells - expected) ** 2 / expected).sum(axis=(1, 2)) / n
    less = np.maximum(0, phi - (k - 1) * (m - 1) / (n - 1))
    rows, columns = k - (k - 1) ** 2 / (n - 1), m - (m - 1) ** 2 / (n - 1)
    return np.sqrt(phi / (min(k, m) - 1)), np.sqrt(less / (min(rows, columns) - 1))
