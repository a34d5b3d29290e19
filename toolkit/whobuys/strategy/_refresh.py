"""Whether the base has drifted so far that the segments must be made anew, and when."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from scipy.stats import chi2

from whobuys.segment._lines import numbers, read_as_of

SMALL, LARGE = 0.1, 0.25


@dataclass(frozen=True)
class Drift:
    """How far a distribution has moved.

    Attributes
    ----------
    index : float
        Population stability index: 0 is no change.
    noise : float
        What the index stays below in 95 of 100 pairs of samples of this size without any change.
    verdict : str
        "steady" (below 0.1, or not above the noise), "watch" (0.1 to 0.25), "refresh" (above 0.25).
    table : DataFrame
        One row a class: ``class``, ``before``, ``after`` (customers), ``share_before``,
        ``share_after``, ``part`` of the index.
    """

    index: float
    noise: float
    verdict: str
    table: pd.DataFrame = field(repr=False)


def drift(before: pd.Series, after: pd.Series, *, bins: int = 10) -> Drift:
    """Measure how far a distribution has moved between two periods.

    Parameters
    ----------
    before, after : Series
        A value a customer when the segments were made and now: a segment or another category, or a
        number (cut at the quantiles of `before`). The two need not be the same customers. Missing
        values are a class of their own.
    bins : int
        Number of classes of a number; ties may leave fewer.

    Returns
    -------
    Drift
        ``index``, ``noise``, ``verdict``, ``table``.

    Raises
    ------
    ValueError
        One of the two is empty, the two are not of the same kind, or `bins` is below 2.

    Notes
    -----
    Population stability index: the sum over the classes of (share now − share then) × ln(share now
    / share then), with the rule of thumb 0.1 and 0.25, as in Siddiqi (2006), *Credit Risk
    Scorecards*; it is the symmetric divergence of Kullback and Leibler (1951). Half a customer is
    added to each class where one is empty. The rule of thumb knows no sample size: without any
    change the index is about (1/n + 1/m) times a chi-square with classes − 1 degrees of freedom
    (Yurdakul, 2018), which gives ``noise``.

    Examples
    --------
    >>> import pandas as pd
    >>> then = pd.Series(["A"] * 50 + ["B"] * 50)
    >>> found = drift(then, pd.Series(["A"] * 70 + ["B"] * 30))
    >>> round(found.index, 3), round(found.noise, 3), found.verdict
    (0.169, 0.077, 'watch')
    """
    one, other, names = _classes(before, after, bins)
    counts = pd.DataFrame({"before": one.value_counts(), "after": other.value_counts()})
    counts = counts.fillna(0).astype(int)
    try:
        counts = counts.sort_index()
    except TypeError:
        counts = counts.loc[sorted(counts.index, key=str)]
    whole = counts.to_numpy(float)
    if (whole == 0).any():
        whole = whole + 0.5
    shares = whole / whole.sum(axis=0)
    part = (shares[:, 1] - shares[:, 0]) * np.log(shares[:, 1] / shares[:, 0])
    table = pd.DataFrame(
        {
            "class": [names.get(key, str(key)) for key in counts.index],
            "before": counts["before"].to_numpy(),
            "after": counts["after"].to_numpy(),
            "share_before": counts["before"].to_numpy() / len(one),
            "share_after": counts["after"].to_numpy() / len(other),
            "part": part,
        }
    )
    index = float(part.sum())
    free = max(len(table) - 1, 1)
    noise = float((1 / len(one) + 1 / len(other)) * chi2.ppf(0.95, free))
    verdict = "refresh" if index > LARGE else "watch" if index >= SMALL else "steady"
    return Drift(index, noise, verdict if index > noise else "steady", table)


def label_life(stay_share: float, period_months: float, *, right: float = 0.8) -> float:
    """Say after how many months fewer than a given share of the labels still hold.

    Parameters
    ----------
    stay_share : float
        Share of the customers still in their segment after one period, from `migration_summary`.
    period_months : float
        Length of that period, in months.
    right : float
        Share of the labels that must still hold.

    Returns
    -------
    float
        Months; infinite if nobody moves.

    Raises
    ------
    ValueError
        A share is not between 0 and 1, or the period is not above 0.

    Notes
    -----
    The same share of the labels is taken to go wrong in every month, as in a first-order Markov
    chain without return. Some who left come back, so it is a cautious figure.

    Examples
    --------
    >>> round(label_life(0.64, 12.0), 1)
    6.0
    """
    if not 0 <= stay_share <= 1 or not 0 < right < 1:
        raise ValueError("stay_share and right must be shares from 0 to 1.")
    if not 0 < period_months < np.inf:
        raise ValueError(f"period_months must be above 0, not {period_months!r}.")
    if stay_share == 1:
        return float("inf")
    if stay_share == 0:
        return 0.0
    return float(period_months * np.log(right) / np.log(stay_share))


def refresh_plan(
    checks: Mapping[str, Drift],
    last: object,
    *,
    stay_share: float | None = None,
    period_months: float = 12,
    right: float = 0.8,
    usual_months: int = 12,
    least_months: int = 1,
) -> pd.DataFrame:
    """Date the next refresh of the segments: by what drifted, what moved, and the usual turn.

    Parameters
    ----------
    checks : mapping of str to Drift
        What was watched, in words, and its drift since the segments were made.
    last : date-like
        Day the segments were last made.
    stay_share : float, optional
        Share of the customers still in their segment after `period_months`.
    period_months : float
        Length of that period, in months.
    right : float
        Share of the labels that must still hold.
    usual_months : int
        The usual turn, if nothing drifts.
    least_months : int
        The shortest turn there can be: what the work takes.

    Returns
    -------
    DataFrame
        One row a reason, the earliest first: ``reason``, ``measured`` (an index, or a share of
        labels), ``limit``, ``verdict`` and ``refresh_by``. "watch" halves the usual turn, "refresh"
        makes it the shortest. The first row decides.

    Raises
    ------
    ValueError
        A day or a number of months is impossible.

    Notes
    -----
    The limits are those of `drift` and `label_life`; what a turn costs and how long the usual one
    is are the firm's to say.

    Examples
    --------
    >>> import pandas as pd
    >>> sizes = drift(pd.Series(list("AB") * 50), pd.Series(list("AAB") * 40))
    >>> refresh_plan({"segment sizes": sizes}, "2026-06-30", stay_share=0.64)[
    ...     ["reason", "verdict", "refresh_by"]]
              reason verdict refresh_by
    0    labels hold   watch 2026-12-30
    1  segment sizes   watch 2026-12-30
    2     usual turn  steady 2027-06-30
    """
    day = read_as_of(last)
    if not 1 <= least_months <= usual_months:
        raise ValueError("least_months must be from 1 to usual_months.")
    months = {
        "steady": usual_months,
        "watch": max(usual_months // 2, least_months),
        "refresh": least_months,
    }
    rows: list[tuple[str, float, float, str, int]] = [
        ("usual turn", float("nan"), float("nan"), "steady", usual_months)
    ]
    for reason, found in checks.items():
        limit = LARGE if found.verdict == "refresh" else SMALL
        rows.append((reason, found.index, limit, found.verdict, months[found.verdict]))
    if stay_share is not None:
        life = label_life(stay_share, period_months, right=right)
        turn = int(np.clip(np.floor(life + 1e-9) if life < 1e6 else 1e6, 0, usual_months))
        turn = max(turn, least_months)
        word = "steady" if turn == usual_months else "refresh" if turn == least_months else "watch"
        rows.append(("labels hold", stay_share, right, word, turn))
    table = pd.DataFrame(rows, columns=["reason", "measured", "limit", "verdict", "months"])
    table["refresh_by"] = [day + pd.DateOffset(months=int(turn)) for turn in table["months"]]
    table = table.sort_values(["refresh_by", "reason"], kind="stable", ignore_index=True)
    return table.drop(columns="months")


def _classes(
    before: pd.Series, after: pd.Series, bins: int
) -> tuple[pd.Series, pd.Series, dict[object, str]]:
    """Return the class of each customer, and the names of the classes of a number."""
    sides = {"before": before, "after": after}
    for name, side in sides.items():
        if not isinstance(side, pd.Series) or side.empty:
            raise ValueError(f"{name} must be a Series with at least one customer.")
    if not isinstance(bins, int) or bins < 2:
        raise ValueError(f"bins must be a whole number of at least 2, not {bins!r}.")

    def is_number(side: pd.Series) -> bool:
        return pd.api.types.is_numeric_dtype(side) and not pd.api.types.is_bool_dtype(side)

    if is_number(before) != is_number(after):
        raise ValueError(
            "before and after must both hold numbers or both hold categories: they hold "
            f"{before.dtype} and {after.dtype}."
        )
    if not is_number(before):
        first, second = (
            side.astype(object).where(side.notna(), "missing") for side in sides.values()
        )
        return first, second, {}
    known = numbers(before.dropna(), name=before.name or "before", table="before")
    quantiles = np.quantile(known, np.linspace(0, 1, bins + 1)[1:-1]) if len(known) else known
    cuts = np.unique(quantiles)
    names: dict[object, str] = {i: _name(cuts, i) for i in range(len(cuts) + 1)}
    names[len(names)] = "missing"

    def cut(side: pd.Series) -> pd.Series:
        values = side.to_numpy(dtype=float, na_value=np.nan)
        place = np.searchsorted(cuts, values, side="left")
        return pd.Series(np.where(np.isnan(values), len(cuts) + 1, place), index=side.index)

    return cut(before), cut(after), names


def _name(cuts: np.ndarray, place: int) -> str:
    if not len(cuts):
        return "all"
    if place == 0:
        return f"up to {cuts[0]:,.4g}"
    if place == len(cuts):
        return f"above {cuts[-1]:,.4g}"
    return f"above {cuts[place - 1]:,.4g} to {cuts[place]:,.4g}"
