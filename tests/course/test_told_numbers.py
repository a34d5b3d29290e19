"""Sentences of lessons that once said something else than the output above them."""

import json
from pathlib import Path

import pandas as pd

from whobuys.course._facts import read_facts
from whobuys.data import load
from whobuys.market import market
from whobuys.segment import rfm_table

ROOT = Path(__file__).resolve().parents[2]


def said(unit: str, cell: str) -> str:
    notebook = json.loads((ROOT / "notebooks" / f"{unit}.ipynb").read_text(encoding="utf-8"))
    return next("".join(one["source"]) for one in notebook["cells"] if one["id"] == cell)


def test_those_who_bought_once_fill_two_fifths_and_half_of_the_third() -> None:
    once = rfm_table(load("cdnow"), as_of="1998-06-30")["frequency"].eq(1).mean()
    assert 0.5 < once < 0.6
    assert "the first two fifths and more than half of the\nthird" in said("05_rfm", "cdnow-words")


def test_firms_without_a_visit_count_those_of_the_segment_served_in_part() -> None:
    facts = read_facts(ROOT / "course/01_why_segment/facts.py")
    assert facts["unserved"] == 119 + 65 + facts["marginal_unserved"]
    assert facts["marginal_unserved"] == 145 - 114
    assert "leaves 215 firms or more" in said("01_why_segment", "decide")


def test_lantern_lane_is_second_in_two_things() -> None:
    rated = market("teahouse", 0)["rivals"].set_index("brand").filter(like="rating_")
    place = rated.rank(ascending=False).loc["Lantern Lane"]
    assert place[place == 2].index.tolist() == ["rating_taste", "rating_good"]
    assert "second in two things" in said("10_competition_and_position", "features-words")


def test_the_widest_gap_between_channels_is_named() -> None:
    facts = read_facts(ROOT / "course/16_monitoring/facts.py")
    lifts = pd.Series({name: int(facts[f"lift_{name}"]) for name in ("app", "shop", "never")})
    assert lifts.idxmax() == "never"
    assert "3 people of 27 against none of 29" in said("16_monitoring", "campaign-words")
