import datetime as dt
import warnings
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest

from whobuys.segment import rfm_table

AS_OF = "2026-06-30"


def test_hand_counted(buyers):
    got = rfm_table(buyers, as_of=AS_OF)
    assert got.columns.tolist() == ["customer_id", "recency_days", "frequency", "monetary"]
    assert got.values.tolist() == [["A", 10, 2, 67.5], ["B", 150, 1, 50.0], ["C", 0, 2, 50.0]]
    assert got.index.tolist() == [0, 1, 2]
    assert got["recency_days"].dtype == got["frequency"].dtype == np.int64


def test_input_is_not_changed(lines):
    before = lines.copy(deep=True)
    with pytest.warns(UserWarning, match="refunds only"):
        rfm_table(lines, as_of=AS_OF)
    pd.testing.assert_frame_equal(lines, before)


def test_mean_is_per_order(buyers):
    got = rfm_table(buyers, as_of=AS_OF, monetary="mean")
    assert got["monetary"].tolist() == [33.75, 50.0, 25.0]


def test_without_order_ids_days_are_orders(buyers):
    days = buyers.drop(columns="order_id")
    same_day = pd.concat([days, days.iloc[[0]]])
    assert rfm_table(same_day, as_of=AS_OF)["frequency"].tolist() == [2, 1, 2]
    assert rfm_table(buyers.assign(order_id="X"), as_of=AS_OF, order="date")[
        "frequency"
    ].tolist() == [2, 1, 2]


def test_order_column_is_used_when_named(buyers):
    got = rfm_table(buyers.assign(basket=range(len(buyers))), as_of=AS_OF, order="basket")
    assert got["frequency"].tolist() == [3, 1, 2]


def test_an_order_id_shared_by_two_customers_counts_for_each(buyers):
    got = rfm_table(buyers.assign(order_id="same"), as_of=AS_OF)
    assert got["frequency"].tolist() == [1, 1, 1]


def test_an_order_with_one_refunded_line_is_still_a_purchase():
    frame = pd.DataFrame(
        {
            "customer_id": ["A", "A"],
            "order_id": ["O1", "O1"],
            "date": pd.to_datetime(["2026-06-01", "2026-06-01"]),
            "amount": [30.0, -10.0],
        }
    )
    assert rfm_table(frame, as_of=AS_OF).values.tolist() == [["A", 29, 1, 20.0]]


def test_own_column_names_are_kept(buyers):
    names = {"customer_id": "client", "date": "day", "amount": "paid", "order_id": "bill"}
    got = rfm_table(
        buyers.rename(columns=names),
        as_of=AS_OF,
        customer="client",
        date="day",
        amount="paid",
        order="bill",
    )
    assert got.rename(columns={"client": "customer_id"}).equals(rfm_table(buyers, as_of=AS_OF))


def test_row_order_and_index_do_not_matter(buyers):
    shuffled = buyers.sample(frac=1, random_state=3).set_axis([7] * len(buyers))
    pd.testing.assert_frame_equal(
        rfm_table(shuffled, as_of=AS_OF), rfm_table(buyers, as_of=AS_OF), check_exact=True
    )


@pytest.mark.parametrize(
    "as_of",
    ["2026-06-30", dt.date(2026, 6, 30), pd.Timestamp("2026-06-30 23:10"), np.datetime64(AS_OF)],
)
def test_kinds_of_as_of(buyers, as_of):
    assert rfm_table(buyers, as_of=as_of)["recency_days"].tolist() == [10, 150, 0]


def test_times_of_day_and_time_zones_count_as_days(buyers):
    late = buyers.assign(date=buyers["date"] + pd.Timedelta(hours=23))
    for dates in (late["date"], late["date"].dt.tz_localize("Asia/Shanghai")):
        assert rfm_table(late.assign(date=dates), as_of=AS_OF)["recency_days"].tolist() == [
            10,
            150,
            0,
        ]


def test_python_dates_are_dates(buyers):
    got = rfm_table(buyers.assign(date=buyers["date"].dt.date), as_of=AS_OF)
    assert got["recency_days"].tolist() == [10, 150, 0]


@pytest.mark.parametrize("kind", ["category", "object", "string", "Int64", "int64"])
def test_kinds_of_ids(buyers, kind):
    ids = buyers["customer_id"]
    if kind in ("Int64", "int64"):
        ids = ids.map({"A": 10, "B": 9, "C": 100})
    got = rfm_table(buyers.assign(customer_id=ids.astype(kind)), as_of=AS_OF)
    expected = [9, 10, 100] if kind in ("Int64", "int64") else ["A", "B", "C"]
    assert got["customer_id"].tolist() == expected


def test_an_unused_category_is_no_customer(buyers):
    ids = buyers["customer_id"].astype(pd.CategoricalDtype(["C", "Z", "B", "A"]))
    assert rfm_table(buyers.assign(customer_id=ids), as_of=AS_OF)["customer_id"].tolist() == [
        "A",
        "B",
        "C",
    ]


def test_equal_sums_are_equal_numbers():
    frame = pd.DataFrame(
        {
            "customer_id": ["A", "A", "A", "B"],
            "date": pd.to_datetime(["2026-06-01"] * 4),
            "amount": [0.1, 0.1, 0.1, 0.3],
        }
    )
    assert rfm_table(frame, as_of=AS_OF)["monetary"].nunique() == 1


def test_missing_ids_are_left_out_and_said(lines):
    lines.loc[[0, 3], "customer_id"] = [None, "  "]
    with pytest.warns(UserWarning, match="left out") as caught:
        got = rfm_table(lines, as_of=AS_OF)
    assert len(caught) == 1
    assert str(caught[0].message) == (
        "2 rows of 8 (25.0%) without a customer id were left out; "
        "1 customer with refunds only was left out (D)."
    )
    assert caught[0].filename == __file__
    assert got["customer_id"].tolist() == ["A", "C"]
    assert got.attrs["left_out"] == {
        "rows_without_customer": 2,
        "share_without_customer": 0.25,
        "refund_only_customers": ["D"],
    }


def test_nothing_left_out_says_nothing(buyers):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        got = rfm_table(buyers, as_of=AS_OF)
    assert got.attrs["left_out"]["rows_without_customer"] == 0


def test_decimals_are_numbers(buyers):
    exact = buyers.assign(amount=[Decimal(str(a)) for a in buyers["amount"]])
    assert rfm_table(exact, as_of=AS_OF).equals(rfm_table(buyers, as_of=AS_OF))


def test_one_currency_is_fine(buyers):
    assert len(rfm_table(buyers.assign(currency="CNY"), as_of=AS_OF)) == 3


def broken(frame: pd.DataFrame, **columns: object) -> pd.DataFrame:
    return frame.assign(**columns)


ERRORS = {
    "missing column": (
        lambda f: f.rename(columns={"customer_id": "CustomerID", "amount": "paid"}),
        r'no column "customer_id" \(nearest: "CustomerID"\), "amount"\. It has: CustomerID, '
        r'order_id, date, paid.*customer="\.\.\."',
    ),
    "empty": (lambda f: f.head(0), "transactions has no rows"),
    "two columns": (lambda f: pd.concat([f, f[["date"]]], axis=1), '2 columns named "date"'),
    "text dates": (
        lambda f: f.assign(date=f["date"].astype(str)),
        r"does not hold dates \(for instance '2026-05-01'\).*pd.to_datetime",
    ),
    "number dates": (lambda f: f.assign(date=20260630), "does not hold dates"),
    "missing dates": (
        lambda f: f.assign(date=f["date"].where(f.index != 2)),
        r"has no date in 1 row of 7 \(index 2\)",
    ),
    "late dates": (
        lambda f: f.assign(date=f["date"] + pd.Timedelta(days=10)),
        "1 date of 7 after as_of=2026-06-30; the latest is 2026-07-10",
    ),
    "text amounts": (
        lambda f: f.assign(amount="¥12"),
        r"does not hold numbers \(for instance '¥12'\)",
    ),
    "true amounts": (lambda f: f.assign(amount=True), "does not hold numbers"),
    "missing amounts": (
        lambda f: f.assign(amount=f["amount"].where(f.index > 4)),
        r'"amount".* in 5 rows of 7 \(index 0, 1, 2, \.\.\.\)',
    ),
    "infinite amounts": (lambda f: f.assign(amount=np.inf), "missing or infinite"),
    "refunds only": (lambda f: f.assign(amount=-1.0), "Nobody bought"),
    "no ids": (lambda f: f.assign(customer_id=None), "No row of transactions has a customer id"),
    "missing order": (
        lambda f: f.assign(order_id=f["order_id"].where(f.index != 1)),
        r"no order id in 1 row of 7 \(index 1\)",
    ),
    "currencies": (
        lambda f: f.assign(currency=["CNY"] * 5 + ["USD", None]),
        r"mixes currencies: CNY \(5 rows\), USD \(1 row\), missing \(1 row\)",
    ),
    "mixed ids": (lambda f: f.assign(customer_id=[("a",), 1, "x", 2, 3, 4, 5]), "cannot be sorted"),
}


@pytest.mark.parametrize(("spoil", "message"), ERRORS.values(), ids=ERRORS)
def test_each_fault_has_one_clear_error(buyers, spoil, message):
    with pytest.raises(ValueError, match=message):
        rfm_table(spoil(buyers), as_of=AS_OF)


@pytest.mark.parametrize(
    ("as_of", "message"),
    [
        (None, "as_of is None"),
        ("soon", "'soon' is not a date"),
        (20260630, "not the number"),
        (pd.NaT, "missing"),
        ([1], "not a date"),
    ],
)
def test_bad_as_of(buyers, as_of, message):
    with pytest.raises(ValueError, match=message):
        rfm_table(buyers, as_of=as_of)


def test_as_of_has_no_default(buyers):
    with pytest.raises(TypeError, match="as_of"):
        rfm_table(buyers)


def test_other_bad_arguments(buyers):
    with pytest.raises(ValueError, match="monetary must be"):
        rfm_table(buyers, as_of=AS_OF, monetary="median")
    with pytest.raises(ValueError, match='no column "basket"'):
        rfm_table(buyers, as_of=AS_OF, order="basket")
    with pytest.raises(ValueError, match='no column "coin"'):
        rfm_table(buyers, as_of=AS_OF, currency="coin")
    with pytest.raises(
        TypeError, match=r"must be a table .* or the path of Parquet files, not dict"
    ):
        rfm_table({}, as_of=AS_OF)
    with pytest.raises(ValueError, match="may not be named"):
        rfm_table(
            buyers.rename(columns={"customer_id": "monetary"}), as_of=AS_OF, customer="monetary"
        )
