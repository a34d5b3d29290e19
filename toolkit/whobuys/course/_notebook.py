"""Turn the cells of a source into the bytes of a notebook: lesson, exercise, solution, report."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from whobuys.course import _blanks
from whobuys.course._source import Cell, where


def for_kind(cells: list[Cell], kind: str) -> Iterator[Cell]:
    """Turn the cells of a source into those of one kind of notebook."""
    for cell in cells:
        with where(cell.place):
            if cell.kind == "code" and kind == "solution":
                yield replace(cell, source=_blanks.unmark(cell.source))
            elif kind != "exercise":
                yield cell
            elif cell.kind == "code":
                yield _exercise_cell(cell)
            elif not cell.is_solution:
                yield cell


def _exercise_cell(cell: Cell) -> Cell:
    """Blank a code cell; the words for its figure would give the answer away, so they go too."""
    source = (_blanks.blank_cell if cell.is_solution else _blanks.blank)(cell.source)
    tags = tuple(tag for tag in cell.tags if tag != "solution")
    alt = cell.alt if source == cell.source else None
    return replace(cell, source=source, tags=tags, alt=alt)


def notebook_bytes(cells: Iterable[Cell], about: dict[str, str]) -> bytes:
    """Write a notebook, nbformat 4.5, without outputs: the same bytes on every run and machine.

    Parameters
    ----------
    cells
        The cells, ready to be shown.
    about
        What the notebook says of itself under `metadata.whobuys`.

    Returns
    -------
    bytes
        UTF-8 JSON with sorted keys, LF line ends and one at the end.
    """
    notebook = {
        "cells": [_node(cell) for cell in cells],
        "metadata": {
            "kernelspec": {
                "display_name": "Python 3 (ipykernel)",
                "language": "python",
                "name": "python3",
            },
            "language_info": {"name": "python"},
            "whobuys": about,
        },
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    text = json.dumps(notebook, ensure_ascii=False, indent=1, sort_keys=True)
    return (text + "\n").encode()


def _node(cell: Cell) -> dict[str, Any]:
    metadata: dict[str, Any] = {"name": cell.name}
    if cell.tags:
        metadata["tags"] = list(cell.tags)
    if cell.alt is not None:
        metadata["alt"] = cell.alt
    node: dict[str, Any] = {
        "cell_type": cell.kind,
        "id": cell.name,
        "metadata": metadata,
        "source": re.findall(r"[^\n]*\n|[^\n]+", cell.source),
    }
    if cell.kind == "code":
        node |= {"execution_count": None, "outputs": []}
    return node
