"""The messy files: their encodings, decimal commas and date formats."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from ._mess_bench import Bench
from ._mess_settings import Mess

ISO = "%Y-%m-%d"
FORMATS = ("%d/%m/%Y", "%m/%d/%Y")
PLAIN = 'decimal ".", separator ","'
COMMA = 'decimal ",", separator ";"'


@dataclass(frozen=True)
class Format:
    """How one file is written."""

    encoding: str = "utf-8"
    decimal_comma: bool = False
    dates: str = ISO


def choose_encodings(bench: Bench, settings: Mess, typographic: list[str]) -> dict[str, str]:
    """Return the encoding of each file that is not in plain UTF-8.

    Each file may have one of the two encodings or the other, whatever the rates are.
    """
    chosen = {}
    for table in bench.case.tables:
        may_be_cp1252 = bench.stream(f"shares.encoding.{table}").random() < 0.5
        kind = "cp1252_files" if may_be_cp1252 else "bom_files"
        if bench.stream(f"{kind}.{table}").random() < 2 * getattr(settings, kind):
            if not may_be_cp1252:
                chosen[table] = "utf-8-sig"
            elif table in typographic:
                chosen[table] = "cp1252"
    return chosen


def choose_formats(bench: Bench, settings: Mess, encodings: dict[str, str]) -> None:
    """Note how each file is written, where that is not the usual way."""
    for table in bench.case.tables:
        if table in encodings:
            kind = "cp1252_files" if encodings[table] == "cp1252" else "bom_files"
            bench.note(kind, table, "file", clean="utf-8", messy=encodings[table])
        rng = bench.stream(f"decimal_comma_files.{table}")
        if rng.random() < settings.decimal_comma_files and _holds(bench, table, "f"):
            bench.note("decimal_comma_files", table, "file", clean=PLAIN, messy=COMMA)
        rng = bench.stream(f"date_format_files.{table}")
        wanted, style = rng.random(2)
        if wanted < settings.date_format_files and _holds(bench, table, "M"):
            bench.note("date_format_files", table, "file", clean=ISO, messy=FORMATS[int(style * 2)])


def _holds(bench: Bench, table: str, kind: str) -> bool:
    """Say if a table holds any number with decimals ("f"), or any date ("M")."""
    return any(
        getattr(dtype, "kind", "O") == kind
        and any(cell is not None for cell in bench.clean[table][str(column)])
        for column, dtype in bench.case.tables[table].dtypes.items()
    )


def read_format(ledger: pd.DataFrame, table: str) -> Format:
    """Read from a ledger how one file is written."""
    mine = ledger[(ledger["table"] == table) & (ledger["change"] == "file")]
    told = {str(kind): str(messy) for kind, messy in zip(mine["kind"], mine["messy"], strict=True)}
    return Format(
        told.get("cp1252_files") or told.get("bom_files") or "utf-8",
        "decimal_comma_files" in told,
        told.get("date_format_files", ISO),
    )


def write_file(file: Path, texts: pd.DataFrame, dtypes: pd.Series, how: Format) -> None:
    """Write one table in its format."""
    held = texts.copy()
    for column, dtype in dtypes.items():
        kind = getattr(dtype, "kind", "O")
        if kind == "f" and how.decimal_comma:
            held[column] = held[column].str.replace(".", ",", regex=False)
        if kind == "M" and how.dates != ISO:
            order = r"\3/\2/\1" if how.dates == "%d/%m/%Y" else r"\2/\3/\1"
            held[column] = held[column].str.replace(ISO_DAY, order, regex=True)
    text = held.to_csv(index=False, lineterminator="\n", sep=";" if how.decimal_comma else ",")
    file.write_bytes(text.encode(how.encoding))


ISO_DAY = re.compile(r"^(\d{4})-(\d\d)-(\d\d)$")
