"""The numbers the text of unit 04 quotes, computed from the bank of seed 0."""

from pathlib import Path

import numpy as np
import pandas as pd

from whobuys import segment
from whobuys.course import load_key
from whobuys.market import market

PLACES = 180
SALARY = 60_000
MANAGERS = 3
IS_KEY = "orders >= 12 and margin >= 150"
RULES = [
    segment.Rule("key", IS_KEY),
    segment.Rule("ordinary", f"orders > 0 and not ({IS_KEY})"),
    segment.Rule("potential", "orders == 0 and activity >= 20"),
]
MIXED = [
    segment.Rule("frequent", "orders >= 12"),
    segment.Rule("low-value", "margin < 150"),
    segment.Rule("potential", "orders == 0"),
]
MENDED = [
    segment.Rule("frequent", "orders >= 12"),
    segment.Rule("seldom and little", "orders > 0 and orders < 12 and margin < 150"),
    segment.Rule("seldom and much", "orders > 0 and orders < 12 and margin >= 150"),
    segment.Rule("potential", "orders == 0"),
]
EVEN = {"deposits": 5, "margin": 5, "orders": 5}
PLAN = pd.DataFrame(
    {
        "segment": ["key", "ordinary", "potential"],
        "owner": ["account manager", "sales", "marketing"],
        "offer": ["a yearly review", "the app, explained", ""],
    }
)


def facts():
    case = market("citybank", 0)
    lines, states, people = tables(case)
    return {
        "places": PLACES,
        **population_facts(case, people, states),
        **rule_facts(case, people),
        **list_facts(people),
        **weight_facts(case, people),
        **code_facts(lines, people),
        **test_facts(case, people),
        **decision_facts(case, people),
        **repair_facts(),
    }


def tables(case):
    """Return lines, states and the table of customers as the lesson makes them."""
    lines = case["transactions"].merge(case["products"], on="product_id")
    lines["margin"] = lines["amount"] - lines["quantity"] * lines["unit_cost"]
    by = lines.groupby("customer_id")
    earned = pd.DataFrame({"orders": by["order_id"].nunique(), "paid": by["amount"].sum()})
    earned["margin"] = by["margin"].sum().round(2)
    states = segment.lifecycle_state(
        case["transactions"], as_of=case.as_of, customers=case["customers"]
    )
    people = case["customers"][["customer_id", "age"]].merge(case["accounts"], on="customer_id")
    people = people.merge(states[["customer_id", "state"]], on="customer_id")
    people = people.merge(earned, on="customer_id", how="left")
    people = people.fillna({"orders": 0, "paid": 0, "margin": 0})
    people["balances"] = people["deposits"] + people["investments"]
    people["segment"] = segment.classify(people, RULES, otherwise="in no class")
    return lines, states, people


def share(value):
    return f"{value:.0%}".replace("%", "\u00a0%")


def population_facts(case, people, states):
    active = people["state"] == "active"
    lost = people["state"] == "lost"
    answers = case["survey"]["agree_rival_equal"]
    return {
        "registered": f"{len(people):,}",
        "active": int(active.sum()),
        "active_registered": share(active.mean()),
        "active_payers": share(active[people["orders"] > 0].mean()),
        "active_movers": share(active[people["activity"] >= 10].mean()),
        "lost": int(lost.sum()),
        "lost_days": f"{8 * states.attrs['cycle_days']:.0f}",
        "lost_moving": int((lost & (people["activity"] >= 10)).sum()),
        "rival_equal": share((answers >= 4).mean()),
    }


def rule_facts(case, people):
    report = segment.rule_report(people, RULES)
    key = people["segment"] == "key"
    asked = people.merge(
        case["survey"][["customer_id", "satisfaction"]], on="customer_id", how="left"
    )
    either = segment.Rule("key", IS_KEY.replace("and", "or"))
    return {
        "key": int(key.sum()),
        "key_share": share(key.mean()),
        "key_paid": share(people.loc[key, "paid"].sum() / people["paid"].sum()),
        "key_or": int(segment.memberships(people, [either])["key"].sum()),
        "none": report.count("none"),
        "edge_orders": int((people["orders"] == 12).sum()),
        "potential": int((people["segment"] == "potential").sum()),
        "answered": int(asked["satisfaction"].notna().sum()),
        "unanswered": f"{int(asked['satisfaction'].isna().sum()):,}",
        "fake_discontent": f"{int((asked['satisfaction'].fillna(0) < 4).sum()):,}",
    }


def list_facts(people):
    report = segment.rule_report(people, MIXED)
    overlaps = report.overlaps.set_index(["first", "second"])["customers"]
    normal = segment.normal_form(
        people,
        status="state",
        current_value="margin",
        potential_value="balances",
        edges={"current_value": [50, 150], "potential_value": [5000, 50000]},
    )
    tiers = segment.as_scheme(normal, "four-tiers")
    mended = segment.rule_report(people, MENDED)
    if not (mended.exclusive and mended.complete):
        raise ValueError(f"The mended list of step 3 is neither or only one of the two: {mended}")
    both = (tiers["class"] == "high-value") & tiers["also"].str.contains("lost")
    return {
        "mixed_one": share(report.count("one") / len(people)),
        "mixed_two": report.count("two or more"),
        "mixed_none": report.count("none"),
        "mended_much": int(mended.rules.set_index("segment")["customers"]["seldom and much"]),
        "frequent_low": int(overlaps["frequent", "low-value"]),
        "high_lost": int(both.sum()),
        "no_tier": int(tiers["class"].isna().sum()),
        "schemes": len(segment.SCHEMES),
    }


def weight_facts(case, people):
    lists = {
        name: set(people.nlargest(PLACES, name)["customer_id"]) for name in ("deposits", "margin")
    }
    took = case["campaign"].set_index("customer_id")["responded"]
    of = {name: took[took.index.isin(names)] for name, names in lists.items()}
    number = round((len(of["deposits"]) + len(of["margin"])) / 2, -1)
    rate = (of["deposits"].mean() + of["margin"].mean()) / 2
    moves = segment.weight_sensitivity(people, EVEN, top=PLACES, change=0.2, scale="rank")
    first = top_ten(people, EVEN)
    path = {}
    for w in np.linspace(0, 1, 21).round(2):
        weights = {"deposits": w, "margin": (1 - w) / 2, "orders": (1 - w) / 2}
        score = segment.weighted_score(people, weights, scale="rank")
        names = set(score.nlargest(PLACES, "score")["customer_id"])
        path[w] = len(lists["margin"] & names)
    return {
        "deposits_margin": len(lists["deposits"] & lists["margin"]),
        "took_all": share(took.mean()),
        "took_deposits": share(of["deposits"].mean()),
        "took_margin": share(of["margin"].mean()),
        "took_n": f"{number:.0f}",
        "took_noise": f"{200 * (2 * rate * (1 - rate) / number) ** 0.5:.0f}",
        "most_changed": int(moves["changed"].max()),
        "ten_deposits": len(first & top_ten(people, {**EVEN, "margin": 0, "orders": 0})),
        "ten_margin": len(first & top_ten(people, {**EVEN, "deposits": 0, "orders": 0})),
        "ten_double": len(first & top_ten(people, {**EVEN, "deposits": 10})),
        "path_flat": f"{max(w for w in path if path[w] >= path[0.0]):.2f}",
        "path_start": path[0.0],
        "path_half": path[0.5],
        "path_end": path[1.0],
    }


def top_ten(people, weights):
    """Return who is in the panel of step 4 with these weights."""
    score = segment.weighted_score(people, weights, scale="rank")
    return set(score.sort_values("rank", kind="stable").head(10)["customer_id"])


def code_facts(lines, people):
    spent = lines.groupby(["customer_id", "category"])["amount"].sum().unstack(fill_value=0)
    mainly = people["customer_id"].map(spent.idxmax(axis=1))
    tier = people["segment"].where(people["segment"] != "in no class")
    book = segment.code_book(tier, mainly)
    row = book[book["class"] == "key"].iloc[1]
    codes = segment.segment_code(tier, mainly, book=book)
    paying = people.assign(code=codes)[people["orders"] > 0]
    eta = {
        column: segment.effect_sizes(paying, column, measures=["age", "loans"])
        .set_index("measure")["eta_squared"]
        for column in ("segment", "code")
    }  # fmt: skip
    return {
        "a_code": row["code"],
        "a_code_means": f"*{row['class']}, mainly {row['sub_segment']}*",
        "code_groups": paying["code"].nunique(),
        "eta_chance": small((paying["code"].nunique() - 1) / (len(paying) - 1)),
        "eta_age_class": small(eta["segment"]["age"]),
        "eta_age_code": small(eta["code"]["age"]),
        "eta_loans_class": small(eta["segment"]["loans"]),
        "eta_loans_code": small(eta["code"]["loans"]),
    }


def small(value):
    return f"{value:.1%}".replace("%", "\u00a0%") if value < 0.095 else share(value)


def tests_of(case, people):
    tier = people["segment"].where(people["segment"] != "in no class")
    visits = case["interactions"].query("kind == 'visit'").groupby("customer_id").size()
    table = people.assign(
        segment=tier,
        reach=people["channel"].where(people["activity"] > 0, ""),
        visits=people["customer_id"].map(visits).fillna(0),
    )
    return segment.five_tests(
        table,
        fields=["orders", "margin"],
        reach="reach",
        value="margin",
        measures=["visits", "activity", "age", "balances"],
        plan=PLAN,
    )


def test_facts(case, people):
    tests = tests_of(case, people)
    failed = tests[~tests["passed"]]
    passing = [name for name in PLAN["segment"] if name not in set(failed["segment"])]
    fails = failed.loc[failed["segment"] == "potential", "measure"].tolist()
    key = tests[(tests["segment"] == "key") & (tests["measure"] == "difference")].iloc[0]
    said = {"owner and offer": "offer"}
    fails = [f"*{said.get(name, name)}*" for name in fails]
    return {
        "passing": f"{' and '.join(passing).capitalize()} pass{'es'[: 2 * (len(passing) == 1)]} "
        "all five.",
        "potential_fails": f"{', '.join(fails[:-1])} and {fails[-1]}",
        "key_difference": f"{key['value']:.2f}",
        "key_by": key["detail"].split(" by ")[1],
        "rounding": f"{0.005 * 5:g}",
    }


def decision_facts(case, people):
    board = people.nlargest(PLACES, "deposits")
    key = people[people["segment"] == "key"]
    here = key[key["state"] != "lost"]
    rule = here.nlargest(PLACES, "margin")
    total = people[["deposits", "margin"]].sum()
    score = segment.weighted_score(people, EVEN, scale="rank").nlargest(PLACES, "score")
    even = people[people["customer_id"].isin(score["customer_id"])]
    idle = (board["margin"] < 50).mean()
    return {
        "board_deposits": share(board["deposits"].sum() / total["deposits"]),
        "board_margin": share(board["margin"].sum() / total["margin"]),
        "board_idle": share(idle),
        "sales_right": "was right" if idle >= 0.48 else "exaggerated",
        "even_deposits": share(even["deposits"].sum() / total["deposits"]),
        "even_margin": share(even["margin"].sum() / total["margin"]),
        "even_lost": int((even["state"] == "lost").sum()),
        "rule_deposits": share(rule["deposits"].sum() / total["deposits"]),
        "rule_margin": share(rule["margin"].sum() / total["margin"]),
        "key_lost": len(key) - len(here),
        "key_here": len(here),
        "key_rest": len(here) - len(rule),
        "salary": f"{SALARY:,}",
        "needed": f"{MANAGERS * SALARY / PLACES:,.0f}",
        "per_year": f"{rule['margin'].sum() / PLACES / 2:,.0f}",
    }


def repair_facts():
    """Return the numbers of the example repair, from the practice sheet of the exercise."""
    sheet = load_key(Path(__file__).with_name("key.py")).draw(0)["sheet"]
    known = sheet.loc[sheet["orders"] > 0, "margin"].dropna()
    low, high = (round(known.quantile(share), -1) for share in (0.5, 0.85))
    best = known >= high
    here = "state not in ['prospect', 'lost']"
    rules = [
        segment.Rule("prospect", "state == 'prospect'"),
        segment.Rule("here, low", f"{here} and margin < {low}"),
        segment.Rule("here, medium", f"{here} and {low} <= margin < {high}"),
        segment.Rule("here, high", f"{here} and margin >= {high}"),
        segment.Rule("lost, not high", f"state == 'lost' and margin < {high}"),
        segment.Rule("lost, high", f"state == 'lost' and margin >= {high}"),
    ]
    report = segment.rule_report(sheet, rules)
    names = [rule.name for rule in rules]
    plan = pd.DataFrame({"segment": names, "owner": "named", "offer": "named"})
    tests = segment.five_tests(
        sheet.assign(segment=segment.classify(sheet, rules)),
        fields=["orders", "margin"],
        reach="channel",
        value="margin",
        measures=["visits", "activity", "age"],
        plan=plan,
        floors={"difference": 0.2},
    )
    failed = tests[~tests["passed"]].groupby("segment", sort=False)["measure"].agg(" and ".join)
    said = [f"*{name}* fails in {what}" for name, what in failed.items()]
    both = report.rules.set_index("segment")["customers"].to_dict()["lost, high"]
    return {
        "fix_low": f"{low:.0f}",
        "fix_high": f"{high:.0f}",
        "fix_customers": f"{len(sheet):,}",
        "fix_one": f"{report.count('one'):,}",
        "fix_two": report.count("two or more"),
        "fix_none": report.count("none"),
        "fix_open": report.count("undecided"),
        "fix_both": both,
        "fix_high_all": int((sheet["margin"] >= high).sum()),
        "fix_high_people": share(best.mean()),
        "fix_high_share": share(known[best].sum() / known.sum()),
        "fix_failed": "; ".join(said) or "None fails",
        "fix_passed": len(names) - len(failed),
    }


if __name__ == "__main__":
    print(pd.Series(facts()).to_string())
