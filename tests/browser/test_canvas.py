"""The canvas in JupyterLab: built by mouse, built by keyboard, found again after a reload."""

import json
import re
from importlib.resources import files

import pytest

from tests.browser.lab import IN_FRONT, KERNEL_READY, LAPTOP, open_notebook

pytestmark = pytest.mark.browser

CODE = {
    "mouse": """from whobuys.canvas import edit_canvas
mouse = edit_canvas("mouse.json", title="M")
mouse""",
    "keyboard": 'keyboard = edit_canvas("keyboard.json", kind="personal", lang="zh")\nkeyboard',
}
READ = """part => {
  const text = (node) => [...node.childNodes].filter(c => c.nodeType === 3 || !c.classList
    ?.contains('wb-sr')).map(c => c.textContent).join('');
  const found = {};
  for (const block of part.querySelectorAll('.wb-block')) {
    const notes = [...block.querySelectorAll('.wb-note')].map(text);
    if (notes.length) found[block.dataset.block] = notes;
  }
  return found;
}"""
# Names, roles and tab stops of everything a hand can reach.
CONTROLS = """part => [
  ...part.querySelectorAll('button, input, select, textarea, summary')].map(c => ({
  name: (c.getAttribute('aria-label') || c.labels?.[0]?.innerText || c.innerText).trim(),
  stop: c.tabIndex >= 0 && c.offsetParent !== null && !!c.closest('.wb-grid'),
  size: Math.min(c.getBoundingClientRect().width, c.getBoundingClientRect().height),
  shown: c.offsetParent !== null,
}))"""
# Every shown text with its colour and what is behind it.
COLOURS = """part => {
  const behind = (node) => {
    for (let n = node; n; n = n.parentElement) {
      const colour = getComputedStyle(n).backgroundColor;
      if (colour !== 'rgba(0, 0, 0, 0)' && colour !== 'transparent') return colour;
    }
    return 'rgb(255, 255, 255)';
  };
  const all = [...part.querySelectorAll('*')].filter(n => n.offsetParent !== null
    && [...n.childNodes].some(c => c.nodeType === 3 && c.textContent.trim()));
  return all.map(n => [n.className, getComputedStyle(n).color, behind(n)]);
}"""


def notebook(folder, name, code):
    cells = [
        {
            "cell_type": "code",
            "id": id,
            "metadata": {},
            "outputs": [],
            "execution_count": None,
            "source": source,
        }
        for id, source in code.items()
    ]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    content = {
        "cells": cells,
        "metadata": {"kernelspec": kernel},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    (folder / name).write_text(json.dumps(content), encoding="utf-8")


class Editor:
    """One canvas on the page."""

    def __init__(self, opened, id):
        self.opened, self.id, self.page = opened, id, opened.page
        self.part = opened.cell(id).locator(".wb-canvas")
        self.part.wait_for(timeout=60_000)

    @property
    def notes(self):
        return self.part.evaluate(READ)

    def block(self, key):
        return self.part.locator(f'.wb-block[data-block="{key}"]')

    def note(self, text):
        return self.part.locator(".wb-note", has_text=text).first

    def press(self, *keys):
        for key in keys:
            self.page.keyboard.press(key)

    def saved(self, words):
        self.part.locator(".wb-status", has_text=words).wait_for(timeout=60_000)

    def file(self, folder, name):
        return json.loads((folder / name).read_text(encoding="utf-8"))


@pytest.fixture
def opened(lab, lab_folder, new_page, request):
    for name in ("mouse.json", "keyboard.json"):
        (lab_folder / name).unlink(missing_ok=True)
    name = f"{request.node.name.replace('_', '-')}.ipynb"
    notebook(lab_folder, name, CODE)
    opened = open_notebook(new_page(viewport=LAPTOP), lab, name)
    opened.run_all()
    assert opened.problems == []
    opened.page.set_default_timeout(30_000)
    return opened


def channel(value):
    value /= 255
    return value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4


def contrast(one, other):
    light = []
    for colour in (one, other):
        red, green, blue = (float(part) for part in re.findall(r"[\d.]+", colour)[:3])
        light.append(0.2126 * channel(red) + 0.7152 * channel(green) + 0.0722 * channel(blue))
    return (max(light) + 0.05) / (min(light) + 0.05)


def broken_rules(editor):
    """What axe finds against WCAG 2.2, levels A and AA, in the canvas."""
    if not editor.page.evaluate("'axe' in window"):
        axe = (files("axe_playwright_python") / "axe.min.js").read_text("utf-8")
        # Without this JupyterLab's loader would take it for a module of its own.
        editor.page.evaluate(f"(() => {{ const module = undefined, define = undefined; {axe} }})()")
    found = editor.part.evaluate("part => axe.run(part)")
    assert len(found["passes"]) > 10
    return [(rule["id"], rule["nodes"][0]["html"]) for rule in found["violations"]]


def drag(editor, note, block):
    mouse = editor.page.mouse
    start, end = note.bounding_box(), block.bounding_box()
    mouse.move(start["x"] + start["width"] / 2, start["y"] + 8)
    mouse.down()
    mouse.move(start["x"] + start["width"] / 2 + 12, start["y"] + 14, steps=3)
    mouse.move(end["x"] + end["width"] / 2, end["y"] + end["height"] - 8, steps=8)
    mouse.up()


def test_built_by_mouse_and_found_again(opened, lab_folder):
    editor = Editor(opened, "mouse")
    editor.part.scroll_into_view_if_needed()
    for key, text in (
        ("customer_segments", "office workers"),
        ("customer_segments", "students"),
        ("value_propositions", "lunch in five minutes"),
        ("channels", "to be moved"),
    ):
        editor.block(key).locator(".wb-add").click()
        editor.page.keyboard.type(text)
        editor.part.locator(".wb-status").click()  # elsewhere: what was typed stays
    editor.saved("Saved in mouse.json")
    drag(editor, editor.note("to be moved"), editor.block("key_partners"))
    editor.note("to be moved").dblclick()
    editor.page.keyboard.type("the bakery")
    editor.block("cost_structure").locator("h4").click()
    editor.note("lunch in five minutes").click()
    editor.part.get_by_role("button", name="Link by choosing a note").click()
    editor.note("office workers").click()
    editor.note("students").click()
    editor.part.get_by_role("button", name="Delete", exact=True).click()
    editor.part.get_by_role("button", name="Undo").click()
    editor.note("the bakery").click()
    editor.part.get_by_label("Amount a month").fill("1,250")
    editor.part.get_by_label("Kind", exact=True).select_option("supplier")
    editor.saved("Saved in mouse.json")
    expected = {
        "customer_segments": ["Aoffice workers", "Bstudents"],
        "value_propositions": ["Alunch in five minutes"],
        "key_partners": ["the bakery · 1,250 · supplier"],
    }
    assert editor.notes == expected
    kept = editor.file(lab_folder, "mouse.json")
    by_text = {entry["text"]: entry for entry in kept["entries"]}
    assert by_text["lunch in five minutes"]["links"] == [by_text["office workers"]["id"]]
    assert by_text["the bakery"]["amount"] == 1250
    assert editor.part.locator(".wb-checks summary").inner_text().startswith("Checks: ")

    # The page is loaded again without the notebook having been saved, then with.
    opened.page.evaluate("window.jupyterapp.commands.execute('docmanager:save')")
    opened.page.wait_for_timeout(1500)
    opened.page.reload()
    opened.page.wait_for_function(KERNEL_READY, arg=opened.path, timeout=180_000)
    again = Editor(opened, "mouse")
    assert again.notes == expected
    again.block("channels").locator(".wb-add").click()
    again.page.keyboard.type("a van")
    again.press("Enter")
    again.saved("Saved in mouse.json")
    # And with a new kernel, from the file.
    opened.run_all()
    assert Editor(opened, "mouse").notes == expected | {"channels": ["a van"]}
    assert opened.problems == []


def test_built_by_keyboard_alone_and_found_again(opened, lab_folder):
    editor = Editor(opened, "keyboard")
    editor.part.get_by_label("标题").focus()  # from here on only keys
    editor.page.keyboard.type("我的画布")
    editor.press("Tab", "Tab", "Tab", "Tab", "Tab")
    for _ in range(4):
        editor.press("ArrowRight")
    editor.press("n")
    editor.page.keyboard.type("酒店采购员")
    editor.press("Enter", "n")
    editor.page.keyboard.type("新同事")
    editor.press("Enter", "ArrowLeft", "ArrowLeft", "n")
    editor.page.keyboard.type("第一次就对的报价")
    editor.press("Enter")
    editor.press("l", "ArrowRight", "ArrowRight", "Home", "ArrowDown", "Enter")
    editor.saved("已保存到 keyboard.json")
    assert editor.notes["value_propositions"] == ["A第一次就对的报价"]
    editor.press("ArrowDown", "Alt+ArrowUp", "F2", "End")
    editor.page.keyboard.type("小王")
    editor.press("Enter", "Delete", "Control+z")
    editor.press("n")
    editor.page.keyboard.type("扔掉")
    editor.press("Enter", "Alt+ArrowLeft", "Delete")
    editor.saved("已保存到 keyboard.json")
    expected = {
        "customer_segments": ["A新同事小王", "B酒店采购员"],
        "value_propositions": ["B第一次就对的报价"],
    }
    assert editor.notes == expected
    # On to the details of a note, and out again: no trap.
    editor.press("Shift+Tab")
    focus = "document.activeElement.closest('.wb-canvas') ? document.activeElement.innerText : ''"
    assert editor.page.evaluate(focus) == "按键"
    for _ in range(40):
        editor.press("Tab")
        if not editor.page.evaluate(focus) and editor.page.evaluate(
            "!document.activeElement.closest('.wb-canvas')"
        ):
            break
    else:
        pytest.fail("Tab does not leave the canvas")
    assert len(opened.cells) == 2  # no key reached JupyterLab
    assert editor.file(lab_folder, "keyboard.json")["title"] == "我的画布"

    opened.page.evaluate("window.jupyterapp.commands.execute('docmanager:save')")
    opened.page.wait_for_timeout(1500)
    opened.page.reload()
    opened.page.wait_for_function(KERNEL_READY, arg=opened.path, timeout=180_000)
    assert Editor(opened, "keyboard").notes == expected


def test_a_stopped_kernel_loses_nothing(opened, lab_folder):
    editor = Editor(opened, "mouse")
    editor.block("channels").locator(".wb-add").click()
    editor.page.keyboard.type("saved")
    editor.press("Enter")
    editor.saved("Saved in mouse.json")
    session = "window.jupyterapp.shell.currentWidget.sessionContext"
    opened.page.evaluate(f"{session}.shutdown()")
    opened.page.wait_for_timeout(2000)
    editor.block("channels").locator(".wb-add").click()
    editor.page.keyboard.type("not yet saved")
    editor.press("Enter")
    editor.saved("Your work is kept in this browser")
    assert len(editor.file(lab_folder, "mouse.json")["entries"]) == 1
    opened.page.evaluate(f"{{ {session}.startKernel(); }}")
    opened.wait_until_idle()
    opened.run_all()
    again = Editor(opened, "mouse")
    again.note("not yet saved").wait_for()
    again.saved("Saved in mouse.json")
    assert len(again.file(lab_folder, "mouse.json")["entries"]) == 2


def test_names_contrast_and_one_tab_stop(opened):
    editor = Editor(opened, "mouse")
    for key in ("customer_segments", "value_propositions"):
        editor.block(key).locator(".wb-add").click()
        editor.page.keyboard.type(f"a note in {key}")
        editor.press("Enter")
    editor.block("channels").locator(".wb-hint").click()
    editor.part.locator(".wb-checks summary").click()
    editor.part.get_by_role("button", name="Keys").click()
    editor.saved("Saved")
    for theme in ("JupyterLab Light", "JupyterLab Dark"):
        opened.page.evaluate(
            "theme => window.jupyterapp.commands.execute('apputils:change-theme', {theme})", theme
        )
        dark = str(theme == "JupyterLab Light").lower()
        opened.page.wait_for_selector(f'body[data-jp-theme-light="{dark}"]', state="attached")
        colours = editor.part.evaluate(COLOURS)
        assert len(colours) > 40
        weak = [(name, one, other) for name, one, other in colours if contrast(one, other) < 4.5]
        assert weak == []
        assert broken_rules(editor) == [], theme
    controls = [one for one in editor.part.evaluate(CONTROLS) if one["shown"]]
    assert [one for one in controls if not one["name"]] == []
    assert [one for one in controls if one["size"] < 24] == []
    assert sum(one["stop"] for one in controls) == 1
    groups = editor.part.locator('[role="group"][aria-labelledby]')
    assert groups.count() == 9
    ids = editor.part.evaluate("part => [...part.querySelectorAll('[id]')].map(n => n.id)")
    assert len(set(ids)) == len(ids)
    # On a telephone the blocks stand one below the other, and nothing sticks out.
    editor.part.evaluate("part => { part.style.width = '340px'; }")
    opened.page.wait_for_timeout(300)
    out = editor.part.evaluate(
        "part => { const edge = part.getBoundingClientRect().right + 1;"
        " return [...part.querySelectorAll('.wb-block, .wb-note, .wb-panel *')]"
        ".filter(n => n.getBoundingClientRect().right > edge).length; }"
    )
    assert out == 0
    hidden = opened.page.locator(f"{IN_FRONT} .whobuys-canvas-picture").first
    assert not hidden.is_visible()
