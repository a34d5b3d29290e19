import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from whobuys.plot import alt_text, frequency_bars, gap_histogram, rfm_grid, segment_bars, style


def test_every_chart_describes_itself_and_can_be_told_otherwise(segments, gaps):
    charts = [
        lambda **o: frequency_bars(segments, **o),
        lambda **o: rfm_grid(segments, **o),
        lambda **o: segment_bars(segments, **o),
        lambda **o: gap_histogram(gaps, 21.0, **o),
    ]
    for chart in charts:
        ax = chart()
        assert alt_text(ax) == alt_text(ax.figure)
        assert len(alt_text(ax)) > 60
        assert alt_text(ax).endswith(".")
        assert ax.get_title("left")
        assert ax.get_xlabel()
        assert alt_text(chart(alt="Mine.")) == "Mine."
        _, own = plt.subplots()
        assert chart(ax=own) is own


def test_inputs_are_not_changed(segments, gaps):
    before = segments.copy(), gaps.copy()
    frequency_bars(segments)
    rfm_grid(segments, value="revenue")
    segment_bars(segments)
    gap_histogram(gaps, 20)
    pd.testing.assert_frame_equal(segments, before[0])
    pd.testing.assert_frame_equal(gaps, before[1])


def test_frequency_bars_show_the_shares(segments):
    ax = frequency_bars(segments, upto=6)
    heights = [bar.get_height() for bar in ax.patches]
    counts = [(segments["frequency"] == n).mean() for n in range(1, 7)]
    assert heights == pytest.approx([*counts, (segments["frequency"] > 6).mean()])
    assert ax.patches[-1].get_hatch()
    assert [label.get_text() for label in ax.get_xticklabels()] == [*"123456", ">6"]


def test_frequency_words_are_true():
    rfm = pd.DataFrame({"frequency": [1] * 31 + [2] * 19 + [3] * 12 + [4] * 32 + [30] * 6})
    assert alt_text(frequency_bars(rfm)) == (
        "Bar chart. 31 % of the 100 customers bought once, 19 % twice, 12 % three times; "
        "6 % bought more than 20 times. Half of them bought 3 times or fewer."
    )
    falling = pd.DataFrame({"frequency": np.repeat([1, 2, 3, 4, 5, 6], [40, 25, 15, 10, 7, 3])})
    assert "the bars fall steadily" in alt_text(frequency_bars(falling))
    assert "more than" not in alt_text(frequency_bars(falling))
    one = pd.DataFrame({"frequency": [1]})
    assert alt_text(frequency_bars(one)).startswith("Bar chart. 100 % of the 1 customer bought")


def numbers_in(ax) -> dict[tuple[int, int], str]:
    return {
        (int(text.get_position()[1]) + 1, int(text.get_position()[0]) + 1): text.get_text()
        for text in ax.texts
    }


def test_grid_cells_hold_the_numbers(segments):
    size = segments.groupby(["r_score", "f_score"])["monetary"].agg(["size", "sum", "mean"])
    revenue = size["sum"] / size["sum"].sum() * 100
    for value, expected in {
        "customers": size["size"].map("{:,}".format),
        "share": (size["size"] / 4).map("{:.1f}".format),
        "revenue": revenue.map("{:.1f}".format),
        "monetary": size["mean"].map("{:,.0f}".format),
    }.items():
        assert numbers_in(rfm_grid(segments, value=value)) == expected.to_dict()


def test_grid_words_and_empty_cells():
    scores = pd.DataFrame({"r_score": [5, 5, 1, 4], "f_score": [5, 5, 1, 2]})
    ax = rfm_grid(scores)
    shown = numbers_in(ax)
    assert len(shown) == 25
    assert (shown[5, 5], shown[1, 1], shown[4, 2], shown[3, 3]) == ("2", "1", "1", "–")
    assert alt_text(ax) == (
        "Heat map of number of customers by recency score (up) and frequency score (to the "
        "right), 4 customers. The highest is in recency 5, frequency 5: 2. Top right, recent and "
        "often: 2. Bottom left, long ago and seldom: 1. 22 of the 25 cells are empty."
    )


def test_grid_follows_the_number_of_bins():
    scores = pd.DataFrame({"r_score": [1], "f_score": [1]})
    scores.attrs["bins"] = 3
    assert len(rfm_grid(scores).texts) == 9
    assert len(rfm_grid(pd.DataFrame({"r_score": [7], "f_score": [1]})).texts) == 49


def luminance(colour) -> float:
    parts = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in colour[:3]]
    return float(np.dot(parts, [0.2126, 0.7152, 0.0722]))


def test_grid_numbers_stand_out_and_darker_is_more():
    scores = pd.DataFrame(
        [(r, f) for r in range(1, 6) for f in range(1, 6) for _ in range(r * 5 + f - 5)],
        columns=["r_score", "f_score"],
    )
    ax = rfm_grid(scores)
    ax.figure.canvas.draw()
    cells = [luminance(colour) for colour in ax.collections[0].get_facecolors()]
    assert cells == sorted(cells, reverse=True)
    for cell, text in zip(cells, ax.texts, strict=True):
        ink = 1.0 if text.get_color() == "white" else 0.0
        assert (max(cell, ink) + 0.05) / (min(cell, ink) + 0.05) >= 4.5


def test_segment_bars_are_sorted_and_add_up(segments):
    ax = segment_bars(segments)
    rows = [label.get_text() for label in ax.get_yticklabels()]
    revenue = segments.groupby("segment")["monetary"].sum().sort_values()
    assert rows == revenue.index.tolist()
    customers, money = (points.get_offsets()[:, 0] for points in ax.collections[1:])
    assert customers.sum() == pytest.approx(1)
    assert money.tolist() == pytest.approx((revenue / revenue.sum()).tolist())
    assert {"customers", "revenue"} <= {text.get_text() for text in ax.texts}


def test_segment_bars_take_other_columns(segments):
    renamed = segments.rename(columns={"segment": "state", "monetary": "profit"})
    ax = segment_bars(renamed, by="state", value="profit")
    assert "by state" in ax.get_title("left")


def test_gap_histogram_adds_up_and_marks_the_cycle(gaps):
    ax = gap_histogram(gaps, cycle=17.6)
    assert sum(bar.get_height() for bar in ax.patches) == pytest.approx(1)
    width = ax.patches[0].get_width()
    first = (gaps["gap_days"] <= width).mean()
    assert ax.patches[0].get_height() == pytest.approx(first)
    assert ax.lines[0].get_xdata()[0] == 17.6
    assert "18 days" in alt_text(ax)
    assert alt_text(ax).startswith("Histogram of 900 gaps between purchases. Half are ")
    assert "cycle" not in alt_text(gap_histogram(gaps))


def test_gap_histogram_of_one_gap_and_of_long_gaps():
    one = gap_histogram(pd.DataFrame({"gap_days": [3]}))
    assert "longer" not in alt_text(one)
    years = gap_histogram(pd.DataFrame({"gap_days": [400, 900, 5000]}))
    assert sum(bar.get_height() for bar in years.patches) == pytest.approx(1)


ERRORS = [
    (frequency_bars, {"x": [1]}, {}, 'rfm has no column "frequency". It has: x'),
    (frequency_bars, {"frequency": []}, {}, "no rows"),
    (frequency_bars, {"frequency": [0]}, {}, "whole numbers from 1"),
    (frequency_bars, {"frequency": [1.5]}, {}, "whole numbers from 1"),
    (frequency_bars, {"frequency": [1, None]}, {}, "no number in 1 rows"),
    (frequency_bars, {"frequency": [1]}, {"upto": 1}, "upto must be at least 2"),
    (rfm_grid, {"r_score": [1]}, {}, 'no column "f_score"'),
    (rfm_grid, {"r_score": [0], "f_score": [1]}, {}, "whole numbers"),
    (rfm_grid, {"r_score": [1], "f_score": [1]}, {"value": "x"}, "value must be one of"),
    (rfm_grid, {"r_score": [1], "f_score": [1]}, {"value": "revenue"}, 'no column "monetary"'),
    (segment_bars, {"monetary": [1.0]}, {}, 'no column "segment"'),
    (segment_bars, {"monetary": [1.0], "segment": [None]}, {}, "missing in 1 rows"),
    (segment_bars, {"monetary": [0.0], "segment": ["a"]}, {}, "adds up to nothing"),
    (gap_histogram, {"gap_days": [0]}, {}, "above zero"),
    (gap_histogram, {"gap_days": [1]}, {"cycle": 0}, "cycle must be"),
]


@pytest.mark.parametrize(("chart", "columns", "options", "message"), ERRORS)
def test_errors(chart, columns, options, message):
    with pytest.raises(ValueError, match=message):
        chart(pd.DataFrame(columns), **options)
    assert not plt.get_fignums()


def test_style_can_be_set_twice_and_warns_of_no_font(recwarn):
    style()
    once = dict(plt.rcParams)
    style()
    assert dict(plt.rcParams) == once
    plt.subplots()[1].set_title("x")
    plt.gcf().canvas.draw()
    assert not [w for w in recwarn if "font" in str(w.message).lower()]
    assert plt.rcParams["font.family"][0] == "DejaVu Sans"
