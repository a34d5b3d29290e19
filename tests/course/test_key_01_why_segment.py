"""The key of exercise 01: what is right passes, known mistakes are told apart, nothing else."""

import numpy as np
import pandas as pd
import pytest

from whobuys.course import Judge, load_key, unit_folder
from whobuys.course._answers import decode, encode

KEY = load_key(unit_folder("01_why_segment") / "key.py")
CLOSED = [question for question in KEY.questions.values() if not question.open]
JUDGES = {}


def judge_of(seed=0):
    if seed not in JUDGES:
        JUDGES[seed] = Judge(KEY, KEY.draw(seed))
    return JUDGES[seed]


def seen(judge, id, value, **others):
    given = {name: decode(encode(other)) for name, other in others.items()}
    return judge.judge(id, decode(encode(value)), given)


def parts(judge):
    case = judge.case
    return case["firms"], case["segments"], int(case["budget"]["visits"].iloc[0])


# The tables --------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(8))
def test_the_tables_fit_together(seed):
    firms, segments, visits = parts(judge_of(seed))
    assert 6 <= len(segments) <= 9
    counted = firms["segment"].value_counts()
    assert counted.to_dict() == segments.set_index("segment")["customers"].to_dict()
    assert firms["customer_id"].is_unique
    assert (firms["spent"] > 0).all()
    assert segments["profit_per_visit"].is_unique
    assert (segments["profit_per_visit"] > 0).all()
    room = (segments["customers"] * segments["useful_visits"]).sum()
    assert 0.4 * room < visits < room
    assert visits / segments["customers"].sum() > segments["useful_visits"].min()
    assert KEY.draw(seed)["segments"].equals(segments)


@pytest.mark.parametrize("seed", range(8))
def test_no_plan_earns_more_than_value_first(seed):
    from scipy.optimize import linprog

    judge = judge_of(seed)
    _, segments, visits = parts(judge)
    room = segments["customers"] * segments["useful_visits"]
    best = linprog(
        -segments["profit_per_visit"],
        A_ub=[np.ones(len(segments))],
        b_ub=[visits],
        bounds=[(0, most) for most in room],
    )
    assert judge.right("q4") == pytest.approx(-best.fun)
    assert judge.right("q3")["visits"].sum() == visits
    more = linprog(
        -segments["profit_per_visit"],
        A_ub=[np.ones(len(segments))],
        b_ub=[visits + 1],
        bounds=[(0, most) for most in room],
    )
    assert judge.right("q6") == pytest.approx(best.fun - more.fun)


# What a student could as well hand in ------------------------------------------------------------


def by_hand(judge):
    """Answer with loops and statistics other than the key's."""
    firms, segments, visits = parts(judge)
    sizes = firms.groupby("segment")["spent"].agg(["size", "var"])
    inside = ((sizes["size"] - 1) * sizes["var"]).sum() / ((len(firms) - 1) * firms["spent"].var())
    each, even, left, plan = visits / len(firms), 0.0, visits, {}
    for row in segments.sort_values("profit_per_visit", ascending=False).itertuples():
        even += row.customers * min(each, row.useful_visits) * row.profit_per_visit
        plan[row.segment] = min(left, row.customers * row.useful_visits)
        left -= plan[row.segment]
    worth = segments.set_index("segment")["profit_per_visit"]
    best = sum(worth[name] * count for name, count in plan.items())
    room = segments.set_index("segment").eval("customers * useful_visits")
    open_ = [name for name in plan if plan[name] < room[name]]
    return {
        "q1": 1 - inside,
        "q2": even,
        "q3": pd.Series(plan, name="visits").rename_axis("segment"),
        "q4": best,
        "q5": best - even,
        "q6": worth[open_].max(),
    }


@pytest.mark.parametrize("seed", [0, 3, 11])
def test_other_ways_to_the_right_answer_pass(seed):
    judge = judge_of(seed)
    for id, value in by_hand(judge).items():
        assert seen(judge, id, value).status == "passed", id


FORMS = {
    "row order": lambda t: t.sample(frac=1, random_state=5),
    "index": lambda t: t.set_index("segment"),
    "nameless index": lambda t: t.set_index("segment").rename_axis(None),
    "a series": lambda t: t.set_index("segment")["visits"],
    "floats": lambda t: t.astype({"visits": float}),
    "whole numbers": lambda t: t.astype({"visits": int}),
    "nullable": lambda t: t.convert_dtypes(),
    "digits as text": lambda t: t.astype(str),
    "upper case": lambda t: t.assign(segment=t["segment"].str.upper()),
    "categories": lambda t: t.astype({"segment": "category"}),
    "further columns": lambda t: t.assign(note="mine", room=7),
    "only what is asked": lambda t: t[["visits", "segment"]],
}


@pytest.mark.parametrize("form", FORMS)
def test_the_form_of_the_plan_does_not_matter(form):
    judge = judge_of()
    assert seen(judge, "q3", FORMS[form](judge.right("q3"))).status == "passed"


def test_numbers_may_be_of_any_type():
    judge = judge_of()
    for id in ("q1", "q2", "q4", "q5", "q6"):
        right = judge.right(id)
        for value in (np.float64(right), [right], pd.Series([right])):
            assert seen(judge, id, value).status == "passed"
    for id in ("q2", "q4", "q5", "q6"):
        assert seen(judge, id, round(judge.right(id), 2)).status == "passed"
    assert seen(judge, "q1", round(judge.right("q1"), 3)).status == "passed"


@pytest.mark.parametrize("seed", range(4))
def test_profits_may_be_rounded_to_whole_pounds(seed):
    judge = judge_of(seed)
    even, best = round(judge.right("q2")), round(judge.right("q4"))
    for id, value in (("q2", even), ("q4", best), ("q5", best - even)):
        verdict = seen(judge, id, value, q2=even, q4=best)
        assert (verdict.status, verdict.details) == ("passed", ()), id
        assert seen(judge, id, value - 2).status == "try_again"
    assert seen(judge, "q6", round(judge.right("q6")) + 1).status != "passed"


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("forms", [(round, float), (float, round), (int, round)])
def test_a_difference_of_rounded_profits_is_right(seed, forms):
    judge = judge_of(seed)
    even, best = forms[0](judge.right("q2")), forms[1](judge.right("q4"))
    tenth = round(judge.right("q2"), 1)
    assert seen(judge, "q5", best - even, q2=even, q4=best).status == "passed"
    assert seen(judge, "q2", tenth).status == "passed"
    assert seen(judge, "q5", best - tenth, q2=tenth, q4=best).status == "passed"


# What does not pass ------------------------------------------------------------------------------


def wrong_shares(judge):
    firms, _, _ = parts(judge)
    spent, right = firms["spent"], judge.right("q1")
    groups = firms.groupby("segment")["spent"]

    def explained(values, by):
        middle = values.groupby(by).transform("mean")
        return ((middle - values.mean()) ** 2).sum() / ((values - values.mean()) ** 2).sum()

    return {
        "by industry": explained(spent, firms["industry"]),
        "of the logarithms": explained(np.log(spent), firms["segment"]),
        "of the head counts": explained(firms["headcount"], firms["segment"]),
        "two decimals too few": round(right, 1),
        "share of the largest segment": firms["segment"].value_counts(normalize=True).iloc[0],
        "money of the two best segments": groups.sum().nlargest(2).sum() / spent.sum(),
        "mean over standard deviation": spent.mean() / spent.std(),
        "nothing": 0,
        "everything": 1,
        "a number of pounds": groups.mean().std(),
        "one segment against the rest": explained(spent, firms["segment"] == "hotels, large"),
    }


def wrong_even(judge):
    _, segments, visits = parts(judge)
    worth, customers = segments["profit_per_visit"], segments["customers"]
    useful, right = segments["useful_visits"], judge.right("q2")
    return {
        "every cap filled": (customers * useful * worth).sum(),
        "profit for profit": (customers * worth).sum() * 1.1,
        "five visits each": (np.minimum(5, useful) * customers * worth).sum(),
        "thousands": right / 1000,
        "a pound too many": right + 1,
        "per firm": right / customers.sum(),
        "per visit": right / visits,
        "median worth": visits * worth.median(),
        "negative": -right,
        "visits": visits,
    }


def wrong_plans(judge):
    _, segments, visits = parts(judge)
    right = judge.right("q3")
    sizes, worth = segments["customers"], segments["profit_per_visit"]
    best = right["visits"].idxmax()
    return {
        "one visit less": right.assign(visits=right["visits"] - (right.index == best)),
        "by customers": right.assign(visits=visits * sizes / sizes.sum() * 0.9),
        "the same for each segment": right.assign(visits=visits / len(right)),
        "all caps": right.assign(visits=sizes * segments["useful_visits"]),
        "nobody": right.assign(visits=0),
        "profit, not visits": right.assign(visits=right["visits"] * worth),
        "sorted apart": right.assign(visits=np.sort(right["visits"])),
        "by name": right.assign(visits=right["visits"][::-1].to_numpy()),
        "a total row": pd.concat(
            [right, pd.DataFrame({"segment": ["total"], "visits": [visits]})], ignore_index=True
        ),
        "shares": right.assign(visits=right["visits"] / visits),
        "the best is missing": right.drop(index=best),
    }


def wrong_best(judge):
    _, segments, visits = parts(judge)
    right = judge.right("q4")
    return {
        "all at the best": visits * segments["profit_per_visit"].max(),
        "thousands": right / 1000,
        "one visit more": right + judge.right("q6"),
        "per visit": right / visits,
        "per firm": right / segments["customers"].sum(),
        "the even plan": judge.right("q2"),
        "both": right + judge.right("q2"),
        "ten pounds": round(right, -1) + 10,
        "nothing": 0,
    }


def wrong_gain(judge):
    _, _, visits = parts(judge)
    right = judge.right("q5")
    return {
        "best": judge.right("q4"),
        "even": judge.right("q2"),
        "per visit": right / visits,
        "thousands": right / 1000,
        "both": judge.right("q4") + judge.right("q2"),
        "percent of the best": 100 * right / judge.right("q4"),
        "share of the best": right / judge.right("q4"),
        "a pound": right + 1,
    }


def wrong_next(judge):
    _, segments, visits = parts(judge)
    worth = segments["profit_per_visit"]
    return {
        "the worst": worth.min() - 0.02,
        "mean": worth.mean(),
        "median plus": worth.median() + 1,
        "gain a visit": judge.right("q5") / visits,
        "nothing": 0,
        "whole pounds": np.ceil(judge.right("q6")) + 1,
        "two": 2 * judge.right("q6"),
        "profit": judge.right("q4"),
    }


WRONG = {
    "q1": wrong_shares,
    "q2": wrong_even,
    "q3": wrong_plans,
    "q4": wrong_best,
    "q5": wrong_gain,
    "q6": wrong_next,
}


@pytest.mark.parametrize("seed", [0, 2, 7])
@pytest.mark.parametrize("id", WRONG)
def test_nothing_else_passes(id, seed):
    judge = judge_of(seed)
    for name, value in WRONG[id](judge).items():
        verdict = seen(judge, id, value)
        assert verdict.status in ("partly", "try_again"), name
        assert verdict.mistake is None, (name, verdict.mistake)
        assert verdict.credit <= 0.5, name
        assert verdict.details, name


@pytest.mark.parametrize("seed", range(6))
def test_the_words_name_what_is_in_the_case(seed):
    judge = judge_of(seed)
    _, segments, _ = parts(judge)
    names = set(segments["segment"])
    for question in CLOSED:
        for mistake in question.mistakes:
            said = judge.judge(question.id, judge._make(question, mistake, {}).answer).details[0]
            for odd in ("{", "}", "nan", "inf", "…", "e+", "None"):
                assert odd not in said, (mistake.id, said)
            for quoted in said.split("“")[1:]:
                assert quoted.split("”")[0] in names, said


@pytest.mark.parametrize("form", FORMS)
def test_a_mistaken_plan_is_recognised_in_every_form(form):
    judge = judge_of()
    question = KEY.questions["q3"]
    for mistake in question.mistakes:
        wrong = judge._make(question, mistake, {}).answer.value
        if form == "whole numbers" and (wrong["visits"] % 1 > 0).any():
            continue
        verdict = seen(judge, "q3", FORMS[form](wrong[["segment", "visits"]]))
        assert verdict.mistake == mistake.id, (mistake.id, verdict)


@pytest.mark.parametrize("seed", range(6))
def test_both_orders_by_more_than_a_visit_are_one_mistake(seed):
    judge = judge_of(seed)
    _, segments, visits = parts(judge)
    room = segments["customers"] * segments["useful_visits"]
    for score in (segments["useful_visits"], room):
        order = (segments["profit_per_visit"] * score).sort_values(ascending=False).index
        left, plan = visits, segments[["segment"]].assign(visits=0)
        for row in order:
            plan.loc[row, "visits"] = min(left, room[row])
            left -= plan.loc[row, "visits"]
        verdict = seen(judge, "q3", plan)
        assert verdict.status == "passed" or verdict.mistake == "by_customer_or_segment"


@pytest.mark.parametrize("seed", range(6))
def test_the_plain_means_of_the_segments_are_one_mistake_in_both_ways_of_counting(seed):
    judge = judge_of(seed)
    firms, _, _ = parts(judge)
    means, spent = firms.groupby("segment")["spent"].mean(), firms["spent"]
    by_pandas, by_numpy = means.var() / spent.var(), np.var(means) / np.var(spent)
    assert seen(judge, "q1", by_pandas).mistake == "segments_count_once"
    assert seen(judge, "q1", by_numpy).mistake == "segments_count_once_by_n"
    assert seen(judge, "q1", means.std() / spent.std()).credit < 1
    assert seen(judge, "q1", np.sqrt(judge.right("q1"))).mistake == "not_squared"


@pytest.mark.parametrize("seed", range(6))
def test_visits_rounded_as_in_the_lesson_are_named(seed):
    judge = judge_of(seed)
    _, segments, visits = parts(judge)
    each = round(visits / segments["customers"].sum(), 2)
    used = segments["useful_visits"].clip(upper=each)
    even = (used * segments["customers"] * segments["profit_per_visit"]).sum()
    assert seen(judge, "q2", even).mistake == "rounded_to_two_decimals"


def test_a_plan_without_its_empty_rows_is_recognised_also_when_some_are_there():
    judge = judge_of()
    right = judge.right("q3")
    empty = right.index[right["visits"] == 0]
    assert len(empty) >= 2
    verdict = seen(judge, "q3", right.drop(index=empty[0]))
    assert (verdict.mistake, verdict.credit) == ("without_zeros", 0.75)
    wrong = right.drop(index=empty[0]).assign(visits=lambda t: t["visits"] + 1)
    assert seen(judge, "q3", wrong).mistake is None


def test_a_slip_in_the_plan_is_paid_once():
    judge = judge_of()
    segments = judge.case["segments"]
    for slip in KEY.questions["q3"].mistakes:
        plan = judge._make(KEY.questions["q3"], slip, {}).answer.value
        if slip.id in ("for_one_customer", "without_zeros", "even_plan", "stopped_early"):
            continue
        both = segments.merge(plan[["segment", "visits"]], on="segment")
        best = (both["visits"] * both["profit_per_visit"]).sum()
        verdict = seen(judge, "q4", best, q3=plan)
        if slip.id != "overspent":
            assert verdict.credit == 1, (slip.id, verdict)
        even = judge.right("q2")
        assert seen(judge, "q5", best - even, q2=even, q3=plan, q4=best).credit == 1
    wrong = judge.right("q2") + 5000
    assert seen(judge, "q5", judge.right("q4") - wrong, q2=wrong).credit == 1


def test_the_rubric_is_worth_what_the_question_says():
    assert KEY.questions["q7"].points == 20
    assert sum(question.points for question in CLOSED) == 20
    assert all(question.hints and question.again for question in KEY.questions.values())
