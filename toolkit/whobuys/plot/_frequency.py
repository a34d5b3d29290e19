"""How often customers bought."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from numpy.typing import NDArray

from whobuys.plot._alt import describe
from whobuys.plot._parts import column, customers_text, new_axes, percent, percent_axis
from whobuys.plot._style import MAIN, PALE, QUIET


def frequency_bars(
    rfm: pd.DataFrame, ax: Axes | None = None, upto: int = 20, *, alt: str | None = None
) -> Axes:
    """Draw how many customers bought once, twice, ... as bars.

    Parameters
    ----------
    rfm : DataFrame
        One row a customer with ``frequency``, the number of purchases (at least 1).
    ax : Axes, optional
        Where to draw; by default a new figure.
    upto : int
        The last number of purchases with a bar of its own; all above share one hatched bar.
    alt : str, optional
        Alt text instead of the one computed from the data.

    Returns
    -------
    Axes
        The chart; `alt_text` reads its words.

    Raises
    ------
    ValueError
        The column is missing or empty, a frequency is not a whole number from 1, or `upto` is
        below 2.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> import pandas as pd
    >>> from whobuys.plot import alt_text
    >>> ax = frequency_bars(pd.DataFrame({"frequency": [1, 1, 2, 3, 9]}), upto=4)
    >>> alt_text(ax)
    'Bar chart. 40 % of the 5 customers bought once, 20 % twice, 20 % three times; 20 % bought more
    than 4 times. Half of them bought 2 times or fewer.'
    >>> plt.close(ax.figure)
    """
    if upto < 2:
        raise ValueError(f"upto must be at least 2, not {upto}.")
    times = column(rfm, "frequency", "rfm")
    if ((times < 1) | (times % 1 != 0)).any():
        raise ValueError('Column "frequency" must hold whole numbers from 1.')
    counts = np.bincount(np.minimum(times, upto + 1).astype(int), minlength=upto + 2)
    shares = counts[1:] / len(times)
    ax = ax or new_axes()
    positions = np.arange(1, upto + 2)
    bars = ax.bar(positions, shares, width=0.8, color=MAIN)
    bars[-1].set(facecolor=PALE, edgecolor=QUIET, hatch="///", linewidth=0.8)
    labelled = {0, 1, 2, upto} if upto >= 5 else set(range(upto + 1))
    for i in sorted(labelled):
        if shares[i] > 0:
            ax.annotate(
                percent(shares[i], under="<1 %"),
                (positions[i], shares[i]),
                xytext=(0, 3),
                textcoords="offset points",
                ha="left" if 0 < i < upto and upto >= 5 else "center",
                va="bottom",
            )
    shown = [n for n in positions[:-1] if n == 1 or n % _step(upto) == 0]
    if upto > 12 and upto - shown[-1] < 3:
        shown = shown[:-1]
    ax.set_xticks([*shown, upto + 1], [*map(str, shown), f">{upto}"])
    ax.set(xlabel="Number of purchases", ylabel="Share of customers")
    percent_axis(ax)
    ax.set_ylim(0, shares.max() * 1.1)
    ax.set_title(f"{percent(shares[0])} of the customers bought once", loc="left")
    describe(ax, alt or _frequency_words(times, shares, upto))
    return ax


def _frequency_words(times: NDArray[np.float64], shares: NDArray[np.float64], upto: int) -> str:
    names = ["once", "twice", "three times"][: min(3, upto)]
    said = [f"{percent(share)} {name}" for share, name in zip(shares, names, strict=False)]
    said[0] = f"{percent(shares[0])} of the {customers_text(len(times))} bought once"
    first = ", ".join(said)
    rest = f"; {percent(shares[-1])} bought more than {upto} times" if shares[-1] else ""
    half = int(np.ceil(np.median(times)))
    middle = "bought once" if half == 1 else f"bought {half} times or fewer"
    most = shares[: min(upto, max(5, int(np.quantile(times, 0.8))))]
    falls = "; the bars fall steadily" if len(most) > 4 and (np.diff(most) < 0).all() else ""
    return f"Bar chart. {first}{falls}{rest}. Half of them {middle}."


def _step(upto: int) -> int:
    return 1 if upto <= 12 else 5 if upto <= 40 else 10
