"""The numbers the text of unit 11 quotes, computed from the shipped data."""

from pathlib import Path

import pandas as pd

from whobuys.canvas import Canvas, break_even_units, unit_economics
from whobuys.course import load_key
from whobuys.market import market, truth
from whobuys.value import line_margins

SIDES = {
    "exam crammers": "pupils",
    "primary parents": "parents",
    "teen parents": "parents",
    "classroom teachers": "teachers",
}
YEAR = "2025-07-01"
RETAINER = 600
WORD = ("authors and editors", "platform and support", "advertising")


def facts():
    case = market("learnhub", 0)
    kinds = truth(case).customers[["customer_id", "segment"]]
    lines = line_margins(case["transactions"], case["products"]).merge(kinds)
    lines = lines.merge(case["products"][["product_id", "category"]])
    today = Canvas.from_table(case["canvases"])
    return {
        "line_count": f"{len(case['transactions']):,}",
        "asked": f"{len(case['survey']):,}",
        **page_facts(today),
        **pain_facts(case, kinds),
        **till_facts(case, lines),
        **economy_facts(case, lines, today),
        **version_facts(lines),
        **example_facts(),
    }


def share(value, digits=0):
    return f"{value:.{digits}%}".replace("%", "\u00a0%")


def dollars(value):
    return f"{value:,.0f}"


def page_facts(today):
    streams = {entry.text: entry.amount for entry in today.block("revenue_streams")}
    names = [today.blocks[key].names["en"].lower() for key in today.unlinked]
    total = today.total("revenue_streams")
    words = {2: "Two", 3: "Three", 4: "Four", 5: "Five"}
    counts = {3: "three", 4: "four", 5: "five"}
    return {
        "page_revenue": dollars(total),
        "page_pupils": dollars(streams["courses and tests"]),
        "page_pupils_share": share(streams["courses and tests"] / total),
        "page_tutoring": dollars(streams["tutoring"]),
        "page_tutors": dollars(today.entry("tutors' pay").amount),
        "page_profit": dollars(total - today.total("cost_structure")),
        "today_unlinked": ", ".join(names[:-1]) + " and " + names[-1],
        "today_unlinked_count": words[len(names)],
        "today_costs": counts[len(today.block("cost_structure"))],
    }


def pain_facts(case, kinds):
    survey = case["survey"].merge(kinds)
    means = survey.groupby("segment").mean(numeric_only=True)
    teen, teachers = means.loc["teen parents"], means.loc["classroom teachers"]
    families = survey[survey["segment"] == "teen parents"]
    changed = families["comment"].str.contains("changed three times").sum()
    return {
        "person_importance": f"{teen['importance_person']:.1f}",
        "person_performance": f"{teen['performance_person']:.1f}",
        "teen_expectation": f"{teen['expectation']:.1f}",
        "teen_satisfaction": f"{teen['satisfaction']:.1f}",
        "primary_person": f"{means.loc['primary parents', 'importance_person']:.1f}",
        "teen_asked": len(families),
        "changed": int(changed),
        "praise": int(families["comment"].str.contains("tutor alone|was patient").sum()),
        "teacher_price": f"{teachers['importance_price'] - teachers['performance_price']:.1f}",
        "teacher_time": f"{teachers['importance_time'] - teachers['performance_time']:.1f}",
    }


def till_facts(case, lines):
    year = lines[lines["date"] >= YEAR]
    side = year["segment"].map(SIDES).fillna("on no note")
    by_side = year.groupby(side)["amount"].sum() / 12
    total = by_side.sum()
    sheet = case["canvases"].query("block == 'revenue streams'").set_index("entry")["amount"]
    page, licences = sheet.sum(), sheet["class licences"]
    category = year.groupby("category")["amount"].sum() / 12
    lessons = year[year["category"].isin(["course", "test pack"])]
    of_pupils = lessons.loc[lessons["segment"] == "exam crammers", "amount"].sum()
    return {
        "till_revenue": dollars(total),
        "more": share(total / page - 1),
        "till_pupils": dollars(by_side["pupils"]),
        "till_pupils_share": share(by_side["pupils"] / total),
        "till_nobody": dollars(by_side["on no note"]),
        "till_tutoring": dollars(category["tutoring"]),
        "licences_off": share(1 - category["class material"] / licences),
        "till_kits": dollars(category[["kit", "subscription"]].sum()),
        "pupil_courses": f"{100 * of_pupils / lessons['amount'].sum():.0f}",
    }


def economy_facts(case, lines, today):
    year = lines[lines["date"] >= YEAR]
    orders = year["order_id"].nunique() / 12
    revenue, pieces = year["amount"].sum() / 12, year["cost"].sum() / 12
    fixed = sum(today.entry(name).amount for name in WORD)
    price, unit_cost = revenue / orders, pieces / orders
    need = break_even_units(fixed, price, unit_cost)
    then = break_even_units(fixed + RETAINER, price, unit_cost)
    first = case["transactions"].groupby("customer_id")["date"].min()
    won = (first >= YEAR).sum() / 12
    margin = year.groupby("segment")["margin"].sum() / 12
    sent = year.merge(case["customers"][["customer_id", "source"]])
    sent = sent[sent["source"].isin(["teacher", "school fair"])]
    sent = sent[sent["segment"] != "classroom teachers"]["margin"].sum() / 12
    profit = revenue - pieces - fixed
    tutors = year.loc[year["category"] == "tutoring", "cost"].sum() / 12
    return {
        "till_pieces": dollars(pieces),
        "till_tutors": dollars(tutors),
        "tutors_rest": dollars(today.entry("tutors' pay").amount - tutors),
        "price": f"{price:.2f}",
        "unit_cost": f"{unit_cost:.2f}",
        "contribution": f"{price - unit_cost:.2f}",
        "fixed": dollars(fixed),
        "break_even": dollars(need),
        "break_even_2": dollars(then),
        "extra_orders": dollars(then - need),
        "orders": dollars(orders),
        "profit": dollars(profit),
        "acquisition": dollars(today.entry("advertising").amount / won),
        "teacher_margin": dollars(margin["classroom teachers"]),
        "sent_margin": dollars(sent),
        "fixed_share": share(fixed / (fixed + pieces)),
    }


def version_facts(lines):
    year = lines[lines["date"] >= YEAR]
    groups = year.groupby("segment")
    buyers = groups["customer_id"].nunique()
    worth = groups["margin"].sum() / 12 / buyers
    web = year[year["channel"] == "web"]
    by_side = web.groupby(web["segment"].map(SIDES))["amount"].sum() / web["amount"].sum()
    before = lines[lines["date"] < YEAR].query("segment == 'teen parents'")
    tutored = before["category"].eq("tutoring").groupby(before["customer_id"]).any()
    stayed = pd.Series(tutored.index.isin(year["customer_id"]), tutored.index)
    back, families = stayed.groupby(tutored).mean(), tutored.value_counts()
    gone = 1 - stayed.mean()
    leaving = gone * buyers["teen parents"]
    pay = RETAINER / worth["teen parents"]
    return {
        "web_pupils": share(by_side["pupils"]),
        "web_parents": share(by_side["parents"]),
        "web_teachers": share(by_side["teachers"]),
        "pay_teen": f"{pay:.0f}",
        "pay_teacher": f"{RETAINER / worth['classroom teachers']:.0f}",
        "pay_pupils": f"{RETAINER / worth['exam crammers']:.0f}",
        "teen_buyers": int(buyers["teen parents"]),
        "teen_revenue": dollars(groups["amount"].sum()["teen parents"] / 12),
        "tutoring_left": dollars(year.loc[year["category"] == "tutoring", "margin"].sum() / 12),
        "back_with": f"{100 * back[True]:.0f}",
        "back_without": f"{100 * back[False]:.0f}",
        "families_with": int(families[True]),
        "families_without": int(families[False]),
        "teen_gone": share(gone),
        "teen_leaving": f"{leaving:.0f}",
        "teen_back": f"{100 * (1 - gone):.0f}",
        "teen_needed": f"{100 * (1 - gone + pay / buyers['teen parents']):.0f}",
    }


def example_facts():
    """Return the numbers of the worked example in the exercise."""
    key = load_key(Path(__file__).with_name("key.py"))
    made = key.questions["q6"].answer(None)
    pieces, uniforms, pay, helper = 300, 60, 5, 150
    figures = unit_economics(made, pieces)
    left = pay - figures["unit_cost"]
    return {
        "ex_pieces": pieces,
        "ex_variable": dollars(figures["variable_cost"]),
        "ex_fixed": dollars(figures["fixed_cost"]),
        "ex_left": f"{figures['contribution']:.2f}",
        "ex_units": f"{figures['break_even_units'] + 0.5:.0f}",
        "ex_uniforms": uniforms,
        "ex_helper": helper,
        "ex_uniform_left": f"{left:.2f}",
        "ex_uniform_units": f"{helper / left + 0.5:.0f}",
    }
