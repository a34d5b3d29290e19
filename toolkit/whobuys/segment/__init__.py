"""Behaviour and RFM: from transactions to scores, segments, states and classes.

Plain DataFrames in and out; the input is never changed.

- `rfm_table`, `rfm_score`, `rfm_segment` with `SEGMENT_MAP`: recency, frequency, monetary value;
- `band`, `band_edges`: named bands with stated edges;
- `CRITERIA`, `criteria`, `base_strength`, `indicator_sheet`: the bases of a segmentation, and how
  much each explains;
- `purchase_gaps`, `purchase_cycle`, `repurchase_rate`: how often people come back;
- `lifecycle_state`: prospect, new, active, reactivated, at risk, dormant, lost;
- `preference_class`: price-sensitive, brand-loyal, function-seeking or mixed;
- `Rule`, `classify`, `memberships`, `rule_report`: classes by rule, checked for gaps and overlaps;
- `weighted_score`, `weight_sensitivity`: one score from several factors, the weights in the open;
- `code_book`, `segment_code`, `split_code`: two-level codes;
- `normal_form`, `SCHEMES`, `as_scheme`: one record a customer, every class scheme a view of it;
- `customer_features`, `scale_features`, `flag_outliers`, `components`: behaviour as numbers;
- `find_segments`, `gower_distances`, `choose_k`, `pick_k`: segments found in data, and how many;
- `stability`, `segment_stability_within`, `segment_stability_across`, `compare_segments`: would
  they be found again, and do two groupings agree;
- `five_tests` with `FLOORS` and `FIVE_TESTS`, `effect_sizes`: is the segmentation any good?
- `profile_segments`, `trait_lift`: what a segment is like against all customers, and how sure;
- `persona_inputs`, `persona_card`: statements with number, spread and source, laid out on a card.
"""

from whobuys.segment._band import band, band_edges
from whobuys.segment._bases import (
    BASES,
    CRITERIA,
    LAYERS,
    base_strength,
    criteria,
    indicator_sheet,
)
from whobuys.segment._behaviour import purchase_cycle, purchase_gaps, repurchase_rate
from whobuys.segment._choose import choose_k, pick_k
from whobuys.segment._codes import code_book, segment_code, split_code
from whobuys.segment._features import customer_features, flag_outliers, scale_features
from whobuys.segment._find import Segments, find_segments, gower_distances
from whobuys.segment._five_tests import FIVE_TESTS, FLOORS, effect_sizes, five_tests
from whobuys.segment._lifecycle import lifecycle_state
from whobuys.segment._lift import trait_lift
from whobuys.segment._normal_form import SCHEME_RULES, SCHEMES, STATUSES, as_scheme, normal_form
from whobuys.segment._persona import FACETS, PersonaCard, persona_card, persona_inputs
from whobuys.segment._preference import preference_class
from whobuys.segment._profiles import profile_segments
from whobuys.segment._reduce import Components, components
from whobuys.segment._rfm import SEGMENT_MAP, rfm_score, rfm_segment, rfm_table
from whobuys.segment._rules import (
    Rule,
    RuleReport,
    classify,
    memberships,
    read_rules,
    rule_report,
)
from whobuys.segment._scores import weight_sensitivity, weighted_score
from whobuys.segment._stability import (
    Agreement,
    compare_segments,
    segment_stability_across,
    segment_stability_within,
    stability,
)

__all__ = [
    "BASES",
    "CRITERIA",
    "FACETS",
    "FIVE_TESTS",
    "FLOORS",
    "LAYERS",
    "SCHEMES",
    "SCHEME_RULES",
    "SEGMENT_MAP",
    "STATUSES",
    "Agreement",
    "Components",
    "PersonaCard",
    "Rule",
    "RuleReport",
    "Segments",
    "as_scheme",
    "band",
    "band_edges",
    "base_strength",
    "choose_k",
    "classify",
    "code_book",
    "compare_segments",
    "components",
    "criteria",
    "customer_features",
    "effect_sizes",
    "find_segments",
    "five_tests",
    "flag_outliers",
    "gower_distances",
    "indicator_sheet",
    "lifecycle_state",
    "memberships",
    "normal_form",
    "persona_card",
    "persona_inputs",
    "pick_k",
    "preference_class",
    "profile_segments",
    "purchase_cycle",
    "purchase_gaps",
    "read_rules",
    "repurchase_rate",
    "rfm_score",
    "rfm_segment",
    "rfm_table",
    "rule_report",
    "scale_features",
    "segment_code",
    "segment_stability_across",
    "segment_stability_within",
    "split_code",
    "stability",
    "trait_lift",
    "weight_sensitivity",
    "weighted_score",
]
