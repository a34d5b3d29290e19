"""The graded reports and the class report, as they open on a phone and on a laptop."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import nbformat
import pytest

pytestmark = pytest.mark.browser

ROOT = Path(__file__).resolve().parents[2]
UNIT = "05_rfm"
PAGES = ["reports/ana.html", "reports/bo.html", "reports/cai.html", "class_report.html"]
WIDTHS = [380, 1280]
SCHEMES = ["light", "dark"]

# Cai made one of every kind of mistake, and prints wide things.
CAI = {
    "q1": "rfm = rfm_table(transactions, as_of='2026-06-30')\n"
    "lines = transactions.groupby('customer_id').size()\n"
    "rfm['frequency'] = rfm['customer_id'].map(lines)",
    "q2": "scores = rfm_score(rfm)",
    "q3": "segments = rfm['no such column']",
    "q4": "cycle = 12345.0",
    "q6-work": "import matplotlib.pyplot as plt\n"
    "plt.plot([1, 2, 3])\n"
    "plt.show()\n"
    "print('x' * 500)\n"
    "transactions.head(3).T.rename(columns=lambda number: f'a rather long name {number}')",
    "q6": "## My plan\n\nI call the dormant.\n\n"
    + "\n".join(["| " + " | ".join(["a_column_name"] * 12) + " |", "|--" * 12 + "|"])
    + f"\n\n`{'y' * 200}`",
}

# Lightness contrast as in WCAG 2, of the words against what is painted behind them.
CONTRAST = """() => {
  const rgba = text => {
    const [r, g, b, a = 1] = text.match(/[\\d.]+/g).map(Number);
    return { rgb: [r, g, b], a };
  };
  const luminance = rgb => {
    const [r, g, b] = rgb.map(v => v / 255)
      .map(v => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const over = (top, under) => top.rgb.map((v, i) => v * top.a + under[i] * (1 - top.a));
  const behind = element => {
    if (!element) return [255, 255, 255];
    const own = rgba(getComputedStyle(element).backgroundColor);
    return own.a === 1 ? own.rgb : over(own, behind(element.parentElement));
  };
  return [...document.querySelectorAll('.verdict .state, .verdict .head, .verdict p, .quiet')]
    .map(element => {
      const back = behind(element);
      const front = over(rgba(getComputedStyle(element).color), back);
      const [light, dark] = [luminance(front), luminance(back)].sort((a, b) => b - a);
      return [element.innerText, (light + 0.05) / (dark + 0.05)];
    });
}"""
# Words that stick out of the page, or out of a box that does not scroll.
CUT = """() => {
  const edge = document.documentElement.clientWidth + 1;
  return [...document.querySelectorAll('main *')].filter(element => {
    if (element.getBoundingClientRect().right <= edge) return false;
    for (let box = element; box; box = box.parentElement) {
      if (['auto', 'scroll'].includes(getComputedStyle(box).overflowX)) return false;
    }
    return true;
  }).map(element => element.outerHTML.slice(0, 120));
}"""
# Words of a table that go on in the next line.
BROKEN = """() => {
  const broken = [];
  for (const cell of document.querySelectorAll('main th, main td')) {
    const walker = document.createTreeWalker(cell, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      for (const word of node.data.matchAll(/\\d+(?:-\\d+)+|\\w{2,}/g)) {
        if (word[0].length > 30) continue;
        const range = document.createRange();
        range.setStart(node, word.index);
        range.setEnd(node, word.index + word[0].length);
        const lines = new Set([...range.getClientRects()].map(box => Math.round(box.top)));
        if (lines.size > 1) broken.push(word[0]);
      }
    }
  }
  return broken;
}"""


@pytest.fixture(scope="session")
def graded(chromium, tmp_path_factory) -> Path:
    """Reports of a class of three: all right, untouched, and a bit of everything."""
    folder = tmp_path_factory.mktemp("class")
    (folder / "roster.csv").write_text("student,name\nana,Ana Lee\nbo,Bo Chen\ncai,Cai Wu\n")
    whobuys(folder, "release", UNIT, "--roster", "roster.csv", "--to", "out")
    untouched = nbformat.read(folder / "out" / "students" / "bo" / f"{UNIT}.ipynb", as_version=4)
    solution = nbformat.read(ROOT / "solutions" / f"{UNIT}.ipynb", as_version=4)
    written = nbformat.from_dict(json.loads(nbformat.writes(untouched)))
    for cell in written.cells:
        cell.source = CAI.get(cell.id, cell.source)
    for student, notebook in {"ana": solution, "bo": untouched, "cai": written}.items():
        place = folder / "out" / "handed_in" / student
        place.mkdir(parents=True)
        nbformat.write(notebook, place / f"{UNIT}.ipynb")
    whobuys(folder, "grade", UNIT, "out/handed_in", "--to", "graded")
    return folder / "graded"


def whobuys(folder: Path, *arguments: str) -> None:
    """Run the command line in a process of its own, which knows nothing of the browser."""
    done = subprocess.run(
        [sys.executable, "-m", "whobuys.cli.main", *arguments],
        cwd=folder,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=240,
    )
    assert done.returncode == 0, done.stdout + done.stderr


class Opened:
    """A page and what it did while it opened."""

    def __init__(self, page: Any) -> None:
        self.page = page
        self.asked: list[str] = []
        self.said: list[str] = []
        page.on("request", lambda request: self.asked.append(request.url))
        page.on("console", lambda line: self.said.append(f"{line.type}: {line.text}"))
        page.on("pageerror", lambda error: self.said.append(f"error: {error}"))


@pytest.fixture
def open_page(graded, new_page) -> Callable[..., Opened]:
    """Open one of the pages in a window of its own."""

    def opened(name: str, width: int = 1280, scheme: str = "light") -> Opened:
        window = {"width": width, "height": 900}
        shown = Opened(new_page(viewport=window, color_scheme=scheme))
        shown.page.goto((graded / name).as_uri(), timeout=120_000)
        return shown

    return opened


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", PAGES)
def test_a_page_fits_the_screen(open_page, name, width):
    shown = open_page(name, width)
    wide = shown.page.evaluate("document.documentElement.scrollWidth")
    assert wide <= width, shown.page.evaluate(CUT)
    assert shown.page.evaluate(CUT) == []
    assert shown.page.evaluate(BROKEN) == []


@pytest.mark.parametrize("name", PAGES)
def test_a_page_asks_for_nothing_and_complains_of_nothing(open_page, name):
    shown = open_page(name)
    shown.page.wait_for_load_state("networkidle")
    assert [url for url in shown.asked if not url.startswith(("file:", "data:"))] == []
    assert shown.said == []


@pytest.mark.parametrize("name", PAGES)
def test_a_page_can_be_read_aloud(open_page, name):
    shown = open_page(name)
    page = shown.page
    assert page.evaluate("document.documentElement.lang") == "en"
    assert page.title().strip()
    figures = "all => all.map(img => img.naturalWidth ? img.alt.trim() : '')"
    alts = page.locator("img").evaluate_all(figures)
    assert all(alts), alts
    levels = page.locator("h1, h2, h3, h4, h5, h6").evaluate_all(
        "all => all.map(h => [Number(h.tagName[1]), h.innerText])"
    )
    assert levels[0][0] == 1
    jumps = [
        (before[1], after[1]) for before, after in pairwise(levels) if after[0] > before[0] + 1
    ]
    assert jumps == []


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("name", PAGES)
def test_the_words_stand_out_from_the_page(open_page, name, scheme):
    shown = open_page(name, scheme=scheme)
    measured = shown.page.evaluate(CONTRAST)
    assert measured
    assert [words for words in measured if words[1] < 4.5] == []


def test_every_kind_of_verdict_was_looked_at(open_page):
    kinds = set()
    for name in PAGES[:3]:
        shown = open_page(name)
        kinds |= set(shown.page.locator(".verdict .state").all_inner_texts())
    for words in ("Right", "Partly right", "Not right yet", "Not started", "Could not run"):
        assert any(kind.endswith(words) for kind in kinds), (words, kinds)


def test_dark_is_dark_and_light_is_light(open_page):
    paper = "getComputedStyle(document.body).backgroundColor.match(/\\d+/g).map(Number)"
    for scheme, is_right in (("light", lambda v: v > 200), ("dark", lambda v: v < 60)):
        shown = open_page(PAGES[0], scheme=scheme)
        assert all(map(is_right, shown.page.evaluate(paper)))


def test_a_verdict_leads_to_its_answer_by_keyboard(open_page):
    shown = open_page(PAGES[0])
    shown.page.locator("a[href='#cell-q4']").focus()
    shown.page.keyboard.press("Enter")
    target = shown.page.locator("#cell-q4")
    target.wait_for()
    shown.page.wait_for_function(
        "document.querySelector('#cell-q4').getBoundingClientRect().top < innerHeight"
    )
    assert "The purchase cycle" in target.inner_text()
