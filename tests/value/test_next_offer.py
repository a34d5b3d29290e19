import numpy as np
import pandas as pd
import pytest

from whobuys.value import CUSTOMER_TRAITS, next_offers, offer_table, trait_score

LINES = pd.DataFrame(
    [
        ("A", "1", "green", "fine", "app", 30.0),
        ("A", "1", "cups", "plain", "app", 50.0),
        ("B", "2", "green", "plain", "app", 40.0),
        ("B", "3", "cups", "plain", "shop", 60.0),
        ("C", "4", "green", "plain", "app", 35.0),
        ("D", "5", "black", "fine", "shop", 20.0),
        ("D", "6", "black", "plain", "shop", -20.0),
    ],
    columns=["customer_id", "order_id", "category", "quality", "channel", "amount"],
)


def test_cross_sell_by_hand():
    found = next_offers(LINES, {"cross-sell": "category"}, weight=0, top=9)
    row = found.query("customer_id == 'C' and offer == 'cups'").iloc[0]
    assert row[["has", "share", "all", "lift", "margin", "worth"]].tolist() == pytest.approx(
        ["green", 2 / 3, 2 / 4, 4 / 3, 55.0, 110 / 3]
    )
    pairs = set(zip(found["customer_id"], found["offer"], strict=True))
    owned = set(zip(LINES["customer_id"], LINES["category"], strict=True))
    assert not pairs & owned
    assert found.query("customer_id == 'D'")["share"].eq(0).all()


def test_add_on_counts_one_order():
    found = next_offers(LINES, {"add-on": "category"}, weight=0).set_index("customer_id")
    assert found.loc["C", ["offer", "share"]].tolist() == pytest.approx(["cups", 1 / 3])


def test_up_sell_goes_up_only():
    ladder = {"up-sell": ["plain", "fine"]}
    found = next_offers(LINES, {"up-sell": "quality"}, ladders=ladder, weight=0)
    assert found["customer_id"].tolist() == ["B", "C"]
    assert set(found["offer"]) == {"fine"}
    assert found["share"].tolist() == pytest.approx([1 / 3, 1 / 3])  # A of A, B, C
    with pytest.raises(ValueError, match=r"ladder of \"up-sell\" lacks.*fine"):
        next_offers(LINES, {"up-sell": "quality"}, ladders={"up-sell": ["plain"]})


def test_best_of_several_kinds_and_ranks():
    kinds = {"cross-sell": "category", "multichannel": "channel"}
    found = next_offers(LINES, kinds, top=2)
    assert found.groupby("customer_id")["rank"].max().le(2).all()
    assert set(found["kind"]) == set(kinds)
    worth = found.groupby("customer_id")["worth"]
    assert worth.apply(lambda w: w.is_monotonic_decreasing).all()


def test_groups_differ_and_small_ones_lean_on_all():
    draw = np.random.default_rng(0)
    n = 2000
    who = np.arange(n)
    rich = who < n // 2
    first = pd.DataFrame({"customer_id": who, "category": "tea", "amount": 10.0})
    cups = who[draw.random(n) < np.where(rich, 0.7, 0.1)]
    jars = who[draw.random(n) < np.where(rich, 0.1, 0.6)]
    more = [pd.DataFrame({"customer_id": w, "category": c, "amount": 10.0})
            for w, c in ((cups, "cups"), (jars, "jars"))]  # fmt: skip
    lines = pd.concat([first, first, *more])
    segment = pd.Series(np.where(rich, "rich", "thrifty"), index=who)
    found = next_offers(lines, {"cross-sell": "category"}, segment=segment)
    table = offer_table(found).set_index(["segment", "offer"])
    assert table.loc["rich"].index[0] == "cups"
    assert table.loc["thrifty"].index[0] == "jars"
    assert table.loc[("rich", "cups"), "share"] == pytest.approx(0.7, abs=0.05)
    assert table["customers"].sum() == found["customer_id"].nunique()
    alone = segment.where(segment.index != 5, "alone")
    one = next_offers(lines, {"cross-sell": "category"}, segment=alone, top=2)
    shares = one.loc[one["segment"] == "alone", "share"]
    assert shares.between(0.2, 0.6).all()  # near that of all, though the group has one member


def test_input_stays_and_rows_may_come_in_any_order():
    before = LINES.copy()
    kinds = {"cross-sell": "category", "add-on": "category", "multichannel": "channel"}
    found = next_offers(LINES, kinds, top=3)
    pd.testing.assert_frame_equal(LINES, before)
    mixed = next_offers(LINES.sample(frac=1, random_state=2), kinds, top=3)
    pd.testing.assert_frame_equal(found, mixed)
    gaps = LINES.assign(channel=LINES["channel"].where(LINES.index != 4))
    assert not next_offers(gaps, {"multichannel": "channel"}).empty


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"kinds": {}}, "kinds is empty"),
        ({"kinds": {"cross-sell": "Category"}}, 'no column "Category".*nearest: "category"'),
        ({"margin": "profit"}, 'no column "profit"'),
        ({"order": "bill", "kinds": {"add-on": "category"}}, 'no column "bill"'),
        ({"segment": pd.Series({"A": "x"})}, "nothing about 3 of 4 customers"),
        ({"top": 0}, "top must be"),
    ],
)
def test_faults(change, said):
    with pytest.raises(ValueError, match=said):
        next_offers(LINES, **({"kinds": {"cross-sell": "category"}} | change))


def test_everybody_has_everything():
    with pytest.raises(ValueError, match="Nothing can be offered"):
        next_offers(LINES.assign(category="tea"), {"cross-sell": "category"})


def test_good_and_bad_traits():
    assert CUSTOMER_TRAITS["side"].value_counts().to_dict() == {"good": 4, "bad": 5}
    marks = pd.DataFrame(0, index=["X", "Y"], columns=CUSTOMER_TRAITS["trait"])
    marks.loc["X", "bring good customers"] = 4
    marks.loc["Y", "never satisfied"] = 4
    found = trait_score(marks)
    assert found["balance"].tolist() == [0.25, -0.2]
    assert found["worst"].tolist() == ["", "never satisfied"]
    with pytest.raises(ValueError, match="from 0 to 4; see never satisfied"):
        trait_score(marks.assign(**{"never satisfied": 5}))
    with pytest.raises(ValueError, match="no column"):
        trait_score(marks.drop(columns="never satisfied"))
