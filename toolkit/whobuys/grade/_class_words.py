"""The words of the class report, in one file a language, and how they become HTML."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from html import escape
from importlib.resources import files
from typing import Any

import yaml

from whobuys._errors import InstructorError
from whobuys.course._words import html

LANGUAGES = ("en",)


class Html(str):
    """A text that is HTML already."""

    __slots__ = ()


@cache
def _read(lang: str) -> dict[str, Any]:
    if lang not in LANGUAGES:
        raise InstructorError(
            f"The class report is there in: {', '.join(LANGUAGES)}; not in {lang!r}."
        )
    file = files("whobuys.grade") / f"class_report_{lang}.yml"
    words: dict[str, Any] = yaml.safe_load(file.read_text(encoding="utf-8"))
    return words


class Words:
    """The words of the class report in one language.

    Parameters
    ----------
    lang : str
        Such as "en".

    Raises
    ------
    InstructorError
        If there are no words in that language.

    Examples
    --------
    >>> words = Words("en")
    >>> words.count("student", 1), words.listed(["q1", "q2", "q3"])
    ('1 student', 'q1, q2 and q3')
    >>> words.html("help.who", name="<b>Ana</b>", id="a1")
    '&lt;b&gt;Ana&lt;/b&gt; (a1)'
    """

    def __init__(self, lang: str) -> None:
        self.lang, self._words = lang, _read(lang)

    def of(self, section: str) -> Mapping[str, Any]:
        """Return the words of one section as they stand in the file."""
        found: Mapping[str, Any] = self._words[section]
        return found

    def plain(self, place: str, /, **facts: object) -> str:
        """Return a text with its facts, such as for a figure."""
        return self._at(place).format_map(facts)

    def html(self, place: str, /, **facts: object) -> Html:
        """Return a text with its facts as HTML; facts that are no HTML yet are escaped."""
        safe = {
            key: fact if isinstance(fact, Html) else escape(str(fact))
            for key, fact in facts.items()
        }
        return Html(_bold(html(self._at(place))).format_map(safe))

    def count(self, noun: str, n: int) -> str:
        """Write a number of something."""
        one, many = self._words["counts"][noun]
        return str(one if n == 1 else many).format(n=f"{n:,}")

    def points(self, points: float) -> str:
        """Write a number of points."""
        one, many = self._words["counts"]["point"]
        return str(one if points == 1 else many).format(n=f"{points:,g}")

    def percent(self, share: float) -> str:
        """Write a share."""
        return self.plain("shared.percent", number=half_up(100 * share))

    def listed(self, items: Sequence[str]) -> str:
        """Join items: a, b and c."""
        shared = self._words["shared"]
        if len(items) < 2:
            return "".join(items)
        return f"{shared['comma'].join(items[:-1])}{shared['and']}{items[-1]}"

    def item(self, row: Mapping[Any, Any]) -> str:
        """Name a question."""
        return self.plain("shared.item", question=row["question"], title=row["title"])

    def _at(self, place: str) -> str:
        found: Any = self._words
        for key in place.split("."):
            found = found[key]
        return str(found)


def half_up(number: float, decimals: int = 0) -> str:
    """Write a number, rounded half up: a table and a sentence about it then say the same.

    Examples
    --------
    >>> half_up(0.615, 2), half_up(61.5), half_up(62.5), half_up(-0.001, 2)
    ('0.62', '62', '63', '0.00')
    """
    clean = Decimal(str(round(number, 9)))  # without the noise of floats
    made = clean.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)
    return str(made if made else abs(made))


def told(words: str, most: int = 400) -> Html:
    """Return what a student was told as HTML; what is very long is cut.

    Examples
    --------
    >>> told("Look at `rfm`, not at <img src=x>.")
    'Look at <code>rfm</code>, not at &lt;img src=x&gt;.'
    """
    kept = words if len(words) <= most else f"{words[:most].rstrip()} …"
    return Html(html(" ".join(kept.split())))


def table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> Html:
    """Return a table; its cells are escaped unless they are HTML, the first one heads its row."""
    top = "".join(f'<th scope="col">{_cell(head)}</th>' for head in heads)
    body = "".join(
        f'<tr><th scope="row">{_cell(row[0])}</th>'
        + "".join(f"<td>{_cell(cell)}</td>" for cell in row[1:])
        + "</tr>"
        for row in rows
    )
    return Html(f"<table><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table>")


def bullets(items: Sequence[Html]) -> Html:
    """Return a list."""
    return Html(f"<ul>{''.join(f'<li>{item}</li>' for item in items)}</ul>")


def paragraph(*sentences: Html) -> Html:
    """Return a paragraph of sentences; empty ones are left out."""
    return Html(f"<p>{' '.join(filter(None, sentences))}</p>")


def heading(text: str, level: int = 2) -> Html:
    """Return a heading."""
    return Html(f"<h{level}>{escape(text)}</h{level}>")


def _cell(text: str) -> str:
    return text if isinstance(text, Html) else escape(text)


def _bold(text: str) -> str:
    return re.sub(r"\*\*(.+?)\*\*", r"<strong>\1</strong>", text)
