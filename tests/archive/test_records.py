"""Gaps, spellings, rules, reports, cleaning: what they say, what they keep, how they fail."""

import numpy as np
import pandas as pd
import pytest

from whobuys.archive import (
    FIELDS,
    Rule,
    archive_card,
    broken_rules,
    clean,
    is_missing,
    normalise,
    outliers,
    quality_report,
    standard_form,
)

RULES = {
    "number": Rule(required=True, unique=True, pattern=r"C\d{3}"),
    "age": Rule("whole number", minimum=16, maximum=99),
    "joined": Rule("date", maximum="2026-06-30"),
    "paid": Rule("number", minimum=0),
    "member": Rule("yes/no"),
    "source": Rule(allowed=("friend", "search")),
}


@pytest.fixture
def table():
    return pd.DataFrame(
        {
            "number": ["C001", "C002", "C002", "X", ""],
            "age": ["31", " 45 ", "n/a", "199", "31.5"],
            "joined": ["2025-02-28", "2025-02-31", "2062-01-01", "-", "03/04/2025"],
            "paid": ["12.50", "-3", "0", "1e3", "inf"],
            "member": ["True", "no", "maybe", "", "YES"],
            "source": ["friend", "search ", "Friend", "N/A", "friend  "],
        },
        index=[10, 11, 12, 13, 14],
    )


@pytest.mark.parametrize("value", ["", "  ", "\N{NO-BREAK SPACE}", "-", " N/A", "null", "?", None])
def test_a_gap_in_any_writing(value):
    assert is_missing(pd.Series([value, "x"], dtype=object)).tolist() == [True, False]


@pytest.mark.parametrize(
    "values",
    [pd.Series([0, 1]), pd.Series(["0", "no"]), pd.Series([False, True]), pd.Series([0.0, 2.5])],
)
def test_a_zero_and_a_no_are_not_gaps(values):
    assert not is_missing(values).any()


@pytest.mark.parametrize("dtype", ["Int64", "float64", "category", "str", object])
def test_gaps_in_columns_of_any_type(dtype):
    values = pd.Series([1, None, 3]).astype("Int64").astype(dtype)
    flags = is_missing(values)
    assert flags.dtype == bool
    assert flags.tolist() == [False, True, False]


def test_the_words_for_a_gap_can_be_chosen():
    values = pd.Series(["NA", "n/a"])
    assert is_missing(values, words=["na"]).tolist() == [True, False]


def test_spellings_become_equal_and_the_index_stays():
    values = pd.Series(["Zoë  Weber", "ＺＯＥ WEBER ", None, "-"], index=list("abcd"), name="n")
    written = normalise(values)
    assert written.tolist()[:2] == ["zoe weber", "zoe weber"]
    assert written.isna().tolist() == [False, False, True, True]
    assert list(written.index) == list("abcd")
    assert written.name == "n"
    assert normalise(pd.Series(["Ａ@B.org ", "a @b.ORG"]), "email").nunique() == 1
    assert normalise(pd.Series(["no number"]), "phone").isna().all()
    assert normalise(pd.Series(["Co Ltd", "Ltd"]), "firm").tolist() == ["co", "ltd"]
    with pytest.raises(ValueError, match="how must be one of text, email, phone, firm"):
        normalise(values, "sound")


def test_each_broken_rule_is_named_in_the_order_of_the_rows(table):
    before = table.copy()
    faults = broken_rules(table, RULES)
    found = {(r.row, r.field, r.why) for r in faults.itertuples()}
    assert found == {
        (11, "joined", "invalid"),
        (11, "paid", "invalid"),
        (12, "number", "repeated"),
        (12, "joined", "invalid"),
        (12, "member", "invalid"),
        (12, "source", "invalid"),
        (13, "number", "invalid"),
        (13, "age", "invalid"),
        (14, "number", "missing"),
        (14, "age", "invalid"),
        (14, "joined", "invalid"),
        (14, "paid", "invalid"),
        (11, "source", "invalid"),
        (14, "source", "invalid"),
    }
    assert faults["row"].is_monotonic_increasing
    pd.testing.assert_frame_equal(table, before)
    assert broken_rules(table.head(1), RULES).empty


def test_rules_read_columns_that_have_their_type_already():
    table = pd.DataFrame(
        {
            "age": pd.array([31, None], dtype="Int64"),
            "joined": pd.to_datetime(["2025-01-01", "2062-01-01"]),
            "member": [True, False],
            "paid": [1.0, np.nan],
        }
    )
    faults = broken_rules(table, {name: RULES[name] for name in table})
    assert faults[["row", "field"]].values.tolist() == [[1, "joined"]]


@pytest.mark.parametrize(
    ("made", "said"),
    [
        ({"kind": "colour"}, "A rule's kind is"),
        ({"kind": "date", "maximum": 2026}, "A limit of dates"),
        ({"kind": "date", "maximum": "30.6.2026"}, "A limit of dates"),
        ({"kind": "text", "minimum": 3}, "does not fit the kind 'text'"),
        ({"kind": "number", "maximum": "9"}, "does not fit"),
        ({"kind": "number", "allowed": ("1",)}, "belong to the kind 'text'"),
        ({"pattern": "["}, "cannot be read"),
    ],
)
def test_a_rule_that_makes_no_sense_is_refused(made, said):
    with pytest.raises(ValueError, match=said):
        Rule(**made)


def test_the_form_says_every_rule():
    form = standard_form(RULES)
    assert form["field"].tolist() == list(RULES)
    assert form["required"].tolist() == ["yes", *["no"] * 5]
    assert "2026-06-30 or earlier" in form["what may stand there"][2]
    assert form["what may stand there"][5] == "text: friend, search"


def test_the_report_counts_each_kind_of_fault(table):
    report = quality_report(table, RULES).set_index("field")
    assert report["missing"].to_dict() == {
        "number": 1, "age": 1, "joined": 1, "paid": 0, "member": 1, "source": 1,
    }  # fmt: skip
    assert report.loc["age", ["invalid", "invalid_share", "first_bad"]].tolist() == [2, 0.4, "199"]
    assert report.loc["number", ["distinct", "repeated"]].tolist() == [3, 1]
    assert report.attrs == {"rows": 5, "copies": 0}
    twice = pd.concat([table, table]).reset_index(drop=True)
    assert quality_report(twice).attrs["copies"] == 5
    assert quality_report(table)["invalid"].sum() == 0


def test_tables_that_cannot_be_read_are_refused(table):
    with pytest.raises(ValueError, match='no column "agee" \\(nearest: "age"\\)'):
        broken_rules(table, {"agee": Rule()})
    with pytest.raises(ValueError, match="index of table repeats"):
        quality_report(pd.concat([table, table]))
    with pytest.raises(ValueError, match="no rows"):
        quality_report(table.head(0))
    with pytest.raises(TypeError, match="must be a pandas DataFrame"):
        quality_report({"a": [1]})
    with pytest.raises(ValueError, match='more than one column named "age"'):
        clean(table[["age", "age"]], {})


def test_cleaning_keeps_every_row_and_logs_every_change(table):
    before = table.copy()
    cleaned, log = clean(table, RULES)
    pd.testing.assert_frame_equal(table, before)
    assert list(cleaned.index) == list(table.index)
    assert cleaned["age"].tolist()[:2] == [31, 45]
    assert cleaned["source"].tolist()[1] == "search"
    assert cleaned["age"].isna().tolist() == [False, False, True, True, True]
    assert cleaned["joined"].notna().sum() == 1
    changed = {(r.row, r.field): (r.before, r.why) for r in log.itertuples()}
    for field in table:
        for row in table.index:
            now, then = cleaned.at[row, field], table.at[row, field]
            same = not pd.isna(now) and str(now) == then
            typed = field in ("age", "joined", "paid", "member") and not pd.isna(now)
            logged = changed.get((row, field))
            assert same or logged is not None or typed, (row, field)
            if logged:
                assert logged[0] == then
    assert clean(cleaned, RULES)[1].empty


def test_outliers_are_flagged_and_stay():
    table = pd.DataFrame({"paid": ["10", "12", "11", "13", "900"]})
    cleaned, log = clean(table, {"paid": Rule("number")}, flag=["paid"])
    assert cleaned["paid"].tolist() == [10, 12, 11, 13, 900]
    assert cleaned["paid_outlier"].tolist() == [False] * 4 + [True]
    assert log.values.tolist() == [[4, "paid", 900.0, 900.0, "flagged"]]
    assert not outliers(pd.Series([1.0, np.nan, 2.0])).any()
    for bad in (pd.Series(["a"]), pd.Series([True])):
        with pytest.raises(ValueError, match="needs numbers"):
            outliers(bad)
    with pytest.raises(ValueError, match="fence must be above 0"):
        outliers(pd.Series([1.0]), fence=0)


def test_the_catalogue_answers_for_every_field():
    assert FIELDS["field"].is_unique
    assert set(FIELDS["record"]) == {"basics", "purchases", "contacts"}
    assert set(FIELDS["who"]) == {"both", "B2C", "B2B"}
    kept = FIELDS[FIELDS["purpose"] != ""]
    for column in ("meaning", "source", "may_see", "keep"):
        assert (kept[column] != "").all(), column
    out = FIELDS[FIELDS["purpose"] == ""]
    assert (out["why"] != "").all()
    assert (out["may_see"] == "nobody").all()
    sensitive = set(FIELDS.loc[FIELDS["sensitive"] == "yes", "field"])
    assert {"religion", "ethnicity", "health"} <= sensitive <= set(out["field"])


def test_a_card_shows_the_three_record_types_and_no_markup_of_others():
    basics = pd.DataFrame({"customer_id": ["C1", "C2"], "city": ["<b>Bern</b>", None]})
    purchases = pd.DataFrame(
        {
            "customer_id": ["C1"] * 7,
            "date": pd.date_range("2025-01-01", periods=7),
            "amount": range(7),
        }
    )
    contacts = pd.DataFrame({"customer_id": ["C2"], "kind": ["complaint"]})
    card = archive_card("C1", basics, purchases, contacts)
    page = card._repr_html_()
    assert "Purchases: 7, the last 5 shown" in page
    assert "Contacts: none" in page
    assert "<b>Bern" not in page
    assert card.purchases["amount"].tolist() == [6, 5, 4, 3, 2, 1, 0]
    assert "complaint" in repr(archive_card("C2", basics, purchases, contacts))
    assert "not known" in repr(archive_card("C2", basics, purchases, contacts))
    with pytest.raises(ValueError, match=r"has 0 rows with customer_id 'C9'.*Check the number"):
        archive_card("C9", basics, purchases, contacts)
    twice = pd.concat([basics, basics], ignore_index=True)
    with pytest.raises(ValueError, match=r"has 2 rows.*Merge the duplicates"):
        archive_card("C1", twice, purchases, contacts)
    with pytest.raises(ValueError, match='contacts has no column "customer_id"'):
        archive_card("C1", basics, purchases, contacts.drop(columns="customer_id"))
