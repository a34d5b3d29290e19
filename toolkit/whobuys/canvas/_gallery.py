"""Canvases from teaching texts, with what each lacks."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

from whobuys.canvas._canvas import Canvas


def gallery_canvas(name: str) -> Canvas:
    """Return a canvas told in a teaching text, as incomplete as it was told.

    Parameters
    ----------
    name : str
        One of the names `gallery` lists.

    Returns
    -------
    Canvas
        Its blocks stand in the order of the text.

    Raises
    ------
    ValueError
        There is no such canvas.

    Examples
    --------
    >>> gallery_canvas("made-to-measure fashion").missing
    ('key_activities',)
    """
    told = _told()
    if name not in told:
        raise ValueError(f"The gallery has no {name!r}. It has: {', '.join(told)}.")
    one = told[name]
    return Canvas.from_dict(one["blocks"], name, kind=one.get("kind", "business"))


def gallery() -> pd.DataFrame:
    """List the gallery: one row a canvas, with the blocks it lacks and has too many.

    Returns
    -------
    DataFrame
        ``canvas``, ``kind``, ``blocks`` (how many are filled), ``missing``, ``extra``, ``note``.

    Examples
    --------
    >>> gallery().set_index("canvas").loc["ten items", ["missing", "extra"]].tolist()
    ['', 'key_metrics']
    """
    rows = []
    for name, one in _told().items():
        canvas = gallery_canvas(name)
        rows.append(
            {
                "canvas": name,
                "kind": canvas.kind,
                "blocks": len({entry.block for entry in canvas.entries}),
                "missing": ", ".join(canvas.missing),
                "extra": ", ".join(canvas.extra),
                "note": one["note"],
            }
        )
    return pd.DataFrame(rows)


@cache
def _told() -> dict[str, Any]:
    text = Path(__file__).with_name("gallery.yml").read_text(encoding="utf-8")
    return dict(yaml.safe_load(text))
