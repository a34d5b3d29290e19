import pandas as pd
import pytest


@pytest.fixture
def lines() -> pd.DataFrame:
    """Four customers; C is refunded in part, D only has a refund."""
    rows = [
        ("A", "O1", "2026-05-01", 20.0),
        ("A", "O1", "2026-05-01", 35.5),
        ("A", "O2", "2026-06-20", 12.0),
        ("B", "O3", "2026-01-31", 50.0),
        ("C", "O4", "2026-06-30", 0.0),
        ("C", "O5", "2026-03-01", 80.0),
        ("C", "O6", "2026-06-10", -30.0),
        ("D", "O7", "2026-06-11", -9.0),
    ]
    frame = pd.DataFrame(rows, columns=["customer_id", "order_id", "date", "amount"])
    frame["date"] = pd.to_datetime(frame["date"])
    return frame


@pytest.fixture
def buyers(lines: pd.DataFrame) -> pd.DataFrame:
    """The same without the refund-only customer, so that nothing is left out."""
    return lines[lines["customer_id"] != "D"].reset_index(drop=True)
