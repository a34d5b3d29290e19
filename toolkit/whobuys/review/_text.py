"""An answer as a marker sees it: cleaned as in the report, and nothing in it leads anywhere."""

from __future__ import annotations

import re
from functools import lru_cache
from html import escape

from whobuys.pages.page import OPENING, clean_html, clean_markdown, move_headings

LONGEST = 30_000
MOST_TAGS = 3_000
# What starts a link, a picture or an emphasis: the time to pair them grows with their square.
PAIRED = re.compile(r"[\[\]*_`~$]")
MOST_PAIRED = 4_000
CUT = "<p class='cut'>… The rest is left out here; the hand-in has it.</p>"
# Work that is longer, or holds more pictures, is folded at first.
LONG_WORK = 3_000
MANY_PICTURES = 2
TAG = re.compile(r"<[^>]*>")
LINK = re.compile(r"<a\b([^>]*)>(.*?)</a>", re.DOTALL)
ADDRESS = re.compile(r'href="([^"]*)"')


@lru_cache(maxsize=2_000)
def shown(text: str) -> str:
    """Render an answer for the review page.

    Parameters
    ----------
    text : str
        Markdown of unknown origin.

    Returns
    -------
    str
        HTML without scripts, styles, forms, links or anything fetched. A link's address is written
        behind its words. A very long answer is cut, an overloaded one shown as it was written.

    Examples
    --------
    >>> print(shown("See [this](https://example.org/x).").strip())
    <p>See this (https://example.org/x).</p>
    """
    kept = text[:LONGEST]
    heavy = len(OPENING.findall(kept)) > MOST_TAGS or len(PAIRED.findall(kept)) > MOST_PAIRED
    html = f"<pre>{escape(kept)}</pre>" if heavy else clean_markdown(kept)
    html = move_headings(LINK.sub(_inert, html), 2)
    return html + (CUT if len(text) > LONGEST else "")


def shown_work(html: str) -> str:
    """Return work cells for the review page: cleaned once more, and no link in them.

    Parameters
    ----------
    html : str
        As the gradebook holds it.

    Returns
    -------
    str
        HTML.

    Examples
    --------
    >>> shown_work('<pre onclick="x()">41</pre><a href="https://example.org/x">here</a>')
    '<pre>41</pre>here (https://example.org/x)'
    """
    return LINK.sub(_inert, clean_html(html))


def is_long(html: str) -> bool:
    """Tell whether work cells are folded at first."""
    return html.count("<img") > MANY_PICTURES or len(TAG.sub("", html)) > LONG_WORK


def _inert(link: re.Match[str]) -> str:
    found = ADDRESS.search(link[1])
    address = found[1] if found else ""
    return link[2] if address in ("", link[2]) else f"{link[2]} ({address})"
