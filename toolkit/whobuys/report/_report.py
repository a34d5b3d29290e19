"""A report being made: its sections one after the other, and its results at the end."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from whobuys.report._analysis import Analysis
from whobuys.report._material import Material
from whobuys.report._outline import outline_of_sections
from whobuys.report._reports import REPORTS
from whobuys.report._results import MIME, figures_of, results_of, write_results
from whobuys.report._say import day
from whobuys.report._section import Number, Section, Writer, plain
from whobuys.report._settings import Settings, parameters_of, read_settings
from whobuys.report._sources import find_material
from whobuys.report._words import Words


def start_report(name: str, space: Mapping[str, Any] | None = None) -> Report:
    """Begin a report in a notebook: read the parameters, then the data.

    Parameters
    ----------
    name : str
        Such as "customer_analysis".
    space : mapping, optional
        ``vars()`` of the notebook: the parameters are taken from it. Also a plain dict.

    Returns
    -------
    Report
        Ready to write its sections.

    Raises
    ------
    ValueError
        There is no such report, a parameter is unknown or impossible, or data are missing: one
        message with all faults.

    Examples
    --------
    >>> report = start_report("customer_analysis", {"company": "littlehands"})
    >>> report.section("introduction").heading
    'Introduction'
    """
    if name not in REPORTS:
        raise ValueError(f"There is no report {name!r}. There are: {', '.join(REPORTS)}.")
    settings = read_settings(parameters_of(space or {}))
    return Report(name, find_material(settings), settings)


class Report:
    """One report on one company; `start_report` begins it.

    As the last line of a cell it says what was read.

    Parameters
    ----------
    name : str
        Which report.
    material : Material
        The data.
    settings : Settings
        How to count.
    """

    def __init__(self, name: str, material: Material, settings: Settings) -> None:
        self.name, self.settings = name, settings
        self.words = Words(settings.lang, name)
        self.analysis = Analysis(material, settings)
        self._written: dict[str, Section] = {}

    @property
    def material(self) -> Material:
        """The data the report is about."""
        return self.analysis.material

    @property
    def sections(self) -> list[str]:
        """Names of the sections in their order."""
        return list(REPORTS[self.name])

    def section(self, name: str) -> Section:
        """Write one section.

        Parameters
        ----------
        name : str
            One of `sections`.

        Returns
        -------
        Section
            Shows itself as the last line of a cell.

        Raises
        ------
        ValueError
            There is no such section.
        """
        if name not in REPORTS[self.name]:
            raise ValueError(
                f"The report {self.name} has no section {name!r}. It has: "
                f"{', '.join(self.sections)}."
            )
        writer = Writer(self.words, name)
        REPORTS[self.name][name](self.analysis, writer, self.words)
        limit = self.words.section(name).get("limit")
        if limit:
            writer.part(self.words.common("shared", "limit").format(text=limit))
        self._written[name] = writer.made
        return writer.made

    def results(self) -> dict[str, Any]:
        """Return the results of all sections; those not yet written are written now.

        Returns
        -------
        dict
            Schema and version, what it is about, each figure with its tolerance, what was left
            out and why.
        """
        numbers: list[Number] = []
        left_out = {}
        for name in self.sections:
            section = self._written.get(name) or self.section(name)
            numbers += section.numbers
            left_out[name] = section.left_out
        material, settings = self.material, self.settings
        about = {
            "title": material.title,
            "source": material.source,
            "customer_type": material.customer_type,
            "start": f"{material.start:%Y-%m-%d}",
            "end": f"{material.end:%Y-%m-%d}",
            "currency": material.currency,
            "k": settings.k,
            "grade_cuts": list(settings.grade_cuts),
            "answer_days": settings.answer_days,
            "hour_cost": settings.hour_cost,
            "lang": settings.lang,
        }
        return results_of(self.name, about, numbers, left_out)

    def finish(self, path: str | Path | None = None) -> Results:
        """Write the results file.

        Parameters
        ----------
        path : str or pathlib.Path, optional
            Where to; by default what the parameters say.

        Returns
        -------
        Results
            Shows itself as a table.
        """
        where = path or self.settings.results or f"{self.name}_results.json"
        file = write_results(self.results(), where)
        return Results(self.results(), file, self.words)

    def outline(self) -> pd.DataFrame:
        """Return what has been written so far: one row a sub-head.

        Returns
        -------
        pandas.DataFrame
            ``section``, ``title``, ``part``, ``says``, ``letters`` under the sub-head;
            ``own_words`` is missing: those stand in text cells, which a report cannot see.
        """
        written = [self._written[name] for name in self.sections if name in self._written]
        return outline_of_sections(written, self.words)

    def _ipython_display_(self) -> None:
        from IPython.display import Markdown, display

        material, words = self.material, self.words
        lines = [
            words.common("shared", "read").format(
                title=material.title,
                orders=len(self.analysis.orders),
                buyers=len(self.analysis.buyers),
                start=day(material.start),
                end=day(material.end),
            )
        ]
        lines += [f"- {plain(said)}" for said in self.notes()]
        display(Markdown("\n".join([lines[0], "", *lines[1:]])))

    def notes(self) -> list[str]:
        """Say what a reader should know before reading: mapping, left out, not translated."""
        words, found = self.words, []
        for table, names in self.material.as_map.items():
            pairs = ", ".join(f"{ours} ← {theirs}" for ours, theirs in names.items())
            found.append(words.common("shared", "mapped").format(table=table, pairs=pairs))
        found += self.material.left_out
        if words.in_english:
            headings = [str(words.section(name)["heading"]) for name in words.in_english]
            found.append(words.common("shared", "english").format(names=", ".join(headings)))
        return found


class Results:
    """The results of a report as a table; made by `Report.finish`.

    Attributes
    ----------
    results : dict
        What stands in the file.
    file : pathlib.Path
        The file.
    """

    def __init__(self, results: dict[str, Any], file: Path, words: Words) -> None:
        self.results, self.file, self._words = results, file, words

    @property
    def table(self) -> pd.DataFrame:
        """One row a figure."""
        return pd.DataFrame(self.results["figures"])

    @property
    def counted(self) -> pd.DataFrame:
        """The table, each figure with what it was counted from: company, days and settings."""
        return figures_of(self.results)

    def _ipython_display_(self) -> None:
        from IPython.display import display

        display({MIME: self.results, "text/markdown": self.as_markdown()}, raw=True)

    def as_markdown(self) -> str:
        """Return the table with a line about the file."""
        words = self._words
        lines = [
            words.common("shared", "file").format(
                file=f"`{self.file.name}`", count=len(self.results["figures"])
            )
        ]
        if left := self.results["left_out"]:
            names = [_empty_heads(words, name, subs) for name, subs in left.items()]
            lines.append(words.common("shared", "left_out").format(names="; ".join(names)))
        writer = Writer(words, self.results["report"] and words.sections[0])
        shown = self.table.rename(columns={"name": "figure"})
        shown["section"] = [str(words.section(name)["heading"]) for name in shown["section"]]
        shown["figure"] = [words.common("numbers", name) for name in shown["figure"]]
        shown = shown[["section", "figure", "of", "value", "unit", "tolerance"]]
        writer.table(shown, {"value": _number, "tolerance": _number})
        return "\n\n".join([*lines, str(writer.made.parts[0])])

    def __repr__(self) -> str:
        return json.dumps(self.results, ensure_ascii=False)[:200]


def _empty_heads(words: Words, name: str, subs: Iterable[str]) -> str:
    """Name the sub-heads of a section that the data could not fill: only they have no figure."""
    section = words.section(name)
    heads = [plain(str(section["subs"][sub]["heading"])) for sub in subs]
    return f"{plain(str(section['heading']))} ({', '.join(heads)})"


def _number(value: float) -> str:
    return f"{value:,.0f}" if float(value).is_integer() else f"{value:,.4f}".rstrip("0")
