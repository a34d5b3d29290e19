"""Reading what students handed in: files of unknown origin, never run here."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import os
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from whobuys._errors import InstructorError
from whobuys.grade.release import Release

LARGEST_FILE = 20_000_000
DAY = 24 * 60 * 60
MOST_CELLS = 2_000
#: A call such as `check.q1(rfm)` outside a comment: the question, and the name handed over.
CHECK_CALL = re.compile(r"^(?![ \t]*#).*\bcheck\.(q\d+)\(\s*([A-Za-z_]\w*)?", re.MULTILINE)
#: A heading of level one or two at the beginning of a text cell.
TITLE = re.compile(r"\s*##?\s+(.+)")
COPY = re.compile(r"\(\d+\)|-copy\d*", re.IGNORECASE)
#: What some hand in in place of a notebook.
WRONG = (".zip", ".7z", ".rar", ".tar", ".gz", ".tgz", ".py", ".docx", ".odt", ".rtf", ".pages")
#: What stands in a notebook's metadata of it, in words.
KINDS = {"lesson": "the lesson", "solution": "the worked solution", "report": "a report"}


@dataclass(frozen=True)
class Cell:
    """One cell of a hand-in: an id that is unique here, its kind, its text.

    `role` is the id of the released cell this one is (again); empty for a student's own cell.
    """

    id: str
    kind: str
    source: str
    role: str = ""


@dataclass(frozen=True)
class HandIn:
    """One student's hand-in.

    Attributes
    ----------
    student : str
        Id on the roster.
    path : Path
        The file, as it can be printed.
    digest : str
        SHA-256 of its bytes.
    cells : tuple of Cell
        Empty when it could not be read.
    problem : str
        Why it could not be read, in words for the student; empty if it could.
    notes : tuple of str
        What the instructor should know.
    remark : str
        What the student should know of a notebook that is graded all the same; often empty.
    changed_ns : int
        When the file was last changed, in nanoseconds since 1970; 0 if that is not known.
    """

    student: str
    path: Path
    digest: str
    cells: tuple[Cell, ...] = ()
    problem: str = ""
    notes: tuple[str, ...] = field(default=())
    remark: str = ""
    changed_ns: int = 0


@dataclass(frozen=True)
class Folder:
    """Everything found in a folder of hand-ins."""

    handins: dict[str, HandIn]
    unclaimed: tuple[str, ...]


_Rank = tuple[int, int, str]


def read_folder(folder: Path, release: Release, template: Mapping[str, Any]) -> Folder:
    """Find each student's hand-in.

    A file belongs to the student whose id is the name of its folder (the outermost such folder),
    or stands in its name; failing that, to the student whose ticket is in the notebook. Of several
    files, those with the student's own ticket come first, then those with none; of these the newest
    counts. The lesson, or the notebook of another unit, comes last. Where a student has no notebook
    but an archive or the like, that file is among the unclaimed.

    Parameters
    ----------
    folder : Path
        Notebooks, in sub-folders or not.
    release : Release
        Who got which ticket.
    template : mapping
        The released notebook, to know its cells again.

    Returns
    -------
    Folder
    """
    if not folder.is_dir():
        raise InstructorError(f"There is no folder of hand-ins at {folder}.")
    found: dict[str, list[tuple[_Rank, HandIn]]] = {}
    unclaimed = []
    ids = [student.id for student in release.students]
    files = sorted(_files(folder))
    for path in (path for path in files if _is_notebook(path)):
        place = _printable(path.relative_to(folder))
        raw, notebook, problem = _read(path)
        marks = _marks(notebook)
        ticket = _owner(marks.get("ticket", ""), release)
        student = _named(ids, place, release.unit) or ticket
        if student is None:
            unclaimed.append(str(place))
            continue
        notes = []
        if ticket not in (None, student):
            notes.append(f"The notebook carries the ticket of {ticket}.")
        other = _other_notebook(marks, release.unit)
        notes += [f"This is {other}."] if other else []
        remark = f"This is {other}. It was graded as it is; hand in the exercise." if other else ""
        elsewhere = marks.get("unit") not in (None, release.unit)
        cells = cells_of(notebook, template, not elsewhere) if notebook is not None else ()
        digest = hashlib.sha256(raw).hexdigest()
        changed = _changed(path)
        notes += _time_to_come(changed)
        handin = HandIn(
            student, _printable(path), digest, cells, problem, tuple(notes), remark, changed
        )
        trust = 0 if ticket is None else 1 if ticket == student else -1
        trust = -2 if other else trust
        found.setdefault(student, []).append(((trust, changed, str(place)), handin))
    for path in (path for path in files if _may_hold_one(path)):
        place = _printable(path.relative_to(folder))
        if _named(ids, place, release.unit) not in found:
            unclaimed.append(str(place))
    return Folder({student: _best(files) for student, files in found.items()}, tuple(unclaimed))


def _is_notebook(path: Path) -> bool:
    return path.suffix.lower() == ".ipynb"


def _may_hold_one(path: Path) -> bool:
    """Tell whether a file that is no notebook may have been meant as one."""
    name = path.name.lower()
    return not _is_notebook(path) and (path.suffix.lower() in WRONG or ".ipynb" in name)


def _other_notebook(marks: Mapping[str, str], unit: str) -> str:
    """Say which notebook this is, if it is not the exercise; by its metadata, which may be lost."""
    kind, of = marks.get("kind", "exercise"), _visible(marks.get("unit", unit)[:80])
    words = KINDS.get(kind, "the notebook")
    if kind in KINDS and of == unit:
        return f"{words} of {unit}, not the exercise"
    return f"{words} of {of}, not the exercise {unit}" if of != unit else ""


def _read(path: Path) -> tuple[bytes, dict[str, Any] | None, str]:
    try:
        with path.open("rb") as file:
            raw = file.read(LARGEST_FILE + 1)
    except OSError as error:
        return b"", None, f"The file cannot be opened: {error.strerror}."
    return raw, *read_notebook(raw)


def read_notebook(raw: bytes) -> tuple[dict[str, Any] | None, str]:
    """Parse a notebook; return it, or None and the reason in words for the student."""
    if len(raw) > LARGEST_FILE:
        return None, (
            f"The file is larger than {LARGEST_FILE // 1_000_000} MB. Clear the outputs and "
            "hand in again."
        )
    if not raw.strip():
        return None, "The file is empty. Save your notebook and hand in again."
    try:
        notebook = json.loads(raw.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        return None, (
            "The file is not a Jupyter notebook: it cannot be read as JSON. Open your notebook in "
            "JupyterLab, save it, and hand in the file that ends in .ipynb."
        )
    if not isinstance(notebook, dict) or not isinstance(notebook.get("cells"), list):
        older = isinstance(notebook, dict) and "worksheets" in notebook
        return None, (
            "The notebook is in an old format. Open it in JupyterLab, save it, and hand in again."
            if older
            else "The file is not a Jupyter notebook: it has no cells."
        )
    if len(notebook["cells"]) > MOST_CELLS:
        return None, (
            f"The notebook has more than {MOST_CELLS:,} cells. Delete what you do not need and "
            "hand in again."
        )
    return notebook, ""


def cells_of(
    notebook: Mapping[str, Any], template: Mapping[str, Any], by_name: bool = True
) -> tuple[Cell, ...]:
    """Return clean cells: fresh unique ids, no outputs, no metadata; released cells known again.

    A released cell is known by its id, or by the name in its metadata; where an editor has dropped
    both, by its text or by the `check.q1(...)` it calls. Ids and names mean nothing in the notebook
    of another exercise, which has the same ones: there, `by_name` is False.
    """
    by_id = {cell["id"]: _source(cell) for cell in template["cells"]}
    by_text = {text.strip(): id for id, text in by_id.items() if text.strip()}
    by_call = {call[1]: id for id, text in by_id.items() if (call := CHECK_CALL.search(text))}
    plain = [
        (_known(cell, by_id) if by_name else "", _kind(cell), _source(cell))
        for cell in notebook["cells"]
    ]
    present = {id for id, _, _ in plain}
    cells: list[Cell] = []
    used: set[str] = set()
    for number, (id, kind, source) in enumerate(plain):
        role = id or by_text.get(source.strip(), "")
        call = CHECK_CALL.search(source) if kind == "code" else None
        if not role and call and by_call.get(call[1]) not in present:
            role = by_call.get(call[1], "")
        fresh = role if role and role not in used else f"extra-{number}"
        used.add(fresh)
        cells.append(Cell(fresh, kind, source, role))
    return tuple(cells)


def open_answer(cells: Iterable[Cell], question: str, template: Mapping[str, Any]) -> str:
    """Return what was written for an open question.

    It is the text of the answer cell, whatever its kind, and of the student's own text cells
    between the prompt and the next released cell of another question, without the text that was
    there to begin with. Where the released notebook has several cells for it (`q5-words-...`), the
    question is about the whole notebook: then it is the text of all of them and of every text cell
    of the student's own, each below the heading it stands under.
    """
    starters = {c["id"]: _source(c).strip() for c in template["cells"]}
    many = f"{question}-words"
    whole = any(id.startswith(many) for id in starters)
    texts, inside, heading = [], False, ""
    for cell in cells:
        if cell.role:
            inside = cell.role.split("-")[0] == question
        if whole and cell.kind != "code" and (title := TITLE.match(cell.source)):
            heading = title[1]
        own = (inside or whole) and not cell.role and cell.kind != "code"
        if cell.role == question or cell.role.startswith(many) or own:
            starter = starters.get(cell.role, "")
            text = cell.source.replace(starter, "") if starter else cell.source
            if cell.role.startswith(many):
                text = "\n".join(line for line in text.splitlines() if line.strip() not in starter)
            if text.strip() and heading and whole and not TITLE.match(text):
                texts.append(f"**{heading}**")
                heading = ""
            texts.append(text)
    return "\n\n".join(text.strip() for text in texts if text.strip())


def _files(folder: Path) -> Iterable[Path]:
    for path in folder.rglob("*"):
        parts = path.relative_to(folder).parts
        hidden = any(part.startswith((".", "__")) for part in parts)
        if not hidden and not path.is_symlink() and path.is_file():
            yield path


def _printable(path: Path) -> Path:
    """Return a path that can be printed and stored: no undecodable bytes, no control codes."""
    return Path(_visible(os.fsencode(path).decode("utf-8", errors="replace")))


def _visible(text: str) -> str:
    return "".join(letter if letter.isprintable() else "\ufffd" for letter in text)


def _time_to_come(changed_ns: int) -> list[str]:
    """Say that a file's time cannot be when it came, for it is still to come."""
    seconds = changed_ns / 1e9
    if seconds < dt.datetime.now(dt.UTC).timestamp() + DAY:
        return []
    try:
        when = f"{dt.datetime.fromtimestamp(seconds, dt.UTC):%Y-%m-%d}"
    except (ValueError, OverflowError, OSError):
        when = "beyond all calendars"
    return [
        f"The file's time ({when}) lies in the future, so when it came is not known: it counts as "
        "in time, unless a list (--times) tells."
    ]


def _changed(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0


def _marks(notebook: Mapping[str, Any] | None) -> dict[str, str]:
    metadata = notebook.get("metadata") if notebook else None
    marks = metadata.get("whobuys") if isinstance(metadata, dict) else None
    if not isinstance(marks, dict):
        return {}
    return {key: value for key, value in marks.items() if isinstance(value, str)}


def _owner(ticket: str, release: Release) -> str | None:
    return next((student.id for student in release.students if student.ticket == ticket), None)


def _named(ids: Sequence[str], path: Path, unit: str) -> str | None:
    """Return the student named by a folder or by the file; None if nobody is, or several are."""
    by_lower = {id.lower(): id for id in ids}
    for part in path.parts[:-1]:
        if part.lower() in by_lower:
            return by_lower[part.lower()]
    stem = unicodedata.normalize("NFC", path.stem).lower().replace(unit.lower(), " ")
    stem = COPY.sub(" ", stem)
    hits = [id for id in ids if re.search(rf"(?<![^\W_]){re.escape(id.lower())}(?![^\W_])", stem)]
    longest = max(hits, key=len, default=None)
    rivals = [id for id in hits if longest is not None and id.lower() not in longest.lower()]
    return longest if not rivals else None


def _best(files: Sequence[tuple[_Rank, HandIn]]) -> HandIn:
    best = max(files, key=lambda file: file[0])[1]
    if len(files) == 1:
        return best
    others = ", ".join(handin.path.name for _, handin in files if handin is not best)
    note = f"{len(files)} files; graded was {best.path.name}, not: {others}."
    return replace(best, notes=(*best.notes, note))


def _known(cell: Any, released: Mapping[str, str]) -> str:
    """Return the released id a cell carries, as its id or as its name; empty if none."""
    metadata = cell.get("metadata") if isinstance(cell, dict) else None
    marks = (_text(cell, "id"), _text(metadata, "name"))
    return next((mark for mark in marks if mark in released), "")


def _text(cell: Any, key: str) -> str:
    value = cell.get(key) if isinstance(cell, dict) else None
    return value if isinstance(value, str) else ""


def _kind(cell: Any) -> str:
    kind = _text(cell, "cell_type")
    return kind if kind in ("code", "markdown") else "raw"


def _source(cell: Any) -> str:
    source = cell.get("source", "") if isinstance(cell, dict) else ""
    if isinstance(source, list):
        source = "".join(line for line in source if isinstance(line, str))
    if not isinstance(source, str):
        return ""
    return source.encode("utf-8", errors="replace").decode("utf-8")
