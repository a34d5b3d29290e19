"""Answers that are no answers: copies, straight lines, clicks without reading."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from whobuys.segment._lines import numbers, require_columns

REASONS = ("duplicate", "copied", "straight line", "too fast", "too few answers")


def flag_answers(
    answers: pd.DataFrame,
    ratings: Sequence[str],
    *,
    respondent: str = "customer_id",
    seconds: str | None = None,
    fastest: float = 0.5,
    least: float = 0.5,
    fewest_items: int = 6,
) -> pd.DataFrame:
    """Flag the answers that should not count, with the reason.

    Parameters
    ----------
    answers : DataFrame
        One row a filled questionnaire.
    ratings : sequence of str
        The columns rated on one common scale, in the order asked.
    respondent : str
        Column with the respondent's id.
    seconds : str, optional
        Column with the time taken.
    fastest : float
        "too fast" is a time below this share of the median time.
    least : float
        "too few answers" is less than this share of the ratings given.
    fewest_items : int
        A straight line is looked for only where at least so many ratings were given.

    Returns
    -------
    DataFrame
        With the index of `answers`: a yes-no column for each reason in `REASONS`; ``longest``, the
        longest run of one rating; ``flags``, how many reasons; ``keep``, True without any. Of
        duplicates (one respondent twice) the first is kept; a copy is a row whose ratings all
        equal those of an earlier respondent, with at least twice `fewest_items` ratings given, so
        that chance is no likely reason.

    Raises
    ------
    ValueError
        A column is missing, there are no rows, or fewer than two ratings.

    Notes
    -----
    Longest runs and times after Meade and Craig (2012), *Psychological Methods* 17; relative speed
    after Roßmann (2010). A straight line may be an honest opinion: report results with and without.

    Examples
    --------
    >>> import pandas as pd
    >>> filled = pd.DataFrame([["A", 5, 4, 2, 5, 3, 4, 90], ["B", 3, 3, 3, 3, 3, 3, 80],
    ...                        ["A", 4, 4, 2, 5, 3, 4, 85], ["C", 1, 5, 2, 4, 2, 5, 20]],
    ...                       columns=["customer_id", *"abcdef", "seconds"])
    >>> found = flag_answers(filled, list("abcdef"), seconds="seconds")
    >>> found[["duplicate", "straight line", "too fast", "keep"]]
       duplicate  straight line  too fast   keep
    0      False          False     False   True
    1      False           True     False  False
    2       True          False     False  False
    3      False          False      True  False
    """
    names = list(ratings)
    require_columns(answers, {name: name for name in [respondent, *names]}, table="answers")
    if len(names) < 2:
        raise ValueError("ratings names fewer than two columns; a line needs two points.")
    if answers.empty:
        raise ValueError("answers has no rows, so there is nothing to check.")
    given = answers[names].to_numpy(dtype=float, na_value=np.nan)
    count = np.isfinite(given).sum(axis=1)
    longest = np.array([_longest(row[np.isfinite(row)]) for row in given])
    result = pd.DataFrame(index=answers.index)
    result["duplicate"] = answers[respondent].duplicated() & answers[respondent].notna()
    same = answers[names].duplicated().to_numpy() & (count >= 2 * fewest_items)
    result["copied"] = same & ~result["duplicate"].to_numpy()
    result["straight line"] = (longest == count) & (count >= fewest_items)
    if seconds is None:
        result["too fast"] = False
    else:
        require_columns(answers, {"seconds": seconds}, table="answers")
        taken = numbers(answers[seconds], name=seconds, table="answers")
        result["too fast"] = taken < fastest * np.median(taken)
    result["too few answers"] = count < least * len(names)
    result["longest"] = longest
    result["flags"] = result[list(REASONS)].sum(axis=1)
    result["keep"] = result["flags"] == 0
    return result


def clean_answers(answers: pd.DataFrame, flags: pd.DataFrame) -> pd.DataFrame:
    """Keep the answers without a flag and say how many went, and why.

    Parameters
    ----------
    answers : DataFrame
        The filled questionnaires.
    flags : DataFrame
        From `flag_answers`, with the same index.

    Returns
    -------
    DataFrame
        The rows kept. ``attrs["left_out"]`` holds the number of rows by reason (one row may have
        several) and "rows", how many went.

    Raises
    ------
    ValueError
        `flags` does not belong to `answers`.

    Examples
    --------
    >>> import pandas as pd
    >>> filled = pd.DataFrame({"customer_id": ["A", "A"], "x": [1, 2], "y": [2, 1]})
    >>> clean_answers(filled, flag_answers(filled, ["x", "y"])).attrs["left_out"]
    {'rows': 1, 'duplicate': 1}
    """
    require_columns(flags, {"keep": "keep"}, table="flags")
    if len(flags) != len(answers) or not flags.index.equals(answers.index):
        raise ValueError("flags does not belong to these answers: its index is another one.")
    kept = answers[flags["keep"].to_numpy()].copy()
    counts = {reason: int(flags[reason].sum()) for reason in REASONS if reason in flags}
    kept.attrs["left_out"] = {"rows": len(answers) - len(kept)} | {
        reason: count for reason, count in counts.items() if count
    }
    return kept


def _longest(row: np.ndarray) -> int:
    if row.size == 0:
        return 0
    breaks = np.flatnonzero(np.diff(row) != 0)
    ends = np.concatenate([[-1], breaks, [row.size - 1]])
    return int(np.diff(ends).max())
