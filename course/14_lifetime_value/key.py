"""What is right in exercise 14, which mistakes are known, and how the open answer is marked."""

from functools import lru_cache

import numpy as np
import pandas as pd

from whobuys.course import Criterion, Exercise, Wrong, essay, number, table
from whobuys.market import market
from whobuys.value import (
    cohort_retention,
    dwyer_retention,
    event_ledger,
    ledger_value,
    migration_table,
    retention_spend,
    simple_clv,
)

FIRST, LAST = 2021, 2025
END = pd.Timestamp(f"{LAST}-12-31")
GROUPS = ("branch", "app")
MEMBERS = 460
CHANCE = {
    "mortgage": (0.35, 0.65),
    "large investment": (0.4, 0.8),
    "inheritance": (0.2, 0.5),
    "card renewal": (0.8, 0.95),
}


# What students get besides the company's tables ---------------------------------------------------


def extra(case):
    """Draw five years of a bank's advice plan, three ledgers, and the figures to reckon with."""
    draw = np.random.default_rng([case.seed, 14])
    members = plan_members(case, draw)
    return {
        "members": members,
        "payments": plan_payments(members, draw),
        "ledgers": three_ledgers(case, draw),
        "brief": brief(draw),
    }


def plan_members(case, draw):
    chosen = draw.choice(case["customers"]["customer_id"], MEMBERS, replace=False)
    came_by = draw.choice(GROUPS, MEMBERS, p=[0.55, 0.45])
    brought = draw.poisson(np.where(came_by == "branch", 0.30, 0.12))
    return pd.DataFrame({"customer_id": np.sort(chosen), "came_by": came_by, "referred": brought})


def plan_payments(members, draw):
    """Draw who pays in which year: most go on, some pause a year, some are gone."""
    years = np.arange(FIRST, LAST + 2)
    keep = {"branch": draw.uniform(0.80, 0.87), "app": draw.uniform(0.60, 0.70)}
    began = draw.choice(years[:-1], len(members), p=[0.34, 0.22, 0.18, 0.14, 0.12])
    rows = []
    for member, start in zip(members.itertuples(), began, strict=True):
        branch = member.came_by == "branch"
        fee = draw.gamma(9, 60 if branch else 38)
        cost_share = draw.uniform(0.30, 0.45)
        there = True
        for year in range(start, LAST + 2):
            if year > start:
                there = draw.random() < (keep[member.came_by] if there else 0.15)
            if there:
                halves = 2 if draw.random() < 0.35 else 1
                for day in draw.integers(0, 365, halves):
                    date = pd.Timestamp(year, 1, 1) + pd.Timedelta(days=int(day))
                    rows.append((member.customer_id, date, fee / halves, fee / halves * cost_share))
    payments = pd.DataFrame(rows, columns=["customer_id", "date", "amount", "cost"])
    payments = payments[payments["date"] <= "2026-06-30"].sort_values(["date", "customer_id"])
    return payments.round({"amount": 2, "cost": 2}).reset_index(drop=True)


def three_ledgers(case, draw):
    events = market(case.company, case.seed, tables=["customers", "events"])["events"]
    many = events.groupby("customer_id")["revenue"].agg(["size", "sum"])
    many = many[(many["size"] >= 4) & (many["sum"] > 3000)]
    chosen = np.sort(draw.choice(many.index, 3, replace=False))
    own = events[events["customer_id"].isin(chosen)].sort_values(["customer_id", "date"])
    low, high = (own["event"].map({kind: ends[i] for kind, ends in CHANCE.items()}) for i in (0, 1))
    chance = (low + (high - low) * draw.random(len(own))).round(2)
    names = ["customer_id", "date", "event", "revenue", "cost"]
    return own[names].assign(chance=chance).reset_index(drop=True)


def brief(draw):
    """Draw the figures of the questions, one row."""
    rates = np.array([draw.uniform(0.5, 0.6), draw.uniform(0.25, 0.33)])
    rates = np.r_[rates, draw.uniform(0.13, 0.19), draw.uniform(0.05, 0.09)]
    made = {
        "discount_rate": draw.choice([0.08, 0.09, 0.10, 0.11, 0.12]),
        "cost_branch": float(draw.integers(16, 26) * 10),
        "cost_app": float(draw.integers(6, 12) * 10),
        "plan_margin": float(draw.integers(24, 42) * 10),
        "plan_retention": round(draw.uniform(0.72, 0.84), 2),
        "plan_years": int(draw.integers(5, 9)),
        "gain": draw.choice([0.03, 0.04, 0.05, 0.06]),
        "desk_margin": float(draw.integers(9, 18) * 10),
        "letter_cost": float(draw.integers(6, 13)),
        "desk_years": int(draw.integers(5, 9)),
        **{f"rate_{i}": round(rate, 2) for i, rate in enumerate(rates, 1)},
    }
    return pd.DataFrame([made])


exercise = Exercise(
    "14_lifetime_value",
    "Keep or win?",
    company="citybank",
    tables=("customers",),
    extra=extra,
)


# Pieces the answers share -------------------------------------------------------------------------


def given(case):
    return case["brief"].iloc[0]


@lru_cache(maxsize=2)
def plan(case):
    """Return the payments with margin, calendar year, and the member's first year and group."""
    lines = case["payments"].merge(case["members"], on="customer_id")
    year = lines["date"].dt.year
    return lines.assign(
        margin=lines["amount"] - lines["cost"],
        year=year,
        began=year.groupby(lines["customer_id"]).transform("min"),
    )


# q1 ----------------------------------------------------------------------------------------------


def three_cohorts(shares):
    """Return the cohorts 2021 to 2023 and their shares one and two years later."""
    kept = shares.rename(index=str).loc[["2021", "2022", "2023"], [1, 2]]
    return kept.set_axis(["year_1", "year_2"], axis=1).rename_axis("cohort").reset_index()


def by_years(lines, count="nunique"):
    """Return what is counted per cohort and years since, as shares of the cohort's members."""
    age = (lines["year"] - lines["began"]).rename("age")
    counted = getattr(lines.groupby(["began", age])["customer_id"], count)().unstack()
    members = lines.groupby("began")["customer_id"].nunique()
    return counted.div(members, axis=0)


@exercise.question(
    "retention",
    points=4,
    title="Who still pays?",
    compare=table("cohort", ["year_1", "year_2"], tolerance=0.004),
    hints=[
        "A cohort is everybody whose first payment fell in the same calendar year. The divisor "
        "stays the same: all who began.",
        '`cohort_retention(payments, end="2025-12-31", period="year", by="calendar")` has the '
        "years since as columns 0, 1, 2; take 1 and 2 and rename them.",
    ],
    again="lesson 14, step 1",
)
def q1(case):
    shares = cohort_retention(case["payments"], end=END, period="year", by="calendar")
    return three_cohorts(shares)


@q1.mistake(
    "Your `year_2` is counted among those who paid the year before. Of the cohort 2021 "
    "{right:.0%} of all who began paid two years later; you have {wrong:.0%}. Who paused a year "
    "may be back: divide by all who began.",
    credit=0.5,
)
def of_the_year_before(case):
    lines = plan(case)
    age = lines["year"] - lines["began"]
    paid = {k: set(lines.loc[age == k, "customer_id"]) for k in (1, 2)}
    right = q1.answer(case)
    began = lines.drop_duplicates("customer_id").set_index("customer_id")["began"]
    both = began[list(paid[1] & paid[2])].value_counts()
    before = began[list(paid[1])].value_counts()
    share = (both / before)[[2021, 2022, 2023]].to_numpy()
    wrong = right.assign(year_2=share)
    return Wrong(wrong, right=right["year_2"].iloc[0], wrong=share[0])


@q1.mistake(
    "Your `year_2` is the share of the year after next divided by that of the next. Of the cohort "
    "2021 {right:.0%} of all who began paid two years later; you have {wrong:.0%}. Divide by all "
    "who began, in both years.",
    credit=0.5,
)
def ratio_of_the_years(case):
    right = q1.answer(case)
    wrong = right.assign(year_2=right["year_2"] / right["year_1"])
    return Wrong(wrong, right=right["year_2"].iloc[0], wrong=wrong["year_2"].iloc[0])


@q1.mistake(
    "You counted payments, not members. In 2021 there were {payments} payments by {members} "
    "members: some pay in two halves.",
    credit=0.25,
)
def counted_payments(case):
    lines = plan(case)
    first = lines[lines["year"] == FIRST]
    return Wrong(
        three_cohorts(by_years(lines, "size")),
        payments=len(first),
        members=first["customer_id"].nunique(),
    )


@q1.mistake(
    "That is the churn: the share who did not pay. {kept:.0%} of the cohort 2021 paid one year "
    "later; that is the retention.",
    credit=0.5,
)
def churn_instead(case):
    right = q1.answer(case)
    wrong = right.assign(year_1=1 - right["year_1"], year_2=1 - right["year_2"])
    return Wrong(wrong, kept=right["year_1"].iloc[0])


@q1.mistake(
    "You counted years of 365 days from each member's own first payment. Calendar years were "
    'asked: `by="calendar"`.',
    credit=0.5,
)
def own_years(case):
    return three_cohorts(cohort_retention(case["payments"], end=END, period="year"))


@q1.mistake(
    "You counted years of 365 days from each member's own first payment. Calendar years were "
    "asked: compare the year of the payment with the year of the first one.",
    credit=0.5,
)
def own_years_by_hand(case):
    lines = plan(case)
    first = lines.groupby("customer_id")["date"].transform("min")
    shifted = lines["began"] + (lines["date"] - first).dt.days // 365
    return three_cohorts(by_years(lines.assign(year=shifted)))


@q1.mistake(
    "Your shares are percentages. Give them as shares of 1: {share:.3f}, not {percent:.1f}.",
    credit=0.75,
)
def in_percent(case):
    right = q1.answer(case)
    most = right["year_1"].max()
    wrong = right.assign(year_1=right["year_1"] * 100, year_2=right["year_2"] * 100)
    return Wrong(wrong, share=most, percent=100 * most)


# q2 ----------------------------------------------------------------------------------------------


def group_npv(case, *, money="margin", wait=0.0, rate=None, acquisition=True, until=LAST, per=""):
    """Return the net present value of the members who began in 2021, by how they came."""
    brief = given(case)
    rate = brief["discount_rate"] if rate is None else rate
    lines = plan(case)
    own = lines[(lines["began"] == FIRST) & (lines["year"] <= until)]
    by = own.groupby(["came_by", "year"])
    brought = by[money].sum().unstack()
    members = own.groupby("came_by")["customer_id"].nunique()
    if per == "payer":
        each = brought / by["customer_id"].nunique().unstack()
    else:
        each = brought if per == "group" else brought.div(members, axis=0)
    factor = (1 + rate) ** -(each.columns.to_numpy() - FIRST + wait)
    npv = (each * factor).sum(axis=1)
    if acquisition:
        spent = pd.Series({"branch": brief["cost_branch"], "app": brief["cost_app"]})
        npv -= spent * (members if per == "group" else 1)
    return npv.rename("npv").reset_index()


@exercise.question(
    "npv",
    points=4,
    title="Two groups by Dwyer",
    compare=table("came_by", ["npv"], tolerance=2.0),
    hints=[
        "Margins per group and year first; divide each by the number who began in 2021, gone or "
        "not. Then discount, add up, and take off what winning a member cost.",
        "Group the margins by `came_by` and the year of `date`, `.sum().unstack()`, divide by the "
        "members of the group, and use `present_value(row, rate, timing=\"start\")` on each row.",
    ],
    again="lesson 14, step 3",
)  # fmt: skip
def q2(case):
    return group_npv(case)


@q2.mistake(
    "You left out what it cost to win a member: {branch:.0f} yuan through a branch, {app:.0f} "
    "through the app. Take it off each.",
    credit=0.5,
)
def no_acquisition(case):
    brief = given(case)
    return Wrong(
        group_npv(case, acquisition=False), branch=brief["cost_branch"], app=brief["cost_app"]
    )


@q2.mistake(
    "You discounted the first year too. By the convention of the question the money of 2021 counts "
    "in full; that of 2022 is divided by {factor:.2f} once.",
    credit=0.5,
)
def first_year_discounted(case):
    return Wrong(group_npv(case, wait=1.0), factor=1 + given(case)["discount_rate"])


@q2.mistake(
    "You added the years up without discounting. At {rate:.0%} a yuan of 2025 is worth {worth:.2f} "
    "in 2021.",
    credit=0.25,
)
def not_discounted(case):
    rate = given(case)["discount_rate"]
    return Wrong(group_npv(case, rate=0.0), rate=rate, worth=(1 + rate) ** -4)


@q2.mistake(
    "You divided each year by those who paid in it, so nobody seems to leave. Of {began} members "
    "who came by the app in 2021, {paid} paid in 2025; divide every year by the {began}.",
    credit=0.5,
)
def per_payer(case):
    lines = plan(case)
    own = lines[(lines["began"] == FIRST) & (lines["came_by"] == "app")]
    return Wrong(
        group_npv(case, per="payer"),
        began=own["customer_id"].nunique(),
        paid=own.loc[own["year"] == LAST, "customer_id"].nunique(),
    )


@q2.mistake(
    "That is the value of the whole group. Divide by the members who began in it: one member was "
    "asked.",
    credit=0.5,
)
def whole_group(case):
    return group_npv(case, per="group")


@q2.mistake(
    "You added up `amount`, what was paid. What it costs to serve stands in `cost`; a value counts "
    "`amount` less `cost`.",
    credit=0.25,
)
def paid_not_margin(case):
    return group_npv(case, money="amount")


@q2.mistake(
    "You counted the first half of 2026 as a sixth year. Five whole years were asked, 2021 to "
    "2025.",
    credit=0.5,
)
def half_year_too(case):
    return group_npv(case, until=LAST + 1)


# q3 ----------------------------------------------------------------------------------------------

RELATIONS = ("lost for good", "always a share")


def two_relations(lost, always):
    return pd.DataFrame({"relation": RELATIONS, "clv": [lost, always]})


def lost_for_good(case, **other):
    brief = given(case)
    settings = {
        "margin": brief["plan_margin"],
        "retention": brief["plan_retention"],
        "discount_rate": brief["discount_rate"],
        "years": int(brief["plan_years"]),
    }
    return float(dwyer_retention(**(settings | other))["each"].iloc[-1])


def always_a_share(case, **other):
    brief = given(case)
    settings = {
        "rates": [brief[f"rate_{i}"] for i in range(1, 5)],
        "margin": brief["desk_margin"],
        "cost": brief["letter_cost"],
        "discount_rate": brief["discount_rate"],
        "periods": int(brief["desk_years"]),
    }
    return float(migration_table(**(settings | other))["each"].iloc[-1])


@exercise.question(
    "clv",
    points=4,
    title="Two kinds of relationship",
    compare=table("relation", ["clv"], tolerance=0.3),
    hints=[
        "Who leaves the plan has to be won anew. Who skips the exchange desk for a year may come "
        "by next year. Two models.",
        "`dwyer_retention(margin, retention, rate, years=...)` and `migration_table(rates, margin, "
        "cost, rate, periods=...)`; the last row of the column `each` is the value.",
    ],
    again="lesson 14, step 3",
)
def q3(case):
    return two_relations(lost_for_good(case), always_a_share(case))


@q3.mistake(
    "You treated the customers of the exchange desk as lost once they skip a year. In the "
    "migration model those who last came two years ago return with a chance of {back:.0%}. The "
    "plan is right.",
    credit=0.5,
)
def skipping_is_leaving(case):
    brief = given(case)
    wrong = dwyer_retention(
        brief["desk_margin"],
        brief["rate_1"],
        brief["discount_rate"],
        years=int(brief["desk_years"]) + 1,
    )["each"].iloc[-1]
    return Wrong(two_relations(lost_for_good(case), wrong), back=brief["rate_2"])


@q3.mistake(
    "The letters are missing: {cost:.0f} yuan for each customer written to, buyer or not. The "
    "value of the exchange desk is too high.",
    credit=0.5,
)
def letters_forgotten(case):
    wrong = two_relations(lost_for_good(case), always_a_share(case, cost=0.0))
    return Wrong(wrong, cost=given(case)["letter_cost"])


@q3.mistake(
    "You discounted the first payment as well. By the convention of the question the first margin "
    "comes today and counts in full, in both models.",
    credit=0.5,
)
def all_at_the_end(case):
    return two_relations(lost_for_good(case, timing="end"), always_a_share(case, timing="end"))


@q3.mistake(
    "You added up without discounting; at {rate:.0%} a year later money counts for less.",
    credit=0.25,
)
def nothing_discounted(case):
    wrong = two_relations(
        lost_for_good(case, discount_rate=0.0), always_a_share(case, discount_rate=0.0)
    )
    return Wrong(wrong, rate=given(case)["discount_rate"])


@q3.mistake(
    "For the plan you used m · r / (1 + i − r): that has no end, and no payment today. "
    "{years} years were asked, the first margin today.",
    credit=0.5,
)
def formula_without_end(case):
    brief = given(case)
    wrong = simple_clv(brief["plan_margin"], brief["plan_retention"], brief["discount_rate"])
    return Wrong(two_relations(wrong, always_a_share(case)), years=int(brief["plan_years"]))


@q3.mistake(
    "You counted {wrong} payments of the plan: the first today and {years} more. Over {years} "
    "years there are {years}, the last after {last} years. The exchange desk is right.",
    credit=0.5,
)
def one_payment_too_many(case):
    years = int(given(case)["plan_years"])
    wrong = two_relations(lost_for_good(case, years=years + 1), always_a_share(case))
    return Wrong(wrong, wrong=years + 1, years=years, last=years - 1)


@q3.mistake(
    "You discounted the first margin of the plan as well. It comes today and counts in full. The "
    "exchange desk is right.",
    credit=0.5,
)
def plan_at_the_end(case):
    return two_relations(lost_for_good(case, timing="end"), always_a_share(case))


@q3.mistake(
    "Your exchange desk stops a year early. `desk_years` counts the years *after* year 0, so the "
    "sum has {terms} terms, year 0 to year {years}. The plan is right.",
    credit=0.5,
)
def desk_a_year_short(case):
    years = int(given(case)["desk_years"])
    wrong = two_relations(lost_for_good(case), always_a_share(case, periods=years - 1))
    return Wrong(wrong, terms=years + 1, years=years)


@q3.mistake(
    "You took a letter off in year 0 too. Nobody is written to in that year: all come. The value "
    "of the exchange desk is {cost:.0f} yuan too low.",
    credit=0.5,
)
def letter_in_year_0(case):
    cost = given(case)["letter_cost"]
    return Wrong(two_relations(lost_for_good(case), always_a_share(case) - cost), cost=cost)


# q4 ----------------------------------------------------------------------------------------------


def ledger_npv(case, events=None, rate=None, chance="chance"):
    events = case["ledgers"] if events is None else events
    rate = given(case)["discount_rate"] if rate is None else rate
    ledger = event_ledger(events, as_of=case.as_of, discount_rate=rate, chance=chance)
    worth = ledger_value(ledger)[["customer_id", "present_value"]]
    return worth.rename(columns={"present_value": "npv"})


@exercise.question(
    "worth",
    points=4,
    title="Three ledgers",
    compare=table("customer_id", ["npv"], tolerance=5.0),
    hints=[
        "Each row: (revenue − cost) times the chance, divided by (1 + rate) once for each year of "
        "365 days from 30 June 2026.",
        '`event_ledger(ledgers, as_of="2026-06-30", discount_rate=..., chance="chance")`, then '
        "`ledger_value`; rename `present_value`.",
    ],
    again="lesson 14, step 4",
)
def q4(case):
    return ledger_npv(case)


@q4.mistake(
    "You took every event as certain. The {event} of {customer} is foreseen with a chance of "
    "{chance:.0%}; its profit counts for that much.",
    credit=0.5,
)
def all_certain(case):
    first = case["ledgers"].nlargest(1, "revenue").iloc[0]
    return Wrong(
        ledger_npv(case, chance=None),
        event=first["event"],
        customer=first["customer_id"],
        chance=first["chance"],
    )


@q4.mistake(
    "You discounted the revenue and left the cost out. A ledger counts what is left of each event.",
    credit=0.25,
)
def revenue_only(case):
    return ledger_npv(case, case["ledgers"].assign(cost=0.0))


@q4.mistake(
    "You did not discount. The last event lies {years:.1f} years ahead; at {rate:.0%} its profit "
    "counts for {worth:.0%} today.",
    credit=0.5,
)
def ledger_not_discounted(case):
    years = (case["ledgers"]["date"].max() - case.as_of).days / 365
    rate = given(case)["discount_rate"]
    wrong = ledger_npv(case, rate=0.0)
    return Wrong(wrong, years=years, rate=rate, worth=(1 + rate) ** -years)


@q4.mistake(
    "You took the chance off the revenue only. If the {event} does not happen, its cost does not "
    "arise either.",
    credit=0.5,
)
def cost_certain(case):
    events = case["ledgers"]
    likely = events.assign(revenue=events["revenue"] * events["chance"])
    return Wrong(
        ledger_npv(case, likely, chance=None),
        event=events.nlargest(1, "cost")["event"].iloc[0],
    )


@q4.mistake(
    "You counted whole years only. An event after a year and a half waits for 1.5 years, not for "
    "one: days divided by 365.",
    credit=0.5,
)
def whole_years(case):
    events = case["ledgers"]
    years = (events["date"] - case.as_of).dt.days // 365
    profit = (events["revenue"] - events["cost"]) * events["chance"]
    worth = profit * (1 + given(case)["discount_rate"]) ** -years
    return worth.groupby(events["customer_id"]).sum().rename("npv").reset_index()


# q5 ----------------------------------------------------------------------------------------------


def rise(case, **other):
    brief = given(case)
    settings = {
        "margin": brief["plan_margin"],
        "retention": brief["plan_retention"],
        "gain": brief["gain"],
        "discount_rate": brief["discount_rate"],
    }
    return retention_spend(**(settings | other))


@exercise.question(
    "most",
    points=4,
    title="The most to spend",
    compare=number(0.2, "yuan"),
    hints=[
        "Value at the higher retention, less value at today's.",
        "`retention_spend(margin, retention, gain, rate).once`, or two calls of `simple_clv`.",
    ],
    again="lesson 14, step 2",
)
def q5(case):
    return rise(case).once


@q5.mistake(
    "{after:.0f} yuan is the whole value after the rise. {before:.0f} of it you have already; only "
    "the difference may be spent.",
    credit=0.25,
)
def value_after(case):
    found = rise(case)
    return Wrong(found.after, after=found.after, before=found.before)


@q5.mistake(
    "That is what may be spent *each year* on those still there. Asked is the most to spend once, "
    "today.",
    credit=0.5,
)
def each_year(case):
    return rise(case).each_period


@q5.mistake(
    "You raised retention by {points:.0f} per cent of itself, to {wrong:.1%}. By {points:.0f} "
    "points it goes from {before:.0%} to {after:.0%}.",
    credit=0.5,
)
def per_cent_not_points(case):
    brief = given(case)
    gain = brief["gain"] * brief["plan_retention"]
    return Wrong(
        rise(case, gain=gain).once,
        points=100 * brief["gain"],
        wrong=brief["plan_retention"] + gain,
        before=brief["plan_retention"],
        after=brief["plan_retention"] + brief["gain"],
    )


@q5.mistake(
    "You let everybody pay after a year, also those who leave. In the question's convention the "
    "next margin comes after one year *from those who stay*: m · r / (1 + i − r).",
    credit=0.5,
)
def paid_by_all(case):
    return rise(case, first="end").once


@q5.mistake(
    "You left the discount rate out. Without it a member who stays with {kept:.0%} looks worth "
    "{bare:.0f} yuan; at {rate:.0%} it is {right:.0f}.",
    credit=0.25,
)
def rise_not_discounted(case):
    brief = given(case)
    bare, right = rise(case, discount_rate=0.0), rise(case)
    return Wrong(
        bare.once,
        kept=brief["plan_retention"],
        bare=bare.before,
        rate=brief["discount_rate"],
        right=right.before,
    )


# q6 ----------------------------------------------------------------------------------------------

q6 = exercise.open_question(
    "q6",
    title="Keep or win?",
    compare=essay(
        Criterion("Right model for the relationship type", 5),
        Criterion("Costs and referral counted", 4),
        Criterion("Sensitivity to discount and retention", 5),
        Criterion("Limits (group average, forecast error)", 3),
        Criterion("Decision stated", 3),
    ),
    hints=[
        "Choose one group, branch or app. Say first what kind of relationship it is: that settles "
        "the model.",
        "Put a sensitivity table in, retention by discount rate, and say where your decision turns "
        "round.",
    ],
    again="lesson 14, step 6",
)
