"""Satisfaction, recommendation, loyalty, complaints, the scorecard."""

import numpy as np
import pandas as pd
import pytest

from whobuys.market import market
from whobuys.strategy import (
    CRM_PROCESS,
    closing_curve,
    complaint_table,
    crm_scorecard,
    loyalty_by_answer,
    net_promoter_score,
    satisfaction_table,
)

ASKED = pd.DataFrame(
    {
        "recommend": [10, 9, 8, 7, 6, 0, 9, 10],
        "expectation": [5, 4, 4, 3, 5, 4, 3, 4],
        "satisfaction": [5, 3, 4, 4, 2, 1, 5, 4],
        "again": [True, True, True, False, False, False, True, True],
        "tier": list("AABBBBAA"),
    }
)


def test_nps_by_hand():
    found = net_promoter_score(ASKED, by="tier").set_index("tier")
    assert found["nps"].tolist() == pytest.approx([100, -50, 25])
    assert found.loc["all", ["promoters", "passives", "detractors"]].tolist() == [0.5, 0.25, 0.25]
    more, less = 5 / 10, 3 / 10
    reach = 1.959963984540054 * np.sqrt((more + less - (more - less) ** 2) / 10)
    assert found.loc["all", ["low", "high"]].tolist() == pytest.approx(
        [100 * (more - less - reach), 100 * (more - less + reach)]
    )
    assert found.loc["A", "high"] <= 100


def test_the_interval_of_nps_covers():
    draw = np.random.default_rng(0)
    hit = 0
    for _ in range(400):
        asked = pd.DataFrame({"recommend": draw.choice([3, 7, 10], 60, p=[0.2, 0.35, 0.45])})
        row = net_promoter_score(asked).iloc[0]
        hit += row["low"] <= 25 <= row["high"]
    assert 0.92 <= hit / 400 <= 0.98


@pytest.mark.parametrize(
    ("answers", "options", "words"),
    [
        (ASKED.assign(recommend=11), {}, "must be from 0 to 10; 8 answers of 8"),
        (ASKED.assign(recommend=np.nan), {}, "Nobody answered"),
        (ASKED.assign(recommend="9"), {}, "does not hold numbers"),
        (ASKED.drop(columns="recommend"), {}, 'no column "recommend"'),
        (ASKED, {"by": "region"}, 'no column "region"'),
        (ASKED.assign(tier=None), {"by": "tier"}, '"tier" of answers is missing in 8 rows'),
        (ASKED, {"promoter": 5}, "somebody is both"),
        (ASKED, {"level": 95}, "level must be between 0 and 1"),
    ],
)
def test_strange_answers_are_refused(answers, options, words):
    with pytest.raises(ValueError, match=words):
        net_promoter_score(answers, **options)


def test_satisfaction_by_hand():
    found = satisfaction_table(ASKED, by="tier").set_index("tier")
    assert found["gap"].tolist() == pytest.approx([0.25, -1.25, -0.5])
    assert found.loc["all", "disappointed"] == 3 / 8
    assert found["satisfied"].tolist() == [0.75, 0.5, 0.625]
    assert (found["gap_low"] < found["gap"]).all()
    missing = ASKED.assign(satisfaction=[5, None, None, None, None, None, None, None])
    alone = satisfaction_table(missing).iloc[0]
    assert alone["answers"] == 1
    assert np.isnan(alone["gap_low"])
    with pytest.raises(ValueError, match="from 1 to 5"):
        satisfaction_table(ASKED.assign(satisfaction=0))


def test_loyalty_by_answer():
    found = loyalty_by_answer(ASKED, "again", by="tier")
    assert found["tier"].tolist() == ["A", "A", "A", "B", "B", "B"]
    whole = loyalty_by_answer(ASKED, "again")
    assert whole["customers"].sum() == 8
    assert whole["loyal"].tolist() == pytest.approx([0, 0, 1, 2 / 3, 1])
    mend = r'"again" of answers must hold only True and False, not 1.* answers\["again"\] == 1\.'
    with pytest.raises(ValueError, match=mend):
        loyalty_by_answer(ASKED.assign(again=1), "again")


T = pd.Timestamp
CASES = pd.DataFrame(
    {
        "kind": ["complaint"] * 5 + ["contact"],
        "way": list("ppmmmm"),
        "opened": [T("2026-06-01 08:00")] * 4 + [T("2026-06-05 08:00"), T("2026-06-01")],
        "closed": [T("2026-06-01 12:00"), T("2026-06-02 08:00"), T("2026-06-03 08:00"), pd.NaT,
                   T("2026-06-05 09:00"), pd.NaT],
    }
)  # fmt: skip


def test_complaints_by_hand():
    """Of four watched for 24 hours two were in time; the fifth is too young to be judged."""
    row = complaint_table(CASES, as_of="2026-06-05 18:00").iloc[0]
    assert (row["cases"], row["open"], row["known"], row["in_time"]) == (5, 1, 4, 2)
    assert row["closed_within"] == 0.5
    assert row["longest_open"] == 4 * 24 + 10
    assert row["median_hours"] == 24
    by = complaint_table(CASES, as_of="2026-06-05 18:00", by="way").set_index("way")
    assert by.loc["p", "closed_within"] == 1
    assert by.loc["m", "known"] == 2
    earlier = complaint_table(CASES.iloc[:4], as_of="2026-06-02 20:00").iloc[0]
    assert earlier["open"] == 2  # what was closed later was still open then


def test_open_cases_count_in_the_curve():
    curve = closing_curve(CASES, as_of="2026-06-05 18:00")
    assert curve["hours"].tolist() == [0, 1, 4, 24, 48]
    assert curve["share"].tolist() == pytest.approx([0, 0.2, 0.4, 0.6, 0.8])
    assert (curve["low"] <= curve["share"]).all()
    assert (curve["share"] <= curve["high"]).all()


def test_a_table_of_days():
    case = market("tradeways", 0, tables=["interactions"])
    row = complaint_table(case["interactions"], as_of=case.as_of, within=24).iloc[0]
    mine = case["interactions"][case["interactions"]["kind"] == "complaint"]
    watched = mine[mine["opened"] <= case.as_of - pd.Timedelta(days=1)]
    quick = (watched["closed"] - watched["opened"]).dt.days <= 1
    assert row["closed_within"] == pytest.approx(quick.mean())
    assert row["open"] == mine["closed"].isna().sum()
    whole = complaint_table(CASES, as_of="2026-06-05").iloc[0]
    assert whole["cases"] == 5  # a day means its end where the table holds times


@pytest.mark.parametrize(
    ("cases", "options", "words"),
    [
        (CASES, {"as_of": "2026-06-04"}, "opened after as_of"),
        (CASES, {"as_of": None}, "is no moment"),
        (CASES, {"as_of": 5}, "is no moment"),
        (CASES, {"kind": "praise"}, "no case of the kind 'praise'; there are: complaint, contact"),
        (CASES.assign(closed=T("2026-05-01")), {}, "closed before being opened"),
        (CASES.assign(opened=pd.NaT), {}, '"opened" of interactions is missing in 5 rows'),
        (CASES.assign(opened=3), {}, "holds numbers, not dates"),
        (CASES.assign(opened="soon"), {}, "does not hold dates"),
        (CASES, {"within": 0}, "within must be"),
        (CASES.assign(way=None), {"by": "way"}, '"way" of interactions is missing'),
    ],
)
def test_strange_cases_are_refused(cases, options, words):
    with pytest.raises(ValueError, match=words):
        complaint_table(cases, **{"as_of": "2026-06-06", **options})


def test_nothing_closed_yet():
    cases = CASES.iloc[:2].assign(closed=pd.NaT)
    row = complaint_table(cases, as_of="2026-06-03").iloc[0]
    assert (row["closed_within"], row["open"]) == (0, 2)
    assert np.isnan(row["median_hours"])


@pytest.mark.parametrize("company", ["teahouse", "tradeways", "citybank"])
def test_the_scorecard_agrees_with_its_parts(company):
    case = market(company, 0)
    rivals = case["rivals"] if "rivals" in case.tables else None
    card = crm_scorecard(
        case["transactions"], ["2025-07-01", "2026-01-01", "2026-07-01"], survey=case["survey"],
        interactions=case["interactions"], rivals=rivals,
    ).set_index("measure")  # fmt: skip
    assert card.loc["net promoter score", "value"] == pytest.approx(
        net_promoter_score(case["survey"])["nps"].iloc[0]
    )
    assert (card["low"] <= card["value"]).all()
    assert (card["value"] <= card["high"]).all()
    assert (card["base"] > 0).all()
    if rivals is not None:
        assert "market share (bought last)" in card.index


def test_the_process_is_whole():
    assert CRM_PROCESS["step"].is_unique
    assert CRM_PROCESS["step"].tolist()[:2] == ["identify", "segment"]
    assert not CRM_PROCESS.isna().any().any()
