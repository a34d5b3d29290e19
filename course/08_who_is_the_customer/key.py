"""What is right in exercise 08, which mistakes are known, and how the open answer is marked."""

from itertools import product as every

import numpy as np
import pandas as pd

from whobuys.course import Criterion, Exercise, Wrong, essay, number, table, text
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
TERRITORIES = ("Canal", "Hill", "Market", "Park", "Quay")
BAIT = "Ground coffee, 6 kg"
CRITERIA = {"profit": "more", "won": "more", "renewal": "more", "effort": "less"}
ABOUT = ["customer_id", "firm", "type", "territory", "headcount", "credit"]
ROLES = ["buyer_role", "decider_role", "user_role"]


# The tables ---------------------------------------------------------------------------------------


def target_tables(case):
    """Make the tables of the exercise from a distributor's last twelve months."""
    full = market(
        case.company, case.seed, tables=["customers", "products", "transactions", "interactions"]
    )
    random = np.random.default_rng([8, case.seed])
    since = full.as_of - pd.DateOffset(years=1)
    lines = full["transactions"]
    lines = lines.loc[
        lines["date"] > since,
        ["order_id", "customer_id", "date", "product_id", "quantity", "unit_price", "amount"],
    ].reset_index(drop=True)
    accounts = full["customers"]
    accounts = accounts[accounts["customer_id"].isin(lines["customer_id"])]
    accounts = accounts.assign(type=accounts["industry"].map(KINDS)).reset_index(drop=True)
    accounts["territory"] = accounts["city"].map(rounds(accounts, lines, random))
    log = full["interactions"]
    minutes = log[log["opened"] > since].groupby("customer_id")["minutes"].sum()
    minutes = accounts["customer_id"].map(minutes).fillna(0)
    types = accounts.set_index("customer_id")["type"]
    sold = lines.assign(type=lines["customer_id"].map(types))
    sold = sold.groupby(["type", "product_id"])[["amount", "quantity"]].sum().reset_index()
    for _ in range(8):
        goods = landed(full["products"], sold, random)
        criteria = criteria_table(accounts, sold, goods, minutes, since)
        weights, is_fair = fair_weights(criteria, random)
        if is_fair:
            break
    return {
        "accounts": with_forms(accounts, random)[ABOUT + ROLES],
        "lines": lines,
        "goods": goods,
        "criteria": criteria,
        "weights": weights,
    }


def landed(products, sold, random):
    """Return the products with a landed cost; the best seller is sold nearly at cost."""
    sold = sold.groupby("product_id")[["amount", "quantity"]].sum()
    sold = sold.reindex(products["product_id"])
    sales, pieces = sold["amount"].to_numpy(), sold["quantity"].to_numpy()
    bait = int((products["product"] == BAIT).to_numpy().argmax())
    next_best = int(np.where(np.arange(len(sales)) == bait, 0, sales).argmax())
    for _ in range(500):
        part = random.uniform(0.55, 0.85, len(products))
        part[next_best] = random.uniform(0.7, 0.9)
        earned = sales * (1 - part)
        earned[bait] = 0
        earned[bait] = random.uniform(0.5, 0.92) * earned.max()
        part[bait] = 1 - earned[bait] / sales[bait]
        best, second = np.sort(earned)[-1], np.sort(earned)[-2]
        if second < 0.93 * best and earned.argmax() != part.argmin():
            break
    cost = np.round(sales / pieces * part, 2)
    return products[["product_id", "product", "category"]].assign(landed_cost=cost)


def rounds(accounts, lines, random):
    """Deal the cities out to territories so that sales, accounts and sales a head differ."""
    spent = lines.groupby("customer_id")["amount"].sum()
    by_city = accounts.assign(spent=accounts["customer_id"].map(spent)).groupby("city")
    worth, heads = by_city["spent"].sum().to_numpy(), by_city.size().to_numpy()
    places = len(TERRITORIES)
    for _ in range(20000):
        dealt = random.permuted(
            np.append(np.arange(places), random.integers(0, places, len(worth) - places))
        )
        sales = np.bincount(dealt, worth, places)
        count = np.bincount(dealt, heads, places)
        first = {sales.argmax(), count.argmax(), (sales / count).argmax(), sales.argmin()}
        lead, most = np.sort(sales), np.sort(count)
        if len(first) == 4 and lead[-2] < 0.97 * lead[-1] and most[-2] < most[-1]:
            break
    cities = sorted(by_city.groups)
    return {city: TERRITORIES[place] for city, place in zip(cities, dealt, strict=True)}


def with_forms(accounts, random):
    """Return the accounts with the roles as people filled them in: gaps, and capitals."""
    accounts = accounts.copy()
    for name, gaps in zip(ROLES, (0.03, 0.06, 0.04), strict=True):
        told = accounts[name].astype(object)
        loud = random.random(len(told)) < 0.12
        told = told.where(~loud, told.str.capitalize())
        accounts[name] = told.where(random.random(len(told)) >= gaps, "")
    return accounts


def criteria_table(accounts, sold, goods, minutes, since):
    """Return one row a type: profit, firms won, share renewed, minutes for 1,000 pounds."""
    cost = sold["product_id"].map(goods.set_index("product_id")["landed_cost"])
    left = sold.assign(profit=sold["amount"] - sold["quantity"] * cost)
    money = left.groupby("type")[["amount", "profit"]].sum()
    types = accounts["type"]
    return pd.DataFrame(
        {
            "profit": money["profit"].round(2),
            "won": (accounts["joined"] > since).groupby(types).sum().astype(int),
            "renewal": accounts["renewed"].astype(float).groupby(types).mean().round(4),
            "effort": (1000 * minutes.groupby(types).sum() / money["amount"]).round(2),
        }
    ).reset_index()


def fair_weights(criteria, random):
    """Return weights, ten in all, and whether the best type is clear and not the most earning."""
    tried = np.array([w for w in every(range(1, 8), repeat=4) if sum(w) == 10 and len(set(w)) > 2])
    points = scaled(criteria).to_numpy() @ tried.T / 10
    best, ordered = points.argmax(axis=0), np.sort(points, axis=0)
    clear = ordered[-1] - ordered[-2]
    fair = (clear >= 0.02) & (best != criteria["profit"].to_numpy().argmax())
    chosen = random.choice(np.flatnonzero(fair)) if fair.any() else int(clear.argmax())
    weights = {"criterion": list(CRITERIA), "weight": tried[chosen], "better": CRITERIA.values()}
    return pd.DataFrame(weights), bool(fair.any())


def scaled(criteria, turn=True):
    """Return the criteria from 0 to 1, turned round where less is better."""
    values = criteria[list(CRITERIA)].astype(float)
    values = (values - values.min()) / (values.max() - values.min())
    for name, better in CRITERIA.items():
        if turn and better == "less":
            values[name] = 1 - values[name]
    return values


def score(criteria, weights):
    """Return the attractiveness of each type."""
    return (scaled(criteria) * weights / weights.sum()).sum(axis=1)


exercise = Exercise(
    "08_who_is_the_customer",
    "Target customers: which kind of firm, and whom to ask?",
    company="tradeways",
    tables=("customers",),
    extra=target_tables,
)


def typed_lines(case):
    """Return the lines with what is known of account and product."""
    lines = case["lines"].merge(case["accounts"], on="customer_id")
    lines = lines.merge(case["goods"], on="product_id")
    return lines.assign(profit=lines["amount"] - lines["quantity"] * lines["landed_cost"])


def shares(sums):
    return (sums / sums.sum()).rename("revenue_share").rename_axis("type").reset_index()


# q1 ----------------------------------------------------------------------------------------------


@exercise.question(
    "by_type",
    points=4,
    title="Whose money is it?",
    compare=table("type", ["revenue_share"], tolerance=0.001),
    hints=[
        "Give each line the type of its account, add up `amount` type by type, and divide by all "
        "the money.",
        '`lines.merge(accounts, on="customer_id").groupby("type")["amount"].sum()`, divided by '
        'its sum; or `contribution(lines, "type", customers=accounts)`, which calls it '
        "`revenue_share`.",
    ],
    again="lesson 08, step 1",
)
def q1(case):
    return shares(typed_lines(case).groupby("type")["amount"].sum())


@q1.mistake(
    "That is the share of **accounts**. {type} are {accounts:.0%} of the accounts and bring "
    "{money:.0%} of the revenue.",
    credit=0.25,
)
def accounts_counted(case):
    counted = case["accounts"]["type"].value_counts(normalize=True)
    wrong = counted.rename("revenue_share").rename_axis("type").reset_index()
    money = q1.answer(case).set_index("type")["revenue_share"]
    most = (money - counted).abs().idxmax()
    return Wrong(wrong, type=most.capitalize(), accounts=counted[most], money=money[most])


@q1.mistake(
    "You counted **lines** of orders, not pounds. A line of {type} is worth {line:,.0f} pounds on "
    "average, a line of all customers {all:,.0f}.",
    credit=0.25,
)
def lines_counted(case):
    lines = typed_lines(case)
    mean = lines.groupby("type")["amount"].mean()
    return Wrong(
        shares(lines.groupby("type").size()),
        type=mean.idxmax(),
        line=mean.max(),
        all=lines["amount"].mean(),
    )


@q1.mistake(
    "That is each type's share of the **profit**. The question asks for revenue, the money paid: "
    "{type} bring {money:.1%} of it.",
    credit=0.5,
)
def share_of_profit(case):
    lines = typed_lines(case)
    right = q1.answer(case).set_index("type")["revenue_share"]
    return Wrong(
        shares(lines.groupby("type")["profit"].sum()), type=right.idxmax(), money=right.max()
    )


@q1.mistake("Right, but in percent. Give shares of 1: {share:.3f} for {type}.", credit=0.75)
def in_percent(case):
    right = q1.answer(case)
    first = right.loc[right["revenue_share"].idxmax()]
    wrong = right.assign(revenue_share=100 * right["revenue_share"])
    return Wrong(wrong, share=first["revenue_share"], type=first["type"])


@q1.mistake(
    "These are pounds. Divide by the revenue of all types together, {all:,.0f} pounds.", credit=0.5
)
def in_pounds(case):
    sums = typed_lines(case).groupby("type")["amount"].sum()
    wrong = sums.rename("revenue_share").reset_index()
    return Wrong(wrong, all=sums.sum())


@q1.mistake(
    "You took the mean of a line, or of an account, and made shares of means. A type with few "
    "large customers then looks like a type that brings much: {type} have {accounts} accounts. "
    "Add the money up.",
    credit=0.25,
)
def shares_of_means(case):
    spent = typed_lines(case).groupby("customer_id")["amount"].sum()
    accounts = case["accounts"].assign(spent=lambda frame: frame["customer_id"].map(spent))
    means = accounts.groupby("type")["spent"].mean()
    few = accounts["type"].value_counts()
    return Wrong(shares(means), type=few.idxmin(), accounts=int(few.min()))


# q2 ----------------------------------------------------------------------------------------------


def territories(case):
    lines = typed_lines(case)
    found = lines.groupby("territory").agg(
        sales=("amount", "sum"), accounts=("customer_id", "nunique")
    )
    return found.assign(each=found["sales"] / found["accounts"])


@exercise.question(
    "top_territory",
    points=3,
    title="Where do we sell most?",
    compare=text(),
    hints=[
        "Sales are pounds, not accounts.",
        "Merge `lines` with `accounts`, add up `amount` by `territory`; `.idxmax()` names the "
        "largest.",
    ],
    again="lesson 08, step 1",
)
def q2(case):
    return territories(case)["sales"].idxmax()


@q2.mistake(
    "{wrong} has the most **accounts**, {accounts}. The most money comes from somewhere else.",
    credit=0.25,
)
def most_accounts(case):
    found = territories(case)
    return Wrong(
        found["accounts"].idxmax(),
        wrong=found["accounts"].idxmax(),
        accounts=found["accounts"].max(),
    )


@q2.mistake(
    "{wrong} sells most **to an account** ({each:,.0f} pounds each), but has only {accounts} of "
    "them. The question asks for all sales of the territory.",
    credit=0.25,
)
def most_an_account(case):
    found = territories(case)
    best = found["each"].idxmax()
    return Wrong(
        best, wrong=best, each=found.loc[best, "each"], accounts=found.loc[best, "accounts"]
    )


@q2.mistake("{wrong} sells **least**, {sales:,.0f} pounds. Sort from high to low.", credit=0.25)
def least_sales(case):
    found = territories(case)["sales"]
    return Wrong(found.idxmin(), wrong=found.idxmin(), sales=found.min())


# q3 ----------------------------------------------------------------------------------------------


def ranges(case):
    lines = typed_lines(case)
    found = lines.groupby("product")[["amount", "profit", "quantity"]].sum()
    return found.assign(margin=found["profit"] / found["amount"])


@exercise.question(
    "top_product",
    points=3,
    title="What do we earn most with?",
    compare=text(),
    hints=[
        "Profit is what was paid less what the pieces cost us, landed.",
        "For each line `amount - quantity * landed_cost`; add up by `product`. (`amount` is what "
        "was paid, after the discount.)",
    ],
    again="lesson 08, step 1",
)
def q3(case):
    return ranges(case)["profit"].idxmax()


@q3.mistake(
    "{wrong} is first by **sales**, {amount:,.0f} pounds. It costs nearly as much as it brings: "
    "{profit:,.0f} pounds are left. (It also looks best if you take list prices and forget the "
    "discounts, or take off the cost of one piece a line.)",
    credit=0.25,
)
def top_by_sales(case):
    found = ranges(case)
    best = found["amount"].idxmax()
    return Wrong(best, wrong=best, **found.loc[best, ["amount", "profit"]])


@q3.mistake(
    "{wrong} keeps most of **each pound**, {margin:.0%}, but sells only {amount:,.0f} pounds. "
    "The question asks for the profit in all.",
    credit=0.25,
)
def top_by_margin(case):
    found = ranges(case)
    best = found["margin"].idxmax()
    return Wrong(best, wrong=best, **found.loc[best, ["margin", "amount"]])


@q3.mistake(
    "{wrong} brings the **least** profit, {profit:,.0f} pounds. Sort from high to low.",
    credit=0.25,
)
def least_profit(case):
    found = ranges(case)["profit"]
    return Wrong(found.idxmin(), wrong=found.idxmin(), profit=found.min())


# q4 ----------------------------------------------------------------------------------------------


def clean_roles(case):
    """Return the roles in small letters, missing where the form is empty."""
    told = case["accounts"][ROLES].fillna("").apply(lambda c: c.str.strip().str.lower())
    return told.where(told != "")


def apart(first, second):
    return int((first.notna() & second.notna() & (first != second)).sum())


@exercise.question(
    "apart",
    points=3,
    title="Who orders is not who decides",
    compare=number(0, "accounts"),
    hints=[
        "“Owner” and “owner” are one role. An empty field says nothing, neither equal nor "
        "different.",
        "Make both columns small letters with `.str.lower()`. Then count the rows in which neither "
        'is `""` and the two differ.',
    ],
    again="lesson 08, step 2",
)
def q4(case):
    roles = clean_roles(case)
    return apart(roles["buyer_role"], roles["decider_role"])


@q4.mistake(
    "You counted the empty fields as different. In {gaps} accounts one of the two is not known, so "
    "nobody can say.",
    credit=0.5,
)
def empty_counted(case):
    roles = clean_roles(case).fillna("")
    gaps = (roles[["buyer_role", "decider_role"]] == "").any(axis=1).sum()
    return Wrong(int((roles["buyer_role"] != roles["decider_role"]).sum()), gaps=int(gaps))


@q4.mistake(
    "You compared the words as they were typed. “{typed}” and “{typed_small}” are one role, and in "
    "{many} accounts only the capital differs.",
    credit=0.5,
)
def capitals_differ(case):
    told = case["accounts"][ROLES]
    told = told.where(told != "")
    return _typed(case, apart(told["buyer_role"], told["decider_role"]))


@q4.mistake(
    "Two slips at once. “{typed}” and “{typed_small}” are one role ({many} accounts differ only in "
    "the capital), and where a field is empty nobody can say whether the two differ.",
    credit=0.25,
)
def as_it_stands(case):
    told = case["accounts"]
    return _typed(case, int((told["buyer_role"] != told["decider_role"]).sum()))


def _typed(case, count):
    told, small = case["accounts"][ROLES], clean_roles(case)
    only = told["buyer_role"].ne(told["decider_role"]) & small["buyer_role"].eq(
        small["decider_role"]
    )
    typed = told.loc[told["buyer_role"] != told["buyer_role"].str.lower(), "buyer_role"].iloc[0]
    return Wrong(count, typed=typed, typed_small=typed.lower(), many=int(only.sum()))


@q4.mistake(
    "These are the accounts in which one role does **both**. The question asks for the others.",
    credit=0.5,
)
def both_the_same(case):
    roles = clean_roles(case)
    return int((roles["buyer_role"] == roles["decider_role"]).sum())


@q4.mistake(
    "You compared the buyer with the **user**, {user} for instance. The question asks who decides.",
    credit=0.25,
)
def buyer_and_user(case):
    roles = clean_roles(case)
    return Wrong(
        apart(roles["buyer_role"], roles["user_role"]), user=roles["user_role"].mode().iloc[0]
    )


@q4.mistake("Right, but as a share. How many accounts is that?", credit=0.5)
def share_of_known(case):
    roles = clean_roles(case)[["buyer_role", "decider_role"]].dropna()
    return float((roles["buyer_role"] != roles["decider_role"]).mean())


@q4.mistake(
    "You gave a share, and of all {accounts} accounts, unknown roles included. Give the number of "
    "accounts.",
    credit=0.5,
)
def share_of_all(case):
    roles = clean_roles(case)
    count = apart(roles["buyer_role"], roles["decider_role"])
    return Wrong(count / len(roles), accounts=len(roles))


# q5 ----------------------------------------------------------------------------------------------


def the_weights(case):
    return case["weights"].set_index("criterion")["weight"].astype(float)


def answer_of(case, values):
    return case["criteria"][["type"]].assign(attractiveness=np.asarray(values, dtype=float))


@exercise.question(
    "scores",
    points=4,
    title="How attractive is each type?",
    compare=table("type", ["attractiveness"], tolerance=0.001),
    hints=[
        "Which of the four criteria is better when it is small? The best type must get a 1 on each "
        "criterion, the worst a 0.",
        '`attractiveness(criteria, weights, reverse=["effort"], segment="type")` with the weights '
        "as a dictionary from criterion to weight. By hand: (value - lowest) / (highest - lowest), "
        "1 minus that for effort, times the weight, summed, divided by the sum of the weights.",
    ],
    again="lesson 08, step 4",
)
def q5(case):
    return answer_of(case, score(case["criteria"], the_weights(case)))


@q5.mistake(
    "You left `effort` as it is, so {type} with {effort:,.1f} minutes for 1,000 pounds get full "
    "points for making the most work. Less is better there: turn it round.",
    credit=0.5,
)
def not_turned(case):
    criteria, weights = case["criteria"], the_weights(case)
    worst = criteria.loc[criteria["effort"].idxmax()]
    points = (scaled(criteria, turn=False) * weights / weights.sum()).sum(axis=1)
    return Wrong(answer_of(case, points), type=worst["type"], effort=worst["effort"])


@q5.mistake(
    "You forgot to divide by the sum of the weights, {all:g}. The order is right; a score of 1 "
    "should mean best on everything.",
    credit=0.75,
)
def not_divided(case):
    weights = the_weights(case)
    return Wrong(
        answer_of(case, score(case["criteria"], weights) * weights.sum()), all=weights.sum()
    )


@q5.mistake(
    "You gave all four criteria the same weight. Here `{heavy}` counts {most:g} and `{light}` "
    "counts {least:g}.",
    credit=0.5,
)
def equal_weights(case):
    weights = the_weights(case)
    return Wrong(
        answer_of(case, score(case["criteria"], weights * 0 + 1)),
        heavy=weights.idxmax(),
        most=weights.max(),
        light=weights.idxmin(),
        least=weights.min(),
    )


@q5.mistake(
    "You ranked the types on each criterion. Ranks forget distances: in profit {type} with "
    "{profit:,.0f} pounds is far ahead, and gets one step more than the next. Scale from the "
    "lowest to the highest value.",
    credit=0.5,
)
def by_rank(case):
    criteria, weights = case["criteria"], the_weights(case)
    ranks = criteria[list(CRITERIA)].rank()
    ranks = (ranks - 1) / (len(criteria) - 1)
    ranks["effort"] = 1 - ranks["effort"]
    best = criteria.loc[criteria["profit"].idxmax()]
    points = (ranks * weights / weights.sum()).sum(axis=1)
    return Wrong(answer_of(case, points), type=best["type"], profit=best["profit"])


@q5.mistake(
    "You added pounds, firms and minutes as they are, so profit decides alone. Put each criterion "
    "on a scale from 0 (worst type) to 1 (best type) first.",
)
def not_scaled(case):
    weights = the_weights(case)
    values = case["criteria"][list(CRITERIA)].astype(float)
    return answer_of(case, (values * weights / weights.sum()).sum(axis=1))


@q5.mistake(
    "You divided each criterion by its highest value. Then the worst type does not start at 0: in "
    "`renewal` it keeps {low:.2f} of 1. Subtract the lowest value first, above and below the line.",
    credit=0.5,
)
def by_the_highest(case):
    criteria, weights = case["criteria"], the_weights(case)
    values = criteria[list(CRITERIA)].astype(float)
    values = values / values.max()
    low = values["renewal"].min()
    values["effort"] = 1 - values["effort"]
    return Wrong(answer_of(case, (values * weights / weights.sum()).sum(axis=1)), low=low)


# q6 ----------------------------------------------------------------------------------------------


@exercise.question(
    "best_type",
    points=3,
    title="Which type is it?",
    compare=text(),
    hints=[
        "You have the scores. A high one is good.",
        '`scores.loc[scores["attractiveness"].idxmax(), "type"]`.',
    ],
    again="lesson 08, step 4",
)
def q6(case, scores):
    return scores.set_index("type")["attractiveness"].idxmax()


@q6.mistake(
    "{wrong} are the best on `{criterion}` ({value}). That is one criterion of four; the "
    "weighted sum decides.",
    credit=0.25,
)
def best_on_one(case):
    table = case["criteria"].set_index("type")
    points = q5.answer(case).set_index("type")["attractiveness"]
    for criterion, better in CRITERIA.items():
        values = table[criterion]
        wrong = values.idxmax() if better == "more" else values.idxmin()
        if wrong not in (points.idxmax(), points.idxmin()):
            break
    value = f"{values[wrong]:,.2f}"
    return Wrong(wrong, wrong=wrong.capitalize(), criterion=criterion, value=value)


@q6.mistake("{wrong} are **last**. The highest score is the most attractive.", credit=0.25)
def the_last(case):
    last = q5.answer(case).set_index("type")["attractiveness"].idxmin()
    return Wrong(last, wrong=last.capitalize())


# q7 ----------------------------------------------------------------------------------------------

q7 = exercise.open_question(
    "q7",
    title="The customers of your start-up plan",
    compare=essay(
        Criterion("Target group meets will and means test", 4),
        Criterion("Roles separated", 4),
        Criterion("Regional and product figures used", 4),
        Criterion("Sub-segments exclusive", 4),
        Criterion("Choice of target argued from attractiveness", 4),
    ),
    hints=[
        "Begin with one sentence: who wants it, and who of these can pay? Put a count to both.",
        "Give the rule of your sub-segments and the number in each; they must add up to the group. "
        "Then your criteria and weights, and whether another set would have chosen otherwise.",
    ],
    again="lesson 08, step 4 and Decide",
)
