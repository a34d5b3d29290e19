import logging

import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_rgba

from whobuys.market import load_company, market
from whobuys.plot import (
    alt_text,
    attractiveness_map,
    awareness_bars,
    channel_dots,
    contribution_bars,
    contribution_heatmap,
    feature_heatmap,
    importance_bars,
    needs_map,
    part_worth_dots,
    position_map,
    price_ladder,
    share_bars,
)
from whobuys.target import (
    attractiveness,
    attractiveness_sensitivity,
    awareness_funnel,
    compare_prices,
    conjoint_ratings,
    contribution,
    feature_matrix,
    full_profiles,
    importance_performance,
    market_shares,
    perceptual_map,
)

SEGMENTS = pd.DataFrame(
    {
        "segment": ["loyals", "office", "curious"],
        "profit": [40.0, 90.0, 20.0],
        "growth": [0.0, 0.1, 0.2],
        "fit": [5, 1, 3],
    }
)
WEIGHTS = {"profit": 2, "growth": 1}
SCORES = attractiveness(SEGMENTS, WEIGHTS, strength={"fit": 1})
CASE = market("teahouse", 4)
RIVALS = CASE["rivals"]
FEATURES = [name for name in RIVALS.columns if name.startswith("rating_")]
MAP = perceptual_map(RIVALS, FEATURES)
OURS = "Lantern Lane"
NEEDS = importance_performance(CASE["survey"], load_company("teahouse").survey.needs)
BY_CATEGORY = contribution(CASE["transactions"], "category", products=CASE["products"])
BY_TWO = contribution(
    CASE["transactions"], ["region", "category"], products=CASE["products"],
    customers=CASE["customers"],
)  # fmt: skip
PROFILES = full_profiles({"pack": ["bag", "tin", "box"], "price": [4, 6]})
MODEL = conjoint_ratings(PROFILES.assign(rating=[5, 3, 9, 6, 6, 4]), "rating", ["pack", "price"])
CHANNELS = pd.DataFrame(
    {
        "channel": ["web", "survey"],
        "size": [300, 40],
        "conversion": [0.1, 0.0],
        "low": [0.07, 0.0],
        "high": [0.14, 0.09],
        "mean_value": [40.0, np.nan],
    }
)
IDEALS = pd.DataFrame({"segment": ["young", "old"], "x": [1.0, -1.0], "y": [0.5, -0.5]})

CHARTS = {
    "attractiveness": lambda **o: attractiveness_map(
        SCORES,
        size={"loyals": 300, "office": 100, "curious": 50},
        sensitivity=attractiveness_sensitivity(SEGMENTS, WEIGHTS),
        **o,
    ),
    "needs": lambda **o: needs_map(NEEDS, **o),
    "position": lambda **o: position_map(
        MAP.brands, ours=OURS, features=MAP.features, ideals=IDEALS, move=(0.5, 0.5), **o
    ),
    "shares": lambda **o: share_bars(market_shares(RIVALS, "buyers"), OURS, **o),
    "prices": lambda **o: price_ladder(compare_prices(RIVALS), OURS, currency="yuan", **o),
    "features": lambda **o: feature_heatmap(feature_matrix(RIVALS, ["taste", "look"]), **o),
    "awareness": lambda **o: awareness_bars(awareness_funnel(RIVALS), OURS, **o),
    "contribution": lambda **o: contribution_bars(BY_CATEGORY, "category", **o),
    "two": lambda **o: contribution_heatmap(BY_TWO, "region", "category", **o),
    "importance": lambda **o: importance_bars(MODEL.importances, **o),
    "part-worths": lambda **o: part_worth_dots(MODEL.part_worths, **o),
    "channels": lambda **o: channel_dots(CHANNELS, **o),
}


@pytest.mark.parametrize("name", CHARTS)
def test_every_chart_describes_itself_and_can_be_told_otherwise(name):
    import matplotlib.pyplot as plt

    ax = CHARTS[name]()
    assert len(alt_text(ax)) > 60
    assert alt_text(ax).endswith(".")
    assert "nan" not in alt_text(ax)
    assert ax.get_title("left")
    assert alt_text(CHARTS[name](alt="Mine.")) == "Mine."
    _, own = plt.subplots()
    assert CHARTS[name](ax=own) is own


@pytest.mark.parametrize("name", CHARTS)
def test_no_chart_says_a_word_while_it_is_drawn(name, caplog, recwarn):
    with caplog.at_level(logging.WARNING):
        CHARTS[name]().figure.canvas.draw()
    assert not caplog.records
    assert not recwarn.list


def test_bubbles_are_as_large_as_the_segments():
    ax = CHARTS["attractiveness"]()
    areas = ax.collections[-1].get_sizes()
    assert sorted(areas / areas.max()) == pytest.approx([1 / 6, 1 / 3, 1])
    with pytest.raises(ValueError, match="size has nothing for"):
        attractiveness_map(SCORES, size={"loyals": 1})
    with pytest.raises(ValueError, match='no column "strength"'):
        attractiveness_map(attractiveness(SEGMENTS, WEIGHTS))


def test_the_map_is_true_to_distances_and_names_the_nearest():
    ax = CHARTS["position"]()
    assert ax.get_aspect() == 1
    texts = {text.get_text() for text in ax.texts}
    assert set(RIVALS["brand"]) | {"young", "old"} <= texts
    for brand in MAP.brands.to_dict("records"):
        assert ax.get_xlim()[0] < brand["x"] < ax.get_xlim()[1]
        assert ax.get_ylim()[0] < brand["y"] < ax.get_ylim()[1]
    assert "Nearest to us:" in alt_text(ax)
    marked = position_map(RIVALS, x="position_x", y="position_y")
    assert f"{OURS} (ours)" in alt_text(marked)
    with pytest.raises(ValueError, match="no brand 'Nobody'"):
        position_map(MAP.brands, ours="Nobody")
    with pytest.raises(ValueError, match="move needs our brand"):
        position_map(MAP.brands, move=(0, 0))


def test_labels_keep_apart_where_there_is_room():
    ax = CHARTS["position"]()
    ax.figure.canvas.draw()
    boxes = [t.get_window_extent() for t in ax.texts if t.get_text() in set(RIVALS["brand"])]
    for place, one in enumerate(boxes):
        assert not any(one.overlaps(two) for two in boxes[place + 1 :])


def test_shares_are_sorted_and_ours_is_filled():
    ax = CHARTS["shares"]()
    widths = [bar.get_width() for bar in ax.patches]
    assert widths == sorted(widths, reverse=True)
    assert sum(widths) == pytest.approx(1)
    colours = {bar.get_facecolor() for bar in ax.patches}
    assert len(colours) == 2
    with pytest.raises(ValueError, match="no 'Nobody'"):
        share_bars(market_shares(RIVALS, "buyers"), "Nobody")


def test_prices_reach_from_lowest_to_highest():
    ax = price_ladder(compare_prices(RIVALS), OURS, log=False)
    assert ax.get_xlim()[0] == 0
    ends = [line.get_segments()[0][:, 0].tolist() for line in ax.collections[::2]]
    table = RIVALS.sort_values("price_typical")
    assert ends == table[["price_low", "price_high"]].to_numpy().tolist()
    with pytest.raises(ValueError, match="above zero"):
        price_ladder(compare_prices(RIVALS).assign(low=0.0), log=True)


def test_the_feature_table_frames_the_best():
    matrix = feature_matrix(RIVALS, ["taste", "good", "handy", "look"])
    ax = feature_heatmap(matrix)
    numbers = [text.get_text() for text in ax.texts]
    assert len(numbers) == 4 * len(RIVALS)
    assert len(ax.patches) == 4
    best = RIVALS.set_index("brand")["rating_good"].idxmax()
    assert f"good: best {best}" in alt_text(ax)


def test_contributions_add_up_and_gather_the_rest():
    products = contribution(CASE["transactions"], "product", products=CASE["products"])
    ax = contribution_bars(products, "product", most=5)
    widths = [bar.get_width() for bar in ax.patches]
    assert sum(widths[:5]) == pytest.approx(1)
    assert sum(widths[5:]) == pytest.approx(1)
    assert ax.get_yticklabels()[-1].get_text() == f"the other {len(products) - 4}"
    assert all(bar.get_hatch() for bar in ax.patches[5:])


def test_the_table_of_two_holds_every_cell():
    ax = CHARTS["two"]()
    shown = [text.get_text() for text in ax.texts]
    assert len(shown) == BY_TWO["region"].nunique() * BY_TWO["category"].nunique()
    assert f"{BY_TWO['revenue_share'].max() * 100:.0f} %" in shown
    with pytest.raises(ValueError, match="stands twice"):
        contribution_heatmap(pd.concat([BY_TWO, BY_TWO]), "region", "category")


def test_linear_part_worths_are_left_out():
    only = pd.DataFrame({"attribute": ["price"], "level": ["per unit"], "part_worth": [-1.0]})
    with pytest.raises(ValueError, match="linear attributes only"):
        part_worth_dots(only)
    ax = part_worth_dots(pd.concat([MODEL.part_worths, only]))
    assert len(ax.get_yticklabels()) == 5


def test_urgent_needs_are_told_by_shape_too():
    ax = CHARTS["needs"]()
    urgent = (NEEDS["quadrant"] == "concentrate here").sum()
    assert len(ax.collections[1].get_offsets()) == urgent
    assert (ax.collections[0].get_facecolor() == np.array(to_rgba("white"))).all()
