"""What other commands ask a course file: due times, the secret of a release, when hand-ins came."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from pathlib import Path

from whobuys._errors import InstructorError
from whobuys.desk._course_times import moment, read_time
from whobuys.desk.course_file import Course, read_course
from whobuys.grade._roster import _rows, read_roster
from whobuys.grade._secret import Secret

COURSE_FILE = "course.yml"


def read_times(path: Path, course: Course) -> dict[str, dict[str, dt.datetime]]:
    """Read when hand-ins came, from CSV with the columns `student`, `unit`, `handed_in`.

    Parameters
    ----------
    path : Path
        UTF-8; separated by commas, semicolons or tabs.
    course : Course
        For its units, students and time zone.

    Returns
    -------
    dict of str to dict of str to datetime
        Unit to student to time. A time without an offset is one of the course's time zone; of two
        readings the earlier counts.

    Raises
    ------
    InstructorError
        If a line cannot be used; the message names it, and nothing is stored.
    """
    try:
        head, *rows = _rows(path)
    except InstructorError as error:
        said = str(error).replace("no roster", "no list of times")
        raise InstructorError(said.replace("student,name", "student,unit,handed_in")) from None
    columns = [name.strip().lower() for name in head[1]]
    missing = [name for name in ("student", "unit", "handed_in") if name not in columns]
    if missing:
        raise InstructorError(
            f"{path} has no column {', '.join(missing)}. The first line should read: "
            "student,unit,handed_in"
        )
    ids = {student.id for student in course.students}
    found: dict[str, dict[str, dt.datetime]] = {}
    for number, fields in rows:
        line = dict(zip(columns, map(str.strip, fields), strict=False))
        where = f"{path}, line {number}"
        student, unit = line.get("student", ""), line.get("unit", "")
        if student not in ids:
            raise InstructorError(f"{where}: no student on the roster has the id {student!r}.")
        if unit not in course.units:
            raise InstructorError(f"{where}: the course has no unit {unit!r}.")
        if student in found.get(unit, {}):
            raise InstructorError(f"{where}: {student} and {unit} stand twice; keep one line.")
        try:
            time = moment(read_time(line.get("handed_in", "")), course.zone, later=False)
        except ValueError as error:
            raise InstructorError(f"{where}: {error}.") from None
        found.setdefault(unit, {})[student] = time
    return found


def due_of(path: Path, unit: str, book: str | Path) -> dict[str, dt.datetime]:
    """Return when each student had to hand a unit in, from a course file.

    Parameters
    ----------
    path : Path
        The course file.
    unit : str
        A unit of it, or an exercise.
    book : str or Path
        The gradebook it is marked in: it tells two attempts at one exercise apart.

    Returns
    -------
    dict of str to datetime
        Student id to the due time, extensions counted.

    Raises
    ------
    InstructorError
        If the course has no such unit.
    """
    course = read_course(path)
    found = [one for one in course.units if course.exercise_of(one) == unit]
    if len(found) > 1:
        place = Path(book).resolve() if isinstance(book, Path) else book
        here = {
            one: where.resolve() if isinstance(where, Path) else where
            for one in found
            for where in (course.gradebook_of(one),)
        }
        found = [one for one in found if here[one] == place]
    if len(found) != 1:
        raise InstructorError(
            f"{path} has no unit for {unit} with the gradebook {book}. Its units are: "
            f"{', '.join(course.units)}."
        )
    return {student.id: course.due(found[0], student.id) for student in course.students}


def secret_of(path: Path, folder: Path) -> Secret:
    """Return the secret that a folder was released with, from a course file.

    Parameters
    ----------
    path : Path
        The course file.
    folder : Path
        The folder of a released unit; that of a second attempt has a secret of its own.

    Returns
    -------
    Secret

    Raises
    ------
    InstructorError
        If no unit is released to the folder, or the secret is not there.
    """
    course = read_course(path)
    places = {course.released_folder(unit): unit for unit in course.units}
    unit = next((places[one] for one in places if one.resolve() == folder.resolve()), None)
    if unit is None:
        raise InstructorError(
            f"{path} has no unit that is released to {folder}. The folders of its units are: "
            f"{', '.join(map(str, places))}."
        )
    need_secret(course, path)
    return course.secret_of(unit)


def left_the_roster(to: Path, students: Iterable[str], roster: Path | None = None) -> list[str]:
    """Return who is on the roster no more, of those with graded work in a folder.

    Parameters
    ----------
    to : Path
        The folder of graded work.
    students : iterable of str
        Ids.
    roster : Path, optional
        The roster as it is now; by default that of the course the folder belongs to, if its
        `course.yml` stands above it. Without a roster nobody has left.

    Returns
    -------
    list of str
        Ids, sorted.

    Raises
    ------
    InstructorError
        If the roster or the course file cannot be used.
    """
    if roster is None:
        now = _students_of_course(to.resolve())
    else:
        now = {student.id for student in read_roster(roster)}
    if now is None:
        return []
    there = set(students)
    if there and not there & now:
        raise InstructorError(
            f"Nobody with graded work in {to} is on the roster. Is it the one of another class?"
        )
    return sorted(there - now)


def _students_of_course(to: Path) -> set[str] | None:
    for folder in (to, *to.parents)[:3]:
        path = folder / COURSE_FILE
        if path.is_file():
            if "units:" not in path.read_text(encoding="utf-8", errors="replace"):
                continue  # another program's
            course = read_course(path)
            if to in {course.graded_folder(unit).resolve() for unit in course.units}:
                return {student.id for student in course.students}
    return None


def need_secret(course: Course, path: Path) -> None:
    """Stop if the secret is gone: another one would not fit what is released.

    Parameters
    ----------
    course : Course
        Units of it are released.
    path : Path
        Its file, for the message.

    Raises
    ------
    InstructorError
        If the file is not there.
    """
    secret = course.folder / course.secret
    if not secret.exists():
        raise InstructorError(
            f"There is no secret at {secret}, but units were released with one. Put that file back "
            f"from your copy, or name its place in {path} (secret: FILE)."
        )
