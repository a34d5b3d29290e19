"""Break text into lines without a font at hand: widths are those of DejaVu Sans, a wide one."""

from __future__ import annotations

import re
import unicodedata

# Width of the letters from space to tilde, in hundredths of the font size.
WIDTHS = [
    *(32, 40, 46, 84, 64, 95, 78, 27, 39, 39, 50, 84, 32, 36, 32, 34),
    *(64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 34, 34, 84, 84, 84, 53),
    *(100, 68, 69, 70, 77, 63, 58, 77, 75, 29, 29, 66, 56, 86, 75, 79),
    *(60, 79, 69, 63, 61, 73, 68, 99, 69, 61, 69, 39, 34, 39, 84, 50),
    *(50, 61, 63, 55, 63, 62, 35, 63, 63, 28, 28, 58, 28, 97, 63, 61),
    *(63, 63, 41, 52, 39, 63, 59, 82, 59, 59, 52, 64, 34, 64, 84),
]
BOLD = 1.15
WIDE, OTHER = 100, 72
NOT_FIRST = "\u3001\u3002\uff0c\uff0e\uff1a\uff1b\uff1f\uff01\uff09\u300b\u300d\u300f\u201d\u2019%"


def text_width(text: str, size: float, *, bold: bool = False) -> float:
    """Return how wide a text is at most, in the unit of the font size."""
    hundredths = sum(_width(letter) for letter in text)
    return hundredths / 100 * size * (BOLD if bold else 1)


def wrap_text(text: str, width: float, size: float, first: float | None = None) -> list[str]:
    """Break a text into lines that fit; a word that is too long is cut.

    `first` is the width of the first line where that is another.
    """
    lines, line, room = [], "", width if first is None else first
    for piece in _pieces(text):
        if text_width((line + piece).rstrip(), size) <= room:
            line += piece
            continue
        if line.strip() or room < width:
            lines.append(line.rstrip())
            line, room, piece = "", width, piece.lstrip()
        while text_width(piece.rstrip(), size) > room and len(piece) > 1:
            cut = len(piece) - 1
            while cut > 1 and text_width(piece[:cut], size) > room:
                cut -= 1
            lines.append(piece[:cut])
            piece = piece[cut:]
        line = piece
    return [*lines, line.rstrip()] if line.strip() or not lines else lines


def is_right_to_left(text: str) -> bool:
    """Say whether the first letter with a direction runs from right to left."""
    for letter in text:
        direction = unicodedata.bidirectional(letter)
        if direction in ("L", "R", "AL"):
            return direction != "L"
    return False


def _width(letter: str) -> int:
    code = ord(letter)
    if 32 <= code < 127:
        return WIDTHS[code - 32]
    if unicodedata.combining(letter) or unicodedata.category(letter) in ("Mn", "Me", "Cf"):
        return 0
    if unicodedata.east_asian_width(letter) in "WF" or code >= 0x1F000:
        return WIDE
    return WIDE if code >= 0x3000 or letter in "\u2014\u2026" else OTHER


def _pieces(text: str) -> list[str]:
    """Cut after spaces and hyphens and around wide letters; punctuation stays with its word."""
    pieces: list[str] = []
    for word in re.findall(r"\S+\s*", text):
        piece = ""
        for letter in word:
            stays = letter in NOT_FIRST or letter.isspace()
            if piece and not stays and (_stands_alone(letter) or _stands_alone(piece[-1])):
                pieces.append(piece)
                piece = ""
            piece += letter
            if letter == "-" and len(piece) > 2:
                pieces.append(piece)
                piece = ""
        if piece:
            pieces.append(piece)
    return pieces


def _stands_alone(letter: str) -> bool:
    return unicodedata.east_asian_width(letter) in "WF" and ord(letter) < 0x1F000
