"""Give every student an own folder: the exercise notebook, own data, a ticket."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from whobuys._errors import InstructorError
from whobuys.course import Exercise, Judge, load_key, unit_folder
from whobuys.course._practice import TICKET_FILE
from whobuys.course._public import public
from whobuys.course._units import CHECKOUT
from whobuys.grade._roster import Student
from whobuys.grade._secret import Secret
from whobuys.market import Case, column_types, write_tables
from whobuys.pages.files import write_text

FEEDBACK = ("shape", "full", "none")
STUDENTS = "students"
HANDED_IN = "handed_in"
RECORD = "release.json"
MOST_ATTEMPTS = 50


@dataclass(frozen=True)
class Released:
    """One student's part of a release; `data` is the SHA-256 of the tables the student got."""

    id: str
    name: str
    ticket: str
    attempt: int
    data: str = ""


@dataclass(frozen=True)
class Release:
    """What was released to whom. Kept in `release.json`, for the instructor only."""

    unit: str
    company: str
    feedback: str
    secret: str
    students: tuple[Released, ...]

    @classmethod
    def read(cls, path: Path) -> Release:
        """Read `release.json`.

        Raises
        ------
        InstructorError
            If it is missing or damaged.
        """
        try:
            data = json.loads(path.read_text(encoding="utf-8"))
            students = tuple(Released(**student) for student in data.pop("students"))
            return cls(**data, students=students)
        except FileNotFoundError:
            raise InstructorError(
                f"There is no {RECORD} at {path}. `whobuys release` writes it; name it with "
                "--release if the hand-ins lie elsewhere."
            ) from None
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise InstructorError(
                f"{path} is damaged ({error}). Release again to the same folder."
            ) from error

    def must_be_of(self, unit: str) -> None:
        """Raise InstructorError if this is the release of another exercise."""
        if self.unit != unit:
            raise InstructorError(f"That release is of {self.unit}, not of {unit}.")

    def must_fit(self, secret: Secret) -> None:
        """Raise InstructorError if the secret is another: every case drawn from it would be too."""
        if self.secret != secret.fingerprint:
            raise InstructorError(
                f"This secret ({secret.fingerprint}) is not the one {self.unit} was released with "
                f"({self.secret}), and draws other data. Give the file that was made at the "
                "release (--secret FILE)."
            )

    def write(self, path: Path) -> None:
        """Write `release.json`."""
        write_text(path, json.dumps(asdict(self), indent=1, ensure_ascii=False) + "\n")


def release(
    unit: str,
    students: Sequence[Student],
    to: Path,
    secret: Secret,
    feedback: str = "shape",
    tell: Callable[[Student], None] = lambda student: None,
) -> Release:
    """Write a folder for each student.

    Running it again leaves folders that are there as they are, and adds those of new students.

    Parameters
    ----------
    unit : str
        Such as "05_rfm".
    students : sequence of Student
        From `read_roster`.
    to : Path
        Gets `students/ID/` for each student, an empty `handed_in/`, and `release.json` for you.
    secret : Secret
        Makes the cases.
    feedback : {"shape", "full", "none"}
        What a student is told before handing in: whether the form is right; everything (the key
        goes along); nothing.
    tell : callable
        Called after each student, for a progress bar.

    Returns
    -------
    Release

    Raises
    ------
    InstructorError
        If the folder holds another release, or no fair case can be drawn.
    """
    if feedback not in FEEDBACK:
        raise InstructorError(f"--feedback is one of {', '.join(FEEDBACK)}; not {feedback!r}.")
    source = unit_folder(unit)
    exercise = load_key(source / "key.py")
    notebook = json.loads((CHECKOUT / "exercises" / f"{unit}.ipynb").read_text(encoding="utf-8"))
    earlier = _earlier(to / RECORD, unit, secret, feedback, exercise)
    known = {student.id: student for student in earlier.students} if earlier else {}
    record = Release(unit, exercise.company, feedback, secret.fingerprint, tuple(known.values()))
    (to / HANDED_IN).mkdir(parents=True, exist_ok=True)
    for student in students:
        folder = to / STUDENTS / student.id
        if student.id not in known or not (folder / TICKET_FILE).exists():
            if feedback == "full":
                folder.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(source / "key.py", folder / "key.py")
            known[student.id] = _release_one(exercise, student, folder, secret, feedback, notebook)
        known[student.id] = replace(known[student.id], name=student.name)
        record = replace(record, students=tuple(known.values()))
        record.write(to / RECORD)
        tell(student)
    return record


def case_of(exercise: Exercise, secret: Secret, student: str, attempt: int) -> Case:
    """Draw a student's case."""
    return exercise.draw(secret.case_seed(exercise.unit, student, attempt))


def fair_case(exercise: Exercise, secret: Secret, student: str) -> tuple[int, Case]:
    """Draw cases until one is fair: every known mistake can be told from every other.

    Raises
    ------
    InstructorError
        If none of 50 is; the message says what was confused with what.
    """
    for attempt, case in _attempts(exercise, secret, student):
        confused = Judge(exercise, case).recognises()
        if not confused:
            return attempt, case
    raise InstructorError(
        f"{exercise.unit}: no fair case for {student!r} in {MOST_ATTEMPTS} draws. In the last one: "
        f"{'; '.join(confused)}. Mend the key or the company."
    )


def _attempts(exercise: Exercise, secret: Secret, student: str) -> Iterator[tuple[int, Case]]:
    for attempt in range(MOST_ATTEMPTS):
        yield attempt, case_of(exercise, secret, student, attempt)


def _earlier(
    path: Path, unit: str, secret: Secret, feedback: str, exercise: Exercise
) -> Release | None:
    if not path.exists():
        return None
    earlier = Release.read(path)
    asked = (unit, exercise.company, feedback, secret.fingerprint)
    there = (earlier.unit, earlier.company, earlier.feedback, earlier.secret)
    if asked != there:
        raise InstructorError(
            f"{path.parent} holds another release ({earlier.unit}, feedback {earlier.feedback}, "
            f"secret {earlier.secret}). Choose another folder with --to, or give the same settings "
            "and secret."
        )
    return earlier


def _release_one(
    exercise: Exercise,
    student: Student,
    folder: Path,
    secret: Secret,
    feedback: str,
    notebook: dict[str, Any],
) -> Released:
    """Write one student's folder; `exercise.json` comes last and says that it is whole."""
    attempt, case = fair_case(exercise, secret, student.id)
    ticket = secret.ticket(exercise.unit, student.id)
    (folder / "data").mkdir(parents=True, exist_ok=True)
    write_tables(case, folder / "data")
    own = notebook | {
        "metadata": notebook["metadata"]
        | {"whobuys": notebook["metadata"]["whobuys"] | {"student": student.id, "ticket": ticket}}
    }
    write_text(
        folder / f"{exercise.unit}.ipynb", json.dumps(own, indent=1, ensure_ascii=False) + "\n"
    )
    own_ticket = ticket_json(exercise, feedback, case, student=student.id, ticket=ticket)
    write_text(folder / TICKET_FILE, own_ticket)
    return Released(student.id, student.name, ticket, attempt, data_digest(folder / "data"))


def data_digest(folder: Path) -> str:
    """Return the SHA-256 over the names and bytes of the files in a folder."""
    digest = hashlib.sha256()
    for path in sorted(folder.iterdir()):
        digest.update(path.name.encode() + b"\0" + hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def check_data(folder: Path, released: Released) -> None:
    """Make sure the tables drawn now, and written to a folder, are those the student got.

    Raises
    ------
    InstructorError
        If the company's description or the generator has changed since the release.
    """
    if released.data and data_digest(folder) != released.data:
        raise InstructorError(
            f"The data of {released.id!r} come out differently now than at the release: the "
            "company's description, the key's tables or the package has changed since. Grade with "
            "the version you released with."
        )


def ticket_json(exercise: Exercise, feedback: str, case: Case, **own: str) -> str:
    """Return what lies beside a notebook: names, shapes and hints; never an answer or a seed.

    Unless there is no feedback, the shapes know their sizes; `own` is whose it is.
    """
    shown = {
        "unit": exercise.unit,
        "company": exercise.company,
        "tables": [name for name in case.tables if name not in case.added],
        "extra": {name: column_types(name, case[name]) for name in case.added},
        "feedback": feedback,
        **own,
        "questions": public(exercise, case if feedback != "none" else None),
    }
    return json.dumps(shown, indent=1, ensure_ascii=False) + "\n"
