import numpy as np
import pandas as pd
import pytest

from whobuys.value import clv_summary, period_summary


def test_the_papers_table(summary):
    """Fader, Hardie and Lee (2005): 2,357 customers, 946 of whom came back, T up to 38.86 weeks."""
    assert len(summary) == 2357
    assert (summary["frequency"] > 0).sum() == 946
    assert summary["frequency"].max() == 29
    assert summary["frequency"].mean() == pytest.approx(1.042427, abs=1e-6)
    assert summary["recency"].mean() == pytest.approx(6.845787, abs=1e-3)
    assert summary["T"].max().round(2) == 38.86
    assert summary["T"].min().round(2) == 27.0
    assert summary["monetary_value"].mean() == pytest.approx(14.079045, abs=1e-3)
    assert summary.iloc[0][["frequency", "recency", "T"]].astype(float).round(2).tolist() == [
        2,
        30.43,
        38.86,
    ]
    assert summary["monetary_value"].iloc[0] == pytest.approx(22.345)
    assert summary.attrs["unit"] == "week"
    assert summary.attrs["end"] == "1997-09-30"
    assert summary.attrs["lines_after_end"] > 0


def plain(lines, end, days):
    """The same by plain pandas."""
    lines = lines[(lines["date"] <= end) & (lines["amount"] >= 0)]
    visits = lines.groupby(["customer_id", "date"], as_index=False)["amount"].sum()
    first = visits.groupby("customer_id")["date"].transform("min")
    by = visits.groupby("customer_id")["date"]
    repeat = visits[visits["date"] > first].groupby("customer_id")["amount"].mean()
    return pd.DataFrame(
        {
            "frequency": by.size() - 1,
            "recency": (by.max() - by.min()).dt.days / days,
            "T": (pd.Timestamp(end) - by.min()).dt.days / days,
            "monetary_value": repeat.reindex(by.size().index).fillna(0),
        }
    ).reset_index()


@pytest.mark.parametrize(("unit", "days"), [("day", 1), ("week", 7), ("year", 365.25)])
def test_it_agrees_with_plain_pandas(unit, days):
    draw = np.random.default_rng(4)
    lines = pd.DataFrame(
        {
            "customer_id": draw.integers(0, 300, 4000).astype(str),
            "date": pd.Timestamp("2025-01-01") + pd.to_timedelta(draw.integers(0, 500, 4000), "D"),
            "amount": np.round(draw.gamma(2, 20, 4000) - 5, 2),
        }
    )
    before = lines.copy()
    ours = clv_summary(lines.sample(frac=1, random_state=1), end="2026-01-15", unit=unit)
    expected = plain(lines, "2026-01-15", days)
    pd.testing.assert_frame_equal(ours, expected, check_dtype=False, atol=2e-6)
    pd.testing.assert_frame_equal(lines, before)


def one(**columns):
    return pd.DataFrame(
        {"customer_id": ["A"], "date": pd.to_datetime(["2026-01-05"]), "amount": [10.0]} | columns
    )


def test_one_customer_bought_on_the_last_day():
    row = clv_summary(one(), end="2026-01-05").iloc[0]
    assert row[["frequency", "recency", "T", "monetary_value"]].tolist() == [0, 0, 0, 0]


def test_refunds_are_no_purchases():
    lines = pd.concat(
        [one(), one(date=pd.to_datetime(["2026-01-12"]), amount=[-3.0]), one(customer_id=["B"])]
    )
    assert clv_summary(lines, end="2026-02-01")["frequency"].tolist() == [0, 0]
    with pytest.warns(UserWarning, match="refunds only"):
        only = clv_summary(
            pd.concat([lines, one(customer_id=["R"], amount=[-1.0])]), end="2026-02-01"
        )
    assert only["customer_id"].tolist() == ["A", "B"]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"end": "2025-12-31"}, "Nobody bought by end=2025-12-31"),
        ({"unit": "fortnight"}, "unit must be one of day, week, month, year"),
        ({"customer": "client"}, 'no column "client"'),
        ({"end": None}, "as_of is None|end"),
    ],
)
def test_errors(change, said):
    with pytest.raises(ValueError, match=said):
        clv_summary(one(), **({"end": "2026-02-01"} | change))


def test_periods_by_the_calendar():
    dates = ["2024-12-31", "2025-01-01", "2025-03-31", "2025-04-01", "2026-06-30"]
    lines = pd.DataFrame({"customer_id": "A", "date": pd.to_datetime(dates), "amount": 1.0})
    found = {
        period: period_summary(lines, end="2026-06-30", period=period).iloc[0, 1:].tolist()
        for period in ("year", "quarter", "month", "week")
    }
    assert found["year"] == [2, 2, 2]
    assert found["quarter"] == [3, 6, 6]
    assert found["month"] == [4, 18, 18]
    assert found["week"] == [2, 78, 78]
    assert period_summary(lines, end="2025-02-01", period="year").iloc[0, 1:].tolist() == [1, 1, 1]
    with pytest.raises(ValueError, match="period must be one of"):
        period_summary(lines, end="2026-06-30", period="day")
    with pytest.raises(ValueError, match="Nobody bought by"):
        period_summary(lines, end="2020-06-30")


def test_orders_of_one_day_can_be_counted_apart():
    lines = pd.DataFrame(
        {
            "customer_id": list("AAAAB"),
            "date": pd.to_datetime(
                ["2026-01-05", "2026-01-19", "2026-01-19", "2026-01-19", "2026-01-05"]
            ),
            "order_id": ["1", "3", "2", "3", "9"],
            "amount": [10.0, 20.0, 5.0, 10.0, 7.0],
        }
    )
    days = clv_summary(lines, end="2026-01-26").iloc[0]
    orders = clv_summary(lines, end="2026-01-26", order="order_id").iloc[0]
    assert days[["frequency", "monetary_value"]].tolist() == [1, 35.0]
    assert orders[["frequency", "monetary_value"]].tolist() == [2, 17.5]
    assert orders[["recency", "T"]].tolist() == days[["recency", "T"]].tolist() == [2, 3]


def test_the_first_of_several_orders_of_a_day_is_their_mean():
    lines = pd.DataFrame(
        {
            "customer_id": list("AAABB"),
            "date": pd.to_datetime(["2026-01-05"] * 2 + ["2026-01-19"] + ["2026-01-05"] * 2),
            "order_id": ["2", "1", "3", "8", "8"],
            "amount": [10.0, 30.0, 40.0, 7.0, 9.0],
        }
    )
    for given in (lines, lines.iloc[::-1]):
        found = clv_summary(given, end="2026-01-26", order="order_id")
        assert found["frequency"].tolist() == [2, 0]
        assert found["monetary_value"].tolist() == [30.0, 0.0]
