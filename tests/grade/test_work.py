"""The work beside an open answer: which cells it is, how it is shown, where it is kept."""

import json

import pytest
from sqlalchemy import select

from whobuys.course import load_key, unit_folder
from whobuys.course._judge import verdict
from whobuys.course._units import CHECKOUT
from whobuys.grade import Gradebook, grade_folder
from whobuys.grade._handins import cells_of
from whobuys.grade._tables import WorkRow
from whobuys.grade._work import LARGEST_WORK, work_of
from whobuys.grade.release import RECORD, Release

UNIT = "05_rfm"


@pytest.fixture(scope="module")
def template():
    return json.loads((CHECKOUT / "exercises" / f"{UNIT}.ipynb").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def asked():
    return load_key(unit_folder(UNIT) / "key.py")


def handed_in(template, change=None, extra=(), keep_ids=True):
    """Return the released cells with other texts, and cells of one's own after `q6-work`."""
    made = []
    for cell in template["cells"]:
        source = (change or {}).get(cell["id"], "".join(cell["source"]))
        made.append({**cell, "source": source})
        if cell["id"] == "q6-work":
            made += [{"cell_type": "code", "source": text, "id": f"own{n}"}
                     for n, text in enumerate(extra)]  # fmt: skip
    if not keep_ids:
        made = [{k: v for k, v in cell.items() if k not in ("id", "metadata")} for cell in made]
    return cells_of({"cells": made}, template)


def ran(cells, **outputs):
    """Return the cells as they ran; `outputs` are texts by the beginning of the source."""
    made = []
    for cell in cells:
        if cell.kind == "code":
            shown = [text for start, text in outputs.items() if cell.source.startswith(start)]
            about = {"cell_type": "code", "source": cell.source, "metadata": {}, "id": cell.id}
            told = [{"output_type": "stream", "name": "stdout", "text": text} for text in shown]
            made.append(about | {"outputs": told, "execution_count": 1})
    return made


@pytest.mark.parametrize("keep_ids", [True, False])
def test_the_work_cell_and_ones_own_beside_it_are_work_with_what_they_showed(
    asked, template, keep_ids
):
    cells = handed_in(template, {"q6-work": "dormant = 41"}, ["second = 7"], keep_ids)
    work = work_of(asked, cells, ran(cells, dormant="forty-one\n", second="seven\n"), template)
    assert set(work) == {"q6"}
    for words in ("dormant", "41", "forty-one", "second", "seven"):
        assert words in work["q6"], words
    assert "check" not in work["q6"]


def test_what_is_left_as_released_is_no_work(asked, template):
    cells = handed_in(template)
    assert work_of(asked, cells, ran(cells), template) == {}
    cells = handed_in(template, {"q6-work": " \n", "q5": "answer = 3"})
    assert work_of(asked, cells, ran(cells, answer="x"), template) == {}


def test_what_did_not_run_is_shown_as_it_was_written(asked, template):
    cells = handed_in(template, {"q6-work": "dormant = 41"})
    assert "dormant" in work_of(asked, cells, [], template)["q6"]


def test_work_is_harmless_and_not_endless(asked, template):
    cells = handed_in(template, {"q6-work": "a = 1"}, [f"b{n} = 2" for n in range(4)])
    bad = [dict(cell) for cell in ran(cells)]
    html = "<script>alert(1)</script><b onclick='x()'>3</b>"
    picture = "iVBORw0KGgo" + "A" * (LARGEST_WORK // 3 // 4 * 4 + 1)
    for cell in bad:
        if cell["source"].startswith(("a", "b")):
            cell["outputs"] = [
                {"output_type": "display_data", "metadata": {}, "data": data}
                for data in ({"text/html": html}, {"image/png": picture})
            ]
    work = work_of(asked, cells, bad, template)["q6"]
    assert "<b>3</b>" in work
    assert "<script" not in work
    assert "onclick" not in work
    assert "The rest is left out" in work
    assert len(work) <= LARGEST_WORK + 1_000


def test_of_a_question_about_the_whole_notebook_all_that_shows_something_is_work():
    unit = "17_capstone"
    whole = json.loads((CHECKOUT / "exercises" / f"{unit}.ipynb").read_text(encoding="utf-8"))
    cells = cells_of(whole, whole)
    executed = ran(cells, **{"check.": "Received\n", "customer.": "a table\n"})
    work = work_of(load_key(unit_folder(unit) / "key.py"), cells, executed, whole)
    assert "a table" in work["q5"]
    assert "Received" not in work["q5"]


def test_the_gradebook_keeps_the_work_of_the_hand_in_that_counts(tmp_path, asked):
    book = Gradebook(tmp_path / "g.sqlite")
    book.enrol([("ana", "Ana")])
    given = [verdict(question, "passed", 1.0) for question in asked.questions.values()]
    about = {"file": "x.ipynb", "digest": "d", "fingerprint": "f", "report": "r.html"}

    def kept():
        with book.session() as session:
            return [(row.question, row.html) for row in session.scalars(select(WorkRow))]

    book.store(UNIT, "ana", given, **about, work={"q6": "<pre>41</pre>"})
    assert kept() == [("q6", "<pre>41</pre>")]
    book.store(UNIT, "ana", given, **about, work={"q6": "<pre>42</pre>"})
    assert kept() == [("q6", "<pre>42</pre>")]
    book.store(UNIT, "ana", given, **about)
    assert kept() == []
    book.store(UNIT, "ana", given, **about, work={"q6": "<pre>42</pre>"})
    book.forget(UNIT, ["ana"])
    assert kept() == []
    book.close()


def test_graded_hand_ins_bring_their_work_into_the_gradebook(
    tmp_path, released, secret, handed_in, template, with_code
):
    work = "print('forty-', 'one', sep='')"
    cells = with_code(template, q6="My plan.", q6_work=work, start="")
    for cell in cells["cells"]:
        if cell["cell_type"] == "code" and cell["id"] != "q6-work":
            cell["source"] = ""
    folder = handed_in(f"ana/{UNIT}.ipynb", cells)
    record = Release.read(released / RECORD)
    to = tmp_path / "graded"
    grade_folder(UNIT, folder, to, secret, record, trust=True, kernel="cold")
    book = Gradebook(to / "gradebook.sqlite", must_exist=True)
    with book.session() as session:
        html = session.get(WorkRow, (UNIT, "ana", "q6")).html
    book.close()
    assert "forty-one" in html
    written = (to / "class_report.html").stat().st_mtime_ns
    assert grade_folder(UNIT, folder, to, secret, record, trust=True).graded == ()
    assert (to / "class_report.html").stat().st_mtime_ns == written
