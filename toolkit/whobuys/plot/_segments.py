"""What each segment is of the customers, and of the revenue."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from whobuys.plot._alt import describe
from whobuys.plot._parts import column, lacks, new_axes, percent, percent_axis
from whobuys.plot._style import MAIN, PALE, WARM


def segment_bars(
    segments: pd.DataFrame,
    ax: Axes | None = None,
    *,
    by: str = "segment",
    value: str = "monetary",
    alt: str | None = None,
) -> Axes:
    """Draw each segment's share of the customers beside its share of the revenue.

    Parameters
    ----------
    segments : DataFrame
        One row a customer with the columns `by` and `value`, as `rfm_segment` gives.
    ax : Axes, optional
        Where to draw; by default a new figure.
    by, value : str
        Column of the segment's name, column of the money.
    alt : str, optional
        Alt text instead of the one computed from the data.

    Returns
    -------
    Axes
        The chart, the segment with most revenue on top: a ring for the customers, a filled diamond
        for the revenue. `alt_text` reads its words.

    Raises
    ------
    ValueError
        A column is missing or empty, or the revenue adds up to nothing.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> import pandas as pd
    >>> from whobuys.plot import alt_text
    >>> segments = pd.DataFrame({
    ...     "segment": ["loyal", "new", "new", "new"], "monetary": [75.0, 10.0, 5.0, 10.0]
    ... })
    >>> ax = segment_bars(segments)
    >>> alt_text(ax)
    'Dot chart of 2 segments, sorted by revenue. loyal: 25 % of the customers, 75 % of the revenue;
    new: 75 % of the customers, 25 % of the revenue.'
    >>> plt.close(ax.figure)
    """
    paid = column(segments, value, "segments")
    if by not in segments.columns:
        raise ValueError(lacks("segments", by, segments))
    if missing := int(segments[by].isna().sum()):
        raise ValueError(f'Column "{by}" of segments is missing in {missing:,} rows.')
    groups = pd.Series(paid).groupby(segments[by].astype(str).to_numpy())
    table = pd.DataFrame({"customers": groups.size() / len(paid), "revenue": groups.sum()})
    if not table["revenue"].sum() > 0:
        raise ValueError(
            f'Column "{value}" of segments adds up to nothing, so there are no shares.'
        )
    table["revenue"] /= table["revenue"].sum()
    table = table.sort_values(["revenue", "customers"], kind="stable")

    ax = ax or new_axes(1.6 + 0.36 * max(len(table), 3))
    rows = np.arange(len(table))
    low, high = table.min(axis=1), table.max(axis=1)
    ax.hlines(rows, low, high, color=PALE, linewidth=4, zorder=1)
    ax.scatter(
        table["customers"], rows, s=52, facecolor="white", edgecolor=MAIN, linewidth=1.8, zorder=3
    )
    ax.scatter(table["revenue"], rows, s=52, marker="D", color=WARM, zorder=2)
    for row, (customers, revenue) in enumerate(zip(table.customers, table.revenue, strict=True)):
        for share, left in ((customers, customers <= revenue), (revenue, revenue < customers)):
            ax.annotate(
                percent(share, under="<1 %"),
                (share, row),
                xytext=(-8 if left else 8, 0),
                textcoords="offset points",
                ha="right" if left else "left",
                va="center",
            )
    last = table.iloc[-1]
    for name, share, other in (
        ("customers", last["customers"], last["revenue"]),
        ("revenue", last["revenue"], last["customers"]),
    ):
        right = share > other or (share == other and name == "revenue")
        ax.annotate(
            name,
            (share, rows[-1]),
            xytext=(-4 if right else 4, 11),
            textcoords="offset points",
            ha="left" if right else "right",
            color=MAIN if name == "customers" else WARM,
            fontweight="bold",
        )
    ax.set_yticks(rows, list(table.index))
    ax.set_ylim(-0.6, len(table) - 0.2)
    width = high.max() - min(0.0, low.min())
    ax.set_xlim(min(0.0, low.min()) - 0.2 * width, high.max() + 0.16 * width)
    ax.tick_params(length=0)
    ax.spines["left"].set_visible(False)
    percent_axis(ax, "x")
    ax.set_xlabel("Share of all customers, share of all revenue")
    ax.set_title(f"Customers and revenue by {by}", loc="left")
    describe(ax, alt or _segment_words(table[::-1]))
    return ax


def _segment_words(table: pd.DataFrame) -> str:
    parts = [
        f"{name}: {percent(customers)} of the customers, {percent(revenue)} of the revenue"
        for name, customers, revenue in zip(
            table.index, table["customers"], table["revenue"], strict=True
        )
    ]
    return (
        f"Dot chart of {len(table)} segment{'s'[: len(table) != 1]}, sorted by revenue. "
        f"{'; '.join(parts)}."
    )
