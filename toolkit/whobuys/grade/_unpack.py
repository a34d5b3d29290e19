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
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

DEEPEST = 6
LARGEST = 300_000_000
BASE64 = re.compile(rb"(?:[A-Za-z0-9+/_-][\s\\n]{0,3}){24,}={0,2}")
HEX = re.compile(rb"(?:[0-9a-fA-F]{2}){16,}")
PRINTABLE = 0.9
ZLIB = (b"\x78\x01", b"\x78\x5e", b"\x78\x9c", b"\x78\xda")
NOT_OPENED = "cannot be opened, and so not be looked through"
TOO_LARGE = "unpacks to more than can be looked through"
OPENERS: tuple[tuple[bytes, Callable[..., Any]], ...] = (
    (b"\x1f\x8b", gzip.open),
    (b"BZh", bz2.open),
    (b"\xfd7zXZ\x00", lzma.open),
)


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

    def open(self, place: str, raw: bytes, depth: int) -> Iterator[Piece]:
        """Return the texts of some bytes."""
        self._left -= len(raw)
        if self._left < 0 or depth > DEEPEST:
            raise _TooMuchError
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
            if text[:1] in "{[":
                yield from self._json(place, text, depth)
        if not is_table or b"=" in raw:
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
                    with archive.open(entry) as stream:
                        inside = self._read(stream)
                    yield from self.open(f"{place} > {entry.filename}", inside, depth + 1)
        except (zipfile.BadZipFile, RuntimeError, NotImplementedError, OSError, zlib.error):
            yield Piece(place, problem=NOT_OPENED)

    def _compressed(
        self, place: str, opener: Callable[..., Any], raw: bytes, depth: int
    ) -> Iterator[Piece]:
        try:
            with opener(io.BytesIO(raw)) as stream:
                inside = self._read(stream)
        except (OSError, EOFError, zlib.error, lzma.LZMAError):
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
                    yield Piece(place, entry.name)
                    stream = archive.extractfile(entry)
                    if stream is not None:
                        inside = self._read(stream)
                        yield from self.open(f"{place} > {entry.name}", inside, depth + 1)
        except (tarfile.TarError, OSError):
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
        for found in BASE64.finditer(raw):
            packed = re.sub(rb"\s|\\n", b"", found[0]).translate(bytes.maketrans(b"-_", b"+/"))
            packed = packed.rstrip(b"=")
            try:
                inside = base64.b64decode(packed[: len(packed) // 4 * 4] + _rest(packed))
            except (binascii.Error, ValueError):
                continue
            if _opens(inside):
                yield from self.open(f"{place} > base64", inside, depth + 1)
        for found in HEX.finditer(raw):
            inside = bytes.fromhex(found[0].decode())
            if _opens(inside):
                yield from self.open(f"{place} > hexadecimal", inside, depth + 1)


def _rest(packed: bytes) -> bytes:
    """Return the last letters of base64, filled up."""
    rest = packed[len(packed) // 4 * 4 :]
    return rest + b"=" * (4 - len(rest)) if len(rest) > 1 else b""


def _opens(raw: bytes) -> bool:
    """Tell a text, or something packed, from bytes that only happen to be decoded."""
    if raw.startswith((b"PK", b"BZh", b"\x1f\x8b", b"\xfd7zXZ", b"\x89PNG", b"\xff\xd8", *ZLIB)):
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
    try:
        yield raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        yield raw.decode("latin-1")
