"""The kinds of values a description may hold, and what is wrong with a wrong one."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, model_validator
from pydantic_core import PydanticCustomError

from ._places import did_you_mean

TOLERANCE = 1e-9


def fault(where: str, message: str) -> PydanticCustomError:
    """Make an error that points at a key below the model that found it."""
    return PydanticCustomError("fault", "{message}", {"where": where, "message": message})


def between(low: float, high: float) -> AfterValidator:
    """Make a check of both limits."""

    def check(value: float) -> float:
        if not low <= value <= high:
            raise fault("", f"must be between {low:g} and {high:g}, is {value:g}")
        return value

    return AfterValidator(check)


def at_least(low: float) -> AfterValidator:
    """Make a check of the lower limit, itself allowed."""

    def check(value: float) -> float:
        if value < low:
            raise fault("", f"must be at least {low:g}, is {value:g}")
        return value

    return AfterValidator(check)


def above(low: float) -> AfterValidator:
    """Make a check of the lower limit, itself not allowed."""

    def check(value: float) -> float:
        if value <= low:
            raise fault("", f"must be more than {low:g}, is {value:g}")
        return value

    return AfterValidator(check)


def _check_text(value: str) -> str:
    if not value.strip():
        raise fault("", "is empty; write something")
    return value.strip()


def _check_price(value: float) -> float:
    if value <= 0 or not math.isclose(value * 10, round(value * 10), abs_tol=1e-6):
        raise fault("", f"must be more than 0 and go in steps of 0.1, is {value:g}")
    return value


def _check_weights(values: list[float]) -> list[float]:
    if not values or min(values) < 0 or sum(values) <= 0:
        raise fault("", "needs weights of 0 or more, one of them more than 0")
    return values


def _check_mix(values: dict[str, float]) -> dict[str, float]:
    for key, value in values.items():
        if not 0 <= value <= 1:
            raise fault(key, f"must be between 0 and 1, is {value:g}")
    check_adds_to_one(values.values(), "")
    return values


def check_adds_to_one(shares: Iterable[float], where: str) -> None:
    """Say by how much shares miss 1."""
    total = math.fsum(shares)
    if abs(total - 1) > TOLERANCE:
        raise fault(
            where, f"shares must add to 1, add to {total:.6g}; change them by {1 - total:+.6g}"
        )


def _check_names(names: list[str]) -> list[str]:
    if not names:
        raise fault("", "is empty; name at least one")
    for index, name in enumerate(names):
        if not name.strip():
            raise fault(f"[{index}]", "is empty; write something")
        if name in names[:index]:
            raise fault(f"[{index}]", f"{name!r} is there twice; keep one")
    return names


Share = Annotated[float, between(0, 1)]
Positive = Annotated[float, above(0)]
Text = Annotated[str, AfterValidator(_check_text)]
Price = Annotated[float, AfterValidator(_check_price)]
Weights = Annotated[list[float], AfterValidator(_check_weights)]
Mix = Annotated[dict[str, float], AfterValidator(_check_mix)]
Names = Annotated[list[str], AfterValidator(_check_names)]


class Part(BaseModel):
    """Any part of a company: frozen, strict about types, no unknown keys."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid", allow_inf_nan=False)

    @model_validator(mode="before")
    @classmethod
    def _known_keys(cls, content: Any) -> Any:
        if isinstance(content, dict):
            for key in content:
                if key not in cls.model_fields:
                    hint = did_you_mean(key, cls.model_fields)
                    hint = hint or f"; known: {', '.join(cls.model_fields)}"
                    raise fault(str(key), f"unknown key{hint}")
        return content
