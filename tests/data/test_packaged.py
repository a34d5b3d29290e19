from __future__ import annotations

import gzip
import hashlib
import json
import os
import pickle
import subprocess
import sys
from collections.abc import Callable
from functools import cache
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import whobuys.data._packaged as packaged
from whobuys.data import card, load, tables
from whobuys.market import datasets_folder

SHAPES = {
    ("airlines", "members"): (3_999, 12),
    ("bathsoap", "households"): (600, 44),
    ("bfi", "answers"): (2_800, 28),
    ("caravan", "customers"): (5_822, 80),
    ("catsup", "purchases"): (2_798, 14),
    ("cdnow", "sample"): (6_919, 4),
    ("cdnow", "master"): (69_659, 4),
    ("completejourney", "transactions"): (1_469_307, 11),
    ("completejourney", "demographics"): (801, 8),
    ("completejourney", "campaigns"): (6_589, 2),
    ("completejourney", "campaign_descriptions"): (27, 4),
    ("completejourney", "coupons"): (116_204, 3),
    ("completejourney", "coupon_redemptions"): (2_102, 4),
    ("completejourney", "products"): (92_331, 7),
    ("cracker", "purchases"): (3_292, 14),
    ("forbes2000", "companies"): (2_000, 8),
    ("mlc_churn", "customers"): (5_000, 20),
    ("telco_churn", "customers"): (7_043, 20),
    ("tuna", "purchases"): (13_705, 8),
    ("yogurt", "purchases"): (2_412, 10),
}
NAMES = sorted({name for name, _ in SHAPES})
SENSITIVE = {
    "bathsoap": ["FEH", "MT"],
    "caravan": ["MGODRK", "MGODPR", "MGODOV", "MGODGE", "MOSTYPE", "MOSHOOFD"],
}


def described(name: str) -> list[dict[str, Any]]:
    file = datasets_folder() / name / "datapackage.json"
    resources: list[dict[str, Any]] = json.loads(file.read_text(encoding="utf-8"))["resources"]
    return resources


def skip_without_its_package(name: str) -> None:
    first = described(name)[0]
    for needed in (first["package"], *first.get("needs", [])):
        if find_spec(needed) is None:
            pytest.skip(f"{name} is read from the package {needed!r}, which is not installed")


@cache
def loaded_once(name: str, table: str) -> pd.DataFrame:
    return load(name, table)


def test_every_packaged_table_is_tested_here() -> None:
    folders = [file.parent for file in datasets_folder().glob("*/datapackage.json")]
    found = {
        (folder.name, resource["name"])
        for folder in folders
        for resource in described(folder.name)
        if "package" in resource
    }
    assert found - {("completejourney", "promotions")} == set(SHAPES)


@pytest.mark.parametrize(("name", "table"), SHAPES)
def test_a_table_is_what_its_description_says(name: str, table: str) -> None:
    skip_without_its_package(name)
    loaded = loaded_once(name, table)
    resource = next(resource for resource in described(name) if resource["name"] == table)
    fields = resource["schema"]["fields"]
    assert loaded.shape == SHAPES[name, table]
    assert len(loaded) == resource["rows"]
    assert list(loaded.columns) == [field["name"] for field in fields]
    assert isinstance(loaded.index, pd.RangeIndex)
    dtypes = {
        "string": "str",
        "integer": "int64",
        "number": "float64",
        "date": "datetime64[us]",
        "datetime": "datetime64[us]",
    }
    for field in fields:
        column, rules = loaded[field["name"]], field.get("constraints", {})
        assert column.dtype == dtypes[field["type"]], field["name"]
        assert column.notna().all() == rules.get("required", False), field["name"]
        if "minimum" in rules:
            limit = pd.Timestamp(rules["minimum"]) if field["type"] == "date" else rules["minimum"]
            assert column.min() >= limit, field["name"]
        if "maximum" in rules:
            limit = pd.Timestamp(rules["maximum"]) if field["type"] == "date" else rules["maximum"]
            assert column.max() <= limit, field["name"]
        if "enum" in rules:
            assert set(column.dropna()) == set(rules["enum"]), field["name"]
        if field["name"].lower().removesuffix("#").endswith("id") and field["name"] != "Tuna.id":
            assert field["type"] == "string", field["name"]


@pytest.mark.parametrize("name", NAMES)
def test_a_table_is_read_without_importing_its_package(name: str) -> None:
    skip_without_its_package(name)
    code = (
        "import sys; from whobuys.data import load; name, package, *its_tables = sys.argv[1:]; "
        "[load(name, table) for table in its_tables]; print(package in sys.modules)"
    )
    (package,) = {resource["package"] for resource in described(name)}
    its_tables = [table for other, table in SHAPES if other == name]
    done = subprocess.run(
        [sys.executable, "-c", code, name, package, *its_tables],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "False"


@pytest.mark.parametrize("name", NAMES)
def test_a_card_describes_every_table_column_and_file(name: str) -> None:
    text = str(card(name))
    for resource in described(name):
        assert f"`{resource['name']}`" in text
        assert f"{resource['rows']:,}" in text
        assert f"{resource['package']}` {resource['package_version']}" in text
        assert resource["hash"].removeprefix("sha256:") in text
        assert f'pip install "whobuys[{resource.get("extra", "data")}]"' in text
        for field in resource["schema"]["fields"]:
            assert f"| `{field['name']}` |" in text
    for heading in ("One row", "How it was collected", "Licence", "Limits", "What not to use"):
        assert heading in text
    assert ("pickle" in text) == any(r["format"] == "pickle" for r in described(name))


@pytest.mark.parametrize("name", NAMES)
def test_no_real_data_is_stored_here(name: str) -> None:
    found = sorted(file.name for file in (datasets_folder() / name).iterdir())
    assert found == ["README.md", "datapackage.json"]


@pytest.mark.parametrize("name", SENSITIVE)
def test_sensitive_columns_are_left_out_and_the_card_says_so(name: str) -> None:
    columns = {f["name"] for resource in described(name) for f in resource["schema"]["fields"]}
    assert columns.isdisjoint(SENSITIVE[name])
    left_out = str(card(name)).split("**Left out:**")[1].split("\n\n")[0]
    assert all(f"`{column}`" in left_out for column in SENSITIVE[name])


FACTS: dict[str, Callable[[pd.DataFrame], object]] = {
    "airlines": lambda t: (t["Flight_trans_12"] == 0).mean().round(2) == 0.68,
    "bathsoap": lambda t: t["SEC"].value_counts().eq(150).all(),
    "bfi": lambda t: t.iloc[:, :25].notna().all(axis=1).sum() == 2_800 - 364,
    "caravan": lambda t: (t["Purchase"] == "Yes").sum() == 348,
    "catsup": lambda t: t["id"].nunique() == 300,
    "completejourney": lambda t: t["household_id"].nunique() == 2_469,
    "cracker": lambda t: t["id"].nunique() == 136,
    "forbes2000": lambda t: t["profits"].isna().sum() == 5,
    "mlc_churn": lambda t: (t["churn"] == "yes").sum() == 707,
    "telco_churn": lambda t: t.loc[t["total_charges"].isna(), "tenure"].eq(0).sum() == 11,
    "tuna": lambda t: t["Tuna.hid"].nunique() == 3_093,
    "yogurt": lambda t: t["id"].nunique() == 100,
}


@pytest.mark.parametrize("name", FACTS)
def test_a_fact_of_the_card_holds(name: str) -> None:
    skip_without_its_package(name)
    assert FACTS[name](loaded_once(name, tables(name)[0]))


def test_the_complete_journey_fits_together() -> None:
    skip_without_its_package("completejourney")
    bought = loaded_once("completejourney", "transactions")
    assert bought["transaction_timestamp"].max() == pd.Timestamp("2018-01-01 04:01:20")
    universal = bought["transaction_timestamp"].dt.tz_localize("UTC")
    shop = universal.dt.tz_convert("America/New_York").dt.tz_localize(None)
    assert shop.dt.year.eq(2017).all()
    weeks = shop.groupby(bought["week"]).agg(["min", "max"]).iloc[1:]
    assert set(weeks["min"].dt.day_name()) == {"Monday", "Tuesday"}
    assert set(weeks["max"].dt.day_name()) == {"Sunday"}
    households = set(bought["household_id"])
    for table in ("demographics", "campaigns", "coupon_redemptions"):
        assert set(loaded_once("completejourney", table)["household_id"]) <= households


def test_promotions_are_there_and_come_only_when_asked() -> None:
    assert tables("completejourney")[0] == "transactions"
    assert tables("completejourney")[-1] == "promotions"
    skip_without_its_package("completejourney")
    from pyarrow.parquet import ParquetFile

    resource = described("completejourney")[-1]
    spec = find_spec(resource["package"])
    assert spec is not None
    assert spec.submodule_search_locations
    file = Path(spec.submodule_search_locations[0]) / resource["package_path"]
    with ParquetFile(file) as promotions:
        assert promotions.metadata.num_rows == resource["rows"] == 20_940_529
        names = [field["name"] for field in resource["schema"]["fields"]]
        assert promotions.schema_arrow.names == names


@pytest.mark.parametrize("name", NAMES)
def test_a_missing_package_is_one_clear_error(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    first = described(name)[0]
    extra = "large" if name == "completejourney" else "data"
    monkeypatch.setattr(packaged, "find_spec", lambda package: None)
    message = rf"'{name}' needs the package '{first['package']}'.*\"whobuys\[{extra}\]\""
    with pytest.raises(ModuleNotFoundError, match=message):
        load(name)


class Package:
    """A made-up installed package, and a description of one file in it."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder = folder
        monkeypatch.setattr(packaged, "find_spec", self._find)
        monkeypatch.setattr(packaged, "version", lambda package: "9.9")

    def _find(self, name: str) -> ModuleSpec | None:
        if name != "carrier":
            return None
        spec = ModuleSpec(name, None, is_package=True)
        spec.submodule_search_locations = [str(self.folder)]
        return spec

    def resource(self, content: bytes, file_format: str, *fields: dict[str, Any]) -> dict[str, Any]:
        (self.folder / "file").write_bytes(content)
        return {
            "name": "table",
            "package": "carrier",
            "package_version": "1.0",
            "package_path": "file",
            "format": file_format,
            "read_csv": {"compression": "gzip"},
            "hash": f"sha256:{hashlib.sha256(content).hexdigest()}",
            "schema": {"fields": list(fields)},
        }


@pytest.fixture
def carrier(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Package:
    return Package(tmp_path, monkeypatch)


def xz_pickle(table: pd.DataFrame, folder: Path) -> bytes:
    file = folder / "made.pkl"
    table.to_pickle(file, compression="xz")
    return file.read_bytes()


def test_a_csv_is_read_by_its_description(carrier: Package) -> None:
    content = gzip.compress("\ufeffid,No. of  Trans,day,secret\n007,3,1999-12-31,x\n".encode())
    resource = carrier.resource(
        content,
        "csv",
        {"name": "id", "type": "string"},
        {"name": "day", "type": "date"},
        {"name": "No. of Trans", "name_in_file": "No. of  Trans", "type": "number"},
    )
    expected = pd.DataFrame(
        {"id": ["007"], "day": pd.to_datetime(["1999-12-31"]).as_unit("us"), "No. of Trans": [3.0]}
    ).astype({"id": "str"})
    pd.testing.assert_frame_equal(packaged.read_packaged("made", resource), expected)


def test_a_pickle_is_read_by_its_description(carrier: Package) -> None:
    table = pd.DataFrame({"id": [12, 7], "word": ["a", None], "n": [1.0, 2.0]}, index=[5, 6])
    resource = carrier.resource(
        xz_pickle(table, carrier.folder),
        "pickle",
        {"name": "id", "type": "string"},
        {"name": "word", "type": "string"},
        {"name": "n", "type": "integer"},
    )
    read = packaged.read_packaged("made", resource)
    assert read["id"].tolist() == ["12", "7"]
    assert read["word"].isna().tolist() == [False, True]
    assert read["n"].dtype == "int64"
    assert read.index.tolist() == [0, 1]


class Bomb:
    def __init__(self, file: Path) -> None:
        self.file = file

    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, (str(self.file),)


def test_an_unknown_pickle_is_refused_before_it_runs(carrier: Package, tmp_path: Path) -> None:
    good = xz_pickle(pd.DataFrame({"a": [1]}), tmp_path)
    resource = carrier.resource(good, "pickle", {"name": "a", "type": "integer"})
    assert packaged.read_packaged("made", resource)["a"].tolist() == [1]
    hit = tmp_path / "hit"
    bomb = pickle.dumps(Bomb(hit))
    pd.to_pickle(Bomb(hit), tmp_path / "file", compression="xz")
    assert hit.name.encode() in bomb
    with pytest.raises(ValueError, match=r"file: the file in the installed carrier 9\.9 is not"):
        packaged.read_packaged("made", resource)
    assert not hit.exists()
    resource["hash"] = f"sha256:{hashlib.sha256((tmp_path / 'file').read_bytes()).hexdigest()}"
    with pytest.raises(AttributeError):
        packaged.read_packaged("made", resource)
    assert hit.exists(), "the bomb of this test does not go off"


def test_another_file_names_both_versions(carrier: Package) -> None:
    resource = carrier.resource(b"a", "csv")
    (carrier.folder / "file").write_bytes(b"b")
    with pytest.raises(ValueError, match=r"carrier 9\.9 .* carrier 1\.0 ") as caught:
        packaged.read_packaged("made", resource)
    for content in (b"a", b"b"):
        assert hashlib.sha256(content).hexdigest()[:12] in str(caught.value)
    assert 'pip install --force-reinstall --no-deps "carrier==1.0"' in str(caught.value)


def test_a_version_without_the_file_is_named(carrier: Package) -> None:
    resource = carrier.resource(b"a", "csv") | {"package_path": "data/other.csv"}
    message = r"read from carrier 1\.0; the installed carrier 9\.9 has no file data/other\.csv"
    with pytest.raises(FileNotFoundError, match=message):
        packaged.read_packaged("made", resource)


def test_what_the_format_needs_is_named_too(carrier: Package) -> None:
    resource = carrier.resource(b"a", "parquet") | {"needs": ["pyarrow"], "extra": "large"}
    with pytest.raises(ModuleNotFoundError, match=r"needs the package 'pyarrow'.*large") as caught:
        packaged.read_packaged("made", resource)
    assert caught.value.name == "pyarrow"


def test_an_unknown_table_of_a_packaged_dataset_is_one_clear_error() -> None:
    message = "no table 'promotion'; there are: transactions, .*did you mean 'promotions'"
    with pytest.raises(ValueError, match=message):
        load("completejourney", "promotion")
