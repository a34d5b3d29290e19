"""The key of exercise 05: what is right passes, known mistakes are told apart, nothing else."""

import numpy as np
import pandas as pd
import pytest

from whobuys.course import Judge, load_key, unit_folder
from whobuys.course._answers import decode, encode
from whobuys.segment import (
    purchase_cycle,
    purchase_gaps,
    repurchase_rate,
    rfm_score,
    rfm_segment,
    rfm_table,
)

KEY = load_key(unit_folder("05_rfm") / "key.py")
CLOSED = [question for question in KEY.questions.values() if not question.open]
AS_OF = pd.Timestamp("2026-06-30")
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
    """Answer the five questions with pandas alone, as the texts of the questions say."""
    lines = case["transactions"]
    orders = lines.groupby("customer_id")
    rfm = pd.DataFrame(
        {
            "recency_days": (AS_OF - orders["date"].max()).dt.days,
            "frequency": orders["order_id"].nunique(),
            "monetary": orders["amount"].sum(),
        }
    )
    scores = rfm.copy()
    for name, values in (
        ("r_score", -rfm["recency_days"]),
        ("f_score", rfm["frequency"]),
        ("m_score", rfm["monetary"].round(2)),
    ):
        scores[name] = np.floor(5 * (values.rank(method="min") - 1) / len(rfm)) + 1
    named = rfm_segment(scores)
    spent = named.groupby("segment")["monetary"]
    segments = pd.DataFrame({"customers": spent.size(), "revenue_share": spent.sum()})
    segments["revenue_share"] /= segments["revenue_share"].sum()
    days = lines[["customer_id", "date"]].drop_duplicates().sort_values("date")
    gaps = days.groupby("customer_id")["date"].diff()
    return {
        "q1": rfm,
        "q2": scores,
        "q3": segments,
        "q4": gaps.groupby(days["customer_id"]).median().median(),
        "q5": np.mean(rfm["frequency"] > 1),
    }


@pytest.mark.parametrize("seed", [None, 3])
def test_other_ways_to_the_right_answer_pass(seed):
    judge = judge_of(seed)
    for id, value in by_hand(judge.case).items():
        assert seen(judge, id, value).status == "passed", id


FORMS = {
    "row order": lambda t: t.sample(frac=1, random_state=5),
    "index": lambda t: t.set_index(t.columns[0]),
    "nameless index": lambda t: t.set_index(t.columns[0]).rename_axis(None),
    "floats": lambda t: t.astype(dict.fromkeys(t.select_dtypes("number"), float)),
    "nullable": lambda t: t.convert_dtypes(),
    "digits as text": lambda t: t.astype(str),
    "upper case": lambda t: t.assign(**{t.columns[0]: t[t.columns[0]].str.upper()}),
    "lower case": lambda t: t.assign(**{t.columns[0]: t[t.columns[0]].str.lower()}),
    "categories": lambda t: t.astype({t.columns[0]: "category"}),
    "further columns": lambda t: t.assign(note="mine", city="Basel"),
    "columns turned round": lambda t: t[t.columns[::-1]],
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("id", ["q1", "q2", "q3"])
def test_the_form_does_not_matter(id, form):
    judge = judge_of(None)
    right = judge.right(id)
    assert seen(judge, id, FORMS[form](right)).status == "passed"


def test_days_may_be_time_spans_and_numbers_may_be_of_any_type():
    judge = judge_of(None)
    rfm = judge.right("q1")
    spans = rfm.assign(recency_days=pd.to_timedelta(rfm["recency_days"], unit="D"))
    assert seen(judge, "q1", spans).status == "passed"
    for value in (31, 31.0, np.float32(31), [31.0], pd.Series([31]), pd.Timedelta(days=31)):
        assert seen(judge, "q4", value).status == "passed"
    assert seen(judge, "q5", round(judge.right("q5"), 3)).status == "passed"
    assert seen(judge, "q1", rfm.round(2)).status == "passed"


# What does not pass ----------------------------------------------------------------------------


def wrong_facts(case):
    lines, rfm = case["transactions"], rfm_table(case["transactions"], as_of=AS_OF)
    orders = lines.groupby("customer_id")

    def instead(**columns):
        made = {name: rfm["customer_id"].map(values) for name, values in columns.items()}
        return rfm.assign(**made)

    swapped = {"frequency": "monetary", "monetary": "frequency"}
    return {
        "columns swapped": rfm.rename(columns=swapped),
        "recency and frequency swapped": rfm.rename(
            columns={"recency_days": "frequency", "frequency": "recency_days"}
        ),
        "from the first purchase": instead(recency_days=(AS_OF - orders["date"].min()).dt.days),
        "days, not orders": instead(frequency=orders["date"].nunique()),
        "pieces, not orders": instead(frequency=orders["quantity"].sum()),
        "money of the last line": instead(monetary=orders["amount"].last()),
        "mean of the lines": instead(monetary=orders["amount"].mean()),
        "whole yuan": rfm.assign(monetary=rfm["monetary"].round()),
        "weeks": rfm.assign(recency_days=rfm["recency_days"] / 7),
        "negative": rfm.assign(recency_days=-rfm["recency_days"]),
        "one is missing": rfm.iloc[1:],
        "sorted column by column": rfm.assign(monetary=np.sort(rfm["monetary"])),
        "one order for all": rfm.assign(frequency=1),
        "another customer's row": rfm.assign(customer_id=rfm["customer_id"].sample(
            frac=1, random_state=2).to_numpy()),
        "one value off": rfm.assign(monetary=rfm["monetary"] + (rfm.index == 700) * 0.02),
    }  # fmt: skip


def wrong_scores(case):
    rfm = rfm_table(case["transactions"], as_of=AS_OF)
    right = rfm_score(rfm)
    scores = ["r_score", "f_score", "m_score"]

    def cut(**columns):
        return right.assign(
            **{
                name: (values.rank(method=ties) - 1) * bins // len(rfm) + 1
                for name, (values, ties, bins) in columns.items()
            }
        )

    best_is_one = {name: 6 - right[name] for name in scores}
    return {
        "four groups": rfm_score(rfm, bins=4),
        "ten groups": rfm_score(rfm, bins=10),
        "highest rank for equals": rfm_score(rfm, ties="max"),
        "from 0 to 4": right.assign(**{name: right[name] - 1 for name in scores}),
        "one is best": right.assign(**best_is_one),
        "frequency reversed": cut(f_score=(-rfm["frequency"], "min", 5)),
        "money reversed": cut(m_score=(-rfm["monetary"], "min", 5)),
        "shares of the rank": right.assign(r_score=rfm["recency_days"].rank(pct=True)),
        "scores swapped": right.rename(columns={"r_score": "f_score", "f_score": "r_score"}),
        "the mean for all": right.assign(**dict.fromkeys(scores, right["rfm_score"])),
        "three for all": right.assign(r_score=3, f_score=3, m_score=3),
        "fixed edges": rfm_score(rfm, edges={"recency_days": [31, 93, 186, 372]}),
        "2 % of the rows": right.assign(m_score=right["m_score"].where(right.index >= 30, 9)),
    }


def wrong_segments(case):
    named = rfm_segment(rfm_score(rfm_table(case["transactions"], as_of=AS_OF)))
    right = judge_of(None).right("q3")
    spent = named.groupby("segment")["monetary"]
    by_money = named.assign(f_score=named["m_score"]).drop(columns="segment")
    money = rfm_segment(by_money).groupby("segment")["monetary"]
    return {
        "columns swapped": right.rename(
            columns={"customers": "revenue_share", "revenue_share": "customers"}
        ),
        "money, not its share": right.assign(revenue_share=spent.sum().to_numpy()),
        "mean money": right.assign(revenue_share=spent.mean().to_numpy()),
        "share of the champions": right.assign(
            revenue_share=right["revenue_share"] / right["revenue_share"].max()
        ),
        "shares of customers": right.assign(customers=right["customers"] / len(named)),
        "one segment left out": right.iloc[:-1],
        "sorted apart": right.assign(customers=np.sort(right["customers"])),
        "by money": pd.DataFrame(
            {"customers": money.size(), "revenue_share": money.sum() / money.sum().sum()}
        ),
        "two decimals": right.round(2),
        "a total row": pd.concat([right, pd.DataFrame({"segment": ["total"], "customers": [1443],
                                                       "revenue_share": [1.0]})]),
    }  # fmt: skip


def wrong_cycle(case):
    lines = case["transactions"]
    gaps = purchase_gaps(lines)
    rfm = rfm_table(lines, as_of=AS_OF)
    each = gaps.groupby("customer_id")["gap_days"]
    return {
        "mean of medians": each.median().mean(),
        "median of means": each.mean().median(),
        "weeks": purchase_cycle(lines) / 7,
        "median recency": rfm["recency_days"].median(),
        "window by orders": (730 / rfm["frequency"]).median(),
        "the most common gap": gaps["gap_days"].mode()[0],
        "those who came once as 0": each.median().reindex(rfm["customer_id"]).fillna(0).median(),
        "longest": each.max().median(),
        "one day more": purchase_cycle(lines) + 1,
    }


def wrong_rate(case):
    lines = case["transactions"]
    orders = lines.groupby("customer_id")["order_id"].nunique()
    return {
        "how many": int((orders > 1).sum()),
        "three orders": (orders >= 3).mean(),
        "more than two": (orders > 3).mean(),
        "orders of those": orders[orders > 1].sum() / orders.sum(),
        "orders after the first": 1 - len(orders) / orders.sum(),
        "returned by once": (orders > 1).sum() / (orders == 1).sum(),
        "mean orders": orders.mean(),
        "two decimals": round(repurchase_rate(lines), 2),
        "everybody": 1,
        "percent, rounded": round(repurchase_rate(lines) * 100),
    }


WRONG = {
    "q1": wrong_facts,
    "q2": wrong_scores,
    "q3": wrong_segments,
    "q4": wrong_cycle,
    "q5": wrong_rate,
}


@pytest.mark.parametrize("id", WRONG)
def test_nothing_else_passes(id):
    judge = judge_of(None)
    for name, value in WRONG[id](judge.case).items():
        verdict = seen(judge, id, value)
        assert verdict.status in ("partly", "try_again"), name
        assert verdict.mistake is None, name
        assert verdict.credit <= 0.5, name
        assert verdict.details, name
        print(f"{name}: {verdict}")


@pytest.mark.parametrize(
    ("id", "value", "said"),
    [
        ("q4", "one day more", "32 days is too high, by about 3%."),
        ("q5", "two decimals", "0.71 is rounded too far. Give more decimals, or do not round."),
        ("q5", "how many", "A share lies between 0 and 1; 1,029 looks like a count."),
        ("q3", "one segment left out", "1 of 11 rows is missing: promising."),
        ("q3", "a total row", "1 row does not belong: total."),
        ("q1", "one is missing", "1 of 1,443 rows is missing: C00001."),
    ],
)
def test_what_is_said_of_an_unknown_mistake(id, value, said):
    judge = judge_of(None)
    assert seen(judge, id, WRONG[id](judge.case)[value]).details == (said,)


@pytest.mark.parametrize("days", [-1, 1, 2, 145, -30])
def test_recency_counted_from_any_other_day_is_recognised(days):
    judge = judge_of(None)
    rfm = judge.right("q1")
    wrong = rfm.assign(recency_days=rfm["recency_days"] + days)
    verdict = seen(judge, "q1", wrong)
    assert verdict.mistake == "counted_from_another_day"
    many = "one day" if abs(days) == 1 else f"{abs(days)} days"
    assert f"counted {many} too {'many' if days > 0 else 'few'} for every" in verdict.details[0]
    assert seen(judge, "q1", wrong.assign(frequency=1)).mistake is None
    assert seen(judge, "q1", wrong.iloc[1:]).mistake is None
    for form in ("nameless index", "digits as text", "lower case", "categories"):
        assert seen(judge, "q1", FORMS[form](wrong)).mistake == "counted_from_another_day"


@pytest.mark.parametrize("fill", [None, 0, 999])
def test_those_who_never_bought_are_recognised(fill):
    judge = judge_of(None)
    customers = judge.case["customers"][["customer_id"]]
    wrong = customers.merge(judge.right("q1"), on="customer_id", how="left")
    for table in (
        wrong.fillna({"frequency": 0, "monetary": 0}),
        wrong.fillna({"frequency": 0, "monetary": 0, "recency_days": fill or 730}),
        wrong,
    ):
        verdict = seen(judge, "q1", table)
        assert (verdict.mistake, verdict.credit) == ("never_bought_too", 0.75)
        assert "57 of your rows" in verdict.details[0]
    assert seen(judge, "q1", wrong.fillna({"frequency": 1, "monetary": 5})).mistake is None
    assert seen(judge, "q1", wrong.assign(recency_days=7)).mistake is None


def test_a_zero_put_there_by_hand_earns_nothing():
    assert seen(judge_of(None), "q4", 0).credit == 0


@pytest.mark.parametrize("seed", [None, 1, 2])
def test_ties_parted_in_any_order_are_recognised(seed):
    judge = judge_of(seed)
    rfm = judge.right("q1").sample(frac=1, random_state=6)
    scores = rfm_score(rfm, ties="first")
    verdict = seen(judge, "q2", scores)
    assert verdict.mistake == "ties_by_row_order"
    words = verdict.details[0].split("for instance ")[1]
    pair = scores[scores["customer_id"].isin([words[:6], words[11:17]])]
    assert pair["frequency"].nunique() == 1
    assert pair["f_score"].nunique() == 2
    labelled = rfm.assign(
        r_score=pd.qcut(-rfm["recency_days"].rank(method="first"), 5, labels=[1, 2, 3, 4, 5]),
        f_score=pd.qcut(rfm["frequency"].rank(method="first"), 5, labels=[1, 2, 3, 4, 5]),
        m_score=pd.qcut(rfm["monetary"].rank(method="first"), 5, labels=[1, 2, 3, 4, 5]),
    )
    assert seen(judge, "q2", labelled).mistake == "ties_by_row_order"


def test_reversed_recency_is_recognised_however_it_is_made():
    judge = judge_of(None)
    right = judge.right("q2")
    by_qcut = pd.qcut(right["recency_days"], 5, labels=[1, 2, 3, 4, 5])
    for score in (6 - right["r_score"], by_qcut):
        assert seen(judge, "q2", right.assign(r_score=score)).mistake == "recency_reversed"


def test_equal_steps_are_recognised_from_either_end():
    judge = judge_of(None)
    rfm = judge.right("q1")
    scores = rfm.assign(
        r_score=pd.cut(rfm["recency_days"], 5, labels=[5, 4, 3, 2, 1]),
        f_score=pd.cut(rfm["frequency"], 5, labels=[1, 2, 3, 4, 5]),
        m_score=pd.cut(rfm["monetary"], 5, labels=False) + 1,
    )
    assert seen(judge, "q2", scores).mistake == "equal_steps"


@pytest.mark.parametrize("seed", [None, *range(1, 6)])
def test_the_middle_rank_does_not_pass_for_anybody(seed):
    judge = judge_of(seed)
    assert seen(judge, "q2", rfm_score(judge.right("q1"), ties="average")).status == "partly"


def test_qcut_is_recognised_however_it_is_used():
    judge = judge_of(None)
    rfm = judge.right("q1")

    def qcut(name, **how):
        return pd.qcut(rfm[name], 5, duplicates="drop", **how)

    scores = rfm.assign(
        r_score=qcut("recency_days", labels=[5, 4, 3, 2, 1]).astype(int),
        f_score=qcut("frequency", labels=False) + 1,
        m_score=qcut("monetary", labels=[1, 2, 3, 4, 5]),
    )
    assert seen(judge, "q2", scores).mistake == "cut_with_qcut"
    mine = judge.right("q2").assign(f_score=scores["f_score"])
    assert seen(judge, "q2", mine).mistake == "cut_with_qcut"


def test_a_slip_in_question_1_is_paid_once():
    judge = judge_of(None)
    lines = judge.case["transactions"]
    rfm = judge.right("q1").assign(
        frequency=lambda t: t["customer_id"].map(lines.groupby("customer_id").size())
    )
    scores = rfm_score(rfm)
    named = rfm_segment(scores).groupby("segment")["monetary"]
    segments = pd.DataFrame(
        {"customers": named.size(), "revenue_share": named.sum() / named.sum().sum()}
    )
    own = {"q1": rfm, "q2": scores, "q3": segments}
    assert seen(judge, "q1", rfm, **own).earned == 2
    assert seen(judge, "q2", scores).credit < 1
    assert seen(judge, "q2", scores, **own).credit == 1
    assert seen(judge, "q3", segments, **own).credit == 1
    bare = {**own, "q2": scores[["customer_id", "r_score", "f_score", "m_score"]]}
    assert seen(judge, "q3", segments, **bare).credit == 1
    for slip, words in (
        (scores.assign(r_score=6 - scores["r_score"]), "recency_reversed"),
        (rfm_score(rfm, ties="first"), "ties_by_row_order"),
    ):
        assert seen(judge, "q2", slip, **own).mistake == words


def test_the_rubric_is_worth_what_the_question_says():
    assert KEY.questions["q6"].points == 20
    assert sum(question.points for question in CLOSED) == 20
    assert all(question.hints and question.again for question in KEY.questions.values())
