"""Where the customers are, and how a feature is spread in each segment."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from whobuys.plot._alt import describe
from whobuys.plot._grid import HEAT
from whobuys.plot._parts import customers_text, lacks, new_axes, percent, percent_axis
from whobuys.plot._style import MAIN, PALE, QUIET, WARM


def region_bars(
    table: pd.DataFrame,
    region: str = "region",
    segment: str | None = None,
    highlight: object = None,
    ax: Axes | None = None,
    *,
    alt: str | None = None,
) -> Axes:
    """Draw the share of the customers in each region as bars, the longest on top.

    Parameters
    ----------
    table : DataFrame
        One row a customer.
    region : str
        Column of the region, or of any other category.
    segment, highlight : str, object
        With both, one segment's shares are marked beside those of all customers.
    ax : Axes, optional
        Where to draw; by default a new figure.
    alt : str, optional
        Alt text instead of the one computed from the data.

    Returns
    -------
    Axes
        Bars for all customers, a diamond for the segment.

    Raises
    ------
    ValueError
        A column is missing or empty, or there is no such segment.

    Notes
    -----
    Counts say where the customers *are*. Whether a region is a large market, or we are strong in
    it, needs the number of people who live there.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> import pandas as pd
    >>> from whobuys.plot import alt_text
    >>> ax = region_bars(pd.DataFrame({"region": ["Coast", "Coast", "Hills", "Coast"]}))
    >>> alt_text(ax)
    'Bar chart of 4 customers by region. Coast 75 %, Hills 25 %.'
    >>> plt.close(ax.figure)
    """
    shares = _shares(table, region)
    own = None
    if segment is not None:
        if segment not in table.columns:
            raise ValueError(lacks("table", segment, table))
        inside = table[table[segment] == highlight]
        if inside.empty:
            there = ", ".join(map(str, sorted(table[segment].dropna().unique(), key=str)))
            raise ValueError(f'No customer has {highlight!r} in "{segment}". There are: {there}.')
        own = _shares(inside, region).reindex(shares.index, fill_value=0.0)
    ax = ax or new_axes(1.3 + 0.42 * max(len(shares), 2))
    rows = np.arange(len(shares))[::-1]
    ax.barh(rows, shares, height=0.66, color=PALE, edgecolor=QUIET, linewidth=0.6)
    furthest = shares if own is None else shares.combine(own, max)
    if own is not None:
        ax.scatter(own, rows, s=64, marker="D", color=WARM, zorder=3)
    for place, (row, share) in enumerate(zip(rows, shares, strict=True)):
        said = percent(float(share), "<1 %")
        if own is not None:
            said = f"{percent(float(own.iloc[place]), '<1 %')}, all {said}"
        ax.annotate(
            said, (furthest.iloc[place], row), (7, 0), textcoords="offset points", va="center"
        )
    ax.set_yticks(rows, [str(name) for name in shares.index])
    ax.tick_params(axis="y", length=0)
    ax.set_xlim(0, float(furthest.max()) * (1.2 if own is None else 1.45))
    percent_axis(ax, "x")
    label = region.replace("_", " ")
    ax.set_xlabel("Share of the customers")
    whose = "Customers" if own is None else f"{highlight} (diamond) and all customers (bar)"
    ax.set_title(f"{whose} by {label}", loc="left")
    count = int(table[region].notna().sum())
    marked = [""] * len(shares)
    if own is not None:
        marked = [f" (in {highlight} {percent(float(share))})" for share in own]
    listed = ", ".join(
        f"{name} {percent(float(share))}{more}"
        for (name, share), more in zip(shares.items(), marked, strict=True)
    )
    describe(ax, alt or f"Bar chart of {customers_text(count)} by {label}. {listed}.")
    return ax


def region_tiles(
    table: pd.DataFrame,
    layout: Mapping[str, tuple[int, int]],
    region: str = "region",
    ax: Axes | None = None,
    *,
    alt: str | None = None,
) -> Axes:
    """Draw a tile map: one square a region, roughly where it lies, darker with more customers.

    Parameters
    ----------
    table : DataFrame
        One row a customer.
    layout : mapping of str to (row, column)
        Where each region's tile lies, from the top left, counted from 0.
    region : str
        Column of the region.
    ax : Axes, optional
        Where to draw; by default a new figure.
    alt : str, optional
        Alt text instead of the one computed from the data.

    Returns
    -------
    Axes
        Tiles of equal size, so that a large empty region does not outweigh a small full one.

    Raises
    ------
    ValueError
        A column is missing or empty, a region has no tile, or two share one.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> import pandas as pd
    >>> from whobuys.plot import alt_text
    >>> people = pd.DataFrame({"region": ["Coast", "Coast", "Hills", "Coast"]})
    >>> ax = region_tiles(people, {"Hills": (0, 0), "Coast": (0, 1)})
    >>> alt_text(ax)
    'Tile map of 4 customers by region. Coast 75 %, Hills 25 %.'
    >>> plt.close(ax.figure)
    """
    shares = _shares(table, region)
    if unplaced := [str(name) for name in shares.index if name not in layout]:
        raise ValueError(f"layout has no tile for {', '.join(unplaced)}.")
    if len(set(layout.values())) < len(layout):
        raise ValueError("layout puts two regions on the same tile.")
    down = 1 + max(row for row, _ in layout.values())
    across = 1 + max(place for _, place in layout.values())
    ax = ax or new_axes(min(0.7 + 5.2 * down / across, 4.4))
    top = float(shares.max())
    for name, (row, place) in layout.items():
        share = float(shares.get(name, 0.0))
        shade = 0.85 * share / top
        ax.add_patch(
            Rectangle(
                (place + 0.03, row + 0.03), 0.94, 0.94, facecolor=HEAT(shade), edgecolor=QUIET
            )
        )
        dark = shade > 0.6
        ax.text(
            place + 0.5, row + 0.5, f"{name}\n{percent(share, '<1 %')}",
            ha="center", va="center", color="white" if dark else "black",
        )  # fmt: skip
    ax.set_xlim(0, across)
    ax.set_ylim(down, 0)
    ax.set_aspect("equal")
    ax.set_axis_off()
    ax.set_title(f"Share of the customers by {region.replace('_', ' ')}", loc="left")
    count = int(table[region].notna().sum())
    listed = ", ".join(f"{name} {percent(float(share))}" for name, share in shares.items())
    words = f"Tile map of {customers_text(count)} by {region.replace('_', ' ')}. {listed}."
    describe(ax, alt or words)
    return ax


def feature_panels(
    table: pd.DataFrame,
    feature: str,
    segment: str = "segment",
    *,
    bins: int = 20,
    panels: int = 3,
    unit: str = "",
    alt: str | None = None,
) -> Figure:
    """Draw how a number is spread in each segment: small multiples on the same axes.

    Parameters
    ----------
    table : DataFrame
        One row a customer; rows without a segment or a number are left out.
    feature : str
        Column of the number.
    segment : str
        Column of the codes.
    bins : int
        Number of equal steps.
    panels : int
        Panels side by side.
    unit : str
        Unit for the label of the axis.
    alt : str, optional
        Alt text instead of the one computed from the data.

    Returns
    -------
    Figure
        As the last line of a cell it shows itself. Bars: the segment; thin line: all customers;
        dashed: the segment's median.

    Raises
    ------
    ValueError
        A column is missing, or no row has both.

    Examples
    --------
    >>> import pandas as pd
    >>> from whobuys.plot import alt_text
    >>> people = pd.DataFrame({"segment": list("AAABB"), "age": [18, 20, 22, 40, 50]})
    >>> alt_text(feature_panels(people, "age"))
    'Histograms of age, one panel a segment. A: median 20, the middle half from 19 to 21; B: median
    45, the middle half from 42 to 48.'
    """
    for name in (feature, segment):
        if name not in table.columns:
            raise ValueError(lacks("table", name, table))
    numbers = pd.to_numeric(table[feature], errors="coerce").astype(float)
    kept = numbers.notna() & table[segment].notna()
    if not kept.any():
        raise ValueError(f'No row of table has both "{segment}" and a number in "{feature}".')
    values, labels = numbers[kept], table.loc[kept, segment]
    codes = sorted(labels.unique(), key=str)
    low, high = float(values.min()), float(values.quantile(0.99))
    edges = np.linspace(low, high if high > low else low + 1, bins + 1)
    clipped = values.clip(upper=edges[-1])
    across = min(panels, len(codes))
    down = -(-len(codes) // across)
    figure = Figure(figsize=(1.2 + 2.3 * across, 0.7 + 1.7 * down), layout="constrained")
    axes = figure.subplots(down, across, sharex=True, sharey=True, squeeze=False).ravel()
    everybody = np.histogram(clipped, edges)[0] / len(clipped)
    said = []
    for ax, code in zip(axes, codes, strict=False):
        own = values[labels == code]
        counts = np.histogram(own.clip(upper=edges[-1]), edges)[0] / len(own)
        ax.bar(edges[:-1], counts, np.diff(edges), align="edge", color=MAIN, linewidth=0)
        ax.stairs(everybody, edges, color="black", linewidth=1.1)
        middle, first, third = np.quantile(own, [0.5, 0.25, 0.75])
        ax.axvline(middle, color=WARM, linestyle="--", linewidth=1.6)
        ax.set_title(f"{code} · median {middle:,.0f}", fontsize=11, loc="left")
        said.append(
            f"{code}: median {middle:,.0f}, the middle half from {first:,.0f} to {third:,.0f}"
        )
    for ax in axes[max(len(codes) - across, 0) : len(codes)]:
        ax.tick_params(labelbottom=True)
    for ax in axes[len(codes) :]:
        ax.set_visible(False)
    for ax in axes:
        percent_axis(ax)
        ax.tick_params(labelsize=10)
    name = feature.replace("_", " ")
    more = f" (the last bar holds all above {edges[-1]:,.0f})" if values.max() > edges[-1] else ""
    figure.supxlabel(f"{name}{f', {unit}' if unit else ''}{more}", fontsize=11)
    figure.supylabel("Share", fontsize=11)
    figure.suptitle("Bars: the segment. Black line: all customers.", fontsize=10, x=0.02, ha="left")
    describe(figure, alt or f"Histograms of {name}, one panel a segment. {'; '.join(said)}.")
    return figure


def _shares(table: pd.DataFrame, name: str) -> pd.Series:
    if name not in table.columns:
        raise ValueError(lacks("table", name, table))
    shares = table[name].astype(object).value_counts(normalize=True)
    if shares.empty:
        raise ValueError(f'Column "{name}" of table is empty, so there is nothing to draw.')
    return shares.loc[sorted(shares.index, key=lambda level: (-shares[level], str(level)))]
