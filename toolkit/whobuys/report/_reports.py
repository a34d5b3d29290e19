"""The list of the reports."""

from __future__ import annotations

from whobuys.report import _customer, _market, _policy, _positioning, _tiering
from whobuys.report._common import Write

REPORTS: dict[str, dict[str, Write]] = {
    "customer_analysis": _customer.SECTIONS,
    "segment_market": _market.SECTIONS,
    "tiering_summary": _tiering.SECTIONS,
    "service_policy": _policy.SECTIONS,
    "positioning": _positioning.SECTIONS,
}
"""The reports, each with its sections in their order."""
