"""Panels without a browser: what is shown follows the controls, and stands without them."""

from __future__ import annotations

import re

import ipywidgets
import nbformat
import numpy as np
import pandas as pd
import pytest
from nbclient import NotebookClient

from whobuys.segment import Rule, find_segments, scale_features, stability, weighted_score
from whobuys.widgets import Panel, rule_panel, segment_explorer, weight_panel


@pytest.fixture
def customers() -> pd.DataFrame:
    draw = np.random.default_rng(5)
    return pd.DataFrame(
        {
            "customer_id": [f"C{number:03}" for number in range(120)],
            "orders": draw.poisson(6, 120),
            "margin": draw.normal(80, 30, 120).round(2),
            "days_silent": draw.integers(0, 400, 120),
        }
    )


def first_rows(html: str, rows: int) -> list[str]:
    return re.findall(r"<td>(C\d+)</td>", html)[:rows]


def test_weights_decide_who_is_on_top(customers: pd.DataFrame) -> None:
    panel = weight_panel(customers, {"orders": 5, "days_silent": 5}, reverse=["days_silent"], top=5)
    assert "<strong>5 of the 5 first chosen" in panel.html
    panel.controls["days_silent"].value = 0
    by_orders = weighted_score(customers, {"orders": 1}).sort_values("rank", kind="stable")
    assert first_rows(panel.html, 5) == by_orders["customer_id"].head(5).tolist()
    assert "orders 100%, days_silent 0%" in panel.html
    assert panel.html.endswith("<p><small>orders: 5 · days_silent: 0</small></p>")


def test_all_weights_zero_is_said_and_mended(customers: pd.DataFrame) -> None:
    panel = weight_panel(customers, {"orders": 1, "margin": 0})
    panel.controls["orders"].value = 0
    assert 'role="alert"' in panel.html
    panel.controls["margin"].value = 3
    assert 'role="alert"' not in panel.html


@pytest.mark.parametrize("typed", ["2,5", "2.5", "0,5", "25", "-1", "five", " ", "<b>"])
def test_a_weight_that_is_none_is_named_not_changed(customers: pd.DataFrame, typed: str) -> None:
    panel = weight_panel(customers, {"orders": 5, "margin": 5})
    panel.controls["orders"].value = typed
    assert 'role="alert"' in panel.html
    assert "Type a whole number from 0 to 10" in panel.html
    assert "<b>" not in panel.html
    assert panel.controls["orders"].value == typed
    panel.controls["orders"].value = " 10 "
    assert "orders 67%, margin 33%" in panel.html


@pytest.mark.parametrize("weight", [11, -1, 0.5, True])
def test_weights_are_whole_numbers(customers: pd.DataFrame, weight: float) -> None:
    with pytest.raises(ValueError, match="whole numbers from 0 to 10"):
        weight_panel(customers, {"orders": weight})


def test_rules_are_checked_as_they_are_written(customers: pd.DataFrame) -> None:
    panel = rule_panel(customers, [Rule("often", "orders >= 6"), Rule("seldom", "orders < 6")])
    assert "2 rules, exclusive, complete" in panel.html
    panel.controls["rules"].value = "often: orders >= 6\n\nlow: margin < 80"
    both = int(((customers["orders"] >= 6) & (customers["margin"] < 80)).sum())
    assert "not exclusive, not complete" in panel.html
    assert f"two or more: {both}" in panel.html
    for text, said in (
        ("often orders >= 6", "Line 1: write &quot;class: condition&quot;"),
        ("often: orders >", "cannot be read"),
        ("often: visits > 3", "visits"),
        ("often: __import__('os').getcwd() == 'x'", "often"),
        ("", "There are no rules"),
    ):
        panel.controls["rules"].value = text
        assert 'role="alert"' in panel.html, text
        assert said in panel.html, text


def test_what_a_reader_types_is_never_markup(customers: pd.DataFrame) -> None:
    panel = rule_panel(customers, "<script>alert(1)</script>: orders > 3")
    assert "<script>" not in panel.html
    panel.controls["rules"].value = "a: <img src=x onerror=alert(1)>"
    assert "<img" not in panel.html


def test_the_explorer_shows_what_the_toolkit_finds(customers: pd.DataFrame) -> None:
    features = customers.set_index("customer_id")
    panel = segment_explorer(features, ["orders", "margin"], k=3, most=5)
    chosen = features[["orders", "margin"]]
    scaled = scale_features(chosen)
    sizes = find_segments(scaled, 3).sizes
    for size in sizes:
        assert f"<td>{size}</td>" in panel.html
    agreed = stability(scaled.sort_index(), [3], 10, progress=False)[3].mean()
    assert f"agree to {agreed:.2f}" in panel.html
    assert "days_silent: no" in panel.html
    assert '<img alt="' in panel.html
    for name in list(panel.controls)[1:]:
        panel.controls[name].value = False
    assert "Tick at least one variable" in panel.html


def test_the_explorer_refuses_what_is_not_there(customers: pd.DataFrame) -> None:
    features = customers.set_index("customer_id")
    with pytest.raises(ValueError, match=r"no column 'visits'.* orders, margin"):
        segment_explorer(features, ["visits"])
    with pytest.raises(ValueError, match="k must be from 2 to most=8"):
        segment_explorer(features, k=9)


def test_a_control_needs_a_name() -> None:
    with pytest.raises(ValueError, match="'k' needs a description"):
        Panel({"k": ipywidgets.IntText()}, lambda k: "")


@pytest.mark.slow
def test_on_paper_the_result_stays() -> None:
    code = (
        "import ipywidgets\n"
        "from whobuys.widgets import Panel\n"
        "panel = Panel({'k': ipywidgets.IntText(value=3, description='Segments')},\n"
        "              lambda k: f'<p>{k} segments</p>')\n"
        "display(panel)\n"
        "panel.controls['k'].value = 4"
    )
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(code)])
    NotebookClient(notebook, kernel_name="python3").execute()
    controls, result = notebook.cells[0].outputs
    assert "Run the notebook" in controls["data"]["text/html"]
    expected = "<p>4 segments</p><p><small>Segments: 4</small></p>"
    assert result["data"]["text/html"] == expected
