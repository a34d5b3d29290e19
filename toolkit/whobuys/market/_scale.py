"""A company with a million customers: drawn in chunks, written to Parquet chunk by chunk."""

from __future__ import annotations

import hashlib
import importlib
import json
import operator
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ._columns import Table, tables_of
from ._company import Company, load_company
from ._latent import SMALLEST_SEGMENT, _draw_segments
from ._shape import texts
from ._streams import Streams, check_seed
from ._tables import draw_draft, draw_wanted

CHUNKED = ("transactions", "customers")
MARKER = "unfinished.json"
ATTEMPTS = 20


@dataclass(frozen=True)
class ChunkStreams(Streams):
    """The streams of one chunk: none of them is a stream of a case, or of another chunk."""

    chunk: int = 0

    def __call__(self, name: str) -> np.random.Generator:
        """Return the generator of this chunk's stream with this name, from its beginning."""
        return super().__call__(f"large.{self.chunk}.{name}")


@dataclass(frozen=True)
class _Plan:
    """How many customers each chunk has, and the streams they are drawn with."""

    company: Company
    seed: int
    customers: int
    chunk: int
    attempt: int = 0

    @property
    def chunks(self) -> int:
        return -(-self.customers // self.chunk)

    def streams(self, number: int) -> ChunkStreams:
        return ChunkStreams(self.company.name, self.seed, self.attempt, number)

    def part(self, number: int) -> Company:
        """Return the company with as many customers as the chunk has."""
        size = min(self.chunk, self.customers - number * self.chunk)
        return self.company.model_copy(update={"customers": size})

    def describe(self) -> dict[str, Any]:
        """Return what an unfinished draw has to be finished with."""
        company = hashlib.sha256(self.company.model_dump_json().encode()).hexdigest()
        return {
            "company": company,
            "seed": self.seed,
            "customers": self.customers,
            "chunk": self.chunk,
        }


def write_large(
    company: str | Path | Company,
    seed: int,
    folder: str | Path,
    customers: int = 1_000_000,
    chunk: int = 50_000,
    progress: Callable[[int, int], None] | None = None,
) -> list[Path]:
    """Draw a large company in chunks and write it to Parquet, never holding all of it.

    Parameters
    ----------
    company : str, pathlib.Path or Company
        As for `market`.
    seed : int
        From 0 to 2**256 - 1. The same company, seed, number of customers and chunk size give the
        same data.
    folder : str or pathlib.Path
        Where to; made if it is not there. If a draw was stopped half-way there, the same call
        goes on where it stopped.
    customers : int
        How many customers in all.
    chunk : int
        How many customers at a time: memory grows with it.
    progress : callable, optional
        Called after each chunk with the customers drawn so far and the customers in all.

    Returns
    -------
    list of pathlib.Path
        ``products.parquet``, and for each chunk a file in ``transactions/`` and one in
        ``customers/``. Read a whole table with ``pandas.read_parquet(folder / "transactions")``.

    Raises
    ------
    ImportError
        If pyarrow is not installed.
    ValueError
        If a number is not as it must be, the folder holds another draw or a finished one, or no
        draw is fair: the smallest latent segment must hold at least 5 % of the customers.

    Notes
    -----
    Customers, orders and prices follow the same laws as in `market`, with streams of their own, so
    a small case is not the beginning of a large one. Customer ids follow the day of joining within
    a chunk; an order id is the chunk's number, then the order's number in the chunk. A file is
    written under another name first, so it is there whole or not at all. While the draw is
    unfinished, ``unfinished.json`` in the folder says what it is a draw of, the seed included; a
    finished folder says nothing about the seed.
    """
    arrow, parquet = _arrow()
    described = company if isinstance(company, Company) else load_company(company)
    plan = _plan(described, seed, customers, chunk)
    place = Path(folder)
    _claim(place, plan)
    known = tables_of(described)
    files = []
    for number in range(plan.chunks):
        parts = [place / name / f"part-{number:05d}.parquet" for name in CHUNKED]
        if not all(part.exists() for part in parts):
            tables = _draw_chunk(plan, number)
            for name, part in zip(CHUNKED, parts, strict=True):
                _write(arrow, parquet, tables[name], part, known[name])
        files += parts
        if progress is not None:
            progress(min((number + 1) * plan.chunk, plan.customers), plan.customers)
    products = place / "products.parquet"
    _write(arrow, parquet, _products(plan), products, known["products"])
    (place / MARKER).unlink()
    return [products, *files]


def draw_chunks(plan: _Plan) -> Iterator[dict[str, pd.DataFrame]]:
    """Draw chunk after chunk."""
    for number in range(plan.chunks):
        yield _draw_chunk(plan, number)


def _draw_chunk(plan: _Plan, number: int) -> dict[str, pd.DataFrame]:
    """Draw the tables of one chunk, with ids that no other chunk has."""
    draft = draw_draft(plan.part(number), plan.streams(number))
    tables = draw_wanted(draft, CHUNKED)
    wide = max(5, len(str(plan.customers)))
    first = number * plan.chunk + 1
    customers = texts([f"C{each:0{wide}d}" for each in range(first, first + draft.size)])
    many = max(3, len(str(plan.chunks - 1)))
    orders = texts([f"O{number:0{many}d}{each + 1:07d}" for each in range(len(draft.orders.day))])
    lines = draft.lines.order
    tables["transactions"]["order_id"] = orders[lines]
    tables["transactions"]["customer_id"] = customers[draft.orders.customer[lines]]
    tables["customers"]["customer_id"] = customers
    return tables


def _products(plan: _Plan) -> pd.DataFrame:
    part = plan.company.model_copy(update={"customers": len(plan.company.segments)})
    return draw_wanted(draw_draft(part, plan.streams(0)), ["products"])["products"]


def _plan(company: Company, seed: int, customers: int, chunk: int) -> _Plan:
    """Check the numbers, and find the first attempt whose smallest segment is large enough."""
    sizes = {"customers": customers, "chunk": chunk}
    whole = {name: _whole(name, size, company) for name, size in sizes.items()}
    number = check_seed(seed)
    parts = len(company.segments)
    for attempt in range(ATTEMPTS):
        plan = _Plan(company, number, whole["customers"], whole["chunk"], attempt)
        counts = np.zeros(parts, dtype=np.int64)
        for each in range(plan.chunks):
            segment = _draw_segments(plan.part(each), plan.streams(each))
            counts += np.bincount(segment, minlength=parts)
        if counts.min() >= SMALLEST_SEGMENT * plan.customers:
            return plan
    raise ValueError(
        f"{company.name}: no fair draw in {ATTEMPTS} attempts: the smallest segment must hold at "
        f"least {SMALLEST_SEGMENT:.0%} of the {customers} customers. Raise its share, or draw more "
        f"customers."
    )


def _whole(name: str, size: object, company: Company) -> int:
    try:
        number = -1 if isinstance(size, bool) else operator.index(size)  # type: ignore[arg-type]
    except TypeError:
        number = -1
    least = len(company.segments)
    if number < least:
        raise ValueError(
            f"{name}: must be a whole number of at least {least} (one customer for each segment of "
            f"{company.name}), is {size!r}."
        )
    return number


def _claim(place: Path, plan: _Plan) -> None:
    """Begin a draw in an empty folder, or go on with the one that was begun there."""
    marker = place / MARKER
    if marker.exists():
        if json.loads(marker.read_text("utf-8")) != plan.describe():
            raise ValueError(
                f"{place} holds an unfinished draw of something else: finish it with its own "
                "company, seed, customers and chunk, or take another folder."
            )
    elif place.exists() and any(place.iterdir()):
        raise ValueError(f"{place} is not empty: take another folder, or empty this one.")
    for name in CHUNKED:
        (place / name).mkdir(parents=True, exist_ok=True)
        for left in (place / name).glob("*.part"):
            left.unlink()
    half = marker.with_suffix(".part")
    half.write_text(json.dumps(plan.describe()), "utf-8")
    half.replace(marker)


def _write(arrow: Any, parquet: Any, table: pd.DataFrame, file: Path, about: Table) -> None:
    """Write one file, of the same types even where it holds no row."""
    types = {
        "string": arrow.string(),
        "integer": arrow.int64(),
        "number": arrow.float64(),
        "boolean": arrow.bool_(),
        "date": arrow.timestamp("us"),
    }
    schema = arrow.schema([(name, types[column.type]) for name, column in about.columns.items()])
    held = arrow.Table.from_pandas(table, schema=schema, preserve_index=False)
    half = file.with_suffix(".part")
    parquet.write_table(held.replace_schema_metadata(None), half, compression="zstd")
    half.replace(file)


def _arrow() -> tuple[Any, Any]:
    try:
        return importlib.import_module("pyarrow"), importlib.import_module("pyarrow.parquet")
    except ImportError:
        raise ModuleNotFoundError(
            "Large companies are written to Parquet with the package 'pyarrow', which is not "
            'installed. Install it: pip install "whobuys[large]"'
        ) from None
