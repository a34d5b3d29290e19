import numpy as np
import pandas as pd
import pytest
from sklearn.decomposition import PCA

from whobuys.segment import components, scale_features


@pytest.fixture
def answers():
    """Six items made by two causes: a, b, c by one and d, e, f by the other."""
    draw = np.random.default_rng(4)
    cause = draw.normal(size=(500, 2))
    items = {
        name: cause[:, i // 3] * 2 + draw.normal(size=500) + (3 + i)
        for i, name in enumerate("abcdef")
    }
    return pd.DataFrame(items, index=[f"C{i}" for i in range(500)])


def test_pca_agrees_with_scikit_learn(answers):
    Z = scale_features(answers, log=False)
    model = PCA().fit(Z)
    found = components(Z, 0.8)
    together = np.cumsum(model.explained_variance_ratio_)
    assert found.n == int((together < 0.8).sum()) + 1
    assert np.allclose(found.variance, model.explained_variance_ratio_)
    assert np.allclose(found.scores.abs(), np.abs(model.transform(Z)[:, : found.n]))
    assert found.scores.index.equals(Z.index)


def test_loadings_are_correlations_with_the_largest_positive(answers):
    found = components(scale_features(answers, log=False), n=3)
    for name in found.scores:
        correlation = answers.corrwith(found.scores[name])
        assert np.allclose(correlation, found.loadings[name])
        assert found.loadings[name].abs().max() == found.loadings[name].max()


def test_as_many_as_the_variance_needs(answers):
    Z = scale_features(answers, log=False)
    counts = [components(Z, share).n for share in (0.01, 0.5, 0.8, 0.95, 1.0)]
    assert counts == sorted(counts)
    assert counts[0] == 1
    assert counts[-1] == 6
    assert components(Z, components(Z).variance.iloc[0]).n == 1


def test_factors_find_the_two_causes(answers):
    found = components(answers, method="factor", n=2)
    strong = found.loadings.abs() > 0.7
    columns = [set(strong.index[strong[name]]) for name in ("F1", "F2")]
    assert sorted(columns, key=min) == [set("abc"), set("def")]
    assert found.loadings[~strong].abs().max().max() < 0.25
    scaled = components(answers * 1000, method="factor", n=2)
    assert np.allclose(scaled.loadings, found.loadings, atol=1e-6)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"variance": 0}, "variance must be above 0"),
        ({"variance": 80}, "at most 1"),
        ({"n": 9}, "n must be a whole number from 1 to 6"),
        ({"method": "ica"}, "method must be"),
    ],
)
def test_what_is_wrong_is_said(answers, wrong, said):
    with pytest.raises(ValueError, match=said):
        components(answers, **wrong)


def test_a_flat_column_is_refused(answers):
    with pytest.raises(ValueError, match='Column "one" has the same value'):
        components(answers.assign(one=1.0))
