"""Tables that installed packages carry: their files are read, the packages are not imported."""

from __future__ import annotations

import hashlib
import io
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pandas as pd

DATES = ("date", "datetime")


def read_packaged(name: str, resource: dict[str, Any]) -> pd.DataFrame:
    """Read one table of the dataset ``name`` as its ``datapackage.json`` describes it.

    The resource says which ``package`` carries the file and where (``package_path``), how it is
    written (``format``), what its bytes hash to, and which columns to keep, under which name and
    as which type. A field the file calls otherwise has ``name_in_file``.
    """
    content = _content(name, resource)
    fields = resource["schema"]["fields"]
    raw = _parse(content, resource).reset_index(drop=True)
    return pd.DataFrame(
        {
            field["name"]: _typed(raw[field.get("name_in_file", field["name"])], field)
            for field in fields
        }
    )


def _content(name: str, resource: dict[str, Any]) -> bytes:
    package, path = resource["package"], resource["package_path"]
    for needed in (package, *resource.get("needs", [])):
        if find_spec(needed) is None:
            raise ModuleNotFoundError(
                f"The dataset {name!r} needs the package {needed!r}, which is not installed. "
                f'Install it: pip install "whobuys[{resource.get("extra", "data")}]"',
                name=needed,
            )
    spec = find_spec(package)
    places = (spec.submodule_search_locations if spec else None) or []
    file = next((Path(place) / path for place in places if (Path(place) / path).is_file()), None)
    wanted = f"{package} {resource['package_version']}"
    mend = f'pip install --force-reinstall --no-deps "{wanted.replace(" ", "==")}"'
    if file is None:
        raise FileNotFoundError(
            f"The dataset {name!r} is read from {wanted}; the installed {_installed(package)} has "
            f"no file {path}. Install that version: {mend}"
        )
    content = file.read_bytes()
    found, expected = hashlib.sha256(content).hexdigest(), resource["hash"].removeprefix("sha256:")
    if found != expected:
        raise ValueError(
            f"{path}: the file in the installed {_installed(package)} is not the one this course "
            f"knows, that of {wanted} (its SHA-256 is {found[:12]}..., expected "
            f"{expected[:12]}...). Install that version: {mend}"
        )
    return content


def _installed(package: str) -> str:
    try:
        return f"{package} {version(package)}"
    except PackageNotFoundError:
        return f"{package} (version unknown)"


def _parse(content: bytes, resource: dict[str, Any]) -> pd.DataFrame:
    stream = io.BytesIO(content)
    if resource["format"] == "parquet":
        return pd.read_parquet(stream)
    if resource["format"] == "pickle":
        # A pickle runs code as it loads: these bytes are known, `_content` checked their SHA-256.
        return pd.read_pickle(stream, compression="xz")  # noqa: S301
    texts = {
        field.get("name_in_file", field["name"]): "str"
        for field in resource["schema"]["fields"]
        if field["type"] in ("string", *DATES)
    }
    return pd.read_csv(stream, dtype=texts, **resource["read_csv"])


def _typed(column: pd.Series, field: dict[str, Any]) -> pd.Series:
    kind = field["type"]
    if kind in DATES:
        return pd.to_datetime(column, format=field.get("format")).dt.as_unit("us")
    if kind == "string":
        return column.astype("str").where(column.notna())
    return column.astype("int64") if kind == "integer" else column.astype("float64")
