"""The course file: units, dates, weights and rules of a whole term in one text file."""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import yaml
from pydantic import AfterValidator, ConfigDict, Field, PlainValidator, PrivateAttr, ValidationError

from whobuys._errors import InstructorError
from whobuys.course import units as known_units
from whobuys.desk._course_times import SPAN, Span, after, is_odd, moment, read_span, read_time
from whobuys.grade._roster import ID, RESERVED, Student, read_roster
from whobuys.grade._secret import Secret
from whobuys.market._fields import Part, Text, above, fault
from whobuys.market._places import did_you_mean

FEEDBACK = ("shape", "full", "none")
SHARE = re.compile(r"(\d{1,3}(?:\.\d+)?)\s*%")
Place = tuple[str | int, ...]


def _checked(read: Any) -> PlainValidator:
    """Make a check of a text from a function that raises ValueError with the mend."""

    def check(value: Any) -> Any:
        if not isinstance(value, str):
            raise fault("", "must be one value, not a list or keys")
        try:
            return read(value)
        except ValueError as error:
            raise fault("", str(error)) from None

    return PlainValidator(check)


def _share(text: str) -> float:
    found = SHARE.fullmatch(text.strip())
    if found is None or float(found[1]) > 100:
        raise ValueError(f"{text!r} is no share; write a percentage like 10 %, at most 100 %")
    return float(found[1]) / 100


def _zone(text: str) -> str:
    try:
        ZoneInfo(text)
    except (OSError, ValueError, LookupError):
        raise ValueError(
            f"{text!r} is no time zone; write a name like Europe/Berlin or Asia/Shanghai"
        ) from None
    return text


def _extension(text: str) -> dt.datetime | Span:
    try:
        return read_span(text) if SPAN.fullmatch(text.strip()) else read_time(text)
    except ValueError:
        raise ValueError(
            f"{text!r} is no extension; write a time like 2026-11-22 18:00, or +2 days"
        ) from None


def _attempts(value: Any) -> tuple[str, ...]:
    """Read one entry of a group's units: a name, or `best_of: [several]`."""
    if isinstance(value, str):
        return (value,)
    several = value.get("best_of") if isinstance(value, dict) and len(value) == 1 else None
    if (
        isinstance(several, list)
        and len(several) > 1
        and all(isinstance(name, str) for name in several)
    ):
        return tuple(several)
    raise fault("", "must be a unit's name, or best_of: [two, or more]")


def _feedback(text: str) -> str:
    if text not in FEEDBACK:
        raise ValueError(f"{text!r} is none of {', '.join(FEEDBACK)}; choose one")
    return text


def _days(value: Span) -> float:
    return value.days + value.minutes / 1440


Time = Annotated[dt.datetime, _checked(read_time)]
Length = Annotated[Span, _checked(read_span)]
Share = Annotated[float, _checked(_share)]
Extension = Annotated[dt.datetime | Span, _checked(_extension)]
Attempts = Annotated[tuple[str, ...], PlainValidator(_attempts)]
Weight = Annotated[float, above(0)]


class _Part(Part):
    """A part of a course file; its values are read from text."""

    model_config = ConfigDict(strict=False)


class Late(_Part):
    """What lateness costs.

    Attributes
    ----------
    grace : Span
        So late costs nothing.
    lost_per_day : float
        Share of the earned points lost for each day begun after the due time, 0 to 1.
    floor : float
        Share of the earned points that is never lost by lateness, 0 to 1.
    hard_end : Span or None
        So long after the due time nothing counts any more; None: never.
    """

    grace: Length = Span()
    lost_per_day: Share = 0.0
    floor: Share = 0.0
    hard_end: Length | None = None


class Unit(_Part):
    """One graded unit.

    Attributes
    ----------
    exercise : str
        Which exercise; empty: that of the unit's own name. A second attempt is another unit with
        the same exercise: it is released with other data.
    release, due : datetime
        As written; see `Course.due`.
    weight : float
        Weight within its group.
    points : float or None
        How many points are full marks; None: all there are. More is not more.
    extensions : dict
        Student id or name of a student group to a later time, or what to add.
    late : Late or None
        In place of the course's rule, whole.
    """

    exercise: str = ""
    release: Time | None = None
    due: Time
    weight: Weight = 1.0
    points: Annotated[float, above(0)] | None = None
    extensions: dict[str, Extension] = Field(default_factory=dict)
    late: Late | None = None


class Group(_Part):
    """A group of units.

    Attributes
    ----------
    weight : float
        Weight in the course.
    units : list of tuple of str
        Units; of several in one entry the best counts.
    drop_lowest : int
        So many entries with the lowest shares do not count.
    """

    weight: Weight = 1.0
    units: list[Attempts]
    drop_lowest: Annotated[int, Field(ge=0)] = 0


class Letters(_Part):
    """A scale of letters: from which share each is given, highest first."""

    scheme: Text
    marks: dict[str, Share]


def _check_decimals(value: int) -> int:
    if value not in (0, 1, 2):
        raise fault("", f"must be 0, 1 or 2, is {value}")
    return value


class Course(_Part):
    """A course; made by `read_course`.

    Attributes
    ----------
    name, time_zone : str
        As in the file.
    roster, released, graded, secret : str
        Files and folders, seen from the course file.
    gradebook : str
        A database URL, or empty for a file under `graded`.
    feedback : str
        What students are told before they hand in; see `whobuys.grade.release`.
    units : dict of str to Unit
        In order.
    groups : dict of str to Group
        Each unit stands in one. Without any in the file, all units make one group.
    student_groups : dict of str to list of str
        Students who share an extension.
    late : Late
        The rule of all units without an own one.
    pass_mark : float or None
        Share of the whole that is needed to pass.
    decimals : int
        The final mark is rounded half up to so many decimals; nothing else is rounded.
    letters : Letters or None
        A scale, if there is one.
    """

    name: Text
    roster: Text
    time_zone: Annotated[str, _checked(_zone)]
    units: dict[str, Unit]
    groups: dict[str, Group] = Field(default_factory=dict)
    student_groups: dict[str, list[str]] = Field(default_factory=dict)
    late: Late = Late()
    pass_mark: Share | None = None
    decimals: Annotated[int, AfterValidator(_check_decimals)] = 0
    letters: Letters | None = None
    secret: Text = "whobuys.secret"  # noqa: S105 - the name of a file
    released: Text = "released"
    graded: Text = "graded"
    gradebook: str = ""
    feedback: Annotated[str, _checked(_feedback)] = "shape"
    _folder: Path = PrivateAttr(default=Path())
    _students: tuple[Student, ...] = PrivateAttr(default=())

    @property
    def folder(self) -> Path:
        """The folder of the course file."""
        return self._folder

    @property
    def students(self) -> tuple[Student, ...]:
        """The students of the roster, in its order."""
        return self._students

    @property
    def zone(self) -> ZoneInfo:
        """The course's time zone."""
        return ZoneInfo(self.time_zone)

    def exercise_of(self, unit: str) -> str:
        """Return the exercise of a unit."""
        return self.units[unit].exercise or unit

    def late_rule(self, unit: str) -> Late:
        """Return the late rule of a unit."""
        return self.units[unit].late or self.late

    def due(self, unit: str, student: str | None = None) -> dt.datetime:
        """Return when a unit is due, in UTC; for a student with the longest own extension.

        A time in an hour that the zone has twice, or not at all, is the later of its two readings.
        """
        plain = moment(self.units[unit].due, self.zone)
        if student is None:
            return plain
        return max([plain, *(until for _, until in self._extensions(unit, student))])

    def extended_by(self, unit: str, student: str) -> str:
        """Return whose extension counts for a student: the own id or a group's name; "": none."""
        found = max(self._extensions(unit, student), key=lambda one: one[1], default=None)
        return found[0] if found and found[1] > self.due(unit) else ""

    def _extensions(self, unit: str, student: str) -> list[tuple[str, dt.datetime]]:
        own = [student, *(name for name, ids in self.student_groups.items() if student in ids)]
        given = self.units[unit].extensions
        return [(name, self._until(unit, given[name])) for name in own if name in given]

    def _until(self, unit: str, given: dt.datetime | Span) -> dt.datetime:
        if isinstance(given, Span):
            return after(moment(self.units[unit].due, self.zone), given, self.zone)
        return moment(given, self.zone)

    def in_grace_until(self, unit: str, student: str) -> dt.datetime:
        """Return until when a hand-in loses nothing, in UTC."""
        return after(self.due(unit, student), self.late_rule(unit).grace, self.zone)

    def hard_end(self, unit: str, student: str) -> dt.datetime | None:
        """Return after which moment a hand-in does not count, in UTC; None: it always does."""
        span = self.late_rule(unit).hard_end
        return None if span is None else after(self.due(unit, student), span, self.zone)

    def is_released(self, unit: str, now: dt.datetime) -> bool:
        """Tell whether a unit's release time has come, or it has none."""
        start = self.units[unit].release
        return start is None or moment(start, self.zone) <= now

    def released_folder(self, unit: str) -> Path:
        """Return the folder a unit is released to."""
        return self.folder / self.released / unit

    def graded_folder(self, unit: str) -> Path:
        """Return the folder with the mark sheet and reports of a unit."""
        return self.folder / self.graded / unit

    def gradebook_of(self, unit: str) -> str | Path:
        """Return the gradebook of a unit: the course's, or an own one for a second attempt.

        A gradebook holds one hand-in for each student and exercise.
        """
        if self.units[unit].exercise not in ("", unit):
            return self.graded_folder(unit) / "gradebook.sqlite"
        return self.gradebook or self.folder / self.graded / "gradebook.sqlite"

    def secret_of(self, unit: str, make: bool = False) -> Secret:
        """Return the secret of a unit: the course's, or one made from it for a second attempt.

        Raises
        ------
        InstructorError
            If there is none, and none is to be made.
        """
        path = self.folder / self.secret
        own = Secret.read_or_make(path) if make else Secret.read(path)
        if self.units[unit].exercise in ("", unit):
            return own
        text = hashlib.sha256(f"{own.text}\x1f{unit}".encode()).hexdigest()
        return Secret(text, own.place)

    def group_of(self, unit: str) -> str:
        """Return the group a unit stands in."""
        return next(
            name for name, group in self.groups.items() if any(unit in one for one in group.units)
        )

    def notes(self) -> list[str]:
        """Return what an instructor should know about the file, though nothing in it is wrong."""
        said = []
        for unit, about in self.units.items():
            for key, time in (("release", about.release), ("due", about.due)):
                if time is not None and is_odd(time, self.zone):
                    counts = moment(time, self.zone).astimezone(self.zone)
                    said.append(
                        f"units.{unit}.{key}: the clocks of {self.time_zone} show "
                        f"{time:%Y-%m-%d %H:%M} twice or not at all; it counts as "
                        f"{counts:%H:%M} (UTC{counts:%z})."
                    )
        total = sum(group.weight for group in self.groups.values())
        if len(self.groups) > 1 and abs(total - 100) > 1e-9:
            shares = ", ".join(
                f"{name} {100 * group.weight / total:.4g} %" for name, group in self.groups.items()
            )
            said.append(f"groups: the weights add up to {total:g}; they count as shares: {shares}.")
        return said


def read_course(path: Path) -> Course:
    """Read and check a course file and its roster.

    Parameters
    ----------
    path : Path
        YAML in UTF-8. `whobuys course new` writes one with every key explained.

    Returns
    -------
    Course

    Raises
    ------
    InstructorError
        If something in it cannot be used; the message names the line, the key and the mend.
    """
    content, lines = _read_yaml(path)
    try:
        course = Course.model_validate(content)
    except ValidationError as error:
        raise _wrong(path, lines, [_said(found) for found in error.errors()]) from None
    if not course.groups and course.units:
        every = Group.model_validate({"units": list(course.units)})
        course = course.model_copy(update={"groups": {"Units": every}})
    course._folder = path.parent
    faults = list(_faults(course))
    if not faults:
        course._students = tuple(read_roster(path.parent / course.roster))
        faults = list(_faults_of_people(course))
    if faults:
        raise _wrong(path, lines, faults)
    return course


def _wrong(path: Path, lines: Mapping[Place, int], faults: list[tuple[Place, str]]) -> Exception:
    """Name the first fault by its line, and say how many more there are."""

    def line(where: Place) -> int:
        while where and where not in lines:
            where = where[:-1]
        return lines.get(where, 1)

    faults = sorted(faults, key=lambda one: line(one[0]))
    where, said = faults[0]
    key = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in where)
    end = "" if said.endswith("?") else "."
    more = f" ({len(faults) - 1} more after this one.)" if len(faults) > 1 else ""
    text = f"{path}, line {line(where)}: {key.lstrip('.')}: {said}{end}{more}"
    return InstructorError(text.replace(": :", ":"))


def _said(found: Any) -> tuple[Place, str]:
    """Return the place of a fault of the form, and the mend."""
    where = tuple(step for step in found["loc"] if step != "[key]")
    kind, value = found["type"], found["input"]
    if kind == "fault":
        below = found["ctx"]["where"]
        return (*where, below) if below else where, found["ctx"]["message"]
    words = {
        "missing": "is missing; add it",
        "float_parsing": f"must be a plain number, is {value!r}",
        "int_parsing": f"must be a whole number, is {value!r}",
        "greater_than_equal": f"must be 0 or more, is {value}",
        "finite_number": f"must be a plain number, is {value!r}",
        "list_type": "must be a list, like [one, two]",
        "string_type": "must be one value, not a list or keys",
    }
    keys = "needs keys and values below it, like due: 2026-11-20 18:00"
    return where, words.get(kind, keys if kind in ("dict_type", "model_type") else found["msg"])


def _faults(course: Course) -> Iterator[tuple[Place, str]]:
    """Find what is wrong between the parts of a file."""
    known = known_units()
    if not course.units:
        yield ("units",), "is empty; name at least one unit"
    for unit, about in course.units.items():
        here: Place = ("units", unit)
        if not ID.fullmatch(unit) or unit.split(".")[0].lower() in RESERVED or unit.endswith("."):
            yield here, "becomes a folder name; use letters, digits, dot, hyphen or underscore"
        elif course.exercise_of(unit) not in known:
            hint = did_you_mean(course.exercise_of(unit), known) or "; `exercise:` names one"
            at = (*here, "exercise") if about.exercise else here
            yield at, f"there is no exercise {course.exercise_of(unit)!r}{hint}"
        if about.release and moment(about.release, course.zone) >= course.due(unit):
            yield (*here, "release"), "is not before it is due; change one of the two"
        for name, given in about.extensions.items():
            if course._until(unit, given) < course.due(unit):
                yield (
                    (*here, "extensions", name),
                    f"ends before the unit is due ({about.due:%Y-%m-%d %H:%M}); give a later time",
                )
        yield from _faults_of_lateness(about.late, (*here, "late"))
    yield from _faults_of_lateness(course.late, ("late",))
    yield from _faults_of_groups(course)
    if course.letters is not None:
        shares = list(course.letters.marks.values())
        if not shares or shares[-1] != 0:
            yield ("letters", "marks"), "the last letter must begin at 0 %, so that all have one"
        for letter, above_it, share in zip(
            list(course.letters.marks)[1:], shares, shares[1:], strict=False
        ):
            if share >= above_it:
                yield ("letters", "marks", letter), "must begin lower than the letter before it"


def _faults_of_lateness(late: Late | None, here: Place) -> Iterator[tuple[Place, str]]:
    if late is not None and late.hard_end is not None and _days(late.hard_end) < _days(late.grace):
        yield (*here, "hard_end"), "comes before the grace is over; make it longer"


def _faults_of_groups(course: Course) -> Iterator[tuple[Place, str]]:
    seen: set[str] = set()
    for name, group in course.groups.items():
        for number, attempts in enumerate(group.units):
            here: Place = ("groups", name, "units", number)
            for unit in attempts:
                if unit not in course.units:
                    hint = did_you_mean(unit, course.units) or "; add it under `units`"
                    yield here, f"there is no unit {unit!r}{hint}"
                elif unit in seen:
                    yield here, f"{unit!r} stands in the groups twice; keep one"
                seen.add(unit)
            if len({course.units[unit].weight for unit in attempts if unit in course.units}) > 1:
                yield here, "the units of a best_of must have the same weight"
        if group.drop_lowest >= len(group.units):
            yield (
                ("groups", name, "drop_lowest"),
                (
                    f"{group.drop_lowest} of {len(group.units)} leaves nothing that counts; "
                    "drop fewer"
                ),
            )
    for unit in course.units:
        if unit not in seen:
            yield ("units", unit), "stands in no group; add it to the `units` of one"


def _faults_of_people(course: Course) -> Iterator[tuple[Place, str]]:
    ids = [student.id for student in course.students]
    for name, members in course.student_groups.items():
        if name in ids:
            yield ("student_groups", name), "is a student's id too; give the group another name"
        for number, id in enumerate(members):
            if id not in ids:
                hint = did_you_mean(id, ids) or f"; take it out, or add it to {course.roster}"
                yield ("student_groups", name, number), f"no student has the id {id!r}{hint}"
    names = [*ids, *course.student_groups]
    for unit, about in course.units.items():
        for name in about.extensions:
            if name not in names:
                hint = did_you_mean(name, names) or f"; take it out, or add it to {course.roster}"
                yield (
                    ("units", unit, "extensions", name),
                    (f"is neither a student's id nor a student group{hint}"),
                )


def _read_yaml(path: Path) -> tuple[dict[str, Any], dict[Place, int]]:
    """Read a file whose values all stay text, and tell on which line each key stands.

    Text, because YAML would make numbers of ids such as 007, and truth values of No.
    """
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        raise InstructorError(
            f"There is no course file at {path}. `whobuys course new` writes one; name it with "
            "--course."
        ) from None
    except UnicodeDecodeError:
        raise InstructorError(f"{path} is not UTF-8. Save it as UTF-8 and try again.") from None
    except OSError as error:
        raise InstructorError(f"{path} cannot be read: {error.strerror}.") from None
    lines: dict[Place, int] = {}
    try:
        for event in yaml.parse(text, Loader=yaml.BaseLoader):
            if isinstance(event, yaml.AliasEvent):
                line = event.start_mark.line + 1 if event.start_mark else 1
                raise InstructorError(
                    f"{path}, line {line}: *{event.anchor} refers to another place. Write it out."
                )
        node = yaml.compose(text, Loader=yaml.BaseLoader)
        content = None if node is None else _plain(node, (), lines, path)
    except yaml.YAMLError as error:
        raise InstructorError(_not_yaml(path, error)) from None
    except RecursionError:
        raise InstructorError(f"{path} is nested too deeply for a course file.") from None
    if not isinstance(content, dict):
        raise InstructorError(f"{path} must hold keys and values, such as `name: My course`.")
    return content, lines


def _plain(node: yaml.Node, here: Place, lines: dict[Place, int], path: Path) -> Any:
    lines.setdefault(here, _line(node))
    if isinstance(node, yaml.SequenceNode):
        return [_plain(one, (*here, number), lines, path) for number, one in enumerate(node.value)]
    if not isinstance(node, yaml.MappingNode):
        return node.value
    made: dict[str, Any] = {}
    for key, value in node.value:
        line = _line(key)
        if not isinstance(key, yaml.ScalarNode):
            raise InstructorError(f"{path}, line {line}: a key must be one word, not a list.")
        if key.value in made:
            raise InstructorError(
                f"{path}, line {line}: the key {key.value!r} stands there twice; keep one."
            )
        lines[*here, key.value] = line
        made[key.value] = _plain(value, (*here, key.value), lines, path)
    return made


def _line(node: yaml.Node) -> int:
    return node.start_mark.line + 1


def _not_yaml(path: Path, error: yaml.YAMLError) -> str:
    if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark:
        return (
            f"{path}, line {error.problem_mark.line + 1}: this cannot be read as YAML "
            f"({error.problem}). Look for a missing space after a colon, a tab, or an open bracket."
        )
    return f"{path} cannot be read as YAML ({' '.join(str(error).split())})."
