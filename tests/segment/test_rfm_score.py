import numpy as np
import pandas as pd
import pytest

from whobuys.segment import SEGMENT_MAP, rfm_score, rfm_segment

SCORES = ["r_score", "f_score", "m_score"]


@pytest.fixture
def rfm() -> pd.DataFrame:
    draw = np.random.default_rng(5)
    return pd.DataFrame(
        {
            "customer_id": [f"C{i:03d}" for i in range(237)],
            "recency_days": draw.integers(0, 60, 237),
            "frequency": draw.geometric(0.3, 237),
            "monetary": np.round(draw.gamma(2, 50, 237), 2),
        }
    )


def by_hand(values: list[float], bins: int, ties: str) -> list[int]:
    """Score goodness values from the formula, in plain Python."""
    scores = []
    for i, value in enumerate(values):
        worse = sum(other < value for other in values)
        same = sum(other == value for other in values)
        before = sum(other == value for other in values[:i])
        rank = {
            "min": worse + 1,
            "max": worse + same,
            "average": worse + (same + 1) / 2,
            "first": worse + before + 1,
        }[ties]
        scores.append(int((rank - 1) * bins // len(values)) + 1)
    return scores


@pytest.mark.parametrize("bins", [2, 3, 5, 10])
@pytest.mark.parametrize("ties", ["min", "average", "max", "first"])
def test_scores_follow_the_formula(rfm, bins, ties):
    got = rfm_score(rfm, bins=bins, ties=ties)
    assert got["r_score"].tolist() == by_hand((-rfm["recency_days"]).tolist(), bins, ties)
    assert got["f_score"].tolist() == by_hand(rfm["frequency"].tolist(), bins, ties)
    assert got["m_score"].tolist() == by_hand(rfm["monetary"].tolist(), bins, ties)


def test_distinct_values_give_equal_groups():
    rfm = pd.DataFrame({"recency_days": range(100), "frequency": 1, "monetary": 1.0})
    got = rfm_score(rfm)
    assert got["r_score"].value_counts().tolist() == [20] * 5
    assert got["r_score"].iloc[0] == 5
    assert got["f_score"].unique().tolist() == [1]


def test_equal_values_have_equal_scores_whatever_the_row_order(rfm):
    shuffled = rfm.sample(frac=1, random_state=9)
    same = rfm_score(shuffled).sort_index()
    pd.testing.assert_frame_equal(same, rfm_score(rfm))
    first = rfm_score(shuffled, ties="first").sort_index()
    assert (first["f_score"] != rfm_score(rfm, ties="first")["f_score"]).any()


def test_code_and_weighted_mean(rfm):
    got = rfm_score(rfm, weights={"recency": 2, "frequency": 1, "monetary": 0})
    row = got.iloc[17]
    assert row["rfm_code"] == f"{row.r_score}{row.f_score}{row.m_score}"
    assert row["rfm_score"] == pytest.approx((2 * row.r_score + row.f_score) / 3)
    assert rfm_score(rfm)["rfm_score"].equals(got[SCORES].sum(axis=1) / 3)
    assert rfm_score(rfm, bins=10)["rfm_code"].str.fullmatch(r"\d+-\d+-\d+").all()


def test_input_and_other_columns_stay(rfm):
    before = rfm.copy()
    got = rfm_score(rfm.assign(city="X").set_index("customer_id", drop=False))
    pd.testing.assert_frame_equal(rfm, before)
    assert got.columns.tolist()[:5] == [*before.columns, "city"]
    assert got.index.tolist() == before["customer_id"].tolist()


def test_edges_are_half_open():
    rfm = pd.DataFrame(
        {
            "recency_days": [0, 29, 30, 89, 90, 364, 365, 999],
            "frequency": [1, 2, 3, 4, 5, 9, 10, 11],
            "monetary": 1.0,
        }
    )
    got = rfm_score(rfm, edges={"recency_days": [30, 90, 180, 365], "frequency": [2, 3, 5, 10]})
    assert got["r_score"].tolist() == [5, 5, 4, 4, 3, 2, 1, 1]
    assert got["f_score"].tolist() == [1, 2, 3, 3, 4, 4, 5, 5]
    assert got["m_score"].tolist() == [1] * 8
    short = rfm_score(rfm, edges={"recency": [30, 90, 180, 365]})
    assert short["r_score"].equals(got["r_score"])


EDGE_ERRORS = [
    ({"age": [1, 2, 3, 4]}, "unknown key 'age'; the keys are recency, frequency, monetary"),
    ({"frequency": [1, 2, 3]}, "has 3 edges; 5 bins need 4"),
    ({"frequency": [1, 3, 2, 4]}, "ascend without repeats, not 1, 3, 2, 4"),
    ({"frequency": [1, 2, 2, 4]}, "ascend"),
    ({"frequency": [1, 2, 3, np.nan]}, "finite"),
    ({"frequency": [1, 2, 3, np.inf]}, "finite"),
    ({"frequency": ["a", 2, 3, 4]}, "must be a list of numbers"),
    ({"frequency": "1234"}, "must be a list of numbers"),
    ({"frequency": 3}, "must be a list of numbers"),
    ({"frequency": []}, "is empty"),
    ({"recency": [1, 2, 3, 4], "recency_days": [1, 2, 3, 4]}, "recency twice"),
    ([1, 2, 3, 4], "edges must be a dict"),
]


@pytest.mark.parametrize(("edges", "message"), EDGE_ERRORS)
def test_bad_edges(rfm, edges, message):
    with pytest.raises(ValueError, match=message):
        rfm_score(rfm, edges=edges)


WEIGHT_ERRORS = [
    ({"recency": 1, "frequency": 1, "money": 1}, "unknown key 'money'"),
    ({"recency": 1, "frequency": 1}, "lacks monetary"),
    ({"recency": 1, "frequency": 1, "monetary": -1}, "must be zero or more, not -1"),
    ({"recency": 1, "frequency": 1, "monetary": np.nan}, "must be zero or more"),
    ({"recency": 1, "frequency": 1, "monetary": "1"}, "must be zero or more"),
    ({"recency": 1, "frequency": 1, "monetary": True}, "must be zero or more"),
    ({"recency": 0, "frequency": 0, "monetary": 0}, "all zero"),
    ([1, 1, 1], "must be a dict"),
]


@pytest.mark.parametrize(("weights", "message"), WEIGHT_ERRORS)
def test_bad_weights(rfm, weights, message):
    with pytest.raises(ValueError, match=message):
        rfm_score(rfm, weights=weights)


@pytest.mark.parametrize("bins", [1, 0, -5, 2.5, True, "5", None])
def test_bad_bins(rfm, bins):
    with pytest.raises(ValueError, match="bins must be a whole number"):
        rfm_score(rfm, bins=bins)


def test_other_bad_input(rfm):
    with pytest.raises(ValueError, match="ties must be one of"):
        rfm_score(rfm, ties="dense")
    with pytest.raises(ValueError, match='rfm has no column "recency_days" \\(nearest: "recency"'):
        rfm_score(rfm.rename(columns={"recency_days": "recency"}))
    with pytest.raises(ValueError, match="rfm has no rows"):
        rfm_score(rfm.head(0))
    with pytest.raises(ValueError, match='"monetary" of rfm has a missing'):
        rfm_score(rfm.assign(monetary=np.nan))


def test_the_map_holds_every_cell_once():
    cells = [
        (r, f)
        for row in SEGMENT_MAP.itertuples()
        for r in range(row.r_min, row.r_max + 1)
        for f in range(row.f_min, row.f_max + 1)
    ]
    assert sorted(cells) == [(r, f) for r in range(1, 6) for f in range(1, 6)]
    assert SEGMENT_MAP["segment"].is_unique
    assert len(SEGMENT_MAP) == 11
    text = SEGMENT_MAP[["segment", "meaning", "action"]]
    assert text.notna().all(axis=None)
    assert text.map(len).min(axis=None) > 2


def test_each_cell_gets_the_segment_of_its_rectangle():
    cells = [(r, f) for r in range(1, 6) for f in range(1, 6)]
    scores = pd.DataFrame(cells, columns=["r_score", "f_score"]).sample(frac=1, random_state=4)
    before = scores.copy()
    got = rfm_segment(scores)
    pd.testing.assert_frame_equal(scores, before)
    for row in got.itertuples():
        rule = SEGMENT_MAP[SEGMENT_MAP["segment"] == row.segment].iloc[0]
        assert rule.r_min <= row.r_score <= rule.r_max
        assert rule.f_min <= row.f_score <= rule.f_max
    assert set(got["segment"]) == set(SEGMENT_MAP["segment"])


def test_a_segment_may_have_several_rows(rfm):
    halves = pd.DataFrame(
        {
            "segment": ["warm", "cold", "cold"],
            "r_min": [2, 1, 2],
            "r_max": [2, 1, 2],
            "f_min": [2, 1, 1],
            "f_max": [2, 2, 1],
        }
    )
    got = rfm_segment(rfm_score(rfm, bins=2), halves)
    warm = (got["r_score"] == 2) & (got["f_score"] == 2)
    assert (got["segment"] == np.where(warm, "warm", "cold")).all()


def test_gaps_and_overlaps_are_named():
    scores = pd.DataFrame({"r_score": [3], "f_score": [3]})
    gap = SEGMENT_MAP[SEGMENT_MAP["segment"] != "needs attention"]
    with pytest.raises(ValueError, match=r"in no segment: \(3, 3\)\."):
        rfm_segment(scores, gap)
    rim = SEGMENT_MAP[~SEGMENT_MAP["segment"].isin(["champions", "new", "potential loyalists"])]
    with pytest.raises(ValueError, match=r"in no segment: \(4, 2\), \(4, 3\), \(5, 1\)"):
        rfm_segment(scores, rim)
    wide = SEGMENT_MAP.assign(f_max=SEGMENT_MAP["f_max"].where(SEGMENT_MAP["segment"] != "new", 2))
    with pytest.raises(
        ValueError, match=r"more than one segment: \(5, 2\) \(potential loyalists and new\)"
    ):
        rfm_segment(scores, wide)


def test_scores_and_map_must_fit(rfm):
    with pytest.raises(ValueError, match=r"The scores have 3 bins, but segment_map covers 5"):
        rfm_segment(rfm_score(rfm, bins=3))
    with pytest.raises(ValueError, match=r"from \(1, 1\) to \(10, 10\).*in no segment"):
        rfm_segment(rfm_score(rfm, bins=10))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"r_score": [0]}, "whole numbers from 1"),
        ({"r_score": [2.5]}, "whole numbers from 1"),
        ({"r_score": [np.nan]}, "missing"),
        ({"f_score": ["5"]}, "does not hold numbers"),
    ],
)
def test_bad_scores(change, message):
    with pytest.raises(ValueError, match=message):
        rfm_segment(pd.DataFrame({"r_score": [1], "f_score": [1]} | change))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda m: m.head(0), "no rows"),
        (lambda m: m.drop(columns="f_max"), 'no column "f_max"'),
        (lambda m: m.assign(segment=None), "without a segment name"),
        (lambda m: m.assign(r_min=5, r_max=1), "minimum above its maximum"),
        (lambda m: m.assign(r_min=0), "whole numbers from 1"),
    ],
)
def test_bad_maps(change, message):
    with pytest.raises(ValueError, match=message):
        rfm_segment(pd.DataFrame({"r_score": [1], "f_score": [1]}), change(SEGMENT_MAP))


def test_no_customers_no_segments():
    empty = pd.DataFrame({"r_score": pd.Series(dtype=int), "f_score": pd.Series(dtype=int)})
    assert rfm_segment(empty)["segment"].tolist() == []
