"""A table that a filter left empty is called that, whatever the function looks for."""

import pandas as pd
import pytest

from whobuys.strategy import (
    before_after,
    closing_curve,
    complaint_table,
    item_similarity,
    logit_demand,
    loyalty_by_answer,
    net_promoter_score,
    recommendation_test,
    satisfaction_table,
    segment_figures,
    visit_summary,
)

ANSWERS = pd.DataFrame(
    {"wave": [2026, 2026], "recommend": [9, 3], "expectation": [4, 5], "satisfaction": [4, 3],
     "again": [True, False]}
)  # fmt: skip
NONE = ANSWERS[ANSWERS["wave"] == "2026"]
LINES = pd.DataFrame(
    columns=["customer_id", "order_id", "product_id", "date", "amount", "discount", "channel"]
)
PLAN = pd.DataFrame(columns=["grade", "customer_id", "visits", "hours", "expected"])
OFFERS = pd.DataFrame(columns=["segment", "price", "bought"])
CASES = pd.DataFrame(columns=["kind", "opened", "closed"])
GROUPS = pd.Series({"C1": "A"})
NUMBERS = pd.Series([1.0, 2.0])

EMPTY = {
    "net_promoter_score": ("answers", lambda: net_promoter_score(NONE)),
    "satisfaction_table": ("answers", lambda: satisfaction_table(NONE)),
    "loyalty_by_answer": ("answers", lambda: loyalty_by_answer(NONE, "again")),
    "complaint_table": ("interactions", lambda: complaint_table(CASES, as_of="2026-06-30")),
    "closing_curve": ("interactions", lambda: closing_curve(CASES, as_of="2026-06-30")),
    "logit_demand": ("offers", lambda: logit_demand(OFFERS)),
    "visit_summary": ("plan", lambda: visit_summary(PLAN)),
    "segment_figures": ("transactions", lambda: segment_figures(LINES, GROUPS)),
    "item_similarity": ("transactions", lambda: item_similarity(LINES)),
    "recommendation_test": ("transactions", lambda: recommendation_test(LINES, "2026-06-01")),
    "before": ("before", lambda: before_after(NUMBERS.iloc[:0], NUMBERS)),
    "after": ("after", lambda: before_after(NUMBERS, NUMBERS.iloc[:0])),
    "took_part": ("took_part", lambda: before_after(NUMBERS, NUMBERS, NUMBERS.iloc[:0] > 1)),
}


@pytest.mark.parametrize("name", EMPTY)
def test_no_rows_are_told_with_the_mend(name):
    table, call = EMPTY[name]
    with pytest.raises(ValueError, match=f"^{table} has no rows. Check the file or the filter"):
        call()
