"""What the charts of target customers share: labels that keep apart, tables of shaded cells."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patheffects import withStroke
from numpy.typing import NDArray

from whobuys.plot._grid import HEAT, _luminance
from whobuys.plot._parts import lacks
from whobuys.plot._style import QUIET

Floats = NDArray[np.float64]
# Where a label may stand, seen from its point: right, left, above, below, and the corners.
PLACES = (
    ("left", "center", 1, 0), ("right", "center", -1, 0), ("center", "bottom", 0, 1),
    ("center", "top", 0, -1), ("left", "bottom", 0.8, 0.8), ("right", "bottom", -0.8, 0.8),
    ("left", "top", 0.8, -0.8), ("right", "top", -0.8, -0.8),
)  # fmt: skip
ACROSS = {"left": 0.0, "center": 0.5, "right": 1.0}
UP = {"bottom": 0.0, "center": 0.5, "top": 1.0}


def names_of(frame: pd.DataFrame, name: str, table: str) -> list[str]:
    """Return a column as texts, or say that it is missing."""
    if name not in frame.columns:
        raise ValueError(lacks(table, name, frame))
    return [str(value) for value in frame[name]]


def label_points(
    ax: Axes,
    points: Floats,
    texts: Sequence[str],
    radii: Sequence[float],
    *,
    bold: Sequence[bool] = (),
    colours: Sequence[str] = (),
    fontsize: float = 10,
    lines: Floats | None = None,
) -> None:
    """Write a text beside each point where it covers the fewest points and other texts.

    Set the limits of the axes first. Radii are those of the marks, in points; lines, a row of x, y,
    x, y each, are kept free as well.
    """
    figure = ax.get_figure(root=True)
    if figure is not None and figure.get_layout_engine() is not None:
        figure.draw_without_rendering()
    dot = 72 / (figure.dpi if figure is not None else 100)
    at = ax.transData.transform(points) * dot
    frame = np.asarray(ax.get_window_extent().extents) * dot
    taken = [(x - r, y - r, x + r, y + r) for (x, y), r in zip(at, radii, strict=True)]
    for x0, y0, x1, y1 in [] if lines is None else lines.tolist():
        ends = ax.transData.transform([[x0, y0], [x1, y1]]) * dot
        for part in np.linspace(0, 1, 25):
            x, y = ends[0] + part * (ends[1] - ends[0])
            taken.append((x - 2, y - 2, x + 2, y + 2))
    high = fontsize * 1.25
    for place, (text, radius) in enumerate(zip(texts, radii, strict=True)):
        wide = 0.62 * fontsize * max(len(line) for line in text.split("\n"))
        tall = high * (text.count("\n") + 1)
        best = None
        for order, (ha, va, right, up) in enumerate(PLACES):
            x, y = at[place] + (radius + 3) * np.array([right, up])
            left, low = x - ACROSS[ha] * wide, y - UP[va] * tall
            box = (left, low, left + wide, low + tall)
            cover = sum(_common(box, other) for i, other in enumerate(taken) if i != place)
            out = wide * tall - _common(box, tuple(frame))
            cost = (round(cover + 3 * out, 1), order)
            if best is None or cost < best[0]:
                best = (cost, box, ha, va, right, up)
        if best is None:
            continue
        _, box, ha, va, right, up = best
        taken.append(box)
        ax.annotate(
            text,
            points[place],
            ((radius + 3) * right, (radius + 3) * up),
            textcoords="offset points",
            ha=ha,
            va=va,
            fontsize=fontsize,
            fontweight="bold" if bold and bold[place] else "normal",
            color=colours[place] if colours else "black",
            zorder=5,
            path_effects=[withStroke(linewidth=2.5, foreground="white")],
        )


def shaded_table(
    ax: Axes,
    values: Floats,
    rows: Sequence[str],
    columns: Sequence[str],
    texts: Sequence[Sequence[str]],
    *,
    low: float | None = None,
    high: float | None = None,
) -> None:
    """Draw a table of cells, darker for more, with a text in each; missing cells stay white."""
    least = float(np.nanmin(values)) if low is None else low
    most = float(np.nanmax(values)) if high is None else high
    ax.pcolormesh(values, cmap=HEAT, vmin=least, vmax=most, edgecolors="white", linewidth=1.5)
    for row in range(values.shape[0]):
        for place in range(values.shape[1]):
            value = values[row, place]
            if np.isnan(value):
                ax.text(place + 0.5, row + 0.5, "–", ha="center", va="center", color=QUIET)
                continue
            part = min(max((value - least) / (most - least), 0), 1) if most > least else 0.0
            dark = _luminance(HEAT(part)) < 0.179
            ax.text(
                place + 0.5, row + 0.5, texts[row][place], ha="center", va="center",
                color="white" if dark else "black",
            )  # fmt: skip
    ax.set_ylim(values.shape[0], 0)
    ax.set_xticks(np.arange(len(columns)) + 0.5, list(columns))
    ax.set_yticks(np.arange(len(rows)) + 0.5, list(rows))
    ax.tick_params(length=0, top=False, labeltop=True, bottom=False, labelbottom=False)
    for spine in ax.spines.values():
        spine.set_visible(False)


def wrap(name: str, width: int = 11) -> str:
    """Break a name at blanks into lines of about this width."""
    lines = [""]
    for word in name.split(" "):
        if lines[-1] and len(lines[-1]) + len(word) + 1 > width:
            lines.append(word)
        else:
            lines[-1] = f"{lines[-1]} {word}".strip()
    return "\n".join(lines)


def _common(one: tuple[float, ...], two: tuple[float, ...]) -> float:
    across = min(one[2], two[2]) - max(one[0], two[0])
    up = min(one[3], two[3]) - max(one[1], two[1])
    return float(across * up) if across > 0 and up > 0 else 0.0
