"""The command, and the pages it writes: HTML that fetches nothing, a tagged PDF."""

from __future__ import annotations

import json
import re
import subprocess
import sys

import nbformat
import pytest
from typer.testing import CliRunner

from whobuys.cli.main import app
from whobuys.course._units import CHECKOUT
from whobuys.market import companies, market, write_tables
from whobuys.pages.reports import _is_shown, write_report
from whobuys.report import REPORTS, check_report


def call(*arguments: object):
    return CliRunner().invoke(app, ["report", *map(str, arguments)])


@pytest.fixture
def case_folder(tmp_path):
    write_tables(market("littlehands", 3, customers=200), tmp_path / "case" / "data")
    return tmp_path / "case"


def look_at(html: str, title: str) -> None:
    assert f"<title>{title}</title>" in html
    assert not re.search(r'(?:src|href)="(?!data:|#)', html)
    assert "<script" not in html
    images = re.findall(r"<img[^>]*>", html)
    assert images
    assert all(re.search(r'alt="[^"]{40,}', image) for image in images)
    assert html.count('href="#s') >= 5
    assert "start_report" not in html
    assert "Your words" not in html


def test_a_case_becomes_pages(case_folder, tmp_path):
    pages = write_report(
        "customer_analysis",
        {"company": "littlehands", "case": str(case_folder)},
        tmp_path / "out",
        pdf=True,
    )
    look_at(pages.html.read_text(encoding="utf-8"), "Customer analysis report")
    assert pages.pdf is not None
    printed = pages.pdf.read_bytes()
    assert printed.startswith(b"%PDF")
    assert b"/StructTreeRoot" in printed or b"/ObjStm" in printed
    assert len(printed) > 50_000
    results = json.loads(pages.results.read_text(encoding="utf-8"))
    case = market("littlehands", 3, customers=200)
    found = check_report(pages.notebook, case, report="customer_analysis", results=results)
    assert {finding.kind for finding in found.findings} == {"words"}
    assert found.figures_right == found.figures


def test_trials_with_other_weights_are_not_on_the_page():
    form = json.loads((CHECKOUT / "notebooks/reports/segment_market.ipynb").read_text("utf-8"))
    cells = {cell["id"]: nbformat.from_dict(cell) for cell in form["cells"]}
    assert not _is_shown(cells["r2-8-weights"])
    assert _is_shown(cells["r2-8-data"])


def test_own_words_are_shown(case_folder, tmp_path):
    first = write_report(
        "positioning", {"case": str(case_folder), "company": "littlehands"}, tmp_path / "a"
    )
    notebook = json.loads(first.notebook.read_text(encoding="utf-8"))
    for cell in notebook["cells"]:
        if cell["id"] == "r6-1-words":
            cell["source"] = [*cell["source"], "\n\nOur **own** <b>words</b><script>x()</script>."]
    own = tmp_path / "own.ipynb"
    own.write_text(json.dumps(notebook), encoding="utf-8")
    given = {"case": str(case_folder), "company": "littlehands"}
    again = write_report("positioning", given, tmp_path / "b", notebook=own, pdf=True)
    html = again.html.read_text(encoding="utf-8")
    assert "Our <strong>own</strong> <b>words</b>" in html
    assert "<script" not in html


def test_the_command_refuses_in_one_line(tmp_path):
    said = call("customer_analysis", "--company", "teahous", "--k", 40, "--to", tmp_path)
    assert said.exit_code == 1
    assert "Did you mean teahouse?" in said.output
    assert "from 2 to 10" in said.output
    assert "Traceback" not in said.output
    assert call("nothing", "--to", tmp_path).exit_code == 1
    wrong = call(
        "customer_analysis", "--data", tmp_path / "x.csv", "--map", "date", "--to", tmp_path
    )
    assert "--map must read like" in wrong.output


def test_wrong_files_are_told_before_the_notebook_is_run(tmp_path, monkeypatch):
    monkeypatch.setattr("whobuys.pages.reports.write_report", _must_not_run)
    said = call("customer_analysis", "--data", tmp_path / "nope.csv", "--to", tmp_path / "out")
    assert said.exit_code == 1
    assert f"There is no file {tmp_path / 'nope.csv'}." in "".join(said.output.splitlines())
    (tmp_path / "orders.csv").write_text("customer,date,amount\nA,2026-01-01,-1\n", "utf-8")
    for more, words in (
        (("--customers", tmp_path / "none.csv"), "There is no file"),
        (("--map", "date=Tag"), 'no column "Tag"'),
        ((), "no sale is left"),
        (("--k", 99), "from 2 to 10"),
    ):
        said = call("segment_market", "--data", tmp_path / "orders.csv", *more, "--to", tmp_path)
        assert said.exit_code == 1
        assert words in said.output
    said = call("positioning", "--case", tmp_path / "none", "--to", tmp_path / "out")
    assert "there is no folder" in said.output
    assert not (tmp_path / "out").exists()


def _must_not_run(*_: object, **__: object) -> None:
    raise AssertionError("the files were not looked through first")


def test_a_wrong_file_is_told_before_charts_and_methods_are_loaded(tmp_path):
    code = (
        "import sys; from whobuys.cli.main import app\n"
        "try: app(sys.argv[1:])\n"
        "except SystemExit as end: print(end.code)\n"
        "print({'sklearn', 'matplotlib', 'papermill', 'nbformat'} & set(sys.modules))\n"
    )
    given = ["report", "customer_analysis", "--data", str(tmp_path / "nope.csv")]
    done = subprocess.run(
        [sys.executable, "-c", code, *given], capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["1", "set()"]


def test_each_stage_is_told(tmp_path, monkeypatch):
    made = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("# Report", id="title")])
    monkeypatch.setattr("whobuys.pages.reports._run", lambda *_: made)
    monkeypatch.setattr("whobuys.pages.reports.print_page", lambda *_, **__: b"%PDF")
    data = tmp_path / "orders.csv"
    data.write_text("customer,date,amount\n" + "A,2026-01-01,1\n" * 2, encoding="utf-8")
    said = call(
        *("segment_market", "--data", data, "--to", tmp_path / "out", "--currency", "EUR"), "--pdf"
    )
    assert said.exit_code == 0, said.output
    stages = ("Read orders.csv", "1 row (EUR 1.00) repeated", "Loading", "Starting", "Writing")
    places = [said.output.index(stage) for stage in (*stages, "Printing", "segment_market.html")]
    assert places == sorted(places)
    assert said.stdout.split() == [
        str(tmp_path / "out" / f"segment_market{end}")
        for end in (".html", ".pdf", ".ipynb", "_results.json")
    ]


def test_missing_columns_are_told_without_a_traceback(tmp_path):
    path = tmp_path / "orders.csv"
    path.write_text("a,b\n1,2\n", encoding="utf-8")
    said = call("customer_analysis", "--data", path, "--to", tmp_path / "out")
    assert said.exit_code == 1
    assert "no column for customer_id" in said.output
    assert "Traceback" not in said.output


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "company"),
    [
        *(
            (name, company)
            for name in ("customer_analysis", "segment_market")
            for company in companies()
        ),
        *(
            (name, "tradeways")
            for name in REPORTS
            if name not in ("customer_analysis", "segment_market")
        ),
    ],
)
def test_the_main_reports_run_for_every_company(name, company, tmp_path):
    pages = write_report(name, {"company": company, "seed": 5}, tmp_path, pdf=True)
    html = pages.html.read_text(encoding="utf-8")
    assert html.count("<h2") > 4
    found = check_report(pages.notebook, market(company, 5), report=name)
    assert {finding.kind for finding in found.findings} <= {"words"}
