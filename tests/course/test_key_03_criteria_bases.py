"""The key of exercise 03: other forms of the right answers pass, and nothing else does."""

import numpy as np
import pandas as pd
import pytest

from whobuys.course import Judge, load_key, unit_folder
from whobuys.course._answers import decode, encode
from whobuys.segment import CRITERIA, band_edges

KEY = load_key(unit_folder("03_criteria_bases") / "key.py")
EDGES = {"q3": [25, 35, 45], "q4": [10, 50, 200]}
JUDGES = {}


def judge_of(seed):
    if seed not in JUDGES:
        JUDGES[seed] = Judge(KEY, KEY.draw(seed))
    return JUDGES[seed]


def seen(judge, id, value):
    return judge.judge(id, decode(encode(value)))


def values_of(judge, id):
    where = {"q3": ("people", "age"), "q4": ("firms", "headcount")}[id]
    return judge.case[where[0]][where[1]]


# The case ----------------------------------------------------------------


@pytest.mark.parametrize("seed", [0, 1, 2, 3, 2**200 + 7])
def test_the_thirty_fields(seed):
    fields = KEY.draw(seed)["fields"]
    assert len(fields) == 30
    assert fields["what"].is_unique
    assert (fields["base"] == "disputed").sum() == 4
    assert (fields["base"] == "disputed").equals(fields["layer"] == "disputed")
    bases = judge_of(seed).right("q1").groupby("base").size()
    assert bases.drop("disputed").to_dict() == {
        "behavioural": 4,
        "demographic": 4,
        "firmographic": 3,
        "geographic": 4,
        "loyalty": 3,
        "need": 3,
        "psychographic": 3,
        "value": 2,
    }
    assert set(judge_of(seed).right("q2")["layer"]) == {
        "external",
        "internal",
        "behaviour",
        "disputed",
    }


def test_two_students_get_other_fields():
    sheets = [set(KEY.draw(seed)["fields"]["what"]) for seed in (1, 2, 3)]
    assert len(sheets[0] & sheets[1]) < 26
    assert sheets[1] != sheets[2]


def test_the_sheet_cannot_be_looked_up_in_the_catalogue():
    what = set(KEY.draw(0)["fields"]["what"])
    assert not what & set(CRITERIA["criterion"]) | what & set(CRITERIA["field"])


@pytest.mark.parametrize("seed", range(12))
def test_there_are_firms_on_every_edge_and_people_without_age(seed):
    case = judge_of(seed).case
    heads = case["firms"]["headcount"]
    assert all((heads == edge).any() for edge in (10, 50, 200))
    assert ((heads > 200) & (heads < 250)).any()
    assert 0.03 < case["people"]["age"].isna().mean() < 0.12
    assert "customers" not in case.tables


# Other forms of the right answer -----------------------------------------------------------------

FORMS = {
    "row order": lambda t: t.sample(frac=1, random_state=5),
    "index": lambda t: t.set_index(t.columns[0]),
    "series": lambda t: t.set_index(t.columns[0])[t.columns[1]],
    "nameless index": lambda t: t.set_index(t.columns[0]).rename_axis(None),
    "nullable": lambda t: t.convert_dtypes(),
    "upper case": lambda t: t.assign(**{t.columns[0]: t[t.columns[0]].str.upper()}),
    "categories": lambda t: t.astype({t.columns[0]: "category"}),
    "further columns": lambda t: t.assign(note="mine"),
    "columns turned round": lambda t: t[t.columns[::-1]],
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("id", ["q1", "q2", "q3", "q4"])
def test_the_form_does_not_matter(id, form):
    judge = judge_of(0)
    assert seen(judge, id, FORMS[form](judge.right(id))).status == "passed"


@pytest.mark.parametrize("id", ["q1", "q2"])
def test_labels_in_capitals_or_with_blanks_pass(id):
    judge = judge_of(0)
    right = judge.right(id)
    column = right.columns[1]
    for wording in (str.upper, str.title, lambda text: f" {text} "):
        assert seen(judge, id, right.assign(**{column: right[column].map(wording)})).credit == 1


@pytest.mark.parametrize("seed", [0, 4])
@pytest.mark.parametrize("id", ["q3", "q4"])
def test_other_ways_to_count_pass(id, seed):
    judge = judge_of(seed)
    values, labels = values_of(judge, id), judge.right(id)["band"].tolist()
    cuts = [-np.inf, *EDGES[id], np.inf]
    cut = pd.cut(values, cuts, right=False, labels=labels)
    by_hand = {
        label: float(((values >= low) & (values < high)).sum())
        for label, low, high in zip(labels, cuts, cuts[1:], strict=False)
    }
    report = band_edges(values, EDGES[id], labels)
    for answer in (
        cut.value_counts(),
        cut.value_counts().rename_axis("band").reset_index(),
        pd.Series(by_hand),
        report[["band", "count"]],
        values.groupby(cut, observed=True).size(),
    ):
        assert seen(judge, id, answer).status == "passed"


def test_the_number_may_be_of_any_type():
    judge = judge_of(0)
    right = judge.right("q5")
    for value in (right, float(right), np.int64(right), [right], pd.Series([right])):
        assert seen(judge, "q5", value).status == "passed"


# What does not pass ----------------------------------------------------------------


def wrong_sorting(judge, id):
    right = judge.right(id)
    column = right.columns[1]
    label = right[column]
    other = judge.right("q2" if id == "q1" else "q1")
    agreed = label != "disputed"
    return {
        "one for all": right.assign(**{column: label[agreed].iloc[0]}),
        "nothing": right.assign(**{column: ""}),
        "missing": right.assign(**{column: None}),
        "shifted": right.assign(**{column: np.roll(label, 1)}),
        "sorted apart": right.assign(**{column: sorted(label)}),
        "turned round": right.assign(**{column: label[::-1].to_numpy()}),
        "the other column": right.assign(**{column: other.iloc[:, 1]}),
        "disputed all": right.assign(**{column: "disputed"}),
        "half of the rows": right.iloc[:15],
        "one row less": right.iloc[1:],
        "a row more": pd.concat([right, right.iloc[:1].assign(field="F31")]),
        "numbers": right.assign(**{column: pd.factorize(label)[0]}),
        "names of the sheet": right.assign(field=judge.case["fields"]["what"]),
    }


@pytest.mark.parametrize("id", ["q1", "q2"])
def test_no_other_sorting_passes(id):
    judge = judge_of(0)
    for name, value in wrong_sorting(judge, id).items():
        verdict = seen(judge, id, value)
        assert verdict.status in ("partly", "try_again"), name
        assert verdict.mistake in (None, "many_bases", "many_layers"), (name, verdict)
        assert verdict.credit <= 0.5, name
        assert verdict.details, name


def wrong_counts(judge, id):
    right, values = judge.right(id), values_of(judge, id)
    count = right["count"]
    return {
        "turned round": right.assign(count=count[::-1].to_numpy()),
        "one too many": right.assign(count=count + 1),
        "one band off by one": right.assign(count=count + (right.index == 2)),
        "the same in all": right.assign(count=int(count.mean()) + 1),
        "running total": right.assign(count=count.cumsum()),
        "per cent": right.assign(count=100 * count / count.sum()),
        "a band less": right.iloc[1:],
        "other names": right.assign(band=list("abcd")),
        "edges moved": right.assign(
            count=np.histogram(values.dropna(), [-1e9, *np.add(EDGES[id], 2), 1e9])[0]
        ),
        "nothing": right.assign(count=0),
        "missing": right.assign(count=np.nan),
        "mean": right.assign(count=[20.0, 30.0, 40.0, 50.0]),
    }


@pytest.mark.parametrize("seed", [0, 5])
@pytest.mark.parametrize("id", ["q3", "q4"])
def test_no_other_counts_pass(id, seed):
    judge = judge_of(seed)
    for name, value in wrong_counts(judge, id).items():
        verdict = seen(judge, id, value)
        assert verdict.status in ("partly", "try_again"), name
        assert verdict.mistake is None or (name, id) == ("the same in all", "q4"), (name, verdict)
        assert verdict.credit <= 0.5, name


@pytest.mark.parametrize("seed", [0, 5, 9])
def test_no_other_number_passes(seed):
    judge = judge_of(seed)
    heads = judge.case["firms"]["headcount"]
    right = judge.right("q5")
    for value in (
        0,
        1,
        len(heads),
        right + 1,
        -right,
        2 * right + 1,
        int((heads > 250).sum()) - 1,
        int((heads == 50).sum()) + 100_000,
        float(heads.mean()),
    ):
        verdict = seen(judge, "q5", value)
        assert verdict.status == "try_again", value
        assert verdict.mistake is None, value


# Mistakes in other forms ----------------------------------------------------------------


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_one_field_of_a_known_confusion_is_told_by_its_number(seed):
    judge = judge_of(seed)
    right = judge.right("q1")
    for wanted, given, mistake in (
        ("geographic", "Demographic ", "place_as_demography"),
        ("firmographic", "demographic", "firms_as_people"),
        ("loyalty", "BEHAVIOURAL", "loyalty_as_behaviour"),
        ("need", "psychographic", "needs_as_psychology"),
        ("value", "behavioural", "value_as_behaviour"),
    ):
        row = right.index[right["base"] == wanted][0]
        wrong = right.assign(base=right["base"].where(right.index != row, given))
        verdict = seen(judge, "q1", wrong.set_index("field"))
        assert (verdict.mistake, verdict.credit) == (mistake, 0.75)
        assert right.loc[row, "field"] in verdict.details[0]


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_gender_and_income_in_the_wrong_layer(seed):
    judge = judge_of(seed)
    right, sheet = judge.right("q2"), judge.case["fields"]
    gender = sheet["what"].str.contains("woman")
    income = sheet["what"].str.contains("earn in a month")
    external = seen(judge, "q2", right.assign(layer=right["layer"].mask(gender, "external")))
    assert external.mistake == "gender_as_external"
    assert f"({sheet.loc[gender, 'field'].iloc[0]})" in external.details[0]
    done = seen(judge, "q2", right.assign(layer=right["layer"].mask(income, "behaviour")))
    assert done.mistake == "said_as_done"
    assert sheet.loc[income, "field"].iloc[0] in done.details[0]


@pytest.mark.parametrize(
    ("off", "mistake", "credit"),
    [(1, "a_few_bases", 0.75), (6, "several_bases", 0.5), (12, "many_bases", 0.25)],
)
def test_how_many_fields_are_off_decides_the_credit(off, mistake, credit):
    judge = judge_of(0)
    right = judge.right("q1")
    agreed = right.index[right["base"] != "disputed"][-off:]
    wrong = right.copy()
    wrong.loc[agreed, "base"] = ["no such base", "another"][: 1 + (off > 1)] * (off // 2 or 1)
    verdict = seen(judge, "q1", wrong)
    assert (verdict.mistake, verdict.credit) == (mistake, credit)
    assert f"{off} of 26" in verdict.details[0]


@pytest.mark.parametrize("label", ["behavioural", "need", ""])
def test_the_disputed_fields_do_not_cost_much(label):
    judge = judge_of(0)
    right = judge.right("q1")
    verdict = seen(judge, "q1", right.replace("disputed", label))
    assert (verdict.mistake, verdict.credit) == ("disputed_sorted", 0.9)


@pytest.mark.parametrize("names", [{"behavioural": "behaviour"}, {"need": "needs"}, {
    "demographic": "demographics", "behavioural": "behavioral"}])  # fmt: skip
def test_neighbouring_names_are_recognised(names):
    judge = judge_of(0)
    verdict = seen(judge, "q1", judge.right("q1").replace(names))
    assert (verdict.mistake, verdict.credit) == ("american_bases", 0.9)


def test_right_closed_edges_are_recognised_however_they_are_made():
    judge = judge_of(0)
    for id, mistake in (("q3", "ages_right_closed"), ("q4", "firms_right_closed")):
        values, labels = values_of(judge, id), judge.right(id)["band"].tolist()
        cut = pd.cut(values, [-1, *EDGES[id], 5000], labels=labels)
        codes = np.searchsorted(EDGES[id], values.dropna(), side="left")
        hand = pd.Series(np.bincount(codes), index=labels)
        for answer in (cut.value_counts(), hand):
            assert seen(judge, id, answer).mistake == mistake


def test_a_row_for_the_missing_may_have_any_name():
    judge = judge_of(0)
    right = judge.right("q3")
    many = int(values_of(judge, "q3").isna().sum())
    for name in ("missing", "no age", "unknown"):
        more = pd.concat([right, pd.DataFrame({"band": [name], "count": [many]})])
        assert seen(judge, "q3", more).mistake == "a_row_for_the_missing"


def test_quantiles_are_recognised_with_ties():
    judge = judge_of(0)
    heads, labels = values_of(judge, "q4"), judge.right("q4")["band"].tolist()
    groups = pd.qcut(heads, 4, labels=labels)
    assert seen(judge, "q4", groups.value_counts()).mistake == "by_quantiles"


def test_the_points():
    assert [question.points for question in KEY.questions.values()] == [5, 4, 4, 4, 3, 20]
    names = [criterion.name for criterion in KEY.questions["q6"].compare.rubric]
    assert names[0] == "Base fits the decision to be made"
    assert [criterion.points for criterion in KEY.questions["q6"].compare.rubric] == [5, 4, 5, 3, 3]
