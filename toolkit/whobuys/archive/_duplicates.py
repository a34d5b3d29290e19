"""Who is who: records of the same person, found by a stated rule and joined with a log."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from whobuys.archive._normalise import How, is_missing, normalise
from whobuys.archive._table import need_columns, need_table

On = Sequence[str | tuple[str, ...]]
LOG = ["row", "into", "field", "kept", "other", "what"]


def same_person(table: pd.DataFrame, on: On, *, how: Mapping[str, How] | None = None) -> pd.Series:
    """Say which records belong to the same person (or firm).

    Parameters
    ----------
    table : DataFrame
        One row a record.
    on : sequence of str or tuple of str
        The rule. Two records are the same person if they agree in any of these fields; a tuple of
        fields must agree in all of them. A gap never agrees with anything.
    how : mapping of str to {"text", "email", "phone", "firm"}, optional
        How each field is normalised before it is compared; ``text`` if not named.

    Returns
    -------
    Series
        For each record the index label of the first record of the same person: its own label if it
        is that one.

    Raises
    ------
    ValueError
        A field is not in the table, `on` is empty, or the index repeats.

    Notes
    -----
    Deterministic record linkage: records are joined by exact agreement after normalisation, and
    joining is passed on (if A is B and B is C, A is C). Fellegi and Sunter (1969) weigh agreements
    instead, which finds more and needs more care.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({
    ...     "number": ["C1", "C2", "C3", "C4"],
    ...     "email": ["li@example.org", " LI@Example.org", "", ""],
    ... })
    >>> same_person(table, on=["number", "email"], how={"email": "email"}).tolist()
    [0, 0, 2, 3]
    """
    need_table(table)
    if isinstance(on, str) or not on:
        raise ValueError('on must be a list of fields, such as ["customer_id", "email"].')
    rules = [(rule,) if isinstance(rule, str) else tuple(rule) for rule in on]
    fields = list(dict.fromkeys(field for rule in rules for field in rule))
    need_columns(table, fields)
    written = {field: normalise(table[field], (how or {}).get(field, "text")) for field in fields}
    one, other = [], []
    place = np.arange(len(table))
    for rule in rules:
        keys = pd.DataFrame({field: written[field].to_numpy() for field in rule}).dropna()
        code = keys.groupby(list(rule), sort=False).ngroup()
        first = pd.Series(keys.index, index=keys.index).groupby(code).transform("min")
        one.append(keys.index.to_numpy(dtype=np.int64))
        other.append(first.to_numpy(dtype=np.int64))
    start, end = np.concatenate(one), np.concatenate(other)
    links = coo_array((np.ones(len(start)), (start, end)), shape=(len(table), len(table)))
    group = connected_components(links, directed=False)[1]
    first_place = pd.Series(place).groupby(group).transform("min").to_numpy()
    return pd.Series(table.index[first_place], index=table.index, name="same_as")


def duplicates(
    table: pd.DataFrame, on: On | None = None, *, how: Mapping[str, How] | None = None
) -> pd.DataFrame:
    """List the records that stand for somebody who is there more than once.

    Parameters
    ----------
    table : DataFrame
        One row a record.
    on : sequence of str or tuple of str, optional
        The rule, as for `same_person`; by default the same in every field, spelling included.
    how : mapping, optional
        As for `same_person`.

    Returns
    -------
    DataFrame
        The records of all who are there twice or more, each person's together, with the column
        ``same_as`` in front: the index label of the person's first record.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({"email": ["a@example.org", "b@example.org", "A@example.org"]})
    >>> duplicates(table, on=["email"], how={"email": "email"})
       same_as          email
    0        0  a@example.org
    2        0  A@example.org
    """
    need_table(table)
    if on is None:
        codes = table.groupby(list(table.columns), dropna=False, sort=False).ngroup()
        first = pd.Series(table.index, index=table.index).groupby(codes).transform("first")
    else:
        first = same_person(table, on, how=how)
    several = first[first.duplicated(keep=False)]
    order = several.map(pd.Series(range(len(table)), index=table.index)).sort_values(kind="stable")
    found = table.loc[order.index]
    found.insert(0, "same_as", several.loc[order.index])
    return found


def merge_duplicates(
    table: pd.DataFrame, on: On, *, how: Mapping[str, How] | None = None
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Join the records of each person into one, and write down what became of every value.

    Parameters
    ----------
    table : DataFrame
        One row a record. The first record of a person is kept: sort the table so that the one you
        trust most comes first.
    on, how
        The rule, as for `same_person`.

    Returns
    -------
    merged : DataFrame
        One row a person, in the order of the first records and with their index labels. Gaps of the
        first record are filled from the later ones.
    log : DataFrame
        ``row`` was joined ``into`` that row. For each joined record one line with ``what`` =
        ``joined``, and one for each field where something happened: ``gap filled``, or ``differs``
        with the value ``kept`` and the ``other`` one, which is in no field any more.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({
    ...     "email": ["li@example.org", "LI@example.org"],
    ...     "age": [None, 31],
    ...     "city": ["Bern", "Ulm"],
    ... })
    >>> merged, log = merge_duplicates(table, on=["email"], how={"email": "email"})
    >>> merged.values.tolist()
    [['li@example.org', 31.0, 'Bern']]
    >>> log[["row", "into", "field", "what"]].values.tolist()[:3]
    [[1, 0, '', 'joined'], [1, 0, 'email', 'differs'], [1, 0, 'age', 'gap filled']]
    """
    into = same_person(table, on, how=how)
    merged = table.loc[into == table.index].copy()
    lines: list[tuple[object, ...]] = []
    gaps = {field: is_missing(table[field]) for field in table.columns}
    for row in table.index[(into != table.index).to_numpy()]:
        target = into[row]
        lines.append((row, target, "", None, None, "joined"))
        for field in table.columns:
            kept: Any = merged.at[target, field]
            other: Any = table.at[row, field]
            if gaps[field].at[row]:
                continue
            if is_missing(pd.Series([kept], dtype=object)).iloc[0]:
                merged.at[target, field] = other
                lines.append((row, target, field, other, other, "gap filled"))
            elif kept != other:
                lines.append((row, target, field, kept, other, "differs"))
    return merged, pd.DataFrame(lines, columns=LOG)
