"""From segments to action, and whether it worked.

Plain DataFrames in and out; the input is never changed.

What to do:

- `segment_figures`, `strategy_table`, `check_strategy`: offer, price, channel and communication of
  each segment, with the figure behind each;
- `logit_demand`, `price_table` with `PRICE_FENCES`: one price or a price by segment, who loses;
- `tier_policy`, `check_policy` with `TIER_POLICY`: owner, service, measure, cost against value;
- `plan_visits` (of `whobuys.value`), `even_visits`, `check_plan`, `visit_summary`, `hours_curve`:
  contacts and visits under limits;
- `item_similarity`, `recommend_items`, `recommendation_test`: item to item, beside segments.

Whether it worked:

- `satisfaction_table`, `net_promoter_score`, `loyalty_by_answer`: what customers say, and then do;
- `period_rates`: repeat purchase, retention and churn between periods;
- `complaint_table`, `closing_curve`: how fast complaints are settled, open ones counted;
- `crm_scorecard` with `CRM_PROCESS`: these figures in one table; the steps they belong to;
- `migration_matrix`, `migration_shares`, `migration_flows`, `migration_summary`: who moved where;
- `before_after`, `period_means`: a change, and an effect only against a comparison group;
- `least_detectable`, `customers_needed`: how many customers such a comparison takes;
- `drift`, `label_life`, `refresh_plan`: when to make the segments anew.
"""

from whobuys.strategy._complaints import (
    closing_curve,
    complaint_table,
)
from whobuys.strategy._effect import (
    BeforeAfter,
    NoComparison,
    before_after,
    customers_needed,
    least_detectable,
    period_means,
)
from whobuys.strategy._migration import (
    migration_flows,
    migration_matrix,
    migration_shares,
    migration_summary,
)
from whobuys.strategy._policy import (
    CRM_PROCESS,
    TIER_POLICY,
    check_policy,
    tier_policy,
)
from whobuys.strategy._price import (
    PRICE_FENCES,
    logit_demand,
    price_table,
)
from whobuys.strategy._rates import (
    period_rates,
)
from whobuys.strategy._recommend import (
    item_similarity,
    recommend_items,
    recommendation_test,
)
from whobuys.strategy._refresh import (
    Drift,
    drift,
    label_life,
    refresh_plan,
)
from whobuys.strategy._satisfaction import (
    loyalty_by_answer,
    net_promoter_score,
    satisfaction_table,
)
from whobuys.strategy._scorecard import (
    crm_scorecard,
)
from whobuys.strategy._segment_strategy import (
    check_strategy,
    segment_figures,
    strategy_table,
)
from whobuys.strategy._visit_check import (
    PlanCheck,
    check_plan,
)
from whobuys.strategy._visits import (
    even_visits,
    hours_curve,
    visit_summary,
)
from whobuys.value import plan_visits

__all__ = [
    "CRM_PROCESS",
    "PRICE_FENCES",
    "TIER_POLICY",
    "BeforeAfter",
    "Drift",
    "NoComparison",
    "PlanCheck",
    "before_after",
    "check_plan",
    "check_policy",
    "check_strategy",
    "closing_curve",
    "complaint_table",
    "crm_scorecard",
    "customers_needed",
    "drift",
    "even_visits",
    "hours_curve",
    "item_similarity",
    "label_life",
    "least_detectable",
    "logit_demand",
    "loyalty_by_answer",
    "migration_flows",
    "migration_matrix",
    "migration_shares",
    "migration_summary",
    "net_promoter_score",
    "period_means",
    "period_rates",
    "plan_visits",
    "price_table",
    "recommend_items",
    "recommendation_test",
    "refresh_plan",
    "satisfaction_table",
    "segment_figures",
    "strategy_table",
    "tier_policy",
    "visit_summary",
]
