"""The main job, whole, on a sample class: release, hand in, grade, look.

python3 start.py demo            in the folder demo/
python3 start.py demo --to DIR   somewhere else
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

import yaml

from whobuys.cli._terminal import console, grade_with_bar, release_with_bar, show
from whobuys.course._units import CHECKOUT
from whobuys.grade._roster import read_roster
from whobuys.grade._secret import Secret
from whobuys.grade.gradebook import Gradebook
from whobuys.grade.grading import GRADEBOOK
from whobuys.grade.release import HANDED_IN, Release
from whobuys.sandbox.execute import Limits

UNIT = "05_rfm"
SAMPLES = CHECKOUT / "tests" / "submissions" / UNIT
OWN_PLACE = {"hugo": "final version (2).ipynb"}
LIMITS = Limits(cell_seconds=15, total_seconds=180)


def main(arguments: list[str] | None = None) -> int:
    """Run the demo; return 1 if a mark is not the expected one."""
    parser = argparse.ArgumentParser(prog="python3 start.py demo", description=__doc__)
    parser.add_argument("--to", type=Path, default=Path("demo"), help="folder to work in")
    to = parser.parse_args(arguments).to
    students = read_roster(SAMPLES / "roster.csv")
    secret = Secret.read_or_make(to / "whobuys.secret")
    console.print(f"1. Release {UNIT} to {len(students)} students, each with an own tea house.")
    record = release_with_bar(UNIT, students, to / "out", secret, "shape")
    folder = to / "out" / HANDED_IN
    console.print(f"2. {hand_in(record, folder)} of them hand in; see {folder}.", soft_wrap=True)
    console.print("3. Run and judge every hand-in.")
    result = grade_with_bar(
        UNIT, folder, to / "graded", secret, record, LIMITS, trust=True
    )  # these hand-ins are our own
    show(result)
    wrong = differences(to / "graded" / GRADEBOOK)
    for line in wrong:
        console.print(f"[bold red]Not as expected:[/] {line}")
    if not wrong:
        console.print("Every mark is the expected one.")
    return 1 if wrong else 0


def hand_in(record: Release, folder: Path) -> int:
    """Put the sample hand-ins into the folder, each with its student's ticket; return how many."""
    shutil.rmtree(folder, ignore_errors=True)
    tickets = {student.id: student.ticket for student in record.students}
    samples = sorted(SAMPLES.glob("*.ipynb"))
    for path in samples:
        student = path.stem
        target = folder / OWN_PLACE.get(student, f"{student}/{UNIT}.ipynb")
        target.parent.mkdir(parents=True, exist_ok=True)
        text = path.read_text(encoding="utf-8")
        target.write_text(_with_ticket(text, student, tickets[student]), encoding="utf-8")
    return len(samples)


def differences(gradebook: Path) -> list[str]:
    """Compare the gradebook with what each sample must get; return a line for each difference."""
    expected: Mapping[str, Mapping[str, str]] = yaml.safe_load(
        (SAMPLES / "expected.yml").read_text(encoding="utf-8")
    )
    with closing(Gradebook(gradebook, must_exist=True)) as book:
        marks = book.marks(UNIT)
    got = {
        (row["student"], row["question"]): f"{row['status']} {row['earned']:g}"
        for row in marks.to_dict("records")
    }
    return [
        f"{student}, {question}: {got.get((student, question), 'nothing')}, expected {wanted}"
        for student, questions in expected.items()
        for question, wanted in questions.items()
        if got.get((student, question)) != wanted
    ]


def _with_ticket(text: str, student: str, ticket: str) -> str:
    try:
        notebook = json.loads(text)
    except ValueError:
        return text
    notebook["metadata"]["whobuys"] |= {"student": student, "ticket": ticket}
    return json.dumps(notebook, indent=1, ensure_ascii=False)


if __name__ == "__main__":
    sys.exit(main())
