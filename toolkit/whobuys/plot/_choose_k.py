"""Four measures of the number of segments, side by side."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from whobuys.plot._alt import describe
from whobuys.plot._style import MAIN, QUIET, SIZE, WARM
from whobuys.segment import pick_k

PANELS = {
    "elbow": ("inertia", "inertia bends at"),
    "silhouette": ("silhouette", "silhouette highest at"),
    "gap": ("gap", "gap: enough at"),
    "stability": ("stability", "stability highest at"),
}


def choose_k_panels(table: pd.DataFrame, *, alt: str | None = None) -> Figure:
    """Draw the four measures of `choose_k`, each with the k it takes.

    Parameters
    ----------
    table : DataFrame
        From `choose_k`.
    alt : str, optional
        Alt text instead of the one computed from the data.

    Returns
    -------
    Figure
        A small chart a measure; the k it takes is a large diamond, named in the title. As the last
        line of a cell it shows itself.

    Raises
    ------
    ValueError
        The table has fewer than three ks.

    Examples
    --------
    >>> from whobuys.plot import alt_text
    >>> table = pd.DataFrame(
    ...     {"inertia": [100.0, 55.0, 10.0, 9.0], "silhouette": [None, 0.5, 0.7, 0.4]},
    ...     index=pd.Index([1, 2, 3, 4], name="k"))
    >>> figure = choose_k_panels(table)
    >>> alt_text(figure)
    'Line charts of 2 measures against the number of segments, 1 to 4. The elbow takes 3;
    silhouette takes 3.'
    """
    picks = pick_k(table)
    many = len(picks)
    rows = (many + 1) // 2
    figure = Figure(figsize=(SIZE[0] * 1.25, 2.5 * rows), layout="constrained")
    axes = figure.subplots(rows, 2, squeeze=False)
    for ax in axes.flat[many:]:
        ax.set_visible(False)
    ks = table.index.to_numpy()
    for ax, (name, pick) in zip(axes.flat, picks.items(), strict=False):
        column, said = PANELS[str(name)]
        values = table[column].to_numpy(float)
        ax.plot(ks, values, color=MAIN, marker="o", markersize=4, linewidth=1.5)
        if name == "gap":
            error = table["gap_se"].to_numpy(float)
            ax.errorbar(ks, values, error, fmt="none", ecolor=QUIET, elinewidth=1, capsize=2)
        at = int(np.flatnonzero(ks == pick)[0])
        ax.scatter([pick], [values[at]], s=90, marker="D", color=WARM, zorder=3)
        ax.set_title(f"{said} {pick}", fontsize=11)
        ax.margins(y=0.14)
        ax.xaxis.set_major_locator(MaxNLocator(integer=True))
        ax.yaxis.set_major_locator(MaxNLocator(4))
        ax.yaxis.set_major_formatter(_short)
        ax.set_xlim(ks[0] - 0.4, ks[-1] + 0.4)
    for ax in axes[-1]:
        ax.set_xlabel("number of segments k")
    words = "; ".join(f"{name} takes {pick}" for name, pick in picks.items())
    describe(
        figure,
        alt
        or f"Line charts of {many} measures against the number of segments, {ks[0]} to {ks[-1]}. "
        f"The {words}.",
    )
    return figure


def _short(value: float, _: int | None = None) -> str:
    return f"{value:,.0f}" if abs(value) >= 10 else f"{value:.2f}".rstrip("0").rstrip(".")
