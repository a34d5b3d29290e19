"""Customers on the move: who went from which segment to which."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import PathPatch
from matplotlib.path import Path
from numpy.typing import NDArray

from whobuys.plot._alt import describe
from whobuys.plot._parts import customers_text, new_axes, percent
from whobuys.plot._style import INK, MAIN, PALE, QUIET, WARM
from whobuys.plot._target_parts import shaded_table, wrap

KINDS = {"stayed": (MAIN, ""), "up": (INK, ""), "down": (WARM, "\\\\\\"), "new": (PALE, ""),
         "lost": (QUIET, "///")}  # fmt: skip


def migration_heatmap(
    matrix: pd.DataFrame,
    ax: Axes | None = None,
    *,
    title: str = "Where each segment went",
    alt: str | None = None,
) -> Axes:
    """Draw a migration matrix: the share of each row as a shade, the customers as a number.

    Parameters
    ----------
    matrix : DataFrame
        Counts, from `whobuys.strategy.migration_matrix`.
    ax : Axes, optional
        Where to draw; by default a new figure.
    title : str
        Title of the chart.
    alt : str, optional
        Alt text instead of the one computed from the data.

    Returns
    -------
    Axes
        A table, the first period down and the second across; who stayed is on the diagonal.

    Raises
    ------
    ValueError
        The matrix is not one of counts with a row of new and a column of lost customers.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> from whobuys.plot import alt_text
    >>> from whobuys.strategy import migration_matrix
    >>> then = pd.Series({"C1": "A", "C2": "A", "C3": "B", "C4": "B"})
    >>> now = pd.Series({"C1": "A", "C2": "B", "C3": "B", "C5": "B"})
    >>> ax = migration_heatmap(migration_matrix(then, now))
    >>> alt_text(ax)
    'Table of shades: segments in the first period (down) and in the second (across), shares of each
    row. A, 2 customers: 50 % stayed, 0 % were lost, most went to B (50 %). B, 2 customers: 50 %
    stayed, 50 % were lost. New: 1 customer, most of them in B.'
    >>> plt.close(ax.figure)
    """
    # Here, not above: this room needs SciPy, most charts do not.
    from whobuys.strategy import migration_shares, migration_summary

    summary, shares = migration_summary(matrix), migration_shares(matrix)
    values = shares.to_numpy(float, copy=True)
    last = len(matrix) - 1
    values[last, last] = np.nan
    rows, columns = ([str(name) for name in side] for side in (matrix.index, matrix.columns))
    total = matrix.sum(axis=1).to_numpy()
    ax = ax or new_axes(1.6 + 0.5 * len(rows))
    counts = matrix.to_numpy()
    texts = [[f"{count:,}" for count in row] for row in counts]
    labels = [f"{name} ({size:,})" for name, size in zip(rows, total, strict=True)]
    shaded_table(ax, values, labels, [wrap(name, 9) for name in columns], texts, low=0.0, high=1.0)
    for place in range(last):
        ax.add_patch(_frame(place))
    ax.axhline(last, color=INK, linewidth=1.2)
    ax.axvline(last, color=INK, linewidth=1.2)
    ax.tick_params(axis="x", labelsize=10)
    ax.set_xlabel("second period. Framed: stayed\nshade: share of the row; number: customers")
    ax.set_ylabel("first period (customers)")
    ax.set_title(title, loc="left")
    parts = []
    for place, name in enumerate(rows[:-1]):
        if not total[place]:
            parts.append(f"{name}: nobody.")
            continue
        row = summary.iloc[place]
        away = np.where(np.arange(last) == place, -1, counts[place, :last])
        words = (
            f"{name}, {customers_text(int(total[place]))}: {percent(row['stay_share'])} stayed, "
            f"{percent(row['lost_share'])} were lost"
        )
        if last > 1 and away.max() > 0:
            to = int(np.argmax(away))
            words += f", most went to {columns[to]} ({percent(values[place, to])})"
        parts.append(f"{words}.")
    if total[last]:
        most = columns[int(np.argmax(counts[last, :last]))]
        parts.append(f"New: {customers_text(int(total[last]))}, most of them in {most}.")
    describe(
        ax,
        alt
        or "Table of shades: segments in the first period (down) and in the second (across), "
        f"shares of each row. {' '.join(parts)}",
    )
    return ax


def migration_flow(
    matrix: pd.DataFrame,
    ax: Axes | None = None,
    *,
    periods: tuple[str, str] = ("first period", "second period"),
    title: str = "Who moved where",
    alt: str | None = None,
) -> Axes:
    """Draw the flows between two periods as bands, as thick as they have customers.

    Parameters
    ----------
    matrix : DataFrame
        Counts, from `whobuys.strategy.migration_matrix`, the best segment first.
    ax : Axes, optional
        Where to draw; by default a new figure.
    periods : pair of str
        Names of the two periods.
    title : str
        Title of the chart.
    alt : str, optional
        Alt text instead of the one computed from the data.

    Returns
    -------
    Axes
        Two columns of bars, the segments of each period from the best down; new customers come in
        at the bottom left, lost ones leave at the bottom right. Bands of those who fall or are
        lost are hatched.

    Raises
    ------
    ValueError
        The matrix is not one of counts, or is empty.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> from whobuys.plot import alt_text
    >>> from whobuys.strategy import migration_matrix
    >>> then = pd.Series({"C1": "A", "C2": "A", "C3": "B", "C4": "B"})
    >>> now = pd.Series({"C1": "A", "C2": "B", "C3": "B", "C5": "B"})
    >>> ax = migration_flow(migration_matrix(then, now))
    >>> alt_text(ax)
    'Flow chart of 5 customers from the first period to the second period: 2 stayed in their
    segment, 0 rose, 1 fell, 1 was lost, 1 is new. Largest flow between segments: A to B, 1.'
    >>> plt.close(ax.figure)
    """
    from whobuys.strategy import migration_flows, migration_summary

    flows = migration_flows(matrix)
    if flows.empty:
        raise ValueError("The matrix has no customers, so there is nothing to draw.")
    summary = migration_summary(matrix)
    whole = {name: int(summary[name].iloc[-1]) for name in ("stayed", "up", "down", "lost", "new")}
    counts = matrix.to_numpy()
    gap = 0.025 * counts.sum()
    left, right = _stack(counts.sum(axis=1), gap), _stack(counts.sum(axis=0), gap)
    ax = ax or new_axes(4.8)
    used = [left.copy(), right.copy()]
    kinds = {(f["from"], f["to"]): f["kind"] for f in flows.to_dict("records")}
    for i, start in enumerate(matrix.index):
        for j, end in enumerate(matrix.columns):
            size = float(counts[i, j])
            if not size:
                continue
            colour, hatch = KINDS[kinds[start, end]]
            _band(ax, used[0][i], used[1][j], size, colour, hatch)
            used[0][i] -= size
            used[1][j] -= size
    for x, tops, sizes, names in (
        (0.0, left, counts.sum(axis=1), matrix.index),
        (1.0, right, counts.sum(axis=0), matrix.columns),
    ):
        for top, size, name in zip(tops, sizes, names, strict=True):
            if size:
                ax.bar(x, size, 0.05, bottom=top - size, color=INK, zorder=3)
                ax.annotate(
                    f"{name} {size:,}", (x, top - size / 2), (-8 if x == 0 else 8, 0),
                    textcoords="offset points", ha="right" if x == 0 else "left", va="center",
                )  # fmt: skip
    ax.set_xlim(-0.42, 1.42)
    low = min(left[-1] - counts.sum(axis=1)[-1], right[-1] - counts.sum(axis=0)[-1])
    ax.set_ylim(low - gap, gap)
    ax.set_xticks([0, 1], list(periods))
    ax.tick_params(length=0)
    ax.set_yticks([])
    for spine in ax.spines.values():
        spine.set_visible(False)
    ax.set_xlabel(
        "blue: stayed; dark: rose; orange, hatched: fell;\ngrey, hatched: lost; pale: new"
    )
    ax.set_title(title, loc="left")
    between = flows[flows["kind"].isin(["up", "down"])]
    largest = (
        f" Largest flow between segments: {between['from'].iloc[0]} to {between['to'].iloc[0]}, "
        f"{between['customers'].iloc[0]:,}."
        if len(between)
        else ""
    )
    lost, new = whole["lost"], whole["new"]
    describe(
        ax,
        alt
        or f"Flow chart of {customers_text(int(counts.sum()))} from the {periods[0]} to the "
        f"{periods[1]}: {whole['stayed']:,} stayed in their segment, {whole['up']:,} "
        f"rose, {whole['down']:,} fell, {lost:,} {'was' if lost == 1 else 'were'} lost, "
        f"{new:,} {'is' if new == 1 else 'are'} new.{largest}",
    )
    return ax


def _frame(place: int) -> PathPatch:
    x, width = place + 0.04, 0.92
    corners = [(x, x), (x + width, x), (x + width, x + width), (x, x + width), (x, x)]
    return PathPatch(Path(corners), facecolor="none", edgecolor=INK, linewidth=1.6)


def _stack(sizes: NDArray[np.int64], gap: float) -> NDArray[np.float64]:
    """Return the upper end of each bar, from 0 down, with gaps between."""
    before = np.concatenate([[0], np.cumsum(sizes)[:-1]]).astype(float)
    return -(before + gap * np.arange(len(sizes)))


def _band(ax: Axes, start: float, end: float, size: float, colour: str, hatch: str) -> None:
    low, high, half = 0.025, 0.975, 0.5
    points = [
        (low, start), (half, start), (half, end), (high, end), (high, end - size),
        (half, end - size), (half, start - size), (low, start - size), (low, start),
    ]  # fmt: skip
    codes = [Path.MOVETO] + [Path.CURVE4] * 3 + [Path.LINETO] + [Path.CURVE4] * 3 + [Path.CLOSEPOLY]
    ax.add_patch(
        PathPatch(
            Path(points, codes),
            facecolor=colour,
            alpha=0.5,
            edgecolor="white",
            linewidth=0.6,
            hatch=hatch,
        )
    )
