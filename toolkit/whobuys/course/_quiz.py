"""Render a lesson's quiz so that it works everywhere: no kernel, no mouse, no colour needed."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from whobuys.course._source import BuildError, nearest, need, read_text

QUIZ_LINE = re.compile(r"^\{\{\s*quiz\s*\}\}[ \t]*$", re.MULTILINE)
FEWEST, MOST = 2, 5
WORDS = {
    "en": {"question": "Question {number}", "right": "Right.", "wrong": "Not right."},
    "zh-CN": {"question": "第 {number} 题", "right": "答对了。", "wrong": "不对。"},
}


@dataclass(frozen=True)
class Option:
    """One answer to choose, and what the reader is told on choosing it."""

    text: str
    feedback: str
    right: bool = False


@dataclass(frozen=True)
class Question:
    """One question with two to five options, exactly one of them right."""

    id: str
    question: str
    options: tuple[Option, ...]

    @property
    def texts(self) -> list[str]:
        """Every text a reader sees, in order."""
        return [self.question] + [t for o in self.options for t in (o.text, o.feedback)]


def read_quiz(path: Path) -> list[Question]:
    """Read and check a `quiz.yml`.

    Raises
    ------
    BuildError
        With every problem found, each naming the question and the option.
    """
    try:
        data = yaml.safe_load(read_text(path))
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f"line {mark.line + 1}: " if mark else ""
        said = getattr(error, "problem", None) or str(error)
        raise BuildError(
            f"{line}not valid YAML: {said}; a text with a colon needs quotes"
        ) from error
    if not isinstance(data, list) or not data:
        raise BuildError("must be a list of questions, each beginning with - id:")
    problems: list[str] = []
    questions = [_question(raw, number, problems) for number, raw in enumerate(data, 1)]
    ids = [question.id for question in questions]
    for doubled in sorted({i for i in ids if i and ids.count(i) > 1}):
        problems.append(f'the id "{doubled}" is used {ids.count(doubled)} times; ids are unique')
    if problems:
        raise BuildError(problems)
    return questions


def render_quiz(
    questions: list[Question],
    language: str = "en",
    translate: Callable[[str], str] = str,
) -> str:
    """Turn a quiz into Markdown with one native fold-out an option.

    Parameters
    ----------
    questions
        The checked questions.
    language
        Which fixed words to use: `en` or `zh-CN`.
    translate
        Gives the text of the language for an English text.

    Returns
    -------
    str
        CommonMark. Choosing an option opens its feedback, by mouse or keyboard.

    Examples
    --------
    >>> options = (Option("R < 2", "Cold."), Option("R = 5", "Yes.", True))
    >>> quiz = [Question("q", "Who is warm?", options)]
    >>> print(render_quiz(quiz))
    ### Question 1
    <BLANKLINE>
    Who is warm?
    <BLANKLINE>
    <details>
    <summary>R &lt; 2</summary>
    <BLANKLINE>
    > **Not right.** Cold.
    <BLANKLINE>
    </details>
    <BLANKLINE>
    <details>
    <summary>R = 5</summary>
    <BLANKLINE>
    > **Right.** Yes.
    <BLANKLINE>
    </details>
    """
    words = WORDS[language]
    inline = need("markdown_it").MarkdownIt("commonmark", {"html": False}).renderInline
    parts: list[str] = []
    for number, question in enumerate(questions, 1):
        head = words["question"].format(number=number)
        parts += [f"### {head}", _escape(translate(question.question))]
        for option in question.options:
            verdict = words["right" if option.right else "wrong"]
            summary = inline(" ".join(translate(option.text).split()))
            parts.append(f"<details>\n<summary>{summary}</summary>")
            feedback = f"**{verdict}** {_escape(translate(option.feedback))}"
            parts.append("\n".join(f"> {line}" for line in feedback.splitlines()))
            parts.append("</details>")
    return "\n\n".join(parts)


def _question(raw: Any, number: int, problems: list[str]) -> Question:
    place = f"question {number}"
    if not isinstance(raw, dict):
        problems.append(f"{place}: must have the keys id, question and options")
        return Question("", "", ())
    identity = raw.get("id")
    place += f' "{identity}"' if identity is not None else ""
    _keys(raw, ("id", "question", "options"), (), place, problems)
    options = raw.get("options")
    options = options if isinstance(options, list) else []
    if "options" in raw and not FEWEST <= len(options) <= MOST:
        problems.append(f"{place}: give {FEWEST} to {MOST} options, not {len(options)}")
    read = tuple(
        _option(option, f"{place}, option {index}", problems)
        for index, option in enumerate(options, 1)
    )
    right = sum(option.right for option in read)
    if read and right != 1:
        problems.append(f"{place}: exactly one option has right: true, not {right}")
    texts = {option.text for option in read}
    if len(texts) < len(read):
        problems.append(f"{place}: two options have the same text")
    return Question(
        _text(raw, "id", place, problems), _text(raw, "question", place, problems), read
    )


def _option(raw: Any, place: str, problems: list[str]) -> Option:
    if not isinstance(raw, dict):
        problems.append(f"{place}: must have the keys text and feedback")
        return Option(place, "")
    _keys(raw, ("text", "feedback"), ("right",), place, problems)
    right = raw.get("right", False)
    if not isinstance(right, bool):
        problems.append(f"{place}: right must be true or false, is {right!r}")
    return Option(
        _text(raw, "text", place, problems), _text(raw, "feedback", place, problems), right is True
    )


def _keys(
    raw: dict[Any, Any],
    wanted: tuple[str, ...],
    allowed: tuple[str, ...],
    place: str,
    problems: list[str],
) -> None:
    for key in wanted:
        if key not in raw:
            problems.append(f"{place}: {key} is missing")
    for key in raw:
        if key not in wanted + allowed:
            problems.append(f'{place}: unknown key "{key}"{nearest(str(key), wanted + allowed)}')


def _text(raw: dict[Any, Any], key: str, place: str, problems: list[str]) -> str:
    value = raw.get(key, "missing")
    if not isinstance(value, str):
        problems.append(f"{place}: {key} must be a text, is {value!r}; put it in quotes")
        return f"{place} {key}"
    if not value.strip():
        problems.append(f"{place}: {key} is empty")
    return value.strip()


def _escape(markdown: str) -> str:
    """Show < as itself, also where Markdown would take it for HTML; leave code alone."""
    parts = re.split(r"((?<!`)(`+)(?!`).*?(?<!`)\2(?!`))", markdown, flags=re.DOTALL)
    # re.split gives text, code, its backticks, text, code, ...
    return "".join(
        part.replace("<", "&lt;") if index % 3 == 0 else part
        for index, part in enumerate(parts)
        if index % 3 != 2
    )
