import numpy as np
import pandas as pd
import pytest

from whobuys.market import companies, load_company
from whobuys.market._columns import tables_of
from whobuys.segment import (
    BASES,
    CRITERIA,
    LAYERS,
    band,
    band_edges,
    base_strength,
    criteria,
    indicator_sheet,
)


def people(n: int = 600, seed: int = 1) -> pd.DataFrame:
    draw = np.random.default_rng(seed)
    group = draw.integers(0, 4, n)
    return pd.DataFrame(
        {
            "group": np.array(["a", "b", "c", "d"])[group],
            "lot": draw.integers(0, 12, n).astype(str),
            "coin": draw.random(n) < 0.5,
            "age": draw.integers(18, 70, n),
            "spend": 10.0 * group + draw.normal(0, 10, n),
            "choice": np.where(draw.random(n) < 0.6, group, draw.integers(0, 4, n)).astype(str),
        }
    )


# The catalogue -----------------------------------------------------------------------------------


def test_the_catalogue_is_whole():
    assert CRITERIA["field"].is_unique
    assert CRITERIA["criterion"].is_unique
    assert set(CRITERIA["base"]) == set(BASES)
    assert set(CRITERIA["layer"]) == set(LAYERS)
    assert set(CRITERIA["customers"]) == {"B2C", "B2B", "both"}
    assert set(CRITERIA["level"]) <= {"nominal", "ordinal", "interval", "ratio"}
    assert CRITERIA["disputed"].dtype == bool
    assert (CRITERIA["reason"] != "").equals(CRITERIA["disputed"])
    assert not CRITERIA.isna().any(axis=None)
    agreed = CRITERIA[~CRITERIA["disputed"]].groupby("base").size()
    assert agreed.min() >= 5


def test_what_it_says_is_found_is_there():
    there = {
        f"{name}.{column}"
        for company in companies()
        for name, table in tables_of(load_company(company)).items()
        for column in table.columns
    }
    found = set(CRITERIA["found"]) - {""}
    assert found <= there


def test_no_sensitive_field_is_in_it():
    words = " ".join(CRITERIA["field"] + " " + CRITERIA["criterion"])
    for word in ("religion", "belief", "ethnic", "race", "health", "politic"):
        assert word not in words


def test_place_is_kept_apart_and_gender_is_internal():
    by_field = CRITERIA.set_index("field")
    assert by_field.loc["region", "base"] == "geographic"
    assert by_field.loc["gender", "layer"] == "internal"
    assert by_field.loc["income_band", "layer"] == "internal"


def test_criteria_filters():
    assert len(criteria()) == len(CRITERIA)
    firms = criteria(customers="B2B")
    assert set(firms["customers"]) == {"B2B", "both"}
    assert criteria("need", "internal", "B2B")["field"].isin(criteria("need")["field"]).all()
    assert criteria("firmographic", customers="B2C")["field"].tolist() == ["customer_entity"]
    mine = criteria()
    mine.loc[0, "base"] = "mine"
    assert CRITERIA.loc[0, "base"] == "demographic"


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"base": "behavioral"}, "not 'behavioral'. Did you mean \"behavioural\""),
        ({"base": "demografic"}, 'Did you mean "demographic"'),
        ({"layer": "inside"}, "layer must be one of external, internal, behaviour"),
        ({"customers": "b2c"}, 'Did you mean "B2C"'),
        ({"customers": 3}, "customers must be one of B2C, B2B, both, not 3"),
    ],
)
def test_criteria_errors(given, message):
    with pytest.raises(ValueError, match=message.replace("(", "\\(")):
        criteria(**given)


# Strength ----------------------------------------------------------------------------------------


def test_eta_squared_is_the_share_between_groups():
    table = people()
    found = base_strength(table, ["group", "lot", "coin"], "spend").set_index("criterion")
    y = table["spend"]
    means = y.groupby(table["group"]).transform("mean")
    eta = ((means - y.mean()) ** 2).sum() / ((y - y.mean()) ** 2).sum()
    n, k = len(table), 4
    assert found.loc["group", "raw"] == pytest.approx(eta)
    assert found.loc["group", "strength"] == pytest.approx(1 - (1 - eta) * (n - 1) / (n - k))
    assert found.index[0] == "group"
    assert found.loc["group", "beyond"]
    assert abs(found.loc["coin", "strength"]) < 0.02


def test_cramers_v_is_that_of_the_chi_squared_table():
    table = people()
    found = base_strength(table, ["group", "lot"], "choice").set_index("criterion")
    cells = pd.crosstab(table["group"], table["choice"]).to_numpy(float)
    expected = np.outer(cells.sum(1), cells.sum(0)) / cells.sum()
    phi = ((cells - expected) ** 2 / expected).sum() / cells.sum()
    assert found.loc["group", "raw"] == pytest.approx(np.sqrt(phi / 3))
    assert 0.5 < found.loc["group", "strength"] < found.loc["group", "raw"]
    assert set(found["measure"]) == {"Cramér's V"}


def test_a_field_by_lot_is_seldom_beyond_chance():
    draw = np.random.default_rng(3)
    many = pd.DataFrame({f"x{i}": draw.integers(0, 12, 400).astype(str) for i in range(60)})
    many["spend"] = draw.gamma(1, 100, 400)
    many["choice"] = draw.integers(0, 5, 400).astype(str)
    for outcome in ("spend", "choice"):
        found = base_strength(many, [f"x{i}" for i in range(60)], outcome)
        assert found["beyond"].mean() <= 0.15
        assert abs(found["strength"].mean()) < 0.04
        assert (found["raw"] > found["strength"]).all()
    raw = base_strength(many, [f"x{i}" for i in range(60)], "spend")["raw"]
    assert raw.mean() == pytest.approx(11 / 399, abs=0.006)


def test_numbers_are_cut_and_named_groups_are_not():
    table = people()
    found = base_strength(table, ["age", "group"], "spend").set_index("criterion")
    assert found.loc["age", "levels"] == 5
    assert found.loc["group", "levels"] == 4
    mostly_one = table.assign(orders=np.where(np.arange(600) < 560, 1, np.arange(600)))
    assert base_strength(mostly_one, ["orders"], "spend")["levels"].tolist() == [2]
    banded = table.assign(age=band(table["age"], [30], ["young", "old"]))
    assert base_strength(banded, ["age"], "spend")["levels"].tolist() == [2]


def test_ranks_do_not_let_one_customer_decide():
    table = people()
    table.loc[0, "spend"] = 1e6
    plain = base_strength(table, ["group"], "spend")["strength"].iloc[0]
    ranked = base_strength(table, ["group"], "spend", ranks=True)["strength"].iloc[0]
    assert plain < 0.05 < 0.4 < ranked


def test_it_is_the_same_every_time_and_changes_nothing():
    table = people()
    before = table.copy()
    first = base_strength(table, ["group", "lot"], "spend")
    pd.testing.assert_frame_equal(first, base_strength(table, ["group", "lot"], "spend"))
    pd.testing.assert_frame_equal(table, before)
    mixed = base_strength(table.sample(frac=1, random_state=1), ["group", "lot"], "spend")
    assert mixed["strength"].tolist() == pytest.approx(first["strength"].tolist())


def test_missing_values_are_left_out_and_counted():
    table = people()
    table.loc[:99, "group"] = None
    assert base_strength(table, ["group"], "spend")["customers"].tolist() == [500]
    table.loc[:49, "spend"] = np.nan
    with pytest.warns(UserWarning, match='50 customers of 600 without "spend"'):
        found = base_strength(table, "group", "spend")
    assert found["customers"].tolist() == [500]


@pytest.mark.parametrize(
    ("criteria", "outcome", "setting", "message"),
    [
        (["nope"], "spend", {}, 'no column "nope"'),
        ([], "spend", {}, "no column to look at"),
        (["age", "age"], "spend", {}, '"age" is named twice'),
        (["spend"], "spend", {}, "cannot be a criterion as well"),
        (["group"], "spend", {"bins": 1}, "bins must be at least 2"),
        (["group"], "spend", {"shuffles": 5}, "shuffles must be at least 20"),
        (["group"], "choice", {"ranks": True}, "ranks=True needs a number"),
        (["one"], "spend", {}, '"one" has one value for all 600 customers'),
        (["id"], "spend", {}, "names them one by one"),
        (["group"], "one", {}, 'outcome "one" is the same for all'),
        (["day"], "spend", {}, '"day" is a date'),
        (["group"], "day", {}, 'outcome "day" is a date'),
        (["few"], "spend", {}, "Only 2 customers have both"),
        (["group"], "endless", {}, "infinite"),
    ],
)
def test_strength_errors(criteria, outcome, setting, message):
    table = people().assign(one="x", day=pd.Timestamp("2026-01-01"))
    table["id"] = [f"C{i}" for i in range(600)]
    table["few"] = ["a", "b", *[None] * 598]
    table["endless"] = np.where(table.index == 3, np.inf, table["spend"])
    with pytest.raises(ValueError, match=message):
        base_strength(table, criteria, outcome, **setting)


# The form and the bands --------------------------------------------------------------------------


def test_indicator_sheet_adds_up():
    table = people().assign(none=[None, *["x"] * 599])
    sheet = indicator_sheet(table, ["group", "age", "none"])
    assert sheet.groupby("indicator")["share"].sum().tolist() == pytest.approx([1, 1, 1])
    assert sheet["indicator"].unique().tolist() == ["group", "age", "none"]
    assert sheet.iloc[-1].tolist() == ["none", "not known", 1, pytest.approx(1 / 600)]
    assert (sheet["indicator"] == "age").sum() == 5
    assert sheet.loc[sheet["indicator"] == "age", "group"].str.contains("under|and over").all()
    with pytest.raises(ValueError, match="no rows"):
        indicator_sheet(table.iloc[:0], ["group"])
    with pytest.raises(ValueError, match='"group" is named twice'):
        indicator_sheet(table, ["group", "group"])


def test_band_edges_says_where_the_edge_belongs():
    people = pd.Series([1, 199, 200, 200, 640, None], name="headcount")
    report = band_edges(people, [50, 200], ["small", "mid", "large"])
    assert report["count"].tolist() == [1, 1, 3]
    assert report["on_edge"].tolist() == [0, 0, 2]
    assert report["from"].tolist()[1:] == [50, 200]
    assert report["to"].tolist()[:2] == [50, 200]
    assert report["count"].sum() == people.notna().sum()
    moved = pd.cut(people, [-np.inf, 50, 200, np.inf], labels=["small", "mid", "large"])
    assert moved.value_counts()["mid"] == report["count"][1] + report["on_edge"][2]


@pytest.mark.parametrize("zone", [None, "Asia/Shanghai"])
def test_band_edges_of_dates(zone):
    days = pd.Series(pd.to_datetime(["2025-12-31", "2026-01-01", None])).dt.tz_localize(zone)
    report = band_edges(days, ["2026-01-01"], ["before", "after"])
    assert report["count"].tolist() == [1, 1]
    assert report["on_edge"].tolist() == [0, 1]
    assert report["from"].isna().tolist() == [True, False]
