import matplotlib.pyplot as plt
import pandas as pd
import pytest

from whobuys.plot import alt_text, five_tests_card


@pytest.fixture
def tests() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "segment": ["key", "key", "ordinary", "ordinary"],
            "test": ["substantial", "differentiable"] * 2,
            "measure": ["size", "difference"] * 2,
            "value": [0.034, 0.71, 0.9, 0.2],
            "floor": [0.05, 0.5] * 2,
            "passed": [False, True, True, False],
        }
    )


def test_the_card(tests):
    ax = five_tests_card(tests)
    texts = [text.get_text() for text in ax.texts]
    assert texts == ["× 3.4 %", "0.71 sd", "90 %", "× 0.20 sd"]
    assert [label.get_text() for label in ax.get_xticklabels()] == [
        "size\n≥ 5 %",
        "difference\n≥ 0.50 sd",
    ]
    assert ax.get_title("left") == "0 of 2 segments pass all five tests"
    assert sum(bool(patch.get_hatch()) for patch in ax.patches) == 2


def test_the_words_are_true(tests):
    assert alt_text(five_tests_card(tests)) == (
        "Table of 2 segments and 2 measures. key fails in size (3.4 % of at least 5 %); "
        "ordinary fails in difference (0.20 sd of at least 0.50 sd)."
    )
    assert alt_text(five_tests_card(tests.assign(passed=True))).endswith("measures. All pass.")
    assert alt_text(five_tests_card(tests, alt="Mine.")) == "Mine."


def test_own_axes_inputs_and_errors(tests):
    before = tests.copy()
    _, own = plt.subplots()
    assert five_tests_card(tests, own) is own
    pd.testing.assert_frame_equal(tests, before)
    with pytest.raises(ValueError, match='tests has no column "floor"'):
        five_tests_card(tests.drop(columns="floor"))
    with pytest.raises(ValueError, match="nothing to draw"):
        five_tests_card(tests.iloc[:0])
    with pytest.raises(ValueError, match="a measure twice"):
        five_tests_card(pd.concat([tests, tests]))
