"""What was found: customers in two components, silhouettes, two groupings side by side."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from numpy.typing import NDArray

from whobuys.plot._alt import describe
from whobuys.plot._grid import HEAT, _luminance
from whobuys.plot._parts import column, customers_text, new_axes, percent
from whobuys.plot._style import INK, MAIN, PALE, QUIET, WARM

MARKS = "os^DvPX*<>"
COLOURS = (MAIN, WARM, "#8a9a3b", "#7a4f8c", "#c79a2b", "#3f8f7a", QUIET, "#9c4a63")


def segment_scatter(
    scores: pd.DataFrame,
    labels: Any,
    ax: Axes | None = None,
    *,
    x: str | None = None,
    y: str | None = None,
    alt: str | None = None,
) -> Axes:
    """Draw every customer as a point in two columns, with the mark of their segment.

    Parameters
    ----------
    scores : DataFrame
        One row a customer; most often the scores of `components`.
    labels : Series, Segments or sequence
        The segment of each row.
    ax : Axes, optional
        Where to draw; by default a new figure.
    x, y : str, optional
        The two columns; by default the first two.
    alt : str, optional
        Alt text instead of the one computed from the data.

    Returns
    -------
    Axes
        A scatter plot; each segment has a colour, a mark, and its name at its middle.

    Raises
    ------
    ValueError
        There are fewer than two columns, a column is missing, or there is not one label a row.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> from whobuys.plot import alt_text
    >>> scores = pd.DataFrame({"PC1": [0, 1, 5, 6], "PC2": [1, 0, 2, 3]})
    >>> ax = segment_scatter(scores, [1, 1, 2, 2])
    >>> alt_text(ax)
    'Scatter plot of 4 customers by PC1 and PC2. Middle of each segment: 1 (2 customers) at 0.5,
    0.5; 2 (2 customers) at 5.5, 2.5.'
    >>> plt.close(ax.figure)
    """
    if scores.shape[1] < 2 and (x is None or y is None):
        raise ValueError("scores has fewer than two columns; a scatter plot needs two.")
    x = str(scores.columns[0]) if x is None else x
    y = str(scores.columns[1]) if y is None else y
    across, up = column(scores, x, "scores"), column(scores, y, "scores")
    names, codes = _groups(labels, scores.index)
    ax = ax or new_axes(4.2)
    said = []
    small = 26 if len(across) < 400 else 16
    for i in range(len(names)):
        mine = codes == i
        ax.scatter(
            across[mine],
            up[mine],
            s=small,
            marker=MARKS[i % len(MARKS)],
            color=COLOURS[i % len(COLOURS)],
            alpha=0.55,
            linewidth=0,
        )
    for i, name in enumerate(names):
        mine = codes == i
        middle = (float(np.median(across[mine])), float(np.median(up[mine])))
        ax.annotate(
            str(name),
            middle,
            ha="center",
            va="center",
            fontweight="bold",
            color=INK,
            bbox={"boxstyle": "round,pad=0.25", "fc": "white", "ec": QUIET, "alpha": 0.9},
        )
        said.append(
            f"{name} ({customers_text(int(mine.sum()))}) at {middle[0]:.1f}, {middle[1]:.1f}"
        )
    ax.set(xlabel=x, ylabel=y)
    ax.set_title(f"Customers by segment, {x} and {y}")
    describe(
        ax,
        alt
        or f"Scatter plot of {customers_text(len(across))} by {x} and {y}. "
        f"Middle of each segment: {'; '.join(said)}.",
    )
    return ax


def silhouette_plot(
    X: pd.DataFrame, labels: Any, ax: Axes | None = None, *, alt: str | None = None
) -> Axes:
    """Draw the silhouette of every customer, sorted within the segments.

    A bar to the right: nearer to the own segment than to the next. To the left: the customer would
    fit better elsewhere.

    Parameters
    ----------
    X : DataFrame
        One row a customer, the columns that were clustered.
    labels : Series, Segments or sequence
        The segment of each row; two or more segments.
    ax : Axes, optional
        Where to draw; by default a new figure.
    alt : str, optional
        Alt text instead of the one computed from the data.

    Returns
    -------
    Axes
        Bars from segment 1 at the top, and the mean as a dashed line.

    Raises
    ------
    ValueError
        There is one segment only, or not one label a row.

    Notes
    -----
    Rousseeuw (1987): (b − a) / max(a, b), where a is the mean distance to the own segment and b
    that to the nearest other one.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> from whobuys.plot import alt_text
    >>> ax = silhouette_plot(pd.DataFrame({"x": [0.0, 1.0, 8.0, 9.0]}), [1, 1, 2, 2])
    >>> alt_text(ax)
    'Silhouette plot of 4 customers, mean 0.87. Segment 1: mean 0.87, 0 % below zero;
    segment 2: mean 0.87, 0 % below zero.'
    >>> plt.close(ax.figure)
    """
    from sklearn.metrics import silhouette_samples

    names, codes = _groups(labels, X.index)
    if len(names) < 2:
        raise ValueError("labels has one segment only; a silhouette compares with the next one.")
    values = silhouette_samples(X.to_numpy(float), codes)
    ax = ax or new_axes(4.2)
    gap = max(len(values) // 40, 1)
    top, said = 0, []
    for i, name in enumerate(names):
        mine = np.sort(values[codes == i])[::-1]
        rows = np.arange(top, top + len(mine))
        colour = COLOURS[i % len(COLOURS)]
        ax.barh(rows, mine, height=1.0, color=colour, linewidth=0)
        ax.annotate(
            str(name),
            (min(float(values.min()), 0.0) - 0.03, float(rows.mean())),
            ha="right",
            va="center",
            fontweight="bold",
        )
        said.append(
            f"{name}: mean {mine.mean():.2f}, {percent(float((mine < 0).mean()))} below zero"
        )
        top += len(mine) + gap
    mean = float(values.mean())
    ax.axvline(mean, color=INK, linestyle="--", linewidth=1.2)
    ax.axvline(0, color=QUIET, linewidth=0.8)
    ax.annotate(
        f"mean {mean:.2f}",
        (mean, 0),
        (4, 3),
        textcoords="offset points",
        ha="left",
        va="bottom",
    )
    ax.set_ylim(top, -gap * 3)
    ax.set_xlim(min(float(values.min()), 0.0) - 0.12, max(float(values.max()) + 0.05, mean + 0.3))
    ax.set_yticks([])
    ax.spines["left"].set_visible(False)
    ax.set(xlabel="silhouette: 1 sits well, 0 on the border, below 0 elsewhere better")
    ax.set_title("Silhouette of every customer, by segment")
    describe(
        ax,
        alt
        or f"Silhouette plot of {customers_text(len(values))}, mean {mean:.2f}. "
        f"Segment {'; segment '.join(said)}.",
    )
    return ax


def agreement_grid(
    agreement: Any,
    ax: Axes | None = None,
    *,
    first: str = "first",
    second: str = "second",
    alt: str | None = None,
) -> Axes:
    """Draw how many customers are in each pair of segments of two groupings.

    Parameters
    ----------
    agreement : Agreement
        From `compare_segments`.
    ax : Axes, optional
        Where to draw; by default a new figure.
    first, second : str
        What the two groupings are called.
    alt : str, optional
        Alt text instead of the one computed from the data.

    Returns
    -------
    Axes
        A heat map, the matched segments on the diagonal from the top left.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> from whobuys.segment import compare_segments
    >>> from whobuys.plot import alt_text
    >>> ax = agreement_grid(compare_segments([1, 1, 2, 2], ["x", "x", "y", "y"]))
    >>> alt_text(ax)
    'Heat map of 4 customers (rows: first; columns: second), adjusted Rand index 1.00:
    100 % are in matched segments. 1 and x share 2; 2 and y share 2.'
    >>> plt.close(ax.figure)
    """
    table: pd.DataFrame = agreement.table
    held = table.to_numpy()
    ax = ax or new_axes(1.6 + 0.5 * max(len(table), 3))
    ax.pcolormesh(held, cmap=HEAT, vmin=0, edgecolors="white", linewidth=1.5)
    high = held.max()
    for row, column_ in np.ndindex(*held.shape):
        number = int(held[row, column_])
        dark = _luminance(HEAT(number / high)) < 0.179
        ax.text(
            column_ + 0.5,
            row + 0.5,
            f"{number:,}" if number else "–",
            ha="center",
            va="center",
            color="white" if dark else "black",
        )
    ax.set_xticks(np.arange(held.shape[1]) + 0.5, [str(name) for name in table.columns])
    ax.set_yticks(np.arange(held.shape[0]) + 0.5, [str(name) for name in table.index])
    ax.invert_yaxis()
    ax.tick_params(length=0)
    for spine in ax.spines.values():
        spine.set_visible(False)
    ax.set(xlabel=second, ylabel=first)
    ax.set_title(f"Who is with whom: adjusted Rand index {agreement.ari:.2f}")
    pairs = "; ".join(
        f"{mine} and {other} share {table.loc[mine, other]:,}"
        for mine, other in agreement.matches.items()
    )
    describe(
        ax,
        alt
        or f"Heat map of {customers_text(int(held.sum()))} (rows: {first}; columns: {second}), "
        f"adjusted Rand index {agreement.ari:.2f}: {percent(agreement.share)} are in "
        f"matched segments. {pairs}.",
    )
    return ax


def scree_plot(
    found: Any, ax: Axes | None = None, variance: float = 0.8, *, alt: str | None = None
) -> Axes:
    """Draw how much of the variance the first components keep together.

    Parameters
    ----------
    found : Components
        From `components`.
    ax : Axes, optional
        Where to draw; by default a new figure.
    variance : float
        The share that is wanted, drawn as a line.
    alt : str, optional
        Alt text instead of the one computed from the data.

    Returns
    -------
    Axes
        A bar a component, cumulative; those that are kept are dark.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> from whobuys.segment import components
    >>> from whobuys.plot import alt_text
    >>> X = pd.DataFrame({"a": [1.0, 2.0, 3.0, 4.0], "b": [2.0, 4.1, 6.2, 7.9]})
    >>> ax = scree_plot(components(X))
    >>> alt_text(ax)
    'Bar chart of the variance kept by the first components. 1: 100 %; 2: 100 %. 1 of 2 reaches
    80 %.'
    >>> plt.close(ax.figure)
    """
    together = found.variance.cumsum().to_numpy()
    places = np.arange(1, len(together) + 1)
    ax = ax or new_axes()
    colours = [MAIN if place <= found.n else PALE for place in places]
    ax.bar(places, together, color=colours, width=0.8)
    ax.axhline(variance, color=WARM, linestyle="--", linewidth=1.2)
    ax.annotate(
        f"{percent(variance)} wanted",
        (0.4, variance),
        (0, 4),
        textcoords="offset points",
        color=WARM,
    )
    ax.set_ylim(0, 1.02)
    ax.yaxis.set_major_formatter(lambda share, _: f"{share * 100:g} %")
    ax.set(xlabel="number of components", ylabel="variance kept together")
    ax.set_title(f"{found.n} components keep {percent(float(together[found.n - 1]))}")
    said = "; ".join(
        f"{place}: {percent(share)}" for place, share in zip(places, together, strict=True)
    )
    verb = "reaches" if found.n == 1 else "reach"
    describe(
        ax,
        alt
        or "Bar chart of the variance kept by the first components. "
        f"{said}. {found.n} of {len(together)} {verb} {percent(variance)}.",
    )
    return ax


def _groups(labels: Any, index: pd.Index) -> tuple[list[Any], NDArray[np.int64]]:
    labels = getattr(labels, "labels", labels)
    if isinstance(labels, pd.Series) and not labels.index.equals(index):
        labels = labels.reindex(index)
    series = pd.Series(labels)
    if len(series) != len(index) or series.isna().any():
        raise ValueError(
            f"There must be one label for each of the {len(index):,} rows; "
            f"there are {int(series.notna().sum()):,}."
        )
    codes, names = pd.factorize(series, sort=True)
    return list(names), codes
