import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from whobuys import value
from whobuys.plot import (
    alt_text,
    lorenz_curve,
    retention_curve,
    tornado,
    tracking_plot,
    value_matrix,
)

BASE = {"margin": 100.0, "retention": 0.8, "discount_rate": 0.1}
RANGES = {"retention": (0.7, 0.9), "margin": (90.0, 110.0)}


@pytest.fixture
def made() -> dict:
    draw = np.random.default_rng(0)
    profit = pd.Series(draw.lognormal(4, 1.4, 300) - 40)
    tracking = pd.DataFrame({"period": range(1, 21), "actual": 10, "expected": 9.0})
    tracking["holdout"] = tracking["period"] > 12
    for name in ("actual", "expected"):
        tracking[f"{name}_total"] = tracking[name].cumsum()
    cohorts = pd.DataFrame(
        {"customers": [100, 60, 40], 0: 1.0, 1: [0.5, 0.4, 0.3], 2: [0.4, 0.3, np.nan]},
        index=["2024 Q1", "2024 Q2", "2024 Q3"],
    )
    return {
        "profit": profit,
        "matrix": value.value_matrix(profit, pd.Series(draw.gamma(1, 300, 300))),
        "cohorts": cohorts,
        "tracking": tracking,
        "tornado": value.tornado_table(value.simple_clv, BASE, RANGES),
    }


CHARTS = {
    "lorenz": lambda made, **o: lorenz_curve(made["profit"], **o),
    "matrix": lambda made, **o: value_matrix(made["matrix"], **o),
    "retention": lambda made, **o: retention_curve(made["cohorts"], **o),
    "tracking": lambda made, **o: tracking_plot(made["tracking"], **o),
    "tracking a period": lambda made, **o: tracking_plot(made["tracking"], total=False, **o),
    "tornado": lambda made, **o: tornado(made["tornado"], **o),
}


@pytest.mark.parametrize("name", CHARTS)
def test_every_chart_describes_itself_and_leaves_the_table_alone(made, name):
    before = {key: table.copy() for key, table in made.items()}
    ax = CHARTS[name](made)
    ax.figure.canvas.draw()
    assert len(alt_text(ax)) > 60
    assert alt_text(ax).endswith(".")
    assert ax.get_title("left")
    assert ax.get_xlabel()
    assert alt_text(CHARTS[name](made, alt="Mine.")) == "Mine."
    _, own = plt.subplots()
    assert CHARTS[name](made, ax=own) is own
    for key, table in made.items():
        if isinstance(table, pd.DataFrame):
            pd.testing.assert_frame_equal(table, before[key])


def test_lorenz_words_are_those_of_the_numbers():
    ax = lorenz_curve([60, 50, 10, -20], top=0.25)
    assert alt_text(ax) == (
        "Concentration curve of 4 customers, the best first. The best 25 % bring 60 % of the "
        "profit. 1 customer bring a loss: before them the curve stands at 120 %, then falls back "
        "to 100 %. Gini coefficient 0.70."
    ).replace("1 customer bring", "1 customer brings")
    curve = ax.lines[1].get_xydata()
    assert curve[:, 1].tolist() == [0, 0.6, 1.1, 1.2, 1.0]
    assert ax.get_ylim()[1] > 1.2
    assert "loss" not in alt_text(lorenz_curve([3, 2, 1]))
    with pytest.raises(ValueError, match="add up to"):
        lorenz_curve([1, -5])


def test_matrix_shows_every_customer_and_counts_the_cells(made):
    ax = value_matrix(made["matrix"])
    assert sum(len(dots.get_offsets()) for dots in ax.collections) == 300
    counts = value.matrix_counts(made["matrix"]).set_index("cell")["customers"]
    shown = dict(text.get_text().split(": ") for text in ax.texts)
    assert {name: int(count) for name, count in shown.items()} == counts.to_dict()
    with pytest.raises(ValueError, match="must come from"):
        value_matrix(made["matrix"].drop(columns="cell"))


def labels_apart(axis):
    """Say whether no two tick labels of an axis touch, and at least three are there."""
    boxes = [label.get_window_extent() for label in axis.get_ticklabels() if label.get_text()]
    return len(boxes) >= 3 and not any(
        one.overlaps(other) for k, one in enumerate(boxes) for other in boxes[k + 1 :]
    )


def test_matrix_does_not_crowd_customers_of_very_different_size():
    draw = np.random.default_rng(1)
    now = pd.Series(draw.lognormal(5, 3, 800) - 50)  # from a loss of 50 to more than a million
    later = pd.Series(draw.lognormal(5, 1.5, 800))  # up to some ten thousand
    matrix = value.value_matrix(now, later)
    ax = value_matrix(matrix, currency="euros")
    ax.figure.canvas.draw()
    spots = ax.transData.transform(
        np.vstack([np.asarray(dots.get_offsets()) for dots in ax.collections])
    )
    frame = ax.get_window_extent()
    places = (spots - [frame.x0, frame.y0]) / [frame.width, frame.height]
    assert places.min() > 0, "and nobody stands outside"
    assert places.max() < 1
    assert (places.min(axis=0) < 0.06).all(), "no room is left empty below the smallest"
    assert (places.max(axis=0) > 0.94).all()
    assert (np.median(places, axis=0) > 0.2).all()
    assert labels_apart(ax.xaxis)
    assert labels_apart(ax.yaxis)
    assert "logarithmic beyond" in alt_text(ax)
    assert ax.get_xlabel().startswith("Current value, euros\n(log scale beyond ")
    assert ax.get_ylabel().startswith("Potential value, euros\n(log scale beyond ")
    even = value_matrix(matrix, scale="linear")
    assert even.get_xscale() == even.get_yscale() == "linear"
    assert even.get_xlabel() == "Current value"


def test_matrix_keeps_even_axes_where_values_are_alike():
    draw = np.random.default_rng(1)
    matrix = value.value_matrix(
        pd.Series(draw.normal(500, 90, 200)), pd.Series(draw.normal(90, 9, 200))
    )
    ax = value_matrix(matrix, currency="pounds")
    assert ax.get_xscale() == ax.get_yscale() == "linear"
    assert ax.get_xlabel() == "Current value, pounds"
    assert "logarithmic" not in alt_text(ax)
    assert " pounds. Customers by cell" in alt_text(ax)
    assert value_matrix(matrix, scale="symlog").get_xscale() == "symlog"
    with pytest.raises(ValueError, match="scale must be"):
        value_matrix(matrix, scale="log")  # type: ignore[arg-type]


def test_matrix_words_below_the_axis_do_not_touch():
    sizes = pd.Series(np.geomspace(1, 1e5, 200))
    ax = value_matrix(value.value_matrix(sizes, sizes[::-1].reset_index(drop=True)), currency="CNY")
    ax.figure.canvas.draw()
    top = ax.xaxis.label.get_window_extent().y1
    assert all(text.get_window_extent().y0 >= top for text in ax.texts)


@pytest.mark.parametrize("values", [[0, 0, 0], [0, 0, 5], [-900, -1, -1, 0], [0.001, 0.002, 5]])
def test_matrix_of_few_or_odd_values_is_drawn(values):
    matrix = value.value_matrix(pd.Series(values), pd.Series(values[::-1]))
    for scale in ("auto", "symlog"):
        ax = value_matrix(matrix, scale=scale)
        ax.figure.canvas.draw()
        assert np.isfinite([*ax.get_xlim(), *ax.get_ylim()]).all()


def test_retention_weights_cohorts_by_their_size(made):
    ax = retention_curve(made["cohorts"], period="quarter")
    mean = ax.lines[-1].get_ydata()
    assert mean.tolist() == pytest.approx([1, (50 + 24 + 12) / 200, (40 + 18) / 160])
    assert "2024 Q1 50 %, 2024 Q3 30 % in quarter 1" in alt_text(ax)
    with pytest.raises(ValueError, match="no period after the first"):
        retention_curve(made["cohorts"][["customers", 0]])


def test_tracking_says_how_far_off(made):
    ax = tracking_plot(made["tracking"])
    assert ax.get_title("left") == "In the holdout the model is 10 % too low"
    assert "80 were counted and 72 expected" in alt_text(ax)
    right = made["tracking"].assign(expected=10.0, holdout=False)
    assert tracking_plot(right).get_title("left") == "So far the model is right to 1 %"
    with pytest.raises(ValueError, match='no column "holdout"'):
        tracking_plot(made["tracking"].drop(columns="holdout"))


def test_tornado_bars_reach_from_low_to_high(made):
    ax = tornado(made["tornado"])
    table = made["tornado"]
    ends = [bar.get_x() + bar.get_width() for bar in ax.patches]
    wanted = table[["value_low", "value_high"]].to_numpy().ravel()
    assert ends == pytest.approx(wanted.tolist())
    assert [bool(bar.get_hatch()) for bar in ax.patches] == [True, False] * 2
    assert "retention 0.7 to 0.9 gives 175 to 450" in alt_text(ax)
    bare = table.copy()
    bare.attrs = {}
    with pytest.raises(ValueError, match="base is not known"):
        tornado(bare)
