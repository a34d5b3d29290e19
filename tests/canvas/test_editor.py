import json
import re

import pytest
import yaml

from tests.canvas.test_model import HERE
from whobuys.canvas import Canvas, edit_canvas


@pytest.fixture
def path(tmp_path):
    return tmp_path / "canvas.json"


def browser_sends(editor, canvas):
    editor.widget.set_state({"document": canvas.to_dict(), "sequence": editor.widget.sequence + 1})


def test_every_change_is_in_the_file(path):
    editor = edit_canvas(path, title="Shop")
    assert not path.exists()  # opening writes nothing
    browser_sends(editor, editor.canvas.add("channels", "a van"))
    assert Canvas.read(path) == editor.canvas
    assert editor.widget.status["sequence"] == 1
    assert editor.widget.status["saved"]
    assert len(list(path.parent.iterdir())) == 1
    again = edit_canvas(path, Canvas("Other"))
    assert again.canvas == editor.canvas


def test_what_was_undone_on_the_way_is_answered_too(path):
    editor = edit_canvas(path)
    browser_sends(editor, editor.canvas.add("channels", "a van"))
    browser_sends(editor, editor.canvas)  # added and taken back before it was sent
    assert editor.widget.status["sequence"] == editor.widget.sequence == 2


def test_findings_follow(path):
    editor = edit_canvas(path, segments=["A"], figures={"rent": 5}, lang="zh")
    before = editor.widget.status["findings"]
    editor.canvas = editor.canvas.add("costs", "rent", amount=9)
    after = editor.widget.status["findings"]
    assert len([f for f in before if f["block"] == "cost_structure"]) == 1
    assert any("数据是 5" in f["says"] for f in after)
    assert set(after[0]) == {"weight", "block", "entry", "says"}


def test_another_ones_changes_are_put_aside(path):
    editor = edit_canvas(path)
    editor.canvas = editor.canvas.add("channels", "a van")
    other = Canvas("Other").add("channels", "a shop")
    other.save(path)
    editor.canvas = editor.canvas.add("channels", "a bus")
    assert "canvas-2.json" in editor.widget.status["message"]
    assert Canvas.read(path.with_name("canvas-2.json")) == other
    assert Canvas.read(path) == editor.canvas


def test_a_file_that_is_no_canvas_is_left_alone(path):
    path.write_text("{broken", encoding="utf-8")
    with pytest.raises(ValueError, match=r"canvas.json holds no canvas. This is not JSON: line 1"):
        edit_canvas(path)
    assert path.read_text(encoding="utf-8") == "{broken"


def test_a_folder_that_cannot_be_written(path):
    editor = edit_canvas(path.parent / "not there" / "canvas.json")
    editor.canvas = editor.canvas.add("channels", "a van")
    assert editor.widget.status["saved"] is False
    assert "cannot be written" in editor.widget.status["message"]
    assert editor.canvas.entry("a van")


def test_a_report_has_the_picture(path, monkeypatch):
    shown = []
    monkeypatch.setattr(
        "whobuys.canvas._editor.display", lambda data, **more: shown.append((data, more))
    )
    edit_canvas(path, Canvas("Shop").add("channels", "a van"))._ipython_display_()
    (live, _), (picture, more) = shown
    assert set(live) == {
        "application/vnd.jupyter.widget-view+json",
        "text/html",
        "text/plain",
    }
    assert "a van" in picture.data
    assert more == {"display_id": True}


def test_both_languages_say_the_same_things():
    words = yaml.safe_load((HERE / "words.yml").read_text(encoding="utf-8"))
    fields = {
        lang: {name: sorted(re.findall(r"\{\w+\}", text)) for name, text in said.items()}
        for lang, said in words.items()
    }
    assert fields["en"] == fields["zh"]
    script = (HERE / "editor.js").read_text(encoding="utf-8")
    asked = set(re.findall(r"words\.(\w+)", script)) | set(re.findall(r'say\("(\w+)"', script))
    asked |= {"linked", "unlinked", "segment", "figure", "note", "problem", "question", "hint"}
    assert asked == set(words["en"])


def test_the_script_makes_no_markup_of_text_and_calls_nobody():
    script = (HERE / "editor.js").read_text(encoding="utf-8")
    for word in (
        "innerHTML",
        "outerHTML",
        "insertAdjacentHTML",
        "document.write",
        "eval(",
        "fetch(",
    ):
        assert word not in script
    assert re.findall(r"https?://[^\"']+", script) == ["http://www.w3.org/2000/svg"] * 2


def test_the_kernel_is_told_little(path):
    editor = edit_canvas(path)
    state = json.dumps(
        {k: v for k, v in editor.widget.get_state().items() if not k.startswith("_")}
    )
    assert len(state) < 20_000
    assert str(path.parent) not in state
