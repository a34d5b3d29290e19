"""Days between purchases."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from whobuys.plot._alt import describe
from whobuys.plot._parts import column, new_axes, percent, percent_axis
from whobuys.plot._style import MAIN, PALE, QUIET, WARM


def gap_histogram(
    gaps: pd.DataFrame,
    cycle: float | None = None,
    ax: Axes | None = None,
    *,
    alt: str | None = None,
) -> Axes:
    """Draw the distribution of days between purchases, with the purchase cycle marked.

    Parameters
    ----------
    gaps : DataFrame
        One row a gap with ``gap_days``, as `whobuys.segment.purchase_gaps` gives.
    cycle : float, optional
        The purchase cycle in days, drawn as a line.
    ax : Axes, optional
        Where to draw; by default a new figure.
    alt : str, optional
        Alt text instead of the one computed from the data.

    Returns
    -------
    Axes
        The chart; `alt_text` reads its words. The longest gaps, about one in twenty, share the
        last, hatched bar.

    Raises
    ------
    ValueError
        The column is missing or empty, a gap is not above zero, or `cycle` is not.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> import pandas as pd
    >>> from whobuys.plot import alt_text
    >>> ax = gap_histogram(pd.DataFrame({"gap_days": [3, 5, 6, 9, 30]}), cycle=6.0)
    >>> alt_text(ax).split(". ")[0]
    'Histogram of 5 gaps between purchases'
    >>> plt.close(ax.figure)
    """
    days = column(gaps, "gap_days", "gaps")
    if (days <= 0).any():
        raise ValueError('Column "gap_days" must hold days above zero.')
    if cycle is not None and not cycle > 0:
        raise ValueError(f"cycle must be a number of days above zero, not {cycle!r}.")
    reach = max(float(np.quantile(days, 0.95)), 1.3 * (cycle or 0.0))
    step = next((s for s in (1, 2, 7, 14, 28) if reach / s <= 27), int(np.ceil(reach / 27)))
    count = max(int(np.ceil(reach / step)), 1)
    end = count * step
    over = days > end
    place = np.minimum(np.ceil(days / step).astype(int), count + 1)
    shares = np.bincount(place, minlength=count + 2)[1:] / len(days)

    ax = ax or new_axes()
    left = np.arange(count + 1) * step
    bars = ax.bar(left, shares, width=step, align="edge", color=MAIN, edgecolor="white")
    bars[-1].set(facecolor=PALE, edgecolor=QUIET, hatch="///", linewidth=0.8)
    if over.any():
        ax.annotate(
            f"{percent(over.mean())} longer\nthan {end:,} days",
            (end + step, shares[-1]),
            xytext=(0, 4),
            textcoords="offset points",
            ha="right",
            va="bottom",
        )
    else:
        bars[-1].set_visible(False)
    ax.set_ylim(0, shares.max() * 1.12)
    if cycle is not None:
        ax.axvline(cycle, color=WARM, linewidth=2, linestyle="--")
        ax.annotate(
            f"purchase cycle: {cycle:,.0f} days",
            (cycle, 1.0),
            xycoords=("data", "axes fraction"),
            xytext=(6, -2),
            textcoords="offset points",
            va="top",
            color=WARM,
            fontweight="bold",
        )
    half = float(np.median(days))
    width = f" (bars of {step} days)" if step > 1 else ""
    ax.set(xlabel=f"Days between two purchases{width}", ylabel="Share of gaps")
    percent_axis(ax)
    ax.set_title(f"Half of the returns came within {half:,.0f} days", loc="left")
    peak = int(np.argmax(shares[:-1]))
    words = (
        f"Histogram of {len(days):,} gaps between purchases. Half are {half:,.0f} days or shorter; "
        f"the tallest bar is {peak * step + 1:,} to {(peak + 1) * step:,} days with "
        f"{percent(shares[peak])}"
    )
    words += f"; {percent(over.mean())} are longer than {end:,} days." if over.any() else "."
    if cycle is not None:
        words += f" A line marks the purchase cycle, {cycle:,.0f} days."
    describe(ax, alt or words)
    return ax
