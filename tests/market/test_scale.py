from __future__ import annotations

import hashlib
import importlib.util
import sys
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from whobuys.market import companies, load_company, market, write_large
from whobuys.market._latent import draw_latent
from whobuys.market._scale import _plan, draw_chunks
from whobuys.market._truth import expected_repeats

TEAHOUSE = load_company("teahouse")
FROZEN = "5e06c2d6ed40c28a14fbbbb2bf798137b3f1c9b6e4d75a253fc2622f31ebde70"

needs_pyarrow = pytest.mark.skipif(
    importlib.util.find_spec("pyarrow") is None, reason="pyarrow is not installed"
)


def whole(customers: int, chunk: int, seed: int = 0) -> dict[str, pd.DataFrame]:
    chunks = list(draw_chunks(_plan(TEAHOUSE, seed, customers, chunk)))
    return {name: pd.concat([each[name] for each in chunks], ignore_index=True) for name in NAMES}


NAMES = ("transactions", "customers")


@pytest.fixture(scope="module")
def large() -> dict[str, pd.DataFrame]:
    return whole(12_000, 5_000)


def test_ids_hold_across_chunks(large: dict[str, pd.DataFrame]) -> None:
    customers, lines = large["customers"], large["transactions"]
    assert customers["customer_id"].tolist() == [f"C{n:05d}" for n in range(1, 12_001)]
    assert not lines.duplicated(["order_id", "product_id"]).any()
    orders = lines.drop_duplicates("order_id")
    assert lines.groupby("order_id")["customer_id"].nunique().max() == 1
    assert set(lines["customer_id"]) <= set(customers["customer_id"])
    assert lines["order_id"].is_monotonic_increasing
    joined = customers.set_index("customer_id")["joined"]
    first = orders.groupby("customer_id")["date"].min()
    assert (first == joined[first.index]).all()


def test_large_and_small_draws_agree(large: dict[str, pd.DataFrame]) -> None:
    case = market(TEAHOUSE, 0, customers=12_000, tables=["transactions", "customers"])
    for table in NAMES:
        assert list(large[table]) == list(case[table])
        assert (large[table].dtypes == case[table].dtypes).all()

    def measures(tables: Any) -> list[pd.Series]:
        lines, customers = tables["transactions"], tables["customers"]
        return [
            lines.groupby("customer_id")["order_id"].nunique(),
            lines.groupby("order_id")["amount"].sum(),
            lines.groupby("customer_id")["date"].max().astype("int64"),
            customers["age"],
            customers["joined"].astype("int64"),
            customers["points"],
        ]

    for mine, theirs in zip(measures(large), measures(case), strict=True):
        assert stats.ks_2samp(mine, theirs).pvalue > 1e-3, mine.name
    for table, column in (
        ("transactions", "channel"),
        ("transactions", "product_id"),
        ("transactions", "discount"),
        ("customers", "region"),
        ("customers", "source"),
        ("customers", "member"),
    ):
        shares = [each[table][column].value_counts(normalize=True) for each in (large, case)]
        assert (shares[0] - shares[1]).abs().max() < 0.02, column


def test_the_closed_form_holds_over_chunks() -> None:
    plan = _plan(TEAHOUSE, 2, 45_000, 15_000)
    drawn, expected, segments = 0.0, 0.0, np.zeros(len(TEAHOUSE.segments))
    for number in range(plan.chunks):
        latent = draw_latent(plan.part(number), plan.streams(number))
        segments += np.bincount(latent.segment, minlength=len(segments))
        for index, segment in enumerate(TEAHOUSE.segments):
            mine = latent.buyer & (latent.segment == index)
            law = segment.purchases
            drawn += latent.repeats[mine].sum()
            expected += expected_repeats(
                law.r, law.alpha_weeks, law.a, law.b, latent.observed[mine]
            ).sum()
    assert drawn == pytest.approx(expected, rel=0.02)
    shares = np.array([segment.share for segment in TEAHOUSE.segments])
    assert segments / 45_000 == pytest.approx(shares, abs=0.008)


def test_each_chunk_has_streams_of_its_own() -> None:
    few, more = (list(draw_chunks(_plan(TEAHOUSE, 3, size, 200))) for size in (500, 600))
    for mine, theirs in zip(few[:2], more, strict=False):
        for name in NAMES:
            pd.testing.assert_frame_equal(mine[name], theirs[name])
    ages = [chunk["customers"]["age"].tolist() for chunk in more]
    assert all(one != other for one, other in pairwise(ages))
    case = market(TEAHOUSE, 3, customers=200, tables=["customers"])
    assert case["customers"]["age"].tolist() not in ages


def digest(tables: dict[str, pd.DataFrame]) -> str:
    text = "".join(tables[name].to_csv(index=False, lineterminator="\n") for name in NAMES)
    return hashlib.sha256(text.encode()).hexdigest()


def test_frozen_checksum() -> None:
    """A change here changes every large draw: never by accident."""
    assert digest(whole(700, 300, seed=2**70)) == FROZEN


def test_other_seeds_differ() -> None:
    assert digest(whole(300, 100, seed=1)) == digest(whole(300, 100, seed=1))
    assert digest(whole(300, 100, seed=1)) != digest(whole(300, 100, seed=2))
    assert digest(whole(300, 100, seed=1)) != digest(whole(300, 150, seed=1))


@pytest.mark.parametrize("name", companies())
def test_every_company_can_be_large(name: str) -> None:
    described = load_company(name)
    chunks = list(draw_chunks(_plan(described, 0, 900, 400)))
    assert [len(chunk["customers"]) for chunk in chunks] == [400, 400, 100]
    known = pd.concat([chunk["customers"] for chunk in chunks])["customer_id"]
    assert known.is_unique
    assert set(pd.concat([chunk["transactions"] for chunk in chunks])["customer_id"]) <= set(known)


def test_a_chunk_may_hold_one_customer() -> None:
    chunks = list(draw_chunks(_plan(TEAHOUSE, 0, 601, 300)))
    assert [len(chunk["customers"]) for chunk in chunks] == [300, 300, 1]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"customers": 0}, "customers: must be a whole number of at least 6 .*, is 0"),
        ({"customers": 1.5}, "customers: must be a whole number"),
        ({"customers": True}, "customers: must be a whole number"),
        ({"chunk": "big"}, "chunk: must be a whole number of at least 6 .*, is 'big'"),
        ({"seed": -1}, "seed: must be a whole number"),
    ],
)
def test_wrong_numbers_are_one_clear_error(change: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        _plan(TEAHOUSE, **({"seed": 0, "customers": 100, "chunk": 50} | change))


def test_a_draw_that_cannot_be_fair_is_refused() -> None:
    first, second = TEAHOUSE.segments[:2]
    segments = [
        first.model_copy(update={"share": 0.99}),
        second.model_copy(update={"share": 0.01}),
    ]
    with pytest.raises(ValueError, match="no fair draw in 20 attempts"):
        _plan(TEAHOUSE.model_copy(update={"segments": segments}), 0, 2000, 500)


def test_without_pyarrow_one_clear_error(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(ImportError, match=r"'pyarrow'.*pip install \"whobuys\[large\]\""):
        write_large("teahouse", 0, tmp_path / "new")
    assert not (tmp_path / "new").exists()


# What needs pyarrow.

SMALL: dict[str, Any] = {"customers": 650, "chunk": 200}


def everything(folder: Path) -> dict[str, bytes]:
    files = [file for file in folder.rglob("*") if file.is_file()]
    return {str(file.relative_to(folder)): file.read_bytes() for file in files}


@needs_pyarrow
def test_files_hold_what_was_drawn(tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    seed = 7_391_846_250
    files = write_large(
        "teahouse", seed, tmp_path / "new", **SMALL, progress=lambda *done: seen.append(done)
    )
    assert seen == [(200, 650), (400, 650), (600, 650), (650, 650)]
    assert len(files) == 9
    assert sorted(files) == sorted(f for f in (tmp_path / "new").rglob("*") if f.is_file())
    drawn = whole(650, 200, seed=seed)
    for name in NAMES:
        read = pd.read_parquet(tmp_path / "new" / name)
        pd.testing.assert_frame_equal(read, drawn[name], check_dtype=False)
        assert read.dtypes.astype(str).tolist() == drawn[name].dtypes.astype(str).tolist()
    products = pd.read_parquet(tmp_path / "new" / "products.parquet")
    case = market("teahouse", 0, customers=50)
    pd.testing.assert_frame_equal(products, case["products"], check_dtype=False)
    for content in everything(tmp_path / "new").values():
        assert b"seed" not in content
        assert str(seed).encode() not in content


@needs_pyarrow
def test_same_seed_same_bytes(tmp_path: Path) -> None:
    for folder in ("a", "b"):
        write_large("teahouse", 5, tmp_path / folder, **SMALL)
    assert everything(tmp_path / "a") == everything(tmp_path / "b")


def stop_after(chunks: int) -> Callable[[int, int], None]:
    def progress(done: int, _: int) -> None:
        if done >= chunks * SMALL["chunk"]:
            raise KeyboardInterrupt

    return progress


@needs_pyarrow
def test_a_stopped_draw_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_large("teahouse", 5, tmp_path / "whole", **SMALL)
    folder = tmp_path / "stopped"
    with pytest.raises(KeyboardInterrupt):
        write_large("teahouse", 5, folder, **SMALL, progress=stop_after(1))
    kept = everything(folder)
    assert set(kept) == {
        "unfinished.json",
        "transactions/part-00000.parquet",
        "customers/part-00000.parquet",
    }

    import pyarrow.parquet

    write = pyarrow.parquet.write_table

    def break_off(table: Any, file: Path, **options: Any) -> None:
        write(table, file, **options)
        if "customers" in str(file):
            file.write_bytes(file.read_bytes()[:100])
            raise OSError("disk full")

    with monkeypatch.context() as patch:
        patch.setattr(pyarrow.parquet, "write_table", break_off)
        with pytest.raises(OSError, match="disk full"):
            write_large("teahouse", 5, folder, **SMALL)
    assert not (folder / "customers" / "part-00001.parquet").exists()
    assert (folder / "customers" / "part-00001.part").exists()

    untouched = (folder / "transactions" / "part-00000.parquet").stat().st_mtime_ns
    write_large("teahouse", 5, folder, **SMALL)
    assert everything(folder) == everything(tmp_path / "whole")
    assert (folder / "transactions" / "part-00000.parquet").stat().st_mtime_ns == untouched


@needs_pyarrow
@pytest.mark.parametrize("change", [{"seed": 6}, {"customers": 651}, {"chunk": 201}])
def test_another_draw_is_not_mixed_in(change: dict[str, Any], tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        write_large("teahouse", 5, tmp_path, **SMALL, progress=stop_after(1))
    before = everything(tmp_path)
    with pytest.raises(ValueError, match="unfinished draw of something else"):
        write_large("teahouse", folder=tmp_path, **({"seed": 5} | SMALL | change))
    assert everything(tmp_path) == before


@needs_pyarrow
def test_a_folder_in_use_is_refused(tmp_path: Path) -> None:
    write_large("teahouse", 5, tmp_path / "done", **SMALL)
    before = everything(tmp_path / "done")
    with pytest.raises(ValueError, match="is not empty"):
        write_large("teahouse", 5, tmp_path / "done", **SMALL)
    assert everything(tmp_path / "done") == before


@needs_pyarrow
def test_a_chunk_without_orders_has_the_same_types(tmp_path: Path) -> None:
    nobody = TEAHOUSE.model_copy(update={"prospects": 1.0})
    write_large(nobody, 0, tmp_path, **SMALL)
    lines = pd.read_parquet(tmp_path / "transactions")
    assert len(lines) == 0
    assert lines["date"].dtype == "datetime64[us]"
    assert lines["amount"].dtype == "float64"
