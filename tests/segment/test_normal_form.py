import re

import pandas as pd
import pytest

from whobuys.segment import (
    SCHEME_RULES,
    SCHEMES,
    STATUSES,
    Rule,
    as_scheme,
    lifecycle_state,
    normal_form,
    rule_report,
)


@pytest.fixture
def normal() -> pd.DataFrame:
    """Every status with every pair of bands, once."""
    rows = [
        (status, current, potential)
        for status in STATUSES
        for current in ("low", "medium", "high")
        for potential in ("low", "medium", "high")
    ]
    table = pd.DataFrame(rows, columns=["status", "current_value", "potential_value"])
    table.insert(0, "customer_id", [f"C{i}" for i in range(len(table))])
    return normal_form(table)


def test_the_form(normal):
    assert normal.columns.tolist() == [
        "customer_id", "status", "current_value", "potential_value", "need_class", "segment_code",
    ]  # fmt: skip
    assert normal["current_value"].cat.ordered
    assert normal["need_class"].isna().all()


def test_numbers_and_edges():
    table = pd.DataFrame(
        {"who": [1, 2, 3], "state": ["new", "lost", None], "m": [49.0, 50.0, None],
         "p": ["low", None, "high"], "n": ["price", "service", None]}
    )  # fmt: skip
    got = normal_form(
        table, status="state", current_value="m", potential_value="p", need_class="n",
        edges={"current_value": [50, 500]}, customer="who",
    )  # fmt: skip
    assert got["current_value"].astype(object).fillna("?").tolist() == ["low", "medium", "?"]
    assert got["status"].fillna("?").tolist() == ["new", "lost", "?"]
    assert got["need_class"].fillna("?").tolist() == ["price", "service", "?"]


def test_the_states_of_the_toolkit_fit():
    lines = pd.DataFrame(
        {"customer_id": list("AABC"), "amount": 5.0,
         "date": pd.to_datetime(["2026-01-01", "2026-06-01", "2026-06-29", "2024-01-01"])}
    )  # fmt: skip
    states = lifecycle_state(lines, as_of="2026-06-30", cycle=30, customers=list("ABCD"))
    assert set(states["state"]) <= set(STATUSES)


@pytest.mark.parametrize(
    ("change", "options", "message"),
    [
        ({"status": "sleeping"}, {}, 'Column "status" of table holds sleeping'),
        ({"current_value": "huge"}, {}, "holds huge, not low, medium, high"),
        ({"customer_id": "A"}, {}, "must name each customer once"),
        ({}, {"status": "state"}, 'no column "state"'),
        ({}, {"edges": {"need": [1, 2]}}, "edges has need"),
    ],
)
def test_errors(normal, change, options, message):
    with pytest.raises(ValueError, match=message):
        normal_form(normal.assign(**change).astype({"current_value": object}), **options)


def test_every_scheme_has_its_classes_and_its_rules():
    assert SCHEMES["scheme"].is_unique
    assert SCHEMES.notna().all(axis=None)
    assert set(SCHEME_RULES["scheme"]) == set(SCHEMES["scheme"])
    for row in SCHEMES.to_dict("records"):
        rules = SCHEME_RULES[SCHEME_RULES["scheme"] == row["scheme"]]
        names = [re.sub(r"^(.*) \((.*)\)$", r"\1 (\2)", name) for name in rules["class"]]
        listed = [name.strip() for name in row["classes"].split(" / ")]
        short = [name.removesuffix(" value") for name in listed]
        assert names in (listed, short), row["scheme"]


FURTHER = {
    "profit_rank": [0.0, 0.01, 0.05, 0.2, 0.9] * 15,
    "loyalty": ["low", "medium", "high"] * 25,
    "frequency_band": "high",
    "amount_band": "low",
    "order_value_band": "medium",
    "profit_band": "high",
    "preference": ["brand-loyal", "price-sensitive", "function-seeking or mixed"] * 25,
    "need_class": ["price", "service", "function"] * 25,
    "style": ["demanding", "hesitant", "thrifty", "seasoned", "thrifty"] * 15,
    "member_level": ["ordinary", "elite", ""] * 25,
    "licensed": [True, False, False] * 25,
    "eligible": [True, True, False] * 25,
    "multinational": False,
    "headcount": [199, 200, 1000] * 25,
    "buys_elsewhere": [True, False, False] * 25,
    "checks_failed": [0, 2, 1] * 25,
}


@pytest.mark.parametrize("scheme", SCHEMES["scheme"])
def test_every_scheme_is_a_view(normal, scheme):
    further = {k: v[: len(normal)] if isinstance(v, list) else v for k, v in FURTHER.items()}
    got = as_scheme(normal.assign(**further), scheme)
    assert got.columns.tolist() == ["customer_id", "scheme", "class", "also"]
    assert (got["scheme"] == scheme).all()
    assert len(got) == len(normal)
    classes = SCHEME_RULES.loc[SCHEME_RULES["scheme"] == scheme, "class"]
    assert set(got["class"].dropna()) <= set(classes)
    assert got["class"].notna().any()


def faults(normal, scheme):
    rows = SCHEME_RULES[SCHEME_RULES["scheme"] == scheme]
    report = rule_report(
        normal, [Rule(r["class"], r["condition"]) for r in rows.to_dict("records")]
    )
    return report.exclusive, report.complete


def test_the_faults_are_real(normal):
    assert faults(normal, "four-tiers") == (False, False)
    assert faults(normal, "bank-activity") == (False, False)
    assert faults(normal, "bank-value") == (True, False)
    assert faults(normal, "abc-two-axes") == (True, False)
    assert faults(normal, "key-ordinary-potential") == (True, False)
    assert faults(normal, "value-bands") == (True, True)
    assert faults(normal, "relationship") == (True, True)
    size = pd.DataFrame({"headcount": [199, 200, 201], "multinational": False})
    assert faults(size, "firm-size") == (False, True)


def test_also_names_the_other_classes(normal):
    got = as_scheme(normal, "four-tiers")
    lost_high = got[(normal["status"] == "lost") & (normal["current_value"] == "high")]
    assert set(lost_high["class"]) == {"high-value"}
    assert set(lost_high["also"]) == {"lost"}


def test_scheme_errors(normal):
    with pytest.raises(ValueError, match=r"no scheme 'abc'\. There are: key-ordinary-potential"):
        as_scheme(normal, "abc")
    with pytest.raises(ValueError, match='"membership" needs member_level'):
        as_scheme(normal, "membership")
