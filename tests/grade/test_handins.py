import copy
import json
import os
import time
import unicodedata
from pathlib import Path

import pytest

from whobuys._errors import InstructorError
from whobuys.course._units import CHECKOUT
from whobuys.grade._handins import Cell, cells_of, open_answer, read_folder, read_notebook
from whobuys.grade.release import Release, Released

IDS = ("ana", "ana-maria", "bo", "5", "x.y@z")
RECORD = Release(
    "05_rfm",
    "teahouse",
    "shape",
    "fingerprint",
    tuple(Released(id, id.title(), f"TICK-{n}", 0) for n, id in enumerate(IDS)),
)
TICKETS = {student.id: student.ticket for student in RECORD.students}


@pytest.fixture
def read(template):
    return lambda folder: read_folder(folder, RECORD, template)


@pytest.fixture
def ticketed(template):
    """Return a function that makes the notebook of a student; None has no ticket."""

    def make(student: str | None, unit: str = "05_rfm") -> dict:
        notebook = copy.deepcopy(template)
        notebook["metadata"]["whobuys"] = {"unit": unit}
        if student is not None:
            notebook["metadata"]["whobuys"]["ticket"] = TICKETS[student]
        return notebook

    return make


# whose it is -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("place", "owner"),
    [
        ("ana/05_rfm.ipynb", "ana"),
        ("ANA/05_rfm.IPYNB", "ana"),
        ("ana/deep/er/work.ipynb", "ana"),
        ("group1/bo/x.ipynb", "bo"),
        ("bo/ana/05_rfm.ipynb", "bo"),
        ("bo/ana.ipynb", "bo"),
        ("ana.ipynb", "ana"),
        ("05_rfm_ana.ipynb", "ana"),
        ("ana-maria 05_rfm.ipynb", "ana-maria"),
        ("x.y@z_final.ipynb", "x.y@z"),
        ("Übung bo ✓.ipynb", "bo"),
        ("ana/05_rfm (5).ipynb", "ana"),
        ("5.ipynb", "5"),
        ("05_rfm.ipynb", None),
        ("05_rfm (5).ipynb", None),
        ("05_rfm-Copy5.ipynb", None),
        ("banana.ipynb", None),
        ("fañana.ipynb", None),
        (unicodedata.normalize("NFD", "anã.ipynb"), None),
        ("ana_bo.ipynb", None),
        ("xxy@z.ipynb", None),
    ],
)
def test_a_file_is_known_by_its_folder_or_its_name(read, handed_in, ticketed, place, owner):
    found = read(handed_in(place, ticketed(None)))
    if owner is None:
        assert found.handins == {}
        assert len(found.unclaimed) == 1
    else:
        assert list(found.handins) == [owner]
        assert found.unclaimed == ()
        assert found.handins[owner].notes == ()


def test_a_renamed_file_is_known_by_its_ticket(read, handed_in, ticketed):
    found = read(handed_in("final version (2).ipynb", ticketed("bo")))
    assert list(found.handins) == ["bo"]
    assert found.handins["bo"].notes == ()
    assert found.handins["bo"].cells


def test_a_name_and_a_foreign_ticket_are_noted(read, handed_in, ticketed):
    found = read(handed_in("ana/05_rfm.ipynb", ticketed("bo")))
    assert list(found.handins) == ["ana"]
    assert found.handins["ana"].notes == ("The notebook carries the ticket of bo.",)


def test_nobody_can_hand_in_over_somebody_else(read, handed_in, ticketed):
    """A newer file that only claims to be Ana's does not displace the one with Ana's ticket."""
    handed_in("ana/05_rfm.ipynb", ticketed("ana"))
    folder = handed_in("ana_better.ipynb", ticketed("bo"))
    handed_in("ana newest.ipynb", ticketed(None))
    os.utime(folder / "ana/05_rfm.ipynb", (1, 1))
    ana = read(folder).handins["ana"]
    assert ana.path.name == "05_rfm.ipynb"
    assert "3 files; graded was 05_rfm.ipynb" in ana.notes[0]
    assert "ana_better.ipynb" in ana.notes[0]


def test_of_two_own_files_the_newer_counts(read, handed_in, ticketed):
    handed_in("ana/first.ipynb", ticketed("ana"))
    folder = handed_in("ana/second.ipynb", ticketed("ana"))
    for name, when in (("first", 2_000), ("second", 1_000)):
        os.utime(folder / f"ana/{name}.ipynb", (when, when))
    assert read(folder).handins["ana"].path.name == "first.ipynb"


@pytest.mark.parametrize(("days", "noted"), [(-400, False), (0.5, False), (400, True)])
def test_a_time_in_the_future_is_noted_for_nothing_follows_from_it(
    read, handed_in, ticketed, days, noted
):
    """It was dropped in silence, and the hand-in counted as in time."""
    folder = handed_in("ana/05_rfm.ipynb", ticketed("ana"))
    when = time.time() + days * 24 * 60 * 60
    os.utime(folder / "ana/05_rfm.ipynb", (when, when))
    notes = read(folder).handins["ana"].notes
    assert [note.startswith("The file's time (20") for note in notes] == [True] * noted
    assert all("in the future" in note and "--times" in note for note in notes)


def test_the_notebook_of_another_unit_is_noted(read, handed_in, ticketed):
    found = read(handed_in("ana/x.ipynb", ticketed("ana", unit="06_" + "x" * 1000)))
    ana = found.handins["ana"]
    assert ana.notes[0].endswith("xxx, not the exercise 05_rfm.")
    assert len(ana.notes[0]) < 200
    assert ana.notes[0] in ana.remark


@pytest.mark.parametrize(
    ("kind", "words"),
    [("lesson", "the lesson of 05_rfm"), ("solution", "the worked solution of 05_rfm")],
)
def test_the_lesson_in_place_of_the_exercise_is_told_to_both(
    read, handed_in, ticketed, kind, words
):
    notebook = ticketed(None)
    notebook["metadata"]["whobuys"]["kind"] = kind
    ana = read(handed_in("ana/05_rfm.ipynb", notebook)).handins["ana"]
    assert ana.notes == (f"This is {words}, not the exercise.",)
    assert ana.remark.startswith(ana.notes[0])
    assert ana.problem == ""


def test_the_open_answer_of_another_unit_is_none(read, handed_in, ticketed, template):
    other = json.loads((CHECKOUT / "exercises" / "01_why_segment.ipynb").read_text("utf-8"))
    ana = read(handed_in("ana/x.ipynb", other)).handins["ana"]
    assert open_answer(ana.cells, "q6", template) == ""


def test_what_is_no_hand_in_is_passed_over(read, handed_in, ticketed, tmp_path):
    for place in (
        "ana/.ipynb_checkpoints/05_rfm-checkpoint.ipynb",
        "__MACOSX/ana/._05_rfm.ipynb",
        "ana/._05_rfm.ipynb",
        "notes.txt",
        "requests.csv",
    ):
        handed_in(place, ticketed("ana"))
    (handed_in.folder / "ana" / "folder.ipynb").mkdir()
    found = read(handed_in.folder)
    assert found.handins == {}
    assert found.unclaimed == ()


@pytest.mark.parametrize("place", ["ana/ana.zip", "ana/x.ipynb.txt", "05_rfm_ana.py"])
def test_an_archive_or_the_like_is_named_where_the_notebook_is_missing(
    read, handed_in, ticketed, place
):
    handed_in("bo/x.ipynb", ticketed("bo"))
    found = read(handed_in(place, ticketed("ana")))
    assert list(found.handins) == ["bo"]  # whose file it is has handed in nothing that counts
    assert found.unclaimed == (place,)
    handed_in("ana/good.ipynb", ticketed("ana"))
    assert read(handed_in.folder).unclaimed == ()


def test_other_files_of_students_are_nothing(read, handed_in, ticketed):
    """A folder of reports given by mistake must not take the marks of the class away."""
    for place in ("ana.html", "bo feedback.pdf", "ana/desktop.ini", "bo/Thumbs.db", "bo/x.txt"):
        handed_in(place, ticketed(None))
    found = read(handed_in.folder)
    assert (found.handins, found.unclaimed) == ({}, ())


def test_an_archive_of_nobody_is_named(read, handed_in, ticketed):
    handed_in("whole class.zip", ticketed("ana"))
    handed_in("x.ipynb.txt", ticketed("ana"))
    assert read(handed_in.folder).unclaimed == ("whole class.zip", "x.ipynb.txt")


def test_a_lesson_never_goes_before_the_exercise(read, handed_in, ticketed):
    lesson = ticketed(None)
    lesson["metadata"]["whobuys"]["kind"] = "lesson"
    bare = ticketed(None)
    del bare["metadata"]["whobuys"]
    handed_in("ana/work.ipynb", bare)
    folder = handed_in("ana/lesson.ipynb", lesson)
    handed_in("ana/other.ipynb", ticketed(None, unit="06_x"))
    os.utime(folder / "ana/work.ipynb", (1, 1))
    assert read(folder).handins["ana"].path.name == "work.ipynb"


def test_what_a_notebook_says_of_itself_can_be_printed(read, handed_in, ticketed):
    made = read(handed_in("ana/x.ipynb", ticketed("ana", unit="06\x1b[2J\u202e")))
    assert all(note.isprintable() for note in made.handins["ana"].notes)


@pytest.mark.skipif(os.name != "posix", reason="needs symbolic links and FIFOs")
def test_links_and_pipes_are_not_followed(read, handed_in, ticketed, tmp_path):
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "ana.ipynb").write_text(json.dumps(ticketed("ana")))
    folder = handed_in.folder
    (folder / "ana.ipynb").symlink_to(outside / "ana.ipynb")
    (folder / "bo").symlink_to(outside, target_is_directory=True)
    os.mkfifo(folder / "bo.ipynb")
    assert read(folder).handins == {}


@pytest.mark.skipif(os.name != "posix", reason="such names exist on POSIX only")
def test_a_name_in_another_encoding_or_with_control_codes_can_be_printed(read, handed_in, ticketed):
    raw = json.dumps(ticketed("ana")).encode()
    folder = handed_in.folder
    Path(os.fsdecode(os.fsencode(folder) + b"/\xd7\xf7\xd2\xb5.ipynb")).write_bytes(raw)
    (folder / "bo\n\x1b[2J.ipynb").write_bytes(raw)
    (folder / "who\x1b[2J.ipynb").write_bytes(b"{}")
    found = read(folder)
    names = [handin.path.name for handin in found.handins.values()] + list(found.unclaimed)
    assert len(names) == 3
    for name in names:
        assert name.isprintable()
        name.encode("utf-8")


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_cannot_be_opened_costs_only_its_student(read, handed_in, ticketed):
    handed_in("bo/x.ipynb", ticketed("bo"))
    folder = handed_in("ana/x.ipynb", ticketed("ana"))
    (folder / "ana/x.ipynb").chmod(0)
    found = read(folder)
    assert "cannot be opened" in found.handins["ana"].problem
    assert found.handins["bo"].cells


def test_a_missing_folder_is_named(read, tmp_path):
    with pytest.raises(InstructorError, match="no folder of hand-ins"):
        read(tmp_path / "nothing")


# what cannot be read -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b"", "is empty"),
        (b" \n", "is empty"),
        (b"hello", "cannot be read as JSON"),
        (b'{"cells": [{"cell_type": "code", "sour', "cannot be read as JSON"),
        (json.dumps({"cells": []}).encode("utf-16"), "cannot be read as JSON"),
        (b"PK\x03\x04" + b"\x00" * 100, "cannot be read as JSON"),
        (b"[" * 200_000 + b"]" * 200_000, "cannot be read as JSON"),
        (b'{"cells": ' + b"9" * 10_000 + b"}", "cannot be read as JSON"),
        (b"[]", "has no cells"),
        (b"3", "has no cells"),
        (b'{"cells": {}}', "has no cells"),
        (b'{"nbformat": 4}', "has no cells"),
        (b'{"nbformat": 3, "worksheets": [{"cells": []}]}', "old format"),
        (b'{"cells": "' + b"x" * 21_000_000 + b'"}', "larger than 20 MB"),
        (json.dumps({"cells": [{}] * 5_000}).encode(), "more than 2,000 cells"),
    ],
    ids=lambda value: value if isinstance(value, str) else str(value[:12]),
)
def test_what_cannot_be_read_is_explained(raw, words):
    notebook, problem = read_notebook(raw)
    assert notebook is None
    assert words in problem


def test_a_problem_file_still_belongs_to_its_student(read, handed_in):
    found = read(handed_in("ana/05_rfm.ipynb", b"not a notebook"))
    assert "cannot be read as JSON" in found.handins["ana"].problem
    assert found.handins["ana"].cells == ()
    assert len(found.handins["ana"].digest) == 64


def test_a_byte_order_mark_is_fine():
    notebook, problem = read_notebook(b'\xef\xbb\xbf{"cells": []}')
    assert (notebook, problem) == ({"cells": []}, "")


@pytest.mark.parametrize(
    "metadata",
    [None, [], "x", {"whobuys": None}, {"whobuys": [1]}, {"whobuys": {"ticket": ["TICK-0"]}}],
)
def test_odd_metadata_is_no_ticket(read, handed_in, metadata):
    found = read(handed_in("who.ipynb", {"cells": [], "metadata": metadata}))
    assert found.unclaimed == ("who.ipynb",)


# cells known again -------------------------------------------------------------------------------


def roles(cells: tuple[Cell, ...]) -> list[str]:
    return [cell.role for cell in cells]


def released(template: dict) -> list[str]:
    return [cell["id"] for cell in template["cells"]]


def test_the_released_notebook_knows_all_its_cells(template):
    cells = cells_of(template, template)
    assert roles(cells) == [cell.id for cell in cells] == released(template)


@pytest.mark.parametrize("lost", [("id",), ("id", "metadata")])
def test_cells_are_known_again_when_an_editor_drops_ids(template, solution, lost):
    """Ids go in nbformat 4.4; the name in the metadata stays. Without both, text and calls help."""
    for cell in solution["cells"]:
        for key in lost:
            del cell[key]
    found = roles(cells_of(solution, template))
    checks = [f"q{n}-check" for n in range(1, 6)]
    assert [role for role in found if role in checks] == checks
    if lost == ("id",):
        assert [role for role in found if role] == released(template)


def test_a_doubled_cell_keeps_its_role_but_gets_an_own_id(template, with_code):
    at = released(template).index("q4-check")
    twin = copy.deepcopy(template["cells"][at])
    template["cells"].insert(at, twin)
    cells = cells_of(template, with_code(template))
    doubled = [cell for cell in cells if cell.role == "q4-check"]
    assert len(doubled) == 2
    assert len({cell.id for cell in cells}) == len(cells)


def test_moved_and_deleted_cells(template):
    moved = copy.deepcopy(template)
    moved["cells"].reverse()
    assert roles(cells_of(moved, template)) == released(template)[::-1]
    moved["cells"] = [cell for cell in moved["cells"] if not cell["id"].startswith("q2")]
    assert not [role for role in roles(cells_of(moved, template)) if role.startswith("q2")]


def test_own_cells_have_no_role_and_no_borrowed_id(template):
    own = [
        {"cell_type": "code", "id": "whobuys-export-0", "source": "x = 1"},
        {"cell_type": "code", "id": "extra-0", "source": ["x = ", "1"]},
        {"cell_type": "markdown", "id": None, "source": None},
        {"cell_type": "weird", "id": "a", "source": [1, "b"]},
        "not a cell",
        {"cell_type": "code", "id": "z", "source": "# check.q1(rfm)"},
        {"cell_type": "code", "id": "s", "source": "\ud83c"},
    ]
    cells = cells_of({"cells": own}, template)
    assert roles(cells) == [""] * 7
    assert [cell.id for cell in cells] == [f"extra-{n}" for n in range(7)]
    assert [cell.kind for cell in cells] == [
        "code",
        "code",
        "markdown",
        "raw",
        "raw",
        "code",
        "code",
    ]
    assert cells[1].source == "x = 1"
    assert cells[3].source == "b"
    assert cells[6].source == "?"


def test_a_long_blank_cell_takes_no_long_time(template):
    """Looking for `check.q1(` in 5 MB of line ends must not look at each again and again."""
    notebook = {"cells": [{"cell_type": "code", "id": "a", "source": "\n" * 5_000_000}]}
    assert roles(cells_of(notebook, template)) == [""]


# open answers ------------------------------------------------------------------------------------


def put(template: dict, id: str, source: str | list[str], kind: str | None = None) -> None:
    cell = next(cell for cell in template["cells"] if cell["id"] == id)
    cell["source"] = source
    cell["cell_type"] = kind or cell["cell_type"]


def answer(notebook: dict, template: dict) -> str:
    return open_answer(cells_of(notebook, template), "q6", template)


@pytest.fixture
def notebook(template):
    return copy.deepcopy(template)


def test_the_starter_is_no_answer(notebook, template):
    assert answer(notebook, template) == ""
    put(notebook, "q6", "  \n")
    assert answer(notebook, template) == ""


def test_an_answer_in_its_cell(notebook, template):
    put(notebook, "q6", ["Call ", "the dormant."])
    assert answer(notebook, template) == "Call the dormant."


def test_an_answer_written_under_the_starter(notebook, template):
    starter = next(c for c in template["cells"] if c["id"] == "q6")["source"]
    put(notebook, "q6", ["".join(starter), "\n\nCall the dormant."])
    assert answer(notebook, template) == "Call the dormant."


@pytest.mark.parametrize("kind", ["code", "raw"])
def test_an_answer_in_a_cell_of_another_kind(notebook, template, kind):
    put(notebook, "q6", "Call the dormant.", kind)
    assert answer(notebook, template) == "Call the dormant."


@pytest.mark.parametrize("delete", [False, True])
def test_an_answer_in_own_cells_below(notebook, template, delete):
    at = released(notebook).index("q6") + 1
    for number, text in enumerate(["Second.", "First."]):
        own = {"cell_type": "markdown", "id": f"own{number}", "metadata": {}, "source": text}
        notebook["cells"].insert(at, own)
    if delete:
        del notebook["cells"][at - 1]
    assert answer(notebook, template) == "First.\n\nSecond."


def test_notes_at_other_questions_and_code_are_no_answer(notebook, template):
    own = {"cell_type": "markdown", "id": "own", "metadata": {}, "source": "A note."}
    code = {"cell_type": "code", "id": "own2", "metadata": {}, "source": "x = 1"}
    notebook["cells"].insert(released(notebook).index("q5"), own)
    notebook["cells"].insert(released(notebook).index("q6"), code)
    notebook["cells"].append(own)
    assert answer(notebook, template) == ""
