from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pandas as pd
import pytest
import yaml

from whobuys.market import (
    Company,
    bayes_ari,
    check_table,
    companies,
    datasets_folder,
    load_company,
    market,
    posterior,
    read_case,
    truth,
    write_package,
    write_tables,
)
from whobuys.market.__main__ import main
from whobuys.market._check import check_tables
from whobuys.market._columns import tables_of

EIGHT = [
    "citybank",
    "learnhub",
    "littlehands",
    "marketplace",
    "outfitter",
    "teahouse",
    "tradeways",
    "wardrobe",
]
SECTIONS = [
    "profiles",
    "web",
    "interactions",
    "campaign",
    "survey",
    "rivals",
    "accounts",
    "events",
    "work_log",
    "canvases",
]
FROZEN_FILE = Path(__file__).with_name("frozen.json")
FROZEN = json.loads(FROZEN_FILE.read_text("utf-8"))


def test_there_are_eight_companies_and_every_family_is_in_one() -> None:
    assert companies() == EIGHT
    described = [load_company(name) for name in EIGHT]
    for section in [*SECTIONS, "season", "firms"]:
        assert any(getattr(company, section) is not None for company in described), section
    assert load_company("teahouse").season is None


@pytest.mark.parametrize("name", EIGHT)
def test_every_table_keeps_its_promises(name: str) -> None:
    for seed in (0, 11):
        case = market(name, seed, customers=300)
        assert list(case.tables) == list(tables_of(case.company))
        check_tables(case.company, case.tables)


@pytest.mark.slow
@pytest.mark.parametrize("name", EIGHT)
def test_every_table_keeps_its_promises_for_200_seeds(name: str) -> None:
    company = load_company(name)
    for seed in range(200):
        case = market(company, seed, customers=120)
        check_tables(company, case.tables)
        assert truth(case).segments["customers"].min() >= 6


@pytest.mark.parametrize("name", EIGHT)
def test_frozen_checksums(name: str, tmp_path: Path) -> None:
    """A change here changes every case already given out: never by accident."""
    case = market(name, 3, customers=200)
    found = {
        file.stem: hashlib.sha256(file.read_bytes()).hexdigest()
        for file in write_tables(case, tmp_path)
    }
    assert found == FROZEN[name]


@pytest.mark.parametrize("name", EIGHT)
def test_a_section_less_changes_no_other_table(name: str) -> None:
    company = load_company(name)
    before = market(company, 5, customers=150).tables
    for section in SECTIONS:
        if getattr(company, section) is not None:
            less = company.model_copy(update={section: None})
            after = market(less, 5, customers=150).tables
            assert set(after) < set(before)
            for table, frame in after.items():
                pd.testing.assert_frame_equal(frame, before[table])


def test_a_wanted_table_is_the_same_alone() -> None:
    everything = market("outfitter", 5, customers=150)
    alone = market("outfitter", 5, customers=150, tables=["carts", "rivals"])
    assert list(alone.tables) == ["carts", "rivals"]
    for name, frame in alone.tables.items():
        pd.testing.assert_frame_equal(frame, everything[name])


def test_an_unknown_wanted_table_is_one_clear_error() -> None:
    with pytest.raises(ValueError, match=r"outfitter has no table 'cart'.*did you mean 'carts'"):
        market("outfitter", tables=["cart"])


@pytest.mark.parametrize("name", EIGHT)
def test_the_draw_is_fair(name: str) -> None:
    case = market(name, 1)
    known = truth(case)
    assert known.segments["customers"].min() >= 0.05 * case.company.customers
    reached = bayes_ari(case)
    low, high = case.company.fair.bayes_ari if case.company.fair else (0.5, 1.0)
    assert low <= reached <= high


def test_a_draw_too_clear_or_too_unclear_is_refused() -> None:
    company = load_company("littlehands")
    assert company.fair is not None
    wanted = company.fair.model_copy(update={"bayes_ari": [0.1, 0.2]})
    with pytest.raises(ValueError, match=r"no fair case in 100 attempts.*ARI of 0\.1 to 0\.2"):
        market(company.model_copy(update={"fair": wanted, "customers": 300}))


def test_chances_of_segments_are_calibrated() -> None:
    for name in ("citybank", "tradeways"):
        case = market(name, 2)
        chances = posterior(case).set_index("customer_id")
        known = truth(case).customers.set_index("customer_id")["segment"]
        sure = chances.max(axis=1)
        right = chances.idxmax(axis=1) == known
        assert right.mean() == pytest.approx(sure.mean(), abs=0.05)
        assert right.mean() > 0.85


@pytest.mark.parametrize("name", EIGHT)
def test_the_picture_is_one_a_marketer_knows(name: str) -> None:
    case = market(name, 1)
    lines = case["transactions"]
    count = lines.groupby("customer_id")["order_id"].nunique()
    money = lines.groupby("customer_id")["amount"].sum().sort_values(ascending=False)
    ratio = lines.merge(case["products"], on="product_id")
    ratio = ratio["unit_price"] / ratio["list_price"]
    assert 800 <= len(case["customers"]) <= 2000
    assert 4_000 < len(lines) < 45_000
    assert 0.03 < (count == 1).mean() < 0.5
    assert 0.4 < money.iloc[: len(money) // 5].sum() / money.sum() < 0.85
    assert ratio.median() == pytest.approx(1, abs=0.03)
    assert ratio.between(0.8, 1.25).mean() > 0.9


def test_nothing_sensitive_and_nobody_is_named() -> None:
    forbidden = (
        "name",
        "phone",
        "mail",
        "religi",
        "ethni",
        "race",
        "health",
        "illness",
        "politic",
        "party",
        "birth",
        "street",
    )
    for name in EIGHT:
        for table in tables_of(load_company(name)).values():
            for column in table.columns:
                assert not any(word in column for word in forbidden), column


@pytest.mark.parametrize("name", EIGHT)
def test_no_table_tells_the_segment(name: str) -> None:
    case = market(name, 4, customers=300)
    segments = {segment.name for segment in case.company.segments}
    for table in case.tables.values():
        for column in table.select_dtypes("str"):
            assert not segments & set(table[column]), column


def test_firms_are_named_once_and_from_parts() -> None:
    company = load_company("tradeways")
    firms = market(company, customers=2000, tables=["customers"])["customers"]
    assert firms["firm"].is_unique
    assert company.firms is not None
    parts = company.firms
    first = firms["firm"].str.split(" ").str[0]
    built = {one + two for one in parts.first_parts for two in parts.second_parts}
    assert set(first) <= built


@pytest.mark.parametrize("name", ["tradeways", "citybank", "wardrobe"])
def test_tables_come_back_as_they_were(name: str, tmp_path: Path) -> None:
    case = market(name, 8, customers=200)
    write_tables(case, tmp_path)
    back = read_case(name, tmp_path)
    assert list(back.tables) == list(case.tables)
    for table, frame in case.tables.items():
        pd.testing.assert_frame_equal(back[table], frame, check_dtype=False)


def test_a_package_describes_every_file_and_column(tmp_path: Path) -> None:
    write_package(market("tradeways", 8, customers=200), tmp_path)
    package = json.loads((tmp_path / "datapackage.json").read_text("utf-8"))
    assert len(package["resources"]) == len(list(tmp_path.glob("*.csv")))
    for resource in package["resources"]:
        header = (tmp_path / resource["path"]).read_text("utf-8").split("\n", 1)[0]
        assert [field["name"] for field in resource["schema"]["fields"]] == header.split(",")
        assert all(field["description"] for field in resource["schema"]["fields"])


def test_the_command_writes_any_company(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["--to", str(tmp_path), "littlehands", "--seed", "7", "--customers", "80"])
    written = {file.name for file in tmp_path.iterdir()}
    assert {"README.md", "datapackage.json", "survey.csv", "campaign.csv"} <= written
    assert "survey.csv" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["littlehands"], "say where to"),
        (["--seed", "3"], "say where to"),
        (["--to", "x", "littlehand"], "did you mean 'littlehands'"),
        (["--to", "x", "teahouse", "--seed", "-1"], "seed: must be a whole number"),
    ],
)
def test_a_wrong_command_is_one_clear_error(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        main(arguments)
    assert message in capsys.readouterr().err


def broken(frame: pd.DataFrame, column: str, value: object) -> pd.DataFrame:
    changed = frame.copy()
    changed[column] = changed[column].astype(object)
    changed.loc[changed.index[2], column] = value
    return changed.infer_objects()


@pytest.mark.parametrize(
    ("table", "column", "value", "message"),
    [
        ("accounts", "deposits", -5.0, r"accounts\.deposits: 1 of 100 rows is less than 0.*-5"),
        ("accounts", "activity", 1.5, r"accounts\.activity: must hold whole numbers"),
        ("campaign", "arm", "other", r"campaign\.arm: 1 of .* is none of contacted, held back"),
        ("survey", "recommend", 11, r"survey\.recommend: 1 of .* is more than 10; .* 11 in row 2"),
        ("profiles", "income_band", None, r"profiles\.income_band: 1 of 100 rows is missing"),
        ("profiles", "customer_id", "C00001", r"customer_id: 1 of 100 rows has a key that is"),
    ],
)
def test_a_bad_value_is_named(table: str, column: str, value: object, message: str) -> None:
    company = load_company("citybank")
    case = market(company, 2, customers=100)
    frame = case[table] if table != "survey" else market(company, 2)["survey"]
    check_table(table, frame, company)
    with pytest.raises(ValueError, match=message):
        check_table(table, broken(frame, column, value), company)


def test_a_missing_and_an_unknown_column_are_named() -> None:
    lines = market(customers=50)["transactions"]
    with pytest.raises(ValueError, match=r"transactions\.date: the column is missing"):
        check_table("transactions", lines.drop(columns="date"))
    with pytest.raises(ValueError, match=r"transactions\.dat: unknown column"):
        check_table("transactions", lines.assign(dat=1))
    with pytest.raises(ValueError, match="no table 'line'"):
        check_table("line", lines)


def test_a_customer_from_nowhere_is_named() -> None:
    company = load_company("citybank")
    tables = dict(market(company, 2, customers=100).tables)
    tables["accounts"] = broken(tables["accounts"], "customer_id", "C99999")
    with pytest.raises(ValueError, match=r"accounts\.customer_id: 1 of 100 .*C99999"):
        check_tables(company, tables)


def test_nobody_but_prospects_makes_tables_all_the_same() -> None:
    for name in EIGHT:
        company: Company = load_company(name).model_copy(update={"prospects": 1.0})
        case = market(company, 0, customers=60)
        assert len(case["transactions"]) == 0
        check_tables(company, case.tables)


def test_ten_customers_make_a_case() -> None:
    for name in EIGHT:
        case = market(name, 3, customers=10)
        assert len(case["customers"]) == 10
        truth(case)
        posterior(case)


FAULTS: list[tuple[str, list[str | int], object, str]] = [
    (
        "tradeways",
        ["firms", "segments", "menu makers", "buyers"],
        {"ownr": 1.0},
        "firms.segments.menu makers.buyers.ownr: is not one of this company's; did you mean",
    ),
    (
        "learnhub",
        ["season", "months"],
        [1.0, 2.0],
        "season.months: needs 12 values, has 2",
    ),
    (
        "learnhub",
        ["canvases", "learnhub today", "customers"],
        ["pupils"],
        "canvases.learnhub today.customers: is not a block; known: customer segments",
    ),
    (
        "citybank",
        ["campaign", "segments", "investors", "lift"],
        -0.5,
        "campaign.segments.investors.lift: base + lift must be between 0 and 1, is -0.38",
    ),
    (
        "citybank",
        ["accounts", "segments"],
        {},
        "accounts.segments: 'quiet savers' is missing; add it",
    ),
    (
        "wardrobe",
        ["rivals", "brands", 0, "ours"],
        False,
        "rivals.brands: needs exactly one brand with 'ours: true'",
    ),
    (
        "wardrobe",
        ["survey", "needs"],
        {"Good fit": "it fits"},
        "survey.needs.Good fit: becomes a column's name",
    ),
    (
        "wardrobe",
        ["segments", 1, "age"],
        None,
        "segments[1].age: is missing; add it",
    ),
]


@pytest.mark.parametrize(("name", "path", "value", "message"), FAULTS)
def test_a_fault_in_a_section_names_key_and_mend(
    name: str, path: list[str | int], value: object, message: str, tmp_path: Path
) -> None:
    described = yaml.safe_load(
        (datasets_folder() / "companies" / f"{name}.yml").read_text(encoding="utf-8")
    )
    part = described
    for step in path[:-1]:
        part = part[step]
    part[path[-1]] = value
    file = tmp_path / f"{name}.yml"
    file.write_text(yaml.safe_dump(described, sort_keys=False, allow_unicode=True), "utf-8")
    with pytest.raises(ValueError, match=f"^{name}.yml: ") as caught:
        load_company(file)
    assert message in str(caught.value)
