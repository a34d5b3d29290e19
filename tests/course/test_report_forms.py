"""The two big reports ask for the same in their own notebook and in the capstone."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from whobuys.course import units
from whobuys.course._source import Cell, read_cells, read_text

COURSE = Path(__file__).parents[2] / "course"
FORMS = {"customer_analysis": 1, "segment_market": 2}


def cells_of(path: Path) -> dict[str, Cell]:
    return {cell.name: cell for cell in read_cells(read_text(path))}


@pytest.fixture(scope="module")
def capstone() -> dict[str, Cell]:
    (unit,) = [unit for unit in units() if unit.endswith("capstone")]
    return cells_of(COURSE / unit / "exercise.md")


@pytest.mark.parametrize("name", FORMS)
def test_sections_and_prompts_agree_with_the_capstone(name, capstone):
    form, number = cells_of(COURSE / "reports" / f"{name}.md"), FORMS[name]
    sections = [key for key in form if re.fullmatch(rf"r{number}-\d+", key)]
    assert sections == [key for key in capstone if re.fullmatch(rf"r{number}-\d+", key)]
    assert len(sections) == {1: 8, 2: 10}[number]
    for key in sections:
        there = key.removeprefix("r")
        assert form[key].source == capstone[key].source
        own, theirs = (cells[f"{key}-data"].source.split(".")[1] for cells in (form, capstone))
        assert own == theirs
        assert form[f"{key}-words"].source == capstone[f"q5-words-{there}"].source, key
        assert (f"{key}-weights" in form) == (f"{key}-weights" in capstone)


def test_the_weights_to_try_are_those_of_the_report(capstone):
    from whobuys.report._analysis import WEIGHTS

    for cells in (cells_of(COURSE / "reports" / "segment_market.md"), capstone):
        assert f"weights = {WEIGHTS}".replace("'", '"') in cells["r2-8-weights"].source
