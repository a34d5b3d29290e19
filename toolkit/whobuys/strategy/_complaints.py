"""How fast complaints are settled, those still open counted as what they are."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from whobuys.segment._lines import counted, first_few, require_columns
from whobuys.strategy._satisfaction import ALL
from whobuys.target._needs import wilson
from whobuys.value import survival_curve


def complaint_table(
    interactions: pd.DataFrame,
    *,
    as_of: object,
    within: float = 24,
    by: str | None = None,
    kind: str | None = "complaint",
    what: str = "kind",
    opened: str = "opened",
    closed: str = "closed",
    level: float = 0.95,
) -> pd.DataFrame:
    """Say what share of the complaints was closed within so many hours, and how long half took.

    Parameters
    ----------
    interactions : DataFrame
        One row a case.
    as_of : date-like
        The moment the table was drawn; what is closed later counts as still open. A day means its
        end where the table holds times.
    within : float
        The promise, in hours. Where the table holds days and no times, 24 means by the next day.
    by : str, optional
        Column of groups (the way, the segment); a last row "all" holds all cases.
    kind : str or None
        Which rows count, by the column `what`; None takes every row.
    what, opened, closed : str
        Column names. A missing `closed` is a case still open.
    level : float
        Level of the interval.

    Returns
    -------
    DataFrame
        One row a group: the group, ``cases``, ``open`` (still), ``known`` (opened at least `within`
        hours before `as_of`), ``in_time`` (of these), ``closed_within`` (in_time / known) with
        ``low`` and ``high``, ``median_hours`` over all cases, those still open counted
        as lasting at least until now (missing while fewer than half are closed), and
        ``longest_open`` in hours.

    Raises
    ------
    ValueError
        A column is missing, a case was closed before it was opened or opened after `as_of`, or
        there is no case.

    Notes
    -----
    A case opened an hour ago cannot be judged by 24 hours yet, closed or not, so it is left out of
    the share; one open for three days says no. To leave out every open case makes the slowest
    disappear; to count only the quick ones of the last day makes the share too high. Median by
    Kaplan and Meier (1958), interval by Wilson (1927). Who does not complain is not in it: many of
    the dissatisfied say nothing to the firm.

    Examples
    --------
    >>> import pandas as pd
    >>> cases = pd.DataFrame({
    ...     "kind": "complaint",
    ...     "opened": pd.to_datetime(["2026-06-01 09:00", "2026-06-02 09:00", "2026-06-03 09:00"]),
    ...     "closed": pd.to_datetime(["2026-06-01 15:00", "2026-06-04 09:00", None]),
    ... })
    >>> complaint_table(cases, as_of="2026-06-03 18:00")[
    ...     ["cases", "open", "known", "closed_within", "median_hours"]]
       cases  open  known  closed_within  median_hours
    0      3     2      2            0.5           NaN
    """
    cases = _cases(interactions, as_of, kind, what, opened, closed, by)
    if not 0 < within < np.inf:
        raise ValueError(f"within must be a number of hours above 0, not {within!r}.")
    parts: list[tuple[Any, pd.DataFrame]] = [(ALL, cases)]
    if by:
        parts = [*cases.groupby("group", observed=True), *parts]
    rows = []
    for name, part in parts:
        hours, done = part["hours"].to_numpy(), part["done"].to_numpy()
        watched = part["watched"].to_numpy() >= within - 1e-9
        known = int(watched.sum())
        hits = int((watched & done & (hours <= within + 1e-9)).sum())
        low, high = wilson(hits, known, level)
        still = hours[~done]
        rows.append(
            (name, len(part), len(still), known, hits, hits / known if known else np.nan,
             low, high, _median(part["hours"], part["done"]),
             float(still.max()) if len(still) else np.nan)
        )  # fmt: skip
    return pd.DataFrame(
        rows,
        columns=[
            by or "group", "cases", "open", "known", "in_time", "closed_within", "low", "high",
            "median_hours", "longest_open",
        ],
    )  # fmt: skip


def closing_curve(
    interactions: pd.DataFrame,
    *,
    as_of: object,
    kind: str | None = "complaint",
    what: str = "kind",
    opened: str = "opened",
    closed: str = "closed",
) -> pd.DataFrame:
    """Return the share of complaints closed after each number of hours, open ones counted.

    Parameters
    ----------
    interactions, as_of, kind, what, opened, closed
        As for `complaint_table`.

    Returns
    -------
    DataFrame
        One row a time at which a case was closed, and a first row at 0: ``hours``, ``at_risk``
        (cases not yet closed that were watched so long), ``closed`` in this moment, ``share``
        closed by then, ``low`` and ``high`` (95 % interval).

    Raises
    ------
    ValueError
        As from `complaint_table`.

    Notes
    -----
    One minus the curve of Kaplan and Meier (1958), from `whobuys.value.survival_curve`.

    Examples
    --------
    >>> import pandas as pd
    >>> cases = pd.DataFrame({
    ...     "kind": "complaint",
    ...     "opened": pd.to_datetime(["2026-06-01 09:00", "2026-06-02 09:00", "2026-06-03 09:00"]),
    ...     "closed": pd.to_datetime(["2026-06-01 15:00", "2026-06-03 09:00", None]),
    ... })
    >>> closing_curve(cases, as_of="2026-06-03 18:00")[["hours", "at_risk", "share"]].round(2)
       hours  at_risk  share
    0    0.0        3   0.00
    1    6.0        3   0.33
    2   24.0        1   1.00
    """
    cases = _cases(interactions, as_of, kind, what, opened, closed, None)
    curve = survival_curve(cases["hours"], cases["done"])
    return pd.DataFrame(
        {
            "hours": curve["time"],
            "at_risk": curve["at_risk"],
            "closed": curve["left"],
            "share": 1 - curve["survival"],
            "low": 1 - curve["high"],
            "high": 1 - curve["low"],
        }
    )


def _cases(
    interactions: pd.DataFrame,
    as_of: object,
    kind: str | None,
    what: str,
    opened: str,
    closed: str,
    by: str | None,
) -> pd.DataFrame:
    """Return the hours of each case, whether it is done, and its group."""
    wanted = {"opened": opened, "closed": closed}
    wanted |= {"what": what} if kind is not None else {}
    wanted |= {by: by} if by else {}
    require_columns(interactions, wanted, table="interactions", rows=True)
    mine = interactions if kind is None else interactions[interactions[what] == kind]
    if mine.empty:
        kinds = (
            ""
            if kind is None
            else f" of the kind {kind!r}; there are: "
            + first_few(sorted(interactions[what].dropna().unique(), key=str), 8)
        )
        raise ValueError(f"interactions has no case{kinds}.")
    start, end = _moments(mine[opened], opened), _moments(mine[closed], closed)
    if start.isna().any():
        raise ValueError(
            f'Column "{opened}" of interactions is missing in '
            f"{counted(int(start.isna().sum()), 'row')}. Mend or drop these rows first."
        )
    now = _as_of(as_of, start, end)
    if (start > now).any():
        late = start[start > now]
        raise ValueError(
            f"{counted(len(late), 'case')} were opened after as_of={now} (the last {late.max()}). "
            "Choose a later as_of, or keep only what was known then."
        )
    if (end < start).any():
        odd = mine.index[end < start]
        raise ValueError(
            f"{counted(len(odd), 'case')} were closed before being opened (index "
            f"{first_few(odd)}). Mend these rows first."
        )
    if by and mine[by].isna().any():
        raise ValueError(
            f'Column "{by}" of interactions is missing in '
            f"{counted(int(mine[by].isna().sum()), 'row')}. Fill it or drop these rows first."
        )
    done = end.notna() & (end <= now)
    hours = (end.where(done, now) - start).dt.total_seconds() / 3600
    watched = (now - start).dt.total_seconds() / 3600
    group = mine[by] if by else ALL
    return pd.DataFrame({"hours": hours, "watched": watched, "done": done, "group": group})


def _moments(values: pd.Series, name: str) -> pd.Series:
    if values.isna().all():
        return pd.Series(pd.NaT, index=values.index, dtype="datetime64[ns]")
    if pd.api.types.is_numeric_dtype(values):
        raise ValueError(f'Column "{name}" of interactions holds numbers, not dates.')
    try:
        moments = pd.to_datetime(values, format="mixed")
    except (ValueError, TypeError):
        raise ValueError(
            f'Column "{name}" of interactions does not hold dates (for instance '
            f"{next(iter(values.dropna()))!r}). Turn it into dates first: pd.to_datetime."
        ) from None
    return moments.dt.tz_localize(None) if moments.dt.tz is not None else moments


def _as_of(as_of: object, start: pd.Series, end: pd.Series) -> pd.Timestamp:
    try:
        now = pd.Timestamp(as_of)  # type: ignore[arg-type]
    except (ValueError, TypeError):
        now = pd.NaT  # type: ignore[assignment]
    if pd.isna(now) or isinstance(as_of, bool | int | float):
        raise ValueError(f'as_of={as_of!r} is no moment. Give one, such as as_of="2026-06-30".')
    now = now.tz_localize(None)
    has_times = any((side.dropna() != side.dropna().dt.normalize()).any() for side in (start, end))
    return now + pd.Timedelta(days=1) if has_times and now == now.normalize() else now


def _median(hours: pd.Series, done: pd.Series) -> float:
    curve = survival_curve(hours, done)
    half = curve["time"][curve["survival"] <= 0.5 + 1e-12]
    return float(half.iloc[0]) if len(half) else float("nan")
