import numpy as np
import pandas as pd
import pytest
from scipy.spatial import procrustes
from scipy.spatial.distance import pdist, squareform
from sklearn.decomposition import PCA

from whobuys.market import load_company, market, truth
from whobuys.target import (
    awareness_funnel,
    brand_shares,
    check_swot,
    compare_prices,
    concentration,
    conjoint_choice,
    feature_matrix,
    growth_rate,
    ideal_distances,
    market_shares,
    market_size,
    nearest_rival,
    penetration,
    perceptual_map,
    price_elasticities,
    reposition,
    swot_grid,
)

WITH_RIVALS = ("teahouse", "wardrobe", "outfitter", "tradeways")


def described(company: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The brands and tastes that the company's description names."""
    whole = load_company(company)
    rivals = whole.rivals
    brands = pd.DataFrame(
        {
            "brand": [b.name for b in rivals.brands],
            "x": [b.position[0] for b in rivals.brands],
            "y": [b.position[1] for b in rivals.brands],
            "price": [b.price[1] for b in rivals.brands],
            "appeal": [b.appeal for b in rivals.brands],
        }
    )
    tastes = pd.DataFrame(
        [
            {
                "segment": part.name,
                "share": part.share,
                "x": rivals.segments[part.name].ideal[0],
                "y": rivals.segments[part.name].ideal[1],
                "distance": rivals.segments[part.name].distance,
                "price": rivals.segments[part.name].price,
            }
            for part in whole.segments
        ]
    )
    return brands, tastes


@pytest.mark.parametrize("company", WITH_RIVALS)
def test_shares_and_elasticities_are_the_known_truth(company):
    brands, tastes = described(company)
    known = truth(market(company, 0))
    found = brand_shares(brands, tastes).set_index("segment")
    exact = known["rivals"].set_index("brand")["share"]
    np.testing.assert_allclose(found.loc["all"].astype(float), exact[found.columns], atol=1e-12)
    by_segment = known["rivals_by_segment"].set_index("segment")
    np.testing.assert_allclose(
        found.drop("all"), by_segment.loc[found.index[:-1], found.columns], atol=1e-12
    )
    elastic = price_elasticities(brands, tastes).set_index("brand")
    wanted = known["elasticities"].set_index("brand")
    np.testing.assert_allclose(elastic, wanted.loc[elastic.index, elastic.columns], atol=1e-12)


@pytest.mark.parametrize("company", WITH_RIVALS)
def test_shares_counted_from_the_buyers_agree_with_the_truth(company):
    for seed in range(5):
        case = market(company, seed)
        exact = truth(case)["rivals"].set_index("brand")["share"]
        found = market_shares(case["rivals"], "buyers").set_index("brand").loc[exact.index]
        size = found["buyers"].sum()
        error = np.sqrt(exact * (1 - exact) / size)
        assert ((found["share"] - exact).abs() < 4 * error).all()
        np.testing.assert_allclose(
            found["share"], case["rivals"].set_index("brand")["share"][found.index], atol=0.006
        )


def test_elasticities_estimated_from_choices_agree_with_the_truth():
    """Draw choices of one segment at varied prices; the logit fitted to them knows them again."""
    brands, tastes = described("teahouse")
    one = tastes[tastes["segment"] == "office refreshers"].assign(share=1.0)
    exact = price_elasticities(brands, one).set_index("brand")
    draw = np.random.default_rng(0)
    tasks, count = 4000, len(brands)
    price = brands["price"].to_numpy() * draw.uniform(0.7, 1.3, (tasks, count))
    taste = one.iloc[0]
    far = (brands["x"] - taste["x"]) ** 2 + (brands["y"] - taste["y"]) ** 2
    value = (brands["appeal"] - taste["distance"] * far).to_numpy() - taste["price"] * price
    best = (value + draw.gumbel(size=value.shape)).argmax(axis=1)
    shown = pd.DataFrame(
        {
            "task": np.repeat(np.arange(tasks), count),
            "brand": np.tile(brands["brand"], tasks),
            "price": price.ravel(),
            "chosen": (np.arange(count) == best[:, None]).ravel().astype(int),
        }
    )
    model = conjoint_choice(shown, ["brand"], linear=["price"])
    found = model.elasticities(brands, "price", names=brands["brand"].tolist())
    np.testing.assert_allclose(found, exact.loc[found.index, found.columns], atol=0.2, rtol=0.12)
    np.testing.assert_allclose(
        model.shares(brands), brand_shares(brands, one).iloc[-1, 1:].astype(float), atol=0.02
    )


def test_repositioning_moves_share_and_nothing_else():
    brands, tastes = described("teahouse")
    ours = "Lantern Lane"
    found = reposition(brands, tastes, ours, {"x": 0.3, "y": 0.2})
    before = brand_shares(brands, tastes).set_index("segment")
    assert found["share"].iloc[0] == pytest.approx(before.loc["all", ours])
    taken = found.attrs["taken_from"]
    gain = found["share"].iloc[1] - found["share"].iloc[0]
    assert sum(taken.values()) == pytest.approx(-gain)
    assert found["share in office refreshers"].is_monotonic_increasing
    assert found["nearest_rival"].iloc[1] == nearest_rival(
        brands.assign(x=np.where(brands["brand"] == ours, 0.3, brands["x"]),
                      y=np.where(brands["brand"] == ours, 0.2, brands["y"])), ours,
    )["brand"].iloc[0]  # fmt: skip
    still = reposition(brands, tastes, ours, {"x": -0.3})
    assert still["share"].iloc[0] == pytest.approx(still["share"].iloc[1])
    with pytest.raises(ValueError, match="move names 'z'"):
        reposition(brands, tastes, ours, {"z": 1})


@pytest.mark.parametrize("company", WITH_RIVALS)
@pytest.mark.parametrize("standardise", [False, True])
def test_the_map_by_pca_is_that_of_scikit_learn(company, standardise):
    rivals = market(company, 1)["rivals"]
    names = [c for c in rivals.columns if c.startswith("rating_")]
    made = perceptual_map(rivals, names, standardise=standardise)
    x = rivals[names].to_numpy()
    x = (x - x.mean(axis=0)) / (x.std(axis=0) if standardise else 1)
    fitted = PCA(2).fit(x)
    here = made.brands[["x", "y"]].to_numpy()
    assert procrustes(fitted.transform(x), here)[2] < 1e-12
    np.testing.assert_allclose(np.abs(fitted.transform(x)), np.abs(here), atol=1e-10)
    np.testing.assert_allclose(made.explained, fitted.explained_variance_ratio_)
    again = made.place(rivals)
    np.testing.assert_allclose(again[["x", "y"]], here, atol=1e-12)
    pull = made.features[["x", "y"]].to_numpy()
    assert (pull[np.abs(pull).argmax(axis=0), [0, 1]] > 0).all()


def test_mds_of_points_in_the_plane_finds_them_again():
    points = np.random.default_rng(0).normal(size=(9, 2))
    frame = pd.DataFrame(points, columns=["a", "b"]).assign(brand=list("ABCDEFGHI"))
    made = perceptual_map(frame, ["a", "b"], method="mds")
    assert made.stress < 1e-6
    assert procrustes(points, made.brands[["x", "y"]].to_numpy())[2] < 1e-9
    with pytest.raises(ValueError, match="no place for new rows"):
        made.place(frame)


def test_mds_reaches_the_stress_scikit_learn_reaches():
    from inspect import signature

    from sklearn.manifold import MDS

    x = np.random.default_rng(1).normal(size=(8, 5))
    names = list("abcde")
    frame = pd.DataFrame(x, columns=names).assign(brand=list("ABCDEFGH"))
    made = perceptual_map(frame, names, method="mds")
    far = squareform(pdist(x))
    known = signature(MDS).parameters
    options = {"n_init": 1, "max_iter": 5000, "eps": 1e-12, "random_state": 0}
    new = "metric_mds" in known
    options |= {"metric": "precomputed"} if new else {"dissimilarity": "precomputed"}
    options |= {"init": "random"} if "init" in known else {}
    fitted = MDS(2, **options)
    start = PCA(2).fit_transform(x)
    theirs = fitted.fit_transform(far, init=start)
    raw = ((far - squareform(pdist(theirs))) ** 2).sum() / (far**2).sum()
    assert made.stress <= np.sqrt(raw) + 1e-4
    assert procrustes(theirs, made.brands[["x", "y"]].to_numpy())[2] < 1e-3


# Greenacre's smokers (1984), in R's package ca: principal inertias 0.074759, 0.010017, 0.000414.
SMOKERS = pd.DataFrame(
    [[4, 2, 3, 2], [4, 3, 7, 4], [25, 10, 12, 4], [18, 24, 33, 13], [10, 6, 7, 2]],
    columns=["none", "light", "medium", "heavy"],
).assign(brand=["SM", "JM", "SE", "JE", "SC"])


def test_correspondence_of_the_published_smokers():
    names = ["none", "light", "medium", "heavy"]
    made = perceptual_map(SMOKERS, names, method="correspondence")
    rows = [[-0.0658, 0.1937], [0.2590, 0.2433], [-0.3806, 0.0107], [0.2330, -0.0577],
            [-0.2011, -0.0789]]  # fmt: skip
    columns = [[-0.3934, 0.0305], [0.0995, -0.1411], [0.1963, -0.0074], [0.2938, 0.1978]]
    for found, wanted in ((made.brands, rows), (made.features, columns)):
        np.testing.assert_allclose(np.abs(found[["x", "y"]]), np.abs(wanted), atol=6e-4)
    here = made.brands[["x", "y"]].to_numpy()
    assert procrustes(np.array(rows), here)[2] < 1e-4
    total = 0.074759 + 0.010017 + 0.000414
    np.testing.assert_allclose(made.explained, [0.074759 / total, 0.010017 / total], atol=1e-4)
    np.testing.assert_allclose(made.place(SMOKERS)[["x", "y"]], here, atol=1e-12)
    # All inertia is chi-squared / n.
    counts = SMOKERS[names].to_numpy(float)
    expected = counts.sum(axis=1, keepdims=True) * counts.sum(axis=0) / counts.sum()
    chi = ((counts - expected) ** 2 / expected).sum() / counts.sum()
    assert total == pytest.approx(chi, abs=1e-5)


def test_maps_say_what_is_wrong():
    names = ["none", "light"]
    with pytest.raises(ValueError, match="three brands"):
        perceptual_map(SMOKERS.head(2), names)
    with pytest.raises(ValueError, match="method must be"):
        perceptual_map(SMOKERS, names, method="t-sne")
    with pytest.raises(ValueError, match="rated alike"):
        perceptual_map(SMOKERS.assign(none=1, light=1), names)
    with pytest.raises(ValueError, match="counts from 0 up"):
        perceptual_map(SMOKERS.assign(none=-1), names, method="correspondence")
    mend = r'^ratings has A more than once. Give one row a brand, .* ratings.groupby\("brand"\)'
    with pytest.raises(ValueError, match=mend):
        perceptual_map(SMOKERS.assign(brand="A"), names)


def test_nearest_rival_and_ideal_points():
    rivals = market("teahouse", 0)["rivals"]
    near = nearest_rival(rivals, "Lantern Lane", x="position_x", y="position_y")
    at = rivals.set_index("brand")[["position_x", "position_y"]]
    far = np.sqrt(((at - at.loc["Lantern Lane"]) ** 2).sum(axis=1)).drop("Lantern Lane")
    assert near["brand"].tolist() == far.sort_values().index.tolist()
    brands, tastes = described("teahouse")
    found = ideal_distances(brands, tastes).set_index("segment")
    assert found.loc["heritage loyals", "nearest"] == "Hundred Roots"
    assert found.loc["curious sippers", "nearest"] == "Pop Orchard"
    with pytest.raises(ValueError, match="must hold 'Nobody' once"):
        nearest_rival(brands, "Nobody")


def test_market_numbers():
    sizes = market_size(1_000_000, 80, served=0.25, obtainable=0.02, basis="census 2020")
    assert sizes["value"].tolist() == [80_000_000, 20_000_000, 400_000]
    assert growth_rate(0.18, 3.6, 4) == pytest.approx(1.1147, abs=1e-4)
    assert growth_rate(100, 121, 2) == pytest.approx(0.1)
    assert concentration([1]).tolist() == [10_000, 1, 1]
    equal = concentration([10] * 5, top=2)
    assert equal["hhi"] == pytest.approx(2000)
    assert equal["equal_firms"] == pytest.approx(5)
    shares = market_shares(
        pd.DataFrame({"brand": list("AAB"), "n": [1, 1, 2], "all": [1, 1, 6]}), "n", fair="all"
    ).set_index("brand")
    assert shares["share"].tolist() == [0.5, 0.5]
    assert shares["index"].to_dict() == pytest.approx({"A": 200, "B": 100 * 0.5 / 0.75})
    with pytest.raises(ValueError, match="above zero"):
        growth_rate(0, 1, 2)
    with pytest.raises(ValueError, match="more buyers than potential"):
        penetration(pd.DataFrame({"segment": ["a"], "b": [5], "p": [4]}), "b", "p")


def test_features_prices_and_funnel_of_a_company():
    rivals = market("teahouse", 0)["rivals"]
    words = load_company("teahouse").rivals.features
    wants = {"taste": 4.0, "good": 4.5, "handy": 2.0, "look": 2.0}
    table = feature_matrix(rivals, words, importance=wants, at_least=4).set_index("feature")
    ours = rivals[rivals["ours"]].iloc[0]
    for name, row in table.iterrows():
        others = rivals.loc[~rivals["ours"], f"rating_{name}"]
        assert row["lead"] == pytest.approx(ours[f"rating_{name}"] - others.max())
        beats = row["lead"] > 0
        assert (row["verdict"] == "point of difference") == (beats and wants[name] >= 4)
    close = feature_matrix(rivals, words, tie=9).set_index("feature")
    assert (close["verdict"] == "point of parity").all()
    prices = compare_prices(rivals).set_index("brand")
    assert prices.loc["Lantern Lane", "index"] == 100
    assert prices.loc["Pop Orchard", "overlap"] == 0
    assert prices["low"].le(prices["high"]).all()
    funnel = awareness_funnel(rivals)
    assert funnel["brand"].iloc[0] == "Lantern Lane"
    assert funnel["share_rate"].iloc[0] == pytest.approx(ours["share"] / ours["awareness"])
    with pytest.raises(ValueError, match="shares of the same people"):
        awareness_funnel(rivals, ["share", "awareness"])
    with pytest.raises(ValueError, match="no brand 'Nobody'"):
        feature_matrix(rivals, words, ours="Nobody")


def test_swot_checks():
    entries = pd.DataFrame(
        [
            ("strength", "Highest rating for service", "rivals.rating_service", "2026-05-01"),
            ("strength", "Highest rating for service.", "rivals.rating_speed", "2026-05-01"),
            ("weakness", "Few know the name", "survey", "2019-05-01"),
            ("opportunity", "Our shop opens on Sundays", "city council, 3 May 2026", "2026-05-03"),
            ("threat", "Rent rises by a tenth", None, None),
        ],
        columns=["quadrant", "statement", "evidence", "date"],
    )
    tables = {"rivals": pd.DataFrame({"rating_service": [4.0]})}
    found = check_swot(entries, tables, today="2026-06-30")
    assert list(zip(found["row"], found["problem"], strict=True)) == [
        (1, "no column rating_speed in rivals"),
        (1, "said twice"),
        (2, "no table survey"),
        (2, "old evidence"),
        (3, "about us, not the world"),
        (4, "no evidence"),
    ]
    assert check_swot(entries.iloc[[0]])["problem"].tolist() == ["empty"] * 3
    with pytest.raises(ValueError, match="no quadrant 'luck'"):
        check_swot(entries.assign(quadrant="luck"))


def test_the_swot_grid_is_html_with_every_text_escaped():
    entries = pd.DataFrame(
        [("threat", "<script>", "a & b"), ("strength", "Known", "")],
        columns=["quadrant", "statement", "evidence"],
    )
    html = swot_grid(entries, "Tea <1>")._repr_html_()
    assert "<script>" not in html
    assert "&lt;script&gt;" in html
    assert "Tea &lt;1&gt;" in html
    assert "[not shown]" in html
    assert "- Known [not shown]" in str(swot_grid(entries))


def test_a_brand_bought_by_more_than_know_it_is_a_warning():
    brands = pd.DataFrame(
        {
            "brand": ["Us", "B", "C"],
            "ours": [True, False, False],
            "awareness": [0.3, 0.8, 0.6],
            "share": [0.33, 0.4, 0.27],
        }
    )
    with pytest.warns(UserWarning, match='"share" is above "awareness".*Us'):
        found = awareness_funnel(brands)
    assert found["share_rate"].iloc[0] == pytest.approx(1.1)
