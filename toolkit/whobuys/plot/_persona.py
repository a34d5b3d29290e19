"""How wide a persona is: its middle half on the scale of all customers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from whobuys.plot._alt import describe
from whobuys.plot._parts import lacks, new_axes
from whobuys.plot._style import INK, MAIN, PALE


def persona_ranges(
    table: pd.DataFrame,
    segment: object,
    variables: Sequence[str],
    by: str = "segment",
    ax: Axes | None = None,
    *,
    alt: str | None = None,
) -> Axes:
    """Draw where a segment's middle half lies among all customers, variable by variable.

    Parameters
    ----------
    table : DataFrame
        One row a customer.
    segment : object
        Code of the segment, a value of the column `by`.
    variables : sequence of str
        Number columns.
    by : str
        Column of the codes.
    ax : Axes, optional
        Where to draw; by default a new figure.
    alt : str, optional
        Alt text instead of the one computed from the data.

    Returns
    -------
    Axes
        The scale is the rank among all customers: 50 is the median of all, the pale band their
        middle half. A short bar is a sharp trait, a bar as wide as the band says nothing about the
        segment. The words at the right give the numbers.

    Raises
    ------
    ValueError
        A column is missing or empty, or no customer has this code.

    Notes
    -----
    A rank lies in the middle of the customers with the same value, so few different values make
    coarse bars.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> import pandas as pd
    >>> from whobuys.plot import alt_text
    >>> people = pd.DataFrame({"segment": list("AAAABBBB"),
    ...                        "age": [20, 21, 22, 23, 40, 50, 60, 70]})
    >>> ax = persona_ranges(people, "A", ["age"])
    >>> alt_text(ax)
    'Range chart of the middle half of A among all customers. age: 22 (21 to 22), ranks 12 to 38 of
    100.'
    >>> plt.close(ax.figure)
    """
    for name in (by, *variables):
        if name not in table.columns:
            raise ValueError(lacks("table", name, table))
    inside = (table[by] == segment).to_numpy()
    if not inside.any():
        there = ", ".join(map(str, sorted(table[by].dropna().unique(), key=str)))
        raise ValueError(f'No customer has {segment!r} in "{by}". There are: {there}.')
    ax = ax or new_axes(1.5 + 0.46 * max(len(variables), 2))
    rows = np.arange(len(variables))[::-1]
    ax.axvspan(25, 75, color=PALE, alpha=0.55, linewidth=0)
    ax.axvline(50, color="black", linewidth=1, linestyle=":")
    said = []
    for row, name in zip(rows, variables, strict=True):
        values = pd.to_numeric(table[name], errors="coerce").to_numpy(dtype=float, na_value=np.nan)
        own, everybody = values[inside & ~np.isnan(values)], np.sort(values[~np.isnan(values)])
        if not len(own):
            raise ValueError(f'Column "{name}" of table has no number for {segment!r}.')
        low, middle, high = np.quantile(own, [0.25, 0.5, 0.75])
        first, centre, last = (_rank(everybody, value) for value in (low, middle, high))
        ax.plot([first, last], [row, row], color=MAIN, linewidth=7, solid_capstyle="butt")
        ax.plot(
            centre, row, marker="o", markersize=9, markeredgecolor=MAIN, markerfacecolor="white"
        )
        size = max(abs(low), abs(high))
        digits = 0 if size >= 10 or (own % 1 == 0).all() else 1 if size >= 1 else 2
        numbers = [f"{value:,.{digits}f}" for value in (middle, low, high)]
        ax.annotate(
            f"{numbers[0]} ({numbers[1]}–{numbers[2]})",
            (102, row),
            va="center",
            annotation_clip=False,
        )
        label = name.replace("_", " ")
        said.append(
            f"{label}: {numbers[0]} ({numbers[1]} to {numbers[2]}), "
            f"ranks {first:.0f} to {last:.0f} of 100"
        )
    ax.set_yticks(rows, [name.replace("_", " ") for name in variables])
    ax.set_ylim(-0.7, len(rows) - 0.3)
    ax.set_xlim(0, 100)
    ax.tick_params(axis="y", length=0)
    ax.set_xlabel("Rank among all customers (band: middle half of all)", fontsize=10)
    ax.set_title(f"{segment}: middle half, and the median", loc="left", color=INK)
    words = f"Range chart of the middle half of {segment} among all customers. {'; '.join(said)}."
    describe(ax, alt or words)
    return ax


def _rank(everybody: np.ndarray, value: float) -> float:
    """Return the rank of a value among sorted values, 0 to 100; equals share the middle."""
    left, right = (np.searchsorted(everybody, value, side) for side in ("left", "right"))
    return float(50 * (left + right) / len(everybody))
