"""A canvas as an answer: how it travels, what its form is worth, and what is refused."""

import json
import random
from dataclasses import dataclass, replace

import pytest

from whobuys.canvas import Canvas, Entry, gallery, gallery_canvas
from whobuys.course import Exercise, Judge, canvas
from whobuys.course._answers import MAX_CANVAS, BadAnswer, decode, encode
from whobuys.course.compare import from_spec
from whobuys.market import market

FIRM = {
    "customer segments": [
        {"text": "commuters of the morning train", "kind": "group"},
        {
            "text": "no breakfast before the train",
            "kind": "pain",
            "links": ["commuters of the morning train"],
        },
    ],
    "value propositions": [
        {
            "text": "a warm bun in under a minute",
            "links": ["no breakfast before the train", "commuters of the morning train"],
            "evidence": {"figure": "41 seconds, timed on 12 May"},
        }
    ],
    "channels": ["window on platform two", "orders by message"],
    "customer relationships": ["the same two faces every day"],
    "revenue streams": [
        {
            "text": "buns and tea",
            "amount": 9000,
            "kind": "sale",
            "links": ["commuters of the morning train"],
        }
    ],
    "key resources": ["oven at the station", "lease of the window"],
    "key activities": ["baking at five o'clock"],
    "key partners": ["mill in Dorval"],
    "cost structure": [
        {"text": "flour", "amount": 2000, "kind": "variable", "links": ["mill in Dorval"]},
        {"text": "wages", "amount": 4000, "kind": "fixed", "links": ["baking at five o'clock"]},
    ],
}
PERSON = {
    "customers": [
        {"text": "the head of sales", "kind": "internal"},
        {"text": "owners of small shops", "kind": "external"},
    ],
    "value provided": [
        {"text": "figures ready by Monday", "links": ["the head of sales"]},
        {"text": "an offer that fits the shelf", "links": ["owners of small shops"]},
    ],
    "channels": ["Monday meeting", "visits to the shops"],
    "customer relationships": ["calls back the same day"],
    "revenue and benefits": [
        {"text": "salary", "amount": 4000, "kind": "pay"},
        {"text": "learning to negotiate", "kind": "learning"},
    ],
    "key resources": ["patience with figures"],
    "key activities": ["planning visits"],
    "key partners": ["Ms Orlov in dispatch"],
    "costs": [{"text": "evenings before month end", "kind": "time"}],
}


def firm() -> Canvas:
    return Canvas.from_dict(FIRM, "Station buns")


def person() -> Canvas:
    return Canvas.from_dict(PERSON, "A year in sales", kind="personal")


def back(value):
    """Send a value out as JSON text and read it back."""
    return decode(json.loads(json.dumps(encode(value), allow_nan=False)))


def seen(value, compare=None):
    return (compare or canvas()).compare(None, back(value))


# How it travels ---------------------------------------------------------------------------------


@pytest.mark.parametrize("made", [firm(), person(), *map(gallery_canvas, gallery()["canvas"])])
def test_a_canvas_comes_back_as_it_was(made):
    answer = back(made)
    assert (answer.kind, answer.value, answer.started) == ("canvas", made, True)
    assert f"{len(made.entries)} note" in answer.about
    assert made.kind in answer.about


def test_its_json_text_its_plain_data_and_its_blocks_are_canvases_too():
    made = replace(firm(), title="")
    for given in (made.to_json(), "\n " + made.to_json(), made.to_dict(), FIRM):
        assert back(given).value == made


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ({"customers": 3, "revenue": 4, "costs": 5, "channels": 6}, "table"),
        ({"customers": ["C1"], "revenue": ["R1"]}, "table"),
        ({"customers": [1], "revenue": [2], "costs": [3], "channels": [4]}, "table"),
        ({"a": ["x"], "b": ["y"], "c": ["z"], "d": ["w"]}, "table"),
        ({}, "table"),
        ('{"rows": 3}', "text"),
        ("{not json", "text"),
        ("whobuys canvas", "text"),
    ],
)
def test_other_dicts_and_texts_stay_what_they_were(value, kind):
    assert back(value).kind == kind


def test_what_only_calls_itself_a_canvas_is_of_another_type():
    @dataclass
    class Canvas:
        def to_json(self):
            return "{}"

    assert back(Canvas()).kind == "other"


def test_a_subclass_does_not_say_what_it_is():
    class Canvas(type(firm())):
        def to_json(self):
            raise KeyboardInterrupt

    assert back(Canvas("mine", entries=firm().entries)).value.entries == firm().entries


def test_a_canvas_whose_insides_were_changed_is_refused():
    spoilt = firm()
    object.__setattr__(spoilt, "entries", (Entry("channels", "a shop", links=("nowhere",)),))
    with pytest.raises(BadAnswer):
        back(spoilt)


def test_too_large_a_canvas_is_said_to_be():
    links = tuple(f"n{i}" for i in range(300))
    notes = [Entry("channels", f"note {i}", links=links, id=f"n{i}") for i in range(300)]
    answer = back(Canvas(entries=tuple(notes)))
    assert answer.kind == "too_large"
    assert "letters" in canvas().shape(answer)[0]


@pytest.mark.parametrize(
    "text",
    [
        None,
        7,
        [],
        {},
        "",
        "null",
        "[1, 2]",
        "{",
        "[" * 100_000,
        '{"a":' * 100_000,
        '{"format": "whobuys canvas"}',
        '{"format": "whobuys canvas", "version": 1, "kind": "evil", "entries": []}',
        '{"format": "whobuys canvas", "version": 1, "kind": "business", "entries": [1]}',
        '{"customers": [{"text": "x", "amount": 1e999}]}',
        '{"customers": [{"text": "x", "amount": "' + "9" * 5_000 + '"}]}',
        '{"customers": ["' + "x" * 10_000 + '"]}',
        " " * (MAX_CANVAS + 1),
    ],
)
def test_hostile_data_is_refused(text):
    with pytest.raises(BadAnswer):
        decode({"kind": "canvas", "json": text})


def test_random_damage_is_refused_or_read_as_a_canvas():
    rng, text = random.Random(3), firm().to_json()  # noqa: S311 - damage, no secret
    read = 0
    for _ in range(300):
        damaged = list(text)
        for _ in range(rng.randint(1, 4)):
            place = rng.randrange(len(damaged))
            damaged[place] = rng.choice(['"', "{", "]", ",", "\x00", "\ud800", "9", "‮", "a", ""])
        try:
            answer = decode({"kind": "canvas", "json": "".join(damaged)})
        except BadAnswer:
            continue
        read += 1
        assert 0 <= canvas().compare(None, answer).share <= 1
    assert read > 10


def test_markup_in_a_note_is_only_text():
    note = "<script>alert(1)</script>"
    answer = back(firm().add("channels", note))
    assert answer.value.entry(note).text == note
    assert seen(answer.value).equal


# What its form is worth -------------------------------------------------------------------------


def test_good_canvases_pass():
    assert seen(firm(), canvas(evidence=1)).equal
    assert seen(person(), canvas("personal")).equal


def test_a_canvas_is_right_whatever_the_model_is():
    other = Canvas.from_dict(
        {key: list(reversed(notes)) for key, notes in reversed(FIRM.items())}, "Other"
    )
    assert seen(other).equal


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda c: c.remove("mill in Dorval"), "Key partners is empty"),
        (lambda c: replace(c, entries=(*c.entries, Entry("Vision", "be the first"))), "“Vision”"),
        (lambda c: c.change("flour", kind=""), "“flour” fixed or variable"),
        (lambda c: c.change("flour", amount=-5), "“flour” has the amount -5"),
        (lambda c: c.change("buns and tea", amount=None), "Revenue streams has an amount"),
        (lambda c: c.change("buns and tea", links=()), "Who pays “buns and tea”?"),
        (lambda c: c.change("wages", links=()), "What causes “wages”?"),
        (lambda c: c.add("costs", "total", amount=9999), "add up to 6,000"),
        (
            lambda c: c.change("a warm bun in under a minute", links=["buns and tea"]),
            "promised to nobody",
        ),
        (lambda c: c.add("customers", "pupils of the school"), "offered to “pupils of the school”"),
        (lambda c: c.add("customers", "everyone"), "“everyone” would fit any firm"),
        (lambda c: c.add("channels", "window on platform two"), "stands here twice"),
        (lambda c: c.add("channels", "x"), "“x” is too short"),
        (lambda c: c.add("activities", "channels"), "only the name of a block"),
        (lambda c: c.remove("no breakfast before the train"), "of the kind need or pain"),
        (
            lambda c: c.change(
                "a warm bun in under a minute", links=c.groups[:1] and [c.groups[0].id]
            ),
            "“no breakfast before the train” is linked with no proposition",
        ),
        (lambda c: c.remove("flour").remove("orders by message"), "write at least 12"),
    ],
)
def test_each_fault_costs_a_share_and_is_named(change, words):
    spoilt = firm() if "at least" not in words else firm().remove("lease of the window")
    difference = seen(change(spoilt))
    assert 0.75 < difference.share < 1
    assert difference.words[0].startswith("Your canvas meets 1")
    assert any(words in line for line in difference.words[1:]), difference.words


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda c: c.change("the head of sales", kind=""), "inside your organisation or outside"),
        (lambda c: c.change("the head of sales", kind="external"), "All your customers are extern"),
        (lambda c: c.change("evenings before month end", kind="money"), "Only money stands under"),
        (lambda c: c.remove("learning to negotiate"), "What else do you get"),
    ],
)
def test_a_personal_canvas_has_demands_of_its_own(change, words):
    difference = seen(change(person()), canvas("personal"))
    assert 0.85 < difference.share < 1
    assert any(words in line for line in difference.words), difference.words


def test_evidence_is_counted():
    assert "1 note of 13 say" in seen(firm(), canvas(evidence=3)).words[1]


def test_what_one_does_not_ask_for_costs_nothing():
    bare = firm().remove("no breakfast before the train")
    for one in bare.entries:
        bare = bare.change(one.id, amount=None)
    assert seen(bare, canvas(pains=False, amounts=False, notes=9)).equal


def test_little_is_worth_little():
    assert seen(Canvas().add("customers", "commuters")).share < 0.2
    same = Canvas.from_dict({key: ["something"] for key in FIRM})
    assert seen(same).share < 0.25
    assert seen(gallery_canvas("marketing manager"), canvas("personal")).share < 0.5


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (7, "expected a business canvas"),
        ("our customers are commuters", "Canvas.from_json"),
        (firm().to_json()[:-90], "holds no canvas. This is not JSON: line"),
        (Canvas("empty"), "no note yet"),
        (person(), 'kind="business"'),
        (Canvas(entries=tuple(Entry("channels", f"shop {i}") for i in range(121))), "121 notes"),
    ],
)
def test_the_wrong_form_is_said(value, words):
    answer = back(value)
    problems = canvas().shape(answer)
    assert words in problems[0]
    assert canvas().compare(None, answer).share == 0


def test_the_editor_itself_is_not_the_answer(tmp_path):
    from whobuys.canvas import edit_canvas

    editor = edit_canvas(tmp_path / "mine.json", firm())
    assert "Copy it as JSON" in canvas().shape(back(editor))[0]
    assert canvas().shape(back(editor.canvas)) == []


def test_it_travels_to_students_as_data():
    compare = canvas("personal", notes=15, pains=False)
    assert from_spec(json.loads(json.dumps(compare.spec()))) == compare
    with pytest.raises(ValueError, match="not 'lean'"):
        canvas("lean")


# Judged -----------------------------------------------------------------------------------------


def test_the_judge_gives_the_share_of_the_demands():
    exercise = Exercise("99_canvas", "Canvas", company="teahouse", tables=["rivals"])

    @exercise.question("mine", points=5, title="Your canvas", compare=canvas())
    def q1(case):
        return firm()

    judge = Judge(exercise, market("teahouse", 0, tables=["rivals"]))
    assert judge.recognises() == []
    assert judge.judge("q1", back(firm())).earned == 5
    made = judge.judge("q1", back(firm().change("wages", links=())))
    assert (made.status, made.credit) == ("partly", pytest.approx(16 / 17))
    assert "wages" in made.details[1]
    assert judge.judge("q1", back(person())).status == "try_again"
