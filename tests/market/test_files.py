from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pandas as pd
import pytest

from whobuys.market import (
    datasets_folder,
    market,
    read_case,
    write_package,
    write_tables,
)

SHIPPED = datasets_folder() / "teahouse"
BASE = ("transactions", "customers", "products")


def test_the_shipped_files_are_the_ones_drawn(tmp_path: Path) -> None:
    """If this fails: python -m whobuys.market, and look at what changed."""
    written = write_package(market("teahouse", 0), tmp_path, BASE)
    assert {file.name for file in written} == {file.name for file in SHIPPED.iterdir()}
    for file in written:
        assert file.read_bytes() == (SHIPPED / file.name).read_bytes(), file.name


def test_tables_come_back_as_they_were(tmp_path: Path) -> None:
    case = market(seed=8, customers=200)
    write_tables(case, tmp_path)
    back = read_case("teahouse", tmp_path)
    assert back.seed is None
    assert back.as_of == case.as_of
    assert list(back.tables) == list(case.tables)
    for name, table in case.tables.items():
        pd.testing.assert_frame_equal(back[name], table)


def test_write_tables_writes_tables_only(tmp_path: Path) -> None:
    seed = 7_391_846_250
    case = market(seed=seed, customers=40)
    write_tables(case, tmp_path / "new" / "folder")
    files = sorted((tmp_path / "new" / "folder").iterdir())
    assert [file.name for file in files] == sorted(f"{name}.csv" for name in case.tables)
    for file in files:
        content = file.read_bytes()
        assert str(seed).encode() not in content
        assert f"{seed:x}".encode() not in content
        assert b"seed" not in content.lower()
        assert b"\r" not in content
        assert content.endswith(b"\n")


def test_a_package_says_nothing_about_the_seed(tmp_path: Path) -> None:
    seed = 7_391_846_250
    for file in write_package(market(seed=seed, customers=40), tmp_path):
        assert str(seed) not in file.read_text("utf-8")
        assert "seed" not in file.read_text("utf-8").lower()


def test_the_shipped_files_are_small() -> None:
    assert (SHIPPED / "transactions.csv").stat().st_size < 1_500_000


def test_the_package_file_describes_every_file_and_column() -> None:
    package = json.loads((SHIPPED / "datapackage.json").read_text("utf-8"))
    assert package["licenses"][0]["name"] == "CC-BY-4.0"
    for resource in package["resources"]:
        content = (SHIPPED / resource["path"]).read_bytes()
        assert resource["bytes"] == len(content)
        assert resource["hash"] == f"sha256:{hashlib.sha256(content).hexdigest()}"
        fields = resource["schema"]["fields"]
        header = content.split(b"\n", 1)[0].decode().split(",")
        assert [field["name"] for field in fields] == header
        assert all(field["description"] for field in fields)
        known = {"string", "date", "integer", "number", "boolean"}
        assert {field["type"] for field in fields} <= known


@pytest.mark.parametrize("seed", range(5))
def test_every_value_keeps_its_columns_limits(seed: int) -> None:
    case = market(seed=seed, customers=400)
    package = json.loads((SHIPPED / "datapackage.json").read_text("utf-8"))
    for resource in package["resources"]:
        table = case[resource["name"]]
        assert not table.duplicated(resource["schema"]["primaryKey"]).any()
        for field in resource["schema"]["fields"]:
            limits = field["constraints"]
            column = table[field["name"]]
            if "minimum" in limits:
                assert column.min() >= limits["minimum"], field["name"]
            if "maximum" in limits:
                assert column.max() <= limits["maximum"], field["name"]


def test_the_card_tells_what_a_reader_must_know() -> None:
    card = (SHIPPED / "README.md").read_text("utf-8")
    for words in ("invented company", "One row is", "CNY", "30 June 2026", "CC-BY-4.0", "Limits"):
        assert words in card


def test_a_missing_table_is_one_clear_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"There is no file .*transactions\.csv"):
        read_case("teahouse", tmp_path)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("quantity", "pieces", r"transactions\.csv: .*quantity"),
        ("2024-07-01", "soon", r"transactions\.csv: .*soon"),
        (",1,", ",one,", r"transactions\.csv: .*one"),
    ],
)
def test_a_damaged_table_is_one_clear_error(
    old: str, new: str, message: str, tmp_path: Path
) -> None:
    for file in SHIPPED.glob("*.csv"):
        text = file.read_text("utf-8")
        (tmp_path / file.name).write_text(text.replace(old, new, 1), "utf-8")
    with pytest.raises(ValueError, match=message):
        read_case("teahouse", tmp_path)
