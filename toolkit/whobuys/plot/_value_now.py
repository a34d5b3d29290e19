"""Value now: how concentrated it is, and current against potential value."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import NullLocator
from numpy.typing import NDArray

from whobuys.plot._alt import describe
from whobuys.plot._parts import column, customers_text, new_axes, percent, percent_axis
from whobuys.plot._style import INK, MAIN, PALE, QUIET, WARM

MARKS = {"keep": "o", "develop": "^", "maintain": "s", "serve simply": "x"}
COLOURS = {"keep": MAIN, "develop": WARM, "maintain": INK, "serve simply": QUIET}
CROWDED = 10  # times the median: beyond it half of the dots share a tenth of an even axis
MOST_POWERS = 4


def lorenz_curve(
    values: Any,
    ax: Axes | None = None,
    *,
    top: float = 0.2,
    what: str = "profit",
    alt: str | None = None,
) -> Axes:
    """Draw which share of the customers brings which share of the value, the best first.

    Where some customers bring losses the curve climbs above 100 % and comes back down.

    Parameters
    ----------
    values : Series or array-like
        Money a customer; the total must be above 0.
    ax : Axes, optional
        Where to draw; by default a new figure.
    top : float
        Share of customers to mark.
    what : str
        What the money is, for the labels.
    alt : str, optional
        Alt text instead of the one computed from the data.

    Returns
    -------
    Axes
        The chart; `alt_text` reads its words.

    Raises
    ------
    ValueError
        A value is missing, the total is not above 0, or `top` is no share.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> ax = lorenz_curve([60, 50, 10, -20], top=0.25)
    >>> ax.get_title("left")
    'The best 25 % bring 60 % of the profit'
    >>> plt.close(ax.figure)
    """
    # Here, not above: the room of values needs SciPy and scikit-learn, most charts do not.
    from whobuys.value import gini, lorenz, top_share

    curve, part = lorenz(values), top_share(values, top)
    size = len(curve) - 1
    ax = ax or new_axes()
    ax.plot([0, 1], [0, 1], color=QUIET, linestyle="--", linewidth=1)
    ax.annotate("if all brought the same", (0.98, 0.42), ha="right", color=QUIET)
    ax.plot(curve["customer_share"], curve["value_share"], color=MAIN, linewidth=2)
    at = np.ceil(round(top * size, 9)) / size
    ax.plot([at, at, 0], [0, part, part], color=WARM, linewidth=1)
    ax.plot([at], [part], "o", color=WARM)
    peak = int(curve["value_share"].to_numpy().argmax())
    height = float(curve["value_share"].iloc[peak])
    ax.set_xlim(0, 1)
    ax.set_ylim(min(0.0, float(curve["value_share"].min())), max(1.0, height) * 1.06)
    losing = int((np.asarray(values, dtype=float) < 0).sum())
    if losing:
        ax.axhline(1, color=PALE, linewidth=1, zorder=0)
        ax.annotate(
            f"top {_exact(height)}", (curve["customer_share"].iloc[peak], height), xytext=(0, 4),
            textcoords="offset points", ha="center", color=INK,
        )  # fmt: skip
        ax.set_ylim(top=max(1.0, height) * 1.14)
    percent_axis(ax, "x")
    percent_axis(ax)
    ax.set(xlabel="Share of customers, the best first", ylabel=f"Share of all {what}")
    ax.set_title(f"The best {percent(top)} bring {percent(part)} of the {what}", loc="left")
    loss = (
        f" {customers_text(losing)} bring{'s'[: losing == 1]} a loss: before them the curve stands "
        f"at {_exact(height)}, then falls back to 100 %."
        if losing
        else ""
    )
    describe(
        ax,
        alt
        or f"Concentration curve of {customers_text(size)}, the best first. The best "
        f"{percent(top)} bring {percent(part)} of the {what}.{loss} Gini coefficient "
        f"{gini(values):.2f}.",
    )
    return ax


def value_matrix(
    matrix: pd.DataFrame,
    ax: Axes | None = None,
    *,
    currency: str = "",
    scale: Literal["auto", "linear", "symlog"] = "auto",
    alt: str | None = None,
) -> Axes:
    """Draw current against potential value, a dot a customer, the four cells named and counted.

    Parameters
    ----------
    matrix : DataFrame
        As `whobuys.value.value_matrix` gives: ``current``, ``potential``, ``cell``, and the cuts in
        ``attrs["cuts"]``.
    ax : Axes, optional
        Where to draw; by default a new figure.
    currency : str
        What the values are in, such as ``pounds``; written on the axes.
    scale : {"auto", "linear", "symlog"}
        Even axes, or axes that are even around 0 and logarithmic further out, so that small
        customers do not all fall on one spot. By default each axis is logarithmic further out where
        the largest value is more than ten times the median one: on an even axis half of the
        customers would crowd in a tenth of it.
    alt : str, optional
        Alt text instead of the one computed from the data.

    Returns
    -------
    Axes
        The chart; `alt_text` reads its words. An axis that is not even says so.

    Raises
    ------
    ValueError
        A column or the cuts are missing, or there is no such scale.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> import pandas as pd
    >>> from whobuys.plot import alt_text
    >>> from whobuys.value import value_matrix as by_cell
    >>> cells = by_cell(pd.Series([90, 80, 5, 3]), pd.Series([70, 10, 60, 2]))
    >>> ax = value_matrix(cells, currency="pounds")
    >>> alt_text(ax)
    'Scatter plot of 4 customers by current value (to the right) and potential value (up), cut at
    42 and 35 pounds. Customers by cell: keep 1, develop 1, maintain 1, serve simply 1.'
    >>> plt.close(ax.figure)
    """
    now, later = column(matrix, "current", "matrix"), column(matrix, "potential", "matrix")
    cuts = matrix.attrs.get("cuts")
    if "cell" not in matrix.columns or not isinstance(cuts, dict):
        raise ValueError("matrix must come from whobuys.value.value_matrix, with cell and cuts.")
    if scale not in ("auto", "linear", "symlog"):
        raise ValueError(f'scale must be "auto", "linear" or "symlog", not {scale!r}.')
    cell = matrix["cell"].astype(str).to_numpy()
    ax = ax or new_axes(4.4)
    for name, mark in MARKS.items():
        mine = cell == name
        ax.scatter(
            now[mine], later[mine], marker=mark, s=16, linewidth=1, alpha=0.6,
            color=COLOURS[name], rasterized=len(cell) > 2000,
        )  # fmt: skip
    ax.axvline(cuts["current"], color=QUIET, linewidth=1)
    ax.axhline(cuts["potential"], color=QUIET, linewidth=1)
    uneven = ""
    for name, which, values in (("current", "x", now), ("potential", "y", later)):
        even = _even_part(values, scale)
        _scale_axis(ax, which, np.append(values, cuts[name]), even)
        label = f"{name.capitalize()} value{f', {currency}' if currency else ''}"
        if even:
            label += f"\n(log scale beyond {even:,g})"
            uneven += f" The axis of {name} value is logarithmic beyond {even:,g}."
        ax.set(**{f"{which}label": label})
    ax.xaxis.labelpad = 28  # below the two counts
    counts = {name: int((cell == name).sum()) for name in MARKS}
    for name, (x, y, across, up) in {
        "keep": (1, 1, "right", "bottom"),
        "develop": (0, 1, "left", "bottom"),
        "maintain": (1, 0, "right", "top"),
        "serve simply": (0, 0, "left", "top"),
    }.items():
        ax.annotate(
            f"{name}: {counts[name]:,}", (x, y), xycoords="axes fraction",
            xytext=(0, 4 if y else -34), textcoords="offset points", ha=across, va=up,
            color=COLOURS[name], fontweight="bold", annotation_clip=False,
        )  # fmt: skip
    ax.set_title("Customers by current and potential value", loc="left", pad=24)
    said = ", ".join(f"{name} {count:,}" for name, count in counts.items())
    describe(
        ax,
        alt
        or f"Scatter plot of {customers_text(len(cell))} by current value (to the right) and "
        f"potential value (up), cut at {cuts['current']:,.0f} and {cuts['potential']:,.0f}"
        f"{f' {currency}' if currency else ''}.{uneven} Customers by cell: {said}.",
    )
    return ax


def _even_part(values: NDArray[np.float64], scale: str) -> float:
    """Return how far from 0 the axis stays even, a power of ten; 0 where all of it is."""
    size = np.abs(values[values != 0])
    if scale == "linear" or not len(size):
        return 0.0
    middle = float(np.median(size))
    if scale == "auto" and size.max() <= CROWDED * middle:
        return 0.0
    return float(10.0 ** np.floor(np.log10(middle)))


def _scale_axis(ax: Axes, which: str, values: NDArray[np.float64], even: float) -> None:
    """Set ticks of one axis and, where only a part of it is even, its scale and limits."""
    axis = ax.xaxis if which == "x" else ax.yaxis
    if even:
        scale, limits = (
            (ax.set_xscale, ax.set_xlim) if which == "x" else (ax.set_yscale, ax.set_ylim)
        )
        scale("symlog", linthresh=even)
        # The margin is taken on the drawn scale: a twentieth of the money is far below 0 there.
        drawn = axis.get_transform()
        low, high = drawn.transform(np.array([values.min(), values.max()]))
        room = 0.04 * (high - low)
        limits(*drawn.inverted().transform(np.array([low - room, high + room])))
        axis.set_ticks(_powers(values, even))
    axis.set_major_formatter(lambda money, _: f"{money:,g}" if abs(money) < 1 else f"{money:,.0f}")
    axis.set_minor_locator(NullLocator())


def _powers(values: NDArray[np.float64], even: float) -> list[float]:
    """Return 0 and the powers of ten from the even part's end on, within the data, not too many."""
    low, high = float(values.min()), float(values.max())
    most = max(abs(low), abs(high))
    powers = [even * 10.0**k for k in range(20) if even * 10.0**k <= most]
    powers = powers[:: -(-len(powers) // MOST_POWERS) or 1]
    return [-p for p in reversed(powers) if -p >= low] + [0.0] + [p for p in powers if p <= high]


def _exact(share: float) -> str:
    """Write a share just above 100 % so that it can be told from it."""
    return f"{share:.1%}".replace("%", " %") if share < 1.1 else percent(share)
