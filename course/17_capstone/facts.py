"""The numbers the text of unit 17 quotes, computed from the shipped data."""

from pathlib import Path

import pandas as pd

from whobuys.course import load_key
from whobuys.report import figures_of, start_report
from whobuys.report._analysis import WEIGHTS
from whobuys.report._common import share_agreeing
from whobuys.target import attractiveness, importance_performance

COMPANY = "teahouse"
YEARS = ("2024-07-01/2025-06-30", "2025-07-01/2026-06-30")


def facts():
    return {**lesson_facts(), **exercise_facts()}


def share(number, digits=0):
    return f"{number:.{digits}%}".replace("%", "\u00a0%")


def change(number):
    return f"{number:+.0%}".replace("%", "\u00a0%").replace("-", "−")


def values_of(frame):
    """Return the value of a figure by its section, name and group."""
    found = {
        (row["section"], row["name"], row["of"]): row["value"] for row in frame.to_dict("records")
    }
    return lambda section, name, of="": found[section, name, str(of)]


def lesson_facts():
    now, before = (
        start_report("customer_analysis", {"company": COMPANY, "period": period}).results()
        for period in reversed(YEARS)
    )
    market = start_report("segment_market", {"company": COMPANY, "period": YEARS[1]})
    first, old = values_of(figures_of(now)), values_of(figures_of(before))
    rank = values_of(figures_of(market.results()))
    order = sorted(range(1, 5), key=lambda segment: rank("recommendations", "rank", segment))
    top, second = order[:2]
    sheet = market.analysis.sheet.set_index("segment")
    return {
        "t_buyers": f"{first('introduction', 'buyers'):,.0f}",
        "t_buyers_before": f"{old('introduction', 'buyers'):,.0f}",
        "t_revenue": f"{first('introduction', 'revenue'):,.0f}",
        "t_revenue_before": f"{old('introduction', 'revenue'):,.0f}",
        "t_repeat": share(first("basics", "repeat_share")),
        "t_repeat_before": share(old("basics", "repeat_share")),
        "t_settled": share(first("needs", "complaints_settled_in_time")),
        "t_nps": f"{first('loyalty', 'nps'):.0f}",
        "t_market": share(first("basics", "market_share")),
        "t_figures": str(len(now["figures"])),
        "t_first": str(top),
        "t_second": str(second),
        "t_first_score": f"{rank('recommendations', 'attractiveness', top):.2f}",
        "t_second_score": f"{rank('recommendations', 'attractiveness', second):.2f}",
        "t_first_buyers": share(rank("research", "segment_share", top)),
        "t_first_value": share(rank("research", "segment_value_share", top)),
        "t_stability": share(rank("method", "stability")),
        "t_growth": change(sheet["growth"].max()),
        "t_grows": str(sheet["growth"].idxmax()),
        "t_away": share(rank("research", "away_share")),
    }


def exercise_facts():
    key = load_key(Path(__file__).with_name("key.py"))
    case = key.draw(0)
    one = values_of(key.questions["q2"].answer(case))
    two = values_of(key.questions["q4"].answer(case))
    order = case["commission"].iloc[0]
    first, last = map(pd.Timestamp, order["period"].split("/"))
    given = {"company": key.company, "seed": 0, "period": order["period"]}
    analysis = start_report("segment_market", given).analysis
    sheet = analysis.sheet.set_index("segment")
    heavier = attractiveness(analysis.sheet, {**WEIGHTS, "growth": 0.4}).set_index("segment")
    rated = {n: analysis.answers[analysis.answers["segment"] == n] for n in (1, 2, 3)}

    def both(name):
        return share(sum(two("research", name, segment) for segment in (3, 4)))

    return {
        "first_joined": f"{analysis.customers['joined'].min():%-d %B %Y}",
        "growth_all": change(analysis.growth),
        "equal_all": share(share_agreeing(analysis.answers["agree_rival_equal"])),
        "market_share": share(one("basics", "market_share")),
        "discount4": share(sheet.loc[4, "discount_share"]),
        "growth3": change(two("segment_three", "segment_growth", 3)),
        "value4": share(two("research", "segment_value_share", 4)),
        **{f"moved{n}": f"{heavier.loc[n, 'attractiveness']:.2f}" for n in (1, 2)},
        **{f"answers{n}": str(len(own)) for n, own in rated.items()},
        **{
            f"equal{n}": share(share_agreeing(own["agree_rival_equal"])) for n, own in rated.items()
        },
        **{
            f"gap{n}": f"{importance_performance(own, analysis.needs)['gap'].max():.2f}"
            for n, own in rated.items()
        },
        "months": str(round((last - first).days / 30.44)),
        "days": str(order["answer_days"]),
        "orders1": f"{sheet.loc[1, 'orders_each']:.0f}",
        "orders2": f"{sheet.loc[2, 'orders_each']:.0f}",
        "away3": f"{sheet.loc[3, 'recency_median']:.0f}",
        "buyers": f"{one('introduction', 'buyers'):,.0f}",
        "customers": f"{one('introduction', 'customers'):,.0f}",
        "revenue": f"{one('introduction', 'revenue'):,.0f}",
        "repeat": share(one("basics", "repeat_share")),
        "share34": both("segment_share"),
        "value34": both("segment_value_share"),
        "gap_warm": f"{one('needs', 'need_gap', 'warmth'):.2f}",
        "gap_price": f"{one('needs', 'need_gap', 'price'):.2f}",
        "cycle": f"{one('needs', 'purchase_cycle'):.0f}",
        "settled": share(one("needs", "complaints_settled_in_time")),
        "nps": f"{one('loyalty', 'nps'):.0f}",
        "answers": f"{two('references', 'rows', 'survey'):.0f}",
        "eider": f"{one('competitors', 'price_index', 'Eiderhus'):.0f}",
        "camperio": f"{one('competitors', 'price_index', 'Camperio'):.0f}",
        "camp_share": share(one("competitors", "brand_share", "Camperio")),
        "stability": share(two("method", "stability")),
        "away": share(two("research", "away_share")),
        "growth1": change(two("segment_one", "segment_growth", 1)),
        "growth2": change(two("segment_two", "segment_growth", 2)),
        **{f"size{n}": f"{two('research', 'segment_size', n):.0f}" for n in (1, 2, 3)},
        **{f"share{n}": share(two("research", "segment_share", n)) for n in (1, 2, 3)},
        **{f"value{n}": share(two("research", "segment_value_share", n)) for n in (1, 2, 3)},
        **{f"score{n}": f"{two('recommendations', 'attractiveness', n):.2f}" for n in (1, 2, 3, 4)},
    }
