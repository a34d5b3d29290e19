"""Find a dataset by its name and load a table of it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from ..market._files import read_table
from ..market._places import datasets_folder, did_you_mean
from ._packaged import read_packaged


@dataclass(frozen=True)
class Card:
    """The card of a dataset; a notebook shows it formatted, ``print`` shows it as text."""

    name: str
    text: str = field(repr=False)

    def __str__(self) -> str:
        return self.text

    def _repr_markdown_(self) -> str:
        return self.text


def load(name: str, table: str | None = None) -> pd.DataFrame:
    """Load one table of a dataset.

    Parameters
    ----------
    name : str
        The dataset; `datasets` lists them.
    table : str, optional
        The table; `tables` lists them. Without it, the dataset's first table.

    Returns
    -------
    pandas.DataFrame
        A fresh table, with ids as text and dates as dates; `card` says what the columns mean.

    Raises
    ------
    ValueError
        If there is no such dataset or table, or a file is not the one described.
    ModuleNotFoundError
        If the dataset comes from a package that is not installed.
    FileNotFoundError
        If that package is installed, and the file is not in it.

    Notes
    -----
    Real datasets are read from the files of installed packages, which are not imported. A file is
    read only if its SHA-256 is the one in the dataset's ``datapackage.json``; some of them are
    pickles, which run code as they load.

    Examples
    --------
    >>> load("teahouse", "products")[["product_id", "category"]].head(2)
      product_id           category
    0       P001  traditional blend
    1       P002  traditional blend
    """
    folder, package = _dataset(name)
    resources = {resource["name"]: resource for resource in package["resources"]}
    wanted = next(iter(resources)) if table is None else table
    if wanted not in resources:
        hint = did_you_mean(wanted, resources)
        raise ValueError(
            f"The dataset {name!r} has no table {wanted!r}; there are: {', '.join(resources)}{hint}"
        )
    resource = resources[wanted]
    if "package" in resource:
        return read_packaged(name, resource)
    types = {column["name"]: column["type"] for column in resource["schema"]["fields"]}
    return read_table(folder / resource["path"], types)


def tables(name: str) -> list[str]:
    """Return the names of a dataset's tables, the one `load` takes by default first.

    Parameters
    ----------
    name : str
        The dataset.

    Returns
    -------
    list of str
        The tables.

    Raises
    ------
    ValueError
        If there is no such dataset.

    Examples
    --------
    >>> tables("teahouse")
    ['transactions', 'customers', 'products']
    """
    return [resource["name"] for resource in _dataset(name)[1]["resources"]]


def datasets() -> pd.DataFrame:
    """List the datasets.

    Returns
    -------
    pandas.DataFrame
        One row a dataset, by name: ``name``, ``title``, ``tables`` (their names), ``rows`` (of the
        first table), ``licence``.

    Examples
    --------
    >>> datasets().set_index("name").loc["cdnow", "tables"]
    'sample, master'
    """
    rows = []
    for name in _names():
        package = _dataset(name)[1]
        licences = [licence["name"] for licence in package.get("licenses", [])]
        rows.append(
            {
                "name": name,
                "title": package["title"],
                "tables": ", ".join(tables(name)),
                "rows": package["resources"][0]["rows"],
                "licence": ", ".join(licences) or "none stated",
            }
        )
    return pd.DataFrame(rows)


def card(name: str) -> Card:
    """Return the card of a dataset: what a row is, where it comes from, what it cannot tell.

    Parameters
    ----------
    name : str
        The dataset.

    Returns
    -------
    Card
        Shown formatted in a notebook; ``print(card(name))`` shows the text.

    Raises
    ------
    ValueError
        If there is no such dataset.

    Examples
    --------
    >>> print(str(card("teahouse")).splitlines()[0])
    # Lantern Lane Tea House
    """
    folder, _ = _dataset(name)
    return Card(name, (folder / "README.md").read_text(encoding="utf-8"))


def _names() -> list[str]:
    return sorted(file.parent.name for file in datasets_folder().glob("*/datapackage.json"))


def _dataset(name: str) -> tuple[Path, dict[str, Any]]:
    known = _names()
    if name not in known:
        hint = did_you_mean(name, known)
        raise ValueError(f"There is no dataset {name!r}; there are: {', '.join(known)}{hint}")
    folder = datasets_folder() / name
    return folder, json.loads((folder / "datapackage.json").read_text(encoding="utf-8"))
