"""Conjoint analysis of ratings: what each level of each attribute is worth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from whobuys.segment._lines import numbers, require_columns
from whobuys.target._coding import Coding, Floats, coding_of, importances


@dataclass(frozen=True, eq=False)
class RatingsModel:
    """Part-worths from ratings. Made by `conjoint_ratings`.

    Attributes
    ----------
    part_worths : DataFrame
        One row a level: ``attribute``, ``level``, ``part_worth`` (they add up to zero within an
        attribute), ``standard_error``.
    importances : DataFrame
        One row an attribute: ``attribute``, ``range``, ``importance`` (they add up to 1). With
        several respondents, the means of each one's own.
    mean : float
        Rating of the average profile.
    fit : float
        R²: share of the differences between ratings that the part-worths explain, within a
        respondent.
    respondents : DataFrame
        One row a respondent: a column "attribute: level" each.
    """

    part_worths: pd.DataFrame
    importances: pd.DataFrame
    mean: float
    fit: float
    respondents: pd.DataFrame
    _coding: Coding = field(repr=False)
    _estimates: Floats = field(repr=False)

    def predict(self, profiles: pd.DataFrame) -> pd.Series:
        """Return the rating to be expected of each profile."""
        rated = self.mean + self._coding.matrix(profiles, "profiles") @ self._estimates
        return pd.Series(rated, index=profiles.index, name="rating")


def conjoint_ratings(
    profiles: pd.DataFrame,
    rating: str,
    attributes: Sequence[str],
    *,
    respondent: str | None = None,
) -> RatingsModel:
    """Take the ratings of whole products apart into part-worths of their attributes.

    Parameters
    ----------
    profiles : DataFrame
        One row a rated profile.
    rating : str
        Column of the rating; more is better. Turn ranks round first (n + 1 − rank).
    attributes : sequence of str
        Columns of the attributes, each with two or more levels.
    respondent : str, optional
        Column that says who rated. Then every respondent gets part-worths of their own, and the
        result is their mean, its standard errors from the differences between them.

    Returns
    -------
    RatingsModel
        Part-worths, importances, fit and `predict`.

    Raises
    ------
    ValueError
        A column is missing, an attribute does not vary, or the profiles (of a respondent) are too
        few or too much alike to tell the levels apart.

    Notes
    -----
    Ordinary least squares on zero-sum codes, without interactions (Green and Rao, 1971; Green and
    Srinivasan, 1978). An attribute's importance is the range of its part-worths as a share of
    all ranges: it depends on the levels you chose to show. With several respondents the mean of the
    importances is not the importance of the means. From one respondent's design with no profiles to
    spare there are no standard errors.

    Examples
    --------
    >>> import pandas as pd
    >>> rated = pd.DataFrame({"size": ["S", "S", "L", "L"], "price": [5, 9, 5, 9],
    ...                       "rating": [6, 2, 8, 4]})
    >>> model = conjoint_ratings(rated, "rating", ["size", "price"])
    >>> model.part_worths[["attribute", "level", "part_worth"]]
      attribute level  part_worth
    0      size     L         1.0
    1      size     S        -1.0
    2     price     5         2.0
    3     price     9        -2.0
    >>> model.importances.round(2)
      attribute  range  importance
    0      size    2.0        0.33
    1     price    4.0        0.67
    """
    require_columns(profiles, {"rating": rating}, table="profiles")
    coding = coding_of(profiles, attributes, (), "profiles")
    design = coding.matrix(profiles, "profiles")
    rated = numbers(profiles[rating], name=rating, table="profiles")
    spread, names = coding.spread()
    groups: dict[object, np.ndarray] = {"all": np.arange(len(rated))}
    if respondent is not None:
        require_columns(profiles, {"respondent": respondent}, table="profiles")
        places = profiles.groupby(respondent, sort=True).indices
        groups = {who: np.asarray(place) for who, place in places.items()}
    estimates, means, left, around = [], [], 0.0, 0.0
    for who, place in groups.items():
        own, residual = _least_squares(design[place], rated[place], who, respondent)
        means.append(own[0])
        estimates.append(own[1:])
        left += float(residual @ residual)
        around += float(((rated[place] - rated[place].mean()) ** 2).sum())
    each = np.array(estimates)
    worth = each @ spread.T
    center = each.mean(axis=0)
    if len(groups) > 1:
        error = worth.std(axis=0, ddof=1) / np.sqrt(len(groups))
    else:
        error = _standard_errors(design, left, spread)
    part_worths = pd.DataFrame(names, columns=["attribute", "level"])
    part_worths["part_worth"], part_worths["standard_error"] = spread @ center, error
    tables = [importances(part_worths.assign(part_worth=row), {}) for row in worth]
    matters = tables[0][["attribute"]].copy()
    for column in ("range", "importance"):
        matters[column] = np.mean([table[column] for table in tables], axis=0)
    people = pd.DataFrame(
        worth, index=pd.Index(list(groups), name=respondent or "respondent"),
        columns=[f"{name}: {level}" for name, level in names],
    )  # fmt: skip
    return RatingsModel(
        part_worths=part_worths,
        importances=matters,
        mean=float(np.mean(means)),
        fit=1 - left / around if around else float("nan"),
        respondents=people,
        _coding=coding,
        _estimates=center,
    )


def full_profiles(levels: Mapping[str, Sequence[object]]) -> pd.DataFrame:
    """Return every combination of the attributes' levels.

    Parameters
    ----------
    levels : mapping of str to sequence
        The levels of each attribute.

    Returns
    -------
    DataFrame
        One row a profile, the last attribute changing fastest.

    Examples
    --------
    >>> full_profiles({"size": ["S", "L"], "price": [5, 9]})
      size  price
    0    S      5
    1    S      9
    2    L      5
    3    L      9
    """
    product = pd.MultiIndex.from_product([list(v) for v in levels.values()], names=list(levels))
    return product.to_frame(index=False)


def _least_squares(
    design: Floats, rated: Floats, who: object, respondent: str | None
) -> tuple[Floats, Floats]:
    columns = np.column_stack([np.ones(len(rated)), design])
    if np.linalg.matrix_rank(columns) < columns.shape[1]:
        whose = f" of {respondent} {who}" if respondent is not None else ""
        raise ValueError(
            f"The {len(rated):,} profiles{whose} cannot tell {columns.shape[1] - 1} part-worths "
            "apart: show more profiles, or combine the levels differently."
        )
    own = np.linalg.lstsq(columns, rated, rcond=None)[0]
    return np.asarray(own), np.asarray(rated - columns @ own)


def _standard_errors(design: Floats, left: float, spread: Floats) -> Floats:
    columns = np.column_stack([np.ones(len(design)), design])
    spare = columns.shape[0] - columns.shape[1]
    if spare <= 0:
        return np.full(len(spread), np.nan)
    covariance = left / spare * np.linalg.inv(columns.T @ columns)[1:, 1:]
    return np.sqrt(np.einsum("ij,jk,ik->i", spread, covariance, spread))
