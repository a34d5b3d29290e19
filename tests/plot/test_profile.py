import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from whobuys.plot import (
    alt_text,
    feature_panels,
    index_heatmap,
    lift_plot,
    persona_ranges,
    profile_plot,
    region_bars,
    region_tiles,
    separation_plot,
)
from whobuys.segment import profile_segments, trait_lift

TILES = {"Coast": (0, 0), "Hills": (0, 1), "Plains": (1, 0)}


@pytest.fixture
def people() -> pd.DataFrame:
    draw = np.random.default_rng(6)
    size = 240
    code = draw.choice(["K1", "K2", "K3"], size, p=[0.5, 0.3, 0.2])
    shift = pd.Series(code).map({"K1": 0, "K2": 15, "K3": 30})
    return pd.DataFrame(
        {
            "segment": code,
            "age": 20 + shift + draw.normal(0, 4, size),
            "spent": draw.gamma(2, 50, size) + 3 * shift,
            "region": draw.choice(list(TILES), size, p=[0.5, 0.3, 0.2]),
            "app": draw.random(size) < np.where(code == "K1", 0.9, 0.3),
            "member": draw.random(size) < 0.4,
        }
    )


def charts(people):
    profile = profile_segments(people)
    lifts = trait_lift(people, "app", segment="segment")
    return {
        "profile_plot": lambda **o: profile_plot(profile, ["app", "member"], **o),
        "index_heatmap": lambda **o: index_heatmap(profile, ["age", "spent"], **o),
        "lift_plot": lambda **o: lift_plot(lifts, **o),
        "separation_plot": lambda **o: separation_plot(people, ["age", "spent"], **o),
        "region_bars": lambda **o: region_bars(people, **o),
        "highlighted": lambda **o: region_bars(people, "region", "segment", "K1", **o),
        "region_tiles": lambda **o: region_tiles(people, TILES, **o),
        "feature_panels": lambda **o: feature_panels(people, "age", **o),
        "persona_ranges": lambda **o: persona_ranges(people, "K1", ["age", "spent"], **o),
    }


@pytest.mark.parametrize("name", charts(pd.DataFrame(
    {"segment": ["A", "A", "B", "B"] * 10, "age": range(40), "spent": range(40), "app": [1, 0] * 20,
     "member": True, "region": "Coast"})))  # fmt: skip
def test_every_chart_describes_itself_and_leaves_the_table_alone(people, name):
    before = people.copy()
    chart = charts(people)[name]
    made = chart()
    assert len(alt_text(made)) > 60
    assert alt_text(made).endswith(".")
    assert "nan" not in alt_text(made)
    assert alt_text(chart(alt="Mine.")) == "Mine."
    if not isinstance(made, Figure):
        assert made.get_title("left")
        _, own = plt.subplots()
        assert chart(ax=own) is own
    pd.testing.assert_frame_equal(people, before)


def test_profile_plot_has_a_panel_a_segment_and_dark_bars_for_markers(people):
    figure = profile_plot(profile_segments(people), ["app", "member"])
    panels = [ax for ax in figure.axes if ax.get_visible()]
    assert [ax.get_title("left")[:2] for ax in panels] == ["K1", "K2", "K3"]
    words = alt_text(figure)
    share = people.loc[people["segment"] == "K1", "app"].mean()
    assert f"app {share:.0%}".replace("%", " %") in words
    assert "(total " in words


def test_profile_plot_of_numbers_is_in_indices(people):
    figure = profile_plot(profile_segments(people), ["age", "spent"])
    assert "Numbers are indices, 100 is the total." in alt_text(figure)


def test_nothing_stands_out_is_said(people):
    flat = people.assign(app=True)
    words = alt_text(profile_plot(profile_segments(flat), ["app"]))
    assert words.count("nothing stands out") == 3


def test_heatmap_cells_hold_the_indices(people):
    profile = profile_segments(people)
    ax = index_heatmap(profile, ["age"])
    wanted = [f"{index:.0f}" for index in profile.loc[profile["variable"] == "age", "index"]]
    assert [text.get_text() for text in ax.texts] == wanted


def test_lift_plot_fills_the_dots_that_leave_out_1(people):
    lifts = trait_lift(people, "app", segment="segment")
    words = alt_text(lift_plot(lifts))
    for row in lifts.itertuples():
        holds = row.low <= 1 <= row.high
        said = words.split(f"{row.group} (")[1].split(";")[0]
        assert ("holds 1" in said) == holds


def test_separation_needs_two_variables_and_segments(people):
    with pytest.raises(ValueError, match="at least two columns"):
        separation_plot(people, ["age"])
    with pytest.raises(ValueError, match="one segment only"):
        separation_plot(people.assign(segment="A"), ["age", "spent"])
    constant = separation_plot(people.assign(spent=1.0), ["age", "spent"])
    assert "100 % of the spread" in alt_text(constant)


def test_neighbours_are_the_close_ones(people):
    words = alt_text(separation_plot(people, ["age", "spent"]))
    assert "Furthest from each other: K1 and K3." in words


def test_regions(people):
    words = alt_text(region_bars(people))
    shares = people["region"].value_counts(normalize=True)
    assert words.index("Coast") < words.index("Hills") < words.index("Plains")
    assert f"Coast {shares['Coast']:.0%}".replace("%", " %") in words
    with pytest.raises(ValueError, match="No customer has 'K9'"):
        region_bars(people, "region", "segment", "K9")
    with pytest.raises(ValueError, match="no tile for Plains"):
        region_tiles(people, {"Coast": (0, 0), "Hills": (0, 1)})
    with pytest.raises(ValueError, match="same tile"):
        region_tiles(people, {**TILES, "Plains": (0, 0)})


def test_ranges_are_ranks_among_all():
    frame = pd.DataFrame({"segment": ["A"] * 50 + ["B"] * 50, "x": np.arange(100)})
    words = alt_text(persona_ranges(frame, "A", ["x"]))
    assert "ranks 13 to 37 of 100" in words


@pytest.mark.parametrize(
    "call",
    [
        lambda t: profile_plot(t),
        lambda t: index_heatmap(profile_segments(t), ["wealth"]),
        lambda t: lift_plot(t),
        lambda t: region_bars(t, "place"),
        lambda t: feature_panels(t, "wealth"),
        lambda t: persona_ranges(t, "K1", ["wealth"]),
        lambda t: separation_plot(t, ["age", "wealth"]),
    ],
)
def test_a_missing_column_is_named(people, call):
    with pytest.raises(ValueError, match=r"has no column|describes no variable"):
        call(people)
