"""What brings the money, and what the money is paid for: contributions, part-worths, channels."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from whobuys.plot._alt import describe
from whobuys.plot._parts import column, new_axes, percent, percent_axis
from whobuys.plot._style import INK, MAIN, QUIET, WARM
from whobuys.plot._target_parts import names_of, shaded_table, wrap


def contribution_bars(
    contributions: pd.DataFrame,
    by: str,
    ax: Axes | None = None,
    *,
    most: int = 12,
    title: str = "Who brings revenue, and who brings profit",
    alt: str | None = None,
) -> Axes:
    """Draw the share of revenue and of profit of each group, the largest revenue on top.

    Parameters
    ----------
    contributions : DataFrame
        From `whobuys.target.contribution`, with products, by one column.
    by : str
        That column.
    ax : Axes, optional
        Where to draw; by default a new figure.
    most : int
        Groups drawn; the rest is added up in a last bar.
    title : str
        Title of the chart.
    alt : str, optional
        Alt text instead of the one computed from the data.

    Returns
    -------
    Axes
        A filled bar for revenue, a hatched one below it for profit.

    Raises
    ------
    ValueError
        A column is missing.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> import pandas as pd
    >>> from whobuys.plot import alt_text
    >>> ax = contribution_bars(pd.DataFrame({"region": ["N", "S"], "revenue_share": [0.6, 0.4],
    ...                                      "profit_share": [0.3, 0.7]}), "region")
    >>> alt_text(ax)
    'Paired bars by region. N: 60 % of revenue, 30 % of profit; S: 40 % of revenue, 70 % of profit.
    Most revenue: N; most profit: S.'
    >>> plt.close(ax.figure)
    """
    names = names_of(contributions, by, "contributions")
    revenue = column(contributions, "revenue_share", "contributions")
    profit = column(contributions, "profit_share", "contributions")
    first = names[int(revenue.argmax())], names[int(profit.argmax())]
    order = np.argsort(-revenue, kind="stable")
    names, revenue, profit = [names[p] for p in order], revenue[order], profit[order]
    if len(names) > most:
        rest = len(names) - most + 1
        names = [*names[: most - 1], f"the other {rest}"]
        revenue, profit = (
            np.append(part[: most - 1], part[most - 1 :].sum()) for part in (revenue, profit)
        )
    ax = ax or new_axes(1.7 + 0.5 * len(names))
    rows = np.arange(len(names))[::-1]
    ax.barh(rows + 0.19, revenue, height=0.36, color=MAIN, label="revenue")
    ax.barh(
        rows - 0.19, profit, height=0.36, facecolor="white", edgecolor=WARM, hatch="////",
        linewidth=1, label="profit",
    )  # fmt: skip
    for values, up in ((revenue, 0.19), (profit, -0.19)):
        for row, value in zip(rows, values, strict=True):
            ax.annotate(
                f"{value:.0%}".replace("%", " %"), (max(value, 0), row + up), (4, 0),
                textcoords="offset points", va="center", fontsize=9,
            )  # fmt: skip
    ax.set_yticks(rows, names)
    ends = np.concatenate([revenue, profit])
    ax.set_xlim(min(0.0, float(ends.min()) * 1.1), float(ends.max()) * 1.16)
    if ends.min() < 0:
        ax.axvline(0, color=INK, linewidth=1)
    percent_axis(ax, "x")
    ax.set_xlabel("Share of all: filled revenue, hatched profit")
    ax.tick_params(axis="y", length=0)
    ax.set_title(title, loc="left")
    said = "; ".join(
        f"{name}: {a * 100:.0f} % of revenue, {b * 100:.0f} % of profit"
        for name, a, b in zip(names, revenue, profit, strict=True)
    )
    words = (
        f"Paired bars by {by.replace('_', ' ')}. {said}. Most revenue: {first[0]}; most profit: "
        f"{first[1]}."
    )
    describe(ax, alt or words)
    return ax


def contribution_heatmap(
    contributions: pd.DataFrame,
    rows: str,
    columns: str,
    value: str = "revenue_share",
    ax: Axes | None = None,
    *,
    title: str | None = None,
    alt: str | None = None,
) -> Axes:
    """Draw a contribution by two columns, such as region and product, as a table of shades.

    Parameters
    ----------
    contributions : DataFrame
        From `whobuys.target.contribution`, by two columns.
    rows, columns : str
        Those columns.
    value : str
        What to draw: "revenue_share", "profit_share", "margin", "revenue", "profit".
    ax : Axes, optional
        Where to draw; by default a new figure.
    title : str, optional
        Title of the chart.
    alt : str, optional
        Alt text instead of the one computed from the data.

    Returns
    -------
    Axes
        Darker is more; "–" where nothing was sold. Rows and columns with most come first.

    Raises
    ------
    ValueError
        A column is missing, or a pair stands twice.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> import pandas as pd
    >>> from whobuys.plot import alt_text
    >>> ax = contribution_heatmap(pd.DataFrame({"region": ["N", "N", "S"],
    ...     "category": ["tea", "pot", "tea"], "revenue_share": [0.5, 0.2, 0.3]}),
    ...     "region", "category")
    >>> alt_text(ax)
    'Table of shades, revenue share by region (down) and category (across). Highest: N, tea 50 %;
    then S, tea 30 %; N, pot 20 %. 1 of the 4 cells is empty.'
    >>> plt.close(ax.figure)
    """
    down, across = (names_of(contributions, name, "contributions") for name in (rows, columns))
    held = column(contributions, value, "contributions")
    frame = pd.DataFrame({"row": down, "column": across, "value": held})
    if frame.duplicated(["row", "column"]).any():
        raise ValueError(f'A pair of "{rows}" and "{columns}" stands twice in contributions.')
    table = frame.pivot(index="row", columns="column", values="value")
    sort = frame["value"] if value != "margin" else pd.Series(1.0, frame.index)
    first = [
        sort.groupby(frame[name], sort=True).sum().sort_values(ascending=False).index
        for name in ("row", "column")
    ]
    table = table.reindex(index=first[0], columns=first[1])
    is_share = value.endswith("share") or value == "margin"

    def said(number: float) -> str:
        return f"{number * 100:.0f} %" if is_share else f"{number:,.0f}"

    values = table.to_numpy(dtype=float)
    ax = ax or new_axes(1.5 + 0.42 * len(table))
    texts = [["" if np.isnan(v) else said(v) for v in row] for row in values]
    heads = [wrap(str(name)) for name in table.columns]
    low = min(0.0, float(np.nanmin(values)))
    shaded_table(ax, values, [str(name) for name in table.index], heads, texts, low=low)
    ax.tick_params(axis="x", labelsize=10)
    name = value.replace("_", " ")
    ax.set_title(title or f"{name.capitalize()} by {rows} and {columns}", loc="left")
    ranked = frame.sort_values("value", ascending=False, kind="stable").head(3)
    top = [f"{r}, {c} {said(v)}" for r, c, v in ranked.to_numpy().tolist()]
    empty = int(np.isnan(values).sum())
    words = (
        f"Table of shades, {name} by {rows.replace('_', ' ')} (down) and "
        f"{columns.replace('_', ' ')} (across). Highest: {top[0]}"
        f"{'; then ' + '; '.join(top[1:]) if len(top) > 1 else ''}."
    )
    if empty:
        words += f" {empty} of the {values.size} cells {'is' if empty == 1 else 'are'} empty."
    describe(ax, alt or words)
    return ax


def importance_bars(
    importances: pd.DataFrame,
    ax: Axes | None = None,
    *,
    names: Mapping[str, str] | None = None,
    title: str = "How much each attribute decides",
    alt: str | None = None,
) -> Axes:
    """Draw the importances of a conjoint analysis, the largest on top.

    Parameters
    ----------
    importances : DataFrame
        One row an attribute: ``attribute``, ``importance``, as ``.importances`` of
        `whobuys.target.conjoint_ratings` or `conjoint_choice`.
    ax : Axes, optional
        Where to draw; by default a new figure.
    names : mapping of str to str, optional
        Words to show instead of an attribute's name.
    title : str
        Title of the chart.
    alt : str, optional
        Alt text instead of the one computed from the data.

    Returns
    -------
    Axes
        One bar an attribute; they add up to 100 %.

    Raises
    ------
    ValueError
        A column is missing.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> import pandas as pd
    >>> from whobuys.plot import alt_text
    >>> ax = importance_bars(pd.DataFrame({"attribute": ["size", "price"],
    ...                                    "importance": [0.3, 0.7]}))
    >>> alt_text(ax)
    'Bar chart of the importance of 2 attributes, by the levels shown: price 70 %; size 30 %.'
    >>> plt.close(ax.figure)
    """
    said = [(names or {}).get(n, n) for n in names_of(importances, "attribute", "importances")]
    share = column(importances, "importance", "importances")
    order = np.argsort(-share, kind="stable")
    ax = ax or new_axes(1.3 + 0.42 * len(said))
    rows = np.arange(len(said))[::-1]
    ax.barh(rows, share[order], height=0.64, color=MAIN)
    for row, place in zip(rows, order, strict=True):
        ax.annotate(
            percent(float(share[place])), (share[place], row), (4, 0), textcoords="offset points",
            va="center",
        )  # fmt: skip
    ax.set_yticks(rows, [said[place] for place in order])
    ax.set_xlim(0, float(share.max()) * 1.18)
    ax.xaxis.set_visible(False)
    ax.spines["bottom"].set_visible(False)
    ax.tick_params(axis="y", length=0)
    ax.set_title(title, loc="left")
    listed = "; ".join(f"{said[place]} {percent(float(share[place]))}" for place in order)
    words = f"Bar chart of the importance of {len(said)} attributes, by the levels shown: {listed}."
    describe(ax, alt or words)
    return ax


def part_worth_dots(
    part_worths: pd.DataFrame,
    ax: Axes | None = None,
    *,
    title: str = "What each level is worth",
    alt: str | None = None,
) -> Axes:
    """Draw part-worths with their 95 % intervals, attribute by attribute.

    Parameters
    ----------
    part_worths : DataFrame
        ``attribute``, ``level``, ``part_worth``, ``standard_error`` (may be missing), as
        ``.part_worths`` of `whobuys.target.conjoint_ratings` or `conjoint_choice`. Linear
        attributes ("per unit") are left out: they are on another scale.
    ax : Axes, optional
        Where to draw; by default a new figure.
    title : str
        Title of the chart.
    alt : str, optional
        Alt text instead of the one computed from the data.

    Returns
    -------
    Axes
        Dots right of the line are liked more than the mean of their attribute. Compare steps
        within an attribute, and steps between attributes; not single dots between attributes.

    Raises
    ------
    ValueError
        A column is missing, or there are only linear attributes.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> import pandas as pd
    >>> from whobuys.plot import alt_text
    >>> ax = part_worth_dots(pd.DataFrame({"attribute": ["pack"] * 2, "level": ["bag", "tin"],
    ...     "part_worth": [-0.5, 0.5], "standard_error": [0.1, 0.1]}))
    >>> alt_text(ax)
    'Dot chart of part-worths with 95 % intervals. pack: bag -0.50, tin 0.50.'
    >>> plt.close(ax.figure)
    """
    kept = part_worths[
        [level != "per unit" for level in names_of(part_worths, "level", "part_worths")]
    ]
    if kept.empty:
        raise ValueError("part_worths holds linear attributes only; there are no levels to draw.")
    worth, levels = (
        column(kept, "part_worth", "part_worths"),
        names_of(kept, "level", "part_worths"),
    )
    attributes = names_of(kept, "attribute", "part_worths")
    error = np.zeros(len(kept))
    if "standard_error" in kept.columns:
        error = np.nan_to_num(kept["standard_error"].to_numpy(dtype=float, na_value=np.nan))
    starts = np.cumsum([i > 0 and a != attributes[i - 1] for i, a in enumerate(attributes)])
    rows = -(np.arange(len(kept)) + 0.7 * starts)
    ax = ax or new_axes(1.5 + 0.33 * len(kept) + 0.2 * int(starts[-1]))
    ax.axvline(0, color=INK, linewidth=1)
    ax.hlines(rows, worth - 1.96 * error, worth + 1.96 * error, color=QUIET, linewidth=2)
    ax.scatter(worth, rows, s=55, color=MAIN, zorder=3)
    ax.set_yticks(rows, [f"{a}: {level}" for a, level in zip(attributes, levels, strict=True)])
    ax.tick_params(axis="y", length=0)
    ax.set_ylim(float(rows.min()) - 0.7, 0.7)
    ax.set_xlabel("Part-worth; 0 is the mean of the attribute's levels")
    ax.set_title(title, loc="left")
    said = []
    for attribute in dict.fromkeys(attributes):
        own = [
            f"{level} {value:.2f}"
            for a, level, value in zip(attributes, levels, worth, strict=True)
            if a == attribute
        ]
        said.append(f"{attribute}: {', '.join(own)}")
    spread = " with 95 % intervals" if error.any() else ""
    describe(ax, alt or f"Dot chart of part-worths{spread}. {'; '.join(said)}.")
    return ax


def channel_dots(
    channels: pd.DataFrame,
    ax: Axes | None = None,
    *,
    by: str = "channel",
    title: str = "How many contacts become customers",
    alt: str | None = None,
) -> Axes:
    """Draw the conversion of each channel with its interval, beside its size and mean value.

    Parameters
    ----------
    channels : DataFrame
        From `whobuys.target.channel_table`.
    ax : Axes, optional
        Where to draw; by default a new figure.
    by : str
        Column of the channel.
    title : str
        Title of the chart.
    alt : str, optional
        Alt text instead of the one computed from the data.

    Returns
    -------
    Axes
        The best conversion on top; the words at the right say what a customer of the channel is
        worth on average.

    Raises
    ------
    ValueError
        A column is missing.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> import pandas as pd
    >>> from whobuys.plot import alt_text
    >>> ax = channel_dots(pd.DataFrame({"channel": ["web", "survey"], "size": [300, 40],
    ...     "conversion": [0.1, 0.25], "low": [0.07, 0.14], "high": [0.14, 0.40],
    ...     "mean_value": [40.0, 90.0]}))
    >>> alt_text(ax)
    'Dot chart of conversion with 95 % intervals by channel. survey (40 contacts): 25 %, from 14 %
    to 40 %, mean value 90; web (300 contacts): 10 %, from 7 % to 14 %, mean value 40.'
    >>> plt.close(ax.figure)
    """
    names = names_of(channels, by, "channels")
    size, rate, low, high = (
        column(channels, name, "channels") for name in ("size", "conversion", "low", "high")
    )
    if "mean_value" not in channels.columns:
        column(channels, "mean_value", "channels")
    value = channels["mean_value"].to_numpy(dtype=float, na_value=np.nan)
    order = np.argsort(-rate, kind="stable")
    ax = ax or new_axes(1.5 + 0.5 * len(names))
    rows = np.arange(len(names))[::-1]
    said, end = [], float(high.max())
    for row, place in zip(rows, order, strict=True):
        worth = "–" if np.isnan(value[place]) else f"{value[place]:,.0f}"
        ax.hlines(row, low[place], high[place], color=QUIET, linewidth=2.5)
        ax.scatter(rate[place], row, s=70, color=MAIN, zorder=3)
        ax.annotate(
            f"worth {worth} each", (end, row), (10, 0), textcoords="offset points", va="center",
            fontsize=10, annotation_clip=False,
        )  # fmt: skip
        said.append(
            f"{names[place]} ({size[place]:,.0f} contacts): {percent(float(rate[place]))}, from "
            f"{percent(float(low[place]))} to {percent(float(high[place]))}, mean value {worth}"
        )
    ax.set_yticks(rows, [f"{names[place]} ({size[place]:,.0f})" for place in order])
    ax.set_xlim(0, end * 1.45)
    ax.set_ylim(-0.6, len(names) - 0.4)
    ax.tick_params(axis="y", length=0)
    percent_axis(ax, "x")
    ax.set_xlabel("Share of contacts converted, with 95 % interval")
    ax.set_title(title, loc="left")
    describe(
        ax, alt or f"Dot chart of conversion with 95 % intervals by channel. {'; '.join(said)}."
    )
    return ax
