"""What a student talks to: in the course folder, and in a folder an instructor released."""

import json
import shutil
import subprocess
import sys
import threading

import pandas as pd
import pytest

from whobuys.course import Exercise, NoSuchUnit, _practice, exercise, load_key, unit_folder, units
from whobuys.course._answers import MIME, decode
from whobuys.course._practice import TICKET_FILE, Progress, QuestionCheck
from whobuys.course._send import send
from whobuys.grade.release import ticket_json
from whobuys.market import datasets_folder, load_company, market, write_tables
from whobuys.segment import purchase_cycle, purchase_gaps, repurchase_rate, rfm_score, rfm_table

UNIT = "05_rfm"
CLOSED = ["q1", "q2", "q3", "q4", "q5"]


@pytest.fixture(scope="module")
def case():
    return market("teahouse", 77)


@pytest.fixture(scope="module")
def released(case, tmp_path_factory):
    """Folders as an instructor releases them, one for each kind of feedback."""
    key = load_key(unit_folder(UNIT) / "key.py")
    folders = {}
    for feedback in ("shape", "none", "full"):
        folder = tmp_path_factory.mktemp(feedback)
        write_tables(case, folder / "data")
        (folder / TICKET_FILE).write_text(ticket_json(key, feedback, case), encoding="utf-8")
        if feedback == "full":
            shutil.copyfile(unit_folder(UNIT) / "key.py", folder / "key.py")
        folders[feedback] = folder
    return folders


@pytest.fixture
def practice(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return exercise(UNIT)


@pytest.fixture
def enter(released, monkeypatch):
    def open_folder(feedback):
        monkeypatch.chdir(released[feedback])
        return exercise(UNIT)

    return open_folder


# Practice --------------------------------------------------------------------------------------


@pytest.mark.parametrize(("silent", "announced"), [(0.0, True), (3600.0, False)])
def test_a_long_wait_is_announced_a_short_one_is_not(
    practice, case, monkeypatch, silent, announced
):
    said = threading.Event()

    def draw(key, seed):
        assert not announced or said.wait(60)
        return case

    monkeypatch.setattr(_practice, "SILENT", silent)
    monkeypatch.setattr(_practice, "print", lambda words, **_: said.set(), raising=False)
    monkeypatch.setattr(Exercise, "draw", draw)
    practice.data("customers")
    timers = [thread for thread in threading.enumerate() if isinstance(thread, threading.Timer)]
    assert all(timer.finished.is_set() for timer in timers)
    assert said.is_set() == announced


def test_a_released_folder_does_not_announce_anything(enter, monkeypatch):
    monkeypatch.setattr(_practice, "_patience", None)
    enter("full").data("customers")


def test_practice_has_the_shipped_tables(practice):
    shipped = pd.read_csv(datasets_folder() / "teahouse" / "transactions.csv")
    assert len(practice.data("transactions")) == len(shipped)
    assert practice.data("transactions")["date"].dtype.kind == "M"
    assert practice.as_of == pd.Timestamp("2026-06-30")


def test_data_is_a_fresh_copy(practice):
    first = practice.data("customers")
    first["age"] = 0
    first.loc[:, "city"] = "nowhere"
    assert practice.data("customers")["age"].gt(0).all()
    assert practice.data("customers")["city"].nunique() > 1


def test_an_unknown_table_is_answered_with_those_there_are(practice):
    with pytest.raises(ValueError, match="transactions, customers, products") as error:
        practice.data("transaction")
    assert "transaction" in str(error.value)


def test_an_unknown_question_is_answered_with_those_there_are(practice):
    with pytest.raises(AttributeError, match=r"no question 'q9'\. There are: q1, q2, q3, q4"):
        practice.q9(5)
    assert set(dir(practice)) >= {*CLOSED, "q6", "data", "progress", "as_of"}
    assert "q1, q2" in repr(practice)
    assert "Three facts" in repr(practice.q1)


def test_an_unknown_unit_is_answered_with_the_nearest(practice):
    with pytest.raises(NoSuchUnit, match="Did you mean '05_rfm'"):
        exercise("05_rmf")
    with pytest.raises(NoSuchUnit, match=r"There are: .*05_rfm"):
        exercise("zzz")
    assert UNIT in units()


def test_practice_judges_in_full(practice):
    transactions = practice.data("transactions")
    rfm = rfm_table(transactions, as_of="2026-06-30")
    assert practice.q1(rfm).status == "passed"
    assert practice.q2(rfm_score(rfm)).status == "passed"
    assert practice.q4(purchase_cycle(transactions)).status == "passed"
    wrong = practice.q4(purchase_gaps(transactions)["gap_days"].median())
    assert (wrong.status, wrong.mistake) == ("partly", "all_gaps_at_once")
    assert wrong.details[-1] == "Stuck? check.q4.hint() or lesson 05, step 4."
    assert "Stuck" not in str(practice.q5(repurchase_rate(transactions)))


def test_practice_counts_a_slip_once(practice):
    late = rfm_table(practice.data("transactions"), as_of="2026-11-22")
    late.loc[late.index[:700], "recency_days"] = 3
    assert practice.q2(rfm_score(late)).status == "partly"
    practice.q1(late)
    seen = practice.q2(rfm_score(late))
    assert (seen.status, seen.details[0][:19]) == ("passed", "Right for your own ")


def test_an_untouched_exercise_says_what_to_do(practice):
    for id in CLOSED:
        question = getattr(practice, id)
        seen = question(...)
        assert seen.status == "not_started"
        assert f"Fill `{practice._questions[id].name}`" in seen.details[0]
    seen = practice.q1()
    assert seen.details == ("Put your answer between the brackets: check.q1(rfm)",)


def test_an_open_question_waits_for_a_person(practice):
    for seen in (practice.q6("We call."), practice.q6()):
        assert seen.status == "for_review"
        assert "cannot be checked here" in seen.details[0]
    assert "no one right answer" in repr(practice.q6.solution())


def test_hints_come_in_levels(practice):
    assert repr(practice.q1.hint()).startswith("Hint 1 of 2: Count back")
    assert repr(practice.q1.hint(2)).startswith("Hint 2 of 2: ")
    for level in (0, 3, "2", None, 1.0):
        assert repr(practice.q1.hint(level)) == "Ask for check.q1.hint(1) to check.q1.hint(2)."
    for id in [*CLOSED, "q6"]:
        assert "Hint" in repr(getattr(practice, id).hint())


def test_solutions_are_code(practice):
    shown = practice.q1.solution()
    assert "rfm_table(transactions" in shown.text
    assert shown._repr_html_().startswith("<pre>")
    assert "solution" not in shown.text
    for id in CLOSED:
        assert practice._questions[id].name in getattr(practice, id).solution().text


def test_progress_says_where_one_is(practice):
    assert practice.progress().words == "0 of 5 questions are right; 0 of 20 points."
    practice.q5(repurchase_rate(practice.data("transactions")))
    practice.q4(5)
    practice.q1(...)
    progress = practice.progress()
    assert progress.words.startswith("1 of 5 questions is right; ")
    assert progress.table["state"].tolist() == [
        "not started",
        "not checked yet",
        "not checked yet",
        "not right yet",
        "right",
        "a person will mark it",
    ]
    assert progress.table["points"].sum() == 40
    practice.q5(0.5)
    assert practice.progress().words == "0 of 5 questions are right; 0 of 20 points."
    assert "1 of 5" in repr(progress)
    assert "<table" in progress._repr_html_()


def test_pages_are_escaped(practice):
    question = practice._questions["q1"]
    nasty = "<img src=x onerror=alert(1)>"
    table = pd.DataFrame({nasty: [1], "customer_id": [nasty]})
    page = practice.q1(table)._repr_html_() + practice.q4(nasty)._repr_html_()
    page += practice.q1(pd.DataFrame({"customer_id": [nasty] * 2, "frequency": 1, "monetary": 1,
                                      "recency_days": 1}))._repr_html_()  # fmt: skip
    titled = type(question)("q1", "x", nasty, 1, question.compare, hints=(nasty,))
    page += Progress([titled], {})._repr_html_()
    page += QuestionCheck(practice, titled).hint()._repr_html_()
    assert "&lt;img" in page
    assert "<img" not in page


# Released --------------------------------------------------------------------------------------


@pytest.mark.parametrize("feedback", ["shape", "none", "full"])
def test_a_released_folder_has_its_own_tables(enter, case, feedback):
    check = enter(feedback)
    own = check.data("transactions")
    pd.testing.assert_frame_equal(own, case["transactions"], check_dtype=False)
    assert check.as_of == case.as_of


def test_full_feedback_judges_the_own_case(enter, case):
    check = enter("full")
    assert check.q4(purchase_cycle(case["transactions"])).status == "passed"
    assert check.q5(repurchase_rate(case["transactions"]) * 100).mistake == "rate_in_percent"


def test_shape_feedback_says_whether_the_form_is_right(enter, case):
    check = enter("shape")
    rfm = rfm_table(case["transactions"], as_of="2026-06-30")
    for table in (rfm, rfm.assign(frequency=7)):
        seen = check.q1(table)
        assert seen.status == "received"
        assert seen.details == (
            f"This is a table of {len(rfm):,} rows and 4 columns. The form is right. "
            "Your instructor will grade this.",
        )
        assert "points" not in seen.headline
    seen = check.q1(rfm.head(100))
    assert seen.status == "try_again"
    assert seen.details[0].startswith("Your table has 100 rows; expected ")
    assert seen.details[-1] == "Stuck? check.q1.hint()."
    assert check.q1(rfm.drop(columns="monetary")).status == "try_again"
    assert check.q4("31").details[0].endswith("Take away the quotes.")
    assert check.q4(12345).status == "received"
    assert check.q5(...).status == "not_started"
    assert check.progress().words == "1 of 5 questions is in the right form."
    assert repr(check.q1.hint()).startswith("Hint 1 of 2")
    assert "after marking" in repr(check.q1.solution())


def test_without_feedback_everything_is_received(enter):
    check = enter("none")
    for value in (5, "text", pd.DataFrame()):
        seen = check.q1(value)
        assert (seen.status, seen.details) == ("received", ("Your instructor will grade this.",))
    assert check.q2(...).status == "not_started"
    assert check.progress().words == "1 of 5 questions is answered."
    assert "turned hints off" in repr(check.q1.hint())
    assert "after marking" in repr(check.q1.solution())


@pytest.mark.parametrize("feedback", ["shape", "none"])
def test_nothing_of_the_key_is_there(released, feedback):
    """In a process of its own: no module, no function and no words of the key are in reach."""
    code = """
import gc, sys
from whobuys.course import exercise
from whobuys.course._exercise import Exercise
from whobuys.course._judge import Judge
check = exercise("05_rfm")
check.q4(31.0), check.q1(check.data("customers")), check.progress()
assert check._key is None
assert all(q.answer is None and not q.mistakes for q in check._questions.values())
assert not [name for name in sys.modules if "key" in name and "whobuys" in name]
assert not [one for one in gc.get_objects() if type(one) in (Exercise, Judge)]
print("nothing")
"""
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=released[feedback], capture_output=True, text=True
    )
    assert done.stdout.strip() == "nothing", done.stderr
    assert not (released[feedback] / "key.py").exists()
    assert "all_gaps_at_once" not in (released[feedback] / TICKET_FILE).read_text("utf-8")


def test_without_feedback_not_even_the_size_is_told(released):
    shown = json.loads((released["none"] / TICKET_FILE).read_text("utf-8"))["questions"]
    assert "rows" not in shown[0]["compare"]


@pytest.mark.parametrize("text", ["", "{", "[]", "5", '"unit"', "null", '{"unit": "05_rfm"}'])
def test_a_damaged_ticket_is_said_not_taken_for_practice(tmp_path, monkeypatch, text):
    monkeypatch.chdir(tmp_path)
    (tmp_path / TICKET_FILE).write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match=r"exercise\.json in this folder is damaged\. Copy it"):
        exercise(UNIT)


def test_the_exercise_of_another_folder_is_not_taken_for_practice(released, monkeypatch):
    monkeypatch.chdir(released["shape"])
    with pytest.raises(NoSuchUnit, match="holds your exercise 05_rfm, not 06_clusters"):
        exercise("06_clusters")


def test_missing_tables_are_said(released, tmp_path, monkeypatch):
    shutil.copyfile(released["shape"] / TICKET_FILE, tmp_path / TICKET_FILE)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(FileNotFoundError, match="Copy it again from the folder"):
        exercise(UNIT).data("transactions")


# Keys and sending ------------------------------------------------------------------------------


def test_a_key_must_define_an_exercise(tmp_path):
    (tmp_path / "key.py").write_text("exercise = 5\n", encoding="utf-8")
    with pytest.raises(ValueError, match="must define `exercise"):
        load_key(tmp_path / "key.py")
    assert not (tmp_path / "__pycache__").exists()


def test_send_displays_every_answer_it_can(monkeypatch):
    class Nasty:
        @property
        def __class__(self):
            raise ValueError("I have none")

    sent = []
    monkeypatch.setattr("IPython.display.display", lambda data, raw: sent.append((data, raw)))
    send({"q1": "rfm", "q2": "scores", "q4": "cycle"}, {"rfm": Nasty(), "cycle": 31.0})
    (data, raw) = sent[0]
    assert raw
    bundle = json.loads(json.dumps(data))[MIME]
    assert decode(bundle["q1"]).kind == "other"
    assert decode(bundle["q2"]).kind == "blank"
    assert decode(bundle["q4"]).value == 31.0


def test_the_company_of_the_key_exists():
    assert load_company(load_key(unit_folder(UNIT) / "key.py").company)
