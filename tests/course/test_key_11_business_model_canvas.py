"""The key of exercise 11: what is right passes, known mistakes are told apart, nothing else."""

import importlib.util

import numpy as np
import pandas as pd
import pytest

from whobuys.canvas import (
    Canvas,
    block_key,
    canvas_blocks,
    check_canvas,
    gallery_canvas,
    unit_economics,
)
from whobuys.course import Judge, load_key, unit_folder
from whobuys.course._answers import decode, encode

UNIT = unit_folder("11_business_model_canvas")
KEY = load_key(UNIT / "key.py")
CLOSED = [question for question in KEY.questions.values() if not question.open]
NINE = list(canvas_blocks())
JUDGES = {}


def judge_of(seed):
    """Return the judge of a case; None is the one to practise on."""
    if seed not in JUDGES:
        JUDGES[seed] = Judge(KEY, KEY.draw(seed or 0))
    return JUDGES[seed]


def seen(judge, id, value):
    return judge.judge(id, decode(encode(value)))


def canvases_of(case):
    """Read the six canvases with the toolkit, as a student may."""
    links = case["links"].groupby("note")["to"].agg(list)
    made = {}
    for name, own in case["notes"].groupby("canvas"):
        entries = [
            {
                "id": row.note,
                "block": row.block,
                "text": row.text,
                "kind": row.kind,
                "amount": None if np.isnan(row.amount) else row.amount,
                "links": links.get(row.note, []),
            }
            for row in own.itertuples()
        ]
        made[name] = Canvas.from_dict(
            {"format": "whobuys canvas", "version": 1, "kind": "business", "entries": entries}
        )
    return made


# What a student could as well hand in ----------------------------------------------------------


@pytest.mark.parametrize("seed", [None, 1, 2, 7, 11])
def test_the_toolkit_gives_the_same_answers(seed):
    judge = judge_of(seed)
    six, brief = canvases_of(judge.case), judge.case["brief"].iloc[0]
    found = {
        "q1": [f"{name}: {key}" for name, one in six.items() for key in one.missing],
        "q2": {f"{name}: {key}" for name, one in six.items() for key in one.extra},
        "q3": pd.Series([f"{name}: {key}" for name, one in six.items() for key in one.unlinked]),
        "q4": unit_economics(six[brief["canvas"]], brief["units"])["break_even_units"],
    }
    school = six["online school"]
    groups = {group.text: 0.0 for group in school.groups}
    for stream in school.block("revenue"):
        who = [one.text for one in school.linked(stream.id) if one.text in groups]
        for text in who:
            groups[text] += stream.amount / len(who)
    found["q5"] = pd.Series(groups, name="revenue")
    for id, value in found.items():
        assert seen(judge, id, value).status == "passed", id


@pytest.mark.parametrize("id", ["q1", "q2", "q3"])
def test_lists_may_come_in_other_forms(id):
    judge = judge_of(None)
    good = judge.right(id)
    for value in (
        good[::-1],
        tuple(good),
        set(good),
        pd.Series(good),
        pd.Index(good),
        [one.upper() for one in good],
        [one.replace(": ", " :") for one in good],
        good + good[:1],
    ):
        assert seen(judge, id, value).status == "passed", value


FORMS = {
    "row order": lambda t: t.iloc[::-1],
    "index": lambda t: t.set_index("segment"),
    "nameless index": lambda t: t.set_index("segment").rename_axis(None),
    "series": lambda t: t.set_index("segment")["revenue"],
    "dict": lambda t: dict(zip(t["segment"], t["revenue"], strict=True)),
    "nullable": lambda t: t.convert_dtypes(),
    "digits as text": lambda t: t.astype(str),
    "upper case": lambda t: t.assign(segment=t["segment"].str.upper()),
    "further columns": lambda t: t.assign(note="mine"),
    "whole numbers": lambda t: t.assign(revenue=t["revenue"].astype(int)),
}


@pytest.mark.parametrize("form", FORMS)
def test_the_form_of_the_table_does_not_matter(form):
    judge = judge_of(None)
    assert seen(judge, "q5", FORMS[form](judge.right("q5"))).status == "passed"


def test_break_even_may_be_any_number_type():
    judge = judge_of(None)
    good = judge.right("q4")
    for value in (good, np.float64(good), [good], round(good, 2), pd.Series([good])):
        assert seen(judge, "q4", value).status == "passed", value


def test_a_canvas_may_be_handed_in_as_text_or_as_blocks():
    judge = judge_of(None)
    mine = judge.right("q6")
    blocks = {key: [e.text for e in mine.block(key)] for key in NINE}
    for value in (mine, mine.to_json(), mine.to_dict()):
        assert seen(judge, "q6", value).status == "passed"
    assert seen(judge, "q6", blocks).status == "partly"


# What students get -----------------------------------------------------------------------------


def test_the_cases_differ():
    rights = [judge_of(seed) for seed in (None, 1, 2, 3, 4)]
    for id in ("q1", "q2", "q3"):
        assert len({tuple(judge.right(id)) for judge in rights}) == len(rights), id
    assert len({judge.right("q4") for judge in rights}) == len(rights)


@pytest.mark.parametrize("seed", [None, 1, 2, 3, 4, 5])
def test_each_case_has_what_the_texts_are_known_for(seed):
    judge = judge_of(seed)
    case, missing = judge.case, judge.right("q1")
    assert {
        "online school: cost_structure",
        "made to measure: key_activities",
        "list of nine: revenue_streams",
    } <= set(missing)
    assert "list of ten: key_metrics" in judge.right("q2")
    wrong = [*missing, *judge.right("q2"), *judge.right("q3")]
    for sound in ("bicycle workshop", "noon kitchen"):
        assert not [one for one in wrong if one.startswith(sound)]
    assert case["notes"]["note"].is_unique
    assert set(case["links"]["note"]) | set(case["links"]["to"]) <= set(case["notes"]["note"])
    assert (case["notes"]["text"] == "total").sum() == 1
    assert sum(block_key(name) is None for name in case["notes"]["block"]) == 2
    costs = case["notes"][[block_key(name) == "cost_structure" for name in case["notes"]["block"]]]
    firm = costs[costs["canvas"] == case["brief"]["canvas"].item()]
    total = firm["text"] == "total"
    assert firm.loc[total, "amount"].item() == pytest.approx(firm.loc[~total, "amount"].sum())


def test_the_gallery_lacks_the_same():
    assert gallery_canvas("online education").missing == ("cost_structure",)
    assert gallery_canvas("made-to-measure fashion").missing == ("key_activities",)
    assert gallery_canvas("nine elements").missing == ("revenue_streams",)
    assert gallery_canvas("ten items").extra == ("key_metrics",)


# What does not pass ----------------------------------------------------------------------------


def wrong_lists(judge, id):
    good = judge.right(id)
    rest = [one for one in good if not one.endswith("key_metrics")]
    names = sorted(judge.case["notes"]["canvas"].unique())
    return {
        "one missing": [one for one in good if one not in rest[:1]],
        "the first alone": good[:1] if len(good) > 3 else [good[-1], "noon kitchen: channels"],
        "one more": [*good, "noon kitchen: value_propositions"],
        "keys only": [one.split(": ")[1] for one in good],
        "canvases only": [one.split(": ")[0] for one in good],
        "turned round": [": ".join(one.split(": ")[::-1]) for one in good],
        "every block of all": [f"{name}: {key}" for name in names for key in NINE],
        "nothing": [],
        "in English": [one.replace("_", " ") for one in good],
        "other canvas": [f"noon kitchen: {one.split(': ')[1]}" for one in good],
    }


def wrong_numbers(judge):
    good = judge.right("q4")
    brief = judge.case["brief"].iloc[0]
    figures = unit_economics(canvases_of(judge.case)[brief["canvas"]], brief["units"])
    return {
        "units": int(brief["units"]),
        "share": good / brief["units"],
        "safety": figures["safety"],
        "rounded down": int(good),
        "one decimal": round(good, 1) + 0.06,
        "a year": good * 12,
        "contribution": figures["contribution"],
        "profit": figures["profit"],
        "by unit cost": figures["fixed_cost"] / figures["unit_cost"],
        "nothing": 0,
        "negative": -good,
    }


def wrong_payers(judge):
    good = judge.right("q5")
    total = good["revenue"].sum()
    return {
        "equal": good.assign(revenue=total / 3),
        "turned round": good.assign(revenue=good["revenue"].to_numpy()[::-1] + 1),
        "doubled": good.assign(revenue=good["revenue"] * 2),
        "a year": good.assign(revenue=good["revenue"] * 12),
        "shares": good.assign(revenue=good["revenue"] / total),
        "all to one": good.assign(revenue=[total, 0, 0]),
        "nothing": good.assign(revenue=0),
        "one row too many": pd.concat(
            [good, pd.DataFrame({"segment": ["rest"], "revenue": [1.0]})]
        ),
        "first row": good.iloc[:1],
        "ids": good.assign(segment=["N001", "N002", "N003"]),
    }


@pytest.mark.parametrize("id", ["q1", "q2", "q3", "q4", "q5"])
@pytest.mark.parametrize("seed", [None, 3])
def test_nothing_else_passes(id, seed):
    judge = judge_of(seed)
    made = {"q4": wrong_numbers, "q5": wrong_payers}.get(id)
    wrong = made(judge) if made else wrong_lists(judge, id)
    if id == "q1":  # known mistakes there
        del wrong["keys only"], wrong["in English"]
    assert len(wrong) >= 8
    for name, value in wrong.items():
        verdict = seen(judge, id, value)
        assert verdict.status in ("partly", "try_again"), name
        assert verdict.mistake is None, (name, verdict)
        assert verdict.credit <= 0.5, name
        assert verdict.details, name


def test_blocks_without_canvas_or_key_are_told_how_to_write_them():
    judge = judge_of(None)
    good = judge.right("q1")
    alone = [one.split(": ")[1] for one in good]
    assert seen(judge, "q1", alone).mistake == "keys_alone"
    assert seen(judge, "q1", alone[:-1]).mistake is None
    named = [f"{name}: {canvas_blocks()[key].names['en']}" for name, key in map(parted, good)]
    assert seen(judge, "q1", named).mistake == "names_for_keys"
    assert seen(judge, "q1", named[:-1]).mistake is None
    assert seen(judge, "q1", [*named, "noon kitchen: channels"]).mistake is None


def parted(one):
    return one.split(": ")


def spoilt(mine, change):
    for entry in mine.entries:
        mine = change(mine, entry)
    return mine


def test_other_faults_of_a_canvas_are_no_known_mistake_and_earn_their_share():
    judge = judge_of(None)
    mine = judge.right("q6")
    first = mine.groups[0]
    wrong = {
        "no costs": mine.remove("thread and zips").remove("rent of the counter"),
        "no partner": mine.remove("the laundry, which owns the counter"),
        "a tenth": mine.add("key metrics", "pieces a week"),
        "a vague one": mine.add("value propositions", "good quality", links=[first.text]),
        "a segment without anything": mine.add("customers", "visitors of the fair"),
        "one cost without cause": mine.change("thread and zips", links=()),
        "one cost without kind": mine.change("rent of the counter", kind=""),
        "one proof": spoilt(mine, lambda c, e: c.change(e.id, evidence=e.evidence and ()))
        .change(first.id, evidence="seen")
        .change("thread and zips", kind=""),
        "no pain": mine.remove("nobody to repair the child's coat before Monday"),
    }
    for name, value in wrong.items():
        verdict = seen(judge, "q6", value)
        assert verdict.status == "partly", name
        assert verdict.mistake is None, name
        assert 0.6 < verdict.credit < 1, name
        assert verdict.details[0].startswith("Your canvas meets"), name
    assert seen(judge, "q6", Canvas("x").add("costs", "rent")).credit < 0.2
    assert seen(judge, "q6", "a text").credit == 0
    assert seen(judge, "q6", 7).credit == 0


@pytest.mark.parametrize("seed", [None, 2])
def test_none_of_the_six_canvases_passes_as_ones_own(seed):
    judge = judge_of(seed)
    for name, one in canvases_of(judge.case).items():
        assert seen(judge, "q6", one).status == "partly", name


# Known mistakes in other forms -----------------------------------------------------------------


@pytest.mark.parametrize("seed", [None, 1, 5])
def test_mistakes_are_known_in_other_forms(seed):
    judge = judge_of(seed)
    for id in ("q1", "q2", "q3"):
        question = KEY.questions[id]
        for mistake in question.mistakes:
            wrong = judge._make(question, mistake, {}).answer.value
            for form in (set, tuple, pd.Series, lambda x: [one.upper() for one in x][::-1]):
                assert seen(judge, id, form(wrong)).mistake == mistake.id, (id, mistake.id)


@pytest.mark.parametrize(
    ("change", "mistake"),
    [
        (lambda c, e: c.change(e.id, links=()), "not_linked"),
        (lambda c, e: c.change(e.id, amount=None), "without_money"),
        (lambda c, e: c.change(e.id, evidence=()), "without_evidence"),
    ],
)
def test_what_a_canvas_lacks_as_a_whole_is_recognised_on_any_canvas(change, mistake):
    judge = judge_of(None)
    other = judge.right("q6").add("channels", "a poster in the staff room")
    verdict = seen(judge, "q6", spoilt(other, change))
    assert verdict.mistake == mistake
    assert str(len(other.entries)) in verdict.details[0]


@pytest.mark.parametrize("seed", [None, 4])
def test_the_words_name_the_students_own_rows(seed):
    judge = judge_of(seed)
    question = KEY.questions["q5"]
    for mistake in question.mistakes[:2]:
        verdict = seen(judge, "q5", judge._make(question, mistake, {}).answer.value)
        assert any(f"“{text}”" in verdict.details[0] for text in judge.case["notes"]["text"])


def test_the_rubric_is_worth_what_the_question_says():
    assert [c.points for c in KEY.questions["q7"].compare.rubric] == [5, 5, 4, 4, 2]
    assert sum(question.points for question in CLOSED) == 20


# What the lesson says ---------------------------------------------------------------------------


def test_what_the_text_claims_of_the_shipped_case():
    spec = importlib.util.spec_from_file_location("facts_11", UNIT / "facts.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    said = module.facts()

    def number(name):
        return float(said[name].replace(",", "").replace("\xa0%", ""))

    assert number("teacher_margin") > number("profit")
    assert 1 / 3 < number("pay_teen") / number("teen_leaving") < 1 / 2
    assert number("pay_teacher") < number("pay_teen") < number("pay_pupils")
    assert number("web_parents") > number("web_teachers") > number("web_pupils")
    assert 0 < number("licences_off") < 5
    assert (
        100 - number("till_pupils_share") - 100 * number("till_nobody") / number("till_revenue")
        > 80
    )
    assert abs(number("profit") / number("page_profit") - 1) < 0.15
    assert int(said["praise"]) > 2 * int(said["changed"])
    assert said["today_unlinked_count"] == "Four"
    assert check_canvas(KEY.questions["q6"].answer(None)).empty
