"""What may stand in a field: rules that can be tested, and shown to staff as a form."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import pandas as pd

from whobuys.archive._normalise import MISSING, is_missing
from whobuys.archive._table import need_columns, need_table

Kind = Literal["text", "whole number", "number", "date", "yes/no"]
YES_NO = {"true": True, "yes": True, "false": False, "no": False}
DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


@dataclass(frozen=True)
class Rule:
    r"""What may stand in one field.

    Attributes
    ----------
    kind : {"text", "whole number", "number", "date", "yes/no"}
        A date is written 2026-06-30. For yes/no, True, yes, False and no count, in any case.
    required : bool
        Must not be missing.
    unique : bool
        Must not stand in two rows.
    minimum, maximum : number or str, optional
        Least and greatest value that counts as possible; for dates as text.
    allowed : tuple of str, optional
        The only words there may be.
    pattern : str, optional
        Regular expression the whole text must match.

    Raises
    ------
    ValueError
        The kind is unknown, or limits or pattern do not fit it.

    Examples
    --------
    >>> Rule("whole number", minimum=16, maximum=99).words
    'a whole number, 16 to 99'
    >>> Rule("text", required=True, unique=True, pattern=r"C\d{5}").words
    'text, like C\\d{5}; required; no two alike'
    """

    kind: Kind = "text"
    required: bool = False
    unique: bool = False
    minimum: float | str | None = None
    maximum: float | str | None = None
    allowed: tuple[str, ...] | None = None
    pattern: str | None = None

    def __post_init__(self) -> None:
        if self.kind not in get_args(Kind):
            raise ValueError(f"A rule's kind is {', '.join(get_args(Kind))}; not {self.kind!r}.")
        for limit in (self.minimum, self.maximum):
            if limit is None:
                continue
            number = isinstance(limit, int | float) and not isinstance(limit, bool)
            if self.kind == "date" and (number or pd.isna(_days(pd.Series([str(limit)]))[0])):
                raise ValueError(f'A limit of dates is a day such as "2026-06-30", not {limit!r}.')
            if self.kind != "date" and not (number and "number" in self.kind):
                raise ValueError(f"The limit {limit!r} does not fit the kind {self.kind!r}.")
        if self.kind != "text" and (self.allowed is not None or self.pattern is not None):
            raise ValueError("allowed and pattern belong to the kind 'text'.")
        if self.pattern is not None:
            try:
                re.compile(self.pattern)
            except re.error as error:
                raise ValueError(f"The pattern {self.pattern!r} cannot be read: {error}.") from None

    @property
    def words(self) -> str:
        """The rule in words, as it stands on the form."""
        said = {"whole number": "a whole number", "number": "a number", "date": "a date"}.get(
            self.kind, self.kind
        )
        if self.minimum is not None and self.maximum is not None:
            said += f", {self.minimum} to {self.maximum}"
        elif self.minimum is not None:
            said += f", {self.minimum} or {'later' if self.kind == 'date' else 'more'}"
        elif self.maximum is not None:
            said += f", {self.maximum} or {'earlier' if self.kind == 'date' else 'less'}"
        if self.allowed is not None:
            said += f": {', '.join(self.allowed)}"
        if self.pattern is not None:
            said += f", like {self.pattern}"
        said += "; required" if self.required else ""
        return said + ("; no two alike" if self.unique else "")

    def read(self, values: pd.Series) -> pd.Series:
        """Return the values in the type of the rule; what cannot be read is missing."""
        if self.kind == "date":
            return _days(values)
        if self.kind == "yes/no":
            words = values.astype("str").str.strip().str.casefold()
            return words.map(YES_NO).astype("boolean")
        if self.kind == "text":
            return values.astype("str")
        text = values.astype("str").str.strip()
        numbers = pd.to_numeric(text, errors="coerce").astype(float)
        numbers = numbers.where(np.isfinite(numbers))
        if self.kind == "whole number":
            return numbers.where(numbers == numbers.round()).astype("Int64")
        return numbers

    def broken(self, values: pd.Series, missing: pd.Series) -> pd.Series:
        """Say which cells are there and break the rule (uniqueness apart)."""
        read = self.read(values)
        fits = read.notna()
        low, high = self.minimum, self.maximum
        if self.kind == "date":
            low = None if low is None else pd.Timestamp(str(low))  # type: ignore[assignment]
            high = None if high is None else pd.Timestamp(str(high))  # type: ignore[assignment]
        if low is not None:
            fits &= (read >= low).fillna(False).astype(bool)
        if high is not None:
            fits &= (read <= high).fillna(False).astype(bool)
        if self.allowed is not None:
            fits &= read.isin(self.allowed)
        if self.pattern is not None:
            fits &= read.str.fullmatch(self.pattern).fillna(False).astype(bool)
        return ~fits.astype(bool) & ~missing


Rules = Mapping[str, Rule]


def standard_form(rules: Rules) -> pd.DataFrame:
    """Write the rules as a form for the people who fill in the records.

    Parameters
    ----------
    rules : mapping of str to Rule
        A rule for each field.

    Returns
    -------
    DataFrame
        One row a field: ``field``, ``what may stand there``, ``required``.

    Examples
    --------
    >>> form = standard_form({"age": Rule("whole number", minimum=16, maximum=99)})
    >>> form.iloc[0].tolist()
    ['age', 'a whole number, 16 to 99', 'no']
    """
    rows = [
        (field, rule.words.replace("; required", ""), "yes" if rule.required else "no")
        for field, rule in rules.items()
    ]
    return pd.DataFrame(rows, columns=["field", "what may stand there", "required"])


def broken_rules(
    table: pd.DataFrame, rules: Rules, *, missing: Collection[str] = MISSING
) -> pd.DataFrame:
    """List every cell that breaks a rule.

    Parameters
    ----------
    table : DataFrame
        One row a record; index labels name the rows.
    rules : mapping of str to Rule
        Rules by field; other fields are not looked at.
    missing : collection of str
        Ways of writing a gap, see `is_missing`.

    Returns
    -------
    DataFrame
        One row a broken rule: ``row`` (index label), ``field``, ``value`` as it stands there, and
        ``why``: ``invalid``, ``missing`` (a gap in a required field) or ``repeated`` (a value of a
        field without repeats that stood in an earlier row). In the order of the rows.

    Raises
    ------
    ValueError
        A field is not in the table, or the index repeats.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({"age": ["31", "199", ""]})
    >>> broken_rules(table, {"age": Rule("whole number", required=True, maximum=99)})
       row field value      why
    0    1   age   199  invalid
    1    2   age        missing
    """
    need_columns(need_table(table), rules)
    parts = []
    for field, rule in rules.items():
        gap = is_missing(table[field], missing)
        parts.append(_faults(table, field, rule.broken(table[field], gap), "invalid"))
        if rule.required:
            parts.append(_faults(table, field, gap, "missing"))
        if rule.unique:
            parts.append(_faults(table, field, table[field].duplicated() & ~gap, "repeated"))
    place = pd.Series(range(len(table)), index=table.index)
    nothing = _faults(table, "", pd.Series(False, table.index), "")
    faults = pd.concat([nothing, *parts], ignore_index=True)
    order = faults["row"].map(place).sort_values(kind="stable").index
    return faults.loc[order].reset_index(drop=True)


def _faults(table: pd.DataFrame, field: str, flags: pd.Series, why: str) -> pd.DataFrame:
    rows = table.index[flags.to_numpy(bool)]
    values = table.loc[rows, field].astype(object) if len(rows) else []
    return pd.DataFrame({"row": rows, "field": field, "value": list(values), "why": why})


def _days(values: pd.Series) -> pd.Series:
    if pd.api.types.is_datetime64_any_dtype(values):
        return values
    text = values.astype("str").str.strip()
    written = text.str.fullmatch(DAY.pattern).fillna(False).astype(bool)
    return pd.to_datetime(text.where(written), format="%Y-%m-%d", errors="coerce")
