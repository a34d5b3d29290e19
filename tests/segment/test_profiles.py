import numpy as np
import pandas as pd
import pytest

from whobuys.segment import profile_segments


@pytest.fixture
def people() -> pd.DataFrame:
    draw = np.random.default_rng(3)
    size = 300
    frame = pd.DataFrame(
        {
            "customer_id": [f"C{i}" for i in range(size)],
            "segment": draw.choice(["A", "B", "C"], size, p=[0.5, 0.3, 0.2]),
            "age": draw.integers(18, 80, size),
            "channel": draw.choice(["app", "web"], size),
            "member": draw.random(size) < 0.4,
        }
    )
    frame.loc[frame.index[:10], "age"] = np.nan
    frame.loc[frame.index[5:20], "channel"] = None
    return frame


def test_numbers_are_those_of_pandas(people):
    before = people.copy()
    long = profile_segments(people).set_index(["segment", "variable", "level"])
    for code, own in people.groupby("segment"):
        row = long.loc[(code, "age", "")]
        ages = own["age"].dropna()
        assert row["customers"] == len(own)
        assert row["share"] == pytest.approx(len(own) / len(people))
        assert (row["known"], row["missing"]) == (len(ages), len(own) - len(ages))
        assert row["value"] == pytest.approx(ages.mean())
        assert row["median"] == ages.median()
        assert (row["q1"], row["q3"]) == tuple(ages.quantile([0.25, 0.75]))
        assert row["sd"] == pytest.approx(ages.std())
        assert row["all"] == pytest.approx(people["age"].mean())
        assert row["index"] == pytest.approx(100 * ages.mean() / people["age"].mean(), abs=0.05)
        share = own["channel"].dropna().eq("app").mean()
        assert long.loc[(code, "channel", "app"), "value"] == pytest.approx(share)
        assert long.loc[(code, "member", "yes"), "value"] == pytest.approx(own["member"].mean())
    pd.testing.assert_frame_equal(people, before)


def test_shares_add_up_and_one_level_is_modal(people):
    long = profile_segments(people, variables=["channel"])
    groups = long.groupby("segment")
    assert groups["value"].sum().to_numpy() == pytest.approx(1)
    assert groups["modal"].sum().eq(1).all()
    assert (long.loc[long["modal"], "value"] >= 0.5).all()


def test_between_equal_levels_the_first_by_name_is_modal():
    frame = pd.DataFrame({"segment": "A", "channel": ["web", "app", "web", "app"]})
    assert profile_segments(frame, view="wide").loc["channel", "A"] == "app 50 %"


def test_one_segment_has_index_100(people):
    index = profile_segments(people.assign(segment="X"), view="index")
    assert index["X"].tolist() == [100.0] * len(index)


def test_wide_and_index_view(people):
    wide = profile_segments(people, view="wide")
    assert wide.columns.tolist() == ["all", "A", "B", "C"]
    assert wide.index.tolist() == ["customers", "age", "channel", "member"]
    assert wide.loc["customers", "all"] == "300 (100 %)"
    index = profile_segments(people, view="index")
    assert index.index.tolist() == [
        ("age", ""),
        *[("channel", level) for level in people["channel"].value_counts().index],
        ("member", "yes"),
    ]


def test_codes_may_be_categories_in_their_own_order(people):
    order = pd.Categorical(people["segment"], ["C", "A", "B", "never"])
    wide = profile_segments(people.assign(segment=order), view="wide")
    assert wide.columns.tolist() == ["all", "C", "A", "B"]


def test_customers_without_a_code_are_left_out_with_a_warning(people):
    people.loc[people.index[:3], "segment"] = None
    with pytest.warns(UserWarning, match="3 rows of 300 without a segment were left out"):
        long = profile_segments(people)
    assert long.drop_duplicates("segment")["customers"].sum() == 297


def test_nothing_known_and_a_mean_of_nothing():
    frame = pd.DataFrame({"segment": ["A", "B"], "x": [np.nan, 2.0], "zero": [0, 0]})
    long = profile_segments(frame).set_index(["segment", "variable"])
    assert np.isnan(long.loc[("A", "x"), "value"])
    assert np.isnan(long.loc[("A", "zero"), "index"])
    assert profile_segments(frame, view="wide").loc["x", "A"] == "?"


@pytest.mark.parametrize(
    ("change", "options", "words"),
    [
        ({}, {"segment": "segmnt"}, 'no column "segmnt".*nearest: "segment"'),
        ({"segment": None}, {}, 'Column "segment" is empty in all 300 rows'),
        ({"day": pd.Timestamp("2026-01-01")}, {}, 'Column "day" holds dates'),
        ({"age": [1, "a"] * 150}, {}, 'Column "age" mixes kinds of values'),
        ({}, {"view": "tall"}, "view must be"),
        ({}, {"variables": ["wealth"]}, 'no column "wealth"'),
    ],
)
def test_errors_say_what_is_wrong(people, change, options, words):
    with pytest.raises(ValueError, match=words):
        profile_segments(people.assign(**change), **options)


def test_an_empty_table_is_refused(people):
    with pytest.raises(ValueError, match="no rows"):
        profile_segments(people.iloc[:0])
