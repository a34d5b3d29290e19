"""A table on paper: which cells, how wide the columns, how large the letters; nothing cut off."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from io import BytesIO

from PIL import ImageFont

PAPER = 470.0
"""Width of the text on A4, in points."""
LARGEST, SMALLEST, STEP = 8.5, 6.5, 0.5
GAP = 8.5
LONGEST_WORD = 24
LONGEST_LINE = 26.0
MOST_SPANNED = 60
CHINESE = 1.0
NUMBER = re.compile(r"[A-Z]{0,3}\s?[-+−]?[\d.,]+\s?%?|–|NaN|")
PAUSES = re.compile(r"[ \t\n]+|(?<=[a-z]-)(?=[a-z])|(?<=[\u2e80-\uffef])|(?=[\u2e80-\uffef])")
"""Where a line may end: at a space that is none of no width or no break, inside Chinese."""


@dataclass(frozen=True)
class Cell:
    """One cell: what it shows, as text for measuring and as markup, and whether it is a heading."""

    text: str
    markup: str
    heading: bool = False


EMPTY = Cell("", " ")


def spread(rows: Sequence[Sequence[tuple[Cell, int, int]]]) -> list[list[Cell]]:
    """Put cells into a full grid; where one spans several places, the others stay empty.

    Parameters
    ----------
    rows : sequence of sequences
        Per cell: the cell, columns and rows it spans.

    Examples
    --------
    >>> a, b = Cell("a", "a"), Cell("b", "b")
    >>> [[cell.text for cell in row] for row in spread([[(a, 2, 1), (b, 1, 2)], [(b, 1, 1)]])]
    [['a', '', 'b'], ['b', '', '']]
    """
    grid: list[dict[int, Cell]] = [{} for _ in rows]
    for down, row in enumerate(rows):
        place = 0
        for cell, across, deep in row:
            while place in grid[down]:
                place += 1
            for lower in grid[down : down + max(1, min(deep, MOST_SPANNED))]:
                for right in range(max(1, min(across, MOST_SPANNED))):
                    lower.setdefault(place + right, EMPTY)
            grid[down][place] = cell
    width = max((max(row, default=-1) + 1 for row in grid), default=0)
    return [[row.get(place, EMPTY) for place in range(width)] for row in grid if row]


def headings(grid: Sequence[Sequence[Cell]]) -> int:
    """Return how many rows at the top are headings."""
    count = 0
    for row in grid:
        if not all(cell.heading or cell is EMPTY or not cell.text for cell in row):
            break
        count += 1
    return min(count, len(grid) - 1) if len(grid) > 1 else 0


def pieces(grid: Sequence[Sequence[Cell]]) -> list[list[int]]:
    """Say which columns stand side by side; what does not fit goes below, the first column again.

    Parameters
    ----------
    grid : sequence of sequences of Cell
        The table.

    Returns
    -------
    list of list of int
        The columns of each piece.
    """
    needs = [_need(_column(grid, place)) for place in range(len(grid[0]))]
    if _width(needs, SMALLEST) <= PAPER:
        return [list(range(len(needs)))]
    made = [[0]]
    for place in range(1, len(needs)):
        beside = [*made[-1], place]
        if len(made[-1]) > 1 and _width([needs[one] for one in beside], SMALLEST) > PAPER:
            beside = [0, place]
            made.append(beside)
        else:
            made[-1] = beside
    return made


def layout(
    grid: Sequence[Sequence[Cell]], largest: float = LARGEST
) -> tuple[float, list[float] | None]:
    """Choose the size of the letters, in points, and the widths of the columns, in parts.

    No widths: each column is as wide as its longest line, and all of them fit.
    """
    columns = [_column(grid, place) for place in range(len(grid[0]))]
    needs, wishes = [_need(each) for each in columns], [_wish(each) for each in columns]
    size = largest
    while size > SMALLEST and _width(needs, size) > PAPER:
        size -= STEP
    if _width([max(map(_long, each)) for each in columns], size) <= PAPER:
        return size, None
    room = (PAPER - GAP * len(needs)) / size - sum(needs)
    more = [wish - need for wish, need in zip(wishes, needs, strict=True)]
    share = max(0.0, room) / max(1.0, sum(more))
    widths = [need + share * each for need, each in zip(needs, more, strict=True)]
    return size, [round(GAP + size * each, 1) for each in widths]


def is_number(column: Sequence[Cell], first: int) -> bool:
    """Tell whether a column holds numbers below its headings."""
    texts = [cell.text.strip() for cell in column[first:]]
    return any(texts) and all(map(NUMBER.fullmatch, texts))


def _column(grid: Sequence[Sequence[Cell]], place: int) -> list[Cell]:
    return [row[place] for row in grid]


def _long(cell: Cell) -> float:
    return max((_em(line, cell.heading) for line in cell.text.splitlines()), default=0.0)


def _need(column: Sequence[Cell]) -> float:
    """Return the width of the longest word, in sizes; a very long one is broken."""
    words = [
        _em(word[:LONGEST_WORD], cell.heading)
        for cell in column
        for word in PAUSES.split(cell.text)
    ]
    return max(words, default=0.0)


def _wish(column: Sequence[Cell]) -> float:
    return max([_need(column), *(min(_long(cell), LONGEST_LINE) for cell in column)])


def _em(text: str, bold: bool) -> float:
    """Return the width of a text in letters of size 1."""
    return sum(CHINESE if letter > "\u2e7f" else _advance(letter, bold) for letter in text)


@cache
def _advance(letter: str, bold: bool) -> float:
    return _font(bold).getlength(letter) / 100


@cache
def _font(bold: bool) -> ImageFont.FreeTypeFont:
    folder = files("matplotlib") / "mpl-data" / "fonts" / "ttf"
    name = "DejaVuSans-Bold.ttf" if bold else "DejaVuSans.ttf"
    return ImageFont.truetype(BytesIO((folder / name).read_bytes()), 100)


def _width(ems: Sequence[float], size: float) -> float:
    return sum(ems) * size + GAP * len(ems)
