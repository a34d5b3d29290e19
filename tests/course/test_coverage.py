"""Every row a lesson must teach is taught in a cell that is there and says so."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
COVERAGE = yaml.safe_load((ROOT / "course" / "coverage.yml").read_text(encoding="utf-8"))
ROW = re.compile(r"\b(SC|TA|CV|VA|DA|PR|DM|RP|CH|CR|CS|EX|GP|AS)-\d\d\b")


def cells_of(unit: str) -> dict[str, str]:
    """Return the text of each cell of a unit's lesson and exercise, by name."""
    texts = {}
    for shelf in ("notebooks", "solutions"):
        path = ROOT / shelf / f"{unit}.ipynb"
        for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
            texts[cell["id"]] = " ".join("".join(cell["source"]).split())
    return texts


def lessons() -> list[str]:
    return sorted(path.parent.name for path in (ROOT / "course").glob("[0-9]*/lesson.md"))


@pytest.mark.parametrize("unit", lessons())
def test_each_required_row_is_taught(unit: str) -> None:
    wanted = COVERAGE["lessons"][unit]
    missing = [row for row in wanted["core"] + wanted["support"] if row not in COVERAGE["rows"]]
    assert not missing, f"coverage.yml says nowhere in which cell of {unit} these are: {missing}"


@pytest.mark.parametrize("row", COVERAGE["rows"])
def test_the_cells_are_there_and_say_it(row: str) -> None:
    entry = COVERAGE["rows"][row]
    texts = cells_of(entry["lesson"])
    missing = [cell for cell in entry["cells"] if cell not in texts]
    assert not missing, f"{row}: no cell {missing} in {entry['lesson']}"
    together = " ".join(texts[cell] for cell in entry["cells"]).lower()
    assert entry["says"].lower() in together, (
        f"{row}: {entry['cells']} do not say {entry['says']!r}"
    )


@pytest.mark.parametrize("path", sorted(ROOT.glob("*/**/*.ipynb")), ids=lambda path: path.name)
def test_no_student_reads_a_row_id(path: Path) -> None:
    if path.relative_to(ROOT).parts[0] in ("notebooks", "exercises", "solutions"):
        found = ROW.search(path.read_text(encoding="utf-8"))
        assert found is None, f"{path.name} shows the row id {found[0]}"
