"""Checks that teach: what is missing, vague, unlinked or does not add up, and what to ask."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd
import yaml

from whobuys.canvas._blocks import canvas_blocks
from whobuys.canvas._canvas import Canvas, check_language, is_total
from whobuys.canvas._entry import Entry
from whobuys.canvas._text import is_chinese, same_text

CAUSES = ("key_activities", "key_resources", "key_partners")
COLUMNS = ["rule", "weight", "block", "entry", "says"]
SOFT_PAY = ("learning", "recognition", "freedom", "meaning")
SOFT_COST = ("time", "energy", "stress")
COMMON = frozenset(
    [
        *("people", "customers", "customer", "users", "company", "companies", "firms", "business"),
        *("service", "services", "local", "small", "large", "their", "every", "online", "shops"),
        *("store", "stores", "office", "young", "group", "groups", "product", "products", "other"),
        *("which", "where", "about", "after", "under", "schools", "school"),
    ]
)


class Found(NamedTuple):
    """One finding before it is put into words."""

    rule: str
    block: str
    entry: Entry | None
    words: dict[str, Any]


Checker = Callable[[Canvas, str], Iterator[Found]]


def check_canvas(
    canvas: Canvas,
    *,
    segments: Iterable[str] | None = None,
    figures: Mapping[str, float] | None = None,
    tolerance: float = 0.01,
    lang: str = "en",
) -> pd.DataFrame:
    """Say what a canvas lacks and what to ask about it.

    Parameters
    ----------
    canvas : Canvas
        Business or personal.
    segments : iterable of str, optional
        Codes of your own segments. Entries that name a segment as evidence are held against them.
    figures : mapping of str to float, optional
        What your data say, money a month: by a block's name (its sum) or an entry's text or id.
    tolerance : float
        Share by which an amount may differ from a sum or a figure.
    lang : str
        ``en`` or ``zh``.

    Returns
    -------
    DataFrame
        One row a finding: ``rule``, ``weight`` (problem, question, hint), ``block``, ``entry`` (id,
        or empty) and ``says``. A canvas with nothing to say about gives no row.

    Raises
    ------
    ValueError
        A name in `figures` is neither a block nor an entry, or the language is not known.

    Notes
    -----
    A question is not a fault: teachers may well be customers and partners of a school platform. The
    check only asks whether that is meant.

    Examples
    --------
    >>> shop = Canvas.from_dict({"customers": ["everybody"], "costs": [{"text": "rent"}]})
    >>> found = check_canvas(shop)
    >>> found.loc[found["rule"] == "vague", "says"].item()
    '“everybody” would fit any firm: “everybody”. Whom would you leave out?'
    """
    check_language(lang)
    found: list[Found] = []
    for check in _CHECKS:
        found += check(canvas, lang)
    found += _amounts(canvas, figures or {}, tolerance)
    if segments is not None:
        found += _segments(canvas, list(dict.fromkeys(map(str, segments))))
    rows = [_row(canvas, one, lang) for one in found]
    weights = list(dict.fromkeys(["problem", "question", "hint"]))
    order = {key: place for place, key in enumerate(canvas_blocks(canvas.kind, metrics=True))}
    rows.sort(key=lambda row: (weights.index(row["weight"]), order.get(row["block"], 99)))
    return pd.DataFrame(rows, columns=COLUMNS).astype(object)


def _row(canvas: Canvas, one: Found, lang: str) -> dict[str, str]:
    rule = _rules()[one.rule]
    words = {"block": block_name(canvas, one.block, lang), **one.words}
    words |= {"entry": one.entry.text} if one.entry else {}
    return {
        "rule": "extra" if one.rule == "extra_metrics" else one.rule,
        "weight": rule["weight"],
        "block": one.block,
        "entry": one.entry.id if one.entry else "",
        "says": rule[lang].format(**words),
    }


def block_name(canvas: Canvas, key: str, lang: str) -> str:
    """Return the name of a block; an extra block is called as it is."""
    block = canvas_blocks(canvas.kind, metrics=True).get(key)
    return block.names[lang] if block else key


@cache
def _texts() -> tuple[dict[str, Any], list[dict[str, Any]]]:
    text = Path(__file__).with_name("checks.yml").read_text(encoding="utf-8")
    rules, vague = yaml.safe_load_all(text)
    return rules, vague


def _rules() -> dict[str, Any]:
    return _texts()[0]


def _blocks(canvas: Canvas, lang: str) -> Iterator[Found]:
    for key in canvas.missing:
        yield Found("missing", key, None, {"hint": canvas.blocks[key].hints[lang]})
    for key in canvas.extra:
        yield Found("extra_metrics" if key == "key_metrics" else "extra", key, None, {})


def _vague(canvas: Canvas, lang: str) -> Iterator[Found]:
    for entry in canvas.entries:
        for given in _texts()[1]:
            if entry.block in given["where"]:
                word = _says_nothing(entry.text, given["words"], given.get("whole", False))
                if word:
                    yield Found(
                        "vague", entry.block, entry, {"word": word, "question": given[lang]}
                    )
                    break


def _says_nothing(text: str, words: list[str], whole: bool) -> str | None:
    """Return the empty word of a short note. A long note may say more than its empty words."""
    said = same_text(text)
    for word in words:
        plain = same_text(word)
        if said == plain:
            return word
        if whole:
            continue
        if is_chinese(plain[0]):
            if plain in said and len(said) <= len(plain) + 4:
                return word
        elif re.search(rf"\b{plain}\b", said) and len(said.split()) <= len(plain.split()) + 2:
            return word
    return None


def _duplicates(canvas: Canvas, lang: str) -> Iterator[Found]:
    seen: dict[str, Entry] = {}
    for entry in canvas.entries:
        text = same_text(entry.text)
        first = seen.setdefault(text, entry)
        if first is entry:
            continue
        if first.block == entry.block:
            yield Found("duplicate", entry.block, entry, {})
        else:
            other = block_name(canvas, first.block, lang)
            yield Found("duplicate_block", entry.block, entry, {"other": other})


def _links(canvas: Canvas, lang: str) -> Iterator[Found]:
    to = {entry.id: {other.block for other in canvas.linked(entry.id)} for entry in canvas.entries}
    served = {"value_propositions": set[str](), "revenue_streams": set[str]()}
    for entry in canvas.entries:
        if entry.block in served:
            served[entry.block] |= {group.id for group in canvas.segments_of(entry.id)}
    for entry in canvas.entries:
        block = entry.block
        if block == "value_propositions" and "customer_segments" not in to[entry.id]:
            yield Found("proposition_without_segment", block, entry, {})
        elif block == "revenue_streams" and not canvas.segments_of(entry.id):
            if canvas.kind == "business" and not is_total(entry):
                yield Found("revenue_without_segment", block, entry, {})
        elif block == "cost_structure" and not to[entry.id] & set(CAUSES):
            if canvas.kind == "business" and not is_total(entry):
                yield Found("cost_without_activity", block, entry, {})
        elif block == "customer_segments" and entry not in canvas.groups:
            if "value_propositions" not in to[entry.id]:
                yield Found("pain_without_proposition", block, entry, {})
            if not any(other in canvas.groups for other in canvas.linked(entry.id)):
                yield Found("need_without_group", block, entry, {"kind": entry.kind})
    for group in canvas.groups:
        if group.id not in served["value_propositions"]:
            yield Found("segment_without_proposition", group.block, group, {})
        if canvas.kind == "business" and group.id not in served["revenue_streams"]:
            yield Found("segment_nobody_pays_for", group.block, group, {})


def _sides(canvas: Canvas, lang: str) -> Iterator[Found]:
    """Ask about customers who are also partners or resources, unless they are served for it."""
    if canvas.kind != "business":
        return
    for group in canvas.groups:
        for other in (*canvas.block("key_partners"), *canvas.block("key_resources")):
            if _same_people(group.text, other.text):
                if not _own_proposition(canvas, group):
                    name = block_name(canvas, other.block, lang)
                    words = {"other": name, "note": other.text}
                    yield Found("supplier_as_customer", group.block, group, words)
                break


def _own_proposition(canvas: Canvas, group: Entry) -> bool:
    return any(
        canvas.segments_of(entry.id) == (group,) for entry in canvas.block("value_propositions")
    )


def _same_people(one: str, other: str) -> bool:
    one, other = same_text(one), same_text(other)
    parts = [part for part in re.split(r"[^\w]|[和与或的、及]", one) if is_chinese(part[:1] or " ")]
    if any(len(part) >= 2 and part in other for part in parts):
        return True
    return bool(_nouns(one) & _nouns(other))


def _nouns(text: str) -> set[str]:
    words = {word for word in text.split() if len(word) >= 5 and word.isascii()} - COMMON
    return {word.removesuffix("s") for word in words}


def _kinds(canvas: Canvas, lang: str) -> Iterator[Found]:
    blocks = canvas_blocks(canvas.kind, metrics=True)
    for entry in canvas.entries:
        usual = blocks[entry.block].kinds if entry.block in blocks else ()
        if entry.kind and usual and entry.kind.casefold() not in usual:
            words = {"kind": entry.kind, "kinds": ", ".join(usual)}
            yield Found("unknown_kind", entry.block, entry, words)
        unsplit = entry.block == "cost_structure" and entry.amount and not entry.kind
        if canvas.kind == "business" and unsplit and not is_total(entry):
            yield Found("cost_without_split", entry.block, entry, {})


def _person(canvas: Canvas, lang: str) -> Iterator[Found]:
    if canvas.kind != "personal":
        return
    sides = {entry.kind for entry in canvas.groups} & {"internal", "external"}
    for entry in canvas.groups:
        if entry.kind not in ("internal", "external"):
            yield Found("no_side", entry.block, entry, {})
    if len(sides) == 1 and all(entry.kind in sides for entry in canvas.groups):
        names = {"internal": "内部客户", "external": "外部客户"} if lang == "zh" else {}
        side = next(iter(sides))
        yield Found("only_one_side", "customer_segments", None, {"side": names.get(side, side)})
    for block, rule, soft in (
        ("revenue_streams", "no_soft_benefit", SOFT_PAY),
        ("cost_structure", "no_soft_cost", SOFT_COST),
    ):
        entries = canvas.block(block)
        if entries and not any(
            e.kind in soft or (e.amount is None and not e.kind) for e in entries
        ):
            yield Found(rule, block, None, {})


def _amounts(canvas: Canvas, figures: Mapping[str, float], tolerance: float) -> Iterator[Found]:
    for entry in canvas.entries:
        if entry.amount is None:
            continue
        if entry.amount < 0:
            yield Found("negative_amount", entry.block, entry, {"amount": money(entry.amount)})
        rest = canvas.total(entry.block)
        if is_total(entry) and not _near(entry.amount, rest, tolerance):
            words = {"amount": money(entry.amount), "sum": money(rest)}
            yield Found("total", entry.block, entry, words)
    for name, figure in figures.items():
        entries = canvas.block(name)
        if entries:
            said, block, note = canvas.total(name), entries[0].block, None
        else:
            note = canvas.entry(name)
            said, block = note.amount or 0.0, note.block
        if not _near(said, float(figure), tolerance):
            label = {} if note else {"entry": block_name(canvas, block, "en")}
            words = {"amount": money(said), "figure": money(float(figure)), **label}
            yield Found("figure", block, note, words)
    cost, revenue = canvas.total("cost_structure"), canvas.total("revenue_streams")
    if canvas.kind == "business" and 0 < revenue < cost:
        words = {"cost": money(cost), "revenue": money(revenue), "gap": money(cost - revenue)}
        yield Found("loss", "cost_structure", None, words)


def _segments(canvas: Canvas, codes: list[str]) -> Iterator[Found]:
    named = set()
    said = ", ".join(codes)
    for entry in canvas.entries:
        for code in entry.said("segment"):
            named.add(code)
            if code not in codes:
                yield Found("unknown_segment", entry.block, entry, {"code": code, "codes": said})
    for group in canvas.groups:
        if not group.said("segment"):
            yield Found("segment_unproved", group.block, group, {"codes": said})
    for code in codes:
        if code not in named:
            yield Found("segment_left_out", "customer_segments", None, {"code": code})


def _near(one: float, other: float, tolerance: float) -> bool:
    return abs(one - other) <= tolerance * max(abs(one), abs(other)) + 1e-9


def money(amount: float) -> str:
    """Write an amount without decimals it does not need."""
    return f"{amount:,.0f}" if abs(amount) >= 100 or amount == int(amount) else f"{amount:,.2f}"


_CHECKS: tuple[Checker, ...] = (
    _blocks,
    _vague,
    _duplicates,
    _links,
    _sides,
    _kinds,
    _person,
)
