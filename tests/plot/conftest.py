import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

mpl.use("agg")


@pytest.fixture(autouse=True)
def closed_figures():
    with plt.rc_context():
        yield
    plt.close("all")


@pytest.fixture
def segments() -> pd.DataFrame:
    """400 made-up customers with scores and a segment."""
    draw = np.random.default_rng(1)
    frame = pd.DataFrame(
        {
            "customer_id": range(400),
            "recency_days": draw.integers(0, 400, 400),
            "frequency": draw.geometric(0.25, 400),
            "monetary": draw.gamma(1, 90, 400).round(2),
            "r_score": draw.integers(1, 6, 400),
            "f_score": draw.integers(1, 6, 400),
        }
    )
    names = np.array(["lost", "new", "loyal", "champions"])
    return frame.assign(segment=names[draw.integers(0, 4, 400)])


@pytest.fixture
def gaps() -> pd.DataFrame:
    return pd.DataFrame({"gap_days": np.random.default_rng(2).geometric(0.04, 900)})
