"""Who may see what: names replaced by codes, and fields without a purpose left out."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence

import pandas as pd

from whobuys.archive._fields import FIELDS
from whobuys.archive._table import need_columns, need_table

SHORTEST = 16
DIGITS = 16


def pseudonymise(table: pd.DataFrame, columns: Sequence[str], secret: str | bytes) -> pd.DataFrame:
    """Replace what names a person by a code that only the holder of the secret can make again.

    Parameters
    ----------
    table : DataFrame
        One row a record.
    columns : sequence of str
        Fields to replace. Normalise them first: two spellings give two codes.
    secret : str or bytes
        The key, at least 16 characters, kept apart from the table. The same value and secret give
        the same code, so tables can still be joined.

    Returns
    -------
    DataFrame
        A copy; a missing value stays missing.

    Raises
    ------
    ValueError
        A column is not there, or the secret is too short.

    Notes
    -----
    HMAC (Krawczyk, Bellare and Canetti, 1997; RFC 2104) with SHA-256, the first 16 hexadecimal
    digits. Without a key anybody could hash a list of e-mail addresses and compare. A table so
    treated is still personal data: whoever has the secret, or knows age, town and last purchase,
    can find the person again.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({"email": ["a@example.org", "a@example.org", None]})
    >>> pseudonymise(table, ["email"], secret="only for this example")["email"].tolist()
    ['fd326dae884babd4', 'fd326dae884babd4', nan]
    """
    if isinstance(columns, str):
        raise ValueError(f'columns must be a list, such as ["{columns}"].')
    need_columns(need_table(table), columns)
    key = secret.encode() if isinstance(secret, str) else bytes(secret)
    if len(key) < SHORTEST:
        raise ValueError(
            f"The secret has {len(key)} bytes; give at least {SHORTEST}, such as "
            "secrets.token_bytes(32), and keep it apart from the table."
        )
    hidden = table.copy()
    for column in columns:
        codes = {
            value: hmac.new(key, str(value).encode(), hashlib.sha256).hexdigest()[:DIGITS]
            for value in table[column].dropna().unique()
        }
        hidden[column] = table[column].map(codes).astype("str")
    return hidden


def minimise(
    table: pd.DataFrame, purpose: str, *, fields: pd.DataFrame = FIELDS
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Keep only the fields a purpose needs; refuse a table with sensitive ones.

    Parameters
    ----------
    table : DataFrame
        One row a record.
    purpose : str
        One of the purposes named in the catalogue: ``serve``, ``contact``, ``segment``, ``value``,
        ``credit``, ``improve``.
    fields : DataFrame
        The catalogue, by default `FIELDS`: ``field``, ``purpose`` (several are joined by ``; ``),
        ``sensitive`` (yes or no), ``why``.

    Returns
    -------
    kept : DataFrame
        The columns the catalogue lists for this purpose.
    left_out : DataFrame
        ``field`` and ``why`` of the others: the catalogue has another purpose for it, or none.

    Raises
    ------
    ValueError
        The catalogue knows no such purpose, or the table holds a sensitive field.

    Notes
    -----
    Data minimisation and purpose limitation: GDPR, article 5; PIPL, article 6. Sensitive by law:
    GDPR, article 9 (and 10); PIPL, article 28. A catalogue is a house rule, not legal advice.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({"customer_id": ["C1"], "age": [31], "shoe_size": [38]})
    >>> kept, left_out = minimise(table, "segment")
    >>> list(kept), left_out.values.tolist()
    (['customer_id', 'age'], [['shoe_size', 'not in the catalogue']])
    """
    need_table(table)
    need_columns(fields, ["field", "purpose", "sensitive", "why"], "fields")
    purposes = fields.drop_duplicates("field").set_index("field")["purpose"].str.split("; ")
    known = sorted({word for words in purposes for word in words if word})
    if purpose not in known:
        raise ValueError(f"No field has the purpose {purpose!r}. There are: {', '.join(known)}.")
    reasons = fields[fields["sensitive"] == "yes"].set_index("field")["why"]
    refused = [str(column) for column in table.columns if column in reasons.index]
    if refused:
        said = "; ".join(f"{column}: {reasons[column]}" for column in refused)
        raise ValueError(
            f"This table holds sensitive fields ({said}). Drop them, and do not collect them again."
        )
    kept, left_out = [], []
    for column in table.columns:
        listed = purposes.get(column)
        if listed is not None and purpose in listed:
            kept.append(column)
        else:
            left_out.append((column, _why_not(listed)))
    return table[kept].copy(), pd.DataFrame(left_out, columns=["field", "why"])


def _why_not(purposes: list[str] | None) -> str:
    if purposes is None:
        return "not in the catalogue"
    return f"only for: {', '.join(purposes)}" if any(purposes) else "no purpose"
