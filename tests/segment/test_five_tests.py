import numpy as np
import pandas as pd
import pytest

from whobuys.segment import FIVE_TESTS, FLOORS, effect_sizes, five_tests

PLAN = pd.DataFrame(
    {"segment": ["key", "ordinary", "quiet"], "owner": ["manager", "sales", ""],
     "offer": ["review", "app", None]}
)  # fmt: skip


@pytest.fixture
def people() -> pd.DataFrame:
    draw = np.random.default_rng(7)
    segment = np.repeat(["key", "ordinary", "quiet"], [20, 150, 80])
    shift = {"key": 4.0, "ordinary": 1.0, "quiet": 0.8}
    visits = np.array([shift[name] for name in segment]) + draw.normal(size=250)
    return pd.DataFrame(
        {
            "customer_id": range(250),
            "segment": segment,
            "margin": draw.gamma(1, 50, 250) * np.where(segment == "key", 8, 1),
            "visits": visits,
            "calls": draw.normal(size=250),
            "channel": np.where(draw.random(250) < 0.8, "app", ""),
            "age": np.where(draw.random(250) < 0.98, 40.0, np.nan),
        }
    )


def checked(people, **options):
    given = {"fields": ["age", "margin"], "reach": "channel", "value": "margin",
             "measures": ["visits", "calls"], "plan": PLAN}  # fmt: skip
    return five_tests(people, **(given | options))


def test_one_row_a_segment_and_measure(people):
    got = checked(people)
    assert got.columns.tolist() == [
        "segment", "test", "measure", "value", "floor", "passed", "detail",
    ]  # fmt: skip
    assert len(got) == 3 * len(FLOORS)
    assert got["measure"].tolist() == list(FLOORS) * 3
    assert set(got["test"]) == set(FIVE_TESTS["test"])
    assert (got["passed"] == (got["value"] >= got["floor"])).all()
    assert got.attrs["unplaced"] == 0


def test_the_values_by_hand(people):
    values = checked(people).pivot(index="segment", columns="measure", values="value")
    own = people.groupby("segment")
    np.testing.assert_allclose(values["placed"], own["age"].apply(lambda x: x.notna().mean()))
    np.testing.assert_allclose(values["reachable"], own["channel"].apply(lambda x: x.ne("").mean()))
    np.testing.assert_allclose(values["size"], own.size() / 250)
    np.testing.assert_allclose(values["value"], own["margin"].sum() / people["margin"].sum())
    assert values["owner and offer"].tolist() == [1, 1, 0]
    gaps = {}
    for measure in ("visits", "calls"):
        within = np.sqrt((own[measure].var() * (own.size() - 1)).sum() / 247)
        mean = own[measure].mean()
        for one, other in (("key", "ordinary"), ("key", "quiet"), ("ordinary", "quiet")):
            d = abs(mean[one] - mean[other]) / within
            gaps[one, other] = max(d, gaps.get((one, other), 0))
    assert values.loc["key", "difference"] == pytest.approx(
        min(gaps["key", "ordinary"], gaps["key", "quiet"])
    )
    assert values.loc["quiet", "difference"] == pytest.approx(gaps["ordinary", "quiet"])


def test_the_details_say_why(people):
    got = checked(people).set_index(["segment", "measure"])["detail"]
    assert got["quiet", "owner and offer"] == "no owner and no offer"
    assert got["key", "difference"].startswith("nearest: ordinary, most by visits")
    assert got["key", "size"] == "20 customers"


def test_floors_count_the_edge_in(people):
    size = 20 / 250
    got = checked(people, floors={"size": size}).set_index(["segment", "measure"])
    assert got.loc[("key", "size"), "passed"]
    got = checked(people, floors={"size": size + 1e-6}).set_index(["segment", "measure"])
    assert not got.loc[("key", "size"), "passed"]


def test_who_has_no_segment_is_counted(people):
    people.loc[:9, "segment"] = None
    got = checked(people)
    assert got.attrs["unplaced"] == 10
    assert got.loc[got["measure"] == "size", "value"].sum() == pytest.approx(240 / 250)


def test_forms_of_the_channel(people):
    flags = people.assign(channel=people["channel"] == "app")
    text = people.assign(channel=people["channel"].where(people["channel"] != ""))
    for table in (flags, text, flags.convert_dtypes()):
        pd.testing.assert_frame_equal(checked(table), checked(people))


def test_a_segment_with_one_customer_and_one_without_values(people):
    people.loc[0, "segment"] = "alone"
    people.loc[people["segment"] == "quiet", "calls"] = np.nan
    got = checked(people).set_index(["segment", "measure"])
    assert np.isfinite(got["value"]).all()
    assert got.loc[("alone", "size"), "detail"] == "1 customer"
    people.loc[people["segment"] == "quiet", "visits"] = np.nan
    got = checked(people).set_index(["segment", "measure"])
    assert got.loc[("quiet", "difference"), "value"] == 0


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"fields": ["ages"]}, 'no column "ages"'),
        ({"fields": []}, "fields must be a list"),
        ({"measures": "visits"}, "measures must be a list"),
        ({"measures": ["one"]}, '"one" does not vary inside the segments'),
        ({"value": "one"}, "adds up to 0"),
        ({"segment": "one"}, "has 1 segment"),
        ({"floors": {"big": 1}}, "floors has big"),
        ({"plan": PLAN[["segment"]]}, 'plan has no column "owner", "offer"'),
        ({"plan": pd.concat([PLAN, PLAN])}, 'plan has "key" in 2 rows'),
    ],
)
def test_errors(people, options, message):
    with pytest.raises(ValueError, match=message):
        checked(people.assign(one=0), **options)


def test_effect_sizes(people):
    got = effect_sizes(people, measures=["visits", "calls"]).set_index("measure")
    groups = people.groupby("segment")["visits"]
    total = ((people["visits"] - people["visits"].mean()) ** 2).sum()
    within = ((people["visits"] - groups.transform("mean")) ** 2).sum()
    assert got.loc["visits", "eta_squared"] == pytest.approx(1 - within / total)
    assert got.loc["visits", "spread"] == pytest.approx(people["visits"].std())
    assert got.loc["visits", "within"] < got.loc["visits", "spread"]
    assert got.loc["calls", "eta_squared"] < 0.05
    perfect = pd.DataFrame({"segment": list("aab"), "x": [1, 1, 5]})
    assert effect_sizes(perfect, measures=["x"])["eta_squared"].tolist() == [1.0]
    with pytest.raises(ValueError, match="for everybody"):
        effect_sizes(people.assign(one=1), measures=["one"])
    with pytest.raises(ValueError, match="fewer than two segments"):
        effect_sizes(people.assign(segment="all"), measures=["visits"])


def test_inputs_are_not_changed(people):
    before = people.copy()
    checked(people)
    effect_sizes(people, measures=["visits"])
    pd.testing.assert_frame_equal(people, before)


def test_the_principles_are_mapped():
    assert FIVE_TESTS["test"].tolist() == [
        "measurable", "accessible", "substantial", "differentiable", "actionable",
    ]  # fmt: skip
    assert set(FIVE_TESTS["outlet_principle"]) == {
        "measurable", "accessible", "different", "useful", "necessary",
    }  # fmt: skip
