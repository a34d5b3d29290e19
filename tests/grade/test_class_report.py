import pandas as pd
import pytest

from whobuys.course._judge import verdict
from whobuys.grade import Gradebook
from whobuys.grade._errors import InstructorError
from whobuys.grade.class_report import (
    class_data,
    item_table,
    items_in_words,
    mistake_table,
    mistakes_in_words,
    totals_in_words,
    write_class_report,
)

UNIT = "05_rfm"

#: Four students, two questions of 4 points and an open one. Credits of q1: 1, 1, 0.5, 0; of q2: 1,
#: 0, 0.5, 0. Points of q1: 4, 4, 2, 0 (mean 2.5), of q2: 4, 0, 2, 0 (mean 1.5). Deviations
#: (1.5, 1.5, -0.5, -2.5) and (2.5, -1.5, 0.5, -1.5): products 3.75 - 2.25 - 0.25 + 3.75 = 5,
#: squares 11 and 11. Correlation 5 / 11.
CREDITS = {"ana": (1, 1), "bo": (1, 0), "cy": (0.5, 0.5), "di": (0, 0)}
STATES = {"ana": ("passed", "passed"), "bo": ("passed", "not_started")}
STATES |= {"cy": ("partly", "partly"), "di": ("could_not_run", "try_again")}


@pytest.fixture
def marks():
    rows = []
    for student, credits in CREDITS.items():
        for question, credit, status in zip(("q1", "q2"), credits, STATES[student], strict=True):
            slip = f"slip_{question}" if status in ("partly", "try_again") else None
            rows.append(
                (student, question, status, 4.0, credit, 4 * credit, slip, ["Words.", "More."])
            )
        rows.append((student, "q3", "for_review", 20.0, 0.0, 0.0, None, []))
    columns = ["student", "question", "status", "points", "credit", "earned", "mistake", "words"]
    return pd.DataFrame(rows, columns=columns)


def test_items_against_the_worked_example(marks):
    items = item_table(marks).set_index("question")
    assert list(items.index) == ["q1", "q2"]
    assert items["difficulty"].tolist() == [0.625, 0.375]
    assert items["discrimination"].tolist() == pytest.approx([5 / 11, 5 / 11])
    assert items["points"].tolist() == [4, 4]
    assert items["students"].tolist() == [4, 4]
    counts = ["passed", "partly", "try_again", "not_started", "could_not_run"]
    assert items[counts].to_numpy().tolist() == [[2, 1, 0, 0, 1], [1, 1, 1, 1, 0]]


def test_items_where_nothing_varies(marks):
    one = item_table(marks[marks["student"] == "ana"])
    assert one["difficulty"].tolist() == [1, 1]
    assert one["discrimination"].isna().all()
    assert item_table(marks[:0]).empty


def test_mistakes_commonest_first(marks):
    table = mistake_table(marks)
    assert table.to_dict("list") == {
        "question": ["q2", "q1"],
        "mistake": ["slip_q2", "slip_q1"],
        "students": [2, 1],
        "words": ["Words.", "Words."],
    }
    assert mistake_table(marks[:0]).empty


def test_in_words(marks):
    items = item_table(marks).assign(title=["One", "Two"])
    data = {
        "items": items,
        "mistakes": mistake_table(marks),
        "totals": pd.DataFrame({"total": [8.0, 4.0, 4.0, 0.0], "out_of": 8.0}),
        "states": pd.DataFrame({"state": ["graded", "nothing handed in"], "students": [4, 1]}),
    }
    assert totals_in_words(data) == (
        "Of 5 students: 4 graded, 1 nothing handed in. Half of those graded reached 4 or more of 8 "
        "points; 1 reached all of them."
    )
    lines = items_in_words(data).splitlines()
    assert lines[2] == "| q1 · One | 4 | 0.62 | 0.45 | 2 | 1 | 0 | 0 | 1 |"
    assert len({line.count("|") for line in lines}) == 1
    assert mistakes_in_words(data).startswith("- **q2**, 2 students: Words.\n- **q1**, 1 student:")
    nothing = {"mistakes": mistake_table(marks[:0])}
    assert mistakes_in_words(nothing) == "None of the known mistakes was made."


@pytest.fixture
def gradebook(tmp_path, exercise):
    """Return a gradebook: two were graded, one could not be, one handed in nothing."""
    path = tmp_path / "gradebook.sqlite"
    book = Gradebook(path)
    people = [("ana17", "Ana Silva"), ("bo", "Bo Lin"), ("cy", "Cy"), ("zz9", "Zoe")]
    book.enrol(people)
    book.set_questions(exercise)
    for student, credit, problem in (("ana17", 1.0, ""), ("bo", 0.5, ""), ("cy", 0.0, "Broken.")):
        verdicts = [
            verdict(q, "partly", credit, ["You counted lines."], "counted_lines")
            for q in exercise.questions.values()
            if not q.open
        ]
        about = {"file": f"{student}.ipynb", "digest": "d", "fingerprint": "f", "report": "r"}
        book.store(UNIT, student, verdicts, **about, problem=problem, notes=[f"note on {student}"])
    book.close()
    return path


def test_only_what_was_graded_counts(gradebook):
    data = class_data(gradebook, UNIT)
    assert data["totals"].to_dict("list") == {"total": [20.0, 10.0], "out_of": [20.0, 20.0]}
    assert data["items"]["students"].tolist() == [2] * 5
    assert data["mistakes"]["students"].tolist() == [2] * 5
    states = dict(data["states"].to_numpy().tolist())
    assert states == {"graded": 2, "could not be graded": 1, "nothing handed in": 1}
    everything = " ".join(table.to_csv() for table in data.values())
    for name in ("ana17", "Ana", "Silva", "Bo Lin", "zz9", ".ipynb"):
        assert name not in everything


def test_what_is_not_there_is_named(gradebook, tmp_path):
    with pytest.raises(InstructorError, match="no marks of '06_value'"):
        class_data(gradebook, "06_value")
    with pytest.raises(InstructorError, match="no gradebook"):
        class_data(tmp_path / "none.sqlite", UNIT)
    with pytest.raises(InstructorError, match="not in 'zh'"):
        class_data(gradebook, UNIT, "zh")


@pytest.mark.slow
def test_no_student_is_named_on_the_page(gradebook, tmp_path):
    write_class_report(gradebook, UNIT, tmp_path / "class.html")
    html = (tmp_path / "class.html").read_text(encoding="utf-8")
    for name in ("ana17", "Ana", "Silva", "Bo Lin", "zz9", "Zoe", ".ipynb", str(tmp_path)):
        assert name not in html
    assert "Of 4 students" in html
    assert "You counted lines." in html
    assert html.count("<img") == 2
    assert "Figure without a description" not in html


def test_a_class_without_a_mark_still_has_a_page(tmp_path, exercise):
    book = Gradebook(tmp_path / "g.sqlite")
    book.enrol([("ana", "Ana")])
    book.set_questions(exercise)
    book.close()
    write_class_report(tmp_path / "g.sqlite", UNIT, tmp_path / "class.html")
    html = (tmp_path / "class.html").read_text(encoding="utf-8")
    assert "Of 1 students: 1 nothing handed in." in html
