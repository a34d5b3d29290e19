"""The figures by which customer relationship management is judged, in one table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from whobuys.segment._lines import require_columns
from whobuys.strategy._complaints import complaint_table
from whobuys.strategy._rates import period_rates
from whobuys.strategy._satisfaction import net_promoter_score, satisfaction_table
from whobuys.target._needs import wilson


def crm_scorecard(
    transactions: pd.DataFrame,
    edges: Sequence[Any],
    *,
    survey: pd.DataFrame | None = None,
    interactions: pd.DataFrame | None = None,
    rivals: pd.DataFrame | None = None,
    within: float = 24,
    level: float = 0.95,
) -> pd.DataFrame:
    """Gather satisfaction, loyalty, complaints and market share of the last period in one table.

    Parameters
    ----------
    transactions : DataFrame
        With ``customer_id``, ``date``, ``amount``.
    edges : sequence of date-like
        Periods as for `period_rates`; the last two are compared.
    survey : DataFrame, optional
        With ``expectation``, ``satisfaction`` (1 to 5) and ``recommend`` (0 to 10).
    interactions : DataFrame, optional
        With ``kind``, ``opened``, ``closed``; complaints opened in the last period count.
    rivals : DataFrame, optional
        With ``ours`` and ``buyers``: who was bought last by those asked.
    within : float
        The promise on complaints, in hours.
    level : float
        Level of the intervals.

    Returns
    -------
    DataFrame
        One row a measure: ``area`` ("satisfaction", "loyalty", "service", "market"), ``measure``,
        ``value``, ``low``, ``high``, ``base`` (how many it rests on) and ``of`` (whom). What there
        is no table for is left out.

    Raises
    ------
    ValueError
        As from the functions that compute the measures.

    Notes
    -----
    Satisfaction, loyalty and market share are the usual three; they move apart: read them together.

    Examples
    --------
    >>> from whobuys.market import market
    >>> case = market("teahouse", 0)
    >>> card = crm_scorecard(case["transactions"], ["2025-07-01", "2026-01-01", "2026-07-01"],
    ...                      survey=case["survey"])
    >>> card["measure"].tolist()
    ['satisfied (top two answers)', 'gap to expectation', 'net promoter score',
    'repeat purchase rate', 'churn rate']
    """
    rows: list[tuple[Any, ...]] = []
    if survey is not None:
        seen = satisfaction_table(survey, level=level).iloc[0]
        rows.append(("satisfaction", "satisfied (top two answers)", seen["satisfied"],
                     seen["satisfied_low"], seen["satisfied_high"], seen["answers"],
                     "respondents"))  # fmt: skip
        rows.append(("satisfaction", "gap to expectation", seen["gap"], seen["gap_low"],
                     seen["gap_high"], seen["answers"], "respondents"))  # fmt: skip
        nps = net_promoter_score(survey, level=level).iloc[0]
        rows.append(("loyalty", "net promoter score", nps["nps"], nps["low"], nps["high"],
                     nps["answers"], "respondents"))  # fmt: skip
    last = period_rates(transactions, edges, level=level).iloc[-1]
    rows.append(("loyalty", "repeat purchase rate", last["repeat_rate"], last["repeat_low"],
                 last["repeat_high"], last["customers"], "customers of the period"))  # fmt: skip
    if pd.notna(last["churn_rate"]):
        rows.append(("loyalty", "churn rate", last["churn_rate"], last["churn_low"],
                     last["churn_high"], last["before"],
                     "customers of the period before"))  # fmt: skip
    if interactions is not None:
        require_columns(interactions, {n: n for n in ("kind", "opened", "closed")}, "interactions")
        start, end = pd.Timestamp(edges[-2]), pd.Timestamp(edges[-1])
        opened = pd.to_datetime(interactions["opened"])
        mine = interactions[(opened >= start) & (opened < end)]
        if (mine["kind"] == "complaint").any():
            found = complaint_table(mine, as_of=end, within=within, level=level).iloc[0]
            rows.append(("service", f"complaints closed within {within:g} hours",
                         found["closed_within"], found["low"], found["high"], found["known"],
                         "complaints of the period"))  # fmt: skip
    if rivals is not None:
        require_columns(rivals, {n: n for n in ("ours", "buyers")}, "rivals")
        ours, asked = int(rivals.loc[rivals["ours"], "buyers"].sum()), int(rivals["buyers"].sum())
        low, high = wilson(ours, asked, level)
        rows.append(("market", "market share (bought last)", ours / asked if asked else np.nan,
                     low, high, asked, "buyers asked"))  # fmt: skip
    columns = ["area", "measure", "value", "low", "high", "base", "of"]
    return pd.DataFrame(rows, columns=columns).astype({"base": int})
