"""What stands in a report that was written: its sections, their sub-heads, one's own words."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from whobuys.report._section import Section
from whobuys.report._settings import LANGUAGES
from whobuys.report._words import Words, report_title

HEADING = re.compile(r"^(#{1,6})\s+(.+?)\s*#*$")
NUMBERED = re.compile(r"^[\d.、\s]+")
TOKEN = re.compile("[\u3400-\u9fff]|[^\\W_\u3400-\u9fff]+(?:['’-][^\\W_\u3400-\u9fff]+)*")
CHINESE = re.compile("[\u3400-\u9fff]")
LEAST_WORDS = 20
LEAST_LETTERS = 15
PICTURE = "\N{OBJECT REPLACEMENT CHARACTER}" * LEAST_LETTERS
RUN = 5
COLUMNS = ["section", "title", "part", "says", "letters", "own_words"]


@dataclass
class Found:
    """What stands in one section of a notebook: text by sub-head, and the student's words."""

    subs: dict[str, str] = field(default_factory=dict)
    own: str = ""


def outline_of(
    cells: Iterable[Mapping[str, Any]],
    report: str,
    starter: Iterable[Mapping[str, Any]] = (),
) -> pd.DataFrame:
    """Say what stands in an executed notebook under each heading of a report.

    Parameters
    ----------
    cells : iterable of mapping
        The executed cells (nbformat). A notebook may hold several reports, each under a heading of
        level one with its title.
    report : str
        Such as "customer_analysis".
    starter : iterable of mapping
        The cells of the notebook as it was given out: five words in a row that stand there are
        nobody's own.

    Returns
    -------
    pandas.DataFrame
        One row a sub-head that is there: ``section``, ``title``, ``part`` and ``says`` (name and
        heading of section and sub-head), ``letters`` under it, ``own_words`` of the section. A
        section without any sub-head has one row with an empty ``part``.
    """
    found = read_sections(list(cells), report, LANGUAGES)
    given = text_of(starter)
    words = {lang: Words(lang, report) for lang in LANGUAGES}
    rows = []
    for name in words["en"].sections:
        if name not in found:
            continue
        there, title = found[name], str(words["en"].section(name)["heading"])
        own = count_own(there.own, given)
        parts = []
        for part, says in words["en"].heads(name).items():
            keys = {key_of(said) for lang in LANGUAGES for said in words[lang].heads(name)[part]}
            texts = [there.subs[key] for key in keys if key in there.subs]
            if texts:
                parts.append((name, title, part, says[0], max(map(letters, texts)), own))
        rows += parts or [(name, title, "", "", 0, own)]
    return pd.DataFrame(rows, columns=COLUMNS)


def outline_of_sections(sections: Iterable[Section], words: Words) -> pd.DataFrame:
    """Say what stands in sections as they were written; own words are not known there."""
    rows = []
    for section in sections:
        titles = words.heads(section.name)
        texts = _by_heading(section.parts)
        for part in dict.fromkeys(section.heads):
            keys = [key_of(said) for said in titles[part]]
            long = max((letters(texts[key]) for key in keys if key in texts), default=0)
            row = (section.name, section.heading, part, titles[part][0], long, float("nan"))
            rows.append(row)
    return pd.DataFrame(rows, columns=COLUMNS)


def _by_heading(parts: Sequence[object]) -> dict[str, str]:
    texts: dict[str, str] = {}
    sub = ""
    for part in parts:
        for line in (part if isinstance(part, str) else PICTURE).splitlines():
            heading = HEADING.match(line.strip())
            sub = key_of(heading[2]) if heading else sub
            texts[sub] = texts.get(sub, "") + ("" if heading else f"\n{line}")
    return texts


def read_sections(
    cells: Sequence[Mapping[str, Any]], report: str, languages: Sequence[str]
) -> dict[str, Found]:
    """Read what stands under each heading, in text cells and in outputs."""
    names: dict[str, str] = {}
    for lang in languages:
        words = Words(lang, report)
        names |= {key_of(str(words.section(name)["heading"])): name for name in words.sections}
    found: dict[str, Found] = {}
    current: Found | None = None
    sub = ""
    for text, is_own in _texts(_of_report(cells, report)):
        for line in text.splitlines():
            heading = HEADING.match(line.strip())
            if heading is None:
                if current is not None:
                    current.subs[sub] = f"{current.subs.get(sub, '')}\n{line}"
                    if is_own and not line.lstrip().startswith((">", "<!--")):
                        current.own += f"\n{line}"
                continue
            if len(heading[1]) <= 2:
                at = names.get(key_of(heading[2]))
                current = found.setdefault(at, Found()) if at else None
                sub = ""
            elif current is not None:
                sub = key_of(heading[2])
                current.subs.setdefault(sub, "")
        if is_own:
            sub = ""
    return found


def _of_report(cells: Sequence[Mapping[str, Any]], report: str) -> list[Mapping[str, Any]]:
    """Keep the cells from this report's title to that of the next; all where it has no title."""
    from whobuys.report._reports import REPORTS

    titles = {key_of(report_title(name, lang)): name for name in REPORTS for lang in LANGUAGES}
    kept: list[Mapping[str, Any]] = []
    now = ""
    for cell in cells:
        for line in source_of(cell).splitlines() if cell.get("cell_type") == "markdown" else ():
            heading = HEADING.match(line.strip())
            if heading is not None and len(heading[1]) == 1:
                said = [name for title, name in titles.items() if title in key_of(heading[2])]
                now = said[0] if len(set(said)) == 1 else now
        if now == report:
            kept.append(cell)
    return kept or list(cells)


def _texts(cells: Iterable[Mapping[str, Any]]) -> Iterator[tuple[str, bool]]:
    for cell in cells:
        if cell.get("cell_type") == "markdown":
            yield source_of(cell), True
            continue
        for output in cell.get("outputs", ()):
            data = output.get("data", {})
            if any(kind.startswith("image/") for kind in data):
                yield PICTURE, False
            elif "text/markdown" in data:
                yield "".join(data["text/markdown"]), False
            elif "text/html" in data:
                yield re.sub(r"<[^>]*>", " ", "".join(data["text/html"])), False


def source_of(cell: Mapping[str, Any]) -> str:
    """Return the text of a cell, whichever way it is stored."""
    return "".join(cell.get("source", ""))


def text_of(cells: Iterable[Mapping[str, Any]]) -> str:
    """Return the text of all text cells."""
    return "\n".join(source_of(cell) for cell in cells if cell.get("cell_type") == "markdown")


def key_of(heading: str) -> str:
    """Reduce a heading to what counts: no number, no emphasis, no case."""
    plain = re.sub(r"[*_`#]", "", heading)
    return " ".join(NUMBERED.sub("", plain).casefold().split())


def letters(text: str) -> int:
    """Count letters and digits; a picture counts as enough."""
    return len(re.sub(r"[\W_]", "", text)) + text.count(PICTURE[0])


def count_own(text: str, given: str = "") -> int:
    """Count words; those in five in a row that were given do not count.

    Two Chinese characters count as one word.

    Examples
    --------
    >>> count_own("Who will read this report? My mother will.", "Who will read this report?")
    3
    """
    words, theirs = TOKEN.findall(text.casefold()), TOKEN.findall(given.casefold())
    known = {tuple(theirs[place : place + RUN]) for place in range(len(theirs) - RUN + 1)}
    copied = {
        place + step
        for place in range(len(words) - RUN + 1)
        if tuple(words[place : place + RUN]) in known
        for step in range(RUN)
    }
    own = [word for place, word in enumerate(words) if place not in copied]
    chinese = sum(bool(CHINESE.match(word)) for word in own)
    return chinese // 2 + len(own) - chinese
