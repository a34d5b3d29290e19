"""Questions, known mistakes, and the judge."""

import json

import numpy as np
import pandas as pd
import pytest

from whobuys.course import (
    Criterion,
    Exercise,
    Judge,
    Verdict,
    Wrong,
    essay,
    items,
    number,
    table,
    text,
)
from whobuys.course._answers import BLANK, Answer, decode, encode
from whobuys.course._judge import MOST_UNEXPLAINED
from whobuys.course._public import public, public_questions
from whobuys.market import Case, column_types, load_company, read_case, truth, write_tables

SPENT = pd.DataFrame(
    {
        "customer_id": ["A", "B", "C", "D"],
        "orders": [1, 2, 3, 4],
        "money": [10.0, 40.0, 20.0, 30.0],
    }
)


def answer(value):
    return decode(encode(value))


@pytest.fixture
def case():
    return Case(load_company("teahouse"), None, {"spent": SPENT.copy()})


def shop():
    """Make an exercise of three questions, each building on the one before, and a plan."""
    exercise = Exercise("99_shop", "A shop", company="teahouse")

    @exercise.question(
        "facts",
        points=4,
        title="Facts",
        compare=table("customer_id", ["orders", "money"]),
        hints=["Look.", "Look here."],
        again="lesson 99, step 1",
    )
    def q1(case):
        return case["spent"]

    def same_shift(right, answer):
        shift = answer.value["orders"] - right["orders"]
        if shift.nunique() != 1 or shift.iloc[0] == 0:
            return None
        return {"by": f"{shift.iloc[0]:g}"}

    @q1.mistake("Orders are off by {by} for everybody, {name} too.", credit=0.5, match=same_shift)
    def shifted(case):
        return Wrong(case["spent"].assign(orders=case["spent"]["orders"] + 9), by="9", name="A")

    @q1.mistake("That is money a order; the first is {first}.", credit=0.5)
    def per_order(case):
        spent = case["spent"]
        per = spent["money"] / spent["orders"]
        return Wrong(spent.assign(money=per), first=f"{per.iloc[0]:g}")

    @q1.mistake("You left everything at zero.")
    def zero(case):
        return case["spent"].assign(orders=0, money=0)

    @exercise.question(
        "ranks", points=3, title="Ranks", compare=table("customer_id", ["by_orders", "by_money"])
    )
    def q2(case, facts):
        return pd.DataFrame(
            {
                "customer_id": facts["customer_id"],
                "by_orders": facts["orders"].rank(),
                "by_money": facts["money"].rank(),
            }
        )

    @q2.mistake("The best has rank 1 in yours.", credit=0.25)
    def backwards(case, facts):
        ranks = q2.answer(case, facts)
        return ranks.assign(
            by_orders=facts["orders"].rank(ascending=False),
            by_money=facts["money"].rank(ascending=False),
        )

    @exercise.question("best", points=2, title="The best", compare=text())
    def q3(case, ranks, facts):
        return ranks.loc[ranks["by_money"].idxmax(), "customer_id"]

    @exercise.question("mean", points=1, title="The mean", compare=number(0.01, "yuan"))
    def q4(case, facts):
        return facts["money"].mean()

    exercise.open_question("q5", title="A plan", compare=essay(Criterion("Rule", 5)))
    return exercise


@pytest.fixture
def judge(case):
    return Judge(shop(), case)


# Statuses --------------------------------------------------------------------------------------


def test_the_exercise_knows_its_points():
    exercise = shop()
    assert exercise.points == 15
    assert repr(exercise) == "Exercise('99_shop', 5 questions, 15 points)"
    assert [q.id for q in exercise.questions.values()] == ["q1", "q2", "q3", "q4", "q5"]
    assert exercise.questions["q5"].open


def test_right_answers_pass(judge):
    for id in ("q1", "q2", "q3", "q4"):
        seen = judge.judge(id, answer(judge.right(id)))
        assert (seen.status, seen.credit, seen.mistake) == ("passed", 1, None)
        assert seen.earned == seen.points


def test_nothing_is_not_started(judge):
    for id in judge.exercise.questions:
        assert judge.judge(id, BLANK).status == "not_started"


@pytest.mark.parametrize(
    "value",
    [5, "text", [1, 2], object(), SPENT.drop(columns="money"), pd.concat([SPENT, SPENT]), len],
)
def test_another_form_says_so(judge, value):
    seen = judge.judge("q1", answer(value))
    assert (seen.status, seen.credit) == ("try_again", 0)
    assert seen.details


def test_an_open_question_is_never_passed(judge):
    seen = judge.judge("q5", Answer("text", "Give me full points.", "a text"))
    assert (seen.status, seen.credit) == ("for_review", 0)
    assert judge.judge("q5", answer(5)).status == "try_again"
    with pytest.raises(ValueError, match="open question"):
        judge.right("q5")


def test_the_right_answer_is_computed_once(case):
    calls = []
    exercise = Exercise("99_x", "X", company="teahouse")

    @exercise.question("n", points=1, title="N", compare=number())
    def q1(case):
        calls.append(1)
        return 5

    judge = Judge(exercise, case)
    for value in (5, 6, 7):
        judge.judge("q1", answer(value))
    assert calls == [1]


# Known mistakes --------------------------------------------------------------------------------


def test_a_known_mistake_has_its_words_and_credit(judge):
    seen = judge.judge("q1", answer(SPENT.assign(money=SPENT["money"] / SPENT["orders"])))
    assert (seen.mistake, seen.status, seen.earned) == ("per_order", "partly", 2)
    assert seen.details == ("That is money a order; the first is 10.",)


def test_a_mistake_without_credit_is_no_part_credit(judge):
    seen = judge.judge("q1", answer(SPENT.assign(orders=0, money=0)))
    assert (seen.mistake, seen.status, seen.earned) == ("zero", "try_again", 0)


@pytest.mark.parametrize("shift", [1, -1, 250])
def test_a_matcher_recognises_every_form_of_a_mistake(judge, shift):
    wrong = SPENT.assign(orders=SPENT["orders"] + shift)
    forms = (
        wrong,
        wrong.astype({"orders": str}),
        wrong.set_index("customer_id"),
        wrong.set_index("customer_id").rename_axis(None),
        wrong.assign(customer_id=["a", "b", "c", "d"]),
        wrong.assign(customer_id=wrong["customer_id"].astype("category")),
    )
    for form in forms:
        seen = judge.judge("q1", answer(form))
        assert seen.mistake == "shifted"
        assert seen.details == (f"Orders are off by {shift} for everybody, A too.",)


def test_a_matcher_that_stumbles_costs_nothing_but_the_words(case):
    exercise = Exercise("99_x", "X", company="teahouse")

    @exercise.question("n", points=1, title="N", compare=number())
    def q1(case):
        return 5

    @q1.mistake("Never.", match=lambda right, answer: 1 / (answer.value - 7))
    def stumbles(case):
        return 8

    @q1.mistake("Cannot be made.")
    def breaks(case):
        raise IndexError("no champions here")

    @q1.mistake("Seven.", credit=0.5)
    def seven(case):
        return 7

    assert Judge(exercise, case).judge("q1", answer(7)).mistake == "seven"


def test_part_credit_for_columns(judge):
    seen = judge.judge("q1", answer(SPENT.assign(money=[1, 2, 3, 5])))
    assert (seen.status, seen.credit, seen.mistake) == ("partly", 0.5, None)
    assert "money differs in all 4 rows" in seen.details[0]
    assert judge.judge("q1", answer(SPENT.assign(money=9, orders=[9, 9, 9, 1]))).credit == 0
    assert judge.judge("q1", answer(SPENT.head(3))).credit == 0
    assert judge.judge("q4", answer(24)).credit == 0


@pytest.mark.parametrize(("wrong", "credit"), [(1, 0.5), (2, 1 / 3), (3, 0)])
def test_what_nobody_explains_earns_half_at_most(case, wrong, credit):
    exercise = Exercise("99_x", "X", company="teahouse")
    right = SPENT.assign(a=[1, 2, 3, 4], b=[1, 2, 3, 4], c=[1, 2, 3, 4])

    @exercise.question("n", points=3, title="N", compare=table("customer_id", ["a", "b", "c"]))
    def q1(case):
        return right

    given = right.assign(**{name: [4, 3, 1, 2] for name in "abc"[:wrong]})
    assert Judge(exercise, case).judge("q1", answer(given)).credit == pytest.approx(credit)
    assert MOST_UNEXPLAINED == 0.5


# An earlier slip is paid for once --------------------------------------------------------------

SLIP = SPENT.assign(money=[40.0, 10.0, 20.0, 30.0])


def ranks_of(facts):
    return shop().questions["q2"].answer(None, facts)


def test_what_follows_from_an_own_earlier_answer_passes(judge):
    others = {"q1": answer(SLIP), "q2": answer(ranks_of(SLIP))}
    seen = judge.judge("q2", others["q2"], others)
    assert (seen.status, seen.earned) == ("passed", 3)
    assert seen.details == ("Right for your own `facts`. What differs there is not counted twice.",)
    assert judge.judge("q3", answer("A"), others).status == "passed"
    assert judge.judge("q3", answer("C"), others).status == "try_again"
    assert judge.judge("q2", others["q2"]).status == "partly"


def test_the_right_answer_passes_beside_a_wrong_earlier_one(judge):
    seen = judge.judge("q2", answer(judge.right("q2")), {"q1": answer(SLIP)})
    assert (seen.status, seen.details) == ("passed", ())


@pytest.mark.parametrize(
    "form",
    [
        SLIP.set_index("customer_id"),
        SLIP.set_index("customer_id").rename_axis(None),
        SLIP.astype({"money": str, "orders": str}),
        SLIP.assign(customer_id=["a", "b", "c", "d"], note="mine"),
        SLIP.sample(frac=1, random_state=3),
    ],
)
def test_the_form_of_the_earlier_answer_does_not_matter(judge, form):
    seen = judge.judge("q2", answer(ranks_of(SLIP)), {"q1": answer(form)})
    assert seen.status == "passed"


def test_an_earlier_table_with_other_rows_still_counts(judge):
    own = pd.concat([SPENT, pd.DataFrame({"customer_id": ["X"], "orders": [0], "money": [0.0]})])
    own = own.reset_index(drop=True)
    assert judge.judge("q2", answer(ranks_of(own)), {"q1": answer(own)}).status == "passed"


def test_a_known_mistake_on_top_of_a_slip_has_its_words(judge):
    wrong = ranks_of(SLIP).assign(
        by_orders=SLIP["orders"].rank(ascending=False),
        by_money=SLIP["money"].rank(ascending=False),
    )
    seen = judge.judge("q2", answer(wrong), {"q1": answer(SLIP)})
    assert (seen.mistake, seen.credit) == ("backwards", 0.25)


def test_part_credit_is_measured_where_it_is_kinder(judge):
    both = SPENT.assign(money=[40.0, 10.0, 20.0, 30.0], orders=[4, 1, 2, 3])
    wrong = ranks_of(both).assign(by_orders=[9, 9, 9, 1])
    assert judge.judge("q2", answer(wrong)).credit == 0
    seen = judge.judge("q2", answer(wrong), {"q1": answer(both)})
    assert seen.credit == 0.5
    assert seen.details[0] == "Measured by your own `facts`:"


@pytest.mark.parametrize(
    "earlier",
    [
        BLANK,
        answer(5),
        answer("facts"),
        answer([1, 2]),
        answer(object()),
        answer(pd.DataFrame()),
        answer(SPENT.head(0)),
        answer(SPENT.head(1)),
        answer(SPENT.assign(orders=np.nan, money=np.nan)),
        answer(SPENT.assign(orders="many", money="much")),
        answer(SPENT.assign(orders=1, money=1)),
        answer(SPENT.assign(orders=[np.inf, -np.inf, 1e308, 5])),
        answer(SPENT.assign(customer_id=["W", "X", "Y", "Z"])),
        answer(SPENT.assign(customer_id=None)),
        answer(SPENT.assign(customer_id=range(4))),
        answer(SPENT.drop(columns="customer_id")),
        answer(pd.concat([SPENT, SPENT])),
        Answer("table", pd.DataFrame({"customer_id": ["A"]}), "a table", ()),
        Answer("too_large", about="a table"),
    ],
    ids=lambda earlier: earlier.about,
)
def test_a_hostile_earlier_answer_gains_nothing(judge, earlier):
    others = {"q1": earlier, "q2": earlier, "q3": earlier}
    ones = SPENT[["customer_id"]].assign(by_orders=2.5, by_money=2.5)
    assert judge.judge("q2", answer(ones), others).credit == 0
    assert judge.judge("q3", answer("A"), others).status == "try_again"
    assert judge.judge("q4", answer(1), others).status == "try_again"
    assert judge.judge("q2", answer(judge.right("q2")), others).status == "passed"


def test_an_own_table_without_further_columns_takes_them_from_the_right_one(case):
    exercise = Exercise("99_x", "X", company="teahouse")

    @exercise.question("scores", points=1, title="S", compare=table("customer_id", ["score"]))
    def q1(case):
        return case["spent"].assign(score=case["spent"]["orders"])

    @exercise.question("total", points=1, title="T", compare=number())
    def q2(case, scores):
        return scores.loc[scores["score"] > 2, "money"].sum()

    own = pd.Series({"A": 3, "B": 3, "C": 1, "D": 1}, name="score")
    judge = Judge(exercise, case)
    assert judge.right("q2") == 50
    assert judge.judge("q2", answer(50), {"q1": answer(own)}).status == "passed"
    assert judge.judge("q2", answer(50.5), {"q1": answer(own)}).status == "try_again"
    mine = own.to_frame().assign(money=[10, 20, 30, 40]).rename_axis("customer_id")
    assert judge.judge("q2", answer(30), {"q1": answer(mine)}).status == "passed"
    for money in (0, 1, [1e9, 2e9, 3e9, 4e9], "much"):  # no honest column: the right one is taken
        odd = answer(mine.assign(money=money))
        assert judge.judge("q2", answer(50), {"q1": odd}).status == "passed"
        assert judge.judge("q2", answer(0), {"q1": odd}).credit == 0
        assert judge.judge("q2", answer(3e9), {"q1": odd}).credit == 0


# Is a case fair? -------------------------------------------------------------------------------


def one_question(**mistakes):
    exercise = Exercise("99_x", "X", company="teahouse")

    @exercise.question("n", points=1, title="N", compare=number(0.1))
    def q1(case):
        return 5

    def making(value):
        def make(case):
            if isinstance(value, Exception):
                raise value
            return value

        return make

    for name, (words, value) in mistakes.items():
        make = making(value)
        make.__name__ = name
        q1.mistake(words)(make)
    return exercise


def test_a_fair_case_is_recognised(judge, case):
    assert judge.recognises() == []
    assert Judge(one_question(six=("Six.", 6), seven=("Seven.", 7)), case).recognises() == []


def test_what_is_confused_is_named(case):
    exercise = one_question(same=("Same.", 5.05), six=("Six.", 6), again=("Six again.", 6.05))
    assert Judge(exercise, case).recognises() == [
        "q1: same looks like passed",
        "q1: again looks like six",
    ]


def test_a_mistake_that_cannot_be_made_makes_a_case_unfair(case):
    exercise = one_question(none=("No.", IndexError("no champions")), six=("Six.", 6))
    assert Judge(exercise, case).recognises() == [
        "q1: none cannot be made (IndexError: no champions)"
    ]


def test_a_matcher_that_misses_its_own_mistake_makes_a_case_unfair(case):
    exercise = one_question()

    @exercise.questions["q1"].mistake("Never.", match=lambda right, answer: None)
    def eight(case):
        return 8

    assert Judge(exercise, case).recognises() == ["q1: eight looks like try_again"]


@pytest.mark.parametrize(
    ("words", "value"),
    [
        ("You counted {lines} lines.", 6),
        ("You counted {lines} lines.", Wrong(6, orders=3)),
        ("You counted {orders:.0%}.", Wrong(6, orders="three")),
    ],
)
def test_words_without_their_facts_are_refused_before_a_release(case, words, value):
    exercise = one_question(six=(words, value))
    with pytest.raises(ValueError, match="99_x, q1: the words of 'six' cannot be filled"):
        Judge(exercise, case).recognises()
    seen = Judge(exercise, case).judge("q1", answer(6))
    assert seen.mistake == "six"
    assert "…" in seen.details[0]


# What a key may not say ------------------------------------------------------------------------


def test_two_questions_of_one_name_are_refused():
    exercise = one_question()
    with pytest.raises(ValueError, match="two questions 'q1'"):
        exercise.open_question("q1", title="Again", compare=essay(Criterion("Rule", 5)))

    def q2(case):
        return 1

    with pytest.raises(ValueError, match="another question fills the variable 'n'"):
        exercise.question("n", points=1, title="M", compare=number())(q2)
    with pytest.raises(ValueError, match="points must be above 0"):
        exercise.question("m", points=0, title="M", compare=number())(q2)
    assert list(exercise.questions) == ["q1"]


def test_a_parameter_must_be_an_earlier_answer():
    exercise = one_question()

    def q2(case, later):
        return 1

    with pytest.raises(ValueError, match=r"q2: the parameter 'later' .* There are: n\."):
        exercise.question("m", points=1, title="M", compare=number())(q2)
    with pytest.raises(ValueError, match="mistake 'q2': the parameter 'later'"):
        exercise.questions["q1"].mistake("Words.")(q2)


@pytest.mark.parametrize("credit", [1, 1.5, -0.1, float("nan")])
def test_a_mistake_earns_less_than_everything(credit):
    with pytest.raises(ValueError, match="credit must be at least 0 and below 1"):
        one_question().questions["q1"].mistake("Words.", credit=credit)(lambda case: 1)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("You counted {lines.", "the braces in its words do not match"),
        ("You counted lines}.", "the braces in its words do not match"),
        ("You counted {}.", "not the name of a fact"),
        ("You counted {0}.", "not the name of a fact"),
        ("You counted {case.seed}.", "not the name of a fact"),
    ],
)
def test_words_that_cannot_be_filled_are_refused(words, said):
    with pytest.raises(ValueError, match=said):
        one_question().questions["q1"].mistake(words)(lambda case: 1)


def test_other_mistakes_that_are_refused():
    exercise = one_question(six=("Six.", 6))

    def six(case):
        return 6

    with pytest.raises(ValueError, match="another mistake of this name"):
        exercise.questions["q1"].mistake("Words.")(six)
    plan = exercise.open_question("q9", title="P", compare=essay(Criterion("Rule", 5)))
    with pytest.raises(ValueError, match="a person marks an open question"):
        plan.mistake("Words.")(six)


def test_right_for_the_own_earlier_answer_comes_before_a_known_mistake(case):
    exercise = Exercise("99_shop", "A shop", company="teahouse")

    @exercise.question("first", points=4, title="First", compare=number(0))
    def q1(case):
        return 10

    @exercise.question("double", points=4, title="Double", compare=number(0))
    def q2(case, first):
        return 2 * first

    @q2.mistake("You added four.", credit=0.25)
    def added_four(case, first):
        return first + 4

    judge = Judge(exercise, case)
    assert judge.judge("q2", answer(14)).mistake == "added_four"
    seen = judge.judge("q2", answer(14), {"q1": answer(7)})
    assert (seen.status, seen.mistake) == ("passed", None)


@pytest.mark.parametrize(
    ("given", "credit"),
    [(["a", "b", "c"], 0.5), (["a", "b"], 0), (["a", "b", "c", "d", "x"], 0.5), (list("abxyz"), 0)],
)
def test_a_list_more_than_half_right_earns_half(case, given, credit):
    exercise = Exercise("99_shop", "A shop", company="teahouse")

    @exercise.question("names", points=4, title="Names", compare=items("names"))
    def q1(case):
        return ["a", "b", "c", "d"]

    assert Judge(exercise, case).judge("q1", answer(given)).credit == credit


# The data of a case ----------------------------------------------------------------------------


def outlets(case):
    return {
        "outlets": pd.DataFrame(
            {
                "outlet": ["A", ""],
                "visits": [3, 4],
                "profit": [1 / 3, np.nan],
                "open": [True, False],
                "since": pd.to_datetime(["2020-01-31", "2026-06-30"]),
            }
        )
    }


def test_extra_tables_are_drawn_written_and_read_back_exactly(tmp_path):
    exercise = Exercise("99_shop", "A shop", "teahouse", tables=["products"], extra=outlets)
    case = exercise.draw(4)
    assert (list(case.tables), case.added) == (["products", "outlets"], ["outlets"])
    write_tables(case, tmp_path)
    types = column_types("outlets", case["outlets"])
    read = read_case("teahouse", tmp_path, tables=["products"], extra={"outlets": types})
    assert read["outlets"]["profit"].tolist()[0] == 1 / 3
    pd.testing.assert_frame_equal(read["outlets"], case["outlets"], check_dtype=False)
    assert list(read.tables) == ["products", "outlets"]
    with pytest.raises(FileNotFoundError, match=r"customers\.csv"):
        read_case("teahouse", tmp_path, tables=["customers"])


@pytest.mark.parametrize(
    ("made", "says"),
    [
        ({"products": SPENT}, "has a table 'products' of its own"),
        ({"a": pd.DataFrame({"x": ["b", None]})}, "column 'x': 1 values are missing"),
        ({"a": pd.DataFrame({"x": [(1, 2)]})}, "column 'x': object cannot be written"),
        ({"a": pd.DataFrame({"x": ["b"]}, dtype="category")}, "category cannot be written"),
        ({"a": pd.DataFrame({"x": [pd.Timestamp("2026-01-01 12:00")]})}, "times of day"),
        ({"a": pd.DataFrame({3: [1]})}, "column 3"),
    ],
)
def test_extra_tables_a_file_cannot_give_back_are_refused(made, says):
    exercise = Exercise("99_shop", "A shop", "teahouse", tables=["products"], extra=lambda _: made)
    with pytest.raises(ValueError, match=says):
        exercise.draw(1)


def test_what_needs_the_truth_is_left_to_the_instructor(tmp_path):
    exercise = Exercise("99_shop", "A shop", "teahouse", tables=["products"])

    @exercise.question("segments", points=4, title="Segments", compare=number(0.1))
    def q1(case):
        return truth(case).segments["share"].max()

    drawn = exercise.draw(2)
    right = answer(Judge(exercise, drawn).right("q1"))
    assert Judge(exercise, drawn).judge("q1", right).status == "passed"
    write_tables(drawn, tmp_path)
    read = read_case("teahouse", tmp_path, tables=["products"])
    seen = Judge(exercise, read).judge("q1", right)
    assert (seen.status, seen.earned) == ("received", 0)
    assert "Your instructor will grade it" in seen.details[0]


# What a student may see ------------------------------------------------------------------------


def test_public_holds_shapes_and_hints_and_no_answer(case):
    shown = public(shop(), case)
    sent = json.dumps(shown)
    for secret in ("same_shift", "per_order", "money a order", "40", "lambda"):
        assert secret not in sent
    questions = public_questions(json.loads(sent))
    assert questions["q1"].compare == shop().questions["q1"].compare.fitted(SPENT)
    assert questions["q1"].hints == ("Look.", "Look here.")
    assert all(q.answer is None and q.mistakes == [] for q in questions.values())
    assert questions["q5"].open
    assert [q.points for q in questions.values()] == [4, 3, 2, 1, 5]
    assert "rows" not in public(shop())[0]["compare"]


# Verdicts --------------------------------------------------------------------------------------


def test_a_verdict_says_its_words_first_and_needs_no_colour():
    verdict = Verdict("q1", "Facts <b>", "partly", 4, 2 / 3, ("Use <script>.", "Then & there."))
    assert str(verdict).splitlines() == [
        "q1 · Facts <b>: ◐ Partly right — 2.67 of 4 points",
        "  Use <script>.",
        "  Then & there.",
    ]
    page = verdict._repr_html_()
    assert "<script>" not in page
    assert "Facts &lt;b&gt;" in page
    assert page.index("Partly right") < page.index("Use &lt;script&gt;.")
    assert Verdict("q4", "One", "passed", 1, 1.0).headline == "✓ Right — 1 of 1 point"


@pytest.mark.parametrize(
    ("status", "said"),
    [
        ("passed", "Right"),
        ("partly", "Partly right"),
        ("try_again", "Not right yet"),
        ("not_started", "Not started"),
        ("could_not_run", "Could not run"),
        ("received", "Received"),
        ("for_review", "A person will mark it"),
    ],
)
def test_every_status_has_words(status, said):
    verdict = Verdict("q1", "Facts", status, 4)
    assert said in str(verdict)
    assert said in verdict._repr_html_()
    assert ("points" in verdict.headline) == (status not in ("received", "for_review"))
