"""Panels for a notebook: move a control, see the result; on paper the last result stays.

- `weight_panel`: the weights of a score, and who is on top because of them;
- `rule_panel`: a rule table, its overlaps and its gaps;
- `segment_explorer`: variables and a number of segments, with profile, silhouette and stability;
- `Panel`: what they are made of.
"""

from whobuys.widgets._explorer import segment_explorer
from whobuys.widgets._panel import Panel
from whobuys.widgets._rules import rule_panel
from whobuys.widgets._weights import weight_panel

__all__ = ["Panel", "rule_panel", "segment_explorer", "weight_panel"]
