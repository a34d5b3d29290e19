"""Who worked together? What is found, and above all what is not."""

import copy
import itertools
import json
import stat

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from tests.desk._similar_class import disguised, seeded, variant
from whobuys._errors import InstructorError
from whobuys.cli.main import app
from whobuys.course import Judge, Question
from whobuys.course._answers import decode, encode
from whobuys.course.compare import essay, items, labels, number, table, text
from whobuys.desk import _similar_run
from whobuys.desk._similar_answers import form_of
from whobuys.desk._similar_chance import chance
from whobuys.desk._similar_code import TOGETHER, WINDOW, stretches, tokens
from whobuys.desk._similar_page import Shown, by_chance, similar_page
from whobuys.desk.similarity import answer_pairs, code_pairs, known_code, marks_of, similar, winnow
from whobuys.grade import Secret, Student, grade_folder, release
from whobuys.grade._handins import Cell
from whobuys.grade.release import Release, case_of
from whobuys.market import market
from whobuys.sandbox.execute import Limits

UNIT = "05_rfm"
MIXED = 'rows = rfm[rfm["recency_days"] > 90].sort_values("monetary")\ntop = rows.head(20)\n'


def words(source):
    return [token for token, _, _ in tokens(source)]


def code(notebook):
    return ["".join(c["source"]) for c in notebook["cells"] if c["cell_type"] == "code"]


@pytest.fixture
def plain_solution(solution):
    for cell in solution["cells"]:
        cell["source"] = "".join(cell["source"])
    return solution


@pytest.fixture
def plain_template(template):
    for cell in template["cells"]:
        cell["source"] = "".join(cell["source"])
    return template


@pytest.fixture
def known(plain_solution, plain_template):
    return known_code([*code(plain_solution), *code(plain_template)])


@pytest.fixture
def class_of(plain_solution, plain_template, known, cells):
    """Return a function that makes the marks of a class, the last one a disguised copy."""

    def make(seed, size, copied=None):
        rng = seeded(seed)
        handed = [variant(rng, plain_solution) for _ in range(size)]
        if copied is not None:
            handed.append(disguised(rng, handed[copied], plain_template))
        return {f"s{i}": marks_of(cells(notebook), known) for i, notebook in enumerate(handed)}

    return make


# code ---------------------------------------------------------------------------------------------


def test_names_numbers_texts_and_remarks_do_not_count():
    other = (
        "%matplotlib inline\n# mine!\nx  =  df[df['recency_days']  >  12 ].sort_values('m')\n\n"
        "y = x.head( 3 )"
    )
    assert words(other) == words(MIXED)
    assert words(MIXED.replace("sort_values", "nlargest")) != words(MIXED)
    assert words(MIXED.replace(">", "<")) != words(MIXED)


@pytest.mark.parametrize(
    "broken",
    [
        "def f(:\n  '''never closed",
        "for x in (1,2",
        "%%bash\nrm -rf /\n!ls",
        "\x00\ud83d 5$$",
        "\t\n ",
    ],
)
def test_broken_code_and_magics_are_read(broken):
    assert isinstance(words(broken), list)
    with_code = Cell("q1", "code", broken + "\n" + MIXED, "q1")
    assert marks_of([with_code, Cell("q2", "code", MIXED, "q2")], set()).places


def test_token_places_are_those_of_the_text():
    source = "%time\nbest = f'{a:.2f}' + \"x\"  # ok\nrfm.head(3)"
    assert [source[start:end] for _, start, end in tokens(source)][:2] == ["best", "="]
    assert "head" in [source[start:end] for _, start, end in tokens(source)]


def test_a_shared_stretch_is_never_missed():
    rng = np.random.default_rng(3)
    shared = rng.integers(0, 1000, WINDOW).tolist()
    for _ in range(50):
        one = [*rng.integers(0, 1000, 20).tolist(), *shared, *rng.integers(0, 1000, 9).tolist()]
        other = [*rng.integers(0, 1000, 5).tolist(), *shared]
        assert {one[i] for i in winnow(one)} & {other[i] for i in winnow(other)} & set(shared)
    assert winnow([]) == []
    assert winnow([5]) == [0]


def test_what_everybody_was_given_is_no_evidence(plain_solution, plain_template, known, cells):
    for notebook in (plain_solution, plain_template):
        assert not marks_of(cells(notebook), known).places
    marks = {f"s{i}": marks_of(cells(plain_solution), known) for i in range(5)}
    assert code_pairs(marks).empty


def test_a_class_of_one_and_of_none_has_no_pairs(class_of):
    assert code_pairs({}).empty
    assert code_pairs(class_of(1, 1)).empty


def test_a_disguised_copy_is_shown_and_no_honest_pair(class_of):
    marks = class_of(5, 30, copied=3)
    found = code_pairs(marks)
    assert found[["a", "b"]].to_numpy().tolist() == [["s3", "s30"]]
    row = found.iloc[0]
    assert row["expected"] < 0.01
    assert row["share_a"] > 0.9
    assert row["share_b"] > 0.9
    assert "q1" in row["questions"]


def test_code_that_many_share_is_no_evidence(class_of, known):
    marks = class_of(5, 30, copied=3)
    common = {f"t{i}": marks["s3"] for i in range(15)}
    assert code_pairs(marks | common).empty


def test_stretches_that_touch_are_one():
    cell = Cell("q1", "code", MIXED, "q1")
    marks = marks_of([cell], set())
    (where,) = stretches(marks, marks.places).values()
    assert len(where) == 1
    assert where[0][1] <= len(MIXED)
    assert len(words(MIXED[slice(*where[0])])) >= TOGETHER


@pytest.mark.slow
def test_no_honest_pair_in_classes_of_200_and_most_copies_found(class_of):
    copies = []
    for seed in range(6):
        found = code_pairs(class_of(1000 * seed + 200, 200, copied=3))
        is_copy = (found["a"] == "s3") & (found["b"] == "s200")
        assert found[~is_copy].empty
        copies.append(bool(is_copy.any()))
    assert sum(copies) >= 3


# chance -------------------------------------------------------------------------------------------


def test_chance_is_the_tail_counted_out():
    single = [0.2, 0.01, 0.3, 0.05]
    for agreeing in itertools.product([False, True], repeat=4):
        seen = np.prod([p for p, yes in zip(single, agreeing, strict=True) if yes])
        tail = 0.0
        for other in itertools.product([False, True], repeat=4):
            together = np.prod([p for p, yes in zip(single, other, strict=True) if yes])
            if together <= seen + 1e-12:
                tail += np.prod([p if yes else 1 - p for p, yes in zip(single, other, strict=True)])
        assert chance(single, agreeing) == pytest.approx(tail)


def test_of_many_questions_chance_is_not_too_small():
    single = [0.1] * 20
    assert chance(single, [True] * 9 + [False] * 11) >= 0.1**9


@pytest.mark.parametrize(
    ("expected", "words"),
    [(0.01, "in 100."), (0.00031, "in 3,200."), (0.0, "a million"), (0.05, "in 20.")],
)
def test_chance_in_words(expected, words):
    assert words in by_chance(expected)


# answers ------------------------------------------------------------------------------------------


def question(compare, id="q1"):
    return Question(id, id, "Title", 1, compare)


def form(compare, value):
    return form_of(question(compare), decode(encode(value)))


def test_a_number_is_held_to_the_decimals_it_has():
    assert form(number(0.01), 31.0).slack == 0.01
    assert form(number(0.01), 0.713).slack == pytest.approx(0.0005)
    assert form(number(0.01), 0.7130977130977131).slack == 1e-9
    assert form(number(0.01), 123456789.123456).slack == pytest.approx(5e-7, abs=0.2)


def test_forms_do_not_depend_on_order_names_and_types():
    how = table("customer_id", {"orders": "number", "kind": "text", "day": "date"})
    frame = pd.DataFrame(
        {
            "customer_id": ["b", "a"],
            "orders": [1, 2],
            "kind": ["New", "old"],
            "day": ["2026-01-02", None],
        }
    )
    other = frame.iloc[::-1].assign(
        orders=lambda t: t["orders"].astype(float), kind=["OLD", "new "]
    )
    one, two = form(how, frame), form(how, other)
    assert one.keys == two.keys
    np.testing.assert_array_equal(one.cells, two.cells)
    assert form(how, frame.assign(customer_id=["b", "c"])).keys != one.keys

    grouping = labels("customer_id", "label")
    first = pd.DataFrame({"customer_id": list("abc"), "label": [0, 1, 1]})
    np.testing.assert_array_equal(
        form(grouping, first).cells, form(grouping, first.replace({0: "x", 1: "y"})).cells
    )
    assert form(items(), ["b", "A"]).keys == form(items(), {"a", "B"}).keys
    assert form(text(), " Gold").keys == form(text(), "gold").keys


def test_what_cannot_be_compared_has_no_form():
    assert form(number(), "31") is None
    assert form(number(), float("nan")) is None
    assert form(number(), ...) is None
    assert form(essay(), "words") is None
    assert form(table("segment", ["n"]), pd.DataFrame({"segment": ["a"]})) is None


@pytest.mark.parametrize(
    "value",
    [10**39, -0.0, 1e308, 5e-324, "\ud83d", ["\ud83d", None], [[1, 2]], {"a": 1}, object(), b"x"],
)
@pytest.mark.parametrize("how", [number(0.01), text(), items(), labels("k"), table("k", ["n"])])
def test_strange_answers_fit_nobody_and_stop_nothing(how, value):
    made = form(how, value)
    assert made is None or np.isfinite(made.cells).all()


def test_strange_tables_fit_nobody():
    how = table("k", {"n": "number", "day": "date", "t": "text"})
    strange = pd.DataFrame(
        {
            "k": ["a", None, "=b"],
            "n": [float("inf"), float("nan"), "1e999"],
            "day": ["0001-01-01", "9999-12-31", 7],
            "t": ["\ud83d", None, 3.0],
        }
    )
    ordinary = pd.DataFrame({"k": ["a"], "n": [1], "day": ["2026-01-01"], "t": ["x"]})
    right = {f"s{i}": {"q1": form(how, ordinary), "q2": form(how, ordinary)} for i in range(9)}
    assert answer_pairs({"s0": {"q1": form(how, strange), "q2": form(how, strange)}}, right).empty


def cases_of(size, seed=5):
    rng = np.random.default_rng(seed)
    how = {"q1": number(0.001), "q2": number(0.001), "q3": text()}
    values = [
        {"q1": float(rng.normal()), "q2": float(rng.normal()), "q3": str(rng.choice(["a", "b"]))}
        for _ in range(size)
    ]
    right = {
        f"s{i}": {q: form_of(question(how[q], q), decode(encode(v))) for q, v in own.items()}
        for i, own in enumerate(values)
    }
    return right


def test_copied_answers_are_found_and_one_is_not_enough():
    right = cases_of(200)
    honest = {f"s{i}": {"q1": right["s199"]["q1"]} for i in range(20, 40)}
    copier = {"q1": right["s7"]["q1"], "q2": right["s7"]["q2"], "q3": right["s9"]["q3"]}
    found = answer_pairs({"s0": copier, **honest}, right)
    assert found[["student", "other"]].to_numpy().tolist() == [["s0", "s7"]]
    assert found["questions"].tolist()[0].startswith("q1, q2")
    assert found["expected"].iloc[0] <= 0.01
    assert answer_pairs({"s0": {"q1": copier["q1"]}}, right).empty
    assert answer_pairs({"s0": {"q1": copier["q1"], "q3": copier["q3"]}}, right).empty
    assert answer_pairs({}, right).empty


def test_answers_that_all_cases_share_are_no_evidence():
    right = {s: {**own, "q2": own["q3"]} for s, own in cases_of(100).items()}
    for forms in right.values():
        forms["q1"] = right["s1"]["q1"]
    given = {"s0": dict(right["s7"])}
    assert answer_pairs(given, right).empty


def test_questions_that_always_agree_together_count_once():
    base = cases_of(60)
    right = {f"s{i}": base[f"s{i // 2}"] for i in range(60)}
    assert answer_pairs({"s0": dict(right["s9"])}, right).empty


def test_inputs_are_left_alone():
    right = cases_of(100)
    given = {"s0": {"q1": right["s7"]["q1"], "q2": right["s7"]["q2"]}}
    before = copy.deepcopy((given, right))
    answer_pairs(given, right)
    assert repr((given, right)) == repr(before)


@pytest.mark.slow
def test_a_copier_among_200_is_found_and_no_honest_pair_is_named_in_20_classes(exercise, secret):
    """Honest students make the slips the key knows, with their own data; here nothing explains
    them."""
    asked = ("q3", "q4", "q5")
    right, slips = {}, {}
    for i in range(200):
        seed = secret.case_seed(UNIT, f"s{i}")
        judge = Judge(
            exercise, market("teahouse", seed, tables=["customers", "products", "transactions"])
        )
        right[f"s{i}"] = {
            q: form_of(exercise.questions[q], decode(encode(judge.right(q)))) for q in asked
        }
        slips[f"s{i}"] = {
            q: [
                form_of(exercise.questions[q], judge._make(exercise.questions[q], m, {}).answer)
                for m in exercise.questions[q].mistakes
            ]
            for q in asked
        }
    honest_pairs, copiers = 0, {("q3", "q4", "q5"): 0, ("q3", "q5"): 0}
    for number_of_class in range(20):
        rng = seeded(number_of_class)
        given = {
            s: {q: rng.choice(own[q]) for q in asked if rng.random() < 0.6}
            for s, own in slips.items()
        }
        honest_pairs += len(answer_pairs(given, right))
        for copied in copiers:
            student, other = rng.sample(sorted(right), 2)
            mixed = given | {student: {q: right[other][q] for q in copied}}
            found = answer_pairs(mixed, right)
            pairs = found[["student", "other"]].to_numpy().tolist()
            copiers[copied] += [student, other] in pairs
            honest_pairs += len(found) - ([student, other] in pairs)
    assert honest_pairs == 0
    assert set(copiers.values()) == {20}


# the page, the files, the command -----------------------------------------------------------------

HOSTILE = "<script>alert(1)</script>\"'&"


def shown(class_of, **changes):
    marks = class_of(5, 30, copied=3)
    right = cases_of(100)
    given = {"s0": {"q1": right["s7"]["q1"], "q2": right["s7"]["q2"]}}
    values = {
        "unit": UNIT,
        "title": "RFM",
        "names": {"s3": HOSTILE, "s30": "=1+1", "s0": HOSTILE, "s7": "Bo"},
        "titles": {"q1": HOSTILE},
        "handins": 31,
        "code": code_pairs(marks),
        "marks": marks,
        "answers": answer_pairs(given, right),
        "given": given,
        "right": right,
        "looked_at": ("s0",),
        "changed": (HOSTILE,),
        "tickets": (("s3", HOSTILE),),
    }
    return Shown(**{**values, **changes})


def test_the_page_shows_pairs_side_by_side_and_runs_nothing(class_of):
    page = similar_page(shown(class_of))
    assert "<script" not in page
    assert "default-src 'none'" in page
    assert page.count("<mark>") >= 4
    assert page.count("class='side'") == 6
    assert "gives answers that fit" in page
    assert "proves nothing" in page
    for word in ("copied from", "cheat", "guilty", "plagiar"):
        assert word not in page.replace("nobody copied from", "").lower()


def test_hostile_code_is_shown_as_text(known):
    source = f"x = '</pre>{HOSTILE}'\n" + MIXED * 3
    marks = {
        s: marks_of([Cell("q1", "code", source, "q1"), Cell("q2", "code", source, "q2")], known)
        for s in ("a", "b")
    }
    row = {"a": "a", "b": "b", "questions": "q1, q2", "shared": 9, "share_a": 1.0, "share_b": 1.0}
    code = pd.DataFrame([row | {"expected": 0.001}])
    values = {"code": code, "marks": marks, "answers": None, "given": {}, "right": {}}
    empty = {"names": {}, "titles": {}, "looked_at": (), "changed": (), "tickets": ()}
    page = similar_page(Shown(unit=UNIT, title="RFM", handins=2, **values, **empty))
    assert "<script" not in page
    assert page.count("<pre>") == page.count("</pre>") == 4
    assert "<mark>" in page


def test_a_very_long_hand_in_is_cut_not_refused():
    long = "\n".join(f"a{i} = b{i}.sum() + c[{i}] * ({i} - d.mean())" for i in range(60_000))
    marks = marks_of([Cell("q1", "code", long, "q1")], set())
    assert 0 < len(marks.places) < 100
    assert marks.is_cut
    assert not marks_of([Cell("q1", "code", long[:60_000], "q1")], set()).is_cut


def test_who_cannot_be_compared_in_full_is_named(class_of):
    """Sixty thousand letters of remarks hide the code after them; answers may come only once."""
    page = similar_page(shown(class_of, names={}, changed=(), tickets=()))
    assert "<footer>" not in page
    long = marks_of([Cell("q1", "code", "#" * 60_000 + "\nx = 1", "q1")], set())
    marks = {**class_of(5, 30, copied=3), "hidden": long}
    page = similar_page(shown(class_of, names={}, marks=marks, silent=("s7", HOSTILE)))
    assert "beyond the first 60,000 characters: hidden." in page
    assert "when run again, so not all of them were looked at: s7, &lt;script&gt;" in page


def test_a_name_cannot_turn_what_follows_it(class_of):
    page = similar_page(shown(class_of, names={"s3": "\u202eaniL", "s30": "Bo"}))
    assert "<bdi>\u202eaniL</bdi> (s3)" in page


def hand_in(released, notebook, tmp_path, with_ticket=None):
    record = Release.read(released / "release.json")
    for student in record.students:
        made = copy.deepcopy(notebook)
        made["metadata"]["whobuys"] |= {"ticket": with_ticket or student.ticket}
        path = tmp_path / "handed_in" / student.id / f"{UNIT}.ipynb"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(made), encoding="utf-8")
    return tmp_path / "handed_in", record


def test_the_command_compares_code_without_a_secret(released, solution, tmp_path):
    folder, _ = hand_in(released, solution, tmp_path)
    to = tmp_path / "graded"
    command = ["similar", UNIT, str(folder), "--to", str(to), "--code-only"]
    done = CliRunner().invoke(app, [*command, "--release", str(released / "release.json")])
    assert done.exit_code == 0, done.output
    assert "Pairs with like code: 0." in done.output
    assert sorted(path.name for path in (to / "similar").iterdir()) == ["code.csv", "similar.html"]
    for path in (to / "similar").iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE((to / "similar").stat().st_mode) == 0o700
    page = (to / "similar" / "similar.html").read_text(encoding="utf-8")
    assert "only the code was compared" in page


def test_files_name_pairs_and_no_formula_runs(
    released, plain_solution, plain_template, tmp_path, monkeypatch
):
    rng = seeded(2)
    folder, record = hand_in(released, plain_solution, tmp_path, with_ticket="XXXX-XXXX")
    own = variant(rng, plain_solution)
    for student, made in (("ana", own), ("bo", disguised(rng, own, plain_template))):
        (folder / student / f"{UNIT}.ipynb").write_text(json.dumps(made), encoding="utf-8")
    monkeypatch.setattr("whobuys.desk._similar_code.MOST_LISTED", 9.0)
    students = tuple(
        type(s)(s.id, "=cmd()" if s.id == "ana" else s.name, s.ticket, s.attempt, s.data)
        for s in record.students
    )
    named = Release(record.unit, record.company, record.feedback, record.secret, students)
    found = similar(UNIT, folder, tmp_path / "graded", named)
    assert found.code[["a", "b"]].to_numpy().tolist() == [["ana", "bo"]]
    written = pd.read_csv(found.to / "code.csv")
    assert written["a_name"].tolist() == ["'=cmd()"]


def test_what_does_not_fit_together_is_said(released, solution, tmp_path):
    folder, record = hand_in(released, solution, tmp_path)
    to = tmp_path / "graded"
    with pytest.raises(InstructorError, match="not of 06_find_segments"):
        similar("06_find_segments", folder, to, record)
    with pytest.raises(InstructorError, match="is not the one"):
        similar(UNIT, folder, to, record, Secret("0" * 64))
    with pytest.raises(InstructorError, match="There is no gradebook"):
        similar(UNIT, folder, to, record, Secret("5f" * 32))


@pytest.mark.slow
def test_from_hand_ins_to_the_page(exercise, secret, plain_solution, tmp_path, monkeypatch):
    """Bo hands in three of Ana's numbers; Cai counts lines, a slip the key knows."""
    students = [Student("ana", "Ana"), Student("bo", "Bo <i>"), Student("cai", "Cai")]
    record = release(UNIT, students, tmp_path / "out", secret)
    judge = Judge(exercise, case_of(exercise, secret, "ana", record.students[0].attempt))
    typed = {
        "q3": f"segments = pd.DataFrame({judge.right('q3').round(4).to_dict('list')!r})",
        "q4": f"cycle = {judge.right('q4')}",
        "q5": f"repurchase = {judge.right('q5')!r}",
    }
    slip = {
        "q1": 'rfm = rfm_table(transactions, as_of="2026-06-30", monetary="mean")',
        "q4": 'cycle = purchase_gaps(transactions)["gap_days"].median()',
    }
    folder = tmp_path / "out" / "handed_in"
    for student, sources in (("ana", {}), ("bo", typed), ("cai", slip)):
        made = copy.deepcopy(plain_solution)
        for cell in made["cells"]:
            cell["source"] = sources.get(cell["id"], cell["source"])
        (folder / student).mkdir()
        (folder / student / f"{UNIT}.ipynb").write_text(json.dumps(made), encoding="utf-8")
    to = tmp_path / "graded"
    grade_folder(UNIT, folder, to, secret, record, Limits(30, 200), trust=True)
    monkeypatch.setattr(_similar_run, "FEWEST_CASES", 30)
    steps = []
    found = similar(
        UNIT, folder, to, record, secret, trust=True, tell=lambda step, done, of: steps.append(step)
    )
    pairs = found.answers[["student", "other"]].to_numpy().tolist()
    assert pairs == [["bo", "ana"]]
    assert steps.count("Running hand-ins again") == 1
    page = (found.to / "similar.html").read_text(encoding="utf-8")
    assert "<bdi>Bo &lt;i&gt;</bdi> (bo) gives answers that fit <bdi>Ana</bdi> (ana)" in page
    assert "when run again" not in page
    assert not [path for path in (tmp_path / "out").rglob("*") if "similar" in path.name]
