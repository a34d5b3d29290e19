"""The key of exercise 13: what is right passes, known mistakes are told apart, nothing else."""

import numpy as np
import pandas as pd
import pytest

from whobuys.course import Judge, load_key, unit_folder
from whobuys.course._answers import decode, encode

KEY = load_key(unit_folder("13_value_and_grades") / "key.py")
CLOSED = [question for question in KEY.questions.values() if not question.open]
SCHEME = " (profit contribution)"
JUDGES = {}


def judge_of(seed):
    """Return the judge of a case; 0 is the one to practise on."""
    if seed not in JUDGES:
        JUDGES[seed] = Judge(KEY, KEY.draw(seed))
    return JUDGES[seed]


def seen(judge, id, value, **others):
    given = {name: decode(encode(other)) for name, other in others.items()}
    return judge.judge(id, decode(encode(value)), given)


# What a student could as well hand in ----------------------------------------------------------


def by_hand(case):
    """Answer the six questions with plain loops and sums, as the texts of the questions say."""
    brief, firms = case["brief"].iloc[0], case["firms"]
    orders, contacts = case["orders"], case["contacts"]
    profit = {}
    for customer in firms["customer_id"]:
        mine = orders[orders["customer_id"] == customer]
        minutes = contacts.loc[contacts["customer_id"] == customer, "minutes"].sum()
        profit[customer] = (
            mine["amount"].sum()
            - mine["goods_cost"].sum()
            - minutes * brief["hour_cost"] / 60
            - len(mine) * brief["drop_cost"]
        )
    best = sorted(profit, key=profit.get, reverse=True)
    total = sum(profit.values())

    needed, reached, letters = 0, 0.0, {}
    for customer in best:
        if reached < 0.8 * total:
            needed += 1
        begins = reached / total
        letters[customer] = (
            "A" if begins < brief["cut_a"] else "B" if begins < brief["cut_b"] else "C"
        )
        if profit[customer] <= 0:
            letters[customer] = "D"
        reached += profit[customer]

    names = {
        (True, True): "keep",
        (False, True): "develop",
        (True, False): "maintain",
        (False, False): "serve simply",
    }
    counts = dict.fromkeys(names.values(), 0)
    for customer, ahead in zip(firms["customer_id"], firms["potential"], strict=True):
        now = profit[customer] >= brief["current_cut"]
        counts[names[bool(now), bool(ahead >= brief["potential_cut"])]] += 1

    by = orders.groupby("customer_id")
    value = by["amount"].sum() / by.size()
    margin = (by["amount"].sum() - by["goods_cost"].sum()) / by["amount"].sum()
    return {
        "q1": pd.Series(profit, name="profit").rename_axis("customer_id"),
        "q2": sum(profit[c] for c in best[: len(best) // 5]) / total,
        "q3": needed,
        "q4": pd.DataFrame(
            {"customer_id": letters.keys(), "grade": [x + SCHEME for x in letters.values()]}
        ),
        "q5": pd.Series(counts, name="customers").rename_axis("cell"),
        "q6": value.rank().corr(margin.rank()),
    }


@pytest.mark.parametrize("seed", [0, 3, 8])
def test_other_ways_to_the_right_answer_pass(seed):
    judge = judge_of(seed)
    for id, value in by_hand(judge.case).items():
        assert seen(judge, id, value).status == "passed", id


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
@pytest.mark.parametrize("id", ["q1", "q4", "q5"])
def test_the_form_does_not_matter(id, form):
    judge = judge_of(0)
    assert seen(judge, id, FORMS[form](judge.right(id))).status == "passed"


def test_pence_and_categories_of_grades_pass():
    judge = judge_of(0)
    assert seen(judge, "q1", judge.right("q1").round(2)).status == "passed"
    graded = judge.right("q4").astype({"grade": "category"})
    assert seen(judge, "q4", graded).status == "passed"


@pytest.mark.parametrize("id", ["q2", "q3", "q6"])
def test_numbers_may_be_of_any_type(id):
    judge = judge_of(0)
    right = judge.right(id)
    for value in (right, np.float64(right), [right], pd.Series([right]), round(right, 4)):
        assert seen(judge, id, value).status == "passed"


# What does not pass ----------------------------------------------------------------------------


def wrong_profit(judge):
    right = judge.right("q1")
    money = right["profit"]
    return {
        "turned round": right.assign(profit=-money),
        "sorted apart": right.assign(profit=np.sort(money)),
        "hundreds": right.assign(profit=money.round(-2)),
        "whole pounds": right.assign(profit=money.round()),
        "the mean": right.assign(profit=money.mean()),
        "no losses": right.assign(profit=money.clip(lower=0)),
        "a month": right.assign(profit=money / 12),
        "one pound more": right.assign(profit=money + 1),
    }


def wrong_share(judge):
    right = judge.right("q2")
    return {
        "the rule": 0.8,
        "the rest": 1 - right,
        "a fifth": 0.2,
        "one": 1,
        "nothing": 0,
        "negative": -right,
        "one decimal": round(right, 1) + 0.1,
        "a little off": right + 0.004,
    }


def wrong_needed(judge):
    right = judge.right("q3")
    everybody = len(judge.right("q1"))
    return {
        "one more": right + 1,
        "five short": right - 5,
        "all": everybody,
        "a fifth": everybody // 5 + 1,
        "nothing": 0,
        "the rest": everybody - right,
        "twice": 2 * right,
        "eighty": 80.5,
    }


def wrong_grades(judge):
    right = judge.right("q4")
    letter = right["grade"].str[0]
    turned = letter.map(dict(zip("ABCD", "DCBA", strict=True))) + SCHEME
    one = right["grade"].copy()
    one.iloc[0] = "A (sales)"
    return {
        "turned round": right.assign(grade=turned),
        "all C": right.assign(grade="C" + SCHEME),
        "another scheme's name": right.assign(grade=letter + " (sales)"),
        "numbers": right.assign(grade=letter.map(dict(zip("ABCD", "1234", strict=True)))),
        "one wrong": right.assign(grade=one),
        "half of the firms": right.iloc[::2],
        "shuffled": right.assign(grade=right["grade"].sample(frac=1, random_state=1).to_numpy()),
        "A and B only": right.assign(grade=letter.where(letter == "A", "B") + SCHEME),
    }


def wrong_counts(judge):
    right = judge.right("q5")
    number = right["customers"]
    return {
        "shares": right.assign(customers=number / number.sum()),
        "one cell": right.iloc[:1],
        "the total": right.assign(customers=number.sum()),
        "turned round": right.assign(customers=number.to_numpy()[::-1]),
        "a quarter each": right.assign(customers=65),
        "one moved": right.assign(customers=number.add(pd.Series([1, -1, 0, 0]))),
        "nothing": right.assign(customers=0),
        "percent": right.assign(customers=100 * number / number.sum()),
    }


def wrong_correlation(judge):
    right = judge.right("q6")
    return {
        "negative": -right,
        "squared": right**2,
        "one": 1,
        "nothing": 0,
        "percent": 100 * right,
        "one decimal": round(right, 1) + 0.1,
        "a little off": right + 0.002,
        "the rest": 1 - right,
    }


WRONG = {
    "q1": wrong_profit,
    "q2": wrong_share,
    "q3": wrong_needed,
    "q4": wrong_grades,
    "q5": wrong_counts,
    "q6": wrong_correlation,
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


# Known mistakes, made in other ways ------------------------------------------------------------


def test_joining_before_adding_up_is_recognised_by_hand():
    judge = judge_of(0)
    case, brief = judge.case, judge.case["brief"].iloc[0]
    joined = case["firms"].merge(case["orders"], on="customer_id", how="left")
    joined = joined.merge(case["contacts"], on="customer_id", how="left")
    by = joined.groupby("customer_id")
    money = by["amount"].sum() - by["goods_cost"].sum()
    serving = by["minutes"].sum() * brief["hour_cost"] / 60
    drops = by["order_id"].count() * brief["drop_cost"]
    wrong = (money - serving - drops).rename("profit").reset_index()
    assert seen(judge, "q1", wrong).mistake == "joined_first"


def test_a_fifth_of_the_firms_with_a_profit_is_recognised_by_hand():
    judge = judge_of(0)
    money = judge.right("q1")["profit"].sort_values(ascending=False)
    good = money[money > 0]
    best = good.iloc[: int(0.2 * len(good))].sum()
    assert seen(judge, "q2", best / money.sum()).mistake == "fifth_of_the_good"


def test_visits_alone_and_one_drop_a_firm_are_recognised_by_hand():
    judge = judge_of(0)
    case, brief = judge.case, judge.case["brief"].iloc[0]
    right = judge.right("q1").set_index("customer_id")["profit"]
    others = case["contacts"].query("kind != 'visit'").groupby("customer_id")["minutes"].sum()
    spared = others.reindex(right.index, fill_value=0) * brief["hour_cost"] / 60
    orders = case["orders"].groupby("customer_id").size().reindex(right.index, fill_value=0)
    fewer = (orders - 1) * brief["drop_cost"]
    for known, more in {"visits_only": spared, "one_drop_a_firm": fewer}.items():
        assert seen(judge, "q1", (right + more).reset_index()).mistake == known


def test_empty_numbers_are_told_whatever_made_them():
    judge = judge_of(0)
    right = judge.right("q1")
    called = set(judge.case["contacts"]["customer_id"])
    bought = set(judge.case["orders"]["customer_id"])
    for known in (bought, called, bought & called):
        there = right["customer_id"].isin(known)
        for wrong in (right[there], right.assign(profit=right["profit"].where(there))):
            verdict = seen(judge, "q1", wrong)
            assert verdict.mistake == "some_without"
            assert f"{(~there).sum():,} are missing" in verdict.details[0]


def test_a_slip_in_the_profit_is_not_counted_twice():
    judge = judge_of(0)
    case = judge.case
    own = judge.right("q1").copy()
    own["profit"] += 25.0
    money = own["profit"].sort_values(ascending=False)
    share = money.iloc[: len(money) // 5].sum() / money.sum()
    assert seen(judge, "q2", share, q1=own).status == "passed"
    grades = KEY.questions["q4"].answer(case, own)
    assert seen(judge, "q4", grades, q1=own).status == "passed"


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("id", ["q1", "q4", "q5"])
def test_mistakes_are_recognised_in_other_forms(id, form):
    judge = judge_of(3)
    for mistake in KEY.questions[id].mistakes:
        wrong = judge._make(KEY.questions[id], mistake, {}).answer.value
        made = FORMS[form](wrong)
        assert seen(judge, id, made).mistake == mistake.id, mistake.id


def test_the_words_quote_the_students_own_figures():
    judge = judge_of(0)
    brief = judge.case["brief"].iloc[0]
    mistakes = {mistake.id: mistake for mistake in KEY.questions["q1"].mistakes}
    wrong = mistakes["hours_for_minutes"].make(judge.case)
    words = seen(judge, "q1", wrong.answer).details[0]
    assert f"{brief['hour_cost']:.0f} pounds are for 60 minutes" in words


def test_the_data_hold_what_the_questions_need():
    for seed in range(6):
        case, right = judge_of(seed).case, judge_of(seed).right
        firms = set(case["firms"]["customer_id"])
        assert len(firms) == len(case["firms"])
        assert len(firms) % 5 == 0
        assert set(case["orders"]["customer_id"]) < firms
        assert set(case["contacts"]["customer_id"]) < firms
        assert case["orders"]["date"].max() <= pd.Timestamp("2025-06-30")
        assert (right("q1")["profit"] < 0).sum() >= 20
        assert right("q1")["profit"].abs().min() > 0.02
        assert set(right("q4")["grade"].str[0]) == set("ABCD")
        assert right("q5")["customers"].min() >= 10
        assert case["firms"]["reference"].sum() >= 3
        assert (case["firms"]["referrals"] >= 3).sum() >= 1


def test_the_rubric_is_worth_what_the_question_says():
    assert KEY.questions["q7"].points == 20
    assert sum(question.points for question in CLOSED) == 20
    assert all(question.hints and question.again for question in KEY.questions.values())
