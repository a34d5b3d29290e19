"""What is wrong with a description, a line a fault: where, what, and the mend."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pydantic import ValidationError


def explain(file: str, error: ValidationError) -> list[str]:
    """Say each fault of a description in one line."""
    lines = []
    for found in error.errors(include_url=False):
        where = ""
        for step in found["loc"]:
            if step == "[key]":
                continue
            where += f"[{step}]" if isinstance(step, int) else f".{step}"
        context = found.get("ctx", {})
        if found["type"] == "fault" and context["where"]:
            below = str(context["where"])
            where += below if below.startswith("[") else f".{below}"
        lines.append(f"{file}: {where.lstrip('.')}: {_say(found)}")
    return lines


def _say(fault: Any) -> str:
    kind, value = str(fault["type"]), fault["input"]
    wanted: dict[str, Callable[[], str]] = {
        "missing": lambda: "is missing; add it",
        "fault": lambda: str(fault["ctx"]["message"]),
        "finite_number": lambda: f"must be a finite number, is {value!r}",
        "float_type": lambda: f"must be a number, is {value!r}",
        "int_type": lambda: f"must be a whole number, is {value!r}",
        "string_type": lambda: f"must be text, is {value!r}; put it in quotes",
        "date_type": lambda: f"must be a date like 2024-07-01, is {value!r}",
        "list_type": lambda: f"must be a list, is {value!r}",
        "dict_type": lambda: f"must be keys and values, is {value!r}",
        "model_type": lambda: f"must be keys and values, is {value!r}",
    }
    return wanted[kind]() if kind in wanted else str(fault["msg"])
