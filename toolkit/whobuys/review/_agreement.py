"""How far two markers agree."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
import pandas as pd
from sqlalchemy import select

from whobuys._errors import InstructorError
from whobuys.grade._people import MARKER, holds, rubrics
from whobuys.grade._tables import AnswerRow, ReviewRow
from whobuys.grade.gradebook import Gradebook

COLUMNS = ["question", "criterion", "name", "answers", "same", "kappa", "quadratic"]


def cohen_kappa(
    first: Sequence[float],
    second: Sequence[float],
    weights: Literal["none", "quadratic"] = "none",
) -> float:
    """Return Cohen's kappa of two markers' points for the same answers.

    Parameters
    ----------
    first, second : sequence of float
        Points, answer by answer.
    weights : str
        "none": two marks are the same or not. "quadratic": a difference weighs as its square, so a
        half point apart counts far less than four.

    Returns
    -------
    float
        1 for full agreement, 0 for what chance would give, below 0 for less. NaN if chance alone
        would agree fully (both gave one and the same mark throughout), or without answers.

    Raises
    ------
    ValueError
        If the lengths differ.

    Notes
    -----
    Unweighted: Cohen (1960), Educational and Psychological Measurement 20, 37-46. Weighted: Cohen
    (1968), Psychological Bulletin 70, 213-220; the weights are squared differences of the points
    themselves, which on any evenly spaced scale is the usual quadratic kappa.

    Examples
    --------
    >>> cohen_kappa([0, 1, 2, 2], [0, 1, 2, 1])
    0.6363636363636364
    >>> cohen_kappa([0, 1, 2, 2], [0, 1, 2, 1], "quadratic")
    0.8
    """
    if len(first) != len(second):
        raise ValueError(f"{len(first)} marks of one, {len(second)} of the other marker.")
    a, b = np.asarray(first, dtype=float), np.asarray(second, dtype=float)
    if not len(a):
        return float("nan")

    def apart(one: np.ndarray, other: np.ndarray) -> np.ndarray:
        return (one - other) ** 2 if weights == "quadratic" else (one != other).astype(float)

    by_chance = apart(a[:, None], b[None, :]).mean()
    return float("nan") if by_chance == 0 else float(1 - apart(a, b).mean() / by_chance)


def agreement(
    book: Gradebook, unit: str, first: str | None = None, second: str | None = None
) -> pd.DataFrame:
    """Compare two markers, criterion by criterion and in all.

    Parameters
    ----------
    book : Gradebook
        The gradebook.
    unit : str
        Such as "05_rfm".
    first, second : str, optional
        The markers; may be left out if there are just two.

    Returns
    -------
    pandas.DataFrame
        One row a criterion, and one with criterion 0 for the whole answer's points, of each
        question: `question`, `criterion`, `name`, `answers` (marked by both), `same` (share with
        equal points), `kappa`, `quadratic` (see `cohen_kappa`; empty where it is not defined).

    Raises
    ------
    InstructorError
        If it is not clear who the two are.
    """
    with book.session() as session:
        lines = rubrics(session, unit)
        texts = {
            (row.student_id, row.question): row.digest
            for row in session.scalars(select(AnswerRow).filter_by(unit=unit))
        }
        given = [
            (r.question, r.student_id, r.criterion, r.marker, r.points)
            for r in session.scalars(select(ReviewRow).filter_by(unit=unit, role=MARKER))
            if holds(r, texts.get((r.student_id, r.question), ""), lines.get(r.question, ()))
        ]
        names = {q: {line.number: line.name for line in rubric} for q, rubric in lines.items()}
    points = pd.DataFrame(given, columns=["question", "student", "criterion", "marker", "points"])
    one, other = _two(first, second, sorted(points["marker"].unique()), unit)
    wide = points.pivot(
        index=["question", "student", "criterion"], columns="marker", values="points"
    )
    both = wide.reindex(columns=[one, other]).dropna().reset_index()
    rows = []
    for question, own in both.groupby("question", sort=True):
        for number, name in names[str(question)].items():
            rows.append(_row(question, number, name, own[own["criterion"] == number], one, other))
        lines_given = own.groupby("student")["criterion"].transform("size")
        whole = own[lines_given == len(names[str(question)])]
        totals = whole.groupby("student")[[one, other]].sum()
        rows.append(_row(question, 0, "the whole answer", totals, one, other))
    return pd.DataFrame(rows, columns=COLUMNS)


def _two(
    first: str | None, second: str | None, markers: Sequence[str], unit: str
) -> tuple[str, str]:
    known = ", ".join(markers) or "nobody"
    if first is not None and second is not None:
        for name in (first, second):
            if name not in markers:
                raise InstructorError(f"{name} has marked nothing of {unit}; there is: {known}.")
        return first, second
    if len(markers) < 2:
        raise InstructorError(
            f"Agreement is between two markers; {unit} was marked by: {known}. It can be shown "
            "when two have marked the same answers with `whobuys review --as NAME`."
        )
    if len(markers) > 2:
        raise InstructorError(
            f"Agreement is between two markers; {unit} was marked by: {known}. Name two."
        )
    return markers[0], markers[1]


def _row(
    question: object, number: int, name: str, both: pd.DataFrame, one: str, other: str
) -> dict[str, object]:
    a, b = both[one].to_numpy(float), both[other].to_numpy(float)
    return {
        "question": question,
        "criterion": number,
        "name": name,
        "answers": len(both),
        "same": float((a == b).mean()) if len(both) else float("nan"),
        "kappa": cohen_kappa(list(a), list(b)),
        "quadratic": cohen_kappa(list(a), list(b), "quadratic"),
    }
