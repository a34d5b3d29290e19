"""What counts as equal, and what is said where it is not."""

import json
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import adjusted_rand_score

from whobuys.course import Criterion, essay, items, labels, number, table, text
from whobuys.course._answers import decode, encode
from whobuys.course._words import a, count, quoted, say, say_both, some
from whobuys.course.compare import from_spec


def answer(value):
    return decode(encode(value))


def passes(comparer, right, value):
    given = answer(value)
    return not comparer.fitted(right).shape(given) and comparer.compare(right, given).equal


def words(comparer, right, value):
    given = answer(value)
    return " ".join(comparer.shape(given) or comparer.compare(right, given).words)


# Words -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (0, "0"),
        (0.0, "0"),
        (-0.0, "0"),
        (31.0, "31"),
        (31.5, "31.5"),
        (72.98301, "72.98"),
        (0.7130977, "0.7131"),
        (0.0196596, "0.01966"),
        (1_234_567, "1,234,567"),
        (1_234_567.891, "1,234,567.89"),
        (1e6, "1,000,000"),
        (100.0, "100"),
        (-20.0, "-20"),
        (1e-9, "1e-09"),
        (10**30, "1e+30"),
        (np.int64(1200), "1,200"),
        (np.float32(0.5), "0.5"),
        (float("nan"), "missing"),
        (float("inf"), "infinite"),
        (None, "missing"),
        (pd.NaT, "missing"),
        (True, "True"),
        (pd.Timestamp("2026-06-03"), "3 June 2026"),
        ("C00001", "C00001"),
    ],
)
def test_values_are_written_as_people_write_them(value, expected):
    assert say(value) == expected


def test_two_values_that_differ_never_look_the_same():
    assert say_both(31.0, 31.0001) == ("31.0", "31.0001")
    assert say_both(2, 3) == ("2", "3")


def test_counts_articles_and_lists():
    assert [count(n, "row") for n in (0, 1, 1434)] == ["0 rows", "1 row", "1,434 rows"]
    assert [a("dict"), a("Exercise"), a("array")] == ["a dict", "an Exercise", "an array"]
    assert some(["b", "a"]) == "a, b"
    assert some("dcba") == "for instance a, b, c"
    assert quoted("at risk") == "“at risk”"


# Number ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "value",
    [
        31,
        31.0,
        np.int64(31),
        np.float32(31),
        np.array(31.0),
        np.array([31.0]),
        [31],
        (31.0,),
        pd.Series([31.0], name="cycle"),
        pd.Series([31], index=["gap_days"]),
        pd.DataFrame({"cycle": [31]}),
        pd.Timedelta(days=31),
        np.timedelta64(31, "D"),
        {"cycle": 31},
        31.01,
        30.99,
    ],
)
def test_a_number_in_any_form(value):
    assert passes(number(0.01, "days"), 31.0, value)


@pytest.mark.parametrize(
    "value", [31.0101, 30.9899, 0, -31, 310, 1e300, 31 * 24, np.float64(1e-300)]
)
def test_another_number_does_not_pass(value):
    assert not passes(number(0.01, "days"), 31.0, value)


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("31", "Your answer is the text “31”; expected one number (days). Take away the quotes."),
        ("a month", "Your answer is the text “a month”; expected one number (days)."),
        (True, "Your answer is True; expected one number (days)."),
        ([True], "Your answer is a list of 1 item; expected one number (days)."),
        ([31, 31], "Your answer is a list of 2 items; expected one number (days)."),
        (float("nan"), "Your answer is missing (NaN); expected one number (days)."),
        (float("inf"), "Your answer is infinite; expected one number (days)."),
        (
            pd.DataFrame({"a": [1.0], "b": [2.0]}),
            "Your answer is a table of 1 row and 2 columns; expected one number (days).",
        ),
        (
            pd.Timestamp("2026-06-30"),
            "Your answer is the date 30 June 2026; expected one number (days).",
        ),
        (
            pd.Series.median,
            "Your answer is a function; expected one number (days). Did you forget the brackets "
            "( ) that call it?",
        ),
        (
            range(10**6),
            "Your answer is a list of 1,000,000 items, too large to be looked at; expected one "
            "number (days).",
        ),
    ],
)
def test_what_is_no_number(value, said):
    comparer = number(0.01, "days")
    assert comparer.shape(answer(value)) == [said]
    assert comparer.compare(31.0, answer(value)).words == (said,)


@pytest.mark.parametrize(
    ("right", "value", "said"),
    [
        (31.0, 16, "16 days is too low, by about 48%."),
        (31.0, 33, "33 days is too high, by about 6%."),
        (31.0, 73, "73 days is too high, about 2 times as much."),
        (31.0, 31.02, "31.02 days is too high."),
        (31.0, -4, "-4 days is too low."),
        (31.4, 31, "31 days is rounded too far. Give more decimals, or do not round."),
        (0.7131, 0.71, "0.71 days is rounded too far. Give more decimals, or do not round."),
        (0.7131, 0.73, "0.73 days is too high, by about 2%."),
        (31.0, 0, "0 days is too low."),
        (0.0, 5, "5 days is too high."),
        (1_500.0, 1_234_567.8, "1,234,567.8 days is too high, more than ten times as much."),
        (-10.0, -5, "-5 days is too high, by about 50%."),
        (-10.0, -13, "-13 days is too low, by about 30%."),
        (-10.0, -31, "-31 days is too low, about 3 times as far below 0."),
        (-0.26, -81, "-81 days is too low, more than ten times as far below 0."),
        (-10.0, 31, "31 days is too high."),
        (-0.26, 0, "0 days is too high."),
        (-0.26, 0.0, "0 days is too high."),
        (0.26, 0.0, "0 days is too low."),
        (0.004, 0.0, "0 days is too low."),
        (-0.26, -0.3, "-0.3 days is rounded too far. Give more decimals, or do not round."),
        (0.7, 1, "1 days is too high, by about 43%."),
        (1.4, 1, "1 days is rounded too far. Give more decimals, or do not round."),
    ],
)
def test_how_far_a_number_is_off(right, value, said):
    assert words(number(0.001, "days"), right, value) == said


@pytest.mark.parametrize(
    ("right", "value", "said"),
    [
        (0.3289, 33, "A share lies between 0 and 1; 33 looks like percent."),
        (0.7131, 71.3, "A share lies between 0 and 1; 71.3 looks like percent."),
        (0.0213, 2.1, "A share lies between 0 and 1; 2.1 looks like percent."),
        (0.7131, 100, "A share lies between 0 and 1; 100 looks like percent."),
        (0.7131, 1029, "A share lies between 0 and 1; 1,029 looks like a count."),
        (0.7131, 1029.5, "1,029.5 is too high, more than ten times as much."),
        (0.7131, 1.2, "1.2 is too high, by about 68%."),
        (0.7131, -0.2, "-0.2 is too low."),
        (3.35, 33, "33 is too high, about 10 times as much."),
        (-0.2, 33, "33 is too high."),
    ],
)
def test_percent_and_counts_for_a_share_are_named(right, value, said):
    assert words(number(0.001), right, value) == said
    with_unit = words(number(0.001, "as a share of 1"), right, value)
    assert ("A share lies" in with_unit) == ("A share lies" in said)


def test_what_is_no_share_is_not_called_one():
    assert words(number(0.001, "orders"), 0.33, 33) == (
        "33 orders is too high, more than ten times as much."
    )
    assert words(number(0.001, share=False), 0.33, 33) == (
        "33 is too high, more than ten times as much."
    )


@pytest.mark.parametrize(
    "value", [219_740, 219_740.0, 219_741, np.int64(219_740), 219_740.25, 219_740.3]
)
def test_a_whole_number_may_be_enough(value):
    assert passes(number(0.01, "pounds", whole=True), 219_740.2533, value)


@pytest.mark.parametrize("value", [219_739, 219_742, 219_740.4, 219_740.5, -219_740])
def test_a_whole_number_is_not_enough_a_pound_away(value):
    assert not passes(number(0.01, "pounds", whole=True), 219_740.2533, value)
    assert not passes(number(0.01, "pounds"), 219_740.2533, round(value))


def test_the_edge_of_the_tolerance_is_inside():
    assert passes(number(0.1), 0.3, 0.4)
    assert passes(number(0.1), 0.3, 0.2)
    assert not passes(number(0.1), 0.3, 0.4001)
    assert passes(number(0), 7, 7.0)
    assert not passes(number(0), 7, 7.001)


# Text ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "value", ["At risk", "at risk", " AT  RISK\n", "at-risk", ["at risk"], pd.Series(["At Risk"])]
)
def test_a_text_in_any_form(value):
    assert passes(text("at-risk"), "At risk", value)


def test_wide_letters_are_letters():
    assert passes(text(), "Ａ班", "A班")


@pytest.mark.parametrize("value", ["risk", "", "at riskk", 5, None, ["at risk", "at risk"], [5]])
def test_another_text_does_not_pass(value):
    assert not passes(text("at-risk"), "At risk", value)


def test_what_is_said_of_a_text():
    assert words(text(), "oolong", "jasmine") == "“jasmine” is not the answer."
    assert words(text(), "oolong", 5) == "Your answer is the number 5; expected a text in quotes."


# Items -----------------------------------------------------------------------------------------

CUSTOMERS = ["C1", "C2", "C3"]


@pytest.mark.parametrize(
    "value",
    [
        ["C3", "C1", "C2"],
        ["C1", "C1", "C2", "C3"],
        ("C1", "C2", "C3"),
        {"C1", "C2", "C3"},
        np.array(CUSTOMERS),
        pd.Index(CUSTOMERS),
        pd.Series(CUSTOMERS),
        pd.Series(CUSTOMERS).unique(),
        pd.Series(CUSTOMERS, dtype="category"),
        pd.Categorical(CUSTOMERS),
        pd.DataFrame({"customer_id": CUSTOMERS}),
        pd.DataFrame(index=CUSTOMERS),
        dict.fromkeys(CUSTOMERS, 0).keys(),
        ["c1", " C2", "C3"],
        [*CUSTOMERS, None, np.nan],
    ],
)
def test_a_set_in_any_form(value):
    assert passes(items("customers"), CUSTOMERS, value)


def test_numbers_in_a_set():
    assert passes(items("days"), {1, 2}, [1.0, 2.0])
    assert passes(items("days"), np.array([1, 2]), pd.Series([2, 1], dtype="Int64"))
    assert not passes(items("days"), {1, 2}, [1.5, 2])


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (["C1"], "Of the 3 customers, 2 are missing."),
        (["C1", "C2"], "Of the 3 customers, 1 is missing."),
        ([*CUSTOMERS, "C9"], "1 in your list does not belong: C9."),
        (
            ["X4", "X3", "X2", "X1"],
            "Of the 3 customers, 3 are missing. 4 in your list do not belong: for instance X1, "
            "X2, X3.",
        ),
        ([], "Of the 3 customers, 3 are missing."),
        (5, "Your answer is the number 5; expected a list of customers."),
        (
            pd.DataFrame({"a": [1], "b": [2]}),
            "Your answer is a table of 1 row and 2 columns; expected a list of customers.",
        ),
    ],
)
def test_what_is_said_of_a_set(value, said):
    assert words(items("customers"), CUSTOMERS, value) == said
    assert not passes(items("customers"), CUSTOMERS, value)


# Table -----------------------------------------------------------------------------------------

RIGHT = pd.DataFrame(
    {
        "customer_id": ["C1", "C2", "C3", "C4"],
        "days": [10, 20, 30, 40],
        "money": [1.5, 20.25, 0.0, np.nan],
        "segment": ["new", "at risk", "lost", None],
        "last": pd.to_datetime(["2026-06-20", "2026-06-10", "2026-05-31", None]),
    }
)
KINDS = {"days": "number", "money": "number", "segment": "text", "last": "date"}
FULL = table("customer_id", KINDS, tolerance=0.005)

SAME_TABLES = {
    "itself": RIGHT,
    "row order": RIGHT.sample(frac=1, random_state=1),
    "rows numbered anew": RIGHT.sample(frac=1, random_state=1).reset_index(drop=True),
    "column order": RIGHT[RIGHT.columns[::-1]],
    "extra columns": RIGHT.assign(note="mine", other=1),
    "key in the index": RIGHT.set_index("customer_id"),
    "key in a nameless index": RIGHT.set_index("customer_id").rename_axis(None),
    "key in both": RIGHT.set_index("customer_id", drop=False),
    "key in a level of the index": RIGHT.set_index(["segment", "customer_id"]),
    "floats": RIGHT.astype({"days": float}),
    "small integers": RIGHT.astype({"days": "int8"}),
    "nullable": RIGHT.convert_dtypes(),
    "objects": RIGHT.astype(object),
    "digits as text": RIGHT.assign(days=RIGHT["days"].astype(str)),
    "days as time spans": RIGHT.assign(days=pd.to_timedelta(RIGHT["days"], unit="D")),
    "categories": RIGHT.astype({"segment": "category", "customer_id": "category"}),
    "upper case": RIGHT.assign(segment=RIGHT["segment"].str.upper()),
    "case and blanks in keys": RIGHT.assign(customer_id=["c1 ", " C2", "C3", "C4"]),
    "dates as text": RIGHT.assign(last=RIGHT["last"].dt.strftime("%Y-%m-%d")),
    "dates with hours": RIGHT.assign(last=RIGHT["last"] + pd.Timedelta(hours=9)),
    "dates with a zone": RIGHT.assign(last=RIGHT["last"].dt.tz_localize("Asia/Shanghai")),
    "dates as objects": RIGHT.assign(last=RIGHT["last"].dt.date.astype(object)),
    "inside the tolerance": RIGHT.assign(money=RIGHT["money"] + 0.005),
    "dict of lists": RIGHT.to_dict("list"),
}


@pytest.mark.parametrize("name", SAME_TABLES)
def test_a_table_in_any_form(name):
    assert passes(FULL, RIGHT, SAME_TABLES[name])


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            {"days": [11, 21, 31, 41]},
            "days differs in all 4 rows, each 1 too high; for instance C1: yours is 11, right is "
            "10.",
        ),
        (
            {"days": [10, 20, 30, 39]},
            "days differs in 1 of 4 rows; for instance C4: yours is 39, right is 40.",
        ),
        (
            {"days": [1000, 2000, 3000, 4000]},
            "days differs in all 4 rows, each 100 times the right one; for instance C1: yours is "
            "1,000, right is 10.",
        ),
        (
            {"days": [10, 20, 30, None]},
            "days differs in 1 of 4 rows; for instance C4: yours is missing, right is 40.",
        ),
        (
            {"days": [10, 20, 30, "many"]},
            "days differs in 1 of 4 rows; for instance C4: yours is many, right is 40.",
        ),
        (
            {"days": [10, 20, 30, np.inf]},
            "days differs in 1 of 4 rows; for instance C4: yours is infinite, right is 40.",
        ),
        (
            {"money": [1.5, 20.25, 0.0, 0.0]},
            "money differs in 1 of 4 rows; for instance C4: yours is 0, right is missing.",
        ),
        (
            {"money": [1.506, 20.25, 0.0, None]},
            "money differs in 1 of 4 rows; for instance C1: yours is 1.506, right is 1.5.",
        ),
        (
            {"segment": ["new", "lost", "lost", None]},
            "segment differs in 1 of 4 rows; for instance C2: yours is lost, right is “at risk”.",
        ),
        (
            {"segment": ["new", "at risk", "lost", "none"]},
            "segment differs in 1 of 4 rows; for instance C4: yours is none, right is missing.",
        ),
        (
            {"last": pd.to_datetime(["2026-06-20", "2026-06-10", "2026-06-01", None])},
            "last differs in 1 of 4 rows; for instance C3: yours is “1 June 2026”, right is "
            "“31 May 2026”.",
        ),
        (
            {"last": [20260620, 20260610, 20260531, None]},
            "last differs in 3 of 4 rows; for instance C1: yours is 20,260,620, right is "
            "“20 June 2026”.",
        ),
        (
            {"customer_id": ["C1", "C2", "C3", "C5"]},
            "1 of 4 rows is missing: C4. 1 row does not belong: C5.",
        ),
    ],
)
def test_what_is_said_of_a_wrong_table(change, said):
    wrong = RIGHT.assign(**change)
    assert words(FULL, RIGHT, wrong) == said
    assert not passes(FULL, RIGHT, wrong)


def test_missing_and_additional_rows():
    longer = pd.concat([RIGHT, RIGHT.assign(customer_id=["A", "B", "D", "E"])])
    assert words(FULL, RIGHT, RIGHT.head(2)) == "2 of 4 rows are missing: C3, C4."
    assert words(FULL, RIGHT, longer) == "4 rows do not belong: for instance A, B, D."
    fitted = FULL.fitted(RIGHT)
    assert fitted.shape(answer(RIGHT.head(3))) == [
        "Your table has 3 rows; expected 4. That is 1 too few."
    ]
    assert fitted.shape(answer(longer)) == [
        "Your table has 8 rows; expected 4. That is 4 too many."
    ]
    assert fitted.shape(answer(RIGHT)) == []
    assert FULL.rows is None


def test_the_form_of_a_table():
    def shape(value):
        return " ".join(FULL.shape(answer(value)))

    assert shape(RIGHT.rename(columns={"days": "Days", "segment": "segments"})) == (
        "There is no column 'days'. Did you mean your column 'Days'? "
        "There is no column 'segment'. Did you mean your column 'segments'?"
    )
    assert shape(RIGHT.drop(columns="money")) == (
        "There is no column 'money'. Yours are: customer_id, days, segment, last."
    )
    assert shape(pd.concat([RIGHT, RIGHT])) == (
        "Your table should have one row for each customer_id, but 4 rows repeat one, for instance "
        "C1."
    )
    assert shape(RIGHT["days"].tolist()) == (
        "Your answer is a list of 4 items; expected a table with the columns customer_id, days, "
        "money, segment, last."
    )
    assert "Yours are: none." in shape(pd.DataFrame())


SCORES = table("customer_id", ["r_score", "f_score", "m_score"])
VISITS = table("segment", ["visits"])
COUNTS = pd.Series([3, 0, 5])


@pytest.mark.parametrize(
    ("comparer", "value", "said"),
    [
        (
            SCORES,
            pd.DataFrame({"customer_id": ["C1"], "r_score": [5]}),
            "There is no column 'f_score' or 'm_score'. Yours are: customer_id, r_score.",
        ),
        (
            SCORES,
            pd.DataFrame({"customer_id": ["C1"], "r_score": [5], "m_scores": [1], "F": [2]}),
            "There is no column 'm_score'. Did you mean your column 'm_scores'? "
            "There is no column 'f_score'. Yours are: customer_id, r_score, m_scores, F.",
        ),
        (
            VISITS,
            COUNTS,
            "There is no column 'segment'. Your one column has no name. Make a table with the "
            "columns segment, visits.",
        ),
        (
            VISITS,
            COUNTS.rename("plan"),
            "There is no column 'segment'. Yours are: plan.",
        ),
        (
            VISITS,
            np.array([[1.0, 2.0], [3.0, 4.0]]),
            "There is no column 'segment' or 'visits'. Your 2 columns have no names. Make a table "
            "with the columns segment, visits.",
        ),
        (
            SCORES,
            pd.DataFrame({"r_score": [5], "f_score": [1]}, index=["C1"]),
            "There is no column 'm_score'. Yours are: r_score, f_score.",
        ),
    ],
)
def test_missing_columns_are_named_by_what_the_student_has(comparer, value, said):
    assert " ".join(comparer.shape(answer(value))) == said


# Rows that may be there or not --------------------------------------------------------------

SHARES = pd.DataFrame({"brand": ["A", "B", "C"], "share": [0.5, 0.257, 0.143]})
OTHERS = pd.DataFrame({"brand": ["All  others"], "share": [0.1]})
FREE = table("brand", ["share"], tolerance=0.0005, optional=["all others"])


@pytest.mark.parametrize("rest", [OTHERS, OTHERS.assign(share=None), OTHERS.head(0)])
def test_an_optional_row_may_be_there(rest):
    given = pd.concat([SHARES, rest])
    for value in (given, given.set_index("brand"), given.set_index("brand")["share"]):
        assert passes(FREE, SHARES, value)
        assert passes(FREE.fitted(given), given, value)
    assert FREE.tidy(SHARES, answer(given))["brand"].tolist() == ["A", "B", "C"]


def test_only_the_optional_row_may_be_there():
    other = OTHERS.assign(brand="the rest")
    assert words(FREE, SHARES, pd.concat([SHARES, other])) == "1 row does not belong: “the rest”."
    assert words(FREE, SHARES, pd.concat([SHARES.head(2), OTHERS])) == "1 of 3 rows is missing: C."
    wrong = pd.concat([SHARES.assign(share=[0.6, 0.257, 0.143]), OTHERS])
    assert words(FREE, SHARES, wrong).startswith("share differs in 1 of 3 rows")
    assert not passes(table("brand", ["share"]), SHARES, pd.concat([SHARES, OTHERS]))


# Shares in a column -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cells", "more"),
    [
        ([50.0, 25.7, 14.3], " share lies between 0 and 1; yours looks like percent."),
        ([50, 26, 14], " share lies between 0 and 1; yours looks like percent."),
        ([40.1, 30.2, 29.7], " share lies between 0 and 1; yours looks like percent."),
        ([120, 61, 34], " share lies between 0 and 1; yours looks like a count."),
        ([1234.5, 345.5, 45.5], ""),
        ([0.6, 0.3, 0.1], ""),
        ([5.5, 0.257, 0.143], ""),
        ([-50.5, 0.3, 0.1], ""),
        ([None, 0.257, 0.143], ""),
    ],
)
def test_percent_and_counts_in_a_column_of_shares_are_named(cells, more):
    said = words(table("brand", ["share"], tolerance=0.0005), SHARES, SHARES.assign(share=cells))
    assert said.partition(", right is 0.")[2].partition(".")[2] == more


def test_a_column_of_other_numbers_is_not_called_shares():
    right = SHARES.assign(share=[1, 0, 1])
    assert "between" not in words(table("brand", ["share"]), right, right.assign(share=[7, 0, 9]))
    right = SHARES.assign(share=[0.5, -0.2, 0.1])
    assert "between" not in words(table("brand", ["share"]), right, right.assign(share=[50, 2, 10]))


def test_a_comparison_without_a_look_at_the_form_does_not_raise():
    for value in (3, "x", [1], RIGHT["days"], RIGHT.drop(columns="days"), pd.DataFrame(), {}):
        difference = FULL.compare(RIGHT, answer(value))
        assert not difference.equal
        assert difference.words


def test_a_series_for_a_table_of_one_column():
    comparer = table("customer_id", ["days"])
    right = RIGHT[["customer_id", "days"]]
    series = RIGHT.set_index("customer_id")["days"]
    assert passes(comparer, right, series)
    assert passes(comparer, right, series.rename(None))
    assert passes(comparer, right, series.rename("whatever").rename_axis(None))
    assert passes(comparer, right, series.to_dict())
    assert passes(comparer, series, right)
    assert not passes(comparer, right, series + 1)
    assert not passes(comparer, right, RIGHT["days"])


def test_keys_that_are_numbers_or_dates():
    months = pd.DataFrame({"month": [1, 2], "orders": [5, 6]})
    assert passes(table("month", ["orders"]), months, months.astype(float))
    assert passes(table("month", ["orders"]), months, months.astype({"month": str}))
    days = pd.DataFrame({"day": pd.to_datetime(["2026-01-01", "2026-01-02"]), "orders": [5, 6]})
    assert passes(table("day", ["orders"]), days, days.set_index("day")["orders"])
    periods = days.assign(day=days["day"].dt.to_period("D"))
    assert passes(table("day", ["orders"]), periods, periods.sample(frac=1, random_state=2))


def test_the_share_of_columns_that_are_right():
    def share(**changes):
        return FULL.compare(RIGHT, answer(RIGHT.assign(**changes))).share

    assert share() == 1
    assert share(days=0) == pytest.approx(3 / 4, abs=0.001)
    assert share(days=0, money=9) == pytest.approx(2 / 4, abs=0.001)
    assert share(days=0, money=9, segment="x", last=None) == 0
    assert share(customer_id=["C1", "C2", "C3", "C5"]) == 0


def test_a_table_without_columns_compares_the_rows():
    comparer = table("customer_id", [])
    assert passes(comparer, RIGHT, RIGHT.sample(frac=1))
    assert not comparer.compare(RIGHT, answer(RIGHT.head(3))).equal
    assert not comparer.compare(RIGHT, answer(RIGHT.assign(customer_id=list("abcd")))).equal


def test_at_least_is_a_share_of_rows_in_each_column():
    right = pd.DataFrame({"id": range(100), "a": 1, "b": 2})
    comparer = table("id", ["a", "b"], at_least=0.99)

    def off(a, b):
        return right.assign(a=np.where(right["id"] < a, 9, 1), b=np.where(right["id"] < b, 9, 2))

    assert passes(comparer, right, off(0, 0))
    assert passes(comparer, right, off(1, 0))
    assert passes(comparer, right, off(1, 1))
    assert not passes(comparer, right, off(2, 0))
    assert not passes(comparer, right, off(0, 2))
    assert comparer.compare(right, answer(off(1, 2))).share == pytest.approx(0.5, abs=0.001)
    assert not comparer.compare(right, answer(right.head(99))).equal


def test_infinite_is_equal_to_infinite():
    right = pd.DataFrame({"id": [1, 2], "a": [np.inf, -np.inf]})
    assert passes(table("id", ["a"]), right, right)
    assert not passes(table("id", ["a"]), right, -right)


def test_an_unknown_kind_of_column_is_refused():
    with pytest.raises(ValueError, match="not as money"):
        table("id", {"a": "money"})


def test_tidy_names_types_and_spells_like_the_right_table():
    given = RIGHT.assign(
        customer_id=["c1", "C2", "C3", "x9"], days=["10", "20", "30", "many"]
    ).set_index("customer_id")
    tidy = FULL.tidy(RIGHT, answer(given.rename_axis(None)))
    assert tidy["customer_id"].tolist() == ["C1", "C2", "C3", "x9"]
    assert tidy["days"].iloc[:3].tolist() == [10, 20, 30]
    assert np.isnan(tidy["days"].iloc[3])
    assert tidy["last"].dtype.kind == "M"
    right = RIGHT.assign(customer_id=[1, 2, 3, 4])
    assert FULL.tidy(right, answer(right.astype({"customer_id": str})))["customer_id"].tolist() == [
        1, 2, 3, 4,
    ]  # fmt: skip


def test_what_a_later_answer_may_be_built_on():
    def enough(value):
        return FULL.stands_in(RIGHT, answer(value))

    assert enough(RIGHT.assign(days=RIGHT["days"] + 1))
    assert enough(RIGHT.head(2))
    assert not enough(RIGHT.assign(days=1))
    assert not enough(RIGHT.assign(customer_id=["A", "B", "D", "C4"]))


# Labels ----------------------------------------------------------------------------------------

GROUPS = pd.DataFrame({"customer_id": [f"C{i}" for i in range(60)], "label": np.arange(60) % 3})


@pytest.mark.parametrize(
    "value",
    [
        GROUPS,
        GROUPS.assign(label=GROUPS["label"].map({0: "b", 1: "c", 2: "a"})),
        GROUPS.assign(label=2.0 - GROUPS["label"]),
        GROUPS.sample(frac=1, random_state=4).set_index("customer_id"),
        GROUPS.set_index("customer_id")["label"],
        GROUPS.rename(columns={"label": "cluster"}),
        GROUPS.astype({"label": "category"}),
        GROUPS.assign(customer_id=GROUPS["customer_id"].str.lower()),
    ],
)
def test_a_grouping_under_any_names(value):
    assert passes(labels("customer_id"), GROUPS, value)


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (GROUPS.assign(label=0), "Your grouping, 1 group, agrees with the right one to 0.00"),
        (
            GROUPS.assign(label=range(60)),
            "Your grouping, 60 groups, agrees with the right one to 0.00",
        ),
        (GROUPS.head(58), "2 of 60 rows are missing: C58, C59."),
        (
            GROUPS.assign(label=[None, *GROUPS["label"][1:]]),
            "1 row without a label: C0.",
        ),
        (
            pd.concat([GROUPS, pd.DataFrame({"customer_id": ["X"], "label": [1]})]),
            "1 row does not belong: X.",
        ),
        (5, "Your answer is the number 5; expected a table with the columns customer_id, label."),
    ],
)
def test_another_grouping_does_not_pass(value, said):
    assert words(labels("customer_id"), GROUPS, value).startswith(said)
    assert not passes(labels("customer_id"), GROUPS, value)


def test_agreement_is_the_adjusted_rand_index():
    chance = np.random.default_rng(8)
    for share in (0.02, 0.1, 0.4, 1.0):
        moved = chance.random(60) < share
        other = np.where(moved, chance.integers(0, 3, 60), GROUPS["label"])
        expected = adjusted_rand_score(GROUPS["label"], other)
        given = answer(GROUPS.assign(label=other))
        assert labels("customer_id", ari=expected).compare(GROUPS, given).equal
        assert not labels("customer_id", ari=min(1, expected + 1e-6)).compare(GROUPS, given).equal
        if expected < 0.99:
            said = labels("customer_id").compare(GROUPS, given).words[0]
            assert f" {expected:.2f} (adjusted Rand index" in said


def test_fitted_labels_know_the_rows():
    fitted = labels("customer_id").fitted(GROUPS)
    assert "expected 60" in fitted.shape(answer(GROUPS.head(5)))[0]
    assert fitted.shape(answer(GROUPS)) == []


# Essay and specs -------------------------------------------------------------------------------

RUBRIC = essay(Criterion("Rule", 5), Criterion("Cost", 3, none="no cost named"))


def test_an_essay_never_passes_by_itself():
    assert RUBRIC.points == 8
    assert RUBRIC.shape(answer("We call on Monday.")) == []
    assert not RUBRIC.compare("We call on Monday.", answer("We call on Monday.")).equal
    assert RUBRIC.shape(answer(5)) == ["Your answer is the number 5; expected a text."]


@pytest.mark.parametrize(
    "comparer",
    [
        number(),
        number(0.0),
        number(0.01, "days"),
        number(0.01, "pounds", share=False, whole=True),
        text(),
        text("at-risk", "risky"),
        items("customers"),
        FULL,
        FULL.fitted(RIGHT),
        table("id", ["a"], tolerance=0, at_least=0.99),
        table("id", []),
        table("id", ["a"], optional=["all", "rest"]),
        labels("customer_id"),
        labels("customer_id", "cluster", 0.9).fitted(GROUPS),
        RUBRIC,
        essay(),
    ],
)
def test_a_comparer_goes_out_as_data_and_comes_back(comparer):
    assert from_spec(json.loads(json.dumps(comparer.spec()))) == comparer


def test_a_spec_tells_no_answer():
    assert set(FULL.fitted(RIGHT).spec()) == {
        "kind", "on", "columns", "tolerance", "at_least", "rows",
    }  # fmt: skip


def test_students_do_not_wait_for_scikit_learn():
    code = "import sys, whobuys.course; print('sklearn' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
    right = SHARES.rename(columns={"share": "difference"}).assign(difference=[0.5, 0.2, 0.1])
    said = words(table("brand", ["difference"]), right, right.assign(difference=[9, 9, 3]))
    assert "between 0 and 1" not in said
