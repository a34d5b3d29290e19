"""The same orders in every kind of frame there is here."""

from __future__ import annotations

import functools
import importlib.util
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

KINDS = [
    "polars",
    "polars lazy",
    "arrow",
    "duckdb",
    "dask",
    "pyspark",
    "parquet by duckdb",
    "parquet by polars",
    "parquet by pyarrow",
]
ENGINES = ("duckdb", "polars", "pyarrow")


@functools.cache
def spark() -> Any:
    session = pytest.importorskip("pyspark.sql").SparkSession
    builder = session.builder.master("local[1]").config("spark.ui.enabled", "false")
    found = builder.config("spark.sql.shuffle.partitions", "2").getOrCreate()
    found.sparkContext.setLogLevel("ERROR")
    return found


def polars_frame(frame: pd.DataFrame) -> Any:
    pl = pytest.importorskip("polars")
    columns = {}
    for name in frame:
        values = frame[name]
        if isinstance(values.dtype, pd.DatetimeTZDtype):
            plain = pl.Series(values.dt.tz_localize(None).to_numpy())
            columns[name] = plain.dt.replace_time_zone(str(values.dt.tz))
        elif values.dtype.kind in "iufM":
            columns[name] = pl.Series(values.to_numpy(), nan_to_null=True)
        else:
            plain = [None if pd.isna(v) else v for v in values.astype(object)]
            columns[name] = pl.Series(plain, dtype=None if plain else pl.String)
    return pl.DataFrame(columns)


def make(kind: str, frame: pd.DataFrame, folder: Path) -> Any:
    """Return the frame as another kind, or skip where the package is not installed."""
    if kind == "polars":
        return polars_frame(frame)
    if kind == "polars lazy":
        return polars_frame(frame).lazy()
    if kind == "arrow":
        return pytest.importorskip("pyarrow").Table.from_pandas(frame, preserve_index=False)
    if kind == "duckdb":
        duckdb = pytest.importorskip("duckdb")
        connection = duckdb.connect()
        return connection.from_df(frame)
    if kind == "dask":
        return pytest.importorskip("dask.dataframe").from_pandas(frame, npartitions=3)
    if kind == "pyspark":
        pytest.importorskip("pyspark")
        arrow = pytest.importorskip("pyarrow").Table.from_pandas(frame, preserve_index=False)
        return spark().createDataFrame(arrow)
    path = folder / f"orders{len(list(folder.iterdir()))}.parquet"
    polars_frame(frame).write_parquet(path)
    return path


@contextmanager
def only(kind: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let Parquet be read by the engine named."""
    if not kind.startswith("parquet by "):
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", module="pyspark")
            yield
        return
    engine = kind.removeprefix("parquet by ")
    pytest.importorskip(engine)
    there = importlib.util.find_spec
    with monkeypatch.context() as patch:
        patch.setattr(
            importlib.util,
            "find_spec",
            lambda name: None if name in ENGINES and name != engine else there(name),
        )
        yield
