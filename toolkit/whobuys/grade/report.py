"""The graded report: one page a student."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from whobuys.canvas import Canvas
from whobuys.canvas._svg import picture_html
from whobuys.course import Exercise, Question, Verdict
from whobuys.course._verdict import WORDS
from whobuys.course._words import html
from whobuys.grade._confine import NOT_CONFINED
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
    roles = {cell.id: cell.role for cell in handin.cells}
    cells = [
        _without_receipt(cell, roles.get(cell["id"], ""))
        for cell in run.cells
        if not _is_unused_help(cell, roles.get(cell["id"], ""))
    ]
    cells = cells or [_as_cell(cell) for cell in handin.cells]
    after = _cards_by_cell(verdicts, handin.cells)
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
                + _picture(verdict, run)
                for verdict in verdicts
            ),
            "<h2>What to do next</h2>",
            _next_steps(exercise, verdicts),
            "<h2>Your notebook, as it ran</h2>" if cells else "",
        )
        if part
    )
    bottom = (
        f"<footer><p>Graded on {escape(graded_on)}. Your notebook ran on your own data, drawn "
        f"again, in a process without the answers. {_confined(run)}"
        f"Hand-in: {escape(handin.path.name)} "
        f"(SHA-256 {handin.digest[:12]}…).</p></footer>"
    )
    cards = {
        cell: _card(_by_id(verdicts, question), f"cell-{question}")
        for cell, question in after.items()
    }
    title = f"{exercise.title} — {name}"
    return page(cells, title=title, top=top, bottom=bottom, after=cards, deeper=2)


def _is_unused_help(cell: Mapping[str, Any], role: str) -> bool:
    if not role.endswith("-help") or cell.get("outputs"):
        return False
    return all(line.lstrip().startswith("#") for line in cell["source"].splitlines())


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
    notices = [escape(problem)] if problem else []
    if run.confined == NOT_CONFINED:
        notices.append(
            f"{NOT_CONFINED}: this notebook ran with all the rights of the person who graded it, "
            "and so did every other one of this class."
        )
    return "\n".join(f"<p class='notice'>{notice}</p>" for notice in notices)


def _confined(run: RunResult) -> str:
    known = run.confined and run.confined != NOT_CONFINED
    return f"Confined by: {escape(run.confined)}. " if known else ""


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
    details = "".join(f"<p>{html(line)}</p>" for line in verdict.details)
    return (
        f"<div class='verdict {verdict.status}' id='{anchor}'>"
        f"<p class='head'><strong>{shown}</strong>"
        f"<span><span class='state'>{sign} {escape(words)}</span> · {points}</span></p>"
        f"{details}</div>"
    )


def _picture(verdict: Verdict, run: RunResult) -> str:
    """Draw the canvas that was handed in, from its data: no markup of the student's is shown."""
    answer = run.answers.get(verdict.question)
    if answer is None or not isinstance(answer.value, Canvas):
        return ""
    return picture_html(answer.value, level=3)


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
    again = f" Read again: {html(question.again)}." if question.again else ""
    if verdict.status == "could_not_run":
        return f"restart the kernel, run all cells from the top, and mend the first error.{again}"
    if question.open:
        return f"write a few sentences; an empty plan cannot earn points.{again}"
    if question.hints:
        return f"{html(question.hints[0])}{again}"
    return again.strip() or "compare your answer with the worked solution."


def _cards_by_cell(verdicts: Sequence[Verdict], cells: Sequence[Cell]) -> dict[str, str]:
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


def _without_receipt(cell: dict[str, Any], role: str) -> dict[str, Any]:
    """Leave out what a `check` cell shows of its own: "Received"; the verdict stands beside it."""
    if not role.endswith("-check") or cell["cell_type"] != "code":
        return cell
    outputs = [output for output in cell["outputs"] if output["output_type"] != "execute_result"]
    return cell | {"outputs": outputs}


def _as_cell(cell: Cell) -> dict[str, Any]:
    made: dict[str, Any] = {
        "id": cell.id,
        "cell_type": cell.kind,
        "source": cell.source,
        "metadata": {},
    }
    return made | ({"outputs": [], "execution_count": None} if cell.kind == "code" else {})
