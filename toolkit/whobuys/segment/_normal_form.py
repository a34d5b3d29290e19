"""One record a customer, and every scheme of classes as a view of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.resources import files

import pandas as pd

from whobuys.segment._band import band
from whobuys.segment._lines import counted, first_few, require_columns
from whobuys.segment._rules import Rule, classify, memberships

STATUSES = ("prospect", "rival's", "new", "active", "reactivated", "at risk", "dormant", "lost")
LEVELS = ("low", "medium", "high")
NORMAL = ["status", "current_value", "potential_value", "need_class", "segment_code"]


def _csv(name: str) -> pd.DataFrame:
    with (files("whobuys.segment") / name).open(encoding="utf-8") as file:
        return pd.read_csv(file)


SCHEMES: pd.DataFrame = _csv("schemes.csv")
"""The class schemes in use: ``scheme``, ``classes``, ``used_by``, ``dimensions``, ``fault``."""
SCHEME_RULES: pd.DataFrame = _csv("scheme_rules.csv")
"""The condition of every class of every scheme, on the columns of `normal_form` and others."""


def normal_form(
    table: pd.DataFrame,
    *,
    status: str = "status",
    current_value: str = "current_value",
    potential_value: str = "potential_value",
    need_class: str | None = None,
    segment_code: str | None = None,
    edges: Mapping[str, Sequence[float]] | None = None,
    customer: str = "customer_id",
) -> pd.DataFrame:
    """Keep status, current value, potential value, need and code of a customer apart.

    Parameters
    ----------
    table : DataFrame
        One row a customer.
    status : str
        Column with one of `STATUSES`, such as `lifecycle_state` gives in ``state``.
    current_value, potential_value : str
        Columns with the bands low, medium, high, or with numbers and two edges in `edges`.
    need_class, segment_code : str, optional
        Columns of the need and of the code; without them they are missing.
    edges : mapping of str to sequence of float, optional
        For ``current_value`` and ``potential_value``: two inner edges. A value on an edge belongs
        to the band above it (see `band`).
    customer : str
        Column of the customers' ids, each once.

    Returns
    -------
    DataFrame
        The customer, ``status`` (text), ``current_value`` and ``potential_value`` (ordered
        categories low, medium, high), ``need_class`` and ``segment_code``. Missing stays missing.

    Raises
    ------
    ValueError
        A column is missing, a customer comes twice, a status or a band is unknown.

    Notes
    -----
    The schemes in use mix these dimensions into one list (see `SCHEMES`). Kept apart, each is
    exclusive and complete by itself, and `as_scheme` gives any of the lists back.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({"customer_id": ["A", "B"], "state": ["active", "lost"],
    ...                       "margin": [60.0, 900.0], "balance": [90000.0, 10.0]})
    >>> normal_form(table, status="state", current_value="margin", potential_value="balance",
    ...             edges={"current_value": [50, 500], "potential_value": [5000, 50000]}
    ...     ).iloc[:, :4]
      customer_id  status current_value potential_value
    0           A  active        medium            high
    1           B    lost          high             low
    """
    named = {"customer": customer, "status": status}
    named |= {"current_value": current_value, "potential_value": potential_value}
    named |= {k: v for k, v in (("need_class", need_class), ("segment_code", segment_code)) if v}
    require_columns(table, named, table="table")
    ids = table[customer]
    if ids.isna().any() or ids.duplicated().any():
        raise ValueError(
            f'Column "{customer}" of table must name each customer once; '
            f"{counted(int(ids.isna().sum()), 'row')} without, "
            f"{counted(int(ids.duplicated().sum()), 'row')} again "
            f"({first_few(ids[ids.duplicated()].tolist())})."
        )
    found = table[status].dropna().astype(str)
    if strange := sorted(set(found) - set(STATUSES)):
        raise ValueError(
            f'Column "{status}" of table holds {first_few(strange)}. A status is one of: '
            f"{', '.join(STATUSES)}."
        )
    cuts = dict(edges or {})
    if lost := sorted(set(cuts) - {"current_value", "potential_value"}):
        raise ValueError(f"edges has {first_few(lost)}; it takes current_value, potential_value.")
    made = {
        customer: ids,
        "status": table[status].astype("str"),
        "current_value": _level(table[current_value], cuts.get("current_value")),
        "potential_value": _level(table[potential_value], cuts.get("potential_value")),
    }
    for name, column in (("need_class", need_class), ("segment_code", segment_code)):
        given = table[column] if column else pd.Series(None, index=table.index, dtype="str")
        made[name] = given.astype("str")
    return pd.DataFrame(made, index=table.index)


def as_scheme(normal: pd.DataFrame, scheme: str, *, customer: str = "customer_id") -> pd.DataFrame:
    """Show customers by one of the class schemes in use.

    Parameters
    ----------
    normal : DataFrame
        From `normal_form`; further columns where the scheme needs them (the error names them).
    scheme : str
        A name in `SCHEMES`.
    customer : str
        Column of the customers' ids.

    Returns
    -------
    DataFrame
        The customer, ``scheme``, ``class`` (missing where the scheme has no place for somebody, or
        a missing value leaves it open), and ``also`` (other classes of the scheme the customer
        falls in; empty text for none). A class is never shown without its scheme.

    Raises
    ------
    ValueError
        The scheme is unknown, or `normal` lacks a column it needs.

    Notes
    -----
    Where classes overlap, the first in the order of the scheme is ``class``.

    Examples
    --------
    >>> import pandas as pd
    >>> normal = pd.DataFrame({"customer_id": ["A", "B"], "status": ["active", "lost"],
    ...                        "current_value": ["medium", "high"], "potential_value": "high"})
    >>> as_scheme(normal, "four-tiers")
      customer_id      scheme       class       also
    0           A  four-tiers    ordinary  potential
    1           B  four-tiers  high-value       lost
    """
    rows = SCHEME_RULES[SCHEME_RULES["scheme"] == scheme]
    if rows.empty:
        raise ValueError(
            f"There is no scheme {scheme!r}. There are: {', '.join(SCHEMES['scheme'])}."
        )
    rules = [Rule(row["class"], row["condition"]) for row in rows.to_dict("records")]
    needed = [customer, *dict.fromkeys(name for rule in rules for name in rule.columns)]
    if lacking := [name for name in needed if name not in normal.columns]:
        raise ValueError(
            f'The scheme "{scheme}" needs {", ".join(lacking)}, which normal does not have. '
            f"It has: {', '.join(map(str, normal.columns))}."
        )
    member = memberships(normal, rules).fillna(False).to_numpy(bool)
    found = classify(normal, rules, first=True)
    names = [rule.name for rule in rules]
    also = [
        ", ".join(name for name, held in zip(names, flags, strict=True) if held and name != own)
        for flags, own in zip(member, found, strict=True)
    ]
    return pd.DataFrame(
        {customer: normal[customer], "scheme": scheme, "class": found, "also": also},
        index=normal.index,
    )


def _level(values: pd.Series, edges: Sequence[float] | None) -> pd.Series:
    if edges is not None:
        return band(values, edges=edges, labels=LEVELS)
    strange = sorted({str(v) for v in values.dropna()} - set(LEVELS))
    if strange:
        raise ValueError(
            f'Column "{values.name}" of table holds {first_few(strange)}, not low, medium, high. '
            f"For numbers give two edges: edges={{...: [50, 500]}}."
        )
    return values.astype(pd.CategoricalDtype(list(LEVELS), ordered=True))
