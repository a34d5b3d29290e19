import numpy as np
import pandas as pd
import pytest

from whobuys.segment import Rule, classify, memberships, read_rules, rule_report

NA = pd.NA


@pytest.fixture
def people() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "customer_id": list("ABCDEF"),
            "orders": [20, 12, 11, 0, 12, 3],
            "margin": [900.0, 500.0, 800.0, 0.0, np.nan, np.nan],
            "channel": ["app", "web", None, "app", "branch", "app"],
            "member": [True, False, True, False, False, True],
            "joined": pd.to_datetime(["2024-07-01"] * 3 + ["2026-06-30"] * 3),
        }
    )


def held(table, condition):
    return [
        None if flag is pd.NA else bool(flag)
        for flag in memberships(table, [Rule("x", condition)])["x"].tolist()
    ]


@pytest.mark.parametrize(
    ("condition", "letters"),
    [
        ("orders >= 12", "ABE"),
        ("orders > 12", "A"),
        ("12 <= orders", "ABE"),
        ("3 <= orders < 12", "CF"),
        ("not orders >= 12", "CDF"),
        ("orders == 0 or orders == 3", "DF"),
        ("member", "ACF"),
        ("not member and orders > 0", "BE"),
        ("member == True", "ACF"),
        ("channel in ['app', 'web']", "ABDF"),
        ("channel == 'app' and orders > 1", "AF"),
        ("missing(channel)", "C"),
        ("not missing(margin) and margin < 1", "D"),
        ("joined > '2025-01-01'", "DEF"),
        ("orders > -1", "ABCDEF"),
        ("orders in (0, 3)", "DF"),
        ("orders not in [0, 3]", "ABCE"),
        ("margin > orders", "ABC"),
        ("orders > 11 and (member or channel == 'web')", "AB"),
    ],
)
def test_conditions(people, condition, letters):
    flags = held(people, condition)
    assert "".join(i for i, flag in zip(people["customer_id"], flags, strict=True) if flag) == (
        letters
    )


def test_the_unknown_is_neither_true_nor_false(people):
    assert held(people, "margin >= 500") == [True, True, True, False, None, None]
    assert held(people, "orders >= 12 and margin >= 500") == [True, True, False, False, None, False]
    assert held(people, "orders >= 12 or margin >= 500")[4:] == [True, None]
    assert held(people, "not margin >= 500")[4:] == [None, None]
    assert held(people, "channel not in ['app']")[2] is None
    assert held(people, "channel != 'app'")[2] is None
    assert held(people, "0 <= margin < 900")[5] is None
    nullable = people.convert_dtypes()
    assert held(nullable, "orders >= 12 and margin >= 500")[4] is None
    assert held(nullable.assign(member=[True, NA] * 3).convert_dtypes(), "member")[1] is None


def test_categories_are_what_they_are(people):
    table = people.assign(channel=people["channel"].astype("category"))
    assert held(table, "channel == 'app'") == held(people, "channel == 'app'")


@pytest.mark.parametrize(
    ("condition", "message"),
    [
        ("", "has no condition"),
        ("orders = 3", "cannot be read"),
        ("orders >=", "cannot be read"),
        ("__import__('os').system('true')", "may not hold"),
        ("orders.sum() > 3", "no comparison"),
        ("orders + 1 > 3", "no comparison"),
        ("(orders > 3) & (margin > 3)", "Write `and` for &"),
        ("lambda: 3", "may not hold"),
        ("[x for x in orders]", "may not hold"),
        ("3 > 2", "no comparison"),
        ("True", "may not hold"),
        ("channel in 'app'", "`in` needs a column and a list"),
        ("'app' in channel", "`in` needs a column and a list"),
        ("channel in [margin]", "`in` needs a column and a list"),
        ("orders is None", "no comparison"),
        ("missing(orders, margin)", "may not hold"),
        ("missing('orders')", "may not hold"),
        ("orders > 3 if margin else 2", "may not hold"),
        ("(a := 3) > orders", "no comparison"),
        ("orders > 10 ** 10 ** 10", "no comparison"),
        ("x" * 1001, "longer than"),
        ("(" * 300 + "orders" + ")" * 300, "cannot be read"),
    ],
)
def test_whatever_else_is_refused(condition, message):
    with pytest.raises(ValueError, match=message):
        Rule("x", condition)


@pytest.mark.parametrize(
    ("condition", "message"),
    [
        ("order > 3", 'Rule "x" speaks of order, which is no column'),
        ("orders > '3'", "orders holds numbers, and is compared with '3'. Take away the quotes"),
        ("channel == 3", "channel holds text, and is compared with 3"),
        ("channel > 'app'", "which has no order"),
        ("channel == member", "channel holds text, and is compared with member"),
        ("orders", "does not hold True and False"),
        ("joined > 'soon'", "'soon' is none"),
        ("member > 0", "member holds True and False"),
        ("orders in [1, 'a']", "compared with 'a'"),
    ],
)
def test_what_does_not_fit_the_table(people, condition, message):
    with pytest.raises(ValueError, match=message):
        memberships(people, [Rule("x", condition)])


def test_rule_tables():
    rules = pd.DataFrame(
        {
            "segment": ["key", "ordinary"],
            "orders": [">= 12", None],
            "channel": ["in ['app']", ""],
            "condition": ["", "orders < 12 or orders > 99"],
        }
    )
    assert [rule.condition for rule in read_rules(rules)] == [
        "orders >= 12 and channel in ['app']",
        "(orders < 12 or orders > 99)",
    ]
    assert read_rules(Rule("a", "b > 1"))[0].columns == ["b"]
    with pytest.raises(ValueError, match='rules has no column "segment"'):
        read_rules(pd.DataFrame({"condition": ["a > 1"]}))
    with pytest.raises(ValueError, match="the cell of orders is 12, not a comparison"):
        read_rules(pd.DataFrame({"segment": ["a"], "orders": [12]}))
    with pytest.raises(ValueError, match="rules has a more than once"):
        read_rules([Rule("a", "b > 1"), Rule("a", "b < 1")])
    with pytest.raises(ValueError, match="There are no rules"):
        read_rules([])
    with pytest.raises(ValueError, match="no Rule"):
        read_rules([("a", "b > 1")])
    with pytest.raises(ValueError, match="name of its class"):
        Rule(" ", "b > 1")


KEY = Rule("key", "orders >= 12 and margin >= 500")
FREQUENT, LOW = Rule("frequent", "orders >= 11"), Rule("low", "margin < 900")


def test_classes(people):
    got = classify(people, [KEY, Rule("potential", "orders == 0")], otherwise="ordinary")
    assert got.fillna("?").tolist() == ["key", "key", "ordinary", "potential", "?", "ordinary"]
    assert got.name == "segment"
    told = classify(people, [KEY], undecided="ask")
    assert told.fillna("?").tolist() == ["key", "key", "?", "?", "ask", "?"]


def test_overlap_is_an_error_unless_the_first_wins(people):
    with pytest.raises(ValueError, match=r"2 customers of 6 .* frequent and low \(2 customers\)"):
        classify(people, [FREQUENT, LOW])
    first = classify(people, [FREQUENT, LOW], first=True)
    assert first.fillna("?").tolist() == ["frequent"] * 3 + ["low", "frequent", "?"]
    # E might be low; where low comes first, nobody can say which of the two E is
    other = classify(people, [LOW, FREQUENT], first=True)
    assert other.fillna("?").tolist() == ["frequent", "low", "low", "low", "?", "?"]


def test_the_report(people):
    never = Rule("never", "orders > 5 and orders < 3")
    report = rule_report(people, [FREQUENT, LOW, never])
    assert dict(zip(report.coverage["falls_in"], report.coverage["customers"], strict=True)) == {
        "none": 0,
        "one": 3,
        "two or more": 2,
        "undecided": 1,
    }
    assert report.coverage["share"].sum() == pytest.approx(1)
    assert report.overlaps.to_dict("records") == [
        {"first": "frequent", "second": "low", "customers": 2, "examples": "B, C"}
    ]
    rules = report.rules.set_index("segment")
    assert rules["customers"].tolist() == [4, 3, 0]
    assert rules["alone"].tolist() == [2, 1, 0]
    assert rules["first"].tolist() == [4, 1, 0]
    assert rules["undecided"].tolist() == [0, 2, 0]
    assert rules["reachable"].tolist() == [True, True, False]
    assert report.missing.to_dict("records") == [{"column": "margin", "missing": 2, "undecided": 1}]
    assert (report.exclusive, report.complete) == (False, False)
    assert "nobody is left for never." in str(report)
    edges = report.boundaries.set_index(["segment", "sign"])
    assert edges.loc[("frequent", ">="), "on_the_edge"] == 1
    assert edges.loc[("frequent", ">="), "edge_is"] == "in"
    assert edges.loc[("low", "<"), "on_the_edge"] == 1
    assert edges.loc[("low", "<"), "edge_is"] == "out"


def test_the_edge_of_a_negation_is_on_the_other_side(people):
    rule = Rule("x", "not (orders >= 12 and 500 <= margin)")
    edges = rule_report(people, [rule]).boundaries
    assert edges["sign"].tolist() == ["<", "<"]
    assert edges["edge_is"].tolist() == ["out", "out"]
    assert edges["on_the_edge"].tolist() == [2, 1]


def test_a_rule_hidden_by_an_earlier_one_is_unreachable(people):
    report = rule_report(people, [FREQUENT, Rule("often", "orders >= 12")])
    assert report.rules["reachable"].tolist() == [True, False]
    assert report.count("none") == 2


def test_a_clean_table_is_exclusive_and_complete(people):
    rules = [Rule("often", "orders >= 12"), Rule("seldom", "orders < 12")]
    report = rule_report(people, rules)
    assert report.exclusive
    assert report.complete
    assert report.overlaps.empty
    assert report.missing.empty
    assert rule_report(people.drop(columns="customer_id"), rules).coverage["examples"][1] == (
        "0, 1, 2"
    )


def test_inputs_are_not_changed(people):
    rules = pd.DataFrame({"segment": ["key"], "orders": [">= 12"]})
    before = people.copy(), rules.copy()
    classify(people, rules)
    rule_report(people, rules)
    pd.testing.assert_frame_equal(people, before[0])
    pd.testing.assert_frame_equal(rules, before[1])
    with pytest.raises(ValueError, match="nobody to classify"):
        memberships(people.iloc[:0], rules)
    with pytest.raises(TypeError, match="must be a pandas DataFrame"):
        memberships([1], rules)


def test_against_plain_pandas_on_many_rows():
    draw = np.random.default_rng(4)
    table = pd.DataFrame({"a": draw.integers(0, 9, 3000), "b": draw.normal(size=3000)})
    yes = (table["a"] >= 5) & ~(table["b"] < 0) | (table["a"] == 1)
    got = memberships(table, [Rule("x", "a >= 5 and not b < 0 or a == 1")])["x"]
    assert (got == yes).all()
