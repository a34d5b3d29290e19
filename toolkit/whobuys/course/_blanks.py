"""Make the exercise from the solution: blank the marked statements, keep everything else.

A line of code that ends with `# solution` marks its whole statement:

| solution                                | exercise                  |
|-----------------------------------------|---------------------------|
| `rfm = rfm_table(t)  # solution`        | `rfm = ...`               |
| `low, high = limits()  # solution`      | `low, high = ..., ...`    |
| `share: float = a / b  # solution`      | `share: float = ...`      |
| `def share(a): ...`, marked at its head | `share = ...`             |
| `return a / b  # solution`              | `return ...`              |
| anything else                           | is left out               |

"Anything else" holds `rfm["x"] = f(...)`, `total += 1` and calls: a column, a changed value or an
effect has no name of its own to keep. A block left empty gets `...`. A mark at the head of a block
(`for`, `if`, `else`, `with`) takes the whole block, and statements joined by `;` go together.

Statements are found in Python's own syntax tree, never by their looks, and the result is read
back and compared with the tree it should have.
"""

from __future__ import annotations

import ast
import io
import re
import tokenize
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from whobuys.course._source import BuildError

MARK = re.compile(r"\s*#\s*solution\s*$")
EMPTY = "..."


def blank(code: str) -> str:
    r"""Replace each statement marked `# solution` by its blank.

    Parameters
    ----------
    code
        The code of one cell, with the solution.

    Returns
    -------
    str
        The code a student gets.

    Raises
    ------
    BuildError
        When the code does not parse or a mark belongs to no statement.

    Examples
    --------
    >>> blank("# Count the buyers.\nbuyers = t.nunique()  # solution\nprint(buyers)")
    '# Count the buyers.\nbuyers = ...\nprint(buyers)'
    """
    return _Code(code).blanked()


def blank_cell(code: str) -> str:
    r"""Keep only the leading comments and the last assigned name of a solution cell.

    Parameters
    ----------
    code
        The code of a cell tagged `solution`.

    Returns
    -------
    str
        The comment lines it begins with, then `name = ...`; without either, `...`.

    Examples
    --------
    >>> blank_cell("# Score recency.\nrank = r.rank()\nscore = rank // 3\nscore.head()")
    '# Score recency.\nscore = ...'
    """
    parsed = _Code(code)
    kept = []
    for line in parsed.lines:
        if not line.lstrip().startswith("#"):
            break
        if not MARK.search(line):
            kept.append(line.strip())
    named = [text for node in _module_level(parsed.tree.body) if (text := _named(node))]
    return "\n".join(kept + named[-1:]) or EMPTY


def unmark(code: str) -> str:
    r"""Take the `# solution` marks off and change nothing else.

    Examples
    --------
    >>> unmark("a = 1  # solution\nprint('# solution')")
    "a = 1\nprint('# solution')"
    """
    parsed = _Code(code)
    drop = {mark.row for mark in parsed.marks if not mark.before}
    lines = list(parsed.lines)
    for mark in parsed.marks:
        lines[mark.row - 1] = mark.before
    return "\n".join(line for row, line in enumerate(lines, 1) if row not in drop)


def has_mark(code: str) -> bool:
    """Tell whether any line of the code is marked `# solution`; the code must be plain Python.

    Raises
    ------
    BuildError
        When the code does not parse, such as a magic or a shell line.
    """
    return bool(_Code(code).marks)


@dataclass(frozen=True)
class _Mark:
    row: int
    before: str  # the line without the mark
    own_line: bool  # a comment line between two statements


@dataclass(frozen=True)
class _Span:
    first: int
    last: int
    indent: str
    text: str  # the blank; "" leaves the statement out


class _Code:
    """The code of one cell with its tree, its logical lines and its marks."""

    def __init__(self, code: str) -> None:
        self.lines = code.split("\n")
        self.tree = _parse(code)
        self.start: dict[int, int] = {}  # first row of the logical line a row belongs to
        self.end: dict[int, int] = {}  # its last row
        self.marks: list[_Mark] = []
        self._read_tokens(code)
        self.elifs = {
            id(node)
            for node in ast.walk(self.tree)
            if isinstance(node, ast.If) and self._text_at(node).startswith("elif")
        }
        self.statements = [
            (node, siblings)
            for siblings in _blocks(self.tree)
            for node in siblings
            if id(node) not in self.elifs
        ]

    def _read_tokens(self, code: str) -> None:
        opened: int | None = None
        for token in tokenize.generate_tokens(io.StringIO(code).readline):
            row = token.start[0]
            if token.type == tokenize.COMMENT:
                self._read_comment(token, own_line=opened is None)
            elif token.type == tokenize.NEWLINE:
                for inner in range(opened or row, row + 1):
                    self.start[inner], self.end[inner] = opened or row, row
                opened = None
            elif token.type not in (tokenize.NL, tokenize.INDENT, tokenize.DEDENT) and not opened:
                opened = row

    def _read_comment(self, token: tokenize.TokenInfo, own_line: bool) -> None:
        row, column = token.start
        if found := MARK.search(token.string):
            before = self.lines[row - 1][:column] + token.string[: found.start()]
            if own_line and not before.strip():
                raise BuildError(
                    f"code line {row}: # solution stands alone; "
                    "put it at the end of a line of code, or tag the whole cell"
                )
            self.marks.append(_Mark(row, before.rstrip(), own_line))
            return
        words = re.split(r"\W+", token.string.rpartition("#")[2].strip().casefold())
        if get_close_matches(words[0], ["solution"], cutoff=0.8) and words[0].startswith("sol"):
            raise BuildError(
                f'code line {row}: "{token.string}" is close to the mark # solution; '
                "write the mark exactly so at the line's end, or reword the comment"
            )

    def blanked(self) -> str:
        spans, marked = self._spans()
        dropped = {mark.row for mark in self.marks if mark.own_line}
        lines = [None if row in dropped else line for row, line in enumerate(self.lines, 1)]
        for span in sorted(spans, key=lambda span: -span.first):
            new = [span.indent + line for line in span.text.split("\n")] if span.text else []
            lines[span.first - 1 : span.last] = new
        text = "\n".join(line for line in lines if line is not None).strip("\n") or EMPTY
        self._verify(text, marked)
        return text

    def _spans(self) -> tuple[list[_Span], dict[int, str]]:
        """Find what to replace, outermost only, and the blank of each marked statement."""
        marked: dict[int, str] = {}
        for mark in self.marks:
            if not mark.own_line:
                for node in self._statements_of(mark.row):
                    marked[id(node)] = _blank_of(node)
        for block in _blocks(self.tree):
            if block is not self.tree.body and all(marked.get(id(node)) == "" for node in block):
                marked[id(block[-1])] = EMPTY
        spans: list[_Span] = []
        for siblings in _blocks(self.tree):
            groups: dict[int, list[ast.stmt]] = {}
            for node in siblings:
                if id(node) in marked:
                    groups.setdefault(self._first_row(node), []).append(node)
            for first, nodes in groups.items():
                texts = [marked[id(node)] for node in nodes if marked[id(node)]]
                line = self.lines[first - 1]
                indent = line[: len(line) - len(line.lstrip())]
                spans.append(_Span(first, self._last_row(nodes[-1]), indent, "\n".join(texts)))
        outer = [
            span
            for span in spans
            if not any(
                other is not span and other.first <= span.first and span.last <= other.last
                for other in spans
            )
        ]
        return outer, marked

    def _statements_of(self, row: int) -> list[ast.stmt]:
        """Find the statements a mark on this row blanks."""
        first = self.start[row]
        line = self.lines[first - 1]
        indent = len((line[: len(line) - len(line.lstrip())]).encode())
        for node, siblings in self.statements:
            if self._first_row(node) == first and node.col_offset == indent:
                return [other for other in siblings if self._first_row(other) == first]
        # A line such as `else:` begins no statement: take the one around it.
        around = [
            node
            for node, _ in self.statements
            if self._first_row(node) < first <= self.end[node.end_lineno or node.lineno]
        ]
        return [min(around, key=lambda node: (node.end_lineno or 0) - self._first_row(node))]

    def _first_row(self, node: ast.stmt) -> int:
        decorators = getattr(node, "decorator_list", [])
        return self.start[min([node.lineno, *(d.lineno for d in decorators)])]

    def _last_row(self, node: ast.stmt) -> int:
        """Give the last row, with the comments that stand deeper inside the same block."""
        last = self.end[node.end_lineno or node.lineno]
        own = _width(self.lines[self._first_row(node) - 1])
        for row in range(last + 1, len(self.lines) + 1):
            line = self.lines[row - 1]
            if row in self.start or (line.strip() and _width(line) <= own):
                break
            if line.strip():
                last = row
        return last

    def _text_at(self, node: ast.stmt) -> str:
        return self.lines[node.lineno - 1].encode()[node.col_offset :].decode()

    def _verify(self, text: str, marked: dict[int, str]) -> None:
        """Hold the text to the tree it should have: nothing of a marked statement may stay."""
        wanted = ast.Module(self.tree.body, [])
        _Blanked(marked).generic_visit(wanted)
        if not wanted.body and text == EMPTY:
            wanted = ast.parse(EMPTY)
        result = _Code(text)
        if result.marks or ast.dump(result.tree) != ast.dump(wanted):
            raise BuildError(
                "the blanks of this cell could not be cut cleanly; "
                "write each marked statement on lines of its own"
            )


class _Blanked(ast.NodeTransformer):
    def __init__(self, marked: dict[int, str]) -> None:
        self.marked = marked

    def visit(self, node: ast.AST) -> Any:
        if id(node) in self.marked:
            return ast.parse(self.marked[id(node)]).body
        return super().visit(node)


def _parse(code: str) -> ast.Module:
    flags = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = compile(code, "<cell>", "exec", flags | ast.PyCF_ONLY_AST)
            compile(code, "<cell>", "exec", flags)
    except (SyntaxError, ValueError) as error:
        row = getattr(error, "lineno", None) or 1
        line = [*code.split("\n"), ""][row - 1].strip()
        if line.startswith(("%", "!", "?")) or line.endswith("?"):
            said = "a magic or shell line; use plain Python, so that the cell runs everywhere"
        else:
            said = f"not valid Python ({getattr(error, 'msg', error)})"
        raise BuildError(f'code line {row} "{line}": {said}') from error
    assert isinstance(tree, ast.Module)  # noqa: S101
    return tree


def _width(line: str) -> int:
    line = line.expandtabs()
    return len(line) - len(line.lstrip())


def _blocks(tree: ast.AST) -> Iterator[list[ast.stmt]]:
    """Walk every list of statements, outer ones first."""
    for node in ast.walk(tree):
        for field in ("body", "orelse", "finalbody"):
            block = getattr(node, field, None)
            if isinstance(block, list) and block and isinstance(block[0], ast.stmt):
                yield block


def _module_level(block: list[ast.stmt]) -> Iterator[ast.stmt]:
    """Walk the statements that run in the cell itself, not inside a function or class."""
    for node in block:
        yield node
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            for field in ("body", "orelse", "handlers", "cases", "finalbody"):
                for inner in getattr(node, field, []):
                    yield from _module_level([inner] if isinstance(inner, ast.stmt) else inner.body)


def _blank_of(node: ast.stmt) -> str:
    if isinstance(node, ast.Return):
        return f"return {EMPTY}" if node.value else "return"
    return _named(node)


def _named(node: ast.stmt) -> str:
    """Write the blank of a statement that gives something a name; otherwise nothing."""
    match node:
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            return f"{name} = {EMPTY}"
        case ast.AnnAssign(target=ast.Name(id=name), annotation=annotation):
            return f"{name}: {ast.unparse(annotation)} = {EMPTY}"
        case ast.Assign(targets=targets) if all(isinstance(target, ast.Name) for target in targets):
            return " = ".join([*map(ast.unparse, targets), EMPTY])
        case ast.Assign(targets=targets):
            return "\n".join(filter(None, map(_target, targets)))
    return ""


def _target(target: ast.expr) -> str:
    """Write the blank of one target; columns, attributes and the like have no name to keep."""
    names = [node for node in ast.walk(target) if isinstance(node, ast.Name)]
    match target:
        case ast.Name(id=name):
            return f"{name} = {EMPTY}"
        case ast.Tuple(elts=elements) | ast.List(elts=elements) if (
            all(isinstance(element, ast.Name) for element in elements) and elements
        ):
            left = ", ".join(map(ast.unparse, elements))
            right = ", ".join([EMPTY] * len(elements))
            return f"{left} = {right}" if len(elements) > 1 else f"{left} = {EMPTY}"
    return "\n".join(f"{node.id} = {EMPTY}" for node in names if isinstance(node.ctx, ast.Store))
