import json
from pathlib import Path

import pandas as pd
import pytest
import yaml

import whobuys.canvas
from whobuys.canvas import Canvas, Entry, Evidence, block_key, canvas_blocks
from whobuys.market import market

HERE = Path(whobuys.canvas.__file__).parent
NINE = {
    "customer_segments",
    "value_propositions",
    "channels",
    "customer_relationships",
    "revenue_streams",
    "key_resources",
    "key_activities",
    "key_partners",
    "cost_structure",
}


def companies():
    for company in ("learnhub", "tradeways", "wardrobe"):
        table = market(company, 0, tables=["canvases"])["canvases"]
        for name in table["canvas"].unique():
            yield Canvas.from_table(table, name)


@pytest.mark.parametrize("kind", ["business", "personal"])
def test_nine_blocks_with_names_hints_and_a_place_of_their_own(kind):
    blocks = canvas_blocks(kind)
    assert set(blocks) == NINE
    assert set(canvas_blocks(kind, metrics=True)) == NINE | {"key_metrics"}
    for lang in ("en", "zh"):
        assert len({block.names[lang] for block in blocks.values()}) == 9
        assert all(block.hints[lang] for block in blocks.values())
    cells = [
        (x, y)
        for block in blocks.values()
        for x in range(block.place[0], block.place[0] + block.place[2])
        for y in range(block.place[1], block.place[1] + block.place[3])
    ]
    assert sorted(cells) == sorted((x, y) for x in range(10) for y in range(6))


def test_names_of_the_sources_lead_to_the_same_key():
    for names, key in (
        (("合作伙伴", "关键合作伙伴", "重要伙伴", "Key Partners", "partners"), "key_partners"),
        (("关键活动", "关键业务"), "key_activities"),
        (("关键资源", "核心资源"), "key_resources"),
        (("渠道", "渠道通路"), "channels"),
        (("重要指标", "Key metrics"), "key_metrics"),
        (("Who you help", "客户细分(用户)", "customer_segments"), "customer_segments"),
        (("What you get", "收入来源"), "revenue_streams"),
    ):
        assert {block_key(name) for name in names} == {key}
    assert block_key("vision") is None
    described = yaml.safe_load((HERE / "blocks.yml").read_text(encoding="utf-8"))
    aliases = [alias for block in described.values() for alias in block["aliases"]]
    assert len(set(aliases)) == len(aliases)  # no name leads to two blocks


@pytest.mark.parametrize("form", ["json", "markdown", "chinese", "dict", "file"])
def test_every_form_brings_the_canvas_back(form, tmp_path):
    whole = Canvas.from_dict(
        {
            "customers": [{"text": "hotels; big", "evidence": [{"segment": "HF-LM"}, "asked 12"]}],
            "value": [{"text": "before {eight} | always", "links": "hotels; big"}],
            "revenue": [
                {"text": "drinks", "amount": 410000.25, "kind": "sale", "links": ["hotels; big"]}
            ],
            "渠道": ["a visit", "电话 📞"],
            "vision": ["to be first"],
        },
        "Trade: ways",
    )
    for canvas in [whole, *companies()]:
        if form == "json":
            back = Canvas.from_json(canvas.to_json())
        elif form == "markdown":
            back = Canvas.from_markdown(canvas.to_markdown())
        elif form == "chinese":
            back = Canvas.from_markdown(canvas.to_markdown("zh"))
        elif form == "dict":
            back = Canvas.from_dict(json.loads(json.dumps(canvas.to_dict())))
        else:
            back = Canvas.read(canvas.save(tmp_path / "canvas.json"))
            back = Canvas.read(back.save(tmp_path / "canvas.md"))
        by_id = {entry.text: entry for entry in back.entries}
        assert (back.title, back.kind) == (canvas.title, canvas.kind)
        assert len(back.entries) == len(canvas.entries)
        for entry in canvas.entries:
            again = by_id[entry.text]
            assert (again.block, again.amount, again.kind) == (
                entry.block,
                entry.amount,
                entry.kind,
            )
            assert again.evidence == entry.evidence
            assert [e.text for e in back.linked(again.id)] == [
                e.text
                for e in sorted(
                    canvas.linked(entry.id), key=lambda one: list(by_id).index(one.text)
                )
            ]


def test_json_fits_its_schema():
    jsonschema = pytest.importorskip("jsonschema")
    schema = json.loads((HERE / "canvas.schema.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    for canvas in companies():
        jsonschema.validate(canvas.to_dict(), schema)


def test_a_company_becomes_a_sound_canvas():
    learnhub, trade, person, wardrobe = companies()
    for canvas in (learnhub, trade, person, wardrobe):
        assert (canvas.missing, canvas.extra) == ((), ())
    assert person.kind == "personal"
    assert {entry.kind for entry in person.groups} == {"internal", "external"}
    assert [e.text for e in learnhub.segments_of("tutoring")] == ["parents who pay and worry"]
    assert [e.text for e in trade.segments_of("cooler rent")] == ["offices"]
    assert all(entry.amount > 0 for entry in trade.block("costs"))
    assert wardrobe.total("revenue") == 222_000


def test_segments_are_reached_by_way_of_propositions_and_pains():
    canvas = (
        Canvas()
        .add("customers", "pupils")
        .add("customers", "parents")
        .add("customers", "bad marks", kind="pain", links=["parents"])
        .add("value", "a calm tutor", links=["bad marks"])
        .add("channels", "the app", links=["a calm tutor"])
        .add("resources", "tutors", links=["the app"])
    )
    assert [e.text for e in canvas.groups] == ["pupils", "parents"]
    for name in ("a calm tutor", "the app", "bad marks", "parents"):
        assert [e.text for e in canvas.segments_of(name)] == ["parents"]
    assert canvas.segments_of("tutors") == ()


def test_changes_leave_the_first_canvas_alone():
    first = Canvas("Shop").add("channels", "the shop").add("customers", "families")
    linked = first.link("the shop", "families")
    changed = linked.change("the shop", amount=5, text="the corner shop")
    assert first.linked("families") == ()
    assert linked.unlinked == ()
    assert changed.entry("the corner shop").id == first.entry("the shop").id
    assert changed.remove("families").entry("the corner shop").links == ()
    twice = first.add("channels", "the shop").block("channels")
    assert twice[0].id == first.entry("the shop").id != twice[1].id


def test_metrics_are_extra_unless_they_are_wanted():
    nine = Canvas.from_dict({"key metrics": ["share"]})
    assert nine.extra == ("key_metrics",)
    ten = Canvas(entries=nine.entries, metrics=True)
    assert ten.extra == ()
    assert "key_metrics" not in ten.missing


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (lambda: Canvas(kind="lean"), "business, personal"),
        (lambda: Canvas().add("vision", "x"), "There is no block"),
        (lambda: Canvas().add("costs", "  "), "empty"),
        (lambda: Canvas().add("costs", "x" * 301), "at most 300"),
        (lambda: Canvas().add("costs", "x", amount="12"), "not a number"),
        (lambda: Canvas().add("costs", "x", amount=True), "not a number"),
        (lambda: Canvas().add("costs", "x", amount=float("nan")), "real amount"),
        (lambda: Canvas().add("costs", "x", links=["y"]), "No entry says"),
        (
            lambda: Canvas().add("costs", "x", evidence={"hunch": "y"}),
            "segment, a figure or a note",
        ),
        (lambda: Canvas().add("costs", "x").add("value", "x").entry("x"), "More than one"),
        (lambda: Canvas(entries=[Entry("costs", "x", links=("y",))]), "not an entry"),
        (lambda: Canvas(entries=[Entry("costs", "x"), Entry("costs", "x")]), "Two entries"),
        (lambda: Canvas.from_dict({"costs": 3}), "not a list"),
        (lambda: Canvas.from_dict({"costs": [{"texts": "x"}]}), "texts"),
        (lambda: Canvas.from_markdown("- wages"), "above the first block"),
        (lambda: Canvas.from_markdown("## costs\n- x {amount: much}"), "Line 2"),
        (lambda: Canvas.from_markdown("## costs\n- x {colour: red}"), "not known"),
        (lambda: Canvas.from_table(pd.DataFrame({"a": [1]})), "block"),
        (lambda: Canvas().save("canvas.doc"), ".svg"),
        (lambda: Canvas().to_markdown("fr"), "en, zh"),
        (lambda: Evidence("note", ""), "empty"),
    ],
)
def test_one_clear_message(wrong, words):
    with pytest.raises(ValueError, match=r"^[A-Z\"].*[.?]$") as caught:
        wrong()
    assert words in str(caught.value)


def test_numbers_of_numpy_are_numbers():
    amount = pd.Series([12]).iloc[0]
    assert Canvas().add("costs", "x", amount=amount).total("costs") == 12.0
    assert type(Canvas().add("costs", "x", amount=amount).entries[0].amount) is float
