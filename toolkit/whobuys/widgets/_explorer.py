"""Choose variables and a number of segments; see the profile, and whether to believe it."""

from __future__ import annotations

from collections.abc import Sequence

import ipywidgets
import numpy as np
import pandas as pd
from sklearn.metrics import silhouette_score

from whobuys import plot
from whobuys.segment import (
    find_segments,
    profile_segments,
    scale_features,
    segment_stability_within,
    stability,
)
from whobuys.widgets._panel import Panel

ROWS = 2_000
SAMPLES = 10


def segment_explorer(
    features: pd.DataFrame,
    variables: Sequence[str] | None = None,
    *,
    k: int = 4,
    most: int = 8,
    seed: int = 0,
) -> Panel:
    """Choose what customers are compared by and how many segments to find.

    Parameters
    ----------
    features : DataFrame
        One row a customer, ids in the index; number columns without missing values.
    variables : sequence of str, optional
        Columns ticked at the start; by default all.
    k : int
        Number of segments at the start.
    most : int
        Largest number of segments to choose, from 2.
    seed : int
        Starting point of k-means and of the samples.

    Returns
    -------
    Panel
        A box to tick for each column, and the number of segments. Shown are the size and profile of
        each segment, its silhouette, and how stable it is: the whole solution over 10 pairs of
        bootstrap samples, each segment over 10 samples.

    Raises
    ------
    ValueError
        `variables` names no column, or k is not from 2 to `most`.

    Notes
    -----
    Columns are scaled by `whobuys.segment.scale_features`. Silhouette and stability are measured on
    at most 2,000 customers, drawn once, so that the answer comes while you look.

    Examples
    --------
    >>> draw = np.random.default_rng(1)
    >>> features = pd.DataFrame(draw.normal(size=(90, 2)), columns=["orders", "clicks"])
    >>> features["orders"] += 9 * (features.index % 3)
    >>> panel = segment_explorer(features, k=2, most=4)
    >>> panel.controls["k"].value = 3
    >>> "3 segments" in panel.html
    True
    """
    ticked = list(features.columns if variables is None else variables)
    if unknown := [name for name in ticked if name not in features.columns]:
        there = ", ".join(map(str, features.columns))
        raise ValueError(f"features has no column {unknown[0]!r}. There are: {there}.")
    if not 2 <= k <= most:
        raise ValueError(f"k must be from 2 to most={most}, not {k!r}.")
    few = features.sample(min(ROWS, len(features)), random_state=seed).sort_index()

    def render(k: int, **chosen: bool) -> str:
        names = [name for name, number in keys.items() if chosen[number]]
        if not names:
            raise ValueError("Tick at least one variable.")
        return _result(features[names], few[names], k, seed)

    keys = {name: f"variable {place}" for place, name in enumerate(features.columns, start=1)}
    controls: dict[str, ipywidgets.Widget] = {
        "k": ipywidgets.BoundedIntText(value=k, min=2, max=most, description="Segments")
    }
    for name, number in keys.items():
        controls[number] = ipywidgets.Checkbox(
            value=name in ticked, description=str(name), indent=False, layout={"width": "12em"}
        )
    return Panel(controls, render)


def _result(features: pd.DataFrame, few: pd.DataFrame, k: int, seed: int) -> str:
    scaled = scale_features(features)
    found = find_segments(scaled, k, seed=seed)
    part = scaled.loc[few.index]
    labels = found.labels.loc[few.index]
    agreement = stability(part, [k], SAMPLES, seed=seed, progress=False)[k].mean()
    again = segment_stability_within(part, labels, SAMPLES, seed=seed, progress=False).mean()
    width = silhouette_score(part, labels) if labels.nunique() > 1 else np.nan
    profile = profile_segments(features.assign(segment=found.labels.map("segment {}".format)))
    sizes = found.sizes
    table = pd.DataFrame(
        {
            "segment": sizes.index,
            "customers": sizes.to_numpy(),
            "share": [f"{share:.0%}" for share in sizes / sizes.sum()],
            "found again (mean Jaccard)": again.reindex(sizes.index).to_numpy(),
        }
    )
    figure = plot.figure_html(plot.profile_plot(profile))
    return (
        f"<p><strong>{k} segments.</strong> Silhouette {width:.2f}; two samples agree to "
        f"{agreement:.2f} (adjusted Rand index, 1 is the same again).</p>"
        + table.to_html(index=False, border=0, float_format="{:,.2f}".format)
        + figure
    )
