"""The ledger of a messy case: every change, and the way back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

COLUMNS = {
    "table": "str",
    "row": "Int64",
    "key": "str",
    "column": "str",
    "change": "str",
    "kind": "str",
    "clean": "str",
    "messy": "str",
}


Entries = dict[str, NDArray[np.object_]]


def entries(table: str, change: str, kind: str, size: int = 1, **known: Any) -> Entries:
    """Return entries of a ledger: one value for all of them, or one each; None if not known."""
    held: dict[str, Any] = {"table": table, "change": change, "kind": kind} | known
    parts = {name: np.empty(size, dtype=object) for name in COLUMNS}
    for name, part in parts.items():
        part[:] = held.get(name)
    return parts


def gather(parts: list[Entries], tables: list[str]) -> pd.DataFrame:
    """Return one ledger, by table and row."""
    parts = [entries("", "", "", 0), *parts]
    whole = {name: np.concatenate([part[name] for part in parts]) for name in COLUMNS}
    table = [tables.index(name) for name in whole["table"]]
    row = [-1 if place is None else place for place in whole["row"]]
    order = np.lexsort([np.array(row, dtype=np.int64), np.array(table, dtype=np.int64)])
    ledger = pd.DataFrame({name: part[order] for name, part in whole.items()})
    return ledger.astype(COLUMNS)


def write_ledger(ledger: pd.DataFrame, file: str | Path) -> Path:
    """Write a ledger as CSV."""
    place = Path(file)
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(ledger.to_csv(index=False, lineterminator="\n").encode())
    return place


def read_errata(file: str | Path) -> pd.DataFrame:
    """Read a ledger back from its file.

    Parameters
    ----------
    file : str or pathlib.Path
        What `write_errata` wrote.

    Returns
    -------
    pandas.DataFrame
        The ledger, as `errata` gave it.

    Raises
    ------
    FileNotFoundError
        If the file is missing.
    ValueError
        If it is not a ledger.
    """
    place = Path(file)
    if not place.is_file():
        raise FileNotFoundError(f"There is no ledger {place}; write it with write_errata.")
    try:
        ledger = pd.read_csv(place, dtype=COLUMNS, na_values=[""], keep_default_na=False)
    except ValueError as error:
        raise ValueError(f"{place.name}: is not a ledger: {error}") from None
    if list(ledger) != list(COLUMNS):
        raise ValueError(f"{place.name}: is not a ledger: its columns must be {', '.join(COLUMNS)}")
    return ledger


def take_back(texts: dict[str, pd.DataFrame], ledger: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Undo every entry of the ledger; the tables are texts, and stay so."""
    unknown = sorted(set(ledger["table"]) - set(texts))
    if unknown:
        raise ValueError(f"The ledger does not belong to these tables: it names {unknown[0]!r}.")
    added = set(ledger.loc[ledger["change"] == "table", "table"])
    back = {}
    for name, table in texts.items():
        if name in added:
            continue
        mine = ledger[ledger["table"] == name]
        columns = mine.loc[mine["change"] == "column", "column"]
        rows = set(mine.loc[mine["change"] == "row", "row"])
        cells = mine[(mine["change"] == "cell") & ~mine["column"].isin(columns)]
        held = {str(column): table[column].to_numpy(object, copy=True) for column in table}
        for column, part in cells.groupby("column", sort=False):
            _restore(name, str(column), held, part)
        clean = pd.DataFrame(held, columns=table.columns, dtype="str").drop(columns=list(columns))
        back[name] = clean[~clean.index.isin(rows)].reset_index(drop=True)
    return back


def _restore(name: str, column: str, held: dict[str, NDArray[Any]], part: pd.DataFrame) -> None:
    places = part["row"].to_numpy("int64")
    if column not in held or (len(places) and places.max() >= len(held[column])):
        raise ValueError(f"The ledger does not belong to these tables: {name} has no {column!r}.")
    found = pd.Series(held[column][places], dtype="str")
    messy = part["messy"].reset_index(drop=True)
    wrong = ~((found == messy) | (found.isna() & messy.isna()))
    if wrong.any():
        first = int(wrong.to_numpy().argmax())
        raise ValueError(
            f"The ledger does not belong to these tables: {name}, row {places[first]}, {column}: "
            f"the ledger says {messy[first]!r}, the table {found[first]!r} "
            f"({int(wrong.sum())} such cells)."
        )
    held[column][places] = part["clean"].to_numpy(object)
