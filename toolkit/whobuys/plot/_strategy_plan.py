"""What is done and what came of it: visits by grade, prices by segment, before and after."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from whobuys.plot._alt import describe
from whobuys.plot._parts import column, new_axes, percent
from whobuys.plot._style import INK, MAIN, PALE, QUIET, WARM
from whobuys.plot._target_parts import names_of


def visit_bars(
    summary: pd.DataFrame,
    ax: Axes | None = None,
    *,
    by: str = "grade",
    title: str = "Where the hours go, and what they bring",
    alt: str | None = None,
) -> Axes:
    """Draw each grade's share of the customers, of the hours and of the expected value.

    Parameters
    ----------
    summary : DataFrame
        From `whobuys.strategy.visit_summary`; its row "all" is not drawn.
    ax : Axes, optional
        Where to draw; by default a new figure.
    by : str
        Column of the grade.
    title : str
        Title of the chart.
    alt : str, optional
        Alt text instead of the one computed from the data.

    Returns
    -------
    Axes
        Three bars a grade: customers (pale), hours (blue, labelled with the visits each), expected
        value (hatched).

    Raises
    ------
    ValueError
        A column is missing, or there are no hours in the plan.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> from whobuys.plot import alt_text
    >>> from whobuys.strategy import plan_visits, visit_summary
    >>> customers = pd.DataFrame({"grade": ["A", "B", "B"], "value": [900.0, 300.0, 100.0],
    ...                           "visit_hours": [2.0, 1.0, 1.0]})
    >>> ax = visit_bars(visit_summary(plan_visits(customers, 7.0)))
    >>> alt_text(ax)
    'Bar chart of a plan of 4 visits in 7 hours, by grade. A: 33 % of the customers, 86 % of the
    hours (3.0 visits each), 85 % of the expected value; B: 67 % of the customers, 14 % of the hours
    (0.5 visits each), 15 % of the expected value.'
    >>> plt.close(ax.figure)
    """
    names = names_of(summary, by, "summary")
    kept = np.array([name != "all" for name in names])
    part = {
        name: column(summary, name, "summary")[kept]
        for name in ("customers", "hours", "expected", "visits", "visits_each")
    }
    names = [name for name, keep in zip(names, kept, strict=True) if keep]
    if part["hours"].sum() <= 0:
        raise ValueError("The plan has no hours, so there is nothing to draw.")
    shares = {
        name: part[name] / part[name].sum() if part[name].sum() else part[name]
        for name in ("customers", "hours", "expected")
    }
    ax = ax or new_axes(1.8 + 0.75 * len(names))
    rows = np.arange(len(names))[::-1].astype(float)
    looks = (
        ("customers", PALE, "", "customers"),
        ("hours", MAIN, "", "hours"),
        ("expected", "white", "///", "expected value"),
    )
    for place, (name, colour, hatch, label) in enumerate(looks):
        ax.barh(
            rows + 0.26 - 0.26 * place, shares[name], 0.24, color=colour, hatch=hatch, label=label,
            edgecolor=QUIET if hatch else colour,
        )  # fmt: skip
    for row, share, each in zip(rows, shares["hours"], part["visits_each"], strict=True):
        ax.annotate(
            f"{each:.1f} visits each", (share, row), (4, 0), textcoords="offset points",
            va="center", color=MAIN, fontweight="bold", fontsize=10,
        )  # fmt: skip
    ax.set_yticks(rows, names)
    ax.set_ylim(-0.6, len(names) - 0.4)
    ax.set_xlim(min(0.0, float(shares["expected"].min())), max(map(np.max, shares.values())) * 1.3)
    ax.xaxis.set_major_formatter(lambda share, _: f"{share * 100:g} %")
    ax.tick_params(axis="y", length=0)
    ax.set_xlabel("Share of all")
    ax.legend(loc="lower right", bbox_to_anchor=(1, 1), ncols=3, frameon=False, borderpad=0)
    ax.set_title(title, loc="left", pad=30)
    said = "; ".join(
        f"{n}: {percent(c)} of the customers, {percent(h)} of the hours ({v:.1f} visits each), "
        f"{percent(e)} of the expected value"
        for n, c, h, v, e in zip(
            names, shares["customers"], shares["hours"], part["visits_each"], shares["expected"],
            strict=True,
        )
    )  # fmt: skip
    describe(
        ax,
        alt
        or f"Bar chart of a plan of {part['visits'].sum():,.0f} visits in "
        f"{part['hours'].sum():,.0f} hours, by {by}. {said}.",
    )
    return ax


def segment_prices(
    table: pd.DataFrame,
    ax: Axes | None = None,
    *,
    currency: str = "",
    title: str = "One price, or a price for each segment",
    alt: str | None = None,
) -> Axes:
    """Draw each segment's own price beside the one price, with the change of its profit.

    Parameters
    ----------
    table : DataFrame
        From `whobuys.strategy.price_table`.
    ax : Axes, optional
        Where to draw; by default a new figure.
    currency : str
        Unit of the prices.
    title : str
        Title of the chart.
    alt : str, optional
        Alt text instead of the one computed from the data.

    Returns
    -------
    Axes
        A row a segment, the dearest on top; a line for the one price, a triangle that points to
        the own price. What the segment brings more or less stands beside it.

    Raises
    ------
    ValueError
        A column is missing or holds no numbers.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> from whobuys.plot import alt_text
    >>> from whobuys.strategy import price_table
    >>> pays = pd.Series([10.0, 9.0, 8.0, 5.0, 4.0, 3.0])
    >>> ax = segment_prices(price_table(pays, groups=pd.Series(list("rrrsss"))), currency="yuan")
    >>> alt_text(ax)
    'Price ladder of 2 segments in yuan; one price for all would be 8.00. r: 8.00, profit +0; s:
    3.00, profit +9. All: profit +9.'
    >>> plt.close(ax.figure)
    """
    names = names_of(table, "segment", "table")
    rest = table[[name != "all" for name in names]]
    names = names_of(rest, "segment", "table")
    own, one = column(rest, "own_price", "table"), column(rest, "one_price", "table")
    change = column(rest, "change", "table")
    order = np.argsort(own, kind="stable")
    ax = ax or new_axes(1.6 + 0.55 * len(names))
    ax.axvline(one[0], color=QUIET, linestyle="--", linewidth=1.4)
    span = max(own.max(), one[0]) - min(own.min(), one[0]) or max(abs(one[0]), 1.0)
    for row, place in enumerate(order):
        dearer = own[place] > one[place]
        colour = WARM if dearer else MAIN
        mark = ">" if dearer else "<" if own[place] < one[place] else "o"
        ax.plot([one[place], own[place]], [row, row], color=colour, linewidth=3, zorder=1)
        ax.scatter(own[place], row, marker=mark, s=100, color=colour, zorder=2)
        ax.annotate(
            f"{own[place]:,.2f}", (own[place], row), (0, 8), textcoords="offset points",
            ha="center", va="bottom", color=colour, fontweight="bold", fontsize=10,
        )  # fmt: skip
        ax.annotate(
            f"profit {change[place] + 0.0:+,.0f}", (1.01, row),
            xycoords=("axes fraction", "data"), va="center", color=INK, fontsize=10,
            annotation_clip=False,
        )  # fmt: skip
    ax.set_yticks(np.arange(len(names)), [names[place] for place in order])
    ax.set_ylim(-0.6, len(names) - 0.2)
    ax.set_xlim(min(own.min(), one[0]) - 0.12 * span, max(own.max(), one[0]) + 0.12 * span)
    ax.tick_params(axis="y", length=0)
    unit = f", {currency}" if currency else ""
    ax.set_xlabel(f"Price{unit} (dashed: one price for all, {one[0]:,.2f})")
    ax.set_title(title, loc="left")
    said = "; ".join(
        f"{names[p]}: {own[p]:,.2f}, profit {change[p] + 0.0:+,.0f}" for p in order[::-1]
    )
    whole = table[[str(name) == "all" for name in table["segment"]]]
    total = f" All: profit {float(whole['change'].iloc[0]):+,.0f}." if len(whole) else ""
    describe(
        ax,
        alt
        or f"Price ladder of {len(names)} segments{f' in {currency}' if currency else ''}; one "
        f"price for all would be {one[0]:,.2f}. {said}.{total}",
    )
    return ax


def before_after_lines(
    means: pd.DataFrame,
    start: object,
    ax: Axes | None = None,
    *,
    what: str = "Mean a customer",
    title: str = "With the programme and without",
    alt: str | None = None,
) -> Axes:
    """Draw both groups over the periods, and where the first would be had it moved like the other.

    Parameters
    ----------
    means : DataFrame
        From `whobuys.strategy.period_means`: ``period``, ``took part``, ``comparison``.
    start : object
        The first period with the programme, one of the column ``period``, but not its first.
    ax : Axes, optional
        Where to draw; by default a new figure.
    what : str
        What the mean is of, for the axis.
    title : str
        Title of the chart.
    alt : str, optional
        Alt text instead of the one computed from the data.

    Returns
    -------
    Axes
        A solid line for those who took part, a dashed one for the comparison, and from the last
        period before `start` on a dotted one: the comparison's changes added to the group's own
        level. What lies between it and the solid line is the effect, if both would have moved
        alike.

    Raises
    ------
    ValueError
        A column is missing, or `start` is not a period after the first.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> from whobuys.plot import alt_text
    >>> means = pd.DataFrame({"period": ["Q1", "Q2", "Q3"], "took part": [10.0, 11.0, 16.0],
    ...                       "comparison": [8.0, 9.0, 10.0]})
    >>> ax = before_after_lines(means, "Q3")
    >>> alt_text(ax)
    'Line chart over 3 periods, programme from Q3 on. Took part: from 11.00 before to 16.00 at the
    end; comparison: from 9.00 to 10.00. Had those who took part moved like the comparison, they
    would be at 12.00: 4.00 lie between.'
    >>> plt.close(ax.figure)
    """
    periods = names_of(means, "period", "means")
    with_it, without = (column(means, c, "means") for c in ("took part", "comparison"))
    if str(start) not in periods[1:]:
        raise ValueError(
            f"start must be a period after the first, one of {', '.join(periods[1:])}, not "
            f"{str(start)!r}."
        )
    at = periods.index(str(start))
    like = with_it[at - 1] + without[at - 1 :] - without[at - 1]
    ax = ax or new_axes(4.2)
    x = np.arange(len(periods))
    ax.axvline(at - 0.5, color=PALE, linewidth=3, zorder=0)
    ax.plot(x, with_it, "o-", color=MAIN, linewidth=2.4, label="took part")
    ax.plot(x, without, "s--", color=QUIET, linewidth=2, label="comparison")
    ax.plot(x[at - 1 :], like, ":", color=WARM, linewidth=2.4, label="if moved alike")
    gap = float(with_it[-1] - like[-1])
    ax.annotate(
        "", (x[-1], with_it[-1]), (x[-1], like[-1]),
        arrowprops={"arrowstyle": "<->", "color": WARM, "linewidth": 1.4},
    )  # fmt: skip
    ax.annotate(
        f"{gap:+,.2f}", (x[-1], (with_it[-1] + like[-1]) / 2), (6, 0), textcoords="offset points",
        va="center", color=WARM, fontweight="bold", annotation_clip=False,
    )  # fmt: skip
    ax.set_xticks(x, periods)
    ax.set_xlim(-0.2, len(periods) - 0.55)
    ax.set_ylabel(what)
    ax.set_xlabel(f"Period (grey line: programme from {start} on)")
    ax.legend(
        loc="lower left", bbox_to_anchor=(-0.1, 1), ncols=3, frameon=False, borderpad=0,
        columnspacing=1.0, handlelength=1.6,
    )  # fmt: skip
    ax.set_title(title, loc="left", pad=30)
    describe(
        ax,
        alt
        or f"Line chart over {len(periods)} periods, programme from {start} on. Took part: from "
        f"{with_it[at - 1]:,.2f} before to {with_it[-1]:,.2f} at the end; comparison: from "
        f"{without[at - 1]:,.2f} to {without[-1]:,.2f}. Had those who took part moved like the "
        f"comparison, they would be at {like[-1]:,.2f}: {abs(gap):,.2f} lie between.",
    )
    return ax
