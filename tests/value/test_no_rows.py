"""A table that a filter left empty is called that, whatever the function looks for."""

import pandas as pd
import pytest

from whobuys.value import (
    CUSTOMER_TRAITS,
    abc_grades,
    customer_contribution,
    tracking_table,
    trait_score,
)

LINES = pd.DataFrame(
    columns=["customer_id", "product_id", "date", "quantity", "amount", "unit_cost"]
)
FIRMS = pd.DataFrame({"customer_id": ["C1"]})
MARKS = pd.DataFrame(columns=CUSTOMER_TRAITS["trait"])
NUMBERS = {"quantity": float, "amount": float, "unit_cost": float}

EMPTY = {
    "customer_contribution": (
        "transactions", lambda: customer_contribution(LINES.astype(NUMBERS))
    ),
    "trait_score": ("marks", lambda: trait_score(MARKS)),
    "tracking_table": ("transactions", lambda: tracking_table(None, LINES, end="2026-06-30")),
}  # fmt: skip


@pytest.mark.parametrize("name", EMPTY)
def test_no_rows_are_told_with_the_mend(name):
    table, call = EMPTY[name]
    with pytest.raises(ValueError, match=f"^{table} has no rows. Check the file or the filter"):
        call()


def test_customers_without_any_purchase_have_a_row():
    made = customer_contribution(LINES.astype(NUMBERS), customers=FIRMS)
    assert list(made["customer_id"]) == ["C1"]


def test_no_numbers_are_told_with_the_mend():
    with pytest.raises(ValueError, match=r"values is empty.* Check the filter that made it"):
        abc_grades(pd.Series([], dtype=float), scheme="profit")
