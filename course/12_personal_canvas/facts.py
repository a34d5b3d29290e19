"""The numbers the text of unit 12 quotes, computed from the shipped data."""

from pathlib import Path

from whobuys import target
from whobuys.canvas import gallery_canvas
from whobuys.course import load_key
from whobuys.market import market

WEEKS = 26


def share(value, digits=0):
    return f"{value:.{digits}%}".replace("%", "\u00a0%")


def facts():
    case = market("tradeways", 0, tables=["work_log", "canvases"])
    return {**log_facts(case["work_log"]), **gap_facts(case), **example_facts()}


def log_facts(log):
    by = log.groupby("requester")["hours"].sum().sort_values(ascending=False)
    total = by.sum()
    sides = log.groupby("relation")
    told = gallery_canvas("marketing manager")
    left_out = ["finance", "office manager", "warehouse"]
    words = {2: "Two", 3: "Three", 4: "Four", 5: "Five"}
    return {
        "weeks": WEEKS,
        "requests": f"{len(log)}",
        "hours": f"{total:.0f}",
        "first_name": by.index[0],
        "first_share": share(by.iloc[0] / total),
        "second_name": by.index[1],
        "second_share": share(by.iloc[1] / total),
        "inside_share": share(sides["hours"].sum()["internal"] / total),
        "inside_mark": f"{sides['performance'].mean()['internal']:.1f}",
        "outside_mark": f"{sides['performance'].mean()['external']:.1f}",
        "left_out": "finance, the office managers and the warehouse",
        "left_out_share": share(by[left_out].sum() / total),
        "office_share": share(by["office manager"] / total),
        "office_hours": f"{by['office manager']:.0f}",
        "told_filled": words[9 - len(told.missing)],
    }


def gap_facts(case):
    log = case["work_log"]
    wide = log.pivot(columns="requester", values=["importance", "performance"])
    wide.columns = [f"{what}_{who}" for what, who in wide.columns]
    asked = list(log["requester"].unique())
    fit = target.importance_performance(wide, asked).set_index("need")
    pairs = {who: (f"importance_{who}", f"performance_{who}") for who in asked}
    scores = target.gap_scores(wide, pairs).set_index("gap_in")
    sure = [f"{name}s" if name != "head of sales" and name != "finance" else name
            for name in scores.index[scores["high"] < 0]]  # fmt: skip
    wide_name, best, worst = fit["gap"].idxmax(), *fit["performance"].agg(["idxmax", "idxmin"])
    counts = log["requester"].value_counts()
    boss = log[log["requester"] == "head of sales"]
    paper = ["report", "forecast"]
    papers = boss[boss["activity"].isin(paper)]
    reports, median = papers["hours"].sum(), papers["hours"].median()
    marks = papers.groupby(papers["hours"] > median)["performance"].agg(["mean", "size"])
    again = log.loc[log["activity"] == "complaint", "hours"].sum()
    own = case["canvases"].query('canvas == "the account manager\'s own"')
    pay = own.set_index("entry")["amount"][["salary", "bonus"]].sum() / 165
    hotel = log.loc[log["requester"] == "hotel buyer", "hours"]
    quarter = len(boss) / 2
    return {
        "widest": wide_name,
        "widest_importance": f"{fit.loc[wide_name, 'importance']:.1f}",
        "widest_performance": f"{fit.loc[wide_name, 'performance']:.1f}",
        "widest_gap": f"{fit.loc[wide_name, 'gap']:.1f}",
        "finance_gap": f"{fit.loc['finance', 'gap']:.1f}",
        "hotel_importance": f"{fit.loc['hotel buyer', 'importance']:.1f}",
        "hotel_hair": f"{fit.loc['hotel buyer', 'performance'] - fit.attrs['cut'][1]:.1f}",
        "hotel_gap": f"{fit.loc['hotel buyer', 'gap']:.2f}",
        "office_gap": f"{fit.loc['office manager', 'gap']:.1f}".replace("-", "\u2212"),
        "new_gap": f"{fit.loc['new colleague', 'gap']:.1f}".replace("-", "\u2212"),
        "few": int(counts.min()),
        "many": int(counts.max()),
        "sure_short": ", ".join(sure[:-1]).capitalize() + " and " + sure[-1],
        "report_hours": f"{reports:.0f}",
        "report_share": share(reports / log["hours"].sum()),
        "report_hours_all": f"{log.loc[log['activity'].isin(paper), 'hours'].sum():.0f}",
        "paper_median": f"{median:g}",
        "long_count": marks.loc[True, "size"],
        "long_mark": f"{marks.loc[True, 'mean']:.1f}",
        "short_count": marks.loc[False, "size"],
        "short_mark": f"{marks.loc[False, 'mean']:.1f}",
        "report_week": f"{reports / WEEKS:.1f}",
        "freed": f"{reports / WEEKS / 2:.1f}",
        "hotel_each": f"{hotel.mean():.1f}",
        "hotel_week": f"{len(hotel) / WEEKS:.1f}",
        "hotel_more": f"{reports / WEEKS / 2 / hotel.mean():.1f}",
        "again_hours": f"{again:.0f}",
        "again_share": share(again / log["hours"].sum()),
        "again_cost": f"{again * pay:,.0f}",
        "best_name": best,
        "best_mark": f"{fit.loc[best, 'performance']:.1f}",
        "best_count": int(counts[best]),
        "worst_name": worst,
        "quarter_marks": f"{quarter:.0f}",
        "quarter_chance": f"{1.96 * boss['performance'].std() / quarter**0.5:.1f}",
        "quarter_aim": f"{boss['performance'].mean() + 0.5:.1f}",
    }


def example_facts():
    """Return the numbers of the worked example in the exercise, for the shipped case."""
    key = load_key(Path(__file__).with_name("key.py"))
    case = key.draw(0)
    return {"ex_people": len(case["people"])}
