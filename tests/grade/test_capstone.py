"""The capstone's hand-ins: what is whole passes, adapted or not; what is wrong is found."""

from __future__ import annotations

import copy
import json
from functools import cache

import pytest

from whobuys.course import load_key, unit_folder
from whobuys.course._answers import Answer
from whobuys.course._units import CHECKOUT
from whobuys.grade import Secret, Student, grade_folder, release
from whobuys.grade._handins import HandIn, cells_of, open_answer
from whobuys.grade._run import run_handin
from whobuys.grade.gradebook import Gradebook
from whobuys.grade.grading import judge_run
from whobuys.sandbox.execute import Limits

UNIT = "17_capstone"
KEY = load_key(unit_folder(UNIT) / "key.py")
LIMITS = Limits(cell_seconds=120, total_seconds=600)
OWN = "We would call the 344 customers of this segment first, since two thirds of the margin hang "
OWN += "on them, and hold half of them back by lot to see what it brought."
pytestmark = pytest.mark.slow


@cache
def shelf(name):
    return json.loads((CHECKOUT / name / f"{UNIT}.ipynb").read_text(encoding="utf-8"))


@cache
def case():
    return KEY.draw(7)


def cell(notebook, id):
    return next(cell for cell in notebook["cells"] if cell["id"] == id)


def judged(notebook):
    """Run a hand-in as the grader does; return its verdicts by question."""
    cells = cells_of(notebook, shelf("exercises"))
    run = run_handin(cells, KEY, case(), LIMITS)
    handin = HandIn("ana", CHECKOUT / "x.ipynb", "0", cells)
    made = judge_run(KEY, case(), handin, run, shelf("exercises"))
    return {verdict.question: verdict for verdict in made}


def said(verdict):
    return " ".join(verdict.details)


@pytest.fixture
def whole():
    return copy.deepcopy(shelf("solutions"))


def test_a_whole_hand_in_passes_and_its_words_go_to_a_person(whole):
    seen = judged(whole)
    assert [seen[q].status for q in ("q1", "q2", "q3", "q4")] == ["passed"] * 4, seen
    assert seen["q5"].status == "for_review"


def test_what_is_wrong_is_found(whole):
    """Each fault in its own place, so that one run shows them all."""
    at = whole["cells"].index(cell(whole, "r1-4"))
    del whole["cells"][at : at + 4]  # a section is gone
    cell(whole, "r1-6-data")["source"] = "parts = customer.section('competitors')"  # an empty one
    cell(whole, "q5-example-1-7")["source"] = "Good."  # hardly a word of one's own
    cell(whole, "q2")["source"] += (
        "\ncustomer_figures.loc[3, 'value'] = 700_000 + customer_figures.loc[3, 'value']"
    )
    cell(whole, "r2-4-data")["source"] = (
        "from IPython.display import Markdown, display\n"
        "for part in market.section('segment_one').parts:\n"
        "    text = part.replace('### Main rivals', '') if isinstance(part, str) else part\n"
        "    display(Markdown(text) if isinstance(text, str) else text)"
    )
    prompt = cell(whole, "q5-words-2-9")  # the prompt's own words are nobody's
    prompt["source"] = "".join(prompt["source"]).replace(">", "")
    cell(whole, "q5-example-2-9")["source"] = ""
    seen = judged(whole)
    words = said(seen["q1"])
    assert "5 of 8 sections are whole" in words
    assert "The section “Needs” is missing" in words
    assert "In the section “Competitors” the sub-head “Products and prices” is missing" in words
    assert "The section “SWOT” has 1 word of your own" in words
    assert seen["q1"].credit == pytest.approx(5 / 8)
    assert "“introduction”, revenue" in said(seen["q2"])
    assert 0.9 < seen["q2"].credit < 1
    words = said(seen["q3"])
    assert "In the section “Segment one” the sub-head “Main rivals” is missing" in words
    assert "The section “Conclusion” has no words of your own" in words
    assert "8 of 10 sections are whole" in words
    assert seen["q4"].status == "passed"


def test_an_adapted_report_passes(whole):
    """Another k, an extra section, other order, own charts, own headings: nothing of it costs."""
    cell(whole, "parameters")["source"] = "".join(cell(whole, "parameters")["source"]).replace(
        "k = 4", "k = 5"
    )
    ids = [one["id"] for one in whole["cells"]]
    block = [whole["cells"].pop(ids.index("r1-7")) for _ in range(4)]
    at = [one["id"] for one in whole["cells"]].index("r1-5")
    extra = [
        {"cell_type": "markdown", "id": "a", "metadata": {}, "source": "## Returns\n\n" + OWN},
        {
            "cell_type": "code",
            "id": "b",
            "metadata": {},
            "outputs": [],
            "execution_count": None,
            "source": "check.data('transactions').groupby('channel')['amount'].sum().plot.bar()",
        },
    ]
    whole["cells"][at:at] = [*block, *extra]
    cell(whole, "r1-2")["source"] = "## 1.2 *Basic information*"
    words = cell(whole, "q5-example-2-5")
    words["source"] = "### What I would ask\n\n" + OWN
    seen = judged(whole)
    assert [seen[q].status for q in ("q1", "q2", "q3", "q4")] == ["passed"] * 4, seen
    read = open_answer(cells_of(whole, shelf("exercises")), "q5", shelf("exercises"))
    assert "## Returns" in read
    assert "Your words." not in read
    assert read.index("**1 Introduction**") < read.index("## Returns") < read.index("What I would")


def test_the_untouched_exercise_runs_and_earns_nothing():
    cells = cells_of(shelf("exercises"), shelf("exercises"))
    run = run_handin(cells, KEY, case(), LIMITS)
    assert run.failures == {}
    handin = HandIn("ana", CHECKOUT / "x.ipynb", "0", cells)
    seen = judge_run(KEY, case(), handin, run, shelf("exercises"))
    assert {verdict.status for verdict in seen} == {"not_started"}


def test_a_cell_that_stops_is_named(whole):
    cell(whole, "r2-start")["source"] = "market = start_report('segment_markt', given)"
    seen = judged(whole)
    assert seen["q1"].status == seen["q2"].status == "passed"
    assert "A cell stopped" in said(seen["q3"])
    assert seen["q3"].credit == 0
    assert seen["q4"].status == "could_not_run"


def test_from_release_to_the_gradebook(whole, tmp_path):
    secret = Secret("5f" * 32)
    record = release(UNIT, [Student("ana", "Ana Silva")], tmp_path / "out", secret)
    folder = tmp_path / "out"
    handed = json.loads((folder / "students" / "ana" / f"{UNIT}.ipynb").read_text("utf-8"))
    handed["cells"] = whole["cells"]
    (folder / "handed_in" / "ana.ipynb").write_text(json.dumps(handed), encoding="utf-8")
    result = grade_folder(
        UNIT, folder / "handed_in", tmp_path / "graded", secret, record, LIMITS, trust=True
    )
    row = result.sheet.set_index("student").loc["ana"]
    assert row["total"] == 20
    page = (tmp_path / "graded" / "reports" / "ana.html").read_text("utf-8")
    for criterion in KEY.questions["q5"].compare.rubric:
        assert criterion.name in page
    book = Gradebook(tmp_path / "graded" / "gradebook.sqlite")
    try:
        assert set(book.marks(UNIT)["question"]) == set(KEY.questions)
    finally:
        book.close()


def test_the_rubric_is_that_of_the_course():
    points = [criterion.points for criterion in KEY.questions["q5"].compare.rubric]
    assert points == [4, 5, 5, 3, 3]
    assert isinstance(KEY.questions["q1"].compare.shape(Answer("text", "x", "a text")), list)
