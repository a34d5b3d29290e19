"""Prove that a release holds no key: everything handed out is opened and looked through.

What is looked for is worked out from the key and the secret: right answers, known mistakes, the
words of the key, latent truth, seeds, and the other students. What is looked into is every file,
and what lies packed in it: archives, compressed data, notebooks with their outputs, metadata and
attachments, base64 and hexadecimal text. What somebody has disguised on purpose, such as a number
written in words, is not found.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import stat
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from whobuys._errors import InstructorError
from whobuys.course import Exercise, Judge, load_key, unit_folder
from whobuys.course._public import public
from whobuys.course._units import CHECKOUT
from whobuys.grade._secret import Secret
from whobuys.grade._unpack import LARGEST, LINK, NOT_OPENED, TOO_LARGE, Piece, unpack
from whobuys.grade.release import RECORD, STUDENTS, Release, Released, case_of
from whobuys.market import Case, NoTruthError, truth, write_tables

KEY = "key.py"
SHORTEST_LINE = 25
SHORTEST_LABEL = 5
BEGINNING = 30
LARGEST_DENOMINATOR = 12
EXACT = re.compile(r"(?<![\d.])\d{0,12}\.\d{6,17}(?:e-?\d+)?")
MONEY = re.compile(r"(?<![\d.])\d{3,12}\.\d{1,2}(?!\d)")
TIME = re.compile(r"t?\d\d:\d\d:\d\d\.\d+")  # a time of day has six decimals too
WORDS = re.compile(r"[\w.-]+")
FEWEST_ROWS, MOST_ROWS, REACH = 10, 0.6, 40
BLANKS = re.compile(r"\s+")
ANSWER = "a right answer"
KEY_WORDS = "words of the key"


@dataclass(frozen=True)
class Finding:
    """What should not leave the house, and where it is."""

    place: str
    what: str


@dataclass(frozen=True)
class Checked:
    """What came of looking through a release.

    Attributes
    ----------
    findings : tuple of Finding
        Empty: the release is clean.
    students, files, needles : int
        How many folders and files were looked through, and for how many texts.
    full : bool
        The instructor chose to hand out the key; it is not counted as a finding.
    """

    findings: tuple[Finding, ...]
    students: int
    files: int
    needles: int
    full: bool


@dataclass(frozen=True)
class Needles:
    """What must not reach one student.

    Attributes
    ----------
    texts : dict of str to str
        Text in small letters, to what it is. It counts wherever it stands.
    words : dict of str to str
        The same, but only where it stands as a word of its own.
    values : dict of str to str
        The same, but only where it is a whole value of JSON, or a part of a path.
    exact, money : frozenset of str
        Numbers with six decimals, and with two.
    rows : dict of str to dict
        What an answer is, to key and value of each of its rows, such as customer and segment. A
        few may stand side by side by accident; most of them do not.
    given : frozenset of str
        SHA-256 of the tables that the student is to have; rows are not looked for in them.
    """

    texts: Mapping[str, str] = field(default_factory=dict)
    words: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[str, str] = field(default_factory=dict)
    exact: frozenset[str] = frozenset()
    money: frozenset[str] = frozenset()
    rows: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    given: frozenset[str] = frozenset()

    def __len__(self) -> int:
        texts = len(self.texts) + len(self.words) + len(self.values)
        rows = sum(map(len, self.rows.values()))
        return texts + len(self.exact) + len(self.money) + rows


def check(
    folder: Path,
    secret: Secret,
    tell: Callable[[str, int, int], None] = lambda student, done, of: None,
) -> Checked:
    """Look through everything a release hands out.

    Parameters
    ----------
    folder : pathlib.Path
        The folder of `whobuys release --to`.
    secret : Secret
        The one of the release.
    tell : callable
        Called with (student, done, of) after each.

    Returns
    -------
    Checked

    Raises
    ------
    InstructorError
        If the record is missing, the secret is another, or there is nothing to look through.
    """
    record = Release.read(folder / RECORD)
    record.must_fit(secret)
    students = folder / STUDENTS
    if not students.is_dir() or not any(students.iterdir()):
        raise InstructorError(f"There is nothing to look through in {students}.")
    exercise = load_key(unit_folder(record.unit) / KEY)
    common = of_everybody(exercise, secret, record)
    own = {one.id: of_case(exercise, secret, one) for one in record.students}
    everyone = frozenset().union(*(needles.exact for needles in own.values()))
    findings: list[Finding] = []
    files = 0
    full = record.feedback == "full"
    places = sorted(students.iterdir())
    for done, place in enumerate(places, start=1):
        student = place.stem if place.is_file() and place.stem in own else place.name
        mine = own.get(student, Needles())
        if student not in own:
            findings.append(Finding(place.name, "belongs to nobody in the release"))
        others = of_others(exercise, record, student)
        wanted = Needles(
            {**common.texts, **mine.texts},
            others.words,
            others.values,
            mine.exact | everyone,
            mine.money,
            mine.rows,
            mine.given,
        )
        for path in _everything(place):
            name = _printable(path.relative_to(students))
            raw, problem = _content(path)
            if problem:
                findings.append(Finding(name, problem))
            if raw is None:
                findings += look(name, b"", wanted)
                continue
            files += 1
            if full and path == place / KEY:
                findings += _not_the_key(raw, name, record.unit)
            else:
                findings += look(name, raw, wanted)
        tell(student, done, len(places))
    count = len(common) + sum(map(len, own.values()))
    return Checked(tuple(findings), len(places), files, count, full)


def look(name: str, raw: bytes, needles: Needles) -> list[Finding]:
    """Look through one file, and whatever is packed in it.

    Parameters
    ----------
    name : str
        Where it is, for the findings; it is looked through as well.
    raw : bytes
        Its content.
    needles : Needles
        What must not be in it.

    Returns
    -------
    list of Finding
        Each text once for each place.
    """
    found: dict[Finding, None] = {}
    if hashlib.sha256(raw).hexdigest() in needles.given:
        needles = replace(needles, rows={})
    for piece in unpack(name, raw):
        if piece.problem:
            found[Finding(piece.place, piece.problem)] = None
            continue
        for what in _in(piece, needles):
            found[Finding(piece.place, what)] = None
    return list(found)


def of_everybody(exercise: Exercise, secret: Secret, record: Release) -> Needles:
    """Return what must not reach anybody: key, mistakes, secret, seeds.

    The rubric of an open question is no secret: `exercise.json` holds it for every student.
    """
    texts = dict(_of_key(exercise.unit))
    asked = _asked(exercise)
    for question in exercise.questions.values():
        for mistake in question.mistakes:
            for words in _telling(mistake.words):
                if words not in asked:
                    texts[words] = f"the words of a known mistake of {question.id}"
            name = mistake.id.lower()
            if "_" in name and len(name) > 8 and name not in asked:
                texts[name] = f"the name of a known mistake of {question.id}"
    texts[secret.text.lower()] = "the secret"
    texts[secret.fingerprint] = "the fingerprint of the secret"
    for student in record.students:
        for attempt in range(student.attempt + 1):
            seed = secret.case_seed(exercise.unit, student.id, attempt)
            for text in (str(seed), f"{seed:x}", f"{seed:o}"):
                texts[text] = f"the seed of {student.id}"
    return Needles(texts)


def of_case(exercise: Exercise, secret: Secret, student: Released) -> Needles:
    """Return what must not reach one student: right answers and the truth behind the data."""
    case = case_of(exercise, secret, student.id, student.attempt)
    judge = Judge(exercise, case)
    answers = [judge.right(q.id) for q in exercise.questions.values() if not q.open]
    numbers, labels = _flatten(answers)
    given = _given(case)
    read = _read(exercise.unit) + _asked(exercise)
    exact = {text for text in _exact(numbers) if text not in given.exact}
    money = {text for text in _money(numbers) if text not in given.money}
    texts = {
        label: f"{ANSWER}: a name that stands in it"
        for label in {_flat(label) for label in labels}
        if len(label) >= SHORTEST_LABEL and label not in read and label not in given.text
    }
    behind, names = _truth(case)
    told = _flat(" ".join(case[table].to_csv() for table in case.added))
    texts |= {name: "a segment behind the data" for name in names if name not in read + told}
    return Needles(
        texts,
        exact=frozenset(exact | _exact(behind)),
        money=frozenset(money),
        rows=_rows(exercise, judge),
        given=given.digests,
    )


def of_others(exercise: Exercise, record: Release, student: str) -> Needles:
    """Return the tickets, ids and names of the other students.

    A short id, or a name of one word, counts only as a value of its own: many a customer is called
    so too.
    """
    read, known = _read(exercise.unit), _values(exercise)
    own = {student.casefold()}
    own |= {one.name.casefold() for one in record.students if one.id == student}
    words, values = {}, {}
    for other in record.students:
        if other.id == student:
            continue
        words[other.ticket.lower()] = f"the ticket of {other.id}"
        for plain in {_flat(other.id), _flat(other.name)} - own:
            long = len(plain) > 5 and (" " in plain or any(map(str.isdigit, plain)))
            if long and plain not in read:
                words[plain] = f"the id or name of {other.id}"
            elif plain not in known:
                values[plain] = f"the id or name of {other.id}"
    return Needles({}, words, values)


def _in(piece: Piece, needles: Needles) -> Iterator[str]:
    """Say what of the needles stands in a text."""
    text = TIME.sub("", piece.text.lower())
    flat = text if piece.is_table else BLANKS.sub(" ", text)
    for needle, what in needles.texts.items():
        if needle in flat:
            yield what
    if piece.is_values:
        for line in set(text.split("\n")) & needles.values.keys():
            yield needles.values[line]
    for needle, what in needles.words.items():
        if needle in flat and re.search(rf"(?<!\w){re.escape(needle)}(?!\w)", flat):
            yield what
    if any(_six(number) in needles.exact for number in EXACT.findall(text)):
        yield f"{ANSWER}, or the truth behind the data: a number with six decimals"
    if any(f"{float(number):.2f}" in needles.money for number in MONEY.findall(text)):
        yield f"{ANSWER}: a number"
    words = _words(text) if needles.rows else []
    for what, wanted in needles.rows.items():
        if _side_by_side(words, wanted):
            yield what


def _side_by_side(words: Sequence[str], wanted: Mapping[str, str]) -> bool:
    """Tell whether most keys of a table are followed by its values, before the next key."""
    places = [place for place, word in enumerate(words) if word in wanted]
    seen = [
        wanted[words[here]]
        for here, after in pairwise([*places, len(words)])
        if f" {wanted[words[here]]} " in f" {' '.join(words[here + 1 : min(after, here + REACH)])} "
    ]
    return len(seen) >= max(FEWEST_ROWS, MOST_ROWS * len(places)) and len(set(seen)) > 1


def _rows(exercise: Exercise, judge: Judge) -> dict[str, dict[str, str]]:
    """Return key and value of each row of the answers that are tables."""
    made: dict[str, dict[str, str]] = {}
    for question in exercise.questions.values():
        key = getattr(question.compare, "on", None)
        right = None if question.open else judge.right(question.id)
        if not isinstance(right, pd.DataFrame) or key is None:
            continue
        table = right if key in right.columns else right.reset_index()
        if key not in table.columns or len(table) < FEWEST_ROWS:
            continue
        keys = [" ".join(_words(str(each).lower())) for each in table[key]]
        if not all(len(each) > 2 and " " not in each for each in keys):
            continue
        for column in table.columns.drop(key):
            values = [" ".join(_words(str(each).lower())) for each in table[column]]
            if len(set(values)) > 1:
                what = f"{ANSWER} to {question.id}: rows of {column}"
                made[what] = dict(zip(keys, values, strict=True))
    return made


def _words(text: str) -> list[str]:
    return [word.removesuffix(".0") for word in WORDS.findall(text)]


def _everything(place: Path) -> Iterator[Path]:
    """Return a file, or a folder and all that is in it; no link is followed."""
    yield place
    if not place.is_dir() or place.is_symlink():
        return
    for folder, folders, files in os.walk(place):
        folders.sort()
        yield from (Path(folder) / name for name in sorted([*folders, *files]))


def _content(path: Path) -> tuple[bytes | None, str]:
    """Return what is in a file, or None and what is wrong with it; of a folder, nothing."""
    try:
        about = path.lstat()
        if stat.S_ISLNK(about.st_mode):
            return None, LINK
        if stat.S_ISDIR(about.st_mode):
            os.scandir(path).close()
            return None, ""
        if not stat.S_ISREG(about.st_mode):
            return None, "is no file"
        return (None, TOO_LARGE) if about.st_size > LARGEST else (path.read_bytes(), "")
    except OSError:
        return None, NOT_OPENED


def _printable(path: Path) -> str:
    """Return a path without undecodable bytes and control codes."""
    text = os.fsencode(path.as_posix()).decode("utf-8", errors="replace")
    return "".join(letter if letter.isprintable() else "\ufffd" for letter in text)


def _not_the_key(raw: bytes, name: str, unit: str) -> list[Finding]:
    if raw == (unit_folder(unit) / KEY).read_bytes():
        return []
    return [Finding(name, "is another key than that of the unit")]


@cache
def _of_key(unit: str) -> dict[str, str]:
    """Return the telling lines of the key: none that students may read."""
    asked = _asked(load_key(unit_folder(unit) / KEY)) + _read(unit)
    lines = (unit_folder(unit) / KEY).read_text(encoding="utf-8").splitlines()
    kept = {_flat(line) for line in lines if "import" not in line}
    return {
        line: KEY_WORDS
        for line in kept
        if len(line) >= SHORTEST_LINE and line.strip("\"',()") not in asked
    }


def _telling(words: str) -> set[str]:
    """Return the beginnings of what stands between the facts of a mistake's words."""
    pieces = sorted((_flat(piece) for piece in re.split(r"\{[^{}]*\}", words)), key=len)
    return {piece[:BEGINNING] for piece in pieces if len(piece) >= SHORTEST_LINE} | {
        piece[:BEGINNING] for piece in pieces[-1:] if len(piece) >= SHORTEST_LABEL * 2
    }


def _asked(exercise: Exercise) -> str:
    """Return what every student is told of the questions."""
    return _flat(
        " ".join(text for q in exercise.questions.values() for text in (*q.hints, q.title, q.name))
    )


@cache
def _read(unit: str) -> str:
    """Return what every student reads: the text of the exercise."""
    notebook = json.loads((CHECKOUT / "exercises" / f"{unit}.ipynb").read_text(encoding="utf-8"))
    return _flat(" ".join("".join(cell["source"]) for cell in notebook["cells"]))


def _values(exercise: Exercise) -> frozenset[str]:
    """Return the single values that every student's files hold."""
    template = CHECKOUT / "exercises" / f"{exercise.unit}.ipynb"
    files = {template.name: template.read_bytes(), "a.json": json.dumps(public(exercise)).encode()}
    pieces = [piece for name, raw in files.items() for piece in unpack(name, raw)]
    lines = {line for piece in pieces if piece.is_values for line in piece.text.lower().split("\n")}
    return frozenset(lines | {"data", "csv", "json", "exercise", "student", "ticket", "zip"})


@dataclass(frozen=True)
class _Given:
    text: str
    exact: set[str]
    money: set[str]
    digests: frozenset[str]


def _given(case: Case) -> _Given:
    """Return what stands in the tables a student gets."""
    with tempfile.TemporaryDirectory() as name:
        write_tables(case, Path(name))
        files = [path.read_bytes() for path in sorted(Path(name).rglob("*.*"))]
    text = "\n".join([*case.tables, *(raw.decode() for raw in files)]).lower()
    return _Given(
        text,
        {_six(number) for number in EXACT.findall(TIME.sub("", text))},
        {f"{float(number):.2f}" for number in MONEY.findall(text)},
        frozenset(hashlib.sha256(raw).hexdigest() for raw in files),
    )


def _truth(case: Case) -> tuple[list[float], set[str]]:
    """Return the numbers and names behind the data of every customer and segment."""
    try:
        behind = truth(case)
    except NoTruthError:
        return [], set()
    numbers: list[float] = []
    for table in (behind.customers, behind.segments):
        for column in table.select_dtypes("float"):
            numbers += [float(value) for value in table[column].dropna()]
    names = {_flat(str(name)) for name in behind.segments["segment"]}
    return numbers, {name for name in names if len(name) >= SHORTEST_LABEL}


def _flatten(values: Iterable[Any]) -> tuple[list[float], set[str]]:
    """Return the numbers and the texts of answers, whatever form they have."""
    numbers: list[float] = []
    texts: set[str] = set()
    left = list(values)
    while left:
        value = left.pop()
        if isinstance(value, str):
            texts.add(value)
        elif isinstance(value, bool | np.bool_) or value is None:
            continue
        elif isinstance(value, int | float | np.number):
            numbers.append(float(value))
        elif isinstance(value, pd.DataFrame):
            left += [value[column] for column in value.columns]
        elif isinstance(value, pd.Series | pd.Index | np.ndarray):
            left += list(pd.unique(pd.Series(np.asarray(value).ravel())))
        elif isinstance(value, Mapping):
            left += [*value.keys(), *value.values()]
        elif isinstance(value, list | tuple | set | frozenset):
            left += list(value)
    return numbers, texts


def _exact(numbers: Sequence[float]) -> set[str]:
    """Write numbers that no accident gives with six decimals; shares also in per cent."""
    telling = [
        number
        for number in numbers
        if np.isfinite(number) and abs(number) < 1e12 and not _simple(abs(number))
    ]
    made = {f"{abs(number):.6f}" for number in telling}
    return made | {f"{abs(number) * 100:.6f}" for number in telling if abs(number) < 1}


def _simple(number: float) -> bool:
    """Tell a fraction with a small denominator, or one with few decimals."""
    parts = np.arange(1, LARGEST_DENOMINATOR + 1) * number
    return bool((np.abs(parts - np.round(parts)) < 1e-6).any()) or f"{number:.6f}"[-3:] == "000"


def _money(numbers: Sequence[float]) -> set[str]:
    return {
        f"{number:.2f}"
        for number in map(abs, numbers)
        if 100 <= number < 1e12 and abs(number * 100 - round(number * 100)) < 1e-6
        if round(number * 100) % 100
    }


def _six(text: str) -> str:
    return f"{float(text):.6f}"


def _flat(text: str) -> str:
    return BLANKS.sub(" ", text).strip().lower()
