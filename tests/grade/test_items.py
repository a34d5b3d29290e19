import math

import pandas as pd
import pytest

from whobuys.grade import Gradebook, class_marks
from whobuys.grade._people import People, PersonMark
from whobuys.grade.items import (
    class_totals,
    cronbach_alpha,
    item_table,
    marks_that_count,
    mistake_table,
    reliability,
    upper_lower,
)

#: Four students, two questions of 4 points and an open one of 20 that waits.
#: Points of q1: 4, 4, 2, 0 (mean 2.5), of q2: 4, 0, 2, 0 (mean 1.5), totals 8, 4, 4, 0 (mean 4).
#: Deviations q1: 1.5, 1.5, -0.5, -2.5, squares sum to 2.25 + 2.25 + 0.25 + 6.25 = 11.
#: Deviations q2: 2.5, -1.5, 0.5, -1.5, squares sum to 6.25 + 2.25 + 0.25 + 2.25 = 11.
#: Products: 3.75 - 2.25 - 0.25 + 3.75 = 5. Totals: 16 + 0 + 0 + 16 = 32.
CREDITS = {"ana": (1, 1), "bo": (1, 0), "cy": (0.5, 0.5), "di": (0, 0)}
STATES = {"ana": ("passed", "passed"), "bo": ("passed", "not_started")}
STATES |= {"cy": ("partly", "partly"), "di": ("could_not_run", "try_again")}
COLUMNS = ["student", "question", "status", "points", "credit", "earned", "mistake", "words"]
COUNTS = ["passed", "partly", "try_again", "not_started", "could_not_run"]

#: Section 6 of the Law School Admission Test, 1000 people, 5 questions, right or wrong: how often
#: each pattern was given (Bock & Lieberman, 1970).
LSAT = """00000 3 00001 6 00010 2 00011 11 00100 1 00101 1 00110 3 00111 4 01000 1 01001 8 01011 16
01101 3 01110 2 01111 15 10000 10 10001 29 10010 14 10011 81 10100 3 10101 28 10110 15 10111 80
11000 16 11001 56 11010 21 11011 173 11100 11 11101 61 11110 28 11111 298"""


def rows_of(scores: dict[str, list[float]], worth: float = 4.0) -> pd.DataFrame:
    """Return marks from points: question to one number a student; None waits."""
    rows = []
    for place in range(len(next(iter(scores.values())))):
        for question, points in scores.items():
            got = points[place]
            status = "for_review" if got is None else "passed" if got == worth else "partly"
            share = 0.0 if got is None else got / worth
            earned = 0.0 if got is None else got
            rows.append((f"s{place}", question, status, worth, share, earned, None, []))
    return pd.DataFrame(rows, columns=COLUMNS)


@pytest.fixture
def marks():
    rows = []
    for student, credits in CREDITS.items():
        for question, credit, status in zip(("q1", "q2"), credits, STATES[student], strict=True):
            slip = f"slip_{question}" if status in ("partly", "try_again") else None
            words = ["Words.", "More."]
            rows.append((student, question, status, 4.0, credit, 4 * credit, slip, words))
        rows.append((student, "q3", "for_review", 20.0, 0.0, 0.0, None, []))
    return pd.DataFrame(rows, columns=COLUMNS)


def test_items_against_the_worked_example(marks):
    items = item_table(marks).set_index("question")
    assert list(items.index) == ["q1", "q2"]
    assert items["difficulty"].tolist() == [0.625, 0.375]
    # 5 / root of (11 x 11)
    assert items["discrimination"].tolist() == pytest.approx([5 / 11, 5 / 11])
    # z = ln((1 + r) / (1 - r)) / 2 = ln(16 / 6) / 2 = 0.49041; 1.95996 / root of (4 - 3) = 1.95996;
    # back by (e^2z - 1) / (e^2z + 1): e^-2.93910 = 0.05291, e^4.90074 = 134.39
    assert items["discrimination_low"].tolist() == pytest.approx([-0.94709 / 1.05291] * 2, abs=1e-4)
    assert items["discrimination_high"].tolist() == pytest.approx([133.39 / 135.39] * 2, abs=1e-4)
    # 27 % of 4 is one student: Ana's share less Di's
    assert items["upper_lower"].tolist() == [1, 1]
    assert items["alpha_without"].isna().all()
    assert items["points"].tolist() == [4, 4]
    assert items["students"].tolist() == [4, 4]
    assert items[COUNTS].to_numpy().tolist() == [[2, 1, 0, 0, 1], [1, 1, 1, 1, 0]]


def test_reliability_against_the_worked_example(marks):
    row = reliability(marks).iloc[0]
    # 2 / (2 - 1) x (1 - (11 + 11) / 32); the divisor n - 1 = 3 falls out
    assert row["alpha"] == pytest.approx(0.625)
    # F(3, 3) at 97.5 % is 15.439 in the tables, at 2.5 % one over that
    assert row["low"] == pytest.approx(1 - 0.375 * 15.439, abs=1e-3)
    assert row["high"] == pytest.approx(1 - 0.375 / 15.439, abs=1e-3)
    # root of (32 / 3) x root of (1 - 0.625) = root of 4
    assert row["sem"] == pytest.approx(2)
    assert row["sd"] == pytest.approx(math.sqrt(32 / 3))
    assert (row["students"], row["questions"], row["out_of"], row["mean"]) == (4, 2, 8, 4)


def test_against_published_item_statistics():
    """The numbers as `descript(LSAT)` of the R package ltm prints them (Rizopoulos, 2006).

    Read at rstudio-pubs-static.s3.amazonaws.com/668925_37f55c150bfa4a83869f47c4fc82cded.html.
    """
    words = LSAT.split()
    people = [p for p, n in zip(words[::2], words[1::2], strict=True) for _ in range(int(n))]
    scores = pd.DataFrame([[int(mark) for mark in person] for person in people])
    totals = scores.sum(axis=1)
    assert totals.value_counts().sort_index().tolist() == [3, 20, 85, 237, 357, 298]
    answers = {f"q{place + 1}": list(scores[place].astype(float)) for place in scores}
    table = item_table(rows_of(answers, worth=1.0))
    assert table["difficulty"].tolist() == [0.924, 0.709, 0.553, 0.763, 0.870]
    assert table["discrimination"].round(4).tolist() == [0.1128, 0.1532, 0.1728, 0.1444, 0.1216]
    assert table["alpha_without"].round(4).tolist() == [0.2754, 0.2376, 0.2168, 0.2459, 0.2663]
    assert round(cronbach_alpha(scores)[0], 4) == 0.2950


def test_the_interval_against_a_published_one():
    """alpha 0.913 of 20 questions and 873 people: 0.9044024 to 0.9211588.

    Read at imaging.mrc-cbu.cam.ac.uk/statswiki/FAQ/cafun, Feldt's method. Scores of that alpha:
    a part common to all questions, and parts of their own that are uncorrelated.
    """
    import numpy as np

    n, k, alpha = 873, 20, 0.913
    parts = np.random.default_rng(0).normal(size=(n, k + 1))
    parts = np.linalg.qr(parts - parts.mean(axis=0))[0]  # uncorrelated, of one length
    # alpha = k c / (k c + 1), c the variance in common over that of a question's own part
    common = math.sqrt(alpha / (1 - alpha) / k)
    found, low, high = cronbach_alpha(pd.DataFrame(parts[:, :1] * common + parts[:, 1:]))
    assert found == pytest.approx(alpha)
    assert (low, high) == (pytest.approx(0.9044024, abs=1e-6), pytest.approx(0.9211588, abs=1e-6))


def test_alpha_without_a_question():
    points = {"q1": [4, 4, 2, 0], "q2": [4, 0, 2, 0], "q3": [0, 2, 4, 2]}
    table = item_table(rows_of(points)).set_index("question")
    # without q3 the worked example is left
    assert table.loc["q3", "alpha_without"] == pytest.approx(0.625)
    # q3: deviations -2, 0, 2, 0. With q2: -5 + 0 + 1 + 0 = -4, so the totals' squares sum to
    # 11 + 8 - 8 = 11, alpha is 2 x (1 - 19 / 11)
    assert table.loc["q1", "alpha_without"] == pytest.approx(-16 / 11)


def test_a_question_that_goes_against_the_rest_is_negative():
    points = {"q1": [4, 3, 1, 0], "q2": [4, 3, 1, 0], "q3": [0, 1, 3, 4]}
    table = item_table(rows_of(points)).set_index("question")
    assert table.loc["q3", "discrimination"] == pytest.approx(-1)
    assert pd.isna(table.loc["q3", "discrimination_low"])
    assert table.loc["q3", "upper_lower"] == -1


def test_students_who_stand_equal_share_the_places():
    totals = pd.Series([8, 4, 4, 4, 0, 0])
    shares = pd.Series([1, 1, 0.5, 0, 0, 0.5])
    # 27 % of 6 are 2 places. Above: 1, and one place for (1 + 0.5 + 0) / 3. Below: 0 and 0.5.
    expected = (1 + 0.5) / 2 - 0.25
    assert upper_lower(shares, totals) == pytest.approx(expected)
    turned = pd.Series(range(6))[::-1]
    assert upper_lower(shares[turned], totals[turned]) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("totals", "why"), [([3], "one student"), ([3, 3, 3], "nobody differs"), ([], "nobody")]
)
def test_no_upper_and_lower_group(totals, why):
    found = upper_lower(pd.Series([1.0] * len(totals)), pd.Series(totals, dtype=float))
    assert math.isnan(found), why


@pytest.mark.parametrize(
    "points",
    [
        {"q1": [4.0], "q2": [2.0]},
        {"q1": [4.0, 2.0, 0.0]},
        {"q1": [2.0, 2.0], "q2": [4.0, 4.0]},
        {"q1": [0.0, 4.0], "q2": [4.0, 0.0]},
    ],
    ids=["one student", "one question", "nobody differs", "totals do not differ"],
)
def test_where_there_is_no_alpha(points):
    row = reliability(rows_of(points)).iloc[0]
    assert row[["alpha", "low", "high", "sem"]].isna().all()
    assert item_table(rows_of(points))["discrimination_low"].isna().all()


def test_items_where_nothing_varies(marks):
    one = item_table(marks[marks["student"] == "ana"])
    assert one["difficulty"].tolist() == [1, 1]
    assert one[["discrimination", "upper_lower"]].isna().all(axis=None)


def test_no_marks_at_all(marks):
    nobody = marks[:0]
    assert item_table(nobody).empty
    assert mistake_table(nobody).empty
    assert class_totals(nobody).empty
    row = reliability(nobody).iloc[0]
    assert (row["students"], row["questions"]) == (0, 0)
    assert math.isnan(row["alpha"])


def test_sums_that_differ_in_the_last_bit_are_equal():
    totals = pd.Series([0.1 + 0.2 + 0.3, 0.3 + 0.2 + 0.1, 0.6, 0.1])
    assert totals[0] != totals[1]
    for shares in ([1.0, 0, 0, 0], [0, 1.0, 0, 0], [0, 0, 1.0, 0]):
        assert upper_lower(pd.Series(shares), totals) == pytest.approx(1 / 3)


def test_a_missing_score_is_refused():
    with pytest.raises(ValueError, match="score is missing"):
        cronbach_alpha(pd.DataFrame({"q1": [1, None], "q2": [0, 1]}))


def test_a_question_that_waits_for_some_is_no_part_of_the_totals():
    points = {"q1": [4, 4, 2, 0, 0], "q2": [4, 0, 2, 0, 2], "q3": [4, 3, 1, 0, None]}
    marks = rows_of(points)
    assert class_totals(marks)["total"].tolist() == [8, 4, 4, 0, 2]
    assert set(class_totals(marks)["out_of"]) == {8}
    table = item_table(marks).set_index("question")
    assert table["waiting"].tolist() == [0, 0, 1]
    assert table["students"].tolist() == [5, 5, 4]
    assert table.loc["q3", "difficulty"] == pytest.approx((4 + 3 + 1 + 0) / 16)
    # q3 against 8, 4, 4, 0: deviations 2, 1, -1, -2 and 4, 0, 0, -4
    assert table.loc["q3", "discrimination"] == pytest.approx(16 / math.sqrt(10 * 32))
    assert pd.isna(table.loc["q3", "alpha_without"])
    # the others do not count q3 among the rest: q1 and q2 against each other
    assert table.loc["q1", "discrimination"] == pytest.approx(table.loc["q2", "discrimination"])
    assert table.loc["q3", [*COUNTS]].sum() == 4


def test_mistakes_commonest_first(marks):
    table = mistake_table(marks)
    assert table.to_dict("list") == {
        "question": ["q2", "q1"],
        "mistake": ["slip_q2", "slip_q1"],
        "students": [2, 1],
        "share": [0.5, 0.25],
        # Cy 4 and Di 0, the others 8 and 4; Cy 4, the others 8, 4 and 0
        "mean_total": [2, 4],
        "mean_others": [6, 4],
        "words": ["Words.", "Words."],
    }


def test_a_mistake_everybody_made(marks):
    own = marks[(marks["question"] == "q2") & marks["student"].isin(["cy", "di"])]
    row = mistake_table(own).iloc[0]
    assert row["share"] == 1
    assert math.isnan(row["mean_others"])


def test_people_count_before_the_machine(marks):
    questions = pd.DataFrame({"question": ["q2", "q1", "q3"], "open": [False, False, True]})
    before = marks.copy(deep=True)
    given = {
        ("di", "q2"): PersonMark("q2", "decided", 4.0, points=4.0),
        ("cy", "q2"): PersonMark("q2", "decided", 4.0, points=1.0),
        ("ana", "q3"): PersonMark("q3", "marked", 20.0, points=20.0),
        ("bo", "q3"): PersonMark("q3", "marked", 20.0, points=0.0),
        ("cy", "q3"): PersonMark("q3", "to settle", 20.0),
        ("di", "q3"): PersonMark("q3", "waiting", 20.0),
    }
    counts = marks_that_count(marks, People(given, frozenset({"q3"})), questions)
    pd.testing.assert_frame_equal(marks, before)
    assert list(counts["question"][:3]) == ["q2", "q1", "q3"]
    found = counts.set_index(["student", "question"])
    assert found.loc[("di", "q2"), "status"] == "passed"
    assert pd.isna(found.loc[("di", "q2"), "mistake"])
    assert found.loc[("cy", "q2"), ["status", "credit"]].tolist() == ["partly", 0.25]
    assert found.loc[("cy", "q2"), "mistake"] == "slip_q2"
    assert found.loc[("ana", "q3"), ["status", "earned"]].tolist() == ["passed", 20]
    assert found.loc[("bo", "q3"), ["status", "earned"]].tolist() == ["try_again", 0]
    assert found.loc[[("cy", "q3"), ("di", "q3")], ["earned", "credit"]].isna().all(axis=None)
    table = item_table(counts).set_index("question")
    assert table.loc["q3", ["students", "waiting", "difficulty"]].tolist() == [2, 2, 0.5]


def test_a_blank_answer_counts_from_the_first_marked_one_on(marks):
    questions = pd.DataFrame({"question": ["q1", "q2", "q3"], "open": [False, False, True]})
    marks.loc[(marks["student"] == "di") & (marks["question"] == "q3"), "status"] = "not_started"
    nobody = marks_that_count(marks, People(), questions)
    assert nobody.loc[nobody["question"] == "q3", "earned"].isna().all()
    assert list(item_table(nobody)["question"]) == ["q1", "q2"]
    waits = {(s, "q3"): PersonMark("q3", "waiting", 20.0) for s in ("bo", "cy")}
    begun = People(waits | {("ana", "q3"): PersonMark("q3", "marked", 20.0, 10.0)}, {"q3"})
    table = item_table(marks_that_count(marks, begun, questions)).set_index("question")
    assert table.loc["q3", ["students", "difficulty", "not_started"]].tolist() == [2, 0.25, 1]


def test_a_question_that_was_dropped_does_not_count(marks):
    questions = pd.DataFrame({"question": ["q2"], "open": [False]})
    assert set(marks_that_count(marks, People(), questions)["question"]) == {"q2"}


def test_a_question_that_was_never_asked_counts_nothing(marks):
    own = marks[~((marks["student"] == "ana") & (marks["question"] == "q2"))]
    assert class_totals(own).set_index("student").loc["ana", "total"] == 4


def test_questions_stand_in_the_order_of_the_exercise():
    points = {f"q{n}": [4.0, 2.0] for n in (2, 10, 1)}
    questions = pd.DataFrame({"question": ["q1", "q2", "q10"], "open": False})
    counted = marks_that_count(rows_of(points), People(), questions)
    assert list(item_table(counted)["question"]) == ["q1", "q2", "q10"]


def test_who_was_not_graded_is_no_part_of_it(tmp_path, exercise):
    from whobuys.course._judge import verdict

    book = Gradebook(tmp_path / "g.sqlite")
    book.enrol([("ana", "Ana"), ("bo", "Bo"), ("cy", "Cy")])
    book.set_questions(exercise)
    about = {"file": "f", "digest": "d", "fingerprint": "f", "report": "r"}
    verdicts = [verdict(q, "passed", 1.0) for q in exercise.questions.values() if not q.open]
    book.store("05_rfm", "ana", verdicts, **about)
    book.store("05_rfm", "bo", verdicts, **about, problem="Broken.")
    marks = class_marks(book, "05_rfm")
    assert set(marks["student"]) == {"ana"}
    assert class_marks(book, "06_find_segments").empty
    book.close()
