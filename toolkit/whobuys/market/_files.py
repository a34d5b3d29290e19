"""Tables to files and back."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

import pandas as pd
from pandas.api.types import (
    infer_dtype,
    is_bool_dtype,
    is_datetime64_dtype,
    is_float_dtype,
    is_integer_dtype,
)

from ._case import Case
from ._check import check_table
from ._columns import TABLES, tables_of
from ._company import Company, load_company
from ._tables import check_wanted

KINDS: tuple[tuple[Callable[[pd.Series], bool], str], ...] = (
    (is_bool_dtype, "boolean"),
    (is_integer_dtype, "integer"),
    (is_float_dtype, "number"),
    (is_datetime64_dtype, "date"),
    (lambda values: infer_dtype(values, skipna=True) in ("string", "empty"), "string"),
)
DTYPES = {"string": "str", "integer": "int64", "number": "float64", "boolean": "bool"}


def write_tables(case: Case, folder: str | Path, tables: Iterable[str] | None = None) -> list[Path]:
    """Write each table of a case as a CSV file, and nothing else.

    Parameters
    ----------
    case : Case
        The case.
    folder : str or pathlib.Path
        Where to; made if it is not there.
    tables : iterable of str, optional
        Which tables, instead of all.

    Returns
    -------
    list of pathlib.Path
        The files: UTF-8, comma, a line feed after each row, dates as 2026-06-30, money with two
        decimals; in tables the company does not have itself, numbers in full. The same case gives
        the same bytes.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> from whobuys.market import market
    >>> with TemporaryDirectory() as folder:
    ...     [file.name for file in write_tables(market(customers=50), folder)][:3]
    ['transactions.csv', 'customers.csv', 'products.csv']
    """
    place = Path(folder)
    place.mkdir(parents=True, exist_ok=True)
    files = []
    added = case.added
    for name in list(case.tables) if tables is None else check_wanted(case.company, tables):
        table, file = case[name], place / f"{name}.csv"
        with file.open("w", encoding="utf-8", newline="") as stream:
            writer = csv.writer(stream, lineterminator="\n")
            writer.writerow(table.columns)
            columns = [_texts(values, exact=name in added) for _, values in table.items()]
            writer.writerows(zip(*columns, strict=True))
        files.append(file)
    return files


def _texts(values: pd.Series, *, exact: bool) -> list[object]:
    """Return a column as it is written; each different number or date is put into words once."""
    if values.dtype.kind not in "fM":
        return values.tolist()
    codes, different = pd.factorize(values)
    if values.dtype.kind == "M":
        texts = pd.DatetimeIndex(different).strftime("%Y-%m-%d").tolist()
    else:
        texts = [repr(number) if exact else f"{number:.2f}" for number in different.tolist()]
    texts.append("")  # what is missing has the code -1
    return [texts[code] for code in codes.tolist()]


def column_types(name: str, table: pd.DataFrame) -> dict[str, str]:
    """Return the type of each column, as a file can give it back.

    Parameters
    ----------
    name : str
        The table's name, for the messages.
    table : pandas.DataFrame
        Columns of text, whole numbers, numbers, booleans or days.

    Returns
    -------
    dict of str to str
        "string", "integer", "number", "boolean" or "date", by column.

    Raises
    ------
    ValueError
        If a column is of another kind, a text is missing (write "" for none), or a date has a
        time of day.

    Examples
    --------
    >>> column_types("shops", pd.DataFrame({"shop": ["A", ""], "open": [True, False]}))
    {'shop': 'string', 'open': 'boolean'}
    """
    types = {}
    for column, values in table.items():
        where = f"table {name!r}, column {column!r}"
        kind = next((kind for fits, kind in KINDS if fits(values)), None)
        if not isinstance(column, str) or kind is None:
            raise ValueError(
                f"{where}: {values.dtype} cannot be written and read back. Make it text, whole "
                "numbers, numbers, booleans or days."
            )
        if kind != "number" and (missing := int(values.isna().sum())):
            raise ValueError(f"{where}: {missing} values are missing; only numbers may be.")
        if kind == "date" and not values.eq(values.dt.normalize()).all():
            raise ValueError(f"{where}: it has times of day. Give days.")
        types[column] = kind
    return types


def read_case(
    company: str | Path | Company,
    folder: str | Path,
    *,
    check: bool = True,
    tables: Iterable[str] | None = None,
    extra: Mapping[str, Mapping[str, str]] | None = None,
) -> Case:
    """Read the tables of a case back from its CSV files.

    Parameters
    ----------
    company : str, pathlib.Path or Company
        The company the tables belong to, as for `market`.
    folder : str or pathlib.Path
        Where the files are. ``transactions.csv``, ``customers.csv`` and ``products.csv`` must be
        there; of the company's other tables, those whose file is there are read.
    check : bool
        Refuse missing values and values outside their column's limits.
    tables : iterable of str, optional
        Just these tables of the company, and all of them must be there.
    extra : mapping of str to mapping, optional
        Further tables, with the type of each of their columns, as `column_types` gives them.

    Returns
    -------
    Case
        The case, with ids as text and dates as dates; its seed is None.

    Raises
    ------
    FileNotFoundError
        If a table's file is missing.
    ValueError
        If a column is missing or holds something it may not.

    Examples
    --------
    >>> from whobuys.market import datasets_folder
    >>> case = read_case("teahouse", datasets_folder() / "teahouse")
    >>> case
    <Case teahouse: 20,261 transactions, 1,500 customers, 22 products>
    """
    described = company if isinstance(company, Company) else load_company(company)
    wanted = None if tables is None else check_wanted(described, tables)
    found = {}
    for name, table in tables_of(described).items():
        file = Path(folder) / f"{name}.csv"
        if name in wanted if wanted is not None else name in TABLES or file.is_file():
            types = {column: about.type for column, about in table.columns.items()}
            found[name] = read_table(file, types)
            if check:
                check_table(name, found[name], described, keys=False)
    for name, columns in (extra or {}).items():
        found[name] = read_table(Path(folder) / f"{name}.csv", columns)
    return Case(described, None, found)


def read_table(file: Path, types: Mapping[str, str]) -> pd.DataFrame:
    """Read one CSV file; ``types`` maps each wanted column to its Data Package type."""
    if not file.is_file():
        raise FileNotFoundError(f"There is no file {file}; write the tables again.")
    plain = {name: DTYPES[kind] for name, kind in types.items() if kind != "date"}
    texts = [name for name, kind in types.items() if kind == "string"]
    try:
        table = pd.read_csv(
            file,
            usecols=list(types),
            dtype=plain,
            na_values={name: [""] for name in types if name not in texts},
            keep_default_na=False,
            encoding="utf-8",
        )
        for name, kind in types.items():
            if kind == "date":
                table[name] = pd.to_datetime(table[name], format="%Y-%m-%d").dt.as_unit("us")
    except ValueError as error:
        raise ValueError(f"{file.name}: {error}") from None
    return table[list(types)]
