"""The archive card: one customer on one page."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

import pandas as pd

from whobuys.archive._table import need_columns, need_table


@dataclass(frozen=True, eq=False, repr=False)
class ArchiveCard:
    """One customer's record. Made by `archive_card`.

    Attributes
    ----------
    customer_id : str
        Whose card it is.
    basics : Series
        The fields of the customer's own row.
    purchases, contacts : DataFrame
        The customer's rows, the latest first.
    """

    customer_id: str
    basics: pd.Series
    purchases: pd.DataFrame
    contacts: pd.DataFrame

    def __repr__(self) -> str:
        return "\n\n".join(
            [
                f"Archive card {self.customer_id}",
                f"Basics\n{self._basics().to_string(header=False)}",
                f"{self._head('Purchases', self.purchases)}\n{_rows(self.purchases)}",
                f"{self._head('Contacts', self.contacts)}\n{_rows(self.contacts)}",
            ]
        )

    def _repr_html_(self) -> str:
        basics = self._basics().to_frame().to_html(header=False, border=0)
        parts = [f"<h4>Archive card {escape(self.customer_id)}</h4><h5>Basics</h5>{basics}"]
        for name, table in (("Purchases", self.purchases), ("Contacts", self.contacts)):
            parts.append(f"<h5>{escape(self._head(name, table))}</h5>")
            if len(table):
                parts.append(table.head(SHOWN).to_html(index=False, border=0, justify="left"))
        return "".join(parts)

    def _basics(self) -> pd.Series:
        def written(value: object) -> str:
            if pd.isna(value):  # type: ignore[call-overload]
                return "not known"
            if isinstance(value, pd.Timestamp):
                return f"{value:%Y-%m-%d}"
            return str(value)

        return self.basics.map(written)

    @staticmethod
    def _head(name: str, table: pd.DataFrame) -> str:
        last = f", the last {SHOWN} shown" if len(table) > SHOWN else ""
        return f"{name}: {len(table):,}{last}" if len(table) else f"{name}: none"


SHOWN = 5


def archive_card(
    customer_id: str,
    basics: pd.DataFrame,
    purchases: pd.DataFrame,
    contacts: pd.DataFrame,
    *,
    key: str = "customer_id",
) -> ArchiveCard:
    """Put the three record types of one customer on one card.

    Parameters
    ----------
    customer_id : str
        Whose card.
    basics : DataFrame
        One row a customer.
    purchases, contacts : DataFrame
        One row a purchase (or line), one row a contact. Those with a column of dates are sorted by
        the first such column, the latest on top.
    key : str
        The column that names the customer in all three.

    Returns
    -------
    ArchiveCard
        Shown as HTML in a notebook, as text elsewhere.

    Raises
    ------
    ValueError
        A table lacks the key, or `basics` has no row or several for this customer.

    Examples
    --------
    >>> import pandas as pd
    >>> basics = pd.DataFrame({"customer_id": ["C1"], "city": ["Bern"]})
    >>> purchases = pd.DataFrame({"customer_id": ["C1", "C1"], "amount": [20.0, 35.5]})
    >>> contacts = pd.DataFrame({"customer_id": [], "kind": []})
    >>> card = archive_card("C1", basics, purchases, contacts)
    >>> len(card.purchases), len(card.contacts)
    (2, 0)
    """
    tables = {"basics": basics, "purchases": purchases, "contacts": contacts}
    for name, table in tables.items():
        need_columns(need_table(table, name), [key], name)
    own = basics[basics[key] == customer_id]
    if len(own) != 1:
        raise ValueError(
            f"basics has {len(own)} rows with {key} {customer_id!r}; a card needs one. "
            + ("Merge the duplicates first." if len(own) else "Check the number.")
        )
    return ArchiveCard(
        str(customer_id),
        own.iloc[0].drop(key),
        _latest_first(purchases, key, customer_id),
        _latest_first(contacts, key, customer_id),
    )


def _latest_first(table: pd.DataFrame, key: str, customer_id: str) -> pd.DataFrame:
    own = table[table[key] == customer_id].drop(columns=key)
    dates = [str(name) for name in own if pd.api.types.is_datetime64_any_dtype(own[name])]
    return own.sort_values(dates[0], ascending=False, kind="stable") if dates else own


def _rows(table: pd.DataFrame) -> str:
    return table.head(SHOWN).to_string(index=False) if len(table) else ""
