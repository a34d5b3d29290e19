"""Before and after: no effect without a comparison."""

import numpy as np
import pandas as pd
import pytest

from whobuys.strategy import (
    NoComparison,
    before_after,
    customers_needed,
    least_detectable,
    period_means,
)

THEN = pd.Series([10.0, 12.0, 11.0, 10.0, 12.0, 11.0], list("abcdef"))
NOW = pd.Series([15.0, 16.0, 17.0, 12.0, 13.0, 14.0], list("abcdef"))
PART = pd.Series([True, True, True, False, False, False], list("abcdef"))


def test_difference_in_differences_by_hand():
    found = before_after(THEN, NOW, PART)
    assert found.change == 5.0
    assert found.effect == 3.0
    assert found.low < 3 < found.high
    assert found.balance == 0
    assert "No lot decided" in found.words
    assert "A lot decided" in before_after(THEN, NOW, PART, by_lot=True).words
    again = before_after(THEN, NOW, PART)
    assert (again.low, again.high) == (found.low, found.high)
    assert before_after(THEN, NOW, PART, seed=1).effect == 3.0


def test_without_a_comparison_there_is_no_effect():
    found = before_after(THEN, NOW)
    assert found.table["group"].tolist() == ["took part"]
    assert found.table["change"].iloc[0] == pytest.approx(3.5)
    for name in ("effect", "low", "high"):
        with pytest.raises(NoComparison, match="only a change"):
            getattr(found, name)
    assert "not an effect" in str(found)


def test_the_interval_covers_and_the_two_ways_agree():
    draw = np.random.default_rng(0)
    hits = []
    for seed in range(150):
        size = 120
        part = pd.Series(draw.random(size) < 0.4)
        then = pd.Series(draw.normal(10, 3, size))
        now = then + draw.normal(1, 2, size) + 2.0 * part
        found = before_after(then, now, part, draws=400, seed=seed)
        hits.append(found.low <= 2.0 <= found.high)
        normal = before_after(then, now, part, draws=0)
        assert found.effect == normal.effect
        assert found.high - found.low == pytest.approx(normal.high - normal.low, rel=0.25)
    assert 0.88 <= np.mean(hits) <= 0.99


def test_groups_apart_are_a_warning():
    then = THEN + 5 * PART
    found = before_after(then, then + 1.0, PART)
    assert found.balance > 1
    assert "doubtful" in found.words
    constant = pd.Series(1.0, THEN.index)
    assert before_after(constant, NOW, PART).balance == 0


def test_shares_work_too():
    found = before_after(THEN > 10, NOW > 12, PART)
    assert found.table["before"].tolist() == pytest.approx([2 / 3, 2 / 3])


@pytest.mark.parametrize(
    ("then", "now", "part", "options", "words"),
    [
        (THEN, NOW.iloc[::-1], PART, {}, "after must have the index of before"),
        (THEN, NOW, PART.iloc[:-1], {}, "took_part must have the index"),
        (THEN, NOW.where(NOW > 12), PART, {}, "missing or infinite value"),
        (
            THEN,
            NOW,
            PART.astype(int),
            {},
            "^took_part must hold only True and False, not 1. Compare it with the value that "
            "means yes, such as took_part == 0 or took_part == 1.$",
        ),
        (THEN, NOW, PART.astype(object).where(PART), {}, "^took_part is missing in 3 rows of 6"),
        (THEN, NOW, PART.tolist(), {}, "took_part must be a Series indexed by customer, not list"),
        (THEN, NOW, PART & False, {}, "'took part' has 0 customers"),
        (THEN, NOW, PART | True, {}, "'comparison' has 0 customers"),
        (THEN.tolist(), NOW, PART, {}, "before must be a Series"),
        (THEN.rename(lambda _: "a"), NOW, PART, {}, "more than once .a.. Give one number a"),
        (THEN, NOW, PART, {"level": 0}, "level"),
        (THEN, NOW, PART, {"draws": -1}, "draws"),
    ],
)
def test_strange_comparisons_are_refused(then, now, part, options, words):
    with pytest.raises(ValueError, match=words):
        before_after(then, now, part, **options)


def test_period_means():
    values = pd.DataFrame({"Q1": THEN, "Q2": NOW})
    means = period_means(values, PART)
    assert means["difference"].tolist() == [0.0, 3.0]
    with pytest.raises(ValueError, match="with and without"):
        period_means(values, PART | True)
    with pytest.raises(ValueError, match="index of before"):
        period_means(values, PART.iloc[::-1])


def test_power_by_simulation():
    """An effect of the least detectable size is found in 80 of 100 samples."""
    draw = np.random.default_rng(1)
    effect = least_detectable(80, 160, spread=2.0)
    found = 0
    for _ in range(600):
        one, other = draw.normal(effect, 2, 80), draw.normal(0, 2, 160)
        error = np.sqrt(one.var(ddof=1) / 80 + other.var(ddof=1) / 160)
        found += abs(one.mean() - other.mean()) > 1.96 * error
    assert 0.75 <= found / 600 <= 0.85


def test_size_and_effect_are_inverse():
    needed = customers_needed(3.0, spread=20.0, share=0.3)
    assert least_detectable(round(needed * 0.3), round(needed * 0.7), 20.0) == pytest.approx(
        3.0, rel=0.01
    )
    assert customers_needed(3.0, 20.0) < needed
    with pytest.raises(ValueError, match="other than 0"):
        customers_needed(0, 20.0)
    with pytest.raises(ValueError, match="at least 2"):
        least_detectable(1, 10, 2.0)
    with pytest.raises(ValueError, match="power"):
        least_detectable(10, 10, 2.0, power=80)
