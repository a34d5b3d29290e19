import warnings

import numpy as np
import pandas as pd
import pytest

from whobuys.segment import trait_lift


def table(x, n, y, rest):
    return pd.DataFrame(
        {
            "inside": [True] * n + [False] * rest,
            "has": [True] * x + [False] * (n - x) + [True] * y + [False] * (rest - y),
        }
    )


def test_counts_and_lift():
    row = trait_lift(table(30, 60, 40, 140), "has", within="inside").iloc[0]
    assert (row["customers"], row["with_trait"]) == (60, 30)
    assert row["share"] == 0.5
    assert row["share_all"] == pytest.approx(0.35)
    assert row["lift"] == pytest.approx(0.5 / 0.35)
    assert not row["small"]


def test_the_interval_is_katz_for_a_small_group_in_a_large_crowd():
    row = trait_lift(table(30, 60, 20_000, 80_000), "has", within="inside").iloc[0]
    reach = 1.959964 * np.sqrt(1 / 30 - 1 / 60 + 1 / 20_000 - 1 / 80_000)
    assert row["low"] == pytest.approx(2 * np.exp(-reach), rel=2e-3)
    assert row["high"] == pytest.approx(2 * np.exp(reach), rel=2e-3)


@pytest.mark.filterwarnings("ignore:Fewer than 5")
def test_a_higher_level_is_wider_and_the_lift_cannot_exceed_its_bound():
    frame = table(20, 50, 40, 50)
    narrow, wide = (trait_lift(frame, "has", within="inside", level=v).iloc[0] for v in (0.8, 0.99))
    assert wide["low"] < narrow["low"] < narrow["lift"] < narrow["high"] < wide["high"]
    assert trait_lift(table(50, 50, 10, 50), "has", within="inside")["high"].iloc[0] < 2


@pytest.mark.filterwarnings("ignore:Fewer than 5")
def test_no_case_in_a_cell():
    none = trait_lift(table(0, 20, 30, 80), "has", within="inside").iloc[0]
    assert none["lift"] == none["low"] == 0
    assert 0 < none["high"] < 2
    only = trait_lift(table(10, 20, 0, 80), "has", within="inside").iloc[0]
    assert only["lift"] == 5
    assert np.isfinite([only["low"], only["high"]]).all()


def test_the_interval_covers_the_true_lift_as_often_as_it_says():
    draw = np.random.default_rng(5)
    n, rest, p, q = 80, 320, 0.4, 0.2
    true = p / ((n * p + rest * q) / (n + rest))
    held = 0
    for _ in range(400):
        frame = table(draw.binomial(n, p), n, draw.binomial(rest, q), rest)
        row = trait_lift(frame, "has", within="inside").iloc[0]
        held += row["low"] <= true <= row["high"]
    assert 0.925 <= held / 400 <= 0.975


def test_by_segment_is_the_same_as_one_by_one():
    draw = np.random.default_rng(1)
    frame = pd.DataFrame({"code": draw.choice(list("AB"), 300), "has": draw.integers(0, 2, 300)})
    both = trait_lift(frame, "has", segment="code")
    assert both["group"].tolist() == ["A", "B"]
    alone = trait_lift(frame, frame["has"] == 1, within=frame["code"] == "A").iloc[0]
    assert both.iloc[0].drop("group").tolist() == alone.drop("group").tolist()


def test_missing_traits_count_nowhere():
    frame = table(30, 60, 40, 140).astype({"has": object})
    frame.loc[[0, 100], "has"] = None
    with pytest.warns(UserWarning, match="2 rows of 200 with an unknown trait"):
        row = trait_lift(frame, "has", within="inside").iloc[0]
    assert (row["customers"], row["with_trait"]) == (59, 29)


def test_a_small_cell_warns():
    with pytest.warns(UserWarning, match="Fewer than 5 customers have the trait"):
        row = trait_lift(table(4, 40, 40, 140), "has", within="inside").iloc[0]
    assert row["small"]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        trait_lift(table(5, 40, 40, 140), "has", within="inside")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({}, "not neither"),
        ({"within": "inside", "segment": "inside"}, "not both"),
        ({"within": "insid"}, 'no column "insid"'),
        ({"within": "name"}, "must say yes or no"),
        ({"within": "inside", "level": 95}, "level must lie between 0 and 1"),
        ({"within": "nobody"}, "nobody is empty"),
        ({"within": "everybody"}, "is everybody"),
        ({"within": pd.Series([True])}, "another index than table"),
    ],
)
def test_errors_say_what_is_wrong(options, words):
    frame = table(30, 60, 40, 140).assign(name="Ann", nobody=False, everybody=True)
    with pytest.raises(ValueError, match=words):
        trait_lift(frame, "has", **options)


def test_a_trait_nobody_has():
    with pytest.raises(ValueError, match="Nobody of 200 customers has the trait"):
        trait_lift(table(0, 60, 0, 140), "has", within="inside")
