"""The page on who may have worked together: for the teacher's eyes only, and no judgement."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

import pandas as pd

from whobuys.course._words import count
from whobuys.desk._similar_answers import MOST_LISTED as MOST_ANSWERS
from whobuys.desk._similar_answers import Form
from whobuys.desk._similar_code import LONGEST_CODE, Marks, questions_of, stretches
from whobuys.desk._similar_code import MOST_LISTED as MOST_CODE
from whobuys.pages.page import TEMPLATES

MOST_SHOWN = 40
LONGEST_SHOWN = 6_000
FAR = 1_000_000


@dataclass(frozen=True)
class Shown:
    """Everything on the page; `answers` is None where only the code was compared."""

    unit: str
    title: str
    names: Mapping[str, str]
    titles: Mapping[str, str]
    handins: int
    code: pd.DataFrame
    marks: Mapping[str, Marks]
    answers: pd.DataFrame | None
    given: Mapping[str, Mapping[str, Form]]
    right: Mapping[str, Mapping[str, Form]]
    looked_at: Sequence[str]
    changed: Sequence[str]
    tickets: Sequence[tuple[str, str]]
    silent: Sequence[str] = ()


def similar_page(shown: Shown) -> str:
    """Render the page: one HTML document that needs nothing else."""
    parts = [
        f"<header><p class='quiet'>For the teacher only · {escape(shown.unit)}</p>"
        f"<h1>Who worked together?</h1><p>{escape(shown.title)}, "
        f"{count(shown.handins, 'hand-in')}.</p></header>",
        "<p class='notice'><strong>Look, and ask. This page proves nothing.</strong> It shows "
        "where two hand-ins are more alike than chance would make them. There can be a good reason "
        "for it. No mark depends on it. It holds right answers: keep it to yourself.</p>",
        "<h2>Answers that fit another student's case</h2>",
        _answers(shown),
        "<h2>Code that is alike</h2>",
        _code(shown),
        _tickets(shown),
        "<h2>What else it can be</h2><ul>"
        "<li>They learned together, and one showed the other how. Ask each to explain the code."
        "</li>"
        "<li>Both asked the same third: a forum, a tutor, a book, a chatbot. Then nobody copied "
        "from the other.</li>"
        "<li>One worked in the other's folder, or opened the other's data by mistake.</li>"
        "<li>Chance: small for each pair that is listed, but not nothing.</li></ul>"
        "<p>And who is not listed may still have copied: right answers, short code and open "
        "answers show nothing here.</p>",
        _left_out(shown),
    ]
    styles = TEMPLATES / "page.css", Path(__file__).with_name("similar.css")
    css = "".join(style.read_text("utf-8") for style in styles)
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta http-equiv="Content-Security-Policy" '
        "content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
        '<meta name="color-scheme" content="light dark">\n'
        '<meta name="robots" content="noindex">\n'
        f"<title>Who worked together? {escape(shown.unit)}</title>\n<style>{css}</style>\n</head>\n"
        "<body>\n<main>\n" + "\n".join(part for part in parts if part) + "\n</main>\n</body>\n"
        "</html>\n"
    )


def by_chance(expected: float) -> str:
    """Say how rarely chance makes such a pair.

    >>> by_chance(0.004)
    'By chance such a pair turns up in about one class in 250.'
    """
    classes = 1 / max(expected, 1 / FAR)
    if classes >= FAR:
        return "By chance such a pair turns up in less than one class in a million."
    steps = 10 ** max(len(str(int(classes))) - 2, 0)
    return (
        f"By chance such a pair turns up in about one class in {round(classes / steps) * steps:,}."
    )


def _who(shown: Shown, student: str) -> str:
    name = shown.names.get(student, "")
    id = escape(student)
    # a name can hold marks that turn the direction of what follows: <bdi> ends them
    return f"<bdi>{escape(name)}</bdi> ({id})" if name and name != student else id


def _answers(shown: Shown) -> str:
    if shown.answers is None:
        return "<p>Not looked at: only the code was compared.</p>"
    parts = [
        "<p>Every student has an own case, so a copied number is wrong in the case it is handed in "
        "for. Run again were those with two or more wrong answers that no known slip explains: "
        f"{count(len(shown.looked_at), 'student')}.</p>"
    ]
    if shown.answers.empty:
        parts.append("<p><strong>No pair to look at.</strong></p>")
    for row in shown.answers.head(MOST_SHOWN).to_dict("records"):
        student, other = row["student"], row["other"]
        who, whose = _who(shown, student), _who(shown, other)
        lines = "".join(
            f"<tr><td>{escape(q)} {escape(shown.titles.get(q, ''))}</td>"
            f"<td>{_said(shown.given, student, q)}</td>"
            f"<td>{_said(shown.right, other, q)}</td><td>{_said(shown.right, student, q)}</td></tr>"
            for q in row["questions"].split(", ")
        )
        parts.append(
            f"<section class='pair'><h3>{who} gives answers that fit {whose}</h3>"
            f"<p>{row['fit']} of {count(row['wrong'], 'wrong answer')} are right in the case of "
            f"{whose}. {by_chance(row['expected'])}</p><div class='wide'><table><thead><tr>"
            f"<th scope='col'>Question</th><th scope='col'>Given by {who}</th>"
            f"<th scope='col'>Right for {whose}</th><th scope='col'>Right for {who}</th></tr>"
            f"</thead><tbody>{lines}</tbody></table></div></section>"
        )
    parts.append(_more(len(shown.answers), "answers.csv"))
    parts.append(
        "<p class='quiet'>A pair is listed only if chance makes one like it in less than one class "
        f"in {1 / MOST_ANSWERS:.0f}. One answer alone, or numbers that many cases share, are no "
        "evidence.</p>"
    )
    return "".join(parts)


def _said(forms: Mapping[str, Mapping[str, Form]], student: str, question: str) -> str:
    form = forms.get(student, {}).get(question)
    return escape(form.said) if form is not None else "–"


def _code(shown: Shown) -> str:
    parts = [
        "<p>Names, numbers, texts and remarks do not count. Nor does what the exercise gives, the "
        "lesson shows or the worked solution has, and what many in the class write weighs little. "
        "Marked is what both have.</p>"
    ]
    if shown.code.empty:
        parts.append("<p><strong>No pair to look at.</strong></p>")
    for row in shown.code.head(MOST_SHOWN).to_dict("records"):
        a, b = row["a"], row["b"]
        alike = row["questions"].split(", ")
        titles = ", ".join(f"{q} {shown.titles.get(q, '')}".strip() for q in alike)
        sides = "".join(
            "<div class='side'>"
            + "".join(
                f"<div><h4>{escape(question)} · {_who(shown, one)}</h4>"
                f"{_side(shown, one, other, question)}</div>"
                for one, other in ((a, b), (b, a))
            )
            + "</div>"
            for question in alike
        )
        parts.append(
            f"<section class='pair'><h3>{_who(shown, a)} and {_who(shown, b)}</h3>"
            f"<p>Alike in {escape(titles)}. They share {row['share_a']:.0%} of the first one's own "
            f"code and {row['share_b']:.0%} of the second one's. {by_chance(row['expected'])}</p>"
            "<details open><summary>Side by side</summary>"
            f"{sides}</details></section>"
        )
    parts.append(_more(len(shown.code), "code.csv"))
    parts.append(
        "<p class='quiet'>A pair is listed only if chance makes one like it in less than one class "
        f"in {1 / MOST_CODE:.0f}. This reckons as if everybody solved each question independently "
        "of the others. Two who like the same style everywhere are more alike than that.</p>"
    )
    return "".join(parts)


def _side(shown: Shown, one: str, other: str, question: str) -> str:
    """Return one's code for a question; what the other one has too is marked."""
    own = shown.marks[one]
    both = own.places.keys() & shown.marks[other].places.keys()
    marked = stretches(own, both)
    roles = questions_of(own)
    return "".join(
        f"<pre>{_marked(cell.source, marked[number])}</pre>"
        for number, cell in enumerate(own.cells)
        if number in marked and roles[number] == question
    )


def _marked(source: str, where: Sequence[tuple[int, int]]) -> str:
    """Escape a text and mark stretches of it."""
    parts, last = [], 0
    for start, end in where:
        if start >= LONGEST_SHOWN:
            break
        end = min(end, LONGEST_SHOWN)
        parts += [escape(source[last:start]), "<mark>", escape(source[start:end]), "</mark>"]
        last = end
    cut = "\n…" if len(source) > LONGEST_SHOWN else ""
    return "".join(parts) + escape(source[last:LONGEST_SHOWN]) + cut


def _more(pairs: int, file: str) -> str:
    return f"<p>{pairs - MOST_SHOWN:,} more are in {file}.</p>" if pairs > MOST_SHOWN else ""


def _tickets(shown: Shown) -> str:
    if not shown.tickets:
        return ""
    lines = "".join(f"<li>{_who(shown, s)}: {escape(note)}</li>" for s, note in shown.tickets)
    return f"<h2>Notebooks that were given to somebody else</h2><ul>{lines}</ul>"


def _left_out(shown: Shown) -> str:
    """Name those of whom something was not compared: it may be what they hide."""
    cut = [student for student, own in shown.marks.items() if own.is_cut]
    notes = {
        "Answers not looked at, because the hand-in is not the one that was graded: {who}. Run "
        "<code>whobuys grade</code> and then this again.": shown.changed,
        "Did not give the same answers when run again, so not all of them were looked at: {who}. "
        "Look at the hand-in; this can be slowness, chance, or intent.": shown.silent,
        f"Code not compared beyond the first {LONGEST_CODE:,} characters: {{who}}. Look at what "
        "makes the hand-in so long.": cut,
    }
    said = [
        f"<p>{note.format(who=', '.join(_who(shown, student) for student in students))}</p>"
        for note, students in notes.items()
        if students
    ]
    return f"<footer>{''.join(said)}</footer>" if said else ""
