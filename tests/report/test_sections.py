"""Every report says something under every sub-head, for every company."""

from __future__ import annotations

import re

import pytest
from matplotlib.figure import Figure

from whobuys.market import companies
from whobuys.plot import alt_text
from whobuys.report import REPORTS, start_report
from whobuys.report._say import percent
from whobuys.report._swot import swot_entries
from whobuys.report._words import Words, read_words
from whobuys.target import check_swot

FAST = ["teahouse", "tradeways"]
GRID = [
    pytest.param(name, company, marks=[] if company in FAST else [pytest.mark.slow])
    for name in REPORTS
    for company in companies()
]


@pytest.mark.parametrize(("name", "company"), GRID)
def test_every_section_speaks(name, company, made):
    report = made(name, company)
    for key in report.sections:
        section = report.section(key)
        text = "\n".join(part for part in section.parts if isinstance(part, str))
        heads = re.findall(r"^### (.+)$", text, re.MULTILINE)
        assert heads, key
        assert len(heads) == len(section.heads) == len(set(heads))
        blocks = re.split(r"^### .+$", text, flags=re.MULTILINE)[1:]
        for head, block in zip(heads, blocks, strict=True):
            assert len(block.strip()) > 15, (key, head)
        assert not re.search(r"\bnan\b|\binf\b|\{\w*\}|None|NaT", text), (key, text)
        for part in section.parts:
            if isinstance(part, Figure):
                assert len(alt_text(part)) > 40, key


@pytest.mark.parametrize(("name", "company"), [(n, c) for n in REPORTS for c in FAST])
def test_each_section_has_its_own_numbers_once(name, company, made):
    results = made(name, company).results()
    keys = [(f["section"], f["name"], f["of"]) for f in results["figures"]]
    assert len(keys) == len(set(keys))
    assert len(keys) > 5
    known = read_words("en")["numbers"]
    assert {f["name"] for f in results["figures"]} <= set(known)
    assert all(f["tolerance"] >= 0 for f in results["figures"])


def test_parts_switch_with_the_customer_type(made):
    firms = made("customer_analysis", "tradeways")
    people = made("customer_analysis", "teahouse")
    assert {"ownership", "size"} <= set(firms.section("basics").heads)
    assert {"where", "base"} <= set(people.section("basics").heads)
    assert "roles" in firms.section("segmentation").heads
    assert "demographics" in people.section("segmentation").heads


def test_each_segment_has_the_five_sub_heads(made):
    report = made("segment_market", "teahouse")
    for key in ("segment_one", "segment_two", "segment_three"):
        assert report.section(key).heads == ["traits", "needs", "growth", "rivals", "penetration"]


def test_sections_and_sub_heads_are_those_of_the_templates():
    assert len(REPORTS["customer_analysis"]) == 8
    assert len(REPORTS["segment_market"]) == 10
    for name, sections in REPORTS.items():
        assert Words("en", name).sections == list(sections)


def test_what_there_is_no_data_for_is_said_and_left_out(made):
    report = made("customer_analysis", "marketplace")
    section = report.section("competitors")
    assert set(section.left_out) == {"prices", "shares", "channels", "attitude"}
    assert "cannot say" in section.parts[0]
    results = report.results()
    assert "competitors" in results["left_out"]
    assert not [f for f in results["figures"] if f["section"] == "competitors"]


def test_a_language_without_words_falls_back_and_says_so_once():
    report = start_report("customer_analysis", {"company": "littlehands", "lang": "zh"})
    assert report.words.in_english in (report.sections, [])
    if report.words.in_english:
        assert len([note for note in report.notes() if "English" in note]) == 1
    assert report.section("introduction").heading


def test_one_section_can_be_translated_alone(monkeypatch):
    from whobuys.report import _words

    english = read_words("en")
    own = {
        "reports": {
            "positioning": {
                "sections": {"market": english["reports"]["positioning"]["sections"]["market"]}
            }
        },
        "columns": {"region": "REGION"},
    }
    monkeypatch.setattr(_words, "read_words", lambda lang: english if lang == "en" else own)
    words = Words("zh", "positioning")
    assert "market" not in words.in_english
    assert "background" in words.in_english
    assert words.common("columns", "region") == "REGION"
    assert words.common("columns", "city") == "city"


def test_a_shorter_period_counts_less(made):
    whole = made("customer_analysis", "littlehands")
    half = made("customer_analysis", "littlehands", period="2025-07-01/2026-06-30")
    assert len(half.analysis.orders) < len(whole.analysis.orders)
    assert half.material.start.year == 2025
    with pytest.raises(ValueError, match="No order falls between"):
        start_report(
            "customer_analysis", {"company": "littlehands", "period": "1999-01-01/1999-12-31"}
        )


@pytest.mark.parametrize("k", [2, 10])
def test_few_and_many_segments(k, made):
    report = made("segment_market", "littlehands", k=k)
    assert len(report.analysis.sheet) == k
    for key in report.sections:
        assert report.section(key).parts
    third = report.section("segment_three")
    assert bool(third.left_out) == (k == 2)


def test_names_of_segments_differ(made):
    from whobuys.report._common import segment_names

    report = made("segment_market", "littlehands", k=10)
    names = [
        name.partition(" · ")[2] for name in segment_names(report.analysis, report.words).values()
    ]
    assert len(set(names)) == len(names)


def test_unknown_report_and_section(made):
    with pytest.raises(ValueError, match="There is no report 'x'"):
        start_report("x")
    with pytest.raises(ValueError, match="has no section 'x'"):
        made("customer_analysis", "teahouse").section("x")


def test_the_swot_sells_no_growth_that_is_by_construction(made):
    report = made("customer_analysis", "teahouse")
    entries = swot_entries(report.analysis, report.words)
    grown = [said for said in entries["statement"] if "grew" in said]
    assert not any("egment" in said for said in entries["statement"])
    sold = report.analysis.lines.assign(kind=report.analysis.categories)
    late = sold["date"] > report.analysis.middle
    halves = sold.groupby(["kind", late])["amount"].sum().unstack()
    halves = halves[halves.sum(axis=1) >= 0.05 * sold["amount"].sum()]
    growth = halves[True] / halves[False] - 1
    assert grown == [
        f"Demand for “{growth.idxmax()}” (category) grew by {percent(growth.max())} from the first "
        "to the second half"
    ]


def test_a_market_report_warns_wherever_it_names_a_segment_that_grows(made):
    report = made("segment_market", "teahouse")
    text = "".join(part for part in report.section("research").parts if isinstance(part, str))
    assert "grows most: its revenue" in text
    for said in ("grows most: its revenue", "is shrinking most"):
        assert "by construction" in text.partition(said)[2][:200] or said not in text
    for key in ("segment_one", "segment_two", "segment_three"):
        text = "".join(part for part in report.section(key).parts if isinstance(part, str))
        assert "segments were drawn with who bought lately" in text


def test_what_a_check_of_the_swot_finds_is_named(made):
    report = made("customer_analysis", "marketplace")
    text = report.section("swot").parts[-1]
    found = check_swot(swot_entries(report.analysis, report.words), report.material.tables)
    for row in found.to_dict("records"):
        assert f"{row['quadrant']} ({row['problem']})" in text
    assert ("finds: none." in text) == found.empty


def test_the_results_name_only_sub_heads_that_have_no_figure(made, tmp_path):
    report = made("customer_analysis", "marketplace")
    shown = report.finish(tmp_path / "results.json").as_markdown()
    line = next(line for line in shown.splitlines() if line.startswith("For want of data"))
    left = report.results()["left_out"]
    for name, subs in left.items():
        heads = [report.words.section(name)["subs"][sub]["heading"] for sub in subs]
        assert f"{report.section(name).heading} ({', '.join(heads)})" in line
    assert "Competitors (Products and prices, " in line
