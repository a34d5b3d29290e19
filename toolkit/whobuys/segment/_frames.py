"""Orders in other frames than pandas: opened, checked and summed by the engine they live in."""

from __future__ import annotations

import contextlib
import datetime as dt
import glob
import importlib
import importlib.util
import os
import tempfile
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from whobuys.segment._lines import check_names, counted, first_few, one_currency_error

PART_ROWS = 10_000_000
"""Parquet files with more rows are summed in parts by customer: quicker than spilling to disk."""
DUCKDB_MEMORY = "2GB"
NEVER = dt.date(9999, 12, 31)
NAMES = {"polars": "Polars", "pyarrow": "Arrow", "dask": "Dask", "pyspark": "PySpark"}
DATE, AMOUNT, DAY, LATE, ORDER = 1, 2, 3, 4, 5
"""Kinds of faults, a row's is the first that fits; the most is kept while summing."""

Raw = Callable[[], Iterator[Any]]
Opened = tuple[str, Any, Raw]


@dataclass(frozen=True)
class Orders:
    """Checked orders in another frame, as parts that share no customer.

    Each part is a lazy table with the columns ``id``, ``day`` (a date), ``paid`` (a float),
    ``order`` (only where asked for) and ``fault`` (0 for a good row).
    """

    kind: str
    parts: Raw
    raw: Raw
    names: dict[str, str]
    id_type: str

    def sum(self, by: Callable[[Any], Any]) -> pd.DataFrame:
        """Run a summary over every part and return one row a customer, those without id too."""
        found = [_collect(by(part)) for part in self.parts()]
        return pd.concat(found, ignore_index=True) if len(found) > 1 else found[0]


@contextlib.contextmanager
def open_orders(
    frame: Any,
    *,
    customer: str,
    date: str,
    amount: str,
    order: str | None,
    currency: str,
    as_of: pd.Timestamp | None = None,
) -> Iterator[Orders]:
    """Open a frame or a Parquet path, check the kinds of its columns, and name what is read.

    Parameters
    ----------
    frame : frame or path
        Anything narwhals knows, or where Parquet files lie.
    customer, date, amount, currency : str
        Column names.
    order : str, optional
        Column with the order's id, or `date` for days; None takes "order_id" when it is there.
    as_of : Timestamp, optional
        A later date is a fault.
    """
    import narwhals as nw

    with contextlib.ExitStack() as stack:
        needed = [customer, date, amount, order or "order_id", currency]
        if isinstance(frame, (str, os.PathLike)):
            kind, schema, raw = _open_parquet(str(frame), needed, stack)
        else:
            kind, lazy = _open_frame(frame, needed)
            schema, raw = lazy.collect_schema(), lambda: iter([lazy])
        table = f"transactions ({kind})"
        wanted = {"customer": customer, "date": date, "amount": amount}
        if order is None and "order_id" in schema.names():
            order = "order_id"
        if order is not None and order != date:
            wanted["order"] = order
        if currency != "currency":
            wanted["currency"] = currency
        check_names(schema.names(), wanted, table)
        id_type = _check_kinds(schema, wanted, table)
        names = wanted | ({"currency": currency} if currency in schema.names() else {})

        def parts() -> Iterator[Any]:
            for part in raw():
                yield _read(nw, part, schema, wanted, as_of)

        yield Orders(kind, parts, raw, names, id_type)


def one_currency(orders: Orders) -> None:
    """Refuse orders in more than one currency, as in a pandas frame."""
    if "currency" not in orders.names:
        return
    import narwhals as nw

    column, customer = orders.names["currency"], orders.names["customer"]
    found: dict[object, int] = {}
    for part in orders.raw():
        known = part.filter(~nw.col(customer).is_null()).select(coin=nw.col(column))
        table = _collect(known.group_by("coin").agg(nw.len().alias("rows")))
        for coin, rows in zip(table["coin"].tolist(), table["rows"].tolist(), strict=True):
            name = "missing" if pd.isna(coin) else coin
            found[name] = found.get(name, 0) + int(rows)
    if len(found) > 1:
        raise one_currency_error(column, found, f"transactions ({orders.kind})")


def customers_of(
    orders: Orders, sums: pd.DataFrame
) -> tuple[pd.DataFrame, pd.Index, dict[str, Any], int]:
    """Return the sums of customers with an id, their ids in order, what was left out, rows read.

    ``sums`` needs ``id``, ``rows``, ``bought`` and ``fault``.
    """
    table = f"transactions ({orders.kind})"
    rows = int(sums["rows"].sum())
    if not rows:
        raise ValueError(f"{table} has no rows. Check the file or the filter that made this table.")
    ids = sums["id"]
    gone = ids.isna().to_numpy()
    if orders.id_type == "str":
        blank = [isinstance(i, str) and not i.strip() for i in ids]
        gone = gone | np.array(blank, dtype=bool)
    if gone.all():
        column = orders.names["customer"]
        raise ValueError(
            f'No row of {table} has a customer id: column "{column}" is empty in all {rows:,}. '
            "Name the column that says who bought (customer=...)."
        )
    missing = int(sums.loc[gone, "rows"].sum())
    kept = sums.loc[~gone]
    if (kept["fault"] > 0).any():
        _explain(orders, rows - missing)
    index = pd.Index(kept["id"].to_numpy().astype(object).tolist(), dtype=orders.id_type)
    place = index.argsort()
    kept = kept.iloc[place].reset_index(drop=True)
    index = index[place]
    buyer = kept["bought"].to_numpy() > 0
    account = {
        "rows_without_customer": missing,
        "share_without_customer": missing / rows,
        "refund_only_customers": index[~buyer].tolist(),
    }
    return kept, index, account, rows


def _open_frame(frame: Any, needed: list[str]) -> tuple[str, Any]:
    import narwhals as nw

    with warnings.catch_warnings():
        # Support of Dask moves to a package of its own; until it has, nothing is to be done.
        warnings.filterwarnings("ignore", message="Dask support", category=FutureWarning)
        found = nw.from_native(frame, pass_through=True)
        if not isinstance(found, (nw.DataFrame, nw.LazyFrame)):
            raise TypeError(
                "transactions must be a table (pandas, Polars, Arrow, DuckDB, Dask or PySpark) or "
                f"the path of Parquet files, not {type(frame).__name__}."
            )
        library = type(found.to_native()).__module__.split(".")[0].lstrip("_")
        shape = type(found.to_native()).__name__
        if "duckdb" in library:
            kind = "DuckDB relation"
        else:
            kind = f"{NAMES.get(library, library)} {shape}"
        if found.implementation.name == "PYARROW":
            table = _decoded(found.to_native(), needed)
            if importlib.util.find_spec("polars"):  # shares the memory and sums faster
                table = importlib.import_module("polars").from_arrow(table)
            found = nw.from_native(table)
        return kind, found.lazy()


def _decoded(table: Any, needed: list[str]) -> Any:
    """Return an Arrow table with dictionaries written out, be they of text or of numbers."""
    for place, field in enumerate(table.schema):
        if field.name in needed and str(field.type).startswith("dictionary"):
            plain = table.column(place).cast(field.type.value_type)
            table = table.set_column(place, field.name, plain)
    return table


def _open_parquet(path: str, needed: list[str], stack: contextlib.ExitStack) -> Opened:
    """Open Parquet files by the first of Polars, DuckDB and pyarrow that is there."""
    import narwhals as nw

    files, customer = _files(path), needed[0]
    kind = f"Parquet {first_few([Path(file).name for file in files], 2)}"
    there = [name for name in ("polars", "duckdb", "pyarrow") if importlib.util.find_spec(name)]
    if there == ["duckdb", "pyarrow"]:
        relation = _duckdb(files, stack)
        if any("TIME ZONE" in str(kind) for kind in relation.types):
            there.remove("duckdb")  # it forgets the zone a file was written in
    if not there:
        raise ImportError(
            "Reading Parquet needs Polars, DuckDB or pyarrow. Install one: pip install polars"
        )
    if there[0] == "polars":
        return kind, *_polars(files, needed)
    if there[0] == "pyarrow":
        return kind, *_pyarrow(files, needed)
    relation = _duckdb(files, stack)
    return kind, nw.from_native(relation).collect_schema(), _duckdb_parts(relation, customer)


def _files(path: str) -> list[str]:
    if "://" in path:
        return [path]
    place = Path(path).expanduser()
    if place.is_dir():
        found = sorted(str(file) for file in place.rglob("*.parquet"))
    elif place.exists():
        with place.open("rb") as file:
            if file.read(4) != b"PAR1":
                raise ValueError(
                    f"{path} is no Parquet file. Read it first, for instance with pandas, and give "
                    "the table."
                )
        found = [str(place)]
    else:
        root = Path(place.anchor) if place.is_absolute() else Path()
        pattern = str(place.relative_to(place.anchor) if place.is_absolute() else place)
        found = []
        if any(sign in pattern for sign in "*?["):
            found = sorted(str(file) for file in root.glob(pattern) if file.is_file())
    if not found:
        raise FileNotFoundError(
            f"There is no Parquet file at {path}. Give a file, a folder with .parquet files, or a "
            'pattern such as "orders/*.parquet".'
        )
    return found


def _duckdb(files: list[str], stack: contextlib.ExitStack) -> Any:
    import duckdb

    folder = stack.enter_context(tempfile.TemporaryDirectory())
    connection = duckdb.connect(config={"memory_limit": DUCKDB_MEMORY, "temp_directory": folder})
    stack.callback(connection.close)
    return connection.read_parquet([f if "://" in f else glob.escape(f) for f in files])


def _duckdb_parts(relation: Any, customer: str) -> Raw:
    import narwhals as nw

    def parts() -> Iterator[Any]:
        rows = int(relation.count("*").df().iloc[0, 0])
        many = max(-(-rows // PART_ROWS), 1)
        column = customer.replace('"', '""')
        for part in range(many):
            own = f'coalesce(hash("{column}"), 0) % {many} = {part}'
            yield nw.from_native(relation if many == 1 else relation.filter(own))

    return parts


def _polars(files: list[str], needed: list[str]) -> tuple[Any, Raw]:
    import narwhals as nw
    import polars as pl

    scan = pl.scan_parquet(files, glob="://" in files[0])
    kinds = scan.collect_schema()
    who = pl.col(needed[0])
    if kinds.get(needed[0]) in (pl.Categorical, pl.Enum):
        who = who.cast(pl.String)

    def parts() -> Iterator[Any]:
        rows = int(scan.select(pl.len()).collect().item())
        many = max(-(-rows // PART_ROWS), 1)
        for part in range(many):
            own = scan if many == 1 else scan.filter(who.hash() % many == part)
            yield nw.from_native(own)

    return nw.from_native(scan).collect_schema(), parts


def _pyarrow(files: list[str], needed: list[str]) -> tuple[Any, Raw]:
    import narwhals as nw

    pa = importlib.import_module("pyarrow")
    data = importlib.import_module("pyarrow.dataset").dataset(files, format="parquet")
    columns = [name for name in dict.fromkeys(needed) if name in data.schema.names]
    schema = nw.from_native(_decoded(data.schema.empty_table(), needed)).collect_schema()

    def parts() -> Iterator[Any]:
        many = max(-(-data.count_rows() // PART_ROWS), 1)
        for part in range(many):
            if many == 1:
                table = data.to_table(columns=columns)
            else:
                batches = [
                    batch.filter(pa.array(_share_of(batch.column(needed[0]), many) == part))
                    for batch in data.to_batches(columns=columns)
                ]
                table = pa.Table.from_batches(batches)
            yield nw.from_native(_decoded(table, needed)).lazy()

    return schema, parts


def _share_of(ids: Any, many: int) -> np.ndarray:
    """Deal ids to so many parts, the same id always to the same."""
    who = ids.to_pandas()
    if isinstance(who.dtype, pd.CategoricalDtype):
        who = who.astype(object)
    return pd.util.hash_array(who.to_numpy()) % many


def _check_kinds(schema: Any, wanted: dict[str, str], table: str) -> str:
    """Refuse columns of the wrong kind, and return the dtype of the customers in pandas."""
    import narwhals as nw

    kind = schema[wanted["customer"]]
    if kind.is_integer() or kind.is_float():
        id_type = str(kind).lower()
    elif kind in (nw.String, nw.Categorical, nw.Enum):
        id_type = "str"
    else:
        raise ValueError(
            f'Column "{wanted["customer"]}" of {table} holds {kind}, which is no customer id. Make '
            "it text or a whole number."
        )
    if schema[wanted["date"]] not in (nw.Date, nw.Datetime):
        raise ValueError(
            f'Column "{wanted["date"]}" of {table} does not hold dates but '
            f"{schema[wanted['date']]}. Turn it into dates first."
        )
    if not schema[wanted["amount"]].is_numeric():
        raise ValueError(
            f'Column "{wanted["amount"]}" of {table} does not hold numbers but '
            f"{schema[wanted['amount']]}. Turn it into numbers first."
        )
    return id_type


def _read(
    nw: Any, part: Any, schema: Any, wanted: dict[str, str], as_of: pd.Timestamp | None
) -> Any:
    """Return ``id``, ``day``, ``paid``, ``order`` and ``fault`` of every row."""
    who, when, paid = (nw.col(wanted[name]) for name in ("customer", "date", "amount"))
    if schema[wanted["customer"]] in (nw.Categorical, nw.Enum):
        who = who.cast(nw.String)
    zone = getattr(schema[wanted["date"]], "time_zone", None)
    if zone is not None and part.implementation.name in ("POLARS", "PYARROW", "DASK"):
        when = when.dt.replace_time_zone(None)  # the day on the clock of that place
    columns = {"id": who, "day": when.cast(nw.Date), "paid": paid.cast(nw.Float64)}
    if "order" in wanted:
        kind = schema[wanted["order"]]
        order = nw.col(wanted["order"])
        if kind in (nw.Categorical, nw.Enum):
            order = order.cast(nw.String)
        columns["order"] = order
    lines = part.select(**columns)
    fault = nw.lit(0)
    if "order" in wanted:
        none = nw.col("order").is_null()
        if kind.is_float():
            none = none | nw.col("order").is_nan()
        fault = nw.when(none & (nw.col("paid") >= 0)).then(nw.lit(ORDER)).otherwise(fault)
    if as_of is not None:
        late = nw.col("day") > nw.lit(as_of.date())
        fault = nw.when(late).then(nw.lit(LATE)).otherwise(fault)
    fault = nw.when(nw.col("day").is_null()).then(nw.lit(DAY)).otherwise(fault)
    bad = nw.col("paid").is_null() | ~nw.col("paid").is_finite()
    fault = nw.when(bad).then(nw.lit(AMOUNT)).otherwise(fault)
    return lines.with_columns(fault=fault.cast(nw.Int64))


def _explain(orders: Orders, rows: int) -> None:
    """Count the faulty rows of customers with an id, and raise the first kind of fault."""
    import narwhals as nw

    table = f"transactions ({orders.kind})"
    names = orders.names
    count: dict[int, int] = {}
    latest: list[Any] = []
    for part in orders.parts():
        known = ~nw.col("id").is_null()
        if orders.id_type == "str":
            known = known & (nw.col("id").str.strip_chars() != "")
        wrong = part.filter(known & (nw.col("fault") > 0)).group_by("fault")
        found = _collect(wrong.agg(nw.len().alias("rows"), nw.col("day").max()))
        for fault, number in zip(found["fault"].tolist(), found["rows"].tolist(), strict=True):
            count[int(fault)] = count.get(int(fault), 0) + int(number)
        latest += found.loc[found["fault"] == LATE, "day"].tolist()
    fault = min(count)
    of = f"{counted(count[fault], 'row')} of {rows:,}"
    if fault == LATE:
        day = max(np.datetime64(str(day)[:10]) for day in latest)
        raise ValueError(
            f'Column "{names["date"]}" of {table} has dates after as_of in {of}; the latest is '
            f"{day}. Choose a later as_of, or keep only what was known then."
        )
    column, what = {
        AMOUNT: (names["amount"], "a missing or infinite value"),
        DAY: (names["date"], "no date"),
        ORDER: (names.get("order"), "no order id"),
    }[fault]
    raise ValueError(
        f'Column "{column}" of {table} has {what} in {of}. Mend or drop these rows first.'
    )


def _collect(lazy: Any) -> pd.DataFrame:
    """Return a small result as plain columns, without pyarrow where the engine needs none."""
    if "PYSPARK" in lazy.implementation.name:
        table = lazy.collect()
    elif lazy.implementation.name == "POLARS":
        table = lazy.collect(engine="streaming")
    elif lazy.implementation.name == "PYARROW":
        table = lazy.collect()
    else:
        table = lazy.collect("pandas")
    return pd.DataFrame({name: _plain(table[name].to_numpy()) for name in table.columns})


def _plain(values: np.ndarray) -> Any:
    if values.dtype == object and len(values):
        first = next((v for v in values if not pd.isna(v)), None)
        if isinstance(first, dt.date):
            return np.array([None if pd.isna(v) else v for v in values], dtype="datetime64[D]")
        return pd.Series(values, dtype=object)
    return values


def days_of(values: pd.Series) -> np.ndarray:
    """Return dates as whole days since 1970."""
    return values.to_numpy().astype("datetime64[D]").astype(np.int64)


def whole(values: pd.Series) -> np.ndarray:
    """Return sums of whole numbers as such: some engines hand them back as floats."""
    return values.to_numpy(dtype=np.float64).astype(np.int64)
