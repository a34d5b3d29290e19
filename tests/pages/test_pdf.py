"""Graded reports on paper: hostile, Chinese, wide and long; a broken one costs only itself."""

import base64
import io
import os
import re
import struct
import time
import zlib
from pathlib import Path

import pytest
from PIL import Image
from typer.testing import CliRunner

from tests.fonts import needs_chinese_font
from whobuys._errors import InstructorError
from whobuys.canvas import Canvas
from whobuys.canvas._export import font_folders
from whobuys.cli.main import app
from whobuys.course import load_key, unit_folder
from whobuys.course._answers import decode, encode
from whobuys.course._judge import verdict
from whobuys.desk import export_pdf
from whobuys.desk.export_pdf import print_reports
from whobuys.grade._handins import HandIn
from whobuys.grade._run import RunResult
from whobuys.grade.report import graded_report
from whobuys.pages import _print_table as tables
from whobuys.pages import printing as _print
from whobuys.pages.page import page

typst = pytest.importorskip("typst")
needs_chinese_font()

POINTS_WIDE, EDGE = 595, 62


def sheet(html: str, folder) -> str:
    return _print.write_sheet(html, folder, "T", "en", None).read_text(encoding="utf-8")


def pages(html: str, folder, title: str = "T") -> list[Image.Image]:
    main = _print.write_sheet(html, folder, title, "en", None)
    made = typst.compile(str(main), format="png", ppi=72, font_paths=font_folders())
    made = [made] if isinstance(made, bytes) else made
    return [Image.open(io.BytesIO(raw)).convert("L") for raw in made]


def over_the_edge(image: Image.Image) -> int:
    """Count the dark dots in the margins left and right."""
    width, height = image.size
    assert width == pytest.approx(POINTS_WIDE, abs=1)
    sides = [image.crop((0, 0, EDGE - 3, height)), image.crop((width - EDGE + 3, 0, width, height))]
    return sum(sum(side.histogram()[:200]) for side in sides)


def png(width: int, height: int, real: bool = True) -> str:
    """Return a PNG; one that is not real only says that it is so large."""
    if real:
        made = io.BytesIO()
        Image.new("RGB", (width, height), "navy").save(made, "png")
        return base64.b64encode(made.getvalue()).decode()
    head = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    raw = b"\x89PNG\r\n\x1a\n\x00\x00\x00\x0d" + head + struct.pack(">I", zlib.crc32(head))
    return base64.b64encode(raw).decode()


def figure(raw: str, kind: str = "png") -> str:
    return f'<img alt="A figure." src="data:image/{kind};base64,{raw}">'


def table(columns: int, rows: int = 3, word: str = "0.123456") -> str:
    head = "".join(f"<th>column_name_{place}</th>" for place in range(columns))
    body = f"<tr><th>0</th>{f'<td>{word}</td>' * columns}</tr>" * rows
    return f"<table><thead><tr><th></th>{head}</tr></thead><tbody>{body}</tbody></table>"


# nothing goes over the edge ----------------------------------------------------------------------

WIDE = {
    "a long word": f"<p>{'x' * 900}</p>",
    "a long line of code": f"<div class='code'><pre>name = '{'y' * 900}'\n</pre></div>",
    "printed text": f"<pre>{'z' * 700} {'word ' * 90}</pre>",
    "a traceback": f"<pre class='error'>ValueError: {'q' * 500}</pre>",
    "code in text": f"<p>See <code>{'k' * 300}</code>.</p>",
    "eight columns": table(8),
    "thirty columns": table(30),
    "a long cell": table(3, word="v" * 300),
    "a wide picture": figure(png(3000, 200)),
    "a tall picture": figure(png(60, 4000)),
    "a small picture": figure(png(2, 2)),
    "a long verdict": f"<div class='verdict partly'><p class='head'><strong>{'t ' * 90}</strong>"
    f"<span>of {'p' * 80}</span></p><p>{'d' * 400}</p></div>",
    "a long item": f"<ul><li>{'i' * 300}</li></ul>",
    "a long heading": f"<h2>{'h' * 200}</h2>",
}


@pytest.mark.parametrize("what", WIDE)
def test_nothing_goes_over_the_edge(what, tmp_path):
    made = pages(f"<h1>T</h1><p>Before.</p>{WIDE[what]}<p>After.</p>", tmp_path)
    assert [over_the_edge(image) for image in made] == [0] * len(made)


def test_the_edge_is_watched(tmp_path):
    """The same page with a table that is not laid out does go over the edge."""
    main = _print.write_sheet("<p>x</p>", tmp_path, "T", "en", None)
    with main.open("a") as file:
        file.write("\n#table(columns: 40, ..range(40).map(n => [column_name]))\n")
    made = typst.compile(str(main), format="png", ppi=72, font_paths=font_folders())
    assert over_the_edge(Image.open(io.BytesIO(made)).convert("L")) > 100


# tables -------------------------------------------------------------------------------------------


def test_a_table_too_wide_for_paper_goes_on_below_with_its_first_column(tmp_path):
    made = sheet(table(30), tmp_path)
    assert made.count("table(columns") > 3
    for place in range(30):
        assert f'"column_name_{place}"' in made.replace("\u200b", "")
    assert made.count('#strong[#par[#text("0")]]') == 3 * made.count("table(columns")


def test_what_spans_several_places_keeps_the_others_in_line():
    cell = tables.Cell
    head = [(cell("", " ", True), 1, 2), (cell("mean", "m", True), 2, 1)]
    below = [(cell("a", "a", True), 1, 1), (cell("b", "b", True), 1, 1)]
    last = [(cell("0", "0", True), 1, 1), (cell("1", "1"), 1, 1), (cell("2", "2"), 1, 1)]
    grid = tables.spread([head, below, last])
    assert [[one.text for one in row] for row in grid] == [
        ["", "mean", ""],
        ["", "a", "b"],
        ["0", "1", "2"],
    ]
    assert tables.headings(grid) == 2
    assert tables.is_number([row[1] for row in grid], 2)


def test_money_with_a_blank_that_does_not_break_is_one_word():
    grid = [
        [tables.Cell(name, name, True) for name in ("segment", *"abcdefg")],
        [tables.Cell("buys often, buys across the range " * 3, "x")]
        + [tables.Cell("CNY\u00a067.78", "x")] * 7,
    ]
    size, widths = tables.layout(grid)
    assert widths is not None
    assert sum(widths) <= tables.PAPER + 1
    assert min(widths[1:]) >= tables._em("CNY\u00a067.78", False) * size + tables.GAP - 0.1


def test_hostile_tables_are_set():
    for html in (
        "<table></table>",
        "<table><tr></tr></table>",
        '<table><tr><td colspan="9999" rowspan="9999">x</td></tr><tr><td>y</td></tr></table>',
        '<table><tr><td colspan="-1">x</td><td colspan="abc">y</td></tr></table>',
        "<table><tr><th>only heading</th></tr></table>",
        "<table><tr><td><table><tr><td>inside</td></tr></table></td></tr></table>",
    ):
        assert _print.print_page(html, title="T", contents=None).startswith(b"%PDF")


# hostile pages ------------------------------------------------------------------------------------


def test_no_text_is_a_command(tmp_path):
    evil = '#panic("x") $x$ *a* \\ "#eval(1)" ] } `#read("/etc/passwd")` <a> @b = h'
    html = (
        f"<h2>{evil}</h2><p>{evil}</p><pre>{evil}</pre><ul><li>{evil}</li></ul>"
        f"<div class='code'><pre>{evil}</pre></div><p><code>{evil}</code></p>"
        f"<table><tr><th>{evil}</th></tr><tr><td>{evil}</td></tr></table>"
        f"<div class='verdict passed'><p class='head'><strong>{evil}</strong></p></div>"
        f'<img alt="{evil.replace(chr(34), "&quot;")}" src="data:image/png;base64,{png(4, 4)}">'
    )
    assert _print.print_page(html, title=evil).startswith(b"%PDF")
    outside = re.sub(r'"(?:[^"\\]|\\.)*"', '""', sheet(html, tmp_path))
    for word in ("panic", "eval(", "read(", "passwd"):
        assert word not in outside


def test_letters_no_font_has_and_control_codes_are_set():
    html = "<p>\x00\x07 😀 \ue000 \u202e عربي नमस्ते \u200d \ufffe</p><pre>\x1b[31m\x00</pre>"
    assert _print.print_page(html, title="\x00😀", contents=None).startswith(b"%PDF")


def test_very_deep_pages_are_flat():
    html = "<div>" * 5000 + "<ul><li>" * 3000 + "deep" + "</div>" * 5000 + "<p>After</p>"
    assert _print.print_page(html, title="T", contents=None).startswith(b"%PDF")


def test_a_flood_of_text_is_cut_and_says_so(tmp_path):
    lines = "line of text\n" * 100_000
    html = f"<pre>{lines}</pre>" + "<p>word word word</p>" * 40_000
    assert _print.CUT in sheet(html, tmp_path)
    begun = time.monotonic()
    made = _print.print_page(html, title="T", contents=None)
    assert len(made) < 3_000_000
    assert time.monotonic() - begun < 60


def test_pictures_that_are_none_or_too_large_are_left_out(tmp_path):
    html = (
        figure(png(60_000, 60_000, real=False))
        + figure("not base64")
        + figure(base64.b64encode(b"no picture").decode())
        + '<img src="http://x/a.png">'
    )
    made = sheet(html, tmp_path)
    assert _print.TOO_LARGE in made
    assert not list(tmp_path.glob("picture*"))


def test_the_size_of_a_jpeg_is_read():
    made = io.BytesIO()
    Image.new("RGB", (31, 17)).save(made, "jpeg")
    assert _print._size(made.getvalue()) == (31, 17)
    assert _print._size(b"\xff\xd8\xff\xe0\x00\x00\x00") is None


# a graded report ----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def report():
    """A report of lesson 11: a canvas with Chinese notes, a Chinese name, all states."""
    exercise = load_key(unit_folder("11_business_model_canvas") / "key.py")
    canvas = Canvas("茶馆 <b>").add("customers", "上班族，午休时来").add("channels", "微信小程序")
    states = ["passed", "partly", "try_again", "could_not_run", "not_started", "try_again"]
    states.append("for_review")
    verdicts = [
        verdict(question, state, 0.5, ["第二行：少了客户 `C1`。", "x" * 200])
        for question, state in zip(exercise.questions.values(), states, strict=True)
    ]
    last = exercise.questions["q6"]
    run = RunResult(answers={last.id: decode(encode(canvas))})
    handin = HandIn("wang", Path("作业 (1).ipynb"), "d" * 64)
    return graded_report(exercise, "王小明 <script>", handin, run, verdicts, "22 November 2026")


def test_a_report_with_a_canvas_and_chinese_text(report, tmp_path):
    made = _print.print_page(report, title="商业模式画布", contents=None)
    assert b"NotoSansSC" in made
    body = sheet(report, tmp_path)
    assert [path.name for path in tmp_path.glob("picture*")] == ["picture1.svg"]
    assert "王小明 <script>" in body
    assert "上班族" in body
    for colour in (_print.GOOD, _print.MIDDLE, _print.BAD, _print.PLAIN):
        assert f"#card({colour}" in body
    assert [over_the_edge(image) for image in pages(report, tmp_path)].count(0) >= 3


@pytest.fixture
def graded(tmp_path, report):
    folder = tmp_path / "graded" / "reports"
    folder.mkdir(parents=True)
    (folder / "wang.html").write_text(report, encoding="utf-8")
    cell = {"cell_type": "markdown", "id": "a", "source": "Words", "metadata": {}}
    for student in ("ana", "zoe"):
        (folder / f"{student}.html").write_text(page([cell], title=student), encoding="utf-8")
    return tmp_path / "graded"


def test_a_report_that_cannot_be_printed_costs_only_its_own_pdf(graded):
    broken = graded / "reports" / "bad.html"
    # a drawing that says it is one
    evil = figure(
        base64.b64encode(b"<svg xmlns='http://www.w3.org/2000/svg'><g").decode(), "svg+xml"
    )
    broken.write_text(f"<title>x</title><p>x</p>{evil}")
    (graded / "reports" / "bad.pdf").write_bytes(b"of before")
    os.utime(graded / "reports" / "bad.pdf", (1, 1))
    told = []
    made = print_reports(graded, tell=lambda *said: told.append(said))
    assert [path.name for path in made.made] == ["ana.pdf", "wang.pdf", "zoe.pdf"]
    assert list(made.failed) == ["bad"]
    assert "cannot be set on paper" in made.failed["bad"]
    assert not (graded / "reports" / "bad.pdf").exists()
    assert told[-1] == ("zoe", 4, 4)
    assert all(path.read_bytes().startswith(b"%PDF") for path in made.made)

    again = print_reports(graded, ["ana", "wang"])
    assert (len(again.made), len(again.unchanged)) == (0, 2)

    said = CliRunner().invoke(app, ["export", "pdf", "--to", str(graded)], env={"COLUMNS": "200"})
    assert said.exit_code == 1
    assert "No PDF for bad: " in said.output + said.stderr
    assert "0 printed, 3 unchanged" in said.output


@pytest.mark.slow
def test_a_process_that_hangs_or_dies_is_replaced(graded, monkeypatch):
    monkeypatch.setattr(export_pdf, "_print", _misbehave)
    made = print_reports(graded, seconds=20)
    assert list(made.failed) == ["ana", "wang"]
    assert "longer than 20 seconds" in made.failed["ana"]
    assert "ended" in made.failed["wang"]
    assert [path.read_bytes() for path in made.made] == [b"%PDF-"]


def _misbehave(path):
    if path.stem == "ana":
        time.sleep(600)
    if path.stem == "wang":
        os._exit(1)
    return b"%PDF-"


def test_without_typst_the_mend_is_named(graded, monkeypatch):
    monkeypatch.setattr(export_pdf, "find_spec", lambda name: None)
    with pytest.raises(InstructorError, match=r"whobuys\[print\]"):
        print_reports(graded)
