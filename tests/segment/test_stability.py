import io
import time

import numpy as np
import pandas as pd
import pytest
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_rand_score

from whobuys.segment import (
    compare_segments,
    find_segments,
    segment_stability_across,
    segment_stability_within,
    stability,
)
from whobuys.segment._lloyd import Sample, assign, rand_index, starts
from whobuys.segment._progress import Progress
from whobuys.segment._stability import _streams, bootstrap_weights


@pytest.fixture
def X():
    draw = np.random.default_rng(0)
    centres = draw.normal(0, 3, (4, 3))
    points = centres[draw.integers(0, 4, 500)] + draw.normal(size=(500, 3))
    return pd.DataFrame(points, columns=[*"abc"], index=[f"C{i}" for i in range(500)])


def refit_by_hand(points, k, n_init, draw, most):
    """Find k segments in a bootstrap sample with scikit-learn, and put all rows into them."""
    weights = bootstrap_weights(len(points), draw)
    first = starts(Sample(points, weights, most), [k], n_init, draw)[k]
    copies = np.repeat(points, weights.astype(int), axis=0)
    fits = [KMeans(k, init=start[:k], n_init=1).fit(copies) for start in first]
    best = min(fits, key=lambda fit: fit.inertia_)
    return np.array(
        [
            min(range(k), key=lambda j: ((row - best.cluster_centers_[j]) ** 2).sum())
            for row in points
        ]
    )


@pytest.mark.parametrize("k", [2, 3, 5])
def test_global_stability_by_its_definition(X, k):
    points = (X - X.mean()).to_numpy()
    found = stability(X, [k], 6, seed=4, n_init=2)
    for pair, draw in enumerate(_streams(4, 6)):
        first, second = (refit_by_hand(points, k, 2, draw, k) for _ in range(2))
        expected = adjusted_rand_score(first, second)
        assert found[k].iloc[pair] == pytest.approx(expected, abs=1e-12)


def test_stability_within_by_its_definition(X):
    """The highest Jaccard index with any segment of the sample, all customers put into both."""
    points = (X - X.mean()).to_numpy()
    labels = find_segments(X, 4).labels
    found = segment_stability_within(X, labels, 5, seed=2, n_init=1)
    assert found.columns.tolist() == [1, 2, 3, 4]
    for sample, draw in enumerate(_streams(2, 5)):
        other = refit_by_hand(points, 4, 1, draw, 4)
        for segment in range(1, 5):
            mine = set(np.flatnonzero(labels.to_numpy() == segment))
            best = 0.0
            for j in range(4):
                theirs = set(np.flatnonzero(other == j))
                best = max(best, len(mine & theirs) / len(mine | theirs))
            assert found.loc[sample + 1, segment] == pytest.approx(best)


def test_stability_across_by_its_definition(X):
    """One less the entropy of where the members come from, as a share of log of the number."""
    solutions = {k: find_segments(X, k).labels for k in (2, 3, 4)}
    found = segment_stability_across(solutions).set_index(["k", "segment"])
    assert len(found) == 3 + 4
    for k in (3, 4):
        for segment in range(1, k + 1):
            members = solutions[k].index[solutions[k] == segment]
            shares = solutions[k - 1].loc[members].value_counts(normalize=True)
            entropy = -sum(p * np.log(p) for p in shares)
            row = found.loc[k, segment]
            assert row["stability"] == pytest.approx(1 - entropy / np.log(k - 1))
            assert row["customers"] == len(members)
            assert row["parent"] == shares.idxmax()
            assert row["parent_share"] == pytest.approx(shares.max())
            assert sum(row["flows"]) == pytest.approx(1)


def test_stability_across_finds_the_segments_itself(X):
    own = segment_stability_across(X, range(1, 5))
    assert own.groupby("k").size().to_dict() == {2: 2, 3: 3, 4: 4}
    assert own.loc[own["k"] == 2, "stability"].tolist() == [1, 1]
    given = segment_stability_across({k: find_segments(X, k).labels for k in range(1, 5)})
    pd.testing.assert_frame_equal(own, given)


def test_what_is_there_is_stable_and_what_is_not_is_not(X):
    found = stability(X, range(2, 8), 10)
    assert found.shape == (10, 6)
    assert found[4].median() > 0.9
    assert found[7].median() < 0.75
    even = pd.DataFrame(np.random.default_rng(1).uniform(size=(500, 3)), columns=[*"abc"])
    assert stability(even, [3], 10)[3].median() < 0.8


def test_sharing_the_samples_does_not_change_a_pair():
    """Pair 3 is the same however many pairs are drawn."""
    X = pd.DataFrame(np.random.default_rng(1).normal(size=(120, 2)), columns=[*"ab"])
    pd.testing.assert_frame_equal(stability(X, [2, 3], 3), stability(X, [2, 3], 6).head(3))


@pytest.mark.parametrize("seed", range(5))
def test_the_fit_is_the_fit_of_scikit_learn(seed):
    draw = np.random.default_rng(seed)
    points = draw.normal(size=(3_000, 5)) + 2 * draw.integers(0, 3, (3_000, 1))
    points -= points.mean(axis=0)
    weights = bootstrap_weights(3_000, draw)
    sample = Sample(points, weights, 9)
    copies = np.repeat(points, weights.astype(int), axis=0)
    for k, first in starts(sample, [2, 6, 9], 1, draw).items():
        model = KMeans(k, init=first[0][:k], n_init=1).fit(copies)
        centres, inertia = sample.lloyd(first[0][:k])
        assert np.allclose(centres, model.cluster_centers_, atol=1e-9)
        assert inertia == pytest.approx(model.inertia_, rel=1e-9)
        whole = Sample(points, np.ones(3_000), 9)
        assert (assign(whole, centres) == model.predict(points)).all()


def test_ties_and_empty_clusters_are_as_in_scikit_learn():
    points = np.repeat(np.array([[-2.0], [-1], [0], [1], [2]]), 20, axis=0)
    sample = Sample(points, np.ones(100), 5)
    tied = sample.lloyd(np.array([[-2.0], [2.0]]))
    model = KMeans(2, init=np.array([[-2.0], [2.0]]), n_init=1).fit(points)
    assert np.allclose(tied[0], model.cluster_centers_)
    far = np.array([[0.0], [900.0], [901.0]])
    centres, inertia = sample.lloyd(far)
    model = KMeans(3, init=far, n_init=1).fit(points)
    assert np.allclose(np.sort(centres, axis=0), np.sort(model.cluster_centers_, axis=0))
    assert inertia == pytest.approx(model.inertia_)


def test_seeds_are_drawn_as_scikit_learn_draws_them():
    """The same inertia on average as with scikit-learn's own greedy k-means++."""
    from sklearn.cluster import kmeans_plusplus

    draw = np.random.default_rng(3)
    points = draw.normal(size=(400, 2)) + 4 * draw.integers(0, 3, (400, 2))
    points -= points.mean(axis=0)
    sample = Sample(points, np.ones(400), 6)

    def spread(centres):
        return ((points[:, None] - centres) ** 2).sum(axis=2).min(axis=1).sum()

    ours = [spread(sample.seeds(6, draw)) for _ in range(300)]
    theirs = [spread(kmeans_plusplus(points, 6, random_state=i)[0]) for i in range(300)]
    error = np.hypot(np.std(ours), np.std(theirs)) / np.sqrt(300)
    assert abs(np.mean(ours) - np.mean(theirs)) < 4 * error


def test_rand_index_agrees_with_scikit_learn():
    draw = np.random.default_rng(0)
    for a_many, b_many, rows in ((3, 4, 50), (2, 2, 10), (5, 5, 1000), (1, 3, 20), (1, 1, 5)):
        a, b = draw.integers(0, a_many, rows), draw.integers(0, b_many, rows)
        assert rand_index(a, b) == pytest.approx(adjusted_rand_score(a, b), abs=1e-12)
    assert rand_index(np.arange(6), np.arange(6)) == 1


def test_comparing_ignores_names_and_order():
    a = pd.Series([1, 1, 2, 2, 3, 3], index=[*"abcdef"])
    b = pd.Series(["z", "z", "x", "x", "y", "x"], index=[*"abcdef"])
    both = compare_segments(a, b.sample(frac=1, random_state=2))
    assert both.ari == pytest.approx(adjusted_rand_score(a, b))
    assert both.matches == {1: "z", 2: "x", 3: "y"}
    assert both.share == pytest.approx(5 / 6)
    assert both.table.columns.tolist() == ["z", "x", "y"]
    assert np.diag(both.table).tolist() == [2, 2, 1]
    assert compare_segments(a, a.map({1: "p", 2: "q", 3: "r"})).ari == 1
    assert compare_segments(b, a).ari == pytest.approx(both.ari)
    wide = compare_segments([0, 0, 1, 1], [0, 1, 2, 3])
    assert wide.table.shape == (2, 4)
    assert len(wide.matches) == 2


def test_segments_may_be_given_whole(X):
    found = find_segments(X, 3)
    assert compare_segments(found, found.labels).ari == 1
    whole = segment_stability_within(X, found, 3)
    pd.testing.assert_frame_equal(whole, segment_stability_within(X, found.labels, 3))


def test_what_is_wrong_is_said(X):
    with pytest.raises(ValueError, match="let ks start at 2"):
        stability(X, [1, 2])
    with pytest.raises(ValueError, match="ks is empty"):
        stability(X, [])
    with pytest.raises(ValueError, match="number of samples"):
        stability(X, [2], 0)
    with pytest.raises(ValueError, match="only 2 different rows"):
        stability(pd.DataFrame({"a": [0.0, 1.0] * 20}), [3])
    with pytest.raises(ValueError, match="belongs in the index"):
        stability(X.reset_index(), [2])
    with pytest.raises(ValueError, match="follow one another"):
        segment_stability_across(X, [2, 4])
    with pytest.raises(ValueError, match="one segment only"):
        segment_stability_within(X, [1] * 500)
    with pytest.raises(ValueError, match="labels has 3 rows, X has 500"):
        segment_stability_within(X, [1, 2, 3])
    with pytest.raises(ValueError, match="same customers"):
        compare_segments(pd.Series([1, 2], index=[*"ab"]), pd.Series([1, 2], index=[*"bc"]))
    with pytest.raises(ValueError, match="they must be as many"):
        compare_segments([1, 2], [1])
    with pytest.raises(ValueError, match="no label for 1 of 2"):
        compare_segments([1, None], [1, 2])


def test_progress_says_beforehand_and_then_how_far(monkeypatch):
    now = iter([0.0, *np.arange(2.0, 22.0, 2.0)])
    monkeypatch.setattr(time, "monotonic", lambda: next(now))
    stream = io.StringIO()
    bar = Progress("Stability of 9 solutions", 10, None, stream)
    for _ in range(10):
        bar.step()
    words = stream.getvalue()
    assert words.startswith("Stability of 9 solutions: about 20 seconds.\n")
    assert "\r2 of 10 done, about 16 seconds left" in words
    assert words.rstrip().endswith("Done in 20 seconds.")


def test_short_work_is_silent_and_a_callable_hears_each_step(X, capsys):
    stability(X, [2], 3)
    heard = []
    stability(X, [2], 3, progress=lambda *said: heard.append(said))
    assert [(done, steps) for done, steps, _ in heard] == [(1, 3), (2, 3), (3, 3)]
    assert heard[-1][2] == 0
    assert capsys.readouterr().err == ""
    stability(X, [2], 3, progress=True)
    assert "3 pairs of samples: under a second." in capsys.readouterr().err
