"""A table that a filter left empty is called that, whatever the function looks for."""

import pandas as pd
import pytest

from whobuys.target import (
    awareness_funnel,
    brand_shares,
    compare_prices,
    cronbach_alpha,
    feature_matrix,
    gap_scores,
    ideal_distances,
    importance_performance,
    market_shares,
    nearest_rival,
    penetration,
    perceptual_map,
    top_box,
)

SALES = pd.DataFrame({"year": [2025], "brand": ["Us"], "revenue": [5.0]})
PLACES = pd.DataFrame({"brand": ["Us", "B"], "x": [0.0, 1.0], "y": [0.0, 1.0]})
WISHES = pd.DataFrame({"segment": ["all"], "x": [0.0], "y": [0.0]})
RIVALS = pd.DataFrame(
    columns=["brand", "ours", "price_low", "price_typical", "price_high", "aware", "bought"]
)
ASKED = pd.DataFrame(columns=["a", "b", "importance_a", "rating_a"])
TASTES = pd.DataFrame(columns=["segment", "x", "y", "distance", "price"])
BRANDS = PLACES.assign(price=1.0)

EMPTY = {
    "market_shares": (
        "table", lambda: market_shares(SALES[SALES["year"] == "2025"], "revenue")
    ),
    "penetration": ("table", lambda: penetration(SALES.iloc[:0], "revenue", "year", by="brand")),
    "perceptual_map": ("ratings", lambda: perceptual_map(PLACES.iloc[:0], ["x", "y"])),
    "nearest_rival": ("places", lambda: nearest_rival(PLACES.iloc[:0], "Us")),
    "ideal_distances": ("places", lambda: ideal_distances(PLACES.iloc[:0], WISHES)),
    "ideals": ("ideals", lambda: ideal_distances(PLACES, WISHES.iloc[:0])),
    "compare_prices": ("rivals", lambda: compare_prices(RIVALS)),
    "feature_matrix": ("rivals", lambda: feature_matrix(RIVALS, ["aware"], prefix="", ours="Us")),
    "awareness_funnel": ("rivals", lambda: awareness_funnel(RIVALS, ["aware", "bought"])),
    "brand_shares": ("brands", lambda: brand_shares(BRANDS.iloc[:0], TASTES)),
    "tastes": ("tastes", lambda: brand_shares(BRANDS, TASTES)),
    "top_box": ("answers", lambda: top_box(ASKED, ["a"])),
    "gap_scores": ("answers", lambda: gap_scores(ASKED, {"it": ("a", "b")})),
    "importance_performance": (
        "answers", lambda: importance_performance(ASKED, {"a": ("importance_a", "rating_a")})
    ),
    "cronbach_alpha": ("answers", lambda: cronbach_alpha(ASKED, ["a", "b"])),
}  # fmt: skip


@pytest.mark.parametrize("name", EMPTY)
def test_no_rows_are_told_with_the_mend(name):
    table, call = EMPTY[name]
    with pytest.raises(ValueError, match=f"^{table} has no rows. Check the file or the filter"):
        call()
