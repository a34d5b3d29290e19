"""The words of the reports: one file a language, English where a language has no words yet."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

ENGLISH = "en"
LANG = re.compile(r"[a-z]{2}")


@cache
def read_words(lang: str) -> dict[str, Any]:
    """Read the words of one language; no file means no words."""
    file = files("whobuys.report") / f"words_{lang}.yml"
    if not LANG.fullmatch(lang) or not file.is_file():
        return {}
    words: dict[str, Any] = yaml.safe_load(file.read_text(encoding="utf-8")) or {}
    for report in words.get("reports", {}).values():
        sections = report["sections"]
        for name, section in sections.items():
            if like := section.pop("like", None):
                sections[name] = {**sections[like], **section}
    return words


class Words:
    """The words of one report in one language, section by section.

    A section that the language lacks, in whole or in part, is taken from English as a whole, so
    that no section mixes two languages.

    Parameters
    ----------
    lang : str
        Two letters, such as "en" or "zh".
    report : str
        Name of the report.

    Attributes
    ----------
    in_english : list of str
        Sections that had to be taken from English.

    Examples
    --------
    >>> Words("en", "customer_analysis").section("introduction")["heading"]
    'Introduction'
    >>> Words("xx", "customer_analysis").in_english[:2]
    ['introduction', 'basics']
    """

    def __init__(self, lang: str, report: str) -> None:
        self.lang, self.report = lang, report
        self._own, self._english = read_words(lang), read_words(ENGLISH)
        sections = self._english["reports"][report]["sections"]
        own = _at(self._own, "reports", report, "sections")
        self._sections = {}
        self.in_english: list[str] = []
        for name, english in sections.items():
            whole = _keys(english) <= _keys(own.get(name, {}))
            self._sections[name] = own[name] if whole else english
            if not whole:
                self.in_english.append(name)

    @property
    def sections(self) -> list[str]:
        """Names of the sections in their order."""
        return list(self._sections)

    @property
    def title(self) -> str:
        """Title of the report."""
        own = _at(self._own, "reports", self.report).get("title")
        return str(own or self._english["reports"][self.report]["title"])

    def section(self, name: str) -> Mapping[str, Any]:
        """Return heading, sub-heads and sentences of one section."""
        section: Mapping[str, Any] = self._sections[name]
        return section

    def heads(self, name: str) -> dict[str, list[str]]:
        """Return the sub-heads of a section, each with how it reads in this language and English.

        Sub-heads for the other type of customer are among them.
        """
        english = self._english["reports"][self.report]["sections"][name]["subs"]
        own = self._sections[name]["subs"]
        return {
            key: list(dict.fromkeys([own[key]["heading"], english[key]["heading"]]))
            for key in english
        }

    def common(self, group: str, key: str) -> str:
        """Return a word all sections share, such as the heading of a column."""
        own = _at(self._own, group).get(key)
        return str(own if own is not None else self._english[group].get(key, key))


def _at(words: Mapping[str, Any], *keys: str) -> Mapping[str, Any]:
    for key in keys:
        words = words.get(key) or {}
    return words


def _keys(words: Any, before: str = "") -> set[str]:
    if not isinstance(words, Mapping):
        return {before}
    return {path for key, below in words.items() for path in _keys(below, f"{before}.{key}")}


def report_title(report: str, lang: str) -> str:
    """Return the title of a report.

    Examples
    --------
    >>> report_title("segment_market", "en")
    'Segment market report'
    """
    return Words(lang, report).title


def report_word(key: str, lang: str) -> str:
    """Return a word all reports share.

    Examples
    --------
    >>> report_word("contents", "en")
    'Contents'
    """
    own = _at(read_words(lang), "shared").get(key)
    return str(own if own is not None else read_words(ENGLISH)["shared"][key])


def is_translated(report: str, lang: str) -> bool:
    """Return True when at least half of a report's sections have words in a language.

    Examples
    --------
    >>> is_translated("segment_market", "en"), is_translated("segment_market", "xx")
    (True, False)
    """
    words = Words(lang, report)
    return 2 * len(words.in_english) < len(words.sections) or lang == ENGLISH
