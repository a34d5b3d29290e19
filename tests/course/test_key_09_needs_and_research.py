"""The key of exercise 09: what is right passes, known mistakes are told apart, nothing else."""

import numpy as np
import pandas as pd
import pytest

from whobuys.course import Judge, load_key, unit_folder
from whobuys.course._answers import decode, encode

KEY = load_key(unit_folder("09_needs_and_research") / "key.py")
CLOSED = [question for question in KEY.questions.values() if not question.open]
NEEDS = ["results", "time", "price", "person", "fun"]
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
    contacts = case["contacts"]
    first = contacts.loc[contacts.groupby("contact_id")["date"].idxmin()].copy()
    words = first["found_by"].str.lower().str.strip().to_frame()
    first["channel"] = words.merge(case["sources"], how="left")["channel"].to_numpy()
    groups = first.groupby("channel")
    won = first[first["converted"]].groupby("channel")["value"]
    channels = pd.DataFrame(
        {
            "size": groups.size(),
            "qualified_rate": groups["qualified"].mean(),
            "conversion": groups["converted"].mean(),
            "mean_value": won.sum() / won.size(),
        }
    )
    net = (won.sum() - groups["cost"].sum()) / groups.size()
    answers, register = case["answers"], case["register"].set_index("age_group")["registered"]
    weight = (register / answers["age_group"].value_counts())[answers["age_group"]].to_numpy()
    needs, weighted = {}, {}
    for need in NEEDS:
        known = answers[f"importance_{need}"].notna().to_numpy()
        high = (answers[f"importance_{need}"] >= 4).to_numpy()
        needs[need] = high[known].mean()
        weighted[need] = np.average(high[known], weights=weight[known])
    return {
        "q1": first[["contact_id", "channel"]],
        "q2": channels,
        "q3": net.idxmax(),
        "q4": pd.Series(needs),
        "q5": pd.Series(weighted, name="share").rename_axis("need"),
    }


@pytest.mark.parametrize("seed", [None, 3, 4])
def test_other_ways_to_the_right_answer_pass(seed):
    judge = judge_of(seed)
    for id, value in by_hand(judge.case).items():
        assert seen(judge, id, value).status == "passed", id


FORMS = {
    "row order": lambda t: t.sample(frac=1, random_state=5),
    "index": lambda t: t.set_index(t.columns[0]),
    "nameless index": lambda t: t.set_index(t.columns[0]).rename_axis(None),
    "nullable": lambda t: t.convert_dtypes(),
    "upper case": lambda t: t.assign(**{t.columns[0]: t[t.columns[0]].str.upper()}),
    "categories": lambda t: t.astype({t.columns[0]: "category"}),
    "further columns": lambda t: t.assign(note="mine", city="Basel"),
    "columns turned round": lambda t: t[t.columns[::-1]],
    "five decimals": lambda t: t.assign(**t.select_dtypes(float).round(5)),
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("id", ["q1", "q2", "q4", "q5"])
def test_the_form_does_not_matter(id, form):
    judge = judge_of(None)
    assert seen(judge, id, FORMS[form](judge.right(id))).status == "passed"


def test_the_name_may_be_written_otherwise():
    judge = judge_of(None)
    right = judge.right("q3")
    for value in (right.upper(), f" {right} ", [right], pd.Series([right])):
        assert seen(judge, "q3", value).status == "passed"


# What does not pass ----------------------------------------------------------------------------


def wrong_contacts(case):
    right = judge_of(None).right("q1")[["contact_id", "channel"]]
    turn = {"web": "survey", "survey": "existing business", "existing business": "web"}
    return {
        "source, not channel": judge_of(None).right("q1").assign(channel=lambda t: t["found_by"]),
        "channels turned": right.assign(channel=right["channel"].map(turn)),
        "all web": right.assign(channel="web"),
        "shuffled": right.assign(channel=right["channel"].sample(frac=1, random_state=1).array),
        "one is missing": right.iloc[1:],
        "half": right.iloc[::2],
        "one is wrong": right.assign(channel=right["channel"].where(right.index != 5, "nowhere")),
        "every note": case["contacts"].assign(channel="web"),
        "customers only": right[judge_of(None).right("q1")["converted"].to_numpy()],
        "fair left to web": right.assign(channel=right["channel"].replace("survey", "web")),
    }  # fmt: skip


def wrong_channels(case):
    right, clean = judge_of(None).right("q2"), judge_of(None).right("q1")
    rows = clean.groupby("channel")
    median = clean[clean["converted"]].groupby("channel")["value"].median()
    return {
        "median value": right.assign(mean_value=right["channel"].map(median)),
        "columns exchanged": right.rename(
            columns={"conversion": "qualified_rate", "qualified_rate": "conversion"}
        ),
        "counts for rates": right.assign(conversion=right["conversion"] * right["size"]),
        "shares of all": right.assign(size=right["size"] / right["size"].sum()),
        "all money": right.assign(mean_value=right["channel"].map(rows["value"].sum())),
        "after cost": right.assign(mean_value=right["mean_value"] - 4),
        "two decimals": right.round(2),
        "sorted apart": right.assign(conversion=np.sort(right["conversion"])[::-1]),
        "one is missing": right.iloc[:2],
        "lost for won": right.assign(conversion=1 - right["conversion"]),
        "of all customers": right.assign(
            conversion=right["channel"].map(rows["converted"].sum()) / clean["converted"].sum()
        ),
    }


def wrong_best(case):
    return {
        "friend": "friend", "a number": 3, "nothing": "", "all": "all of them",
        "two": "survey and web", "search": "search", "teacher": "teacher", "school": "school fair",
    }  # fmt: skip


def wrong_shares(id):
    def made(case):
        right = judge_of(None).right(id)
        return {
            "one off": right.assign(share=right["share"] + (right.index == 1) * 0.002),
            "low boxes": right.assign(share=1 - right["share"]),
            "of the whole": right.assign(share=right["share"] / right["share"].sum()),
            "sorted apart": right.assign(share=np.sort(right["share"])),
            "one decimal": right.round(1),
            "all the same": right.assign(share=right["share"].mean()),
            "one is missing": right.iloc[1:],
            "counts": right.assign(share=right["share"] * len(case["answers"])),
            "performance": right.assign(share=right["share"] ** 2),
            "nought": right.assign(share=0.0),
        }

    return made


WRONG = {
    "q1": wrong_contacts,
    "q2": wrong_channels,
    "q3": wrong_best,
    "q4": wrong_shares("q4"),
    "q5": wrong_shares("q5"),
}


@pytest.mark.parametrize("id", WRONG)
def test_nothing_else_passes(id):
    judge = judge_of(None)
    for name, value in WRONG[id](judge.case).items():
        verdict = seen(judge, id, value)
        assert verdict.status in ("partly", "try_again"), name
        assert verdict.mistake is None, name
        assert verdict.credit < 1, name
        assert verdict.details, name


@pytest.mark.parametrize("how", ["dropped", "missing", "empty"])
@pytest.mark.parametrize("seed", [None, 2])
def test_a_source_that_is_spelled_otherwise_is_recognised(how, seed):
    judge = judge_of(seed)
    right = judge.right("q1")
    odd = right["found_by"] != right["found_by"].str.strip().str.lower()
    given = {
        "dropped": right[~odd],
        "missing": right.assign(channel=right["channel"].mask(odd)),
        "empty": right.assign(channel=right["channel"].mask(odd, "")),
    }[how]
    verdict = seen(judge, "q1", given)
    assert verdict.mistake == "spelling_left"
    assert f"{int(odd.sum())} contacts have got no channel" in verdict.details[0]


def test_a_slip_in_question_1_is_paid_once():
    judge = judge_of(None)
    case = judge.case
    names = case["sources"].set_index("found_by")["channel"]
    noted = case["contacts"].assign(
        channel=case["contacts"]["found_by"].str.strip().str.lower().map(names)
    )
    late = noted.sort_values("date").drop_duplicates("contact_id", keep="last")
    assert seen(judge, "q1", late).mistake == "last_note"
    groups = late.groupby("channel")
    channels = pd.DataFrame(
        {
            "size": groups.size(),
            "qualified_rate": groups["qualified"].mean(),
            "conversion": groups["converted"].mean(),
            "mean_value": groups["value"].mean(),
        }
    )
    assert seen(judge, "q2", channels).credit < 1
    assert seen(judge, "q2", channels, q1=late).credit == 1
    assert seen(judge, "q2", channels, q1=late[["contact_id", "channel"]]).credit == 1
    percent = channels.assign(
        **{name: channels[name] * 100 for name in ("qualified_rate", "conversion")}
    )
    assert seen(judge, "q2", percent, q1=late).mistake == "rates_in_percent"


@pytest.mark.parametrize("scale", [1, 7.5, 1 / 383])
def test_only_the_ratio_of_weights_counts(scale):
    judge = judge_of(None)
    weights = judge.case["register"].set_index("age_group")["registered"] * scale
    answers = judge.case["answers"]
    each = answers["age_group"].map(weights / answers["age_group"].value_counts())
    high = {
        need: (answers[f"importance_{need}"].ge(4) * each).sum()
        / each[answers[f"importance_{need}"].notna()].sum()
        for need in NEEDS
    }
    assert seen(judge, "q5", pd.Series(high)).status == "passed"


@pytest.mark.parametrize("seed", [None, *range(1, 6)])
def test_the_three_channels_are_best_at_three_things(seed):
    judge = judge_of(seed)
    channels = judge.right("q2").set_index("channel")
    best = {judge.right("q3"), channels["conversion"].idxmax(), channels["mean_value"].idxmax()}
    assert len(best) == 3


def test_the_rubric_is_worth_what_the_question_says():
    assert KEY.questions["q6"].points == 20
    assert sum(question.points for question in CLOSED) == 20
    assert all(question.hints and question.again for question in KEY.questions.values())
