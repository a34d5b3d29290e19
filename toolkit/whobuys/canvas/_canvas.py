"""The canvas as data: entries in blocks, linked with each other."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from whobuys.canvas._blocks import KINDS, LANGUAGES, Block, block_key, canvas_blocks
from whobuys.canvas._entry import Entry, Evidence, make_id, read_text, short, shown
from whobuys.canvas._text import same_text

FORMAT, VERSION = "whobuys canvas", 1
MOST_ENTRIES, LONGEST_TITLE = 300, 120


@dataclass(frozen=True)
class Canvas:
    """A business model canvas, or a personal one.

    A canvas never changes; `add`, `change`, `remove` and `link` return another one.

    Attributes
    ----------
    title : str
        Whose canvas it is.
    kind : str
        ``business`` or ``personal``.
    entries : tuple of Entry
        In the order in which they stand in their blocks; at most 300.
    metrics : bool
        Whether key metrics is a block of this canvas. It is not one of the nine.

    Raises
    ------
    ValueError
        Two entries have the same id, or a link leads nowhere.

    Notes
    -----
    The nine blocks are those of Osterwalder and Pigneur (2010), *Business Model Generation*, after
    Osterwalder's thesis (Lausanne 2004); for a person those of Clark (2012), *Business Model You*.

    Examples
    --------
    >>> shop = Canvas("Corner shop").add("customer segments", "families near by")
    >>> shop = shop.add("value propositions", "open until ten", links=["families near by"])
    >>> len(shop.missing), shop.unlinked
    (7, ())
    >>> [entry.text for entry in shop.linked("families near by")]
    ['open until ten']
    """

    title: str = ""
    kind: str = "business"
    entries: tuple[Entry, ...] = ()
    metrics: bool = False

    def __post_init__(self) -> None:
        if not isinstance(self.title, str):
            raise ValueError(f"The title is {shown(self.title)}, not text.")
        title = read_text(self.title, "The title", LONGEST_TITLE) if self.title.strip() else ""
        object.__setattr__(self, "title", title)
        if self.kind not in KINDS:
            raise ValueError(
                f"The kind of canvas is {shown(self.kind)}. It is one of: {', '.join(KINDS)}."
            )
        if not isinstance(self.metrics, bool):
            raise ValueError(f"The field metrics is {shown(self.metrics)}. It is True or False.")
        entries = tuple(self.entries)
        if len(entries) > MOST_ENTRIES:
            raise ValueError(
                f"This canvas has {len(entries):,} entries; at most {MOST_ENTRIES} are kept. A "
                "page that can be read has fewer than fifty."
            )
        ids = {entry.id for entry in entries}
        if len(ids) < len(entries):
            listed = [entry.id for entry in entries]
            twice = next(id for id in listed if listed.count(id) > 1)
            raise ValueError(f'Two entries have the id "{twice}". Give each its own.')
        for entry in entries:
            for id in entry.links:
                if id not in ids:
                    raise ValueError(
                        f'"{short(entry.text)}" is linked to "{short(id)}", which is not an entry '
                        "of this canvas. Correct the link or add the entry."
                    )
        object.__setattr__(self, "entries", entries)

    # Reading

    @property
    def blocks(self) -> dict[str, Block]:
        """The blocks this canvas should have, by key."""
        return canvas_blocks(self.kind, metrics=self.metrics)

    @property
    def missing(self) -> tuple[str, ...]:
        """Keys of blocks without any entry."""
        filled = {entry.block for entry in self.entries}
        return tuple(key for key in self.blocks if key not in filled)

    @property
    def extra(self) -> tuple[str, ...]:
        """Blocks with entries that do not belong to this canvas."""
        used = dict.fromkeys(entry.block for entry in self.entries)
        return tuple(block for block in used if block not in self.blocks)

    @property
    def unlinked(self) -> tuple[str, ...]:
        """Keys of filled blocks none of whose entries is linked with another block."""
        filled = {entry.block for entry in self.entries}
        linked = {
            entry.block
            for entry in self.entries
            if any(other.block != entry.block for other in self.linked(entry.id))
        }
        return tuple(key for key in self.blocks if key in filled - linked)

    def block(self, name: str) -> tuple[Entry, ...]:
        """Return the entries of a block, given by its key or any of its names."""
        key = block_key(name) or name
        return tuple(entry for entry in self.entries if entry.block == key)

    def entry(self, name: str) -> Entry:
        """Return the entry with this id, or the only one with this text."""
        for entry in self.entries:
            if entry.id == name:
                return entry
        found = [entry for entry in self.entries if same_text(entry.text) == same_text(name)]
        if len(found) == 1:
            return found[0]
        if found:
            ids = ", ".join(f"{entry.id} in {entry.block}" for entry in found)
            raise ValueError(f'More than one entry says "{short(name)}". Name it by its id: {ids}.')
        raise ValueError(f'No entry says "{short(name)}", and none has it as its id.')

    def linked(self, name: str) -> tuple[Entry, ...]:
        """Return the entries linked with this one, whichever of the two holds the link."""
        return self._neighbours[self.entry(name).id]

    def segments_of(self, name: str) -> tuple[Entry, ...]:
        """Return the customer segments an entry is for, itself or by way of a proposition.

        A need or a pain counts for the group it is linked with.
        """
        one = self.entry(name)
        if one in self.groups:
            return (one,)
        reached = {other.id: other for other in self._neighbours[one.id]}
        for _ in range(2):  # a channel, its proposition, the pain it eases, the group that has it
            for other in list(reached.values()):
                if other.block == "value_propositions" or other.kind in ("need", "pain"):
                    near = self._neighbours[other.id]
                    reached |= {e.id: e for e in near if e.block == "customer_segments"}
        return tuple(entry for entry in self.groups if entry.id in reached)

    @cached_property
    def _neighbours(self) -> dict[str, tuple[Entry, ...]]:
        near: dict[str, set[str]] = {entry.id: set() for entry in self.entries}
        for entry in self.entries:
            for id in entry.links:
                near[entry.id].add(id)
                near[id].add(entry.id)
        return {
            one: tuple(entry for entry in self.entries if entry.id in ids and entry.id != one)
            for one, ids in near.items()
        }

    @property
    def groups(self) -> tuple[Entry, ...]:
        """The entries of the segment block that are groups of customers, not needs or pains."""
        return tuple(
            entry
            for entry in self.block("customer_segments")
            if self.kind == "personal" or entry.kind not in ("need", "pain")
        )

    def total(self, block: str, kind: str | None = None) -> float:
        """Return the sum of the amounts of a block, money a month; of one kind, if given."""
        entries = [entry for entry in self.block(block) if not is_total(entry)]
        return float(sum(e.amount or 0.0 for e in entries if kind is None or e.kind == kind))

    # Changing

    def add(
        self,
        block: str,
        text: str,
        *,
        amount: float | None = None,
        kind: str = "",
        links: Iterable[str] = (),
        evidence: str | Iterable[Any] = (),
    ) -> Canvas:
        """Return the canvas with one entry more; `links` are ids or texts of other entries."""
        key = block_key(block) or block
        if key not in self.blocks and key not in canvas_blocks(self.kind, metrics=True):
            known = ", ".join(self.blocks)
            raise ValueError(f"There is no block {shown(block)}. The blocks: {known}.")
        ids = [self.entry(name).id for name in links]
        made = Entry(key, text, amount, kind, tuple(ids), as_evidence(evidence))
        return replace(self, entries=(*self.entries, with_own_id(made, self.entries)))

    def change(self, name: str, **fields: Any) -> Canvas:
        """Return the canvas with other fields in one entry, such as ``amount=12``."""
        one = self.entry(name)
        if "links" in fields:
            fields["links"] = tuple(self.entry(link).id for link in fields["links"])
        if "evidence" in fields:
            fields["evidence"] = as_evidence(fields["evidence"])
        changed = replace(one, **fields, id=one.id)
        entries = tuple(changed if entry is one else entry for entry in self.entries)
        return replace(self, entries=entries)

    def remove(self, name: str) -> Canvas:
        """Return the canvas without one entry and without the links to it."""
        gone = self.entry(name).id
        entries = tuple(
            replace(entry, links=tuple(id for id in entry.links if id != gone))
            for entry in self.entries
            if entry.id != gone
        )
        return replace(self, entries=entries)

    def link(self, name: str, *others: str) -> Canvas:
        """Return the canvas with one entry linked with others."""
        one = self.entry(name)
        return self.change(one.id, links=(*one.links, *others))

    # In and out

    @classmethod
    def from_dict(
        cls, content: Mapping[str, Any], title: str = "", *, kind: str = "business"
    ) -> Canvas:
        """Read a canvas from blocks and their entries, or from what `to_dict` gave.

        Parameters
        ----------
        content : mapping
            Block names to lists; an entry is a text, or a mapping with ``text`` and ``amount``,
            ``kind``, ``links`` (texts or ids of other entries) or ``evidence``. Names of blocks
            may be English or Chinese; an unknown one stays as an extra block.
        title, kind : str
            Whose canvas it is, and ``business`` or ``personal``.

        Examples
        --------
        >>> Canvas.from_dict({"Customers": ["tourists"], "Vision": ["be the first"]}).extra
        ('Vision',)
        """
        from whobuys.canvas._read import read_content

        return read_content(content, title, kind)

    @classmethod
    def from_json(cls, text: str) -> Canvas:
        """Read a canvas from JSON; what is wrong with the text is said in one sentence."""
        from whobuys.canvas._read import read_json

        return read_json(text)

    @classmethod
    def from_markdown(cls, text: str, *, kind: str | None = None) -> Canvas:
        r"""Read a canvas from headings and bullets, as `to_markdown` writes them.

        Parameters
        ----------
        text : str
            ``# title``, ``## block``, ``- entry``; an entry may end in braces:
            ``- wages {amount: 88000 | kind: fixed | links: cutting; fitting}``.
        kind : str, optional
            ``business`` or ``personal``; by default as the text says, or business.

        Examples
        --------
        >>> Canvas.from_markdown("# Shop\n\n## 成本结构\n\n- rent {amount: 900}").total("costs")
        900.0
        """
        from whobuys.canvas._markdown import read_markdown

        return read_markdown(text, kind)

    @classmethod
    def from_table(cls, table: pd.DataFrame, canvas: str | None = None) -> Canvas:
        """Read a canvas from a company's table ``canvases``.

        Parameters
        ----------
        table : DataFrame
            Columns ``block`` and ``entry``; also ``canvas``, ``side`` and ``amount`` if there.
        canvas : str, optional
            Which canvas; not needed when the table holds only one.

        Returns
        -------
        Canvas
            An entry that names a side is linked with the segments of that side; a proposition, a
            channel, a relationship or a revenue stream that names none, with all segments. Costs
            become positive. Customers marked internal or external make the canvas personal.

        Examples
        --------
        >>> from whobuys.market import market
        >>> table = market("learnhub", 0, tables=["canvases"])["canvases"]
        >>> today = Canvas.from_table(table)
        >>> today.missing, today.total("revenue streams"), today.total("cost structure")
        ((), 25000.0, 18300.0)
        """
        from whobuys.canvas._read import read_table

        return read_table(table, canvas)

    @classmethod
    def read(cls, path: str | Path) -> Canvas:
        """Read a canvas from a file: ``.json`` or ``.md``."""
        path = Path(path)
        text = path.read_text(encoding="utf-8", errors="replace")
        return cls.from_markdown(text) if path.suffix == ".md" else cls.from_json(text)

    def to_dict(self) -> dict[str, Any]:
        """Return the canvas as plain data, as the JSON schema describes it."""
        return {
            "format": FORMAT,
            "version": VERSION,
            "kind": self.kind,
            "title": self.title,
            "metrics": self.metrics,
            "entries": [
                {
                    "id": entry.id,
                    "block": entry.block,
                    "text": entry.text,
                    "amount": entry.amount,
                    "kind": entry.kind,
                    "links": list(entry.links),
                    "evidence": [{"kind": e.kind, "text": e.text} for e in entry.evidence],
                }
                for entry in self.entries
            ],
        }

    def to_json(self) -> str:
        """Return the canvas as JSON text."""
        return json.dumps(self.to_dict(), ensure_ascii=False, indent=1, allow_nan=False) + "\n"

    def to_markdown(self, lang: str = "en") -> str:
        """Return the canvas as headings and bullets, in English or Chinese (``zh``)."""
        from whobuys.canvas._markdown import write_markdown

        return write_markdown(self, lang)

    def to_table(self) -> pd.DataFrame:
        """Return one row an entry, with the segments it is for."""
        rows = [
            {
                "block": entry.block,
                "entry": entry.text,
                "kind": entry.kind,
                "amount": entry.amount,
                "segments": "; ".join(group.text for group in self.segments_of(entry.id)),
                "evidence": "; ".join(piece.text for piece in entry.evidence),
                "id": entry.id,
            }
            for entry in self.entries
        ]
        columns = ["block", "entry", "kind", "amount", "segments", "evidence", "id"]
        return pd.DataFrame(rows, columns=columns).astype({"amount": "float64"})

    def save(self, path: str | Path, *, paper: str = "A4", lang: str = "en") -> Path:
        """Write the canvas to a file: JSON, Markdown, SVG, PNG, PDF or HTML, by its ending.

        Parameters
        ----------
        path : str or Path
            Such as ``canvas.pdf``.
        paper : str
            ``A4`` or ``A3``, both landscape; for pictures.
        lang : str
            ``en`` or ``zh``, the language of the block names.

        Returns
        -------
        Path
            The file.

        Raises
        ------
        ValueError
            The ending is not known.
        ImportError
            PNG or PDF without the package typst.
        """
        from whobuys.canvas._export import save_canvas

        return save_canvas(self, Path(path), paper, lang)

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        from whobuys.canvas._svg import picture_html

        return {"text/html": picture_html(self), "text/plain": self.to_markdown()}


def is_total(entry: Entry) -> bool:
    """Say whether an entry is the sum of its block."""
    words = {"total", "sum", "in all", "all costs", "all revenue", "合计", "总计", "总和"}
    words |= {f"total {word}" for word in ("costs", "cost", "revenue", "income")}
    return same_text(entry.text) in words


def with_own_id(entry: Entry, others: Sequence[Entry]) -> Entry:
    """Give an entry another id if its own is taken."""
    taken, copy = {other.id for other in others}, 0
    while entry.id in taken:
        copy += 1
        entry = replace(entry, id=make_id(entry.block, entry.text, copy))
    return entry


def as_evidence(given: Any) -> tuple[Evidence, ...]:
    """Read evidence: a text is a note, a mapping names its kind."""
    if isinstance(given, (str, Evidence, Mapping)):
        given = [given]
    if not isinstance(given, Iterable):
        raise ValueError(f"The evidence is {shown(given)}. Give a text or a list.")
    found: list[Evidence] = []
    for piece in given:
        if isinstance(piece, Evidence):
            found.append(piece)
        elif isinstance(piece, str):
            found.append(Evidence("note", piece))
        elif isinstance(piece, Mapping) and set(piece) == {"kind", "text"}:
            found.append(Evidence(piece["kind"], piece["text"]))
        elif isinstance(piece, Mapping) and len(piece) == 1:
            found.extend(Evidence(kind, text) for kind, text in piece.items())
        else:
            raise ValueError(f'Evidence is {shown(piece)}. Give a text or {{"segment": "HF-LM"}}.')
    return tuple(found)


def check_language(lang: str) -> None:
    """Refuse a language the blocks have no names in."""
    if lang not in LANGUAGES:
        raise ValueError(f"The canvas speaks {', '.join(LANGUAGES)}, not {shown(lang)}.")
