"""Us among the rivals: shares, prices, features, from known to bought."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from whobuys.plot._alt import describe
from whobuys.plot._parts import column, lacks, new_axes, percent, percent_axis
from whobuys.plot._style import INK, MAIN, PALE, QUIET
from whobuys.plot._target_parts import names_of, shaded_table, wrap


def share_bars(
    shares: pd.DataFrame,
    ours: str | None = None,
    ax: Axes | None = None,
    *,
    by: str = "brand",
    title: str = "Market share",
    alt: str | None = None,
) -> Axes:
    """Draw market shares, the largest on top, ours filled.

    Parameters
    ----------
    shares : DataFrame
        One row a brand with ``share``, as `whobuys.target.market_shares` gives.
    ours : str, optional
        Our brand.
    ax : Axes, optional
        Where to draw; by default a new figure.
    by : str
        Column of the brand.
    title : str
        Title; say of what the shares are, and when.
    alt : str, optional
        Alt text instead of the one computed from the data.

    Returns
    -------
    Axes
        One bar a brand.

    Raises
    ------
    ValueError
        A column is missing, or our brand is not there.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> import pandas as pd
    >>> from whobuys.plot import alt_text
    >>> ax = share_bars(pd.DataFrame({"brand": ["A", "B"], "share": [0.4, 0.6]}), ours="A")
    >>> alt_text(ax)
    'Bar chart of the shares of 2: B 60 %; A (ours) 40 %.'
    >>> plt.close(ax.figure)
    """
    share = column(shares, "share", "shares")
    names = names_of(shares, by, "shares")
    if ours is not None and ours not in names:
        raise ValueError(f"There is no {ours!r} in shares. There are: {', '.join(names)}.")
    order = np.argsort(-share, kind="stable")
    ax = ax or new_axes(1.3 + 0.42 * len(names))
    rows = np.arange(len(names))[::-1]
    for row, place in zip(rows, order, strict=True):
        own = names[place] == ours
        ax.barh(
            row, share[place], height=0.66, color=MAIN if own else PALE,
            edgecolor=INK if own else QUIET, linewidth=0.8,
        )  # fmt: skip
        ax.annotate(
            percent(float(share[place])), (share[place], row), (4, 0),
            textcoords="offset points", va="center", fontweight="bold" if own else "normal",
        )  # fmt: skip
    ax.set_yticks(rows, [names[place] for place in order])
    ax.set_xlim(0, float(share.max()) * 1.18)
    ax.xaxis.set_visible(False)
    ax.spines["bottom"].set_visible(False)
    ax.tick_params(axis="y", length=0)
    ax.set_title(title, loc="left")
    said = "; ".join(
        f"{names[p]}{' (ours)' if names[p] == ours else ''} {percent(float(share[p]))}"
        for p in order
    )
    describe(ax, alt or f"Bar chart of the shares of {len(names)}: {said}.")
    return ax


def price_ladder(
    prices: pd.DataFrame,
    ours: str | None = None,
    ax: Axes | None = None,
    *,
    by: str = "brand",
    currency: str = "",
    log: bool | None = None,
    title: str = "Prices, from lowest to highest",
    alt: str | None = None,
) -> Axes:
    """Draw each brand's price range with its usual price, the cheapest at the bottom.

    Parameters
    ----------
    prices : DataFrame
        One row a brand with ``low``, ``typical``, ``high``, as `whobuys.target.compare_prices`
        gives.
    ours : str, optional
        Our brand.
    ax : Axes, optional
        Where to draw; by default a new figure.
    by : str
        Column of the brand.
    currency : str
        Unit of the prices.
    log : bool, optional
        Logarithmic scale; by default where the highest price is over 20 times the lowest.
    title : str
        Title of the chart.
    alt : str, optional
        Alt text instead of the one computed from the data.

    Returns
    -------
    Axes
        A line from the lowest to the highest price, a dot at the usual one; ours is filled.

    Raises
    ------
    ValueError
        A column is missing, or a logarithmic scale meets a price that is not above zero.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> import pandas as pd
    >>> from whobuys.plot import alt_text
    >>> ax = price_ladder(pd.DataFrame({"brand": ["A", "B"], "low": [1, 4], "typical": [3, 5],
    ...                                 "high": [6, 9]}), ours="A", currency="yuan")
    >>> alt_text(ax)
    'Range chart of the prices of 2 brands in yuan, the dearest first. B: usually 5, from 4 to 9; A
    (ours): usually 3, from 1 to 6.'
    >>> plt.close(ax.figure)
    """
    names = names_of(prices, by, "prices")
    low, usual, high = (column(prices, name, "prices") for name in ("low", "typical", "high"))
    if log is None:
        log = bool(low.min() > 0 and high.max() > 20 * low.min())
    if log and low.min() <= 0:
        raise ValueError("A logarithmic scale needs prices above zero.")
    order = np.argsort(usual, kind="stable")
    ax = ax or new_axes(1.5 + 0.45 * len(names))
    said = []
    for row, place in enumerate(order):
        own = names[place] == ours
        colour = MAIN if own else QUIET
        ax.hlines(row, low[place], high[place], color=colour, linewidth=4 if own else 2.5)
        ax.scatter(
            usual[place], row, s=90, facecolor=MAIN if own else "white", edgecolor=colour,
            linewidth=2, zorder=3,
        )  # fmt: skip
        ax.annotate(
            _money(usual[place]), (usual[place], row), (0, 7), textcoords="offset points",
            ha="center", va="bottom", fontsize=10, fontweight="bold" if own else "normal",
        )  # fmt: skip
        said.append(
            f"{names[place]}{' (ours)' if own else ''}: usually {_money(usual[place])}, from "
            f"{_money(low[place])} to {_money(high[place])}"
        )
    ax.set_yticks(range(len(names)), [names[place] for place in order])
    ax.set_ylim(-0.6, len(names) - 0.3)
    if log:
        ax.set_xscale("log")
        ax.xaxis.set_major_formatter(lambda value, _: _money(value))
        ax.minorticks_off()
    else:
        ax.set_xlim(0, high.max() * 1.06)
    scale = " (each step ten times the last)" if log else ""
    ax.set_xlabel(f"Price{f' in {currency}' if currency else ''}{scale}")
    ax.tick_params(axis="y", length=0)
    ax.set_title(title, loc="left")
    unit = f" in {currency}" if currency else ""
    words = (
        f"Range chart of the prices of {len(names)} brands{unit}, the dearest first. "
        f"{'; '.join(said[::-1])}."
    )
    describe(ax, alt or words)
    return ax


def feature_heatmap(
    matrix: pd.DataFrame,
    ax: Axes | None = None,
    *,
    title: str = "How people rate the brands",
    alt: str | None = None,
) -> Axes:
    """Draw the feature matrix as a table of shades: features down, brands across, ours first.

    Parameters
    ----------
    matrix : DataFrame
        From `whobuys.target.feature_matrix`.
    ax : Axes, optional
        Where to draw; by default a new figure.
    title : str
        Title of the chart.
    alt : str, optional
        Alt text instead of the one computed from the data.

    Returns
    -------
    Axes
        Darker is better; the best of each row has a frame.

    Raises
    ------
    ValueError
        A column is missing.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> import pandas as pd
    >>> from whobuys.plot import alt_text
    >>> from whobuys.target import feature_matrix
    >>> rivals = pd.DataFrame({"brand": ["Us", "B"], "ours": [True, False],
    ...                        "rating_taste": [4.2, 3.9], "rating_look": [3.0, 3.6]})
    >>> ax = feature_heatmap(feature_matrix(rivals, ["taste", "look"]))
    >>> alt_text(ax)
    'Table of shades, 2 features of 2 brands, ours is Us. taste: best Us (4.2); look: best B (3.6),
    ours 3.0.'
    >>> plt.close(ax.figure)
    """
    names = names_of(matrix, "feature", "matrix")
    for needed in ("words", "best_rival"):
        if needed not in matrix.columns:
            raise ValueError(lacks("matrix", needed, matrix))
    start, end = matrix.columns.get_loc("words"), matrix.columns.get_loc("best_rival")
    brands = [str(name) for name in matrix.columns[int(start) + 1 : int(end)]]  # type: ignore[arg-type]
    values = np.column_stack([column(matrix, brand, "matrix") for brand in brands])
    ax = ax or new_axes(1.6 + 0.5 * len(names))
    texts = [[f"{value:.1f}" for value in row] for row in values]
    heads = [wrap(brand) for brand in brands]
    shaded_table(ax, values, names, heads, texts, low=1.0, high=5.0)
    ax.get_xticklabels()[0].set_fontweight("bold")
    ax.tick_params(axis="x", labelsize=10)
    said = []
    for row, (name, rated) in enumerate(zip(names, values, strict=True)):
        best = int(rated.argmax())
        ax.add_patch(
            Rectangle((best + 0.04, row + 0.06), 0.92, 0.88, fill=False, edgecolor=INK, linewidth=2)
        )
        mine = "" if best == 0 else f", ours {rated[0]:.1f}"
        said.append(f"{name}: best {brands[best]} ({rated[best]:.1f}){mine}")
    ax.set_title(title, loc="left")
    ax.set_xlabel("Mean rating, 1 to 5; framed: the best of the row", fontsize=10)
    words = (
        f"Table of shades, {len(names)} features of {len(brands)} brands, ours is {brands[0]}. "
        f"{'; '.join(said)}."
    )
    describe(ax, alt or words)
    return ax


def awareness_bars(
    funnel: pd.DataFrame,
    ours: str | None = None,
    ax: Axes | None = None,
    *,
    wide: str = "awareness",
    narrow: str = "share",
    by: str = "brand",
    title: str = "Known, and bought",
    alt: str | None = None,
) -> Axes:
    """Draw for each brand how many know it and how many bought it.

    Parameters
    ----------
    funnel : DataFrame
        One row a brand with two shares of the same people, as `whobuys.target.awareness_funnel`
        gives.
    ours : str, optional
        Our brand.
    ax : Axes, optional
        Where to draw; by default a new figure.
    wide, narrow : str
        Columns of the wide and the narrow stage.
    by : str
        Column of the brand.
    title : str
        Title of the chart.
    alt : str, optional
        Alt text instead of the one computed from the data.

    Returns
    -------
    Axes
        A pale bar for the wide stage, a dark one in it for the narrow, and the rate between them.

    Raises
    ------
    ValueError
        A column is missing.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> import pandas as pd
    >>> from whobuys.plot import alt_text
    >>> ax = awareness_bars(pd.DataFrame({"brand": ["A", "B"], "awareness": [0.4, 0.8],
    ...                                   "share": [0.3, 0.2]}), ours="A")
    >>> alt_text(ax)
    'Bar chart of 2 brands, awareness and share. A (ours): awareness 40 %, share 30 %, so 75 % of
    those who know it; B: awareness 80 %, share 20 %, so 25 % of those who know it.'
    >>> plt.close(ax.figure)
    """
    names = names_of(funnel, by, "funnel")
    outer, inner = column(funnel, wide, "funnel"), column(funnel, narrow, "funnel")
    ax = ax or new_axes(1.6 + 0.45 * len(names))
    rows = np.arange(len(names))[::-1]
    ax.barh(rows, outer, height=0.72, color=PALE, edgecolor=QUIET, linewidth=0.8, label=wide)
    ax.barh(rows, inner, height=0.36, color=MAIN, label=narrow)
    rates = np.divide(inner, outer, out=np.zeros_like(inner), where=outer > 0)
    for row, end, rate in zip(rows, outer, rates, strict=True):
        ax.annotate(
            f"{percent(float(rate))} of them", (end, row), (5, 0), textcoords="offset points",
            va="center",
        )  # fmt: skip
    ax.set_yticks(rows, names)
    for label, name in zip(ax.get_yticklabels(), names, strict=True):
        label.set_fontweight("bold" if name == ours else "normal")
    ax.set_xlim(0, float(outer.max()) * 1.3)
    percent_axis(ax, "x")
    ax.set_xticks([tick for tick in ax.get_xticks() if 0 <= tick <= 1])
    ax.set_xlim(0, float(outer.max()) * 1.3)
    ax.set_xlabel(f"Share of those asked: pale {wide}, dark {narrow}")
    ax.tick_params(axis="y", length=0)
    ax.set_title(title, loc="left")
    said = "; ".join(
        f"{name}{' (ours)' if name == ours else ''}: {wide} {percent(float(a))}, {narrow} "
        f"{percent(float(b))}, so {percent(float(r))} of those who know it"
        for name, a, b, r in zip(names, outer, inner, rates, strict=True)
    )
    describe(ax, alt or f"Bar chart of {len(names)} brands, {wide} and {narrow}. {said}.")
    return ax


def _money(amount: float) -> str:
    """Write an amount with as many decimals as it needs to be read."""
    return f"{amount:,.0f}" if amount >= 100 or amount == int(amount) else f"{amount:,.3g}"
