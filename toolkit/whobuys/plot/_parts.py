"""What the charts share: axes, checked columns, percentages."""

from __future__ import annotations

from typing import Literal

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from whobuys.plot._style import SIZE


def new_axes(height: float | None = None) -> Axes:
    """Return the axes of a new figure of the usual width; height in inches."""
    _, ax = plt.subplots(figsize=(SIZE[0], height or SIZE[1]), layout="constrained")
    return ax


def column(frame: pd.DataFrame, name: str, table: str) -> NDArray[np.float64]:
    """Return a column as numbers, or say what is wrong with it."""
    if name not in frame.columns:
        raise ValueError(lacks(table, name, frame))
    if frame.empty:
        raise ValueError(f"{table} has no rows, so there is nothing to draw.")
    values = pd.to_numeric(frame[name], errors="coerce").to_numpy(dtype=float, na_value=np.nan)
    if not np.isfinite(values).all():
        count = int((~np.isfinite(values)).sum())
        raise ValueError(f'Column "{name}" of {table} has no number in {count:,} rows.')
    return values


def lacks(table: str, name: str, frame: pd.DataFrame) -> str:
    """Say which column is missing and which are there."""
    return f'{table} has no column "{name}". It has: {", ".join(map(str, frame.columns))}.'


def percent(share: float, under: str = "under 1 %") -> str:
    """Write a share as a person would say it."""
    if 0 < share < 0.005:
        return under
    return f"{share:.0%}".replace("%", " %")


def customers_text(count: int) -> str:
    """Write a number of customers: 1 customer, 1,200 customers."""
    return f"{count:,} customer{'s'[: count != 1]}"


def percent_axis(ax: Axes, which: Literal["x", "y"] = "y") -> None:
    """Label an axis of shares in percent, with few ticks."""
    axis = ax.xaxis if which == "x" else ax.yaxis
    axis.set_major_formatter(lambda share, _: f"{share * 100:g} %")
    axis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10]))
