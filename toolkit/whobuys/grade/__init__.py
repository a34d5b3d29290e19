"""From a roster to graded reports: release, run, judge, feedback, gradebook, class report."""

# The names are imported when they are asked for: the processes that run hand-ins use a few small
# modules of this package, and should not carry the gradebook with them.

import sys
from types import ModuleType
from typing import TYPE_CHECKING, Any

from whobuys._lazy import import_name

if TYPE_CHECKING:
    from whobuys.grade._roster import Student, read_roster
    from whobuys.grade._secret import Secret
    from whobuys.grade.gradebook import Gradebook
    from whobuys.grade.grading import GradingResult, grade_folder
    from whobuys.grade.items import class_marks, item_table, mistake_table, reliability
    from whobuys.grade.release import Release, release

__all__ = [
    "Gradebook",
    "GradingResult",
    "Release",
    "Secret",
    "Student",
    "class_marks",
    "grade_folder",
    "item_table",
    "mistake_table",
    "read_roster",
    "release",
    "reliability",
]
_PLACES = {
    "Gradebook": "gradebook",
    "GradingResult": "grading",
    "Release": "release",
    "Secret": "_secret",
    "Student": "_roster",
    "class_marks": "items",
    "grade_folder": "grading",
    "item_table": "items",
    "mistake_table": "items",
    "read_roster": "_roster",
    "release": "release",
    "reliability": "items",
}


def __getattr__(name: str) -> Any:
    """Import a public name when it is first asked for."""
    return import_name(__name__, _PLACES, name)


class _Room(ModuleType):
    """A module whose name `release` is the function, not the file it stands in."""

    def __setattr__(self, name: str, value: Any) -> None:
        if not (name == "release" and isinstance(value, ModuleType)):
            super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Room
