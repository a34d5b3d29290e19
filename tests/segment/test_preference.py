import numpy as np
import pandas as pd
import pytest

from whobuys.segment import preference_class


def make(**customers: list[tuple[str, float, float]]) -> pd.DataFrame:
    """One customer each: lines of (brand, discount, amount)."""
    rows = [(who, *line) for who, lines in customers.items() for line in lines]
    return pd.DataFrame(rows, columns=["customer_id", "brand", "discount", "amount"])


PEOPLE = make(
    brand=[("Leaf", 0, 60), ("Root", 0, 20), ("Stem", 0.2, 20)],
    few=[("Leaf", 0.5, 10), ("Leaf", 0.5, 10)],
    free=[("Leaf", 0, 0), ("Leaf", 0, 0), ("Leaf", 0, 0)],
    mixed=[("Leaf", 0, 59), ("Root", 0.2, 41), ("Root", 0, 0)],
    price=[("Leaf", 0.05, 50), ("Leaf", 0.04, 25), ("Leaf", 0, 25)],
)


def test_classes_and_shares_by_hand():
    got = preference_class(PEOPLE)
    assert got.columns.tolist() == [
        "customer_id",
        "discount_share",
        "top_brand",
        "brand_share",
        "preference",
    ]
    assert dict(zip(got["customer_id"], got["preference"], strict=True)) == {
        "brand": "brand-loyal",
        "few": "too little to tell",
        "free": "too little to tell",
        "mixed": "function-seeking or mixed",
        "price": "price-sensitive",
    }
    shares = got.set_index("customer_id")
    assert shares.loc["brand", ["discount_share", "brand_share"]].tolist() == [0.2, 0.6]
    assert shares.loc["price", ["discount_share", "brand_share"]].tolist() == [0.5, 1.0]
    assert shares.loc["mixed", "top_brand"] == "Leaf"
    assert np.isnan(shares.loc["free", "discount_share"])


def test_thresholds_are_parameters():
    def of(who: str, **options) -> str:
        got = preference_class(PEOPLE, **options).set_index("customer_id")
        return got.loc[who, "preference"]

    assert of("few", fewest_lines=1) == "price-sensitive"
    assert of("free", fewest_lines=1) == "too little to tell"
    assert of("price", smallest_discount=0.06) == "brand-loyal"
    assert of("brand", brand_share=0.61) == "function-seeking or mixed"
    assert of("mixed", price_share=0.4) == "price-sensitive"


def test_brands_from_the_products():
    products = pd.DataFrame({"product_id": ["P1", "P2", "P3"], "brand": ["Leaf", "Root", "Stem"]})
    sold = PEOPLE.assign(
        product_id=PEOPLE["brand"].map({"Leaf": "P1", "Root": "P2", "Stem": "P3"})
    ).drop(columns="brand")
    pd.testing.assert_frame_equal(preference_class(sold, products), preference_class(PEOPLE))
    with pytest.raises(ValueError, match=r"products lacks 1 product sold.*\(P3\)"):
        preference_class(sold, products.head(2))
    with pytest.raises(ValueError, match=r"lists 1 product twice.*\(P1\)"):
        preference_class(sold, pd.concat([products, products.head(1)]))
    with pytest.raises(ValueError, match='products has no column "brand"'):
        preference_class(sold, products.rename(columns={"brand": "Brand"}))
    with pytest.raises(ValueError, match='transactions has no column "brand"'):
        preference_class(sold)


def test_ties_between_brands_and_lines_without_a_brand():
    frame = make(
        A=[("Root", 0, 30), ("Leaf", 0, 30), (None, 0, 40)],
        B=[(None, 0, 30), (None, 0, 30), (None, 0, 40)],
    )
    got = preference_class(frame)
    assert got["top_brand"].iloc[0] == "Leaf"
    assert got["brand_share"].tolist() == [0.3, 0.0]
    assert pd.isna(got["top_brand"].iloc[1])


def test_refunds_do_not_count():
    refund = make(brand=[("Stem", 0, -500)])
    got = preference_class(pd.concat([PEOPLE, refund], ignore_index=True))
    pd.testing.assert_frame_equal(got, preference_class(PEOPLE))
    only = make(Z=[("Stem", 0, -5)])
    with pytest.warns(UserWarning, match="refunds only") as caught:
        got = preference_class(pd.concat([PEOPLE, only], ignore_index=True))
    assert "Z" not in set(got["customer_id"])
    assert caught[0].filename == __file__


def test_shares_by_hand_on_random_lines():
    draw = np.random.default_rng(6)
    frame = pd.DataFrame(
        {
            "customer_id": draw.integers(0, 50, 900),
            "brand": draw.choice(["a", "b", "c"], 900, p=[0.6, 0.3, 0.1]),
            "discount": draw.choice([0, 0.03, 0.1, 0.3], 900),
            "amount": draw.gamma(2, 10, 900).round(2),
        }
    )
    got = preference_class(frame).set_index("customer_id")
    for who, lines in frame.groupby("customer_id"):
        total = lines["amount"].sum()
        cheap = lines.loc[lines["discount"] >= 0.05, "amount"].sum() / total
        brand = lines.groupby("brand")["amount"].sum()
        assert got.loc[who, "discount_share"] == pytest.approx(cheap, abs=1e-8)
        assert got.loc[who, "brand_share"] == pytest.approx(brand.max() / total, abs=1e-8)
        assert got.loc[who, "top_brand"] == brand.idxmax()


@pytest.mark.parametrize(
    ("change", "options", "message"),
    [
        ({"discount": 20.0}, {}, "divide by 100"),
        ({"discount": -0.1}, {}, "share from 0 to 1"),
        ({"discount": "10%"}, {}, "does not hold numbers"),
        ({"discount": np.nan}, {}, '"discount" of transactions has a missing'),
        ({"currency": list("CCCCCCCCCCCCCU")}, {}, r"mixes currencies: C \(13 rows\), U \(1 row\)"),
        ({}, {"price_share": 0}, "price_share must be a share"),
        ({}, {"brand_share": 60}, "brand_share must be a share"),
        ({}, {"smallest_discount": 0}, "smallest_discount"),
        ({}, {"fewest_lines": 0}, "fewest_lines must be at least 1"),
        ({}, {"discount": "rebate"}, 'no column "rebate"'),
    ],
)
def test_errors(change, options, message):
    with pytest.raises(ValueError, match=message):
        preference_class(PEOPLE.assign(**change), **options)
