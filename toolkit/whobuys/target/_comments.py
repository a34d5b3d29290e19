"""Open comments turned into counts: a codebook, two readers, how far they agree."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
import pandas as pd

from whobuys.segment._lines import first_few, require_columns

KINDS = ("functional", "other")
PARTS = ("need", "pain", "expectation")
NO_CODE = "none"


def code_comments(
    comments: pd.Series, codebook: pd.DataFrame, *, fallback: str = NO_CODE
) -> pd.DataFrame:
    """Give each comment the codes whose words occur in it.

    Parameters
    ----------
    comments : Series
        Texts; empty and missing ones have no row in the result.
    codebook : DataFrame
        One row a code: ``code``, ``words`` (words or beginnings of words, separated by commas),
        and, if you like, ``kind`` ("functional" or "other") and ``part`` ("need", "pain",
        "expectation").
    fallback : str
        The code of a comment in which no word occurs.

    Returns
    -------
    DataFrame
        One row a comment and code, a comment may have several: ``comment`` (its index label),
        ``code``, ``found`` (the word that led to it), and ``kind`` and ``part`` where the codebook
        has them.

    Raises
    ------
    ValueError
        A column is missing, a code stands twice or has no words, or a kind or part is unknown.

    Notes
    -----
    A dictionary coder: quick, and open to inspection (Krippendorff, 2018, *Content Analysis*,
    chapter 11). It knows no irony and no negation; let a person code a sample too, and compare with
    `coder_agreement`.

    Examples
    --------
    >>> import pandas as pd
    >>> book = pd.DataFrame({"code": ["price", "taste"], "words": ["price, cost", "taste, sweet"],
    ...                      "kind": ["functional"] * 2, "part": ["pain", "need"]})
    >>> said = pd.Series(["Too sweet for the price.", "", "Hello"])
    >>> code_comments(said, book)[["comment", "code"]]
       comment   code
    0        0  price
    1        0  taste
    2        2   none
    """
    book = _checked(codebook, fallback)
    extra = [name for name in ("kind", "part") if name in book.columns]
    rows = []
    for label, text in comments.items():
        if not isinstance(text, str) or not text.strip():
            continue
        hits = []
        for entry in book.to_dict("records"):
            found = next((word for word in entry["words"] if _occurs(word, text)), None)
            if found is not None:
                hits.append((label, entry["code"], found, *(entry[name] for name in extra)))
        rows += hits or [(label, fallback, "", *("" for _ in extra))]
    return pd.DataFrame(rows, columns=["comment", "code", "found", *extra])


def code_counts(coded: pd.DataFrame, by: str = "code") -> pd.DataFrame:
    """Count the comments by code, kind or part.

    Parameters
    ----------
    coded : DataFrame
        One row a comment and code, from `code_comments` or a reader, with ``comment`` and `by`.
    by : str
        "code", "kind", "part", or another column.

    Returns
    -------
    DataFrame
        The most frequent first: the column `by`, ``comments`` (different ones), ``share`` of all
        comments. Shares may add up to more than 1: one comment can have several codes.

    Raises
    ------
    ValueError
        A column is missing or there are no rows.

    Examples
    --------
    >>> import pandas as pd
    >>> coded = pd.DataFrame({"comment": [0, 0, 1], "code": ["price", "taste", "taste"]})
    >>> code_counts(coded)
        code  comments  share
    0  taste         2    1.0
    1  price         1    0.5
    """
    require_columns(coded, {"comment": "comment", by: by}, table="coded")
    if coded.empty:
        raise ValueError("coded has no rows, so there are no comments to count.")
    counts = coded.groupby(by, sort=True)["comment"].nunique().rename("comments").reset_index()
    counts["share"] = counts["comments"] / coded["comment"].nunique()
    return counts.sort_values("comments", ascending=False, kind="stable").reset_index(drop=True)


@dataclass(frozen=True, eq=False)
class Agreement:
    """How far two readers agree. Made by `coder_agreement`.

    Attributes
    ----------
    kappa, low, high : float
        Cohen's kappa and its 95 % interval.
    agree : float
        Share of comments with the same code.
    by_chance : float
        The share to be expected if each had drawn codes by lot, as often as they used them.
    comments : int
        Comments both have coded.
    table : DataFrame
        Codes of the first reader (rows) against those of the second (columns).
    """

    kappa: float
    low: float
    high: float
    agree: float
    by_chance: float
    comments: int
    table: pd.DataFrame


def coder_agreement(first: pd.Series, second: pd.Series) -> Agreement:
    """Compare the codes two readers gave to the same comments.

    Parameters
    ----------
    first, second : Series
        One code a comment, with the same index. Comments that either left out do not count.

    Returns
    -------
    Agreement
        Cohen's kappa with its interval, and the table of codes.

    Raises
    ------
    ValueError
        The indices differ, no comment was coded by both, or both used one and the same code
        only (kappa is not defined).

    Notes
    -----
    Cohen (1960), by `sklearn.metrics.cohen_kappa_score`; large-sample standard error of Fleiss,
    Cohen and Everitt (1969). Say what both may choose from before reading: a code only one of them
    knows costs agreement.

    Examples
    --------
    >>> import pandas as pd
    >>> found = coder_agreement(pd.Series(list("aabbc")), pd.Series(list("aabcc")))
    >>> round(found.kappa, 2), found.agree, round(found.by_chance, 2)
    (0.71, 0.8, 0.32)
    """
    if not first.index.equals(second.index):
        raise ValueError("first and second have different indices. Compare the same comments.")
    both = first.notna() & second.notna()
    one, two = first[both].astype(str), second[both].astype(str)
    count = len(one)
    if count == 0:
        raise ValueError("No comment was coded by both readers.")
    codes = sorted(set(one) | set(two))
    if len(codes) < 2:
        raise ValueError(f"Both used the code {codes[0]!r} only; there is nothing to agree on.")
    shares = pd.crosstab(one.to_numpy(), two.to_numpy()).reindex(index=codes, columns=codes)
    table = shares.fillna(0).astype(int).rename_axis(index="first", columns="second")
    p = table.to_numpy() / count
    rows, columns = p.sum(axis=1), p.sum(axis=0)
    agree, chance = float(np.trace(p)), float(rows @ columns)
    from sklearn.metrics import cohen_kappa_score  # a second; few lines need it

    kappa = float(cohen_kappa_score(one, two, labels=codes))
    on = np.diag(p) * (1 - (rows + columns) * (1 - kappa)) ** 2
    off = p * (rows[None, :] + columns[:, None]) ** 2
    off_sum = float(off.sum() - np.trace(off))
    spread = float(on.sum()) + (1 - kappa) ** 2 * off_sum - (kappa - chance * (1 - kappa)) ** 2
    error = float(np.sqrt(max(spread, 0.0) / count)) / (1 - chance)
    low, high = max(kappa - 1.959964 * error, -1.0), min(kappa + 1.959964 * error, 1.0)
    return Agreement(kappa, low, high, agree, chance, count, table)


def _checked(codebook: pd.DataFrame, fallback: str) -> pd.DataFrame:
    require_columns(codebook, {"code": "code", "words": "words"}, table="codebook")
    twice = codebook["code"].duplicated()
    if twice.any():
        raise ValueError(f"codebook has {first_few(codebook.loc[twice, 'code'])} more than once.")
    book = codebook.copy()
    book["words"] = [
        [word.strip().lower() for word in str(words).split(",") if word.strip()]
        for words in codebook["words"]
    ]
    if empty := [c for c, words in zip(book["code"], book["words"], strict=True) if not words]:
        if empty != [fallback]:
            raise ValueError(f"The code {empty[0]!r} of codebook has no words to look for.")
        book = book[book["code"] != fallback]
    for name, allowed in (("kind", KINDS), ("part", PARTS)):
        if name in book.columns and not book[name].isin(allowed).all():
            wrong = book.loc[~book[name].isin(allowed), name].iloc[0]
            raise ValueError(
                f'"{name}" of codebook must be one of {", ".join(allowed)}, not {wrong!r}.'
            )
    return book


def _occurs(word: str, text: str) -> bool:
    return re.search(rf"\b{re.escape(word)}", text.lower()) is not None
