import matplotlib.pyplot as plt
import pandas as pd
import pytest

from whobuys.plot import alt_text, overlap_bars


@pytest.fixture
def flags() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "frequent": [True] * 5 + [False] * 7,
            "low-value": [True] * 3 + [False] * 5 + [True] * 4,
            "potential": [True] + [False] * 11,
        }
    )


def test_the_bars_are_the_combinations(flags):
    ax = overlap_bars(flags)
    names = [label.get_text() for label in ax.get_yticklabels()]
    widths = [bar.get_width() for bar in ax.patches]
    assert dict(zip(names, widths, strict=True)) == {
        "low-value alone": 4,
        "in no class": 3,
        "frequent and low-value": 2,
        "frequent alone": 2,
        "frequent and low-value and potential": 1,
    }
    assert widths == sorted(widths, reverse=True)
    hatches = dict(zip(names, [bar.get_hatch() for bar in ax.patches], strict=True))
    assert hatches["frequent alone"] is None
    assert hatches["frequent and low-value"] != hatches["in no class"]


def test_the_words_are_true(flags):
    assert alt_text(overlap_bars(flags)).startswith(
        "Bar chart of 12 customers and 3 classes. In one class: 6; in two or more: 3; in none: 3."
    )
    assert alt_text(overlap_bars(flags, alt="Mine.")) == "Mine."


def test_what_cannot_be_decided_is_not_in_none(flags):
    flags = flags.astype("boolean")
    flags.loc[5:6, "low-value"] = pd.NA
    words = alt_text(overlap_bars(flags))
    assert "in none: 1; cannot be decided: 2." in words


def test_many_combinations_share_the_last_bar(flags):
    ax = overlap_bars(flags, most=3)
    assert len(ax.patches) == 3
    assert ax.get_yticklabels()[-1].get_text() == "3 others"
    assert sum(bar.get_width() for bar in ax.patches) == 12


def test_own_axes_inputs_and_errors(flags):
    before = flags.copy()
    _, own = plt.subplots()
    assert overlap_bars(flags, own) is own
    pd.testing.assert_frame_equal(flags, before)
    with pytest.raises(ValueError, match="nothing to draw"):
        overlap_bars(flags.iloc[:0])
    with pytest.raises(ValueError, match='Column "x" of memberships must hold True and False'):
        overlap_bars(pd.DataFrame({"x": [1, 2]}))
