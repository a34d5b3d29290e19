"""How likely a customer is to buy, as points that a person can add up."""

from __future__ import annotations

import re
import warnings
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.utils.validation import check_is_fitted

from whobuys.archive import FIELDS
from whobuys.segment._lines import counted, first_few, read_as_of, read_lines, require_columns
from whobuys.value._fit import Floats

TABLE = "customers"
MISSING, OTHER = "missing", "other"
SENSITIVE = re.compile(
    r"(?<![a-z])(religio|belief|ethnic|race(?![a-z])|racial|health|illness|disease|disab|pregnan|"
    r"sexual|political|trade.?union|criminal)"
)


class PropensityScorecard(BaseEstimator):
    """Points for the chance that a customer buys, learned from who bought in an earlier period.

    Every feature is cut into a few groups; each group earns points, a customer's points are added
    up, and so many points more double the odds of buying. The whole model is the table
    ``points_``.

    Parameters
    ----------
    bins : int
        Into how many groups of about equal size numbers are cut, at least 2.
    edges : dict, optional
        Own cut points for the columns named: ascending numbers, a value equal to one belongs to
        the group above.
    even : int
        Points at which buying and not buying are equally likely.
    double : float
        How many points more double the odds.
    fewest : int
        Text values of fewer customers than this are joined as "other".
    ridge : float
        Holds the coefficients back a little, so that few customers or perfect separation give no
        endless points.

    Attributes
    ----------
    base_ : int
        Points everybody starts with.
    points_ : DataFrame
        ``feature``, ``group``, ``customers``, ``bought``, ``rate`` (share who bought),
        ``evidence`` (weight of evidence) and ``points``; the worst group of a feature has 0.
    features_ : DataFrame
        ``feature``, ``information`` (how far it tells buyers from others: below 0.02 hardly, above
        0.3 strongly), ``coefficient``, ``most_points``; the strongest first.

    Notes
    -----
    Weight of evidence of a group is the logarithm of its share of the buyers over its share of the
    others (0.5 added to every count); a logistic regression weighs the features against each other,
    and points are its terms rescaled. This is how credit scorecards are made: Thomas, Edelman and
    Crook (2002), *Credit Scoring and Its Applications*; Siddiqi (2006), *Credit Risk Scorecards*,
    whose reading of ``information`` is quoted above. Features must be known before the period in
    which buying is counted, and the card must be tried on a later period: see `bought_between` and
    `lift_table`. Sensitive fields are refused by name.

    Examples
    --------
    >>> import numpy as np
    >>> import pandas as pd
    >>> draw = np.random.default_rng(0)
    >>> table = pd.DataFrame({"recency_days": draw.integers(0, 400, 4000)})
    >>> bought = pd.Series(draw.random(4000) < np.where(table["recency_days"] < 90, 0.5, 0.1))
    >>> card = PropensityScorecard(edges={"recency_days": [90, 200]}).fit(table, bought)
    >>> card.base_, card.points_[["group", "rate", "points"]].round(2).values.tolist()
    (438, [['below 90', 0.49, 62], ['90 to below 200', 0.1, 1], ['200 or more', 0.1, 0]])
    >>> card.points(pd.DataFrame({"recency_days": [10, 300]})).tolist()
    [500, 438]
    """

    def __init__(
        self,
        *,
        bins: int = 5,
        edges: Mapping[str, Sequence[float]] | None = None,
        even: int = 500,
        double: float = 20.0,
        fewest: int = 20,
        ridge: float = 1.0,
    ) -> None:
        self.bins = bins
        self.edges = edges
        self.even = even
        self.double = double
        self.fewest = fewest
        self.ridge = ridge

    def fit(self, customers: pd.DataFrame, bought: Any) -> PropensityScorecard:
        """Learn the points.

        Parameters
        ----------
        customers : DataFrame
            One row a customer, features only: numbers, text, categories, yes or no. A missing value
            is a group of its own.
        bought : Series or array-like of bool
            Who bought in the period that follows; a Series must have the index of `customers`.

        Returns
        -------
        self
            With ``base_``, ``points_`` and ``features_``.

        Raises
        ------
        ValueError
            A setting is impossible, a column is sensitive, dated or infinite, or there are no
            buyers, or no others.

        Warns
        -----
        UserWarning
            The points of a feature run against its own rates.
        """
        self._check()
        _features(customers)
        yes = _outcome(bought, customers.index)
        for column in self.edges or {}:
            require_columns(customers, {column: column}, TABLE)
        self._groups: dict[str, _Groups] = {}
        tables, evidence = [], []
        for column in customers.columns:
            groups = _Groups.of(
                customers[column], self.bins, (self.edges or {}).get(column), self.fewest
            )
            code = groups.code(customers[column])
            size = len(groups.names)
            count, buyers = (
                np.bincount(code, minlength=size),
                np.bincount(code[yes], minlength=size),
            )
            with_it = (buyers + 0.5) / (yes.sum() + 0.5 * size)
            without = (count - buyers + 0.5) / ((~yes).sum() + 0.5 * size)
            weight = np.log(with_it / without)
            evidence.append(weight[code])
            self._groups[column] = groups
            tables.append(
                pd.DataFrame(
                    {
                        "feature": column,
                        "group": groups.names,
                        "customers": count,
                        "bought": buyers,
                        "rate": buyers / np.maximum(count, 1),
                        "evidence": weight,
                        "information": (with_it - without) * weight,
                    }
                )
            )
        logit = LogisticRegression(C=1 / self.ridge, max_iter=1000)
        logit.fit(np.column_stack(evidence), yes)
        self._scale(tables, logit.coef_[0], float(logit.intercept_[0]))
        return self

    def points(self, customers: pd.DataFrame) -> pd.Series:
        """Add up each customer's points.

        Parameters
        ----------
        customers : DataFrame
            One row a customer with the features learned from; other columns are not looked at. A
            text never met before counts as "other", and gets the feature's middle points when there
            is no such group.

        Returns
        -------
        Series
            Whole points, indexed as `customers`.

        Raises
        ------
        ValueError
            A feature is missing.
        NotFittedError
            `fit` was not called.
        """
        check_is_fitted(self, "base_")
        require_columns(customers, {name: name for name in self._groups}, TABLE)
        total = np.full(len(customers), self.base_)
        for name, groups in self._groups.items():
            total += self._earned[name][groups.code(customers[name])]
        return pd.Series(total, index=customers.index, name="points")

    def probability(self, customers: pd.DataFrame) -> pd.Series:
        """Return the chance of buying that goes with each customer's points.

        Parameters
        ----------
        customers : DataFrame
            As for `points`.

        Returns
        -------
        Series
            Between 0 and 1, indexed as `customers`. It is that of the period learned from: in a
            season when more people buy it is too low for all, though the order still holds.

        Raises
        ------
        ValueError
            A feature is missing.
        NotFittedError
            `fit` was not called.
        """
        above = (self.points(customers) - self.even) / self.double
        return (1 / (1 + 2.0**-above)).rename("probability")

    def _scale(self, tables: list[pd.DataFrame], coefficients: Floats, start: float) -> None:
        factor = self.double / np.log(2)
        self._earned = {}
        for table, coefficient in zip(tables, coefficients, strict=True):
            term = coefficient * table["evidence"].to_numpy()
            start += term.min()
            points = np.round(factor * (term - term.min())).astype(np.int64)
            table["points"] = points
            # one more at the end, for a text never met before: no evidence either way
            spare = max(round(-factor * term.min()), 0)
            self._earned[str(table["feature"].iloc[0])] = np.r_[points, spare]
        self.base_ = round(self.even + factor * start)
        whole = pd.concat(tables, ignore_index=True)
        self.points_ = whole.drop(columns="information")
        by = whole.groupby("feature", sort=False)
        features = pd.DataFrame(
            {
                "information": by["information"].sum(),
                "coefficient": coefficients,
                "most_points": by["points"].max(),
            }
        ).reset_index()
        self.features_ = features.sort_values("information", ascending=False, ignore_index=True)
        turned = features.loc[(coefficients < 0) & (features["most_points"] > 0), "feature"]
        if len(turned):
            warnings.warn(
                f"The points of {first_few(turned)} run against the rates of the groups: another "
                "feature says the same already. Leave one of them out.",
                UserWarning,
                stacklevel=3,
            )

    def _check(self) -> None:
        if isinstance(self.bins, bool) or self.bins != int(self.bins) or self.bins < 2:
            raise ValueError(f"bins must be a whole number of at least 2, not {self.bins}.")
        for name in ("double", "ridge"):
            if not 0 < getattr(self, name) < np.inf:
                raise ValueError(f"{name} must be above 0, not {getattr(self, name)}.")


class _Groups:
    """How one feature is cut: the names of the groups, and which group a value is in."""

    def __init__(self, names: list[str], cuts: Floats | None, missing: bool) -> None:
        self.cuts = cuts
        self.known = {name: i for i, name in enumerate(names)}
        self.names = names + ([MISSING] if missing else [])

    @classmethod
    def of(
        cls, values: pd.Series, bins: int, edges: Sequence[float] | None, fewest: int
    ) -> _Groups:
        missing = bool(values.isna().any())
        if not _is_number(values):
            if edges is not None:
                raise ValueError(f'edges are given for "{values.name}", which holds no numbers.')
            count = values.dropna().astype(str).value_counts()
            names = sorted(count.index[count >= fewest])
            return cls(names + ([OTHER] if (count < fewest).any() else []), None, missing)
        given = values.to_numpy(dtype=np.float64, na_value=np.nan)
        if np.isinf(given).any():
            raise ValueError(f'Column "{values.name}" of {TABLE} holds infinite numbers.')
        there = given[~np.isnan(given)]
        if edges is not None:
            cuts = np.asarray(edges, dtype=float)
            if cuts.ndim != 1 or not np.isfinite(cuts).all() or (np.diff(cuts) <= 0).any():
                raise ValueError(f'edges of "{values.name}" must be ascending numbers: {edges}.')
        elif len(there):
            cuts = np.quantile(there, np.arange(1, bins) / bins, method="higher")
            cuts = np.unique([float(f"{cut:.3g}") for cut in cuts])
            below, first = np.unique(np.searchsorted(np.sort(there), cuts), return_index=True)
            cuts = cuts[first[(below > 0) & (below < len(there))]]  # no group is empty
        else:
            cuts = np.empty(0)
        shown = [f"{cut:,.10g}" for cut in cuts]
        names = ["all"]
        if shown:
            between = [f"{a} to below {b}" for a, b in pairwise(shown)]
            names = [f"below {shown[0]}", *between, f"{shown[-1]} or more"]
        return cls(names, cuts, missing)

    def code(self, values: pd.Series) -> np.ndarray:
        """Return each value's group; one after the last for what was never met."""
        never = len(self.names)
        gap = never - 1 if self.names[-1] == MISSING else never
        if self.cuts is None:
            other = self.known.get(OTHER, never)
            code = values.astype(object).map(lambda v: self.known.get(str(v), other)).to_numpy()
        else:
            if not _is_number(values):
                raise ValueError(f'Column "{values.name}" of {TABLE} does not hold numbers.')
            given = values.to_numpy(dtype=np.float64, na_value=np.nan)
            code = np.searchsorted(self.cuts, given, side="right")
        return np.where(values.isna(), gap, code).astype(np.int64)


def bought_between(
    transactions: pd.DataFrame,
    customers: Any,
    *,
    after: object,
    until: object,
    customer: str = "customer_id",
    date: str = "date",
    amount: str = "amount",
) -> pd.Series:
    """Say who bought in a period: what a scorecard learns from, and what it is held against.

    Parameters
    ----------
    transactions : DataFrame
        One row a line. Lines with a negative amount are refunds, not purchases.
    customers : Index or sequence
        The customers asked about: those known at the end of `after`.
    after, until : date-like
        The period begins on the day after `after` and ends with `until`. Features may look at
        nothing later than `after`.
    customer, date, amount : str
        Column names.

    Returns
    -------
    Series of bool
        Indexed by customer, in the order given.

    Raises
    ------
    ValueError
        The period is empty, or a column is missing or of the wrong kind.

    Examples
    --------
    >>> import pandas as pd
    >>> lines = pd.DataFrame({
    ...     "customer_id": ["A", "A", "B"],
    ...     "date": pd.to_datetime(["2026-01-10", "2026-03-05", "2026-01-31"]),
    ...     "amount": [20.0, 30.0, 40.0],
    ... })
    >>> bought_between(lines, ["A", "B"], after="2026-01-31", until="2026-03-31").tolist()
    [True, False]
    """
    begin, stop = read_as_of(after), read_as_of(until)
    if begin >= stop:
        raise ValueError(f"until={stop:%Y-%m-%d} must be later than after={begin:%Y-%m-%d}.")
    lines = read_lines(transactions, customer=customer, date=date, amount=amount)
    inside = (lines.day > np.datetime64(begin, "D")) & (lines.day <= np.datetime64(stop, "D"))
    came = lines.ids[np.unique(lines.code[inside & lines.is_purchase])]
    asked = pd.Index(customers, name=getattr(customers, "name", None) or customer)
    return pd.Series(asked.isin(came), index=asked, name="bought")


def _is_number(values: pd.Series) -> bool:
    return pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values)


def _features(customers: pd.DataFrame) -> None:
    require_columns(customers, {}, TABLE)
    if customers.empty:
        raise ValueError(f"{TABLE} has no rows or no features.")
    listed = set(FIELDS.loc[FIELDS["sensitive"] == "yes", "field"])
    names = [str(column) for column in customers.columns]
    if bad := [n for n in names if n in listed or SENSITIVE.search(n.lower())]:
        raise ValueError(
            f"{first_few(bad)} of {TABLE} looks like a sensitive field, which no score may use. "
            "Drop it, or rename it when it holds something else."
        )
    for column in customers.columns:
        kind = customers[column]
        if pd.api.types.is_datetime64_any_dtype(kind):
            raise ValueError(
                f'Column "{column}" of {TABLE} holds dates. Turn them into days up to the day the '
                "list is drawn."
            )
        is_id = not _is_number(kind) and len(customers) > 50 and kind.nunique() == len(customers)
        if is_id:
            raise ValueError(
                f'Column "{column}" of {TABLE} is different for everybody, so it is no feature. '
                f'Make it the index: {TABLE}.set_index("{column}").'
            )


def _outcome(bought: Any, index: pd.Index) -> np.ndarray:
    if isinstance(bought, pd.Series) and not bought.index.equals(index):
        raise ValueError(f"bought must have the same index as {TABLE}: reindex it first.")
    given = pd.Series(np.asarray(bought))
    if given.shape != (len(index),):
        raise ValueError(f"bought must hold one value for each of the {len(index):,} customers.")
    if given.isna().any() or not given.isin([0, 1]).all():
        raise ValueError("bought must be True or False (or 1 or 0) for every customer.")
    yes = given.astype(bool).to_numpy()
    if yes.all() or not yes.any():
        raise ValueError(
            f"{'All' if yes.any() else 'None'} of the {counted(len(yes), 'customer')} bought, so "
            "there is nothing to tell apart. Choose another period."
        )
    return yes
