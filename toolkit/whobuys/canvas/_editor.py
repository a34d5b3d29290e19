"""Editing a canvas in the notebook; every change is in a file at once."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path

from IPython.display import HTML, DisplayHandle, display

from whobuys.canvas._canvas import Canvas, check_language
from whobuys.canvas._checks import check_canvas
from whobuys.canvas._svg import picture_html

NO_KERNEL = "<p><em>Run this cell to edit the canvas.</em></p>"
VIEW = "application/vnd.jupyter.widget-view+json"


def edit_canvas(
    path: str | Path = "canvas.json",
    start: Canvas | None = None,
    *,
    kind: str = "business",
    title: str = "",
    lang: str = "en",
    segments: Iterable[str] | None = None,
    figures: Mapping[str, float] | None = None,
) -> CanvasEditor:
    """Put a canvas on the page, with notes to add, edit, move, link and delete.

    Parameters
    ----------
    path : str or Path
        File beside the notebook. If it is there, its canvas is opened; every change is written to
        it.
    start : Canvas, optional
        What to begin with when there is no such file yet; by default an empty canvas.
    kind, title : str
        Of the empty canvas.
    lang : str
        ``en`` or ``zh``: language of the editor.
    segments, figures : optional
        For the checks, as in `check_canvas`.

    Returns
    -------
    CanvasEditor
        Its `canvas` is what stands on the page now.

    Raises
    ------
    ValueError
        The file is there and is no canvas.

    Notes
    -----
    Where no kernel runs (a page, a report), a picture with a text alternative stands in its place.
    What a browser could not hand over, because the kernel had stopped, it keeps and brings back.

    Examples
    --------
    >>> import tempfile
    >>> folder = tempfile.mkdtemp()
    >>> editor = edit_canvas(Path(folder) / "shop.json", title="Shop")
    >>> editor.canvas = editor.canvas.add("channels", "the shop")
    >>> Canvas.read(Path(folder) / "shop.json").entry("the shop").block
    'channels'
    """
    check_language(lang)
    path = Path(path)
    if path.exists():
        try:
            start = Canvas.read(path)
        except ValueError as error:
            raise ValueError(
                f"{path.name} holds no canvas. {error} Move the file away or give another name."
            ) from None
    elif start is None:
        start = Canvas(title, kind)
    known = None if segments is None else tuple(segments)
    return CanvasEditor(path, start, lang, known, dict(figures or {}))


class CanvasEditor:
    """A canvas on the page, and its file.

    Made by `edit_canvas`.

    Attributes
    ----------
    path : Path
        Its file.
    widget : CanvasWidget
        What the browser draws.
    """

    def __init__(
        self,
        path: Path,
        canvas: Canvas,
        lang: str,
        segments: tuple[str, ...] | None,
        figures: dict[str, float],
    ) -> None:
        from whobuys.canvas._widget import CanvasWidget, editor_blocks, editor_words

        self.path = path.absolute()
        self._canvas, self._lang = canvas, lang
        self._segments, self._figures = segments, figures
        self._written = self._on_disk()
        self._handle: DisplayHandle | None = None
        self.widget = CanvasWidget(
            document=canvas.to_dict(),
            lang=lang,
            words=editor_words(lang),
            blocks=editor_blocks(lang),
            path=path.name,
            store=hashlib.sha256(str(self.path).encode()).hexdigest()[:16],
            status={"sequence": 0, "saved": True, "message": "", "findings": self._findings()},
        )
        self._answered = (self.widget.sequence, self.widget.document)
        self.widget.observe(self._follow, names=["document", "sequence"])

    @property
    def canvas(self) -> Canvas:
        """What stands on the page. Set it, and the page shows the new one."""
        return self._canvas

    @canvas.setter
    def canvas(self, canvas: Canvas) -> None:
        self.widget.document = canvas.to_dict()

    @property
    def html(self) -> str:
        """The picture for a page without a kernel."""
        return picture_html(self._canvas, self._lang)

    def _follow(self, _: object) -> None:
        """Check what came, write it down, and answer; also when a change was undone on the way."""
        came = (self.widget.sequence, self.widget.document)
        if came == self._answered:
            return
        self._answered = came
        saved, message = False, ""
        try:
            self._canvas = Canvas.from_dict(self.widget.document)
            message = self._write()
            saved = True
        except OSError as error:
            message = f"{self.path.name} cannot be written ({error.strerror or error})."
        except ValueError as error:
            message = str(error)
        self.widget.status = {
            "sequence": self.widget.sequence,
            "saved": saved,
            "message": message,
            "findings": self._findings(),
        }
        if self._handle is not None:
            self._handle.update(HTML(self.html))

    def _findings(self) -> list[dict[str, str]]:
        figures = {}
        for name, value in self._figures.items():  # a figure may be for a note not yet written
            with suppress(ValueError):
                if not self._canvas.block(name):
                    self._canvas.entry(name)
                figures[name] = value
        found = check_canvas(
            self._canvas, segments=self._segments, figures=figures, lang=self._lang
        )
        return [
            {str(key): value for key, value in row.items()}
            for row in found[["weight", "block", "entry", "says"]].to_dict("records")
        ]

    def _on_disk(self) -> str | None:
        try:
            return self.path.read_text(encoding="utf-8", errors="replace")
        except FileNotFoundError:
            return None

    def _write(self) -> str:
        """Write the file whole or not at all; another's changes to it are put aside first."""
        text, there, message = self._canvas.to_json(), self._on_disk(), ""
        if there not in (None, self._written, text):
            aside = next(
                name
                for number in range(2, 10_000)
                if not (name := self.path.with_stem(f"{self.path.stem}-{number}")).exists()
            )
            self.path.replace(aside)
            message = f"{self.path.name} had changed meanwhile; that version is now {aside.name}."
        half = self.path.with_name(f".{self.path.name}.{os.getpid()}")
        try:
            half.write_text(text, encoding="utf-8")
            half.replace(self.path)
        except OSError:
            half.unlink(missing_ok=True)
            raise
        self._written = text
        return message

    def _ipython_display_(self) -> None:
        bundle = self.widget._repr_mimebundle_()
        data = dict(bundle[0] if isinstance(bundle, tuple) else bundle or {})
        shown = {key: value for key, value in data.items() if key == VIEW}
        display({**shown, "text/html": NO_KERNEL, "text/plain": "canvas"}, raw=True)
        self._handle = display(HTML(self.html), display_id=True)
