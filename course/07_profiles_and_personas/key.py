"""What is right in exercise 07, which mistakes are known, and how the open answer is marked."""

from functools import lru_cache

import numpy as np
import pandas as pd

from whobuys.course import Criterion, Exercise, Wrong, essay, number, table
from whobuys.market import truth

READERS = (
    "the head of the app",
    "the writer of the newsletter",
    "the buyer of the new cosmetics shelf",
    "the owner of the service desk",
)
MIXES = (
    ("coupon riders", "readers and cooks"),
    ("coupon riders", "gadget people"),
    ("readers and cooks", "young families"),
)

# What the panel would say if everybody answered: chance to answer; means of brand, quality, price
# on the scale from 1 to 5; chance to tick utilitarian, hedonic, social.
PANEL = {
    "pantry fillers": (0.75, (2.9, 3.4, 3.7), (0.92, 0.12, 0.08)),
    "gadget people": (0.60, (3.9, 4.4, 3.9), (0.60, 0.62, 0.30)),
    "young families": (0.55, (3.1, 4.1, 3.6), (0.86, 0.24, 0.34)),
    "readers and cooks": (0.85, (3.3, 4.3, 2.6), (0.30, 0.90, 0.22)),
    "coupon riders": (0.40, (2.6, 2.8, 4.7), (0.55, 0.45, 0.52)),
}
VALUES = ("value_brand", "value_quality", "value_price")
MOTIVES = ("motive_utilitarian", "motive_hedonic", "motive_social")


# What students get besides the company's tables ---------------------------------------------------


def planted(case):
    """Draw the truth about cosmetics: who wants discounts on them, as chances."""
    draw = np.random.default_rng([case.seed, 701])
    return {
        "others": draw.uniform(0.10, 0.18),
        "women": draw.uniform(0.22, 0.30),
        "young_women": draw.uniform(0.55, 0.72),
    }


def extra(case):
    """Make the codes of a clustering that lumps two kinds together, a panel, and the brief."""
    draw = np.random.default_rng([case.seed, 7])
    people = case["customers"].merge(
        truth(case).customers[["customer_id", "segment", "buyer"]], on="customer_id"
    )
    people = people[people["buyer"].astype(bool)].reset_index(drop=True)
    names = [f"S{place + 1}" for place in draw.permutation(4)]
    codes = fair_codes(case, people, names, draw)
    segments = pd.DataFrame({"customer_id": people["customer_id"], "segment": codes})
    reader = READERS[draw.integers(len(READERS))]
    return {
        "segments": segments,
        "panel": fair_panel(case, people, codes == names[0], draw),
        "brief": pd.DataFrame({"segment": names[:1], "reader": [reader]}),
    }


def fair_codes(case, people, names, draw):
    """Draw codes until the known mistakes give other figures than the right way, in the first."""
    lines = case["transactions"][["order_id", "customer_id", "channel"]]
    place = pd.Series(people.index, index=people["customer_id"])
    row = place[lines["customer_id"]].to_numpy()
    usual = usual_channel(case)[people["customer_id"]].to_numpy()
    age, amount = people["age"].to_numpy(), case["transactions"]["amount"].to_numpy()
    spent = np.bincount(row, weights=amount, minlength=len(people))
    count = np.bincount(row[~lines["order_id"].duplicated().to_numpy()], minlength=len(people))
    for _ in range(40):
        codes = lumped(people, names, draw)
        mine = (codes == names[0]).to_numpy()
        channels = [
            pd.Series(values).value_counts(normalize=True)
            for values in (usual[mine], lines["channel"].to_numpy()[mine[row]])
        ]
        gaps = [shares.iloc[0] - shares.iloc[1] for shares in channels]
        medians = [np.median(values) for values in (age, age[mine], age[row][mine[row]])]
        ages = np.sort([*medians, age[mine].mean()])
        differ = channels[0].index[0] != channels[1].index[0]
        index = spend_figures(amount, spent, count, mine, mine[row])
        apart = min(np.diff(ages).min(), np.diff(np.sort(index)).min() / 2)
        if differ and min(gaps) > 0.03 and apart > 0.2 and mine.mean() > 0.15:
            break
    return codes


def spend_figures(amount, spent, count, mine, my_lines):
    """Return the spend index, and what its known mistakes give."""
    own, everybody = spent[mine].mean(), spent.mean()
    return [
        100 * own / everybody,
        own / everybody,
        own - everybody,
        100 * own / spent[~mine].mean(),
        100 * np.median(spent[mine]) / np.median(spent),
        100 * amount[my_lines].mean() / amount.mean(),
        100 * spent[mine].sum() / count[mine].sum() / spent.sum() * count.sum(),
    ]


def lumped(people, names, draw):
    """Give most of two kinds the first code, three kinds a code each, and the rest any of these."""
    mix = MIXES[draw.integers(len(MIXES))]
    kept = dict(zip(mix, draw.uniform(0.5, 1, 2), strict=True))
    kinds = [kind for kind in PANEL if kind not in mix]
    pure = people["segment"].map(dict(zip(kinds, names[1:], strict=True)))
    stays = draw.random(len(people)) < people["segment"].map(kept).fillna(0)
    anywhere = pd.Series(draw.choice(names[1:], len(people)), index=people.index)
    return pure.where(pure.notna(), anywhere.where(~stays, names[0])).astype(str)


def fair_panel(case, people, mine, draw):
    """Draw who answers, and what, until the known mistakes about the lift give other figures."""
    for _ in range(40):
        panel = panel_of(case, people, draw)
        known = panel["wants_cosmetics_discounts"].where(panel["answers"])
        women = people["gender"] == "female"
        shares = [
            known[women & people["age"].between(low, high)].mean()
            for low, high in ((20, 25), (20, 24), (21, 25), (16, 99))
        ]
        inside = women & people["age"].between(20, 25)
        shares.append(known[people["age"].between(20, 25)].mean())
        others = [known.mean(), known[~inside].mean(), known[mine].mean(), known[women].mean()]
        silent = known.fillna(0).astype(float)
        lifts = [share / others[0] for share in shares]
        lifts += [shares[0] / other for other in others[1:]]
        lifts += [silent[inside].mean() / silent.mean(), shares[0], shares[0] - others[0]]
        if np.diff(np.sort(lifts)).min() > 0.005:
            break
    return panel.loc[panel["answers"]].drop(columns="answers").reset_index(drop=True)


def panel_of(case, people, draw):
    """Draw what everybody would say, and who answers."""
    chances = planted(case)
    female, ages = people["gender"] == "female", people["age"]
    wish = np.where(female, chances["women"], chances["others"])
    wish = np.where(female & ages.between(20, 25), chances["young_women"], wish)
    columns = {"wants_cosmetics_discounts": draw.random(len(people)) < wish}
    for place, name in enumerate(VALUES):
        mean = people["segment"].map({kind: PANEL[kind][1][place] for kind in PANEL})
        noisy = np.rint(mean + draw.normal(0, 0.8, len(people))).clip(1, 5)
        columns[name] = noisy.astype("int64")
    for place, name in enumerate(MOTIVES):
        chance = people["segment"].map({kind: PANEL[kind][2][place] for kind in PANEL})
        columns[name] = draw.random(len(people)) < chance
    answers = people["segment"].map({kind: PANEL[kind][0] for kind in PANEL})
    columns["answers"] = draw.random(len(people)) < answers
    return pd.DataFrame({"customer_id": people["customer_id"], **columns})


exercise = Exercise(
    "07_profiles_and_personas",
    "Profiles and personas: who is in your segment?",
    company="marketplace",
    tables=("customers", "products", "transactions", "searches"),
    extra=extra,
)


# Pieces the answers share -------------------------------------------------------------------------


def mine(case):
    return case["brief"]["segment"].iloc[0]


def orders(case):
    return case["transactions"].drop_duplicates("order_id")


@lru_cache(maxsize=2)
def usual_channel(case):
    """Return each buyer's channel of most orders; between equals the first by name."""
    own = orders(case)
    return pd.crosstab(own["customer_id"], own["channel"]).idxmax(axis=1)


@lru_cache(maxsize=2)
def buyers(case):
    """Return one row a buyer: code, age, gender, usual channel, money."""
    made = case["segments"].merge(
        case["customers"][["customer_id", "age", "gender"]], on="customer_id"
    )
    spent = case["transactions"].groupby("customer_id")["amount"].sum()
    return made.assign(
        channel=made["customer_id"].map(usual_channel(case)), spent=made["customer_id"].map(spent)
    )


@lru_cache(maxsize=2)
def own_lines(case):
    return case["transactions"].merge(case["segments"], on="customer_id")


def channel_shares(rows):
    return pd.crosstab(rows["segment"], rows["channel"], normalize="index")


def modal(shares):
    return pd.DataFrame(
        {"channel": shares.idxmax(axis=1), "share": shares.max(axis=1)}
    ).reset_index()


# q1 ----------------------------------------------------------------------------------------------


@exercise.question(
    "share",
    points=4,
    title="How large is it?",
    compare=number(0.001),
    hints=[
        "A segment is made of people. Which people have a code?",
        "Count the rows of `segments` with your code, and divide by all its rows.",
    ],
    again="lesson 07, step 1",
)
def q1(case):
    return float((case["segments"]["segment"] == mine(case)).mean())


@q1.mistake(
    "You divided by all {registered:,} registered customers. {never} of them never bought and have "
    "no code; divide by the {coded:,} who have one.",
    credit=0.5,
)
def of_all_registered(case):
    registered, coded = len(case["customers"]), len(case["segments"])
    own = (case["segments"]["segment"] == mine(case)).sum()
    return Wrong(own / registered, registered=registered, coded=coded, never=registered - coded)


@q1.mistake(
    "That is the share of the order lines, {lines:,} of them. Whoever buys a lot is counted for "
    "each line; count each customer once.",
    credit=0.25,
)
def of_the_lines(case):
    inside = own_lines(case)["segment"] == mine(case)
    return Wrong(inside.mean(), lines=int(inside.sum()))


@q1.mistake(
    "That is the share of the money. {segment} brings {money:.1%} of it; how many of the customers "
    "are in it?",
    credit=0.25,
)
def of_the_money(case):
    spent = own_lines(case).groupby("segment")["amount"].sum()
    part = spent[mine(case)] / spent.sum()
    return Wrong(part, segment=mine(case), money=part)


@q1.mistake(
    "{own:,} is how many customers are in {segment}. Divide by all {coded:,} who have a code.",
    credit=0.25,
)
def how_many(case):
    own = int((case["segments"]["segment"] == mine(case)).sum())
    return Wrong(own, own=own, segment=mine(case), coded=len(case["segments"]))


@q1.mistake(
    "You gave a percentage, {percent:.1f}. A share of 1 was asked: {share:.3f}.", credit=0.75
)
def share_in_percent(case):
    return Wrong(100 * q1.answer(case), percent=100 * q1.answer(case), share=q1.answer(case))


# q2 ----------------------------------------------------------------------------------------------


@exercise.question(
    "median_age",
    points=4,
    title="How old?",
    compare=number(0.001, "years"),
    hints=[
        "Line the customers of your segment up by age and ask the one in the middle.",
        "Merge `segments` with `customers`, keep your code, take `.median()` of `age`. One row a "
        "customer.",
    ],
    again="lesson 07, step 1",
)
def q2(case):
    people = buyers(case)
    return float(people.loc[people["segment"] == mine(case), "age"].median())


@q2.mistake(
    "{mean:.1f} is the mean. Half of {segment} is {middle:g} or younger; the older ones pull the "
    "mean away from the middle. The median was asked.",
    credit=0.5,
)
def mean_age(case):
    people = buyers(case)
    mean = people.loc[people["segment"] == mine(case), "age"].mean()
    return Wrong(mean, mean=mean, segment=mine(case), middle=q2.answer(case))


@q2.mistake(
    "You took the median over the order lines, {lines:,} of them. A customer with 60 lines then "
    "has 60 votes. One row a customer.",
    credit=0.25,
)
def age_over_lines(case):
    lines = own_lines(case).merge(case["customers"][["customer_id", "age"]], on="customer_id")
    own = lines.loc[lines["segment"] == mine(case), "age"]
    return Wrong(own.median(), lines=len(own))


@q2.mistake(
    "{age:g} is the median of all {people:,} customers with a code, not of {segment}. Keep the "
    "rows of your segment first.",
    credit=0.25,
)
def age_of_all(case):
    age = buyers(case)["age"].median()
    return Wrong(age, age=age, people=len(case["segments"]), segment=mine(case))


# q3 ----------------------------------------------------------------------------------------------


@exercise.question(
    "channels",
    points=4,
    title="The modal channel of every segment",
    compare=table("segment", {"channel": "text", "share": "number"}, tolerance=0.001),
    hints=[
        "Two steps: first one channel for each customer, then count customers.",
        '`transactions.drop_duplicates("order_id")`, each customer\'s most frequent channel, then '
        '`pd.crosstab(code, channel, normalize="index")`; the largest in each row.',
    ],
    again="lesson 07, step 1",
)
def q3(case):
    return modal(channel_shares(buyers(case)))


@q3.mistake(
    "You counted order lines. In {segment} most lines come by {by_lines}, because a few customers "
    "with many lines use it; most customers usually order by {by_people}. Each customer counts "
    "once.",
    credit=0.5,
)
def channels_by_lines(case):
    wrong = modal(channel_shares(own_lines(case)))
    right = q3.answer(case).set_index("segment")["channel"]
    return Wrong(
        wrong,
        segment=mine(case),
        by_lines=wrong.set_index("segment")["channel"][mine(case)],
        by_people=right[mine(case)],
    )


@q3.mistake(
    "You took each customer's usual channel from the order lines, {lines:,} of them: an order of "
    "ten lines then counts ten times. Keep one line of each of the {count:,} orders first.",
    credit=0.5,
)
def usual_by_lines(case):
    lines = case["transactions"]
    usual = pd.crosstab(lines["customer_id"], lines["channel"]).idxmax(axis=1)
    people = buyers(case)
    people = people.assign(channel=people["customer_id"].map(usual))
    return Wrong(modal(channel_shares(people)), lines=len(lines), count=len(orders(case)))


@q3.mistake(
    "You counted orders, so somebody with 40 orders counts 40 times. First each customer's usual "
    "channel, then the customers: in {segment} there are {people:,} customers and {count:,} "
    "orders.",
    credit=0.5,
)
def channels_by_orders(case):
    own = orders(case).merge(case["segments"], on="customer_id")
    return Wrong(
        modal(channel_shares(own)),
        segment=mine(case),
        people=int((case["segments"]["segment"] == mine(case)).sum()),
        count=int((own["segment"] == mine(case)).sum()),
    )


@q3.mistake(
    "Your `share` is turned round: of all customers who usually order by {channel}, {part:.1%} are "
    "in {segment}. Asked is the share of {segment} that orders by {channel}.",
    credit=0.5,
)
def shares_turned(case):
    people = buyers(case)
    turned = pd.crosstab(people["segment"], people["channel"], normalize="columns")
    right = q3.answer(case)
    pairs = zip(right["segment"], right["channel"], strict=True)
    wrong = right.assign(share=[turned.loc[code, channel] for code, channel in pairs])
    own = wrong.set_index("segment").loc[mine(case)]
    return Wrong(wrong, segment=mine(case), channel=own["channel"], part=own["share"])


@q3.mistake(
    "Your shares are percentages. For {segment} write {share:.3f}, not {percent:.1f}.", credit=0.75
)
def channels_in_percent(case):
    right = q3.answer(case)
    own = right.set_index("segment")["share"][mine(case)]
    return Wrong(
        right.assign(share=100 * right["share"]), segment=mine(case), share=own, percent=100 * own
    )


# q4 ----------------------------------------------------------------------------------------------


@exercise.question(
    "spend_index",
    points=4,
    title="The spend index",
    compare=number(0.1),
    hints=[
        "What would the index be for a segment that spends what the average customer spends?",
        "First the money each customer paid. Then 100 × the mean of your segment / the mean of all "
        "customers with a code.",
    ],
    again="lesson 07, step 1",
)
def q4(case):
    people = buyers(case)
    own = people.loc[people["segment"] == mine(case), "spent"]
    return float(100 * own.mean() / people["spent"].mean())


def means(case):
    """Return the mean spending of the segment, of all, and of the others."""
    people = buyers(case)
    inside = people["segment"] == mine(case)
    spent = people["spent"]
    return spent[inside].mean(), spent.mean(), spent[~inside].mean()


@q4.mistake(
    "{gap:,.1f} is a difference: {own:,.2f} dollars in {segment} less {all:,.2f} on average. An "
    "index is a ratio, 100 × the one / the other.",
    credit=0.25,
)
def index_as_difference(case):
    own, everybody, _ = means(case)
    return Wrong(own - everybody, gap=own - everybody, own=own, all=everybody, segment=mine(case))


@q4.mistake(
    "You compared with the other segments ({others:,.2f} dollars a customer). 100 stands for the "
    "average of all customers, your segment among them ({all:,.2f}).",
    credit=0.5,
)
def index_against_others(case):
    own, everybody, others = means(case)
    return Wrong(100 * own / others, others=others, all=everybody)


@q4.mistake(
    "The ratio is right, but an index is 100 times that: 100 is the average, not 1.", credit=0.75
)
def index_of_one(case):
    return q4.answer(case) / 100


@q4.mistake(
    "You used medians: {own:,.2f} dollars in {segment}, {all:,.2f} for all. For the index take "
    "means, so that all the money counts.",
    credit=0.5,
)
def index_of_medians(case):
    people = buyers(case)
    own = people.loc[people["segment"] == mine(case), "spent"].median()
    everybody = people["spent"].median()
    return Wrong(100 * own / everybody, own=own, all=everybody, segment=mine(case))


@q4.mistake(
    "You compared what an order line brings: {own:,.2f} dollars against {all:,.2f}. Spending is "
    "per customer: add up the lines of each customer first.",
    credit=0.25,
)
def index_by_line(case):
    lines = own_lines(case)
    own = lines.loc[lines["segment"] == mine(case), "amount"].mean()
    everybody = lines["amount"].mean()
    return Wrong(100 * own / everybody, own=own, all=everybody)


@q4.mistake(
    "You compared what an order brings: {own:,.2f} dollars against {all:,.2f}. Spending is per "
    "customer: add up all orders of each customer first.",
    credit=0.25,
)
def index_by_order(case):
    lines = own_lines(case)
    inside = lines["segment"] == mine(case)
    own = lines.loc[inside, "amount"].sum() / lines.loc[inside, "order_id"].nunique()
    everybody = lines["amount"].sum() / lines["order_id"].nunique()
    return Wrong(100 * own / everybody, own=own, all=everybody)


# q5 ----------------------------------------------------------------------------------------------


@lru_cache(maxsize=2)
def answered(case):
    """Return one row a customer who answered, with age, gender, code and whether in the group."""
    people = case["panel"].merge(case["customers"], on="customer_id")
    people = people.merge(case["segments"], on="customer_id")
    female = people["gender"] == "female"
    return people.assign(
        wants=people["wants_cosmetics_discounts"].astype(bool),
        female=female,
        inside=female & people["age"].between(20, 25),
    )


@exercise.question(
    "lift",
    points=4,
    title="The lift of a wish",
    compare=number(0.001, share=False),
    hints=[
        "Two shares: among the women of 20 to 25 who answered, and among all who answered.",
        'Merge `panel` with `customers`; the group is `(gender == "female") & age.between(20, '
        "25)`; `trait_lift(table, trait, within=group)` divides.",
    ],
    again="lesson 07, step 3",
)
def q5(case):
    people = answered(case)
    return float(people.loc[people["inside"], "wants"].mean() / people["wants"].mean())


@q5.mistake(
    "You left out the women of exactly 25: your group has {own} who answered, not {size}. “20 to "
    "25” has both ends in.",
    credit=0.5,
)
def below_25(case):
    people = answered(case)
    group = people["female"] & people["age"].between(20, 24)
    return Wrong(
        people.loc[group, "wants"].mean() / people["wants"].mean(),
        own=int(group.sum()),
        size=int(people["inside"].sum()),
    )


@q5.mistake(
    "You left out the women of exactly 20: your group has {own} who answered, not {size}. “20 to "
    "25” has both ends in.",
    credit=0.5,
)
def above_20(case):
    people = answered(case)
    group = people["female"] & people["age"].between(21, 25)
    return Wrong(
        people.loc[group, "wants"].mean() / people["wants"].mean(),
        own=int(group.sum()),
        size=int(people["inside"].sum()),
    )


@q5.mistake(
    "Your group has {own} people of 20 to 25, men among them. The {size} women of this age who "
    "answered were asked for.",
    credit=0.25,
)
def men_too(case):
    people = answered(case)
    group = people["age"].between(20, 25)
    return Wrong(
        people.loc[group, "wants"].mean() / people["wants"].mean(),
        own=int(group.sum()),
        size=int(people["inside"].sum()),
    )


@q5.mistake(
    "You divided by the share among all women, {women:.1%}. “All” are all who answered, men too: "
    "{all:.1%}.",
    credit=0.25,
)
def against_the_women(case):
    people = answered(case)
    women = people.loc[people["female"], "wants"].mean()
    return Wrong(
        people.loc[people["inside"], "wants"].mean() / women,
        women=women,
        all=people["wants"].mean(),
    )


@q5.mistake(
    "{index:.0f} is an index, 100 for the average. A lift has 1 for the average: {right:.3f}.",
    credit=0.75,
)
def lift_as_index(case):
    return Wrong(100 * q5.answer(case), index=100 * q5.answer(case), right=q5.answer(case))


@q5.mistake(
    "You divided by the share in segment {segment}, {share:.1%}. The lift compares with all who "
    "answered, {all:.1%}, whatever their segment.",
    credit=0.25,
)
def against_the_segment(case):
    people = answered(case)
    share = people.loc[people["segment"] == mine(case), "wants"].mean()
    return Wrong(
        people.loc[people["inside"], "wants"].mean() / share,
        segment=mine(case),
        share=share,
        all=people["wants"].mean(),
    )


@q5.mistake(
    "You divided by the share of everybody else, {rest:.1%}. “All” includes the group itself: "
    "{all:.1%}.",
    credit=0.5,
)
def against_the_rest(case):
    people = answered(case)
    rest = people.loc[~people["inside"], "wants"].mean()
    return Wrong(
        people.loc[people["inside"], "wants"].mean() / rest, rest=rest, all=people["wants"].mean()
    )


@q5.mistake(
    "{gap:.3f} is a difference of two shares, {own:.1%} less {all:.1%}. A lift is the one divided "
    "by the other.",
    credit=0.25,
)
def lift_as_difference(case):
    people = answered(case)
    own, everybody = people.loc[people["inside"], "wants"].mean(), people["wants"].mean()
    return Wrong(own - everybody, gap=own - everybody, own=own, all=everybody)


@q5.mistake(
    "{own:.3f} is the share among women of 20 to 25. A lift says how much that is beside the share "
    "among all: divide by {all:.3f}.",
    credit=0.25,
)
def share_only(case):
    people = answered(case)
    own = people.loc[people["inside"], "wants"].mean()
    return Wrong(own, own=own, all=people["wants"].mean())


@q5.mistake(
    "You counted the {silent:,} customers who did not answer as “no”. Nobody asked them, or they "
    "kept silent: leave them out above and below the line.",
    credit=0.5,
)
def silence_is_no(case):
    everybody = case["segments"].merge(case["customers"], on="customer_id")
    wants = everybody["customer_id"].isin(
        case["panel"].loc[case["panel"]["wants_cosmetics_discounts"].astype(bool), "customer_id"]
    )
    group = (everybody["gender"] == "female") & everybody["age"].between(20, 25)
    return Wrong(wants[group].mean() / wants.mean(), silent=len(everybody) - len(case["panel"]))


# q6 ----------------------------------------------------------------------------------------------

exercise.open_question(
    "q6",
    title="A persona and one chart",
    compare=essay(
        Criterion(
            "Every statement traceable to data or marked as assumption",
            6,
            full="each statement carries its number and column, or the word assumption",
            half="most statements have a number, but sources or marks are missing",
            none="a story",
        ),
        Criterion(
            "All five facets",
            4,
            full="basics, purchase behaviour, interests, values and motives, from your tables",
            half="three or four facets, or some empty without saying so",
            none="two facets or fewer",
        ),
        Criterion(
            "Chart type fits the message, labelled",
            4,
            full="one message, the form that shows it, axes and units named",
            half="the chart is right but says several things, or lacks labels",
            none="no chart, or one that hides its message",
        ),
        Criterion(
            "Not a stereotype: spread shown",
            3,
            full="middle halves or shares, and what the middle hides is said",
            half="spread given for one number only",
            none="“they are”, without spread",
        ),
        Criterion(
            "Leads to one action",
            3,
            full="one action the reader can take, and how to see whether it worked",
            half="an action, but not for this reader, or without a check",
            none="none, or a list",
        ),
    ),
    hints=[
        "Write for the reader in `brief`. What will this person do differently tomorrow?",
        "`persona_inputs` marks what is data and what is not. Look at `feature_panels` for age "
        "before you write a single age.",
    ],
    again="lesson 07, step 4",
)
