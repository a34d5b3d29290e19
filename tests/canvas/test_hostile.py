"""Two hundred hostile inputs: each is refused in one sentence, or shown harmlessly."""

import json
import random
import xml.etree.ElementTree as ET
from html.parser import HTMLParser

import pytest

from tests.canvas.test_model import HERE
from whobuys.canvas import Canvas, canvas_svg, check_canvas, side_by_side
from whobuys.canvas._editor import edit_canvas

NASTY = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '"><svg onload=alert(1)>',
    "javascript:alert(1)",
    "</desc></svg><script>1</script>",
    "]]> <!-- -- > &lt;b&gt; &#x3C;",
    "שלום עולם",
    "مرحبا بالعالم ‏",
    "\u202etxt.exe\u202c",
    "👩‍👩‍👧‍👦🏴󠁧󠁢󠁥󠁮󠁧󠁿",
    "字" * 290,
    "x" * 300,
    "a\x00b\x1b[31m\r\n\tc",
    "\ud800 half",
    "\ufffe\uffff\u2028\u2029",
    "Z͑ͫ̓ͪ̂ͫ̽͏̴̙̤̞͉͚̯̞̠͍A̴̵̜̰͔ͫ͗͢",
    "{amount: 1 | links: x}",
    "# heading\n- bullet",
    "{{7*7}} ${x} %s {0} {entry}",
    "../../etc/passwd",
    " \u200b\u200d ",
    "=1+1",
]
SAYING = [text for text in NASTY if "\u200b" not in text]  # the other one is empty
SCALARS = [
    None,
    True,
    False,
    0,
    -1,
    3.5,
    10**400,
    float("nan"),
    float("inf"),
    "",
    "x",
    [],
    {},
    [[]],
]
KEYS = [
    "id",
    "block",
    "text",
    "amount",
    "kind",
    "links",
    "evidence",
    "format",
    "version",
    "entries",
]


def deep(levels):
    return "[" * levels + "]" * levels


def sound(rng):
    """Return a document with nasty but allowed content."""
    blocks = ["customer_segments", "value_propositions", "costs", "vision", "<b>block</b>"]
    count = rng.randint(0, 12)
    ids = [f"n{number}" for number in range(count)]
    return {
        "format": "whobuys canvas",
        "version": 1,
        "kind": rng.choice(["business", "personal"]),
        "title": rng.choice(SAYING)[:100],
        "metrics": rng.random() < 0.3,
        "entries": [
            {
                "id": id,
                "block": rng.choice(blocks),
                "text": rng.choice(SAYING),
                "amount": rng.choice([None, 0, -5, 1e14, 0.1]),
                "kind": rng.choice(["", "fixed", "<i>k</i>", "need"]),
                "links": rng.sample(ids, rng.randint(0, min(3, count))),
                "evidence": [{"kind": "note", "text": rng.choice(SAYING)}],
            }
            for id in ids
        ],
    }


def spoil(rng, value):
    """Put one wrong thing somewhere."""
    document = json.loads(json.dumps(value))
    places = [document, *document["entries"]]
    for _ in range(rng.randint(1, 3)):
        place = rng.choice(places)
        key = rng.choice([*place, *KEYS, "unknown", "__proto__"])
        if rng.random() < 0.2:
            place.pop(key, None)
        else:
            place[key] = rng.choice([*SCALARS, rng.choice(NASTY)])
    return document


def inputs():
    rng = random.Random(20)  # noqa: S311
    yield from ["", "null", "3", '"x"', "[]", "{", "{}", '{"a": NaN}', "﻿{}", "\x00", "true"]
    yield from [deep(10), deep(100_000), '{"costs": ' * 5000 + "1" + "}" * 5000]
    yield json.dumps({"costs": [f"note {n}" for n in range(10_000)]})
    many = sound(rng) | {
        "entries": [{"id": f"n{n}", "block": "costs", "text": "x"} for n in range(10_000)]
    }
    yield json.dumps(many)
    yield json.dumps({"costs": ["x" * 1_000_000]})
    yield '{"costs": [{"text": "x", "amount": ' + "9" * 5000 + "}]}"
    yield json.dumps({"costs": {"text": "x", "links": ["x" * 1000]}})
    yield json.dumps({text: [text] for text in NASTY})
    yield json.dumps({"costs": NASTY})
    ring = [
        {"id": f"n{n}", "block": "costs", "text": "x", "links": [f"n{m}" for m in range(300)]}
        for n in range(300)
    ]
    yield json.dumps(sound(rng) | {"entries": ring})
    while True:
        document = sound(rng)
        yield json.dumps(document if rng.random() < 0.4 else spoil(rng, document))


class Tags(HTMLParser):
    def __init__(self, html):
        super().__init__()
        self.tags = []
        self.feed(html)

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))


ALLOWED = {
    *("figure", "img", "details", "summary", "h3", "h4", "ul", "li", "p"),
    *("table", "thead", "tbody", "tr", "th", "td", "del", "ins", "em", "strong"),
}


def harmless(html):
    for tag, attributes in Tags(html).tags:
        assert tag in ALLOWED
        assert not [name for name in attributes if name.startswith("on") or name == "href"]


def test_two_hundred_inputs():
    jsonschema = pytest.importorskip("jsonschema")
    schema = json.loads((HERE / "canvas.schema.json").read_text(encoding="utf-8"))
    schema = jsonschema.Draft202012Validator(schema)
    given = inputs()
    refused = shown = 0
    for _ in range(220):
        text = next(given)
        try:
            canvas = Canvas.from_json(text)
        except ValueError as error:
            refused += 1
            said = str(error)
            assert 10 < len(said) < 400, said
            assert said[0].isupper(), said
            assert said.replace("\u200d", "").isprintable(), repr(said)
            continue
        shown += 1
        schema.validate(canvas.to_dict())
        assert Canvas.from_json(canvas.to_json()) == canvas
        svg = canvas_svg(canvas)
        tags = {node.tag.split("}")[1] for node in ET.fromstring(svg).iter()}  # noqa: S314
        assert tags <= {"svg", "title", "desc", "rect", "text", "g"}
        harmless(canvas._repr_mimebundle_()["text/html"])
        harmless(side_by_side(Canvas(kind=canvas.kind), canvas).html)
        check_canvas(canvas)
        canvas.to_markdown("zh").encode()
        for entry in canvas.entries:
            assert not set(entry.text) & set("\u202e\u202a\x00\x1b\n\ufffe")
    assert refused > 60
    assert shown > 60


def test_what_the_schema_refuses_is_refused():
    jsonschema = pytest.importorskip("jsonschema")
    schema = json.loads((HERE / "canvas.schema.json").read_text(encoding="utf-8"))
    schema = jsonschema.Draft202012Validator(schema)
    rng = random.Random(5)  # noqa: S311
    for _ in range(300):
        document = spoil(rng, sound(rng))
        if "format" in document and not schema.is_valid(document):
            with pytest.raises(ValueError, match=r"[.]$"):
                Canvas.from_dict(document)


def test_ten_thousand_notes_are_refused_at_once():
    with pytest.raises(ValueError, match=r"more than 300"):
        Canvas.from_json(json.dumps({"costs": ["x"] * 10_000}))


def test_what_the_browser_sends_is_never_believed(tmp_path):
    rng = random.Random(7)  # noqa: S311
    path = tmp_path / "canvas.json"
    editor = edit_canvas(path, Canvas("Mine").add("costs", "rent"))
    editor.canvas = editor.canvas.add("costs", "wages")
    kept = path.read_text(encoding="utf-8")
    for _ in range(60):
        document = spoil(rng, sound(rng)) | {"entries": rng.choice([None, [3], "x", {"a": 1}])}
        editor.widget.document = document
        assert editor.widget.status["saved"] is False
        assert editor.widget.status["message"]
        assert path.read_text(encoding="utf-8") == kept
    assert [entry.text for entry in editor.canvas.entries] == ["rent", "wages"]
