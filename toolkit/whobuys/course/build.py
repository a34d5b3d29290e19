"""Build every notebook of the course from its text in `course/`.

    python3 start.py course                  build everything
    python3 start.py course 05_rfm           build one unit (or: reports)
    python3 start.py course --check          write nothing; fail if a notebook is not up to date
    python3 start.py course --po 05_rfm      make or refresh the Chinese catalogue of a unit

One unit is one folder, `course/05_rfm/`:

    lesson.md     ->  notebooks/05_rfm.ipynb
    exercise.md   ->  exercises/05_rfm.ipynb (with blanks)  and  solutions/05_rfm.ipynb
    zh.po         ->  the same three in notebooks/zh/, exercises/zh/, solutions/zh/
    facts.py      numbers the text quotes         quiz.yml      the quiz

and `course/reports/NAME.md` becomes `notebooks/reports/NAME.ipynb`.

A source is MyST notebook text. Every cell has a name, which becomes its id:

    ---
    kernelspec: {name: python3, display_name: Python 3 (ipykernel), language: python}
    ---

    +++ {"name": "title"}

    # Whom should the teahouse call?

    {{ once:.0%}} of its {{ buyers:,}} buyers came once.

    ```{code-cell} python
    :name: days
    :tags: [parameters]
    days = 365
    ```

    +++ {"name": "quiz"}

    {{ quiz }}

Cell options are `name`, `tags` and `alt` (the alternative text of a code cell's figure; an
exercise does not show it where something is blanked).

**Solutions** stand in `exercise.md`. A line that ends with `# solution` has its statement blanked
in the exercise (`rfm = ...`, `return ...`, or nothing; see `_blanks.py`). The tag `solution` blanks
a whole code cell but its leading comments and last name, and leaves a Markdown cell out:

    ```{code-cell} python
    :name: q1
    # One row a customer.
    rfm = rfm_table(transactions, as_of=as_of)  # solution
    check.q1(rfm)
    ```

    +++ {"name": "q1-why", "tags": ["solution"]}

    Count from the day the list is drawn, not from today.

**Facts**: `facts.py` has a function `facts()` that returns a dict. `{{ name }}` puts a value into
Markdown, the quiz or an `alt`, `{{ name:.0%}}` and `{{ name:,.0f}}` round it.

**Quiz**: `quiz.yml` is a list of questions; the line `{{ quiz }}`, alone, shows them:

    - id: warm
      question: Who gets a 5 for recency?
      options:
        - text: Whoever bought last week
          feedback: Fewer days since the last purchase is warmer.
          right: true
        - text: Whoever bought most often
          feedback: That is frequency.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from whobuys.course._facts import fill
from whobuys.course._folder import LANGUAGES, REPORTS, Page, Unit, each, read_unit
from whobuys.course._notebook import for_kind, notebook_bytes
from whobuys.course._quiz import QUIZ_LINE, render_quiz
from whobuys.course._source import BuildError, Cell, nearest, where
from whobuys.course._translate import Catalogue, refresh_catalogue, translate_cell

__all__ = ["BuildError", "build", "check", "main", "write"]

UNIT = re.compile(r"\d\d_[a-z0-9_]+")
SHELVES = ("notebooks", "exercises", "solutions")
SHELF = {"lesson": "notebooks", "exercise": "exercises", "solution": "solutions"}
COMMAND = "python3 start.py course"


_Made = tuple[Unit, dict[Path, bytes]]


def build(root: Path, units: Iterable[str] | None = None) -> dict[Path, bytes]:
    """Build notebooks in memory.

    Parameters
    ----------
    root
        The folder that holds `course/`.
    units
        Names such as `05_rfm`, or `reports`; all of them by default.

    Returns
    -------
    dict
        For each notebook its path, relative to `root`, and its bytes: the same on every run and
        machine.

    Raises
    ------
    BuildError
        With every problem of every unit asked for, each naming file, cell and mend.
    """
    return _joined(_made(root, units))


def write(root: Path, built: dict[Path, bytes], *, full: bool = False) -> list[str]:
    """Write built notebooks where they differ from what is there.

    Parameters
    ----------
    root
        The folder that holds `course/`.
    built
        What `build` returned.
    full
        `built` is the whole course: remove built notebooks that no longer have a source.
        A notebook that the build did not make is never removed.

    Returns
    -------
    list of str
        One line for each file written or removed.
    """
    lines = []
    for path, content in sorted(built.items()):
        target = root / path
        if not target.exists() or target.read_bytes() != content:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
            lines.append(f"wrote     {path.as_posix()}")
    for path, source in _leftovers(root, built) if full else ():
        if source is not None:
            (root / path).unlink()
            lines.append(f"removed   {path.as_posix()} (nothing builds it from {source} any more)")
    return lines


def check(root: Path, built: dict[Path, bytes], *, full: bool = True) -> list[str]:
    """Say which notebooks are not what the build makes; an empty list is good.

    Parameters
    ----------
    root
        The folder that holds `course/`.
    built
        What `build` returned.
    full
        `built` is the whole course: look for notebooks without a source too.

    Returns
    -------
    list of str
        One line a notebook, with the source to edit and the command to run.
    """
    lines = []
    for path, content in sorted(built.items()):
        target = root / path
        source = json.loads(content)["metadata"]["whobuys"]["source"]
        if not target.exists():
            lines.append(f"{path.as_posix()}: is missing; run: {COMMAND}")
        elif target.read_bytes() != content:
            lines.append(
                f"{path.as_posix()}: differs from its source; edit {source}, then run: {COMMAND}"
            )
    for path, gone in _leftovers(root, built) if full else ():
        if gone is None:
            lines.append(f"{path.as_posix()}: the build did not make it; move it elsewhere")
        else:
            lines.append(
                f"{path.as_posix()}: nothing builds it from {gone} any more; run: {COMMAND}"
            )
    return lines


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; 0 is good, 1 is a problem, 2 a wrong call."""
    parser = argparse.ArgumentParser(
        prog=COMMAND, description="Build the notebooks from the sources in course/."
    )
    parser.add_argument("units", nargs="*", metavar="unit", help="05_rfm, ... or reports")
    parser.add_argument("--check", action="store_true", help="write nothing, fail on differences")
    parser.add_argument("--po", action="store_true", help="make or refresh zh.po of these units")
    parser.add_argument("--root", type=Path, default=None, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    root = options.root or _root()
    units = [Path(unit).name for unit in options.units] or None
    if options.po and options.check:
        parser.error("--po writes catalogues, --check writes nothing: choose one")
    try:
        if options.po:
            return _refresh(root, units)
        made = _made(root, units)
    except BuildError as error:
        return _report(error.problems, "nothing was written")
    built = _joined(made)
    if options.check:
        for line in _coverage(unit for unit, _ in made):
            print(line)
        if problems := check(root, built, full=units is None):
            return _report(problems, "nothing was written")
        print(f"{len(built)} notebooks are up to date.")
        return 0
    lines = write(root, built, full=units is None)
    written = sum(line.startswith("wrote") for line in lines)
    for line in lines:
        print(line)
    print(f"{written} written, {len(built) - written} unchanged.")
    return 0


def _report(problems: list[str], end: str) -> int:
    for problem in problems:
        print(problem, file=sys.stderr)
    count = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
    print(f"{count}; {end}.", file=sys.stderr)
    return 1


def _root() -> Path:
    checkout = Path(__file__).resolve().parents[3]
    return checkout if (checkout / "course").is_dir() else Path.cwd()


def _made(root: Path, names: Iterable[str] | None) -> list[_Made]:
    """Read and build the units asked for."""

    def make(name: str) -> _Made:
        unit = read_unit(root, name)
        return unit, _notebooks(unit)

    return each(_chosen(root, names), make)


def _joined(made: Iterable[_Made]) -> dict[Path, bytes]:
    return {path: content for _, notebooks in made for path, content in notebooks.items()}


def _chosen(root: Path, units: Iterable[str] | None) -> list[str]:
    known, problems = [], []
    for folder in sorted((root / "course").glob("*/")):
        sources = [name for name in ("lesson.md", "exercise.md") if (folder / name).exists()]
        if folder.name == REPORTS:
            known += [REPORTS] if any(folder.glob("*.md")) else []
        elif UNIT.fullmatch(folder.name):
            known += [folder.name] if sources else []
        elif sources:
            problems.append(
                f"course/{folder.name}: name the folder with two digits and lower-case words, "
                "such as 05_rfm"
            )
    if units is None:
        if problems:
            raise BuildError(problems)
        if not known:
            raise BuildError(f"no lesson.md or exercise.md in any folder of {root / 'course'}")
        return known
    chosen = list(dict.fromkeys(units))
    for unit in chosen:
        if unit not in known:
            problems.append(
                f'no unit is called "{unit}"{nearest(unit, known)}; '
                f"units: {', '.join(known) or 'none yet'}"
            )
    if problems:
        raise BuildError(problems)
    return chosen


def _notebooks(unit: Unit) -> dict[Path, bytes]:
    """Build the notebooks of one unit in every language it has."""
    built: dict[Path, bytes] = {}
    finished = each(
        [(page, language) for language in ("en", *unit.catalogues) for page in unit.pages],
        lambda pair: (*pair, each(pair[0].cells, lambda cell: _finished(unit, *pair, cell))),
    )
    for page, language, cells in finished:
        for kind in ("exercise", "solution") if page.kind == "exercise" else (page.kind,):
            about = _about(page, kind, language)
            with where(page.source.as_posix()):
                content = notebook_bytes(for_kind(cells, kind), about)
            built[_path(page, kind, language)] = content
    return built


def _about(page: Page, kind: str, language: str) -> dict[str, str]:
    source = page.source.as_posix()
    return {
        "generated": f"Built from {source}. Edit that file and run: {COMMAND}",
        "kind": kind,
        "lang": LANGUAGES.get(language, language),
        "source": source,
        "unit": page.source.stem if kind == "report" else page.unit,
    }


def _path(page: Page, kind: str, language: str) -> Path:
    if kind == "report":
        return Path("notebooks", REPORTS, f"{page.source.stem}.ipynb")
    below = [] if language == "en" else [language]
    return Path(SHELF[kind], *below, f"{page.unit}.ipynb")


def _finished(unit: Unit, page: Page, language: str, cell: Cell) -> Cell:
    """Translate one cell, put the quiz in, and then the facts."""
    catalogue = unit.catalogues.get(language)
    place = f"{page.source.as_posix()}: {cell.place}"
    with where(place if catalogue is None else f"{place}, {language}.po"):
        if catalogue is not None:
            cell = translate_cell(cell, catalogue)
        if cell.alt is not None:
            cell = replace(cell, alt=fill(cell.alt, unit.facts))
        if cell.kind == "markdown":
            text = _with_quiz(cell.source, unit, language, catalogue)
            cell = replace(cell, source=fill(text, unit.facts))
        return cell


def _with_quiz(text: str, unit: Unit, language: str, catalogue: Catalogue | None) -> str:
    if not (found := QUIZ_LINE.search(text)):
        return text
    before, after = text[: found.start()], text[found.end() :]
    if QUIZ_LINE.search(after):
        raise BuildError("{{ quiz }} stands here twice; once is enough")
    if not unit.quiz:
        raise BuildError(f"there is no quiz to show; write {unit.folder.as_posix()}/quiz.yml")
    if (before and not before.endswith("\n\n")) or (after and not after.startswith("\n\n")):
        raise BuildError("put an empty line before and after {{ quiz }}")
    translate = catalogue.get if catalogue is not None else str
    return before + render_quiz(unit.quiz, LANGUAGES.get(language, "en"), translate) + after


def _leftovers(root: Path, built: dict[Path, bytes]) -> Iterator[tuple[Path, str | None]]:
    """Find notebooks on our shelves that were not built, with the source they name, if any."""
    below = ("", REPORTS, *LANGUAGES)
    for folder in (Path(shelf, part) for shelf in SHELVES for part in below):
        for path in sorted((root / folder).glob("*.ipynb")):
            relative = path.relative_to(root)
            if relative not in built:
                try:
                    about = json.loads(path.read_bytes())["metadata"]["whobuys"]
                    # A copy somebody made of a built notebook is theirs.
                    yield relative, about["source"] if about["unit"] == path.stem else None
                except (ValueError, KeyError, TypeError):
                    yield relative, None


def _coverage(units: Iterable[Unit]) -> Iterator[str]:
    """Say how much of each catalogue is still to be translated."""
    for unit in units:
        for language, catalogue in unit.catalogues.items():
            place = (unit.folder / f"{language}.po").as_posix()
            yield f"{place}: {catalogue.coverage(unit.messages())}"


def _refresh(root: Path, units: list[str] | None) -> int:
    """Make or refresh catalogues; all units that have one when none is named."""
    for unit in each(_chosen(root, units), partial(read_unit, root)):
        for language, code in LANGUAGES.items() if unit.name != REPORTS else ():
            path = root / unit.folder / f"{language}.po"
            if units is None and not path.exists():
                continue
            content, summary = refresh_catalogue(path, unit.messages(), code)
            changed = not path.exists() or path.read_bytes() != content
            if changed:
                path.write_bytes(content)
            place = (unit.folder / path.name).as_posix()
            print(f"{'wrote' if changed else 'unchanged':<10}{place}: {summary}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
