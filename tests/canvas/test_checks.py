import pytest
import yaml

from tests.canvas.test_model import HERE, companies
from whobuys.canvas import Canvas, check_canvas, gallery, gallery_canvas


def rules(canvas, **more):
    found = check_canvas(canvas, **more)
    texts = found["entry"].map(lambda id: id and canvas.entry(id).text)
    return set(zip(found["rule"], texts, strict=True))


def unserved(text):
    return {("segment_without_proposition", text), ("segment_nobody_pays_for", text)}


def full():
    """Return a canvas with nothing to say about."""
    return Canvas.from_dict(
        {
            "customers": ["office workers in six cities"],
            "value": [{"text": "fits in twenty minutes", "links": "office workers in six cities"}],
            "channels": ["two studios"],
            "relationships": ["one tailor for years"],
            "revenue": [{"text": "suits", "amount": 222, "links": "office workers in six cities"}],
            "resources": ["the book of measures"],
            "activities": ["cutting"],
            "partners": ["Harrow Mill"],
            "costs": [
                {"text": "wages", "amount": 88, "kind": "fixed", "links": "cutting"},
                {"text": "cloth", "amount": 62, "kind": "variable", "links": "Harrow Mill"},
            ],
        }
    )


def test_a_sound_canvas_gives_no_row():
    assert len(check_canvas(full())) == 0
    figures = {"revenue": 222, "wages": 88.5, "cost structure": 150}
    assert len(check_canvas(full(), figures=figures)) == 0


def test_the_gallery_lacks_exactly_what_its_texts_lack():
    listed = gallery()
    told = listed[["blocks", "missing", "extra"]].itertuples(index=False, name=None)
    assert dict(zip(listed["canvas"], told, strict=True)) == {
        "online education": (8, "cost_structure", ""),
        "made-to-measure fashion": (8, "key_activities", ""),
        "ten items": (10, "", "key_metrics"),
        "nine elements": (8, "revenue_streams", ""),
        "marketing manager": (
            3,
            "key_partners, key_activities, key_resources, customer_relationships, channels, "
            "cost_structure",
            "",
        ),
    }
    order = list(dict.fromkeys(e.block for e in gallery_canvas("made-to-measure fashion").entries))
    assert order.index("key_partners") < order.index("key_resources")
    assert order.index("cost_structure") < order.index("key_resources")
    with pytest.raises(ValueError, match="It has: online education"):
        gallery_canvas("airline")


def test_a_supplier_among_the_customers_is_asked_about():
    told = gallery_canvas("online education")
    teachers = "teachers who look for more pupils"
    assert ("supplier_as_customer", teachers) in rules(told)
    served = told.add("value", "Monday's lesson on Sunday evening", links=[teachers])
    assert ("supplier_as_customer", teachers) not in rules(served)
    assert not {rule for rule, _ in rules(full())} & {"supplier_as_customer"}
    chinese = Canvas.from_dict({"客户细分": ["教师"], "合作伙伴": ["教师和学校提供内容"]})
    assert ("supplier_as_customer", "教师") in rules(chinese)
    for canvas in companies():
        assert "supplier_as_customer" not in {rule for rule, _ in rules(canvas)}


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda c: c.remove("cutting"), {("missing", ""), ("cost_without_activity", "wages")}),
        (lambda c: c.add("customers", "everyone"), {("vague", "everyone"), *unserved("everyone")}),
        (lambda c: c.add("customers", "所有人"), {("vague", "所有人"), *unserved("所有人")}),
        (lambda c: c.add("value", "very good quality", links=["office workers in six cities"]),
         {("vague", "very good quality")}),
        (lambda c: c.add("channels", "Two studios!"), {("duplicate", "Two studios!")}),
        (lambda c: c.add("activities", "two studios"), {("duplicate_block", "two studios")}),
        (lambda c: c.add("value", "free coffee"), {("proposition_without_segment", "free coffee")}),
        (lambda c: c.add("customers", "brides"),
         {("segment_without_proposition", "brides"), ("segment_nobody_pays_for", "brides")}),
        (lambda c: c.add("revenue", "repairs"), {("revenue_without_segment", "repairs")}),
        (lambda c: c.add("costs", "rent", amount=5, links=["cutting"]),
         {("cost_without_split", "rent")}),
        (lambda c: c.add("costs", "rent", kind="fixed"), {("cost_without_activity", "rent")}),
        (lambda c: c.add("customers", "no time", kind="pain",
                         links=["office workers in six cities"]),
         {("pain_without_proposition", "no time")}),
        (lambda c: c.add("customers", "no time", kind="pain", links=["fits in twenty minutes"]),
         {("need_without_group", "no time")}),
        (lambda c: c.change("wages", amount=-88), {("negative_amount", "wages")}),
        (lambda c: c.add("costs", "Total costs", amount=140), {("total", "Total costs")}),
        (lambda c: c.add("costs", "Total costs", amount=150), set()),
        (lambda c: c.change("wages", amount=880), {("loss", "")}),
        (lambda c: c.change("cloth", kind="elastic"), {("unknown_kind", "cloth")}),
        (lambda c: c.add("key metrics", "share"), {("extra", "")}),
        (lambda c: Canvas(c.title, c.kind, c.add("key metrics", "share").entries, True), set()),
    ],
)  # fmt: skip
def test_each_rule(change, expected):
    assert rules(change(full())) == expected


def test_a_long_note_with_a_common_word_is_not_vague():
    said = full().change(
        "fits in twenty minutes",
        text="good quality: no seam opens within two years of wear, or the money back",
    )
    assert len(check_canvas(said)) == 0


def test_figures_and_segments_of_the_student():
    canvas = full()
    found = rules(canvas, figures={"wages": 100, "revenue": 300}, segments=["A", "B"])
    assert found == {
        ("figure", "wages"),
        ("figure", ""),
        ("segment_unproved", "office workers in six cities"),
        ("segment_left_out", ""),
    }
    proved = canvas.change("office workers in six cities", evidence={"segment": "A"})
    assert rules(proved, segments=["A"]) == set()
    assert rules(proved, segments=["B"]) == {
        ("unknown_segment", "office workers in six cities"),
        ("segment_left_out", ""),
    }
    with pytest.raises(ValueError, match="No entry says"):
        check_canvas(canvas, figures={"rent": 1})


@pytest.mark.parametrize(("lang", "cure"), [("en", "evidence: segment, B"), ("zh", "细分，B")])
def test_who_is_left_out_is_said_with_the_cure(lang, cure):
    found = check_canvas(full(), segments=["B"], lang=lang)
    assert cure in found.loc[found["rule"] == "segment_left_out", "says"].item()
    proved = full().change("office workers in six cities", evidence={"segment": "B"})
    assert rules(proved, segments=["B"]) == set()


def test_a_person():
    person = Canvas(kind="personal").add("customers", "owners", kind="external")
    found = {rule for rule, _ in rules(person)}
    assert {"missing", "only_one_side", "segment_without_proposition"} <= found
    assert "segment_nobody_pays_for" not in found
    paid = person.add("revenue", "salary", amount=2900).add("costs", "petrol", amount=60)
    assert {"no_soft_benefit", "no_soft_cost"} <= {rule for rule, _ in rules(paid)}
    warm = paid.add("revenue", "thanks").add("costs", "two evenings a week", kind="time")
    assert not {"no_soft_benefit", "no_soft_cost"} & {rule for rule, _ in rules(warm)}


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_every_rule_can_be_said(lang):
    for name in gallery()["canvas"]:
        found = check_canvas(gallery_canvas(name), lang=lang)
        assert found["says"].str.len().min() > 8
        assert not found["says"].str.contains(r"[{}]").any()
        assert set(found["weight"]) <= {"problem", "question", "hint"}
    described, _ = yaml.safe_load_all((HERE / "checks.yml").read_text(encoding="utf-8"))
    for rule, texts in described.items():
        assert set(texts) == {"weight", "en", "zh"}, rule
