"""Doubles and returns in a reader's own orders: what counts, and that nothing goes unsaid."""

from __future__ import annotations

import pandas as pd
import pytest

from whobuys.report import start_report
from whobuys.report._sales import is_repeated, keep_sales

DAYS = ("2026-01-05", "2026-01-20", "2026-02-10")


def lines(*rows: tuple, columns: str = "customer_id date amount") -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=columns.split())
    return table.assign(date=pd.to_datetime(table["date"]))


def kept(table: pd.DataFrame) -> tuple[pd.DataFrame, str]:
    sales, notes = keep_sales(table, is_repeated(table), "my.csv", "EUR")
    return sales, "\n".join(notes).replace("\N{NO-BREAK SPACE}", " ")


def test_a_return_is_taken_off_the_latest_sale_before_it():
    table = lines(
        ("A", DAYS[0], 10.0), ("A", DAYS[1], 20.0), ("A", DAYS[2], -25.0), ("B", DAYS[0], 7.0)
    )
    sales, said = kept(table)
    assert sales["amount"].tolist() == [5.0, 7.0]
    assert sales["date"].tolist() == [pd.Timestamp(DAYS[0])] * 2
    assert "1 row (EUR -25.00) with a negative amount read as returns: EUR 25.00 was taken" in said
    assert "1 sale given back whole" in said
    assert "left out" not in said
    assert "so 2 of 4 rows" in said
    assert table["amount"].tolist() == [10.0, 20.0, -25.0, 7.0]


def test_a_return_without_a_sale_before_it_is_left_out_with_its_sum():
    sales, said = kept(
        lines(("A", DAYS[1], 10.0), ("A", DAYS[0], -4.0), ("B", DAYS[0], -3.0), ("C", DAYS[0], 1.0))
    )
    assert sales["amount"].tolist() == [10.0, 1.0]
    assert "2 rows (EUR -7.00) with a negative amount" in said
    assert "EUR 7.00 has no such sale before it and is left out" in said
    assert "was taken off" not in said


def test_a_return_knows_its_product_and_its_order():
    columns = "customer_id date amount product_id order_id quantity"
    sales, _ = kept(
        lines(
            ("A", DAYS[0], 30.0, "tea", "1", 3.0),
            ("A", DAYS[0], 40.0, "cup", "1", 2.0),
            ("A", DAYS[1], 30.0, "tea", "2", 3.0),
            ("A", DAYS[1], 50.0, "pot", "3", 1.0),
            ("A", DAYS[2], -10.0, "tea", "1", 1.0),
            ("A", DAYS[2], -40.0, "cup", "9", 2.0),
            ("A", DAYS[1], -5.0, "voucher", "3", 1.0),
            columns=columns,
        )
    )
    assert sales[["order_id", "product_id", "amount", "quantity"]].values.tolist() == [
        ["1", "tea", 20.0, 2.0],
        ["2", "tea", 30.0, 3.0],
        ["3", "pot", 45.0, 0.9],
    ]


def test_cents_given_back_in_parts_leave_nothing():
    sales, said = kept(
        lines(("A", DAYS[0], 0.8), ("A", DAYS[1], -0.7), ("A", DAYS[2], -0.1), ("B", DAYS[0], 1.0))
    )
    assert sales["customer_id"].tolist() == ["B"]
    assert "left out" not in said


def test_doubles_without_an_order_number_count_and_are_warned_of():
    sales, said = kept(lines(*[("A", DAYS[0], 10.0)] * 3, ("B", DAYS[0], 1.0)))
    assert sales["amount"].sum() == 31.0
    assert "2 rows (EUR 20.00) repeated another row in every column. They count" in said
    assert "cannot be told without an order number, a product and a number of pieces" in said
    assert "--map order_id=YOUR_COLUMN" in said
    assert "(4 rows make 2 orders)" in said


@pytest.mark.parametrize(
    ("columns", "rest", "hint"),
    [
        ("order_id", [("1",), ("1",), ("2",)], "--map product_id=YOUR_COLUMN --map quantity="),
        ("order_id product_id quantity", [("1", "tea", 2), ("1", "tea", 2), ("1", "pot", 1)], ""),
        ("order_id product_id quantity", [("1", "tea", 1)] * 3, "each piece may be a row"),
        ("order_id product_id quantity", [("", "tea", 2)] * 3, "where the order number is empty"),
        ("order_id product_id", [("1", "tea")] * 3, "one: --map quantity=YOUR_COLUMN"),
        ("order_id quantity", [("1", 2)] * 3, "one: --map product_id=YOUR_COLUMN"),
        ("quantity product_id", [(2, "tea")] * 3, "one: --map order_id=YOUR_COLUMN"),
    ],
)
def test_doubles_are_left_out_only_where_a_second_piece_would_show(columns, rest, hint):
    rows = [("A", DAYS[0], 10.0), ("A", DAYS[0], 10.0), ("A", DAYS[0], 2.5)]
    table = lines(
        *[row + more for row, more in zip(rows, rest, strict=True)],
        columns=f"customer_id date amount {columns}",
    )
    sales, said = kept(table)
    is_sure = not hint
    assert sales["amount"].sum() == (12.5 if is_sure else 22.5)
    assert ("left out as doubles" in said) == is_sure
    assert ("They count" in said) == (not is_sure)
    assert hint in said


def test_a_negative_quantity_tells_a_return():
    columns = "customer_id date amount order_id product_id quantity"
    sales, said = kept(
        lines(
            ("A", DAYS[0], 100.0, "1", "tea", 2.0),
            ("A", DAYS[1], 60.0, "1", "tea", -1.0),
            ("A", DAYS[1], -10.0, "1", "tea", -1.0),
            columns=columns,
        )
    )
    assert sales["amount"].tolist() == [30.0]
    assert "1 row (EUR 60.00) with a negative quantity and a positive amount" in said
    assert "2 rows (EUR -70.00) with a negative amount read as returns" in said


def test_of_a_period_only_its_own_rows_meet_each_other():
    table = lines(
        ("A", DAYS[0], 100.0), ("A", DAYS[2], -100.0), ("B", DAYS[1], 20.0), ("B", DAYS[1], -5.0),
        ("C", DAYS[2], 500.0), ("C", DAYS[2], 500.0),
    )  # fmt: skip
    period = (pd.Timestamp(DAYS[0]), pd.Timestamp(DAYS[1]))
    sales, notes = keep_sales(table, is_repeated(table), "my.csv", "", period)
    assert sales["amount"].tolist() == [100.0, 15.0]
    said = "\n".join(notes)
    assert "in the whole file 6 rows (1,015) with customer, date and amount" in said
    assert "in the period 2026-01-05 to 2026-01-20 3 rows (115)" in said
    assert "1 row (-5.00) with a negative amount" in said
    assert "so 2 of 3 rows" in said
    assert "repeated" not in said
    whole = (pd.Timestamp(DAYS[0]), pd.Timestamp(DAYS[2]))
    assert keep_sales(table, is_repeated(table), "my.csv", "", whole)[0]["amount"].sum() == 1015
    later = (pd.Timestamp("2027-01-01"), pd.Timestamp("2027-02-01"))
    assert keep_sales(table, is_repeated(table), "my.csv", "", later)[0].empty


def test_pieces_and_signs_are_learnt_from_the_whole_file():
    columns = "customer_id date amount order_id product_id quantity"
    table = lines(
        *[("A", DAYS[0], 10.0, "1", "tea", 1.0)] * 2,
        ("A", DAYS[2], 20.0, "2", "tea", 2.0),
        ("A", DAYS[2], 20.0, "2", "tea", -2.0),
        columns=columns,
    )
    period = (pd.Timestamp(DAYS[0]), pd.Timestamp(DAYS[1]))
    sales, notes = keep_sales(table, is_repeated(table), "my.csv", "", period)
    assert sales["amount"].tolist() == [10.0]
    assert "in the whole file 1 row (20.00) with a negative quantity" in notes[0]
    assert "in the whole file 4 rows (20.00)" in notes[1]


def test_one_row_makes_one_order():
    _, said = kept(lines(("A", DAYS[0], 1.0)))
    assert "(1 row makes 1 order)" in said


def test_a_row_number_without_a_heading_tells_no_rows_apart():
    raw = pd.DataFrame({"Unnamed: 0": ["0", "1"], "customer": ["A", "A"], "amount": ["1", "1"]})
    assert is_repeated(raw).tolist() == [False, True]
    assert not is_repeated(raw.rename(columns={"Unnamed: 0": "receipt"})).any()


def test_rows_without_an_order_number_are_orders_of_a_day():
    table = lines(
        ("A", DAYS[0], 1.0, ""), ("A", DAYS[0], 2.0, ""), ("A", DAYS[1], 3.0, ""),
        ("A", DAYS[1], 4.0, "7"), columns="customer_id date amount order_id",
    )  # fmt: skip
    sales, said = kept(table)
    assert sales["order_id"].nunique() == 3
    other, _ = kept(table.assign(customer_id="B"))
    assert set(sales["order_id"]) & set(other["order_id"]) == {"7"}
    assert "3 rows without an order number" in said


def test_good_orders_are_passed_without_a_word():
    sales, said = kept(
        lines(
            ("A", DAYS[0], 1.0, "1"),
            ("B", DAYS[0], 2.0, "2"),
            columns="customer_id date amount order_id",
        )
    )
    assert (len(sales), said) == (2, "")


@pytest.mark.parametrize("amounts", [(-1.0, -2.0), (0.0, 0.0), (5.0, -5.0)])
def test_no_sale_left_is_refused(amounts):
    table = lines(("A", DAYS[0], amounts[0]), ("A", DAYS[1], amounts[1]))
    with pytest.raises(ValueError, match=r"my\.csv: no sale is left to count"):
        kept(table)


@pytest.mark.parametrize("name", ["customer_analysis", "segment_market"])
def test_a_report_says_all_that_does_not_count(name, tmp_path):
    sold = pd.DataFrame(
        [(f"K{n % 30}", f"2026-0{1 + n % 6}-{1 + n % 27:02}", 10.0 + n) for n in range(120)],
        columns=["customer_id", "date", "amount"],
    )
    back = sold.tail(4).assign(date="2026-06-30", amount=lambda t: -t["amount"])
    nobody = sold.head(2).assign(customer_id="", amount=1.5)
    free = sold.head(1).assign(amount=0.0)
    file = tmp_path / "orders.csv"
    pd.concat([sold, sold.head(5), back, nobody, free]).to_csv(file, index=False)
    report = start_report(name, {"data": str(file), "currency": "EUR"})
    said = "\n".join(report.notes()).replace("\N{NO-BREAK SPACE}", " ")
    for words in (
        "2 rows without customer_id (EUR 3.00) left out",
        "5 rows (EUR 60.00) repeated another row",
        "4 rows (EUR -510) with a negative amount",
        "1 row with an amount of 0 left out",
        "counts as one order (121 rows make ",
        f"so 121 of 130 rows with customer, date and amount count, worth EUR {8340 + 60 - 510:,}",
    ):
        assert words in said, said
    assert report.analysis.orders["amount"].sum() == pytest.approx(8340 + 60 - 510)
    assert report.material.end == pd.Timestamp("2026-06-30")
