"""What is right in exercise 05, which mistakes are known, and how the open answer is marked."""

import pandas as pd

from whobuys.course import Criterion, Exercise, Wrong, essay, number, table
from whobuys.segment import (
    purchase_cycle,
    purchase_gaps,
    repurchase_rate,
    rfm_score,
    rfm_segment,
    rfm_table,
)

exercise = Exercise(
    "05_rfm",
    "RFM: whom should we call?",
    company="teahouse",
    tables=("customers", "products", "transactions"),
)

RFM = ["recency_days", "frequency", "monetary"]
SCORES = ["r_score", "f_score", "m_score"]


# q1 ----------------------------------------------------------------------------------------------


@exercise.question(
    "rfm",
    points=4,
    title="Three facts about every buyer",
    compare=table("customer_id", RFM, tolerance=0.005),
    hints=[
        "Count back from 30 June 2026, the day the list is drawn. An order of three lines is one "
        "order. Leave out who never bought.",
        "`rfm_table(transactions, as_of=...)` does it in one line; its help says what it counts.",
    ],
    again="lesson 05, step 1",
)
def q1(case):
    return rfm_table(case["transactions"], as_of=case.as_of)


def all_but_recency(right, given):
    """Return both tables side by side if they agree on customers, orders and money, else None."""
    both = right.merge(given, on="customer_id", suffixes=("", "_given"))
    if len(both) < len(right):
        return None
    for name in RFM[1:]:
        if not (both[name] - both[f"{name}_given"]).abs().le(0.005).all():
            return None
    return both


def same_shift(right, answer):
    """Recognise recency that is too long, or too short, by the same days for everybody."""
    both = all_but_recency(right, answer.value)
    if both is None or len(answer.value) > len(right):
        return None
    shift = both["recency_days_given"] - both["recency_days"]
    if shift.nunique(dropna=False) != 1 or pd.isna(shift.iloc[0]) or abs(shift.iloc[0]) < 0.5:
        return None
    days = abs(shift.iloc[0])
    many = f"{days:,.0f} days" if days >= 1.5 else "one day"
    return {"many": many, "way": "many" if shift.iloc[0] > 0 else "few"}


@q1.mistake(
    "You counted {many} too {way} for every customer. Count back from 30 June 2026, the day the "
    "list is drawn, so that a purchase on that day has recency 0. Counted from today, everybody "
    "looks colder with each day you wait.",
    credit=0.5,
    match=same_shift,
)
def counted_from_another_day(case):
    late = case.as_of + pd.Timedelta(days=100)
    return Wrong(rfm_table(case["transactions"], as_of=late), many="100 days", way="many")


@q1.mistake(
    "You counted lines, not orders. {customer} has {orders} orders of {lines} lines together; a "
    "full basket is one visit.",
    credit=0.5,
)
def counted_lines(case):
    rfm = q1.answer(case)
    lines = case["transactions"].groupby("customer_id").size()
    wrong = rfm.assign(frequency=rfm["customer_id"].map(lines))
    most = (wrong["frequency"] - rfm["frequency"]).idxmax()
    return Wrong(
        wrong,
        customer=rfm.loc[most, "customer_id"],
        orders=f"{rfm.loc[most, 'frequency']:,}",
        lines=f"{wrong.loc[most, 'frequency']:,}",
    )


@q1.mistake(
    "Your `monetary` is what an average order brings. Here it is all the money a customer has "
    "paid: someone who spends 40 yuan every week is worth more than someone who spent 60 once.",
    credit=0.5,
)
def average_order(case):
    return rfm_table(case["transactions"], as_of=case.as_of, monetary="mean")


@q1.mistake(
    "Your `monetary` is {gap} yuan too high in all: quantity times price forgets the discount. "
    "The column `amount` is what was paid.",
    credit=0.5,
)
def before_discount(case):
    lines = case["transactions"]
    full = lines.assign(amount=(lines["quantity"] * lines["unit_price"]).round(2))
    wrong = rfm_table(full, as_of=case.as_of)
    gap = wrong["monetary"].sum() - q1.answer(case)["monetary"].sum()
    return Wrong(wrong, gap=f"{gap:,.0f}")


def buyers_right(right, answer):
    """Recognise a table that is right for the buyers and holds others, with nothing bought."""
    given = answer.value
    others = given[~given["customer_id"].isin(right["customer_id"])]
    both = all_but_recency(right, given)
    if (
        others.empty
        or both is None
        or not both["recency_days"].eq(both["recency_days_given"]).all()
    ):
        return None
    nothing = others[["frequency", "monetary"]].fillna(0).eq(0).all(axis=None)
    return {"others": f"{len(others):,}"} if nothing else None


@q1.mistake(
    "Your numbers are right, but {others} of your rows are people who registered and never bought. "
    "They have no last purchase, and no recency: leave them out.",
    credit=0.75,
    match=buyers_right,
)
def never_bought_too(case):
    everybody = case["customers"][["customer_id"]]
    wrong = everybody.merge(q1.answer(case), on="customer_id", how="left")
    return Wrong(wrong.fillna({"frequency": 0, "monetary": 0}))


# q2 ----------------------------------------------------------------------------------------------


@exercise.question(
    "scores",
    points=4,
    title="Scores from 1 to 5",
    compare=table("customer_id", SCORES, at_least=0.998),
    hints=[
        "Whom would you call first: the one who came last week, or the one who came last year? "
        "That one gets the 5.",
        "`pandas.qcut` splits customers with equal values. `rfm_score(rfm)` ranks them with "
        'method="min" first, so equals share a score.',
    ],
    again="lesson 05, step 2",
)
def q2(case, rfm):
    return rfm_score(rfm)


def scored_alike(right, answer, **instead):
    """Say whether nearly all scores are as in `right`, or as given in `instead`."""
    given = right[["customer_id"]].merge(answer.value, on="customer_id", how="left")
    return all(
        (given[name].to_numpy() == instead.get(name, right[name]).to_numpy()).mean() >= 0.95
        for name in SCORES
    )


def cold_is_high(right, answer):
    return {} if scored_alike(right, answer, r_score=6 - right["r_score"]) else None


@q2.mistake(
    "You gave recency 5 to the customers who stayed away longest. Warm is high: few days, high "
    "score.",
    credit=0.5,
    match=cold_is_high,
)
def recency_reversed(case, rfm):
    coldest_first = rfm["recency_days"].rank(method="min")
    score = ((coldest_first - 1) * 5 // len(rfm) + 1).astype(int)
    return rfm_score(rfm).assign(r_score=score)


def ties_split(right, answer):
    """Recognise five equal groups by frequency that part customers with equal frequency."""
    given = right[["customer_id", "frequency"]].merge(
        answer.value[["customer_id", *SCORES]], on="customer_id"
    )
    sizes = given["f_score"].value_counts()
    score = given.groupby("frequency")["f_score"].agg(["min", "max"])
    split = score.index[score["min"] < score["max"]]
    in_order = (score["max"].shift(fill_value=0) <= score["min"]).all()
    equal_groups = len(sizes) == 5 and sizes.max() - sizes.min() <= 0.01 * len(given)
    if len(given) < len(right) or split.empty or not in_order or not equal_groups:
        return None
    if not scored_alike(right, answer, f_score=given["f_score"]):
        return None
    parted = given[given["frequency"] == split[0]].sort_values(["f_score", "customer_id"])
    return {
        "one": parted["customer_id"].iloc[0],
        "other": parted["customer_id"].iloc[-1],
        "orders": "once" if split[0] == 1 else f"{split[0]:.0f} times",
    }


@q2.mistake(
    "Customers with the same number of orders got different scores, for instance {one} and "
    "{other}: both bought {orders}. Your ranks split equals by their place in the table; let them "
    "share the lowest rank.",
    credit=0.5,
    match=ties_split,
)
def ties_by_row_order(case, rfm):
    return rfm_score(rfm, ties="first")


def steps(facts):
    """Score by five equal steps of the range."""
    return {
        name: pd.cut(-facts[column] if column == "recency_days" else facts[column], 5, labels=False)
        + 1
        for name, column in zip(SCORES, RFM, strict=True)
    }


def cut_in_steps(right, answer):
    lowest = f"{(answer.value['m_score'] == 1).mean():.0%}"
    return {"lowest": lowest} if scored_alike(right, answer, **steps(right)) else None


@q2.mistake(
    "You cut the range into five equal steps, so {lowest} of the buyers land in the lowest money "
    "score and almost nobody above. Cut the customers, not the range, into five equal groups.",
    credit=0.25,
    match=cut_in_steps,
)
def equal_steps(case, rfm):
    return rfm_score(rfm).assign(**steps(rfm))


def quantiles(facts):
    """Score frequency by `pandas.qcut`, which drops cuts that fall on the same number."""
    return pd.qcut(facts["frequency"], 5, labels=False, duplicates="drop") + 1


def cut_in_quantiles(right, answer):
    groups = quantiles(right)
    alike = scored_alike(right, answer, f_score=groups)
    return {"groups": groups.nunique()} if alike and groups.max() < 5 else None


@q2.mistake(
    "Nobody has a 5 in frequency. So many customers bought once that two cuts of `pandas.qcut` "
    'fall on the same number; with `duplicates="drop"` it makes {groups} groups, not five. Rank '
    "the customers first, equals sharing the lowest rank, and use the formula in the question.",
    credit=0.5,
    match=cut_in_quantiles,
)
def cut_with_qcut(case, rfm):
    return rfm_score(rfm).assign(f_score=quantiles(rfm))


# q3 ----------------------------------------------------------------------------------------------


def summed(scores):
    """Return customers and share of revenue per segment."""
    groups = scores.groupby("segment")["monetary"]
    return pd.DataFrame(
        {"customers": groups.size(), "revenue_share": groups.sum() / scores["monetary"].sum()}
    ).reset_index()


@exercise.question(
    "segments",
    points=4,
    title="Segments: how many, how much",
    compare=table("segment", ["customers", "revenue_share"], tolerance=0.001),
    hints=[
        "Two steps: name the segment of every customer by the map, then group by that name.",
        "`rfm_segment(scores)` adds the column `segment`. A share of revenue is a sum divided by "
        "the sum over all customers.",
    ],
    again="lesson 05, step 3",
)
def q3(case, scores):
    return summed(rfm_segment(scores))


@q3.mistake(
    "You read the map with recency and frequency exchanged. Your champions are right, because they "
    "are high in both, but your “cannot lose” came lately and seldom come.",
    credit=0.5,
)
def map_turned(case, scores):
    turned = scores.rename(columns={"r_score": "f_score", "f_score": "r_score"})
    return summed(rfm_segment(turned))


@q3.mistake(
    "Your `revenue_share` is the share of customers. The champions are {people:.0%} of the buyers "
    "and bring {money:.0%} of the money; that difference is the point.",
    credit=0.5,
)
def share_of_customers(case, scores):
    right = summed(rfm_segment(scores))
    people = right["customers"] / right["customers"].sum()
    best = right.index[right["segment"] == "champions"][0]
    return Wrong(
        right.assign(revenue_share=people),
        people=people[best],
        money=right["revenue_share"][best],
    )


@q3.mistake(
    "Your shares are percentages. Give them as shares of 1: {share:.3f}, not {percent:.1f}.",
    credit=0.75,
)
def in_percent(case, scores):
    right = summed(rfm_segment(scores))
    most = right["revenue_share"].max()
    return Wrong(
        right.assign(revenue_share=right["revenue_share"] * 100), share=most, percent=most * 100
    )


# q4 ----------------------------------------------------------------------------------------------


@exercise.question(
    "cycle",
    points=4,
    title="The purchase cycle",
    compare=number(0.01, "days"),
    hints=[
        "First one number per customer, then one number for all of them.",
        "`purchase_gaps(transactions)` lists the gaps. Take each customer's median gap, then the "
        "median of those; or let `purchase_cycle` do both.",
    ],
    again="lesson 05, step 4",
)
def q4(case):
    return purchase_cycle(case["transactions"])


@q4.mistake(
    "You took the middle of all gaps at once. A customer with 60 orders then has 59 votes and one "
    "with 2 orders has one, so the busiest decide. Let every customer count once: first each "
    "customer's median, then the median of those.",
    credit=0.5,
)
def all_gaps_at_once(case):
    return purchase_gaps(case["transactions"])["gap_days"].median()


@q4.mistake(
    "You took means. A few customers who came back after a year pull the mean up to {mean:.0f} "
    "days; the typical customer is the median one.",
    credit=0.25,
)
def means(case):
    gaps = purchase_gaps(case["transactions"])
    mean = gaps.groupby("customer_id")["gap_days"].mean().mean()
    return Wrong(mean, mean=mean)


@q4.mistake(
    "Your gaps run from line to line, so an order of three lines adds two gaps of zero days. Count "
    "each purchase day once.",
)
def gaps_between_lines(case):
    lines = case["transactions"].sort_values(["customer_id", "date"])
    gaps = lines.groupby("customer_id")["date"].diff().dt.days
    return gaps.groupby(lines["customer_id"]).median().median()


@q4.mistake(
    "You took the mean of all gaps at once. The busiest customers have the most gaps, so they "
    "decide; and a few gaps of a year pull the mean up. Take each customer's median gap first, "
    "then the median of those.",
    credit=0.25,
)
def mean_of_all_gaps(case):
    return purchase_gaps(case["transactions"])["gap_days"].mean()


# q5 ----------------------------------------------------------------------------------------------


@exercise.question(
    "repurchase",
    points=4,
    title="The repurchase rate",
    compare=number(0.001),
    hints=[
        "Who could have come back? Only those who came at all.",
        "`repurchase_rate(transactions)`; or the share of rows of `rfm` with a frequency of 2 or "
        "more.",
    ],
    again="lesson 05, step 4",
)
def q5(case):
    return repurchase_rate(case["transactions"])


@q5.mistake(
    "You divided by all {registered:,} registered customers. {never} of them never bought, so they "
    "could not buy again; divide by the buyers.",
    credit=0.5,
)
def of_all_registered(case):
    registered = len(case["customers"])
    buyers = case["transactions"]["customer_id"].nunique()
    rate = repurchase_rate(case["transactions"]) * buyers / registered
    return Wrong(rate, registered=registered, never=registered - buyers)


@q5.mistake(
    "You counted customers with two lines or more. Two teas in one basket are one order.",
    credit=0.25,
)
def two_lines(case):
    return (case["transactions"].groupby("customer_id").size() >= 2).mean()


@q5.mistake(
    "That is the share who bought once. The repurchase rate is the other side: those who came "
    "back.",
    credit=0.5,
)
def bought_once(case):
    return 1 - repurchase_rate(case["transactions"])


@q5.mistake("Right, but in percent. Give a share of 1: {share:.3f}.", credit=0.75)
def rate_in_percent(case):
    share = repurchase_rate(case["transactions"])
    return Wrong(share * 100, share=share)


# q6 ----------------------------------------------------------------------------------------------

q6 = exercise.open_question(
    "q6",
    title="Win them back",
    compare=essay(
        Criterion("Dormant rule tied to the purchase cycle", 5),
        Criterion("List size and value from the data", 4),
        Criterion("Offer fits the preference class", 4),
        Criterion("Cost and expected return", 4),
        Criterion("Stop rule and measure", 3),
    ),
    hints=[
        "Start from the purchase cycle: after how many of them would you call somebody dormant, "
        "and why not earlier?",
        "Say what would make you stop: a number, and the day you will look at it.",
    ],
    again="lesson 05, Decide",
)
