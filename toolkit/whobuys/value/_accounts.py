"""Who needs an account manager, and how much of a customer's spending we have."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from whobuys.value._values import amounts, same_index, share


def share_of_wallet(spend: pd.Series, wallet: pd.Series) -> pd.DataFrame:
    """Say which part of what customers spend on such things they spend with us.

    Parameters
    ----------
    spend : Series
        Money a customer spends with us.
    wallet : Series
        Money the customer spends on such things in all, with the same index: asked, or estimated
        by `estimate_wallet`.

    Returns
    -------
    DataFrame
        Indexed as the inputs: ``spend``, ``wallet``, ``share`` (0 to 1; 0 where the wallet is 0)
        and ``gap``, money spent elsewhere.

    Raises
    ------
    ValueError
        The inputs are not of the same customers, a value is missing or below 0, or somebody spends
        more with us than in all.

    Notes
    -----
    Cooil, Keiningham, Aksoy and Hsu (2007), Journal of Marketing 71(1), study what drives it.

    Examples
    --------
    >>> import pandas as pd
    >>> share_of_wallet(pd.Series([30.0, 10.0]), pd.Series([40.0, 100.0]))
       spend  wallet  share   gap
    0   30.0    40.0   0.75  10.0
    1   10.0   100.0   0.10  90.0
    """
    ours = amounts(spend, "spend", least=0.0)
    whole = amounts(wallet, "wallet", least=0.0)
    same_index({"spend": ours, "wallet": whole})
    over = ours > whole * (1 + 1e-9)
    if over.any():
        raise ValueError(
            f"{int(over.sum()):,} customers spend more with us than their whole wallet (index "
            f"{', '.join(map(str, ours.index[over][:3]))}). Mend the wallets."
        )
    part = np.where(whole > 0, ours / whole.where(whole > 0, 1.0), 0.0)
    return pd.DataFrame({"spend": ours, "wallet": whole, "share": part, "gap": whole - ours})


def estimate_wallet(
    spend: pd.Series, groups: pd.Series | None = None, *, quantile: float = 0.9
) -> pd.Series:
    """Estimate what customers could spend from what the best of their like spend with us.

    Parameters
    ----------
    spend : Series
        Money a customer spends with us.
    groups : Series, optional
        Customers alike (industry and size, income and household), with the same index. By default
        one group.
    quantile : float
        Which customer of a group, from the lowest, is taken to give us the whole wallet.

    Returns
    -------
    Series
        Indexed as `spend`, never below the customer's own spend.

    Raises
    ------
    ValueError
        A value is missing or below 0, or the inputs are not of the same customers.

    Notes
    -----
    A guess with a stated rule, not a measurement: where nobody gives us everything it is too low,
    and a group that is not alike makes it too high. Ask some customers and compare.

    Examples
    --------
    >>> import pandas as pd
    >>> estimate_wallet(pd.Series([10.0, 20.0, 30.0]), quantile=0.5).tolist()
    [20.0, 20.0, 30.0]
    """
    ours = amounts(spend, "spend", least=0.0)
    level = share(quantile, "quantile")
    if groups is None:
        likely = pd.Series(ours.quantile(level), index=ours.index)
    else:
        same_index({"spend": ours, "groups": groups})
        likely = ours.groupby(groups, observed=True, dropna=False).transform("quantile", level)
    return likely.where(likely > ours, ours).rename("wallet")


def key_accounts(
    values: pd.Series, reasons: pd.DataFrame | None = None, *, min_share: float = 0.01
) -> pd.DataFrame:
    """Screen for key accounts: large in value, or important for a named reason.

    Parameters
    ----------
    values : Series
        Money a customer, indexed by customer; the total must be above 0.
    reasons : DataFrame, optional
        True or False a customer and strategic reason, with the same index; the column names are the
        reasons, such as "reference customer" or "way into a region".
    min_share : float
        From this share of the total a customer is key by value alone.

    Returns
    -------
    DataFrame
        The key accounts only, the most valuable first, indexed by customer: ``value``, ``share``,
        ``by_value``, and ``reasons`` in words. Who is key for a reason but brings a loss is in it:
        the price of the reason stands beside it.

    Raises
    ------
    ValueError
        A value is missing, the total is not above 0, or a reason is not true or false.

    Notes
    -----
    Millman and Wilson (1995), "From key account selling to key account management", Journal of
    Marketing Practice 1(1): key is a customer of strategic importance, not merely a large one.

    Examples
    --------
    >>> import pandas as pd
    >>> profit = pd.Series([80.0, 19.6, 0.4], index=["A", "B", "C"])
    >>> flags = pd.DataFrame({"reference customer": [False, False, True]}, index=profit.index)
    >>> key_accounts(profit, flags, min_share=0.5)[["share", "reasons"]]
       share             reasons
    A  0.800  80.0 % of the total
    C  0.004   reference customer
    """
    money = amounts(values)
    least = share(min_share, "min_share")
    total = money.sum()
    if total <= 0:
        raise ValueError(f"The values add up to {total:,.2f}; shares need a total above 0.")
    part = money / total
    large = part >= least - 1e-12
    flags = pd.DataFrame(index=money.index) if reasons is None else reasons
    same_index({"values": money, "reasons": pd.Series(0, index=flags.index)})
    for name in flags.columns:
        if not pd.api.types.is_bool_dtype(flags[name]) or flags[name].isna().any():
            raise ValueError(f'Column "{name}" of reasons must hold only True and False.')
    words: list[str] = []
    said: list[dict[Any, Any]] = flags.to_dict("records") or [{}] * len(money)
    for big, of_total, row in zip(large, part, said, strict=True):
        why = [f"{of_total * 100:.1f} % of the total"] if big else []
        words.append("; ".join(why + [str(name) for name, true in row.items() if true]))
    table = pd.DataFrame(
        {"value": money, "share": part, "by_value": large, "reasons": words}, index=money.index
    )
    return table[table["reasons"] != ""].sort_values("value", ascending=False, kind="stable")
