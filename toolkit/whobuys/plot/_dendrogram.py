"""The tree of a hierarchical clustering."""

from __future__ import annotations

from typing import Any

from matplotlib.axes import Axes

from whobuys.plot._alt import describe
from whobuys.plot._parts import customers_text, new_axes
from whobuys.plot._style import MAIN, QUIET, WARM


def dendrogram(
    found: Any, ax: Axes | None = None, leaves: int = 24, *, alt: str | None = None
) -> Axes:
    """Draw the tree of merges, its lowest branches drawn together, and where it is cut.

    Parameters
    ----------
    found : Segments
        From `find_segments` with ``method="hierarchical"``.
    ax : Axes, optional
        Where to draw; by default a new figure.
    leaves : int
        How many branches to show at the bottom, 2 or more; each says how many customers it holds.
    alt : str, optional
        Alt text instead of the one computed from the data.

    Returns
    -------
    Axes
        The higher two branches meet, the less alike they are. The dashed line cuts the tree into
        the segments found.

    Raises
    ------
    ValueError
        There is no tree.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> import pandas as pd
    >>> from whobuys.segment import find_segments
    >>> from whobuys.plot import alt_text
    >>> X = pd.DataFrame({"orders": [1.0, 1.5, 2.0, 9.0, 9.5]})
    >>> ax = dendrogram(find_segments(X, 2, "hierarchical"))
    >>> alt_text(ax)
    'Dendrogram of 5 customers. Heights of the last merges, from the top: 12.0, 0.9, 0.5, 0.5. Cut
    into 2 segments, of 3 and 2 customers.'
    >>> plt.close(ax.figure)
    """
    from scipy.cluster.hierarchy import dendrogram as draw

    tree = found.tree
    if tree is None:
        raise ValueError('There is no tree. Find the segments with method="hierarchical".')
    leaves = max(2, min(int(leaves), len(tree) + 1))
    ax = ax or new_axes(4.2)
    draw(
        tree,
        p=leaves,
        truncate_mode="lastp",
        ax=ax,
        color_threshold=0,
        above_threshold_color=MAIN,
        leaf_rotation=90,
        leaf_font_size=9,
    )
    heights = tree[::-1, 2]
    if 1 < found.k <= len(tree):
        cut = float((heights[found.k - 2] + heights[found.k - 1]) / 2)
        ax.axhline(cut, color=WARM, linestyle="--", linewidth=1.4)
        ax.annotate(
            f"{found.k} segments",
            (0.99, cut),
            (0, 4),
            xycoords=("axes fraction", "data"),
            textcoords="offset points",
            ha="right",
            color=WARM,
        )
    ax.tick_params(axis="x", length=0)
    ax.spines["bottom"].set_color(QUIET)
    ax.set(ylabel="height of the merge", xlabel="customers in the branch (in brackets)")
    ax.set_title(f"The tree of {customers_text(len(tree) + 1)}, its top")
    tops = ", ".join(f"{height:.1f}" for height in heights[: min(6, len(heights))])
    sizes = [f"{size:,}" for size in found.sizes]
    together = " and ".join([", ".join(sizes[:-1]), sizes[-1]]) if len(sizes) > 1 else sizes[0]
    describe(
        ax,
        alt
        or f"Dendrogram of {customers_text(len(tree) + 1)}. Heights of the last merges, from the "
        f"top: {tops}. Cut into {found.k} segments, of {together} customers.",
    )
    return ax
