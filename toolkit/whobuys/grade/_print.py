"""A page as PDF: the cleaned HTML becomes Typst, with alt text, contents and Chinese letters."""

from __future__ import annotations

import base64
import re
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path

from whobuys.canvas._export import font_folders
from whobuys.grade._errors import InstructorError

HEADINGS = {f"h{level}": level for level in range(1, 7)}
EMPTY = {"img", "br", "hr"}
IMAGE = re.compile(r"data:image/(png|jpeg);base64,(.*)", re.DOTALL)
NUMBER = re.compile(r"[A-Z]{0,3}\s?[-+]?[\d.,]+\s?%?|–|")
WIDE = 75
SMALL = 12
HIDDEN = {"style", "script", "title", "nav", "head"}
CHINESE = re.compile("[\u3000-\u9fff\uff00-\uffef]")
SHEET = """#set document(title: {title})
#set text(lang: {lang}, font: ({fonts}), size: 10pt)
#set page(paper: "a4", margin: (x: 22mm, y: 24mm), numbering: "1",
  header: context if counter(page).get().first() > 1 [#text(size: 8pt, fill: luma(90), {title})])
#set par(leading: 0.72em, spacing: 1em)
#show heading: set block(above: 1.5em, below: 0.8em, sticky: true)
#show heading.where(level: 1): set text(size: 19pt)
#show heading.where(level: 2): set text(size: 14pt)
#show heading.where(level: 3): set text(size: 11pt)
#show outline.entry: set block(above: 0.7em)
#show raw: set text(size: 8pt)
#set table(stroke: (x, y) => (bottom: 0.4pt + luma(160)), inset: (x: 4pt, y: 4pt))
#show table: set text(size: 8.5pt)
#show table: set par(leading: 0.5em)
#show table.cell.where(y: 0): strong
#heading(level: 1, outlined: false, {title})
"""
OUTLINE = """#heading(level: 2, outlined: false, {contents})
#outline(title: none, target: heading.where(level: 2))
"""


@dataclass
class _Node:
    tag: str
    attributes: dict[str, str] = field(default_factory=dict)
    inside: list[_Node | str] = field(default_factory=list)


class _Tree(HTMLParser):
    """Read HTML into nodes; unclosed tags close with what holds them."""

    def __init__(self) -> None:
        super().__init__()
        self.root = _Node("div")
        self._open = [self.root]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        node = _Node(tag, {name: value or "" for name, value in attrs})
        self._open[-1].inside.append(node)
        if tag not in EMPTY:
            self._open.append(node)

    def handle_endtag(self, tag: str) -> None:
        for place in range(len(self._open) - 1, 0, -1):
            if self._open[place].tag == tag:
                del self._open[place:]
                return

    def handle_data(self, data: str) -> None:
        self._open[-1].inside.append(data)


def print_page(html: str, *, title: str, lang: str = "en", contents: str = "Contents") -> bytes:
    """Turn a page into a tagged PDF on A4.

    Parameters
    ----------
    html : str
        A page as `page` makes it: cleaned, pictures embedded. Its first heading is left out; the
        title takes its place.
    title : str
        Title of the document.
    lang : str
        Language, "en" or "zh".
    contents : str
        Heading of the list of contents.

    Returns
    -------
    bytes
        The PDF, with alt text for every picture (PDF/UA-1).

    Raises
    ------
    InstructorError
        The package typst is not installed, or there are Chinese words and no font for them.
    """
    try:
        import typst
    except ImportError:
        raise InstructorError(
            "A PDF is made by the package typst: python -m pip install 'whobuys[print]'. The HTML "
            "page needs nothing; a browser prints it."
        ) from None
    fonts = font_folders()
    if CHINESE.search(html) and len(fonts) < 2:
        raise InstructorError(
            "There are Chinese words and no font for them. It comes with: python -m pip install "
            "'whobuys[print]'."
        )
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        body = _Typst(folder).write(html)
        sheet = SHEET.format(
            title=_text(title),
            lang=_text(lang),
            fonts=", ".join(map(_text, ("DejaVu Sans", "Noto Sans SC"))),
        )
        sheet += OUTLINE.format(contents=_text(contents)) + body
        main = folder / "main.typ"
        main.write_text(sheet, encoding="utf-8")
        made: bytes = typst.compile(str(main), format="pdf", font_paths=fonts, pdf_standards="ua-1")
    return made


class _Typst:
    """Writes nodes as Typst: all text as strings, so that no text can be a command."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._pictures, self._level = folder, 0, 1

    def write(self, html: str) -> str:
        tree = _Tree()
        tree.feed(html)
        return "\n".join(self._blocks(tree.root))

    def _blocks(self, node: _Node) -> Iterator[str]:
        line: list[_Node | str] = []
        for child in node.inside:
            if isinstance(child, str) or _is_inline(child):
                line.append(child)
                continue
            yield from self._paragraph(line)
            line = []
            yield from self._block(child)
        yield from self._paragraph(line)

    def _paragraph(self, line: list[_Node | str]) -> Iterator[str]:
        said = self._inline(line)
        if said:
            # what ends with a colon stays on the page of what it announces
            announces = _plain(_Node("p", {}, line)).rstrip().endswith((":", "："))
            yield f"#block(sticky: true)[{said}]" if announces else f"#par[{said}]"

    def _block(self, node: _Node) -> Iterator[str]:
        tag = node.tag
        if tag in HIDDEN:
            return
        if tag in HEADINGS:
            # the first is the title; no level may be skipped
            if HEADINGS[tag] > 1:
                self._level = min(HEADINGS[tag], self._level + 1)
                yield f"#heading(level: {self._level})[{self._inline(node.inside)}]"
        elif tag == "p":
            yield from self._blocks(_Node("div", {}, node.inside))
        elif tag in ("ul", "ol"):
            items = [child for child in node.inside if isinstance(child, _Node)]
            inside = ", ".join(f"[{' '.join(self._blocks(item))}]" for item in items)
            yield f"#{'list' if tag == 'ul' else 'enum'}({inside})"
        elif tag == "table":
            yield from self._table(node)
        elif tag == "pre":
            yield f"#raw({_text(_plain(node))}, block: true)"
        elif tag == "img":
            yield from self._image(node)
        elif tag == "hr":
            yield "#line(length: 100%, stroke: 0.4pt)"
        elif tag == "blockquote":
            yield f"#quote(block: true)[{' '.join(self._blocks(node))}]"
        else:
            yield from self._blocks(node)

    def _image(self, node: _Node) -> Iterator[str]:
        found = IMAGE.fullmatch(node.attributes.get("src", ""))
        if found is None:
            return
        self._pictures += 1
        name = f"picture{self._pictures}.{found[1]}"
        (self._folder / name).write_bytes(base64.b64decode(found[2]))
        alt = node.attributes.get("alt") or "Figure."
        yield f"#block(breakable: false, image({_text(name)}, width: 68%, alt: {_text(alt)}))"

    def _table(self, node: _Node) -> Iterator[str]:
        rows = [
            [cell for cell in row.inside if isinstance(cell, _Node) and cell.tag in ("th", "td")]
            for row in _all(node, "tr")
        ]
        rows = [row for row in rows if row]
        if not rows:
            return
        width = max(len(row) for row in rows)
        rows = [row + [_Node("td")] * (width - len(row)) for row in rows]
        cells = [[f"[{' '.join(self._blocks(cell)) or ' '}]" for cell in row] for row in rows]
        head = all(cell.tag == "th" for cell in rows[0] if cell.inside)
        texts = [[_plain(row[place]).strip() for row in rows] for place in range(width)]
        columns = ", ".join(["auto"] * width)
        if sum(max(map(len, column)) for column in texts) > WIDE:
            columns = ", ".join(f"{_wish(column)}fr" for column in texts)
        sides = ", ".join(
            "right" if len(column) > 1 and all(map(NUMBER.fullmatch, column[1:])) else "left"
            for column in texts
        )
        lines = [", ".join(row) for row in cells]
        if head:
            lines[0] = f"table.header({lines[0]})"
        table = f"table(columns: ({columns},), align: ({sides},), {', '.join(lines)})"
        whole = len(rows) <= SMALL
        yield f"#block(breakable: false, {table})" if whole else f"#{table}"

    def _inline(self, nodes: list[_Node | str]) -> str:
        said = []
        for node in nodes:
            if isinstance(node, str):
                words = re.sub(r"[ \t\r\n]+", " ", node)
                said.append(f"#text({_text(words)})" if words else "")
            elif node.tag == "br":
                said.append("#linebreak()")
            elif node.tag in ("strong", "b", "th"):
                said.append(f"#strong[{self._inline(node.inside)}]")
            elif node.tag in ("em", "i"):
                said.append(f"#emph[{self._inline(node.inside)}]")
            elif node.tag in ("code", "kbd", "samp"):
                said.append(f"#raw({_text(_plain(node))})")
            elif node.tag not in HIDDEN:
                said.append(self._inline(node.inside))
        joined = "".join(said)
        blank = re.sub(r'#text\(" *"\)', "", joined)
        return joined if blank.strip() else ""


def _wish(column: list[str]) -> int:
    """Say how wide a column of a table would like to be, in letters."""
    head = max((len(word) for word in column[0].split(" ")), default=0)
    words = [len(word) for text in column[1:] for word in text.split(" ")]
    longest = max(map(len, column[1:]), default=0)
    # headings are bold, and so wider
    return max([4, round(1.4 * head) + 1, *(many + 2 for many in words), min(24, longest + 2)])


def _is_inline(node: _Node) -> bool:
    inline = {"strong", "b", "em", "i", "code", "kbd", "samp", "span", "a", "br", "small", "sub"}
    inline |= {"sup", "u", "s", "del", "ins", "q", "abbr", "var"}
    return node.tag in inline


def _all(node: _Node, tag: str) -> Iterator[_Node]:
    for child in node.inside:
        if isinstance(child, _Node):
            if child.tag == tag:
                yield child
            else:
                yield from _all(child, tag)


def _plain(node: _Node) -> str:
    return "".join(
        child if isinstance(child, str) else _plain(child)
        for child in node.inside
        if isinstance(child, str) or child.tag not in HIDDEN
    )


def _text(text: str) -> str:
    """Write a string of Typst."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'
