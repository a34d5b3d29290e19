"""Texts of a file and of what is packed in it: archives, compressed data, notebooks, base64."""

from __future__ import annotations

import base64
import binascii
import bz2
import gzip
import io
import json
import lzma
import re
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

DEEPEST = 6
LARGEST = 100_000_000
MOST_PIECES = 50_000
# Base64 in one piece, in long lines, and broken anywhere: words beside it spoil only the wider
# readings.
BASE64 = tuple(
    re.compile(pattern + rb"={0,2}")
    for pattern in (
        rb"[A-Za-z0-9+/_-]{24,}",
        rb"(?<![A-Za-z0-9+/_-])[A-Za-z0-9+/_-]{24,}+(?:(?:\s|\\[nr]){1,3}[A-Za-z0-9+/_-]{24,}+)+",
        rb"(?:[A-Za-z0-9+/_-](?:\s|\\[nr]){0,3}){24,}",
    )
)
BLANK = re.compile(rb"\s|\\[nr]")
HEX = re.compile(rb"[0-9a-fA-F]{32,}")
PRINTABLE = 0.9
ZLIB = (b"\x78\x01", b"\x78\x5e", b"\x78\x9c", b"\x78\xda")
NOT_OPENED = "cannot be opened, and so not be looked through"
TOO_LARGE = "unpacks to more than can be looked through"
LINK = "is a link to another file"
OPENERS: tuple[tuple[bytes, Callable[..., Any]], ...] = (
    (b"\x1f\x8b", gzip.open),
    (b"BZh", bz2.open),
    (b"\xfd7zXZ\x00", lzma.open),
)
CLOSED = (
    *(b"7z\xbc\xaf\x27\x1c", b"Rar!", b"\x28\xb5\x2f\xfd", b"\x04\x22\x4d\x18", b"LZIP"),
    *(b"%PDF-", b"PAR1", b"ARROW1", b"\x89HDF", b"\x93NUMPY", b"SQLite format 3"),
    *(b"\xd0\xcf\x11\xe0", b"\x80\x03", b"\x80\x04\x95", b"\x80\x05\x95"),
)
"""Beginnings of 7z, rar, zstd, lz4, lzip, PDF, Parquet, Arrow, HDF5, NumPy, SQLite, old Office
files and pickles: what they hold is not read here."""
BROKEN = (
    *(OSError, EOFError, ValueError, KeyError, RuntimeError, OverflowError, MemoryError),
    *(struct.error, zlib.error, lzma.LZMAError, zipfile.BadZipFile, tarfile.TarError),
)
"""What the readers of archives raise for one that is damaged."""


@dataclass(frozen=True)
class Piece:
    """A text and where it stands; or why there is none.

    `is_values`: each line is a value of its own, from JSON or a path.
    """

    place: str
    text: str = ""
    problem: str = ""
    is_table: bool = False
    is_values: bool = False


class _TooMuchError(Exception):
    pass


def unpack(name: str, raw: bytes) -> Iterator[Piece]:
    """Return every text of a file: its name, its content, and what is packed in it.

    Parameters
    ----------
    name : str
        The file's name; the place of what is packed in it begins with it.
    raw : bytes
        The content.

    Yields
    ------
    Piece
        Texts, and what could not be opened.
    """
    try:
        yield Piece(name, name)
        yield Piece(name, name.replace("/", "\n").replace(".", "\n"), is_values=True)
        yield from _Opener().open(name, raw, 0)
    except _TooMuchError:
        yield Piece(name, problem=TOO_LARGE)


class _Opener:
    def __init__(self) -> None:
        self._left = LARGEST
        self._pieces = MOST_PIECES

    def open(self, place: str, raw: bytes, depth: int) -> Iterator[Piece]:
        """Return the texts of some bytes."""
        self._left -= len(raw)
        self._pieces -= 1
        if self._left < 0 or self._pieces < 0 or depth > DEEPEST:
            raise _TooMuchError
        if raw.startswith(CLOSED):
            yield Piece(place, problem=NOT_OPENED)
        if raw.startswith(b"PK"):
            yield from self._zip(place, raw, depth)
        for magic, opener in OPENERS:
            if raw.startswith(magic):
                yield from self._compressed(place, opener, raw, depth)
        if raw.startswith(ZLIB):
            yield from self._zlib(place, raw, depth)
        if raw[257:262] == b"ustar":
            yield from self._tar(place, raw, depth)
        is_table = place.endswith(".csv")
        for text in _texts(raw):
            yield Piece(place, text, is_table=is_table)
            if text.lstrip()[:1] in "{[":
                yield from self._json(place, text, depth)
        yield from self._hidden(place, raw, depth)

    def _read(self, stream: Any) -> bytes:
        raw: bytes = stream.read(self._left + 1)
        if len(raw) > self._left:
            raise _TooMuchError
        return raw

    def _zip(self, place: str, raw: bytes, depth: int) -> Iterator[Piece]:
        try:
            with zipfile.ZipFile(io.BytesIO(raw)) as archive:
                yield Piece(place, archive.comment.decode("utf-8", "replace"))
                for entry in archive.infolist():
                    yield Piece(place, entry.filename)
                    yield Piece(place, entry.comment.decode("utf-8", "replace"))
                    with archive.open(entry) as stream:
                        inside = self._read(stream)
                    yield from self.open(f"{place} > {entry.filename}", inside, depth + 1)
        except BROKEN:
            yield Piece(place, problem=NOT_OPENED)

    def _compressed(
        self, place: str, opener: Callable[..., Any], raw: bytes, depth: int
    ) -> Iterator[Piece]:
        try:
            with opener(io.BytesIO(raw)) as stream:
                inside = self._read(stream)
        except BROKEN:
            yield Piece(place, problem=NOT_OPENED)
        else:
            yield from self.open(f"{place} > unpacked", inside, depth + 1)

    def _zlib(self, place: str, raw: bytes, depth: int) -> Iterator[Piece]:
        try:
            inside = zlib.decompressobj().decompress(raw, self._left + 1)
        except zlib.error:
            return  # these two bytes begin many another thing
        if len(inside) > self._left:
            raise _TooMuchError
        yield from self.open(f"{place} > unpacked", inside, depth + 1)

    def _tar(self, place: str, raw: bytes, depth: int) -> Iterator[Piece]:
        try:
            with tarfile.open(fileobj=io.BytesIO(raw)) as archive:
                for entry in archive:
                    yield Piece(place, f"{entry.name}\n{entry.linkname}")
                    where = f"{place} > {entry.name}"
                    if entry.issym() or entry.islnk():  # it may lead in circles, or out of here
                        yield Piece(where, problem=LINK)
                    elif (stream := archive.extractfile(entry)) is not None:
                        yield from self.open(where, self._read(stream), depth + 1)
        except BROKEN:
            yield Piece(place, problem=NOT_OPENED)

    def _json(self, place: str, text: str, depth: int) -> Iterator[Piece]:
        """Read JSON: its escapes undone, each long text opened for itself."""
        try:
            left = [json.loads(text)]
        except (ValueError, RecursionError):
            return
        said = []
        while left:
            value = left.pop()
            if isinstance(value, dict):
                said += [str(key) for key in value]
                left += value.values()
            elif isinstance(value, list):
                whole = all(isinstance(part, str) for part in value)
                left += ["".join(value)] if value and whole else value
            else:
                said.append(str(value))
        yield Piece(place, "\n".join(said), is_values=True)
        for part in said:
            if len(part) >= 24:
                yield from self._hidden(place, part.encode("utf-8", "replace"), depth)

    def _hidden(self, place: str, raw: bytes, depth: int) -> Iterator[Piece]:
        """Open what is written as base64 or in hexadecimal digits, if a text comes out."""
        seen: set[bytes] = set()
        for how in BASE64:
            for found in how.finditer(raw):
                packed = BLANK.sub(b"", found[0]).rstrip(b"=")
                if packed in seen:
                    continue
                seen.add(packed)
                inside = _from_base64(packed)
                if inside and _opens(inside):
                    yield from self.open(f"{place} > base64", inside, depth + 1)
        for found in HEX.finditer(raw):
            for first in (0, 1):  # a digit before it may be none of it
                digits = found[0][first:]
                inside = bytes.fromhex(digits[: len(digits) // 2 * 2].decode())
                if _opens(inside):
                    yield from self.open(f"{place} > hexadecimal", inside, depth + 1)


def _from_base64(packed: bytes) -> bytes:
    """Return what is written as base64, or nothing."""
    plain = packed.translate(bytes.maketrans(b"-_", b"+/"))
    try:
        return base64.b64decode(plain[: len(plain) // 4 * 4] + _rest(plain))
    except (binascii.Error, ValueError):
        return b""


def _rest(packed: bytes) -> bytes:
    """Return the last letters of base64, filled up."""
    rest = packed[len(packed) // 4 * 4 :]
    return rest + b"=" * (4 - len(rest)) if len(rest) > 1 else b""


def _opens(raw: bytes) -> bool:
    """Tell a text, or something packed, from bytes that only happen to be decoded."""
    packed = (b"PK", b"BZh", b"\x1f\x8b", b"\xfd7zXZ", b"\x89PNG", b"\xff\xd8", *ZLIB)
    if raw.startswith((*packed, *(magic for magic in CLOSED if len(magic) > 3))):
        return True
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        return False
    good = sum(letter.isprintable() or letter.isspace() for letter in text)
    return good >= PRINTABLE * len(text)


def _texts(raw: bytes) -> Iterator[str]:
    """Read bytes as text, in the ways a text may be written."""
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")) or raw[1:200:2].count(0) > 40:
        for encoding in ("utf-16", "utf-16-le"):
            yield raw.decode(encoding, "replace")
    elif raw[0:200:2].count(0) > 40:
        yield raw.decode("utf-16-be", "replace")
    try:
        yield raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        yield raw.decode("latin-1")
