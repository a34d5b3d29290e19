"""Read one lesson source (MyST notebook text) into named cells."""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import yaml

NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
CODE, RAW = "{code-cell}", "{raw-cell}"
CELL_KEYS = ("name", "tags", "alt")
STRAY_MARK = re.compile(r"[^#\s].*#\s*solution\s*$", re.MULTILINE)

NAME_A_MARKDOWN_CELL = 'put +++ {"name": "some-name"} on the line before it'
NAME_A_CODE_CELL = "put :name: some-name on the first line inside the code cell"


class BuildError(ValueError):
    """What is wrong in the sources of the course, one sentence a problem.

    Examples
    --------
    >>> BuildError(["first", "second"]).problems
    ['first', 'second']
    """

    def __init__(self, problems: str | Iterable[str]) -> None:
        self.problems = [problems] if isinstance(problems, str) else list(problems)
        super().__init__("\n".join(self.problems))


@contextmanager
def where(place: str) -> Iterator[None]:
    """Put `place` in front of every problem found inside the `with` block."""
    try:
        yield
    except BuildError as error:
        raise BuildError(f"{place}: {problem}" for problem in error.problems) from error


def need(module: str) -> Any:
    """Import a package that only course authors have."""
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise BuildError(
            f'building the course needs the package "{module.partition(".")[0]}", '
            'which is not installed: pip install -e ".[dev]"'
        ) from error


def nearest(word: str, known: Iterable[str]) -> str:
    """Say which known word was probably meant, or nothing."""
    close = get_close_matches(word, list(known), n=1)
    return f" (did you mean {close[0]}?)" if close else ""


@dataclass(frozen=True)
class Cell:
    """One cell of a source: what it is, its name, its text, and where it stands."""

    kind: str
    name: str
    source: str
    tags: tuple[str, ...] = ()
    alt: str | None = None
    line: int = 0

    @property
    def place(self) -> str:
        """The cell in words, for a message."""
        return f'line {self.line}, cell "{self.name}"'

    @property
    def is_solution(self) -> bool:
        """Whether the whole cell is tagged as a solution."""
        return "solution" in self.tags


def read_text(path: Path) -> str:
    """Read a UTF-8 text file, with or without a byte-order mark, any line ends."""
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise BuildError(
            f"is not UTF-8 text (byte {error.start}); save it as UTF-8 in your editor"
        ) from error


def read_cells(text: str) -> list[Cell]:
    r"""Read the cells of a MyST notebook text; every cell must have a good name.

    Parameters
    ----------
    text
        The whole source: a YAML header between `---` lines, then the cells.

    Returns
    -------
    list of Cell
        In the order of the source.

    Raises
    ------
    BuildError
        With one problem for each cell that has no name, a doubled name, or a name, tag or
        option that is not allowed.

    Examples
    --------
    >>> cells = read_cells('---\n{}\n---\n+++ {"name": "title"}\n# Who buys?\n')
    >>> cells[0].kind, cells[0].name, cells[0].source
    ('markdown', 'title', '# Who buys?')
    """
    problems: list[str] = []
    cells: list[Cell] = []
    for piece in _pieces(text, problems):
        try:
            cells.append(_cell(piece))
        except BuildError as error:
            problems += error.problems
    seen: dict[str, Cell] = {}
    for cell in cells:
        if cell.name in seen:
            problems.append(
                f'{cell.place} ({_first_words(cell.source)}): the name "{cell.name}" is taken by '
                f"the cell at line {seen[cell.name].line}; give one of the two another name"
            )
        seen.setdefault(cell.name, cell)
    if problems:
        raise BuildError(problems)
    return cells


@dataclass(frozen=True)
class _Piece:
    """One cell as it stands in the text, not yet checked."""

    kind: str
    options: dict[str, Any]
    source: str
    line: int


def _pieces(text: str, problems: list[str]) -> Iterator[_Piece]:
    """Cut the text at code cells and block breaks, by jupytext's own rules."""
    myst = need("jupytext.myst")
    tokens = myst.get_parser().parse(text.replace("\r\n", "\n") + "\n")
    lines = text.replace("\r\n", "\n").split("\n")
    if not tokens or tokens[0].type != "front_matter":
        raise BuildError("line 1: begin the file with a YAML header between two --- lines")
    begin: int = tokens[0].map[1]
    line: int | None = None
    options: dict[str, Any] = {}
    for token in [*filter(_begins_cell, tokens), None]:
        end = token.map[0] if token else len(lines)
        source = "\n".join(lines[begin:end])
        if source.strip():
            blank = len(source) - len(source.lstrip("\n"))
            yield _Piece("markdown", options, source.strip("\n"), line or begin + blank + 1)
        elif line and options:
            problems.append(f"line {line}: this Markdown cell has no text; write some")
        if token is None:
            return
        begin, line, options = token.map[1], token.map[0] + 1, {}
        kind = {CODE: "code", RAW: "raw"}.get(token.info.split("}")[0] + "}", "markdown")
        try:
            if kind == "markdown":
                options = myst.read_cell_metadata(token, 0)
            else:
                if not "".join(lines[begin - 1 : begin]).strip().startswith(token.markup):
                    raise myst.MystMetadataParsingError("the cell is never closed; add its ```")
                options, body = myst.read_fenced_cell(token, 0, kind)
                yield _Piece(kind, options, "\n".join(body), line)
                line, options = None, {}
        except (myst.MystMetadataParsingError, yaml.YAMLError) as error:
            reason = str(error).partition("could not be read: ")[2] or str(error)
            problems.append(f"line {line}: this cell cannot be read: {' '.join(reason.split())}")
            line, options = None, {}


def _begins_cell(token: Any) -> bool:
    fence = token.type == "fence" and token.info.startswith((CODE, RAW))
    return token.level == 0 and (fence or token.type == "myst_block_break")


def _cell(piece: _Piece) -> Cell:
    options, line = piece.options, piece.line
    if not isinstance(options, dict):
        raise BuildError(f"line {line}: write each cell option as :name: value")
    name = options.get("name")
    cell = Cell(
        kind=piece.kind,
        name=str(name),
        source=piece.source.rstrip(),
        tags=_tags(options.get("tags", [])),
        alt=options.get("alt"),
        line=line,
    )
    here = f"line {line} ({_first_words(cell.source)})"
    mend = NAME_A_CODE_CELL if cell.kind == "code" else NAME_A_MARKDOWN_CELL
    problems = []
    if cell.kind == "raw":
        problems.append(f"{here}: raw cells are not used; make it a Markdown cell")
    elif name is None:
        problems.append(f"{here}: the {cell.kind} cell has no name; {mend}")
    elif not isinstance(name, str) or not NAME.fullmatch(name):
        problems.append(
            f"{here}: {name!r} cannot name a cell: use 1 to 64 of the characters A-Z a-z 0-9 - _"
        )
    for key in [str(key) for key in options if key not in CELL_KEYS]:
        problems.append(
            f'{here}: unknown cell option "{key}"{nearest(key, CELL_KEYS)}; '
            f"known: {', '.join(CELL_KEYS)}"
        )
    if cell.alt is not None and not isinstance(cell.alt, str):
        problems.append(f"{here}: alt must be one text; put it in quotes")
    for tag in cell.tags:
        if tag != "solution" and get_close_matches(tag.casefold(), ["solution"], cutoff=0.8):
            problems.append(f'{here}: the tag "{tag}" is not "solution"; write it exactly so')
    if cell.kind == "markdown":
        problems += [f"{here}: {problem}" for problem in _stray(cell.source)]
    if problems:
        raise BuildError(problems)
    return cell


def _tags(value: Any) -> tuple[str, ...]:
    if isinstance(value, str):
        return (value,)
    return tuple(map(str, value)) if isinstance(value, list) else (repr(value),)


def _stray(markdown: str) -> Iterator[str]:
    """Find what was meant as a cell or a mark but would be shown to students as text."""
    if re.search(r"\{(code|raw)-cell\}", markdown):
        yield "a code cell inside a list, a quote or another block stays text; move it out"
    if re.search(r"^\s*\+\+\+", markdown, re.MULTILINE):
        yield "a line of +++ inside a list or a quote begins no cell; move it to the margin"
    if STRAY_MARK.search(markdown):
        yield "# solution marks lines of code cells only; tag this Markdown cell instead"


def _first_words(source: str) -> str:
    words = source.split()
    return '"' + " ".join(words[:6]) + (" ..." if len(words) > 6 else "") + '"'
