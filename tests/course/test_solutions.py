"""Every solution notebook scores all points on several students' cases; most cases are fair."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from whobuys.course import units

ROOT = Path(__file__).resolve().parents[2]
CASES = int(os.environ.get("WHOBUYS_CASES", "10"))
NOTEBOOKS = CASES // 3  # of them are worked through by the notebook, figures and all
RUN = """
import json, sys, tempfile
from pathlib import Path
import matplotlib
matplotlib.use("agg")
import matplotlib.pyplot as plt
from whobuys.course import Judge, load_key, unit_folder
from whobuys.course._practice import TICKET_FILE
from whobuys.grade.release import ticket_json
from whobuys.market import write_tables
import os

unit, cells = sys.argv[1], json.loads(sys.argv[2])
cases, notebooks = map(int, sys.argv[3:])
key = load_key(unit_folder(unit) / "key.py")
seed, done, unfair = 100, 0, 0
while done < cases:
    seed += 1
    case = key.draw(seed)
    judge = Judge(key, case)
    if confused := judge.recognises():
        unfair += 1
        assert unfair <= cases // 10, f"too many cases are unfair, such as {seed}: {confused}"
        continue
    done += 1
    if done > notebooks:
        continue
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        write_tables(case, Path("data"))
        Path(TICKET_FILE).write_text(ticket_json(key, "none", case), encoding="utf-8")
        student = {}
        for name, code in cells:
            exec(compile(code, name, "exec"), student)
        plt.close("all")
        os.chdir("/")
    answers = {q.id: student[q.name] for q in key.questions.values() if not q.open}
    from whobuys.course._answers import decode, encode
    given = {id: decode(encode(value)) for id, value in answers.items()}
    for id, value in given.items():
        verdict = judge.judge(id, value, given)
        assert verdict.status == "passed", f"case {seed}, {id}: {verdict}"
"""


@pytest.mark.slow
@pytest.mark.parametrize("unit", units())
def test_the_solution_scores_all_points_and_mistakes_are_told_apart(unit: str) -> None:
    notebook = json.loads((ROOT / "solutions" / f"{unit}.ipynb").read_text(encoding="utf-8"))
    cells = [
        (cell["id"], "".join(cell["source"]))
        for cell in notebook["cells"]
        if cell["cell_type"] == "code"
    ]
    run = [sys.executable, "-c", RUN, unit, json.dumps(cells), str(CASES), str(NOTEBOOKS)]
    done = subprocess.run(run, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
