"""The nine blocks: one key each, and every name they go by."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

KINDS = ("business", "personal")
LANGUAGES = ("en", "zh")


@dataclass(frozen=True)
class Block:
    """One block of a canvas.

    Attributes
    ----------
    key : str
        Its stable key, such as ``customer_segments``: the same in both canvases and all languages.
    names, hints : mapping of str to str
        By language, ``en`` and ``zh``.
    kinds : tuple of str
        Usual words for the kind of an entry, such as ``fixed`` and ``variable``.
    place : tuple of int
        Column, row, columns and rows on a grid of ten by six.
    """

    key: str
    names: Mapping[str, str]
    hints: Mapping[str, str]
    kinds: tuple[str, ...]
    place: tuple[int, int, int, int]


def canvas_blocks(kind: str = "business", *, metrics: bool = False) -> dict[str, Block]:
    """List the nine blocks of a canvas.

    Parameters
    ----------
    kind : str
        ``business`` or ``personal``.
    metrics : bool
        With the tenth block, key metrics.

    Returns
    -------
    dict of str to Block
        By key, in the order of the sheet from left to right.

    Raises
    ------
    ValueError
        There is no such kind of canvas.

    Notes
    -----
    The business blocks are those of Osterwalder and Pigneur (2010), the personal ones those of
    Clark (2012), *Business Model You*. Key metrics is a block of the Lean Canvas (Maurya 2010).

    Examples
    --------
    >>> blocks = canvas_blocks("personal")
    >>> len(blocks), blocks["revenue_streams"].names["en"]
    (9, 'Revenue and benefits')
    """
    if kind not in KINDS:
        raise ValueError(f"There is no {kind!r} canvas. Choose one of: {', '.join(KINDS)}.")
    return {
        key: block
        for key, block in _all_blocks(kind).items()
        if metrics or not _described()[key].get("optional")
    }


def block_key(name: str) -> str | None:
    """Return the key of the block that goes by this name, or None.

    Parameters
    ----------
    name : str
        A key, an English or Chinese name, or a name the block has in other texts.

    Returns
    -------
    str or None
        Such as ``key_activities``.

    Examples
    --------
    >>> block_key("Key Partners"), block_key("关键活动"), block_key("vision")
    ('key_partners', 'key_activities', None)
    """
    return _names().get(_plain(name))


@cache
def _described() -> dict[str, Any]:
    text = Path(__file__).with_name("blocks.yml").read_text(encoding="utf-8")
    return dict(yaml.safe_load(text))


@cache
def _all_blocks(kind: str) -> dict[str, Block]:
    return {
        key: Block(
            key,
            {lang: block[kind][lang] for lang in LANGUAGES},
            block[kind]["hint"],
            tuple(block[kind]["kinds"]),
            tuple(block["place"]),
        )
        for key, block in _described().items()
    }


@cache
def _names() -> dict[str, str]:
    names: dict[str, str] = {}
    for key, block in _described().items():
        said = [key, *block["aliases"]]
        for kind in KINDS:
            said += [block[kind][lang] for lang in LANGUAGES]
            said += block[kind].get("aliases", [])
        names |= {_plain(name): key for name in said}
    return names


def _plain(name: str) -> str:
    """Fold case, spaces and signs away, and what follows in brackets."""
    name = re.sub(r"[(\uff08].*", "", unicodedata.normalize("NFKC", str(name)))
    return re.sub(r"[\W_]+", " ", name).strip().casefold()
