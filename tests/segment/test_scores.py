import numpy as np
import pandas as pd
import pytest

from whobuys.segment import weight_sensitivity, weighted_score


@pytest.fixture
def people() -> pd.DataFrame:
    draw = np.random.default_rng(3)
    return pd.DataFrame(
        {
            "customer_id": [f"C{i}" for i in range(60)],
            "margin": draw.gamma(1, 100, 60).round(2),
            "orders": draw.integers(1, 30, 60),
            "silent": draw.integers(0, 300, 60),
        }
    )


def test_the_score_by_hand(people):
    weights = {"margin": 3, "silent": 1}
    got = weighted_score(people, weights, reverse=["silent"])
    unit = (people - people.min(numeric_only=True)) / (
        people.max(numeric_only=True) - people.min(numeric_only=True)
    )
    hand = 0.75 * unit["margin"] + 0.25 * (1 - unit["silent"])
    np.testing.assert_allclose(got["score"], hand.astype(float))
    np.testing.assert_allclose(got["margin_part"] + got["silent_part"], got["score"])
    assert got.attrs["weights"] == {"margin": 0.75, "silent": 0.25}
    assert got["rank"].min() == 1
    assert got["customer_id"].equals(people["customer_id"])
    assert got["score"].between(0, 1).all()


def test_only_the_ratio_of_weights_counts(people):
    one = weighted_score(people, {"margin": 2, "orders": 1})
    other = weighted_score(people, {"margin": 0.2, "orders": 0.1})
    pd.testing.assert_frame_equal(one, other)


def test_the_scales(people):
    z = weighted_score(people, {"margin": 1, "silent": 1}, scale="z", reverse=["silent"])
    assert z["score"].mean() == pytest.approx(0)
    rank = weighted_score(people, {"margin": 1}, scale="rank")
    assert rank["score"].min() == 0
    assert rank["score"].max() == 1
    bare = weighted_score(people, {"orders": 1}, scale=None)
    np.testing.assert_allclose(bare["score"], people["orders"])
    assert weighted_score(people, {"silent": 1}, reverse="silent")["rank"].tolist() == (
        people["silent"].rank(method="min").astype(int).tolist()
    )


def test_equals_share_the_best_rank():
    table = pd.DataFrame({"a": [3, 3, 1]})
    assert weighted_score(table, {"a": 1})["rank"].tolist() == [1, 1, 3]
    assert "customer_id" not in weighted_score(table, {"a": 1})


@pytest.mark.parametrize(
    ("weights", "options", "message"),
    [
        ({}, {}, "weights must name columns"),
        (["margin"], {}, "weights must name columns"),
        ({"margn": 1}, {}, r'no column "margn" \(nearest: "margin"\)'),
        ({"margin": 0, "orders": 0}, {}, "All weights are zero"),
        ({"margin": -1}, {}, r'reverse=\["margin"\]'),
        ({"margin": True}, {}, "must be a number from 0 up"),
        ({"margin": np.nan}, {}, "must be a number from 0 up"),
        ({"customer_id": 1}, {}, "does not hold numbers"),
        ({"margin": 1}, {"scale": "log"}, "scale must be one of range, rank, z or None"),
        ({"margin": 1}, {"reverse": ["orders"]}, "reverse names orders"),
        ({"margin": 1}, {"reverse": ["margin"], "scale": None}, "reverse needs a scale"),
        ({"gap": 1, "margin": 1}, {}, r"missing values in gap \(2 rows\) of 60"),
        ({"same": 1}, {}, '"same" is 4 for everybody'),
    ],
)
def test_errors(people, weights, options, message):
    people["gap"] = people["margin"].where(people.index > 1)
    people["same"] = 4
    with pytest.raises(ValueError, match=message):
        weighted_score(people, weights, **options)


def test_sensitivity(people):
    weights = {"margin": 2, "orders": 1, "silent": 1}
    got = weight_sensitivity(people, weights, top=10, reverse=["silent"])
    assert got["factor"].tolist() == ["margin"] * 2 + ["orders"] * 2 + ["silent"] * 2
    assert got["moved_to"].tolist() == pytest.approx([0.4, 0.6, 0.15, 0.35, 0.15, 0.35])
    first = weighted_score(people, weights, reverse=["silent"])
    moved = weighted_score(
        people, {"margin": 0.6, "orders": 0.2, "silent": 0.2}, reverse=["silent"]
    )
    kept = len(set(first.nlargest(10, "score").index) & set(moved.nlargest(10, "score").index))
    assert got.loc[1, "kept"] == kept / 10
    assert got.loc[1, "changed"] == 10 - kept
    far = weight_sensitivity(people, weights, top=10, change=0.9)
    assert far["moved_to"].between(0, 1).all()
    assert weight_sensitivity(people, {"margin": 1, "orders": 0}, top=60)["kept"].eq(1).all()


@pytest.mark.parametrize(
    ("weights", "options", "message"),
    [
        ({"margin": 1}, {"top": 3}, "one factor only"),
        ({"margin": 1, "orders": 1}, {"top": 0}, "top must be from 1 to 60"),
        ({"margin": 1, "orders": 1}, {"top": 3, "change": 1}, "change must be a share"),
    ],
)
def test_sensitivity_errors(people, weights, options, message):
    with pytest.raises(ValueError, match=message):
        weight_sensitivity(people, weights, **options)


def test_inputs_are_not_changed(people):
    before = people.copy()
    weighted_score(people, {"margin": 1, "orders": 2})
    weight_sensitivity(people, {"margin": 1, "orders": 2}, top=5)
    pd.testing.assert_frame_equal(people, before)
