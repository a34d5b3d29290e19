from __future__ import annotations

import csv
import dataclasses
import hashlib
import io
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from whobuys.market import (
    Case,
    Mess,
    Messy,
    companies,
    datasets_folder,
    errata,
    load_company,
    market,
    mess,
    read_case,
    read_errata,
    read_mess,
    truth,
    undo,
    write_errata,
    write_messy,
    write_tables,
)

RATES = [kind for kind in Mess.model_fields if kind != "gaps"]
FILES = ["cp1252_files", "bom_files", "decimal_comma_files", "date_format_files"]
HEAVY = Mess.model_validate(
    dict.fromkeys(RATES, 0.1)
    | dict.fromkeys(FILES, 0.5)
    | {
        "gaps": [
            {"table": "customers", "column": "source", "why": "MCAR", "rate": 0.2},
            {"table": "customers", "column": "member", "why": "MCAR", "rate": 0.2},
            {"table": "customers", "column": "gender", "why": "MAR", "rate": 0.2, "by": "points"},
            {"table": "customers", "column": "age", "why": "MNAR", "rate": 0.3},
            {"table": "transactions", "column": "channel", "why": "MNAR", "rate": 0.2},
            {"table": "transactions", "column": "quantity", "why": "MCAR", "rate": 0.1},
            {"table": "products", "column": "brand", "why": "MCAR", "rate": 0.3},
        ]
    }
)
CORE = ["transactions", "customers", "products"]
FROZEN = "9dc6d614fc0fcbc7ee2109a7078d0689802e2e488bad148f315614ce8e8cf84f"


@pytest.fixture(scope="module")
def clean() -> Case:
    return market("teahouse", 3, customers=250, tables=CORE)


@pytest.fixture(scope="module")
def heavy(clean: Case) -> Messy:
    return mess(clean, HEAVY)


def again(case: Case, seed: int) -> Case:
    """The same tables with the mess of another seed."""
    return Case(case.company, seed, case.tables)


def contents(case: Case, folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in write_tables(case, folder)}


def as_file(case: Case, folder: Path) -> dict[str, pd.DataFrame]:
    """Each cell as the clean file has it; written without the room's own functions."""
    return {
        file.stem: pd.read_csv(file, dtype="str", keep_default_na=False)
        for file in write_tables(case, folder)
    }


def differences(clean: dict[str, pd.DataFrame], messy: Messy) -> dict[str, set[Any]]:
    """Compare two cases cell by cell; of the ledger only the rows added are believed."""
    ledger = errata(messy)
    rows = ledger[ledger["change"] == "row"]
    cells: set[Any] = set()
    columns, tables = set(), set(messy.texts) - set(clean)
    for name, before in clean.items():
        added = rows.loc[rows["table"] == name, "row"]
        assert added.is_unique
        after = messy.texts[name].fillna("")
        places = np.setdiff1d(np.arange(len(after)), added.to_numpy("int64"))
        assert len(places) == len(before)
        columns |= {(name, column) for column in after if column not in before}
        fills = {"currency": messy.company.currency, "status": "completed", "refund_of": ""}
        for column in after:
            old = before[column] if column in before else fills.get(column)
            if old is None:
                continue
            old = np.broadcast_to(np.asarray(old, dtype=object), len(places))
            new = after[column].to_numpy(object)[places]
            for place in np.flatnonzero(old != new):
                cells.add((name, int(places[place]), column, old[place], new[place]))
    return {"cells": cells, "columns": columns, "tables": tables}


def noted(ledger: pd.DataFrame) -> dict[str, set[Any]]:
    cells = ledger[ledger["change"] == "cell"].fillna({"clean": "", "messy": ""})
    columns = ledger[ledger["change"] == "column"]
    return {
        "cells": set(
            zip(
                cells["table"],
                cells["row"].astype(int),
                cells["column"],
                cells["clean"],
                cells["messy"],
                strict=True,
            )
        ),
        "columns": set(zip(columns["table"], columns["column"], strict=True)),
        "tables": set(ledger.loc[ledger["change"] == "table", "table"]),
    }


def check_laws(case: Case, settings: Mess | None, folder: Path) -> None:
    before = {name: table.copy(deep=True) for name, table in case.tables.items()}
    messy = mess(case, settings)
    ledger = errata(messy)
    cells = ledger[ledger["change"] == "cell"]
    assert not cells.duplicated(["table", "row", "column"]).any()
    assert (cells["clean"] != cells["messy"]).all()
    assert ledger["kind"].notna().all()
    known = as_file(case, folder / "known")
    assert differences(known, messy) == noted(ledger)

    back = undo(messy)
    assert list(back.tables) == list(case.tables)
    for name, table in case.tables.items():
        pd.testing.assert_frame_equal(table, before[name])
        pd.testing.assert_frame_equal(back[name], table)
    assert contents(back, folder / "back") == contents(case, folder / "clean")


@pytest.mark.parametrize("seed", range(6))
def test_laws_with_much_mess(seed: int, tmp_path: Path) -> None:
    check_laws(market("teahouse", seed, customers=60, tables=CORE), HEAVY, tmp_path)


@pytest.mark.parametrize("seed", range(6))
def test_laws_with_the_default_mess(seed: int, tmp_path: Path) -> None:
    check_laws(market("teahouse", 2**100 + seed, customers=150, tables=CORE), None, tmp_path)


@pytest.mark.parametrize("name", companies())
def test_laws_in_every_company(name: str, tmp_path: Path) -> None:
    check_laws(market(name, 1, customers=120), None, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(100, 300))
def test_laws_with_many_seeds(seed: int, tmp_path: Path) -> None:
    check_laws(
        market("teahouse", seed, customers=80, tables=CORE), HEAVY if seed % 2 else None, tmp_path
    )


def test_the_ledger_of_a_case_is_that_of_its_mess(clean: Case, heavy: Messy) -> None:
    pd.testing.assert_frame_equal(errata(clean), errata(mess(clean)))
    pd.testing.assert_frame_equal(errata(clean, HEAVY), errata(heavy))
    mine = errata(heavy)
    mine["clean"] = "spoilt"
    assert not (errata(heavy)["clean"] == "spoilt").any()


def test_every_kind_happens(heavy: Messy) -> None:
    gaps = {"gaps_mcar", "gaps_mar", "gaps_mnar"}
    assert set(errata(heavy)["kind"]) >= (set(RATES) - set(FILES)) | gaps


@pytest.fixture(scope="module")
def small() -> Case:
    return market("teahouse", 11, customers=60, tables=CORE)


@pytest.fixture(scope="module")
def whole(small: Case) -> pd.DataFrame:
    return errata(small, HEAVY).drop(columns="row")


@pytest.mark.parametrize("kind", [*RATES, "gaps"])
def test_turning_one_kind_off_moves_no_other(kind: str, small: Case, whole: pd.DataFrame) -> None:
    off = HEAVY.model_copy(update={kind: [] if kind == "gaps" else 0.0})
    less = errata(small, off).drop(columns="row")
    mine = whole["kind"].str.startswith("gaps_") if kind == "gaps" else whole["kind"] == kind
    order = list(whole)
    pd.testing.assert_frame_equal(
        less.sort_values(order, ignore_index=True),
        whole[~mine].sort_values(order, ignore_index=True),
    )


def test_all_off_changes_nothing(clean: Case, tmp_path: Path) -> None:
    messy = mess(clean, {"others": 0})
    assert len(errata(messy)) == 0
    for name, table in clean.tables.items():
        pd.testing.assert_frame_equal(messy[name], table)
    written = {file.name: file.read_bytes() for file in write_messy(messy, tmp_path / "messy")}
    assert written == contents(clean, tmp_path / "clean")


UNITS: dict[str, tuple[str, str]] = {
    "guest_orders": ("orders", "cell"),
    "lost_zeros": ("orders", "cell"),
    "impossible_dates": ("orders", "cell"),
    "ambiguous_dates": ("orders", "cell"),
    "currencies": ("orders", "cell"),
    "cancellations": ("orders", "row"),
    "staff_orders": ("orders", "row"),
    "test_orders": ("orders", "row"),
    "hundredfold_prices": ("lines", "cell"),
    "near_duplicates": ("lines", "row"),
    "refunds": ("lines", "row"),
    "exact_duplicates": ("both", "row"),
    "synonyms": ("customers", "cell"),
    "second_registrations": ("customers", "row"),
    "gaps_mcar": ("customers", "cell"),
    "gaps_mar": ("customers", "cell"),
    "gaps_mnar": ("customers", "cell"),
}


def test_rates_are_met() -> None:
    """Within four standard errors, over many draws of the mess."""
    settings = read_mess(
        dict.fromkeys(RATES, 0.05)
        | {
            "gaps": [
                {"table": "customers", "column": "source", "why": "MCAR", "rate": 0.05},
                {
                    "table": "customers",
                    "column": "gender",
                    "why": "MAR",
                    "rate": 0.05,
                    "by": "points",
                },
                {"table": "customers", "column": "age", "why": "MNAR", "rate": 0.05},
            ]
        }
    )
    found = dict.fromkeys(UNITS, 0)
    of = dict.fromkeys(UNITS, 0)
    for seed in range(6):
        case = market("teahouse", seed, customers=300, tables=CORE)
        sizes = {
            "orders": case["transactions"]["order_id"].nunique(),
            "lines": len(case["transactions"]),
            "customers": len(case["customers"]),
        }
        sizes["both"] = sizes["lines"] + sizes["customers"]
        ledger = errata(case, settings)
        for kind, (unit, change) in UNITS.items():
            mine = ledger[(ledger["kind"] == kind) & (ledger["change"] == change)]
            keys = mine["key"].str.split("/").str[0] if unit == "orders" else mine["key"]
            repeated = kind == "exact_duplicates"
            found[kind] += len(keys) if repeated else keys.nunique()
            of[kind] += sizes[unit]
    for kind, count in found.items():
        error = np.sqrt(0.05 * 0.95 / of[kind])
        assert count / of[kind] == pytest.approx(0.05, abs=4 * error), kind


def test_rates_of_files_are_met(clean: Case) -> None:
    case = Case(clean.company, 0, {name: table.tail(30) for name, table in clean.tables.items()})
    rates = dict(zip(FILES, (0.4, 0.2, 0.3, 0.6), strict=True))
    ledgers = [errata(again(case, seed), {"others": 0} | rates) for seed in range(40)]
    ledger = pd.concat(ledgers)
    ledger = ledger[ledger["change"] == "file"]
    can = {
        "cp1252_files": ["customers", "products", "transactions"],
        "bom_files": CORE,
        "decimal_comma_files": ["products", "transactions"],
        "date_format_files": ["customers", "transactions"],
    }
    for kind, rate in rates.items():
        mine = ledger[ledger["kind"] == kind]
        assert set(mine["table"]) == set(can[kind])
        tries = 40 * len(can[kind])
        error = np.sqrt(rate * (1 - rate) / tries)
        assert len(mine) / tries == pytest.approx(rate, abs=4 * error), kind


def test_same_seed_same_bytes_and_other_seeds_differ(clean: Case, tmp_path: Path) -> None:
    def digest(seed: int, folder: Path) -> str:
        messy = mess(again(clean, seed))
        files = [*write_messy(messy, folder), write_errata(messy, folder / "ledger" / "l.csv")]
        return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()

    assert digest(3, tmp_path / "a") == digest(3, tmp_path / "b")
    assert digest(3, tmp_path / "a") != digest(4, tmp_path / "c")


def test_same_bytes_in_another_process(tmp_path: Path) -> None:
    code = (
        "import sys; from whobuys.market import market, mess, write_messy, write_errata; "
        "messy = mess(market(seed=9, customers=80)); write_messy(messy, sys.argv[1]); "
        "write_errata(messy, sys.argv[1] + '/ledger.csv')"
    )
    environment = os.environ | {"PYTHONHASHSEED": "123", "TZ": "Asia/Shanghai", "LC_ALL": "C"}
    subprocess.run([sys.executable, "-c", code, str(tmp_path / "a")], check=True, env=environment)
    messy = mess(market(seed=9, customers=80))
    here = [*write_messy(messy, tmp_path / "b"), write_errata(messy, tmp_path / "b" / "ledger.csv")]
    for file in here:
        assert file.read_bytes() == (tmp_path / "a" / file.name).read_bytes(), file.name


def test_frozen_checksum(tmp_path: Path) -> None:
    """A change here changes every messy case already given out: never by accident."""
    file = write_errata(mess(market("teahouse", 0, tables=CORE)), tmp_path / "ledger.csv")
    assert hashlib.sha256(file.read_bytes()).hexdigest() == FROZEN


def test_part_of_a_ledger_undoes_part_of_the_mess(clean: Case, heavy: Messy) -> None:
    ledger = errata(heavy)
    without = ledger[ledger["kind"] != "guest_orders"]
    left = undo(heavy, without)["transactions"]
    lost = left["customer_id"].isna()
    assert lost.sum() == (ledger["kind"] == "guest_orders").sum() > 0
    assert left[~lost].equals(clean["transactions"][~lost])


def test_a_ledger_comes_back_from_its_file(heavy: Messy, clean: Case, tmp_path: Path) -> None:
    file = write_errata(heavy, tmp_path / "new" / "ledger.csv")
    back = read_errata(file)
    pd.testing.assert_frame_equal(back, errata(heavy))
    assert undo(heavy, back)["customers"].equals(clean["customers"])


def test_the_truth_of_a_messy_case_is_that_of_the_clean_one(clean: Case, heavy: Messy) -> None:
    assert isinstance(heavy, Case)
    assert truth(heavy).customers.equals(truth(clean).customers)
    assert heavy.as_of == clean.as_of
    assert repr(heavy).startswith("<Messy case teahouse: ")


# What each kind looks like to whoever cleans.


def of_kind(messy: Messy, kind: str, change: str = "cell") -> pd.DataFrame:
    ledger = errata(messy)
    return ledger[(ledger["kind"] == kind) & (ledger["change"] == change)]


def test_exact_duplicates_are_exact(clean: Case) -> None:
    for table, key in (("transactions", ["order_id", "product_id"]), ("customers", "customer_id")):
        messy = mess(clean, HEAVY.model_copy(update={"near_duplicates": 0.0}))
        texts = messy.texts[table]
        rows = of_kind(messy, "exact_duplicates", "row").query("table == @table")["row"]
        assert texts.duplicated(keep="first")[rows].all()
        assert texts.duplicated(key).sum() == len(rows) > 5


def test_near_duplicates_differ_in_one_cell(clean: Case) -> None:
    messy = mess(clean, HEAVY.model_copy(update={"exact_duplicates": 0.0}))
    lines = messy.texts["transactions"].fillna("")
    notes = of_kind(messy, "near_duplicates", "row")
    assert set(notes["column"]) == {"date", "channel", "amount"}
    for note in notes.itertuples():
        copy, original = lines.loc[note.row], lines.loc[note.row - 1]
        assert copy.index[copy != original].tolist() == [note.column]
        assert (original[note.column], copy[note.column]) == (note.clean, note.messy)


def test_second_registrations_meet_in_the_mail_label(heavy: Messy) -> None:
    customers = heavy["customers"].drop_duplicates()
    person = customers["email"].str.strip().str.lower()
    twice = customers[person.duplicated(keep=False)].assign(person=person)
    notes = of_kind(heavy, "second_registrations", "row")
    assert twice["person"].nunique() == len(notes) > 10
    assert (twice.groupby("person")["email"].nunique() == 2).all()
    assert (twice.groupby("person")["customer_id"].nunique() == 2).all()
    assert set(notes["messy"]) <= set(customers["email"])
    moved = of_kind(heavy, "second_registrations")
    first = dict(zip(twice["customer_id"], twice["person"].str.split("@").str[0], strict=True))
    assert len(moved) > 10
    assert [first[new].upper() for new in moved["messy"]] == moved["clean"].tolist()
    assert customers["customer_id"].is_unique


def test_refunds_point_at_their_order(clean: Case, heavy: Messy) -> None:
    lines = heavy["transactions"]
    back = lines.dropna(subset="refund_of")
    assert len(back) == len(of_kind(heavy, "refunds", "row")) > 10
    assert (back["amount"] < 0).all()
    assert (back["quantity"] < 0).all()
    assert set(back["refund_of"]) <= set(clean["transactions"]["order_id"])
    bought = clean["transactions"].set_index(["order_id", "product_id"])["date"]
    day = bought.loc[list(zip(back["refund_of"], back["product_id"], strict=True))]
    assert (pd.to_datetime(back["date"]).to_numpy() > day.to_numpy()).all()
    assert pd.to_datetime(back["date"]).max() <= clean.as_of


def test_added_orders_can_be_told(clean: Case, heavy: Messy) -> None:
    lines = heavy["transactions"]
    new = lines[~lines["order_id"].isin(clean["transactions"]["order_id"])]
    staff = lines["customer_id"].fillna("").str.startswith("STAFF")
    told = (
        (lines["status"] == "cancelled")
        | staff
        | (lines["customer_id"] == "TEST")
        | lines["refund_of"].notna()
    )
    assert new.index.equals(lines.index[told])
    paid = lines[staff]
    half = paid["quantity"].astype(float) * paid["unit_price"] / 2
    assert np.allclose(paid["amount"], half, atol=0.0051)


def test_lost_zeros_and_lost_customers(heavy: Messy) -> None:
    notes = of_kind(heavy, "lost_zeros")
    assert len(notes) > 10
    assert (notes["messy"].str.zfill(5).radd("C") == notes["clean"]).all()
    assert of_kind(heavy, "guest_orders")["messy"].isna().all()
    for kind in ("lost_zeros", "guest_orders"):
        order = of_kind(heavy, kind)["key"].str.split("/").str[0]
        lines = heavy.texts["transactions"]
        whole = lines[lines["order_id"].isin(order)].groupby("order_id")["customer_id"]
        assert (whole.nunique(dropna=False) == 1).all()


def test_dates_are_impossible_or_ambiguous(heavy: Messy) -> None:
    wrong = of_kind(heavy, "impossible_dates")
    february = wrong["messy"].str.endswith("-02-31")
    assert february.any()
    assert not february.all()
    assert wrong.loc[~february, "messy"].str.startswith("2062-").all()
    both = of_kind(heavy, "ambiguous_dates")
    day_first = pd.to_datetime(both["messy"], format="%d-%m-%Y")
    month_first = pd.to_datetime(both["messy"], format="%m-%d-%Y")
    real = pd.to_datetime(both["clean"])
    assert (day_first != month_first).all()
    assert ((day_first == real) != (month_first == real)).all()
    assert 0.25 < (day_first == real).mean() < 0.75


def test_currencies_lead_back_by_the_rates(clean: Case) -> None:
    messy = mess(clean, {"others": 0, "currencies": 0.2})
    lines, rates = messy["transactions"], messy["rates"]
    assert set(lines["currency"]) == {"CNY", "EUR", "USD"}
    assert not rates.duplicated(["date", "currency"]).any()
    month = lines["date"].dt.to_period("M").dt.to_timestamp()
    rate = lines.assign(month=month).merge(
        rates, left_on=["month", "currency"], right_on=["date", "currency"], how="left"
    )["rate"]
    home = clean["transactions"]["amount"]
    assert ((lines["amount"] * rate - home).abs() <= 0.0051 * rate).all()
    at_home = lines["currency"] == "CNY"
    assert 0.7 < at_home.mean() < 0.9
    assert lines["amount"][at_home].equals(home[at_home])


def test_prices_are_hundredfold(heavy: Messy) -> None:
    notes = of_kind(heavy, "hundredfold_prices")
    assert set(notes["column"]) == {"unit_price", "amount"}
    assert np.allclose(notes["messy"].astype(float), 100 * notes["clean"].astype(float))


def test_synonyms_are_of_no_other_region(clean: Case, heavy: Messy) -> None:
    notes = of_kind(heavy, "synonyms")
    assert len(notes) > 10
    assert not set(notes["messy"]) & set(clean["customers"]["region"])


def test_gaps_have_the_reason_they_say() -> None:
    case = market("teahouse", 1, customers=6000, tables=["customers"])
    gaps = [
        {"table": "customers", "column": "source", "why": "MCAR", "rate": 0.3},
        {"table": "customers", "column": "gender", "why": "MAR", "rate": 0.3, "by": "member"},
        {"table": "customers", "column": "age", "why": "MNAR", "rate": 0.3},
        {"table": "customers", "column": "city", "why": "MNAR", "rate": 0.3},
    ]
    lost = mess(case, {"others": 0, "gaps": gaps})["customers"].isna()
    known = case["customers"]
    member, old = known["member"], known["age"] > known["age"].median()
    common = known["city"].map(known["city"].value_counts()) > 500
    assert abs(lost["source"][member].mean() - lost["source"][~member].mean()) < 0.05
    assert abs(lost["source"][old].mean() - lost["source"][~old].mean()) < 0.05
    ratio = lost["gender"][member].mean() / lost["gender"][~member].mean()
    assert 6 < ratio < 8.5
    mine = [lost["gender"][(old == is_old) & member].mean() for is_old in (True, False)]
    assert abs(mine[0] - mine[1]) < 0.06
    assert lost["age"][old].mean() > 1.8 * lost["age"][~old].mean()
    assert lost["city"][~common].mean() > 1.8 * lost["city"][common].mean()


# The files.


def read_messy_file(file: Path, ledger: pd.DataFrame) -> pd.DataFrame:
    """Read a messy file as whoever knows the ledger would, without the room's own functions."""
    mine = ledger[(ledger["table"] == file.stem) & (ledger["change"] == "file")]
    how = dict(zip(mine["kind"], mine["messy"], strict=True))
    encoding = how.get("cp1252_files", how.get("bom_files", "utf-8"))
    comma = "decimal_comma_files" in how
    text = file.read_bytes().decode(encoding)
    rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=";" if comma else ","))
    table = pd.DataFrame(rows[1:], columns=rows[0], dtype="str")
    for column in table:
        if comma and column in MONEY:
            table[column] = table[column].str.replace(",", ".")
        if "date_format_files" in how and column in ("date", "joined"):
            parts = table[column].str.extract(r"^(\d\d)/(\d\d)/(\d{4})$")
            day, month = (0, 1) if how["date_format_files"] == "%d/%m/%Y" else (1, 0)
            iso = parts[2] + "-" + parts[month] + "-" + parts[day]
            table[column] = iso.fillna(table[column])
    return table


MONEY = {"unit_price", "discount", "amount", "list_price", "unit_cost", "rate"}


def test_files_hold_the_messy_tables_and_nothing_else(clean: Case, tmp_path: Path) -> None:
    seen: set[str] = set()
    core = Case(clean.company, 0, {name: clean[name].head(60) for name in CORE})
    for seed in range(8):
        messy = mess(again(core, seed), HEAVY)
        folder = tmp_path / str(seed)
        files = write_messy(messy, folder)
        assert sorted(folder.iterdir()) == sorted(files)
        assert [file.stem for file in files] == list(messy.tables)
        ledger = errata(messy)
        plain = dataclasses.replace(messy, _ledger=ledger[ledger["change"] != "file"])
        for file, usual in zip(files, write_messy(plain, folder / "plain"), strict=True):
            pd.testing.assert_frame_equal(
                read_messy_file(file, ledger), messy.texts[file.stem].fillna("")
            )
            kinds = set(ledger.query("table == @file.stem and change == 'file'")["kind"])
            seen |= kinds
            content = file.read_bytes()
            assert (content != usual.read_bytes()) == bool(kinds)
            assert content.startswith(b"\xef\xbb\xbf") == ("bom_files" in kinds)
            assert not {"bom_files", "cp1252_files"} <= kinds
            if "cp1252_files" in kinds:
                with pytest.raises(UnicodeDecodeError):
                    content.decode("utf-8")
    assert seen == set(FILES)


def test_files_say_nothing_about_the_seed_or_the_ledger(tmp_path: Path) -> None:
    seed = 7_391_846_250
    for file in write_messy(mess(market(seed=seed, customers=60)), tmp_path):
        content = file.read_bytes()
        assert str(seed).encode() not in content
        assert b"seed" not in content.lower()
        assert not any(kind.encode() in content for kind in RATES)


def test_a_table_that_cp1252_cannot_hold_is_never_in_it(clean: Case) -> None:
    products = clean["products"].assign(brand="凉茶 铺")
    case = Case(clean.company, 0, {"products": products})
    for seed in range(20):
        ledger = errata(again(case, seed), {"others": 0, "cp1252_files": 0.5})
        assert len(ledger) == 0


# What is refused, and what must not break.


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"refund": 0.1}, "mess: refund: unknown key; did you mean 'refunds'?"),
        ({3: 0.1}, "mess: 3: unknown key; known: exact_duplicates, "),
        ({"refunds": "much"}, "mess: refunds: must be a number, is 'much'"),
        ({"refunds": -0.1}, "mess: refunds: must be between 0 and 0.5, is -0.1"),
        ({"refunds": float("nan")}, "mess: refunds: must be a finite number, is nan"),
        ({"guest_orders": 0.3}, "mess: guest_orders: must be between 0 and 0.2, is 0.3"),
        ({"others": 1}, "mess: others: can only be 0"),
        ({"gaps": 0.1}, "mess: gaps: must be a list, is 0.1"),
        ([], "mess: must be keys and values"),
        ({"gaps": [{"tabel": "x"}]}, "mess: gaps[0].tabel: unknown key; did you mean 'table'?"),
    ],
)
def test_wrong_settings_are_one_clear_error(settings: Any, message: str) -> None:
    with pytest.raises(ValueError, match="mess") as caught:
        read_mess(settings)
    assert str(caught.value).startswith(message)


GAP = {"table": "customers", "column": "age", "why": "MCAR", "rate": 0.1}


@pytest.mark.parametrize(
    ("gaps", "message"),
    [
        ([GAP | {"rate": 0.9}], r"gaps\[0\].rate: must be between 0 and 0.5"),
        ([GAP | {"why": "WHIM"}], r"gaps\[0\].why: .*'MCAR', 'MAR' or 'MNAR'"),
        ([GAP | {"why": "MAR"}], r"gaps\[0\].by: belongs to MAR"),
        ([GAP | {"by": "member"}], r"gaps\[0\].by: belongs to MAR"),
        ([GAP | {"why": "MAR", "by": "age"}], r"gaps\[0\].by: must be another column"),
        ([GAP | {"column": "customer_id"}], r"customers.customer_id cannot have gaps"),
        ([GAP | {"table": "transactions", "column": "amount"}], "amount cannot have gaps"),
        ([GAP, GAP], r"gaps\[1\]: customers.age is there twice"),
        ([GAP, GAP | {"column": "gender", "why": "MAR", "by": "age"}], r"gaps\[1\].by: 'age' has"),
        ([GAP | {"column": "aeg"}], "teahouse has no column customers.aeg; did you mean 'age'"),
        ([GAP | {"table": "crates"}], "teahouse has no column crates.age; known: no columns"),
    ],
)
def test_wrong_gaps_are_one_clear_error(small: Case, gaps: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        mess(small, {"gaps": gaps})


def test_defaults_are_stated_and_partly_replaced() -> None:
    assert read_mess(None) == Mess() == read_mess({})
    assert all(0 < getattr(Mess(), kind) <= 0.3 for kind in RATES)
    some = read_mess({"refunds": 0.5})
    assert (some.refunds, some.guest_orders) == (0.5, Mess().guest_orders)
    few = read_mess({"others": 0, "refunds": 0.5})
    assert few == Mess.only(refunds=0.5)
    assert few.gaps == []
    with pytest.raises(ValueError, match="frozen"):
        few.refunds = 0.1  # type: ignore[misc]


def test_only_a_clean_drawn_case_can_be_messed_up(clean: Case, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="messy already"):
        mess(mess(clean))
    with pytest.raises(ValueError, match="belong to a clean case"):
        errata(mess(clean), {"others": 0})
    write_tables(clean, tmp_path)
    with pytest.raises(ValueError, match="has no seed"):
        mess(read_case("teahouse", tmp_path))


def test_a_foreign_ledger_is_refused(clean: Case, heavy: Messy) -> None:
    other = errata(again(clean, 99), HEAVY)
    with pytest.raises(ValueError, match="does not belong to these tables"):
        undo(heavy, other)
    with pytest.raises(ValueError, match="it names 'rates'"):
        undo(mess(clean, {"others": 0}), errata(heavy))


def test_a_damaged_ledger_file_is_one_clear_error(heavy: Messy, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"There is no ledger .*x\.csv"):
        read_errata(tmp_path / "x.csv")
    for content in ("", "a,b\n1,2\n", "table,row\nx,two\n"):
        (tmp_path / "x.csv").write_text(content, "utf-8")
        with pytest.raises(ValueError, match=r"x\.csv: is not a ledger"):
            read_errata(tmp_path / "x.csv")


@pytest.mark.parametrize("tables", [[], ["products"], ["customers"], ["transactions"]])
def test_a_case_may_lack_tables(clean: Case, tables: list[str], tmp_path: Path) -> None:
    settings = HEAVY.model_copy(update={"gaps": []})
    part = {name: clean[name].head(30) for name in tables}
    check_laws(Case(clean.company, 5, part), settings, tmp_path)


def test_small_and_empty_tables(tmp_path: Path) -> None:
    check_laws(market("teahouse", 0, customers=10, tables=CORE), HEAVY, tmp_path / "ten")
    teahouse = load_company("teahouse")
    nobody = teahouse.model_copy(update={"prospects": 1.0})
    check_laws(market(nobody, 0, customers=50, tables=CORE), Mess(), tmp_path / "nobody")


def test_awkward_texts_go_there_and_back(clean: Case, tmp_path: Path) -> None:
    odd = [
        'a "quoted, word',
        "two\nlines here",
        "NA",
        "nan",
        "",
        "3,5;7",
        "  spaces  ",
        "None",
        "é à",
    ]
    products = clean["products"].head(len(odd)).assign(product=odd)
    case = Case(clean.company, 5, {"products": products})
    for seed in range(6):
        settings: Mapping[str, Any] = {"others": 0, "exact_duplicates": 0.5} | dict.fromkeys(
            FILES, 0.5
        )
        settings = settings | {
            "gaps": [{"table": "products", "column": "product", "why": "MCAR", "rate": 0.5}]
        }
        check_laws(again(case, seed), read_mess(settings), tmp_path / str(seed))


# settings in a company's file --------------------------------------------------------------------


def own_company(folder: Path, settings: str) -> Path:
    shipped = datasets_folder() / "companies" / "teahouse.yml"
    path = folder / "mine.yml"
    path.write_text(f"{shipped.read_text(encoding='utf-8')}\nmess: {settings}\n", encoding="utf-8")
    return path


def test_a_company_says_how_messy_it_is(tmp_path: Path) -> None:
    case = market(own_company(tmp_path, "{others: 0, refunds: 0.05}"), 3, customers=300)
    assert set(errata(mess(case))["kind"]) == {"refunds"}
    assert set(errata(mess(case, {"others": 0, "guest_orders": 0.1}))["kind"]) == {"guest_orders"}


def test_a_wrong_rate_in_a_companys_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"mine\.yml: mess: refunnds: unknown key.*refunds"):
        load_company(own_company(tmp_path, "{refunnds: 0.05}"))
