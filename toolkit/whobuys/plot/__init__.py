"""One function a chart, one calm style, and alt text with every figure.

Every chart takes ``ax=None``, returns its Axes, and describes itself in words.
"""

from whobuys.plot._alt import alt_text, describe
from whobuys.plot._frequency import frequency_bars
from whobuys.plot._gaps import gap_histogram
from whobuys.plot._grid import rfm_grid
from whobuys.plot._marks import mark_histogram, question_bars
from whobuys.plot._segments import segment_bars
from whobuys.plot._style import style

__all__ = [
    "alt_text",
    "describe",
    "frequency_bars",
    "gap_histogram",
    "mark_histogram",
    "question_bars",
    "rfm_grid",
    "segment_bars",
    "style",
]
