from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pytest

from whobuys.segment import FACETS, persona_card, persona_inputs

HOSTILE = """<script>alert("x")</script> & 'so' 客户"""
EVERYTHING = {
    "basic information": ["age", "channel"],
    "purchase behaviour": ["spent"],
    "interests": ["likes_tea"],
    "values": {"brand": "loyal", "quality": "loyal", "price": "loyal"},
    "motives": {"utilitarian": "likes_tea", "hedonic": "likes_tea", "social": "likes_tea"},
}


@pytest.fixture
def people() -> pd.DataFrame:
    draw = np.random.default_rng(4)
    size = 200
    return pd.DataFrame(
        {
            "segment": ["A"] * 80 + ["B"] * 120,
            "age": draw.integers(18, 80, size),
            "spent": draw.gamma(2, 60, size),
            "channel": draw.choice(["app", "web", "shop"], size, p=[0.6, 0.3, 0.1]),
            "likes_tea": draw.random(size) < 0.3,
            "loyal": draw.integers(1, 6, size),
        }
    )


def test_each_statement_has_its_number_spread_and_source(people):
    before = people.copy()
    made = persona_inputs(people, "A", EVERYTHING)
    own = people[people["segment"] == "A"]
    data = made[made["source"].ne("segment")].drop_duplicates("source").set_index("source")
    assert data.loc["age", "number"] == own["age"].median()
    assert data.loc["age", "all"] == people["age"].median()
    low, high = own["age"].quantile([0.25, 0.75])
    assert data.loc["age", "spread"] == f"half of them from {low:.0f} to {high:.0f}"
    assert data.loc["loyal", "number"] == pytest.approx(own["loyal"].mean())
    assert "on average" in data.loc["loyal", "statement"]
    assert data.loc["likes_tea", "number"] == pytest.approx(own["likes_tea"].mean())
    assert data.loc["channel", "number"] == pytest.approx(own["channel"].eq("app").mean())
    assert data.loc["channel", "statement"].startswith("channel: app, ")
    assert (made["basis"] == "data").all()
    assert set(made["facet"]) == set(FACETS)
    pd.testing.assert_frame_equal(people, before)


def test_what_nobody_looked_at_is_said(people):
    made = persona_inputs(people, "B", {"basic information": ["age"]})
    unknown = made[made["basis"] == "unknown"]
    assert list(zip(unknown["facet"], unknown["part"], strict=True)) == [
        ("purchase behaviour", ""),
        ("interests", ""),
        *[("values", part) for part in FACETS["values"]],
        *[("motives", part) for part in FACETS["motives"]],
    ]
    assert unknown["statement"].eq("nothing is known").all()


def test_assumptions_are_marked_and_stand_beside_data(people):
    guess = {"interests": ["They read."], "motives": {"social": ["They talk about it."]}}
    made = persona_inputs(people, "A", EVERYTHING, assumptions=guess)
    marked = made[made["basis"] == "assumption"]
    assert marked["statement"].tolist() == ["They read.", "They talk about it."]
    assert marked[["number", "index"]].isna().all(axis=None)
    assert marked["known"].eq(0).all()


def test_few_answers_are_marked(people):
    people["loyal"] = people["loyal"].where(people.index % 4 == 0).astype(float)
    made = persona_inputs(people, "A", {"values": {"brand": "loyal"}}).set_index("part")
    assert made.loc["brand", "basis"] == "few data"
    assert (made.loc["brand", "known"], made.loc["brand", "missing"]) == (20, 60)
    people.loc[people["segment"] == "A", "loyal"] = np.nan
    made = persona_inputs(people, "A", {"values": {"brand": "loyal"}}).set_index("part")
    assert made.loc["brand", "basis"] == "unknown"
    assert made.loc["brand", "missing"] == 80


@pytest.mark.parametrize(
    ("segment", "facets", "words"),
    [
        ("Z", {}, "No customer has 'Z' in \"segment\". There are: A, B."),
        ("A", {"hobbies": ["age"]}, "facets has no facet 'hobbies'"),
        ("A", {"values": {"fun": "age"}}, "has no part 'fun'; it has: brand, quality, price"),
        ("A", {"interests": ["wealth"]}, 'no column "wealth"'),
    ],
)
def test_errors_say_what_is_wrong(people, segment, facets, words):
    with pytest.raises(ValueError, match=words):
        persona_inputs(people, segment, facets)


class Tags(HTMLParser):
    def __init__(self, html):
        super().__init__()
        self.tags, self.text = [], []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        assert not [name for name, _ in attrs if name.startswith("on") or name in ("src", "href")]

    def handle_data(self, data):
        self.text.append(data)


def test_the_card_escapes_every_text_and_shows_no_picture(people):
    people["channel"] = HOSTILE
    guess = {"motives": {"social": [HOSTILE]}}
    made = persona_inputs(people, "A", EVERYTHING, assumptions=guess, names={"age": HOSTILE})
    card = persona_card(made, HOSTILE, reader=HOSTILE, action=HOSTILE)
    page = Tags(card._repr_html_())
    assert set(page.tags) <= {"div", "ul", "li", "b", "small"}
    assert "".join(page.text).count(HOSTILE) >= 6
    assert "<script" not in card._repr_html_()


def test_plain_text_says_the_same(people):
    guess = {"motives": {"social": ["They talk about it."]}}
    card = persona_card(persona_inputs(people, "A", {}, assumptions=guess), "A · tea", action="Go.")
    text = str(card)
    assert repr(card) == text
    assert "social: They talk about it. [ASSUMPTION]" in text
    assert "brand: nothing is known [UNKNOWN]" in text
    assert text.endswith("ACTION\nGo.")
    html = "".join(Tags(card._repr_html_()).text)
    for statement in card.inputs["statement"]:
        assert statement in text
        assert statement in html


def test_a_card_needs_statements_and_a_name(people):
    made = persona_inputs(people, "A", EVERYTHING)
    with pytest.raises(ValueError, match="name must be"):
        persona_card(made, " ")
    with pytest.raises(ValueError, match="no rows"):
        persona_card(made.iloc[:0], "A")
    with pytest.raises(ValueError, match='no column "basis"'):
        persona_card(made.drop(columns="basis"), "A")
