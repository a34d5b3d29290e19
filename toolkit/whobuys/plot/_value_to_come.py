"""Value to come: retention, a model against the count, what an estimate hangs on."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from whobuys.plot._alt import describe
from whobuys.plot._parts import column, lacks, new_axes, percent, percent_axis
from whobuys.plot._style import INK, MAIN, PALE, QUIET, WARM


def retention_curve(
    cohorts: pd.DataFrame,
    ax: Axes | None = None,
    *,
    period: str = "period",
    alt: str | None = None,
) -> Axes:
    """Draw which share of newcomers bought in each period since, a thin line a cohort.

    Parameters
    ----------
    cohorts : DataFrame
        As `whobuys.value.cohort_retention` gives: ``customers``, then a column a period from 0.
    ax : Axes, optional
        Where to draw; by default a new figure.
    period : str
        What a period is, for the labels: "quarter".
    alt : str, optional
        Alt text instead of the one computed from the data.

    Returns
    -------
    Axes
        The chart; `alt_text` reads its words. The thick line is the mean of the cohorts seen so
        long, weighted by their customers: further to the right it stands on fewer and older ones.

    Raises
    ------
    ValueError
        A column is missing, or no cohort was seen for a period after the first.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> import pandas as pd
    >>> cohorts = pd.DataFrame({"customers": [10, 30], 0: [1.0, 1.0], 1: [0.5, 0.3]},
    ...                        index=["2024", "2025"])
    >>> ax = retention_curve(cohorts, period="year")
    >>> ax.get_title("left")
    '35 % bought again in the next year'
    >>> plt.close(ax.figure)
    """
    size = column(cohorts, "customers", "cohorts")
    ages = [name for name in cohorts.columns if isinstance(name, (int, np.integer))]
    if len(ages) < 2:
        raise ValueError("cohorts has no period after the first, so there is nothing to draw.")
    shares = cohorts[ages].to_numpy(dtype=float)
    seen = np.isfinite(shares)
    weight = size[:, None] * seen
    mean = (np.where(seen, shares, 0) * weight).sum(axis=0) / np.maximum(weight.sum(axis=0), 1e-12)
    ax = ax or new_axes()
    for row in shares:
        ax.plot(ages, row, color=PALE, linewidth=1, zorder=1)
    ax.plot(ages, mean, color=MAIN, linewidth=2.2, marker="o", markersize=4)
    ax.annotate(
        percent(mean[1]), (ages[1], mean[1]), xytext=(5, 6), textcoords="offset points", color=INK
    )
    ax.annotate(
        percent(mean[-1]), (ages[-1], mean[-1]), xytext=(0, 7), textcoords="offset points",
        ha="right", color=INK,
    )  # fmt: skip
    ax.set_ylim(0, 1.05)
    step = max(1, int(np.ceil(len(ages) / 12)))
    ax.set_xticks(ages[::step], [str(age) for age in ages[::step]])
    percent_axis(ax)
    ax.set(xlabel=f"{period.capitalize()}s since the first purchase", ylabel="Share who bought")
    ax.set_title(f"{percent(mean[1])} bought again in the next {period}", loc="left")
    names = cohorts.index.astype(str)
    one = np.where(seen[:, 1], shares[:, 1], np.nan)
    best, worst = int(np.nanargmax(one)), int(np.nanargmin(one))
    spread = (
        f" Cohorts differ: {names[best]} {percent(one[best])}, {names[worst]} {percent(one[worst])}"
        f" in {period} 1."
        if len(names) > 1
        else ""
    )
    describe(
        ax,
        alt
        or f"Line chart of {len(names)} cohorts, {int(size.sum()):,} customers. On average "
        f"{percent(mean[1])} bought in {period} 1 after the first purchase, {percent(mean[-1])} "
        f"in {period} {ages[-1]}.{spread}",
    )
    return ax


def tracking_plot(
    tracking: pd.DataFrame,
    ax: Axes | None = None,
    *,
    total: bool = True,
    unit: str = "week",
    alt: str | None = None,
) -> Axes:
    """Draw repeat purchases as counted and as a model expects them, the holdout shaded.

    Parameters
    ----------
    tracking : DataFrame
        As `whobuys.value.tracking_table` gives.
    ax : Axes, optional
        Where to draw; by default a new figure.
    total : bool
        Purchases so far; False for those of each period.
    unit : str
        What a period is, for the labels.
    alt : str, optional
        Alt text instead of the one computed from the data.

    Returns
    -------
    Axes
        The chart; `alt_text` reads its words.

    Raises
    ------
    ValueError
        A column is missing or empty.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> import pandas as pd
    >>> table = pd.DataFrame({"period": [1, 2], "holdout": [False, True], "actual": [4, 5],
    ...     "expected": [4.2, 4.0], "actual_total": [4, 9], "expected_total": [4.2, 8.2]})
    >>> ax = tracking_plot(table)
    >>> ax.get_title("left")
    'In the holdout the model is 20 % too low'
    >>> plt.close(ax.figure)
    """
    end = "_total" if total else ""
    period = column(tracking, "period", "tracking")
    counted = column(tracking, f"actual{end}", "tracking")
    expected = column(tracking, f"expected{end}", "tracking")
    came, foreseen = (column(tracking, name, "tracking") for name in ("actual", "expected"))
    if "holdout" not in tracking.columns:
        raise ValueError(lacks("tracking", "holdout", tracking))
    later = tracking["holdout"].to_numpy(dtype=bool)
    ax = ax or new_axes()
    half = (period[1] - period[0]) / 2 if len(period) > 1 else 0.5
    if later.any():
        ax.axvspan(period[later].min() - half, period.max() + half, color=PALE, alpha=0.35, lw=0)
        ax.annotate(
            "holdout", (period[later].min(), 0.02), xycoords=("data", "axes fraction"),
            color=QUIET, xytext=(3, 0), textcoords="offset points",
        )  # fmt: skip
    ax.plot(period, counted, color=INK, linewidth=1.8, label="counted")
    ax.plot(period, expected, color=WARM, linewidth=1.8, linestyle="--", label="expected")
    ax.set_ylim(bottom=0)
    ax.set_xlim(period.min() - half, period.max() + half)
    ax.legend(frameon=False, loc="upper left" if total else "upper right")
    ax.set(
        xlabel=f"{unit.capitalize()}s since the first purchase of all",
        ylabel="Repeat purchases so far" if total else f"Repeat purchases a {unit}",
    )
    where = later if later.any() else ~later
    place = "In the holdout" if later.any() else "So far"
    actual, model = came[where].sum(), foreseen[where].sum()
    if actual > 0:
        off = model / actual - 1
        verdict = (
            "the model is right to 1 %"
            if abs(off) < 0.01
            else f"the model is {percent(abs(off))} too {'high' if off > 0 else 'low'}"
        )
    else:
        verdict = "nobody bought again"
    ax.set_title(f"{place} {verdict}", loc="left")
    describe(
        ax,
        alt
        or f"Line chart of repeat purchases {'so far' if total else f'a {unit}'}, counted and "
        f"expected, over {len(period)} {unit}s. {place} {actual:,.0f} were counted and "
        f"{model:,.0f} expected: {verdict}.",
    )
    return ax


def tornado(
    table: pd.DataFrame,
    ax: Axes | None = None,
    *,
    base: float | None = None,
    what: str = "lifetime value",
    alt: str | None = None,
) -> Axes:
    """Draw how far a value moves when each assumption does, the greatest swing on top.

    Parameters
    ----------
    table : DataFrame
        As `whobuys.value.tornado_table` gives.
    ax : Axes, optional
        Where to draw; by default a new figure.
    base : float, optional
        The value with all assumptions as they are; by default that of ``table.attrs["base"]``.
    what : str
        What the value is, for the labels.
    alt : str, optional
        Alt text instead of the one computed from the data.

    Returns
    -------
    Axes
        The chart; `alt_text` reads its words. Each bar's ends carry the assumption that leads
        there; the end reached with the low assumption is hatched.

    Raises
    ------
    ValueError
        A column or the base is missing.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> from whobuys.value import simple_clv, tornado_table
    >>> base = {"margin": 100.0, "retention": 0.8, "discount_rate": 0.1}
    >>> ax = tornado(tornado_table(simple_clv, base, {"retention": (0.7, 0.9)}))
    >>> ax.get_title("left")
    'Most hangs on retention'
    >>> plt.close(ax.figure)
    """
    low, high = column(table, "value_low", "table"), column(table, "value_high", "table")
    for name in ("assumption", "low", "high"):
        if name not in table.columns:
            raise ValueError(lacks("table", name, table))
    middle = table.attrs.get("base") if base is None else base
    if middle is None:
        raise ValueError("base is not known: give the value with all assumptions as they are.")
    ax = ax or new_axes(1.5 + 0.55 * len(table))
    names = [str(name).replace("_", " ") for name in table["assumption"]]
    reach = max(np.abs(np.r_[low, high] - middle).max(), 1e-12)
    for i, (left, right) in enumerate(zip(low, high, strict=True)):
        place = len(table) - 1 - i
        for end, given, hatch, colour in (
            (left, table["low"].iloc[i], "///", PALE),
            (right, table["high"].iloc[i], "", MAIN),
        ):
            ax.barh(
                place, end - middle, left=middle, height=0.6, color=colour, edgecolor=QUIET,
                hatch=hatch, linewidth=0.8,
            )  # fmt: skip
            side = 1 if end > middle or (end == middle and given == table["high"].iloc[i]) else -1
            ax.annotate(
                f"{given:g}" if isinstance(given, (int, float)) else str(given), (end, place),
                xytext=(4 * side, 0), textcoords="offset points", va="center",
                ha="left" if side > 0 else "right",
            )  # fmt: skip
    ax.axvline(middle, color=INK, linewidth=1)
    ax.set_xlim(
        min(low.min(), high.min(), middle) - 0.22 * reach,
        max(low.max(), high.max(), middle) + 0.22 * reach,
    )
    ax.set_yticks(range(len(table)), names[::-1])
    ax.tick_params(axis="y", length=0)
    ax.set(xlabel=what.capitalize())
    ax.set_title(f"Most hangs on {names[0]}", loc="left")
    moves = "; ".join(
        f"{name} {a:g} to {b:g} gives {left:,.0f} to {right:,.0f}"
        if isinstance(a, (int, float))
        else f"{name} {a} to {b} gives {left:,.0f} to {right:,.0f}"
        for name, a, b, left, right in zip(
            names, table["low"].tolist(), table["high"].tolist(), low, high, strict=True
        )
    )
    describe(
        ax,
        alt
        or f"Tornado chart of the {what}, {middle:,.0f} with all assumptions as they are. {moves}.",
    )
    return ax
