"""Recency against frequency as a heat map."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from numpy.typing import NDArray

from whobuys.plot._alt import describe
from whobuys.plot._parts import column, customers_text, new_axes
from whobuys.plot._style import QUIET

HEAT = LinearSegmentedColormap.from_list("warm", ["#fbf4ea", "#f0b96f", "#c9622f", "#6e2418"])


def rfm_grid(
    scores: pd.DataFrame,
    ax: Axes | None = None,
    value: Literal["customers", "share", "revenue", "monetary"] = "customers",
    *,
    alt: str | None = None,
) -> Axes:
    """Draw the recency × frequency grid as a heat map with the number in each cell.

    The warm corner, bought recently and often, is at the top right. Darker is more.

    Parameters
    ----------
    scores : DataFrame
        One row a customer with ``r_score`` and ``f_score``, and ``monetary`` for the last two
        values.
    ax : Axes, optional
        Where to draw; by default a new figure.
    value : {"customers", "share", "revenue", "monetary"}
        What a cell holds: number of customers, their share (%), the share of all revenue (%), or
        the mean monetary value of a customer in it.
    alt : str, optional
        Alt text instead of the one computed from the data.

    Returns
    -------
    Axes
        The chart; `alt_text` reads its words.

    Raises
    ------
    ValueError
        A column is missing or empty, a score is not a whole number from 1, or `value` is unknown.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> import pandas as pd
    >>> ax = rfm_grid(pd.DataFrame({"r_score": [5, 5, 1], "f_score": [5, 5, 1]}))
    >>> ax.get_title("left")
    'Customers by recency and frequency score'
    >>> plt.close(ax.figure)
    """
    titles = {
        "customers": "Customers by recency and frequency score",
        "share": "Share of customers (%) by recency and frequency",
        "revenue": "Share of revenue (%) by recency and frequency",
        "monetary": "Mean monetary value by recency and frequency",
    }
    if value not in titles:
        raise ValueError(f"value must be one of {', '.join(titles)}, not {value!r}.")
    recency, frequency = (column(scores, name, "scores") for name in ("r_score", "f_score"))
    both = np.concatenate([recency, frequency])
    if ((both < 1) | (both % 1 != 0)).any():
        raise ValueError('Columns "r_score" and "f_score" must hold whole numbers from 1.')
    bins = scores.attrs.get("bins")
    top = max(int(both.max()), bins if isinstance(bins, int) else 5)
    cell = (recency.astype(int) - 1) * top + frequency.astype(int) - 1
    count = np.bincount(cell, minlength=top * top).reshape(top, top)
    if value in ("revenue", "monetary"):
        paid = column(scores, "monetary", "scores")
        total = np.bincount(cell, weights=paid, minlength=top * top).reshape(top, top)
    if value == "customers":
        held = count.astype(float)
    elif value == "share":
        held = count / count.sum() * 100
    elif value == "revenue":
        held = total / total.sum() * 100
    else:
        held = total / np.maximum(count, 1)
    held[count == 0] = np.nan

    ax = ax or new_axes(4.2)
    low, high = min(0.0, np.nanmin(held)), np.nanmax(held)
    ax.pcolormesh(held, cmap=HEAT, vmin=low, vmax=high, edgecolors="white", linewidth=1.5)
    for r in range(top):
        for f in range(top):
            number = held[r, f]
            if count[r, f] == 0:
                text, colour = "–", QUIET
            else:
                text = _number(number, value)
                shade = (number - low) / (high - low) if high > low else 0.0
                colour = "white" if _luminance(HEAT(shade)) < 0.179 else "black"
            ax.text(f + 0.5, r + 0.5, text, ha="center", va="center", color=colour)
    ticks = np.arange(top) + 0.5
    ax.set_xticks(ticks, [str(i) for i in range(1, top + 1)])
    ax.set_yticks(ticks, [str(i) for i in range(1, top + 1)])
    ax.tick_params(length=0)
    for spine in ax.spines.values():
        spine.set_visible(False)
    ax.set(
        xlabel=f"Frequency score (1 seldom, {top} often)",
        ylabel=f"Recency score (1 long ago, {top} just now)",
    )
    ax.set_title(titles[value], loc="left")
    describe(ax, alt or _grid_words(held, count, value))
    return ax


def _grid_words(held: NDArray[np.float64], count: NDArray[np.int64], value: str) -> str:
    what = {
        "customers": "number of customers",
        "share": "share of customers",
        "revenue": "share of revenue",
        "monetary": "mean monetary value",
    }[value]

    def said(cell: tuple[int, int]) -> str:
        return _number(held[cell], value) + (" %" if value in ("share", "revenue") else "")

    top = len(held)
    r, f = (int(i) for i in np.unravel_index(np.nanargmax(held), held.shape))
    corner = (top - 1, top - 1)
    warm = said(corner) if count[corner] else "nobody"
    cold = said((0, 0)) if count[0, 0] else "nobody"
    empty = int((count == 0).sum())
    gaps = f" {empty} of the {top * top} cells are empty." if empty else ""
    return (
        f"Heat map of {what} by recency score (up) and frequency score (to the right), "
        f"{customers_text(int(count.sum()))}. "
        f"The highest is in recency {r + 1}, frequency {f + 1}: {said((r, f))}. "
        f"Top right, recent and often: {warm}. Bottom left, long ago and seldom: {cold}.{gaps}"
    )


def _number(number: float, value: str) -> str:
    if value not in ("share", "revenue"):
        return f"{number:,.0f}"
    return "<0.1" if 0 < number < 0.05 else f"{number:.1f}"


def _luminance(colour: tuple[float, float, float, float]) -> float:
    """Return the relative luminance of a colour as WCAG 2 defines it, 0 black to 1 white."""
    parts = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in colour[:3]]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]
