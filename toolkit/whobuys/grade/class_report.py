"""The class at a glance: how marks spread, which questions were hard, what to teach again.

There are two forms. The one to show names nobody, and leaves out what would be about one or two
students. The teacher's names those who need help.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection
from contextlib import closing, suppress
from dataclasses import replace
from html import escape
from pathlib import Path
from string import Formatter
from typing import Any

import nbformat
import pandas as pd
from sqlalchemy import select

import whobuys
from whobuys._errors import InstructorError
from whobuys.course import Exercise, load_key, unit_folder
from whobuys.course._units import CHECKOUT
from whobuys.grade._class_sections import HALF, SECTIONS, SMALLEST, Shown, Teller
from whobuys.grade._class_words import LANGUAGES, Html, Words
from whobuys.grade._people import GIVEN, People
from whobuys.grade._tables import HandInRow, StudentRow
from whobuys.grade.gradebook import Gradebook
from whobuys.grade.items import (
    class_totals,
    item_table,
    marks_that_count,
    mistake_table,
    reliability,
)
from whobuys.pages.files import write_text
from whobuys.sandbox._rooms import new_room

__all__ = [
    "LANGUAGES",
    "ClassReport",
    "class_data",
    "refresh_class_report",
    "students_in",
    "write_class_report",
]

# What stands in these pages is our own: it needs no box that scrolls, and its tables wrap.
STYLE = (
    "<style>.output_area, .shown { max-height: none; } "
    ".shown:not(.prose) :is(td, th) { white-space: normal; min-width: 0; }</style>"
)
NOTEBOOK = CHECKOUT / "notebooks" / "reports" / "class_report.ipynb"


class ClassReport:
    """The report of one class on one unit; a notebook shows it section by section.

    Parameters
    ----------
    gradebook : str or Path
        The gradebook's file or database URL.
    unit : str
        Such as "05_rfm".
    names : bool
        The teacher's form, which names students.
    lang : str
        Only "en" so far.
    left : collection of str
        Ids of students who are on the roster no more: they are left out.

    Attributes
    ----------
    data : dict of str to pandas.DataFrame
        See `class_data`.

    Raises
    ------
    InstructorError
        If the gradebook, unit or language is not there.
    """

    def __init__(
        self,
        gradebook: str | Path,
        unit: str,
        names: bool = False,
        lang: str = "en",
        left: Collection[str] = (),
    ) -> None:
        words = Words(lang)
        self.data = class_data(gradebook, unit, names, left)
        self._tell = Teller(self.data, words, bool(names), unit)

    @property
    def sections(self) -> list[str]:
        """Names of the sections in their order."""
        return list(SECTIONS)

    @property
    def is_short(self) -> bool:
        """Whether the opening says all there is: nobody was graded, or too few for this form."""
        return self._tell.graded == 0 or self._tell.hidden

    def section(self, name: str) -> Shown:
        """Write one section.

        Parameters
        ----------
        name : str
            One of `sections`.

        Returns
        -------
        Shown
            Shows itself as the last line of a cell. Empty where the opening says all there is.

        Raises
        ------
        ValueError
            If there is no such section.
        """
        if name not in SECTIONS:
            raise ValueError(
                f"The class report has no section {name!r}. It has: {', '.join(SECTIONS)}."
            )
        if self.is_short and name != "opening":
            return Shown()
        return Shown(SECTIONS[name](self._tell))


def class_data(
    gradebook: str | Path, unit: str, names: bool = False, left: Collection[str] = ()
) -> dict[str, pd.DataFrame]:
    """Return the tables of a class report.

    Parameters
    ----------
    gradebook : str or Path
        The gradebook's file or database URL.
    unit : str
        Such as "05_rfm".
    names : bool
        Without, no student is named in any table, and no words written for one student are in it.
    left : collection of str
        Ids of students who are on the roster no more: they are left out.

    Returns
    -------
    dict of str to pandas.DataFrame
        `states` (state, students); about those graded: `totals` (one row a student: total, out_of),
        `reliability`, `items` and `mistakes` (see `whobuys.grade.items`; with `title`, and
        `anybody`, the students with any mistake), `again` (a row a step of a lesson: again, items,
        students who did not get all points, share, lost), `help` (a row for each question missed by
        a student with less than half of the points: student, name, total, question, title, status,
        again, words); `missing` (student, name, state of those without a grade); `left` (student,
        name of those left out); `reviewing` (a row an open question: answers, marked, waiting,
        settle); `questions`.

    Raises
    ------
    InstructorError
        If the gradebook or unit is not there.
    """
    with closing(Gradebook(gradebook, must_exist=True)) as book:
        questions, sheet = book.questions(unit), book.sheet(unit)
        marks, people = book.marks(unit), book.people(unit)
    if questions.empty:
        raise InstructorError(
            f"{book.where} holds no marks of {unit!r}. Grade its hand-ins first: whobuys grade."
        )
    key = load_key(unit_folder(unit) / "key.py")
    gone = sheet.loc[sheet["student"].isin(list(left)), ["student", "name"]]
    sheet = sheet.drop(index=gone.index)
    marked = {whose: mark for whose, mark in people.marks.items() if whose[0] not in left}
    people = replace(people, marks=marked)
    graded = sheet.loc[sheet["state"] == "graded", ["student", "name"]]
    marks = marks_that_count(marks[marks["student"].isin(graded["student"])], people, questions)
    titles = questions[["question", "title"]]
    totals = class_totals(marks)
    mistakes = mistake_table(marks).assign(
        anybody=marks.loc[marks["mistake"].notna(), "student"].nunique()
    )
    if not names:
        pairs = zip(mistakes["question"], mistakes["mistake"], strict=True)
        told = [_as_in_the_key(key, *pair) for pair in pairs]
        mistakes["words"] = pd.Series(told, index=mistakes.index, dtype=object)
    in_need = _help(marks, totals, graded, titles, key)
    missing = sheet.loc[sheet["state"] != "graded", ["student", "name", "state"]]
    if not names:
        in_need = in_need.assign(
            student=pd.factorize(in_need["student"])[0], name="", total=float("nan"), words=""
        )
        missing, gone = missing[:0], gone[:0]
    return {
        "questions": questions,
        "states": sheet["state"].value_counts().rename_axis("state").reset_index(name="students"),
        "totals": totals[["total", "out_of"]],
        "reliability": reliability(marks),
        "items": item_table(marks).merge(titles, on="question", how="left"),
        "mistakes": mistakes.merge(titles, on="question", how="left"),
        "again": _again(marks, key),
        "help": in_need,
        "missing": missing.reset_index(drop=True),
        "left": gone.reset_index(drop=True),
        "reviewing": _reviewing(questions, people),
    }


def write_class_report(
    gradebook: Path | str,
    unit: str,
    to: Path,
    names: bool = False,
    lang: str = "en",
    left: Collection[str] = (),
) -> None:
    """Run the class report notebook with papermill and write it as one HTML page.

    Parameters
    ----------
    gradebook : Path or str
        The gradebook's file or database URL.
    unit : str
        Such as "05_rfm".
    to : Path
        The HTML file.
    names : bool
        The teacher's form, which names students.
    lang : str
        Only "en" so far.
    left : collection of str
        Ids of students who are on the roster no more: they are left out.

    Raises
    ------
    InstructorError
        If the gradebook, unit or language is not there.
    """
    from whobuys.pages.page import page

    words, to_show = Words(lang), 1 if names else SMALLEST
    title = words.plain("page.title", title=load_key(unit_folder(unit) / "key.py").title)
    top = f"{STYLE}<p class='quiet'>{escape(words.plain('page.top', unit=unit))}</p>"
    if _graded(gradebook, unit, left) >= to_show:
        cells = _executed(gradebook, unit, names, lang, left)
    else:  # words alone: no kernel has to start
        cells = [_cell(ClassReport(gradebook, unit, names, lang, left).section("opening"))]
    write_text(to, page(cells, title=title, top=top, hide_code=True, lang=lang))


def students_in(gradebook: Path | str) -> list[str]:
    """Return the ids of all students a gradebook knows.

    Raises
    ------
    InstructorError
        If there is no such gradebook.
    """
    with closing(Gradebook(gradebook, must_exist=True)) as book, book.session() as session:
        return list(session.scalars(select(StudentRow.id)))


def refresh_class_report(
    gradebook: Path | str, unit: str, to: Path, left: Collection[str] | None = None
) -> bool:
    """Write the form to show, unless it stands there already, made from the same marks.

    What it was made from stands in a hidden file beside it. It is not in the page itself: by it,
    somebody could try out which marks the page leaves out. There, too, stands who was left out:
    that holds until it is said anew.

    Parameters
    ----------
    gradebook : Path or str
        The gradebook's file or database URL.
    unit : str
        Such as "05_rfm".
    to : Path
        The HTML file.
    left : collection of str, optional
        Ids of students who are on the roster no more; as at the last time by default.

    Returns
    -------
    bool
        Whether it was written.

    Raises
    ------
    InstructorError
        If the gradebook or unit is not there.
    """
    note = to.with_name(f".{to.name}.made")
    before = _noted(note)
    gone = sorted(before.get("left", []) if left is None else left)
    made: dict[str, Any] = {"basis": _basis(gradebook, unit, gone), "left": gone}
    if to.exists() and before == made | {"page": _digest(to)}:
        return False
    write_class_report(gradebook, unit, to, left=gone)
    write_text(note, json.dumps(made | {"page": _digest(to)}) + "\n")
    return True


def _noted(note: Path) -> dict[str, Any]:
    """Return what was noted at the last time; of what cannot be read, nothing."""
    with suppress(OSError, ValueError):
        found = json.loads(note.read_text(encoding="utf-8"))
        if isinstance(found, dict) and isinstance(found.get("left"), list):
            return found
    return {}


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _basis(gradebook: Path | str, unit: str, left: Collection[str]) -> str:
    """Return a fingerprint of all that the form to show is made from, and of what makes it."""
    parts = [whobuys.__version__, unit, load_key(unit_folder(unit) / "key.py").title]
    parts += [NOTEBOOK.read_text(encoding="utf-8"), repr(Words("en").of("page"))]
    here = Path(__file__).parent
    parts += [_digest(file) for file in sorted((*here.glob("*class*"), here / "items.py"))]
    for name, frame in class_data(gradebook, unit, left=left).items():
        parts += [name, frame.to_json(orient="split", double_precision=12)]
    return hashlib.sha256("\x1f".join(parts).encode("utf-8", errors="replace")).hexdigest()


def _graded(gradebook: Path | str, unit: str, left: Collection[str] = ()) -> int:
    """Count the students who were graded."""
    with closing(Gradebook(gradebook, must_exist=True)) as book, book.session() as session:
        rows = session.scalars(select(HandInRow.student_id).filter_by(unit=unit, problem=""))
        return len(set(rows) - set(left))


def _executed(
    gradebook: Path | str, unit: str, names: bool, lang: str, left: Collection[str]
) -> list[nbformat.NotebookNode]:
    import papermill

    where = str(gradebook) if "://" in str(gradebook) else str(Path(gradebook).resolve())
    with new_room("class-report-") as folder:
        executed = folder / "class_report.ipynb"
        papermill.execute_notebook(
            NOTEBOOK,
            executed,
            parameters={
                "gradebook": where,
                "unit": unit,
                "names": names,
                "lang": lang,
                "left": sorted(left),
            },
            kernel_name="python3",
            progress_bar=False,
            cwd=str(folder),
            extra_arguments=["--log-level=ERROR"],
        )
        cells: list[nbformat.NotebookNode] = nbformat.read(executed, as_version=4).cells
    return cells


def _cell(shown: Shown) -> nbformat.NotebookNode:
    """Return a section of words alone as an executed cell."""
    outputs = [
        nbformat.v4.new_output("display_data", data={"text/html": str(part)})
        for part in shown.parts
        if isinstance(part, Html)
    ]
    return nbformat.v4.new_code_cell("", outputs=outputs)


def _as_in_the_key(key: Exercise, question: str, mistake: str) -> str:
    """Return the words of a mistake with dots for what differs from student to student."""
    asked = key.questions.get(question)
    for known in asked.mistakes if asked is not None else ():
        if known.id == mistake:
            parts = Formatter().parse(known.words)
            words = "".join(text + ("" if name is None else "…") for text, name, _, _ in parts)
            return words.replace("….", "…")
    return ""


def _step(key: Exercise, question: str) -> str:
    asked = key.questions.get(question)
    return asked.again if asked is not None else ""


def _again(marks: pd.DataFrame, key: Exercise) -> pd.DataFrame:
    there = marks[marks["earned"].notna()]
    there = there.assign(again=[_step(key, question) for question in there["question"]])
    rows = []
    for step, own in there[there["again"] != ""].groupby("again", sort=False):
        students = own.loc[own["credit"] < 1, "student"].nunique()
        rows.append(
            {
                "again": step,
                "items": list(own["question"].unique()),
                "students": students,
                "share": students / own["student"].nunique(),
                "lost": 1 - float(own["earned"].sum() / own["points"].sum()),
            }
        )
    table = pd.DataFrame(rows, columns=["again", "items", "students", "share", "lost"])
    return table.sort_values("lost", ascending=False, kind="stable", ignore_index=True)


def _help(
    marks: pd.DataFrame,
    totals: pd.DataFrame,
    graded: pd.DataFrame,
    titles: pd.DataFrame,
    key: Exercise,
) -> pd.DataFrame:
    low = totals[totals["total"] < HALF * totals["out_of"]].merge(graded, on="student")
    missed = marks[marks["credit"] < 1].merge(low[["student", "name", "total"]], on="student")
    missed = missed.drop(columns="words").assign(
        again=[_step(key, question) for question in missed["question"]],
        words=[
            next(iter(words), "") if isinstance(mistake, str) else ""
            for words, mistake in zip(missed["words"], missed["mistake"], strict=True)
        ],
    )
    table = missed.merge(titles, on="question", how="left").sort_values(
        ["total", "student"], kind="stable", ignore_index=True
    )
    return table[["student", "name", "total", "question", "title", "status", "again", "words"]]


def _reviewing(questions: pd.DataFrame, people: People) -> pd.DataFrame:
    rows = []
    for question in questions[questions["open"].astype(bool)].to_dict("records"):
        asked = question["question"]
        states = [mark.state for (_, id), mark in people.marks.items() if id == asked]
        marked, settle = sum(s in GIVEN for s in states), states.count("to settle")
        row = {"question": asked, "title": question["title"]}
        row |= {"answers": len(states), "marked": marked}
        rows.append(row | {"waiting": len(states) - marked - settle, "settle": settle})
    columns = ["question", "title", "answers", "marked", "waiting", "settle"]
    return pd.DataFrame(rows, columns=columns)
