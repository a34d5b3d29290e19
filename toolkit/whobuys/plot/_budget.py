"""What a limited budget earns: spread evenly, or spent where it earns most first."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator, StrMethodFormatter
from numpy.typing import NDArray

from whobuys.plot._alt import describe
from whobuys.plot._parts import column, lacks, new_axes
from whobuys.plot._style import INK, MAIN, PALE, QUIET, WARM

_LOOKS = (("D", MAIN, MAIN), ("o", WARM, "white"), ("s", INK, PALE), ("^", QUIET, QUIET))


def budget_curve(
    segments: pd.DataFrame,
    budget: float,
    ax: Axes | None = None,
    *,
    by: str = "segment",
    customers: str = "customers",
    value: str = "profit_per_visit",
    most: str = "useful_visits",
    unit: str = "visits",
    money: str = "",
    alt: str | None = None,
) -> Axes:
    """Draw what a budget earns when it is spread evenly, and when the best segment comes first.

    Parameters
    ----------
    segments : DataFrame
        One row a segment with the columns `by`, `customers`, `value` and `most`.
    budget : float
        How much there is to give out, in `unit`. A line marks it.
    ax : Axes, optional
        Where to draw; by default a new figure.
    by : str
        Column of the segment's name.
    customers : str
        Column of the number of customers, above 0.
    value : str
        Column of what one unit earns, in `money`.
    most : str
        Column of the units one customer can use. What is given beyond earns nothing.
    unit, money : str
        What is given out and what it earns, for the axes: ``"visits"``, ``"£"``.
    alt : str, optional
        Alt text instead of the one computed from the data.

    Returns
    -------
    Axes
        Two lines over the budget. Value first is solid, with a dot where a segment has all it can
        use; it climbs less and less steeply. Evenly is dashed: every customer gets the same.

    Raises
    ------
    ValueError
        A column is missing or empty, a segment has no customers, or `budget` is not above zero.

    Notes
    -----
    Value first is the best plan as long as each unit given to a segment earns the same up to
    `most`: exchanging a unit for one in a poorer segment can only lose (the fractional knapsack;
    Dantzig, 1957).

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> import pandas as pd
    >>> from whobuys.plot import alt_text
    >>> segments = pd.DataFrame({
    ...     "segment": ["small", "large"], "customers": [30, 10],
    ...     "profit_per_visit": [20.0, 90.0], "useful_visits": [2, 4],
    ... })
    >>> ax = budget_curve(segments, budget=60, money="£")
    >>> alt_text(ax).split(". ")[1]
    'With 60 visits, value first earns £4,000 and evenly £2,250'
    >>> plt.close(ax.figure)
    """
    size = column(segments, customers, "segments")
    worth = column(segments, value, "segments")
    useful = column(segments, most, "segments")
    if by not in segments.columns:
        raise ValueError(lacks("segments", by, segments))
    if (size <= 0).any():
        raise ValueError(f'Column "{customers}" of segments must be above 0 in every row.')
    if not budget > 0:
        raise ValueError(f"budget must be above 0, not {budget!r}.")
    names = segments[by].astype(str).to_numpy()

    order = np.argsort(-worth, kind="stable")
    ends = np.concatenate([[0.0], np.cumsum(size[order] * useful[order])])
    earned = np.concatenate([[0.0], np.cumsum(size[order] * useful[order] * worth[order])])
    reach = max(ends[-1], budget) * 1.02
    grid = np.unique(np.concatenate([np.linspace(0, reach, 100), useful * size.sum(), [budget]]))
    grid = grid[grid <= reach]
    flat = _even(grid, size, worth, useful)
    first_now = float(np.interp(budget, ends, earned))
    even_now = float(_even(np.array([budget]), size, worth, useful)[0])

    ax = ax or new_axes(4.2)
    ax.axvline(budget, color=PALE, linewidth=3, zorder=1)
    ax.plot([*ends, reach], [*earned, earned[-1]], color=MAIN, linewidth=2.4, zorder=3)
    ax.plot(ends[1:], earned[1:], "o", color=MAIN, markersize=5, zorder=3)
    ax.plot(grid, flat, color=WARM, linewidth=2.4, linestyle="--", zorder=2)
    right = budget > 0.5 * reach
    for name, now, colour in (("value first", first_now, MAIN), ("evenly", even_now, WARM)):
        ax.plot(budget, now, "o", markersize=9, markerfacecolor="white", color=colour, zorder=4)
        ax.annotate(
            f"{name}: {money}{now:,.0f}",
            (budget, now),
            xytext=(-9 if right else 9, 9 if right else -9),
            textcoords="offset points",
            ha="right" if right else "left",
            va="bottom" if right else "top",
            color=colour,
            fontweight="bold",
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 1.5, "alpha": 0.85},
            zorder=5,
        )
    ax.set_xlim(0, reach)
    ax.set_ylim(0, max(earned.max(), 1e-9) * 1.14)
    ax.xaxis.set_major_locator(MaxNLocator(5))
    ax.xaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
    ax.yaxis.set_major_formatter(StrMethodFormatter(money + "{x:,.0f}"))
    ax.set_xlabel(f"{unit.capitalize()} given out (the line marks {budget:,.0f})")
    ax.set_ylabel("Profit")
    ax.set_title(f"What {unit} earn, by the plan they follow", loc="left")
    words = (
        f"Line chart of profit by number of {unit}. With {budget:,.0f} {unit}, value first earns "
        f"{money}{first_now:,.0f} and evenly {money}{even_now:,.0f}. Value first climbs steeply "
        f"and then less and less, in the order {'; '.join(names[order])}. The dashed line of the "
        "even plan stays below it until everybody has all they can use."
    )
    describe(ax, alt or words)
    return ax


def plan_dots(
    plans: pd.DataFrame,
    ax: Axes | None = None,
    *,
    what: str = "visits a customer",
    title: str | None = None,
    alt: str | None = None,
) -> Axes:
    """Draw two to four plans beside each other: what each segment gets under each.

    Parameters
    ----------
    plans : DataFrame
        One row a segment (the index names it), one column of numbers a plan (its name is the
        label). At most four columns.
    ax : Axes, optional
        Where to draw; by default a new figure.
    what : str
        What is counted, for the axis.
    title : str, optional
        A title instead of one made from `what`.
    alt : str, optional
        Alt text instead of the one computed from the data.

    Returns
    -------
    Axes
        One row a segment, the first on top, and one kind of mark a plan: shape and height in the
        row tell the plans apart, not colour alone.

    Raises
    ------
    ValueError
        There is no plan or there are more than four, there are no rows, or a number is missing.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> import pandas as pd
    >>> from whobuys.plot import alt_text
    >>> plans = pd.DataFrame({"evenly": [2.5, 2.5], "value first": [4.0, 0.0]}, ["large", "small"])
    >>> alt_text(plan_dots(plans))
    'Dot chart of visits a customer, evenly / value first. large: 2.5 / 4; small: 2.5 / 0.'
    >>> plt.close("all")
    """
    labels = [str(name) for name in plans.columns]
    if not 1 <= len(labels) <= len(_LOOKS):
        raise ValueError(f"plans must have 1 to {len(_LOOKS)} columns, not {len(labels)}.")
    values = np.column_stack([column(plans, name, "plans") for name in plans.columns])

    ax = ax or new_axes(1.9 + 0.42 * max(len(plans), 3))
    rows = np.arange(len(plans))[::-1]
    ax.hlines(rows, values.min(axis=1), values.max(axis=1), color=PALE, linewidth=4, zorder=1)
    for index, (label, (marker, edge, face)) in enumerate(zip(labels, _LOOKS, strict=False)):
        ax.scatter(
            values[:, index],
            rows + 0.18 * ((len(labels) - 1) / 2 - index),
            s=60,
            marker=marker,
            facecolor=face,
            edgecolor=edge,
            linewidth=1.8,
            label=label,
            zorder=4 - index,
        )
    ax.set_yticks(rows, [str(name) for name in plans.index])
    ax.set_ylim(-0.6, len(plans) - 0.4)
    low, high = min(0.0, values.min()), values.max()
    ax.set_xlim(low - 0.03 * (high - low or 1), high + 0.06 * (high - low or 1))
    ax.tick_params(axis="y", length=0)
    ax.spines["left"].set_visible(False)
    ax.set_xlabel(what.capitalize())
    ax.set_title(title or f"{what.capitalize()}, plan by plan", loc="left", pad=34)
    ax.legend(
        loc="lower left",
        bbox_to_anchor=(-0.02, 1.0),
        ncols=len(labels),
        frameon=False,
        handletextpad=0.1,
        columnspacing=1.0,
        borderaxespad=0.1,
    )
    parts = [
        f"{name}: {' / '.join(f'{value:.2f}'.rstrip('0').rstrip('.') for value in row)}"
        for name, row in zip(plans.index, values, strict=True)
    ]
    describe(ax, alt or f"Dot chart of {what}, {' / '.join(labels)}. {'; '.join(parts)}.")
    return ax


def _even(
    budgets: NDArray[np.float64],
    size: NDArray[np.float64],
    worth: NDArray[np.float64],
    useful: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Return what each budget earns when every customer gets the same."""
    each = np.minimum((budgets / size.sum())[:, None], useful[None, :])
    earned: NDArray[np.float64] = (each * size * worth).sum(axis=1)
    return earned
