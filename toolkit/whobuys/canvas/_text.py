"""Text of a note: made harmless, compared, cut into words."""

from __future__ import annotations

import re
import unicodedata

KEPT_FORMATS = "\u200c\u200d"  # joiners: Persian words and composed emoji need them
DROPPED = ("Cf", "Cs", "Co")
NO_LETTERS = "\ufffe\uffff"


def clean_text(text: str) -> str:
    """Return one line without control characters, text-direction tricks and broken halves."""
    kept = []
    for letter in unicodedata.normalize("NFC", text):
        category = unicodedata.category(letter)
        if category in ("Cc", "Zl", "Zp"):
            kept.append(" ")
        elif letter in KEPT_FORMATS or (category not in DROPPED and letter not in NO_LETTERS):
            kept.append(letter)
    line = " ".join("".join(kept).split())
    return line if line.strip(KEPT_FORMATS + " ") else ""


def same_text(text: str) -> str:
    """Return what two notes that say the same have in common: letters, digits and pictures."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return re.sub(r"[\s\W_]+", " ", folded).strip() or folded.strip()


def is_chinese(letter: str) -> bool:
    """Say whether a letter is Han."""
    return "\u3400" <= letter <= "\u9fff" or "\U00020000" <= letter <= "\U0003ffff"
