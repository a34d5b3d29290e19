"""Numbers as a person would write them, and what is typical of a group."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pandas as pd

from whobuys.report._words import Words

FEWEST = 10
"""With fewer answers or customers a share is not shown: it would be a few people's story."""

SMALL = 0.02
BLANK = "\N{NO-BREAK SPACE}"
TELLING = 1.2
"""A level that a group has less than a fifth more often than all is not called typical."""


def percent(share: Any) -> str:
    r"""Write a share.

    Examples
    --------
    >>> percent(0.314), percent(0.004), percent(-0.12), percent(float("nan"))
    ('31\xa0%', '0.4\xa0%', '-12\xa0%', '–')
    """
    if not math.isfinite(share):
        return "–"
    if 0 < abs(share) < SMALL:
        return f"{share * 100:.1f}{BLANK}%"
    return f"{round(share * 100) + 0:.0f}{BLANK}%"


def signed(share: Any) -> str:
    r"""Write a change.

    Examples
    --------
    >>> signed(0.12), signed(-0.12)
    ('+12\xa0%', '-12\xa0%')
    """
    return f"+{percent(share)}" if share > 0 else percent(share)


def one(number: Any) -> str:
    """Write a number with one decimal.

    Examples
    --------
    >>> one(3.14159)
    '3.1'
    """
    return f"{number:,.1f}" if math.isfinite(number) else "–"


def two(number: Any) -> str:
    """Write a number with two decimals.

    Examples
    --------
    >>> two(3.14159)
    '3.14'
    """
    return f"{number:,.2f}" if math.isfinite(number) else "–"


def whole(number: Any) -> str:
    """Write a number without decimals.

    Examples
    --------
    >>> whole(1234.5)
    '1,234'
    """
    return f"{number:,.0f}" if math.isfinite(number) else "–"


def day(when: pd.Timestamp) -> str:
    """Write a day.

    Examples
    --------
    >>> day(pd.Timestamp("2026-06-30"))
    '30 June 2026'
    """
    return f"{when.day} {when:%B %Y}"


def money_in(currency: str) -> Callable[[Any], str]:
    r"""Return a function that writes money, rounded as a person would.

    Examples
    --------
    >>> money_in("CNY")(1234.56), money_in("")(12.3)
    ('CNY\xa01,235', '12.30')
    """

    def write(amount: Any) -> str:
        if not math.isfinite(amount):
            return "–"
        said = f"{amount:,.0f}" if abs(amount) >= 100 else f"{amount:,.2f}"
        return f"{currency}{BLANK}{said}".strip()

    return write


def listed(items: list[str], words: Words) -> str:
    """Join items: a, b and c.

    Examples
    --------
    >>> listed(["tea", "cups", "tins"], Words("en", "customer_analysis"))
    'tea, cups and tins'
    """
    if len(items) < 2:
        return "".join(items)
    joined = words.common("shared", "comma").join(items[:-1])
    return f"{joined}{words.common('shared', 'and')}{items[-1]}"


def levels(values: pd.Series, most: int = 3) -> pd.Series:
    """Return the shares of the most frequent values among those known.

    Examples
    --------
    >>> levels(pd.Series(["a", "a", "b", ""])).round(2).to_dict()
    {'a': 0.67, 'b': 0.33}
    """
    known = values.dropna()
    known = known[known.astype(str).str.strip() != ""].astype(str)
    shares = known.value_counts(normalize=True)
    order = sorted(shares.index, key=lambda level: (-shares[level], level))
    return shares.reindex(order).head(most)


def typical(values: pd.Series, group: pd.Series, words: Words) -> pd.Series:
    r"""Return for each group the level it has most above all, as words.

    Levels held by less than a tenth of the group are passed over.

    Parameters
    ----------
    values : Series
        A category a customer.
    group : Series
        The group of each, same index.
    words : Words
        The words around the numbers.

    Returns
    -------
    Series
        Words such as "retired 31 % (all 22 %)", by group; "–" where too few are known,
        "much as all" where no level stands out by a fifth.

    Examples
    --------
    >>> job = pd.Series(["cook"] * 10 + ["pilot"] * 10)
    >>> words = Words("en", "customer_analysis")
    >>> typical(job, pd.Series([1] * 10 + [2] * 10), words)[1]
    'cook 100\xa0% (all 50\xa0%)'
    """
    text = values.astype("object").where(values.notna(), "").astype(str).str.strip()
    known = text != ""
    everybody = text[known].value_counts(normalize=True)
    found = {}
    for name, own in text[known].groupby(group[known]):
        shares = own.value_counts(normalize=True)
        shares = shares[shares >= 0.1]
        if len(own) < FEWEST or shares.empty:
            found[name] = "–"
            continue
        lifts = shares / everybody.reindex(shares.index)
        best = sorted(lifts.index, key=lambda level: (-lifts[level], level))[0]
        if lifts[best] < TELLING:
            found[name] = words.common("shared", "like_all")
            continue
        found[name] = with_all(best, shares[best], everybody[best], words)
    return pd.Series(found, dtype=object).reindex(sorted(group.dropna().unique())).fillna("–")


def with_all(what: str, share: Any, everybody: Any, words: Words) -> str:
    """Write a share beside that of all: "retired 31 % (all 22 %)"."""
    return words.common("shared", "with_all").format(
        what=what, share=percent(share), all=percent(everybody)
    )
