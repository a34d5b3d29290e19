import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from whobuys.plot import (
    agreement_grid,
    alt_text,
    choose_k_panels,
    dendrogram,
    scree_plot,
    segment_flow,
    segment_scatter,
    silhouette_plot,
    stability_boxes,
)
from whobuys.segment import (
    choose_k,
    compare_segments,
    components,
    find_segments,
    segment_stability_across,
    segment_stability_within,
    stability,
)


@pytest.fixture(scope="module")
def X():
    draw = np.random.default_rng(0)
    points = draw.normal(size=(150, 4)) + 5 * np.eye(4)[np.arange(150) % 3]
    return pd.DataFrame(points, columns=["orders", "clicks", "views", "items"])


def test_every_chart_describes_itself_and_can_be_told_otherwise(X):
    found = find_segments(X, 3)
    tree = find_segments(X, 3, "hierarchical")
    parts = components(X)
    charts = [
        lambda **o: segment_scatter(parts.scores, found, **o),
        lambda **o: silhouette_plot(X, found, **o),
        lambda **o: agreement_grid(compare_segments(found, tree), **o),
        lambda **o: scree_plot(parts, **o),
        lambda **o: stability_boxes(stability(X, [2, 3], 4), **o),
        lambda **o: stability_boxes(segment_stability_within(X, found, 4), **o),
        lambda **o: segment_flow(segment_stability_across(X, range(2, 5)), **o),
        lambda **o: dendrogram(tree, **o),
    ]
    before = X.copy()
    for chart in charts:
        ax = chart()
        assert alt_text(ax) == alt_text(ax.figure)
        assert len(alt_text(ax)) > 60
        assert alt_text(ax).endswith(".")
        assert ax.get_title("left") or ax.get_title()
        assert ax.get_xlabel()
        assert alt_text(chart(alt="Mine.")) == "Mine."
        _, own = plt.subplots()
        assert chart(ax=own) is own
        plt.close("all")
    pd.testing.assert_frame_equal(X, before)


def test_the_scatter_holds_every_customer_once(X):
    found = find_segments(X, 3)
    ax = segment_scatter(X, found, x="views", y="items")
    drawn = np.concatenate([points.get_offsets() for points in ax.collections])
    assert sorted(map(tuple, drawn)) == sorted(map(tuple, X[["views", "items"]].to_numpy()))
    assert [text.get_text() for text in ax.texts] == ["1", "2", "3"]
    by_index = segment_scatter(X, found.labels.sample(frac=1, random_state=0))
    assert alt_text(by_index) == alt_text(segment_scatter(X, found))


def test_silhouettes_are_those_of_scikit_learn(X):
    from sklearn.metrics import silhouette_score

    found = find_segments(X, 3)
    ax = silhouette_plot(X, found)
    widths = [bar.get_width() for bar in ax.patches]
    assert len(widths) == len(X)
    assert np.mean(widths) == pytest.approx(silhouette_score(X, found.labels))


def test_the_grid_holds_the_table(X):
    both = compare_segments(find_segments(X, 3), find_segments(X, 4, "hierarchical"))
    shown = [text.get_text() for text in agreement_grid(both).texts]
    assert shown == [f"{n:,}" if n else "–" for n in both.table.to_numpy().ravel()]


def test_the_boxes_are_those_of_the_samples(X):
    found = stability(X, [2, 3, 4], 5)
    ax = stability_boxes(found)
    middles = [line.get_ydata()[0] for line in ax.lines if line.get_linewidth() == 2]
    assert middles == pytest.approx(found.median().tolist())


def test_four_panels_name_what_they_take(X):
    figure = choose_k_panels(choose_k(X, range(1, 6), references=3, pairs=3))
    assert len([ax for ax in figure.axes if ax.get_visible()]) == 4
    assert "silhouette takes 3" in alt_text(figure)
    assert (
        alt_text(choose_k_panels(choose_k(X, range(2, 6), references=0, pairs=0), alt="M.")) == "M."
    )


def test_the_cut_goes_through_as_many_branches_as_segments(X):
    for k in (2, 3, 5):
        ax = dendrogram(find_segments(X, k, "hierarchical"))
        cut = next(line.get_ydata()[0] for line in ax.lines if line.get_linestyle() == "--")
        tree = find_segments(X, k, "hierarchical").tree
        assert (tree[:, 2] > cut).sum() == k - 1


def test_what_is_wrong_is_said(X):
    with pytest.raises(ValueError, match="There is no tree"):
        dendrogram(find_segments(X, 3))
    with pytest.raises(ValueError, match="one label for each of the 150 rows"):
        segment_scatter(X, [1, 2])
    with pytest.raises(ValueError, match="fewer than two columns"):
        segment_scatter(X[["views"]], [1] * 150)
    with pytest.raises(ValueError, match="one segment only"):
        silhouette_plot(X, [1] * 150)
    with pytest.raises(ValueError, match="nothing to draw"):
        stability_boxes(pd.DataFrame())
    with pytest.raises(ValueError, match="nothing to draw"):
        segment_flow(pd.DataFrame())
