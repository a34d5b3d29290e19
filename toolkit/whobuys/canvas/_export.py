"""A canvas as a file: for the next program, for the screen, for the printer."""

from __future__ import annotations

import base64
import tempfile
from html import escape
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

from whobuys.canvas._canvas import Canvas
from whobuys.canvas._markdown import canvas_title
from whobuys.canvas._svg import FONTS, PAPERS, canvas_svg, canvas_words, lists_html
from whobuys.canvas._text import is_chinese

ENDINGS = (".json", ".md", ".svg", ".html", ".png", ".pdf")
DOTS_PER_INCH = 200
SHEET = """#set document(title: sys.inputs.title)
#set text(lang: sys.inputs.lang)
#set page(width: {width}mm, height: {height}mm, margin: 0mm)
#image("canvas.svg", width: 100%, alt: sys.inputs.words)
"""
PAGE = """<!doctype html>
<html lang="{lang}"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
body {{ font-family: {fonts}; color: #1d2730; background: #ffffff; margin: 1rem auto;
  max-width: 80rem; padding: 0 1rem; line-height: 1.45; }}
img {{ width: 100%; height: auto; }}
section {{ columns: 18rem; column-gap: 2rem; }}
h2, h3 {{ break-after: avoid; }} ul {{ margin-top: 0; }}
@page {{ size: {paper} landscape; margin: 0; }}
@media print {{ body {{ margin: 0; max-width: none; padding: 0; }}
  section, h2 {{ display: none; }}
  img {{ display: block; margin: auto; max-height: 99vh; object-fit: contain; }} }}
</style></head>
<body><main><h1 hidden>{title}</h1>
<img alt="{alt}" src="data:image/svg+xml;base64,{picture}">
<h2>{text}</h2><section>{lists}</section></main></body></html>
"""


def save_canvas(canvas: Canvas, path: Path, paper: str, lang: str) -> Path:
    """Write a canvas in the form its ending says."""
    ending = path.suffix.lower()
    if ending not in ENDINGS:
        raise ValueError(
            f'A canvas is not saved as "{path.suffix or path.name}". Choose one of: '
            f"{', '.join(ENDINGS)}."
        )
    if ending in (".png", ".pdf"):
        path.write_bytes(_printed(canvas, "png" if ending == ".png" else "pdf", paper, lang))
    else:
        path.write_text(_written(canvas, ending, paper, lang), encoding="utf-8")
    return path


def _written(canvas: Canvas, ending: str, paper: str, lang: str) -> str:
    if ending == ".json":
        return canvas.to_json()
    if ending == ".md":
        return canvas.to_markdown(lang)
    picture = canvas_svg(canvas, paper=paper, lang=lang)
    if ending == ".svg":
        return picture
    title = canvas_title(canvas, lang)
    return PAGE.format(
        lang=lang,
        title=escape(title),
        fonts=FONTS,
        paper=paper,
        alt=escape(title),
        picture=base64.b64encode(picture.encode()).decode(),
        text="文字版" if lang == "zh" else "As text",
        lists=lists_html(canvas, lang, level=3),
    )


def _printed(canvas: Canvas, form: Literal["png", "pdf"], paper: str, lang: str) -> bytes:
    try:
        import typst
    except ImportError:
        raise ImportError(
            f"A canvas becomes {form.upper()} with the package typst: python -m pip install typst. "
            "SVG and HTML need nothing; a browser prints them."
        ) from None
    picture = canvas_svg(canvas, paper=paper, lang=lang)
    fonts = font_folders()
    words = canvas_words(canvas, lang)
    if any(map(is_chinese, words)):
        _need_chinese(typst.Fonts(font_paths=fonts).families())
    width, height = PAPERS[paper]
    sheet = SHEET.format(width=width, height=height)
    with tempfile.TemporaryDirectory() as folder:
        main = Path(folder) / "main.typ"
        main.write_text(sheet, encoding="utf-8")
        main.with_name("canvas.svg").write_text(picture, encoding="utf-8")
        made: bytes = typst.compile(
            str(main),
            format=form,
            ppi=DOTS_PER_INCH,
            font_paths=fonts,
            sys_inputs={"title": canvas_title(canvas, lang), "lang": lang, "words": words},
            pdf_standards="ua-1" if form == "pdf" else None,
        )
    return made


def font_folders() -> list[str]:
    """Return the folders of the fonts that come with packages: Latin, and Chinese if there."""
    folders = [str(files("matplotlib") / "mpl-data" / "fonts" / "ttf")]
    carrier = find_spec("zhplot")  # only its font is wanted; importing it changes matplotlib
    if carrier is not None and carrier.origin is not None:
        folders.append(str(Path(carrier.origin).with_name("fonts")))
    return folders


def _need_chinese(families: list[str]) -> None:
    named = {name.strip(" '") for name in FONTS.split(",")} - {"DejaVu Sans"}
    chinese = [
        f for f in families if f in named and any(c in f for c in ("SC", "YaHei", "WenQuan"))
    ]
    more = [f for f in families if any(c in f for c in ("CJK", "Sim", "Song", "Hei", "Han"))]
    if not chinese and not more:
        raise ValueError(
            "There is no Chinese font on this machine, so Chinese words would be missing. "
            "pip install 'whobuys[print]' brings one; or save as HTML or SVG, and print it where "
            "there is one."
        )
