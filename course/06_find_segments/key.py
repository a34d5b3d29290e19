"""What is right in exercise 06, which mistakes are known, and how the open answer is marked."""

from functools import lru_cache

import numpy as np
import pandas as pd

from whobuys.course import Criterion, Exercise, Wrong, essay, labels, number, table
from whobuys.market import NoTruthError
from whobuys.segment import (
    choose_k,
    compare_segments,
    components,
    customer_features,
    find_segments,
    scale_features,
)

GUESTS = 420
MEASURES = {  # name: typical value, spread
    "visits": (24, 6),
    "minutes": (310, 60),
    "searches": (40, 11),
    "views": (9, 2.2),
    "month_value": (2100, 420),
    "items": (5.5, 1.2),
    "discount_percent": (42, 9),
    "abandon_percent": (48, 10),
}
KS = range(2, 9)
APART, INSIDE, OWN = 4.4, 1.0, 0.5
CLEAR = 0.025


# The table of the sister shop --------------------------------------------------------------------


def extra(case):
    """Make the table of the sister shop, with groups planted in it."""
    return {"guests": sister_shop(case.seed)[0]}


@lru_cache(maxsize=4)
def sister_shop(seed):
    """Draw guests until the case is clear; return the table and the planted groups."""
    root = np.random.SeedSequence([seed, 606])
    k = int(np.random.default_rng(root).integers(3, 7))
    for stream in root.spawn(200):
        guests, groups = draw_guests(k, np.random.default_rng(stream))
        if is_clear(guests, groups):
            break
    return guests, groups


def draw_guests(k, draw):
    """Plant groups about as far from one another, and turn them into measures of a shop."""
    width = len(MEASURES)
    group = np.repeat(np.arange(k), draw.multinomial(GUESTS, draw.dirichlet(np.full(k, 30.0))))
    turn = np.linalg.qr(draw.normal(size=(width, width)))[0]
    centres = np.eye(width)[:k] * APART / np.sqrt(2) * draw.uniform(0.9, 1.25, (k, 1))
    spread = np.where(np.arange(width) < draw.integers(4, 8), INSIDE, OWN)
    points = (centres[group] + draw.normal(size=(GUESTS, width)) * spread) @ turn
    points = (points - points.mean(axis=0)) / points.std(axis=0)
    mixed = draw.permutation(GUESTS)
    guests = pd.DataFrame(
        {
            "customer_id": [f"H{i + 1:04}" for i in range(GUESTS)],
            "account_no": draw.permutation(np.arange(100_000, 900_000, 1_900))[:GUESTS],
        }
    )
    for (name, (middle, unit)), column in zip(MEASURES.items(), points[mixed].T, strict=True):
        guests[name] = (middle + unit * np.clip(column, -4, 4)).round(2)
    return guests, group[mixed]


def is_clear(guests, groups):
    """Say whether the case has one answer, and each known mistake another; quick checks first."""
    Z, raw, k = standard(guests), measures(guests), int(groups.max()) + 1
    kept, n = components(Z).variance.cumsum().to_numpy(), needed_for(Z)
    if n < 3 or np.abs(kept - 0.8).min() < 0.008 or needed_for(raw) >= n - 1:
        return False
    if needed_for(standard(guests, account=True)) != n + 1:
        return False
    pair = pair_of(Z, k)
    if agreed(pair[0], groups) < 0.89 or agreed(find_segments(Z, 2).labels, groups) > 0.75:
        return False
    unscaled = pair_of(raw, k)
    chains = agreed(pair[0], single_linkage(Z, k))
    values = [agreed(*pair), agreed(*unscaled), plain_rand(*pair), chains]
    if np.diff(np.sort(values)).min() < CLEAR or agreed(unscaled[0], groups) > 0.7:
        return False
    line = silhouettes(Z).sort_values()
    if line.index[-1] != k or line.iloc[-1] - line.iloc[-2] < 0.02:
        return False
    return silhouettes(raw).idxmax() not in (k, KS[-1])


def planted(case):
    """Return the planted groups; a case read from files does not know them."""
    if case.seed is None:
        raise NoTruthError("Only the instructor knows the planted groups of this table.")
    guests, groups = sister_shop(case.seed)
    return pd.DataFrame({"customer_id": guests["customer_id"], "segment": groups + 1})


def measures(guests, account=False):
    """Return the measures as they are, one row a guest."""
    own = guests.set_index("customer_id")
    return own if account else own[list(MEASURES)]


def standard(guests, account=False):
    return scale_features(measures(guests, account), log=False)


def needed_for(X):
    return components(X, 0.8).n


def silhouettes(X):
    return choose_k(X, KS, n_init=3, references=0, pairs=0)["silhouette"]


def pair_of(X, k):
    """Return the labels of k-means and of Ward as arrays."""
    ways = ("kmeans", "hierarchical")
    return [find_segments(X, k, way).labels.to_numpy() for way in ways]


def agreed(a, b):
    return compare_segments(a, b).ari


def plain_rand(a, b):
    """Return the share of pairs of guests on which two groupings agree."""
    same = (a[:, None] == a) == (b[:, None] == b)
    return float((same.sum() - len(a)) / (len(a) * (len(a) - 1)))


def single_linkage(X, k):
    from scipy.cluster.hierarchy import fcluster, linkage

    return fcluster(linkage(X, "single"), k, "maxclust")


exercise = Exercise(
    "06_find_segments",
    "Finding segments: how many groups are there?",
    company="marketplace",
    tables=("customers", "carts", "searches", "visits"),
    extra=extra,
)


# q1 ----------------------------------------------------------------------------------------------

CARTS = ["carts", "items_per_cart", "abandon_rate"]


def cart_table(carts):
    own = customer_features(carts=carts)
    own = own.rename(columns={"cart_items": "items_per_cart"})[CARTS]
    return own.reset_index()


@exercise.question(
    "cart_table",
    points=4,
    title="Features from carts",
    compare=table("customer_id", CARTS, tolerance=0.001),
    hints=[
        "Group the carts by customer. How many rows, what is the mean of `items`, and in what "
        "share of the rows is `checkout` False?",
        "`customer_features(carts=carts)` has all three; its column `cart_items` must be called "
        "`items_per_cart`, and `reset_index()` makes the customer a column.",
    ],
    again="lesson 06, step 2",
)
def q1(case):
    return cart_table(case["carts"])


@q1.mistake(
    "Your `abandon_rate` is the share that came to the page to pay. {customer} left {left} of "
    "{carts} carts behind, so the rate is {rate:.2f}.",
    credit=0.5,
)
def share_that_paid(case):
    right = q1.answer(case)
    odd = (right["abandon_rate"] != 0.5) & (right["carts"] >= 3)
    row = right[odd].iloc[0]
    return Wrong(
        right.assign(abandon_rate=1 - right["abandon_rate"]),
        customer=row["customer_id"],
        left=round(row["abandon_rate"] * row["carts"]),
        carts=row["carts"],
        rate=row["abandon_rate"],
    )


@q1.mistake(
    "Your `items_per_cart` adds up all carts. {customer} filled {carts} carts with {items} pieces "
    "in all, {mean:.2f} a cart. A total says again how often somebody came; the mean says "
    "something new.",
    credit=0.5,
)
def items_in_all(case):
    right = q1.answer(case)
    total = right["items_per_cart"] * right["carts"]
    row = right.loc[total.idxmax()]
    return Wrong(
        right.assign(items_per_cart=total.round()),
        customer=row["customer_id"],
        carts=row["carts"],
        items=round(total.max()),
        mean=row["items_per_cart"],
    )


@q1.mistake(
    "You took `kinds`, the different products. Three pairs of socks are three pieces of one kind; "
    "{customer} has {items:.2f} pieces and {kinds:.2f} kinds a cart.",
    credit=0.5,
)
def kinds_not_items(case):
    right = q1.answer(case)
    kinds = customer_features(carts=case["carts"])["cart_kinds"].to_numpy()
    most = (right["items_per_cart"] - kinds).idxmax()
    return Wrong(
        right.assign(items_per_cart=kinds),
        customer=right.loc[most, "customer_id"],
        items=right.loc[most, "items_per_cart"],
        kinds=kinds[most],
    )


@q1.mistake(
    "You kept the customers with 3 carts or more, as the lesson does before it clusters. This "
    "table is of everybody who filled a cart: {fewer:,} with one or two are missing, {customer} "
    "for one.",
    credit=0.5,
)
def three_or_more(case):
    right = q1.answer(case)
    often = right["carts"] >= 3
    return Wrong(
        right[often], fewer=int((~often).sum()), customer=right.loc[~often, "customer_id"].iloc[0]
    )


def looked_only(right, answer):
    """Recognise a table that is right where there are carts, and has others with nothing."""
    given = answer.value
    others = given[~given["customer_id"].isin(right["customer_id"])]
    both = right.merge(given, on="customer_id", suffixes=("", "_given"))
    if others.empty or len(both) < len(right):
        return None
    if any((both[c] - both[f"{c}_given"]).abs().gt(0.001).any() for c in CARTS):
        return None
    nothing = others[["carts", "items_per_cart"]].fillna(0).eq(0).all(axis=None)
    return {"others": f"{len(others):,}"} if nothing else None


@q1.mistake(
    "Your numbers are right, but {others} of your rows are customers without a cart. Nothing was "
    "left behind where nothing was filled: they have no rate. Leave them out here.",
    credit=0.75,
    match=looked_only,
)
def without_a_cart(case):
    everybody = case["customers"][["customer_id"]]
    wrong = everybody.merge(q1.answer(case), on="customer_id", how="left")
    return Wrong(wrong.fillna(dict.fromkeys(CARTS, 0)))


# q2 ----------------------------------------------------------------------------------------------


def kept_by(X, n):
    return float(components(X, 0.8).variance.iloc[:n].sum())


@exercise.question(
    "needed",
    points=4,
    title="How many components",
    compare=number(1e-6),
    hints=[
        "Which columns are measures of behaviour, and are they on one scale? Then add up the "
        "shares of the components until 0.8 is reached.",
        "`components(Z, 0.8).n`, where `Z = scale_features(guests[MEASURES], log=False)`.",
    ],
    again="lesson 06, step 4",
)
def q2(case):
    return needed_for(standard(case["guests"]))


@q2.mistake(
    "You did not scale. In its own unit `month_value` varies by {most:.0f} and `views` by "
    "{least:.1f}, so the first component is little more than the money of a month and keeps "
    "{share:.0%} of the variance by itself. Standardise the eight columns first.",
    credit=0.5,
)
def components_unscaled(case):
    raw = measures(case["guests"])
    return Wrong(
        needed_for(raw),
        most=raw["month_value"].std(),
        least=raw["views"].std(),
        share=kept_by(raw, 1),
    )


@q2.mistake(
    "One too few: {fewer} components keep {share:.1%}, which is still under 80 %. Count the "
    "component that takes the sum over the line, too.",
    credit=0.5,
)
def one_short(case):
    Z, n = standard(case["guests"]), q2.answer(case)
    return Wrong(n - 1, fewer=n - 1, share=kept_by(Z, n - 1))


@q2.mistake(
    "One too many. Is `account_no` still in your table? It is a name written in digits: it goes "
    "with nothing, so it asks for a component of its own. Without it, {n} components keep "
    "{share:.1%}; the first that reaches 80 % is enough.",
    credit=0.5,
)
def with_the_account_number(case):
    Z, n = standard(case["guests"]), q2.answer(case)
    wrong = needed_for(standard(case["guests"], account=True))
    return Wrong(wrong, n=n, share=kept_by(Z, n))


# q3 ----------------------------------------------------------------------------------------------


@exercise.question(
    "k",
    points=4,
    title="How many groups",
    compare=number(1e-6),
    hints=[
        "Find groups for each k from 2 to 8 in the standardised measures. For which k do the "
        "guests sit best in their groups, on average?",
        '`choose_k(Z, range(2, 9), references=0, pairs=0)["silhouette"].idxmax()`.',
    ],
    again="lesson 06, step 6",
)
def q3(case):
    return int(silhouettes(standard(case["guests"])).idxmax())


@q3.mistake(
    "You looked at the inertia, and it is lowest for the largest k there is: a further group never "
    "makes anybody's way longer. It would be 0 with a group for each guest. Take the silhouette.",
    credit=0.25,
)
def lowest_inertia(case):
    return KS[-1]


@q3.mistake(
    "That is the best k of the table as it is. Unscaled, `month_value` decides who is "
    "near whom, and the other seven columns hardly count. Standardise first.",
    credit=0.5,
)
def silhouette_unscaled(case):
    return int(silhouettes(measures(case["guests"])).idxmax())


# q4 ----------------------------------------------------------------------------------------------


@exercise.question(
    "groups",
    points=4,
    title="Who is in which group",
    compare=labels("customer_id", "segment", ari=0.85),
    hints=[
        "One row a guest, with the number of the group. The numbers themselves do not matter.",
        "`find_segments(Z, k).labels.reset_index()` on the standardised measures.",
    ],
    again="lesson 06, steps 3 and 5",
)
def q4(case):
    return planted(case)


def as_table(found, case):
    return pd.DataFrame({"customer_id": case["guests"]["customer_id"], "segment": found})


def told_apart(X, found, column):
    """Return the share of a column's variance that lies between the groups."""
    means = X[column].groupby(found).transform("mean")
    return float(means.var(ddof=0) / X[column].var(ddof=0))


@q4.mistake(
    "Your groups are those of the unscaled table. They explain {much:.0%} of the differences in "
    "`month_value`, and {little:.0%} of those in `{other}`: the column with the largest numbers "
    "made them. Standardise first.",
    credit=0.25,
)
def groups_unscaled(case):
    raw = measures(case["guests"])
    found = find_segments(raw, q3.answer(case)).labels.to_numpy()
    shares = {name: told_apart(raw, found, name) for name in MEASURES}
    other = min(shares, key=shares.get)
    return Wrong(
        as_table(found, case), much=shares["month_value"], little=shares[other], other=other
    )


@q4.mistake(
    "Your groups follow `account_no`: they cut the numbers from {low:,} to {high:,} into "
    "stretches. A number that only names somebody is no feature. Put ids into the index.",
    credit=0.25,
)
def groups_by_account_number(case):
    raw = measures(case["guests"], account=True)
    found = find_segments(raw, q3.answer(case)).labels.to_numpy()
    numbers = raw["account_no"]
    return Wrong(as_table(found, case), low=int(numbers.min()), high=int(numbers.max()))


def another_number(right, answer):
    """Recognise any grouping with another number of groups."""
    many = answer.value["segment"].nunique(dropna=False)
    if answer.value["segment"].isna().any() or many in (1, right["segment"].nunique()) or many > 40:
        return None
    return {"many": many}


@q4.mistake(
    "Your guests are in {many} groups. That is another number than the silhouettes take; see "
    "question 3, and use that k here.",
    credit=0.25,
    match=another_number,
)
def another_k(case):
    return as_table(find_segments(standard(case["guests"]), 2).labels.to_numpy(), case)


def sizes_only(right, answer):
    """Recognise groups of the right sizes with the wrong members."""
    both = right.merge(answer.value, on="customer_id", suffixes=("", "_given"))
    if len(both) < len(right) or both["segment_given"].isna().any():
        return None
    wanted = np.sort(both["segment"].value_counts().to_numpy())
    given = np.sort(both["segment_given"].value_counts().to_numpy())
    if len(wanted) != len(given) or np.abs(wanted - given).max() > 0.04 * len(both):
        return None
    if compare_segments(both["segment"], both["segment_given"]).ari > 0.05:
        return None
    return {"sizes": ", ".join(f"{size}" for size in given[::-1])}


@q4.mistake(
    "Your groups have the right sizes ({sizes}) and the wrong members: the labels were sorted, or "
    "put beside the guests in another order. Keep the index when you join them.",
    credit=0.25,
    match=sizes_only,
)
def labels_in_another_order(case):
    found = find_segments(standard(case["guests"]), q3.answer(case)).labels
    return as_table(np.sort(found.to_numpy()), case)


# q5 ----------------------------------------------------------------------------------------------


@exercise.question(
    "agreement",
    points=4,
    title="Two methods, one table",
    compare=number(0.02, share=False),
    hints=[
        "Two groupings of the same guests, with the same k. The measure does not care what a group "
        "is called, and is 0 when they agree no better than by chance.",
        '`compare_segments(find_segments(Z, k), find_segments(Z, k, "hierarchical")).ari`.',
    ],
    again="lesson 06, step 5",
)
def q5(case, k):
    return agreed(*pair_of(standard(case["guests"]), int(k)))


@q5.mistake(
    "Both groupings are of the unscaled table. They may agree with each other; that does not make "
    "them right. Standardise first.",
    credit=0.5,
)
def agreement_unscaled(case, k):
    return agreed(*pair_of(measures(case["guests"]), int(k)))


@q5.mistake(
    "That is a plain share: of the pairs of guests on which the two agree (the Rand index without "
    "the adjustment), or of the guests in matched groups. With {k} groups most pairs are apart in "
    "any grouping, so such a share is high even for nonsense. Take the adjusted index.",
    credit=0.5,
)
def not_adjusted(case, k):
    return Wrong(plain_rand(*pair_of(standard(case["guests"]), int(k))), k=int(k))


@q5.mistake(
    "Your tree was built by single linkage, which merges the groups of the two nearest guests. It "
    "makes chains: one of your {k} groups holds {most} of {all} guests. The question asks for "
    "Ward.",
    credit=0.5,
)
def by_single_linkage(case, k):
    Z = standard(case["guests"])
    chains = single_linkage(Z, int(k))
    wrong = agreed(find_segments(Z, int(k)).labels.to_numpy(), chains)
    return Wrong(wrong, k=int(k), most=int(np.bincount(chains).max()), all=len(Z))


# q6 ----------------------------------------------------------------------------------------------

q6 = exercise.open_question(
    "q6",
    title="Carts or searches",
    compare=essay(
        Criterion("Reads both solutions in business terms", 5),
        Criterion("Uses validation and stability, not looks", 5),
        Criterion("Says what each data type can and cannot see", 4),
        Criterion("Clear recommendation with risk", 4),
        Criterion("Readable figures", 2),
    ),
    hints=[
        "Profile both groupings first: what would you call each group if you met it in the shop?",
        "A recommendation needs a decision it is for. Name the decision, then what would prove "
        "you wrong.",
    ],
    again="lesson 06, steps 7 and 8",
)
