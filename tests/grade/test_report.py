import base64
import re
from dataclasses import replace
from pathlib import Path

import pytest

from whobuys.canvas import Canvas
from whobuys.course._answers import Answer, decode, encode
from whobuys.course._judge import verdict
from whobuys.course._verdict import WORDS
from whobuys.grade._handins import HandIn, cells_of
from whobuys.grade._people import People, PersonMark
from whobuys.grade._run import RunResult
from whobuys.grade.report import graded_report, with_people

EVIL = "<script>alert(1)</script>"


@pytest.fixture
def handin(cells, solution):
    return HandIn("ana", Path("05_rfm.ipynb"), "d" * 64, cells(solution))


@pytest.fixture
def run(handin):
    """Return a run in which every code cell has printed its id and shown a result."""
    executed = []
    for cell in handin.cells:
        made = {"cell_type": cell.kind, "id": cell.id, "source": cell.source, "metadata": {}}
        if cell.kind == "code":
            made["execution_count"] = 1
            made["outputs"] = [
                {"output_type": "stream", "name": "stdout", "text": f"printed by {cell.id}."},
                {
                    "output_type": "execute_result",
                    "data": {"text/plain": f"result of {cell.id}."},
                    "metadata": {},
                    "execution_count": 1,
                },
            ]
        executed.append(made)
    return RunResult(executed)


@pytest.fixture
def verdicts(exercise):
    states = ["passed", "partly", "try_again", "could_not_run", "not_started", "for_review"]
    credits = [1.0, 0.5, 0.0, 0.0, 0.0, 0.0]
    details = [(), ("You counted lines.",), ("Row C1 differs.",), ("ValueError: x",), (), ()]
    return [
        verdict(question, state, credit, lines)
        for question, state, credit, lines in zip(
            exercise.questions.values(), states, credits, details, strict=True
        )
    ]


@pytest.fixture
def report(exercise, handin, run, verdicts):
    def write(handin=handin, run=run, verdicts=verdicts, name="Ana Silva") -> str:
        return graded_report(exercise, name, handin, run, verdicts, "22 November 2026")

    return write


def test_score_words_and_points_of_every_question(report):
    html = report()
    assert "<strong>6</strong> of 20 points" in html
    assert "worth up to 20 more" in html
    for words in (
        "✓ Right",
        "◐ Partly right",
        "✎ Not right yet",
        "⚠ Could not run",
        "○ Not started",
        f"☰ {WORDS['for_review'][0]}",
        "4 of 4 points",
        "2 of 4 points",
        "up to 20 points",
        "You counted lines.",
        "Row C1 differs.",
    ):
        assert words in html


def test_each_card_stands_after_its_check_and_is_linked(report):
    html = report()
    for n in range(1, 6):
        printed = html.index(f"printed by q{n}-check.")
        card = html.index(f"id='cell-q{n}'")
        assert printed < card < html.index(f"printed by q{n}-help.")
        assert html.count(f"id='cell-q{n}'") == html.count(f"href='#cell-q{n}'") == 1
    assert html.index("id='at-q1'") < html.index("id='cell-q1'")
    ids = re.findall(r"id='([^']+)'", html)
    assert len(ids) == len(set(ids))


def test_the_card_of_a_doubled_check_stands_at_the_last(report, handin, run):
    at = next(i for i, cell in enumerate(handin.cells) if cell.role == "q1-check")
    twin = replace(handin.cells[at], id="extra-99")
    shown = run.cells[at] | {
        "id": "extra-99",
        "outputs": [{"output_type": "stream", "name": "stdout", "text": "the twin"}],
    }
    html = report(
        replace(handin, cells=(*handin.cells, twin)), replace(run, cells=[*run.cells, shown])
    )
    assert html.index("the twin") < html.index("id='cell-q1'")


def test_an_open_answer_without_ids_has_its_card_beside_it(report, solution, template, with_code):
    """Colab and VS Code write ids of their own, so the answer is known by its place alone."""
    notebook = with_code(solution, q6="My plan: call the dormant ones.")
    for number, cell in enumerate(notebook["cells"]):
        cell["id"] = f"colab{number}"
        cell["metadata"] = {}
    handin = HandIn("ana", Path("05_rfm.ipynb"), "d" * 64, cells_of(notebook, template))
    html = report(handin=handin, run=RunResult())
    assert html.index("My plan: call") < html.index("id='cell-q6'") < html.index("Where you stand")
    assert "href='#cell-q6'" in html


def test_the_receipt_of_a_check_is_left_out_and_other_results_stay(report):
    html = report()
    assert "result of q1-check." not in html
    assert "printed by q1-check." in html
    assert "result of q1." in html
    assert "result of setup." in html


def test_a_deleted_check_moves_the_card_to_the_answer(report, handin, run):
    kept = tuple(cell for cell in handin.cells if cell.role != "q1-check")
    shown = [cell for cell in run.cells if cell["id"] != "q1-check"]
    html = report(replace(handin, cells=kept), replace(run, cells=shown))
    assert html.index("printed by q1.") < html.index("id='cell-q1'")


def test_without_cells_no_link_leads_nowhere(report, handin, exercise):
    bad = replace(handin, cells=(), problem="The file is empty. <Save>")
    lost = [verdict(q, "could_not_run") for q in exercise.questions.values()]
    html = report(bad, RunResult(), lost)
    assert "The file is empty. &lt;Save&gt;" in html
    assert "#cell-" not in html
    assert "Your notebook, as it ran" not in html
    assert "<strong>0</strong> of 20 points" in html
    assert "worth up to" not in html


def test_a_hand_in_that_did_not_run_shows_its_code(report):
    html = report(run=RunResult(problem="The notebook could not be run to an end."))
    assert "could not be run to an end" in html
    assert "purchase_cycle" in html


def test_everything_right_says_go_on(report, exercise):
    done = [
        verdict(q, "for_review" if q.open else "passed", 1.0) for q in exercise.questions.values()
    ]
    assert "Everything the machine can check is right" in report(verdicts=done)


def test_next_steps_name_the_hint_and_what_to_read(report, exercise):
    html = report().partition("What to do next")[2].partition("Your notebook")[0]
    assert "<strong>q1</strong>" not in html
    for id in ("q2", "q3", "q4", "q5"):
        assert f"<strong>{id}</strong>" in html
    assert exercise.questions["q2"].again in html
    assert "mend the first error" in html


def test_names_between_backticks_are_set_as_code(report, verdicts):
    spiked = [replace(v, details=("Nothing in `rfm<b>`. One ` alone.",)) for v in verdicts]
    html = report(verdicts=spiked)
    assert "Nothing in <code>rfm&lt;b&gt;</code>. One ` alone." in html


def test_everything_a_student_can_choose_is_escaped(report, handin, exercise, verdicts):
    spiked = [replace(v, details=(EVIL,)) for v in verdicts]
    bad = replace(handin, path=Path(f"{EVIL.replace('/', '')}.ipynb"), problem=EVIL)
    html = report(bad, RunResult(problem=EVIL), spiked, name=EVIL)
    assert "<script" not in html
    assert "&lt;script&gt;" in html


def test_a_canvas_that_was_handed_in_is_drawn_from_its_data(report, run):
    made = Canvas("My shop").add("customers", "commuters").add("channels", f"{EVIL} & 窗口")
    answers = {"q1": decode(encode(made)), "q2": Answer("other", about="an object")}
    html = report(run=replace(run, answers=answers))
    pictures = re.findall(r'<img alt="([^"]*)"[^>]*base64,([^"]+)">', html)
    assert [alt for alt, _ in pictures] == [
        "Business model canvas: My shop (2 notes, 2 of 9 blocks filled)"
    ]
    drawn = base64.b64decode(pictures[0][1]).decode()
    assert "commuters" in drawn
    assert "<script" not in drawn + html
    assert '<li dir="auto">&lt;script&gt;alert(1)&lt;/script&gt; &amp; 窗口</li>' in html
    assert html.index("id='at-q1'") < html.index("<figure") < html.index("id='at-q2'")


def test_who_was_given_points_for_a_blank_answer_is_not_told_to_write_one(report, exercise, handin):
    blank = [verdict(question, "not_started") for question in exercise.questions.values()]
    page = report(verdicts=blank)
    assert "an empty plan cannot earn points" in page
    given = {("ana", "q6"): PersonMark("q6", "decided", 20.0, 12.0, why="Came by mail.")}
    after = with_people(page, exercise, blank, People(given, frozenset({"q6"})), handin, "Ana Lin")
    assert "an empty plan cannot earn points" not in after
    assert "Came by mail." in after
    assert "Ana Lin" in after
    assert "Ana Silva" not in after
