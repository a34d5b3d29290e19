"""Before and after: a change, and an effect only where there is a comparison."""

from __future__ import annotations

from dataclasses import dataclass, field
from statistics import NormalDist
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from whobuys.segment._lines import counted, first_few, numbers, require_rows
from whobuys.strategy._satisfaction import truths

BALANCED = 0.25


class NoComparison(ValueError):
    """An effect was asked for, and there is no comparison group."""


@dataclass(frozen=True)
class BeforeAfter:
    """What changed, and, with a comparison group, how much more it changed for those who took part.

    Attributes
    ----------
    table : DataFrame
        One row a group ("took part", "comparison"; without a comparison only the first):
        ``customers``, ``before``, ``after``, ``change`` with ``low`` and ``high``.
    level : float
        Level of the intervals.
    by_lot : bool
        Whether a lot decided who took part.
    balance : float
        How far apart the groups were before, in standard deviations; missing without a comparison.
    """

    table: pd.DataFrame = field(repr=False)
    level: float
    by_lot: bool
    balance: float
    _effect: tuple[float, float, float] | None = field(default=None, repr=False)

    @property
    def change(self) -> float:
        """Mean change of those who took part. It is not an effect."""
        return float(self.table["change"].iloc[0])

    @property
    def effect(self) -> float:
        """Change of those who took part less that of the comparison (difference in differences)."""
        return self._known()[0]

    @property
    def low(self) -> float:
        """Lower end of the interval of the effect."""
        return self._known()[1]

    @property
    def high(self) -> float:
        """Upper end of the interval of the effect."""
        return self._known()[2]

    @property
    def words(self) -> str:
        """What may be said, in one or two sentences."""
        first = self.table.iloc[0]
        moved = f"from {first['before']:,.2f} to {first['after']:,.2f}"
        if self._effect is None:
            return (
                f"Those who took part changed {moved}. There is no comparison group, so nobody "
                "can say what would have happened without the programme: this is a change, not an "
                "effect."
            )
        effect, low, high = self._effect
        sure = "0 lies outside" if low > 0 or high < 0 else "0 lies inside"
        said = (
            f"Those who took part changed {moved}, {effect:+,.2f} against the comparison "
            f"({self.level * 100:g} % interval {low:,.2f} to {high:,.2f}; {sure})."
        )
        if self.by_lot:
            return f"{said} A lot decided who took part: what is beyond chance is the programme's."
        apart = (
            f" The groups were {abs(self.balance):.1f} standard deviations apart before, which "
            "makes that doubtful."
            if abs(self.balance) > BALANCED
            else ""
        )
        return (
            f"{said} No lot decided who took part: it is the programme's effect only if both "
            f"groups would have moved alike without it.{apart}"
        )

    def _known(self) -> tuple[float, float, float]:
        if self._effect is None:
            raise NoComparison(
                "There is no comparison group, so there is no effect to read, only a change "
                f"({self.change:+,.4g}). Give took_part for customers with and without the "
                "programme."
            )
        return self._effect

    def __str__(self) -> str:
        return self.words


def before_after(
    before: pd.Series,
    after: pd.Series,
    took_part: pd.Series | None = None,
    *,
    by_lot: bool = False,
    level: float = 0.95,
    draws: int = 2000,
    seed: int = 0,
) -> BeforeAfter:
    """Compare before with after, and those who took part with those who did not.

    Parameters
    ----------
    before, after : Series
        A number a customer in the period before and in the one after, indexed by customer in the
        same order. Nobody may be missing: who bought nothing has 0. True counts as 1, False as 0.
    took_part : Series, optional
        True for a customer in the programme, False for one in the comparison group; same index.
        Without it there is a change and no effect: reading ``effect`` is an error.
    by_lot : bool
        Whether a lot decided who took part. It changes the words, not the numbers.
    level : float
        Level of the intervals.
    draws : int
        How many bootstrap samples; 0 takes normal intervals instead.
    seed : int
        The same seed gives the same intervals.

    Returns
    -------
    BeforeAfter
        ``table``, ``change``; with a comparison ``effect``, ``low``, ``high``, ``balance``; and
        ``words``, what may be said.

    Raises
    ------
    ValueError
        The inputs are not of the same customers in the same order, a value is missing, or a group
        has fewer than two customers. `NoComparison`, a kind of it, on reading an effect without a
        comparison.

    Notes
    -----
    Difference in differences (Card and Krueger, 1994, American Economic Review 84(4)): it removes
    what stays different between the groups and what changes for all, and rests on both groups
    moving alike without the programme. Test that on an earlier pair of periods, where the
    "effect" should be about 0. Intervals by the bootstrap over customers, group by group (Efron,
    1979), percentiles; orders of one customer are not independent, so orders are never drawn. Who
    was chosen *because* of a bad period gets better on average without any programme (regression to
    the mean: Galton, 1886). Groups further apart than 0.25 standard deviations before are a warning
    (Imbens and Rubin, 2015).

    Examples
    --------
    >>> import pandas as pd
    >>> then = pd.Series([10.0, 12.0, 11.0, 10.0, 12.0, 11.0])
    >>> now = pd.Series([15.0, 16.0, 17.0, 12.0, 13.0, 14.0])
    >>> part = pd.Series([True, True, True, False, False, False])
    >>> found = before_after(then, now, part)
    >>> found.table[["group", "before", "after", "change"]]
            group  before  after  change
    0   took part    11.0   16.0     5.0
    1  comparison    11.0   13.0     2.0
    >>> found.effect
    3.0
    >>> before_after(then[part], now[part]).effect
    Traceback (most recent call last):
        ...
    whobuys.strategy._effect.NoComparison: There is no comparison group, so there is no effect to
    read, only a change (+5). Give took_part for customers with and without the programme.
    """
    first, second = _amounts(before, "before"), _amounts(after, "after")
    _same(before, after, "after")
    if not 0 < level < 1:
        raise ValueError(f"level must be between 0 and 1, not {level!r}.")
    if draws < 0 or not isinstance(draws, int):
        raise ValueError(f"draws must be a whole number from 0, not {draws!r}.")
    inside = np.ones(len(first), dtype=bool)
    if took_part is not None:
        inside = _inside(before, took_part)
    names = ("took part", "comparison")
    groups = [(names[0], inside)] + ([(names[1], ~inside)] if took_part is not None else [])
    draw = np.random.default_rng(seed)
    rows, samples, errors = [], [], []
    for name, mine in groups:
        size = int(mine.sum())
        if size < 2:
            raise ValueError(
                f"The group {name!r} has {counted(size, 'customer')}; two are the least."
            )
        moved = second[mine] - first[mine]
        sample = _bootstrap(moved, draws, draw)
        error = float(moved.std(ddof=1) / np.sqrt(size))
        low, high = _interval(float(moved.mean()), error, sample, level)
        rows.append((name, size, first[mine].mean(), second[mine].mean(), moved.mean(), low, high))
        samples.append(sample)
        errors.append(error)
    table = pd.DataFrame(
        rows, columns=["group", "customers", "before", "after", "change", "low", "high"]
    )
    if took_part is None:
        return BeforeAfter(table, level, by_lot, float("nan"))
    effect = float(table["change"].iloc[0] - table["change"].iloc[1])
    low, high = _interval(
        effect, float(np.hypot(errors[0], errors[1])), samples[0] - samples[1], level
    )
    spread = float(np.sqrt((first[inside].var(ddof=1) + first[~inside].var(ddof=1)) / 2))
    apart = float(table["before"].iloc[0] - table["before"].iloc[1])
    balance = apart / spread if spread > 0 else float(np.sign(apart)) * np.inf if apart else 0.0
    return BeforeAfter(table, level, by_lot, balance, (effect, low, high))


def period_means(values: pd.DataFrame, took_part: pd.Series) -> pd.DataFrame:
    """Return the mean of each group in each period, the data of a before-and-after chart.

    Parameters
    ----------
    values : DataFrame
        One row a customer (the index), one column a period in order.
    took_part : Series
        True for a customer in the programme, with the same index.

    Returns
    -------
    DataFrame
        One row a period: ``period``, ``took part``, ``comparison`` and ``difference``. Where the
        difference drifts before the programme, the groups would not have moved alike.

    Raises
    ------
    ValueError
        The inputs are not of the same customers, a value is missing, or a group is empty.

    Examples
    --------
    >>> import pandas as pd
    >>> values = pd.DataFrame({"Q1": [1.0, 2.0, 3.0], "Q2": [2.0, 4.0, 3.0]})
    >>> period_means(values, pd.Series([True, True, False]))
      period  took part  comparison  difference
    0     Q1        1.5         3.0        -1.5
    1     Q2        3.0         3.0         0.0
    """
    first = values.iloc[:, 0] if values.shape[1] else pd.Series(index=values.index, dtype=float)
    inside = _inside(first, took_part)
    if inside.all() or not inside.any():
        raise ValueError("took_part must hold customers with and without the programme.")
    table = np.column_stack([numbers(values[c], name=c, table="values") for c in values.columns])
    means = pd.DataFrame(
        {
            "period": list(values.columns),
            "took part": table[inside].mean(axis=0),
            "comparison": table[~inside].mean(axis=0),
        }
    )
    return means.assign(difference=means["took part"] - means["comparison"])


def least_detectable(
    took_part: int, comparison: int, spread: float, *, power: float = 0.8, level: float = 0.95
) -> float:
    """Return the smallest effect that groups of this size would show with this power.

    Parameters
    ----------
    took_part, comparison : int
        Customers in each group.
    spread : float
        Standard deviation of what is compared: of the *change* of a customer for `before_after`; of
        a share p it is the root of p (1 − p).
    power : float
        Chance to find an effect of this size.
    level : float
        Level of the interval that must leave 0 outside.

    Returns
    -------
    float
        In the unit of `spread`.

    Raises
    ------
    ValueError
        A size is below 2, the spread is below 0, or a chance is not between 0 and 1.

    Notes
    -----
    Bloom (1995), "Minimum detectable effects", Evaluation Review 19(5), for large samples. Compute
    it before the programme begins: after it, the interval says all.

    Examples
    --------
    >>> round(least_detectable(200, 200, spread=50.0), 1)
    14.0
    """
    for name, size in (("took_part", took_part), ("comparison", comparison)):
        if not size >= 2:
            raise ValueError(f"{name} must be at least 2 customers, not {size!r}.")
    return _reach(spread, power, level) * float(np.sqrt(1 / took_part + 1 / comparison))


def customers_needed(
    effect: float, spread: float, *, share: float = 0.5, power: float = 0.8, level: float = 0.95
) -> int:
    """Return how many customers both groups need together to show an effect of this size.

    Parameters
    ----------
    effect : float
        The smallest effect worth knowing.
    spread : float
        Standard deviation of what is compared, as for `least_detectable`.
    share : float
        Share of the customers that take part; halves need the fewest.
    power, level : float
        As for `least_detectable`.

    Returns
    -------
    int
        Both groups together, rounded up.

    Raises
    ------
    ValueError
        `effect` is 0, or a share or chance is not between 0 and 1.

    Notes
    -----
    `least_detectable` solved for the size.

    Examples
    --------
    >>> customers_needed(14.0, spread=50.0)
    401
    """
    if not effect or not np.isfinite(effect):
        raise ValueError(f"effect must be a number other than 0, not {effect!r}.")
    if not 0 < share < 1:
        raise ValueError(f"share must be between 0 and 1, not {share!r}.")
    size = (_reach(spread, power, level) / effect) ** 2 / (share * (1 - share))
    return int(np.ceil(size - 1e-9))


def _reach(spread: float, power: float, level: float) -> float:
    if not 0 <= spread < np.inf:
        raise ValueError(f"spread must be 0 or more, not {spread!r}.")
    for name, chance in (("power", power), ("level", level)):
        if not 0 < chance < 1:
            raise ValueError(f"{name} must be between 0 and 1, not {chance!r}.")
    return (NormalDist().inv_cdf(0.5 + level / 2) + NormalDist().inv_cdf(power)) * spread


def _inside(before: pd.Series, took_part: pd.Series) -> NDArray[np.bool_]:
    """Return who took part, one flag a customer of before."""
    _series(took_part, "took_part")
    _same(before, took_part, "took_part")
    return truths(took_part, "took_part", "took_part")


def _series(values: pd.Series, name: str) -> None:
    if not isinstance(values, pd.Series):
        raise ValueError(
            f"{name} must be a Series indexed by customer, not {type(values).__name__}."
        )
    require_rows(values, name)


def _amounts(values: pd.Series, name: str) -> NDArray[np.float64]:
    _series(values, name)
    again = values.index[values.index.duplicated()].unique()
    if len(again):
        raise ValueError(
            f"{name} names {counted(len(again), 'customer')} more than once ({first_few(again)}). "
            "Give one number a customer: add theirs up first."
        )
    if pd.api.types.is_bool_dtype(values):
        values = values.astype(float)
    return numbers(values, name=values.name or name, table=name)


def _same(one: pd.Series, other: pd.Series, name: str) -> None:
    if not other.index.equals(one.index):
        raise ValueError(
            f"{name} must have the index of before, one row a customer in the same order: it has "
            f"{len(other):,} rows, before {len(one):,}. Set the customer as index and reindex; "
            "who bought nothing has 0."
        )


def _bootstrap(moved: Any, draws: int, draw: np.random.Generator) -> NDArray[np.float64]:
    """Return the mean change in each of the samples drawn from the customers."""
    size = len(moved)
    many = max(1, 2_000_000 // size)
    means = [
        moved[draw.integers(0, size, (min(many, draws - start), size))].mean(axis=1)
        for start in range(0, draws, many)
    ]
    return np.concatenate(means) if means else np.empty(0)


def _interval(
    middle: float, error: float, sample: NDArray[np.float64], level: float
) -> tuple[float, float]:
    if not len(sample):
        reach = NormalDist().inv_cdf(0.5 + level / 2) * error
        return middle - reach, middle + reach
    low, high = np.quantile(sample, [0.5 - level / 2, 0.5 + level / 2])
    return float(low), float(high)
