"""What is true of a case, drawn again from its company and its seed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.special import hyp2f1

from ._case import Case
from ._draw import ids
from ._latent import DAYS_A_WEEK, Floats, draw_latent, fair_streams


@dataclass(frozen=True, eq=False, repr=False)
class Truth:
    """The latent truth behind a case.

    Attributes
    ----------
    customers : pandas.DataFrame
        One row a customer: ``customer_id``; ``segment``; ``buyer`` (False: a prospect);
        ``observed_days`` from joining to the last day; ``purchase_rate`` in orders a week;
        ``dropout``, the chance to leave after each order but the first; ``alive`` on the last day;
        ``expected_repeats``, orders after the first to be expected in the observed days, given this
        customer's rate and drop-out; ``expected_order_value`` in money. The last five are missing
        for prospects.
    segments : pandas.DataFrame
        One row a segment: ``segment``; ``share`` as described; ``customers`` and ``buyers`` as
        drawn; the parameters ``r``, ``alpha_weeks``, ``a``, ``b``, ``p``, ``q``, ``gamma``;
        ``days`` of the whole window; ``expected_repeats`` of a customer observed that long;
        ``expected_order_value``.
    """

    customers: pd.DataFrame
    segments: pd.DataFrame

    def expected_repeats(self, days: float) -> pd.Series:
        """Return the orders after the first to be expected of a new customer in so many days.

        Parameters
        ----------
        days : float
            Days since the first order, 0 or more.

        Returns
        -------
        pandas.Series
            Expected number of orders, by segment.

        Examples
        --------
        >>> from whobuys.market import market, truth
        >>> truth(market()).expected_repeats(365).round(1)["tea lovers"]
        np.float64(9.1)
        """
        known = self.segments.set_index("segment")
        values = expected_repeats(known["r"], known["alpha_weeks"], known["a"], known["b"], days)
        return pd.Series(values, index=known.index, name="expected_repeats")

    def __repr__(self) -> str:
        return f"<Truth: {len(self.customers):,} customers in {len(self.segments)} segments>"


def truth(case: Case) -> Truth:
    """Draw the latent truth of a case again.

    Parameters
    ----------
    case : Case
        A case drawn by `market`.

    Returns
    -------
    Truth
        The segment, rates and state of every customer, and the exact values of every segment.

    Raises
    ------
    ValueError
        If the case has no seed because its tables were read from files.

    Notes
    -----
    Expected repeats of a segment: the BG/NBD mean of Fader, Hardie and Lee (2005). Of a customer
    with a known rate and drop-out p: (1 − exp(−rate · p · t)) / p. Expected order value:
    p γ / (q − 1) of a segment, p / ν of a customer.

    Examples
    --------
    >>> from whobuys.market import market
    >>> known = truth(market("teahouse", seed=7))
    >>> known.segments[["segment", "expected_order_value"]].round(1).head(2)
                 segment  expected_order_value
    0    heritage loyals                  76.0
    1  office refreshers                  62.0
    """
    if case.seed is None:
        raise ValueError(
            "This case was read from files and has no seed, so its truth cannot be drawn again. "
            "Draw the case with market(company, seed)."
        )
    company = case.company
    latent = draw_latent(company, fair_streams(company, case.seed))
    names = np.array([segment.name for segment in company.segments], dtype=object)
    p = np.array([segment.spend.p for segment in company.segments])[latent.segment]
    weeks = latent.observed / DAYS_A_WEEK
    buyer = latent.buyer
    customers = pd.DataFrame(
        {
            "customer_id": ids("C", 5, len(latent.segment)),
            "segment": names[latent.segment],
            "buyer": buyer,
            "observed_days": latent.observed,
            "purchase_rate": np.where(buyer, latent.rate, np.nan),
            "dropout": np.where(buyer, latent.dropout, np.nan),
            "alive": pd.Series(latent.alive, dtype="boolean").where(buyer),
            "expected_repeats": np.where(
                buyer, -np.expm1(-latent.rate * latent.dropout * weeks) / latent.dropout, np.nan
            ),
            "expected_order_value": np.where(buyer, p / latent.nu, np.nan),
        }
    )
    counts = np.bincount(latent.segment, minlength=len(names))
    buyers = np.bincount(latent.segment[buyer], minlength=len(names))
    rows = [
        {"segment": part.name, "share": part.share, "customers": count, "buyers": bought}
        | part.purchases.model_dump()
        | part.spend.model_dump()
        for part, count, bought in zip(
            company.segments, counts.tolist(), buyers.tolist(), strict=True
        )
    ]
    segments = pd.DataFrame(rows)
    days = company.window.days
    segments["days"] = days
    segments["expected_repeats"] = expected_repeats(
        segments["r"], segments["alpha_weeks"], segments["a"], segments["b"], days
    )
    segments["expected_order_value"] = segments["p"] * segments["gamma"] / (segments["q"] - 1)
    return Truth(customers, segments)


def expected_repeats(
    r: ArrayLike, alpha_weeks: ArrayLike, a: ArrayLike, b: ArrayLike, days: ArrayLike
) -> Floats:
    """Return the BG/NBD mean number of orders after the first (Fader, Hardie and Lee, 2005)."""
    r, alpha, a, b = (np.asarray(value, dtype=float) for value in (r, alpha_weeks, a, b))
    weeks = np.asarray(days, dtype=float) / DAYS_A_WEEK
    if (weeks < 0).any():
        raise ValueError("days: must be 0 or more.")
    passed = weeks / (alpha + weeks)
    still = (alpha / (alpha + weeks)) ** r * hyp2f1(r, b, a + b - 1, passed)
    return np.asarray((a + b - 1) / (a - 1) * (1 - still))
