"""Take the translatable texts out of Markdown, and put a catalogue's translations back in.

One message is one block of text: a paragraph, a heading, a list item's text, a table cell, the
`<summary>` of a fold-out, the alternative text of a figure. Its lines are joined, so wrapping a
paragraph anew changes no message. Code, formulas between `$$` and other HTML stay as they are.
Everything outside the replaced texts is kept to the byte.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from difflib import SequenceMatcher
from functools import cache
from pathlib import Path
from typing import Any

from whobuys.course._facts import PLACEHOLDER, placeholder_names
from whobuys.course._source import BuildError, Cell, need, read_text

ALIKE = 0.6  # how much of a sentence must stay for its old translation to be offered as fuzzy

_SUMMARY = re.compile(r"<summary>\s*([^<>\n]+?)\s*</summary>")
_HARD_BREAK = re.compile(r"(\\| {2,})\n[ \t]*")
_CONTAINER = re.compile(r"(?:[ \t]*>|[ \t]*(?:[-*+]|\d{1,9}[.)])(?=[ \t]))*[ \t]*")


@dataclass(frozen=True)
class Message:
    """One text to translate and where it stands, such as `lesson.md:title`."""

    text: str
    place: str


@dataclass(frozen=True)
class _Spot:
    """Where one message stands in a Markdown text."""

    text: str
    start: int
    end: int
    indent: str  # what further lines of a translation begin with
    in_table: bool = False


@dataclass(frozen=True)
class Catalogue:
    """The translations of one unit: the finished ones, and which texts it knows."""

    done: dict[str, str] = field(default_factory=dict)
    fuzzy: frozenset[str] = field(default_factory=frozenset)
    known: frozenset[str] = field(default_factory=frozenset)

    def get(self, text: str) -> str:
        """Give the translation of a text, or the text itself where there is none."""
        return self.done.get(text, text)

    def coverage(self, messages: Iterable[Message]) -> str:
        """Say in words how much is still to be done."""
        texts = {message.text for message in messages}
        fuzzy = len(texts & self.fuzzy)
        missing = len(texts - self.done.keys()) - fuzzy
        said = f"{missing} of {len(texts)} messages untranslated, {fuzzy} fuzzy"
        stale = len(texts ^ self.known)
        return said + (f", {stale} new or gone: refresh it" if stale else "")


def cell_messages(cell: Cell) -> list[str]:
    r"""List the texts of one cell that can be translated.

    Examples
    --------
    >>> cell_messages(Cell("markdown", "a", "# Who buys?\n\n- few\n- many\n\n$$\nx = 1\n$$"))
    ['Who buys?', 'few', 'many']
    """
    texts = [spot.text for spot in _spots(cell.source)] if cell.kind == "markdown" else []
    return texts + ([cell.alt] if cell.alt else [])


def translate_cell(cell: Cell, catalogue: Catalogue) -> Cell:
    """Put the translations into a cell; its code, names and structure stay.

    Raises
    ------
    BuildError
        When a translation would turn a block into another, such as a paragraph into a list.
    """
    if cell.alt:
        cell = replace(cell, alt=catalogue.get(cell.alt))
    if cell.kind != "markdown":
        return cell
    source = cell.source
    for spot in reversed(_spots(cell.source)):
        if (new := catalogue.done.get(spot.text)) is None:
            continue
        lines = (re.sub(r"(?<!\\)\|", r"\|", new) if spot.in_table else new).split("\n")
        before = _structure(source)
        source = source[: spot.start] + f"\n{spot.indent}".join(lines) + source[spot.end :]
        if _structure(source) != before:
            raise BuildError(
                f'the translation of "{_short(spot.text)}" changes what kind of block it is; '
                "keep it one paragraph and do not begin it like a list, heading or table"
            )
    return replace(cell, source=source)


def read_catalogue(path: Path) -> Catalogue:
    """Read a PO file.

    Raises
    ------
    BuildError
        When it is no PO file, or a translation quotes other facts than its text.
    """
    done: dict[str, str] = {}
    fuzzy: set[str] = set()
    problems: list[str] = []
    entries = [entry for entry in _read_po(path) if not entry.obsolete]
    for entry in entries:
        if entry.fuzzy:
            fuzzy.add(entry.msgid)
        elif entry.msgstr.strip():
            done[entry.msgid] = entry.msgstr
            wanted, got = placeholder_names(entry.msgid), placeholder_names(entry.msgstr)
            for name in sorted(wanted ^ got):
                verb = "lacks" if name in wanted else "quotes what its text does not:"
                shown = "{{ " + name + " }}"
                problems.append(f'the translation of "{_short(entry.msgid)}" {verb} {shown}')
    if problems:
        raise BuildError(problems)
    return Catalogue(done, frozenset(fuzzy), frozenset(entry.msgid for entry in entries))


def refresh_catalogue(path: Path, messages: Sequence[Message], language: str) -> tuple[bytes, str]:
    """Bring a catalogue up to date with its sources.

    Parameters
    ----------
    path
        The PO file; it need not exist yet.
    messages
        Every text of the unit, in reading order.
    language
        The language's code, such as `zh-CN`.

    Returns
    -------
    tuple of bytes and str
        The file's new content (new texts empty, changed ones fuzzy with the text they had before,
        gone ones kept as obsolete), and a summary in words.
    """
    polib = need("polib")
    old = _read_po(path) if path.exists() else polib.POFile()
    by_text = {entry.msgid: entry for entry in old}
    places: dict[str, list[str]] = {}
    for message in messages:
        places.setdefault(message.text, []).append(message.place)
    spare = sorted(
        (entry for entry in old if entry.msgid not in places and entry.msgstr.strip()),
        key=lambda entry: entry.msgid,
    )
    fresh = polib.POFile(wrapwidth=0)
    fresh.header = old.header
    fresh.metadata = dict(old.metadata) | {
        "Language": language.replace("-", "_"),
        "MIME-Version": "1.0",
        "Content-Type": "text/plain; charset=UTF-8",
        "Content-Transfer-Encoding": "8bit",
    }
    for text, stands in places.items():
        entry = by_text.get(text) or _changed_entry(text, stands, spare)
        entry.obsolete = False
        entry.occurrences = [(place, "") for place in dict.fromkeys(stands)]
        fresh.append(entry)
    for entry in spare:
        entry.obsolete = True
        entry.occurrences, entry.previous_msgid = [], None
        fresh.append(entry)
    current = [entry for entry in fresh if not entry.obsolete]
    fuzzy = sum(entry.fuzzy for entry in current)
    done = sum(entry.translated() for entry in current)
    return f"{fresh}".encode(), (
        f"{len(current)} messages: {done} translated, {fuzzy} fuzzy, "
        f"{len(current) - done - fuzzy} untranslated; {len(spare)} obsolete"
    )


def _read_po(path: Path) -> Any:
    polib = need("polib")
    text = read_text(path)
    try:
        catalogue = polib.pofile(text + "\n", wrapwidth=0)
    except (OSError, ValueError, IndexError) as error:
        raise BuildError(f"is not a PO file: {error}") from error
    # polib drops an entry whose quotes do not close, without a word.
    written = len(re.findall(r"^(?:#~ )?msgid ", text, re.MULTILINE))
    read = len(catalogue) + bool(re.search(r'^msgid ""\nmsgstr', text, re.MULTILINE))
    if written != read:
        raise BuildError(f"{written} entries are written but {read} can be read; close each quote")
    texts = [entry.msgid for entry in catalogue]
    for doubled in sorted({text for text in texts if texts.count(text) > 1}):
        raise BuildError(f'"{_short(doubled)}" stands here twice; keep one of the two')
    return catalogue


def _changed_entry(text: str, places: list[str], spare: list[Any]) -> Any:
    """Make the entry of a new text; where it was changed from an old one, fuzzy with that one's."""
    entry = need("polib").POEntry(msgid=text)
    back = [old for old in spare if old.fuzzy and old.previous_msgid == text]
    near = back[0] if back else _nearest_entry(text, places, spare)
    if near is not None:
        spare.remove(near)
        entry.msgstr, entry.tcomment = near.msgstr, near.tcomment
        if not back:
            entry.flags = ["fuzzy"]
            entry.previous_msgid = (near.fuzzy and near.previous_msgid) or near.msgid
    return entry


def _nearest_entry(text: str, places: list[str], entries: list[Any]) -> Any:
    """Find the old entry this text was changed from: alike enough, best from the same cell."""

    def score(entry: Any) -> float:
        alike = SequenceMatcher(None, entry.msgid, text, autojunk=False).ratio()
        same_cell = any(place in places for place, _ in entry.occurrences)
        return alike + same_cell if alike >= ALIKE else 0

    best = max(entries, key=score, default=None)
    return best if best is not None and score(best) else None


def _spots(markdown: str) -> list[_Spot]:
    """Find every message of a Markdown text, in order."""
    lines = markdown.split("\n")
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line) + 1)
    spots: list[_Spot] = []
    tokens = _parser().parse(markdown)
    row, column = -1, 0  # how far the cells of the present table row have been read
    for number, token in enumerate(tokens):
        if token.map is None:
            continue
        first = token.map[0]
        if token.type == "html_block":
            for at in range(*token.map):
                for found in _SUMMARY.finditer(lines[at]):
                    start = starts[at] + found.start(1)
                    spots.append(_Spot(found[1], start, start + len(found[1]), ""))
        elif token.type == "inline" and token.content:
            opener = tokens[number - 1].type
            line = lines[first]
            if in_table := opener in ("th_open", "td_open"):
                column = column if row == first else len(_container(line))
                row = first
                raw = token.content.replace("|", "\\|")
                column = line.index(raw, column)
                start, end = starts[first] + column, starts[first] + column + len(raw)
                column += len(raw)
            elif opener == "heading_open" and tokens[number - 1].markup.startswith("#"):
                hashes = re.compile(r"#{1,6}[ \t]+").search(line)
                column = line.index(token.content, hashes.end() if hashes else 0)
                start = starts[first] + column
                end = start + len(token.content)
            else:
                content = token.content.split("\n")
                last = first + len(content) - 1
                start = starts[first] + _suffix(line, content[0])
                end = starts[last] + len(lines[last].rstrip())
            text = _joined(token.content)
            if _has_words(text):
                indent = re.sub(r"[^>\t]", " ", _container(line))
                spots.append(_Spot(text, start, end, indent, in_table))
    return spots


def _suffix(line: str, content: str) -> int:
    """Find where the content of a line begins, after list marks, quote marks and space."""
    return len(line.rstrip()) - len(content.strip())


def _container(line: str) -> str:
    found = _CONTAINER.match(line)
    return found[0] if found else ""


def _joined(content: str) -> str:
    """Join the lines of a block, but where the author forced a new line."""
    marked = _HARD_BREAK.sub(r"\1\0", content)
    return re.sub(r"[ \t]*\n[ \t]*", " ", marked).replace("\0", "\n")


def _has_words(text: str) -> bool:
    formula = text.startswith("$$") and text.endswith("$$")
    directive = text.startswith((":::", "+++", "%"))
    plain = PLACEHOLDER.sub("", text)
    return not formula and not directive and re.search(r"[^\W\d_]", plain) is not None


def _structure(markdown: str) -> list[str]:
    return [token.type for token in _parser().parse(markdown)]


@cache
def _parser() -> Any:
    return need("markdown_it").MarkdownIt("commonmark").enable("table").disable("inline")


def _short(text: str) -> str:
    return text if len(text) <= 50 else text[:47] + "..."
