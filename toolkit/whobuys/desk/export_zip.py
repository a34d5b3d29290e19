"""Graded reports in archives: one for each student, or one that Moodle hands out."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from whobuys._errors import InstructorError
from whobuys.desk.export_files import archive, safe_name
from whobuys.desk.export_pdf import is_new, reports
from whobuys.pages.files import write_bytes

NUMBER_AT_END = re.compile(r"(\d{1,18})$")


def zip_reports(
    unit: str, to: Path, out: Path, students: Sequence[str] | None = None
) -> list[Path]:
    """Write one archive for each student: the graded report, and its PDF if there is one.

    The notebook as handed in is not in it. The student has it; the report shows it as it ran, with
    the SHA-256 of the file; and what goes out holds only what was made and cleaned here.

    Parameters
    ----------
    unit : str
        Such as "05_rfm"; it stands in the names.
    to : pathlib.Path
        The folder of `whobuys grade --to`.
    out : pathlib.Path
        Folder for the archives, `ID.zip`.
    students : sequence of str, optional
        Only these.

    Returns
    -------
    list of pathlib.Path
        The archives. The same reports give the same bytes.

    Raises
    ------
    InstructorError
        If there are no reports.
    """
    made = []
    for student, page in reports(to, students).items():
        path = out / f"{student}.zip"
        write_bytes(path, archive(_files(unit, page)))
        made.append(path)
    return made


def old_papers(to: Path, students: Sequence[str] | None = None) -> list[str]:
    """Return the students whose PDF is older than their report, and so goes into no archive."""
    papers = {student: page.with_suffix(".pdf") for student, page in reports(to, students).items()}
    return [student for student, paper in papers.items() if paper.exists() and not is_new(paper)]


def moodle_feedback(
    unit: str, to: Path, worksheet: Path, match: str, students: Sequence[str] | None = None
) -> tuple[bytes, list[str]]:
    """Make the one archive that Moodle's “Upload multiple feedback files in a zip” takes.

    Parameters
    ----------
    unit : str
        Such as "05_rfm".
    to : pathlib.Path
        The folder of `whobuys grade --to`.
    worksheet : pathlib.Path
        The assignment's “grading worksheet”, downloaded from Moodle: it alone knows the number
        Moodle has given each participant.
    match : str
        The column of the worksheet that holds our student ids, such as "Email address" or
        "ID number".
    students : sequence of str, optional
        Only these.

    Returns
    -------
    bytes
        The archive.
    list of str
        Students with a report who are not in the worksheet.

    Raises
    ------
    InstructorError
        If the worksheet cannot be used, or nobody in it has a report.

    Notes
    -----
    Moodle reads folders named `fullname_number_plugintype_pluginname`: the participant's number is
    the second part, between underscores, and what the folder holds becomes the feedback files
    (mod/assign/feedback/file/importziplib.php of Moodle 4.1 and later, read in 2026-11). No name
    may therefore hold an underscore.
    """
    pages = reports(to, students)
    numbers = _participants(worksheet, match)
    files: dict[str, bytes] = {}
    for student, page in pages.items():
        if student.casefold() in numbers:
            name, number = numbers[student.casefold()]
            folder = f"{safe_name(name) or student.replace('_', '-')}_{number}_assignfeedback_file"
            files |= {f"{folder}/{each}": raw for each, raw in _files(unit, page).items()}
    if not files:
        raise InstructorError(
            f"No student with a report stands in the column {match!r} of {worksheet}. Name the "
            "column that holds your student ids with --match."
        )
    return archive(files), [student for student in pages if student.casefold() not in numbers]


def _files(unit: str, page: Path) -> Mapping[str, bytes]:
    files = {f"{unit}_report.html": page.read_bytes()}
    paper = page.with_suffix(".pdf")
    if is_new(paper):
        files[f"{unit}_report.pdf"] = paper.read_bytes()
    return files


def _participants(worksheet: Path, match: str) -> dict[str, tuple[str, str]]:
    """Return our id to full name and Moodle's number."""
    try:
        text = worksheet.read_bytes().decode("utf-8-sig")
    except (OSError, UnicodeDecodeError):
        raise InstructorError(
            f"{worksheet} cannot be read as UTF-8. Give the grading worksheet as Moodle wrote it."
        ) from None
    rows = list(csv.reader(io.StringIO(text, newline="")))
    header = rows[0] if rows else []
    if match not in header:
        raise InstructorError(
            f"{worksheet} has no column {match!r}; its columns are: {', '.join(header) or 'none'}. "
            "Name the one that holds your student ids with --match."
        )
    found = {}
    for row in rows[1:]:
        fields = row + [""] * (len(header) - len(row))
        number = NUMBER_AT_END.search(fields[0].strip())
        own = fields[header.index(match)].strip()
        if own and number is None:
            raise InstructorError(
                f"{worksheet}: the first column should read like “Participant 1234”, not "
                f"{fields[0][:40]!r}. Give the grading worksheet as Moodle wrote it."
            )
        if own and number is not None:
            found[own.casefold()] = (fields[1] if len(fields) > 1 else "", number[1])
    return found
