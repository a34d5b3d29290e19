"""Catalogues: what is taken out, what is put back, and what stays to the byte."""

import json
import re
import shutil
from pathlib import Path

import polib
import pytest

from whobuys.course._source import BuildError, Cell
from whobuys.course._translate import (
    Catalogue,
    Message,
    cell_messages,
    read_catalogue,
    refresh_catalogue,
    translate_cell,
)
from whobuys.course.build import build, main

CALL = "We can phone {{ calls }} people. {{ once:.0%}} of the {{ buyers:,}} buyers came once."
SMALL = Path(__file__).parent / "fixtures" / "small"

TRICKY = r"""# Title with `code` #

Setext heading
over two lines
==============

A paragraph
  that goes on   with   spaces,
and a hard break\
here, and one with spaces~~
there.

- item
- item with
  a second line
  * nested [link](http://x.example/a_b "title")
    wrapped

    second paragraph
3) numbered from three
4) numbered
   ```python
   # not a message
   ```
-	after a tab

> quoted **bold**
> text
lazy line
> - list in a quote
>   goes on
>
> > twice

| a | b \| c | a |
|:--|:------:|--:|
| a | `x \| y` |  |
|  a a | a |

a | plain
--|------
x | y | z

    indented code

```text
| no | table |
```

<div align="left">
raw html
</div>

<details>
<summary>Open me</summary>

Inside.

</details>

$$
x = \frac{a}{b}
$$

{{ once:.0%}}

* * *

![alt](image.png) and {{ once:.0%}} of them

[ref]: http://x.example "not a message"

123 | 456

Chinese 中文, emoji 🍵 and trailing spaces~~~
## Heading right after
Done.""".replace("~", " ")


def markdown(source: str) -> Cell:
    return Cell("markdown", "a", source)


def upside(cell: Cell, change) -> str:
    done = {text: change(text) for text in cell_messages(cell)}
    return translate_cell(cell, Catalogue(done)).source


def test_empty_catalogue_keeps_every_byte():
    assert translate_cell(markdown(TRICKY), Catalogue()).source == TRICKY


def test_messages_of_every_block():
    assert cell_messages(markdown(TRICKY)) == [
        "Title with `code`",
        "Setext heading over two lines",
        "A paragraph that goes on   with   spaces, and a hard break\\\n"
        "here, and one with spaces  \nthere.",
        "item",
        "item with a second line",
        'nested [link](http://x.example/a_b "title") wrapped',
        "second paragraph",
        "numbered from three",
        "numbered",
        "after a tab",
        "quoted **bold** text lazy line",
        "list in a quote goes on",
        "twice",
        "a",
        "b | c",
        "a",
        "a",
        "`x | y`",
        "a a",
        "a",
        "a",
        "plain",
        "x",
        "y",
        "Open me",
        "Inside.",
        "![alt](image.png) and {{ once:.0%}} of them",
        "Chinese 中文, emoji 🍵 and trailing spaces",
        "Heading right after",
        "Done.",
    ]


def test_translation_goes_to_its_place_only():
    new = upside(markdown(TRICKY), lambda text: f"译{text}")
    assert "# 译Title with `code` #\n" in new
    assert "译Setext heading over two lines\n=====" in new
    assert "译A paragraph that goes on   with   spaces, and a hard break\\\nhere, and" in new
    assert "- 译item\n- 译item with a second line\n  * 译nested" in new
    assert "\n    译second paragraph\n3) 译numbered from three\n" in new
    assert (
        "> 译quoted **bold** text lazy line\n> - 译list in a quote goes on\n>\n> > 译twice" in new
    )
    assert "| 译a | 译b \\| c | 译a |\n|:--|:------:|--:|\n| 译a | 译`x \\| y` |  |\n" in new
    assert "|  译a a | 译a |\n" in new
    assert "译x | 译y | z\n" in new
    assert "<summary>译Open me</summary>\n\n译Inside.\n" in new
    assert "   # not a message\n" in new
    assert "\n[ref]: http://x.example" in new
    assert (
        "译Chinese 中文, emoji 🍵 and trailing spaces   \n## 译Heading right after\n译Done." in new
    )
    for untouched in ("    indented code\n", "raw html", "| no | table |", "$$\nx = ", "123 | 456"):
        assert untouched in new


def test_identity_translation_only_joins_lines():
    again = upside(markdown(TRICKY), str)
    assert re.sub(r"[\s>]", "", again) == re.sub(r"[\s>]", "", TRICKY)
    assert again != TRICKY
    assert upside(markdown(again), str) == again


def test_fact_placeholders_stay_in_messages():
    cell = markdown("{{ once:.0%}} came once.")
    assert cell_messages(cell) == ["{{ once:.0%}} came once."]


@pytest.mark.parametrize("new", ["# Title", "- item", "one\n\ntwo", "1. first", "```", "<div>"])
def test_translation_may_not_change_the_block(new):
    with pytest.raises(BuildError, match="changes what kind of block"):
        translate_cell(markdown("A text."), Catalogue({"A text.": new}))


def test_bar_in_a_table_is_escaped():
    for words in ("x|y", "x\\|y"):
        new = translate_cell(markdown("|a|b|\n|-|-|\n|c|d|"), Catalogue({"c": words}))
        assert new.source == "|a|b|\n|-|-|\n|x\\|y|d|"


def test_several_lines_keep_their_place_in_a_list_and_quote():
    cell = translate_cell(
        markdown("> - a text\n\n1. b"), Catalogue({"a text": "x\\\ny", "b": "p\\\nq"})
    )
    assert cell.source == "> - x\\\n>   y\n\n1. p\\\n   q"


def test_code_cells_are_left_alone_but_for_their_alt():
    cell = Cell("code", "a", "# A text.\nprint('A text.')", alt="A text.")
    new = translate_cell(cell, Catalogue({"A text.": "文字"}))
    assert (new.source, new.alt) == (cell.source, "文字")


# Catalogue files


def refresh(path: Path, *texts: str) -> polib.POFile:
    messages = [Message(text, f"lesson.md:cell{n}") for n, text in enumerate(texts)]
    content, _ = refresh_catalogue(path, messages, "zh-CN")
    again, _ = refresh_catalogue(path, messages, "zh-CN")
    assert content == again
    path.write_bytes(content)
    settled, _ = refresh_catalogue(path, messages, "zh-CN")
    assert settled == content
    return polib.pofile(str(path))


def translate(path: Path, **words: str) -> None:
    catalogue = polib.pofile(str(path), wrapwidth=0)
    for entry in catalogue:
        entry.msgstr = words.get(entry.msgid.split()[0], entry.msgstr)
    path.write_bytes(str(catalogue).encode())


def test_new_catalogue_has_empty_messages_and_no_dates(tmp_path):
    catalogue = refresh(tmp_path / "zh.po", "One text.", "Two texts.", "One text.")
    assert [(entry.msgid, entry.msgstr) for entry in catalogue] == [
        ("One text.", ""),
        ("Two texts.", ""),
    ]
    assert catalogue[0].occurrences == [("lesson.md:cell0", ""), ("lesson.md:cell2", "")]
    assert catalogue.metadata["Language"] == "zh_CN"
    assert not any("Date" in key for key in catalogue.metadata)


def test_changed_text_is_fuzzy_with_the_old_one(tmp_path):
    path = tmp_path / "zh.po"
    refresh(path, "One customer in five came once.", "Untouched text.")
    translate(path, One="五分之一", Untouched="不变")
    (changed, untouched) = refresh(path, "One customer in four came once.", "Untouched text.")
    assert changed.fuzzy
    assert changed.msgstr == "五分之一"
    assert changed.previous_msgid == "One customer in five came once."
    assert untouched.translated()
    assert read_catalogue(path).done == {"Untouched text.": "不变"}
    (twice, _) = refresh(path, "One customer in six came once.", "Untouched text.")
    assert twice.fuzzy
    assert twice.previous_msgid == "One customer in five came once."
    (back, _) = refresh(path, "One customer in five came once.", "Untouched text.")
    assert back.translated()
    assert back.previous_msgid is None


def test_gone_text_is_obsolete_and_comes_back(tmp_path):
    path = tmp_path / "zh.po"
    refresh(path, "Alpha beta.", "Something else entirely!", "Never translated.")
    translate(path, Alpha="甲", Something="乙")
    catalogue = refresh(path, "Alpha beta.")
    assert [(e.msgid, bool(e.obsolete)) for e in catalogue] == [
        ("Alpha beta.", False),
        ("Something else entirely!", True),
    ]
    assert read_catalogue(path).done == {"Alpha beta.": "甲"}
    catalogue = refresh(path, "Alpha beta.", "Something else entirely!")
    assert [e.msgstr for e in catalogue if not e.obsolete] == ["甲", "乙"]


def test_translators_notes_and_header_are_kept(tmp_path):
    path = tmp_path / "zh.po"
    refresh(path, "One text.")
    catalogue = polib.pofile(str(path), wrapwidth=0)
    catalogue.metadata["Last-Translator"] = "Somebody"
    catalogue.header = " Simplified Chinese"
    catalogue[0].tcomment = "see the glossary"
    path.write_bytes(str(catalogue).encode())
    catalogue = refresh(path, "One text.", "Two texts.")
    assert catalogue[0].tcomment == "see the glossary"
    assert catalogue.metadata["Last-Translator"] == "Somebody"
    assert "Simplified Chinese" in catalogue.header


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("garbage\n", "is not a PO file"),
        ('msgid "a\nmsgstr "b"\n', "close each quote"),
        ('msgid "a"\nmsgstr "b"\n\nmsgid "a"\nmsgstr "c"\n', "stands here twice"),
        ('msgid "{{ x }} a"\nmsgstr "b"\n', 'the translation of "{{ x }} a" lacks {{ x }}'),
        ('msgid "a"\nmsgstr "{{ y }}"\n', "quotes what its text does not: {{ y }}"),
    ],
)
def test_bad_catalogue(tmp_path, text, words):
    (tmp_path / "zh.po").write_text(text)
    with pytest.raises(BuildError) as raised:
        read_catalogue(tmp_path / "zh.po")
    assert words in str(raised.value)


def test_empty_file_is_an_empty_catalogue(tmp_path):
    (tmp_path / "zh.po").write_text("")
    assert read_catalogue(tmp_path / "zh.po") == Catalogue()


# A course with a catalogue


@pytest.fixture
def root(tmp_path):
    shutil.copytree(SMALL, tmp_path, dirs_exist_ok=True)
    return tmp_path


def run(root: Path, *arguments: str) -> int:
    return main(["--root", str(root), *arguments])


def fill_in(root: Path, words: dict[str, str]) -> None:
    path = root / "course/01_small/zh.po"
    catalogue = polib.pofile(str(path), wrapwidth=0)
    for entry in catalogue:
        entry.msgstr = words.get(entry.msgid, entry.msgstr)
    path.write_bytes(str(catalogue).encode())


def sources(content: bytes) -> dict[str, str]:
    return {cell["id"]: "".join(cell["source"]) for cell in json.loads(content)["cells"]}


def test_chinese_notebooks(root, capsys):
    assert run(root, "--po", "01_small") == 0
    assert "22 untranslated" in capsys.readouterr().out
    english = build(root)
    fill_in(
        root,
        {
            "Whom should we call?": "该给谁打电话？",
            CALL: "可以打 {{ calls }} 个电话。{{ buyers:,}} 位买家中有 {{ once:.0%}} 只买过一次。",
            "Bars: most customers came once.": "柱状图",
            "Who gets a 5 for recency?": "谁得 5 分？",
            "Whoever bought **last week**": "**上周**买过的人",
            "Fewer days is warmer; {{ once:.0%}} came once.": "越近越热；{{ once:.0%}} 只来一次。",
            "Count the buyers.": "数一数买家。",
        },
    )
    built = build(root)
    assert {path: built[path] for path in built if "zh" not in path.parts} == {
        path: english[path] for path in english if "zh" not in path.parts
    }
    lesson = json.loads(built[Path("notebooks/zh/01_small.ipynb")])
    assert lesson["metadata"]["whobuys"]["lang"] == "zh-CN"
    assert lesson["metadata"]["whobuys"]["source"] == "course/01_small/lesson.md"
    text = sources(built[Path("notebooks/zh/01_small.ipynb")])
    assert text["title"].startswith(
        "# 该给谁打电话？\n\n可以打 200 个电话。1,441 位买家中有 31% 只买过一次。\n\n- Count from"
    )
    assert "### 第 1 题\n\n谁得 5 分？" in text["quiz"]
    assert (
        "<summary><strong>上周</strong>买过的人</summary>\n\n> **答对了。** 越近越热；31% 只来"
        in text["quiz"]
    )
    assert next(c for c in lesson["cells"] if c["id"] == "figure")["metadata"]["alt"] == "柱状图"
    for kind in ("notebooks", "exercises", "solutions"):
        ours = json.loads(built[Path(kind, "01_small.ipynb")])["cells"]
        theirs = json.loads(built[Path(kind, "zh/01_small.ipynb")])["cells"]
        assert [c["id"] for c in ours] == [c["id"] for c in theirs]
        assert [c["source"] for c in ours if c["cell_type"] == "code"] == [
            c["source"] for c in theirs if c["cell_type"] == "code"
        ]
    assert "数一数买家。" in sources(built[Path("exercises/zh/01_small.ipynb")])["title"]


def test_untranslated_notebook_equals_the_english_cells(root):
    run(root, "--po", "01_small")
    built = build(root)
    ours = json.loads(built[Path("exercises/01_small.ipynb")])["cells"]
    assert json.loads(built[Path("exercises/zh/01_small.ipynb")])["cells"] == ours


def test_fuzzy_messages_are_not_shown(root):
    run(root, "--po", "01_small")
    fill_in(root, {"Count the buyers.": "数一数买家。"})
    exercise = root / "course/01_small/exercise.md"
    exercise.write_text(exercise.read_text().replace("Count the buyers.", "Count all the buyers."))
    run(root, "--po")
    assert "数一数" in (root / "course/01_small/zh.po").read_text(encoding="utf-8")
    assert (
        "Count all the buyers."
        in sources(build(root)[Path("exercises/zh/01_small.ipynb")])["title"]
    )


def test_check_tells_what_is_missing_and_does_not_fail(root, capsys):
    run(root, "--po", "01_small")
    fill_in(root, {"Count the buyers.": "数一数买家。"})
    run(root)
    capsys.readouterr()
    assert run(root, "--check") == 0
    assert "zh.po: 21 of 22 messages untranslated, 0 fuzzy\n" in capsys.readouterr().out
    exercise = root / "course/01_small/exercise.md"
    exercise.write_text(exercise.read_text().replace("Done.", "Over."))
    assert run(root, "--check") == 1
    assert "2 new or gone: refresh it" in capsys.readouterr().out


def test_broken_translation_names_cell_and_catalogue(root, capsys):
    run(root, "--po", "01_small")
    fill_in(root, {"Count the buyers.": "# 数"})
    assert run(root) == 1
    said = capsys.readouterr().err
    assert (
        'exercise.md: line 5, cell "title", zh.po: the translation of "Count the buyers."' in said
    )


def test_removing_the_catalogue_removes_its_notebooks(root, capsys):
    run(root, "--po", "01_small")
    run(root)
    assert (root / "notebooks/zh/01_small.ipynb").exists()
    (root / "course/01_small/zh.po").unlink()
    run(root)
    assert not (root / "notebooks/zh/01_small.ipynb").exists()
    assert (root / "notebooks/01_small.ipynb").exists()


def test_po_twice_changes_nothing(root, capsys):
    run(root, "--po", "01_small")
    before = (root / "course/01_small/zh.po").read_bytes()
    assert b"\r" not in before
    capsys.readouterr()
    run(root, "--po", "01_small")
    assert capsys.readouterr().out.startswith("unchanged ")
    assert (root / "course/01_small/zh.po").read_bytes() == before


def test_po_and_check_exclude_each_other(root):
    with pytest.raises(SystemExit):
        run(root, "--po", "--check")
