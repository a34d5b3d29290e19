"""A reader's own files, with odd names of columns, and with columns that are missing."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest

from whobuys.report import REPORTS, map_columns, start_report


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
