"""Every row a lesson must teach is taught in a cell that is there and says so."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
COURSE = ROOT / "course"
UNITS = sorted(path.parent.name for path in COURSE.glob("[0-9]*/lesson.md"))
ROW = re.compile(r"\b(SC|TA|CV|VA|DA|PR|DM|RP|CH|CR|CS|EX|GP|AS)-\d\d\b")


def read(path: Path) -> dict:
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    return yaml.safe_load(text) or {}


WANTED = read(COURSE / "coverage.yml")
TAUGHT = {unit: read(COURSE / unit / "coverage.yml") for unit in UNITS}


def cells_of(unit: str) -> dict[str, str]:
    """Return the text of each cell of a unit's lesson and exercise, by name."""
    texts = {}
    for shelf in ("notebooks", "solutions"):
        path = ROOT / shelf / f"{unit}.ipynb"
        for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
            texts[cell["id"]] = " ".join("".join(cell["source"]).split())
    return texts


@pytest.mark.parametrize("unit", UNITS)
def test_each_required_row_is_taught(unit: str) -> None:
    rows = [*WANTED[unit]["core"], *WANTED[unit]["support"]]
    missing = [row for row in rows if row not in TAUGHT[unit]]
    assert not missing, f"course/{unit}/coverage.yml does not say where these are: {missing}"


@pytest.mark.parametrize(("unit", "row"), [(unit, row) for unit in UNITS for row in TAUGHT[unit]])
def test_the_cells_are_there_and_say_it(unit: str, row: str) -> None:
    entry, texts = TAUGHT[unit][row], cells_of(unit)
    missing = [cell for cell in entry["cells"] if cell not in texts]
    assert not missing, f"{row}: no cell {missing} in {unit}"
    together = " ".join(texts[cell] for cell in entry["cells"]).lower()
    assert entry["says"].lower() in together, (
        f"{row}: {entry['cells']} do not say {entry['says']!r}"
    )


@pytest.mark.parametrize("path", sorted(ROOT.glob("*/**/*.ipynb")), ids=lambda path: path.name)
def test_no_student_reads_a_row_id(path: Path) -> None:
    if path.relative_to(ROOT).parts[0] in ("notebooks", "exercises", "solutions"):
        found = ROW.search(path.read_text(encoding="utf-8"))
        assert found is None, f"{path.name} shows the row id {found[0]}"
