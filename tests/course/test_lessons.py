"""What every lesson keeps to: its parts, short cells, alt text, a cold run without an error."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import nbformat
import papermill
import pytest

ROOT = Path(__file__).resolve().parents[2]
#: Where there is a browser, every lesson runs in it with seed 0.
SEEDS = (5,) if shutil.which("chromium") else (0, 5)
LESSONS = sorted((ROOT / "notebooks").glob("[0-9]*.ipynb"))
CUT = ("it is important to", "in today's", "plays a crucial role", "let's dive in")


def cells(path: Path) -> list[dict]:
    return json.loads(path.read_text(encoding="utf-8"))["cells"]


def text(path: Path) -> str:
    return "\n".join("".join(c["source"]) for c in cells(path) if c["cell_type"] == "markdown")


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_parts_of_a_lesson(path: Path) -> None:
    said = text(path)
    for part in (
        "minutes",
        "You will be able to",
        "Before you start",
        "Meet the data",
        "Predict",
        "Step 1",
        "Step 2",
        "Step 3",
        "In words",
        "Quick check",
        "Decide",
        "Quiz",
        "Key points",
        "Your turn",
        "Sources",
    ):
        assert part in said, f"{path.name} has no “{part}”"
    assert any("parameters" in c["metadata"].get("tags", []) for c in cells(path))


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_cells_are_short_and_the_text_has_no_filler(path: Path) -> None:
    for cell in cells(path):
        if cell["cell_type"] == "code":
            lines = "".join(cell["source"]).strip().splitlines()
            assert len(lines) <= 12, f"{path.name}, cell {cell['id']}: {len(lines)} lines"
            assert max(map(len, lines)) <= 100, f"{path.name}, cell {cell['id']}: a long line"
    assert not [phrase for phrase in CUT if phrase in text(path).lower()]


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_key_points_mirror_the_objectives(path: Path) -> None:
    by_name = {cell["id"]: "".join(cell["source"]) for cell in cells(path)}
    verbs = re.findall(r"^\d\. \*\*(\w+)\*\*", by_name["objectives"], re.MULTILINE)
    assert len(verbs) == 3
    for verb in verbs:
        assert f"**{verb.capitalize()}**" in by_name["key-points"]


@pytest.mark.slow
@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_a_lesson_runs_and_every_figure_has_alt_text(path: Path, seed: int, tmp_path: Path) -> None:
    executed = tmp_path / "executed.ipynb"
    papermill.execute_notebook(
        path, executed, parameters={"seed": seed}, cwd=tmp_path, progress_bar=False
    )
    figures = [
        output
        for cell in nbformat.read(executed, as_version=4).cells
        for output in cell.get("outputs", [])
        if "image/png" in output.get("data", {})
    ]
    assert len(figures) >= 3
    for figure in figures:
        assert len(figure.metadata["image/png"]["alt"]) > 40
