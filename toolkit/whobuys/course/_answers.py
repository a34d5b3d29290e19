"""Answers as plain data: what leaves a student's notebook, and how it is read back.

`encode` turns a Python value into JSON-ready data; `decode` checks such data and turns it into an
`Answer`. Nothing is ever pickled, and nothing a value says about itself (its `__eq__`, its `repr`)
is carried along, so an object that claims to equal everything is only an object of unknown type.
A canvas travels as its own JSON text, read back by the reader of `whobuys.canvas`, which refuses
whatever is no canvas.
"""

from __future__ import annotations

import datetime as dt
import decimal
import itertools
import math
import numbers
import re
import sys
from collections.abc import Mapping, Sequence, Set, ValuesView
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from pandas.api.extensions import ExtensionArray

from whobuys.course._words import a, count, say

MIME = "application/vnd.whobuys.answers+json"
MAX_ROWS = 200_000
MAX_COLUMNS = 60
MAX_CELLS = 1_000_000
MAX_TEXT = 20_000
MAX_CELL_TEXT = 200
MAX_DIGITS = 40
MAX_CANVAS = 500_000
FEWEST_BLOCKS = 4

SCALARS = ("number", "text", "bool", "date")
COLUMN_TYPES = (*SCALARS, "other")
LISTS = (Sequence, Set, ValuesView, np.ndarray, pd.Index, ExtensionArray)

NUMBER = re.compile(r"[+-]?((\d*\.)?\d+(e[+-]?\d+)?|inf|nan)", re.ASCII)
DATE = re.compile(r"\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,9})?)?)?([+-]\d\d:\d\d)?", re.ASCII)


class BadAnswer(ValueError):
    """The data is not an answer `encode` could have written."""


@dataclass(frozen=True)
class Answer:
    """One answer, read back.

    Attributes
    ----------
    kind : str
        `blank`, `number`, `text`, `bool`, `date`, `list`, `table`, `canvas`, `too_large` or
        `other`.
    value : object
        A float or int, str, bool, Timestamp, list of these, DataFrame (index levels are ordinary
        columns) or `whobuys.canvas.Canvas`. None for `blank`, `too_large` and `other`.
    about : str
        What the value was, in words: "a table of 1,434 rows and 4 columns".
    index : tuple of str
        Names of the columns that were the index of a table.
    """

    kind: str
    value: Any = None
    about: str = ""
    index: tuple[str, ...] = field(default=())

    @property
    def started(self) -> bool:
        """Whether there is anything at all: a name left as `...` or None is not a start."""
        return self.kind != "blank"


BLANK = Answer("blank", about="nothing yet")


def encode(value: Any) -> dict[str, Any]:
    """Turn a value into JSON-ready data. Never raises.

    Parameters
    ----------
    value : object
        Any Python value. Numbers, text, dates, lists, sets, dicts, arrays, Series, DataFrames and
        canvases are carried over; of everything else, and of a value that cannot be read, only the
        name of its type. Times lose their time zone, not their hour. The JSON text of a canvas, and
        a dict of its blocks, are canvases too.

    Returns
    -------
    dict
        Data that `decode` reads.

    Examples
    --------
    >>> encode(0.25)
    {'kind': 'number', 'value': '0.25'}
    >>> encode(...)
    {'kind': 'blank'}
    >>> encode(object())
    {'kind': 'other', 'type': 'object'}
    """
    try:
        return _encode(value)
    except Exception:
        return _other(type(value).__name__)


def decode(data: Any) -> Answer:
    """Read back what `encode` wrote; refuse anything else.

    Parameters
    ----------
    data : object
        Parsed JSON of unknown origin.

    Returns
    -------
    Answer

    Raises
    ------
    BadAnswer
        If the data has another shape, or is larger than an answer may be.

    Examples
    --------
    >>> decode({"kind": "number", "value": "0.25"}).value
    0.25
    >>> decode(encode(pd.Series([3, 4], name="orders"))).about
    'a table of 2 rows and 1 column'
    """
    if not isinstance(data, dict):
        raise BadAnswer("an answer must be an object")
    kind = data.get("kind")
    if kind == "blank":
        return BLANK
    if kind == "other":
        return Answer("other", about=a(_text(data.get("type"), 80)))
    if kind == "too_large":
        return Answer("too_large", about=_text(data.get("about"), 200))
    if kind in SCALARS:
        value = _read_scalar(kind, data.get("value"))
        return Answer(kind, value, _about_scalar(kind, value))
    if kind == "list":
        values = _read_items(data.get("items"))
        return Answer("list", values, f"a list of {count(len(values), 'item')}")
    if kind == "table":
        return _read_table(data)
    if kind == "canvas":
        return _read_canvas(data.get("json"))
    raise BadAnswer(f"unknown kind of answer: {_text(kind, 40)!r}")


def _encode(value: Any) -> dict[str, Any]:
    if value is Ellipsis or (_missing(value) and not isinstance(value, numbers.Real)):
        return {"kind": "blank"}
    canvas = _canvas(value)
    if canvas is not None:
        return canvas
    scalar = _scalar(value)
    if scalar is not None:
        return scalar
    if isinstance(value, pd.DataFrame | pd.Series):
        return _table(value)
    if isinstance(value, Mapping):
        return _mapping(value)
    if isinstance(value, LISTS) and not isinstance(value, bytes | bytearray):
        return _list(value)
    return _other(type(value).__name__)


def _other(name: str) -> dict[str, Any]:
    return {"kind": "other", "type": _clean(name)[:80]}


def _too_large(what: str) -> dict[str, Any]:
    return {"kind": "too_large", "about": what}


def _scalar(value: Any) -> dict[str, Any] | None:
    if isinstance(value, np.ndarray) and value.ndim == 0:
        value = value[()]
    if isinstance(value, bool | np.bool_):
        return {"kind": "bool", "value": bool(value)}
    if isinstance(value, str):
        return {"kind": "text", "value": _clean(str(value)[:MAX_TEXT])}
    if isinstance(value, pd.Period | pd.Interval):
        return {"kind": "text", "value": str(value)}
    if isinstance(value, pd.Timedelta | dt.timedelta | np.timedelta64):
        days = pd.Timedelta(value) / pd.Timedelta(days=1)
        return {"kind": "number", "value": repr(float(days))}
    if isinstance(value, pd.Timestamp | dt.date | np.datetime64):
        when = pd.Timestamp(value)
        if when is pd.NaT:
            return {"kind": "blank"}
        return {"kind": "date", "value": when.tz_localize(None).isoformat()}
    if isinstance(value, numbers.Integral):
        whole = int(value)
        if abs(whole) >= 10**MAX_DIGITS:
            return _other("number with too many digits")
        return {"kind": "number", "value": str(whole)}
    if isinstance(value, numbers.Real | decimal.Decimal):
        return {"kind": "number", "value": repr(float(value))}
    return None


def _canvas(value: Any) -> dict[str, Any] | None:
    """Return a canvas, its JSON text or a dict of its blocks as data; None for anything else."""
    if isinstance(value, str):
        start = value[:200].lstrip()
        if not (start.startswith("{") and "whobuys canvas" in start):
            return None
    elif isinstance(value, Mapping):
        if not _may_be_blocks(value):
            return None
    elif "whobuys.canvas" not in sys.modules or type(value).__name__ != "Canvas":
        return None
    from whobuys.canvas import Canvas, block_key  # only where there may be a canvas

    try:
        if isinstance(value, str):
            value = Canvas.from_json(value)
        elif isinstance(value, Mapping):
            document = value.get("format") == "whobuys canvas"
            known = {block_key(str(key)) for key in value} - {None}
            if not document and len(known) < FEWEST_BLOCKS:
                return None
            value = Canvas.from_dict(value)
    except ValueError:
        return None
    if not isinstance(value, Canvas):
        return None
    text = Canvas.to_json(value)
    if len(text) > MAX_CANVAS:
        return _too_large(f"a canvas of {len(text):,} letters")
    return {"kind": "canvas", "json": text}


def _may_be_blocks(value: Mapping[Any, Any]) -> bool:
    """Whether a dict looks like blocks of notes: text under texts, not columns of numbers."""
    if value.get("format") == "whobuys canvas":
        return True
    if not FEWEST_BLOCKS <= len(value) <= MAX_COLUMNS or not all(type(k) is str for k in value):
        return False
    notes = [n for v in value.values() for n in (v if isinstance(v, list | tuple) else [v])]
    return bool(notes) and all(isinstance(note, str | Mapping) for note in notes)


def _list(value: Any) -> dict[str, Any]:
    if isinstance(value, np.ndarray) and value.ndim == 2:
        return _table(pd.DataFrame(value))
    if isinstance(value, np.ndarray) and value.ndim > 2:
        return _other(f"array of {value.ndim} dimensions")
    if len(value) > MAX_ROWS:
        return _too_large(f"a list of {len(value):,} items")
    items = []
    for item in itertools.islice(value, len(value)):
        cell = {"kind": "blank"} if _missing(item) else _scalar(item)
        if cell is None or cell["kind"] == "other":
            return _other(f"list that holds {a(type(item).__name__)}, not only plain values")
        items.append(cell)
    return {"kind": "list", "items": items}


def _mapping(value: Mapping[Any, Any]) -> dict[str, Any]:
    if len(value) > MAX_ROWS:
        return _too_large(f"a dict of {len(value):,} entries")
    if value and all(isinstance(v, list | tuple | np.ndarray | pd.Series) for v in value.values()):
        try:
            return _table(pd.DataFrame(dict(value)))
        except ValueError:
            return _other("dict of lists of different lengths")
    index = pd.Index([str(key) for key in value], name="index")
    return _table(pd.Series(list(value.values()), index=index, name="value", dtype=object))


def _table(value: pd.DataFrame | pd.Series) -> dict[str, Any]:
    frame = value.to_frame() if isinstance(value, pd.Series) else value
    rows, columns = frame.shape
    if rows > MAX_ROWS or columns > MAX_COLUMNS or rows * columns > MAX_CELLS:
        return _too_large(f"a table of {count(rows, 'row')} and {count(columns, 'column')}")
    plain_index = isinstance(frame.index, pd.RangeIndex) and frame.index.name is None
    levels = (
        [] if plain_index else [frame.index.get_level_values(i) for i in range(frame.index.nlevels)]
    )
    return {
        "kind": "table",
        "index": [
            _column(level.name if level.name is not None else f"index_{i}", level)
            for i, level in enumerate(levels)
        ],
        "columns": [_column(name, frame.iloc[:, i]) for i, name in enumerate(frame.columns)],
        "rows": rows,
    }


def _column(name: Any, values: pd.Series | pd.Index) -> dict[str, Any]:
    label = "_".join(map(str, name)) if isinstance(name, tuple) else str(name)
    kind, plain = _numbers(values) or _texts(values) or _cells(values)
    return {"name": _clean(label)[:200], "type": kind, "values": plain}


def _numbers(values: pd.Series | pd.Index) -> tuple[str, list[Any]] | None:
    """Encode a column of a plain numeric dtype in one go: JSON numbers, null for missing."""
    if not isinstance(values.dtype, np.dtype) or values.dtype.kind not in "iuf":
        return None
    floats = values.to_numpy(float)
    plain: list[Any] = floats.tolist()
    for place in np.flatnonzero(~np.isfinite(floats)):
        plain[place] = None if np.isnan(floats[place]) else str(floats[place])
    return "number", plain


def _texts(values: pd.Series | pd.Index) -> tuple[str, list[Any]] | None:
    """Encode a column of text dtype in one go."""
    if not isinstance(values.dtype, pd.StringDtype):
        return None
    return "text", [_clean(v)[:MAX_CELL_TEXT] if isinstance(v, str) else None for v in values]


def _cells(values: pd.Series | pd.Index) -> tuple[str, list[Any]]:
    cells = [None if _missing(v) else _scalar(v) or {"kind": "other"} for v in values]
    kinds = {cell["kind"] for cell in cells if cell is not None} - {"blank"}
    kind = kinds.pop() if len(kinds) == 1 else ("number" if not kinds else "other")
    plain = [None if cell is None else cell.get("value") for cell in cells]
    if kind in ("text", "other"):
        plain = [None if value is None else str(value)[:MAX_CELL_TEXT] for value in plain]
    return kind, plain


def _missing(value: Any) -> bool:
    if isinstance(value, float | np.floating):
        return bool(np.isnan(value))
    return value is None or value is pd.NA or value is pd.NaT


def _read_items(items: Any) -> list[Any]:
    if not isinstance(items, list) or len(items) > MAX_ROWS:
        raise BadAnswer(f"a list must hold at most {MAX_ROWS:,} items")
    values: list[Any] = []
    for item in items:
        kind = item.get("kind") if isinstance(item, dict) else None
        if kind not in (*SCALARS, "blank"):
            raise BadAnswer("a list may hold plain values only")
        values.append(None if kind == "blank" else _read_scalar(str(kind), item.get("value")))
    return values


def _read_table(data: dict[str, Any]) -> Answer:
    index, columns, rows = data.get("index"), data.get("columns"), data.get("rows")
    if not isinstance(index, list) or not isinstance(columns, list) or type(rows) is not int:
        raise BadAnswer("a table needs index, columns and rows")
    if not 0 <= rows <= MAX_ROWS or len(index) + len(columns) > 2 * MAX_COLUMNS:
        raise BadAnswer("the table is larger than an answer may be")
    read: dict[str, pd.Series] = {}
    for column in [*index, *columns]:
        name, series = _read_column(column, rows)
        while name in read:
            name += "_again"
        read[name] = series
    frame = pd.DataFrame(read, index=pd.RangeIndex(rows))
    names = tuple(frame.columns[: len(index)])
    about = f"a table of {count(rows, 'row')} and {count(len(columns), 'column')}"
    return Answer("table", frame, about, names)


def _read_column(column: Any, rows: int) -> tuple[str, pd.Series]:
    if not isinstance(column, dict) or column.get("type") not in COLUMN_TYPES:
        raise BadAnswer("a column needs a name, a type and values")
    name, kind, values = _text(column.get("name"), 200), column["type"], column.get("values")
    if not isinstance(values, list) or len(values) != rows:
        raise BadAnswer(f"column {name!r} has another length than the table")
    if kind == "number":
        plain = all(type(v) is float for v in values)
        return name, pd.Series(values if plain else [_read_number(v) for v in values], dtype=float)
    if kind == "other":
        cells = [None if v is None else _text(v, MAX_CELL_TEXT) for v in values]
    elif kind == "bool":
        cells = [None if v is None else _read_scalar(kind, v) for v in values]
    elif all(v is None or type(v) is str for v in values):
        read = {v: _read_scalar(kind, v) for v in set(values) - {None}}
        cells = [None if v is None else read[v] for v in values]
    else:
        raise BadAnswer(f"not a {kind}")
    if kind == "date":
        return name, pd.Series(cells, dtype="datetime64[us]")
    return name, pd.Series(cells, dtype=object)


def _read_canvas(text: Any) -> Answer:
    from whobuys.canvas import Canvas  # only where there is one

    if not isinstance(text, str) or len(text) > MAX_CANVAS:
        raise BadAnswer(f"a canvas must be JSON text of at most {MAX_CANVAS:,} letters")
    try:
        canvas = Canvas.from_json(text)
    except ValueError as error:
        raise BadAnswer(f"not a canvas: {error}") from error
    notes = count(len(canvas.entries), "note")
    return Answer("canvas", canvas, f"a {canvas.kind} canvas of {notes}")


def _read_number(value: Any) -> float:
    if value is None:
        return math.nan
    if isinstance(value, str):
        return float(_read_scalar("number", value))
    if isinstance(value, int | float) and not isinstance(value, bool):
        try:
            return float(value)
        except OverflowError as error:
            raise BadAnswer("a number is too large") from error
    raise BadAnswer("not a number")


def _read_scalar(kind: str, value: Any) -> Any:
    if kind == "bool" and isinstance(value, bool):
        return value
    if kind == "text" and isinstance(value, str):
        return _text(value, MAX_TEXT)
    short = value if isinstance(value, str) and len(value) <= MAX_DIGITS + 2 else ""
    if kind == "number" and NUMBER.fullmatch(short):
        return int(short) if short.lstrip("+-").isdecimal() else float(short)
    if kind == "date" and DATE.fullmatch(short):
        try:
            return pd.Timestamp(short).tz_localize(None).as_unit("us")
        except (ValueError, OverflowError) as error:
            raise BadAnswer(f"not a date: {short!r}") from error
    raise BadAnswer(f"not a {kind}")


def _about_scalar(kind: str, value: Any) -> str:
    if kind == "text":
        return f"the text “{value[:60]}”"
    if kind == "number" and not math.isfinite(value):
        return "a missing number (NaN)" if math.isnan(value) else "an infinite number"
    return f"the {kind} {say(value)}" if kind in ("number", "date") else str(value)


def _text(value: Any, limit: int) -> str:
    if not isinstance(value, str):
        raise BadAnswer("expected text")
    return _clean(value[:limit])


def _clean(text: str) -> str:
    """Drop what no file can hold: half of a surrogate pair, and the NUL sign."""
    if text.isascii() and "\x00" not in text:
        return text
    return text.replace("\x00", "").encode("utf-8", "replace").decode("utf-8")
