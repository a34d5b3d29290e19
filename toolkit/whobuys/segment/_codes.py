"""Two-level codes: a class, and a numbered sub-segment inside it."""

from __future__ import annotations

import re
from collections.abc import Mapping

import pandas as pd

from whobuys.segment._lines import counted, first_few, require_columns

CODE = re.compile(r"([A-Z]{1,3})-(\d{2})")
BOOK = ["code", "class", "sub_segment"]
MOST = 99


def code_book(
    classes: pd.Series,
    sub: pd.Series,
    *,
    letters: Mapping[str, str] | None = None,
    book: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Give each sub-segment inside a class a number, and keep the numbers there are.

    Parameters
    ----------
    classes : Series
        The class of each customer (level 1).
    sub : Series
        The sub-segment of each customer inside the class (level 2), with the same index.
    letters : mapping of str to str, optional
        One to three capital letters a class. By default the first letter of its name.
    book : DataFrame, optional
        An earlier book. Its codes stay as they are; new sub-segments get the next free number.

    Returns
    -------
    DataFrame
        ``code``, ``class`` and ``sub_segment``, sorted by code.

    Raises
    ------
    ValueError
        Two classes would have the same letters, letters are no capitals, the series do not fit
        together, a class has more than 99 sub-segments, or the earlier book is no book.

    Notes
    -----
    Ordered categories are numbered in their order, other names by the alphabet. A number that was
    given once is never given again, so a code in an old letter still means what it meant.

    Examples
    --------
    >>> import pandas as pd
    >>> classes = pd.Series(["key", "key", "ordinary"])
    >>> sub = pd.Series(["by app", "at the counter", "by app"])
    >>> code_book(classes, sub)
       code     class     sub_segment
    0  K-01       key  at the counter
    1  K-02       key          by app
    2  O-01  ordinary          by app
    """
    pairs = _pairs(classes, sub)
    old = _read_book(book)
    known = {(row["class"], row["sub_segment"]): row["code"] for row in old.to_dict("records")}
    wanted = _letters(pairs["class"].unique().tolist(), letters, known)
    last: dict[str, int] = {}
    for code in known.values():
        letter, number = code.split("-")
        last[letter] = max(last.get(letter, 0), int(number))
    for name, group in pairs.dropna().groupby("class", sort=True, observed=True):
        for inside in _in_order(group["sub_segment"]):
            if (name, inside) not in known:
                letter = wanted[str(name)]
                last[letter] = last.get(letter, 0) + 1
                if last[letter] > MOST:
                    raise ValueError(
                        f'Class "{name}" has more than {MOST} sub-segments. Join some of them.'
                    )
                known[str(name), inside] = f"{letter}-{last[letter]:02d}"
    rows = [(code, name, inside) for (name, inside), code in known.items()]
    return pd.DataFrame(rows, columns=BOOK).sort_values("code", ignore_index=True)


def segment_code(
    classes: pd.Series,
    sub: pd.Series,
    *,
    letters: Mapping[str, str] | None = None,
    book: pd.DataFrame | None = None,
) -> pd.Series:
    """Give each customer the code of class and sub-segment, such as "K-03".

    Parameters
    ----------
    classes, sub, letters, book
        As for `code_book`. A book that has all the sub-segments is used as it is.

    Returns
    -------
    Series
        The codes, named "segment_code", with the index of `classes`. The number 00 means: in this
        class, and not (yet) in a sub-segment. Without a class there is no code.

    Raises
    ------
    ValueError
        See `code_book`.

    Examples
    --------
    >>> import pandas as pd
    >>> classes = pd.Series(["key", "key", None, "ordinary"])
    >>> sub = pd.Series(["by app", None, "by app", "by app"])
    >>> segment_code(classes, sub).tolist()
    ['K-01', 'K-00', nan, 'O-01']
    """
    pairs = _pairs(classes, sub)
    made = code_book(classes, sub, letters=letters, book=book)
    known = {(row["class"], row["sub_segment"]): row["code"] for row in made.to_dict("records")}
    used = {name: code.split("-")[0] for (name, _), code in known.items()}
    used = _letters(pairs["class"].dropna().unique().tolist(), letters, known) | used
    codes = [
        None
        if pd.isna(name)
        else f"{used[name]}-00"
        if pd.isna(inside)
        else known[name, str(inside)]
        for name, inside in zip(pairs["class"], pairs["sub_segment"], strict=True)
    ]
    return pd.Series(codes, index=classes.index, dtype="str", name="segment_code")


def split_code(codes: pd.Series, book: pd.DataFrame) -> pd.DataFrame:
    """Read codes back into class and sub-segment.

    Parameters
    ----------
    codes : Series
        Such as "K-03"; missing ones stay missing.
    book : DataFrame
        From `code_book`.

    Returns
    -------
    DataFrame
        ``class`` and ``sub_segment``, with the index of `codes`. A code that ends in 00 has a class
        and no sub-segment.

    Raises
    ------
    ValueError
        A code has not the form of one, or is not in the book.

    Examples
    --------
    >>> import pandas as pd
    >>> book = code_book(pd.Series(["key", "key"]), pd.Series(["by app", "by phone"]))
    >>> split_code(pd.Series(["K-02", "K-00"]), book)
      class sub_segment
    0   key    by phone
    1   key         NaN
    """
    read = _read_book(book)
    given = codes.dropna().astype(str)
    if wrong := [code for code in given.unique() if CODE.fullmatch(code) is None]:
        raise ValueError(f"codes holds {first_few(wrong)}; a code looks like K-03.")
    known = {row["code"]: (row["class"], row["sub_segment"]) for row in read.to_dict("records")}
    for code, (name, _) in list(known.items()):
        known.setdefault(f"{code.split('-')[0]}-00", (name, None))
    if lost := [code for code in given.unique() if code not in known]:
        raise ValueError(
            f"The book does not have {counted(len(lost), 'code')}: {first_few(lost)}. Use the book "
            "the codes were made with."
        )
    parts = [(None, None) if pd.isna(code) else known[str(code)] for code in codes]
    return pd.DataFrame(parts, columns=BOOK[1:], index=codes.index).astype("str")


def _pairs(classes: pd.Series, sub: pd.Series) -> pd.DataFrame:
    for name, given in (("classes", classes), ("sub", sub)):
        if not isinstance(given, pd.Series):
            raise TypeError(f"{name} must be a pandas Series, not {type(given).__name__}.")
    if not classes.index.equals(sub.index):
        raise ValueError(
            f"classes ({len(classes):,} rows) and sub ({len(sub):,} rows) do not have the same "
            "index. Take both from one table."
        )
    orphans = int((classes.isna() & sub.notna()).sum())
    if orphans == len(classes) and orphans:
        raise ValueError("classes is missing for everybody.")
    named = classes.astype(object).where(classes.notna(), None)
    return pd.DataFrame({"class": named, "sub_segment": sub})


def _in_order(values: pd.Series) -> list[str]:
    if isinstance(values.dtype, pd.CategoricalDtype):
        there = set(values.astype(object))
        return [str(name) for name in values.cat.categories if name in there]
    return sorted({str(value) for value in values})


def _letters(
    names: list[str], given: Mapping[str, str] | None, known: Mapping[tuple[str, str], str]
) -> dict[str, str]:
    """Return the letters of each class: those in the book, then those given, then the first."""
    letters = {name: code.split("-")[0] for (name, _), code in known.items()}
    for name in names:
        if pd.isna(name) or name in letters:
            continue
        letters[name] = (given or {}).get(name, str(name).strip()[:1].upper())
        if re.fullmatch("[A-Z]{1,3}", letters[name]) is None:
            raise ValueError(
                f'Class "{name}" cannot have the letters {letters[name]!r}. Give it one to three '
                f'capital letters: letters={{"{name}": "K"}}.'
            )
    by_letter: dict[str, str] = {}
    for name, letter in letters.items():
        if by_letter.setdefault(letter, name) != name:
            raise ValueError(
                f'Classes "{by_letter[letter]}" and "{name}" would both be {letter}. Give letters: '
                f'letters={{"{name}": "{letter}X"}}.'
            )
    return letters


def _read_book(book: pd.DataFrame | None) -> pd.DataFrame:
    if book is None:
        return pd.DataFrame(columns=BOOK)
    require_columns(book, {name: name for name in BOOK}, table="book")
    if twice := book["code"][book["code"].duplicated()].tolist():
        raise ValueError(f"book has {first_few(twice)} twice. A code names one sub-segment.")
    if wrong := [code for code in book["code"] if CODE.fullmatch(str(code)) is None]:
        raise ValueError(f"book holds {first_few(wrong)}; a code looks like K-03.")
    return book[BOOK]
