"""Alt text: words that stand in for a figure, kept on the figure and sent with it."""

from __future__ import annotations

from base64 import b64encode
from functools import partial
from html import escape
from io import BytesIO
from typing import Any

import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure

_ALT = "_whobuys_alt"
_BUNDLE = "_repr_mimebundle_"
_ECHO = "_ipython_display_"


def describe(ax: Axes | Figure, alt: str) -> None:
    """Give a chart its alt text, the words a reader gets who does not see it.

    Say the kind of chart, then what it shows, in numbers. From then on a notebook sends the words
    along with the figure, for screen readers and for pages made from the notebook.

    Parameters
    ----------
    ax : Axes or Figure
        One chart, or a whole figure. A figure without words of its own is described by those of
        its charts, in their order.
    alt : str
        The words, plain text. They replace earlier ones.

    Raises
    ------
    TypeError
        `ax` is neither an Axes nor a Figure.
    ValueError
        `alt` is empty or not text.

    Notes
    -----
    The figure's own display method is set, so figures without alt text are shown as always. A
    described chart as a cell's last expression is not echoed as text.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> figure, ax = plt.subplots()
    >>> describe(ax, "Line chart. Sales doubled from January to June.")
    >>> alt_text(figure)
    'Line chart. Sales doubled from January to June.'
    >>> plt.close(figure)
    """
    if not isinstance(ax, (Axes, Figure)):
        raise TypeError(f"describe needs an Axes or a Figure, not {type(ax).__name__}.")
    if not isinstance(alt, str) or not alt.strip():
        raise ValueError(f"alt must be a sentence or two of text, not {alt!r}.")
    setattr(ax, _ALT, " ".join(alt.split()))
    figure = _figure(ax)
    if figure is not None:
        setattr(figure, _BUNDLE, partial(_bundle, figure))
    if isinstance(ax, Axes):
        setattr(ax, _ECHO, _no_echo)


def alt_text(ax: Axes | Figure) -> str:
    """Return the alt text of a chart or a figure, or "" when it has none.

    Parameters
    ----------
    ax : Axes or Figure
        A figure without words of its own has those of its charts, in their order.

    Returns
    -------
    str
        Plain text on one line.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> figure, ax = plt.subplots()
    >>> alt_text(ax)
    ''
    >>> plt.close(figure)
    """
    own = getattr(ax, _ALT, "")
    if own or isinstance(ax, Axes):
        return str(own)
    return " ".join(filter(None, (alt_text(chart) for chart in ax.axes)))


def figure_html(ax: Axes | Figure) -> str:
    """Return a chart as HTML, picture and alt text in one, and close its figure.

    Parameters
    ----------
    ax : Axes or Figure
        A chart with alt text, such as those of this package.

    Returns
    -------
    str
        One `<img>` that needs no file beside it.

    Raises
    ------
    ValueError
        The chart has no alt text; give it with `describe`.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> figure, ax = plt.subplots()
    >>> describe(ax, "An empty chart.")
    >>> figure_html(ax)[:27]
    '<img alt="An empty chart." '
    """
    figure = _figure(ax)
    if figure is None or not alt_text(figure):
        raise ValueError("This chart has no alt text. Give it with describe(ax, words) first.")
    html = _image(alt_text(figure), _png(figure))
    plt.close(figure)
    return html


def _figure(ax: Axes | Figure) -> Figure | None:
    figure = ax if isinstance(ax, Figure) else ax.figure
    while isinstance(figure, SubFigure):
        figure = figure.figure
    return figure


def _no_echo() -> None:
    """Show nothing: the figure itself is shown at the end of the cell."""


def _bundle(figure: Figure, **_: Any) -> tuple[dict[str, str], dict[str, dict[str, str]]]:
    """Return the figure as PNG, as HTML with alt text, and as words, with the PNG's metadata."""
    alt, png = alt_text(figure), _png(figure)
    html = _image(alt, png)
    return {"image/png": png, "text/html": html, "text/plain": alt}, {"image/png": {"alt": alt}}


def _png(figure: Figure) -> str:
    file = BytesIO()
    figure.savefig(file, format="png", bbox_inches="tight", dpi=figure.dpi)
    return b64encode(file.getvalue()).decode("ascii")


def _image(alt: str, png: str) -> str:
    return f'<img alt="{escape(alt)}" src="data:image/png;base64,{png}">'
