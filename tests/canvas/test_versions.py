import pytest

from whobuys.canvas import Canvas, compare_canvases, merge_canvases, side_by_side


@pytest.fixture
def base():
    return (
        Canvas("Shop")
        .add("customers", "families")
        .add("channels", "the shop")
        .add("costs", "rent", amount=900)
    )


def changes(old, new):
    table = compare_canvases(old, new)
    return [tuple(row) for row in table[["change", "field", "before", "after"]].to_numpy()]


def test_nothing_changed(base):
    assert changes(base, base) == []
    assert changes(base, Canvas.from_markdown(base.to_markdown())) == []


def test_every_change_is_named(base):
    new = (
        base.change("rent", amount=950)
        .change("the shop", text="the corner shop", block="key_resources")
        .link("families", base.entry("the shop").id)
        .add("channels", "a van")
    )
    new = new.remove("rent").add("costs", "wages")
    found = changes(base, Canvas("Shop 2", entries=new.entries))
    assert found == [
        ("changed", "title", "Shop", "Shop 2"),
        ("changed", "links", "", "the corner shop"),
        ("changed", "text", "the shop", "the corner shop"),
        ("changed", "block", "Channels", "Key resources"),
        ("added", "text", "", "a van"),
        ("added", "text", "", "wages"),
        ("removed", "text", "rent", ""),
    ]


def test_changes_are_told_in_words_and_never_by_an_id(base):
    new = base.change("rent", amount=950).add("key_resources", "a van", links=["families"])
    new = new.remove("the shop")
    table = compare_canvases(base, new)
    assert table.values.tolist() == [
        ["changed", "Cost structure", "rent", "amount", "900", "950"],
        ["added", "Key resources", "a van", "text", "", "a van"],
        ["removed", "Channels", "the shop", "text", "the shop", ""],
    ]
    ids = {entry.id for canvas in (base, new) for entry in canvas.entries}
    assert not ids & set(table.to_numpy().ravel())
    chinese = compare_canvases(base, new, lang="zh")
    assert chinese["block"].tolist() == ["成本结构", "核心资源", "渠道通路"]
    with pytest.raises(ValueError, match="speaks en, zh"):
        compare_canvases(base, new, lang="de")


def test_another_kind_of_canvas_moves_no_entry(base):
    table = compare_canvases(base, Canvas("Shop", "personal", base.entries))
    assert table[["field", "before", "after"]].values.tolist() == [["kind", "business", "personal"]]


def test_conflicts_are_told_in_words(base):
    mine = base.change("rent", block="key_resources")
    yours = base.change("rent", block="key_partners").change("rent", text="rents")
    merged, conflicts = merge_canvases(mine, yours, base)
    assert conflicts.values.tolist() == [["rents", "block", "Key resources", "Key partners"]]
    assert merged.entry("rents").block == "key_resources"


def test_the_same_words_typed_by_two_are_one_entry():
    mine = Canvas().add("channels", "the shop", evidence="seen").add("costs", "rent", amount=900)
    yours = (
        Canvas()
        .add("customers", "families")
        .add("channels", "The Shop", links=["families"], evidence="asked")
    )
    merged, conflicts = merge_canvases(mine, yours)
    assert [e.text for e in merged.entries] == ["the shop", "rent", "families"]
    assert [e.text for e in merged.linked("the shop")] == ["families"]
    assert merged.entry("the shop").said("note") == ["seen", "asked"]
    assert len(conflicts) == 0


def test_with_a_base_each_change_is_taken_from_whoever_made_it(base):
    mine = base.change("rent", amount=950).remove("the shop")
    yours = base.change("families", text="families with a dog").add("channels", "a van")
    merged, conflicts = merge_canvases(mine, yours, base)
    assert [(e.text, e.amount) for e in merged.entries] == [
        ("families with a dog", None),
        ("rent", 950.0),
        ("a van", None),
    ]
    assert len(conflicts) == 0


def test_what_both_changed_is_a_conflict_and_nothing_is_lost(base):
    mine = base.change("rent", amount=950).change("families", text="young families")
    yours = base.change("rent", amount=990).change("families", text="old couples")
    merged, conflicts = merge_canvases(mine, yours, base)
    assert conflicts[["field", "first", "second"]].values.tolist() == [
        ["amount", "950", "990"],
        ["text", "young families", "old couples"],
    ]
    assert merged.entry("rent").amount == 950
    assert {e.text for e in merged.block("customers")} == {"young families", "old couples"}


def test_removed_by_one_and_changed_by_the_other_stays(base):
    merged, _ = merge_canvases(base.remove("rent"), base.change("rent", amount=1), base)
    assert merged.entry("rent").amount == 1


def test_merging_with_itself_and_with_nothing_changes_nothing(base):
    for other in (base, Canvas("Shop")):
        merged, conflicts = merge_canvases(base, other)
        assert merged == base
        assert len(conflicts) == 0
    with pytest.raises(ValueError, match="same kind"):
        merge_canvases(base, Canvas(kind="personal"))


def test_side_by_side_says_changes_in_words(base):
    new = base.remove("rent").add("costs", "wages <b>").change("families", kind="group")
    html = side_by_side(base, new, names=("May", "June")).html
    assert "<del>rent 900</del> <em>(gone)</em>" in html
    assert "<ins>wages &lt;b&gt;</ins> <em>(new)</em>" in html
    assert "<em>(changed)</em>" in html
    assert html.count('scope="row"') == 9
    assert "(新增)" in side_by_side(base, new, lang="zh").html.replace("（", "(").replace("）", ")")


def test_with_a_base_a_link_or_proof_one_took_away_stays_away(base):
    base = base.change("the shop", links=["families"], evidence="seen in May")
    first = base.change("the shop", links=["rent"], evidence="seen in June")
    second = base.add("channels", "the app")
    for one, two in ((first, second), (second, first)):
        merged, conflicts = merge_canvases(one, two, base=base)
        assert [entry.text for entry in merged.linked("the shop")] == ["rent"]
        assert merged.entry("the shop").said("note") == ["seen in June"]
        assert conflicts.empty
    without, _ = merge_canvases(first, second)
    assert {entry.text for entry in without.linked("the shop")} == {"families", "rent"}
