"""Panels in JupyterLab, by keyboard alone."""

import json

import pytest

from tests.browser.lab import CUT, LAPTOP, open_notebook

pytestmark = pytest.mark.browser

CODE = {
    "data": """import pandas as pd
from whobuys import plot, segment, widgets
from whobuys.market import market
plot.style()
case = market("marketplace", 0)
features = segment.customer_features(case["transactions"], as_of=case.as_of)
features = features[["orders", "amount", "recency_days"]].dropna()
customers = features.reset_index()""",
    "weights": 'widgets.weight_panel(customers, {"orders": 5, "amount": 5}, top=5)',
    "rules": 'widgets.rule_panel(customers, "often: orders >= 5\\nseldom: orders <= 5")',
    "explorer": "widgets.segment_explorer(features, k=3)",
}


@pytest.fixture
def panels(lab, lab_folder, new_page):
    cells = [
        {
            "cell_type": "code",
            "id": id,
            "metadata": {},
            "outputs": [],
            "execution_count": None,
            "source": code,
        }
        for id, code in CODE.items()
    ]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    notebook = {
        "cells": cells,
        "metadata": {"kernelspec": kernel},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    (lab_folder / "panels.ipynb").write_text(json.dumps(notebook), encoding="utf-8")
    opened = open_notebook(new_page(viewport=LAPTOP), lab, "panels.ipynb")
    opened.run_all()
    return opened


def test_panels_follow_the_keyboard(panels):
    assert panels.problems == []
    keyboard = panels.page.keyboard

    for typed, shown in (
        ("2,5", 'amount: "2,5" is no weight'),
        ("0", "orders 100%, amount 0%"),
    ):
        panels.cell("weights").get_by_label("amount").focus()
        keyboard.press("Control+a")
        keyboard.type(typed)
        keyboard.press("Tab")
        panels.wait_for("weights", shown)

    panels.cell("rules").get_by_label("Rules").focus()
    keyboard.press("Control+End")
    for _ in range(4):
        keyboard.press("Backspace")
    keyboard.type("< 5")
    keyboard.press("Tab")
    panels.wait_for("rules", "2 rules, exclusive, complete")

    panels.cell("explorer").get_by_label("Segments").focus()
    keyboard.press("ArrowUp")
    keyboard.press("Tab")
    panels.wait_for("explorer", "4 segments.")
    panels.cell("explorer").get_by_label("recency_days").focus()
    keyboard.press("Space")
    panels.wait_for("explorer", "recency_days: no")
    alts = panels.cell("explorer").locator("img").evaluate_all("all => all.map(img => img.alt)")
    assert len(alts) == 1
    assert len(alts[0].split()) >= 8
    assert panels.problems == []
    assert panels.page.evaluate(CUT) == []
