"""What counts as a gap, and when two spellings are one."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Collection
from typing import Literal, get_args

import pandas as pd

MISSING = ("", "-", "--", "?", "n/a", "null")
How = Literal["text", "email", "phone", "firm"]
LEGAL_FORMS = frozenset(
    ("ag", "co", "company", "corp", "gmbh", "inc", "limited", "llc", "ltd", "plc", "sa", "sarl")
)


def is_missing(values: pd.Series, words: Collection[str] = MISSING) -> pd.Series:
    """Say which cells are gaps: nothing there, only blanks, or a word that stands for nothing.

    Parameters
    ----------
    values : Series
        One field.
    words : collection of str
        Ways of writing a gap; case and blanks around them do not count. By default `MISSING`: an
        empty cell, ``-``, ``--``, ``?``, ``n/a``, ``null``. A zero is not a gap.

    Returns
    -------
    Series
        True for a gap, with the index of `values`.

    Notes
    -----
    ``Series.isna`` sees only what the reader of the file has recognised. Which words stand for
    nothing is a decision about the file: in a field of countries ``NA`` may be Namibia.

    Examples
    --------
    >>> import pandas as pd
    >>> is_missing(pd.Series(["web", " ", "N/A", "0", None])).tolist()
    [False, True, True, False, True]
    """
    gaps = {word.strip().casefold() for word in words}
    known = {
        value: _spaces(value).casefold() in gaps
        for value in values.dropna().unique()
        if isinstance(value, str)
    }
    written = [known.get(value, False) if isinstance(value, str) else False for value in values]
    return values.isna() | pd.Series(written, index=values.index, dtype=bool)


def normalise(values: pd.Series, how: How = "text") -> pd.Series:
    """Write a field in one way, so that spellings of the same thing become equal.

    Parameters
    ----------
    values : Series
        One field; numbers are read as text.
    how : {"text", "email", "phone", "firm"}
        ``text``: full-width letters made ordinary, accents and case dropped, blanks at the ends
        dropped, blanks inside reduced to one. ``email``: the same but accents stay and no blanks
        at all. ``phone``: digits only, a leading 00 dropped. ``firm``: as text, without punctuation
        and without a legal form (Ltd, GmbH, ...) at the end.

    Returns
    -------
    Series
        Text with the index and name of `values`; a gap (`is_missing`) is missing.

    Raises
    ------
    ValueError
        `how` is none of the four.

    Notes
    -----
    Full-width forms follow the compatibility composition NFKC, accents the decomposition NFKD
    (Unicode Standard Annex 15). Every rule joins some who are different: without accents, Müller
    and Muller are one. State the rule beside the count it gave.

    Examples
    --------
    >>> import pandas as pd
    >>> normalise(pd.Series(["  José  GARCÍA", "Jose Garcia", "n/a"])).tolist()
    ['jose garcia', 'jose garcia', nan]
    >>> normalise(pd.Series(["+44 (0)20 7946-0018"]), how="phone").tolist()
    ['4402079460018']
    >>> normalise(pd.Series(["Ｔｉｄｅ Works, Ltd."]), how="firm").tolist()
    ['tide works']
    """
    if how not in get_args(How):
        raise ValueError(f"how must be one of {', '.join(get_args(How))}, not {how!r}.")
    rule = RULES[how]
    written = {value: rule(str(value)) or None for value in values.dropna().unique()}
    return values.map(written).mask(is_missing(values)).astype("str")


def _spaces(value: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", value).split())


def _text(value: str) -> str:
    apart = unicodedata.normalize("NFKD", _spaces(value))
    return "".join(sign for sign in apart if not unicodedata.combining(sign)).casefold()


def _email(value: str) -> str:
    return _spaces(value).replace(" ", "").casefold()


def _phone(value: str) -> str:
    return re.sub(r"\D", "", _spaces(value)).removeprefix("00")


def _firm(value: str) -> str:
    words = re.sub(r"[^\w\s]", " ", _text(value)).split()
    while len(words) > 1 and words[-1] in LEGAL_FORMS:
        words.pop()
    return " ".join(words)


RULES: dict[str, Callable[[str], str]] = {
    "text": _text,
    "email": _email,
    "phone": _phone,
    "firm": _firm,
}
