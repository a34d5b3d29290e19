"""What customers need: top boxes, importance against performance, gaps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

import numpy as np
import pandas as pd

from whobuys.segment._lines import require_columns
from whobuys.target._sample import normal_reach
from whobuys.target._weighting import weighted_mean

QUADRANTS: dict[tuple[bool, bool], str] = {
    (True, False): "concentrate here",
    (True, True): "keep it up",
    (False, False): "low priority",
    (False, True): "possible overkill",
}


def top_box(
    answers: pd.DataFrame,
    questions: Sequence[str],
    *,
    boxes: int = 2,
    top: int = 5,
    weights: pd.Series | None = None,
    level: float = 0.95,
) -> pd.DataFrame:
    """Return the share of respondents in the top boxes of each question.

    Parameters
    ----------
    answers : DataFrame
        One row a respondent.
    questions : sequence of str
        Columns rated in whole numbers.
    boxes : int
        How many boxes count: 2 is the top-two-box share.
    top : int
        The highest value of the scale.
    weights : Series, optional
        One weight a respondent, such as from `post_stratify`.
    level : float
        Level of the interval.

    Returns
    -------
    DataFrame
        One row a question, in the order given: ``question``, ``answers`` (known ones), ``share``,
        ``low``, ``high``, ``mean``.

    Raises
    ------
    ValueError
        A column is missing, nobody answered, a rating is above `top`, or `boxes` is not from 1 to
        `top`.

    Notes
    -----
    Missing answers are left out of both numerator and denominator. Interval of Wilson (1927); with
    weights, the normal interval of the weighted share, kept within 0 and 1.

    Examples
    --------
    >>> import pandas as pd
    >>> rated = pd.DataFrame({"taste": [5, 4, 4, 2], "price": [3, None, 5, 1]})
    >>> top_box(rated, ["taste", "price"]).round(2)
      question  answers  share   low  high  mean
    0    taste        4   0.75  0.30  0.95  3.75
    1    price        3   0.33  0.06  0.79  3.00
    """
    names = list(questions)
    require_columns(answers, {name: name for name in names}, table="answers", rows=True)
    if not 1 <= boxes <= top:
        raise ValueError(f"boxes must be from 1 to top={top}, not {boxes!r}.")
    rows = []
    for name in names:
        known = answers[name].dropna().astype(float)
        if known.empty:
            raise ValueError(f'Nobody answered "{name}".')
        if float(known.max()) > top:
            raise ValueError(f'"{name}" has a rating of {known.max():g}, above top={top}.')
        hit = known > top - boxes
        if weights is None:
            low, high = wilson(int(hit.sum()), len(known), level)
            rows.append((name, len(known), float(hit.mean()), low, high, float(known.mean())))
            continue
        own = weights.loc[known.index]
        found, z = weighted_mean(hit.astype(float), own), normal_reach(level)
        reach = z * found.standard_error
        rows.append(
            (name, len(known), found.mean, max(found.mean - reach, 0.0),
             min(found.mean + reach, 1.0), weighted_mean(known, own).mean)
        )  # fmt: skip
    return pd.DataFrame(rows, columns=["question", "answers", "share", "low", "high", "mean"])


def importance_performance(
    answers: pd.DataFrame,
    needs: Sequence[str] | Mapping[str, str],
    *,
    importance: str = "importance_",
    performance: str = "performance_",
    cut: Literal["mean", "middle"] | tuple[float, float] = "mean",
    top: int = 5,
    weights: pd.Series | None = None,
) -> pd.DataFrame:
    """Set what matters to customers beside how well we do it.

    Parameters
    ----------
    answers : DataFrame
        One row a respondent.
    needs : sequence of str, or mapping of str to str
        The needs, which with the prefixes make the column names; a mapping adds their words.
    importance, performance : str
        Prefixes of the columns.
    cut : {"mean", "middle"} or pair of float
        Where high begins: at the mean of the needs, at the middle of the scale, or at a given
        (importance, performance).
    top : int
        The highest value of the scale, which begins with 1.
    weights : Series, optional
        One weight a respondent.

    Returns
    -------
    DataFrame
        One row a need, the largest gap first: ``need``, ``words``, ``importance``,
        ``performance``, ``gap`` (importance − performance), ``quadrant``: "concentrate here"
        (important, weak), "keep it up", "low priority", "possible overkill". ``attrs["cut"]`` holds
        the two cuts.

    Raises
    ------
    ValueError
        A column is missing or nobody answered it, or `cut` is unknown.

    Notes
    -----
    Martilla and James (1977). A need in a quadrant by a hair is not worth a decision: cut at
    "mean" always finds something to concentrate on, however good the firm.

    Examples
    --------
    >>> import pandas as pd
    >>> rated = pd.DataFrame({"importance_taste": [5, 4], "performance_taste": [3, 3],
    ...                       "importance_pack": [2, 3], "performance_pack": [4, 5]})
    >>> importance_performance(rated, ["taste", "pack"]).drop(columns="words")
        need  importance  performance  gap           quadrant
    0  taste         4.5          3.0  1.5   concentrate here
    1   pack         2.5          4.5 -2.0  possible overkill
    """
    words = dict(needs) if isinstance(needs, Mapping) else {need: need for need in needs}
    columns = {need: (f"{importance}{need}", f"{performance}{need}") for need in words}
    rows = [
        (need, words[need], *(_mean(answers, column, weights) for column in pair))
        for need, pair in columns.items()
    ]
    table = pd.DataFrame(rows, columns=["need", "words", "importance", "performance"])
    if isinstance(cut, tuple):
        cuts = (float(cut[0]), float(cut[1]))
    elif cut == "mean":
        cuts = (float(table["importance"].mean()), float(table["performance"].mean()))
    elif cut == "middle":
        cuts = ((1 + top) / 2, (1 + top) / 2)
    else:
        raise ValueError(f'cut must be "mean", "middle" or two numbers, not {cut!r}.')
    table["gap"] = table["importance"] - table["performance"]
    table["quadrant"] = [
        QUADRANTS[matters >= cuts[0], does >= cuts[1]]
        for matters, does in zip(table["importance"], table["performance"], strict=True)
    ]
    table = table.sort_values("gap", ascending=False, kind="stable").reset_index(drop=True)
    table.attrs["cut"] = cuts
    return table


def gap_scores(
    answers: pd.DataFrame,
    pairs: Mapping[str, tuple[str, str]],
    *,
    level: float = 0.95,
) -> pd.DataFrame:
    """Return perception minus expectation, person by person, with an interval.

    Parameters
    ----------
    answers : DataFrame
        One row a respondent.
    pairs : mapping of str to (str, str)
        For each name the columns of the expectation and of the perception, on the same scale.
    level : float
        Level of the interval.

    Returns
    -------
    DataFrame
        One row a pair, the largest shortfall first: ``gap_in``, ``answers`` (both known),
        ``expectation``, ``perception``, ``gap`` (perception − expectation; below 0 is a
        shortfall), ``low``, ``high``, ``disappointed`` (share with a gap below 0).

    Raises
    ------
    ValueError
        A column is missing, or fewer than two people answered both.

    Notes
    -----
    Gap scores of SERVQUAL (Parasuraman, Zeithaml and Berry, 1988), with a t interval of the paired
    differences. A difference of two ratings is less reliable than either (Brown, Churchill and
    Peter, 1993): read the two means too.

    Examples
    --------
    >>> import pandas as pd
    >>> rated = pd.DataFrame({"expectation": [5, 4, 4, 5], "satisfaction": [4, 4, 3, 3]})
    >>> gap_scores(rated, {"service": ("expectation", "satisfaction")}).round(2)
        gap_in  answers  expectation  perception  gap  low  high  disappointed
    0  service        4          4.5         3.5 -1.0 -2.3   0.3          0.75
    """
    from scipy.stats import t as t_distribution  # a second; few lines need it

    rows = []
    for name, (expected, perceived) in pairs.items():
        names = {c: c for c in (expected, perceived)}
        require_columns(answers, names, table="answers", rows=True)
        both = answers[[expected, perceived]].astype(float).dropna().to_numpy()
        if len(both) < 2:
            raise ValueError(f"Fewer than two people answered both questions of {name!r}.")
        gap = both[:, 1] - both[:, 0]
        reach = t_distribution.ppf(0.5 + level / 2, len(gap) - 1) * gap.std(ddof=1)
        reach = float(reach / np.sqrt(len(gap)))
        rows.append(
            (name, len(gap), both[:, 0].mean(), both[:, 1].mean(), gap.mean(),
             gap.mean() - reach, gap.mean() + reach, float((gap < 0).mean()))
        )  # fmt: skip
    columns = [
        "gap_in", "answers", "expectation", "perception", "gap", "low", "high", "disappointed",
    ]  # fmt: skip
    table = pd.DataFrame(rows, columns=columns)
    return table.sort_values("gap", kind="stable").reset_index(drop=True)


def wilson(hits: int, of: int, level: float = 0.95) -> tuple[float, float]:
    """Return the interval of a share by Wilson (1927); from 0 to 1 where nobody was asked."""
    if of == 0:
        return 0.0, 1.0
    z = normal_reach(level)
    share, spread = hits / of, z**2 / of
    middle = (share + spread / 2) / (1 + spread)
    reach = z / (1 + spread) * float(np.sqrt(share * (1 - share) / of + spread / (4 * of)))
    return max(middle - reach, 0.0), min(middle + reach, 1.0)


def _mean(answers: pd.DataFrame, column: str, weights: pd.Series | None) -> float:
    require_columns(answers, {column: column}, table="answers", rows=True)
    known = answers[column].dropna().astype(float)
    if known.empty:
        raise ValueError(f'Nobody answered "{column}".')
    if weights is None:
        return float(known.mean())
    return weighted_mean(known, weights.loc[known.index]).mean
