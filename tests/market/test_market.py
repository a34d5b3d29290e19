from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from whobuys.market import Case, Company, load_company, market, truth, write_tables
from whobuys.market._draw import draw_lines, draw_orders
from whobuys.market._latent import draw_latent, fair_streams
from whobuys.market._streams import Streams

TEAHOUSE = load_company("teahouse")
BASE = ("transactions", "customers", "products")

FROZEN = {
    (0, 1500): {
        "transactions": "f2b297ea2a64a6b1991e936c07e9b8bf27a8dd98f0a0b12de95f1244bef0fe5e",
        "customers": "cb5d4a9342a36c040b762186f4401e9c3e86bad29fd5ee80bfdafeb208a17556",
        "products": "fbbb7d1167a5ecb689f971368aeef702979562e25a7e1080a7ba24ed8d771cb6",
    },
    (2**200 + 7, 300): {
        "transactions": "2de9d19886f77a99e856872746181d902181edf8bc888335024db0befd7c3f66",
        "customers": "760a7df2b9c15a1e4d939732a0916c5a8a1b81d7e7eac53d6119159ee13684a7",
        "products": "fbbb7d1167a5ecb689f971368aeef702979562e25a7e1080a7ba24ed8d771cb6",
    },
}


def checksums(case: Case, folder: Path) -> dict[str, str]:
    files = write_tables(case, folder)
    return {file.stem: hashlib.sha256(file.read_bytes()).hexdigest() for file in files}


@pytest.fixture(scope="module")
def case() -> Case:
    return market()


@pytest.mark.parametrize(("seed", "customers"), FROZEN)
def test_frozen_checksums(seed: int, customers: int, tmp_path: Path) -> None:
    """A change here changes every case already given out: never by accident."""
    drawn = market("teahouse", seed, customers=customers)
    found = checksums(drawn, tmp_path)
    assert {name: found[name] for name in BASE} == FROZEN[seed, customers]


def test_same_seed_same_tables_and_other_seeds_differ() -> None:
    first, again, other = (market(seed=seed, customers=200) for seed in (5, 5, 6))
    for name in first.tables:
        pd.testing.assert_frame_equal(first[name], again[name])
    assert not first["transactions"].equals(other["transactions"])
    assert not first["customers"].equals(other["customers"])
    assert first["products"].equals(other["products"])


def test_same_bytes_in_another_process(tmp_path: Path) -> None:
    code = (
        "import sys; from whobuys.market import market, write_tables; "
        "write_tables(market(seed=9, customers=80), sys.argv[1])"
    )
    environment = os.environ | {"PYTHONHASHSEED": "123", "TZ": "Asia/Shanghai", "LC_ALL": "C"}
    subprocess.run([sys.executable, "-c", code, str(tmp_path / "a")], check=True, env=environment)
    here = checksums(market(seed=9, customers=80), tmp_path / "b")
    assert here == {
        file.stem: hashlib.sha256(file.read_bytes()).hexdigest()
        for file in (tmp_path / "a").glob("*.csv")
    }


def test_large_seeds_are_all_used() -> None:
    top = 2**255
    drawn = [market(seed=seed, customers=60)["customers"] for seed in (top, top + 1, 2**256 - 1, 0)]
    assert len({table.to_csv() for table in drawn}) == 4


def test_numpy_whole_numbers_are_seeds() -> None:
    one = market(seed=np.int64(3), customers=np.int64(60))  # type: ignore[arg-type]
    assert one["customers"].equals(market(seed=3, customers=60)["customers"])


@pytest.mark.parametrize("seed", [-1, 1.0, 1.5, None, "1", True, 2**256, [1], float("nan")])
def test_a_bad_seed_is_one_clear_error(seed: Any) -> None:
    with pytest.raises(ValueError, match=r"^seed: must be a whole number from 0 to 2\*\*256 - 1"):
        market("teahouse", seed)


@pytest.mark.parametrize("customers", [0, -5, 1.5, "10", True])
def test_a_bad_number_of_customers_is_one_clear_error(customers: Any) -> None:
    with pytest.raises(ValueError, match=r"^customers: must be a whole number of at least 1"):
        market(customers=customers)


def test_fewer_customers_than_segments_is_refused() -> None:
    with pytest.raises(ValueError, match=r"must be at least 6 \(one for each segment"):
        market(customers=5)


def test_an_unknown_table_is_one_clear_error(case: Case) -> None:
    with pytest.raises(ValueError, match=r"no table 'transaction'.*did you mean 'transactions'"):
        case["transaction"]


def test_streams_do_not_shift_each_other() -> None:
    """A stream is named: using others before it, or not at all, changes nothing."""
    streams = Streams("teahouse", 1)
    alone = streams("customers.age").random(5)
    streams("a new table").random(1000)
    np.testing.assert_array_equal(streams("customers.age").random(5), alone)
    others = [Streams("teahouse", 2), Streams("teahouse", 1, attempt=1), Streams("teahouse1", 1)]
    for other in others:
        assert not np.allclose(other("customers.age").random(5), alone)
    assert not np.allclose(streams("customers.gender").random(5), alone)


def test_a_changed_column_leaves_every_other_one_as_it_was() -> None:
    older = [
        segment.model_copy(update={"age": segment.age.model_copy(update={"oldest": 90})})
        for segment in TEAHOUSE.segments
    ]
    before = market(TEAHOUSE, 4, customers=200)
    after = market(TEAHOUSE.model_copy(update={"segments": older}), 4, customers=200)
    pd.testing.assert_frame_equal(after["transactions"], before["transactions"])
    pd.testing.assert_frame_equal(
        after["customers"].drop(columns="age"), before["customers"].drop(columns="age")
    )
    assert not after["customers"]["age"].equals(before["customers"]["age"])


def test_tables_fit_together(case: Case) -> None:
    lines, customers, products = (case[name] for name in BASE)
    assert not lines.duplicated(["order_id", "product_id"]).any()
    assert customers["customer_id"].is_unique
    assert products["product_id"].is_unique
    assert lines["customer_id"].isin(customers["customer_id"]).all()
    assert lines["product_id"].isin(products["product_id"]).all()
    by_order = lines.groupby("order_id")[["customer_id", "date", "channel"]].nunique()
    assert (by_order == 1).all(axis=None)
    assert lines["date"].is_monotonic_increasing
    assert lines["order_id"].is_monotonic_increasing
    assert customers["joined"].is_monotonic_increasing
    first, last = pd.Timestamp("2024-07-01"), case.as_of
    assert last == pd.Timestamp("2026-06-30")
    assert lines["date"].between(first, last).all()
    assert customers["joined"].between(first, last).all()
    assert not any(case[name].isna().any(axis=None) for name in BASE)
    assert case["customers"].loc[~case["customers"]["member"], "points"].eq(0).all()


def test_the_first_order_is_on_the_day_of_joining(case: Case) -> None:
    first = case["transactions"].groupby("customer_id")["date"].min()
    joined = case["customers"].set_index("customer_id")["joined"]
    assert (first == joined[first.index]).all()
    prospects = 1 - len(first) / len(joined)
    assert 0.02 < prospects < 0.06


def test_later_orders_come_after_the_day_of_joining(case: Case) -> None:
    orders = case["transactions"].drop_duplicates("order_id")
    joined = case["customers"].set_index("customer_id")["joined"]
    on_first_day = orders["date"] == orders["customer_id"].map(joined)
    assert on_first_day.groupby(orders["customer_id"]).sum().eq(1).all()


def test_amounts_are_exact_to_the_cent(case: Case) -> None:
    lines = case["transactions"]
    paid = lines["quantity"] * lines["unit_price"] * (1 - lines["discount"])
    assert (paid.round(2) == lines["amount"]).all()
    assert (lines["amount"] > 0).all()
    assert (lines["quantity"] >= 1).all()
    assert set(lines["discount"]) <= {0.0, 0.1, 0.2, 0.3}


def test_lines_add_up_to_the_order_value_drawn() -> None:
    streams = fair_streams(TEAHOUSE, 0)
    latent = draw_latent(TEAHOUSE, streams)
    orders = draw_orders(TEAHOUSE, latent, streams)
    lines = draw_lines(TEAHOUSE, latent, orders, streams)
    paid = np.bincount(lines.order, weights=lines.cents) / 100
    rounding = np.bincount(lines.order, weights=lines.quantity * (10 - lines.discount)) * 0.005
    assert (np.abs(paid - orders.value) <= rounding + 1e-9).all()
    assert paid.mean() == pytest.approx(orders.value.mean(), rel=1e-3)


def test_prices_stay_near_the_list(case: Case) -> None:
    lines = case["transactions"].merge(case["products"], on="product_id")
    ratio = lines["unit_price"] / lines["list_price"]
    assert ratio.median() == pytest.approx(1, abs=0.01)
    assert ratio.between(0.85, 1.15).mean() > 0.97


@pytest.mark.parametrize("seed", range(6))
def test_the_picture_is_one_a_marketer_knows(seed: int) -> None:
    drawn = market(seed=seed)
    lines = drawn["transactions"]
    orders = lines.drop_duplicates("order_id")
    count = orders.groupby("customer_id").size()
    money = lines.groupby("customer_id")["amount"].sum().sort_values(ascending=False)
    cold = (drawn.as_of - orders.groupby("customer_id")["date"].max()).dt.days > 180
    gaps = orders.sort_values(["customer_id", "date"], kind="stable")
    gaps = gaps.groupby("customer_id")["date"].diff().dt.days.dropna()
    assert 17_000 < len(lines) < 24_000
    assert 0.25 < (count == 1).mean() < 0.35
    assert 0.6 < money.iloc[: len(money) // 5].sum() / money.sum() < 0.8
    assert 0.3 < cold.mean() < 0.55
    assert 10 <= gaps.median() <= 30
    assert count.max() < 300
    shares = truth(drawn).segments["customers"] / 1500
    assert shares.min() >= 0.05


@pytest.mark.parametrize("seed", range(20))
def test_ten_customers_make_a_case(seed: int) -> None:
    drawn = market(seed=seed, customers=10)
    assert len(drawn["customers"]) == 10
    assert truth(drawn).segments["customers"].min() >= 1
    assert drawn["transactions"]["customer_id"].nunique() == truth(drawn).segments["buyers"].sum()


def test_a_hundred_thousand_customers() -> None:
    drawn = market(seed=1, customers=100_000, tables=BASE)
    assert drawn["customers"]["customer_id"].iloc[[0, -1]].tolist() == ["C000001", "C100000"]
    assert drawn["customers"]["customer_id"].is_monotonic_increasing
    assert len(drawn["transactions"]) > 1_000_000


def one_segment(company: Company, index: int, share: float = 1.0) -> Any:
    return company.segments[index].model_copy(update={"share": share})


def test_a_case_that_cannot_be_fair_is_refused() -> None:
    segments = [one_segment(TEAHOUSE, 0, 0.99), one_segment(TEAHOUSE, 1, 0.01)]
    lopsided = TEAHOUSE.model_copy(update={"segments": segments})
    with pytest.raises(ValueError, match=r"no fair case in 1000 attempts.*'office refreshers'"):
        market(lopsided, 0)


def test_an_unlucky_draw_is_drawn_again_the_same_way() -> None:
    segments = [one_segment(TEAHOUSE, 0, 0.945), one_segment(TEAHOUSE, 1, 0.055)]
    close = TEAHOUSE.model_copy(update={"segments": segments, "customers": 100})
    attempts = [fair_streams(close, seed).attempt for seed in range(20)]
    assert max(attempts) > 0
    assert attempts == [fair_streams(close, seed).attempt for seed in range(20)]
    for seed in range(20):
        assert truth(market(close, seed)).segments["customers"].min() >= 5


def test_a_company_with_one_segment_and_one_product() -> None:
    tiny = TEAHOUSE.model_copy(
        update={"segments": [one_segment(TEAHOUSE, 3)], "products": TEAHOUSE.products[:1]}
    )
    drawn = market(tiny, 0, customers=1)
    assert len(drawn["customers"]) == 1
    assert set(drawn["transactions"]["product_id"]) <= {"P001"}


def test_nobody_but_prospects_makes_empty_transactions(tmp_path: Path) -> None:
    nobody = TEAHOUSE.model_copy(update={"prospects": 1.0})
    drawn = market(nobody, 0, customers=50)
    assert len(drawn["transactions"]) == 0
    assert list(drawn["transactions"].columns) == list(market(customers=50)["transactions"])
    write_tables(drawn, tmp_path)


def test_the_company_is_not_changed_by_a_draw() -> None:
    before = TEAHOUSE.model_dump()
    market(TEAHOUSE, 0, customers=30)
    assert TEAHOUSE.model_dump() == before


def test_truth_is_neither_in_the_tables_nor_on_the_case(case: Case) -> None:
    latent = {"segment", "rate", "dropout", "alive", "nu", "truth", "latent", "buyer", "due"}
    for table in case.tables.values():
        for column in table.columns:
            assert not any(word in column.split("_") for word in latent)
    for attribute in dir(case):
        assert not any(word in attribute for word in latent)
    names = {segment.name for segment in TEAHOUSE.segments}
    for table in case.tables.values():
        for column in table.select_dtypes("str"):
            assert not names & set(table[column])


def test_nothing_sensitive_and_nobody_is_named(case: Case) -> None:
    columns = {column for table in case.tables.values() for column in table.columns}
    forbidden = (
        "name",
        "phone",
        "mail",
        "religio",
        "ethni",
        "health",
        "politic",
        "birth",
        "street",
    )
    assert not [column for column in columns if any(word in column for word in forbidden)]


def test_the_case_does_not_print_its_seed() -> None:
    assert "918273" not in repr(market(seed=918273, customers=30))
