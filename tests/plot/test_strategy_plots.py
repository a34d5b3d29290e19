import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from whobuys import strategy
from whobuys.plot import (
    alt_text,
    before_after_lines,
    closing_plot,
    migration_flow,
    migration_heatmap,
    nps_bars,
    satisfaction_gap,
    segment_prices,
    visit_bars,
)


@pytest.fixture
def made() -> dict:
    draw = np.random.default_rng(0)
    then = pd.Series(draw.choice(["gold", "silver", "basic"], 300))
    now = pd.Series(draw.choice(["gold", "silver", "basic"], 300), range(60, 360))
    asked = pd.DataFrame(
        {
            "recommend": draw.integers(0, 11, 120),
            "expectation": draw.integers(2, 6, 120),
            "satisfaction": draw.integers(1, 6, 120),
            "tier": draw.choice(list("AB"), 120),
        }
    )
    opened = pd.Timestamp("2026-06-01") + pd.to_timedelta(draw.integers(0, 200, 60), "h")
    closed = pd.Series(opened + pd.to_timedelta(draw.gamma(1, 40, 60), "h"))
    cases = pd.DataFrame({"kind": "complaint", "opened": opened, "closed": closed})
    customers = pd.DataFrame(
        {
            "grade": draw.choice(["A (sales)", "B (sales)"], 40),
            "value": draw.gamma(1, 90, 40),
            "visit_hours": draw.uniform(0.5, 2, 40),
        }
    )
    demand = pd.DataFrame({"segment": ["hotels", "cafés"], "customers": [80, 300],
                           "middle": [30.0, 20.0], "spread": [4.0, 3.0]})  # fmt: skip
    values = pd.DataFrame(draw.normal(10, 2, (50, 4)), columns=["Q1", "Q2", "Q3", "Q4"])
    return {
        "matrix": strategy.migration_matrix(then, now, order=["gold", "silver", "basic"]),
        "gap": strategy.satisfaction_table(asked, by="tier"),
        "nps": strategy.net_promoter_score(asked, by="tier"),
        "curve": strategy.closing_curve(cases, as_of="2026-06-10"),
        "visits": strategy.visit_summary(strategy.plan_visits(customers, 30.0)),
        "prices": strategy.price_table(demand, unit_cost=8.0),
        "means": strategy.period_means(values, pd.Series(np.arange(50) < 20)),
    }


CHARTS = {
    "heatmap": lambda made, **o: migration_heatmap(made["matrix"], **o),
    "flow": lambda made, **o: migration_flow(made["matrix"], **o),
    "gap": lambda made, **o: satisfaction_gap(made["gap"], **o),
    "nps": lambda made, **o: nps_bars(made["nps"], **o),
    "closing": lambda made, **o: closing_plot(made["curve"], **o),
    "visits": lambda made, **o: visit_bars(made["visits"], **o),
    "prices": lambda made, **o: segment_prices(made["prices"], **o),
    "before and after": lambda made, **o: before_after_lines(made["means"], "Q3", **o),
}


@pytest.mark.filterwarnings("error::UserWarning")
@pytest.mark.parametrize("name", CHARTS)
def test_every_chart_describes_itself_and_leaves_the_table_alone(made, name):
    before = {key: table.copy() for key, table in made.items()}
    ax = CHARTS[name](made)
    ax.figure.canvas.draw()
    assert len(alt_text(ax)) > 60
    assert alt_text(ax).endswith(".")
    assert ax.get_title("left")
    assert ax.get_xlabel()
    width = ax.figure.get_window_extent().width
    for text in [ax.xaxis.label, ax.yaxis.label, ax._left_title]:
        box = text.get_window_extent()
        if text.get_text():
            assert box.x0 >= -1
            assert box.x1 <= width + 1
    assert alt_text(CHARTS[name](made, alt="Mine.")) == "Mine."
    _, own = plt.subplots()
    assert CHARTS[name](made, ax=own) is own
    for key, table in made.items():
        pd.testing.assert_frame_equal(table, before[key])


def test_the_cells_hold_the_counts(made):
    ax = migration_heatmap(made["matrix"])
    texts = [text.get_text() for text in ax.texts]
    counts = [f"{count:,}" for count in made["matrix"].to_numpy().ravel()]
    assert texts == [*counts[:-1], "–"]
    assert [label.get_text() for label in ax.get_yticklabels()][-1] == "new (60)"


def test_a_matrix_of_few():
    matrix = strategy.migration_matrix(pd.Series({"a": "x"}), pd.Series({"a": "x"}))
    assert "100 % stayed" in alt_text(migration_heatmap(matrix))
    assert "1 stayed" in alt_text(migration_flow(matrix))
    empty = matrix * 0
    with pytest.raises(ValueError, match="no customers"):
        migration_flow(empty)
    assert "x: nobody." in alt_text(migration_heatmap(empty))
    with pytest.raises(ValueError, match="same segments"):
        migration_heatmap(pd.DataFrame({"a": [1, 2], "b": [3, 4]}))


def test_strange_tables_are_refused(made):
    with pytest.raises(ValueError, match="start must be a period after the first"):
        before_after_lines(made["means"], "Q1")
    with pytest.raises(ValueError, match='no column "promoters"'):
        nps_bars(made["gap"])
    with pytest.raises(ValueError, match='no column "hours"'):
        closing_plot(made["gap"])
    with pytest.raises(ValueError, match="no hours"):
        visit_bars(made["visits"].assign(hours=0.0))


def test_the_lines_show_the_effect():
    means = pd.DataFrame(
        {"period": [2024, 2025], "took part": [1.0, 4.0], "comparison": [2.0, 3.0]}
    )
    ax = before_after_lines(means, 2025)
    assert "2.00 lie between" in alt_text(ax)
    assert [text.get_text() for text in ax.texts if text.get_text()] == ["+2.00"]
