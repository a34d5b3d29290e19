"""Turn numbers or dates into named bands."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray


def band(values: pd.Series, edges: Sequence[Any], labels: Sequence[str]) -> pd.Series:
    """Put each value into a named band with stated edges.

    Bands are half-open [a, b): a value equal to an edge belongs to the band above it. The first
    band is open downwards, the last upwards, so every value has a band.

    Parameters
    ----------
    values : Series
        Numbers or dates.
    edges : sequence
        The inner edges, ascending, in the unit of `values`.
    labels : sequence of str
        One name a band, from the lowest up: one more than `edges`.

    Returns
    -------
    Series
        Ordered Categorical with the categories `labels`, with the index and name of `values`.
        A missing value stays missing.

    Raises
    ------
    ValueError
        Edges do not ascend, labels repeat or are not one more than the edges, or the values are
        neither numbers nor dates.

    Examples
    --------
    >>> import pandas as pd
    >>> age = pd.Series([17, 18, 34, 35, 71], name="age")
    >>> band(age, edges=[18, 35, 60], labels=["under 18", "18-34", "35-59", "60 and over"]).tolist()
    ['under 18', '18-34', '18-34', '35-59', '60 and over']
    """
    series = values if isinstance(values, pd.Series) else pd.Series(values)
    is_date = pd.api.types.is_datetime64_any_dtype(series)
    is_number = pd.api.types.is_numeric_dtype(series) and not pd.api.types.is_bool_dtype(series)
    if not is_date and not is_number:
        example = next(iter(series.dropna()), None)
        raise ValueError(
            f"band needs numbers or dates, not {series.dtype} (for instance {example!r})."
        )
    names = [labels] if isinstance(labels, str) else list(labels)
    if len(set(names)) < len(names):
        raise ValueError(f"labels repeat: {', '.join(map(str, names))}. Give each band its own.")
    cut = check_edges(edges, name="edges", dates=is_date)
    if len(names) != len(cut) + 1:
        raise ValueError(
            f"{len(cut)} edges make {len(cut) + 1} bands, but there are {len(names)} labels."
        )
    if is_date:
        naive = series.dt.tz_localize(None) if series.dt.tz is not None else series
        array: NDArray[Any] = naive.to_numpy().astype("datetime64[ns]")
    else:
        array = series.to_numpy(dtype=np.float64, na_value=np.nan)
    codes = np.searchsorted(cut, array, side="right")
    codes[series.isna().to_numpy()] = -1
    banded = pd.Categorical.from_codes(codes, categories=pd.Index(names), ordered=True)
    return pd.Series(banded, index=series.index, name=series.name)


def band_edges(values: pd.Series, edges: Sequence[Any], labels: Sequence[str]) -> pd.DataFrame:
    """Report where each band begins and ends, how many are in it, and how many stand on its edge.

    Parameters
    ----------
    values, edges, labels
        As in `band`.

    Returns
    -------
    DataFrame
        One row a band, from the lowest up: ``band``; ``from`` (belongs to this band) and ``to``
        (belongs to the next one), in the unit of `values`, missing where the band is open;
        ``count`` of values; ``on_edge``, how many of them equal ``from`` exactly, so that they
        would fall into the band below if edges belonged there. Missing values are in no band.

    Raises
    ------
    ValueError
        As in `band`.

    Examples
    --------
    >>> import pandas as pd
    >>> people = pd.Series([12, 199, 200, 200, 640], name="headcount")
    >>> band_edges(people, edges=[200], labels=["fewer than 200", "200 and more"])
                 band   from     to  count  on_edge
    0  fewer than 200    NaN  200.0      2        0
    1    200 and more  200.0    NaN      3        2
    """
    banded = band(values, edges, labels)
    series = values if isinstance(values, pd.Series) else pd.Series(values)
    if pd.api.types.is_datetime64_any_dtype(series):
        cuts: list[Any] = [pd.Timestamp(edge).tz_localize(series.dt.tz) for edge in edges]
        gap: Any = pd.NaT
    else:
        cuts, gap = [float(edge) for edge in edges], np.nan
    return pd.DataFrame(
        {
            "band": banded.cat.categories,
            "from": [gap, *cuts],
            "to": [*cuts, gap],
            "count": banded.value_counts(sort=False).to_numpy(),
            "on_edge": [0, *(int((series == cut).sum()) for cut in cuts)],
        }
    )


def check_edges(edges: Sequence[Any], *, name: str, dates: bool = False) -> NDArray[Any]:
    """Return the edges as an array, or say what is wrong with them."""
    kind = "dates" if dates else "numbers"
    try:
        if isinstance(edges, (str, bytes)):
            raise TypeError
        cut: NDArray[Any] = (
            pd.DatetimeIndex(list(edges)).to_numpy().astype("datetime64[ns]")
            if dates
            else np.array([float(edge) for edge in edges])
        )
    except (TypeError, ValueError):
        raise ValueError(f"{name} must be a list of {kind}, not {edges!r}.") from None
    if len(cut) == 0:
        raise ValueError(f"{name} is empty. Give at least one edge.")
    if not (np.isfinite(cut).all() and (cut[1:] > cut[:-1]).all()):
        shown = ", ".join(str(edge) for edge in edges)
        raise ValueError(f"{name} must be finite {kind} that ascend without repeats, not {shown}.")
    return cut
