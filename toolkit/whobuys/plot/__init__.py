"""One function a chart, one calm style, and alt text with every figure.

Every chart takes ``ax=None``, returns its Axes, and describes itself in words.
"""

from whobuys.plot._alt import alt_text, describe, figure_html
from whobuys.plot._bases import band_bars, strength_bars
from whobuys.plot._budget import budget_curve, plan_dots
from whobuys.plot._choose_k import choose_k_panels
from whobuys.plot._clusters import agreement_grid, scree_plot, segment_scatter, silhouette_plot
from whobuys.plot._dendrogram import dendrogram
from whobuys.plot._distribution import feature_panels, region_bars, region_tiles
from whobuys.plot._frequency import frequency_bars
from whobuys.plot._gaps import gap_histogram
from whobuys.plot._grid import rfm_grid
from whobuys.plot._marks import mark_histogram, question_bars
from whobuys.plot._overlap import overlap_bars
from whobuys.plot._persona import persona_ranges
from whobuys.plot._profile import index_heatmap, lift_plot, profile_plot
from whobuys.plot._quality import cleaning_steps, outlier_dots, quality_bars
from whobuys.plot._scorecard import five_tests_card
from whobuys.plot._segments import segment_bars
from whobuys.plot._separation import separation_plot
from whobuys.plot._stability import segment_flow, stability_boxes
from whobuys.plot._strategy_moves import migration_flow, migration_heatmap
from whobuys.plot._strategy_plan import before_after_lines, segment_prices, visit_bars
from whobuys.plot._strategy_voice import closing_plot, nps_bars, satisfaction_gap
from whobuys.plot._style import style
from whobuys.plot._target_maps import attractiveness_map, needs_map, position_map
from whobuys.plot._target_rivals import awareness_bars, feature_heatmap, price_ladder, share_bars
from whobuys.plot._target_worth import (
    channel_dots,
    contribution_bars,
    contribution_heatmap,
    importance_bars,
    part_worth_dots,
)
from whobuys.plot._value_now import lorenz_curve, value_matrix
from whobuys.plot._value_to_come import retention_curve, tornado, tracking_plot

__all__ = [
    "agreement_grid",
    "alt_text",
    "attractiveness_map",
    "awareness_bars",
    "band_bars",
    "before_after_lines",
    "budget_curve",
    "channel_dots",
    "choose_k_panels",
    "cleaning_steps",
    "closing_plot",
    "contribution_bars",
    "contribution_heatmap",
    "dendrogram",
    "describe",
    "feature_heatmap",
    "feature_panels",
    "figure_html",
    "five_tests_card",
    "frequency_bars",
    "gap_histogram",
    "importance_bars",
    "index_heatmap",
    "lift_plot",
    "lorenz_curve",
    "mark_histogram",
    "migration_flow",
    "migration_heatmap",
    "needs_map",
    "nps_bars",
    "outlier_dots",
    "overlap_bars",
    "part_worth_dots",
    "persona_ranges",
    "plan_dots",
    "position_map",
    "price_ladder",
    "profile_plot",
    "quality_bars",
    "question_bars",
    "region_bars",
    "region_tiles",
    "retention_curve",
    "rfm_grid",
    "satisfaction_gap",
    "scree_plot",
    "segment_bars",
    "segment_flow",
    "segment_prices",
    "segment_scatter",
    "separation_plot",
    "share_bars",
    "silhouette_plot",
    "stability_boxes",
    "strength_bars",
    "style",
    "tornado",
    "tracking_plot",
    "value_matrix",
    "visit_bars",
]
