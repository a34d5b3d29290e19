"""What every probability model can do: fit, parameters, standard errors, checked tables."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.stats import norm
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from whobuys.segment._lines import counted, first_few, numbers, require_columns
from whobuys.value._fit import Floats, Likelihood, maximise, unique_rows

TABLE = "customers"
MANY = 10_000


class ProbabilityModel(BaseEstimator):
    """Shared by the models; each says its parameters, its columns and its likelihood."""

    _names: ClassVar[tuple[str, ...]] = ()
    _columns: ClassVar[tuple[str, ...]] = ("frequency", "recency", "T")
    _starts: ClassVar[tuple[tuple[float, ...], ...]] = ()

    def __init__(self, *, penalty: float = 0.0) -> None:
        self.penalty = penalty

    @classmethod
    def from_parameters(cls, **parameters: float) -> Any:
        """Return a model with given parameters, for instance published ones; nothing is fitted.

        Parameters
        ----------
        **parameters : float
            Every parameter by its name, above 0.

        Returns
        -------
        model
            Ready to predict for the customers it is given.

        Raises
        ------
        ValueError
            A parameter is missing, unknown, or not above 0.
        """
        if set(parameters) != set(cls._names):
            raise ValueError(
                f"{cls.__name__} has the parameters {', '.join(cls._names)}; given were "
                f"{', '.join(parameters) or 'none'}."
            )
        model = cls()
        for name, value in parameters.items():
            if not 0 < value < np.inf:
                raise ValueError(f"{name} must be a number above 0, not {value}.")
            setattr(model, f"{name}_", float(value))
        return model

    def log_likelihood(
        self, customers: pd.DataFrame, *, sample_weight: ArrayLike | None = None
    ) -> float:
        """Return the log-likelihood of customers under the model as it stands.

        Parameters
        ----------
        customers : DataFrame
            One row a customer with the columns the model reads.
        sample_weight : array-like, optional
            How many customers each row stands for; by default one.

        Returns
        -------
        float
            The sum over the customers.

        Raises
        ------
        ValueError
            A column is missing or holds impossible values.
        """
        values = self._read(customers)
        rows, weight, _ = unique_rows(values, _weights(sample_weight, len(customers)))
        rows, weight = self._usable(rows, weight)
        return float(self._likelihood(rows, weight)(self._values())[0])

    def fit(
        self, customers: pd.DataFrame, y: object = None, *, sample_weight: ArrayLike | None = None
    ) -> Any:
        """Estimate the parameters by maximum likelihood.

        Parameters
        ----------
        customers : DataFrame
            One row a customer with the columns the model reads.
        y : ignored
            There for scikit-learn's sake.
        sample_weight : array-like, optional
            How many customers each row stands for; by default one.

        Returns
        -------
        self
            With one attribute a parameter (``r_``, ...), ``loglik_``, ``standard_errors_``,
            ``covariance_`` (of the parameters' logarithms) and ``parameters_``.

        Raises
        ------
        ValueError
            A column is missing or holds impossible values, or there is nothing to learn from.
        ConvergenceError
            The likelihood has no maximum for these customers.
        """
        if not 0 <= self.penalty < np.inf:
            raise ValueError(f"penalty must be 0 or more, not {self.penalty}.")
        values = self._read(customers)
        rows, weight, _ = unique_rows(values, _weights(sample_weight, len(customers)))
        rows, weight = self._usable(rows, weight)
        best = maximise(
            self._likelihood(rows, weight),
            self._names,
            self._scale(rows, weight),
            self._starts,
            float(weight.sum()),
            model=type(self).__name__,
            penalty=self.penalty,
            pilot=self._likelihood(*_thinned(rows, weight)) if len(weight) > MANY else None,
        )
        estimate = np.exp(best.log_parameters)
        error = np.sqrt(np.diag(best.covariance))
        for name, value in zip(self._names, estimate.tolist(), strict=True):
            setattr(self, f"{name}_", value)
        self.loglik_ = float(best.loglik)
        self.n_customers_ = float(weight.sum())
        self.n_rows_ = len(weight)
        self.standard_errors_ = dict(zip(self._names, (estimate * error).tolist(), strict=True))
        self.covariance_ = pd.DataFrame(best.covariance, self._names, self._names)
        self._seen = (values, customers.index)
        return self

    @property
    def parameters_(self) -> pd.DataFrame:
        """The estimates, one row a parameter, with standard error and 95 % interval."""
        return self.intervals()

    def intervals(self, confidence: float = 0.95) -> pd.DataFrame:
        """Return the estimates with their standard errors and intervals.

        Parameters
        ----------
        confidence : float
            Between 0 and 1.

        Returns
        -------
        DataFrame
            Indexed by ``parameter``: ``estimate``, ``standard_error``, ``low``, ``high``. The
            interval is symmetric in the logarithm, so it never goes below 0.

        Raises
        ------
        NotFittedError
            `fit` was not called.
        """
        check_is_fitted(self, "loglik_")
        estimate = self._values()
        error = np.sqrt(np.diag(self.covariance_.to_numpy()))
        reach = np.exp(norm.ppf((1 + confidence) / 2) * error)
        return pd.DataFrame(
            {
                "estimate": estimate,
                "standard_error": estimate * error,
                "low": estimate / reach,
                "high": estimate * reach,
            },
            index=pd.Index(self._names, name="parameter"),
        )

    def _values(self) -> Floats:
        check_is_fitted(self, f"{self._names[0]}_")
        return np.array([getattr(self, f"{name}_") for name in self._names])

    def _given(
        self, customers: pd.DataFrame | None, needs: Sequence[str] | None = None
    ) -> tuple[dict[str, Floats], pd.Index]:
        """Return the columns of the customers asked for, or of those the model was fitted on."""
        self._values()
        if customers is None:
            check_is_fitted(
                self, "loglik_", msg="This %(name)s was not fitted: say which customers."
            )
            return self._seen
        return self._read(customers, needs), customers.index

    def _read(
        self, customers: pd.DataFrame, needs: Sequence[str] | None = None
    ) -> dict[str, Floats]:
        wanted = needs or self._columns
        require_columns(customers, {name: name for name in wanted}, TABLE)
        if customers.empty:
            raise ValueError(f"{TABLE} has no rows, so there is nothing to work with.")
        values = {name: numbers(customers[name], name=name, table=TABLE) for name in wanted}
        self._check(values, customers.index)
        return values

    def _check(self, values: dict[str, Floats], index: pd.Index) -> None:
        """Refuse what cannot be: see `check_times`."""
        check_times(values, index)

    def _usable(self, rows: dict[str, Floats], weight: Floats) -> tuple[dict[str, Floats], Floats]:
        """Return the rows that say something, or say why none does."""
        keep = weight > 0
        return {name: values[keep] for name, values in rows.items()}, weight[keep]

    def _scale(self, rows: dict[str, Floats], weight: Floats) -> Floats:
        return np.ones(len(self._names))

    def _likelihood(self, rows: dict[str, Floats], weight: Floats) -> Likelihood:
        raise NotImplementedError


def _weights(given: ArrayLike | None, size: int) -> Floats:
    if given is None:
        return np.ones(size)
    weight = np.asarray(given, dtype=float)
    if weight.shape != (size,):
        raise ValueError(
            f"sample_weight must have one number for each of the {size:,} rows; its shape is "
            f"{weight.shape}."
        )
    if not np.isfinite(weight).all() or (weight < 0).any() or weight.sum() <= 0:
        raise ValueError("sample_weight must hold numbers of 0 or more, not all of them 0.")
    return weight


def _thinned(rows: dict[str, Floats], weight: Floats) -> tuple[dict[str, Floats], Floats]:
    """Return fewer rows that stand for all: the heaviest as they are, the others by lot."""
    heavy = MANY // 4
    order = np.argsort(-weight, kind="stable")
    lot = np.random.default_rng(0).choice(order[heavy:], MANY // 4, replace=False)
    chosen = np.r_[order[:heavy], lot]
    taken = weight[chosen].copy()
    taken[heavy:] *= weight[order[heavy:]].sum() / weight[lot].sum()
    return {name: values[chosen] for name, values in rows.items()}, taken


def refuse(bad: np.ndarray, index: pd.Index, said: str) -> None:
    """Raise one error that says what is wrong, in how many rows, and in which."""
    if bad.any():
        where = first_few(index[bad][:4])
        raise ValueError(f"{said} in {counted(int(bad.sum()), 'row')} of {TABLE} (index {where}).")


def check_times(values: dict[str, Floats], index: pd.Index) -> None:
    """Refuse impossible (x, t_x, T)."""
    if "frequency" in values:
        x = values["frequency"]
        refuse((x < 0) | (x % 1 != 0), index, 'Column "frequency" is not a whole number from 0')
    for name in ("recency", "T"):
        if name in values:
            refuse(values[name] < 0, index, f'Column "{name}" is below 0')
    if {"recency", "T"} <= set(values):
        late = values["recency"] > values["T"]
        refuse(
            late, index, 'Column "recency" is greater than "T" (recency counts from the first '
            "purchase to the last, not back from the end)",
        )  # fmt: skip
    if {"frequency", "recency"} <= set(values):
        refuse(
            (values["frequency"] == 0) & (values["recency"] > 0),
            index,
            'Column "recency" is above 0 though "frequency" is 0',
        )


def series(values: Floats, index: pd.Index, name: str) -> pd.Series:
    """Return values as a Series, refusing to hand on anything that is not a number."""
    if not np.isfinite(values).all():
        raise ArithmeticError(
            f"{name} came out as no number in {counted(int((~np.isfinite(values)).sum()), 'row')}; "
            "the parameters are too extreme for these customers."
        )
    return pd.Series(values, index=index, name=name)
