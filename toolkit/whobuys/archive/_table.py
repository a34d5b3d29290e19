"""Check a table once, so that every function gives the same errors."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

import pandas as pd


def need_table(frame: object, name: str = "table") -> pd.DataFrame:
    """Return the table, or say what is wrong with it as a whole."""
    if not isinstance(frame, pd.DataFrame):
        raise TypeError(f"{name} must be a pandas DataFrame, not {type(frame).__name__}.")
    if not frame.columns.is_unique:
        again = frame.columns[frame.columns.duplicated()][0]
        raise ValueError(f'{name} has more than one column named "{again}". Keep one.')
    if not frame.index.is_unique:
        raise ValueError(
            f"The index of {name} repeats, so rows cannot be named in the log. "
            "Call reset_index(drop=True) first."
        )
    return frame


def need_columns(frame: pd.DataFrame, columns: Iterable[str], name: str = "table") -> None:
    """Raise one error naming every missing column, the nearest one, and what is there."""
    there = [str(column) for column in frame.columns]
    parts = []
    for column in columns:
        if column not in frame.columns:
            near = get_close_matches(str(column), there, n=1)
            parts.append(f'"{column}"' + (f' (nearest: "{near[0]}")' if near else ""))
    if parts:
        raise ValueError(
            f"{name} has no column {', '.join(parts)}. It has: {', '.join(there)}. "
            "Add or rename it."
        )
