"""Who is who, archive numbers, and privacy; and the planted faults are found, exactly."""

import numpy as np
import pandas as pd
import pytest

from whobuys.archive import (
    check_number,
    duplicates,
    merge_duplicates,
    minimise,
    number_customers,
    pseudonymise,
    same_person,
)
from whobuys.market import Mess, errata, market, mess

RULE = {"on": ["customer_id", "email"], "how": {"email": "email"}}


@pytest.mark.parametrize("company", ["littlehands", "outfitter", "tradeways"])
@pytest.mark.parametrize("seed", [0, 5])
def test_every_planted_second_registration_is_found_and_nobody_else(company, seed):
    case = market(company, seed, customers=300, tables=["customers", "transactions"])
    messy = mess(case, Mess.only(second_registrations=0.08, exact_duplicates=0.03))
    people = messy["customers"]
    merged, log = merge_duplicates(people, **RULE)
    assert merged["customer_id"].tolist() == case["customers"]["customer_id"].tolist()
    ledger = errata(messy)
    planted = ledger[(ledger["table"] == "customers") & (ledger["change"] == "row")]
    joined = log[log["what"] == "joined"]
    assert len(joined) == len(planted)
    original = people["customer_id"].loc[joined["into"]].str.lower() + "@example.org"
    spelled = people["email"].loc[joined["row"]].str.strip().str.lower()
    assert original.tolist() == spelled.tolist()


def test_joining_is_passed_on_and_gaps_join_nobody():
    table = pd.DataFrame(
        {
            "email": ["a@x.org", "b@x.org", " A@X.org", "", None, "n/a"],
            "phone": ["1", "2", "2", "", "-", None],
        },
        index=list("uvwxyz"),
    )
    first = same_person(table, ["email", "phone"], how={"email": "email", "phone": "phone"})
    assert first.tolist() == ["u", "u", "u", "x", "y", "z"]
    assert same_person(table, [("email", "phone")]).nunique() == 6
    assert same_person(table.head(0), ["email"]).empty


def test_a_tuple_must_agree_in_all_its_fields():
    table = pd.DataFrame({"name": ["Li Wei"] * 3, "city": ["Bern", "Ulm", "bern "]})
    assert same_person(table, ["name"]).nunique() == 1
    assert same_person(table, [("name", "city")]).tolist() == [0, 1, 0]


def test_row_order_changes_who_is_kept_not_who_is_joined():
    rng = np.random.default_rng(3)
    keys = rng.integers(0, 40, size=(120, 2)).astype(str)
    table = pd.DataFrame(keys, columns=["a", "b"])
    groups = same_person(table, ["a", "b"])
    mixed = table.sample(frac=1, random_state=1)
    again = same_person(mixed, ["a", "b"]).loc[table.index]
    assert pd.crosstab(groups, again).gt(0).sum().eq(1).all()


def test_the_log_holds_every_value_that_is_no_longer_there():
    table = pd.DataFrame(
        {
            "email": ["a@x.org", "A@x.org", "a@x.org "],
            "age": [None, 31, 32],
            "city": ["Bern", "n/a", "Ulm"],
        }
    )
    before = table.copy()
    merged, log = merge_duplicates(table, ["email"], how={"email": "email"})
    pd.testing.assert_frame_equal(table, before)
    assert merged.values.tolist() == [["a@x.org", 31, "Bern"]]
    said = log[log["what"] != "joined"][["row", "field", "other", "what"]].values.tolist()
    assert said == [
        [1, "email", "A@x.org", "differs"],
        [1, "age", 31.0, "gap filled"],
        [2, "email", "a@x.org ", "differs"],
        [2, "age", 32.0, "differs"],
        [2, "city", "Ulm", "differs"],
    ]
    same, nothing = merge_duplicates(table.head(1), ["email"])
    assert same.equals(table.head(1))
    assert nothing.empty


def test_duplicates_lists_each_person_together():
    table = pd.DataFrame({"e": ["a", "b", "A", "c", "b"], "n": [1, 2, 3, 4, 2]})
    assert duplicates(table, ["e"]).index.tolist() == [0, 2, 1, 4]
    assert duplicates(table).index.tolist() == [1, 4]
    assert duplicates(table.head(1)).empty
    with pytest.raises(ValueError, match="on must be a list of fields"):
        duplicates(table, "e")
    with pytest.raises(ValueError, match='no column "mail"'):
        duplicates(table, ["mail"])


def test_a_check_digit_shows_every_wrong_digit_and_every_swap():
    numbers = number_customers(pd.DataFrame(index=range(400)), code="B2C")
    assert numbers.is_unique
    for number in numbers[::7]:
        assert check_number(number)
        code, digits, check = number.split("-")
        for place in range(5):
            for digit in set("0123456789") - {digits[place]}:
                assert not check_number(
                    f"{code}-{digits[:place]}{digit}{digits[place + 1 :]}-{check}"
                )
        for place in range(4):
            if digits[place] != digits[place + 1]:
                one, two = digits[place : place + 2]
                swapped = f"{digits[:place]}{two}{one}{digits[place + 2 :]}"
                assert not check_number(f"{code}-{swapped}-{check}")
    for form in ("", "C-1", "c-00001-3", "B2C-00001", None, "B2C-00001-99"):
        assert not check_number(form)


def test_two_kinds_of_customers_count_for_themselves():
    table = pd.DataFrame({"kind": ["B2C", "B2B", "B2C"]}, index=[5, 6, 7])
    numbers = number_customers(table, by="kind")
    assert [number[:9] for number in numbers] == ["B2C-00001", "B2B-00001", "B2C-00002"]
    assert numbers.index.tolist() == [5, 6, 7]
    with pytest.raises(ValueError, match="A code is capitals and digits"):
        number_customers(table, code="b c")
    with pytest.raises(ValueError, match="A code is capitals and digits"):
        number_customers(table.assign(kind=[None, "B2B", "B2C"]), by="kind")
    with pytest.raises(ValueError, match="Give a greater width"):
        number_customers(pd.DataFrame(index=range(11)), width=1)


def test_a_pseudonym_joins_tables_and_needs_the_secret():
    table = pd.DataFrame({"email": ["a@x.org", None, "b@x.org"], "age": [1, 2, 3]})
    one = pseudonymise(table, ["email"], "a secret of the house")
    two = pseudonymise(table, ["email"], b"a secret of the house")
    other = pseudonymise(table, ["email"], "another secret of it")
    pd.testing.assert_frame_equal(one, two)
    assert one["email"].isna().tolist() == [False, True, False]
    assert not set(one["email"].dropna()) & (set(other["email"]) | set(table["email"]))
    assert one["age"].tolist() == [1, 2, 3]
    with pytest.raises(ValueError, match="The secret has 5 bytes; give at least 16"):
        pseudonymise(table, ["email"], "short")
    with pytest.raises(ValueError, match="columns must be a list"):
        pseudonymise(table, "email", "a secret of the house")


def test_a_purpose_keeps_its_fields_and_sensitive_ones_are_refused():
    table = market("littlehands", 0, customers=50)["customers"].assign(email="a@x.org", shoe=38)
    kept, left_out = minimise(table, "contact")
    assert list(kept) == ["customer_id", "email"]
    assert set(kept) | set(left_out["field"]) == set(table)
    assert dict(left_out.values)["shoe"] == "not in the catalogue"
    assert dict(left_out.values)["age"] == "only for: segment"
    assert (
        dict(minimise(table.assign(marital_status=""), "serve")[1].values)["marital_status"]
        == "no purpose"
    )
    with pytest.raises(ValueError, match=r"sensitive fields \(health: .*; religion: "):
        minimise(table.assign(health=None, religion=None), "segment")
    with pytest.raises(ValueError, match=r"No field has the purpose 'spy'\. There are: contact, "):
        minimise(table, "spy")
