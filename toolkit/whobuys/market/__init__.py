"""Invented companies: a description and a seed become tables with known truth."""

from ._case import Case, market
from ._company import Company, companies, load_company
from ._files import read_case, write_tables
from ._package import write_package
from ._places import datasets_folder
from ._truth import Truth, truth

__all__ = [
    "Case",
    "Company",
    "Truth",
    "companies",
    "datasets_folder",
    "load_company",
    "market",
    "read_case",
    "truth",
    "write_package",
    "write_tables",
]
