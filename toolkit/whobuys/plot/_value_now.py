"""Value now: how concentrated it is, and current against potential value."""

from __future__ import annotations

from typing import Any

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


def value_matrix(matrix: pd.DataFrame, ax: Axes | None = None, *, alt: str | None = None) -> Axes:
    """Draw current against potential value, a dot a customer, the four cells named and counted.

    Parameters
    ----------
    matrix : DataFrame
        As `whobuys.value.value_matrix` gives: ``current``, ``potential``, ``cell``, and the cuts in
        ``attrs["cuts"]``.
    ax : Axes, optional
        Where to draw; by default a new figure.
    alt : str, optional
        Alt text instead of the one computed from the data.

    Returns
    -------
    Axes
        The chart; `alt_text` reads its words. The axes are even around 0 and logarithmic further
        out, so that small customers do not all fall on one spot.

    Raises
    ------
    ValueError
        A column or the cuts are missing.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> import pandas as pd
    >>> from whobuys.plot import alt_text
    >>> from whobuys.value import value_matrix as by_cell
    >>> ax = value_matrix(by_cell(pd.Series([90, 80, 5, 3]), pd.Series([70, 10, 60, 2])))
    >>> alt_text(ax)
    'Scatter plot of 4 customers by current value (to the right) and potential value (up), cut at
    42 and 35. Customers by cell: keep 1, develop 1, maintain 1, serve simply 1.'
    >>> plt.close(ax.figure)
    """
    now, later = column(matrix, "current", "matrix"), column(matrix, "potential", "matrix")
    cuts = matrix.attrs.get("cuts")
    if "cell" not in matrix.columns or not isinstance(cuts, dict):
        raise ValueError("matrix must come from whobuys.value.value_matrix, with cell and cuts.")
    cell = matrix["cell"].astype(str).to_numpy()
    ax = ax or new_axes(4.4)
    for name, mark in MARKS.items():
        mine = cell == name
        ax.scatter(
            now[mine], later[mine], marker=mark, s=16, linewidth=1, alpha=0.6,
            color=COLOURS[name], rasterized=len(cell) > 2000,
        )  # fmt: skip
    for values, cut, scale, ticks, line in (
        (now, cuts["current"], ax.set_xscale, ax.set_xticks, ax.axvline),
        (later, cuts["potential"], ax.set_yscale, ax.set_yticks, ax.axhline),
    ):
        positive = np.abs(values[values != 0])
        if len(positive) and positive.max() > 50 * max(np.median(positive), 1e-12):
            linear = float(np.median(positive))
            scale("symlog", linthresh=linear)
            ticks(_powers(values, linear))
        line(cut, color=QUIET, linewidth=1)
    for axis in (ax.xaxis, ax.yaxis):
        axis.set_major_formatter(lambda money, _: f"{money:,.0f}")
        axis.set_minor_locator(NullLocator())
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
    ax.set_xlabel("Current value", labelpad=20)
    ax.set_ylabel("Potential value")
    ax.set_title("Customers by current and potential value", loc="left", pad=24)
    said = ", ".join(f"{name} {count:,}" for name, count in counts.items())
    describe(
        ax,
        alt
        or f"Scatter plot of {customers_text(len(cell))} by current value (to the right) and "
        f"potential value (up), cut at {cuts['current']:,.0f} and {cuts['potential']:,.0f}. "
        f"Customers by cell: {said}.",
    )
    return ax


def _powers(values: NDArray[np.float64], linear: float) -> list[float]:
    """Return 0 and the powers of ten beyond the linear part of a symlog axis, within the data."""
    low, high = float(values.min()), float(values.max())
    powers = [10.0**k for k in range(-3, 13) if 10.0**k > linear]
    return [-p for p in reversed(powers) if -p >= low] + [0.0] + [p for p in powers if p <= high]


def _exact(share: float) -> str:
    """Write a share just above 100 % so that it can be told from it."""
    return f"{share:.1%}".replace("%", " %") if share < 1.1 else percent(share)
