"""The graded report: one page a student."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

from whobuys.course import Exercise, Question, Verdict
from whobuys.course._verdict import WORDS
from whobuys.grade._handins import Cell, HandIn
from whobuys.grade._page import page
from whobuys.grade._run import RunResult


def graded_report(
    exercise: Exercise,
    name: str,
    handin: HandIn,
    run: RunResult,
    verdicts: Sequence[Verdict],
    graded_on: str,
) -> str:
    """Render a student's graded report.

    Parameters
    ----------
    exercise : Exercise
        The exercise.
    name : str
        The student's name.
    handin : HandIn
        What was handed in.
    run : RunResult
        What came of running it.
    verdicts : sequence of Verdict
        One per question, in order.
    graded_on : str
        The day, in words.

    Returns
    -------
    str
        A whole HTML page that needs nothing else.
    """
    cells = run.cells or [_as_cell(cell) for cell in handin.cells]
    after = _cards_by_cell(exercise, verdicts, handin.cells)
    top = "\n".join(
        part
        for part in (
            f"<header><p class='quiet'>Graded report · {escape(exercise.unit)}</p>"
            f"<h1>{escape(exercise.title)}</h1><p>{escape(name)}</p></header>",
            _score(exercise, verdicts),
            _notice(handin, run),
            "<h2>Question by question</h2>",
            *(
                _card(verdict, f"at-{verdict.question}", verdict.question in after.values())
                for verdict in verdicts
            ),
            "<h2>What to do next</h2>",
            _next_steps(exercise, verdicts),
            "<h2>Your notebook, as it ran</h2>" if cells else "",
        )
        if part
    )
    bottom = (
        f"<footer><p>Graded on {escape(graded_on)}. Your notebook ran on your own data, drawn again, in a "
        f"process without the answers. Hand-in: {escape(handin.path.name)} "
        f"(SHA-256 {handin.digest[:12]}…).</p></footer>"
    )
    cards = {
        cell: _card(_by_id(verdicts, question), f"cell-{question}")
        for cell, question in after.items()
    }
    return page(cells, title=f"{exercise.title} — {name}", top=top, bottom=bottom, after=cards)


def score(verdicts: Sequence[Verdict]) -> tuple[float, float, float]:
    """Return points earned, points the machine could give, and points a person still has to give."""
    waiting = sum(v.points for v in verdicts if v.status == "for_review")
    closed = [v for v in verdicts if v.status != "for_review"]
    return round(sum(v.earned for v in closed), 2), sum(v.points for v in closed), waiting


def _score(exercise: Exercise, verdicts: Sequence[Verdict]) -> str:
    closed = [v for v in verdicts if not exercise.questions[v.question].open]
    earned, possible = sum(v.earned for v in closed), sum(v.points for v in closed)
    waiting = sum(v.points for v in verdicts if v.status == "for_review")
    line = f"<p class='score'><strong>{earned:g}</strong> of {possible:g} points</p>"
    if waiting:
        line += f"<p>Your open answer is worth up to {waiting:g} more. A person reads it.</p>"
    return line


def _notice(handin: HandIn, run: RunResult) -> str:
    problem = handin.problem or run.problem
    return f"<p class='notice'>{escape(problem)}</p>" if problem else ""


def _card(verdict: Verdict, anchor: str, linked: bool = False) -> str:
    words, sign = WORDS[verdict.status]
    title = f"{verdict.question} · {verdict.title}"
    shown = escape(title)
    if linked:
        shown = f"<a href='#cell-{verdict.question}'>{shown}</a>"
    if verdict.status == "for_review":
        points = f"up to {verdict.points:g} points"
    else:
        points = f"{verdict.earned:g} of {verdict.points:g} points"
    details = "".join(f"<p>{escape(line)}</p>" for line in verdict.details)
    return (
        f"<div class='verdict {verdict.status}' id='{anchor}'><p class='head'><strong>{shown}</strong>"
        f"<span><span class='state'>{sign} {escape(words)}</span> · {points}</span></p>{details}</div>"
    )


def _next_steps(exercise: Exercise, verdicts: Sequence[Verdict]) -> str:
    steps = []
    for verdict in verdicts:
        question = exercise.questions[verdict.question]
        if verdict.status in ("passed", "for_review"):
            continue
        steps.append(f"<li><strong>{verdict.question}</strong>: {_advice(question, verdict)}</li>")
    if not steps:
        return "<p>Everything the machine can check is right. Go on to the next lesson.</p>"
    return f"<ul>{''.join(steps)}</ul>"


def _advice(question: Question, verdict: Verdict) -> str:
    again = f" Read again: {escape(question.again)}." if question.again else ""
    if verdict.status == "could_not_run":
        return f"restart the kernel, run all cells from the top, and mend the first error.{again}"
    if question.open:
        return f"write a few sentences; an empty plan cannot earn points.{again}"
    if question.hints:
        return f"{escape(question.hints[0])}{again}"
    return again.strip() or "compare your answer with the worked solution."


def _cards_by_cell(
    exercise: Exercise, verdicts: Sequence[Verdict], cells: Sequence[Cell]
) -> dict[str, str]:
    """Return the cell after which each question's card stands: its check, or its answer."""
    places = {}
    for verdict in verdicts:
        for role in (f"{verdict.question}-check", verdict.question):
            found = [cell.id for cell in cells if cell.role == role]
            if found:
                places[found[-1]] = verdict.question
                break
    return places


def _by_id(verdicts: Sequence[Verdict], question: str) -> Verdict:
    return next(verdict for verdict in verdicts if verdict.question == question)


def _as_cell(cell: Cell) -> Mapping[str, object]:
    made: dict[str, object] = {
        "id": cell.id,
        "cell_type": cell.kind,
        "source": cell.source,
        "metadata": {},
    }
    return made | ({"outputs": [], "execution_count": None} if cell.kind == "code" else {})
