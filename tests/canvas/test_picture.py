import re
import xml.etree.ElementTree as ET

import pytest

from tests.canvas.test_model import companies
from tests.fonts import needs_chinese_font
from whobuys.canvas import Canvas, canvas_svg, canvas_words, gallery_canvas
from whobuys.canvas._svg import INK, NOTE, QUIET, SIDES
from whobuys.canvas._wrap import text_width, wrap_text

SVG = "{http://www.w3.org/2000/svg}"


def contrast(one, other):
    light = []
    for colour in (one, other):
        parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
        parts = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        light.append(0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2])
    return (max(light) + 0.05) / (min(light) + 0.05)


def texts(svg):
    return [node.text for node in ET.fromstring(svg).iter(f"{SVG}text")]  # noqa: S314


@pytest.mark.parametrize("paper", ["A4", "A3"])
@pytest.mark.parametrize("lang", ["en", "zh"])
def test_everything_stands_on_the_sheet(paper, lang):
    for canvas in companies():
        svg = canvas_svg(canvas, paper=paper, lang=lang)
        said = "".join(texts(svg)).replace(" ", "")
        for entry in canvas.entries:
            assert entry.text.replace(" ", "") in said
        for block in canvas.blocks.values():
            assert block.names[lang].replace(" ", "") in said
        assert "…" not in said
        assert min(float(s) for s in re.findall(r'font-size="([\d.]+)"', svg)) > 7 * 0.3528 * 0.79


def test_the_description_says_everything():
    for canvas in companies():
        root = ET.fromstring(canvas_svg(canvas))  # noqa: S314
        assert root.get("role") == "img"
        desc = root.find(f"{SVG}desc").text
        assert desc == canvas_words(canvas)
        for entry in canvas.entries:
            assert entry.text in desc
    assert "成本结构：空" in canvas_words(gallery_canvas("online education"), "zh")


def test_no_line_is_wider_than_its_note():
    long = "a made-to-measure wardrobe for office workers whom no shop fits, " * 3
    for text in (long, "字" * 200, "x" * 250, "量身定制的衣服,每天早上八点以前送到。" * 8):
        for line in wrap_text(text[:290], 40, 4, 30):
            assert text_width(line, 4) <= 40
        joined = "".join(wrap_text(text[:290], 40, 4, 30))
        assert joined.replace(" ", "") == text[:290].replace(" ", "")


def test_chinese_lines_do_not_begin_with_a_full_stop():
    lines = wrap_text("量身定制的衣服\uff0c每天早上八点以前送到\u3002" * 8, 41, 4)
    assert not [line for line in lines if line[0] in "\uff0c\u3002"]


def test_too_much_is_counted_not_cut_in_silence():
    canvas = Canvas.from_dict({"costs": [f"cost number {n} of very many" for n in range(120)]})
    shown = texts(canvas_svg(canvas))
    more = [text for text in shown if text.startswith("… +")]
    assert len(more) == 1
    drawn = len({text for text in shown if text.startswith("cost number")})
    assert drawn + int(more[0].removeprefix("… +")) == 120
    assert "cost number 119" in canvas_words(canvas)


def test_extra_blocks_are_shown():
    svg = canvas_svg(gallery_canvas("ten items"), lang="zh")
    assert "关键指标" in "".join(texts(svg))
    assert "vision" in "".join(texts(canvas_svg(Canvas.from_dict({"vision": ["first"]}))))


def test_colours_can_be_read():
    assert all(contrast("#ffffff", side) >= 4.5 for side in SIDES)
    assert contrast(INK, NOTE) >= 7
    assert contrast(QUIET, "#ffffff") >= 4.5


@pytest.mark.parametrize("ending", ["svg", "html", "md", "json"])
def test_text_files(tmp_path, ending):
    canvas = next(companies())
    path = canvas.save(tmp_path / f"canvas.{ending}", lang="zh" if ending == "html" else "en")
    text = path.read_text(encoding="utf-8")
    assert "school boards" in text
    assert "http" not in text.replace("http://www.w3.org/2000/svg", "")
    if ending == "html":
        assert '<html lang="zh">' in text
        assert re.search(r'<img alt="[^"]{5,}"', text)


def test_paper_files(tmp_path):
    pytest.importorskip("typst")
    canvas = next(companies())
    png = canvas.save(tmp_path / "canvas.png").read_bytes()
    assert png[:4] == b"\x89PNG"
    wide, high = (int.from_bytes(png[at : at + 4], "big") for at in (16, 20))
    assert wide / high == pytest.approx(297 / 210, abs=0.01)
    pdf = canvas.save(tmp_path / "canvas.pdf", paper="A3").read_bytes()
    assert pdf.startswith(b"%PDF")
    assert pdf.count(b"/Type /Page\n") + pdf.count(b"/Type/Page/") + pdf.count(b"/Type /Page/") <= 1


def test_without_typst_the_message_says_what_to_do(tmp_path, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "typst", None)
    with pytest.raises(ImportError, match="pip install typst"):
        Canvas().save(tmp_path / "canvas.pdf")


def test_chinese_on_paper_has_its_letters(tmp_path):
    pytest.importorskip("typst")
    needs_chinese_font()
    pdf = Canvas().add("costs", "房租").save(tmp_path / "canvas.pdf", lang="zh").read_bytes()
    assert b"NotoSansSC" in pdf


def test_chinese_on_paper_is_not_lost_in_silence(tmp_path, monkeypatch):
    typst = pytest.importorskip("typst")

    class NoChinese:
        def __init__(self, **_):
            pass

        def families(self):
            return ["DejaVu Sans", "Arial"]

    monkeypatch.setattr(typst, "Fonts", NoChinese)
    with pytest.raises(ValueError, match="no Chinese font"):
        Canvas().add("costs", "房租").save(tmp_path / "canvas.png")


def test_a_notebook_shows_the_picture_and_the_words():
    bundle = next(companies())._repr_mimebundle_()
    assert '<img alt="Business model canvas: learnhub today' in bundle["text/html"]
    assert "<li dir=" in bundle["text/html"]
    assert bundle["text/plain"].startswith("# Business model canvas")
