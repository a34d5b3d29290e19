"""No answer the decoder lets through holds the judge up, in seconds of processor time."""

from __future__ import annotations

import os
import subprocess
import sys

import pandas as pd
import pytest

from whobuys.course import _compare_tables, table
from whobuys.course._answers import decode, encode

MOST_SECONDS = 30
"""Of processor time, with the start of Python and the drawing of the case; usual are eight."""

PROGRAM = """
import random

from whobuys.course import Judge, load_key, unit_folder
from whobuys.course._answers import decode

random.seed(1)
key = load_key(unit_folder("02_data_and_archive") / "key.py")
judge = Judge(key, key.draw(7))
accents = "".join(random.choices("\\u0301\\u0327\\u0345\\u0334\\u05b0", k=19_000))
cells = {
    "dates": lambda i: f"{i} 1 2 3 4 5 6 7 8 9 1 2 3 4 5 6 7 8 9",
    "ligatures": lambda i: f"{i}" + "\\ufdfa" * 150,
    "accents": lambda i: f"{i}" + accents[i % 9_000 :][:190],
}


def rows(kind, number):
    values = [cells[kind](i) for i in range(number)]
    ids = [f"{i}" + ("" if kind == "dates" else v[6:]) for i, v in enumerate(values)]
    keys = {"name": "customer_id", "type": "text", "values": ids}
    days = {"name": "joined", "type": "text", "values": values}
    ones = [{"name": n, "type": "number", "values": [1.0] * number} for n in ("orders", "revenue")]
    return decode({"kind": "table", "index": [], "rows": number, "columns": [keys, days, *ones]})


def texts(written):
    return decode({"kind": "list", "items": [{"kind": "text", "value": one} for one in written]})


answers = {
    "a table of odd dates": rows("dates", 150_000),
    "odd dates, just short enough": rows("dates", 2_000),
    "keys that grow": rows("ligatures", 2_000),
    "many keys that grow": rows("ligatures", 10_000),
    "keys of accents": rows("accents", 10_000),
    "a list of accents": texts(f"{i}{accents}" for i in range(250)),
    "a long list": texts(f"{i}{accents[:9]}" for i in range(150_000)),
}
others = decode({"kind": "list", "items": [{"kind": "number", "value": "1"}]})
for answer in answers.values():
    for question in ("q3", "q4", "q5"):
        verdict = judge.judge(question, answer, {"q3": others} | {question: answer})
        assert verdict.credit == 0, verdict
"""


@pytest.mark.slow
def test_the_worst_answers_cost_the_judge_little() -> None:
    resource = pytest.importorskip("resource", reason="Windows has no limits of this kind.")
    limits = (MOST_SECONDS, MOST_SECONDS + 5)
    made = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_CPU, limits),
        capture_output=True,
        text=True,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
        check=False,
    )
    assert made.returncode == 0, f"{made.returncode}: {made.stderr[-2_000:]}"


RIGHT = pd.DataFrame({"customer_id": range(800), "day": pd.date_range("2025-01-01", periods=800)})
DAYS = table("customer_id", {"day": "date"})


def test_the_dates_of_a_column_are_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    read = []
    to_datetime = pd.to_datetime

    def counted(texts, *args, **options):
        read.append(len(texts))
        return to_datetime(texts, *args, **options)

    odd = RIGHT.assign(day=[f"{i % 28 + 1} March 2025, {i}" for i in range(800)])
    given, right = decode(encode(odd)), decode(encode(RIGHT))
    monkeypatch.setattr(_compare_tables.pd, "to_datetime", counted)
    for _ in range(5):
        DAYS.compare(right, given)
        DAYS.tidy(RIGHT, given)
    assert sum(read) <= 2 * len(odd)


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("2025-01-01", True),
        ("2025-01-01T14:30:00+08:00", True),
        ("1 Jan 2025", True),
        ("1 January 2025 14:30", True),
        ("2025/01/01", True),
        ("Wednesday, 1 January 2025, 14:30:00", True),
        ("Wednesday, 1 January 2025,       14:30:00", False),  # too long to be a date
        ("first", False),
        (True, False),
    ],
)
def test_what_is_read_as_a_day(written: object, read: bool) -> None:
    right = RIGHT.head(1)
    given = decode(encode(right.assign(day=[written])))
    assert DAYS.compare(right, given).equal is read


def test_days_far_away_and_of_different_exactness_stand_beside_each_other() -> None:
    cells = pd.Series(["0001-01-01", "9999-12-31", "1 Jan 1900 10:00:11.000004 pm", "10:99", None])
    days = _compare_tables._days(cells.astype(object))
    assert [None if pd.isna(day) else day.strftime("%d.%m.") for day in days] == [
        *("01.01.", "31.12.", "01.01."),
        *(None, None),
    ]


@pytest.mark.parametrize("rows", [2_600, 2_601])
def test_what_is_far_too_long_is_not_read(rows: int) -> None:
    given = decode(encode(pd.DataFrame({"customer_id": range(rows), "day": "x"})))
    words = DAYS.too_long(decode(encode(RIGHT)), given)
    assert bool(words) is (rows > 2_600)
    if words:
        assert words == [
            "Your answer is a table of 2,601 rows and 2 columns, far too long to be right. It was "
            "not read."
        ]


def test_a_row_for_each_order_is_told_as_such_however_many() -> None:
    given = decode(encode(pd.concat([RIGHT] * 9)))
    (words,) = DAYS.too_long(decode(encode(RIGHT)), given)
    assert words.startswith("Your table should have one row for each customer_id, but 6,400 rows")
