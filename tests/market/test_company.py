from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from whobuys.market import companies, datasets_folder, load_company, market

TEAHOUSE = datasets_folder() / "companies" / "teahouse.yml"
DESCRIBED = yaml.safe_load(TEAHOUSE.read_text(encoding="utf-8"))


def test_every_shipped_company_is_valid() -> None:
    assert "teahouse" in companies()
    for name in companies():
        assert load_company(name).name == name


def test_teahouse_is_what_the_course_needs() -> None:
    teahouse = load_company("teahouse")
    assert teahouse.customers == 1500
    assert teahouse.currency == "CNY"
    assert (teahouse.window.start.isoformat(), teahouse.window.end.isoformat()) == (
        "2024-07-01",
        "2026-06-30",
    )
    assert 18 <= len(teahouse.products) <= 24
    assert 5 <= len(teahouse.segments) <= 6
    assert all(product.unit_cost < product.list_price for product in teahouse.products)


def test_a_copy_under_another_name_is_another_company(tmp_path: Path) -> None:
    mine = tmp_path / "mine.yml"
    mine.write_bytes(TEAHOUSE.read_bytes())
    case = market(mine, 0, customers=100)
    assert case.company.name == "mine"
    assert not case["customers"].equals(market("teahouse", 0, customers=100)["customers"])
    assert case["customers"].equals(market(str(mine), 0, customers=100)["customers"])


def test_a_description_is_frozen() -> None:
    with pytest.raises(ValueError, match="frozen"):
        load_company("teahouse").customers = 3  # type: ignore[misc]


FAULTS: list[tuple[Callable[[dict[str, Any]], Any], str]] = [
    (
        lambda d: d["segments"][2].update(share=1.4),
        "segments[2].share: must be between 0 and 1, is 1.4",
    ),
    (
        lambda d: d["segments"][2].update(share=0.2),
        "segments: shares must add to 1, add to 0.97; change them by +0.03",
    ),
    (
        lambda d: d["segments"][2].update(share="big"),
        "segments[2].share: must be a number, is 'big'",
    ),
    (
        lambda d: d["segments"][2].update(shrae=0.2),
        "segments[2].shrae: unknown key; did you mean 'share'?",
    ),
    (lambda d: d.update(windw=1), "windw: unknown key; did you mean 'window'?"),
    (lambda d: d.update({7: 1}), "7: unknown key; known: name, title, "),
    (lambda d: d.pop("currency"), "currency: is missing; add it"),
    (lambda d: d.update(currency=5), "currency: must be text, is 5; put it in quotes"),
    (lambda d: d.update(customers=1.5), "customers: must be a whole number, is 1.5"),
    (lambda d: d.update(customers=0), "customers: must be at least 1, is 0"),
    (lambda d: d.update(prospects=0.9), "prospects: must be between 0 and 0.5, is 0.9"),
    (lambda d: d.update(segments=None), "segments: must be a list, is None"),
    (lambda d: d.update(products=[]), "products: is empty; describe at least one"),
    (lambda d: d.update(channels=["a", "a"]), "channels[1]: 'a' is there twice; keep one"),
    (lambda d: d.update(regions={"East": {}}), "regions: needs at least one region"),
    (
        lambda d: d.update(discounts={0.15: 1}),
        "discounts: each share must be 0.1, 0.2, ... or 0.9; one is 0.15",
    ),
    (
        lambda d: d["products"][3].update(list_price=3.33),
        "products[3].list_price: must be more than 0 and go in steps of 0.1, is 3.33",
    ),
    (
        lambda d: d["products"][3].update(name=d["products"][2]["name"]),
        "products[3].name: 'Aged tangerine peel, 50 g' is there twice; rename one",
    ),
    (
        lambda d: d["window"].update(end="soon"),
        "window.end: must be a date like 2024-07-01, is 'soon'",
    ),
    (
        lambda d: d["window"].update(end=d["window"]["start"]),
        "window.end: must be at least 28 days after start, is 0 days after",
    ),
    (
        lambda d: d["segments"][0]["purchases"].update(a=1.0),
        "segments[0].purchases.a: must not be exactly 1",
    ),
    (
        lambda d: d["segments"][0]["purchases"].update(r=float("nan")),
        "segments[0].purchases.r: must be a finite number, is nan",
    ),
    (
        lambda d: d["segments"][0]["purchases"].update(r=-1),
        "segments[0].purchases.r: must be more than 0, is -1",
    ),
    (
        lambda d: d["segments"][0]["purchases"].update(b=True),
        "segments[0].purchases.b: must be a number, is True",
    ),
    (
        lambda d: d["segments"][0]["spend"].update(q=1.5),
        "segments[0].spend.q: must be more than 2, is 1.5",
    ),
    (
        lambda d: d["segments"][0]["channels"].update(shop=0.5),
        "segments[0].channels: shares must add to 1, add to 0.66; change them by +0.34",
    ),
    (
        lambda d: d["segments"][0]["channels"].update(shopp=0.0),
        "segments[0].channels.shopp: is not one of this company's; did you mean 'shop'?",
    ),
    (
        lambda d: d["segments"][0]["likes"]["brands"].update({"Lantern Dayly": 2}),
        "segments[0].likes.brands.Lantern Dayly: is not one of this company's; "
        "did you mean 'Lantern Daily'?",
    ),
    (
        lambda d: d["segments"][0].update(age={"youngest": 40, "typical": 30, "oldest": 50}),
        "segments[0].age.typical: must lie between youngest and oldest",
    ),
    (lambda d: d["segments"][0].update(joining=[1, -1]), "segments[0].joining: needs weights"),
]


@pytest.mark.parametrize(("change", "message"), FAULTS, ids=[message for _, message in FAULTS])
def test_a_fault_names_file_key_and_mend(
    change: Callable[[dict[str, Any]], Any], message: str, tmp_path: Path
) -> None:
    described = copy.deepcopy(DESCRIBED)
    change(described)
    file = tmp_path / "teahouse.yml"
    file.write_text(yaml.safe_dump(described, sort_keys=False, allow_unicode=True), "utf-8")
    with pytest.raises(ValueError, match="teahouse") as caught:
        load_company(file)
    assert str(caught.value).startswith(f"teahouse.yml: {message}")
    assert "pydantic" not in str(caught.value)


def test_several_faults_are_told_at_once(tmp_path: Path) -> None:
    described = copy.deepcopy(DESCRIBED)
    described["currency"] = 5
    described["segments"][1]["lines"] = 0
    file = tmp_path / "teahouse.yml"
    file.write_text(yaml.safe_dump(described), "utf-8")
    with pytest.raises(ValueError, match="currency") as caught:
        load_company(file)
    assert str(caught.value).splitlines() == [
        "teahouse.yml: currency: must be text, is 5; put it in quotes",
        "teahouse.yml: segments[1].lines: must be between 1 and 6, is 0",
    ]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "bad.yml: must hold keys and values"),
        (b"- 1\n", "bad.yml: must hold keys and values"),
        (b"a: [", "bad.yml: is not readable as YAML: .*line 1"),
        (b"title: a\ntitle: b\n", "the key 'title' is there twice, line 2"),
        (b"\xff\xfe\x00", "bad.yml: is not readable as YAML"),
        (b"!!python/object/apply:os.getcwd []", "bad.yml: is not readable as YAML"),
    ],
)
def test_a_broken_file_is_refused(content: bytes, message: str, tmp_path: Path) -> None:
    file = tmp_path / "bad.yml"
    file.write_bytes(content)
    with pytest.raises(ValueError, match=message):
        load_company(file)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("teahose", "no company 'teahose'; there is: .*did you mean 'teahouse'"),
        ("", "no company ''"),
        ("nowhere.yml", "no company file 'nowhere.yml'"),
        ("../teahouse", "no company file"),
        (None, "company: must be a name or a path, is None"),
    ],
)
def test_an_unknown_company_is_one_clear_error(name: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        load_company(name)
