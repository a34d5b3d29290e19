"""One note on a canvas, and what stands behind it."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from numbers import Real
from typing import Any

from whobuys.canvas._blocks import block_key
from whobuys.canvas._text import clean_text

LONGEST_TEXT, LONGEST_KIND, LONGEST_BLOCK = 300, 40, 60
MOST_MONEY = 1e15
MOST_EVIDENCE, MOST_LINKS = 20, 300
EVIDENCE = ("segment", "figure", "note")
ID = re.compile(r"[A-Za-z0-9_-]{1,40}")


@dataclass(frozen=True)
class Evidence:
    """What an entry rests on.

    Attributes
    ----------
    kind : str
        ``segment`` (its code), ``figure`` or ``note``.
    text : str
        The code, the figure with its source, or the note.

    Examples
    --------
    >>> Evidence("segment", "HF-LM")
    Evidence(kind='segment', text='HF-LM')
    """

    kind: str
    text: str

    def __post_init__(self) -> None:
        if self.kind not in EVIDENCE:
            raise ValueError(
                f"Evidence of kind {shown(self.kind)} is not known. It is a segment, a figure or a "
                "note."
            )
        object.__setattr__(self, "text", read_text(self.text, "Evidence", LONGEST_TEXT))


@dataclass(frozen=True)
class Entry:
    """One entry of a canvas.

    Attributes
    ----------
    block : str
        Key of its block; a name of a block becomes its key, any other name stays (an extra block).
    text : str
        At most 300 letters. Line ends and control characters become spaces.
    amount : float or None
        Money a month. Costs, too, are positive.
    kind : str
        Such as ``fixed`` or ``variable``; `Block.kinds` lists the usual words.
    links : tuple of str
        Ids of other entries it belongs to. A link counts both ways.
    evidence : tuple of Evidence
        What it rests on.
    id : str
        Stable name of the entry; without one it is made from block and text.

    Raises
    ------
    ValueError
        A field is of the wrong type, empty or too long.

    Examples
    --------
    >>> note = Entry("costs", "rent of two studios", amount=31000, kind="fixed")
    >>> note.block, note.id
    ('cost_structure', 'b8e0d699')
    """

    block: str
    text: str
    amount: float | None = None
    kind: str = ""
    links: tuple[str, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    id: str = ""

    def __post_init__(self) -> None:
        put = object.__setattr__
        block = read_text(self.block, "The name of a block", LONGEST_BLOCK)
        put(self, "block", block_key(block) or block)
        put(self, "text", read_text(self.text, "An entry", LONGEST_TEXT))
        put(self, "amount", _read_amount(self.amount, self.text))
        if not isinstance(self.kind, str) or len(self.kind) > LONGEST_KIND:
            raise ValueError(
                f'The kind of "{short(self.text)}" is {shown(self.kind)}. Give a word of at most '
                f"{LONGEST_KIND} letters."
            )
        put(self, "kind", clean_text(self.kind))
        put(self, "links", tuple(dict.fromkeys(_strings(self.links, "links", self.text))))
        if len(self.links) > MOST_LINKS:
            raise ValueError(f'"{short(self.text)}" has more than {MOST_LINKS} links.')
        evidence = tuple(self.evidence)
        if len(evidence) > MOST_EVIDENCE:
            raise ValueError(f'"{short(self.text)}" has more than {MOST_EVIDENCE} proofs.')
        put(self, "evidence", evidence)
        put(self, "id", self.id or make_id(self.block, self.text))
        if not isinstance(self.id, str) or not ID.fullmatch(self.id):
            raise ValueError(
                f'The id of "{short(self.text)}" is {shown(self.id)}. An id has 1 to 40 letters '
                "a-z, digits, - and _."
            )

    def said(self, kind: str) -> list[str]:
        """Return the texts of its evidence of one kind."""
        return [piece.text for piece in self.evidence if piece.kind == kind]


def make_id(block: str, text: str, copy: int = 0) -> str:
    """Return an id that the same first words in the same block always get."""
    seed = f"{block}\n{text}\n{copy}" if copy else f"{block}\n{text}"
    return hashlib.sha256(seed.encode()).hexdigest()[:8]


def read_text(text: Any, what: str, longest: int) -> str:
    """Return the text on one line, or say what is wrong with it."""
    if not isinstance(text, str):
        raise ValueError(f"{what} is {shown(text)}, not text.")
    if len(text) > 4 * longest:
        raise ValueError(f"{what} has {len(text):,} letters; at most {longest} fit. Shorten it.")
    cleaned = clean_text(text)
    if not cleaned:
        raise ValueError(f"{what} is empty. Write something or leave it out.")
    if len(cleaned) > longest:
        raise ValueError(
            f'{what} has {len(cleaned):,} letters ("{short(cleaned)}"); at most {longest} fit. '
            "Shorten it."
        )
    return cleaned


def short(text: str, length: int = 40) -> str:
    """Cut a text for a message."""
    return text if len(text) <= length else f"{text[: length - 1].rstrip()}…"


def shown(value: Any) -> str:
    """Return a value for a message: short, and without control characters."""
    if isinstance(value, str):
        return f'the text "{short(clean_text(value[:200]))}"'
    if isinstance(value, (list, tuple, dict, set)):
        return f"a {type(value).__name__} of {len(value)}"
    if value is None or isinstance(value, bool):
        return repr(value)
    if isinstance(value, Real):
        return f"the number {value}" if len(str(value)) < 24 else "a number that is too long"
    return f"a {type(value).__name__}"


def _read_amount(amount: Any, text: str) -> float | None:
    if amount is None:
        return None
    if not isinstance(amount, Real) or isinstance(amount, bool):
        raise ValueError(
            f'The amount of "{short(text)}" is {shown(amount)}, not a number. Write 12 or 12.5, or '
            "leave it out."
        )
    money: Any = amount
    if not -MOST_MONEY <= money <= MOST_MONEY:  # refuses nan too
        raise ValueError(f'The amount of "{short(text)}" is {shown(amount)}. Give a real amount.')
    return float(money)


def _strings(values: Any, name: str, text: str) -> Iterable[str]:
    if isinstance(values, str) or not isinstance(values, Iterable):
        raise ValueError(f'The {name} of "{short(text)}" are {shown(values)}, not a list.')
    values = list(values)
    for value in values:
        if not isinstance(value, str):
            raise ValueError(f'A link of "{short(text)}" is {shown(value)}, not an id.')
    return values
