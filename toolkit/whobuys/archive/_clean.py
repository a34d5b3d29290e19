"""Clean a table by its rules: every change is logged, and no row is lost."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import pandas as pd

from whobuys.archive._normalise import MISSING, _spaces, is_missing
from whobuys.archive._rules import Rules
from whobuys.archive._table import need_columns, need_table

LOG = ["row", "field", "before", "after", "why"]


def outliers(values: pd.Series, *, fence: float = 3.0) -> pd.Series:
    """Flag values far outside the middle half. Flagged is not wrong: look at them.

    Parameters
    ----------
    values : Series
        Numbers.
    fence : float
        How many times the width of the middle half (the interquartile range) a value may lie below
        the first or above the third quartile.

    Returns
    -------
    Series
        True for an outlier; a missing value is none.

    Raises
    ------
    ValueError
        `values` are no numbers, or `fence` is not above 0.

    Notes
    -----
    The outer fences of Tukey (1977), who named what lies beyond 3 "far out". Money is skewed, so
    among customers the outlier is often simply the best one.

    Examples
    --------
    >>> import pandas as pd
    >>> outliers(pd.Series([40, 55, 60, 62, 80, 900])).tolist()
    [False, False, False, False, False, True]
    """
    if not pd.api.types.is_numeric_dtype(values) or pd.api.types.is_bool_dtype(values):
        raise ValueError(f'outliers needs numbers; "{values.name}" holds {values.dtype}.')
    if not fence > 0:
        raise ValueError(f"fence must be above 0, not {fence}.")
    number = values.astype(float)
    low, high = number.quantile(0.25), number.quantile(0.75)
    reach = fence * (high - low)
    return (number < low - reach) | (number > high + reach)


def clean(
    table: pd.DataFrame,
    rules: Rules,
    *,
    missing: Collection[str] = MISSING,
    flag: Sequence[str] = (),
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Clean the fields that have a rule, and write down every change.

    Blanks around and doubled within a text go; ways of writing a gap become a missing value; a
    value that breaks its rule becomes a missing value; numbers, dates and yes/no get their type.

    Parameters
    ----------
    table : DataFrame
        One row a record.
    rules : mapping of str to Rule
        What may stand in each field; other fields stay as they are.
    missing : collection of str
        Ways of writing a gap, see `is_missing`.
    flag : sequence of str
        Fields of numbers in which `outliers` are flagged, in an added column ``<field>_outlier``.

    Returns
    -------
    cleaned : DataFrame
        The same rows, in the same order: a row is never dropped here.
    log : DataFrame
        One line a change: ``row``, ``field``, ``before``, ``after``, ``why`` (``blanks``, ``gap``,
        ``invalid``), and one for each outlier, which is ``flagged`` and unchanged.

    Raises
    ------
    ValueError
        A field is not in the table or is to be flagged and holds no numbers.

    Examples
    --------
    >>> import pandas as pd
    >>> from whobuys.archive import Rule
    >>> table = pd.DataFrame({"city": [" Bern", "n/a"], "age": ["31", "199"]})
    >>> rules = {"city": Rule(), "age": Rule("whole number", maximum=99)}
    >>> cleaned, log = clean(table, rules)
    >>> cleaned.values.tolist()
    [['Bern', 31], [nan, <NA>]]
    >>> log.values.tolist()
    [[0, 'city', ' Bern', 'Bern', 'blanks'], [1, 'city', 'n/a', None, 'gap'],
     [1, 'age', '199', None, 'invalid']]
    """
    need_columns(need_table(table), [*rules, *flag])
    cleaned = table.copy()
    lines: list[tuple[object, ...]] = []
    for field, rule in rules.items():
        before = table[field]
        gap = is_missing(before, missing)
        tidy = before.map(lambda cell: _spaces(cell) if isinstance(cell, str) else cell)
        bad = rule.broken(tidy, gap)
        spaced = (tidy != before) & ~gap & ~bad
        written = gap & before.notna()
        for flags, why in ((spaced, "blanks"), (written, "gap"), (bad, "invalid")):
            for row in table.index[flags.to_numpy(bool)]:
                after = tidy[row] if why == "blanks" else None
                lines.append((row, field, before[row], after, why))
        cleaned[field] = rule.read(tidy.mask(gap | bad))
    for field in flag:
        far = outliers(cleaned[field])
        cleaned[f"{field}_outlier"] = far
        lines += [
            (row, field, cleaned.at[row, field], cleaned.at[row, field], "flagged")
            for row in table.index[far.to_numpy(bool)]
        ]
    return cleaned, pd.DataFrame(lines, columns=LOG, dtype=object)
