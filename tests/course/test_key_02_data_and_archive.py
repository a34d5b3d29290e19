"""The key of exercise 02: planted faults are counted exactly, other ways pass, no others do."""

import numpy as np
import pandas as pd
import pytest

from whobuys.archive import is_missing
from whobuys.course import Judge, load_key, unit_folder
from whobuys.course._answers import decode, encode

UNIT = "02_data_and_archive"
KEY = load_key(unit_folder(UNIT) / "key.py")
SPOILED = KEY.extra.__globals__["spoiled"]
JUDGES = {}


def judge_of(seed):
    if seed not in JUDGES:
        JUDGES[seed] = Judge(KEY, KEY.draw(seed))
    return JUDGES[seed]


def seen(judge, id, value, **others):
    given = {name: decode(encode(other)) for name, other in others.items()}
    return judge.judge(id, decode(encode(value)), given)


# The truth behind the raw files ------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(20))
def test_the_rules_find_exactly_what_was_planted(seed):
    judge = judge_of(seed) if seed < 4 else Judge(KEY, KEY.draw(seed))
    case = judge.case
    tables, truth = SPOILED(case.company, case.seed)
    clean, planted = truth["clean"], truth["planted"]
    pd.testing.assert_frame_equal(tables["raw_orders"], case["raw_orders"])

    assert judge.right("q2") == len(clean["customers"])

    gaps = planted[planted["kind"].str.startswith("gaps")]
    raw = case["raw_customers"]
    missing = judge.right("q1").set_index("field")["missing"]
    for field in ("age", "gender", "source"):
        lost = set(gaps.loc[gaps["column"].eq(field), "key"])
        first = raw.drop_duplicates("customer_id").head(len(clean["customers"]))
        flags = is_missing(first[field])
        assert set(first.loc[flags, "customer_id"]) == lost
    assert missing["email"] == raw["customer_id"].isin(truth["without_email"]).mean()
    assert (missing[["customer_id", "joined", "city", "member"]] == 0).all()

    lines = clean["transactions"]
    key = lines["order_id"] + "/" + lines["product_id"]
    dates = planted.loc[planted["kind"].eq("impossible_dates"), "key"]
    wrong = set(dates) | set(truth["wrong_sign"])
    refunds = planted.loc[planted["kind"].eq("refunds") & planted["change"].eq("row"), "row"]
    back = case["raw_orders"].iloc[refunds.to_numpy(int)]
    assert back["refund_of"].ne("").all()
    revenue = lines.loc[~key.isin(wrong), "amount"].sum() + back["amount"].sum()
    assert judge.right("q4") == pytest.approx(revenue, abs=0.01)

    orders = case["raw_orders"].set_index("row").loc[judge.right("q3")]
    test = orders["customer_id"].eq("TEST")
    planted_tests = planted["kind"].eq("test_orders") & planted["change"].eq("row")
    assert test.sum() >= planted_tests.sum()
    from_order = orders["order_id"].str[0].isin(["O"]) & ~test
    assert set((orders["order_id"] + "/" + orders["product_id"])[from_order]) == wrong


@pytest.mark.parametrize("seed", [0, 1])
def test_every_customer_has_the_money_and_the_day_of_the_clean_tables(seed):
    judge = judge_of(seed)
    _, truth = SPOILED(judge.case.company, judge.case.seed)
    archive = judge.right("q5").set_index("customer_id")
    customers = truth["clean"]["customers"].set_index("customer_id")
    assert archive.index.tolist() == customers.index.tolist()
    assert (archive["joined"] == customers["joined"]).all()
    lines, planted = truth["clean"]["transactions"], truth["planted"]
    key = lines["order_id"] + "/" + lines["product_id"]
    out = set(planted.loc[planted["kind"].isin(["impossible_dates", "guest_orders"]), "key"])
    kept = lines[~key.isin(out | set(truth["wrong_sign"]))]
    orders = kept.groupby("customer_id")["order_id"].nunique()
    assert (archive["orders"] == orders.reindex(archive.index).fillna(0)).all()
    bought = kept.groupby("customer_id")["amount"].sum().reindex(archive.index).fillna(0)
    assert ((bought - archive["revenue"]) > -0.01).all()
    assert 0.6 < (abs(bought - archive["revenue"]) < 0.01).mean() < 1


def test_the_raw_files_hold_no_truth():
    case = judge_of(0).case
    assert set(case.tables) == {"products", "raw_customers", "raw_orders"}
    raw = case["raw_customers"]
    assert raw.isna().sum().sum() == 0
    words = set(raw["age"][is_missing(raw["age"])])
    assert words == {"", " ", "-", "n/a", "N/A"}
    copied = raw[raw["customer_id"].duplicated(keep=False)]
    assert copied.groupby("customer_id").nunique().eq(1).all(axis=None)


# What passes -------------------------------------------------------------------------------------


def by_hand(case):
    """Answer every question with pandas alone."""
    people, orders = case["raw_customers"], case["raw_orders"]
    gaps = people.apply(lambda field: field.str.strip().str.lower().isin(["", "n/a", "-"]))
    email = people["email"].str.strip().str.lower()
    who = email.where(~email.isin(["", "n/a", "-"]), people["customer_id"])
    day = pd.to_datetime(orders["date"], errors="coerce", format="%Y-%m-%d")
    bad = (
        ~(day <= "2026-06-30")
        | ((orders["amount"] < 0) & (orders["refund_of"] == ""))
        | (orders["customer_id"] == "TEST")
    )
    good = orders[~bad & (orders["status"] != "cancelled")].drop(columns="row").drop_duplicates()
    number = people.groupby(who)["customer_id"].transform("min")
    leads = dict(zip(people["customer_id"], number, strict=True))
    good = good.assign(owner=good["customer_id"].map(leads))
    archive = pd.DataFrame(
        {
            "joined": people.groupby(number)["joined"].min(),
            "orders": good[good["amount"] > 0].groupby("owner")["order_id"].nunique(),
            "revenue": good.groupby("owner")["amount"].sum(),
        }
    ).fillna(0)
    return {
        "q1": gaps.mean().rename_axis("field").rename("missing"),
        "q2": who.nunique(),
        "q3": orders.loc[bad, "row"],
        "q4": good["amount"].sum(),
        "q5": archive.rename_axis("customer_id"),
    }


@pytest.mark.parametrize("seed", [0, 3])
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
    "categories": lambda t: t.astype({t.columns[0]: "category"}),
    "further columns": lambda t: t.assign(note="mine", city="Basel"),
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("id", ["q1", "q5"])
def test_the_form_does_not_matter(id, form):
    judge = judge_of(0)
    assert seen(judge, id, FORMS[form](judge.right(id))).status == "passed"


def test_lists_and_numbers_may_be_of_any_type():
    judge = judge_of(0)
    rows = judge.right("q3")
    for value in (
        rows[::-1],
        set(rows),
        tuple(rows),
        np.array(rows),
        pd.Series(rows, dtype=float),
        pd.DataFrame({"row": rows}),
        rows + rows[:5],
    ):
        assert seen(judge, "q3", value).status == "passed"
    for value in (1400.0, np.int64(1400), pd.Series([1400])):
        assert seen(judge, "q2", value).status == "passed"
    assert seen(judge, "q4", judge.right("q4") + 0.004).status == "passed"
    assert seen(judge, "q1", judge.right("q1").round(4)).status == "passed"


# What does not pass ------------------------------------------------------------------------------


def wrong_rates(case):
    right = judge_of(0).right("q1")
    return {
        "known, not missing": right.assign(missing=1 - right["missing"]),
        "three decimals": right.round(3),
        "one decimal": right.round(1),
        "one field left out": right.iloc[:-1],
        "only those with gaps": right[right["missing"] > 0],
        "sorted apart": right.assign(missing=np.sort(right["missing"])),
        "all zero but age": right.assign(missing=right["missing"] * (right["field"] == "age")),
        "the mean for all": right.assign(missing=right["missing"].mean()),
        "of the gaps": right.assign(missing=right["missing"] / right["missing"].sum()),
        "columns swapped": right.set_axis(["missing", "field"], axis=1),
        "no e-mail is no gap": right.assign(
            missing=right["missing"] * (right["field"] != "email")
        ),
    }  # fmt: skip


def wrong_customers(case):
    people = case["raw_customers"]
    return {
        "one less": 1399,
        "one more": 1401,
        "buyers": case["raw_orders"]["customer_id"].nunique(),
        "complete rows": int(people.apply(lambda f: ~f.isin(["", "-"])).all(axis=1).sum()),
        "who registered twice": 70,
        "copies": int(people.duplicated().sum()),
        "cities": people["city"].nunique(),
        "days": people["joined"].nunique(),
        "nobody": 0,
    }  # fmt: skip


def wrong_rows(case):
    orders, right = case["raw_orders"], judge_of(0).right("q3")
    return {
        "one missing": right[1:],
        "one too many": [*right, 1],
        "counted from 2": [row + 1 for row in right],
        "order numbers": orders.loc[orders["row"].isin(right), "order_id"].tolist(),
        "all": orders["row"].tolist(),
        "cancelled": orders.loc[orders["status"] == "cancelled", "row"].tolist(),
        "only tests": orders.loc[orders["customer_id"] == "TEST", "row"].tolist(),
        "the valid ones": orders.loc[~orders["row"].isin(right), "row"].tolist(),
        "cancelled too": sorted({*right, *orders.loc[orders["status"] == "cancelled", "row"]}),
    }


def wrong_revenue(case):
    orders, right = case["raw_orders"], judge_of(0).right("q4")
    return {
        "a cent more": right + 0.02,
        "whole euro": round(right),
        "thousands": right / 1000,
        "mean": orders["amount"].mean(),
        "pieces": int(orders["quantity"].sum()),
        "negative": -right,
        "only known orders": orders.loc[orders["order_id"].str.startswith("O"), "amount"].sum(),
        "copies of orders": orders.drop_duplicates("order_id")["amount"].sum(),
        "largest": orders["amount"].max(),
    }


def wrong_archive(case):
    right = judge_of(0).right("q5")
    return {
        "one is missing": right.iloc[1:],
        "columns swapped": right.rename(columns={"orders": "revenue", "revenue": "orders"}),
        "whole euro": right.assign(revenue=right["revenue"].round()),
        "order value": right.assign(revenue=right["revenue"] / right["orders"].clip(lower=1)),
        "sorted apart": right.assign(revenue=np.sort(right["revenue"])),
        "one order for all": right.assign(orders=1),
        "joined a day later": right.assign(joined=right["joined"] + pd.Timedelta(days=1)),
        "one value off": right.assign(revenue=right["revenue"] + 0.02 * (right.index == 9)),
        "orders as lines": right.assign(orders=right["orders"] * 2),
        "last day for all": right.assign(joined=pd.Timestamp("2026-06-30")),
    }


WRONG = {
    "q1": wrong_rates,
    "q2": wrong_customers,
    "q3": wrong_rows,
    "q4": wrong_revenue,
    "q5": wrong_archive,
}


@pytest.mark.parametrize("id", WRONG)
def test_nothing_else_passes(id):
    judge = judge_of(0)
    for name, value in WRONG[id](judge.case).items():
        verdict = seen(judge, id, value)
        assert verdict.status in ("partly", "try_again"), name
        assert verdict.mistake is None, (name, verdict.mistake)
        assert verdict.credit <= 0.5, name
        assert verdict.details, name


# Known mistakes in other forms -------------------------------------------------------------------


@pytest.mark.parametrize("id", ["q1", "q3", "q5"])
def test_a_known_mistake_is_known_in_another_form(id):
    judge = judge_of(0)
    question = KEY.questions[id]
    for mistake in question.mistakes:
        wrong = judge._make(question, mistake, {}).answer.value
        other = wrong[::-1] if id == "q3" else FORMS["nameless index"](FORMS["row order"](wrong))
        assert seen(judge, id, other).mistake == mistake.id


def test_a_slip_in_the_invalid_rows_is_paid_once():
    judge = judge_of(0)
    question = KEY.questions["q3"]
    refunds = next(m for m in question.mistakes if m.id == "refunds_too")
    own = judge._make(question, refunds, {}).answer.value
    orders = judge.case["raw_orders"]
    rest = orders[~orders["row"].isin(own) & (orders["status"] == "completed")]
    revenue = rest.drop_duplicates(subset=[c for c in rest if c != "row"])["amount"].sum()
    alone, carried = seen(judge, "q4", revenue), seen(judge, "q4", revenue, q3=own)
    assert alone.mistake == "refunds_dropped"
    assert carried.credit >= alone.credit
    tests = next(m for m in question.mistakes if m.id == "tests_missed")
    kept = judge._make(question, tests, {}).answer.value
    rest = orders[~orders["row"].isin(kept) & (orders["status"] == "completed")]
    revenue = rest.drop_duplicates(subset=[c for c in rest if c != "row"])["amount"].sum()
    assert seen(judge, "q4", revenue).credit < 1
    assert seen(judge, "q4", revenue, q3=kept).credit == 1


def test_the_rubric_is_that_of_the_design():
    lines = KEY.questions["q6"].compare.rubric
    assert [line.points for line in lines] == [5, 5, 4, 3, 3]
