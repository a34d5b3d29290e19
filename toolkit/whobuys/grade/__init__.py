"""From a roster to graded reports: release, run, judge, feedback, gradebook, class report."""

from whobuys.grade._roster import Student, read_roster
from whobuys.grade._secret import Secret
from whobuys.grade.gradebook import Gradebook
from whobuys.grade.grading import GradingResult, grade_folder
from whobuys.grade.release import Release, release

__all__ = [
    "Gradebook",
    "GradingResult",
    "Release",
    "Secret",
    "Student",
    "grade_folder",
    "read_roster",
    "release",
]
