"""The description of a company: what the text file may say, and what is wrong with it."""

from __future__ import annotations

import math
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import yaml
from pydantic import BaseModel, Field, ValidationError, model_validator

from ._explain import explain
from ._fields import (
    Mix,
    Names,
    Part,
    Positive,
    Price,
    Share,
    Text,
    Weights,
    above,
    at_least,
    between,
    check_adds_to_one,
    fault,
)
from ._places import datasets_folder, did_you_mean
from ._sections import (
    Accounts,
    Campaign,
    Canvases,
    Events,
    Fair,
    Firms,
    Interactions,
    Profiles,
    Rivals,
    Season,
    Survey,
    Web,
    WorkLog,
    known_keys,
    same_keys,
)


class Window(Part):
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
            raise fault("end", f"must be at least 28 days after start, is {self.days} days after")
        return self


class Product(Part):
    """One product: money in the company's currency."""

    name: Text
    category: Text
    brand: Text
    list_price: Price
    unit_cost: Positive


class Purchases(Part):
    """BG/NBD parameters; the time unit is the week."""

    r: Positive
    alpha_weeks: Positive
    a: Positive
    b: Positive

    @model_validator(mode="after")
    def _closed_form_exists(self) -> Purchases:
        if math.isclose(self.a, 1):
            raise fault("a", "must not be exactly 1 (the closed form divides by a - 1); try 1.01")
        if self.a + self.b <= 1:
            raise fault("b", f"a + b must be more than 1, is {self.a + self.b:g}; raise b")
        return self


class Spend(Part):
    """Gamma-gamma parameters of an order's value; gamma in the company's currency."""

    p: Positive
    q: Annotated[float, above(2)]
    gamma: Positive


class Age(Part):
    """Corners of a triangle distribution, in years."""

    youngest: Annotated[int, between(16, 99)]
    typical: Annotated[int, between(16, 99)]
    oldest: Annotated[int, between(16, 99)]

    @model_validator(mode="after")
    def _in_order(self) -> Age:
        if not (self.youngest <= self.typical <= self.oldest and self.youngest < self.oldest):
            raise fault("typical", "must lie between youngest and oldest, and those must differ")
        return self


class Likes(Part):
    """Weights of categories and brands; what is not named has weight 1."""

    categories: dict[str, Positive] = Field(default_factory=dict)
    brands: dict[str, Positive] = Field(default_factory=dict)


class Segment(Part):
    """One latent segment of customers."""

    name: Text
    note: Text
    share: Share
    purchases: Purchases
    spend: Spend
    joining: Weights
    age: Age | None = None
    gender: Mix | None = None
    member: Share | None = None
    channels: Mix
    sources: Mix
    lines: Annotated[float, between(1, 6)]
    promotion: Share
    likes: Likes = Field(default_factory=Likes)


class Company(Part):
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
    season, profiles, firms, web, interactions, campaign, survey, rivals, accounts, events, \
work_log, canvases, fair : optional
        Sections that add tables or change how they are drawn; None where there is none.
    mess : dict, optional
        The faults `mess` lays over the company's tables when it is given no others.
    """

    name: Text
    title: Text
    story: Text
    currency: Text
    window: Window
    customers: Annotated[int, at_least(1)]
    prospects: Annotated[float, between(0, 0.5)]
    regions: dict[str, dict[str, Positive]]
    channels: Names
    sources: Names
    discounts: dict[float, Positive]
    products: list[Product]
    segments: list[Segment]
    season: Season | None = None
    profiles: Profiles | None = None
    firms: Firms | None = None
    web: Web | None = None
    interactions: Interactions | None = None
    campaign: Campaign | None = None
    survey: Survey | None = None
    rivals: Rivals | None = None
    accounts: Accounts | None = None
    events: Events | None = None
    work_log: WorkLog | None = None
    canvases: Canvases | None = None
    fair: Fair | None = None
    mess: dict[str, Any] | None = None

    @model_validator(mode="after")
    def _fits_together(self) -> Company:
        self._check_parts()
        categories = {product.category for product in self.products}
        brands = {product.brand for product in self.products}
        for index, segment in enumerate(self.segments):
            here = f"segments[{index}]"
            known_keys(segment.channels, self.channels, f"{here}.channels")
            known_keys(segment.sources, self.sources, f"{here}.sources")
            known_keys(segment.likes.categories, categories, f"{here}.likes.categories")
            known_keys(segment.likes.brands, brands, f"{here}.likes.brands")
            for key in ("age", "gender", "member") if self.firms is None else ():
                if getattr(segment, key) is None:
                    raise fault(f"{here}.{key}", "is missing; add it")
        self._check_sections(categories)
        self._check_mess()
        return self

    def _check_mess(self) -> None:
        from ._mess_settings import read_mess

        try:
            read_mess(self.mess)
        except ValueError as error:
            raise fault("mess", str(error).removeprefix("mess: ")) from error

    def _check_sections(self, categories: set[str]) -> None:
        names = [segment.name for segment in self.segments]
        for key in type(self).model_fields:
            section = getattr(self, key)
            if isinstance(section, BaseModel) and hasattr(section, "segments"):
                same_keys(section.segments, names, f"{key}.segments")
        if self.web is not None:
            known_keys(self.web.keywords, categories, "web.keywords")
        days: dict[str, date] = {}
        if self.campaign is not None:
            days["campaign.start"] = self.campaign.start
        if self.survey is not None:
            days["survey.sent"] = self.survey.sent
        for key, day in days.items():
            if not self.window.start <= day <= self.window.end:
                raise fault(key, f"must lie in the window, is {day}")
        for name in names:
            here = f".segments.{name}"
            if self.profiles is not None:
                person = self.profiles.segments[name]
                known_keys(person.education, self.profiles.education, f"profiles{here}.education")
                known_keys(
                    person.occupation, self.profiles.occupations, f"profiles{here}.occupation"
                )
                known_keys(person.housing, self.profiles.housing, f"profiles{here}.housing")
            if self.firms is not None:
                firm = self.firms.segments[name]
                known_keys(firm.industries, self.firms.industries, f"firms{here}.industries")
                known_keys(firm.ownership, self.firms.ownership, f"firms{here}.ownership")
                for key in ("buyers", "deciders", "users"):
                    known_keys(getattr(firm, key), self.firms.roles, f"firms{here}.{key}")
            for key in ("interactions", "events"):
                section = getattr(self, key)
                if section is not None:
                    known_keys(section.segments[name], section.kinds, f"{key}{here}")

    def _check_parts(self) -> None:
        if not self.regions or not all(self.regions.values()):
            raise fault("regions", "needs at least one region with a city in it")
        if not self.discounts:
            raise fault("discounts", "is empty; for instance {0.1: 1}")
        for depth in self.discounts:
            if not (0 < depth < 1 and math.isclose(depth * 10, round(depth * 10), abs_tol=1e-6)):
                raise fault(
                    "discounts", f"each share must be 0.1, 0.2, ... or 0.9; one is {depth:g}"
                )
        for part in ("products", "segments"):
            names = [thing.name for thing in getattr(self, part)]
            if not names:
                raise fault(part, "is empty; describe at least one")
            for index, name in enumerate(names):
                if name in names[:index]:
                    raise fault(f"{part}[{index}].name", f"{name!r} is there twice; rename one")
        check_adds_to_one((segment.share for segment in self.segments), "segments")


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
        raise ValueError("\n".join(explain(path.name, error))) from None


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


def _one_line(error: Exception) -> str:
    if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark:
        return f"{error.problem}, line {error.problem_mark.line + 1}"
    return " ".join(str(error).split())
