"""The canvas as a picture for paper: SVG, A4 or A3 landscape, with a text alternative."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from html import escape
from itertools import product

from whobuys.canvas._blocks import Block, canvas_blocks
from whobuys.canvas._canvas import Canvas, check_language
from whobuys.canvas._checks import money
from whobuys.canvas._entry import Entry
from whobuys.canvas._markdown import canvas_title
from whobuys.canvas._wrap import is_right_to_left, text_width, wrap_text

PAPERS = {"A4": (297.0, 210.0), "A3": (420.0, 297.0)}  # mm, landscape
FONTS = (
    "Arial, Helvetica, 'Liberation Sans', 'Noto Sans SC', 'Noto Sans CJK SC', "
    "'Source Han Sans SC', 'PingFang SC', 'Microsoft YaHei', 'WenQuanYi Micro Hei', "
    "'DejaVu Sans', sans-serif"
)
POINT = 0.3528  # mm
SIZES = {"A4": (12, 11, 10, 9, 8, 7), "A3": (16, 14, 13, 12, 11, 10, 9, 8, 7)}  # points
TOPS = (0.68, 0.56, 0.8)  # share of the sheet above costs and revenue: the first that fits
MARGIN, HEAD, GAP = 8.0, 11.0, 1.4
INK, QUIET, EDGE, NOTE, NOTE_EDGE = "#1d2730", "#55616b", "#7b8791", "#fff6cf", "#d9c46a"
# Every one of them dark enough for white letters (at least 4.5 : 1).
SIDES = (
    *("#1f6a8c", "#a3450c", "#2e6e3e", "#7a3b8f"),
    *("#8a5a00", "#b0264f", "#3d4f9f", "#4d4d4d"),
)
MOST_BADGES = 4


@dataclass(frozen=True)
class _Box:
    x: float
    y: float
    width: float
    height: float


def canvas_svg(canvas: Canvas, *, paper: str = "A4", lang: str = "en") -> str:
    """Draw a canvas for paper.

    Parameters
    ----------
    canvas : Canvas
        Business or personal.
    paper : str
        ``A4`` or ``A3``, landscape.
    lang : str
        ``en`` or ``zh``: language of the block names.

    Returns
    -------
    str
        SVG with a title and a description that says all its notes. The letter before a note is the
        customer segment it is for. Letters are as large as fit, 12 points (A3: 16) down to 7; what
        does not fit even then is counted, and stands in the description.

    Raises
    ------
    ValueError
        The paper or the language is not known.

    Examples
    --------
    >>> picture = canvas_svg(Canvas("Shop").add("costs", "rent"))
    >>> "<desc" in picture, "rent" in picture
    (True, True)
    """
    check_language(lang)
    if paper not in PAPERS:
        raise ValueError(f"There is no paper {paper!r} here. Choose {' or '.join(PAPERS)}.")
    width, height = PAPERS[paper]
    letters = segment_letters(canvas)
    for points, top in product(SIZES[paper], TOPS):
        boxes = _boxes(canvas, width, height, top)
        drawn = [_block(canvas, block, box, points * POINT, lang, letters) for block, box in boxes]
        if all(fits for _, fits in drawn):
            break
    title = canvas_title(canvas, lang)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:g}mm" height="{height:g}mm" '
        f'viewBox="0 0 {width:g} {height:g}" role="img" aria-labelledby="canvas-title canvas-desc" '
        f'font-family="{escape(FONTS)}" fill="{INK}" xml:lang="{lang}">',
        f'<title id="canvas-title">{escape(title)}</title>',
        f'<desc id="canvas-desc">{escape(canvas_words(canvas, lang))}</desc>',
        f'<rect width="{width:g}" height="{height:g}" fill="#ffffff"/>',
        _head(title, canvas, width, lang),
        *(part for part, _ in drawn),
        "</svg>",
    ]
    return "\n".join(parts)


def canvas_words(canvas: Canvas, lang: str = "en") -> str:
    """Say in words everything that stands on a canvas.

    Parameters
    ----------
    canvas : Canvas
        Business or personal.
    lang : str
        ``en`` or ``zh``.

    Returns
    -------
    str
        Block by block, with amounts, kinds and the segments a note is for. The text alternative of
        every picture of the canvas.

    Examples
    --------
    >>> canvas_words(Canvas("Shop").add("costs", "rent", amount=900))[-45:]
    ' structure: rent 900. Revenue streams: empty.'
    """
    check_language(lang)
    colon, stop, empty = ("\uff1a", "。", "空") if lang == "zh" else (": ", ". ", "empty")
    said = [canvas_title(canvas, lang)]
    for block in _all_blocks(canvas):
        notes = "; ".join(_said(canvas, entry, lang) for entry in canvas.block(block.key))
        said.append(f"{block.names[lang]}{colon}{notes or empty}")
    return stop.join(said).rstrip() + stop.strip()


def segment_letters(canvas: Canvas) -> dict[str, str]:
    """Return the letter of every customer segment, by id: A, B, … Z, A1 and so on."""
    return {
        group.id: chr(65 + number % 26) + (str(number // 26) if number >= 26 else "")
        for number, group in enumerate(canvas.groups)
    }


def picture_html(canvas: Canvas, lang: str = "en", level: int = 4) -> str:
    """Return HTML for a report: the picture, and its notes as lists under headings of a level."""
    picture = base64.b64encode(canvas_svg(canvas, lang=lang).encode()).decode()
    words = {
        "en": ("{n} notes, {b} of {a} blocks filled", "As text"),
        "zh": ("{n} 条便签，{a} 格中填了 {b} 格", "文字版"),
    }[lang]
    blocks = canvas.blocks
    counted = words[0].format(
        n=len(canvas.entries), a=len(blocks), b=len(blocks) - len(canvas.missing)
    )
    alt = f"{canvas_title(canvas, lang)} ({counted})"
    return (
        f'<figure class="whobuys-canvas-picture" lang="{lang}" style="margin:0;max-width:1123px">'
        f'<img alt="{escape(alt)}" style="width:100%" src="data:image/svg+xml;base64,{picture}">'
        f"<details><summary>{words[1]}</summary>{lists_html(canvas, lang, level)}</details>"
        "</figure>"
    )


def lists_html(canvas: Canvas, lang: str, level: int = 4) -> str:
    """Return the notes as headings and lists."""
    parts = []
    for block in _all_blocks(canvas):
        notes = canvas.block(block.key)
        items = "".join(f'<li dir="auto">{escape(_said(canvas, n, lang))}</li>' for n in notes)
        name = escape(block.names[lang])
        parts.append(
            f"<h{level}>{name}</h{level}>" + (f"<ul>{items}</ul>" if items else "<p>–</p>")
        )
    return "".join(parts)


def _said(canvas: Canvas, entry: Entry, lang: str) -> str:
    parts = [entry.text]
    if entry.amount is not None:
        parts.append(money(entry.amount))
    if entry.kind:
        parts.append(f"({entry.kind})")
    groups = canvas.segments_of(entry.id)
    if groups and entry not in canvas.groups:
        to = " → " + ", ".join(group.text for group in groups)
        parts.append(to.strip())
    return " ".join(parts)


def _all_blocks(canvas: Canvas) -> list[Block]:
    """Return its blocks and the extra ones, which are called as they are."""
    known = canvas_blocks(canvas.kind, metrics=True)
    extra = [
        known.get(key) or Block(key, {"en": key, "zh": key}, {"en": "", "zh": ""}, (), (0, 0, 0, 0))
        for key in canvas.extra
    ]
    return [*canvas.blocks.values(), *extra]


def _boxes(canvas: Canvas, width: float, height: float, top: float) -> list[tuple[Block, _Box]]:
    """Place the blocks: ten columns, four tall rows above two low ones, the rest in a strip."""
    strip = [block for block in _all_blocks(canvas) if block.place[1] >= 6 or not block.place[2]]
    tall = height - 2 * MARGIN - HEAD
    below = 0.16 * tall if strip else 0.0
    rows = [0.0]
    for share in (*[top / 4] * 4, *[(1 - top) / 2] * 2):
        rows.append(rows[-1] + share * (tall - below))
    column = (width - 2 * MARGIN) / 10
    boxes = []
    for block in _all_blocks(canvas):
        if block in strip:
            wide = (width - 2 * MARGIN) / len(strip)
            x = MARGIN + wide * strip.index(block)
            boxes.append((block, _Box(x, MARGIN + HEAD + tall - below, wide, below)))
            continue
        left, row, columns, deep = block.place
        y, end = rows[row], rows[row + deep]
        boxes.append(
            (block, _Box(MARGIN + left * column, MARGIN + HEAD + y, columns * column, end - y))
        )
    return boxes


def _head(title: str, canvas: Canvas, width: float, lang: str) -> str:
    size = 15 * POINT
    while text_width(title, size, bold=True) > width - 2 * MARGIN and size > 7 * POINT:
        size *= 0.9
    if text_width(title, size, bold=True) > width - 2 * MARGIN:
        title = wrap_text(title, (width - 2 * MARGIN) / 1.15 - 4, size)[0] + "…"
    return _text(title, MARGIN, MARGIN + 5.5, size, weight="bold")


def _block(
    canvas: Canvas, block: Block, box: _Box, size: float, lang: str, letters: dict[str, str]
) -> tuple[str, bool]:
    """Draw a block; say whether all its notes fit."""
    parts = [
        f'<rect x="{box.x:.2f}" y="{box.y:.2f}" width="{box.width:.2f}" height="{box.height:.2f}" '
        f'fill="#ffffff" stroke="{EDGE}" stroke-width="0.35"/>'
    ]
    y, line = box.y + GAP, size * 1.22
    names = wrap_text(block.names[lang], (box.width - 2 * GAP) / 1.15, size)
    for name in names[:3]:
        parts.append(_text(name, box.x + GAP, y + size, size, weight="bold"))
        y += line
    y += GAP * 0.5
    notes = canvas.block(block.key)
    columns = 2 if box.width > 100 and len(notes) > 2 else 1
    wide = (box.width - GAP * (columns + 1)) / columns
    bottom = box.y + box.height - GAP
    drawn = [_note(canvas, entry, wide, size, letters) for entry in notes]
    tops, placed = [y] * columns, []
    for note, tall in drawn:
        column = min(range(columns), key=lambda one: tops[one])
        placed.append((note, box.x + GAP + column * (wide + GAP), tops[column], tall))
        tops[column] += tall + GAP * 0.7
    fits = all(top + tall <= bottom for *_, top, tall in placed)
    shown = 0
    for note, x, top, tall in placed:
        if not fits and top + tall > bottom - line:
            break
        parts.append(f'<g transform="translate({x:.2f} {top:.2f})">{note}</g>')
        shown += 1
    if not fits:
        more = f"… +{len(notes) - shown}"
        parts.append(_text(more, box.x + GAP, bottom - 0.3 * size, size, fill=QUIET))
    return "\n".join(parts), fits and len(names) <= 3


def _note(
    canvas: Canvas, entry: Entry, wide: float, size: float, letters: dict[str, str]
) -> tuple[str, float]:
    """Draw a sticky note at the origin; return it and its height."""
    pad, line = size * 0.32, size * 1.22
    text = entry.text
    if entry.amount is not None:
        text += f": {money(entry.amount)}"
    if entry.kind not in ("", "group", entry.text):
        text += f" ({entry.kind})"
    badges, taken = _badges(canvas, entry, size, letters)
    room = wide - 2 * pad - 0.8
    lines = wrap_text(text, room, size, room - taken)
    tall = 2 * pad + line * len(lines)
    backwards = is_right_to_left(entry.text)
    parts = [
        f'<rect width="{wide:.2f}" height="{tall:.2f}" rx="0.6" fill="{NOTE}" '
        f'stroke="{NOTE_EDGE}" stroke-width="0.2"/>',
        f'<g transform="translate({pad + 0.4:.2f} {pad:.2f})">{badges}</g>',
    ]
    for number, words in enumerate(lines):
        start = pad + 0.4 + (taken if number == 0 else 0)
        y = pad + number * line + size * 0.98
        if backwards:
            parts.append(_text(words, wide - pad - 0.4, y, size, direction="rtl"))
        else:
            parts.append(_text(words, start, y, size))
    return "".join(parts), tall


def _badges(
    canvas: Canvas, entry: Entry, size: float, letters: dict[str, str]
) -> tuple[str, float]:
    """Draw the letters of the segments an entry is for; return them and their width."""
    groups = canvas.segments_of(entry.id)
    if not groups or len(canvas.groups) < 2:
        return "", 0.0
    places = {id: number for number, id in enumerate(letters)}
    marks = [(letters[g.id], SIDES[places[g.id] % len(SIDES)]) for g in groups]
    if len(marks) == len(letters) > 2:
        marks = [(f"{marks[0][0]}–{marks[-1][0]}", SIDES[-1])]
    elif len(marks) > MOST_BADGES:
        marks = [*marks[: MOST_BADGES - 1], (f"+{len(marks) - MOST_BADGES + 1}", SIDES[-1])]
    parts, x, tall = [], 0.0, size * 1.08
    for letter, colour in marks:
        wide = max(tall, text_width(letter, size * 0.8, bold=True) + size * 0.3)
        middle = x + wide / 2
        parts.append(
            f'<rect x="{x:.2f}" y="0.06" width="{wide:.2f}" height="{tall:.2f}" rx="0.5" '
            f'fill="{colour}"/>'
            + _text(letter, middle, size * 0.86, size * 0.8, "#ffffff", "bold", anchor="middle")
        )
        x += wide + size * 0.15
    return "".join(parts), x + size * 0.2


def _text(
    words: str,
    x: float,
    y: float,
    size: float,
    fill: str = "",
    weight: str = "",
    anchor: str = "",
    direction: str = "",
) -> str:
    more = "".join(
        f' {name}="{value}"'
        for name, value in (
            ("fill", fill),
            ("font-weight", weight),
            ("text-anchor", anchor),
            ("direction", direction),
        )
        if value
    )
    return f'<text x="{x:.2f}" y="{y:.2f}" font-size="{size:.2f}"{more}>{escape(words)}</text>'
