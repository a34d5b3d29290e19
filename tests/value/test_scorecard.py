import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

from whobuys.market import market
from whobuys.segment import rfm_table
from whobuys.value import PropensityScorecard, bought_between, lift_table


def drawn(size=6000, seed=1):
    draw = np.random.default_rng(seed)
    table = pd.DataFrame(
        {
            "recency_days": draw.integers(0, 400, size),
            "orders": draw.poisson(3, size),
            "channel": draw.choice(["app", "shop", "phone"], size, p=[0.6, 0.39, 0.01]),
        },
        index=pd.Index(np.arange(size) + 7, name="customer_id"),
    )
    odds = -1 - table["recency_days"] / 150 + 0.4 * table["orders"] + (table["channel"] == "app")
    return table, pd.Series(draw.random(size) < 1 / (1 + np.exp(-odds)), index=table.index)


@pytest.fixture(scope="module")
def card():
    return PropensityScorecard(fewest=100).fit(*drawn())


def test_points_add_up_by_hand(card):
    who = pd.DataFrame({"recency_days": [10], "orders": [9], "channel": ["app"]})
    table = card.points_.set_index(["feature", "group"])["points"]
    best = [table[name].iloc[i] for name, i in (("recency_days", 0), ("orders", -1))]
    assert card.points(who).tolist() == [card.base_ + sum(best) + table["channel", "app"]]
    assert (card.points_.groupby("feature")["points"].min() == 0).all()
    assert card.points_.groupby("feature")[["customers", "bought"]].sum().nunique().eq(1).all()
    assert (card.points_["rate"] == card.points_["bought"] / card.points_["customers"]).all()
    assert card.features_["feature"].iloc[0] == "recency_days"


def test_twenty_points_double_the_odds(card):
    table, _ = drawn(100, 3)
    chance = card.probability(table)
    odds = chance / (1 - chance)
    expected = 2 ** ((card.points(table) - 500) / 20)
    pd.testing.assert_series_equal(odds, expected, check_names=False)


def test_it_holds_on_customers_not_seen(card):
    table, bought = drawn(seed=2)
    found = lift_table(card.probability(table), bought)
    assert found.attrs["auc"] > 0.7
    assert found["lift"].iloc[0] > 1.5 > 0.6 > found["lift"].iloc[-1]
    inside = found["expected"].between(found["low"], found["high"])
    assert inside.sum() >= 7
    assert found.attrs["expected"] == pytest.approx(found.attrs["rate"], abs=0.02)


def test_missing_and_never_met_values():
    table, bought = drawn()
    table = table.astype({"recency_days": float})
    table.iloc[:500, 0] = np.nan
    table.loc[table.index[:300], "channel"] = None
    card = PropensityScorecard().fit(table, bought)
    groups = card.points_.groupby("feature")["group"].agg(list)
    assert groups["recency_days"][-1] == groups["channel"][-1] == "missing"
    assert "missing" not in groups["orders"]
    who = table.head(2).assign(channel=["fax", None], orders=[np.nan, 3.0])
    assert card.points(who).notna().all()
    before = table.copy()
    card.points(table)
    pd.testing.assert_frame_equal(table, before)


def test_own_edges_and_kinds_of_outcome():
    table, bought = drawn()
    kinds = [bought, bought.astype(int), bought.to_numpy(), bought.tolist()]
    cards = [PropensityScorecard(edges={"orders": [1, 4]}).fit(table, kind) for kind in kinds]
    names = cards[0].points_.query("feature == 'orders'")["group"].tolist()
    assert names == ["below 1", "1 to below 4", "4 or more"]
    assert all(card.points_.equals(cards[0].points_) for card in cards)
    assert clone(cards[0]).get_params()["edges"] == {"orders": [1, 4]}


def test_one_value_for_everybody_says_nothing():
    table, bought = drawn()
    card = PropensityScorecard().fit(table.assign(same=1.0, no=pd.NA), bought)
    assert card.points_.query("feature in ['same', 'no']")["points"].eq(0).all()


def test_a_copy_of_a_feature_is_harmless_and_a_turned_one_is_said():
    draw = np.random.default_rng(0)
    hidden = draw.normal(size=8000)
    table = pd.DataFrame({"clear": hidden, "noisy": hidden * 0.9 + draw.normal(size=8000) * 0.3})
    bought = draw.random(8000) < 1 / (1 + np.exp(-(3 * table["clear"] - 2 * table["noisy"])))
    with pytest.warns(UserWarning, match="noisy run against"):
        PropensityScorecard().fit(table, bought)


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda t, b: (t.assign(religion="x"), b), "religion .*sensitive field"),
        (lambda t, b: (t.assign(ethnic_group="x"), b), "sensitive field"),
        (lambda t, b: (t.assign(Race="x"), b), "sensitive field"),
        (lambda t, b: (t, b * False), "None of the 6,000 customers bought"),
        (lambda t, b: (t, b | True), "All of the 6,000 customers bought"),
        (lambda t, b: (t, b.reset_index(drop=True)), "same index"),
        (lambda t, b: (t, b.to_numpy()[1:]), "one value for each"),
        (lambda t, b: (t, b.astype(float) / 2), "True or False"),
        (lambda t, b: (t.assign(orders=np.inf), b), "infinite"),
        (lambda t, b: (t.assign(day=pd.Timestamp("2026-01-01")), b), "holds dates"),
        (lambda t, b: (t.assign(name=[f"n{i}" for i in t.index]), b), "different for everybody"),
        (lambda t, b: (t.head(0), b.head(0)), "no rows"),
    ],
)
def test_faults(spoil, said):
    with pytest.raises(ValueError, match=said):
        PropensityScorecard().fit(*spoil(*drawn()))


def test_words_that_only_look_sensitive():
    table, bought = drawn()
    PropensityScorecard().fit(table.rename(columns={"orders": "share_bracelets"}), bought)


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ({"bins": 1}, "bins must be"),
        ({"double": 0}, "double must be above 0"),
        ({"ridge": -1}, "ridge must be above 0"),
        ({"edges": {"orders": [3, 1]}}, "ascending"),
        ({"edges": {"order": [3]}}, 'no column "order"'),
        ({"edges": {"channel": [3]}}, "holds no numbers"),
    ],
)
def test_settings(setting, said):
    with pytest.raises(ValueError, match=said):
        PropensityScorecard(**setting).fit(*drawn())


def test_predicting_needs_a_fit_and_the_columns(card):
    with pytest.raises(NotFittedError):
        PropensityScorecard().points(drawn()[0])
    with pytest.raises(ValueError, match='no column "orders"'):
        card.points(drawn()[0].drop(columns="orders"))
    with pytest.raises(ValueError, match="does not hold numbers"):
        card.points(drawn()[0].assign(orders="three"))


def test_who_bought_between():
    lines = pd.DataFrame(
        {
            "customer_id": ["A", "A", "B", "C", "D"],
            "date": pd.to_datetime(
                ["2026-01-31", "2026-03-31", "2026-02-01", "2026-02-05", "2026-04-01"]
            ),
            "amount": [1.0, 0.0, 5.0, -5.0, 9.0],
        }
    )
    found = bought_between(lines, list("DCBAX"), after="2026-01-31", until="2026-03-31")
    assert found.to_dict() == {"D": False, "C": False, "B": True, "A": True, "X": False}
    assert found.index.name == "customer_id"
    with pytest.raises(ValueError, match="must be later"):
        bought_between(lines, ["A"], after="2026-03-31", until="2026-03-31")


@pytest.mark.parametrize("seed", range(3))
def test_learned_on_one_half_year_it_holds_on_the_next(seed):
    """On the invented tea shop: what the card foretells comes, and the top tenth buys most."""
    lines = market("teahouse", seed, tables=["transactions"])["transactions"]
    lines = lines[lines["customer_id"].notna() & lines["customer_id"].ne("")]

    def known(day):
        table = rfm_table(lines[lines["date"] <= day], as_of=day).set_index("customer_id")
        return table[["recency_days", "frequency"]]

    half = ["2025-06-30", "2025-12-31", "2026-06-30"]
    learned, tried = known(half[0]), known(half[1])
    card = PropensityScorecard().fit(
        learned, bought_between(lines, learned.index, after=half[0], until=half[1])
    )
    came = bought_between(lines, tried.index, after=half[1], until=half[2])
    found = lift_table(card.probability(tried), came)
    assert found.attrs["auc"] > 0.65
    assert found["lift"].iloc[0] > 1.4


def test_lift_by_hand():
    chance = pd.Series([0.8, 0.8, 0.2, 0.2, 0.2, 0.2, 0.1, 0.1])
    found = lift_table(chance, [1, 1, 1, 0, 0, 0, 0, 0], groups=4)
    assert found["customers"].tolist() == [2, 4, 2]  # equal chances stay together
    assert found["rate"].tolist() == [1.0, 0.25, 0.0]
    assert found["lift"].round(3).tolist() == [2.667, 0.667, 0.0]
    assert found["share_of_buyers"].round(3).tolist() == [0.667, 1.0, 1.0]
    assert found["share_of_customers"].tolist() == [0.25, 0.75, 1.0]
    pairs = (2 * 5 + 3 * 0.5 + 2 * 1) / 15
    assert found.attrs["auc"] == pytest.approx(pairs)
    assert found.attrs["brier"] == pytest.approx(
        np.mean([0.04, 0.04, 0.64, *[0.04] * 3, 0.01, 0.01])
    )
    assert found["low"].iloc[0] == pytest.approx(0.342, abs=1e-3)  # Wilson, 2 of 2
    assert found["high"].iloc[0] == 1


def test_order_of_rows_does_not_matter_to_the_lift():
    table, bought = drawn(500)
    chance = pd.Series(np.random.default_rng(0).random(500).round(2), index=table.index)
    mixed = chance.sample(frac=1, random_state=1)
    pd.testing.assert_frame_equal(
        lift_table(chance, bought), lift_table(mixed, bought[mixed.index])
    )


@pytest.mark.parametrize(
    ("chance", "bought", "setting", "said"),
    [
        ([500.0, 480.0], [True, False], {}, "Points are no chances"),
        ([0.5, 0.4], [True, True], {}, "Nobody or everybody"),
        ([0.5, 0.4], [True], {}, "every customer"),
        ([0.5, 0.4], [True, False], {"groups": 1}, "groups must be"),
        ([0.5, 0.4], [True, False], {"level": 1}, "level must be"),
        ([], [], {}, "empty"),
    ],
)
def test_lift_faults(chance, bought, setting, said):
    with pytest.raises(ValueError, match=said):
        lift_table(pd.Series(chance, dtype=float), bought, **setting)
