"""Building notebooks from sources: names, facts, quiz, files, the command line."""

import json
import shutil
from pathlib import Path

import nbformat
import pytest

from whobuys.course._facts import fill, read_rubrics
from whobuys.course._source import BuildError, read_cells
from whobuys.course.build import build, check, main, write

SMALL = Path(__file__).parent / "fixtures" / "small"
HEAD = "---\nkernelspec: {name: python3, display_name: Python 3, language: python}\n---\n"
LESSON = Path("notebooks/01_small.ipynb")
EXERCISE = Path("exercises/01_small.ipynb")
SOLUTION = Path("solutions/01_small.ipynb")
REPORT = Path("notebooks/reports/customer.ipynb")


@pytest.fixture
def root(tmp_path):
    shutil.copytree(SMALL, tmp_path, dirs_exist_ok=True)
    return tmp_path


@pytest.fixture
def unit(root):
    return root / "course" / "01_small"


def cells(content: bytes) -> dict:
    return {cell["id"]: cell for cell in json.loads(content)["cells"]}


def text(cell: dict) -> str:
    return "".join(cell["source"])


def change(path: Path, old: str, new: str) -> None:
    before = path.read_text(encoding="utf-8")
    assert old in before
    path.write_text(before.replace(old, new), encoding="utf-8")


def problems(root: Path) -> str:
    with pytest.raises(BuildError) as raised:
        build(root)
    return str(raised.value)


def markdown(name: str, body: str) -> str:
    return f'\n+++ {{"name": "{name}"}}\n\n{body}\n'


def code(name: str, body: str) -> str:
    return f"\n```{{code-cell}} python\n:name: {name}\n{body}\n```\n"


# What is built


def test_builds_each_kind(root):
    assert set(build(root)) == {LESSON, EXERCISE, SOLUTION, REPORT}


def test_notebooks_are_valid_and_plain(root):
    for path, content in build(root).items():
        notebook = json.loads(content)
        nbformat.validate(nbformat.reads(content.decode(), as_version=4))
        assert (notebook["nbformat"], notebook["nbformat_minor"]) == (4, 5)
        for cell in notebook["cells"]:
            assert cell["id"] == cell["metadata"]["name"]
            assert set(cell["metadata"]) <= {"name", "tags", "alt"}
            assert cell.get("outputs", []) == []
            assert cell.get("execution_count") is None
        assert content.endswith(b"}\n")
        assert b"\r" not in content, path


def test_metadata_says_where_it_comes_from(root):
    built = build(root)
    assert json.loads(built[SOLUTION])["metadata"] == {
        "kernelspec": {
            "display_name": "Python 3 (ipykernel)",
            "language": "python",
            "name": "python3",
        },
        "language_info": {"name": "python"},
        "whobuys": {
            "unit": "01_small",
            "kind": "solution",
            "lang": "en",
            "source": "course/01_small/exercise.md",
            "generated": "Built from course/01_small/exercise.md. "
            "Edit that file and run: python3 start.py course",
        },
    }
    kinds = [json.loads(built[path])["metadata"]["whobuys"]["kind"] for path in built]
    assert sorted(kinds) == ["exercise", "lesson", "report", "solution"]


def test_same_bytes_each_time_and_with_windows_line_ends(root):
    first = build(root)
    for source in root.glob("course/*/*"):
        source.write_bytes(b"\xef\xbb\xbf" * (source.suffix != ".py") + source.read_bytes())
        source.write_bytes(source.read_bytes().replace(b"\n", b"\r\n"))
    assert build(root) == first


def test_exercise_and_solution(root):
    built = build(root)
    exercise, solution = cells(built[EXERCISE]), cells(built[SOLUTION])
    assert text(exercise["q1"]) == "# One number.\nbuyers = ...\nprint(buyers)"
    assert text(solution["q1"]) == '# One number.\nbuyers = len({"a", "b"})\nprint(buyers)'
    assert text(exercise["q2"]) == "# The share who came once.\nshare = ..."
    assert exercise["q2"]["metadata"]["tags"] == ["wide"]
    assert "once / 2" in text(solution["q2"])
    assert "q2-why" not in exercise
    assert "q2-why" in solution
    assert exercise["end"] == solution["end"]


def test_exercise_loses_the_words_for_a_blanked_figure(root, unit):
    change(unit / "exercise.md", ":name: q1\n", ":name: q1\n:alt: Two buyers.\n")
    built = build(root)
    assert "alt" not in cells(built[EXERCISE])["q1"]["metadata"]
    assert cells(built[SOLUTION])["q1"]["metadata"]["alt"] == "Two buyers."
    assert b"Two buyers" not in built[EXERCISE]


def test_report_keeps_its_tags(root):
    assert cells(build(root)[REPORT])["parameters"]["metadata"]["tags"] == ["parameters"]


def test_chosen_units_only(root):
    assert set(build(root, ["reports"])) == {REPORT}
    assert set(build(root, ["01_small"])) == {LESSON, EXERCISE, SOLUTION}


# Names


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("\nNo name at all here, not one.\n", '"No name at all here, not ..."'),
        ("\nNo name.\n", '+++ {"name": "some-name"}'),
        ("\n```{code-cell} python\na = 1\n```\n", ":name: some-name"),
        (markdown("same", "one") + markdown("same", "two"), 'the name "same" is taken'),
        (markdown("a", "one") + code("a", "b = 1"), 'the name "a" is taken'),
        (markdown("two words", "one"), "'two words' cannot name a cell"),
        (markdown("价值", "one"), "cannot name a cell"),
        (markdown("x" * 65, "one"), "cannot name a cell"),
        (code("5", "a = 1"), "5 cannot name a cell"),
        (markdown("a", "one").replace('"a"', '"a", "tag": ["x"]'), "did you mean tags?"),
        (markdown("a", "one").replace('"a"', '"a", "tags": ["Solution"]'), 'not "solution"'),
        (markdown("a", "one").replace('"a"', '"a'), "this cell cannot be read"),
        (code("a\n:tags: [x", "a = 1"), "this cell cannot be read"),
        (markdown("a", "") + code("b", "c = 1"), "this Markdown cell has no text"),
        (markdown("a", "") + markdown("b", "c"), "this Markdown cell has no text"),
        (markdown("a", "- x\n  ```{code-cell}\n  y = 1\n  ```"), "stays text; move it out"),
        (markdown("a", '- x\n\n  +++ {"name": "b"}'), "move it to the margin"),
        ("\n```{code-cell} python\n:name: a\nx = 1\n", "never closed"),
        ("\n````{code-cell} python\n:name: a\nx = 1\n```\n", "never closed"),
        ("\n```{raw-cell}\n:name: a\nraw\n```\n", "raw cells are not used"),
    ],
)
def test_bad_cells(source, words):
    with pytest.raises(BuildError) as raised:
        read_cells(HEAD + source)
    assert words in str(raised.value)


def test_cells_are_those_jupytext_reads():
    import jupytext

    for path in SMALL.glob("course/*/*.md"):
        source = path.read_text(encoding="utf-8")
        theirs = jupytext.reads(source, fmt="md:myst").cells
        ours = read_cells(source)
        assert [(c.kind, c.name, c.source) for c in ours] == [
            (c.cell_type, c.metadata["name"], c.source) for c in theirs
        ]


def test_no_header():
    with pytest.raises(BuildError, match="begin the file with a YAML header"):
        read_cells("# Title\n")


def test_every_bad_cell_is_named_with_its_line(root, unit):
    source = HEAD + markdown("good", "x") + code("b", "a = 1") + "\nUnnamed text.\n\n+++\n\nMore.\n"
    (unit / "lesson.md").write_text(source)
    said = problems(root)
    lines = source.split("\n")
    assert f"course/01_small/lesson.md: line {lines.index('Unnamed text.') + 1} " in said
    assert f"course/01_small/lesson.md: line {lines.index('+++') + 1} " in said


def test_not_utf8(root, unit):
    (unit / "lesson.md").write_bytes(b"---\n\xff\n---\n")
    assert "course/01_small/lesson.md: is not UTF-8" in problems(root)


# Solutions in the wrong place


def test_solution_in_a_lesson(root, unit):
    change(unit / "lesson.md", "days = 365", "days = 365  # solution")
    assert 'cell "parameters": a lesson has no solutions' in problems(root)


def test_solution_tag_in_a_report(root):
    change(root / "course/reports/customer.md", "[parameters]", "[solution]")
    assert "course/reports/customer.md" in problems(root)


def test_exercise_without_a_mark(root, unit):
    source = HEAD + markdown("a", "Do it.") + code("b", "secret = 1")
    (unit / "exercise.md").write_text(source)
    assert "course/01_small/exercise.md: no line is marked" in problems(root)


def test_mark_in_markdown(root, unit):
    change(unit / "exercise.md", "Count the buyers.", "    buyers = 2  # solution")
    assert "marks lines of code cells only" in problems(root)


def test_heading_called_solution_is_no_mark(root, unit):
    change(unit / "exercise.md", "Because one of", "## solution\n\n# solution\n\nBecause one of")
    assert "## solution" in text(cells(build(root)[SOLUTION])["q2-why"])


@pytest.mark.parametrize("line", ["%matplotlib inline", "!ls", "a = ("])
@pytest.mark.parametrize("name", ["lesson.md", "exercise.md"])
def test_code_must_be_plain_python(root, unit, name, line):
    (unit / name).write_text(HEAD + code("first", "x = 1") + code("broken", line))
    assert 'cell "broken": code line 1' in problems(root)


# Facts


def test_facts_are_filled(root):
    lesson = cells(build(root)[LESSON])
    assert "phone 200 people. 31% of the 1,441 buyers" in text(lesson["title"])
    assert "31% came once" in text(lesson["quiz"])
    assert text(lesson["figure"]) == 'print(f"{{days}} {days}")'


@pytest.mark.parametrize(
    ("placeholder", "words"),
    [
        ("{{ onse:.0%}}", "did you mean once?"),
        ("{{ nothing }}", "known facts: buyers, calls, once, unused"),
        ("{{ calls:.0q}}", 'the format ".0q" does not fit 200'),
        ("{{ unused:.0%}}", "does not fit 'text'"),
        ("{{ once }}", "say how to round it"),
        ("{{ once | round }}", "write {{ name }}"),
        ("text {{ quiz }} text", "alone on its line"),
    ],
)
def test_bad_facts(root, unit, placeholder, words):
    change(unit / "lesson.md", "{{ calls }}", placeholder)
    said = problems(root)
    assert words in said
    assert placeholder[placeholder.index("{") : placeholder.index("}}") + 2] in said
    assert 'course/01_small/lesson.md: line 8, cell "title"' in said


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("def facts():\n    return {}['a']", "does not run: KeyError"),
        ("def facts():\n    1 / 0", "does not run: ZeroDivisionError"),
        ("def facts(:", "does not run: SyntaxError"),
        ("import sys\nsys.exit(3)", "does not run: SystemExit"),
        ("x = 1", "has no function facts()"),
        ("def facts():\n    return 5", "must return a dict with text keys, not int"),
        ("def facts():\n    return {1: 2}", "must return a dict with text keys"),
    ],
)
def test_bad_facts_file(root, unit, source, words):
    (unit / "facts.py").write_text(source)
    said = problems(root)
    assert words in said
    assert said.startswith("course/01_small/facts.py: ")


def test_no_facts_file(root, unit):
    (unit / "facts.py").unlink()
    assert "known facts: none" in problems(root)


KEY = """from whobuys.course import Criterion, Exercise, essay
exercise = Exercise("01_small", "Small", company="teahouse")
rubric = essay(Criterion("A figure", 12), Criterion("A limit", 0.5))
exercise.open_question("q2", title="Plan", compare=rubric)
"""


def test_the_rubric_of_an_open_question_is_a_fact(tmp_path, root, unit):
    (unit / "key.py").write_text(KEY)
    lines = ["| what is read for | points |", "|---|---|", "| A figure | 12 |", "| A limit | 0.5 |"]
    assert read_rubrics(unit / "key.py") == {"rubric_q2": "\n".join(lines)}
    assert read_rubrics(tmp_path / "key.py") == {}
    (unit / "key.py").write_text("1 / 0")
    assert "course/01_small/key.py: does not run: ZeroDivisionError" in problems(root)


def test_facts_run_once_a_build_and_leave_nothing(root, unit):
    before = (unit / "facts.py").read_text()
    count = root / "count.txt"
    counter = (
        f"from pathlib import Path\nwith Path({str(count)!r}).open('a') as f:\n    f.write('x')\n"
    )
    (unit / "facts.py").write_text(counter + before)
    build(root)
    assert count.read_text() == "x"
    assert not list(unit.glob("__pycache__"))


@pytest.mark.parametrize("value", [float("nan"), float("inf"), [1], None, {"a": 1}])
def test_values_that_are_no_facts(value):
    with pytest.raises(BuildError, match="x:"):
        fill("{{ x:.1f}}", {"x": value})


def test_numpy_and_dates():
    import numpy as np
    import pandas as pd

    facts = {"n": np.int64(3), "s": np.float64(0.25), "d": pd.Timestamp("2026-06-30")}
    assert fill("{{n}} {{ s :.0%}} {{ d:%Y-%m-%d}}", facts) == "3 25% 2026-06-30"


# Quiz


def test_quiz_is_native_and_escaped(root):
    quiz = text(cells(build(root)[LESSON])["quiz"])
    assert quiz.count("<details>") == quiz.count("</details>") == 2
    assert "<summary>Whoever bought <strong>last week</strong></summary>\n\n> **Right.** " in quiz
    assert "<summary>Whoever has R &lt; 2 &amp; &lt;b&gt;more&lt;/b&gt;</summary>" in quiz
    assert "`R < 2` is cold, and &lt;script>" in quiz
    assert "**Not right.**" in quiz
    assert quiz.startswith("### Quiz\n\n### Question 1\n\nWho")
    assert quiz.endswith("</details>\n\nThat was all.")


def test_quiz_markdown_is_rendered_inside_the_fold_outs(root):
    from markdown_it import MarkdownIt

    page = MarkdownIt("commonmark").render(text(cells(build(root)[LESSON])["quiz"]))
    assert "<p><strong>Right.</strong> Fewer days" in page
    assert "<code>R &lt; 2</code>" in page
    assert "<script" not in page
    assert "<b>" not in page


QUESTION = """
- id: one
  question: Which?
  options:
    - {text: a, feedback: b, right: true}
    - {text: c, feedback: d}
"""


@pytest.mark.parametrize(
    ("quiz", "words"),
    [
        ("", "must be a list of questions"),
        ("a: 1", "must be a list of questions"),
        ("- [", "not valid YAML"),
        ("- id: a: b", "not valid YAML"),
        ("- 5", "question 1: must have the keys"),
        (QUESTION + QUESTION, 'the id "one" is used 2 times'),
        (QUESTION.replace(", right: true", ""), 'question 1 "one": exactly one option has right'),
        (QUESTION.replace("d}", "d, right: true}"), "exactly one option has right: true, not 2"),
        (QUESTION.replace("right: true", 'right: "yes"'), "right must be true or false"),
        (QUESTION.replace(", feedback: d", ""), 'question 1 "one", option 2: feedback is missing'),
        (QUESTION.replace("feedback: d", "feedback: ''"), "option 2: feedback is empty"),
        (QUESTION.replace("text: c", "text: 5"), "text must be a text, is 5; put it in quotes"),
        (QUESTION.replace("text: c", "text: a"), "two options have the same text"),
        (QUESTION.replace("feedback: d", "feedbak: d"), "did you mean feedback?"),
        (QUESTION.replace("question:", "ask:"), "question is missing"),
        (QUESTION.replace("id: one", "id: 1"), "id must be a text"),
        ("\n".join(QUESTION.split("\n")[:-2]), "give 2 to 5 options, not 1"),
        (QUESTION + "".join(f"    - {{text: t{n}, feedback: f}}\n" for n in range(4)), "not 6"),
    ],
)
def test_bad_quiz(root, unit, quiz, words):
    (unit / "quiz.yml").write_text(quiz)
    said = problems(root)
    assert words in said
    assert "course/01_small/quiz.yml: " in said


def test_quiz_without_a_place_and_place_without_a_quiz(root, unit):
    (unit / "quiz.yml").rename(unit / "away.yml")
    assert "write course/01_small/quiz.yml" in problems(root)
    (unit / "away.yml").rename(unit / "quiz.yml")
    change(unit / "lesson.md", "{{ quiz }}", "none")
    assert "quiz.yml: is never shown" in problems(root)


@pytest.mark.parametrize(
    "around", ["Text\n{{ quiz }}", "{{ quiz }}\nText", "{{ quiz }}\n\n{{ quiz }}"]
)
def test_quiz_stands_alone(root, unit, around):
    change(unit / "lesson.md", "{{ quiz }}", around)
    assert "{{ quiz }}" in problems(root)


# Files and the command line


def run(root: Path, *arguments: str) -> int:
    return main(["--root", str(root), *arguments])


def test_write_then_check(root, capsys):
    assert run(root) == 0
    assert "4 written, 0 unchanged" in capsys.readouterr().out
    assert run(root) == 0
    assert capsys.readouterr().out == "0 written, 4 unchanged.\n"
    assert run(root, "--check") == 0
    assert (root / LESSON).read_bytes() == build(root)[LESSON]


def test_check_names_source_and_command(root, unit, capsys):
    run(root)
    (root / LESSON).write_text("{}")
    (root / SOLUTION).unlink()
    (root / "course/reports/customer.md").unlink()
    (root / "exercises/Untitled.ipynb").write_text("{}")
    capsys.readouterr()
    before = sorted(root.rglob("*"))
    assert run(root, "--check") == 1
    said = capsys.readouterr().err.splitlines()
    assert said[0].startswith("notebooks/01_small.ipynb: differs from its source; ")
    assert "edit course/01_small/lesson.md, then run: python3 start.py course" in said[0]
    assert said[1] == "solutions/01_small.ipynb: is missing; run: python3 start.py course"
    assert "notebooks/reports/customer.ipynb: nothing builds it from course/reports" in said[2]
    assert said[3] == "exercises/Untitled.ipynb: the build did not make it; move it elsewhere"
    assert said[4].startswith("4 problems")
    assert sorted(root.rglob("*")) == before


@pytest.mark.parametrize("byte", [b" ", b"\n"])
def test_check_sees_one_byte(root, byte):
    run(root)
    path = root / EXERCISE
    path.write_bytes(path.read_bytes() + byte)
    assert len(check(root, build(root))) == 1


def test_full_build_removes_leftovers_but_never_a_strangers_notebook(root, unit, capsys):
    run(root)
    stranger = root / "notebooks" / "mine.ipynb"
    stranger.write_text('{"cells": [], "metadata": {}}')
    (unit / "exercise.md").unlink()
    assert run(root, "01_small") == 0
    assert (root / EXERCISE).exists()
    assert run(root) == 0
    assert "removed   exercises/01_small.ipynb" in capsys.readouterr().out
    assert not (root / EXERCISE).exists()
    assert not (root / SOLUTION).exists()
    assert stranger.exists()


def test_nothing_is_written_when_one_unit_fails(root, unit, capsys):
    shutil.copytree(unit, root / "course" / "02_other")
    change(root / "course/02_other/lesson.md", "{{ calls }}", "{{ call }}")
    change(unit / "quiz.yml", "right: true", "right: false")
    assert run(root) == 1
    said = capsys.readouterr().err
    assert "course/01_small/quiz.yml" in said
    assert "course/02_other/lesson.md" in said
    assert "2 problems; nothing was written." in said
    assert not (root / "notebooks").exists()


def test_a_copy_of_a_built_notebook_is_never_removed(root):
    run(root)
    copy = root / "exercises" / "01_small-Copy1.ipynb"
    shutil.copy(root / EXERCISE, copy)
    run(root)
    assert copy.exists()


def test_unknown_unit(root, capsys):
    assert run(root, "01_smal") == 1
    assert "did you mean 01_small?" in capsys.readouterr().err


def test_unit_by_its_path(root):
    assert run(root, "course/01_small/") == 0
    assert not (root / REPORT).exists()


def test_badly_named_folder(root, unit):
    unit.rename(root / "course" / "Small")
    assert "course/Small: name the folder with two digits" in problems(root)


def test_empty_course(tmp_path):
    (tmp_path / "course" / "01_empty").mkdir(parents=True)
    assert "no lesson.md or exercise.md" in problems(tmp_path)


def test_write_returns_lines(root):
    built = build(root)
    assert len(write(root, built)) == 4
    assert write(root, built) == []


def test_a_missing_package_is_said_once(root, monkeypatch, capsys):
    monkeypatch.setitem(__import__("sys").modules, "jupytext.myst", None)
    assert run(root) == 1
    assert 'pip install -e ".[dev]"' in capsys.readouterr().err
