"""Passages that more than one report has."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from whobuys import plot
from whobuys.report._analysis import Analysis
from whobuys.report._say import FEWEST, money_in, one, percent, signed, whole
from whobuys.report._section import Writer
from whobuys.report._words import Words
from whobuys.target import awareness_funnel, compare_prices, feature_matrix, importance_performance

Write = Callable[[Analysis, Writer, Words], None]
"""A function that writes one section."""

LAST = ("price_first", "again", "rival_equal")


def segment_names(analysis: Analysis, words: Words) -> dict[int, str]:
    """Name each segment by what sets it apart most, such as "1 · buys often, at full price"."""
    found: dict[int, str] = {}
    for number, traits in analysis.traits.items():
        said = [words.common("traits", f"{name}_{side}") for name, side in traits]
        for length in range(2, len(said) + 1):
            name = ", ".join(said[:length])
            if name not in {other.partition(" · ")[2] for other in found.values()}:
                break
        found[number] = f"{number} · {name}"
    return found


def named_sheet(analysis: Analysis, words: Words) -> pd.DataFrame:
    """Return the sheet of the segments with their names."""
    return analysis.sheet.assign(
        segment=analysis.sheet["segment"].map(segment_names(analysis, words))
    )


def segment_table(analysis: Analysis, writer: Writer, words: Words) -> None:
    """Write the table of the segments and note its numbers."""
    money = money_in(analysis.material.currency)
    sheet = named_sheet(analysis, words)
    columns = [
        "segment",
        "customers",
        "value_share",
        "orders_each",
        "order_value",
        "recency_median",
        "growth",
    ]
    shown = sheet[columns].rename(columns={"value_share": value_share(analysis)})
    writer.table(
        shown,
        {
            "customers": whole,
            value_share(analysis): percent,
            "orders_each": one,
            "order_value": money,
            "recency_median": whole,
            "growth": signed,
        },
    )


def segment_numbers(analysis: Analysis, writer: Writer) -> None:
    """Note sizes, shares and totals of the segments for the results file."""
    # k-means may place a customer on a border elsewhere on another processor
    few = few_customers(analysis)
    for row in analysis.sheet.to_dict("records"):
        of = row["segment"]
        writer.number("segment_size", row["customers"], "customers", few, of)
        writer.number("segment_share", row["customer_share"], "share", 0.005, of)
        writer.number("segment_revenue_share", row["revenue_share"], "share", 0.01, of)
        writer.number("segment_value_share", row["value_share"], "share", 0.01, of)


def few_customers(analysis: Analysis) -> int:
    """Return how many customers a segment may differ by in a recomputation."""
    return max(2, round(0.005 * len(analysis.buyers)))


def value_share(analysis: Analysis) -> str:
    """Name the column of the value: a share of the margin, or of the revenue."""
    return "margin_share" if analysis.has_margin else "revenue_share"


def segment_figure(analysis: Analysis, writer: Writer, words: Words) -> None:
    """Draw each segment's share of customers and revenue."""
    names = segment_names(analysis, words)
    table = pd.DataFrame(
        {
            "segment": analysis.segment.map(
                {number: name.replace(", ", ",\n") for number, name in names.items()}
            ),
            "monetary": analysis.buyers["monetary"],
        }
    )
    writer.figure(plot.segment_bars(table))


def segment_aims(analysis: Analysis) -> dict[int, str]:
    """Say for each segment what its behaviour asks for first.

    A segment that buys half as much again on discount as all asks about the "price"; one whose
    middle customer has been away for six purchase cycles, and half a year, is to "return"; one
    with less than half the usual orders is to buy "again"; of the rest, those whose revenue falls
    are to "grow", and the others to be kept ("keep").
    """
    found = {}
    buyers = analysis.buyers
    away = max(180.0, 6 * analysis.cycle) if np.isfinite(analysis.cycle) else 180.0
    cut = buyers["discount_share"].mean() if "discount_share" in buyers.columns else np.nan
    for row in analysis.sheet.to_dict("records"):
        if row.get("discount_share", 0) >= max(0.2, 1.5 * cut):
            aim = "price"
        elif row["recency_median"] > away:
            aim = "return"
        elif row["orders_each"] < buyers["frequency"].mean() / 2:
            aim = "again"
        else:
            aim = "grow" if row["growth"] < 0 else "keep"
        found[int(row["segment"])] = aim
    return found


def share_agreeing(answers: pd.Series) -> float:
    """Return the share of the known answers that are 4 or 5; missing with too few."""
    known = answers.dropna()
    return float((known >= 4).mean()) if len(known) >= FEWEST else float("nan")


def price_table(analysis: Analysis) -> pd.DataFrame | None:
    """Return the brands' prices, the cheapest first; None where they are not known."""
    rivals = analysis.rivals
    if rivals is None or not {"price_low", "price_typical", "price_high"} <= set(rivals.columns):
        return None
    return compare_prices(rivals, ours=analysis.our_brand)


def rated(analysis: Analysis) -> pd.DataFrame | None:
    """Return the feature matrix, weighed by the survey where it asks for the same."""
    if not analysis.features_rated:
        return None
    return feature_matrix(analysis.brands, analysis.features_rated, ours=analysis.our_brand)


def funnel(analysis: Analysis) -> pd.DataFrame | None:
    """Return who is known and who is bought, brand by brand."""
    rivals = analysis.rivals
    if rivals is None or not {"awareness", "share"} <= set(rivals.columns):
        return None
    return awareness_funnel(rivals, ours=analysis.our_brand)


def needs_table(analysis: Analysis) -> pd.DataFrame | None:
    """Return the needs by importance and performance."""
    if not analysis.needs:
        return None
    return importance_performance(analysis.answers, analysis.needs)


def other_statements(analysis: Analysis) -> list[str]:
    """Return the statements of the survey that are the company's own."""
    if analysis.survey is None:
        return []
    keys = [str(c).removeprefix("agree_") for c in analysis.survey if str(c).startswith("agree_")]
    return [key for key in keys if key not in LAST]


def monthly(analysis: Analysis) -> pd.Series:
    """Return the revenue of each whole month."""
    when = analysis.orders["date"].dt.to_period("M")
    months: pd.Series = analysis.orders["amount"].groupby(when).sum()
    return months.astype(float).replace(np.nan, 0.0)
