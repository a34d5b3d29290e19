"""Follow-through: a serious slip is paid for once; what only eases the next step earns nothing."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from whobuys.course import Judge, items, labels, load_key, number, table, text, unit_folder, units
from whobuys.course._answers import Answer, decode, encode
from whobuys.course._comparer import Comparer
from whobuys.course._exercise import Exercise, parameters
from whobuys.course.compare import plan
from whobuys.market import Case, load_company

KEYS = {unit: load_key(unit_folder(unit) / "key.py") for unit in units()}
BUILDING = {
    unit: [
        (question, name)
        for question in key.questions.values()
        for name in (parameters(question.answer) if question.answer else ())
    ]
    for unit, key in KEYS.items()
}
NOTHING_FOLLOWS = {  # with these slips the next step stops with an error, the student's too
    ("05_rfm", "never_bought_too"),
    ("13_value_and_grades", "hours_for_minutes"),
}


def answer(value: object) -> Answer:
    return decode(encode(value))


def judged(unit: str, seed: int = 7) -> Judge:
    return Judge(KEYS[unit], KEYS[unit].draw(seed))


@pytest.mark.parametrize("seed", [7, pytest.param(101, marks=pytest.mark.slow)])
@pytest.mark.parametrize("unit", [unit for unit, pairs in BUILDING.items() if pairs])
def test_every_known_mistake_is_paid_for_once(unit: str, seed: int) -> None:
    judge = judged(unit, seed)
    for question, name in BUILDING[unit]:
        earlier = judge._by_name[name]
        for mistake in earlier.mistakes:
            slip = judge._make(earlier, mistake, {}).answer
            others = {earlier.id: slip}
            own, explained = judge._own_inputs(question, others)
            assert explained == (mistake.credit > 0), mistake.id
            try:
                follows = question.answer(judge.case, **judge._inputs(question.answer, own))
            except ValueError:
                assert (unit, mistake.id) in NOTHING_FOLLOWS
                continue
            seen = judge.judge(question.id, answer(follows), others)
            assert seen.status == "passed", f"{earlier.id}, {mistake.id}: {seen}"


# Answers made to ease the next one ---------------------------------------------------------------


def test_one_rank_for_almost_all_customers_earns_no_scores() -> None:
    judge = judged("05_rfm")
    rfm = pd.DataFrame({"customer_id": judge.case["transactions"]["customer_id"].unique()})
    rfm[["recency_days", "frequency", "monetary"]] = 2.0
    rfm.iloc[0, 1:] = 1.0
    expected = KEYS["05_rfm"].questions["q2"].answer(judge.case, rfm)
    assert judge.judge("q2", answer(expected), {"q1": answer(rfm)}).earned == 0


@pytest.mark.parametrize("k", [1, 420])
def test_a_segment_for_each_guest_or_one_for_all_earns_no_agreement(k: int) -> None:
    judge = judged("06_find_segments")
    others = {"q3": answer(k)}
    assert KEYS["06_find_segments"].questions["q5"].answer(judge.case, k) == pytest.approx(1)
    assert judge.judge("q5", answer(1.0), others).earned == 0


@pytest.mark.parametrize("k", [2, 30, 41])
def test_a_number_is_built_on_within_a_factor_of_ten(k: int) -> None:
    judge = judged("06_find_segments")
    assert judge.right("q3") == 4
    follows = KEYS["06_find_segments"].questions["q5"].answer(judge.case, k)
    seen = judge.judge("q5", answer(follows), {"q3": answer(k)})
    assert (seen.status == "passed") is (k <= 40)


@pytest.mark.parametrize("start", [0.0, 1.0, 5.0, 1e9])
def test_values_no_floor_can_fail_earn_no_list_of_failures(start: float) -> None:
    judge = judged("04_rules_and_tests")
    values = judge.right("q4").copy()
    for name in values.columns[1:]:
        values[name] = start + values[name] if start else values[name].max() + 1
    assert judge.judge("q5", answer([]), {"q4": answer(values)}).earned == 0


def test_every_row_invalid_earns_no_total_of_nothing() -> None:
    judge = judged("02_data_and_archive")
    every = list(range(1, len(judge.case["raw_orders"]) + 1))
    others = {"q3": answer(every)}
    assert judge.judge("q4", answer(0.0), others).earned == 0
    assert (
        judge.judge("q4", answer(0.0), {"q3": answer(every[: len(judge.right("q3"))])}).earned == 0
    )


# Serious answers that nothing explains ------------------------------------------------------------


@pytest.mark.parametrize("seed", [7, 101])
def test_a_serious_answer_is_built_on(seed: int) -> None:
    rng = np.random.default_rng(seed)
    tried = {
        ("05_rfm", "q1"): lambda r: r.assign(monetary=rng.permutation(r["monetary"])),
        ("05_rfm", "q2"): lambda r: r.assign(f_score=rng.permutation(r["f_score"])),
        ("06_find_segments", "q3"): lambda r: r + 1,
        ("02_data_and_archive", "q3"): lambda r: sorted(r)[: int(0.7 * len(r))],
        ("13_value_and_grades", "q1"): lambda r: r.assign(profit=r["profit"] * 1.7 + 40),
        ("15_strategy_and_policy", "q4"): lambda r: r * 0.6,
        ("01_why_segment", "q2"): lambda r: r * 3,
    }
    for (unit, place), slip in tried.items():
        judge = judged(unit, seed)
        earlier = KEYS[unit].questions[place]
        own = slip(judge.right(place))
        for question in (q for q, name in BUILDING[unit] if name == earlier.name):
            inputs = judge._inputs(question.answer, {earlier.name: own})
            follows = question.answer(judge.case, **inputs)
            seen = judge.judge(question.id, answer(follows), {place: answer(own)})
            assert seen.status == "passed", (unit, question.id, seen)


def test_what_is_right_for_a_slip_still_earlier_is_explained() -> None:
    judge = judged("05_rfm")
    questions = KEYS["05_rfm"].questions
    rfm = judge._make(questions["q1"], questions["q1"].mistakes[0], {}).answer
    scores = questions["q2"].answer(
        judge.case, judge._own_inputs(questions["q2"], {"q1": rfm})[0]["rfm"]
    )
    others = {"q1": rfm, "q2": answer(scores)}
    assert judge._own_inputs(questions["q3"], others)[1]


def test_a_known_mistake_without_credit_does_not_ease_the_next_step() -> None:
    exercise = Exercise("99_x", "X", company="teahouse")
    sold = pd.DataFrame({"customer_id": list("abcd"), "sold": [10.0, 40.0, 20.0, 30.0]})

    @exercise.question("sold", points=1, title="S", compare=table("customer_id", ["sold"]))
    def q1(case):
        return sold

    @q1.mistake("All zero.")
    def zero(case):
        return sold.assign(sold=0.0)

    @q1.mistake("In thousands.", credit=0.5)
    def thousands(case):
        return sold.assign(sold=sold["sold"] / 1000)

    @exercise.question("total", points=1, title="T", compare=number())
    def q2(case, sold):
        return sold["sold"].sum()

    judge = Judge(exercise, Case(load_company("teahouse"), None, {"sold": sold}))
    none, some = (answer(make.make(None)) for make in q1.mistakes)
    assert judge.judge("q2", answer(0), {"q1": none}).earned == 0
    assert judge.judge("q2", answer(0.1), {"q1": some}).status == "passed"


# The rule, comparer by comparer ------------------------------------------------------------------

RIGHT = pd.DataFrame(
    {
        "customer_id": [f"C{i}" for i in range(100)],
        "money": np.arange(100) * 7.0,
        "group": np.arange(100) % 4,
        "free": 1.0,
    }
)
COLUMNS = {"money": "number", "group": "text", "free": "number"}


@pytest.mark.parametrize(
    ("compare", "right", "value", "near"),
    [
        (number(), 4, 8, True),
        (number(), 4, 0.4, True),
        (number(), 4, 41, False),
        (number(), 4, -4.5, False),
        (number(), -4, -5, True),
        (number(), 0, 1, False),
        (text(), "Shanghai", "Beijing", True),
        (items(), [1, 2, 3, 4], [1, 2], True),
        (items(), [1, 2, 3, 4], [1, 5, 6, 7], False),
        (items(), [1, 2, 3, 4], range(1, 13), True),
        (items(), [1, 2, 3, 4], range(1, 14), False),
        (table("customer_id", COLUMNS), RIGHT, RIGHT.assign(money=RIGHT["money"] * 9), True),
        (table("customer_id", COLUMNS), RIGHT, RIGHT.assign(money=RIGHT["money"] * 11), False),
        (table("customer_id", COLUMNS), RIGHT, RIGHT.assign(money=RIGHT["money"].clip(300)), True),
        (table("customer_id", COLUMNS), RIGHT, RIGHT.assign(money=RIGHT["money"].clip(500)), False),
        (table("customer_id", COLUMNS), RIGHT, RIGHT.assign(money=RIGHT["group"] + 99), False),
        (table("customer_id", COLUMNS), RIGHT, RIGHT.assign(money=np.inf), False),
        (table("customer_id", COLUMNS), RIGHT, RIGHT.assign(group="b"), False),
        (table("customer_id", COLUMNS), RIGHT, RIGHT.assign(free=2.0), True),
        (table("customer_id", COLUMNS), RIGHT, RIGHT.head(50), True),
        (table("customer_id", COLUMNS), RIGHT, RIGHT.head(49), False),
        (labels("customer_id", "group"), RIGHT, RIGHT.assign(group=RIGHT["group"] // 2), True),
        (labels("customer_id", "group"), RIGHT, RIGHT.assign(group=1), False),
        (labels("customer_id", "group"), RIGHT, RIGHT.assign(group=np.arange(100) % 8), True),
        (labels("customer_id", "group"), RIGHT, RIGHT.assign(group=np.arange(100)), False),
        (plan(column="money"), RIGHT, RIGHT[RIGHT["money"] > 100], True),
        (plan(column="money"), RIGHT, RIGHT[RIGHT["money"] > 600], False),
        (plan(column="money"), RIGHT, RIGHT.assign(money=9.0), False),
    ],
)
def test_what_a_later_answer_may_be_built_on(
    compare: Comparer, right: object, value: object, near: bool
) -> None:
    assert compare.stands_in(answer(right), answer(value)) is near


@pytest.mark.parametrize(
    ("compare", "right", "value", "easier"),
    [
        (number(), 0.4, 1.0, True),
        (number(0.02), 0.4, 0.99, True),
        (number(), 0.4, -1.0, True),
        (number(), 0.4, 0.3, False),
        (number(), 5, 0, True),
        (number(), 5, 1, False),
        (items(), [1, 2, 3, 4], [], True),
        (items(), [1, 2, 3, 4], [7], True),
        (items(), [1, 2, 3, 4], [7, 8], False),
        (table("customer_id", ["money"]), RIGHT, RIGHT.head(49), True),
        (table("customer_id", ["money"]), RIGHT, RIGHT.assign(money=1), True),
        (table("customer_id", ["money"]), RIGHT, RIGHT.assign(money=RIGHT["money"] * 1e9), False),
        (labels("customer_id", "group"), RIGHT, RIGHT.assign(group=1), True),
        (plan(column="money"), RIGHT, RIGHT.head(1), True),
    ],
)
def test_what_says_much_less_than_the_right_answer(
    compare: Comparer, right: object, value: object, easier: bool
) -> None:
    assert compare.easier(answer(right), answer(value)) is easier
