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

exercise = Exercise("05_rfm", "RFM: whom should we call?", company="teahouse")

RFM = ["recency_days", "frequency", "monetary"]
SCORES = ["r_score", "f_score", "m_score"]


# q1 ----------------------------------------------------------------------------------------------


@exercise.question(
    "rfm",
    points=4,
    title="Three facts about every buyer",
    compare=table("customer_id", RFM, tolerance=0.005),
    hints=[
        "Count back from 30 June 2026, the day the list is drawn. An order of three lines is one order.",
        "`rfm_table(transactions, as_of=...)` does it in one line; look at its help for what it counts.",
    ],
    again="lesson 05, step 1",
)
def q1(case):
    return rfm_table(case["transactions"], as_of=case.as_of)


def same_shift(right, answer):
    """Recognise recency that is too long, or too short, by the same days for everybody."""
    both = right.merge(answer.value, on="customer_id", suffixes=("", "_given"))
    if len(both) < len(right) or not all(f"{name}_given" in both for name in RFM):
        return None
    rest = both[["frequency", "monetary"]].to_numpy(float)
    given = both[["frequency_given", "monetary_given"]].apply(pd.to_numeric, errors="coerce")
    shift = pd.to_numeric(both["recency_days_given"], errors="coerce") - both["recency_days"]
    if not (abs(rest - given.to_numpy(float)) <= 0.005).all() or shift.nunique(dropna=False) != 1:
        return None
    days = shift.iloc[0]
    if pd.isna(days) or days == 0:
        return None
    return {"days": f"{abs(days):,.0f}", "way": "many" if days > 0 else "few"}


@q1.mistake(
    "Your recency is {days} days too {way} for every customer: you did not count back from 30 June 2026, "
    "the day the list is drawn. Counted from today, everybody looks colder with each day you wait.",
    credit=0.5,
    match=same_shift,
)
def counted_from_another_day(case):
    late = case.as_of + pd.Timedelta(days=100)
    return Wrong(rfm_table(case["transactions"], as_of=late), days="100", way="many")


@q1.mistake(
    "You counted lines, not orders. {customer} has {orders} orders of {lines} lines together; a full "
    "basket is one visit.",
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
    "Your `monetary` is what an average order brings. Here it is all the money a customer has paid: "
    "someone who spends 40 yuan every week is worth more than someone who spent 60 once.",
    credit=0.5,
)
def average_order(case):
    return rfm_table(case["transactions"], as_of=case.as_of, monetary="mean")


# q2 ----------------------------------------------------------------------------------------------


@exercise.question(
    "scores",
    points=4,
    title="Scores from 1 to 5",
    compare=table("customer_id", SCORES, at_least=0.99),
    hints=[
        "Whom would you call first: the one who came last week, or the one who came last year? That one "
        "gets the 5.",
        "`pandas.qcut` splits customers with equal values. `rfm_score(rfm)` ranks them with "
        'method="min" first, so equals share a score.',
    ],
    again="lesson 05, step 2",
)
def q2(case, rfm):
    return rfm_score(rfm)


@q2.mistake(
    "You gave recency 5 to the customers who stayed away longest. Warm is high: few days, high score.",
    credit=0.5,
)
def recency_reversed(case, rfm):
    coldest_first = rfm["recency_days"].rank(method="min")
    score = ((coldest_first - 1) * 5 // len(rfm) + 1).astype(int)
    return rfm_score(rfm).assign(r_score=score)


@q2.mistake(
    "Customers with the same number of orders got different scores, for instance {one} and {other}: both "
    "bought {orders} time(s). Your ranks split equals by their place in the table.",
    credit=0.5,
)
def ties_by_row_order(case, rfm):
    wrong = rfm_score(rfm, ties="first")
    once = wrong[wrong["frequency"] == wrong["frequency"].min()].sort_values("f_score")
    return Wrong(
        wrong,
        one=once["customer_id"].iloc[0],
        other=once["customer_id"].iloc[-1],
        orders=int(once["frequency"].iloc[0]),
    )


@q2.mistake(
    "You cut the range into five equal steps, so {lowest:.0%} of the buyers land in the lowest money score "
    "and almost nobody above. Cut the *customers* into five equal groups.",
    credit=0.25,
)
def equal_steps(case, rfm):
    wrong = rfm_score(rfm)
    for name, column in zip(SCORES, RFM, strict=True):
        values = -rfm[column] if column == "recency_days" else rfm[column]
        wrong[name] = pd.cut(values, 5, labels=False) + 1
    return Wrong(wrong, lowest=(wrong["m_score"] == 1).mean())


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
        "`rfm_segment(scores)` adds the column `segment`. A share of revenue is a sum divided by the sum "
        "over all customers.",
    ],
    again="lesson 05, step 3",
)
def q3(case, scores):
    return summed(rfm_segment(scores))


@q3.mistake(
    "You read the map with recency and frequency exchanged: your champions are right, because they are "
    "high in both, but your “cannot lose” came last week and seldom come.",
    credit=0.5,
)
def map_turned(case, scores):
    turned = scores.rename(columns={"r_score": "f_score", "f_score": "r_score"})
    return summed(rfm_segment(turned))


@q3.mistake(
    "Your `revenue_share` is the share of customers. The champions are {people:.0%} of the buyers and "
    "bring {money:.0%} of the money; that difference is the point.",
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
        "`purchase_gaps(transactions)` lists the gaps. Take each customer's median gap, then the median "
        "of those; or let `purchase_cycle` do both.",
    ],
    again="lesson 05, step 3",
)
def q4(case):
    return purchase_cycle(case["transactions"])


@q4.mistake(
    "You took the middle of all gaps at once. A customer with 60 orders then has 59 votes and one with "
    "2 orders has one, so the busiest decide. Let every customer count once: first each customer's "
    "median, then the median of those.",
    credit=0.5,
)
def all_gaps_at_once(case):
    return purchase_gaps(case["transactions"])["gap_days"].median()


@q4.mistake(
    "You took means. A few customers who came back after a year pull the mean up to {mean:.0f} days; the "
    "typical customer is the median one.",
    credit=0.25,
)
def means(case):
    gaps = purchase_gaps(case["transactions"])
    mean = gaps.groupby("customer_id")["gap_days"].mean().mean()
    return Wrong(mean, mean=mean)


@q4.mistake(
    "Your gaps run from line to line, so an order of three lines adds two gaps of zero days. Count each "
    "purchase day once.",
    credit=0.25,
)
def gaps_between_lines(case):
    lines = case["transactions"].sort_values(["customer_id", "date"])
    gaps = lines.groupby("customer_id")["date"].diff().dt.days
    return gaps.groupby(lines["customer_id"]).median().median()


# q5 ----------------------------------------------------------------------------------------------


@exercise.question(
    "repurchase",
    points=4,
    title="The repurchase rate",
    compare=number(0.001),
    hints=[
        "Who could have come back? Only those who came once.",
        "`repurchase_rate(transactions)`; or the share of rows of `rfm` with a frequency of 2 or more.",
    ],
    again="lesson 05, step 3",
)
def q5(case):
    return repurchase_rate(case["transactions"])


@q5.mistake(
    "You divided by all {registered:,} registered customers. {never} of them never bought, so they could "
    "not buy again; divide by the buyers.",
    credit=0.5,
)
def of_all_registered(case):
    registered = len(case["customers"])
    buyers = case["transactions"]["customer_id"].nunique()
    rate = repurchase_rate(case["transactions"]) * buyers / registered
    return Wrong(rate, registered=registered, never=registered - buyers)


@q5.mistake(
    "You counted customers with two lines or more. Two teas in one basket are one order.", credit=0.25
)
def two_lines(case):
    return (case["transactions"].groupby("customer_id").size() >= 2).mean()


@q5.mistake(
    "That is the share who bought once. The repurchase rate is the other side: those who came back.",
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
        "Start from the purchase cycle: after how many of them would you call somebody dormant, and why "
        "not earlier?",
        "Say what would make you stop: a number, and the day you will look at it.",
    ],
    again="lesson 05, Decide",
)
