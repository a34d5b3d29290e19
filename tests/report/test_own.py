"""A reader's own files, with odd names of columns, and with columns that are missing."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest

from whobuys.report import (
    REPORTS,
    find_material,
    map_columns,
    read_settings,
    start_report,
)


@pytest.fixture
def orders(tmp_path):
    random = np.random.default_rng(0)
    days = pd.Timestamp("2025-01-01") + pd.to_timedelta(random.integers(0, 500, 900), "D")
    table = pd.DataFrame(
        {
            "Beleg": range(900),
            "Kunde-Nr.": [f"K{number}" for number in random.integers(0, 200, 900)],
            "Datum": days.strftime("%d.%m.%Y"),
            "Betrag (EUR)": [f"{x:.2f}".replace(".", ",") for x in random.lognormal(3, 1, 900)],
            "Warengruppe": random.choice(["Käse", "Brot|Wein", "*Obst*"], 900),
        }
    )
    path = tmp_path / "my_orders.csv"
    table.to_csv(path, sep=";", index=False, encoding="utf-8")
    return path


@pytest.mark.parametrize("name", REPORTS)
def test_orders_alone_make_a_report(name, orders):
    report = start_report(name, {"data": str(orders), "currency": "EUR"})
    assert report.material.as_map["transactions"]["amount"] == "Betrag (EUR)"
    assert report.material.end == pd.Timestamp("2026-05-15")
    assert any("Kunde-Nr." in note for note in report.notes())
    for key in report.sections:
        assert report.section(key).parts
    assert report.results()["left_out"] or name == "tiering_summary"


def test_odd_values_are_shown_and_not_obeyed(orders):
    section = start_report("customer_analysis", {"data": str(orders)}).section("basics")
    assert r"Brot\|Wein" in "".join(part for part in section.parts if isinstance(part, str))


def test_a_missing_column_is_named_once_with_its_cost(tmp_path):
    path = tmp_path / "orders.csv"
    path.write_text("who,when_it_was\nA,2026-01-01\n", encoding="utf-8")
    with pytest.raises(ValueError) as found:  # noqa: PT011 - the words are the test
        start_report("customer_analysis", {"data": str(path)})
    said = str(found.value)
    assert "customer_id (who bought), date (when), amount (what was paid)" in said
    assert "It has: who, when_it_was" in said
    assert "the whole report" in said
    with pytest.raises(ValueError, match='no column "Tag"'):
        start_report("customer_analysis", {"data": str(path), "columns": "date=Tag"})


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "is no table"),
        ("customer,date,amount\n", "has no rows"),
        ("customer,date,amount\nA,x,1\nB,y,2\n", "does not hold dates"),
        ("customer,date,amount\nA,2026-01-01,x\nB,2026-01-02,y\n", "does not hold numbers"),
        ("customer,date,amount\n,2026-01-01,1\n", "holds nothing usable"),
        ("customer,date,amount\nNULL,2026-01-01,1\n", "holds nothing usable"),
        ("PK\x03\x04", "is a workbook"),
    ],
)
def test_files_that_cannot_be_read(tmp_path, text, says):
    path = tmp_path / "orders.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match=says):
        start_report("customer_analysis", {"data": str(path)})


def test_no_such_file(tmp_path):
    with pytest.raises(ValueError, match="There is no file"):
        start_report("customer_analysis", {"data": str(tmp_path / "none.csv")})


def test_customers_and_products_fill_sections(orders, tmp_path):
    customers = tmp_path / "c.csv"
    pd.DataFrame(
        {
            "KundeNr": [f"K{n}" for n in range(220)],
            "Branche": ["Bar", "Hotel"] * 110,
            "Mitarbeiter": range(220),
        }
    ).to_csv(customers, index=False)
    report = start_report("customer_analysis", {"data": str(orders), "customers": str(customers)})
    assert report.material.customer_type == "B2B"
    assert "industry" in report.analysis.buyers.columns
    assert len(report.analysis.customers) == 220
    for key in report.sections:
        assert report.section(key).parts


@pytest.mark.parametrize(
    ("columns", "found"),
    [
        (["CustomerID", "InvoiceDate", "Total"], ["CustomerID", "InvoiceDate", "Total"]),
        (["household_id", "transaction_timestamp", "sales_value"], None),
        (["客户编号", "日期", "金额"], None),
        (["Customer Name", "cust_id", "date", "amount"], ["cust_id", "date", "amount"]),
    ],
)
def test_guesses(columns, found):
    mapping = map_columns(columns, "transactions")
    wanted = found or columns
    assert [mapping[name] for name in ("customer_id", "date", "amount")] == wanted


def test_chinese_file_in_its_old_encoding(tmp_path):
    rows = [f"客{n % 40},2026-0{n % 6 + 1}-1{n % 9},{n + 1}" for n in range(200)]
    path = tmp_path / "订单.csv"
    path.write_bytes(("客户编号,日期,金额\n" + "\n".join(rows)).encode("gb18030"))
    report = start_report("customer_analysis", {"data": str(path)})
    assert len(report.analysis.buyers) == 40


@pytest.mark.parametrize("name", REPORTS)
def test_no_text_asks_the_reader_of_the_page_to_write(name, orders):
    report = start_report(name, {"data": str(orders)})
    for key in report.sections:
        text = "".join(part for part in report.section(key).parts if isinstance(part, str))
        assert not re.search(r"write [\w ]{0,30}below|added below", text, re.IGNORECASE), key


def test_young_orders_of_people_who_were_all_here_lately_are_ranked(tmp_path):
    rows = [f"K{n % 40},2026-0{1 + n % 6}-{1 + n % 28:02},{n + 1}" for n in range(200)]
    path = tmp_path / "orders.csv"
    path.write_text("customer,date,amount\n" + "\n".join(rows), encoding="utf-8")
    report = start_report("segment_market", {"data": str(path)})
    assert report.analysis.sheet["active_share"].nunique() == 1
    section = report.section("recommendations")
    assert {number.name for number in section.numbers} >= {"rank", "attractiveness"}


def read(folder, text, encoding="utf-8", **more):
    """Read orders; return them, and what is said of them."""
    path = folder / "orders.csv"
    path.write_bytes(text.encode(encoding))
    found = find_material(read_settings({"data": str(path), **more}))
    said = "\n".join(found.left_out).replace("\N{NO-BREAK SPACE}", " ")
    return found.tables["transactions"], said


ROWS = "Kunde;Datum;Betrag\nMüller;01.02.2026;1.100,50\nGroß;13.02.2026;20,00\n"


@pytest.mark.parametrize(
    ("encoding", "first", "says"),
    [
        ("utf-8", "", ""),
        ("utf-8-sig", "sep=;\n", ""),
        ("utf-8", "sep=;\r\n", ""),
        ("utf-16", "sep=;\n", "read as UTF-16"),
        ("cp1252", "", "read as Western European (Windows-1252), as it is not UTF-8"),
    ],
)
def test_files_of_excel_are_read(encoding, first, says, tmp_path):
    table, said = read(tmp_path, first + ROWS, encoding)
    assert table["customer_id"].tolist() == ["Müller", "Groß"]
    assert table["amount"].sum() == 1120.5
    assert says in said
    assert ("read as" in said) == bool(says)


def test_refunds_lessen_the_sales_however_they_are_marked(tmp_path):
    sold = "customer,date,amount,order,product,quantity\nB,2026-01-01,50.00,2,p,1\n"
    sold += "A,2026-01-01,100.00,1,p,2\nA,2026-01-09,{},3,p,{}\n"
    for amount, quantity in (("100.00", -2), ("(100.00)", 2), ("\N{MINUS SIGN}100.00", 2)):
        table, said = read(tmp_path, sold.format(amount, quantity))
        assert table["amount"].tolist() == [50.0]
        assert "read as returns" in said


def test_the_price_of_a_piece_is_not_taken_for_the_amount_in_silence(tmp_path):
    text = "Invoice,StockCode,Quantity,InvoiceDate,{},Customer ID\n1,a,{},2026-01-01 07:45,2.5,17.0"
    table, said = read(tmp_path, text.format("Price", 12))
    assert table["customer_id"].tolist() == ["17"]
    assert "the column Price was read as the amount of the row, not multiplied by Quantity" in said
    assert "Price" not in read(tmp_path, text.format("Price", 1))[1]
    assert "multiplied" not in read(tmp_path, text.format("Total price", 12))[1]


def test_the_notes_of_a_period_count_the_period(tmp_path):
    text = "customer,date,amount\nA,2026-01-05,10\nA,2026-03-05,-10\nB,2026-02-01,5\n"
    text += ",2026-02-01,7\n"
    table, said = read(tmp_path, text, period="2026-01-01/2026-02-28", currency="EUR")
    assert table["amount"].tolist() == [10, 5]
    assert "in the whole file 1 row without customer (EUR 7.00) left out" in said
    assert "in the whole file 3 rows (EUR 5.00)" in said
    assert "2 rows (EUR 15.00)" in said
    assert "returns:" not in said
    with pytest.raises(ValueError, match="No order falls between 2025-01-01 and 2025-02-28"):
        read(tmp_path, text, period="2025-01-01/2025-02-28")


def test_nobody_and_no_order_number_have_many_names(tmp_path):
    table, said = read(
        tmp_path,
        "customer,date,amount,order\nA,2026-01-01,1,NULL\nB,2026-01-01,2,nan\n"
        "NULL,2026-01-01,4,1\nNaN,2026-01-01,8,2\nNone,2026-01-01,16,3\n",
    )
    assert table["customer_id"].tolist() == ["A", "B"]
    assert "3 rows without customer (28.00) left out" in said
    assert "2 rows without an order number" in said
    assert table["order_id"].nunique() == 2


def test_customers_are_matched_or_refused(tmp_path):
    known = tmp_path / "people.csv"
    known.write_text("customer,region\n17,north\n18,south\n", encoding="utf-8")
    text = "customer,date,amount\n17{0},2026-01-01,1\n18{0},2026-01-02,2\n"
    table, _ = read(tmp_path, text.format(".0"), customers=str(known))
    assert table["customer_id"].tolist() == ["17", "18"]
    with pytest.raises(
        ValueError, match=r"people.csv: no customer of orders.csv is in it"
    ) as found:
        read(tmp_path, text.format("-X"), customers=str(known))
    assert "17-X, 18-X there and 17, 18 here" in str(found.value)


@pytest.mark.parametrize("is_numbered", [False, True])
@pytest.mark.parametrize("name", ["customer_analysis", "segment_market"])
def test_channels_are_shares_of_orders_whose_numbers_are_used_again(name, is_numbered, tmp_path):
    rows = ["K1,2026-06-20,5,99,Web"]
    for n in range(40):
        channel = "Web" if n % 4 else "Store"
        for month in range(1, 7):
            number = month if is_numbered else ""
            day = f"2026-{month:02}-{1 + n % 3:02}"
            rows += [f"K{n},{day},{1 + n * month},{number},{channel}"] * (1 + n % 4 % 2)
    path = tmp_path / "orders.csv"
    path.write_text("customer,date,amount,order,channel\n" + "\n".join(rows), encoding="utf-8")
    report = start_report(name, {"data": str(path)})
    key = {"customer_analysis": "needs", "segment_market": "recommendations"}[name]
    text = "".join(part for part in report.section(key).parts if isinstance(part, str))
    assert "75\N{NO-BREAK SPACE}%" in text


def test_a_channel_that_nobody_filled_in_is_none(tmp_path):
    rows = [f"K{n % 40},2026-0{1 + n % 6}-{1 + n % 28:02},{n + 1}," for n in range(200)]
    path = tmp_path / "orders.csv"
    path.write_text("customer,date,amount,channel\n" + "\n".join(rows), encoding="utf-8")
    section = start_report("segment_market", {"data": str(path)}).section("recommendations")
    assert section.parts
    section = start_report("customer_analysis", {"data": str(path)}).section("needs")
    assert "Orders came by" not in "".join(part for part in section.parts if isinstance(part, str))
