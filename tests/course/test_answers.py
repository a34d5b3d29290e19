"""What a value becomes as data, and what is refused when it comes back."""

import copy
import datetime as dt
import decimal
import fractions
import json
import math
import random

import numpy as np
import pandas as pd
import pytest

from whobuys.course._answers import (
    BLANK,
    MAX_CELLS,
    MAX_ROWS,
    MAX_TEXT,
    Answer,
    BadAnswer,
    decode,
    encode,
)
from whobuys.course.compare import essay, items, labels, number, table, text


def back(value):
    """Send a value out as JSON text and read it back."""
    return decode(json.loads(json.dumps(encode(value), allow_nan=False)))


@pytest.mark.parametrize(
    ("value", "kind", "expected"),
    [
        (3, "number", 3),
        (-7, "number", -7),
        (10**39, "number", 10**39),
        (0.1 + 0.2, "number", 0.1 + 0.2),
        (1e-300, "number", 1e-300),
        (-2.5e16, "number", -2.5e16),
        (math.inf, "number", math.inf),
        (-math.inf, "number", -math.inf),
        (np.int8(5), "number", 5),
        (np.uint64(2**63), "number", 2**63),
        (np.float32(0.5), "number", 0.5),
        (np.float64(31.0), "number", 31.0),
        (np.array(2.5), "number", 2.5),
        (np.array(7), "number", 7),
        (fractions.Fraction(1, 4), "number", 0.25),
        (decimal.Decimal("12.50"), "number", 12.5),
        (True, "bool", True),
        (np.bool_(False), "bool", False),
        (np.array(True), "bool", True),
        ("tea", "text", "tea"),
        (np.str_("tea"), "text", "tea"),
        ("茶館 · é", "text", "茶館 · é"),
        ("", "text", ""),
        (pd.Timestamp("2026-06-30"), "date", pd.Timestamp("2026-06-30")),
        (pd.Timestamp("2026-06-30 08:15:30.25"), "date", pd.Timestamp("2026-06-30 08:15:30.25")),
        (pd.Timestamp("2026-06-30 23:30", tz="Asia/Shanghai"), "date", "2026-06-30 23:30"),
        (dt.date(2026, 6, 30), "date", pd.Timestamp("2026-06-30")),
        (dt.datetime(1, 1, 1), "date", "0001-01-01"),
        (np.datetime64("2026-06-30"), "date", pd.Timestamp("2026-06-30")),
        (np.array(np.datetime64("2026-06-30", "ns")), "date", pd.Timestamp("2026-06-30")),
        (pd.Timedelta(days=31), "number", 31.0),
        (dt.timedelta(hours=12), "number", 0.5),
        (np.timedelta64(36, "h"), "number", 1.5),
        (pd.Period("2026-06"), "text", "2026-06"),
        (pd.Interval(0, 10), "text", "(0, 10]"),
    ],
)
def test_scalars_come_back(value, kind, expected):
    answer = back(value)
    assert answer.kind == kind
    assert answer.value == (pd.Timestamp(expected) if kind == "date" else expected)
    assert isinstance(answer.value, bool) == (kind == "bool")
    assert answer.started


@pytest.mark.parametrize("value", [math.nan, np.float32("nan"), decimal.Decimal("nan")])
def test_nan_stays_nan(value):
    answer = back(value)
    assert answer.kind == "number"
    assert math.isnan(answer.value)
    assert "missing" in answer.about


@pytest.mark.parametrize("value", [None, ..., pd.NA, pd.NaT, np.datetime64("NaT")])
def test_nothing_is_blank(value):
    assert back(value) == BLANK
    assert not back(value).started


LISTS = [
    ([1, 2.5, "a"], [1, 2.5, "a"]),
    ((1, 2), [1, 2]),
    (range(3), [0, 1, 2]),
    ({"a": 1}.keys(), ["a"]),
    ({"a": 1}.values(), [1]),
    (np.array([1.5, 2.0]), [1.5, 2.0]),
    (np.array(["a", "b"]), ["a", "b"]),
    (np.array([True]), [True]),
    (pd.Index(["x", "y"]), ["x", "y"]),
    (pd.Series(["b", "a", "b"]).unique(), ["b", "a"]),
    (pd.Series([1, 2], dtype="Int64").array, [1, 2]),
    (pd.Categorical(["p", "q", None]), ["p", "q", None]),
    ([1, None, math.nan, pd.NA, pd.NaT], [1, None, None, None, None]),
    (pd.to_datetime(pd.Index(["2026-06-30"])), [pd.Timestamp("2026-06-30")]),
    ([], []),
]


@pytest.mark.parametrize(("value", "expected"), LISTS)
def test_lists_come_back(value, expected):
    answer = back(value)
    assert (answer.kind, answer.value) == ("list", expected)


def test_sets_come_back():
    assert set(back({"C1", "C2"}).value) == {"C1", "C2"}
    assert set(back(frozenset({1, 2})).value) == {1, 2}


def test_a_list_of_more_than_plain_values_says_so():
    answer = back([1, {"a": 2}])
    assert answer.kind == "other"
    assert answer.about == "a list that holds a dict, not only plain values"


def test_frames_keep_values_names_and_index():
    frame = pd.DataFrame(
        {
            "customer_id": ["C1", "C2", None],
            "frequency": [3, 1, 2],
            "money": [1.5, np.nan, np.inf],
            "last": pd.to_datetime(["2026-06-30", None, "2025-01-02"]),
            "gap": pd.to_timedelta([1, 2, None], unit="D"),
            "member": [True, False, True],
        },
        index=[7, 5, 9],
    )
    answer = back(frame)
    assert answer.index == ("index_0",)
    value = answer.value
    assert value["index_0"].tolist() == [7, 5, 9]
    assert value["customer_id"].tolist() == ["C1", "C2", None]
    assert value["frequency"].tolist() == [3, 1, 2]
    assert value["money"].iloc[0] == 1.5
    assert math.isnan(value["money"].iloc[1])
    assert value["money"].iloc[2] == math.inf
    assert value["last"].iloc[0] == pd.Timestamp("2026-06-30")
    assert value["last"].isna().tolist() == [False, True, False]
    assert value["gap"].iloc[:2].tolist() == [1.0, 2.0]
    assert value["member"].tolist() == [True, False, True]
    assert answer.about == "a table of 3 rows and 6 columns"


@pytest.mark.parametrize(
    ("dtype", "given", "expected"),
    [
        ("Int64", [1, None, 3], [1.0, None, 3.0]),
        ("Float64", [1.5, None], [1.5, None]),
        ("boolean", [True, None], [True, None]),
        ("string", ["a", None], ["a", None]),
        ("str", ["a", None], ["a", None]),
        ("category", ["x", "y", None], ["x", "y", None]),
        ("category", [1, 2, None], [1.0, 2.0, None]),
        (object, [1, 2.5, None, math.nan], [1.0, 2.5, None, None]),
        (object, [1, "a", dt.date(2026, 1, 2)], ["1", "a", "2026-01-02T00:00:00"]),
        (object, [decimal.Decimal("1.25"), None], [1.25, None]),
        ("int8", [1, -1], [1.0, -1.0]),
        ("float32", [0.5, None], [0.5, None]),
        ("period[M]", ["2026-06", None], ["2026-06", None]),
    ],
)
def test_columns_of_any_dtype_come_back(dtype, given, expected):
    values = back(pd.DataFrame({"v": pd.Series(given, dtype=dtype)})).value["v"]
    assert [None if pd.isna(v) else v for v in values] == expected


def test_time_zones_are_dropped_not_shifted():
    late = pd.Series(pd.to_datetime(["2026-06-30 23:30"]).tz_localize("Asia/Shanghai"))
    assert back(late.to_frame("t")).value["t"].iloc[0] == pd.Timestamp("2026-06-30 23:30")


@pytest.mark.parametrize(
    ("index", "names"),
    [
        (pd.RangeIndex(2), ()),
        (pd.RangeIndex(2, name="row"), ("row",)),
        (pd.RangeIndex(5, 7), ()),
        (pd.Index(["a", "b"]), ("index_0",)),
        (pd.Index(["a", "b"], name="customer_id"), ("customer_id",)),
        (pd.MultiIndex.from_tuples([(1, "x"), (2, "y")], names=["k", None]), ("k", "index_1")),
        (pd.Index([1, 1], name="v"), ("v",)),
        (pd.CategoricalIndex(["p", "q"], name="c"), ("c",)),
        (pd.DatetimeIndex(["2026-01-01", "2026-01-02"], name="day"), ("day",)),
        (pd.interval_range(0, 2, name="bin"), ("bin",)),
    ],
)
def test_any_index_comes_along_as_columns(index, names):
    answer = back(pd.DataFrame({"v": [1.0, 2.0]}, index=index))
    assert answer.index == names
    assert answer.value.iloc[:, -1].tolist() == [1.0, 2.0]


def test_doubled_and_strange_column_names():
    frame = pd.DataFrame([[1, 2, 3, 4]], columns=["a", "a", ("b", "sum"), 5])
    assert list(back(frame).value.columns) == ["a", "a_again", "b_sum", "5"]


def test_series_dicts_and_square_arrays_are_tables():
    assert back(pd.Series([1, 2], name="n")).value["n"].tolist() == [1.0, 2.0]
    assert back(pd.Series([1, 2])).value["0"].tolist() == [1.0, 2.0]
    counts = back({"C1": 3, "C2": 4})
    assert counts.index == ("index",)
    assert counts.value["value"].tolist() == [3.0, 4.0]
    columns = back({"a": [1, 2], "b": np.array([3, 4]), "c": (5, 6)})
    assert columns.value["c"].tolist() == [5.0, 6.0]
    assert back({"a": [1], "b": [1, 2]}).about == "a dict of lists of different lengths"
    assert back({}).value.shape[0] == 0
    assert back(np.eye(2)).value["1"].tolist() == [0.0, 1.0]
    assert back(np.zeros((2, 2, 2))).about == "an array of 3 dimensions"
    assert back(pd.DataFrame()).value.shape[0] == 0


def test_what_is_not_data_is_only_named():
    assert back(print).about == "a builtin_function_or_method"
    assert back(object()).about == "an object"
    assert back(1j).about == "a complex"
    assert back(b"tea").about == "a bytes"
    assert back(n for n in [1]).about == "a generator"
    assert back(10**50).about == "a number with too many digits"


@pytest.mark.parametrize(
    ("make", "about"),
    [
        (lambda: range(MAX_ROWS + 1), "a list of 200,001 items"),
        (lambda: range(10**12), "a list of 1,000,000,000,000 items"),
        (
            lambda: pd.DataFrame({"v": np.zeros(10**7)}),
            "a table of 10,000,000 rows and 1 column",
        ),
        (lambda: pd.DataFrame(np.zeros((2, 61))), "a table of 2 rows and 61 columns"),
        (
            lambda: pd.DataFrame(np.zeros((MAX_CELLS // 50 + 1, 50))),
            "a table of 20,001 rows and 50 columns",
        ),
    ],
)
def test_too_large_is_said_not_sent(make, about):
    data = encode(make())
    assert len(json.dumps(data)) < 200
    assert decode(data) == Answer("too_large", about=about)


def test_long_text_is_cut():
    assert len(back("x" * 10**6).value) == MAX_TEXT
    assert len(back(pd.DataFrame({"t": ["x" * 10**6]})).value["t"].iloc[0]) == 200


@pytest.mark.parametrize("bad", ["\ud800", "a\udfffb", "tea\x00"])
def test_text_that_no_file_can_hold_is_mended(bad):
    for answer in (back(bad), decode({"kind": "text", "value": bad})):
        assert "\x00" not in answer.value
        answer.value.encode("utf-8")
        answer.about.encode("utf-8")
    shown = decode({"kind": "other", "type": bad}).about + decode(encode({bad: [bad]})).about
    shown.encode("utf-8")
    back(pd.DataFrame({bad: [bad]})).value.to_csv().encode("utf-8")


# Hostile values --------------------------------------------------------------------------------


class Always:
    """Equal to everything, larger than everything."""

    def __eq__(self, other):
        return True

    def __ne__(self, other):
        return False

    def __lt__(self, other):
        return True

    __le__ = __gt__ = __ge__ = __lt__
    __hash__ = None

    def __bool__(self):
        return True

    def __float__(self):
        return 31.0


class AlwaysNumber(float):
    def __eq__(self, other):
        return True

    def __sub__(self, other):
        return AlwaysNumber(0)

    __rsub__ = __sub__

    def __abs__(self):
        return AlwaysNumber(0)

    def __le__(self, other):
        return True

    __hash__ = float.__hash__


class EvilFrame(pd.DataFrame):
    def equals(self, other):
        return True

    def __eq__(self, other):
        return True

    def __len__(self):
        raise RuntimeError("no length for you")

    def __getitem__(self, key):
        raise SystemError("no columns for you")


class Liar:
    """Says it is a list, has two lengths and never ends."""

    @property
    def __class__(self):
        return list

    def __len__(self):
        return 3

    def __iter__(self):
        while True:
            yield 1

    def __getitem__(self, place):
        return 1


class NotEvenAClass:
    @property
    def __class__(self):
        raise ValueError("I have none")

    def __getattr__(self, name):
        raise ValueError("nothing here")


class Raises(list):
    def __iter__(self):
        raise RuntimeError("do not look")

    def __len__(self):
        raise RuntimeError("do not count")


class Loop(list):
    """Contains itself."""

    def __init__(self):
        super().__init__([1])
        self.append(self)


def hostile():
    own = np.empty((), dtype=object)
    own[()] = own
    deep: list = []
    for _ in range(50_000):
        deep = [deep]
    return [
        Always(),
        [Always()],
        Always,
        AlwaysNumber(1),
        [AlwaysNumber(1)],
        EvilFrame({"customer_id": ["C1"], "n": [1]}),
        pd.DataFrame({"customer_id": [Always()], "n": [Always()]}),
        pd.Series([Always()], name="n"),
        {"C1": Always()},
        {Always: 1},
        Liar(),
        NotEvenAClass(),
        Raises(),
        Loop(),
        own,
        deep,
        10**5000,
        -(10**4400),
        np.float64("inf"),
        float("nan"),
        type("int", (), {"__eq__": lambda self, other: True, "__hash__": None})(),
        json,
        (x for x in iter(int, 1)),
    ]


COMPARERS = [
    (number(0.01), 31.0),
    (text("green tea"), "Oolong"),
    (items("customers"), ["C1", "C2"]),
    (
        table("customer_id", {"n": "number", "city": "text", "day": "date"}),
        pd.DataFrame(
            {
                "customer_id": ["C1", "C2"],
                "n": [1.0, np.nan],
                "city": ["Basel", "Bern"],
                "day": pd.to_datetime(["2026-01-01", None]),
            }
        ),
    ),
    (table("customer_id", ["n"]), pd.DataFrame({"customer_id": ["C1", "C2"], "n": [1.0, 2.0]})),
    (table("customer_id", []), pd.DataFrame({"customer_id": ["C1", "C2"]})),
    (labels("customer_id"), pd.DataFrame({"customer_id": list("abcd"), "label": [1, 1, 2, 2]})),
    (essay(), None),
]


def look_at(answer):
    """Look at an answer with every comparer; return whether any lets it pass."""
    passed = False
    for comparer, right in COMPARERS:
        words = comparer.shape(answer)
        assert all(isinstance(word, str) and word for word in words)
        if right is not None:
            fitted = comparer.fitted(right) if hasattr(right, "columns") else comparer
            passed |= not fitted.shape(answer) and comparer.compare(right, answer).equal
            " ".join(comparer.compare(right, answer).words).encode("utf-8")
    return passed


@pytest.mark.parametrize("place", range(len(hostile())))
def test_hostile_values_neither_raise_nor_pass(place):
    answer = back(hostile()[place])
    assert not look_at(answer)


def test_the_values_of_the_comparers_do_pass():
    """Without this, the test above could not fail."""
    for comparer, right in COMPARERS[:-1]:
        assert comparer.compare(right, back(right)).equal
        assert look_at(back(right))


# Hostile JSON ----------------------------------------------------------------------------------

ONE_COLUMN = {"name": "n", "type": "number", "values": [1.0]}


def as_table(**changes):
    return {"kind": "table", "index": [], "columns": [ONE_COLUMN], "rows": 1, **changes}


def deep_list(levels):
    data = {"kind": "number", "value": "1"}
    for _ in range(levels):
        data = {"kind": "list", "items": [data]}
    return data


@pytest.mark.parametrize(
    "data",
    [
        None,
        [],
        "text",
        7,
        True,
        {},
        {"kind": None},
        {"kind": ["number"]},
        {"kind": {"kind": "number"}},
        {"kind": "pickle", "value": "gASV"},
        {"kind": "number"},
        {"kind": "number", "value": 31},
        {"kind": "number", "value": True},
        {"kind": "number", "value": None},
        {"kind": "number", "value": ""},
        {"kind": "number", "value": "3 1"},
        {"kind": "number", "value": " 31"},
        {"kind": "number", "value": "3_1"},
        {"kind": "number", "value": "٣١"},
        {"kind": "number", "value": "0x1f"},
        {"kind": "number", "value": "--5"},
        {"kind": "number", "value": "9" * 5000},
        {"kind": "number", "value": "infinity"},
        {"kind": "number", "value": "nan(ind)"},
        {"kind": "text", "value": 5},
        {"kind": "text"},
        {"kind": "bool", "value": 1},
        {"kind": "bool", "value": "True"},
        {"kind": "date", "value": "now"},
        {"kind": "date", "value": "today"},
        {"kind": "date", "value": "NaT"},
        {"kind": "date", "value": "2026-02-30"},
        {"kind": "date", "value": "9" * 40},
        {"kind": "date", "value": 20260630},
        {"kind": "other"},
        {"kind": "other", "type": 5},
        {"kind": "too_large", "about": None},
        {"kind": "list"},
        {"kind": "list", "items": {"kind": "number", "value": "1"}},
        {"kind": "list", "items": [31]},
        {"kind": "list", "items": [{"kind": "other", "type": "x"}]},
        {"kind": "list", "items": [{}]},
        {"kind": "list", "items": [None]},
        {"kind": "list", "items": [{"kind": "number"}]},
        deep_list(2),
        {"kind": "list", "items": [as_table()]},
        {"kind": "table"},
        as_table(rows=True),
        as_table(rows=1.0),
        as_table(rows=-1),
        as_table(rows=2),
        as_table(rows="1"),
        as_table(rows=10**30),
        as_table(index={"a": 1}),
        as_table(columns=None),
        as_table(columns=[None]),
        as_table(columns=[ONE_COLUMN] * 121),
        as_table(columns=[{**ONE_COLUMN, "name": 5}]),
        as_table(columns=[{**ONE_COLUMN, "name": None}]),
        as_table(columns=[{**ONE_COLUMN, "type": "frame"}]),
        as_table(columns=[{**ONE_COLUMN, "type": ["number"]}]),
        as_table(columns=[{**ONE_COLUMN, "values": "1"}]),
        as_table(columns=[{**ONE_COLUMN, "values": [True]}]),
        as_table(columns=[{**ONE_COLUMN, "values": [[1.0]]}]),
        as_table(columns=[{**ONE_COLUMN, "values": [10**400]}]),
        as_table(columns=[{**ONE_COLUMN, "values": ["one"]}]),
        as_table(columns=[{**ONE_COLUMN, "type": "text"}]),
        as_table(columns=[{**ONE_COLUMN, "type": "bool", "values": [1]}]),
        as_table(columns=[{**ONE_COLUMN, "type": "date", "values": ["tomorrow"]}]),
        as_table(columns=[{**ONE_COLUMN, "type": "other", "values": [{}]}]),
    ],
    ids=lambda data: repr(data)[:60],
)
def test_hostile_json_is_refused(data):
    with pytest.raises(BadAnswer):
        decode(data)


@pytest.mark.parametrize(
    "make",
    [
        lambda: deep_list(50_000),
        lambda: {"kind": "list", "items": [{"kind": "blank"}] * (MAX_ROWS + 1)},
        lambda: as_table(rows=10**7, columns=[{**ONE_COLUMN, "values": [1.0] * 10**7}]),
    ],
)
def test_json_that_is_too_large_is_refused(make):
    with pytest.raises(BadAnswer):
        decode(make())


def test_extra_keys_do_no_harm():
    answer = decode({"kind": "number", "value": "30", "passed": True, "credit": 1, "started": 1})
    assert answer == decode({"kind": "number", "value": "30"})


def test_dates_that_mix_time_zones_come_back():
    data = as_table(
        rows=2,
        columns=[{"name": "t", "type": "date", "values": ["2026-01-01T00:00+08:00", "0001-01-01"]}],
    )
    assert decode(data).value["t"].iloc[0] == pd.Timestamp("2026-01-01")


# Fuzz ------------------------------------------------------------------------------------------

WRONG = [
    30,
    "jasmine",
    ["C8", "C9"],
    True,
    pd.Timestamp("2020-02-02"),
    pd.DataFrame(
        {
            "customer_id": ["C8", "C9"],
            "n": [5.0, np.nan],
            "city": ["Genf", None],
            "day": pd.to_datetime(["2020-01-01", None]),
            "label": ["x", "y"],
        }
    ),
    pd.Series([9.0, 8.0], index=pd.Index(["C8", "C9"], name="customer_id"), name="n"),
    {"C7": 1, "C8": "two"},
]
JUNK = [
    None, True, False, 0, -1, 2, 10**25, 1.5, -0.0, 1e308, "", "nan", "inf", "-", "1e999", "now",
    "2026-13-45", "\ud800", "x" * 300, [], {}, [[]], {"kind": "number"}, "table", "list", "blank",
    "other", "date", "number", "text", "C2", "customer_id", "n", "label",
]  # fmt: skip


def places(data, path=()):
    """Yield the path of everything in nested JSON."""
    yield path
    if isinstance(data, dict | list):
        inner = data.items() if isinstance(data, dict) else enumerate(data)
        for key, value in inner:
            yield from places(value, (*path, key))


def mutate(data, chance):
    data = copy.deepcopy(data)
    for _ in range(chance.randint(1, 3)):
        path = chance.choice(list(places(data)))
        if not path:
            continue
        inside = data
        try:
            for step in path[:-1]:
                inside = inside[step]
            match chance.randint(0, 3):
                case 0:
                    del inside[path[-1]]
                case 1 if isinstance(inside, list):
                    inside.insert(path[-1], copy.deepcopy(chance.choice(JUNK)))
                case _:
                    inside[path[-1]] = copy.deepcopy(chance.choice(JUNK))
        except (KeyError, IndexError, TypeError):
            continue
    return data


def test_mutated_answers_neither_raise_nor_pass():
    chance = random.Random(5)  # noqa: S311
    encoded = [encode(value) for value in WRONG]
    read = 0
    for _ in range(4_000):
        data = mutate(chance.choice(encoded), chance)
        try:
            answer = decode(data)
        except BadAnswer:
            continue
        read += 1
        if read % 4 == 0:
            assert not look_at(answer), data
    assert read > 500
