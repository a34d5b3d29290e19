"""The same table whatever frame the orders come in; the errors name column and frame."""

import datetime as dt
import subprocess
import sys
import warnings

import numpy as np
import pandas as pd
import pytest

from tests.frames import KINDS, make, only, polars_frame
from whobuys.segment import _frames, rfm_table

AS_OF = "2026-06-30"


@pytest.fixture(params=KINDS)
def table(request, tmp_path, monkeypatch):
    """Run `rfm_table` on the frame as another kind."""

    def run(frame, **settings):
        with only(request.param, monkeypatch):
            given = make(request.param, frame, tmp_path)
            return rfm_table(given, **({"as_of": AS_OF} | settings))

    run.kind = request.param
    return run


def drawn(size=4000, seed=3):
    draw = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "customer_id": draw.integers(0, 300, size).astype(str),
            "order_id": draw.integers(0, 2500, size),
            "date": pd.Timestamp("2025-01-01")
            + pd.to_timedelta(draw.integers(0, 540 * 24, size), "h"),
            "amount": np.round(draw.gamma(2, 20, size) - 6, 2),
            "currency": "CNY",
        }
    )
    frame["customer_id"] = frame["customer_id"].astype("str")
    frame["date"] = frame["date"].astype("datetime64[us]")
    frame.loc[draw.random(size) < 0.02, "customer_id"] = None
    frame.loc[draw.random(size) < 0.01, "customer_id"] = "  "
    frame.loc[frame["customer_id"] == "7", "amount"] = -1.0
    return frame


def same(ours, expected):
    assert isinstance(ours, pd.DataFrame)
    pd.testing.assert_frame_equal(ours, expected, check_exact=True)
    assert ours.attrs == expected.attrs
    assert isinstance(ours.index, pd.RangeIndex)


@pytest.mark.parametrize(
    "settings",
    [{}, {"monetary": "mean"}, {"order": "date"}, {"customer": "order_id", "order": "customer_id"}],
    ids=str,
)
def test_the_same_table(table, settings):
    frame = drawn()
    if "customer" in settings:
        frame = frame[frame["customer_id"].notna() | (frame["amount"] < 0)]
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        expected = rfm_table(frame, as_of=AS_OF, **settings)
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        ours = table(frame, **settings)
    same(ours, expected)
    assert [str(w.message) for w in said if "left out" in str(w.message)] == [
        str(w.message) for w in heard if "left out" in str(w.message)
    ]


@pytest.mark.parametrize("kind", ["int64", "int32", "uint16", "float64"])
def test_numbers_as_ids(table, kind):
    if table.kind == "pyspark" and kind == "uint16":
        pytest.skip("Spark has no such numbers")
    frame = drawn(500).dropna(subset=["customer_id"])
    frame = frame[frame["customer_id"].str.strip() != ""]
    frame = frame.assign(customer_id=frame["customer_id"].astype(kind), order_id="X").query(
        "amount >= 0"
    )
    if kind == "float64":
        frame.loc[frame.index[:5], "customer_id"] = np.nan
        with pytest.warns(UserWarning, match="5 rows of"):
            expected = rfm_table(frame, as_of=AS_OF)
        with pytest.warns(UserWarning, match="5 rows of"):
            return same(table(frame), expected)
    return same(table(frame), rfm_table(frame, as_of=AS_OF))


def test_whole_amounts_of_one_currency(table, buyers):
    frame = buyers.assign(amount=buyers["amount"].astype(int), currency="CNY")
    same(table(frame), rfm_table(frame, as_of=AS_OF))


FAULTS = {
    "column": (lambda f: f.rename(columns={"amount": "Amount"}), 'no column "amount".*"Amount"'),
    "text dates": (lambda f: f.assign(date=f["date"].astype(str)), '"date" .*not hold dates'),
    "text amounts": (lambda f: f.assign(amount="12"), '"amount" .*not hold numbers'),
    "true amounts": (lambda f: f.assign(amount=True), '"amount" .*not hold numbers'),
    "true ids": (lambda f: f.assign(customer_id=True), '"customer_id" .*no customer id'),
    "missing dates": (lambda f: f.assign(date=f["date"].where(f.index != 2)), "no date in 1 row"),
    "missing amounts": (
        lambda f: f.assign(amount=f["amount"].where(f.index > 4)),
        '"amount".* missing or infinite value in 5 rows of 7',
    ),
    "infinite amounts": (lambda f: f.assign(amount=np.inf), "infinite value in 7 rows of 7"),
    "late dates": (
        lambda f: f.assign(date=f["date"] + pd.Timedelta(days=10)),
        "after as_of in 1 row of 7; the latest is 2026-07-10",
    ),
    "missing order": (
        lambda f: f.assign(order_id=f["order_id"].where(f.index != 1)),
        '"order_id".* no order id in 1 row of 7',
    ),
    "currencies": (
        lambda f: f.assign(currency=["CNY"] * 5 + ["USD", None]),
        r"mixes currencies: CNY \(5 rows\), (USD \(1 row\), missing|missing \(1 row\), USD)",
    ),
    "empty": (lambda f: f.head(0), "has no rows"),
    "no ids": (lambda f: f.assign(customer_id=" "), "No row of .* has a customer id"),
    "refunds": (lambda f: f.assign(amount=-1.0), "Nobody bought"),
}
NAMES = {
    "polars": "Polars DataFrame",
    "polars lazy": "Polars LazyFrame",
    "arrow": "Arrow Table",
    "duckdb": "DuckDB relation",
    "dask": "Dask DataFrame",
    "pyspark": "PySpark DataFrame",
}


@pytest.mark.parametrize(("spoil", "said"), FAULTS.values(), ids=FAULTS)
def test_errors_name_the_column_and_the_frame(table, buyers, spoil, said):
    with pytest.raises(ValueError, match=said) as caught:
        table(spoil(buyers))
    if "Nobody" not in said:
        assert NAMES.get(table.kind, "Parquet orders0.parquet") in str(caught.value)


def test_faults_of_rows_without_customer_do_not_count(table, buyers):
    frame = pd.concat([buyers, buyers.head(2)], ignore_index=True)
    frame.loc[7, ["customer_id", "amount"]] = [" ", np.nan]
    frame.loc[8, ["customer_id", "amount"]] = [None, np.inf]
    with pytest.warns(UserWarning, match="2 rows of 9"):
        ours = table(frame)
    pd.testing.assert_frame_equal(ours, rfm_table(buyers, as_of=AS_OF))
    frame.loc[0, "amount"] = np.nan
    with pytest.raises(ValueError, match="infinite value in 1 row of 7"):
        table(frame)


def test_a_refund_needs_no_order(table, buyers):
    frame = buyers.assign(order_id=buyers["order_id"].where(buyers["amount"] >= 0))
    same(table(frame), rfm_table(frame, as_of=AS_OF))


def test_time_zones_count_days_on_the_clock_of_the_place(table, buyers):
    if "duckdb" in table.kind or table.kind == "pyspark":
        pytest.skip("keeps instants: the day is that of the session's zone")
    late = buyers["date"] + pd.Timedelta(hours=23)
    frame = buyers.assign(date=late.astype("datetime64[us]").dt.tz_localize("Asia/Shanghai"))
    same(table(frame), rfm_table(frame, as_of=AS_OF))


def test_the_warning_points_at_the_caller(table, lines):
    with pytest.warns(UserWarning, match="refunds only was left out") as caught:
        table(lines)
    assert [w.filename for w in caught if "left out" in str(w.message)] == [__file__]


def test_plain_days_and_categories_of_arrow_and_polars(buyers):
    expected = rfm_table(buyers, as_of=AS_OF)
    polars = pytest.importorskip("polars")
    given = polars_frame(buyers).with_columns(
        polars.col("customer_id", "order_id").cast(polars.Categorical),
        polars.col("date").cast(polars.Date),
        polars.col("amount").cast(polars.Decimal(12, 2)),
    )
    for frame in (given, given.lazy()):
        same(rfm_table(frame, as_of=AS_OF), expected)
    arrow = pytest.importorskip("pyarrow")
    table = arrow.Table.from_pandas(buyers, preserve_index=False)
    for name in ("customer_id", "order_id"):
        place = table.schema.get_field_index(name)
        table = table.set_column(place, name, table[name].combine_chunks().dictionary_encode())
    place = table.schema.get_field_index("date")
    table = table.set_column(place, "date", table["date"].cast(arrow.date32()))
    place = table.schema.get_field_index("amount")
    table = table.set_column(place, "amount", table["amount"].cast(arrow.decimal128(20, 6)))
    same(rfm_table(table, as_of=AS_OF), expected)
    numbers = table.set_column(
        table.schema.get_field_index("customer_id"),
        "customer_id",
        arrow.array([3, 3, 3, 20, 100, 100, 100]).dictionary_encode(),
    )
    assert rfm_table(numbers, as_of=AS_OF)["customer_id"].tolist() == [3, 20, 100]


def test_duckdb_columns_of_its_own_kinds(buyers):
    duckdb = pytest.importorskip("duckdb")
    connection = duckdb.connect()
    connection.register("orders", buyers)
    made = connection.sql(
        "select customer_id::enum('C', 'B', 'A') as customer_id, order_id, date::date as date, "
        "amount::decimal(12, 2) as amount from orders"
    )
    same(rfm_table(made, as_of=AS_OF), rfm_table(buyers, as_of=AS_OF))
    with pytest.raises(ValueError, match=r"DuckDB relation.*no customer id"):
        rfm_table(
            connection.sql("select *, uuid() as who from orders"), as_of=AS_OF, customer="who"
        )


def test_spark_and_dask_columns_of_their_own_kinds(buyers, tmp_path):
    arrow = pytest.importorskip("pyarrow")
    expected = rfm_table(buyers, as_of=AS_OF)
    table = arrow.Table.from_pandas(buyers, preserve_index=False)
    for name, kind in (("date", arrow.date32()), ("amount", arrow.decimal128(12, 2))):
        table = table.set_column(table.schema.get_field_index(name), name, table[name].cast(kind))
    importlib = pytest.importorskip("pyarrow.parquet")
    importlib.write_table(table, tmp_path / "orders.parquet")
    dask = pytest.importorskip("dask.dataframe")
    same(rfm_table(dask.read_parquet(tmp_path / "orders.parquet"), as_of=AS_OF), expected)
    known = dask.from_pandas(buyers.astype({"customer_id": "category"}), npartitions=2)
    same(rfm_table(known, as_of=AS_OF), expected)
    pytest.importorskip("pyspark")
    from tests.frames import spark

    same(rfm_table(spark().createDataFrame(table), as_of=AS_OF), expected)


@pytest.mark.parametrize("engine", ["duckdb", "polars", "pyarrow"])
def test_parquet_file_folder_and_pattern(engine, buyers, tmp_path, monkeypatch):
    expected = rfm_table(buyers, as_of=AS_OF)
    (tmp_path / "year=2026").mkdir()
    polars_frame(buyers.head(3)).write_parquet(tmp_path / "year=2026" / "a.parquet")
    polars_frame(buyers.tail(-3)).write_parquet(tmp_path / "b.parquet")
    polars_frame(buyers).write_parquet(tmp_path / "whole[1].parquet.old")
    with only(f"parquet by {engine}", monkeypatch):
        for path in (
            tmp_path,
            str(tmp_path),
            f"{tmp_path}/**/*.parquet",
            tmp_path / "whole[1].parquet.old",
        ):
            same(rfm_table(path, as_of=AS_OF), expected)
        with pytest.raises(ValueError, match=r"\(Parquet b.parquet, a.parquet\) has no column"):
            rfm_table(tmp_path, as_of=AS_OF, customer="client")


@pytest.mark.parametrize("engine", ["duckdb", "polars", "pyarrow"])
@pytest.mark.parametrize("kind", ["str", "int64", "category"])
def test_a_large_file_is_summed_in_parts(engine, kind, tmp_path, monkeypatch):
    frame = drawn().dropna(subset=["customer_id"])
    frame = frame[frame["customer_id"].str.strip() != ""].query("customer_id != '7'")
    frame["customer_id"] = frame["customer_id"].astype("int64" if kind == "int64" else "str")
    monkeypatch.setattr(_frames, "PART_ROWS", 700)
    given = polars_frame(frame)
    if kind == "category":
        polars = pytest.importorskip("polars")
        given = given.with_columns(polars.col("customer_id").cast(polars.Categorical))
    given.write_parquet(tmp_path / "orders.parquet")
    with only(f"parquet by {engine}", monkeypatch):
        ours = rfm_table(tmp_path / "orders.parquet", as_of=AS_OF)
    same(ours, rfm_table(frame, as_of=AS_OF))


def test_no_engine_no_file_no_parquet(buyers, tmp_path, monkeypatch):
    with pytest.raises(FileNotFoundError, match="no Parquet file at"):
        rfm_table(tmp_path / "nowhere.parquet", as_of=AS_OF)
    with pytest.raises(FileNotFoundError, match="no Parquet file at"):
        rfm_table(tmp_path, as_of=AS_OF)
    buyers.to_csv(tmp_path / "orders.csv")
    with pytest.raises(ValueError, match="is no Parquet file"):
        rfm_table(tmp_path / "orders.csv", as_of=AS_OF)
    pytest.importorskip("polars")
    polars_frame(buyers).write_parquet(tmp_path / "orders.parquet")
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(ImportError, match="pip install polars"):
        rfm_table(tmp_path / "orders.parquet", as_of=AS_OF)


def test_other_things_are_refused(buyers):
    for thing in ({}, [1], None, 3, buyers["amount"]):
        with pytest.raises(TypeError, match=r"must be a table .*not"):
            rfm_table(thing, as_of=AS_OF)


def test_a_day_of_another_kind(buyers):
    pytest.importorskip("polars")
    given = polars_frame(buyers)
    for as_of in (dt.date(2026, 6, 30), pd.Timestamp("2026-06-30 22:00")):
        same(rfm_table(given, as_of=as_of), rfm_table(buyers, as_of=AS_OF))


def test_pandas_frames_import_no_engine():
    code = (
        "import sys, pandas as pd; from whobuys.segment import rfm_table; "
        "rfm_table(pd.DataFrame({'customer_id': ['A'], 'date': pd.to_datetime(['2026-01-01']), "
        "'amount': [1.0]}), as_of='2026-01-02'); "
        "print([m for m in ('narwhals', 'polars', 'duckdb', 'dask', 'pyspark') "
        "if m in sys.modules])"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"
