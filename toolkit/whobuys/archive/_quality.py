"""The quality report: what is missing and what is wrong, field by field."""

from __future__ import annotations

from collections.abc import Collection

import pandas as pd

from whobuys.archive._normalise import MISSING, is_missing
from whobuys.archive._rules import Rule, Rules
from whobuys.archive._table import need_columns, need_table


def quality_report(
    table: pd.DataFrame, rules: Rules | None = None, *, missing: Collection[str] = MISSING
) -> pd.DataFrame:
    """Count what is missing, invalid and repeated in each field.

    Parameters
    ----------
    table : DataFrame
        One row a record, as it came.
    rules : mapping of str to Rule, optional
        What may stand in each field. A field without a rule can be missing, not invalid.
    missing : collection of str
        Ways of writing a gap, see `is_missing`.

    Returns
    -------
    DataFrame
        One row a field: ``field``; ``missing`` and ``invalid``, numbers of cells;
        ``missing_share`` and ``invalid_share``, shares of all rows; ``distinct``, how many
        different values; ``repeated``, cells whose value stood in an earlier row; ``first_bad``,
        the first invalid value. ``attrs`` hold ``rows`` and ``copies``, rows that are the same as
        an earlier one in every field.

    Raises
    ------
    ValueError
        A rule's field is not in the table, or the table has no rows.

    Notes
    -----
    Completeness, validity and uniqueness are three of the usual dimensions of data quality (Pipino,
    Lee and Wang, 2002). A fourth, whether the value is *true*, no table can tell about itself.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({"id": ["1", "2", "2"], "age": ["31", "199", "n/a"]})
    >>> report = quality_report(table, {"age": Rule("whole number", maximum=99)})
    >>> report[["field", "missing", "invalid", "repeated", "first_bad"]]
      field  missing  invalid  repeated first_bad
    0    id        0        0         1
    1   age        1        1         0       199
    """
    need_columns(need_table(table), rules or {})
    if table.empty:
        raise ValueError("table has no rows. Check the file or the filter that made it.")
    rows = []
    for field in table.columns:
        values = table[field]
        gap = is_missing(values, missing)
        rule = (rules or {}).get(str(field), Rule())
        bad = rule.broken(values, gap) if rules and field in rules else gap & ~gap
        there = values[~gap]
        rows.append(
            {
                "field": str(field),
                "missing": int(gap.sum()),
                "missing_share": float(gap.mean()),
                "invalid": int(bad.sum()),
                "invalid_share": float(bad.mean()),
                "distinct": int(there.nunique()),
                "repeated": int(there.duplicated().sum()),
                "first_bad": str(values[bad].iloc[0]) if bad.any() else "",
            }
        )
    report = pd.DataFrame(rows)
    report.attrs = {"rows": len(table), "copies": int(table.duplicated().sum())}
    return report
