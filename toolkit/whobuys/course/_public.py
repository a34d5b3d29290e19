"""What a student may see of the questions: names, points, shapes and hints, never an answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from whobuys.course._exercise import Exercise, Question
from whobuys.course._judge import Judge
from whobuys.course.compare import from_spec
from whobuys.market import Case


def public(exercise: Exercise, case: Case | None = None) -> list[dict[str, Any]]:
    """Return what a student may see of the questions: names, points, shapes, hints.

    Parameters
    ----------
    exercise : Exercise
        The unit's.
    case : Case, optional
        With a case the shapes know the right number of rows.
    """
    judge = Judge(exercise, case) if case is not None else None
    shown = []
    for question in exercise.questions.values():
        compare = question.compare
        if judge is not None and not question.open:
            compare = compare.fitted(judge.right(question.id))
        shown.append(
            {
                "id": question.id,
                "name": question.name,
                "title": question.title,
                "points": question.points,
                "compare": compare.spec(),
                "hints": list(question.hints),
            }
        )
    return shown


def public_questions(shown: Sequence[Mapping[str, Any]]) -> dict[str, Question]:
    """Read back `public`: questions that know shapes and hints, but no answers."""
    return {
        q["id"]: Question(
            q["id"],
            q["name"],
            q["title"],
            q["points"],
            from_spec(q["compare"]),
            None,
            tuple(q["hints"]),
        )
        for q in shown
    }
