"""The key of exercise 07: other ways to the right answer pass, mistakes are told in any form."""

import numpy as np
import pandas as pd
import pytest

from whobuys.course import Judge, load_key, unit_folder
from whobuys.course._answers import decode, encode
from whobuys.segment import trait_lift

KEY = load_key(unit_folder("07_profiles_and_personas") / "key.py")
JUDGES = {}


def judge_of(seed):
    if seed not in JUDGES:
        JUDGES[seed] = Judge(KEY, KEY.draw(seed))
    return JUDGES[seed]


def seen(judge, id, value):
    return judge.judge(id, decode(encode(value)), {})


def tables(case):
    """Return the pieces by hand: my code, people, orders, the panel with its customers."""
    mine = case["brief"]["segment"].iloc[0]
    people = case["segments"].merge(case["customers"], on="customer_id")
    orders = case["transactions"].drop_duplicates("order_id")
    asked = case["panel"].merge(people, on="customer_id")
    return mine, people, orders, asked


def by_hand(case):
    """Answer with plain loops and pandas, without the toolkit."""
    mine, people, orders, asked = tables(case)
    usual = {}
    for customer, own in orders.groupby("customer_id"):
        counts = own["channel"].value_counts()
        usual[customer] = min(counts[counts == counts.max()].index)
    rows = []
    for code, own in people.groupby("segment"):
        counts = own["customer_id"].map(usual).value_counts(normalize=True)
        rows.append({"segment": code, "channel": counts.index[0], "share": counts.iloc[0]})
    money = case["transactions"].groupby("customer_id")["amount"].sum()
    own = money[people.loc[people["segment"] == mine, "customer_id"]]
    group = asked[(asked["gender"] == "female") & (asked["age"] >= 20) & (asked["age"] <= 25)]
    wants = asked["wants_cosmetics_discounts"].sum() / len(asked)
    return {
        "q1": len(own) / len(people),
        "q2": np.median(people.loc[people["segment"] == mine, "age"]),
        "q3": pd.DataFrame(rows),
        "q4": own.mean() / money.mean() * 100,
        "q5": group["wants_cosmetics_discounts"].sum() / len(group) / wants,
    }


@pytest.mark.parametrize("seed", [0, 3, 8])
def test_other_ways_to_the_right_answer_pass(seed):
    judge = judge_of(seed)
    for id, value in by_hand(judge.case).items():
        assert seen(judge, id, value).status == "passed", id


FORMS = {
    "row order": lambda t: t.iloc[::-1],
    "index": lambda t: t.set_index("segment"),
    "nameless index": lambda t: t.set_index("segment").rename_axis(None),
    "nullable": lambda t: t.convert_dtypes(),
    "digits as text": lambda t: t.astype(str),
    "lower case": lambda t: t.assign(segment=t["segment"].str.lower()),
    "channel in capitals": lambda t: t.assign(channel=t["channel"].str.upper()),
    "categories": lambda t: t.astype({"segment": "category", "channel": "category"}),
    "further columns": lambda t: t.assign(customers=12),
    "columns turned round": lambda t: t[t.columns[::-1]],
    "rounded": lambda t: t.round(3),
}


@pytest.mark.parametrize("form", FORMS)
def test_the_form_does_not_matter(form):
    judge = judge_of(0)
    right = judge.right("q3")
    assert seen(judge, "q3", FORMS[form](right)).status == "passed"
    wrong = judge._make(KEY.questions["q3"], KEY.questions["q3"].mistakes[0], {}).answer.value
    if form != "rounded":
        assert seen(judge, "q3", FORMS[form](wrong)).mistake == "channels_by_lines"


@pytest.mark.parametrize("id", ["q1", "q2", "q4", "q5"])
def test_a_number_may_have_any_type(id):
    judge = judge_of(0)
    value = judge.right(id)
    frame = pd.DataFrame({"answer": [value]})
    for given in (value, np.float64(value), [value], pd.Series([value]), frame, round(value, 3)):
        assert seen(judge, id, given).status == "passed", given


def test_the_lift_by_the_toolkit_passes():
    judge = judge_of(0)
    _, _, _, asked = tables(judge.case)
    group = (asked["gender"] == "female") & asked["age"].between(20, 25)
    found = trait_lift(asked, "wants_cosmetics_discounts", within=group)
    assert seen(judge, "q5", found["lift"]).status == "passed"


# What does not pass ----------------------------------------------------------------------------


def wrong_numbers(case):
    mine, people, orders, asked = tables(case)
    inside = people["segment"] == mine
    ages = people.loc[inside, "age"]
    spent = people["customer_id"].map(case["transactions"].groupby("customer_id")["amount"].sum())
    count = people["customer_id"].map(orders.groupby("customer_id").size())
    women, wants = asked["gender"] == "female", asked["wants_cosmetics_discounts"].astype(bool)
    twenties = asked["age"].between(20, 25)
    right = by_hand(case)
    return {
        "q1": {
            "how many others": int((~inside).sum()),
            "the others": 1 - inside.mean(),
            "odds": inside.sum() / (~inside).sum(),
            "of those who answered": (asked["segment"] == mine).mean(),
            "of the orders": count[inside].sum() / count.sum(),
            "one decimal": round(right["q1"], 1),
            "one in four": 0.25,
            "nobody": 0,
        },
        "q2": {
            "lower quartile": ages.quantile(0.25),
            "upper quartile": ages.quantile(0.75),
            "mode": int(ages.mode().iloc[0]),
            "middle of the range": (ages.min() + ages.max()) / 2,
            "youngest": int(ages.min()),
            "half": right["q2"] / 2,
            "one year older": right["q2"] + 1,
            "mean of all": people["age"].mean(),
        },
        "q4": {
            "turned round": 10_000 / right["q4"],
            "how much less": right["q4"] - 100,
            "orders": 100 * count[inside].mean() / count.mean(),
            "share of the money": 100 * spent[inside].sum() / spent.sum(),
            "mean": spent[inside].mean(),
            "average": 100,
            "whole number": round(right["q4"]) + 1,
            "by registered": 100 * spent[inside].mean() / (spent.sum() / len(case["customers"])),
        },
        "q5": {
            "turned round": 1 / right["q5"],
            "men": wants[~women & twenties].mean() / wants.mean(),
            "all women": wants[women].mean() / wants.mean(),
            "men and women of 20 to 24": wants[asked["age"].between(20, 24)].mean() / wants.mean(),
            "how much more": right["q5"] - 1,
            "more in percent": 100 * (right["q5"] - 1),
            "of those who want": (women & twenties & wants).sum() / wants.sum(),
            "one decimal": round(right["q5"], 1) + 0.1,
        },
    }  # fmt: skip


def wrong_tables(case):
    right = by_hand(case)["q3"]
    _, people, _, _ = tables(case)
    size = people["segment"].value_counts()
    return {
        "one is missing": right.iloc[1:],
        "all in the app": right.assign(channel="app", share=0.5),
        "counts": right.assign(share=right["share"] * right["segment"].map(size).to_numpy()),
        "the other channels": right.assign(channel="voice order"),
        "what is left": right.assign(share=1 - right["share"]),
        "shares in another order": right.assign(share=right["share"].to_numpy()[::-1]),
        "channels in another order": right.assign(channel=np.roll(right["channel"], 1)[::-1]),
        "share of the segment": right.assign(share=(size / size.sum())[right["segment"]].array),
        "two decimals": right.assign(share=right["share"].round(1)),
        "a total": pd.concat([right, right.iloc[:1].assign(segment="all")]),
    }


@pytest.mark.parametrize("seed", [0, 4])
def test_nothing_else_passes(seed):
    judge = judge_of(seed)
    tried = wrong_numbers(judge.case) | {"q3": wrong_tables(judge.case)}
    for id, wrong in tried.items():
        for name, value in wrong.items():
            verdict = seen(judge, id, value)
            assert verdict.status in ("partly", "try_again"), (id, name)
            assert verdict.mistake is None, (id, name, verdict.mistake)
            assert verdict.credit <= 0.5, (id, name)
            assert verdict.details, (id, name)


def test_edges_of_the_age_band_are_told_apart():
    judge = judge_of(0)
    _, _, _, asked = tables(judge.case)
    women, wants = asked["gender"] == "female", asked["wants_cosmetics_discounts"].astype(bool)
    for low, high, mistake in ((20, 24, "below_25"), (21, 25, "above_20")):
        group = women & asked["age"].between(low, high)
        verdict = seen(judge, "q5", wants[group].mean() / wants.mean())
        assert verdict.mistake == mistake
        assert f"your group has {group.sum()} who answered" in verdict.details[0]


def test_slips_by_hand_are_told():
    judge = judge_of(0)
    mine, people, _, asked = tables(judge.case)
    inside = people["segment"] == mine
    assert seen(judge, "q1", int(inside.sum())).mistake == "how_many"
    lines = judge.case["transactions"]
    usual = lines.groupby("customer_id")["channel"].agg(lambda used: min(used.mode()))
    found = people.assign(channel=people["customer_id"].map(usual)).groupby("segment")["channel"]
    table = found.value_counts(normalize=True).rename("share").reset_index()
    table = table.sort_values("share", ascending=False).drop_duplicates("segment")
    assert seen(judge, "q3", table).mistake == "usual_by_lines"
    paid = lines.groupby(["order_id", "customer_id"])["amount"].sum().reset_index()
    own = paid["customer_id"].isin(people.loc[inside, "customer_id"])
    index = 100 * paid.loc[own, "amount"].mean() / paid["amount"].mean()
    assert seen(judge, "q4", index).mistake == "index_by_order"
    women, wants = asked["gender"] == "female", asked["wants_cosmetics_discounts"]
    twenties = asked["age"].between(20, 25)
    inside = wants[women & twenties].mean()
    assert seen(judge, "q5", wants[twenties].mean() / wants.mean()).mistake == "men_too"
    assert seen(judge, "q5", inside / wants[women].mean()).mistake == "against_the_women"
    assert seen(judge, "q5", 100 * inside / wants.mean()).mistake == "lift_as_index"


def test_the_case_has_what_the_question_needs():
    readers, mixes = set(), set()
    for seed in range(8):
        case = judge_of(seed).case
        mine, people, _, asked = tables(case)
        assert sorted(people["segment"].unique()) == ["S1", "S2", "S3", "S4"]
        assert people["segment"].value_counts(normalize=True).min() > 0.05
        assert len(asked) < len(people) < len(case["customers"])
        assert set(asked.filter(like="value_").to_numpy().ravel()) <= {1, 2, 3, 4, 5}
        planted = KEY.extra.__globals__["planted"](case)
        assert 0.55 <= planted["young_women"] <= 0.72
        group = (asked["gender"] == "female") & asked["age"].between(20, 25)
        share = asked.loc[group, "wants_cosmetics_discounts"].mean()
        spread = np.sqrt(planted["young_women"] * (1 - planted["young_women"]) / group.sum())
        assert abs(share - planted["young_women"]) < 4 * spread
        readers.add(case["brief"]["reader"].iloc[0])
        mixes.add(mine)
    assert len(readers) > 1
    assert len(mixes) > 1


def test_the_rubric_is_the_one_agreed():
    rubric = KEY.questions["q6"].compare.rubric
    assert [line.points for line in rubric] == [6, 4, 4, 3, 3]
    assert KEY.points == 40
    assert all(question.hints and question.again for question in KEY.questions.values())
