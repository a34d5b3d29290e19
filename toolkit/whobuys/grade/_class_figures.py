"""The figures of the class report."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from whobuys.grade._class_words import Words, half_up
from whobuys.plot import describe
from whobuys.plot._parts import new_axes
from whobuys.plot._style import INK, MAIN, PALE, QUIET, WARM
from whobuys.plot._target_parts import label_points

BANDS = 10


def point_bands(totals: pd.Series, out_of: float, fewest: int = 0) -> pd.DataFrame:
    """Count students in bands of points; neighbours are joined until each holds enough.

    Parameters
    ----------
    totals : pandas.Series
        One total a student, points.
    out_of : float
        Full marks.
    fewest : int
        How many students a band holds at least; 0 gives ten equal bands.

    Returns
    -------
    pandas.DataFrame
        `low`, `high` (points; only the last band includes its upper end), `students`.

    Examples
    --------
    >>> point_bands(pd.Series([1, 2, 4, 8, 10, 10]), 10, fewest=3).to_dict("list")
    {'low': [0.0, 5.0], 'high': [5.0, 10.0], 'students': [3, 3]}
    """
    counts, edges = np.histogram(totals, bins=np.linspace(0, out_of, BANDS + 1))
    bands: list[list[float]] = []
    for low, high, n in zip(edges, edges[1:], counts, strict=False):
        if bands and bands[-1][2] < fewest:
            bands[-1][1:] = [high, bands[-1][2] + n]
        else:
            bands.append([low, high, n])
    if len(bands) > 1 and bands[-1][2] < fewest:
        last = bands.pop()
        bands[-1][1:] = [last[1], bands[-1][2] + last[2]]
    made = pd.DataFrame(bands, columns=["low", "high", "students"])
    return made.astype({"students": int})


def totals_figure(bands: pd.DataFrame, out_of: float, words: Words) -> Axes:
    """Draw how many students reached how many points.

    Parameters
    ----------
    bands : pandas.DataFrame
        From `point_bands`.
    out_of : float
        Full marks.
    words : Words
        Of the report.

    Returns
    -------
    Axes
        A bar a band, the highest points on top.
    """
    names = [
        words.plain(f"totals.{'last_band' if row.high == out_of else 'band'}", **_ends(row))
        for row in bands.itertuples()
    ]
    ax = new_axes(1.2 + 0.32 * len(bands))
    rows = np.arange(len(bands))
    bars = ax.barh(rows, bands["students"], color=MAIN, height=0.72)
    ax.bar_label(bars, labels=[str(n) if n else "" for n in bands["students"]], padding=3)
    ax.set_yticks(rows, names)
    ax.margins(x=0.1)
    ax.set(title=words.plain("totals.figure"), xlabel=words.plain("totals.axis"))
    ax.xaxis.set_major_locator(MaxNLocator(4, integer=True))
    said = "; ".join(
        words.plain("totals.alt_band", band=name, n=n)
        for name, n in zip(names, bands["students"], strict=True)
    )
    students = words.count("student", int(bands["students"].sum()))
    alt = words.plain("totals.alt", students=students, out_of=f"{out_of:g}", bands=said)
    describe(ax, alt)
    return ax


def item_map(items: pd.DataFrame, limit: float, words: Words) -> Axes:
    """Draw each question by difficulty and discrimination, with the interval of the latter.

    Parameters
    ----------
    items : pandas.DataFrame
        From `whobuys.grade.items.item_table`, with `title`; each with a discrimination.
    limit : float
        Below this discrimination a question should be looked at.
    words : Words
        Of the report.

    Returns
    -------
    Axes
        A point a question, named by its id; those below the limit are squares.
    """
    ax = new_axes(4.4)
    across, up = items["difficulty"].to_numpy(float), items["discrimination"].to_numpy(float)
    ax.vlines(across, items["discrimination_low"], items["discrimination_high"], color=PALE, lw=3)
    ax.axhline(0, color=QUIET, linewidth=0.8)
    ax.axhline(limit, color=INK, linewidth=1, linestyle="--")
    low = up < limit
    ax.scatter(across[~low], up[~low], s=60, color=MAIN, zorder=3)
    ax.scatter(across[low], up[low], s=70, color=WARM, marker="s", zorder=3)
    ax.set(xlim=(-0.05, 1.05), ylim=(-1.05, 1.05), title=words.plain("items.figure"))
    ax.set(xlabel=words.plain("items.x"), ylabel=words.plain("items.y"))
    ax.annotate(
        words.plain("items.limit", low=f"{limit:.2f}"),
        (0, limit),
        (2, -3),
        textcoords="offset points",
        va="top",
        color=QUIET,
        fontsize=10,
    )
    label_points(ax, np.column_stack([across, up]), list(items["question"]), [5.0] * len(items))
    said = "; ".join(
        words.plain(
            "items.alt_item",
            item=words.item(row),
            difficulty=half_up(row["difficulty"], 2),
            discrimination=half_up(row["discrimination"], 2),
        )
        for row in items.to_dict("records")
    )
    questions = words.count("question", len(items))
    describe(ax, words.plain("items.alt", questions=questions, items=said))
    return ax


def _ends(row: object) -> dict[str, str]:
    return {end: f"{getattr(row, end):g}" for end in ("low", "high")}
