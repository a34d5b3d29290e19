"""The check finds a wrong figure, an empty section and a missing sub-head, in plain words."""

from __future__ import annotations

import copy
import json
from functools import cache

import nbformat
import pytest

from whobuys.market import market
from whobuys.report import (
    Report,
    check_report,
    from_case,
    read_results,
    read_settings,
    write_results,
)
from whobuys.report._material import in_period
from whobuys.report._results import MIME

CASE = market("littlehands", 0, customers=200)
WORDS = "We looked at the table and we would phone the 120 customers of segment two first, because "
WORDS += "they spend much and have not been here for a year, before anything else is done."


def notebook_of(name, **settings):
    """Make what an executed notebook would hold, without a kernel."""
    own = read_settings(settings)
    report = Report(name, in_period(from_case(CASE), own.days), own)
    cells = [nbformat.v4.new_markdown_cell("# Title")]
    for number, key in enumerate(report.sections, start=1):
        section = report.section(key)
        outputs = []
        for part in section.parts:
            data = {"text/markdown": part} if isinstance(part, str) else {"image/png": "x"}
            outputs.append(nbformat.v4.new_output("display_data", data))
        cells += [
            nbformat.v4.new_markdown_cell(f"## {number} {section.heading}"),
            nbformat.v4.new_code_cell(f'report.section("{key}")', outputs=outputs),
            nbformat.v4.new_markdown_cell(f"> **Your words.** What about it?\n\n{WORDS}"),
        ]
    data = {MIME: report.results(), "text/markdown": "table"}
    cells += [
        nbformat.v4.new_markdown_cell("## Results"),
        nbformat.v4.new_code_cell("x", outputs=[nbformat.v4.new_output("display_data", data)]),
    ]
    return json.loads(json.dumps(nbformat.v4.new_notebook(cells=cells)))


NAMES = ("customer_analysis", "segment_market")


@cache
def whole(name):
    return notebook_of(name)


@pytest.fixture(params=NAMES)
def name(request):
    return request.param


@pytest.fixture
def handed_in(name):
    return copy.deepcopy(whole(name))


def kinds(notebook, name):
    return {finding.kind for finding in check_report(notebook, CASE, report=name).findings}


def results_in(notebook):
    return notebook["cells"][-1]["outputs"][0]["data"][MIME]


def test_a_whole_report_passes(handed_in, name):
    found = check_report(handed_in, CASE, report=name)
    assert found.passed, found.findings
    assert found.sections == found.sections_right
    assert found.figures == found.figures_right > 10


def test_a_wrong_figure(handed_in, name):
    figure = results_in(handed_in)["figures"][3]
    figure["value"] = figure["value"] * 1.2 + 5
    found = check_report(handed_in, CASE, report=name)
    assert [f.kind for f in found.findings] == ["figure"]
    assert "in your results; from your tables it is" in found.findings[0].says
    assert found.figures_right == found.figures - 1


def test_a_wider_tolerance_of_ones_own_helps_nobody(handed_in, name):
    for figure in results_in(handed_in)["figures"]:
        figure["tolerance"] = 1e12
    results_in(handed_in)["figures"][3]["value"] += 1e6
    assert kinds(handed_in, name) == {"figure"}


def test_not_a_number(handed_in, name):
    results_in(handed_in)["figures"][3]["value"] = float("nan")
    assert kinds(handed_in, name) == {"figure"}


def test_missing_figures_are_named_but_not_all(handed_in, name):
    del results_in(handed_in)["figures"][2:]
    found = check_report(handed_in, CASE, report=name)
    assert {f.kind for f in found.findings} == {"figure"}
    assert len(found.findings) <= 9


def test_an_empty_section(handed_in, name):
    handed_in["cells"][2]["outputs"] = []
    assert "sub-head" in kinds(handed_in, name)


def test_a_missing_sub_head(handed_in, name):
    output = handed_in["cells"][5]["outputs"][0]["data"]
    first = output["text/markdown"].split("\n")[0]
    assert first.startswith("### ")
    output["text/markdown"] = output["text/markdown"].replace(first, "", 1)
    found = check_report(handed_in, CASE, report=name)
    assert [f.kind for f in found.findings] == ["sub-head"]
    assert first.removeprefix("### ") in found.findings[0].says


def test_a_sub_head_with_nothing_under_it(handed_in, name):
    output = handed_in["cells"][2]["outputs"][0]["data"]
    head = output["text/markdown"].split("\n")[0]
    rest = output["text/markdown"].partition("\n### ")[2]
    output["text/markdown"] = f"{head}\n\n### {rest}"
    assert kinds(handed_in, name) == {"empty"}


@pytest.mark.parametrize(
    "text", ["", "> **Your words.** What about it?", "Good.", "## \n<!-- x -->"]
)
def test_no_words_of_ones_own(handed_in, name, text):
    handed_in["cells"][3]["source"] = text
    assert kinds(handed_in, name) == {"words"}


def test_chinese_words_count(handed_in, name):
    handed_in["cells"][3]["source"] = (
        "我们会先给第二组的一百二十位客户打电话,因为他们花得多,却已经一年没有来过,其他的事情以后再做也来得及。"
    )
    assert check_report(handed_in, CASE, report=name).passed


def test_a_missing_section(handed_in, name):
    del handed_in["cells"][4:7]
    found = check_report(handed_in, CASE, report=name)
    assert [f.kind for f in found.findings] == ["section"]


def test_moved_and_numbered_otherwise_is_fine(handed_in, name):
    cells = handed_in["cells"]
    cells[4:7], cells[7:10] = cells[7:10], cells[4:7]
    cells[4]["source"] = cells[4]["source"].replace("## 3 ", "# **III.** ").replace("**III.** ", "")
    assert check_report(handed_in, CASE, report=name).passed


def test_another_company(handed_in, name):
    found = check_report(handed_in, market("teahouse", 0, customers=300), report=name)
    assert found.figures_right < found.figures / 2


def test_another_seed(handed_in, name):
    found = check_report(handed_in, market("littlehands", 1, customers=200), report=name)
    assert "figure" in {f.kind for f in found.findings}


def test_settings_of_the_student_are_followed(name):
    notebook = notebook_of(name, k=3, period="2025-01-01/2026-06-30")
    assert check_report(notebook, CASE, report=name).passed


@pytest.mark.parametrize(
    "change",
    [
        lambda r: r.update(schema="x"),
        lambda r: r.update(version=99),
        lambda r: r.update(figures="many"),
        lambda r: r["figures"][0].pop("value"),
        lambda r: r["figures"][0].update(value="12"),
        lambda r: r["figures"][0].update(value=True),
        lambda r: r["about"].update(k=99),
        lambda r: r["about"].update(start="never"),
        lambda r: r.update(report="positioning"),
        lambda r: r.update(figures=[{}] * 5000),
    ],
)
def test_hostile_results(change, name):
    handed_in = copy.deepcopy(whole(name))
    change(results_in(handed_in))
    assert "results" in kinds(handed_in, name)


def test_no_results_and_an_error(handed_in, name):
    handed_in["cells"][-1]["outputs"] = [
        {"output_type": "error", "ename": "ValueError", "evalue": "boom", "traceback": []}
    ]
    assert kinds(handed_in, name) == {"results", "error"}


def test_a_results_file(tmp_path, handed_in, name):
    path = write_results(results_in(handed_in), tmp_path / "r.json")
    assert read_results(path)["report"] == name
    handed_in["cells"][-1]["outputs"] = []
    assert check_report(handed_in, CASE, report=name, results=path).passed
    path.write_text("{", encoding="utf-8")
    found = check_report(handed_in, CASE, report=name, results=path)
    assert "no JSON" in found.findings[0].says


def test_no_notebook(tmp_path):
    path = tmp_path / "x.ipynb"
    path.write_text("hello", encoding="utf-8")
    with pytest.raises(ValueError, match="is no notebook"):
        check_report(path, CASE, report="customer_analysis")
    with pytest.raises(ValueError, match="There is no report"):
        check_report(path, CASE, report="x")
