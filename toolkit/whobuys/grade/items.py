"""Item analysis: how hard each question was, how well it tells students apart, which mistakes.

`class_marks` reads the marks of those who were graded, and the other functions take them; who
handed in nothing says nothing about a question. A mark that a person still has to give is missing,
not 0. A question is *settled* when no mark of it is missing:
totals are the points on settled questions, so that all students have the same ones.
"""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
from scipy.special import fdtri

from whobuys.course._verdict import WORDS
from whobuys.grade._people import GIVEN, People
from whobuys.grade.gradebook import Gradebook

STATES = list(WORDS)[:5]
GROUP = 0.27
"""The share of a class that is its upper, and its lower, group (Kelley, 1939)."""

Z95 = 1.959964


def class_marks(book: Gradebook, unit: str) -> pd.DataFrame:
    """Return the marks that count, of the students who were graded.

    Parameters
    ----------
    book : Gradebook
        The gradebook.
    unit : str
        Such as "05_rfm".

    Returns
    -------
    pandas.DataFrame
        See `marks_that_count`. Who handed in nothing, or nothing that could be graded, is left out.
    """
    sheet, marks = book.sheet(unit), book.marks(unit)
    graded = sheet.loc[sheet["state"] == "graded", "student"]
    marks = marks[marks["student"].isin(graded)]
    return marks_that_count(marks, book.people(unit), book.questions(unit))


def marks_that_count(marks: pd.DataFrame, people: People, questions: pd.DataFrame) -> pd.DataFrame:
    """Put what people have marked or decided in the place of what the machine said.

    Parameters
    ----------
    marks : pandas.DataFrame
        From `Gradebook.marks`.
    people : People
        From `Gradebook.people`.
    questions : pandas.DataFrame
        From `Gradebook.questions`; marks of other questions are dropped.

    Returns
    -------
    pandas.DataFrame
        The marks in the order of students and questions. `credit` and `earned` are missing where a
        person still has to mark, and for blank answers to an open question of which nothing is
        marked yet. Where a person gave more than the machine, the mistake counts no longer.
    """
    order = {id: place for place, id in enumerate(questions["question"])}
    not_begun = set(questions.loc[questions["open"].astype(bool), "question"]) - people.begun
    rows = []
    for row in marks[marks["question"].isin(order)].to_dict("records"):
        given = people.marks.get((row["student"], row["question"]))
        if given is not None and given.state in GIVEN and given.points is not None:
            if given.points > row["earned"]:
                row["mistake"] = None
            row["earned"], row["credit"] = given.points, given.points / row["points"]
            row["status"] = _status(row["credit"])
        elif row["status"] == "for_review" or row["question"] in not_begun:
            row["earned"] = row["credit"] = float("nan")
        rows.append(row)
    made = pd.DataFrame(rows, columns=marks.columns)
    keys = {"student": made["student"], "question": made["question"].map(order)}
    return made.loc[pd.DataFrame(keys).sort_values(["student", "question"]).index].reset_index(
        drop=True
    )


def class_totals(marks: pd.DataFrame) -> pd.DataFrame:
    """Return each student's points on the settled questions.

    Parameters
    ----------
    marks : pandas.DataFrame
        From `marks_that_count` or `Gradebook.marks`.

    Returns
    -------
    pandas.DataFrame
        `student`, `total`, `out_of` (the same for all).

    Examples
    --------
    >>> marks = pd.DataFrame({"student": ["a", "b"], "question": "q1", "status": "passed",
    ...     "points": 4.0, "credit": [1, 0.5], "earned": [4.0, 2.0], "mistake": None})
    >>> class_totals(marks).to_dict("list")
    {'student': ['a', 'b'], 'total': [4.0, 2.0], 'out_of': [4.0, 4.0]}
    """
    settled = _settled(_scores(marks))
    total = settled.sum(axis=1).round(2).rename("total").rename_axis("student")
    return total.reset_index().assign(out_of=_out_of(settled, marks))


def item_table(marks: pd.DataFrame) -> pd.DataFrame:
    """Describe each question from the marks of a class.

    Parameters
    ----------
    marks : pandas.DataFrame
        From `marks_that_count` or `Gradebook.marks`. A question without any mark is left out.

    Returns
    -------
    pandas.DataFrame
        One row a question: `question`, `points`, `students` (whose mark is there), `waiting`
        (whose mark is not), `difficulty` (mean share of the points earned, 0 to 1; low is hard),
        `discrimination` (correlation of the points with those on all *other* settled questions, -1
        to 1; empty where either does not vary), `discrimination_low` and `discrimination_high` (its
        95 % interval; from 4 students on), `upper_lower` (mean share of the points in the upper
        27 % of the class less that in the lower 27 %), `alpha_without` (Cronbach's alpha of the
        other settled questions), and how many students are in each state: `passed`, `partly`,
        `try_again`, `not_started`, `could_not_run`.

    Notes
    -----
    Difficulty and corrected item-total correlation as in classical test theory (Lord & Novick,
    1968); its interval by Fisher's z (1921), which is rough for marks of few steps; upper and lower
    group of 27 % as in Kelley (1939). Students who stand equal where a group ends share the places
    left, so that their order does not matter.

    Examples
    --------
    >>> marks = pd.DataFrame({"student": ["a", "a", "b", "b"], "question": ["q1", "q2"] * 2,
    ...     "status": ["passed", "passed", "passed", "try_again"], "points": 1.0,
    ...     "credit": [1, 1, 1, 0], "earned": [1, 1, 1, 0], "mistake": None})
    >>> item_table(marks)[["question", "difficulty", "upper_lower"]].to_dict("list")
    {'question': ['q1', 'q2'], 'difficulty': [1.0, 0.5], 'upper_lower': [0.0, 1.0]}
    """
    scores = _scores(marks)
    settled = _settled(scores)
    rows = []
    for question in scores.columns[scores.notna().any()]:
        own = marks[marks["question"] == question]
        worth = float(own["points"].iloc[0])
        mine = scores[question].dropna()
        others = settled.drop(columns=question, errors="ignore").loc[mine.index]
        r = _correlation(mine, others.sum(axis=1))
        low, high = _fisher(r, len(mine))
        closed = question in settled.columns
        counts = own.loc[own["student"].isin(mine.index), "status"].value_counts()
        rows.append(
            {
                "question": question,
                "points": worth,
                "students": len(mine),
                "waiting": len(scores) - len(mine),
                "difficulty": float((mine / worth).mean()),
                "discrimination": r,
                "discrimination_low": low,
                "discrimination_high": high,
                "upper_lower": upper_lower(mine / worth, settled.loc[mine.index].sum(axis=1)),
                "alpha_without": cronbach_alpha(others)[0] if closed else float("nan"),
                **{state: int(counts.get(state, 0)) for state in STATES},
            }
        )
    columns = ["question", "points", "students", "waiting", "difficulty", "discrimination"]
    columns += ["discrimination_low", "discrimination_high", "upper_lower", "alpha_without"]
    return pd.DataFrame(rows, columns=[*columns, *STATES])


def mistake_table(marks: pd.DataFrame) -> pd.DataFrame:
    """Count the known mistakes of a class, commonest first.

    Parameters
    ----------
    marks : pandas.DataFrame
        From `marks_that_count` or `Gradebook.marks`.

    Returns
    -------
    pandas.DataFrame
        `question`, `mistake` (its id), `students` (who made it), `share` (of those whose mark is
        there), `mean_total` and `mean_others` (mean points on settled questions of those who made
        it, and of the others; empty if there are none), `words` (what one of them read). A mistake
        of students who are good otherwise may lie in the question's wording.
    """
    totals = class_totals(marks).set_index("student")["total"]
    marked = _scores(marks).notna().sum()
    rows = []
    for (question, mistake), own in marks[marks["mistake"].notna()].groupby(
        ["question", "mistake"], sort=True
    ):
        made = totals.index.isin(own["student"])
        rows.append(
            {
                "question": question,
                "mistake": mistake,
                "students": len(own),
                "share": len(own) / max(int(marked[str(question)]), 1),
                "mean_total": float(totals[made].mean()),
                "mean_others": float(totals[~made].mean()),
                "words": next(iter(own["words"].iloc[0]), ""),
            }
        )
    columns = ["question", "mistake", "students", "share", "mean_total", "mean_others", "words"]
    table = pd.DataFrame(rows, columns=columns)
    return table.sort_values(["students", "question"], ascending=[False, True], ignore_index=True)


def reliability(marks: pd.DataFrame) -> pd.DataFrame:
    """Say how far the total of a class can be relied on.

    Parameters
    ----------
    marks : pandas.DataFrame
        From `marks_that_count` or `Gradebook.marks`.

    Returns
    -------
    pandas.DataFrame
        One row: `students`, `questions` (settled), `out_of`, `mean`, `sd` (of the totals, points),
        `alpha`, `low`, `high` (see `cronbach_alpha`), `sem` (standard error of measurement,
        points).

    Notes
    -----
    The standard error of measurement is the standard deviation of the totals times the root of
    1 - alpha (Lord & Novick, 1968).
    """
    settled = _settled(_scores(marks))
    alpha, low, high = cronbach_alpha(settled)
    totals = settled.sum(axis=1)
    sd = float(totals.std(ddof=1)) if len(totals) > 1 else float("nan")
    row = {
        "students": len(settled),
        "questions": settled.shape[1],
        "out_of": _out_of(settled, marks),
        "mean": float(totals.mean()),
        "sd": sd,
        "alpha": alpha,
        "low": low,
        "high": high,
        "sem": sd * math.sqrt(1 - alpha) if math.isfinite(alpha) else float("nan"),
    }
    return pd.DataFrame([row])


def cronbach_alpha(scores: pd.DataFrame, confidence: float = 0.95) -> tuple[float, float, float]:
    """Return Cronbach's alpha and its interval.

    Parameters
    ----------
    scores : pandas.DataFrame
        One row a student, one column a question, points; nothing missing.
    confidence : float
        Of the interval, between 0 and 1.

    Returns
    -------
    tuple of float
        alpha, lower end, upper end. Missing with fewer than two students or two questions, or where
        the totals do not vary. It can lie below 0, if questions go against each other.

    Raises
    ------
    ValueError
        If a score is missing.

    Notes
    -----
    Cronbach (1951). The interval is that of Feldt (1965): (1 - true alpha) / (1 - alpha) follows F
    with n - 1 and (n - 1)(k - 1) degrees of freedom, for n students and k questions. It takes the
    questions to measure the same thing equally well, so it is rather too narrow than too wide.

    Examples
    --------
    >>> scores = pd.DataFrame({"q1": [4, 4, 2, 0], "q2": [4, 0, 2, 0]})
    >>> [round(number, 3) for number in cronbach_alpha(scores)]
    [0.625, -4.79, 0.976]
    """
    if scores.isna().to_numpy().any():
        raise ValueError("A score is missing. Give only questions that are marked for everybody.")
    nothing = (float("nan"),) * 3
    n, k = scores.shape
    if n < 2 or k < 2:
        return nothing
    values = scores.to_numpy(dtype=float)
    spread = float(values.sum(axis=1).var(ddof=1))
    if spread <= 1e-12:
        return nothing
    alpha = k / (k - 1) * (1 - float(values.var(axis=0, ddof=1).sum()) / spread)
    tail = (1 - confidence) / 2
    low, high = (
        1 - (1 - alpha) * float(fdtri(n - 1, (n - 1) * (k - 1), p)) for p in (1 - tail, tail)
    )
    return alpha, low, high


def upper_lower(shares: pd.Series, totals: pd.Series, group: float = GROUP) -> float:
    """Return how much better the upper part of a class did on a question than the lower part.

    Parameters
    ----------
    shares : pandas.Series
        A student's share of the question's points, 0 to 1.
    totals : pandas.Series
        The same student's total, same index.
    group : float
        Share of the class that is the upper, and the lower, group.

    Returns
    -------
    float
        -1 to 1; missing with fewer than two students or where the totals do not vary.

    Notes
    -----
    Kelley (1939). Of those who stand equal at the edge of a group, all count, each for the same
    part of a place.

    Examples
    --------
    >>> upper_lower(pd.Series([1, 1, 0.5, 0]), pd.Series([8, 4, 4, 0]))
    1.0
    """
    n, totals = len(totals), totals.round(9)  # equal sums of fractions can differ in the last bit
    if n < 2 or totals.nunique() < 2:
        return float("nan")
    places = min(max(1, round(group * n)), n // 2)
    top, bottom = (_mean_of_best(shares, totals * sign, places) for sign in (1, -1))
    return top - bottom


def _mean_of_best(shares: pd.Series, totals: pd.Series, places: int) -> float:
    edge = totals.nlargest(places).iloc[-1]
    above, equal = totals > edge, totals == edge
    left = places - int(above.sum())
    return float((shares[above].sum() + left * shares[equal].mean()) / places)


def _scores(marks: pd.DataFrame) -> pd.DataFrame:
    """Return points, a row a student and a column a question; a mark still to give is missing.

    A question a student was never asked counts 0, as in the mark sheet.
    """
    there = marks.assign(
        earned=marks["earned"].where(marks["status"] != "for_review").astype(float)
    )
    scores = there.pivot(index="student", columns="question", values="earned")
    asked = there.pivot(index="student", columns="question", values="points").notna()
    return scores.where(asked, 0.0)[list(marks["question"].unique())]


def _settled(scores: pd.DataFrame) -> pd.DataFrame:
    return scores.loc[:, scores.notna().all()]


def _out_of(settled: pd.DataFrame, marks: pd.DataFrame) -> float:
    """Return what the settled questions are worth."""
    worth = marks.groupby("question")["points"].first()
    return float(worth.reindex(settled.columns).sum())


def _correlation(one: pd.Series, other: pd.Series) -> float:
    if one.nunique() < 2 or other.round(9).nunique() < 2:
        return float("nan")
    return float(np.clip(one.corr(other), -1, 1))


def _fisher(r: float, n: int) -> tuple[float, float]:
    """Return the 95 % interval of a correlation."""
    if n < 4 or not abs(r) < 1 - 1e-12:
        return float("nan"), float("nan")
    half = Z95 / math.sqrt(n - 3)
    return math.tanh(math.atanh(r) - half), math.tanh(math.atanh(r) + half)


def _status(credit: float) -> str:
    return "passed" if credit >= 1 else "partly" if credit > 0 else "try_again"
