"""A panel: a few controls, and a result that follows them and also stands without them."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from html import escape
from typing import Any

import ipywidgets
from IPython.display import HTML, DisplayHandle, display

NO_KERNEL = "<p><em>Run the notebook to move the controls.</em></p>"
VIEW = "application/vnd.jupyter.widget-view+json"


class Panel:
    """Controls above a result.

    The result is an ordinary HTML output of the cell. A control that is moved replaces it; where no
    kernel runs (a page, a report) the last one stays, with a line that says what it was made for.

    Parameters
    ----------
    controls : mapping of str to ipywidgets.Widget
        By the name `render` knows them by. Each needs a description: it is the control's name for
        a screen reader.
    render : callable
        Takes the controls' values by name, returns HTML. A `ValueError` it raises is shown to the
        reader in place of the result.

    Examples
    --------
    >>> panel = Panel(
    ...     {"k": ipywidgets.BoundedIntText(value=3, min=2, max=9, description="Segments")},
    ...     lambda k: f"<p>{k} segments</p>",
    ... )
    >>> panel.controls["k"].value = 4
    >>> panel.html
    '<p>4 segments</p><p><small>Segments: 4</small></p>'
    """

    def __init__(
        self, controls: Mapping[str, ipywidgets.Widget], render: Callable[..., str]
    ) -> None:
        for name, control in controls.items():
            if not getattr(control, "description", ""):
                raise ValueError(f"The control {name!r} needs a description, to be read aloud.")
        self.controls = dict(controls)
        self._render = render
        self._handle: DisplayHandle | None = None
        self.html = self._rendered()
        for control in controls.values():
            control.observe(self._follow, names="value")

    @property
    def values(self) -> dict[str, Any]:
        """What the controls are set to."""
        return {name: control.value for name, control in self.controls.items()}

    def _rendered(self) -> str:
        try:
            result = self._render(**self.values)
        except ValueError as error:
            result = f'<p role="alert"><strong>Not yet:</strong> {escape(str(error))}</p>'
        return result + self._settings()

    def _follow(self, _: object = None) -> None:
        self.html = self._rendered()
        if self._handle is not None:
            self._handle.update(HTML(self.html))

    def _settings(self) -> str:
        said = " · ".join(
            f"{escape(control.description)}: {escape(_words(control.value))}"
            for control in self.controls.values()
        )
        return f"<p><small>{said}</small></p>"

    def _ipython_display_(self) -> None:
        box = ipywidgets.Box(list(self.controls.values()), layout={"flex_flow": "row wrap"})
        bundle = box._repr_mimebundle_()
        data = dict(bundle[0] if isinstance(bundle, tuple) else bundle)
        shown = {key: value for key, value in data.items() if key == VIEW}
        display({**shown, "text/html": NO_KERNEL, "text/plain": "controls"}, raw=True)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # HTML made of one <img> is meant
            self._handle = display(HTML(self.html), display_id=True)


def _words(value: Any) -> str:
    if isinstance(value, (tuple, list)):
        return ", ".join(map(str, value)) or "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return " / ".join(str(value).splitlines())
