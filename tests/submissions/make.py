"""Make the sample hand-ins of a unit from its exercise and its solution.

    python -m tests.submissions.make            write them
    python -m tests.submissions.make --check    fail if the files here are not up to date

Each is a notebook as a student might hand it in. `expected.yml` says what each must get.
"""

from __future__ import annotations

import copy
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).resolve().parent
UNIT = "05_rfm"
Notebook = dict[str, Any]

PLAN = """Our typical customer comes about once a month. I call somebody dormant after four
cycles without a purchase, because a visit that late is no longer just a late visit, and stop at
eight, where most are gone. I would call the biggest spenders among them first, offer a 15 yuan
voucher to those who mostly bought at a discount and a sample of their own brand to the rest. If
after four weeks they have come back no more often than a fifth of the list that was not called,
we stop."""


def read(shelf: str) -> Notebook:
    return json.loads((ROOT / shelf / f"{UNIT}.ipynb").read_text(encoding="utf-8"))


def solved() -> Notebook:
    """Return an exercise with every answer filled in, as a student's own work looks."""
    notebook, solution = read("exercises"), read("solutions")
    answers = {cell["id"]: cell["source"] for cell in solution["cells"]}
    for question in ("q1", "q2", "q3", "q4", "q5"):
        cell(notebook, question)["source"] = answers[question]
    cell(notebook, "q6")["source"] = [PLAN]
    return notebook


def cell(notebook: Notebook, id: str) -> dict[str, Any]:
    return next(cell for cell in notebook["cells"] if cell["id"] == id)


def write(notebook: Notebook, id: str, code: str) -> None:
    cell(notebook, id)["source"] = [code]


def extra(id: str, code: str) -> dict[str, Any]:
    return {
        "cell_type": "code",
        "execution_count": None,
        "id": id,
        "metadata": {},
        "outputs": [],
        "source": [code],
    }


def position(notebook: Notebook, id: str) -> int:
    return next(i for i, cell in enumerate(notebook["cells"]) if cell["id"] == id)


def full_marks() -> Notebook:
    return solved()


def counts_lines() -> Notebook:
    """One known mistake, made once; the answers that follow from it are right for it."""
    notebook = solved()
    write(
        notebook,
        "q1",
        'rfm = rfm_table(transactions, as_of="2026-06-30")\n'
        'rfm["frequency"] = rfm["customer_id"].map(transactions.groupby("customer_id").size())',
    )
    return notebook


def several_slips() -> Notebook:
    """Counted from another day; recency turned round; all gaps at once; of all registered."""
    notebook = solved()
    write(notebook, "q1", 'rfm = rfm_table(transactions, as_of="2026-11-22")')
    write(
        notebook,
        "q2",
        "scores = rfm_score(rfm)\n"
        'rank = rfm["recency_days"].rank(method="min")\n'
        'scores["r_score"] = ((rank - 1) * 5 // len(rfm) + 1).astype(int)',
    )
    write(notebook, "q4", 'cycle = purchase_gaps(transactions)["gap_days"].median()')
    write(notebook, "q5", 'repurchase = (rfm["frequency"] >= 2).sum() / len(customers)')
    return notebook


def crash_in_the_middle() -> Notebook:
    """Question 3 stops with an error; 4 and 5 after it count."""
    notebook = solved()
    write(
        notebook,
        "q3",
        'named = rfm_segment(scores)\nsegments = named.groupby("sgement")["monetary"].sum()',
    )
    return notebook


def untouched() -> Notebook:
    return read("exercises")


def deleted_and_renamed() -> Notebook:
    """The answer cell of question 3 is gone; that of question 5 uses another name throughout."""
    notebook = solved()
    notebook["cells"].remove(cell(notebook, "q3"))
    write(notebook, "q5", "my_rate = repurchase_rate(transactions)")
    write(notebook, "q5-check", "check.q5(my_rate)")
    return notebook


def noisy_but_right() -> Notebook:
    """Warnings, prints, own cells, a copied cell with the same id, cells in another order."""
    notebook = solved()
    write(
        notebook,
        "q1",
        'import warnings\n\nwarnings.warn("this is only a warning")\n'
        'print("rows:", len(transactions))\n'
        'rfm = rfm_table(transactions, as_of="2026-06-30").sample(frac=1, random_state=3)\n'
        'rfm["note"] = "mine"',
    )
    write(notebook, "q4", "cycle = round(purchase_cycle(transactions) / 7, 4) * 7")
    at = position(notebook, "q2-check")
    notebook["cells"].insert(at, copy.deepcopy(cell(notebook, "q2")))
    notebook["cells"].insert(at, extra("mine", "1 / 0"))
    last = notebook["cells"].pop(position(notebook, "q5-prompt"))
    notebook["cells"].append(last)
    return notebook


def renamed_file() -> Notebook:
    return solved()


def endless_loop() -> Notebook:
    """Question 2 never ends; the rest counts. Question 3 needs its scores, so it cannot."""
    notebook = solved()
    write(notebook, "q2", "while True:\n    pass")
    return notebook


def overwrites_the_checker() -> Notebook:
    """Nothing is solved; the checker, the judge's class and the verdict are replaced instead."""
    notebook = untouched()
    attack = """import whobuys.course as course
import whobuys.course._judge as inner
import whobuys.course._answers as answers


class Yes:
    def __getattr__(self, name):
        return lambda *a, **k: "passed"


check = Yes()
course.Judge.judge = inner.Judge.judge = lambda *a, **k: "passed"
answers.Answer.started = True
answers.encode = lambda value: {"kind": "number", "value": "1"}
"""
    notebook["cells"].insert(position(notebook, "q1"), extra("attack", attack))
    return notebook


def equals_everything() -> Notebook:
    """Every answer is an object that claims to equal whatever it is compared with."""
    notebook = untouched()
    always = """import pandas as pd


class Always(float):
    def __eq__(self, other):
        return True

    def __ne__(self, other):
        return False

    def __lt__(self, other):
        return True

    def __sub__(self, other):
        return Always(0)

    __rsub__ = __le__ = __gt__ = __ge__ = __abs__ = lambda self, *other: True
    __hash__ = float.__hash__


class Table(pd.DataFrame):
    def equals(self, other):
        return True

    def __eq__(self, other):
        return True
"""
    notebook["cells"].insert(position(notebook, "q1"), extra("always", always))
    for question, name in (("q1", "rfm"), ("q2", "scores"), ("q3", "segments")):
        write(notebook, question, f'{name} = Table({{"customer_id": [Always(1)]}})')
    write(notebook, "q4", "cycle = Always(1)")
    write(notebook, "q5", "repurchase = Always(1)")
    return notebook


SAMPLES: dict[str, tuple[str, Callable[[], Notebook] | None]] = {
    "ana": ("05_rfm.ipynb", full_marks),
    "bo": ("05_rfm.ipynb", counts_lines),
    "cai": ("05_rfm.ipynb", several_slips),
    "dana": ("05_rfm.ipynb", crash_in_the_middle),
    "emil": ("05_rfm.ipynb", untouched),
    "fatou": ("05_rfm.ipynb", deleted_and_renamed),
    "gita": ("05_rfm.ipynb", noisy_but_right),
    "hugo": ("final version (2).ipynb", renamed_file),
    "ines": ("05_rfm.ipynb", None),
    "jun": ("05_rfm.ipynb", endless_loop),
    "kofi": ("05_rfm.ipynb", overwrites_the_checker),
    "lena": ("05_rfm.ipynb", equals_everything),
}
NOT_JSON = "My notebook did not save, so here is a photo of my screen:\n[screenshot.png]\n"


def contents() -> dict[Path, str]:
    """Return the file of each sample, as path below this folder to text."""
    made = {}
    for student, (_, build) in SAMPLES.items():
        path = Path(UNIT) / f"{student}.ipynb"
        made[path] = (
            NOT_JSON
            if build is None
            else json.dumps(build(), indent=1, ensure_ascii=False, sort_keys=True) + "\n"
        )
    return made


def main(arguments: list[str]) -> int:
    stale = []
    for path, text in contents().items():
        target = HERE / path
        if not target.exists() or target.read_text(encoding="utf-8") != text:
            stale.append(str(path))
            if "--check" not in arguments:
                target.write_text(text, encoding="utf-8", newline="\n")
    done = "differ" if "--check" in arguments else "written"
    print(f"{len(stale)} of {len(SAMPLES)} sample hand-ins {done}.")
    return 1 if stale and "--check" in arguments else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
