"""Answers with one row for each of something, matched on its key: tables and groupings."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any, ClassVar

import numpy as np
import pandas as pd

from whobuys.course._answers import Answer
from whobuys.course._comparer import (
    FAR,
    SAME,
    Comparer,
    Difference,
    as_answer,
    plain,
    wrong_kind,
)
from whobuys.course._words import count, quoted, say, say_both, some

MANY_VALUES = 20
"""With so many different values a column is varied; half as many are still enough."""
FEW_VALUES = 3
"""Where there are fewer different ones than that, so many are enough: counts differ in kind."""
LONGEST_DATE = 40
MOST_ODD_DATES = 5_000
UNNAMED_LEVEL = re.compile(r"index_\d+")
"""What a level of an index without a name is called in an answer."""
SHARES = re.compile("share|rate|probability|chance", re.IGNORECASE)
"""Names of columns that hold shares; others between 0 and 1 may well be more."""
NEAR_PERCENT = 2
"""Up to so many times 100 times the right share, or as little as that part of it, is percent."""


@dataclass(frozen=True)
class Table(Comparer):
    """A table matched on a key: row order, extra columns and dtypes do not matter.

    `columns` maps each column that counts to `number`, `text` or `date`; `at_least` is the share of
    rows of a column that must agree; rows with a key among `optional` are not looked at.
    """

    kind: ClassVar[str] = "table"
    on: str = ""
    columns: Mapping[str, str] = field(default_factory=dict)
    tolerance: float = 1e-6
    at_least: float = 1.0
    rows: int | None = None
    optional: tuple[str, ...] = ()

    def shape(self, answer: Answer) -> list[str]:
        """Want the key, the columns and (where known) the number of rows."""
        if answer.kind != "table":
            names = ", ".join((self.on, *self.columns))
            return wrong_kind(answer, f"a table with the columns {names}")
        frame = self._named(answer)
        have = [str(column) for column in frame.columns]
        wanted = (self.on, *self.columns)
        lacking = [name for name in wanted if name not in have]
        if lacking:
            return _missing_columns(lacking, wanted, answer)
        words = self._repeats(frame, frame[self.on].map(plain).duplicated())
        if self.rows is not None and len(frame) != self.rows:
            gap = len(frame) - self.rows
            words.append(
                f"Your table has {count(len(frame), 'row')}; expected {self.rows:,}. "
                f"That is {abs(gap):,} too {'many' if gap > 0 else 'few'}."
            )
        return words

    def _repeats(self, frame: pd.DataFrame, again: pd.Series) -> list[str]:
        if not again.any():
            return []
        return [
            f"Your table should have one row for each {self.on}, but "
            f"{count(int(again.sum()), 'row')} repeat one, for instance "
            f"{say(frame[self.on][again].iloc[0])}."
        ]

    def too_long(self, right: Any, answer: Answer) -> list[str]:
        """Say that there are far too many rows; or why, where that is plain to see."""
        words = super().too_long(right, answer)
        frame = self._named(answer) if words and answer.kind == "table" else pd.DataFrame()
        if self.on not in frame:
            return []
        return self._repeats(frame, frame[self.on].duplicated()) or words

    def compare(self, right: Any, answer: Answer) -> Difference:
        """Match the rows on the key, then compare column by column."""
        problems = replace(self, rows=None).shape(answer)
        if problems:
            return Difference(0.0, tuple(problems))
        wanted, given = self._by_key(as_answer(right)), self._by_key(answer)
        words = rows_that_differ(wanted[self.on], given[self.on])
        same_rows = not words
        both = wanted.index.intersection(given.index)
        equal = 0
        for name, kind in self.columns.items():
            right_cells, cells = wanted.loc[both, name], given.loc[both, name]
            agree = _agree(right_cells, cells, kind, self.tolerance)
            equal += same_rows and int(agree.sum()) >= self.at_least * len(wanted) - 1e-9
            if not agree.all():
                first = wanted.loc[both[int(np.argmin(agree))], self.on]
                words.append(_column_words(name, kind, say(first), agree, right_cells, cells))
        if same_rows and equal == len(self.columns):
            return SAME
        return Difference(equal / max(len(self.columns), 1) * 0.999, tuple(words))

    def fitted(self, right: Any) -> Table:
        """Know the number of rows."""
        rows = len(self._named(as_answer(right))) if self.optional else len(right)
        return replace(self, rows=rows)

    def tidy(self, right: Any, answer: Answer) -> pd.DataFrame:
        """Name and type the columns that count, and spell the keys, as the right table does."""
        frame = self._named(answer).copy()
        own_name = isinstance(right, pd.DataFrame) and self.on in right.columns
        keys = right[self.on] if own_name else self._named(as_answer(right))[self.on]
        spelled = {plain(key): key for key in keys}
        frame[self.on] = [spelled.get(plain(key), key) for key in frame[self.on]]
        for name, kind in self.columns.items():
            if kind == "number":
                frame[name] = _numbers(frame[name])
            elif kind == "date":
                frame[name] = _days(frame[name])
        return frame

    def stands_in(self, right: Any, answer: Answer) -> bool:
        """Want half of the keys, as varied columns as the right ones, and numbers of their size.

        Without this, one value in every cell would earn the later questions for nothing.
        """
        wanted, given = self._by_key(as_answer(right)), self._by_key(answer)
        if len(wanted.index.intersection(given.index)) * 2 < len(wanted):
            return False
        return all(alike(wanted[name], given[name]) for name in self.columns)

    def easier(self, right: Any, answer: Answer) -> bool:
        """Whether there are few rows, or a column is far less varied than the right one."""
        wanted, given = self._by_key(as_answer(right)), self._by_key(answer)
        if len(given) * 2 < len(wanted):
            return True
        return not all(_as_varied(wanted[name], given[name]) for name in self.columns)

    def _by_key(self, answer: Answer) -> pd.DataFrame:
        frame = self._named(answer)
        frame = frame.set_index(pd.Index(frame[self.on].map(plain), name=None))
        return frame[~frame.index.duplicated()]

    def _named(self, answer: Answer) -> pd.DataFrame:
        """Give the key and a lone value column the names that are meant; drop optional rows."""
        frame: pd.DataFrame = answer.value
        renames: dict[str, str] = {}
        if self.on not in frame.columns and len(answer.index) == 1:
            renames[answer.index[0]] = self.on
        others = [c for c in frame.columns if c not in (*answer.index, self.on)]
        if len(self.columns) == 1 and len(others) == 1:
            lone = next(iter(self.columns))
            if lone not in frame.columns:
                renames[others[0]] = lone
        frame = frame.rename(columns=renames)
        if not self.optional or self.on not in frame.columns:
            return frame
        free = {plain(key) for key in self.optional}
        return frame[~frame[self.on].map(plain).isin(free)]


@dataclass(frozen=True)
class Labels(Comparer):
    """A grouping of customers: what the groups are called does not matter, who is together does.

    Agreement is the adjusted Rand index (Hubert and Arabie, 1985).
    """

    kind: ClassVar[str] = "labels"
    on: str = ""
    column: str = "label"
    ari: float = 1.0
    rows: int | None = None

    @property
    def _table(self) -> Table:
        return Table(self.on, {self.column: "text"}, rows=self.rows)

    def shape(self, answer: Answer) -> list[str]:
        """Want one label for each key."""
        return self._table.shape(answer)

    def compare(self, right: Any, answer: Answer) -> Difference:
        """Compare the two partitions."""
        from sklearn.metrics import adjusted_rand_score  # two seconds; few answers need it

        table = replace(self._table, rows=None)
        problems = table.shape(answer)
        if problems:
            return Difference(0.0, tuple(problems))
        wanted, given = table._by_key(as_answer(right)), table._by_key(answer)
        words = rows_that_differ(wanted[self.on], given[self.on])
        if words:
            return Difference(0.0, tuple(words))
        given = given.loc[wanted.index]
        labels = given[self.column].map(plain)
        if (labels == "").any():
            gone = given.loc[labels == "", self.on]
            return Difference(0.0, (f"{count(len(gone), 'row')} without a label: {some(gone)}.",))
        index = float(adjusted_rand_score(wanted[self.column].map(plain), labels))
        if index >= self.ari - 1e-12:
            return SAME
        return Difference(
            max(index, 0.0) * 0.999,
            (
                f"Your grouping, {count(labels.nunique(), 'group')}, agrees with the right one to "
                f"{min(index, 0.99):.2f} (adjusted Rand index: 1 is full agreement, 0 is chance; "
                f"{self.ari:g} is needed).",
            ),
        )

    def fitted(self, right: Any) -> Labels:
        """Know the number of rows."""
        return replace(self, rows=len(right))

    def tidy(self, right: Any, answer: Answer) -> pd.DataFrame:
        """Name the columns and spell the keys as the right grouping does."""
        return self._table.tidy(right, answer)

    def too_long(self, right: Any, answer: Answer) -> list[str]:
        """Say that there are far too many rows."""
        return self._table.too_long(right, answer)

    def stands_in(self, right: Any, answer: Answer) -> bool:
        """Want half of the keys, and about as many groups as the right ones."""
        wanted, given = (self._table._by_key(one) for one in (as_answer(right), answer))
        most = 2 * wanted[self.column].nunique()
        return given[self.column].nunique() <= most and self._table.stands_in(right, answer)

    def easier(self, right: Any, answer: Answer) -> bool:
        """Whether there are few rows or groups."""
        return self._table.easier(right, answer)


def rows_that_differ(wanted: pd.Series, given: pd.Series) -> list[str]:
    """Say which rows are missing and which do not belong; both are indexed by the plain key."""
    missing = wanted[~wanted.index.isin(given.index)]
    extra = given[~given.index.isin(wanted.index)]
    words = []
    if len(missing):
        are = "is" if len(missing) == 1 else "are"
        words.append(
            f"{len(missing):,} of {count(len(wanted), 'row')} {are} missing: {some(missing)}."
        )
    if len(extra):
        do = "does" if len(extra) == 1 else "do"
        words.append(f"{count(len(extra), 'row')} {do} not belong: {some(extra)}.")
    return words


def alike(right: pd.Series, given: pd.Series) -> bool:
    """Whether a column is as varied as the right one, and its numbers of about that size."""
    numbers = pd.api.types.is_numeric_dtype(right.dtype)
    return _as_varied(right, given) and (not numbers or _of_one_size(right, given))


def _as_varied(right: pd.Series, given: pd.Series) -> bool:
    """Whether no value stands too often, and there are enough different ones."""
    wanted, have = (side.map(plain).value_counts(normalize=True) for side in (right, given))
    if have.empty or wanted.empty:
        return wanted.empty
    fewest = MANY_VALUES / 2 if len(wanted) >= MANY_VALUES else min(len(wanted) / 2, FEW_VALUES)
    return len(have) >= fewest and have.iloc[0] <= (1 + wanted.iloc[0]) / 2


def _of_one_size(right: pd.Series, given: pd.Series) -> bool:
    """Whether the typical size of the numbers, leaving out zeros, is about that of the right."""
    sizes = []
    for side in (right, given):
        numbers = _numbers(side).abs()
        sizes.append(numbers[numbers > 0].median())
    wanted, have = sizes
    return bool(np.isnan(wanted) or wanted / FAR <= have <= wanted * FAR)


def _agree(right: pd.Series, given: pd.Series, kind: str, tolerance: float) -> np.ndarray:
    if kind == "number":
        wanted, have = _numbers(right).to_numpy(float), _numbers(given).to_numpy(float)
        with np.errstate(invalid="ignore"):
            near = np.abs(wanted - have) <= tolerance + 1e-12
        return near | (wanted == have) | (np.isnan(wanted) & given.isna().to_numpy())
    if kind == "date":
        then, when = _days(right), _days(given)
        return ((then == when) | (then.isna() & given.isna())).to_numpy()
    return (right.map(plain) == given.map(plain)).to_numpy()


def _numbers(cells: pd.Series) -> pd.Series:
    return pd.to_numeric(cells, errors="coerce").astype(float)


def _days(cells: pd.Series) -> pd.Series:
    if pd.api.types.is_datetime64_any_dtype(cells.dtype):
        return cells.dt.tz_localize(None).dt.normalize()
    short = [c if isinstance(c, str) and len(c) <= LONGEST_DATE else "" for c in cells]
    known = _read_days(tuple(dict.fromkeys(short)))
    return pd.Series([known.get(c, pd.NaT) for c in short], cells.index, "datetime64[us]")


@lru_cache(maxsize=8)
def _read_days(texts: tuple[str, ...]) -> dict[str, pd.Timestamp]:
    """Read different texts as days. A column is read for every known mistake, so it is kept."""
    days: dict[str, pd.Timestamp] = {}
    for format, most in (("ISO8601", len(texts)), ("mixed", MOST_ODD_DATES)):
        odd = [text for text in texts if text not in days][:most]
        times = pd.to_datetime(odd, errors="coerce", format=format, utc=True).tz_localize(None)
        known = times.notna()
        days |= dict(zip(np.array(odd, object)[known], times[known].normalize(), strict=True))
    return days


def _column_words(
    name: str, kind: str, row: str, agree: np.ndarray, right: pd.Series, given: pd.Series
) -> str:
    first = int(np.argmin(agree))
    yours, wanted = say_both(given.iloc[first], right.iloc[first])
    share = _no_shares(name, right, given) if kind == "number" else ""
    many, rows = int((~agree).sum()), count(len(agree), "row")
    where = f"all {rows}" if 1 < many == len(agree) else f"{many:,} of {rows}"
    steady = _steadily(right[~agree], given[~agree]) if kind == "number" else ""
    return (
        f"{name} differs in {where}{steady}; for instance {quoted(row)}: yours is "
        f"{quoted(yours)}, right is {quoted(wanted)}.{share}"
    )


def _no_shares(name: str, right: pd.Series, given: pd.Series) -> str:
    """Say so where shares were asked and the column holds percent, rounded or not, or counts."""
    wanted, have = _numbers(right).dropna(), _numbers(given)
    if (
        not SHARES.search(name)
        or not wanted.between(0, 1).all()
        or (wanted % 1 == 0).all()
        or not have.max() >= 2
    ):
        return ""
    times = (have / wanted[wanted > 0]).median()
    if 100 / NEAR_PERCENT < times < 100 * NEAR_PERCENT:
        what = "percent"
    elif (have.dropna() % 1 == 0).all():
        what = "a count"
    else:
        return ""
    return f" {name} lies between 0 and 1; yours looks like {what}."


def _steadily(right: pd.Series, given: pd.Series) -> str:
    """Say so where the same is wrong in every row: a number too many, or a factor."""
    wanted, have = _numbers(right).to_numpy(float), _numbers(given).to_numpy(float)
    if len(wanted) < 2:
        return ""
    with np.errstate(all="ignore"):
        gap, ratio = have - wanted, have / wanted
        if np.ptp(gap) <= 1e-9 * max(1.0, abs(gap[0])):
            return f", each {say(abs(gap[0]))} too {'high' if gap[0] > 0 else 'low'}"
        if np.ptp(ratio) <= 1e-9 * abs(ratio[0]) and ratio[0] > 0:
            return f", each {say(ratio[0])} times the right one"
    return ""


def _missing_columns(lacking: list[str], wanted: Sequence[str], answer: Answer) -> list[str]:
    """Say which columns are missing, with the student's own names; `_named` may have changed them.

    A column that is wanted under its own name is never suggested for another, nor is one suggested
    for two.
    """
    cells = [name for name in map(str, answer.value.columns) if name not in answer.index]
    nameless = bool(cells) and cells == [str(place) for place in range(len(cells))]
    levels = [name for name in answer.index if not UNNAMED_LEVEL.fullmatch(name)]
    have = levels if nameless else [*levels, *cells]
    lower = {name.lower(): name for name in have if name not in wanted}
    gone = [name.lower() for name in lacking]
    words, far = [], []
    for name in lacking:
        near = _nearest(name, lower)
        if near is not None and _nearest(near, gone) == name.lower():
            words.append(f"There is no column {name!r}. Did you mean your column {lower[near]!r}?")
        else:
            far.append(repr(name))
    if far:
        words.append(f"There is no column {' or '.join(far)}. {_yours(have, cells, nameless)}")
        if nameless:
            words.append(f"Make a table with the columns {', '.join(wanted)}.")
    return words


def _nearest(name: str, names: Iterable[str]) -> str | None:
    return next(iter(difflib.get_close_matches(name.lower(), list(names), n=1)), None)


def _yours(have: list[str], cells: list[str], nameless: bool) -> str:
    """Say which columns a table has; a Series, or an array, may have none with a name."""
    if not nameless:
        return f"Yours are: {', '.join(have[:12]) or 'none'}."
    return (
        "Your one column has no name."
        if len(cells) == 1
        else f"Your {len(cells)} columns have no names."
    )
