"""Counts and lists as every message writes them; imports nothing, so that a refusal is quick."""

from __future__ import annotations

from collections.abc import Iterable

FIRST = 3


def counted(count: int, noun: str) -> str:
    """Return a count with its noun in the right number: 1 row, 2 rows."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def first_few(items: Iterable[object], most: int = FIRST) -> str:
    """List the first few items and say when there are more."""
    shown = list(items)
    return ", ".join(map(str, shown[:most])) + (", ..." if len(shown) > most else "")
