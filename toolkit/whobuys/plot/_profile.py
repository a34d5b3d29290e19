"""What each segment is like against all customers: profiles, indices, lifts."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.ticker import FixedLocator, NullLocator

from whobuys.plot._alt import describe
from whobuys.plot._parts import column, lacks, new_axes, percent, percent_axis
from whobuys.plot._style import INK, MAIN, PALE, QUIET

ABOVE = LinearSegmentedColormap.from_list("above", ["#ffffff", "#f0b98f", "#b5532a"])
BELOW = LinearSegmentedColormap.from_list("below", ["#ffffff", "#b7d0dc", "#2f6f8f"])
NEEDED = ("segment", "variable", "level", "share", "value", "all", "index")


def profile_plot(
    profile: pd.DataFrame,
    variables: Sequence[str] | None = None,
    *,
    absolute: float | None = None,
    relative: float = 0.5,
    panels: int = 3,
    alt: str | None = None,
) -> Figure:
    """Draw the segment profile plot: one panel a segment, a bar a variable, the total marked.

    Marker variables, those in which a segment stands out, have dark bars and a number.

    Parameters
    ----------
    profile : DataFrame
        A long profile from `whobuys.segment.profile_segments`. Shares (categories, yes-no) are
        drawn as shares; as soon as one variable is a number, all are drawn as indices.
    variables : sequence of str, optional
        Which variables to draw, and their order; by default all of the profile.
    absolute : float, optional
        A variable is a marker from this distance to the total on; by default a quarter of the
        largest value drawn.
    relative : float
        ... or from this distance in parts of the total on.
    panels : int
        Panels side by side.
    alt : str, optional
        Alt text instead of the one computed from the data.

    Returns
    -------
    Figure
        As the last line of a cell it shows itself. `alt_text` reads its words.

    Raises
    ------
    ValueError
        A column or a variable is missing, or there is nothing to draw.

    Notes
    -----
    After the segment profile plot of Dolnicar, S., Grün, B., and Leisch, F. (2018), *Market
    Segmentation Analysis*, chapter 8, with marker variables by absolute or relative distance.

    Examples
    --------
    >>> import pandas as pd
    >>> from whobuys.plot import alt_text
    >>> from whobuys.segment import profile_segments
    >>> people = pd.DataFrame({"segment": ["A", "A", "B", "B"], "app": [True, True, False, True]})
    >>> alt_text(profile_plot(profile_segments(people)))
    'Segment profile plot, one panel a segment, 1 variable against the total. A (50 % of the
    customers): app 100 % (total 75 %). B (50 % of the customers): app 50 % (total 75 %).'
    """
    drawn = _chosen(profile, variables)
    is_share = bool((drawn["kind"] != "number").all()) if "kind" in drawn else False
    size = drawn["value"] if is_share else drawn["index"] / 100
    total = drawn["all"] if is_share else pd.Series(1.0, index=drawn.index)
    top = float(np.nanmax([size.max(), total.max()]))
    near = top / 4 if absolute is None else absolute
    apart = (size - total).abs()
    drawn = drawn.assign(
        size=size, total=total, marker=(apart >= near) | (apart >= relative * total)
    )
    codes = list(dict.fromkeys(drawn["segment"]))
    names = list(dict.fromkeys(zip(drawn["variable"], drawn["level"], strict=True)))
    places = {name: len(names) - 1 - i for i, name in enumerate(names)}

    across = min(panels, len(codes))
    down = -(-len(codes) // across)
    width = 2.3 + 2.0 * across
    figure = Figure(figsize=(width, down * (0.9 + 0.27 * len(names))), layout="constrained")
    axes = figure.subplots(down, across, sharex=True, sharey=True, squeeze=False).ravel()
    for ax, code in zip(axes, codes, strict=False):
        own = drawn[drawn["segment"] == code]
        rows = np.array([places[v, n] for v, n in zip(own["variable"], own["level"], strict=True)])
        dark = own["marker"].to_numpy()
        ax.barh(rows[dark], own["size"][dark], height=0.68, color=MAIN)
        ax.barh(
            rows[~dark], own["size"][~dark], height=0.68, color=PALE, edgecolor=QUIET, linewidth=0.5
        )
        ax.vlines(own["total"], rows - 0.46, rows + 0.46, color="black", linewidth=1.6)
        for row, size, total in zip(rows[dark], own["size"][dark], own["total"][dark], strict=True):
            text = percent(float(size), "<1 %") if is_share else f"{size * 100:.0f}"
            far = max(size, total)
            ax.annotate(
                text, (far, row), (4, 0), textcoords="offset points", va="center", fontsize=9
            )
        ax.set_title(f"{code} · {percent(float(own['share'].iloc[0]))}", fontsize=11, loc="left")
        ax.tick_params(axis="y", length=0)
    for ax in axes[max(len(codes) - across, 0) : len(codes)]:
        ax.tick_params(labelbottom=True)
    for ax in axes[len(codes) :]:
        ax.set_visible(False)
    axes[0].set_yticks(list(places.values()), [_label(*name) for name in places], fontsize=10)
    axes[0].set_ylim(-0.7, len(names) - 0.3)
    axes[0].set_xlim(0, top * 1.28)
    for ax in axes:
        ax.tick_params(axis="x", labelsize=9)
        if is_share:
            percent_axis(ax, "x")
            ax.xaxis.set_major_locator(FixedLocator([0, 0.5, 1] if top > 0.6 else [0, 0.25, 0.5]))
        else:
            ax.xaxis.set_major_formatter(lambda value, _: f"{value * 100:g}")
    said = "Share of the segment" if is_share else "Index, 100 = all customers"
    figure.supxlabel(f"{said}; black line: all customers; dark: stands out", fontsize=10)
    describe(figure, alt or _profile_words(drawn, codes, is_share))
    return figure


def index_heatmap(
    profile: pd.DataFrame,
    variables: Sequence[str] | None = None,
    ax: Axes | None = None,
    *,
    title: str = "Index by segment (100 = all customers)",
    alt: str | None = None,
) -> Axes:
    """Draw the indices of all segments as a table of shades with the number in each cell.

    Parameters
    ----------
    profile : DataFrame
        A long profile from `whobuys.segment.profile_segments`.
    variables : sequence of str, optional
        Which variables to draw, and their order; by default all.
    ax : Axes, optional
        Where to draw; by default a new figure.
    title : str
        Title of the chart.
    alt : str, optional
        Alt text instead of the one computed from the data.

    Returns
    -------
    Axes
        The darker a cell, the further from 100, up to double or half. Cells below 100 are hatched,
        so that above and below can be told apart in grey.

    Raises
    ------
    ValueError
        A column or a variable is missing, or there is nothing to draw.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> import pandas as pd
    >>> from whobuys.plot import alt_text
    >>> from whobuys.segment import profile_segments
    >>> people = pd.DataFrame({"segment": ["A", "A", "B", "B"], "spent": [10, 20, 30, 60]})
    >>> ax = index_heatmap(profile_segments(people))
    >>> alt_text(ax)
    'Heat map of indices, 100 is the average of all customers, 1 row and 2 segments. spent: lowest
    in A (50), highest in B (150).'
    >>> plt.close(ax.figure)
    """
    drawn = _chosen(profile, variables)
    codes = list(dict.fromkeys(drawn["segment"]))
    names = list(dict.fromkeys(zip(drawn["variable"], drawn["level"], strict=True)))
    cells = {
        (variable, level, code): index
        for variable, level, code, index in zip(
            drawn["variable"], drawn["level"], drawn["segment"], drawn["index"], strict=True
        )
    }
    ax = ax or new_axes(1.1 + 0.36 * len(names))
    for row, name in enumerate(names):
        for place, code in enumerate(codes):
            index = cells.get((*name, code), np.nan)
            colour, dark, hatch = _shade(index)
            ax.add_patch(
                Rectangle((place, row), 1, 1, facecolor=colour, edgecolor="white", linewidth=1.5)
            )
            if hatch:
                ax.add_patch(
                    Rectangle(
                        (place + 0.03, row + 0.06), 0.94, 0.88,
                        fill=False, hatch="...", edgecolor="#8fb0c0", linewidth=0,
                    )
                )  # fmt: skip
            ax.text(
                place + 0.5, row + 0.5, "–" if np.isnan(index) else f"{index:.0f}",
                ha="center", va="center", color="white" if dark else "black",
                bbox={"facecolor": colour, "edgecolor": "none", "pad": 1.2} if hatch else None,
            )  # fmt: skip
    ax.set_xlim(0, len(codes))
    ax.set_ylim(len(names), 0)
    ax.set_xticks(np.arange(len(codes)) + 0.5, [str(code) for code in codes])
    ax.set_yticks(np.arange(len(names)) + 0.5, [_label(*name) for name in names])
    ax.tick_params(length=0, top=False, labeltop=True, bottom=False, labelbottom=False)
    for spine in ax.spines.values():
        spine.set_visible(False)
    ax.set_title(title, loc="left")
    ax.set_xlabel("Dark, plain: above the average. Dark, dotted: below.", fontsize=10)
    describe(ax, alt or _index_words(cells, names, codes))
    return ax


def lift_plot(
    lifts: pd.DataFrame,
    ax: Axes | None = None,
    *,
    title: str = "Lift against all customers",
    alt: str | None = None,
) -> Axes:
    """Draw lifts with their intervals, and the line of no difference.

    Parameters
    ----------
    lifts : DataFrame
        Rows of `whobuys.segment.trait_lift`: ``group``, ``customers``, ``lift``, ``low``, ``high``.
    ax : Axes, optional
        Where to draw; by default a new figure.
    title : str
        Title of the chart.
    alt : str, optional
        Alt text instead of the one computed from the data.

    Returns
    -------
    Axes
        A filled dot where the interval leaves out 1, an open one where it does not; the scale is
        logarithmic, so that double and half are equally far from 1.

    Raises
    ------
    ValueError
        A column is missing or has no number.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> import pandas as pd
    >>> from whobuys.plot import alt_text
    >>> ax = lift_plot(pd.DataFrame({"group": ["young", "old"], "customers": [40, 60],
    ...     "lift": [2.0, 0.9], "low": [1.5, 0.6], "high": [2.5, 1.3]}))
    >>> alt_text(ax)
    'Dot chart of 2 lifts with intervals; 1 is the average of all customers. young (40 customers):
    2.00, from 1.50 to 2.50; old (60 customers): 0.90, from 0.60 to 1.30, which holds 1.'
    >>> plt.close(ax.figure)
    """
    values = {name: column(lifts, name, "lifts") for name in ("lift", "low", "high", "customers")}
    if "group" not in lifts.columns:
        raise ValueError(lacks("lifts", "group", lifts))
    groups = [str(group) for group in lifts["group"]]
    rows = np.arange(len(groups))[::-1]
    floor = float(np.min(values["high"])) / 20
    lift, low = (np.maximum(values[name], floor) for name in ("lift", "low"))
    sure = (values["low"] > 1) | (values["high"] < 1)
    ax = ax or new_axes(1.5 + 0.42 * max(len(rows), 2))
    ax.axvline(1, color="black", linewidth=1)
    ax.hlines(rows, low, values["high"], color=[MAIN if s else QUIET for s in sure], linewidth=2)
    for mask, face in ((sure, MAIN), (~sure, "white")):
        ax.scatter(lift[mask], rows[mask], s=60, facecolor=face, edgecolor=MAIN, zorder=3)
    for row, end, value in zip(rows, values["high"], values["lift"], strict=True):
        ax.annotate(f"{value:.2f}", (end, row), (6, 0), textcoords="offset points", va="center")
    sizes = values["customers"].astype(int)
    labels = [f"{group} ({size:,})" for group, size in zip(groups, sizes, strict=True)]
    ax.set_yticks(rows, labels)
    ax.set_xscale("log")
    ends = min(float(low.min()), 0.9) / 1.1, max(float(values["high"].max()), 1.1) * 1.3
    steps = [0.1, 0.2, 0.33, 0.5, 0.75, 1, 1.5, 2, 3, 5, 8, 12, 20]
    ticks = [step for step in steps if ends[0] <= step <= ends[1]]
    ax.xaxis.set_major_locator(FixedLocator(ticks))
    ax.xaxis.set_minor_locator(NullLocator())
    ax.xaxis.set_major_formatter(lambda value, _: f"{value:g}")
    ax.set_xlim(*ends)
    ax.set_ylim(-0.7, len(rows) - 0.3)
    ax.tick_params(axis="y", length=0)
    ax.set_xlabel("Lift; 1 = all customers. Open dot: 1 is inside the interval", fontsize=10)
    ax.set_title(title, loc="left", color=INK)
    described = [
        f"{group} ({size:,} customers): {value:.2f}, from {start:.2f} to {end:.2f}"
        f"{'' if certain else ', which holds 1'}"
        for group, size, value, start, end, certain in zip(
            groups, sizes, values["lift"], values["low"], values["high"], sure, strict=True
        )
    ]
    words = (
        f"Dot chart of {len(groups)} lift{'s'[: len(groups) != 1]} with intervals; 1 is the "
        f"average of all customers. {'; '.join(described)}."
    )
    describe(ax, alt or words)
    return ax


def _chosen(profile: pd.DataFrame, variables: Sequence[str] | None) -> pd.DataFrame:
    """Return the rows to draw, in the order asked for."""
    for name in NEEDED:
        if name not in profile.columns:
            raise ValueError(lacks("profile", name, profile))
    if variables is None:
        chosen = profile
    else:
        there = list(dict.fromkeys(profile["variable"]))
        if unknown := [name for name in variables if name not in there]:
            raise ValueError(
                f"profile describes no variable {', '.join(unknown)}. It has: {', '.join(there)}."
            )
        chosen = pd.concat([profile[profile["variable"] == name] for name in variables])
    if chosen.empty:
        raise ValueError("profile has no rows, so there is nothing to draw.")
    return chosen.reset_index(drop=True)


def _label(variable: str, level: str) -> str:
    name = str(variable).replace("_", " ")
    return name if level in ("", "yes") else f"{name}: {level}"


def _shade(index: float) -> tuple[tuple[float, ...], bool, bool]:
    """Return the colour of an index, whether it is dark, and whether it is below the average."""
    if np.isnan(index):
        return (1.0, 1.0, 1.0, 1.0), False, False
    depth = min(abs(np.log2(max(index, 1) / 100)), 1.0)
    below = index < 95
    return (BELOW if index < 100 else ABOVE)(depth), depth > 0.72, below


def _profile_words(drawn: pd.DataFrame, codes: list, is_share: bool) -> str:
    count = drawn.groupby(["variable", "level"]).ngroups
    parts = []
    for code in codes:
        own = drawn[drawn["segment"] == code]
        marked = own[own["marker"]] if own["marker"].any() else own.head(1)
        said = ", ".join(
            f"{_label(v, n)} {percent(s)} (total {percent(t)})"
            if is_share
            else f"{_label(v, n)} {s * 100:.0f}"
            for v, n, s, t in zip(
                marked["variable"], marked["level"], marked["size"], marked["total"], strict=True
            )
        )
        share = percent(float(own["share"].iloc[0]))
        none = "" if own["marker"].any() else "nothing stands out; "
        parts.append(f"{code} ({share} of the customers): {none}{said}.")
    unit = "" if is_share else " Numbers are indices, 100 is the total."
    return (
        f"Segment profile plot, one panel a segment, {count} variable{'s'[: count != 1]} against "
        f"the total.{unit} {' '.join(parts)}"
    )


def _index_words(cells: dict, names: list, codes: list) -> str:
    parts = []
    for name in names:
        held = {code: cells.get((*name, code), np.nan) for code in codes}
        known = {code: index for code, index in held.items() if not np.isnan(index)}
        if known:
            low, high = min(known, key=known.__getitem__), max(known, key=known.__getitem__)
            parts.append(
                f"{_label(*name)}: lowest in {low} ({known[low]:.0f}), "
                f"highest in {high} ({known[high]:.0f})"
            )
    return (
        f"Heat map of indices, 100 is the average of all customers, {len(names)} "
        f"row{'s'[: len(names) != 1]} and {len(codes)} segments. {'; '.join(parts)}."
    )
