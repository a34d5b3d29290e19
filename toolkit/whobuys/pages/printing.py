"""A page as PDF: the cleaned HTML becomes Typst, with alt text, contents and Chinese letters."""

from __future__ import annotations

import base64
import binascii
import re
import struct
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path

from whobuys._errors import InstructorError
from whobuys.canvas._export import font_folders
from whobuys.pages import _print_table as tables

HEADINGS = {f"h{level}": level for level in range(1, 7)}
EMPTY = {"img", "br", "hr"}
IMAGE = re.compile(r"data:image/(png|jpeg|svg\+xml);base64,(.*)", re.DOTALL)
SMALL = 12
SHORT = 16
HIDDEN = {"style", "script", "title", "nav", "head"}
INLINE = {"strong", "b", "em", "i", "code", "kbd", "samp", "span", "a", "br", "small", "sub", "sup"}
INLINE |= {"u", "s", "del", "ins", "q", "abbr", "var"}
CHINESE = re.compile("[\u3000-\u9fff\uff00-\uffef]")
CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ufffe\uffff]")
LONG_WORD = re.compile(r"[^\s\u2e80-\uffef]{24}(?=[^\s\u2e80-\uffef])")
SPACES = re.compile(r"[ \t\r\n]+")
DEEPEST = 40
MOST_PIXELS = 40_000_000
TALLEST = 225.0
WIDEST = 166.0
MOST_IN_A_BLOCK = 12_000
MOST_LETTERS = 250_000
CUT = "… The rest is left out on paper; the HTML page has it."
TOO_LARGE = "A picture is too large for paper; the HTML page has it."
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
#show raw: set text(font: ({mono}), size: 8pt)
#show raw.where(block: true): set par(leading: 0.55em)
#set table(stroke: (x, y) => (bottom: 0.4pt + luma(160)), inset: (x: 4pt, y: 4pt))
#show table: set par(leading: 0.5em, spacing: 0.6em)
#show table.cell.where(y: 0): strong
#let card(colour, body, whole: true) = block(width: 100%, breakable: not whole, fill: luma(247),
  inset: (x: 9pt, y: 7pt), stroke: (left: 3pt + colour, rest: 0.4pt + luma(205)), body)
#let code(body, whole: true) = block(width: 100%, breakable: not whole, fill: luma(246),
  inset: 7pt, radius: 2pt, body)
#let bar(colour, body) = block(width: 100%, inset: (left: 8pt, y: 2pt),
  stroke: (left: 2pt + colour), body)
#let quiet(body) = text(fill: luma(80), size: 9pt, body)
#heading(level: 1, outlined: false, {title})
"""
OUTLINE = """#heading(level: 2, outlined: false, {contents})
#outline(title: none, target: heading.where(level: 2))
"""
GOOD, MIDDLE, BAD, PLAIN = ('rgb("#23633f")', 'rgb("#8a5300")', 'rgb("#94291c")', "luma(110)")
COLOURS = {"passed": GOOD, "partly": MIDDLE, "try_again": MIDDLE, "could_not_run": BAD}


@dataclass
class _Node:
    tag: str
    attributes: dict[str, str] = field(default_factory=dict)
    inside: list[_Node | str] = field(default_factory=list)

    @property
    def classes(self) -> set[str]:
        return set(self.attributes.get("class", "").split())


class _Tree(HTMLParser):
    """Read HTML into nodes; unclosed tags close with what holds them, very deep ones are flat."""

    def __init__(self) -> None:
        super().__init__()
        self.root = _Node("div")
        self._open = [self.root]
        self._flat: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        node = _Node(tag, {name: value or "" for name, value in attrs})
        if tag in EMPTY:
            self._open[-1].inside.append(node)
        elif len(self._open) >= DEEPEST:
            self._flat.append(tag)
        else:
            self._open[-1].inside.append(node)
            self._open.append(node)

    def handle_endtag(self, tag: str) -> None:
        if self._flat:
            if tag in self._flat:
                while self._flat.pop() != tag:
                    pass
            return
        for place in range(len(self._open) - 1, 0, -1):
            if self._open[place].tag == tag:
                del self._open[place:]
                return

    def handle_data(self, data: str) -> None:
        self._open[-1].inside.append(data)


def print_page(
    html: str, *, title: str, lang: str = "en", contents: str | None = "Contents"
) -> bytes:
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
    contents : str, optional
        Heading of the list of contents; without one there is no list.

    Returns
    -------
    bytes
        The PDF, with alt text for every picture (PDF/UA-1). What would fill hundreds of pages is
        cut, and says so.

    Raises
    ------
    InstructorError
        The package typst is not installed, there are Chinese words and no font for them, or the
        page cannot be set.
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
        main = write_sheet(html, Path(name), title, lang, contents)
        try:
            made: bytes = typst.compile(
                str(main), format="pdf", font_paths=fonts, pdf_standards="ua-1"
            )
        except typst.TypstError as error:
            raise InstructorError(
                f"“{title}” cannot be set on paper ({str(error).splitlines()[0]}). Its HTML page "
                "is whole; a browser prints it."
            ) from error
    return made


def write_sheet(html: str, folder: Path, title: str, lang: str, contents: str | None) -> Path:
    """Write a page as Typst, with its pictures beside it; return the file."""
    body = _Typst(folder).write(html)
    sheet = SHEET.format(
        title=_text(title),
        lang=_text(lang),
        fonts=", ".join(map(_text, ("DejaVu Sans", "Noto Sans SC"))),
        mono=", ".join(map(_text, ("DejaVu Sans Mono", "Noto Sans SC"))),
    )
    if contents is not None:
        sheet += OUTLINE.format(contents=_text(contents))
    main = folder / "main.typ"
    main.write_text(sheet + body, encoding="utf-8", errors="replace")
    return main


class _Typst:
    """Writes nodes as Typst: all text as strings, so that no text can be a command."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._pictures, self._level = folder, 0, 1
        self._pixels, self._letters, self._aside = MOST_PIXELS, MOST_LETTERS, False

    def write(self, html: str) -> str:
        tree = _Tree()
        tree.feed(html)
        tree.close()
        return "\n".join(self._blocks(tree.root))

    def _blocks(self, node: _Node) -> Iterator[str]:
        line: list[_Node | str] = []
        for child in node.inside:
            if isinstance(child, str) or child.tag in INLINE:
                line.append(child)
                continue
            yield from self._paragraph(line)
            line = []
            yield from self._block(child)
        yield from self._paragraph(line)

    def _inside(self, node: _Node) -> str:
        return "\n".join(self._blocks(node))

    def _paragraph(self, line: list[_Node | str]) -> Iterator[str]:
        said = self._inline(line)
        if said:
            # what ends with a colon stays on the page of what it announces
            announces = _plain(_Node("p", {}, line)).rstrip().endswith((":", "："))
            yield f"#block(sticky: true)[{said}]" if announces else f"#par[{said}]"

    def _block(self, node: _Node) -> Iterator[str]:
        tag = node.tag
        if tag in HIDDEN or self._letters < 0:
            return
        if tag in HEADINGS and self._aside:
            said = self._inline(node.inside)
            yield f"#block(above: 0.8em, below: 0.4em, sticky: true, strong[{said}])"
        elif tag in HEADINGS:
            # the first is the title; no level may be skipped
            if HEADINGS[tag] > 1:
                self._level = min(HEADINGS[tag], self._level + 1)
                yield f"#heading(level: {self._level})[{self._inline(node.inside) or ' '}]"
        elif tag == "p":
            yield from self._styled(node)
        elif tag in ("ul", "ol"):
            yield from self._list(node)
        elif tag == "table":
            yield from self._table(node)
        elif tag == "pre":
            yield from self._pre(node)
        elif tag == "img":
            yield from self._image(node)
        elif tag == "hr":
            yield "#line(length: 100%, stroke: 0.4pt)"
        elif tag == "blockquote":
            yield f"#quote(block: true)[{self._inside(node)}]"
        elif tag in ("summary", "dt"):
            yield f"#block(sticky: true, strong[{self._inside(node)}])"
        elif tag == "details":
            before, self._aside = self._aside, True
            yield f"#text(size: 9pt)[{self._inside(node)}]"
            self._aside = before
        elif tag == "footer":
            yield f"#line(length: 100%, stroke: 0.4pt + luma(160))\n#quiet[{self._inside(node)}]"
        elif "verdict" in node.classes:
            yield from self._card(node)
        elif "code" in node.classes:
            yield from self._code(node)
        else:
            yield from self._blocks(node)

    def _styled(self, node: _Node) -> Iterator[str]:
        inside = self._inside(_Node("div", {}, node.inside))
        if not inside:
            return
        if "score" in node.classes:
            yield f"#text(size: 15pt)[{inside}]"
        elif "notice" in node.classes:
            yield f"#card({BAD})[{inside}]"
        elif "quiet" in node.classes:
            yield f"#quiet[{inside}]"
        else:
            yield inside

    def _card(self, node: _Node) -> Iterator[str]:
        """Show a verdict: what was asked on the left, how it went on the right."""
        colour = next((COLOURS[name] for name in node.classes if name in COLOURS), PLAIN)
        parts = []
        for child in node.inside:
            if isinstance(child, _Node) and "head" in child.classes:
                halves = [each for each in child.inside if isinstance(each, _Node)]
                said = [self._inline([each]) for each in halves]
                parts.append(f"#par[{' #h(1fr) '.join(part for part in said if part)}]")
            else:
                parts.append(self._inside(_Node("div", {}, [child])))
        whole = str(len(_plain(node)) < 900).lower()
        inside = "\n".join(part for part in parts if part)
        yield f"#card({colour}, whole: {whole})[{inside}]"

    def _code(self, node: _Node) -> Iterator[str]:
        text = self._take(_plain(node).strip("\n"))
        plain = len(text) > 4000 or max(map(len, text.splitlines()), default=0) > 400
        colours = "" if plain else ', lang: "python"'
        whole = str(text.count("\n") < SHORT).lower()
        shown = f"raw({_text(_breakable(text, 80))}, block: true{colours})"
        yield f"#code({shown}, whole: {whole})"

    def _pre(self, node: _Node) -> Iterator[str]:
        text = self._take(_plain(node).strip("\n"))
        shown = f"raw({_text(_breakable(text, 80))}, block: true)"
        if "error" in node.classes:
            yield f"#bar({BAD}, {shown})"
        elif "stderr" in node.classes:
            yield f"#text(fill: luma(90), {shown})"
        elif text.strip():
            yield f"#{shown}"

    def _take(self, text: str) -> str:
        """Return as much of a text as paper has room for."""
        room = max(0, min(MOST_IN_A_BLOCK, self._letters))
        self._letters -= len(text)
        return text if len(text) <= room else f"{text[:room]}\n{CUT}"

    def _list(self, node: _Node) -> Iterator[str]:
        items = [child for child in node.inside if isinstance(child, _Node)]
        inside = ", ".join(f"[{self._inside(item)}]" for item in items)
        if not items:
            return
        if node.tag == "ul":
            yield f"#list({inside})"
            return
        start = node.attributes.get("start", "1")
        first = int(start) if re.fullmatch(r"\d{1,6}", start) else 1
        yield f"#enum(start: {first}, {inside})"

    def _image(self, node: _Node) -> Iterator[str]:
        found = IMAGE.fullmatch(node.attributes.get("src", ""))
        if found is None:
            return
        try:
            raw = base64.b64decode("".join(found[2].split()), validate=True)
        except binascii.Error:
            return
        size = _size(raw) if found[1] != "svg+xml" else None
        if found[1] != "svg+xml":
            if size is None:
                return
            self._pixels -= size[0] * size[1]
            if self._pixels < 0:
                yield f"#quiet({_text(TOO_LARGE)})"
                return
        self._pictures += 1
        name = f"picture{self._pictures}.{found[1].partition('+')[0]}"
        (self._folder / name).write_bytes(raw)
        alt = _text(node.attributes.get("alt") or "Figure.")
        yield f"#block(breakable: false, image({_text(name)}, {_room(size)}, alt: {alt}))"

    def _table(self, node: _Node) -> Iterator[str]:
        rows = [
            [
                (self._cell(cell), _count(cell, "colspan"), _count(cell, "rowspan"))
                for cell in row.inside
                if isinstance(cell, _Node) and cell.tag in ("th", "td")
            ]
            for row in _all(node, "tr")
        ]
        grid = tables.spread([row for row in rows if row])
        if not grid:
            return
        first = tables.headings(grid)
        pieces = tables.pieces(grid)
        largest = tables.LARGEST if len(pieces) == 1 else tables.SMALLEST
        for places in pieces:
            yield _table([[row[place] for place in places] for row in grid], first, largest)

    def _cell(self, cell: _Node) -> tables.Cell:
        self._letters -= len(_plain(cell))
        if self._letters < 0:
            return tables.Cell("…", "…")
        inside = self._inside(cell)
        heading = cell.tag == "th"
        markup = f"#strong[{inside}]" if heading and inside else inside or " "
        return tables.Cell(SPACES.sub(" ", _plain(cell)).strip(" "), markup, heading)

    def _inline(self, nodes: list[_Node | str]) -> str:
        said = []
        for node in nodes:
            if isinstance(node, str):
                words = SPACES.sub(" ", node)
                self._letters -= len(words)
                if self._letters < 0:
                    words = ""
                said.append(f"#text({_text(_breakable(words, 24))})" if words else "")
            elif node.tag == "br":
                said.append("#linebreak()")
            elif node.tag in ("strong", "b", "th"):
                said.append(f"#strong[{self._inline(node.inside)}]")
            elif node.tag in ("em", "i"):
                said.append(f"#emph[{self._inline(node.inside)}]")
            elif node.tag in ("code", "kbd", "samp"):
                said.append(f"#raw({_text(_breakable(_plain(node), 24))})")
            elif node.tag in ("sub", "sup"):
                name = "sub" if node.tag == "sub" else "super"
                said.append(f"#{name}[{self._inline(node.inside)}]")
            elif node.tag == "img":
                said.extend(self._image(node))
            elif node.tag not in HIDDEN:
                said.append(self._inline(node.inside))
        joined = "".join(said)
        blank = re.sub(r'#text\(" *"\)', "", joined)
        return joined if blank.strip() else ""


def _table(grid: list[list[tables.Cell]], first: int, largest: float) -> str:
    """Write one piece of a table."""
    size, widths = tables.layout(grid, largest)
    columns = ["auto"] * len(grid[0]) if widths is None else [f"{each}fr" for each in widths]
    sides = [
        "right" if tables.is_number([row[place] for row in grid], first) else "left"
        for place in range(len(grid[0]))
    ]
    lines = [", ".join(f"[{cell.markup}]" for cell in row) for row in grid]
    if first:
        lines[:first] = [f"table.header({', '.join(lines[:first])})"]
    inside = f"columns: ({', '.join(columns)},), align: ({', '.join(sides)},), {', '.join(lines)}"
    whole = "false" if len(grid) <= SMALL else "true"
    return f"#block(breakable: {whole}, text(size: {size}pt, table({inside})))"


def _count(cell: _Node, name: str) -> int:
    text = cell.attributes.get(name, "1")
    return int(text) if re.fullmatch(r"\d{1,4}", text) else 1


def _size(raw: bytes) -> tuple[int, int] | None:
    """Read width and height of a PNG or JPEG, in pixels, without unpacking it."""
    if raw.startswith(b"\x89PNG\r\n\x1a\n") and len(raw) > 24:
        width, height = struct.unpack(">II", raw[16:24])
        return width, height
    place = 2
    while raw.startswith(b"\xff\xd8") and place + 9 < len(raw) and raw[place] == 0xFF:
        kind, length = raw[place + 1], int.from_bytes(raw[place + 2 : place + 4])
        if 0xC0 <= kind <= 0xCF and kind not in (0xC4, 0xC8, 0xCC):
            height, width = struct.unpack(">HH", raw[place + 5 : place + 9])
            return width, height
        place += 2 + length
    return None


def _room(size: tuple[int, int] | None) -> str:
    """Say how large a picture stands on paper: never over its edge, never blown up."""
    if size is None or 0 in size:
        return 'width: 100%, height: auto, fit: "contain"'
    width = min(0.68 * WIDEST, size[0] * 0.3)
    if width * size[1] / size[0] > TALLEST:
        return f"height: {TALLEST}mm"
    return f"width: {width:.1f}mm"


def _breakable(text: str, most: int) -> str:
    """Let very long words break: a space of no width goes into them."""
    pattern = LONG_WORD if most == 24 else re.compile(LONG_WORD.pattern.replace("24", str(most)))
    return pattern.sub(lambda word: word[0] + "\u200b", text)


def _all(node: _Node, tag: str) -> Iterator[_Node]:
    for child in node.inside:
        if isinstance(child, _Node):
            if child.tag == tag:
                yield child
            else:
                yield from _all(child, tag)


def _plain(node: _Node) -> str:
    return "".join(
        child if isinstance(child, str) else "\n" if child.tag == "br" else _plain(child)
        for child in node.inside
        if isinstance(child, str) or child.tag not in HIDDEN
    )


def _text(text: str) -> str:
    """Write a string of Typst."""
    clean = CONTROL.sub("\ufffd", text.replace("\r\n", "\n").replace("\r", "\n"))
    return '"' + clean.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'
