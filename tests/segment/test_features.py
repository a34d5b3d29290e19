import numpy as np
import pandas as pd
import pytest
from sklearn.preprocessing import RobustScaler, StandardScaler

from whobuys.market import market
from whobuys.segment import customer_features, flag_outliers, rfm_table, scale_features


@pytest.fixture(scope="module")
def case():
    return market("marketplace", 0)


@pytest.fixture
def carts():
    return pd.DataFrame(
        {
            "customer_id": ["A", "A", "B"],
            "items": [2, 4, 1],
            "kinds": [2, 3, 1],
            "total": [20.0, 40.0, 99.0],
            "checkout": [True, False, False],
        }
    )


@pytest.fixture
def features():
    draw = np.random.default_rng(3)
    return pd.DataFrame(
        {
            "orders": draw.integers(1, 30, 200),
            "amount": draw.lognormal(4, 1.2, 200),
            "share": draw.random(200),
        },
        index=[f"C{i:03}" for i in range(200)],
    )


def test_orders_counted_by_hand(buyers):
    lines = buyers.assign(
        discount=[0, 0.1, 0, 0, 0.2, 0, 0], category=["tea", "tea", "cup", "tea", "cup", "cup", "x"]
    )
    got = customer_features(lines, as_of="2026-06-30")
    assert got.index.tolist() == ["A", "B", "C"]
    assert got["orders"].tolist() == [2, 1, 2]
    assert got["amount"].tolist() == [67.5, 50.0, 80.0]  # the refund is not counted
    assert got["order_value"].tolist() == [33.75, 50.0, 40.0]
    assert got["gap_days"].fillna(-1).tolist() == [50, -1, 121]
    assert got["recency_days"].tolist() == [10, 150, 0]
    assert got["discount_share"].round(3).tolist() == [0.333, 0, 0.5]
    assert got["share_tea"].round(3).tolist() == [0.667, 1, 0]
    assert "share_x" not in got  # only on the refunded line


def test_the_other_records_by_hand(carts):
    searches = pd.DataFrame(
        {"customer_id": ["B", "B", "D"], "keyword": ["pan", "mug", "pan"], "searches": [3, 1, 2]}
    )
    visits = pd.DataFrame(
        {"customer_id": ["A", "A", "B", "E"], "views": [10, 30, 5, 4], "clicks": [4, 4, 5, 0]}
    )
    got = customer_features(carts=carts, searches=searches, visits=visits, keywords=True)
    assert got.index.tolist() == ["A", "B", "D", "E"]
    assert got["carts"].tolist() == [2, 1, 0, 0]
    assert got.loc["A", ["cart_items", "cart_kinds", "cart_total", "abandon_rate"]].tolist() == [
        3,
        2.5,
        30,
        0.5,
    ]
    assert got["searches"].tolist() == [0, 4, 2, 0]
    assert got["words"].tolist() == [0, 2, 1, 0]
    assert got["search_pan"].fillna(-1).tolist() == [-1, 0.75, 1, -1]
    assert got["views"].fillna(-1).tolist() == [20, 5, -1, 4]
    assert got["click_rate"].fillna(-1).tolist() == [0.2, 1, -1, 0]
    assert got["carts_per_visit"].fillna(-1).tolist() == [1, 1, -1, 0]
    assert got["searches_per_visit"].fillna(-1).tolist() == [0, 4, -1, 0]


def test_one_row_a_customer_that_agrees_with_the_rfm_table(case):
    got = customer_features(
        case["transactions"], products=case["products"], as_of=case.as_of, searches=case["searches"]
    )
    rfm = rfm_table(case["transactions"], as_of=case.as_of).set_index("customer_id")
    buyers = got.loc[rfm.index]
    assert buyers["orders"].equals(rfm["frequency"].rename("orders"))
    assert np.allclose(buyers["amount"], rfm["monetary"])
    assert (buyers["recency_days"] == rfm["recency_days"]).all()
    assert np.allclose(buyers.filter(regex="^share_").sum(axis=1), 1)
    assert got.index.is_unique
    assert (got["searches"].sum()) == case["searches"]["searches"].sum()


def test_inputs_are_not_changed(case):
    before = {name: case[name].copy() for name in ("transactions", "carts", "searches", "visits")}
    customer_features(
        case["transactions"], case["carts"], case["searches"], case["visits"], case["products"]
    )
    for name, table in before.items():
        pd.testing.assert_frame_equal(case[name], table)


def test_row_order_does_not_matter(case):
    tables = [case[name] for name in ("transactions", "carts", "searches", "visits")]
    mixed = [t.sample(frac=1, random_state=1) for t in tables]
    pd.testing.assert_frame_equal(
        customer_features(*tables, products=case["products"]),
        customer_features(*mixed, products=case["products"]),
    )


def test_what_is_wrong_is_said(carts, buyers):
    with pytest.raises(ValueError, match="nothing to make features of"):
        customer_features()
    with pytest.raises(ValueError, match='carts has no column "total"'):
        customer_features(carts=carts.drop(columns="total"))
    with pytest.raises(ValueError, match='"items" of carts is missing in 1 row of 3'):
        customer_features(carts=carts.assign(items=[1, None, 2]))
    with pytest.raises(ValueError, match="carts has no rows"):
        customer_features(carts=carts.iloc[:0])
    with pytest.raises(ValueError, match="3 dates"):
        customer_features(buyers, as_of="2026-06-01")
    few = pd.DataFrame({"product_id": ["P1"], "category": ["tea"]})
    lines = buyers.assign(product_id=["P1"] * 6 + ["P2"]).drop(index=6)
    lines.loc[0, "product_id"] = "P9"
    with pytest.raises(ValueError, match=r"1 line of 6 .* have no category"):
        customer_features(lines, products=few)


def test_scaling_agrees_with_scikit_learn(features):
    standard = scale_features(features, log=False)
    assert np.allclose(standard, StandardScaler().fit_transform(features))
    robust = scale_features(features, "robust", log=False)
    assert np.allclose(robust, RobustScaler().fit_transform(features))
    logged = scale_features(features)
    assert logged.attrs["logged"] == ["amount"]
    expected = features.assign(amount=np.log1p(features["amount"]))
    assert np.allclose(logged, StandardScaler().fit_transform(expected))
    assert scale_features(features, log=["orders"]).attrs["logged"] == ["orders"]
    assert scale_features(features, log=True).attrs["logged"] == list(features)
    assert logged.index.equals(features.index)


def test_gaps_are_filled_only_when_asked(features):
    holes = features.astype({"orders": float})
    holes.iloc[3, 0] = np.nan
    with pytest.raises(ValueError, match='"orders" in 1 row'):
        scale_features(holes)
    filled = holes.fillna(holes.median())
    assert scale_features(holes, missing="median").equals(scale_features(filled))


def test_scaling_says_what_is_wrong(features):
    with pytest.raises(ValueError, match="same value in all 200 rows"):
        scale_features(features.assign(one=1))
    with pytest.raises(ValueError, match="belongs in the index"):
        scale_features(features.reset_index())
    with pytest.raises(ValueError, match="negative values"):
        scale_features(features - 100, log=["orders"])
    with pytest.raises(ValueError, match="log names what"):
        scale_features(features, log=["what"])
    with pytest.raises(ValueError, match="method must be"):
        scale_features(features, "minmax")
    with pytest.raises(TypeError, match="must be a pandas DataFrame"):
        scale_features(features.to_numpy())
    with pytest.raises(ValueError, match="no rows"):
        scale_features(features.iloc[:0])


def test_a_robust_column_with_equal_quartiles_is_still_scaled():
    X = pd.DataFrame({"mostly": [0.0] * 18 + [1, 9]})
    assert np.isfinite(scale_features(X, "robust", log=False)).all().all()


def test_outliers_are_flagged_and_stay(features):
    far = features.copy()
    far.iloc[5, 0] = 5_000
    flags = flag_outliers(far)
    assert flags.shape == far.shape
    assert flags.iloc[5, 0]
    assert flags["orders"].sum() == 1
    assert len(scale_features(far)) == len(far)
    assert not flag_outliers(far.mask(far > 1000))["orders"].any()
    mostly = pd.DataFrame({"x": [0] * 9 + [50]})
    assert flag_outliers(mostly)["x"].tolist() == [False] * 9 + [True]
    with pytest.raises(ValueError, match="limit must be above 0"):
        flag_outliers(far, 0)
