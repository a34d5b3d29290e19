import itertools
import re
from html import unescape

import pandas as pd
import pytest
import yaml
from typer.testing import CliRunner

from whobuys._errors import InstructorError
from whobuys.cli import class_report as class_report_cli
from whobuys.cli.main import app
from whobuys.course._judge import verdict
from whobuys.course._units import CHECKOUT
from whobuys.grade import Gradebook
from whobuys.grade._class_figures import item_map, point_bands, totals_figure
from whobuys.grade._class_sections import _two, without_few
from whobuys.grade._class_words import LANGUAGES, Html, Words, table, told
from whobuys.grade.class_report import (
    ClassReport,
    class_data,
    refresh_class_report,
    write_class_report,
)
from whobuys.plot import alt_text
from whobuys.review import decide, give_points, rubric

UNIT = "05_rfm"
OPEN = "q6"
HOSTILE = "<img src=x onerror=alert(1)> [here](http://evil.example)"

#: What one of twelve did on q1 to q5: passed, partly (a known mistake), blank.
PATTERNS = ["ppppp", "ppppp", "ppppp", "pppp-", "ppp--", "pmpp-", "pmpp-", "pmp--", "pp---"]
PATTERNS += ["m----", "-m---", "-----"]
NAMES = [f"Quirin Zuname{n}" for n in range(len(PATTERNS))]
IDS = [f"zx{n:02d}" for n in range(len(PATTERNS))]


def fill(book: Gradebook, exercise, patterns, names, fact="77 days"):
    """Enrol and grade a class, one pattern a student."""
    book.enrol(list(zip(IDS, names, strict=False)))
    book.set_questions(exercise)
    answers = {}
    for id, pattern in zip(IDS, patterns, strict=False):
        made = []
        for question, letter in itertools.zip_longest(exercise.questions.values(), pattern):
            if question.open:
                made.append(verdict(question, "for_review"))
                answers[id] = {question.id: f"I call the dormant ones. {id}"}
            elif letter == "p":
                made.append(verdict(question, "passed", 1.0))
            elif letter == "m":
                known = question.mistakes[0]
                words = known.words.replace("{many}", fact)
                made.append(verdict(question, "partly", known.credit, [words], known.id))
            else:
                made.append(verdict(question, "not_started"))
        about = {"file": f"{id}.ipynb", "digest": id, "fingerprint": "f", "report": "r"}
        book.store(UNIT, id, made, **about)
    book.keep_answers(UNIT, answers)


@pytest.fixture
def make(tmp_path, exercise):
    """Return a function that makes a gradebook of some of the twelve, and two more."""

    def made(patterns=PATTERNS, names=NAMES, fact="77 days"):
        path = tmp_path / "gradebook.sqlite"
        book = Gradebook(path)
        fill(book, exercise, patterns, names, fact)
        book.enrol([("broken1", "Berta Bruch"), ("gone1", "Gerd Weg")])
        wrong = [verdict(q, "could_not_run") for q in exercise.questions.values()]
        about = {"file": "b.ipynb", "digest": "b", "fingerprint": "f", "report": "r"}
        book.store(UNIT, "broken1", wrong, **about, problem="Broken.", notes=["note on broken1"])
        book.close()
        return path

    return made


def text_of(report: ClassReport, *sections: str) -> str:
    """Return the words of sections as they read."""
    parts = [p for name in sections or report.sections for p in report.section(name).parts]
    html = " ".join(p if isinstance(p, Html) else alt_text(p) for p in parts)
    return unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", html)))


def html_of(report: ClassReport) -> str:
    """Return the HTML of all sections."""
    parts = [part for name in report.sections for part in report.section(name).parts]
    return "".join(part for part in parts if isinstance(part, Html))


def test_only_what_was_graded_counts(make):
    data = class_data(make(), UNIT)
    states = dict(data["states"].to_numpy().tolist())
    assert states == {"graded": 12, "could not be graded": 1, "nothing handed in": 1}
    assert data["items"]["students"].tolist() == [12] * 5
    assert set(data["totals"]["out_of"]) == {20}
    # counted by hand in PATTERNS, column by column
    assert data["items"]["passed"].tolist() == [9, 6, 8, 6, 3]
    assert data["items"]["partly"].tolist() == [1, 4, 0, 0, 0]
    assert data["reviewing"].drop(columns="title").to_numpy().tolist() == [[OPEN, 12, 0, 12, 0]]


def test_the_form_to_show_holds_nobody(make):
    path = make()
    everything = " ".join(frame.to_csv() for frame in class_data(path, UNIT).values())
    everything += html_of(ClassReport(path, UNIT)) + text_of(ClassReport(path, UNIT))
    for told_apart in (*IDS, *NAMES, "Zuname", "Bruch", "broken1", "gone1", ".ipynb", "77 days"):
        assert told_apart not in everything
    assert text_of(ClassReport(path, UNIT), "opening").count("Of 14 students: 12 graded") == 1
    assert "1 could not be graded" not in text_of(ClassReport(path, UNIT), "opening")


def test_the_form_to_show_hides_what_is_about_one_or_two(make):
    report = ClassReport(make(), UNIT)
    mistakes = text_of(report, "mistakes")
    # q2 was mistaken four times and is shown; q1 once, which is not
    assert "q2 · Scores from 1 to 5 — 4 students (33 %)" in mistakes
    assert "q1" not in mistakes
    assert "Mistakes made by fewer than three students are left out." in mistakes
    cells = re.findall(r"<td>([^<]*)</td>", "".join(map(str, report.section("items").parts)))
    assert "·" in cells
    assert not {"1", "2"} & set(cells)
    reached = text_of(report, "totals")
    assert "3 reached all of them" in reached
    bands = re.findall(r"points: (\d+)", reached)
    assert sum(map(int, bands)) == 12
    assert all(int(n) >= 3 for n in bands)


def test_the_teacher_reads_who_needs_what(make):
    report = ClassReport(make(), UNIT, names=True)
    said = text_of(report, "help")
    # 8 of 20 points, 2, 2 and 0 are below 10
    assert "4 students of 12 reached less than half of the points." in said
    assert "What they miss most: q3" in said
    for place, name in enumerate(NAMES):
        assert (f"{name} ({IDS[place]})" in said) == (place >= 8)
    assert said.index("Zuname11") < said.index("Zuname9") < said.index("Zuname8")
    row = report.data["help"].query("student == 'zx09' and question == 'q1'").iloc[0]
    assert row["again"] == "lesson 05, step 1"
    assert row["words"].startswith("You counted 77 days too")
    blank = report.data["help"].query("student == 'zx09' and question == 'q2'").iloc[0]
    assert blank["words"] == ""
    assert "Gerd Weg (gone1) – nothing handed in" in said
    assert "1 could not be graded, 1 handed in nothing" in text_of(report, "opening")
    assert "You counted 77 days too" in text_of(report, "mistakes")
    assert "For the teacher only." in text_of(report, "opening")


def test_what_to_teach_again_is_what_a_third_missed(make):
    report = ClassReport(make(), UNIT)
    again = report.data["again"].set_index("again")
    # q4 and q5 belong to one step: nine did not have both right
    assert again.loc["lesson 05, step 4", "items"] == ["q4", "q5"]
    assert again.loc["lesson 05, step 4", "students"] == 9
    # q4 earned 6 x 4 and q5 3 x 4 of 2 x 12 x 4 points
    assert again.loc["lesson 05, step 4", "lost"] == pytest.approx(1 - 36 / 96)
    assert again.loc["lesson 05, step 1", "students"] == 3
    said = text_of(report, "again")
    assert said.index("Lesson 05, step 4 — 9 students of 12") < said.index("Lesson 05, step 2")
    assert "step 1" not in said
    assert "step 4, where 63 % of the points were lost" in said


def test_words_for_all_hold_dots_where_students_differ(make):
    path = make([p.replace("p", "m", 1) for p in PATTERNS])
    row = class_data(path, UNIT)["mistakes"].set_index("question").loc["q1"]
    assert row["students"] >= 3
    assert row["words"].startswith("You counted … too … for every customer.")


def test_names_and_words_that_are_hostile(make):
    path = make(names=[HOSTILE] * 12, fact=HOSTILE)
    for names in (False, True):
        html = html_of(ClassReport(path, UNIT, names))
        assert "<img" not in html
        assert "<a " not in html
        assert ("&lt;img src=x" in html) == names


@pytest.mark.parametrize(("graded", "to_show"), [(0, "nobody"), (1, "Fewer"), (9, "Fewer")])
def test_too_few_for_a_page_to_show(make, tmp_path, graded, to_show, monkeypatch):
    monkeypatch.setattr("whobuys.grade.class_report._executed", None)  # no kernel may start
    path = make(PATTERNS[:graded])
    report = ClassReport(path, UNIT)
    assert report.is_short
    write_class_report(path, UNIT, tmp_path / "class.html")
    html = (tmp_path / "class.html").read_text(encoding="utf-8")
    assert to_show in html
    assert "points" not in html
    assert "<table" not in html
    assert "Zuname" not in html
    teacher = ClassReport(path, UNIT, names=True)
    assert teacher.is_short == (graded == 0)
    assert "Gerd Weg" in text_of(teacher)


def test_ten_are_enough_for_a_page_to_show(make):
    said = text_of(ClassReport(make(PATTERNS[:10]), UNIT))
    assert "Half of the 10 students reached" in said


def test_the_page_to_show_says_to_show_one_version(make):
    path = make()
    assert "One version only." in text_of(ClassReport(path, UNIT), "notes")
    assert "One version only." not in text_of(ClassReport(path, UNIT, names=True), "notes")


def test_the_teachers_page_of_one_student(make):
    said = text_of(ClassReport(make(PATTERNS[4:5]), UNIT, names=True))
    assert "The one student who was graded reached 12 of 20 points." in said
    assert "Cronbach's alpha is not given." in said
    assert "No discrimination for q1, q2, q3, q4 and q5" in said
    assert not re.search(r"\bnan\b", said)


def test_figures_are_described_and_said_in_words(make):
    for names in (False, True):
        report = ClassReport(make(), UNIT, names)
        for section in ("totals", "items"):
            parts = report.section(section).parts
            (figure,) = [part for part in parts if not isinstance(part, Html)]
            assert len(alt_text(figure)) > 40
            words = text_of(report, section).split("In words.")[1]
            assert len(re.findall(r"\d", words)) > 3
    assert all(f"{id} · " in alt_text(figure) for id in ("q1", "q2", "q3", "q4", "q5"))
    drawn = [text.get_text() for text in figure.axes[0].texts]
    assert {"q1", "q2", "q3", "q4", "q5"} <= set(drawn)


def test_reviewed_answers_count(make):
    path = make()
    book = Gradebook(path)
    lines = rubric(book, UNIT, OPEN)
    for id in IDS[:8]:
        for line in lines.to_dict("records"):
            give_points(book, UNIT, id, OPEN, line["criterion"], line["points"], "Eva")
    book.close()
    report = ClassReport(path, UNIT)
    open_item = report.data["items"].set_index("question").loc[OPEN]
    assert open_item[["students", "waiting", "difficulty"]].tolist() == [8, 4, 1]
    assert "q6 marks are still missing" in text_of(report, "totals")
    assert "4 answers of 12 wait" in text_of(report, "reviewing")
    book = Gradebook(path)
    for id in IDS[8:]:
        for line in lines.to_dict("records"):
            give_points(book, UNIT, id, OPEN, line["criterion"], 0.0, "Eva")
    book.close()
    report = ClassReport(path, UNIT)
    assert set(report.data["totals"]["out_of"]) == {40}
    assert "All 12 answers are marked." in text_of(report, "reviewing")
    assert "still missing" not in text_of(report, "totals")


def test_nothing_settled_yet(make, exercise):
    path = make()
    book = Gradebook(path)
    with book.session(write=True) as session:
        from sqlalchemy import update

        from whobuys.grade._tables import MarkRow

        session.execute(update(MarkRow).values(status="for_review", earned=0.0, mistake=None))
    book.close()
    for names in (False, True):
        said = text_of(ClassReport(path, UNIT, names))
        assert "No question is marked for everybody yet" in said
        assert "There are no totals yet." in said


def test_what_is_not_there_is_named(make, tmp_path):
    path = make()
    with pytest.raises(InstructorError, match=r"no marks of '06_value'.*whobuys grade"):
        class_data(path, "06_value")
    with pytest.raises(InstructorError, match="no gradebook"):
        class_data(tmp_path / "none.sqlite", UNIT)
    with pytest.raises(InstructorError, match="not in 'zh'"):
        ClassReport(path, UNIT, lang="zh")
    with pytest.raises(InstructorError, match=r"not in '\.\./x'"):
        Words("../x")
    with pytest.raises(ValueError, match="no section 'other'"):
        ClassReport(path, UNIT).section("other")


def test_the_command(make, tmp_path):
    path = make(PATTERNS[:2])
    run = CliRunner().invoke
    done = run(app, ["class-report", UNIT, "--to", str(path.parent)])
    assert done.exit_code == 0
    file, said = done.output.strip().split("\n", 1)
    assert file == str(path.parent / class_report_cli.SHOWN)
    assert said.startswith("Show one version only")
    assert (path.parent / class_report_cli.SHOWN).exists()
    for wrong in (["99_none", "--to", str(path.parent)], [UNIT, "--to", str(tmp_path / "no")]):
        refused = run(app, ["class-report", *wrong])
        assert refused.exit_code == 1
        assert "Stopped:" in refused.output


def test_counts_that_are_hidden_cannot_be_worked_out():
    for counts in itertools.product(range(7), repeat=4):
        shown = without_few(counts)
        hidden = [n for n, cell in zip(counts, shown, strict=True) if cell is None]
        assert all(cell == n for n, cell in zip(counts, shown, strict=True) if cell is not None)
        assert not {1, 2} & set(shown)
        if hidden:
            # either the sum of the hidden says nothing of one, or there is nothing else to hide
            nothing_else = not any(shown)
            assert nothing_else or (len(hidden) > 1 and sum(hidden) >= 3)
        else:
            assert not {1, 2} & set(counts)


@pytest.mark.parametrize("seed", range(20))
def test_bands_hold_enough_and_everybody(seed):
    import numpy as np

    rng = np.random.default_rng(seed)
    totals = pd.Series(rng.integers(0, 21, rng.integers(3, 40)).astype(float))
    bands = point_bands(totals, 20.0, fewest=3)
    assert bands["students"].sum() == len(totals)
    assert bands["students"].min() >= 3
    assert bands["low"].iloc[0] == 0
    assert bands["high"].iloc[-1] == 20
    assert bands["low"].tolist()[1:] == bands["high"].tolist()[:-1]
    assert len(point_bands(totals, 20.0)) == 10


def test_a_label_stands_at_every_band(make):
    import matplotlib.pyplot as plt

    bands = point_bands(pd.Series([1.0, 9, 10]), 10.0)
    ax = totals_figure(bands, 10.0, Words("en"))
    labels = [label.get_text() for label in ax.get_yticklabels()]
    assert (labels[0], labels[-1]) == ("0 to under 1", "9 to 10")
    assert "9 to 10 points: 2" in alt_text(ax)
    plt.close(ax.figure)
    items = class_data(make(), UNIT)["items"]
    ax = item_map(items, 0.2, Words("en"))
    assert "q3 · Segments: how many, how much: difficulty 0.67" in alt_text(ax)
    plt.close(ax.figure)


def test_every_language_has_all_words():
    folder = CHECKOUT / "toolkit" / "whobuys" / "grade"

    def fields(words, before=""):
        if not isinstance(words, dict):
            return {before: sorted(set(re.findall(r"{\w+}", str(words))))}
        return {
            p: f
            for key, below in words.items()
            for p, f in fields(below, f"{before}.{key}").items()
        }

    def read(lang):
        return fields(yaml.safe_load((folder / f"class_report_{lang}.yml").read_text("utf-8")))

    assert sorted(p.stem[-2:] for p in folder.glob("class_report_*.yml")) == sorted(LANGUAGES)
    assert all(read(lang) == read("en") for lang in LANGUAGES)


def test_cells_are_escaped_unless_they_are_html():
    made = table(["<h>", "b"], [["<r>", told("`x` & <y>")]])
    assert "&lt;h&gt;" in made
    assert "&lt;r&gt;" in made
    assert "<code>x</code> &amp; &lt;y&gt;" in made
    assert len(told("word " * 500)) < 410


def test_the_page_is_written_anew_only_where_something_has_changed(
    make, tmp_path, exercise, monkeypatch
):
    path, to = make(PATTERNS[:2]), tmp_path / "class.html"
    assert refresh_class_report(path, UNIT, to)
    written = to.stat().st_mtime_ns
    assert not refresh_class_report(path, UNIT, to)
    assert to.stat().st_mtime_ns == written
    to.write_text("another version's", encoding="utf-8")
    assert refresh_class_report(path, UNIT, to)
    to.unlink()
    assert refresh_class_report(path, UNIT, to)
    book = Gradebook(path)
    book.enrol([("new", "New")])
    assert refresh_class_report(path, UNIT, to)
    decide(book, UNIT, IDS[0], "q1", 1.5, "Eva", "Because.")
    assert refresh_class_report(path, UNIT, to)
    book.close()
    assert not refresh_class_report(path, UNIT, to)
    monkeypatch.setattr("whobuys.__version__", "another")
    assert refresh_class_report(path, UNIT, to)


def test_who_left_the_roster_is_left_out_and_named_to_the_teacher(make):
    path = make()
    both = [IDS[-1], "gone1"]
    teacher = ClassReport(path, UNIT, names=True, left=both)
    assert len(teacher.data["totals"]) == len(PATTERNS) - 1
    assert int(teacher.data["reviewing"]["answers"].iloc[0]) == len(PATTERNS) - 1
    assert IDS[-1] not in set(teacher.data["help"]["student"])
    said = text_of(teacher, "help")
    left = f"{NAMES[-1]} ({IDS[-1]}), Gerd Weg (gone1)."
    assert f"Left out, on the roster no more: {left}" in said
    assert said.count("Gerd Weg") == 1
    shown = ClassReport(path, UNIT, left=both)
    assert "Left out" not in text_of(shown)
    assert shown.data["left"].empty


def test_a_table_and_a_sentence_round_the_same_way():
    """0.615 was 0.61 in the table and 62 % in the words about it."""
    assert [_two(n) for n in (0.615, -0.615, 0.1 + 0.2, -0.001, float("nan"))] == [
        "0.62",
        "−0.62",
        "0.30",
        "0.00",
        "–",
    ]
    words = Words("en")
    assert [words.percent(share) for share in (0.615, 0.625, 0.005)] == ["62 %", "63 %", "1 %"]


@pytest.mark.slow
@pytest.mark.parametrize("names", [False, True])
def test_the_page(make, tmp_path, names):
    write_class_report(make(fact=HOSTILE), UNIT, tmp_path / "class.html", names)
    html = (tmp_path / "class.html").read_text(encoding="utf-8")
    for told_apart in (*IDS, "Zuname", "broken1", "Gerd", ".ipynb"):
        assert names or told_apart not in html
    assert ("Zuname11" in html) == names
    assert str(tmp_path) not in html
    assert "onerror" not in re.sub(r"&lt;.*?&gt;", "", html)
    assert "Of 14 students: 12 graded" in html
    assert html.count("In words.") >= 5
    assert html.count("<img") == 2
    assert all(len(alt) > 40 for alt in re.findall(r'<img[^>]* alt="([^"]*)"', html))
    assert "Figure without a description" not in html
