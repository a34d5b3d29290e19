"""Invented companies: a description and a seed become tables with known truth."""

from ._case import Case, market
from ._check import check_table
from ._company import Company, companies, load_company
from ._errata import read_errata
from ._files import column_types, read_case, write_tables
from ._mess import Messy, errata, mess, undo, write_errata, write_messy
from ._mess_settings import Gap, Mess, read_mess
from ._package import write_package
from ._places import datasets_folder
from ._scale import write_large
from ._truth import NoTruthError, Truth, bayes_ari, posterior, truth

__all__ = [
    "Case",
    "Company",
    "Gap",
    "Mess",
    "Messy",
    "NoTruthError",
    "Truth",
    "bayes_ari",
    "check_table",
    "column_types",
    "companies",
    "datasets_folder",
    "errata",
    "load_company",
    "market",
    "mess",
    "posterior",
    "read_case",
    "read_errata",
    "read_mess",
    "truth",
    "undo",
    "write_errata",
    "write_large",
    "write_messy",
    "write_package",
    "write_tables",
]
