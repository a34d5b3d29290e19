"""The customer archive: records, their fields, their faults, their numbers, and who may see them.

Plain DataFrames in and out; the input is never changed.

- `FIELDS`: the catalogue of fields: record type, group, source, purpose, who may see it;
- `Rule`, `standard_form`, `broken_rules`: what may stand in a field, as a form that can be tested;
- `is_missing`, `normalise`: what counts as a gap, and when two spellings are one;
- `quality_report`: missing, invalid, repeated, field by field;
- `same_person`, `duplicates`, `merge_duplicates`: who is who, with a log of what was joined;
- `outliers`, `clean`: every change written down, outliers flagged and kept;
- `number_customers`, `check_number`: archive numbers with a check digit;
- `pseudonymise`, `minimise`: names replaced by codes; fields without a purpose left out;
- `archive_card`: one customer on one page.
"""

from whobuys.archive._card import ArchiveCard, archive_card
from whobuys.archive._clean import clean, outliers
from whobuys.archive._duplicates import duplicates, merge_duplicates, same_person
from whobuys.archive._fields import FIELDS
from whobuys.archive._normalise import MISSING, is_missing, normalise
from whobuys.archive._numbers import check_number, number_customers
from whobuys.archive._privacy import minimise, pseudonymise
from whobuys.archive._quality import quality_report
from whobuys.archive._rules import Rule, broken_rules, standard_form

__all__ = [
    "FIELDS",
    "MISSING",
    "ArchiveCard",
    "Rule",
    "archive_card",
    "broken_rules",
    "check_number",
    "clean",
    "duplicates",
    "is_missing",
    "merge_duplicates",
    "minimise",
    "normalise",
    "number_customers",
    "outliers",
    "pseudonymise",
    "quality_report",
    "same_person",
    "standard_form",
]
