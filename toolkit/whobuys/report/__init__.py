"""Reports: a company's tables, or your own, become sections of text, tables and figures.

- `start_report`, `Report`, `Section`, `REPORTS`: begin a report, write it section by section;
- `Settings`, `read_settings`: the parameters, and one clear error for all that is wrong;
- `Material`, `find_material`, `from_case`: what a report is made from;
- `map_columns`, `read_file`: which column of your own file is which;
- `check_report`, `ReportCheck`, `Finding`: is a report that was handed in whole, and right?
- `outline_of`: what stands in a notebook under each heading of a report;
- `Results`, `write_results`, `read_results`, `figures_of`: the figures with their tolerances.

- `report_title`, `report_word`, `is_translated`: words, which stand in one file a language
  (`words_en.yml`); what a language lacks is shown in English, section by section.
"""

from whobuys.report._check import Finding, ReportCheck, check_report
from whobuys.report._material import Material, from_case
from whobuys.report._outline import outline_of
from whobuys.report._own import map_columns, read_file
from whobuys.report._report import Report, Results, start_report
from whobuys.report._reports import REPORTS
from whobuys.report._results import figures_of, read_results, write_results
from whobuys.report._section import Number, Section
from whobuys.report._settings import Settings, read_settings
from whobuys.report._sources import find_material
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
    "map_columns",
    "outline_of",
    "read_file",
    "read_results",
    "read_settings",
    "report_title",
    "report_word",
    "start_report",
    "write_results",
]
