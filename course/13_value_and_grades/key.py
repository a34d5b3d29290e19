"""What is right in exercise 13, which mistakes are known, and how the open answer is marked."""

from functools import lru_cache

import numpy as np
import pandas as pd

from whobuys.course import Criterion, Exercise, Wrong, essay, number, table
from whobuys.market import market
from whobuys.value import abc_grades, customers_for, matrix_counts, top_share, value_matrix

UNTIL = pd.Timestamp("2025-06-30")
FIRMS = 260
LARGEST = 90
SCHEME = "profit contribution"
TOWNS = ("Exchange", "Harrowby", "Saltmouth", "Thornford")


# What students get --------------------------------------------------------------------------------


def extra(case):
    """Make one depot's year: firms with what they might bring, orders, contacts, the figures."""
    draw = np.random.default_rng([case.seed, 1313])
    wanted = ["customers", "products", "transactions", "interactions"]
    whole = market(case.company, case.seed, tables=wanted)
    contacts = whole["interactions"]
    contacts = contacts[contacts["opened"] <= UNTIL]
    orders = one_row_an_order(whole)
    for _ in range(20):
        made = one_depot(whole["customers"], orders, contacts, draw)
        if clear(made):
            break
    return made


def one_depot(customers, orders, contacts, draw):
    """Return the tables of one depot."""
    firms = depot(customers, orders, contacts, draw)
    mine = orders["customer_id"].isin(firms["customer_id"])
    called = contacts["customer_id"].isin(firms["customer_id"])
    calls = contacts.loc[called, ["customer_id", "opened", "kind", "minutes"]]
    return {
        "firms": firms,
        "orders": orders[mine].reset_index(drop=True),
        "contacts": calls.rename(columns={"opened": "date"}).reset_index(drop=True),
        "brief": brief(firms, draw),
    }


def one_row_an_order(whole):
    lines = whole["transactions"].merge(whole["products"], on="product_id")
    lines = lines[lines["date"] <= UNTIL]
    lines = lines.assign(
        list_amount=lines["quantity"] * lines["unit_price"],
        goods_cost=lines["quantity"] * lines["unit_cost"],
    )
    by = lines.groupby(["order_id", "customer_id", "date"])
    return by[["list_amount", "amount", "goods_cost"]].sum().round(2).reset_index()


def depot(customers, orders, contacts, draw):
    """Choose the depot's firms, small and middling ones, some of whom bought nothing."""
    small = customers[(customers["headcount"] < LARGEST) & (customers["joined"] <= UNTIL)]
    known = set(orders["customer_id"]) | set(contacts["customer_id"])
    small = small[small["customer_id"].isin(known)]
    firms = small.sample(min(FIRMS, len(small) // 5 * 5), random_state=draw).sort_index()
    more = firms["headcount"] ** 0.6 * draw.gamma(2, 60, len(firms))
    names = ["customer_id", "firm", "industry", "city", "headcount", "credit", "referrals"]
    return (
        firms[names]
        .assign(potential=(50 * (more / 50).round()).astype(int))
        .assign(reference=draw.random(len(firms)) < 0.05)
        .reset_index(drop=True)
    )


def clear(made):
    """Say whether nobody's profit is nearly 0, and four correlations give four answers."""
    orders, each, brief = made["orders"], summed(made), made["brief"].iloc[0]
    serving = each["minutes"] * brief["hour_cost"] / 60 + each["orders"] * brief["drop_cost"]
    profit = each["amount"] - each["goods_cost"] - serving
    by = orders.groupby("customer_id")
    value, goods = by["amount"].mean(), by["goods_cost"].sum()
    share, one = 1 - goods / by["amount"].sum(), 1 - orders["goods_cost"] / orders["amount"]
    found = [
        value.corr(share, "spearman"),
        value.corr(share),
        orders["amount"].corr(one, "spearman"),
        value.corr(one.groupby(orders["customer_id"]).mean(), "spearman"),
    ]
    return bool(np.diff(np.sort(found)).min() > 0.004 and profit.abs().min() > 0.02)


def brief(firms, draw):
    """Draw the figures of the questions, one row."""
    return pd.DataFrame(
        {
            "hour_cost": [float(draw.choice([48, 54, 60, 66, 72]))],
            "drop_cost": [float(draw.integers(12, 21))],
            "cut_a": [float(draw.choice([0.70, 0.75, 0.80]))],
            "cut_b": [float(draw.choice([0.90, 0.95]))],
            "current_cut": [float(draw.choice([300, 400, 500]))],
            "potential_cut": [float(firms["potential"].quantile(0.6, interpolation="nearest"))],
        }
    )


exercise = Exercise(
    "13_value_and_grades",
    "One depot, every firm",
    company="tradeways",
    tables=(),
    extra=extra,
)


# Pieces the answers share -------------------------------------------------------------------------


def given(case):
    return case["brief"].iloc[0]


@lru_cache(maxsize=2)
def sums(case):
    return summed(case)


def summed(tables):
    """Return for each firm the orders, money and minutes of the year, 0 where there are none."""
    by = tables["orders"].groupby("customer_id")
    found = by[["list_amount", "amount", "goods_cost"]].sum()
    found["orders"] = by.size()
    found = found.reindex(tables["firms"]["customer_id"], fill_value=0.0)
    minutes = tables["contacts"].groupby("customer_id")["minutes"].sum()
    return found.assign(minutes=minutes.reindex(found.index, fill_value=0))


def left(case, *, paid="amount", goods=1.0, minutes=1.0, drops=1.0):
    """Return the table of profits; the factors leave a cost out or take it too often."""
    each, brief = sums(case), given(case)
    profit = (
        each[paid]
        - goods * each["goods_cost"]
        - minutes * each["minutes"] * brief["hour_cost"] / 60
        - drops * each["orders"] * brief["drop_cost"]
    )
    return profit.round(6).rename("profit").reset_index()


def amounts(profit):
    return profit.set_index("customer_id")["profit"]


def sales(case):
    return sums(case)["amount"]


def biggest_loss(case):
    """Return the row of the firm with the greatest loss among those who ordered."""
    each = sums(case).assign(profit=amounts(q1.answer(case)))
    each = each[each["orders"] > 0].sort_values("profit", kind="stable")
    names = case["firms"].set_index("customer_id")["firm"]
    return each.assign(firm=names).iloc[0]


# q1 ----------------------------------------------------------------------------------------------


@exercise.question(
    "profit",
    points=4,
    title="What each firm leaves",
    compare=table("customer_id", ["profit"], tolerance=0.01),
    hints=[
        "Sum the orders per firm, sum the minutes per firm, and only then put the two side by "
        "side. Every firm of the depot gets a row.",
        "`orders.groupby(...)` and `contacts.groupby(...)`, each `.reindex(firms['customer_id'], "
        "fill_value=0)`; a minute costs `brief['hour_cost'] / 60`.",
    ],
    again="lesson 13, step 1",
)
def q1(case):
    return left(case)


@q1.mistake(
    "The account managers' minutes are missing. {firm} took {minutes:,.0f} minutes, that is "
    "{cost:,.2f} pounds.",
    credit=0.5,
)
def no_minutes(case):
    row = biggest_loss(case)
    cost = row["minutes"] * given(case)["hour_cost"] / 60
    return Wrong(left(case, minutes=0), firm=row["firm"], minutes=row["minutes"], cost=cost)


@q1.mistake(
    "The drops are missing: each order costs {drop:.0f} pounds to deliver. {firm} ordered "
    "{orders:,.0f} times.",
    credit=0.5,
)
def no_drops(case):
    row = biggest_loss(case)
    wrong = left(case, drops=0)
    return Wrong(wrong, drop=given(case)["drop_cost"], firm=row["firm"], orders=row["orders"])


@q1.mistake(
    "You took off the goods only. What remains is the margin; serving the firm costs minutes and "
    "drops as well.",
    credit=0.25,
)
def margin_only(case):
    return left(case, minutes=0, drops=0)


@q1.mistake(
    "You left the cost of the goods out. Of {amount:,.2f} pounds paid by {firm}, {goods:,.2f} "
    "went into the goods.",
    credit=0.25,
)
def goods_forgotten(case):
    row = biggest_loss(case)
    wrong = left(case, goods=0)
    return Wrong(wrong, firm=row["firm"], amount=row["amount"], goods=row["goods_cost"])


@q1.mistake(
    "You started from `list_amount`, the price on the list. Discounts were given: all firms "
    "together paid {paid:,.0f} pounds, not {listed:,.0f}.",
    credit=0.5,
)
def list_price(case):
    each = sums(case)
    wrong = left(case, paid="list_amount")
    return Wrong(wrong, paid=each["amount"].sum(), listed=each["list_amount"].sum())


@q1.mistake(
    "You charged the price of an hour for every minute. {hour:.0f} pounds are for 60 minutes: "
    "{minute:.2f} a minute.",
    credit=0.5,
)
def hours_for_minutes(case):
    hour = given(case)["hour_cost"]
    return Wrong(left(case, minutes=60), hour=hour, minute=hour / 60)


@q1.mistake(
    "The firms you give are right; {number:,} are missing or have no number, for instance {firm}. "
    "Who ordered nothing was called on all the same, and who was not called on has 0 minutes: "
    "`reindex` with all firms and `fill_value=0`.",
    credit=0.5,
    match=lambda right, answer: some_missing(right, answer),
)
def some_without(case):
    bought = (sums(case)["orders"] > 0).to_numpy()
    return left(case)[bought].reset_index(drop=True)


def some_missing(right, answer):
    """Say whether the firms given are right and others are missing or empty."""
    wanted, given = amounts(right), amounts(answer.value.drop_duplicates("customer_id")).dropna()
    if not len(wanted) / 3 < len(given) < len(wanted) or not given.index.isin(wanted.index).all():
        return None
    if ((given - wanted[given.index]).abs() > 0.01).any():
        return None
    gone = wanted.index.difference(given.index)
    return {"number": len(gone), "firm": gone[0]}


@q1.mistake(
    "You joined orders and contacts before adding up. {firm} has {orders:,.0f} orders and "
    "{contacts:,} contacts, so each of its orders counted {contacts:,} times. Add up first, then "
    "join.",
    credit=0.25,
)
def joined_first(case):
    each, brief = sums(case), given(case)
    contacts = case["contacts"].groupby("customer_id").size().reindex(each.index, fill_value=0)
    times, orders = contacts.clip(lower=1), each["orders"]
    margin = (each["amount"] - each["goods_cost"] - orders * brief["drop_cost"]) * times
    serving = each["minutes"] * orders.clip(lower=1) * brief["hour_cost"] / 60
    most = (contacts * orders).idxmax()
    return Wrong(
        (margin - serving).rename("profit").reset_index(),
        firm=case["firms"].set_index("customer_id")["firm"][most],
        orders=orders[most],
        contacts=int(contacts[most]),
    )


@q1.mistake(
    "You charged the visits only. Calls, complaints and repairs take minutes too: {all:,.0f} "
    "minutes in all, not {visits:,.0f}.",
    credit=0.5,
)
def visits_only(case):
    each, brief, contacts = sums(case), given(case), case["contacts"]
    visits = contacts[contacts["kind"] == "visit"].groupby("customer_id")["minutes"].sum()
    spared = each["minutes"] - visits.reindex(each.index, fill_value=0)
    wrong = left(case).set_index("customer_id")["profit"] + spared * brief["hour_cost"] / 60
    made = wrong.rename("profit").reset_index()
    return Wrong(made, all=each["minutes"].sum(), visits=visits.sum())


@q1.mistake(
    "You charged one drop a firm. Each order is a drop: {firm} had {orders:,.0f}, at {drop:.0f} "
    "pounds each; who ordered nothing had none.",
    credit=0.5,
)
def one_drop_a_firm(case):
    row, drop = biggest_loss(case), given(case)["drop_cost"]
    wrong = left(case, drops=0)
    wrong["profit"] -= drop
    return Wrong(wrong, firm=row["firm"], orders=row["orders"], drop=drop)


# q2 ----------------------------------------------------------------------------------------------


@exercise.question(
    "top_fifth",
    points=3,
    title="The best fifth",
    compare=number(0.0005, "as a share of 1"),
    hints=[
        "Sort the profits from the best to the worst. How many firms are a fifth?",
        "`profit['profit'].nlargest(len(profit) // 5).sum() / profit['profit'].sum()`, or "
        "`whobuys.value.top_share`.",
    ],
    again="lesson 13, step 2",
)
def q2(case, profit):
    return top_share(amounts(profit))


@q2.mistake(
    "That is the share of *sales*. By profit the best {number:,} firms bring {share:.1%} of it.",
    credit=0.5,
)
def share_of_sales(case, profit):
    return Wrong(top_share(sales(case)), number=len(profit) // 5, share=top_share(amounts(profit)))


@q2.mistake(
    "You took the fifth with the largest sales and added up their profit. The best fifth *by "
    "profit* was asked; they are other firms in part.",
    credit=0.5,
)
def profit_of_big_sellers(case, profit):
    money = amounts(profit)
    largest = sales(case).nlargest(len(money) // 5).index
    return Wrong(money.reindex(largest).sum() / money.sum())


@q2.mistake(
    "You divided by the gains only. The loss-makers take {losses:,.0f} pounds away again; the "
    "share is of what is left in the end, and may be above 1.",
    credit=0.5,
)
def share_of_gains(case, profit):
    money = amounts(profit)
    gains = money.clip(lower=0)
    return Wrong(top_share(gains), losses=-money[money < 0].sum())


@q2.mistake(
    "A fifth of *all* firms was asked, those without a profit included: {number:,} firms, not "
    "{wrong:,}.",
    credit=0.5,
)
def fifth_of_the_good(case, profit):
    money = amounts(profit)
    good = money[money > 0]
    few = len(good) // 5
    share = good.nlargest(few).sum() / money.sum()
    return Wrong(share, number=len(money) // 5, wrong=few)


@q2.mistake(
    "You left the {losing:,} firms without a profit out. They are customers too: a fifth of *all* "
    "firms, and what is left of *all* of them.",
    credit=0.5,
)
def losers_left_out(case, profit):
    money = amounts(profit)
    return Wrong(top_share(money[money > 0]), losing=int((money <= 0).sum()))


@q2.mistake("Give it as a share of 1: {share:.4f}, not {percent:.2f}.", credit=0.75)
def share_in_percent(case, profit):
    share = top_share(amounts(profit))
    return Wrong(100 * share, share=share, percent=100 * share)


# q3 ----------------------------------------------------------------------------------------------


@exercise.question(
    "needed",
    points=3,
    title="How many bring 80 %",
    compare=number(0.01, "firms"),
    hints=[
        "The best first; add up until 80 % of the total is reached. The firm that crosses the line "
        "counts.",
        "`sorted_profit.cumsum()`, then count how many are below 0.8 of the total, plus one; or "
        "`whobuys.value.customers_for`.",
    ],
    again="lesson 13, step 2",
)
def q3(case, profit):
    return customers_for(amounts(profit), 0.8)


@q3.mistake(
    "One short: your {wrong:,} firms bring {share:.1%}, which is below 80 %. The firm that crosses "
    "the line counts.",
    credit=0.5,
)
def one_short(case, profit):
    money = amounts(profit).sort_values(ascending=False)
    wrong = customers_for(money, 0.8) - 1
    return Wrong(wrong, wrong=wrong, share=money.iloc[:wrong].sum() / money.sum())


@q3.mistake(
    "That many bring 80 % of the *sales*. Count on profit: {right:,} do.",
    credit=0.5,
)
def needed_for_sales(case, profit):
    return Wrong(customers_for(sales(case), 0.8), right=customers_for(amounts(profit), 0.8))


@q3.mistake(
    "You aimed at 80 % of the gains, without the losses. 80 % of what is left is {part:,.0f} "
    "pounds.",
    credit=0.5,
)
def needed_for_gains(case, profit):
    money = amounts(profit)
    return Wrong(customers_for(money.clip(lower=0), 0.8), part=0.8 * money.sum())


@q3.mistake(
    "That is 80 % of the *firms*. Asked is how few bring 80 % of the profit.",
    credit=0.0,
)
def four_fifths_of_firms(case, profit):
    return round(0.8 * len(profit))


@q3.mistake(
    "You added up in the order of the table. The best firms come first: sort, then add.",
    credit=0.25,
)
def not_sorted(case, profit):
    money = amounts(profit)
    return int((money.cumsum() < 0.8 * money.sum()).sum()) + 1


@q3.mistake(
    "That is a share of the firms. Give their number: {right:,}.",
    credit=0.75,
)
def needed_as_share(case, profit):
    right = customers_for(amounts(profit), 0.8)
    return Wrong(right / len(profit), right=right)


# q4 ----------------------------------------------------------------------------------------------


def graded(money, cuts, *, losses="D", base="total"):
    grades = abc_grades(money, scheme=SCHEME, cuts=cuts, losses=losses, base=base)["grade"]
    return grades.astype(str).rename_axis("customer_id").reset_index()


def both_cuts(case):
    brief = given(case)
    return [brief["cut_a"], brief["cut_b"]]


def by_rank(case, money, part):
    """Return grades by a part from 0 to 1: A up to the first cut, B up to the second."""
    level = np.searchsorted(np.array(both_cuts(case)), part.to_numpy() - 1e-12, side="left")
    level = np.where(money.to_numpy() <= 0, 3, level)
    names = np.array([f"{letter} ({SCHEME})" for letter in "ABCD"])
    return pd.DataFrame({"customer_id": money.index, "grade": names[level]})


@exercise.question(
    "grades",
    points=4,
    title="Grades with a name",
    compare=table("customer_id", {"grade": "text"}),
    hints=[
        "Best first, cumulated share of the total. Whoever *begins* below the cut belongs to the "
        "better grade; a profit of 0 or less is D.",
        '`abc_grades(money, scheme="profit contribution", cuts=[...], losses="D")` with `money` '
        "indexed by customer; `reset_index()` brings `customer_id` back.",
    ],
    again="lesson 13, step 4",
)
def q4(case, profit):
    return graded(amounts(profit), both_cuts(case))


@q4.mistake(
    "The letters are right, their name is missing. A letter alone says nothing: write “A (profit "
    "contribution)”.",
    credit=0.75,
)
def bare_letters(case, profit):
    right = graded(amounts(profit), both_cuts(case))
    return right.assign(grade=right["grade"].str[0])


@q4.mistake(
    "You graded by sales. {firm} paid {paid:,.0f} pounds and left {left:,.0f}; grade by what was "
    "left.",
    credit=0.5,
)
def graded_by_sales(case, profit):
    row = biggest_loss(case)
    wrong = graded(sales(case), both_cuts(case))
    return Wrong(wrong, firm=row["firm"], paid=row["amount"], left=row["profit"])


@q4.mistake(
    "The two firms that cross a cut fell into the worse grade. {firm} begins below {cut:.0%} and "
    "ends above it: it is still {grade}.",
    credit=0.75,
)
def crossing_down(case, profit):
    money = amounts(profit)
    ordered = money.sort_values(ascending=False)
    sofar = (ordered.cumsum() / money.sum()).reindex(money.index)
    wrong, right = by_rank(case, money, sofar), graded(money, both_cuts(case))
    first = wrong.loc[wrong["grade"] != right["grade"]].index[0]
    letter = right["grade"].iloc[first][0]
    return Wrong(
        wrong,
        firm=case["firms"]["firm"].iloc[first],
        cut=dict(zip("AB", both_cuts(case), strict=True)).get(letter, 1.0),
        grade=right["grade"].iloc[first],
    )


@q4.mistake(
    "You gave the loss-makers a C. {number:,} firms leave 0 or less; they are D (profit "
    "contribution).",
    credit=0.5,
)
def no_d(case, profit):
    money = amounts(profit)
    return Wrong(graded(money, both_cuts(case), losses=None), number=int((money <= 0).sum()))


@q4.mistake(
    "You cut the *number* of firms at {cut:.0%}. The cuts are shares of the cumulated profit; only "
    "{number:,} firms are A (profit contribution).",
    credit=0.25,
)
def cut_by_number(case, profit):
    money = amounts(profit)
    place = money.rank(ascending=False, method="first") / len(money)
    right = graded(money, both_cuts(case))["grade"]
    return Wrong(
        by_rank(case, money, place), cut=both_cuts(case)[0], number=int((right.str[0] == "A").sum())
    )


@q4.mistake(
    "You measured the cuts by the gains alone. The shares are of what is left in all, "
    "{total:,.0f} pounds.",
    credit=0.75,
)
def cut_of_gains(case, profit):
    money = amounts(profit)
    return Wrong(graded(money, both_cuts(case), base="gains"), total=money.sum())


# q5 ----------------------------------------------------------------------------------------------


def cells(case, current, *, cuts=None, above=False, turned=False):
    """Return the number of firms in each cell of the two-by-two."""
    ahead = case["firms"].set_index("customer_id")["potential"].astype(float)
    now, brief = current.reindex(ahead.index).fillna(0.0), given(case)
    cuts = cuts or (brief["current_cut"], brief["potential_cut"])
    if above:
        cuts = tuple(cut + 1e-6 for cut in cuts)
    found = value_matrix(now, ahead, current_cut=cuts[0], potential_cut=cuts[1])
    counts = matrix_counts(found)[["cell", "customers"]].astype({"cell": str})
    if turned:
        counts["cell"] = counts["cell"].replace({"develop": "maintain", "maintain": "develop"})
    return counts


@exercise.question(
    "counts",
    points=3,
    title="Now and to come",
    compare=table("cell", ["customers"], tolerance=0.01),
    hints=[
        "Two yes-or-no questions a firm: profit from the current cut on? potential from the "
        "potential cut on? “Develop” is low now and high to come.",
        "`value_matrix(money, potential, current_cut=..., potential_cut=...)`, both indexed by "
        "customer, then `matrix_counts`.",
    ],
    again="lesson 13, step 5",
)
def q5(case, profit):
    return cells(case, amounts(profit))


@q5.mistake(
    "“Develop” and “maintain” are exchanged. To develop are those with little now and much to "
    "come: {number:,} firms.",
    credit=0.5,
)
def axes_turned(case, profit):
    money = amounts(profit)
    right = cells(case, money).set_index("cell")["customers"]
    return Wrong(cells(case, money, turned=True), number=int(right["develop"]))


@q5.mistake(
    "A firm that stands exactly on a cut is high. {number:,} firms have a potential of exactly "
    "{cut:,.0f} pounds.",
    credit=0.5,
)
def above_not_from(case, profit):
    cut = given(case)["potential_cut"]
    number = int((case["firms"]["potential"] == cut).sum())
    return Wrong(cells(case, amounts(profit), above=True), number=number, cut=cut)


@q5.mistake(
    "You cut at the medians. The brief gives the cuts: {now:,.0f} and {ahead:,.0f} pounds.",
    credit=0.5,
)
def at_the_medians(case, profit):
    money, brief = amounts(profit), given(case)
    cuts = (float(money.median()), float(case["firms"]["potential"].median()))
    return Wrong(
        cells(case, money, cuts=cuts), now=brief["current_cut"], ahead=brief["potential_cut"]
    )


@q5.mistake(
    "Your axis “current” is sales. Current value is what a firm left, `profit`; only {number:,} "
    "firms reach {cut:,.0f} pounds.",
    credit=0.25,
)
def current_is_sales(case, profit):
    cut = given(case)["current_cut"]
    number = int((amounts(profit) >= cut).sum())
    return Wrong(cells(case, sales(case)), number=number, cut=cut)


@q5.mistake(
    "You exchanged the two cuts: {now:,.0f} pounds is for the profit, {ahead:,.0f} for the "
    "potential.",
    credit=0.5,
)
def cuts_exchanged(case, profit):
    now, ahead = given(case)[["current_cut", "potential_cut"]]
    return Wrong(cells(case, amounts(profit), cuts=(ahead, now)), now=now, ahead=ahead)


# q6 ----------------------------------------------------------------------------------------------


def agreement(case, across=None, up=None, method="spearman"):
    """Return the correlation over the firms that ordered."""
    each = sums(case)
    each = each[each["orders"] > 0]
    across = each["amount"] / each["orders"] if across is None else across[each.index]
    up = 1 - each["goods_cost"] / each["amount"] if up is None else up[each.index]
    return float(across.corr(up, method))


@exercise.question(
    "rank_corr",
    points=3,
    title="Does a large order mean a rich one?",
    compare=number(0.001, share=False),
    hints=[
        "One row a firm that ordered: mean amount of an order; margin of the goods as a share of "
        "what was paid. Then compare the two rankings.",
        '`order_value.corr(margin_share, method="spearman")`. The share is a ratio of sums: all '
        "margin of a firm by all it paid.",
    ],
    again="lesson 13, step 1",
)
def q6(case):
    return agreement(case)


@q6.mistake(
    "That is the correlation of the amounts (Pearson), in which a few large firms decide. Asked is "
    "that of the ranks: {right:.3f}.",
    credit=0.5,
)
def pearson(case):
    return Wrong(agreement(case, method="pearson"), right=agreement(case))


@q6.mistake(
    "You took the margin in pounds an order. A dear order has a large margin in pounds almost by "
    "itself; take it as a share of what was paid.",
    credit=0.5,
)
def margin_in_pounds(case):
    each = sums(case)
    return agreement(case, up=(each["amount"] - each["goods_cost"]) / each["orders"])


@q6.mistake(
    "You took the margin of the whole year in pounds. Take it as a share of what was paid.",
    credit=0.5,
)
def margin_of_the_year(case):
    each = sums(case)
    return agreement(case, up=each["amount"] - each["goods_cost"])


@q6.mistake(
    "You ranked the firms by their sales of the year. Order value is what *one* order amounts to: "
    "sales by number of orders.",
    credit=0.5,
)
def sales_not_order_value(case):
    return agreement(case, across=sales(case))


@q6.mistake(
    "You took what is left after serving. That grows with the order almost by itself, since a drop "
    "costs the same; asked is the margin of the goods.",
    credit=0.5,
)
def left_not_margin(case):
    profit = amounts(left(case))
    each = sums(case)
    share = profit / each["amount"].where(each["amount"] > 0)
    return agreement(case, up=share)


@q6.mistake(
    "You correlated orders, not firms: {orders:,} rows. First one row a firm, {firms:,} of them.",
    credit=0.5,
)
def orders_not_firms(case):
    orders = case["orders"]
    share = 1 - orders["goods_cost"] / orders["amount"]
    return Wrong(
        float(orders["amount"].corr(share, "spearman")),
        orders=len(orders),
        firms=int((sums(case)["orders"] > 0).sum()),
    )


@q6.mistake(
    "You took the mean of the orders' shares. A firm's share is a ratio of sums, so that a large "
    "order counts for more than a small one.",
    credit=0.75,
)
def mean_of_shares(case):
    orders = case["orders"]
    share = 1 - orders["goods_cost"] / orders["amount"]
    return agreement(case, up=share.groupby(orders["customer_id"]).mean())


# q7 ----------------------------------------------------------------------------------------------

q7 = exercise.open_question(
    "q7",
    title="Is every customer worth the effort?",
    compare=essay(
        Criterion("Uses net value, not sales", 5),
        Criterion("Scheme and cut-offs named", 4),
        Criterion("80/20 tested, not assumed", 3),
        Criterion("Key accounts include strategic reasons", 4),
        Criterion("Fair treatment of low grades", 4),
    ),
    hints=[
        "Begin with what the firms leave, not with what they pay. Say by which scheme and which "
        "cuts you grade, and what each grade gets.",
        "Two or three key accounts by name, each with its figure and a reason somebody can check. "
        "And what does a firm of the lowest grade still get?",
    ],
    again="lesson 13, steps 4 and 6",
)
