"""Reports are made once and looked at by many tests."""

from __future__ import annotations

import matplotlib as mpl
import matplotlib.pyplot as plt
import pytest

from whobuys.plot import style
from whobuys.report import Report, start_report

mpl.use("Agg")
MADE: dict[tuple[str, str], Report] = {}


@pytest.fixture(autouse=True)
def calm():
    with mpl.rc_context():
        style()
        yield
    plt.close("all")


@pytest.fixture
def made():
    def make(name: str, company: str, **more: object) -> Report:
        key = (name, company, str(sorted(more.items())))
        if key not in MADE:
            MADE[key] = start_report(name, {"company": company, **more})
        return MADE[key]

    return make
