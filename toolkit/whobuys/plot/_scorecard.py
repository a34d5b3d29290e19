"""The five tests as a table of passed and failed."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from whobuys.plot._alt import describe
from whobuys.plot._parts import lacks, new_axes
from whobuys.plot._style import INK, PALE, WARM

SHARES = ("placed", "reachable", "size", "value")
PALE_FAIL = "#f7e6dd"


def five_tests_card(tests: pd.DataFrame, ax: Axes | None = None, *, alt: str | None = None) -> Axes:
    """Draw the five tests of each segment as a card: the value, and whether it reaches its floor.

    Parameters
    ----------
    tests : DataFrame
        One row a segment and measure with ``segment``, ``test``, ``measure``, ``value``, ``floor``
        and ``passed``, as `whobuys.segment.five_tests` gives.
    ax : Axes, optional
        Where to draw; by default a new figure.
    alt : str, optional
        Alt text instead of the one computed from the data.

    Returns
    -------
    Axes
        The chart: a row a segment, a column a measure with its floor. What fails is framed,
        hatched, and marked with a cross. `alt_text` reads its words.

    Raises
    ------
    ValueError
        A column is missing, there are no rows, or a segment has a measure twice.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> import pandas as pd
    >>> from whobuys.plot import alt_text
    >>> tests = pd.DataFrame({
    ...     "segment": ["key", "key"], "test": ["substantial", "accessible"],
    ...     "measure": ["size", "reachable"], "value": [0.03, 0.9], "floor": [0.05, 0.7],
    ...     "passed": [False, True],
    ... })
    >>> ax = five_tests_card(tests)
    >>> alt_text(ax)
    'Table of 1 segment and 2 measures. key fails in size (3 % of at least 5 %).'
    >>> plt.close(ax.figure)
    """
    for name in ("segment", "test", "measure", "value", "floor", "passed"):
        if name not in tests.columns:
            raise ValueError(lacks("tests", name, tests))
    if tests.empty:
        raise ValueError("tests has no rows, so there is nothing to draw.")
    if tests.duplicated(["segment", "measure"]).any():
        raise ValueError("tests has a measure twice for one segment. Draw one segmentation.")
    segments = list(dict.fromkeys(tests["segment"].astype(str)))
    measures = list(dict.fromkeys(tests["measure"].astype(str)))
    ax = ax or new_axes(1.7 + 0.42 * len(segments))
    for row in tests.itertuples():
        x, y = measures.index(str(row.measure)), segments.index(str(row.segment))
        text = said(float(str(row.value)), str(row.measure))
        if row.passed:
            ax.add_patch(Rectangle((x, y), 1, 1, facecolor="white", edgecolor=PALE))
        else:
            ax.add_patch(
                Rectangle((x, y), 1, 1, facecolor=PALE_FAIL, edgecolor=PALE, hatch="///", lw=0.6)
            )
            ax.add_patch(
                Rectangle((x + 0.04, y + 0.08), 0.92, 0.84, fill=False, edgecolor=WARM, lw=1.6)
            )
        ax.text(
            x + 0.5,
            y + 0.5,
            text if row.passed else f"× {text}",
            ha="center",
            va="center",
            color=INK,
            fontweight="normal" if row.passed else "bold",
            bbox=None if row.passed else {"facecolor": "white", "edgecolor": "none", "pad": 1.2},
        )
    floors = tests.drop_duplicates("measure").set_index("measure")["floor"]
    heads = [
        f"{measure.replace(' and ', ' and' + chr(10))}\n≥ {said(float(floors[measure]), measure)}"
        for measure in measures
    ]
    ax.set_xlim(0, len(measures))
    ax.set_ylim(len(segments), 0)
    ax.set_xticks(np.arange(len(measures)) + 0.5, heads, fontsize=9.5)
    ax.xaxis.tick_top()
    ax.set_yticks(np.arange(len(segments)) + 0.5, segments)
    ax.tick_params(length=0)
    for spine in ax.spines.values():
        spine.set_visible(False)
    failed = tests[~tests["passed"].astype(bool)]
    sound = len(segments) - failed["segment"].nunique()
    ax.set_title(f"{sound} of {len(segments)} segments pass all five tests", loc="left")
    describe(ax, alt or _words(failed, segments, measures))
    return ax


def said(value: float, measure: str) -> str:
    """Write a value as the measure is read: a share in percent, a difference with its unit."""
    if measure in SHARES:
        percent = value * 100
        return f"{percent:.1f} %" if 0 < percent < 9.95 and percent % 1 else f"{percent:.0f} %"
    return f"{value:.2f} sd" if measure == "difference" else f"{value:g}"


def _words(failed: pd.DataFrame, segments: list[str], measures: list[str]) -> str:
    parts = []
    for name in segments:
        rows = failed[failed["segment"].astype(str) == name]
        if len(rows):
            what = ", ".join(
                f"{row.measure} ({said(float(str(row.value)), str(row.measure))} of at least "
                f"{said(float(str(row.floor)), str(row.measure))})"
                for row in rows.itertuples()
            )
            parts.append(f"{name} fails in {what}")
    told = "; ".join(parts) or "All pass"
    return (
        f"Table of {len(segments)} segment{'s'[: len(segments) != 1]} and {len(measures)} "
        f"measures. {told}."
    )
