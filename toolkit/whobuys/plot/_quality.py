"""How good the records are, and what cleaning them changes."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from whobuys.plot._alt import describe
from whobuys.plot._parts import column, lacks, new_axes, percent, percent_axis
from whobuys.plot._style import MAIN, QUIET, WARM


def quality_bars(report: pd.DataFrame, ax: Axes | None = None, *, alt: str | None = None) -> Axes:
    """Draw the share of missing and of invalid cells, field by field.

    Parameters
    ----------
    report : DataFrame
        One row a field with ``field``, ``missing_share`` and ``invalid_share``, as
        `whobuys.archive.quality_report` gives. Fields without a fault are counted, not drawn.
    ax : Axes, optional
        Where to draw; by default a new figure.
    alt : str, optional
        Alt text instead of the one computed from the data.

    Returns
    -------
    Axes
        A bar a field, the worst on top: missing in plain colour, invalid hatched beside it.

    Raises
    ------
    ValueError
        A column is missing or empty, or no field has a fault.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> from whobuys.plot import alt_text
    >>> report = pd.DataFrame({
    ...     "field": ["age", "city"], "missing_share": [0.1, 0.0], "invalid_share": [0.02, 0.0]})
    >>> ax = quality_bars(report)
    >>> alt_text(ax)
    'Bar chart of faults in 2 fields. age: 10 % missing, 2 % invalid. 1 field has no fault.'
    >>> plt.close(ax.figure)
    """
    missing = column(report, "missing_share", "report")
    invalid = column(report, "invalid_share", "report")
    if "field" not in report.columns:
        raise ValueError(lacks("report", "field", report))
    table = pd.DataFrame(
        {"missing": missing, "invalid": invalid}, index=report["field"].astype(str)
    )
    faulty = table[table.sum(axis=1) > 0]
    if faulty.empty:
        raise ValueError("No field of report has a missing or invalid cell; nothing to draw.")
    faulty = faulty.loc[faulty.sum(axis=1).sort_values(kind="stable").index]
    ax = ax or new_axes(1.5 + 0.42 * max(len(faulty), 2))
    rows = np.arange(len(faulty))
    ax.barh(rows, faulty["missing"], color=MAIN, height=0.6, label="missing")
    wrong = faulty["invalid"].to_numpy() > 0
    ax.barh(
        rows[wrong],
        faulty["invalid"][wrong],
        left=faulty["missing"][wrong],
        color="white",
        edgecolor=WARM,
        hatch="////",
        height=0.6,
        label="invalid",
    )
    for row, (one, other) in enumerate(zip(faulty["missing"], faulty["invalid"], strict=True)):
        ax.annotate(
            _fine(one + other),
            (one + other, row),
            xytext=(5, 0),
            textcoords="offset points",
            va="center",
        )
    ax.set_yticks(rows, list(faulty.index))
    ax.set_xlim(0, faulty.sum(axis=1).max() * 1.18)
    ax.tick_params(length=0)
    percent_axis(ax, "x")
    ax.set_xlabel("Share of the rows")
    ax.set_title("Missing and invalid cells by field", loc="left")
    ax.legend(loc="lower right", frameon=False)
    describe(ax, alt or _quality_words(faulty[::-1], len(table) - len(faulty)))
    return ax


def cleaning_steps(
    steps: pd.DataFrame,
    ax: Axes | None = None,
    *,
    value: str = "revenue",
    unit: str = "",
    alt: str | None = None,
) -> Axes:
    """Draw by how much a total moves at each step from the raw to the clean table.

    Parameters
    ----------
    steps : DataFrame
        One row a step in order, with the columns ``step`` and `value`: the total after that step.
        The first row is the raw table.
    ax : Axes, optional
        Where to draw; by default a new figure.
    value : str
        Column of the total.
    unit : str
        Such as ``"CNY"``; written after the numbers.
    alt : str, optional
        Alt text instead of the one computed from the data.

    Returns
    -------
    Axes
        A bar a step from 0, to the left for a fall and to the right for a rise; the first step on
        top. The title says where the total starts and where it ends.

    Raises
    ------
    ValueError
        A column is missing, or there are fewer than two steps.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> from whobuys.plot import alt_text
    >>> steps = pd.DataFrame({"step": ["as it came", "copies out"], "revenue": [1100.0, 1000.0]})
    >>> ax = cleaning_steps(steps, unit="CNY")
    >>> alt_text(ax)
    'Bar chart of what cleaning does to the revenue, from 1,100 to 1,000 CNY. copies out: -100.'
    >>> plt.close(ax.figure)
    """
    total = column(steps, value, "steps")
    if "step" not in steps.columns:
        raise ValueError(lacks("steps", "step", steps))
    if len(total) < 2:
        raise ValueError("steps needs at least two rows: the raw table and one step.")
    change = np.diff(total)
    names = steps["step"].astype(str).tolist()[1:]
    ax = ax or new_axes(1.5 + 0.42 * max(len(names), 2))
    rows = np.arange(len(names))[::-1]
    for row, moved in zip(rows, change, strict=True):
        fall = moved < 0
        ax.barh(
            row,
            moved,
            color="white" if fall else MAIN,
            edgecolor=WARM if fall else MAIN,
            hatch="////" if fall else None,
            height=0.6,
        )
        ax.annotate(
            f"{moved:+,.0f}" if round(moved) else "0",
            (moved, row),
            xytext=(-5 if fall else 5, 0),
            textcoords="offset points",
            ha="right" if fall else "left",
            va="center",
        )
    ax.axvline(0, color=QUIET, linewidth=1)
    low, high = min(change.min(), 0), max(change.max(), 0)
    width = (high - low) or 1
    ax.set_xlim(low - 0.5 * width * (low < 0), high + 0.32 * width)
    ax.set_yticks(rows, names)
    ax.set_ylim(-0.6, len(names) - 0.4)
    ax.tick_params(length=0)
    ax.xaxis.set_visible(False)
    for side in ("left", "bottom"):
        ax.spines[side].set_visible(False)
    after = f" {unit}" if unit else ""
    name = f"{value[:1].upper()}{value[1:]}"
    ax.set_title(f"{name}: from {total[0]:,.0f} to {total[-1]:,.0f}{after}", loc="left")
    said = "; ".join(
        f"{name}: {moved:+,.0f}" if round(moved) else f"{name}: 0"
        for name, moved in zip(names, change, strict=True)
    )
    words = (
        f"Bar chart of what cleaning does to the {value}, from {total[0]:,.0f} to "
        f"{total[-1]:,.0f}{after}. {said}."
    )
    describe(ax, alt or words)
    return ax


def outlier_dots(
    values: pd.Series,
    flags: pd.Series,
    ax: Axes | None = None,
    *,
    label: str = "value",
    alt: str | None = None,
) -> Axes:
    """Draw every value as a dot on one line, with those that were flagged marked.

    Parameters
    ----------
    values : Series
        Numbers above 0; the axis is logarithmic.
    flags : Series of bool
        True for an outlier, in the order of `values`, as `whobuys.archive.outliers` gives.
    ax : Axes, optional
        Where to draw; by default a new figure.
    label : str
        What the values are, with the unit; written on the axis.
    alt : str, optional
        Alt text instead of the one computed from the data.

    Returns
    -------
    Axes
        Rings for flagged values, small dots for the others; height is chance, so that dots do not
        hide each other.

    Raises
    ------
    ValueError
        A value is missing or not above 0, or there are not as many flags as values.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> from whobuys.plot import alt_text
    >>> ax = outlier_dots(pd.Series([10, 20, 900]), pd.Series([False, False, True]), label="yuan")
    >>> alt_text(ax)
    'Dot chart of 3 values of yuan, from 10 to 900. 1 is flagged as an outlier: 900 to 900, and
    97 % of the total.'
    >>> plt.close(ax.figure)
    """
    amounts = column(pd.DataFrame({"values": values}), "values", "values")
    far = np.asarray(flags, dtype=bool)
    if len(far) != len(amounts):
        raise ValueError(f"There are {len(amounts):,} values and {len(far):,} flags.")
    if not (amounts > 0).all():
        raise ValueError(
            f"{int((amounts <= 0).sum()):,} values are not above 0; leave them out, the axis is "
            "logarithmic."
        )
    ax = ax or new_axes(2.3)
    height = np.random.default_rng(0).uniform(-1, 1, len(amounts))
    ax.scatter(amounts[~far], height[~far], s=9, color=QUIET, alpha=0.5, linewidth=0)
    ax.scatter(
        amounts[far], height[far], s=46, facecolor="white", edgecolor=WARM, linewidth=1.6, zorder=3
    )
    ax.set_xscale("log")
    ax.xaxis.set_major_formatter(lambda value, _: f"{value:,.0f}" if value >= 1 else f"{value:g}")
    ax.set_ylim(-1.4, 1.4)
    ax.yaxis.set_visible(False)
    ax.spines["left"].set_visible(False)
    ax.set_xlabel(label)
    one = int(far.sum())
    ax.set_title(f"{one:,} flagged as outlier{'s'[: one != 1]} of {len(far):,}", loc="left")
    words = (
        f"Dot chart of {len(far):,} values of {label}, from {amounts.min():,.0f} to "
        f"{amounts.max():,.0f}. "
    )
    if one:
        words += (
            f"{one:,} {'is flagged as an outlier' if one == 1 else 'are flagged as outliers'}: "
            f"{amounts[far].min():,.0f} to {amounts[far].max():,.0f}, and "
            f"{percent(amounts[far].sum() / amounts.sum())} of the total."
        )
    else:
        words += "None is flagged."
    describe(ax, alt or words)
    return ax


def _fine(share: float) -> str:
    """Write a small share with one decimal."""
    return f"{share * 100:.1f} %" if share < 0.1 else percent(share)


def _quality_words(faulty: pd.DataFrame, sound: int) -> str:
    parts = []
    for name, missing, invalid in zip(
        faulty.index, faulty["missing"], faulty["invalid"], strict=True
    ):
        said = [f"{percent(missing)} missing"] if missing else []
        said += [f"{percent(invalid)} invalid"] if invalid else []
        parts.append(f"{name}: {', '.join(said)}")
    total = len(faulty) + sound
    rest = f" {sound} field{'s have' if sound != 1 else ' has'} no fault." if sound else ""
    return f"Bar chart of faults in {total} field{'s'[: total != 1]}. {'; '.join(parts)}.{rest}"
