"""Reading a canvas from plain data. Whatever is wrong with it is said once, with its place."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pandas as pd

from whobuys.canvas._blocks import block_key
from whobuys.canvas._canvas import (
    FORMAT,
    MOST_ENTRIES,
    VERSION,
    Canvas,
    as_evidence,
    with_own_id,
)
from whobuys.canvas._entry import Entry, Evidence, short, shown
from whobuys.canvas._text import same_text

LONGEST_JSON = 3_000_000
TOP = {"format", "version", "kind", "title", "metrics", "entries"}
FIELDS = {"id", "block", "text", "amount", "kind", "links", "evidence"}
FOR_SEGMENTS = ("value_propositions", "channels", "customer_relationships", "revenue_streams")


def read_json(text: str) -> Canvas:
    """Read JSON, of the canvas's own format or plain blocks."""
    if not isinstance(text, str):
        raise ValueError(f"The canvas is {shown(text)}, not JSON text.")
    if len(text) > LONGEST_JSON:
        raise ValueError(f"This text has {len(text):,} letters; a canvas has at most 3 million.")
    try:
        content = json.loads(text)
    except RecursionError:
        raise ValueError("This is not a canvas: its brackets are nested too deep.") from None
    except json.JSONDecodeError as error:
        raise ValueError(
            f"This is not JSON: line {error.lineno}, column {error.colno}. Was the text copied "
            "whole? In a notebook it stands in a raw text, with an r: Canvas.from_json(r'''…''')."
        ) from None
    except ValueError:
        raise ValueError("This is not a canvas: a number in it is too long.") from None
    return read_content(content, "", "business")


def read_content(content: Any, title: str, kind: str) -> Canvas:
    """Read plain data."""
    if not isinstance(content, Mapping):
        raise ValueError(f"A canvas is a mapping of blocks, not {shown(content)}.")
    if "format" in content or "entries" in content:
        return _read_document(content)
    return _read_blocks(content, title, kind)


def _read_document(content: Mapping[str, Any]) -> Canvas:
    if content.get("format") != FORMAT:
        raise ValueError(f'The format is {shown(content.get("format"))}, not "{FORMAT}".')
    version = content.get("version")
    if isinstance(version, bool) or version != VERSION:
        raise ValueError(
            f"The version is {shown(version)}; this toolkit reads version {VERSION}. Update it, or "
            "save the canvas again."
        )
    _known(content, TOP, "The canvas")
    entries = content.get("entries")
    if not isinstance(entries, list):
        raise ValueError(f"The entries are {shown(entries)}, not a list.")
    if len(entries) > MOST_ENTRIES:
        raise ValueError(
            f"This canvas has {len(entries):,} entries; at most {MOST_ENTRIES} are kept. A page "
            "that can be read has fewer than fifty."
        )
    if "kind" not in content:
        raise ValueError('The kind of canvas is missing. Add "kind": "business" or "personal".')
    read = tuple(_read_entry(entry, number) for number, entry in enumerate(entries, 1))
    return Canvas(content.get("title", ""), content["kind"], read, content.get("metrics", False))


def _read_entry(given: Any, number: int) -> Entry:
    where = f"Entry {number}"
    if not isinstance(given, Mapping):
        raise ValueError(f"{where} is {shown(given)}, not a mapping.")
    _known(given, FIELDS, where)
    for field in ("id", "block", "text"):
        if not isinstance(given.get(field), str) or not given[field]:
            raise ValueError(f"{where}: {field} is {shown(given.get(field))}, not a text.")
    links, evidence = given.get("links", []), given.get("evidence", [])
    if not isinstance(links, list):
        raise ValueError(f"{where}: links are {shown(links)}, not a list.")
    if not isinstance(evidence, list):
        raise ValueError(f"{where}: evidence is {shown(evidence)}, not a list.")
    for piece in evidence:
        if not isinstance(piece, Mapping) or set(piece) != {"kind", "text"}:
            raise ValueError(f"{where}: evidence {shown(piece)} needs a kind and a text.")
    try:
        return Entry(
            given["block"],
            given["text"],
            given.get("amount"),
            given.get("kind", ""),
            tuple(links),
            tuple(Evidence(piece["kind"], piece["text"]) for piece in evidence),
            given["id"],
        )
    except ValueError as error:
        raise ValueError(f"{where}: {error}") from None


def _read_blocks(content: Mapping[str, Any], title: str, kind: str) -> Canvas:
    entries: list[Entry] = []
    wanted: dict[str, list[str]] = {}
    for block, given in content.items():
        items = [given] if isinstance(given, (str, Mapping)) else given
        if not isinstance(items, (list, tuple)):
            raise ValueError(f'Block "{short(str(block))}" holds {shown(given)}, not a list.')
        for item in items:
            entry, links = _plain_entry(block, item)
            entry = with_own_id(entry, entries)
            entries.append(entry)
            wanted[entry.id] = links
            if len(entries) > MOST_ENTRIES:
                raise ValueError(f"This canvas has more than {MOST_ENTRIES} entries. Keep fewer.")
    return with_links(Canvas(title, kind, tuple(entries)), wanted)


def with_links(canvas: Canvas, wanted: Mapping[str, list[str]]) -> Canvas:
    """Set links that are given by id or by text."""
    ids = {entry.id: entry.id for entry in canvas.entries}
    texts: dict[str, list[str]] = {}
    for entry in canvas.entries:
        texts.setdefault(same_text(entry.text), []).append(entry.id)
    changed = []
    for entry in canvas.entries:
        found = list(entry.links)
        for name in wanted.get(entry.id, []):
            same = [ids[name]] if name in ids else texts.get(same_text(name), [])
            if len(same) != 1:
                canvas.entry(name)  # says whether there is none or more than one
            found.append(same[0])
        changed.append(replace(entry, links=tuple(found)))
    return replace(canvas, entries=tuple(changed))


def _plain_entry(block: Any, item: Any) -> tuple[Entry, list[str]]:
    if isinstance(item, str):
        return Entry(block, item), []
    if not isinstance(item, Mapping):
        raise ValueError(f'Block "{short(str(block))}" holds {shown(item)}, not text.')
    fields = dict(item)
    if "entry" in fields and "text" not in fields:
        fields["text"] = fields.pop("entry")
    _known(fields, FIELDS - {"block"}, f'An entry of "{short(str(block))}"')
    links = fields.pop("links", [])
    links = [links] if isinstance(links, str) else links
    if not isinstance(links, (list, tuple)) or not all(isinstance(x, str) for x in links):
        raise ValueError(f'The links in "{short(str(block))}" are {shown(links)}, not texts.')
    if not isinstance(fields.get("text"), str):
        raise ValueError(f'An entry of "{short(str(block))}" has no text.')
    evidence = as_evidence(fields.pop("evidence", ()))
    return Entry(block, evidence=evidence, **fields), list(links)


def _known(given: Mapping[str, Any], known: set[str], where: str) -> None:
    for field in given:
        if field not in known:
            what = shown(field).removeprefix("the text ")
            raise ValueError(f"{where} has the field {what}. Known: {', '.join(sorted(known))}.")


def read_table(table: pd.DataFrame, canvas: str | None) -> Canvas:
    """Read a company's table of canvases."""
    for column in ("block", "entry"):
        if column not in table.columns:
            raise ValueError(f'The table has no column "{column}". It has: {list(table.columns)}.')
    names = list(dict.fromkeys(table["canvas"])) if "canvas" in table.columns else [canvas or ""]
    if canvas is None and len(names) == 1:
        canvas = names[0]
    if canvas not in names:
        raise ValueError(f"There are {len(names)} canvases: {', '.join(names)}. Name one of them.")
    rows = table[table["canvas"] == canvas] if "canvas" in table.columns else table
    filled = rows.reindex(columns=["block", "entry", "side", "amount"])
    entries: list[Entry] = []
    sides: list[tuple[Entry, str]] = []
    whose = {"internal", "external"}
    personal = bool(whose & set(filled["side"].dropna()))
    for block, text, side, amount in filled.itertuples(index=False):
        key = block_key(block) or block
        side = "" if pd.isna(side) else str(side)
        money = None if pd.isna(amount) else float(amount)
        if key == "cost_structure" and money is not None:
            money = abs(money)
        entry = Entry(key, text, money, kind=side if side in whose else "")
        entries.append(with_own_id(entry, entries))
        sides.append((entries[-1], side))
    segments = [
        (entry.id, {side, same_text(entry.text)})
        for entry, side in sides
        if entry.block == "customer_segments"
    ]
    linked = []
    for entry, side in sides:
        if entry.block == "customer_segments" or not (side or entry.block in FOR_SEGMENTS):
            linked.append(entry)
            continue
        to = [id for id, names in segments if not side or side in names]
        linked.append(replace(entry, links=tuple(to)))
    return Canvas(str(canvas), "personal" if personal else "business", tuple(linked))
