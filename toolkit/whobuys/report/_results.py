"""The results file: every figure of a report with its tolerance, for people and programs."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pandas as pd

from whobuys.report._section import Number

SCHEMA = "whobuys-report-results"
VERSION = 1
MIME = "application/vnd.whobuys.report-results+json"
KEYS: dict[str, type | tuple[type, ...]] = {
    "section": str,
    "name": str,
    "of": str,
    "value": (int, float),
    "unit": str,
    "tolerance": (int, float),
}
MOST = 2_000


def results_of(
    report: str,
    about: Mapping[str, Any],
    numbers: Sequence[Number],
    left_out: Mapping[str, Mapping[str, str]],
) -> dict[str, Any]:
    """Put the results of a report together.

    Parameters
    ----------
    report : str
        Name of the report.
    about : mapping
        Company, period, settings.
    numbers : sequence of Number
        The figures.
    left_out : mapping
        By section, the sub-heads the data could not fill, each with the reason.

    Returns
    -------
    dict
        Schema and version, then all of it; ready for JSON.
    """
    return {
        "schema": SCHEMA,
        "version": VERSION,
        "report": report,
        "about": dict(about),
        "figures": [asdict(number) for number in numbers],
        "left_out": {name: dict(subs) for name, subs in left_out.items() if subs},
    }


def figures_of(results: Mapping[str, Any]) -> pd.DataFrame:
    """Return results as one table.

    Parameters
    ----------
    results : mapping
        From `results_of` or `read_results`.

    Returns
    -------
    pandas.DataFrame
        One row a figure, as in the file; then, the same in each row, ``report``, ``company``,
        ``start``, ``end``, ``k``, ``grade_cuts`` and ``answer_days``.
    """
    about = results["about"]
    return pd.DataFrame(results["figures"], columns=list(KEYS)).assign(
        report=results["report"],
        company=about["source"],
        start=about["start"],
        end=about["end"],
        k=about["k"],
        grade_cuts=", ".join(f"{cut:g}" for cut in about["grade_cuts"]),
        answer_days=about["answer_days"],
    )


def write_results(results: Mapping[str, Any], path: str | Path) -> Path:
    """Write the results file; the same results give the same bytes.

    Parameters
    ----------
    results : mapping
        From `results_of`.
    path : str or pathlib.Path
        Where to.

    Returns
    -------
    pathlib.Path
        The file.
    """
    file = Path(path)
    file.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps(results, ensure_ascii=False, indent=1, allow_nan=False)
    file.write_text(f"{text}\n", encoding="utf-8")
    return file


def read_results(source: str | Path | Mapping[str, Any]) -> dict[str, Any]:
    """Read results that somebody handed in, and believe nothing of them.

    Parameters
    ----------
    source : str, pathlib.Path or mapping
        The file, or what it holds.

    Returns
    -------
    dict
        As `results_of` makes it.

    Raises
    ------
    ValueError
        It is not such a file: which part is not as it must be.
    """
    if not isinstance(source, Mapping):
        try:
            source = json.loads(Path(source).read_text(encoding="utf-8"))
        except FileNotFoundError:
            raise ValueError(
                f"There is no results file {source}. Run the report's last cell."
            ) from None
        except (ValueError, RecursionError, OSError):
            raise ValueError(
                f"The results file {source} is no JSON. Run the last cell again."
            ) from None
    if not isinstance(source, Mapping) or source.get("schema") != SCHEMA:
        raise ValueError(f'This is no results file of a report: "schema" must be "{SCHEMA}".')
    if source.get("version") != VERSION:
        raise ValueError(
            f"The results file has version {source.get('version')!r}, not {VERSION}: run the "
            "report again with this version of the course."
        )
    figures = source.get("figures")
    if not isinstance(figures, list) or len(figures) > MOST:
        raise ValueError(f"The results file must hold a list of up to {MOST:,} figures.")
    for place, figure in enumerate(figures, start=1):
        if not isinstance(figure, Mapping) or not all(
            isinstance(figure.get(key), kind) and not isinstance(figure.get(key), bool)
            for key, kind in KEYS.items()
        ):
            raise ValueError(f"Figure {place} of the results file lacks one of {', '.join(KEYS)}.")
    return dict(source)
