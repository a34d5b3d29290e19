"""How often the same segments come back."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from whobuys.plot._alt import describe
from whobuys.plot._parts import new_axes, percent
from whobuys.plot._style import MAIN, PALE, WARM


def stability_boxes(found: pd.DataFrame, ax: Axes | None = None, *, alt: str | None = None) -> Axes:
    """Draw the stability of each k, or of each segment, as a box over the samples.

    Parameters
    ----------
    found : DataFrame
        From `stability` (a column a k) or `segment_stability_within` (a column a segment).
    ax : Axes, optional
        Where to draw; by default a new figure.
    alt : str, optional
        Alt text instead of the one computed from the data.

    Returns
    -------
    Axes
        A box a column: the middle half, the median as a line, whiskers to all values.

    Raises
    ------
    ValueError
        There is nothing to draw.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> from whobuys.plot import alt_text
    >>> found = pd.DataFrame({2: [0.9, 1.0, 1.0], 3: [0.2, 0.4, 0.6]}).rename_axis(columns="k")
    >>> ax = stability_boxes(found)
    >>> alt_text(ax)
    'Box plot of the adjusted Rand index of 3 pairs of samples, by number of segments. Medians: 2:
    1.00; 3: 0.40. The steadiest is 2, the least steady 3.'
    >>> plt.close(ax.figure)
    """
    if found.empty:
        raise ValueError("found has no rows or no columns, so there is nothing to draw.")
    whole = found.columns.name != "segment"
    ax = ax or new_axes()
    places = np.arange(found.shape[1])
    ax.boxplot(
        [found[name].to_numpy(float) for name in found.columns],
        positions=places,
        widths=0.55,
        whis=(0, 100),
        patch_artist=True,
        boxprops={"facecolor": PALE, "edgecolor": MAIN},
        medianprops={"color": WARM, "linewidth": 2},
        whiskerprops={"color": MAIN},
        capprops={"color": MAIN},
    )
    ax.set_xticks(places, [str(name) for name in found.columns])
    low = float(found.min().min())
    ax.set_ylim(min(0.0, low) - 0.02, 1.04)
    if whole:
        ax.set(xlabel="number of segments", ylabel="adjusted Rand index")
        ax.set_title("How well two samples agree, by number of segments")
        what = f"the adjusted Rand index of {len(found)} pairs of samples, by number of segments"
    else:
        ax.set(xlabel="segment", ylabel="Jaccard index")
        ax.set_title("How well each segment is found again")
        what = f"the Jaccard index over {len(found)} samples, by segment"
    middle = found.median()
    said = "; ".join(f"{name}: {value:.2f}" for name, value in middle.items())
    extremes = (
        f" The steadiest is {middle.idxmax()}, the least steady {middle.idxmin()}."
        if len(middle) > 1
        else ""
    )
    describe(ax, alt or f"Box plot of {what}. Medians: {said}.{extremes}")
    return ax


def segment_flow(
    across: pd.DataFrame, ax: Axes | None = None, *, fewest: float = 0.1, alt: str | None = None
) -> Axes:
    """Draw where each segment comes from when the number of segments grows.

    Parameters
    ----------
    across : DataFrame
        From `segment_stability_across`.
    ax : Axes, optional
        Where to draw; by default a new figure.
    fewest : float
        The smallest share of a segment, 0 to 1, that gets a line.
    alt : str, optional
        Alt text instead of the one computed from the data.

    Returns
    -------
    Axes
        A column a k, a circle a segment with its number (dark: stable), and a line for each share
        that comes from a segment before; the wider, the more.

    Raises
    ------
    ValueError
        There is nothing to draw.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> from whobuys.plot import alt_text
    >>> from whobuys.segment import segment_stability_across
    >>> ax = segment_flow(segment_stability_across({2: [1, 1, 2, 2], 3: [1, 1, 2, 3]}))
    >>> alt_text(ax)
    'Flow chart of the segments of 2 to 3 segments. With 3: segment 1 from 1 (100 %, stability
    1.00); segment 2 from 2 (100 %, stability 1.00); segment 3 from 2 (100 %, stability 1.00).'
    >>> plt.close(ax.figure)
    """
    if across.empty:
        raise ValueError("across has no rows, so there is nothing to draw.")
    ax = ax or new_axes(4.6)
    spot = _places(across)
    rows = _rows(across)
    for row in rows:
        for before, share in enumerate(row["flows"], start=1):
            if share >= fewest:
                start, end = spot[row["k"] - 1, before], spot[row["k"], row["segment"]]
                ax.plot(
                    *zip(start, end, strict=True),
                    color=PALE if share < 0.5 else MAIN,
                    linewidth=0.5 + 6 * share,
                    alpha=0.45,
                    solid_capstyle="round",
                    zorder=1,
                )
    value = {(row["k"], row["segment"]): float(row["stability"]) for row in rows}
    for (k, segment), (x, y) in spot.items():
        shade = value.get((k, segment), np.nan)
        dark = shade >= 0.7
        ax.scatter(
            x,
            y,
            s=300,
            facecolor=MAIN if dark else "white",
            edgecolor=MAIN if np.isnan(shade) or dark else WARM,
            linewidth=1.8,
            zorder=2,
        )
        ax.annotate(
            str(segment), (x, y), ha="center", va="center", color="white" if dark else "black"
        )
    ks = sorted({k for k, _ in spot})
    ax.set_xticks(ks, [str(k) for k in ks])
    ax.set_xlim(ks[0] - 0.4, ks[-1] + 0.4)
    ax.set_yticks([])
    ax.spines["left"].set_visible(False)
    ax.set(xlabel="number of segments (filled: stability 0.7 or more; blue ring: the first)")
    ax.set_title("Where each segment comes from")
    described = []
    for k in ks[1:]:
        parts = "; ".join(
            f"segment {row['segment']} from {row['parent']} ({percent(row['parent_share'])}, "
            f"stability {row['stability']:.2f})"
            for row in rows
            if row["k"] == k
        )
        described.append(f"With {k}: {parts}.")
    describe(
        ax,
        alt or f"Flow chart of the segments of {ks[0]} to {ks[-1]} segments. {' '.join(described)}",
    )
    return ax


def _rows(across: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(name): value for name, value in row.items()} for row in across.to_dict("records")]


def _places(across: pd.DataFrame) -> dict[tuple[int, int], tuple[float, float]]:
    """Put the segments of each k one above the other, near where they come from."""
    rows = _rows(across)
    first = min(row["k"] for row in rows) - 1
    places: dict[tuple[int, int], tuple[float, float]] = {}

    def stack(k: int, order: list[int]) -> None:
        for row, segment in enumerate(order):
            places[k, segment] = (float(k), 0.5 - (row + 0.5) / len(order))

    stack(first, list(range(1, first + 1)))
    for k in sorted({row["k"] for row in rows}):
        heights = {
            row["segment"]: sum(
                share * places[k - 1, i][1] for i, share in enumerate(row["flows"], start=1)
            )
            for row in rows
            if row["k"] == k
        }
        stack(k, sorted(heights, key=lambda segment: -heights[segment]))
    return places
