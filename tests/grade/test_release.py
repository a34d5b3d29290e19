import base64
import gzip
import json
from collections import Counter
from pathlib import Path

import pytest

from whobuys._errors import InstructorError
from whobuys.course import NoSuchUnit, load_key, unit_folder
from whobuys.course._units import CHECKOUT
from whobuys.grade import Release, Secret, Student, release
from whobuys.grade._handins import cells_of
from whobuys.grade._run import run_handin
from whobuys.grade.release import Released, case_of
from whobuys.grade.release_check import Needles, look, of_case, of_everybody
from whobuys.sandbox.execute import Limits

UNIT = "05_rfm"
TABLES = case_of(load_key(unit_folder(UNIT) / "key.py"), Secret("0" * 32), "ana", 0).tables
FILES = sorted(["05_rfm.ipynb", "exercise.json", *(f"data/{name}.csv" for name in TABLES)])


def files(folder: Path) -> dict[str, bytes]:
    found = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in found}


# what students and the instructor get ------------------------------------------------------------


def test_every_student_gets_an_own_folder(released):
    for id in ("ana", "bo", "ana-maria"):
        assert list(files(released / "students" / id)) == FILES
    assert sorted(p.name for p in released.iterdir()) == ["handed_in", "release.json", "students"]
    assert list((released / "handed_in").iterdir()) == []


def test_every_student_has_other_data_and_the_same_questions(released):
    ana, bo = (files(released / "students" / id) for id in ("ana", "bo"))
    assert ana["data/transactions.csv"] != bo["data/transactions.csv"]
    assert ana["data/customers.csv"] != bo["data/customers.csv"]
    cells = [json.loads(each["05_rfm.ipynb"])["cells"] for each in (ana, bo)]
    assert cells[0] == cells[1]
    shown = json.loads((CHECKOUT / "exercises" / "05_rfm.ipynb").read_text(encoding="utf-8"))
    assert cells[0] == shown["cells"]


def test_ticket_and_record_agree(released):
    record = Release.read(released / "release.json")
    assert (record.unit, record.company, record.feedback) == (UNIT, "teahouse", "shape")
    assert [student.id for student in record.students] == ["ana", "bo", "ana-maria"]
    for student in record.students:
        folder = released / "students" / student.id
        notebook = json.loads((folder / "05_rfm.ipynb").read_text(encoding="utf-8"))
        marks = notebook["metadata"]["whobuys"]
        about = json.loads((folder / "exercise.json").read_text(encoding="utf-8"))
        assert marks["ticket"] == about["ticket"] == student.ticket
        assert marks["student"] == about["student"] == student.id
        assert about["feedback"] == "shape"


def test_the_case_can_be_drawn_again(released, exercise, secret):
    record = Release.read(released / "release.json")
    for student in record.students[:2]:
        case = case_of(exercise, secret, student.id, student.attempt)
        given = (released / "students" / student.id / "data" / "transactions.csv").read_text()
        assert given.count("\n") == len(case["transactions"]) + 1


def test_a_case_does_not_depend_on_the_other_students(released, secret, tmp_path):
    release(UNIT, [Student("zoe", "Zoe"), Student("bo", "Bo")], tmp_path, secret)
    assert files(tmp_path / "students/bo") == files(released / "students/bo")


# again -------------------------------------------------------------------------------------------


def test_a_second_run_keeps_folders_and_adds_new_students(tmp_path):
    secret = Secret("ab" * 32)
    release(UNIT, [Student("ana", "Ana")], tmp_path, secret)
    own = tmp_path / "students" / "ana"
    (own / "05_rfm.ipynb").write_text("my work")
    (own / "exercise.json").touch()
    before = files(own)
    told = []
    again = [Student("bo", "Bo"), Student("ana", "Ana Silva")]
    record = release(UNIT, again, tmp_path, secret, tell=told.append)
    assert files(own) == before
    assert list(files(tmp_path / "students" / "bo")) == FILES
    assert [(s.id, s.name) for s in record.students] == [("ana", "Ana Silva"), ("bo", "Bo")]
    assert Release.read(tmp_path / "release.json") == record
    assert told == again

    (own / "exercise.json").unlink()
    assert [s.id for s in release(UNIT, again[:1], tmp_path, secret).students] == ["ana", "bo"]
    assert "exercise.json" not in files(own)
    release(UNIT, again, tmp_path, secret)
    assert list(files(own)) == FILES


@pytest.mark.parametrize(
    ("secret", "feedback"), [(Secret("cd" * 32), "shape"), (Secret("5f" * 32), "full")]
)
def test_another_secret_or_feedback_is_refused(released, secret, feedback):
    before = files(released)
    with pytest.raises(InstructorError, match="holds another release") as caught:
        release(UNIT, [Student("new", "New")], released, secret, feedback)
    assert files(released) == before
    assert secret.text not in str(caught.value)


def test_another_unit_in_the_same_folder_is_refused(released, tmp_path):
    text = (released / "release.json").read_text().replace('"05_rfm"', '"06_value"')
    (tmp_path / "release.json").write_text(text)
    with pytest.raises(InstructorError, match="06_value"):
        release(UNIT, [Student("new", "New")], tmp_path, Secret("5f" * 32))


def test_wrong_words_are_named(tmp_path):
    with pytest.raises(InstructorError, match="shape, full, none; not 'loud'"):
        release(UNIT, [], tmp_path, Secret("5f" * 32), "loud")
    with pytest.raises(NoSuchUnit, match="05_rfm"):
        release("05_rfn", [], tmp_path, Secret("5f" * 32))


@pytest.mark.parametrize(
    "text", ["", "[]", "null", "3", "{}", '{"students": 3}', '{"students": [{"id": "a"}]}']
)
def test_a_damaged_record_is_named(tmp_path, text):
    (tmp_path / "release.json").write_text(text)
    with pytest.raises(InstructorError, match="damaged"):
        Release.read(tmp_path / "release.json")


def test_a_missing_record_is_named(tmp_path):
    with pytest.raises(InstructorError, match="--release"):
        Release.read(tmp_path / "release.json")


# what must not get out ---------------------------------------------------------------------------


@pytest.fixture(scope="module")
def never_out(exercise, secret):
    """Return a function from a student to everything that must not reach that student."""

    def needles(student: str, attempt: int) -> Needles:
        one = Released(student, student, "", attempt)
        record = Release(UNIT, exercise.company, "shape", secret.fingerprint, (one,))
        common, own = of_everybody(exercise, secret, record), of_case(exercise, secret, one)
        kinds = Counter(what.split(":")[0] for what in (common.texts | own.texts).values())
        assert kinds["words of the key"] > 100
        assert kinds["a segment behind the data"] >= 5
        assert kinds["a right answer"] >= 5
        assert len(own.exact) > 1000
        assert len(own.money) > 30
        return Needles(common.texts | own.texts, exact=own.exact, money=own.money)

    return needles


def leaks(needles: Needles, received: dict[str, bytes]) -> list[str]:
    """Return what stands in names or contents, and in what is packed in them."""
    found = [one for name, raw in received.items() for one in look(name, raw, needles)]
    return [f"{one.what} in {one.place}" for one in found]


def test_nothing_a_student_receives_gives_anything_away(released, never_out):
    for student in Release.read(released / "release.json").students:
        received = files(released / "students" / student.id)
        assert len(received) == len(FILES)
        assert leaks(never_out(student.id, student.attempt), received) == []


def test_nothing_of_another_student_is_received(released):
    tickets = {s.id: s.ticket for s in Release.read(released / "release.json").students}
    for id in tickets:
        everything = b"".join(files(released / "students" / id).values()).decode()
        assert tickets[id] in everything
        for other in tickets.keys() - {id}:
            assert tickets[other] not in everything


@pytest.mark.parametrize("feedback", ["full", "none"])
def test_only_full_feedback_ships_the_key(tmp_path, never_out, feedback):
    secret = Secret("5f" * 32)
    record = release(UNIT, [Student("ana", "Ana")], tmp_path, secret, feedback)
    received = files(tmp_path / "students" / "ana")
    assert ("key.py" in received) == (feedback == "full")
    assert record.feedback == feedback
    seed = secret.case_seed(UNIT, "ana", record.students[0].attempt)
    everything = b"".join(received.values()).decode().lower()
    for needle in (secret.text, secret.fingerprint, str(seed), f"{seed:x}"):
        assert needle not in everything
    found = leaks(never_out("ana", record.students[0].attempt), received)
    assert bool(found) == (feedback == "full")
    assert all(line.endswith("in key.py") for line in found)
    if feedback == "none":
        about = json.loads(received["exercise.json"])
        assert not any("rows" in str(q["compare"]) and "1," in str(q) for q in about["questions"])


LOOK_AROUND = """
import base64, gzip, json, os, sys
from pathlib import Path

def walk(folder):
    for path in sorted(Path(folder).rglob("*")):
        if path.is_file() and not path.is_symlink():
            try:
                yield str(path), path.read_bytes()[:3_000_000].decode("latin-1")
            except OSError:
                pass

room = Path.cwd().parent
seen = {"environment": json.dumps(dict(os.environ)), "arguments": json.dumps(sys.argv)}
for folder in (room, Path.home(), Path(os.environ["TMPDIR"])):
    seen.update(walk(folder))
dump = base64.b64encode(gzip.compress(json.dumps(seen).encode())).decode()
print(dump)
"""


@pytest.mark.slow
def test_nothing_a_run_can_see_gives_anything_away(
    exercise, template, with_code, never_out, monkeypatch, secret
):
    """A cell dumps the environment and everything in its folder, its home and the room around."""
    monkeypatch.setenv("WHOBUYS_SECRET", secret.text)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "do-not-pass-on")
    student, attempt = "ana", 0
    case = case_of(exercise, secret, student, attempt)
    notebook = with_code(template, q1=LOOK_AROUND + "rfm = ...")
    run = run_handin(cells_of(notebook, template), exercise, case, Limits(60, 120))
    assert run.problem == ""
    assert run.failures == {}
    cell = next(cell for cell in run.cells if cell["id"] == "q1")
    printed = "".join(output["text"] for output in cell["outputs"])
    seen = json.loads(gzip.decompress(base64.b64decode(printed)))
    names = "\n".join(seen)
    for expected in ("exercise.json", "transactions.csv"):
        assert expected in names
    received = {name: text.encode("latin-1") for name, text in seen.items()}
    assert leaks(never_out(student, attempt), received) == []
    environment = json.loads(seen["environment"])
    assert environment.get("USER", "student") == "student"
    assert "do-not-pass-on" not in seen["environment"]
    assert secret.text not in seen["environment"]
    allowed = {
        "PYTHONHASHSEED",
        "USER",
        "PATH",
        "LANG",
        "LC_ALL",
        "TZ",
        "HOME",
        "USERPROFILE",
        "TMPDIR",
        "TEMP",
    }
    known = ("IPYTHON", "MPL", "JUPYTER", "JPY", "OMP_", "OPENBLAS", "PYTHONUSERBASE", "PYDEVD")
    own = {"TERM", "CLICOLOR", "CLICOLOR_FORCE", "FORCE_COLOR", "PAGER", "GIT_PAGER", "LC_CTYPE"}
    extra = {n for n in environment if n not in allowed | own and not n.startswith(known)}
    assert extra == set()
