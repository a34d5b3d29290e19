"""Customer value: what customers bring now, and what they will bring.

Plain DataFrames in and out; the input is never changed.

Value now:

- `line_margins`, `customer_contribution`: each customer's profit and loss, service cost included;
- `value_components`: historical, current and potential value, referrals counted;
- `lorenz`, `gini`, `top_share`, `customers_for`, `pareto_test`: how much from how few;
- `abc_grades`, `grade_summary`: letters that carry the name of their scheme;
- `value_matrix`, `matrix_counts` with `VALUE_MATRIX`: current against potential value;
- `bank_tiers`, `share_of_wallet`, `estimate_wallet`, `key_accounts`;
- `trait_score` with `CUSTOMER_TRAITS`: good and bad customers by a checklist;
- `allocate_budget`, `plan_visits`: money and hours under limits.

Value to come:

- `cohort_retention`, `survival_curve`, `churn_by_group`, `recency_rates`: who came back;
- `rate_per`, `discount_factors`, `present_value`: money later is worth less;
- `simple_clv`, `margin_multiple`, `berger_nasr`: lifetime value at a steady retention;
- `dwyer_retention`, `migration_table`, `group_value`: lost for good, always a share, groups;
- `recency_chain`, `markov_value`, `best_stop`: the same as a Markov chain;
- `event_ledger`, `ledger_value`: foreseen events, dated and discounted;
- `retention_spend`, `sensitivity_table`, `tornado_table`: what it pays to spend, what decides.

What comes next:

- `PropensityScorecard`, `bought_between`, `lift_table`: who buys in the next period, as points a
  person can add up, held against a later period;
- `next_offers`, `offer_table`: cross-sell, up-sell, add-on, another channel.

Probability models, in the manner of scikit-learn:

- `clv_summary`, `period_summary`: the tables they read;
- `BetaGeoModel`, `ModifiedBetaGeoModel`, `ParetoNBDModel`, `BetaGeoBetaBinomModel`: purchases;
- `GammaGammaModel`: spending; `ShiftedBetaGeoModel`: contracts;
- `PosteriorModel`: any of them with its whole posterior, by pymc-marketing where installed;
- `tracking_table`: expected against counted; `ConvergenceError`: there was no maximum.
"""

from whobuys.value._accounts import estimate_wallet, key_accounts, share_of_wallet
from whobuys.value._allocate import allocate_budget
from whobuys.value._beta_geo import BetaGeoModel, ModifiedBetaGeoModel
from whobuys.value._beta_geo_beta_binom import BetaGeoBetaBinomModel
from whobuys.value._cohorts import (
    churn_by_group,
    cohort_retention,
    group_value,
    recency_rates,
    survival_curve,
)
from whobuys.value._concentration import (
    ParetoTest,
    customers_for,
    gini,
    lorenz,
    pareto_test,
    top_share,
)
from whobuys.value._contribution import customer_contribution, line_margins, value_components
from whobuys.value._customer_traits import CUSTOMER_TRAITS, trait_score
from whobuys.value._discount import (
    RetentionSpend,
    berger_nasr,
    discount_factors,
    margin_multiple,
    present_value,
    rate_per,
    retention_spend,
    simple_clv,
)
from whobuys.value._dwyer import (
    best_stop,
    dwyer_retention,
    event_ledger,
    ledger_value,
    markov_value,
    migration_table,
    recency_chain,
)
from whobuys.value._fit import ConvergenceError
from whobuys.value._gamma_gamma import GammaGammaModel
from whobuys.value._grades import (
    VALUE_MATRIX,
    abc_grades,
    bank_tiers,
    grade_summary,
    matrix_counts,
    value_matrix,
)
from whobuys.value._lift_table import lift_table
from whobuys.value._next_offer import next_offers, offer_table
from whobuys.value._pareto_nbd import ParetoNBDModel
from whobuys.value._posterior import PosteriorModel
from whobuys.value._scorecard import PropensityScorecard, bought_between
from whobuys.value._sensitivity import sensitivity_table, tornado_table
from whobuys.value._shifted_beta_geo import ShiftedBetaGeoModel
from whobuys.value._summary import clv_summary, period_summary
from whobuys.value._tracking import tracking_table
from whobuys.value._visits import plan_visits

__all__ = [
    "CUSTOMER_TRAITS",
    "VALUE_MATRIX",
    "BetaGeoBetaBinomModel",
    "BetaGeoModel",
    "ConvergenceError",
    "GammaGammaModel",
    "ModifiedBetaGeoModel",
    "ParetoNBDModel",
    "ParetoTest",
    "PosteriorModel",
    "PropensityScorecard",
    "RetentionSpend",
    "ShiftedBetaGeoModel",
    "abc_grades",
    "allocate_budget",
    "bank_tiers",
    "berger_nasr",
    "best_stop",
    "bought_between",
    "churn_by_group",
    "clv_summary",
    "cohort_retention",
    "customer_contribution",
    "customers_for",
    "discount_factors",
    "dwyer_retention",
    "estimate_wallet",
    "event_ledger",
    "gini",
    "grade_summary",
    "group_value",
    "key_accounts",
    "ledger_value",
    "lift_table",
    "line_margins",
    "lorenz",
    "margin_multiple",
    "markov_value",
    "matrix_counts",
    "migration_table",
    "next_offers",
    "offer_table",
    "pareto_test",
    "period_summary",
    "plan_visits",
    "present_value",
    "rate_per",
    "recency_chain",
    "recency_rates",
    "retention_spend",
    "sensitivity_table",
    "share_of_wallet",
    "simple_clv",
    "survival_curve",
    "top_share",
    "tornado_table",
    "tracking_table",
    "trait_score",
    "value_components",
    "value_matrix",
]
