import numpy as np
import pandas as pd
import pytest

from whobuys.segment import lifecycle_state, purchase_cycle

AS_OF = pd.Timestamp("2026-06-30")
STATES = {"prospect", "new", "active", "reactivated", "at risk", "dormant", "lost"}


def history(**days_before: list[int]) -> pd.DataFrame:
    """Make purchases from days before the as-of date, per customer."""
    rows = [
        (who, AS_OF - pd.Timedelta(days=d), 10.0) for who, days in days_before.items() for d in days
    ]
    return pd.DataFrame(rows, columns=["customer_id", "date", "amount"])


def states(frame: pd.DataFrame, **options) -> dict[str, str]:
    got = lifecycle_state(frame, as_of=AS_OF, **({"cycle": 10.0} | options))
    return dict(zip(got["customer_id"], got["state"], strict=True))


def test_each_state_at_its_edge():
    got = states(
        history(
            new0=[0],
            new19=[19],
            risk20=[20],
            risk39=[39],
            dormant40=[40],
            dormant79=[79],
            lost80=[80],
            active19=[50, 35, 19],
            old_new20=[20, 0],
            back=[59, 19],
            back_and_on=[100, 60, 20, 3],
            gap39=[58, 19],
        )
    )
    assert got == {
        "new0": "new",
        "new19": "new",
        "risk20": "at risk",
        "risk39": "at risk",
        "dormant40": "dormant",
        "dormant79": "dormant",
        "lost80": "lost",
        "active19": "active",
        "old_new20": "active",
        "back": "reactivated",
        "back_and_on": "active",
        "gap39": "active",
    }


def test_prospects_come_from_the_list():
    frame = history(A=[1], B=[200])
    assert states(frame, customers=["A", "B", "P"])["P"] == "prospect"
    table = pd.DataFrame({"customer_id": ["P", "A"], "age": 30})
    assert states(frame, customers=table) == {"A": "new", "B": "lost", "P": "prospect"}
    got = lifecycle_state(frame, as_of=AS_OF, cycle=10, customers=["P", "A"])
    row = got.iloc[-1]
    assert row["frequency"] == 0
    assert row[["first_purchase", "last_purchase", "recency_days", "came_back"]].isna().all()


def test_one_state_each_and_nobody_lost_on_the_way():
    draw = np.random.default_rng(8)
    size = 4000
    frame = pd.DataFrame(
        {
            "customer_id": draw.integers(0, 700, size),
            "date": AS_OF - pd.to_timedelta(draw.gamma(0.5, 300, size).astype(int), "D"),
            "amount": draw.normal(10, 15, size),
        }
    )
    buyers = set(frame.loc[frame["amount"] >= 0, "customer_id"])
    refunds_only = set(frame["customer_id"]) - buyers
    assert refunds_only
    with pytest.warns(UserWarning, match="refunds only"):
        got = lifecycle_state(frame, as_of=AS_OF, customers=range(900))
    assert got["customer_id"].tolist() == sorted(set(range(900)) - refunds_only)
    assert set(got["state"]) == STATES
    assert got["state"].notna().all()
    assert (got["state"] == "prospect").sum() == 900 - len(buyers) - len(refunds_only)


def test_the_cycle_is_computed_and_told():
    frame = history(A=[100, 80, 60], B=[50, 10], C=[5])
    got = lifecycle_state(frame, as_of=AS_OF)
    assert got.attrs["cycle_days"] == purchase_cycle(frame) == 30
    assert got.columns.tolist() == [
        "customer_id",
        "first_purchase",
        "last_purchase",
        "frequency",
        "recency_days",
        "came_back",
        "state",
    ]
    assert got["frequency"].tolist() == [3, 2, 1]
    assert got["recency_days"].tolist() == [60, 10, 5]
    assert got["recency_days"].dtype == "Int64"


def test_thresholds_are_cycles():
    frame = history(A=[100, 25])
    assert states(frame) == {"A": "at risk"}
    assert states(frame, cycle=20) == {"A": "active"}
    assert states(frame, at_risk=3) == {"A": "active"}
    assert states(frame, at_risk=3, new=3) == {"A": "reactivated"}
    assert states(frame, at_risk=1, dormant=2, lost=2.5) == {"A": "lost"}


def test_refund_only_customers_are_not_prospects():
    frame = pd.concat([history(A=[1]), history(D=[2]).assign(amount=-5.0)])
    with pytest.warns(UserWarning, match="1 customer with refunds only"):
        assert states(frame, customers=["A", "D", "P"]) == {"A": "new", "P": "prospect"}


def test_input_is_not_changed():
    frame, people = history(A=[1, 50]), pd.DataFrame({"customer_id": ["A", "P"]})
    before = frame.copy(), people.copy()
    lifecycle_state(frame, as_of=AS_OF, customers=people)
    pd.testing.assert_frame_equal(frame, before[0])
    pd.testing.assert_frame_equal(people, before[1])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"cycle": 0}, "cycle must be"),
        ({"cycle": np.nan}, "cycle must be"),
        ({"cycle": "10"}, "cycle must be"),
        ({"new": 0}, "new must be"),
        ({"lost": True}, "lost must be"),
        ({"at_risk": 4, "dormant": 4}, "at_risk < dormant < lost. They are 4, 4, 8"),
        ({"customers": [1, 2]}, "None of the 1 buyers is in customers.*'A'.*like 1"),
        ({"customers": []}, "customers is empty"),
        ({"customers": ["A", None]}, r"1 of 2 entries without an id \(index 1\)"),
        ({"customers": "A"}, "list of ids or a table"),
        ({"customers": pd.DataFrame({"id": ["A"]})}, 'customers has no column "customer_id"'),
        ({"cycle": None}, "two different days"),
    ],
)
def test_errors(options, message):
    with pytest.raises(ValueError, match=message):
        states(history(A=[1]), **options)


def test_dates_after_as_of():
    with pytest.raises(ValueError, match="1 date of 2 after as_of=2026-06-30"):
        states(history(A=[-1, 5]))
