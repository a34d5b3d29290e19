"""Archive numbers: a code, a running number, a check digit."""

from __future__ import annotations

import re

import pandas as pd

from whobuys.archive._table import need_columns, need_table

DAMM = (
    "0317598642",
    "7092154863",
    "4206871359",
    "1750983426",
    "6123045978",
    "3674209581",
    "5869720134",
    "8945362017",
    "9438617205",
    "2581436790",
)
CODE = re.compile(r"[A-Z0-9]+")
NUMBER = re.compile(r"([A-Z0-9]+)-(\d+)-(\d)")


def number_customers(
    table: pd.DataFrame, code: str = "C", *, by: str | None = None, width: int = 5
) -> pd.Series:
    """Give every record an archive number that shows a slip of the pen.

    Parameters
    ----------
    table : DataFrame
        One row a customer, in the order in which numbers are to be given.
    code : str
        First level: capitals and digits, such as ``"B2C"``.
    by : str, optional
        A column that holds the code of each row instead, for two kinds of customers in one archive;
        each code then counts from 1.
    width : int
        Digits of the running number, the second level.

    Returns
    -------
    Series
        Texts such as ``B2C-00017-2``, with the index of `table`.

    Raises
    ------
    ValueError
        A code is missing or has other signs, or there are more records than the width can number.

    Notes
    -----
    The last digit is Damm's (2004). It shows every single wrong digit and every swap of two
    neighbours in the running number; letters of the code enter as two digits, A = 10 to Z = 35. Put
    nothing in a number that can change: a segment is a field of the record, not part of its number.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({"firm": ["Alderford Inns", "Quillbeck Data"]})
    >>> number_customers(table, code="B2B").tolist()
    ['B2B-00001-3', 'B2B-00002-1']
    """
    need_table(table)
    if by is None:
        codes = pd.Series(code, index=table.index)
    else:
        need_columns(table, [by])
        codes = table[by]
    for one in codes.unique():
        if not isinstance(one, str) or not CODE.fullmatch(one):
            raise ValueError(f"A code is capitals and digits, such as B2C; not {one!r}.")
    running = codes.groupby(codes).cumcount() + 1
    if len(table) and running.max() >= 10**width:
        raise ValueError(
            f"width={width} numbers {10**width - 1:,} records of a code, there are "
            f"{running.max():,}. Give a greater width."
        )
    digits = running.astype(str).str.zfill(width)
    numbers = [
        f"{one}-{number}-{_check_digit(one + number)}"
        for one, number in zip(codes, digits, strict=True)
    ]
    return pd.Series(numbers, index=table.index, name="archive_number", dtype="str")


def check_number(number: str) -> bool:
    """Say if an archive number can be right: its form, and its check digit.

    Parameters
    ----------
    number : str
        Such as ``B2B-00002-1``.

    Returns
    -------
    bool
        False if it was surely written wrongly. True does not say that there is such a customer.

    Examples
    --------
    >>> check_number("B2B-00002-1"), check_number("B2B-00020-1")
    (True, False)
    """
    found = NUMBER.fullmatch(str(number))
    return found is not None and _check_digit(found[1] + found[2]) == int(found[3])


def _check_digit(text: str) -> int:
    interim = 0
    for digit in "".join(str(int(sign, 36)) for sign in text):
        interim = int(DAMM[interim][int(digit)])
    return interim
