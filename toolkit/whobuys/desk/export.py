"""Marks out of the house: files that Canvas and Moodle import, column for column.

The formats were read in 2026-11, in the guides and in the code that reads the files:

- Canvas: `lib/gradebook_importer.rb` and `lib/gradebook_exporter.rb` of instructure/canvas-lms, and
  the guide "Import CSV File for Carmen Grades" of The Ohio State University. Columns Student, ID,
  SIS User ID, SIS Login ID, Section, then the assignments, called `Title (number)`; a row
  "Points Possible"; before it, maybe, a row "Manual Posting". A student is found by ID, else by SIS
  User ID, else by SIS Login ID, else by name. Columns marked "(read only)" and totals are passed
  over. An empty cell takes an earlier grade away. Separator comma or semicolon.
- Moodle: `grade/import/csv/classes/load_data.php` of moodle/moodle, and docs.moodle.org "Grade
  import" (3.11 to 4.5). One column names the user (username, ID number or e-mail address,
  told apart by letter case), then grade and feedback; which is which is chosen on the page of the
  import. One unknown user stops the whole import. A feedback column without its grade column takes
  the grades away, and so does an empty grade. UTF-8, comma.
"""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from whobuys._errors import InstructorError
from whobuys.course._verdict import WORDS
from whobuys.grade._people import PersonMark
from whobuys.grade.gradebook import NOT_YET, Gradebook, no_formula

CANVAS_COLUMNS = ("Student", "ID", "SIS User ID", "SIS Login ID", "Section")
CANVAS_MATCH = {"sis": "SIS User ID", "login": "SIS Login ID", "id": "ID"}
MOODLE_MATCH = {"username": "Username", "idnumber": "ID number", "email": "Email address"}
MOODLE_MOST = 100
ADDRESS = re.compile(r"[^@]+@[^@]+")
MOST_NAMED = 5
POINTS_POSSIBLE = "    Points Possible"
GIVEN, WAITS, NOTHING = "given", "waits for a person", "nothing handed in"
LONGEST_FEEDBACK = 4_000
RESERVED = re.compile(
    "(Current|Final|Override) (Score|Points|Grade|Status)|^(Student|ID|Section|LastName|FirstName"
    r"|SIS User ID|SIS Login ID|Integration ID|Root Account)$|\(\d+\)\s*$|Points Possible"
)
NO_STUDENT = re.compile(r"\s*(Muted|Manual Posting.*)?\s*", re.IGNORECASE | re.DOTALL)
TAG = re.compile(r"<(?=[A-Za-z/!?])")
CONTROL = re.compile("[\x00-\x1f\x7f-\x9f]+")


@dataclass(frozen=True)
class Filled:
    """A Canvas file with our column filled in.

    Attributes
    ----------
    data : bytes
        The file; whatever we did not fill is as it was, byte for byte.
    filled : tuple of str
        Students whose mark was written.
    left : dict of str to str
        Student to why the cell stays as it was.
    not_there : tuple of str
        Our students with a mark who are not in the file.
    not_ours : tuple of str
        Who stands in the file and is none of our students.
    """

    data: bytes
    filled: tuple[str, ...]
    left: dict[str, str]
    not_there: tuple[str, ...]
    not_ours: tuple[str, ...]


def marks_out(
    book: Gradebook,
    unit: str,
    *,
    partial: bool = False,
    zeros: bool = False,
    out_of: float | None = None,
) -> pd.DataFrame:
    """Return the marks that may leave the house.

    Parameters
    ----------
    book : Gradebook
        The gradebook.
    unit : str
        Such as "05_rfm".
    partial : bool
        Give what is settled of those who still wait for a person.
    zeros : bool
        Give 0 to those who handed in nothing; else they have no mark.
    out_of : float, optional
        Bring the marks to this many points; by default they stay as they are.

    Returns
    -------
    pandas.DataFrame
        student, name, mark (NaN: none), of (points of the unit), state ("given", "waits for a
        person", "nothing handed in", "not graded yet"), feedback (plain text, one line a question).

    Raises
    ------
    InstructorError
        If nothing of this unit is in the gradebook, or `out_of` is not more than 0.
    """
    questions = book.questions(unit)
    if questions.empty:
        raise InstructorError(f"There are no marks of {unit} in {book.where}. Grade it first.")
    points = float(questions["points"].sum())
    scale = scale_to(out_of, points)
    sheet, said = book.sheet(unit), feedback(book, unit)
    rows = []
    for row in sheet.to_dict("records"):
        state = WAITS if row["to_mark"] > 0 else GIVEN
        state = row["state"] if row["state"] in (NOTHING, NOT_YET) else state
        given = state == GIVEN or (state == WAITS and partial) or (state == NOTHING and zeros)
        mark = round(float(row["total"]) * scale, 2) if given else float("nan")
        rows.append((row["student"], row["name"], mark, points * scale, state))
    made = pd.DataFrame(rows, columns=["student", "name", "mark", "of", "state"])
    return made.assign(feedback=[said.get(student, "") for student in made["student"]])


def scale_to(out_of: float | None, points: float) -> float:
    """Return by what to multiply marks out of `points` to have them out of `out_of`.

    Parameters
    ----------
    out_of : float or None
        As the teacher asks for; None: they stay as they are.
    points : float
        What they are out of.

    Returns
    -------
    float

    Raises
    ------
    InstructorError
        If `out_of` is not more than 0, or no number.
    """
    if out_of is None:
        return 1.0
    if not 0 < out_of < math.inf:
        raise InstructorError(f"--out-of must be a number more than 0, not {out_of:g}.")
    return out_of / points


def feedback(book: Gradebook, unit: str) -> dict[str, str]:
    """Return student id to what was said about the answers, as plain text: a line a question.

    Before them stands why a hand-in could not be read or run.
    """
    problems = book.problems(unit)
    questions = book.questions(unit).set_index("question")
    people = book.people(unit).marks
    lines: dict[str, dict[str, str]] = {}
    for row in book.marks(unit).to_dict("records"):
        if row["question"] in questions.index:
            person = people.get((row["student"], row["question"]))
            title = str(questions.loc[row["question"], "title"])
            own = lines.setdefault(row["student"], {})
            own[row["question"]] = _said(row, title, person)
    order = list(questions.index)
    return {
        student: _cut("\n".join([*first, *(own[each] for each in order if each in own)]))
        for student, own in lines.items()
        for first in ([problems[student]] if student in problems else [],)
    }


def canvas_csv(marks: pd.DataFrame, title: str, match: str = "login") -> str:
    """Return a gradebook file for Canvas that makes, or fills, one assignment.

    Parameters
    ----------
    marks : pandas.DataFrame
        student, name, mark, of; see `marks_out`. Who has no mark has an empty cell.
    title : str
        The assignment, as it is called in Canvas.
    match : {"login", "sis", "id"}
        What our student ids are in Canvas.

    Returns
    -------
    str
        CSV; lines end with a newline.

    Raises
    ------
    InstructorError
        If Canvas would not read the title as an assignment, or `match` is another.

    Notes
    -----
    Names only help the reader, students are found by id. A name that a spreadsheet would run as a
    formula starts with an apostrophe; one that Canvas would read as its row of points is left out.

    Examples
    --------
    >>> marks = pd.DataFrame([("ana", "Ana Silva", 17.5, 20.0)],
    ...     columns=["student", "name", "mark", "of"])
    >>> print(canvas_csv(marks, "RFM"), end="")
    Student,ID,SIS User ID,SIS Login ID,Section,RFM
        Points Possible,,,,,20
    Ana Silva,,,ana,,17.5
    """
    if match not in CANVAS_MATCH:
        raise InstructorError(f"--match is one of {', '.join(CANVAS_MATCH)}; not {match!r}.")
    if RESERVED.search(title) or not title.strip():
        raise InstructorError(
            f"Canvas would not read the column {title!r} as an assignment. Choose another with "
            "--column."
        )
    place = CANVAS_COLUMNS.index(CANVAS_MATCH[match])
    rows = [[*CANVAS_COLUMNS, _one_line(title)], [POINTS_POSSIBLE, "", "", "", "", _points(marks)]]
    for row in marks.to_dict("records"):
        fields = [_name(row["name"], row["student"]), "", "", "", "", _number(row["mark"])]
        fields[place] = row["student"]
        rows.append(fields)
    return _csv(rows)


def fill_canvas(raw: bytes, marks: pd.DataFrame, title: str, match: str = "login") -> Filled:
    """Fill our column into a gradebook file that Canvas has written.

    Parameters
    ----------
    raw : bytes
        The exported file, UTF-8.
    marks : pandas.DataFrame
        student, mark, of; see `marks_out`. Who has no mark keeps what stands there.
    title : str
        The assignment, as in the file; the number behind it may be left out.
    match : str
        "login", "sis", "id", or the name of any other column that holds our student ids.

    Returns
    -------
    Filled
        Who is excused ("EX") or has no such assignment ("N/A") keeps that.

    Raises
    ------
    InstructorError
        If the file is none of Canvas's, the column or the points do not fit, an id stands twice, or
        nobody is found.
    """
    table = _Table(raw)
    header = table.texts(0)
    if not any("Student" in name or "LastName" in name for name in header[:1]):
        raise InstructorError("This is no gradebook of Canvas: its first column is not “Student”.")
    column = _find_column(header, title)
    name = CANVAS_MATCH.get(match, match)
    if name not in header:
        raise InstructorError(
            f"The file has no column {name!r} to find students by; --match takes "
            f"{', '.join(CANVAS_MATCH)} or the name of a column: {', '.join(header[:8])}."
        )
    key = header.index(name)
    wanted = {row["student"].casefold(): row for row in marks.to_dict("records")}
    points = float(marks["of"].iloc[0]) if len(marks) else 0.0
    found: set[str] = set()
    filled, left, strangers, changes = [], {}, [], {}
    for number in range(1, len(table)):
        texts = table.texts(number)
        if "Points Possible" in texts[0]:
            _check_points(texts[column] if column < len(texts) else "", points, header[column])
            continue
        if all(NO_STUDENT.fullmatch(text) for text in texts):
            continue
        own = texts[key].strip().casefold() if key < len(texts) else ""
        row = wanted.get(own)
        if row is None:
            strangers.append(texts[0].strip() or own or f"line {number + 1}")
            continue
        student = row["student"]
        if own in found:
            raise InstructorError(
                f"{student!r} stands twice in the column {name!r}. Mend the file or choose another "
                "column with --match."
            )
        found.add(own)
        before = texts[column].strip() if column < len(texts) else ""
        if column >= len(texts):
            raise InstructorError(f"The line of {student!r} in the file is too short.")
        if before.upper() in ("EX", "N/A"):
            left[student] = "excused" if before.upper() == "EX" else "not assigned in Canvas"
        elif pd.isna(row["mark"]):
            left[student] = str(row.get("state", "no mark"))
        else:
            changes[number, column] = _number(row["mark"])
            filled.append(student)
    if not found:
        raise InstructorError(
            f"None of our students stands in the column {name!r} of the file. Choose another with "
            "--match."
        )
    lost = [
        row["student"]
        for own, row in wanted.items()
        if own not in found and not pd.isna(row["mark"])
    ]
    return Filled(table.replace(changes), tuple(filled), left, tuple(lost), tuple(strangers))


def moodle_csv(marks: pd.DataFrame, title: str, match: str = "username") -> str:
    """Return a file for Moodle's “Import grades from CSV”.

    Parameters
    ----------
    marks : pandas.DataFrame
        student, mark, of, feedback; see `marks_out`. Who has no mark is not in the file: an empty
        cell would take away a grade that stands in Moodle.
    title : str
        The activity; it stands in the heads of the columns, as in Moodle's own export.
    match : {"username", "idnumber", "email"}
        What our student ids are in Moodle.

    Returns
    -------
    str
        CSV with a comma, one line a student: id, grade, feedback.

    Raises
    ------
    InstructorError
        If `match` is another, a mark is more than the 100 points Moodle takes by default, or an id
        cannot be the e-mail address it should match.

    Notes
    -----
    Feedback is plain text: Moodle would show tags, so a "<" that could begin one is written
    `&lt;`. It holds neither quotation marks nor backslashes, which PHP's reader of CSV takes for
    something else when they stand side by side.

    Examples
    --------
    >>> marks = pd.DataFrame([("ana@school.org", 17.5, 20.0, "q1: 4 of 4")],
    ...     columns=["student", "mark", "of", "feedback"])
    >>> print(moodle_csv(marks, "RFM", "email"), end="")
    Email address,RFM (Real),RFM (Feedback)
    ana@school.org,17.5,q1: 4 of 4
    """
    if match not in MOODLE_MATCH:
        raise InstructorError(f"--match is one of {', '.join(MOODLE_MATCH)}; not {match!r}.")
    if (marks["mark"] > MOODLE_MOST).any():
        raise InstructorError(
            f"Moodle takes no grade above {MOODLE_MOST} unless its administrator allows it. Use "
            f"--out-of {MOODLE_MOST}."
        )
    given = marks[marks["mark"].notna()]
    strange = [id for id in given["student"] if not ADDRESS.fullmatch(id)]
    if match == "email" and strange:
        named = ", ".join(strange[:MOST_NAMED]) + (" …" if len(strange) > MOST_NAMED else "")
        raise InstructorError(
            f"--match email: no e-mail address is {named}, and Moodle refuses a whole file for one "
            "user it does not know. Give --match username or idnumber; email is for a roster whose "
            "ids are the addresses."
        )
    title = _php(no_formula(_one_line(title)))
    rows = [[MOODLE_MATCH[match], f"{title} (Real)", f"{title} (Feedback)"]]
    for row in given.to_dict("records"):
        rows.append([row["student"], _number(row["mark"]), no_formula(_php(row["feedback"]))])
    return _csv(rows)


def _said(row: Mapping[Any, Any], title: str, person: PersonMark | None) -> str:
    """Say in one line what an answer earned and why."""
    waits = f"up to {row['points']:g} points, a person reads it"
    head, words = f"{row['earned']:g} of {row['points']:g}", list(map(str, row["words"]))
    if person is not None and person.points is not None:
        head = f"{person.points:g} of {row['points']:g}"
        words = [
            f"{line.name}: {'–' if line.points is None else f'{line.points:g}'} of {line.of:g}."
            + "".join(f" {comment}" for comment in line.comments)
            for line in person.criteria
        ]
        words += [person.why] if person.state == "decided" else []
    elif row["status"] == "for_review":
        head = waits
    state = "" if row["status"] == "for_review" else f" – {WORDS[str(row['status'])][0]}"
    if person is not None and person.points is not None:
        state = ""
    plain = " ".join(_one_line(word.replace("`", "")) for word in words)
    return f"{row['question']} {_one_line(title)}: {head}{state}. {plain}".strip()


def _find_column(header: Sequence[str], title: str) -> int:
    """Return the place of our assignment."""
    names = [re.sub(r"\s*\(\d+\)\s*$", "", name).strip() for name in header]
    whole = [place for place, name in enumerate(header) if name.strip() == title.strip()]
    found = whole or [place for place, name in enumerate(names) if name == title.strip()]
    if len(found) == 1 and header[found[0]] not in CANVAS_COLUMNS:
        return found[0]
    assignments = [name for name in header if re.search(r"\(\d+\)\s*$", name)]
    there = f"It has: {', '.join(assignments) or 'no assignments'}."
    problem = "has no assignment" if not found else "has more than one column"
    raise InstructorError(f"The file {problem} {title!r}. {there} Name yours with --column.")


def _check_points(text: str, points: float, column: str) -> None:
    if "read only" in text.lower():
        raise InstructorError(f"Canvas does not let the column {column!r} be changed (read only).")
    try:
        there = float(text.strip().replace(",", ".") or "nan")
    except ValueError:
        return
    if there == there and abs(there - points) > 0.005:
        raise InstructorError(
            f"Canvas counts {column!r} out of {there:g} points, these marks are out of {points:g}. "
            f"Give --out-of {there:g} to bring them to that, or change the points in Canvas."
        )


class _Table:
    """A CSV file of which single cells change and every other byte stays."""

    def __init__(self, raw: bytes) -> None:
        try:
            raw.decode("utf-8-sig")
        except UnicodeDecodeError:
            raise InstructorError(
                "The file is not UTF-8. Give it as Canvas wrote it, not saved again by a "
                "spreadsheet."
            ) from None
        self._raw = raw
        self._rows = [row for row in _fields(raw) if any(end > start for start, end in row)]
        if not self._rows:
            raise InstructorError("The file is empty.")

    def __len__(self) -> int:
        return len(self._rows)

    def texts(self, number: int) -> list[str]:
        """Return the texts of a line."""
        return [self._text(place) for place in self._rows[number]]

    def _text(self, place: tuple[int, int]) -> str:
        text = self._raw[slice(*place)].decode("utf-8").removeprefix("\ufeff")
        return text[1:-1].replace('""', '"') if text.startswith('"') else text

    def replace(self, changes: Mapping[tuple[int, int], str]) -> bytes:
        """Return the file with other texts in some cells."""
        parts, last = [], 0
        for (number, column), text in sorted(changes.items()):
            start, end = self._rows[number][column]
            parts += [self._raw[last:start], text.encode()]
            last = end
        return b"".join([*parts, self._raw[last:]])


def _fields(raw: bytes) -> Iterator[list[tuple[int, int]]]:
    """Return, line by line, where each field begins and ends."""
    first = raw.partition(b"\n")[0]
    separator = b";" if first.count(b";") > first.count(b",") else b","
    field = re.compile(
        rb'((?:\xef\xbb\xbf)?"(?:[^"]|"")*"|[^"%b\r\n][^%b\r\n]*|)(%b|\r\n|\r|\n|\Z)'
        % (separator, separator, separator)
    )
    row: list[tuple[int, int]] = []
    place = 0
    while place <= len(raw):
        found = field.match(raw, place)
        if found is None:
            number = raw.count(b"\n", 0, place) + 1
            raise InstructorError(f"Line {number} of the file is no CSV. Export it again.")
        row.append(found.span(1))
        place = found.end()
        if found[2] != separator:
            yield row
            row = []
            if not found[2] or place == len(raw):
                return


def _name(name: str, student: str) -> str:
    plain = _one_line(name)
    return student if "points possible" in plain.lower() else no_formula(plain)


def _one_line(text: str) -> str:
    return CONTROL.sub(" ", text).strip()


def _php(text: str) -> str:
    """Return a text that PHP's reader of CSV and Moodle's page show as it is."""
    return TAG.sub("&lt;", text.replace("\\", "/").replace('"', "'"))


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST_FEEDBACK else f"{text[:LONGEST_FEEDBACK]} …"


def _number(mark: float) -> str:
    return "" if pd.isna(mark) else f"{mark:.2f}".rstrip("0").rstrip(".")


def _points(marks: pd.DataFrame) -> str:
    return _number(float(marks["of"].iloc[0])) if len(marks) else ""


def _csv(rows: Sequence[Sequence[str]]) -> str:
    made = io.StringIO()
    csv.writer(made, lineterminator="\n").writerows(rows)
    return made.getvalue()
