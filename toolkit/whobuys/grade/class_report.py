"""The class at a glance: how marks spread, which questions were hard, which mistakes were made."""

from __future__ import annotations

import tempfile
from html import escape
from pathlib import Path

import nbformat
import pandas as pd

from whobuys.course import load_key, unit_folder
from whobuys.course._units import CHECKOUT
from whobuys.course._verdict import WORDS
from whobuys.course._words import count
from whobuys.grade._errors import InstructorError
from whobuys.grade._files import write_text
from whobuys.grade.gradebook import Gradebook

NOTEBOOK = CHECKOUT / "notebooks" / "reports" / "class_report.ipynb"
LANGUAGES = ("en",)


def item_table(marks: pd.DataFrame) -> pd.DataFrame:
    """Describe each question from the marks of a class.

    Parameters
    ----------
    marks : pandas.DataFrame
        From `Gradebook.marks`: one row per student and question. Questions a person still has to
        mark are left out.

    Returns
    -------
    pandas.DataFrame
        One row a question: `question`, `points`, `students`, `difficulty` (mean share of the points
        earned, 0 to 1; low is hard), `discrimination` (correlation of the question's credit with
        the points on all *other* questions, -1 to 1; empty where either does not vary), `passed`,
        `partly`, `try_again`, `not_started`, `could_not_run` (students).

    Notes
    -----
    Difficulty and corrected item-total correlation as in classical test theory (Lord & Novick,
    1968).

    Examples
    --------
    >>> marks = pd.DataFrame({"student": ["a", "a", "b", "b"], "question": ["q1", "q2"] * 2,
    ...     "status": ["passed", "passed", "passed", "try_again"], "points": 1.0,
    ...     "credit": [1, 1, 1, 0], "earned": [1, 1, 1, 0], "mistake": None})
    >>> item_table(marks)[["question", "difficulty"]].to_dict("list")
    {'question': ['q1', 'q2'], 'difficulty': [1.0, 0.5]}
    """
    waiting = marks.loc[marks["status"] == "for_review", "question"].unique()
    closed = marks[~marks["question"].isin(waiting)]
    earned = closed.pivot(index="student", columns="question", values="earned").fillna(0.0)
    rows = []
    for question, own in closed.groupby("question", sort=True):
        rest = earned.drop(columns=question).sum(axis=1)
        mine = earned[question]
        varies = mine.nunique() > 1 and rest.nunique() > 1
        counts = own["status"].value_counts()
        rows.append(
            {
                "question": question,
                "points": float(own["points"].iloc[0]),
                "students": len(own),
                "difficulty": float(own["credit"].mean()),
                "discrimination": float(mine.corr(rest)) if varies else float("nan"),
                **{status: int(counts.get(status, 0)) for status in list(WORDS)[:5]},
            }
        )
    columns = ["question", "points", "students", "difficulty", "discrimination", *list(WORDS)[:5]]
    return pd.DataFrame(rows, columns=columns)


def mistake_table(marks: pd.DataFrame) -> pd.DataFrame:
    """Count the known mistakes of a class, commonest first.

    Parameters
    ----------
    marks : pandas.DataFrame
        From `Gradebook.marks`.

    Returns
    -------
    pandas.DataFrame
        `question`, `mistake` (its id), `students`, `words` (what one of them read).
    """
    made = marks[marks["mistake"].notna()]
    rows = [
        {
            "question": question,
            "mistake": mistake,
            "students": len(own),
            "words": next(iter(own["words"].iloc[0]), ""),
        }
        for (question, mistake), own in made.groupby(["question", "mistake"], sort=True)
    ]
    table = pd.DataFrame(rows, columns=["question", "mistake", "students", "words"])
    return table.sort_values(["students", "question"], ascending=[False, True], ignore_index=True)


def class_data(gradebook: str | Path, unit: str, lang: str = "en") -> dict[str, pd.DataFrame]:
    """Return the tables of a class report; no student is named in them.

    Parameters
    ----------
    gradebook : str or Path
        The gradebook's file or database URL.
    unit : str
        Such as "05_rfm".
    lang : str
        Only "en" so far.

    Returns
    -------
    dict of str to pandas.DataFrame
        `totals` (one row a graded student: total, out_of), `items` (see `item_table`, with titles),
        `mistakes` (see `mistake_table`), `states` (state, students).

    Raises
    ------
    InstructorError
        If the gradebook, unit or language is not there.
    """
    if lang not in LANGUAGES:
        raise InstructorError(
            f"The class report is there in: {', '.join(LANGUAGES)}; not in {lang!r}."
        )
    book = Gradebook(gradebook, must_exist=True)
    try:
        questions, marks, sheet = book.questions(unit), book.marks(unit), book.sheet(unit)
    finally:
        book.close()
    if questions.empty:
        raise InstructorError(f"{gradebook} holds no marks of {unit!r}.")
    graded = set(sheet.loc[sheet["state"] == "graded", "student"])
    marks = marks[marks["student"].isin(graded)]
    items = item_table(marks).merge(questions[["question", "title"]], on="question", how="left")
    return {
        "totals": sheet.loc[sheet["state"] == "graded", ["total", "out_of"]].reset_index(drop=True),
        "items": items,
        "mistakes": mistake_table(marks),
        "states": sheet["state"].value_counts().rename_axis("state").reset_index(name="students"),
    }


def totals_in_words(data: dict[str, pd.DataFrame]) -> str:
    """Say in a few sentences how many handed in and how they did (Markdown)."""
    states = dict(zip(data["states"]["state"], data["states"]["students"], strict=True))
    totals = data["totals"]
    said = [f"{number:,} {state}" for state, number in states.items()]
    sentences = [f"Of {sum(states.values()):,} students: {', '.join(said)}."]
    if len(totals):
        full = totals["out_of"].max()
        middle, all_of_them = totals["total"].median(), int((totals["total"] >= full).sum())
        sentences.append(
            f"Half of those graded reached {middle:g} or more of {full:g} points; "
            f"{all_of_them:,} reached all of them."
        )
    return " ".join(sentences)


def items_in_words(data: dict[str, pd.DataFrame]) -> str:
    """Return the questions as a Markdown table."""
    head = ["question", "points", "difficulty", "discrimination"]
    head += ["right", "partly", "not yet", "blank", "could not run"]
    rows = [head, ["---"] + ["--:"] * (len(head) - 1)]
    for item in data["items"].to_dict("records"):
        goes_along = item["discrimination"]
        counts = ("passed", "partly", "try_again", "not_started", "could_not_run")
        rows.append(
            [
                f"{item['question']} · {item['title']}",
                f"{item['points']:g}",
                f"{item['difficulty']:.2f}",
                "–" if pd.isna(goes_along) else f"{goes_along:.2f}",
                *(f"{item[status]:,}" for status in counts),
            ]
        )
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def mistakes_in_words(data: dict[str, pd.DataFrame]) -> str:
    """Return the known mistakes as a Markdown list, commonest first."""
    mistakes = data["mistakes"]
    if mistakes.empty:
        return "None of the known mistakes was made."
    return "\n".join(
        f"- **{row['question']}**, {count(row['students'], 'student')}: {row['words']}"
        for row in mistakes.to_dict("records")
    )


def write_class_report(gradebook: Path | str, unit: str, to: Path) -> None:
    """Run the class report notebook with papermill and write it as one HTML page.

    Parameters
    ----------
    gradebook : Path or str
        The gradebook's file or database URL.
    unit : str
        Such as "05_rfm".
    to : Path
        The HTML file.
    """
    import papermill

    from whobuys.grade._page import page

    title = f"Class report: {load_key(unit_folder(unit) / 'key.py').title}"
    top = f"<p class='quiet'>Class report · {escape(unit)}</p>"
    data = class_data(gradebook, unit)
    where = str(gradebook) if "://" in str(gradebook) else str(Path(gradebook).resolve())
    if data["totals"].empty:
        nothing = nbformat.v4.new_markdown_cell(f"# How the class did\n\n{totals_in_words(data)}")
        write_text(to, page([nothing], title=title, top=top))
        return
    with tempfile.TemporaryDirectory(prefix="class-report-") as name:
        executed = Path(name) / "class_report.ipynb"
        papermill.execute_notebook(
            NOTEBOOK,
            executed,
            parameters={"gradebook": where, "unit": unit, "lang": "en"},
            kernel_name="python3",
            progress_bar=False,
            cwd=name,
            extra_arguments=["--log-level=ERROR"],
        )
        cells = nbformat.read(executed, as_version=4).cells
    write_text(to, page(cells, title=title, top=top, hide_code=True))
