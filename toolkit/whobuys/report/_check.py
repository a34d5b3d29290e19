"""Check a report that was handed in: its sections, the student's words, its figures."""

from __future__ import annotations

import difflib
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import nbformat

from whobuys.market import Case
from whobuys.report._material import from_case, in_period
from whobuys.report._outline import (
    LEAST_LETTERS,
    LEAST_WORDS,
    Found,
    count_own,
    key_of,
    letters,
    read_sections,
    text_of,
)
from whobuys.report._report import REPORTS, Report
from whobuys.report._results import MIME, read_results
from whobuys.report._settings import Settings, read_settings
from whobuys.report._words import Words

MOST_NAMED = 8
KEPT = ("k", "grade_cuts", "answer_days", "hour_cost", "lang")


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong with a report.

    Attributes
    ----------
    kind : str
        "section", "sub-head", "empty", "words", "figure", "results" or "error".
    section : str
        Name of the section, or "".
    says : str
        What a student should read.
    """

    kind: str
    section: str
    says: str


@dataclass(frozen=True)
class ReportCheck:
    """What a check of a report found.

    Attributes
    ----------
    report : str
        Which report.
    findings : list of Finding
        What is wrong, in the order of the report.
    sections, sections_right : int
        Sections there should be; those whole, with the student's own words.
    figures, figures_right : int
        Figures there should be; those that agree.
    """

    report: str
    findings: list[Finding] = field(default_factory=list)
    sections: int = 0
    sections_right: int = 0
    figures: int = 0
    figures_right: int = 0

    @property
    def passed(self) -> bool:
        """True when nothing was found."""
        return not self.findings


def check_report(
    notebook: str | Path | Mapping[str, Any],
    case: Case,
    *,
    report: str,
    results: str | Path | Mapping[str, Any] | None = None,
    least_words: int = LEAST_WORDS,
    starter: str | Path | Mapping[str, Any] | None = None,
) -> ReportCheck:
    """Check an executed report against the case it should be about.

    Parameters
    ----------
    notebook : str, pathlib.Path or mapping
        The executed notebook, or its path.
    case : Case
        The student's case: every figure is computed from it again.
    report : str
        Such as "customer_analysis".
    results : str, pathlib.Path or mapping, optional
        The results file; by default the results in the output of the notebook's last cell.
    least_words : int
        Own words a section needs at least; two Chinese characters count as one.
    starter : str, pathlib.Path or mapping, optional
        The notebook as it was given out. Five words in a row that stand there are not one's own,
        so that a prompt that has lost its grey line counts for nothing.

    Returns
    -------
    ReportCheck
        The findings in plain words, and how many sections and figures are right.

    Raises
    ------
    ValueError
        There is no such report, or the file is no notebook.

    Notes
    -----
    Nothing the notebook says of itself is believed but the settings of the analysis (period, k,
    cut-offs), which are checked like parameters. The tolerances are those of the recomputation.
    """
    if report not in REPORTS:
        raise ValueError(f"There is no report {report!r}. There are: {', '.join(REPORTS)}.")
    cells = _cells(notebook)
    findings = [Finding("error", "", f"A cell stopped: {said}") for said in _errors(cells)]
    given, said = _handed_in(cells, results)
    findings += [Finding("results", "", said)] if said else []
    settings, wrong = _settings(given, report)
    findings += [Finding("results", "", text) for text in wrong]
    try:
        made = Report(report, in_period(from_case(case), settings.days), settings)
    except ValueError as error:
        findings.append(Finding("results", "", str(error)))
        made = Report(report, from_case(case), Settings(lang=settings.lang))
    expected = {name: made.section(name) for name in made.sections}
    there = read_sections(cells, report, (made.settings.lang, "en"))
    given_out = "" if starter is None else text_of(_cells(starter))
    right = 0
    for name, section in expected.items():
        stands = there.get(name)
        own = 0 if stands is None else count_own(stands.own, given_out)
        found = _section_findings(name, section.heads, made.words, stands, own, least_words)
        right += not found
        findings += found
    numbers = [number for section in expected.values() for number in section.numbers]
    wrong_figures, good = _figure_findings(numbers, given, made)
    findings += wrong_figures
    return ReportCheck(report, findings, len(expected), right, len(numbers), good)


def _cells(notebook: str | Path | Mapping[str, Any]) -> list[Mapping[str, Any]]:
    if isinstance(notebook, Mapping):
        return list(notebook["cells"])
    try:
        return list(nbformat.read(notebook, as_version=4).cells)
    except Exception as error:
        raise ValueError(f"{notebook} is no notebook: {error}") from None


def _errors(cells: list[Mapping[str, Any]]) -> Iterator[str]:
    for cell in cells:
        for output in cell.get("outputs", ()):
            if output.get("output_type") == "error":
                yield f"{output.get('ename', '')}: {output.get('evalue', '')}"[:400]


def _handed_in(
    cells: list[Mapping[str, Any]], results: str | Path | Mapping[str, Any] | None
) -> tuple[dict[str, Any] | None, str]:
    if results is None:
        for cell in reversed(cells):
            for output in cell.get("outputs", ()):
                if MIME in output.get("data", {}):
                    results = output["data"][MIME]
        if results is None:
            return None, "The report has no results: run its last cell, report.finish()."
    try:
        return read_results(results), ""
    except ValueError as error:
        return None, str(error)


def _settings(given: dict[str, Any] | None, report: str) -> tuple[Settings, list[str]]:
    if given is None:
        return Settings(), []
    wrong = []
    if given.get("report") != report:
        wrong.append(f"The results are those of another report: {given.get('report')!r}.")
    about = given.get("about")
    about = about if isinstance(about, Mapping) else {}
    wanted = {name: about[name] for name in KEPT if name in about}
    if "start" in about and "end" in about:
        wanted["period"] = f"{about['start']}/{about['end']}"
    try:
        return read_settings(wanted), wrong
    except ValueError as error:
        return Settings(), [*wrong, str(error)]


def _section_findings(
    name: str, heads: list[str], words: Words, there: Found | None, count: int, least: int
) -> list[Finding]:
    title = str(words.section(name)["heading"])
    if there is None:
        return [Finding("section", name, f"The section “{title}” is missing.")]
    findings = []
    titles = words.heads(name)
    for head in dict.fromkeys(heads):
        keys = [key_of(said) for said in titles[head]]
        texts = [there.subs[key] for key in keys if key in there.subs]
        if not texts:
            near = difflib.get_close_matches(keys[0], list(there.subs), n=1, cutoff=0.7)
            hint = f" Is it the one you call “{near[0]}”?" if near else ""
            findings.append(
                Finding(
                    "sub-head",
                    name,
                    f"In the section “{title}” the sub-head “{titles[head][0]}” is missing.{hint}",
                )
            )
        elif max(map(letters, texts)) < LEAST_LETTERS:
            findings.append(
                Finding(
                    "empty",
                    name,
                    f"In the section “{title}” nothing stands under “{titles[head][0]}”.",
                )
            )
    if count < least:
        said = "no words of your own" if count == 0 else f"{count} words of your own"
        findings.append(
            Finding(
                "words",
                name,
                f"The section “{title}” has {said}; write at least {least} below the grey line.",
            )
        )
    return findings


def _figure_findings(
    numbers: list, given: dict[str, Any] | None, made: Report
) -> tuple[list[Finding], int]:
    if given is None:
        return [], 0
    theirs = {(f["section"], f["name"], f["of"]): f["value"] for f in given["figures"]}
    findings, good, missing = [], 0, []
    for number in numbers:
        key = (number.section, number.name, number.of)
        title = str(made.words.section(number.section)["heading"])
        said = made.words.common("numbers", number.name)
        said = f"{said} ({number.of})" if number.of else said
        if key not in theirs:
            missing.append(Finding("figure", number.section, f"“{title}”: {said} is missing."))
        elif not _agrees(theirs[key], number.value, number.tolerance):
            findings.append(
                Finding(
                    "figure",
                    number.section,
                    f"“{title}”: {said} is {theirs[key]:,} in your results; from your tables it is "
                    f"{number.value:,}.",
                )
            )
        else:
            good += 1
    if len(missing) > MOST_NAMED:
        more = len(missing) - MOST_NAMED
        missing = [
            *missing[:MOST_NAMED],
            Finding("figure", "", f"{more} more figures are missing from the results."),
        ]
    return findings + missing, good


def _agrees(theirs: float, ours: float, tolerance: float) -> bool:
    return math.isfinite(theirs) and abs(theirs - ours) <= tolerance + 1e-6 * max(1.0, abs(ours))
