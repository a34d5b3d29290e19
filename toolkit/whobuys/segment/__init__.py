"""Behaviour and RFM: from transactions to scores, segments, states and classes.

Plain DataFrames in and out; the input is never changed.

- `rfm_table`, `rfm_score`, `rfm_segment` with `SEGMENT_MAP`: recency, frequency, monetary value;
- `band`: named bands with stated edges;
- `purchase_gaps`, `purchase_cycle`, `repurchase_rate`: how often people come back;
- `lifecycle_state`: prospect, new, active, reactivated, at risk, dormant, lost;
- `preference_class`: price-sensitive, brand-loyal, function-seeking or mixed.
"""

from whobuys.segment._band import band
from whobuys.segment._behaviour import purchase_cycle, purchase_gaps, repurchase_rate
from whobuys.segment._lifecycle import lifecycle_state
from whobuys.segment._preference import preference_class
from whobuys.segment._rfm import SEGMENT_MAP, rfm_score, rfm_segment, rfm_table

__all__ = [
    "SEGMENT_MAP",
    "band",
    "lifecycle_state",
    "preference_class",
    "purchase_cycle",
    "purchase_gaps",
    "repurchase_rate",
    "rfm_score",
    "rfm_segment",
    "rfm_table",
]
