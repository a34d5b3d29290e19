"""Text, numbers and days as files of other programs write them."""

from __future__ import annotations

import math
import re
import warnings
from typing import Any

import pandas as pd

from whobuys._wording import counted, first_few

NOTHING = {
    *("NULL", "null", "NaN", "nan", "NAN", "None", "NaT", "<NA>", "N/A", "#N/A"),
}
"""What programs write where there is nothing."""

NUMBER = re.compile(
    r"(?P<sign>(?:(?<!\w)[.,](?=\d))?\d(?:[\d.,]|['\u2019\s](?=\d{3}))*)(?P<power>(?<=\d)[eE][+-]?\d+)?"
)
MINUS = re.compile(r"(?<![^\W\d_])-|-(?![^\W\d_])")
DASHES = str.maketrans(dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2212\ufe63\uff0d", "-"))
GROUPS = r"\d{1,3}(?:S\d{2,3})*S\d{3}"
OFFSET = r"(:\d{2}(?:[.,]\d+)?)\s*(?:Z|[+-]\d{2}(?::?\d{2})?|\s[A-Z]{3,4})$"
"""What follows a time of day: its distance from Greenwich, or the zone's letters."""

BOMS = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
SPOKEN = {
    "utf-16": "UTF-16",
    "utf-16-le": "UTF-16",
    "utf-16-be": "UTF-16",
    "gb18030": "Chinese (GB 18030)",
    "cp1252": "Western European (Windows-1252)",
}
"""Names of the encodings that are worth a note."""


def decoded(raw: bytes) -> tuple[str, str] | None:
    """Turn the bytes of a file into text.

    Parameters
    ----------
    raw : bytes
        The file.

    Returns
    -------
    pair of str, or None
        The text and its encoding; nothing where no encoding fits.
    """
    for encoding in _encodings(raw):
        try:
            return raw.decode(encoding), encoding
        except UnicodeDecodeError:
            continue
    return None


def _encodings(raw: bytes) -> tuple[str, ...]:
    """Say which encodings to try, in their order."""
    if raw[:2] in BOMS:
        return (BOMS[raw[:2]],)
    head = raw[:4000]
    if 3 * head.count(0) > len(head):  # UTF-16 without a mark: half the bytes of plain text are 0
        return ("utf-16-be" if head[0] == 0 else "utf-16-le",)
    if b"\0" in head:
        return ()
    western = not _looks_chinese(raw)
    return ("utf-8-sig", *(("cp1252", "gb18030") if western else ("gb18030", "cp1252")))


def _looks_chinese(raw: bytes) -> bool:
    """Say if letters beyond ASCII mostly come as the pairs of frequent Chinese characters."""
    letters = re.findall(rb"[\x80-\xff]+", raw)
    pairs = sum(len(re.findall(rb"[\xa1-\xa3\xb0-\xd7][\xa1-\xfe]", run)) for run in letters)
    return 2 * 2 * pairs > sum(map(len, letters))


def without_nothing(values: pd.Series) -> pd.Series:
    """Write "" where a program wrote that there is nothing.

    Parameters
    ----------
    values : Series of str
        A column.

    Returns
    -------
    Series of str
        The same, with "" for NULL, NaN, None and their like.
    """
    return values.mask(values.isin(NOTHING), "")


def plain_ids(values: pd.Series) -> pd.Series:
    """Write numbers of customers, orders or products as whole numbers.

    Parameters
    ----------
    values : Series of str
        A column.

    Returns
    -------
    Series of str
        17 for 17.0 if all are written so, as a spreadsheet does with a column that has a gap.
    """
    there = values[values != ""]
    if len(there) and there.str.fullmatch(r"\d+\.0+").all():
        return values.str.replace(r"\.0+$", "", regex=True)
    return values


def as_dates(values: pd.Series, name: str, file: str) -> tuple[pd.Series, list[str]]:
    """Read a column of days; of a time with its zone the day that is written counts.

    Parameters
    ----------
    values : Series of str
        The column, "" for nothing.
    name, file : str
        What it and its file are called.

    Returns
    -------
    pair of Series of Timestamp and list of str
        Days without a time; a sentence if day and month could be read the other way round.

    Raises
    ------
    ValueError
        Fewer than half can be read.

    Notes
    -----
    01.02.2026 has the day first. 01/02/2026 has the month first, unless more of the column can be
    read with the day first.
    """
    text = values.where(values != "").str.replace(OFFSET, r"\1", regex=True)
    found = _read_dates(text, format="ISO8601")
    notes = []
    if found.notna().sum() < text.notna().sum():
        month, day = _read_dates(text, dayfirst=False), _read_dates(text, dayfirst=True)
        dotted = text.str.match(r"\d{1,2}\.\d{1,2}\.").mean() > 0.5
        by_day = day.notna().sum() - month.notna().sum() >= (0 if dotted else 1)
        better = day if by_day else month
        if better.notna().sum() > found.notna().sum():
            found = better
            if not dotted and not by_day and not day.isna().any() and not day.equals(month):
                row = int((day != month).to_numpy().argmax())
                notes.append(
                    f'{file}: the column "{name}" can be read in two ways; {text.iloc[row]} was '
                    f"read as {month.iloc[row]:%Y-%m-%d}. If that is wrong, write the dates as "
                    f"{day.iloc[row]:%Y-%m-%d}."
                )
    if found.notna().mean() < 0.5:
        raise ValueError(
            f'{file}: the column "{name}" does not hold dates (for instance '
            f"{first_few(values[found.isna()].unique())}). Write them as 2026-06-30."
        )
    return found.dt.normalize(), notes


def _read_dates(text: pd.Series, **options: Any) -> pd.Series:
    """Read what can be read in one way, without a zone."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        found = pd.to_datetime(text, errors="coerce", utc=True, **options)
    return found.dt.tz_localize(None)


def as_numbers(
    columns: dict[str, pd.Series], names: dict[str, str], file: str
) -> tuple[dict[str, pd.Series], list[str]]:
    """Read the columns of numbers of one file, with one decision on what its signs mean.

    Parameters
    ----------
    columns : dict of str to Series of str
        The columns, "" for nothing.
    names : dict of str to str
        What they are called in the file.
    file : str
        What the file is called.

    Returns
    -------
    pair of dict of str to Series of float and list of str
        The numbers, missing where a cell is none; one sentence for each column that could be read
        in two ways or holds cells that are no numbers.

    Raises
    ------
    ValueError
        More than half of a column are no numbers.

    Notes
    -----
    12,50 and 1.234,50 show that the comma is for decimals, 12.50 and 1,234.50 that the point is;
    1.234 shows nothing, and is read as most of the file's other numbers are written. Where none
    shows it, the sign is taken to part the thousands.
    """
    cells = {cell: _parts(cell) for text in columns.values() for cell in text.unique()}
    shown = {cell: _decimal_of(parts) for cell, parts in cells.items()}
    decimal = _decided([shown[cell] for text in columns.values() for cell in text])
    found, notes = {}, []
    for column, text in columns.items():
        read = {cell: _value(cells[cell], decimal) for cell in text.unique()}
        found[column] = text.map(read).astype(float)
        notes += _doubts(text, found[column], text.map(shown), names[column], file)
    return found, notes


def _doubts(text: pd.Series, found: pd.Series, shown: pd.Series, name: str, file: str) -> list[str]:
    """Refuse a column of other things; say what could have been read otherwise."""
    bad = found.isna() & (text != "")
    if bad.mean() > 0.5:
        raise ValueError(
            f'{file}: the column "{name}" does not hold numbers (for instance '
            f"{first_few(text[bad].unique())})."
        )
    notes = []
    if bad.any():
        notes.append(
            f'{file}: the column "{name}" holds no number in {counted(int(bad.sum()), "cell")} '
            f"(for instance {first_few(text[bad].unique())}): read as empty."
        )
    open_to_doubt = shown == "?"
    if open_to_doubt.any() and not shown.isin([".", ","]).any():
        row = int(open_to_doubt.to_numpy().argmax())
        cells = counted(int(open_to_doubt.sum()), "cell")
        notes.append(
            f'{file}: the column "{name}" can be read in two ways; {text.iloc[row]} was read as '
            f"{found.iloc[row]:,.10g}, and so on in {cells}. If that is wrong, write the column "
            "without a sign between the thousands, and with two decimals."
        )
    return notes


def _parts(cell: str) -> tuple[str, str, bool] | None:
    """Take a cell apart: digits with points and commas, the power of ten, is it below 0.

    Examples
    --------
    >>> _parts("Rs. 1,234.50-"), _parts("(60.-)"), _parts("1.5E3"), _parts("2 x 3")
    (('1,234.50', '', True), ('60', '', True), ('1.5', 'E3', False), None)
    """
    cell = cell.translate(DASHES).strip()
    match = NUMBER.search(cell)
    if match is None or re.search(r"\d", cell[match.end() :]):
        return None
    body, before, after = match["sign"], cell[: match.start()], cell[match.end() :]
    is_even = body[-1] in ".," and after.startswith("-")  # 60.- is sixty and no cents
    is_below = (
        bool(MINUS.search(before))
        or (before.count("(") > before.count(")") and ")" in after)
        or (not is_even and (after.startswith("-") or after.endswith("-")))
    )
    body = re.sub(r"['\u2019\s]", "", body).rstrip(".,")
    return body, match["power"] or "", is_below


def _decimal_of(parts: tuple[str, str, bool] | None) -> str:
    """Say which sign a cell shows to be for decimals; "" for none, "?" if it may be either."""
    body = parts[0] if parts else ""
    signs = [sign for sign in body if sign in ".,"]
    if not signs:
        return ""
    last = signs[-1]
    other = "," if last == "." else "."
    if len(set(signs)) == 2:
        return last
    if len(signs) > 1:
        return other
    whole, part = body.split(last)
    if len(part) != 3 or len(whole) > 3 or whole in ("", "0") or (parts and parts[1]):
        return last
    return "?"


def _decided(shown: list[str]) -> str:
    """Decide for a file which sign is for decimals; "" where no cell shows it."""
    points, commas = shown.count("."), shown.count(",")
    if points == commas:
        return "." if points else ""
    return "." if points > commas else ","


def _value(parts: tuple[str, str, bool] | None, decimal: str) -> float:
    """Return the number of a cell; one that shows its decimals itself is read as it shows."""
    if parts is None:
        return math.nan
    body, power, is_below = parts
    shown = _decimal_of(parts)
    if shown == "?":
        sign = "." if "." in body else ","
        shown = decimal or ("," if sign == "." else ".")
    group = "," if shown == "." else "."
    whole = body.split(shown)[0] if shown else body
    if group in whole and not re.fullmatch(GROUPS.replace("S", re.escape(group)), whole):
        return math.nan
    plain = body.replace(group, "").replace(",", ".")
    if plain.count(".") > 1:
        return math.nan
    number = float(plain + power)
    if not math.isfinite(number):
        return math.nan
    return -number if is_below and number else number
