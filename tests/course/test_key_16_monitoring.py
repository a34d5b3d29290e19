"""The key of exercise 16: what is right passes, known mistakes are told apart, nothing else."""

import numpy as np
import pandas as pd
import pytest

from whobuys.course import Judge, load_key, unit_folder
from whobuys.course._answers import decode, encode
from whobuys.strategy import period_rates

KEY = load_key(unit_folder("16_monitoring") / "key.py")
CLOSED = [question for question in KEY.questions.values() if not question.open]
JUDGES = {}
TIERS = ["summit", "ridge", "valley"]


def judge_of(seed):
    """Return the judge of a case; 0 is the one to practise on."""
    if seed not in JUDGES:
        JUDGES[seed] = Judge(KEY, KEY.draw(seed))
    return JUDGES[seed]


def seen(judge, id, value):
    return judge.judge(id, decode(encode(value)), {})


# What a student could as well hand in ----------------------------------------------------------


def year_of(case):
    return np.where(case["purchases"]["date"] < "2025-07-01", 1, 2)


def tier(case, year):
    lines, cuts = case["purchases"][year_of(case) == year], case["brief"].iloc[0]
    names = {}
    for customer, amounts in lines.groupby("customer_id")["amount"]:
        spent = round(amounts.sum(), 2)
        high, low = spent >= cuts["cut_summit"], spent >= cuts["cut_ridge"]
        names[customer] = "summit" if high else "ridge" if low else "valley"
    return names


def by_hand(case):
    """Answer the six questions with loops and plain sums, as the texts of the questions say."""
    wave = case["answers"][case["answers"]["wave"] == 2026]
    given = [answer for answer in wave["recommend"] if answer == answer]
    up = sum(answer >= 9 for answer in given)
    down = sum(answer <= 6 for answer in given)
    gaps = [s - e for s, e in zip(wave["satisfaction"], wave["expectation"], strict=True) if e == e]

    lines = case["purchases"].assign(year=year_of(case))
    made = {}
    for customer, year, order in lines[["customer_id", "year", "order_id"]].to_numpy():
        made.setdefault((customer, year), set()).add(order)
    second = [len(orders) for (_, year), orders in made.items() if year == 2]

    complaints = case["complaints"]
    mine = complaints[complaints["opened"] >= "2025-07-01"]

    then, now = tier(case, 1), tier(case, 2)
    counts = {row: dict.fromkeys([*TIERS, "lost"], 0) for row in [*TIERS, "new"]}
    for customer in {*then, *now}:
        counts[then.get(customer, "new")][now.get(customer, "lost")] += 1

    change = {"desk": [], "held back": []}
    for customer, arm in case["programme"][["customer_id", "arm"]].to_numpy():
        orders = [len(made.get((customer, year), ())) for year in (1, 2)]
        change[arm].append(orders[1] - orders[0])
    return {
        "q1": 100 * (up - down) / len(given),
        "q2": sum(gaps) / len(gaps),
        "q3": sum(count >= 2 for count in second) / len(second),
        "q4": sum(hours <= 24 for hours in mine["hours"]) / len(mine),
        "q5": pd.DataFrame(counts).T,
        "q6": np.mean(change["desk"]) - np.mean(change["held back"]),
    }


@pytest.mark.parametrize("seed", [0, 3, 8])
def test_other_ways_to_the_right_answer_pass(seed):
    judge = judge_of(seed)
    for id, value in by_hand(judge.case).items():
        assert seen(judge, id, value).status == "passed", id


def named(case):
    """Return the tiers of everybody who bought, new and lost named, as crosstab wants them."""
    both = pd.concat([pd.Series(tier(case, 1)), pd.Series(tier(case, 2))], axis=1)
    return both[0].fillna("new").rename("from"), both[1].fillna("lost").rename("to")


def test_a_crosstab_passes_with_its_columns_in_any_order():
    judge = judge_of(0)
    before, after = named(judge.case)
    moves = pd.crosstab(before, after)
    assert seen(judge, "q5", moves).status == "passed"
    assert seen(judge, "q5", moves.rename_axis("year 1")).status == "passed"


FORMS = {
    "row order": lambda t: t.sample(frac=1, random_state=5),
    "index": lambda t: t.set_index("from"),
    "digits as text": lambda t: t.astype(str),
    "upper case": lambda t: t.assign(**{"from": t["from"].str.upper()}),
    "categories": lambda t: t.astype({"from": "category"}),
    "a total": lambda t: t.assign(total=1),
    "columns turned round": lambda t: t[t.columns[::-1]],
    "floats": lambda t: t.astype(dict.fromkeys([*TIERS, "lost"], float)),
}


@pytest.mark.parametrize("form", FORMS)
def test_the_form_does_not_matter(form):
    judge = judge_of(0)
    assert seen(judge, "q5", FORMS[form](judge.right("q5"))).status == "passed"


@pytest.mark.parametrize("id", ["q1", "q2", "q3", "q4", "q6"])
def test_numbers_may_be_of_any_type(id):
    judge = judge_of(0)
    right = judge.right(id)
    for value in (right, np.float32(right), [right], pd.Series([right]), round(right, 4)):
        assert seen(judge, id, value).status == "passed"


# What does not pass ----------------------------------------------------------------------------


def wrong_moves(judge):
    right = judge.right("q5").set_index("from")
    return {
        "nothing": right * 0,
        "one cell off": right + np.eye(4, dtype=int),
        "twice": right * 2,
        "rows turned round": right.set_axis(right.index[::-1]),
        "columns turned round": right.set_axis(right.columns[::-1], axis=1),
        "shares of all": right / right.to_numpy().sum(),
        "shares of the column": right / right.sum(),
        "thresholds apart": right.assign(summit=right["summit"] + 3, ridge=right["ridge"] - 3),
        "no row of the new": right.drop(index="new"),
        "no column of the lost": right.drop(columns="lost"),
    }


def wrong_numbers(id, *others):
    """Return the right number spoiled in every common way, and others that mean something else."""

    def spoil(judge):
        right = judge.right(id)
        made = {
            "minus its half": -right / 2,
            "twice": 2 * right,
            "nothing": 0,
            "off": right + 0.011,
        }
        made |= {"three per cent less": 0.97 * right, "a tenth": right / 10}
        return made | {str(other): other for other in others}

    return spoil


WRONG = {
    "q1": wrong_numbers("q1", 100, 0.5, 7.2, 38.125, 305),
    "q2": lambda judge: {
        name: value
        for name, value in wrong_numbers("q2", -1, 4.21, -82, 305, 0.5)(judge).items()
        if name != "nothing"  # it is the median
    },
    "q3": wrong_numbers("q3", 1, 0.5, 727, 0.31, 1.9),
    "q4": wrong_numbers("q4", 1, 0.5, 157, 24, 30.4),
    "q5": wrong_moves,
    "q6": wrong_numbers("q6", 1.3, 185.5, 5.02, 0.171),
}


@pytest.mark.parametrize("id", WRONG)
def test_nothing_else_passes(id):
    judge = judge_of(0)
    for name, value in WRONG[id](judge).items():
        verdict = seen(judge, id, value)
        assert verdict.status in ("partly", "try_again"), name
        assert verdict.mistake is None, (name, verdict.mistake)
        assert verdict.credit < 1, name
        assert verdict.details, name


# Known mistakes, made in other ways ------------------------------------------------------------


@pytest.mark.parametrize("seed", [0, 3, 8])
def test_a_median_gap_and_a_sum_of_gaps_are_recognised(seed):
    judge = judge_of(seed)
    both = judge.case["answers"].query("wave == 2026").dropna(subset=["expectation"])
    gap = both["satisfaction"] - both["expectation"]
    middle, total = seen(judge, "q2", gap.median()), seen(judge, "q2", gap.sum())
    assert (middle.mistake, middle.credit) == ("median_gap", 0)
    assert "rounded" not in middle.details[0]
    assert (total.mistake, total.credit) == ("gaps_added_up", 0.5)


@pytest.mark.parametrize("form", FORMS)
def test_mistakes_in_the_matrix_are_recognised_in_other_forms(form):
    judge = judge_of(3)
    for mistake in KEY.questions["q5"].mistakes:
        wrong = mistake.make(judge.case)
        wrong = getattr(wrong, "answer", wrong)
        if form == "floats":
            wrong = wrong.astype({name: float for name in wrong.columns if name != "from"})
        assert seen(judge, "q5", FORMS[form](wrong)).mistake == mistake.id, mistake.id


def test_a_matrix_of_shares_is_recognised_rounded_and_in_per_cent():
    judge = judge_of(0)
    counts = judge.right("q5").set_index("from")
    shares = counts.div(counts.sum(axis=1), axis=0)
    for wrong in (shares, shares.round(2), 100 * shares, (100 * shares).round(1)):
        assert seen(judge, "q5", wrong).mistake == "shares_for_counts"


def test_swapped_arguments_are_recognised_from_crosstab():
    judge = judge_of(0)
    then, now = (pd.Series(tier(judge.case, year)) for year in (2, 1))
    both = pd.concat([then, now], axis=1)
    moves = pd.crosstab(both[0].fillna("new").rename("from"), both[1].fillna("lost"))
    assert seen(judge, "q5", moves).mistake == "swapped"


def test_a_register_filled_up_is_recognised_from_crosstab():
    judge = judge_of(0)
    people = judge.case["customers"]["customer_id"]
    then, now = (pd.Series(tier(judge.case, year)).reindex(people) for year in (1, 2))
    moves = pd.crosstab(then.fillna("new").rename("from"), now.fillna("lost"))
    assert seen(judge, "q5", moves).mistake == "neither_year_counted"


def test_an_inner_join_is_recognised():
    judge = judge_of(0)
    before, after = named(judge.case)
    both = (before != "new") & (after != "lost")
    moves = pd.crosstab(before[both], after[both]).assign(lost=0)
    moves.loc["new"] = 0
    verdict = seen(judge, "q5", moves)
    assert (verdict.mistake, verdict.credit) == ("both_years_only", 0.5)


def test_a_merge_without_the_lost_is_recognised():
    judge = judge_of(0)
    lines = judge.case["purchases"].assign(year=year_of(judge.case))
    counts = lines.groupby(["customer_id", "year"])["order_id"].nunique().unstack().dropna()
    sheet = counts.reset_index().merge(judge.case["programme"])
    change = (sheet[2] - sheet[1]).groupby(sheet["arm"]).mean()
    assert seen(judge, "q6", change["desk"] - change["held back"]).mistake == "lost_left_out"


@pytest.mark.parametrize("id", ["q3", "q4"])
def test_percent_is_recognised_when_rounded(id):
    judge = judge_of(0)
    percent = round(100 * judge.right(id), 3)
    assert seen(judge, id, percent).mistake in ("rate_in_percent", "complaints_in_percent")


def slips_in_the_repeat_rate(case):
    """Do what a student in a hurry does, with what stands in the exercise."""
    lines = case["purchases"]
    rates = period_rates(lines, ["2024-07-01", "2025-07-01", "2026-07-01"])
    second = lines[lines["date"] >= "2025-07-01"]
    counts = second.groupby("customer_id")["order_id"].nunique()
    before = lines.loc[lines["date"] < "2025-07-01", "customer_id"]
    return {
        "rate_of_year_1": rates["repeat_rate"].iloc[0],
        "only_once": counts.value_counts(normalize=True)[1],
        "known_from_year_1": second.drop_duplicates("customer_id")["customer_id"]
        .isin(before)
        .mean(),
        "of_both_years": counts.ge(2).sum() / lines["customer_id"].nunique(),
        "people_not_share": counts.ge(2).sum(),
    }


@pytest.mark.parametrize("seed", [0, 3, 8])
def test_slips_in_the_repeat_rate_are_told_with_the_students_number(seed):
    judge = judge_of(seed)
    buyers = len(set(judge.case["purchases"].loc[year_of(judge.case) == 2, "customer_id"]))
    for mistake, value in slips_in_the_repeat_rate(judge.case).items():
        verdict = seen(judge, "q3", value)
        assert verdict.mistake == mistake
        assert (f"{value:.4f}" if value < 1 else f"{value}") in verdict.details[0]
        assert mistake == "rate_of_year_1" or str(buyers) in verdict.details[0]
        assert f"{judge.right('q3'):.4f}" not in verdict.details[0]


@pytest.mark.parametrize("seed", [103, 110, 115])  # where the first draw leaves two rates alike
def test_slips_in_the_repeat_rate_are_told_apart_in_every_case(seed):
    assert not [said for said in judge_of(seed).recognises() if said.startswith("q3")]


def test_the_words_quote_the_students_own_figures():
    judge = judge_of(0)
    wrong = next(m for m in KEY.questions["q5"].mistakes if m.id == "both_years_only")
    words = seen(judge, "q5", wrong.make(judge.case).answer).details[0]
    right = judge.right("q5").set_index("from")
    assert f"{right['lost'].sum()} who were there are lost" in words
    assert f"{right.loc['new'].sum()} are new" in words


def test_the_data_hold_what_the_questions_need():
    for seed in range(6):
        case = judge_of(seed).case
        moves = judge_of(seed).right("q5").set_index("from")
        assert (moves.drop(index="new") > 0).to_numpy().all(), seed
        assert moves.loc["new", "lost"] == 0
        first = set(case["purchases"].loc[case["purchases"]["date"] < "2025-07-01", "customer_id"])
        assert set(case["programme"]["customer_id"]) <= first
        assert abs(case["programme"]["arm"].eq("desk").mean() - 0.5) < 0.01
        assert case["purchases"]["date"].between("2024-07-01", "2026-06-30").all()
        assert case["purchases"].groupby("order_id")["customer_id"].nunique().max() == 1
        assert case["purchases"].groupby("order_id")["date"].nunique().max() == 1
        assert (case["complaints"]["opened"] < "2026-06-30").all()
        still = case["complaints"]["hours"].isna()
        assert (case["complaints"].loc[still, "outcome"] == "open").all()
        assert not case["answers"].duplicated(["wave", "customer_id"]).any()


def test_the_desk_helps_on_average_over_the_cases():
    effects = [judge_of(seed).right("q6") for seed in range(6)]
    assert 0.6 < np.mean(effects) < 2.2


def test_the_rubric_is_worth_what_the_question_says():
    assert KEY.questions["q7"].points == 20
    assert sum(question.points for question in CLOSED) == 20
    assert all(question.hints and question.again for question in KEY.questions.values())
