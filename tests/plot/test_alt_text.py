import pickle
from html.parser import HTMLParser

import matplotlib.pyplot as plt
import nbformat
import pytest
from matplotlib.figure import Figure
from nbclient import NotebookClient

from whobuys.plot import alt_text, describe

HOSTILE = """5 < 6 & "so" 'on' <script>alert(1)</script> 客户"""

CELLS = {
    "setup": "import matplotlib.pyplot as plt, pandas as pd\n"
    "from whobuys.plot import *\nstyle(); style()",
    "assigned": f"ax = frequency_bars(pd.DataFrame({{'frequency': [1, 2]}}), alt={HOSTILE!r})",
    "last": "gap_histogram(pd.DataFrame({'gap_days': [1, 2, 9]}))",
    "plain": "plt.plot([1, 2]);",
    "own": "fig, axes = plt.subplots(1, 2)\n"
    "describe(axes[0], 'Left.'); describe(axes[1], 'Right.')",
    "again": "fig",
    "retina": "%config InlineBackend.figure_formats = ['retina']\n"
    "ax = frequency_bars(pd.DataFrame({'frequency': [1, 2]}), alt='Sharp.')",
}


@pytest.fixture(scope="module")
def outputs():
    """Run the cells in a real kernel; the outputs of each by name."""
    cells = [nbformat.v4.new_code_cell(source) for source in CELLS.values()]
    book = nbformat.v4.new_notebook(cells=cells)
    NotebookClient(book, kernel_name="python3", timeout=120).execute()
    return dict(zip(CELLS, (cell["outputs"] for cell in book.cells), strict=True))


class Images(HTMLParser):
    def __init__(self, html: str):
        super().__init__()
        self.found: list[tuple[str, dict]] = []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))


def test_a_figure_is_sent_once_as_png_html_and_words(outputs):
    (output,) = outputs["assigned"]
    assert output["output_type"] == "display_data"
    assert set(output["data"]) == {"image/png", "text/html", "text/plain"}
    assert output["data"]["text/plain"] == HOSTILE
    assert output["metadata"] == {"image/png": {"alt": HOSTILE}}
    ((tag, attributes),) = Images(output["data"]["text/html"]).found
    assert tag == "img"
    assert attributes == {
        "alt": HOSTILE,
        "src": "data:image/png;base64," + output["data"]["image/png"].strip(),
    }


def test_a_chart_as_last_expression_is_shown_once(outputs):
    (output,) = outputs["last"]
    assert output["data"]["text/plain"].startswith("Histogram of 3 gaps")


def test_a_figure_without_alt_text_is_as_always(outputs):
    (output,) = outputs["plain"]
    assert set(output["data"]) == {"image/png", "text/plain"}
    assert output["metadata"] == {}


def test_two_charts_in_one_figure_and_showing_it_again(outputs):
    (shown,), (again,) = outputs["own"], outputs["again"]
    assert shown["data"]["text/plain"] == again["data"]["text/plain"] == "Left. Right."
    assert shown["metadata"] == again["metadata"] == {"image/png": {"alt": "Left. Right."}}


def test_changing_the_figure_format_keeps_the_words(outputs):
    (output,) = outputs["retina"]
    assert 'alt="Sharp."' in output["data"]["text/html"]
    assert output["data"]["text/plain"] == "Sharp."


def test_describe_and_read_back():
    figure, (left, right) = plt.subplots(1, 2)
    assert alt_text(figure) == alt_text(left) == ""
    describe(right, "Two\n  lines.")
    assert alt_text(figure) == alt_text(right) == "Two lines."
    describe(left, "One.")
    assert alt_text(figure) == "One. Two lines."
    describe(left, "Else.")
    describe(figure, "The whole.")
    assert alt_text(figure) == "The whole."
    assert alt_text(left) == "Else."


def test_charts_in_subfigures():
    figure = plt.figure()
    upper, lower = figure.subfigures(2, 1)
    describe(upper.subplots(), "Up.")
    describe(lower.subplots(), "Down.")
    assert alt_text(figure) == "Up. Down."


def test_the_words_survive_pickling():
    figure, ax = plt.subplots()
    describe(ax, "Kept.")
    copy = pickle.loads(pickle.dumps(figure))  # noqa: S301
    assert alt_text(copy) == "Kept."
    data, metadata = copy._repr_mimebundle_()
    assert metadata == {"image/png": {"alt": "Kept."}}
    assert 'alt="Kept."' in data["text/html"]


def test_a_figure_made_without_pyplot():
    figure = Figure()
    describe(figure.subplots(), "Bare.")
    assert 'alt="Bare."' in figure._repr_mimebundle_()[0]["text/html"]


@pytest.mark.parametrize("alt", ["", "  \n", None, 5])
def test_no_words_are_refused(alt):
    with pytest.raises(ValueError, match="alt must be"):
        describe(plt.subplots()[1], alt)


@pytest.mark.parametrize("thing", [None, "ax", [1]])
def test_only_charts_are_described(thing):
    with pytest.raises(TypeError, match="needs an Axes or a Figure"):
        describe(thing, "Words.")
