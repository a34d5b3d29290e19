"""Table ``canvases``: business models and a person's own, block by block."""

from __future__ import annotations

import pandas as pd

from ._draw import Draft
from ._shape import given


def draw_canvases(draft: Draft) -> dict[str, pd.DataFrame]:
    """Write the canvases as they are described; nothing about them is drawn."""
    rows = [
        (canvas, block, entry.entry, entry.side, entry.amount)
        for canvas, blocks in given(draft.company.canvases).items()
        for block, entries in blocks.items()
        for entry in entries
    ]
    table = pd.DataFrame(rows, columns=["canvas", "block", "entry", "side", "amount"])
    return {"canvases": table.astype({"amount": "float64"})}
