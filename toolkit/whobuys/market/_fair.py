"""Which draw of a company is fair."""

from __future__ import annotations

from ._bayes import ceiling
from ._company import Company
from ._draw import Draft
from ._latent import fair_streams
from ._tables import draw_draft

ENOUGH_CUSTOMERS = 300
ATTEMPTS = 100


def fair_draft(company: Company, seed: int) -> Draft:
    """Draw what stands behind the tables until it is fair, always in the same way.

    The smallest segment must be large enough; where the description says so, the ARI of the most
    likely segments must lie in its limits. The latter is asked from 300 customers on: in smaller
    cases it is mostly chance.
    """
    attempt, reached = 0, []
    for _ in range(ATTEMPTS):
        streams = fair_streams(company, seed, attempt)
        draft = draw_draft(company, streams)
        if company.fair is None or company.customers < ENOUGH_CUSTOMERS:
            return draft
        low, high = company.fair.bayes_ari
        reached.append(ceiling(draft))
        if low <= reached[-1] <= high:
            return draft
        attempt = streams.attempt + 1
    raise ValueError(
        f"{company.name}: no fair case in {ATTEMPTS} attempts: the Bayes classifier must reach an "
        f"ARI of {low:g} to {high:g}, reached {min(reached):.2f} to {max(reached):.2f}. Make the "
        f"segments more alike if that is too high, less alike if it is too low."
    )
