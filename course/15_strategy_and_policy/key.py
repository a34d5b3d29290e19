"""What is right in exercise 15, which mistakes are known, and how the open answer is marked."""

from functools import lru_cache

import numpy as np
import pandas as pd

from whobuys.course import Criterion, Exercise, Wrong, essay, number, table
from whobuys.course.compare import plan as plan_like
from whobuys.market import market

START = pd.Timestamp("2025-07-01")
FIRMS = 100
ASKED = 320
SCHEME = "profit contribution"
KINDS = {
    "hospitality": "hotels",
    "food service": "cafés",
    "professional services": "offices",
    "technology": "offices",
    "retail": "shops",
}
WAY = {"City": 12, "Airport": 18, "Coast": 28, "Country": 36}
PAYS = {"hotels": 66, "cafés": 38, "offices": 47, "shops": 24}


# What students get --------------------------------------------------------------------------------


def extra(case):
    """Make a team's firms, the limits of its plan, and what firms would pay for a service."""
    draw = np.random.default_rng([case.seed, 1515])
    wanted = ["customers", "products", "transactions", "interactions"]
    firms = last_year(market(case.company, case.seed, tables=wanted))
    for _ in range(25):
        firms_asked = asked(firms, draw)
        figures = price_brief(draw)
        if clear_prices(firms_asked, figures):
            break
    for _ in range(25):
        made = {"firms": territory(firms, draw), "limits": limits(draw), "asked": firms_asked}
        made["brief"] = plan_brief(made, draw).join(figures)
        if clear_plan(made):
            break
    return made


def last_year(whole):
    """Return the firms that bought last year, with what each left before any visit is charged."""
    lines = whole["transactions"].merge(whole["products"], on="product_id")
    lines = lines[lines["date"] >= START]
    lines = lines.assign(margin=lines["amount"] - lines["quantity"] * lines["unit_cost"])
    by = lines.groupby("customer_id")
    calls = whole["interactions"]
    calls = calls[(calls["opened"] >= START) & (calls["kind"] != "visit")]
    minutes = calls.groupby("customer_id")["minutes"].sum()
    firms = whole["customers"].set_index("customer_id")
    firms = firms.loc[firms.index.isin(by.size().index)]
    left = by["margin"].sum() - 18 * by["order_id"].nunique()
    firms["left"] = (left - minutes.reindex(left.index, fill_value=0)).reindex(firms.index).round(2)
    firms["kind"] = firms["industry"].map(KINDS)
    return firms[firms["kind"].notna()].reset_index()


def territory(firms, draw):
    """Choose the firms of one account manager's team and say what a visit brings and takes."""
    mine = firms.sample(FIRMS, random_state=draw).sort_index()
    worth = 0.1 * mine["left"].clip(lower=0) + draw.gamma(1.2, 60, len(mine))
    way = mine["region"].map(WAY) * draw.uniform(0.6, 1.5, len(mine))
    made = mine[["customer_id", "firm", "kind", "city"]].assign(
        grade=graded(mine["left"]),
        left=mine["left"],
        worth=worth.round(2),
        visit_minutes=draw.choice([30, 40, 50, 60], len(mine)),
        way_minutes=(5 * (way / 5).round()).astype(int),
    )
    return made.reset_index(drop=True)


def graded(left):
    """Return grades of the cumulated profit, A to 80 %, B to 95 %, D at 0 or below."""
    ordered = left.sort_values(ascending=False)
    begins = (ordered.cumsum() - ordered) / ordered.sum()
    letter = np.select([ordered <= 0, begins < 0.8, begins < 0.95], ["D", "A", "B"], "C")
    return pd.Series(letter, ordered.index).reindex(left.index) + f" ({SCHEME})"


def limits(draw):
    """Return the least and the most visits in half a year, a row a grade."""
    return pd.DataFrame(
        {
            "grade": [f"{letter} ({SCHEME})" for letter in "ABCD"],
            "minimum": [int(draw.integers(2, 4)), int(draw.integers(1, 3)), 1, 0],
            "most": [int(draw.integers(8, 11)), int(draw.integers(5, 7)), 3, 1],
        }
    )


def asked(firms, draw):
    """Return what firms said they would pay a month for a line-cleaning service, whole pounds."""
    mine = firms.sample(min(ASKED, len(firms)), random_state=draw).sort_index()
    middle = mine["kind"].map(PAYS) * draw.uniform(0.85, 1.15)
    pays = np.maximum((middle * draw.lognormal(0, 0.24, len(mine))).round(), 5).astype(int)
    return mine[["customer_id", "kind"]].assign(pays=pays).reset_index(drop=True)


def price_brief(draw):
    """Draw the cost of the service and of the fence, one row."""
    return pd.DataFrame(
        {
            "unit_cost": [float(draw.integers(14, 19))],
            "fence_cost": [float(draw.integers(4, 9) * 50)],
        }
    )


def plan_brief(made, draw):
    """Draw the figures of the plan, one row."""
    firms, bounds = made["firms"], made["limits"].set_index("grade")
    takes = (firms["visit_minutes"] + 2 * firms["way_minutes"]) / 60
    least = float((takes * firms["grade"].map(bounds["minimum"])).sum())
    most = float((takes * firms["grade"].map(bounds["most"])).sum())
    return pd.DataFrame(
        {
            "hours": [float(5 * round((least + draw.uniform(0.2, 0.35) * (most - least)) / 5))],
            "keeps": [float(draw.choice([0.5, 0.55, 0.6]))],
            "more_hours": [float(draw.choice([10, 15, 20]))],
            "hour_cost": [float(draw.choice([48, 54, 60]))],
        }
    )


def clear_plan(made):
    """Say whether the best plan is one of its own, and slips lead to other plans or worse ones."""
    if made["firms"]["grade"].nunique() < 4:
        return False
    right = best(made)
    if not (nudged(made)["visits"] == right["visits"]).all():
        return False
    others = [best(made, keeps=1.0), evenly(made)]
    worth = [checked(right, other).value / right.attrs["expected"] for other in others]
    loose = best(made, minimum=False), best(made, most=False)
    breaks = [
        (loose[0]["visits"] < right["least"]).any(),
        (loose[1]["visits"] > right["most"]).any(),
    ]
    return bool(max(worth) < 0.97 and all(breaks))


def clear_prices(asked, figures):
    """Say whether the best prices leave no doubt, and slips lead to other ones."""
    made = {"asked": asked, "brief": figures}
    earned = profits(made)
    pays, one = asked["pays"], float(earned.idxmax())
    brings = pd.Series({p: p * (pays >= p).sum() for p in earned.index})
    if earned.drop(one).max() > 0.999 * earned.max() or brings.idxmax() == one:
        return False
    found, by_revenue = (own_prices(made, aim) for aim in ("profit", "revenue"))
    slips = [one, brings.idxmax(), found[asked["kind"].value_counts().index[0]], found.mean()]
    slips.append(float(profits(made, strict=True).idxmax()))
    cuts = leaks(made, one)
    return bool(
        min(np.diff(np.sort(np.array(slips, dtype=float)))) > 0.02
        and found.nunique() == len(PAYS)
        and (found != by_revenue).any()
        and 0.04 < cuts[0] < 0.9
        and min(abs(cuts[0] - other) for other in cuts[1:]) > 0.004
    )


def nudged(made):
    """Plan again with the values off by a few millionths."""
    firms = made["firms"]
    draw = np.random.default_rng(1)
    off = firms["worth"] * (1 + 4e-6 * draw.uniform(-1, 1, len(firms)))
    return best(made | {"firms": firms.assign(worth=off)})


exercise = Exercise(
    "15_strategy_and_policy",
    "One team, half a year",
    company="tradeways",
    tables=(),
    extra=extra,
)


# Pieces the answers share -------------------------------------------------------------------------


def given(case):
    return case["brief"].iloc[0]


def ready(tables, *, ways=2, keeps=None, minimum=True, most=True):
    """Return the firms with what a visit takes, and the limits as `plan_visits` wants them."""
    firms, bounds = tables["firms"], tables["limits"].set_index("grade")
    figures = tables["brief"].iloc[0]
    takes = (firms["visit_minutes"] + ways * firms["way_minutes"]) / 60
    there = set(firms["grade"])
    rules = {
        "value": "worth",
        "visit_hours": "takes",
        "keeps": float(figures["keeps"] if keeps is None else keeps),
        "minimum": {g: int(n) for g, n in bounds["minimum"].items() if minimum and g in there},
        "most": {g: int(n) for g, n in bounds["most"].items() if g in there} if most else 20,
    }
    return firms.assign(takes=takes), rules


def best(tables, *, hours=None, **ways):
    """Return the best plan, with all a check needs beside it."""
    from whobuys.value import plan_visits

    firms, rules = ready(tables, **ways)
    there = float(tables["brief"].iloc[0]["hours"] if hours is None else hours)
    plan = plan_visits(firms, there, **rules)
    bounds = tables["limits"].set_index("grade")
    made = plan.assign(
        least=plan["grade"].map(bounds["minimum"]),
        most=plan["grade"].map(bounds["most"]),
        keeps=rules["keeps"],
        there=there,
    )
    made.attrs |= plan.attrs
    return made


def evenly(tables):
    from whobuys.strategy import even_visits

    firms, rules = ready(tables)
    return even_visits(firms, float(tables["brief"].iloc[0]["hours"]), **rules)


def checked(right, plan):
    """Hold a plan against the limits that stand in the columns of the right one."""
    from whobuys.strategy import check_plan

    bounds = right.drop_duplicates("grade").set_index("grade")
    return check_plan(
        plan[["customer_id", "visits"]],
        right[["customer_id", "grade", "worth", "takes"]],
        float(right["there"].iloc[0]),
        value="worth",
        visit_hours="takes",
        keeps=float(right["keeps"].iloc[0]),
        minimum={g: int(n) for g, n in bounds["least"].items()},
        most={g: int(n) for g, n in bounds["most"].items()},
    )


@lru_cache(maxsize=4)
def best_of(case):
    return best(case.tables)


@lru_cache(maxsize=4)
def more_of(case):
    brief = given(case)
    return best(case.tables, hours=brief["hours"] + brief["more_hours"])


def visits_only(plan):
    return plan[["customer_id", "visits"]]


# q1 ----------------------------------------------------------------------------------------------


@exercise.question(
    "plan",
    points=6,
    title="The plan",
    compare=plan_like(checked),
    hints=[
        "First one column with the hours of a visit, the way there and back in it. Then the least "
        "and the most visits of each grade as two dictionaries.",
        '`plan_visits(firms, brief["hours"], minimum={...}, most={...}, keeps=brief["keeps"], '
        'value="worth", visit_hours="takes")`; `dict(zip(limits["grade"], limits["minimum"]))` '
        "makes a dictionary.",
    ],
    again="lesson 15, step 5",
)
def q1(case):
    return best_of(case)


@q1.mistake(
    "You left the way out. {firm} takes {takes:.2f} hours a visit, not {inside:.2f}: with the way "
    "your plan needs {used:.1f} of the {there:,.0f} hours.",
    credit=0.25,
)
def no_way(case):
    wrong = best(case.tables, ways=0)
    right = best_of(case)
    far = case["firms"]["way_minutes"].idxmax()
    return Wrong(
        visits_only(wrong),
        firm=case["firms"]["firm"][far],
        takes=right["takes"][far],
        inside=case["firms"]["visit_minutes"][far] / 60,
        used=checked(right, wrong).hours,
        there=given(case)["hours"],
    )


@q1.mistake(
    "You counted the way once. `way_minutes` is one way: {firm} takes {minutes:,} minutes there "
    "and {minutes:,} back. Your plan needs {used:.1f} of the {there:,.0f} hours.",
    credit=0.5,
)
def one_way(case):
    wrong = best(case.tables, ways=1)
    far = case["firms"]["way_minutes"].idxmax()
    return Wrong(
        visits_only(wrong),
        firm=case["firms"]["firm"][far],
        minutes=int(case["firms"]["way_minutes"][far]),
        used=checked(best_of(case), wrong).hours,
        there=given(case)["hours"],
    )


@q1.mistake(
    "Your plan brings most, but it breaks the minimum: {number:,} firms get fewer visits than "
    "their grade is promised, for instance {firm} ({grade}), {got:,} of {least:,}.",
    credit=0.5,
)
def no_minimum(case):
    wrong, right = best(case.tables, minimum=False), best_of(case)
    short = wrong["visits"] < right["least"]
    row = wrong[short].iloc[0]
    return Wrong(
        visits_only(wrong),
        number=int(short.sum()),
        firm=row["firm"],
        grade=row["grade"],
        got=int(row["visits"]),
        least=int(right["least"][short].iloc[0]),
    )


@q1.mistake(
    "Your plan goes beyond the most visits: {number:,} firms get more than their grade allows, for "
    "instance {firm} ({grade}), {got:,} instead of at most {most:,}.",
    credit=0.5,
)
def no_most(case):
    wrong, right = best(case.tables, most=False), best_of(case)
    over = wrong["visits"] > right["most"]
    row = wrong[over].iloc[0]
    return Wrong(
        visits_only(wrong),
        number=int(over.sum()),
        firm=row["firm"],
        grade=row["grade"],
        got=int(row["visits"]),
        most=int(right["most"][over].iloc[0]),
    )


@q1.mistake(
    "You let every visit bring as much as the first. A second one keeps {keeps:.0%} of it, a third "
    "{third:.0%}. So your plan sends {wrong:,} visits to {firm}, where the last brings {last:,.0f} "
    "pounds; by the brief it is worth {share:.0%} of the best one.",
    credit=0.25,
)
def linear(case):
    wrong, right = best(case.tables, keeps=1.0), best_of(case)
    gap = wrong["visits"] - right["visits"]
    most, keeps = gap.idxmax(), given(case)["keeps"]
    share = checked(right, wrong).value / right.attrs["expected"]
    return Wrong(
        visits_only(wrong),
        keeps=keeps,
        third=keeps**2,
        wrong=int(wrong["visits"][most]),
        firm=wrong["firm"][most],
        last=wrong["worth"][most] * keeps ** (wrong["visits"][most] - 1),
        share=share,
    )


@q1.mistake(
    "You spread the visits evenly, round after round. All limits hold, but that is worth "
    "{share:.1%} of the best plan: an hour at {rich} brings more than one at {poor}.",
    credit=0.25,
)
def even(case):
    wrong, right = evenly(case.tables), best_of(case)
    rate = right["worth"] / right["takes"]
    return Wrong(
        visits_only(wrong),
        share=checked(right, wrong).value / right.attrs["expected"],
        rich=right["firm"][rate.idxmax()],
        poor=right["firm"][rate.idxmin()],
    )


def any_fraction(right, answer):
    """Recognise a plan with a part of a visit in it."""
    visits = answer.value["visits"].astype(float)
    part = (visits - visits.round()).abs() > 1e-6
    if not part.any() or visits.sum() < right["visits"].sum() / 2:
        return None
    row = answer.value[part].iloc[0]
    names = right.set_index("customer_id")["firm"]
    return {
        "number": int(part.sum()),
        "firm": names.get(row["customer_id"], row["customer_id"]),
        "got": float(row["visits"]),
    }


@q1.mistake(
    "A visit is made or not: {number:,} of your rows hold a part of one, for instance {firm}, "
    "{got:.2f}. Rounding them up breaks the hours; let the solver keep whole numbers.",
    credit=0.25,
    match=any_fraction,
)
def fractional(case):
    right = best_of(case)
    first = right["visits"].idxmax()
    part = right["visits"].astype(float)
    part[first] -= 0.5
    return visits_only(right.assign(visits=part))


# q2 ----------------------------------------------------------------------------------------------


def summed(case, plan, *, ways=2, once=False, minutes=False, value="right", count="visits"):
    """Return visits, hours and expected value by grade for a plan."""
    firms, rules = ready(case.tables, ways=ways)
    visits = plan.set_index("customer_id")["visits"].astype(float)
    n = visits.reindex(firms["customer_id"]).fillna(0.0).to_numpy()
    keeps, worth = rules["keeps"], firms["worth"].to_numpy()
    brings = {
        "right": worth * (1 - keeps**n) / (1 - keeps),
        "linear": worth * n,
        "last": worth * n * keeps ** np.maximum(n - 1, 0),
    }[value]
    hours = n * firms["takes"].to_numpy()
    if once:
        inside = firms["visit_minutes"].to_numpy() / 60
        hours = n * inside + (n > 0) * 2 * firms["way_minutes"].to_numpy() / 60
    made = firms[["grade"]].assign(
        visits=n if count == "visits" else (n > 0).astype(float),
        hours=hours * (60 if minutes else 1),
        expected=brings,
    )
    return made.groupby("grade").sum().reset_index()


@exercise.question(
    "summary",
    points=3,
    title="Hours, visits and value by grade",
    compare=table("grade", ["visits", "hours", "expected"], tolerance=0.011),
    hints=[
        "Three sums a grade. Hours: each visit with its own way. Value: the first visit in full, "
        "each later one `keeps` times the one before.",
        "`plan_visits` gives each row `visits`, `hours` and `expected`: `visit_summary(plan)` sums "
        'them by grade; drop its last row, "all".',
    ],
    again="lesson 15, step 5",
)
def q2(case, plan):
    return summed(case, plan)


@q2.mistake(
    "Your hours leave out the way. {firm} alone is {way:,} minutes away, there and back {both:,}, "
    "at each visit.",
    credit=0.5,
)
def hours_inside(case, plan):
    far = case["firms"]["way_minutes"].idxmax()
    way = int(case["firms"]["way_minutes"][far])
    return Wrong(summed(case, plan, ways=0), firm=case["firms"]["firm"][far], way=way, both=2 * way)


@q2.mistake(
    "Your hours hold the way there, not the way back: `way_minutes` is one way. In all "
    "{right:,.1f} hours, not {wrong:,.1f}.",
    credit=0.5,
)
def hours_one_way(case, plan):
    wrong = summed(case, plan, ways=1)
    return Wrong(wrong, right=summed(case, plan)["hours"].sum(), wrong=wrong["hours"].sum())


@q2.mistake(
    "You counted the way once a firm. {firm} gets {visits:,} visits in the plan, on {visits:,} "
    "days: the way is made each time.",
    credit=0.5,
)
def way_once(case, plan):
    row = plan.loc[plan["visits"].astype(float).idxmax()]
    names = case["firms"].set_index("customer_id")["firm"]
    return Wrong(
        summed(case, plan, once=True),
        firm=names.get(row["customer_id"], "The firm"),
        visits=int(row["visits"]),
    )


@q2.mistake("These are minutes. Give hours: {right:,.2f} in all, not {wrong:,.0f}.", credit=0.5)
def minutes_for_hours(case, plan):
    wrong = summed(case, plan, minutes=True)
    return Wrong(wrong, right=summed(case, plan)["hours"].sum(), wrong=wrong["hours"].sum())


@q2.mistake(
    "You multiplied the worth by the visits. Each further visit keeps only {keeps:.0%} of the one "
    "before: in all {right:,.0f} pounds, not {wrong:,.0f}.",
    credit=0.5,
)
def value_linear(case, plan):
    wrong = summed(case, plan, value="linear")
    right = summed(case, plan)["expected"].sum()
    return Wrong(wrong, keeps=given(case)["keeps"], right=right, wrong=wrong["expected"].sum())


@q2.mistake(
    "You gave every visit the value of the last one. The first brings the full worth; add them up: "
    "in all {right:,.0f} pounds, not {wrong:,.0f}.",
    credit=0.5,
)
def value_of_the_last(case, plan):
    wrong = summed(case, plan, value="last")
    right = summed(case, plan)["expected"].sum()
    return Wrong(wrong, right=right, wrong=wrong["expected"].sum())


@q2.mistake(
    "That is how many firms are visited, {wrong:,}. Asked is how many visits they get, {right:,}.",
    credit=0.5,
)
def firms_for_visits(case, plan):
    wrong = summed(case, plan, count="firms")
    right = summed(case, plan)["visits"].sum()
    return Wrong(wrong, right=int(right), wrong=int(wrong["visits"].sum()))


@q2.mistake(
    "All right but for one row too many: take the row “all” out. A row a grade was asked.",
    credit=0.75,
)
def row_of_all(case, plan):
    right = summed(case, plan)
    sums = right.drop(columns="grade").sum().to_frame().T.assign(grade="all")
    return pd.concat([right, sums], ignore_index=True)


def other_sums(right, answer):
    """Recognise sums of a plan that can be: less value in all, and a visit's usual hours and value.

    What only was rounded is none.
    """
    columns = ["visits", "hours", "expected"]
    wanted = right.set_index("grade")[columns].sort_index()
    given = answer.value.set_index("grade")[columns].astype(float).sort_index()
    if list(given.index) != list(wanted.index) or not (given >= 0).all(axis=None):
        return None
    if (given["visits"] % 1 != 0).any() or ((given - wanted).abs() <= 1).all(axis=None):
        return None
    share = given.sum() / wanted.sum()
    if not (0.5 < share["expected"] < 1 - 1e-5 and 0.5 < share["hours"] < 1.02):
        return None
    made = given["visits"] > 0
    if (given.loc[~made] > 0).any(axis=None):
        return None
    both = made & (wanted["visits"] > 0)
    usual = wanted[both].div(wanted.loc[both, "visits"], axis=0)
    own = given[both].div(given.loc[both, "visits"], axis=0) / usual
    if not (own["hours"].between(0.5, 2).all() and own["expected"].between(0.05, 5).all()):
        return None
    return {"wrong": given["expected"].sum(), "hours": given["hours"].sum()}


@q2.mistake(
    "These are not the sums of the best plan: {wrong:,.2f} pounds in {hours:,.2f} hours. Within "
    "the limits {best:,.2f} pounds can be reached, in {best_hours:,.2f} hours: sum up the plan "
    "that `plan_visits` finds.",
    credit=0.5,
    match=other_sums,
)
def another_plan(case, plan):
    reached = best_of(case)  # also where an own plan is summed: never call that one the best
    return Wrong(
        summed(case, evenly(case.tables)),
        best=reached.attrs["expected"],
        best_hours=reached["hours"].sum(),
    )


# q3 ----------------------------------------------------------------------------------------------


@exercise.question(
    "more",
    points=2,
    title="What more hours bring",
    compare=number(0.5, "pounds"),
    hints=[
        "Plan twice, once with the hours there are and once with more. What lies between?",
        '`plan_visits(..., brief["hours"] + brief["more_hours"], ...)` has the sum in '
        '`.attrs["expected"]`; subtract that of the first plan.',
    ],
    again="lesson 15, step 5",
)
def q3(case):
    return more_of(case).attrs["expected"] - best_of(case).attrs["expected"]


@q3.mistake(
    "You took the mean hour of the plan, {each:,.0f} pounds. The best visits are in the plan "
    "already; what is left to add brings {right:,.0f} an hour.",
    credit=0.25,
)
def mean_hour(case):
    brief, right = given(case), best_of(case)
    each = right.attrs["expected"] / brief["hours"]
    added = more_of(case).attrs["expected"] - right.attrs["expected"]
    return Wrong(each * brief["more_hours"], each=each, right=added / brief["more_hours"])


@q3.mistake(
    "That is what the whole larger plan brings. Take off what the plan brings without the "
    "{more:,.0f} hours.",
    credit=0.5,
)
def whole_new_plan(case):
    return Wrong(more_of(case).attrs["expected"], more=given(case)["more_hours"])


@q3.mistake(
    "That is per hour. Asked is what all {more:,.0f} hours bring together.",
    credit=0.5,
)
def each_hour(case):
    more = given(case)["more_hours"]
    gain = more_of(case).attrs["expected"] - best_of(case).attrs["expected"]
    return Wrong(gain / more, more=more)


@q3.mistake(
    "You took the cost of the hours off already. Asked is what they bring; the comparison with "
    "{cost:,.0f} pounds comes after.",
    credit=0.5,
)
def cost_taken_off(case):
    brief = given(case)
    cost = brief["more_hours"] * brief["hour_cost"]
    gain = more_of(case).attrs["expected"] - best_of(case).attrs["expected"]
    return Wrong(gain - cost, cost=cost)


@q3.mistake(
    "You planned without the way, so {more:,.0f} hours hold more visits than can be made.",
    credit=0.25,
)
def more_without_way(case):
    brief = given(case)
    there = brief["hours"]
    more = best(case.tables, hours=there + brief["more_hours"], ways=0)
    return Wrong(
        more.attrs["expected"] - best(case.tables, ways=0).attrs["expected"],
        more=brief["more_hours"],
    )


# q4 ----------------------------------------------------------------------------------------------


def profits(tables, kind=None, *, strict=False):
    """Return the profit a month at each named price; `strict` loses who pays just that."""
    asked, cost = tables["asked"], float(tables["brief"].iloc[0]["unit_cost"])
    pays = asked["pays"] if kind is None else asked.loc[asked["kind"] == kind, "pays"]
    takes = {p: (pays > p if strict else pays >= p).sum() for p in sorted(pays.unique())}
    return pd.Series({p: float((p - cost) * n) for p, n in takes.items()})


def own_prices(tables, aim="profit"):
    """Return the best price of each kind."""
    asked = tables["asked"]
    cost = float(tables["brief"].iloc[0]["unit_cost"]) if aim == "profit" else 0.0
    return pd.Series(
        {kind: best_price(mine.to_numpy(), cost) for kind, mine in asked.groupby("kind")["pays"]}
    )


def best_price(pays, cost):
    """Return the price that leaves most; the lowest of several."""
    steps, count = np.unique(pays, return_counts=True)
    takes = count[::-1].cumsum()[::-1]
    return float(steps[np.argmax((steps - cost) * takes)])


@exercise.question(
    "one_price",
    points=3,
    title="The best one price",
    compare=number(0.005, "pounds"),
    hints=[
        "A firm takes the service if the price is not above what it would pay. At each price count "
        "the firms that do; each of them brings the price less the cost.",
        '`price_table(asked["pays"], groups=asked["kind"], unit_cost=brief["unit_cost"])`; the '
        "column `one_price`.",
    ],
    again="lesson 15, step 3",
)
def q4(case):
    return float(profits(case.tables).idxmax())


@q4.mistake(
    "That price brings the most *revenue*. The service costs {cost:,.0f} pounds a firm; at "
    "{right:,.0f} fewer firms take it and {gain:,.0f} pounds a month more are left.",
    credit=0.5,
)
def by_revenue(case):
    earned, cost = profits(case.tables), given(case)["unit_cost"]
    pays = case["asked"]["pays"]
    brings = pd.Series({p: p * (pays >= p).sum() for p in earned.index})
    wrong, right = brings.idxmax(), earned.idxmax()
    return Wrong(float(wrong), cost=cost, right=float(right), gain=earned[right] - earned[wrong])


@q4.mistake(
    "That is the mean of what firms would pay. At that price {share:.0%} of them take the service; "
    "it is not the price that leaves most.",
    credit=0.25,
)
def mean_pays(case):
    pays = case["asked"]["pays"]
    return Wrong(float(pays.mean()), share=(pays >= pays.mean()).mean())


@q4.mistake(
    "You took the mean of the four best prices by kind. One price for all has to be looked for "
    "with all firms together.",
    credit=0.25,
)
def mean_of_own(case):
    return float(own_prices(case.tables).mean())


@q4.mistake(
    "That is the best price for the {kind} alone, the most numerous kind. The others pay it too: "
    "look at all {firms:,} firms.",
    credit=0.25,
)
def of_the_largest(case):
    kinds = case["asked"]["kind"].value_counts()
    return Wrong(
        float(profits(case.tables, kinds.index[0]).idxmax()),
        kind=kinds.index[0],
        firms=len(case["asked"]),
    )


@q4.mistake(
    "You left out the firms that would pay exactly the price. A price *not above* what a firm "
    "would pay is taken: at {right:,.0f} pounds {equal:,} more of them than you counted.",
    credit=0.5,
)
def only_below(case):
    right = float(profits(case.tables).idxmax())
    equal = int((case["asked"]["pays"] == right).sum())
    return Wrong(float(profits(case.tables, strict=True).idxmax()), right=right, equal=equal)


@q4.mistake(
    "That is the profit a month, not the price that brings it. The price is wanted.",
    credit=0.5,
)
def profit_for_price(case):
    return float(profits(case.tables).max())


# q5 ----------------------------------------------------------------------------------------------

ONE, OWN = "one price", "price by kind"


def money_of(case, one, *, own=None, strict=False):
    """Return revenue and profit of one price and of prices by kind."""
    asked, cost = case["asked"], given(case)["unit_cost"]
    own = own_prices(case.tables) if own is None else own
    asked_price = {ONE: pd.Series(float(one), asked.index), OWN: asked["kind"].map(own)}
    rows = []
    for way, price in asked_price.items():
        takes = asked["pays"] > price if strict else asked["pays"] >= price
        rows.append((way, float(price[takes].sum()), float((price[takes] - cost).sum())))
    return pd.DataFrame(rows, columns=["way", "revenue", "profit"])


@exercise.question(
    "money",
    points=4,
    title="One price or a price by kind",
    compare=table("way", ["revenue", "profit"], tolerance=0.01),
    hints=[
        "Two rows. In each, add up over the firms that take the service: the price they pay, and "
        "the price less the cost.",
        'The last row of `price_table(...)`, "all": `revenue_one`, `profit_one`, `revenue_own`, '
        "`profit_own`.",
    ],
    again="lesson 15, step 3",
)
def q5(case, one_price):
    return money_of(case, one_price)


@q5.mistake(
    "Your profit is the revenue once more. Each firm that takes the service costs {cost:,.0f} "
    "pounds a month.",
    credit=0.5,
)
def revenue_for_profit(case, one_price):
    right = money_of(case, one_price)
    return Wrong(right.assign(profit=right["revenue"]), cost=given(case)["unit_cost"])


@q5.mistake(
    "Your prices by kind bring the most revenue, not the most profit: at a cost of {cost:,.0f} "
    "pounds the {kind} should pay {right:,.0f}, not {wrong:,.0f}.",
    credit=0.5,
)
def own_by_revenue(case, one_price):
    right = own_prices(case.tables)
    wrong = own_prices(case.tables, "revenue")
    kind = (right - wrong).idxmax()
    return Wrong(
        money_of(case, one_price, own=wrong),
        cost=given(case)["unit_cost"],
        kind=kind,
        right=right[kind],
        wrong=wrong[kind],
    )


@q5.mistake(
    "You left out the firms that would pay exactly the price, {equal:,} in the row “price by "
    "kind”. A price *not above* what a firm would pay is taken.",
    credit=0.5,
)
def takes_only_below(case, one_price):
    asked = case["asked"]
    equal = int((asked["pays"] == asked["kind"].map(own_prices(case.tables))).sum())
    return Wrong(money_of(case, one_price, strict=True), equal=equal)


@q5.mistake(
    "The two rows are exchanged. Prices by kind leave {own:,.0f} pounds, one price {one:,.0f}.",
    credit=0.5,
)
def rows_exchanged(case, one_price):
    right = money_of(case, one_price)
    return Wrong(right.assign(way=[OWN, ONE]), one=right["profit"][0], own=right["profit"][1])


@q5.mistake(
    "You let every firm buy. At the one price only {takes:,} of {firms:,} take the service: those "
    "who would pay that much.",
    credit=0.25,
)
def everybody_buys(case, one_price):
    asked, cost = case["asked"], given(case)["unit_cost"]
    own = asked["kind"].map(own_prices(case.tables))
    revenue = [float(one_price) * len(asked), float(own.sum())]
    wrong = pd.DataFrame({"way": [ONE, OWN], "revenue": revenue})
    return Wrong(
        wrong.assign(profit=wrong["revenue"] - cost * len(asked)),
        takes=int((asked["pays"] >= float(one_price)).sum()),
        firms=len(asked),
    )


@q5.mistake(
    "You took the {fence:,.0f} pounds for the fence off. That comes in the next question; here the "
    "money before it is asked.",
    credit=0.75,
)
def fence_taken_off(case, one_price):
    right, fence = money_of(case, one_price), given(case)["fence_cost"]
    return Wrong(right.assign(profit=right["profit"] - [0.0, fence]), fence=fence)


@q5.mistake(
    "You counted the cost for every firm asked, {firms:,}. It arises only where a firm takes the "
    "service.",
    credit=0.5,
)
def cost_of_all(case, one_price):
    right, asked = money_of(case, one_price), case["asked"]
    cost = given(case)["unit_cost"] * len(asked)
    return Wrong(right.assign(profit=right["revenue"] - cost), firms=len(asked))


# q6 ----------------------------------------------------------------------------------------------


def leaks(tables, one):
    """Return the leak from which prices by kind no longer pay, and what three slips would give."""
    asked, figures = tables["asked"], tables["brief"].iloc[0]
    cost, fence = float(figures["unit_cost"]), float(figures["fence_cost"])
    found = own_prices(tables)
    own_price = asked["kind"].map(found)

    def earned(price):
        taken = (price - cost) * (asked["pays"] >= price)
        return taken.groupby(asked["kind"]).sum()

    own, at_one, low = earned(own_price), earned(float(one)), earned(found.min())
    gain = float((own - at_one).sum())
    lost = float((own - low).sum())
    return (
        (gain - fence) / lost,
        gain / lost,
        (gain - fence) / float(own.sum()),
        (gain - fence) / gain,
    )


@exercise.question(
    "leak",
    points=2,
    title="How much leak the prices stand",
    compare=number(0.001),
    hints=[
        "With leak *l* each dearer kind brings (1 − *l*) of its profit at its own price and *l* of "
        "its profit at the lowest price. Where does the whole, less the fence, fall to the profit "
        "of one price?",
        '`price_table(..., fence_cost=brief["fence_cost"]).attrs["break_even_leak"]`.',
    ],
    again="lesson 15, step 3",
)
def q6(case, one_price):
    return leaks(case.tables, one_price)[0]


@q6.mistake(
    "You left out the {fence:,.0f} pounds a month that the fence costs. They have to be earned "
    "first.",
    credit=0.5,
)
def free_fence(case, one_price):
    return Wrong(leaks(case.tables, one_price)[1], fence=given(case)["fence_cost"])


@q6.mistake(
    "You set the gain against the whole profit. Who gets through is not lost: those firms still "
    "pay the lowest price, {lowest:,.0f} pounds.",
    credit=0.25,
)
def all_lost(case, one_price):
    lowest = own_prices(case.tables).min()
    return Wrong(leaks(case.tables, one_price)[2], lowest=lowest)


@q6.mistake(
    "You let those who get through pay the one price. They are offered the lowest of the four, "
    "{lowest:,.0f} pounds.",
    credit=0.25,
)
def leak_to_one_price(case, one_price):
    lowest = own_prices(case.tables).min()
    return Wrong(leaks(case.tables, one_price)[3], lowest=lowest)


@q6.mistake("Give it as a share of 1: {share:.4f}, not {percent:.2f}.", credit=0.75)
def leak_in_percent(case, one_price):
    share = leaks(case.tables, one_price)[0]
    return Wrong(100 * share, share=share, percent=100 * share)


# q7 ----------------------------------------------------------------------------------------------

q7 = exercise.open_question(
    "q7",
    title="A customer management policy",
    compare=essay(
        Criterion("Three parts of R5 complete", 5),
        Criterion("Each tier has owner, service level, measure", 5),
        Criterion("C and D separated", 3),
        Criterion("Cost of policy checked against value", 4),
        Criterion("Roll-out plan", 3),
    ),
    hints=[
        "Three parts: classification and management; reception and communication; upkeep of the "
        "relationship. A row a grade: owner, what is promised, how it is measured.",
        "`tier_policy(rules, tiers, values, hour_cost=...)` sets the cost of each grade beside its "
        "value, `check_policy` lists what is left open. Then dates: what first, for whom, who, and "
        "what would stop it.",
    ],
    again="lesson 15, steps 4 and 5",
)
