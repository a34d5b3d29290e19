import numpy as np
import pandas as pd
import pytest
from sklearn.cluster import KMeans
from sklearn.metrics import silhouette_score

from whobuys.segment import choose_k, pick_k


def planted(k, size=240, seed=0):
    """K groups on a circle, neighbours 8 apart."""
    draw = np.random.default_rng(seed)
    turn = 2 * np.pi * (np.arange(size) % k) / k
    radius = 4 / np.sin(np.pi / k)
    points = radius * np.column_stack([np.cos(turn), np.sin(turn)])
    return pd.DataFrame(points + draw.normal(size=(size, 2)), columns=["orders", "clicks"])


def test_the_measures_agree_with_scikit_learn():
    X = planted(4)
    table = choose_k(X, range(1, 7), references=5, pairs=0)
    assert table.index.tolist() == [1, 2, 3, 4, 5, 6]
    assert "stability" not in table
    for k in range(2, 7):
        model = KMeans(k, n_init=30, random_state=0).fit(X)
        assert table.loc[k, "inertia"] == pytest.approx(model.inertia_, rel=0.02)
        if k == 4:
            expected = silhouette_score(X, model.labels_)
            assert table.loc[k, "silhouette"] == pytest.approx(expected, abs=1e-3)
    assert table.loc[1, "inertia"] == pytest.approx(((X - X.mean()) ** 2).sum().sum())
    assert np.isnan(table.loc[1, "silhouette"])


def test_the_gap_by_its_definition():
    X = planted(3)
    table = choose_k(X, [1, 2, 3, 4], references=60, pairs=0)
    points = (X - X.mean()).to_numpy()
    turn = np.linalg.svd(points, full_matrices=False)[2]
    turned = points @ turn.T
    draw = np.random.default_rng(5)
    for k in (1, 3):
        logs = [
            np.log(
                KMeans(k, n_init=3, random_state=0)
                .fit(draw.uniform(turned.min(0), turned.max(0), turned.shape))
                .inertia_
            )
            for _ in range(60)
        ]
        gap = np.mean(logs) - np.log(KMeans(k, n_init=10, random_state=0).fit(points).inertia_)
        assert table.loc[k, "gap"] == pytest.approx(gap, abs=0.03)
        assert table.loc[k, "gap_se"] == pytest.approx(np.std(logs) * np.sqrt(61 / 60), rel=0.5)


@pytest.mark.parametrize("k", [3, 4, 5])
def test_planted_segments_are_counted_right(k):
    table = choose_k(planted(k, seed=k), range(1, 8), references=10, pairs=6)
    picks = pick_k(table)
    assert picks[["silhouette", "stability"]].tolist() == [k] * 2
    assert table["gap"].idxmax() == k
    assert picks["gap"] in (1, k)  # the first-k rule may stop early; see its notes


def test_the_gap_can_say_that_there_are_none():
    X = pd.DataFrame(np.random.default_rng(1).normal(size=(300, 3)), columns=[*"abc"])
    assert pick_k(choose_k(X, range(1, 6), references=20, pairs=0))["gap"] == 1


def test_a_large_table_is_sampled_for_the_silhouette():
    X = planted(3, size=6_000)
    table = choose_k(X, [2, 3, 4], references=0, pairs=0)
    assert "gap" not in table
    full = silhouette_score(X, KMeans(3, n_init=3, random_state=0).fit_predict(X))
    assert table.loc[3, "silhouette"] == pytest.approx(full, abs=0.01)


def test_the_same_seed_gives_the_same_table():
    X = planted(3)
    first = choose_k(X, range(1, 5), references=3, pairs=3)
    pd.testing.assert_frame_equal(first, choose_k(X, range(1, 5), references=3, pairs=3))


def test_picks_by_hand():
    table = pd.DataFrame(
        {
            "inertia": [100, 60, 20, 18, 17],
            "silhouette": [np.nan, 0.3, 0.6, 0.65, 0.2],
            "gap": [0.1, 0.5, 0.9, 0.85, 0.99],
            "gap_se": [0.05] * 5,
            "stability": [np.nan, 0.9, 0.9, 0.5, 0.4],
        },
        index=[1, 2, 3, 4, 5],
    )
    expected = {"elbow": 3, "silhouette": 4, "gap": 3, "stability": 3}
    assert pick_k(table).to_dict() == expected
    assert pick_k(table.assign(gap=range(5)))["gap"] == 5
    with pytest.raises(ValueError, match="three ks or more"):
        pick_k(table.iloc[:2])


def test_what_is_wrong_is_said():
    X = planted(3)
    with pytest.raises(ValueError, match="ks is empty"):
        choose_k(X, [])
    with pytest.raises(ValueError, match="k must be a whole number"):
        choose_k(X, [0, 1])
