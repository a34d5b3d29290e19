"""Questions, checks, hints and progress; `whobuys.course.build` builds the notebooks."""

from whobuys.course._exercise import Exercise, Mistake, Question, Wrong
from whobuys.course._judge import Judge
from whobuys.course._practice import Check, exercise
from whobuys.course._units import NoSuchUnit, load_key, unit_folder, units
from whobuys.course._verdict import Verdict
from whobuys.course.compare import (
    Criterion,
    canvas,
    essay,
    figures,
    items,
    labels,
    number,
    sections,
    table,
    text,
)

__all__ = [
    "Check",
    "Criterion",
    "Exercise",
    "Judge",
    "Mistake",
    "NoSuchUnit",
    "Question",
    "Verdict",
    "Wrong",
    "canvas",
    "essay",
    "exercise",
    "figures",
    "items",
    "labels",
    "load_key",
    "number",
    "sections",
    "table",
    "text",
    "unit_folder",
    "units",
]
