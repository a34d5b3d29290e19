"""The description of a company: what the text file may say, and what is wrong with it."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import yaml
from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    model_validator,
)
from pydantic_core import PydanticCustomError

from ._places import datasets_folder, did_you_mean

TOLERANCE = 1e-9


def _fault(where: str, message: str) -> PydanticCustomError:
    """Make an error that points at a key below the model that found it."""
    return PydanticCustomError("fault", "{message}", {"where": where, "message": message})


def _between(low: float, high: float) -> AfterValidator:
    def check(value: float) -> float:
        if not low <= value <= high:
            raise _fault("", f"must be between {low:g} and {high:g}, is {value:g}")
        return value

    return AfterValidator(check)


def _at_least(low: float) -> AfterValidator:
    def check(value: float) -> float:
        if value < low:
            raise _fault("", f"must be at least {low:g}, is {value:g}")
        return value

    return AfterValidator(check)


def _above(low: float) -> AfterValidator:
    def check(value: float) -> float:
        if value <= low:
            raise _fault("", f"must be more than {low:g}, is {value:g}")
        return value

    return AfterValidator(check)


def _check_text(value: str) -> str:
    if not value.strip():
        raise _fault("", "is empty; write something")
    return value.strip()


def _check_price(value: float) -> float:
    if value <= 0 or not math.isclose(value * 10, round(value * 10), abs_tol=1e-6):
        raise _fault("", f"must be more than 0 and go in steps of 0.1, is {value:g}")
    return value


def _check_weights(values: list[float]) -> list[float]:
    if not values or min(values) < 0 or sum(values) <= 0:
        raise _fault("", "needs weights of 0 or more, one of them more than 0")
    return values


def _check_mix(values: dict[str, float]) -> dict[str, float]:
    for key, value in values.items():
        if not 0 <= value <= 1:
            raise _fault(key, f"must be between 0 and 1, is {value:g}")
    _check_adds_to_one(values.values(), "")
    return values


def _check_adds_to_one(shares: Iterable[float], where: str) -> None:
    total = math.fsum(shares)
    if abs(total - 1) > TOLERANCE:
        raise _fault(
            where, f"shares must add to 1, add to {total:.6g}; change them by {1 - total:+.6g}"
        )


def _check_names(names: list[str]) -> list[str]:
    if not names:
        raise _fault("", "is empty; name at least one")
    for index, name in enumerate(names):
        if not name.strip():
            raise _fault(f"[{index}]", "is empty; write something")
        if name in names[:index]:
            raise _fault(f"[{index}]", f"{name!r} is there twice; keep one")
    return names


Share = Annotated[float, _between(0, 1)]
Positive = Annotated[float, _above(0)]
Text = Annotated[str, AfterValidator(_check_text)]
Price = Annotated[float, AfterValidator(_check_price)]
Weights = Annotated[list[float], AfterValidator(_check_weights)]
Mix = Annotated[dict[str, float], AfterValidator(_check_mix)]
Names = Annotated[list[str], AfterValidator(_check_names)]


class _Part(BaseModel):
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
                    raise _fault(str(key), f"unknown key{hint}")
        return content


class Window(_Part):
    """First and last day in the tables."""

    start: date
    end: date

    @property
    def days(self) -> int:
        """Days from the first day to the last."""
        return (self.end - self.start).days

    @model_validator(mode="after")
    def _in_order(self) -> Window:
        if self.days < 28:
            raise _fault("end", f"must be at least 28 days after start, is {self.days} days after")
        return self


class Product(_Part):
    """One product: money in the company's currency."""

    name: Text
    category: Text
    brand: Text
    list_price: Price
    unit_cost: Positive


class Purchases(_Part):
    """BG/NBD parameters; the time unit is the week."""

    r: Positive
    alpha_weeks: Positive
    a: Positive
    b: Positive

    @model_validator(mode="after")
    def _closed_form_exists(self) -> Purchases:
        if math.isclose(self.a, 1):
            raise _fault("a", "must not be exactly 1 (the closed form divides by a - 1); try 1.01")
        if self.a + self.b <= 1:
            raise _fault("b", f"a + b must be more than 1, is {self.a + self.b:g}; raise b")
        return self


class Spend(_Part):
    """Gamma-gamma parameters of an order's value; gamma in the company's currency."""

    p: Positive
    q: Annotated[float, _above(2)]
    gamma: Positive


class Age(_Part):
    """Corners of a triangle distribution, in years."""

    youngest: Annotated[int, _between(16, 99)]
    typical: Annotated[int, _between(16, 99)]
    oldest: Annotated[int, _between(16, 99)]

    @model_validator(mode="after")
    def _in_order(self) -> Age:
        if not (self.youngest <= self.typical <= self.oldest and self.youngest < self.oldest):
            raise _fault("typical", "must lie between youngest and oldest, and those must differ")
        return self


class Likes(_Part):
    """Weights of categories and brands; what is not named has weight 1."""

    categories: dict[str, Positive] = Field(default_factory=dict)
    brands: dict[str, Positive] = Field(default_factory=dict)


class Segment(_Part):
    """One latent segment of customers."""

    name: Text
    note: Text
    share: Share
    purchases: Purchases
    spend: Spend
    joining: Weights
    age: Age
    gender: Mix
    member: Share
    channels: Mix
    sources: Mix
    lines: Annotated[float, _between(1, 6)]
    promotion: Share
    likes: Likes = Field(default_factory=Likes)


class Company(_Part):
    """A company as its text file describes it.

    Attributes
    ----------
    name : str
        The file's name without ``.yml``.
    title, story, currency : str
        For people.
    window : Window
        First and last day.
    customers : int
        Number of registered customers, prospects among them.
    prospects : float
        Share of them who never bought.
    regions : dict
        Region to city to weight.
    channels, sources : list of str
        What a segment's mix may name.
    discounts : dict
        Share taken off an order on promotion, in steps of 0.1, to its weight.
    products, segments : list
        What is sold, and to whom.
    """

    name: Text
    title: Text
    story: Text
    currency: Text
    window: Window
    customers: Annotated[int, _at_least(1)]
    prospects: Annotated[float, _between(0, 0.5)]
    regions: dict[str, dict[str, Positive]]
    channels: Names
    sources: Names
    discounts: dict[float, Positive]
    products: list[Product]
    segments: list[Segment]

    @model_validator(mode="after")
    def _fits_together(self) -> Company:
        self._check_parts()
        categories = {product.category for product in self.products}
        brands = {product.brand for product in self.products}
        for index, segment in enumerate(self.segments):
            here = f"segments[{index}]"
            _check_known(segment.channels, self.channels, f"{here}.channels")
            _check_known(segment.sources, self.sources, f"{here}.sources")
            _check_known(segment.likes.categories, categories, f"{here}.likes.categories")
            _check_known(segment.likes.brands, brands, f"{here}.likes.brands")
        return self

    def _check_parts(self) -> None:
        if not self.regions or not all(self.regions.values()):
            raise _fault("regions", "needs at least one region with a city in it")
        if not self.discounts:
            raise _fault("discounts", "is empty; for instance {0.1: 1}")
        for depth in self.discounts:
            if not (0 < depth < 1 and math.isclose(depth * 10, round(depth * 10), abs_tol=1e-6)):
                raise _fault(
                    "discounts", f"each share must be 0.1, 0.2, ... or 0.9; one is {depth:g}"
                )
        for part in ("products", "segments"):
            names = [thing.name for thing in getattr(self, part)]
            if not names:
                raise _fault(part, "is empty; describe at least one")
            for index, name in enumerate(names):
                if name in names[:index]:
                    raise _fault(f"{part}[{index}].name", f"{name!r} is there twice; rename one")
        _check_adds_to_one((segment.share for segment in self.segments), "segments")


def _check_known(named: Iterable[str], known: Iterable[str], where: str) -> None:
    choices = sorted(known)
    for name in named:
        if name not in choices:
            hint = did_you_mean(name, choices) or f"; known: {', '.join(choices)}"
            raise _fault(f"{where}.{name}", f"is not one of this company's{hint}")


def load_company(company: str | Path) -> Company:
    """Read the description of a company.

    Parameters
    ----------
    company : str or pathlib.Path
        The name of a shipped company ("teahouse"), or the path of a ``.yml`` file.

    Returns
    -------
    Company
        The checked description.

    Raises
    ------
    ValueError
        If there is no such company, or the file says something it may not. The message names the
        file, the key and the mend.

    Examples
    --------
    >>> teahouse = load_company("teahouse")
    >>> teahouse.customers, teahouse.currency
    (1500, 'CNY')
    """
    path = _find(company)
    try:
        content = yaml.load(path.read_text(encoding="utf-8"), Loader=_Loader)  # noqa: S506
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ValueError(f"{path.name}: is not readable as YAML: {_one_line(error)}") from None
    if not isinstance(content, dict):
        raise ValueError(f"{path.name}: must hold keys and values, such as 'title: My company'.")
    try:
        return Company.model_validate({"name": path.stem} | content)
    except ValidationError as error:
        raise ValueError("\n".join(_explain(path.name, error))) from None


def companies() -> list[str]:
    """Return the names of the shipped companies, sorted."""
    return sorted(path.stem for path in (datasets_folder() / "companies").glob("*.yml"))


def _find(company: str | Path) -> Path:
    if not isinstance(company, str | Path):
        raise ValueError(f"company: must be a name or a path, is {company!r}.")
    path = Path(company)
    if isinstance(company, Path) or path.suffix in {".yml", ".yaml"} or path.name != company:
        if not path.is_file():
            raise ValueError(f"There is no company file {str(path)!r}; check the path.")
        return path
    known = companies()
    if company not in known:
        hint = did_you_mean(company, known)
        raise ValueError(f"There is no company {company!r}; there is: {', '.join(known)}{hint}")
    return datasets_folder() / "companies" / f"{company}.yml"


class _Loader(yaml.SafeLoader):
    """YAML as usual, but a key written twice is an error, not the last one's win."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[Any] = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            if isinstance(key, str | int | float) and key in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"the key {key!r} is there twice", key_node.start_mark
                )
            seen.add(key)
        return super().construct_mapping(node, deep)


def _explain(file: str, error: ValidationError) -> list[str]:
    lines = []
    for fault in error.errors(include_url=False):
        where = ""
        for step in fault["loc"]:
            if step == "[key]":
                continue
            where += f"[{step}]" if isinstance(step, int) else f".{step}"
        context = fault.get("ctx", {})
        if fault["type"] == "fault" and context["where"]:
            below = str(context["where"])
            where += below if below.startswith("[") else f".{below}"
        lines.append(f"{file}: {where.lstrip('.')}: {_say(fault)}")
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


def _one_line(error: Exception) -> str:
    if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark:
        return f"{error.problem}, line {error.problem_mark.line + 1}"
    return " ".join(str(error).split())
