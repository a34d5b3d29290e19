"""What customers say of us: satisfaction against expectation, recommendation, complaints."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from whobuys.plot._alt import describe
from whobuys.plot._parts import column, new_axes, percent, percent_axis
from whobuys.plot._style import INK, MAIN, PALE, QUIET, WARM
from whobuys.plot._target_parts import names_of


def satisfaction_gap(
    table: pd.DataFrame,
    ax: Axes | None = None,
    *,
    by: str | None = None,
    top: float = 5,
    title: str = "Expected, and perceived",
    alt: str | None = None,
) -> Axes:
    """Draw what each group expected and what it perceived, with a line for the gap.

    Parameters
    ----------
    table : DataFrame
        From `whobuys.strategy.satisfaction_table`.
    ax : Axes, optional
        Where to draw; by default a new figure.
    by : str, optional
        Column of the group; by default the first.
    top : float
        The highest answer.
    title : str
        Title of the chart.
    alt : str, optional
        Alt text instead of the one computed from the data.

    Returns
    -------
    Axes
        A row a group, an open circle for what was expected, a filled one for what was perceived.
        The axis is cut: it begins below the lowest mean, and says so.

    Raises
    ------
    ValueError
        A column is missing or holds no numbers.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> from whobuys.plot import alt_text
    >>> from whobuys.strategy import satisfaction_table
    >>> asked = pd.DataFrame({"expectation": [5, 4, 4, 5], "satisfaction": [4, 4, 5, 5],
    ...                       "tier": ["A", "A", "B", "B"]})
    >>> ax = satisfaction_gap(satisfaction_table(asked, by="tier"))
    >>> alt_text(ax)
    'Dot chart of mean answers from 1 to 5, expected / perceived. A: 4.50 / 4.00, gap -0.50 (2
    answers); B: 4.50 / 5.00, gap +0.50 (2 answers); all: 4.50 / 4.50, gap +0.00 (4 answers).'
    >>> plt.close(ax.figure)
    """
    names = names_of(table, by or str(table.columns[0]), "table")
    first, second = (column(table, c, "table") for c in ("expectation", "satisfaction"))
    base = column(table, "answers", "table").astype(int)
    ax = ax or new_axes(1.9 + 0.45 * len(names))
    rows = np.arange(len(names))[::-1]
    for row, one, two in zip(rows, first, second, strict=True):
        ax.plot([one, two], [row, row], color=WARM if two < one else MAIN, linewidth=4, zorder=1)
        ax.annotate(
            f"{two - one:+.2f}", (max(one, two), row), (9, 0), textcoords="offset points",
            va="center", color=WARM if two < one else MAIN, fontweight="bold",
        )  # fmt: skip
    ax.scatter(first, rows, s=70, facecolor="white", edgecolor=INK, linewidth=1.8, zorder=2,
               label="expected")  # fmt: skip
    ax.scatter(second, rows, s=70, color=INK, zorder=3, label="perceived")
    ax.set_yticks(rows, [f"{n} ({b:,})" for n, b in zip(names, base, strict=True)])
    ax.set_ylim(-0.7, len(names) - 0.3)
    low = max(1.0, np.floor((min(first.min(), second.min()) - 0.3) * 2) / 2)
    high = max(first.max(), second.max())
    ax.set_xlim(low, high + max(0.18 * (high - low), 0.2))
    ax.tick_params(axis="y", length=0)
    ax.spines["left"].set_visible(False)
    cut = f"; the axis begins at {low:g}" if low > 1 else ""
    ax.set_xlabel(f"mean answer, 1 to {top:g}{cut}\n(people asked in brackets)")
    ax.legend(loc="lower right", bbox_to_anchor=(1, 1), ncols=2, frameon=False, borderpad=0)
    ax.set_title(title, loc="left", pad=30)
    said = "; ".join(
        f"{n}: {one:.2f} / {two:.2f}, gap {two - one + 0.0:+.2f} ({b:,} answers)"
        for n, one, two, b in zip(names, first, second, base, strict=True)
    )
    describe(
        ax, alt or f"Dot chart of mean answers from 1 to {top:g}, expected / perceived. {said}."
    )
    return ax


def nps_bars(
    table: pd.DataFrame,
    ax: Axes | None = None,
    *,
    by: str | None = None,
    title: str = "Net promoter score, with its interval",
    alt: str | None = None,
) -> Axes:
    """Draw detractors to the left, promoters to the right, and the score with its interval.

    Parameters
    ----------
    table : DataFrame
        From `whobuys.strategy.net_promoter_score`.
    ax : Axes, optional
        Where to draw; by default a new figure.
    by : str, optional
        Column of the group; by default the first.
    title : str
        Title of the chart.
    alt : str, optional
        Alt text instead of the one computed from the data.

    Returns
    -------
    Axes
        A row a group: hatched bar of detractors to the left, plain bar of promoters to the right,
        both in percent of the answers; a diamond at the score, in points, a line for its interval.

    Raises
    ------
    ValueError
        A column is missing or holds no numbers.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> from whobuys.plot import alt_text
    >>> from whobuys.strategy import net_promoter_score
    >>> ax = nps_bars(net_promoter_score(pd.DataFrame({"recommend": [10, 9, 8, 3]})))
    >>> alt_text(ax)
    'Bar chart of net promoter scores. all: 25 (95 % interval from -55 to 88), promoters 50 %,
    detractors 25 %, 4 answers.'
    >>> plt.close(ax.figure)
    """
    names = names_of(table, by or str(table.columns[0]), "table")
    up, down, score, low, high, base = (
        column(table, c, "table")
        for c in ("promoters", "detractors", "nps", "low", "high", "answers")
    )
    ax = ax or new_axes(1.9 + 0.55 * len(names))
    rows = np.arange(len(names))[::-1]
    ax.barh(rows, 100 * up, 0.62, color=PALE, label="promoters")
    ax.barh(rows, -100 * down, 0.62, color="white", edgecolor=QUIET, hatch="///",
            label="detractors")  # fmt: skip
    ax.hlines(rows, low, high, color=MAIN, linewidth=3)
    ax.scatter(score, rows, marker="D", s=55, color=MAIN, zorder=4, label="score")
    for row, value, end in zip(rows, score, high, strict=True):
        ax.annotate(
            f"{value:+.0f}", (max(end, 0), row), (6, 0), textcoords="offset points", va="center",
            fontweight="bold", color=MAIN,
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 1, "alpha": 0.8},
        )  # fmt: skip
    ax.axvline(0, color=INK, linewidth=1)
    ax.set_yticks(rows, [f"{n} ({int(b):,})" for n, b in zip(names, base, strict=True)])
    ax.set_ylim(-0.7, len(names) - 0.3)
    reach = max(100 * down.max(), -low.min(), 10), max(100 * up.max(), high.max(), 10)
    ax.set_xlim(-reach[0] * 1.08, reach[1] * 1.22)
    ax.tick_params(axis="y", length=0)
    ax.spines["left"].set_visible(False)
    ax.set_xlabel("percent of the answers; score in points\n(people asked in brackets)")
    ax.legend(loc="lower right", bbox_to_anchor=(1, 1), ncols=3, frameon=False, borderpad=0)
    ax.set_title(title, loc="left", pad=30)
    said = "; ".join(
        f"{n}: {s:.0f} (95 % interval from {lo:.0f} to {hi:.0f}), promoters {percent(u)}, "
        f"detractors {percent(d)}, {int(b):,} answers"
        for n, s, lo, hi, u, d, b in zip(names, score, low, high, up, down, base, strict=True)
    )
    describe(ax, alt or f"Bar chart of net promoter scores. {said}.")
    return ax


def closing_plot(
    curve: pd.DataFrame,
    ax: Axes | None = None,
    *,
    within: float = 24,
    title: str = "How fast complaints are settled",
    alt: str | None = None,
) -> Axes:
    """Draw the share of complaints closed after each number of hours, with its interval.

    Parameters
    ----------
    curve : DataFrame
        From `whobuys.strategy.closing_curve`.
    ax : Axes, optional
        Where to draw; by default a new figure.
    within : float
        The promise, in hours, marked by a line.
    title : str
        Title of the chart.
    alt : str, optional
        Alt text instead of the one computed from the data.

    Returns
    -------
    Axes
        A curve in steps, from 0 up; cases still open count as long as they were watched.

    Raises
    ------
    ValueError
        A column is missing or holds no numbers.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> from whobuys.plot import alt_text
    >>> curve = pd.DataFrame({"hours": [0.0, 6.0, 30.0], "at_risk": [4, 4, 2],
    ...                       "share": [0, 0.5, 0.75], "low": [0, 0.1, 0.2], "high": [0, 0.9, 1]})
    >>> alt_text(closing_plot(curve))
    'Curve of the share of 4 complaints closed, by hours since they were opened. After 24 hours 50 %
    are closed, half of them after 6 hours, 75 % by hour 30.'
    >>> plt.close("all")
    """
    hours, share, low, high, base = (
        column(curve, c, "curve") for c in ("hours", "share", "low", "high", "at_risk")
    )
    ax = ax or new_axes()
    end = max(float(hours.max()), within) * 1.08
    x, y = np.append(hours, end), np.append(share, share[-1])
    ax.fill_between(x, np.append(low, low[-1]), np.append(high, high[-1]), step="post",
                    color=PALE, alpha=0.6, linewidth=0)  # fmt: skip
    ax.step(x, y, where="post", color=MAIN, linewidth=2.2)
    now = float(share[np.flatnonzero(hours <= within)[-1]])
    ax.axvline(within, color=WARM, linestyle="--", linewidth=1.2)
    ax.plot([within], [now], "o", color=WARM)
    ax.annotate(
        f"{percent(now)} within {within:g} hours", (within, now), (8, -6),
        textcoords="offset points", va="top", color=WARM, fontweight="bold",
    )  # fmt: skip
    ax.set_xlim(0, end)
    ax.set_ylim(0, 1.02)
    percent_axis(ax)
    ax.set(xlabel="Hours since the complaint was opened", ylabel="Share closed")
    ax.set_title(title, loc="left")
    half = hours[share >= 0.5 - 1e-12]
    middle = f"half of them after {half[0]:g} hours" if len(half) else "fewer than half ever"
    describe(
        ax,
        alt
        or f"Curve of the share of {int(base[0]):,} complaints closed, by hours since they were "
        f"opened. After {within:g} hours {percent(now)} are closed, {middle}, "
        f"{percent(float(share[-1]))} by hour {hours[-1]:g}.",
    )
    return ax
