"""Drawings: those that only show something, and every way in which one may do more."""

import base64
import io
import subprocess
import sys

import numpy as np
import pytest
from matplotlib.figure import Figure

from whobuys.canvas import canvas_svg, gallery_canvas
from whobuys.pages._drawing import DEEPEST, LARGEST_DRAWING, only_shows
from whobuys.pages.page import clean_html

HEAD = '<?xml version="1.0" encoding="utf-8" standalone="no"?>\n'
DOCTYPE = (
    '<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN"\n'
    '  "http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd">\n'
)
NAMES = 'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
PNG = base64.b64encode(b"\x89PNG\r\n\x1a\n" + b"\x00" * 40).decode()


def drawing(inside: str, names: str = NAMES, head: str = "") -> bytes:
    return f"{head}<svg {names}>{inside}</svg>".encode()


def figure(fonttype: str = "path", **savefig) -> bytes:
    """Draw with Matplotlib: lines with markers, an image, bars with hatches, points, a legend."""
    import matplotlib as mpl

    rng = np.random.default_rng(1)
    with mpl.rc_context({"svg.fonttype": fonttype}):
        made = Figure()
        left, right = made.subplots(1, 2)
        left.plot([1, 2, 3], [3, 1, 2], "o--", label="Sales (yuan)")
        left.bar([1, 2], [2, 1], hatch="//", color=(0.2, 0.4, 0.6, 0.5))
        left.set_title("Revenue & <costs> “(yuan)” 收入 $x^2$")
        left.legend()
        right.imshow(rng.random((8, 8)), extent=(0, 1, 0, 1))
        made.colorbar(right.scatter(*rng.random((2, 50)), c=rng.random(50)), ax=right)
        out = io.BytesIO()
        made.savefig(out, format="svg", **savefig)
    return out.getvalue()


HONEST = {
    "canvas": canvas_svg(gallery_canvas("online education")).encode(),
    "matplotlib": figure(),
    "matplotlib with texts": figure("none"),
    "matplotlib with a title and no date": figure(metadata={"Date": None, "Title": "Sales"}),
    "with a head": drawing("<rect/>", head=HEAD + DOCTYPE),
    "short doctype": drawing("<rect/>", head="<!DOCTYPE svg>"),
    "prefixed": b'<s:svg xmlns:s="http://www.w3.org/2000/svg"><s:text y="20">a</s:text></s:svg>',
    "described": drawing('<text aria-label="Costs (yuan)" class="a (b)" data-x="@">a@b (c)</text>'),
    "gradient": drawing(
        '<linearGradient id="a"><stop offset="0" stop-color="rgb(1, 2, 3)"/></linearGradient>'
        '<rect fill="url( \'#a\' )" style="fill:url(#a)" transform="translate (1 2) rotate(3)"/>'
    ),
    "used": drawing('<path id="a" d="M0 0"/><use href="#a"/><g id="b"><use xlink:href="#a"/></g>'),
    "pixels": drawing(f'<image width="2" href="data:image/png;base64,\n{PNG}"/>'),
    "comment": drawing("<!-- drawn by hand --><rect/>"),
}
XHTML = 'xmlns:h="http://www.w3.org/1999/xhtml"'
EVIL = {
    "script": "<script>alert(1)</script>",
    "prefixed script": '<s:script xmlns:s="http://www.w3.org/2000/svg">alert(1)</s:script>',
    "foreign script": f"<h:script {XHTML}>alert(1)</h:script>",
    "foreign image": f'<h:img {XHTML} src="http://127.0.0.1:9/x"/>',
    "foreign style": f'<h:style {XHTML}>@import "http://127.0.0.1:9/x"</h:style>',
    "foreign link": f'<h:link {XHTML} rel="stylesheet" href="http://127.0.0.1:9/x"/>',
    "foreign frame": f'<h:iframe {XHTML} srcdoc="x"/>',
    "script in metadata": f"<metadata><h:script {XHTML}>alert(1)</h:script></metadata>",
    "own script in metadata": "<metadata><script>alert(1)</script></metadata>",
    "more than about itself": (
        '<metadata><r:RDF xmlns:r="http://www.w3.org/1999/02/22-rdf-syntax-ns#" onload="a()"/>'
        "</metadata>"
    ),
    "rdf outside": '<r:RDF xmlns:r="http://www.w3.org/1999/02/22-rdf-syntax-ns#"/>',
    "unknown namespace": '<x:rect xmlns:x="http://example.org/x"/>',
    "no namespace": '<x xmlns=""/>',
    "foreign object": "<foreignObject/>",
    "link": '<a href="https://evil.example"><text>a</text></a>',
    "prefixed link": '<a xlink:href="javascript:alert(1)"><text>a</text></a>',
    "set": '<set attributeName="onload" to="alert(1)"/>',
    "animate": '<rect><animate attributeName="href" values="javascript:alert(1)"/></rect>',
    "filter": '<filter id="f"><feImage href="https://evil.example/x"/></filter>',
    "handler": '<rect onclick="alert(1)"/>',
    "handler in capitals": '<rect ONCLICK="alert(1)"/>',
    "events": '<rect xmlns:ev="http://www.w3.org/2001/xml-events" ev:event="load"/>',
    "base": '<g xml:base="https://evil.example/"><use href="#a"/></g>',
    "fetched image": '<image href="https://evil.example/x.png"/>',
    "file": '<image xlink:href="file:///etc/passwd"/>',
    "drawing in a drawing": '<image href="data:image/svg+xml;base64,AAAA"/>',
    "used from outside": '<use href="https://evil.example/x.svg#a"/>',
    "used data": '<use href="data:image/svg+xml;base64,AAAA#a"/>',
    "hidden target": '<g id="a"/><use href="#%61"/>',
    "pointer": '<g id="a"/><use href="#xpointer(id(a))"/>',
    "url": '<rect style="fill:url(https://evil.example/x)"/>',
    "url with a blank": '<rect style="fill:url( https://evil.example/x)"/>',
    "escaped url": '<rect style="fill:u\\72l(https://evil.example/x)"/>',
    "escaped paint": '<rect fill="u\\72l(//evil.example/x)"/>',
    "character url": '<rect fill="&#117;rl(//evil.example/x)"/>',
    "image set": "<rect style=\"background-image:image-set('https://evil.example/x' 1x)\"/>",
    "image of css": "<rect style=\"background:image('https://evil.example/x')\"/>",
    "escaped name": '<rect style="font-family:a\\62"/>',
    "unknown function": '<rect style="fill:expression(alert(1))"/>',
    "import": "<style>@import '//evil.example'</style>",
    "import in pieces": "<style>@<!-- -->import '//evil.example'</style>",
    "import as data": "<style><![CDATA[@import '//evil.example']]></style>",
    "url in a sheet": "<style>rect{fill:url(#a)}</style>",
    "fetched in a sheet": "<style>rect{fill:url(//evil.example)}</style>",
    "animated": "<style>@keyframes a{to{fill:red}} rect{animation:a 1s}</style>",
    "instruction": '<?xml-stylesheet href="//evil.example"?>',
    "unknown entity": "<text>&nbsp;</text>",
    "broken": "<rect>",
    "used by itself": '<g id="a"><use href="#a"/></g>',
    "used in what is used": '<g id="a"><path/></g><g id="b"><use href="#a"/></g><use href="#b"/>',
    "pattern in a pattern": (
        '<pattern id="a"/><pattern id="b"><rect fill="url(#a)"/></pattern><rect fill="url(#b)"/>'
    ),
    "drawn for ever": f'<path id="a" d="{"M0 0" * 50_000}"/>' + '<use href="#a"/>' * 200,
    "deep": "<g>" * DEEPEST + "</g>" * DEEPEST,
}
EVIL_HEADS = {
    "entities": "<!DOCTYPE svg [<!ENTITY a 'aaaa'>]>",
    "empty subset": "<!DOCTYPE svg []>",
    "other doctype": '<!DOCTYPE svg SYSTEM "https://evil.example/x.dtd">',
    "sheet": '<?xml-stylesheet href="https://evil.example"?>',
    "encoding": '<?xml version="1.0" encoding="iso-2022-jp"?>',
}


@pytest.mark.parametrize("name", HONEST)
def test_what_only_shows_something_is_shown(name):
    assert only_shows(HONEST[name])
    picture = base64.b64encode(HONEST[name]).decode()
    shown = f'<img src="data:image/svg+xml;base64,{picture}" alt="a">'
    assert clean_html(shown) == shown


@pytest.mark.parametrize("name", EVIL)
def test_what_may_do_more_is_not_shown(name):
    evil = drawing(EVIL[name])
    assert not only_shows(evil)
    picture = base64.b64encode(evil).decode()
    assert clean_html(f'<img src="data:image/svg+xml;base64,{picture}" alt="a">') == '<img alt="a">'


@pytest.mark.parametrize("name", EVIL_HEADS)
def test_what_may_do_more_before_it_starts_is_not_shown(name):
    assert not only_shows(drawing("<rect/>", head=EVIL_HEADS[name]))


@pytest.mark.parametrize(
    "evil",
    [
        b"",
        b"<svg/>",
        b"<html xmlns='http://www.w3.org/1999/xhtml'/>",
        b"<rect xmlns='http://www.w3.org/2000/svg'/>",
        drawing("<text>&nbsp;</text>", head=HEAD + DOCTYPE),
        drawing("<rect/>").decode().encode("utf-16"),
        drawing("<text>é</text>").decode().encode("latin-1"),
        drawing("<rect/>") + b"\x00",
        drawing("<rect/>") + b"<svg/>",
        drawing(" " * LARGEST_DRAWING),
        drawing("<rect/>", names=f'{NAMES} onload="alert(1)"'),
    ],
    ids=lambda evil: evil[:40].decode("latin-1"),
)
def test_what_is_no_plain_drawing_is_not_shown(evil):
    assert not only_shows(evil)


def test_a_repeated_part_may_be_drawn_often_but_not_for_ever():
    part = f'<path id="a" d="{"M0 0" * 5_000}"/>'
    assert only_shows(drawing(part + '<use href="#a"/>' * 900))
    assert not only_shows(drawing(part + '<use href="#a"/>' * 1_100))


LONG = """
import resource, sys
from whobuys.pages._drawing import only_shows
resource.setrlimit(resource.RLIMIT_CPU, (20, 20))
for many in ("a", "-", " ", "a ", "#a)", "rotate (", "url(#a) ", "rgb(0) "):
    value = (many * 900_000)[:900_000]
    only_shows(f'<svg xmlns="http://www.w3.org/2000/svg"><path d="{value}"/></svg>'.encode())
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no such limit there")
def test_a_long_value_is_not_read_again_from_each_of_its_letters():
    assert subprocess.run([sys.executable, "-c", LONG], check=False).returncode == 0
