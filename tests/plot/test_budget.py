import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from whobuys.plot import alt_text, budget_curve, plan_dots


@pytest.fixture
def rows():
    return pd.DataFrame(
        {
            "segment": ["small", "large", "middle"],
            "customers": [30, 10, 20],
            "profit_per_visit": [20.0, 90.0, 50.0],
            "useful_visits": [1, 4, 2],
        }
    )


PLANS = pd.DataFrame({"evenly": [1.5, 1.0], "first": [4.0, 0.0]}, index=["large", "small"])


def lines_of(ax):
    return {
        line.get_linestyle(): line.get_xydata() for line in ax.lines if len(line.get_xdata()) > 2
    }


def test_value_first_is_filled_in_order_of_what_a_visit_earns(rows):
    first = lines_of(budget_curve(rows, 60))["-"]
    assert first[:4].tolist() == [[0, 0], [40, 3600], [80, 5600], [110, 6200]]
    assert (np.diff(first[:, 1]) >= 0).all()


def test_evenly_gives_every_customer_the_same_up_to_what_it_can_use(rows):
    even = dict(map(tuple, lines_of(budget_curve(rows, 90))["--"]))
    assert even[90] == pytest.approx(1.0 * 30 * 20 + 1.5 * 10 * 90 + 1.5 * 20 * 50)
    assert even[60] == pytest.approx(30 * 20 + 10 * 90 + 20 * 50)


def test_the_even_plan_is_never_better(rows):
    lines = lines_of(budget_curve(rows, 60))
    even, first = lines["--"], lines["-"]
    assert (np.interp(even[:, 0], *first.T) >= even[:, 1] - 1e-9).all()


@pytest.mark.parametrize("budget", [5, 60, 105, 400])
def test_the_words_say_both_profits(rows, budget):
    ax = budget_curve(rows, budget, money="£")
    first = np.interp(budget, [0, 40, 80, 110], [0, 3600, 5600, 6200])
    assert f"value first earns £{first:,.0f} and evenly £" in alt_text(ax)
    assert "large; middle; small" in alt_text(ax)
    assert f"value first: £{first:,.0f}" in {text.get_text() for text in ax.texts}


def test_other_columns_and_own_words(rows):
    renamed = rows.rename(columns={"segment": "group", "profit_per_visit": "yuan_a_call"})
    _, own = plt.subplots()
    ax = budget_curve(
        renamed, 60, own, by="group", value="yuan_a_call", unit="calls", alt="Mine, in words."
    )
    assert ax is own
    assert alt_text(ax) == "Mine, in words."
    assert ax.get_xlabel().startswith("Calls given out")


def test_inputs_are_not_changed(rows):
    before = rows.copy(), PLANS.copy()
    budget_curve(rows, 60)
    plan_dots(PLANS)
    pd.testing.assert_frame_equal(rows, before[0])
    pd.testing.assert_frame_equal(PLANS, before[1])


def test_a_curve_that_cannot_be_drawn_says_why(rows):
    with pytest.raises(ValueError, match='no column "useful_visits"'):
        budget_curve(rows.drop(columns="useful_visits"), 60)
    with pytest.raises(ValueError, match='no column "segment"'):
        budget_curve(rows.drop(columns="segment"), 60)
    with pytest.raises(ValueError, match='Column "customers" of segments must be above 0'):
        budget_curve(rows.assign(customers=0), 60)
    for budget in (0, -3, float("nan")):
        with pytest.raises(ValueError, match="budget must be above 0"):
            budget_curve(rows, budget)


def test_plan_dots_show_every_number_in_its_row():
    ax = plan_dots(PLANS)
    across = [points.get_offsets()[:, 0].tolist() for points in ax.collections[1:]]
    assert across == [[1.5, 1.0], [4.0, 0.0]]
    assert [label.get_text() for label in ax.get_yticklabels()] == ["large", "small"]
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["evenly", "first"]
    assert alt_text(ax) == (
        "Dot chart of visits a customer, evenly / first. large: 1.5 / 4; small: 1 / 0."
    )


def test_plans_have_different_marks():
    four = PLANS.assign(third=1.0, fourth=2.0)
    marks = [points.get_paths()[0].vertices.tobytes() for points in plan_dots(four).collections[1:]]
    assert len(set(marks)) == 4


def test_plans_that_cannot_be_drawn_say_why():
    with pytest.raises(ValueError, match="1 to 4 columns, not 0"):
        plan_dots(PLANS[[]])
    with pytest.raises(ValueError, match='Column "first" of plans has no number in 1 rows'):
        plan_dots(PLANS.assign(first=[1.0, None]))
