"""Five tests of a finished segmentation, and how homogeneous its segments are."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from whobuys.segment._lines import counted, first_few, numbers, require_columns

FLOORS: dict[str, float] = {
    "placed": 0.95,
    "reachable": 0.70,
    "size": 0.05,
    "value": 0.05,
    "difference": 0.50,
    "owner and offer": 1.0,
}
"""The least each measure of `five_tests` must reach, unless told otherwise. Choices, not laws."""

FIVE_TESTS: pd.DataFrame = pd.DataFrame(
    [
        ("measurable", "measurable", "We know who belongs to it."),
        ("accessible", "accessible", "We can reach them."),
        ("substantial", "necessary", "It is large or valuable enough to be treated apart."),
        ("differentiable", "different", "It differs from its nearest neighbour."),
        ("actionable", "useful", "Somebody is in charge and there is something to offer."),
    ],
    columns=["test", "outlet_principle", "question"],
)
"""The five tests, and the principle of a regulator's list of 2009 that comes nearest to each.

The regulator of tobacco outlets in Changle asked for classes that are measurable, accessible,
different, useful (the measures lie within one's powers) and necessary (they need to be treated
apart). "Necessary" covers "substantial" only in part.
"""


def five_tests(
    table: pd.DataFrame,
    segment: str = "segment",
    *,
    fields: Sequence[str],
    reach: str,
    value: str,
    measures: Sequence[str],
    plan: pd.DataFrame,
    floors: Mapping[str, float] | None = None,
) -> pd.DataFrame:
    """Test each segment: measurable, accessible, substantial, differentiable, actionable.

    Parameters
    ----------
    table : DataFrame
        One row a customer. Who has no segment is left out, and counted in ``attrs["unplaced"]``.
    segment : str
        Column of the segment.
    fields : sequence of str
        Columns one needs to place a customer; measurable is the share of the segment that has all.
    reach : str
        Column of the usable channel: True and False, or the channel's name. Missing, empty and
        False are no channel.
    value : str
        Column of the money the segment must be worth, such as the yearly margin. A missing value
        adds nothing.
    measures : sequence of str
        Columns with numbers in which segments should differ. Take what the rule did not use: in
        what the rule cuts by, segments differ by construction.
    plan : DataFrame
        ``segment``, ``owner`` and ``offer``: who is in charge and what is offered; empty is none.
    floors : mapping of str to float, optional
        Floors other than `FLOORS`, by the name of the measure.

    Returns
    -------
    DataFrame
        One row a segment and measure: ``segment``, ``test``, ``measure``, ``value``, ``floor``,
        ``passed`` and ``detail``, the segments in the order of `plan`. The measures:

        - *placed* (share, 0 to 1) for measurable;
        - *reachable* (share, 0 to 1) for accessible;
        - *size* (share of all customers in `table`) and *value* (share of the value of all) for
          substantial;
        - *difference* for differentiable: to the nearest other segment, in standard deviations
          within the segments, on the measure in which the two differ most;
        - *owner and offer* (0, 0.5 or 1) for actionable.

        A measure passes from its floor on.

    Raises
    ------
    ValueError
        A column is missing, there are fewer than two segments, the value adds up to nothing, a
        measure does not vary inside the segments, or a floor has an unknown name.

    Notes
    -----
    The tests are those of Kotler (see Kotler and Keller, 2016). That they can be put in numbers,
    and these numbers, are choices of this toolkit. The difference is Cohen's d (1988; 0.2 small,
    0.5 medium, 0.8 large) with the spread of all segments pooled. See `effect_sizes` for the
    segmentation as a whole.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({
    ...     "segment": ["key", "key", "ordinary", "ordinary"], "margin": [900.0, 700.0, 60.0, 40.0],
    ...     "app": [True, True, True, False], "visits": [9, 7, 2, 4],
    ... })
    >>> plan = pd.DataFrame({"segment": ["key", "ordinary"], "owner": ["account manager", "sales"],
    ...                      "offer": ["yearly review", ""]})
    >>> tests = five_tests(table, fields=["margin"], reach="app", value="margin",
    ...                    measures=["visits"], plan=plan)
    >>> tests.loc[~tests["passed"], ["segment", "measure", "value", "floor"]]
         segment          measure  value  floor
    7   ordinary        reachable    0.5    0.7
    11  ordinary  owner and offer    0.5    1.0
    """
    wanted = {"segment": segment, "reach": reach, "value": value}
    wanted |= {name: name for name in (*_names(fields, "fields"), *_names(measures, "measures"))}
    require_columns(table, wanted, table="table", rows=True)
    plan_columns = {name: name for name in ("segment", "owner", "offer")}
    require_columns(plan, plan_columns, table="plan")
    limits = _floors(floors)
    placed = table[table[segment].notna()]
    names = list(dict.fromkeys(_labels(placed[segment])))
    if len(names) < 2:
        raise ValueError(
            f'Column "{segment}" has {counted(len(names), "segment")}; the tests compare at least '
            "two."
        )
    planned = [name for name in _labels(plan["segment"]) if name in names]
    names = [*dict.fromkeys(planned), *(name for name in names if name not in planned)]
    labels = np.array(_labels(placed[segment]))
    money = numbers(table[value].fillna(0), name=value, table="table")
    if not money.sum() > 0:
        raise ValueError(f'Column "{value}" adds up to {money.sum():g}, so there are no shares.')
    total, own_money = money.sum(), money[table[segment].notna().to_numpy()]
    known = placed[list(fields)].notna().all(axis=1).to_numpy()
    channel = _usable(placed[reach])
    nearest = _nearest(placed, labels, names, measures)
    rows = []
    for name in names:
        own = labels == name
        gone = int((own & ~known).sum())
        unreached = int((own & ~channel).sum())
        difference, other, by = nearest[name]
        assigned, lacks = _assigned(plan, name)
        found = {
            "placed": (known[own].mean(), f"{counted(gone, 'customer')} without a field"),
            "reachable": (channel[own].mean(), f"{counted(unreached, 'customer')} without"),
            "size": (own.sum() / len(table), counted(int(own.sum()), "customer")),
            "value": (own_money[own].sum() / total, f"{own_money[own].sum():,.0f} in all"),
            "difference": (difference, f"nearest: {other}, most by {by}"),
            "owner and offer": (assigned, lacks),
        }
        for measure, (got, detail) in found.items():
            passed = bool(got >= limits[measure] - 1e-12)
            rows.append((name, OF[measure], measure, float(got), limits[measure], passed, detail))
    columns = ["segment", "test", "measure", "value", "floor", "passed", "detail"]
    result = pd.DataFrame(rows, columns=columns)
    result.attrs["unplaced"] = len(table) - len(placed)
    return result


OF = {
    "placed": "measurable",
    "reachable": "accessible",
    "size": "substantial",
    "value": "substantial",
    "difference": "differentiable",
    "owner and offer": "actionable",
}


def effect_sizes(
    table: pd.DataFrame, segment: str = "segment", *, measures: Sequence[str]
) -> pd.DataFrame:
    """Say how much of each measure's spread lies between the segments, and how much within.

    Parameters
    ----------
    table : DataFrame
        One row a customer. Who has no segment is left out; so is, measure by measure, who has no
        value.
    segment : str
        Column of the segment.
    measures : sequence of str
        Columns with numbers.

    Returns
    -------
    DataFrame
        One row a measure: ``measure``, ``eta_squared`` (share of the variance between the segments,
        0 to 1), ``spread`` (standard deviation over all customers) and ``within`` (standard
        deviation within the segments; a small one says that members are alike).

    Raises
    ------
    ValueError
        A column is missing, there are fewer than two segments, or a measure does not vary.

    Notes
    -----
    Eta squared is the sum of squares between the groups divided by all (Fisher, 1925; as a rule of
    thumb Cohen, 1988, calls 0.01 small, 0.06 medium, 0.14 large).

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({"segment": list("aabb"), "visits": [1, 3, 7, 9]})
    >>> effect_sizes(table, measures=["visits"]).round(2)
      measure  eta_squared  spread  within
    0  visits          0.9    3.65    1.41
    """
    wanted = {"segment": segment} | {n: n for n in _names(measures, "measures")}
    require_columns(table, wanted, table="table", rows=True)
    rows = []
    for name in measures:
        kept = table[table[segment].notna() & table[name].notna()]
        values, labels = numbers(kept[name], name=name, table="table"), _labels(kept[segment])
        if len(set(labels)) < 2:
            raise ValueError(f'"{name}" is known in fewer than two segments.')
        spread = float(((values - values.mean()) ** 2).sum())
        if spread == 0:
            raise ValueError(f'"{name}" is {values[0]:g} for everybody and cannot differ.')
        inside = _within(values, np.array(labels))
        free = max(len(values) - len(set(labels)), 1)
        deviation = math.sqrt(spread / (len(values) - 1))
        rows.append((name, 1 - inside / spread, deviation, math.sqrt(inside / free)))
    return pd.DataFrame(rows, columns=["measure", "eta_squared", "spread", "within"])


def _within(values: NDArray[np.float64], labels: NDArray[np.str_]) -> float:
    """Return the sum of squares around the mean of each segment."""
    groups = pd.Series(values).groupby(labels)
    return float(((values - groups.transform("mean").to_numpy()) ** 2).sum())


def _nearest(
    placed: pd.DataFrame, labels: NDArray[np.str_], names: Sequence[str], measures: Sequence[str]
) -> dict[str, tuple[float, str, str]]:
    """Return, for each segment, the distance to the nearest other, which, and by which measure."""
    means = np.full((len(measures), len(names)), np.nan)
    for row, measure in enumerate(measures):
        there = placed[measure].notna().to_numpy()
        values = numbers(placed[measure][there], name=measure, table="table")
        free = len(values) - len(np.unique(labels[there]))
        inside = _within(values, labels[there]) if len(values) else 0.0
        if free <= 0 or inside <= 0:
            raise ValueError(
                f'"{measure}" does not vary inside the segments, so a difference has no measure. '
                "Choose another."
            )
        by_name = pd.Series(values).groupby(labels[there]).mean().reindex(list(names))
        means[row] = by_name.to_numpy() / math.sqrt(inside / free)
    gaps = np.abs(means[:, :, None] - means[:, None, :])
    found = {}
    for one, name in enumerate(names):
        best = (math.inf, "", "")
        for other, neighbour in enumerate(names):
            here = gaps[:, one, other]
            if other == one or np.isnan(here).all():
                continue
            most = int(np.nanargmax(here))
            if here[most] < best[0]:
                best = (float(here[most]), neighbour, measures[most])
        found[name] = best if best[1] else (0.0, "unknown", "none")
    return found


def _assigned(plan: pd.DataFrame, name: str) -> tuple[float, str]:
    rows = plan[plan["segment"].astype(str) == name]
    if len(rows) > 1:
        raise ValueError(f'plan has "{name}" in {len(rows)} rows. Keep one row a segment.')
    there = {what: bool(len(rows)) and _usable(rows[what])[0].item() for what in ("owner", "offer")}
    lacking = [what for what, filled in there.items() if not filled]
    return sum(there.values()) / 2, f"no {' and no '.join(lacking)}" if lacking else "both there"


def _usable(values: pd.Series) -> NDArray[np.bool_]:
    if pd.api.types.is_bool_dtype(values):
        return values.astype("boolean").fillna(False).to_numpy(bool)
    return (values.notna() & (values.astype(str).str.strip() != "")).to_numpy(bool)


def _labels(values: pd.Series) -> list[str]:
    return [str(value) for value in values]


def _names(given: Sequence[str], what: str) -> list[str]:
    names = [given] if isinstance(given, str) else list(given)
    if not names or isinstance(given, str):
        raise ValueError(f'{what} must be a list of column names, such as ["orders"].')
    return names


def _floors(given: Mapping[str, float] | None) -> dict[str, float]:
    unknown = [name for name in given or {} if name not in FLOORS]
    if unknown:
        raise ValueError(
            f"floors has {first_few(unknown)}, which is no measure. There are: {', '.join(FLOORS)}."
        )
    return FLOORS | dict(given or {})
