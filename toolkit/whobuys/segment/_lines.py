"""Check a table of transactions once, so that every function gives the same errors."""

from __future__ import annotations

import warnings
from collections.abc import Hashable
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from whobuys._wording import FIRST as FIRST_ROWS
from whobuys._wording import counted, first_few


@dataclass(frozen=True)
class Lines:
    """Checked transaction lines; row ``i`` of every array is the same line.

    Lines without a customer id are gone. ``code`` counts the customers 0, 1, ... in the
    order of ``ids``. A line is a purchase when its amount is zero or more.
    """

    ids: pd.Index
    code: NDArray[np.int64]
    row: NDArray[np.int64]
    day: NDArray[np.datetime64]
    amount: NDArray[np.float64]
    order: NDArray[np.int64]
    rows_read: int

    @property
    def is_purchase(self) -> NDArray[np.bool_]:
        """True for a line that is a purchase, False for a refund."""
        return self.amount >= 0

    @property
    def is_buyer(self) -> NDArray[np.bool_]:
        """One flag a customer: True with at least one purchase."""
        return np.bincount(self.code[self.is_purchase], minlength=len(self.ids)) > 0

    def left_out(self) -> dict[str, Any]:
        """Say what was left out: lines without an id, customers with refunds only."""
        missing = self.rows_read - len(self.code)
        return {
            "rows_without_customer": missing,
            "share_without_customer": missing / self.rows_read,
            "refund_only_customers": self.ids[~self.is_buyer].tolist(),
        }

    def warn(self, stacklevel: int) -> dict[str, Any]:
        """Give one warning when anything was left out, and return the account of it."""
        account = self.left_out()
        warn_left_out(account, self.rows_read, stacklevel=stacklevel + 1)
        return account


def warn_left_out(account: dict[str, Any], rows_read: int, *, stacklevel: int) -> None:
    """Give one warning when anything was left out."""
    said = []
    if missing := account["rows_without_customer"]:
        said.append(
            f"{counted(missing, 'row')} of {rows_read:,} "
            f"({account['share_without_customer']:.1%}) "
            f"without a customer id {'was' if missing == 1 else 'were'} left out"
        )
    if refunds := account["refund_only_customers"]:
        said.append(
            f"{counted(len(refunds), 'customer')} with refunds only "
            f"{'was' if len(refunds) == 1 else 'were'} left out ({first_few(refunds)})"
        )
    if said:
        warnings.warn("; ".join(said) + ".", UserWarning, stacklevel=stacklevel + 1)


def read_lines(
    transactions: pd.DataFrame,
    *,
    customer: str,
    amount: str,
    date: str | None = None,
    order: str | None = None,
    currency: str | None = None,
    as_of: pd.Timestamp | None = None,
) -> Lines:
    """Check the named columns and return them as arrays, without the lines that have no id.

    Parameters
    ----------
    transactions : DataFrame
        One row a line.
    customer, amount, date : str
        Column names. Without `date` the days are not read.
    order : str, optional
        Column with the order's id; None takes "order_id" when it is there, else the days.
    currency : str, optional
        Column that must hold one value only, where it exists.
    as_of : Timestamp, optional
        No date may lie after this day.
    """
    wanted = {"customer": customer, "date": date, "amount": amount, "order": order}
    require_columns(transactions, {k: v for k, v in wanted.items() if v is not None})
    require_rows(transactions)
    if currency is not None and currency != "currency":
        require_columns(transactions, {"currency": currency})

    code, ids = factorize_ids(transactions[customer])
    row = np.flatnonzero(code >= 0)
    if row.size == 0:
        raise ValueError(
            f'No row of transactions has a customer id: column "{customer}" is empty in all '
            f"{len(transactions):,}. Name the column that says who bought (customer=...)."
        )
    complete = row.size == len(transactions)
    kept = transactions if complete else transactions.iloc[row]
    code = code[row]

    if currency is not None and currency in transactions.columns:
        _one_currency(kept[currency])
    paid = numbers(kept[amount], name=amount, table="transactions")
    if date is None:
        day = np.empty(0, dtype="datetime64[D]")
    else:
        day = _days(kept[date], name=date)
        if as_of is not None:
            _not_after(day, as_of, name=date)
    order = order or ("order_id" if "order_id" in transactions.columns else None)
    return Lines(
        ids=ids,
        code=code,
        row=row,
        day=day,
        amount=paid,
        order=_order_codes(kept, order, date, day, paid >= 0),
        rows_read=len(transactions),
    )


def require_columns(
    frame: pd.DataFrame, columns: dict[str, str], table: str = "transactions", *, rows: bool = False
) -> None:
    """Raise one error naming every missing column, what is there, and the nearest.

    With `rows` a table without any is an error as well.
    """
    if not isinstance(frame, pd.DataFrame):
        raise TypeError(f"{table} must be a pandas DataFrame, not {type(frame).__name__}.")
    check_names([str(column) for column in frame.columns], columns, table)
    if rows:
        require_rows(frame, table)


def require_rows(frame: pd.DataFrame | pd.Series, table: str = "transactions") -> None:
    """Refuse what has no rows: most often a filter that compared a number with a text."""
    if not len(frame):
        raise ValueError(f"{table} has no rows. Check the file or the filter that made this table.")


def check_names(there: list[str], columns: dict[str, str], table: str) -> None:
    """Raise one error naming every missing column, what is there, and the nearest."""
    missing = {name: column for name, column in columns.items() if str(column) not in there}
    if missing:
        parts = []
        for column in missing.values():
            near = get_close_matches(str(column).lower(), [c.lower() for c in there], n=1)
            hint = next((c for c in there if near and c.lower() == near[0]), None)
            parts.append(f'"{column}"' + (f' (nearest: "{hint}")' if hint else ""))
        name, column = next(iter(missing.items()))
        mend = (
            f'Rename the column, or name yours: {name}="...".'
            if name != column
            else "Add or rename it."
        )
        raise ValueError(
            f"{table} has no column {', '.join(parts)}. It has: {', '.join(there)}. {mend}"
        )
    for column in columns.values():
        if there.count(str(column)) > 1:
            raise ValueError(
                f'{table} has {there.count(str(column))} columns named "{column}". Keep one.'
            )


def read_as_of(as_of: object) -> pd.Timestamp:
    """Return the as-of day at midnight, or say what is wrong with it."""
    mend = 'Give the day the list is drawn, such as as_of="2026-06-30".'
    if as_of is None:
        raise ValueError(f"as_of is None. {mend}")
    if isinstance(as_of, (bool, int, float, np.number)):
        raise ValueError(f"as_of must be a day, not the number {as_of!r}. {mend}")
    try:
        stamp = pd.Timestamp(as_of)  # type: ignore[arg-type]
    except (ValueError, TypeError):
        raise ValueError(f"as_of={as_of!r} is not a date. {mend}") from None
    if pd.isna(stamp):
        raise ValueError(f"as_of is missing (NaT). {mend}")
    return stamp.tz_localize(None).normalize()


def factorize_ids(ids: pd.Series) -> tuple[NDArray[np.int64], pd.Index]:
    """Code the ids 0, 1, ... in sorted order; a missing or blank id is -1."""
    if isinstance(ids.dtype, pd.CategoricalDtype):
        ids = ids.astype(ids.cat.categories.dtype)
    try:
        codes, found = pd.factorize(ids, sort=True)
    except TypeError:
        raise ValueError(
            f'Column "{ids.name}" mixes kinds of ids that cannot be sorted. '
            f'Make them text: .astype({{"{ids.name}": str}}).'
        ) from None
    unique = pd.Index(found)
    code = codes.astype(np.int64, copy=False)
    blank = np.array([isinstance(i, str) and not i.strip() for i in unique.tolist()], dtype=bool)
    if blank.any():
        new = np.append(np.where(blank, -1, np.cumsum(~blank) - 1), -1)
        code, unique = new[code], unique[~blank]
    return code, unique


def numbers(values: pd.Series, *, name: Hashable, table: str) -> NDArray[np.float64]:
    """Return a column as floats; text, missing or infinite values are an error."""
    if values.dtype == object and pd.api.types.infer_dtype(values, skipna=True) == "decimal":
        values = values.astype(float)
    is_number = pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values)
    if not is_number or pd.api.types.is_complex_dtype(values):
        example = next(iter(values.dropna()), None)
        raise ValueError(
            f'Column "{name}" of {table} does not hold numbers (for instance {example!r}). '
            f'Turn it into numbers first: pd.to_numeric({table}["{name}"]).'
        )
    array = values.to_numpy(dtype=np.float64, na_value=np.nan)
    bad = ~np.isfinite(array)
    if bad.any():
        _missing(values, bad, name=name, table=table, what="a missing or infinite value")
    return array


def _missing(
    values: pd.Series, bad: NDArray[np.bool_], *, name: Hashable, table: str, what: str
) -> None:
    rows = first_few(values.index[bad][: FIRST_ROWS + 1])
    raise ValueError(
        f'Column "{name}" of {table} has {what} in {counted(int(bad.sum()), "row")} of '
        f"{len(values):,} (index {rows}). Mend or drop these rows first."
    )


def _days(values: pd.Series, *, name: str) -> NDArray[np.datetime64]:
    dates = values
    if values.dtype == object and pd.api.types.infer_dtype(values, skipna=True) in (
        "date",
        "datetime",
    ):
        dates = pd.to_datetime(values)
    if not pd.api.types.is_datetime64_any_dtype(dates):
        example = next(iter(values.dropna()), None)
        raise ValueError(
            f'Column "{name}" of transactions does not hold dates (for instance {example!r}). '
            f'Turn it into dates first: pd.to_datetime(transactions["{name}"]).'
        )
    if isinstance(dates.dtype, pd.DatetimeTZDtype):
        dates = dates.dt.tz_localize(None)
    day = dates.to_numpy().astype("datetime64[D]")
    bad = np.isnat(day)
    if bad.any():
        _missing(values, bad, name=name, table="transactions", what="no date")
    return day


def _not_after(day: NDArray[np.datetime64], as_of: pd.Timestamp, *, name: str) -> None:
    late = day > np.datetime64(as_of, "D")
    if late.any():
        raise ValueError(
            f'Column "{name}" of transactions has {counted(int(late.sum()), "date")} of '
            f"{len(day):,} after as_of={as_of:%Y-%m-%d}; the latest is {day.max()}. Choose a later "
            f'as_of, or keep only what was known then: transactions[transactions["{name}"] <= '
            f'"{as_of:%Y-%m-%d}"].'
        )


def _one_currency(values: pd.Series) -> None:
    if values.nunique(dropna=False) > 1:
        counts = values.astype(object).where(values.notna(), "missing").value_counts()
        raise one_currency_error(values.name, dict(counts), "transactions")


def one_currency_error(name: Hashable, counts: dict[Any, int], table: str) -> ValueError:
    """Say which currencies are mixed, the most frequent first."""
    ranked = sorted(counts.items(), key=lambda pair: -pair[1])
    shown = ", ".join(f"{coin} ({counted(int(n), 'row')})" for coin, n in ranked)
    return ValueError(
        f'Column "{name}" of {table} mixes currencies: {shown}. '
        "Convert the amounts to one currency, or keep one, before adding them up."
    )


def _order_codes(
    frame: pd.DataFrame,
    order: str | None,
    date: str | None,
    day: NDArray[np.datetime64],
    purchase: NDArray[np.bool_],
) -> NDArray[np.int64]:
    if order is None or order == date:
        return day.astype(np.int64)
    codes = pd.factorize(frame[order])[0].astype(np.int64, copy=False)
    bad = (codes < 0) & purchase
    if bad.any():
        _missing(frame[order], bad, name=order, table="transactions", what="no order id")
    return codes
