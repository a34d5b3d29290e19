"""What the models of buying have in common: purchases to come, still a customer, lifetime value."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from whobuys.segment._lines import numbers
from whobuys.value._fit import Floats, unique_rows
from whobuys.value._model import TABLE, ProbabilityModel, series

MONEY = "monetary_value"
Rows = dict[str, Floats]


class TransactionModel(ProbabilityModel):
    """A model of when customers buy, read from frequency, recency and T."""

    _whole_time: ClassVar[bool] = False

    def fit(
        self, customers: pd.DataFrame, y: object = None, *, sample_weight: ArrayLike | None = None
    ) -> Any:
        """Estimate the parameters by maximum likelihood.

        Parameters
        ----------
        customers : DataFrame
            One row a customer with ``frequency``, ``recency`` and ``T``, as `clv_summary` gives.
            Its ``monetary_value``, where there is one, is kept for `lifetime_value`.
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
            A column is missing or holds impossible values, or nobody bought twice.
        ConvergenceError
            The likelihood has no maximum for these customers.
        """
        super().fit(customers, y, sample_weight=sample_weight)
        self._money = customers[MONEY] if MONEY in customers.columns else None
        return self

    def probability_alive(self, customers: pd.DataFrame | None = None) -> pd.Series:
        """Return how likely each customer is still to be a customer at the end of T.

        Parameters
        ----------
        customers : DataFrame, optional
            One row a customer with ``frequency``, ``recency`` and ``T``; by default those fitted.

        Returns
        -------
        Series
            Between 0 and 1, indexed as `customers`.

        Raises
        ------
        ValueError
            A column is missing or holds impossible values.
        NotFittedError
            `fit` was not called.
        """
        values, index = self._given(customers)
        rows, _, place = unique_rows(values, np.ones(len(index)))
        return series(self._alive(rows)[place], index, "probability_alive")

    def expected_purchases(
        self, t: float | ArrayLike, customers: pd.DataFrame | None = None
    ) -> pd.Series:
        """Return how many purchases to expect of each customer in the next `t` time units.

        Parameters
        ----------
        t : float or array-like
            Time from the end of T, in its unit; one for all, or one a customer.
        customers : DataFrame, optional
            One row a customer with ``frequency``, ``recency`` and ``T``; by default those fitted.

        Returns
        -------
        Series
            Indexed as `customers`.

        Raises
        ------
        ValueError
            `t` is below 0 or of the wrong length; a column is missing or impossible.
        NotFittedError
            `fit` was not called.
        """
        values, index = self._given(customers)
        time = self._time(t)
        if time.ndim and time.shape != (len(index),):
            raise ValueError(
                f"t must be one number, or one for each of the {len(index):,} customers; its shape "
                f"is {time.shape}."
            )
        columns = dict(values, t=np.broadcast_to(time, (len(index),)))
        rows, _, place = unique_rows(columns, np.ones(len(index)))
        ahead = rows.pop("t")
        return series(self._expected(ahead, rows)[place], index, "expected_purchases")

    def expected_purchases_new_customer(self, t: float | ArrayLike) -> Any:
        """Return how many repeat purchases to expect of somebody who has just bought first.

        Parameters
        ----------
        t : float or array-like
            Time since the first purchase.

        Returns
        -------
        float or array
            One number, or one for each time.

        Raises
        ------
        ValueError
            `t` is below 0.
        NotFittedError
            `fit` was not called.
        """
        self._values()
        time = self._time(t)
        ahead = np.atleast_1d(time)
        none = np.zeros_like(ahead)
        found = self._expected(ahead, {"frequency": none, "recency": none, "T": none})
        series(found, pd.RangeIndex(len(found)), "expected_purchases_new_customer")
        return float(found[0]) if time.ndim == 0 else found

    def lifetime_value(
        self,
        horizon: int,
        discount_rate: float,
        customers: pd.DataFrame | None = None,
        *,
        spend: Any = None,
        margin: float = 1.0,
        timing: Literal["end", "mid"] = "end",
    ) -> pd.Series:
        """Return what each customer's purchases to come are worth today.

        Parameters
        ----------
        horizon : int
            How many time units to look ahead, in the unit of T.
        discount_rate : float
            Per time unit: 0.002 a week is about 11 % a year (see `rate_per`).
        customers : DataFrame, optional
            One row a customer; by default those fitted.
        spend : number, Series or GammaGammaModel, optional
            Money a purchase. A fitted `GammaGammaModel` reads ``monetary_value`` too. By default
            1, which gives discounted expected purchases.
        margin : float
            Part of the money that is kept: 0.3 for 30 %.
        timing : {"end", "mid"}
            Are the purchases of a time unit discounted as if they came at its end or its middle?

        Returns
        -------
        Series
            Money, indexed as `customers`. What was earned already is not in it.

        Raises
        ------
        ValueError
            `horizon` is not a whole number from 1, `discount_rate` is not above -1, `timing` is
            unknown, or `spend` does not fit the customers.
        NotFittedError
            `fit` was not called.
        """
        if isinstance(horizon, bool) or horizon != int(horizon) or horizon < 1:
            raise ValueError(f"horizon must be a whole number of time units from 1, not {horizon}.")
        if not -1 < discount_rate < np.inf:
            raise ValueError(f"discount_rate must be above -1, not {discount_rate}.")
        if timing not in ("end", "mid"):
            raise ValueError(f'timing must be "end" or "mid", not {timing!r}.')
        values, index = self._given(customers)
        rows, _, place = unique_rows(values, np.ones(len(index)))
        total = np.zeros(len(rows["T"]))
        before = np.zeros_like(total)
        for period in range(1, int(horizon) + 1):
            upto = self._expected(np.full_like(total, period), rows)
            when = period - (0.5 if timing == "mid" else 0.0)
            total += (upto - before) / (1 + discount_rate) ** when
            before = upto
        money = self._spend(spend, values, index, customers)
        return series(total[place] * money * margin, index, "lifetime_value")

    def _spend(
        self, spend: Any, values: Rows, index: pd.Index, customers: pd.DataFrame | None
    ) -> Floats:
        if spend is None:
            return np.ones(len(index))
        if hasattr(spend, "expected_spend"):
            money = self._money if customers is None else customers.get(MONEY)
            if money is None:
                raise ValueError(
                    f'{TABLE} has no column "{MONEY}", which the model of spending reads. Make the '
                    "table with clv_summary, or give spend as a number."
                )
            frame = pd.DataFrame({"frequency": values["frequency"], MONEY: money.to_numpy()})
            return np.asarray(spend.expected_spend(frame), dtype=float)
        if isinstance(spend, pd.Series):
            if not spend.index.equals(index):
                raise ValueError("spend must have the same index as the customers.")
            return numbers(spend, name=spend.name or "spend", table="spend")
        if not np.isfinite(spend):
            raise ValueError(f"spend must be a number, a Series or a GammaGammaModel, not {spend}.")
        return np.full(len(index), float(spend))

    def _time(self, t: float | ArrayLike) -> Floats:
        time = np.asarray(t, dtype=float)
        if time.ndim > 1 or not np.isfinite(time).all() or (time < 0).any():
            raise ValueError(f"t must be a time of 0 or more, not {t!r}.")
        if self._whole_time and (time % 1 != 0).any():
            raise ValueError(f"t must be a whole number of periods, not {t!r}.")
        return time

    def _usable(self, rows: Rows, weight: Floats) -> tuple[Rows, Floats]:
        rows, weight = super()._usable(rows, weight)
        if not (rows["T"] > 0).any():
            raise ValueError(
                'Column "T" is 0 for every customer: nobody was watched for any time after the '
                "first purchase. Choose a later end."
            )
        if not (rows["frequency"] > 0).any():
            raise ValueError(
                f"None of the {weight.sum():,.0f} customers bought again (frequency is 0), so "
                "nothing tells how fast they buy or leave. Choose a later end, or more customers."
            )
        return rows, weight

    def _alive(self, rows: Rows) -> Floats:
        raise NotImplementedError

    def _expected(self, t: Floats, rows: Rows) -> Floats:
        raise NotImplementedError


def mean_time(rows: Rows, weight: Floats) -> float:
    """Return the mean of T, the natural unit of a table's times."""
    return float(np.average(rows["T"], weights=weight))
