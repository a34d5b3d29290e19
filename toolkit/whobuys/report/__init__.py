"""Reports: a company's tables, or your own, become sections of text, tables and figures.

- `start_report`, `Report`, `Section`, `REPORTS`: begin a report, write it section by section;
- `Settings`, `read_settings`: the parameters, and one clear error for all that is wrong;
- `Material`, `find_material`, `from_case`: what a report is made from;
- `map_columns`, `read_file`: which column of your own file is which;
- `look_through`, `on_one_line`: can what was given be read? asked before a report is run;
- `check_report`, `ReportCheck`, `Finding`: is a report that was handed in whole, and right?
- `outline_of`: what stands in a notebook under each heading of a report;
- `Results`, `write_results`, `read_results`, `figures_of`: the figures with their tolerances.

- `report_title`, `report_word`, `is_translated`: words, which stand in one file a language
  (`words_en.yml`); what a language lacks is shown in English, section by section.
"""

# The names are imported when they are asked for: a wrong file should be told before the charts and
# methods are loaded, which takes many times as long as to read it.

from typing import TYPE_CHECKING, Any

from whobuys._lazy import import_name

if TYPE_CHECKING:
    from whobuys.report._check import Finding, ReportCheck, check_report
    from whobuys.report._material import Material, from_case
    from whobuys.report._outline import outline_of
    from whobuys.report._own import map_columns, read_file
    from whobuys.report._report import Report, Results, start_report
    from whobuys.report._reports import REPORTS
    from whobuys.report._results import figures_of, read_results, write_results
    from whobuys.report._section import Number, Section
    from whobuys.report._settings import Settings, on_one_line, read_settings
    from whobuys.report._sources import find_material, look_through
    from whobuys.report._words import is_translated, report_title, report_word

__all__ = [
    "REPORTS",
    "Finding",
    "Material",
    "Number",
    "Report",
    "ReportCheck",
    "Results",
    "Section",
    "Settings",
    "check_report",
    "figures_of",
    "find_material",
    "from_case",
    "is_translated",
    "look_through",
    "map_columns",
    "on_one_line",
    "outline_of",
    "read_file",
    "read_results",
    "read_settings",
    "report_title",
    "report_word",
    "start_report",
    "write_results",
]
_PLACES = {
    "REPORTS": "_reports",
    "Finding": "_check",
    "Material": "_material",
    "Number": "_section",
    "Report": "_report",
    "ReportCheck": "_check",
    "Results": "_report",
    "Section": "_section",
    "Settings": "_settings",
    "check_report": "_check",
    "figures_of": "_results",
    "find_material": "_sources",
    "from_case": "_material",
    "is_translated": "_words",
    "look_through": "_sources",
    "map_columns": "_own",
    "on_one_line": "_settings",
    "outline_of": "_outline",
    "read_file": "_own",
    "read_results": "_results",
    "read_settings": "_settings",
    "report_title": "_words",
    "report_word": "_words",
    "start_report": "_report",
    "write_results": "_results",
}


def __getattr__(name: str) -> Any:
    """Import a public name when it is first asked for."""
    return import_name(__name__, _PLACES, name)
