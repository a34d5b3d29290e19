"""The key of exercise 04: what is special in it, beside what every key keeps to."""

import numpy as np
import pandas as pd
import pytest

from whobuys.course import Judge, load_key, unit_folder
from whobuys.course._answers import decode, encode

KEY = load_key(unit_folder("04_rules_and_tests") / "key.py")
SEGMENTS = ["key", "ordinary", "potential"]
MEASURES = ["visits", "activity", "age"]
FLOORS = {
    "placed": 0.95, "reachable": 0.85, "size": 0.05,
    "value": 0.05, "difference": 0.5, "owner and offer": 1,
}  # fmt: skip
JUDGES = {}


def judge_of(seed=0):
    if seed not in JUDGES:
        JUDGES[seed] = Judge(KEY, KEY.draw(seed))
    return JUDGES[seed]


def seen(judge, id, value, **others):
    given = {name: decode(encode(other)) for name, other in others.items()}
    return judge.judge(id, decode(encode(value)), given)


# What a student could as well hand in ----------------------------------------------------------


def by_hand(case):
    """Answer the five questions with pandas and numpy alone."""
    sheet = case["sheet"]
    orders, margin = sheet["orders"], sheet["margin"]
    label = np.select(
        [
            (orders >= 12) & margin.isna(),
            (orders >= 12) & (margin >= 150),
            orders >= 1,
            sheet["activity"] >= 20,
        ],
        ["undecided", "key", "ordinary", "potential"],
        default="no class",
    )
    classes = pd.DataFrame({"customer_id": sheet["customer_id"], "segment": label})
    sure = (orders >= 12).astype(int) + (margin < 150) + (orders == 0)
    open_ = (sure == 0) & margin.isna()
    falls = {"none": ((sure == 0) & ~open_).sum(), "one": (sure == 1).sum(),
             "two or more": (sure >= 2).sum(), "undecided": open_.sum()}  # fmt: skip
    people = sheet.assign(segment=label)
    three = people[people["segment"].isin(SEGMENTS)]
    own = three.groupby("segment")
    inside = (three[MEASURES] - own[MEASURES].transform("mean")) ** 2
    means = own[MEASURES].mean() / np.sqrt(inside.sum() / (len(three) - 3))
    near = {}
    for one in SEGMENTS:
        others = [np.abs(means.loc[one] - means.loc[o]).max() for o in SEGMENTS if o != one]
        near[one] = min(others)
    plan = case["plan"].set_index("segment")
    values = pd.DataFrame(
        {
            "placed": own["margin"].count() / own.size(),
            "reachable": own["channel"].apply(lambda c: c.ne("").mean()),
            "size": own.size() / len(sheet),
            "value": own["margin"].sum() / sheet["margin"].sum(),
            "difference": pd.Series(near),
            "owner and offer": plan.ne("").mean(axis=1),
        }
    )
    failed = {
        f"{s}: {m}" for s in SEGMENTS for m, floor in FLOORS.items() if values.loc[s, m] < floor
    }
    return {
        "q1": classes,
        "q2": classes["segment"].value_counts().rename("customers"),
        "q3": pd.Series(falls, name="customers").rename_axis("falls_in"),
        "q4": values,
        "q5": failed,
    }


@pytest.mark.parametrize("seed", [0, 3, 8])
def test_other_ways_to_the_right_answer_pass(seed):
    judge = judge_of(seed)
    for id, value in by_hand(judge.case).items():
        verdict = seen(judge, id, value)
        assert verdict.status == "passed", (id, verdict)


FORMS = {
    "row order": lambda t: t.sample(frac=1, random_state=5),
    "index": lambda t: t.set_index(t.columns[0]),
    "nameless index": lambda t: t.set_index(t.columns[0]).rename_axis(None),
    "floats": lambda t: t.astype(dict.fromkeys(t.select_dtypes("number"), float)),
    "nullable": lambda t: t.convert_dtypes(),
    "digits as text": lambda t: t.astype(str),
    "upper case": lambda t: t.assign(**{t.columns[0]: t[t.columns[0]].str.upper()}),
    "categories": lambda t: t.astype({t.columns[0]: "category"}),
    "further columns": lambda t: t.assign(note="mine", branch="Harbour"),
    "columns turned round": lambda t: t[t.columns[::-1]],
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("id", ["q1", "q2", "q3", "q4"])
def test_the_form_does_not_matter(id, form):
    judge = judge_of()
    assert seen(judge, id, FORMS[form](judge.right(id))).status == "passed"


def test_classes_may_be_a_series_and_in_any_case():
    judge = judge_of()
    right = judge.right("q1")
    series = right.set_index("customer_id")["segment"]
    for value in (series, series.str.upper(), series.astype("category"), series.rename("class")):
        assert seen(judge, "q1", value).status == "passed"


def test_the_list_of_failures_may_come_in_any_form():
    judge = judge_of()
    right = judge.right("q5")
    for value in (right[::-1], set(right), tuple(right), pd.Series(right), np.array(right),
                  [text.upper() for text in right]):  # fmt: skip
        assert seen(judge, "q5", value).status == "passed"


# What does not pass ----------------------------------------------------------------------------


def wrong_classes(case):
    right, sheet = judge_of().right("q1"), case["sheet"]
    named = right["segment"]
    odd = named.index[named == "ordinary"][0]
    return {
        "one off": right.assign(segment=named.where(right.index != odd, "key")),
        "all key": right.assign(segment="key"),
        "key and ordinary changed": right.replace({"key": "ordinary", "ordinary": "key"}),
        "one missing": right.iloc[1:],
        "blank where undecided": right.replace({"segment": {"undecided": ""}}),
        "missing where no class": right.replace({"segment": {"no class": None}}),
        "by state": right.assign(segment=sheet["state"]),
        "gaps are key": right.replace({"segment": {"undecided": "key"}}),
        "shuffled": right.assign(segment=named.sample(frac=1, random_state=1).to_numpy()),
        "letters": right.assign(segment=named.str[0]),
    }


def wrong_counts(case):
    right = judge_of().right("q2")
    return {
        "one more": right.assign(customers=right["customers"] + 1),
        "no undecided": right[right["segment"] != "undecided"],
        "sorted apart": right.assign(customers=np.sort(right["customers"])[::-1]),
        "percent": right.assign(customers=right["customers"] / right["customers"].sum() * 100),
        "a total": pd.concat([right, pd.DataFrame({"segment": ["all"], "customers": [1800]})]),
        "zeros": right.assign(customers=0),
        "undecided with ordinary": right.assign(
            customers=right["customers"] + np.where(right["segment"] == "ordinary", 22, 0)
        ),
        "key only": right.head(1),
    }


def wrong_overlap(case):
    right = judge_of().right("q3")

    def with_counts(*counts):
        return right.assign(customers=counts)

    none, one, two, open_ = right["customers"]
    return {
        "turned round": with_counts(open_, two, one, none),
        "shares": right.assign(customers=right["customers"] / 1800),
        "no undecided": right[right["falls_in"] != "undecided"],
        "undecided in one": with_counts(none, one + open_, two, 0),
        "one fewer": with_counts(none - 1, one, two, open_),
        "two only": right[right["falls_in"] == "two or more"],
        "all decided apart": with_counts(none, one, two, int(case["sheet"]["margin"].isna().sum())),
        "pairs twice": with_counts(none, one, 2 * two, open_),
        "zeros": with_counts(0, 0, 0, 0),
    }


def wrong_values(case):
    right = judge_of().right("q4")
    means = case["sheet"].groupby(judge_of().right("q1")["segment"])["margin"].mean()
    return {
        "percent": right.assign(**right[list(FLOORS)[:4]] * 100),
        "two decimals": right.round(2),
        "counts": right.assign(size=right["size"] * 1800),
        "mean margin": right.assign(value=right["segment"].map(means)),
        "ones": right.assign(**dict.fromkeys(FLOORS, 1.0)),
        "rows exchanged": right.assign(segment=["ordinary", "key", "potential"]),
        "no difference": right.assign(difference=0.0),
        "size and value exchanged": right.rename(columns={"size": "value", "value": "size"}),
        "one segment": right.head(1),
        "unreachable": right.assign(reachable=1 - right["reachable"]),
    }


def wrong_failures(case):
    right = judge_of().right("q5")
    return {
        "one missing": right[1:],
        "one more": [*right, "key: placed"],
        "measures": sorted({text.split(": ")[1] for text in right}),
        "turned round": [": ".join(text.split(": ")[::-1]) for text in right],
        "none": ["nothing"],
        "all": [f"{s}: {m}" for s in SEGMENTS for m in FLOORS],
        "of one segment": [text for text in right if text.startswith("potential")],
        "floors of five per cent": [text for text in right if "reachable" not in text],
    }


WRONG = {
    "q1": wrong_classes,
    "q2": wrong_counts,
    "q3": wrong_overlap,
    "q4": wrong_values,
    "q5": wrong_failures,
}


@pytest.mark.parametrize("id", WRONG)
def test_nothing_else_passes(id):
    judge = judge_of()
    for name, value in WRONG[id](judge.case).items():
        verdict = seen(judge, id, value)
        assert verdict.status in ("partly", "try_again"), name
        assert verdict.mistake is None, (name, verdict.mistake)
        assert verdict.credit <= 0.5, name
        assert verdict.details, name


def test_mistakes_are_recognised_in_other_forms():
    judge = judge_of()
    sheet = judge.case["sheet"]
    right = judge.right("q1")
    zero = right.replace({"segment": {"undecided": "ordinary"}})
    for form in ("index", "row order", "upper case", "categories"):
        assert seen(judge, "q1", FORMS[form](zero)).mistake == "missing_is_zero"
    strict = np.select(
        [(sheet["orders"] > 12) & sheet["margin"].isna(),
         (sheet["orders"] > 12) & (sheet["margin"] > 150),
         sheet["orders"] > 0, sheet["activity"] >= 20],
        ["undecided", "key", "ordinary", "potential"], default="no class",
    )  # fmt: skip
    assert seen(judge, "q1", right.assign(segment=strict)).mistake == "strictly_above"
    counts = judge.right("q2").set_index("segment")["customers"]
    assert seen(judge, "q2", counts / counts.sum()).mistake == "shares_of_customers"
    none, one, two, open_ = judge.right("q3")["customers"]
    for rows in (
        {"none": none + open_, "one": one, "two or more": two},
        {"none": none + open_, "one": one, "two or more": two, "undecided": 0},
    ):
        verdict = seen(judge, "q3", pd.Series(rows, name="customers").rename_axis("falls_in"))
        assert (verdict.mistake, verdict.credit) == ("silent_false", 0.5)
        assert f"{open_} customers" in verdict.details[0]
    first = np.select([sheet["orders"] >= 12, sheet["margin"] < 150], ["f", "l"], default="")
    assert (first != "").sum() == one + two
    hidden = {"none": none + open_, "one": one + two}
    for rows in (hidden, hidden | {"two or more": 0, "undecided": 0}):
        verdict = seen(judge, "q3", pd.Series(rows, name="customers").rename_axis("falls_in"))
        assert verdict.mistake == "first_match_hides"
    sure = (sheet["orders"] >= 12).astype(int) + (sheet["margin"] < 150) + (sheet["orders"] == 0)
    known = sure[sheet["margin"].notna()]
    apart = {"none": (known == 0).sum(), "one": (known == 1).sum(),
             "two or more": (known > 1).sum(), "undecided": len(sure) - len(known)}  # fmt: skip
    verdict = seen(judge, "q3", pd.Series(apart, name="customers").rename_axis("falls_in"))
    assert verdict.mistake == "every_gap_undecided"
    for spaces in (":", " : ", ":  \n"):
        verdict = seen(judge, "q5", [t.replace(": ", spaces) for t in judge.right("q5")])
        assert verdict.status == "passed"
    passed = [f"{s}: {m}" for s in SEGMENTS for m in FLOORS]
    passed = {text for text in passed if text not in judge.right("q5")}
    assert seen(judge, "q5", passed).mistake == "listed_the_passed"
    assert seen(judge, "q5", ["potential", "ordinary"]).mistake == "only_the_segments"


def test_a_slip_in_question_1_is_paid_once():
    judge = judge_of()
    sheet = judge.case["sheet"]
    wrong = judge.right("q1").replace({"segment": {"undecided": "ordinary"}})
    counts = wrong["segment"].value_counts().rename("customers")
    verdict = seen(judge, "q2", counts, q1=wrong)
    assert verdict.status == "passed"
    assert "not counted twice" in verdict.details[0]
    values = KEY.questions["q4"].answer(judge.case, wrong)
    assert values["size"].sum() > judge.right("q4")["size"].sum()
    assert seen(judge, "q4", values, q1=wrong).status == "passed"
    assert seen(judge, "q4", values).status != "passed"
    assert len(sheet) == 1800


def test_every_case_has_something_undecided_and_something_that_fails():
    for seed in range(6):
        judge = judge_of(seed)
        counts = judge.right("q2").set_index("segment")["customers"]
        assert counts.min() >= 5
        assert 3 <= len(judge.right("q5")) < 12
        assert judge.right("q3")["customers"].min() > 0
    plans = {tuple(judge_of(seed).case["plan"]["owner"]) for seed in range(6)}
    assert len(plans) == 2


def test_the_open_question_has_the_rubric_of_twenty_points():
    rubric = KEY.questions["q6"].compare.rubric
    assert [criterion.points for criterion in rubric] == [4, 6, 4, 4, 2]
    assert KEY.questions["q6"].points == 20
    assert sum(q.points for q in KEY.questions.values() if not q.open) == 20
