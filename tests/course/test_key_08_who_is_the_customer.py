"""The key of exercise 08: what is right passes, known mistakes are told apart, nothing else."""

import numpy as np
import pandas as pd
import pytest

from whobuys.course import Judge, load_key, unit_folder
from whobuys.course._answers import decode, encode
from whobuys.target import attractiveness, contribution, roles_apart

KEY = load_key(unit_folder("08_who_is_the_customer") / "key.py")
CLOSED = [question for question in KEY.questions.values() if not question.open]
JUDGES = {}


def judge_of(seed=0):
    if seed not in JUDGES:
        JUDGES[seed] = Judge(KEY, KEY.draw(seed))
    return JUDGES[seed]


def seen(judge, id, value, **others):
    given = {name: decode(encode(other)) for name, other in others.items()}
    return judge.judge(id, decode(encode(value)), given)


def whole(case):
    lines = case["lines"].merge(case["accounts"], on="customer_id")
    return lines.merge(case["goods"], on="product_id")


# The tables --------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(6))
def test_the_tables_fit_together(seed):
    case = judge_of(seed).case
    accounts, lines, goods = case["accounts"], case["lines"], case["goods"]
    assert accounts["customer_id"].is_unique
    assert set(lines["customer_id"]) == set(accounts["customer_id"])
    assert set(lines["product_id"]) <= set(goods["product_id"])
    assert lines["date"].min() > case.as_of - pd.DateOffset(years=1)
    assert set(accounts["type"]) == set(case["criteria"]["type"])
    assert accounts["territory"].nunique() == 5
    assert (goods["landed_cost"] > 0).all()
    assert (accounts[["buyer_role", "decider_role"]] == "").any().all()
    assert not accounts.isna().any(axis=None)
    assert case["weights"]["weight"].sum() == 10
    again = KEY.draw(seed)
    for name in ("accounts", "lines", "goods", "criteria", "weights"):
        assert case[name].equals(again[name]), name


@pytest.mark.parametrize("seed", range(6))
def test_the_questions_ask_something(seed):
    """Each winner is not simply the largest of everything."""
    judge = judge_of(seed)
    lines = whole(judge.case)
    places = lines.groupby("territory").agg(sales=("amount", "sum"), n=("customer_id", "nunique"))
    assert places["sales"].idxmax() != places["n"].idxmax()
    sold = lines.groupby("product")["amount"].sum()
    assert sold.idxmax() != judge.right("q3")
    profit = (lines["amount"] - lines["quantity"] * lines["landed_cost"]).groupby(lines["product"])
    assert profit.sum()[sold.idxmax()] > 0
    points = judge.right("q5")["attractiveness"]
    assert points.between(0, 1).all()


def test_students_get_different_questions():
    answers = [tuple(judge_of(s).right(q) for q in ("q2", "q3", "q6")) for s in range(12)]
    assert len(set(answers)) >= 8
    assert all(len({a[place] for a in answers}) >= 3 for place in range(3))


# What passes -------------------------------------------------------------------------------------


def by_toolkit(case):
    weights = case["weights"].set_index("criterion")["weight"].to_dict()
    scores = attractiveness(case["criteria"], weights, reverse=["effort"], segment="type")
    roles = case["accounts"][["buyer_role", "decider_role"]].apply(lambda c: c.str.lower())
    pairs = roles_apart(roles.replace("", None), {"buyer": "buyer_role", "decider": "decider_role"})
    products = contribution(case["lines"], "product", products=case["goods"], cost="landed_cost")
    return {
        "q1": contribution(case["lines"], "type", customers=case["accounts"]),
        "q2": contribution(case["lines"], "territory", customers=case["accounts"]).loc[
            0, "territory"
        ],
        "q3": products.loc[products["profit_rank"] == 1, "product"].iloc[0],
        "q4": pairs.loc[0, "apart"],
        "q5": scores,
        "q6": scores.loc[0, "type"],
    }


def by_hand(case):
    lines, accounts = whole(case), case["accounts"]
    earned = lines["amount"] - lines["quantity"] * lines["landed_cost"]
    table = case["criteria"].set_index("type")
    table = (table - table.min()) / (table.max() - table.min())
    table["effort"] = 1 - table["effort"]
    points = (table * case["weights"].set_index("criterion")["weight"]).sum(axis=1) / 10
    known = accounts[(accounts["buyer_role"] != "") & (accounts["decider_role"] != "")]
    differ = [
        a.casefold() != b.casefold()
        for a, b in zip(known["buyer_role"], known["decider_role"], strict=True)
    ]
    spent = lines.groupby("type")["amount"].sum()
    return {
        "q1": (spent / spent.sum()).to_frame("revenue_share"),
        "q2": [lines.groupby("territory")["amount"].sum().idxmax().upper()],
        "q3": pd.Series([f"  {earned.groupby(lines['product']).sum().idxmax()} "]),
        "q4": float(sum(differ)),
        "q5": points.rename("attractiveness"),
        "q6": points.idxmax().capitalize(),
    }


@pytest.mark.parametrize("way", [by_toolkit, by_hand])
@pytest.mark.parametrize("seed", range(6))
def test_other_ways_to_the_right_answer_pass(seed, way):
    judge = judge_of(seed)
    for id, value in way(judge.case).items():
        assert seen(judge, id, value).status == "passed", id


FORMS = {
    "row order": lambda t: t.sample(frac=1, random_state=5),
    "index": lambda t: t.set_index("type"),
    "nameless index": lambda t: t.set_index("type").rename_axis(None),
    "a series": lambda t: t.set_index("type").iloc[:, 0],
    "nullable": lambda t: t.convert_dtypes(),
    "digits as text": lambda t: t.astype(str),
    "upper case": lambda t: t.assign(type=t["type"].str.upper()),
    "categories": lambda t: t.astype({"type": "category"}),
    "further columns": lambda t: t.assign(note="mine", rank=1),
    "columns turned round": lambda t: t[t.columns[::-1]],
    "four decimals": lambda t: t.round(4),
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(("id", "column"), [("q1", "revenue_share"), ("q5", "attractiveness")])
def test_the_form_does_not_matter(id, column, form):
    judge = judge_of()
    right = judge.right(id)[["type", column]]
    assert seen(judge, id, FORMS[form](right)).status == "passed"


def test_a_slip_in_the_scores_is_paid_once():
    for seed in range(8):
        judge = judge_of(seed)
        right = judge.right("q5").set_index("type")["attractiveness"]
        best_alone = KEY.questions["q6"].mistakes[0].make(judge.case).answer
        known = {right.idxmax(), right.idxmin(), best_alone}
        other = next(name for name in right.index if name not in known)
        slipped = right.where(right.index != other, 0.99).reset_index()
        assert seen(judge, "q6", other).credit < 1
        assert seen(judge, "q6", other, q5=slipped).credit == 1


def test_roles_typed_in_any_way_count_the_same():
    case = judge_of().case
    told = case["accounts"]
    loud = told.assign(
        buyer_role=told["buyer_role"].str.upper(), decider_role="  " + told["decider_role"]
    )
    changed = dict.fromkeys(("buyer_role", "decider_role"))
    changed = {name: loud[name].str.strip().str.lower() for name in changed}
    differ = changed["buyer_role"] != changed["decider_role"]
    known = (changed["buyer_role"] != "") & (changed["decider_role"] != "")
    assert int((differ & known).sum()) == judge_of().right("q4")


# What does not pass ------------------------------------------------------------------------------


def wrong_shares(case):
    lines, right = whole(case), judge_of().right("q1")
    spent = lines.groupby("type")["amount"]
    pieces = lines.groupby("type")["quantity"].sum()
    orders = lines.groupby("type")["order_id"].nunique()
    full = (lines["quantity"] * lines["unit_price"]).groupby(lines["type"]).sum()

    def table(values):
        return values.rename("revenue_share").rename_axis("type").reset_index()

    return {
        "pieces": table(pieces / pieces.sum()),
        "orders": table(orders / orders.sum()),
        "of the largest": right.assign(
            revenue_share=right["revenue_share"] / right["revenue_share"].max()
        ),
        "cumulative": right.assign(revenue_share=right["revenue_share"].cumsum()),
        "one is missing": right.iloc[1:],
        "equal": right.assign(revenue_share=1 / len(right)),
        "sorted apart": right.assign(revenue_share=np.sort(right["revenue_share"])),
        "two decimals off": right.assign(revenue_share=right["revenue_share"] + 0.01),
        "thousands of pounds": table(spent.sum() / 1000),
        "medians": table(spent.median() / spent.median().sum()),
        "before discount, pounds": table(full),
        "by territory": table(
            lines.groupby("territory")["amount"].sum() / lines["amount"].sum()
        ),
    }  # fmt: skip


def wrong_names(column, right, known):
    def make(case):
        names = [name for name in sorted(whole(case)[column].unique()) if name not in known(case)]
        return {
            **{name: name for name in names},
            "all": ", ".join(names),
            "nothing": "",
            "not asked": "tea house",
            "a part": judge_of().right(right)[:3],
            "with more": judge_of().right(right) + " and others",
            "a place in the list": "1",
            "the column": column,
            "unknown": "not known",
            "none": "none",
        }

    return make


def makers(id):
    """Return the answers that the known mistakes of a question give."""

    def of(case):
        found = {judge_of().right(id)}
        for mistake in KEY.questions[id].mistakes:
            made = mistake.make(case)
            found.add(getattr(made, "answer", made))
        return found

    return of


def wrong_counts(case):
    right = judge_of().right("q4")
    accounts = case["accounts"]
    small = accounts[["buyer_role", "decider_role", "user_role"]].apply(lambda c: c.str.lower())
    return {
        "all": len(accounts),
        "known": int((accounts["decider_role"] != "").sum()),
        "one more": right + 1,
        "one less": right - 1,
        "none": 0,
        "percent": round(100 * right / len(accounts), 1),
        "of the lines": right / len(case["lines"]),
        "pairs": int(small[["buyer_role", "decider_role"]].drop_duplicates().shape[0]),
        "gaps": int((accounts["decider_role"] == "").sum()),
        "lines": len(case["lines"]),
        "negative": -right,
    }


def wrong_scores(case):
    right = judge_of().right("q5")
    points = right["attractiveness"]
    table = case["criteria"].set_index("type")
    weights = case["weights"].set_index("criterion")["weight"]
    scaled = (table - table.min()) / (table.max() - table.min())
    z = (table - table.mean()) / table.std()
    product = (scaled.assign(effort=1 - scaled["effort"]) ** weights).prod(axis=1)

    def of(values):
        return values.rename("attractiveness").rename_axis("type").reset_index()

    return {
        "upside down": right.assign(attractiveness=1 - points),
        "the ranks": right.assign(attractiveness=points.rank()),
        "shares": right.assign(attractiveness=points / points.sum()),
        "percent": right.assign(attractiveness=100 * points),
        "z": of((z * weights).sum(axis=1) / 10),
        "product": of(product),
        "profit only": of(scaled["profit"]),
        "half for all": right.assign(attractiveness=0.5),
        "sorted apart": right.assign(attractiveness=np.sort(points)),
        "one is missing": right.iloc[:-1],
        "one decimal": right.round(1),
        "effort left out": of((scaled.drop(columns="effort") * weights.drop("effort")).sum(axis=1)
                              / weights.drop("effort").sum()),
    }  # fmt: skip


WRONG = {
    "q1": wrong_shares,
    "q2": wrong_names("territory", "q2", makers("q2")),
    "q3": wrong_names("product", "q3", makers("q3")),
    "q4": wrong_counts,
    "q5": wrong_scores,
    "q6": wrong_names("type", "q6", makers("q6")),
}


@pytest.mark.parametrize("id", WRONG)
def test_nothing_else_passes(id):
    judge = judge_of()
    made = WRONG[id](judge.case)
    assert len(made) >= 8
    for name, value in made.items():
        verdict = seen(judge, id, value)
        assert verdict.status in ("partly", "try_again", "not_started"), name
        assert verdict.mistake is None, (name, verdict.mistake)
        assert verdict.credit <= 0.5, name


@pytest.mark.parametrize("form", ["row order", "index", "nameless index", "upper case"])
@pytest.mark.parametrize(
    ("id", "mistake"),
    [("q1", "accounts_counted"), ("q1", "in_percent"), ("q5", "not_turned"), ("q5", "by_rank")],
)
def test_mistakes_are_recognised_in_other_forms(id, mistake, form):
    judge = judge_of()
    made = next(m for m in KEY.questions[id].mistakes if m.id == mistake).make(judge.case)
    wrong = getattr(made, "answer", made)
    assert seen(judge, id, FORMS[form](wrong)).mistake == mistake


def test_what_is_said_names_the_students_own_data():
    judge = judge_of()
    case, lines = judge.case, whole(judge.case)
    sold = lines.groupby("product")["amount"].sum()
    words = seen(judge, "q3", sold.idxmax()).details[0]
    assert sold.idxmax() in words
    assert f"{sold.max():,.0f} pounds" in words
    told = case["accounts"]
    raw = int((told["buyer_role"] != told["decider_role"]).sum())
    verdict = seen(judge, "q4", raw)
    assert verdict.mistake == "as_it_stands"
    assert verdict.credit == 0.25


def test_the_rubric_is_worth_what_the_question_says():
    assert KEY.questions["q7"].points == 20
    assert sum(question.points for question in CLOSED) == 20
    assert all(question.hints and question.again for question in KEY.questions.values())
