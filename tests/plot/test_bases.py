import matplotlib.pyplot as plt
import pandas as pd
import pytest

from whobuys.plot import alt_text, band_bars, strength_bars
from whobuys.segment import band


@pytest.fixture
def strengths() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "criterion": ["orders", "income_band", "age"],
            "measure": "eta squared",
            "strength": [0.124, 0.03, -0.004],
            "by_chance": [0.011, 0.012, 0.013],
            "beyond": [True, True, False],
        }
    )


def test_strength_bars_show_and_say_the_same(strengths):
    ax = strength_bars(strengths, names={"income_band": "income"})
    assert [bar.get_width() for bar in ax.patches] == [0.124, 0.03, 0]
    assert [bool(bar.get_hatch()) for bar in ax.patches] == [False, False, True]
    assert [text.get_text() for text in ax.get_yticklabels()] == ["orders", "income", "age"]
    assert alt_text(ax) == (
        "Bar chart of the share of the differences that each of 3 criteria explains. Beyond "
        "chance: orders 12 %, income 3 %. Not beyond chance: age."
    )
    v = strength_bars(strengths.assign(measure="Cramér's V"))
    assert "orders 0.12" in alt_text(v)
    assert "Cramér's V" in v.get_xlabel()
    assert "Beyond chance: none" in alt_text(strength_bars(strengths.assign(beyond=False)))


def test_band_bars_keep_the_unknown_apart():
    age = pd.Series([22, 25, 31, None], name="age")
    banded = band(age, [25, 60], ["under 25", "25 to 59", "60 and over"])
    ax = band_bars(banded)
    assert [bar.get_width() for bar in ax.patches] == [1, 2, 0, 1]
    assert ax.patches[-1].get_hatch()
    assert alt_text(ax) == (
        "Bar chart of 4 customers by age. under 25: 1; 25 to 59: 2; 60 and over: 0; not known: 1."
    )
    assert "not known" not in alt_text(band_bars(banded.dropna()))


def test_axes_and_alt_can_be_given(strengths):
    banded = band(pd.Series([1, 3]), [2], ["a", "b"])
    for chart in (lambda **o: strength_bars(strengths, **o), lambda **o: band_bars(banded, **o)):
        assert alt_text(chart(alt="Mine.")) == "Mine."
        _, own = plt.subplots()
        assert chart(ax=own) is own
        assert own.get_title("left")
        assert own.get_xlabel()


def test_errors(strengths):
    with pytest.raises(ValueError, match='no column "beyond"'):
        strength_bars(strengths.drop(columns="beyond"))
    with pytest.raises(ValueError, match="no rows"):
        strength_bars(strengths.iloc[:0])
    mixed = strengths.assign(measure=["eta squared", "eta squared", "Cramér's V"])
    with pytest.raises(ValueError, match="mixes eta squared"):
        strength_bars(mixed)
    with pytest.raises(ValueError, match="Series of bands"):
        band_bars(pd.Series([1, 2]))
    with pytest.raises(ValueError, match="no rows"):
        band_bars(pd.Series([], dtype="category"))
