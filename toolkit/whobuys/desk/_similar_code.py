"""Code that two hand-ins share, and hardly anybody else has."""

from __future__ import annotations

import hashlib
import itertools
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
import pandas as pd
from pygments.lexers.python import PythonLexer  # type: ignore[import-untyped]
from pygments.token import Comment, Name, Number, String, Whitespace  # type: ignore[import-untyped]

from whobuys.desk._similar_chance import chance, tied
from whobuys.grade._handins import Cell

TOGETHER = 10
"""Tokens in one fingerprint: shorter stretches are never seen."""
WINDOW = 4
"""Of so many fingerprints in a row at least one is kept."""
ALIKE = 0.9
"""Share of the fingerprints of two answers together that makes them alike."""
FEWEST = 2
"""Questions in which two must be alike."""
MOST_LISTED = 0.05
"""Pairs in a whole class that may be listed by chance, on average."""
LONGEST_CODE = 60_000
COLUMNS = ["a", "b", "questions", "shared", "share_a", "share_b", "expected"]
MAGIC = re.compile(r"^[ \t]*[%!?][^\n]*", re.MULTILINE)

Token = tuple[str, int, int]


@dataclass(frozen=True)
class Place:
    """Where a fingerprint stands: number of the cell, first and last character (exclusive)."""

    cell: int
    start: int
    end: int


@dataclass(frozen=True)
class Marks:
    """The fingerprints of one hand-in, and the texts they were taken from.

    `is_cut`: there was more code than is looked at.
    """

    cells: tuple[Cell, ...]
    places: Mapping[int, tuple[Place, ...]]
    is_cut: bool = False


def tokens(source: str) -> list[Token]:
    """Return the tokens of Python code, without what is easily disguised.

    Names become `n`, but for built-in ones and those after a dot, which cannot be chosen freely;
    numbers become `0`, texts `s`. Comments, blanks, and lines for IPython are left out. Broken
    code has tokens too.

    Parameters
    ----------
    source : str
        Code of one cell.

    Returns
    -------
    list of (str, int, int)
        Token, its first and its last character (exclusive).

    Examples
    --------
    >>> [token for token, _, _ in tokens("best = rfm.head(20)  # the best")]
    ['n', '=', 'n', '.', 'head', '(', '0', ')']
    """
    plain = MAGIC.sub(lambda line: " " * len(line[0]), source)
    found: list[Token] = []
    for start, kind, text in _lexer().get_tokens_unprocessed(plain):
        if kind in Comment or kind in Whitespace or not text.strip():
            continue
        end = start + len(text)
        if kind in String and kind not in String.Interpol:
            if found and found[-1][0] == "s" and found[-1][2] == start:
                found[-1] = ("s", found[-1][1], end)
                continue
            text = "s"
        elif kind in Number:
            text = "0"
        elif kind in Name and kind not in Name.Builtin and not (found and found[-1][0] == "."):
            text = "n"
        found.append((text, start, end))
    return found


@cache
def _lexer() -> PythonLexer:
    return PythonLexer()


def _prints(found: Sequence[Token]) -> list[int]:
    """Return a number for every `TOGETHER` tokens in a row."""
    texts = [text for text, _, _ in found]
    return [
        int.from_bytes(
            hashlib.blake2b(
                "\x1f".join(texts[i : i + TOGETHER]).encode("utf-8", "replace"), digest_size=8
            ).digest()
        )
        for i in range(len(texts) - TOGETHER + 1)
    ]


def winnow(prints: Sequence[int], window: int = WINDOW) -> list[int]:
    """Choose fingerprints so that each window of them keeps one: its rightmost smallest.

    Parameters
    ----------
    prints : sequence of int
        In the order of the text.
    window : int
        How many stand in a window.

    Returns
    -------
    list of int
        Positions, ascending. Texts that share `window` fingerprints in a row share a chosen one.

    Notes
    -----
    Schleimer, Wilkerson and Aiken (2003), "Winnowing: local algorithms for document
    fingerprinting".

    Examples
    --------
    >>> winnow([77, 74, 42, 17, 98, 50, 17, 98, 8, 88, 67, 39, 77, 74, 42, 17, 98])
    [3, 6, 8, 11, 15]
    """
    chosen = {
        min(range(first, min(first + window, len(prints))), key=lambda i: (prints[i], -i))
        for first in range(max(len(prints) - window + 1, min(len(prints), 1)))
    }
    return sorted(chosen)


def known_code(sources: Iterable[str]) -> set[int]:
    """Return every fingerprint of code that everybody may use: template, lesson, solution."""
    return {mark for source in sources for mark in _prints(tokens(source))}


def marks_of(cells: Sequence[Cell], known: set[int]) -> Marks:
    """Take the fingerprints of a hand-in's code, without those in `known`.

    Parameters
    ----------
    cells : sequence of Cell
        Of one hand-in; only code is looked at, at most 60,000 characters of it.
    known : set of int
        From `known_code`.

    Returns
    -------
    Marks
    """
    own = tuple(cell for cell in cells if cell.kind == "code")
    places: dict[int, list[Place]] = {}
    left = LONGEST_CODE
    for number, cell in enumerate(own):
        found = tokens(cell.source[:left])
        left = max(left - len(cell.source), 0)
        prints = _prints(found)
        for i in winnow(prints):
            if prints[i] not in known:
                place = Place(number, found[i][1], found[i + TOGETHER - 1][2])
                places.setdefault(prints[i], []).append(place)
    is_cut = sum(len(cell.source) for cell in own) > LONGEST_CODE
    return Marks(own, {mark: tuple(where) for mark, where in places.items()}, is_cut)


def code_pairs(marks: Mapping[str, Marks]) -> pd.DataFrame:
    """Find the pairs of hand-ins whose code is alike in several questions, where others' is not.

    Parameters
    ----------
    marks : mapping of str to Marks
        By student.

    Returns
    -------
    pandas.DataFrame
        One row a pair, the least likely first: `a`, `b` (students), `questions` (in which their
        code is alike, as "q1, q3"), `shared` (fingerprints), `share_a`, `share_b` (of all of a's
        and b's own, 0 to 1), `expected` (pairs as unlikely as this in a class of this size, if
        everybody worked alone; at most 0.05 for a pair that is listed).

    Notes
    -----
    Two are alike in a question when at least 0.9 of the fingerprints of the two together are in
    both (Jaccard, 1912). How likely that is by chance is counted in the class itself: the largest
    of the share of all pairs that are alike in this question, and the shares of the others who are
    alike to a and to b. What many write alike is so no evidence. The limit is Bonferroni's over
    all pairs.
    """
    names = list(marks)
    own = [_by_question(one) for one in marks.values()]
    asked = sorted({question for one in own for question in one})
    size = len(names)
    have = np.array([[question in one for one in own] for question in asked], bool)
    have = have.reshape(len(asked), size)
    alike = np.zeros((len(asked), size, size), bool)
    for q, question in enumerate(asked):
        for i, j in itertools.combinations(np.flatnonzero(have[q]).tolist(), 2):
            alike[q, i, j] = alike[q, j, i] = _jaccard(own[i][question], own[j][question]) >= ALIKE
    writers = have.sum(axis=1)
    pairs = writers * (writers - 1) // 2
    by_all = [tied(int(alike[q].sum()) // 2, int(pairs[q])) for q in range(len(asked))]
    friends = alike.sum(axis=2)
    total = size * (size - 1) / 2
    rows = []
    for i, j in itertools.combinations(range(size), 2):
        both, same = have[:, i] & have[:, j], alike[:, i, j]
        if same.sum() < FEWEST:
            continue
        single = [
            max(by_all[q], (max(friends[q, i], friends[q, j]) - 1) / max(writers[q] - 2, 1))
            if same[q]
            else by_all[q]
            for q in np.flatnonzero(both)
        ]
        expected = total * chance(single, same[both].tolist())
        if expected <= MOST_LISTED:
            shared = len(marks[names[i]].places.keys() & marks[names[j]].places.keys())
            shares = [shared / len(marks[names[k]].places) for k in (i, j)]
            told = ", ".join(question for q, question in enumerate(asked) if same[q])
            rows.append((names[i], names[j], told, shared, *shares, expected))
    table = pd.DataFrame(rows, columns=COLUMNS)
    return table.sort_values(["expected", "a", "b"], ignore_index=True)


def _by_question(marks: Marks) -> dict[str, set[int]]:
    """Return the fingerprints of each question."""
    found: dict[str, set[int]] = {}
    roles = questions_of(marks)
    for mark, places in marks.places.items():
        for place in places:
            found.setdefault(roles[place.cell], set()).add(mark)
    return found


def _jaccard(one: set[int], other: set[int]) -> float:
    return len(one & other) / len(one | other)


def questions_of(marks: Marks) -> list[str]:
    """Return for each cell its question; own cells go with the released one before."""
    roles, last = [], ""
    for cell in marks.cells:
        last = cell.role.split("-")[0] if cell.role else last
        roles.append(last)
    return roles


def stretches(marks: Marks, prints: Iterable[int]) -> dict[int, list[tuple[int, int]]]:
    """Return, by cell, the stretches of text that fingerprints cover; what touches is one."""
    found: dict[int, list[tuple[int, int]]] = {}
    for place in sorted(
        (place for mark in prints for place in marks.places[mark]),
        key=lambda place: (place.cell, place.start),
    ):
        own = found.setdefault(place.cell, [])
        if own and place.start <= own[-1][1]:
            own[-1] = (own[-1][0], max(own[-1][1], place.end))
        else:
            own.append((place.start, place.end))
    return found
