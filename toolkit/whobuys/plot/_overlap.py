"""Who falls in none, one or several of a list of classes."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from whobuys.plot._alt import describe
from whobuys.plot._parts import customers_text, new_axes, percent
from whobuys.plot._style import INK, MAIN, PALE, QUIET, WARM


def overlap_bars(
    memberships: pd.DataFrame, ax: Axes | None = None, *, most: int = 12, alt: str | None = None
) -> Axes:
    """Draw how many customers fall in each combination of classes.

    Parameters
    ----------
    memberships : DataFrame
        One row a customer, one column a class, True and False (``<NA>`` where a missing value
        leaves it open), as `whobuys.segment.memberships` gives.
    ax : Axes, optional
        Where to draw; by default a new figure.
    most : int
        The largest number of combinations to draw; the smallest share the last bar.
    alt : str, optional
        Alt text instead of the one computed from the data.

    Returns
    -------
    Axes
        The chart: a bar for each combination, the number of classes in it on the left. Bars of
        customers in just one class are plain, those in none or in several are hatched. `alt_text`
        reads its words.

    Raises
    ------
    ValueError
        There are no rows or no columns, or a column does not hold True and False.

    Notes
    -----
    The combinations are listed as in an UpSet plot (Lex and others, 2014). With three classes
    circles that overlap can be drawn; with four they mislead.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> import pandas as pd
    >>> from whobuys.plot import alt_text
    >>> ax = overlap_bars(pd.DataFrame({"frequent": [True, True, False], "low-value": [True, False,
    ...                                                                                False]}))
    >>> alt_text(ax)
    'Bar chart of 3 customers and 2 classes. In one class: 1; in two or more: 1; in none: 1.
    frequent and low-value: 1; frequent alone: 1; in no class: 1.'
    >>> plt.close(ax.figure)
    """
    if memberships.empty or not len(memberships.columns):
        raise ValueError("memberships has no rows or no classes, so there is nothing to draw.")
    for name, values in memberships.items():
        if not pd.api.types.is_bool_dtype(values):
            raise ValueError(
                f'Column "{name}" of memberships must hold True and False, not {values.dtype}.'
            )
    open_ = memberships.isna().any(axis=1).to_numpy(bool)
    held = memberships.astype("boolean").fillna(False).to_numpy(bool)
    names = [str(name) for name in memberships.columns]
    said = [
        " and ".join(name for name, flag in zip(names, flags, strict=True) if flag)
        for flags in held
    ]
    number = held.sum(axis=1)
    said = [
        text if count > 1 else f"{text} alone" if count else "cannot be decided" if gap else
        "in no class"
        for text, count, gap in zip(said, number, open_, strict=True)
    ]  # fmt: skip
    counted = pd.DataFrame({"which": said, "classes": number}).value_counts(sort=False)
    bars = counted.rename("customers").reset_index()
    bars = bars.sort_values(["customers", "classes"], ascending=False, kind="stable")
    if len(bars) > most:
        rest = bars.iloc[most - 1 :]
        text = f"{len(rest)} others"
        last = pd.DataFrame({"which": [text], "classes": 0, "customers": rest["customers"].sum()})
        bars = pd.concat([bars.iloc[: most - 1], last])

    ax = ax or new_axes(1.5 + 0.38 * max(len(bars), 3))
    rows = np.arange(len(bars))[::-1]
    for row, bar in zip(rows, bars.itertuples(), strict=True):
        one = bar.classes == 1
        ax.barh(
            row,
            float(str(bar.customers)),
            height=0.66,
            color=MAIN if one else "white",
            edgecolor=MAIN if one else WARM if int(str(bar.classes)) > 1 else QUIET,
            hatch=None if one else "////" if int(str(bar.classes)) > 1 else "....",
            linewidth=1.2,
        )
        ax.annotate(
            f"{bar.customers:,}",
            (float(str(bar.customers)), row),
            xytext=(5, 0),
            textcoords="offset points",
            va="center",
            color=INK,
        )
    ax.set_yticks(rows, bars["which"].tolist())
    ax.tick_params(axis="y", length=0)
    ax.set_ylim(-0.6, len(bars) - 0.4)
    ax.set_xlim(0, bars["customers"].max() * 1.14)
    ax.set_xlabel("Customers")
    ax.grid(axis="x", color=PALE, linewidth=0.6)
    ax.set_axisbelow(True)
    several, none = int((number > 1).sum()), int(((number == 0) & ~open_).sum())
    ax.set_title(
        f"{percent(several / len(held))} in several classes, {percent(none / len(held))} in none",
        loc="left",
    )
    listed = "; ".join(f"{b.which}: {b.customers:,}" for b in bars.itertuples())
    left_open = int(((number == 0) & open_).sum())
    words = (
        f"Bar chart of {customers_text(len(held))} and {len(names)} classes. In one class: "
        f"{int((number == 1).sum()):,}; in two or more: {several:,}; in none: {none:,}"
        f"{f'; cannot be decided: {left_open:,}' if left_open else ''}. {listed}."
    )
    describe(ax, alt or words)
    return ax
