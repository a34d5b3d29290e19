"""What is right in exercise 12, which mistakes are known, and how the open answer is marked."""

import numpy as np
import pandas as pd

from whobuys.canvas import Canvas
from whobuys.course import Criterion, Exercise, Wrong, canvas, essay, number, table

OURS = "Tradeways"
FIRM = "employed by Tradeways"
NAMES = [
    *("Ada Brook", "Ben Castle", "Carla Dunn", "David Esk", "Elif Frost", "Farid Gale"),
    *("Greta Hill", "Hugo Ivory", "Ines Joyce", "Jamal Kerr", "Kira Lund", "Leo Marsh"),
    *("Maya Nash", "Nils Orr", "Olga Pike", "Paul Quinn", "Rosa Reed", "Sami Stone"),
    *("Tess Underhill", "Victor Wells"),
]  # fmt: skip
HOTELS = ["Hotel Beacon", "Hotel Meridian", "Hotel Sandbank"]
CAFES = ["Café Linden", "Café Pomona", "Café Tin Roof"]
SUPPLIERS = ["Coldwell", "Grove Nine"]
AGENCY = "Quick Hands"
OUTSIDE = ("hotels", "cafés", "suppliers", "hired loaders")
INSIDE = ("account managers", "drivers", "bookkeepers", "hotel desks")
GROUPS = (*OUTSIDE, *INSIDE)
# How much it matters and how well it is done: the widest gap, the least satisfied, the most
# important, and one that gets far more than it asks for; the others lie between.
PLACES = [(4.3, 3.0), (3.1, 2.6), (4.8, 4.3), (2.4, 4.4)]


# What students get -------------------------------------------------------------------------------


def extra(case):
    """Draw the people who ask an order planner for something, and half a year of what they ask."""
    draw = np.random.default_rng([case.seed, 1212])
    people = requesters(draw)
    for _ in range(200):
        log = work(draw, people)
        if is_fair(log, people):
            break
    cost = float(draw.integers(21, 36))
    return {"people": people, "log": log, "brief": pd.DataFrame({"hour_cost": [cost]})}


def requesters(draw):
    """Draw who asks; where somebody sits and writes from does not say who employs them."""
    names = iter(map(str, draw.permutation(NAMES)))
    rows = []
    for group, sizes in zip(GROUPS, [(2, 3), (2, 3), (2,), (1, 2), (2, 3), (2,), (1, 2), (1, 2)],
                            strict=True):  # fmt: skip
        for place in range(int(draw.choice(sizes))):
            rows.append((next(names), group, *described(group, place)))
    made = pd.DataFrame(rows, columns=["requester", "group", "mail", "desk", "contract", "orders"])
    return made.sort_values("requester", ignore_index=True)


def described(group, place):
    """Return the mail domain, the desk, the contract, and whether this person orders drinks."""
    if group in ("hotels", "hotel desks"):
        house = HOTELS[place]
        mail = house.lower().replace(" ", "-") + ".example"
        own = f"{FIRM}, lent to {house} for a year"
        return mail, house, own if group == "hotel desks" else f"employed by {house}", True
    if group == "cafés":
        mail = CAFES[place].lower().replace("é", "e").replace(" ", "-") + ".example"
        return mail, CAFES[place], f"owner of {CAFES[place]}", True
    if group == "suppliers":
        firm = SUPPLIERS[place]
        mail = firm.lower().replace(" ", "") + ".example"
        return mail, firm, f"employed by {firm}, a supplier of {OURS}", False
    if group == "hired loaders":
        contract = f"employed by {AGENCY}, a staff agency that works for {OURS}"
        return "tradeways.example", f"{OURS}, warehouse", contract, False
    desk = {"drivers": "on the road", "bookkeepers": f"{OURS}, head office"}
    return "tradeways.example", desk.get(group, f"{OURS}, sales office"), FIRM, False


def work(draw, people):
    """Draw requests; one in four is reopened, and its next line repeats all up to that day."""
    places = [*PLACES, *zip(draw.uniform(3.2, 4.2, 4), draw.uniform(3.5, 4.3, 4), strict=True)]
    place = dict(zip(map(str, draw.permutation(GROUPS)), places, strict=True))
    worth = dict(zip(people["requester"], draw.uniform(15, 120, len(people)), strict=True))
    weights = draw.uniform(0.6, 1.6, len(people))
    often = int(draw.integers(190, 250))
    who = np.r_[np.repeat(np.arange(len(people)), 5),
                draw.choice(len(people), often, p=weights / weights.sum())]  # fmt: skip
    first = pd.Timestamp("2025-12-29")
    opened = np.sort(7 * draw.integers(0, 24, len(who)) + draw.integers(0, 5, len(who)))
    rows, asking = [], list(people[["requester", "group"]].itertuples(index=False, name=None))
    for number_, (asked, day) in enumerate(zip(draw.permutation(who), opened, strict=True), 1):
        name, group = asking[asked]
        matters, done = np.array(place[group]) + draw.normal(0, 0.6, 2)
        matters, done = int(np.rint(matters).clip(1, 5)), int(np.rint(done).clip(1, 5))
        lines = int(draw.choice([1, 2, 3], p=[0.5, 0.3, 0.2] if done < 4 else [0.84, 0.12, 0.04]))
        hours = np.maximum(np.rint(draw.lognormal(0.0, 0.5, lines) * [4, 3, 2][:lines]), 1) / 4
        value = float(np.rint(hours.sum() * worth[name] * draw.lognormal(0, 0.35) + 1))
        days = day + np.r_[0, draw.integers(3, 7, lines - 1)].cumsum()
        days += np.where(days % 7 > 4, 2, 0)  # nobody works on a Saturday
        for line in range(lines):
            mark = max(done - (lines - 1 - line) * int(draw.integers(1, 3)), 1)
            rows.append((first + pd.Timedelta(days=int(days[line])), f"R{number_:03}", line + 1,
                         name, float(hours[: line + 1].sum()), value, matters, mark))  # fmt: skip
    columns = ["date", "request", "line", "requester", "hours_so_far", "value", "importance",
               "performance"]  # fmt: skip
    return pd.DataFrame(rows, columns=columns).sort_values(["date", "request"], ignore_index=True)


def is_fair(log, people):
    """Say whether no rank is a near tie and the four marked groups stand where they should."""
    made = gap_table(last_lines(log), people).set_index("group")
    widest_at, least = made["gap"].idxmax(), made["performance"].idxmin()
    gaps = np.sort(made["gap"])
    if (
        np.diff(gaps).min() < 0.004
        or np.diff(np.sort(made["performance"])).min() < 0.004
        or np.diff(np.sort(made["gap"].abs())).min() < 0.004
        or gaps[-1] - gaps[-2] < 0.15
        or widest_at in (made["gap"].abs().idxmax(), least, made["importance"].idxmax())
    ):
        return False
    sides = people[["requester"]].assign(relation=people["contract"].str.startswith(FIRM))
    names = ["hours_share", "satisfaction"]
    kept = (last_lines(log), first_lines(log), log)
    right, *others = (side_table(lines, sides)[names] for lines in kept)
    if any(((right - other).abs().min() < 0.004).any() for other in others):
        return False
    again = log.groupby("request")["hours_so_far"].agg(["first", "last"])
    again["requester"] = log.groupby("request")["requester"].first()
    again = again.reset_index().merge(people).groupby("group")[["first", "last"]].sum()
    again = again["last"] - again["first"]
    worth = np.sort(per_hour(last_lines(log)))
    return again[widest_at] > again[least] + 0.5 and np.diff(worth).min() > 0.02


exercise = Exercise(
    "12_personal_canvas",
    "A career as a business: the order planner",
    company="tradeways",
    tables=("canvases",),
    extra=extra,
)


# Pieces the answers share ------------------------------------------------------------------------


def last_lines(log):
    """Return each request once, as it stood in the end."""
    return log.sort_values("line", kind="stable").drop_duplicates("request", keep="last")


def first_lines(log):
    return log[log["line"] == 1]


def per_hour(lines):
    sums = lines.groupby("requester")[["value", "hours_so_far"]].sum()
    return sums["value"] / sums["hours_so_far"]


def gap_table(lines, people):
    """Return importance, performance, gap and rank of each group."""
    means = lines.merge(people).groupby("group")[["importance", "performance"]].mean()
    return with_rank(means.assign(gap=means["importance"] - means["performance"]).reset_index())


def with_rank(made, by=None):
    by = made["gap"] if by is None else by
    return made.assign(rank=by.rank(ascending=False).astype(int))


def counts(case):
    log = case["log"]
    return {"lines": len(log), "requests": log["request"].nunique()}


# q1 ----------------------------------------------------------------------------------------------


def labelled(case, inside):
    people = case["people"]
    made = people[["requester"]].assign(relation=np.where(inside, "internal", "external"))
    return made.assign(contract=people["contract"])


@exercise.question(
    "sides",
    points=4,
    title="Inside or outside?",
    compare=table("requester", {"relation": "text"}),
    hints=[
        "Not where somebody sits, not the address they write from, not who orders drinks: who "
        "employs them? Read the column `contract`, every line.",
        '`people["contract"].str.startswith("employed by Tradeways")` is True for those inside.',
    ],
    again="lesson 12, step 1",
)
def q1(case):
    return labelled(case, case["people"]["contract"].str.startswith(FIRM))


def first_wrong(case, wrong, where):
    """Return the wrong table with a person it has on the wrong side, and their contract."""
    right = q1.answer(case)
    odd = right[(right["relation"] != wrong["relation"]) & where].iloc[0]
    return Wrong(wrong, name=odd["requester"], contract=odd["contract"])


@q1.mistake(
    "You went by the mail address, or by the desk. {name} writes from ours and is {contract}. And "
    "those we have lent to a hotel write from there and are on our payroll.",
    credit=0.5,
)
def by_mail(case):
    people = case["people"]
    wrong = labelled(case, people["mail"].str.startswith("tradeways"))
    return first_wrong(case, wrong, people["group"] == "hired loaders")


@q1.mistake(
    "You went by the desk. {name} has none in our house and is {contract}; the hired loaders work "
    "in ours and are paid by their agency.",
    credit=0.5,
)
def by_desk(case):
    people = case["people"]
    wrong = labelled(case, people["desk"].str.startswith(OURS))
    return first_wrong(case, wrong, people["group"].isin(["hotel desks", "drivers"]))


@q1.mistake(
    "You called external whoever orders drinks. {name} orders none, is {contract}, and is external "
    "all the same: an external customer is anybody outside whom one helps.",
    credit=0.25,
)
def by_orders(case):
    people = case["people"]
    wrong = labelled(case, ~people["orders"])
    return first_wrong(case, wrong, people["group"].isin(["suppliers", "hired loaders"]))


@q1.mistake(
    "You looked for the word Tradeways in the contract. {name} is {contract}: the word is there, "
    "the employer is another.",
    credit=0.5,
)
def by_the_word(case):
    wrong = labelled(case, case["people"]["contract"].str.contains(OURS))
    return first_wrong(case, wrong, wrong["relation"] == "internal")


@q1.mistake(
    "All labels are turned round: {name} is {contract}, so internal.",
    credit=0.5,
)
def turned_round(case):
    wrong = labelled(case, ~case["people"]["contract"].str.startswith(FIRM))
    return first_wrong(case, wrong, wrong["relation"] == "external")


def nearly(right, answer):
    """Recognise an answer with one to three people on the wrong side."""
    given = right.merge(answer.value, on="requester", suffixes=("", "_given"))
    said = given["relation_given"].astype(str).str.strip().str.lower()
    odd = given[said != given["relation"]]
    known = said.isin(["internal", "external"]).all()
    if not known or len(given) != len(right) or not 1 <= len(odd) <= 3:
        return None
    return {
        "wrong": len(odd),
        "all": len(right),
        "name": odd["requester"].iloc[0],
        "contract": odd["contract"].iloc[0],
    }


@q1.mistake(
    "On the wrong side: {wrong} of {all}. Read again the contract of {name}: “{contract}”.",
    credit=0.5,
    match=nearly,
)
def a_few_wrong(case):
    right = q1.answer(case)
    flip = {"internal": "external", "external": "internal"}
    wrong = right.assign(relation=right["relation"].where(
        right.index != right.index[0], right["relation"].map(flip)))  # fmt: skip
    return Wrong(wrong, wrong=1, all=len(right), name="", contract="")


# q2 ----------------------------------------------------------------------------------------------


def side_table(lines, sides, satisfaction=None):
    both = lines.merge(sides[["requester", "relation"]], on="requester")
    by = both.groupby("relation")
    made = pd.DataFrame(
        {"hours_share": by["hours_so_far"].sum(), "satisfaction": by["performance"].mean()}
    )
    made["hours_share"] /= made["hours_share"].sum()
    if satisfaction is not None:
        made["satisfaction"] = satisfaction(both)
    return made.reset_index()


@exercise.question(
    "by_side",
    points=4,
    title="Hours and satisfaction",
    compare=table("relation", ["hours_share", "satisfaction"], tolerance=0.001),
    hints=[
        "How many requests are there, and how many lines? A line of a reopened request repeats the "
        "hours from the beginning.",
        '`log.drop_duplicates("request", keep="last")` keeps the last line of each request (the '
        "log is in order of date). Merge `sides`, group by `relation`; divide the hours by all.",
    ],
    again="lesson 12, step 1",
)
def q2(case, sides):
    return side_table(last_lines(case["log"]), sides)


@q2.mistake(
    "You added up all {lines} lines. There are {requests} requests; a reopened one stands in two "
    "or three lines, each with the hours from the beginning, so its first hours count again and "
    "again. Only the last line of a request counts.",
    credit=0.5,
)
def all_lines(case, sides):
    return Wrong(side_table(case["log"], sides), **counts(case))


@q2.mistake(
    "You kept the first line of each request. What came after it was reopened is lost: {lost:g} "
    "hours of work, and the marks as they ended. Keep the last line.",
    credit=0.5,
)
def first_line_only(case, sides):
    log = case["log"]
    lost = last_lines(log)["hours_so_far"].sum() - first_lines(log)["hours_so_far"].sum()
    return Wrong(side_table(first_lines(log), sides), lost=lost)


@q2.mistake(
    "Your hours are right. Your satisfaction comes from all {lines} lines; the early marks of a "
    "reopened request were given before the work was done. One mark a request: the last.",
    credit=0.75,
)
def marks_of_all_lines(case, sides):
    right = side_table(last_lines(case["log"]), sides)
    every = side_table(case["log"], sides)
    return Wrong(right.assign(satisfaction=every["satisfaction"]), **counts(case))


@q2.mistake(
    "That is the share of the requests, not of the hours: some take a quarter of an hour, the "
    "longest took {most:g}.",
    credit=0.5,
)
def share_of_requests(case, sides):
    lines = last_lines(case["log"])
    wrong = side_table(lines.assign(hours_so_far=1.0), sides)
    return Wrong(wrong, most=lines["hours_so_far"].max())


@q2.mistake(
    "Your shares are right. For satisfaction you took the mean of the people's means, as if "
    "somebody with {few} requests counted as much as somebody with {many}. Each request has one "
    "mark, each mark counts once.",
    credit=0.5,
)
def mean_of_people(case, sides):
    def means(both):
        each = both.groupby(["relation", "requester"])["performance"].mean()
        return each.groupby("relation").mean()

    lines = last_lines(case["log"])
    asked = lines["requester"].value_counts()
    return Wrong(side_table(lines, sides, means), few=asked.min(), many=asked.max())


@q2.mistake(
    "Your shares are right. You weighted the marks by hours; the question asks for the mean over "
    "the requests, long or short.",
    credit=0.5,
)
def weighted_by_hours(case, sides):
    def means(both):
        by = both.assign(w=both["performance"] * both["hours_so_far"]).groupby("relation")
        return by["w"].sum() / by["hours_so_far"].sum()

    return side_table(last_lines(case["log"]), sides, means)


@q2.mistake(
    "Your shares are right. Your satisfaction is the mean importance; how well it was done stands "
    "in `performance`.",
    credit=0.5,
)
def importance_instead(case, sides):
    return side_table(
        last_lines(case["log"]), sides, lambda both: both.groupby("relation")["importance"].mean()
    )


@q2.mistake("Right, but the shares are in percent. Give shares of 1: {share:.3f}.", credit=0.75)
def in_percent(case, sides):
    right = side_table(last_lines(case["log"]), sides)
    wrong = right.assign(hours_share=right["hours_share"] * 100)
    return Wrong(wrong, share=right["hours_share"].max())


# q3 ----------------------------------------------------------------------------------------------


@exercise.question(
    "gaps",
    points=4,
    title="The largest gap",
    compare=table("group", ["gap", "rank"], tolerance=0.001),
    hints=[
        "The mean of importance and the mean of performance over the requests of a group, each "
        "request once. A gap can be below 0: then they get more than they ask for.",
        "Last lines, merged with `people`, grouped by `group`: "
        "`means[\"importance\"] - means[\"performance\"]`; `.rank(ascending=False)` gives 1 to the "
        "largest.",
    ],
    again="lesson 12, step 2",
)  # fmt: skip
def q3(case):
    return gap_table(last_lines(case["log"]), case["people"])


def other_sign(right, answer):
    """Recognise performance less importance, whichever way it was ranked."""
    both = right.merge(answer.value, on="group", suffixes=("", "_given"))
    if len(both) != len(right) or (both["gap"] + both["gap_given"]).abs().max() > 0.0011:
        return None
    worst = both.loc[both["rank"] == 1].iloc[0]
    return {"group": worst["group"], "gap": worst["gap"]}


@q3.mistake(
    "You took performance less importance. Importance less performance was asked: for the {group} "
    "that is {gap:+.2f}, and what is above 0 is what they miss.",
    credit=0.5,
    match=other_sign,
)
def turned_sign(case):
    right = q3.answer(case)
    return Wrong(right.assign(gap=-right["gap"]), group="", gap=0.0)


def top(made, group):
    return made.loc[made["group"] == group].iloc[0]


@q3.mistake(
    "Your gaps are right; you ranked them by size without the sign. The {group}, your number 1, "
    "get more than they ask for (importance {matters:.1f}, performance {done:.1f}). The largest "
    "gap is the one furthest above 0.",
    credit=0.5,
)
def ranked_by_size(case):
    right = q3.answer(case)
    wrong = with_rank(right, right["gap"].abs())
    odd = wrong[wrong["rank"] == 1].iloc[0]
    return Wrong(wrong, group=odd["group"], matters=odd["importance"], done=odd["performance"])


@q3.mistake(
    "You dropped the sign. For the {group} importance is {matters:.1f} and performance "
    "{done:.1f}: they get more than they ask for, the gap is below 0.",
    credit=0.25,
)
def without_sign(case):
    right = q3.answer(case)
    wrong = right.assign(gap=right["gap"].abs())
    odd = right.loc[right["gap"].idxmin()]
    return Wrong(with_rank(wrong), group=odd["group"], matters=odd["importance"],
                 done=odd["performance"])  # fmt: skip


@q3.mistake(
    "Your gaps are right; you ranked by satisfaction alone. The {group} are the least satisfied, "
    "and it matters less to them ({matters:.1f} of 5) than to the {widest}.",
    credit=0.5,
)
def ranked_by_satisfaction(case):
    right = q3.answer(case)
    wrong = with_rank(right, -right["performance"])
    odd = wrong[wrong["rank"] == 1].iloc[0]
    widest = right.loc[right["gap"].idxmax(), "group"]
    return Wrong(wrong, group=odd["group"], matters=odd["importance"], widest=widest)


@q3.mistake(
    "Your gaps are right; your ranks run the wrong way. 1 belongs to the largest gap.", credit=0.5
)
def ranked_backwards(case):
    right = q3.answer(case)
    return right.assign(rank=len(right) + 1 - right["rank"])


@q3.mistake(
    "You averaged all {lines} lines. The marks of a reopened request change until it is closed for "
    "good, and it would count two or three times: {requests} requests, one line each, the last.",
    credit=0.5,
)
def gaps_of_all_lines(case):
    return Wrong(gap_table(case["log"], case["people"]), **counts(case))


@q3.mistake(
    "You took the first line of each request: the marks before it was reopened. What counts is "
    "how it ended, the last line.",
    credit=0.5,
)
def gaps_of_first_lines(case):
    return gap_table(first_lines(case["log"]), case["people"])


@q3.mistake(
    "You averaged the people's means. Somebody who asked {few} times counts there as much as "
    "somebody who asked {many} times; take the mean over the requests of a group.",
    credit=0.5,
)
def gaps_of_people(case):
    lines = last_lines(case["log"])
    each = lines.groupby("requester")[["importance", "performance"]].mean().reset_index()
    asked = lines["requester"].value_counts()
    return Wrong(gap_table(each, case["people"]), few=asked.min(), many=asked.max())


# q4 ----------------------------------------------------------------------------------------------


def worth_table(value, highest_first=True):
    made = value.rename("value_per_hour").rename_axis("requester").reset_index()
    rank = made["value_per_hour"].rank(ascending=not highest_first)
    return made.assign(rank=rank.astype(int))


@exercise.question(
    "worth",
    points=3,
    title="Value of an hour",
    compare=table("requester", ["value_per_hour", "rank"], tolerance=0.01),
    hints=[
        "Add up first, divide once: all the value of a person's requests, by all the hours they "
        "took.",
        'On the last lines: `sums = done.groupby("requester")[["value", "hours_so_far"]].sum()`, '
        "then one column by the other; rank 1 for the highest.",
    ],
    again="lesson 12, step 2",
)
def q4(case):
    return worth_table(per_hour(last_lines(case["log"])))


@q4.mistake(
    "You took the mean of each request's value by hours. So a request of a quarter of an hour "
    "weighs as much as one of {most:g}. Add up the value, add up the hours, then divide.",
    credit=0.5,
)
def mean_of_ratios(case):
    lines = last_lines(case["log"])
    ratio = (lines["value"] / lines["hours_so_far"]).groupby(lines["requester"]).mean()
    return Wrong(worth_table(ratio), most=lines["hours_so_far"].max())


@q4.mistake(
    "You added up all {lines} lines of {requests} requests. Each line of a reopened one repeats "
    "value and hours; keep the last.",
    credit=0.5,
)
def worth_of_all_lines(case):
    return Wrong(worth_table(per_hour(case["log"])), **counts(case))


@q4.mistake(
    "You divided by the hours of the first lines. Reopened requests took longer; the hours of the "
    "last line say how long.",
    credit=0.5,
)
def worth_of_first_lines(case):
    return worth_table(per_hour(first_lines(case["log"])))


@q4.mistake(
    "That is the value of a request. An hour was asked: divide the sum of `value` by the sum of "
    "the hours.",
    credit=0.25,
)
def per_request(case):
    return worth_table(last_lines(case["log"]).groupby("requester")["value"].mean())


@q4.mistake(
    "Your values are right; your ranks run the wrong way. {name} brings most for an hour and has "
    "rank 1.",
    credit=0.5,
)
def lowest_first(case):
    right = q4.answer(case)
    best = right.loc[right["rank"] == 1, "requester"].iloc[0]
    return Wrong(worth_table(per_hour(last_lines(case["log"])), highest_first=False), name=best)


@q4.mistake(
    "Your values are right; you ranked by the value in all, not by the value of an hour. {name} "
    "brings most in all because they ask often.",
    credit=0.5,
)
def ranked_by_total(case):
    total = last_lines(case["log"]).groupby("requester")["value"].sum()
    right = q4.answer(case)
    rank = right["requester"].map(total.rank(ascending=False)).astype(int)
    return Wrong(right.assign(rank=rank), name=total.idxmax())


# q5 ----------------------------------------------------------------------------------------------


def rework(case, groups=None):
    """Return the hours after the first line of a request, of all groups or some."""
    log, people = case["log"], case["people"]
    if groups is not None:
        log = log[log["requester"].isin(people.loc[people["group"].isin(groups), "requester"])]
    return last_lines(log)["hours_so_far"].sum() - first_lines(log)["hours_so_far"].sum()


def widest(gaps):
    return str(gaps.sort_values("rank")["group"].iloc[0])


def hour_cost(case):
    return float(case["brief"]["hour_cost"].iloc[0])


@exercise.question(
    "gap_cost",
    points=2,
    title="What the gap costs",
    compare=number(0.01, "pounds"),
    hints=[
        "Work done again is what was added after the first line of a request: hours of the last "
        "line less hours of the first.",
        "Keep the requests of the group with rank 1. Sum of `hours_so_far` over their last lines, "
        "less the sum over the lines with `line == 1`, times `hour_cost` of the brief.",
    ],
    again="lesson 12, step 2",
)
def q5(case, gaps):
    return rework(case, [widest(gaps)]) * hour_cost(case)


@q5.mistake(
    "That is the work done again for everybody. Asked was the group with the largest gap alone, "
    "the {group}.",
    credit=0.5,
)
def for_everybody(case, gaps):
    return Wrong(rework(case) * hour_cost(case), group=widest(gaps))


@q5.mistake("Those are the hours, {hours:g}. What do they cost, at {cost:g} pounds an hour?", 0.5)
def hours_not_pounds(case, gaps):
    hours = rework(case, [widest(gaps)])
    return Wrong(hours, hours=hours, cost=hour_cost(case))


@q5.mistake(
    "You took all the hours of the reopened requests. Their first {first:g} hours would have been "
    "needed anyhow; take them off.",
    credit=0.5,
)
def with_the_first_hours(case, gaps):
    log, people = case["log"], case["people"]
    own = log[log["requester"].isin(people.loc[people["group"] == widest(gaps), "requester"])]
    again = own[own["request"].isin(own.loc[own["line"] > 1, "request"])]
    hours, first = (made(again)["hours_so_far"].sum() for made in (last_lines, first_lines))
    return Wrong(hours * hour_cost(case), first=first)


@q5.mistake(
    "You added up the hours of all lines after the first. Each says the hours so far, from the "
    "beginning; take the last and subtract the first.",
    credit=0.25,
)
def later_lines_added(case, gaps):
    log, people = case["log"], case["people"]
    own = log["requester"].isin(people.loc[people["group"] == widest(gaps), "requester"])
    return log.loc[own & (log["line"] > 1), "hours_so_far"].sum() * hour_cost(case)


@q5.mistake(
    "You took the {group}, who are the least satisfied. The largest gap, importance less "
    "performance, is another group's.",
    credit=0.5,
)
def of_the_least_satisfied(case):
    right = q3.answer(case)
    group = right.loc[right["performance"].idxmin(), "group"]
    return Wrong(rework(case, [group]) * hour_cost(case), group=group)


# q6 ----------------------------------------------------------------------------------------------

FORM = canvas("personal", notes=18, evidence=3)
RAVI = """
# Personal canvas: Ravi, a bicycle mechanic who is invented

## Customers
- parents who take children to school by bicycle {kind: external | figure: 41 of 120 repairs, May}
- couriers who live by their bicycle {kind: external | figure: 33 of 120 repairs in May}
- the owner, who closes the till {kind: internal}
- the apprentice {kind: internal}
## Value provided
- riding home the same evening {links: couriers who live by their bicycle | note: said by 7 of 10}
- brakes nobody has to think of {links: parents who take children to school by bicycle}
- a repair that is not done twice {links: the owner, who closes the till}
- doing it alone by summer {links: the apprentice}
## Channels
- the bench by the window, seen from the bicycle path
- a photo of the worn part, sent before the price {links: riding home the same evening}
## Customer relationships
- first names, and a call after a week
## Key activities
- diagnosing, before touching anything
- truing wheels, two hours a day
- showing one thing a day {links: doing it alone by summer}
## Key resources
- an ear for a dry bearing {kind: skill}
- patience {kind: character}
## Key partners
- the parts dealer who delivers at noon {kind: organisation}
- a friend who repairs motors {kind: friend}
## Revenue and benefits
- wage {kind: pay | links: the owner, who closes the till}
- seeing the bicycle ride off {kind: meaning}
## Costs
- every Saturday {kind: time}
- evenings too tired to read {kind: energy}
"""


@exercise.question(
    "my_canvas",
    points=3,
    title="Your own canvas",
    compare=FORM,
    hints=[
        "Fill the nine blocks in the editor and read what stands below it: each remark names a "
        "block or a note.",
        "Each customer is internal or external, each value is linked with a customer, costs and "
        "benefits are more than money, and three notes carry evidence.",
    ],
    again="lesson 12, step 3",
)
def q6(case):
    return Canvas.from_markdown(RAVI)


def only(*names):
    """Recognise a canvas that lacks just these demands."""

    def match(right, answer):
        unmet = {demand.name for demand in FORM.demands(answer.value) if not demand.met}
        return {} if unmet == set(names) else None

    return match


@q6.mistake(
    "All your customers are on one side. Inside sit those whose work waits for yours; outside "
    "those who get it in the end, directly or not. Name one on the other side. The rest of the "
    "form is complete.",
    credit=0.95,
    match=only("Both sides are helped"),
)
def one_side(case):
    right, wrong = q6.answer(case), q6.answer(case)
    for entry in right.groups:
        wrong = wrong.change(entry.id, kind="external")
    return wrong


@q6.mistake(
    "Costs and benefits are only money. What do you give in time, energy or worry, and what do you "
    "get in learning, thanks, freedom or meaning? Add a note of that kind to both blocks. The rest "
    "of the form is complete.",
    credit=0.9,
    match=only("Costs are more than money", "Benefits are more than money"),
)
def money_only(case):
    made = q6.answer(case)
    for entry in (*made.block("costs"), *made.block("benefits")):
        kind = "money" if entry.block == "cost_structure" else "pay"
        made = made.change(entry.id, kind=kind)
    return made


@q6.mistake(
    "The form is complete but for one thing: too few notes say what they rest on. Give three of "
    "them evidence: something counted, something said, something seen.",
    credit=0.95,
    match=only("Evidence"),
)
def no_evidence(case):
    made = q6.answer(case)
    for entry in made.entries:
        made = made.change(entry.id, evidence=())
    return made


# q7 ----------------------------------------------------------------------------------------------

q7 = exercise.open_question(
    "q7",
    title="A year ahead",
    compare=essay(
        Criterion("Nine personal blocks incl. soft costs and benefits", 5),
        Criterion("Customers named, internal and external", 4),
        Criterion("Value stated from the customer's need", 4),
        Criterion("Steps per customer group, with dates", 4),
        Criterion("Difference stated in one sentence", 3),
    ),
    hints=[
        "Begin with one customer group: what do they need that they do not get, and how do you "
        "know? Value, step and date follow from it.",
        "For … (customer) I am the … (role) who … (difference), because … (proof). Then a table: "
        "group, need, step, date, sign that it worked.",
    ],
    again="lesson 12, step 5",
)
