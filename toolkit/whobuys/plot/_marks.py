"""How a class did: spread of the marks, and each question."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from whobuys.plot._alt import describe
from whobuys.plot._parts import column, new_axes, percent
from whobuys.plot._style import MAIN, PALE


def mark_histogram(
    totals: pd.DataFrame, ax: Axes | None = None, steps: int = 10, *, alt: str | None = None
) -> Axes:
    """Draw how many students reached how many points.

    Parameters
    ----------
    totals : DataFrame
        One row a student with ``total`` and ``out_of``, points.
    ax : Axes, optional
        Where to draw; by default a new figure.
    steps : int
        Number of equal steps from nothing to full marks. The last includes full marks.
    alt : str, optional
        Alt text instead of the one computed from the data.

    Returns
    -------
    Axes
        A histogram with the median marked.

    Raises
    ------
    ValueError
        A column is missing or empty.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> from whobuys.plot import alt_text
    >>> ax = mark_histogram(pd.DataFrame({"total": [4, 16, 20], "out_of": 20}))
    >>> alt_text(ax)
    'Histogram of the points of 3 students, out of 20: from 4 to 20,
    half of them reached 16 or more.'
    >>> plt.close(ax.figure)
    """
    total = column(totals, "total", "totals")
    full = float(column(totals, "out_of", "totals").max())
    ax = ax or new_axes()
    counts, edges = np.histogram(total, bins=np.linspace(0, full, steps + 1))
    bars = ax.bar(edges[:-1], counts, np.diff(edges), align="edge", color=MAIN, edgecolor="white")
    ax.bar_label(bars, labels=[str(count) if count else "" for count in counts], padding=2)
    middle = float(np.median(total))
    ax.axvline(middle, color="black", linestyle="--", linewidth=1.2)
    top = ax.get_ylim()[1] * 1.1
    ax.set_ylim(0, top)
    left = middle > full / 2
    ax.annotate(
        f"median {middle:g}",
        (middle, top),
        (-6 if left else 6, -4),
        textcoords="offset points",
        ha="right" if left else "left",
        va="top",
    )
    ax.set(title="Points reached", xlabel=f"points, out of {full:g}", ylabel="students")
    ax.set_xlim(0, full)
    ax.xaxis.set_major_locator(MaxNLocator(5, integer=True))
    ax.yaxis.set_major_locator(MaxNLocator(4, integer=True))
    words = (
        f"Histogram of the points of {len(total):,} students, out of {full:g}: "
        f"from {total.min():g} to {total.max():g}, half of them reached {middle:g} or more."
    )
    describe(ax, alt or words)
    return ax


def question_bars(items: pd.DataFrame, ax: Axes | None = None, *, alt: str | None = None) -> Axes:
    """Draw the mean share of the points earned on each question.

    Parameters
    ----------
    items : DataFrame
        One row a question with ``question``, ``title`` and ``difficulty`` (0 to 1).
    ax : Axes, optional
        Where to draw; by default a new figure.
    alt : str, optional
        Alt text instead of the one computed from the data.

    Returns
    -------
    Axes
        A bar a question, in the order of the exercise.

    Raises
    ------
    ValueError
        A column is missing or empty.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> from whobuys.plot import alt_text
    >>> ax = question_bars(pd.DataFrame(
    ...     {"question": ["q1", "q2"], "title": ["Facts", "Scores"], "difficulty": [0.9, 0.5]}))
    >>> alt_text(ax)
    'Bar chart of the mean share of the points earned. q1 Facts: 90 %; q2 Scores: 50 %.'
    >>> plt.close(ax.figure)
    """
    shares = column(items, "difficulty", "items")
    names = [f"{row['question']} · {row['title']}" for row in items.to_dict("records")]
    ax = ax or new_axes(1.3 + 0.42 * len(items))
    rows = np.arange(len(items))[::-1]
    ax.barh(rows, 1, color=PALE, height=0.62)
    ax.barh(rows, shares, color=MAIN, height=0.62)
    for row, share in zip(rows, shares, strict=True):
        inside = share > 0.15
        ax.annotate(
            percent(float(share)),
            (share, row),
            (-5 if inside else 5, 0),
            textcoords="offset points",
            ha="right" if inside else "left",
            va="center",
            color="white" if inside else "black",
        )
    ax.set_yticks(rows, names)
    ax.set(title="Mean share of the points earned", xlim=(0, 1))
    ax.grid(visible=False)
    ax.xaxis.set_visible(False)
    ax.spines["bottom"].set_visible(False)
    said = "; ".join(
        f"{row['question']} {row['title']}: {percent(share)}"
        for row, share in zip(items.to_dict("records"), shares, strict=True)
    )
    describe(ax, alt or f"Bar chart of the mean share of the points earned. {said}.")
    return ax
