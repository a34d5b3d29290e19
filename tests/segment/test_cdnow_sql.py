"""RFM on CDNOW, row for row against plain SQL that shares no code with the toolkit."""

import importlib.util
import sqlite3
from pathlib import Path

import pandas as pd
import pytest

from whobuys.segment import repurchase_rate, rfm_score, rfm_table

AS_OF = "1998-06-30"
FILES = {"sample": (0, 2, 4), "master": (0, 1, 3)}

SQL = """
WITH summary AS (
    SELECT customer_id,
           CAST(julianday(:as_of) - julianday(MAX(day)) AS INTEGER) AS recency,
           COUNT(DISTINCT day) AS frequency,
           SUM(cents) AS cents
    FROM sales GROUP BY customer_id
)
SELECT customer_id, recency, frequency, cents,
       (RANK() OVER (ORDER BY recency DESC) - 1) * 5 / COUNT(*) OVER () + 1,
       (RANK() OVER (ORDER BY frequency) - 1) * 5 / COUNT(*) OVER () + 1,
       (RANK() OVER (ORDER BY cents) - 1) * 5 / COUNT(*) OVER () + 1
FROM summary ORDER BY customer_id
"""


def raw_rows(name: str) -> list[tuple[str, str, int]]:
    """Read (customer, ISO day, cents) from the text file, without pandas."""
    found = importlib.util.find_spec("lifetimes")
    if found is None or found.origin is None:
        pytest.skip("the CDNOW files come with the package lifetimes, which is not installed")
    text = Path(found.origin).parent.joinpath("datasets", f"CDNOW_{name}.txt").read_text()
    who, when, paid = FILES[name]
    rows = []
    for line in text.splitlines():
        parts = line.split()
        if parts and parts[0].isdigit():
            day = parts[when]
            units, _, hundredths = parts[paid].partition(".")
            cents = int(units) * 100 + int(hundredths)
            rows.append((parts[who], f"{day[:4]}-{day[4:6]}-{day[6:]}", cents))
    return rows


def by_sql(rows: list[tuple[str, str, int]], query: str = SQL) -> list[tuple]:
    with sqlite3.connect(":memory:") as base:
        base.execute("CREATE TABLE sales (customer_id TEXT, day TEXT, cents INTEGER)")
        base.executemany("INSERT INTO sales VALUES (?, ?, ?)", rows)
        return base.execute(query, {"as_of": AS_OF}).fetchall()


def by_toolkit(transactions: pd.DataFrame) -> list[tuple]:
    scores = rfm_score(rfm_table(transactions, as_of=AS_OF))
    scores["monetary"] = (scores["monetary"] * 100).round(6)
    columns = ["customer_id", "recency_days", "frequency", "monetary"]
    columns += ["r_score", "f_score", "m_score"]
    return list(scores[columns].itertuples(index=False, name=None))


@pytest.mark.parametrize(
    ("name", "customers", "lines"),
    [
        ("sample", 2357, 6919),
        ("master", 23570, 69659),
    ],
)
def test_rfm_of_the_files_equals_sql(name, customers, lines):
    rows = raw_rows(name)
    assert len(rows) == lines
    frame = pd.DataFrame(rows, columns=["customer_id", "date", "cents"])
    frame = frame.assign(date=pd.to_datetime(frame["date"]), amount=frame["cents"] / 100)
    expected = by_sql(rows)
    assert len(expected) == customers
    assert by_toolkit(frame) == expected


@pytest.mark.parametrize("name", ["sample", "master"])
def test_rfm_of_the_loaded_dataset_equals_sql(name):
    raw_rows(name)
    data = pytest.importorskip("whobuys.data")
    frame = data.load("cdnow") if name == "sample" else data.load("cdnow", name)
    rows = [
        (who, when.strftime("%Y-%m-%d"), round(paid * 100))
        for who, when, paid in zip(
            frame["customer_id"], frame["date"], frame["amount"], strict=True
        )
    ]
    assert by_toolkit(frame) == by_sql(rows)


def test_repurchase_rate_equals_sql():
    rows = raw_rows("sample")
    frame = pd.DataFrame(rows, columns=["customer_id", "date", "amount"])
    frame["date"] = pd.to_datetime(frame["date"])
    query = """SELECT AVG(days > 1) FROM
               (SELECT COUNT(DISTINCT day) AS days FROM sales GROUP BY customer_id)"""
    assert repurchase_rate(frame) == pytest.approx(by_sql(rows, query)[0][0], abs=1e-12)
