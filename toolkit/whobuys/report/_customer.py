"""The customer analysis report (R1): eight sections, for consumers or for firms."""

from __future__ import annotations

from whobuys.report._common import Write
from whobuys.report._customer_needs import loyalty, needs
from whobuys.report._customer_rivals import competitors, conclusion, swot
from whobuys.report._customer_segments import segmentation
from whobuys.report._customer_who import basics, introduction

SECTIONS: dict[str, Write] = {
    "introduction": introduction,
    "basics": basics,
    "segmentation": segmentation,
    "needs": needs,
    "loyalty": loyalty,
    "competitors": competitors,
    "swot": swot,
    "conclusion": conclusion,
}
