"""Mess on top of a drawn case: the last thing done to it, and every change written down."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ._case import Case
from ._errata import take_back, write_ledger
from ._mess_bench import Bench
from ._mess_files import choose_encodings, choose_formats, read_format, write_file
from ._mess_kinds import add_rows, can_be_typographic, change_cells
from ._mess_settings import Mess, read_mess


@dataclass(frozen=True, eq=False, repr=False)
class Messy(Case):
    """A case with mess in it.

    Attributes
    ----------
    company, seed : Company, int or None
        As in the clean case.
    tables : dict of str to pandas.DataFrame
        The messy tables. A column keeps its type where every cell still fits it (with missing
        values: ``Int64`` for whole numbers, ``boolean`` for True and False); else it is text.
    settings : Mess
        How much mess was asked for.
    texts : dict of str to pandas.DataFrame
        The messy tables again, every cell a text as the clean file would have it.
    """

    settings: Mess
    texts: dict[str, pd.DataFrame]
    _ledger: pd.DataFrame = field(repr=False)
    _dtypes: dict[str, pd.Series] = field(repr=False)

    def __repr__(self) -> str:
        return super().__repr__().replace("<Case", "<Messy case")


def mess(case: Case, settings: Mess | Mapping[str, Any] | None = None) -> Messy:
    """Mess up the tables of a drawn case, and write down every change.

    Parameters
    ----------
    case : Case
        A case drawn by `market`; it is not changed.
    settings : Mess or mapping, optional
        How much of each kind; see `Mess` and `read_mess`. By default what the company's
        description says under `mess`, or else a little of everything.

    Returns
    -------
    Messy
        The messy case: `errata` gives its ledger, `write_messy` writes its files, `undo` leads
        back.

    Raises
    ------
    ValueError
        If the case was read from files or is messy already, or a setting is not as it must be.

    Notes
    -----
    Every kind has random streams of its own: the same case and settings give the same mess, and
    turning one kind off moves no change of another (only the positions of rows). No cell is changed
    twice: where two kinds could meet, each order belongs to one of them beforehand. Rates are
    shares of all rows or orders, so the rate of a kind that few rows are open to has a lower limit.
    MCAR, MAR and MNAR: Rubin (1976).

    Examples
    --------
    >>> from whobuys.market import market
    >>> case = market("teahouse", seed=7, customers=200)
    >>> messy = mess(case, {"others": 0, "refunds": 0.05})
    >>> refunds = messy["transactions"].dropna(subset="refund_of")
    >>> bool((refunds["amount"] < 0).all()), len(refunds) == len(errata(messy)) - 1
    (True, True)
    """
    if isinstance(case, Messy):
        raise ValueError("This case is messy already: mess up the clean one, or undo it first.")
    if case.seed is None:
        raise ValueError(
            "This case was read from files and has no seed, so its mess could not be drawn again. "
            "Draw the case with market(company, seed)."
        )
    wanted = case.company.mess if settings is None else settings
    asked = wanted if isinstance(wanted, Mess) else read_mess(wanted)
    texts, ledger = _messed(case, case.seed, asked)
    dtypes = {name: table.dtypes for name, table in case.tables.items()}
    tables = {name: _typed(table, dtypes.get(name, ADDED)) for name, table in texts.items()}
    return Messy(case.company, case.seed, tables, asked, texts, ledger, dtypes)


def _messed(case: Case, seed: int, asked: Mess) -> tuple[dict[str, pd.DataFrame], pd.DataFrame]:
    """Return the messy tables as texts, and the ledger."""
    bench = Bench(case, seed)
    possible = [table for table in case.tables if can_be_typographic(bench, table)]
    encodings = choose_encodings(bench, asked, possible)
    change_cells(bench, asked, [table for table, chosen in encodings.items() if chosen == "cp1252"])
    add_rows(bench, asked)
    choose_formats(bench, asked, encodings)
    return bench.finish()


def errata(case: Case, settings: Mess | Mapping[str, Any] | None = None) -> pd.DataFrame:
    """Return the ledger of a messy case: one row a change.

    Parameters
    ----------
    case : Case
        A messy case; or a clean one, for the ledger of ``mess(case, settings)``.
    settings : Mess or mapping, optional
        With a clean case only; as for `mess`.

    Returns
    -------
    pandas.DataFrame
        ``table``; ``row``, the position in the messy table, counted from 0; ``key``, the clean
        values of the table's key, joined by ``/``; ``column``; ``change``: ``cell`` (another value
        in a cell), ``row`` (a row that was not there), ``column``, ``table`` (the same of a column,
        a table), ``file`` (how the file is written); ``kind``, the setting behind it; ``clean`` and
        ``messy``, the values before and after as the file shows them, missing where nothing stands.
        With a near duplicate, ``column`` is the one that differs from the original.

    Raises
    ------
    ValueError
        If settings come with a messy case, or `mess` refuses the clean one.

    Examples
    --------
    >>> from whobuys.market import market
    >>> case = market("teahouse", seed=7, customers=200)
    >>> ledger = errata(case, {"others": 0, "impossible_dates": 0.01})
    >>> ledger.loc[0, ["key", "column", "clean", "messy"]].tolist()
    ['O0000009/P006', 'date', '2024-07-15', '2062-07-15']
    """
    if not isinstance(case, Messy):
        return mess(case, settings)._ledger
    if settings is not None:
        raise ValueError("settings: belong to a clean case; this one is messy already.")
    return case._ledger.copy()


def undo(messy: Messy, ledger: pd.DataFrame | None = None) -> Case:
    """Take every change back that a ledger names.

    Parameters
    ----------
    messy : Messy
        The messy case.
    ledger : pandas.DataFrame, optional
        Its ledger, or the rows of it that are to be undone. By default all of it.

    Returns
    -------
    Case
        The clean case, if the ledger is whole; every value and type as before.

    Raises
    ------
    ValueError
        If the ledger is another case's.

    Examples
    --------
    >>> from whobuys.market import market
    >>> case = market("teahouse", seed=7, customers=200)
    >>> undo(mess(case))["transactions"].equals(case["transactions"])
    True
    """
    back = take_back(messy.texts, messy._ledger if ledger is None else ledger)
    tables = {name: _typed(table, messy._dtypes.get(name, ADDED)) for name, table in back.items()}
    return Case(messy.company, messy.seed, tables)


def write_messy(messy: Messy, folder: str | Path) -> list[Path]:
    """Write the messy tables as files, each in its encoding and format, and nothing else.

    Parameters
    ----------
    messy : Messy
        The messy case.
    folder : str or pathlib.Path
        Where to; made if it is not there.

    Returns
    -------
    list of pathlib.Path
        The CSV files. A file without mess of its own is written as `write_tables` writes it. The
        ledger is not among them: `write_errata` writes it.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> from whobuys.market import market
    >>> with TemporaryDirectory() as folder:
    ...     files = write_messy(mess(market(customers=50)), folder)
    >>> files[0].name, files[-1].name
    ('transactions.csv', 'rates.csv')
    """
    place = Path(folder)
    place.mkdir(parents=True, exist_ok=True)
    files = []
    for name, table in messy.texts.items():
        file = place / f"{name}.csv"
        how = read_format(messy._ledger, name)
        write_file(file, table, messy._dtypes.get(name, ADDED), how)
        files.append(file)
    return files


def write_errata(messy: Messy, file: str | Path) -> Path:
    """Write the ledger of a messy case as CSV: for whoever grades, not for whoever cleans.

    Parameters
    ----------
    messy : Messy
        The messy case.
    file : str or pathlib.Path
        Where to; its folder is made if it is not there.

    Returns
    -------
    pathlib.Path
        The file; `read_errata` reads it back.
    """
    return write_ledger(messy._ledger, file)


ADDED = pd.Series({"date": np.dtype("datetime64[us]"), "rate": np.dtype("float64")})


def _typed(texts: pd.DataFrame, dtypes: pd.Series) -> pd.DataFrame:
    """Give each column the type it had, or the like with missing values, where all cells fit it."""
    columns = {column: _column(texts[column], dtypes.get(column)) for column in texts}
    return pd.DataFrame(columns, columns=texts.columns)


def _column(texts: pd.Series, dtype: Any) -> pd.Series:
    kind = getattr(dtype, "kind", "O")
    missing = bool(texts.isna().any())
    known = texts.dropna()
    if kind == "M":
        days = pd.to_datetime(texts, format="%Y-%m-%d", errors="coerce")
        return days.astype(dtype) if days[known.index].notna().all() else texts
    if kind == "b" and known.isin(["True", "False"]).all():
        return (
            (texts == "True")
            .astype("boolean")
            .mask(texts.isna())
            .astype("boolean" if missing else dtype)
        )
    if kind == "i" and known.str.fullmatch(r"-?\d+").all():
        return pd.Series(pd.to_numeric(texts).astype("Int64")).astype("Int64" if missing else dtype)
    if kind == "f":
        return texts.astype(object).astype(dtype)
    plain = kind == "O" and isinstance(dtype, np.dtype)
    return texts.astype(object) if plain else texts
