"""Which of a reader's orders count as sales; doubles and returns are named and counted."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from typing import Any

import pandas as pd

from whobuys._wording import counted
from whobuys.report._say import money_in

Money = Callable[[Any], str]
Period = tuple[pd.Timestamp, pd.Timestamp]
NO_HEADING = "Unnamed:"
"""How pandas calls a column without a heading, which is a row number and tells no rows apart."""


def is_repeated(raw: pd.DataFrame) -> pd.Series:
    """Say which rows of a file repeat an earlier one in every column.

    Parameters
    ----------
    raw : DataFrame
        The file as it was read.

    Returns
    -------
    Series of bool
        True for the second row of two that are the same, and for each one after it.
    """
    named = [column for column in raw if not str(column).startswith(NO_HEADING)]
    return raw.duplicated(subset=named)


def keep_sales(
    table: pd.DataFrame,
    repeated: pd.Series,
    file: str,
    currency: str,
    period: Period | None = None,
) -> tuple[pd.DataFrame, list[str]]:
    """Keep what was sold and not given back, and say what became of every other row.

    Parameters
    ----------
    table : DataFrame
        Order lines in our names: ``customer_id``, ``date``, ``amount``, and what else there is.
    repeated : Series of bool
        Rows that repeat another one in every column; from `is_repeated`.
    file : str
        What the file is called.
    currency : str
        Its money.
    period : pair of Timestamp, optional
        First and last day to count.

    Returns
    -------
    pair of DataFrame and list of str
        Lines with an amount above 0, each less what of it was given back, and with an
        ``order_id`` where the file has one, none if no row falls into the period; one sentence
        for each kind of row that needed a decision.

    Raises
    ------
    ValueError
        No sale is left.

    Notes
    -----
    A return is taken off the same customer's sales: of its own order where it carries that number,
    else the latest before it, of the same product where there is one. So it lessens the day of the
    sale, and never makes an order of its own. A negative quantity tells a return too.

    Of a period only its own rows meet each other: what is given back after its last day does not
    lessen a sale within it, and what is given back of an earlier sale is left out.
    """
    money = money_in(currency)
    tells_pieces = _second_would_show(table)
    table, notes = _with_signs(table, money, "in the whole file " if period else "")
    table, said = _within(table, period, money)
    notes += said
    if table.empty:
        return table, []
    kept, said = _without_doubles(table, repeated.reindex(table.index), tells_pieces, money)
    notes += said
    kept, said = _without_returns(kept, money)
    notes += said
    if kept.empty:
        raise ValueError(
            f"{file}: no sale is left to count{' in the period' if period else ''}: every amount "
            "is 0, negative or given back. What was paid must be above 0; turn the signs round if "
            "the file books it as negative."
        )
    kept, said = _with_orders(kept)
    notes += said
    if len(kept) < len(table):
        notes.append(
            f"so {len(kept):,} of {len(table):,} rows with customer, date and amount count, worth "
            f"{money(kept['amount'].sum())}"
        )
    return kept, [f"{file}: {note}." for note in notes]


def _with_signs(table: pd.DataFrame, money: Money, where: str) -> tuple[pd.DataFrame, list[str]]:
    """Let the quantity tell what was given back where the amount has no sign."""
    if "quantity" not in table.columns:
        return table, []
    back = (table["quantity"] < 0) & (table["amount"] > 0)
    if not back.any():
        return table, []
    amounts = table["amount"].mask(back, -table["amount"])
    return table.assign(amount=amounts), [
        f"{where}{_worth(table[back], money)} with a negative quantity and a positive amount: the "
        "amount was read as negative"
    ]


def _within(
    table: pd.DataFrame, period: Period | None, money: Money
) -> tuple[pd.DataFrame, list[str]]:
    """Keep the rows of a period, and say what of the file they are."""
    if period is None:
        return table, []
    start, end = period
    inside = table[table["date"].between(start, end + pd.Timedelta("1D"), "left")]
    if len(inside) == len(table):
        return table, []
    return inside, [
        f"in the whole file {_worth(table, money)} with customer, date and amount; in the period "
        f"{start:%Y-%m-%d} to {end:%Y-%m-%d} {_worth(inside, money)}. What is said of doubles, "
        "returns and orders is of the period: what was given back after it is not taken off"
    ]


def _without_doubles(
    table: pd.DataFrame, repeated: pd.Series, tells_pieces: bool, money: Money
) -> tuple[pd.DataFrame, list[str]]:
    """Leave out the doubles that are sure; the others count, with a warning."""
    notes = []
    sure = repeated & _has_number(table) & tells_pieces
    if sure.any():
        notes.append(
            f"{_worth(table[sure], money)} repeated another row in every column, the order number "
            "among them: left out as doubles. If they were bought twice, give them order numbers "
            "of their own"
        )
    open_to_doubt = repeated & ~sure
    if open_to_doubt.any():
        notes.append(
            f"{_worth(table[open_to_doubt], money)} repeated another row in every column. They "
            "count: whether they are doubles or were bought twice cannot be told "
            f"{_why_unsure(table, tells_pieces)}"
        )
    return table[~sure], notes


def _second_would_show(table: pd.DataFrame) -> bool:
    """Say if a second piece would stand there as a quantity; a till that counts none never says."""
    if not {"order_id", "product_id", "quantity"} <= set(table.columns):
        return False
    return bool((table["quantity"].abs() > 1).any())


def _why_unsure(table: pd.DataFrame, tells_pieces: bool) -> str:
    """Say what would make doubles sure, and what can be done about it."""
    needed = {
        "order_id": "an order number",
        "product_id": "a product",
        "quantity": "a number of pieces",
    }
    lacking = [column for column in needed if column not in table.columns]
    mend = "If they are doubles, take them out of the file"
    if lacking:
        named = " ".join(f"--map {column}=YOUR_COLUMN" for column in lacking)
        whats = [needed[column] for column in lacking]
        said = " and ".join([", ".join(whats[:-1]), whats[-1]] if whats[1:] else whats)
        return f"without {said}. {mend}, or name the column if there is one: {named}"
    if not tells_pieces:
        return f"where no row is of more than one piece: each piece may be a row. {mend}"
    return f"where the order number is empty. {mend}"


def _has_number(table: pd.DataFrame) -> pd.Series:
    if "order_id" not in table.columns:
        return pd.Series(False, index=table.index)
    return table["order_id"] != ""


def _without_returns(table: pd.DataFrame, money: Money) -> tuple[pd.DataFrame, list[str]]:
    """Take what was given back off the sales, and leave out rows without money."""
    notes = []
    nothing, back = table["amount"] == 0, table["amount"] < 0
    if nothing.any():
        notes.append(f"{counted(int(nothing.sum()), 'row')} with an amount of 0 left out")
    if not back.any():
        return table[~nothing], notes
    left = _less_returns(table)
    matched, unmatched = (left - table["amount"])[back].sum(), -left[back].sum()
    said = []
    if matched > 0:
        alike = " of the same product" if "product_id" in table.columns else ""
        undone = int((~nothing & ~back & (left == 0)).sum())
        said.append(
            f"{money(matched)} was taken off the same customer's latest sales{alike} before them, "
            f"and {counted(undone, 'sale')} given back whole no longer count"
        )
    if unmatched > 0:
        said.append(f"{money(unmatched)} has no such sale before it and is left out")
    notes.append(
        f"{_worth(table[back], money)} with a negative amount read as returns: {'; '.join(said)}. "
        "To let the sales stand whole, take these rows out of the file"
    )
    share = (left / table["amount"].where(~nothing & ~back)).fillna(1.0)
    table = table.assign(amount=left)
    if "quantity" in table.columns:
        table["quantity"] = table["quantity"] * share
    return table[left > 0], notes


def _less_returns(table: pd.DataFrame) -> pd.Series:
    """Return each sale less what was given back of it; a return keeps what matches no sale."""
    concerned = table["customer_id"].isin(table.loc[table["amount"] < 0, "customer_id"])
    lines = table[concerned].assign(back=table["amount"] < 0)
    lines = lines.sort_values(["date", "back"], kind="stable")
    left = lines["amount"].round(6).to_dict()
    product = [column for column in ("product_id",) if column in table.columns]
    if "order_id" in table.columns:
        numbered = lines[lines["order_id"] != ""]
        # of one order: first the same product, then any, as a voucher is a line of its own
        _take_off(left, numbered, ["customer_id", "order_id", *product])
        _take_off(left, numbered, ["customer_id", "order_id"])
    _take_off(left, lines, ["customer_id", *product])
    amounts: pd.Series = table["amount"].copy()
    amounts.update(pd.Series(left, dtype=float))
    return amounts


def _take_off(left: dict, lines: pd.DataFrame, keys: list[str]) -> None:
    """Take each return off the latest sales before it that have the same keys."""
    sales: dict[tuple, list] = defaultdict(list)
    for place, *named in zip(lines.index, *(lines[key] for key in keys), strict=True):
        open_sales = sales[tuple(named)]
        if left[place] > 0:
            open_sales.append(place)
        while left[place] < 0 and open_sales:
            part = min(left[open_sales[-1]], -left[place])
            left[place] = round(left[place] + part, 6)
            left[open_sales[-1]] = round(left[open_sales[-1]] - part, 6)
            if left[open_sales[-1]] == 0:
                open_sales.pop()


def _worth(rows: pd.DataFrame, money: Money) -> str:
    return f"{counted(len(rows), 'row')} ({money(rows['amount'].sum())})"


def _with_orders(table: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    """Put a day where a row has no order number, and say that one day makes one order."""
    if "order_id" in table.columns:
        lacks = ~_has_number(table)
        if not lacks.any():
            return table, []
        days = table["customer_id"].astype(str) + table["date"].dt.strftime(" on %Y-%m-%d")
        table = table.assign(order_id=table["order_id"].mask(lacks, days))
        return table, [
            f"{counted(int(lacks.sum()), 'row')} without an order number: what a customer bought "
            "on one day counts as one order there"
        ]
    orders = len(table.drop_duplicates(["customer_id", "date"]))
    make = "makes" if len(table) == 1 else "make"
    return table, [
        "no column for the order number: what a customer bought on one day counts as one order "
        f"({counted(len(table), 'row')} {make} {counted(orders, 'order')}). If there is one, name "
        "it: --map order_id=YOUR_COLUMN"
    ]
