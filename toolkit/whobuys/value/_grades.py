"""Grades by value: ABC(D) with the scheme's name, two-by-two, bank tiers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.resources import files
from typing import Any, Literal

import numpy as np
import pandas as pd

from whobuys.segment._lines import numbers, require_columns
from whobuys.value._values import amounts, same_index, share

with (files("whobuys.value") / "value_matrix.csv").open(encoding="utf-8") as _file:
    VALUE_MATRIX: pd.DataFrame = pd.read_csv(_file)


def abc_grades(
    values: Any,
    *,
    scheme: str,
    cuts: Sequence[float] = (0.8, 0.95),
    labels: Sequence[str] = ("A", "B", "C"),
    losses: str | None = None,
    base: Literal["total", "gains"] = "total",
) -> pd.DataFrame:
    """Grade customers by their part in the total, from the best down.

    Parameters
    ----------
    values : Series or array-like
        Money a customer, indexed by customer.
    scheme : str
        What the grades grade by, such as "profit contribution". There is no default: a letter
        without its scheme says nothing, and every grade carries it.
    cuts : sequence of float
        Cumulated shares of the total where the grade changes, rising, each above 0 and below 1.
        The customer who crosses a cut still has the better grade.
    labels : sequence of str
        One grade more than cuts, the best first.
    losses : str, optional
        Another grade, for customers whose value is 0 or less. By default they get the last label.
    base : {"total", "gains"}
        Shares of the net total, or of the sum of the values above 0.

    Returns
    -------
    DataFrame
        One row a customer, indexed and ordered as `values`: ``value``; ``share``; ``cumulated``,
        the share of all customers at least as good; ``grade``, such as "A (profit contribution)",
        an ordered category, the best first; ``scheme``.

    Raises
    ------
    ValueError
        The scheme has no name, cuts and labels do not go together, a value is missing, or the base
        is not above 0.

    Notes
    -----
    ABC grading comes from stock keeping (Dickie, 1951). About 80, 15 and 5 % of the profit is
    usual, not a law. Equal values get equal grades, whatever the order of the rows.

    Examples
    --------
    >>> import pandas as pd
    >>> profit = pd.Series([70, 15, 10, 5, -2], index=list("pqrst"))
    >>> abc_grades(profit, scheme="profit", losses="D")["grade"].tolist()
    ['A (profit)', 'A (profit)', 'B (profit)', 'C (profit)', 'D (profit)']
    """
    money = amounts(values)
    name = _scheme(scheme)
    edges = [float(cut) for cut in cuts]
    for cut in edges:
        share(cut, "Each of the cuts", one=False)
    if edges != sorted(set(edges)):
        raise ValueError(f"cuts must rise, not {list(cuts)}.")
    names = [*labels] + ([losses] if losses is not None else [])
    if len(labels) != len(edges) + 1 or len(set(names)) < len(names):
        raise ValueError(
            f"{len(edges)} cuts need {len(edges) + 1} different labels, not {', '.join(names)}."
        )
    if base not in ("total", "gains"):
        raise ValueError(f'base must be "total" or "gains", not {base!r}.')
    whole = money.sum() if base == "total" else money.clip(lower=0).sum()
    if whole <= 0:
        raise ValueError(
            f"The values add up to {whole:,.2f}; shares need a total above 0. With heavy losses "
            'use base="gains".'
        )
    array = money.to_numpy()
    distinct, place, count = np.unique(-array, return_inverse=True, return_counts=True)
    upto = np.cumsum(-distinct * count)
    before = np.r_[0.0, np.maximum.accumulate(upto)[:-1]] / whole
    level = np.searchsorted(np.array(edges) - 1e-12, before, side="right")[place]
    if losses is not None:
        level = np.where(array <= 0, len(edges) + 1, level)
    full = [f"{label} ({name})" for label in names]
    return pd.DataFrame(
        {
            "value": array,
            "share": array / whole,
            "cumulated": (upto / whole)[place],
            "grade": _category(level, full),
            "scheme": name,
        },
        index=money.index,
    )


def grade_summary(grades: pd.DataFrame) -> pd.DataFrame:
    """Sum up grades: how many customers, how much value, what a customer brings.

    Parameters
    ----------
    grades : DataFrame
        As `abc_grades` or `bank_tiers` gives: ``grade`` and ``value``.

    Returns
    -------
    DataFrame
        One row a grade, the best first, empty ones too: ``grade``, ``customers``,
        ``customer_share``, ``value``, ``value_share``, ``value_each`` (missing where there is
        nobody).

    Raises
    ------
    ValueError
        A column is missing, or there are no rows.

    Examples
    --------
    >>> grades = abc_grades([80, 15, 5], scheme="profit")
    >>> grade_summary(grades)[["grade", "customers", "value_share"]]
            grade  customers  value_share
    0  A (profit)          1         0.80
    1  B (profit)          1         0.15
    2  C (profit)          1         0.05
    """
    require_columns(grades, {"grade": "grade", "value": "value"}, "grades")
    if grades.empty:
        raise ValueError("grades has no rows, so there is nothing to sum up.")
    by = grades.groupby("grade", observed=False)["value"]
    table = pd.DataFrame({"customers": by.size(), "value": by.sum()}).reset_index()
    table["customer_share"] = table["customers"] / table["customers"].sum()
    table["value_share"] = table["value"] / table["value"].sum()
    table["value_each"] = table["value"] / table["customers"].where(table["customers"] > 0)
    order = ["grade", "customers", "customer_share", "value", "value_share", "value_each"]
    return table[order]


def value_matrix(
    current: pd.Series,
    potential: pd.Series,
    *,
    current_cut: float | None = None,
    potential_cut: float | None = None,
) -> pd.DataFrame:
    """Put customers into the two-by-two of current and potential value.

    Parameters
    ----------
    current, potential : Series
        Money a customer now and still to come, with the same index.
    current_cut, potential_cut : float, optional
        From here a value is high; by default the median. Not the mean: a few large customers would
        leave nearly everybody low.

    Returns
    -------
    DataFrame
        One row a customer, indexed as the inputs: ``current``, ``potential``, ``cell`` (an ordered
        category: keep, develop, maintain, serve simply) and ``rule``, what to do in it, from
        `VALUE_MATRIX`. ``attrs["cuts"]`` holds the two cuts.

    Raises
    ------
    ValueError
        The inputs are not of the same customers, or a value is missing.

    Notes
    -----
    Grading by present and future value leaves letters unclear: some write "C" for what others call
    the core. So the cells here have names, and all four of them. In "serve simply" what is cut is
    cost, not courtesy. Tiers by value: Zeithaml, Rust and Lemon (2001), "The customer pyramid",
    California Management Review 43(4).

    Examples
    --------
    >>> import pandas as pd
    >>> now, later = pd.Series([90, 80, 5, 3]), pd.Series([70, 10, 60, 2])
    >>> value_matrix(now, later)["cell"].tolist()
    ['keep', 'maintain', 'develop', 'serve simply']
    """
    now, later = amounts(current, "current"), amounts(potential, "potential")
    same_index({"current": now, "potential": later})
    cuts = {
        "current": float(now.median() if current_cut is None else current_cut),
        "potential": float(later.median() if potential_cut is None else potential_cut),
    }
    high_now, high_later = now >= cuts["current"], later >= cuts["potential"]
    code = np.select(
        [high_now & high_later, ~high_now & high_later, high_now & ~high_later], [0, 1, 2], 3
    )
    table = pd.DataFrame(
        {
            "current": now,
            "potential": later,
            "cell": _category(code, VALUE_MATRIX["cell"].tolist()),
            "rule": VALUE_MATRIX["rule"].to_numpy()[code],
        },
        index=now.index,
    )
    table.attrs["cuts"] = cuts
    return table


def matrix_counts(matrix: pd.DataFrame) -> pd.DataFrame:
    """Count the customers and the money in each cell of the two-by-two.

    Parameters
    ----------
    matrix : DataFrame
        As `value_matrix` gives.

    Returns
    -------
    DataFrame
        One row a cell, all four of them: ``cell``, ``customers``, ``customer_share``, ``current``
        and ``potential`` (sums), ``rule``.

    Raises
    ------
    ValueError
        A column is missing.

    Examples
    --------
    >>> import pandas as pd
    >>> matrix = value_matrix(pd.Series([90, 80, 5]), pd.Series([70, 10, 60]))
    >>> matrix_counts(matrix)["customers"].tolist()
    [1, 1, 1, 0]
    """
    wanted = {name: name for name in ("cell", "current", "potential")}
    require_columns(matrix, wanted, "matrix")
    by = matrix.groupby("cell", observed=False)
    table = by[["current", "potential"]].sum()
    table.insert(0, "customers", by.size())
    table.insert(1, "customer_share", table["customers"] / len(matrix))
    table = table.reindex(VALUE_MATRIX["cell"].tolist()).reset_index(names="cell")
    return table.assign(rule=VALUE_MATRIX["rule"])


def bank_tiers(
    accounts: pd.DataFrame,
    *,
    rates: Mapping[str, float] | None = None,
    cuts: Sequence[float] = (0.5, 0.8),
    potential: pd.Series | None = None,
    customer: str = "customer_id",
) -> pd.DataFrame:
    """Tier a bank's customers by what their balances bring, and keep potential apart.

    Parameters
    ----------
    accounts : DataFrame
        One row a customer with a column for each kind of balance.
    rates : mapping, optional
        Balance column to what it brings a year, as a share. By default ``deposits`` 1.0 %,
        ``loans`` 2.0 %, ``investments`` 0.6 %: an example, put your own.
    cuts : sequence of float
        Two shares of customers, counted from the lowest: below the first low, up to the second
        medium, above it high.
    potential : Series, optional
        Money to come, indexed as `accounts`; each tier is then split in low and high potential at
        the median.
    customer : str
        Column with the customer.

    Returns
    -------
    DataFrame
        One row a customer: the customer, ``value`` (money a year), ``grade`` such as "high value
        (bank balances)", an ordered category with the best first, ``scheme``, and
        ``high_potential`` where `potential` is given.

    Raises
    ------
    ValueError
        A column is missing, a balance is below 0 or missing, or cuts are not two rising shares.

    Notes
    -----
    A common scheme calls customers "high value" who have large balances *and* great potential, and
    so has no place for the small ones who grow. Here the two are two columns.

    Examples
    --------
    >>> import pandas as pd
    >>> accounts = pd.DataFrame({
    ...     "customer_id": ["A", "B", "C"], "deposits": [500.0, 9000.0, 0.0],
    ...     "loans": [0.0, 150000.0, 2000.0], "investments": [0.0, 0.0, 0.0],
    ... })
    >>> bank_tiers(accounts)["grade"].tolist()
    ['low value (bank balances)', 'high value (bank balances)', 'medium value (bank balances)']
    """
    brings = dict(rates or {"deposits": 0.010, "loans": 0.020, "investments": 0.006})
    require_columns(accounts, {customer: customer} | {name: name for name in brings}, "accounts")
    edges = [share(cut, "Each of the cuts", one=False) for cut in cuts]
    if len(edges) != 2 or edges[0] >= edges[1]:
        raise ValueError(f"cuts must be two rising shares, not {list(cuts)}.")
    value = pd.Series(0.0, index=accounts.index)
    for name, rate in brings.items():
        held = pd.Series(
            numbers(accounts[name], name=name, table="accounts"), index=accounts.index, name=name
        )
        value = value + amounts(held, "accounts", least=0.0) * float(rate)
    rank = value.rank(method="max", pct=True)
    code = np.select([rank > edges[1], rank > edges[0]], [0, 1], 2)
    names = [f"{level} value (bank balances)" for level in ("high", "medium", "low")]
    table = pd.DataFrame(
        {
            customer: accounts[customer],
            "value": value,
            "grade": _category(code, names),
            "scheme": "bank balances",
        }
    )
    if potential is not None:
        ahead = amounts(potential, "potential")
        same_index({"accounts": value, "potential": ahead})
        table["high_potential"] = ahead >= ahead.median()
    return table


def _category(code: Any, names: list[str]) -> Any:
    """Return codes as an ordered category, the best first."""
    codes = np.asarray(code, dtype=np.int64)
    return pd.Categorical.from_codes(codes, categories=pd.Index(names), ordered=True)


def _scheme(scheme: object) -> str:
    if not isinstance(scheme, str) or not scheme.strip():
        raise ValueError(
            'scheme must name what the grades grade by, such as "profit contribution": a letter '
            "alone says nothing."
        )
    return scheme.strip()
