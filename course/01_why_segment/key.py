"""What is right in exercise 01, which mistakes are known, and how the open answer is marked."""

import numpy as np
import pandas as pd

from whobuys.course import Criterion, Exercise, Wrong, essay, number, table
from whobuys.market import market

KINDS = {
    "hospitality": "hotels",
    "food service": "cafés",
    "professional services": "offices",
    "technology": "offices",
    "manufacturing": "works",
    "retail": "shops",
    "events": "events",
}
BY_SIZE = ["hotels", "cafés", "offices"]
LARGE = 50


# The tables ---------------------------------------------------------------------------------------


def visit_tables(case):
    """Make the three tables of the exercise from a distributor's last twelve months."""
    full = market(
        case.company, case.seed, tables=["customers", "products", "transactions", "interactions"]
    )
    firms = last_year(full)
    segments = segment_table(firms)
    visits = fair_budget(segments)
    return {
        "firms": firms[["customer_id", "firm", "industry", "headcount", "segment", "spent"]],
        "segments": segments,
        "budget": pd.DataFrame({"year": ["2026/27"], "visits": [visits]}),
    }


def last_year(full):
    """Return the firms that bought in the last twelve months, with segment, money and visits."""
    since = full.as_of - pd.DateOffset(years=1)
    lines = full["transactions"].merge(full["products"], on="product_id")
    lines = lines[lines["date"] > since].copy()
    lines["profit"] = lines["amount"] - lines["quantity"] * lines["unit_cost"]
    at_visits = lines[lines["channel"] == "visit"].groupby("customer_id")
    contacts = full["interactions"]
    contacts = contacts[(contacts["kind"] == "visit") & (contacts["opened"] > since)]
    firms = full["customers"].copy()
    for name, values in {
        "spent": lines.groupby("customer_id")["amount"].sum(),
        "visit_profit": at_visits["profit"].sum(),
        "visit_orders": at_visits["order_id"].nunique(),
        "visits": contacts.groupby("customer_id").size(),
    }.items():
        firms[name] = firms["customer_id"].map(values).fillna(0).round(2)
    kind = firms["industry"].map(KINDS)
    size = np.where(firms["headcount"] >= LARGE, ", large", ", small")
    firms["segment"] = kind.where(~kind.isin(BY_SIZE), kind + size)
    return firms[firms["spent"] > 0].reset_index(drop=True)


def segment_table(firms):
    """Return one row a segment: customers, profit per visit, useful visits a customer."""
    groups = firms.groupby("segment")
    per_visit = groups["visit_profit"].sum() / groups["visits"].sum()
    useful = np.floor(groups["visit_orders"].mean()).clip(lower=1)
    return pd.DataFrame(
        {
            "customers": groups.size(),
            "profit_per_visit": per_visit.round(2),
            "useful_visits": useful.astype(int),
        }
    ).reset_index()


def fair_budget(segments):
    """Return a number of visits, near three quarters of the useful ones, that makes clear plans.

    Some firms cannot use an even share, one segment is served in part, one not at all, and each
    wrong order gives another plan than the right one.
    """
    room, worth = caps(segments), segments["profit_per_visit"]
    firms, least = segments["customers"].sum(), segments["useful_visits"].min()
    total = int(room.sum())
    tens = range(total // 20 * 10, total // 11 * 10, 10)
    for visits in sorted(tens, key=lambda visits: abs(visits - 0.75 * total)):
        right = in_order(worth, room, visits)
        others = [in_order(score, room, visits) for score in (worth * room, -worth)]
        partly = ((right > 4) & (right < room - 4)).any() and (right == 0).any()
        told_apart = all((right - other).abs().max() >= 1 for other in others)
        if partly and told_apart and visits / firms > least + 0.1:
            break
    return visits


def caps(segments):
    """Return the visits each segment can use in all."""
    return segments["customers"] * segments["useful_visits"]


def in_order(score, room, visits):
    """Fill the segments as far as there is room, the highest score first, until none are left."""
    order = score.sort_values(ascending=False, kind="stable").index
    end = room[order].cumsum().clip(upper=visits)
    return end.diff().fillna(end.iloc[0]).reindex(score.index)


exercise = Exercise(
    "01_why_segment",
    "Why segment: where should the visits go?",
    company="tradeways",
    tables=("customers",),
    extra=visit_tables,
)


def the(case):
    """Return the segments and the number of visits of a case."""
    return case["segments"], int(case["budget"]["visits"].iloc[0])


# q1 ----------------------------------------------------------------------------------------------


def between(firms, middle):
    """Return the sum of squares of the group middles over that of all values."""
    spent = firms["spent"]
    return float(((middle - spent.mean()) ** 2).sum() / ((spent - spent.mean()) ** 2).sum())


def share_between(case):
    firms = case["firms"]
    return between(firms, firms.groupby("segment")["spent"].transform("mean"))


@exercise.question(
    "between_share",
    points=4,
    title="How much do the segments explain?",
    compare=number(0.001),
    hints=[
        "Give each firm the mean of its segment. How far do these means lie from the mean of all, "
        "compared with the firms themselves?",
        '`firms.groupby("segment")["spent"].transform("mean")` gives each firm its segment\'s '
        "mean. Square the distances from the overall mean, add them up, and divide by the same "
        "sum for `spent` itself.",
    ],
    again="lesson 01, step 1",
)
def q1(case):
    return share_between(case)


@q1.mistake(
    "That is the share **within** the segments, what they leave unexplained. The share between "
    "them is the rest: 1 minus your number.",
    credit=0.5,
)
def within(case):
    return 1 - share_between(case)


@q1.mistake("Right, but in percent. Give a share of 1: {share:.3f}.", credit=0.75)
def share_in_percent(case):
    share = share_between(case)
    return Wrong(share * 100, share=share)


def root_of_the_right(right, answer):
    """Recognise the root exactly: the next mistake may come close to it."""
    return {} if abs(answer.value**2 - right) < 1e-6 else None


@q1.mistake(
    "You compared standard deviations. A share of the variance needs the squares: square your "
    "number.",
    credit=0.5,
    match=root_of_the_right,
)
def not_squared(case):
    return share_between(case) ** 0.5


ONCE = (
    "You counted each segment once. “{small}” has {few} firms and “{big}” has {many}; each firm "
    "counts once, so give every firm the mean of its segment before you square and add."
)


def counted_once(case, ddof):
    """Return the variance of the nine means over that of the firms."""
    firms = case["firms"]
    sizes = firms["segment"].value_counts()
    means = firms.groupby("segment")["spent"].mean()
    return Wrong(
        float(means.var(ddof=ddof) / firms["spent"].var(ddof=ddof)),
        small=sizes.index[-1],
        few=sizes.iloc[-1],
        big=sizes.index[0],
        many=sizes.iloc[0],
    )


@q1.mistake(ONCE, credit=0.5)
def segments_count_once(case):
    return counted_once(case, ddof=1)


@q1.mistake("That is the variance of the means alone. " + ONCE, credit=0.5)
def segments_count_once_by_n(case):
    return counted_once(case, ddof=0)


@q1.mistake(
    "You divided what lies between the segments by what lies within them. Divide by the whole: "
    "between and within together.",
    credit=0.5,
)
def between_to_within(case):
    share = share_between(case)
    return share / (1 - share)


# q2 ----------------------------------------------------------------------------------------------


def even(segments, each):
    """Return what `each` visits to every customer earn; beyond the useful ones nothing."""
    used = np.minimum(each, segments["useful_visits"])
    return float((used * segments["customers"] * segments["profit_per_visit"]).sum())


def per_customer(segments, visits):
    return visits / segments["customers"].sum()


@exercise.question(
    "even_profit",
    points=4,
    title="The same for everybody",
    compare=number(0.01, "pounds", whole=True),
    hints=[
        "How many visits does each firm get? Is there a segment whose firms cannot use that many?",
        '`segments["useful_visits"].clip(upper=visits / firms_in_all)` is what a firm of each '
        "segment uses. Times its customers, times its profit per visit; then the sum.",
    ],
    again="lesson 01, step 2",
)
def q2(case):
    segments, visits = the(case)
    return even(segments, per_customer(segments, visits))


@q2.mistake(
    "You forgot that a visit too many brings nothing. Each firm gets {each:.2f} visits, but a firm "
    "in “{segment}” can use only {useful}.",
    credit=0.5,
)
def even_without_caps(case):
    segments, visits = the(case)
    least = segments.loc[segments["useful_visits"].idxmin()]
    each = per_customer(segments, visits)
    return Wrong(
        float((each * segments["customers"] * segments["profit_per_visit"]).sum()),
        each=each,
        segment=least["segment"],
        useful=least["useful_visits"],
    )


@q2.mistake(
    "You gave every **segment** the same number of visits, so a firm in “{small}” ({few} firms) is "
    "visited far more often than one in “{big}” ({many} firms). Here every **firm** gets the same.",
    credit=0.25,
)
def even_over_segments(case):
    segments, visits = the(case)
    used = np.minimum(visits / len(segments), caps(segments))
    return Wrong(float((used * segments["profit_per_visit"]).sum()), **smallest_and_biggest(case))


@q2.mistake(
    "You multiplied all visits by the plain mean of `profit_per_visit`. That counts “{small}” with "
    "{few} firms as much as “{big}” with {many}, and forgets that a visit too many brings nothing.",
)
def plain_mean(case):
    segments, visits = the(case)
    profit = visits * segments["profit_per_visit"].mean()
    return Wrong(float(profit), **smallest_and_biggest(case))


def smallest_and_biggest(case):
    by_size = case["segments"].sort_values("customers")
    small, big = by_size.iloc[0], by_size.iloc[-1]
    return {
        "small": small["segment"],
        "few": small["customers"],
        "big": big["segment"],
        "many": big["customers"],
    }


ROUNDED = (
    "You rounded the visits of a firm to {whole}. Leave the fraction: {each:.4f} visits each. Some "
    "firms will be visited once more than others."
)


@q2.mistake(ROUNDED, credit=0.5)
def rounded_down(case):
    segments, visits = the(case)
    each = per_customer(segments, visits)
    whole = int(np.floor(each))
    return Wrong(even(segments, whole), whole=whole, each=each)


@q2.mistake(ROUNDED, credit=0.5)
def rounded_up(case):
    segments, visits = the(case)
    each = per_customer(segments, visits)
    whole = int(np.ceil(each))
    return Wrong(even(segments, whole), whole=whole, each=each)


@q2.mistake(
    "You rounded the visits of a firm to {short:.2f}. Keep all decimals, {each:.4f} and so on, as "
    "the division gives them.",
    credit=0.75,
)
def rounded_to_two_decimals(case):
    segments, visits = the(case)
    each = per_customer(segments, visits)
    return Wrong(even(segments, round(each, 2)), short=round(each, 2), each=each)


@q2.mistake(
    "You handed the visits that some firms cannot use on to the others. That is no longer even: "
    "every firm gets {each:.2f} visits, and what it cannot use is lost. This is what the even plan "
    "costs.",
    credit=0.5,
)
def handed_on(case):
    segments, visits = the(case)
    each = per_customer(segments, visits)
    low, high = 0.0, float(segments["useful_visits"].max())
    for _ in range(100):
        level = (low + high) / 2
        used = (np.minimum(level, segments["useful_visits"]) * segments["customers"]).sum()
        low, high = (level, high) if used < visits else (low, level)
    return Wrong(even(segments, low), each=each)


@q2.mistake(
    "That is one firm of each segment. A segment earns this for each of its customers: “{big}” has "
    "{many} of them.",
    credit=0.25,
)
def one_firm_each(case):
    segments, visits = the(case)
    each = np.minimum(per_customer(segments, visits), segments["useful_visits"])
    return Wrong(float((each * segments["profit_per_visit"]).sum()), **smallest_and_biggest(case))


# q3 ----------------------------------------------------------------------------------------------


def plan_of(segments, visits):
    return segments[["segment"]].assign(visits=visits)


def value_first(case, score=None, room=None):
    segments, visits = the(case)
    score = segments["profit_per_visit"] if score is None else score
    room = caps(segments) if room is None else room
    return in_order(score, room, visits)


def marginal(case):
    """Return the row of the segment that is served in part."""
    segments, _ = the(case)
    given = value_first(case)
    return segments[(given > 0) & (given < caps(segments))].iloc[0]


@exercise.question(
    "plan",
    points=4,
    title="Value first",
    compare=table("segment", ["visits"], tolerance=0.01),
    hints=[
        "Who earns most with one visit? Give that segment all it can use, then go to the next.",
        "A segment can use `customers * useful_visits`. Sort by `profit_per_visit`, highest first, "
        "and give each the smaller of what it can use and what is left.",
    ],
    again="lesson 01, step 2",
)
def q3(case):
    return case["segments"].assign(visits=value_first(case))


def zeros_left_out(right, answer):
    """Recognise the right plan without the segments that get nothing."""
    given = answer.value.dropna(subset=["visits"])
    both = right.merge(given, on="segment", suffixes=("", "_given"))
    gone = right[~right["segment"].isin(given["segment"])]
    if gone.empty or len(both) < len(given) or not gone["visits"].eq(0).all():
        return None
    agree = (both["visits"] - both["visits_given"]).abs().le(0.01).all()
    return {"gone": f"“{gone['segment'].iloc[0]}”"} if agree else None


@q3.mistake(
    "Your visits are right, but a segment without a visit belongs to the plan too: add {gone} and "
    "the others with 0.",
    credit=0.75,
    match=zeros_left_out,
)
def without_zeros(case):
    right = plan_of(case["segments"], value_first(case))
    return right[right["visits"] > 0]


@q3.mistake(
    "You began at the wrong end: “{worst}” earns least with a visit and is served first. Sort from "
    "high to low.",
    credit=0.25,
)
def ascending(case):
    segments, _ = the(case)
    worst = segments.loc[segments["profit_per_visit"].idxmin(), "segment"]
    score = -segments["profit_per_visit"]
    return Wrong(plan_of(segments, value_first(case, score)), worst=worst)


def sorted_by_more(right, answer):
    """Recognise the order by what a whole customer, or a whole segment, could earn."""
    given = right[["segment"]].merge(answer.value, on="segment", how="left")["visits"]
    for score in (right["useful_visits"], caps(right)):
        worth = right["profit_per_visit"] * score
        plan = in_order(worth, caps(right), right["visits"].sum())
        if (plan - given).abs().le(0.01).all() and len(answer.value) == len(right):
            more = right.loc[(plan - right["visits"]).idxmax()]
            return {"early": more["segment"], "worth": f"{more['profit_per_visit']:.2f}"}
    return None


@q3.mistake(
    "You sorted by what a whole customer or a whole segment could earn, so “{early}” comes too "
    "early: one visit there earns only {worth}. What is scarce is the visit, so sort by what one "
    "visit earns; the number a segment can use is only its cap.",
    credit=0.5,
    match=sorted_by_more,
)
def by_customer_or_segment(case):
    segments, _ = the(case)
    return plan_of(segments, value_first(case, segments["profit_per_visit"] * caps(segments)))


@q3.mistake(
    "You gave all {visits:,} visits to “{best}”. Its {customers} firms can use {useful} each, "
    "{room:,} in all; the rest brings nothing there.",
    credit=0.25,
)
def all_to_the_best(case):
    segments, visits = the(case)
    best = segments.loc[segments["profit_per_visit"].idxmax()]
    given = (segments["segment"] == best["segment"]) * visits
    return Wrong(
        plan_of(segments, given),
        visits=visits,
        best=best["segment"],
        customers=best["customers"],
        useful=best["useful_visits"],
        room=best["customers"] * best["useful_visits"],
    )


@q3.mistake(
    "You took `useful_visits` as the cap of a whole segment. It is what **one** customer can use: "
    "“{best}” can use {customers} × {useful} = {room:,}.",
    credit=0.25,
)
def customers_forgotten(case):
    segments, _ = the(case)
    best = segments.loc[segments["profit_per_visit"].idxmax()]
    given = value_first(case, room=segments["useful_visits"])
    return Wrong(
        plan_of(segments, given),
        best=best["segment"],
        customers=best["customers"],
        useful=best["useful_visits"],
        room=best["customers"] * best["useful_visits"],
    )


@q3.mistake(
    "Your plan needs {needed:,} visits and there are {visits:,}. The last segment, “{last}”, gets "
    "only what is left.",
    credit=0.5,
)
def overspent(case):
    segments, visits = the(case)
    given = value_first(case).where(lambda plan: plan == 0, caps(segments))
    return Wrong(
        plan_of(segments, given),
        needed=int(given.sum()),
        visits=visits,
        last=marginal(case)["segment"],
    )


@q3.mistake(
    "Your plan leaves {unused:,} visits at home. “{last}” cannot be served in full, but in part: "
    "give it what is left.",
    credit=0.5,
)
def stopped_early(case):
    segments, visits = the(case)
    given = value_first(case)
    given = given.where(given == caps(segments), 0)
    return Wrong(
        plan_of(segments, given),
        unused=int(visits - given.sum()),
        last=marginal(case)["segment"],
    )


@q3.mistake(
    "That is the even plan again: every firm gets {each:.2f} visits. Value first serves “{best}” "
    "in full before the next segment gets a visit.",
)
def even_plan(case):
    segments, visits = the(case)
    best = segments.loc[segments["profit_per_visit"].idxmax(), "segment"]
    each = per_customer(segments, visits)
    return Wrong(plan_of(segments, segments["customers"] * each), each=each, best=best)


@q3.mistake(
    "You shared the visits out in proportion to `profit_per_visit`. Then “{worst}”, which earns "
    "least, still takes visits that “{best}” could use.",
    credit=0.25,
)
def in_proportion(case):
    segments, visits = the(case)
    worth = segments["profit_per_visit"]
    names = segments.loc[[worth.idxmin(), worth.idxmax()], "segment"]
    given = visits * worth / worth.sum()
    return Wrong(plan_of(segments, given), worst=names.iloc[0], best=names.iloc[1])


@q3.mistake(
    "You wrote the visits for one customer. The plan is for segments: multiply by the number of "
    "customers.",
    credit=0.5,
)
def for_one_customer(case):
    segments, _ = the(case)
    return plan_of(segments, value_first(case) / segments["customers"])


# q4 ----------------------------------------------------------------------------------------------


def earned(segments, plan):
    """Return what the visits of a plan earn, and its rows beside the segments."""
    both = segments.merge(plan[["segment", "visits"]], on="segment")
    return float((both["visits"] * both["profit_per_visit"]).sum())


@exercise.question(
    "best_profit",
    points=3,
    title="What value first earns",
    compare=number(0.01, "pounds", whole=True),
    hints=[
        "Each segment: its visits times what one visit earns.",
        '`plan.merge(segments, on="segment")` puts both into one table; multiply `visits` by '
        "`profit_per_visit` and add up.",
    ],
    again="lesson 01, step 2",
)
def q4(case, plan):
    return earned(case["segments"], plan)


@q4.mistake(
    "You multiplied all visits by the mean profit per visit ({mean:.2f} pounds), as if it did not "
    "matter where they go. Multiply segment by segment.",
    credit=0.25,
)
def at_the_mean(case, plan):
    mean = case["segments"]["profit_per_visit"].mean()
    return Wrong(float(plan["visits"].sum() * mean), mean=mean)


@q4.mistake(
    "You multiplied by the number of customers as well. The visits of the plan are already those "
    "of the whole segment.",
    credit=0.5,
)
def customers_twice(case, plan):
    both = case["segments"].merge(plan[["segment", "visits"]], on="segment")
    return float((both["visits"] * both["profit_per_visit"] * both["customers"]).sum())


@q4.mistake(
    "That is what every segment would earn with all the visits it can use: {needed:,} visits. "
    "There are {visits:,}.",
    credit=0.25,
)
def everybody_full(case):
    segments, visits = the(case)
    profit = (caps(segments) * segments["profit_per_visit"]).sum()
    return Wrong(float(profit), needed=int(caps(segments).sum()), visits=visits)


@q4.mistake(
    "You left out “{last}”, the segment that is served only in part. Its visits earn money too.",
    credit=0.5,
)
def without_the_last(case):
    right = plan_of(case["segments"], value_first(case))
    last = marginal(case)["segment"]
    return Wrong(earned(case["segments"], right[right["segment"] != last]), last=last)


# q5 ----------------------------------------------------------------------------------------------


@exercise.question(
    "gain",
    points=2,
    title="The difference",
    compare=number(0.01, "pounds", whole=True),
    hints=[
        "Two numbers you already have.",
        "`best_profit - even_profit`, in pounds.",
    ],
    again="lesson 01, step 2",
)
def q5(case, even_profit, best_profit):
    return best_profit - even_profit


@q5.mistake(
    "The other way round: say what value first earns **more** than the even plan.", credit=0.5
)
def turned_round(case, even_profit, best_profit):
    return even_profit - best_profit


@q5.mistake(
    "That is how many times as much value first earns. The question asks for the difference, in "
    "pounds.",
    credit=0.5,
)
def times_as_much(case, even_profit, best_profit):
    return best_profit / even_profit


@q5.mistake(
    "That is the gain as a share of the even plan. The question asks for the difference, in "
    "pounds.",
    credit=0.5,
)
def as_a_share(case, even_profit, best_profit):
    return best_profit / even_profit - 1


@q5.mistake(
    "That is the gain in percent of the even plan. The question asks for the difference, in "
    "pounds.",
    credit=0.5,
)
def in_percent(case, even_profit, best_profit):
    return 100 * (best_profit / even_profit - 1)


# q6 ----------------------------------------------------------------------------------------------


@exercise.question(
    "next_visit",
    points=3,
    title="One visit more",
    compare=number(0.01, "pounds"),
    hints=[
        "Your plan is full at the top. Where would visit number one hundred, one thousand, and the "
        "very next one go?",
        "Look for the best segment that still has room, `visits < customers * useful_visits`. One "
        "visit there earns its `profit_per_visit`.",
    ],
    again="lesson 01, step 2",
)
def q6(case, plan):
    both = case["segments"].merge(plan[["segment", "visits"]], on="segment")
    room = both["visits"] < caps(both) - 0.01
    return float(both.loc[room, "profit_per_visit"].max())


@q6.mistake(
    "That is what the **average** visit of the plan earns. The next one does not go where the "
    "average went: the best segments have all they can use.",
    credit=0.25,
)
def the_average(case, best_profit):
    return best_profit / the(case)[1]


@q6.mistake(
    "That is a visit to “{best}”. Its firms already have all the visits they can use; one more "
    "brings nothing there.",
    credit=0.25,
)
def the_best_segment(case):
    segments, _ = the(case)
    best = segments.loc[segments["profit_per_visit"].idxmax()]
    return Wrong(best["profit_per_visit"], best=best["segment"])


@q6.mistake(
    "That is what the whole plan earns with one visit more. The question asks what this **one** "
    "visit adds.",
    credit=0.5,
)
def the_whole_plan(case, best_profit):
    return best_profit + float(marginal(case)["profit_per_visit"])


@q6.mistake(
    "That is the segment after. “{last}” is served only in part and still has room, so the next "
    "visit goes there.",
    credit=0.5,
)
def one_too_far(case):
    segments, _ = the(case)
    last = marginal(case)
    below = segments[segments["profit_per_visit"] < last["profit_per_visit"]]
    return Wrong(float(below["profit_per_visit"].max()), last=last["segment"])


@q6.mistake(
    "That is the last segment served in full. It has no room left; the next visit goes one segment "
    "further down, to “{last}”.",
    credit=0.5,
)
def one_too_early(case):
    segments, _ = the(case)
    last = marginal(case)
    above = segments[segments["profit_per_visit"] > last["profit_per_visit"]]
    return Wrong(float(above["profit_per_visit"].min()), last=last["segment"])


@q6.mistake(
    "That is a visit under the even plan, where everybody gets one more in turn. Under value first "
    "the next visit goes to one segment.",
    credit=0.25,
)
def the_even_average(case, even_profit):
    return even_profit / the(case)[1]


# q7 ----------------------------------------------------------------------------------------------

q7 = exercise.open_question(
    "q7",
    title="Should your enterprise segment its customers?",
    compare=essay(
        Criterion(
            "Terms used exactly (market vs customer segmentation, classification, grading)", 4
        ),
        Criterion("Heterogeneity shown with a figure from the data", 5),
        Criterion("Scarce resource named and measured", 4),
        Criterion("Benefit stated as a measurable change", 4),
        Criterion("A limit or counter-argument", 3),
    ),
    hints=[
        "Begin with what is short: hours, seats, vans, minutes of a fitting. How many are there, "
        "and who gets them today?",
        "One figure is enough for heterogeneity: the mean, and how few customers are near it; or "
        "what a grouping explains. A benefit is a number that will have changed by a day you name.",
    ],
    again="lesson 01, Decide",
)
