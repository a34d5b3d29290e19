"""Who uses, decides, pays, benefits and supplies."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from whobuys.segment._lines import numbers, require_columns

ROLES: dict[str, str] = {
    "user": "uses or consumes what is bought",
    "buyer": "places the order",
    "decider": "says yes or no, and from whom",
    "payer": "whose money it is",
    "beneficiary": "is better off for it, whether they use it or not",
    "supplier": "provides a part of what is sold; a partner, not a customer",
}
UNKNOWN = "not known"


def roles_table(
    accounts: pd.DataFrame,
    roles: Mapping[str, str],
    *,
    value: str | None = None,
) -> pd.DataFrame:
    """Count the accounts by who plays which role in buying.

    Parameters
    ----------
    accounts : DataFrame
        One row an account: a firm, a household, an offer.
    roles : mapping of str to str
        For each role (a name from `ROLES`) the column that says who plays it.
    value : str, optional
        Column of money to add up beside the count.

    Returns
    -------
    DataFrame
        One row a pattern, the most frequent first: a column a role, ``accounts``, ``share``, with
        `value` also that column and ``value_share``, and ``parties`` (how many different ones play
        the roles; "not known" counts as none).

    Raises
    ------
    ValueError
        A role is unknown, a column is missing, or there are no rows.

    Notes
    -----
    The buying centre of Webster and Wind (1972), with user, buyer and decider; payer,
    beneficiary and supplier are added for families, schools and firms with several sides.

    Examples
    --------
    >>> import pandas as pd
    >>> toys = pd.DataFrame({"who_plays": ["child", "child"], "who_decides": ["parent", "child"],
    ...                      "who_pays": ["parent", "parent"]})
    >>> roles_table(toys, {"user": "who_plays", "decider": "who_decides", "payer": "who_pays"})
        user decider   payer  accounts  share  parties
    0  child   child  parent         1    0.5        2
    1  child  parent  parent         1    0.5        2
    """
    played = _played(accounts, roles)
    grouped = played.groupby(list(played.columns), sort=True)
    table = grouped.size().rename("accounts").to_frame()
    table["share"] = table["accounts"] / len(played)
    if value is not None:
        require_columns(accounts, {"value": value}, table="accounts")
        money = (
            played.assign(**{value: numbers(accounts[value], name=value, table="accounts")})
            .groupby(list(played.columns))[value]
            .sum()
        )
        table[value] = money
        total = float(money.sum())
        table["value_share"] = money / total if total else float("nan")
    table = table.sort_values("accounts", ascending=False, kind="stable").reset_index()
    names = list(played.columns)
    table["parties"] = [
        len({who for who in row if who != UNKNOWN}) for row in table[names].to_numpy().tolist()
    ]
    return table


def roles_apart(accounts: pd.DataFrame, roles: Mapping[str, str]) -> pd.DataFrame:
    """Count, for each two roles, the accounts in which different parties play them.

    Parameters
    ----------
    accounts, roles
        As for `roles_table`.

    Returns
    -------
    DataFrame
        One row a pair: ``first``, ``second``, ``known`` (accounts in which both are known),
        ``apart`` (accounts with two different parties), ``share`` (apart / known).

    Raises
    ------
    ValueError
        As `roles_table`, or there are fewer than two roles.

    Examples
    --------
    >>> import pandas as pd
    >>> firms = pd.DataFrame({"buyer_role": ["office", "owner", "chef"],
    ...                       "decider_role": ["owner", "owner", None]})
    >>> roles_apart(firms, {"buyer": "buyer_role", "decider": "decider_role"})
       first   second  known  apart  share
    0  buyer  decider      2      1    0.5
    """
    if len(roles) < 2:
        raise ValueError("roles has fewer than two roles; one cannot be apart from itself.")
    played = _played(accounts, roles)
    names, rows = list(played.columns), []
    for place, first in enumerate(names):
        for second in names[place + 1 :]:
            known = (played[first] != UNKNOWN) & (played[second] != UNKNOWN)
            apart = int((known & (played[first] != played[second])).sum())
            count = int(known.sum())
            rows.append((first, second, count, apart, apart / count if count else float("nan")))
    return pd.DataFrame(rows, columns=["first", "second", "known", "apart", "share"])


def _played(accounts: pd.DataFrame, roles: Mapping[str, str]) -> pd.DataFrame:
    if not isinstance(roles, Mapping) or not roles:
        raise ValueError('roles must name columns, such as {"user": "user_role"}.')
    if strange := [role for role in roles if role not in ROLES]:
        raise ValueError(f"There is no role {strange[0]!r}. The roles are: {', '.join(ROLES)}.")
    require_columns(accounts, {column: column for column in roles.values()}, table="accounts")
    if accounts.empty:
        raise ValueError("accounts has no rows, so there are no roles to count.")
    return pd.DataFrame(
        {
            role: accounts[column]
            .astype(object)
            .where(accounts[column].notna(), UNKNOWN)
            .to_numpy()
            for role, column in roles.items()
        }
    )
