"""Where units and their keys are found."""

from __future__ import annotations

import difflib
import importlib.util
import json
import sys
from pathlib import Path
from typing import Any

from whobuys.course._exercise import Exercise

CHECKOUT = Path(__file__).resolve().parents[3]


class NoSuchUnit(LookupError):
    """There is no unit of that name here."""


def course_folder() -> Path:
    """Return the folder of lesson sources in this checkout.

    Raises
    ------
    NoSuchUnit
        If the package is used without the course.
    """
    folder = CHECKOUT / "course"
    if not folder.is_dir():
        raise NoSuchUnit(
            "The course is not here: only the package `whobuys` is installed. Open the notebook "
            "in the course folder, or in the folder your instructor gave you."
        )
    return folder


def units() -> list[str]:
    """List the units that have an exercise with a key."""
    return sorted(path.parent.name for path in course_folder().glob("*/key.py"))


def unit_folder(unit: str) -> Path:
    """Return the source folder of a unit.

    Raises
    ------
    NoSuchUnit
        With the nearest name there is.
    """
    known = units()
    if unit not in known:
        near = difflib.get_close_matches(str(unit), known, n=1)
        hint = f"Did you mean {near[0]!r}?" if near else f"There are: {', '.join(known) or 'none'}."
        raise NoSuchUnit(f"There is no exercise {unit!r}. {hint}")
    return course_folder() / unit


def load_key(path: Path) -> Exercise:
    """Run a `key.py` and return its `exercise`.

    Parameters
    ----------
    path : Path
        The key file. It is code: load only your own.

    Raises
    ------
    ValueError
        If the file defines no `exercise`.
    """
    name = f"whobuys_key_{path.parent.name}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise ValueError(f"{path} cannot be read as Python.")
    module = importlib.util.module_from_spec(spec)
    bytecode, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    try:
        spec.loader.exec_module(module)
    finally:
        sys.dont_write_bytecode = bytecode
    made = getattr(module, "exercise", None)
    if not isinstance(made, Exercise):
        raise ValueError(f"{path} must define `exercise = Exercise(...)`.")
    return made


def solution_code(unit: str, question_id: str) -> str | None:
    """Return the worked solution of a question from the built solutions notebook, if it is here."""
    path = CHECKOUT / "solutions" / f"{unit}.ipynb"
    if not path.exists():
        return None
    notebook: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    for cell in notebook["cells"]:
        if cell["id"] == question_id and cell["cell_type"] == "code":
            return "".join(cell["source"])
    return None
