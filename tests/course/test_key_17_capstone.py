"""The key of exercise 17: right reports pass in other forms, other ones do not, nor mislead."""

import json

import pandas as pd
import pytest

from whobuys.course import Judge, load_key, unit_folder
from whobuys.course._answers import decode, encode
from whobuys.report import (
    check_report,
    figures_of,
    from_case,
    outline_of,
    read_settings,
    start_report,
)

KEY = load_key(unit_folder("17_capstone") / "key.py")
JUDGE = Judge(KEY, KEY.draw(0))
PARTS, FIGURES = ("q1", "q3"), ("q2", "q4")


def seen(id, value):
    return JUDGE.judge(id, decode(encode(value)), {})


def right(id):
    return JUDGE.right(id).copy()


@pytest.mark.parametrize("id", PARTS)
def test_an_outline_in_other_forms_passes(id):
    outline = right(id)
    extra = pd.DataFrame([{"section": "returns", "part": "online", "letters": 400}])
    for other in (
        outline.sample(frac=1, random_state=1),
        outline.set_index(["section", "part"]).reset_index(),
        outline.drop(columns=["own_words", "says"]),
        outline.assign(own_words=25),
        pd.concat([outline, outline.tail(3)]),
        pd.concat([outline, extra]),
        outline.assign(letters=outline["letters"] * 3),
        outline.astype({"section": "category"}),
    ):
        assert seen(id, other).status == "passed"


@pytest.mark.parametrize("id", PARTS)
def test_an_outline_with_a_gap_earns_what_is_whole(id):
    outline = right(id)
    names = list(dict.fromkeys(outline["section"]))
    fifth = outline["section"] == names[4]
    for other, words in (
        (outline[~fifth], "is missing"),
        (outline.drop(index=outline.index[fifth][0]), "the sub-head"),
        (outline.assign(letters=outline["letters"].mask(fifth, 3)), "nothing stands under"),
        (outline.assign(own_words=pd.Series(30, outline.index).mask(fifth, 4)), "4 words"),
    ):
        verdict = seen(id, other)
        assert verdict.credit == pytest.approx(1 - 1 / len(names))
        assert verdict.mistake is None
        assert words in verdict.details[1]


@pytest.mark.parametrize("id", PARTS)
def test_what_is_no_outline_is_told_in_words(id):
    for other in ("done", 8, [1, 2], right("q2"), right(id)[["section"]], {"a": 1}, True):
        verdict = seen(id, other)
        assert verdict.credit == 0
        assert verdict.mistake is None


@pytest.mark.parametrize("id", FIGURES)
def test_figures_in_other_forms_pass(id):
    table = right(id)
    for other in (
        table.sample(frac=1, random_state=1),
        table.set_index("section").reset_index(),
        table.drop(columns=["tolerance", "unit"]),
        table.assign(value=table["value"] + 0.5 * table["tolerance"]),
        table.assign(of=table["of"].replace("", None)),
        table.assign(grade_cuts="0.5, 0.9"),
        pd.concat([table, table.tail(2).assign(name="own_count", value=1.0)]),
        table.astype({"k": float}),
    ):
        assert seen(id, other).status == "passed", seen(id, other).details


@pytest.mark.parametrize("id", FIGURES)
def test_the_figures_follow_the_choice_of_k(id):
    order = KEY.draw(0)["commission"].iloc[0]
    name = JUDGE.right(id)["report"].iloc[0]
    given = {"company": "outfitter", "seed": 0, "k": 3}
    given |= {"period": order["period"], "answer_days": int(order["answer_days"])}
    own = figures_of(start_report(name, given).results())
    assert seen(id, own).status == "passed"
    assert seen(id, own.assign(k=4)).status != "passed"


@pytest.mark.parametrize("id", FIGURES)
def test_wrong_figures_are_named_and_their_own_tolerance_helps_nobody(id):
    table = right(id)
    one = table.assign(value=table["value"].mask(table.index == 3, table["value"] * 2 + 50))
    one["tolerance"] = 1e12
    verdict = seen(id, one)
    assert verdict.credit == pytest.approx(1 - 1 / len(table))
    assert "in your results; from your tables it is" in verdict.details[1]
    for other in (
        table.iloc[1:],
        table.assign(value=0.0),
        table.assign(value=float("nan")),
        table.assign(value=-table["value"]),
        table.assign(value=table["value"] * 1.5 + 3),
        table.assign(company="teahouse"),
        table.assign(k=0),
        table.assign(value="many"),
        table.assign(section="x"),
    ):
        verdict = seen(id, other)
        assert verdict.credit < 1
        assert verdict.mistake is None
    for other in (table.drop(columns="k"), table.head(0), "done", 3.5, right("q1")):
        assert seen(id, other).credit == 0


@pytest.mark.parametrize("id", FIGURES)
def test_slips_in_other_forms_are_known(id):
    table = right(id)
    verdict = seen(id, table.assign(start="2024-09-01", value=table["value"] * 1.2))
    assert "2024-09-01 to" in verdict.details[0]
    assert verdict.credit == 0.5
    verdict = seen(id, table.assign(answer_days=30))
    assert "within 30 days" in verdict.details[0]


# What stands on a page ---------------------------------------------------------------------------


def page(name, own, prompt="> **Your words.** What about it, and which number says so?"):
    """Return the cells of an executed report with the same own words in each section."""
    report = start_report(name, {"company": "littlehands"})
    title = {"customer_analysis": "Customer analysis report"}.get(name, "Segment market report")
    cells = [{"cell_type": "markdown", "source": f"# {title}"}]
    for number, key in enumerate(report.sections, 1):
        section = report.section(key)
        parts = [
            {"text/markdown": part} if isinstance(part, str) else {"image/png": "x"}
            for part in section.parts
        ]
        outputs = [{"output_type": "display_data", "data": part} for part in parts]
        cells += [
            {"cell_type": "markdown", "source": f"## {number} {section.heading}"},
            {"cell_type": "code", "source": "x", "outputs": outputs},
            {"cell_type": "markdown", "source": f"{prompt}\n\n{own}"},
        ]
    return cells, report


OWN = "We would phone the customers of the second segment first, because they spend much and have "
OWN += "not been here for a year, before anything else is done."


def test_two_reports_in_one_notebook_are_kept_apart():
    first, report = page("customer_analysis", OWN)
    second, _ = page("segment_market", "")
    outline = outline_of([*first, *second], "customer_analysis")
    assert outline["own_words"].min() > 20
    assert list(dict.fromkeys(outline["section"])) == report.sections
    wanted = report.outline()
    there = set(zip(outline["section"], outline["part"], strict=True))
    assert set(zip(wanted["section"], wanted["part"], strict=True)) <= there
    assert outline_of([*first, *second], "segment_market")["own_words"].max() == 0


def test_a_prompt_without_its_grey_line_is_nobodys_own():
    prompt = "> **Your words.** For whom do you write this, and which decision waits for it? "
    prompt += "Name the enterprise, its field and the group you look at."
    given, _ = page("customer_analysis", "", prompt)
    cells, _ = page("customer_analysis", "", prompt.replace(">", ""))
    assert outline_of(cells, "customer_analysis", given)["own_words"].max() == 0
    case = report_case()
    notebook, starter = {"cells": cells}, {"cells": given}
    found = check_report(notebook, case, report="customer_analysis", starter=starter)
    assert "words" in {finding.kind for finding in found.findings}
    found = check_report(notebook, case, report="customer_analysis")
    assert "words" not in {finding.kind for finding in found.findings}


def report_case():
    from whobuys.market import market

    return market("littlehands", 0)


def test_tables_an_exercise_adds_are_no_table_of_the_company():
    case = KEY.draw(0)
    assert "commission" in case.tables
    assert "commission" not in from_case(case).tables


def test_the_commission_can_be_read_as_parameters():
    for seed in range(20):
        order = json.loads(KEY.draw(seed)["commission"].to_json(orient="records"))[0]
        days = read_settings(order).days
        assert 360 < (days[1] - days[0]).days < 600
