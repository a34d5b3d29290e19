"""Marks by people: the queue, what counts, agreement, requests, reports; and on PostgreSQL."""

import datetime as dt
import itertools
import json
import os
import random
import re
import signal
import sqlite3
import subprocess
import sys
import time
import urllib.request

import numpy as np
import pytest
from sklearn.metrics import cohen_kappa_score
from typer.testing import CliRunner

from whobuys import review
from whobuys._errors import InstructorError
from whobuys.cli.main import app
from whobuys.course._judge import verdict
from whobuys.grade import Gradebook, grade_folder
from whobuys.grade.release import RECORD, Release
from whobuys.review._desk import Desk, Sitting
from whobuys.review._text import CUT, shown

UNIT, OPEN = "05_rfm", "q6"
FULL = {1: 5, 2: 4, 3: 4, 4: 4, 5: 3}
CAME = dt.datetime(2026, 11, 20, 18, 30, tzinfo=dt.UTC)


@pytest.fixture
def hand_in(exercise):
    """Return a function that stores a graded hand-in with an open answer."""

    def put(book, student, text, digest="d", credit=1.0, work=""):
        questions = list(exercise.questions.values())
        given = [verdict(q, "passed" if credit == 1 else "partly", credit) for q in questions[:-1]]
        given.append(verdict(questions[-1], "for_review" if text else "not_started"))
        book.keep_answers(UNIT, {student: {OPEN: text}})
        about = {"file": "x.ipynb", "digest": digest, "fingerprint": digest, "report": "r.html"}
        shown = {OPEN: work} if work else {}
        book.store(UNIT, student, given, **about, handed_in=CAME, work=shown)

    return put


def filled(where, exercise, hand_in, students=("ana", "bo", "cai")):
    made = Gradebook(where)
    made.enrol([(id, id.title()) for id in students])
    made.set_questions(exercise)
    for id in students:
        hand_in(made, id, f"The plan of {id}.")
    return made


@pytest.fixture
def book(tmp_path, exercise, hand_in):
    made = filled(tmp_path / "gradebook.sqlite", exercise, hand_in)
    yield made
    made.close()


def give(book, student, points, marker="Eva", **more):
    """Give points for all lines: a number of points off the full marks, spread from the first."""
    for line, most in FULL.items():
        review.give_points(book, UNIT, student, OPEN, line, points.get(line, most), marker, **more)


def mark_of(book, student):
    return book.people(UNIT).marks[student, OPEN]


def test_marks_of_machine_and_people_add_up(book):
    give(book, "ana", {2: 1.5, 5: 0})
    sheet = book.sheet(UNIT).set_index("student")
    ana = sheet.loc["ana"]
    assert (ana["q5"], ana["q6"]) == (4, 14.5)
    assert (ana["total"], ana["out_of"], ana["to_mark"]) == (34.5, 40, 0)
    bo = sheet.loc["bo"]
    assert np.isnan(bo["q6"])
    assert (bo["total"], bo["out_of"], bo["to_mark"]) == (20, 20, 20)
    assert ana["handed_in"] == CAME
    assert ana["time_from"] == "file"
    assert mark_of(book, "ana").by == ("Eva",)


def test_who_wrote_nothing_is_out_of_the_same_points_once_marking_has_begun(book, hand_in):
    hand_in(book, "bo", "")
    assert book.sheet(UNIT).loc[1, ["out_of", "to_mark"]].tolist() == [20, 0]
    give(book, "ana", {})
    assert book.sheet(UNIT).loc[1, ["total", "out_of", "to_mark"]].tolist() == [20, 40, 0]
    assert set(review.queue(book, UNIT, "Eva")["student"]) == {"ana", "cai"}


def test_half_given_is_not_given(book):
    review.give_points(book, UNIT, "ana", OPEN, 1, 5, "Eva")
    assert mark_of(book, "ana").state == "begun"
    assert book.sheet(UNIT).loc[0, "to_mark"] == 20
    queue = review.queue(book, UNIT, "Eva").set_index("student")
    assert queue.loc["ana", ["state", "given"]].tolist() == ["begun", 5]
    review.give_points(book, UNIT, "ana", OPEN, 1, None, "Eva")
    assert mark_of(book, "ana").state == "waiting"


def test_grading_again_never_touches_what_people_gave(book, hand_in):
    give(book, "ana", {1: 3})
    hand_in(book, "ana", "The plan of ana.", digest="other", credit=0.5)
    assert book.sheet(UNIT).loc[0, ["q1", "q6"]].tolist() == [2, 18]
    book.forget(UNIT, ["ana"])
    assert ("ana", OPEN) not in book.people(UNIT).marks
    hand_in(book, "ana", "The plan of ana.")
    assert book.sheet(UNIT).loc[0, "q6"] == 18


def test_a_changed_answer_comes_back_with_its_marks_of_an_older_version(book, hand_in):
    give(book, "ana", {1: 3})
    hand_in(book, "ana", "A better plan.", digest="other")
    assert mark_of(book, "ana").state == "older"
    assert book.sheet(UNIT).loc[0, ["total", "to_mark"]].tolist() == [20, 20]
    assert review.queue(book, UNIT, "Eva").set_index("student").loc["ana", "state"] == "older"
    review.give_points(book, UNIT, "ana", OPEN, 1, 4, "Eva")
    assert mark_of(book, "ana").state == "begun"
    review.confirm(book, UNIT, "ana", OPEN, "Eva")
    assert mark_of(book, "ana").points == 19
    hand_in(book, "ana", "The plan of ana.")
    assert mark_of(book, "ana").state == "older"


def test_a_changed_rubric_asks_for_its_own_line_only(book, exercise):
    give(book, "ana", {})
    with book.session(write=True) as session:
        from whobuys.grade._tables import CriterionRow

        session.get(CriterionRow, (UNIT, OPEN, 2)).points = 3
    assert mark_of(book, "ana").state == "begun"
    with pytest.raises(InstructorError, match="only 3 points now"):
        review.confirm(book, UNIT, "ana", OPEN, "Eva")
    review.give_points(book, UNIT, "ana", OPEN, 2, 3, "Eva")
    assert mark_of(book, "ana").points == 19


@pytest.mark.parametrize("points", [-0.5, 5.5, 0.25, 6, float("nan"), float("inf")])
def test_points_that_do_not_fit_are_refused(book, points):
    with pytest.raises(InstructorError, match="worth 0 to 5 points, in halves"):
        review.give_points(book, UNIT, "ana", OPEN, 1, points, "Eva")
    assert len(review.history(book).query("who == 'Eva'")) == 0


def test_what_is_not_there_is_named(book):
    for arguments, words in (
        (("nobody", OPEN, 1, 1, "Eva"), "no open answer of nobody"),
        (("ana", "q1", 1, 1, "Eva"), "no open answer of ana to q1"),
        (("ana", OPEN, 9, 1, "Eva"), "no line 9"),
        (("ana", OPEN, 1, 1, " "), "needs a name"),
        (("ana", OPEN, 1, 1, "machine"), "needs a name"),
    ):
        with pytest.raises(InstructorError, match=words):
            review.give_points(book, UNIT, *arguments)
    with pytest.raises(InstructorError, match="holds no marks"):
        review.queue(book, "04_other", "Eva")
    with pytest.raises(InstructorError, match="5,000"):
        review.give_comment(book, UNIT, "ana", OPEN, 1, "x" * 5001, "Eva")


def test_who_believes_something_else_changes_nothing(book):
    review.give_points(book, UNIT, "ana", OPEN, 1, 5, "Eva", expected=None)
    with pytest.raises(review.Changed):
        review.give_points(book, UNIT, "ana", OPEN, 1, 3, "Eva", expected=None)
    review.give_points(book, UNIT, "ana", OPEN, 1, 5, "Eva", expected=None)  # told twice
    review.give_points(book, UNIT, "ana", OPEN, 1, 3, "Eva", expected=5)


def test_the_queue_is_mixed_by_marker_and_stable(tmp_path, exercise, hand_in):
    ids = [f"s{n:02}" for n in range(30)]
    book = filled(tmp_path / "g.sqlite", exercise, hand_in, ids)
    orders = {who: review.queue(book, UNIT, who)["student"].tolist() for who in ("Eva", "Li")}
    assert orders["Eva"] != orders["Li"] != ids
    assert sorted(orders["Eva"]) == sorted(orders["Li"]) == ids
    give(book, orders["Eva"][3], {}, "Eva")
    assert review.queue(book, UNIT, "Eva")["student"].tolist() == orders["Eva"]
    assert orders["Eva"][3] not in review.queue(book, UNIT, "Li")["student"].tolist()
    assert len(review.queue(book, UNIT, "Li", mode="second")) == 30
    assert len(review.queue(book, UNIT, "Li", mode="settle")) == 0
    book.close()


def test_late_is_counted_from_the_own_due_time(book):
    due = {"ana": CAME - dt.timedelta(minutes=90, seconds=1), "bo": CAME + dt.timedelta(days=1)}
    late = review.queue(book, UNIT, "Eva", due=due).set_index("student")["late_minutes"]
    assert late["ana"] == 91
    assert late["bo"] == 0
    assert np.isnan(late["cai"])
    told = CAME - dt.timedelta(hours=2)
    book.set_times(UNIT, {"ana": told, "nobody": told}, "times.csv")
    assert review.queue(book, UNIT, "Eva", due=due).set_index("student").loc["ana"].iloc[3] == 0
    assert book.sheet(UNIT).loc[0, "time_from"] == "times.csv"
    with pytest.raises(InstructorError, match="no time zone"):
        book.set_times(UNIT, {"ana": dt.datetime(2026, 11, 20)}, "times.csv")


def test_a_told_time_stays_for_the_same_file_and_goes_with_another(book, hand_in):
    book.set_times(UNIT, {"ana": CAME - dt.timedelta(hours=2)}, "times.csv")
    hand_in(book, "ana", "x", digest="d")
    assert book.sheet(UNIT).loc[0, "time_from"] == "times.csv"
    hand_in(book, "ana", "x", digest="new")
    assert book.sheet(UNIT).loc[0, ["time_from", "handed_in"]].tolist() == ["file", CAME]


def test_two_markers_within_a_point_are_settled_by_the_mean(book):
    give(book, "ana", {1: 3})
    give(book, "ana", {1: 4}, "Li")
    review.give_comment(book, UNIT, "ana", OPEN, 1, "Too short.", "Eva")
    review.give_comment(book, UNIT, "ana", OPEN, 1, "No cycle.", "Li")
    mark = mark_of(book, "ana")
    assert (mark.state, mark.points, mark.by) == ("marked", 18.5, ("Eva", "Li"))
    assert mark.criteria[0].points == 3.5
    assert mark.criteria[0].comments == ("Too short.", "No cycle.")


def test_two_markers_further_apart_wait_until_someone_settles(book):
    give(book, "ana", {1: 3})
    give(book, "ana", {1: 4.5}, "Li")
    assert mark_of(book, "ana").state == "to settle"
    assert book.sheet(UNIT).loc[0, "to_mark"] == 20
    assert review.queue(book, UNIT, "Chair", mode="settle")["student"].tolist() == ["ana"]
    give(book, "ana", {1: 4}, "Chair", settled=True)
    assert mark_of(book, "ana").points == 19
    assert mark_of(book, "ana").state == "settled"
    row = review.differences(book, UNIT).iloc[0]
    assert row[["markers", "lowest", "highest", "state", "points"]].tolist() == [
        *("Eva, Li", 18, 19.5, "settled", 19)
    ]


def test_kappa_equals_scikit_learn():
    draw = random.Random(4)  # noqa: S311
    scale = [n / 2 for n in range(11)]
    for _ in range(40):
        first = [draw.choice(scale) for _ in range(draw.randint(2, 60))]
        second = [x if draw.random() < 0.5 else draw.choice(scale) for x in first]
        codes = [[scale.index(x) for x in marks] for marks in (first, second)]
        for ours, theirs in (("none", None), ("quadratic", "quadratic")):
            expected = cohen_kappa_score(*codes, labels=range(11), weights=theirs)
            assert review.cohen_kappa(first, second, ours) == pytest.approx(expected, nan_ok=True)


def test_kappa_of_a_published_example_and_at_its_edges():
    # Cohen (1960), p. 45, 200 cases in three categories: kappa .492
    table = [[88, 14, 18], [10, 40, 10], [2, 6, 12]]
    pairs = [(i, j) for i, j in itertools.product(range(3), repeat=2) for _ in range(table[i][j])]
    assert review.cohen_kappa(*zip(*pairs, strict=True)) == pytest.approx(0.492, abs=5e-4)
    assert np.isnan(review.cohen_kappa([], []))
    assert np.isnan(review.cohen_kappa([2, 2], [2, 2]))
    assert review.cohen_kappa([0, 1], [1, 0]) == -1
    with pytest.raises(ValueError, match="2 marks of one, 1"):
        review.cohen_kappa([1, 2], [1])


def test_agreement_line_by_line_and_in_all_equals_scikit_learn(tmp_path, exercise, hand_in):
    ids = [f"s{n:02}" for n in range(12)]
    book = filled(tmp_path / "g.sqlite", exercise, hand_in, ids)
    draw = random.Random(1)  # noqa: S311
    marks = {}
    for who, id in itertools.product(("Eva", "Li"), ids):
        marks[who, id] = {line: draw.randint(0, 2 * most) / 2 for line, most in FULL.items()}
        give(book, id, marks[who, id], who)
    hand_in(book, "s00", "Another text.", digest="new")  # its marks are of an older version
    table = review.agreement(book, UNIT)
    assert table["criterion"].tolist() == [1, 2, 3, 4, 5, 0]
    assert (table["answers"] == 11).all()
    assert table.equals(review.agreement(book, UNIT, "Eva", "Li"))

    def doubled(who, line):
        given = [marks[who, id] for id in ids[1:]]
        return [round(2 * (sum(g.values()) if line == 0 else g[line])) for g in given]

    for row in table.to_dict("records"):
        both = [doubled(who, row["criterion"]) for who in ("Eva", "Li")]
        every = range(41)
        assert row["kappa"] == pytest.approx(cohen_kappa_score(*both, labels=every))
        weighted = cohen_kappa_score(*both, labels=every, weights="quadratic")
        assert row["quadratic"] == pytest.approx(weighted)
        assert row["same"] == pytest.approx(np.mean(np.equal(*both)))
    with pytest.raises(InstructorError, match=r"marked by: nobody. It can be shown when two"):
        review.agreement(book, "01_why_segment")
    give(book, "s01", {}, "Third")
    with pytest.raises(InstructorError, match=r"between two.*Eva, Li, Third"):
        review.agreement(book, UNIT)
    with pytest.raises(InstructorError, match="Nobody has marked nothing"):
        review.agreement(book, UNIT, "Nobody", "Eva")
    book.close()


def test_the_comment_bank_has_the_most_used_first(book):
    first = review.keep_comment(book, UNIT, OPEN, "Name the cycle.", 1)
    second = review.keep_comment(book, UNIT, OPEN, " Where is the cost?\n", 4)
    assert review.keep_comment(book, UNIT, OPEN, "Name the cycle.", 1) == first
    review.count_use(book, second)
    bank = review.comment_bank(book, UNIT, OPEN)
    assert bank["words"].tolist() == ["Where is the cost?", "Name the cycle."]
    assert bank["uses"].tolist() == [2, 1]
    review.drop_comment(book, second)
    assert review.comment_bank(book, UNIT)["id"].tolist() == [first]
    with pytest.raises(InstructorError, match="empty"):
        review.keep_comment(book, UNIT, OPEN, " ", 1)


def test_requests_are_read_once_listed_and_answered(book, tmp_path):
    give(book, "ana", {1: 2})
    path = tmp_path / "asked.csv"
    path.write_text(
        "\ufeffstudent;question;words;when\nana;q6;I did name it.;2026-11-21T10:00+01:00\n"
        'bo;q1;"My rows; are right.";\n',
        encoding="utf-8",
    )
    assert review.import_requests(book, UNIT, path) == 2
    assert review.import_requests(book, UNIT, path) == 0
    asked = review.requests(book, UNIT, "open").set_index("student")
    assert asked.loc["ana", ["mark", "out_of"]].tolist() == [17, 20]
    assert asked.loc["ana", "asked_at"] == dt.datetime(2026, 11, 21, 9)
    assert asked.loc["bo", "words"] == "My rows; are right."
    assert review.queue(book, UNIT, "Li").set_index("student").loc["ana", "asked_again"]
    review.decide(book, UNIT, "ana", OPEN, 18.5, "Eva", "The cycle is on page two.")
    review.decide(book, UNIT, "bo", "q1", 3, "Eva", "The rows are, the cut is not.")
    review.import_requests(book, UNIT, path)
    assert review.requests(book, UNIT)["state"].tolist() == ["changed", "changed"]
    sheet = book.sheet(UNIT).set_index("student")
    assert sheet.loc["ana", ["q6", "total"]].tolist() == [18.5, 38.5]
    assert sheet.loc["bo", ["q1", "total"]].tolist() == [3, 19]
    assert mark_of(book, "ana").before == 17
    with pytest.raises(InstructorError, match="no open request"):
        review.keep_mark(book, UNIT, "bo", "q1", "Eva", "No.")
    review.ask_again(book, UNIT, "bo", "q1", "Please!")
    review.keep_mark(book, UNIT, "bo", "q1", "Eva", "No.")
    assert review.requests(book, UNIT)["reply"].tolist()[-1] == "No."


def test_a_blank_open_answer_can_be_given_points_until_something_is_written(book, hand_in):
    hand_in(book, "bo", "", digest="blank")
    review.decide(book, UNIT, "bo", OPEN, 18, "Eva", "The plan came by mail.")
    sheet = book.sheet(UNIT).set_index("student")
    assert sheet.loc["bo", ["q6", "total", "out_of"]].tolist() == [18, 38, 40]
    assert mark_of(book, "bo").state == "decided"
    hand_in(book, "bo", "A plan.", digest="new")
    sheet = book.sheet(UNIT).set_index("student")
    assert np.isnan(sheet.loc["bo", "q6"])
    review.decide(book, UNIT, "bo", OPEN, 5, "Eva", "Thin.")
    assert mark_of(book, "bo").points == 5
    hand_in(book, "bo", "", digest="blank")
    assert mark_of(book, "bo").points == 18  # what was decided on the blank one


def test_a_decision_outlives_the_machine_but_not_another_answer(book, hand_in):
    review.decide(book, UNIT, "ana", "q1", 3, "Eva", "Because.")
    review.decide(book, UNIT, "ana", OPEN, 12, "Eva", "Because.")
    hand_in(book, "ana", "A new text.", digest="new", credit=0.5)
    sheet = book.sheet(UNIT)
    assert sheet.loc[0, "q1"] == 3
    assert book.marks(UNIT).query("student == 'ana' and question == 'q1'")["earned"].item() == 2
    assert sheet.loc[0, "to_mark"] == 20


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("student,words\nana,x\n", "no column question"),
        ("student,question,words\nana,q6,x\nnobody,q6,x\n", "line 3: There is no student"),
        ("student,question,words\nana,q9,x\n", "line 2: 05_rfm has no question 'q9'"),
        ("student,question,words,when\nana,q6,x,2026-11-21T10:00\n", "no time zone"),
        ("student,question,words,when\nana,q6,x,yesterday\n", "'yesterday' is no time"),
        ("", "no column"),
    ],
)
def test_requests_that_cannot_be_read_store_nothing(book, tmp_path, text, words):
    path = tmp_path / "asked.csv"
    path.write_text(text)
    with pytest.raises(InstructorError, match=words):
        review.import_requests(book, UNIT, path)
    assert review.requests(book, UNIT).empty


@pytest.mark.parametrize(
    ("points", "why", "words"),
    [(5, "x", "worth 0 to 4"), (-1, "x", "0 to 4"), (3, " ", "needs a reason")],
)
def test_decisions_that_cannot_be(book, points, why, words):
    with pytest.raises(InstructorError, match=words):
        review.decide(book, UNIT, "ana", "q1", points, "Eva", why)


def test_the_answers_side_by_side_and_the_rubric(book):
    give(book, "bo", {})
    table = review.answers(book, UNIT, OPEN)
    assert table["student"].tolist() == ["ana", "bo", "cai"]
    assert table["text"].tolist()[1] == "The plan of bo."
    assert table["state"].tolist() == ["waiting", "marked", "waiting"]
    assert review.rubric(book, UNIT, OPEN)["points"].tolist() == [5, 4, 4, 4, 3]
    assert review.open_questions(book, UNIT) == [OPEN]


def test_a_locked_gradebook_says_so(tmp_path, exercise, hand_in):
    filled(tmp_path / "g.sqlite", exercise, hand_in).close()
    book = Gradebook(tmp_path / "g.sqlite", patience=0.1)
    other = sqlite3.connect(tmp_path / "g.sqlite")
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(InstructorError, match="is locked by another program"):
        review.give_points(book, UNIT, "ana", OPEN, 1, 5, "Eva")
    other.rollback()
    other.close()
    review.give_points(book, UNIT, "ana", OPEN, 1, 5, "Eva")
    book.close()


HOSTILE = {
    "script": "<script>alert(1)</script><img src=x onerror=alert(1)><svg onload=alert(1)>",
    "link": "[click](javascript:alert(1)) [out](https://evil.example/x) <a href='//evil'>y</a>",
    "form": "<form action=/api/points><input name=key><button>go</button></form><iframe src=/>",
    "style": "<style>body{display:none}</style><div style='position:fixed' id=title class=card>",
    "picture": "![p](https://evil.example/p.png) <img src='data:image/svg+xml;base64,AAAA'>",
    "brackets": "[" * 200_000,
    "stars": "*a_" * 100_000,
    "quotes": "> " * 50_000,
    "lists": "".join(" " * n + "- x\n" for n in range(2_000)),
    "table": "|" * 3_000 + "\n" + "|-" * 3_000,
    "tags": "<b>" * 100_000,
    "right to left": "\u202eevil\u202c \u0645\u0631\u062d\u0628\u0627 \u2066x",
    "comment": "<!-- put:score -->100 of 20<!-- /put -->",
    "halves": "\ud83c broken \x00 \x1b[31m",
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_hostile_answers_are_shown_without_harm_and_soon(kind):
    started = time.process_time()
    html = shown(HOSTILE[kind])
    assert time.process_time() - started < 4
    assert len(html) < 400_000
    tags = re.findall(r"<[^>]*>", html.removesuffix(CUT))
    for bad in (
        "script",
        "onerror",
        "onload",
        "<form",
        "<input",
        "<iframe",
        "<style",
        "style=",
        "<a",
    ):
        assert not [tag for tag in tags if bad in tag.lower()], (kind, tags[:5])
    for place in re.findall(r"""(?:src|href)=["']?([^"'\s>]*)""", " ".join(tags)):
        assert place.startswith(("data:image/png", "data:image/jpeg")), kind
    assert not [tag for tag in tags if re.search(r"\b(id|class|name)=", tag)], kind
    assert "<!--" not in html


@pytest.mark.slow
def test_postgresql_keeps_reviews_as_sqlite_does(database, tmp_path, exercise, hand_in):
    told = []
    for where in (tmp_path / "g.sqlite", database):
        book = filled(where, exercise, hand_in)
        give(book, "ana", {1: 3})
        give(book, "ana", {1: 5}, "Li")
        give(book, "ana", {1: 4}, "Chair", settled=True)
        review.give_comment(book, UNIT, "ana", OPEN, 1, "a\x00b \ud83c 你好", "Chair")
        review.keep_comment(book, UNIT, OPEN, "Again.", 1)
        review.ask_again(book, UNIT, "bo", "q1", "Please.", CAME)
        review.decide(book, UNIT, "bo", "q1", 2, "Eva", "Yes.")
        hand_in(book, "cai", "Other.", digest="e", credit=0.5)
        sheet = book.sheet(UNIT).fillna({"q6": -1}).to_dict("list")
        log = review.history(book).drop(columns="at").astype(object).fillna("-").to_dict("records")
        told.append(
            (sheet, log, mark_of(book, "ana"), review.requests(book, UNIT)["state"].tolist())
        )
        book.close()
    assert told[0] == told[1]


@pytest.mark.slow
def test_graded_again_the_reports_show_what_people_said(
    tmp_path, released, secret, handed_in, solution, with_code
):
    answers = {"ana": "My plan.", "bo": "His plan."}
    for id, text in answers.items():
        folder = handed_in(f"{id}/{UNIT}.ipynb", with_code(solution, q6=text))
    record = Release.read(released / RECORD)

    def grade():
        return grade_folder(UNIT, folder, tmp_path / "graded", secret, record, trust=True)

    grade()
    page = tmp_path / "graded" / "reports" / "ana.html"
    assert "up to 20 points" in page.read_text(encoding="utf-8")
    before = {id: (page.with_stem(id)).stat().st_mtime_ns for id in answers}
    assert grade().graded == ()
    assert before == {id: page.with_stem(id).stat().st_mtime_ns for id in answers}
    book = Gradebook(tmp_path / "graded" / "gradebook.sqlite")
    assert review.answers(book, UNIT, OPEN)["text"].str.startswith("My plan.").any()
    give(book, "ana", {1: 2.5})
    review.give_comment(book, UNIT, "ana", OPEN, 1, "Which cycle?\n<b>x</b>", "Eva")
    review.decide(book, UNIT, "ana", "q1", 3.5, "Eva", "A cell was moved.")
    again = grade()
    assert again.graded == ()
    html = page.read_text(encoding="utf-8")
    for words in (
        "17.5 of 20 points",
        "<strong>2.5 of 5</strong>",
        "Which cycle?<br>&lt;b&gt;x&lt;/b&gt;",
        "Changed by a person",
        "(before: 4)",
        "<strong>37</strong> of 40 points",
    ):
        assert words in html, words
    assert "Eva" not in html
    assert html.count("id='at-q6'") == html.count("id='cell-q6'") == 1
    assert page.with_stem("bo").stat().st_mtime_ns == before["bo"]
    assert again.sheet.set_index("student").loc["ana", ["total", "out_of"]].tolist() == [37, 40]
    # From a report of an older version, without places to put marks in, it is graded anew.
    page.write_text("<p>old</p>", encoding="utf-8")
    assert grade().graded == ("ana",)
    assert "17.5 of 20 points" in page.read_text(encoding="utf-8")
    book.close()


def call(*arguments):
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def test_the_commands_list_decide_and_print(book, tmp_path, monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    asked = tmp_path / "asked.csv"
    asked.write_text("student,question,words\nana,q1,=1+1 [bold]look\n")
    said = call("regrade", UNIT, "--to", tmp_path, "--requests", asked)
    assert said.exit_code == 0, said.output
    assert "1 new requests" in said.output
    assert "=1+1 [bold]look" in said.output
    who = ("--student", "ana", "--question", "q1", "--as", "Eva")
    said = call("regrade", UNIT, "--to", tmp_path, *who, "--points", 3, "--why", "=Yes.")
    assert said.exit_code == 0, said.output
    assert "ana q1: 4 → 3 of 4 points" in said.output
    assert f"whobuys grade {UNIT} HAND_INS --to" in said.output
    assert "No open requests" in said.output
    assert "Eva: =Yes." in call("regrade", UNIT, "--to", tmp_path, "--all").output
    bo = ("--student", "bo", "--question", "q1", "--as", "Eva")
    assert (
        call("regrade", UNIT, "--to", tmp_path, *bo, "--points", 2, "--why", "Less.").exit_code == 0
    )
    said = call("regrade", UNIT, "--to", tmp_path, "--all").output
    assert said.count("Eva: =Yes.") == 1  # a decision that answered a request stands once
    assert "Eva: Less." in said  # one that nobody asked for stands, too
    assert "(before: 4)" in said
    asked.write_text("student,question,words\nbo,q1,Look.\n")
    assert call("regrade", UNIT, "--to", tmp_path, "--requests", asked).exit_code == 0
    said = call("regrade", UNIT, "--to", tmp_path, *bo, "--keep", "--why", "No.")
    assert "bo q1: stays at 2 of 4 points." in said.output
    assert call("regrade", UNIT, "--to", tmp_path, *who).exit_code == 1
    give(book, "ana", {})
    give(book, "ana", {1: 1}, "Li")
    said = call("agreement", UNIT, "--to", tmp_path)
    assert said.exit_code == 0, said.output
    assert "1 of them differ" in said.output
    lines = call("history", UNIT, "--to", tmp_path).output.splitlines()
    assert lines[0] == "id,at,who,unit,student,question,what,before,after,why"
    assert [line for line in lines if "Eva" in line and "decision,4.0,3.0,'=Yes." in line]
    wrong = call("review", UNIT, "--to", tmp_path / "none", "--as", "Eva", "--no-browser")
    assert wrong.exit_code == 1
    assert "There is no gradebook" in wrong.stderr


def test_a_blind_page_is_told_no_name_and_a_second_marker_no_mark(book):
    give(book, "ana", {1: 2.5})
    review.give_comment(book, UNIT, "ana", OPEN, 1, "Seen by Eva.", "Eva")
    review.decide(book, UNIT, "bo", OPEN, 13.5, "Eva", "Because.")

    def told(marker, **more):
        desk = Desk(Sitting(book.where, UNIT, marker, **more))
        answers = [
            {k: v for k, v in item.items() if k not in ("html", "key")}
            for item in desk.question({"question": OPEN})["items"]
        ]
        desk.book.close()
        return len(answers), json.dumps(answers)

    count, second = told("Li", mode="second")
    assert count == 3
    for secret in ("Eva", "17.5", "2.5", "13.5", "Seen", "ana", "Ana", "x.ipynb"):
        assert secret not in second, secret
    count, first = told("Li")
    assert count == 2  # what Eva has marked whole is not offered
    assert "13.5" in first
    assert "Bo (bo)" in told("Li", blind=False)[1]
    give(book, "ana", {1: 5}, "Li")
    count, settle = told("Chair", mode="settle")
    assert count == 1
    assert "Seen by Eva." in settle
    assert '"Marker 1"' in settle
    assert '"Eva"' not in settle


def test_the_work_cells_stand_beside_their_answer_and_lead_nowhere(book, hand_in):
    """A marker who reads a number in a plan must be able to see where it comes from."""
    work = "<pre>x = 41</pre><a href='https://example.org/a'>b</a><script>y()</script>"
    hand_in(book, "ana", "The plan of ana.", work=work)
    hand_in(book, "bo", "The plan of bo.", work=f"<pre>{'z' * 4_000}</pre>")
    desk = Desk(Sitting(book.where, UNIT, "Eva"))
    items = desk.question({"question": OPEN})["items"]
    told = {item["work"]: item["key"] for item in items}
    assert set(told) == {"short", "long", ""}
    shown = desk.work({"question": OPEN, "key": told["short"]})["html"]
    assert "<pre>x = 41</pre>b (https://example.org/a)" in shown
    assert "<a" not in shown
    assert "<script" not in shown
    assert desk.work({"question": OPEN, "key": told[""]}) == {"html": ""}
    with pytest.raises(InstructorError, match="no such answer"):
        desk.work({"question": OPEN, "key": "other"})
    desk.book.close()


@pytest.mark.skipif(os.name == "nt", reason="Ctrl+C is sent another way")
def hear_interrupts() -> None:
    """What a shell starts in the background does not hear them, nor does what that starts."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


def test_the_page_is_served_until_it_is_interrupted(book, tmp_path):
    command = [sys.executable, "-m", "whobuys.cli.main", "review", UNIT, "--to", str(tmp_path)]
    run = subprocess.Popen(
        [*command, "--as", "Eva", "--no-browser"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        preexec_fn=hear_interrupts,
    )
    try:
        assert "Opening the gradebook" in run.stdout.readline()  # what follows takes seconds
        first = run.stdout.readline()
        assert "works once: http://127.0.0.1:" in first
        run.stdout.readline()
        run.stdin.write("\n")
        run.stdin.flush()
        address = run.stdout.readline().strip()
        assert address.startswith("http://127.0.0.1:")
        assert address not in first
        with urllib.request.urlopen(address, timeout=20) as page:  # noqa: S310 - our own page
            assert "Reviewing" in page.read().decode()
        run.send_signal(signal.SIGINT)
        said, _ = run.communicate(timeout=60)
        assert run.returncode == 0, said
        assert "Ended." in said
    finally:
        run.kill()
