"""Who is in the class."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass
from pathlib import Path

from whobuys._errors import InstructorError

ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]{0,63}")
RESERVED = {
    "con",
    "prn",
    "aux",
    "nul",
    *(f"{port}{n}" for port in ("com", "lpt") for n in range(10)),
}


@dataclass(frozen=True)
class Student:
    """One student: an id that is safe as a folder name, and a name to print."""

    id: str
    name: str


def read_roster(path: Path) -> list[Student]:
    """Read a roster from CSV with a column `student` (the id) and, if you like, `name`.

    Parameters
    ----------
    path : Path
        UTF-8, with or without a byte-order mark; separated by commas, semicolons or tabs.

    Returns
    -------
    list of Student
        In the order of the file.

    Raises
    ------
    InstructorError
        If the file or a line cannot be used; the message names the line.
    """
    header, *lines = _rows(path)
    columns = [name.strip().lower() for name in header[1]]
    if "student" not in columns:
        raise InstructorError(
            f"{path} has no column `student`; its columns are: {', '.join(columns) or 'none'}. "
            "The first line should read: student,name"
        )
    students: dict[str, Student] = {}
    for number, fields in lines:
        where = f"{path}, line {number}"
        if len(fields) > len(columns):
            raise InstructorError(
                f"{where}: {len(fields)} fields, but the first line names {len(columns)}. A name "
                'with a comma in it needs quotes: "Silva, Ana".'
            )
        line = dict(zip(columns, (text.strip() for text in fields), strict=False))
        id = line.get("student", "")
        if not id:
            raise InstructorError(f"{where}: the student id is empty.")
        if not ID.fullmatch(id) or id.split(".")[0].lower() in RESERVED or id.endswith("."):
            raise InstructorError(
                f"{where}: {id!r} cannot be a student id. Use letters, digits, dot, hyphen, "
                "underscore or @ (it becomes a folder name)."
            )
        if id.lower() in students:
            raise InstructorError(f"{where}: the student id {id!r} stands twice.")
        students[id.lower()] = Student(id, line.get("name") or id)
    if not students:
        raise InstructorError(f"{path} lists no students.")
    return list(students.values())


def _rows(path: Path) -> list[tuple[int, list[str]]]:
    """Return (line number, fields) of every line that is not blank."""
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        raise InstructorError(
            f"There is no roster at {path}: a CSV with a column `student` and, if you like, `name`."
        ) from None
    except UnicodeDecodeError:
        raise InstructorError(
            f"{path} is not UTF-8. Save it as “CSV UTF-8” and try again."
        ) from None
    except OSError as error:
        raise InstructorError(f"{path} cannot be read: {error.strerror}.") from None
    first = text.lstrip().partition("\n")[0]
    separator = max(",;\t", key=first.count)
    lines = io.StringIO(text, newline="")
    reader = csv.reader(lines, delimiter=separator, skipinitialspace=True)
    try:
        rows = [(reader.line_num, fields) for fields in reader if any(map(str.strip, fields))]
    except csv.Error as error:
        raise InstructorError(f"{path}, line {reader.line_num}: {error}.") from None
    if not rows:
        raise InstructorError(f"{path} is empty. The first line should read: student,name")
    return rows
