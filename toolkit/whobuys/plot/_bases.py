"""How much each criterion explains, and how many stand in each band."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from whobuys.plot._alt import describe
from whobuys.plot._parts import column, lacks, new_axes, percent, percent_axis
from whobuys.plot._style import INK, MAIN, PALE, QUIET, WARM


def strength_bars(
    strengths: pd.DataFrame,
    ax: Axes | None = None,
    *,
    names: Mapping[str, str] | None = None,
    title: str = "What each criterion explains",
    alt: str | None = None,
) -> Axes:
    """Draw how much each criterion explains of an outcome, beside what chance alone would give.

    Parameters
    ----------
    strengths : DataFrame
        One row a criterion with ``criterion``, ``measure``, ``strength``, ``by_chance`` and
        ``beyond``, as `whobuys.segment.base_strength` gives.
    ax : Axes, optional
        Where to draw; by default a new figure.
    names : mapping of str to str, optional
        Words to show instead of a criterion's name.
    title : str
        Title of the chart.
    alt : str, optional
        Alt text instead of the one computed from the data.

    Returns
    -------
    Axes
        One bar a criterion, in the order given, the first on top; filled where it is beyond
        chance, hatched where it is not; a stroke marks the level of chance. A strength below 0
        is drawn as 0.

    Raises
    ------
    ValueError
        A column is missing or empty, or two measures are mixed.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> import pandas as pd
    >>> from whobuys.plot import alt_text
    >>> strengths = pd.DataFrame({
    ...     "criterion": ["orders", "age"], "measure": "eta squared", "strength": [0.12, -0.01],
    ...     "by_chance": [0.01, 0.01], "beyond": [True, False]})
    >>> ax = strength_bars(strengths)
    >>> alt_text(ax)
    'Bar chart of the share of the differences that each of 2 criteria explains. Beyond chance:
    orders 12 %. Not beyond chance: age.'
    >>> plt.close(ax.figure)
    """
    strength = column(strengths, "strength", "strengths")
    chance = column(strengths, "by_chance", "strengths")
    for name in ("criterion", "measure", "beyond"):
        if name not in strengths.columns:
            raise ValueError(lacks("strengths", name, strengths))
    if strengths["measure"].nunique() > 1:
        raise ValueError(
            "strengths mixes eta squared and Cramér's V, which cannot be compared. Draw one chart "
            "for each."
        )
    is_share = strengths["measure"].iloc[0] == "eta squared"
    beyond = strengths["beyond"].to_numpy(bool)
    said = [(names or {}).get(name, str(name)) for name in strengths["criterion"]]
    ax = ax or new_axes(1.5 + 0.33 * max(len(said), 3))
    rows = np.arange(len(said))[::-1]
    shown = np.maximum(strength, 0)
    bars = ax.barh(rows, shown, height=0.62, color=MAIN, edgecolor=MAIN, linewidth=0.8)
    for bar, real in zip(bars, beyond, strict=True):
        if not real:
            bar.set(facecolor="white", edgecolor=QUIET, hatch="////")
    mark = np.maximum(chance, 0)
    ax.vlines(mark, rows - 0.36, rows + 0.36, color="white", linewidth=4.5, zorder=3)
    ax.vlines(mark, rows - 0.42, rows + 0.42, color=WARM, linewidth=2, zorder=3)
    for row, value, edge in zip(rows, shown, np.maximum(shown, chance), strict=True):
        ax.annotate(
            _said(float(value), is_share),
            (edge, row),
            xytext=(7, 0),
            textcoords="offset points",
            va="center",
            color=INK,
        )
    ax.set_yticks(rows, said)
    ax.tick_params(axis="y", length=0)
    ax.set_ylim(-0.7, len(said) - 0.3)
    ax.set_xlim(0, max(float(np.maximum(shown, chance).max()) * 1.18, 1e-9))
    if is_share:
        percent_axis(ax, "x")
        ax.set_xlabel("Share of the differences explained · stroke: by chance")
    else:
        ax.xaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10]))
        ax.set_xlabel("Cramér's V (0 none, 1 full) · stroke: by chance")
    ax.set_title(title, loc="left")
    describe(ax, alt or _strength_words(said, strength, beyond, is_share))
    return ax


def _said(value: float, is_share: bool) -> str:
    return percent(value, under="<1 %") if is_share else f"{value:.2f}"


def _strength_words(
    said: list[str], strength: np.ndarray, beyond: np.ndarray, is_share: bool
) -> str:
    what = (
        "the share of the differences that each"
        if is_share
        else "Cramér's V, from 0 to 1, with the outcome, for each"
    )
    real = [
        f"{name} {_said(float(value), is_share)}"
        for name, value, yes in zip(said, strength, beyond, strict=True)
        if yes
    ]
    rest = [name for name, yes in zip(said, beyond, strict=True) if not yes]
    many = f"{len(said)} criteri{'on' if len(said) == 1 else 'a'}"
    words = f"Bar chart of {what} of {many}{' explains' if is_share else ''}."
    words += f" Beyond chance: {', '.join(real) or 'none'}."
    return words + (f" Not beyond chance: {', '.join(rest)}." if rest else "")


def band_bars(
    banded: pd.Series,
    ax: Axes | None = None,
    *,
    of: str = "customers",
    title: str | None = None,
    alt: str | None = None,
) -> Axes:
    """Draw how many stand in each band, with those of unknown value apart.

    Parameters
    ----------
    banded : Series
        One band a customer, as `whobuys.segment.band` gives; missing where the value is.
    ax : Axes, optional
        Where to draw; by default a new figure.
    of : str
        What is counted, in the plural.
    title : str, optional
        Title of the chart; by default with the name of the series.
    alt : str, optional
        Alt text instead of the one computed from the data.

    Returns
    -------
    Axes
        One bar a band, from the lowest to the highest; a hatched one for unknown values, if any.

    Raises
    ------
    ValueError
        The series is empty or does not hold bands (an ordered Categorical).

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> import pandas as pd
    >>> from whobuys.plot import alt_text
    >>> from whobuys.segment import band
    >>> age = pd.Series([22, 25, 31, None], name="age")
    >>> ax = band_bars(band(age, [25], ["under 25", "25 and over"]))
    >>> alt_text(ax)
    'Bar chart of 4 customers by age. under 25: 1; 25 and over: 2; not known: 1.'
    >>> plt.close(ax.figure)
    """
    if not isinstance(banded, pd.Series) or not isinstance(banded.dtype, pd.CategoricalDtype):
        raise ValueError("banded must be a Series of bands, as `band` gives.")
    if banded.empty:
        raise ValueError("banded has no rows, so there is nothing to draw.")
    counts = banded.value_counts(sort=False)
    said, values = [str(name) for name in counts.index], counts.tolist()
    unknown = int(banded.isna().sum())
    if unknown:
        said, values = [*said, "not known"], [*values, unknown]
    ax = ax or new_axes(1.5 + 0.4 * max(len(said), 3))
    rows = np.arange(len(said))[::-1]
    bars = ax.barh(rows, values, height=0.7, color=MAIN, edgecolor="white")
    if unknown:
        bars[-1].set(facecolor=PALE, edgecolor=QUIET, hatch="///")
    ax.bar_label(bars, labels=[f"{value:,}" for value in values], padding=4)
    ax.set_yticks(rows, said)
    ax.tick_params(axis="y", length=0)
    ax.set_xlim(0, max(values) * 1.15)
    ax.xaxis.set_major_locator(MaxNLocator(4, integer=True))
    name = str(banded.name) if banded.name is not None else "band"
    ax.set_xlabel(f"Number of {of}")
    ax.set_title(title or f"{of.capitalize()} by {name}", loc="left")
    each = "; ".join(f"{label}: {value:,}" for label, value in zip(said, values, strict=True))
    describe(ax, alt or f"Bar chart of {len(banded):,} {of} by {name}. {each}.")
    return ax
