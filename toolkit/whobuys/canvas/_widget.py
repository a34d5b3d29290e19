"""The editor's two halves: this one in the kernel, `editor.js` in the browser."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import anywidget
import traitlets
import yaml

from whobuys.canvas._blocks import KINDS, canvas_blocks

HERE = Path(__file__).parent


class CanvasWidget(anywidget.AnyWidget):
    """What both halves share: the browser sends `document`, the kernel answers with `status`."""

    _esm = HERE / "editor.js"
    _css = HERE / "editor.css"
    document = traitlets.Dict().tag(sync=True)
    sequence = traitlets.Int(0).tag(sync=True)
    status = traitlets.Dict().tag(sync=True)
    lang = traitlets.Unicode("en").tag(sync=True)
    words = traitlets.Dict().tag(sync=True)
    blocks = traitlets.Dict().tag(sync=True)
    path = traitlets.Unicode("").tag(sync=True)
    store = traitlets.Unicode("").tag(sync=True)


@cache
def editor_words(lang: str) -> dict[str, str]:
    """Return what the editor says in a language."""
    text = (HERE / "words.yml").read_text(encoding="utf-8")
    return dict(yaml.safe_load(text)[lang])


@cache
def editor_blocks(lang: str) -> dict[str, list[dict[str, Any]]]:
    """Return the blocks of both canvases as the editor needs them."""
    return {
        kind: [
            {
                "key": block.key,
                "name": block.names[lang],
                "hint": block.hints[lang],
                "kinds": list(block.kinds),
                "place": list(block.place),
                "optional": block.key not in canvas_blocks(kind),
            }
            for block in canvas_blocks(kind, metrics=True).values()
        ]
        for kind in KINDS
    }
