"""Business and personal canvases: as data, checked, drawn and edited.

- `Canvas`, `Entry`, `Evidence`: the model; JSON, Markdown, plain mappings and tables in and out;
- `canvas_blocks`, `block_key`, `Block`: the nine blocks and the names they go by;
- `check_canvas`: what is missing, vague, unlinked or does not add up, and what to ask;
- `compare_canvases`, `merge_canvases`, `side_by_side`: two versions, two people;
- `break_even_units`, `unit_economics`, `segment_fit`: the figures behind the blocks;
- `canvas_svg`, `canvas_words`: the picture, and its text alternative;
- `gallery`, `gallery_canvas`: canvases from teaching texts, as incomplete as they were told;
- `edit_canvas`: sticky notes in the notebook, by mouse and by keyboard.
"""

from whobuys.canvas._blocks import Block, block_key, canvas_blocks
from whobuys.canvas._canvas import Canvas
from whobuys.canvas._checks import check_canvas
from whobuys.canvas._economics import break_even_units, unit_economics
from whobuys.canvas._editor import CanvasEditor, edit_canvas
from whobuys.canvas._entry import Entry, Evidence
from whobuys.canvas._gallery import gallery, gallery_canvas
from whobuys.canvas._segments import segment_fit
from whobuys.canvas._side_by_side import SideBySide, side_by_side
from whobuys.canvas._svg import canvas_svg, canvas_words
from whobuys.canvas._versions import compare_canvases, merge_canvases

__all__ = [
    "Block",
    "Canvas",
    "CanvasEditor",
    "Entry",
    "Evidence",
    "SideBySide",
    "block_key",
    "break_even_units",
    "canvas_blocks",
    "canvas_svg",
    "canvas_words",
    "check_canvas",
    "compare_canvases",
    "edit_canvas",
    "gallery",
    "gallery_canvas",
    "merge_canvases",
    "segment_fit",
    "side_by_side",
    "unit_economics",
]
