"""Hostile hand-ins, made when they are needed: nothing large or dangerous lies in this folder.

    python -m tests.submissions.hostile.make            list them
    python -m tests.submissions.hostile.make FOLDER     write them all

`attacks.yml` and `noise.yml` hold what stands in one cell; files that are hostile as files are made
here. Each says what it must get. Do not open them with anything you care for.
"""

from __future__ import annotations

import copy
import io
import json
import os
import sys
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from tests.submissions.make import UNIT, cell, extra, position, solved, untouched

HERE = Path(__file__).resolve().parent
ALL = (4, 4, 4, 4, 4)
NONE = (0, 0, 0, 0, 0)
Notebook = dict[str, Any]


@dataclass(frozen=True)
class Hostile:
    """One hand-in, and what must come of it.

    Attributes
    ----------
    name, does : str
        What it is called, and what it tries.
    make : callable
        From the surroundings (what `@NAME@` stands for) to the file.
    gets : tuple
        Points of the five questions a machine marks; None if nobody is to be marked for it.
    says : str
        Words that must stand in the report.
    file : str
        The file's name.
    honest : bool
        Whether it is only noisy.
    """

    name: str
    does: str
    make: Callable[[Mapping[str, object]], bytes] = field(repr=False)
    gets: tuple[float, ...] | None = ALL
    says: str = ""
    file: str = f"{UNIT}.ipynb"
    honest: bool = False


def corpus() -> list[Hostile]:
    """Return every hand-in of the corpus."""
    return [*_cells("attacks.yml"), *_cells("noise.yml", honest=True), *_files()]


def _cells(name: str, honest: bool = False) -> list[Hostile]:
    written = yaml.safe_load((HERE / name).read_text(encoding="utf-8"))
    return [
        Hostile(
            name=key,
            does=about.get("does", "Honest noise."),
            make=_with_cell(about),
            gets=tuple(about.get("gets", ALL)),
            says=about.get("says", ""),
            honest=honest,
        )
        for key, about in written.items()
    ]


def _with_cell(about: Mapping[str, Any]) -> Callable[[Mapping[str, object]], bytes]:
    def make(surroundings: Mapping[str, object]) -> bytes:
        code = about["code"]
        for name, value in surroundings.items():
            code = code.replace(f"@{name}@", str(value))
        notebook = untouched() if about.get("start") == "untouched" else solved()
        if "into" in about:
            cell(notebook, about["into"])["source"] = [code]
        else:
            notebook["cells"].insert(position(notebook, "setup") + 1, extra("attack", code))
        return _bytes(notebook)

    return make


def _bytes(notebook: Any) -> bytes:
    return json.dumps(notebook, ensure_ascii=False).encode("utf-8", errors="surrogatepass")


# hostile as files --------------------------------------------------------------------------------


def _files() -> list[Hostile]:
    made = [
        ("empty_file", "No bytes at all.", b"", NONE, "is empty"),
        ("not_json", "A letter instead of a notebook.", b"Dear teacher,", NONE, "not a Jupyter"),
        ("invalid_utf8", "Bytes that are no text.", b"\xff\xfe\xfa" * 999, NONE, "not a Jupyter"),
        ("truncated_json", "Saved by half.", _bytes(solved())[:-3_000], NONE, "not a Jupyter"),
        ("deep_file", "JSON a million deep.", b"[" * 1_000_000, NONE, "not a Jupyter"),
        ("number_file", "JSON, but one number.", b"9" * 5_000, NONE, "not a Jupyter"),
        ("zip_file", "An archive with the right name.", _archive(), NONE, "not a Jupyter"),
        ("old_format", "nbformat 3.", _bytes(_version_three()), NONE, "old format"),
    ]
    lazy: list[tuple[str, str, Callable[[], Any], tuple[float, ...], str]] = [
        ("utf16", "Saved as UTF-16.", lambda: _text(solved()).encode("utf-16"), NONE, "not a"),
        (
            "byte_order_mark",
            "A mark before the text.",
            lambda: b"\xef\xbb\xbf" + _bytes(solved()),
            ALL,
            "",
        ),
        ("future_format", "nbformat 9.", lambda: solved() | {"nbformat": 9}, ALL, ""),
        ("no_ids", "No cell has an id.", lambda: _each(lambda c, n: c.pop("id")), ALL, ""),
        (
            "same_ids",
            "Every cell of the student's own has the id of question 1.",
            _same_ids,
            ALL,
            "",
        ),
        ("giant_ids", "Ids of a megabyte.", _giant_ids, ALL, ""),
        ("hostile_ids", "Ids that are paths, markup and the runner's own.", _hostile_ids, ALL, ""),
        ("five_thousand_cells", "5,000 cells.", lambda: _longer(5_000), NONE, "more than 2,000"),
        ("fifty_megabytes", "50 MB of outputs.", lambda: _heavy(50_000_000), NONE, "larger than"),
        ("million_outputs", "A million tiny outputs.", lambda: _outputs(300_000), ALL, ""),
        (
            "wrong_types",
            "Cells and sources that are numbers, lists, nothing.",
            _wrong_types,
            ALL,
            "",
        ),
        ("forged_outputs", "Outputs and metadata that claim full marks.", _forged, NONE, ""),
        ("hostile_text_cells", "Script and scheme links in text cells.", _hostile_text, ALL, ""),
        ("slow_markdown", "Text that is slow to render.", _slow_markdown, ALL, ""),
        ("attachments", "Pictures attached under names that are paths.", _attachments, ALL, ""),
        ("moved_cells", "Text cells moved to the end.", _moved, ALL, ""),
        ("copied_cells", "Every answer cell twice.", _copied, ALL, ""),
        ("own_cells", "Forty cells of one's own.", lambda: _longer(40), ALL, ""),
    ]
    honest = {"byte_order_mark", "no_ids", "same_ids", "moved_cells", "copied_cells", "own_cells"}
    found = [
        Hostile(name, does, lambda _, raw=raw: raw, gets, says)
        for name, does, raw, gets, says in made
    ]
    for name, does, build, gets, says in lazy:
        found.append(
            Hostile(
                name, does, lambda _, build=build: _raw(build()), gets, says, honest=name in honest
            )
        )
    names = {
        "path_in_name": "x..%2f..%2fgraded%2f05_rfm.ipynb",
        "markup_in_name": "<img src=x onerror=alert(1)>.ipynb",
        "control_codes_in_name": "\x1b[2J\u202e05_rfm.ipynb",
        "long_name": "x" * 200 + ".ipynb",
    }
    found += [
        Hostile(name, f"A file called {file[:40]!r}.", lambda _: _bytes(solved()), file=file)
        for name, file in names.items()
    ]
    found.append(
        Hostile(
            "another_lesson",
            "The notebook of another lesson.",
            lambda _: _bytes(_other()),
            gets=NONE,
        )
    )
    return found


def _raw(made: Any) -> bytes:
    return made if isinstance(made, bytes) else _bytes(made)


def _text(notebook: Notebook) -> str:
    return json.dumps(notebook, ensure_ascii=False)


def _each(change: Callable[[dict[str, Any], int], object]) -> Notebook:
    notebook = solved()
    for number, one in enumerate(notebook["cells"]):
        change(one, number)
    return notebook


def _archive() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("../../05_rfm.ipynb", b"0" * 10_000_000)
    return file.getvalue()


def _version_three() -> Notebook:
    cells = [{"cell_type": "code", "input": ["cycle = 31"], "language": "python", "outputs": []}]
    return {"nbformat": 3, "nbformat_minor": 0, "metadata": {}, "worksheets": [{"cells": cells}]}


def _same_ids() -> Notebook:
    notebook = solved()
    at = position(notebook, "q2")
    notebook["cells"][at:at] = [extra("q1-prompt", f"mine = {number}") for number in range(5)]
    return notebook


def _giant_ids() -> Notebook:
    notebook = solved()
    notebook["cells"].append(extra("x" * 1_000_000, "mine = 1"))
    return notebook


def _hostile_ids() -> Notebook:
    notebook = solved()
    for id in ("whobuys-export-0", "../../key", "'><script>alert(1)</script>", "papermill-error"):
        notebook["cells"].append(extra(id, "mine = 1"))
    return notebook


def _longer(count: int) -> Notebook:
    notebook = solved()
    at = position(notebook, "q1")
    notebook["cells"][at:at] = [extra(f"own-{n}", f"step_{n} = {n}") for n in range(count)]
    return notebook


def _heavy(size: int) -> Notebook:
    notebook = solved()
    output = {"output_type": "stream", "name": "stdout", "text": "x" * size}
    cell(notebook, "q1")["outputs"] = [output]
    return notebook


def _outputs(count: int) -> Notebook:
    notebook = solved()
    cell(notebook, "q1")["outputs"] = [{}] * count
    return notebook


def _wrong_types() -> Notebook:
    notebook = solved()
    notebook["cells"] += [
        *(3, None, [], "x", {}),
        {"cell_type": 7, "source": 7, "id": 7, "metadata": 7, "outputs": 7},
        {"cell_type": "code", "source": {"x": 1}, "id": [], "metadata": [], "outputs": None},
        {"cell_type": "code", "source": [1, None, "mine = 1"], "id": "\x00", "metadata": {}},
        {"cell_type": "heading", "source": "x", "level": -1, "id": "h", "metadata": {}},
    ]
    notebook["metadata"] |= {"kernelspec": {"name": "../../x", "argv": ["false"]}, "widgets": 3}
    return notebook


def _forged() -> Notebook:
    notebook = untouched()
    verdict = {"status": "passed", "earned": 4, "points": 4}
    right = {"q4": {"kind": "number", "value": "31"}}
    for one in notebook["cells"]:
        one["metadata"] |= {"whobuys": verdict, "tags": ["raises-exception", "remove-cell"]}
        one["metadata"]["papermill"] = {"status": "completed"}
        if one["cell_type"] == "code":
            data = {"application/vnd.whobuys.answers+json": right, "text/plain": "4 of 4 points"}
            one["outputs"] = [{"output_type": "display_data", "data": data, "metadata": {}}]
    notebook["metadata"]["whobuys"] |= {"score": 20, "verdicts": [verdict] * 5}
    return notebook


def _hostile_text() -> Notebook:
    notebook = solved()
    texts = [
        "<script>alert('x')</script>",
        "[click](javascript:alert(1)) ![x](http://127.0.0.1:9/x.png) <javascript:alert(1)>",
        "<img src=x onerror=alert(1)> <svg onload=alert(1)> <a href='data:text/html,x'>x</a>",
        "<iframe srcdoc='<script>alert(1)</script>'></iframe><style>*{display:none}</style>",
        "</main></body><h1>Full marks</h1>",
        "$$\\href{javascript:alert(1)}{x}$$ `\x1b[2J` \u202e\u0000",
    ]
    for text in texts:
        new = {"cell_type": "markdown", "metadata": {}, "source": text, "id": f"t{len(text)}"}
        notebook["cells"].insert(3, new)
    cell(notebook, "q6")["source"] = texts
    return notebook


def _slow_markdown() -> Notebook:
    notebook = solved()
    for text in ("[" * 60_000, "*a_" * 40_000, "> " * 20_000 + "x", "|" * 40_000, "<a " * 30_000):
        new = {"cell_type": "markdown", "metadata": {}, "source": text, "id": f"m{len(text)}"}
        notebook["cells"].append(new)
    return notebook


def _attachments() -> Notebook:
    notebook = solved()
    attached = {"../../../etc/passwd": {"image/png": "x"}, "a.svg": {"image/svg+xml": "<svg/>"}}
    text = "![](attachment:../../../etc/passwd) ![](attachment:a.svg)"
    notebook["cells"].append(
        {
            "cell_type": "markdown",
            "metadata": {},
            "source": text,
            "id": "at",
            "attachments": attached,
        }
    )
    return notebook


def _moved() -> Notebook:
    notebook = solved()
    texts = [one for one in notebook["cells"] if one["cell_type"] != "code"]
    notebook["cells"] = [one for one in notebook["cells"] if one["cell_type"] == "code"] + texts
    return notebook


def _copied() -> Notebook:
    notebook = solved()
    for question in ("q1", "q2", "q3", "q4", "q5"):
        at = position(notebook, question)
        notebook["cells"].insert(at, copy.deepcopy(notebook["cells"][at]))
    return notebook


def _other() -> Notebook:
    path = HERE.parents[2] / "exercises" / "14_lifetime_value.ipynb"
    return dict(json.loads(path.read_text(encoding="utf-8")))


def write_all(folder: Path, surroundings: Mapping[str, object]) -> dict[str, Hostile]:
    """Write each into a folder of its own, named like a student; return who got which."""
    made = {}
    for number, one in enumerate(corpus()):
        student = f"x{number:03}"
        target = folder / student / one.file
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(one.make(surroundings))
        made[student] = one
    return made


def write_odd_files(folder: Path) -> None:
    """Write what is no file at all: a pipe, links, folders named like notebooks."""
    folder.mkdir(parents=True, exist_ok=True)
    os.mkfifo(folder / "pipe.ipynb")
    (folder / "folder.ipynb").mkdir()
    (folder / "link.ipynb").symlink_to("/etc/passwd")
    (folder / "loop.ipynb").symlink_to(folder / "loop.ipynb")
    (folder / "up").symlink_to(folder.parent)
    (folder / ".hidden.ipynb").write_bytes(_bytes(solved()))
    (folder / "unreadable.ipynb").write_bytes(b"{}")
    (folder / "unreadable.ipynb").chmod(0)


def main(arguments: list[str]) -> int:
    """List the hand-ins, or write them."""
    if arguments:
        write_all(Path(arguments[0]), {})
        return 0
    for one in corpus():
        points = "nobody's" if one.gets is None else sum(one.gets)
        print(f"{one.name:28} {points!s:>8}  {one.does}")
    print(f"{len(corpus())} hand-ins, {sum(one.honest for one in corpus())} of them only noisy.")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
