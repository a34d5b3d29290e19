"""An answer as a marker sees it: cleaned as in the report, and nothing in it leads anywhere."""

from __future__ import annotations

import re
from functools import lru_cache
from html import escape

from whobuys.pages.page import OPENING, clean_markdown, move_headings

LONGEST = 30_000
MOST_TAGS = 3_000
# What starts a link, a picture or an emphasis: the time to pair them grows with their square.
PAIRED = re.compile(r"[\[\]*_`~$]")
MOST_PAIRED = 4_000
CUT = "<p class='cut'>… The rest is left out here; the hand-in has it.</p>"
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


def _inert(link: re.Match[str]) -> str:
    found = ADDRESS.search(link[1])
    address = found[1] if found else ""
    return link[2] if address in ("", link[2]) else f"{link[2]} ({address})"
