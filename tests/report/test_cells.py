"""Amounts, days and letters as other programs write them; what is open to doubt is said."""

from __future__ import annotations

import math

import pandas as pd
import pytest

from whobuys.report._cells import as_dates, as_numbers, decoded, plain_ids, without_nothing


def numbers(**columns: list[str]) -> tuple[dict[str, list[float]], str]:
    text = {name: pd.Series(cells) for name, cells in columns.items()}
    found, notes = as_numbers(text, {name: name.title() for name in text}, "my.csv")
    return {name: own.tolist() for name, own in found.items()}, "\n".join(notes)


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("100,00 kr.", 100),
        ("1.5E3", 1500),
        ("1,5E+03", 1500),
        ("Rs. 100.00", 100),
        ("Rs.100", 100),
        ("60.-", 60),
        ("CHF 60.\N{EM DASH}", 60),
        ("100.00-", -100),
        ("100.00 EUR-", -100),
        ("(100.00)", -100),
        ("EUR (1,234.50)", -1234.5),
        ("(EUR) 100.00 (net)", 100),
        ("\N{MINUS SIGN}100.00", -100),
        ("US$-5.00", -5),
        ("-EUR 10,50", -10.5),
        ("e-mail 5", 5),
        ("4 - agree", 4),
        ("1'234.50", 1234.5),
        ("1\N{NARROW NO-BREAK SPACE}234,50 €", 1234.5),
        ("1.234.567", 1234567),
        ("12,34,567.8", 1234567.8),
        (".5", 0.5),
        ("0.125", 0.125),
        ("1234.567", 1234.567),
    ],
)
def test_a_number_is_read_as_it_is_written(cell, value):
    found, said = numbers(amount=[cell])
    assert found["amount"] == [pytest.approx(value)]
    assert said == ""


@pytest.mark.parametrize("cell", ["2 x 3", "5-7", "1.234.5", "12 5", "1E999", "x"])
def test_what_is_no_number_is_none_and_is_named(cell):
    found, said = numbers(amount=["1", cell])
    assert math.isnan(found["amount"][1])
    assert f'"Amount" holds no number in 1 cell (for instance {cell})' in said


def test_one_file_has_one_sign_for_decimals():
    found, said = numbers(amount=["1.234,50", "2.000", ""], quantity=["2,000", "1,000", ""])
    assert found["amount"][:2] == [1234.5, 2000]
    assert found["quantity"][:2] == [2, 1]
    assert '"Quantity" can be read in two ways; 2,000 was read as 2, and so on in 2 cells' in said
    assert "Amount" not in said
    found, _ = numbers(amount=["1,234.50", "2,000"], quantity=["2,000", "1"])
    assert found == {"amount": [1234.5, 2000], "quantity": [2000, 1]}


@pytest.mark.parametrize("cells", [["1.234", "200"], ["1,234", "200"]])
def test_a_column_that_could_be_either_is_read_as_thousands_and_said(cells):
    found, said = numbers(amount=cells)
    assert found["amount"] == [1234, 200]
    assert f"can be read in two ways; {cells[0]} was read as 1,234, and so on in 1 cell." in said


def test_a_cell_that_shows_its_decimals_is_read_so_in_any_file():
    found, said = numbers(amount=["1,50", "2,50", "12.75"])
    assert found["amount"] == [1.5, 2.5, 12.75]
    assert said == ""


def dates(*cells: str) -> tuple[list[str], str]:
    found, notes = as_dates(pd.Series(cells), "Day", "my.csv")
    return [str(when)[:10] for when in found], "\n".join(notes)


def test_summer_and_winter_time_stand_in_one_column():
    found, said = dates(
        *("2026-01-01T00:30:00+01:00", "2026-07-05T00:30:00+02:00", "2026-07-05 23:30:00.5-0700"),
        *("2026-08-01T10:00Z", "2026-08-01 10:00 CEST", "2026-08-02", ""),
    )
    assert found == [
        *("2026-01-01", "2026-07-05", "2026-07-05", "2026-08-01", "2026-08-01", "2026-08-02"),
        "NaT",
    ]
    assert said == ""


@pytest.mark.parametrize("cells", [("x", "y"), ("2026-13-45T10:00+01:00", "10:00+02:00 or so")])
def test_days_that_are_none_are_refused_in_one_sentence(cells):
    with pytest.raises(ValueError, match=r'"Day" does not hold dates \(for instance'):
        dates(*cells)


def test_the_day_comes_first_before_a_dot():
    assert dates("01.02.2026", "03.04.2026") == (["2026-02-01", "2026-04-03"], "")


def test_days_that_could_be_months_are_said():
    found, said = dates("01/01/2026", "01/02/2026")
    assert found == ["2026-01-01", "2026-01-02"]
    assert "01/02/2026 was read as 2026-01-02. If that is wrong, write the dates as 2026-02-01" in (
        said
    )
    assert dates("01/02/2026", "13/02/2026") == (["2026-02-01", "2026-02-13"], "")
    assert dates("01/02/2026", "02/13/2026") == (["2026-01-02", "2026-02-13"], "")


@pytest.mark.parametrize(
    ("text", "encoding", "name"),
    [
        ("Kunde;Stadt\nMüller;Köln", "cp1252", "cp1252"),
        ("Kunde;Größe\n1;€ 2", "cp1252", "cp1252"),
        ("Kunde;Größe\n1;2", "utf-8", "utf-8-sig"),
        ("client;prix\nÉloïse;£ 12", "cp1252", "cp1252"),
        ("客户编号,城市\n客1,北京", "gb18030", "gb18030"),
        ("客户编号,城市\n客1,北京", "utf-8-sig", "utf-8-sig"),
        ("Kunde;Größe\n1;2", "utf-16", "utf-16"),
        ("Kunde;Größe\n1;2", "utf-16-le", "utf-16-le"),
        ("Kunde;Größe\n1;2", "utf-16-be", "utf-16-be"),
    ],
)
def test_letters_are_read_in_the_encoding_that_fits(text, encoding, name):
    assert decoded(text.encode(encoding)) == (text, name)


def test_what_is_no_text_is_not_read_as_text():
    assert decoded(b"a,b\n\0\x81\x8d,1") is None


def test_nothing_and_numbers_of_customers():
    cells = pd.Series(["NULL", "NaN", "nan", "None", "", "Nancy"])
    assert without_nothing(cells).tolist() == ["", "", "", "", "", "Nancy"]
    assert plain_ids(pd.Series(["17.0", "", "180.0"])).tolist() == ["17", "", "180"]
    assert plain_ids(pd.Series(["17.0", "17.5"])).tolist() == ["17.0", "17.5"]
