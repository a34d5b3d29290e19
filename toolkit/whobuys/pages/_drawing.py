"""Tell drawings (SVG) that only show something: what is not known to be harmless is refused.

A browser runs nothing in a drawing shown as a picture, but it does in one opened by itself.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import pairwise
from xml.parsers import expat

LARGEST_DRAWING = 1_000_000
DEEPEST = 100
LONGEST_NAME = 20  # of a function, with the blanks behind it: longer ones are none
MOST_STYLED = 10_000_000
MOST_DRAWN = 20_000_000
"""Characters that may be drawn by reference: a small drawing can repeat a part for ever."""

SVG, XLINK = "http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"
RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
ABOUT = {RDF, "http://purl.org/dc/elements/1.1/", "http://creativecommons.org/ns#"}
XML = "http://www.w3.org/XML/1998/namespace"
SVG_1_1 = ("http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd", "-//W3C//DTD SVG 1.1//EN")
ELEMENTS = {
    *("svg", "g", "defs", "symbol", "title", "desc", "metadata", "style", "use", "image"),
    *("path", "rect", "circle", "ellipse", "line", "polyline", "polygon"),
    *("text", "tspan", "textPath", "clipPath", "pattern", "linearGradient", "radialGradient"),
    "stop",
}
REFERRING = {"use", "linearGradient", "radialGradient", "pattern", "textPath"}
FREE_TEXT = re.compile(r"(aria|data)-[a-z-]+|class|role")
ATTRIBUTES = re.compile(
    r"(fill|stroke|font|stop|text|clip|letter|word|dominant|alignment)(-[a-z-]+)?"
    r"|(clipPath|gradient|pattern|patternContent)Units|(gradient|pattern)Transform|spreadMethod"
    r"|id|lang|version|type|viewBox|preserveAspectRatio|width|height|transform|style|overflow"
    r"|d|points|pathLength|[rd]?[xy]|[xy][12]|[cf][xy]|r|offset|rotate|textLength|lengthAdjust"
    r"|color|opacity|display|visibility|(shape|image)-rendering|vector-effect|paint-order"
    rf"|{XML} (lang|space)|{FREE_TEXT.pattern}"
)
TARGET = re.compile(r"#([A-Za-z0-9_.:-]+)")
BEFORE = re.compile(r"([\w-]*)\s*\Z")
WITHIN = re.compile(rf"\s*['\"]?{TARGET.pattern}['\"]?\s*\)")
FUNCTIONS = {
    *("rgb", "rgba", "hsl", "hsla"),
    *("matrix", "translate", "scale", "rotate", "skewx", "skewy"),
}
PIXELS = re.compile(r"data:image/(png|jpe?g);base64,[A-Za-z0-9+/=\s]+")


class _Refused(Exception):
    """The drawing holds something that is not known to be harmless."""


def only_shows(drawing: bytes) -> bool:
    """Tell a drawing of plain shapes, texts and pixels.

    Examples
    --------
    >>> only_shows(b'<svg xmlns="http://www.w3.org/2000/svg"><rect width="9" height="9"/></svg>')
    True
    >>> only_shows(b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>')
    False
    """
    if len(drawing) > LARGEST_DRAWING:
        return False
    try:
        _Reader().read(drawing)
    except (_Refused, expat.ExpatError, UnicodeDecodeError):
        return False
    return True


class _Reader:
    """Reads a drawing once, and refuses it at the first thing that is not allowed."""

    def __init__(self) -> None:
        self._open: list[tuple[str, str | None, int]] = []
        self._weight = self._elements = self._rules = 0
        self._sheet: list[str] = []
        self._weights: dict[str, int] = {}
        self._targets: list[str] = []
        self._holding: set[str | None] = set()

    def read(self, drawing: bytes) -> None:
        drawing.decode("utf-8")
        parser = expat.ParserCreate("utf-8", " ")
        parser.buffer_text = True
        parser.XmlDeclHandler = self._declared
        parser.StartDoctypeDeclHandler = self._doctype
        for handler in ("SkippedEntity", "ProcessingInstruction"):
            setattr(parser, f"{handler}Handler", _refuse)
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._text
        parser.Parse(drawing, True)
        if self._rules * self._elements > MOST_STYLED:
            raise _Refused
        if self._holding.intersection(self._targets):  # then what is repeated repeats something
            raise _Refused
        if sum(self._weights.get(target, 0) for target in self._targets) > MOST_DRAWN:
            raise _Refused

    def _declared(self, version: str, encoding: str | None, standalone: int) -> None:
        if (encoding or "utf-8").lower() != "utf-8":
            raise _Refused

    def _doctype(self, name: str, system: str | None, public: str | None, inside: int) -> None:
        if inside or (system, public) not in ((None, None), SVG_1_1):
            raise _Refused

    def _start(self, name: str, attributes: Mapping[str, str]) -> None:
        space, _, local = name.rpartition(" ")
        if len(self._open) >= DEEPEST or (not self._open and name != f"{SVG} svg"):
            raise _Refused
        self._open.append((name, attributes.get("id"), self._weight))
        self._elements += 1
        self._weight += 50 + sum(map(len, attributes.values()))
        if space in ABOUT and any(one[0] == f"{SVG} metadata" for one in self._open):
            if any(not attribute.startswith(f"{RDF} ") for attribute in attributes):
                raise _Refused
            return
        if space != SVG or local not in ELEMENTS:
            raise _Refused
        for attribute, value in attributes.items():
            if attribute in ("href", f"{XLINK} href"):
                self._href(local, value)
            elif not ATTRIBUTES.fullmatch(attribute):
                raise _Refused
            elif not FREE_TEXT.fullmatch(attribute):
                self._refer(_targets(value))

    def _end(self, name: str) -> None:
        _, own, before = self._open.pop()
        if own is not None:
            self._weights[own] = max(self._weights.get(own, 0), self._weight - before)
        if name == f"{SVG} style":
            sheet = "".join(self._sheet)
            if _targets(sheet) or "~" in sheet or "+" in sheet:
                raise _Refused
            self._rules += sheet.count("{")
            self._sheet.clear()

    def _text(self, text: str) -> None:
        self._weight += len(text)
        if self._open[-1][0] == f"{SVG} style":
            self._sheet.append(text)

    def _href(self, local: str, value: str) -> None:
        if local == "image" and PIXELS.fullmatch(value):
            return
        target = TARGET.fullmatch(value)
        if local not in REFERRING or target is None:
            raise _Refused
        self._refer([target[1]])

    def _refer(self, targets: list[str]) -> None:
        if targets:
            self._targets += targets
            self._holding.update(own for _, own, _ in self._open)


def _refuse(*about: object) -> None:
    raise _Refused


def _targets(value: str) -> list[str]:
    """Return the ids a style or a value refers to; refuse what may fetch or hide something."""
    if "\\" in value or "@" in value:
        raise _Refused
    targets = []
    for before, within in pairwise(value.split("(")):
        function = BEFORE.search(before[-LONGEST_NAME:])
        target = WITHIN.match(within) if function and function[1].lower() == "url" else None
        if target is not None:
            targets.append(target[1])
        elif function is None or function[1].lower() not in FUNCTIONS:
            raise _Refused
    return targets
