"""Satisfaction as perception against expectation, recommendation, and what they lead to."""

from __future__ import annotations

import numpy as np
import pandas as pd

from whobuys.segment._lines import counted, require_columns
from whobuys.target import gap_scores, top_box
from whobuys.target._needs import wilson
from whobuys.target._sample import normal_reach

ALL = "all"


def net_promoter_score(
    answers: pd.DataFrame,
    *,
    by: str | None = None,
    recommend: str = "recommend",
    promoter: float = 9,
    detractor: float = 6,
    level: float = 0.95,
) -> pd.DataFrame:
    """Return the net promoter score with its interval: promoters less detractors, in points.

    Parameters
    ----------
    answers : DataFrame
        One row a respondent.
    by : str, optional
        Column of the groups; a last row "all" holds everybody.
    recommend : str
        Column of the likelihood to recommend, 0 to 10. Missing answers are left out.
    promoter, detractor : float
        From which answer on somebody promotes, up to which somebody detracts.
    level : float
        Level of the interval.

    Returns
    -------
    DataFrame
        One row a group: the group (named as `by`, or ``group``), ``answers``, ``promoters``,
        ``passives``, ``detractors`` (shares), ``nps`` from -100 to 100, ``low``, ``high``.

    Raises
    ------
    ValueError
        A column is missing, nobody answered, or an answer is not from 0 to 10.

    Notes
    -----
    Reichheld (2003), "The one number you need to grow", Harvard Business Review 81(12). Interval:
    the score is a difference of two shares of the same people, so the adjusted Wald interval for
    paired shares of Bonett and Price (2012), Journal of Educational and Behavioral Statistics
    37(4), is used: one promoter and one detractor more. It is not centred on the score. That the
    score forecasts growth better than satisfaction was not confirmed by Keiningham, Cooil,
    Andreassen and Aksoy (2007), Journal of Marketing 71(3).

    Examples
    --------
    >>> import pandas as pd
    >>> asked = pd.DataFrame({"recommend": [10, 9, 9, 8, 7, 7, 6, 3, 10, 9]})
    >>> net_promoter_score(asked).round(2)
      group  answers  promoters  passives  detractors   nps    low   high
    0   all       10        0.5       0.3         0.2  30.0 -21.91  71.91
    """
    table = _known(answers, recommend, by, low=0, high=10)
    if not detractor < promoter:
        raise ValueError(
            f"detractor={detractor!r} must be below promoter={promoter!r}, or somebody is both."
        )
    z = normal_reach(_level(level))
    rows = []
    for group, part in _groups(table, by):
        value = part[recommend].to_numpy(float)
        size = len(value)
        up, down = int((value >= promoter).sum()), int((value <= detractor).sum())
        more, less = (up + 1) / (size + 2), (down + 1) / (size + 2)
        reach = z * np.sqrt((more + less - (more - less) ** 2) / (size + 2))
        rows.append(
            (group, size, up / size, (size - up - down) / size, down / size,
             100 * (up - down) / size, 100 * max(more - less - reach, -1.0),
             100 * min(more - less + reach, 1.0))
        )  # fmt: skip
    return pd.DataFrame(
        rows,
        columns=[
            by or "group", "answers", "promoters", "passives", "detractors", "nps", "low", "high",
        ],
    )  # fmt: skip


def satisfaction_table(
    answers: pd.DataFrame,
    *,
    by: str | None = None,
    expectation: str = "expectation",
    satisfaction: str = "satisfaction",
    boxes: int = 2,
    top: int = 5,
    level: float = 0.95,
) -> pd.DataFrame:
    """Set what customers perceived against what they expected, group by group.

    Parameters
    ----------
    answers : DataFrame
        One row a respondent.
    by : str, optional
        Column of the groups; a last row "all" holds everybody.
    expectation, satisfaction : str
        Columns of what was expected and of what was perceived, on the same scale from 1.
    boxes : int
        How many of the highest answers count as satisfied.
    top : int
        The highest answer.
    level : float
        Level of the intervals.

    Returns
    -------
    DataFrame
        One row a group: the group, ``answers`` (both known), ``expectation``, ``satisfaction``,
        ``gap`` (satisfaction − expectation; below 0 is a disappointment) with ``gap_low`` and
        ``gap_high``, ``disappointed`` (share with a gap below 0), ``satisfied`` (share in the top
        boxes) with ``satisfied_low`` and ``satisfied_high``. A group of one has no interval of the
        gap.

    Raises
    ------
    ValueError
        A column is missing, nobody answered both, or an answer is not from 1 to `top`.

    Notes
    -----
    Satisfaction as the difference of perceived effect and expectation: Oliver (1980), "A cognitive
    model of the antecedents and consequences of satisfaction decisions", Journal of Marketing
    Research 17(4). The gap and its interval are those of `whobuys.target.gap_scores`, the share of
    satisfied that of `whobuys.target.top_box`. Only those who answered are in it.

    Examples
    --------
    >>> import pandas as pd
    >>> asked = pd.DataFrame({"expectation": [5, 4, 4, 5], "satisfaction": [4, 4, 3, 3],
    ...                       "tier": ["A", "A", "B", "B"]})
    >>> satisfaction_table(asked, by="tier")[["tier", "answers", "gap", "satisfied"]]
      tier  answers  gap  satisfied
    0    A        2 -0.5        1.0
    1    B        2 -1.5        0.0
    2  all        4 -1.0        0.5
    """
    table = _known(answers, expectation, by, low=1, high=top)
    table = _known(table, satisfaction, by, low=1, high=top)
    _level(level)
    rows = []
    for group, part in _groups(table, by):
        first, second = part[expectation].astype(float), part[satisfaction].astype(float)
        gap = second - first
        low = high = np.nan
        if len(part) > 1:
            found = gap_scores(part, {"it": (expectation, satisfaction)}, level=level).iloc[0]
            low, high = float(found["low"]), float(found["high"])
        box = top_box(part, [satisfaction], boxes=boxes, top=top, level=level).iloc[0]
        rows.append(
            (group, len(part), first.mean(), second.mean(), gap.mean(), low, high,
             float((gap < 0).mean()), float(box["share"]), float(box["low"]), float(box["high"]))
        )  # fmt: skip
    return pd.DataFrame(
        rows,
        columns=[
            by or "group", "answers", "expectation", "satisfaction", "gap", "gap_low", "gap_high",
            "disappointed", "satisfied", "satisfied_low", "satisfied_high",
        ],
    )  # fmt: skip


def loyalty_by_answer(
    answers: pd.DataFrame,
    outcome: str,
    *,
    question: str = "satisfaction",
    by: str | None = None,
    level: float = 0.95,
) -> pd.DataFrame:
    """Say what share of those who gave each answer was loyal afterwards.

    Parameters
    ----------
    answers : DataFrame
        One row a respondent.
    outcome : str
        Yes-no column: bought again after the day of the answer, renewed, recommended.
    question : str
        Column of the answer, such as a satisfaction from 1 to 5. Missing answers are left out.
    by : str, optional
        Column of groups to look at apart, such as those who can switch easily and those who cannot.
    level : float
        Level of the interval.

    Returns
    -------
    DataFrame
        One row an answer (and group), from the lowest: with `by` the group, then `question`,
        ``customers``, ``loyal`` (share), ``low``, ``high``, and ``step``, the difference to the
        answer before. Steps of very different size say that the link is not a straight line.

    Raises
    ------
    ValueError
        A column is missing, nobody answered, or `outcome` is not true or false.

    Notes
    -----
    Jones and Sasser (1995), "Why satisfied customers defect", Harvard Business Review 73(6): where
    switching is easy only the very satisfied stay; where it is hard, the dissatisfied stay too.
    Intervals of Wilson (1927). The order in time does not make it a cause.

    Examples
    --------
    >>> import pandas as pd
    >>> asked = pd.DataFrame({"satisfaction": [3, 3, 4, 5, 5],
    ...                       "again": [False, True, True, True, True]})
    >>> loyalty_by_answer(asked, "again")[["satisfaction", "customers", "loyal", "step"]]
       satisfaction  customers  loyal  step
    0             3          2    0.5   NaN
    1             4          1    1.0   0.5
    2             5          2    1.0   0.0
    """
    table = _known(answers, question, by, low=-np.inf, high=np.inf)
    yes_no(table, outcome, "answers")
    rows = []
    for group, part in _groups(table, by)[:-1] if by else [(ALL, table)]:
        before = np.nan
        for answer, mine in part.groupby(question, sort=True):
            hits = int(mine[outcome].astype(bool).sum())
            low, high = wilson(hits, len(mine), _level(level))
            loyal = hits / len(mine)
            rows.append((group, answer, len(mine), loyal, low, high, loyal - before))
            before = loyal
    columns = [by or "group", question, "customers", "loyal", "low", "high", "step"]
    found = pd.DataFrame(rows, columns=columns)
    return found if by else found.drop(columns="group")


def yes_no(table: pd.DataFrame, column: str, name: str) -> np.ndarray:
    """Return a column of true and false as such, or say what is wrong with it."""
    require_columns(table, {column: column}, table=name)
    return truths(table[column], f'Column "{column}" of {name}', f'{name}["{column}"]')


def truths(values: pd.Series, what: str, code: str) -> np.ndarray:
    """Return true and false as such; `what` names the values in an error, `code` in its mend."""
    if missing := int(values.isna().sum()):
        raise ValueError(
            f"{what} is missing in {counted(missing, 'row')} of {len(values):,}. Fill it or drop "
            "these rows first."
        )
    other = [value for value in values if not isinstance(value, bool | np.bool_)]
    if other:
        plain = (value.item() if isinstance(value, np.generic) else value for value in values)
        found = sorted({repr(value) for value in plain})[:2]
        tests = " or ".join(f"{code} == {value}" for value in found)
        raise ValueError(
            f"{what} must hold only True and False, not {other[0]!r}. Compare it with the value "
            f"that means yes, such as {tests}."
        )
    return values.to_numpy(dtype=bool)


def _level(level: float) -> float:
    if not 0 < level < 1:
        raise ValueError(f"level must be between 0 and 1, not {level!r}.")
    return level


def _known(
    answers: pd.DataFrame, question: str, by: str | None, *, low: float, high: float
) -> pd.DataFrame:
    """Return the rows with an answer, after checking them."""
    wanted = {question: question} | ({by: by} if by else {})
    require_columns(answers, wanted, table="answers", rows=True)
    known = answers[answers[question].notna()]
    if known.empty:
        raise ValueError(f'Nobody answered "{question}".')
    if not pd.api.types.is_numeric_dtype(known[question]):
        example = known[question].iloc[0]
        raise ValueError(
            f'Column "{question}" of answers does not hold numbers (for instance {example!r}). '
            f'Turn it into numbers first: pd.to_numeric(answers["{question}"]).'
        )
    values = known[question].astype(float)
    off = (values < low) | (values > high)
    if off.any():
        raise ValueError(
            f'Column "{question}" of answers must be from {low:g} to {high:g}; '
            f"{counted(int(off.sum()), 'answer')} of {len(values):,} is not, such as "
            f"{values[off].iloc[0]:g}."
        )
    if by and known[by].isna().any():
        raise ValueError(
            f'Column "{by}" of answers is missing in {counted(int(known[by].isna().sum()), "row")}.'
            " Fill it or drop these rows first."
        )
    return known


def _groups(table: pd.DataFrame, by: str | None) -> list[tuple[object, pd.DataFrame]]:
    """Return the groups in order and everybody last."""
    parts: list[tuple[object, pd.DataFrame]] = []
    if by:
        parts = [(name, part) for name, part in table.groupby(by, observed=True, sort=True)]
    return [*parts, (ALL, table)]
