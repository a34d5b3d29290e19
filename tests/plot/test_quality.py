import matplotlib.pyplot as plt
import pandas as pd
import pytest

from whobuys.plot import alt_text, cleaning_steps, outlier_dots, quality_bars

REPORT = pd.DataFrame(
    {
        "field": ["age", "city", "day"],
        "missing_share": [0.1, 0.0, 0.0],
        "invalid_share": [0.02, 0.0, 0.003],
    }
)
STEPS = pd.DataFrame({"step": ["raw", "copies out", "slips mended"], "revenue": [100.0, 90, 95]})
VALUES, FLAGS = pd.Series([10.0, 20, 900]), pd.Series([False, False, True])
CHARTS = {
    "quality": lambda **o: quality_bars(REPORT, **o),
    "steps": lambda **o: cleaning_steps(STEPS, unit="CNY", **o),
    "outliers": lambda **o: outlier_dots(VALUES, FLAGS, label="yuan", **o),
}


@pytest.mark.parametrize("name", CHARTS)
def test_every_chart_describes_itself_and_can_be_told_otherwise(name):
    ax = CHARTS[name]()
    assert alt_text(ax) == alt_text(ax.figure)
    assert len(alt_text(ax)) > 60
    assert alt_text(ax).endswith(".")
    assert ax.get_title("left")
    assert alt_text(CHARTS[name](alt="Mine.")) == "Mine."
    _, own = plt.subplots()
    assert CHARTS[name](ax=own) is own


def test_fields_without_a_fault_are_counted_not_drawn():
    ax = quality_bars(REPORT)
    assert [label.get_text() for label in ax.get_yticklabels()] == ["day", "age"]
    assert sorted(bar.get_width() for bar in ax.patches) == pytest.approx([0, 0.003, 0.02, 0.1])
    assert alt_text(ax) == (
        "Bar chart of faults in 3 fields. age: 10 % missing, 2 % invalid; "
        "day: under 1 % invalid. 1 field has no fault."
    )


def test_steps_are_changes_from_zero():
    ax = cleaning_steps(STEPS)
    assert [bar.get_width() for bar in ax.patches] == [-10, 5]
    assert ax.get_xlim()[0] < -10
    assert ax.get_xlim()[1] > 5
    assert [text.get_text() for text in ax.texts] == ["-10", "+5"]
    assert ax.get_title("left") == "Revenue: from 100 to 95"


def test_flagged_values_are_rings():
    ax = outlier_dots(VALUES, FLAGS, label="yuan")
    assert [len(dots.get_offsets()) for dots in ax.collections] == [2, 1]
    assert ax.get_xscale() == "log"
    none = outlier_dots(VALUES, FLAGS & False, label="yuan")
    assert alt_text(none).endswith("None is flagged.")


@pytest.mark.parametrize(
    ("draw", "said"),
    [
        (lambda: quality_bars(REPORT.drop(columns="field")), 'no column "field"'),
        (lambda: quality_bars(REPORT.iloc[[1]]), "nothing to draw"),
        (lambda: quality_bars(REPORT.head(0)), "no rows"),
        (lambda: cleaning_steps(STEPS.head(1)), "at least two rows"),
        (lambda: cleaning_steps(STEPS, value="profit"), 'no column "profit"'),
        (lambda: outlier_dots(-VALUES, FLAGS), "not above 0"),
        (lambda: outlier_dots(VALUES, FLAGS.head(1)), "3 values and 1 flags"),
    ],
)
def test_what_cannot_be_drawn_is_said(draw, said):
    with pytest.raises(ValueError, match=said):
        draw()
