"""Notebooks as one self-contained, safe HTML page: no script, nothing fetched, alt text kept."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping, Sequence
from functools import cache
from html import escape
from pathlib import Path
from typing import Any

import nbformat
import nh3
from nbconvert import HTMLExporter, TemplateExporter
from nbconvert.filters import DataTypeFilter, Highlight2HTML
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath
from pygments.formatters import HtmlFormatter  # type: ignore[import-untyped]

from whobuys.pages._drawing import only_shows

TEMPLATES = Path(__file__).with_name("templates")
SHOWN_TYPES = ("image/png", "image/jpeg", "text/html", "text/markdown", "text/latex", "text/plain")
TAGS = {
    *("h1", "h2", "h3", "h4", "h5", "h6", "p", "div", "section", "hr", "br", "blockquote", "pre"),
    *("ul", "ol", "li", "dl", "dt", "dd", "details", "summary", "figure", "figcaption", "img"),
    *("table", "caption", "thead", "tbody", "tfoot", "tr", "th", "td"),
    *("a", "abbr", "b", "code", "del", "em", "i", "ins", "kbd", "q", "s", "samp", "small", "span"),
    *("strong", "sub", "sup", "u", "var"),
}
ATTRIBUTES = {
    "a": {"href", "title"},
    "img": {"src", "alt", "width", "height"},
    "th": {"colspan", "rowspan", "scope"},
    "td": {"colspan", "rowspan"},
    "ol": {"start"},
    "details": {"open"},
}
IMAGE = re.compile(r"data:image/(png|jpeg|svg\+xml);base64,([A-Za-z0-9+/=\s]+)")
LONG_CELL = re.compile(r"<(t[dh])((?: (?:colspan|rowspan|scope)=\"\w+\")*)>(?=[^<]{33})")
CONTROL = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]|[\x00-\x08\x0b-\x1f\x7f]")
OVERWRITTEN = re.compile(r"^[^\n]*\r(?!\n)", re.MULTILINE)
OPENING = re.compile(r"<(?!(?:/|!|t[abdhr]|br\b))")
NO_ALT = "Figure without a description."
CUT = "… The rest is left out of this report."


class _Budget:
    """What one page may hold of what is slow to render: characters of code and Markdown, tags.

    The time to render them can grow with the square of their number, and a student chooses it.
    """

    def __init__(self) -> None:
        self._left = {"code": 50_000, "markdown": 100_000, "tags": 15_000}

    def take(self, kind: str, amount: int) -> bool:
        """Take so much of a kind, if there is still enough."""
        enough = amount <= self._left[kind]
        if enough:
            self._left[kind] -= amount
        return enough

    def cut(self, kind: str, text: str) -> str:
        """Return the text, or as much of it as there is still room for."""
        if self.take(kind, len(text)):
            return text
        kept = text[: self._left[kind]]
        self._left[kind] = 0
        return f"{kept}\n{CUT}"

    def html(self, text: str) -> bool:
        return self.take("tags", len(OPENING.findall(text)))

    def markdown(self, text: str) -> bool:
        return self.html(text) and self.take("markdown", len(text))


def page(
    cells: Sequence[Mapping[str, Any]],
    *,
    title: str,
    top: str = "",
    bottom: str = "",
    after: Mapping[str, str] | None = None,
    hide_code: bool = False,
    lang: str = "en",
    deeper: int = 0,
) -> str:
    """Render executed cells as a page.

    Parameters
    ----------
    cells : sequence of mappings
        nbformat cells. Their sources and outputs may be hostile; they are cleaned here.
    title : str
        Page title, plain text.
    top, bottom : str
        Trusted HTML before and after the cells.
    after : mapping of str to str
        Cell id to trusted HTML shown after that cell.
    hide_code : bool
        Show outputs and text only.
    lang : str
        Language of the page, for readers' software.
    deeper : int
        How many levels the headings of the cells go down, so that they fit under those of `top`.

    Returns
    -------
    str
        A whole HTML document.
    """
    return _rendered(
        cells,
        bare=False,
        title=title,
        top=top,
        bottom=bottom,
        after=dict(after or {}),
        hide_code=hide_code,
        lang=lang,
        deeper=deeper,
        css=_css(),
    )


def part(cells: Sequence[Mapping[str, Any]], *, deeper: int = 0) -> str:
    """Render executed cells as they stand in a page, to be put into another one.

    Parameters
    ----------
    cells : sequence of mappings
        As in `page`.
    deeper : int
        As in `page`.

    Returns
    -------
    str
        HTML, cleaned.
    """
    return _rendered(cells, bare=True, after={}, deeper=deeper)


def _rendered(cells: Sequence[Mapping[str, Any]], **about: Any) -> str:
    budget = _Budget()
    notebook = nbformat.v4.new_notebook(cells=[_clean_cell(dict(cell), budget) for cell in cells])
    # HTMLExporter itself would parse and write the page once more: slow, and of no use here.
    html, _ = TemplateExporter.from_notebook_node(_exporter(), notebook, {"page": about})
    return str(html)


def clean_html(html: str) -> str:
    """Keep tables, text and embedded pictures; drop scripts, styles, forms and everything fetched.

    Examples
    --------
    >>> clean_html('<b onclick="x()">3</b><script>steal()</script>')
    '<b>3</b>'
    >>> clean_html('<img src="http://example.org/x.png" alt="a">')
    '<img alt="a">'
    """
    clean = nh3.clean(
        html,
        tags=TAGS,
        clean_content_tags={"script", "style", "template", "iframe", "object", "svg", "math"},
        attributes=ATTRIBUTES,
        attribute_filter=_attribute,
        url_schemes={"http", "https", "mailto", "data"},
        strip_comments=True,
    )
    return LONG_CELL.sub(r'<\1\2 class="long">', clean)


def clean_markdown(source: str) -> str:
    """Render Markdown and clean what comes out; what cannot be rendered is shown as it was written.

    Pictures pasted into a text cell are not carried over; their place says so.
    """
    shown = source.replace("](attachment:", "](#picture-not-carried-over:")
    try:
        renderer = IPythonRenderer(escape=False, exclude_anchor_links=True)
        return clean_html(MarkdownWithMath(renderer=renderer).render(shown))
    except Exception:
        return f"<pre>{escape(source)}</pre>"


def move_headings(html: str, deeper: int) -> str:
    """Move headings down, at most to the lowest level.

    Examples
    --------
    >>> move_headings("<h1>Exercise</h1><h5>Note</h5>", 2)
    '<h3>Exercise</h3><h6>Note</h6>'
    """
    return re.sub(r"(</?h)([1-6])", lambda h: f"{h[1]}{min(6, int(h[2]) + deeper)}", html)


def _attribute(tag: str, name: str, value: str) -> str | None:
    if tag == "img" and name == "src":
        return value if _is_picture(value) else None
    if name == "href":
        return value if re.match(r"(https?://|mailto:|#)", value) else None
    return value


def _is_picture(source: str) -> bool:
    """Tell a picture that only shows something."""
    found = IMAGE.fullmatch(source)
    if found is None or found[1] != "svg+xml":
        return found is not None
    written = "".join(found[2].split())
    return _is_base64(written) and only_shows(base64.b64decode(written))


@cache
def _exporter() -> HTMLExporter:
    exporter = HTMLExporter(
        template_name="whobuys",
        extra_template_basedirs=[str(TEMPLATES)],
        exclude_anchor_links=True,
    )
    exporter.register_filter("highlight_code", Highlight2HTML("python3", parent=exporter))
    exporter.register_filter("filter_data_type", DataTypeFilter(parent=exporter))
    exporter.register_filter("clean_html", clean_html)
    exporter.register_filter("clean_markdown", clean_markdown)
    exporter.register_filter("move_headings", move_headings)
    exporter.register_filter("plain_text", _plain)
    exporter.register_filter("figure_alt", _alt)
    return exporter


@cache
def _css() -> str:
    light = HtmlFormatter(style="friendly").get_style_defs(".highlight")
    dark = HtmlFormatter(style="github-dark").get_style_defs(".highlight")
    plain = (TEMPLATES / "page.css").read_text(encoding="utf-8")
    return f"{light}\n@media (prefers-color-scheme: dark) {{\n{dark}\n}}\n{plain}"


def _clean_cell(cell: dict[str, Any], budget: _Budget) -> nbformat.NotebookNode:
    notes = [cell["metadata"].get(key) for key in ("cut", "stopped")]
    cell["metadata"] = {}
    cell.pop("attachments", None)
    cell["source"] = CONTROL.sub("", cell["source"])
    if cell["cell_type"] == "markdown" and not budget.markdown(cell["source"]):
        cell["cell_type"] = "raw"
    if cell["cell_type"] != "markdown":
        cell["source"] = budget.cut("code", cell["source"])
    if cell["cell_type"] == "code":
        cleaned = (_clean_output(dict(output), budget) for output in cell["outputs"])
        cell["outputs"] = [output for output in cleaned if output]
        for note in notes:
            if isinstance(note, str):
                cell["outputs"].append(nbformat.v4.new_output("stream", name="stderr", text=note))
    return nbformat.from_dict(cell)


def _clean_output(output: dict[str, Any], budget: _Budget) -> dict[str, Any] | None:
    if output["output_type"] == "error":
        return output | {"traceback": _own_frames(output)}
    if "data" not in output:
        return output
    data = {kind: _joined(output["data"][kind]) for kind in SHOWN_TYPES if kind in output["data"]}
    for kind in ("image/png", "image/jpeg"):
        if kind in data and not _is_base64(data[kind]):
            del data[kind]
    if "image/png" in data or "image/jpeg" in data:
        data.pop("text/html", None)
    if "text/html" in data and not budget.html(data["text/html"]):
        del data["text/html"]
    if "text/markdown" in data and not budget.markdown(data["text/markdown"]):
        data["text/plain"] = data.pop("text/markdown")
    return output | {"data": data} if data else None


def _plain(text: str) -> str:
    """Drop control codes, and what a progress bar has overwritten."""
    return CONTROL.sub("", OVERWRITTEN.sub("", text))


def _own_frames(output: Mapping[str, Any]) -> list[str]:
    """Keep the frames of the notebook's own cells; library frames help nobody and show paths."""
    frames = map(_plain, output["traceback"])
    own = [frame for frame in frames if frame.startswith(("Cell In[", "Input In ["))]
    return [*own[:2], f"{output['ename']}: {output['evalue']}"]


def _alt(output: Mapping[str, Any]) -> str:
    for kind in ("image/png", "image/jpeg"):
        described = output.get("metadata", {}).get(kind)
        if isinstance(described, Mapping) and isinstance(described.get("alt"), str):
            return str(described["alt"])
    plain = output["data"].get("text/plain", "")
    return NO_ALT if not plain or plain.startswith("<") else str(plain)


def _joined(value: Any) -> str:
    return "".join(map(str, value)) if isinstance(value, list) else str(value)


def _is_base64(text: str) -> bool:
    try:
        return bool(base64.b64decode("".join(text.split()), validate=True))
    except (binascii.Error, ValueError):
        return False
