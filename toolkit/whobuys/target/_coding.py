"""Attributes as columns of a design matrix, each level against the mean of its attribute."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from whobuys.segment._lines import numbers, require_columns

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Coding:
    """How attributes become columns: categorical ones zero-sum, linear ones as they are."""

    levels: dict[str, list[object]]
    linear: tuple[str, ...]

    def matrix(self, profiles: pd.DataFrame, table: str) -> Floats:
        """Return the design matrix, without a column for the mean."""
        wanted = {name: name for name in [*self.levels, *self.linear]}
        require_columns(profiles, wanted, table=table)
        parts: list[Floats] = []
        for name, levels in self.levels.items():
            place = pd.Index(levels, dtype=object).get_indexer(
                pd.Index(profiles[name], dtype=object)
            )
            if (place < 0).any():
                wrong = profiles[name].to_numpy()[place < 0][0]
                raise ValueError(
                    f'"{name}" of {table} has the level {wrong!r}, which was never rated or '
                    f"chosen from. Levels: {', '.join(map(str, levels))}."
                )
            parts.append(_zero_sum(len(levels))[place])
        for name in self.linear:
            parts.append(numbers(profiles[name], name=name, table=table)[:, None])
        return np.hstack(parts)

    def spread(self) -> tuple[Floats, list[tuple[str, object]]]:
        """Return the matrix from estimates to part-worths, and what each part-worth is of."""
        size = sum(len(levels) - 1 for levels in self.levels.values()) + len(self.linear)
        rows: list[Floats] = []
        names: list[tuple[str, object]] = []
        start = 0
        for name, levels in self.levels.items():
            block = np.zeros((len(levels), size))
            block[:, start : start + len(levels) - 1] = _zero_sum(len(levels))
            rows.append(block)
            names += [(name, level) for level in levels]
            start += len(levels) - 1
        for name in self.linear:
            row = np.zeros((1, size))
            row[0, start] = 1
            rows.append(row)
            names.append((name, "per unit"))
            start += 1
        return np.vstack(rows), names


def coding_of(
    profiles: pd.DataFrame, attributes: Sequence[str], linear: Sequence[str], table: str
) -> Coding:
    """Read the levels off the profiles; categories keep their order, others are sorted."""
    both = [*attributes, *linear]
    if not both or len(set(both)) < len(both):
        raise ValueError("Name each attribute once, and at least one.")
    require_columns(profiles, {name: name for name in both}, table=table)
    if profiles.empty:
        raise ValueError(f"{table} has no rows.")
    levels: dict[str, list[object]] = {}
    for name in attributes:
        values = profiles[name]
        if missing := int(values.isna().sum()):
            raise ValueError(f'"{name}" of {table} is missing in {missing:,} rows.')
        if isinstance(values.dtype, pd.CategoricalDtype):
            used = set(values)
            levels[name] = [level for level in values.cat.categories if level in used]
        else:
            levels[name] = sorted(values.unique().tolist(), key=_order)
        if len(levels[name]) < 2:
            raise ValueError(f'"{name}" of {table} has one level only; it cannot matter.')
    return Coding(levels, tuple(linear))


def importances(part_worths: pd.DataFrame, ranges: Mapping[str, float]) -> pd.DataFrame:
    """Return the range of each attribute's part-worths and its share of all ranges."""
    rows = []
    for name, own in part_worths.groupby("attribute", sort=False)["part_worth"]:
        wide = abs(float(own.iloc[0])) * ranges[str(name)] if str(name) in ranges else np.ptp(own)
        rows.append((str(name), float(wide)))
    table = pd.DataFrame(rows, columns=["attribute", "range"])
    total = float(table["range"].sum())
    table["importance"] = table["range"] / total if total else np.nan
    return table


def _zero_sum(levels: int) -> Floats:
    return np.vstack([np.eye(levels - 1), -np.ones(levels - 1)])


def _order(level: object) -> tuple[int, float, str]:
    is_number = isinstance(level, int | float | np.number)
    return (0, float(level), "") if is_number else (1, 0.0, str(level))  # type: ignore[arg-type]
