"""Weights that bring the respondents back to the shape of the population."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from whobuys.segment._lines import first_few, numbers, require_columns


def post_stratify(
    answers: pd.DataFrame,
    population: pd.DataFrame | pd.Series,
    by: str | Sequence[str],
) -> pd.Series:
    """Weigh each respondent so that every cell has its share of the population.

    Parameters
    ----------
    answers : DataFrame
        One row a respondent.
    population : DataFrame or Series
        One row a member of the population with the columns of `by`; or counts or shares, indexed
        by the cells.
    by : str or sequence of str
        The columns that make the cells, such as ["region", "member"].

    Returns
    -------
    Series
        One weight a respondent, mean 1, with the index of `answers`. ``attrs["without_answers"]``
        is the share of the population in cells nobody answered from: for them the weighted result
        cannot speak.

    Raises
    ------
    ValueError
        A column is missing or has missing values, or a respondent's cell is not in the population.

    Notes
    -----
    Holt and Smith (1979). It removes the bias of non-response as far as those who answer are, in
    each cell, like those who do not.

    Examples
    --------
    >>> import pandas as pd
    >>> answers = pd.DataFrame({"member": [True, True, True, False], "rating": [5, 5, 4, 2]})
    >>> weights = post_stratify(answers, pd.Series({True: 300, False: 700}), "member")
    >>> weights.round(1).tolist(), round(weighted_mean(answers["rating"], weights).mean, 2)
    ([0.4, 0.4, 0.4, 2.8], 2.8)
    """
    names = [by] if isinstance(by, str) else list(by)
    cells = _cells(answers, names, "answers")
    if isinstance(population, pd.Series):
        wanted = population.astype(float)
    else:
        wanted = _cells(population, names, "population").value_counts().astype(float)
    wanted = _shares(wanted, "population")
    have = cells.value_counts(normalize=True)
    if lost := [cell for cell in have.index if cell not in wanted.index]:
        raise ValueError(
            f"Respondents are in a cell the population does not have ({first_few(lost)}). "
            "Give its size, or mend the spelling."
        )
    reached = wanted.reindex(have.index)
    ratio = reached / reached.sum() / have
    weights = pd.Series(cells.map(ratio).to_numpy(float), index=answers.index, name="weight")
    weights.attrs["without_answers"] = float(1 - reached.sum())
    return weights


def rake(
    answers: pd.DataFrame,
    margins: Mapping[str, pd.Series | Mapping[object, float]],
    *,
    tolerance: float = 1e-9,
    rounds: int = 500,
) -> pd.Series:
    """Weigh the respondents so that each margin, one column at a time, is that of the population.

    Parameters
    ----------
    answers : DataFrame
        One row a respondent.
    margins : mapping of str to Series
        For each column the counts or shares of its values in the population.
    tolerance : float
        Stop when no share is further from its target.
    rounds : int
        Rounds over all margins at most.

    Returns
    -------
    Series
        One weight a respondent, mean 1, with the index of `answers`. ``attrs["rounds"]`` says how
        many rounds it took.

    Raises
    ------
    ValueError
        A column is missing, a value has no target or a target no respondent, or the weights do not
        settle (the margins contradict each other, or a cell is empty).

    Notes
    -----
    Iterative proportional fitting (Deming and Stephan, 1940). Use it where only the margins are
    known, or where cells would be too small for `post_stratify`.

    Examples
    --------
    >>> import pandas as pd
    >>> answers = pd.DataFrame({"sex": list("ffmm"), "age": ["old", "young", "old", "young"]})
    >>> rake(answers, {"sex": {"f": 60, "m": 40}, "age": {"old": 3, "young": 1}}).round(2).tolist()
    [1.8, 0.6, 1.2, 0.4]
    """
    if not margins:
        raise ValueError('margins must name columns, such as {"region": counts}.')
    codes, targets = [], []
    for name, margin in margins.items():
        cells = _cells(answers, [name], "answers")
        target = _shares(pd.Series(dict(margin), dtype=float), f"margins[{name!r}]")
        if lost := [value for value in cells.unique() if value not in target.index]:
            raise ValueError(f'"{name}" of answers holds {first_few(lost)}, which has no target.')
        there = set(cells)
        if empty := [value for value in target.index if value not in there and target[value] > 0]:
            raise ValueError(
                f'Nobody in answers has {first_few(empty)} in "{name}", so no weight can make up '
                "for them. Join levels."
            )
        codes.append(target.index.get_indexer(pd.Index(cells, dtype=object)))
        targets.append(target.to_numpy())
    weight = np.full(len(answers), 1 / len(answers))
    done, off = 0, float("inf")
    while off > tolerance:
        done += 1
        for code, target_shares in zip(codes, targets, strict=True):
            now = np.bincount(code, weight, minlength=len(target_shares))
            ratio = np.divide(target_shares, now, out=np.zeros_like(now), where=now > 0)
            weight = weight * ratio[code]
        off = max(
            float(np.abs(np.bincount(code, weight, minlength=len(t)) - t).max())
            for code, t in zip(codes, targets, strict=True)
        )
        if off > tolerance and done >= rounds:
            raise ValueError(
                f"The weights did not settle in {rounds} rounds (a share is still {off:.2g} off). "
                "The margins contradict each other, or a combination is empty: join levels."
            )
    weights = pd.Series(weight * len(answers), index=answers.index, name="weight")
    weights.attrs["rounds"] = done
    return weights


@dataclass(frozen=True)
class WeightedMean:
    """A weighted mean and how sure it is. Made by `weighted_mean`.

    Attributes
    ----------
    mean, standard_error, low, high : float
        The mean, its standard error, its 95 % interval.
    answers : int
        Answers that count.
    effective : float
        How many equally weighted answers would be as sure (Kish).
    design_effect : float
        answers / effective: the price of the weights.
    """

    mean: float
    standard_error: float
    low: float
    high: float
    answers: int
    effective: float
    design_effect: float


def weighted_mean(values: pd.Series, weights: pd.Series) -> WeightedMean:
    """Return the weighted mean of answers with its interval and the price of the weights.

    Parameters
    ----------
    values : Series
        Answers in numbers (True counts as 1); missing ones are left out with their weight.
    weights : Series
        One weight an answer, with the same index.

    Returns
    -------
    WeightedMean
        Mean, standard error, 95 % interval, effective number of answers, design effect.

    Raises
    ------
    ValueError
        The indices differ, a weight is negative, or fewer than two answers count.

    Notes
    -----
    Linearised variance of a ratio, weights taken as fixed: n / (n − 1) · Σ w² (y − ȳ)² / (Σ w)²;
    design effect by Kish (1965), n Σ w² / (Σ w)².

    Examples
    --------
    >>> import pandas as pd
    >>> found = weighted_mean(pd.Series([5, 3, 1]), pd.Series([1.0, 1.0, 2.0]))
    >>> found.mean, round(found.effective, 2)
    (2.5, 2.67)
    """
    if not values.index.equals(weights.index):
        raise ValueError("values and weights have different indices. Weigh the same rows.")
    known = values.notna()
    answered = values[known].astype(float)
    y = numbers(answered, name=values.name, table="answers")
    w = numbers(weights[known], name=weights.name, table="weights")
    if (w < 0).any():
        raise ValueError(f"{int((w < 0).sum()):,} weights are negative. A weight is 0 or more.")
    counts = int((w > 0).sum())
    if counts < 2:
        raise ValueError("Fewer than two answers count, so there is no interval.")
    total = float(w.sum())
    mean = float(w @ y / total)
    variance = counts / (counts - 1) * float((w**2) @ ((y - mean) ** 2)) / total**2
    error = float(np.sqrt(variance))
    effective = total**2 / float(w @ w)
    return WeightedMean(
        mean, error, mean - 1.959964 * error, mean + 1.959964 * error, counts, effective,
        counts / effective,
    )  # fmt: skip


def _cells(table: pd.DataFrame, names: list[str], word: str) -> pd.Series:
    require_columns(table, {name: name for name in names}, table=word, rows=True)
    for name in names:
        if missing := int(table[name].isna().sum()):
            raise ValueError(
                f'Column "{name}" of {word} is missing in {missing:,} rows of {len(table):,}. '
                'Give them a value of their own, such as "not known".'
            )
    if len(names) == 1:
        return table[names[0]].astype(object)
    rows = zip(*(table[name].tolist() for name in names), strict=True)
    return pd.Series(list(rows), index=table.index, dtype=object)


def _shares(sizes: pd.Series, word: str) -> pd.Series:
    if isinstance(sizes.index, pd.MultiIndex):
        sizes = pd.Series(sizes.to_numpy(), pd.Index(sizes.index.tolist(), tupleize_cols=False))
    values = sizes.to_numpy(float)
    if not np.isfinite(values).all() or (values < 0).any() or values.sum() <= 0:
        raise ValueError(f"{word} must hold sizes from 0 up, and something in all.")
    return sizes / values.sum()
