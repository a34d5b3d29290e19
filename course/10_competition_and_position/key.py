"""What is right in exercise 10, which mistakes are known, and how the open answer is marked."""

import numpy as np
import pandas as pd

from whobuys.course import Criterion, Exercise, Wrong, essay, items, number, table
from whobuys.target import growth_rate, perceptual_map

OURS = "Lantern Chill"
RIVALS = ["Hundred Roots", "Red Gourd", "Pop Orchard", "Plain Leaf", "Seven Wells"]
FEATURES = ["taste", "good", "handy", "look", "value", "origin"]
OTHERS = "all others"
LAST = 2025
RATERS = 120
SEGMENTS = [
    "heritage loyals",
    "office refreshers",
    "curious sippers",
    "gift givers",
    "bargain hunters",
    "tea lovers",
]
TOWNS = ["Hangzhou", "Nanjing", "Wuhan", "Changsha", "Chengdu", "Chongqing"]
NOTES = [
    ("2026-04-14", "industry", "Cold tea is the part of the drinks shelf that grew most.",
     "trade association, yearly report"),
    ("2026-02-03", "policy", "From 2027 bottles must show sugar on the front.",
     "ministry, announcement"),
    ("2025-11-20", "industry", "Five brands and many small ones; shops list two cold teas each.",
     "own visits to 40 shops"),
    ("2026-05-08", "trend", "Buyers under 30 ask for drinks with less sugar.",
     "survey of a shop chain, 800 answers"),
    ("2019-06-30", "trend", "Nobody drinks tea cold in winter.", "trade magazine"),
    ("2026-03-11", "rival", "{leader} cut its price in two towns for a month.",
     "price labels, photographed"),
    ("2026-01-25", "rival", "{other} is looking for shops in the West.", "job advertisements"),
    ("2026-05-30", "trend", "Everybody is talking about herbs again.", ""),
]  # fmt: skip


# What students get -------------------------------------------------------------------------------


def extra(case):
    """Make a rating study, sales, towns and notes about the cold shelf, fair in all questions."""
    draw = np.random.default_rng([case.seed, 1010])
    for _ in range(400):
        made = study(draw)
        if made is not None:
            break
    names, near, flat, far = made.pop("names"), *made.pop("three")
    leader = str(draw.choice([name for name in names if name not in (OURS, near, flat, far)]))
    target = made["brief"]["target"].iloc[0]
    made["raters"] = wishes(draw, made.pop("roles"), target, made["brief"]["threshold"].iloc[0])
    made["sales"] = sales(draw, sorted(names), leader)
    made["towns"] = towns(draw)
    made["brands"] = shelf(draw, sorted(names))
    notes = pd.DataFrame(NOTES, columns=["date", "topic", "statement", "source"])
    notes["date"] = pd.to_datetime(notes["date"])
    notes["statement"] = [words.format(leader=leader, other=flat) for words in notes["statement"]]
    made["notes"] = notes
    return made


def study(draw):
    """Draw ratings in which nearest, nearest across and the leads are clear, or return None."""
    roles = dict(zip("ABCDEF", map(str, draw.permutation(FEATURES)), strict=True))
    names = [OURS, *map(str, draw.permutation(RIVALS))]
    mean = pd.DataFrame(0.0, index=names, columns=list("ABCDEF"))
    mean.loc[OURS, ["A", "B", "D", "E"]] = draw.uniform(3.9, 4.3, 4)
    mean.loc[OURS, ["C", "F"]] = draw.uniform([3.3, 2.5], [3.6, 2.8])
    twin, level = [-0.55, -0.55, 0.35, -0.55, -0.55, -0.4], [-0.3, -0.3, -0.4, -0.3, -0.3, 1.9]
    mean.loc[names[1]] = mean.loc[OURS].to_numpy() + twin + draw.uniform(-0.1, 0.1, 6)
    mean.loc[names[2]] = mean.loc[OURS].to_numpy() + level + draw.uniform(-0.1, 0.1, 6)
    for name in names[3:]:
        mean.loc[name] = mean.loc[OURS].to_numpy() - draw.uniform(0.4, 1.9, 6)
        mean.loc[name, "F"] = draw.uniform(2.4, 4.4)
    known = draw.random((RATERS, len(names))) < draw.uniform(0.5, 0.95, len(names))
    given = mean.to_numpy() + draw.normal(0, 0.8, (RATERS, len(names), len(FEATURES)))
    given += draw.normal(0, 0.3, (RATERS, 1, 1))
    given = np.rint(given).clip(1, 5)
    given[draw.random(given.shape) < 0.06] = np.nan
    given[~known] = np.nan
    means = np.nanmean(given, axis=0)
    left, size, _ = np.linalg.svd(means - means.mean(axis=0))
    gap = (left[1:, :2] - left[0, :2]) * size[:2]
    if np.hypot(*gap.T).argmin() == np.abs(gap[:, 0]).argmin():
        return None
    rated = pd.DataFrame(means, index=names, columns=list("ABCDEF"))
    three = clear(rated, names)
    if three is None:
        return None
    rater, brand = np.nonzero(known)
    ratings = pd.DataFrame(given[rater, brand], columns=list("ABCDEF")).rename(columns=roles)
    ratings = ratings[FEATURES]
    ratings.insert(0, "brand", np.array(names)[brand])
    ratings.insert(0, "rater", [f"R{place + 1:03}" for place in rater])
    ratings = ratings.sort_values(["rater", "brand"], ignore_index=True)
    brief = pd.DataFrame(
        {
            "target": [str(draw.choice(SEGMENTS))],
            "threshold": [float(draw.choice([3.6, 3.7, 3.8]))],
        }
    )
    return {"ratings": ratings, "brief": brief, "roles": roles, "names": names, "three": three}


def clear(rated, names):
    """Return the nearest, nearest across and farthest rival if all answers are clear, else None."""
    made = perceptual_map(rated.reset_index(names="brand").assign(brand=names), list("ABCDEF"))
    at = made.brands[["x", "y"]].to_numpy()
    gap = at[1:] - at[0]
    far, across = np.sqrt((gap**2).sum(axis=1)), np.abs(gap[:, 0])
    pull = made.features[["x", "y"]].abs().to_numpy()
    strong = np.sort(pull, axis=0)[-2:]
    order = np.argsort(far), np.argsort(across)
    three = [names[1 + place] for place in (order[0][0], order[1][0], order[0][-1])]
    ours, rivals = rated.loc[OURS], rated.drop(index=OURS)
    near = rated.loc[three[0]]
    leads = ours - rivals.max()
    clear_leads = (
        leads[["A", "B", "D", "E"]].min() > 0.06
        and leads[["C", "F"]].max() < -0.06
        and ours["C"] - rivals["C"].mean() > 0.06
        and near["C"] - ours["C"] > 0.06
        and rivals["F"].mean() - ours["F"] > 0.06
        and ours["F"] - near["F"] > 0.06
    )
    clear_map = (
        three[0] != three[1]
        and np.diff(np.sort(far))[[0, -1]].min() > 0.05
        and np.diff(np.sort(across))[0] > 0.05
        and made.explained[0] - made.explained[1] > 0.1
        and made.explained[1] > 0.12
        and (strong[1] - strong[0]).min() > 0.01
    )
    return three if clear_leads and clear_map else None


def wishes(draw, roles, target, threshold):
    """Draw what matters to each rater: the role D to everybody but the target, E to nobody."""
    for _ in range(100):
        kinds = [target] * 36 + list(
            draw.choice([kind for kind in SEGMENTS if kind != target], RATERS - 36)
        )
        kinds = np.array(kinds)[draw.permutation(RATERS)]
        mine = kinds == target
        columns = {}
        for role, feature in roles.items():
            mean = {"D": np.where(mine, 2.6, 4.75), "E": np.full(RATERS, 2.5)}.get(
                role, np.full(RATERS, draw.uniform(4.1, 4.6))
            )
            drawn = np.rint(mean + draw.normal(0, 0.7, RATERS)).clip(1, 5)
            columns[f"importance_{feature}"] = drawn.astype(int)
        raters = pd.DataFrame(columns)
        means = raters.groupby(mine).mean().loc[True], raters.mean()
        if min((mean - threshold).abs().min() for mean in means) > 0.08:
            break
    raters = raters[[f"importance_{feature}" for feature in FEATURES]]
    raters.insert(0, "segment", kinds)
    raters.insert(0, "rater", [f"R{place + 1:03}" for place in range(RATERS)])
    return raters


def sales(draw, names, leader):
    """Draw bottles and revenue; the leader sells most, and we do not grow as the market does."""
    years = int(draw.integers(3, 7))
    for _ in range(50):
        made = sold_by_year(draw, names, leader, years)
        by = made.pivot_table(index="year", columns="brand", values="revenue", aggfunc="sum")
        market = by.sum(axis=1)
        ours = growth_rate(by[OURS].iloc[0], by[OURS].iloc[-1], years)
        if abs(ours - growth_rate(market.iloc[0], market.iloc[-1], years)) > 0.01:
            break
    return made


def sold_by_year(draw, names, leader, years):
    rows = []
    for name in [*names, OTHERS]:
        bottles = draw.uniform(300, 900) if name != leader else 1500
        bottles = draw.uniform(700, 1100) if name == OTHERS else bottles
        price = draw.uniform(5.2, 7.5) if name == leader else draw.uniform(3.5, 7.5)
        growth = draw.uniform(0.06, 0.22)
        for year in range(LAST - years, LAST + 1):
            sold = bottles * (1 + growth) ** (year - LAST + years) * draw.uniform(0.95, 1.05)
            rows.append((year, name, round(sold, 1), round(sold * price, 1)))
    return pd.DataFrame(rows, columns=["year", "brand", "bottles", "revenue"])


def towns(draw):
    """Draw households and buyers; the large towns are reached less."""
    households = np.sort(draw.integers(40, 400, len(TOWNS)))[::-1] * 1000
    reach = np.sort(draw.uniform(0.05, 0.16, len(TOWNS)))
    category = draw.uniform(0.35, 0.6, len(TOWNS))
    order = draw.permutation(len(TOWNS))
    made = pd.DataFrame(
        {
            "households": households,
            "category_buyers": (households * category).round().astype(int),
            "our_buyers": (households * reach).round().astype(int),
        }
    ).iloc[order]
    made.insert(0, "town", TOWNS)
    return made.reset_index(drop=True)


def shelf(draw, names):
    """Draw the price labels and how many know each brand."""
    usual = draw.choice(np.arange(3.5, 9, 0.5), len(names), replace=False)
    return pd.DataFrame(
        {
            "brand": names,
            "ours": [name == OURS for name in names],
            "price_low": (usual * draw.uniform(0.7, 0.9, len(names))).round(1),
            "price_typical": usual,
            "price_high": (usual * draw.uniform(1.1, 1.6, len(names))).round(1),
            "awareness": draw.uniform(0.3, 0.95, len(names)).round(2),
        }
    )


exercise = Exercise(
    "10_competition_and_position",
    "Competition and position: the cold shelf",
    company="teahouse",
    tables=("products",),
    extra=extra,
)


# q1 ----------------------------------------------------------------------------------------------


def mean_ratings(case, how="mean"):
    return case["ratings"].groupby("brand")[FEATURES].agg(how).reset_index()


def placed(rated, **how):
    return perceptual_map(rated, FEATURES, **how).brands


def shifted(right, answer):
    """Return right and given places side by side, or None where a brand is missing."""
    both = right.merge(answer.value, on="brand", suffixes=("", "_given"))
    return both if len(both) == len(right) == len(answer.value) else None


@exercise.question(
    "places",
    points=4,
    title="The map",
    compare=table("brand", ["x", "y"], tolerance=0.01),
    hints=[
        "First the mean of each feature for each brand; a missing rating is left out of its mean. "
        "Then the map of the six rows of means.",
        "`perceptual_map(means, features).brands` does it, and turns the axes as the question "
        "says. Do not standardise: all ratings are on one scale.",
    ],
    again="lesson 10, step 4",
)
def q1(case):
    return placed(mean_ratings(case))


def turned(right, answer):
    """Recognise the right map, mirrored on one axis or on both."""
    both = shifted(right, answer)
    if both is None:
        return None
    flipped = [
        (both[name] + both[f"{name}_given"]).abs().max() <= 0.011
        and (both[name] - both[f"{name}_given"]).abs().max() > 0.011
        for name in ("x", "y")
    ]
    same = [(both[n] - both[f"{n}_given"]).abs().max() <= 0.011 for n in ("x", "y")]
    if not any(flipped) or not all(f or s for f, s in zip(flipped, same, strict=True)):
        return None
    which = {(True, True): "both axes", (True, False): "the first axis"}
    return {"which": which.get(tuple(flipped), "the second axis")}


@q1.mistake(
    "Your map is right but mirrored on {which}. All distances are the same; so that two people can "
    "lay their maps on each other, the feature with the strongest correlation points right on the "
    "first axis and up on the second.",
    credit=0.75,
    match=turned,
)
def mirrored(case):
    right = q1.answer(case)
    return Wrong(right.assign(x=-right["x"]), which="the first axis")


@q1.mistake(
    "You gave every feature the same spread before mapping. The ratings are on one scale already; "
    "standardised, a feature in which the brands hardly differ counts as much as one that tells "
    "them apart.",
    credit=0.5,
)
def standardised(case):
    return placed(mean_ratings(case), standardise=True)


@q1.mistake(
    "A missing rating went into your means as 0. {missing:,} ratings are missing, because somebody "
    "skipped the line; nobody thought it worth 0. Leave them out of the mean.",
    credit=0.5,
)
def missing_as_zero(case):
    ratings = case["ratings"]
    filled = ratings.assign(**ratings[FEATURES].fillna(0))
    missing = int(ratings[FEATURES].isna().sum().sum())
    return Wrong(placed(filled.groupby("brand")[FEATURES].mean().reset_index()), missing=missing)


@q1.mistake(
    "Your two columns have changed places. The first axis, `x`, is the direction in which the "
    "brands differ most.",
    credit=0.75,
)
def axes_exchanged(case):
    return q1.answer(case).rename(columns={"x": "y", "y": "x"})


# q2 ----------------------------------------------------------------------------------------------


def gaps(places):
    """Return how far each rival is from us, across and up."""
    at = places.set_index("brand")[["x", "y"]]
    return (at - at.loc[OURS]).drop(OURS).abs()


def ranked(distance):
    """Return brand, distance and rank, the nearest first."""
    table = distance.sort_values(kind="stable").rename("distance").rename_axis("brand")
    return table.reset_index().assign(rank=range(1, len(table) + 1))


@exercise.question(
    "distances",
    points=2,
    title="The nearest rival",
    compare=table("brand", ["distance", "rank"], tolerance=0.01),
    hints=[
        "Distance on a map goes across and up: square both gaps, add them, take the root.",
        '`nearest_rival(places, "Lantern Chill")` gives just this table.',
    ],
    again="lesson 10, step 4",
)
def q2(case, places):
    gap = gaps(places)
    return ranked(np.hypot(gap["x"], gap["y"]))


@q2.mistake(
    "You measured across only. {brand} stands at nearly the same place on the first axis, and is "
    "not the nearest; a map has two axes.",
    credit=0.5,
)
def first_axis_only(case, places):
    wrong = ranked(gaps(places)["x"])
    return Wrong(wrong, brand=wrong["brand"].iloc[0])


@q2.mistake(
    "Your distances are still squared: {brand} is {distance:.2f} away, not {squared:.2f}. Take the "
    "root; the order stays.",
    credit=0.75,
)
def still_squared(case, places):
    right = q2.answer(case, places)
    far = right.iloc[-1]
    return Wrong(
        right.assign(distance=right["distance"] ** 2),
        brand=far["brand"],
        distance=far["distance"],
        squared=far["distance"] ** 2,
    )


@q2.mistake(
    "You added the gap across and the gap up. That is the way along the streets of a grid; on a "
    "map one goes straight.",
    credit=0.5,
)
def along_the_streets(case, places):
    return ranked(gaps(places).sum(axis=1))


@q2.mistake(
    "Your ranks run the wrong way: {brand} stands farthest from us and has your 1.", credit=0.5
)
def farthest_first(case, places):
    right = q2.answer(case, places)
    wrong = right.assign(rank=len(right) + 1 - right["rank"])
    return Wrong(wrong, brand=right["brand"].iloc[-1])


@q2.mistake(
    "Lantern Chill stands in your table as its own nearest rival, at distance 0. Leave it out.",
    credit=0.5,
)
def ourselves_too(case, places):
    right = q2.answer(case, places)
    own = pd.DataFrame({"brand": [OURS], "distance": [0.0], "rank": [1]})
    return pd.concat([own, right.assign(rank=right["rank"] + 1)], ignore_index=True)


# q3 ----------------------------------------------------------------------------------------------


def importance(case, everybody=False):
    raters, target = case["raters"], case["brief"]["target"].iloc[0]
    asked = raters if everybody else raters[raters["segment"] == target]
    return asked[[f"importance_{feature}" for feature in FEATURES]].mean().set_axis(FEATURES)


def wanted(case, **how):
    return importance(case, **how) >= case["brief"]["threshold"].iloc[0]


def beaten(case, rival="max"):
    """Say in which features we beat the rivals' best, their mean, or one named rival."""
    rated = mean_ratings(case).set_index("brand")
    others = rated.drop(index=OURS)
    return rated.loc[OURS] > (others.loc[rival] if rival in others.index else others.agg(rival))


def chosen(flags):
    return [feature for feature in FEATURES if flags[feature]]


@exercise.question(
    "advantages",
    points=4,
    title="Advantages that are wanted",
    compare=items("features"),
    hints=[
        "Two questions for each feature: does it matter enough to the target, and is our mean "
        "rating above that of every rival?",
        "`feature_matrix(means, features, prefix='', ours='Lantern Chill', importance=..., "
        "at_least=...)`; the answer is where the verdict is “point of difference”. The importance "
        "is the mean over the raters of the target segment.",
    ],
    again="lesson 10, step 3",
)
def q3(case):
    return chosen(wanted(case) & beaten(case))


@q3.mistake(
    "You took everything in which we beat the rivals. {lost} is among it, and the target gives it "
    "{score:.1f} of 5: a lead nobody there asked for.",
    credit=0.5,
)
def wanted_or_not(case):
    flags = beaten(case)
    lost = chosen(flags & ~wanted(case))[0]
    return Wrong(chosen(flags), lost=lost, score=importance(case)[lost])


@q3.mistake(
    "You averaged the importance over all raters. {lost} matters to the others and not to the "
    "target ({score:.1f} of 5). An advantage is one in the eyes of those we want.",
    credit=0.5,
)
def wanted_by_others(case):
    flags = beaten(case) & wanted(case, everybody=True)
    lost = chosen(flags & ~wanted(case))[0]
    return Wrong(chosen(flags), lost=lost, score=importance(case)[lost])


@q3.mistake(
    "You compared with the average rival. In {lost} we are above the average, but {best} is better "
    "than we are, and a buyer can buy there.",
    credit=0.5,
)
def above_the_average(case):
    flags = beaten(case, "mean") & wanted(case)
    lost = chosen(flags & ~beaten(case))[0]
    rated = mean_ratings(case).set_index("brand")[lost]
    return Wrong(chosen(flags), lost=lost, best=rated.idxmax())


@q3.mistake(
    "You compared with the nearest rival only. In {lost} we beat {near}, and others beat us.",
    credit=0.5,
)
def nearest_only(case):
    near = q2.answer(case, q1.answer(case))["brand"].iloc[0]
    flags = beaten(case, near) & wanted(case)
    return Wrong(chosen(flags), lost=chosen(flags & ~beaten(case))[0], near=near)


@q3.mistake(
    "That is all the target wants. An advantage also needs the comparison: in {lost} a rival is "
    "rated above us.",
    credit=0.25,
)
def no_comparison(case):
    flags = wanted(case)
    return Wrong(chosen(flags), lost=chosen(flags & ~beaten(case))[0])


# q4 ----------------------------------------------------------------------------------------------


def shares(sold, value="revenue", others=True):
    """Return each named brand's share of what was sold."""
    by = sold.groupby("brand")[value].sum()
    named = by.drop(OTHERS)
    return (named / (by if others else named).sum()).rename("share").reset_index()


def last_year(case):
    return case["sales"][case["sales"]["year"] == LAST]


@exercise.question(
    "shares",
    points=4,
    title="Market shares",
    compare=table("brand", ["share"], tolerance=0.0005, optional=[OTHERS]),
    hints=[
        "A share is a part of the whole market. Which year, which measure, and who belongs to the "
        "whole?",
        "Keep the rows of 2025, divide `revenue` by the sum of all seven rows, then leave “all "
        "others” out of the table.",
    ],
    again="lesson 10, step 1",
)
def q4(case):
    return shares(last_year(case))


@q4.mistake(
    "Yours are shares of bottles. Of money {brand} has {money:.1%}, of bottles {bottles:.1%}: the "
    "difference is its price. The question asks for revenue.",
    credit=0.5,
)
def share_of_bottles(case):
    money, bottles = q4.answer(case), shares(last_year(case), "bottles")
    most = (money["share"] - bottles["share"]).abs().idxmax()
    return Wrong(
        bottles,
        brand=money["brand"][most],
        money=money["share"][most],
        bottles=bottles["share"][most],
    )


@q4.mistake(
    "Your shares add up to 1 over the six named brands. “All others” sold for {others:,.0f} "
    "thousand yuan in 2025 and belong to the market; without them every share is too high.",
    credit=0.5,
)
def without_the_others(case):
    sold = last_year(case)
    others = sold.loc[sold["brand"] == OTHERS, "revenue"].sum()
    return Wrong(shares(sold, others=False), others=others)


@q4.mistake(
    "You added up all years from {first} to 2025. A share is of one year; old years hide who is "
    "gaining.",
    credit=0.5,
)
def all_years(case):
    return Wrong(shares(case["sales"]), first=str(case["sales"]["year"].min()))


@q4.mistake("Right, but in percent. Give shares of 1: {share:.3f}.", credit=0.75)
def shares_in_percent(case):
    right = q4.answer(case)
    return Wrong(right.assign(share=right["share"] * 100), share=right["share"].max())


@q4.mistake(
    "Yours are relative shares: each brand against the largest. A market share is the part of the "
    "whole market.",
    credit=0.25,
)
def against_the_leader(case):
    right = q4.answer(case)
    return right.assign(share=right["share"] / right["share"].max())


# q5 ----------------------------------------------------------------------------------------------


@exercise.question(
    "penetration",
    points=3,
    title="Penetration",
    compare=number(0.0005),
    hints=[
        "How many could, and how many do? Households that buy no cold tea yet could.",
        "The sum of `our_buyers` over all towns, divided by the sum of `households`.",
    ],
    again="lesson 10, step 1",
)
def q5(case):
    sums = case["towns"].sum(numeric_only=True)
    return sums["our_buyers"] / sums["households"]


@q5.mistake(
    "You divided by those who buy cold tea already. That is our reach among the category's buyers "
    "({share:.1%}); penetration counts every household that could.",
    credit=0.5,
)
def of_category_buyers(case):
    sums = case["towns"].sum(numeric_only=True)
    share = sums["our_buyers"] / sums["category_buyers"]
    return Wrong(share, share=share)


@q5.mistake(
    "You took the mean of the towns' rates, as if {small} counted as much as {large}. Add up the "
    "people first, then divide.",
    credit=0.5,
)
def mean_of_rates(case):
    towns = case["towns"].set_index("town")
    rate = (towns["our_buyers"] / towns["households"]).mean()
    return Wrong(rate, small=towns["households"].idxmin(), large=towns["households"].idxmax())


@q5.mistake(
    "That is the penetration of cold tea as a whole, all brands. Ours needs `our_buyers` on top.",
    credit=0.25,
)
def the_category(case):
    sums = case["towns"].sum(numeric_only=True)
    return sums["category_buyers"] / sums["households"]


@q5.mistake("Right, but in percent. Give a share of 1: {share:.4f}.", credit=0.75)
def penetration_in_percent(case):
    share = q5.answer(case)
    return Wrong(share * 100, share=share)


# q6 ----------------------------------------------------------------------------------------------


def ends(case, brand=None):
    """Return first and last revenue, and the years between them."""
    sold = case["sales"] if brand is None else case["sales"].query("brand == @brand")
    by = sold.groupby("year")["revenue"].sum().sort_index()
    return by.iloc[0], by.iloc[-1], int(by.index[-1] - by.index[0])


def two_rates(case, rate, brand=None):
    first, last, years = ends(case, brand)
    rates = [rate(1.0, 20.0, 4), rate(first, last, years)]
    return pd.DataFrame({"what": ["slide", "market"], "growth": rates})


@exercise.question(
    "growth",
    points=3,
    title="Growth a year",
    compare=table("what", ["growth"], tolerance=0.001),
    hints=[
        "By what factor must a value be multiplied each year to be 20 times as large after four? "
        "Growth is that factor less 1.",
        "`growth_rate(1, 20, 4)`; for the market its revenue in the first year, in the last, and "
        "the years between them.",
    ],
    again="lesson 10, step 1",
)
def q6(case):
    return two_rates(case, growth_rate)


@q6.mistake(
    "Yours are the factors: {factor:.3f} says that one yuan becomes {factor:.3f}. The growth is "
    "what was added: take 1 off.",
    credit=0.5,
)
def factor_not_growth(case):
    return Wrong(two_rates(case, lambda a, b, n: (b / a) ** (1 / n)), factor=20**0.25)


@q6.mistake(
    "You spread the growth evenly over the years. Next year grows on top of this one: at 475% a "
    "year four years would make {times:,.0f} times, not 20. Take the root.",
    credit=0.25,
)
def spread_evenly(case):
    return Wrong(two_rates(case, lambda a, b, n: (b / a - 1) / n), times=5.75**4)


@q6.mistake(
    "You counted the years at both ends. From {first} to 2025 there are {years} steps, not "
    "{more}; four years are four steps.",
    credit=0.5,
)
def years_at_both_ends(case):
    years = ends(case)[2]
    wrong = two_rates(case, lambda a, b, n: growth_rate(a, b, n + 1))
    return Wrong(wrong, first=str(LAST - years), years=years, more=years + 1)


@q6.mistake(
    "The slide's growth is right. For the market you counted the years at both ends: from {first} "
    "to 2025 there are {years} steps, not {more}.",
    credit=0.75,
)
def market_years_at_both_ends(case):
    first, last, years = ends(case)
    wrong = q6.answer(case)
    wrong.loc[wrong["what"] == "market", "growth"] = growth_rate(first, last, years + 1)
    return Wrong(wrong, first=str(LAST - years), years=years, more=years + 1)


@q6.mistake(
    "The slide's growth is right. For the market you took our own brand; the market is all brands, "
    "“all others” among them.",
    credit=0.5,
)
def our_brand_only(case):
    return two_rates(case, growth_rate, OURS)


@q6.mistake("Right, but in percent. Give shares of 1: {share:.3f} for the market.", credit=0.75)
def growth_in_percent(case):
    right = q6.answer(case)
    return Wrong(right.assign(growth=right["growth"] * 100), share=right["growth"].iloc[1])


# q7 ----------------------------------------------------------------------------------------------

q7 = exercise.open_question(
    "q7",
    title="The form, and a new position",
    compare=essay(
        Criterion("Form complete: performance, features, advantages, industry, rivals", 5),
        Criterion("Advantage is relative and wanted by the target", 5),
        Criterion("Position in one sentence, with category and reason", 4),
        Criterion("Weak points admitted", 3),
        Criterion("Evidence and dates of sources", 3),
    ),
    hints=[
        "Fill the form line by line, each with a number of your tables; then ask what the lines "
        "together allow you to say.",
        "For … (target), … (brand) is the … (category) that … (advantage), because … (reason). "
        "Each gap is filled by one line of the form.",
    ],
    again="lesson 10, step 5",
)
