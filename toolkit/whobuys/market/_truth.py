"""What is true of a case, drawn again from its company and its seed."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from ._bayes import ceiling, segment_chances
from ._case import Case
from ._draw import Draft
from ._fair import fair_draft
from ._latent import DAYS_A_WEEK
from ._places import did_you_mean
from ._purchases import expected_repeats, p_alive, p_alive_given
from ._shape import ids
from ._tables import true_values


class NoTruthError(ValueError):
    """The case was read from files: it has no seed, so its truth cannot be drawn again."""


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
        customer's rate and drop-out; ``expected_order_value`` in money; ``p_alive``, the chance to
        be alive on the last day given what the tables show (orders and their days) and the
        parameters of the segment. The last six are missing for prospects.
    segments : pandas.DataFrame
        One row a segment: ``segment``; ``share`` as described; ``customers`` and ``buyers`` as
        drawn; the parameters ``r``, ``alpha_weeks``, ``a``, ``b``, ``p``, ``q``, ``gamma``;
        ``days`` of the whole window; ``expected_repeats`` of a customer observed that long;
        ``p_alive``, the chance to be alive after so long; ``expected_order_value``.
    exact : dict of str to pandas.DataFrame
        The exact values behind the company's other tables; ``truth(case)["rivals"]`` is short for
        ``truth(case).exact["rivals"]``: ``incomes``, ``firms``, ``web``, ``interactions``,
        ``campaign``, ``survey``, ``rivals``, ``rivals_by_segment``, ``elasticities``, ``accounts``,
        ``events``, ``work_log``, where the company has them.

    Notes
    -----
    In a season, days count as the season's clock counts them; over the whole window it agrees with
    the calendar.
    """

    customers: pd.DataFrame
    segments: pd.DataFrame
    exact: dict[str, pd.DataFrame] = field(default_factory=dict)

    def __getitem__(self, name: str) -> pd.DataFrame:
        if name not in self.exact:
            hint = did_you_mean(name, self.exact)
            raise ValueError(
                f"There are no exact values {name!r}; there are: {', '.join(self.exact)}{hint}"
            )
        return self.exact[name]

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
    NoTruthError
        If the case has no seed because its tables were read from files.

    Notes
    -----
    Expected repeats of a segment: the BG/NBD mean of Fader, Hardie and Lee (2005). Of a customer
    with a known rate and drop-out p: (1 − exp(−rate · p · t)) / p. Expected order value:
    p γ / (q − 1) of a segment, p / ν of a customer. Chance to be alive after t:
    ₂F₁(r, a; a + b; −t/α); given x repeats, the last at t_x of T: Fader, Hardie and Lee (2008).

    Examples
    --------
    >>> from whobuys.market import market
    >>> known = truth(market("teahouse", seed=7))
    >>> known.segments[["segment", "expected_order_value"]].round(1).head(2)
                 segment  expected_order_value
    0    heritage loyals                  76.0
    1  office refreshers                  62.0
    """
    draft = _draw_again(case)
    company = draft.company
    latent = draft.latent
    names = np.array([segment.name for segment in company.segments], dtype=object)
    p = np.array([segment.spend.p for segment in company.segments])[latent.segment]
    weeks = latent.passed / DAYS_A_WEEK
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
            "p_alive": np.where(buyer, p_alive_given(draft), np.nan),
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
    segments["p_alive"] = p_alive(
        segments["r"], segments["alpha_weeks"], segments["a"], segments["b"], days
    )
    segments["expected_order_value"] = segments["p"] * segments["gamma"] / (segments["q"] - 1)
    return Truth(customers, segments, true_values(draft))


def posterior(case: Case) -> pd.DataFrame:
    """Return how likely each customer is to belong to each segment, given the tables.

    Parameters
    ----------
    case : Case
        A case drawn by `market`.

    Returns
    -------
    pandas.DataFrame
        One row a customer: ``customer_id``, then one column a segment; each row adds to 1.

    Raises
    ------
    NoTruthError
        If the case has no seed because its tables were read from files.

    Notes
    -----
    Bayes' rule with the company's own parameters. The features: day of joining, source; of people
    age, gender, membership; of firms industry, ownership, headcount, year of foundation, credit,
    and the three roles; of the orders their number and days (BG/NBD), their values (gamma-gamma;
    not for firms, whose headcount goes with them), channels, promotions; of the lines the products,
    each taken as picked by liking from what the line's money reaches.

    Examples
    --------
    >>> from whobuys.market import market
    >>> chances = posterior(market("teahouse", seed=7, customers=200))
    >>> bool((chances.drop(columns="customer_id").sum(axis=1).round(9) == 1).all())
    True
    """
    draft = _draw_again(case)
    chances = pd.DataFrame(segment_chances(draft), columns=draft.names)
    chances.insert(0, "customer_id", ids("C", 5, draft.size))
    return chances


def bayes_ari(case: Case) -> float:
    """Return the adjusted Rand index that the most likely segments reach.

    Parameters
    ----------
    case : Case
        A case drawn by `market`.

    Returns
    -------
    float
        1 where the tables give every customer's segment away, about 0 where they tell nothing.
        The features are those of `posterior`.

    Raises
    ------
    NoTruthError
        If the case has no seed because its tables were read from files.

    Notes
    -----
    Adjusted Rand index: Hubert and Arabie (1985).

    Examples
    --------
    >>> from whobuys.market import market
    >>> 0.5 < bayes_ari(market("teahouse", seed=7)) < 1
    True
    """
    return ceiling(_draw_again(case))


def _draw_again(case: Case) -> Draft:
    if case.seed is None:
        raise NoTruthError(
            "This case was read from files and has no seed, so its truth cannot be drawn again. "
            "Draw the case with market(company, seed)."
        )
    return fair_draft(case.company, case.seed)
