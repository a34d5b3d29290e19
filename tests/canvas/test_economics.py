import math

import pandas as pd
import pytest

from whobuys.canvas import Canvas, break_even_units, segment_fit, unit_economics


@pytest.fixture
def suits():
    return Canvas.from_dict(
        {
            "customers": ["office workers", "brides"],
            "revenue": [
                {"text": "suits", "amount": 200_000, "links": "office workers"},
                {"text": "alteration", "amount": 20_000, "links": ["office workers", "brides"]},
            ],
            "costs": [
                {"text": "wages", "amount": 88_000, "kind": "fixed"},
                {"text": "cloth", "amount": 66_000, "kind": "variable"},
                {"text": "advertising", "amount": 12_000, "kind": "fixed"},
                {"text": "total costs", "amount": 166_000},
            ],
        }
    )


def test_by_hand(suits):
    found = unit_economics(suits, 1000, acquisition=["advertising"], new_customers=60, clv=500)
    # 1000 suits: price 220, unit cost 66, contribution 154; fixed 100,000
    assert found["price"] == 220
    assert found["contribution"] == 154
    assert found["break_even_units"] == pytest.approx(100_000 / 154)
    assert found["break_even_revenue"] == pytest.approx(100_000 / 154 * 220)
    assert found["profit"] == 220_000 - 166_000
    assert found["safety"] == pytest.approx(1 - 100_000 / 154 / 1000)
    assert found["acquisition_cost"] == 200
    assert found["clv_per_acquisition_cost"] == 2.5
    # At break-even the profit is zero.
    units = found["break_even_units"]
    assert units * 220 - units * 66 - 100_000 == pytest.approx(0)


def test_edges(suits):
    assert break_even_units(0, 10, 20) == 0
    assert break_even_units(100, 10, 10) == math.inf
    with pytest.raises(ValueError, match="fixed_cost is -1"):
        break_even_units(-1, 10, 5)
    with pytest.raises(ValueError, match=r'1 of 3 costs .*"wages"'):
        unit_economics(suits.change("wages", kind=""), 10)
    with pytest.raises(ValueError, match="units is 0"):
        unit_economics(suits, 0)
    with pytest.raises(ValueError, match="No revenue"):
        unit_economics(Canvas(), 10)
    with pytest.raises(ValueError, match="positive"):
        unit_economics(suits.change("cloth", amount=-1), 10)
    with pytest.raises(ValueError, match="new_customers"):
        unit_economics(suits, 10, new_customers=0)


def test_own_segments_beside_the_canvas(suits):
    canvas = suits.change("office workers", evidence={"segment": "W"}).add(
        "value", "fits", links=["office workers"]
    )
    mine = pd.DataFrame({"segment": ["W", "S"], "customers": [100, 50], "clv": [30.0, 20.0]})
    found = segment_fit(canvas, mine)
    assert found[["segment", "entry", "propositions", "revenue"]].values.tolist() == [
        ["W", "office workers", 1, 200_000.0],
        ["S", "", 0, 0.0],
        ["", "brides", 0, 0.0],
    ]
    assert found["value_share"].tolist()[:2] == [0.75, 0.25]
    assert "clv" not in segment_fit(canvas, mine[["segment"]]).columns
    with pytest.raises(ValueError, match="stands twice"):
        segment_fit(canvas, pd.concat([mine, mine]))
    with pytest.raises(ValueError, match='no column "code"'):
        segment_fit(canvas, mine, code="code")
