import numpy as np
import pandas as pd
import pytest

from whobuys.segment import band


def test_an_edge_belongs_to_the_band_above():
    got = band(pd.Series([-9, 9.99, 10, 19.99, 20, 1e9]), [10, 20], ["low", "mid", "high"])
    assert got.tolist() == ["low", "low", "mid", "mid", "high", "high"]
    assert got.cat.ordered
    assert got.cat.categories.tolist() == ["low", "mid", "high"]


def test_index_name_and_missing_values_stay():
    values = pd.Series([1, None, 3], index=list("xyx"), name="age", dtype="Int64")
    got = band(values, [2], ["a", "b"])
    assert got.index.tolist() == list("xyx")
    assert got.name == "age"
    assert got.isna().tolist() == [False, True, False]


def test_dates():
    days = pd.Series(pd.to_datetime(["2025-12-31", "2026-01-01", None]))
    got = band(days, ["2026-01-01"], ["before", "this year"])
    assert got.tolist()[:2] == ["before", "this year"]
    assert got.isna().iloc[2]
    aware = band(days.dt.tz_localize("Asia/Shanghai"), ["2026-01-01"], ["before", "this year"])
    assert aware.tolist()[:2] == ["before", "this year"]


def test_agrees_with_cut():
    values = pd.Series(np.random.default_rng(0).normal(size=500))
    edges, labels = [-1.0, 0.0, 0.5], list("abcd")
    expected = pd.cut(values, [-np.inf, *edges, np.inf], right=False, labels=labels)
    pd.testing.assert_series_equal(band(values, edges, labels), expected)


@pytest.mark.parametrize(
    ("values", "edges", "labels", "message"),
    [
        ([1, 2], [2], ["a"], "1 edges make 2 bands, but there are 1 labels"),
        ([1, 2], [2], "ab", "labels"),
        ([1, 2], [2], ["a", "a"], "labels repeat"),
        ([1, 2], [3, 2], list("abc"), "ascend without repeats, not 3, 2"),
        ([1, 2], [2, 2], list("abc"), "ascend"),
        ([1, 2], [], ["a"], "edges is empty"),
        ([1, 2], [np.nan], list("ab"), "finite"),
        ([1, 2], ["x"], list("ab"), "must be a list of numbers"),
        (["x", "y"], [2], list("ab"), "needs numbers or dates"),
        ([True, False], [2], list("ab"), "needs numbers or dates"),
    ],
)
def test_errors(values, edges, labels, message):
    with pytest.raises(ValueError, match=message):
        band(pd.Series(values), edges, labels)


def test_bad_date_edges():
    with pytest.raises(ValueError, match="list of dates"):
        band(pd.Series(pd.to_datetime(["2026-01-01"])), ["soon"], ["a", "b"])
