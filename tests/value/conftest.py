import pandas as pd
import pytest

from whobuys.data import load
from whobuys.value import clv_summary


@pytest.fixture(scope="session")
def cdnow() -> pd.DataFrame:
    return load("cdnow")


@pytest.fixture(scope="session")
def summary(cdnow) -> pd.DataFrame:
    return clv_summary(cdnow, end="1997-09-30", unit="week")


# Fader, Hardie and Shang (2010): 11,104 donors of 1995, gifts in 1996-2001.
DONATIONS = """
0 0 3464
1 1 1091
1 2 277
1 3 129
1 4 78
1 5 119
1 6 129
2 2 613
2 3 255
2 4 155
2 5 173
2 6 234
3 3 322
3 4 181
3 5 225
3 6 357
4 4 240
4 5 284
4 6 512
5 5 335
5 6 728
6 6 1203
"""


@pytest.fixture(scope="session")
def donations() -> pd.DataFrame:
    rows = [list(map(int, line.split())) for line in DONATIONS.split("\n") if line]
    table = pd.DataFrame(rows, columns=["frequency", "recency", "donors"])
    return table.assign(T=6)
