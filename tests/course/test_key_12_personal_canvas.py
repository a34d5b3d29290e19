"""The key of exercise 12: what is right passes, known mistakes are told apart, nothing else."""

import numpy as np
import pandas as pd
import pytest

from whobuys.canvas import Canvas
from whobuys.course import Judge, load_key, unit_folder
from whobuys.course._answers import decode, encode

KEY = load_key(unit_folder("12_personal_canvas") / "key.py")
CLOSED = [question for question in KEY.questions.values() if not question.open]
JUDGES = {}


def judge_of(seed):
    """Return the judge of a case; None is the one to practise on."""
    if seed not in JUDGES:
        JUDGES[seed] = Judge(KEY, KEY.draw(seed or 0))
    return JUDGES[seed]


def seen(judge, id, value, **others):
    given = {name: decode(encode(other)) for name, other in others.items()}
    return judge.judge(id, decode(encode(value)), given)


# What a student could as well hand in ----------------------------------------------------------


def by_hand(case):
    """Answer with plain loops, as the texts of the questions say."""
    people = case["people"].set_index("requester")
    ended, began = {}, {}
    for row in case["log"].itertuples():
        if row.request not in ended or row.line > ended[row.request].line:
            ended[row.request] = row
        if row.line == 1:
            began[row.request] = row
    side = {
        name: "internal" if contract.split(",")[0] == "employed by Tradeways" else "external"
        for name, contract in people["contract"].items()
    }
    rows = list(ended.values())
    hours = sum(row.hours_so_far for row in rows)
    by_side = {
        which: {
            "hours_share": sum(r.hours_so_far for r in rows if side[r.requester] == which) / hours,
            "satisfaction": np.mean([r.performance for r in rows if side[r.requester] == which]),
        }
        for which in ("internal", "external")
    }
    group = people["group"]
    gap = {
        name: np.mean([r.importance - r.performance for r in rows if group[r.requester] == name])
        for name in group.unique()
    }
    order = sorted(gap, key=gap.get, reverse=True)
    worth = pd.Series(
        {
            name: sum(r.value for r in rows if r.requester == name)
            / sum(r.hours_so_far for r in rows if r.requester == name)
            for name in people.index
        }
    )
    again = sum(
        r.hours_so_far - began[r.request].hours_so_far
        for r in rows
        if group[r.requester] == order[0]
    )
    return {
        "q1": side,
        "q2": pd.DataFrame(by_side).T,
        "q3": pd.DataFrame({"gap": gap, "rank": {n: order.index(n) + 1 for n in order}}),
        "q4": pd.DataFrame({"value_per_hour": worth, "rank": worth.rank(ascending=False)}),
        "q5": again * case["brief"]["hour_cost"].iloc[0],
    }


@pytest.mark.parametrize("seed", [None, 3, 8])
def test_other_ways_to_the_right_answer_pass(seed):
    judge = judge_of(seed)
    for id, value in by_hand(judge.case).items():
        if id == "q1":
            value = pd.Series(value, name="relation")
        assert seen(judge, id, value).status == "passed", id


FORMS = {
    "row order": lambda t: t.sample(frac=1, random_state=5),
    "index": lambda t: t.set_index(t.columns[0]),
    "nameless index": lambda t: t.set_index(t.columns[0]).rename_axis(None),
    "nullable": lambda t: t.convert_dtypes(),
    "digits as text": lambda t: t.astype(str),
    "upper case": lambda t: t.assign(**{t.columns[0]: t[t.columns[0]].str.upper()}),
    "categories": lambda t: t.astype({t.columns[0]: "category"}),
    "further columns": lambda t: t.assign(note="mine", city="Basel"),
    "columns turned round": lambda t: t[t.columns[::-1]],
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("id", ["q1", "q2", "q3", "q4"])
def test_the_form_does_not_matter(id, form):
    judge = judge_of(None)
    assert seen(judge, id, FORMS[form](judge.right(id))).status == "passed"


def test_labels_may_be_capitalised_and_numbers_come_in_other_forms():
    judge = judge_of(None)
    sides = judge.right("q1")
    capital = sides.assign(relation=sides["relation"].str.capitalize() + " ")
    assert seen(judge, "q1", capital).status == "passed"
    cost = judge.right("q5")
    for value in (cost, np.float64(cost), [cost], pd.Series([cost]), round(cost, 2)):
        assert seen(judge, "q5", value).status == "passed", value
    assert seen(judge, "q2", judge.right("q2").round(4)).status == "passed"


@pytest.mark.parametrize("seed", range(6))
def test_each_case_has_its_traps(seed):
    case = judge_of(seed).case
    people, right = case["people"], judge_of(seed).right("q1").set_index("requester")["relation"]
    inside = people.set_index("requester")
    lent = inside.index[inside["contract"].str.contains("lent")]
    hired = inside.index[inside["group"] == "hired loaders"]
    assert set(right[lent]) == {"internal"}
    assert set(right[hired]) == {"external"}
    assert case["log"]["request"].duplicated().mean() > 0.1
    assert case["log"]["date"].dt.day_of_week.max() < 5
    assert case["log"].groupby("request")["date"].is_monotonic_increasing.all()
    assert case["log"].groupby("request")["line"].apply(lambda n: list(n) == sorted(n)).all()
    assert case["log"]["date"].max() <= pd.Timestamp("2026-06-30")
    gaps = judge_of(seed).right("q3").set_index("rank")
    assert gaps["gap"].idxmax() == 1
    assert gaps.loc[1, "gap"] > 0 > gaps.loc[8, "gap"]


# Slips are paid for once -----------------------------------------------------------------------


def test_hours_follow_the_students_own_sides():
    judge = judge_of(None)
    own = judge._make(KEY.questions["q1"], KEY.questions["q1"].mistakes[0], {}).answer.value
    done = judge.case["log"].drop_duplicates("request", keep="last").merge(own, on="requester")
    by = done.groupby("relation")
    made = pd.DataFrame(
        {
            "hours_share": by["hours_so_far"].sum() / done["hours_so_far"].sum(),
            "satisfaction": by["performance"].mean(),
        }
    )
    assert seen(judge, "q2", made, q1=own).status == "passed"
    assert seen(judge, "q2", made).status != "passed"


def test_the_cost_follows_the_students_own_ranks():
    judge = judge_of(None)
    backwards = judge.right("q3").assign(rank=lambda t: 9 - t["rank"])
    group = backwards.loc[backwards["rank"] == 1, "group"].item()
    log, people = judge.case["log"], judge.case["people"]
    own = log[log["requester"].isin(people.loc[people["group"] == group, "requester"])]
    last = own.drop_duplicates("request", keep="last")["hours_so_far"].sum()
    first = own.loc[own["line"] == 1, "hours_so_far"].sum()
    cost = (last - first) * judge.case["brief"]["hour_cost"].iloc[0]
    assert seen(judge, "q5", cost, q3=backwards).status == "passed"


# What does not pass ----------------------------------------------------------------------------


def wrong_sides(judge):
    right, people = judge.right("q1"), judge.case["people"]
    half = np.arange(len(right)) % 2 == 0
    return {
        "all internal": right.assign(relation="internal"),
        "all external": right.assign(relation="external"),
        "every other": right.assign(relation=np.where(half, "internal", "external")),
        "yes and no": right.assign(relation=right["relation"].map({"internal": "yes"}).fillna("")),
        "inside": right.assign(relation="inside"),
        "groups": right.assign(relation=people["group"]),
        "one missing": right.iloc[1:],
        "moved by one": right.assign(relation=np.roll(right["relation"], 1)),
        "numbers": right.assign(relation=(right["relation"] == "internal").astype(int)),
        "groups for people": right.assign(requester=people["group"]).drop_duplicates("requester"),
    }


def wrong_shares(judge):
    right = judge.right("q2")
    return {
        "swapped": right.assign(relation=right["relation"].to_numpy()[::-1]),
        "hours, not shares": right.assign(hours_share=right["hours_share"] * 400),
        "halves": right.assign(hours_share=0.5),
        "a hundredth off": right.assign(hours_share=right["hours_share"] + [0.01, -0.01]),
        "rounded far": right.round(1),
        "marks of 10": right.assign(satisfaction=right["satisfaction"] * 2),
        "satisfied share": right.assign(satisfaction=[0.7, 0.5]),
        "one side": right.iloc[:1],
        "ratio": right.assign(hours_share=right["hours_share"] / right["hours_share"].max()),
        "columns swapped": right.rename(
            columns={"hours_share": "satisfaction", "satisfaction": "hours_share"}
        ),
    }


def wrong_gaps(judge):
    right = judge.right("q3")
    return {
        "importance": right.assign(gap=right["importance"]),
        "performance": right.assign(gap=right["performance"]),
        "ratio": right.assign(gap=right["importance"] / right["performance"]),
        "to five": right.assign(gap=5 - right["performance"]),
        "half": right.assign(gap=right["gap"] / 2),
        "moved": right.assign(group=np.roll(right["group"], 1)),
        "ranks from 0": right.assign(rank=right["rank"] - 1, gap=right["gap"] + 1),
        "one missing": right.iloc[1:],
        "rounded far": right.assign(gap=right["gap"].round(1)),
        "all zero": right.assign(gap=0.0),
        "by importance": right.assign(rank=right["importance"].rank(ascending=False)),
    }


def wrong_worth(judge):
    right = judge.right("q4")
    lines = judge.case["log"].drop_duplicates("request", keep="last")
    total = lines.groupby("requester")["value"].sum()
    hours = lines.groupby("requester")["hours_so_far"].sum()
    return {
        "in all": right.assign(value_per_hour=right["requester"].map(total)),
        "hours": right.assign(value_per_hour=right["requester"].map(hours)),
        "upside down": right.assign(value_per_hour=1 / right["value_per_hour"]),
        "median": right.assign(
            value_per_hour=right["requester"].map(
                (lines["value"] / lines["hours_so_far"]).groupby(lines["requester"]).median()
            )
        ),
        "rounded": right.assign(value_per_hour=right["value_per_hour"].round(0)),
        "moved": right.assign(requester=np.roll(right["requester"], 1)),
        "one missing": right.iloc[1:],
        "first ranks": right.assign(rank=1),
        "in pence": right.assign(value_per_hour=right["value_per_hour"] * 100),
        "mean for all": right.assign(value_per_hour=right["value_per_hour"].mean()),
    }


def wrong_cost(judge):
    right = judge.right("q5")
    return {
        "seven times": right * 7,
        "half": right / 2,
        "nothing": 0,
        "minus": -right,
        "in pence": right * 100,
        "rounded to hundreds": round(right, -2),
        "a pound off": right + 1,
        "a week": right / 26,
        "text": "hotels",
        "truth": True,
    }


def wrong_canvases(judge):
    right = judge.right("q6")
    few = right
    for entry in right.block("channels") + right.block("partners"):
        few = few.remove(entry.id)
    vague = right
    for entry in right.block("value provided"):
        vague = vague.change(entry.id, text=f"good service {entry.id}", links=[])
    return {
        "empty": Canvas("me", "personal"),
        "business": Canvas("me").add("customers", "families"),
        "one note": Canvas("me", "personal").add("customers", "the owner", kind="internal"),
        "two blocks empty": few,
        "values for nobody": vague,
        "no sides": Canvas.from_markdown(
            right.to_markdown().replace("kind: external", "").replace("kind: internal", "")
        ),
        "a tenth block": right.add("key metrics", "repairs a day"),
        "twice the same": right.add("costs", "every Saturday", kind="time"),
        "a file name": "my_canvas.json",
        "broken JSON": right.to_json()[:-40],
        "a number": 9,
    }


WRONG = {
    "q1": wrong_sides,
    "q2": wrong_shares,
    "q3": wrong_gaps,
    "q4": wrong_worth,
    "q5": wrong_cost,
    "q6": wrong_canvases,
}


@pytest.mark.parametrize("seed", [None, 4])
@pytest.mark.parametrize("id", WRONG)
def test_other_wrong_answers_get_neither_full_marks_nor_another_mistakes_words(id, seed):
    judge = judge_of(seed)
    for name, value in WRONG[id](judge).items():
        verdict = seen(judge, id, value)
        assert verdict.status != "passed", f"{id}: {name}"
        assert verdict.mistake is None, f"{id}: {name} is taken for {verdict.mistake}"


# Mistakes in other forms -----------------------------------------------------------------------


@pytest.mark.parametrize("id", ["q1", "q2", "q3", "q4"])
def test_mistakes_are_known_in_other_forms(id):
    judge = judge_of(None)
    for mistake in KEY.questions[id].mistakes:
        wrong = judge._make(KEY.questions[id], mistake, {}).answer.value
        for form in ("row order", "index", "further columns", "upper case"):
            assert seen(judge, id, FORMS[form](wrong)).mistake == mistake.id, (mistake.id, form)


def test_two_people_on_the_wrong_side_are_named_with_their_contract():
    judge = judge_of(None)
    right = judge.right("q1")
    wrong = right.copy()
    wrong.loc[[3, 7], "relation"] = wrong.loc[[3, 7], "relation"].map(
        {"internal": "external", "external": "internal"}
    )
    verdict = seen(judge, "q1", wrong)
    assert verdict.mistake == "a_few_wrong"
    assert right.loc[3, "contract"] in verdict.details[0]
    assert verdict.details[0].startswith("On the wrong side: 2 of")


def test_performance_less_importance_is_known_whichever_way_it_was_ranked():
    judge = judge_of(None)
    right = judge.right("q3")
    for ranks in (right["rank"], 9 - right["rank"]):
        verdict = seen(judge, "q3", right.assign(gap=-right["gap"], rank=ranks))
        assert verdict.mistake == "turned_sign"
        assert right.loc[right["rank"] == 1, "group"].item() in verdict.details[0]


def test_a_canvas_may_come_as_json_text_or_as_a_canvas_read_from_it():
    judge = judge_of(None)
    right = judge.right("q6")
    for value in (right, right.to_json(), right.to_dict(), Canvas.from_json(right.to_json())):
        assert seen(judge, "q6", value).status == "passed", type(value)


def test_a_canvas_that_lacks_one_thing_more_is_not_told_that_the_rest_is_complete():
    judge = judge_of(None)
    for mistake in KEY.questions["q6"].mistakes:
        wrong = judge._make(KEY.questions["q6"], mistake, {}).answer.value
        for entry in wrong.block("channels"):
            wrong = wrong.remove(entry.id)
        verdict = seen(judge, "q6", wrong)
        assert verdict.mistake is None
        assert any("Channels" in words for words in verdict.details)
