"""How well the segments lie apart, on a map of two principal components."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from numpy.typing import NDArray
from scipy.spatial import ConvexHull, QhullError

from whobuys.plot._alt import describe
from whobuys.plot._parts import column, customers_text, lacks, new_axes, percent
from whobuys.plot._style import INK, MAIN, QUIET, WARM

MARKERS = "os^Dvphx*P"
LINES = ("-", "--", ":", "-.")
COLOURS = (MAIN, WARM, "#22303c", "#8a6d1f", "#5d7f3b", "#7b4a7f", "#4f4f4f", "#a2783f")
CLOSE = 0.1


def separation_plot(
    table: pd.DataFrame,
    variables: Sequence[str],
    segment: str = "segment",
    ax: Axes | None = None,
    *,
    hull: float = 0.5,
    alt: str | None = None,
) -> Axes:
    """Draw the customers on two principal components, with a hull and neighbours of each segment.

    Parameters
    ----------
    table : DataFrame
        One row a customer with `segment` and the number columns `variables`.
    variables : sequence of str
        At least two; each is standardised.
    segment : str
        Column of the codes.
    ax : Axes, optional
        Where to draw; by default a new figure.
    hull : float
        Share of a segment's customers, those closest to its centre, inside its outline.
    alt : str, optional
        Alt text instead of the one computed from the data.

    Returns
    -------
    Axes
        Each segment has its own marker and its code at its centre. A line joins two centres when
        many customers have one as nearest and the other as second nearest; the thicker, the more.

    Raises
    ------
    ValueError
        A column is missing or has no number, or there are fewer than two variables or segments.

    Notes
    -----
    After the segment separation plot of Dolnicar, S., Grün, B., and Leisch, F. (2018), *Market
    Segmentation Analysis*, chapter 8, and the neighbourhood graph of Leisch, F. (2010), *Statistics
    and Computing* 20. Two components show a part of the spread only; the axes say how much. What
    overlaps here may lie apart in the third. The outermost 1 % at each edge are not shown.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> import pandas as pd
    >>> from whobuys.plot import alt_text
    >>> people = pd.DataFrame({"segment": list("AAABBB"), "age": [20, 21, 22, 50, 51, 53],
    ...                        "orders": [1, 2, 1, 8, 9, 7]})
    >>> ax = separation_plot(people, ["age", "orders"])
    >>> alt_text(ax)[:72]
    'Scatter plot of 6 customers in 2 segments on two principal components of'
    >>> plt.close(ax.figure)
    """
    if len(variables) < 2:
        raise ValueError(f"variables must name at least two columns, not {len(variables)}.")
    if segment not in table.columns:
        raise ValueError(lacks("table", segment, table))
    kept = table[table[segment].notna()]
    values = np.column_stack([column(kept, name, "table") for name in variables])
    codes = sorted(kept[segment].unique(), key=str)
    if len(codes) < 2:
        raise ValueError(f'Column "{segment}" of table holds one segment only; nothing to part.')
    spread = values.std(axis=0)
    scaled = (values - values.mean(axis=0)) / np.where(spread > 0, spread, 1)
    _, size, axes = np.linalg.svd(scaled, full_matrices=False)
    axes = axes[:2] * np.sign(axes[:2].sum(axis=1, keepdims=True) + 1e-12)
    explained = size[:2] ** 2 / (size**2).sum()
    points = scaled @ axes.T
    labels = kept[segment].to_numpy()
    centres = np.array([scaled[labels == code].mean(axis=0) for code in codes])
    near = _neighbours(scaled, centres)

    ax = ax or new_axes(4.4)
    flat = centres @ axes.T
    for (one, other), share in near.items():
        if share >= CLOSE / 10:
            ax.plot(
                *flat[[one, other]].T, color=QUIET, linewidth=1 + 14 * share, zorder=2,
                solid_capstyle="round",
            )  # fmt: skip
    for place, code in enumerate(codes):
        colour, marker = COLOURS[place % len(COLOURS)], MARKERS[place % len(MARKERS)]
        own = points[labels == code]
        ax.scatter(
            own[:, 0],
            own[:, 1],
            s=9,
            marker=marker,
            color=colour,
            alpha=0.25,
            linewidths=0,
            zorder=1,
        )
        outline = _hull(own, flat[place], hull)
        if outline is not None:
            line = LINES[place % len(LINES)]
            ax.plot(*outline.T, color=colour, linewidth=1.8, linestyle=line, zorder=3)
    low, high = np.quantile(points, [0.01, 0.99], axis=0)
    margin = np.maximum(0.08 * (high - low), 0.1)
    ax.set_xlim(low[0] - margin[0], high[0] + margin[0])
    ax.set_ylim(low[1] - margin[1], high[1] + margin[1])
    extent = (high - low) + 2 * margin
    for place, (code, spot) in enumerate(zip(codes, _apart(flat / extent) * extent, strict=True)):
        colour = COLOURS[place % len(COLOURS)]
        ax.plot(*np.array([flat[place], spot]).T, color=colour, linewidth=1, zorder=4)
        ax.text(
            float(spot[0]),
            float(spot[1]),
            str(code),
            color="white",
            ha="center",
            va="center",
            fontweight="bold",
            bbox={"boxstyle": "round,pad=0.25", "facecolor": colour, "edgecolor": "white"},
            zorder=5,
        )
    ax.set(
        xlabel=f"First component ({percent(explained[0])} of the spread)",
        ylabel=f"Second ({percent(explained[1])})",
    )
    ax.set_title("Do the segments lie apart?", loc="left", color=INK)
    ax.tick_params(labelsize=9)
    describe(ax, alt or _words(codes, near, explained, len(kept), len(variables), hull))
    return ax


def _apart(spots: NDArray[np.float64], least: float = 0.11) -> NDArray[np.float64]:
    """Push labels apart until they can be read; spots are in parts of the axes."""
    moved = spots.copy()
    for _ in range(200):
        gap = moved[:, None, :] - moved[None, :, :]
        distance = np.linalg.norm(gap, axis=2)
        np.fill_diagonal(distance, np.inf)
        close = distance < least
        if not close.any():
            break
        way = gap / np.maximum(distance, 1e-9)[:, :, None]
        moved += np.where(close[:, :, None], way * 0.01, 0).sum(axis=1)
    return moved


def _neighbours(
    scaled: NDArray[np.float64], centres: NDArray[np.float64]
) -> dict[tuple[int, int], float]:
    """Return how close pairs of segments are: part of both that is torn between the two."""
    distance = np.linalg.norm(scaled[:, None, :] - centres[None, :, :], axis=2)
    order = np.argsort(distance, axis=1)[:, :2]
    first, second = np.take_along_axis(distance, order, axis=1).T
    torn = np.divide(2 * first, first + second, out=np.zeros(len(first)), where=second > 0)
    pairs = {}
    for one, other in combinations(range(len(centres)), 2):
        between = ((order == [one, other]) | (order == [other, one])).all(axis=1)
        either = np.isin(order[:, 0], [one, other]).sum()
        pairs[one, other] = float(torn[between].sum() / max(either, 1))
    return pairs


def _hull(
    own: NDArray[np.float64], centre: NDArray[np.float64], share: float
) -> NDArray[np.float64] | None:
    """Return the outline of the part of the points closest to the centre."""
    distance = np.linalg.norm(own - centre, axis=1)
    inner = own[distance <= np.quantile(distance, share)]
    try:
        corners = ConvexHull(inner).vertices
    except (QhullError, ValueError):
        return None
    return inner[np.append(corners, corners[0])]


def _words(
    codes: list,
    near: dict[tuple[int, int], float],
    explained: NDArray[np.float64],
    customers: int,
    variables: int,
    hull: float,
) -> str:
    most = sorted(near, key=near.__getitem__, reverse=True)
    closest = [f"{codes[a]} and {codes[b]}" for a, b in most[:2]]
    far = most[-1]
    apart = (
        f" Furthest from each other: {codes[far[0]]} and {codes[far[1]]}." if len(most) > 2 else ""
    )
    return (
        f"Scatter plot of {customers_text(customers)} in {len(codes)} segments on two principal "
        f"components of {variables} variables, {percent(float(explained.sum()))} of the spread. "
        f"An outline holds the inner {percent(hull)} of each segment. Closest neighbours: "
        f"{', then '.join(closest)}.{apart}"
    )
