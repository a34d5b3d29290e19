"""What is right in exercise 02, which mistakes are known, and how the open answer is marked.

The raw files are drawn here too: clean tables of Cold Ridge Outfitters, with faults planted.
"""

import numpy as np
import pandas as pd

from whobuys.archive import is_missing, normalise, same_person
from whobuys.course import Criterion, Exercise, Wrong, essay, items, number, table
from whobuys.market import errata, market, mess

LAST_DAY = "2026-06-30"
FIELDS = ["customer_id", "email", "joined", "age", "gender", "city", "source", "member"]
LINE = [
    "order_id",
    "customer_id",
    "date",
    "product_id",
    "quantity",
    "amount",
    "status",
    "refund_of",
]
FAULTS = {
    "others": 0,
    "exact_duplicates": 0.02,
    "second_registrations": 0.05,
    "refunds": 0.02,
    "cancellations": 0.015,
    "guest_orders": 0.03,
    "test_orders": 0.003,
    "impossible_dates": 0.01,
    "gaps": [
        {"table": "customers", "column": "source", "why": "MCAR", "rate": 0.07},
        {"table": "customers", "column": "gender", "why": "MAR", "by": "member", "rate": 0.05},
        {"table": "customers", "column": "age", "why": "MNAR", "rate": 0.09},
    ],
}
WRITTEN_AS = ["", "", "n/a", "N/A", "-", " "]
WITHOUT_EMAIL, WRONG_SIGN = 0.03, 0.003


def spoiled(company, seed):
    """Return the raw tables of a seed, and what was planted in them."""
    clean = market(company, seed, tables=["customers", "transactions"])
    messy = mess(clean, FAULTS)
    planted = errata(messy)
    rng = np.random.default_rng([seed, 2])
    customers, shy = raw_customers(messy, planted, rng)
    orders, turned = raw_orders(messy, rng)
    truth = {"clean": clean, "planted": planted, "without_email": shy, "wrong_sign": turned}
    return {"raw_customers": customers, "raw_orders": orders}, truth


def raw_customers(messy, planted, rng):
    """Take some e-mails away, and write the gaps in several ways, alike in copies of a row."""
    customers = messy.texts["customers"][FIELDS].copy()
    again = planted["kind"].eq("second_registrations") & planted["table"].eq("customers")
    twice = customers.loc[planted.loc[again & planted["change"].eq("row"), "row"], "customer_id"]
    emails = customers["email"].str.strip().str.lower()
    of_twice = emails.isin(emails[customers["customer_id"].isin(twice)])
    once = customers.loc[~of_twice, "customer_id"].unique()
    shy = rng.choice(once, size=round(WITHOUT_EMAIL * len(once)), replace=False)
    customers.loc[customers["customer_id"].isin(shy), "email"] = None
    numbers = customers["customer_id"].unique()
    for field in FIELDS[1:]:
        style = dict(zip(numbers, rng.choice(WRITTEN_AS, size=len(numbers)), strict=True))
        customers[field] = customers[field].fillna(customers["customer_id"].map(style))
    return customers.astype("str"), shy


def raw_orders(messy, rng):
    """Turn the sign of some lines, and number the rows as they stand in the file."""
    orders = messy["transactions"][LINE].copy()
    for field in ("customer_id", "refund_of"):
        orders[field] = orders[field].fillna("")
    plain = orders["order_id"].str.startswith("O") & (orders["amount"] > 1)
    keys = orders["order_id"] + "/" + orders["product_id"]
    turned = rng.choice(keys[plain].unique(), size=round(WRONG_SIGN * plain.sum()), replace=False)
    orders["amount"] = orders["amount"].mask(plain & keys.isin(turned), -orders["amount"])
    orders.insert(0, "row", np.arange(1, len(orders) + 1))
    return orders, turned


def raw_tables(case):
    return spoiled(case.company, case.seed)[0]


exercise = Exercise(
    "02_data_and_archive",
    "Customer data and the customer archive",
    company="outfitter",
    tables=("products",),
    extra=raw_tables,
)


# The rules, as the exercise states them -----------------------------------------------------------


def persons(case):
    """Return for each raw record the first customer number of its person."""
    customers = case["raw_customers"]
    first = same_person(customers, ["customer_id", "email"], how={"email": "email"})
    return customers["customer_id"].loc[first].set_axis(customers.index)


def faults(orders):
    """Return one flag a row for each of the three rules that make it invalid."""
    day = pd.to_datetime(orders["date"], format="%Y-%m-%d", errors="coerce")
    return pd.DataFrame(
        {
            "no such day": day.isna(),
            "too late": day > pd.Timestamp(LAST_DAY),
            "sign": (orders["amount"] < 0) & orders["refund_of"].eq(""),
            "test": orders["customer_id"].eq("TEST"),
        }
    )


def copies(orders):
    return orders.duplicated(subset=LINE)


def counted(orders, invalid):
    """Return the rows that count: valid, completed, each line once."""
    rows = pd.to_numeric(pd.Series(list(invalid), dtype=object), errors="coerce")
    valid = orders[~orders["row"].isin(rows)]
    return valid[valid["status"].eq("completed") & ~copies(valid)]


# q1 ----------------------------------------------------------------------------------------------


@exercise.question(
    "missing",
    points=4,
    title="How much is missing",
    compare=table("field", ["missing"], tolerance=0.0001),
    hints=[
        "Look at the different values of `source` with value_counts(): several of them say "
        "nothing.",
        "`quality_report(raw_customers)` counts all these ways of writing a gap; you need its "
        "columns `field` and `missing_share`. By hand: strip, lower, then isin.",
    ],
    again="lesson 02, step 2",
)
def q1(case):
    return rates(case["raw_customers"], is_missing)


def rates(customers, missing):
    share = [missing(customers[field]).mean() for field in customers]
    return pd.DataFrame({"field": list(customers), "missing": share})


@q1.mistake(
    "You counted only what pandas calls missing, and in a file of text that is nothing at all. In "
    "`source`, {gaps} cells say nothing in words: they are empty, or say n/a or -.",
)
def only_nan(case):
    customers = case["raw_customers"]
    return Wrong(rates(customers, pd.isna), gaps=f"{is_missing(customers['source']).sum():,}")


@q1.mistake(
    "You counted the cells with nothing in them. Other gaps are written out: {more} cells of `age` "
    "hold a blank, n/a or - and count as known in your table.",
    credit=0.25,
)
def only_empty(case):
    customers = case["raw_customers"]
    age = customers["age"]
    more = is_missing(age).sum() - age.eq("").sum()
    return Wrong(rates(customers, lambda field: field.eq("")), more=f"{more:,}")


@q1.mistake(
    "You missed the gaps written as a dash: {dashes} in `age` alone.",
    credit=0.5,
)
def without_dash(case):
    customers = case["raw_customers"]
    wrong = rates(customers, lambda field: field.str.strip().str.lower().isin(["", "n/a"]))
    return Wrong(wrong, dashes=f"{customers['age'].eq('-').sum():,}")


@q1.mistake(
    "You looked for the words as they stand: {capitals} cells of `age` say N/A in capitals and "
    "{blanks} hold only a blank. Both are missing.",
    credit=0.5,
)
def words_as_they_stand(case):
    customers = case["raw_customers"]
    age = customers["age"]
    wrong = rates(customers, lambda field: field.isin(["", "n/a", "-"]))
    return Wrong(
        wrong,
        capitals=f"{age.eq('N/A').sum():,}",
        blanks=f"{(age.str.strip().eq('') & age.ne('')).sum():,}",
    )


@q1.mistake(
    "You rounded to two decimals. Leave the shares as they come: {share:.4f} for `age`, not "
    "{rounded:.2f}.",
    credit=0.75,
)
def rounded(case):
    right = q1.answer(case)
    share = right.loc[right["field"].eq("age"), "missing"].iloc[0]
    return Wrong(right.assign(missing=right["missing"].round(2)), share=share, rounded=share)


@q1.mistake(
    "You took the copied rows out first. The rate is asked for the file as it came, {rows} rows, "
    "so that it can be compared with the next delivery.",
    credit=0.5,
)
def copies_out_first(case):
    customers = case["raw_customers"]
    return Wrong(rates(customers.drop_duplicates(), is_missing), rows=f"{len(customers):,}")


@q1.mistake(
    "Your rates are percentages. Give shares of 1: {share:.4f} for `age`, not {percent:.2f}.",
    credit=0.75,
)
def rates_in_percent(case):
    right = q1.answer(case)
    share = right.loc[right["field"].eq("age"), "missing"].iloc[0]
    return Wrong(right.assign(missing=right["missing"] * 100), share=share, percent=share * 100)


@q1.mistake(
    "You counted cells. A rate is a share: {gaps} of {rows} rows have no age, that is {share:.4f}.",
    credit=0.5,
)
def cells_not_shares(case):
    right, rows = q1.answer(case), len(case["raw_customers"])
    share = right.loc[right["field"].eq("age"), "missing"].iloc[0]
    cells = right.assign(missing=(right["missing"] * rows).round())
    return Wrong(cells, gaps=f"{share * rows:,.0f}", rows=f"{rows:,}", share=share)


# q2 ----------------------------------------------------------------------------------------------


@exercise.question(
    "customers",
    points=4,
    title="How many customers",
    compare=number(0, "customers"),
    hints=[
        "Sort the file by e-mail without case and blanks, and look at neighbours. Then look at "
        "those who have no e-mail: are they all one person?",
        '`same_person(raw_customers, on=["customer_id", "email"], how={"email": "email"})` says '
        "for "
        "each row where its person first stands. Count the different answers.",
    ],
    again="lesson 02, step 3",
)
def q2(case):
    return int(persons(case).nunique())


@q2.mistake(
    "You counted rows. {copies} rows are copies of others, and some people registered twice.",
)
def rows_of_the_file(case):
    customers = case["raw_customers"]
    return Wrong(len(customers), copies=f"{customers.duplicated().sum():,}")


@q2.mistake(
    "You counted the rows that are too many. How many customers are left when these {surplus} of "
    "{rows} rows are joined to others?",
    credit=0.5,
)
def surplus_rows(case):
    rows = len(case["raw_customers"])
    surplus = rows - q2.answer(case)
    return Wrong(surplus, surplus=f"{surplus:,}", rows=f"{rows:,}")


@q2.mistake(
    "You counted customer numbers, or spellings of e-mails. {again} people have two: {one} and "
    "{other} are the same e-mail but for case or blanks (“{spelling}” and “{other_spelling}”).",
    credit=0.25,
)
def numbers_not_people(case):
    customers = case["raw_customers"]
    numbers = customers["customer_id"].nunique()
    twice = customers[customers["customer_id"] != persons(case)].iloc[0]
    first = customers[customers["customer_id"] == persons(case)[twice.name]].iloc[0]
    return Wrong(
        numbers,
        again=f"{numbers - q2.answer(case):,}",
        one=first["customer_id"],
        other=twice["customer_id"],
        spelling=first["email"],
        other_spelling=twice["email"],
    )


@q2.mistake(
    "You ignored case but kept blanks: “{spelling}” still counts as somebody new. Take the blanks "
    "off both ends of the e-mail too.",
    credit=0.5,
)
def blanks_kept(case):
    customers = case["raw_customers"]
    email = customers["email"].str.lower().mask(is_missing(customers["email"]))
    spelled = customers["email"][email.notna() & (email != email.str.strip())]
    return Wrong(people_by(case, email), spelling=spelled.iloc[0])


@q2.mistake(
    "You took blanks off but kept capitals: “{spelling}” still counts as somebody new. Write every "
    "e-mail in small letters first.",
    credit=0.5,
)
def case_kept(case):
    customers = case["raw_customers"]
    email = customers["email"].str.strip().mask(is_missing(customers["email"]))
    spelled = customers["email"][email.notna() & (email != email.str.lower())]
    return Wrong(people_by(case, email), spelling=spelled.iloc[0])


def people_by(case, email):
    """Count people by e-mail as it is written here, and by number where there is none."""
    return int(email.fillna(case["raw_customers"]["customer_id"]).nunique())


@q2.mistake(
    "You counted e-mails, so everybody without one is gone: {shy} customers. A gap is not a "
    "person, and not a reason to lose one; where there is no e-mail the customer number tells "
    "them apart.",
    credit=0.5,
)
def without_email_dropped(case):
    emails = normalise(case["raw_customers"]["email"], "email").nunique()
    return Wrong(int(emails), shy=f"{q2.answer(case) - emails:,}")


@q2.mistake(
    "All who have no e-mail became one customer for you. There are {shy} of them, with different "
    "customer numbers.",
    credit=0.5,
)
def without_email_as_one(case):
    emails = normalise(case["raw_customers"]["email"], "email").nunique()
    return Wrong(int(emails) + 1, shy=f"{q2.answer(case) - emails:,}")


@q2.mistake(
    "You took the words for a gap for e-mails: all who are “n/a” became one customer, all who are "
    "“-” another. {shy} customers have no e-mail.",
    credit=0.5,
)
def gaps_as_emails(case):
    email = case["raw_customers"]["email"].str.strip().str.lower()
    shy = q2.answer(case) - normalise(case["raw_customers"]["email"], "email").nunique()
    return Wrong(int(email.nunique()), shy=f"{shy:,}")


# q3 ----------------------------------------------------------------------------------------------


@exercise.question(
    "invalid",
    points=4,
    title="Rows that cannot be right",
    compare=items("invalid rows"),
    hints=[
        "Three rules, three flags, joined with |. Which dates does pd.to_datetime refuse, and "
        "which can it read and should not believe?",
        '`pd.to_datetime(raw_orders["date"], format="%Y-%m-%d", errors="coerce")` gives a missing '
        "day for what is in no calendar. A negative amount is a refund if `refund_of` is not "
        "empty.",
    ],
    again="lesson 02, step 4",
)
def q3(case):
    return listed(case, faults(case["raw_orders"]).any(axis=1))


def listed(case, flags):
    return case["raw_orders"].loc[flags, "row"].tolist()


@q3.mistake(
    "You found the right rows and listed their places, which pandas counts from 0. The column "
    "`row` counts from 1: your first is {place}, its `row` is {row}.",
    credit=0.5,
)
def places_not_rows(case):
    rows = q3.answer(case)
    return Wrong([row - 1 for row in rows], place=f"{rows[0] - 1:,}", row=f"{rows[0]:,}")


@q3.mistake(
    "You listed refunds. {refunds} rows below 0 name the order they give money back for: they are "
    "ordinary business, and belong in the revenue with their minus.",
    credit=0.5,
)
def refunds_too(case):
    orders = case["raw_orders"]
    refunds = (orders["amount"] < 0) & orders["refund_of"].ne("")
    return Wrong(listed(case, faults(orders).any(axis=1) | refunds), refunds=f"{refunds.sum():,}")


@q3.mistake(
    "You missed the days that can be read and cannot be: {late} rows lie after 30 June 2026, the "
    "first in row {row}.",
    credit=0.5,
)
def late_days_missed(case):
    flags = faults(case["raw_orders"])
    late = listed(case, flags["too late"])
    return Wrong(
        listed(case, flags.drop(columns="too late").any(axis=1)), late=f"{len(late):,}", row=late[0]
    )


@q3.mistake(
    "You missed the days that are in no calendar: {none} rows, the first is row {row} on {day}.",
    credit=0.5,
)
def no_such_day_missed(case):
    flags = faults(case["raw_orders"])
    none = case["raw_orders"][flags["no such day"]].iloc[0]
    return Wrong(
        listed(case, flags.drop(columns="no such day").any(axis=1)),
        none=f"{flags['no such day'].sum():,}",
        row=none["row"],
        day=none["date"],
    )


@q3.mistake(
    "You listed the orders of guests. No customer number is a gap, not a contradiction: {guests} "
    "rows were paid by somebody who did not say who they are.",
    credit=0.5,
)
def guests_too(case):
    orders = case["raw_orders"]
    guests = orders["customer_id"].eq("")
    return Wrong(listed(case, faults(orders).any(axis=1) | guests), guests=f"{guests.sum():,}")


@q3.mistake(
    "You left the {tests} test orders in. Nobody is called TEST; somebody tried whether the till "
    "works.",
    credit=0.5,
)
def tests_missed(case):
    flags = faults(case["raw_orders"])
    return Wrong(
        listed(case, flags.drop(columns="test").any(axis=1)), tests=f"{flags['test'].sum():,}"
    )


@q3.mistake(
    "You missed the wrong signs: {signs} rows are below 0 and name no order that money was given "
    "back for, the first is row {row}.",
    credit=0.5,
)
def signs_missed(case):
    flags = faults(case["raw_orders"])
    signs = listed(case, flags["sign"])
    return Wrong(
        listed(case, flags.drop(columns="sign").any(axis=1)), signs=f"{len(signs):,}", row=signs[0]
    )


@q3.mistake(
    "You listed copies too. A copy says something true once too often: it is taken out once, not "
    "invalid. {copies} of your rows are copies of valid ones.",
    credit=0.5,
)
def copies_too(case):
    orders = case["raw_orders"]
    bad = faults(orders).any(axis=1)
    return Wrong(listed(case, bad | copies(orders)), copies=f"{(copies(orders) & ~bad).sum():,}")


# q4 ----------------------------------------------------------------------------------------------


@exercise.question(
    "revenue",
    points=4,
    title="Clean revenue",
    compare=number(0.01, "euro"),
    hints=[
        "Ask of each kind of row: did this money come in, once, and is it still here?",
        "Drop the rows in `invalid`, keep status completed, drop_duplicates over all columns but "
        "`row`, then add up `amount`: refunds take themselves off, guests stay in.",
    ],
    again="lesson 02, step 4",
)
def q4(case, invalid):
    return round(float(counted(case["raw_orders"], invalid)["amount"].sum()), 2)


@q4.mistake(
    "You added up the file as it came. That is {gap} euro off: copies, cancelled orders and rows "
    "that cannot be right are all in it.",
)
def as_it_came(case, invalid):
    total = case["raw_orders"]["amount"].sum()
    return Wrong(total, gap=f"{abs(total - q4.answer(case, invalid)):,.0f}")


@q4.mistake(
    "You counted copied lines twice: {gap} euro too much. A copy agrees with another row in "
    "everything but its row number.",
    credit=0.5,
)
def copies_counted(case, invalid):
    orders = case["raw_orders"]
    rest = orders[~orders["row"].isin(invalid) & orders["status"].eq("completed")]
    total = rest["amount"].sum()
    return Wrong(total, gap=f"{total - q4.answer(case, invalid):,.0f}")


@q4.mistake(
    "You dropped the refunds because they are below 0, and so kept {back} euro that was given "
    "back.",
    credit=0.5,
)
def refunds_dropped(case, invalid):
    amount = counted(case["raw_orders"], invalid)["amount"]
    return Wrong(amount[amount > 0].sum(), back=f"{-amount[amount < 0].sum():,.0f}")


@q4.mistake(
    "You took the minus off the refunds, so the {back} euro given back count as if they had come "
    "in again.",
    credit=0.25,
)
def refunds_turned(case, invalid):
    amount = counted(case["raw_orders"], invalid)["amount"]
    return Wrong(amount.abs().sum(), back=f"{-amount[amount < 0].sum():,.0f}")


@q4.mistake(
    "You dropped the rows without a customer number first. Guests paid {lost} euro; who they are "
    "is not known, that they paid is.",
    credit=0.5,
)
def guests_dropped(case, invalid):
    rows = counted(case["raw_orders"], invalid)
    known = rows.loc[rows["customer_id"].ne(""), "amount"].sum()
    return Wrong(known, lost=f"{rows['amount'].sum() - known:,.0f}")


@q4.mistake(
    "You counted cancelled orders: {gap} euro that nobody paid. Look at `status`.",
    credit=0.5,
)
def cancelled_counted(case, invalid):
    orders = case["raw_orders"]
    rest = orders[~orders["row"].isin(invalid)]
    total = rest.loc[~copies(rest), "amount"].sum()
    return Wrong(total, gap=f"{total - q4.answer(case, invalid):,.0f}")


@q4.mistake(
    "You kept one line of each order. A copy agrees in every column but `row`; an order of three "
    "things has three lines, and {lost} euro of yours are gone.",
    credit=0.25,
)
def one_line_an_order(case, invalid):
    rows = counted(case["raw_orders"], invalid)
    total = rows.drop_duplicates("order_id")["amount"].sum()
    return Wrong(total, lost=f"{rows['amount'].sum() - total:,.0f}")


@q4.mistake(
    "You left your invalid rows in: {gap} euro stand in rows nobody has checked yet.",
    credit=0.5,
)
def invalid_kept(case, invalid):
    rows = counted(case["raw_orders"], [])
    right = q4.answer(case, invalid)
    total = rows["amount"].sum()
    return Wrong(total, gap=f"{abs(total - right):,.0f}")


# q5 ----------------------------------------------------------------------------------------------


@exercise.question(
    "archive",
    points=4,
    title="The archive, a row a customer",
    compare=table(
        "customer_id", {"joined": "date", "orders": "number", "revenue": "number"}, tolerance=0.01
    ),
    hints=[
        "Two tables: first who is who, so that every customer number leads to one person; then "
        "what they bought, summed by person. Join the second to the first, not the other way "
        "round.",
        "With `first = same_person(...)`, `raw_customers['customer_id'].loc[first]` gives the "
        "number to keep for each row; map it onto the orders before you group them. Fill 0 for "
        "those who never bought.",
    ],
    again="lesson 02, step 5",
)
def q5(case, invalid):
    return filed(case, invalid, persons(case))


def filed(case, invalid, person):
    customers = case["raw_customers"].assign(person=person)
    customers["joined"] = pd.to_datetime(customers["joined"])
    number = customers.drop_duplicates("customer_id").set_index("customer_id")["person"]
    rows = counted(case["raw_orders"], invalid)
    rows = rows.assign(person=rows["customer_id"].map(number)).dropna(subset="person")
    bought = rows[rows["refund_of"].eq("")].groupby("person")["order_id"].nunique()
    basics = customers.groupby("person")["joined"].min().to_frame()
    made = basics.assign(orders=bought, revenue=rows.groupby("person")["amount"].sum().round(2))
    made = made.fillna({"orders": 0, "revenue": 0}).astype({"orders": int})
    return made.rename_axis("customer_id").reset_index()


@q5.mistake(
    "People who registered twice have two rows: {again} too many. {other} is {one} with another "
    "spelling of the e-mail; the purchases of both belong on one card.",
    credit=0.25,
)
def not_merged(case, invalid):
    customers, person = case["raw_customers"], persons(case)
    twice = customers.index[customers["customer_id"] != person][0]
    wrong = filed(case, invalid, customers["customer_id"])
    return Wrong(
        wrong,
        again=f"{len(wrong) - person.nunique():,}",
        other=customers.at[twice, "customer_id"],
        one=person[twice],
    )


@q5.mistake(
    "You kept one row for each person, but left the orders under the second number behind: {lost} "
    "euro are on nobody's card.",
    credit=0.5,
)
def second_number_lost(case, invalid):
    right, person = q5.answer(case, invalid), persons(case)
    alone = filed(case, invalid, case["raw_customers"]["customer_id"])
    wrong = alone[alone["customer_id"].isin(person)]
    lost = right["revenue"].sum() - wrong["revenue"].sum()
    return Wrong(wrong, lost=f"{lost:,.0f}")


@q5.mistake(
    "Everybody on your list has bought. {never} customers are registered and have not, or not yet; "
    "they belong in the archive with 0 orders: prospects are why one keeps it.",
    credit=0.5,
)
def prospects_lost(case, invalid):
    right = q5.answer(case, invalid)
    wrong = right[right["orders"] > 0]
    return Wrong(wrong, never=f"{len(right) - len(wrong):,}")


@q5.mistake(
    "You counted lines. One order may have several: {customer} ordered {orders}, and you have "
    "{wrong}.",
    credit=0.5,
)
def lines_as_orders(case, invalid):
    right, rows, of = orders_of(case, invalid)
    lines = rows[rows["refund_of"].eq("")].groupby(of)["order_id"].size()
    wrong = right.assign(orders=right["customer_id"].map(lines).fillna(0).astype(int))
    return more_orders(wrong, right)


@q5.mistake(
    "You counted refunds as orders. {customer} ordered {orders} and gave something back; you have "
    "{wrong}.",
    credit=0.5,
)
def refunds_as_orders(case, invalid):
    right, rows, of = orders_of(case, invalid)
    every = rows.groupby(of)["order_id"].nunique()
    wrong = right.assign(orders=right["customer_id"].map(every).fillna(0).astype(int))
    return more_orders(wrong, right)


def orders_of(case, invalid):
    """Return the right archive, the rows that count, and the customer each of them belongs to."""
    number = pd.Series(persons(case).to_numpy(), index=case["raw_customers"]["customer_id"])
    rows = counted(case["raw_orders"], invalid)
    of = rows["customer_id"].map(number[~number.index.duplicated()])
    return q5.answer(case, invalid), rows, of


def more_orders(wrong, right):
    """Name the customer with the most orders too many."""
    most = (wrong["orders"] - right["orders"]).idxmax()
    return Wrong(
        wrong,
        customer=right.at[most, "customer_id"],
        orders=times(right.at[most, "orders"]),
        wrong=wrong.at[most, "orders"],
    )


def times(count):
    return "once" if count == 1 else f"{count:,} times"


@q5.mistake(
    "For people who registered twice you kept the later day. {customer} has been with us since "
    "{first}, not since {later}.",
    credit=0.5,
)
def joined_late(case, invalid):
    right, customers = q5.answer(case, invalid), case["raw_customers"]
    last = pd.to_datetime(customers["joined"]).groupby(persons(case)).max()
    wrong = right.assign(joined=right["customer_id"].map(last))
    moved = (wrong["joined"] - right["joined"]).idxmax()
    return Wrong(
        wrong,
        customer=right.at[moved, "customer_id"],
        first=day_words(right.at[moved, "joined"]),
        later=day_words(wrong.at[moved, "joined"]),
    )


def day_words(day):
    return f"{day.day} {day:%B %Y}"


# q6 ----------------------------------------------------------------------------------------------

q6 = exercise.open_question(
    "q6",
    title="An archive card",
    compare=essay(
        Criterion("All record types (basics, purchases, contacts) and the right B2C/B2B groups", 5),
        Criterion("Each field has source and purpose", 5),
        Criterion("Sensitive fields handled with reasons", 4),
        Criterion("Quality rules can be tested", 3),
        Criterion("Form is usable by staff", 3),
    ),
    hints=[
        "Start from what somebody does with the card on a Tuesday morning. A field nobody would "
        "read then has no purpose.",
        "A rule can be tested if you can say which value breaks it: “age is a whole number from "
        "16 to 99”, not “age should be right”.",
    ],
    again="lesson 02, steps 1 and 5",
)
