"""Where a case is messed up: its tables as texts, and a note of every change."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ._case import Case
from ._columns import tables_of
from ._errata import Entries, entries, gather
from ._files import write_tables
from ._latent import Flags, Floats, Whole
from ._streams import Streams

Cells = NDArray[np.object_]
Sheet = dict[str, Cells]


@dataclass(frozen=True)
class _Rows:
    """Rows to be put into a table, each after one of the clean rows."""

    after: Whole
    cells: Sheet
    notes: Entries


@dataclass
class Bench:
    """The texts of a case before and after, and the notes.

    Kinds first change cells, then copy rows; ``messy`` keeps the clean rows' order until `finish`
    puts the new rows between them. A cell can be changed once.
    """

    case: Case
    seed: int
    clean: dict[str, Sheet] = field(init=False)
    messy: dict[str, Sheet] = field(init=False)
    notes: list[tuple[str, Entries]] = field(init=False, default_factory=list)
    rows: dict[str, list[_Rows]] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        self.clean = as_texts(self.case)
        self.messy = {
            name: {column: cells.copy() for column, cells in sheet.items()}
            for name, sheet in self.clean.items()
        }

    def stream(self, name: str) -> np.random.Generator:
        """Return the stream of one kind of mess, or of one purpose within it."""
        return Streams(self.case.company.name, self.seed)(f"mess.{name}")

    def has(self, table: str, *columns: str) -> bool:
        """Say if there is such a table, with these columns and at least one row."""
        return (
            table in self.case.tables
            and len(self.case.tables[table]) > 0
            and set(columns) <= set(self.case.tables[table])
        )

    def key(self, table: str, cells: Sheet) -> Cells:
        """Return what names each row."""
        known = tables_of(self.case.company)
        columns = known[table].key if table in known else ()
        named = [cells[column] for column in columns if column in cells]
        size = len(next(iter(cells.values())))
        if not named:
            return as_cells([None] * size)
        return as_cells("/".join(str(part) for part in row) for row in zip(*named, strict=True))

    @cached_property
    def orders(self) -> Orders:
        """The orders behind the lines of the transactions."""
        return Orders(self)

    def change(
        self, kind: str, table: str, places: Whole, column: str, values: Iterable[str | None]
    ) -> None:
        """Give the cells at these places new values, and note those that differ."""
        cells, before = self.messy[table][column], self.clean[table][column][places]
        after = as_cells(values)
        if (cells[places] != before).any():
            raise RuntimeError(f"{kind}: a cell of {table}.{column} would be changed twice.")
        differs = after != before
        places, before, after = places[differs], before[differs], after[differs]
        cells[places] = after
        key = self.key(table, {name: held[places] for name, held in self.clean[table].items()})
        note = entries(
            table, "cell", kind, len(places),
            row=places, key=key, column=column, clean=before, messy=after,
        )  # fmt: skip
        self.notes.append((table, note))

    def add_column(self, kind: str, table: str, column: str, fill: str | Cells | None) -> None:
        """Add a column that the clean table does not have."""
        size = len(self.case.tables[table])
        held = fill if isinstance(fill, np.ndarray) else as_cells([fill] * size)
        self.clean[table][column], self.messy[table][column] = held, held.copy()
        text = fill if isinstance(fill, str) else None
        self.note(kind, table, "column", column=column, messy=text)

    def add_table(self, kind: str, table: str, sheet: Sheet) -> None:
        """Add a table that the clean case does not have."""
        self.clean[table], self.messy[table] = sheet, sheet
        self.note(kind, table, "table")

    def add_rows(
        self, kind: str, table: str, after: Whole, cells: Sheet, **known: str | Cells
    ) -> None:
        """Add rows, each after one of the clean rows; ``known`` goes into the ledger."""
        key = self.key(table, cells)
        notes = entries(table, "row", kind, len(after), key=key, **known)
        self.rows.setdefault(table, []).append(_Rows(after, cells, notes))

    def note(self, kind: str, table: str, change: str, **known: Any) -> None:
        """Note a change of a whole column, table or file."""
        self.notes.append((table, entries(table, change, kind, **known)))

    def finish(self) -> tuple[dict[str, pd.DataFrame], pd.DataFrame]:
        """Return the messy tables as texts, and the ledger with positions in them."""
        texts, places, notes = {}, {}, []
        for name, sheet in self.messy.items():
            size = len(next(iter(sheet.values())))
            added = self.rows.get(name, [])
            wanted = [np.arange(size, dtype=float), *(part.after + 0.5 for part in added)]
            order = np.argsort(np.concatenate(wanted), kind="stable")
            place = np.empty(len(order), dtype=np.int64)
            place[order] = np.arange(len(order))
            places[name] = place
            whole = {
                column: np.concatenate([cells, *(part.cells[column] for part in added)])[order]
                for column, cells in sheet.items()
            }
            texts[name] = pd.DataFrame(whole, dtype="str")
            for part in added:
                end = size + len(part.after)
                notes.append(part.notes | {"row": place[size:end].astype(object)})
                size = end
        for name, note in self.notes:
            if "cell" in note["change"]:
                note = note | {"row": places[name][note["row"].astype(np.int64)].astype(object)}
            notes.append(note)
        return texts, gather(notes, list(texts))


class Orders:
    """The orders behind the lines: which lines, which are left alone, and who may touch what.

    Some kinds could hit the same cell. So that none of them depends on another, each order belongs
    to one of them beforehand, whatever the rates are.
    """

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        self.lines = bench.clean["transactions"]
        codes, _ = pd.factorize(self.lines["order_id"])
        self.of_line: Whole = codes.astype(np.int64)
        _, first = np.unique(self.of_line, return_index=True)
        self.first: Whole = first.astype(np.int64)
        self.last: Whole = len(codes) - 1 - np.unique(self.of_line[::-1], return_index=True)[1]
        # Near duplicates need an original that nothing else has touched.
        self.near: Flags = self.place("near_duplicates") < 0.15

    def place(self, question: str) -> Floats:
        """Return each order's place between 0 and 1 in the sharing-out of one column's cells."""
        return self.bench.stream(f"shares.{question}").random(len(self.first))

    def __len__(self) -> int:
        return len(self.first)

    def lines_of(self, orders: Whole) -> Whole:
        """Return the places of these orders' lines."""
        chosen = np.zeros(len(self), dtype=bool)
        chosen[orders] = True
        return np.flatnonzero(chosen[self.of_line])

    def read(self, column: str) -> Cells:
        """Return one value an order, from its first line."""
        return self.lines[column][self.first]


def some(
    rng: np.random.Generator, open_to: Flags, rate: float, weight: Floats | None = None
) -> Whole:
    """Choose ``rate`` of all places, by chance, from those that are open to it."""
    draw = rng.random(len(open_to))
    if not open_to.any():
        return np.zeros(0, dtype=np.int64)
    heavy = np.ones(len(open_to)) if weight is None else weight / weight[open_to].mean()
    return np.flatnonzero(open_to & (draw < rate / open_to.mean() * heavy))


def as_cells(values: Iterable[str | None]) -> Cells:
    """Return texts as an array of objects; None is missing."""
    held = list(values)
    cells = np.empty(len(held), dtype=object)
    cells[:] = held
    return cells


def as_texts(case: Case) -> dict[str, Sheet]:
    """Return every cell as it stands in the files of `write_tables`; None is missing."""
    texts: dict[str, Sheet] = {}
    with TemporaryDirectory() as folder:
        for file in write_tables(case, folder):
            table = pd.read_csv(file, dtype="str", keep_default_na=False, skip_blank_lines=False)
            frame = case.tables[file.stem]
            texts[file.stem] = {
                str(name): as_cells(
                    None if gone else cell
                    for cell, gone in zip(table[name], frame[name].isna(), strict=True)
                )
                for name in frame
            }
    return texts
