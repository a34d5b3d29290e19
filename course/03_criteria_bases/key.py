"""What is right in exercise 03, which mistakes are known, and how the open answer is marked."""

from itertools import pairwise

import numpy as np
import pandas as pd

from whobuys.course import Criterion, Exercise, Wrong, essay, number, table
from whobuys.market import market
from whobuys.segment import CRITERIA, band, rfm_table

HALF = pd.Timestamp("2025-07-01")
AGE_EDGES = [25, 35, 45]
AGE_BANDS = ["under 25", "25 to 34", "35 to 44", "45 and over"]
FIRM_EDGES = [10, 50, 200]
FIRM_BANDS = ["under 10", "10 to 49", "50 to 199", "200 and over"]
LARGE, LINE = 250, 200
NO_AGE = 0.07

# How a form or a ledger words the criteria of the catalogue, and how many of each a student gets.
WORDS = {
    "age": "How old are you?",
    "gender": "Are you a woman or a man, if you wish to say?",
    "marital_status": "Are you single, married or widowed?",
    "household_size": "How many people live with you?",
    "children": "How many children do you have?",
    "income_band": "What do you earn in a month? (five brackets)",
    "education": "What is your highest degree?",
    "occupation": "What is your trade?",
    "position": "What is your position at work?",
    "country": "Country of the invoice address",
    "province": "Province of the invoice address",
    "city": "City of the delivery address",
    "district": "District of the delivery address",
    "urban_rural": "Delivered to a town or to the open country",
    "town_size": "Inhabitants of the town or village we deliver to",
    "climate_zone": "Climate of the place we deliver to",
    "distance": "Kilometres from the door to our nearest shop",
    "lifestyle": "Which of these days is most like your own? (six pictures)",
    "interests": "What do you like to do at the weekend?",
    "values": "Which of these matter most in life? (a list of values)",
    "personality": "A tested questionnaire on personality, sixty items",
    "few_good_things": "Do you agree: I would rather own few good things?",
    "novelty": "Do you agree: I like to try what nobody has tried?",
    "risk_attitude": "Do you agree: I take a risk if the prize is large?",
    "recency": "Days since the last order",
    "frequency": "Orders in the last twelve months",
    "order_value": "What an average order of theirs comes to",
    "purchase_cycle": "Usual days from one order to the next",
    "favourite_category": "The kind of goods ordered most",
    "channel": "Orders by phone, in the shop or online",
    "discount_share": "Part of the orders placed during a sale",
    "visits": "Visits to our pages in the last three months",
    "click_rate": "Clicks for each page seen",
    "response": "Took up the offer in our spring letter, yes or no",
    "importance_fit": "How much does it matter to you that it fits?",
    "importance_time": "How much does it matter to you that it is quick?",
    "importance_price": "How much does it matter to you that it is cheap?",
    "importance_advice": "How much does it matter to you to be advised?",
    "importance_ontime": "How much does it matter to your firm that the van is on time?",
    "importance_range": "How much does it matter to your firm that we have everything?",
    "benefit_sought": "Which one thing do you want from us above all?",
    "yearly_margin": "Margin their orders left us last year",
    "net_contribution": "Margin left after we have paid for visits and calls to them",
    "lifetime_value": "What they will still bring us, in money of today",
    "profit_share": "Their part of our whole profit",
    "cost_to_serve": "What serving them costs us in a year",
    "renewed": "Signed the yearly agreement again, yes or no",
    "referrals": "Deals with others that came to us because they recommended us",
    "recommend": "How likely are you to recommend us? (0 to 10)",
    "again": "Do you agree: I will stay with you?",
    "rival_equal": "Do you agree: I would leave you for any other?",
    "industry": "Trade of the firm in the public register",
    "headcount": "People on the firm's payroll",
    "turnover": "What the firm sells for in a year, by its annual report",
    "ownership": "Who owns the firm: a family, the state, shareholders",
    "founded": "Year in which the firm was founded",
    "listed": "Are the firm's shares traded?",
    "sites": "How many places of work the firm has",
    "legal_form": "Legal form of the firm",
    "customer_entity": "Is the customer a person, a household or an institution?",
    "monetary": "Money they have paid us in all",
    "spending_capacity": "Spending power, as the clerk sees it",
    "motive": "Why do you buy: for work, for an event, for joy?",
    "keyword": "What they typed into the search box",
    "products_owned": "Which of our goods stand in their home",
    "tenure": "Years since their first order",
    "member": "Has our club card, yes or no",
    "satisfaction": "How content are you with us?",
    "housing": "Do you own or rent your home?",
}
DRAWN = {
    "demographic": 4,
    "geographic": 4,
    "psychographic": 3,
    "behavioural": 4,
    "need": 3,
    "value": 2,
    "loyalty": 3,
    "firmographic": 3,
}
ALWAYS = ["gender", "income_band", "city", "headcount", "recency", "recommend", "renewed"]
DISPUTED = "disputed"
CATALOGUE = CRITERIA[CRITERIA["field"].isin(WORDS)]
PLACE = CATALOGUE.assign(what=CATALOGUE["field"].map(WORDS)).set_index("what")


def extra(case):
    """Return the fields to sort, the form the customers filled in, and a register of firms."""
    draw = np.random.default_rng([case.seed, 303])
    return {
        "fields": fields(draw),
        "people": people(market(case.company, case.seed, tables=["customers"]), draw),
        "firms": firms(market("tradeways", case.seed, tables=["customers", "transactions"])),
    }


def fields(draw):
    chosen = []
    for base, many in DRAWN.items():
        pool = CATALOGUE[CATALOGUE["base"].eq(base) & ~CATALOGUE["disputed"]]["field"].tolist()
        first = [name for name in ALWAYS if name in pool]
        others = [name for name in pool if name not in first]
        chosen += first + draw.choice(others, many - len(first), replace=False).tolist()
    doubtful = CATALOGUE.loc[CATALOGUE["disputed"], "field"].tolist()
    chosen += draw.choice(doubtful, 30 - len(chosen), replace=False).tolist()
    mixed = draw.permutation(chosen).tolist()
    disputed = pd.Series([DISPUTED if name in doubtful else "" for name in mixed])
    return pd.DataFrame(
        {
            "field": [f"F{number:02d}" for number in range(1, 31)],
            "what": [WORDS[name] for name in mixed],
            "base": disputed,
            "layer": disputed,
        }
    )


def people(case, draw):
    """Return the customers as they filled in the form: some left their age out."""
    told = ["customer_id", "joined", "age", "gender", "city", "region", "source", "member"]
    form = case["customers"][told]
    silent = draw.random(len(form)) < NO_AGE
    return form.assign(age=form["age"].astype(float).mask(silent))


def firms(trade):
    """Return the register: above 30 people it rounds, and it knows two years of orders."""
    heads = trade["customers"]["headcount"].to_numpy(float)
    step = np.select([heads < 30, heads < 100], [1, 10], 20)
    rounded = (np.floor(heads / step + 0.5) * step).astype(int)
    known = ["customer_id", "industry", "region", "city", "ownership", "founded", "renewed"]
    register = trade["customers"][known].assign(headcount=rounded)
    lines = trade["transactions"]
    early = lines["date"] < HALF
    before = rfm_table(lines[early], as_of="2025-06-30").set_index("customer_id")
    after = lines[~early].groupby("customer_id")["amount"].sum()
    whom = register["customer_id"]
    return register.assign(
        orders_before=whom.map(before["frequency"]).fillna(0).astype(int),
        spend_before=whom.map(before["monetary"]).fillna(0.0).round(2),
        spend_after=whom.map(after).fillna(0.0).round(2),
    )


exercise = Exercise(
    "03_criteria_bases",
    "The bases: by what should we sort?",
    company="wardrobe",
    tables=("profiles", "products", "transactions", "survey"),
    extra=extra,
)


# Sorting: q1 and q2 ------------------------------------------------------------------------------


def sorted_as(case, column, **instead):
    """Return field and `column`, in place of some bases (or fields) what `instead` says."""
    sheet = case["fields"][["field", "what"]]
    known = PLACE.loc[sheet["what"]].reset_index()
    put = known[column].mask(known["disputed"], DISPUTED)
    for name, label in instead.items():
        which = known["field"].eq(name) | known["base"].eq(name)
        put = put.mask(which & ~known["disputed"], label)
    return pd.DataFrame({"field": sheet["field"], column: put.to_numpy()})


def wrong_rows(right, answer, column):
    """Return the rows sorted otherwise: the right label, and the given one."""
    given = right.merge(answer.value[["field", column]], on="field", suffixes=("", "_given"))
    if len(given) < len(right) or len(answer.value) > len(right):
        return None
    said = given[f"{column}_given"].astype(str).str.strip().str.casefold()
    return given.assign(given=said)[said != given[column]]


def only(column, wanted, instead):
    """Make a recogniser of one confusion: all that differs is `wanted` sorted as `instead`."""

    def match(right, answer):
        off = wrong_rows(right, answer, column)
        if off is None or off.empty or set(off["given"]) != {instead}:
            return None
        if set(off[column]) != {wanted}:
            return None
        return {"which": listed(off["field"])}

    return match


def other_names(column):
    """Make a recogniser of right places under a neighbouring name, such as “behavioral”."""

    def match(right, answer):
        off = wrong_rows(right, answer, column)
        if off is None or off.empty:
            return None
        near = off["given"].map(lambda name: name[:4]) == off[column].str[:4]
        first = off.iloc[0]
        return {"yours": first["given"], "ours": first[column]} if near.all() else None

    return match


def listed(names, most=4):
    shown = list(names)
    more = f" and {len(shown) - most} more" if len(shown) > most else ""
    return ", ".join(shown[:most]) + more


def some_off(column, least, most):
    """Make a recogniser of any answer in which so many of the 30 fields are sorted otherwise."""

    def match(right, answer):
        off = wrong_rows(right, answer, column)
        if off is None or not least <= len(off) <= most:
            return None
        scored = int((right[column] != DISPUTED).sum())
        return {"off": len(off), "scored": scored, "which": listed(off["field"])}

    return match


def field_of(case, *names):
    """Return the numbers of the fields on the student's sheet with these names or bases."""
    sheet = case["fields"]
    known = PLACE.loc[sheet["what"]]
    agreed = ~known["disputed"].to_numpy()
    which = known["field"].isin(names).to_numpy() | known["base"].isin(names).to_numpy()
    return sheet.loc[which & agreed, "field"]


def moved(case, column, steps):
    """Sort the first `steps` agreed fields into the next base (or layer) of the list."""
    right = sorted_as(case, column)
    labels = list(dict.fromkeys(PLACE[column]))
    agreed = right.index[right[column] != DISPUTED][:steps]
    places = [labels.index(right[column][i]) + 1 + i % 2 for i in agreed]
    turned = [labels[place % len(labels)] for place in places]
    right.loc[agreed, column] = turned
    return right


@exercise.question(
    "bases",
    points=5,
    title="Thirty fields, eight bases",
    compare=table("field", {"base": "text"}),
    hints=[
        "Ask of each field what it says: who they are, where they are, what they are like, what "
        "they do, what they want, what they are worth to us, whether they stay. Of a firm: what "
        "sort of firm it is.",
        "Place stands apart from demography. What they want from us is a need, what they are like "
        "in all of life is psychographic. Staying and recommending, done or said, is loyalty. "
        "Money they leave us after costs is value.",
    ],
    again="lesson 03, step 1",
)
def q1(case):
    return sorted_as(case, "base")


@q1.mistake(
    "You put place under demography ({which}). Some books do. Here it stands apart: an address "
    "can be read off without asking anybody, and it changes when people move and stay who they "
    "are.",
    credit=0.75,
    match=only("base", "geographic", "demographic"),
)
def place_as_demography(case):
    where = field_of(case, "geographic")
    return Wrong(sorted_as(case, "base", geographic="demographic"), which=listed(where))


@q1.mistake(
    "You treated a firm like a person: {which} stand under demography. Headcount, trade and "
    "owners belong to the firmographic base.",
    credit=0.75,
    match=only("base", "firmographic", "demographic"),
)
def firms_as_people(case):
    where = field_of(case, "firmographic")
    return Wrong(sorted_as(case, "base", firmographic="demographic"), which=listed(where))


@q1.mistake(
    "You put loyalty under behaviour ({which}). Staying is something people do, but in this "
    "course it is a base of its own: a person may order often and leave for any other, and may "
    "say so.",
    credit=0.75,
    match=only("base", "loyalty", "behavioural"),
)
def loyalty_as_behaviour(case):
    where = field_of(case, "loyalty")
    return Wrong(sorted_as(case, "base", loyalty="behavioural"), which=listed(where))


@q1.mistake(
    "You put needs under psychographic ({which}). Both must be asked. But a need says what "
    "somebody wants from *us*; lifestyle and values are there with or without our goods.",
    credit=0.75,
    match=only("base", "need", "psychographic"),
)
def needs_as_psychology(case):
    where = field_of(case, "need")
    return Wrong(sorted_as(case, "base", need="psychographic"), which=listed(where))


@q1.mistake(
    "You put value under behaviour ({which}). What they buy is behaviour; what is left for us "
    "after costs is value. Two customers with the same orders can differ in it.",
    credit=0.75,
    match=only("base", "value", "behavioural"),
)
def value_as_behaviour(case):
    where = field_of(case, "value")
    return Wrong(sorted_as(case, "base", value="behavioural"), which=listed(where))


def income_only(right, answer):
    off = wrong_rows(right, answer, "base")
    if off is None or len(off) != 1 or off["given"].iloc[0] not in ("behavioural", "value"):
        return None
    if off["base"].iloc[0] != "demographic":
        return None
    return {"field": off["field"].iloc[0], "as_what": off["given"].iloc[0]}


@q1.mistake(
    "One demographic field, {field}, stands under “{as_what}”. If it is the income: that is what "
    "somebody has, not what they spend with us. In the lesson the two hardly go together.",
    credit=0.75,
    match=income_only,
)
def income_as_behaviour(case):
    field = field_of(case, "income_band").iloc[0]
    return Wrong(
        sorted_as(case, "base", income_band="behavioural"), field=field, as_what="behavioural"
    )


def disputed_too(column):
    def match(right, answer):
        off = wrong_rows(right, answer, column)
        if off is None or off.empty or set(off[column]) != {DISPUTED}:
            return None
        return {"which": listed(off["field"])}

    return match


def overwritten(case, column, label):
    right = sorted_as(case, column)
    marked = right[column] == DISPUTED
    wrong = right.assign(**{column: right[column].mask(marked, label)})
    return Wrong(wrong, which=listed(right.loc[marked, "field"]))


@q1.mistake(
    "All that counts is right. {which} came to you marked “disputed”: books disagree, so they "
    "are not scored. Leave the mark as it is.",
    credit=0.9,
    match=disputed_too("base"),
)
def disputed_sorted(case):
    return overwritten(case, "base", "behavioural")


@q1.mistake(
    "All fields are where they belong, under names that differ a little from ours: you write "
    "“{yours}”, the list says “{ours}”. Use the names of the list, so that tables can be joined.",
    credit=0.9,
    match=other_names("base"),
)
def american_bases(case):
    right = sorted_as(case, "base", behavioural="behavioral")
    return Wrong(right, yours="behavioral", ours="behavioural")


@q1.mistake(
    "Nearly. In another base here: {which} ({off} of {scored} fields). Read the list of the bases "
    "again for these.",
    credit=0.75,
    match=some_off("base", 1, 3),
)
def a_few_bases(case):
    return moved(case, "base", 3)


@q1.mistake(
    "Most is right, but {off} of {scored} fields stand in another base, among them {which}.",
    credit=0.5,
    match=some_off("base", 4, 8),
)
def several_bases(case):
    return moved(case, "base", 8)


@q1.mistake(
    "{off} of {scored} fields stand in another base, among them {which}. Sort by what the field "
    "says, not by where it was written down.",
    credit=0.25,
    match=some_off("base", 9, 14),
)
def many_bases(case):
    return moved(case, "base", 14)


@exercise.question(
    "layers",
    points=4,
    title="Thirty fields, three layers",
    compare=table("field", {"layer": "text"}),
    hints=[
        "How would you get to know it? From a register or a map: external. Only from the customer, "
        "because it belongs to them: internal. From our own records of what they did: behaviour.",
        "Gender and age are internal: they belong to the person. A firm's headcount is external. "
        "“Will recommend us” is said, so internal; “signed again” is done, so behaviour.",
    ],
    again="lesson 03, step 1",
)
def q2(case):
    return sorted_as(case, "layer")


@q2.mistake(
    "You put what belongs to the customer among the external attributes ({which}). Even gender "
    "and age, which a clerk at the counter guesses, are traits of the person; the record holds "
    "what the person told us. External is what a register or a map knows.",
    credit=0.75,
    match=only("layer", "internal", "external"),
)
def gender_as_external(case):
    where = field_of(case, "demographic")
    return Wrong(sorted_as(case, "layer", demographic="external"), which=listed(where))


@q2.mistake(
    "You put something told to us among the behaviour ({which}). What people earn, want, think or "
    "intend is internal; behaviour is what they have done. Many intend and do not do.",
    credit=0.75,
    match=only("layer", "internal", "behaviour"),
)
def said_as_done(case):
    right = sorted_as(case, "layer", income_band="behaviour", recommend="behaviour")
    return Wrong(right, which=listed(field_of(case, "income_band", "recommend").sort_values()))


@q2.mistake(
    "You put {which} among the internal attributes. A firm's register entry and an address are "
    "known without asking the customer: external.",
    credit=0.75,
    match=only("layer", "external", "internal"),
)
def register_as_internal(case):
    where = field_of(case, "firmographic")
    return Wrong(sorted_as(case, "layer", firmographic="internal"), which=listed(where))


@q2.mistake(
    "You put {which} among the external attributes. Our records of orders, visits and costs are "
    "the trace of what customers did: behaviour.",
    credit=0.75,
    match=only("layer", "behaviour", "external"),
)
def records_as_external(case):
    where = field_of(case, "value")
    return Wrong(sorted_as(case, "layer", value="external"), which=listed(where))


@q2.mistake(
    "All that counts is right. {which} came to you marked “disputed”: they are not scored. Leave "
    "the mark as it is.",
    credit=0.9,
    match=disputed_too("layer"),
)
def disputed_layers(case):
    return overwritten(case, "layer", "behaviour")


@q2.mistake(
    "All fields are where they belong, under names that differ a little from ours: you write "
    "“{yours}”, the list says “{ours}”. Use the names of the list, so that tables can be joined.",
    credit=0.9,
    match=other_names("layer"),
)
def american_layers(case):
    right = sorted_as(case, "layer")
    return Wrong(right.replace("behaviour", "behavior"), yours="behavior", ours="behaviour")


@q2.mistake(
    "Nearly. In another layer here: {which} ({off} of {scored} fields). How would you get to know "
    "each of them?",
    credit=0.75,
    match=some_off("layer", 1, 3),
)
def a_few_layers(case):
    return moved(case, "layer", 3)


@q2.mistake(
    "Most is right, but {off} of {scored} fields stand in another layer, among them {which}.",
    credit=0.5,
    match=some_off("layer", 4, 8),
)
def several_layers(case):
    return moved(case, "layer", 8)


@q2.mistake(
    "{off} of {scored} fields stand in another layer, among them {which}. With three layers a "
    "guess gets a third of them.",
    credit=0.25,
    match=some_off("layer", 9, 12),
)
def many_layers(case):
    return moved(case, "layer", 12)


# Cutting: q3, q4 and q5 --------------------------------------------------------------------------


def counts(values, edges, labels, *, closed="left"):
    """Count how many stand in each band; `closed` says which end belongs to a band."""
    cuts = [-np.inf, *edges, np.inf]
    banded = pd.cut(values, cuts, right=closed == "right", labels=labels)
    found = banded.value_counts().reindex(labels)
    return pd.DataFrame({"band": labels, "count": found.to_numpy()})


def shared(right):
    return right.assign(count=right["count"] / right["count"].sum())


@exercise.question(
    "age_bands",
    points=4,
    title="Ages in four bands",
    compare=table("band", ["count"]),
    hints=[
        "Whoever is exactly 25 belongs to “25 to 34”. Who gave no age belongs to no band.",
        '`band(people["age"], age_edges, age_labels)` puts an edge into the band above and '
        "leaves a missing age missing; `.value_counts()` counts.",
    ],
    again="lesson 03, step 2",
)
def q3(case):
    found = band(case["people"]["age"], AGE_EDGES, AGE_BANDS).value_counts(sort=False)
    return pd.DataFrame({"band": AGE_BANDS, "count": found.to_numpy()})


@q3.mistake(
    "Your bands include their upper end: {many} customers of exactly {edges} stand one band too "
    "low. The label “25 to 34” says that 25 is in and 35 is not. (`pandas.cut` closes the right "
    "end unless you say `right=False`.)",
    credit=0.5,
)
def ages_right_closed(case):
    age = case["people"]["age"]
    edges = f"{', '.join(map(str, AGE_EDGES[:-1]))} or {AGE_EDGES[-1]}"
    wrong = counts(age, AGE_EDGES, AGE_BANDS, closed="right")
    return Wrong(wrong, many=int(age.isin(AGE_EDGES).sum()), edges=edges)


@q3.mistake(
    "{many} customers who gave no age stand in your band “{lowest}”. Filled with 0 they all turn "
    "young. Leave them out, and say how many they are.",
    credit=0.5,
)
def missing_are_young(case):
    age = case["people"]["age"]
    wrong = counts(age.fillna(0), AGE_EDGES, AGE_BANDS)
    return Wrong(wrong, many=int(age.isna().sum()), lowest=AGE_BANDS[0])


@q3.mistake(
    "{many} customers who gave no age stand in your band “{highest}”. A missing value fails every "
    "test of the kind `age < 45`, so it falls through to the last `else`.",
    credit=0.5,
)
def missing_are_old(case):
    age = case["people"]["age"]
    wrong = counts(age.fillna(99), AGE_EDGES, AGE_BANDS)
    return Wrong(wrong, many=int(age.isna().sum()), highest=AGE_BANDS[-1])


@q3.mistake(
    "{many} customers who gave no age were given the average one, {mean:.0f}. That makes a band "
    "of people who may not exist. Leave them out.",
    credit=0.5,
)
def missing_are_average(case):
    age = case["people"]["age"]
    wrong = counts(age.fillna(age.mean()), AGE_EDGES, AGE_BANDS)
    return Wrong(wrong, many=int(age.isna().sum()), mean=age.mean())


def one_row_more(right, answer):
    given = answer.value
    inside = given["band"].isin(right["band"])
    both = right.merge(given[inside], on="band", suffixes=("", "_given"))
    same = len(both) == len(right) and both["count"].eq(both["count_given"]).all()
    return {"many": int(given.loc[~inside, "count"].iloc[0])} if same and not inside.all() else None


@q3.mistake(
    "The four bands are right. The row for the {many} without an age is good to know, but it is "
    "no band: leave it out here.",
    credit=0.75,
    match=one_row_more,
)
def a_row_for_the_missing(case):
    right = q3.answer(case)
    many = int(case["people"]["age"].isna().sum())
    more = pd.DataFrame({"band": ["not known"], "count": [many]})
    return Wrong(pd.concat([right, more], ignore_index=True), many=many)


@q3.mistake(
    "These are shares. The question asks how many customers stand in each band.", credit=0.5
)
def ages_as_shares(case):
    return shared(q3.answer(case))


@exercise.question(
    "firm_bands",
    points=4,
    title="Firms in four bands",
    compare=table("band", ["count"]),
    hints=[
        "Registers love round numbers. Look at who has exactly 10, 50 or 200 people.",
        '`band(firms["headcount"], firm_edges, firm_labels).value_counts()`: a firm of 200 is in '
        "“200 and over”.",
    ],
    again="lesson 03, step 2",
)
def q4(case):
    found = band(case["firms"]["headcount"], FIRM_EDGES, FIRM_BANDS).value_counts(sort=False)
    return pd.DataFrame({"band": FIRM_BANDS, "count": found.to_numpy()})


@q4.mistake(
    "Your bands include their upper end, so {many} firms of exactly 10, 50 or 200 people stand one "
    "band too low. Half-open means: the lower end is in, the upper is not.",
    credit=0.5,
)
def firms_right_closed(case):
    heads = case["firms"]["headcount"]
    wrong = counts(heads, FIRM_EDGES, FIRM_BANDS, closed="right")
    return Wrong(wrong, many=int(heads.isin(FIRM_EDGES).sum()))


@q4.mistake(
    "The {many} firms of exactly 200 people stand in your band “50 to 199”. The top band says 200 "
    "*and over*: 200 is included.",
    credit=0.5,
)
def two_hundred_below(case):
    heads = case["firms"]["headcount"]
    wrong = counts(heads.where(heads != LINE, LINE - 1), FIRM_EDGES, FIRM_BANDS)
    return Wrong(wrong, many=int((heads == LINE).sum()))


@q4.mistake(
    "{many} firms are in none of your bands: those of exactly 200 people. “Below 200” and “above "
    "200” leave a gap one number wide.",
    credit=0.5,
)
def two_hundred_nowhere(case):
    heads = case["firms"]["headcount"]
    wrong = counts(heads[heads != LINE], FIRM_EDGES, FIRM_BANDS)
    return Wrong(wrong, many=int((heads == LINE).sum()))


@q4.mistake(
    "{many} firms are in two of your bands: those of exactly 10, 50 or 200 people. Your counts add "
    "up to more firms than there are. An edge belongs to one band, the upper one.",
    credit=0.25,
)
def edges_in_both(case):
    heads = case["firms"]["headcount"]
    ends = [-np.inf, *FIRM_EDGES, np.inf]
    both = [int(heads.between(low, high).sum()) for low, high in pairwise(ends)]
    many = int(heads.isin(FIRM_EDGES).sum())
    return Wrong(pd.DataFrame({"band": FIRM_BANDS, "count": both}), many=many)


def quarters(values):
    """Say whether the groups are of about equal size."""
    return values.max() - values.min() <= 0.2 * values.sum()


def equal_groups(right, answer):
    given = right.merge(answer.value, on="band", suffixes=("", "_given"))
    alike = len(given) == len(right) and quarters(given["count_given"])
    total = abs(given["count_given"].sum() - right["count"].sum()) < 1
    return {} if alike and total and not quarters(right["count"]) else None


@q4.mistake(
    "Your four bands hold nearly the same number of firms: you cut by quantiles. The question "
    "gives the edges 10, 50 and 200; only with them does “200 and over” mean what it says.",
    credit=0.25,
    match=equal_groups,
)
def by_quantiles(case):
    heads = case["firms"]["headcount"]
    groups = pd.qcut(heads.rank(method="first"), 4, labels=FIRM_BANDS)
    found = groups.value_counts().reindex(FIRM_BANDS)
    return pd.DataFrame({"band": FIRM_BANDS, "count": found.to_numpy()})


@q4.mistake("These are shares. The question asks how many firms stand in each band.", credit=0.5)
def firms_as_shares(case):
    return shared(q4.answer(case))


@exercise.question(
    "in_two",
    points=3,
    title="A list that overlaps",
    compare=number(0.01, "firms"),
    hints=[
        "Take a firm of 640 people through the list, then one of 200, then one of 199. In how many "
        "classes is each?",
        "Two groups of firms are in two classes: those of exactly 200 people, and those that are "
        "both “large” and “200 and more”. Count each firm once.",
    ],
    again="lesson 03, step 2",
)
def q5(case):
    heads = case["firms"]["headcount"]
    return int((heads == LINE).sum() + (heads >= LARGE).sum())


@q5.mistake(
    "You found the {low} firms of exactly 200, which are mid-size and small at once. Look at the "
    "top, too: every “large” firm also has 200 people and more.",
    credit=0.5,
)
def only_the_line(case):
    low = int((case["firms"]["headcount"] == LINE).sum())
    return Wrong(low, low=low)


@q5.mistake(
    "You found the {top} large firms, which are mid-size as well. Look at 200 itself: “200 and "
    "more” and “200 and fewer” both claim it.",
    credit=0.5,
)
def only_the_top(case):
    top = int((case["firms"]["headcount"] >= LARGE).sum())
    return Wrong(top, top=top)


@q5.mistake(
    "You counted every firm from 200 people up. Those of more than 200 and fewer than 250, "
    "{between} of them, are mid-size only.",
    credit=0.5,
)
def all_from_the_line(case):
    heads = case["firms"]["headcount"]
    between = int(((heads > LINE) & (heads < LARGE)).sum())
    return Wrong(int((heads >= LINE).sum()), between=between)


@q5.mistake(
    "That is the number of places in the list: each firm counted once for each class it is in. "
    "Asked is the number of firms with two places.",
    credit=0.25,
)
def places_not_firms(case):
    heads = case["firms"]["headcount"]
    return int((heads >= LARGE).sum() + (heads >= LINE).sum() + (heads <= LINE).sum())


@q5.mistake("That is the number of firms in exactly one class. Asked are those in two.", credit=0.5)
def in_one_class(case):
    return len(case["firms"]) - q5.answer(case)


@q5.mistake("That is a share. Asked is the number of firms.", credit=0.5)
def as_a_share(case):
    return q5.answer(case) / len(case["firms"])


# q6 ----------------------------------------------------------------------------------------------

q6 = exercise.open_question(
    "q6",
    title="Choose the base",
    compare=essay(
        Criterion("Base fits the decision to be made", 5),
        Criterion("Variables available in the data", 4),
        Criterion("Alternative treated fairly, with a figure", 5),
        Criterion("B2B and B2C differences", 3),
        Criterion("Fairness and privacy remark", 3),
    ),
    hints=[
        "Begin with the decision and who takes it; then ask which base would change it.",
        "`base_strength` gives the figure for your base and for the alternative, on the same "
        "outcome. Take the criteria from the first year and the outcome from the second.",
    ],
    again="lesson 03, Decide",
)
