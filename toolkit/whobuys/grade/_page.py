"""Notebooks as one self-contained, safe HTML page: no script, nothing fetched, alt text kept."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import nbformat
import nh3
from nbconvert import HTMLExporter
from pygments.formatters import HtmlFormatter

TEMPLATES = Path(__file__).with_name("templates")
SHOWN_TYPES = ("image/png", "image/jpeg", "text/html", "text/markdown", "text/latex", "text/plain")
TAGS = set(
    ["a", "abbr", "b", "blockquote", "br", "caption", "code", "dd", "del", "details", "div", "dl", "dt", "em", "figcaption", "figure", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "i", "img", "ins", "kbd", "li", "ol", "p", "pre", "q", "s", "samp", "section", "small", "span", "strong", "sub", "summary", "sup", "table", "tbody", "td", "tfoot", "th", "thead", "tr", "u", "ul", "var"]
)
ATTRIBUTES = {
    "a": {"href", "title"},
    "img": {"src", "alt", "width", "height"},
    "th": {"colspan", "rowspan", "scope"},
    "td": {"colspan", "rowspan"},
    "ol": {"start"},
    "details": {"open"},
}
IMAGE = re.compile(r"data:image/(png|jpeg);base64,[A-Za-z0-9+/=\s]+")
CONTROL = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]|[\x00-\x08\x0b-\x1f\x7f]")
NO_ALT = "Figure without a description."


def page(
    cells: Sequence[Mapping[str, Any]],
    *,
    title: str,
    top: str = "",
    bottom: str = "",
    after: Mapping[str, str] | None = None,
    hide_code: bool = False,
    lang: str = "en",
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

    Returns
    -------
    str
        A whole HTML document.
    """
    notebook = nbformat.v4.new_notebook(cells=[_clean_cell(dict(cell)) for cell in cells])
    notebook.metadata["language_info"] = {"name": "python", "pygments_lexer": "python3"}
    resources = {
        "page": {
            "title": title,
            "top": top,
            "bottom": bottom,
            "after": dict(after or {}),
            "hide_code": hide_code,
            "lang": lang,
            "css": _css(),
        }
    }
    html, _ = _exporter().from_notebook_node(notebook, resources)
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
    return nh3.clean(
        html,
        tags=TAGS,
        clean_content_tags={"script", "style", "template", "iframe", "object", "svg", "math"},
        attributes=ATTRIBUTES,
        attribute_filter=_attribute,
        url_schemes={"http", "https", "mailto", "data"},
        strip_comments=True,
    )


def _attribute(tag: str, name: str, value: str) -> str | None:
    if tag == "img" and name == "src":
        return value if IMAGE.fullmatch(value) else None
    if name == "href":
        return value if re.match(r"(https?://|mailto:|#)", value) else None
    return value


@cache
def _exporter() -> HTMLExporter:
    exporter = HTMLExporter(
        template_name="whobuys",
        extra_template_basedirs=[str(TEMPLATES)],
        exclude_anchor_links=True,
    )
    exporter.register_filter("clean_html", clean_html)
    exporter.register_filter("plain_text", lambda text: CONTROL.sub("", text))
    exporter.register_filter("figure_alt", _alt)
    return exporter


@cache
def _css() -> str:
    light = HtmlFormatter(style="friendly").get_style_defs(".highlight")
    dark = HtmlFormatter(style="github-dark").get_style_defs(".highlight")
    plain = (TEMPLATES / "page.css").read_text(encoding="utf-8")
    return f"{light}\n@media (prefers-color-scheme: dark) {{\n{dark}\n}}\n{plain}"


def _clean_cell(cell: dict[str, Any]) -> nbformat.NotebookNode:
    notes = [cell["metadata"].get(key) for key in ("cut", "stopped")]
    cell["metadata"] = {}
    cell.pop("attachments", None)
    if cell["cell_type"] == "code":
        cell["outputs"] = [
            kept for output in cell["outputs"] if (kept := _clean_output(dict(output)))
        ]
        for note in notes:
            if isinstance(note, str):
                cell["outputs"].append(nbformat.v4.new_output("stream", name="stderr", text=note))
    return nbformat.from_dict(cell)


def _clean_output(output: dict[str, Any]) -> dict[str, Any] | None:
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
    return output | {"data": data} if data else None


def _own_frames(output: Mapping[str, Any]) -> list[str]:
    """Keep the frames of the notebook's own cells; library frames help nobody and show paths."""
    own = [frame for frame in output["traceback"] if "Cell In[" in frame or "Input In [" in frame]
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
