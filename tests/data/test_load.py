from __future__ import annotations

from importlib.machinery import ModuleSpec
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import whobuys.data._packaged as packaged
from whobuys.data import card, datasets, load, tables
from whobuys.market import market


def test_teahouse_is_the_shipped_case() -> None:
    case = market("teahouse", 0)
    for name in tables("teahouse"):
        pd.testing.assert_frame_equal(load("teahouse", name), case[name])
    pd.testing.assert_frame_equal(load("teahouse"), case["transactions"])


def test_each_load_is_a_fresh_table() -> None:
    first = load("teahouse", "products")
    first.loc[:, "list_price"] = 0.0
    assert (load("teahouse", "products")["list_price"] > 0).all()


@pytest.mark.parametrize(
    ("table", "rows", "customers", "free", "repeated"),
    [
        (None, 6_919, 2_357, 8, 21),
        ("sample", 6_919, 2_357, 8, 21),
        ("master", 69_659, 23_570, 80, 255),
    ],
)
def test_cdnow_is_what_its_card_says(
    table: str | None, rows: int, customers: int, free: int, repeated: int
) -> None:
    loaded = load("cdnow", table)
    assert list(loaded.columns) == ["customer_id", "date", "quantity", "amount"]
    assert len(loaded) == rows
    assert loaded["customer_id"].nunique() == customers
    assert loaded["customer_id"].str.len().eq(5).all()
    assert (loaded["date"].min(), loaded["date"].max()) == (
        pd.Timestamp("1997-01-01"),
        pd.Timestamp("1998-06-30"),
    )
    first = loaded.groupby("customer_id")["date"].min()
    assert first.max() == pd.Timestamp("1997-03-25")
    assert (loaded["amount"] == 0).sum() == free
    assert loaded.duplicated().sum() == repeated
    assert loaded["quantity"].dtype == "int64"
    text = str(card("cdnow"))
    for number in (rows, customers):
        assert f"{number:,}" in text
    for number in (free, repeated):
        assert str(number) in text


def test_the_cdnow_sample_is_part_of_the_master() -> None:
    sample, master = load("cdnow"), load("cdnow", "master")
    part = master[master["customer_id"].isin(sample["customer_id"])]
    columns = list(sample.columns)
    pd.testing.assert_frame_equal(
        part.sort_values(columns).reset_index(drop=True),
        sample.sort_values(columns).reset_index(drop=True),
    )
    days = master.groupby("customer_id")["date"].nunique()
    assert f"({(days == 1).mean():.0%})".replace("%", " %") in str(card("cdnow"))


def test_without_the_package_the_error_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packaged, "find_spec", lambda name: None)
    with pytest.raises(ModuleNotFoundError, match=r'pip install "whobuys\[data\]"'):
        load("cdnow")


def elsewhere(folder: Path) -> Any:
    def find(name: str) -> ModuleSpec:
        spec = ModuleSpec(name, None, is_package=True)
        spec.submodule_search_locations = [str(folder)]
        return spec

    return find


def test_another_file_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "datasets").mkdir()
    (tmp_path / "datasets" / "CDNOW_sample.txt").write_text(" 00004 0001 19970101  2   29.33\n")
    monkeypatch.setattr(packaged, "find_spec", elsewhere(tmp_path))
    with pytest.raises(ValueError, match=r"CDNOW_sample\.txt: .*is not the one.*pip install"):
        load("cdnow")


def test_a_package_without_the_file_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(packaged, "find_spec", elsewhere(tmp_path))
    with pytest.raises(FileNotFoundError, match=r"lifetimes .* has no file datasets/CDNOW_sample"):
        load("cdnow")


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("teahose", "no dataset 'teahose'; there are: .*, cdnow, .*did you mean 'teahouse'"),
        ("CDNOW", "no dataset 'CDNOW'.*did you mean 'cdnow'"),
        ("companies", "no dataset 'companies'"),
        ("../teahouse", "no dataset '../teahouse'"),
        ("", "no dataset ''"),
        (None, "no dataset None"),
    ],
)
def test_an_unknown_dataset_is_one_clear_error(name: Any, message: str) -> None:
    for function in (load, tables, card):
        with pytest.raises(ValueError, match=message):
            function(name)


def test_an_unknown_table_is_one_clear_error() -> None:
    message = "'teahouse' has no table 'customer'; there are: transactions, .*mean 'customers'"
    with pytest.raises(ValueError, match=message):
        load("teahouse", "customer")
    with pytest.raises(ValueError, match="'cdnow' has no table 'full'; there are: sample, master"):
        load("cdnow", "full")


def test_datasets_are_listed() -> None:
    listed = datasets().set_index("name")
    assert list(listed.columns) == ["title", "tables", "rows", "licence"]
    assert listed.loc["cdnow", "licence"] == "none stated"
    assert listed.loc["teahouse", "licence"] == "CC-BY-4.0"
    assert listed.index.is_monotonic_increasing
    for name in ("cdnow", "teahouse"):
        assert listed.loc[name, "rows"] == len(load(name))
    for name, row in listed.iterrows():
        assert row["tables"].split(", ") == tables(str(name))
        assert row["title"]


def test_a_card_shows_itself() -> None:
    shown = card("cdnow")
    assert shown._repr_markdown_() == str(shown) == shown.text
    assert repr(shown) == "Card(name='cdnow')"
