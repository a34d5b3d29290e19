"""Two versions of a canvas beside each other."""

from __future__ import annotations

from html import escape

from whobuys.canvas._canvas import Canvas, check_language
from whobuys.canvas._checks import block_name
from whobuys.canvas._entry import Entry
from whobuys.canvas._svg import _said
from whobuys.canvas._versions import is_changed, matched

WORDS = {
    "en": {"block": "Block", "gone": "gone", "new": "new", "changed": "changed"},
    "zh": {"block": "格子", "gone": "已删", "new": "新增", "changed": "有改动"},
}


class SideBySide:
    """Two versions as a table that a notebook shows.

    Attributes
    ----------
    html : str
        The table: one row a block, the older version at the left. What is gone, new or changed says
        so in a word, not only by its colour.
    """

    def __init__(self, html: str) -> None:
        self.html = html

    def _repr_html_(self) -> str:
        return self.html


def side_by_side(
    old: Canvas, new: Canvas, *, names: tuple[str, str] = ("1", "2"), lang: str = "en"
) -> SideBySide:
    """Show two versions of a canvas beside each other, block by block.

    Parameters
    ----------
    old, new : Canvas
        The earlier and the later one.
    names : tuple of two str
        What the versions are called.
    lang : str
        ``en`` or ``zh``.

    Returns
    -------
    SideBySide
        A notebook shows it as a table.

    Examples
    --------
    >>> old = Canvas().add("channels", "the shop")
    >>> view = side_by_side(old, old.add("channels", "the app"), names=("May", "June"))
    >>> view.html.count("<ins"), view.html.count("<del")
    (1, 0)
    """
    check_language(lang)
    words = WORDS[lang]
    pairs = matched(old, new)
    changed = {
        id for one, id in pairs.items() if is_changed(old, old.entry(one), new, new.entry(id))
    }
    keys = dict.fromkeys([*new.blocks, *old.extra, *new.extra])
    rows = []
    for key in keys:
        left = [_item(old, e, "" if e.id in pairs else "gone", words, lang) for e in old.block(key)]
        there = set(pairs.values())
        right = [
            _item(
                new, e, "new" if e.id not in there else "changed" * (e.id in changed), words, lang
            )
            for e in new.block(key)
        ]
        name = escape(block_name(new, key, lang))
        cells = "".join(
            f'<td style="text-align:left;vertical-align:top"><ul>{"".join(items)}</ul></td>'
            for items in (left, right)
        )
        rows.append(f'<tr><th scope="row" style="text-align:left">{name}</th>{cells}</tr>')
    heads = "".join(
        f'<th scope="col" style="text-align:left">{escape(name)}</th>'
        for name in (words["block"], *names)
    )
    head, body = f"<thead><tr>{heads}</tr></thead>", f"<tbody>{''.join(rows)}</tbody>"
    return SideBySide(f'<table lang="{lang}">{head}{body}</table>')


def _item(canvas: Canvas, entry: Entry, change: str, words: dict[str, str], lang: str) -> str:
    text = escape(_said(canvas, entry, lang))
    if not change:
        return f'<li dir="auto">{text}</li>'
    tag = {"gone": "del", "new": "ins", "changed": "strong"}[change]
    return f'<li dir="auto"><{tag}>{text}</{tag}> <em>({words[change]})</em></li>'
