"""A canvas as Markdown, and back."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

from whobuys.canvas._blocks import LANGUAGES, block_key, canvas_blocks
from whobuys.canvas._canvas import MOST_ENTRIES, Canvas, check_language, with_own_id
from whobuys.canvas._entry import EVIDENCE, Entry, Evidence, short
from whobuys.canvas._read import LONGEST_JSON, with_links
from whobuys.canvas._text import same_text

RESERVED = re.compile(r"[{}|;]")
BULLET = re.compile(r"\s*(?:[-*+]|\d{1,3}[.)])\s+(.*)")
HEADING = re.compile(r"(#{1,6})\s+(.*?)\s*#*\s*$")
DETAILS = re.compile(r"(.*?)\s*\{([^{}]*)\}\s*$")
TITLES = {
    "business": ("Business model canvas", "商业模式画布"),
    "personal": ("Personal canvas", "个人商业画布"),
}


def canvas_title(canvas: Canvas, lang: str) -> str:
    """Return what stands above a canvas."""
    name = TITLES[canvas.kind][LANGUAGES.index(lang)]
    if not canvas.title:
        return name
    return f"{name}\uff1a{canvas.title}" if lang == "zh" else f"{name}: {canvas.title}"


def write_markdown(canvas: Canvas, lang: str) -> str:
    """Write headings and bullets."""
    check_language(lang)
    blocks = canvas_blocks(canvas.kind, metrics=canvas.metrics)
    names = {key: block.names[lang] for key, block in blocks.items()}
    tenth = canvas_blocks(canvas.kind, metrics=True)["key_metrics"].names[lang]
    names |= {key: tenth if key == "key_metrics" else key for key in canvas.extra}
    pointed = {id for entry in canvas.entries for id in entry.links}
    told = Counter(same_text(entry.text) for entry in canvas.entries)
    called = {  # by its text, where that is enough
        entry.id: entry.text
        if told[same_text(entry.text)] == 1 and not RESERVED.search(entry.text)
        else entry.id
        for entry in canvas.entries
    }
    lines = [f"# {canvas_title(canvas, lang)}"]
    for key, name in names.items():
        lines += ["", f"## {name}", ""]
        lines += [f"- {_line(entry, called, entry.id in pointed)}" for entry in canvas.block(key)]
    return "\n".join(line.rstrip() for line in lines).rstrip() + "\n"


def _line(entry: Entry, called: dict[str, str], pointed: bool) -> str:
    parts = []
    if pointed and called[entry.id] == entry.id:
        parts.append(f"id: {entry.id}")
    if entry.amount is not None:
        parts.append(f"amount: {entry.amount:.15g}")
    if entry.kind:
        parts.append(f"kind: {_plain(entry.kind)}")
    if entry.links:
        parts.append(f"links: {'; '.join(called[id] for id in entry.links)}")
    parts += [f"{piece.kind}: {_plain(piece.text)}" for piece in entry.evidence]
    if not parts:
        return f"{entry.text} {{}}" if entry.text.endswith("}") else entry.text
    return f"{entry.text} {{{' | '.join(parts)}}}"


def _plain(text: str) -> str:
    return RESERVED.sub(",", text)


def read_markdown(text: str, kind: str | None) -> Canvas:
    """Read headings and bullets; other lines are left out."""
    if len(text) > LONGEST_JSON:
        raise ValueError(f"This text has {len(text):,} letters; a canvas has at most 3 million.")
    title, block = "", ""
    entries: list[Entry] = []
    wanted: dict[str, list[str]] = {}
    said = kind or "business"
    for number, line in enumerate(text.splitlines(), 1):
        if heading := HEADING.match(line):
            if len(heading[1]) == 1 and not entries and not title:
                title, said = _read_title(heading[2], kind)
            else:
                block = block_key(heading[2]) or heading[2]
        elif (bullet := BULLET.match(line)) and bullet[1].strip():
            if not block:
                raise ValueError(
                    f'Line {number}, "{short(bullet[1])}", stands above the first block. Put a '
                    "heading such as ## Customer segments before it."
                )
            try:
                entry, links = _read_line(block, bullet[1])
            except ValueError as error:
                raise ValueError(f"Line {number}: {error}") from None
            entry = with_own_id(entry, entries)
            entries.append(entry)
            wanted[entry.id] = links
            if len(entries) > MOST_ENTRIES:
                raise ValueError(f"This canvas has more than {MOST_ENTRIES} entries. Keep fewer.")
    return with_links(Canvas(title, said, tuple(entries)), wanted)


def _read_title(heading: str, kind: str | None) -> tuple[str, str]:
    for name, words in TITLES.items():
        for word in words:
            if heading.startswith(word):
                return heading.removeprefix(word).lstrip(":\uff1a "), kind or name
    return heading, kind or "business"


def _read_line(block: str, line: str) -> tuple[Entry, list[str]]:
    found = DETAILS.match(line)
    text, details = (found[1], found[2]) if found else (line, "")
    fields: dict[str, Any] = {}
    links: list[str] = []
    evidence: list[Evidence] = []
    for part in filter(None, map(str.strip, details.split("|"))):
        name, _, value = part.partition(":")
        name, value = name.strip().casefold(), value.strip()
        if name == "links":
            links = [link.strip() for link in value.split(";") if link.strip()]
        elif name in EVIDENCE:
            evidence.append(Evidence(name, value))
        elif name == "amount":
            try:
                fields["amount"] = float(value.replace(",", "").replace(" ", ""))
            except ValueError:
                raise ValueError(f'the amount "{short(value)}" is not a number.') from None
        elif name in ("kind", "id"):
            fields[name] = value
        else:
            raise ValueError(
                f'"{short(part)}" is not known in braces. Known: amount, kind, links, id, '
                f"{', '.join(EVIDENCE)}."
            )
    return Entry(block, text, evidence=tuple(evidence), **fields), links
