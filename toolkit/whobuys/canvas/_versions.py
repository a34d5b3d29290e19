"""Two versions of a canvas: what changed, and how two people's work comes together."""

from __future__ import annotations

from dataclasses import replace
from typing import TypeVar

import pandas as pd

from whobuys.canvas._canvas import Canvas, check_language, with_own_id
from whobuys.canvas._checks import block_name, money
from whobuys.canvas._entry import MOST_EVIDENCE, Entry
from whobuys.canvas._text import same_text

T = TypeVar("T")
CHANGES = ["change", "block", "entry", "field", "before", "after"]


def compare_canvases(old: Canvas, new: Canvas, *, lang: str = "en") -> pd.DataFrame:
    """Say what changed between two versions of a canvas.

    Parameters
    ----------
    old, new : Canvas
        The earlier and the later one.
    lang : str
        ``en`` or ``zh``, the language of the block names.

    Returns
    -------
    DataFrame
        One row a change: ``change`` (added, removed, changed), ``block`` (its name) and ``entry``
        (its words) of the newer version where there is one, ``field`` (text, block, amount, kind,
        links, evidence, and for the whole canvas title, kind, metrics), ``before``, ``after``.
        Entries belong together when they have the same id, or the same words in the same block.

    Raises
    ------
    ValueError
        The language is not known.

    Examples
    --------
    >>> old = Canvas.from_dict({"channels": ["the shop"]})
    >>> new = old.change("the shop", amount=12).add("channels", "the app")
    >>> compare_canvases(old, new)
        change     block     entry   field before    after
    0  changed  Channels  the shop  amount              12
    1    added  Channels   the app    text         the app
    """
    check_language(lang)
    rows = [
        ("changed", "", "", field, str(getattr(old, field)), str(getattr(new, field)))
        for field in ("title", "kind", "metrics")
        if getattr(old, field) != getattr(new, field)
    ]
    pairs = matched(old, new)
    before = {id: old.entry(first) for first, id in pairs.items()}
    for entry in new.entries:
        name = block_name(new, entry.block, lang)
        if entry.id not in before:
            rows.append(("added", name, entry.text, "text", "", entry.text))
            continue
        rows += [
            ("changed", name, entry.text, field, one, two)
            for field, one, two in _changes(old, before[entry.id], new, entry, lang)
        ]
    rows += [
        ("removed", block_name(old, entry.block, lang), entry.text, "text", entry.text, "")
        for entry in old.entries
        if entry.id not in pairs
    ]
    return pd.DataFrame(rows, columns=CHANGES).astype(object)


def merge_canvases(
    first: Canvas, second: Canvas, base: Canvas | None = None
) -> tuple[Canvas, pd.DataFrame]:
    """Bring the canvases of two team members together.

    Parameters
    ----------
    first, second : Canvas
        Both of the same kind.
    base : Canvas, optional
        The version both began with. With it, what one of them removed or changed and the other left
        alone is removed or changed; without it nothing is ever removed.

    Returns
    -------
    merged : Canvas
        Entries of both; the same words in the same block become one entry with the links and the
        evidence of both, without those of `base` that one of them took away.
    conflicts : DataFrame
        One row a field both changed differently: ``entry`` (its words in `merged`), ``field``,
        ``first``, ``second``. The merged canvas keeps what `first` says; for two texts it keeps
        both entries.

    Raises
    ------
    ValueError
        One is a business canvas and the other a personal one, or together they are too large.

    Examples
    --------
    >>> mine = Canvas.from_dict({"channels": ["the shop"]})
    >>> yours = Canvas.from_dict({"channels": ["The shop."], "costs": ["rent"]})
    >>> merged, conflicts = merge_canvases(mine, yours)
    >>> [entry.text for entry in merged.entries], len(conflicts)
    (['the shop', 'rent'], 0)
    """
    if first.kind != second.kind:
        raise ValueError(
            f"A {first.kind} canvas and a {second.kind} one cannot become one. Merge canvases of "
            "the same kind."
        )
    conflicts: list[tuple[str, str, object, object]] = []
    merged: list[Entry] = []
    pairs = matched(first, second)
    of_first = {id: base.entry(b) for b, id in matched(base, first).items()} if base else {}
    of_second = {id: base.entry(b) for b, id in matched(base, second).items()} if base else {}
    ids: dict[str, str] = {}  # an id of the second canvas -> its id in the merged one
    gone: set[str] = set()
    for one in first.entries:
        start = of_first.get(one.id)
        if one.id in pairs:
            two = second.entry(pairs[one.id])
            start = start or of_second.get(two.id)
            ids[two.id] = one.id
            merged.append(_join(one, two, start, conflicts))
        elif start is not None and _content(start) == _content(one):
            gone.add(one.id)  # the second removed it, the first left it alone
        else:
            merged.append(one)
    joined = {two: one for one, two in pairs.items()}
    for two in second.entries:
        if two.id in joined:
            one = first.entry(joined[two.id])
            words = same_text(one.text) != same_text(two.text)
            start = of_first.get(one.id) or of_second.get(two.id)
            both = start is None or same_text(start.text) not in (
                same_text(one.text),
                same_text(two.text),
            )
            if words and both:
                conflicts.append((one.id, "text", one.text, two.text))
                extra = with_own_id(replace(two, id="copy-" + two.id[:34]), merged)
                merged.append(extra)
            continue
        start = of_second.get(two.id)
        if start is not None and _content(start) == _content(two):
            gone.add(two.id)
            continue
        kept = with_own_id(two, merged)
        ids[two.id] = kept.id
        merged.append(kept)
    there = {entry.id for entry in merged}
    # A link of the second canvas keeps its end, under the id that end has now.
    known = {entry.id for entry in first.entries}
    tidy = []
    for entry in merged:
        links = (id if id in known and id in there else ids.get(id, id) for id in entry.links)
        tidy.append(replace(entry, links=tuple(id for id in links if id in there)))
    canvas = Canvas(
        first.title or second.title, first.kind, tuple(tidy), first.metrics or second.metrics
    )
    rows = [
        (canvas.entry(id).text, field, *(_said(canvas, field, said, "en") for said in both))
        for id, field, *both in conflicts
    ]
    return canvas, pd.DataFrame(rows, columns=["entry", "field", "first", "second"])


def matched(old: Canvas, new: Canvas) -> dict[str, str]:
    """Return which entry of the old canvas is which of the new one, by id."""
    there = {entry.id for entry in new.entries}
    pairs = {entry.id: entry.id for entry in old.entries if entry.id in there}
    taken = set(pairs.values())
    texts = {
        (entry.block, same_text(entry.text)): entry.id
        for entry in reversed(new.entries)
        if entry.id not in taken
    }
    for entry in old.entries:
        if entry.id not in pairs:
            found = texts.pop((entry.block, same_text(entry.text)), None)
            if found is not None:
                pairs[entry.id] = found
    return pairs


def is_changed(old: Canvas, one: Entry, new: Canvas, two: Entry) -> bool:
    """Say whether an entry reads otherwise in the newer version."""
    return _in_words(old, one) != _in_words(new, two)


def _changes(
    old: Canvas, one: Entry, new: Canvas, two: Entry, lang: str
) -> list[tuple[str, str, str]]:
    """Return the fields in which an entry changed, with what they said before and after."""
    before, after = _in_words(old, one), _in_words(new, two)
    different = [field for field in before if before[field] != after[field]]
    return [
        (field, _said(old, field, before[field], lang), _said(new, field, after[field], lang))
        for field in different
    ]


def _in_words(canvas: Canvas, entry: Entry) -> dict[str, str]:
    return {
        "text": entry.text,
        "block": entry.block,  # its key: two kinds of canvas call the same block differently
        "amount": "" if entry.amount is None else money(entry.amount),
        "kind": entry.kind,
        "links": "; ".join(canvas.entry(id).text for id in entry.links),
        "evidence": "; ".join(f"{piece.kind}: {piece.text}" for piece in entry.evidence),
    }


def _content(entry: Entry) -> tuple[object, ...]:
    return (entry.block, entry.text, entry.amount, entry.kind, entry.evidence)


def _join(
    one: Entry, two: Entry, start: Entry | None, conflicts: list[tuple[str, str, object, object]]
) -> Entry:
    """Take each field from whoever changed it; both differently is a conflict."""
    taken: dict[str, object] = {}
    for field in ("block", "text", "amount", "kind"):
        mine, yours = getattr(one, field), getattr(two, field)
        begun = getattr(start, field) if start else (None if field == "amount" else "")
        if mine == yours or (field == "text" and same_text(mine) == same_text(yours)):
            continue
        if mine == begun:
            taken[field] = yours
        elif yours != begun and field != "text":
            conflicts.append((one.id, field, mine, yours))
    evidence = _of_both(one.evidence, two.evidence, start.evidence if start else ())
    links = _of_both(one.links, two.links, start.links if start else ())
    evidence = evidence[:MOST_EVIDENCE]
    return replace(one, **taken, links=links, evidence=evidence)  # type: ignore[arg-type]


def _of_both(one: tuple[T, ...], two: tuple[T, ...], begun: tuple[T, ...]) -> tuple[T, ...]:
    """Take what either has, without what stood there at the beginning and one of them took away."""
    gone = set(begun) - (set(one) & set(two))
    return tuple(piece for piece in dict.fromkeys((*one, *two)) if piece not in gone)


def _said(canvas: Canvas, field: str, value: object, lang: str) -> str:
    """Return what a field says as people read it."""
    if field == "block" and value:
        return block_name(canvas, str(value), lang)
    return money(value) if isinstance(value, float) else str(value or "")
