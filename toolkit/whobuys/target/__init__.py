"""Target customers: who they are, what they need, and against whom we win them.

Plain DataFrames in and out; the input is never changed.

Who:

- `contribution`: revenue and profit by customer type, region, product;
- `ROLES`, `roles_table`, `roles_apart`: user, buyer, decider, payer, beneficiary, supplier;
- `relationship_score`: how good a relationship is, beside what the customer is worth;
- `INDICATORS`, `profile_table`: the standard form of classification indicators;
- `target_customers`: will and means to buy;
- `attractiveness`, `attractiveness_sensitivity`: which segment, and how much hangs on the weights.

Needs and research:

- `Question`, `SurveyDesign`, `SCALES`: a questionnaire as data, and its faults;
- `sample_size`, `margin_of_error`; `flag_answers`, `clean_answers`;
- `post_stratify`, `rake`, `weighted_mean`: weights against non-response;
- `cronbach_alpha`; `top_box`, `importance_performance`, `gap_scores`;
- `code_comments`, `code_counts`, `coder_agreement`: open comments;
- `conjoint_ratings`, `conjoint_choice`, `full_profiles`, `choice_tasks`: part-worths, importances,
  willingness to pay;
- `channel_table`, `channel_bias`: where customers are found.

Competition and position:

- `market_size`, `growth_rate`, `market_shares`, `concentration`, `penetration`;
- `feature_matrix`, `compare_prices`, `awareness_funnel`;
- `check_swot`, `swot_grid`;
- `perceptual_map`, `nearest_rival`, `ideal_distances`, `brand_shares`, `price_elasticities`,
  `reposition`.
"""

from whobuys.target._attractiveness import attractiveness, attractiveness_sensitivity
from whobuys.target._brand_choice import brand_shares, price_elasticities, reposition
from whobuys.target._channels import channel_bias, channel_table
from whobuys.target._choice import ChoiceModel, choice_tasks, conjoint_choice
from whobuys.target._clean_answers import clean_answers, flag_answers
from whobuys.target._comments import Agreement, code_comments, code_counts, coder_agreement
from whobuys.target._conjoint import RatingsModel, conjoint_ratings, full_profiles
from whobuys.target._contribution import contribution
from whobuys.target._map import PerceptualMap, ideal_distances, nearest_rival, perceptual_map
from whobuys.target._market_size import (
    concentration,
    growth_rate,
    market_shares,
    market_size,
    penetration,
)
from whobuys.target._needs import gap_scores, importance_performance, top_box
from whobuys.target._profile import INDICATORS, profile_table
from whobuys.target._questionnaire import SCALES, Question, SurveyDesign
from whobuys.target._relationship import relationship_score
from whobuys.target._reliability import Reliability, cronbach_alpha
from whobuys.target._rivals import awareness_funnel, compare_prices, feature_matrix
from whobuys.target._roles import ROLES, roles_apart, roles_table
from whobuys.target._sample import margin_of_error, sample_size
from whobuys.target._swot import SwotGrid, check_swot, swot_grid
from whobuys.target._weighting import WeightedMean, post_stratify, rake, weighted_mean
from whobuys.target._will_and_means import target_customers

__all__ = [
    "INDICATORS",
    "ROLES",
    "SCALES",
    "Agreement",
    "ChoiceModel",
    "PerceptualMap",
    "Question",
    "RatingsModel",
    "Reliability",
    "SurveyDesign",
    "SwotGrid",
    "WeightedMean",
    "attractiveness",
    "attractiveness_sensitivity",
    "awareness_funnel",
    "brand_shares",
    "channel_bias",
    "channel_table",
    "check_swot",
    "choice_tasks",
    "clean_answers",
    "code_comments",
    "code_counts",
    "coder_agreement",
    "compare_prices",
    "concentration",
    "conjoint_choice",
    "conjoint_ratings",
    "contribution",
    "cronbach_alpha",
    "feature_matrix",
    "flag_answers",
    "full_profiles",
    "gap_scores",
    "growth_rate",
    "ideal_distances",
    "importance_performance",
    "margin_of_error",
    "market_shares",
    "market_size",
    "nearest_rival",
    "penetration",
    "perceptual_map",
    "post_stratify",
    "price_elasticities",
    "profile_table",
    "rake",
    "relationship_score",
    "reposition",
    "roles_apart",
    "roles_table",
    "sample_size",
    "swot_grid",
    "target_customers",
    "top_box",
    "weighted_mean",
]
