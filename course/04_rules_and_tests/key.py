"""What is right in exercise 04, which mistakes are known, and how the open answer is marked."""

import numpy as np
import pandas as pd

from whobuys.course import Criterion, Exercise, Wrong, essay, items, table
from whobuys.market import market
from whobuys.segment import Rule, classify, five_tests, lifecycle_state, rule_report

NEEDED = ["transactions", "customers", "products", "accounts", "interactions"]
UNREPORTED = 0.05
AGREED = 0.88

IS_KEY = "orders >= 12 and margin >= 150"
RULES = [
    Rule("key", IS_KEY),
    Rule("ordinary", f"orders > 0 and not ({IS_KEY})"),
    Rule("potential", "orders == 0 and activity >= 20"),
]
MIXED = [
    Rule("frequent", "orders >= 12"),
    Rule("low-value", "margin < 150"),
    Rule("potential", "orders == 0"),
]
SEGMENTS = ["key", "ordinary", "potential"]
MEASURES = ["visits", "activity", "age"]
FLOORS = {
    "placed": 0.95,
    "reachable": 0.85,
    "size": 0.05,
    "value": 0.05,
    "difference": 0.50,
    "owner and offer": 1,
}


def extra(case):
    """Make the sheet of the bank, with margins some branch did not report, and the plan."""
    bank = market(case.company, case.seed, tables=NEEDED)
    draw = np.random.default_rng([case.seed, 404])
    lines = bank["transactions"].merge(bank["products"], on="product_id")
    lines["margin"] = lines["amount"] - lines["quantity"] * lines["unit_cost"]
    by = lines.groupby("customer_id")
    talks = bank["interactions"].query("kind == 'visit'").groupby("customer_id").size()
    states = lifecycle_state(bank["transactions"], as_of=bank.as_of, customers=bank["customers"])
    sheet = bank["customers"][["customer_id", "age"]].merge(bank["accounts"], on="customer_id")
    sheet = sheet.merge(states[["customer_id", "state"]], on="customer_id")
    who = sheet["customer_id"]
    sheet["orders"] = who.map(by["order_id"].nunique()).fillna(0).astype(int)
    sheet["margin"] = who.map(by["margin"].sum().round(2)).fillna(0.0)
    sheet["balances"] = (sheet["deposits"] + sheet["investments"]).round(2)
    sheet["visits"] = who.map(talks).fillna(0).astype(int)
    silent = (draw.random(len(sheet)) >= AGREED) | (sheet["activity"] == 0)
    sheet["channel"] = sheet["channel"].mask(silent, "")
    lost = (draw.random(len(sheet)) < UNREPORTED) & (sheet["orders"] > 0)
    sheet["margin"] = sheet["margin"].mask(lost)
    columns = ["customer_id", "orders", "margin", "state", "balances", "activity", "visits"]
    ordinary = "sales" if draw.random() < 0.5 else ""
    plan = pd.DataFrame(
        {
            "segment": SEGMENTS,
            "owner": ["account manager", ordinary, "marketing"],
            "offer": ["a yearly review", "the app, explained", ""],
        }
    )
    return {"sheet": sheet[[*columns, "age", "channel"]], "plan": plan}


exercise = Exercise(
    "04_rules_and_tests",
    "Rules and tests: does the list hold?",
    company="citybank",
    tables=("customers",),
    extra=extra,
)


# q1 ----------------------------------------------------------------------------------------------


def labelled(sheet, rules=RULES, otherwise="no class", undecided="undecided"):
    found = classify(sheet, rules, otherwise=otherwise, undecided=undecided)
    return sheet[["customer_id"]].assign(segment=found)


def key_by(condition):
    """Return the rules of the napkin with another condition for key."""
    return [
        Rule("key", condition),
        Rule("ordinary", f"orders > 0 and not ({condition})"),
        RULES[2],
    ]


@exercise.question(
    "classes",
    points=5,
    title="Key, ordinary, potential",
    compare=table("customer_id", {"segment": "text"}),
    hints=[
        "Ask of each customer whether the rule is true, false, or cannot be known. A margin only "
        "matters for those with 12 orders or more.",
        'Write each class as a `Rule`; `classify(sheet, rules, otherwise="no class", '
        'undecided="undecided")` never takes a missing margin for a number.',
    ],
    again="lesson 04, step 2",
)
def q1(case):
    return labelled(case["sheet"])


@q1.mistake(
    "“12 or more” counts the 12 in. {edge} customers have exactly 12 orders, and {customer} is one "
    "of them who should be key. Write >= where you wrote >.",
    credit=0.5,
)
def strictly_above(case):
    sheet = case["sheet"]
    wrong = labelled(sheet, key_by("orders > 12 and margin > 150"))
    right = q1.answer(case)["segment"]
    first = sheet.index[(wrong["segment"] != right) & (right == "key")][0]
    return Wrong(
        wrong, edge=int((sheet["orders"] == 12).sum()), customer=sheet["customer_id"][first]
    )


@q1.mistake(
    "Your key customers meet one of the two conditions; the napkin says *and*. {customer} has "
    "{orders} orders and a margin of {margin:.2f} euros, and is ordinary.",
    credit=0.25,
)
def either_condition(case):
    sheet = case["sheet"]
    wrong = labelled(sheet, key_by("orders >= 12 or margin >= 150"))
    odd = (wrong["segment"] == "key") & (sheet["margin"] < 150)
    row = sheet[odd].iloc[0]
    return Wrong(wrong, customer=row["customer_id"], orders=row["orders"], margin=row["margin"])


@q1.mistake(
    "You took a missing margin for a low one. {customer} has {orders} orders and no margin on "
    "file; whether that is a key customer, nobody can say. {open} customers are undecided.",
    credit=0.5,
)
def missing_is_zero(case):
    sheet = case["sheet"]
    gap = sheet[(q1.answer(case)["segment"] == "undecided")].iloc[0]
    wrong = labelled(sheet.fillna({"margin": 0.0}))
    return Wrong(
        wrong,
        customer=gap["customer_id"],
        orders=gap["orders"],
        open=int((q1.answer(case)["segment"] == "undecided").sum()),
    )


@q1.mistake(
    "All {missing} customers without a margin are undecided in your table. But {customer} has "
    "{orders}: no margin in the world makes that 12. Only where the margin decides "
    "is the class open.",
    credit=0.5,
)
def every_gap_is_open(case):
    sheet = case["sheet"]
    wrong = q1.answer(case)
    wrong["segment"] = wrong["segment"].mask(sheet["margin"].isna(), "undecided")
    row = sheet[sheet["margin"].isna() & (sheet["orders"] < 12)].iloc[0]
    orders = f"{row['orders']} order{'s' if row['orders'] != 1 else ''}"
    missing = int(sheet["margin"].isna().sum())
    return Wrong(wrong, missing=missing, customer=row["customer_id"], orders=orders)


@q1.mistake(
    "Your potential class holds everybody without an order. The napkin also asks that money moved "
    "20 times or more; {idle} of yours moved it less often and are in no class.",
    credit=0.5,
)
def all_without_an_order(case):
    sheet = case["sheet"]
    wrong = labelled(sheet, [*RULES[:2], Rule("potential", "orders == 0")])
    return Wrong(wrong, idle=int((wrong["segment"] != q1.answer(case)["segment"]).sum()))


@q1.mistake(
    "You made the rest ordinary. Ordinary asks for at least one order, and {rest} of your ordinary "
    "customers have none; they are in no class.",
    credit=0.5,
)
def the_rest_is_ordinary(case):
    wrong = q1.answer(case).replace({"segment": {"no class": "ordinary"}})
    return Wrong(wrong, rest=int((wrong["segment"] != q1.answer(case)["segment"]).sum()))


# q2 ----------------------------------------------------------------------------------------------


def counted(classes):
    return classes.groupby("segment").size().rename("customers").reset_index()


@exercise.question(
    "counts",
    points=3,
    title="The counts",
    compare=table("segment", ["customers"]),
    hints=[
        "Five classes, five rows; together they are all the customers of the sheet.",
        "`groupby` on the column `segment` of `classes`, then `size`.",
    ],
    again="lesson 04, step 2",
)
def q2(case, classes):
    return counted(classes)


@q2.mistake(
    "You gave shares. The question asks how many customers: {count:,} key ones, not {share:.3f}.",
    credit=0.5,
)
def shares_of_customers(case, classes):
    right = counted(classes).set_index("segment")["customers"]
    share = right / right.sum()
    return Wrong(share.reset_index(), count=int(right["key"]), share=share["key"])


@q2.mistake(
    "You counted the three classes of the napkin and left out {left} customers: those in no class "
    "and the undecided. A list that hides whom it cannot place looks complete.",
    credit=0.5,
)
def only_the_placed(case, classes):
    right = counted(classes)
    placed = right["segment"].isin(SEGMENTS)
    return Wrong(right[placed], left=int(right.loc[~placed, "customers"].sum()))


@q2.mistake(
    "Your {open} undecided customers stand under “no class”. They have a class; we do not know "
    "which. Give them a row of their own.",
    credit=0.5,
)
def undecided_in_none(case, classes):
    open_ = int((classes["segment"] == "undecided").sum())
    wrong = counted(classes.replace({"segment": {"undecided": "no class"}}))
    return Wrong(wrong, open=open_)


# q3 ----------------------------------------------------------------------------------------------


def falls(none, one, several, undecided):
    names = ["none", "one", "two or more", "undecided"]
    return pd.DataFrame({"falls_in": names, "customers": [none, one, several, undecided]})


def fall_counts(sheet, rules=MIXED):
    report = rule_report(sheet, rules)
    return [report.count(name) for name in ("none", "one", "two or more", "undecided")]


@exercise.question(
    "overlap",
    points=4,
    title="A mixed list",
    compare=table("falls_in", ["customers"]),
    hints=[
        "Ask each of the three questions of everybody, also of those who have a class already. "
        "Then count how many answers are yes.",
        "`rule_report(sheet, rules).coverage` has the four counts. Taking the first rule that fits "
        "cannot find a second.",
    ],
    again="lesson 04, step 3",
)
def q3(case):
    return falls(*fall_counts(case["sheet"]))


def first_in_one(right, answer):
    """Recognise the first class that fits; the undecided have a row or are among those in none."""
    given = answer.value.set_index("falls_in")["customers"]
    want = right.set_index("falls_in")["customers"]
    moved = given.get("one") == want["one"] + want["two or more"]
    nobody = want["two or more"] > 0 and given.get("two or more", 0) == 0
    pair = (given.get("none"), given.get("undecided", 0))
    apart = pair == (want["none"], want["undecided"])
    together = pair == (want["none"] + want["undecided"], 0)
    return {} if moved and nobody and (apart or together) else None


@q3.mistake(
    "You gave each customer the first class that fits, so nobody can be in two. {two} customers "
    "meet two conditions; {pair} of them come often and leave little.",
    credit=0.25,
    match=first_in_one,
)
def first_match_hides(case):
    sheet = case["sheet"]
    none, one, several, undecided = fall_counts(sheet)
    pairs = rule_report(sheet, MIXED).overlaps.set_index(["first", "second"])["customers"]
    wrong = falls(none, one + several, 0, undecided)
    return Wrong(wrong, two=several, pair=int(pairs["frequent", "low-value"]))


@q3.mistake(
    "A missing margin is counted as a margin below 150. {gaps} customers have none on file; the "
    "frequent ones among them became “two or more”, the others “one”.",
    credit=0.5,
)
def missing_is_low(case):
    sheet = case["sheet"]
    wrong = falls(*fall_counts(sheet.fillna({"margin": 0.0})))
    return Wrong(wrong, gaps=int(sheet["margin"].isna().sum()))


def open_in_none(right, answer):
    """Recognise the undecided among those in none, with their row at 0 or left out."""
    given = answer.value.set_index("falls_in")["customers"]
    want = right.set_index("falls_in")["customers"]
    alike = all(given.get(name) == want[name] for name in ("one", "two or more"))
    together = given.get("none") == want["none"] + want["undecided"]
    if want["undecided"] and alike and together and given.get("undecided", 0) == 0:
        return {"open": int(want["undecided"])}
    return None


@q3.mistake(
    "Your “none” holds {open} customers whose margin nobody reported. In pandas a comparison with "
    "a missing value is False, without a word. They may be low-value: they are undecided.",
    credit=0.5,
    match=open_in_none,
)
def silent_false(case):
    none, one, several, undecided = fall_counts(case["sheet"])
    return falls(none + undecided, one, several, 0)


@q3.mistake(
    "You called all {gaps} customers without a margin undecided. But {sure} of them have 12 orders "
    "or more: they are surely *frequent*, whatever their margin. Only the {open} in no class "
    "are undecided.",
    credit=0.5,
)
def every_gap_undecided(case):
    sheet = case["sheet"]
    gaps = sheet["margin"].isna()
    none, one, several, _ = fall_counts(sheet[~gaps])
    open_ = int(fall_counts(sheet)[3])
    wrong = falls(none, one, several, int(gaps.sum()))
    return Wrong(wrong, gaps=int(gaps.sum()), sure=int(gaps.sum()) - open_, open=open_)


@q3.mistake(
    "Your “one” holds those in two as well. {two} customers are counted twice, and the four rows "
    "add up to more than the sheet has.",
    credit=0.5,
)
def at_least_one(case):
    none, one, several, undecided = fall_counts(case["sheet"])
    return Wrong(falls(none, one + several, several, undecided), two=several)


@q3.mistake(
    "“12 orders or more” counts the 12 in; with > you moved {edge} customers with exactly 12 "
    "orders out of *frequent*.",
    credit=0.5,
)
def frequent_above_twelve(case):
    sheet = case["sheet"]
    wrong = falls(*fall_counts(sheet, [Rule("frequent", "orders > 12"), *MIXED[1:]]))
    return Wrong(wrong, edge=int((sheet["orders"] == 12).sum()))


# q4 ----------------------------------------------------------------------------------------------


def joined(case, classes):
    named = classes.assign(segment=classes["segment"].where(classes["segment"].isin(SEGMENTS)))
    return case["sheet"].merge(named[["customer_id", "segment"]], on="customer_id")


def wide(case, classes):
    tests = five_tests(
        joined(case, classes),
        fields=["orders", "margin"],
        reach="channel",
        value="margin",
        measures=MEASURES,
        plan=case["plan"],
    )
    values = tests.pivot(index="segment", columns="measure", values="value")
    return values.rename_axis(columns=None).reset_index()


def distances(case, classes, how):
    """Return the distance of each segment to another, by the largest of the three measures."""
    people = joined(case, classes)
    people = people[people["segment"].notna()]
    groups = people.groupby("segment")[MEASURES]
    spread = (case["sheet"] if how == "sheet" else people)[MEASURES].std()
    if how == "farthest":
        inside = ((people[MEASURES] - groups.transform("mean")) ** 2).sum()
        spread = (inside / (len(people) - people["segment"].nunique())) ** 0.5
    means = groups.mean() / spread
    found = {}
    for one in means.index:
        gaps = (means.drop(one) - means.loc[one]).abs().max(axis=1)
        found[one] = gaps.max() if how == "farthest" else gaps.min()
    return found


@exercise.question(
    "values",
    points=5,
    title="Five tests",
    compare=table("segment", list(FLOORS), tolerance=1e-6),
    hints=[
        "Read each column's sentence again: a share of what? For the difference, first the spread "
        "inside the segments, then the nearest neighbour.",
        "Give `five_tests` the customers of the three segments and leave `segment` missing for all "
        'others, but keep their rows; `pivot(index="segment", columns="measure", values="value")`.',
    ],
    again="lesson 04, step 6",
)
def q4(case, classes):
    return wide(case, classes)


@q4.mistake(
    'An empty text is not a channel. {nobody} customers have `channel` equal to ""; counted with '
    "`notna` they all look reachable.",
    credit=0.5,
)
def blank_is_a_channel(case, classes):
    wrong = wide(case, classes).assign(reachable=1.0)
    return Wrong(wrong, nobody=int((case["sheet"]["channel"] == "").sum()))


@q4.mistake(
    "Your `size` is a share of those who have a segment. The question asks for a share of all "
    "{everybody:,} rows, so the three sizes add up to {total:.3f}, not to 1; the rest has no "
    "segment, and that should show.",
    credit=0.5,
)
def size_of_the_placed(case, classes):
    right = wide(case, classes)
    total = right["size"].sum()
    wrong = right.assign(size=right["size"] / total)
    return Wrong(wrong, everybody=len(case["sheet"]), total=total)


@q4.mistake(
    "Your difference is to the farthest segment. A segment is only as distinct as from its "
    "**nearest** neighbour: for key that is {near:.3f}, not {far:.3f}.",
    credit=0.5,
)
def to_the_farthest(case, classes):
    right = wide(case, classes)
    far = distances(case, classes, "farthest")
    near = right.set_index("segment")["difference"]["key"]
    return Wrong(right.assign(difference=right["segment"].map(far)), near=near, far=far["key"])


@q4.mistake(
    "You divided by the spread of all customers in the three segments together. That spread holds "
    "the differences between the segments too; take the spread within them, pooled.",
    credit=0.5,
)
def spread_of_all(case, classes):
    right = wide(case, classes)
    return right.assign(difference=right["segment"].map(distances(case, classes, "all")))


@q4.mistake(
    "You divided by the spread of the whole sheet. It holds the differences between the segments, "
    "and customers who are in none; take the spread within the three segments, pooled.",
    credit=0.5,
)
def spread_of_the_sheet(case, classes):
    right = wide(case, classes)
    return right.assign(difference=right["segment"].map(distances(case, classes, "sheet")))


# q5 ----------------------------------------------------------------------------------------------


def below(values, strict=False):
    rows = values.set_index("segment")
    return [
        f"{name}: {measure}"
        for name in rows.index
        for measure, floor in FLOORS.items()
        if rows.loc[name, measure] < floor - 1e-9
        or (strict and rows.loc[name, measure] <= floor + 1e-9)
    ]


@exercise.question(
    "failed",
    points=3,
    title="Passed or failed",
    compare=items("failures"),
    hints=[
        "Take one row of `values` and go through the floors from left to right. What equals its "
        "floor has passed.",
        "Two loops, over the segments and over the floors; where the value is below the floor, add "
        'f"{segment}: {measure}".',
    ],
    again="lesson 04, step 6",
)
def q5(case, values):
    return below(values)


@q5.mistake(
    "A value that equals its floor passes. For instance `owner and offer` is 1 for key, and 1 is "
    "all it can be; with > nobody could ever pass.",
    credit=0.5,
)
def floor_left_out(case, values):
    return below(values, strict=True)


@q5.mistake(
    "You listed what passes. The list asked for is the other one: the {failures} that fail.",
    credit=0.5,
)
def listed_the_passed(case, values):
    failed = below(values)
    every = [f"{name}: {measure}" for name in values["segment"] for measure in FLOORS]
    return Wrong([one for one in every if one not in failed], failures=len(failed))


@q5.mistake(
    "You named the segments that fail somewhere. Say where, too: “{example}”. A segment without a "
    "channel and one without an owner need different work.",
    credit=0.25,
)
def only_the_segments(case, values):
    failed = below(values)
    return Wrong(sorted({one.split(":")[0] for one in failed}), example=failed[0])


# q6 ----------------------------------------------------------------------------------------------

q6 = exercise.open_question(
    "q6",
    title="Repair the four tiers",
    compare=essay(
        Criterion("Fault named (two bases mixed)", 4),
        Criterion("New scheme exclusive and complete, shown by check", 6),
        Criterion("Cut points justified", 4),
        Criterion("Each segment passes or fails the five tests, discussed", 4),
        Criterion("Business reading of the change", 2),
    ),
    hints=[
        "Ask of each of the four names which question it answers: what somebody is worth, where "
        "somebody stands, or what might come.",
        "Show the check, not the claim: the coverage of `rule_report` for the old list and for the "
        "new one, side by side.",
    ],
    again="lesson 04, steps 3 and 6",
)
