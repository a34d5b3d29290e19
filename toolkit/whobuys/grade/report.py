"""The graded report: one page a student."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from whobuys.canvas import Canvas
from whobuys.canvas._svg import picture_html
from whobuys.course import Exercise, Question, Verdict
from whobuys.course._verdict import WORDS
from whobuys.course._words import html
from whobuys.grade._handins import Cell, HandIn
from whobuys.grade._people import People, PersonMark
from whobuys.grade._run import RunResult
from whobuys.grade._work import cells_about
from whobuys.pages.page import page
from whobuys.sandbox._confine import NOT_CONFINED


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
            f"<h1>{escape(exercise.title)}</h1>"
            f"{_place('name', _who(name, handin.student))}</header>",
            _place("score", _score(exercise, verdicts)),
            _notice(handin, run),
            "<h2>Question by question</h2>" if verdicts else "",
            *(
                _card_place(verdict, "at", verdict.question in after.values())
                + _picture(verdict, run)
                for verdict in verdicts
            ),
            "<h2>What to do next</h2>" if verdicts else "",
            _place("next", _next_steps(exercise, verdicts, read=not handin.problem)),
            "<h2>Your notebook, as it ran</h2>" if cells else "",
        )
        if part
    )
    bottom = (
        f"<footer><p>Graded on {escape(graded_on)}. {_how(handin, run)}"
        f"Hand-in: {escape(handin.path.name)} "
        f"(SHA-256 {handin.digest[:12]}…).</p></footer>"
    )
    cards = {
        cell: _card_place(_by_id(verdicts, question), "cell") for cell, question in after.items()
    }
    title = f"{exercise.title} — {handin.student}"
    return page(cells, title=title, top=top, bottom=bottom, after=cards, deeper=2)


def with_people(
    report: str,
    exercise: Exercise,
    verdicts: Sequence[Verdict],
    people: People,
    handin: HandIn,
    name: str,
) -> str:
    """Put what people say now into a report that is written already; nothing runs again.

    Parameters
    ----------
    report : str
        The page, from `graded_report`, with or without people's marks.
    exercise : Exercise
        The exercise.
    verdicts : sequence of Verdict
        The machine's, in order.
    people : People
        The marks of people in this unit.
    handin : HandIn
        The hand-in that was graded.
    name : str
        The student's name, as it stands on the roster now.

    Returns
    -------
    str
        The page with what people say now.
    """
    own = people.of(handin.student)
    made = {
        "name": _who(name, handin.student),
        "score": _score(exercise, verdicts, own, people.begun),
        "next": _next_steps(exercise, verdicts, own, not handin.problem),
    }
    for verdict in verdicts:
        person = own.get(verdict.question)
        linked = f"<!-- put:cell-{verdict.question} -->" in report
        made[f"at-{verdict.question}"] = _card(verdict, f"at-{verdict.question}", linked, person)
        made[f"cell-{verdict.question}"] = _card(verdict, f"cell-{verdict.question}", False, person)

    def put(found: re.Match[str]) -> str:
        return _place(found[1], made[found[1]]) if found[1] in made else found[0]

    return _PLACE.sub(put, report)


def has_places(report: str) -> bool:
    """Tell whether people's marks can be put into a report; those of older versions cannot."""
    return _PLACE.search(report) is not None


# A hand-in cannot write such comments into its report: they are stripped from all it shows.
_PLACE = re.compile(r"<!-- put:([a-z]+(?:-\w+)?) -->.*?<!-- /put -->", re.DOTALL)


def _place(name: str, html: str) -> str:
    return f"<!-- put:{name} -->{html}<!-- /put -->"


def _card_place(verdict: Verdict, kind: str, linked: bool = False) -> str:
    name = f"{kind}-{verdict.question}"
    return _place(name, _card(verdict, name, linked))


def _is_unused_help(cell: Mapping[str, Any], role: str) -> bool:
    if not role.endswith("-help") or cell.get("outputs"):
        return False
    return all(line.lstrip().startswith("#") for line in cell["source"].splitlines())


def _score(
    exercise: Exercise,
    verdicts: Sequence[Verdict],
    people: Mapping[str, PersonMark] | None = None,
    begun: frozenset[str] = frozenset(),
) -> str:
    """Show the points that are settled, and what a person still has to read."""
    if not verdicts:
        return "<p class='score'>Not graded yet</p>"
    own = people or {}
    earned = possible = waiting = 0.0
    for verdict in verdicts:
        person = own.get(verdict.question)
        if _waits(verdict, person):
            waiting += verdict.points
            continue
        given = person is not None and person.points is not None
        earned += person.points if given else verdict.earned  # type: ignore[union-attr,operator]
        if not exercise.questions[verdict.question].open or verdict.question in begun:
            possible += verdict.points
    line = f"<p class='score'><strong>{earned:g}</strong> of {possible:g} points</p>"
    if waiting:
        line += f"<p>Your open answer is worth up to {waiting:g} more. A person reads it.</p>"
    return line


def _waits(verdict: Verdict, person: PersonMark | None) -> bool:
    return verdict.status == "for_review" and (person is None or person.points is None)


def _who(name: str, student: str) -> str:
    return f"<p>{escape(name)} <span class='quiet'>· {escape(student)}</span></p>"


def _notice(handin: HandIn, run: RunResult) -> str:
    notices = [escape(said) for said in (handin.problem or run.problem, handin.remark) if said]
    if run.confined == NOT_CONFINED:
        notices.append(
            f"{NOT_CONFINED}: this notebook ran with all the rights of the person who graded it, "
            "and so did every other one of this class."
        )
    return "\n".join(f"<p class='notice'>{notice}</p>" for notice in notices)


def _how(handin: HandIn, run: RunResult) -> str:
    """Say how the notebook was run, if it was."""
    if handin.problem:
        return "The file could not be read, so nothing was run. "
    known = run.confined and run.confined != NOT_CONFINED
    by = f"Confined by: {escape(run.confined)}. " if known else ""
    own = "Your notebook ran on your own data, drawn again, in a process without the answers."
    return f"{own} {by}"


def _card(
    verdict: Verdict, anchor: str, linked: bool = False, person: PersonMark | None = None
) -> str:
    words, sign = WORDS[verdict.status]
    title = f"{verdict.question} · {verdict.title}"
    shown = escape(title)
    if linked:
        shown = f"<a href='#cell-{verdict.question}'>{shown}</a>"
    status: str = verdict.status
    read = ""
    if person is not None and person.points is not None:
        full, nothing = person.points >= verdict.points, person.points <= 0
        status = "passed" if full else "try_again" if nothing else "partly"
        words, sign = (
            ("Changed by a person" if person.state == "decided" else "Read and marked"),
            "☰",
        )
        points = f"{person.points:g} of {verdict.points:g} points"
        read = _read(person)
    elif verdict.status == "for_review":
        points = f"up to {verdict.points:g} points"
    else:
        points = f"{verdict.earned:g} of {verdict.points:g} points"
    details = "".join(f"<p>{html(line)}</p>" for line in verdict.details)
    return (
        f"<div class='verdict {status}' id='{anchor}'>"
        f"<p class='head'><strong>{shown}</strong>"
        f"<span><span class='state'>{sign} {escape(words)}</span> · {points}</span></p>"
        f"{details}{read}</div>"
    )


def _read(person: PersonMark) -> str:
    """Show what people gave for each criterion, with their comments, and why a mark was changed."""
    lines = []
    for line in person.criteria:
        said = "".join(
            f"<br><span dir='auto'>{escape(words)}</span>".replace("\n", "<br>")
            for words in line.comments
        )
        lines.append(
            f"<li><strong>{line.points:g} of {line.of:g}</strong> · {escape(line.name)}{said}</li>"
        )
    shown = f"<ul>{''.join(lines)}</ul>" if lines else ""
    if person.state == "decided":
        before = "" if person.before is None else f" (before: {person.before:g})"
        shown += (
            f"<p>A person set this mark to {person.points:g} points{before}: "
            f"<span dir='auto'>{escape(person.why)}</span></p>"
        )
    return shown


def _picture(verdict: Verdict, run: RunResult) -> str:
    """Draw the canvas that was handed in, from its data: no markup of the student's is shown."""
    answer = run.answers.get(verdict.question)
    if answer is None or not isinstance(answer.value, Canvas):
        return ""
    return picture_html(answer.value, level=3)


def _next_steps(
    exercise: Exercise,
    verdicts: Sequence[Verdict],
    people: Mapping[str, PersonMark] | None = None,
    read: bool = True,
) -> str:
    steps = []
    for verdict in verdicts:
        question = exercise.questions[verdict.question]
        person = (people or {}).get(verdict.question)
        given = person.points if person is not None else None
        read_by_one = given is not None and (question.open or given >= verdict.points)
        if read_by_one or verdict.status in ("passed", "for_review"):
            continue
        steps.append(f"<li><strong>{verdict.question}</strong>: {_advice(question, verdict)}</li>")
    if not verdicts:
        return ""
    if steps and not read:
        return "<p>Hand in your notebook again, as it says at the top.</p>"
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
    """Return the cell after which each question's card stands: its check, or its answer.

    Where an editor has dropped the ids, an open answer is known by its place alone.
    """
    places = {}
    for verdict in verdicts:
        question = verdict.question
        by_check = [cell.id for cell in cells if cell.role == f"{question}-check"]
        by_answer = [cell.id for cell in cells if cell.role == question]
        by_place = [cell.id for cell in cells_about(cells, question) if not cell.role]
        for found in (by_check, by_answer, by_place):
            if found:
                places[found[-1]] = question
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
