"""Plans: any that holds the limits and is worth enough is right."""

import json

import numpy as np
import pandas as pd
import pytest

from whobuys.course._answers import decode, encode
from whobuys.course._exercise import Exercise
from whobuys.course._judge import Judge
from whobuys.course._words import say
from whobuys.course.compare import from_spec, plan
from whobuys.strategy import check_plan, even_visits, plan_visits

HOURS = 60.0
LIMITS = {"minimum": {"A": 1}, "most": 3, "travel_hours": "way"}


def judged(right, plan):
    return check_plan(plan, right, HOURS, **LIMITS)


@pytest.fixture(scope="module")
def customers() -> pd.DataFrame:
    draw = np.random.default_rng(1)
    return pd.DataFrame(
        {
            "customer_id": [f"C{i:02}" for i in range(30)],
            "grade": draw.choice(["A", "B", "C"], 30),
            "value": draw.gamma(1, 100, 30).round(2),
            "visit_hours": draw.uniform(0.5, 1.5, 30).round(2),
            "way": draw.uniform(0.2, 1, 30).round(2),
        }
    )


@pytest.fixture(scope="module")
def right(customers) -> pd.DataFrame:
    return plan_visits(customers, HOURS, **LIMITS)


def given(value):
    return decode(encode(value))


def test_another_plan_as_good_is_right(right):
    compare = plan(judged)
    forms = [
        right,
        right[["customer_id", "visits"]].sample(frac=1, random_state=0),
        right[right["visits"] > 0][["customer_id", "visits"]],
        right.set_index("customer_id")["visits"],
        right.set_index("customer_id")["visits"].astype(float),
        right.assign(customer_id=right["customer_id"].str.lower()),
    ]
    for form in forms:
        assert compare.shape(given(form)) == []
        assert compare.compare(right, given(form)).equal
    visited = right.index[(right["visits"] > 1)]
    cheapest = visited[np.argmin(right.loc[visited, "expected"])]
    fewer = right.copy()
    fewer.loc[cheapest, "visits"] -= 1
    enough = compare.compare(given(right), given(fewer))
    assert enough.equal
    assert enough.words[0].startswith("Your plan breaks no limit. Its expected value is ")
    assert not compare.compare(given(right), given(right)).words


def test_the_words_name_the_limit_or_the_share(right, customers):
    compare = plan(judged)
    more = right.assign(visits=right["visits"] + 1)
    words = compare.compare(right, given(more)).words
    assert any("hours" in w and "more than the 60.00 there are" in w for w in words)
    assert any("get more than 3 visits" in w for w in words)
    bare = right.assign(visits=np.where(right["grade"] == "A", 0, right["visits"]))
    (words,) = compare.compare(right, given(bare)).words
    assert "customers of grade A get fewer than 1 visit, for instance C" in words
    even = even_visits(customers, HOURS, **LIMITS)
    (words,) = compare.compare(right, given(even)).words
    assert words.startswith("Your plan breaks no limit, but its expected value is ")
    assert words.endswith(" the best one has; 98 % is needed.")
    assert f"of the {say(round(judged(right, right).value, 2))} the" in words
    half = right.assign(visits=right["visits"] + 0.5)
    assert "no whole number of visits" in compare.compare(right, given(half)).words[0]
    strange = pd.DataFrame({"customer_id": ["Z1"], "visits": [1]})
    assert "1 stranger: Z1" in compare.compare(right, given(strange)).words[0]


@pytest.mark.parametrize(
    "answer",
    [3, "C1", None, [1, 2], pd.DataFrame({"customer_id": ["C01"]}), pd.DataFrame({"visits": [1]}),
     pd.DataFrame({"customer_id": ["C01", "C01"], "visits": [1, 1]})],
)  # fmt: skip
def test_a_strange_form_is_said(right, answer):
    compare = plan(judged)
    assert compare.shape(given(answer))
    found = compare.compare(right, given(answer))
    assert not found.equal
    assert found.words


def test_only_the_form_travels():
    made = plan(judged, at_least=0.9)
    spec = json.loads(json.dumps(made.spec()))
    assert "check" not in spec
    public = from_spec(spec)
    assert public == made
    assert public.check is None
    assert public.shape(given(pd.DataFrame({"customer_id": ["C1"], "visits": [1]}))) == []
    with pytest.raises(ValueError, match="at_least"):
        plan(judged, at_least=0)


def test_mistakes_are_told_apart_by_what_they_plan(customers):
    exercise = Exercise("99_plan", "Plan", company="teahouse")

    @exercise.question("visits", points=4, title="Visits", compare=plan(judged))
    def q1(case):
        return plan_visits(customers, HOURS, **LIMITS)

    @q1.mistake("You forgot the way.", credit=0.25)
    def no_way(case):
        limits = {k: v for k, v in LIMITS.items() if k != "travel_hours"}
        return plan_visits(customers, HOURS, **limits)[["customer_id", "visits"]]

    @q1.mistake("You spread the visits evenly.", credit=0.25)
    def even(case):
        return even_visits(customers, HOURS, **LIMITS)[["customer_id", "visits"]]

    judge = Judge(exercise, exercise.draw(0))
    assert judge.recognises() == []
    other = customers.assign(visits=0)
    other.loc[customers["grade"] == "A", "visits"] = 1
    seen = judge.judge("q1", given(other))
    assert (seen.status, seen.mistake, seen.credit) == ("try_again", None, 0.0)
    assert "the best one has" in seen.details[0]
