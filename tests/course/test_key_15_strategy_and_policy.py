"""The key of exercise 15: what is right passes, known mistakes are told apart, nothing else."""

import re

import numpy as np
import pandas as pd
import pytest

from whobuys.course import Judge, load_key, unit_folder
from whobuys.course._answers import decode, encode
from whobuys.course._words import say

KEY = load_key(unit_folder("15_strategy_and_policy") / "key.py")
CLOSED = [question for question in KEY.questions.values() if not question.open]
JUDGES = {}


def judge_of(seed):
    """Return the judge of a case; 0 is the one to practise on."""
    if seed not in JUDGES:
        JUDGES[seed] = Judge(KEY, KEY.draw(seed))
    return JUDGES[seed]


def seen(judge, id, value, **others):
    given = {name: decode(encode(other)) for name, other in others.items()}
    return judge.judge(id, decode(encode(value)), given)


def greedy(case):
    """Plan by hand: the promised visits, then always the visit that brings most an hour."""
    brief, firms = case["brief"].iloc[0], case["firms"]
    bounds = case["limits"].set_index("grade")
    takes = (firms["visit_minutes"] + 2 * firms["way_minutes"]) / 60
    visits = firms["grade"].map(bounds["minimum"]).to_numpy(copy=True)
    most = firms["grade"].map(bounds["most"]).to_numpy()
    left = brief["hours"] - (visits * takes).sum()
    while True:
        rate = firms["worth"] * brief["keeps"] ** visits / takes
        rate = rate.where((visits < most) & (takes <= left + 1e-9), -1)
        if rate.max() < 0:
            break
        visits[rate.idxmax()] += 1
        left -= takes[rate.idxmax()]
    return pd.DataFrame({"customer_id": firms["customer_id"], "visits": visits})


# What a student could as well hand in ----------------------------------------------------------


def by_hand(case, right):
    """Answer the questions with plain loops and sums, as their texts say."""
    brief, firms, asked = case["brief"].iloc[0], case["firms"], case["asked"]
    plan = right("q1").set_index("customer_id")["visits"]
    rows = {}
    for firm in firms.itertuples():
        n = int(plan[firm.customer_id])
        row = rows.setdefault(firm.grade, [0, 0.0, 0.0])
        row[0] += n
        row[1] += n * (firm.visit_minutes + 2 * firm.way_minutes) / 60
        row[2] += sum(firm.worth * brief["keeps"] ** k for k in range(n))

    cost = brief["unit_cost"]

    def profit(pays, price):
        return (price - cost) * sum(p >= price for p in pays)

    def best(pays):
        return max(sorted(set(pays)), key=lambda price: profit(pays, price))

    kinds = {kind: list(mine) for kind, mine in asked.groupby("kind")["pays"]}
    one = best(list(asked["pays"]))
    own = {kind: best(pays) for kind, pays in kinds.items()}
    takes = asked["pays"] >= one
    own_takes = [p >= own[k] for k, p in zip(asked["kind"], asked["pays"], strict=True)]
    own_revenue = asked["kind"].map(own)[own_takes].sum()
    money = pd.DataFrame(
        {
            "way": ["price by kind", "one price"],
            "revenue": [own_revenue, one * takes.sum()],
            "profit": [own_revenue - cost * sum(own_takes), (one - cost) * takes.sum()],
        }
    )
    low = min(own.values())
    at = {
        "own": sum(profit(kinds[k], own[k]) for k in kinds),
        "low": sum(profit(kinds[k], low) for k in kinds),
        "one": sum(profit(kinds[k], one) for k in kinds),
    }
    # (1 - l) own + l low - fence = one
    leak = (at["own"] - at["one"] - brief["fence_cost"]) / (at["own"] - at["low"])
    summary = pd.DataFrame(rows, index=["visits", "hours", "expected"]).T
    return {
        "q1": greedy(case),
        "q2": summary.rename_axis("grade"),
        "q4": one,
        "q5": money,
        "q6": leak,
    }


@pytest.mark.parametrize("seed", [0, 3, 8])
def test_other_ways_to_the_right_answer_pass(seed):
    judge = judge_of(seed)
    for id, value in by_hand(judge.case, judge.right).items():
        assert seen(judge, id, value).status == "passed", id


def test_the_toolkit_finds_the_same():
    from whobuys.strategy import plan_visits, price_table

    judge = judge_of(2)
    case, brief = judge.case, judge.case["brief"].iloc[0]
    firms, limits = case["firms"], case["limits"]
    rules = {
        "minimum": dict(zip(limits["grade"], limits["minimum"], strict=True)),
        "most": dict(zip(limits["grade"], limits["most"], strict=True)),
        "keeps": brief["keeps"],
        "value": "worth",
        "visit_hours": "inside",
        "travel_hours": "way",
    }
    ready = firms.assign(inside=firms["visit_minutes"] / 60, way=firms["way_minutes"] / 30)
    plan = plan_visits(ready, brief["hours"], **rules)
    longer = plan_visits(ready, brief["hours"] + brief["more_hours"], **rules)
    assert seen(judge, "q1", plan).status == "passed"
    more = longer.attrs["expected"] - plan.attrs["expected"]
    assert seen(judge, "q3", more).status == "passed"
    prices = price_table(
        case["asked"]["pays"].astype(float),
        groups=case["asked"]["kind"],
        unit_cost=brief["unit_cost"],
        fence_cost=brief["fence_cost"],
    )
    assert seen(judge, "q4", prices["one_price"].iloc[0]).status == "passed"
    assert seen(judge, "q6", prices.attrs["break_even_leak"]).status == "passed"


FORMS = {
    "row order": lambda t: t.sample(frac=1, random_state=5),
    "index": lambda t: t.set_index(t.columns[0]),
    "numbers as text": lambda t: t.astype(str),
    "upper case": lambda t: t.assign(**{t.columns[0]: t[t.columns[0]].str.upper()}),
    "categories": lambda t: t.astype({t.columns[0]: "category"}),
    "further columns": lambda t: t.assign(note="mine"),
    "columns turned round": lambda t: t[t.columns[::-1]],
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("id", ["q1", "q2", "q5"])
def test_the_form_does_not_matter(id, form):
    judge = judge_of(0)
    right = judge.right(id)
    right = right[["customer_id", "visits"]] if id == "q1" else right
    assert seen(judge, id, FORMS[form](right)).status == "passed"


def test_a_plan_may_leave_out_who_is_not_visited_and_be_a_series():
    judge = judge_of(0)
    right = judge.right("q1")
    visited = right[right["visits"] > 0][["customer_id", "visits"]]
    assert len(visited) < len(right)
    assert seen(judge, "q1", visited).status == "passed"
    assert seen(judge, "q1", right.set_index("customer_id")["visits"]).status == "passed"


def test_pence_and_whole_pounds_pass():
    judge = judge_of(0)
    assert seen(judge, "q2", judge.right("q2").round(2)).status == "passed"
    assert (
        seen(judge, "q5", judge.right("q5").astype({"revenue": int, "profit": int})).status
        == "passed"
    )


@pytest.mark.parametrize("id", ["q3", "q4", "q6"])
def test_numbers_may_be_of_any_type(id):
    judge = judge_of(0)
    right = judge.right(id)
    for value in (right, np.float64(right), [right], pd.Series([right]), round(right, 4)):
        assert seen(judge, id, value).status == "passed"


# What does not pass ----------------------------------------------------------------------------


def wrong_plan(judge):
    right = judge.right("q1")[["customer_id", "visits"]]
    firms, visits = judge.case["firms"], right["visits"]
    least = judge.right("q1")["least"]
    return {
        "nobody": right.assign(visits=0),
        "only the promised": right.assign(visits=least),
        "everybody once": right.assign(visits=1),
        "everybody twice": right.assign(visits=2),
        "one more each": right.assign(visits=visits + 1),
        "turned round": right.assign(visits=visits.to_numpy()[::-1]),
        "half of the firms": right.iloc[::2],
        "strangers": right.assign(customer_id="X" + right["customer_id"]),
        "negative": right.assign(visits=visits.where(firms["worth"] < 200, -1)),
    }


def wrong_summary(judge):
    right = judge.right("q2")
    return {
        "turned round": right.assign(grade=right["grade"].to_numpy()[::-1]),
        "shares": right.assign(hours=right["hours"] / right["hours"].sum()),
        "whole hours": right.assign(hours=right["hours"].round()),
        "each": right.assign(expected=right["expected"] / right["visits"].clip(lower=1)),
        "sums of all": right.assign(visits=right["visits"].sum()),
        "one row": right.iloc[:1],
        "bare letters": right.assign(grade=right["grade"].str[0]),
        "nothing": right.assign(visits=0, hours=0, expected=0),
        "one visit more": right.assign(visits=right["visits"] + 1),
    }


def wrong_more(judge):
    right = judge.right("q3")
    return {
        "a little off": right + 2,
        "negative": -right,
        "twice": 2 * right,
        "nothing": 0,
        "one": 1,
        "the value": judge.right("q1").attrs["expected"],
        "the hours": judge.case["brief"].iloc[0]["hours"] + 0.3,
        "half": right / 2 + 0.7,
    }


def wrong_price(judge):
    right = judge.right("q4")
    pays = judge.case["asked"]["pays"]
    return {
        "a pound more": right + 1,
        "a penny less": right - 0.01,
        "lowest": pays.min(),
        "highest": pays.max() + 1,
        "nothing": 0,
        "the cost": judge.case["brief"].iloc[0]["unit_cost"] + 0.4,
        "twice": 2 * right,
        "negative": -right,
    }


def wrong_money(judge):
    right = judge.right("q5")
    return {
        "the same twice": right.assign(
            revenue=right["revenue"].iloc[0], profit=right["profit"].iloc[0] - 7
        ),
        "a year": right.assign(revenue=12 * right["revenue"], profit=12 * right["profit"]),
        "a pound off": right.assign(revenue=right["revenue"] + 1, profit=right["profit"] + 1),
        "one row": right.iloc[:1],
        "negative": right.assign(profit=-right["profit"]),
        "nothing": right.assign(revenue=0, profit=0),
        "a firm": right.assign(
            revenue=right["revenue"] / len(judge.case["asked"]), profit=right["profit"]
        ),
        "columns turned round": right.rename(columns={"revenue": "profit", "profit": "revenue"}),
    }


def wrong_leak(judge):
    right = judge.right("q6")
    return {
        "the rest": 1 - right,
        "negative": -right,
        "one": 1,
        "nothing": 0,
        "half": right / 2,
        "a little off": right + 0.002,
        "one decimal": round(right, 1) + 0.1,
        "ten times": 10 * right,
    }


WRONG = {
    "q1": wrong_plan,
    "q2": wrong_summary,
    "q3": wrong_more,
    "q4": wrong_price,
    "q5": wrong_money,
    "q6": wrong_leak,
}


@pytest.mark.parametrize("id", WRONG)
def test_nothing_else_passes(id):
    judge = judge_of(0)
    for name, value in WRONG[id](judge).items():
        verdict = seen(judge, id, value)
        assert verdict.status in ("partly", "try_again"), name
        assert verdict.mistake is None, name
        assert verdict.credit < 1, name
        assert verdict.details, name


def test_a_plan_below_98_percent_says_how_far_it_is():
    judge = judge_of(0)
    right = judge.right("q1")
    least = right[["customer_id"]].assign(visits=right["least"])
    (words,) = seen(judge, "q1", least).details
    assert "breaks no limit" in words
    assert "98 % is needed" in words
    best = judge.right("q1").attrs["expected"]
    assert f"of the {say(round(best, 2))} the best one has" in words


def test_a_plan_that_is_good_enough_hears_what_the_best_one_reaches():
    judge = judge_of(0)
    verdict = seen(judge, "q1", greedy(judge.case))
    assert verdict.status == "passed"
    best = say(round(judge.right("q1").attrs["expected"], 2))
    assert f" % of the {best} the best one has." in verdict.details[0]
    assert seen(judge, "q1", judge.right("q1")).details == ()


@pytest.mark.parametrize("seed", range(4))
def test_sums_of_an_own_plan_hear_what_the_best_one_reaches(seed):
    judge = judge_of(seed)
    case, right = judge.case, judge.right("q2")
    own = greedy(case)
    if (own["visits"].to_numpy() == judge.right("q1")["visits"]).all():
        pytest.skip("here visit by visit leads to the best plan")
    sums = KEY.questions["q2"].answer(case, own)
    passed = seen(judge, "q2", sums, q1=own)
    assert passed.status == "passed"  # a plan that passes, if not the best, may be summed up
    assert passed.details[0].startswith("Right for your own `plan`.")
    verdict = seen(judge, "q2", sums)
    assert verdict.mistake == "another_plan"
    (words,) = verdict.details
    assert f"{sums['expected'].sum():,.2f} pounds in {sums['hours'].sum():,.2f} hours" in words
    assert f"{right['expected'].sum():,.2f} pounds can be reached" in words
    told = set(re.findall(r"\d[\d,]*\.\d\d", words))
    cells = right[["hours", "expected"]].to_numpy().ravel()
    assert not told & {f"{cell:,.2f}" for cell in cells}, "no cell of the answer is told"


@pytest.mark.parametrize("seed", range(4))
def test_invented_sums_and_rounded_ones_are_not_taken_for_another_plan(seed):
    judge = judge_of(seed)
    right = judge.right("q2")
    columns = ["visits", "hours", "expected"]
    total = right[columns].sum()
    even = right.assign(visits=1, **{c: 0.6 * total[c] / len(right) for c in columns[1:]})
    none = right.assign(visits=0, hours=0.0, expected=0.0)
    none.loc[none.index[0], columns[1:]] = [total["hours"], 0.9 * total["expected"]]
    more = right.assign(hours=right["hours"] * 1.49, expected=right["expected"] * 0.9)
    whole = right.assign(hours=right["hours"] // 1, expected=right["expected"] // 1)
    for sums in (even, none, more, whole):
        verdict = seen(judge, "q2", sums)
        assert verdict.mistake is None
        assert verdict.credit < 0.5


def test_an_own_plan_that_breaks_a_limit_is_never_called_the_best():
    judge = judge_of(0)
    own = judge.right("q1")[["customer_id", "visits"]].copy()
    own["visits"] += 1
    sums = KEY.questions["q2"].answer(judge.case, own)
    slip = sums.assign(hours=sums["hours"] * 0.9, expected=sums["expected"] * 0.9)
    (words,) = seen(judge, "q2", slip, q1=own).details
    assert f"{judge.right('q1').attrs['expected']:,.2f} pounds can be reached" in words
    assert f"{sums['expected'].sum():,.2f}" not in words


# Known mistakes, made in other ways ------------------------------------------------------------


def test_parts_of_visits_are_told_whatever_made_them():
    judge = judge_of(0)
    right = judge.right("q1")[["customer_id", "visits"]]
    for part in (0.5, 0.01, 0.33):
        wrong = right.assign(visits=right["visits"] * (1 - part))
        assert seen(judge, "q1", wrong).mistake == "fractional"


def test_the_known_plans_are_recognised_in_other_forms():
    judge = judge_of(3)
    for mistake in KEY.questions["q1"].mistakes:
        wrong = judge._make(KEY.questions["q1"], mistake, {}).answer.value
        for form in (lambda t: t[t["visits"] > 0], FORMS["row order"], FORMS["numbers as text"]):
            assert seen(judge, "q1", form(wrong)).mistake == mistake.id, mistake.id


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("id", ["q2", "q5"])
def test_mistakes_are_recognised_in_other_forms(id, form):
    judge = judge_of(3)
    for mistake in KEY.questions[id].mistakes:
        wrong = judge._make(KEY.questions[id], mistake, {}).answer.value
        assert seen(judge, id, FORMS[form](wrong)).mistake == mistake.id, mistake.id


def test_a_slip_in_the_plan_is_not_counted_twice():
    judge = judge_of(0)
    case = judge.case
    own = judge.right("q1")[["customer_id", "visits"]].copy()
    own["visits"] += 1
    summary = KEY.questions["q2"].answer(case, own)
    assert seen(judge, "q2", summary, q1=own).status == "passed"
    sparse = own[own["visits"] > 1]
    summary = KEY.questions["q2"].answer(case, sparse)
    assert seen(judge, "q2", summary, q1=sparse).status == "passed"


def test_a_slip_in_the_price_is_not_counted_twice():
    judge = judge_of(0)
    own = judge.right("q4") + 2.0
    money = KEY.questions["q5"].answer(judge.case, own)
    assert seen(judge, "q5", money, q4=own).status == "passed"
    leak = KEY.questions["q6"].answer(judge.case, own)
    assert seen(judge, "q6", leak, q4=own).status == "passed"


def test_the_words_quote_the_students_own_figures():
    judge = judge_of(0)
    firms, brief = judge.case["firms"], judge.case["brief"].iloc[0]
    mistakes = {mistake.id: mistake for mistake in KEY.questions["q1"].mistakes}
    words = seen(judge, "q1", mistakes["one_way"].make(judge.case).answer).details[0]
    far = firms.loc[firms["way_minutes"].idxmax()]
    assert far["firm"] in words
    assert f"{far['way_minutes']} minutes there" in words
    assert f"of the {brief['hours']:,.0f} hours" in words


def test_the_data_hold_what_the_questions_need():
    for seed in range(6):
        case, right = judge_of(seed).case, judge_of(seed).right
        firms, brief, plan = case["firms"], case["brief"].iloc[0], right("q1")
        assert set(firms["grade"]) == set(case["limits"]["grade"])
        assert firms["customer_id"].is_unique
        assert case["asked"]["customer_id"].is_unique
        assert plan["hours"].sum() <= brief["hours"] + 1e-6
        assert (plan["visits"] >= plan["least"]).all()
        assert (plan["visits"] <= plan["most"]).all()
        assert 0.04 < right("q6") < 0.9
        assert right("q5")["profit"].iloc[1] > right("q5")["profit"].iloc[0]
        assert right("q3") > 0


def test_the_rubric_is_worth_what_the_question_says():
    rubric = KEY.questions["q7"].compare.rubric
    assert [line.points for line in rubric] == [5, 5, 3, 4, 3]
    assert KEY.questions["q7"].points == 20
    assert sum(question.points for question in CLOSED) == 20
    assert all(question.hints and question.again for question in KEY.questions.values())
