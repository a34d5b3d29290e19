from collections import defaultdict
from itertools import pairwise
from statistics import median

import numpy as np
import pandas as pd
import pytest

from whobuys.segment import purchase_cycle, purchase_gaps, repurchase_rate


@pytest.fixture
def random_lines() -> pd.DataFrame:
    draw = np.random.default_rng(2)
    return pd.DataFrame(
        {
            "customer_id": draw.choice([f"C{i}" for i in range(40)], 300),
            "date": pd.Timestamp("2026-01-01") + pd.to_timedelta(draw.integers(0, 99, 300), "D"),
            "amount": draw.normal(30, 30, 300).round(2),
        }
    )


def days_by_hand(frame: pd.DataFrame) -> dict[str, list]:
    days = defaultdict(set)
    for row in frame.itertuples():
        if row.amount >= 0:
            days[row.customer_id].add(row.date)
    return {who: sorted(found) for who, found in sorted(days.items())}


@pytest.mark.filterwarnings("ignore:.*refunds only")
def test_gaps_and_cycle_by_hand(random_lines):
    expected, medians = [], []
    for who, days in days_by_hand(random_lines).items():
        gaps = [(b - a).days for a, b in pairwise(days)]
        expected += [[who, a, b, g] for a, b, g in zip(days, days[1:], gaps, strict=False)]
        medians += [median(gaps)] if gaps else []
    got = purchase_gaps(random_lines)
    assert got.columns.tolist() == ["customer_id", "previous", "date", "gap_days"]
    assert got.values.tolist() == expected
    assert purchase_cycle(random_lines) == median(medians)
    assert isinstance(purchase_cycle(random_lines), float)


@pytest.mark.filterwarnings("ignore:.*refunds only")
def test_rate_by_hand(random_lines):
    days = days_by_hand(random_lines)
    expected = sum(len(found) > 1 for found in days.values()) / len(days)
    assert repurchase_rate(random_lines) == pytest.approx(expected)


def test_rate_follows_the_order_rule(buyers):
    assert repurchase_rate(buyers) == pytest.approx(2 / 3)
    assert repurchase_rate(buyers.assign(order_id="x")) == 0
    assert repurchase_rate(buyers.assign(order_id="x"), order="date") == pytest.approx(2 / 3)


def test_a_refund_between_two_purchases_is_no_purchase_day(buyers):
    got = purchase_gaps(buyers)
    assert got.values.tolist() == [
        ["A", pd.Timestamp("2026-05-01"), pd.Timestamp("2026-06-20"), 50],
        ["C", pd.Timestamp("2026-03-01"), pd.Timestamp("2026-06-30"), 121],
    ]
    assert purchase_cycle(buyers) == 85.5


def test_busy_customers_do_not_decide_the_cycle():
    often = pd.DataFrame({"customer_id": "A", "date": pd.date_range("2026-01-01", periods=100)})
    seldom = pd.DataFrame(
        {
            "customer_id": ["B", "B", "C", "C"],
            "date": pd.to_datetime(["2026-01-01", "2026-02-10"] * 2),
        }
    )
    frame = pd.concat([often, seldom]).assign(amount=1.0)
    assert purchase_cycle(frame) == 40


def test_dates_before_1970():
    frame = pd.DataFrame(
        {
            "customer_id": ["A", "A", "B", "B"],
            "date": pd.to_datetime(["1969-12-30", "1970-01-02", "1960-01-01", "1960-01-11"]),
            "amount": 1.0,
        }
    )
    assert purchase_gaps(frame)["gap_days"].tolist() == [3, 10]
    assert repurchase_rate(frame) == 1


def test_nothing_to_measure(buyers):
    once = buyers.drop_duplicates("customer_id")
    assert len(purchase_gaps(once)) == 0
    assert repurchase_rate(once) == 0
    with pytest.raises(ValueError, match="bought on two different days"):
        purchase_cycle(once)
    with (
        pytest.warns(UserWarning, match="refunds only"),
        pytest.raises(ValueError, match="Nobody bought"),
    ):
        repurchase_rate(once.assign(amount=-1.0))


@pytest.mark.parametrize("function", [purchase_gaps, purchase_cycle, repurchase_rate])
def test_same_errors_everywhere(buyers, function):
    with pytest.raises(ValueError, match='no column "amount"'):
        function(buyers.drop(columns="amount"))
    with pytest.raises(ValueError, match="does not hold dates"):
        function(buyers.assign(date="2026-01-01"))
    with pytest.warns(UserWarning, match=r"1 row of 7 \(14.3%\) without a customer id") as caught:
        function(buyers.assign(customer_id=buyers["customer_id"].where(buyers.index > 0)))
    assert [item.filename for item in caught] == [__file__]
