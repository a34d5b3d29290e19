"""The key of exercise 14: what is right passes, known mistakes are told apart, nothing else."""

import numpy as np
import pandas as pd
import pytest

from whobuys.course import Judge, load_key, unit_folder
from whobuys.course._answers import decode, encode

KEY = load_key(unit_folder("14_lifetime_value") / "key.py")
CLOSED = [question for question in KEY.questions.values() if not question.open]
JUDGES = {}


def judge_of(seed):
    """Return the judge of a case; 0 is the one to practise on."""
    if seed not in JUDGES:
        JUDGES[seed] = Judge(KEY, KEY.draw(seed))
    return JUDGES[seed]


def seen(judge, id, value):
    return judge.judge(id, decode(encode(value)), {})


# What a student could as well hand in ----------------------------------------------------------


def plan(case):
    lines = case["payments"].merge(case["members"], on="customer_id")
    lines["year"] = lines["date"].dt.year
    lines["margin"] = lines["amount"] - lines["cost"]
    first = lines.groupby("customer_id")["year"].min()
    return lines.assign(began=lines["customer_id"].map(first))


def by_hand(case):
    """Answer the five questions with plain sums and loops, as the texts of the questions say."""
    lines, brief = plan(case), case["brief"].iloc[0]
    rate = brief["discount_rate"]

    cohorts = []
    for year in (2021, 2022, 2023):
        own = lines[lines["began"] == year]
        paid = [own.loc[own["year"] == year + k, "customer_id"].nunique() for k in range(3)]
        cohorts.append((year, paid[1] / paid[0], paid[2] / paid[0]))

    npv = {}
    for group in ("branch", "app"):
        own = lines[(lines["began"] == 2021) & (lines["came_by"] == group)]
        total = sum(
            own.loc[own["year"] == 2021 + k, "margin"].sum() / (1 + rate) ** k for k in range(5)
        )
        npv[group] = total / own["customer_id"].nunique() - brief[f"cost_{group}"]

    years, keep = int(brief["plan_years"]), brief["plan_retention"]
    stay = sum(brief["plan_margin"] * keep**k / (1 + rate) ** k for k in range(years))
    waiting, move = [1.0, 0.0, 0.0, 0.0], brief["desk_margin"]
    for k in range(1, int(brief["desk_years"]) + 1):
        come = sum(waiting[i] * brief[f"rate_{i + 1}"] for i in range(4))
        profit = come * brief["desk_margin"] - sum(waiting) * brief["letter_cost"]
        move += profit / (1 + rate) ** k
        waiting = [come] + [waiting[i] * (1 - brief[f"rate_{i + 1}"]) for i in range(3)]

    ledgers = case["ledgers"]
    wait = (ledgers["date"] - pd.Timestamp("2026-06-30")).dt.days / 365
    profit = (ledgers["revenue"] - ledgers["cost"]) * ledgers["chance"] * (1 + rate) ** -wait

    def multiple(kept):
        return kept / (1 + rate - kept)

    return {
        "q1": pd.DataFrame(cohorts, columns=["cohort", "year_1", "year_2"]),
        "q2": pd.Series(npv, name="npv").rename_axis("came_by"),
        "q3": pd.DataFrame(
            {"relation": ["always a share", "lost for good"], "clv": [move, stay]}
        ),
        "q4": profit.groupby(ledgers["customer_id"]).sum().to_frame("npv"),
        "q5": brief["plan_margin"] * (multiple(keep + brief["gain"]) - multiple(keep)),
    }  # fmt: skip


@pytest.mark.parametrize("seed", [0, 3, 8])
def test_other_ways_to_the_right_answer_pass(seed):
    judge = judge_of(seed)
    for id, value in by_hand(judge.case).items():
        assert seen(judge, id, value).status == "passed", id


FORMS = {
    "row order": lambda t: t.sample(frac=1, random_state=5),
    "index": lambda t: t.set_index(t.columns[0]),
    "digits as text": lambda t: t.astype(str),
    "upper case": lambda t: t.assign(**{t.columns[0]: t[t.columns[0]].str.upper()}),
    "categories": lambda t: t.astype({t.columns[0]: "category"}),
    "further columns": lambda t: t.assign(note="mine"),
    "columns turned round": lambda t: t[t.columns[::-1]],
    "four decimals": lambda t: t.round(4),
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("id", ["q1", "q2", "q3", "q4"])
def test_the_form_does_not_matter(id, form):
    judge = judge_of(0)
    assert seen(judge, id, FORMS[form](judge.right(id))).status == "passed"


def test_numbers_may_be_of_any_type():
    judge = judge_of(0)
    right = judge.right("q5")
    for value in (right, np.float32(right), [right], pd.Series([right]), round(right, 1)):
        assert seen(judge, "q5", value).status == "passed"


# What does not pass ----------------------------------------------------------------------------


def wrong_shares(judge):
    right = judge.right("q1")
    return {
        "columns swapped": right.rename(columns={"year_1": "year_2", "year_2": "year_1"}),
        "a year late": right.assign(cohort=["2022", "2023", "2024"]),
        "the mean for all": right.assign(year_1=right["year_1"].mean()),
        "ones": right.assign(year_1=1.0, year_2=1.0),
        "one cohort is missing": right.iloc[1:],
        "one decimal": right.round(1),
        "how many": right.assign(year_1=100, year_2=60),
        "one value off": right.assign(year_1=right["year_1"] + [0, 0.01, 0]),
    }


def wrong_npv(judge):
    right = judge.right("q2")
    both = right["npv"]
    return {
        "groups swapped": right.assign(npv=both.to_numpy()[::-1]),
        "cost taken twice": right.assign(npv=both - 60),
        "cost added": right.assign(npv=both + 97),
        "same for both": right.assign(npv=both.mean()),
        "one group": right.iloc[:1],
        "negative": right.assign(npv=-both),
        "a month": right.assign(npv=both / 12),
        "hundreds": right.assign(npv=both.round(-2)),
    }


def wrong_clv(judge):
    right = judge.right("q3")
    brief = judge.case["brief"].iloc[0]
    both = right["clv"]
    return {
        "rows swapped": right.assign(clv=both.to_numpy()[::-1]),
        "one row": right.iloc[:1],
        "margin only": right.assign(clv=[brief["plan_margin"], brief["desk_margin"]]),
        "a hundred customers": right.assign(clv=both * 100),
        "the last year left out": right.assign(clv=both * 0.93),
        "nothing": right.assign(clv=0.0),
        "negative": right.assign(clv=-both),
        "hundreds": right.assign(clv=both.round(-2)),
    }


def wrong_worth(judge):
    right = judge.right("q4")
    return {
        "sorted apart": right.assign(npv=np.sort(right["npv"])[::-1]),
        "in thousands": right.assign(npv=right["npv"] / 1000),
        "the total for all": right.assign(npv=right["npv"].sum()),
        "one is missing": right.iloc[1:],
        "mean event": right.assign(npv=right["npv"] / 7),
        "negative": right.assign(npv=-right["npv"]),
        "hundreds": right.assign(npv=right["npv"].round(-2)),
        "two per cent off": right.assign(npv=right["npv"] * 1.02),
    }


def wrong_most(judge):
    right, brief = judge.right("q5"), judge.case["brief"].iloc[0]
    return {
        "negative": -right,
        "a point": right / (100 * brief["gain"]),
        "margin times gain": brief["plan_margin"] * brief["gain"],
        "the margin": brief["plan_margin"],
        "two per cent off": right * 1.02,
        "for all members": right * 460,
        "hundreds": round(right, -2),
        "nothing": 0,
    }


WRONG = {
    "q1": wrong_shares,
    "q2": wrong_npv,
    "q3": wrong_clv,
    "q4": wrong_worth,
    "q5": wrong_most,
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


def test_the_year_before_as_divisor_is_recognised_by_hand():
    judge = judge_of(0)
    lines = plan(judge.case)
    rows = []
    for year in (2021, 2022, 2023):
        own = lines[lines["began"] == year]
        paid = [set(own.loc[own["year"] == year + k, "customer_id"]) for k in range(3)]
        rows.append((year, len(paid[1]) / len(paid[0]), len(paid[2] & paid[1]) / len(paid[1])))
    wrong = pd.DataFrame(rows, columns=["cohort", "year_1", "year_2"])
    assert seen(judge, "q1", wrong).mistake == "of_the_year_before"


def test_slips_that_lie_close_together_are_told_apart():
    judge = judge_of(0)
    brief, right = judge.case["brief"].iloc[0], judge.right("q3")
    keep = brief["plan_retention"] / (1 + brief["discount_rate"])
    more = brief["plan_margin"] * keep ** int(brief["plan_years"])
    slips = {
        "one_payment_too_many": right.assign(clv=right["clv"] + [more, 0]),
        "letter_in_year_0": right.assign(clv=right["clv"] - [0, brief["letter_cost"]]),
    }
    for mistake, wrong in slips.items():
        assert seen(judge, "q3", wrong).mistake == mistake


def test_a_ratio_of_two_shares_is_recognised():
    judge = judge_of(0)
    right = judge.right("q1")
    wrong = right.assign(year_2=right["year_2"] / right["year_1"])
    assert seen(judge, "q1", wrong).mistake == "ratio_of_the_years"


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("id", ["q1", "q2", "q3", "q4"])
def test_mistakes_are_recognised_in_other_forms(id, form):
    judge = judge_of(3)
    for mistake in KEY.questions[id].mistakes:
        wrong = mistake.make(judge.case)
        wrong = getattr(wrong, "answer", wrong)
        assert seen(judge, id, FORMS[form](wrong)).mistake == mistake.id, mistake.id


def test_the_words_quote_the_students_own_figures():
    judge = judge_of(0)
    brief = judge.case["brief"].iloc[0]
    mistakes = {mistake.id: mistake for mistake in KEY.questions["q5"].mistakes}
    wrong = mistakes["per_cent_not_points"].make(judge.case)
    words = seen(judge, "q5", wrong.answer).details[0]
    assert f"{brief['plan_retention']:.0%} to" in words
    assert f"By {100 * brief['gain']:.0f} points" in words


def test_the_data_hold_what_the_questions_need():
    for seed in range(6):
        case = judge_of(seed).case
        assert case["ledgers"]["customer_id"].nunique() == 3
        assert set(case["members"]["came_by"]) == {"branch", "app"}
        assert case["payments"]["customer_id"].isin(case["members"]["customer_id"]).all()
        assert case["payments"]["date"].between("2021-01-01", "2026-06-30").all()
        assert (case["payments"]["cost"] < case["payments"]["amount"]).all()
        worth = judge_of(seed).right("q2").set_index("came_by")["npv"]
        assert worth["branch"] > 0, seed


def test_the_rubric_is_worth_what_the_question_says():
    assert KEY.questions["q6"].points == 20
    assert sum(question.points for question in CLOSED) == 20
    assert all(question.hints and question.again for question in KEY.questions.values())
