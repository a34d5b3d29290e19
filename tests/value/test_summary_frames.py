"""The same (x, t_x, T) whatever frame the orders come in."""

import warnings

import numpy as np
import pandas as pd
import pytest

from tests.frames import KINDS, make, only, polars_frame
from whobuys.segment import _frames
from whobuys.value import clv_summary

END = "2026-01-15"


@pytest.fixture(params=KINDS)
def summary_of(request, tmp_path, monkeypatch):
    def run(frame, **settings):
        with only(request.param, monkeypatch):
            return clv_summary(make(request.param, frame, tmp_path), **({"end": END} | settings))

    return run


@pytest.fixture(scope="module")
def lines():
    draw = np.random.default_rng(4)
    size = 4000
    frame = pd.DataFrame(
        {
            "customer_id": draw.integers(0, 300, size).astype(str),
            "order_id": draw.integers(0, 9000, size),
            "date": pd.Timestamp("2025-01-01")
            + pd.to_timedelta(draw.integers(0, 500 * 24, size), "h"),
            "amount": np.round(draw.gamma(2, 20, size) - 6, 2),
        }
    )
    frame["customer_id"] = frame["customer_id"].astype("str")
    frame["date"] = frame["date"].astype("datetime64[us]")
    frame.loc[frame["customer_id"] == "8", "date"] = pd.Timestamp("2026-03-01")
    frame.loc[frame["customer_id"] == "7", "amount"] = -1.0
    frame.loc[frame["customer_id"] == "6", "customer_id"] = None
    return frame


@pytest.mark.parametrize("unit", ["day", "week", "year"])
@pytest.mark.parametrize("order", [None, "order_id", "date"])
def test_the_same_table(summary_of, lines, unit, order):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected = clv_summary(lines, end=END, unit=unit, order=order)
        ours = summary_of(lines, unit=unit, order=order)
    pd.testing.assert_frame_equal(ours, expected, check_exact=True)
    assert ours.attrs == expected.attrs
    assert ours.attrs["lines_after_end"] > 100
    assert ours.attrs["left_out"]["refund_only_customers"] == ["7"]
    assert not ours["customer_id"].isin(["6", "7", "8"]).any()


def test_many_orders_a_day(summary_of, lines):
    packed = lines.assign(date=lines["date"].dt.to_period("M").dt.to_timestamp().astype("M8[us]"))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected = clv_summary(packed, end=END, order="order_id")
        ours = summary_of(packed, order="order_id")
        by_day = clv_summary(packed, end=END)
    pd.testing.assert_frame_equal(ours, expected, check_exact=True)
    assert expected["frequency"].max() > by_day["frequency"].max()


def test_warning_and_errors(summary_of, lines):
    with pytest.warns(UserWarning, match="refunds only was left out") as caught:
        summary_of(lines)
    assert [w.filename for w in caught if "left out" in str(w.message)] == [__file__]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with pytest.raises(ValueError, match=r"Nobody bought by end=2024-12-31; .* of 2025-01-01"):
            summary_of(lines, end="2024-12-31")
    with pytest.raises(ValueError, match=r'transactions \(.*\) has no column "paid"'):
        summary_of(lines, amount="paid")
    with pytest.raises(
        ValueError, match=r'"amount" of transactions \(.*infinite value in 1 row of'
    ):
        summary_of(lines.assign(amount=lines["amount"].where(lines.index != 3)))


@pytest.mark.parametrize("engine", ["duckdb", "polars", "pyarrow"])
def test_a_large_file_is_summed_in_parts(engine, lines, tmp_path, monkeypatch):
    frame = lines.dropna().query("amount >= 0")
    monkeypatch.setattr(_frames, "PART_ROWS", 900)
    polars_frame(frame).write_parquet(tmp_path / "orders.parquet")
    with only(f"parquet by {engine}", monkeypatch):
        ours = clv_summary(tmp_path / "orders.parquet", end=END, order="order_id")
    pd.testing.assert_frame_equal(ours, clv_summary(frame, end=END, order="order_id"))


def test_the_papers_table_from_every_frame(summary_of, cdnow):
    expected = clv_summary(cdnow, end="1997-09-30", unit="week")
    ours = summary_of(cdnow, end="1997-09-30", unit="week")
    pd.testing.assert_frame_equal(ours, expected, check_exact=True)
